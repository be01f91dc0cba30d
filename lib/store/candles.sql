CREATE TABLE IF NOT EXISTS candles(
	symbol TEXT NOT NULL,
	interval TEXT NOT NULL,
	t INTEGER NOT NULL,
	t_close INTEGER,
	o REAL,
	h REAL,
	l REAL,
	c REAL,
	v REAL,
	n INTEGER,
	updated_at TEXT,
	PRIMARY KEY(symbol, interval, t)
);

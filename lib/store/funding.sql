CREATE TABLE IF NOT EXISTS funding_rates(
	symbol TEXT NOT NULL,
	time INTEGER NOT NULL,
	funding_rate REAL NOT NULL,
	premium REAL,
	PRIMARY KEY(symbol, time)
);

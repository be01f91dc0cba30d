CREATE TABLE IF NOT EXISTS bbo_snapshots(
	symbol TEXT NOT NULL,
	ts_ms INTEGER NOT NULL,
	bid REAL NOT NULL,
	ask REAL NOT NULL,
	mid REAL NOT NULL,
	updated_at TEXT,
	PRIMARY KEY(symbol, ts_ms)
);
CREATE INDEX IF NOT EXISTS idx_bbo_snapshots_ts ON bbo_snapshots(ts_ms);

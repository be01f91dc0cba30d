CREATE TABLE IF NOT EXISTS universe_snapshots(
	ts_ms INTEGER NOT NULL,
	symbol TEXT NOT NULL,
	PRIMARY KEY(ts_ms, symbol)
);
CREATE TABLE IF NOT EXISTS universe_listings(
	symbol TEXT PRIMARY KEY,
	first_seen_ms INTEGER NOT NULL,
	last_seen_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_universe_snapshots_symbol_ts ON universe_snapshots(symbol, ts_ms);
CREATE INDEX IF NOT EXISTS idx_universe_listings_seen ON universe_listings(first_seen_ms, last_seen_ms);
CREATE TABLE IF NOT EXISTS universe_delistings(
	symbol TEXT PRIMARY KEY,
	seen_ms INTEGER NOT NULL
);

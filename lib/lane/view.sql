CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value);
CREATE TABLE IF NOT EXISTS trades(
	id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT, symbol TEXT, type TEXT, action TEXT, price REAL, size REAL, notional REAL,
	reason TEXT, reason_code TEXT, confidence TEXT, pnl REAL, fee_usd REAL, fee_token TEXT, fee_rate REAL, balance REAL,
	entry_atr REAL, leverage REAL, margin_used REAL, meta_json TEXT, run_fingerprint TEXT, fill_hash TEXT, fill_tid INTEGER
);
-- A fill that turns a position is two rows.
CREATE UNIQUE INDEX IF NOT EXISTS idx_trades_fill ON trades(fill_hash, fill_tid, symbol, action);
CREATE INDEX IF NOT EXISTS idx_trades_symbol_action ON trades(symbol, action, id);
CREATE INDEX IF NOT EXISTS idx_trades_run_fingerprint ON trades(run_fingerprint);
CREATE INDEX IF NOT EXISTS idx_trades_reason_code ON trades(reason_code);
CREATE TABLE IF NOT EXISTS position_state(
	symbol TEXT PRIMARY KEY, open_trade_id INTEGER, pos_type TEXT, open_time_ms INTEGER, trailing_sl REAL, last_funding_time INTEGER,
	adds_count INTEGER, tp1_taken INTEGER, last_add_time INTEGER, entry_adx_threshold REAL, updated_at TEXT
);
CREATE TABLE IF NOT EXISTS position_state_history(
	id INTEGER PRIMARY KEY AUTOINCREMENT, event_ts_ms INTEGER NOT NULL, updated_at TEXT NOT NULL, symbol TEXT NOT NULL,
	open_trade_id INTEGER, trailing_sl REAL, last_funding_time INTEGER, adds_count INTEGER, tp1_taken INTEGER, last_add_time INTEGER,
	entry_adx_threshold REAL, event_type TEXT NOT NULL, run_fingerprint TEXT
);
CREATE INDEX IF NOT EXISTS idx_psh_symbol ON position_state_history(symbol, event_ts_ms);
CREATE INDEX IF NOT EXISTS idx_psh_trade ON position_state_history(open_trade_id, event_ts_ms);
CREATE INDEX IF NOT EXISTS idx_psh_run ON position_state_history(run_fingerprint);
CREATE TABLE IF NOT EXISTS runtime_cooldowns(
	symbol TEXT PRIMARY KEY, last_entry_attempt_s REAL, last_exit_attempt_s REAL, updated_at TEXT
);
CREATE INDEX IF NOT EXISTS idx_runtime_cooldowns_updated ON runtime_cooldowns(updated_at);
CREATE TABLE IF NOT EXISTS runtime_last_closes(
	symbol TEXT PRIMARY KEY, close_ts_ms INTEGER NOT NULL, side TEXT NOT NULL, reason TEXT, updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS runtime_cycle_steps(
	step_id TEXT PRIMARY KEY, step_close_ts_ms INTEGER NOT NULL, interval TEXT NOT NULL, symbols_json TEXT NOT NULL,
	snapshot_exported_at_ms INTEGER NOT NULL, execution_count INTEGER NOT NULL, trades_written INTEGER NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS paper_runtime_metrics(
	step_id TEXT PRIMARY KEY, config_fingerprint TEXT NOT NULL, step_close_ts_ms INTEGER NOT NULL, cycle_latency_ms INTEGER NOT NULL,
	intent_count INTEGER NOT NULL, fill_count INTEGER NOT NULL, rejected_intent_count INTEGER NOT NULL, warning_count INTEGER NOT NULL,
	error_count INTEGER NOT NULL, median_slippage_bps REAL NOT NULL, max_slippage_bps REAL NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS paper_equity_snapshots(
	step_id TEXT PRIMARY KEY, config_fingerprint TEXT NOT NULL, step_close_ts_ms INTEGER NOT NULL, cash_usd REAL NOT NULL,
	margin_used_usd REAL NOT NULL, unrealised_pnl_usd REAL NOT NULL, equity_est_usd REAL NOT NULL, open_position_count INTEGER NOT NULL,
	created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS exit_tunnel(
	id INTEGER PRIMARY KEY AUTOINCREMENT, ts_ms INTEGER NOT NULL, symbol TEXT NOT NULL, open_time_ms INTEGER NOT NULL DEFAULT 0,
	upper_full REAL NOT NULL, has_upper_full INTEGER NOT NULL DEFAULT 1, upper_partial REAL, lower_full REAL NOT NULL,
	has_lower_full INTEGER NOT NULL DEFAULT 1, entry_price REAL NOT NULL, pos_type TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_exit_tunnel ON exit_tunnel(symbol, ts_ms);
CREATE TABLE IF NOT EXISTS decision_events(
	id TEXT PRIMARY KEY, timestamp_ms INTEGER NOT NULL, symbol TEXT NOT NULL, event_type TEXT NOT NULL, status TEXT NOT NULL,
	decision_phase TEXT NOT NULL, parent_decision_id TEXT, trade_id INTEGER, triggered_by TEXT, action_taken TEXT, rejection_reason TEXT,
	context_json TEXT, config_fingerprint TEXT, run_fingerprint TEXT, reason_code TEXT
);
CREATE INDEX IF NOT EXISTS idx_de_symbol_ts ON decision_events(symbol, timestamp_ms);
CREATE INDEX IF NOT EXISTS idx_de_event_type ON decision_events(event_type);
CREATE INDEX IF NOT EXISTS idx_de_trade_id ON decision_events(trade_id);
CREATE INDEX IF NOT EXISTS idx_de_config_fingerprint ON decision_events(config_fingerprint);
CREATE INDEX IF NOT EXISTS idx_de_run_fingerprint ON decision_events(run_fingerprint);
CREATE INDEX IF NOT EXISTS idx_de_reason_code ON decision_events(reason_code);
CREATE TABLE IF NOT EXISTS decision_context(
	decision_id TEXT PRIMARY KEY REFERENCES decision_events(id), symbol TEXT NOT NULL, price REAL, rsi REAL, adx REAL, adx_slope REAL,
	macd_hist REAL, ema_fast REAL, ema_slow REAL, ema_macro REAL, bb_width_ratio REAL, stoch_k REAL, stoch_d REAL, atr REAL,
	atr_slope REAL, volume REAL, vol_sma REAL, rsi_entry_threshold REAL, min_adx_threshold REAL, sl_price REAL, tp_price REAL,
	trailing_sl REAL, gate_ranging INTEGER, gate_anomaly INTEGER, gate_extension INTEGER, gate_adx INTEGER, gate_volume INTEGER,
	gate_adx_rising INTEGER, gate_btc_alignment INTEGER, bullish_alignment INTEGER, bearish_alignment INTEGER
);
CREATE TABLE IF NOT EXISTS gate_evaluations(
	id INTEGER PRIMARY KEY AUTOINCREMENT, decision_id TEXT NOT NULL, gate_name TEXT NOT NULL, gate_passed INTEGER NOT NULL,
	metric_value REAL, threshold_value REAL, operator TEXT, explanation TEXT
);
CREATE INDEX IF NOT EXISTS idx_gate_evaluations ON gate_evaluations(decision_id);
CREATE TABLE IF NOT EXISTS decision_lineage(
	id INTEGER PRIMARY KEY AUTOINCREMENT, signal_decision_id TEXT, entry_trade_id INTEGER, exit_decision_id TEXT, exit_trade_id INTEGER,
	exit_reason TEXT, duration_ms INTEGER
);
CREATE INDEX IF NOT EXISTS idx_lineage_entry ON decision_lineage(entry_trade_id);
CREATE INDEX IF NOT EXISTS idx_lineage_exit ON decision_lineage(exit_trade_id);
CREATE TABLE IF NOT EXISTS signals(
	id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp TEXT, symbol TEXT, signal TEXT, confidence TEXT, price REAL, rsi REAL, ema_fast REAL,
	ema_slow REAL, meta_json TEXT, run_fingerprint TEXT
);
CREATE INDEX IF NOT EXISTS idx_signals_run_fingerprint ON signals(run_fingerprint);
CREATE TABLE IF NOT EXISTS audit_events(
	id INTEGER PRIMARY KEY AUTOINCREMENT, ts_ms INTEGER, timestamp TEXT, symbol TEXT, event TEXT, level TEXT, data_json TEXT,
	run_fingerprint TEXT
);
CREATE INDEX IF NOT EXISTS idx_audit_timestamp ON audit_events(timestamp);
CREATE INDEX IF NOT EXISTS idx_audit_symbol ON audit_events(symbol, timestamp);
CREATE INDEX IF NOT EXISTS idx_audit_event ON audit_events(event, timestamp);
CREATE INDEX IF NOT EXISTS idx_audit_run_fingerprint ON audit_events(run_fingerprint);
CREATE TABLE IF NOT EXISTS runtime_logs(
	id INTEGER PRIMARY KEY AUTOINCREMENT, ts_ms INTEGER NOT NULL, ts TEXT NOT NULL, pid INTEGER, mode TEXT, stream TEXT, level TEXT,
	message TEXT
);
CREATE INDEX IF NOT EXISTS idx_runtime_logs_ts ON runtime_logs(ts_ms);
CREATE INDEX IF NOT EXISTS idx_runtime_logs_mode ON runtime_logs(mode, ts_ms);
CREATE TABLE IF NOT EXISTS oms_intents(
	intent_id TEXT PRIMARY KEY, created_ts_ms INTEGER NOT NULL, sent_ts_ms INTEGER, symbol TEXT NOT NULL, action TEXT NOT NULL,
	side TEXT NOT NULL, requested_size REAL, requested_notional REAL, entry_atr REAL, leverage REAL, decision_ts_ms INTEGER,
	strategy_version TEXT, strategy_sha1 TEXT, reason TEXT, confidence TEXT, status TEXT, dedupe_key TEXT, client_order_id TEXT,
	exchange_order_id TEXT, last_error TEXT, meta_json TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_oms_intents_dedupe ON oms_intents(dedupe_key);
CREATE INDEX IF NOT EXISTS idx_oms_intents_symbol ON oms_intents(symbol, status, sent_ts_ms);
CREATE INDEX IF NOT EXISTS idx_oms_intents_cloid ON oms_intents(client_order_id);
CREATE INDEX IF NOT EXISTS idx_oms_intents_decision ON oms_intents(decision_ts_ms);
CREATE TABLE IF NOT EXISTS oms_orders(
	id INTEGER PRIMARY KEY AUTOINCREMENT, intent_id TEXT, created_ts_ms INTEGER NOT NULL, symbol TEXT, side TEXT, order_type TEXT,
	requested_size REAL, reduce_only INTEGER, client_order_id TEXT, exchange_order_id TEXT, status TEXT, raw_json TEXT
);
CREATE INDEX IF NOT EXISTS idx_oms_orders_intent ON oms_orders(intent_id);
CREATE INDEX IF NOT EXISTS idx_oms_orders_symbol ON oms_orders(symbol, created_ts_ms);
CREATE INDEX IF NOT EXISTS idx_oms_orders_cloid ON oms_orders(client_order_id);
CREATE INDEX IF NOT EXISTS idx_oms_orders_oid ON oms_orders(exchange_order_id);
CREATE TABLE IF NOT EXISTS oms_fills(
	id INTEGER PRIMARY KEY AUTOINCREMENT, ts_ms INTEGER, symbol TEXT, intent_id TEXT, order_id INTEGER, action TEXT, side TEXT,
	pos_type TEXT, price REAL, size REAL, notional REAL, fee_usd REAL, fee_token TEXT, fee_rate REAL, pnl_usd REAL, fill_hash TEXT,
	fill_tid INTEGER, matched_via TEXT, raw_json TEXT
);
-- The exchange's trade ids are unique for a symbol; transactions share hashes, and some fills have none of their own.
CREATE UNIQUE INDEX IF NOT EXISTS idx_oms_fills_fill ON oms_fills(fill_hash, fill_tid, symbol);
CREATE INDEX IF NOT EXISTS idx_oms_fills_intent ON oms_fills(intent_id);
CREATE INDEX IF NOT EXISTS idx_oms_fills_symbol ON oms_fills(symbol, ts_ms);
CREATE TABLE IF NOT EXISTS oms_open_orders(
	exchange_order_id TEXT PRIMARY KEY, first_seen_ts_ms INTEGER, last_seen_ts_ms INTEGER, symbol TEXT, side TEXT, price REAL,
	orig_size REAL, remaining_size REAL, reduce_only INTEGER, client_order_id TEXT, intent_id TEXT, raw_json TEXT
);
CREATE INDEX IF NOT EXISTS idx_oms_open_orders_symbol ON oms_open_orders(symbol, last_seen_ts_ms);
CREATE TABLE IF NOT EXISTS oms_reconcile_events(
	id INTEGER PRIMARY KEY AUTOINCREMENT, ts_ms INTEGER NOT NULL, kind TEXT NOT NULL, symbol TEXT, intent_id TEXT, client_order_id TEXT,
	exchange_order_id TEXT, result TEXT, detail_json TEXT
);
CREATE INDEX IF NOT EXISTS idx_oms_reconcile_ts ON oms_reconcile_events(ts_ms);
CREATE INDEX IF NOT EXISTS idx_oms_reconcile_kind ON oms_reconcile_events(kind, ts_ms);
CREATE TABLE IF NOT EXISTS runtime_sync_cursors(
	sync_key TEXT PRIMARY KEY, last_start_ts_ms INTEGER NOT NULL, last_end_ts_ms INTEGER NOT NULL, updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS runtime_account_snapshots(
	id INTEGER PRIMARY KEY AUTOINCREMENT, ts_ms INTEGER NOT NULL, timestamp TEXT NOT NULL, account_value_usd REAL NOT NULL,
	withdrawable_usd REAL NOT NULL, total_margin_used_usd REAL NOT NULL, source TEXT NOT NULL, meta_json TEXT
);
CREATE INDEX IF NOT EXISTS idx_runtime_account_ts ON runtime_account_snapshots(ts_ms DESC);
CREATE TABLE IF NOT EXISTS runtime_exchange_positions(
	symbol TEXT PRIMARY KEY, pos_type TEXT NOT NULL, size REAL NOT NULL, entry_price REAL NOT NULL, leverage REAL NOT NULL,
	margin_used REAL NOT NULL, ts_ms INTEGER NOT NULL, updated_at TEXT NOT NULL, source TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS manual_trade_confirmations(
	confirm_token TEXT PRIMARY KEY, created_ts_ms INTEGER NOT NULL, expires_ts_ms INTEGER NOT NULL, action TEXT NOT NULL, symbol TEXT,
	param_hash TEXT NOT NULL, status TEXT NOT NULL, intent_id TEXT, preview_json TEXT, last_error TEXT, consumed_ts_ms INTEGER
);
CREATE INDEX IF NOT EXISTS idx_manual_action ON manual_trade_confirmations(action, param_hash, created_ts_ms);
CREATE INDEX IF NOT EXISTS idx_manual_status ON manual_trade_confirmations(status, expires_ts_ms);
CREATE INDEX IF NOT EXISTS idx_manual_intent ON manual_trade_confirmations(intent_id);
CREATE TABLE IF NOT EXISTS manual_cancel_requests(
	request_id TEXT PRIMARY KEY, created_ts_ms INTEGER NOT NULL, symbol TEXT NOT NULL, dedupe_key TEXT NOT NULL, intent_id TEXT,
	exchange_order_id TEXT, client_order_id TEXT, status TEXT NOT NULL, last_error TEXT, response_json TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS idx_manual_cancel_dedupe ON manual_cancel_requests(dedupe_key);
CREATE INDEX IF NOT EXISTS idx_manual_cancel_created ON manual_cancel_requests(created_ts_ms);
CREATE TABLE IF NOT EXISTS manual_reconcile_cursor(
	cursor_name TEXT PRIMARY KEY, last_sort_ts_ms INTEGER NOT NULL, last_intent_id TEXT NOT NULL, updated_ts_ms INTEGER NOT NULL
);

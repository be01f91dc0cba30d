-- What each record writes, in this order. :x is a member of the record, @x what the fold says once it has taken it (view.c).
-- iso(ms) is the time as text, step(t_ms) the id of a step, null0(x) NULL for 0. After "on": the records.

-- on lane
INSERT INTO trades(timestamp, symbol, type, action, reason, reason_code, balance)
	VALUES(iso(@ts), 'SYSTEM', 'SYSTEM', 'SYSTEM', 'lane', 'unknown', :balance_usd);

-- on signal
INSERT INTO signals(timestamp, symbol, signal, confidence, price, rsi, ema_fast, ema_slow, meta_json, run_fingerprint)
	VALUES(iso(:t_ms), :symbol, upper(:side), :confidence, :price, :rsi, :ema_fast, :ema_slow, @line, step(:t_ms));
INSERT INTO decision_events(id, timestamp_ms, symbol, event_type, status, decision_phase, triggered_by, action_taken, context_json,
		run_fingerprint, reason_code)
	VALUES(@seq, :t_ms, :symbol, 'entry_signal', 'hold', 'signal_generation', 'step', upper(:side), @line, step(:t_ms), 'entry_signal');
INSERT INTO decision_context(decision_id, symbol, price, rsi, adx, ema_fast, ema_slow, atr)
	VALUES(@seq, :symbol, :price, :rsi, :adx, :ema_fast, :ema_slow, :atr);

-- on decision
INSERT INTO decision_events(id, timestamp_ms, symbol, event_type, status, decision_phase, parent_decision_id, triggered_by, action_taken,
		context_json, run_fingerprint, reason_code)
	VALUES(@seq, :t_ms, :symbol,
		CASE WHEN :action = 'FUNDING' THEN 'funding' WHEN :action GLOB '[OA]*' THEN 'kernel_decision' ELSE 'exit_check' END,
		'executed', 'kernel_evaluation',
		CASE WHEN :action GLOB '[OA]*' THEN (SELECT id FROM decision_events WHERE run_fingerprint = step(:t_ms) AND symbol = :symbol
			AND event_type = 'entry_signal' LIMIT 1) END,
		'step', :action, @line, CASE WHEN :action <> 'FUNDING' THEN step(:t_ms) END, :reason_code);
UPDATE decision_events SET status = 'executed'
	WHERE :action GLOB '[OA]*' AND run_fingerprint = step(:t_ms) AND symbol = :symbol AND event_type = 'entry_signal';
INSERT INTO runtime_last_closes(symbol, close_ts_ms, side, reason, updated_at)
	SELECT :symbol, :t_ms, CASE :action WHEN 'CLOSE_LONG' THEN 'long' ELSE 'short' END, :reason, iso(@ts) WHERE :action GLOB 'CLOSE_*'
	ON CONFLICT(symbol) DO UPDATE SET close_ts_ms = excluded.close_ts_ms, side = excluded.side, reason = excluded.reason,
		updated_at = excluded.updated_at;

-- on mark
INSERT INTO position_state(symbol, pos_type, open_time_ms, trailing_sl, last_funding_time, adds_count, tp1_taken, last_add_time,
		entry_adx_threshold, updated_at)
	SELECT :symbol, upper(:side), :open_ms, CASE WHEN :has_trailing THEN :trailing_sl END, :open_ms, :adds_count, :tp1_taken,
		:last_add_ms, :entry_adx_threshold, iso(@ts) WHERE :side <> 'flat'
	ON CONFLICT(symbol) DO UPDATE SET pos_type = excluded.pos_type, trailing_sl = excluded.trailing_sl,
		open_trade_id = CASE WHEN open_time_ms = excluded.open_time_ms THEN open_trade_id END,
		last_funding_time = max(last_funding_time, excluded.open_time_ms), open_time_ms = excluded.open_time_ms,
		adds_count = excluded.adds_count, tp1_taken = excluded.tp1_taken, last_add_time = excluded.last_add_time,
		entry_adx_threshold = excluded.entry_adx_threshold, updated_at = excluded.updated_at;
INSERT INTO position_state_history(id, event_ts_ms, updated_at, symbol, open_trade_id, trailing_sl, last_funding_time, adds_count,
		tp1_taken, last_add_time, entry_adx_threshold, event_type, run_fingerprint)
	SELECT @seq, :t_ms, iso(@ts), :symbol, p.open_trade_id, CASE WHEN :has_trailing THEN :trailing_sl END, p.last_funding_time,
		:adds_count, :tp1_taken, :last_add_ms, :entry_adx_threshold, CASE :side WHEN 'flat' THEN 'clear' ELSE 'upsert' END,
		step(:t_ms)
	FROM (SELECT 1) LEFT JOIN position_state p ON p.symbol = :symbol;
DELETE FROM position_state WHERE symbol = :symbol AND :side = 'flat';
INSERT INTO runtime_cooldowns(symbol, last_entry_attempt_s, last_exit_attempt_s, updated_at)
	VALUES(:symbol, null0(:last_entry_ms) / 1000.0, null0(:last_exit_ms) / 1000.0, iso(@ts))
	ON CONFLICT(symbol) DO UPDATE SET last_entry_attempt_s = excluded.last_entry_attempt_s,
		last_exit_attempt_s = excluded.last_exit_attempt_s, updated_at = excluded.updated_at;
INSERT INTO runtime_last_closes(symbol, close_ts_ms, side, reason, updated_at)
	SELECT :symbol, :last_close_ms, :last_close_side, CASE WHEN :last_close_was_flip THEN 'Signal Flip' END, iso(@ts)
		WHERE :last_close_ms > 0
	ON CONFLICT(symbol) DO UPDATE SET close_ts_ms = excluded.close_ts_ms, side = excluded.side, reason = excluded.reason,
		updated_at = excluded.updated_at
		WHERE close_ts_ms <> excluded.close_ts_ms OR side <> excluded.side;
DELETE FROM runtime_last_closes WHERE symbol = :symbol AND :last_close_ms = 0;

-- on tunnel
INSERT INTO exit_tunnel(ts_ms, symbol, open_time_ms, upper_full, has_upper_full, upper_partial, lower_full, has_lower_full, entry_price,
		pos_type)
	VALUES(:t_ms + @interval_ms + 1, :symbol, :open_ms, :upper_full, :upper_full <> 0, null0(:upper_partial), :lower_full,
		:lower_full <> 0, :entry_price, upper(:side));

-- on step_commit
UPDATE decision_events SET config_fingerprint = :config_id, run_fingerprint = step(:t_ms)
	WHERE event_type = 'funding' AND run_fingerprint IS NULL;
UPDATE decision_events SET config_fingerprint = :config_id WHERE run_fingerprint = step(:t_ms);
UPDATE oms_intents SET strategy_version = substr(:config_id, 1, 12), strategy_sha1 = :config_id
	WHERE decision_ts_ms = :t_ms AND strategy_sha1 IS NULL;
INSERT INTO runtime_cycle_steps(step_id, step_close_ts_ms, interval, symbols_json, snapshot_exported_at_ms, execution_count,
		trades_written, created_at)
	VALUES(step(:t_ms), :t_ms + @interval_ms, @interval, (SELECT json_group_array(symbol) FROM (SELECT symbol FROM
		position_state_history WHERE run_fingerprint = step(:t_ms) ORDER BY symbol)), @ts, :intents, 0, iso(@ts));
INSERT INTO paper_runtime_metrics(step_id, config_fingerprint, step_close_ts_ms, cycle_latency_ms, intent_count, fill_count,
		rejected_intent_count, warning_count, error_count, median_slippage_bps, max_slippage_bps, created_at)
	VALUES(step(:t_ms), coalesce(:config_id, ''), :t_ms + @interval_ms, max(@ts - :t_ms - @interval_ms, 0), :intents, 0, 0, 0, 0, 0, 0,
		iso(@ts));
INSERT INTO paper_equity_snapshots(step_id, config_fingerprint, step_close_ts_ms, cash_usd, margin_used_usd, unrealised_pnl_usd,
		equity_est_usd, open_position_count, created_at)
	VALUES(step(:t_ms), coalesce(:config_id, ''), :t_ms + @interval_ms, :balance_usd, :margin_usd,
		:equity_usd - :balance_usd - :margin_usd, :equity_usd, :positions, iso(@ts));

-- on adopt
INSERT INTO oms_reconcile_events(ts_ms, kind, symbol, intent_id, result, detail_json)
	VALUES(@ts, 'adopt', nullif(:symbol, ''), :intent, :cause, @line);
INSERT INTO trades(timestamp, symbol, type, action, reason, reason_code, pnl, balance, run_fingerprint)
	SELECT iso(:t_ms), 'SYSTEM', 'SYSTEM', 'SYSTEM', :cause, 'unknown', :balance_after - :balance_before, :balance_after, step(:t_ms)
		WHERE :symbol = '';

-- on intent
INSERT INTO oms_intents(intent_id, created_ts_ms, symbol, action, side, requested_size, requested_notional, entry_atr, leverage,
		decision_ts_ms, reason, confidence, status, dedupe_key, meta_json)
	VALUES(:id, @ts, :symbol, :action, upper(:side), CAST(:size AS REAL), :notional_usd, null0(:entry_atr), null0(:leverage),
		CASE WHEN :op IS NULL THEN :t_ms END, :reason, :confidence, @status, :id, @line);

-- on verdict
INSERT INTO gate_evaluations(decision_id, gate_name, gate_passed)
	SELECT coalesce((SELECT max(CAST(d.id AS INTEGER)) FROM decision_events d WHERE d.run_fingerprint = step(i.decision_ts_ms)
		AND d.symbol = i.symbol AND d.action_taken GLOB i.action || '_*'), i.intent_id), :cause, :allow
	FROM oms_intents i WHERE i.intent_id = :intent;
INSERT INTO decision_events(id, timestamp_ms, symbol, event_type, status, decision_phase, parent_decision_id, triggered_by, action_taken,
		rejection_reason, context_json, config_fingerprint, run_fingerprint)
	SELECT @seq, @ts, i.symbol, 'gate_block', 'blocked', 'risk_check', (SELECT max(CAST(d.id AS INTEGER)) FROM decision_events d WHERE
		d.run_fingerprint = step(i.decision_ts_ms) AND d.symbol = i.symbol AND d.action_taken GLOB i.action || '_*'), 'ocq-risk',
		i.action, :cause, @line, i.strategy_sha1, step(i.decision_ts_ms)
	FROM oms_intents i WHERE i.intent_id = :intent AND NOT :allow;
INSERT INTO audit_events(ts_ms, timestamp, symbol, event, level, data_json, run_fingerprint)
	SELECT @ts, iso(@ts), symbol, 'LIVE_ORDER_BLOCKED_RISK', 'warn', @line, step(decision_ts_ms)
	FROM oms_intents WHERE intent_id = :intent AND NOT :allow;

-- on send
INSERT INTO oms_orders(intent_id, created_ts_ms, symbol, side, order_type, requested_size, reduce_only, client_order_id, status, raw_json)
	SELECT :intent, @ts, :symbol, side, CASE WHEN json_extract(meta_json, '$.limit_px') <> '' THEN 'limit_gtc'
		WHEN action IN ('OPEN', 'ADD') THEN 'market_open' ELSE 'market_close' END, CAST(:size AS REAL),
		action IN ('REDUCE', 'CLOSE'), :cloid, 'UNKNOWN', @line
	FROM oms_intents WHERE :kind = 'order' AND intent_id = :intent;
INSERT INTO audit_events(ts_ms, timestamp, symbol, event, level, data_json, run_fingerprint)
	SELECT @ts, iso(@ts), symbol, 'LIVE_ORDER_SENT_' || CASE WHEN action IN ('REDUCE', 'CLOSE') THEN 'EXIT' ELSE action END, 'info',
		json_object('intent_id', intent_id, 'client_order_id', :cloid, 'size', :size, 'limit_px', :limit_px), step(decision_ts_ms)
	FROM oms_intents WHERE :kind = 'order' AND intent_id = :intent;

-- on outcome
UPDATE oms_orders SET status = upper(:outcome), exchange_order_id = coalesce(:oid, exchange_order_id)
	WHERE :kind = 'order' AND :nonce <> 0 AND id = (SELECT max(id) FROM oms_orders WHERE intent_id = :intent);
INSERT INTO audit_events(ts_ms, timestamp, symbol, event, level, data_json, run_fingerprint)
	SELECT @ts, iso(@ts), symbol, CASE :outcome WHEN 'unknown' THEN 'LIVE_ORDER_SUBMIT_UNKNOWN' WHEN 'expired' THEN 'OMS_EXPIRE_INTENTS'
		WHEN 'would' THEN 'LIVE_ORDER_WOULD_' || CASE WHEN action IN ('REDUCE', 'CLOSE') THEN 'EXIT' ELSE 'OPEN' END
		WHEN 'rejected' THEN CASE WHEN :kind = 'leverage' THEN 'LIVE_ORDER_FAIL_UPDATE_LEVERAGE'
			WHEN action IN ('REDUCE', 'CLOSE') THEN 'LIVE_ORDER_FAIL_MARKET_CLOSE' ELSE 'LIVE_ORDER_FAIL_MARKET_OPEN' END END,
		CASE WHEN :outcome IN ('unknown', 'rejected') THEN 'error' ELSE 'info' END, @line, step(decision_ts_ms)
	FROM oms_intents WHERE intent_id = :intent AND :outcome IN ('unknown', 'expired', 'would', 'rejected');
UPDATE paper_runtime_metrics SET rejected_intent_count = rejected_intent_count + 1
	WHERE :over AND :outcome IN ('rejected', 'blocked', 'expired', 'dead')
	AND step_id = (SELECT step(decision_ts_ms) FROM oms_intents WHERE intent_id = :intent);

-- on fill
INSERT INTO oms_fills(ts_ms, symbol, intent_id, order_id, action, side, pos_type, price, size, notional, fee_usd, fee_token, fee_rate,
		pnl_usd, fill_hash, fill_tid, matched_via, raw_json)
	SELECT :t_ms, :symbol, o.intent_id, CAST(:oid AS INTEGER), @part_action, CASE :side WHEN 'B' THEN 'BUY' ELSE 'SELL' END, @part_type,
		:px, :sz, :px * :sz, :fee, :fee_token, :fee / max(:px * :sz, 1e-12), :closed_pnl, :hash, CAST(:tid AS INTEGER),
		CASE WHEN o.client_order_id = :cloid THEN 'client_order_id' WHEN o.id IS NOT NULL THEN 'exchange_order_id' END, @line
	FROM (SELECT 1) LEFT JOIN oms_orders o ON o.id = (SELECT max(id) FROM oms_orders WHERE client_order_id = :cloid
		OR exchange_order_id = :oid) WHERE @part = 0
	ON CONFLICT DO NOTHING;
INSERT INTO trades(timestamp, symbol, type, action, price, size, notional, reason, reason_code, confidence, pnl, fee_usd, fee_token,
		fee_rate, balance, entry_atr, leverage, margin_used, meta_json, run_fingerprint, fill_hash, fill_tid)
	SELECT iso(:t_ms), :symbol, @part_type, @part_action, :px, @part_size, :px * @part_size,
		coalesce(nullif(i.reason, ''), 'no order of the lane'), coalesce(json_extract(i.meta_json, '$.reason_code'), 'unknown'),
		i.confidence, @part_pnl, :fee * @part_size / :sz, :fee_token, :fee / max(:px * :sz, 1e-12), @balance,
		coalesce(i.entry_atr, @own_atr), coalesce(i.leverage, @own_leverage),
		:px * @part_size / coalesce(i.leverage, @own_leverage),
		json_object('source', 'fill', 'seq', @seq, 'intent_id', i.intent_id, 'intent_kind', i.action, 'dir', :dir),
		step(i.decision_ts_ms), :hash, CAST(:tid AS INTEGER)
	FROM oms_fills f LEFT JOIN oms_intents i ON i.intent_id = f.intent_id
	WHERE f.fill_hash = :hash AND f.fill_tid = CAST(:tid AS INTEGER) AND f.symbol = :symbol
	ON CONFLICT DO NOTHING;
-- The rest is for a fill that was new: its trade names this record.
UPDATE position_state SET open_trade_id = (SELECT max(id) FROM trades WHERE symbol = :symbol), updated_at = iso(@ts)
	WHERE @part_action = 'OPEN' AND symbol = :symbol AND (SELECT json_extract(meta_json, '$.seq') FROM trades ORDER BY id DESC LIMIT 1) = @seq;
INSERT INTO position_state_history(id, event_ts_ms, updated_at, symbol, open_trade_id, trailing_sl, last_funding_time, adds_count,
		tp1_taken, last_add_time, entry_adx_threshold, event_type)
	SELECT @seq, :t_ms, iso(@ts), symbol, open_trade_id, trailing_sl, last_funding_time, adds_count, tp1_taken, last_add_time,
		entry_adx_threshold, 'upsert' FROM position_state WHERE @part_action = 'OPEN' AND symbol = :symbol
		AND (SELECT json_extract(meta_json, '$.seq') FROM trades ORDER BY id DESC LIMIT 1) = @seq;
INSERT INTO decision_events(id, timestamp_ms, symbol, event_type, status, decision_phase, parent_decision_id, trade_id, triggered_by,
		action_taken, context_json, config_fingerprint, run_fingerprint, reason_code)
	SELECT CASE @part WHEN 0 THEN @seq ELSE @seq || '.1' END, :t_ms, :symbol, 'fill', 'executed', 'execution',
		(SELECT max(CAST(d.id AS INTEGER)) FROM decision_events d WHERE d.run_fingerprint = t.run_fingerprint
			AND d.symbol = :symbol AND d.event_type IN ('kernel_decision', 'exit_check')
			AND d.action_taken GLOB json_extract(t.meta_json, '$.intent_kind') || '_*'),
		t.id, 'fill', @part_action, @line, (SELECT strategy_sha1 FROM oms_intents
			WHERE intent_id = json_extract(t.meta_json, '$.intent_id')), t.run_fingerprint, t.reason_code
	FROM trades t WHERE t.id = (SELECT max(id) FROM trades) AND json_extract(t.meta_json, '$.seq') = @seq;
INSERT INTO decision_lineage(signal_decision_id, entry_trade_id)
	SELECT (SELECT coalesce(p.parent_decision_id, p.id) FROM decision_events p WHERE p.id = d.parent_decision_id), d.trade_id
	FROM decision_events d WHERE @part_action = 'OPEN' AND d.id = CASE @part WHEN 0 THEN @seq ELSE @seq || '.1' END;
UPDATE decision_lineage SET (exit_decision_id, exit_trade_id, exit_reason, duration_ms) =
		(SELECT d.parent_decision_id, d.trade_id, t.reason, :t_ms - (SELECT timestamp_ms FROM decision_events WHERE
			trade_id = entry_trade_id AND event_type = 'fill')
		FROM decision_events d JOIN trades t ON t.id = d.trade_id WHERE d.id = CAST(@seq AS TEXT))
	WHERE @part_action = 'CLOSE' AND exit_trade_id IS NULL
	AND id = (SELECT max(l.id) FROM decision_lineage l JOIN trades t ON t.id = l.entry_trade_id WHERE t.symbol = :symbol)
	AND EXISTS (SELECT 1 FROM decision_events WHERE id = CAST(@seq AS TEXT));
UPDATE runtime_cycle_steps SET trades_written = trades_written + 1
	WHERE step_id = (SELECT run_fingerprint FROM trades WHERE id = (SELECT max(id) FROM trades) AND json_extract(meta_json, '$.seq') = @seq);
UPDATE paper_runtime_metrics SET fill_count = fill_count + (@part = 0), (max_slippage_bps, median_slippage_bps) =
		(SELECT coalesce(max(x), 0), coalesce(avg(CASE WHEN k IN ((n + 1) / 2, (n + 2) / 2) THEN x END), 0) FROM
			(SELECT x, row_number() OVER (ORDER BY x) k, count(*) OVER () n FROM
				(SELECT abs(f.price - p) / max(abs(p), 1e-12) * 1e4 x FROM
					(SELECT intent_id, requested_notional / requested_size p FROM oms_intents
						WHERE decision_ts_ms = (SELECT decision_ts_ms FROM oms_intents WHERE intent_id = @id))
				JOIN oms_fills f USING(intent_id))))
	WHERE step_id = (SELECT run_fingerprint FROM trades WHERE id = (SELECT max(id) FROM trades) AND json_extract(meta_json, '$.seq') = @seq);

-- on verdict send outcome fill
UPDATE oms_intents SET status = @status, sent_ts_ms = coalesce(@sent_ms, sent_ts_ms), client_order_id = coalesce(@cloid, client_order_id),
	exchange_order_id = coalesce(@oid, exchange_order_id), last_error = coalesce(@error, last_error) WHERE intent_id = @id;

-- on funding
INSERT INTO trades(timestamp, symbol, type, action, size, reason, reason_code, pnl, balance, meta_json, fill_hash, fill_tid)
	VALUES(iso(:t_ms), :symbol, CASE WHEN :szi < 0 THEN 'SHORT' ELSE 'LONG' END, 'FUNDING', abs(:szi), 'funding', 'funding_payment', :usdc,
		@balance, @line, 'funding:' || :symbol || ':' || :t_ms, 0)
	ON CONFLICT DO NOTHING;
UPDATE position_state SET last_funding_time = max(last_funding_time, :t_ms) WHERE symbol = :symbol;

-- on open_orders
DELETE FROM oms_open_orders WHERE :n = 0;
UPDATE oms_open_orders SET last_seen_ts_ms = min(last_seen_ts_ms, @ts - 1);

-- on order
INSERT INTO oms_open_orders(exchange_order_id, first_seen_ts_ms, last_seen_ts_ms, symbol, side, price, orig_size, remaining_size,
		reduce_only, client_order_id, intent_id, raw_json)
	SELECT :oid, @ts, @ts, :symbol, CASE :side WHEN 'B' THEN 'BUY' ELSE 'SELL' END, :px, :orig_sz, :sz, :reduce_only, :cloid,
		(SELECT intent_id FROM oms_orders WHERE client_order_id = :cloid), @line WHERE @listed OR :status = 'open'
	ON CONFLICT(exchange_order_id) DO UPDATE SET last_seen_ts_ms = excluded.last_seen_ts_ms, price = excluded.price,
		remaining_size = excluded.remaining_size, raw_json = excluded.raw_json;
DELETE FROM oms_open_orders WHERE exchange_order_id = :oid AND NOT @listed AND :status <> 'open';
-- Behind the last one of a list: those that it did not name.
DELETE FROM oms_open_orders WHERE @listed AND @awaited = 0 AND last_seen_ts_ms < @ts;

-- on drift
INSERT INTO oms_reconcile_events(ts_ms, kind, symbol, result, detail_json) VALUES(@ts, 'drift', :symbol, :class, @line);

-- on heal
INSERT INTO oms_reconcile_events(ts_ms, kind, symbol, result, detail_json) VALUES(@ts, 'heal', :symbol, :how, @line);
INSERT INTO position_state_history(id, event_ts_ms, updated_at, symbol, open_trade_id, trailing_sl, last_funding_time, adds_count,
		tp1_taken, last_add_time, entry_adx_threshold, event_type)
	SELECT @seq, :t_ms, iso(@ts), symbol, open_trade_id, trailing_sl, last_funding_time, adds_count, tp1_taken, last_add_time,
		entry_adx_threshold, CASE WHEN CAST(:size AS REAL) = 0 THEN 'reconcile_clear' ELSE 'upsert' END
	FROM position_state WHERE symbol = :symbol;

-- on cursor
INSERT INTO runtime_sync_cursors(sync_key, last_start_ts_ms, last_end_ts_ms, updated_at) VALUES(:what, :from_ms, :to_ms, iso(@ts))
	ON CONFLICT(sync_key) DO UPDATE SET last_start_ts_ms = excluded.last_start_ts_ms, last_end_ts_ms = excluded.last_end_ts_ms,
		updated_at = excluded.updated_at;

-- on account
INSERT INTO runtime_account_snapshots(ts_ms, timestamp, account_value_usd, withdrawable_usd, total_margin_used_usd, source, meta_json)
	VALUES(:t_ms, iso(:t_ms), :account_value, :withdrawable, :total_margin_used, 'journal', @line);

-- on positions
DELETE FROM runtime_exchange_positions;

-- on position
INSERT INTO runtime_exchange_positions(symbol, pos_type, size, entry_price, leverage, margin_used, ts_ms, updated_at, source)
	SELECT :symbol, CASE WHEN :szi < 0 THEN 'SHORT' ELSE 'LONG' END, abs(:szi), :entry_px, :leverage, :margin_used, :t_ms, iso(@ts),
		'journal' WHERE :szi <> 0
	ON CONFLICT(symbol) DO UPDATE SET pos_type = excluded.pos_type, size = excluded.size, entry_price = excluded.entry_price,
		leverage = excluded.leverage, margin_used = excluded.margin_used, ts_ms = excluded.ts_ms, updated_at = excluded.updated_at;
DELETE FROM runtime_exchange_positions WHERE symbol = :symbol AND :szi = 0;

-- on config
INSERT INTO audit_events(ts_ms, timestamp, event, level, data_json)
	VALUES(@ts, iso(@ts), CASE WHEN :accepted THEN 'CONFIG_ACCEPTED' ELSE 'CONFIG_REFUSED' END, CASE WHEN :accepted THEN 'info' ELSE 'error' END, @line);

-- on kill_level
INSERT INTO audit_events(ts_ms, timestamp, event, level, data_json)
	VALUES(@ts, iso(@ts), CASE :level WHEN 'off' THEN 'KILL_CLEARED' ELSE 'KILL_SET' END, CASE :level WHEN 'off' THEN 'info' ELSE 'error' END, @line);

-- on armed
INSERT INTO audit_events(ts_ms, timestamp, event, level, data_json)
	VALUES(@ts, iso(@ts), CASE WHEN :armed THEN 'ARMED' ELSE 'DISARMED' END, 'info', @line);

-- on alarm
INSERT INTO audit_events(ts_ms, timestamp, symbol, event, level, data_json)
	VALUES(@ts, iso(:t_ms), nullif(:symbol, ''), upper(:what), :level, @line);
UPDATE paper_runtime_metrics SET warning_count = warning_count + (:level = 'warn'), error_count = error_count + (:level = 'error')
	WHERE step_id = step(@step_ms);

-- on op
INSERT INTO audit_events(ts_ms, timestamp, event, level, data_json) VALUES(@ts, iso(:t_ms), 'OP_' || upper(:what), 'info', @line);
INSERT INTO manual_trade_confirmations(confirm_token, created_ts_ms, expires_ts_ms, action, symbol, param_hash, status, preview_json)
	SELECT :id, :t_ms, coalesce(json_extract(j, '$.expires_ms'), :t_ms), coalesce(json_extract(j, '$.action'), ''),
		json_extract(j, '$.symbol'), coalesce(json_extract(j, '$.param_hash'), ''), 'issued', j
	FROM (SELECT CASE WHEN json_valid(:text) THEN :text ELSE '{}' END j) WHERE :what = 'preview'
	ON CONFLICT DO NOTHING;
UPDATE manual_trade_confirmations SET status = 'consumed', consumed_ts_ms = :t_ms
	WHERE :what = 'execute' AND confirm_token = CASE WHEN json_valid(:text) THEN json_extract(:text, '$.token') ELSE :text END;
INSERT INTO manual_cancel_requests(request_id, created_ts_ms, symbol, dedupe_key, intent_id, exchange_order_id, client_order_id, status)
	SELECT :id, :t_ms, coalesce(json_extract(j, '$.symbol'), ''), :id, json_extract(j, '$.intent'), json_extract(j, '$.oid'),
		json_extract(j, '$.cloid'), 'requested'
	FROM (SELECT CASE WHEN json_valid(:text) THEN :text ELSE '{}' END j) WHERE :what = 'cancel'
	ON CONFLICT DO NOTHING;

-- on log
INSERT INTO runtime_logs(ts_ms, ts, mode, stream, message) VALUES(@ts, iso(@ts), @mode, 'stderr', :by || ': ' || :text);

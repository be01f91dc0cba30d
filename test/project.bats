# SPDX-License-Identifier: MIT
# ocq-project: rows of a journal, the same after a kill and from the start; whose view it is; nothing half.
load lib

CLOID=0x6f63715f00112233445566778899aa00
ID=00112233445566778899aabbccddeeff
EXIT=ff112233445566778899aabbccddeeff

# put: records on stdin, one batch
put() { ocq-journal append -q "${1:-j}"; }

lane_record() {
	printf '{"type":"lane","mode":"%s","account":"0xaa","network":"testnet","interval":"1h","first_ms":0,"from_ms":0,"lookback":50,"balance_usd":1000}\n' "${1:-paper}"
}

# mark T_MS SIDE OPEN_MS CLOSE_MS
mark() {
	printf '{"type":"mark","symbol":"BTC","t_ms":%d,"side":"%s","size":1.5,"entry_price":100,"margin_usd":50,"leverage":3,"entry_atr":2.5,"entry_adx_threshold":22,"trailing_sl":95,"has_trailing":true,"tp1_taken":false,"adds_count":0,"confidence":"high","open_ms":%d,"last_add_ms":0,"last_entry_ms":%d,"last_exit_ms":0,"last_close_ms":%d,"last_close_side":"long","last_close_was_flip":false,"close":101}\n' "$1" "$2" "$3" "$3" "$4"
}

# decision T_MS ACTION REASON_CODE
decision() {
	printf '{"type":"decision","t_ms":%d,"symbol":"BTC","action":"%s","reason_code":"%s","reason":"a reason","confidence":"high","price":100,"size":1.5,"notional_usd":150,"pnl_usd":0,"fee_usd":0.0675,"balance_usd":900,"entry_atr":2.5,"leverage":3,"margin_usd":50}\n' "$1" "$2" "$3"
}

# intent ID T_MS ACTION SIDE
intent() {
	printf '{"type":"intent","id":"%s","t_ms":%d,"symbol":"BTC","action":"%s","side":"%s","size":"1.5","reduce_only":false,"ref_px":100,"limit_px":"","notional_usd":150,"cash_usd":-0.0675,"leverage":3,"confidence":"high","reason_code":"entry_signal","reason":"a reason","entry_atr":2.5,"adx_threshold":22,"valid_until_ms":0,"place":0,"op":null}\n' "$1" "$2" "$3" "$4"
}

# commit T_MS
commit() {
	printf '{"type":"step_commit","seen":0,"t_ms":%d,"config_id":"abc","balance_usd":900,"equity_usd":955,"margin_usd":50,"positions":1,"decisions":1,"intents":1,"late":false}\n' "$1"
}

# sent ID NONCE CLOID
sent() {
	printf '{"type":"verdict","intent":"%s","allow":true,"cause":"ok"}\n' "$1" | put
	printf '{"type":"send","intent":"%s","attempt":0,"kind":"order","symbol":"BTC","nonce":%d,"cloid":"%s","size":"1.5","limit_px":"101","mid_px":100,"expires_ms":0,"body":"{}"}\n' "$1" "$2" "$3" | put
	printf '{"type":"outcome","intent":"%s","attempt":0,"nonce":%d,"kind":"order","outcome":"filled","over":true,"oid":"%d","filled":"1.5","avg_px":100.5,"code":null,"evidence":"answer","error":""}\n' "$1" "$2" "$2" | put
}

# fill T_MS TID OID CLOID SIDE SZ START PX
fill() {
	local cloid=null; [ "$4" = - ] || cloid="\"$4\""
	printf '{"type":"fill","symbol":"BTC","t_ms":%d,"tid":"%s","oid":"%s","cloid":%s,"side":"%s","px":%s,"sz":%s,"start_position":%s,"dir":"x","closed_pnl":3,"fee":0.3,"fee_token":"USDC","crossed":true,"hash":"0xab","snapshot":false}\n' "$1" "$2" "$3" "$cloid" "$5" "$8" "$6" "$7"
}

# life: a lane that enters in two fills, leaves by an order, and has what an operator and the exchange add
life() {
	lane_record | put
	{ printf '{"type":"signal","symbol":"BTC","t_ms":3600000,"side":"buy","confidence":"high","price":100,"rsi":55.1,"adx":30,"atr":2.5,"ema_fast":99,"ema_slow":98}\n'
		decision 3600000 OPEN_LONG entry_signal; mark 3600000 long 3600000 0
		printf '{"type":"tunnel","symbol":"BTC","t_ms":3600000,"open_ms":3600000,"side":"long","entry_price":100,"upper_full":0,"upper_partial":104,"lower_full":95}\n'
		intent $ID 3600000 OPEN buy; commit 3600000; } | put
	sent $ID 7 $CLOID
	{ fill 3600100 1 7 $CLOID B 0.5 0 100.1; fill 3600101 2 7 $CLOID B 1 0.5 100.2; } | put
	fill 3600101 2 7 $CLOID B 1 0.5 100.2 | put	# once more
	printf '{"type":"funding","symbol":"BTC","t_ms":7200000,"usdc":-0.1,"szi":1.5,"rate":0.00001}\n' | put
	{ decision 7200000 CLOSE_LONG exit_stop_loss; mark 7200000 flat 3600000 7200000; intent $EXIT 7200000 CLOSE sell; commit 7200000; } | put
	sent $EXIT 8 0x6f63715fff112233445566778899aa00
	fill 7200100 3 8 0x6f63715fff112233445566778899aa00 A 1.5 1.5 99 | put
	fill 7200200 4 9 - A 2 1 98 | put		# nobody's, turns a position
	{ printf '{"type":"positions","t_ms":7300000,"n":1}\n'
		printf '{"type":"position","symbol":"BTC","t_ms":7300000,"szi":-1,"entry_px":98,"value":98,"unrealized_pnl":0,"liquidation_px":0,"margin_used":30,"leverage":3,"max_leverage":50,"isolated":false,"funding_since_open":0}\n'; } | put
	printf '{"type":"kill_level","cause":"operator","level":"close_only","by":"me","why":"look"}\n' | put
	printf '{"type":"drift","symbol":"BTC","t_ms":7300000,"ours":"0","theirs":"-1","class":"missing_ours","severity":"critical"}\n' | put
	printf '{"type":"alarm","t_ms":7300001,"what":"unresolved","level":"error","symbol":"BTC","text":"x"}\n' | put
	printf '{"type":"log","by":"ocq-exec","text":"hello"}\n' | put
}

rows() { sqlite3 -separator ' ' "${2:-trading_engine.db}" "$1"; }

@test "project: an order's life in the reference's tables" {
	life
	quiet ocq-project -q -j j --once
	[ "$(rows 'SELECT action, type, size, price, coalesce(reason_code, 0), fill_tid FROM trades ORDER BY id')" = "$(printf '%s\n' \
		'SYSTEM SYSTEM   unknown ' 'OPEN LONG 0.5 100.1 entry_signal 1' 'ADD LONG 1.0 100.2 entry_signal 2' \
		'FUNDING LONG 1.5  funding_payment 0' 'CLOSE LONG 1.5 99.0 entry_signal 3' \
		'CLOSE LONG 1.0 98.0 unknown 4' 'OPEN SHORT 1.0 98.0 unknown 4')" ]
	[ "$(rows 'SELECT count(*) FROM trades WHERE balance IS NULL')" = 0 ]
	[ "$(rows 'SELECT status, exchange_order_id, strategy_sha1 FROM oms_intents ORDER BY created_ts_ms, intent_id')" = "$(printf 'FILLED 7 abc\nFILLED 8 abc')" ]
	[ "$(rows 'SELECT order_type, status, exchange_order_id FROM oms_orders ORDER BY id')" = "$(printf 'market_open FILLED 7\nmarket_close FILLED 8')" ]
	[ "$(rows 'SELECT fill_tid, matched_via FROM oms_fills ORDER BY id')" = "$(printf '1 client_order_id\n2 client_order_id\n3 client_order_id\n4 ')" ]
	[ "$(rows 'SELECT event_type, status, decision_phase, parent_decision_id, trade_id FROM decision_events ORDER BY rowid')" = "$(printf '%s\n' \
		'entry_signal executed signal_generation  ' 'kernel_decision executed kernel_evaluation 2 ' 'fill executed execution 3 2' \
		'fill executed execution 3 3' 'exit_check executed kernel_evaluation  ' 'fill executed execution 15 6' \
		'fill executed execution  7' 'fill executed execution  8')" ]
	[ "$(rows 'SELECT d.rsi, d.atr FROM decision_context d')" = '55.1 2.5' ]
	[ "$(rows 'SELECT decision_id, gate_name, gate_passed FROM gate_evaluations')" = "$(printf '3 ok 1\n15 ok 1')" ]
	[ "$(rows 'SELECT signal_decision_id, entry_trade_id, exit_decision_id, exit_trade_id, exit_reason, duration_ms FROM decision_lineage WHERE id = 1')" = '2 2 15 6 a reason 3600000' ]
	[ "$(rows 'SELECT step_id, intent_count, fill_count, round(median_slippage_bps, 6), round(max_slippage_bps, 6) FROM paper_runtime_metrics')" = \
		"$(printf 'paper:1h:3600000 1 2 15.0 20.0\npaper:1h:7200000 1 1 100.0 100.0')" ]
	[ "$(rows 'SELECT symbols_json, trades_written, step_close_ts_ms FROM runtime_cycle_steps')" = "$(printf '["BTC"] 2 7200000\n["BTC"] 1 10800000')" ]
	[ "$(rows 'SELECT cash_usd, unrealised_pnl_usd FROM paper_equity_snapshots LIMIT 1')" = '900.0 5.0' ]
	[ "$(rows 'SELECT event_type, open_trade_id, last_funding_time FROM position_state_history ORDER BY id')" = \
		"$(printf 'upsert  3600000\nupsert 2 3600000\nclear 2 7200000')" ]
	[ "$(rows 'SELECT count(*) FROM position_state')" = 0 ]
	[ "$(rows 'SELECT close_ts_ms, side, reason FROM runtime_last_closes')" = '7200000 long a reason' ]
	[ "$(rows 'SELECT last_entry_attempt_s, last_exit_attempt_s FROM runtime_cooldowns')" = '3600.0 ' ]
	[ "$(rows 'SELECT ts_ms, has_upper_full, upper_partial, lower_full, pos_type FROM exit_tunnel')" = '7200001 0 104.0 95.0 LONG' ]
	[ "$(rows 'SELECT symbol, pos_type, size FROM runtime_exchange_positions')" = 'BTC SHORT 1.0' ]
	[ "$(rows 'SELECT event FROM audit_events ORDER BY id' | xargs)" = 'LIVE_ORDER_SENT_OPEN LIVE_ORDER_SENT_EXIT KILL_SET UNRESOLVED' ]
	[ "$(rows 'SELECT kind, result FROM oms_reconcile_events')" = 'drift missing_ours' ]
	[ "$(rows 'SELECT message FROM runtime_logs')" = 'ocq-exec: hello' ]
	[ "$(rows 'SELECT signal, rsi FROM signals')" = 'BUY 55.1' ]
	[ "$(rows "SELECT value FROM meta WHERE key = 'applied_seq'")" = "$(ocq-journal tail j | wc -l)" ]
	[ "$(rows 'PRAGMA user_version; PRAGMA journal_mode' | xargs)" = '1 wal' ]
}

@test "project: record by record, killed anywhere, or at once: the same rows" {
	life
	ocq-project -q -j j --once all.db
	sqlite3 all.db .dump >all
	mkdir k; chmod 700 k
	while read -r line; do	# the same records of the same times, a few more of them each time
		echo "$line" >>k/00000001.ndjson
		ocq-project -q -j k --once part.db || [ $? = 3 ]
	done < <(cat j/0*.ndjson)
	sqlite3 part.db .dump | cmp - all
	for wait in 0.001 0.003 0.006 0.01 0.02; do
		rm -f cut.db*
		ocq-project -q -j j --once cut.db & pid=$!
		sleep $wait
		kill -9 $pid 2>/dev/null || true
		wait $pid || true	# its lock is free then
		ocq-project -q -j j --once cut.db
		sqlite3 cut.db .dump | cmp - all
	done
}

@test "project: follows what is appended" {
	lane_record live | put
	ocq-project -q -j j 3>&- & pid=$!
	for _ in $(seq 200); do [ "$(rows 'SELECT count(*) FROM trades' trading_engine_live.db 2>/dev/null)" = 1 ] && break; sleep 0.05; done
	commit 3600000 | put
	for _ in $(seq 200); do [ "$(rows 'SELECT count(*) FROM runtime_cycle_steps' trading_engine_live.db)" = 1 ] && break; sleep 0.05; done
	dies 75 'lock.project: held by process' ocq-project -j j
	kill $pid; wait $pid
	[ "$(rows 'SELECT step_id FROM runtime_cycle_steps' trading_engine_live.db)" = live:1h:3600000 ]
}

@test "project: what is not its view is refused" {
	life
	lane_record | put k
	commit 3600000 | put k
	ocq-project -q -j j --once v.db
	dies 65 'v.db: not a view of k: that has another record' ocq-project -j k --once v.db
	sqlite3 v.db 'PRAGMA user_version = 99'
	dies 65 'v.db: made by a newer ocq (schema 99, this one knows 1)' ocq-project -j j --once v.db
	sqlite3 w.db 'CREATE TABLE meta(a)'
	dies 65 'w.db: not a view of a lane' ocq-project -j j --once w.db
	dies 64 '--journal is missing' ocq-project
	dies 65 'none' ocq-project -j none
	mkdir e
	ocq-project -j e --once || [ $? = 3 ]
}

@test "project: a locked view and a full disk: 75, and nothing half" {
	life
	ocq-project -q -j j --once v.db
	commit 10800000 | put
	sqlite3 v.db .dump >before
	{ echo 'BEGIN IMMEDIATE;'; sleep 7; } | sqlite3 v.db 3>&- & pid=$!
	sleep 0.5
	dies 75 'v.db: database is locked' ocq-project -j j --once v.db
	wait $pid
	sqlite3 v.db .dump | cmp - before
	status=0
	(ulimit -f 100; trap '' XFSZ; ocq-project -q -j j --once full.db) 2>said || status=$?
	[ $status = 75 ]
	grep -q full.db said
	[ ! -e full.db ] || [ "$(rows "SELECT count(*) FROM sqlite_schema WHERE name = 'trades'" full.db)" = 0 ] || [ "$(rows 'SELECT count(*) FROM trades' full.db)" = 0 ]
}

@test "project: behind a snapshot whose past was removed" {
	lane_record | put
	commit 3600000 | put
	ocq-journal snapshot -q j
	commit 7200000 | put
	mkdir k; chmod 700 k
	sed -n 3,4p j/00000001.ndjson >k/00000002.ndjson
	ocq-project -j k --once 2>said
	grep -q 'begins with record 3: what came before is not in' said
	[ "$(rows 'SELECT step_id FROM runtime_cycle_steps')" = paper:1h:7200000 ]
}

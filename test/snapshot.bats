# SPDX-License-Identifier: MIT
# ocq-snapshot: a lane's account as a document and back, equal; refused where something is open.
load lib

lane_record() {
	printf '{"type":"lane","mode":"paper","account":"0xaa","network":"testnet","interval":"1h","first_ms":0,"from_ms":0,"lookback":50,"balance_usd":1000}\n'
}

setup_document() {
	cat >doc.json <<'X'
{"version":2,"source":"desk","exported_at_ms":1733011200000,"balance":2500.123456789012,"positions":[
 {"symbol":"BTC","side":"short","size":0.012,"entry_price":96500.1,"entry_atr":610.25,"trailing_sl":95000.5,"confidence":"high","leverage":3,
  "margin_used":386.0040000001,"adds_count":1,"tp1_taken":true,"open_time_ms":1732950000000,"last_funding_time_ms":1732950000000,
  "last_add_time_ms":1732989600000,"entry_adx_threshold":22.5}],
 "runtime":{"entry_attempt_ms_by_symbol":{"BTC":1732989600000},"exit_attempt_ms_by_symbol":{"ETH":1733007600000},
  "last_close_info_by_symbol":{"ETH":{"timestamp_ms":1733007600000,"side":"long","reason":"Signal Flip"},
   "SOL":{"timestamp_ms":1733007600001,"side":"short","reason":"other"}}}}
X
}

same() { jq -S 'del(.source, .exported_at_ms)' "$1" >a; jq -S 'del(.source, .exported_at_ms)' "$2" >b; diff a b; }

@test "snapshot: what is seeded is exported, and a journal verifies" {
	setup_document
	lane_record | ocq-journal append -q j
	quiet ocq-snapshot seed -q -j j doc.json
	ocq-snapshot export -j j >out.json
	same doc.json out.json
	[ "$(jq -r .source out.json)" = paper ]
	ocq-journal verify -q j
	[ "$(ocq-journal export --no-header j | jq -r .type | xargs)" = 'lane op adopt mark mark mark' ]
}

@test "snapshot: nothing is seeded over what is open, but a new journal can begin" {
	setup_document
	lane_record | ocq-journal append -q j
	ocq-snapshot seed -q -j j doc.json
	dies 77 'j: BTC is open: ocq-flat first' ocq-snapshot seed -j j doc.json
	dies 64 'j: is there already; --replace begins a new journal' ocq-snapshot seed -j j --replace j doc.json
	jq '.balance = 7 | .positions = []' doc.json >flat.json
	ocq-snapshot seed -q -j k --replace j flat.json
	ocq-snapshot export -j k >out.json
	same flat.json out.json
	[ "$(ocq-journal export --no-header k | head -n 1 | jq -c '[.mode, .account, .interval]')" = '["paper","0xaa","1h"]' ]
	printf '{"type":"intent","id":"00112233445566778899aabbccddeeff","t_ms":1,"symbol":"BTC","action":"OPEN","side":"buy","size":"1","reduce_only":false,"ref_px":1,"limit_px":"","notional_usd":1,"cash_usd":0,"leverage":3,"confidence":"high","reason_code":"entry_signal","reason":"","entry_atr":1,"adx_threshold":0,"valid_until_ms":0,"place":0,"op":null}\n' | ocq-journal append -q k
	dies 77 'intent 00112233445566778899aabbccddeeff of BTC has not ended' ocq-snapshot seed -j k flat.json
}

@test "snapshot: what a seeded lane no longer has is cleared" {
	setup_document
	jq '.positions = []' doc.json >one.json
	jq '.positions = [] | .runtime = {}' doc.json >two.json
	lane_record | ocq-journal append -q j
	ocq-snapshot seed -q -j j one.json
	ocq-snapshot seed -q -j j two.json
	[ "$(ocq-snapshot export -j j | jq -c '.runtime | map(length)' )" = '[0,0,0]' ]
}

@test "snapshot: wrong documents and journals" {
	setup_document
	lane_record | ocq-journal append -q j
	jq '.positions[0].size = 0' doc.json >bad.json
	dies 65 'BTC: size, entry_price and leverage must be above 0' ocq-snapshot seed -j j bad.json
	jq '.runtime.last_close_info_by_symbol.ETH = 1' doc.json >bad.json
	dies 65 'last_close_info_by_symbol[0]' ocq-snapshot seed -j j bad.json
	dies 64 'no journal' ocq-snapshot export
	[ "$(ocq-journal tail j | wc -l)" = 1 ]
	dies 65 none ocq-snapshot export -j none
}

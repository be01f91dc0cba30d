# SPDX-License-Identifier: MIT
# Orders taken from the book (docs/lane.md "Taking back"): what an operator asks for, and what of a lane rests under a kill or too long.
load lib

setup() {
	fresh
	exchange_up
	control 1 <<<'{"set_book":{"coin":"ETH","bids":[["1999","50"]],"asks":[["2001","50"]]}}'
	ocq-hl meta --url "$url" --no-header >markets
	lane_begins paper
}
teardown() {
	kill "${pid:-}" "${beside:-}" 2>/dev/null || true
	kill "$venue" 2>/dev/null || true
	wait
}
told() { ocq-journal export -q --no-header J --type "$@"; }
until_told() {	# until_told TYPES FILTER
	for _ in $(seq 150); do told "$1" | jq -e -s "$2" >/dev/null && return; sleep 0.1; done
	told "$1"; cat exec.err; return 1
}
start() {	# start OPTIONS of ocq-exec
	mkfifo ring 2>/dev/null || true
	ocq-exec -q -j J --url "$url" --venue markets -k key --no-limits "$@" <>ring >out 2>exec.err 3>&- & pid=$!
}
rest() { ocq-hl order -q --url "$url" -k key --no-header "$@" >ack && jq -e '.outcome == "resting"' ack >/dev/null; }
in_book() { ocq-hl orders --url "$url" --user "$(cat addr)" --no-header | jq -s -r 'map(.symbol + " " + (.px | tostring)) | sort | join(",")'; }
# ours N PX: an intent of an operator's that rests at PX, allowed
ours() {
	printf '{"type":"intent","id":"%02d000000000000000000000000000000","t_ms":1,"symbol":"BTC","action":"OPEN","side":"buy","size":"0.01","reduce_only":false,"ref_px":50000,"limit_px":"%s","notional_usd":500,"cash_usd":0,"leverage":3,"confidence":"high","reason_code":"manual_trade","reason":"","entry_atr":1,"adx_threshold":22,"valid_until_ms":0,"place":0,"op":"%032d"}\n{"type":"verdict","intent":"%02d000000000000000000000000000000","allow":true,"cause":"ok"}\n' "$1" "$2" 9 "$1" |
		ocq-journal append -q J
}

@test "cancel: what an operator asks for leaves the book, whoever sent it, and nothing else" {
	rest BTC buy 0.01 40000
	rest BTC buy 0.01 41000
	rest ETH buy 0.1 1500
	start
	ocq-manual cancel -j J BTC "$(ocq-hl orders --url "$url" --user "$(cat addr)" --no-header | jq -r 'select(.px == 41000) | .oid')" --wait >table
	grep -q '^orders  *CANCEL  *done' table
	[ "$(in_book)" = "BTC 40000,ETH 1500" ]
	ocq-manual cancel -j J BTC --wait
	[ "$(in_book)" = "ETH 1500" ]
	ocq-manual cancel -j J all --wait
	[ -z "$(in_book)" ]
	# nothing is there: nothing is sent
	told send | jq -e -s 'length == 3 and all(.[]; .kind == "cancel" and .intent == null)'
	ocq-manual cancel -j J all --wait
	told send | jq -e -s 'length == 3'
	ocq-journal verify J
	# more than one action can carry
	for px in $(seq 30001 30025); do rest BTC buy 0.001 "$px"; done
	ocq-manual cancel -j J all --wait
	[ -z "$(in_book)" ]
	told send | jq -e -s 'length == 5'
}

@test "cancel: asked for while ocq-exec is away, killed on the way, answers lost" {
	rest BTC buy 0.01 40000
	rest ETH buy 0.1 1500
	dies 75 'are ocq-risk and ocq-exec running?' ocq-manual cancel -j J all --wait --timeout 0.1
	control 1 <<<'{"fault":{"fault":"drop_after","kind":"cancel","times":1}}'
	start
	until_told send 'any(.[]; .kind == "cancel")'
	kill -9 "$pid"
	control 1 <<<'{"fault":{"fault":"drop_before","kind":"cancel","times":1}}'
	start
	until_told outcome 'any(.[]; .kind == "cancel" and .outcome == "done" and .over)'
	[ -z "$(in_book)" ]
	ocq-journal verify J
}

@test "cancel: ocq-flat takes everything back" {
	rest BTC buy 0.01 40000
	ours 5 45000
	start
	until_told outcome 'any(.[]; .outcome == "resting")'
	[ "$(in_book)" = "BTC 40000,BTC 45000" ]
	ocq-flat -j J --wait 10
	[ -z "$(in_book)" ]
	until_told outcome "any(.[]; .intent == \"05000000000000000000000000000000\" and .outcome == \"cancelled\" and .over)"
}

@test "cancel: an entry that rests is taken back under close_only" {
	ours 5 45000
	start
	until_told outcome 'any(.[]; .outcome == "resting")'
	ocq-kill -j J close_only
	until_told outcome 'any(.[]; .outcome == "cancelled" and .over and .kind == "order")'
	[ -z "$(in_book)" ]
	told send | jq -e -s 'map(.kind) == ["leverage", "order", "cancel"]'
	ocq-journal verify J
}

@test "cancel: an order that rests too long is taken back, and not before" {
	ours 5 45000
	start --stale 2
	until_told outcome 'any(.[]; .outcome == "resting")'
	until_told outcome 'any(.[]; .outcome == "cancelled" and .over)'
	cat J/*.ndjson | jq -e -s 'map(select(.type == "send" or .type == "outcome")) | (map(select(.kind == "order")) | .[0].ts_ms) as $sent | map(select(.outcome == "cancelled"))[0].ts_ms - $sent >= 2000'
	dies 64 '--stale is 0 or at least 2 seconds' ocq-exec -j J --url "$url" --venue markets -k key --no-limits --stale 1 </dev/null
}

@test "cancel: a resting order that is filled or gone is found out" {
	ours 5 45000
	ours 6 44000
	start
	ocq-reconcile -q -j J --url "$url" --every 0.2 >rec 2>rec.err 3>&- & beside=$!
	until_told outcome 'map(select(.outcome == "resting")) | length == 2'
	control 1 <<<'{"set_book":{"coin":"BTC","bids":[["44490","5"]],"asks":[["44500","5"]]}}'
	until_told outcome "any(.[]; .intent == \"05000000000000000000000000000000\" and .outcome == \"filled\" and .over)"
	ocq-hl cancel -q --url "$url" -k key BTC "$(ocq-hl orders --url "$url" --user "$(cat addr)" --no-header | jq -r .oid)" >/dev/null
	until_told outcome "any(.[]; .intent == \"06000000000000000000000000000000\" and .outcome == \"cancelled\" and .over)"
	ocq-journal verify J
}

@test "cancel: what keeps everything from leaving keeps this" {
	rest BTC buy 0.01 40000
	ocq-manual cancel -j J all
	start --dry
	until_told outcome 'any(.[]; .kind == "cancel" and .outcome == "would" and .over)'
	kill "$pid"; wait "$pid" || true
	ocq-manual cancel -j J all
	AI_QUANT_HARD_KILL_SWITCH=1 start
	until_told outcome 'any(.[]; .kind == "cancel" and .outcome == "blocked" and .over)'
	[ "$(in_book)" = "BTC 40000" ]
	[ -z "$(told send)" ]
}

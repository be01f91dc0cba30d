# SPDX-License-Identifier: MIT
# ocq-kill and ocq-flat: they work whatever else is broken, levels rise and are cleared one by one, nothing is doubled.
load lib

ADDR=0x00000000000000000000000000000000000000aa
LANE='{"type":"lane","mode":"paper","account":"'$ADDR'","network":"testnet","interval":"1h","first_ms":0,"from_ms":0,"lookback":50,"balance_usd":1000}'
OP=00112233445566778899aabbccddeeff

lane() { echo "$LANE" | ocq-journal append -q J; }
# mark SYMBOL SIDE SIZE: of the strategy's account
mark() {
	printf '{"type":"mark","symbol":"%s","t_ms":1,"side":"%s","size":%s,"entry_price":100,"margin_usd":10,"leverage":1,"entry_atr":1,"entry_adx_threshold":0,"trailing_sl":0,"has_trailing":false,"tp1_taken":false,"adds_count":0,"confidence":"high","open_ms":1,"last_add_ms":0,"last_entry_ms":1,"last_exit_ms":0,"last_close_ms":0,"last_close_side":"long","last_close_was_flip":false,"close":110}\n' "$@"
}
# position SYMBOL SIZE: as the exchange has it
position() {
	printf '{"type":"position","symbol":"%s","t_ms":5,"szi":%s,"entry_px":50,"value":50,"unrealized_pnl":0,"margin_used":5,"leverage":2,"isolated":false,"liquidation_px":0,"max_leverage":10,"roe":0,"funding_since_open":0}\n' "$@"
}
told() { ocq-journal export --no-header J --type "$@"; }

@test "kill: levels and causes, what stands and what is cleared" {
	lane
	[ "$(ocq-kill -j J status)" = 'level off' ]
	ocq-kill -j J close_only --why 'a look' 2>said
	grep -q 'J: close_only since record 3' said
	ocq-kill -q -j J halt_all
	ocq-kill -q -j J close_only	# rises alone
	ocq-kill -j J status >got
	[ "$(head -n 1 got)" = 'level halt_all' ]
	grep -q '^operator    halt_all   since 2' got
	echo '{"type":"kill_level","cause":"drift","level":"close_only","by":"x","why":"a side"}' | ocq-journal append -q J
	ocq-kill -j J clear --cause operator 2>said
	grep -q 'operator: halt_all is off' said
	[ "$(ocq-kill -j J status | sed 's/since [^ ]*/since/')" = "$(printf 'level close_only\ndrift       close_only since  a side')" ]
	ocq-kill -q -j J clear
	[ "$(ocq-kill -j J status)" = 'level off' ]
	dies 3 'nothing to clear' ocq-kill -j J clear
	dies 3 'nothing to clear' ocq-kill -j J clear --cause feed
	[ "$(told op | jq -r .what | xargs)" = 'kill kill kill clear clear' ]
	[ "$(told op | jq -r '.id | length' | sort -u)" = 32 ]
	[ "$(told op | jq -r .by | sort -u)" = "$(id -un)" ]
	[ "$(told kill_level | head -n 1)" = '{"type":"kill_level","cause":"operator","level":"close_only","by":"'"$(id -un)"'","why":"a look"}' ]
	ocq-journal verify -q J
}

@test "kill: no journal, no verb, a wrong one" {
	dies 65 'none: cannot be opened' ocq-kill -j none halt_all
	[ ! -e none ]
	mkdir -m 700 empty
	dies 65 'not a journal' ocq-kill -j empty halt_all
	[ -z "$(ls empty)" ]
	dies 65 'not a journal' ocq-flat -j empty
	lane
	dies 64 'give -j DIR' ocq-kill halt_all
	dies 64 'no cause' ocq-kill -j J clear --cause mood
	dies 64 'takes no --cause' ocq-kill -j J halt_all --cause feed
	dies 64 'one verb' ocq-kill -j J halt_all now
	writes 75 /dev/full ocq-kill -j J status
	ocq-kill -q -j J halt_all
	sed -i '1s/paper/other/' J/00000001.ndjson	# a damaged journal is not appended to
	dies 65 'damaged' ocq-kill -j J halt_all
}

@test "kill: the rest of the lane is stuck: locks are held, the feed is silent" {
	lane
	for name in decide risk exec reconcile project; do flock J/lock.$name sleep 20 & done
	sleep 0.1
	ocq-kill -q -j J halt_all
	[ "$(ocq-kill -j J status | head -n 1)" = 'level halt_all' ]
	jobs -p | xargs kill
}

@test "kill: on a full disk" {
	mkdir room
	mount -t tmpfs -o size=2m tmpfs room 2>mount.txt || skip 'only root can mount'
	echo "$LANE" | ocq-journal append -q room/J
	cat /dev/zero 2>full.txt >room/rest || true
	# what is left of the journal's last block
	until ! echo '{"type":"armed","armed":true,"why":""}' | ocq-journal append -q room/J 2>full.txt; do :; done
	ocq-kill -q -j room/J halt_all
	[ "$(ocq-kill -j room/J status | head -n 1)" = 'level halt_all' ]
	ocq-journal verify -q room/J
}

teardown() { [ ! -e room/J ] || umount -l room; }

@test "flat: one intent for each position, the exchange's and the strategy's, behind the kill level" {
	lane
	{ mark ETH long 2.5; mark SOL short 3; mark XRP flat 1; echo '{"type":"positions","t_ms":5,"n":2}'; position BTC -0.5; position SOL -2; } |
		ocq-journal append -q J
	ocq-flat -j J 2>said
	grep -q 'close_only, 3 positions to be closed' said
	[ "$(told intent | jq -c '[.symbol,.action,.side,.size,.reduce_only,.ref_px,.notional_usd,.place]' | xargs)" = \
		"$(printf '[BTC,CLOSE,buy,0.5,true,50,25,0] [ETH,CLOSE,sell,2.5,true,110,275,1] [SOL,CLOSE,buy,2,true,110,220,2]')" ]
	op=$(told op | jq -r .id)
	[ "$(told op | jq -r .text)" = '{"cancel":"all"}' ]
	[ "$(told intent | head -n 1 | jq -r .id)" = "$(printf '%s|BTC|CLOSE' "$op" | sha256sum | head -c 32)" ]
	[ "$(told intent | jq -r .op | sort -u)" = "$op" ]
	[ "$(told op,kill_level,intent | jq -r .type | xargs)" = 'op kill_level intent intent intent' ]
	[ "$(ocq-kill -j J status | head -n 1)" = 'level close_only' ]
	ocq-risk -q -j J </dev/null >/dev/null
	[ "$(told verdict | jq -r .cause | xargs)" = 'ok ok ok' ]
	ocq-journal verify -q J
}

@test "flat: a rehearsal leaves what it holds itself, not what others hold on the account" {
	echo "${LANE/paper/dry_live}" | ocq-journal append -q J
	{ mark ETH long 2.5; echo '{"type":"positions","t_ms":5,"n":1}'; position BTC -0.5; } | ocq-journal append -q J
	ocq-flat -q -j J
	[ "$(told intent | jq -c '[.symbol,.size]')" = '["ETH","2.5"]' ]
}

@test "flat: the same operation a second time doubles nothing" {
	lane
	mark ETH long 2.5 | ocq-journal append -q J
	ocq-flat -q -j J --id $OP
	before=$(cat J/*.ndjson)
	ocq-flat -j J --id $OP 2>said
	grep -q 'is there already' said
	[ "$before" = "$(cat J/*.ndjson)" ]
	[ "$(told intent | wc -l)" = 1 ]
	dies 64 '32 hexadecimal digits' ocq-flat -j J --id now
	ocq-flat -q -j J	# another one: the position is open still
	[ "$(told intent | wc -l)" = 2 ]
}

# What ocq-exec says when it has taken back the orders that an action asked for.
done_with() {
	jq -cn --arg op "$1" '{type: "outcome", intent: $op, attempt: 0, nonce: 0, kind: "cancel", outcome: "done", over: true, oid: null, filled: "0", avg_px: 0, code: null, evidence: "status", error: ""}'
}

@test "flat: it waits for the outcomes and shows them" {
	lane
	{ mark ETH long 2.5; mark SOL short 3; } | ocq-journal append -q J
	ocq-flat -q -j J --wait 20 --id $OP >got 3>&- &
	flat=$!
	for _ in $(seq 200); do [ "$(told intent | wc -l)" != 2 ] || break; sleep 0.05; done
	told intent | jq -c '{type: "outcome", intent: .id, attempt: 0, nonce: 0, kind: "order", outcome: "would", over: true, oid: null, filled: "", avg_px: 0, code: null, evidence: "local", error: ""}' >out
	done_with $OP >>out
	ocq-journal append -q J <out
	wait $flat
	[ "$(tail -n +2 got | tr -s ' ' | sed 's/ $//' | xargs)" = 'ETH CLOSE sell 2.5 0 WOULD SOL CLOSE buy 3 0 WOULD orders CANCEL done' ]
	# what is not done in time
	mark XRP long 1 | ocq-journal append -q J
	status=0
	ocq-flat -q -j J --wait 0.1 >got 2>said || status=$?
	[ $status = 75 ]
	grep -q '^XRP .*NEW' got
	grep -q 'are ocq-risk and ocq-exec running?' said
	# what ends unfilled
	told intent | tail -n 1 | jq -c '{type: "outcome", intent: .id, attempt: 0, nonce: 0, kind: "order", outcome: "rejected", over: true, oid: null, filled: "", avg_px: 0, code: null, evidence: "local", error: "below the minimum"}' >out
	ocq-journal append -q J <out
	op=$(told op | tail -n 1 | jq -r .id)
	status=0
	told intent | jq -c --arg op "$op" 'select(.op == $op) | {type: "outcome", intent: .id, attempt: 0, nonce: 0, kind: "order", outcome: "would", over: true, oid: null, filled: "", avg_px: 0, code: null, evidence: "local", error: ""}' |
		sed '$d' | ocq-journal append -q J
	done_with "$op" | ocq-journal append -q J
	ocq-flat -q -j J --id "$op" --wait 1 >got 2>said || status=$?
	[ $status = 1 ]
	grep -q '^XRP .*REJECTED .*below the minimum' got
	dies 64 'at most a day' ocq-flat -j J --wait -1
}

@test "flat: under halt_all nothing would be sent" {
	lane
	mark ETH long 2.5 | ocq-journal append -q J
	ocq-kill -q -j J halt_all
	dies 77 'halt_all stands' ocq-flat -j J
	[ "$(told intent | wc -l)" = 0 ]
	# on a full disk it goes on
	ocq-kill -q -j J clear
	ocq-flat -q -j J
}

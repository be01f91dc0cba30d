# SPDX-License-Identifier: MIT
# ocq-parity: equal runs, the class of each difference, what may not be compared. Streams are made from test/fixtures/run.
load lib

RUN=$FIX/run

# changed FILE N SED: FILE with its N-th line edited, in changed.ndjson.
changed() { sed "$2$3" "$1" >changed.ndjson; ! cmp -s "$1" changed.ndjson; }

# part CLASS FIELD [OPTION...]: the events and changed.ndjson differ, first in that class and member.
part() {
	local class=$1 field=$2; shift 2
	run -1 --separate-stderr ocq-parity -q "$@" "$RUN/events.ndjson" changed.ndjson
	grep -q "^$RUN/events.ndjson:[0-9]*: .*$class in \"$field\"\$" <<<"$output" || { echo "$output"; return 1; }
	[[ ${lines[-1]} == "different: first $class, in all "* ]]
}

@test "parity: a run equals itself" {
	for f in events trades equity; do
		run -0 --separate-stderr ocq-parity -q "$RUN/$f.ndjson" "$RUN/$f.ndjson"
		[[ $output == "equal: $(($(wc -l <"$RUN/$f.ndjson") - 2)) records, "* ]]
	done
}

@test "parity: one side may be stdin, both may not" {
	ocq-parity -q - "$RUN/events.ndjson" <"$RUN/events.ndjson"
	ocq-parity -q "$RUN/events.ndjson" - <"$RUN/events.ndjson"
	dies 64 "only one" ocq-parity - - <"$RUN/events.ndjson"
}

@test "parity: spelling of numbers and order of members are no difference" {
	sed '/"event"/{s/"leverage":\([0-9]*\),/"leverage":\1.0,/; s/^{\(.*\)"seq":\([0-9]*\),\(.*\)}$/{ \1\3, "seq": \2 }/}' "$RUN/events.ndjson" >changed.ndjson
	grep -q '"leverage":[0-9]*\.0,.*"seq": 3 }' changed.ndjson
	run ! cmp -s "$RUN/events.ndjson" changed.ndjson
	ocq-parity -q "$RUN/events.ndjson" changed.ndjson
}

@test "parity: the last bit of a price counts" {
	awk 'NR == 3 { sub(/"price":[0-9.]+/, "\"price\":0.1") } { print }' "$RUN/events.ndjson" >a.ndjson
	sed '3s/"price":0.1/"price":0.10000000000000002/' a.ndjson >b.ndjson
	run -1 --separate-stderr ocq-parity -q a.ndjson b.ndjson
	[[ ${lines[0]} == *'PRICE in "price"' ]]
	sed '3s/"price":0.1/"price":0.100000000000000001/' a.ndjson >b.ndjson	# reads as the same double
	ocq-parity -q a.ndjson b.ndjson
}

@test "parity: PRICE, SIZE, FEE, DECISION, REDUCTION_ORDER by the member that differs" {
	changed "$RUN/events.ndjson" 3 's/"price":/"price":1/'; part PRICE price
	changed "$RUN/events.ndjson" 3 's/"pnl_usd":[-0-9.e]*/"pnl_usd":77/'; part PRICE pnl_usd
	changed "$RUN/events.ndjson" 3 's/"size":/"size":1/'; part SIZE size
	changed "$RUN/events.ndjson" 3 's/"notional_usd":/"notional_usd":1/'; part SIZE notional_usd
	changed "$RUN/events.ndjson" 3 's/"leverage":/"leverage":1/'; part SIZE leverage
	changed "$RUN/events.ndjson" 3 's/"margin_usd":/"margin_usd":1/'; part SIZE margin_usd
	changed "$RUN/events.ndjson" 3 's/"fee_usd":/"fee_usd":1/'; part FEE fee_usd
	changed "$RUN/events.ndjson" 3 's/"reason":"/"reason":"x/'; part DECISION reason
	changed "$RUN/events.ndjson" 3 's/"reason_code":"/"reason_code":"x/'; part DECISION reason_code
	changed "$RUN/events.ndjson" 3 's/"confidence":"[a-z]*"/"confidence":"none"/'; part DECISION confidence
	changed "$RUN/events.ndjson" 3 's/"entry_atr":/"entry_atr":1/'; part DECISION entry_atr
	changed "$RUN/events.ndjson" 3 's/"action":"/"action":"x/'; part DECISION action
	changed "$RUN/events.ndjson" 3 's/"t_ms":/"t_ms":1/'; part DECISION t_ms
	changed "$RUN/events.ndjson" 3 's/"symbol":"/"symbol":"x/'; part DECISION symbol
	changed "$RUN/events.ndjson" 3 's/"balance_usd":/"balance_usd":1/'; part REDUCTION_ORDER balance_usd
	changed "$RUN/events.ndjson" 3 's/"seq":/"seq":1/'; part ORDER seq
}

@test "parity: the cause comes before its consequences" {
	changed "$RUN/events.ndjson" 3 's/"balance_usd":/"balance_usd":1/; 3s/"fee_usd":/"fee_usd":1/; 3s/"size":/"size":1/'
	part SIZE size
	changed "$RUN/events.ndjson" 3 's/"price":/"price":1/; 4,$s/"balance_usd":/"balance_usd":1/'
	run -1 --separate-stderr ocq-parity -q -n 100 "$RUN/events.ndjson" changed.ndjson
	[ "$(grep -c '^  a: ' <<<"$output")" = 1 ]	# later balances only follow
}

@test "parity: trade lists are told apart by their own members" {
	sed '4s/"fee":/"fee":1/' "$RUN/trades.ndjson" >changed.ndjson
	run -1 --separate-stderr ocq-parity -q "$RUN/trades.ndjson" changed.ndjson
	[[ ${lines[0]} == "$RUN/trades.ndjson:4: changed.ndjson:4: FEE in \"fee\"" ]]
	sed '4s/"pnl":/"pnl":1/' "$RUN/trades.ndjson" >changed.ndjson
	run -1 --separate-stderr ocq-parity -q "$RUN/trades.ndjson" changed.ndjson
	[[ ${lines[0]} == *'PRICE in "pnl"' ]]
}

@test "parity: a record on one side only is a DECISION, and the rest is found again" {
	sed 4d "$RUN/events.ndjson" >changed.ndjson
	run -1 --separate-stderr ocq-parity -q -n 9 "$RUN/events.ndjson" changed.ndjson
	[ "${lines[0]}" = "$RUN/events.ndjson:4: DECISION" ]
	[ "${lines[2]}" = "  b: no such record" ]
	[ "$(grep -c '^  a: ' <<<"$output")" = 1 ]
	run -1 --separate-stderr ocq-parity -q -n 9 changed.ndjson "$RUN/events.ndjson"
	[ "${lines[0]}" = "$RUN/events.ndjson:4: DECISION" ]
	[ "${lines[1]}" = "  a: no such record" ]
	[ "$(grep -c '^  b: ' <<<"$output")" = 1 ]
}

@test "parity: a run that stops early differs where it stops" {
	n=$(($(wc -l <"$RUN/events.ndjson") - 1))
	sed "${n}d" "$RUN/events.ndjson" >changed.ndjson
	run -1 --separate-stderr ocq-parity -q "$RUN/events.ndjson" changed.ndjson
	[ "${lines[0]}" = "$RUN/events.ndjson:$n: DECISION" ]
	[[ ${lines[-1]} == *"in all STATE_MACHINE"* ]]
}

@test "parity: a partial exit counts as a close" {
	sed '3s/CLOSE_SHORT/REDUCE_SHORT/' "$RUN/events.ndjson" >changed.ndjson
	[[ $(ocq-parity -q changed.ndjson changed.ndjson) == *", 6 closes" ]]
	sed 's/CLOSE_[A-Z]*/OPEN_LONG/' "$RUN/events.ndjson" >changed.ndjson
	[[ $(ocq-parity -q changed.ndjson changed.ndjson) == *", 0 closes" ]]
}

@test "parity: two records that changed places are an ORDER, once" {
	sed -n '4{h;d};5{p;x};p' "$RUN/events.ndjson" >changed.ndjson
	run -1 --separate-stderr ocq-parity -q -n 9 "$RUN/events.ndjson" changed.ndjson
	[ "${lines[0]}" = "$RUN/events.ndjson:4: changed.ndjson:4: ORDER" ]
	[ "$(grep -c '^  a: ' <<<"$output")" = 1 ]
	[[ ${lines[-1]} == *"in all REDUCTION_ORDER"* ]]
}

@test "parity: funding is a class of its own" {
	funding='{"type":"event","seq":9,"t_ms":3600000,"symbol":"BTC","action":"FUNDING","reason_code":"funding_payment","reason":"Funding rate=0.000010","confidence":"low","price":1,"size":1,"notional_usd":1,"pnl_usd":-0.5,"fee_usd":0,"balance_usd":9,"entry_atr":1,"leverage":1,"margin_usd":1}'
	sed "4i $funding" "$RUN/events.ndjson" >a.ndjson
	run -1 --separate-stderr ocq-parity -q -n 9 a.ndjson "$RUN/events.ndjson"
	[ "${lines[0]}" = "a.ndjson:4: FUNDING" ]
	[ "$(grep -c '^  a: ' <<<"$output")" = 1 ]
	sed '4s/"pnl_usd":-0.5/"pnl_usd":-0.25/' a.ndjson >b.ndjson
	run -1 --separate-stderr ocq-parity -q a.ndjson b.ndjson
	[[ ${lines[0]} == *': FUNDING in "pnl_usd"' ]]
}

@test "parity: rows are paired by id; a close more is STATE_MACHINE, another figure REDUCTION_ORDER" {
	printf '{"type":"result","id":"%s","total_trades":%d,"total_pnl":%s}\n' a 5 1.5 b 6 2.5 c 7 3.5 >a.ndjson
	ocq-parity -q a.ndjson a.ndjson
	sed '2s/2.5/2.25/' a.ndjson >b.ndjson
	run -1 --separate-stderr ocq-parity -q a.ndjson b.ndjson
	[ "${lines[0]}" = 'a.ndjson:2: b.ndjson:2: REDUCTION_ORDER in "total_pnl"' ]
	[[ ${lines[-1]} == "different: first REDUCTION_ORDER, in all REDUCTION_ORDER;"* ]]
	sed '2s/6/7/' a.ndjson >b.ndjson
	run -1 --separate-stderr ocq-parity -q a.ndjson b.ndjson
	[[ ${lines[-1]} == "different: first STATE_MACHINE, in all STATE_MACHINE;"* ]]
	sed 2d a.ndjson >b.ndjson
	run -1 --separate-stderr ocq-parity -q -n 9 a.ndjson b.ndjson
	[ "${lines[0]}" = 'a.ndjson:2: INVALID_COMPARISON' ]
	[ "$(grep -c '^  a: ' <<<"$output")" = 1 ]
	{ sed -n 2p a.ndjson; sed -n '1p' a.ndjson | sed 's/1.5/9.5/'; sed -n 3p a.ndjson; } >b.ndjson
	run -1 --separate-stderr ocq-parity -q -n 9 a.ndjson b.ndjson
	[ "${lines[0]}" = 'a.ndjson:1: b.ndjson:1: ORDER' ]
	[ "${lines[3]}" = 'a.ndjson:1: b.ndjson:2: REDUCTION_ORDER in "total_pnl"' ]
}

SWEEP=$FIX/results.ndjson	# candidate rows of one sweep

@test "parity: a sweep equals itself, and counts the closes of its rows" {
	quiet ocq-parity --strict "$SWEEP" "$SWEEP" >got
	[ "$(cat got)" = "equal: 24 records, $(jq -s 'map(.total_trades // 0) | add' "$SWEEP") closes" ]
}

@test "parity: rows: the first difference is shown, but every row is compared" {
	sed '5s/"total_pnl":/"total_pnl":1/; 6s/"max_drawdown_pct":/"max_drawdown_pct":1/; 9s/"total_trades":/"total_trades":1/' "$SWEEP" >b.ndjson
	run -1 --separate-stderr ocq-parity -q "$SWEEP" b.ndjson
	[ "${lines[0]}" = "$SWEEP:5: b.ndjson:5: REDUCTION_ORDER in \"total_pnl\"" ]
	[ "$(grep -c '^  a: ' <<<"$output")" = 1 ]
	[[ ${lines[-1]} == "different: first REDUCTION_ORDER, in all STATE_MACHINE; 24 and 24 records, "*"; rows: 1 STATE_MACHINE, 2 REDUCTION_ORDER" ]]
	run -1 --separate-stderr ocq-parity -q -n 2 -f json "$SWEEP" b.ndjson
	[ "$(jq -r 'select(.type == "difference") | "\(.class) \(.line_a)"' <<<"$output" | xargs)" = 'REDUCTION_ORDER 5 REDUCTION_ORDER 6' ]
	[ "$(jq -c 'select(.type == "parity") | [.class, .summary, .rows]' <<<"$output")" = '["REDUCTION_ORDER","STATE_MACHINE",{"STATE_MACHINE":1,"REDUCTION_ORDER":2}]' ]
	sed '5s/"total_pnl":/"total_pnl":1/' "$SWEEP" >b.ndjson
	run -1 --separate-stderr ocq-parity -q "$SWEEP" b.ndjson
	[[ ${lines[-1]} == *"in all REDUCTION_ORDER;"* ]]
}

@test "parity: rows: the number of trades comes first, then whether they are the same trades, then figures" {
	sed '5s/"total_pnl":/"total_pnl":1/; 5s/"events_hash":"./"events_hash":"x/; 5s/"total_trades":/"total_trades":1/' "$SWEEP" >b.ndjson
	run -1 --separate-stderr ocq-parity -q "$SWEEP" b.ndjson
	[[ ${lines[0]} == *': STATE_MACHINE in "total_trades"' ]]
	sed '5s/"total_pnl":/"total_pnl":1/; 5s/"events_hash":"./"events_hash":"x/' "$SWEEP" >b.ndjson
	run -1 --separate-stderr ocq-parity -q "$SWEEP" b.ndjson
	[[ ${lines[0]} == *': REDUCTION_ORDER in "events_hash"' ]]
}

@test "parity: rows of two forms are compared in what both have" {
	jq -c 'if .type == "result" then {type, id, events_hash, max_drawdown_pct, profit_factor, total_pnl, total_trades} else . end' "$SWEEP" >id.ndjson
	jq -c 'if .type == "result" then . + {output_mode: "full", sharpe_ratio: 1.5} | del(.schema_version) else . end' "$SWEEP" >full.ndjson
	for f in id full; do
		ocq-parity -q "$SWEEP" $f.ndjson
		ocq-parity -q $f.ndjson "$SWEEP"
	done
	ocq-parity -q id.ndjson full.ndjson
	sed '5s/"total_pnl":/"total_pnl":1/' id.ndjson >b.ndjson
	run -1 --separate-stderr ocq-parity -q full.ndjson b.ndjson
	[ "${lines[0]}" = 'full.ndjson:5: b.ndjson:5: REDUCTION_ORDER in "total_pnl"' ]
	sed '4s/,"total_trades":[0-9]*//' id.ndjson >b.ndjson	# within one form what is missing differs
	run -1 --separate-stderr ocq-parity -q id.ndjson b.ndjson
	[ "${lines[0]}" = 'id.ndjson:4: b.ndjson:4: STATE_MACHINE in "total_trades"' ]
}

@test "parity: rows: lists and objects are compared by their numbers, and the path to the difference is named" {
	echo '{"type":"result","id":"a","overrides":{"x":1.0,"y":2},"by_symbol":[{"symbol":"BTC","pnl":1.50},{"pnl":2,"symbol":"ETH"}]}' >a.ndjson
	echo '{"type":"result","id":"a","by_symbol":[{"pnl":1.5,"symbol":"BTC"},{"pnl":2.0,"symbol":"ETH"}],"overrides":{"y":2.0,"x":1}}' >b.ndjson
	ocq-parity -q a.ndjson b.ndjson
	sed 's/"pnl":2.0/"pnl":2.5/' b.ndjson >c.ndjson
	run -1 --separate-stderr ocq-parity -q a.ndjson c.ndjson
	[[ ${lines[0]} == *': REDUCTION_ORDER in "by_symbol[1].pnl"' ]]
	sed 's/,{"pnl":2.0,"symbol":"ETH"}//' b.ndjson >c.ndjson
	run -1 --separate-stderr ocq-parity -q a.ndjson c.ndjson
	[[ ${lines[0]} == *': REDUCTION_ORDER in "by_symbol"' ]]
	jq -c '. + {text: ("x" * 3000)}' a.ndjson >long_a.ndjson
	jq -c '. + {text: ("x" * 3000)}' b.ndjson | sed 's/"pnl":2\(.0\)*,/"pnl":2.5,/' >long_b.ndjson
	run -1 --separate-stderr ocq-parity -q long_a.ndjson long_b.ndjson
	[[ ${lines[1]} == *'x ... "by_symbol[1].pnl":2 ...' ]]
	[[ ${lines[2]} == *'x ... "by_symbol[1].pnl":2.5 ...' ]]
}

@test "parity: rows of one id but another point or configuration are an INVALID_COMPARISON" {
	sed '3s/"trade.sl_atr_mult":1.5/"trade.sl_atr_mult":1.25/; 3s/"total_trades":/"total_trades":1/' "$SWEEP" >b.ndjson
	run -1 --separate-stderr ocq-parity -q "$SWEEP" b.ndjson
	[[ ${lines[0]} == *': INVALID_COMPARISON in "overrides.trade.sl_atr_mult"' ]]
	[[ ${lines[-1]} == *"in all INVALID_COMPARISON;"* ]]
	sed '3s/"config_id":"./"config_id":"x/' "$SWEEP" >b.ndjson
	run -1 --separate-stderr ocq-parity -q "$SWEEP" b.ndjson
	[[ ${lines[0]} == *': INVALID_COMPARISON in "config_id"' ]]
	sed '3s/"overrides":{[^}]*}/"values":[1]/' "$SWEEP" >b.ndjson	# the other spelling says nothing
	ocq-parity -q "$SWEEP" b.ndjson
}

@test "parity: rows of another contract are refused, and what differs is named" {
	sed '1s/lookback=200/lookback=300/; 1s/data=[0-9a-f]*/data=00/; s/"contract_id":"96/"contract_id":"97/; s/"total_pnl":[-0-9.]*/"total_pnl":7/' "$SWEEP" >b.ndjson
	run -1 --separate-stderr ocq-parity -q "$SWEEP" b.ndjson
	[ "$output" = "INVALID_COMPARISON: the headers differ in contract_id, contract data, contract lookback (--ignore-contract compares all the same)" ]
	sed 1d b.ndjson >bare.ndjson
	run -1 --separate-stderr ocq-parity -q "$SWEEP" bare.ndjson
	[ "$output" = "INVALID_COMPARISON: the rows differ in contract_id (--ignore-contract compares all the same)" ]
	run -1 --separate-stderr ocq-parity -q --ignore-contract "$SWEEP" bare.ndjson
	[[ ${lines[0]} == *': REDUCTION_ORDER in "total_pnl"' ]]
	sed 1d "$SWEEP" >bare.ndjson
	quiet ocq-parity bare.ndjson "$SWEEP"		# the rows say that they are of one contract
	sed '1s/"config_id":"./"config_id":"x/' "$SWEEP" >b.ndjson
	run -1 --separate-stderr ocq-parity -q "$SWEEP" b.ndjson
	[[ $output == "INVALID_COMPARISON: the headers differ in config_id "* ]]
	sed '1s/}$/,"paths":["trade.sl_atr_mult"]}/' "$SWEEP" >a.ndjson
	sed '1s/}$/,"paths":["trade.tp_atr_mult"]}/' "$SWEEP" >b.ndjson
	run -1 --separate-stderr ocq-parity -q a.ndjson b.ndjson
	[[ $output == "INVALID_COMPARISON: the headers differ in paths "* ]]
	ocq-parity -q a.ndjson "$SWEEP"
}

@test "parity: --ignore-contract ignores what rows say of theirs" {
	sed 's/"contract_id":"96/"contract_id":"97/; s/"config_id":"\(.\)\(.\)/"config_id":"\2\1/' "$SWEEP" >b.ndjson
	run -1 --separate-stderr ocq-parity -q "$SWEEP" b.ndjson
	ocq-parity -q --ignore-contract "$SWEEP" b.ndjson
}

@test "parity: rows in another order are an ORDER, on one side only an INVALID_COMPARISON that changes the closes" {
	sed -n '2{h;d};3{p;x};p' "$SWEEP" >b.ndjson
	run -1 --separate-stderr ocq-parity -q -n 9 "$SWEEP" b.ndjson
	[ "${lines[0]}" = "$SWEEP:2: b.ndjson:2: ORDER" ]
	[ "$(grep -c '^  a: ' <<<"$output")" = 1 ]
	[[ ${lines[-1]} == *"in all REDUCTION_ORDER;"*"; rows: 1 ORDER" ]]
	sed 3d "$SWEEP" >b.ndjson
	run -1 --separate-stderr ocq-parity -q -n 9 "$SWEEP" b.ndjson
	[ "${lines[0]}" = "$SWEEP:3: INVALID_COMPARISON" ]
	[[ ${lines[-1]} == *"in all STATE_MACHINE;"*"; rows: 1 INVALID_COMPARISON" ]]
}

@test "parity: a missing member is a difference" {
	sed '3s/"fee_usd":[0-9.]*,//; 3s/"event"/"happening"/' "$RUN/events.ndjson" >a.ndjson
	sed '3s/"event"/"happening"/' "$RUN/events.ndjson" >b.ndjson
	run -1 --separate-stderr ocq-parity -q a.ndjson b.ndjson
	[[ ${lines[0]} == *': FEE in "fee_usd"' ]]
	run -1 --separate-stderr ocq-parity -q a.ndjson "$RUN/events.ndjson"
	[[ ${lines[0]} == *': INVALID_COMPARISON in "type"' ]]
	printf '{"type":"result","id":"a","total_pnl":1}\n' >a.ndjson
	printf '{"type":"result","id":"a","total_pnl":1,"sharpe_ratio":2}\n' >b.ndjson
	run -1 --separate-stderr ocq-parity -q a.ndjson b.ndjson
	[[ ${lines[0]} == *': REDUCTION_ORDER in "sharpe_ratio"' ]]
	run -1 --separate-stderr ocq-parity -q b.ndjson a.ndjson
	[[ ${lines[0]} == *': REDUCTION_ORDER in "sharpe_ratio"' ]]
}

@test "parity: another configuration is an INVALID_COMPARISON that names it, and is not looked into" {
	sed '1s/"config_id":"./"config_id":"x/; 3s/"price":/"price":1/' "$RUN/events.ndjson" >changed.ndjson
	run -1 --separate-stderr ocq-parity -q "$RUN/events.ndjson" changed.ndjson
	[ "${#lines[@]}" = 1 ]
	[[ $output == "INVALID_COMPARISON: the headers differ in config_id "* ]]
	run -1 --separate-stderr ocq-parity -q --ignore-contract "$RUN/events.ndjson" changed.ndjson
	[[ ${lines[0]} == *': PRICE in "price"' ]]
}

@test "parity: the members of the contract that differ are named" {
	sed '1s/lookback=[0-9]*/lookback=1/; 1s/balance_usd=[0-9]*/balance_usd=5/' "$RUN/events.ndjson" >changed.ndjson
	run -1 --separate-stderr ocq-parity -q "$RUN/events.ndjson" changed.ndjson
	[[ $output == *"differ in contract lookback, contract balance_usd "* ]]
	sed '1s/data=[a-z0-9]*/data=aa/' "$RUN/events.ndjson" >a.ndjson
	sed '1s/data=[a-z0-9]*/data=bb/' "$RUN/events.ndjson" >b.ndjson
	run -1 --separate-stderr ocq-parity -q a.ndjson b.ndjson
	[[ $output == *"differ in contract data "* ]]
	sed '1s/data=[a-z0-9]*/data=unknown/' a.ndjson >b.ndjson	# not known there: no difference
	ocq-parity -q a.ndjson b.ndjson
	sed '1s/data=[a-z0-9]* //' a.ndjson >b.ndjson
	ocq-parity -q a.ndjson b.ndjson
	sed '1s/"contract_id":null/"contract_id":"aa"/' "$RUN/events.ndjson" >a.ndjson
	sed '1s/"contract_id":null/"contract_id":"bb"/' "$RUN/events.ndjson" >b.ndjson
	run -1 --separate-stderr ocq-parity -q a.ndjson b.ndjson
	[[ $output == *"differ in contract_id "* ]]
}

@test "parity: what is not known is said; --strict refuses it" {
	ocq-parity "$RUN/events.ndjson" "$RUN/events.ndjson" 2>note.txt
	grep -q 'taken for granted' note.txt
	run -1 --separate-stderr ocq-parity -q --strict "$RUN/events.ndjson" "$RUN/events.ndjson"
	[[ $output == *"differ in contract_id "* ]]
	sed '1s/"contract_id":null/"contract_id":"aa"/' "$RUN/events.ndjson" >a.ndjson
	quiet ocq-parity --strict a.ndjson a.ndjson
	sed '1d;$d' a.ndjson >bare.ndjson
	ocq-parity -q bare.ndjson a.ndjson
	sed '$d' a.ndjson >cut.ndjson
	dies 65 "cut.ndjson" ocq-parity --strict a.ndjson cut.ndjson
	dies 65 "cut.ndjson" ocq-parity --strict cut.ndjson a.ndjson
}

@test "parity: --format json gives records that jq can read" {
	sed '3s/"size":/"size":1/; 5s/"fee_usd":/"fee_usd":1/' "$RUN/events.ndjson" >changed.ndjson
	run -1 --separate-stderr ocq-parity -q -n 5 -f json "$RUN/events.ndjson" changed.ndjson
	[ "$(jq -r 'select(.type == "difference") | "\(.class) \(.field) \(.line_a) \(.line_b)"' <<<"$output")" = "$(printf 'SIZE size 3 3\nFEE fee_usd 5 5')" ]
	[ "$(jq -c 'select(.type == "difference" and .line_a == 3).a' <<<"$output")" = "$(sed -n 3p "$RUN/events.ndjson" | jq -c .)" ]
	[ "$(jq -c 'select(.type == "parity") | [.equal, .class, .summary, .contract, .verified]' <<<"$output")" = '[false,"SIZE","REDUCTION_ORDER",null,false]' ]
	ocq-parity -q -f json "$RUN/events.ndjson" "$RUN/events.ndjson" >out.json
	[ "$(jq -c '[.equal, .class, .records[0] == .records[1]]' out.json)" = '[true,null,true]' ]
}

@test "parity: without --max one difference is shown, the rest counted" {
	sed '3,6s/"price":/"price":1/' "$RUN/events.ndjson" >changed.ndjson
	run -1 --separate-stderr ocq-parity -q "$RUN/events.ndjson" changed.ndjson
	[ "$(grep -c '^  a: ' <<<"$output")" = 1 ]
	run -1 --separate-stderr ocq-parity -q -n 3 "$RUN/events.ndjson" changed.ndjson
	[ "$(grep -c '^  a: ' <<<"$output")" = 3 ]
	sed '3,6s/"t_ms":/"t_ms":1/' "$RUN/events.ndjson" >changed.ndjson
	run -1 --separate-stderr ocq-parity -q "$RUN/events.ndjson" changed.ndjson
	[ "$(grep -c '^  a: ' <<<"$output")" = 1 ]
}

@test "parity: records far apart are not held in memory for ever" {
	for i in $(seq 2000); do printf '{"type":"equity","t_ms":%d,"balance":1}\n' "$i"; done >a.ndjson
	for i in $(seq 5000 7000); do printf '{"type":"equity","t_ms":%d,"balance":1}\n' "$i"; done >b.ndjson
	run -1 --separate-stderr ocq-parity -q a.ndjson b.ndjson
	[[ ${lines[0]} == *': DECISION in "t_ms"' ]]
	[[ ${lines[-1]} == *"2000 and 2001 records"* ]]
}

@test "parity: wrong usage" {
	dies 64 "two operands" ocq-parity
	dies 64 "two operands" ocq-parity a
	dies 64 "text or json" ocq-parity -f xml a b
	dies 64 "--max" ocq-parity -n 0 a b
	dies 65 "nowhere" ocq-parity nowhere "$RUN/events.ndjson"
}

@test "parity: empty input equals empty input, and no run" {
	ocq-parity -q /dev/null /dev/null
	run -1 --separate-stderr ocq-parity -q /dev/null "$RUN/events.ndjson"
	[[ ${lines[0]} == "$RUN/events.ndjson:2: DECISION" ]]
}

@test "parity: a torn line, a wrong type and a line of 1 MB" {
	head -c -20 "$RUN/events.ndjson" >torn.ndjson
	dies 65 "torn.ndjson:$(wc -l <"$RUN/events.ndjson"): " ocq-parity -q "$RUN/events.ndjson" torn.ndjson
	sed '3s/"price":/"price":"/; 3s/,"size"/","size"/' "$RUN/events.ndjson" >wrong.ndjson
	dies 65 'wrong.ndjson:3: "price"' ocq-parity -q "$RUN/events.ndjson" wrong.ndjson
	{ printf '{"type":"note","text":"'; head -c 1000000 /dev/zero | tr '\0' x; printf '"}\n'; } >long.ndjson
	ocq-parity -q long.ndjson long.ndjson
	sed 's/x"/y"/' long.ndjson >other.ndjson
	run -1 --separate-stderr ocq-parity -q long.ndjson other.ndjson
	[ "${#output}" -lt 5000 ]
	printf '[1]\n' >array.ndjson
	dies 65 'array.ndjson:1: ' ocq-parity array.ndjson "$RUN/events.ndjson"
}

@test "parity: a full disk is exit 75, a closed pipe is quiet" {
	sed '3s/"price":/"price":1/' "$RUN/events.ndjson" >changed.ndjson
	writes 75 /dev/full ocq-parity "$RUN/events.ndjson" changed.ndjson
	for i in $(seq 3000); do printf '{"type":"result","id":"%d","total_pnl":1}\n' "$i"; done >a.ndjson
	sed 's/1}/2}/' a.ndjson >b.ndjson
	reader_leaves 1 ocq-parity -q -n 9999 a.ndjson b.ndjson
}

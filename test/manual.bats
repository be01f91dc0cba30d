# SPDX-License-Identifier: MIT
# ocq-manual: what is executed is what was previewed, once, and nothing that has drifted since.
load lib

# shellcheck disable=SC2034 # where budgets lie
setup() {
	fresh
	PATH=$OCQ_BIN/../test:$PATH
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR
	echo '{"type":"lane","mode":"paper","account":"0xaa","network":"testnet","interval":"1h","first_ms":0,"from_ms":0,"lookback":50,"balance_usd":1000}' |
		ocq-journal append -q j
	asset 2 25 >meta
}

teardown() { [ ! -e canned.pid ] || kill "$(cat canned.pid)" 2>/dev/null || true; }

# asset DECIMALS MAX_LEVERAGE
asset() { printf '{"type":"asset","symbol":"ETH","id":1,"sz_decimals":%d,"max_leverage":%d,"delisted":false,"only_isolated":false}\n' "$1" "$2"; }

# position T_MS SIZE LEVERAGE: in a batch
position() {
	printf '{"type":"positions","t_ms":%d,"n":1}\n{"type":"position","symbol":"ETH","t_ms":%d,"szi":%s,"entry_px":20,"value":0,"unrealized_pnl":0,"liquidation_px":0,"margin_used":0,"leverage":%s,"max_leverage":20,"isolated":false,"funding_since_open":0}\n' "$1" "$1" "$2" "$3" |
		ocq-journal append -q j
}

manual() { local verb=$1; shift; ocq-manual "$verb" -q -j j --venue meta "$@"; }
preview() { manual preview "$@" | jq -r .id; }
journal() { ocq-journal export --no-header -t "$1" j; }

@test "manual: a preview shows what is executed, once" {
	token=$(preview --price 2000 --leverage 3 buy ETH 99)
	[ "$(journal op | jq -r .text)" = '{"symbol":"ETH","side":"buy","size":"0.04","px":"2000","limit_px":"0","held":"0","leverage":3,"their_leverage":0,"notional_usd":80}' ]
	[ "$(journal intent | wc -l)" = 0 ]
	manual execute --price 2001 "$token" >out
	journal intent | cmp - out
	[ "$(jq -r '[.symbol, .action, .side, .size, .limit_px, .leverage, .ref_px, .op == "'"$token"'", .reduce_only, .reason_code] | join(" ")' out)" = \
		'ETH OPEN buy 0.04  3 2001 true false manual_trade' ]
	[ "$(jq '.valid_until_ms - .t_ms' out)" = 60000 ]
	ocq-manual execute -j j --venue meta --price 2001 "$token" >out 2>said
	[ ! -s out ]
	grep -q 'was executed before' said
	[ "$(journal intent | wc -l)" = 1 ]
	ocq-journal verify -q j
	[ "$(ocq-risk -j j </dev/null | jq -r .cause)" = ok ]
}

@test "manual: sizes are whole lots, one at least, and bounded" {
	[ "$(manual preview --price 0.29 buy ETH 100 | jq -r '.text | fromjson.size')" = 344.82 ]
	[ "$(manual preview --price 2000 sell ETH 15 | jq -r '.text | fromjson | .size + " " + .side')" = '0.01 sell' ]
	[ "$(manual preview --price 2000 --limit 1900 buy ETH 100 | jq -r '.text | fromjson | .size + " " + .limit_px')" = '0.05 1900' ]
	dies 77 '9.99 USD is not from 10 to 5000.00' ocq-manual preview -j j --venue meta --price 1 buy ETH 9.99
	dies 77 '5001.00 USD is not from 10 to 5000.00' ocq-manual preview -j j --venue meta --price 1 buy ETH 5001
	AI_QUANT_MANUAL_MAX_NOTIONAL_USD=50 dies 77 'is not from 10 to 50.00' ocq-manual preview -j j --venue meta --price 1 buy ETH 51
	dies 77 'leverage 26 is not from 1 to 25' ocq-manual preview -j j --venue meta --price 1 --leverage 26 buy ETH 50
	dies 77 'leverage 0.5 is not' ocq-manual preview -j j --venue meta --price 1 --leverage 0.5 buy ETH 50
	dies 77 '--limit 1900.123 is no price' ocq-manual preview -j j --venue meta --price 1900 --limit 1900.123 buy ETH 50
	[ "$(journal op | wc -l)" = 3 ]
}

@test "manual: what has drifted is not executed" {
	position 1000 1 2
	token=$(preview --price 2000 buy ETH 100)
	refused() { dies 77 "$1" ocq-manual execute -j j --venue meta "${@:2}" "$token"; }
	refused 'the price has moved by 0.0055' --price 2011
	refused 'the price has moved' --price 1989
	refused 'the price has moved' --price 2001 --band 0.0004
	asset 0 25 >meta; refused 'more than the 0 decimals' --price 2000
	asset 2 25 >meta
	position 2000 1 5; refused 'leverage of ETH has changed from 2 to 5' --price 2000
	position 3000 0.5 2; refused 'the position in ETH has changed' --price 2000
	position 4000 1 2
	AI_QUANT_HARD_KILL_SWITCH=1 refused 'AI_QUANT_HARD_KILL_SWITCH' --price 2000
	AI_QUANT_MANUAL_MAX_NOTIONAL_USD=20 refused 'is not from 10 to 20.00' --price 2000
	dies 77 'is no preview' ocq-manual execute -j j --venue meta --price 2000 00112233445566778899aabbccddeeff
	[ "$(journal intent | wc -l)" = 0 ]
	manual execute --price 2010 "$token" >out
	[ "$(jq -r .action out)" = ADD ]
	token=$(preview --price 2000 buy ETH 200)
	dies 75 'traded by hand less than 5 s ago' ocq-manual execute -j j --venue meta --price 2000 "$token"
	dies 77 'held on the other side' ocq-manual preview -j j --venue meta --price 2000 sell ETH 100
}

@test "manual: a preview grows old" {
	token=$(preview --price 2000 --leverage 2 buy ETH 100)
	journal op | jq -c '.t_ms -= 60001 | .id = "00112233445566778899aabbccddeeff"' | ocq-journal append -q j
	dies 77 'older than 60 s' ocq-manual execute -j j --venue meta --price 2000 00112233445566778899aabbccddeeff
	manual execute --price 2000 "$token" >out
	[ "$(jq -r .size out)" = 0.05 ]
}

@test "manual: the exchange's price" {
	mkdir answers
	{ echo '200 application/json'; echo '{"BTC":"60000","ETH":"2000.5"}'; } >answers/allMids
	canned answers >port 2>canned.txt 9>&- 3>&- &
	echo $! >canned.pid
	for _ in $(seq 100); do [ ! -s port ] || break; sleep 0.05; done
	url=http://127.0.0.1:$(cat port)
	[ "$(manual preview --url "$url/" buy ETH 100 | jq -r '.text | fromjson.px')" = 2000.5 ]
	{ echo '200 application/json'; echo '{"BTC":"60000"}'; } >answers/allMids
	dies 1 'no price of ETH' ocq-manual preview -j j --venue meta --url "$url" buy ETH 100
	kill "$(cat canned.pid)"; rm canned.pid
	dies 69 '127.0.0.1' ocq-manual preview -j j --venue meta --url http://127.0.0.1:1 buy ETH 100
}

@test "manual: a position is closed, wholly or in part" {
	position 1000 -0.29 2
	manual close --price 19 ETH >out
	[ "$(jq -r '[.action, .side, .size, .reduce_only, .ref_px] | join(" ")' out)" = 'CLOSE buy 0.29 true 19' ]
	dies 75 'less than 5 s ago' ocq-manual close -j j ETH
	rm -r j; setup; position 1000 0.29 2
	manual close ETH 50 >out
	[ "$(jq -r '[.action, .side, .size, .ref_px] | join(" ")' out)" = 'REDUCE sell 0.14 20' ]
	dies 77 'SOL is not held' ocq-manual close -j j SOL
	rm -r j; setup; position 1000 0.29 2
	dies 64 '101 percent is more than all' ocq-manual close -j j ETH 101
	dies 77 'less than one lot' ocq-manual close -j j --venue meta ETH 3
	run -75 ocq-manual close -j j --wait --timeout 0.1 ETH
	[[ $output = *'NEW'*'have not ended after 0.1 s'* ]]
}

@test "manual: cancellations and healing are asked for by records" {
	{ journal lane; echo '{"type":"mark","symbol":"XRP","t_ms":1,"side":"long","size":5,"entry_price":100,"margin_usd":10,"leverage":1,"entry_atr":1,"entry_adx_threshold":0,"trailing_sl":0,"has_trailing":false,"tp1_taken":false,"adds_count":0,"confidence":"high","open_ms":1,"last_add_ms":0,"last_entry_ms":1,"last_exit_ms":0,"last_close_ms":0,"last_close_side":"long","last_close_was_flip":false,"close":110}'; } | ocq-journal append -q k
	position 1000 -0.29 2
	ocq-manual cancel -j j all
	ocq-manual cancel -j j ETH 17
	[ "$(journal op | jq -r .text | xargs -d '\n')" = '{"cancel":"all"} {"cancel":"ETH","oid":"17"}' ]
	ocq-manual heal -j j ETH adopt
	ocq-manual heal -j j ETH drop
	ocq-manual heal -j j -- ETH resize -0.1
	ocq-manual heal -j j ETH ignore
	[ "$(journal heal | jq -r '.how + " " + .size' | xargs)" = 'adopt -0.29 drop 0 resize -0.1 ignore 0' ]
	ocq-journal verify -q j
	dies 64 'resize wants a signed size' ocq-manual heal -j j ETH resize
	dies 64 '"x" is not adopt' ocq-manual heal -j j ETH x
	dies 1 'SOL is not known' ocq-manual heal -j j SOL adopt
	dies 1 'what the exchange holds of XRP is not known yet' ocq-manual heal -j k XRP adopt
	printf '{"type":"send","intent":null,"attempt":0,"kind":"cancel","symbol":"ETH","nonce":%d,"cloid":null,"size":"","limit_px":"","mid_px":0,"expires_ms":0,"body":"x"}\n' 1 2 |
		ocq-journal append -q j
	AI_QUANT_RISK_MAX_CANCELS_PER_MIN=2 dies 75 '2 cancellations in a minute' ocq-manual cancel -j j all
}

@test "manual: what it cannot do" {
	dies 64 'whose? -j DIR' ocq-manual cancel all
	dies 64 'wrong number of operands' ocq-manual preview -j j buy ETH
	dies 64 'neither buy nor sell' ocq-manual preview -j j --venue meta --price 1 long ETH 10
	dies 64 'at what price?' ocq-manual preview -j j --venue meta buy ETH 10
	dies 64 'how large are lots?' ocq-manual preview -j j --price 1 buy ETH 10
	dies 65 'cannot be opened' ocq-manual cancel -j none all
	dies 64 'cancel: takes no --price' ocq-manual cancel -j j --price 1 all
}

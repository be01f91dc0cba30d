# SPDX-License-Identifier: MIT
# ocq-paperx as a program: sockets, clock, prices from stores, journal, faults, signatures of other people's clients. What the exchange
# answers in detail is test/unit/t_exchange.c's; here are its two transports, time, and death.
load lib

A=0x14791697260e4c9a71f18484c9f997b308e59325
B=0x2c7536e3605d9c16a7a3d7b1898e529396a65c23
VAULT=0x1719884eb866cb12b2287399b15f7db5e7d775ea
KEY=0x0123456789012345678901234567890123456789012345678901234567890123
BOOK='{"set_book":{"coin":"BTC","bids":[["84143","1.5"],["84100","2"]],"asks":[["84144","1"],["84150","3"]]}}'
MARK='{"mark":{"coin":"BTC","px":"84143.5"}}'
NOW=1763829000000

tool() {
	local name=$1; shift
	"$OCQ_BIN/../test/$name" "$@"
}

# exchange OPTIONS...: starts one; its addresses are in URL and WS, its log in log, its control socket is ctl.
exchange() {
	rm -f log ctl
	timeout --foreground -k 5 60 ocq-paperx -q --control ctl "$@" <"${STDIN-/dev/null}" >log 2>err &
	PAPERX=$!
	for _ in $(seq 200); do
		[ -s log ] && break
		kill -0 $PAPERX 2>/dev/null || { cat err; return 1; }
		sleep 0.05
	done
	URL=$(head -n 1 log | jq -r .url)
	WS=$(head -n 1 log | jq -r .ws)
}

# its own process, behind the timeout's
process() { cat "/proc/$PAPERX/task/$PAPERX/children"; }

finish() {
	local status=0
	# shellcheck disable=SC2046 # one word
	kill -TERM $(process)
	wait $PAPERX || status=$?
	PAPERX=
	[ $status = 0 ] && [ ! -s err ] || { echo "exit $status"; cat err; return 1; }
}

murder() {
	# shellcheck disable=SC2046 # one word
	kill -KILL $(process)
	wait $PAPERX || true
	PAPERX=
}

teardown() {
	[ ! -e room/rest ] || umount -l room
	# shellcheck disable=SC2046 # one word
	[ -z "${PAPERX-}" ] || kill -KILL $PAPERX $(process) 2>/dev/null || true
}

post() { curl -s -H 'Content-Type: application/json' -d "$2" "$URL/$1"; }
about() { post info "{\"type\":\"$1\",\"user\":\"$A\"${2-}}"; }
control() { { printf '%s\n' "$@"; echo "count $#"; } >control.txt; tool talk ctl <control.txt; }
sign() {	# ACTION: each has a nonce of its own, in whatever subshell it is made
	echo >>nonces
	tool body $KEY mainnet $((NOW + $(wc -l <nonces))) <<<"$1"
}
act() { post exchange "$(sign "$1")"; }
order() {	# BUY PX SZ TIF
	printf '{"type":"order","orders":[{"a":0,"b":%s,"p":"%s","s":"%s","r":false,"t":{"limit":{"tif":"%s"}}}],"grouping":"na"}' "$1" "$2" "$3" "${4-Gtc}"
}

@test "paperx: an order over HTTP is matched, and pushed over the socket first" {
	exchange --now $NOW $A=10000
	control "$BOOK" "$MARK" >/dev/null
	{
		echo '{"method":"subscribe","subscription":{"type":"orderUpdates","user":"'$A'"}}'
		echo '{"method":"subscribe","subscription":{"type":"userFills","user":"'$A'"}}'
		echo 'wait "isSnapshot":true'
		echo 'wait "channel":"userFills"'
	} >script
	tool talk "$WS" <script >heard &
	talk=$!
	for _ in $(seq 100); do grep -q isSnapshot heard && break; sleep 0.05; done
	[ "$(act "$(order true 84145 0.01)" | jq -c '.response.data.statuses[0].filled | [.totalSz, .avgPx]')" = '["0.01","84144.0"]' ]
	wait $talk
	[ "$(jq -r .channel heard | tail -n 2 | xargs)" = 'orderUpdates userFills' ]
	[ "$(about clearinghouseState | jq -c '.assetPositions[0].position | [.szi, .entryPx]')" = '["0.01","84144.0"]' ]
	curl -s -o got -w '%{http_code}' "$URL/info" >code
	[ "$(cat code)" = 405 ] && [ ! -s got ]
	[ "$(curl -s -d x "$URL/info")" = 'Expected request with `Content-Type: application/json`' ]
	finish
}

@test "paperx: a path that is too fast for the machine does not keep clients waiting" {
	ocq-synth -q -n 16 -i 1m --days 7 --db st
	exchange --candles st/candles_1m.db -i 1m --speed 1e9 --limits off
	[ "$(control '{"state":true}' | jq .position)" -lt 40320 ]	# 4 steps of 10080 bars
	finish
}

@test "paperx: what is wrong at the start is told with its place" {
	local market='{"universe":[{"name":"A","szDecimals":2,"maxLeverage":5},{"name":"A","szDecimals":2,"maxLeverage":5}]}'
	echo "$market" >market
	dies 65 '--market: two assets are called A' ocq-paperx -q --market market
	echo "${market//5/0}" >market
	dies 65 '--market: asset 0 has no name or a maxLeverage of 0' ocq-paperx -q --market market
	echo '{"mark":{}}' >setup
	dies 65 '--setup: line 1: {"error"' ocq-paperx -q --setup setup $A=5
	dies 64 '--prefix is a path like /hl' ocq-paperx -q --prefix hl
	dies 64 '--prefix is a path like /hl' ocq-paperx -q --prefix '/a"b'
	ocq-synth -q -n 1 -i 1h --days 1 --db st
	dies 64 '--speed is at most 1e+09' ocq-paperx -q --candles st/candles_1h.db -i 1h --speed 1e300
	dies 78 'simulated clock' ocq-paperx -q --clock none/clock
	cp market kept	# a file of somebody else's is neither read as a clock nor made one
	dies 78 "simulated clock kept: is another file than a clock's" ocq-paperx -q --clock kept
	OCQ_CLOCK=kept dies 78 "simulated clock kept: is another file than a clock's" ocq-hl meta --url http://127.0.0.1:1
	cmp market kept
	[ ! -s stdout.txt ]
}

@test "paperx: no room for the clock, none for the weight budget" {
	mkdir room
	mount -t tmpfs -o size=64k tmpfs room 2>mount.txt || skip 'only root can mount'
	mkdir room/ocq
	cat /dev/zero 2>full.txt >room/rest || true
	dies 75 'simulated clock room/clock: No space left on device' ocq-paperx -q --now $NOW --clock room/clock
	XDG_RUNTIME_DIR=$PWD/room dies 75 'cannot be written: No space left on device' ocq-hl meta --url http://127.0.0.1:1
}

@test "paperx: a long prefix" {
	local long
	long=/$(printf '%0400d' 1)
	exchange --prefix "$long"
	[ "$URL" = "${URL%%0000*}$(printf '%0400d' 1)" ] && [ "$WS" = "ws${URL#http}/ws" ]
	[ "$(head -n 1 log | wc -c)" -lt 1000 ]
	post info '{"type":"exchangeStatus"}' | grep -q time
	finish
}

@test "paperx: a prefix stands before every path" {
	exchange --prefix /hl/v1
	[[ $URL = http://127.0.0.1:*/hl/v1 ]]
	[ "$(post info '{"type":"exchangeStatus"}' | jq -c .specialStatuses)" = null ]
	[ "$(curl -s -o got -w '%{http_code}' -H 'Content-Type: application/json' -d '{"type":"meta"}' "${URL%/hl/v1}/info")" = 404 ]
	echo '{"method":"ping"}
wait pong' | tool talk "$WS" | grep -qx '{"channel":"pong"}'
	finish
}

@test "paperx: what other clients sign is taken and laid to the right account, what was tampered with is a stranger's" {
	local net
	jq -r '.vectors.exchange_http_bodies[] | [.network, .id, .signer, .recovered, .body] | @tsv' "$FIX/hyperliquid_vectors.json" >bodies
	for net in mainnet testnet; do
		exchange --network $net --now $NOW --any-time --limits off --log $A=10000 $B=10000
		control "$BOOK" "$MARK" '{"set_book":{"coin":"ETH","bids":[["2568","10"]],"asks":[["2569","10"]]}}' \
			'{"fund":{"account":"'$VAULT'","usd":"1000"}}' '{"vault":{"master":"'$A'","account":"'$VAULT'"}}' >/dev/null
		grep "^$net" bodies >mine
		while IFS=$'\t' read -r _ id signer recovered body; do
			post exchange "$(printf '%b' "$body")" >answer
			if [[ $id = *-tampered ]]; then
				[ "$recovered" != "$signer" ]
				grep -qxF "{\"status\":\"err\",\"response\":\"User or API Wallet $recovered does not exist.\"}" answer
			else
				run ! grep -qE 'does not exist|recover|nonce|deserialize' answer
			fi
		done <mine
		jq -r 'select(.kind == "request" and .signer).signer' log >signers
		cut -f4 mine | diff - signers
		[ "$(wc -l <signers)" -gt 40 ]
		finish
	done
}

@test "paperx: bars of a store come to everyone exactly as the store has them, as fast as the client keeps up" {
	ocq-synth -q -n 3 -i 1m,3m,1h --days 1 --db st
	exchange --candles st/candles_1m.db,st/candles_3m.db,st/candles_1h.db -i 1h,1m,3m --funding st/funding_rates.db --speed 0 --until-end \
		--limits off --clock clock
	for s in $(post info '{"type":"meta"}' | jq -r '.universe[].name'); do
		for i in 1m 3m 1h; do echo '{"method":"subscribe","subscription":{"type":"candle","coin":"'"$s"'","interval":"'$i'"}}'; done
	done >script
	echo closed >>script
	tool talk "$WS" <script | grep '"channel":"candle"' >heard
	wait $PAPERX
	PAPERX=
	last='reduce (inputs.data | [.s, .i, .t, .T, (.o, .h, .l, .c, .v | tonumber), .n]) as $b ({}; .[$b[:3] | tojson] = $b) | .[] | tojson'
	jq -nr "$last" heard | sort >got
	for i in 1m 3m 1h; do ocq-candles export -q -i $i --no-header st/candles_$i.db; done |
		jq -r 'select(.type == "candle") | [.symbol, .interval, .t_ms, .t_close_ms, .o, .h, .l, .c, .v, .n] | tojson' | sort >want
	[ "$(wc -l <want)" -gt 5000 ]
	diff want got
}

@test "paperx: the bars of the window are played, and none behind it" {
	ocq-synth -q -n 2 -i 1m,1h --days 1 --gaps 0 --db st
	ocq-pack -q --candles st/candles_1m.db -i 1m -o p.pack
	for source in '--candles st -i 1m,1h' '--pack p.pack'; do
		# shellcheck disable=SC2086 # options are several words
		ocq-paperx -q $source --from 2025-01-01T02:00:00Z --to 2025-01-01T05:59:00Z --speed 0 --clients 0 --until-end --clock clock >log
		[ "$(od -An -t d8 clock)" -eq "$(date -ud 2025-01-01T05:59:59.999Z +%s%3N)" ]
	done
}

@test "paperx: candleSnapshot ends with the bar that forms, and fundingHistory is the store's" {
	ocq-synth -q -n 2 -i 1m --days 3 --db st
	exchange --candles st/candles_1m.db -i 1m --funding st/funding_rates.db --from 2025-01-03T12:00:00Z --speed 0 --clients 1 --clock clock
	at=$(date -ud 2025-01-03T12:00:00Z +%s)000
	s=$(post info '{"type":"meta"}' | jq -r '.universe[0].name')
	snapshot() { post info '{"type":"candleSnapshot","req":{"coin":"'"$s"'","interval":"1m","startTime":'"$1"',"endTime":'"$2"'}}'; }
	snapshot 0 "$((at + 600000))" >all
	[ "$(jq length all)" -gt 3000 ] && [ "$(jq '.[-1].T' all)" -lt "$at" ]	# nothing of the future
	ocq-candles export -q -i 1m -s "$s" --to 2025-01-03T11:59:00Z --no-header st/candles_1m.db |
		jq -r 'select(.type == "candle") | [.t_ms, .o, .h, .l, .c, .v, .n] | tojson' >want
	jq -r '.[] | [.t, (.o, .h, .l, .c, .v | tonumber), .n] | tojson' all | diff want -
	[ "$(snapshot "$((at - 90000))" "$((at - 60000))" | jq -c '[.[].t]')" = "[$((at - 120000)),$((at - 60000))]" ]	# bars that overlap
	# two bars go by, then the third forms
	{ echo '{"method":"subscribe","subscription":{"type":"candle","coin":"'"$s"'","interval":"1m"}}'; echo "wait \"t\":$((at + 120000))"; } >script
	tool talk "$WS" <script >heard
	snapshot "$at" "$((at + 3600000))" >now
	[ "$(jq '.[-1].T' now)" -ge "$(post info '{"type":"exchangeStatus"}' | jq .time)" ]
	post info '{"type":"fundingHistory","coin":"'"$s"'","startTime":'"$((at - 7200000))"'}' >rates
	[ "$(jq length rates)" -ge 2 ]
	[ "$(jq -c 'map(.time % 3600000 | . > 0 and . <= 120) | all' rates)" = true ]
	finish
}

@test "paperx: prices from a pack, with a speed; the clock goes with it" {
	ocq-synth -q -n 2 -i 1h --days 20 --db st
	ocq-pack -q --candles st/candles_1h.db --interval 1h --funding st/funding_rates.db -o p.pack
	exchange --pack p.pack --speed 360000 --until-end --clock clock
	first=$(post info '{"type":"exchangeStatus"}' | jq .time)
	sleep 0.5
	[ "$(post info '{"type":"exchangeStatus"}' | jq .time)" -gt "$((first + 36000000))" ]
	wait $PAPERX
	PAPERX=
	[ ! -s err ]
}

@test "paperx: resting orders fill as the prices come by, and money is conserved" {
	ocq-synth -q -n 2 -i 1h --days 10 --db st
	exchange --candles st/candles_1h.db -i 1h --speed 0 --clients 1 --hold --any-time --limits off $A=100000
	coin=$(post info '{"type":"meta"}' | jq -r '.universe[0].name')
	echo '{"method":"subscribe","subscription":{"type":"candle","coin":"'"$coin"'","interval":"1h"}}
wait candle
sleep 6000' >script
	control '{"resume":true}' >/dev/null
	{ head -n 1 script; echo 'count 12'; } >first
	tool talk "$WS" <first >/dev/null
	control '{"hold":true}' >/dev/null
	px=$(post info '{"type":"allMids"}' | jq -r ".\"$coin\"")
	low=$(jq -nr "$px * 0.995 | floor")
	act "$(order true "$low" 0.01)" | grep -q resting
	act "$(order true "$(jq -nr "$px * 1.01 | floor")" 0.01 Ioc)" | grep -q filled
	control '{"resume":true}' >/dev/null
	{ head -n 1 script; echo closed; } >rest
	(tool talk "$WS" <rest >/dev/null & echo $! >talk.pid)
	for _ in $(seq 100); do [ "$(about userFills | jq length)" -ge 2 ] && break; sleep 0.1; done
	control '{"hold":true}' >/dev/null
	about userFills >fills
	[ "$(jq -r '.[0] | [.crossed, .px] | tojson' fills)" = "[false,\"$low.0\"]" ]
	value=$(about clearinghouseState | jq -r '[(.marginSummary.accountValue | tonumber), ([.assetPositions[].position.unrealizedPnl | tonumber] | add)] | .[0] - .[1]')
	paid=$(about userFunding ',"startTime":0' | jq '[.[].delta.usdc | tonumber] | add // 0')
	jq -e "100000 + ([.[] | (.closedPnl | tonumber) - (.fee | tonumber)] | add) + $paid - $value | fabs < 1e-5" fills
	kill "$(cat talk.pid)"
	finish
}

# what an account may be asked for
account_of() {
	about clearinghouseState; about historicalOrders; about userFills; about userFunding ',"startTime":0'; about extraAgents
	about userRateLimit; post info '{"type":"fundingHistory","coin":"BTC","startTime":0}'; about userNonFundingLedgerUpdates ',"startTime":0'
}

@test "paperx: kill -9 and restart lose nothing that was answered; a torn record is cut" {
	local journal=(--journal j --durable)
	exchange --now $NOW "${journal[@]}" $A=10000
	control "$BOOK" "$MARK" '{"oracle":{"coin":"BTC","px":"84143.5"}}' '{"approve_agent":{"master":"'$A'","agent":"'$B'","name":"bot"}}' >/dev/null
	act "$(order true 84145 0.01)" | grep -q filled
	body=$(sign "$(order true 80000 0.01 Alo)")
	post exchange "$body" | grep -q resting
	control '{"advance_ms":7200000}' >/dev/null
	account_of >before
	murder
	printf '{"type":"contr' >>j/00000001.ndjson
	exchange --now $NOW "${journal[@]}" $A=10000
	account_of | cmp before -
	post exchange "$body" | grep -q 'duplicate nonce'
	act "$(order true 80001 0.01 Alo)" | jq -r '.response.data.statuses[0].resting.oid' >oid
	[ "$(cat oid)" -gt "$(about openOrders | jq '.[0].oid')" ]
	dies 75 'j: another exchange keeps its inputs there' ocq-paperx -q --now $NOW "${journal[@]}" $A=10000
	finish
	dies 78 'j was begun with other options, accounts or markets' ocq-paperx -q --now $NOW "${journal[@]}" $A=20000
	dies 78 'j was begun with other options, accounts or markets' ocq-paperx -q --now $NOW "${journal[@]}" --no-builder-fee $A=10000
}

@test "paperx: a journal of the real clock goes on from when it was begun" {
	exchange --journal j --any-time $A=10000
	control "$BOOK" "$MARK" >/dev/null
	act "$(order true 84145 0.01)" | grep -q filled
	account_of >before
	murder
	sleep 1.1
	exchange --journal j --any-time $A=10000
	account_of >after
	diff <(sed 's/"time":[0-9]*}/}/' before) <(sed 's/"time":[0-9]*}/}/' after)
	finish
}

@test "paperx: steps of a path are kept too" {
	ocq-synth -q -n 2 -i 1h --days 10 --db st
	options=(--candles st/candles_1h.db -i 1h --speed 0 --journal j --any-time --limits off "$A=100000")
	exchange "${options[@]}"
	coin=$(post info '{"type":"meta"}' | jq -r '.universe[0].name')
	echo '{"method":"subscribe","subscription":{"type":"candle","coin":"'"$coin"'","interval":"1h"}}' >script
	{ cat script; echo 'count 40'; } >first
	tool talk "$WS" <first >/dev/null
	px=$(post info '{"type":"allMids"}' | jq -r ".\"$coin\"")
	act "$(order true "$(jq -nr "$px * 1.01 | floor")" 0.01 Ioc)" | grep -q filled
	{ cat script; echo 'count 20'; } >first
	tool talk "$WS" <first >/dev/null
	sleep 0.2
	account_of >before
	murder
	exchange "${options[@]}"
	account_of | cmp before -
	finish
	dies 78 'j was begun with other options, accounts or markets' ocq-paperx -q "${options[@]}" --path-steps 8
	dies 78 'j was begun with other options, accounts or markets' ocq-paperx -q "${options[@]}" --depth 4,10,50000
}

@test "paperx: a control socket, one answer per line" {
	exchange --now $NOW $A=10000
	control "$BOOK" '{"state":true}' '{"no":1}' 'x' '{"mark":{"coin":"BTC"}}' '{"rules":{"post_only":false,"band":"0.5"}}' \
		'{"rules":{"postonly":true}}' '{"rules":5}' '{"rules":{"funding":1}}' >got
	[ "$(wc -l <got)" = 9 ]
	[ "$(sed -n 1p got)" = '{"ok":true}' ]
	[ "$(sed -n 6p got)" = '{"ok":true}' ]
	[ "$(sed -n 7p got)" = '{"error":"no rule is called postonly"}' ]
	grep -q '"t_ms":1763829000000' got
	[ "$(grep -c '"error"' got)" = 6 ]
	dies 75 'ctl' ocq-paperx -q --control ctl
	finish
	[ ! -e ctl ]
}

@test "paperx: a feed whose line has no end is left, and does not hang" {
	mkfifo feed
	{ tr '\0' x </dev/zero 2>tr.txt | head -c 40000000 >feed 2>head.txt || true; echo yes >written; } 3>&- &
	ocq-paperx -q --now $NOW --feed <feed >log 2>err 3>&- &	# nobody else has the other end
	local paperx=$!
	for _ in $(seq 200); do [ ! -s written ] || break; sleep 0.05; done
	cp written early || true
	kill -TERM $paperx
	wait $paperx
	[ -s early ]
	grep -qx 'ocq-paperx: stdin: a line is cut or too long' err
}

@test "paperx: the first line says where, whatever the setup holds" {
	echo '{"fund":{"account":"'$A'","usd":"5"}}' >setup
	exchange --now $NOW --log --setup setup
	[ "$(head -n 1 log | jq -r .type)" = listening ]
	[ "$(post info '{"type":"clearinghouseState","user":"'$A'"}' | jq -r .withdrawable)" = 5.0 ]
	finish
}

@test "paperx: records of a feed make prices" {
	mkfifo feed
	exec 7<>feed
	STDIN=feed exchange --now $NOW --feed $A=10000
	{
		echo '{"type":"header","schema":1,"program":"p","version":"1","command":"p","config_id":null,"contract_id":null,"contract":""}'
		echo '{"type":"bbo","symbol":"BTC","t_ms":1763829001000,"bid":84143,"bid_sz":1.5,"ask":84144,"ask_sz":1}'
		echo '{"type":"mid","symbol":"ETH","t_ms":1763829002000,"px":2568.25}'
		echo '{"type":"candle","symbol":"BTC","interval":"1m","t_ms":1763828940000,"t_close_ms":1763828999999,"o":1,"h":3,"l":0.5,"c":2,"v":7,"n":4}'
	} >&7
	for _ in $(seq 100); do post info '{"type":"allMids"}' | grep -q ETH && break; sleep 0.05; done
	[ "$(post info '{"type":"allMids"}')" = '{"BTC":"84143.5","ETH":"2568.25"}' ]
	[ "$(post info '{"type":"exchangeStatus"}' | jq .time)" = 1763829002000 ]
	[ "$(post info '{"type":"candleSnapshot","req":{"coin":"BTC","interval":"1m","startTime":0}}' | jq -c '.[] | [.o, .v, .n]')" = '["1.0","7.0",4]' ]
	act "$(order true 84145 0.01)" | grep -q filled
	finish
	exec 7>&-
}

@test "paperx: faults from a file are seen on the wire and in the log" {
	printf '%s\n' '{"fault":"http_503","kind":"noop"}' '{"fault":"drop_after","kind":"noop","nth":2}' '{"fault":"delay","kind":"exchangeStatus","ms":700}' \
		'{"fault":"ws_drop","kind":"pong"}' >faults
	exchange --now $NOW --faults faults --log $A=10000
	[ "$(curl -s -o got -w '%{http_code}' -H 'Content-Type: application/json' -d "$(sign '{"type":"noop"}')" "$URL/exchange")" = 503 ]
	grep -q '<html>' got
	status=0
	curl -s -H 'Content-Type: application/json' -d "$(sign '{"type":"noop"}')" "$URL/exchange" || status=$?
	[ $status = 52 ]	# nothing came back
	time=$(curl -s -o got -w '%{time_total}' -H 'Content-Type: application/json' -d '{"type":"exchangeStatus"}' "$URL/info")
	jq -ne "$time > 0.69 and $time < 3"
	echo '{"method":"ping"}
closed' | tool talk "$WS" >heard
	[ "$(cat heard)" = 'closed 1006' ]
	[ "$(jq -r 'select(.kind == "fault").what' log | xargs)" = 'http_503 drop_after delay ws_drop' ]
	finish
	printf '%s\n' '{"fault":"delay"}' '{"fault":"no_such"}' >faults
	dies 65 'line 2: no fault is called no_such' ocq-paperx -q --faults faults
}

@test "paperx: info from a state that is past" {
	exchange --now $NOW --journal j $A=10000
	control "$BOOK" "$MARK" '{"advance_ms":1000}' >/dev/null
	act "$(order true 80000 0.01)" | grep -q resting
	control '{"advance_ms":1000}' '{"fault":{"fault":"stale_info","kind":"openOrders","ms":1500,"times":2}}' >/dev/null
	[ "$(about openOrders)" = '[]' ]
	control '{"advance_ms":1000}' >/dev/null
	[ "$(about openOrders | jq length)" = 1 ]
	[ "$(about openOrders | jq length)" = 1 ]
	finish
}

@test "paperx: prices that are past, along a path" {
	ocq-synth -q -n 2 -i 1h --days 10 --db st
	exchange --candles st/candles_1h.db -i 1h --speed 0 --journal j --limits off
	coin=$(post info '{"type":"meta"}' | jq -r '.universe[0].name')
	printf '%s\n' '{"method":"subscribe","subscription":{"type":"candle","coin":"'"$coin"'","interval":"1h"}}' 'count 60' >script
	tool talk "$WS" <script >/dev/null
	last() { post info '{"type":"candleSnapshot","req":{"coin":"'"$coin"'","interval":"1h","startTime":0}}' | jq '.[-1].t'; }
	at=$(last)
	control '{"fault":{"fault":"stale_info","kind":"candleSnapshot","ms":7200000}}' >/dev/null
	[ "$(last)" = $((at - 7200000)) ]
	[ "$(last)" = "$at" ]
	finish
}

@test "paperx: limits by weight answer 429, and are lifted with the minute" {
	exchange --now $NOW --limit-scale 0.1 $A=10000
	for _ in 1 2 3 4 5 6; do post info '{"type":"meta"}' >got; done
	[ "$(curl -s -o got -w '%{http_code}' -H 'Content-Type: application/json' -d '{"type":"exchangeStatus"}' "$URL/info")" = 429 ]
	control '{"advance_ms":60000}' >/dev/null
	[ "$(post info '{"type":"exchangeStatus"}' | jq .time)" = $((NOW + 60000)) ]
	finish
}

@test "paperx: bad neighbours harm nobody" {
	exchange --now $NOW --limits off $A=10000
	control "$BOOK" "$MARK" >/dev/null
	host=${URL#http://}; port=${host##*:}
	for _ in $(seq 200); do exec {fd}<>"/dev/tcp/127.0.0.1/$port"; printf 'POST /info HTTP/1.1\r\nContent-Le' >&$fd; done
	head -c 10000000 /dev/zero | tr '\0' '[' >big
	[ "$(curl -s -o got -w '%{http_code}' -H 'Content-Type: application/json' -H 'Expect:' --data-binary @big "$URL/info")" = 413 ]
	printf '{"type":"meta","x":"\xff\xfe"}' >bad
	[ "$(curl -s -o got -w '%{http_code}' -H 'Content-Type: application/json' --data-binary @bad "$URL/info")" = 400 ]
	act "$(order true 84145 0.01)" | grep -q filled
	finish
}

@test "paperx: wrong usage" {
	dies 64 'mainnet or testnet' ocq-paperx --network moon
	dies 64 'not ADDRESS=USD' ocq-paperx nonsense
	dies 64 'is no address' ocq-paperx 0x12=5
	dies 64 'is no amount of USD' ocq-paperx $A=-5
	dies 64 'on or off' ocq-paperx --limits maybe
	dies 64 'BPS,LEVELS,USD' ocq-paperx --candles x -i 1m --depth 1,2,3,4
	dies 64 '--pack, or from --candles with --interval' ocq-paperx --candles x
	dies 64 '--speed' ocq-paperx --speed 2
	echo '{"meta":{"universe":3}}' >m.json
	dies 65 '' ocq-paperx --market m.json
	echo '{"mark":{"coin":"NONE","px":"1"}}' >setup
	dies 65 'line 1' ocq-paperx --setup setup
}

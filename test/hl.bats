# SPDX-License-Identifier: MIT
# ocq-hl: what it asks and sends, what it makes of the answers, and that nothing leaves that should not. The exchange is a
# directory of answers (build/test/canned), the signer is ocq-sign.
load lib

USER=0x14791697260e4c9a71f18484c9f997b308e59325
CLOID=0x1234567890abcdef1234567890abcdef
TYPES=application/json

setup_suite_dir() {
	cat >meta.json <<-'END'
	{"universe":[{"szDecimals":5,"name":"BTC","maxLeverage":40,"marginTableId":40},
	{"szDecimals":0,"name":"kPEPE","maxLeverage":10,"marginTableId":10},
	{"szDecimals":1,"name":"OLD","maxLeverage":3,"marginTableId":3,"isDelisted":true}],"marginTables":[]}
	END
	(umask 077; printf '0123456789012345678901234567890123456789012345678901234567890123\n' >key)
}

# shellcheck disable=SC2034 # where budgets lie
setup() {
	fresh
	PATH=$OCQ_BIN/../test:$PATH
	export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR
	setup_suite_dir
}

teardown() { [ ! -e canned.pid ] || kill "$(cat canned.pid)" 2>/dev/null || true; }

# says TYPE STATUS [CONTENT-TYPE] <<<BODY: what the exchange answers
says() { mkdir -p answers; { echo "$2 ${3-$TYPES}"; cat; } >"answers/$1"; }

# exchange: starts it; url is its address
exchange() {
	mkdir -p answers
	says meta 200 <meta.json
	canned answers >port 2>canned.txt 3>&- &
	echo $! >canned.pid
	for _ in $(seq 100); do [ ! -s port ] || break; sleep 0.05; done
	url=http://127.0.0.1:$(cat port)
}

hl() { quiet ocq-hl --no-header --url "$url" "$@"; }
heard() { grep -c "$1" answers/heard; }
offline() { quiet ocq-hl "$1" --meta meta.json --dry --no-header "${@:2}"; }
# wrong TEXT VERB WORDS...: these make no action
wrong() { dies 64 "$1" ocq-hl "$2" --meta meta.json --dry "${@:3}"; }

# ---- without an exchange ----

@test "hl: what another client made of an answer is compared, member by member" {
	sed '/"id": *"resp-2"/s/"filled": *0.02/"filled": 0.03/; /"id": *"resp-5"/s/InsufficientFunds/OrderNotFound/' \
		"$FIX/hyperliquid_vectors.json" >changed.json
	run -1 --separate-stderr ocq-hl vectors changed.json
	[[ $output = *'responses resp-2 ccxt.filled: want 0.03, got 0.02'* ]]
	[[ $output = *'responses resp-5 ccxt.error: want OrderNotFound, got code "margin"'* ]]
	[[ $output = *', 2 failed' ]]
}

@test "hl: --dry shows the action of the vector and its hash" {
	offline order --nonce 1763828000005 BTC buy 0.0015 @ 84143 >got
	[ "$(jq -r .hash got)" = 0x3e429425bddfaac816fe7786c28b996810152df0c9a6baf46505bbf3cd28c466 ]
	[ "$(jq -c .action got)" = '{"type":"order","orders":[{"a":0,"b":true,"p":"84143","s":"0.0015","r":false,"t":{"limit":{"tif":"Gtc"}}}],"grouping":"na"}' ]
}

# is PATH VALUE ARGS...: the order of these words has this
is() { [ "$(offline order "${@:3}" | jq -c ".action.orders[0]$1")" = "$2" ]; }
@test "hl: an order's words: tif, cloid, triggers, reduce-only, number forms" {
	is .t '{"limit":{"tif":"Ioc"}}' BTC sell 1 @ 84143 --tif ioc
	is .t '{"limit":{"tif":"Alo"}}' BTC sell 1 @84143 --tif Alo
	is .b false BTC sell 1 84143
	is .c "\"$CLOID\"" BTC buy 1 @ 84143 --cloid 0x1234567890ABCDEF1234567890ABCDEF
	is .r true BTC buy 1 @ 84143 --reduce-only
	is .p '"84143.5"' kPEPE buy 1 @ 084143.50 || is .p '"84143"' kPEPE buy 1 @ 084143.00
	is .t '{"trigger":{"isMarket":true,"triggerPx":"80000","tpsl":"sl"}}' BTC sell 1 market --trigger 80000 --sl
	is .p '"76000"' BTC sell 1 market --trigger 80000 --sl
	is .p '"79200"' BTC sell 1 market --trigger 80000 --sl --slippage 0.01
	is .t '{"trigger":{"isMarket":false,"triggerPx":"80000","tpsl":"tp"}}' BTC buy 1 @ 80001 --trigger 80000 --tp
}

@test "hl: off the tick or the lot is refused with the nearest legal values" {
	wrong 'price 84143.55 of BTC is not legal (5 significant digits, 1 decimals): the nearest are 84143 and 84144' order BTC buy 1 @ 84143.55
	wrong 'size 0.0123456 of BTC is not legal (5 decimals): the nearest are 0.01234 and 0.01235' order BTC buy 0.0123456 @ 84143
	wrong 'size 0.5 of kPEPE is not legal (0 decimals): the nearest is 1' order kPEPE buy 0.5 @ 1
	wrong 'trigger 80000.5 of BTC is not legal' order BTC sell 1 market --trigger 80000.5 --sl
	wrong 'size 0 is not above 0' order BTC buy 0 @ 84143
	wrong 'price "1e5" is no decimal' order BTC buy 1 @ 1e5
}

@test "hl: words that make no order are exit 64" {
	wrong 'did you mean kPEPE?' order kpepe buy 1 @ 1
	wrong 'OLD is delisted' order OLD buy 1 @ 1
	wrong '"long" is neither buy nor sell' order BTC long 1 @ 1
	wrong 'none of Gtc, Ioc, Alo' order BTC buy 1 @ 84143 --tif Fok
	wrong 'only a plain limit order has a tif' order BTC buy 1 @ 84143 --tif Gtc --trigger 84143 --tp
	wrong '--trigger goes with one of --tp and --sl' order BTC buy 1 @ 84143 --trigger 84143
	wrong '--trigger goes with one of --tp and --sl' order BTC buy 1 @ 84143 --tp
	wrong 'the price of a triggered sale is not above its trigger' order BTC sell 1 @ 80001 --trigger 80000 --sl
	wrong 'the price of a triggered buy is not below its trigger' order BTC buy 1 @ 79999 --trigger 80000 --tp
	wrong 'client order id "0x12" is not' order BTC buy 1 @ 84143 --cloid 0x12
	wrong 'want SYMBOL buy|sell SIZE @ PRICE' order BTC buy 1
	wrong '"devnet" is not mainnet or testnet' order BTC buy 1 @ 84143 --network devnet
	wrong 'cancel: want SYMBOL' cancel BTC
	wrong '"x" is neither an order number nor a client order id' cancel BTC x
	wrong 'kinds do not mix' cancel BTC $CLOID 5
	dies 64 'meta: takes no --dry' ocq-hl meta --dry
	dies 64 'whose? --user ADDRESS' ocq-hl positions
	dies 64 'there is no question "what"' ocq-hl info what
	dies 64 'l2Book needs coin=VALUE' ocq-hl info l2Book
	dies 64 'nothing makes records of spotMeta' ocq-hl info spotMeta
	dies 65 'meta.json' sh -c 'echo "{}" >meta.json; exec ocq-hl order --meta meta.json --dry BTC buy 1 @ 1'
}

@test "hl: cancellations by number and by client order id" {
	[ "$(offline cancel BTC 5 6 | jq -c .action)" = '{"type":"cancel","cancels":[{"a":0,"o":5},{"a":0,"o":6}]}' ]
	[ "$(offline cancel kPEPE $CLOID | jq -c .action)" = "{\"type\":\"cancelByCloid\",\"cancels\":[{\"asset\":1,\"cloid\":\"$CLOID\"}]}" ]
}

@test "hl: vault, expiry and network enter the hash" {
	local a b c
	a=$(offline cancel --nonce 1763828000005 BTC 5 | jq -r .hash)
	b=$(offline cancel --nonce 1763828000005 --vault $USER BTC 5 | jq -r .hash)
	c=$(offline cancel --nonce 1763828000005 --expires 10 BTC 5 | jq -r .hash)
	[ "$a" != "$b" ] && [ "$a" != "$c" ] && [ "$b" != "$c" ]
	offline cancel --vault $USER --expires 10 --network testnet BTC 5 | jq -e ".vault == \"$USER\" and .expires_ms - .nonce >= 9000 and .network == \"testnet\""
}

# ---- questions ----

@test "hl: questions are asked as the exchange wants them, answers become records" {
	exchange
	hl meta >got
	[ "$(jq -r '[.type, .symbol, .id] | join(" ")' got | xargs)" = 'asset BTC 0 asset kPEPE 1 asset OLD 2' ]
	says allMids 200 <<<'{"BTC":"84143.5"}'
	hl info allMids | jq -e '.type == "mid" and .px == 84143.5'
	says userFillsByTime 200 <<<'[]'
	hl fills --user 0x14791697260E4C9A71F18484C9F997B308E59325 --from 2025-11-22 --to 2025-11-23 >got
	[ ! -s got ]
	grep -qxF "/info {\"type\":\"userFillsByTime\",\"user\":\"$USER\",\"startTime\":1763769600000,\"endTime\":1763856000000}" answers/heard
	says userFills 200 <<<'[]'
	hl fills -u $USER
	says frontendOpenOrders 200 <<<'[]'
	hl orders -u $USER
	says userFunding 200 <<<'[{"time":5,"hash":"0x0","delta":{"type":"funding","coin":"BTC","usdc":"-0.5","szi":"1","fundingRate":"0.0001","nSamples":null}}]'
	hl funding -u $USER --from 1970-01-01 | jq -e '.usdc == -0.5 and .t_ms == 5'
	dies 64 'since when?' ocq-hl funding -u $USER
	says spotMeta 200 <<<'{"tokens":[]}'
	[ "$(hl info spotMeta --raw)" = '{"tokens":[]}' ]
}

@test "hl: positions of the vector's answer" {
	exchange
	jq -c '.vectors.client_reads[] | select(.id == "read-0").answers.clearinghouseState' "$FIX/hyperliquid_vectors.json" | says clearinghouseState 200
	quiet ocq-hl --url "$url" positions -u $USER >got
	[ "$(jq -r .type got | xargs)" = 'header account position end' ]
	grep '"position"' got | jq -e '.symbol == "BTC" and .szi == 0.0015 and .entry_px == 84143 and .liquidation_px == 70000.5'
	tail -n 1 got | jq -e '.records == 2'
}

@test "hl: failures of questions: absent 69, busy 75, refused 1, wrong 65" {
	exchange
	says meta 502 text/html <<<'<html>'
	dies 69 'HTTP 502' ocq-hl meta --url "$url"
	says meta 500 <<<null
	dies 69 'HTTP 500' ocq-hl meta --url "$url"
	says meta 422 text/plain <<<'Failed to deserialize'
	dies 1 'HTTP 422): Failed to deserialize' ocq-hl meta --url "$url"
	says meta 200 <<<'{"universe":'
	dies 65 'the exchange'"'"'s answer is wrong: meta: line' ocq-hl meta --url "$url"
	says meta 0 <<<''; echo drop >answers/meta
	dies 69 '127.0.0.1' ocq-hl meta --url "$url"
	dies 69 '127.0.0.1' ocq-hl meta --url http://127.0.0.1:1
	says meta 429 text/plain <<<'slow down'
	dies 75 'HTTP 429' ocq-hl meta --url "$url"
}

# ---- actions ----

RESTING='{"status":"ok","response":{"type":"order","data":{"statuses":[{"resting":{"oid":77738308}}]}}}'

@test "hl: an order is signed, sent once, and its ack comes out" {
	exchange
	says order 200 <<<"$RESTING"
	hl order -k key --network testnet BTC buy 0.0015 @ 84143 >got
	jq -e '.type == "ack" and .outcome == "resting" and .oid == "77738308"' got
	[ "$(heard '^/exchange ')" = 1 ]
	sed -nE 's,^/exchange ,,p' answers/heard | jq -e '.action.orders[0].p == "84143" and (.signature.r | length) == 66 and .vaultAddress == null'
	[ "$(hl order -k key --raw BTC buy 0.0015 @ 84143)" = "$RESTING" ]
}

@test "hl: at market the price is a slippage away from the mid" {
	exchange
	says allMids 200 <<<'{"BTC":"84143.5"}'
	says order 200 <<<"$RESTING"
	hl order -k key BTC sell 0.0015 market >/dev/null
	sed -nE 's,^/exchange ,,p' answers/heard | jq -e '.action.orders[0] | .p == "79936" and .t.limit.tif == "Ioc"'
	says allMids 200 <<<'{}'
	dies 64 'BTC has no price near which to trade' ocq-hl --url "$url" order -k key BTC sell 0.0015 market
}

@test "hl: markets of builders' exchanges and of spot have numbers of their own" {
	exchange
	says perpDexs 200 <<<'[null,{"name":"abc"},{"name":"xyz"}]'
	says meta 200 <<<'{"universe":[{"szDecimals":2,"name":"xyz:A","maxLeverage":5,"marginTableId":5},{"szDecimals":2,"name":"xyz:B","maxLeverage":5,"marginTableId":5}],"marginTables":[]}'
	says allMids 200 <<<'{"xyz:B":"10"}'
	hl order --dry xyz:B buy 3 market | jq -e '.action.orders[0] | .a == 120001 and .p == "10.5"'
	[ "$(grep -c '"dex":"xyz"' answers/heard)" = 2 ]
	dies 64 'there is no exchange "no"' ocq-hl --url "$url" order --dry no:B buy 3 market
	says spotMeta 200 <<<'{"tokens":[{"name":"USDC","szDecimals":8,"index":0},{"name":"PURR","szDecimals":0,"index":1}],"universe":[{"tokens":[1,0],"name":"PURR/USDC","index":0}]}'
	hl order --dry PURR/USDC buy 30 @ 0.5 | jq -e '.action.orders[0].a == 10000'
}

@test "hl: a refusal is exit 1 with its code; a silent or broken exchange 69 and unknown" {
	exchange
	says order 200 <<<'{"status":"ok","response":{"type":"order","data":{"statuses":[{"error":"Insufficient margin to place order. asset=0"}]}}}'
	run -1 --separate-stderr ocq-hl --no-header --url "$url" order -k key BTC buy 1 @ 84143
	jq -e '.outcome == "refused" and .code == "margin"' <<<"$output"
	[ -z "$stderr" ]
	says order 502 text/html <<<'<html>'
	run -69 --separate-stderr ocq-hl --no-header --url "$url" order -k key BTC buy 1 @ 84143
	jq -e '.outcome == "unknown" and (.error | startswith("HTTP 502"))' <<<"$output"
	[[ $stderr = *'what became of it is not known'* ]]
	echo drop >answers/order
	run -69 --separate-stderr ocq-hl --no-header --url "$url" order -k key BTC buy 1 @ 84143
	jq -e '.outcome == "unknown"' <<<"$output"
	says order 429 text/plain <<<'slow down'
	run -75 --separate-stderr ocq-hl --no-header --url "$url" order -k key BTC buy 1 @ 84143
	jq -e '.outcome == "refused" and .code == "http_429"' <<<"$output"
	[ "$(heard '^/exchange ')" = 4 ]	# nothing is sent twice
	run -69 --separate-stderr ocq-hl --no-header --url http://127.0.0.1:1 --meta meta.json order -k key BTC buy 1 @ 84143
	jq -e '.outcome == "refused" and .code == "not_sent"' <<<"$output"
}

@test "hl: the signer's limits hold, and without a signature nothing is sent" {
	exchange
	says order 200 <<<"$RESTING"
	jq '.assets = {"ETH": 1} | .network = "mainnet"' "$OCQ_ROOT/config/sign-limits.json" >limits.json
	dies 77 'the signer refuses (assets)' ocq-hl --url "$url" order -k key --limits limits.json --expires 5 BTC buy 0.001 @ 84143
	dies 77 'the signer gave no signature' ocq-hl --url "$url" order --signer 'cat >/dev/null' BTC buy 0.001 @ 84143
	dies 65 'the signer signed another action' ocq-hl --url "$url" order --signer 'read -r line; echo "{\"type\":\"signed\",\"hash\":\"0x00\"}"' BTC buy 0.001 @ 84143
	dies 64 'who signs?' ocq-hl --url "$url" order BTC buy 0.001 @ 84143
	run ! grep -q '^/exchange ' answers/heard
	hl order --signer 'exec ocq-sign -k key --no-limits --network mainnet' BTC buy 0.0015 @ 84143 | jq -e '.outcome == "resting"'
}

@test "hl: the key enters neither the arguments of ocq-hl nor what it sends or prints" {
	exchange
	says order 200 <<<"$RESTING"
	ocq-hl --url "$url" order -k key BTC buy 0.0015 @ 84143 >all.txt 2>&1
	cat answers/heard >>all.txt
	run ! grep -q 0123456789012345678901234567890123456789012345678901234567890123 all.txt
}

@test "hl: cancel and cancel --all" {
	exchange
	says cancel 200 <<<'{"status":"ok","response":{"type":"cancel","data":{"statuses":["success",{"error":"Order was never placed, already canceled, or filled. asset=0"}]}}}'
	run -1 --separate-stderr ocq-hl --no-header --url "$url" cancel -k key BTC 5 6
	[ "$(jq -r '[.outcome, .code] | join(" ")' <<<"$output" | xargs)" = 'cancelled refused gone' ]
	says spotMeta 200 <<<'{"tokens":[],"universe":[]}'
	says frontendOpenOrders 200 <<<'[]'
	run -3 --separate-stderr ocq-hl --url "$url" cancel --all -u $USER -k key
	row='{"coin":"BTC","side":"B","limitPx":"80000.0","sz":"0.0015","oid":OID,"timestamp":1,"origSz":"0.0015"}'
	says frontendOpenOrders 200 <<<"[${row/OID/7},${row/OID/8},${row/BTC/kPEPE}]"
	sed -i 's/OID/9/' answers/frontendOpenOrders
	says cancel 200 <<<'{"status":"ok","response":{"type":"cancel","data":{"statuses":["success","success"]}}}'
	hl cancel --all BTC -u $USER -k key >got
	[ "$(jq -r .outcome got | xargs)" = 'cancelled cancelled' ]
	tail -n 1 answers/heard | sed 's,^/exchange ,,' | jq -e '.action.cancels == [{"a":0,"o":7},{"a":0,"o":8}]'
	hl cancel --all -u $USER --dry | jq -e '[.action.cancels[].o] == [7, 8, 9]'
}

@test "hl: a full disk is exit 75" {
	exchange
	writes 75 /dev/full ocq-hl --url "$url" meta
	writes 75 /dev/full ocq-hl order --meta meta.json --dry BTC buy 1 @ 84143
}

# ---- on the local exchange ----

# paper: starts ocq-paperx with a book for BTC and an account that has money; url is its address
paper() {
	cat >setup.json <<-'END'
	{"set_book":{"coin":"BTC","bids":[["84143","1.5"],["84100","2"]],"asks":[["84144","1"],["84150","3"]]}}
	{"mark":{"coin":"BTC","px":"84143.5"}}
	END
	ocq-paperx -q --setup setup.json $USER=10000 "$@" >log 2>err 3>&- &
	echo $! >canned.pid
	for _ in $(seq 100); do [ ! -s log ] || break; sleep 0.05; done
	url=$(head -n 1 log | jq -r .url)
}

# acks WORDS...: outcomes and codes of an order with the key
acks() { ocq-hl --no-header --url "$url" order -k key "$@" 2>stderr.txt | jq -r '.outcome + " " + (.code // "")'; }

@test "hl: a day on the local exchange: taken, rested, refused, looked at, cancelled" {
	paper
	[ "$(acks BTC buy 0.01 @ 84144)" = 'filled ' ]
	[ "$(acks BTC buy 0.01 @ 80000 --cloid $CLOID)" = 'resting ' ]
	[ "$(acks BTC sell 0.01 market)" = 'filled ' ]
	[ "$(acks BTC buy 0.02 market --slippage 0.001)" = 'filled ' ]
	[ "$(acks BTC buy 0.00001 @ 84144)" = 'refused min_value' ]
	[ "$(acks BTC buy 0.01 @ 84145 --tif Alo)" = 'refused post_only' ]
	[ "$(acks BTC buy 0.01 @ 84000 --tif Ioc)" = 'refused ioc' ]
	[ "$(acks BTC buy 0.01 @ 84000 --reduce-only)" = 'refused reduce_only' ]
	[ "$(acks BTC buy 5 @ 84000)" = 'refused margin' ]
	[ "$(acks BTC sell 0.02 market --trigger 80000 --sl --reduce-only)" = 'resting ' ]
	[ "$(acks BTC sell 0.02 market --trigger 90000 --sl --reduce-only)" = 'refused tpsl' ]
	hl positions -u $USER | tail -n 1 | jq -e '.symbol == "BTC" and .szi == 0.02 and .entry_px == 84144'
	[ "$(hl fills -u $USER | jq -r '.side + .dir' | xargs)" = 'BOpen Long AClose Long BOpen Long' ]
	[ "$(hl orders -u $USER | jq -r '[.px, .trigger_px, .reduce_only] | join(" ")' | sort | xargs)" = '76000 80000 true 80000 0 false' ]
	hl info orderStatus user=$USER oid=$CLOID | jq -e '.status == "open" and .px == 80000'
	hl cancel -k key BTC $CLOID | jq -e '.outcome == "cancelled"'
	hl info orderStatus user=$USER oid=$CLOID | jq -e '.status == "canceled"'
	run -1 --separate-stderr ocq-hl --no-header --url "$url" cancel -k key BTC $CLOID
	jq -e '.code == "gone"' <<<"$output"
	hl cancel --all -u $USER -k key | jq -e '.outcome == "cancelled"'
	run -3 --separate-stderr ocq-hl --url "$url" cancel --all -u $USER -k key
}

@test "hl: every question that has records is answered by the local exchange" {
	local type keys asked=0
	paper
	[ "$(acks BTC buy 0.01 @ 84144)" = 'filled ' ]
	while read -r type keys; do
		# shellcheck disable=SC2086 # KEY=VALUE words
		hl info "$type" $keys >got || { echo "$type"; cat stderr.txt; return 1; }
		asked=$((asked + 1))
		case $type in
		openOrders | frontendOpenOrders | extraAgents | userFunding | fundingHistory) ;;
		*) [ -s got ] || { echo "$type: no records"; return 1; } ;;
		esac
	done < <(sed -nE '/, *NONE,/d; s/^HL_INFO\(([A-Za-z0-9]+), *[0-9]+, *[0-9]+, "([^"]*)".*/\1 \2/p' "$OCQ_ROOT/lib/hl/info.def" |
		sed -E "s/coin!/coin=BTC/; s/user!/user=$USER/; s/interval!/interval=1m/; s/startTime!/startTime=2020-01-01/
			s/endTime!/endTime=2100-01-01/; s/oid!/oid=$(hl fills -u $USER | jq -r .oid)/; s/ [A-Za-z]+( |\$)/ /; s/ [A-Za-z]+( |\$)/ /")
	[ $asked = "$(grep '^HL_INFO' "$OCQ_ROOT/lib/hl/info.def" | grep -vc NONE)" ]
}

@test "hl: a signature for the other network is a stranger's" {
	paper --network testnet
	run -1 --separate-stderr ocq-hl --no-header --url "$url" order -k key BTC buy 0.01 @ 84144
	jq -e '.code == "no_user"' <<<"$output"
	hl order -k key --network testnet BTC buy 0.01 @ 84144 | jq -e '.outcome == "filled"'
}

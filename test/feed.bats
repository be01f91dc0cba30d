# SPDX-License-Identifier: MIT
# ocq-feed against an exchange that does what a test says (build/test/script-venue), on a simulated clock: what is told, when,
# and what is kept. The rules without sockets are in test/unit/t_feed.c.
load lib
TOOLS=$OCQ_BIN/../test
T=1763827200000		# a full day; tests begin three seconds later
M=60000

# The exchange: `say COMMAND` tells it something, what it saw is in venue.log.
start_venue() {
	export XDG_RUNTIME_DIR=$PWD OCQ_CLOCK=$PWD/clock
	mkfifo venue.in
	"$TOOLS/script-venue" clock <venue.in >venue.log 2>venue.err 3>&- & VENUE=$!
	exec 7>venue.in
	say clock $((T + 3000))
	say "answer metaAndAssetCtxs $(coins BTC ETH kPEPE)"
	soon grep -q ^port venue.log
	URL=http://127.0.0.1:$(sed -n 's/^port //p' venue.log)
}
say() { echo "$*" >&7; }

# coins NAME...: what the exchange says about its perpetuals; each has more volume than the one before.
coins() {
	jq -nc '[{universe: [$ARGS.positional[] | {szDecimals: 2, name: ., maxLeverage: 10, marginTableId: 10}], marginTables: []},
		[range($ARGS.positional | length) | {funding: "0.1", openInterest: "1.0", prevDayPx: "1.0", dayNtlVlm: "\(. * 10 + 1).0", premium: null,
		oraclePx: "1.0", markPx: "1.0", midPx: null, impactPxs: null, dayBaseVlm: "1.0"}]]' --args "$@"
}

# row SYMBOL IV T N CLOSE: a bar as /info has it, the same that `say candle` sends.
row() { jq -nc --arg s "$1" --arg i "$2" --arg c "$5" "{t: $3, T: ($3 + $(length "$2") - 1), s: \$s, i: \$i, o: \"100.0\", c: \$c, h: \"200.0\", l: \"50.0\", v: \"$4.5\", n: $4}"; }
length() { case $1 in 1m) echo 60000 ;; 3m) echo 180000 ;; 1h) echo 3600000 ;; esac; }

# soon CMD...: within ten seconds it is true.
soon() {
	for _ in $(seq 200); do "$@" && return; sleep 0.05; done
	echo "not soon: $*"; cat err 2>/dev/null; tail -n 5 out venue.log 2>/dev/null
	return 1
}
has() { grep -qF -- "$1" "${2:-out}"; }

# feed OPTIONS...: runs it, records in out; waits until it has subscribed to something.
feed() {
	local before
	before=$(grep -c ^subscribe venue.log || true)
	ocq-feed --url "$URL" "$@" >>out 2>>err 7>&- 3>&- & FEED=$!
	soon more_than "$before"
}
more_than() { [ "$(grep -c ^subscribe venue.log)" -gt "$1" ]; }
stop_feed() { kill "$FEED"; wait "$FEED" || { cat err; return 1; }; }
subscribed() { soon has "subscribe $1" venue.log; }

# now MS: the clock, once the feed has taken what was sent before; then time for it to look.
case $(ldd "$OCQ_BIN/ocq-feed") in *asan*) SETTLE=0.5 ;; *) SETTLE=0.15 ;; esac
now() { sleep $SETTLE; say clock "$1"; sleep $SETTLE; }

# what CMD: the records of a type as SYMBOL T VALUE
told() { jq -r 'select(.type == "'"$1"'") | [.symbol // "-", (.t_ms // .from_ms) - '$T', .n // .bars // empty] | join(" ")' out; }
stored() { sqlite3 -separator ' ' "${1:-st/candles_1m.db}" "select symbol, t - $T, n from candles order by t, symbol"; }
stored_is() { [ "$(stored "${2-}" | xargs)" = "$1" ]; }
told_is() { [ "$(told "$1" | wc -l)" = "$2" ]; }
ask() { "$TOOLS/socket-lines" s.sock "${1:-1}"; }

teardown() {
	exec 7>&- 2>/dev/null || true
	[ -z "${FEED-}" ] || kill -9 "$FEED" 2>/dev/null || true
	[ -z "${VENUE-}" ] || kill "$VENUE" 2>/dev/null || true
}

@test "feed: a bar is told once, when it is over and its grace has passed, with its last values" {
	start_venue
	feed -s BTC,kPEPE -i 1m --dir st
	subscribed '{"type":"candle","coin":"kPEPE","interval":"1m"}'
	say candle BTC 1m $T 5 101
	say candle kPEPE 1m $T 2 99
	say candle BTC 1m $T 7 102
	say candle BTC 1m $T 6 101		# an older state, late
	say candle BTC 1m $T 7 102		# twice
	now $((T + M))
	say candle BTC 1m $((T + M)) 1 103
	now $((T + M + 1999))
	[ -z "$(told candle)" ]
	now $((T + M + 2000))
	soon has '"step"'
	[ "$(told candle)" = $'BTC 0 7\nkPEPE 0 2' ]
	[ "$(told step)" = '- 0' ]
	soon stored_is 'BTC 0 7 kPEPE 0 2'
	stop_feed
	[ "$(jq -r .type out | tail -n 3 | xargs)" = 'candle candle step' ]	# no end: the market goes on
	ocq-candles check st/candles_1m.db
	run ! grep asked.candleSnapshot venue.log				# there was no doubt
}

@test "feed: what may be missing after a dropped connection is asked for" {
	start_venue
	feed -s BTC -i 1m --dir st
	subscribed '{"type":"candle","coin":"BTC","interval":"1m"}'
	say candle BTC 1m $T 5 101
	sleep 0.1
	say "answer candleSnapshot:BTC:1m [$(row BTC 1m $T 9 104)]"
	say drop
	now $((T + M + 2000))
	soon has '"step"'
	[ "$(told candle)" = 'BTC 0 9' ]
	has 'asked candleSnapshot:BTC:1m' venue.log
	soon more_than 3		# it came back by itself
	say candle BTC 1m $((T + M)) 4 101
	now $((T + 2 * M))
	say candle BTC 1m $((T + 2 * M)) 1 101
	now $((T + 2 * M + 2000))
	soon has "\"step\",\"t_ms\":$((T + M))"
	[ "$(told candle)" = $'BTC 0 9\nBTC 60000 4' ]
	[ "$(grep -c 'asked candleSnapshot' venue.log)" = 1 ]
}

@test "feed: a frozen connection proves nothing: the exchange is asked" {
	start_venue
	feed -s BTC -i 1m --dir st
	subscribed '{"type":"candle","coin":"BTC","interval":"1m"}'
	say candle BTC 1m $T 5 101
	sleep 0.1
	say freeze
	say "answer candleSnapshot:BTC:1m [$(row BTC 1m $T 8 101)]"
	now $((T + M + 2000))
	now $((T + M + 7100))
	soon has '"step"'
	[ "$(told candle)" = 'BTC 0 8' ]
}

@test "feed: a correction after the fact is a revision and a new row, never a second candle" {
	start_venue
	feed -s BTC -i 1m --dir st
	subscribed '{"type":"candle","coin":"BTC","interval":"1m"}'
	say candle BTC 1m $T 5 101
	now $((T + M))
	say candle BTC 1m $((T + M)) 1 101
	now $((T + M + 2000))
	soon has '"step"'
	say "answer candleSnapshot:BTC:1m [$(row BTC 1m $T 6 102)]"
	say candle BTC 1m $T 6 102
	now $((T + M + 3500))
	soon has '"revision"'
	[ "$(told candle)" = 'BTC 0 5' ]
	[ "$(told revision)" = 'BTC 0 6' ]
	soon stored_is 'BTC 0 6'
	now $((T + M + 6000))
	[ "$(told revision | wc -l)" = 1 ]
}

@test "feed: bars are compared with the exchange once they have settled, also where nothing was in doubt" {
	start_venue
	feed -s BTC -i 1m --dir st
	subscribed '{"type":"candle","coin":"BTC","interval":"1m"}'
	say candle BTC 1m $T 5 101
	say "answer candleSnapshot:BTC:1m [$(row BTC 1m $T 6 102)]"	# a message was lost, and nobody knows
	now $((T + M))
	say candle BTC 1m $((T + M)) 1 101
	now $((T + M + 2000))
	soon has '"step"'
	[ "$(told candle)" = 'BTC 0 5' ]
	for i in 0 5 10; do now $((T + 12 * M + i * 1000)); done
	soon has '"revision"'
	soon stored_is 'BTC 0 6 BTC 60000 1'
}

@test "feed: a step waits for missing bars until patience ends, tells the gap, and has the bar later as a revision" {
	start_venue
	feed -s BTC,ETH -i 1m --dir st
	subscribed '{"type":"candle","coin":"ETH","interval":"1m"}'
	say status 500
	say candle BTC 1m $T 5 101
	now $((T + M))
	say candle BTC 1m $((T + M)) 1 101
	now $((T + M + 2000))
	now $((T + M + 59900))
	[ -z "$(told step)" ]
	now $((T + M + 60000))
	soon has '"step"'
	[ "$(jq -r .type out | grep -E 'candle|gap|step' | xargs)" = 'candle gap step' ]
	[ "$(told gap)" = 'ETH 0 1' ]
	say "answer candleSnapshot:ETH:1m [$(row ETH 1m $T 3 55)]"
	say status 200
	for i in $(seq 20); do now $((T + 2 * M + i * 5000)); ! has '"revision"' || break; done
	soon has '"revision"'
	[ "$(told revision)" = 'ETH 0 3' ]
	[ "$(told candle | grep -c ' 0 ')" = 1 ]
	has '"what":"rest","symbol":"","interval":"","state":"stale"'
	has '"what":"rest","symbol":"","interval":"","state":"well"'
}

@test "feed: no step without BTC and without what is required" {
	start_venue
	feed -s BTC,ETH,kPEPE --require ETH -i 1m
	subscribed '{"type":"candle","coin":"kPEPE","interval":"1m"}'
	say status 500
	say candle BTC 1m $T 5 101
	say candle kPEPE 1m $T 5 101
	now $((T + M))
	say candle BTC 1m $((T + M)) 1 101
	say candle kPEPE 1m $((T + M)) 1 101
	now $((T + M + 2000))
	now $((T + 10 * M))
	[ -z "$(told step)$(told candle)" ]
}

@test "feed: a bar that the exchange does not have is a gap, and the step does not wait for it" {
	start_venue
	feed -s BTC,ETH -i 1m
	subscribed '{"type":"candle","coin":"ETH","interval":"1m"}'
	say candle BTC 1m $T 5 101
	now $((T + M))
	say candle BTC 1m $((T + M)) 1 101
	now $((T + M + 2000))
	soon has '"step"'
	[ "$(told gap)" = 'ETH 0 1' ]
}

@test "feed: killed and started again it goes on behind the last step of the store, and asks for what it missed" {
	start_venue
	feed -s BTC -i 1m --dir st
	subscribed '{"type":"candle","coin":"BTC","interval":"1m"}'
	say candle BTC 1m $T 5 101
	now $((T + M))
	say candle BTC 1m $((T + M)) 2 101
	now $((T + M + 2000))
	soon has '"step"'
	soon stored_is 'BTC 0 5'
	kill -9 "$FEED"; wait "$FEED" || true
	say "answer candleSnapshot:BTC:1m [$(row BTC 1m $T 5 101),$(row BTC 1m $((T + M)) 6 101),$(row BTC 1m $((T + 2 * M)) 7 101)]"
	now $((T + 3 * M + 30000))
	feed -s BTC -i 1m --dir st
	soon has "\"step\",\"t_ms\":$((T + 2 * M))"
	[ "$(told candle)" = $'BTC 0 5\nBTC 60000 6\nBTC 120000 7' ]
	[ "$(told step | xargs)" = '- 0 - 60000 - 120000' ]
	soon stored_is 'BTC 0 5 BTC 60000 6 BTC 120000 7'
	dies 75 'another ocq-feed keeps this directory' ocq-feed --url "$URL" -s BTC -i 1m --dir st
	kill -9 "$FEED"; wait "$FEED" || true
	: >out
	feed -s BTC -i 1m --dir st --from $((T + M))	# who knows better says so
	soon has "\"step\",\"t_ms\":$((T + 2 * M))"
	[ "$(told step | xargs)" = '- 60000 - 120000' ]
}

@test "feed: other intervals are told as they end; hours, minutes" {
	start_venue
	feed -s BTC -i 3m,1m --dir st
	subscribed '{"type":"candle","coin":"BTC","interval":"1m"}'
	for i in 0 1 2; do
		say candle BTC 1m $((T + i * M)) 5 101
		say candle BTC 3m $T $((i + 1)) 101
		now $((T + (i + 1) * M))
	done
	say candle BTC 1m $((T + 3 * M)) 1 101
	say candle BTC 3m $((T + 3 * M)) 1 101
	now $((T + 3 * M + 2000))
	soon has '"step"'
	soon told_is candle 4
	[ "$(jq -r 'select(.type == "candle") | .interval' out | sort | uniq -c | xargs)" = '3 1m 1 3m' ]
	[ "$(told step)" = '- 0' ]
	soon stored_is 'BTC 0 3' st/candles_3m.db
}

@test "feed: symbols by file, read again when it changes; the exchange's spelling; what it does not have is left out" {
	start_venue
	printf 'BTC # the benchmark\nkpepe,NOSUCH\n' >symbols
	feed -s @symbols -i 1m
	subscribed '{"type":"candle","coin":"kPEPE","interval":"1m"}'
	soon has 'NOSUCH: the exchange has no such perpetual' err
	[ "$(grep -c ^subscribe venue.log)" = 3 ]
	echo BTC,ETH >symbols
	subscribed '{"type":"candle","coin":"ETH","interval":"1m"}'
	soon has 'unsubscribe {"type":"candle","coin":"kPEPE","interval":"1m"}' venue.log
	[ "$(wc -l <err)" = 1 ]
}

@test "feed: the top N by volume" {
	start_venue
	feed --top 2 -i 1m
	subscribed '{"type":"candle","coin":"kPEPE","interval":"1m"}'
	subscribed '{"type":"candle","coin":"ETH","interval":"1m"}'
	run ! grep '"BTC"' venue.log
}

@test "feed: mids and bid and ask on change, at most one in the throttle's time, never more than changes" {
	start_venue
	feed -s BTC -i 1h --bbo --throttle 1000
	subscribed '{"type":"bbo","coin":"BTC"}'
	say 'send {"channel":"allMids","data":{"mids":{"BTC":"100.5","DOGE":"1.5"}}}'
	say 'send {"channel":"allMids","data":{"mids":{"BTC":"100.5"}}}'
	soon has '"mid"'
	say 'send {"channel":"allMids","data":{"mids":{"BTC":"100.6"}}}'
	say 'send {"channel":"allMids","data":{"mids":{"BTC":"100.7"}}}'
	for px in 99 98 98 97; do
		say "send {\"channel\":\"bbo\",\"data\":{\"coin\":\"BTC\",\"time\":$T,\"bbo\":[{\"px\":\"$px.0\",\"sz\":\"1.0\",\"n\":1},null]}}"
	done
	soon has '"bbo"'
	sleep 0.2
	[ "$(jq -r 'select(.type == "mid") | "\(.symbol) \(.px)"' out | xargs)" = 'BTC 100.5' ]
	now $((T + 4000))
	soon has '"px":100.7'
	[ "$(jq -r 'select(.type == "mid") | .px' out | xargs)" = '100.5 100.7' ]
	[ "$(jq -r 'select(.type == "bbo") | "\(.bid) \(.ask)"' out | xargs)" = '99 0 97 0' ]
}

fill() { echo "{\"coin\":\"BTC\",\"px\":\"100.0\",\"sz\":\"1.0\",\"side\":\"B\",\"time\":$T,\"startPosition\":\"0.0\",\"dir\":\"Open Long\",\"closedPnl\":\"0.0\",\"hash\":\"0x00\",\"oid\":7,\"crossed\":true,\"fee\":\"0.1\",\"tid\":$1,\"feeToken\":\"USDC\"}"; }
@test "feed: our fills, orders and funding once each, however often the exchange repeats them" {
	start_venue
	user=0x14791697260e4c9a71f18484c9f997b308e59325
	feed -s BTC -i 1h --user $user --socket s.sock
	subscribed "{\"type\":\"userFills\",\"user\":\"$user\"}"
	say "send {\"channel\":\"userFills\",\"data\":{\"user\":\"$user\",\"isSnapshot\":true,\"fills\":[$(fill 1),$(fill 2)]}}"
	say "send {\"channel\":\"userFills\",\"data\":{\"user\":\"$user\",\"fills\":[$(fill 3)]}}"
	say "send {\"channel\":\"userFills\",\"data\":{\"user\":\"$user\",\"fills\":[$(fill 3)]}}"
	say drop
	soon more_than 7
	say "send {\"channel\":\"userFills\",\"data\":{\"user\":\"$user\",\"isSnapshot\":true,\"fills\":[$(fill 2),$(fill 3),$(fill 4)]}}"
	say "send {\"channel\":\"userFundings\",\"data\":{\"user\":\"$user\",\"fundings\":[{\"time\":$T,\"coin\":\"BTC\",\"usdc\":\"-0.5\",\"szi\":\"1.0\",\"fundingRate\":\"0.00001\",\"nSamples\":null}]}}"
	say "send {\"channel\":\"userFundings\",\"data\":{\"user\":\"$user\",\"fundings\":[{\"time\":$T,\"coin\":\"BTC\",\"usdc\":\"-0.5\",\"szi\":\"1.0\",\"fundingRate\":\"0.00001\",\"nSamples\":null}]}}"
	say "send {\"channel\":\"orderUpdates\",\"data\":[{\"order\":{\"coin\":\"BTC\",\"side\":\"B\",\"limitPx\":\"100.0\",\"sz\":\"1.0\",\"oid\":7,\"timestamp\":$T,\"origSz\":\"1.0\"},\"status\":\"open\",\"statusTimestamp\":$T}]}"
	soon has '"order"'
	[ "$(jq -r 'select(.type == "fill") | .tid' out | xargs)" = '1 2 3 4' ]
	[ "$(jq -r 'select(.type == "funding") | .usdc' out | xargs)" = '-0.5' ]
	echo '{"id":1,"method":"drain_user_fills","params":{"max_items":2}}' | ask >a.json
	[ "$(jq -c '[.result[] | [.tid, ._is_snapshot]]' a.json)" = '[[1,true],[2,true]]' ]
	printf '{"id":2,"method":"drain_order_updates"}\n{"id":3,"method":"drain_order_updates"}\n' | ask 2 >a.json
	[ "$(jq -c '[.id, (.result | length)]' a.json | xargs)" = '[2,1] [3,0]' ]
	[ "$(jq -c 'select(.id == 2) | .result[0] | .t > 0 and .data[0].order.oid == 7' a.json)" = true ]
}

@test "feed: what becomes stale is told once, and once when it is well again" {
	start_venue
	feed -s BTC,ETH -i 1h
	subscribed '{"type":"candle","coin":"ETH","interval":"1h"}'
	say 'send {"channel":"allMids","data":{"mids":{"BTC":"100.5","ETH":"10"}}}'
	soon has '"mid"'
	for t in 10 20 30 40 50 60 70; do
		now $((T + t * 1000))
		say "send {\"channel\":\"allMids\",\"data\":{\"mids\":{\"BTC\":\"100.$t\"}}}"
	done
	now $((T + 75000))
	soon has '"what":"mids","symbol":"ETH","interval":"","state":"stale"'
	run ! grep '"what":"mids","symbol":"BTC"' out
	say 'send {"channel":"allMids","data":{"mids":{"ETH":"10"}}}'
	sleep 0.1
	now $((T + 77000))
	soon has '"what":"mids","symbol":"ETH","interval":"","state":"well"'
	say freeze
	now $((T + 100000))
	soon has '"what":"connection","symbol":"","interval":"","state":"stale"'
	[ "$(grep -c '"what":"mids"' out)" = 2 ]
}

@test "feed: socket: every method answers in order, wrong requests as well" {
	start_venue
	feed -s BTC,kPEPE -i 1m --bbo --socket s.sock --dir st
	subscribed '{"type":"bbo","coin":"kPEPE"}'
	say candle BTC 1m $T 5 101
	say 'send {"channel":"allMids","data":{"mids":{"BTC":"100.5","kPEPE":"0.01"}}}'
	say "send {\"channel\":\"bbo\",\"data\":{\"coin\":\"BTC\",\"time\":$T,\"bbo\":[{\"px\":\"100.0\",\"sz\":\"1.0\",\"n\":1},{\"px\":\"101.0\",\"sz\":\"2.0\",\"n\":3}]}}"
	now $((T + M))
	say candle BTC 1m $((T + M)) 1 103
	say candle kPEPE 1m $((T + M)) 1 103
	now $((T + M + 2000))
	soon has '"step"'
	cat >requests <<-'END'
	{"id":1,"method":"get_mid","params":{"symbol":"btc"}}
	{"id":2,"method":"get_mid","params":{"symbol":"BTC","max_age_s":1.5}}
	{"id":3,"method":"get_bbo","params":{"symbol":"BTC","max_age_s":null}}
	{"id":4,"method":"get_mids","params":{"symbols":["KPEPE"," BTC ","",5]}}
	{"id":5,"method":"get_latest_candle_times","params":{"symbol":"BTC","interval":"1M"}}
	{"id":6,"method":"get_last_closed_candle_times","params":{"symbol":"BTC","interval":"1m","grace_ms":1000}}
	{"id":7,"method":"get_last_closed_candle_times","params":{"symbol":"BTC","interval":"1m","grace_ms":60000}}
	{"id":8,"method":"candles_ready","params":{"symbols":["BTC","NOSUCH"],"interval":"1m"}}
	{"id":9,"method":"candles_health","params":{"symbols":["BTC"],"interval":"1m"}}
	{"id":10,"method":"health","params":{"symbols":["BTC"],"interval":"1m"}}
	{"id":11,"method":"ws_stats"}
	{"id":12,"method":"nosuch"}
	{"id":13
	{"method":"health"}
	[]
	{"id":16,"method":"wait_mids","params":{"symbols":["BTC"],"after_seq":0}}
	{"id":17,"method":"wait_mids","params":{"symbols":["BTC"],"after_seq":1000,"after_bbo_seq":1000}}
	{"id":18,"method":"restart"}
	END
	ask 18 <requests >got
	[ "$(jq -c .id got | xargs)" = '1 2 3 4 5 6 7 8 9 10 11 12 0 0 0 16 17 18' ]
	at() { jq -c "select(.id == $1) | $2" got; }
	[ "$(at 1 .result)" = 100.5 ]
	[ "$(at 2 .result)" = null ]
	[ "$(at 3 .result)" = '[100,101]' ]
	[ "$(at 4 '.result | [.mids.KPEPE, .mids.BTC, .bbo.BTC.mid, (.mids | length)]')" = '[0.01,100.5,100.5,2]' ]
	[ "$(at 5 .result)" = "[$((T + M)),$((T + 2 * M - 1))]" ]
	[ "$(at 6 .result)" = "[$T,$((T + M - 1))]" ]
	[ "$(at 7 .result)" = '[null,null]' ]
	[ "$(at 8 .result)" = '{"ready":false,"not_ready":["NOSUCH"]}' ]
	[ "$(at 9 '.result.items[0] | [.symbol, .ready]')" = '["BTC",true]' ]
	[ "$(at 10 '.result | [.connected, .bbo_age_s]')" = '[true,59]' ]
	[ "$(at 11 '.result | [.desired_symbols, .desired_candles, .clients, .desired_user]')" = '[2,2,0,false]' ]
	[ "$(at 12 '[.ok, .error]')" = '[false,"unknown method: nosuch"]' ]
	[ "$(jq -c 'select(.id == 0) | [.ok, .error[:8]]' got | sort -u)" = '[false,"bad json"]' ]
	[ "$(at 16 '.result | [.changed, .timed_out, .seq_reset]')" = '[true,false,false]' ]
	[ "$(at 17 '.result | [.changed, .timed_out, .seq_reset]')" = '[true,false,true]' ]
	twice() { [ "$(grep -c ^open venue.log)" = 2 ]; }
	soon twice	# restart
}

@test "feed: socket: a wait ends with a change or its time; what comes behind it waits, others do not" {
	start_venue
	feed -s BTC -i 1h --socket s.sock
	subscribed '{"type":"candle","coin":"BTC","interval":"1h"}'
	printf '{"id":1,"method":"wait_mids","params":{"symbols":["BTC"],"timeout_ms":60000}}\n{"id":2,"method":"get_mid","params":{"symbol":"BTC"}}\n' | ask 2 >got & waiting=$!
	sleep 0.2
	echo '{"id":3,"method":"get_mid","params":{"symbol":"BTC"}}' | ask >other
	[ "$(jq -c .result other)" = null ]
	[ ! -s got ]
	say 'send {"channel":"allMids","data":{"mids":{"BTC":"100.5"}}}'
	wait $waiting
	[ "$(jq -c '[.id, .result.changed?]' got 2>/dev/null | head -n 1)" = '[1,true]' ]
	[ "$(tail -n 1 got | jq -c .result)" = 100.5 ]
	echo '{"id":4,"method":"wait_mids","params":{"symbols":["BTC"],"after_seq":1,"timeout_ms":5000}}' | ask >got & waiting=$!
	sleep 0.2
	now $((T + 8001))
	wait $waiting
	[ "$(jq -c '.result | [.changed, .timed_out, .mids.BTC]' got)" = '[false,true,100.5]' ]
}

@test "feed: socket: what clients ask for is followed beside the steps, and forgotten when they are gone" {
	start_venue
	feed -s BTC -i 1m --socket s.sock --client-ttl 60
	subscribed '{"type":"candle","coin":"BTC","interval":"1m"}'
	echo '{"id":1,"method":"ensure_started","params":{"symbols":["eth"],"interval":"1m","client_id":"a","user":"0x14791697260E4c9A71f18484C9f997B308e59325"}}' | ask >got
	[ "$(jq -c .result got)" = '{"ok":true}' ]
	subscribed '{"type":"candle","coin":"ETH","interval":"1m"}'
	subscribed '{"type":"userFills","user":"0x14791697260e4c9a71f18484c9f997b308e59325"}'
	echo '{"id":1,"method":"subscribe","params":{"types":["candle","step"]}}' | ask 4 >pushed & pushed=$!
	say candle BTC 1m $T 5 101
	say candle ETH 1m $T 5 101
	now $((T + M))
	say candle BTC 1m $((T + M)) 1 103
	say candle ETH 1m $((T + M)) 1 103
	now $((T + M + 2000))
	soon has '"step"'
	wait $pushed
	[ "$(told candle)" = 'BTC 0 5' ]		# nobody decides about ETH
	[ "$(jq -c 'select(.type == "candle") | .symbol' pushed | sort | xargs)" = 'BTC ETH' ]
	now $((T + M + 4000))
	soon has 'unsubscribe {"type":"candle","coin":"ETH","interval":"1m"}' venue.log
	soon has 'unsubscribe {"type":"userFills"' venue.log
}

@test "feed: --follow has the records of another feed, also steps that it missed" {
	start_venue
	feed -s BTC -i 1m --socket s.sock
	subscribed '{"type":"candle","coin":"BTC","interval":"1m"}'
	for i in 0 1 2; do
		say candle BTC 1m $((T + i * M)) 5 101
		now $((T + i * M + 2000))
	done
	soon has "\"step\",\"t_ms\":$((T + M))"
	ocq-feed --follow s.sock --from $((T + M)) --to $((T + 2 * M)) >followed 2>followed.err & follower=$!
	soon has '"step"' followed
	say candle BTC 1m $((T + 3 * M)) 5 101
	now $((T + 3 * M + 2000))
	wait $follower
	[ "$(jq -r 'select(.type == "step") | .t_ms' followed | xargs)" = "$((T + M)) $((T + 2 * M))" ]
	[ "$(tail -n 1 followed | jq -r .type)" = end ]
	ocq-indicators --strict followed >/dev/null
	dies 69 "nosuch.sock" ocq-feed --follow nosuch.sock
}

@test "feed: --to ends with a whole stream" {
	start_venue
	feed -s BTC -i 1m --to $T
	subscribed '{"type":"candle","coin":"BTC","interval":"1m"}'
	say candle BTC 1m $T 5 101
	now $((T + M))
	say candle BTC 1m $((T + M)) 1 103
	now $((T + M + 2000))
	wait "$FEED"
	ocq-indicators --strict out >/dev/null
	[ "$(jq -r .type out | grep -v health | xargs)" = 'header candle step end' ]
}

@test "feed: history fills the store without a word" {
	start_venue
	say "answer candleSnapshot:BTC:1m [$(row BTC 1m $((T - 3 * M)) 3 100),$(row BTC 1m $((T - 2 * M)) 4 100),$(row BTC 1m $((T - M)) 5 100)]"
	feed -s BTC -i 1m --dir st --history 3 --socket s.sock
	soon has 'asked candleSnapshot:BTC:1m' venue.log
	soon stored_is 'BTC -180000 3 BTC -120000 4 BTC -60000 5'
	run ! grep '"candle"' out
	echo '{"id":1,"method":"candles_ready","params":{"symbols":["BTC"],"interval":"1m"}}' | ask >got
	[ "$(jq -c .result.ready got)" = true ]
	stop_feed
	grep -c 'asked candleSnapshot' venue.log >asked
	feed -s BTC -i 1m --dir st --history 3		# it is there
	sleep 0.3
	grep -c 'asked candleSnapshot' venue.log | cmp - asked
}

@test "feed: a store of bid and ask, sampled" {
	start_venue
	feed -s BTC -i 1h --dir st --bbo-store 24
	subscribed '{"type":"bbo","coin":"BTC"}'
	for px in 99 98 97; do
		say "send {\"channel\":\"bbo\",\"data\":{\"coin\":\"BTC\",\"time\":$T,\"bbo\":[{\"px\":\"$px.0\",\"sz\":\"1.0\",\"n\":1},{\"px\":\"101.0\",\"sz\":\"1.0\",\"n\":1}]}}"
	done
	soon has '"bid":97'
	now $((T + 4000))
	say "send {\"channel\":\"bbo\",\"data\":{\"coin\":\"BTC\",\"time\":$T,\"bbo\":[{\"px\":\"96.0\",\"sz\":\"1.0\",\"n\":1},{\"px\":\"101.0\",\"sz\":\"1.0\",\"n\":1}]}}"
	sampled() { [ "$(sqlite3 st/bbo_snapshots.db "select ts_ms - $T, bid, mid from bbo_snapshots order by 1" | xargs)" = "$1" ]; }
	soon sampled '3000|99.0|100.0 4000|96.0|98.5'
}

@test "feed: --price: from the socket, else from the exchange, else the last close; each says so" {
	start_venue
	say "answer candleSnapshot:BTC:1m [$(row BTC 1m $T 6 102)]"
	say 'answer allMids {"BTC":"99.5"}'
	feed -s BTC -i 1m --socket s.sock --dir st --bbo
	subscribed '{"type":"bbo","coin":"BTC"}'
	price() { ocq-feed --price BTC -i 1m --no-header "$@" | jq -c '[.symbol, .px, .source]'; }
	say "send {\"channel\":\"bbo\",\"data\":{\"coin\":\"BTC\",\"time\":$T,\"bbo\":[{\"px\":\"100.0\",\"sz\":\"1.0\",\"n\":1},{\"px\":\"101.0\",\"sz\":\"2.0\",\"n\":3}]}}"
	soon has '"bbo"'
	[ "$(price --socket s.sock --url "$URL")" = '["BTC",100.5,"ws_bbo"]' ]
	say 'send {"channel":"allMids","data":{"mids":{"BTC":"100.75"}}}'
	soon has '"mid"'
	[ "$(price --socket s.sock --url "$URL")" = '["BTC",100.75,"ws_mid"]' ]
	now $((T + M))	# received a while ago
	ocq-feed --price BTC --no-header --socket s.sock | jq -e '.source == "ws_mid" and .age_ms > 50000 and .t_ms + .age_ms == '$((T + M)) >/dev/null
	say candle BTC 1m $((T + M)) 1 103
	now $((T + 64000))
	soon has '"step"'
	[ "$(price --socket s.sock --url "$URL")" = '["BTC",99.5,"rest_mid"]' ]
	stop_feed
	[ "$(price --socket s.sock --url "$URL" --dir st)" = '["BTC",99.5,"rest_mid"]' ]
	say status 500
	[ "$(price --url "$URL" --dir st)" = '["BTC",102,"candle_close"]' ] || [ "$(price --url "$URL" --dir st)" = '' ]
	dies 69 'BTC: nobody knows a price' ocq-feed --price BTC --url "$URL" --no-header
}

@test "feed: more subscriptions than the exchange allows are left out, and said" {
	start_venue
	# shellcheck disable=SC2046 # words
	say "answer metaAndAssetCtxs $(coins $(seq -f 'S%g' 1 180))"
	sed 's/^/S/' <(seq 180) >symbols
	feed -s @symbols -i 1m,3m,5m,15m,1h --bbo
	soon has '81 subscriptions are more than the exchange allows' err
	thousand() { [ "$(grep -c ^subscribe venue.log)" = 1000 ]; }
	soon thousand
}

@test "feed: hostile words from the exchange and on the socket harm nobody" {
	start_venue
	feed -s BTC -i 1m --socket s.sock
	subscribed '{"type":"candle","coin":"BTC","interval":"1m"}'
	say 'send {"channel":"candle","data":{"t":1}}'
	say 'send {"channel":"candle"'
	say 'send Websocket connection established.'
	say "send {\"channel\":\"candle\",\"data\":{\"t\":$((T + 1)),\"T\":5,\"s\":\"BTC\",\"i\":\"1m\",\"o\":\"1\",\"c\":\"1\",\"h\":\"1\",\"l\":\"1\",\"v\":\"1\",\"n\":1}}"
	say 'send {"channel":"nosuch","data":[]}'
	head -c 3000000 /dev/zero | tr '\0' x | "$TOOLS/socket-lines" s.sock 1 >/dev/null || true
	printf '{"id":1,"method":"get_mids","params":5}\n{"id":2,"method":"subscribe","params":{"types":["nosuch"]}}\n{"id":3,"method":"get_mids","params":{"symbols":{}}}\n' | ask 3 >got
	[ "$(jq -c .ok got | xargs)" = 'true false true' ]
	say candle BTC 1m $T 5 101
	now $((T + M))
	say candle BTC 1m $((T + M)) 1 103
	now $((T + M + 2000))
	soon has '"step"'
}

@test "feed: a day at ocq-paperx with drops, freezes, doubles, losses and kills: the stores are the market's, row for row" {
	"$OCQ_ROOT/test/feed-month" 1 "$PWD"
}

@test "feed: --to ends a run that catches up, with nothing behind it" {
	start_venue
	say "answer candleSnapshot:BTC:1m [$(for i in 6 5 4 3 2 1; do row BTC 1m $((T - i * M)) 5 101; done | paste -sd,)]"
	(bounded ocq-feed --url "$URL" -s BTC -i 1m --from $((T - 6 * M)) --to $((T - 4 * M)) >out 2>err 7>&-)
	[ "$(told step | xargs)" = "- $((-6 * M)) - $((-5 * M)) - $((-4 * M))" ]
	[ "$(told candle | wc -l)" = 3 ]
	(bounded ocq-feed --url "$URL" -s BTC -i 1m --to $((T - 4 * M)) >out 2>err 7>&-)	# over before it began
	told_is step 0
}

@test "feed: a file of symbols that is gone or empty for a moment changes nothing" {
	start_venue
	printf 'BTC,ETH\n' >symbols
	feed -s @symbols -i 1m
	subscribed '{"type":"candle","coin":"ETH","interval":"1m"}'
	rm symbols
	soon has 'what it said before still counts' err
	: >symbols
	soon has 'symbols: there is no symbol in it; what it said before still counts' err
	run ! grep unsubscribe venue.log
	echo BTC >symbols
	soon has 'unsubscribe {"type":"candle","coin":"ETH","interval":"1m"}' venue.log
	[ "$(grep -c ^unsubscribe venue.log)" = 1 ]
}

@test "feed: answers with wrong bars, in any order, twice: what is right of them is taken" {
	start_venue
	wrong=$(row BTC 1m $((T - M)) 4 101 | jq -c '.h = "10.0"')
	say "answer candleSnapshot:BTC:1m [$(row BTC 1m $((T - 2 * M)) 5 101),$wrong,$(row BTC 1m $((T - 3 * M)) 6 101),$(row BTC 1m $((T - 3 * M)) 4 101)]"
	feed -s BTC -i 1m --dir st --history 4
	soon stored_is "BTC $((-3 * M)) 6 BTC $((-2 * M)) 5"
	soon has "BTC 1m 2025-11-22T15:59:00Z: the exchange's bar is not taken: \"h\" is below another price of the bar" err
	stop_feed
	rm -r st out
	feed -s BTC -i 1m --dir st --from $((T - 3 * M))
	soon told_is gap 1
	[ "$(told candle | xargs)" = "BTC $((-3 * M)) 6 BTC $((-2 * M)) 5" ]
	[ "$(told gap)" = "BTC $((-M)) 1" ]
}

@test "feed: after a message that is no bar the exchange is asked for what it should have said" {
	start_venue
	feed -s BTC,ETH -i 1m
	subscribed '{"type":"candle","coin":"ETH","interval":"1m"}'
	say candle BTC 1m $T 5 101
	say candle ETH 1m $T 5 101
	say "send {\"channel\":\"candle\",\"data\":$(row BTC 1m $T 9 104 | jq -c '.h = "10.0"')}"
	say "answer candleSnapshot:BTC:1m [$(row BTC 1m $T 9 104)]"
	now $((T + M + 2000))
	soon has '"step"'
	[ "$(told candle)" = $'BTC 0 9\nETH 0 5' ]
	run ! grep asked.candleSnapshot:ETH venue.log
}

@test "feed: an end that leaves rows out of the store is no success" {
	start_venue
	feed -s BTC -i 1m --dir st
	subscribed '{"type":"candle","coin":"BTC","interval":"1m"}'
	say candle BTC 1m $T 5 101
	sqlite3 st/candles_1m.db 'begin immediate' '.shell echo >locked; sleep 15' 7>&- 3>&- &
	soon test -e locked
	now $((T + M + 2000))
	soon has '"step"'
	kill "$FEED"
	wait "$FEED" && false || [ $? = 75 ]
	has 'database is locked: the last 2 rows are not in the store' err
}

@test "feed: a signal ends it although the reader of its records has gone to sleep" {
	start_venue
	mkfifo pipe
	ocq-feed --url "$URL" -s BTC -i 1m >pipe 2>err 7>&- 3>&- & FEED=$!
	exec 6<pipe
	soon has 'subscribe {"type":"allMids"}' venue.log
	for i in $(seq 3000); do say "send {\"channel\":\"allMids\",\"data\":{\"mids\":{\"BTC\":\"$i.5\"}}}"; done
	sleep 1
	kill "$FEED"
	soon has 'stdout: cannot be written: Connection timed out' err
	wait "$FEED" && false || [ $? = 75 ]
	exec 6<&-
}

@test "feed: --follow says which steps it has lost" {
	start_venue
	feed -s BTC -i 1m --dir st --socket s.sock
	ocq-feed --follow s.sock >f.out 2>f.err 7>&- 3>&- & FOLLOW=$!
	subscribed '{"type":"candle","coin":"BTC","interval":"1m"}'
	say candle BTC 1m $T 5 101
	now $((T + M + 2000))
	soon has '"step"' f.out
	kill -STOP $FOLLOW
	kill -9 "$FEED"
	wait "$FEED" || true
	say "answer candleSnapshot:BTC:1m [$(for i in $(seq 100); do row BTC 1m $((T + i * M)) 5 101; done | paste -sd,)]"
	now $((T + 101 * M + 5000))
	feed -s BTC -i 1m --dir st --socket s.sock
	soon told_is step 101
	kill -CONT $FOLLOW
	soon has "\"step\",\"t_ms\":$((T + 100 * M))" f.out
	kill $FOLLOW
	wait $FOLLOW
	[ "$(jq -r 'select(.type == "gap") | [.symbol, .from_ms - '$T', .to_ms - '$T', .bars, .why] | join(" ")' f.out)" = \
		"BTC $M $((36 * M)) 36 steps that the other feed does not remember" ]
	[ "$(jq -r 'select(.type == "candle").t_ms' f.out | wc -l)" = 65 ]	# the first, and 64 steps
}

@test "feed: a store whose last step lies in the future is told, and --from goes on before it" {
	start_venue
	feed -s BTC -i 1m --dir st
	stop_feed
	[ ! -s err ]
	sqlite3 st/candles_1m.db "insert into steps values('1m', $((T + 60 * M)))"
	feed -s BTC -i 1m --dir st
	has "st: its last step lies in the future; the next one is 2025-11-22T17:01:00Z, unless --from says otherwise" err
	stop_feed
	feed -s BTC -i 1m --dir st --from $T
	say candle BTC 1m $T 5 101
	say "answer candleSnapshot:BTC:1m [$(row BTC 1m $T 5 101)]"
	now $((T + M + 7000))
	soon told_is step 1
	[ "$(wc -l <err)" = 1 ]
}

@test "feed: socket: of the steps that a subscriber has missed he gets what he asked for" {
	start_venue
	feed -s BTC,ETH -i 1m --socket s.sock
	subscribed '{"type":"candle","coin":"ETH","interval":"1m"}'
	say candle BTC 1m $T 5 101
	say candle ETH 1m $T 5 101
	now $((T + M + 2000))
	soon has '"step"'
	echo '{"id":1,"method":"subscribe","params":{"types":["step"],"after_ms":0}}' | ask 2 >steps
	[ "$(jq -r '.type // "answer"' steps | xargs)" = 'answer step' ]
	echo '{"id":1,"method":"subscribe","params":{"symbols":["ETH"],"after_ms":0}}' | ask 3 >eth
	[ "$(jq -r '.symbol // .type // "answer"' eth | xargs)" = 'answer ETH step' ]
}

@test "feed: wrong usage" {
	dies 64 'nothing to follow' ocq-feed
	dies 64 'not one of' ocq-feed -s BTC -i 7m
	dies 64 'twice' ocq-feed -s BTC -i 1m,1m
	dies 64 'nosuchfile' ocq-feed -s @nosuchfile
	dies 64 'is not a symbol' ocq-feed -s '"x"'
	dies 64 'url' ocq-feed -s BTC --url ftp://x
	dies 64 'is not an address' ocq-feed -s BTC --user 0x12
	dies 64 'operands' ocq-feed BTC
	writes 75 /dev/full ocq-feed -s BTC --url http://127.0.0.1:1
	echo x >file
	dies 75 'file' ocq-feed -s BTC --dir file --url http://127.0.0.1:1
}

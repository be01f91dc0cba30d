# SPDX-License-Identifier: MIT
# ocq-align: a lane beside its replay. What is the same, what the journal explains, what it does not, and what that leaves behind.
load lib

ADDR=0x00000000000000000000000000000000000000aa
HOUR=3600000

# id SYMBOL T ACTION: of an intent
id() { printf 'paper|%s|%s|%s|%s|0' $ADDR "$1" "$2" "$3" | sha256sum | head -c 32; }
# The journal's records are dated 1 ms, before every fill.
lane() {
	export OCQ_CLOCK=$PWD/clock
	perl -e 'print pack("q<", 1)' >clock
	echo '{"type":"lane","mode":"paper","account":"'$ADDR'","network":"testnet","interval":"1h","first_ms":0,"from_ms":0,"lookback":50,"balance_usd":1000}' |
		ocq-journal append J
}
# decision T SYMBOL ACTION PRICE SIZE BALANCE
decision() {
	echo '{"type":"decision","t_ms":'"$1"',"symbol":"'"$2"'","action":"'"$3"'","reason_code":"x","reason":"","confidence":"high","price":'"$4"',"size":'"$5"',"notional_usd":'$(($4 * $5))',"pnl_usd":0,"fee_usd":'"$(jq -n "$4 * $5 / 1000")"',"balance_usd":'"$6"',"entry_atr":1,"leverage":1,"margin_usd":0}'
}
# intent T SYMBOL ACTION SIDE SIZE
intent() {
	echo '{"type":"intent","id":"'"$(id "$2" "$1" "$3")"'","t_ms":'"$1"',"symbol":"'"$2"'","action":"'"$3"'","side":"'"$4"'","size":"'"$5"'","reduce_only":false,"ref_px":100,"limit_px":"","notional_usd":100,"cash_usd":-0.1,"leverage":1,"confidence":"high","reason_code":"x","reason":"","entry_atr":1,"adx_threshold":0,"valid_until_ms":0,"place":0,"op":null}'
}
# commit T [LATE [POSITIONS [CONFIG]]]
commit() {
	echo '{"type":"step_commit","seen":0,"t_ms":'"$1"',"config_id":"'"${4:-c1}"'","balance_usd":1000,"equity_usd":1000,"margin_usd":0,"positions":'"${3:-0}"',"decisions":0,"intents":0,"late":'"${2:-false}"'}'
}
# outcome INTENT OUTCOME FILLED PX: of its only attempt, sent with a limit of 110
nonce=0
ended() {
	nonce=$((nonce + 1))
	echo '{"type":"send","intent":"'"$1"'","attempt":0,"kind":"order","symbol":"BTC","nonce":'$nonce',"cloid":"'"$(cloid "$1")"'","size":"1","limit_px":"110","mid_px":100,"expires_ms":0,"body":"x"}
{"type":"outcome","intent":"'"$1"'","attempt":0,"nonce":'$nonce',"kind":"order","outcome":"'"$2"'","over":true,"oid":null,"filled":"'"$3"'","avg_px":'"$4"',"code":null,"evidence":"answer","error":""}'
}
cloid() { echo "0x6f63715f${1:0:22}00"; }
# adopt T SYMBOL CAUSE SIZE_AFTER
adopt() {
	echo '{"type":"adopt","symbol":"'"$2"'","t_ms":'"$1"',"cause":"'"$3"'","intent":null,"size_before":1,"size_after":'"$4"',"balance_before":999,"balance_after":1000}'
}
# fill T CLOID PX SZ FEE
fill() {
	echo '{"type":"fill","symbol":"BTC","t_ms":'"$1"',"tid":"'$RANDOM$RANDOM'","oid":"1","cloid":'"$2"',"side":"B","px":'"$3"',"sz":'"$4"',"start_position":0,"dir":"Open Long","closed_pnl":0,"fee":'"$5"',"fee_token":"USDC","crossed":true,"hash":"0x0","snapshot":false}'
}
append() { ocq-journal append J; }
# causes: what was told, in order
causes() { jq -r 'select(.type == "misalign") | .what + " " + .field + " " + .cause + " " + .detail' told; }
# A lane of one entry, decided at hour 1 by lane and replay, its intent sent and filled as decided but for what "$@" says: outcome, filled, price.
opened() {
	lane
	{ decision $HOUR BTC OPEN_LONG 100 1 999.9; intent $HOUR BTC OPEN buy 1; commit $HOUR false 1; } | append
	decision $HOUR BTC OPEN_LONG 100 1 999.9 >want
	o=$(id BTC $HOUR OPEN)
	verdict "$o" | append
	ended "$o" "$@" | append
}
verdict() { echo '{"type":"verdict","intent":"'"$1"'","allow":true,"cause":"ok"}'; }
# told FILTER: of the one difference
told() { jq -s -e '[.[] | select(.type == "misalign")] | length == 1 and (.[0] | '"$1)" told; }
sum() { jq -e "select(.type == \"alignment\") | $1" told; }

@test "align: what is the same is the same, and what the replay decides later is no difference" {
	opened filled 1 100
	decision $((9 * HOUR)) ETH OPEN_LONG 100 1 999 >>want
	commit $((2 * HOUR)) false 1 | append
	ocq-align -j J want >told
	sum '.steps == 2 and .decisions == 1 and .replayed == 1 and .equal == 1 and .intents == 1 and .pending == 0 and .differences == 0'
	ocq-align -j J - <want | cmp - told
	[ "$(ocq-align -j J --text want | tail -n 1)" = "0 differences, 0 unexplained" ]
}

@test "align: one member, one decision more or less, of either side, has no cause" {
	opened filled 1 100
	commit $((2 * HOUR)) false 1 | append
	jq -c '.balance_usd = 999.8' want >other
	run -1 --separate-stderr ocq-align -j J other
	echo "$output" >told
	told '.field == "balance_usd" and .lane == "999.9" and .other == "999.8" and .cause == "unexplained"'
	run -1 --separate-stderr ocq-align -j J /dev/null
	echo "$output" >told
	told '.lane == "OPEN_LONG" and .other == ""'
	decision $((2 * HOUR)) ETH OPEN_LONG 100 1 999 >>want
	run -1 --separate-stderr ocq-align -j J want
	echo "$output" >told
	told '.lane == "" and .other == "OPEN_LONG" and .symbol == "ETH"'
}

@test "align: a late step leaves out entries, no exits" {
	opened filled 1 100
	commit $((2 * HOUR)) true 1 | append
	cp want early
	decision $((2 * HOUR)) ETH OPEN_LONG 100 1 999 >>want
	decision $((2 * HOUR)) SOL OPEN_LONG 100 1 998 >>want
	decision $((2 * HOUR)) BTC CLOSE_LONG 100 1 998 >>want
	ocq-align -j J want >told
	[ "$(causes)" = "replay  late 
replay  late " ]
	sum '.follows == 1'
	{ cat early; decision $((2 * HOUR)) BTC CLOSE_LONG 100 1 1000; } >want
	run -1 ocq-align -j J want
}

@test "align: an entry that an unresolved order of the symbol forbids" {
	lane
	{ decision $HOUR BTC OPEN_LONG 100 1 999.9; intent $HOUR BTC OPEN buy 1; commit $HOUR false 1; } | append
	verdict "$(id BTC $HOUR OPEN)" | append
	ended "$(id BTC $HOUR OPEN)" filled 1 100 | sed -n 1p | append
	commit $((2 * HOUR)) false 1 | append
	{ decision $HOUR BTC OPEN_LONG 100 1 999.9; decision $((2 * HOUR)) BTC ADD_LONG 100 1 999; } >want
	ocq-align -j J want >told
	[ "$(causes)" = "replay  unresolved " ]
	sum '.pending == 1'
	sed -i '2s/BTC/ETH/' want
	run -1 ocq-align -j J want
}

@test "align: a step that was left out, with a record of it and without" {
	opened filled 1 100
	cp -r J K
	{ echo '{"type":"gap","symbol":"ETH","interval":"1h","from_ms":'$((2 * HOUR))',"to_ms":'$((3 * HOUR))',"bars":2,"why":""}'
		commit $((4 * HOUR)); } | append
	commit $((4 * HOUR)) | ocq-journal append K
	decision $((3 * HOUR)) ETH OPEN_LONG 100 1 999 >>want
	decision $((4 * HOUR)) ETH CLOSE_LONG 100 1 999 >>want
	ocq-align -j J want >told
	[ "$(causes)" = "replay  gap " ]
	run -1 ocq-align -j K want
}

@test "align: what was adopted explains what follows from it, nothing before" {
	opened rejected 0 0
	{ adopt $((2 * HOUR)) BTC rejected 0; decision $((2 * HOUR)) ETH OPEN_LONG 100 2 998; intent $((2 * HOUR)) ETH OPEN buy 2; commit $((2 * HOUR)); } | append
	decision $((2 * HOUR)) ETH OPEN_LONG 100 1 997 >>want
	ocq-align -j J want >told
	[ "$(causes)" = "replay size adopted rejected
ledger size adopted rejected" ]
	sed -i '1s/"price":100/"price":101/' want
	run -1 --separate-stderr ocq-align -j J want
	echo "$output" >told
	[ "$(causes | head -n 1)" = "replay price unexplained " ]
}

@test "align: an order that was filled short and that no step took over" {
	opened partial 0.5 100
	ocq-align -j J want >told
	sum '.pending == 1'
	commit $((2 * HOUR)) | append
	run -1 --separate-stderr ocq-align -j J want
	echo "$output" >told
	[ "$(causes)" = "ledger size unexplained partial" ]
}

@test "align: a seed explains balances until one is equal" {
	lane
	{ adopt $HOUR "" account 0 | jq -c '.size_before = 0'; decision $HOUR BTC OPEN_LONG 100 1 999.9; intent $HOUR BTC OPEN buy 1; commit $HOUR; } | append
	decision $((HOUR)) BTC OPEN_LONG 100 1 5000 >want
	ocq-align -j J want >told
	[ "$(causes)" = "replay balance_usd adopted account" ]
	{ decision $((2 * HOUR)) ETH OPEN_LONG 100 1 999; intent $((2 * HOUR)) ETH OPEN buy 1; commit $((2 * HOUR)); } | append
	{ decision $((HOUR)) BTC OPEN_LONG 100 1 999.9; decision $((2 * HOUR)) ETH OPEN_LONG 100 1 998; } >want
	run -1 --separate-stderr ocq-align -j J want
	echo "$output" >told
	[ "$(causes)" = "replay balance_usd unexplained " ]
}

@test "align: another configuration" {
	opened filled 1 100
	{ decision $((2 * HOUR)) ETH OPEN_LONG 100 1 999; intent $((2 * HOUR)) ETH OPEN buy 1; commit $((2 * HOUR)) false 1 c2; } | append
	ocq-align -j J want >told
	[ "$(causes)" = "replay  config c2" ]
	{ echo '{"type":"header","schema":1,"program":"ocq-replay","version":"1","command":"","config_id":"c3","contract_id":null,"contract":""}'; cat want; } >other
	run -78 ocq-align -j J other
}

@test "align: price and fee differ, within the order's limit" {
	opened filled 1 105
	fill $((HOUR + 5)) '"'"$(cloid "$o")"'"' 105 1 0.5 | append
	commit $((2 * HOUR)) false 1 | append
	ocq-align -j J want >told
	[ "$(causes)" = "ledger price price 
ledger fee_usd fee " ]
	sum '.price_usd == 5 and (.fee_usd - 0.395 | fabs) < 1e-9'
	rm -r J
	opened filled 1 111
	commit $((2 * HOUR)) false 1 | append
	run -1 --separate-stderr ocq-align -j J want
	echo "$output" >told
	[ "$(causes)" = "ledger price unexplained " ]
}

@test "align: fills that outcomes do not know of, and fills of nobody" {
	opened filled 1 100
	fill $((HOUR + 5)) '"'"$(cloid "$o")"'"' 100 2 0.2 | append
	commit $((2 * HOUR)) false 1 | append
	run -1 --separate-stderr ocq-align -j J want
	echo "$output" >told
	[ "$(causes)" = "ledger filled unexplained 
ledger size unexplained filled" ]
	rm -r J
	opened filled 1 100
	fill $((2 * HOUR)) null 100 3 0.3 | append
	commit $((2 * HOUR)) false 1 | append
	run -1 ocq-align -j J want
	{ adopt $((3 * HOUR)) BTC heal 4; commit $((3 * HOUR)) false 1; } | append
	ocq-align -j J want >told
	[ "$(causes)" = "ledger  adopted heal" ]
}

@test "align: the blocker is there while something has no cause, and nobody else's is touched" {
	opened filled 1 100
	run -1 ocq-align -j J --blocker b /dev/null
	grep -q '^ocq-align: 1 differences of J without a cause' b
	grep -q 'BTC .*OPEN_LONG' b
	ocq-align -j J --blocker b want
	[ ! -e b ]
	ocq-align -j J --blocker b want
	echo mine >b
	ocq-align -j J --blocker b want 2>said
	[ "$(cat b)" = mine ]
	grep -q 'not a blocker' said
}

@test "align: what cannot be compared" {
	dies 64 "-j DIR" ocq-align want
	dies 64 "one operand" ocq-align -j J
	opened filled 1 100
	decision -5 BTC OPEN_LONG 100 1 1 >early
	dies 78 "--from 0" ocq-align -j J early
	{ cat want; cat early; } >disorder
	dies 65 "earlier than" ocq-align -j J disorder
	mkdir -m 700 empty
	dies 65 "no lane has begun" ocq-align -j empty want
	sed -i '3s/BTC/ETC/' J/00000001.ndjson
	dies 65 "00000001.ndjson:3" ocq-align -j J want
}

@test "align: a lane on the local exchange differs from its replay in prices alone, and an altered decision is seen" {
	ocq-synth -q --seed 5 --days 10 --count 3 --candles c.db
	cat >s.yaml <<-END
	global:
	  engine: {interval: 1h}
	  trade: {entry_min_confidence: low, enable_ssf_filter: false}
	  filters: {enable_ranging_filter: false}
	  thresholds: {entry: {min_adx: 15, macd_hist_entry_mode: none}}
	  indicators: {ema_macro_window: 60, adx_window: 10}
	END
	first=1735689600000 from=$((first + 100 * HOUR))
	timeout 100 "$OCQ_ROOT/test/lockstep" . c.db s.yaml 60 $first $from $((first + 200 * HOUR))
	ocq-replay -q -c s.yaml --candles c.db --lookback 60 --venue markets --from $from --decisions want
	ocq-align -j J --blocker b want >told
	sum '.equal > 10 and .equal == .decisions and .equal == .replayed and .unexplained == 0 and .intents > 10'
	jq -s -e 'map(select(.type == "misalign")) | length > 5 and all(.[]; .cause == "price")' told
	sed '6s/"size":\([1-9]\)/"size":1\1/; 6s/"size":0/"size":1/' want >other
	run ! cmp -s want other
	run -1 --separate-stderr ocq-align -j J --blocker b other
	echo "$output" >told
	sum '.unexplained == 1'
	[ -s b ]
}

@test "align: orders that are refused and answers that get lost are all explained" {
	ocq-synth -q --seed 5 --days 10 --count 3 --candles c.db
	lane_strategy >s.yaml
	cat >faults <<-'END'
	{"fault":"drop_after","kind":"order","p":0.1,"times":0}
	{"fault":"reject_next","kind":"order","p":0.1,"times":0,"text":"Order could not immediately match against any resting orders."}
	END
	first=1735689600000 from=$((first + 100 * HOUR))
	PAPERX='--faults faults' timeout 100 "$OCQ_ROOT/test/lockstep" . c.db s.yaml 60 $first $from $((first + 200 * HOUR))
	ocq-replay -q -c s.yaml --candles c.db --lookback 60 --venue markets --from $from --decisions want
	ocq-align -j J want >told
	sum '.unexplained == 0 and .follows > 0'
	jq -s -e 'map(select(.type == "misalign" and .what == "replay")) | length > 0 and all(.[]; .cause == "adopted")' told
	jq -s -e 'any(.[]; .what == "ledger" and .field == "size" and .cause == "adopted" and .detail == "rejected")' told
}

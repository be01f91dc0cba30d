# SPDX-License-Identifier: MIT
# ocq-decide: the stream form of the replay, and streams that are wrong.
load lib

# Snapshots of a market of 30 days in s.ndjson, candles in c.db, the strategy in s.yaml.
stream() {
	ocq-synth -q --seed 5 --days 30 --count 5 --late 1 --delisted 1 --candles c.db
	cat >s.yaml <<-END
	global:
	  trade: {entry_min_confidence: low, enable_ssf_filter: false}
	  filters: {enable_ranging_filter: false}
	  thresholds: {entry: {min_adx: 15, macd_hist_entry_mode: none}}
	  indicators: {ema_macro_window: 60, adx_window: 10}
	END
	ocq-candles export c.db -i 1h | ocq-indicators -c s.yaml >s.ndjson
}
decide() { ocq-decide -q -c s.yaml --fill replay --lookback 60 "$@"; }
replay() { ocq-replay -q -c s.yaml --candles c.db --lookback 60 "$@"; }

@test "decide: the events of ocq-replay, byte for byte" {
	stream
	decide --no-header <s.ndjson >a
	replay --no-header --events b
	[ "$(wc -l <a)" -gt 20 ]
	cmp a b
	decide --no-header s.ndjson | cmp - b
	decide --no-header --from 2025-01-10 --to 2025-01-20 --balance 777 --slippage-bps 3 <s.ndjson >a
	replay --no-header --from 2025-01-10 --to 2025-01-20 --balance 777 --slippage-bps 3 --events b
	[ -s a ]
	cmp a b
}

@test "decide: imported state acts as in a replay, also for a symbol that lists later" {
	stream
	late=$(jq -r 'select(.type == "snapshot") | .symbol' s.ndjson | awk '!seen[$0]++' | tail -n 1)
	cat >init.json <<-END
	{"version": 1, "source": "test", "exported_at_ms": 1, "balance": 5000, "positions": [
	 {"symbol": "$late", "side": "long", "size": 2, "entry_price": 1, "entry_atr": 0.5, "confidence": "high", "leverage": 3,
	  "margin_used": 3, "trailing_sl": null}]}
	END
	decide --no-header --init-state init.json <s.ndjson >a
	replay --no-header --init-state init.json --events b
	jq -s -e "map(select(.symbol == \"$late\"))[0].action | test(\"REDUCE_LONG|CLOSE_LONG\")" a
	cmp a b
}

@test "decide: a stream that was cut is an error under --strict" {
	stream
	decide --strict <s.ndjson >/dev/null
	sed -n 1,200p s.ndjson | grep -n '"step"' | tail -n 1 | cut -d: -f1 >last
	head -n "$(cat last)" s.ndjson >cut
	decide <cut >/dev/null
	dies 65 "stdin" decide --strict <cut
	head -n "$(($(cat last) - 1))" s.ndjson >open
	dies 65 "not closed" decide <open
}

@test "decide: snapshots of another strategy are noticed" {
	stream
	sed 's/min_adx: 15/min_adx: 16/' s.yaml >other.yaml
	ocq-decide -q -c other.yaml --fill replay --lookback 60 <s.ndjson 2>err >/dev/null
	grep -q "made under configuration" err
	quiet decide <s.ndjson >/dev/null
}

@test "decide: records out of order are refused with their line" {
	stream
	grep '"snapshot"' s.ndjson | sed -n '1,2p' | tac >swapped
	dies 65 "stdin:2:" decide <swapped
	{ grep '"snapshot"' s.ndjson | sed -n 1p; echo '{"type":"step","t_ms":5}'; } >other
	dies 65 "stdin:2:" decide <other
	printf '{"type":"step","t_ms":7}\n{"type":"step","t_ms":7}\n' >twice
	dies 65 "stdin:2:" decide <twice
}

@test "decide: an unknown type passes through, an ill-typed field does not" {
	stream
	{ echo '{"type":"weather","sky":"clear"}'; cat s.ndjson; } >with
	decide --no-header <with | grep '"weather"' | cmp - <(echo '{"type":"weather","sky":"clear"}')
	sed 's/"close":[0-9.]*/"close":"x"/' s.ndjson >bad
	dies 65 '"close"' decide <bad
}

@test "decide: empty input is an empty run; --fill is needed" {
	stream
	decide --no-header </dev/null >none
	[ ! -s none ]
	dies 64 "--fill replay" ocq-decide -c s.yaml </dev/null
	dies 64 "--fill replay" ocq-decide -c s.yaml --fill paper </dev/null
	writes 75 /dev/full decide <s.ndjson
	reader_leaves 1 decide s.ndjson
}

@test "decide: SIGTERM ends the stream without closing positions, an end or an error" {
	stream
	replay --no-header --events all
	open=$(awk '/"OPEN_/ { n++ } /"CLOSE_/ { n-- } n > 0 { print NR; exit }' all)
	t=$(sed -n "${open}p" all | jq .t_ms)
	after=$(grep -n "\"step\",\"t_ms\":$t" s.ndjson | cut -d: -f1)
	mkfifo in
	bounded ocq-decide -q -c s.yaml --fill replay --lookback 60 <in >got 2>err &
	pid=$!
	exec 7>in
	head -n "$((after + 2))" s.ndjson >&7	# the next step has begun
	for _ in $(seq 100); do grep -q '"OPEN_' got && break; sleep 0.05; done
	kill "$pid"
	wait "$pid"
	exec 7>&-
	[ ! -s err ]
	sed 1d got | cmp - <(head -n "$open" all)
}

# The exchange's markets for the symbols of c.db, with different lots, in meta.
meta() {
	{
		echo '{"type":"fees","taker":0.0004,"maker":0.0001,"spot_taker":0,"spot_maker":0}'
		sqlite3 c.db 'SELECT DISTINCT symbol FROM candles' | jq -Rcn '[inputs] | to_entries[] |
			{type: "asset", symbol: .value, id: .key, sz_decimals: (.key % 4), max_leverage: 3, delisted: false, only_isolated: false}'
	} >meta
}

@test "decide: under an exchange's rules the stream is still the replay, in whole lots, on ticks, at its fee" {
	stream; meta
	decide --no-header --venue meta <s.ndjson >a
	replay --no-header --venue meta --events b --decisions d
	[ "$(wc -l <a)" -gt 20 ]
	cmp a b
	replay --no-header --events without
	run ! cmp -s a without
	jq -e -s --slurpfile m meta '($m | map(select(.type == "asset")) | INDEX(.symbol)) as $m | all(.[];
		($m[.symbol].sz_decimals) as $d
		| (.size * pow(10; $d) | . - round | fabs < 1e-6)
		and (.price * pow(10; 6 - $d) | . - round | fabs < 1e-3)
		and .leverage <= 3 and (.leverage | . == floor)
		and (.fee_usd - .notional_usd * 0.0004 | fabs < 1e-9))' a
	jq -e -s 'all(.[] | select(.action | startswith("OPEN")); .notional_usd >= 10)' a
	jq -c 'select(.reason_code != "exit_end_of_backtest") | .type = "decision" | del(.seq)' b | jq -cS . | cmp - <(jq -cS . d)
}

@test "decide: a symbol that the exchange's records lack is an error, and so are records without one" {
	stream; meta
	name=$(sed -n '2s/.*"symbol":"\([^"]*\)".*/\1/p' meta)
	grep -v "\"$name\"" meta >less
	dies 65 "less: no asset record of $name" decide --venue less <s.ndjson
	dies 65 "less: no asset record of $name" replay --venue less
	head -n 1 meta >none
	dies 65 "none: no asset records" replay --venue none
	cat meta <(sed -n 2p meta) >twice
	dies 65 "twice: $name twice" replay --venue twice
	sed '2s/"sz_decimals":0/"sz_decimals":7/' meta >seven
	dies 65 'seven:2: '"$name"': "sz_decimals"' replay --venue seven
}

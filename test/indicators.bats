# SPDX-License-Identifier: MIT
# ocq-indicators: candles to snapshots, and streams that are wrong.
load lib

# Candles of a market of 10 days in c.ndjson; a strategy with two layers in s.yaml.
stream() {
	ocq-synth -q --seed 5 --days 10 --count 4 --late 1 --gaps 40 >c.ndjson
	cat >s.yaml <<-END
	global:
	  indicators: {ema_fast_window: 5, ema_slow_window: 9, adx_window: 6}
	symbols:
	  BTC: {indicators: {rsi_window: 3}}
	live:
	  indicators: {atr_window: 4}
	END
}
# candle SYMBOL T CLOSE [INTERVAL]
candle() {
	echo "{\"type\":\"candle\",\"symbol\":\"$1\",\"interval\":\"${4:-1h}\",\"t_ms\":$2,\"t_close_ms\":$(($2 + 3599999)),\"o\":$3,\"h\":$3,\"l\":$3,\"c\":$3,\"v\":1,\"n\":1}"
}

@test "indicators: a snapshot for every candle, in their place; steps pass" {
	stream
	ocq-indicators -c s.yaml <c.ndjson >s.ndjson
	jq -c 'select(.t_ms) | [.type == "step", .symbol, .t_ms, .c]' c.ndjson >want
	jq -c 'select(.t_ms) | [.type == "step", .symbol, .t_ms, .close]' s.ndjson >got
	[ "$(wc -l <want)" -gt 900 ]
	cmp want got
	[ "$(tail -n 1 s.ndjson)" = "{\"type\":\"end\",\"records\":$(($(wc -l <s.ndjson) - 2))}" ]
	[ "$(head -n 1 s.ndjson | jq -r .config_id)" = "$(ocq-config id -c s.yaml)" ]
}

@test "indicators: symbols do not mix, whatever the order they come in" {
	stream
	ocq-indicators --no-header <c.ndjson >all
	for s in $(jq -r 'select(.symbol) | .symbol' c.ndjson | sort -u); do
		jq -c "select(.type != \"candle\" or .symbol == \"$s\")" c.ndjson | ocq-indicators --no-header | grep '"snapshot"' >one
		grep "\"symbol\":\"$s\"" all | cmp - one
	done
	grep '"candle"' c.ndjson | sort -t, -k2,2 -s | ocq-indicators --no-header | grep '"BTC"' >one
	grep '"BTC"' all | cmp - one
	grep '"candle"' c.ndjson | sort -t, -k2,2 -s -r | sort -t, -k4,4 -s | ocq-indicators --no-header | grep '"BTC"' >one
	grep '"BTC"' all | cmp - one
}

@test "indicators: layers: one symbol's, live's, the defaults" {
	stream
	for o in "" "-s BTC" "--live" "-s ETH"; do
		ocq-indicators -c s.yaml $o --no-header <c.ndjson | sed -n 60p | md5sum
	done >sums
	[ "$(sort -u sums | wc -l)" = 3 ]	# ETH has no layer
	ocq-indicators --no-header <c.ndjson | cmp -s - <(ocq-indicators -c s.yaml --no-header <c.ndjson) && return 1
	ocq-indicators -c s.yaml -s BTC --live <c.ndjson >a
	[ "$(head -n 1 a | jq -r .config_id)" = "$(ocq-config id -c s.yaml -s BTC --live)" ]
}

@test "indicators: the CSV is the snapshots with fixed decimals" {
	stream
	ocq-indicators -c s.yaml --csv ETH -o eth.csv <c.ndjson
	[ "$(head -n 1 eth.csv)" = "t,close,ema_slow,ema_fast,ema_macro,adx,adx_slope,adx_pos,adx_neg,bb_upper,bb_lower,bb_width,atr,rsi,macd_hist,stoch_rsi_k,stoch_rsi_d,vol_sma,vol_trend" ]
	ocq-indicators -c s.yaml -s ETH <c.ndjson | jq -r 'select(.symbol == "ETH") | [.t_ms, .close, .ema_slow, .ema_fast, .ema_macro,
		.adx, .adx_slope, .adx_pos, .adx_neg, .bb_upper, .bb_lower, .bb_width, .atr, .rsi, .macd_hist, .stoch_rsi_k, .stoch_rsi_d,
		.vol_sma, if .vol_trend then 1 else 0 end] | @tsv' |
		awk '{ printf "%s,%.8f,%.8f,%.8f,%.8f,%.4f,%.4f,%.4f,%.4f,%.8f,%.8f,%.6f,%.8f,%.4f,%.8f,%.4f,%.4f,%.4f,%s\n",
			$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19 }' >want
	tail -n +2 eth.csv | cmp - want
	[ "$(wc -l <want)" -gt 150 ]
	dies 64 "leave -s out" ocq-indicators --csv ETH -s BTC <c.ndjson
	dies 65 "no candle of NOPE" ocq-indicators --csv NOPE <c.ndjson
}

@test "indicators: a bar that is not newer is refused with its line, and what came before is written" {
	{ candle BTC 3600000 1; candle ETH 3600000 1; candle BTC 7200000 2; candle BTC 7200000 3; } >c
	dies 65 "stdin:4: BTC: a bar of 7200000 after one of 7200000" ocq-indicators --no-header <c
	[ "$(wc -l <stdout.txt)" = 3 ]
	{ candle BTC 7200000 1; candle BTC 3600000 1; } >c
	dies 65 "c:2: BTC: a bar of 3600000" ocq-indicators c
	[ "$(grep -c snapshot stdout.txt)" = 1 ]
}

@test "indicators: candles of another interval: an error, or with -i passed on" {
	{ candle BTC 3600000 1; candle BTC 3600000 5 5m; candle BTC 7200000 2; } >c
	dies 65 "stdin:2: BTC: a candle of 5m among those of 1h" ocq-indicators --no-header <c
	ocq-indicators --no-header -i 1h <c | jq -c '[.type, .close]' >got
	printf '["snapshot",1]\n["candle",null]\n["snapshot",2]\n' | cmp - got
	ocq-indicators --no-header -i 5m <c | jq -c '[.type, .close]' >got
	printf '["candle",null]\n["snapshot",5]\n["candle",null]\n' | cmp - got
}

@test "indicators: unknown types pass unchanged" {
	{ candle BTC 3600000 1; echo '{"type":"moon","phase": 0.50}'; echo '{"type":"step","t_ms":3600000}'; } >c
	ocq-indicators --no-header <c >got
	[ "$(sed -n 2p got)" = '{"type":"moon","phase": 0.50}' ]
	[ "$(sed -n 3p got)" = '{"type":"step","t_ms":3600000}' ]
}

@test "indicators: numbers that overflow are refused, not written" {
	{ candle BTC 3600000 1e308; candle BTC 7200000 -1e308; } >c
	dies 65 "stdin:2: BTC: an indicator overflows" ocq-indicators --no-header <c
}

@test "indicators: empty, torn and broken input" {
	ocq-indicators --no-header </dev/null >got
	[ ! -s got ]
	ocq-indicators </dev/null | jq -c .type >got
	printf '"header"\n"end"\n' | cmp - got
	dies 65 "stdin" ocq-indicators --strict </dev/null
	stream
	head -c -45 c.ndjson >torn
	dies 65 "torn:" ocq-indicators torn
	grep -v '"type":"end"' c.ndjson >cut
	dies 65 "cut" ocq-indicators --strict cut
	ocq-indicators cut >/dev/null
	{ candle BTC 3600000 1; candle BTC 7200000 '"2"'; } >c
	dies 65 'stdin:2: "o"' ocq-indicators <c
	head -c 1000000 /dev/zero | tr '\0' x >long
	dies 65 "stdin:1:" ocq-indicators <long
	{ printf '{"type":"moon","x":"'; head -c 1000000 /dev/zero | tr '\0' x; echo '"}'; } >long
	ocq-indicators --no-header <long | cmp - long
	dies 65 "nosuchfile" ocq-indicators nosuchfile
}

@test "indicators: several files are one stream" {
	stream
	head -n 400 c.ndjson >a
	tail -n +401 c.ndjson >b
	ocq-indicators a b | tail -n +2 >got
	ocq-indicators <c.ndjson | tail -n +2 | cmp - got
}

@test "indicators: a full disk, a reader that leaves" {
	stream
	writes 75 /dev/full ocq-indicators c.ndjson
	reader_leaves 3 ocq-indicators c.ndjson
}

@test "indicators: a wrong configuration is exit 78, or a warning" {
	stream
	echo 'global: {indicators: {adx_window: 0}}' >bad.yaml
	dies 78 "bad.yaml:1" ocq-indicators -c bad.yaml <c.ndjson
	ocq-indicators -c bad.yaml --lenient <c.ndjson 2>warnings >/dev/null
	grep -q "bad.yaml:1" warnings
}

@test "indicators: a snapshot leaves as soon as its candle has come" {
	mkfifo in
	bounded ocq-indicators --no-header <in >got &
	exec 7>in
	candle BTC 3600000 1 >&7
	for _ in $(seq 100); do [ -s got ] && break; sleep 0.05; done
	[ "$(wc -l <got)" = 1 ]
	exec 7>&-
	wait
}

@test "indicators: a file that SIGTERM would cut short is not written" {
	mkfifo in
	echo old >kept.csv
	bounded ocq-indicators --csv BTC -o kept.csv <in 2>err &
	pid=$!
	exec 7>in
	candle BTC 3600000 1 >&7
	for _ in $(seq 100); do ls kept.csv.* && break; sleep 0.05; done
	kill "$pid"
	status=0; wait "$pid" || status=$?
	exec 7>&-
	[ "$status" = 75 ]
	grep -q "kept.csv: stopped by a signal; nothing was written" err
	[ "$(cat kept.csv)" = old ]
	[ "$(echo kept.csv*)" = kept.csv ]
}

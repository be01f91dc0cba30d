# SPDX-License-Identifier: MIT
# ocq-tpe: what it sends, what it makes of the rows that come back, and that neither time nor death changes its output.
# The evaluator is build/test/fake-sweep, whose profit is 1000 less distances from a peak, or a few lines of shell.
load lib

FAKE=$OCQ_BIN/../test/fake-sweep
SPEC=$OCQ_ROOT/config/sweep.yaml
PEAK=trade.sl_atr_mult=5,indicators.ema_fast_window=34,thresholds.entry.min_adx=22

setup_file() { [ -x "$OCQ_BIN/../test/fake-sweep" ] || { echo "make check-suites builds $OCQ_BIN/../test/fake-sweep"; return 1; }; }

spec() { printf '%s\n' "$@" >s.yaml; }	# spec LINE...: a specification
tpe() { timeout --foreground -k 5 60 ocq-tpe -q --spec "$@"; }	# tpe SPEC OPTION... -- COMMAND
# records FILE: what stands between header and end; profits FILE: one a line
records() { sed '1d;$d' "$1"; }
profits() { jq -r 'select(.type == "result") | .total_pnl' "$1"; }
# evaluator BODY: ./eval, which does BODY for each candidate, $id with the values ${v[0]}, ${v[1]} ...; n counts from 1
evaluator() {
	cat >eval <<'END'
#!/bin/bash
row() { printf '{"type":"result","id":"%s","max_drawdown_pct":%s,"total_pnl":%s,"total_trades":%s}\n' "$1" "${4-0}" "$2" "${3-50}"; }
n=0
while IFS= read -r line; do
	[[ $line == *'"type":"candidate"'* ]] || continue
	id=${line#*'"id":"'} list=${line#*[} n=$((n + 1))
	id=${id%%\"*}
	IFS=, read -ra v <<<"${list%%]*}"
END
	printf '\t%s\ndone\n' "$1" >>eval
	chmod +x eval
}

# ---- searching ----

@test "tpe: finds the best of 390625 points, which as many random ones do not" {
	spec 'axes:' '- {path: trade.sl_atr_mult, values: [1, 2, 3, 4, 5]}' '- {path: trade.tp_atr_mult, values: [2, 4, 6, 8, 10]}' \
		'- {path: indicators.ema_fast_window, values: [5, 8, 11, 14, 17]}' '- {path: indicators.adx_window, values: [8, 10, 12, 14, 16]}' \
		'- {path: thresholds.entry.min_adx, values: [10, 15, 20, 25, 30]}' '- {path: trade.max_open_positions, values: [1, 2, 3, 4, 5]}' \
		'- {path: indicators.rsi_window, values: [10, 12, 14, 16, 18]}' '- {path: trade.glitch_atr_mult, values: [4, 8, 12, 16, 20]}'
	peak=trade.sl_atr_mult=4,trade.tp_atr_mult=2,indicators.ema_fast_window=14,indicators.adx_window=12,thresholds.entry.min_adx=30
	peak=$peak,trade.max_open_positions=2,indicators.rsi_window=10,trade.glitch_atr_mult=8
	for seed in 1 2 3; do
		tpe s.yaml -n 3000 --seed $seed -- "$FAKE" --peak $peak >out.ndjson
		[ "$(profits out.ndjson | sort -g | tail -n 1)" = 1000 ]
		ocq-grid --random 3000 --seed $seed --compact s.yaml | "$FAKE" --peak $peak >random.ndjson
		[ "$(profits random.ndjson | sort -g | tail -n 1)" -lt 1000 ]
	done
}

@test "tpe: no row is lost, none comes twice, the stream is whole" {
	tpe "$SPEC" -n 700 --batch 100 -- "$FAKE" --peak $PEAK >out.ndjson
	[ "$(head -n 1 out.ndjson | jq -c '[.type, .program, .seed, .batch, .draws, .axis_values, .min_trades, .lookback]')" = \
		'["header","ocq-tpe",42,100,4,"listed",20,200]' ]
	[ "$(tail -n 1 out.ndjson)" = '{"type":"end","records":700}' ]
	records out.ndjson | jq -r .id | diff - <(seq -f 'tpe_%07.0f' 0 699)
	[ "$(head -n 1 out.ndjson | jq -c .paths)" = "$(ocq-grid --compact "$SPEC" | head -n 1 | jq -c .paths)" ]
}

@test "tpe: the values in a row are those that were evaluated" {
	tpe "$SPEC" -n 300 -- "$FAKE" --peak $PEAK >out.ndjson
	jq -rn --slurpfile all out.ndjson '$all[0].paths as $p | $all[] | select(.type == "result") |
		([$p, .values] | transpose | map({(.[0]): .[1]}) | add) as $v |
		(1000 - ([$v["trade.sl_atr_mult"] - 5, $v["indicators.ema_fast_window"] - 34, $v["thresholds.entry.min_adx"] - 22] | map(fabs) | add)) - .total_pnl |
		select(fabs > 1e-9)' >wrong.txt
	[ ! -s wrong.txt ]
}

@test "tpe: --overrides names the paths in each row; rows that have them pass as they are" {
	tpe "$SPEC" -n 60 -- "$FAKE" --peak $PEAK >values.ndjson
	tpe "$SPEC" -n 60 --overrides -- "$FAKE" --peak $PEAK >wide.ndjson
	[ "$(head -n 1 wide.ndjson | jq 'has("paths")')" = false ]
	diff <(records wide.ndjson | jq -c '[.id, (.overrides | to_entries[] | .value)]') <(records values.ndjson | jq -c '[.id] + .values')
	[ "$(sed -n 2p wide.ndjson | jq -c '.overrides | keys_unsorted')" = "$(head -n 1 values.ndjson | jq -c .paths)" ]
	tpe "$SPEC" -n 60 -- "$FAKE" --peak $PEAK --overrides >passed.ndjson
	diff <(records passed.ndjson) <(records wide.ndjson)
	run ! grep -q '"values":\[' passed.ndjson
}

@test "tpe: rows may be spelled freely, and keep what they have" {
	evaluator 'printf " { \"id\" : \"%s\", \"more\": {\"a\": [1, 2]}, \"total_trades\": 3, \"max_drawdown_pct\":0, \"total_pnl\":1.50 ,\"type\":\"result\" } \t\n" $id'
	tpe "$SPEC" -n 20 -- ./eval >out.ndjson
	[ "$(records out.ndjson | jq -c 'select((.values | length) == 7 and .more.a == [1, 2] and .total_pnl == 1.5)' | wc -l)" = 20 ]
}

@test "tpe: identities of the evaluator's header are those of the rows" {
	tpe "$SPEC" -n 10 -- "$FAKE" --config-id abc >out.ndjson
	[ "$(head -n 1 out.ndjson | jq -r .config_id)" = abc ]
	tpe "$SPEC" -n 10 -- sh -c "'$FAKE' | grep -v header" >out.ndjson
	[ "$(head -n 1 out.ndjson | jq -r .config_id)" = null ]
	[ "$(wc -l <out.ndjson)" = 12 ]
}

# ---- what a trial follows from ----

@test "tpe: the same bytes whatever the evaluator's timing" {
	tpe "$SPEC" -n 300 --batch 16 -- "$FAKE" --peak $PEAK >quick.ndjson
	tpe "$SPEC" -n 300 --batch 16 -- "$FAKE" --peak $PEAK --pause-us 9000 >slow.ndjson
	cmp <(sed 1d quick.ndjson) <(sed 1d slow.ndjson)
	tpe "$SPEC" -n 300 --batch 16 -- sh -c "sleep 0.2; '$FAKE' --peak $PEAK | { sleep 0.2; cat; }" >late.ndjson
	cmp <(sed 1d quick.ndjson) <(sed 1d late.ndjson)
}

@test "tpe: seed, batch, draws and results each make other trials, and only after batch 1 do results" {
	base=(tpe "$SPEC" -n 400 --batch 50)
	"${base[@]}" -- "$FAKE" --peak $PEAK >a.ndjson
	"${base[@]}" -- "$FAKE" --peak trade.sl_atr_mult=4,trade.trailing_distance_atr=2.5 >b.ndjson
	values() { records "$1" | sed -n "$2p" | jq -c .values; }
	cmp <(values a.ndjson 1,100) <(values b.ndjson 1,100)
	run ! cmp -s <(values a.ndjson 101,150) <(values b.ndjson 101,150)
	"${base[@]}" --seed 43 -- "$FAKE" --peak $PEAK >b.ndjson
	run ! cmp -s <(values a.ndjson 1,20) <(values b.ndjson 1,20)
	"${base[@]}" --draws 2 -- "$FAKE" --peak $PEAK >b.ndjson
	cmp <(values a.ndjson 1,100) <(values b.ndjson 1,100)
	run ! cmp -s <(values a.ndjson 101,200) <(values b.ndjson 101,200)
	tpe "$SPEC" -n 400 --batch 25 -- "$FAKE" --peak $PEAK >b.ndjson
	cmp <(values a.ndjson 1,50) <(values b.ndjson 1,50)
	run ! cmp -s <(values a.ndjson 51,100) <(values b.ndjson 51,100)
}

@test "tpe: batch k is sent when all rows of batch k - 2 came back, and not before" {
	cat >eval <<'END'
#!/bin/bash
# Answers one batch of 4 at a time, and notes how many candidates it has been sent by then.
ids=() sent=0 told=0
while :; do
	while IFS= read -rt 0.3 line; do
		[[ $line == *'"candidate"'* ]] || continue
		line=${line#*'"id":"'}; ids+=("${line%%\"*}"); sent=$((sent + 1))
	done
	echo "$told $sent" >>log.txt
	for i in 1 2 3 4; do
		printf '{"type":"result","id":"%s","max_drawdown_pct":0,"total_pnl":1,"total_trades":50}\n' "${ids[told]}"
		told=$((told + 1))
		[ $told -lt 16 ] || exit 0
	done
done
END
	chmod +x eval
	tpe "$SPEC" -n 16 --batch 4 -- ./eval >out.ndjson
	[ "$(xargs <log.txt)" = '0 8 4 12 8 16 12 16' ]
}

# ---- death and resumption ----

@test "tpe: cut anywhere, --output goes on to the same bytes" {
	run=(tpe "$SPEC" -n 200 --batch 16)
	cp "$FAKE" ./fake
	"${run[@]}" -o full.ndjson -- ./fake --peak $PEAK
	size=$(stat -c %s full.ndjson)
	for cut in 0 1 17 500 "$(head -n 1 full.ndjson | wc -c)" $(seq 700 1700 "$size") $((size - 30)) $((size - 29)) $((size - 28)) $((size - 1)) "$size"; do
		head -c "$cut" full.ndjson >part.ndjson
		"${run[@]}" -o part.ndjson -- ./fake --peak $PEAK || { echo "cut at $cut"; return 1; }
		cmp part.ndjson full.ndjson || { echo "cut at $cut"; return 1; }
	done
}

@test "tpe: killed at any moment, the same command ends with the same bytes" {
	run=(tpe "$SPEC" -n 400 --batch 16)
	"${run[@]}" -o full.ndjson -- "$FAKE" --peak $PEAK --pause-us 4000
	for rows in 1 30 170 390; do
		(exec ocq-tpe -q --spec "$SPEC" -n 400 --batch 16 -o part.ndjson -- "$FAKE" --peak $PEAK --pause-us 4000) 2>/dev/null &
		pid=$!
		for _ in $(seq 1000); do
			[ "$(wc -l 2>/dev/null <part.ndjson || echo 0)" -lt $((rows + 1)) ] || break
			sleep 0.01
		done
		kill -9 $pid 2>/dev/null || true
		wait $pid || true
	done
	[ "$(wc -l <part.ndjson)" -gt 300 ]
	"${run[@]}" -o part.ndjson -- "$FAKE" --peak $PEAK --pause-us 4000
	cmp part.ndjson full.ndjson
}

@test "tpe: --resume writes only the rest; on the same file it is what --output does" {
	run=(tpe "$SPEC" -n 200 --batch 16)
	"${run[@]}" -- "$FAKE" --peak $PEAK >full.ndjson
	head -n 91 full.ndjson >part.ndjson
	"${run[@]}" --resume part.ndjson -- "$FAKE" --peak $PEAK >rest.ndjson
	cat part.ndjson rest.ndjson | cmp - full.ndjson
	"${run[@]}" --resume missing.ndjson -- "$FAKE" --peak $PEAK | cmp - full.ndjson
	printf '{"type":"resu' >>part.ndjson
	"${run[@]}" --resume part.ndjson -- "$FAKE" --peak $PEAK >>part.ndjson
	cmp part.ndjson full.ndjson
	head -n 91 full.ndjson >part.ndjson
	printf '{"type":"resu' >>part.ndjson
	"${run[@]}" --resume part.ndjson -- "$FAKE" --peak $PEAK 1<>part.ndjson
	cmp part.ndjson full.ndjson
}

@test "tpe: two runs do not write to one file" {
	(exec ocq-tpe -q --spec "$SPEC" -o out.ndjson -- sleep 20) &
	pid=$!
	for _ in $(seq 100); do ! pgrep -P $pid sleep >/dev/null || break; sleep 0.02; done
	dies 75 'out.ndjson: another run is writing to it' ocq-tpe -q --spec "$SPEC" -o out.ndjson -- "$FAKE"
	kill -TERM $pid
	wait $pid
	tpe "$SPEC" -n 10 -o out.ndjson -- "$FAKE"
}

@test "tpe: a finished run starts nothing; more trials go on from it" {
	tpe "$SPEC" -n 200 --batch 16 -o out.ndjson -- "$FAKE" --peak $PEAK
	cp out.ndjson before.ndjson
	tpe "$SPEC" -n 200 --batch 16 -o out.ndjson -- false
	cmp out.ndjson before.ndjson
	sed -i '$d' out.ndjson	# all rows, no end
	tpe "$SPEC" -n 200 --batch 16 -o out.ndjson -- false
	cmp out.ndjson before.ndjson
	tpe "$SPEC" -n 350 --batch 16 -o out.ndjson -- "$FAKE" --peak $PEAK
	tpe "$SPEC" -n 350 --batch 16 -- "$FAKE" --peak $PEAK >long.ndjson
	cmp <(sed 1d out.ndjson) <(sed 1d long.ndjson)
	dies 65 "before.ndjson: ends after 200 trials; only --output before.ndjson can go on" \
		ocq-tpe -q --spec "$SPEC" -n 350 --batch 16 --resume before.ndjson -- "$FAKE"
	dies 65 'before.ndjson:102: a row more than the 100 trials' ocq-tpe -q --spec "$SPEC" -n 100 --batch 16 -o before.ndjson -- "$FAKE"
}

@test "tpe: another run's file is refused, by what differs, and left alone" {
	tpe "$SPEC" -n 100 --batch 16 -o out.ndjson -- "$FAKE" --peak $PEAK --config-id abcdef
	cp out.ndjson before.ndjson
	refuse() { dies 65 "out.ndjson:1: another run: $1" ocq-tpe -q -n 200 -o out.ndjson "${@:2}" -- "$FAKE" --peak $PEAK; }
	refuse '"seed" is 42, here it is 7' --spec "$SPEC" --batch 16 --seed 7
	refuse '"batch" is 16, here it is 256' --spec "$SPEC"
	refuse '"draws" is 4, here it is 2' --spec "$SPEC" --batch 16 --draws 2
	refuse '"axis_values" is listed, here it is range' --spec "$SPEC" --batch 16 --values range
	refuse '"min_trades" is 20, here it is 1' --spec "$SPEC" --batch 16 --min-trades 1
	refuse '"paths" is there' --spec "$SPEC" --batch 16 --overrides
	sed 's/\[4, 5, 6\]/[4, 5, 7]/' "$SPEC" >s.yaml
	refuse '"spec_id" is ' --spec s.yaml --batch 16
	sed '/min_adx/,+1d' "$SPEC" >s.yaml
	refuse '"paths" differs' --spec s.yaml --batch 16
	dies 65 '"config_id" is 123456..., that of the rows in out.ndjson is abcdef' \
		ocq-tpe -q --spec "$SPEC" -n 200 --batch 16 -o out.ndjson -- "$FAKE" --peak $PEAK --config-id 123456
	sed '$d' before.ndjson | cmp - out.ndjson	# cut for going on, no row lost
	cp before.ndjson out.ndjson
	printf 'global: {}\n' >notes.yaml
	dies 65 "notes.yaml:1:" ocq-tpe -q --spec "$SPEC" -o notes.yaml -- "$FAKE"
	printf 'global: {}' >notes.yaml
	dies 65 "notes.yaml:1: no header, so this is no output of ocq-tpe" ocq-tpe -q --spec "$SPEC" -o notes.yaml -- "$FAKE"
	[ "$(cat notes.yaml)" = 'global: {}' ]
}

@test "tpe: rows that were changed by hand are noticed" {
	tpe "$SPEC" -n 200 --batch 16 -- "$FAKE" --peak $PEAK >full.ndjson
	sed '3s/"total_pnl":[0-9.]*/"total_pnl":5000/; $d' full.ndjson >part.ndjson
	dies 65 '"values" are not those that this run would have drawn' ocq-tpe -q --spec "$SPEC" -n 200 --batch 16 -o part.ndjson -- "$FAKE" --peak $PEAK
	sed '5d' full.ndjson >part.ndjson
	dies 65 'part.ndjson:5: "id" is not "tpe_0000003"' ocq-tpe -q --spec "$SPEC" -n 200 --batch 16 -o part.ndjson -- "$FAKE" --peak $PEAK
	{ cat full.ndjson; sed -n 2p full.ndjson; } >part.ndjson
	dies 65 'part.ndjson:203: a record follows the end' ocq-tpe -q --spec "$SPEC" -n 300 --batch 16 -o part.ndjson -- "$FAKE" --peak $PEAK
}

# ---- the evaluator ----

# ends STATUS TEXT COMMAND...: with that evaluator ocq-tpe ends so
ends() { dies "$1" "$2" tpe "$SPEC" -n 100 --batch 8 -- "${@:3}"; }

@test "tpe: an evaluator that dies is named, its rows are kept, its status is ours where it says something" {
	ends 69 './missing: cannot be run: No such file or directory' ./missing
	ends 65 'sh: ended with status 65 after 0 of 100 rows' sh -c 'exit 65'
	ends 78 'sh: ended with status 78 after 0 of 100 rows' sh -c 'exit 78'
	ends 70 'sh: ended with status 1 after 0 of 100 rows' sh -c 'exit 1'
	ends 70 'sh: was killed by signal 11' sh -c 'kill -SEGV $$'
	ends 75 'sh: was killed by signal 9' sh -c 'kill -KILL $$'
	ends 75 'true: ended with status 0 after 0 of 100 rows' true
	evaluator '[ $n -le 20 ] || exit 75; row $id 1'
	ends 75 './eval: ended with status 75 after 20 of 100 rows' ./eval
	[ "$(sed 1d stdout.txt | jq -r .id | xargs)" = "$(seq -f 'tpe_%07.0f' 0 19 | xargs)" ]
	evaluator 'row $id 1; [ $n -lt 100 ] || exit 77'
	ends 77 './eval: ended with status 77 after 100 of 100 rows' ./eval	# the rows are whole, but nobody says so
	run ! grep -q '"end"' stdout.txt
}

@test "tpe: a wrong row is refused by line, and everything before it is written" {
	evaluator '[ $n != 6 ] || id=tpe_0000006; row $id 1'
	ends 65 './eval:6: "id" is not "tpe_0000005", which is the next candidate' ./eval
	[ "$(wc -l <stdout.txt)" = 6 ]
	evaluator '[ $n = 4 ] && row $id "\"much\"" || row $id 1'
	ends 65 './eval:4: "total_pnl" is not a number' ./eval
	evaluator '[ $n = 4 ] && row $id 1e999 || row $id 1'
	ends 65 './eval:4: ' ./eval
	ends 65 'sed:2: "total_trades" is not a whole number' sed -nu 's/.*"id":"\([^"]*\)".*/{"type":"result","id":"\1","total_pnl":1,"max_drawdown_pct":0}/p; 1i {"type":"header","schema":1,"program":"x","version":"x","command":"x","config_id":null,"contract_id":null,"contract":""}'
	ends 65 'sed:1: "max_drawdown_pct" is not a number' sed -nu 's/.*"id":"\([^"]*\)".*/{"type":"result","id":"\1","total_pnl":1,"total_trades":1}/p'
	ends 65 'cat:2: "type" is not "result"' cat
	ends 65 'echo:1: ' echo nonsense
	evaluator 'row $id 1; [ $n != 100 ] || row tpe_0000100 1'
	ends 65 './eval:101: a row more than the 100 trials' ./eval
	evaluator 'row $id 1; [ $n != 9 ] || echo "{\"type\":\"end\",\"records\":9}"'
	ends 65 './eval:11: a record follows the end' ./eval
	evaluator '[ $n -lt 100 ] && row $id 1 || printf "{\"type\":\"result\""'
	ends 75 './eval: ended with status 0 after 99 of 100 rows' ./eval
	evaluator 'row $id 1; [ $n != 100 ] || printf "{\"type\":"'
	ends 65 './eval: its last line is cut' ./eval
}

@test "tpe: --strict wants the evaluator's header and end" {
	tpe "$SPEC" -n 50 --strict -- "$FAKE" >/dev/null
	dies 65 ':1: no header' ocq-tpe -q --spec "$SPEC" -n 50 --strict -- sh -c "'$FAKE' | grep -v header"
	dies 65 'its stream has no end' ocq-tpe -q --spec "$SPEC" -n 50 --strict -- sh -c "'$FAKE' | grep -v '\"end\"'"
	dies 65 '"records" is not 50' ocq-tpe -q --spec "$SPEC" -n 50 --strict -- sh -c "'$FAKE' | sed 's/\"records\":50/\"records\":51/'"
	tpe "$SPEC" -n 50 -- sh -c "'$FAKE' | grep -v -e header -e '\"end\"'" >/dev/null
}

@test "tpe: pipes of any size do not stop either side" {
	evaluator '[ "$pad" ] || printf -v pad "%20000s" x; row $id 1 "50,\"pad\":\"$pad\""'	# rows of more than pipes hold
	tpe "$SPEC" -n 600 --batch 200 -- ./eval | { sleep 1; cat; } >out.ndjson
	[ "$(wc -l <out.ndjson)" = 602 ]
	[ "$(wc -c <out.ndjson)" -gt 12000000 ]
	tpe "$SPEC" -n 40000 --batch 20000 -- "$FAKE" | tail -n 1 >end.txt	# candidates, more than a pipe holds
	[ "$(cat end.txt)" = '{"type":"end","records":40000}' ]
}

# ---- what counts ----

# share FILE VALUE: of the last 200 rows, how many have it as first value
share() { records "$1" | tail -n 200 | jq -c --argjson v "$2" 'select(.values[0] == $v)' | wc -l; }

@test "tpe: a profit from few trades counts half, a loss whole" {
	spec 'axes:' '- {path: trade.max_open_positions, values: [10, 30]}'
	evaluator 'row $id $((v[0] == 10 ? 100 : 60)) ${v[0]}'
	tpe s.yaml -n 600 --batch 20 -- ./eval >out.ndjson
	[ "$(share out.ndjson 30)" -gt 120 ]	# 60 against 50
	tpe s.yaml -n 600 --batch 20 --min-trades 10 -- ./eval >out.ndjson
	[ "$(share out.ndjson 10)" -gt 120 ]
	evaluator 'row $id $((v[0] == 10 ? -100 : -60)) ${v[0]}'
	tpe s.yaml -n 600 --batch 20 -- ./eval >out.ndjson
	[ "$(share out.ndjson 30)" -gt 120 ]	# halved it would be -50 against -60
}

@test "tpe: a shut gate freezes an axis at its first value, an open one frees it" {
	spec 'axes:' '- {path: trade.tp_partial_pct, values: [0.6, 0.5, 0.7], gate: {path: trade.enable_partial_tp, eq: 1}}' \
		'- {path: trade.enable_partial_tp, values: [0, 1]}' '- {path: trade.sl_atr_mult, values: [1, 2]}'
	evaluator 'row $id 1'
	tpe s.yaml -n 400 -- ./eval >out.ndjson
	[ "$(head -n 1 out.ndjson | jq -c .paths)" = '["trade.enable_partial_tp","trade.sl_atr_mult","trade.tp_partial_pct"]' ]
	[ "$(records out.ndjson | jq -c 'select(.values[0] == 0) | .values[2]' | sort -u | xargs)" = 0.6 ]
	[ "$(records out.ndjson | jq -c 'select(.values[0] == 1) | .values[2]' | sort -u | xargs)" = '0.5 0.6 0.7' ]
}

@test "tpe: a gate on a key that is no axis looks at the base" {
	spec 'axes:' '- {path: filters.adx_rising_saturation, values: [28, 40], gate: {path: filters.require_adx_rising, eq: 1}}'
	evaluator 'row $id 1'
	dies 64 "s.yaml:2: filters.adx_rising_saturation: its gate, filters.require_adx_rising, is no axis: name the configuration that has it, --config BASE" \
		ocq-tpe --spec s.yaml -- ./eval
	printf 'global: {filters: {require_adx_rising: false}}\n' >base.yaml
	tpe s.yaml -n 100 -c base.yaml -- ./eval >out.ndjson
	[ "$(records out.ndjson | jq -c .values | sort -u | xargs)" = '[28]' ]
	printf 'global: {filters: {require_adx_rising: true}}\n' >base.yaml
	tpe s.yaml -n 100 -c base.yaml -o other.ndjson -- ./eval
	[ "$(records other.ndjson | jq -c .values | sort -u | xargs)" = '[28] [40]' ]
	printf 'global: {filters: {require_adx_rising: false}}\n' >base.yaml
	dies 65 '"spec_id" is' ocq-tpe -q --spec s.yaml -n 100 -c base.yaml -o other.ndjson -- ./eval
}

@test "tpe: listed values only, unless a range is asked for" {
	spec 'axes:' '- {path: indicators.adx_window, values: [8, 12]}' '- {path: trade.rsi_exit_ub_hi_profit_low_conf, values: [0, 60, 70, 75]}' \
		'- {path: trade.entry_min_confidence, values: [low, high]}'
	evaluator 'row $id 1'
	column() { records out.ndjson | jq ".values[$1]" | sort -gu | xargs; }
	tpe s.yaml -n 500 -- ./eval >out.ndjson
	[ "$(column 0)" = '8 12' ]
	[ "$(column 1)" = '0 60 70 75' ]
	[ "$(column 2)" = '0 2' ]
	tpe s.yaml -n 500 --values range -- ./eval >out.ndjson
	[ "$(column 0)" = '8 9 10 11 12' ]
	[ "$(column 1)" = '0 60 65 70 75' ]
	[ "$(column 2)" = '0 2' ]
	n=$(sed 2,257!d out.ndjson | jq 'select(.values[0] == 8)' -c | wc -l)
	[ "$n" -gt 35 ] && [ "$n" -lt 70 ]	# an end is as likely as the values between: a fifth
}

@test "tpe: no fast average that is not the faster one" {
	spec 'axes:' '- {path: indicators.ema_fast_window, values: [5, 20, 40]}' '- {path: indicators.ema_slow_window, values: [10, 20, 30, 60]}'
	evaluator 'row $id ${v[0]}'
	tpe s.yaml -n 1000 --batch 50 -- ./eval >out.ndjson
	[ "$(records out.ndjson | jq -c 'select(.values[0] >= .values[1])' | wc -l)" = 0 ]
	[ "$(records out.ndjson | jq -c .values | sort -u | wc -l)" = 7 ]
	spec 'axes:' '- {path: indicators.ema_fast_window, values: [20]}' '- {path: indicators.ema_slow_window, values: [20, 10]}'
	dies 78 's.yaml:2: indicators.ema_fast_window: no value is below one of indicators.ema_slow_window' ocq-tpe --spec s.yaml -- ./eval
}

@test "tpe: --pareto has every row that no other beats, and no other" {
	run=(tpe s.yaml -n 300 --batch 64 --seed 3)
	spec 'axes:' '- {path: trade.sl_atr_mult, values: [1, 2, 3, 4, 5]}' '- {path: trade.max_open_positions, values: [1, 2, 3, 4, 5, 6]}' \
		'- {path: trade.max_adds_per_symbol, values: [1, 2, 3, 4]}'
	evaluator 'row $id $(((v[0] * 5 + v[2] * 3 + v[1]) % 11)) $(((v[1] * 5 + v[2] * 2 + v[0]) % 7)) 0.$(((v[0] * 7 + v[1] * 3) % 5))'
	"${run[@]}" --pareto front.ndjson -- ./eval >out.ndjson
	cmp <(sed 1d out.ndjson) <("${run[@]}" -- ./eval | sed 1d)	# it changes nothing else
	jq -cn --slurpfile all out.ndjson '[$all[] | select(.type == "result")] as $r | $r[] as $x |
		select(all($r[]; . as $y | ($y.total_pnl < $x.total_pnl or $y.max_drawdown_pct > $x.max_drawdown_pct or $y.total_trades < $x.total_trades) or
			(($y.total_pnl == $x.total_pnl and $y.max_drawdown_pct == $x.max_drawdown_pct and $y.total_trades == $x.total_trades) and $y.id >= $x.id))) | $x.id' |
		diff - <(records front.ndjson | jq -c .id)
	[ "$(records front.ndjson | wc -l)" -gt 2 ]
	[ "$(tail -n 1 front.ndjson | jq .records)" = "$(records front.ndjson | wc -l)" ]
	grep -qF "$(sed -n 2p front.ndjson)" out.ndjson
	head -n 120 out.ndjson >part.ndjson
	"${run[@]}" --pareto again.ndjson -o part.ndjson -- ./eval	# of all rows, those of the file too
	cmp <(sed 1d again.ndjson) <(sed 1d front.ndjson)
}

# ---- a program like the others ----

@test "tpe: SIGTERM ends it with whole rows, without end, and resumes" {
	(exec ocq-tpe -q --spec "$SPEC" -n 3000 --batch 16 -o out.ndjson -- "$FAKE" --peak $PEAK --pause-us 4000) &
	pid=$!
	for _ in $(seq 500); do [ "$(wc -l 2>/dev/null <out.ndjson || echo 0)" -lt 100 ] || break; sleep 0.02; done
	kill -TERM $pid
	wait $pid
	n=$(wc -l <out.ndjson)
	[ "$n" -ge 100 ] && [ "$n" -lt 3000 ]
	[ -z "$(tail -c 1 out.ndjson)" ]	# a newline
	run ! grep -q '"type":"end"' out.ndjson
	tpe "$SPEC" -n 3000 --batch 16 -o out.ndjson -- "$FAKE" --peak $PEAK
	tpe "$SPEC" -n 3000 --batch 16 -- "$FAKE" --peak $PEAK >full.ndjson
	cmp <(sed 1d out.ndjson) <(sed 1d full.ndjson)
}

@test "tpe: a signal ends an evaluator that does nothing, too" {
	(exec ocq-tpe -q --spec "$SPEC" -- sleep 60) >out.ndjson &
	pid=$!
	for _ in $(seq 100); do ! pgrep -P $pid sleep >child.txt || break; sleep 0.02; done
	kill -TERM $pid
	wait $pid
	run ! kill -0 "$(cat child.txt)" 2>/dev/null
}

@test "tpe: its own death by an error takes the evaluator along" {
	cat >eval <<'END'
#!/bin/sh
echo $$ >child.txt
echo nonsense
exec sleep 60
END
	chmod +x eval
	ends 65 './eval:1: ' ./eval
	for _ in $(seq 100); do kill -0 "$(cat child.txt)" 2>/dev/null || return 0; sleep 0.02; done
	return 1
}

@test "tpe: a full disk is 75, a reader that leaves is no error" {
	writes 75 /dev/full ocq-tpe -q --spec "$SPEC" -n 100 -- "$FAKE"
	dies 75 '/dev/full' ocq-tpe -q --spec "$SPEC" -n 100 -o /dev/full -- "$FAKE"
	tpe "$SPEC" -n 100 -o /dev/null -- "$FAKE"
	dies 75 'no/such/out' ocq-tpe -q --spec "$SPEC" -o no/such/out -- "$FAKE"
	dies 75 'no/such/front' ocq-tpe -q --spec "$SPEC" -n 5 --pareto no/such/front -o out.ndjson -- "$FAKE"
	reader_leaves 3 ocq-tpe -q --spec "$SPEC" -n 20000 -- "$FAKE"
}

@test "tpe: wrong usage" {
	dies 64 'no axes: give --spec SPEC' ocq-tpe -- true
	dies 64 'no evaluator: give its command behind "--"' ocq-tpe --spec "$SPEC"
	dies 64 '--trials is at least 1' ocq-tpe --spec "$SPEC" -n 0 -- true
	dies 64 '--batch is 1 to 1048576, not 0' ocq-tpe --spec "$SPEC" --batch 0 -- true
	dies 64 '--draws is 1 to 10000, not 0' ocq-tpe --spec "$SPEC" --draws 0 -- true
	dies 64 '--seed is at most 9007199254740992' ocq-tpe --spec "$SPEC" --seed 9007199254740993 -- true
	dies 64 '--values is listed or range, not "all"' ocq-tpe --spec "$SPEC" --values all -- true
	dies 64 'give --resume or --output, not both' ocq-tpe --spec "$SPEC" -o a --resume b -- true
	dies 64 'only one of configuration and specification' ocq-tpe --spec - -c - -- true </dev/null
	dies 78 's.yaml' ocq-tpe --spec s.yaml -- true
	spec 'axes:' '- {path: trade.sl_atr_mult, values: [1, 1.00001, 2]}'
	dies 78 's.yaml:2: trade.sl_atr_mult: its range has more than 32766 values' ocq-tpe --spec s.yaml --values range -- true
	spec 'axes:' '- {path: trade.sl_atr_mult, values: [1, 2]}'
	[ "$(ocq-tpe -q --spec - -n 5 -- "$FAKE" <s.yaml | wc -l)" = 7 ]
}

@test "tpe: on a terminal, how far it is and the best so far" {
	script -qec "ocq-tpe --spec '$SPEC' -n 3000 -o out.ndjson -- '$FAKE' --peak $PEAK --pause-us 4000" typescript >/dev/null </dev/null
	grep -qE 'ocq-tpe: trials [0-9]+/3000 \([0-9]+%\), [0-9.e+]+/s, [0-9]+ s left, best 1000 USD \(tpe_[0-9]{7}\)' typescript
	ocq-tpe --spec "$SPEC" -n 50 -- "$FAKE" --peak $PEAK 2>said.txt >/dev/null
	grep -qxE 'ocq-tpe: 50 trials, best [0-9.]+ USD \(tpe_[0-9]{7}\)' said.txt
}

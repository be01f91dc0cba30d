# SPDX-License-Identifier: MIT
# ocq-config: what each command prints, and how it refuses.
load lib

C=$OCQ_ROOT/test/fixtures/config
DEFAULTS=abd84e02d52cae946f74c58444bbca0067c9e92a266d7b2985e4211c60008021
REFERENCE=02597fbbfa7a3ec35f7f56046c94afea0e1981410f22a992e741adf8e2234538

@test "config: id of the defaults and of a file, as operand, by -c and from stdin" {
	[ "$(ocq-config id)" = $DEFAULTS ]
	[ "$(quiet ocq-config id "$C/reference.yaml")" = $REFERENCE ]
	[ "$(ocq-config id -c "$C/reference.yaml")" = $REFERENCE ]
	[ "$(ocq-config id - <"$C/reference.yaml")" = $REFERENCE ]
	dies 64 'name one file' ocq-config id "$C/reference.yaml" -c "$C/layers.yaml"
}

@test "config: layers by option" {
	[ "$(ocq-config id -c "$C/layers.yaml" -s SUI --live --mode primary)" = 025f71122b677e4b5bd119f6f8de7a1a77a16222b292c610dd277f94ccd7a567 ]
	[ "$(ocq-config id -c "$C/layers.yaml" -s SUI,BTC)" = "$(ocq-config id -c "$C/layers.yaml")" ]
	[ "$(ocq-config id -c "$C/reference.yaml" --mode M2)" = 54a6ba2f775ed4e3dee9840b0007d235d8ca45e1106a26a567d9df9b25c75784 ]
}

@test "config: show prints every key, and reads back as the same configuration" {
	quiet ocq-config show "$C/layers.yaml" -s SUI --live -o shown.yaml
	[ "$(ocq-config id shown.yaml)" = "$(ocq-config id "$C/layers.yaml" -s SUI --live)" ]
	quiet ocq-config show >all.yaml
	[ "$(ocq-config id all.yaml)" = $DEFAULTS ]
	[ "$(grep -cE '^ +[a-z0-9_]+: [^{]+$' all.yaml)" = 151 ]	# 150 parameters and default_profile
	grep -qx '    sl_atr_mult: 2.0' all.yaml
	grep -qx '    interval: "1h"' all.yaml
	ocq-config show all.yaml | cmp - all.yaml
}

@test "config: explain says what a key is, and who set it" {
	quiet ocq-config explain trade.sl_atr_mult thresholds.entry.macd_hist_entry_mode -c "$C/layers.yaml" >got
	cat >want <<-'END'
	key: trade.sl_atr_mult
	meaning: how far the stop stands from the entry, in entry ATRs
	type: f64
	default: 2.0
	range: more than 0; anything else is warned of
	change: while a lane runs
	axis: yes
	value: 1.5
	END
	echo "from: $C/layers.yaml:4 (global)" >>want
	cat >>want <<-'END'

	key: thresholds.entry.macd_hist_entry_mode
	meaning: what the MACD histogram must do: grow (accel), have the side's sign (sign), nothing (none)
	type: macd (accel, sign, none)
	default: "accel"
	change: while a lane runs
	axis: yes
	value: "accel"
	from: default
	END
	diff -u want got
	ocq-config explain trade.slippage_bps -c "$C/layers.yaml" -s SUI --live | grep -qx "from: $C/layers.yaml:22 (live)"
	ocq-config explain indicators.adx_window | grep -qx 'range: from 1 to 4096; anything else is refused'
	ocq-config explain indicators.adx_window | grep -qx 'axis: yes, of indicator series'
	ocq-config explain engine.interval | grep -qx 'change: needs a restart'
	ocq-config explain trade.use_bbo_for_fills | grep -qx 'note: read by no rule'
	ocq-config explain trade.size_multiplier | grep -qx 'note: has no effect'
	ocq-config explain repairs.btc_context | grep -qx 'default: false'
	ocq-config explain pipeline.default_profile | grep -qx 'default: "production"'
	ocq-config explain gate.adx_floor | grep -qx 'off: thresholds.entry.min_adx = 0'
	dies 64 '"trade.sl_art_mult" is not a known key; did you mean trade.sl_atr_mult?' ocq-config explain trade.sl_art_mult
	dies 64 '"exit.smart" is not a known key' ocq-config explain exit.smart
	[ "$(ocq-config explain filters | grep -c '^key: filters\.')" = "$(grep -c '^PARAM(.*, "filters",' "$OCQ_ROOT/lib/kernel/params.def")" ]
	run -64 --separate-stderr ocq-config explain pipeline
	[ "$stderr" = 'ocq-config: "pipeline" is not a known key' ]
	ocq-config explain thresholds -c "$C/layers.yaml" | grep -qx 'key: thresholds.entry.min_adx'
	[ "$(ocq-config explain btc_context)" = "$(ocq-config explain repairs.btc_context)" ]
	dies 64 'too few' ocq-config explain
}

@test "config: every key, behaviour and repair can be explained" {
	ocq-config axes | cut -f 1 | xargs ocq-config explain >got
	[ "$(grep -c '^key: ' got)" = 142 ] && [ "$(grep -c '^meaning: .' got)" = 142 ]
	sed -nE 's/^BEHAVIOUR\([^"]*"([^"]*)".*/\1/p' "$OCQ_ROOT/lib/kernel/behaviours.def" | xargs ocq-config explain | grep -c '^behaviour: ' | grep -qx 49
	sed -nE 's/^IDLE\("([^"]*)".*/\1/p' "$OCQ_ROOT/lib/config/idle.def" | xargs ocq-config explain | grep -c '^note: has no effect' | grep -qx 14
}

@test "config: axes are paths, types and what they change" {
	ocq-config axes >got
	[ "$(wc -l <got)" = 142 ]
	grep -qxP 'trade.sl_atr_mult\tf64\trules' got
	grep -qxP 'indicators.ema_fast_window\tuint\tseries' got
	grep -qxP 'trade.entry_min_confidence\tconf\trules' got
	grep -qxP 'thresholds.entry.macd_hist_entry_mode\tmacd\trules' got
	grep -qxP 'filters.use_stoch_rsi_filter\tflag\tseries' got
	[ "$(grep -c 'series$' got)" = 19 ]
	run ! grep -qE '^(engine|runtime|pipeline|repairs)' got
	dies 64 'too many' ocq-config axes x
}

@test "config: diff of two files, exit 1 if anything differs" {
	quiet ocq-config diff "$C/reference.yaml" "$C/reference.yaml" >got
	[ ! -s got ]
	printf 'global: {trade: {sl_atr_mult: 2.5, entry_min_confidence: low}, pipeline: {profiles: {p: {ranker: confidence_adx}}}}\n' >a.yaml
	printf 'global: {trade: {sl_atr_mult: 2.50}, engine: {interval: 4h}}\n' >b.yaml
	run -1 --separate-stderr ocq-config diff a.yaml b.yaml
	[ "$stderr" = '' ]
	ocq-config diff a.yaml b.yaml >got || true
	grep -qxP 'engine.interval\t"1h"\t"4h"' got
	grep -qxP 'trade.entry_min_confidence\t"low"\t"high"' got
	grep -qxP 'pipeline.profiles.p.ranker\t"confidence_adx"\t' got
	run ! grep -q sl_atr_mult got
	[ "$(cut -f 1 got)" = "$(cut -f 1 got | sort)" ]
	run -1 ocq-config diff --mode primary "$C/reference.yaml" a.yaml
}

@test "config: check names every fault with its line, exit 78" {
	quiet ocq-config check "$C/reference.yaml" "$C/layers.yaml"
	cat >bad.yaml <<-'END'
	global:
	  trade:
	    sl_atr_mul: 2
	    tp_atr_mult: fast
	  indicators: {adx_window: 0}
	END
	run -78 --separate-stderr ocq-config check bad.yaml
	[ "$output" = '' ]
	[ "$stderr" = 'ocq-config: bad.yaml:3: "trade.sl_atr_mul" is not a known key; did you mean trade.sl_atr_mult?
ocq-config: bad.yaml:4: trade.tp_atr_mult: "fast" is not a number
ocq-config: bad.yaml:5: indicators.adx_window: 0 is out of range; from 1 to 4096 is wanted' ]
	run -0 --separate-stderr ocq-config check --lenient bad.yaml
	[ "$stderr" = 'ocq-config: bad.yaml:3: "trade.sl_atr_mul" is not a known key; did you mean trade.sl_atr_mult?; ignored
ocq-config: bad.yaml:4: trade.tp_atr_mult: "fast" is not a number; ignored
ocq-config: bad.yaml:5: indicators.adx_window: 0 is out of range; from 1 to 4096 is wanted; using 1' ]
	printf 'global: {\n' >torn.yaml
	dies 78 'torn.yaml:2: not YAML' ocq-config check torn.yaml
	run -78 ocq-config check "$C/reference.yaml" torn.yaml
	dies 78 'no.yaml' ocq-config check no.yaml
	dies 64 'check needs a file' ocq-config check
}

@test "config: check merges every layer in turn, and says each thing once" {
	cat >layers.yaml <<-'END'
	global: {trade: {vol_scalar_min: 0.6, sl_atr_mult: 0}}
	symbols: {BTC: {trade: {vol_scalar_min: 0.95}}, ETH: {}}
	live:
	  trade: {vol_scalar_max: 0.9}
	modes:
	  flat: {trade: {allocation_pct: 2}}
	  Odd: {}
	END
	run -78 --separate-stderr ocq-config check layers.yaml
	[ "$stderr" = 'ocq-config: layers.yaml:1: trade.sl_atr_mult: 0.0 is out of range; more than 0 is wanted
ocq-config: layers.yaml:6: trade.allocation_pct: 2.0 is out of range; from 0 to 1 is wanted
ocq-config: layers.yaml:6: there is no mode "odd"; none is applied
ocq-config: layers.yaml:2: trade.vol_scalar_min: 0.95 is above trade.vol_scalar_max, 0.9' ]
	run -0 --separate-stderr ocq-config check layers.yaml --live
	run -78 --separate-stderr ocq-config check layers.yaml --live -s BTC
	run -78 --separate-stderr ocq-config check --mode flat - <layers.yaml
	for i in $(seq 70); do echo "  S$i: {}"; done | { echo 'symbols:'; cat; } >many.yaml
	dies 0 '70 symbols; with their layers merged only the first 64 are checked' ocq-config check many.yaml
	quiet ocq-config check -q many.yaml
	dies 64 'name one file' ocq-config check many.yaml -c many.yaml
}

@test "config: one message for a wrong file, from every command that reads one" {
	printf 'global:\n  trade: {leverage: yes}\n' >bad.yaml
	for command in show id check 'explain trade.leverage' 'set trade.leverage=2'; do
		# shellcheck disable=SC2086 # a command and its operand
		dies 78 'bad.yaml:2: trade.leverage: "yes" is not a number' ocq-config $command -c bad.yaml
	done
	dies 78 'bad.yaml:2:' ocq-config diff "$C/reference.yaml" bad.yaml
	[ "$(ocq-config id --lenient bad.yaml 2>stderr.txt)" = $DEFAULTS ]
	[ "$(cat stderr.txt)" = 'ocq-config: bad.yaml:2: trade.leverage: "yes" is not a number; ignored' ]
}

@test "config: set folds overrides into the global layer and keeps the rest" {
	quiet ocq-config set "$C/layers.yaml" trade.sl_atr_mult=2.5 trade.enable_pyramiding=false trade.entry_min_confidence=low engine.interval=4h >new.yaml
	for layer in '' '-s SUI' '--live' '-s SUI --live --mode conservative'; do
		# shellcheck disable=SC2086 # options
		ocq-config diff $layer "$C/layers.yaml" new.yaml | cut -f 1,3 >got || true
		printf 'engine.interval\t"4h"\ntrade.enable_pyramiding\tfalse\ntrade.entry_min_confidence\t"low"\ntrade.sl_atr_mult\t2.5\n' | diff -u - got
	done
	[ "# config_id: $(ocq-config id new.yaml)" = "$(head -n 1 new.yaml)" ]
	grep -qx '_note: anything' new.yaml
	[ "$(grep -cE '^(global|symbols|live|modes):' new.yaml)" = 4 ]
	# again, with nothing to change, is the same text
	ocq-config set new.yaml trade.sl_atr_mult=2.5 | cmp - new.yaml
	# a file without a global layer gets one
	printf 'live: {trade: {sl_atr_mult: 9}}\n' >bare.yaml
	ocq-config set bare.yaml trade.leverage=1 -o full.yaml
	[ "$(ocq-config show --live full.yaml | grep -E ' (sl_atr_mult|leverage): ' | sort | xargs)" = 'leverage: 1.0 sl_atr_mult: 9.0' ]
}

@test "config: a candidate becomes a file with the candidate's id, from a record or from operands" {
	record='{"id":"c1","overrides":{"trade.sl_atr_mult":2.5,"indicators.ema_fast_window":9.9,"filters.require_adx_rising":0,"trade.entry_min_confidence":1,"thresholds.entry.ave_avg_atr_window":33}}'
	echo "$record" | quiet ocq-config set -c "$C/reference.yaml" >a.yaml
	echo "$record" >c.ndjson
	ocq-config set "$C/reference.yaml" --overrides c.ndjson | cmp - a.yaml
	mapfile -t sets < <(jq -r '.overrides | to_entries[] | "\(.key)=\(.value)"' c.ndjson)
	ocq-config set --values "$C/reference.yaml" "${sets[@]}" | cmp - a.yaml
	ocq-config set "$C/reference.yaml" trade.sl_atr_mult=2.5 indicators.ema_fast_window=9 filters.require_adx_rising=false \
		trade.entry_min_confidence=medium indicators.ave_avg_atr_window=33 | cmp - a.yaml
	# header and end may stand around it; the last line may lack its newline
	{ echo '{"type":"header","schema":1}'; printf '%s' "$record"; } | ocq-config set -c "$C/reference.yaml" | cmp - a.yaml
	{ echo "$record"; echo '{"type":"end","records":1}'; } | ocq-config set -c "$C/reference.yaml" | cmp - a.yaml
	# bare values behind the header that has their paths
	jq -c '{type: "header", paths: (.overrides | keys_unsorted)}, {type: "result", id, values: [.overrides[]], total_pnl: 7}' c.ndjson |
		ocq-config set -c "$C/reference.yaml" | cmp - a.yaml
	# more digits than a double has
	[ "$(ocq-config set --values "$C/reference.yaml" trade.sl_atr_mult=0.1000000000000000055 | grep ' sl_atr_mult')" = '    sl_atr_mult: 0.1' ]
}

@test "config: set refuses what is no override" {
	dies 64 '"trade.sl_atr_mul" is not a known key; did you mean trade.sl_atr_mult?' ocq-config set "$C/reference.yaml" trade.sl_atr_mul=2
	dies 64 'trade.sl_atr_mult: "fast" is not a number' ocq-config set "$C/reference.yaml" trade.sl_atr_mult=fast
	dies 64 'trade.enable_pyramiding: "1" is not true or false' ocq-config set "$C/reference.yaml" trade.enable_pyramiding=1
	dies 64 'engine.interval is not an axis of a sweep' ocq-config set --values "$C/reference.yaml" engine.interval=1
	dies 64 'is not KEY=VALUE' ocq-config set "$C/reference.yaml" trade.leverage=1 more
	dies 64 'set needs a file' ocq-config set trade.leverage=1
	dies 64 'have no place here' ocq-config set "$C/reference.yaml" --live trade.leverage=1
	dies 64 'cannot both come from stdin' ocq-config set - </dev/null
	dies 78 'trade.allocation_pct: 2.0 is out of range' ocq-config set "$C/reference.yaml" trade.allocation_pct=2
	dies 65 'stdin: no candidate in it' ocq-config set "$C/reference.yaml" </dev/null
	echo '{"id":1}' | dies 65 'stdin:1: neither "overrides" nor "values"' ocq-config set "$C/reference.yaml"
	echo '{"overrides":{"trade.leverage":"2"}}' | dies 65 'stdin:1: "overrides": trade.leverage is not a number' ocq-config set "$C/reference.yaml"
	echo '{"overrides":{"trade.levrage":2}}' | dies 65 'stdin:1: "overrides": "trade.levrage" is not a known key; did you mean trade.leverage?' ocq-config set "$C/reference.yaml"
	echo '{"values":[2]}' | dies 65 'stdin:1: "values", but no header named their paths' ocq-config set "$C/reference.yaml"
	printf '{"overrides":{}}\n{"overrides":{}}\n' | dies 65 'stdin:2: a second candidate' ocq-config set "$C/reference.yaml"
	printf '{"overrides":{"trade.leverage":2' | dies 65 'stdin:1:' ocq-config set "$C/reference.yaml"
	printf '{"overrides":{"trade.leverage":NaN}}' | dies 65 'stdin:1:' ocq-config set "$C/reference.yaml"
	{ printf '{"overrides":{"'; head -c 1000000 /dev/zero | tr '\0' x; printf '":1}}\n'; } | dies 65 'stdin:1: "overrides": a path is a text of less than 128 bytes' ocq-config set "$C/reference.yaml"
	dies 65 'no.ndjson' ocq-config set "$C/reference.yaml" --overrides no.ndjson
}

@test "config: a refused set leaves the old file alone" {
	echo old >out.yaml
	dies 78 'out of range' ocq-config set "$C/reference.yaml" trade.allocation_pct=2 -o out.yaml
	[ "$(cat out.yaml)" = old ]
	quiet ocq-config set "$C/reference.yaml" trade.allocation_pct=0.5 -o out.yaml
	[ "$(head -c 12 out.yaml)" = '# config_id:' ]
	[ "$(ls)" = "$(printf 'out.yaml\nstderr.txt\nstdout.txt')" ]
}

@test "config: empty, long and binary files" {
	: >empty.yaml
	dies 78 'empty.yaml:1: empty;' ocq-config id empty.yaml
	dies 78 'stdin:1: empty;' ocq-config id - </dev/null
	{ printf 'global: {'; head -c 1000000 /dev/zero | tr '\0' x; printf ': 1}\n'; } >long.yaml
	dies 78 'long.yaml:1:' ocq-config id long.yaml
	head -c 9000000 /dev/zero | tr '\0' '\n' >big.yaml
	dies 78 'big.yaml' ocq-config id big.yaml
	head -c 4096 /dev/urandom >random.yaml
	run -78 ocq-config check random.yaml
	mkdir dir
	dies 78 'dir' ocq-config id dir
}

@test "config: a full disk is exit 75, a closed reader is quiet" {
	for command in show id axes 'explain trade.leverage' 'set trade.leverage=2 -c'"$C/reference.yaml"; do
		# shellcheck disable=SC2086 # a command and its operands
		writes 75 /dev/full ocq-config $command
	done
	writes 75 /dev/full ocq-config diff "$C/reference.yaml" "$C/layers.yaml"
	reader_leaves 1 ocq-config show
	reader_leaves 1 ocq-config axes
}

@test "config: commands and their operands" {
	dies 64 'a command is missing' ocq-config
	dies 64 '"shwo" is not a command; did you mean show?' ocq-config shwo
	dies 64 'is not a command; --help lists them' ocq-config zzzzzzz
	dies 64 'diff A B: 1 operands are too few' ocq-config diff x
	dies 64 'show [FILE]: 2 operands are too many' ocq-config show a b
	for command in show explain check diff id set axes; do
		ocq-config --help | grep -qE "^  $command "
		grep -qE "^\\.It Cm $command" "$OCQ_ROOT/man/ocq-config.1"
	done
}

@test "config: the strategies that come with it have no fault and no oddity" {
	for file in "$OCQ_ROOT"/config/strategy*.yaml; do
		quiet ocq-config check "$file"
		quiet ocq-config check --live -s BTC "$file"
	done
}

@test "config: starts in a few milliseconds" {
	start=$(date +%s%N)
	for _ in 1 2 3 4 5 6 7 8 9 10; do ocq-config id "$C/reference.yaml" >id.txt; done
	[ $((($(date +%s%N) - start) / 10000000)) -lt 100 ]	# 100 ms each, on a busy machine
}

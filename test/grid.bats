# SPDX-License-Identifier: MIT
# ocq-grid: which candidates a specification makes, under which names and in which order.
load lib

SPEC=$OCQ_ROOT/config/sweep.yaml
GATES=$FIX/sweep/gates.yaml

spec() { printf '%s\n' "$@" >s.yaml; }	# spec LINE...: a specification
# rows SPEC OPTION...: "id value value ..." of each candidate
rows() { quiet ocq-grid --no-header "$@" | jq -r '[.id, (.overrides // {} | .[])] | map(tostring) | join(" ")'; }
base() { printf 'global:\n  filters: {require_adx_rising: %s}\n' "$1" >base.yaml; }

@test "grid: the full grid, first axis slowest, ids from 0" {
	spec 'axes:' '- {path: trade.sl_atr_mult, values: [1.5, 2]}' '- {path: indicators.ema_fast_window, values: [8, 13, 5]}'
	rows s.yaml >got
	printf 'sweep_%04d %s\n' 0 '1.5 8' 1 '1.5 13' 2 '1.5 5' 3 '2 8' 4 '2 13' 5 '2 5' | diff -u - got
	ocq-grid --no-header s.yaml | head -n 1 >one
	[ "$(cat one)" = '{"type":"candidate","id":"sweep_0000","overrides":{"trade.sl_atr_mult":1.5,"indicators.ema_fast_window":8}}' ]
	ocq-grid --no-header - <s.yaml | diff -u - <(ocq-grid --no-header s.yaml)
}

@test "grid: gated axes come last and are frozen at their first value while the gate is shut" {
	spec 'axes:' '- {path: filters.adx_rising_saturation, values: [28, 40], gate: {path: filters.require_adx_rising, eq: 1}}' \
		'- {path: filters.require_adx_rising, values: [0, 1]}' '- {path: trade.entry_min_confidence, values: [low, high]}'
	rows s.yaml >got
	printf 'sweep_%04d %s\n' 0 '0 0 28' 1 '0 2 28' 2 '1 0 28' 3 '1 0 40' 4 '1 2 28' 5 '1 2 40' | diff -u - got
	[ "$(ocq-grid --no-header s.yaml | head -n 1 | jq -c '.overrides | keys_unsorted')" = \
		'["filters.require_adx_rising","trade.entry_min_confidence","filters.adx_rising_saturation"]' ]
}

@test "grid: gates in chains, and on keys of the base" {
	dies 64 "gates.yaml:15: filters.adx_rising_saturation: its gate, filters.require_adx_rising, is no axis: name the configuration that has it, --config BASE" \
		ocq-grid "$GATES"
	base false
	rows -c base.yaml "$GATES" >got	# sl_atr_mult, enable_pyramiding, enable_partial_tp, tp_partial_pct, adx_rising_saturation
	printf 'sweep_%04d %s\n' 0 '1.5 0 0 0.5 28' 1 '1.5 1 0 0.5 28' 2 '1.5 1 1 0.5 28' 3 '1.5 1 1 0.4 28' \
		4 '2 0 0 0.5 28' 5 '2 1 0 0.5 28' 6 '2 1 1 0.5 28' 7 '2 1 1 0.4 28' | diff -u - got
	base true
	rows -c base.yaml "$GATES" >got	# now the last one is like an axis without gate: after enable_pyramiding
	[ "$(head -n 3 got)" = $'sweep_0000 1.5 0 28 0 0.5\nsweep_0001 1.5 0 40 0 0.5\nsweep_0002 1.5 1 28 0 0.5' ]
	[ "$(wc -l <got)" = 16 ]
	[ "$(ocq-grid --count -c base.yaml "$GATES")" = 16 ]
	printf 'live:\n  filters: {require_adx_rising: false}\n' >>base.yaml
	[ "$(ocq-grid --count -c base.yaml --live "$GATES")" = 8 ]
	[ "$(ocq-grid --count -c base.yaml "$GATES")" = 16 ]
	dies 64 "--live is a layer of --config" ocq-grid --live "$GATES"
	printf 'global: {filters: {require_adx: 1}}\n' >base.yaml
	dies 78 "base.yaml:1: " ocq-grid -c base.yaml "$GATES"
}

@test "grid: the header has lookback and, with --config, the base's config_id; the end counts" {
	base true
	quiet ocq-grid -c base.yaml "$GATES" >got
	[ "$(head -n 1 got | jq -c '[.type, .program, .lookback, .config_id, .paths]')" = "[\"header\",\"ocq-grid\",120,\"$(ocq-config id base.yaml)\",null]" ]
	[ "$(tail -n 1 got)" = '{"type":"end","records":16}' ]
	spec 'axes:' '- {path: trade.sl_atr_mult, values: [1.5, 2]}'
	[ "$(ocq-grid s.yaml | head -n 1 | jq -c '[.lookback, .config_id]')" = '[null,null]' ]
	sed '1d;$d' got | cmp - <(ocq-grid --no-header -c base.yaml "$GATES")
}

@test "grid: --compact gives the same values under the header's paths" {
	quiet ocq-grid --compact "$SPEC" >compact
	quiet ocq-grid "$SPEC" >full
	grep -q '"id":"sweep_0143","values":\[6,3.5,1,34,26,1,3\]}' compact
	jq -s -c '.[0].paths as $p | .[1:][] | if .values then {type, id, overrides: ([$p, .values] | transpose | map({(.[0]): .[1]}) | add)} else . end' compact |
		diff -u <(sed 1d full) -
	[ "$(head -n 1 full | jq .paths)" = null ]
}

@test "grid: --count counts without enumerating" {
	[ "$(ocq-grid --count "$SPEC")" = 144 ]
	[ "$(rows "$SPEC" | wc -l)" = 144 ]
	[ "$(ocq-grid --count --shard 1/3 "$SPEC")" = 144 ]
	[ "$(ocq-grid --count --random 12345678901 "$SPEC")" = 12345678901 ]
	[ "$(ocq-grid --count --one-at-a-time "$SPEC")" = 16 ]
	# every axis that is a decimal, with n values: 79 of them
	ocq-config axes | awk -F'\t' '$2 == "f64" { print "- {path: " $1 ", values: [0.1, 0.2]}" }' >axes
	{ echo axes:; head -n 62 axes; } >s.yaml
	[ "$(ocq-grid --count s.yaml)" = 4611686018427387904 ]
	{ echo axes:; head -n 63 axes; } >s.yaml
	[ "$(ocq-grid --count s.yaml 2>&1)" = 9.2e+18 ]
	{ echo axes:; sed 's/0.2/0.2, 0.3, 0.4/; 70q' axes; } >s.yaml
	[ "$(ocq-grid --count s.yaml)" = 1.4e+42 ]
}

@test "grid: a grid above the bound is refused with its number and the ways out" {
	dies 64 'sweep.yaml: 144 candidates, more than 143: --max N allows more, --random N takes a sample' ocq-grid --max 143 "$SPEC"
	[ ! -s stdout.txt ]
	[ "$(rows --max 144 "$SPEC" | wc -l)" = 144 ]
	[ "$(rows --max 1 --random 5 "$SPEC" | wc -l)" = 5 ]
	[ "$(rows --max 1 --one-at-a-time "$SPEC" | wc -l)" = 16 ]
	ocq-config axes | awk -F'\t' 'BEGIN { print "axes:" } $2 == "f64" && n++ < 20 { print "- {path: " $1 ", values: [0.1, 0.2]}" }' >s.yaml
	dies 64 's.yaml: 1048576 candidates, more than 1000000: ' ocq-grid s.yaml
	ocq-config axes | awk -F'\t' 'BEGIN { print "axes:" } $2 == "f64" && n++ < 63 { print "- {path: " $1 ", values: [0.1, 0.2]}" }' >s.yaml
	dies 64 's.yaml: 9.2e+18 candidates, more than 18446744073709551615: ' ocq-grid --max 18446744073709551615 s.yaml
}

@test "grid: --random draws listed values, gates respected, the same for the same seed" {
	quiet ocq-grid --random 2000 "$SPEC" >a
	[ "$(sed -n 2p a | jq -r .id)" = random_000000 ]
	[ "$(tail -n 2 a | head -n 1 | jq -r .id)" = random_001999 ]
	jq 'select(.type == "candidate").overrides | (.["trade.sl_atr_mult"] | IN(4, 5, 6)) and (.["trade.entry_min_confidence"] | IN(0, 1)) and
		(.["trade.enable_partial_tp"] == 1 or .["trade.tp_partial_atr_mult"] == 4)' a | sort | uniq -c >verdicts
	[ "$(xargs <verdicts)" = '2000 true' ]
	for v in 4 5 6; do	# 667 with a deviation of 21
		n=$(jq "select(.overrides[\"trade.sl_atr_mult\"]? == $v) | 1" a | wc -l)
		[ "$n" -gt 560 ] && [ "$n" -lt 774 ]
	done
	sed '1d;$d' a >plain
	ocq-grid --no-header --random 2000 --seed 42 "$SPEC" | cmp - plain	# 42 is the default
	ocq-grid --no-header --random 10 "$SPEC" | cmp - <(head -n 10 plain)
	ocq-grid --no-header --random 2000 --seed 43 "$SPEC" >other
	[ "$(diff plain other | grep -c '^<')" -gt 1900 ]
	# written down: these never change
	[ "$(rows --random 3 "$SPEC" | head -n 3)" = "$(printf 'random_%06d %s\n' 0 '5 2.5 0 34 26 1 4' 1 '5 3.5 1 21 22 1 3' 2 '4 3.5 1 21 26 0 3')" ]
}

@test "grid: --one-at-a-time is the base, then every value alone, gates or not" {
	spec 'axes:' '- {path: trade.tp_partial_pct, values: [0.5, 0.4], gate: {path: trade.enable_partial_tp, eq: 1}}' \
		'- {path: trade.sl_atr_mult, values: [1.5]}' '- {path: filters.adx_rising_saturation, values: [28, 40], gate: {path: filters.require_adx_rising, eq: 1}}' \
		'- {path: trade.enable_partial_tp, values: [0]}'
	ocq-grid --one-at-a-time --no-header s.yaml 2>warned | jq -c '[.id, .overrides]' >got
	cat >want <<-'END'
	["one_0000",{}]
	["one_0001",{"trade.tp_partial_pct":0.5}]
	["one_0002",{"trade.tp_partial_pct":0.4}]
	["one_0003",{"trade.sl_atr_mult":1.5}]
	["one_0004",{"filters.adx_rising_saturation":28}]
	["one_0005",{"filters.adx_rising_saturation":40}]
	["one_0006",{"trade.enable_partial_tp":0}]
	END
	diff -u want got
	[ "$(cat warned)" = 'ocq-grid: s.yaml:2: trade.tp_partial_pct: never active, as no value of trade.enable_partial_tp is 1' ]
	ocq-grid --one-at-a-time --all-first --no-header s.yaml 2>warned | jq -r '[.id, (.overrides | .[])] | map(tostring) | join(" ")' >got
	printf 'one_%04d %s\n' 0 '0.5 1.5 28 0' 1 '0.5 1.5 28 0' 2 '0.4 1.5 28 0' 3 '0.5 1.5 28 0' 4 '0.5 1.5 28 0' 5 '0.5 1.5 40 0' 6 '0.5 1.5 28 0' | diff -u - got
	ocq-grid -q --one-at-a-time --all-first --compact s.yaml 2>warned | jq -c 'select(.id == "one_0005").values, .paths // empty' >got
	printf '%s\n' '["trade.tp_partial_pct","trade.sl_atr_mult","filters.adx_rising_saturation","trade.enable_partial_tp"]' '[0.5,1.5,40,0]' | diff -u - got
	[ "$(ocq-grid --one-at-a-time s.yaml 2>warned | tail -n 1)" = '{"type":"end","records":7}' ]
}

@test "grid: shards have every candidate once, in the grid's order, whatever their number" {
	for options in '' '--random 500' '--one-at-a-time'; do
		# shellcheck disable=SC2086 # options are several words
		ocq-grid --no-header $options "$SPEC" >whole
		for n in 1 2 7; do
			: >parts
			for i in $(seq $n); do
				# shellcheck disable=SC2086
				ocq-grid $options --shard "$i/$n" "$SPEC" >part
				sed '1d;$d' part >>parts
				[ "$(tail -n 1 part | jq .records)" = $(($(wc -l <part) - 2)) ]
				sed '1d;$d' part | { grep -Fxf - whole || true; } | cmp - <(sed '1d;$d' part)
			done
			sort parts | cmp - <(sort whole)
		done
	done
	[ "$(ocq-grid --no-header --shard 1/2 "$SPEC" | wc -l)" -gt 40 ]
	[ "$(ocq-grid --no-header --shard 1/2 "$SPEC" | wc -l)" -lt 104 ]
	# a candidate's part follows from its id: written down, these never change
	ocq-grid --no-header --shard 3/3 "$SPEC" | grep -q sweep_0000
	ocq-grid --no-header --shard 1/3 "$SPEC" | grep -q sweep_0001
	for bad in 0/2 3/2 1 x/2 1/2/2; do dies 64 "--shard: \"$bad\" is not I/N" ocq-grid --shard "$bad" "$SPEC"; done
}

@test "grid: a wrong specification is exit 78 with file, line and what would be right" {
	spec 'axes:' '- path: trade.sl_atr_mul' '  values: [1]'
	dies 78 's.yaml:2: "trade.sl_atr_mul" is not a known key; did you mean trade.sl_atr_mult?' ocq-grid s.yaml
	spec 'axes:' '- path: indicators.adx_window' '  values: [14, 0]'
	dies 78 's.yaml:3: indicators.adx_window: 0 is out of range; from 1 to 4096 is wanted' ocq-grid s.yaml
	spec 'axes:' '- path: indicators.ave_avg_atr_window' '  values: [14]' '- path: thresholds.entry.ave_avg_atr_window' '  values: [14]'
	dies 78 's.yaml:4: thresholds.entry.ave_avg_atr_window is the same key as indicators.ave_avg_atr_window, an axis at line 2' ocq-grid s.yaml
	dies 78 'stdin:1: empty' ocq-grid - </dev/null
	dies 78 'nowhere.yaml' ocq-grid nowhere.yaml
	printf 'axes:\n- {path: trade.sl_atr_mult, values: [1, 2' >torn.yaml
	dies 78 'torn.yaml:' ocq-grid torn.yaml
	{ printf 'axes:\n- {path: '; head -c 1000000 /dev/zero | tr '\0' x; printf ', values: [1]}\n'; } >long.yaml
	dies 78 'long.yaml:' ocq-grid long.yaml
	[ "$(wc -c <stderr.txt)" -lt 600 ]
}

@test "grid: wrong usage" {
	dies 64 'one operand is needed' ocq-grid
	dies 64 'one operand is needed' ocq-grid a b
	dies 64 '--random is at least 1' ocq-grid --random 0 "$SPEC"
	dies 64 '--random or --one-at-a-time' ocq-grid --random 5 --one-at-a-time "$SPEC"
	dies 64 '--all-first belongs to --one-at-a-time' ocq-grid --all-first "$SPEC"
	dies 64 '--compact: ' ocq-grid --compact --one-at-a-time "$SPEC"
	dies 64 'can come from stdin' ocq-grid -c - - <"$SPEC"
}

@test "grid: a full disk is exit 75, a closed pipe is quiet" {
	writes 75 /dev/full ocq-grid "$SPEC"
	writes 75 /dev/full ocq-grid --count "$SPEC"
	reader_leaves 1 ocq-grid --random 1000000 "$SPEC"
	reader_leaves 1 ocq-grid --one-at-a-time "$SPEC"
}

@test "grid: SIGTERM ends at a whole record, without an end" {
	ocq-config axes | awk -F'\t' 'BEGIN { print "axes:" } $2 == "f64" && n++ < 60 { print "- {path: " $1 ", values: [0.1, 0.2]}" }' >s.yaml
	for options in '--random 18446744073709551614' '--max 18446744073709551615'; do
		# shellcheck disable=SC2086 # options are several words
		(bounded ocq-grid -q $options s.yaml) >got 2>said & pid=$!
		while [ ! -s got ]; do read -rt 0.05 <> <(:) || true; done
		kill -TERM $pid
		wait $pid
		tail -n 1 got | jq -e '.type == "candidate"' >/dev/null
		rm got
	done
}

@test "grid: a million candidates in seconds" {
	start=$(date +%s%N)
	ocq-grid --random 1000000 --compact --no-header "$SPEC" >/dev/null
	[ $((($(date +%s%N) - start) / 1000000)) -lt 10000 ]
}

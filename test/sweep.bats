# SPDX-License-Identifier: MIT
# ocq-sweep: rows are those of a replay each, in the order of the candidates, whatever runs beside and whenever it is stopped.
load lib

D=$BATS_FILE_TMPDIR
ALL=$FIX/sweep/all_axes.yaml
PLAIN=$OCQ_BIN/../test/plain-sweep

setup_file() {
	(PATH=$OCQ_BIN:$PATH && "$OCQ_ROOT/test/market" "$BATS_FILE_TMPDIR" &&
		ocq-grid --random 60 --seed 5 --compact "$FIX/sweep/all_axes.yaml" >"$BATS_FILE_TMPDIR/random")
}

sweep() { ocq-sweep -q -c "$D/strategy.yaml" --pack "$D/market.pack" "$@"; }

FIGURES='[.id, .events_hash, .total_pnl, .total_trades, .profit_factor, .max_drawdown_pct]'

# as_replayed OPTIONS: rows of 40 random candidates equal those of plain replays: full ones, whose marks the rules make, on one thread and
# on three; and short ones, whose marks are guessed, alone and followed by others with the same entry rules
as_replayed() {
	head -n 41 "$D/random" | "$PLAIN" -q "$@" >want
	[ "$(wc -l <want)" = 40 ]
	jq -s -e 'map(.total_trades) | add > 100' want
	for j in 1 3; do
		head -n 41 "$D/random" | ocq-sweep -q --no-header -j "$j" "$@" | cmp - want
	done
	jq -c "$FIGURES" want >figures
	head -n 41 "$D/random" | ocq-sweep -q --no-header -r id "$@" | jq -c "$FIGURES" | cmp - figures
	{ head -n 41 "$D/random"; sed -n 2,41p "$D/random"; } | ocq-sweep -q --no-header -r id "$@" | jq -c "$FIGURES" | cmp - <(cat figures figures)
}

@test "sweep: rows are those of replays" {
	as_replayed -c "$D/strategy.yaml" --candles "$D/candles_1h.db" -i 1h
	as_replayed -c "$D/strategy.yaml" --candles "$D/candles_1h.db" -i 1h --from 2025-01-20 --to 2025-02-10 --balance 300 --lookback 1
	as_replayed -c "$D/strategy.yaml" --candles "$D/candles_1h.db" -i 1h --symbols ETH --live
}

@test "sweep: with funding, and from a pack" {
	as_replayed -c "$D/strategy.yaml" --pack "$D/market.pack"
	as_replayed -c "$D/strategy.yaml" --pack "$D/market.pack" --strict-semantics
}

@test "sweep: with exit and entry sub-bars, decided at the close and at every tick" {
	sub=(--candles "$D/candles_1h.db" -i 1h --exit-candles "$D/candles_5m.db" --exit-interval 5m)
	as_replayed -c "$D/strategy_5m.yaml" "${sub[@]}"
	as_replayed -c "$D/strategy_5m.yaml" "${sub[@]}" --entry-candles "$D/candles_5m.db" --entry-interval 5m --universe "$D/universe_history.db"
	ocq-config set "$D/strategy_5m.yaml" engine.signal_on_candle_close=false -o tick.yaml
	as_replayed -c tick.yaml "${sub[@]}" --entry-candles "$D/candles_5m.db" --entry-interval 5m --funding "$D/funding_rates.db"
}

@test "sweep: a behaviour plan holds for every candidate" {
	as_replayed -c "$FIX/runs/05.yaml" --candles "$D/candles_1h.db" -i 1h
}

@test "sweep: the hash of a row is the hash of the deployed strategy's replay, and the fingerprint its config_id" {
	ocq-grid "$D/sweep.yaml" | sed -n 8p >one
	sweep -r candidate one | jq -c 'select(.type == "result")' >row
	ocq-config set "$D/strategy.yaml" --overrides one -o deployed.yaml
	[ "$(ocq-config id deployed.yaml)" = "$(jq -r .config_id row)" ]
	ocq-replay -q -c deployed.yaml --pack "$D/market.pack" --contract --report report.json
	for member in events_hash contract_id total_pnl total_trades profit_factor max_drawdown_pct; do
		[ "$(jq ".$member" row)" = "$(jq ".$member" report.json)" ]
	done
	[ "$(jq -c .overrides row)" = "$(jq -c .overrides one)" ]
}

@test "sweep: each form of row has its members, and a slippage of its own makes a contract of its own" {
	echo '{"type":"candidate","id":"a","overrides":{"trade.slippage_bps":25}}' >slip
	sweep -r id slip | sed -n 2p | jq -e 'keys == ["events_hash","id","max_drawdown_pct","point","profit_factor","total_pnl","total_trades","type"]'
	sweep -r candidate slip | sed -n 2p >row
	jq -e 'keys == ["candidate_mode","config_id","contract_id","events_hash","id","max_drawdown_pct","output_mode","overrides","profit_factor","schema_version","total_pnl","total_trades","type"]' row
	[ "$(jq .contract_id row)" != "$(sweep -r id slip | sed -n 1p | jq .contract_id)" ]
	sweep slip | sed -n 2p | jq -e '.output_mode == "full" and .slippage_bps == 25 and (has("compat") | not) and (.by_symbol | length > 0)'
	dies 64 '--rows is full, candidate or id, not "wide"' sweep -r wide slip
}

@test "sweep: the lookback is the option's, else the header's, else 200" {
	lookback() { sweep -r id "$@" | sed -nE '1s/.*lookback=([0-9]+).*/\1/p'; }
	[ "$(lookback "$D/random")" = 60 ]
	[ "$(lookback --lookback 90 "$D/random")" = 90 ]
	sed 1d "$D/random" >values
	dies 65 'values:1: "values", but no header named their paths' sweep values
	ocq-grid --no-header "$D/sweep.yaml" | head -n 2 >bare
	[ "$(lookback bare)" = 200 ]
}

@test "sweep: the same bytes for any number of threads and any cache" {
	sweep -r id -j 1 "$D/random" >want
	for options in "-j 2" "-j 7" "-j 2 --cache-mib 0" "-j 3 --cache-mib 1"; do
		# shellcheck disable=SC2086 # options are several words
		sweep -r id $options "$D/random" | cmp - want
	done
	[ "$(tail -n 1 want)" = '{"type":"end","records":60}' ]
}

@test "sweep: the first row leaves before the last candidate has come" {
	mkfifo in
	bounded ocq-sweep -q -c "$D/strategy.yaml" --pack "$D/market.pack" -r id <in >got &
	exec 7>in
	head -n 2 "$D/random" >&7
	for _ in $(seq 200); do [ "$(wc -l <got)" = 2 ] && break; sleep 0.05; done
	[ "$(wc -l <got)" = 2 ]
	sed -n 3p "$D/random" >&7
	exec 7>&-
	wait
	[ "$(wc -l <got)" = 4 ]
}

@test "sweep: a wrong candidate is named by line and member; rows before it are written, none for it" {
	head -n 4 "$D/random" >good
	sweep -r id good | sed '1d;$d' >want
	wrong() {	# wrong MESSAGE LINE
		{ cat good; echo "$2"; sed -n 5p "$D/random"; } >bad
		status=0; sweep -r id -j 3 bad 2>err >whole || status=$?
		sed 1d whole >got
		[ "$status" = 65 ] && cmp got want && [ "$(cat err)" = "ocq-sweep: bad:5: $1" ] || { cat err; false; }
	}
	wrong '"overrides": "trade.sl_atr_mul" is not a known key; did you mean trade.sl_atr_mult?' '{"type":"candidate","id":"x","overrides":{"trade.sl_atr_mul":1}}'
	wrong '"overrides": engine.interval is not an axis of a sweep' '{"type":"candidate","id":"x","overrides":{"engine.interval":1}}'
	wrong '"overrides": trade.sl_atr_mult is not a number' '{"type":"candidate","id":"x","overrides":{"trade.sl_atr_mult":"1"}}'
	wrong '"overrides": trade.allocation_pct: 1.5 is out of range; from 0 to 1 is wanted' '{"type":"candidate","id":"x","overrides":{"trade.allocation_pct":1.5}}'
	wrong '"overrides": thresholds.entry.ave_avg_atr_window and indicators.ave_avg_atr_window are the same key' \
		'{"type":"candidate","id":"x","overrides":{"thresholds.entry.ave_avg_atr_window":30,"indicators.ave_avg_atr_window":30}}'
	wrong '"values" is not a list of 138 numbers, one per path of the header' '{"type":"candidate","id":"x","values":[1,2]}'
	wrong 'neither "overrides" nor "values", as in rows of the form id' '{"type":"candidate","id":"x"}'
	wrong '"id" is not a text of 1 to 127 bytes' '{"type":"candidate","id":"","overrides":{}}'
	wrong '"type" is not "candidate"' '{"type":"result","id":"x"}'
	wrong 'x: trade.vol_scalar_min: 2 is above trade.vol_scalar_max, 1' '{"type":"candidate","id":"x","overrides":{"trade.vol_scalar_min":2,"trade.vol_scalar_max":1}}'
}

@test "sweep: an amount that overflows has no row" {
	{ sed -n 1p "$D/random"; echo '{"type":"candidate","id":"huge","overrides":{"trade.leverage_high":1e300,"trade.leverage_medium":1e300,"trade.leverage_low":1e300,"trade.max_total_margin_pct":1e300,"trade.entry_min_confidence":0}}'; } >huge
	dies 65 'huge:2: huge: an amount overflows' sweep -r id --balance 1e20 huge
	run ! grep -q '"huge"' stdout.txt
}

@test "sweep: an output that was cut anywhere is continued to the same bytes" {
	sweep -r candidate "$D/random" >want
	size=$(wc -c <want)
	for at in 0 1 700 $((size / 3)) $((size / 2)) $((size - 30)) $((size - 1)) "$size"; do
		head -c "$at" want >part
		sweep -r candidate --resume part "$D/random" >>part
		cmp part want || { echo "cut at $at"; false; }
	done
	rm part
	sweep -r candidate --resume part "$D/random" >>part	# nothing yet
	cmp part want
}

@test "sweep: killed again and again it ends with the same bytes" {
	sweep -r id -j 1 "$D/random" >want
	: >part
	for _ in $(seq 6); do
		ocq-sweep -q -c "$D/strategy.yaml" --pack "$D/market.pack" -r id -j 2 --resume part "$D/random" >>part &
		pid=$!
		sleep "0.0$((RANDOM % 9 + 1))"
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" || true
	done
	sweep -r id --resume part "$D/random" >>part
	cmp part want
}

@test "sweep: a row of another candidate under the same id is not taken for this one's" {
	ocq-grid --random 60 --seed 6 --compact "$ALL" >others
	for form in id candidate full; do
		head -n 9 "$D/random" | sweep -r "$form" >part
		status=0; sweep -r "$form" --resume part others >>part 2>err || status=$?
		[ "$status" = 65 ] && grep -qF 'others:2: random_000000: part has a row of this id, but of another candidate' err
	done
}

@test "sweep: a finished output goes on with more candidates" {
	sweep -r id "$D/random" | sed 1d >want
	head -n 9 "$D/random" | sweep -r id >part
	sweep -r id --resume part "$D/random" >>part
	sed 1d part | cmp - want
	sweep -r id --resume part "$D/random" >>part	# nothing more
	sed 1d part | cmp - want
	head -n 9 "$D/random" | sweep -r id >part	# to another file: rows and an end; nothing, where there are none
	sweep -r id --resume part "$D/random" >rest
	cmp rest <(sed 1,8d want)
	[ -z "$(head -n 9 "$D/random" | sweep -r id --resume part)" ]
}

@test "sweep: two cannot continue one file at once" {
	mkfifo in
	: >part
	bounded ocq-sweep -q -c "$D/strategy.yaml" --pack "$D/market.pack" -r id --resume part <in >>part &
	exec 7>in
	head -n 2 "$D/random" >&7
	for _ in $(seq 200); do [ "$(wc -l <part)" = 2 ] && break; sleep 0.05; done
	cp part kept
	status=0; sweep -r id --resume part "$D/random" >>part 2>err || status=$?
	[ "$status" = 75 ]
	grep -q 'part: another sweep is writing to it' err
	cmp part kept
	exec 7>&-
	wait
}

@test "sweep: what does not belong to it is not continued" {
	sweep -r id "$D/random" | head -n 20 >part
	dies 65 'part:1: "contract_id" is' sweep -r id --balance 5000 --resume part "$D/random"
	dies 65 'part:2: a row of the form id, but --rows is candidate' sweep -r candidate --resume part "$D/random"
	ocq-config set "$D/strategy.yaml" trade.sl_atr_mult=9 -o other.yaml
	dies 65 'part:1: "config_id" is' ocq-sweep -c other.yaml --pack "$D/market.pack" -r id --resume part "$D/random"
	cp part torn; printf '{"type":"resu' >>torn; cp torn kept
	sweep -r id --resume torn "$D/random" >rest	# not our output: it is left alone
	cmp torn kept
	sweep -r id "$D/random" | cmp - <(cat part rest)
	dies 65 '"type" is not "result"' sweep -r id --resume <(sed -n 2p "$D/events.ndjson") "$D/random"
}

@test "sweep: no candidates, no rows" {
	printf '' | sweep -r id >got
	[ "$(jq -r .type got | xargs)" = 'header end' ]
	sweep -r id --no-header </dev/null >got
	[ ! -s got ]
	dies 65 'the stream has no end: it was cut' sweep -r id --strict <(head -n 3 "$D/random")
	dies 64 'is too many' sweep a b
	dies 64 '--threads is at most 1024' sweep -j 99999
	dies 64 'no market data' ocq-sweep -c "$D/strategy.yaml" "$D/random"
}

@test "sweep: SIGTERM ends it after the row at hand, without end" {
	mkfifo in
	bounded ocq-sweep -q -c "$D/strategy.yaml" --pack "$D/market.pack" -r id <in >got 2>err &
	pid=$!
	exec 7>in
	head -n 5 "$D/random" >&7
	for _ in $(seq 200); do [ "$(wc -l <got)" -ge 2 ] && break; sleep 0.05; done
	kill "$pid"
	wait "$pid"
	exec 7>&-
	sweep -r id <(head -n 5 "$D/random") | sed '1d;$d' | cmp - <(sed 1d got)
}

# SPDX-License-Identifier: MIT
# ocq-sweep-gpu: the bytes of ocq-sweep, from the device's own text run on the CPU (cuda/emulate.h), on devices that are small, that fail, or
# that are not there.
load lib

D=$BATS_FILE_TMPDIR
EMULATED=$OCQ_BIN/../test/ocq-sweep-emulated

setup_file() {
	(PATH=$OCQ_BIN:$PATH && "$OCQ_ROOT/test/market" "$BATS_FILE_TMPDIR" &&
		ocq-grid --random 60 --seed 5 --compact "$FIX/sweep/all_axes.yaml" >"$BATS_FILE_TMPDIR/random")
}

cpu() { ocq-sweep -q -c "$D/strategy.yaml" --pack "$D/market.pack" "$@"; }
gpu() { "$EMULATED" -q -c "$D/strategy.yaml" --pack "$D/market.pack" "$@"; }

# as_cpu OPTIONS: the rows of the first 40 random candidates, in each form, are those of ocq-sweep
as_cpu() {
	local form
	head -n 41 "$D/random" >some
	for form in id candidate full; do
		ocq-sweep -q --no-header -r "$form" "$@" some >want
		"$EMULATED" -q --no-header -r "$form" "$@" some | cmp - want
	done
	[ "$(wc -l <want)" = 40 ]
	jq -s -e 'map(.total_trades) | add > 100' want >trades
}

@test "sweep-gpu: the rows of ocq-sweep, in each form" {
	as_cpu -c "$D/strategy.yaml" --candles "$D/candles_1h.db" -i 1h
	as_cpu -c "$D/strategy.yaml" --candles "$D/candles_1h.db" -i 1h --from 2025-01-20 --to 2025-02-10 --balance 300 --lookback 1
	as_cpu -c "$D/strategy.yaml" --candles "$D/candles_1h.db" -i 1h --symbols ETH --live
	as_cpu -c "$FIX/runs/05.yaml" --candles "$D/candles_1h.db" -i 1h	# a behaviour plan
}

@test "sweep-gpu: with funding, and from a pack" {
	as_cpu -c "$D/strategy.yaml" --pack "$D/market.pack"
	as_cpu -c "$D/strategy.yaml" --pack "$D/market.pack" --strict-semantics
}

@test "sweep-gpu: with exit and entry sub-bars, decided at the close and at every tick" {
	sub=(--candles "$D/candles_1h.db" -i 1h --exit-candles "$D/candles_5m.db" --exit-interval 5m --from 2025-02-01)
	as_cpu -c "$D/strategy_5m.yaml" "${sub[@]}"
	as_cpu -c "$D/strategy_5m.yaml" "${sub[@]}" --entry-candles "$D/candles_5m.db" --entry-interval 5m --universe "$D/universe_history.db"
	ocq-config set "$D/strategy_5m.yaml" engine.signal_on_candle_close=false -o tick.yaml
	as_cpu -c tick.yaml "${sub[@]}" --entry-candles "$D/candles_5m.db" --entry-interval 5m --funding "$D/funding_rates.db"
}

@test "sweep-gpu: any number of symbols" {
	for n in 1 64 65 130; do
		symbols=BTC$(for ((i = 1; i < n; i++)); do printf ',S%03d' "$i"; done)
		ocq-synth -q --seed "$n" -s "$symbols" --from 2025-01-01 --days $((n == 1 ? 120 : 20)) -i 1h,5m --db .
		as_cpu -c "$D/strategy.yaml" --candles candles_1h.db -i 1h --lookback 50
		rm ./*.db
	done
}

@test "sweep-gpu: many symbols with sub-bars" {
	symbols=BTC$(for ((i = 1; i < 70; i++)); do printf ',S%03d' "$i"; done)
	ocq-synth -q --seed 3 -s "$symbols" --from 2025-01-01 --days 8 -i 1h,5m --db .
	as_cpu -c "$D/strategy_5m.yaml" --candles candles_1h.db -i 1h --lookback 30 --exit-candles candles_5m.db --exit-interval 5m \
		--entry-candles candles_5m.db --entry-interval 5m
}

# rounds OPTIONS: how many rounds the first device needed for the random candidates; their rows are right
rounds() {
	cpu --no-header "$@" "$D/random" >want
	"$EMULATED" -c "$D/strategy.yaml" --pack "$D/market.pack" --no-header "$@" "$D/random" 2>err | cmp - want
	sed -nE 's/.*device 0, emulated: ([0-9]+) rounds.*/\1/p' err
}

@test "sweep-gpu: candidates come in as many rounds as the device's memory needs" {
	[ "$(rounds -r id)" -le 2 ]
	export OCQ_EMULATE=mib=9
	[ "$(rounds -r id)" -gt 4 ]
	OCQ_EMULATE=mib=24
	[ "$(rounds -r full)" -gt 4 ]
	OCQ_EMULATE=mib=24 as_cpu -c "$D/strategy.yaml" --candles "$D/candles_1h.db" -i 1h --from 2025-02-01 --lookback 1
}

@test "sweep-gpu: candidates that differ in trade.* share marks and series" {
	{
		echo '{"type":"candidate","id":"a","overrides":{"trade.sl_atr_mult":1}}'
		for i in $(seq 2 40); do echo '{"type":"candidate","id":"c'"$i"'","overrides":{"trade.sl_atr_mult":1.'"$i"'}}'; done
	} >trade
	cpu -r id --no-header trade >want
	OCQ_EMULATE=mib=9 "$EMULATED" -c "$D/strategy.yaml" --pack "$D/market.pack" -r id --no-header trade 2>err | cmp - want
	[ "$(sed -nE 's/.*emulated: ([0-9]+) rounds.*/\1/p' err)" -lt 12 ]
}

@test "sweep-gpu: memory that is not enough for the market is said, before any row" {
	OCQ_EMULATE=mib=1 dies 75 'MiB of free memory are not enough for this market' gpu --no-header -r id "$D/random"
	[ ! -s stdout.txt ]
}

# failing DEVICES OPTIONS: the random candidates on such devices
failing() {
	(export OCQ_EMULATE=$1; shift; bounded "$EMULATED" -q -c "$D/strategy.yaml" --pack "$D/market.pack" -j 2 --no-header "$@" "$D/random")
}

@test "sweep-gpu: whatever call fails, the batch is named, the rows before it are there, and nothing else" {
	cpu --no-header -r id "$D/random" >want
	for ((n = 1, ended = 0; ; n += 1 + n / 15)); do
		status=0
		failing "mib=9 fail=$n" -r id >got 2>err || status=$?
		[ "$status" != 0 ] || break
		[ "$status" = 75 ] || { echo "call $n: exit $status"; cat err; false; }
		[ "$(wc -l <err)" = 1 ]
		head -c "$(wc -c <got)" want | cmp - got
		[ ! -s got ] || [ "$(tail -c 1 got | wc -l)" = 1 ]
		if grep -qE "random:[0-9]+ to [0-9]+, candidates random_[0-9]+ to random_[0-9]+: (device 0 \(emulated\): .*: unknown error|a series that .* did not get onto the device)$" err; then
			first=$(sed -E 's/.*candidates (random_[0-9]+) to .*/\1/' err)
			[ "$(wc -l <got)" = $((10#${first#random_})) ]	# the batch begins where the rows end
			ended=1
		else
			grep -qE 'device 0 \([?a-z]+\): .*: unknown error' err
			[ ! -s got ]
		fi
	done
	cmp got want
	[ "$ended" = 1 ]
}

@test "sweep-gpu: reports fail as a whole, too" {
	cpu --no-header "$D/random" >want
	for ((n = 90; ; n += 23)); do
		status=0
		failing "mib=24 fail=$n" >got 2>err || status=$?
		[ "$status" != 0 ] || break
		[ "$status" = 75 ]
		head -c "$(wc -c <got)" want | cmp - got
	done
	cmp got want
}

@test "sweep-gpu: candidates are split over devices, rows stay in order" {
	cpu --no-header -r candidate "$D/random" >want
	export OCQ_EMULATE='mib=9 devices=3'
	"$EMULATED" -c "$D/strategy.yaml" --pack "$D/market.pack" --device all -r candidate --no-header "$D/random" 2>err | cmp - want
	[ "$(grep -cE "device [012], emulated: [1-9][0-9]* rounds" err)" -ge 2 ]
	"$EMULATED" -c "$D/strategy.yaml" --pack "$D/market.pack" --device 2 -r candidate --no-header "$D/random" 2>err | cmp - want
	grep -q 'device 2, emulated' err
	run ! grep -q 'device 0' err
}

@test "sweep-gpu: a device that is not there" {
	OCQ_EMULATE=devices=0 dies 69 'no CUDA device: no CUDA-capable device is detected' gpu "$D/random"
	OCQ_EMULATE=devices=2 dies 69 'no CUDA device 2: there are 2, from 0 on' gpu --device 2 "$D/random"
	dies 64 '--device is a number or all, not "first"' gpu --device first "$D/random"
	status=0
	ocq-sweep-gpu -q -c "$D/strategy.yaml" --pack "$D/market.pack" -r id --no-header "$D/random" >got 2>err || status=$?
	if [ "$status" = 69 ]; then
		grep -q '^ocq-sweep-gpu: no CUDA device: ' err && [ ! -s got ]
	else
		[ "$status" = 0 ] && cpu -r id --no-header "$D/random" | cmp - got
	fi
}

@test "sweep-gpu: header and end are ocq-sweep's, but for the program's name" {
	cpu -r id "$D/random" >want
	gpu -r id "$D/random" >got
	[ "$(sed -n 1p got | sed 's/ocq-sweep-emulated/ocq-sweep/g')" = "$(sed -n 1p want)" ]
	[ "$(tail -n 1 got)" = "$(tail -n 1 want)" ]
}

@test "sweep-gpu: an output that was cut anywhere is continued to the same bytes" {
	gpu -r id "$D/random" >want
	size=$(wc -c <want)
	for at in 0 700 $((size / 2)) $((size - 1)) "$size"; do
		head -c "$at" want >part
		gpu -r id --resume part "$D/random" >>part
		cmp part want || { echo "cut at $at"; false; }
	done
}

@test "sweep-gpu: what one program began the other continues" {
	cpu -r candidate "$D/random" >want
	head -c $(($(wc -c <want) / 2)) want >part
	gpu -r candidate --resume part "$D/random" >>part
	cmp part want
	gpu -r candidate "$D/random" >want
	head -c $(($(wc -c <want) / 3)) want >part
	cpu -r candidate --resume part "$D/random" >>part
	cmp part want
}

@test "sweep-gpu: a wrong candidate is named where its row would stand" {
	head -n 4 "$D/random" >good
	cpu -r id --no-header good >want
	wrong() {	# wrong MESSAGE LINE
		{ cat good; echo "$2"; sed -n 5,30p "$D/random"; } >bad
		dies 65 "bad:5: $1" gpu -r id --no-header bad
		cmp stdout.txt want
	}
	wrong '"overrides": trade.sl_atr_mult is not a number' '{"type":"candidate","id":"x","overrides":{"trade.sl_atr_mult":"1"}}'
	wrong 'x: trade.vol_scalar_min: 2 is above trade.vol_scalar_max, 1' '{"type":"candidate","id":"x","overrides":{"trade.vol_scalar_min":2,"trade.vol_scalar_max":1}}'
	{ cat good; echo '{"type":"candidate","id":"huge","overrides":{"trade.leverage_high":1e300,"trade.leverage_medium":1e300,"trade.leverage_low":1e300,"trade.max_total_margin_pct":1e300,"trade.entry_min_confidence":0}}'; } >huge
	for form in id candidate full; do
		cpu -r "$form" --no-header --balance 1e20 good >want
		dies 65 'huge:5: huge: an amount overflows' gpu -r "$form" --no-header --balance 1e20 huge
		cmp stdout.txt want
	done
}

@test "sweep-gpu: a slow pipe is answered as it comes" {
	mkfifo in
	bounded "$EMULATED" -q -c "$D/strategy.yaml" --pack "$D/market.pack" -r id --no-header <in >got &
	exec 7>in
	for n in 2 3 5; do
		sed -n "$((n == 2 ? 1 : n)),${n}p" "$D/random" >&7
		[ "$n" != 5 ] || sed -n 4p "$D/random" >&7
		want=$((n - 1))
		for _ in $(seq 200); do [ "$(wc -l <got)" = "$want" ] && break; sleep 0.05; done
		[ "$(wc -l <got)" = "$want" ]
	done
	exec 7>&-
	wait
}

@test "sweep-gpu: no candidates, no rows; SIGTERM ends it after the rows at hand, without end" {
	printf '' | gpu -r id >got
	[ "$(jq -r .type got | xargs)" = 'header end' ]
	mkfifo in
	bounded "$EMULATED" -q -c "$D/strategy.yaml" --pack "$D/market.pack" -r id <in >got 2>err &
	pid=$!
	exec 7>in
	head -n 5 "$D/random" >&7
	for _ in $(seq 200); do [ "$(wc -l <got)" -ge 2 ] && break; sleep 0.05; done
	kill "$pid"
	wait "$pid"
	exec 7>&-
	cpu -r id --no-header <(head -n 5 "$D/random") | cmp - <(sed 1d got)
}

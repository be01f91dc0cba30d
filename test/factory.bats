# SPDX-License-Identifier: MIT
# make factory: plain files that appear whole, the same bytes whoever is killed meanwhile, and hashes that replays confirm.
load lib

D=$BATS_FILE_TMPDIR

setup_file() {
	# The target as the Makefile has it, without the build.
	printf 'all:\nB = %s\ninclude %s/config/mk/factory.mk\n' "${OCQ_BIN%/bin}" "$OCQ_ROOT" >"$D/factory.mk"
	(cd "$D" && factory one) >"$D/said" 2>"$D/warned"
}

# factory RUN [OPTION...]: a small run in ./RUN
factory() {
	local run=$1; shift
	make -s --no-print-directory -C "$OCQ_ROOT" -f "$D/factory.mk" factory ARTIFACTS="$PWD" RUN="$run" \
		SYNTH='-n 5 --days 80 --seed 3' TRIALS=200 SHORTLIST=1 MIN_TRADES=3 "$@"
}

ids() { jq -r 'select(.type == "result").id' "$1/shortlist.ndjson"; }

# refused TEXT RUN [OPTION...]: it says so and begins no run
refused() {
	local text=$1; shift
	factory "$@" >stdout.txt 2>stderr.txt && return 1
	grep -qF -- "$text" stderr.txt || { cat stderr.txt; return 1; }
}

@test "factory: a run on a synthetic market, which it says; every candidate's replay has the sweep's events" {
	grep -q 'no DATA: the market is synthetic' "$D/warned"
	cmp "$D/said" "$D/one/report.md"
	jq -c 'select(.type == "result") | [.id, .config_id, .contract_id, .events_hash, .total_pnl]' "$D/one/shortlist.ndjson" >want
	cd "$D/one"
	[ "$(ids . | wc -l)" -ge 2 ]
	jq -e '.type == "parity" and .equal and .records[0] == .records[1]' parity.ndjson
	for id in $(ids .); do
		jq -c --arg id "$id" '[$id, .config_id, .contract_id, .events_hash, .total_pnl]' "replays/$id.json"
		[ "$(ocq-config id "candidates/$id.yaml")" = "$(jq -r .config_id "replays/$id.json")" ]
		grep -q '<svg' "reports/$id.html"
		! command -v gnuplot >/dev/null || [ -s "reports/$id.png" ]
	done | cmp - "$BATS_TEST_TMPDIR/want"
	[ "$(jq -r .contract_id run.json)" = "$(head -n 1 shortlist.ndjson | jq -r .contract_id)" ]
	[ "$(jq -r .data_id run.json)" = "$(ocq-pack --show market.pack | jq -r .data_id)" ]
	[ "$(jq -r .config_id run.json)" = "$(ocq-config id strategy.yaml)" ]
	[ ! -e tmp ]
}

@test "factory: the pool is the most profitable with enough trades, the shortlists are of the pool" {
	jq -s 'map(select(.type == "result" and .total_trades >= 3)) | sort_by(-.total_pnl) | .[:20] | map(.total_pnl)' "$D/one/sweep.ndjson" >want
	jq -s 'map(select(.type == "result").total_pnl)' "$D/one/pool.ndjson" | cmp - want
	ocq-rank -q --no-header -n 1 "$D/one/pool.ndjson" | cmp - <(sed '1d;$d' "$D/one/shortlist.ndjson")
}

@test "factory: the last quarter of the market is held out" {
	jq -e '.coverage_ms as [$a, $b] | (($b - $a + 1) / 4 | ceil) as $h |
		.sweep_ms == [$a, $b - $h] and .holdout_ms == [$b - $h + 1, $b]' "$D/one/run.json"
	last=$(jq -s 'map(select(.type == "equity").t_ms) | max' "$D/one/replays/$(ids "$D/one" | head -n 1).equity.ndjson")
	[ "$last" -le "$(jq '.sweep_ms[1]' "$D/one/run.json")" ]
	factory all HOLDOUT_PCT=0 >/dev/null 2>&1
	jq -e '.holdout_ms == null and .sweep_ms == .coverage_ms' all/run.json
	refused 'HOLDOUT_PCT=100: it is a whole number of percent below 100' wrong HOLDOUT_PCT=100
}

@test "factory: equal inputs give equal bytes, in another directory and side by side" {
	factory one -j4 >/dev/null 2>&1
	diff -r one "$D/one"
}

@test "factory: a second call has nothing to do, and make -n says what is left" {
	cp -a "$D/one" .
	factory one >said 2>warned
	grep -qx "factory: $PWD/one: nothing is left to do" warned
	cmp said one/report.md
	factory one -n | grep -E '(ocq|freeze)' && false
	[ "$(factory two -n | grep -oE 'mv -T [^ ]+ (settings.mk|strategy.yaml|spec.yaml|market.pack|options|run.json|sweep.ndjson|pool.ndjson|shortlist.ndjson|replays.ndjson|parity.ndjson|report.md)$' | sed 's/.* //' | xargs)" = \
		'settings.mk strategy.yaml spec.yaml market.pack options run.json sweep.ndjson pool.ndjson shortlist.ndjson replays.ndjson parity.ndjson report.md' ]
	[ ! -e two ]	# it only says so
	rm one/pool.ndjson one/parity.ndjson
	factory one -n >left
	grep -q 'mv -T tmp/pool.ndjson' left
	grep -q 'mv -T tmp/parity.ndjson' left
	grep -q ocq-replay left	# of what the search may find
	run ! grep -q 'mv -T tmp/sweep' left
	factory one >/dev/null 2>&1
	diff -r one "$D/one"
}

@test "factory: killed at random moments and run again it ends with the same bytes" {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		set -m
		factory one >/dev/null 2>&1 &
		set +m
		sleep "0.$((RANDOM % 10))$((RANDOM % 10))"
		kill -KILL -- -$! 2>/dev/null || true
		wait $! || true
	done
	factory one >/dev/null 2>&1
	diff -r one "$D/one"
}

@test "factory: when only make is killed the next call waits for what it left running" {
	set -m
	factory one >/dev/null 2>&1 &
	set +m
	while [ ! -e one/market.pack ]; do sleep 0.01; done
	pkill -KILL -g $! -x make
	factory one >/dev/null 2>warned
	diff -r one "$D/one"
}

@test "factory: candle stores, with sub-bars where the strategy has them" {
	ocq-synth -q --seed 5 -n 4 --days 40 -i 1h,5m --db stores
	ocq-config set "$OCQ_ROOT/config/strategy.yaml" engine.entry_interval=5m engine.exit_interval=5m -o fine.yaml
	factory fine DATA="$PWD/stores" CONFIG="$PWD/fine.yaml" TRIALS=60 MIN_TRADES=1 >/dev/null 2>warned
	[ ! -s warned ] || { grep -v 'ocq-sweep' warned && false; }
	jq -e '.equal' fine/parity.ndjson
	jq -e '.market == "stores" and (.contract | test("interval=1h exit=5m entry=5m funding=yes"))' fine/run.json
	ocq-pack -q --candles stores -i 1h --exit-candles stores --exit-interval 5m --entry-candles stores --entry-interval 5m \
		--funding stores/funding_rates.db -o want.pack
	cmp fine/market.pack want.pack
}

@test "factory: the full grid, and the optimiser" {
	factory grid MODE=grid SPEC=config/sweep.yaml MIN_TRADES=1 >/dev/null 2>&1
	[ "$(grep -c '"type":"result"' grid/sweep.ndjson)" = "$(ocq-grid --count "$OCQ_ROOT/config/sweep.yaml")" ]
	jq -e '.equal' grid/parity.ndjson
	jq -e '.mode == "grid" and .trials == null' grid/run.json
	factory tpe MODE=tpe BATCH=32 >/dev/null 2>&1
	[ "$(grep -c '"type":"result"' tpe/sweep.ndjson)" = 200 ]
	jq -e '.equal' tpe/parity.ndjson
	refused 'SWEEP=parallel: the optimiser learns' other MODE=tpe SWEEP=parallel
	refused 'MODE=best: it is one of grid random tpe' other MODE=best
}

@test "factory: GNU parallel gives the bytes of one process" {
	command -v parallel >/dev/null || skip 'parallel is not installed'
	mkdir home && HOME=$PWD/home factory one SWEEP=parallel SHARDS=5 >/dev/null 2>&1
	diff -r one "$D/one"
}

@test "factory: SWEEP=gpu gives the bytes of SWEEP=cpu, but for the program that headers name" {
	emulated=$OCQ_BIN/../test/ocq-sweep-emulated
	[ -x "$emulated" ] || skip 'the device loop is not built for the CPU'
	mkdir -p gpu/bin
	ln -s "$OCQ_BIN"/* gpu/bin/
	ln -sf "$emulated" gpu/bin/ocq-sweep-gpu
	printf 'all:\nB = %s\ninclude %s/config/mk/factory.mk\n' "$PWD/gpu" "$OCQ_ROOT" >"$D/gpu.mk"
	make -s --no-print-directory -C "$OCQ_ROOT" -f "$D/gpu.mk" factory ARTIFACTS="$PWD" RUN=one SWEEP=gpu \
		SYNTH='-n 5 --days 80 --seed 3' TRIALS=200 SHORTLIST=1 MIN_TRADES=3 >/dev/null 2>&1
	grep -q '"program":"ocq-sweep-gpu"' one/sweep.ndjson
	sed -i 's/ocq-sweep-gpu/ocq-sweep/g' one/sweep.ndjson
	diff -r one "$D/one"
}

@test "factory: names that are none, and settings that are another run's, are refused" {
	for name in ../x a/b . .. '-x' 'a b' "a'b" 'a$$b' 'a;b'; do
		refused "factory: RUN=" "$name"
	done
	[ "$(echo *)" = 'stderr.txt stdout.txt' ]
	refused 'factory: PROFILE=nightly: it is one of daily deep smoke weekly' a PROFILE=nightly
	refused 'factory: PROFILE=../x: it is one of' a PROFILE=../x
	refused 'factory: SWEEP=fast: it is one of cpu gpu parallel slurm' a SWEEP=fast
	refused 'TRIAL: no such setting. There are PROFILE' a TRIAL=7
	refused 'factory: DATA=nowhere: there is no such directory' a DATA=nowhere
	grep -q 'Error 64' stderr.txt
	[ "$(echo *)" = 'stderr.txt stdout.txt' ]
	cp -a "$D/one" .
	refused "RUN=one was begun with TRIALS=200, not 201: another setting is another RUN" one TRIALS=201
	refused "RUN=one was begun with PROFILE=smoke, not daily" one PROFILE=daily
	diff -r one "$D/one"
}

@test "factory: what makes no sense to search is refused before the search" {
	printf 'axes:\n- {path: trade.slippage_bps, values: [1, 5]}\n- {path: trade.sl_atr_mult, values: [4, 5]}\n' >slip.yaml
	refused 'trade.slippage_bps is an axis: results at different slippage do not compare' slip SPEC="$PWD/slip.yaml"
	[ ! -e slip/spec.yaml ]
	refused 'no candidate has 9999 trades' none MIN_TRADES=9999
	[ ! -e none/shortlist.ndjson ]
	refused 'no.yaml' conf CONFIG=no.yaml
	[ ! -e conf/strategy.yaml ]
}

@test "factory: a candidate whose replay differs stops the run and is named" {
	cp -a "$D/one" .
	id=$(ids one | tail -n 1)
	sed -i "/\"id\":\"$id\"/s/\"events_hash\":\"......../\"events_hash\":\"00000000/" one/shortlist.ndjson
	refused "factory: parity: $id" one
	grep -q 'REDUCTION_ORDER in "events_hash"' stderr.txt
	cmp one/parity.ndjson "$D/one/parity.ndjson"	# the old one, of the old shortlist
	refused "factory: parity: $id" one	# and so it stays
}

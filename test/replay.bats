# SPDX-License-Identifier: MIT
# ocq-replay: outputs, windows, sub-bars, imported state, repairs, and what it refuses.
load lib

# A market of 40 days: 1h and 5m bars, funding, listings; late and delisted symbols.
market() {
	ocq-synth -q --seed 11 --days 40 --count 6 --late 1 --delisted 1 -i 5m,1h --db db
}
strategy() {
	cat >s.yaml <<-END
	global:
	  trade: {entry_min_confidence: low, enable_ssf_filter: false}
	  filters: {require_btc_alignment: false, enable_ranging_filter: false}
	  thresholds: {entry: {min_adx: 15, macd_hist_entry_mode: none}}
	  indicators: {ema_slow_window: 21, ema_fast_window: 8, ema_macro_window: 90}
	live: {trade: {sl_atr_mult: 1.5}}
	symbols:
	  ETH: {trade: {sl_atr_mult: 3}}
	END
}
replay() { ocq-replay -q -c s.yaml --candles db/candles_1h.db --lookback 100 "$@"; }
hash_of() { jq -r .events_hash "$1"; }

@test "replay: without an output option the report goes to stdout" {
	market; strategy
	replay >report.json
	[ "$(jq -r .id report.json)" = replay ]
	[ "$(jq .total_trades report.json)" -gt 20 ]
	jq -e '.config_id == .config_fingerprint and .contract_id == null and (.events_hash | length) == 32' report.json
}

@test "replay: streams have header and end, and --no-header takes just these away" {
	market; strategy
	replay --trades t --equity e --events v --report r
	for f in t e v; do
		[ "$(head -n 1 $f | jq -r .type)" = header ]
		[ "$(tail -n 1 $f | jq .records)" = "$(($(wc -l <$f) - 2))" ]
	done
	replay --no-header --trades t2 --events v2
	sed '1d;$d' t | cmp - t2
	sed '1d;$d' v | cmp - v2
	[ "$(wc -l <t2)" = "$(wc -l <v2)" ]
	[ "$(tail -n 1 v2 | jq .balance_usd)" = "$(jq .final_balance r)" ]
	head -n 1 v | jq -e '.command | contains("--trades") or contains("--events") | not'
}

@test "replay: a pack gives the bytes of the stores it was made of" {
	market; strategy
	data=(--exit-candles db/candles_5m.db --exit-interval 5m --entry-candles db/candles_5m.db --entry-interval 5m
		--funding db/funding_rates.db --universe db/universe_history.db)
	ocq-pack -q --candles db/candles_1h.db -i 1h "${data[@]}" -o m.pack
	replay "${data[@]}" --events a --no-header --report ra --contract
	ocq-replay -q -c s.yaml --lookback 100 --pack m.pack --events b --no-header --report rb
	[ -s a ]
	cmp a b
	[ "$(jq -r .contract_id ra)" = "$(jq -r .contract_id rb)" ]
	[ "$(jq -r '.contract_id | length' ra)" = 64 ]
}

@test "replay: a pack needs no interval, also where the configuration names another" {
	market; strategy
	ocq-pack -q --candles db/candles_1h.db -i 1h -o m.pack
	sed -i '/^global:/a\  engine: {interval: 30m}' s.yaml
	replay -i 1h --events a 2>err
	grep -q -e '--interval 1h, but engine.interval is 30m' err
	ocq-replay -q -c s.yaml --pack m.pack --lookback 100 --events b 2>err
	grep -q 'm.pack: holds 1h bars, but engine.interval is 30m' err
	cmp <(grep '"event"' a) <(grep '"event"' b)
	dies 64 'm.pack: holds 1h bars, not 30m' ocq-replay -q -c s.yaml --pack m.pack -i 30m
}

@test "replay: sub-bars, funding, live layer and symbol layer each change the events" {
	market; strategy
	replay --report a
	replay --report b --exit-candles db/candles_5m.db --exit-interval 5m
	replay --report c --entry-candles db/candles_5m.db --entry-interval 5m
	replay --report d --funding db/funding_rates.db
	replay --report e --live
	replay --report f --symbols ETH
	[ "$(for f in a b c d e f; do hash_of $f; done | sort -u | wc -l)" = 6 ]
	[ "$(for f in a e f; do jq -r .config_id $f; done | sort -u | wc -l)" = 3 ]
	[ "$(jq '[.per_symbol[].funding_events] | add' d)" -gt 0 ]
	replay --report g --symbols eth	# exact case first, then upper case
	[ "$(hash_of f)" = "$(hash_of g)" ]
}

@test "replay: a window trades inside its bounds and warms up before them" {
	market; strategy
	replay --from 2025-01-15 --to 2025-01-25T02:00:00Z --trades t --no-header --report r
	from=$(date -u -d 2025-01-15 +%s)000 to=$(date -u -d 2025-01-25T02:00:00Z +%s)000
	[ "$(jq -s "map(select(.timestamp < $from or .timestamp > $to)) | length" t)" = 0 ]
	end=$(jq -s 'map(select(.reason_code == "exit_end_of_backtest")) | map(.timestamp) | unique' t)
	[ "$(jq -c . <<<"$end")" = "[$to]" ]
	[ "$(head -n 1 t | jq .timestamp)" -lt "$(date -u -d 2025-01-17 +%s)000" ]	# no second warm-up
}

@test "replay: nothing traded is a report of zeros" {
	market; strategy
	replay --lookback 4000 --report r --events v --no-header
	[ ! -s v ]
	jq -e '.total_trades == 0 and .total_pnl == 0 and .final_balance == 10000 and .sharpe_ratio == 0 and .profit_factor == 0' r
}

@test "replay: imported positions are watched from the first step" {
	market; strategy
	cat >init.json <<-END
	{"version": 2, "source": "test", "exported_at_ms": 1, "balance": 5000,
	 "positions": [{"symbol": "BTC", "side": "long", "size": 0.01, "entry_price": 1, "entry_atr": 0.5, "confidence": "high",
	   "leverage": 3, "margin_used": 3, "trailing_sl": null}, {"symbol": "NOPE", "side": "short", "size": 1, "entry_price": 1,
	   "entry_atr": 0.1, "confidence": "low", "leverage": 1, "margin_used": 1}]}
	END
	replay --init-state init.json --trades t --no-header --report r 2>err
	grep -q NOPE err
	[ "$(jq .initial_balance r)" = 5000 ]
	[ "$(head -n 1 t | jq -r '.symbol + " " + .action')" = "BTC REDUCE_LONG" ]
	printf '{"version": 3}' >bad.json
	dies 65 "bad.json" replay --init-state bad.json
}

@test "replay: --explain names every gate of one evaluation" {
	market; strategy
	replay --explain ETH@2025-01-20T10:00:00Z >gates
	[ "$(jq -r .type gates | sort -u)" = gate ]
	jq -s -e 'map(.gate) | contains(["ranging", "anomaly", "extension", "volume", "adx_rising", "adx_min", "btc_long", "signal"])' gates
	replay --explain ETH@1999-01-01 2>err >none
	[ ! -s none ]; grep -q "was not evaluated" err
	dies 64 "SYMBOL@TIME" replay --explain ETH
	dies 64 "no candles for NOPE" replay --explain NOPE@2025-01-20
}

# why FILTER TIME: verdict of a filter and of the whole, at an evaluation of $symbol
why() { replay --explain "$symbol@$2" | jq -r --arg f "$1" 'select(.gate == $f or .gate == "candidate").passed' | xargs; }

@test "replay: --explain says which filter kept a signal from becoming an entry" {
	market; strategy
	replay --events ev
	# a symbol that opens, closes without a flip, and opens on the same side again
	read -r symbol first second < <(jq -sr 'map(select(.type == "event" and (.action | test("OPEN|CLOSE")))) | group_by(.symbol)[] |
		[range(0; length - 2) as $i | .[$i:$i + 3] | select(.[0].action == .[2].action and (.[0].action | test("OPEN")) and
		 .[1].reason_code != "exit_signal_flip" and .[2].t_ms > .[1].t_ms) | "\(.[0].symbol) \(.[0].t_ms) \(.[2].t_ms)"][]' ev | head -n 1)
	[ -n "$second" ]
	for filter in pesc ssf reef confidence; do
		[ "$(why $filter "$first")" = 'true true' ]
	done
	cp s.yaml kept.yaml
	ocq-config set kept.yaml trade.reef_long_rsi_block_gt=0 trade.reef_long_rsi_extreme_gt=0 trade.reef_short_rsi_block_lt=100 \
		trade.reef_short_rsi_extreme_lt=100 trade.enable_reef_filter=true -o s.yaml
	[ "$(why reef "$first")" = 'false false' ]
	ocq-config set kept.yaml trade.reentry_cooldown_minutes=1 trade.reentry_cooldown_min_mins=999999 \
		trade.reentry_cooldown_max_mins=999999 -o s.yaml
	[ "$(why pesc "$second")" = 'false false' ]
}

@test "replay: every repair has a name that leaves compat when it is on" {
	market; strategy
	data=(--exit-candles db/candles_5m.db --exit-interval 5m --funding db/funding_rates.db)
	replay "${data[@]}" --report a
	replay "${data[@]}" --strict-semantics --report b
	jq -e '.compat | contains(["intervals_from_config", "funding_starts_in_window"])' a
	jq -e '.compat | index("intervals_from_config") == null and index("funding_starts_in_window") == null' b
	[ "$(jq -r .config_id a)" != "$(jq -r .config_id b)" ]
}

@test "replay: exit candles are ignored where the configuration's intervals agree, unless repaired" {
	market; strategy
	printf '  engine: {interval: 1h, exit_interval: 1h}\n' >>engine
	sed -i '/^global:/r engine' s.yaml
	replay --report a
	replay --report b --exit-candles db/candles_5m.db --exit-interval 5m --from 2025-01-01 --no-auto-scope 2>/dev/null
	replay --report c --exit-candles db/candles_5m.db --exit-interval 5m --strict-semantics 2>/dev/null
	[ "$(hash_of a)" = "$(hash_of b)" ]
	[ "$(hash_of a)" != "$(hash_of c)" ]
}

@test "replay: sub-bars that the strategy wants and nobody gave are named" {
	market; strategy
	printf '  engine: {interval: 1h, exit_interval: 5m}\n' >engine
	sed -i '/^global:/r engine' s.yaml
	replay --report a 2>err
	grep -q "engine.exit_interval is 5m, but no --exit-candles" err
	quiet replay --report b --exit-candles db/candles_5m.db
	[ "$(hash_of a)" != "$(hash_of b)" ]
}

@test "replay: what it refuses, it refuses before it writes" {
	market; strategy
	dies 64 "--config" ocq-replay --candles db/candles_1h.db
	dies 64 "--candles" ocq-replay -c s.yaml
	dies 64 "one output" replay --trades - --equity -
	dies 64 "two outputs cannot go to the same file r" replay --trades r --report r
	replay --trades /dev/null --events /dev/null
	dies 64 "--balance" replay --balance 0
	dies 64 "--slippage-bps" replay --slippage-bps -1
	dies 64 "operand" replay extra
	dies 78 "none.yaml" ocq-replay -c none.yaml --candles db/candles_1h.db
	run -64 --separate-stderr replay --symbols NOPE --report r
	[[ $stderr = *BTC* ]]	# says which there are
	[ ! -e r ]
	dies 65 "none.db" ocq-replay -c s.yaml --candles none.db --report r
	[ ! -e r ]
	printf 'global: {trade: {sl_atr_mul: 2}}\n' >typo.yaml
	dies 78 "sl_atr_mult" ocq-replay -c typo.yaml --candles db/candles_1h.db
	ocq-replay -q -c typo.yaml --candles db/candles_1h.db --lenient --report r 2>err
	grep -q "sl_atr_mul" err
}

@test "replay: a full disk is exit 75 for every output, and an old file stays" {
	market; strategy
	for o in trades equity events report csv; do
		run -75 --separate-stderr sh -c 'exec ocq-replay -q -c s.yaml --candles db/candles_1h.db --'$o' - >/dev/full'
	done
	echo old >keep
	run -75 --separate-stderr replay --report no/such/dir/r
	chmod a-w . && { [ "$(id -u)" = 0 ] || run -75 replay --report keep; }; chmod u+w .
	[ "$(cat keep)" = old ]
}

@test "replay: a reader that leaves early ends it quietly" {
	market; strategy
	reader_leaves 1 replay --events -
}

@test "replay: an amount that overflows is an error that names it, in the stream form too" {
	market; strategy
	ocq-candles export db/candles_1h.db -i 1h | ocq-indicators --no-header -c s.yaml >s.ndjson
	for options in "--balance 1e308" "--slippage-bps 1e308"; do
		dies 65 "an amount overflows" replay $options --report r
		[ ! -e r ]
		dies 65 "an amount overflows" ocq-decide -q -c s.yaml --fill replay $options s.ndjson
	done
}

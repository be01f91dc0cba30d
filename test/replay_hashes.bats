# SPDX-License-Identifier: MIT
# Runs over a synthetic market stay what they are: every strategy of test/fixtures/runs, made at random so that between them every
# rule acts, keeps its events hash and its figures. `REDO=1 bats test/replay_hashes.bats` writes the hashes anew: only after
# make check-golden has passed, and with a reason in the commit.
load lib

RUNS=$FIX/runs

setup_file() {
	(PATH=$OCQ_BIN:$PATH RUN='' "$OCQ_ROOT/test/market" "$BATS_FILE_TMPDIR")
}

# run_of NAME OPTIONS: the line that stands in runs/hashes.tsv
run_of() {
	# shellcheck disable=SC2086 # options are several words
	(cd "$BATS_FILE_TMPDIR" && ocq-replay -q --lookback 60 -c "$RUNS/$1.yaml" --candles candles_1h.db -i 1h $2 --report "$1.json" &&
		figures=$(sed '/"compat": \[/,/\]/d; /"config_\|"contract_\|"events_hash/d' "$1.json" | md5sum) &&
		jq -r --arg name "$1" --arg figures "${figures%% *}" '[$name, .events_hash, .total_trades, $figures] | @tsv' "$1.json")
}

@test "runs: the market is the one the hashes were made of" {
	ocq-pack -q --candles "$BATS_FILE_TMPDIR/candles_1h.db" -i 1h -o m.pack
	ocq-pack --show m.pack | jq -r .data_id >data_id
	[ -z "${REDO-}" ] || cp data_id "$RUNS/data_id"
	diff -u "$RUNS/data_id" data_id
}

@test "runs: every strategy gives the events and figures it gave" {
	while IFS='|' read -r name options; do
		run_of "$name" "$options" || echo "$name failed"
	done < <(tr '\t' '|' <"$RUNS/options.tsv") >hashes
	[ -z "${REDO-}" ] || cp hashes "$RUNS/hashes.tsv"
	diff -u "$RUNS/hashes.tsv" hashes
}

@test "runs: between them they exercise every action and reason that data without positions at hand can reach" {
	cut -f 1 "$RUNS/options.tsv" | sed "s|.*|$BATS_FILE_TMPDIR/&.json|" | xargs jq -r '.by_exit_reason[].reason' | sort -u >seen
	for reason in 'Stop Loss' 'Trailing Stop' 'Take Profit' 'Signal Flip' 'Trend Breakdown' 'Trend Exhaustion' \
		'EMA Macro Breakdown' 'Stagnation Exit' TSME MMDE 'RSI Overextension' 'End of Backtest'; do
		grep -qxF "$reason" seen || { echo "no run closes by $reason"; return 1; }
	done
}

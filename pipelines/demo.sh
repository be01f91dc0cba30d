#!/bin/bash
# SPDX-License-Identifier: MIT
# demo.sh DIR - replays a strategy and shows what came of it. CANDLES (candle databases, comma list), INTERVAL (1h) and CONFIG
# choose data and strategy; without CANDLES a market is made from SEED. Everything is written under DIR.
set -euo pipefail
dir=$1
CONFIG=${CONFIG:-config/strategy.yaml}
INTERVAL=${INTERVAL:-1h}
mkdir -p "$dir"

if [ -z "${CANDLES-}" ]; then
	CANDLES=$dir/candles.db
	rm -f "$CANDLES"
	ocq-synth -q --seed "${SEED:-7}" -n 12 --from 2025-01-01 --days 240 \
		-i "$INTERVAL" --late 2 --delisted 1 --candles "$CANDLES"
fi
ocq-replay -c "$CONFIG" --candles "$CANDLES" -i "$INTERVAL" \
	--report "$dir/report.json" --equity "$dir/equity.ndjson" --trades "$dir/trades.ndjson"
ocq-report "$dir/report.json" "$dir/equity.ndjson" "$dir/trades.ndjson"
ocq-report --html "$dir/report.json" "$dir/equity.ndjson" "$dir/trades.ndjson" -o "$dir/report.html"
ocq-report "$dir/report.json" "$dir/equity.ndjson" -p "$dir/equity.png" -o "$dir/report.txt"
echo "wrote $dir/equity.png, $dir/report.html, and the records beside them"

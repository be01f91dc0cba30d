# SPDX-License-Identifier: MIT
# ocq-backfill against ocq-paperx with the exchange's weights, sixty times faster than life: the stores are the source row for row,
# whatever happens on the way; what cannot be had is told. OCQ_KILLS=50 kills it that many times.
load lib

INTERVALS='1h 3m 15m'

setup_file() {
	PATH=$OCQ_BIN:$PATH
	cd "$BATS_FILE_TMPDIR" && mkdir src || return 1
	ocq-synth -q -s BTC,ETH,kPEPE,SOL,XRP -i 1h --from 2025-01-01 --days 211 --gaps 2 --late 1 --candles src/candles_1h.db --funding src/funding.db
	ocq-synth -q -s BTC,ETH,kPEPE,SOL,XRP -i 15m --from 2025-06-07 --days 54 --candles src/candles_15m.db
	ocq-synth -q -s BTC,ETH,kPEPE,SOL,XRP -i 3m --from 2025-07-19 --days 12 --candles src/candles_3m.db
	ocq-paperx --candles src -i 1h,3m,15m --funding src/funding.db --from 2025-07-29T12:00:00Z --speed 60 --clock "$PWD/clock" --log \
		>wire 2>px.err 3>&- & echo $! >pid
	for _ in $(seq 200); do [ -s wire ] && break; sleep 0.05; done
	jq -r 'select(.type == "listening").url' <(head -n 1 wire) >url
	[ -s url ] || { cat px.err; return 1; }
}

teardown_file() { kill "$(cat "$BATS_FILE_TMPDIR/pid")"; }

# fill ARG...: the program with the exchange's address, clock and a budget of its own
fill() {
	OCQ_CLOCK=$BATS_FILE_TMPDIR/clock ocq-backfill --url "$(cat "$BATS_FILE_TMPDIR/url")" --budget "$BATS_FILE_TMPDIR/budget" "$@"
}
rows() { sqlite3 "$1" "SELECT symbol, interval, t, t_close, o, h, l, c, v, n FROM candles WHERE $2 ORDER BY symbol, t"; }
# the exchange's time of its last answer
now() { tail -c 100000000 "$BATS_FILE_TMPDIR/wire" | grep -o '^{"type":"wire","t_ms":[0-9]*' | tail -n 1 | grep -o '[0-9]*$'; }
questions() { grep -c '"kind":"request"' "$BATS_FILE_TMPDIR/wire" || true; }

# same INTERVAL SYMBOL: the store holds what the source has between the store's ends, and the ends are those wanted
same() {
	local db=dbs/candles_$1.db first last
	IFS='|' read -r first last < <(sqlite3 "$db" "SELECT MIN(t), MAX(t) FROM candles WHERE symbol = '$2'")
	diff <(rows "$BATS_FILE_TMPDIR/src/candles_$1.db" "symbol = '$2' AND t BETWEEN $first AND $last") <(rows "$db" "symbol = '$2'") >/dev/null
	[ "$(sqlite3 "$db" "SELECT COUNT(*) > 4900 FROM candles WHERE symbol = '$2'")" = 1 ] || [ "$2" = XRP ]
}

@test "backfill: the stores are the exchange's, row for row, without the forming bar" {
	fill -q --dir dbs -s BTC,kpepe,XRP -i 3m,1h,15m --funding dbs/funding.db --universe dbs/universe.db --meta meta.json >told
	for iv in $INTERVALS; do
		for s in BTC kPEPE; do same "$iv" "$s"; done
		[ "$(sqlite3 "dbs/candles_$iv.db" "SELECT COUNT(*) FROM candles WHERE symbol NOT IN ('BTC', 'kPEPE', 'XRP') OR t_close + 2000 >= $(now)")" = 0 ]
	done
	same 1h XRP
	[ "$(jq -r 'select(.symbol == "BTC").why' told | sort -u)" = 'the exchange has none' ]	# outages of the source
	[ "$(jq -r 'select(.symbol == "XRP" and .interval == "1h").why' told | head -n 1)" = 'before the first that the exchange has' ]
	# funding: an hour each, as in the source
	[ "$(sqlite3 dbs/funding.db "SELECT COUNT(*) BETWEEN 4990 AND 5000, COUNT(DISTINCT time / 3600000) = COUNT(*), MIN(premium IS NOT NULL) FROM funding_rates WHERE symbol = 'BTC'")" = '1|1|1' ]
	diff <(sqlite3 dbs/funding.db "SELECT symbol, time / 3600000, funding_rate FROM funding_rates WHERE symbol = 'kPEPE' AND time / 3600000 > 483000 ORDER BY time" | head -n 500) \
		<(sqlite3 "$BATS_FILE_TMPDIR/src/funding.db" "SELECT symbol, time / 3600000, funding_rate FROM funding_rates WHERE symbol = 'kPEPE' AND time / 3600000 > 483000 ORDER BY time" | head -n 500)
	jq -e '.universe | map(.name) | index("kPEPE")' meta.json >/dev/null
	[ "$(sqlite3 dbs/universe.db "SELECT COUNT(*) FROM universe_listings WHERE symbol = 'kPEPE' AND first_seen_ms < 1745000000000")" = 1 ]
	# again: only what is new or not to be had
	before=$(questions)
	fill -q --dir dbs -s BTC,kPEPE -i 15m >/dev/null
	[ $(($(questions) - before)) -le 4 ]
}

@test "backfill: what is named twice is asked for once" {
	seen=$(questions)
	fill -q --dir dbs -s kPEPE,kpepe,NOPE -i 1h,1h --from 2025-07-20 >told
	[ $(($(questions) - seen)) = 2 ]	# the markets, kPEPE
	[ "$(jq -r 'select(.type == "gap").symbol' told)" = NOPE ]
}

@test "backfill: the most valuable first" {
	seen=$(wc -l <"$BATS_FILE_TMPDIR/wire")
	fill -q --dir dbs -s kPEPE,BTC -i 15m,1h --funding dbs/funding.db --from 2025-07-20 --in-flight 1 >/dev/null
	tail -n +$((seen + 1)) "$BATS_FILE_TMPDIR/wire" | grep '"kind":"request"' |
		jq -r '.text | fromjson | "\(.type) \(.coin // .req.coin) \(.req.interval)"' >asked
	diff - asked <<-'END'
	metaAndAssetCtxs null null
	candleSnapshot kPEPE 1h
	candleSnapshot BTC 1h
	fundingHistory kPEPE null
	fundingHistory BTC null
	candleSnapshot kPEPE 15m
	candleSnapshot BTC 15m
	END
}

@test "backfill: as fast as the weights allow, and no 429" {
	seen=$(wc -l <"$BATS_FILE_TMPDIR/wire")
	fill -q --dir dbs -s BTC,ETH,kPEPE,SOL,XRP -i 1h,3m,15m >/dev/null
	tail -n +$((seen + 1)) "$BATS_FILE_TMPDIR/wire" | grep -o '^{"type":"wire","t_ms":[0-9]*,"kind":"request"' | grep -o '[0-9]*' >times
	# 15 x 103 are a minute more than 1200; what the test before used may still weigh
	[ "$(wc -l <times)" -ge 16 ]
	[ $(($(tail -n 1 times) - $(head -n 1 times))) -lt 125000 ]
	for iv in $INTERVALS; do for s in BTC ETH SOL; do same "$iv" "$s"; done; done
	run ! grep -q '"status":429' "$BATS_FILE_TMPDIR/wire"
}

@test "backfill: killed anywhere, again and again, it ends with the same stores" {
	export OCQ_CLOCK=$BATS_FILE_TMPDIR/clock
	for i in $(seq "${OCQ_KILLS:-6}"); do
		timeout -s KILL "0.$(((RANDOM + i) % 6))$((RANDOM % 10))" ocq-backfill --url "$(cat "$BATS_FILE_TMPDIR/url")" --budget "$BATS_FILE_TMPDIR/budget" \
			-q --dir dbs -s BTC,ETH,kPEPE -i 1h,3m --funding dbs/funding.db --universe dbs/universe.db >/dev/null || [ $? = 137 ] || [ $? = 124 ]
	done
	fill -q --dir dbs -s BTC,ETH,kPEPE -i 1h,3m --funding dbs/funding.db --universe dbs/universe.db >/dev/null
	for iv in 1h 3m; do for s in BTC ETH kPEPE; do same "$iv" "$s"; done; done
	[ "$(sqlite3 dbs/funding.db "SELECT MIN(n) BETWEEN 4990 AND 5000, MIN(n = h) FROM (SELECT COUNT(*) AS n, COUNT(DISTINCT time / 3600000) AS h FROM funding_rates GROUP BY symbol)")" = '1|1' ]
	[ "$(for db in dbs/*.db; do sqlite3 "$db" 'PRAGMA integrity_check'; done | sort -u)" = ok ]
}

@test "backfill: what cannot be had is told with the reason, and is no failure" {
	fill -q --dir dbs -s NOPE,BTC -i 3m --from 2025-07-10 --to 2025-07-25 --no-header >told
	[ "$(jq -r 'select(.symbol == "NOPE") | "\(.interval) \(.bars) \(.why)"' told)" = '3m 7201 the exchange has no such symbol' ]
	[ "$(jq -r 'select(.symbol == "BTC").why' told | head -n 1)" = 'older than the bars that the exchange keeps' ]
	[ "$(sqlite3 dbs/candles_3m.db 'SELECT MAX(t) FROM candles')" -le 1753401600000 ]
	fill -q --dir dbs -s NOPE -i 1d >told
	[ "$(jq -r .type told | xargs)" = 'header gap end' ]
}

@test "backfill: the first by volume, and symbols from a file" {
	printf '# ours\nkPEPE\n' >list
	fill -q --dir dbs -s @list --top 1 -i 15m >/dev/null
	[ "$(sqlite3 dbs/candles_15m.db 'SELECT COUNT(DISTINCT symbol), MAX(symbol = "kPEPE") FROM candles')" = '2|1' ]
}

@test "backfill: 69 when the exchange cannot be reached, 75 for a store that cannot be made or a signal, 64 for a wrong line" {
	dies 69 'http://127.0.0.1:1: cannot be reached: ' ocq-backfill -q --dir dbs -s BTC --url http://127.0.0.1:1 --tries 1 --budget b
	dies 75 'no/where: cannot be created' fill -q --dir no/where -s BTC
	mkdir -p dbs/candles_1h.db
	dies 65 'dbs/candles_1h.db: ' fill -q --dir dbs -s BTC
	dies 64 '--dir, --funding, --universe or --meta says where to' ocq-backfill -s BTC
	dies 64 '--symbols or --top says whose history' ocq-backfill --dir dbs
	dies 64 '"7h" is not one of' ocq-backfill --dir dbs -s BTC -i 1h,7h
	dies 64 'is not a symbol' ocq-backfill --dir dbs -s 'BTC,a"b'
	dies 65 'absent' ocq-backfill --dir dbs -s @absent
	dies 64 'no operands' ocq-backfill --dir dbs BTC
}

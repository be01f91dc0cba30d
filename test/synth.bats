# SPDX-License-Identifier: MIT
# ocq-synth: the same bytes for the same seed, and markets that look like markets.
load lib

@test "synth: the same options give the same bytes, another seed gives others" {
	ocq-synth -s BTC,kPEPE --days 3 >a
	ocq-synth -s BTC,kPEPE --days 3 >b
	cmp a b
	ocq-synth --no-header --seed 2 -s BTC,kPEPE --days 3 >c
	run ! cmp -s <(sed '1d;$d' a) c
	ocq-synth --no-header -s BTC,kPEPE --days 3 | cmp - <(sed '1d;$d' a)
}

@test "synth: stores of the same seed are the same files" {
	ocq-synth --days 3 -i 1h,5m --db one
	ocq-synth --days 3 -i 1h,5m --db two
	[ "$(ls one)" = "$(printf '%s\n' candles_1h.db candles_5m.db funding_rates.db universe_history.db)" ]
	for f in one/*; do cmp "$f" "two/${f#one/}"; done
	ocq-candles check one
}

@test "synth: the stream is what the store exports" {
	ocq-synth --no-header --days 4 --gaps 20 --late 2 --delisted 1 >stream
	ocq-synth --days 4 --gaps 20 --late 2 --delisted 1 --candles c.db --universe u.db --funding f.db
	ocq-candles export --no-header c.db | cmp - stream
	[ "$(sqlite3 u.db 'SELECT COUNT(*) FROM universe_listings')" = 8 ]
	[ "$(sqlite3 u.db 'SELECT COUNT(*) FROM universe_listings WHERE first_seen_ms > 1735689600000')" = 2 ]
	[ "$(sqlite3 u.db 'SELECT symbol FROM universe_listings WHERE last_seen_ms < 1736035199999')" = ETH ]
	[ "$(sqlite3 f.db "SELECT COUNT(*) FROM funding_rates WHERE symbol = 'BTC'")" = 96 ]
	[ "$(sqlite3 f.db 'SELECT MAX(time % 3600000) < 200 FROM funding_rates')" = 1 ]
}

@test "synth: hours are made of their five minutes" {
	ocq-synth -n 3 --days 10 --gaps 10 -i 1h,5m --candles c.db
	[ "$(sqlite3 c.db "SELECT COUNT(*) FROM (
		SELECT symbol, t - t % 3600000 AS hour, MAX(h) AS h, MIN(l) AS l, SUM(n) AS n FROM candles
		WHERE interval = '5m' GROUP BY symbol, hour) AS f
		FULL JOIN (SELECT * FROM candles WHERE interval = '1h') AS c ON c.symbol = f.symbol AND c.t = f.hour
		WHERE c.h IS NOT f.h OR c.l IS NOT f.l OR c.n IS NOT f.n")" = 0 ]
}

@test "synth: a crash falls, a rise rises" {
	first() { jq -s 'map(select(.type == "candle")) | .[-1].c / .[0].o' "$1"; }
	ocq-synth -s BTC --days 2 --regime crash >down
	ocq-synth -s BTC --days 20 --regime rise >up
	[ "$(first down | jq '. < 0.8')" = true ]
	[ "$(first up | jq '. > 1.05')" = true ]
}

@test "synth: prices have five digits, six decimals less those of the size" {
	ocq-synth --no-header -n 16 --days 20 | jq -r 'select(.type == "candle") | .o, .h, .l, .c' |
		awk '{ d = $0; sub(/^[^.]*\.?/, "", d); s = $0; sub(/\./, "", s); sub(/^0+/, "", s)
			if ((d != "" && length(s) > 5) || length(d) > 6) { print; bad = 1 } } END { exit bad }'
}

@test "synth: a store that exists is left alone" {
	ocq-synth --days 1 --candles c.db
	cp c.db before.db
	dies 64 'c.db: exists' ocq-synth --days 1 --seed 2 --candles c.db
	cmp c.db before.db
}

@test "synth: wrong options say what would be right" {
	dies 64 '0 days: give 1 to 3660' ocq-synth --days 0
	dies 64 '"2h" is not one of 1m 3m 5m' ocq-synth -i 2h
	dies 64 'no regime "calm"; there are range rise fall volatile crash' ocq-synth --regime calm
	dies 64 '17 symbols: 16 are built in' ocq-synth -n 17
	dies 64 'symbol "A B" is not a name' ocq-synth -s 'A B'
	dies 64 'one interval, not 2' ocq-synth -i 1h,5m
	dies 64 'is not a whole minute' ocq-synth --from 2025-01-01T00:00:01Z
	dies 64 '"extra" is no option' ocq-synth extra
	dies 75 'no/dir/c.db: unable to open' ocq-synth --days 1 --candles no/dir/c.db
}

@test "synth: a full disk is exit 75, a reader that leaves is none" {
	writes 75 /dev/full ocq-synth --days 1
	reader_leaves 3 ocq-synth --days 300 -i 5m
	[ "$(wc -l <head.txt)" = 3 ]
}

# SPDX-License-Identifier: MIT
# ocq-candles: every verb over stores from a seed and small ones by hand.
load lib

setup_file() {
	load lib
	setup
	cd "$BATS_FILE_TMPDIR" || return 1
	ocq-synth -q -n 4 --days 6 -i 1h,5m --late 1 --gaps 20 --db .
	rm -f funding_rates.db universe_history.db
	ocq-candles export candles_1h.db >hours.ndjson
}
D=$BATS_FILE_TMPDIR
rows() { sqlite3 "$1" 'SELECT symbol, interval, t, t_close, o, h, l, c, v, n FROM candles ORDER BY symbol, interval, t'; }
bar() { printf '{"type":"candle","symbol":"X","interval":"1h","t_ms":%d,"t_close_ms":%d,"o":%s,"h":9,"l":1,"c":%s,"v":1,"n":1}\n' \
	$(($1 * 3600000)) $(($1 * 3600000 + 3599999)) "${2:-5}" "${3:-6}"; }

@test "candles: export is in order of time, then symbol, with a step after each time" {
	jq -r 'select(.type == "candle") | "\(.t_ms) \(.symbol)"' "$D/hours.ndjson" >got
	sort -c -k1,1n -k2,2 got
	[ "$(wc -l <got)" = "$(sqlite3 "$D/candles_1h.db" 'SELECT COUNT(*) FROM candles')" ]
	jq -r '.t_ms | select(. != null)' "$D/hours.ndjson" | uniq -c | awk '$1 < 2 { exit 1 }'
	[ "$(jq -r 'select(.type == "step") | .t_ms' "$D/hours.ndjson" | wc -l)" = \
		"$(sqlite3 "$D/candles_1h.db" 'SELECT COUNT(DISTINCT t) FROM candles')" ]
	[ "$(tail -n 1 "$D/hours.ndjson")" = "{\"type\":\"end\",\"records\":$(($(wc -l <"$D/hours.ndjson") - 2))}" ]
}

@test "candles: export takes stores as operands or as an option, not both" {
	ocq-candles export --candles "$D/candles_1h.db" -i 1h | tail -n +2 >a
	ocq-candles export "$D/candles_1h.db" -i 1h | tail -n +2 | cmp - a
	dies 64 "--candles" ocq-candles export "$D/candles_1h.db" --candles "$D/candles_1h.db"
	dies 64 "--candles" ocq-candles export
}

@test "candles: export keeps every bit" {
	sqlite3 w.db "$(sqlite3 "$D/candles_1h.db" .schema); INSERT INTO candles VALUES('X','1h',0,3599999,0.1,0.30000000000000004,
		1e-7,123456789.123456789,4.9e-99,5,NULL)"
	ocq-candles export --no-header w.db | head -n 1 >got
	[ "$(cat got)" = '{"type":"candle","symbol":"X","interval":"1h","t_ms":0,"t_close_ms":3599999,"o":0.1,"h":0.30000000000000004,"l":1e-7,"c":123456789.12345679,"v":4.9e-99,"n":5}' ]
}

@test "candles: export cuts, chooses, and names what is not there" {
	cd "$D"
	ocq-candles export --no-header --from 2025-01-03 --to 2025-01-03T23:00:00Z -s btc,ETH candles_1h.db >got
	[ "$(jq -r .symbol got | grep -v null | sort -u | xargs)" = 'BTC ETH' ]
	[ "$(jq .t_ms got | sort -n | sed -n '1p;$p' | xargs)" = '1735862400000 1735945200000' ]
	ocq-candles export --no-header --from 2030-01-01 candles_1h.db >got
	[ ! -s got ]
	dies 64 'no symbol "NOPE"' ocq-candles export -s NOPE candles_1h.db
	dies 64 'holds 5m 1h: choose one with --interval' ocq-candles export candles_1h.db candles_5m.db
	dies 64 '"7w" is not one of 1m' ocq-candles export -i 7w candles_1h.db
	dies 65 'none.db: No such file' ocq-candles export none.db
	dies 65 'hours.ndjson: file is not a database' ocq-candles export hours.ndjson
	dies 64 'give stores, as operands' ocq-candles export
	[ ! -e none.db ]
}

@test "candles: import of an export is the same store; again it changes nothing" {
	ocq-candles import w.db <"$D/hours.ndjson" 2>note
	diff <(rows "$D/candles_1h.db") <(rows w.db)
	grep -q "w.db: $(rows w.db | wc -l) bars written, 0 were there" note
	ocq-candles import --strict w.db "$D/hours.ndjson" 2>note
	grep -q 'w.db: 0 bars written, [1-9][0-9]* were there' note
	ocq-candles check w.db
	[ "$(sqlite3 w.db "SELECT COUNT(*) FROM candles WHERE updated_at NOT LIKE '____-__-__T__:__:__%Z'")" = 0 ]
}

@test "candles: what is there stays, --replace takes the new values" {
	bar 1 5 6 | ocq-candles import -q w.db
	{ bar 1 5 7; bar 2 5 7; bar 2 5 8; } | ocq-candles import w.db 2>note
	[ "$(sqlite3 w.db 'SELECT c FROM candles ORDER BY t' | xargs)" = '6.0 7.0' ]
	grep -q '1 bars written, 2 were there' note
	{ bar 1 5 7; bar 2 5 7; bar 2 5 8; } | ocq-candles import --replace w.db 2>note
	[ "$(sqlite3 w.db 'SELECT c FROM candles ORDER BY t' | xargs)" = '7.0 8.0' ]
	grep -q '2 bars written, 1 were there' note
}

@test "candles: one wrong bar and nothing is changed, nothing is made" {
	{ bar 1; bar 2 10; } >bad.ndjson
	dies 65 'bad.ndjson:2: "h" is below another price of the bar' ocq-candles import w.db bad.ndjson
	[ ! -e w.db ]
	bar 1 | ocq-candles import -q w.db
	cp w.db before.db
	dies 65 'bad.ndjson:2' ocq-candles import w.db bad.ndjson
	bar 3 | sed 's/"c":6/"c":"6"/' >type.ndjson
	dies 65 'type.ndjson:1: "c" is not a decimal' ocq-candles import w.db type.ndjson
	bar 3 | sed 's/3599999\|14399999/0/' >close.ndjson
	dies 65 'close.ndjson:1: "t_close_ms" is not the last millisecond' ocq-candles import w.db close.ndjson
	{ bar 3; bar 4 | head -c 50; } >torn.ndjson
	dies 65 'torn.ndjson:2' ocq-candles import w.db torn.ndjson
	cmp w.db before.db
	ocq-candles import -q w.db </dev/null
	[ "$(sqlite3 w.db 'SELECT COUNT(*) FROM candles')" = 1 ]
	dies 65 'stdin' ocq-candles import --strict w.db </dev/null
}

@test "candles: import reads CSV" {
	sqlite3 -csv -header "$D/candles_1h.db" 'SELECT symbol, interval, t, t_close, o, h, l, c, v, n FROM candles' >full.csv
	ocq-candles import -q w.db full.csv
	diff <(rows "$D/candles_1h.db") <(rows w.db)
	printf 'Time;x\n' >no.csv
	dies 65 'no.csv:1: no column "symbol"' ocq-candles import w.db no.csv
	printf 'time,open,high,low,close,volume\n2025-02-01,5,9,1,6,1\n2025-02-01T01:00:00Z,5,9,1,x,1\n' >time.csv
	dies 65 'time.csv:3: "c" is not a decimal: "x"' ocq-candles import -s X -i 1h w.db time.csv
	sed -i 's/x/6/' time.csv
	ocq-candles import -q -s X -i 1h w.db time.csv
	[ "$(sqlite3 w.db "SELECT t, t_close, n FROM candles WHERE symbol = 'X'" | xargs)" = \
		'1738368000000|1738371599999|0 1738371600000|1738375199999|0' ]
	printf 'Open_Time,open,high,low,close,volume,close_time,count\n2025-02-02,5,9,1,6,1,1738457999999,4\n' >names.csv
	ocq-candles import -q -s Y -i 1h w.db names.csv
	[ "$(sqlite3 w.db "SELECT t, t_close, n FROM candles WHERE symbol = 'Y'")" = '1738454400000|1738457999999|4' ]
	sed -i 's/2025-02-02/2025-02-02 00:00/' names.csv
	dies 65 'names.csv:2: "t_ms" is not a time (milliseconds, seconds, a date, or RFC 3339 with its zone)' \
		ocq-candles import -s Y -i 1h w.db names.csv
	printf 'when,open\n' >when.csv
	dies 65 'when.csv:1: no column "t_ms" (or t, time, timestamp, open_time)' ocq-candles import -s Y -i 1h w.db when.csv
	dies 64 'gives the one symbol' ocq-candles import -s X,Y -i 1h w.db time.csv
}

@test "candles: import reads the exchange's answers" {
	cat >answer.json <<-'END'
	[
	{"t":3600000,"T":7199999,"s":"kPEPE","i":"1h","o":"0.0101","c":"0.0102","h":"0.0103","l":"0.01","v":"12345.0","n":7},
	{"t":7200000,"T":10799999,"s":"kPEPE","i":"1h","o":0.0102,"c":"0.0102","h":"0.0103","l":"0.01","v":"0.0","n":0}
	]
	END
	ocq-candles import -q w.db answer.json
	[ "$(rows w.db | xargs)" = 'kPEPE|1h|3600000|7199999|0.0101|0.0103|0.01|0.0102|12345.0|7 kPEPE|1h|7200000|10799999|0.0102|0.0103|0.01|0.0102|0.0|0' ]
	sed 's/"v":"0.0"/"v":"much"/' answer.json >bad.json
	dies 65 'bad.json:3: "v" is missing or of the wrong type' ocq-candles import w.db bad.json
	sed 's/"l":"0.01","v":"0/"l":"0.2","v":"0/' answer.json >bad.json
	dies 65 'bad.json:3: "h" is below' ocq-candles import w.db bad.json
	echo '{"t":1}' >bad.json
	dies 65 'bad.json:1: not an array of candles' ocq-candles import w.db bad.json
	echo '[1' >bad.json
	dies 65 'bad.json: line' ocq-candles import w.db bad.json
	dies 64 'format "xml" is not one of' ocq-candles import --format xml w.db bad.json
}

@test "candles: a killed import leaves all or nothing" {
	ocq-candles export -i 5m "$D/candles_5m.db" >five.ndjson
	all=$(rows "$D/candles_5m.db" | wc -l)
	bar 1 | ocq-candles import -q w.db
	for after in 0.005 0.010 0.015 0.020 0.030 0.040; do
		cp w.db k.db
		timeout -s KILL $after ocq-candles import -q k.db five.ndjson || true
		# timeout dies with the import, perhaps before it: wait for the lock
		[ "$(sqlite3 -cmd '.timeout 10000' k.db 'PRAGMA integrity_check')" = ok ]
		n=$(rows k.db | wc -l)
		[ "$n" = 1 ] || [ "$n" = $((all + 1)) ]
		rm -f k.db*
	done
}

@test "candles: no room for the store is exit 75, and the store is whole" {
	bar 1 | ocq-candles import -q w.db
	ocq-candles export -i 5m "$D/candles_5m.db" >five.ndjson
	run -75 --separate-stderr bash -c 'trap "" XFSZ; ulimit -f 100; exec ocq-candles import w.db five.ndjson'
	[ "$(sqlite3 w.db 'PRAGMA integrity_check')" = ok ]
	[ "$(rows w.db | wc -l)" = 1 ]
}

@test "candles: a locked store is exit 75" {
	bar 1 | ocq-candles import -q w.db
	mkfifo hold
	sqlite3 w.db 'BEGIN EXCLUSIVE' '.shell echo held >hold' '.shell sleep 7' &
	read -r _ <hold
	dies 75 'w.db: database is locked' ocq-candles prune --before 2000-01-01 w.db
	kill %1
}

@test "candles: closed lets only finished bars pass" {
	{ bar 1; echo '{"type":"step","t_ms":3600000}'; bar 2; echo '{"type":"step","t_ms":7200000}'; echo '{"type":"note","x":1}'; } >in
	ocq-candles closed --no-header --now 1970-01-01T02:00:02Z <in >got	# last ms 7199999, grace 2000
	diff got <(sed -n '1,2p;5p' in)
	ocq-candles closed --no-header --now 1970-01-01T02:00:01Z --grace 1000 in >got
	diff got <(sed -n '1,2p;5p' in)
	ocq-candles closed --no-header --grace 2000 --now 1970-01-01T02:00:01.999Z in >got
	diff got <(sed -n '5p' in)
	ocq-candles closed --no-header --now 1970-01-02 in | cmp - in
	ocq-candles closed --now 1970-01-02 in | tail -n 1 | grep -qx '{"type":"end","records":5}'
	dies 65 'in:5: the stream has no header' ocq-candles closed --strict in
}

@test "candles: coverage counts bars and what is missing" {
	{ bar 1; bar 2; bar 5; bar 6; bar 8; } | ocq-candles import -q w.db
	ocq-candles coverage w.db >got
	grep -qxE 'X +1h +1970-01-01T01:00:00Z +1970-01-01T08:00:00Z +5 +3 +2' got
	ocq-candles coverage --json --no-header w.db >got
	[ "$(cat got)" = '{"type":"coverage","symbol":"X","interval":"1h","first_ms":3600000,"last_ms":28800000,"bars":5,"missing":3,"gaps":2}' ]
	[ "$(ocq-candles coverage --json "$D" | jq -s 'map(select(.type == "coverage") | .bars) | add')" = \
		"$(($(rows "$D/candles_1h.db" | wc -l) + $(rows "$D/candles_5m.db" | wc -l)))" ]
}

@test "candles: gaps are the missing ranges, at the ends too when they are named" {
	{ bar 1; bar 2; bar 5; bar 6; bar 8; } | ocq-candles import -q w.db
	ocq-candles gaps --no-header w.db | jq -c '[.from_ms / 3600000, .to_ms / 3600000, .bars]' >got
	diff got - <<<$'[3,4,2]\n[7,7,1]'
	ocq-candles gaps --no-header --from 1970-01-01 --to 1970-01-01T10:30:00Z w.db |
		jq -c '[.from_ms / 3600000, .to_ms / 3600000, .bars]' >got
	diff got - <<<$'[0,0,1]\n[3,4,2]\n[7,7,1]\n[9,10,2]'
	missing=$(ocq-candles coverage --json "$D/candles_5m.db" | jq -s 'map(.missing // 0) | add')
	[ "$(ocq-candles gaps "$D/candles_5m.db" | jq -s 'map(select(.type == "gap") | .bars) | add')" = "$missing" ]
	[ "$missing" -gt 0 ]
}

@test "candles: align finds the common window, or exits 1" {
	{ bar 1; bar 2; bar 5; bar 6; bar 8; } | ocq-candles import -q a.db
	{ bar 2; bar 9; } | ocq-candles import -q b.db
	ocq-candles align a.db b.db >got
	[ "$(jq -c '[.from.t_ms, .to.t_ms, .from.set_by, .overlap]' got)" = '[7200000,28800000,"X 1h",true]' ]
	run -1 --separate-stderr ocq-candles align a.db "$D/candles_1h.db"
	[ "$(jq .overlap <<<"$output")" = false ]
}

@test "candles: stores keep intervals that no replay knows" {
	for i in 0 1 2 4 5; do
		printf '{"type":"candle","symbol":"X","interval":"2h","t_ms":%d,"t_close_ms":%d,"o":1,"h":1,"l":1,"c":1,"v":1,"n":1}\n' \
			$((i * 7200000)) $((i * 7200000 + 7199999))
	done >bars
	ocq-candles import -q a.db <bars
	ocq-candles export --no-header a.db | grep '"candle"' | cmp - bars
	[ "$(ocq-candles coverage --no-header --json a.db | jq -c '[.interval, .bars, .gaps]')" = '["2h",5,1]' ]
	[ "$(ocq-candles gaps --no-header -i 2h a.db | jq -c '[.from_ms, .bars]')" = '[21600000,1]' ]
	ocq-candles check a.db >/dev/null
	dies 64 'not one of 1m 3m 5m 15m 30m 1h 4h 1d' ocq-pack -q --candles a.db -i 2h -o p
}

@test "candles: check names what is wrong and exits 1" {
	{ bar 1; bar 2; } | ocq-candles import -q w.db
	ocq-candles check w.db >got
	[ "$(wc -l <got)" = 2 ]
	sqlite3 w.db "UPDATE candles SET h = 2 WHERE t = 7200000; INSERT INTO candles VALUES('X','1h',10800001,14399999,1,1,1,1,1,1,''),
		('Y','1h',3600000,7199999,1,1,1,NULL,1,1,''), ('Z','7h',7200000,1,1,1,1,1,1,1,''), ('Y','1h',7200000,10799999,1,9e999,1,1,1,1,'')"
	run -1 --separate-stderr ocq-candles check --no-header w.db
	diff - <(jq -r '"\(.symbol) \(.interval) \(.t_ms) \(.problem)"' <<<"$output") <<-'END'
	X 1h 7200000 "h" is below another price of the bar
	X 1h 10800001 "t_ms" is not a multiple of the interval
	Y 1h 3600000 "c" is not a number of its kind
	Y 1h 7200000 "h" is not a positive price
	Z 7h 7200000 "interval" is not one of 1m 3m 5m 15m 30m 1h 2h 4h 8h 12h 1d 3d 1w 1M
	END
	sqlite3 t.db "CREATE TABLE candles(symbol, interval, t, t_close, o, h, l, c, v, n);
		INSERT INTO candles VALUES('X','1h',0,3599999,1,1,1,1,1,1), ('X','1h',0,3599999,1,1,1,1,1,1)"
	run -1 --separate-stderr ocq-candles check --no-header t.db
	[ "$(jq -r .problem <<<"$output")" = 'the bar is there twice' ]
	cp "$D/candles_5m.db" broken.db
	printf 'not a page at all' | dd of=broken.db bs=1 seek=40960 conv=notrunc status=none
	run -1 --separate-stderr ocq-candles check --no-header broken.db
	[ -n "$output" ]
	dies 65 'bad.txt: file is not a database' sh -c 'yes bad | head -n 9999 >bad.txt; exec ocq-candles check bad.txt'
}

@test "candles: prune removes what opens before, of what is named" {
	cp "$D/candles_5m.db" w.db
	ocq-candles prune --before 2025-01-03 -s BTC,kPEPE w.db 2>note
	[ "$(sqlite3 w.db 'SELECT symbol, MIN(t) FROM candles GROUP BY symbol HAVING MIN(t) >= 1735862400000' | head -n 1)" = 'BTC|1735862400000' ]
	[ "$(sqlite3 w.db "SELECT COUNT(*) FROM candles WHERE symbol = 'ETH'")" = "$(sqlite3 "$D/candles_5m.db" "SELECT COUNT(*) FROM candles WHERE symbol = 'ETH'")" ]
	n=$(($(rows "$D/candles_5m.db" | wc -l) - $(rows w.db | wc -l)))
	grep -qx "ocq-candles: w.db: $n bars removed" note
	[ "$n" -gt 0 ]
	ocq-candles prune -q --before 2025-01-03 -i 1h w.db
	[ "$n" = $(($(rows "$D/candles_5m.db" | wc -l) - $(rows w.db | wc -l))) ]
	dies 64 'prune: give one store and --before' ocq-candles prune w.db
	dies 65 'none.db: No such file' ocq-candles prune --before 2025-01-01 none.db
	[ ! -e none.db ]
}

@test "candles: partition moves whole months' bars and loses none" {
	ocq-synth -q -s BTC,ETH --from 2025-01-20 --days 50 -i 4h,1h --candles all.db
	cp all.db w.db
	ocq-candles partition --before 2025-02-10 w.db >plan
	[ ! -e partitions ]
	[ "$(wc -l <plan)" = 4 ]
	cmp all.db w.db
	ocq-candles partition --before 2025-02-10 --apply w.db >report
	[ "$(find partitions -name '*.db' | sort | xargs)" = "$(echo partitions/{1h/candles_1h,4h/candles_4h}_2025-0{1,2}.db)" ]
	diff <(rows all.db) <(rows w.db)
	[ "$(sqlite3 partitions/1h/candles_1h_2025-02.db 'SELECT MIN(t), MAX(t) < 1739145600000 FROM candles')" = '1738368000000|1' ]
	sqlite3 w.db "UPDATE candles SET n = n + 1 WHERE t = (SELECT MIN(t) FROM candles)"	# differs from its copy: stays
	rows w.db >want
	ocq-candles partition --before 2025-02-10 --apply --delete --vacuum w.db >report
	[ "$(sqlite3 w.db 'SELECT COUNT(*) FROM candles WHERE t < 1739145600000')" = 4 ]
	for iv in 1h 4h; do
		ocq-candles export --no-header -i $iv w.db partitions/$iv >got
		sqlite3 w2.db "DROP TABLE IF EXISTS candles; $(sqlite3 all.db .schema)"
		ocq-candles import -q w2.db got
		diff <(rows w2.db) <(grep "|$iv|" want)
	done
	dies 64 '--delete needs --apply' ocq-candles partition --delete w.db
	dies 64 'give 1 to 36500' ocq-candles partition --keep-days 0 w.db
	ocq-candles partition --keep-days 30 --now 2025-03-11 all.db >plan	# 30 days before: 2025-02-09
	[ "$(awk '$1 == "1h" && $2 == "2025-02" { print $3 }' plan)" = "$(sqlite3 all.db "SELECT COUNT(*) FROM candles
		WHERE interval = '1h' AND t BETWEEN 1738368000000 AND 1739059199999")" ]
}

@test "candles: options that a verb does not take, and no verb, are exit 64" {
	dies 64 'which verb?' ocq-candles
	dies 64 '"exprot" is not one of export closed' ocq-candles exprot
	dies 64 'coverage: takes no --from' ocq-candles coverage --from 2025-01-01 "$D/candles_1h.db"
	dies 64 'check: takes no --keep-days' ocq-candles check --keep-days 3 "$D/candles_1h.db"
	dies 64 'coverage: which stores?' ocq-candles coverage
	dies 64 'import: into which store?' ocq-candles import
}

@test "candles: a line of a megabyte is an error of that line" {
	{ bar 1; head -c 1000000 /dev/zero | tr '\0' x; echo; } >long
	dies 65 'long:2' ocq-candles import w.db long
	dies 65 'long:2' ocq-candles closed long
	{ echo symbol,interval,t,o,h,l,c,v; head -c 1000000 /dev/zero | tr '\0' x; echo; } >long.csv
	dies 65 'long.csv:2: line of more than' ocq-candles import w.db long.csv
}

@test "candles: a full disk is exit 75, a reader that leaves is none" {
	cd "$D"
	for verb in 'export -i 5m' coverage gaps align check; do
		# shellcheck disable=SC2086 # words
		writes 75 /dev/full ocq-candles $verb candles_5m.db
	done
	writes 75 /dev/full ocq-candles closed hours.ndjson
	reader_leaves 2 ocq-candles export -i 5m candles_5m.db
	reader_leaves 2 ocq-candles closed hours.ndjson
}

# SPDX-License-Identifier: MIT
# ocq-rank: who is on a shortlist, at which rank, and that the rows stay what they were. test/fixtures/results.ndjson is a sweep.
load lib

SWEEP=$FIX/results.ndjson

# row ID PNL FACTOR DRAWDOWN [TRADES] [MEMBERS]: a result
row() { printf '{"type":"result","id":"%s",%s"max_drawdown_pct":%s,"profit_factor":%s,"total_pnl":%s,"total_trades":%d}\n' "$1" "${6-}" "$4" "$3" "$2" "${5-50}"; }

# list: channel, rank and id of a shortlist's rows, for a comparison
list() { jq -r 'select(.type == "result") | "\(.channel) \(.rank) \(.id)"'; }

# What a shortlist is, word for word, in jq: N rows per channel of the rows on stdin
PLAIN='def f: if . == "Infinity" then infinite else . end;
	def order($c): if $c == "efficient" then sort_by([-.total_pnl, -(.profit_factor | f), .max_drawdown_pct])
		elif $c == "growth" then sort_by([-(.profit_factor | f), -.total_pnl, .max_drawdown_pct])
		else sort_by([.total_pnl <= 0, .max_drawdown_pct, -(.profit_factor | f), -.total_pnl]) end;
	[inputs | select(.type == "result")] as $rows |
	reduce ("efficient", "growth", "conservative") as $c ({taken: {}, out: []};
		. as $s | reduce ($rows | order($c) | to_entries[]) as $e ($s + {n: 0};
			($e.value.overrides | to_entries | sort_by(.key) | tojson) as $key |
			if .n == $n or .taken[$key] then . else .taken[$key] = true | .n += 1 | .out += ["\($c) \($e.key + 1) \($e.value.id)"] end)) |
	.out[]'
plain() { jq -nr --argjson n "$1" "$PLAIN"; }

@test "rank: five rows for each of three channels, none twice, against the definition" {
	quiet ocq-rank "$SWEEP" >got.ndjson
	list <got.ndjson >got
	plain 5 <"$SWEEP" | diff - got
	[ "$(wc -l <got)" = 15 ]
	[ "$(cut -d' ' -f3 got | sort -u | wc -l)" = 15 ]
	for n in 1 2 3 8 30; do
		ocq-rank -n $n "$SWEEP" | list >got
		plain $n <"$SWEEP" | diff - got
	done
}

@test "rank: many rows with equal figures and points that come again, against the definition" {
	jq -nrc 'range(3000) | (. * 7919 % 997) as $r | {type: "result", id: "r\(.)", overrides: {"trade.sl_atr_mult": ($r % 43 + 1), "trade.tp_atr_mult": ($r % 11)},
		profit_factor: (if $r % 17 == 0 then "Infinity" else $r % 5 / 2 end), total_pnl: ($r % 13 - 6), max_drawdown_pct: ($r % 7 / 8), total_trades: 5}' >rows.ndjson
	for n in 1 5 40 400; do
		ocq-rank -n $n rows.ndjson | list >got
		plain $n <rows.ndjson | diff - got
	done
}

@test "rank: a row stays what it was; channel and rank are its last members" {
	ocq-rank "$SWEEP" >got.ndjson
	grep '"type":"result"' got.ndjson | sed -E 's/,"channel":"[a-z]+","rank":[0-9]+\}$/}/' >rows
	[ "$(wc -l <rows)" = 15 ]
	run ! grep -qvxFf "$SWEEP" rows
	[ "$(tail -n 1 got.ndjson)" = '{"type":"end","records":15}' ]
	[ "$(head -n 1 got.ndjson | jq -c '[.program, .config_id, .contract_id, .contract, .lookback]')" = \
		"$(head -n 1 "$SWEEP" | jq -c '["ocq-rank", .config_id, .contract_id, .contract, .lookback]')" ]
	{ row a 1 1 1; } | sed 's/}$/ } /' | ocq-rank -q --channel growth --no-header >got
	[ "$(jq -c '[.id, .channel, .rank]' got)" = '["a","growth",1]' ]
	{ row a 1 1 1; } | sed 's/type/ty\\u0070e/; s/total_pnl/tot\\u0061l_pnl/' | ocq-rank -q --channel growth --no-header >got
	[ "$(jq -c '[.id, .type, .channel, .rank]' got)" = '["a","result","growth",1]' ]
}

@test "rank: the orders of the channels" {
	{ row a 100 2 0.1; row b 100 1.5 0.05; row c 99 9 0.01; row d 100 2 0.2; } >rows.ndjson
	[ "$(ocq-rank -q --channel efficient rows.ndjson | list | xargs)" = 'efficient 1 a efficient 2 d efficient 3 b efficient 4 c' ]
	[ "$(ocq-rank -q --channel growth rows.ndjson | list | xargs)" = 'growth 1 c growth 2 a growth 3 d growth 4 b' ]
	{ row a -1 3 0.01; row b 5 1 0.4; row c 0 1 0.005; row d 6 1 0.4; row e 5 2 0.4; } >rows.ndjson
	[ "$(ocq-rank -q --channel conservative rows.ndjson | list | xargs)" = 'conservative 1 e conservative 2 d conservative 3 b conservative 4 c conservative 5 a' ]
	{ row a 1 '"Infinity"' 0.1; row b 1 999 0; row c 1 null 0.05; } >rows.ndjson		# null: infinite, in old reports
	[ "$(ocq-rank -q --channel growth rows.ndjson | list | xargs)" = 'growth 1 c growth 2 a growth 3 b' ]
}

@test "rank: ties keep the order of the input" {
	for i in 1 2 3 4 5 6 7; do row "r$i" 1 1 0.1; done >rows.ndjson
	[ "$(ocq-rank -q -n 3 rows.ndjson | list | xargs)" = 'efficient 1 r1 efficient 2 r2 efficient 3 r3 growth 4 r4 growth 5 r5 growth 6 r6 conservative 7 r7' ]
	[ "$(tac rows.ndjson | ocq-rank -q -n 1 --channel growth | list)" = 'growth 1 r7' ]
}

@test "rank: a point that is there already is passed over, and its place counts" {
	{ row a 9 1 0.1 50 '"overrides":{"trade.sl_atr_mult":1.5,"indicators.ema_fast_window":8},'
	  row b 8 1 0.1 50 '"overrides":{"indicators.ema_fast_window":8.7,"trade.sl_atr_mult":1.50},'	# a window is a whole number
	  row c 7 1 0.1 50 '"overrides":{"trade.sl_atr_mult":1.5},'
	  row d 6 1 0.1 50 '"overrides":{},'
	} >rows.ndjson
	[ "$(ocq-rank --channel efficient rows.ndjson | list | xargs)" = 'efficient 1 a efficient 3 c efficient 4 d' ]
	[ "$(ocq-rank -n 1 rows.ndjson | list | xargs)" = 'efficient 1 a growth 3 c conservative 4 d' ]
}

@test "rank: values are the points of the header's paths" {
	h='{"type":"header","schema":1,"program":"p","version":"1","command":"p","config_id":null,"contract_id":null,"contract":""'
	{ echo "$h,\"paths\":[\"trade.sl_atr_mult\",\"trade.entry_min_confidence\"]}"
	  row a 9 1 0.1 50 '"values":[1.5,2],'
	  row b 8 1 0.1 50 '"values":[1.5,3],'	# high, as 2 is
	  row c 7 1 0.1 50 '"values":[1.5,1],'
	  row d 6 1 0.1 50 '"overrides":{"trade.entry_min_confidence":1,"trade.sl_atr_mult":1.5},'; } >rows.ndjson
	ocq-rank --channel efficient rows.ndjson >got.ndjson
	[ "$(list <got.ndjson | xargs)" = 'efficient 1 a efficient 3 c' ]
	[ "$(head -n 1 got.ndjson | jq -c .paths)" = '["trade.sl_atr_mult","trade.entry_min_confidence"]' ]
	sed 1d rows.ndjson >bare.ndjson
	dies 65 'bare.ndjson:1: "values", but no header named their paths' ocq-rank bare.ndjson
	sed '1s/trade.sl_atr_mult/trade.sl_mult/' rows.ndjson >wrong.ndjson
	dies 65 '"paths": "trade.sl_mult" is not a known key' ocq-rank wrong.ndjson
	sed '2s/\[1.5,2\]/[1.5]/' rows.ndjson >short.ndjson
	dies 65 'short.ndjson:2: "values" is not a list of 2 numbers' ocq-rank short.ndjson
}

@test "rank: rows that do not say their point are told apart by id, with a note" {
	{ row a 3 1 0.1; row b 2 1 0.1; row a 1 1 0.1; } >rows.ndjson
	ocq-rank --channel efficient rows.ndjson 2>note >got.ndjson
	[ "$(list <got.ndjson | xargs)" = 'efficient 1 a efficient 2 b' ]
	grep -q 'neither overrides nor values' note
	sed 's/"id":"a",//' rows.ndjson >bare.ndjson
	dies 65 'bare.ndjson:1: "id"' ocq-rank bare.ndjson
}

@test "rank: --score orders by the score and says it" {
	{ row a 120 1.5 0.3; row b 90 2 0.005; row c -10 3 0.1; row d 50 '"Infinity"' 0.5; } >rows.ndjson
	[ "$(ocq-rank -q --score --channel efficient rows.ndjson | jq -r 'select(.id) | "\(.id) \(.score)"' | xargs)" = 'b 18000 a 600 d 100 c -300' ]
	[ "$(ocq-rank -q --score --channel growth rows.ndjson | jq -r 'select(.id) | "\(.id) \(.score)"' | xargs)" = 'b 179.1 a 126 d 25 c -27' ]
	[ "$(ocq-rank -q --score --channel conservative rows.ndjson | jq -r 'select(.id) | "\(.id) \(.score)"' | xargs)" = 'b -0.005 c -0.1 a -0.3 d -0.5' ]
	ocq-rank -q --score --no-header --channel efficient rows.ndjson | head -n 1 | grep -qF ',"total_trades":50,"channel":"efficient","rank":1,"score":18000}'
	{ row a 120 1.5 0.3 20 '"sharpe_ratio":2,'; row b 120 1.5 0.3 19 '"sharpe_ratio":2,'; row c 120 20 0.3 20 '"sharpe_ratio":-1,'; } >rows.ndjson
	[ "$(ocq-rank -q --score --channel balanced rows.ndjson | jq -r 'select(.id) | "\(.id) \(.score)"' | xargs)" = 'c 191 a 66 b 33' ]
}

@test "rank: a figure that is missing stops an order; a score has a value for it" {
	sed 's/"max_drawdown_pct":[^,]*,//; s/"profit_factor":[^,]*,//' <(row a 120 1.5 0.3; row b 60 1 1) >rows.ndjson
	dies 65 'rows.ndjson:1: "profit_factor" is missing' ocq-rank rows.ndjson
	[ "$(ocq-rank -q --score --channel efficient rows.ndjson | jq -r 'select(.id) | "\(.id) \(.score)"' | xargs)" = 'a 120 b 60' ]
	dies 65 'is missing' ocq-rank --score --channel balanced rows.ndjson
	row a 1 1 1 >rows.ndjson
	dies 65 'rows.ndjson:1: "sharpe_ratio" is missing' ocq-rank --score --channel balanced rows.ndjson
	row a true 1 1 >rows.ndjson
	dies 65 'rows.ndjson:1: "total_pnl" is not a number' ocq-rank rows.ndjson
}

@test "rank: --min-trades: none without --score, one with it" {
	{ row a 9 1 0 0; row b 8 1 0 1; row c 7 1 0 30; } >rows.ndjson
	[ "$(ocq-rank -q --channel efficient rows.ndjson | list | xargs)" = 'efficient 1 a efficient 2 b efficient 3 c' ]
	[ "$(ocq-rank -q --score --channel efficient rows.ndjson | list | xargs)" = 'efficient 1 b efficient 2 c' ]
	[ "$(ocq-rank -q --score --min-trades 0 --channel efficient rows.ndjson | list | xargs)" = 'efficient 1 a efficient 2 b efficient 3 c' ]
	[ "$(ocq-rank -q --min-trades 30 --channel efficient rows.ndjson | list | xargs)" = 'efficient 1 c' ]
}

@test "rank: no row left is an empty stream, a note, and no failure" {
	row a 9 1 0 3 >rows.ndjson
	ocq-rank --min-trades 4 rows.ndjson >got 2>note
	[ "$(jq -c .type got | xargs)" = 'header end' ]
	grep -q 'none of 1 rows has 4 trades' note
	quiet ocq-rank -q --min-trades 4 rows.ndjson >got
	ocq-rank </dev/null >got 2>note
	[ "$(jq -c .type got | xargs)" = 'header end' ]
	grep -q 'no row came' note
}

@test "rank: channels by name, in the order given" {
	{ row a 9 1 0.5; row b 1 9 0.1; } >rows.ndjson
	[ "$(ocq-rank -q -n 1 --channel growth,efficient rows.ndjson | list | xargs)" = 'growth 1 b efficient 1 a' ]
	[ "$(ocq-rank -q -n 1 --channel all rows.ndjson | list | xargs)" = 'efficient 1 a growth 1 b' ]
	dies 64 '"fast" is not efficient, growth' ocq-rank --channel growth,fast rows.ndjson
	dies 64 '"" is not efficient, growth' ocq-rank --channel growth, rows.ndjson
	dies 64 'growth is there twice' ocq-rank --channel growth,growth rows.ndjson
	dies 64 'balanced is a score: it needs --score' ocq-rank --channel balanced rows.ndjson
}

@test "rank: other records and ranked rows are refused" {
	dies 65 "events.ndjson:2: \"type\" is not \"result\"" ocq-rank "$FIX/run/events.ndjson"
	ocq-rank "$SWEEP" >ranked.ndjson
	dies 65 'ranked.ndjson:2: "channel", "rank" or "score" is there' ocq-rank ranked.ndjson
	{ row a 1 1 1 50 '"overrides":{"trade.x":1},'; } >rows.ndjson
	dies 65 'rows.ndjson:1: "overrides": "trade.x" is not a known key' ocq-rank rows.ndjson
}

@test "rank: results of another contract are refused with what differs" {
	sed '1s/lookback=200/lookback=300/; s/"contract_id":"96/"contract_id":"97/' "$SWEEP" >b.ndjson
	dies 65 "before (lookback)" ocq-rank "$SWEEP" b.ndjson
	quiet ocq-rank --ignore-contract "$SWEEP" b.ndjson >got.ndjson
	[ "$(head -n 1 got.ndjson | jq -c .contract_id)" = null ]
}

@test "rank: broken, torn and cut input" {
	{ row a 1 1 1; row b 2 1 1 50 '"x":01,'; } >rows.ndjson
	dies 65 'rows.ndjson:2: column ' ocq-rank rows.ndjson
	head -c -60 "$SWEEP" >torn
	dies 65 "torn:25: line is cut" ocq-rank torn
	sed '$d' "$SWEEP" >cut
	dies 65 "cut" ocq-rank --strict cut
	dies 65 "stdin" ocq-rank --strict </dev/null
	{ row a 1 1 1; printf '{"type":"result","id":"b","x":"'; head -c 1000000 /dev/zero | tr '\0' x; echo '","max_drawdown_pct":1,"profit_factor":1,"total_pnl":2}'; } >long.ndjson
	[ "$(ocq-rank -q -n 1 --channel efficient long.ndjson | list)" = 'efficient 1 b' ]
	dies 65 "nosuchfile" ocq-rank nosuchfile
}

@test "rank: a full disk is exit 75, a closed pipe is quiet, a file is whole or not there" {
	writes 75 /dev/full ocq-rank "$SWEEP"
	jq -nrc 'range(9000) | {type: "result", id: "r\(.)", overrides: {"trade.sl_atr_mult": (. + 1)}, total_pnl: ., total_trades: 3, profit_factor: 1, max_drawdown_pct: 0}' >rows.ndjson
	reader_leaves 1 ocq-rank -q -n 9000 --channel efficient rows.ndjson
	echo old >kept
	dies 65 'total_pnl' ocq-rank -o kept <<<'{"type":"result"}'
	[ "$(cat kept)" = old ]
	ocq-rank -o kept "$SWEEP"
	[ "$(wc -l <kept)" = 17 ]
}

@test "rank: SIGTERM before the end of the input: no shortlist" {
	mkfifo in
	bounded ocq-rank -o kept <in 2>err &
	pid=$!
	exec 7>in
	row a 1 1 1 >&7
	catching "$pid"
	kill "$pid"
	status=0; wait "$pid" || status=$?
	exec 7>&-
	[ "$status" = 75 ]
	grep -q 'stopped by a signal' err
	[ ! -e kept ]
}

# SPDX-License-Identifier: MIT
# ocq-top: which rows are best, that they come as they were, what is refused. test/fixtures/results.ndjson is a sweep.
load lib

SWEEP=$FIX/results.ndjson

rows() { grep '"type":"result"' "$1"; }
ids() { jq -r 'select(.type == "result").id' | xargs; }

# row ID PNL [MEMBERS]: a row
row() { printf '{"type":"result","id":"%s",%s"total_pnl":%s,"total_trades":%d}\n' "$1" "${3-}" "$2" "${4-7}"; }

@test "top: what is made of a cut stream has no end either" {
	grep -v '"type":"end"' "$FIX/results.ndjson" >cut
	ocq-top -n 1 cut >got 2>err
	grep -q 'cut has no end: it was cut' err
	[ "$(jq -r .type got | xargs)" = 'header result' ]
	ocq-rank -n 1 --channel growth cut 2>err | jq -r .type | xargs >types
	[ "$(cat types)" = 'header result' ]
	dies 65 'the stream has no end: it was cut' ocq-top --strict cut
}

@test "top: the ten best by total_pnl, best first, byte for byte" {
	quiet ocq-top "$SWEEP" >got.ndjson
	rows "$SWEEP" | jq -rc '"\(.total_pnl)\t\(.id)"' | sort -t$'\t' -k1,1gr -s | sed -n 1,10p | cut -f2 | xargs >want
	ids <got.ndjson >got
	diff want got
	run ! grep -qvxFf "$SWEEP" <(rows got.ndjson)
	[ "$(tail -n 1 got.ndjson)" = '{"type":"end","records":10}' ]
	ocq-top -q --strict got.ndjson >/dev/null
}

@test "top: for any number the rows are the first of the whole order, and equal ones keep theirs" {
	ocq-top -n 0 --no-header "$SWEEP" >all
	[ "$(wc -l <all)" = 24 ]
	[ "$(jq -r 'select(.total_pnl == 0).id' all | xargs)" = "$(rows "$SWEEP" | jq -r 'select(.total_pnl == 0).id' | xargs)" ]
	[ "$(sed -n '9,10p' all | jq -r .id | xargs)" = 'sweep_0006 sweep_0007' ]	# the same trades
	for n in 1 2 3 7 9 10 11 23 24 25 1000; do
		ocq-top -n $n --no-header "$SWEEP" >got
		head -n $n all | cmp - got
	done
	tac all | ocq-top -n 0 --no-header >back
	[ "$(sed -n '9,10p' back | jq -r .id | xargs)" = 'sweep_0007 sweep_0006' ]
}

@test "top: many rows in any order, against sort" {
	jq -nrc 'range(5000) | {type: "result", id: "r\(.)", total_pnl: (. * 7919 % 401 / 8 - 25), total_trades: 3}' >rows.ndjson
	jq -r '"\(.total_pnl)\t\(.id)"' rows.ndjson >keys
	for n in 1 17 400 4999; do
		sort -t$'\t' -k1,1gr -s keys | sed -n "1,${n}p" | cut -f2 >want
		ocq-top -n $n --no-header rows.ndjson | jq -r .id | diff want -
		sort -t$'\t' -k1,1g -s keys | sed -n "1,${n}p" | cut -f2 >want
		ocq-top -n $n --ascending --no-header rows.ndjson | jq -r .id | diff want -
	done
}

@test "top: by another figure, also one inside, from the least" {
	[ "$(ocq-top -n 2 -f max_drawdown_pct --ascending --min-trades 1 "$SWEEP" | ids)" = 'sweep_0021 sweep_0009' ]
	[ "$(ocq-top -n 2 --field total_trades "$SWEEP" | ids)" = 'sweep_0000 sweep_0001' ]
	[ "$(ocq-top -n 1 -f overrides.trade.sl_atr_mult "$SWEEP" | ids)" = sweep_0012 ]
	{ row a 1 '"gate_stats":{"total_checks":5},'; row b 1 '"gate_stats":{"total_checks":50},'; } >rows.ndjson
	[ "$(ocq-top -f gate_stats.total_checks rows.ndjson | ids)" = 'b a' ]
	{ row a 1 '"list":[{"total_pnl":9}],'; row b 2 '"by":{"total_pnl":0},'; } >rows.ndjson
	[ "$(ocq-top rows.ndjson | ids)" = 'b a' ]
	ocq-top -n 1 -f fee_usd --no-header "$FIX/run/events.ndjson" >got		# any record with the figure
	[ "$(jq .fee_usd got)" = "$(jq -s 'map(.fee_usd // 0) | max' "$FIX/run/events.ndjson")" ]
}

@test "top: infinity is above every number, minus infinity below, and 1e308 between" {
	{ row a 1e308; row b '"Infinity"'; row c -1e308; row d '"-Infinity"'; row e 0; row f '"inf"'; row g 1e-320; } >rows.ndjson
	[ "$(ocq-top rows.ndjson | ids)" = 'b f a g e c d' ]
	[ "$(ocq-top --ascending rows.ndjson | ids)" = 'd c e g a b f' ]
}

@test "top: --min-trades is at least that many" {
	{ row a 3 '' 9; row b 2 '' 10; row c 1 '' 11; } >rows.ndjson
	[ "$(ocq-top --min-trades 10 rows.ndjson | ids)" = 'b c' ]
	[ "$(ocq-top --min-trades 12 rows.ndjson | ids)" = '' ]
	ocq-top --min-trades 12 rows.ndjson | tail -n 1 | grep -qx '{"type":"end","records":0}'
	echo '{"type":"result","id":"a","total_pnl":1}' >rows.ndjson
	[ "$(ocq-top rows.ndjson | ids)" = a ]
	dies 65 'rows.ndjson:1: "total_trades" is missing' ocq-top --min-trades 1 rows.ndjson
}

@test "top: the header keeps what the sweep's says, but names this program" {
	ocq-top -n 1 "$SWEEP" | head -n 1 >got
	[ "$(jq -r .program got)" = ocq-top ]
	for m in config_id contract_id contract lookback; do
		[ "$(jq -c ".$m" got)" = "$(head -n 1 "$SWEEP" | jq -c ".$m")" ]
	done
	sed '1s/}$/,"paths":["trade.sl_atr_mult"],"seed":{"a":[1]}}/' "$SWEEP" >a.ndjson
	ocq-top -n 1 a.ndjson | head -n 1 | jq -c '[.paths, .seed]' | grep -qxF '[["trade.sl_atr_mult"],{"a":[1]}]'
}

@test "top: several streams are one" {
	sed -n '1p;2,10p;$s/24/9/p' "$SWEEP" >a.ndjson
	sed -n '1p;11,25p;$s/24/15/p' "$SWEEP" >b.ndjson
	ocq-top -n 0 --no-header "$SWEEP" >want
	ocq-top -n 0 --no-header --strict a.ndjson b.ndjson | cmp - want
	cat a.ndjson b.ndjson | ocq-top -n 0 --no-header --strict | cmp - want
	ocq-top -n 0 --no-header a.ndjson - <b.ndjson | cmp - want
	[ "$(ocq-top a.ndjson b.ndjson | head -n 1 | jq -c '[.contract_id, .lookback]')" = "$(head -n 1 "$SWEEP" | jq -c '[.contract_id, .lookback]')" ]
}

@test "top: results of another contract are refused with what differs, unless they may be mixed" {
	sed '1s/lookback=200/lookback=300/; s/"contract_id":"96/"contract_id":"97/' "$SWEEP" >b.ndjson
	dies 65 "b.ndjson:1: \"contract_id\" is not that of $SWEEP before (lookback)" ocq-top "$SWEEP" b.ndjson
	sed 1d b.ndjson >bare.ndjson		# the rows say it themselves
	dies 65 'bare.ndjson:1: "contract_id" is not that of' ocq-top "$SWEEP" bare.ndjson
	cat b.ndjson "$SWEEP" >both.ndjson
	dies 65 'both.ndjson:27: "contract_id"' ocq-top both.ndjson
	sed '1s/"config_id":"9f/"config_id":"00/' "$SWEEP" >c.ndjson
	dies 65 'c.ndjson:1: "config_id" is not that of' ocq-top "$SWEEP" c.ndjson
	quiet ocq-top -n 0 --ignore-contract "$SWEEP" b.ndjson >got.ndjson
	[ "$(rows got.ndjson | wc -l)" = 48 ]
	[ "$(head -n 1 got.ndjson | jq -c '[.config_id != null, .contract_id, .contract]')" = '[true,null,""]' ]
	quiet ocq-top --ignore-contract "$SWEEP" c.ndjson >got.ndjson
	[ "$(head -n 1 got.ndjson | jq -c '[.config_id, .contract_id != null]')" = '[null,true]' ]
}

@test "top: what is not known agrees with anything; texts of contracts are compared where there is no identity" {
	sed '1s/"contract_id":"[^"]*"/"contract_id":null/; 1s/"contract":"[^"]*"/"contract":""/; /result/s/"contract_id":"[^"]*"/"contract_id":null/' "$SWEEP" >a.ndjson
	quiet ocq-top a.ndjson "$SWEEP" >got.ndjson
	[ "$(head -n 1 got.ndjson | jq -c .contract_id)" = "$(head -n 1 "$SWEEP" | jq -c .contract_id)" ]
	sed '1s/"contract_id":"[^"]*"/"contract_id":null/; 1s/balance_usd=10000/balance_usd=500/; /result/d' "$SWEEP" >b.ndjson
	dies 65 '"contract_id" is not that of a.ndjson before (balance_usd)' ocq-top a.ndjson "$SWEEP" b.ndjson
	sed 1d "$SWEEP" >bare.ndjson
	[ "$(ocq-top bare.ndjson | head -n 1 | jq -r .contract_id)" = "$(sed -n 2p "$SWEEP" | jq -r .contract_id)" ]
}

@test "top: values keep the paths that they are for" {
	h='{"type":"header","schema":1,"program":"p","version":"1","command":"p","config_id":null,"contract_id":null,"contract":""'
	{ echo "$h,\"paths\":[\"trade.sl_atr_mult\"],\"seed\":1}"; row a 1 '"values":[1.5],'; echo '{"type":"end","records":1}'; } >a.ndjson
	{ echo "$h,\"paths\":[\"trade.sl_atr_mult\"],\"seed\":2}"; row b 2 '"values":[2.5],'; } >b.ndjson
	{ echo "$h,\"paths\":[\"trade.tp_atr_mult\"]}"; row c 3 '"values":[2.5],'; } >c.ndjson
	row d 4 '"values":[2.5],' >d.ndjson
	ocq-top a.ndjson b.ndjson >got.ndjson
	[ "$(head -n 1 got.ndjson | jq -c '[.paths, has("seed")]')" = '[["trade.sl_atr_mult"],false]' ]	# what is not true of all is left out
	dies 65 'c.ndjson:1: "paths" are others than before' ocq-top a.ndjson c.ndjson
	dies 65 'c.ndjson:1: "paths" are others than before' ocq-top --ignore-contract a.ndjson c.ndjson
	dies 65 'd.ndjson:1: "values", but no header of this stream named their paths' ocq-top a.ndjson d.ndjson
}

@test "top: a row without the figure, or with something else there, is named" {
	{ row a 1; echo '{"type":"result","id":"b"}'; } >rows.ndjson
	dies 65 'rows.ndjson:2: "total_pnl" is missing' ocq-top rows.ndjson
	dies 65 'rows.ndjson:1: "gate_stats.total_checks" is missing' ocq-top -f gate_stats.total_checks rows.ndjson
	row b null >rows.ndjson
	dies 65 'rows.ndjson:1: "total_pnl" is null, not a number' ocq-top rows.ndjson
	for v in true '"x"' '""' '"Infinity "' '[1]' '{"a":1}' nan 1.; do
		row b "$v" >rows.ndjson
		dies 65 'rows.ndjson:1: ' ocq-top rows.ndjson
	done
	row b '"12"' >rows.ndjson
	dies 65 'rows.ndjson:1: "total_pnl" is not a number or "Infinity"' ocq-top rows.ndjson
}

@test "top: another spelling of a row is the same row" {
	{ row a 1; echo '{ "id" : "b", "type":"result", "total_trades":3, "total_pnl" : 2.0 }  '; echo '{"type":"result","id":"c","tot\u0061l_pnl":3,"total_trades":1}'; } >rows.ndjson
	ocq-top --no-header rows.ndjson >got
	tac rows.ndjson | cmp - got
}

@test "top: a row that is written is right; a broken one is noticed wherever it stands" {
	{ row a 1; row b 2 '"x":01,'; } >rows.ndjson
	dies 65 'rows.ndjson:2: column ' ocq-top rows.ndjson
	{ row a 3; row b 2 '"x":01,'; } >rows.ndjson
	dies 65 'rows.ndjson:2: column ' ocq-top rows.ndjson
	{ row b 2; row a 1 | sed 's/,"total_trades.*//' | tr -d '\n'; row a 1; } >rows.ndjson	# two lines in one
	dies 65 'rows.ndjson:2: column ' ocq-top -n 1 rows.ndjson
	{ row b 2; row a 1 | sed 's/}$//'; } >rows.ndjson
	dies 65 'rows.ndjson:2: column ' ocq-top -n 1 rows.ndjson
	{ row b 2; row a 1 '"total_pnl":2,'; } >rows.ndjson
	dies 65 'the same key twice' ocq-top rows.ndjson
}

@test "top: empty, torn and cut input" {
	ocq-top --no-header </dev/null >got
	[ ! -s got ]
	ocq-top </dev/null | jq -c .type >got
	printf '"header"\n"end"\n' | cmp - got
	dies 65 "stdin" ocq-top --strict </dev/null
	head -c -60 "$SWEEP" >torn
	dies 65 "torn:25: line is cut" ocq-top torn
	sed '$d' "$SWEEP" >cut
	dies 65 "cut" ocq-top --strict cut
	ocq-top cut >/dev/null
	sed 3d "$SWEEP" >thin
	dies 65 'thin:25: "records" is 24, but 23 came' ocq-top --strict thin
	sed '1s/"schema":1/"schema":2/' "$SWEEP" >new
	dies 65 'new:1: "schema"' ocq-top new
	row a 1 | tr -d '\n' >whole		# no newline, but a whole row
	[ "$(ocq-top whole | ids)" = a ]
	dies 65 'whole:1: line is cut' ocq-top --strict whole
	dies 65 "nosuchfile" ocq-top nosuchfile
}

@test "top: a line of 1 MB" {
	{ row a 1; printf '{"type":"result","id":"b","x":"'; head -c 1000000 /dev/zero | tr '\0' x; echo '","total_pnl":2}'; } >long.ndjson
	ocq-top --no-header long.ndjson >got
	tac long.ndjson | cmp - got
	head -c 1000000 /dev/zero | tr '\0' x >long
	dies 65 "stdin:1:" ocq-top <long
}

@test "top: wrong usage" {
	dies 64 max ocq-top -n -1
	dies 64 max ocq-top -n x
	dies 64 field ocq-top -f ''
}

@test "top: a full disk is exit 75, a closed pipe is quiet, a file is whole or not there" {
	writes 75 /dev/full ocq-top -n 0 "$SWEEP"
	jq -nrc 'range(20000) | {type: "result", id: "r\(.)", total_pnl: ., total_trades: 3}' >rows.ndjson
	reader_leaves 1 ocq-top -n 0 rows.ndjson
	echo old >kept
	dies 65 'total_pnl' ocq-top -o kept <<<'{"type":"result"}'
	[ "$(cat kept)" = old ]
	ocq-top -o kept "$SWEEP"
	[ "$(wc -l <kept)" = 12 ]
}

@test "top: SIGTERM before the end of the input: no result" {
	mkfifo in
	bounded ocq-top -o kept <in 2>err &
	pid=$!
	exec 7>in
	row a 1 >&7
	catching "$pid"
	kill "$pid"
	status=0; wait "$pid" || status=$?
	exec 7>&-
	[ "$status" = 75 ]
	grep -q 'stopped by a signal' err
	[ ! -e kept ]
}

@test "top: memory does not grow with the rows, only with those kept" {
	[[ $(ldd "$OCQ_BIN/ocq-top") != *asan* ]] || skip 'a sanitizer needs memory of its own'
	jq -nrc 'range(30000) | {type: "result", id: "r\(.)", pad: ("x" * 3000), total_pnl: ., total_trades: 3}' >rows.ndjson
	(ulimit -v 60000; ocq-top -n 5 rows.ndjson >got.ndjson)
	[ "$(ids <got.ndjson)" = 'r29999 r29998 r29997 r29996 r29995' ]
}

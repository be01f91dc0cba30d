# SPDX-License-Identifier: MIT
# ocq-report: the table, Markdown, the page, the plot; what is computed from records; what it refuses.
load lib

RUN=$FIX/run

@test "report: the table of a report and its equity" {
	quiet ocq-report "$RUN/report.json" "$RUN/equity.ndjson" >got.txt
	diff -u "$RUN/report.txt" got.txt
	quiet ocq-report "$RUN/equity.ndjson" - <"$RUN/report.json" | cmp - got.txt
}

@test "report: Markdown" {
	quiet ocq-report --markdown "$RUN/report.json" "$RUN/equity.ndjson" >got.md
	diff -u "$RUN/report.md" got.md
}

@test "report: without equity there is no chart, the figures stay" {
	ocq-report "$RUN/report.json" >got.txt
	run ! grep -q Equity got.txt
	grep -q '^  Profit .*-17.62 (-0.18 %)' got.txt
}

@test "report: figures from events alone are the report's own" {
	ocq-report "$RUN/report.json" >want.txt
	ocq-report "$RUN/events.ndjson" >got.txt
	sed -n '/^By symbol/,/^Gates/p' want.txt | grep -v '^Gates' >want.tables
	sed -n '/^By symbol/,$p' got.txt >got.tables
	diff -u <(sed '$d' want.tables) got.tables
	grep -q '^Equity' got.txt
	for f in Profit 'Win rate' Fees; do
		[ "$(grep -o "$f .*" want.txt | head -n 1 | cut -c1-30 | xargs)" = "$(grep -o "$f .*" got.txt | head -n 1 | cut -c1-30 | xargs)" ]
	done
	run ! grep -qE 'Sharpe|Slippage|Signals|Gates' got.txt	# not in the records
	ocq-report "$RUN/events.ndjson" "$RUN/equity.ndjson" | grep -q 'Sharpe ratio    0.95'
}

@test "report: trades and events show the same" {
	ocq-report "$RUN/trades.ndjson" | cmp - <(ocq-report "$RUN/events.ndjson")
	ocq-report -t x - <"$RUN/trades.ndjson" | cmp - <(ocq-report -t x "$RUN/trades.ndjson")
}

@test "report: one run at a time, whatever the number of its files" {
	ocq-report "$RUN/events.ndjson" "$RUN/trades.ndjson" | cmp - <(ocq-report "$RUN/events.ndjson")
	ocq-report "$RUN/trades.ndjson" "$RUN/events.ndjson" | cmp - <(ocq-report "$RUN/events.ndjson")
	cp "$RUN/events.ndjson" a
	dies 64 'a: "event" records as in' ocq-report "$RUN/events.ndjson" a
	cp "$RUN/equity.ndjson" a
	dies 64 'a: "equity" records as in' ocq-report "$RUN/report.json" "$RUN/equity.ndjson" a
	sed -E '1s/"config_id":"./"config_id":"x/' "$RUN/trades.ndjson" >a
	dies 65 'a:1: "config_id" is not that of the stream before' ocq-report "$RUN/equity.ndjson" a
}

@test "report: equity alone shows the curve and no trades" {
	ocq-report "$RUN/equity.ndjson" >got.txt
	grep -q '^Equity' got.txt
	grep -q 'Sharpe ratio    0.95' got.txt
	run ! grep -qE 'Trades closed|Win rate|By ' got.txt
}

@test "report: --ascii is ASCII, and nothing is wider than 80 columns" {
	ocq-report --ascii "$RUN/report.json" "$RUN/equity.ndjson" >got.txt
	run ! LC_ALL=C grep -q '[^ -~]' got.txt
	run ! grep -qE '.{81}' got.txt
	run ! grep -qE ' $' "$RUN/report.txt"
	[ "$(LC_ALL=C.UTF-8 wc -L <"$RUN/report.txt")" -le 80 ]
}

@test "report: colours on a terminal only, and not under NO_COLOR" {
	run ! grep -q $'\033' "$RUN/report.txt"
	script -qec "ocq-report '$RUN/report.json'" /dev/null </dev/null >tty.txt
	grep -q $'\033\\[31m-17.62 (-0.18 %)\033\\[0m' tty.txt
	NO_COLOR=1 script -qec "ocq-report '$RUN/report.json'" /dev/null </dev/null >plain.txt
	run ! grep -q $'\033' plain.txt
}

@test "report: the page is one file with its drawings, and fetches nothing" {
	ocq-report --html "$RUN/report.json" "$RUN/equity.ndjson" -o page.html
	grep -q '^<!DOCTYPE html>' page.html
	[ "$(grep -c '<svg class="\(equity\|drawdown\)"' page.html)" = 2 ]
	run ! grep -qE 'https?:|<script|<link|<img|@import|url\(' page.html
	for tag in html head body main table section svg tr td div; do
		[ "$(grep -oE "<${tag}[ >]" page.html | wc -l)" = "$(grep -o "</$tag>" page.html | wc -l)" ] || { echo "$tag"; false; }
	done
	run ! grep -qE 'nan|inf' page.html
	grep -q 'End of Backtest' page.html
}

@test "report: texts of the input are data, not markup and not commands" {
	sed 's/"kPEPE"/"<b>\\u001b[31m"/; s/"id": "replay"/"id": "a|b<i>"/' "$RUN/report.json" >odd.json
	ocq-report --html odd.json >page.html
	run ! grep -qE '<b>.\[31m|<i>"' page.html
	grep -q '&lt;b&gt;?\[31m' page.html
	grep -q '<title>a|b&lt;i&gt;</title>' page.html
	ocq-report odd.json >got.txt
	run ! grep -q $'\033' got.txt
	ocq-report -m odd.json | grep -qF '# a\|b\<i\>'
}

@test "report: a reference report, where the run's name is config_id, is shown too" {
	jq 'del(.id, .compat, .events_hash, .contract_id) | .config_id = "replay"' "$RUN/report.json" >theirs.json
	ocq-report theirs.json | head -n 1 | grep -q '^run   config '
}

@test "report: curves of any size are drawn" {
	for pair in "1 1" "0 0" "1e17 1e17" "1e16 10000000000000002" "-5e307 5e307" "1e-300 2e-300" "5e307 1e308"; do
		# shellcheck disable=SC2086 # two numbers
		printf '{"type":"equity","t_ms":%s,"balance":%s}\n' 0 ${pair% *} 86400000 ${pair#* } >a
		for form in --ascii --html --markdown; do
			timeout 5 ocq-report $form a >got.txt
			run ! grep -qiE '[^a-z](nan|inf)[^a-z]' got.txt
		done
	done
	printf '{"type":"equity","t_ms":7,"balance":%s}\n' 1 2 3 | ocq-report - | grep -q '^Equity'	# no time passes
}

@test "report: a profit factor without losses is infinite" {
	sed 's/"profit_factor": [0-9.]*/"profit_factor": "Infinity"/' "$RUN/report.json" >inf.json
	ocq-report inf.json | grep -q 'Profit factor   Infinity'
}

@test "report: --plot draws with gnuplot" {
	command -v gnuplot >/dev/null || skip "no gnuplot"
	quiet ocq-report "$RUN/report.json" "$RUN/equity.ndjson" --plot "it's.png" >table.txt
	[ "$(head -c 4 "it's.png" | od -An -c | tr -d ' ')" = '211PNG' ]
	cmp table.txt "$RUN/report.txt"
	quiet ocq-report "$RUN/report.json" "$RUN/equity.ndjson" -p a.svg -o /dev/null
	grep -q '<svg' a.svg
	[ -z "$(ls ./*.tmp 2>/dev/null)" ]
	dies 75 "nowhere" ocq-report "$RUN/equity.ndjson" -p nowhere/a.png || [ "$(wc -l <stderr.txt)" -gt 1 ]
}

@test "report: --plot without gnuplot is exit 69 and says what to install" {
	mkdir empty
	dies 69 "gnuplot-nox" env PATH="$PWD/empty" "$OCQ_BIN/ocq-report" "$RUN/equity.ndjson" -p a.png
	[ ! -e a.png ]
}

@test "report: --plot wants a known ending and a curve" {
	dies 64 ".png or .svg" ocq-report "$RUN/equity.ndjson" -p a.gif
	dies 65 "no curve" ocq-report "$RUN/report.json" -p a.png
}

@test "report: wrong usage" {
	dies 64 "a file is needed" ocq-report
	dies 64 "not both" ocq-report -m -H "$RUN/report.json"
	dies 64 "second report" ocq-report "$RUN/report.json" "$RUN/report.json"
	dies 65 "nowhere" ocq-report nowhere
}

@test "report: what is neither a report nor records of a run" {
	dies 65 "empty" ocq-report /dev/null
	printf '[1]\n' >a; dies 65 'a: no report: "total_trades"' ocq-report a
	printf '{}\n' >a; dies 65 'a: no report: "total_trades"' ocq-report a
	jq '.win_rate = "x"' "$RUN/report.json" >a; dies 65 'a: no report: "win_rate"' ocq-report a
	printf '{"type":"candle_of_another_kind"}\n' >a; dies 65 'nothing to show' ocq-report a
	printf '{"a":1\n' >a; dies 65 'neither a report nor a stream of records: line 2' ocq-report a
}

@test "report: a wrong record names file, line and member" {
	sed '3s/"price":/"price":"/; 3s/,"size"/","size"/' "$RUN/events.ndjson" >a
	dies 65 'a:3: "price"' ocq-report a
	sed '3s/CLOSE_SHORT/CLOSE/' "$RUN/events.ndjson" >a
	dies 65 'a:3: "action" is "CLOSE"' ocq-report a
	sed '3s/Stop Loss/Bad Luck/' "$RUN/events.ndjson" >a
	dies 65 'a:3: "reason" is "Bad Luck"' ocq-report a
	sed '3s/"medium"/"sure"/' "$RUN/events.ndjson" >a
	dies 65 'a:3: "confidence" is "sure"' ocq-report a
	sed '1s/"schema":1/"schema":9/' "$RUN/events.ndjson" >a
	dies 65 'a:1: "schema"' ocq-report a
}

@test "report: a cut stream is refused under --strict, a cut line always" {
	sed '$d' "$RUN/events.ndjson" >a
	ocq-report a >/dev/null
	dies 65 "no end" ocq-report --strict a
	sed 4d "$RUN/events.ndjson" >a
	dies 65 '"records"' ocq-report --strict a
	sed 1d "$RUN/events.ndjson" >a
	dies 65 "no header" ocq-report --strict a
	head -c -9 "$RUN/events.ndjson" >a
	dies 65 "line is cut" ocq-report a
	quiet ocq-report --strict "$RUN/events.ndjson" "$RUN/equity.ndjson" "$RUN/report.json" >/dev/null
}

@test "report: a line of 1 MB" {
	{ printf '{"type":"note","text":"'; head -c 1000000 /dev/zero | tr '\0' x; printf '"}\n'; cat "$RUN/equity.ndjson"; } >long.ndjson
	ocq-report long.ndjson | cmp - <(ocq-report "$RUN/equity.ndjson")
	{ printf '"'; head -c 1000000 /dev/zero | tr '\0' x; printf '"\n'; } >a
	dies 65 'a: no report' ocq-report a
}

@test "report: a full disk is exit 75 and leaves no half file, a closed pipe is quiet" {
	writes 75 /dev/full ocq-report "$RUN/report.json"
	writes 75 /dev/full ocq-report --html "$RUN/report.json" "$RUN/equity.ndjson"
	dies 75 "nowhere/x" ocq-report "$RUN/report.json" -o nowhere/x
	reader_leaves 1 ocq-report "$RUN/report.json"
}

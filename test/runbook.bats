# SPDX-License-Identifier: MIT
# docs/runbook.md: its blocks in their order, on a local exchange that plays a bar of an hour in a second, and what each leaves behind.
load lib

teardown() {
	local d
	for d in work host2; do [ ! -d "$d" ] || (cd "$d" && timeout 60 ocq-lane paper1 --stop 2>/dev/null) || true; done
	[ -z "${venue-}" ] || kill "$venue" 2>/dev/null || true
	wait
}

# Blocks as files work/../block.N, with the section that each stands in.
blocks() {
	awk '/^## / { title = substr($0, 4) }
		/^```sh$/ { n++; file = sprintf("block.%d", n); print title >(file ".title"); in_block = 1; next }
		/^```$/ { in_block = 0 }
		in_block { print >file }' "$OCQ_ROOT/docs/runbook.md"
}
n=0
# block SECTION: the next one, which stands there
block() {
	n=$((n + 1))
	[ "$(cat "block.$n.title")" = "$1" ] || { echo "block $n stands in $(cat "block.$n.title"), not in $1"; return 1; }
	(cd work && timeout 90 bash -e -o pipefail "../block.$n" >"../out.$n" 2>"../err.$n" 3>&-) || { cat "block.$n" "out.$n" "err.$n"; tail work/paper1.err; return 1; }
}
out() { cat "out.$n"; }
told() { ocq-journal export -q --no-header "${where:-work}/$journal" --type "$@"; }
until_told() {	# until_told TYPES FILTER
	for _ in $(seq 300); do told "$1" 2>/dev/null | jq -e -s "$2" >/dev/null && return; sleep 0.1; done
	told "$1" | tail -n 5; cat "${where:-work}/paper1.err"; return 1
}
goes_on() { local s; s=$(told step_commit | wc -l); until_told step_commit "length > $s + 2"; }
holds() { ocq-hl positions --url "$URL" --user "$ACCOUNT" --no-header | jq -s 'map(select(.type == "position")) | length'; }

@test "runbook: an operator's day" {
	journal=lanes/paper1/journal
	mkdir work host2 path
	ln -s "$OCQ_ROOT/pipelines/lane" path/ocq-lane
	export PATH=$PWD/path:$PATH XDG_RUNTIME_DIR=$PWD NEW_HOST=$PWD/host2
	blocks
	[ -e block.16 ] && [ ! -e block.17 ]
	lane_strategy >work/strategy.yaml
	# the account's own key stays with the exchange's pages; the lane has an agent's
	ACCOUNT=$(ocq-sign --new master)
	export ACCOUNT
	ocq-synth -q --seed 7 -n 4 --from 2024-01-01 --days 400 --candles candles.db
	ocq-paperx -q --candles candles.db -i 1h --speed 3600 --from "$(date -d 2024-02-15T00:00:00Z +%s)000" --clock clock --limits off --control control \
		"$ACCOUNT=10000" >venue.log 2>venue.err 3>&- & venue=$!
	until [ -s venue.log ]; do kill -0 "$venue"; sleep 0.05; done
	URL=$(head -n 1 venue.log | jq -r .url)
	export URL OCQ_CLOCK=$PWD/clock
	approve() { control 1 <<<'{"approve_agent":{"master":"'"$ACCOUNT"'","agent":"'"$1"'","name":"'"$2"'"}}'; }

	block 'Prepare'
	approve "$(cat work/keys/paper1.address)" one
	out | grep -q '^ocq-feed .*|$'
	[ ! -e work/lanes ]

	block 'Start'
	until_told outcome 'map(select(.outcome == "filled")) | length > 2'
	for _ in $(seq 100); do [ "$(holds)" = 0 ] || break; sleep 0.1; done
	[ "$(jq -r .state work/lanes/paper1/status.json)" = running ]

	block 'Watch'
	out | head -n 1 | jq -e '.state == "running" and .restarts == 0' >/dev/null
	out | sed -n 2p | jq -e '.balance_usd > 0 and .kills == []' >/dev/null
	out | grep -q '|OPEN|'

	block 'Change the configuration'
	out | grep -q sl_atr_mult
	until_told config 'any(.[1:][]; .accepted)'
	block 'Change the configuration'
	out | jq -e '.accepted' >/dev/null

	block 'Close for entries, and open again'
	out | grep -q close_only
	until_told kill_level '.[-1].level == "close_only" and .[-1].why == "the exchange is in maintenance"'
	block 'Close for entries, and open again'
	[ "$(told kill_level | tail -n 1 | jq -r .level)" = off ]
	goes_on

	block 'Leave everything'
	for _ in $(seq 100); do [ "$(holds)" != 0 ] || break; sleep 0.1; done
	[ "$(holds)" = 0 ]
	block 'Leave everything'
	[ -z "$(out | grep position)" ]
	goes_on

	kill -9 "$(jq .pid work/lanes/paper1/status.json)"
	for _ in $(seq 200); do ! flock -n work/lanes/paper1/lock true || break; sleep 0.1; done
	block 'After a crash'
	goes_on
	block 'After a crash'
	for _ in $(seq 200); do [ "$(sqlite3 -readonly work/lanes/paper1/trading_engine.db 'SELECT count(*) > 10 FROM runtime_cycle_steps' 2>/dev/null)" != 1 ] || break; sleep 0.1; done
	[ "$(sqlite3 -readonly -cmd '.timeout 5000' work/lanes/paper1/trading_engine.db 'SELECT count(*) > 10 FROM runtime_cycle_steps')" = 1 ]

	block 'Another key'
	next=$(ocq-sign --address -k work/keys/paper1.next)
	approve "$next" two
	block 'Another key'
	until_told step_commit "map(select(.t_ms > $(told step_commit | tail -n 1 | jq .t_ms))) | length > 1"
	[ "$(ocq-sign --address -k work/keys/paper1)" = "$next" ]

	block 'Another machine'
	[ ! -e work/lanes/paper1 ]
	steps=$(journal=lanes/paper1.moved/journal; told step_commit | wc -l)
	block 'Another machine'
	where=host2
	goes_on
	told step_commit | jq -e -s --argjson n "$steps" 'length > $n and (map(.t_ms) | . == unique) and ([.[1:], .[:-1]] | transpose | all(.[]; .[0].t_ms - .[1].t_ms == 3600000))'
	[ "$(told lane | wc -l)" = 1 ]
	# each order once: no intent has two ends, none was sent twice
	told outcome | jq -e -s 'map(select(.over and .kind == "order") | .intent) | length == (unique | length)'
	block 'The end of the day'
	[ "$(jq -r .state host2/lanes/paper1/status.json)" = stopped ]
	ocq-journal verify -q host2/lanes/paper1/journal
}

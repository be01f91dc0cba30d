# SPDX-License-Identifier: MIT
# ocq-decide -j: a lane's decisions are the replay's, whatever killed it; what became of orders is taken over; what is refused.
load lib

ADDR=0x00000000000000000000000000000000000000aa

# A market of 30 days: snapshots in s.ndjson, candles in c.db, the exchange's markets in meta, the strategy in s.yaml.
stream() {
	ocq-synth -q --seed 5 --days 30 --count 5 --late 1 --delisted 1 --candles c.db
	lane_strategy >s.yaml
	ocq-candles export c.db -i 1h | ocq-indicators -c s.yaml >s.ndjson
	sqlite3 c.db 'SELECT DISTINCT symbol FROM candles' | jq -Rcn '[inputs] | to_entries[] |
		{type: "asset", symbol: .value, id: .key, sz_decimals: (.key % 4), max_leverage: 3, delisted: false, only_isolated: false}' >meta
	from=$(sqlite3 c.db 'SELECT min(t) FROM candles')
	# What makes a step late is the clock, which stands.
	export OCQ_CLOCK=$PWD/clock
	clock "$from"
	lane=(-q -c s.yaml -j J --mode paper --account "$ADDR" --venue meta --lookback 60 --from "$from" --settle-wait 0)
}
clock() { perl -e 'print pack("q<", $ARGV[0])' "$1" >"$OCQ_CLOCK"; }
decide() { timeout 20 ocq-decide "${lane[@]}"; }
replay() { ocq-replay -q -c s.yaml --candles c.db --lookback 60 --venue meta --no-header --from "$from" --decisions "$@"; }
# The records of these types in the journal, without the journal's members.
told() { ocq-journal export --no-header J --type "$@"; }

@test "lane_decide: the decisions of ocq-replay --venue, byte for byte, one batch a step" {
	stream
	decide <s.ndjson >passed
	replay want
	[ "$(wc -l <want)" -gt 20 ]
	told decision | cmp - want
	grep '"type":"decision"' passed | cmp - want
	ocq-journal verify J
	[ "$(ocq-journal export --no-header J | head -n 2 | jq -r .type | xargs)" = "lane config" ]
	# every step of the window was committed, once, in order
	told step_commit | jq .t_ms | cmp - <(jq 'select(.type == "step") | .t_ms' s.ndjson)
	# an intent for each decision, and ids that say so
	told intent | jq -r '.symbol + " " + (.t_ms | tostring) + " " + .action' | sort | cmp - <(
		jq -r '.symbol + " " + (.t_ms | tostring) + " " + (.action | split("_")[0])' want | sort)
	id=$(told intent | head -n 1 | jq -r '"paper|'$ADDR'|" + .symbol + "|" + (.t_ms | tostring) + "|" + .action + "|0"' | tr -d '\n' | sha256sum | head -c 32)
	[ "$(told intent | head -n 1 | jq -r .id)" = "$id" ]
	# exits come before entries
	told intent | jq -s -e 'group_by(.t_ms) | all(.[]; sort_by(.place) | map(.reduce_only | not) | . == sort)'
	# a tunnel for each open position, its stop on the losing side
	told tunnel | jq -s -e 'length > 20 and all(.[] | select(.lower_full > 0 and .upper_full > 0); .lower_full < .upper_full)'
}

@test "lane_decide: killed at any moment and started again, it has decided the same, once" {
	stream
	replay want
	n=$(wc -l <s.ndjson)
	RANDOM=7
	for k in {1..10}; do
		mkfifo in
		ocq-decide "${lane[@]}" <in >/dev/null & pid=$!
		exec 7>in
		head -n $((n * k / 11 + RANDOM % 60)) s.ndjson >&7	# all from the first step on; the last 64 KiB are still in the pipe
		sleep "0.00$((RANDOM % 10))"
		kill -KILL $pid
		wait $pid || [ $? = 137 ]
		exec 7>&-
		rm in
	done
	[ "$(told step_commit | wc -l)" -gt $((n / 20)) ]
	decide <s.ndjson >/dev/null
	told decision | cmp - want
	ocq-journal verify J
}

@test "lane_decide: a second one for the journal, another lane's journal, another stream" {
	stream
	head -n 200 s.ndjson | decide >/dev/null
	dies 78 "the mode is paper in the journal" ocq-decide -c s.yaml -j J --mode live --account $ADDR --venue meta --lookback 60 </dev/null
	dies 78 "the account is $ADDR in the journal" ocq-decide -c s.yaml -j J --account 0x00000000000000000000000000000000000000bb --venue meta \
		--lookback 60 </dev/null
	dies 78 "--lookback is 60" ocq-decide -c s.yaml -j J --account $ADDR --venue meta </dev/null
	dies 65 "start the feed with --from" decide < <(sed 1,200d s.ndjson | sed '0,/"type":"step"/{/"type":"step"/!d}' | sed '1{/"step"/d}')
	sed 's/interval: 1h/interval: 1h, exit_interval: 5m/' s.yaml >sub.yaml
	dies 78 "a lane decides at its 1h bars alone" ocq-decide -c sub.yaml -j J --account $ADDR --venue meta --lookback 60 </dev/null
	dies 64 "--account" ocq-decide -c s.yaml -j J --venue meta </dev/null
	dies 64 "no address" ocq-decide -c s.yaml -j J --account 0x12 --venue meta </dev/null
	dies 64 "--venue" ocq-decide -c s.yaml -j J --account $ADDR </dev/null
	flock J/lock.decide sleep 5 &
	sleep 0.2
	dies 75 "lock.decide" decide </dev/null
	kill %1
}

@test "lane_decide: a step that is decided too late leaves positions, but enters none" {
	stream
	replay want
	t=$(jq -s '.[length / 2 | floor].t_ms' want)
	head -n "$(grep -n "\"step\",\"t_ms\":$t" s.ndjson | cut -d: -f1)" s.ndjson >part
	decide <part >/dev/null
	clock $((t + 30 * 86400000))
	decide <s.ndjson >/dev/null
	told step_commit | jq -s -e "map(select(.t_ms > $t)) | length > 10 and all(.[]; .late)"
	told decision | jq -s -e "all(.[] | select(.t_ms > $t); .action | startswith(\"CLOSE\") or startswith(\"REDUCE\"))"
}

@test "lane_decide: a live lane that is behind decides at the newest bar alone, and says what it left out" {
	stream
	last=$(jq 'select(.type == "step") | .t_ms' s.ndjson | tail -n 1)
	decide() { timeout 20 ocq-decide -q -c s.yaml -j J --mode dry_live --account $ADDR --venue meta --lookback 60 --from "$from" --settle-wait 0; }
	clock $((last + 3600000 + 3000))
	decide <s.ndjson >/dev/null
	[ "$(told step_commit | jq .t_ms)" = "$last" ]
	told gap | jq -s -e "length > 1 and all(.[]; .from_ms == $from and .to_ms == $((last - 3600000)) and .interval == \"1h\")"
}

@test "lane_decide: an order that was refused is taken back before the next step, once" {
	stream
	replay want
	t=$(jq 'select(.action | startswith("OPEN")) | .t_ms' want | head -n 1)
	head -n "$(grep -n "\"step\",\"t_ms\":$t" s.ndjson | cut -d: -f1)" s.ndjson >part
	decide <part >/dev/null
	id=$(told intent | tail -n 1 | jq -r .id) sym=$(told intent | tail -n 1 | jq -r .symbol)
	fee=$(told decision | tail -n 1 | jq .fee_usd)
	printf '{"type":"outcome","intent":"%s","attempt":0,"nonce":0,"kind":"order","outcome":"blocked","over":true,"oid":null,"filled":"","avg_px":0,"code":null,"evidence":"local","error":"no"}\n' "$id" |
		ocq-journal append J
	decide <s.ndjson >/dev/null
	told adopt | jq -s -e "length == 1 and .[0].symbol == \"$sym\" and .[0].intent == \"$id\" and .[0].cause == \"blocked\" and .[0].size_after == 0
		and (.[0].balance_after - .[0].balance_before - $fee | fabs < 1e-9)"
	told mark | jq -s -e "map(select(.symbol == \"$sym\" and .t_ms == $((t + 3600000)))) | length == 1"
	ocq-journal verify J
}

@test "lane_decide: the next step waits for the orders of the last one" {
	stream
	replay want
	at=$(grep -n "\"step\",\"t_ms\":$(jq -s .[0].t_ms want)" s.ndjson | cut -d: -f1)
	lane[-1]=18
	mkfifo in
	decide <in >/dev/null &
	exec 7>in
	steps() { told step_commit 2>/dev/null | wc -l; }
	until_steps() { for _ in $(seq 200); do [ "$(steps)" = "$1" ] && return; sleep 0.05; done; return 1; }
	n=$(head -n "$at" s.ndjson | grep -c '"type":"step"')
	head -n "$at" s.ndjson >&7
	until_steps "$n"
	sed -n "$((at + 1)),\${p; /\"type\":\"step\"/q}" s.ndjson >&7
	sleep 0.3
	[ "$(steps)" = "$n" ]
	told intent | jq -c '{type: "outcome", intent: .id, attempt: 0, nonce: 0, kind: "order", outcome: "blocked", over: true, oid: null, filled: "",
		avg_px: 0, code: null, evidence: "local", error: "no"}' | ocq-journal append -q J
	until_steps $((n + 1))
	told adopt | jq -s -e 'length > 0 and all(.[]; .cause == "blocked")'
	exec 7>&-
	wait
}

@test "lane_decide: an account that is set while it runs holds from the next step on" {
	stream
	replay want --balance 5000
	mkfifo in
	decide <in >/dev/null &
	exec 7>in
	at=$(grep -n '"type":"step"' s.ndjson | sed -n 50p | cut -d: -f1)
	head -n "$at" s.ndjson >&7
	for _ in $(seq 200); do [ "$(told step_commit 2>/dev/null | wc -l)" = 50 ] && break; sleep 0.05; done
	echo '{"version":2,"source":"desk","exported_at_ms":1,"balance":5000,"positions":[],"runtime":{}}' >doc.json
	ocq-snapshot seed -q -j J doc.json
	sed "1,${at}d" s.ndjson >&7
	exec 7>&-
	wait
	told step_commit | jq -s -e '.[49].balance_usd == 10000 and .[50].balance_usd == 5000'
	told decision | cmp - want
}

@test "lane_decide: snapshots that were made under another configuration are said" {
	stream
	sed -i 's/min_adx: 15/min_adx: 16/' s.yaml
	decide <s.ndjson 2>err >/dev/null
	grep -q 'stdin: made under configuration .* the windows may differ' err
}

@test "lane_decide: a configuration that changes holds from the next step, or is refused and said" {
	stream
	n=$(wc -l <s.ndjson)
	mkfifo in
	decide <in >/dev/null 2>err &
	exec 7>in
	head -n $((n / 2)) s.ndjson >&7
	steps() { told step_commit 2>/dev/null | wc -l; }
	until_steps() { for _ in $(seq 200); do [ "$(steps)" -ge "$1" ] && return; sleep 0.05; done; return 1; }
	until_steps "$(head -n $((n / 2)) s.ndjson | grep -c '"type":"step"')"
	sed 's/min_adx: 15/min_adx: 99/' s.yaml >s.new && mv s.new s.yaml
	sed -n "$((n / 2 + 1)),$((n * 3 / 4))p" s.ndjson >&7
	until_steps "$(head -n $((n * 3 / 4)) s.ndjson | grep -c '"type":"step"')"
	sed 's/adx_window: 10/adx_window: 12/' s.yaml >s.new && mv s.new s.yaml
	sed "1,$((n * 3 / 4))d" s.ndjson >&7
	exec 7>&-
	wait
	told config | jq -s -e 'map(.accepted) == [true, true, false] and (.[2].why | contains("indicators.adx_window changed"))
		and .[0].config_id != .[1].config_id'
	grep -q 'indicators.adx_window changed, which needs a restart' err || [ ! -s err ]
	chmod g+w s.yaml
	dies 78 "others may write" decide </dev/null
}

# SPDX-License-Identifier: MIT
# ocq-reconcile: every fill once, positions and account; drift, and what follows from it. The whole lane with it is in exec.bats.
load lib

setup() {
	fresh
	exchange_up
	lane_begins "${MODE:-paper}"
}
teardown() {
	kill "${pid:-}" 2>/dev/null || true
	kill "$venue" 2>/dev/null || true
	wait
}
trade() { ocq-hl order -q --url "$url" -k key --no-header "$@" >ack && jq -e '.outcome == "filled"' ack; }
once() { ocq-reconcile -q -j J --url "$url" --once; }
told() { ocq-journal export -q --no-header J --type "$@"; }
# The strategy's account has this position of BTC.
ours() {	# ours SIDE SIZE
	printf '{"type":"mark","symbol":"BTC","t_ms":1,"side":"%s","size":%s,"entry_price":50000,"margin_usd":100,"leverage":5,"entry_atr":1,"entry_adx_threshold":0,"trailing_sl":0,"has_trailing":false,"tp1_taken":false,"adds_count":0,"confidence":"high","open_ms":1,"last_add_ms":1,"last_entry_ms":1,"last_exit_ms":0,"last_close_ms":0,"last_close_side":"long","last_close_was_flip":false,"close":50000}\n' "$1" "$2" |
		ocq-journal append -q J
}
start() {
	ocq-reconcile -q -j J --url "$url" --every 0.1 >out 2>err 3>&- & pid=$!
}
until_told() {	# until_told TYPE FILTER
	for _ in $(seq 100); do told "$1" | jq -e -s "$2" >/dev/null && return; sleep 0.1; done
	told "$1"; return 1
}

@test "reconcile: each fill is taken over once, and the state with it" {
	trade BTC buy 0.01 market
	once >first
	trade BTC sell 0.004 market
	once >second
	once >third
	told fill | jq -e -s 'length == 2 and (map([.symbol, .tid]) | unique | length) == 2 and .[0].sz == 0.01 and .[1].sz == 0.004'
	[ "$(grep -c '"type":"fill"' first second third | paste -sd' ')" = "first:1 second:1 third:0" ]
	told position | jq -e -s '.[-1].symbol == "BTC" and .[-1].szi == 0.006'
	told account | jq -e -s '.[-1].account_value > 9900'
	told cursor | jq -e -s 'any(.[]; .what == "fills" and .to_ms > 0)'
	ocq-journal verify J
}

@test "reconcile: fills are pushed, also to one that was killed in between" {
	start
	trade BTC buy 0.01 market
	until_told fill 'length == 1'
	kill -9 "$pid"
	trade BTC buy 0.02 market
	start
	trade BTC buy 0.03 market
	until_told fill '(map(.sz) | sort) == [0.01, 0.02, 0.03]'
	dies 75 "lock.reconcile" ocq-reconcile -j J --url "$url" --once
	ocq-journal verify J
}

@test "reconcile: more fills and fundings than an answer has" {
	# a page of fills that lie within the five minutes that are asked for again
	for _ in $(seq 42); do
		jq -cn '{set_book: {coin: "BTC", bids: [["49990", "5"]], asks: [range(50) | [(50010 + . | tostring), "0.001"]]}}' | control 1
		trade BTC buy 0.05 market
	done
	control 1 <<<'{"set_book":{"coin":"ETH","bids":[["1999","50"]],"asks":[["2001","50"]]}}'
	trade ETH buy 0.1 market
	for _ in $(seq 6); do	# each in moments of its own: no account has 500 markets to be paid for at one
		for _ in $(seq 50); do printf '{"pay_funding":{"coin":"BTC"}}\n{"pay_funding":{"coin":"ETH"}}\n'; done | control 100
	done
	once
	told fill | jq -e -s 'length == 2101 and (map([.symbol, .tid]) | unique | length) == 2101'
	told funding | jq -e -s 'length == 600 and (map(select(.symbol == "ETH")) | length) == 300'
	once
	[ "$(told fill,funding | wc -l)" = 2701 ]
	ocq-journal verify J
}

@test "reconcile: a position that became smaller heals by itself, one that nobody knows is an alarm" {
	trade BTC buy 0.01 market
	ours long 0.01
	start
	until_told positions 'length > 2'
	[ -z "$(told drift)" ]
	trade BTC sell 0.005 market
	until_told heal 'length == 1 and .[0].how == "resize" and .[0].size == "0.005" and .[0].by == "ocq-reconcile"'
	told drift | jq -e -s '.[-1].class == "size_mismatch" and .[-1].severity == "major" and .[-1].ours == "0.01" and .[-1].theirs == "0.005"'
	[ -z "$(told alarm)" ]
}

@test "reconcile: a position that shrinks again before its heal was adopted heals again" {
	trade BTC buy 0.01 market
	ours long 0.01
	start
	until_told positions 'length > 0'
	trade BTC sell 0.005 market
	until_told heal 'length == 1 and .[0].size == "0.005"'
	trade BTC sell 0.002 market
	until_told fill 'length == 3'
	told mark | jq -c '{"type":"adopt","symbol":"BTC","t_ms":2,"cause":"heal","intent":null,"size_before":0.01,"size_after":0.005,"balance_before":10000,"balance_after":10000}, (.t_ms = 2 | .size = 0.005)' |
		ocq-journal append -q J
	until_told heal 'length == 2 and .[1].how == "resize" and .[1].size == "0.003"'
	told drift | jq -e -s '.[-1].class == "size_mismatch" and .[-1].ours == "0.005" and .[-1].theirs == "0.003"'
}

@test "reconcile: what the strategy does not have is an alarm, and heals by no means by itself" {
	trade BTC buy 0.01 market
	start
	until_told alarm 'length == 1 and .[0].what == "drift" and .[0].symbol == "BTC"'
	told drift | jq -e -s '.[0].class == "missing_ours"'
	[ -z "$(told heal)" ]
	[ -z "$(told kill_level)" ]
}

@test "reconcile: the other side closes the lane" {
	trade BTC buy 0.01 market
	ours short 0.01
	start
	until_told kill_level 'length == 1 and .[0].cause == "drift" and .[0].level == "close_only"'
	told drift | jq -e -s '.[0].class == "side_mismatch" and .[0].severity == "critical"'
}

@test "reconcile: without an answer nothing is said" {
	kill "$venue"; wait "$venue" || true
	dies 69 "userFillsByTime" ocq-reconcile -j J --url "$url" --once
	[ -z "$(told positions,cursor)" ]
	dies 64 "--url" ocq-reconcile -j J
	dies 64 "neither http" ocq-reconcile -j J --url ftp://x
}

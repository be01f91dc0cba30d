# SPDX-License-Identifier: MIT
# ocq-risk: a verdict for each intent, exits that are only ever delayed, levels that rise and stay.
load lib

lane() {
	echo '{"type":"lane","mode":"paper","account":"0xaa","network":"testnet","interval":"1h","first_ms":0,"from_ms":0,"lookback":50,"balance_usd":1000}' |
		ocq-journal append -q j
}

# intent N SYMBOL ACTION SIDE [LEVERAGE]: of 10 units at 10 USD; N makes the id
intent() {
	local reduce=false; case $3 in CLOSE|REDUCE) reduce=true ;; esac
	printf '{"type":"intent","id":"%032d","t_ms":1000,"symbol":"%s","action":"%s","side":"%s","size":"10","reduce_only":%s,"ref_px":10,"limit_px":"","notional_usd":100,"cash_usd":0,"leverage":%s,"confidence":"high","reason_code":"signal_trigger","reason":"","entry_atr":1,"adx_threshold":22,"valid_until_ms":0,"place":0,"op":null}\n' \
		"$1" "$2" "$3" "$4" "$reduce" "${5:-1}"
}

commit() {
	printf '{"type":"step_commit","seen":0,"t_ms":%d,"config_id":"ab","balance_usd":900,"equity_usd":900,"margin_usd":0,"positions":0,"decisions":0,"intents":0,"late":false}\n' "$1"
}

append() { ocq-journal append -q j; }
risk() { ocq-risk -j j "$@" </dev/null; }
verdicts() { ocq-journal export --no-header -t verdict j | jq -r '"\(.intent | tonumber) \(.cause)"' | xargs; }
level() { ocq-journal fold j | jq -r '[.kills[].level] | if index("halt_all") then "halt_all" elif index("close_only") then "close_only" else "off" end'; }

@test "risk: each intent gets one verdict, in order, in the journal and on stdout" {
	lane
	{ intent 1 ETH CLOSE sell; intent 2 SOL OPEN buy 51; intent 3 XRP OPEN sell; commit 1000; } | append
	quiet risk >out
	[ "$(verdicts)" = '1 ok 2 leverage 3 ok' ]
	ocq-journal export --no-header -t verdict j | cmp - out
	[ "$(jq -r .allow out | xargs)" = 'true false true' ]
	risk >out		# a restart has nothing to add
	[ ! -s out ]
	ocq-journal verify -q j
}

@test "risk: what was allowed a moment ago counts" {
	lane
	{ intent 1 ETH OPEN buy; intent 2 SOL OPEN buy; intent 3 XRP OPEN sell; intent 4 ETH ADD buy; intent 5 BTC CLOSE buy; commit 1000; } | append
	AI_QUANT_LIVE_MAX_OPEN_POSITIONS=2 risk >out
	[ "$(verdicts)" = '1 ok 2 ok 3 max_open_positions 4 max_open_positions 5 ok' ]
}

@test "risk: the highest leverage of the exchange's markets" {
	lane
	echo '{"type":"asset","symbol":"ETH","id":1,"sz_decimals":2,"max_leverage":25,"delisted":false,"only_isolated":false}' >meta
	{ intent 1 ETH OPEN buy 25; intent 2 ETH OPEN buy 26; commit 1000; } | append
	risk --venue meta >out
	[ "$(verdicts)" = '1 ok 2 leverage' ]
}

@test "risk: exits wait for their time and no longer, whatever else is broken" {
	lane
	{ intent 1 ETH CLOSE sell; intent 2 SOL CLOSE sell; intent 3 XRP OPEN buy; commit 1000; } | append
	AI_QUANT_RISK_MIN_ORDER_GAP_MS=300 AI_QUANT_KILL_SWITCH=1 quiet risk >out || grep -q 'env: close_only' stderr.txt
	[ "$(verdicts)" = '1 ok 2 min_order_gap 3 close_only 2 ok' ]
	[ "$(ocq-journal tail -t verdict j | jq -s '.[3].ts_ms - .[0].ts_ms >= 300')" = true ]
}

@test "risk: a level rises by itself and never falls by itself" {
	lane
	AI_QUANT_KILL_SWITCH=1 risk >out 2>said
	[ "$(jq -r '[.type, .cause, .level, .by] | join(" ")' out)" = 'kill_level env close_only ocq-risk' ]
	grep -q 'env: close_only: AI_QUANT_KILL_SWITCH is "1"' said
	quiet risk >out			# the variable is gone
	[ ! -s out ]
	[ "$(level)" = close_only ]
	AI_QUANT_KILL_SWITCH=clear quiet risk >out
	[ "$(level)" = close_only ]
	AI_QUANT_KILL_SWITCH=1 AI_QUANT_KILL_SWITCH_MODE=halt_all risk >out 2>said
	[ "$(level)" = halt_all ]
	AI_QUANT_KILL_SWITCH=close_only quiet risk >out
	[ "$(level)" = halt_all ]
	echo '{"type":"kill_level","cause":"env","level":"close_only","by":"me","why":"lower"}' | append
	[ "$(level)" = halt_all ]
	echo '{"type":"kill_level","cause":"env","level":"off","by":"me","why":"seen to"}' | append
	[ "$(level)" = off ]
}

@test "risk: the kill file closes by being there" {
	lane
	export AI_QUANT_KILL_SWITCH_FILE=$PWD/kill
	quiet risk
	echo resume >kill; quiet risk
	[ "$(level)" = off ]
	: >kill; risk 2>said
	[ "$(level)" = close_only ]
	grep -q "kill is there" said
	echo 'halt_all, said the desk' >kill; risk 2>said
	[ "$(level)" = halt_all ]
	rm kill; quiet risk
	[ "$(level)" = halt_all ]
	rm -r j; lane; mkdir kill; risk 2>said		# cannot be read
	[ "$(level)" = close_only ]
}

@test "risk: a drawdown, and what follows for entries alone" {
	lane
	now=$(date +%s%3N)
	account() {
		printf '{"type":"account","t_ms":%d,"account_value":%d,"total_ntl_pos":0,"total_raw_usd":0,"total_margin_used":0,"cross_account_value":0,"cross_margin_used":0,"cross_maintenance":0,"withdrawable":0}\n' "$now" "$1"
	}
	account 1000 | append; account 899 | append
	{ intent 1 ETH CLOSE sell; intent 2 SOL OPEN buy; commit 1000; } | append
	AI_QUANT_RISK_MAX_DRAWDOWN_PCT=10 risk >out 2>said
	[ "$(jq -r '.cause' out | xargs)" = 'drawdown ok close_only' ]
	grep -q '899.00 is 10.10 % below its peak 1000.00' said
}

@test "risk: input is passed on line by line, with verdicts between whole lines" {
	lane
	mkfifo in
	bounded ocq-risk -j j <in >out 9>&- & pid=$!
	exec 9>in
	printf '{"type":"x"' >&9
	{ intent 1 ETH CLOSE sell; commit 1000; } | append
	for _ in $(seq 100); do grep -q verdict out && break; sleep 0.05; done
	printf ',"a":1}\n' >&9
	exec 9>&-
	wait $pid
	[ "$(jq -r .type out | xargs)" = 'verdict x' ]
}

@test "risk: market data that stay away" {
	lane
	mkfifo in
	bounded ocq-risk -j j --feed-stale 0.2 <in >out 2>said 9>&- & pid=$!
	exec 9>in
	for _ in $(seq 100); do grep -q kill_level out && break; sleep 0.05; done
	exec 9>&-
	wait $pid
	[ "$(jq -r '.cause + " " + .level' out)" = 'feed close_only' ]
	grep -q 'no step and no beat for 0.2 s' said
}

@test "risk: wrong settings are said, and one runs for a lane" {
	lane
	AI_QUANT_RISK_MAX_DRAWDOWN_PCT=101 AI_QUANT_RISK_HEAT_ENABLED=perhaps risk 2>said
	[ "$(wc -l <said)" = 2 ]
	grep -qF 'AI_QUANT_RISK_MAX_DRAWDOWN_PCT: "101" is not from 0 to 100' said
	dies 64 'whose? -j DIR' ocq-risk
	dies 64 'must not be below 0' ocq-risk -j j --feed-stale -1
	rm j/lock.risk	# of a run that has ended
	mkfifo in
	bounded ocq-risk -j j <in >out 9>&- & pid=$!
	exec 9>in
	for _ in $(seq 100); do [ -s j/lock.risk ] && break; sleep 0.05; done
	dies 75 'one program of a kind runs for a lane' ocq-risk -j j
	exec 9>&-
	wait $pid
	{ intent 1 ETH CLOSE sell; commit 1000; } | append
	writes 75 /dev/full ocq-risk -j j </dev/null
}

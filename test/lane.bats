# SPDX-License-Identifier: MIT
# pipelines/lane: settings are read strictly, programs are started again by their exit status or the lane stops, the feed ends
# first, nobody gets more than he needs. The programs are stand-ins that do what files in ./do say.
load lib

lane() { timeout --foreground -k 5 30 "$OCQ_ROOT/pipelines/lane" "$@"; }

# Stand-ins, first in PATH; a paper lane l1 that starts things again at once.
stage() {
	local p
	mkdir -p bin "do"
	cat >bin/ocq-feed <<-'END'
		#!/bin/bash
		# Does once what do/NAME says, then goes on: the feed until TERM, a program of the pipe until its input ends.
		me=$(basename "$0")
		echo "$me $*" >>"do/$me.ran"
		env | grep -v '^_=\|^SHLVL=\|^PWD=\|^OLDPWD=' | sort >"do/$me.env"
		trap 'echo "$me TERM" >>do/order; exit 0' TERM
		act() { local act; act=$(cat "do/$me" 2>/dev/null) || return 0; [ -e "do/$me.always" ] || rm "do/$me"; echo "$me: $act" >&2; eval "$act"; }
		act
		[ $me != ocq-decide ] || { mkdir -p l1/journal; : >l1/journal/1; }
		[[ $me != ocq-project ]] || [ -e l1/journal/1 ] || exit 65
		case $me in
		ocq-feed) while :; do echo step; sleep 0.05; act; done ;;
		ocq-reconcile | ocq-project | ocq-alert) while :; do sleep 0.05; act; done ;;
		*) while read -r line; do echo "$line"; act; done; echo "$me end" >>do/order ;;
		esac
	END
	chmod +x bin/ocq-feed
	for p in indicators decide risk exec reconcile project alert; do ln -sf ocq-feed "bin/ocq-$p"; done
	printf '#!/bin/sh\necho "$@" >>do/notified\n' >bin/systemd-notify
	chmod +x bin/systemd-notify
	PATH=$PWD/bin:$PATH
	touch s.yaml meta key limits
	cat >l1.env <<-END
		# a lane

		ACCOUNT=0x00000000000000000000000000000000000000aa
		URL=http://127.0.0.1:1
		SYMBOLS=BTC
		FROM=2026-01-01
		STRATEGY=s.yaml
		CANDLES=.
		VENUE=meta
		KEY=key
		LIMITS=limits
		DIR=l1
		RESTART_DELAY=0
		BEAT=1
		STOP_WAIT=3
	END
}
up() { lane l1 --config l1.env 2>said 9>&- & PID=$!; until_is '.state == "running"'; }
tell() { echo "$2" >do/new && mv do/new "do/$1"; }	# whole: the program looks for it all the time
down() { lane l1 --config l1.env --stop && wait "$PID"; }
until_is() { local _; for _ in $(seq 150); do jq -e "$1" l1/status.json >/dev/null 2>&1 && return; sleep 0.1; done; cat l1/status.json said l1/lane.log; return 1; }
teardown() { [ -z "${PID-}" ] || kill -TERM "$PID" 2>/dev/null || true; wait; }

@test "lane: a setting that is wrong is named with file and line, and nothing starts" {
	stage
	while IFS='|' read -r line text; do
		cp l1.env x.env
		echo "$line" >>x.env
		dies 78 "$text" lane l1 --config x.env
	done <<-'END'
		MODES=paper|x.env:16: MODES: there is no such setting
		AI_QUANT_RISK_MAX_DRADOWN_PCT=3|x.env:16: AI_QUANT_RISK_MAX_DRADOWN_PCT: there is no such
		export MODE=paper|x.env:16: not KEY=VALUE
		DIR=l2|x.env:16: DIR: already in line 12
		MODE=fast|x.env:16: MODE: one of
		MODE=live|ARM: a live lane needs
		FEED_STALE=1.5|x.env:16: FEED_STALE: a whole number
		CREDENTIAL=k|KEY or CREDENTIAL, not both
		CA=nofile|x.env:16: CA: nofile cannot be read
	END
	sed 's/^URL=.*/URL=https:\/\/127.example.org/' l1.env >x.env
	dies 78 'x.env:4: URL: a paper lane' lane l1 --config x.env
	sed /^KEY=/d l1.env >x.env
	dies 78 'KEY: who signs?' lane l1 --config x.env
	dies 78 'nofile.env: cannot be read' lane l1 --config nofile.env
	chmod g+w x.env
	dies 78 'x.env: others may write it' lane l1 --config x.env
	AI_QUANT_HARD_KILL_SWITCH=1 dies 78 'AI_QUANT_HARD_KILL_SWITCH is in the environment' lane l1 --config l1.env
	dies 64 'which lane' lane ../l1
	[ ! -e l1 ] && [ ! -e do/ocq-feed.ran ]
}

@test "lane: settings are text: nothing in them is run" {
	stage
	echo 'ALERT_COMMAND=$(touch ran); `touch ran` "$HOME"' >>l1.env
	lane l1 --config l1.env --check >out
	grep -qF 'ocq-alert -q --command \$\(touch\ ran\)' out
	[ ! -e ran ] && [ ! -e l1 ]
}

@test "lane: the example has every setting that lane knows, each rule of risk with its default, and is a lane" {
	known=$(sed -nE '/^declare -A set=/,/\)$/p; /^environment="/,/"$/p' "$OCQ_ROOT/pipelines/lane" | grep -oE '\[[A-Z_]+\]|AI_QUANT_[A-Z_]+' | tr -d '[]' | sort -u)
	sed -nE 's/^#?([A-Z][A-Z_]+)=.*/\1/p' "$OCQ_ROOT/config/lane.example.env" | sort -u | diff - <(echo "$known")
	sed -nE 's/^RISK_SETTING\([^,]*,[^,]*, *([^,]*),.*"(AI_QUANT_[A-Z_]+)".*/#\2=\1/p' "$OCQ_ROOT/lib/trade/risk_settings.def" >rules
	[ "$(wc -l <rules)" -gt 20 ]
	while read -r row; do grep -qxF -- "$row" "$OCQ_ROOT/config/lane.example.env"; done <rules
	mkdir config && cp "$OCQ_ROOT"/config/{strategy.yaml,sign-limits.json,lane.example.env} config
	chmod go-w config/*
	touch agent.key meta.ndjson
	lane x --config config/lane.example.env --check | grep '^ocq-decide .* -j lanes/x/journal --mode paper'
}

@test "lane: runs, says how it is, refuses a second, and ends with the feed first" {
	stage
	up
	lane l1 --config l1.env --status | jq -e '.state == "running" and (.programs | length) == 7 and all(.programs[]; .pid > 0)'
	dies 75 'runs already' lane l1 --config l1.env
	down
	jq -e '.state == "stopped" and all(.programs[]; .pid == null and .status == 0)' l1/status.json
	[ "$(head -n 1 do/order)" = 'ocq-feed TERM' ]
	# each ended by the end of its input, in order, and none of the pipe was told to
	grep ' end' do/order | xargs | grep -qx 'ocq-indicators end ocq-decide end ocq-risk end ocq-exec end'
	[ "$(grep -c TERM do/order)" = 3 ]
	dies 1 'does not run' lane l1 --config l1.env --status
	dies 3 'does not run' lane l1 --config l1.env --stop
}

@test "lane: 69, 75 and signals are started again: the pipe as a whole, others alone" {
	stage
	up
	for act in 'exit 75' 'exit 69' 'kill -9 $$'; do
		tell ocq-risk "$act"
		n=$((${n:-0} + 1))
		until_is ".programs.\"ocq-risk\".restarts == $n and .state == \"running\""
	done
	tell ocq-project 'exit 75'
	until_is '.programs."ocq-project".restarts == 1 and .state == "running"'
	tell ocq-project 'exit 0'	# somebody else told it to
	until_is '.programs."ocq-project".restarts == 2 and .state == "running"'
	for _ in $(seq 150); do	# they have begun
		[ "$(wc -l <do/ocq-feed.ran),$(wc -l <do/ocq-exec.ran),$(wc -l <do/ocq-project.ran)" = 4,4,3 ] && break
		sleep 0.1
	done
	down
	[ "$(wc -l <do/ocq-feed.ran)" = 4 ] && [ "$(wc -l <do/ocq-exec.ran)" = 4 ]
	[ "$(wc -l <do/ocq-project.ran)" = 3 ] && [ "$(wc -l <do/ocq-reconcile.ran)" = 1 ]
	grep -qF 'ocq-risk ended with 137 (signal KILL): again in 0 s' said
	grep -qF 'ocq-project ended with 0 (told to end): again in 0 s' said
}

@test "lane: 77, 78, 65 and what is not expected end the lane with that status" {
	stage
	for act in 'ocq-exec 77' 'ocq-decide 78' 'ocq-reconcile 65' 'ocq-indicators 70' 'ocq-project 1'; do
		read -r who rc <<<"$act"
		up
		tell "$who" "exit $rc"
		status=0; wait "$PID" || status=$?
		[ "$status" = "$rc" ] || { echo "$who: $status"; cat said l1/status.json; return 1; }
		grep -qF "$who ended with $rc" said
		jq -e --arg w "$who" '.state == "failed" and (.why | startswith($w)) and all(.programs[]; .pid == null)' l1/status.json
	done
}

@test "lane: too many starts in a while end it" {
	stage
	echo BURST=2 >>l1.env
	tell ocq-reconcile 'exit 75'
	touch do/ocq-reconcile.always
	status=0; lane l1 --config l1.env 2>said || status=$?
	[ "$status" = 75 ] && grep -qF 'once too often in 60 s' said
	[ "$(wc -l <do/ocq-reconcile.ran)" = 3 ]
}

@test "lane: a feed that has ended ends it" {
	stage
	tell ocq-feed 'exit 0'
	lane l1 --config l1.env 2>said
	jq -e '.state == "stopped"' l1/status.json
}

@test "lane: killed, it leaves no program, and is started again" {
	stage
	up
	pids=$(jq '.programs[].pid' l1/status.json)
	kill -KILL "$(jq .pid l1/status.json)"
	for p in $pids; do for _ in $(seq 100); do kill -0 "$p" 2>/dev/null || continue 2; sleep 0.1; done; return 1; done
	wait "$PID" || true
	up
	down
}

@test "lane: programs get its settings and no more; only ocq-exec learns where credentials are; stderr is in the log" {
	stage
	sed -i 's/^KEY=.*/CREDENTIAL=agent/' l1.env
	echo AI_QUANT_RISK_MAX_DAILY_LOSS_USD=50 >>l1.env
	tell ocq-risk 'sleep 0'
	export SECRET=x CREDENTIALS_DIRECTORY=/nowhere
	NOTIFY_SOCKET=/nowhere up
	for _ in $(seq 100); do grep -q WATCHDOG=1 do/notified 2>/dev/null && break; sleep 0.1; done
	down
	for p in feed indicators decide risk exec reconcile project; do
		run ! grep -E 'SECRET|NOTIFY' "do/ocq-$p.env"
		grep -qx AI_QUANT_RISK_MAX_DAILY_LOSS_USD=50 "do/ocq-$p.env"
		if [ $p = exec ]; then grep -q CREDENTIALS do/ocq-exec.env; else run ! grep CREDENTIALS "do/ocq-$p.env"; fi
	done
	grep -q -- '-l limits --expires 10 --credential agent$' do/ocq-exec.ran
	grep -qx 'ocq-risk: sleep 0' l1/lane.log
	xargs <do/notified | grep -q '^READY=1 .*WATCHDOG=1.* STOPPING=1$'
}

@test "lane: the watchdog is told nothing when steps stand still" {
	stage
	echo WATCHDOG_STALE=1 >>l1.env
	NOTIFY_SOCKET=/nowhere up
	sleep 1.5
	down
	run ! grep WATCHDOG do/notified
}

# SPDX-License-Identifier: MIT
# No key where others could find it: not in arguments, environments, outputs, logs, cores, nor twice in memory.
load lib

# Every program that is given a key, or talks to one that has it: a line each, the shell command that keeps it at work. Its stdin
# stays open and gets the lines of `requests`; `key` is the key file.
users() {
	cat <<-'END'
		ocq-sign -k key -l limits.json
		ocq-sign -k key --no-limits --network mainnet --no-header
	END
}

# A new key for each test, none of whose bytes is a newline or zero, so that grep finds it as a text.
make_key() {
	until ocq-sign --new key >address && HEX=$(cat key) && [[ ! $(sed 's/../& /g' key) =~ (0a|00)\  ]]; do rm key; done
	RAW=$(sed 's/../\\x&/g' key)
	REVERSED=$(fold -w 2 key | tac | sed 's/^/\\x/' | tr -d '\n')
	BASE64=()
	for before in '' x xx; do
		form=$(printf "$before$RAW" | base64 -w 0)
		BASE64+=(-e "${form:4:36}")
	done
	cp "$OCQ_ROOT/config/sign-limits.json" limits.json
}

# holds FILE...: one of them has the key, in some form; the middle of it is enough.
holds() {
	grep -qaiF -- "${HEX:8:48}" "$@" || grep -qaF "${BASE64[@]}" -- "$@" ||
		LC_ALL=C grep -qaP -- "${RAW:16:96}" "$@" || LC_ALL=C grep -qaP -- "${REVERSED:16:96}" "$@"
}

# family PID: it and its descendants
family() {
	local child
	echo "$1"
	for child in $(cat "/proc/$1/task/"*/children 2>/dev/null); do family "$child"; done
}

requests() {
	local now n; now=$(date +%s%3N)
	for n in $(seq 200); do
		printf '{"type":"sign","id":"n%d","action":{"type":"noop"},"nonce":%d}\n' "$n" $((now + n))
		printf '{"type":"sign","id":"o%d","action":{"type":"order","orders":[{"a":3,"b":true,"p":"%d","s":"0.001","r":true,"t":{"limit":{"tif":"Ioc"}}}],"grouping":"na"},"nonce":%d,"expires_ms":%d}\n' "$n" $((80000 + n)) $((now + n)) $((now + 9000))
		echo "not JSON $n"
	done
}

# at_work COMMAND: started, and done with the requests; $pid, its input at fd 7
at_work() {
	local size
	rm -f in; mkfifo in
	: >out		# what is there is this one's, hence it is at work
	(ulimit -c unlimited; exec bash -c "exec $1") <in >out 2>err &
	pid=$!
	exec 7>in
	requests >&7
	for _ in $(seq 200); do
		size=$(stat -c %s out)
		sleep 0.1
		[ "$size" = 0 ] || [ "$(stat -c %s out)" != "$size" ] || return 0
	done
	echo "$1: no answers"; cat err
	return 1
}

@test "secrets: what looks for the key finds it in every form" {
	make_key
	run ! holds address limits.json
	for form in "$HEX" "${HEX^^}" "0x$HEX" "$(printf "$RAW")" "$(printf "$REVERSED")" \
		"$(printf "$RAW" | base64 -w 0)" "$(printf "a$RAW" | base64 -w 0)" "$(printf "ab${RAW}c" | base64 -w 0)"; do
		printf 'x%sx' "$form" >planted
		holds planted
	done
	PLANTED=$HEX sleep 5 & planted=$!
	sleep 0.1
	holds "/proc/$planted/environ"
	bash -c 'read -r _' "$HEX" < <(sleep 5) & planted=$!
	sleep 0.1
	holds "/proc/$planted/cmdline"
}

@test "secrets: no arguments, environment, output or file of any program has the key" {
	make_key
	users >list
	while read -r -u 8 command; do
		at_work "$command"
		for p in $(family $pid); do
			[ -e "/proc/$p/cmdline" ]
			for f in cmdline environ; do run ! holds "/proc/$p/$f"; done
		done
		exec 7>&-
		wait "$pid"
		run ! holds out err
	done 8<list
	mkdir kept; mv key kept		# nothing else in the directory has it
	find . -type f -not -path './kept/*' >files
	while read -r f; do run ! holds "$f"; done <files
}

teardown() {
	[ -z "${PAPERX-}" ] || { kill -KILL "$PAPERX"; wait "$PAPERX"; } 2>/dev/null || true
}

# Programs that, before they are what they are called, add their arguments and environments to `seen`.
watch() {
	local p
	mkdir watched
	for p in "$OCQ_BIN"/ocq-*; do
		# shellcheck disable=SC2016 # of the shell that becomes the program
		printf '#!/bin/sh\ncat /proc/$$/cmdline /proc/$$/environ >>"%s"\nexec "%s" "$@"\n' "$PWD/seen" "$p" >watched/"${p##*/}"
	done
	chmod +x watched/*
	PATH=$PWD/watched:$PATH
}

@test "secrets: a day of orders on the local exchange" {
	local f n
	make_key
	watch
	cat >setup.json <<-'END'
		{"set_book":{"coin":"BTC","bids":[["84143","1.5"],["84100","2"]],"asks":[["84144","1"],["84150","3"]]}}
		{"mark":{"coin":"BTC","px":"84143.5"}}
	END
	ocq-paperx --setup setup.json --journal journal "$(cat address)=10000" >log 2>paperx.err 3>&- &
	PAPERX=$!
	for _ in $(seq 100); do [ ! -s log ] || break; sleep 0.05; done
	url=$(head -n 1 log | jq -r .url)
	for n in 1 2 3 4 5; do
		ocq-hl --url "$url" order -k key BTC buy 0.01 @ 84144 >>hl 2>>hl.err
		ocq-hl --url "$url" order -k key BTC sell 0.01 market >>hl 2>>hl.err
		ocq-hl --url "$url" order -k key BTC buy 0.0000$n @ 84144 >>hl 2>>hl.err || true
		ocq-hl --url "$url" cancel -k key BTC $n >>hl 2>>hl.err || true
	done
	[ "$(grep -c '"outcome":"filled"' hl)" = 10 ]
	for f in ocq-paperx ocq-hl ocq-sign; do grep -qa "$f" seen; done
	find . -type f -not -name key >files
	grep -q journal/ files
	while read -r f; do run ! holds "$f"; done <files
	kill "$PAPERX"; wait "$PAPERX"
	PAPERX=
}

# A sanitizer catches deadly signals, and keeps copies of what it watches.
unwatched() { [[ $(ldd "$OCQ_BIN/ocq-sign") != *asan* ]] || skip 'not under a sanitizer'; }

@test "secrets: no core, however it dies" {
	unwatched
	make_key
	users >list
	while read -r -u 8 command; do
		for signal in SEGV ABRT BUS QUIT SYS; do
			at_work "$command"
			kill -$signal "$pid"
			status=0; wait "$pid" || status=$?
			[ "$status" -gt 128 ]
			exec 7>&-
			run ! holds out err
			[ "$(find . -type f | sort | xargs)" = './address ./err ./key ./limits.json ./list ./out' ]
		done
	done 8<list
}

# Where the key lies in a process: each mapping that can be written, searched. Prints the flags of those that have it.
places() {
	local range flags start end
	while read -r range flags; do
		start=$((16#${range%-*})) end=$((16#${range#*-}))
		dd if="/proc/$1/mem" of=mapping bs=4096 skip=$((start / 4096)) count=$(((end - start) / 4096)) status=none 2>/dev/null || continue
		if holds mapping; then echo "$flags"; fi
		rm -f mapping
	done < <(awk '/^[0-9a-f]+-/ { range = $1; mode = $2 } /^VmFlags:/ && mode ~ /w/ { sub(/^VmFlags: */, ""); print range, $0 }' "/proc/$1/smaps")
}

@test "secrets: in memory the key lies once, locked and left out of dumps" {
	unwatched
	[ "$(id -u)" = 0 ] || skip 'only root can look into it'
	make_key
	at_work 'ocq-sign -k key -l limits.json'
	places "$pid" >found
	exec 7>&-
	wait "$pid"
	[ "$(wc -l <found)" = 1 ] || { cat found; return 1; }
	grep -qw lo found
	grep -qw dd found
}

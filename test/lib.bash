# SPDX-License-Identifier: MIT
# What every bats suite starts from: `load lib` at the top of the file. A test runs in a fresh directory with the built
# programs first in PATH. A tool under test never stands on the left of a pipe unless pipefail decides (it is on here),
# and a line `! cmd` only fails as `run ! cmd`.
OCQ_ROOT=${OCQ_ROOT:-$(cd "$BATS_TEST_DIRNAME/.." && pwd)}
OCQ_BIN=${OCQ_BIN:-$OCQ_ROOT/build/bin}	# `make B=dir check` sets it
FIX=$OCQ_ROOT/test/fixtures
export OCQ_ROOT OCQ_BIN FIX LC_ALL=C TZ=UTC
bats_require_minimum_version 1.5.0
unset MAKEFLAGS MFLAGS MAKELEVEL	# a make that a test runs is nobody's child

setup() { fresh; }

# fresh: the directory of the test and the programs, for a setup() that goes on from there.
fresh() {
	[[ $OCQ_BIN = /* ]] || OCQ_BIN=$OCQ_ROOT/$OCQ_BIN
	PATH=$OCQ_BIN:$PATH
	set -o pipefail
	cd "$BATS_TEST_TMPDIR" || return 1
}

# quiet CMD...: runs it and fails when it writes anything on stderr.
quiet() {
	"$@" 2>stderr.txt && [ ! -s stderr.txt ] || { cat stderr.txt; return 1; }
}

# dies STATUS TEXT CMD...: CMD ends with STATUS and one stderr line that contains TEXT.
dies() {
	local want=$1 text=$2 status=0; shift 2
	"$@" >stdout.txt 2>stderr.txt || status=$?
	[ "$status" = "$want" ] || { echo "exit $status, want $want: $*"; cat stderr.txt; return 1; }
	[ "$(wc -l <stderr.txt)" = 1 ] || { echo "not one line on stderr:"; cat stderr.txt; return 1; }
	grep -qF -- "$text" stderr.txt || { echo "stderr lacks: $text"; cat stderr.txt; return 1; }
}

# writes STATUS PATH CMD...: CMD with stdout on PATH (/dev/full) ends with STATUS.
writes() {
	local want=$1 path=$2 status=0; shift 2
	"$@" >"$path" 2>stderr.txt || status=$?
	[ "$status" = "$want" ] || { echo "exit $status, want $want: $* >$path"; cat stderr.txt; return 1; }
}

# reader_leaves N CMD...: the reader closes the pipe after N lines; CMD must end quietly with status 0.
reader_leaves() {
	local n=$1 status=0; shift
	{ "$@" 2>stderr.txt; echo $? >status.txt; } | head -n "$n" >head.txt || true
	status=$(cat status.txt)
	[ "$status" = 0 ] && [ ! -s stderr.txt ] || { echo "exit $status: $*"; cat stderr.txt; return 1; }
}

# bounded CMD...: CMD, ended after 20 s. Its process may be sent a signal, which CMD gets once. In the foreground: without
# that, timeout adds a SIGCONT for the whole group, which undoes the stop by which LeakSanitizer, at the end of a program,
# holds its threads, and it waits for them for ever.
bounded() { exec timeout --foreground -k 5 20 "$@"; }

# catching PID: waits until the program that `bounded` runs as PID has set up its signals.
catching() {
	local child
	for _ in $(seq 200); do
		child=$(cat "/proc/$1/task/$1/children")
		# the bit of SIGTERM in the mask of signals caught
		grep -qE '^SigCgt:.*[4-7c-f][0-9a-f]{3}$' "/proc/${child%% *}/status" 2>/dev/null && return
		sleep 0.05
	done
	return 1
}

# lane_strategy [MORE]: a strategy that trades often on a few symbols of ocq-synth, for tests of lanes; MORE settings of trade.
lane_strategy() {
	cat <<-END
	global:
	  engine: {interval: 1h}
	  trade: {entry_min_confidence: low, enable_ssf_filter: false, enable_pyramiding: true, add_min_profit_atr: 0.1, add_min_confidence: low${1-}}
	  filters: {enable_ranging_filter: false}
	  thresholds: {entry: {min_adx: 15, macd_hist_entry_mode: none}}
	  indicators: {ema_macro_window: 60, adx_window: 10}
	END
}

# exchange_up: ocq-paperx with 10,000 USD for a new key and a book of BTC; files key, addr, control; sets venue (its pid) and url.
exchange_up() {
	export XDG_RUNTIME_DIR=$PWD
	ocq-sign --new key >addr
	ocq-paperx -q --limits off --control control "$(cat addr)=10000" >venue.log 2>venue.err 3>&- & venue=$!
	until [ -s venue.log ]; do kill -0 "$venue"; sleep 0.02; done
	url=$(head -n 1 venue.log | jq -r .url)
	control 1 <<<'{"set_book":{"coin":"BTC","bids":[["49990","5"]],"asks":[["50010","5"]]}}'
}
# control N: N control lines on stdin, each of which it has to take.
control() {
	"$OCQ_BIN/../test/socket-lines" control "$1" >answers
	jq -e .ok answers >/dev/null || { head -c 300 answers; return 1; }
}
# lane_begins MODE: the journal J of a lane on it.
lane_begins() {
	printf '{"type":"lane","mode":"%s","account":"%s","network":"mainnet","interval":"1h","first_ms":0,"from_ms":%d,"lookback":50,"balance_usd":10000}\n' \
		"$1" "$(cat addr)" "$(date +%s)000" | ocq-journal append -q J
}

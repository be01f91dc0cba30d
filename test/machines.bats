# SPDX-License-Identifier: MIT
# pipelines/sweep.mk: the bytes of a sweep do not depend on how many parts it has, who evaluates them and who is killed meanwhile.
load lib

D=$BATS_FILE_TMPDIR
GRID="--random 1000 --seed 5 $D/sweep.yaml"

setup_file() {
	(cd "$BATS_FILE_TMPDIR" && PATH=$OCQ_BIN:$PATH && RUN='' "$OCQ_ROOT/test/market" . &&
		ocq-pack -q --candles candles_1h.db -i 1h --funding funding_rates.db -o market.pack)
}

# sweep OPTION...: of 1,000 candidates, into sweep.ndjson
sweep() {
	make -s -f "$OCQ_ROOT/pipelines/sweep.mk" OUT=sweep.ndjson STRATEGY="$D/strategy.yaml" GRID="$GRID" \
		ENGINE="--pack $D/market.pack" NEEDS="$D/market.pack" "$@"
}

whole() {	# what one process gives at once
	# shellcheck disable=SC2086 # GRID is several words
	ocq-grid --compact $GRID | ocq-sweep -q -c "$D/strategy.yaml" --pack "$D/market.pack" -r candidate
}

# killed OPTION...: begins the sweep and, from a random moment of its work on, kills what evaluates until the sweep gives up.
killed() {
	local pid
	for _ in 1 2 3 4 5 6 7 8 9; do
		rm -f sweep.ndjson
		set -m	# a process group of its own
		sweep "$@" 2>/dev/null &
		set +m
		sleep "0.$((RANDOM % 2))$((RANDOM % 10))"
		while kill -0 $! 2>/dev/null; do
			pid=$(pgrep -g $! -x ocq-sweep) && kill -KILL $pid 2>/dev/null || true
		done
		wait $! || return 0
	done
	return 1
}

@test "machines: 1, 7 or 64 parts side by side, workers killed at random, give the bytes of one process" {
	whole >want
	for n in 1 7 64; do
		killed SWEEP=make SHARDS=$n -j2
		quiet sweep SWEEP=make SHARDS=$n -j2
		cmp sweep.ndjson want
		[ "$(echo *)" = 'stderr.txt sweep.ndjson want' ]	# nothing is left over
		rm sweep.ndjson
	done
}

@test "machines: one process, killed at random, goes on where it was" {
	whole >want
	killed
	killed
	sweep 2>/dev/null
	cmp sweep.ndjson want
	[ "$(echo *)" = 'sweep.ndjson want' ]
}

@test "machines: a sweep that a signal stopped has no result, and is continued" {
	set -m
	sweep 2>err &
	set +m
	for _ in $(seq 200); do pid=$(pgrep -g $! -x ocq-sweep) && break; sleep 0.01; done
	kill -TERM "$pid"
	wait $! && false
	[ ! -e sweep.ndjson ]
	sweep 2>/dev/null
	whole | cmp - sweep.ndjson
}

@test "machines: unfinished parts are not taken for those of another set of candidates, strategy or market" {
	sweep SWEEP=make SHARDS=4 part-1 part-2
	GRID="--random 1000 --seed 6 $D/sweep.yaml"
	sweep SWEEP=make SHARDS=4
	whole | cmp - sweep.ndjson
	rm sweep.ndjson
	sed 's/\[4, 5, 6\]/[4, 5, 7]/' "$D/sweep.yaml" >sweep.yaml
	GRID="--random 1000 --seed 5 sweep.yaml"
	sweep SWEEP=make SHARDS=4
	whole | cmp - sweep.ndjson
}

@test "machines: nothing is done twice, and a newer market does it again" {
	sweep SWEEP=make SHARDS=3
	[ -z "$(sweep SWEEP=make SHARDS=3 2>&1 | grep -v 'up to date')" ]
	cp "$D/market.pack" market.pack
	sweep SWEEP=make SHARDS=3 NEEDS=market.pack -n >left
	grep -q ocq-merge left
}

@test "machines: GNU parallel on two logins runs the same parts" {
	command -v parallel >/dev/null || skip 'parallel is not installed'
	mkdir -p home && HOME=$PWD/home sweep SWEEP=parallel SHARDS=7 NODES=1/:,1/:
	whole | cmp - sweep.ndjson
}

@test "machines: a part that fails is said, and the others are kept for the next call" {
	command -v parallel >/dev/null || skip 'parallel is not installed'
	mkdir -p home
	HOME=$PWD/home sweep SWEEP=parallel SHARDS=3 SWEEPER=false 2>err && false
	[ ! -e sweep.ndjson ]
}

# A Slurm of this one host, started by hand under the test's directory, unless a controller answers already.
slurm_up() {
	local d=$PWD/slurm host i
	scontrol ping >/dev/null 2>&1 && return
	host=$(hostname -s)
	mkdir -p "$d/state" "$d/spool"
	cat >"$d/slurm.conf" <<-END
	ClusterName=test
	SlurmctldHost=$host(127.0.0.1)
	SlurmctldPort=$((20000 + RANDOM % 10000))
	SlurmdPort=$((30000 + RANDOM % 2000))
	SlurmUser=$(id -un)
	SlurmdUser=$(id -un)
	AuthType=auth/none
	CredType=cred/none
	ProctrackType=proctrack/linuxproc
	TaskPlugin=task/none
	JobAcctGatherType=jobacct_gather/none
	MpiDefault=none
	SelectType=select/cons_tres
	SelectTypeParameters=CR_Core
	SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=0
	StateSaveLocation=$d/state
	SlurmdSpoolDir=$d/spool
	SlurmctldPidFile=$d/slurmctld.pid
	SlurmdPidFile=$d/slurmd.pid
	SlurmctldLogFile=$d/slurmctld.log
	SlurmdLogFile=$d/slurmd.log
	NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
	PartitionName=all Nodes=ALL Default=YES State=UP
	END
	export SLURM_CONF=$d/slurm.conf
	slurmctld -c && slurmd -c || return 1
	for i in $(seq 100); do sinfo -h -o %T 2>/dev/null | grep -q idle && return; sleep 0.1; done
	return 1
}

teardown() {
	[ -d "$BATS_TEST_TMPDIR/slurm" ] || return 0
	cat "$BATS_TEST_TMPDIR"/slurm/*.pid | xargs kill
	while ls "$BATS_TEST_TMPDIR"/slurm/*.pid >/dev/null 2>&1; do sleep 0.1; done
}

@test "machines: a Slurm job array runs the same parts" {
	PATH=$PATH:/usr/sbin
	for p in sbatch slurmctld slurmd; do
		command -v $p >/dev/null || skip "Slurm is not installed: there is no $p"
	done
	slurm_up 3>&- || skip "Slurm does not start here: $(tail -n 1 slurm/*.log | xargs)"
	mkdir work && cd work
	sweep SWEEP=slurm SHARDS=3
	whole | cmp - sweep.ndjson
	[ "$(echo *)" = sweep.ndjson ]
}

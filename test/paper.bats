# SPDX-License-Identifier: MIT
# pipelines/paper (make paper): from nothing to a lane that trades, stopped and gone on with.
load lib

paper() { SPEED=3600 CONFIG=$PWD/s.yaml timeout -k 5 90 "$OCQ_ROOT/pipelines/paper" "$@"; }
told() { ocq-journal export --no-header p/lane/journal --type "$@"; }

@test "paper: one command, no key, no network: a lane trades, and goes on where it was stopped" {
	lane_strategy >s.yaml
	STEPS=20 paper p >out
	grep -q '^lane paper   running   step 2024-02-1' out
	grep -q '^equity [0-9.]* USD' out
	grep -q 'OPEN' out
	[ "$(stat -c %a p/key)" = 600 ]
	address=$(cat p/addr) steps=$(told step_commit | wc -l)
	[ "$steps" -ge 20 ]
	told outcome | jq -e -s 'any(.[]; .outcome == "filled")'

	SPEED=3600 CONFIG=$PWD/s.yaml STEPS=0 setsid "$OCQ_ROOT/pipelines/paper" p >out 3>&- & run=$!
	for _ in $(seq 300); do [ "$(told step_commit | wc -l)" -le $((steps + 3)) ] || break; sleep 0.1; done
	kill -TERM -- "-$run"	# to the whole group, as a terminal does
	wait $run
	[ "$(cat p/addr)" = "$address" ]
	ocq-journal verify -q p/lane/journal
	told step_commit | jq -e -s --argjson n "$steps" 'length > $n + 3 and (map(.t_ms) | . == unique) and ([.[1:], .[:-1]] | transpose | all(.[]; .[0].t_ms - .[1].t_ms == 3600000))'
	[ "$(told lane | wc -l)" = 1 ]
	told outcome | jq -e -s 'map(select(.over) | .intent) | length == (unique | length)'
}

@test "paper: what is wrong is said, and one runs in a directory" {
	lane_strategy >s.yaml
	dies 64 'usage: paper DIR' paper
	dies 64 'SPEED=fast' env SPEED=fast "$OCQ_ROOT/pipelines/paper" p
	dies 78 'CONFIG=none' env CONFIG=none "$OCQ_ROOT/pipelines/paper" p
	mkdir p
	flock p/lock sleep 20 & holder=$!
	for _ in $(seq 100); do flock -n p/lock true || break; sleep 0.05; done
	dies 75 'p: runs already' paper p
	kill $holder
}

# SPDX-License-Identifier: MIT
# ocq-merge: the rows of parts in the order of the candidates, each once, or a message that says which is not.
load lib

D=$BATS_FILE_TMPDIR

setup_file() {
	(PATH=$OCQ_BIN:$PATH && "$OCQ_ROOT/test/market" "$BATS_FILE_TMPDIR" && cd "$BATS_FILE_TMPDIR" &&
		ocq-grid --random 100 --seed 5 sweep.yaml >candidates &&
		ocq-sweep -q -c strategy.yaml --pack market.pack -r candidate <candidates >whole &&
		for i in 1 2 3; do
			ocq-grid --random 100 --seed 5 --shard $i/3 sweep.yaml | ocq-sweep -q -c strategy.yaml --pack market.pack -r candidate >part$i
		done)
}

merge() { ocq-merge -q "$@" <"$D/candidates"; }

# row FILE N: the N-th row
row() { sed -n "$(($2 + 1))p" "$1"; }
# id: of the row on stdin
id() { sed -E 's/.*"id":"([^"]*)".*/\1/'; }

@test "merge: the bytes of the whole, whatever the order of the parts" {
	[ "$(wc -l <"$D/part1")" -gt 10 ]
	merge --strict "$D/part1" "$D/part2" "$D/part3" | cmp - "$D/whole"
	merge --strict "$D/part3" "$D/part1" "$D/part2" | cmp - "$D/whole"
	merge --strict "$D/whole" | cmp - "$D/whole"
	merge --no-header "$D/part2" "$D/part3" "$D/part1" | cmp - <(sed '1d;$d' "$D/whole")
}

@test "merge: parts need not be those of ocq-grid, and may be empty" {
	sed -n '1p;2,40p' "$D/whole" >a
	sed -n '1p;41,101p' "$D/whole" >b
	sed -n '1p' "$D/whole" >c
	merge b c a | cmp - "$D/whole"
	sed 1d a >bare
	merge b bare | cmp - "$D/whole"
}

@test "merge: a row that is missing, left over, doubled or out of place is named" {
	sed '11d' "$D/whole" >gap
	dies 65 "stdin:11: \"$(row "$D/whole" 10 | id)\" is in no part, or not in the order of the candidates" merge gap
	head -n 90 "$D/whole" >short
	dies 65 "is in no part" merge short
	{ cat "$D/part1"; sed -n 2p "$D/part1" | sed 's/random_/random_9/'; } | grep -v '"end"' >more
	dies 65 "more:$(wc -l <more): \"random_9" merge more "$D/part2" "$D/part3"
	row "$D/part1" 3 >twice
	dies 65 '"random_0' merge "$D/part1" "$D/part2" "$D/part3" twice
	sed '5{h;d};6G' "$D/part2" >swapped
	dies 65 "is in no part" merge "$D/part1" swapped "$D/part3"
}

@test "merge: parts of two sweeps are refused" {
	ocq-grid --random 100 --seed 5 --shard 2/3 "$D/sweep.yaml" >c2
	ocq-sweep -q -c "$D/strategy.yaml" --pack "$D/market.pack" -r candidate --balance 5000 c2 >other
	dies 65 "other:1: \"contract_id\" is not that of $D/part1: they are parts of two sweeps" merge "$D/part1" other "$D/part3"
	ocq-config set "$D/strategy.yaml" trade.sl_atr_mult=9 -o strategy.yaml
	ocq-sweep -q -c strategy.yaml --pack "$D/market.pack" -r candidate c2 >other
	dies 65 "other:1: \"config_id\" is not that of $D/part1" merge "$D/part1" other "$D/part3"
}

@test "merge: under --strict a part or the candidates that were cut are refused" {
	sed '$d' "$D/part2" >cut
	dies 65 'cut:' merge --strict "$D/part1" cut "$D/part3"
	merge "$D/part1" cut "$D/part3" | cmp - "$D/whole"
	dies 65 'stdin' ocq-merge --strict "$D/whole" < <(sed '$d' "$D/candidates")
	head -c 2000 "$D/part2" >torn
	dies 65 'torn:' merge "$D/part1" torn "$D/part3"
}

@test "merge: an id is a text, and a part must be there" {
	dies 65 '"id" is not a text' merge <(echo '{"type":"result","id":7}')
	dies 65 '"id" is not a text' merge <(echo '{"type":"result","total_pnl":7}')
	sed 's/"type":"result","id"/"type": "result", "id" /' "$D/whole" >spaced
	merge --no-header spaced | cmp - <(sed '1d;$d' spaced)
	dies 65 'no-such-part' merge no-such-part
	dies 64 'which parts?' ocq-merge
}

@test "merge: no candidates, no rows; a full disk and a reader that leaves" {
	[ "$(ocq-merge -q <(sed -n 1p "$D/whole") </dev/null | jq -r .type | xargs)" = 'header end' ]
	writes 75 /dev/full merge "$D/whole"
	reader_leaves 3 merge "$D/whole"
}

@test "merge: stopped by a signal it says so, and writes no end" {
	mkfifo in
	bounded ocq-merge -q "$D/whole" <in >got 2>err &
	pid=$!
	exec 7>in
	head -n 20 "$D/candidates" >&7
	for _ in $(seq 200); do [ "$(wc -l <got)" = 20 ] && break; sleep 0.05; done
	kill "$pid"
	status=0; wait "$pid" || status=$?
	exec 7>&-
	[ "$status" = 75 ]
	cmp got <(head -n 20 "$D/whole")
}

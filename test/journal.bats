# SPDX-License-Identifier: MIT
# ocq-journal: what is appended comes back, what contradicts is refused, damage and contradictions are named with their place.
load lib

LANE='{"type":"lane","mode":"paper","account":"0xaa","network":"testnet","interval":"1h","first_ms":0,"from_ms":0,"lookback":50,"balance_usd":1000}'
ID=00112233445566778899aabbccddeeff

# commit T_MS
commit() {
	printf '{"type":"step_commit","seen":0,"t_ms":%d,"config_id":"ab","balance_usd":900,"equity_usd":900,"margin_usd":0,"positions":0,"decisions":0,"intents":0,"late":false}\n' "$1"
}

intent() {
	printf '{"type":"intent","id":"%s","t_ms":%d,"symbol":"BTC","action":"OPEN","side":"buy","size":"1.5","reduce_only":false,"ref_px":100,"limit_px":"","notional_usd":150,"cash_usd":-0.0675,"leverage":3,"confidence":"high","reason_code":"signal_trigger","reason":"","entry_atr":1,"adx_threshold":22,"valid_until_ms":0,"place":0,"op":null}\n' "$ID" "$1"
}

armed() { printf '{"type":"armed","armed":%s,"why":""}\n' "$1"; }

# lane: journal j of five records in three batches
lane() {
	echo "$LANE" | ocq-journal append -q j
	{ intent 1000; commit 1000; } | ocq-journal append -q j
	{ commit 2000; armed true; } | ocq-journal append -q j
}

# seal LINE: with the journal's checksum
seal() {
	python3 -c 'import sys, zlib
t = sys.argv[1]
print(t[:-1] + ",\"c\":\"%08x\"}" % (zlib.crc32(t.encode()) & 0xffffffff))' "$1"
}

@test "journal: what is appended comes back, with seq and without" {
	lane
	ocq-journal export --no-header j >got
	{ echo "$LANE"; intent 1000; commit 1000; commit 2000; armed true; } | cmp - got
	ocq-journal export j | ocq-journal append -q k	# header and end stay out
	ocq-journal export --no-header k | cmp - got
	ocq-journal tail j >got
	[ "$(jq -r .seq got | xargs)" = '1 2 3 4 5' ]
	[ "$(jq -r '.more // 0' got | xargs)" = '0 1 0 1 0' ]
	run ! grep -q '"c":' got
	ocq-journal export j | head -n 1 | grep -q '^{"type":"header"'
	[ "$(ocq-journal export j | tail -n 1)" = '{"type":"end","records":5}' ]
}

@test "journal: bounds and types" {
	lane
	[ "$(ocq-journal tail --from 4 j | jq -r .seq | xargs)" = '4 5' ]
	[ "$(ocq-journal tail -t lane,armed j | jq -r .seq | xargs)" = '1 5' ]
	[ "$(ocq-journal export --no-header --from 2 --to 3 j | jq -r .type | xargs)" = 'intent step_commit' ]
	[ "$(ocq-journal export --no-header --type step j | wc -l)" = 0 ]
	[ "$(ocq-journal tail --from 2000-01-01 j | wc -l)" = 5 ]
	[ "$(ocq-journal tail --from 2999-01-01 j | wc -l)" = 0 ]
	[ "$(ocq-journal export --no-header --to 946684800000 j | wc -l)" = 0 ]
	dies 64 '--from "soon" is neither a seq nor a time' ocq-journal tail --from soon j
	dies 64 'give one journal' ocq-journal tail
	dies 65 'none: cannot be opened' ocq-journal tail none
	dies 64 'verify: takes no --from' ocq-journal verify --from 1 j
}

@test "journal: --each is a batch for each record" {
	{ echo "$LANE"; armed true; armed false; } | ocq-journal append --each j 2>said
	grep -q '3 records appended, the last one is 3' said
	run ! grep -q '"more"' j/00000001.ndjson
}

@test "journal: nothing is appended that contradicts" {
	lane
	{ armed false; commit 2000; } >more
	dies 65 'stdin:2: step 2000 does not come after the last one, 2000' ocq-journal append j <more
	{ armed false; echo '{"type":"armed"}'; } >more
	dies 65 'stdin:2: "armed" is missing' ocq-journal append j <more
	intent 3000 | dies 65 "stdin:1: intent $ID a second time" ocq-journal append j
	{ echo '{"type":"verdict","intent":"none","allow":true,"cause":"ok"}'; } | dies 65 'which is not there' ocq-journal append j
	[ "$(ocq-journal tail j | wc -l)" = 5 ]
	ocq-journal append j </dev/null 2>said
	grep -q '^ocq-journal: 0 records appended, the last one is 5$' said
	[ "$(ocq-journal tail j | wc -l)" = 5 ]
	ocq-journal verify -q j
}

@test "journal: verify names the first record that is wrong" {
	lane
	ocq-journal verify j 2>said
	grep -q '5 records from 1 on are right: 1 intents' said
	cp -r j k
	sed -i '2s/"1.5"/"2.5"/' k/00000001.ndjson
	dies 65 'k/00000001.ndjson:2: the line is damaged' ocq-journal verify k
	rm -r k && cp -r j k	# a hole
	sed -i 1d k/00000001.ndjson
	dies 65 'k: begins with record 2; those before it are not there' ocq-journal verify k
	rm -r k && cp -r j k
	seal '{"type":"armed","seq":7,"ts_ms":5,"armed":true,"why":""}' >>k/00000001.ndjson
	dies 65 'k/00000001.ndjson:6: its seq does not follow' ocq-journal verify k
	rm -r k && cp -r j k	# right in form, wrong in meaning
	seal "$(commit 2000 | sed 's/"step_commit",/"step_commit","seq":6,"ts_ms":5,/')" >>k/00000001.ndjson
	seal '{"type":"armed","seq":7,"ts_ms":5,"armed":true,"why":""}' >>k/00000001.ndjson
	dies 65 'k/00000001.ndjson:6: step 2000 does not come after the last one, 2000' ocq-journal verify k
	dies 65 'k/00000001.ndjson:6: ' ocq-journal fold k
	rm -r k && cp -r j k	# what a crash left is nothing
	printf '{"type":"armed","seq":6' >>k/00000001.ndjson
	ocq-journal verify -q k
}

@test "journal: fold, as it is and as it was" {
	lane
	[ "$(ocq-journal fold j | jq -c '[.covers, .step_ms, .balance_usd, .armed, (.intents | length)]')" = '[5,2000,900,true,1]' ]
	[ "$(ocq-journal fold --at 2 j | jq -c '[.covers, .intents[0].id, .balance_usd]')" = "[2,\"$ID\",1000]" ]
	[ "$(ocq-journal fold --at 4 j | jq -c '[.covers, .armed]')" = '[4,false]' ]
}

@test "journal: a snapshot is what the records come to, and is resumed from" {
	lane
	ocq-journal fold j >before
	ocq-journal snapshot j 2>said
	grep -q 'record 6 covers 5' said
	ocq-journal tail -t state j | jq -c 'del(.seq, .ts_ms)' >kept
	jq -c . before | cmp - kept
	armed false | ocq-journal append -q j
	ocq-journal fold j >resumed	# from the snapshot
	ocq-journal fold --at 7 j | cmp - resumed	# from the first record
	ocq-journal verify -q j
	[ "$(jq -c '[.covers, .armed]' resumed)" = '[7,false]' ]
}

@test "journal: a snapshot that lies is found, an unreadable one too" {
	lane
	ocq-journal fold j | sed 's/"balance_usd":900/"balance_usd":901/' | ocq-journal append -q j
	dies 65 'j/00000001.ndjson:6: a snapshot that differs' ocq-journal verify j
	rm -r j && lane
	ocq-journal fold j | sed 's/"version":[0-9]*/"version":9/' | ocq-journal append -q j
	dies 65 'a state of another version' ocq-journal fold j
}

@test "journal: without its first segment it goes on from its snapshot" {
	lane
	ocq-journal snapshot -q j
	armed false | ocq-journal append -q j
	ocq-journal fold j >whole
	mkdir -m 700 k
	tail -n +5 j/00000001.ndjson >k/00000001.ndjson
	ocq-journal verify k 2>said
	grep -q '3 records from 5 on are right' said
	ocq-journal fold k | cmp - whole
	[ "$(ocq-journal tail k | wc -l)" = 3 ]
	dies 65 'those before it are not there' ocq-journal tail --from 2 k
}

@test "journal: tail -f shows what is appended, until its reader leaves or it is stopped" {
	lane
	bounded ocq-journal tail -f -t armed j >got 3>&- &
	local pid=$!
	catching "$pid"
	for _ in $(seq 100); do	# it may still be reading what was there
		armed false | ocq-journal append -q j
		[ ! -s got ] || break
		sleep 0.05
	done
	[ "$(head -n 1 got | jq -c '[.seq > 5, .armed]')" = '[true,false]' ]
	kill -TERM "$pid"
	wait "$pid"
	timeout 20 bash -o pipefail -c 'ocq-journal tail -f --from 1 j | head -n 2' >got
	[ "$(jq -r .seq got | xargs)" = '1 2' ]
}

@test "journal: a full disk leaves the journal as it was, but for what must be appended" {
	mkdir room
	mount -t tmpfs -o size=2m tmpfs room 2>mount.txt || skip 'only root can mount'
	echo "$LANE" | ocq-journal append -q room/j
	[ "$(stat -c %s room/j/reserve)" = 1048576 ]
	cat /dev/zero 2>full.txt >room/rest || true
	for _ in $(seq 200); do armed true; done >many	# more than what is left of the last block
	dies 75 'No space left on device; nothing was appended' ocq-journal append -q room/j <many
	[ "$(ocq-journal tail room/j | wc -l)" = 1 ]
	[ -e room/j/reserve ]
	ocq-journal append -q --must room/j <many
	[ "$(ocq-journal tail room/j | wc -l)" = 201 ]
	ocq-journal verify -q room/j
	[ ! -e room/j/reserve ]
	rm room/rest
	armed false | ocq-journal append -q room/j	# an open that finds room
	[ -e room/j/reserve ]
}

teardown() { [ ! -e room/j ] || umount -l room; }

@test "journal: output that cannot be written" {
	lane
	writes 75 /dev/full ocq-journal tail j
	writes 75 /dev/full ocq-journal export j
	writes 75 /dev/full ocq-journal fold j
	reader_leaves 1 ocq-journal export j
}

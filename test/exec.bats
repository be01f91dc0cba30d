# SPDX-License-Identifier: MIT
# ocq-exec: a lane from feed to fill on the local exchange; orders that get no answer; kills; what it refuses to send.
load lib

setup_file() {
	PATH=$OCQ_BIN:$PATH
	cd "$BATS_FILE_TMPDIR" || return 1
	ocq-synth -q --seed 5 --days 12 --count 4 --candles c.db
	lane_strategy ', enable_partial_tp: true, tp_partial_atr_mult: 0.5' >s.yaml
}

first=1735689600000 from=$((first + 100 * 3600000)) to=$((first + 280 * 3600000))

# lane [KILLS [SEED]]: one run in the test's directory
lane() {
	timeout 100 "$OCQ_ROOT/test/lockstep" . "$BATS_FILE_TMPDIR/c.db" "$BATS_FILE_TMPDIR/s.yaml" 60 $first $from $to "$@"
}
told() { ocq-journal export --no-header J --type "$@"; }
# What the lane decided is what the replay decides, up to the step that had to take over what became of an order.
as_replayed() {
	local until; until=$(told adopt | jq -s "map(.t_ms) + [$to + 1] | min")
	ocq-replay -q -c "$BATS_FILE_TMPDIR/s.yaml" --candles "$BATS_FILE_TMPDIR/c.db" --lookback 60 --venue markets --no-header --from $from --to $to \
		--decisions want
	told decision | jq -c "select(.t_ms < $until)" | cmp - <(jq -c "select(.t_ms < $until)" want)
	[ "$(wc -l <want)" -gt 50 ]
}
# A second ledger, by jq over the exchange's own fills: each client order id of ours was filled once at most, to no more than its intent's size;
# what the fills add up to is what the exchange holds, and what the intents say.
ledger_holds() {
	jq -e -s --slurpfile i <(told intent) --slurpfile p their.positions '
		def near(a; b): (a - b | fabs) < 1e-6 * ([a | fabs, 1] | max);
		($i | INDEX(.id[:22])) as $intent
		| (group_by(.cloid[10:32]) | all(.[]; $intent[.[0].cloid[10:32]] as $x | $x != null and (map(.sz) | add) <= ($x.size | tonumber) * (1 + 1e-9)
			and all(.[]; .symbol == $x.symbol and (.side == "B") == ($x.side == "buy"))))
		and (group_by(.symbol) | all(.[]; .[0].symbol as $s | near(map(if .side == "B" then .sz else -.sz end) | add;
			[$p[] | select(.type == "position" and .symbol == $s) | .szi] | add // 0)))' their.fills
}
# The journal has each fill of the exchange, once.
fills_are_whole() {
	told fill | jq -c '[.symbol, .tid, .sz, .px]' | sort | cmp - <(jq -c '[.symbol, .tid, .sz, .px]' their.fills | sort)
}
# No intent up to the last step is left over, none has two ends.
all_ended() {
	told outcome | jq -r 'select(.over and .kind == "order") | .intent' | sort >ended
	[ -z "$(uniq -d ended)" ]
	[ -z "$(told intent | jq -r "select(.t_ms <= $to) | .id" | sort | comm -23 - ended)" ]
}

@test "exec: a lane's orders are filled once, and its decisions are the replay's" {
	lane
	ocq-journal verify J
	as_replayed
	ledger_holds
	fills_are_whole
	all_ended
	told outcome | jq -e -s 'all(.[]; .outcome == "filled")'
	[ -z "$(told adopt)" ]
	# the bytes were in the journal before they had an answer
	told send,outcome | jq -e -s '[.[] | select(.kind == "order")] | group_by(.intent) | all(.[]; map(.type) == ["send", "outcome"])'
	# every kind of order was there
	[ "$(told intent | jq -r .action | sort -u | paste -sd' ')" = "ADD CLOSE OPEN REDUCE" ]
}

@test "exec: programs of the lane are killed, nothing is lost or doubled, and it decides the same" {
	lane 6 1
	ocq-journal verify J
	as_replayed
	ledger_holds
	fills_are_whole
	all_ended
}

@test "exec: answers that are lost or never sent are found out, and the ledger is whole" {
	cat >faults <<-'END'
	{"fault":"drop_before","kind":"order","p":0.05,"times":0}
	{"fault":"drop_after","kind":"order","p":0.08,"times":0}
	{"fault":"http_502","kind":"order","after":true,"p":0.05,"times":0}
	{"fault":"drop_before","kind":"orderStatus","p":0.1,"times":0}
	{"fault":"reject_next","kind":"order","p":0.05,"times":0,"text":"Order could not immediately match against any resting orders."}
	END
	PAPERX='--faults faults' lane
	ocq-journal verify J
	ledger_holds
	fills_are_whole
	all_ended
	told outcome | jq -e -s 'map(select(.outcome == "unknown")) | length > 3'
	told outcome | jq -e -s 'map(select(.evidence == "status" and .outcome == "filled")) | length > 0'
	told outcome | jq -e -s 'map(select(.evidence == "fence" and .outcome == "dead")) | length > 0'
	# what the exchange did not do the strategy's account gave back, and says why
	told adopt | jq -e -s 'length > 0 and all(.[]; .cause == "dead" or .cause == "rejected")'
}

@test "exec: a rehearsal signs and sends nothing" {
	EXEC=--dry lane
	told outcome | jq -e -s 'length > 50 and all(.[]; .outcome == "would" and .over)'
	[ -z "$(told send)" ]
	[ ! -s their.fills ]
}

# A journal with one allowed intent, in mode $1; the exchange is nowhere.
one_intent() {
	rm -rf J
	[ -e key ] || ocq-sign --new key >addr
	echo '{"type":"asset","symbol":"BTC","id":0,"sz_decimals":5,"max_leverage":40,"delisted":false,"only_isolated":false}' >markets
	{
		printf '{"type":"lane","mode":"%s","account":"%s","network":"mainnet","interval":"1h","first_ms":0,"from_ms":0,"lookback":50,"balance_usd":1000}\n' "$1" "$(cat addr)"
		printf '{"type":"intent","id":"%032d","t_ms":1,"symbol":"BTC","action":"OPEN","side":"buy","size":"0.01","reduce_only":false,"ref_px":50000,"limit_px":"","notional_usd":500,"cash_usd":-0.2,"leverage":3,"confidence":"high","reason_code":"signal_trigger","reason":"","entry_atr":1,"adx_threshold":22,"valid_until_ms":0,"place":0,"op":null}\n' 7
		printf '{"type":"verdict","intent":"%032d","allow":true,"cause":"ok"}\n' 7
	} | ocq-journal append J
}
exec_once() { XDG_RUNTIME_DIR=$PWD timeout 5 ocq-exec -j J --url http://127.0.0.1:1 --venue markets -k key --no-limits "$@" </dev/null; }

# would TEXT OPTIONS: a live lane would have sent, and says what was missing
would() {
	local text=$1; shift
	one_intent live
	exec_once "$@" >got
	jq -e -s --arg t "$text" 'any(.[]; .type == "outcome" and .outcome == "would" and .over and (.error | contains($t)))
		and all(.[]; .type != "send")' got
}

@test "exec: a live lane sends nothing unless every arm is there" {
	would "AI_QUANT_LIVE_ENABLE is not set"
	export AI_QUANT_LIVE_ENABLE=1
	would "AI_QUANT_LIVE_CONFIRM is not I_UNDERSTAND"
	export AI_QUANT_LIVE_CONFIRM=I_UNDERSTAND_THIS_CAN_LOSE_MONEY
	would "no arm file"
	would "No such file" --arm arm
	arm() { printf '{"account":"%s","until":"%s"}\n' "$1" "$2" >arm; chmod 600 arm; }
	arm 0x00000000000000000000000000000000000000aa 2999-01-01T00:00:00Z
	would "another one than the lane" --arm arm
	arm "$(cat addr)" 2020-01-01T00:00:00Z
	would "has passed" --arm arm
	arm "$(cat addr)" 2999-01-01T00:00:00Z
	chmod 644 arm
	would "mode 0600" --arm arm
	# with all of it there, bytes go into the journal and to an exchange that is not there
	chmod 600 arm
	one_intent live
	exec_once --arm arm >got || true
	jq -e -s 'any(.[]; .type == "armed" and .armed) and any(.[]; .type == "send")' got
	export AI_QUANT_HARD_KILL_SWITCH=yes
	one_intent live
	exec_once --arm arm >got
	jq -e -s 'any(.[]; .outcome == "blocked") and all(.[]; .type != "send")' got
}

@test "exec: a paper lane sends to this host alone, a shadow not at all, and a kill stops what is allowed" {
	one_intent paper
	XDG_RUNTIME_DIR=$PWD dies 77 "a paper lane sends to this host alone" ocq-exec -j J --url https://api.example.org --venue markets -k key --no-limits </dev/null
	echo '{"type":"kill_level","cause":"operator","level":"close_only","by":"me","why":"a look"}' | ocq-journal append J
	exec_once >got
	jq -e -s 'any(.[]; .type == "outcome" and .outcome == "blocked" and .over and .error == "close_only")' got
	one_intent shadow
	dies 78 "a shadow lane sends nothing" exec_once
	dies 64 "who signs" ocq-exec -j J --url http://127.0.0.1:1 --venue markets --no-limits
	dies 64 "what may be signed" ocq-exec -j J --url http://127.0.0.1:1 --venue markets -k key
}

@test "exec: one process sends for an account" {
	one_intent paper
	mkdir -p ocq
	flock "ocq/lock.account-mainnet-$(cat addr)" sleep 10 &
	sleep 0.2
	dies 75 "account-mainnet" exec_once
	kill $!
	flock J/lock.exec sleep 10 &
	sleep 0.2
	dies 75 "lock.exec" exec_once
	kill $!
}

@test "exec: a signer that is killed is a reason to start again, one that gives up is not" {
	mkdir signer
	PATH=$PWD/signer:$PATH
	for end in 'kill -KILL $$' 'exit 77'; do
		printf '#!/bin/bash\nread -r line\n%s\n' "$end" >signer/new
		chmod 755 signer/new && mv signer/new signer/ocq-sign
		PATH=${PATH#*:} one_intent paper
		case $end in
		exit*) dies 77 "the signer has left, with status 77" exec_once ;;
		*) dies 75 "the signer was ended by signal 9" exec_once ;;
		esac
	done
}

# SPDX-License-Identifier: MIT
# ocq-hl vectors: all of them, and that a wrong one is noticed.
load lib

VECTORS=$FIX/hyperliquid_vectors.json

# only SECTION FILTER: that section alone, with l1_actions beside it, changed by a jq filter over its cases
only() {
	jq -c --arg s "$1" "(.vectors[\$s] |= (if type == \"array\" then map($2) else $2 end)) |
		.vectors |= with_entries(select(.key == \$s or .key == \"l1_actions\"))" "$VECTORS" >changed.json
}

# counts FILE PASSED FAILED: what the run says at the end, and its status
counts() {
	local status=0
	ocq-hl vectors "$1" >got 2>err || status=$?
	[ ! -s err ] && [ "$(tail -n 1 got)" = "$2 passed, $3 failed" ] && [ "$status" = $(($3 > 0)) ] || { tail -n 3 got err; return 1; }
}

@test "vectors: every vector, byte for byte" {
	quiet ocq-hl vectors "$VECTORS" >got
	run ! grep -vE '^skipped: |^[0-9]+ passed, 0 failed$' got
	# one for each case; eip712 counts its eight constants, not what made them
	want=$(jq '[.vectors | to_entries[] | select(.key | IN("client_traffic", "client_reads") | not) | .value |
		if type == "array" then length else (.cases // [range(8)]) | length end] | add' "$VECTORS")
	[ "$(tail -n 1 got)" = "$want passed, 0 failed" ]
	[ "$(sed -n 's/skipped: //p' got | xargs)" = 'client_traffic client_reads' ]
	ocq-hl vectors - <"$VECTORS" | cmp - got
}

@test "vectors: the vectors that are skipped are those that measure other clients" {
	jq -c '.vectors = {client_reads: [1], "of the future": {}, keccak256: .vectors.keccak256}' "$VECTORS" >few.json
	[ "$(ocq-hl vectors few.json | xargs -d '\n')" = 'skipped: client_reads skipped: of the future 24 passed, 0 failed' ]
}

@test "vectors: a wrong expectation is noticed in every section" {
	local l1 n section filter
	l1=$(jq '.vectors.l1_actions | length' "$VECTORS")
	while IFS=: read -r section filter; do
		only "$section" "$filter"
		n=$(jq --arg s "$section" '.vectors[$s] | length' "$VECTORS")
		counts changed.json "$l1" "$n" || { echo "$section"; return 1; }
	done <<-'END'
	keccak256: .output |= sub(".$"; "x")
	addresses: .checksum_address |= ascii_downcase
	invalid_private_keys: .private_key |= "0x1"
	msgpack: .msgpack += "00"
	key_order: .right_action_hash = .wrong_action_hash
	explicit_false: .hash_with_flag = .hash_the_exchange_uses
	user_signed: .s |= sub(".$"; "x")
	published_values: .signer |= sub("0x.."; "0x00")
	float_to_int: .refused |= not | .value += "1" | del(.also_valid, .depends_on_double)
	decimal_to_wire: .refused |= not | .wire += "1"
	cloid: .refused |= not | .wire += "0"
	order_wire: .refused |= not | .wire_json += " "
	size_format: .refused |= not | .rounded_toward_zero += "1"
	price_valid: .valid |= not
	slippage_price: .price += "1"
	exchange_http_bodies: .digest |= sub("0x.."; "0x")
	nonce_rules: .steps[0].expect |= "too low"
	responses: .nktkas.outcome |= if . == "ok" then "throws" else "ok" end
	END
	only l1_actions '.testnet.v = 55 - .testnet.v'
	counts changed.json 0 "$l1"
	only l1_actions '.tail |= sub("00$"; "01")'
	n=$(jq '[.vectors.l1_actions[] | select(.tail | endswith("00"))] | length' "$VECTORS")
	counts changed.json $((l1 - n)) "$n"
	[ "$(grep -c 'tail: is not what was hashed' got)" = "$n" ]
	only recover '.address = if .address then null else "0x00" end'
	counts changed.json "$l1" "$(jq '.vectors.recover | length' "$VECTORS")"
	only asset_ids '.fixture.spotMeta.universe[1].index = 108'
	counts changed.json $((l1 + 13)) 1
	only eip712 '.l1_domain_separator |= ascii_upcase'
	counts changed.json $((l1 + 7)) 1
}

@test "vectors: who tampers with a body is a stranger" {
	jq -c '.vectors |= {exchange_http_bodies: [.exchange_http_bodies[] | select(.id | endswith("-tampered"))]}' "$VECTORS" >tampered.json
	n=$(jq '.vectors.exchange_http_bodies | length' tampered.json)
	[ "$n" -ge 9 ]
	counts tampered.json "$n" 0
	jq -c '.vectors.exchange_http_bodies |= map(.id |= sub("-tampered"; ""))' tampered.json >changed.json
	counts changed.json 0 "$n"
	jq -c '.vectors.exchange_http_bodies |= map(.network = if .network == "mainnet" then "testnet" else "mainnet" end)' \
		"$VECTORS" >changed.json
	ocq-hl vectors changed.json >got && return 1
	[ "$(grep -c '^exchange_http_bodies' got)" = "$(jq '.vectors.exchange_http_bodies | length' "$VECTORS")" ]
}

@test "vectors: what is no vectors file is exit 65 and one line" {
	dies 65 'there is no such file' ocq-hl vectors absent.json || dies 65 'absent.json' ocq-hl vectors absent.json
	echo '{"vectors":' >broken.json
	dies 65 'broken.json: line ' ocq-hl vectors broken.json
	echo '[]' >list.json
	dies 65 'list.json: no object "vectors"' ocq-hl vectors list.json
	echo '{"vectors":{"msgpack":{}}}' >section.json
	dies 65 'section msgpack is no array' ocq-hl vectors section.json
	[ ! -s stdout.txt ]
	echo '{"vectors":{"keccak256":[],"msgpack":[{"id":"a"},{}]}}' >id.json
	dies 65 'case 1 of section msgpack has no id' ocq-hl vectors id.json
	echo '{"vectors":{"asset_ids":[]}}' >whole.json
	dies 65 'section asset_ids is no object' ocq-hl vectors whole.json
	writes 75 /dev/full ocq-hl vectors "$VECTORS"
}

@test "vectors: a case without its members fails, with a line that says so" {
	printf '{"vectors":{"%s":[{"id":"a"}]}}\n' keccak256 l1_actions recover user_signed exchange_http_bodies order_wire price_format \
		cloid nonce_rules slippage_price key_order >cases
	while read -r line; do
		echo "$line" >one.json
		counts one.json 0 1
		[ "$(wc -l <got)" = 2 ]
	done <cases
	grep -q 'steps: is missing' <(echo '{"vectors":{"nonce_rules":[{"id":"a"}]}}' | ocq-hl vectors - || true)
}

@test "vectors: verbs" {
	dies 64 'which verb? info meta' ocq-hl
	dies 64 '"vektors" is not one of info meta' ocq-hl vektors
	dies 64 'want one file' ocq-hl vectors
	dies 64 'want one file' ocq-hl vectors a b
	dies 64 'vectors: takes no --user' ocq-hl vectors --user 0x1 "$VECTORS"
	ocq-hl --help | grep -q '^  info .* vectors$'
}

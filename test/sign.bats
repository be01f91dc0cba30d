# SPDX-License-Identifier: MIT
# ocq-sign: the exchange's own vectors, what the key file must be, what each limit refuses, and that nothing gets out.
load lib

VECTORS=$FIX/hyperliquid_vectors.json
LIMITS=$OCQ_ROOT/config/sign-limits.json
KEY=0123456789012345678901234567890123456789012345678901234567890123
ADDRESS=0x14791697260e4c9a71f18484c9f997b308e59325

# key FILE [TEXT]: a key file
key() { (umask 077; rm -f "$1"; printf '%s\n' "${2-$KEY}" >"$1"); }

# limits JQ: the example's limits, changed
limits() { jq "$1" "$LIMITS" >limits.json; }

# request ID ACTION [MEMBERS]: a request for now, expiring in 10 s
request() {
	local now; now=$(date +%s%3N)
	printf '{"type":"sign","id":"%s","action":%s,"nonce":%d,"expires_ms":%d%s}\n' "$1" "$2" "$now" $((now + 10000)) "${3-}"
}

# buy ASSET PX SZ [REDUCE]: an order
buy() {
	printf '{"type":"order","orders":[{"a":%d,"b":true,"p":"%s","s":"%s","r":%s,"t":{"limit":{"tif":"Gtc"}}}],"grouping":"na"}' "$1" "$2" "$3" "${4-false}"
}

# answers OPTIONS...: the answers to stdin, without header and end, with the key
answers() { [ -e key ] || key key; quiet ocq-sign -k key --no-header "$@"; }

# A sanitizer attaches to its process and makes calls of its own: there the walls are down.
walled() { [[ $(ldd "$OCQ_BIN/ocq-sign") != *asan* ]] || skip 'no walls under a sanitizer'; }

# ---- signatures ----

# sign_vectors NETWORK: each key's vectors through the program; the signatures as the exchange's own clients made them
sign_vectors() {
	local name
	for name in $(jq -r '.keys[].name' "$VECTORS"); do
		key key "$(jq -r --arg k "$name" '.keys[] | select(.name == $k).private_key' "$VECTORS")"
		jq -c --arg k "$name" '.vectors.l1_actions[] | select(.key == $k and (.action_json | startswith("{"))) |
			{id, action_json, nonce, vault: .vault_address, expires_ms: .expires_after}' "$VECTORS" >wanted
		# the action's text goes in as it stands
		jq -r '"{\"type\":\"sign\",\"id\":\"\(.id)\",\"action\":\(.action_json),\"nonce\":\(.nonce),\"vault\":\(.vault | tojson),\"expires_ms\":\(.expires_ms | tojson)}"' wanted >requests
		answers --no-limits --network "$1" <requests >answers
		jq -c --arg n "$1" --arg k "$name" '.vectors.l1_actions[] | select(.key == $k and (.action_json | startswith("{"))) |
			[.id, .nonce, .action_hash, .signer, .[$n].r, .[$n].s, .[$n].v]' "$VECTORS" >>want
		jq -c '(.body | fromjson.signature) as $s | [.id, .nonce, .hash, .address, $s.r, $s.s, $s.v]' answers >>got
	done
}

@test "sign: every l1_actions vector on mainnet: hash, address, r, s, v" {
	sign_vectors mainnet
	[ "$(wc -l <got)" -ge 90 ]
	diff want got
}

@test "sign: every l1_actions vector on testnet" {
	sign_vectors testnet
	[ "$(wc -l <got)" -ge 90 ]
	diff want got
}

@test "sign: the vectors that only a master key may sign, where the limits name them" {
	local n name
	limits '.assets = null | .nonce_window_s = null | .actions = ["approveAgent","approveBuilderFee","usdClassTransfer","usdSend","spotSend","withdraw3","sendAsset","userSetAbstraction"]'
	for n in mainnet testnet; do
		jq --arg n $n '.network = $n' limits.json >$n.json
		for name in $(jq -r '[.vectors.user_signed[].key] | unique[]' "$VECTORS"); do
			key key "$(jq -r --arg k "$name" '.keys[] | select(.name == $k).private_key' "$VECTORS")"
			jq -c --arg k "$name" --arg c "${n^}" '.vectors.user_signed[] | select(.outer_nonce and .key == $k and (.action_json | fromjson.hyperliquidChain) == $c)' "$VECTORS" >chosen
			jq -r '"{\"type\":\"sign\",\"id\":\"\(.id)\",\"action\":\(.action_json),\"nonce\":\(.outer_nonce)}"' chosen >requests
			answers -l $n.json <requests >answers
			jq -c '[.id, .digest, .r, .s, .v]' chosen >>want
			jq -c '(.body | fromjson.signature) as $s | [.id, .hash, $s.r, $s.s, $s.v]' answers >>got
		done
	done
	[ "$(wc -l <got)" -ge 20 ]
	diff want got
}

@test "sign: the body is what clients send, with vault and expiry where they were asked for" {
	limits '.vault = "0x1719884eb866cb12b2287399b15f7db5e7d775ea"'
	request a "$(buy 0 100 1)" ',"vault":"1719884EB866cb12b2287399b15f7db5e7d775ea"' >requests
	answers -l limits.json <requests >answers
	jq -r .body answers >body
	[ "$(jq -c 'keys' body)" = '["action","expiresAfter","nonce","signature","vaultAddress"]' ]
	[ "$(jq -c '[.action.type, .vaultAddress, .nonce, .expiresAfter]' body)" = "$(jq -c '["order", "0x1719884eb866cb12b2287399b15f7db5e7d775ea", .nonce, .expires_ms]' requests)" ]
	request b '{"type":"noop"}' | jq -c 'del(.expires_ms)' >requests
	answers -l "$LIMITS" <requests >answers
	[ "$(jq -r .body answers | jq -c 'keys')" = '["action","nonce","signature"]' ]
}

@test "sign: what leaves is the canonical form, whatever the spelling was" {
	request a '{ "grouping":"na", "orders":[{"p":"100.50","a":0,"s":"01.0","b":true,"t":{"limit":{"tif":"Gtc"}},"r":false}],"type":"order" }' >requests
	answers -l "$LIMITS" <requests >answers
	[ "$(jq -r .body answers | grep -oE '^\{"action":.*"grouping":"na"\}')" = '{"action":{"type":"order","orders":[{"a":0,"b":true,"p":"100.5","s":"1","r":false,"t":{"limit":{"tif":"Gtc"}}}],"grouping":"na"}' ]
}

# ---- keys ----

@test "sign: --address, with and without 0x and newline, in either case" {
	for text in "$KEY\n" "$KEY" "0x$KEY\n" "0X$KEY"; do
		(umask 077; printf "$text" >key)
		[ "$(quiet ocq-sign -k key --address)" = $ADDRESS ]
	done
	key key 0xE908F86DBB4D55AC876378565AAFEABC187F6690F046459397B17D9B9A19688E
	[ "$(ocq-sign --key key --address)" = 0xcd49bbac6e85fdeb167eb7ca41a945d2b8758f6f ]
	chmod 400 key
	ocq-sign --key key --address
}

@test "sign: a key file that others may read, and every other wrong one, is refused" {
	for mode in 640 604 620 602 610 601 644 660 777; do
		key key; chmod $mode key
		dies 77 "key: has mode $mode, so others may read it: chmod 600" ocq-sign -k key --address
	done
	key real; ln -s real link
	dies 77 'link: is a symbolic link' ocq-sign -k link --address
	mkfifo -m 600 fifo
	dies 77 'fifo: is not a regular file' ocq-sign -k fifo --address
	dies 77 '.: is not a regular file' ocq-sign -k . --address
	dies 77 'none: cannot be opened' ocq-sign -k none --address
	for text in $KEY 0x$KEY; do
		dies 77 'a key instead of the name of its file' ocq-sign -k $text --address
		run ! grep -q 0123456789 stderr.txt
	done
	for text in '' 0x "${KEY%?}" "${KEY}0" "0x${KEY}0" "$KEY " " $KEY" "$KEY"$'\r' "$KEY"$'\n' "0x0x${KEY%????}" "${KEY%?}g"; do
		key key "$text"
		dies 77 'key: is not 64 hex digits' ocq-sign -k key --address
		run ! grep -q 0123456789 stderr.txt
	done
	key key 0000000000000000000000000000000000000000000000000000000000000000
	dies 77 'no private key' ocq-sign -k key --address
	key key fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141
	dies 77 'no private key' ocq-sign -k key --address
}

@test "sign: a key file of another user is refused" {
	[ "$(id -u)" = 0 ] || skip 'only root can give a file away'
	key key; chown nobody key
	dies 77 'key: belongs to another user' ocq-sign -k key --address
}

@test "sign: a credential of systemd" {
	mkdir creds; key creds/agent
	[ "$(CREDENTIALS_DIRECTORY=$PWD/creds quiet ocq-sign --credential agent --address)" = $ADDRESS ]
	chmod 440 creds/agent		# as systemd's own access list looks
	[ "$(CREDENTIALS_DIRECTORY=$PWD/creds quiet ocq-sign --credential agent --address)" = $ADDRESS ]
	chmod 444 creds/agent
	CREDENTIALS_DIRECTORY=$PWD/creds dies 77 'others may read it' ocq-sign --credential agent --address
	CREDENTIALS_DIRECTORY=$PWD/creds dies 77 'is no file name' ocq-sign --credential ../creds/agent --address
	CREDENTIALS_DIRECTORY='' dies 77 'CREDENTIALS_DIRECTORY is not set' ocq-sign --credential agent --address
}

@test "sign: --new makes a key that only its owner can read, prints its address alone and replaces nothing" {
	umask 000
	quiet ocq-sign --new key >address
	[ "$(stat -c '%a %s' key)" = '600 65' ]
	grep -qxE '0x[0-9a-f]{40}' address
	[ "$(wc -l <address)" = 1 ]
	[ "$(ocq-sign -k key --address)" = "$(cat address)" ]
	ocq-sign --new other >address2
	run ! cmp -s address address2
	cp key before
	dies 77 'key: cannot be created: File exists' ocq-sign --new key
	cmp key before
	ln -s nowhere link
	dies 77 'link: cannot be created' ocq-sign --new link
	dies 77 'cannot be created' ocq-sign --new none/key
}

# terminal COMMAND ANSWER...: runs it on a terminal of its own and types each answer once it is asked; what it showed is in `shown`
terminal() {
	local command=$1 n=0 answer; shift
	rm -f typed shown; mkfifo typed
	bounded script -qefc "$command" shown <typed >/dev/null 2>&1 &
	pid=$!
	exec 7>typed
	for answer; do
		n=$((n + 1))
		for _ in $(seq 200); do [ "$(grep -oaE '(passphrase|again|key): ' shown 2>/dev/null | wc -l)" = $n ] && break; sleep 0.05; done
		printf '%s\n' "$answer" >&7
	done
	status=0; wait "$pid" || status=$?
	exec 7>&-
	return $status
}

@test "sign: a key under a passphrase, asked for on the terminal and not shown there" {
	terminal 'ocq-sign --new key --passphrase >address' 'correct horse' 'correct horse'
	[ "$(stat -c '%a %s' key)" = '600 173' ]
	grep -qxE 'ocq-key-1 [0-9a-f]{32} [0-9a-f]{64} [0-9a-f]{64}' key
	run ! grep -q horse shown
	terminal 'ocq-sign -k key --address >got' 'correct horse'
	diff address got
	request 1 '{"type":"noop"}' >requests
	terminal "ocq-sign -k key -l $LIMITS --no-header <requests >answers" 'correct horse'
	[ "$(jq -r '.type + .address' answers)" = "signed$(cat address)" ]
	run -77 terminal 'ocq-sign -k key --address' 'correct horsf'
	grep -q 'key: another passphrase, or the file was changed' shown
	run -77 terminal 'ocq-sign --new other --passphrase' 'correct horse' 'correct house'
	grep -q 'the two passphrases differ' shown
	run -77 terminal 'ocq-sign --new other --passphrase' ''
	grep -q 'no passphrase was given' shown
	[ ! -e other ]
	sed -i 's/.$//' key
	run -77 terminal 'ocq-sign -k key --address' 'correct horse'
	grep -q 'key: is damaged' shown
}

@test "sign: a passphrase comes from nowhere but a terminal" {
	terminal 'ocq-sign --new key --passphrase' 'correct horse' 'correct horse'
	dies 77 'a passphrase is needed, but there is no terminal' setsid ocq-sign -k key --address <<<'correct horse'
	dies 77 'a passphrase is needed, but there is no terminal' setsid ocq-sign --new other --passphrase <<<'correct horse'
	dies 64 '--passphrase goes with --new' ocq-sign -k key --passphrase --address
}

# ---- limits ----

@test "sign: nothing starts without limits, or with wrong ones" {
	key key
	dies 64 'nothing is signed without --limits FILE' ocq-sign -k key </dev/null
	dies 64 '--no-limits needs --network' ocq-sign -k key --no-limits </dev/null
	dies 64 'is not mainnet or testnet' ocq-sign -k key --no-limits --network main </dev/null
	dies 64 'nothing is signed without --limits FILE' ocq-sign -k key --no-limits --network testnet -l "$LIMITS" </dev/null
	dies 64 '--network goes with --no-limits' ocq-sign -k key --network testnet -l "$LIMITS" </dev/null
	dies 64 'one of --key FILE' ocq-sign -l "$LIMITS" </dev/null
	dies 64 'one of --key FILE' ocq-sign -k key --credential key -l "$LIMITS" </dev/null
	dies 64 'requests come on stdin' ocq-sign -k key -l "$LIMITS" requests
	dies 78 'none: No such file' ocq-sign -k key -l none </dev/null
	mkfifo fifo
	dies 78 'fifo: is not a regular file' ocq-sign -k key -l fifo </dev/null
	echo '{}' >./-		# a name like any other, not stdin
	dies 78 '-: "network" is missing' ocq-sign -k key -l - <"$LIMITS"
	limits 'del(.max_order_usd)'
	dies 78 'limits.json: "max_order_usd" is missing: the most that an order may be worth, or null' ocq-sign -k key -l limits.json </dev/null
	limits '.max_usd = 5'
	dies 78 'limits.json: "max_usd" is no limit' ocq-sign -k key -l limits.json </dev/null
	echo '{"network":"testnet",' >limits.json
	dies 78 'limits.json: line 2, column 1' ocq-sign -k key -l limits.json </dev/null
	cp "$LIMITS" limits.json; chmod 664 limits.json
	dies 78 'limits.json: others may change it' ocq-sign -k key -l limits.json </dev/null
	chmod 646 limits.json
	dies 78 'limits.json: others may change it' ocq-sign -k key -l limits.json </dev/null
}

# breaks LIMIT TEXT JQ REQUEST...: the last of the requests is refused, by that limit with that text; those before are signed
breaks() {
	local limit=$1 text=$2 n
	limits "$3"; shift 3
	n=$#
	printf '%s\n' "$@" | answers -l limits.json >answers
	jq -r 'if .type == "refused" then .limit else .type end' answers >got
	{ for ((; n > 1; n--)); do echo signed; done; echo "$limit"; } | diff - got
	tail -n 1 answers | jq -r .reason | grep -qF -- "$text" || { tail -n 1 answers; return 1; }
	echo "$limit" >>broken
}

@test "sign: each limit is refused by its name, with the value and the bound; none is left out here" {
	local order cancel vault=0x1719884eb866cb12b2287399b15f7db5e7d775ea
	order=$(buy 0 500 1) cancel='{"type":"cancel","cancels":[{"a":0,"o":1}]}'
	breaks network 'for mainnet, but this key signs for testnet' . "$(request a "$order")" "$(request a "$order" ',"network":"mainnet"')"
	breaks vault "vault $vault is not none" . "$(request a "$order" ",\"vault\":\"$vault\"")"
	breaks vault "vault none is not $vault" ".vault = \"$vault\"" "$(request a "$order" ",\"vault\":\"$vault\"")" "$(request a "$order")"
	breaks actions 'order is not among' '.actions = ["cancel"]' "$(request a "$cancel")" "$(request a "$order")"
	breaks actions 'vaultTransfer is not among' . "$(request a "{\"type\":\"vaultTransfer\",\"vaultAddress\":\"$vault\",\"isDeposit\":true,\"usd\":1}")"
	breaks assets 'asset 9 is none of the 3' . "$(request a "$order")" "$(request a "$(buy 9 1 1)")"
	breaks max_order_usd 'order 1: 1000.00000001 USD are more than 1000' . "$(request a "$(buy 0 1000 1)")" "$(request a "$(buy 0 1000.00000001 1)")"
	breaks max_minute_usd '1000.5 USD in a minute are more than 1000' '.max_minute_usd = 1000' "$(request a "$order")" "$(request a "$order")" "$(request a "$(buy 0 0.5 1)")"
	breaks max_minute_orders '3 orders in a minute are more than 2' '.max_minute_orders = 2' "$(request a "$order")" "$(request a "$order")" "$(request a "$cancel")" "$(request a "$(buy 0 1 1)")"
	breaks max_minute_orders '3 reduce-only orders in a minute are more than 2' '.max_minute_orders = 2' "$(request a "$(buy 0 1 1 true)")" "$(request a "$(buy 0 1 1 true)")" "$(request a "$cancel")" "$(request a "$(buy 0 1 1 true)")"
	breaks max_leverage 'leverage 6 is more than 5' . "$(request a '{"type":"updateLeverage","asset":0,"isCross":true,"leverage":5}')" "$(request a '{"type":"updateLeverage","asset":0,"isCross":true,"leverage":6}')"
	breaks reduce_only 'order 1 is not reduce-only, which the limits file asks for' '.reduce_only = true' "$(request a "$cancel")" "$(request a "$(buy 0 9999 9 true)")" "$(request a "$order")"
	breaks expires_within_s 'must within 60 s' . "$(request a "$order")" "$(request a "$order" | jq -c 'del(.expires_ms)')"
	breaks expires_within_s 'later than in 5 s' '.expires_within_s = 5' "$(request a "$order")"
	breaks nonce_window_s 'ms from the clock, more than 60 s' . "$(request a "$order")" "$(request a "$order" | jq -c '.nonce -= 61000')"
	breaks builder "a fee to builder $vault" . "$(request a "$(jq -c ".builder = {b: \"$vault\", f: 1}" <<<"$order")")"
	breaks priority 'pays for priority' . "$(request a "$(jq -c '.grouping = {p: 5}' <<<"$order")")"
	breaks max_size 'order 1: 0.06 BTC are more than 0.05' . "$(request a "$(buy 3 1 0.05)")" "$(request a "$(buy 3 1 0.06)")"
	breaks malformed 'line 1, column 1' . "$(request a "$order")" 'no JSON'
	sed -nE 's/^LIMIT\(([a-z_]+),.*/\1/p' "$OCQ_ROOT/lib/sign/limits.def" | grep -vx signature | sort >want
	sort -u broken | diff want -
}

@test "sign: --no-limits bounds nothing, but signs no transfer of the master's" {
	request a "$(buy 77 99999999 900)" | jq -c 'del(.expires_ms) | .nonce = 1' >requests
	jq -c '.id = "b" | .action = (.nonce = 5 | {type: "usdSend", signatureChainId: "0x66eee", hyperliquidChain: "Testnet", destination: "0x1719884eb866cb12b2287399b15f7db5e7d775ea", amount: "1", time: 1})' requests >>requests.2
	cat requests requests.2 | answers --no-limits --network testnet >answers
	[ "$(jq -r .type answers | xargs)" = 'signed refused' ]
	[ "$(jq -r .limit answers | xargs)" = 'null actions' ]
}

@test "sign: simulated time is the clock that nonces and expiries are held against" {
	local now
	printf '\x00\x40\x6d\x9b\x9a\x01\x00\x00' >clock		# some day in 2025
	now=$(od -An -td8 clock | xargs)
	request a "$(buy 0 1 1)" | jq -c ".nonce = $now | .expires_ms = $now + 1000" >requests
	request b "$(buy 0 1 1)" >>requests
	OCQ_CLOCK=clock answers -l "$LIMITS" <requests >answers
	[ "$(jq -r '.limit // .type' answers | xargs)" = 'signed nonce_window_s' ]
}

# ---- lines ----

@test "sign: one answer a line, in order; a bad line ends nothing" {
	{
		echo '{"type":"header","schema":1}'
		request 1 '{"type":"noop"}'
		echo; echo '{'; echo '[]'; printf '\xff\xfe\n'
		echo '{"type":"signed","id":"forged"}'
		request 2 '{"type":"order"}'
		head -c 140000 /dev/zero | tr '\0' x; echo
		head -c 1000000 /dev/zero | tr '\0' '['; echo
		request "$(printf '%064d' 3)" '{"type":"noop"}'
		request "$(printf '%065d' 3)" '{"type":"noop"}'
		echo '{"type":"end","records":9}'
		request last '{"type":"noop"}' | tr -d '\n'
	} >requests
	key key
	quiet ocq-sign -k key -l "$LIMITS" <requests >answers
	[ "$(jq -r '.type + ":" + (.id // "-")' answers | xargs)" = "header:- signed:1 refused:- refused:- refused:- refused:- refused:forged refused:2 refused:- refused:- signed:$(printf '%064d' 3) refused:- refused:- end:-" ]
	[ "$(jq -r 'select(.type == "refused").limit' answers | sort -u)" = malformed ]
	[ "$(head -n 1 answers | jq -r .address)" = $ADDRESS ]
	[ "$(tail -n 1 answers)" = '{"type":"end","records":12}' ]
}

@test "sign: a line that is too long is refused, whatever its end says" {
	local n
	for n in 130800 131100 300000; do
		head -c $n /dev/zero | tr '\0' ' '
		request $n '{"type":"noop"}'
	done >requests
	answers -l "$LIMITS" <requests >answers
	[ "$(jq -r .type answers | xargs)" = 'signed refused refused' ]
	[ "$(tail -n 1 answers | jq -c .id)" = null ]
}

@test "sign: the answer comes while the input stays open" {
	key key
	mkfifo in
	bounded ocq-sign -k key -l "$LIMITS" <in >answers &
	pid=$!
	exec 7>in
	for n in 1 2 3; do
		request $n '{"type":"noop"}' >&7
		for _ in $(seq 100); do [ "$(wc -l <answers)" = $((n + 1)) ] && break; sleep 0.02; done
		[ "$(tail -n 1 answers | jq -r .id)" = $n ]
	done
	exec 7>&-
	wait "$pid"
}

@test "sign: no line, however mean, needs more memory than there is" {
	local n
	# fill HEAD UNIT TAIL: a line of nearly 131000 bytes
	fill() { jq -nr --arg a "$1" --arg u "$2" --arg z "$3" '$a + $u * ((131000 - ($a + $z | length)) / ($u | length) | floor) + $z'; }
	keys=$(seq -f '"%.0f":1' -s, 12000)
	for n in $(seq 20); do
		fill '[1' ',1' ']'
		fill '{"type":"sign","id":"a","nonce":1,"action":{"type":"dummy","x":[1' ',1' ']}}'
		fill '{"type":"sign","id":"a","nonce":1,"action":{"type":"dummy","x":"' '\"' '"}}'
		fill '{"type":"sign","id":"a","nonce":1,"action":{"type":"dummy","x":"' '\u0001' '"}}'
		printf '{"type":"sign","id":"a","nonce":1,"action":{"type":"dummy",%s}}\n' "$keys"
		printf '{"type":"sign","id":"a","nonce":1,%s}\n' "$keys"
		printf '{"type":"sign","id":"a","nonce":1,"action":{"type":"cancel","cancels":[{"a":0,"o":1}%s]}}\n' "$(seq -f ',{"a":%.0f,"o":18446744073709551615}' 3200 | tr -d '\n')"
	done >requests
	request last '{"type":"noop"}' >>requests
	[ "$(awk '{ if (length > m) m = length } END { print (m > 130000) }' requests)" = 1 ]
	answers --no-limits --network testnet <requests >answers
	[ "$(wc -l <answers)" = 141 ]
	[ "$(tail -n 1 answers | jq -r '.type + .id')" = signedlast ]
	[ "$(grep -c '"type":"signed"' answers)" -ge 41 ]
}

# ---- the kill ----

@test "sign: a kill record stops what opens, for good" {
	{
		request 1 "$(buy 0 1 1)"
		echo '{"type":"kill","id":"k","cause":"drawdown","level":2}'
		request 2 "$(buy 0 1 1)"
		request 3 "$(buy 0 1 1 true)"
		echo '{"type":"unkill"}'
		echo '{"type":"kill"}'
		request 4 "$(buy 0 1 1)"
	} | answers -l "$LIMITS" >answers
	[ "$(jq -r '[.id, .limit // .type] | join(":")' answers | xargs)" = '1:signed k:killed 2:reduce_only 3:signed :malformed :killed 4:reduce_only' ]
	grep -q 'which a kill asks for' answers
}

@test "sign: SIGUSR1 is a kill" {
	key key
	mkfifo in
	ocq-sign -k key -l "$LIMITS" --no-header <in >answers &
	pid=$!
	exec 7>in
	request 1 "$(buy 0 1 1)" >&7
	for _ in $(seq 100); do [ -s answers ] && break; sleep 0.02; done
	kill -USR1 "$pid"
	request 2 "$(buy 0 1 1)" >&7
	request 3 "$(buy 0 1 1 true)" >&7
	exec 7>&-
	wait "$pid"
	[ "$(jq -r '.limit // .type' answers | xargs)" = 'signed reduce_only signed' ]
}

# ---- walls ----

# started: ocq-sign waits at fd 7 as $pid
started() {
	[ -e key ] || key key
	mkfifo in
	ocq-sign -k key -l "$LIMITS" <in >answers 2>err &
	pid=$!
	exec 7>in
	for _ in $(seq 200); do [ -s answers ] && return; sleep 0.02; done
	return 1
}
stopped() { exec 7>&-; wait "$pid"; }

@test "sign: no core, no debugger, no privileges, no environment, no descriptor but three; a filter of calls" {
	walled
	export SECRET_OF_THE_PARENT=xyzzy
	exec 9<"$LIMITS"
	started
	grep -qE '^Seccomp:\s+2' "/proc/$pid/status"
	grep -qE '^NoNewPrivs:\s+1' "/proc/$pid/status"
	grep -qE '^VmLck:\s+[1-9]' "/proc/$pid/status"
	grep -qE '^Max core file size +0 +0 ' "/proc/$pid/limits"
	[ "$(stat -c %u "/proc/$pid/environ")" = 0 ]
	[ "$(tr -d '\0' <"/proc/$pid/environ" | wc -c)" = 0 ] || [ "$(id -u)" != 0 ]
	ls -l "/proc/$pid/fd" >fds
	run ! grep -q limits fds
	[ "$(grep -c -- '->' fds)" -le 5 ]	# with both ends of the stop signal's pipe
	exec 9<&-
	stopped
}

# A library that is loaded first and, at the first answer, does what its environment said: as if the signer had been taken over.
intruder() {
	cat >intruder.c <<'END'
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
static char what[32];
__attribute__((constructor)) static void look(void) { strncpy(what, getenv("INTRUDE") ? getenv("INTRUDE") : "", sizeof what - 1); unsetenv("LD_PRELOAD"); }
ssize_t write(int fd, const void *p, size_t n)
{
	char *args[] = { "/bin/true", NULL };
	if (!strcmp(what, "open")) open("/etc/hostname", O_RDONLY);
	if (!strcmp(what, "socket")) socket(AF_INET, SOCK_STREAM, 0);
	if (!strcmp(what, "unix")) socket(AF_UNIX, SOCK_STREAM, 0);
	if (!strcmp(what, "fork")) syscall(SYS_clone, 17, 0, 0, 0, 0);
	if (!strcmp(what, "exec")) execv(args[0], args);
	if (!strcmp(what, "mmap")) mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!strcmp(what, "mprotect")) mprotect((void *)((unsigned long)what & ~4095ul), 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
	if (!strcmp(what, "dumpable")) prctl(PR_SET_DUMPABLE, 1);
	if (!strcmp(what, "ptrace")) ptrace(PTRACE_TRACEME, 0, 0, 0);
	if (!strcmp(what, "kill")) syscall(SYS_kill, 1, 0);
	if (!strcmp(what, "io_uring")) syscall(425, 8, 0);
	return syscall(SYS_write, fd, p, n);
}
END
	${CC:-cc} -shared -fPIC -o intruder.so intruder.c
}

@test "sign: an opened file, a socket, a child, a program, executable memory: each ends the process at once" {
	local what status
	walled
	intruder
	key key
	request 1 '{"type":"noop"}' >requests
	LD_PRELOAD=$PWD/intruder.so INTRUDE=nothing ocq-sign -k key -l "$LIMITS" <requests >answers
	[ "$(wc -l <answers)" = 3 ]
	for what in open socket unix fork exec mmap mprotect dumpable ptrace kill io_uring; do
		status=0
		(LD_PRELOAD=$PWD/intruder.so INTRUDE=$what exec ocq-sign -k key -l "$LIMITS") <requests >answers 2>err || status=$?
		[ "$status" = 159 ] && [ ! -s answers ] || { echo "$what: $status"; return 1; }	# 128 + SIGSYS
	done
	[ -z "$(ls core* 2>/dev/null)" ]
}

@test "sign: stopped and continued it goes on; SIGTERM ends it quietly" {
	started
	kill -STOP "$pid"; kill -CONT "$pid"
	request 1 '{"type":"noop"}' >&7
	for _ in $(seq 100); do [ "$(wc -l <answers)" = 2 ] && break; sleep 0.02; done
	[ "$(tail -n 1 answers | jq -r .id)" = 1 ]
	kill "$pid"
	wait "$pid"
	exec 7>&-
	[ ! -s err ]
	[ "$(wc -l <answers)" = 2 ]
}

@test "sign: a full disk is exit 75, a reader that leaves is quiet" {
	key key
	writes 75 /dev/full ocq-sign -k key -l "$LIMITS" </dev/null
	writes 75 /dev/full ocq-sign -k key --address
	for n in $(seq 3000); do echo x; done >requests
	reader_leaves 1 ocq-sign -k key -l "$LIMITS" <requests
}

# SPDX-License-Identifier: MIT
# ocq-alert: what a person is told, where, how often, and from which record on.
load lib

put() { ocq-journal append -q j; }
lane_record() {
	printf '{"type":"lane","mode":"paper","account":"0xaa","network":"testnet","interval":"1h","first_ms":0,"from_ms":0,"lookback":50,"balance_usd":1000}\n'
}
drift() { printf '{"type":"drift","symbol":"%s","t_ms":1,"ours":"1","theirs":"0","class":"missing_exchange","severity":"%s"}\n' "$1" "$2"; }
kill_level() { printf '{"type":"kill_level","cause":"operator","level":"%s","by":"me","why":"a \\"look\\""}\n' "$1"; }
alarm() { printf '{"type":"alarm","t_ms":1,"what":"%s","level":"%s","symbol":"","text":"t"}\n' "$1" "$2"; }

# begun: a journal that was looked at
begun() { lane_record | put; ocq-alert --once --state s j; }
alert() { ocq-alert --once --state s "$@" j; }

# server: answers POSTs with 200 and writes path and body to file got
server() {
	python3 - 3>&- <<'P' &
import http.server
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length'])).decode()
        open('got', 'a').write(self.path + ' ' + body.strip() + '\n')
        self.send_response(500 if self.path == '/no' else 200); self.send_header('Content-Length', '0'); self.end_headers()
    def log_message(self, *a): pass
s = http.server.HTTPServer(('127.0.0.1', 0), H)
open('port.tmp', 'w').write(str(s.server_port))
import os; os.rename('port.tmp', 'port')
s.serve_forever()
P
	server=$!
	for _ in $(seq 200); do [ -e port ] && break; sleep 0.05; done
	port=$(cat port)
}
teardown() { [ -z "${server:-}" ] || kill "$server"; }

@test "alert: what is told, once, and nothing from before the first start" {
	lane_record | put
	kill_level halt_all | put
	[ -z "$(alert)" ]
	{ kill_level close_only; drift BTC critical; alarm unresolved error; alarm note info; } | put
	alert >told
	[ "$(jq -r '[.type, .what, .level, .symbol] | join(" ")' told)" = "$(printf '%s\n' 'alarm kill_level error ' 'alarm drift error BTC' 'alarm unresolved error ')" ]
	[ "$(head -n 1 told | jq -r .text)" = 'operator: close_only, by me: a "look"' ]
	[ -z "$(alert)" ]
}

@test "alert: an order whose outcome is not known" {
	begun
	printf '{"type":"intent","id":"00112233445566778899aabbccddeeff","t_ms":1000,"symbol":"BTC","action":"OPEN","side":"buy","size":"1","reduce_only":false,"ref_px":1,"limit_px":"","notional_usd":1,"cash_usd":0,"leverage":3,"confidence":"high","reason_code":"entry_signal","reason":"","entry_atr":1,"adx_threshold":0,"valid_until_ms":0,"place":0,"op":null}\n{"type":"step_commit","seen":0,"t_ms":1000,"config_id":"ab","balance_usd":900,"equity_usd":900,"margin_usd":0,"positions":0,"decisions":0,"intents":0,"late":false}\n' | put
	printf '{"type":"send","intent":"00112233445566778899aabbccddeeff","attempt":0,"kind":"order","symbol":"BTC","nonce":1,"cloid":"0x6f63715f00112233445566778899aa00","size":"1","limit_px":"1","mid_px":1,"expires_ms":0,"body":"{}"}\n' | put
	printf '{"type":"outcome","intent":"00112233445566778899aabbccddeeff","attempt":0,"nonce":1,"kind":"order","outcome":"unknown","over":false,"oid":null,"filled":"0","avg_px":0,"code":null,"evidence":"answer","error":"timeout"}\n' | put
	[ "$(alert | jq -r '[.what, .symbol] | join(" ")')" = 'unknown 00112233445566778899aabbccddeeff' ]
}

@test "alert: the same thing again only after the cooldown, and so many in a minute" {
	begun
	{ drift BTC critical; drift ETH critical; drift BTC critical; drift BTC minor; } | put
	[ "$(alert | jq -r .symbol | xargs)" = 'BTC ETH BTC' ]
	{ drift BTC critical; drift BTC critical; } | put
	[ "$(alert --cooldown 0 | wc -l)" = 2 ]
	for i in $(seq 30); do alarm "a$i" warn; done | put
	[ "$(alert | wc -l)" = 20 ]
}

@test "alert: a program that has fallen silent" {
	begun
	printf '{"type":"beat","by":"ocq-exec","t_ms":1,"step_ms":0}\n' | put
	[ -z "$(alert --period 1000)" ]
	printf '{"type":"beat","by":"ocq-exec","t_ms":1,"step_ms":0}\n' | put
	ocq-alert --state s --period 0.2 j >told 3>&- & pid=$!
	for _ in $(seq 200); do [ -s told ] && break; sleep 0.05; done
	kill $pid; wait $pid
	[ "$(jq -r '[.what, .symbol] | join(" ")' told)" = 'beat ocq-exec' ]
}

@test "alert: to a command, a webhook, Discord and Telegram" {
	server
	begun
	drift BTC critical | put
	echo "http://127.0.0.1:$port/discord" >d; echo 'TOKEN -100' >t; chmod 600 d t
	alert --command 'cat >>cmd' --webhook "http://127.0.0.1:$port/hook" --discord d --telegram t --telegram-api "http://127.0.0.1:$port" >told
	cmp told cmd
	[ "$(sed -n 1p got)" = "/hook $(cat told)" ]
	text='[j] error drift BTC: missing_exchange: critical, ours 1, the exchange'"'"'s 0'
	[ "$(sed -n 2p got)" = "/discord {\"content\":\"$text\"}" ]
	[ "$(sed -n 3p got)" = "/botTOKEN/sendMessage {\"chat_id\":\"-100\",\"text\":\"$text\"}" ]
	drift ETH critical | put
	alert --command false --webhook "http://127.0.0.1:$port/no" >told 2>said
	grep -q -- '--webhook: not told: it answers 500' said
	grep -q -- '--command: not told: it failed' said
}

@test "alert: what is wrong" {
	begun
	echo secret >t; chmod 644 t
	dies 78 't: others can read it' ocq-alert --once --telegram t j
	chmod 600 t
	dies 78 't: holds no bot token and chat id' ocq-alert --once --telegram t j
	dies 64 'give a journal' ocq-alert
	dies 65 'none' ocq-alert --once none
	echo '{' >s
	dies 65 's: ' ocq-alert --once --state s j
}

/* SPDX-License-Identifier: MIT
 * What the suites share: an exchange of their own with its control socket, accounts, both SDKs' clients, and expectations. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import * as hl from '@nktkas/hyperliquid'
import ccxt from 'ccxt'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { market } from './market.mjs'

export const MARKET = { BTC: 0, ETH: 1, OLD: 2, ISO: 3, TINY: 4, SOL: 5, PURR: 10000, X: 110000 }
export const BOOK = { coin: 'BTC', bids: [['84143', '1.5'], ['84100', '2']], asks: [['84144', '1'], ['84150', '3']] }
const LIFE_S = '300'	/* an exchange whose suite was killed ends by itself */

export function wallet(key = generatePrivateKey()) {
	return Object.assign(privateKeyToAccount(key), { key, user: privateKeyToAccount(key).address.toLowerCase() })
}

async function control_socket(path) {
	const socket = createConnection(path)
	const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
	let last = Promise.resolve()
	const ask = async line => {
		socket.write(JSON.stringify(line) + '\n')
		const answer = JSON.parse((await lines.next()).value)
		assert.ok(answer.ok, `${JSON.stringify(line)}: ${answer.error}`)
		return answer
	}
	await once(socket, 'connect')
	return { ask: line => last = last.then(() => ask(line)), close: () => socket.destroy() }
}

/* Starts the program behind a timeout: its first line, how to ask it, how it ends. */
async function program(args, control_path) {
	const child = spawn('timeout', ['--foreground', '-k', '5', LIFE_S, join(process.env.OCQ_BIN, 'ocq-paperx'), ...args],
		{ stdio: ['ignore', 'pipe', 'inherit'] })
	const ended = once(child, 'exit')
	const first = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
	return { listening: JSON.parse(first.value), control: await control_socket(control_path), ended,
		signal: name => process.kill(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim(), name) }
}

/* One with limits off, a journal where it is asked for, and a clock that stands at the present and moves by advance(); now 0 is the
 * real clock, builtin its own coins. */
export async function exchange({ network = 'mainnet', limits = 'off', now = Date.now(), builtin = false, journal = false,
	options = [] } = {}) {
	const dir = mkdtempSync(join(tmpdir(), 'ocq-sdk-')), ctl = join(dir, 'ctl')
	const args = ['-q', '--network', network, '--limits', limits, '--control', ctl, ...(now ? ['--now', now] : []), ...options,
		...(builtin ? [] : ['--market', join(dir, 'market.json')]), ...(journal ? ['--journal', join(dir, 'journal')] : [])]
	writeFileSync(join(dir, 'market.json'), JSON.stringify(market))
	let run = await program(args, ctl)
	const { url, ws } = run.listening
	const say = (what, value) => run.control.ask({ [what]: value })

	return {
		url, ws, network, testnet: network === 'testnet', say,
		advance: ms => say('advance_ms', ms),
		rules: rules => say('rules', rules),
		fault: fault => say('fault', fault),
		/* What others offer, with mark and oracle in the middle of it. */
		async book(book = BOOK, mark = (+book.bids[0][0] + +book.asks[0][0]) / 2) {
			await say('set_book', book)
			for (const what of ['mark', 'oracle'])
				await say(what, { coin: book.coin, px: String(mark) })
		},
		async fund(usd, w = wallet()) {
			await say('fund', { account: w.user, usd: String(usd) })
			return w
		},
		/* Dies at once, and is started on its journal and port again. */
		async restart() {
			run.control.close()
			run.signal('SIGKILL')
			await run.ended
			run = await program([...args, '-p', new URL(url).port], ctl)
		},
		async stop() {
			run.control.close()
			run.signal('SIGTERM')
			const [status] = await run.ended
			rmSync(dir, { recursive: true })
			assert.equal(status, 0, 'ocq-paperx ends well')
		},
	}
}

/* ---- @nktkas/hyperliquid ---- */

export const http = x => new hl.HttpTransport({ apiUrl: x.url, isTestnet: x.testnet })
export const info = x => new hl.InfoClient({ transport: http(x) })
export const trader = (x, w, more = {}) => new hl.ExchangeClient({ transport: http(x), wallet: w, ...more })
export const socket = (x, more = {}) => new hl.WebSocketTransport({ url: x.ws, isTestnet: x.testnet,
	reconnect: { reconnectionDelay: 50 }, ...more })

/* An order in short: limit(BTC, '0.01', '84144', { tif: 'Ioc' }); a negative size sells. */
export function limit(a, size, p, { tif = 'Gtc', reduce = false, cloid } = {}) {
	return { a, b: !size.startsWith('-'), p, s: size.replace('-', ''), r: reduce, t: { limit: { tif } }, ...(cloid && { c: cloid }) }
}
/* A market order that goes 10 % from its trigger, or to p. */
export function trigger(a, size, triggerPx, tpsl, { p, isMarket = true, reduce = true, cloid } = {}) {
	p ??= String(Math.round(triggerPx * (size.startsWith('-') ? 0.9 : 1.1)))
	return { ...limit(a, size, p, { reduce, cloid }), t: { trigger: { isMarket, triggerPx, tpsl } } }
}
export const place = (client, orders, grouping = 'na', more = {}) => client.order({ orders: [orders].flat(), grouping, ...more })
	.then(answer => answer.response.data.statuses)

let nonces = Date.now()
export const noop = client => client.noop({ nonce: nonces = Math.max(nonces + 1, Date.now()) })

let cloids = 0
/* With high bits set: the SDK sends small ones as numbers. */
export const cloid = () => '0xfeed' + String(++cloids).padStart(28, '0')

/* ---- ccxt ---- */

function ccxt_options(x, w, more) {
	return { walletAddress: w.address, privateKey: w.key, enableRateLimit: false, ...more,
		urls: { api: { public: x.url, private: x.url, ws: { public: x.ws } } } }
}
function ccxt_network(client, x) {
	client.options.sandboxMode = x.testnet
	return client
}
export const ccxt_rest = (x, w, more = {}) => ccxt_network(new ccxt.hyperliquid(ccxt_options(x, w, more)), x)
export async function ccxt_socket(x, w, more = {}) {
	const client = ccxt_network(new ccxt.pro.hyperliquid(ccxt_options(x, w, more)), x)
	await client.loadHttpProxyAgent()	/* plain ws:// fails without */
	return client
}

/* ---- what is expected ---- */

/* Waits until `what` is true (or no longer throws), at most 10 s. */
export async function eventually(what, name = String(what)) {
	const end = Date.now() + 10000
	for (;;) {
		const value = await what()
		if (value)
			return value
		assert.ok(Date.now() < end, `not within 10 s: ${name}`)
		await new Promise(wake => setTimeout(wake, 10))
	}
}

/* The promise fails with an error of this class whose message has the text. */
export async function refused(promise, text, type = hl.ApiRequestError) {
	const e = await promise.then(answer => assert.fail(`taken, not refused with "${text}": ${JSON.stringify(answer)}`), e => e)
	assert.ok(e instanceof type, `${e.constructor.name} instead of ${type.name}: ${e.message}`)
	assert.ok(e.message.includes(text), `"${e.message}" lacks "${text}"`)
	return e
}

export const sum = numbers => numbers.reduce((a, b) => a + +b, 0)
export function near(got, want, within = 1e-6) {
	assert.ok(Math.abs(got - want) <= within, `${got} is not within ${within} of ${want}`)
}
/* Fees are cut to six decimals. */
export const fee = (px, sz, rate) => Math.floor(+(px * sz * rate * 1e6).toFixed(4)) / 1e6

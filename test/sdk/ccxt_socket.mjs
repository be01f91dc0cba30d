/* SPDX-License-Identifier: MIT
 * ccxt.pro: what it watches, orders through the socket, dropped sockets. */
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import ccxt from 'ccxt'
import { BOOK, ccxt_rest, ccxt_socket, exchange, info, near, refused } from './lib.mjs'

const BTC = 'BTC/USDC:USDC', ETH = 'ETH/USDC:USDC'
let x, open = []

before(async () => {
	x = await exchange()
	await x.book()
	await x.book({ coin: 'ETH', bids: [['2500', '10']], asks: [['2501', '10']] })
})
after(() => x.stop())
afterEach(async () => {
	await Promise.all(open.splice(0).map(c => c.close()))
	await x.say('clear_faults', true)
})

async function account(usd = 10000) {
	const w = await x.fund(usd), c = await ccxt_socket(x, w)
	open.push(c)
	await c.loadMarkets()
	return Object.assign(c, { w, user: w.user })
}
/* Watches until it is good; what is watched may come in several parts. */
async function until(watch, good) {
	for (;;) {
		const got = await watch()
		if (good(got))
			return got
	}
}
/* One socket takes subscriptions in order: behind the book of a coin, those before it are there. */
const subscribed = c => c.watchOrderBook(ETH)

test('order book, ticker, tickers', async () => {
	const c = await account()
	const book = await c.watchOrderBook(BTC)
	assert.deepEqual([book.bids[0], book.asks[0]], [[84143, 1.5], [84144, 1]])
	const all = until(() => c.watchTickers([BTC]), t => t[BTC].last === 84200.5),
		next = until(() => c.watchOrderBook(BTC), b => b.bids[0][0] === 84200)
	const one = until(() => c.watchTicker(BTC), t => +t.info.markPx === 84200.5)
	await subscribed(c)
	await x.book({ coin: 'BTC', bids: [['84200', '1']], asks: [['84201', '2']] })
	assert.equal((await next).asks[0][1], 2)
	await all
	assert.deepEqual([(await one).symbol, (await one).bid, (await one).ask], [BTC, 84200, 84201])
	await x.book()
})

test('trades and candles', async () => {
	const c = await account(), seen = []
	const trades = until(() => c.watchTrades(BTC), t => seen.push(...t) && seen.some(t => t.amount === 0.75))
	const bars = until(() => c.watchOHLCV(BTC, '1m'), b => b.at(-1)[5] >= 1.25)
	await subscribed(c)
	await x.say('trade', { coin: 'BTC', side: 'B', px: '84144', sz: '0.5' })
	await x.say('trade', { coin: 'BTC', side: 'A', px: '84143', sz: '0.75' })
	await trades
	assert.deepEqual([...new Set(seen.slice(-2).map(t => `${t.side} ${t.amount} @ ${t.price}`))].sort(),
		['buy 0.5 @ 84144', 'sell 0.75 @ 84143'])
	assert.deepEqual((await bars).at(-1).slice(1), [84144, 84144, 84143, 84143, 1.25])
})

test('orders, my trades, positions, balance', async () => {
	const c = await account(), orders = []
	const placed = until(() => c.watchOrders(BTC), o => orders.push(...o.map(o => ({ ...o })))
		&& orders.some(o => o.status === 'canceled'))
	const trades = until(() => c.watchMyTrades(BTC), t => t.length > 0)
	const positions = until(() => c.watchPositions([BTC]), p => p[0]?.contracts === 0.1)
	await subscribed(c)
	await c.createOrder(BTC, 'market', 'buy', 0.1, 84144)
	const rest = await c.createOrder(BTC, 'limit', 'buy', 0.01, 80000)
	await c.cancelOrder(rest.id, BTC)
	await placed
	assert.ok(orders.some(o => o.status === 'closed' && o.amount === 0.1 && o.remaining === 0))
	assert.ok(orders.some(o => o.status === 'open' && o.id === rest.id))
	const [t] = await trades
	assert.deepEqual([t.side, t.price, t.amount, t.info.crossed], ['buy', 84144, 0.1, true])
	assert.equal((await positions)[0].entryPrice, 84144)
	const other = await ccxt_socket(x, c.w)
	open.push(other)
	await other.loadMarkets()
	const balance = await other.watchBalance()
	near(balance.USDC?.total ?? +balance.info.clearinghouseState.marginSummary.accountValue,
		(await info(x).clearinghouseState({ user: c.user })).marginSummary.accountValue, 1e-6)
	await x.book()
})

test('orders through the socket', async () => {
	const c = await account()
	const o = await c.createOrderWs(BTC, 'limit', 'buy', 0.01, 80000)
	assert.ok(o.id)
	const [second] = await c.createOrdersWs([{ symbol: BTC, type: 'limit', side: 'buy', amount: 0.01, price: 79000 }])
	const edited = await c.editOrderWs(o.id, BTC, 'limit', 'buy', 0.02, 80001)
	assert.deepEqual((await c.fetchOpenOrders(BTC)).map(o => [o.price, o.amount]).sort(), [[79000, 0.01], [80001, 0.02]])
	await c.cancelOrdersWs([edited.id, second.id], BTC)
	assert.deepEqual(await c.fetchOpenOrders(BTC), [])
	await refused(c.createOrderWs(BTC, 'limit', 'buy', 3, 80000), 'Insufficient margin to place order. asset=0',
		ccxt.InsufficientFunds)
})

test('a dropped socket: NetworkError, and the next call is subscribed again', async () => {
	const c = await account()
	const trades = c.watchMyTrades(BTC), book = c.watchOrderBook(BTC)
	await book
	const ended = Promise.all([trades, c.watchOrderBook(BTC)].map(pending => refused(pending, '', ccxt.NetworkError)))
	await x.fault({ fault: 'ws_drop', kind: 'l2Book' })
	await x.book({ ...BOOK, bids: [['84000', '1']] })
	await ended
	assert.equal((await c.watchOrderBook(BTC)).bids[0][0], 84000)
	const next = until(() => c.watchMyTrades(BTC), t => t.length > 0)
	await subscribed(c)
	await c.createOrder(BTC, 'market', 'buy', 0.01, 84144)
	assert.equal((await next)[0].amount, 0.01)
	await x.book()
})

test('unwatched', async () => {
	const c = await account()
	await c.watchOrderBook(BTC)
	await c.unWatchOrderBook(BTC)
	assert.equal((await c.watchOrderBook(BTC)).bids[0][0], 84143)
})

test('testnet’s signatures through the socket', async () => {
	const t = await exchange({ network: 'testnet' }), w = await t.fund(1000), c = await ccxt_socket(t, w)
	try {
		await t.book()
		assert.ok((await c.createOrderWs(BTC, 'limit', 'buy', 0.01, 80000)).id)
		assert.equal((await ccxt_rest(t, w).fetchOpenOrders(BTC)).length, 1)
	} finally {
		await c.close()
		await t.stop()
	}
})

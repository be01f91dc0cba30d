/* SPDX-License-Identifier: MIT
 * @nktkas/hyperliquid over WebSocket: every subscription, requests by post, sockets that drop, limits. */
import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { ApiRequestError, ExchangeClient, InfoClient, SubscriptionClient, WebSocketRequestError } from '@nktkas/hyperliquid'
import { BOOK, MARKET, cloid, eventually, exchange, fee, info, limit, near, noop, place, refused, socket, trader,
	wallet } from './lib.mjs'
import { of } from './types.mjs'

const { BTC } = MARKET
const types = of('subscription'), open = []
let x

before(async () => {
	x = await exchange()
	await x.book()
})
after(() => x.stop())
afterEach(async () => {
	open.splice(0).forEach(s => s.close())
	await x.say('clear_faults', true)
})

function connect(options) {
	const transport = socket(x)
	open.push(transport)
	return Object.assign(new SubscriptionClient({ transport }), { transport })
}
async function account(usd = 10000) {
	const w = await x.fund(usd)
	return { w, user: w.user, client: trader(x, w) }
}
/* What a subscription brings, in order. */
async function hear(client, channel, params) {
	const heard = []
	const type = channel[0].toUpperCase() + channel.slice(1) + 'Event'
	const listener = event => heard.push(types.add(type, event))
	const sub = await (params ? client[channel](params, listener) : client[channel](listener))
	return Object.assign(heard, { sub, next: n => eventually(() => heard.length >= n, `${n} of ${channel}, ${heard.length} came`) })
}

test('markets: books, best prices, mids, contexts, trades, candles', async () => {
	const client = connect(), coin = 'BTC'
	const book = await hear(client, 'l2Book', { coin }), bbo = await hear(client, 'bbo', { coin }),
		mids = await hear(client, 'allMids')
	const ctx = await hear(client, 'activeAssetCtx', { coin }), trades = await hear(client, 'trades', { coin })
	const candle = await hear(client, 'candle', { coin, interval: '1m' })
	for (const first of [book, bbo])
		await first.next(1)
	assert.deepEqual(bbo[0].bbo.map(l => l.px), ['84143.0', '84144.0'])

	await x.book({ coin, bids: [['84200', '1']], asks: [['84201', '2']] })
	await eventually(() => bbo.at(-1).bbo[0].px === '84200.0', 'the new best bid')
	await eventually(() => book.at(-1).levels[1][0].px === '84201.0' && book.at(-1).levels[1][0].sz === '2.0', 'the new book')
	await eventually(() => mids.at(-1)?.mids.BTC === '84200.5', 'the new mid')
	await eventually(() => ctx.at(-1)?.ctx.markPx === '84200.5', 'the new mark')

	await x.say('trade', { coin, side: 'B', px: '84201', sz: '0.5' })
	await x.say('trade', { coin, side: 'A', px: '84200', sz: '0.25' })
	await eventually(() => trades.flat().length >= 2, 'trades')
	assert.deepEqual(trades.flat().slice(-2).map(t => [t.side, t.px, t.sz]), [['B', '84201.0', '0.5'], ['A', '84200.0', '0.25']])
	await eventually(() => candle.at(-1)?.n >= 2, 'a candle of two trades')
	const { o, h, l, c, v, n, s, i, t, T } = candle.at(-1)
	assert.deepEqual([o, h, l, c, v, n, s, i, T - t], ['84201.0', '84201.0', '84200.0', '84200.0', '0.75', 2, coin, '1m', 59999])
	await x.book()
})

test('a grouped book; unsubscribed channels are silent', async () => {
	const client = connect()
	const book = await hear(client, 'l2Book', { coin: 'BTC', nSigFigs: 3 })
	await book.next(1)
	assert.deepEqual(book[0].levels.map(side => side[0].px), ['84100.0', '84200.0'])
	await book.sub.unsubscribe()
	const bbo = await hear(client, 'bbo', { coin: 'BTC' }), count = book.length
	await x.book({ ...BOOK, bids: [['84000', '1']] })
	await eventually(() => bbo.at(-1)?.bbo[0].px === '84000.0', 'the new best bid')
	assert.equal(book.length, count)
	await x.book()
})

test('an account: order updates, fills, events, state, open orders', async () => {
	const { user, client: trade } = await account()
	const client = connect()
	const updates = await hear(client, 'orderUpdates', { user }), fills = await hear(client, 'userFills', { user })
	const events = await hear(client, 'userEvents', { user }), state = await hear(client, 'clearinghouseState', { user })
	const orders = await hear(client, 'openOrders', { user }), data = await hear(client, 'activeAssetData', { user, coin: 'BTC' })
	const ledger = await hear(client, 'userNonFundingLedgerUpdates', { user }), spot = await hear(client, 'spotState', { user })
	const web = await hear(client, 'webData3', { user }), history = await hear(client, 'userHistoricalOrders', { user })
	await fills.next(1)
	assert.deepEqual([fills[0].isSnapshot, fills[0].fills, fills[0].user], [true, [], user])
	assert.equal(ledger[0].isSnapshot, true)
	assert.equal(web[0].userState.user, user)

	const c = cloid()
	const [{ resting }] = await place(trade, limit(BTC, '0.5', '84144', { cloid: c })).then(() =>
		place(trade, limit(BTC, '0.1', '80000')))
	await eventually(() => fills.length > 1 && updates.flat().length >= 2 && orders.at(-1).orders.length === 1, 'both orders')
	const [fill] = fills[1].fills
	assert.deepEqual([fill.px, fill.sz, fill.dir, fill.cloid, +fill.fee], ['84144.0', '0.5', 'Open Long', c, fee(84144, 0.5, 0.00045)])
	assert.deepEqual(events.find(e => e.fills).fills, [fill])
	assert.deepEqual(updates.flat().map(u => [u.order.limitPx, u.status, u.order.sz]),
		[['84144.0', 'filled', '0.0'], ['80000.0', 'open', '0.1']])
	assert.equal(orders.at(-1).orders[0].oid, resting.oid)
	await eventually(() => state.at(-1).clearinghouseState.assetPositions[0]?.position.szi === '0.5', 'the position')
	assert.deepEqual(state.at(-1).clearinghouseState.marginSummary, (await info(x).clearinghouseState({ user })).marginSummary)

	await trade.cancel({ cancels: [{ a: BTC, o: resting.oid }] })
	await eventually(() => updates.flat().at(-1).status === 'canceled' && !orders.at(-1).orders.length, 'the cancel')
	await eventually(() => history.at(-1).orderHistory.some(o => o.status === 'canceled'), 'the cancel in the history')
	await trade.updateLeverage({ asset: BTC, isCross: true, leverage: 10 })
	await eventually(() => data.at(-1).leverage.value === 10, 'the leverage')
	await trade.usdClassTransfer({ amount: '5', toPerp: false })
	await eventually(() => spot.at(-1).spotState.balances[0]?.total === '5.0'
		&& ledger.at(-1).nonFundingLedgerUpdates[0]?.delta.type === 'accountClassTransfer',
		'the transfer')
	await x.book()
})

test('partial fills of a resting order, trade by trade', async () => {
	const { user, client: trade } = await account(), client = connect()
	const updates = await hear(client, 'orderUpdates', { user }), fills = await hear(client, 'userFills', { user })
	const [{ resting }] = await place(trade, limit(BTC, '0.3', '84143.0', { tif: 'Alo' }))
	await x.say('set_book', { coin: 'BTC', bids: [['84100', '2']], asks: BOOK.asks })
	for (const sz of ['0.1', '0.05', '0.15'])
		await x.say('trade', { coin: 'BTC', side: 'A', px: '84143', sz })
	await eventually(() => updates.flat().at(-1).status === 'filled', 'the last fill')
	assert.deepEqual(updates.flat().map(u => [u.status, u.order.sz]),
		[['open', '0.3'], ['open', '0.2'], ['open', '0.15'], ['filled', '0.0']])
	const got = fills.slice(1).flatMap(f => f.fills)
	assert.deepEqual(got.map(f => [f.sz, f.crossed, f.startPosition]),
		[['0.1', false, '0.0'], ['0.05', false, '0.1'], ['0.15', false, '0.15']])
	assert.ok(got.every(f => f.oid === resting.oid) && new Set(got.map(f => f.tid)).size === 3)
	await x.book()
})

test('modify: the new order’s open and the old one’s canceled', async () => {
	const { user, client: trade } = await account(), client = connect(), c = cloid()
	const updates = await hear(client, 'orderUpdates', { user })
	const [{ resting }] = await place(trade, limit(BTC, '0.1', '80000', { cloid: c }))
	const { statuses } = (await trade.batchModify({ modifies: [{ oid: resting.oid,
		order: limit(BTC, '0.1', '80001', { cloid: c }) }] })).response.data
	await eventually(() => updates.flat().length === 3, 'three updates')
	assert.deepEqual(updates.flat().slice(1).map(u => [u.order.oid, u.status, u.order.cloid]).sort(),
		[[resting.oid, 'canceled', c], [statuses[0].resting.oid, 'open', c]])
})

test('funding and liquidation come as events', async () => {
	const { user, client: trade } = await account(1000), client = connect()
	const events = await hear(client, 'userEvents', { user }), fundings = await hear(client, 'userFundings', { user })
	const updates = await hear(client, 'orderUpdates', { user })
	await trade.updateLeverage({ asset: BTC, isCross: true, leverage: 40 })
	await place(trade, limit(BTC, '0.3', '84144', { tif: 'Ioc' }))
	await place(trade, limit(BTC, '0.001', '70000'))
	await x.say('rate', { coin: 'BTC', hourly: '0.0001' })
	await x.advance(3600000)
	await eventually(() => fundings.length > 1 && events.some(e => e.funding), 'funding')
	near(fundings.at(-1).fundings[0].usdc, -0.3 * 84143.5 * 0.0001)
	assert.equal(events.find(e => e.funding).funding.usdc, fundings.at(-1).fundings[0].usdc)
	const mark = Math.floor(+(await info(x).clearinghouseState({ user })).assetPositions[0].position.liquidationPx) - 30
	await x.book({ coin: 'BTC', bids: [[String(mark - 1), '5']], asks: [[String(mark + 1), '5']] })
	await eventually(() => events.some(e => e.liquidation) && events.some(e => e.nonUserCancel), 'the liquidation')
	assert.equal(events.find(e => e.liquidation).liquidation.liquidated_user, user)
	assert.equal(updates.flat().find(u => u.order.limitPx === '70000.0' && u.status !== 'open').status, 'marginCanceled')
	assert.ok(events.flatMap(e => e.fills ?? []).some(f => f.liquidation))
	await x.book()
})

test('trading and asking by post', async () => {
	const { user, w } = await account(), { transport } = connect()
	const trade = new ExchangeClient({ transport, wallet: w }), ask = new InfoClient({ transport })
	const [{ resting }] = await place(trade, limit(BTC, '0.01', '80000', { cloid: cloid() }))
	assert.equal((await ask.openOrders({ user }))[0].oid, resting.oid)
	assert.equal((await ask.l2Book({ coin: 'BTC' })).coin, 'BTC')
	await refused(place(trade, limit(BTC, '0.0001', '80000')), 'order 0: Order must have minimum value of $10. asset=0')
	await refused(noop(new ExchangeClient({ transport, wallet: wallet() })), 'does not exist.', ApiRequestError)
	assert.deepEqual((await trade.cancel({ cancels: [{ a: BTC, o: resting.oid }] })).response.data.statuses, ['success'])
	await trade.approveAgent({ agentAddress: wallet().address, agentName: 'post' })
	const many = await Promise.all(Array.from({ length: 50 }, () => ask.allMids()))
	assert.equal(many.length, 50)
	await refused(transport.request('info', { type: 'noSuchThing' }), 'Failed to deserialize', WebSocketRequestError)
	await refused(transport.request('info', { type: 'meta', dex: 'none' }), '500', WebSocketRequestError)
})

test('what cannot be subscribed', async () => {
	const client = connect(), { transport } = client, ignore = () => {}
	await hear(client, 'bbo', { coin: 'BTC' })
	await refused(transport.subscribe('webData2', { type: 'webData2', user: wallet().user }, ignore), 'Invalid subscription',
		WebSocketRequestError)
	await refused(transport._dispatcher.request('subscribe', { type: 'bbo', coin: 'BTC' }), 'Already subscribed',
		WebSocketRequestError)
	await refused(transport._dispatcher.request('unsubscribe', { type: 'bbo', coin: 'ETH' }), 'Already unsubscribed',
		WebSocketRequestError)
	await refused(client.bbo({ coin: 'NONE' }, ignore), 'WebSocket connection closed', WebSocketRequestError)
})

for (const [name, fault] of [['without a close', {}], ['with 1001', { code: 1001 }], ['with 1011', { code: 1011 }],
	['in the middle of a message', { code: -1 }]])
	test(`a socket that drops ${name}: it comes back, subscribes again, nothing is lost`, async () => {
		const { user, client: trade } = await account(), client = connect()
		const fills = await hear(client, 'userFills', { user }), bbo = await hear(client, 'bbo', { coin: 'BTC' })
		const updates = await hear(client, 'orderUpdates', { user })
		await fills.next(1)
		await x.fault({ fault: 'ws_drop', kind: 'orderUpdates', account: user, ...fault })
		await place(trade, limit(BTC, '0.01', '84144', { tif: 'Ioc' }))
		await eventually(() => fills.at(-1).isSnapshot && fills.at(-1).fills.length === 1, 'the fill in the new snapshot')
		const before = bbo.length
		await x.book({ ...BOOK, bids: [['84001', '1']] })
		await eventually(() => bbo.length > before && bbo.at(-1).bbo[0].px === '84001.0', 'the book goes on')
		await place(trade, limit(BTC, '0.01', '80000'))
		await eventually(() => updates.flat().some(u => u.order.limitPx === '80000.0'), 'updates go on')
		await x.book()
	})

test('sockets that are refused for a while', async () => {
	await x.fault({ fault: 'ws_refuse', ms: 60000, status: 502 })
	const client = connect()
	await refused(hear(client, 'bbo', { coin: 'BTC' }), 'WebSocket connection closed before the request was sent',
		WebSocketRequestError)
	await x.advance(60000)
	await client.transport.ready()
	await (await hear(client, 'bbo', { coin: 'BTC' })).next(1)
})

test('a post whose answer is lost; a fill pushed twice and late', async () => {
	const { user, w } = await account(), { transport } = connect()
	const trade = new ExchangeClient({ transport, wallet: w }), c = cloid()
	await x.fault({ fault: 'no_post_answer', kind: 'order' })
	transport.timeout = 300
	await refused(place(trade, limit(BTC, '0.01', '80000', { cloid: c })), 'timed out', WebSocketRequestError)
	assert.equal((await info(x).orderStatus({ user, oid: c })).order.status, 'open')
	const fills = await hear(connect(), 'userFills', { user })
	await x.fault({ fault: 'ws_dup', kind: 'userFills', account: user })
	await place(trader(x, w), limit(BTC, '0.01', '84144', { tif: 'Ioc' }))
	await fills.next(3)
	assert.deepEqual(fills[1], fills[2])
	await x.book()
})

test('rate limits: 429 over HTTP and in the socket', async () => {
	const { HttpRequestError } = await import('@nktkas/hyperliquid')
	const l = await exchange({ limits: 'on' }), transport = socket(l)
	try {
		const ask = info(l), post = new InfoClient({ transport })
		const failed = await Promise.all(Array.from({ length: 61 }, () => ask.meta().then(() => null, e => e))).then(all =>
			all.filter(Boolean))
		assert.equal(failed.length, 1)	/* 60 of weight 20 are a minute's 1200 */
		assert.ok(failed[0] instanceof HttpRequestError && failed[0].response.status === 429)
		await refused(post.allMids(), '429 Too Many Requests', WebSocketRequestError)
		await l.advance(60000)
		await ask.meta()
	} finally {
		transport.close()
		await l.stop()
	}
})

test('the exchange is killed and comes back: so does the socket, and nothing that was answered is lost', async () => {
	const l = await exchange({ journal: true }), transport = socket(l)
	try {
		await l.book()
		const w = await l.fund(10000), client = new SubscriptionClient({ transport }), trade = trader(l, w), { user } = w
		const fills = await hear(client, 'userFills', { user }), updates = await hear(client, 'orderUpdates', { user })
		await place(trade, limit(BTC, '0.01', '84144', { tif: 'Ioc' }))
		const [{ resting }] = await place(trade, limit(BTC, '0.02', '80000'))
		const state = await info(l).clearinghouseState({ user })
		await l.restart()
		await eventually(() => fills.filter(f => f.isSnapshot).length === 2, 'the second snapshot')
		assert.deepEqual(fills.at(-1).fills, fills[1].fills)
		assert.deepEqual((await info(l).openOrders({ user })).map(o => o.oid), [resting.oid])
		assert.deepEqual(await info(l).clearinghouseState({ user }), state)
		await trade.cancel({ cancels: [{ a: BTC, o: resting.oid }] })
		await eventually(() => updates.flat().at(-1).status === 'canceled', 'the cancel')
	} finally {
		transport.close()
		await l.stop()
	}
})

test('two sockets of one user hear the same', async () => {
	const { user, client: trade } = await account()
	const both = await Promise.all([connect(), connect()].map(client => hear(client, 'orderUpdates', { user })))
	await place(trade, [limit(BTC, '0.01', '80000'), limit(BTC, '0.01', '79000')])
	await Promise.all(both.map(updates => eventually(() => updates.flat().length === 2, 'both orders')))
	assert.deepEqual(both[0].flat(), both[1].flat())
})

test('testnet by post, on the real clock', async () => {
	const t = await exchange({ network: 'testnet', now: 0 }), transport = socket(t)
	try {
		await t.book()
		const w = await t.fund(1000)
		assert.ok((await place(new ExchangeClient({ transport, wallet: w }), limit(BTC, '0.01', '80000')))[0].resting.oid)
	} finally {
		transport.close()
		await t.stop()
	}
})

test('every message is of the type that the SDK declares', () => types.check())

/* SPDX-License-Identifier: MIT
 * ccxt over REST: markets, orders of every kind, account, errors by its classes. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import ccxt from 'ccxt'
import { ccxt_rest, cloid, exchange, fee, info, near, refused, sum, trader, wallet } from './lib.mjs'

const BTC = 'BTC/USDC:USDC', ETH = 'ETH/USDC:USDC'
let x, ask

before(async () => {
	x = await exchange()
	ask = info(x)
	await x.book()
	await x.book({ coin: 'ETH', bids: [['2500', '10'], ['2499', '20']], asks: [['2501', '10'], ['2502', '20']] })
})
after(() => x.stop())

async function account(usd = 10000, more = {}) {
	const w = await x.fund(usd), c = ccxt_rest(x, w, more)
	await c.loadMarkets()
	return Object.assign(c, { w, user: w.user })
}
const size = async (c, symbol = BTC) => (await c.fetchPositions([symbol]))[0]?.contracts ?? 0

test('loadMarkets: precisions and limits; what it signs unasked is taken', async () => {
	const c = await account()
	const m = c.market(BTC)
	assert.deepEqual([m.id, m.baseId, m.contract, m.linear, m.precision.amount, m.limits.leverage.max],
		['0', '0', true, true, 0.00001, 40])
	assert.equal(c.market('OLD/USDC:USDC').active, false)
	assert.equal(c.market('PURR/USDC').spot, true)
	await c.createOrder(BTC, 'limit', 'buy', 0.01, 80000)	/* carries the builder that it has had approved */
	assert.ok(c.options.approvedBuilderFee)
})

test('an order: placed, fetched, edited, cancelled', async () => {
	const c = await account(), clientOrderId = cloid()
	const placed = await c.createOrder(BTC, 'limit', 'buy', 0.01, 80000, { clientOrderId })
	const o = await c.fetchOrder(placed.id, BTC)
	assert.deepEqual([o.status, o.side, o.type, o.price, o.amount, o.filled, o.remaining, o.clientOrderId, o.timeInForce],
		['open', 'buy', 'limit', 80000, 0.01, 0, 0.01, clientOrderId, 'GTC'])
	const edited = await c.editOrder(placed.id, BTC, 'limit', 'buy', 0.02, 80001)
	assert.notEqual(edited.id, placed.id)
	assert.deepEqual((await c.fetchOpenOrders(BTC)).map(o => [o.id, o.price, o.amount]), [[edited.id, 80001, 0.02]])
	assert.equal((await c.fetchOrder(placed.id, BTC)).status, 'canceled')
	await c.cancelOrder(edited.id, BTC)
	assert.deepEqual(await c.fetchOpenOrders(), [])
	assert.equal((await c.fetchOrder(edited.id, BTC)).status, 'canceled')
	await refused(c.cancelOrder(edited.id, BTC), 'Order was never placed', ccxt.OrderNotFound)
})

test('by client id, many at once, all of them', async () => {
	const c = await account(), ids = [cloid(), cloid()]
	const orders = ids.map((clientOrderId, k) => ({ symbol: BTC, type: 'limit', side: 'buy', amount: 0.01, price: 80000 + k,
		params: { clientOrderId } }))
	const placed = await c.createOrders([...orders, { symbol: ETH, type: 'limit', side: 'sell', amount: 0.1, price: 3000,
		params: { clientOrderId: cloid() } }])
	assert.equal(placed.length, 3)
	assert.equal((await c.fetchOrder(undefined, BTC, { clientOrderId: ids[0] })).id, placed[0].id)
	await c.cancelOrder(undefined, BTC, { clientOrderId: ids[0] })
	await c.cancelOrders([placed[1].id], BTC)
	await c.cancelOrdersForSymbols([{ symbol: ETH, id: placed[2].id }])
	assert.deepEqual(await c.fetchOpenOrders(), [])
	assert.deepEqual((await c.fetchCanceledOrders()).map(o => o.id).sort(), placed.map(o => o.id).sort())
})

test('market order, fill, fee, position, balance; closed reduce-only', async () => {
	await x.book()
	const c = await account()
	const bought = await c.createOrder(BTC, 'market', 'buy', 0.1, 84144)
	assert.deepEqual([bought.filled, bought.average], [0.1, 84144])
	const [trade] = await c.fetchMyTrades(BTC)
	assert.deepEqual([trade.side, trade.price, trade.amount, trade.takerOrMaker, trade.order], ['buy', 84144, 0.1, 'taker', bought.id])
	near(trade.info.fee, fee(84144, 0.1, 0.00045) + fee(84144, 0.1, 0.0001), 1e-9)
	const [p] = await c.fetchPositions([BTC])
	assert.deepEqual([p.side, p.contracts, p.entryPrice, p.leverage, p.marginMode], ['long', 0.1, 84144, 20, 'cross'])
	near(p.unrealizedPnl, 0.1 * (84143.5 - 84144))
	const balance = await c.fetchBalance()
	near(balance.USDC.total, 10000 - trade.info.fee + p.unrealizedPnl)
	near(balance.USDC.used, p.initialMargin, 1e-3)
	await c.createOrder(BTC, 'market', 'sell', 0.1, 84143, { reduceOnly: true })
	assert.equal(await size(c), 0)
	const trades = await c.fetchMyTrades(BTC, 1)
	assert.equal(trades.length, 2)
	near((await c.fetchBalance()).USDC.free, 10000 + sum(trades.map(t => t.info.closedPnl)) - sum(trades.map(t => t.info.fee)))
	assert.deepEqual((await c.fetchClosedOrders(BTC)).map(o => o.status), ['closed', 'closed'])
})

test('a builder’s share, and plain orders where it is refused', async () => {
	await x.book()
	const c = await account()
	await c.createOrder(BTC, 'market', 'buy', 0.01, 84144)
	const [paid] = await ask.userFills({ user: c.user })
	assert.equal(+paid.builderFee, fee(84144, 0.01, 0.0001))
	near(paid.fee, fee(84144, 0.01, 0.00045) + +paid.builderFee, 1e-9)
	await x.rules({ refuse_builder_fee: true })
	const plain = await account()
	await plain.createOrder(BTC, 'market', 'buy', 0.01, 84144)
	assert.equal((await ask.userFills({ user: plain.user }))[0].builderFee, undefined)
	await x.rules({ refuse_builder_fee: false })
})

test('partly filled', async () => {
	await x.book({ coin: 'ETH', bids: [['2500', '3']], asks: [['2501', '3']] })
	const c = await account()
	const o = await c.createOrder(ETH, 'limit', 'sell', 5, 2500)
	const got = await c.fetchOrder(o.id, ETH)
	assert.deepEqual([got.status, got.filled, got.remaining], ['open', 3, 2])
	await x.say('trade', { coin: 'ETH', side: 'B', px: '2500', sz: '2' })
	assert.deepEqual([(await c.fetchOrder(o.id, ETH)).status, (await c.fetchOrder(o.id, ETH)).filled], ['closed', 5])
	assert.deepEqual((await c.fetchMyTrades(ETH)).map(t => [t.amount, t.takerOrMaker]).sort(), [[2, 'maker'], [3, 'taker']])
	assert.deepEqual([(await c.fetchPositions([ETH]))[0].side, await size(c, ETH)], ['short', 5])
})

test('triggers: stop loss, take profit, with a parent', async () => {
	await x.book()
	const c = await account(20000)
	await c.createOrder(BTC, 'market', 'buy', 0.1, 84144)
	await c.createOrder(BTC, 'market', 'sell', 0.1, 80000, { stopLossPrice: 83000, reduceOnly: true })
	await c.createOrder(BTC, 'limit', 'sell', 0.1, 86000, { takeProfitPrice: 86000, reduceOnly: true })
	assert.deepEqual((await c.fetchOpenOrders(BTC)).map(o => [o.triggerPrice, o.reduceOnly, o.type]).sort((a, b) => a[0] - b[0]),
		[[83000, true, 'market'], [86000, true, 'take profit limit']])
	await x.book({ coin: 'BTC', bids: [['82990', '5']], asks: [['82995', '5']] })
	assert.equal(await size(c), 0)
	await x.book()
	await c.createOrder(BTC, 'limit', 'buy', 0.1, 84200, { stopLoss: { triggerPrice: 83000, type: 'market' },
		takeProfit: { triggerPrice: 86000, type: 'market' } })
	assert.deepEqual((await c.fetchOpenOrders(BTC)).map(o => o.triggerPrice).sort(), [83000, 86000])
	await x.book({ coin: 'BTC', bids: [['86000', '5']], asks: [['86001', '5']] })
	assert.equal(await size(c), 0)
	assert.deepEqual(await c.fetchOpenOrders(BTC), [])
	await x.book()
})

test('leverage, margin modes, margin of a position', async () => {
	await x.book()
	const c = await account()
	await c.setLeverage(7, BTC)
	await c.setMarginMode('isolated', BTC, { leverage: 5 })
	await c.createOrder(BTC, 'market', 'buy', 0.1, 84144)
	const [before] = await c.fetchPositions([BTC])
	assert.deepEqual([before.marginMode, before.leverage], ['isolated', 5])
	await c.addMargin(BTC, 100)
	await c.reduceMargin(BTC, 40)
	const [after] = await c.fetchPositions([BTC])
	near(after.collateral - before.collateral, 60)
	await refused(c.setMarginMode('cross', BTC, { leverage: 5 }), 'Cannot switch leverage type with open position.',
		ccxt.ExchangeError)
})

test('a dead man’s switch', async () => {
	await x.rules({ schedule_volume: '0' })
	const c = await account(), o = await c.createOrder(BTC, 'limit', 'buy', 0.01, 80000)
	await c.cancelAllOrdersAfter(60000)
	await x.advance(70000)
	assert.equal((await c.fetchOrder(o.id, BTC)).info.status, 'scheduledCancel')
	await x.rules({ schedule_volume: '1000000' })
	await refused(c.cancelAllOrdersAfter(60000), 'Cannot set scheduled cancel time until enough volume traded.', ccxt.ExchangeError)
})

test('refusals by ccxt’s classes', async () => {
	await x.book()
	const c = await account(1000)
	const order = (side, amount, price, params = {}, symbol = BTC) => c.createOrder(symbol, 'limit', side, amount, price, params)
	await refused(order('buy', 3, 80000), 'Insufficient margin to place order. asset=0', ccxt.InsufficientFunds)
	await refused(order('buy', 0.0001, 80000), 'Order must have minimum value of $10. asset=0', ccxt.InvalidOrder)
	await refused(order('buy', 0.01, 84200, { postOnly: true }),
		'Post only order would have immediately matched, bbo was 84143@84144.', ccxt.InvalidOrder)
	await refused(order('buy', 0.01, 80000, { timeInForce: 'IOC' }), 'Order could not immediately match', ccxt.InvalidOrder)
	await refused(order('sell', 0.01, 86000, { reduceOnly: true }), 'Reduce only order would increase position.', ccxt.InvalidOrder)
	await refused(c.setLeverage(50, BTC), 'Invalid leverage value', ccxt.ExchangeError)
	await refused(order('buy', 0.01, 80000, { vaultAddress: wallet().address }), 'Vault not registered: 0x', ccxt.ExchangeError)
	await refused(c.editOrder('1', BTC, 'limit', 'buy', 0.01, 80000), 'Cannot modify canceled or filled order', ccxt.ExchangeError)
	await refused(c.cancelOrders(['1', '2'], BTC), 'Order was never placed', ccxt.OrderNotFound)
	const stranger = ccxt_rest(x, wallet())
	await refused(stranger.createOrder(BTC, 'limit', 'buy', 0.01, 80000),
		`User or API Wallet ${stranger.walletAddress.toLowerCase()} does not exist.`, ccxt.ExchangeError)
	await x.fault({ fault: 'http_429', kind: 'order' })
	await refused(order('buy', 0.01, 80000), '429', ccxt.RateLimitExceeded)
	await x.fault({ fault: 'http_503', kind: 'order' })
	await refused(order('buy', 0.01, 80000), '503', ccxt.ExchangeNotAvailable)
	await refused(c.fetchOrder('1', BTC), 'unknownOid', ccxt.OrderNotFound)
})

test('an agent, a sub-account, expiresAfter', async () => {
	const c = await account(), agent = wallet()
	const client = trader(x, c.w)
	await client.approveAgent({ agentAddress: agent.address, agentName: 'ccxt' })
	const a = ccxt_rest(x, { address: c.w.address, key: agent.key }, { options: { approvedBuilderFee: true } })
	const o = await a.createOrder(BTC, 'limit', 'buy', 0.01, 80000)
	assert.equal((await a.fetchOpenOrders(BTC))[0].id, o.id)
	const { time } = await ask.exchangeStatus()
	await refused(c.createSubAccount('late', { expiresAfter: time - 1 }), 'Action already expired', ccxt.ExchangeError)
	const sub = (await c.createSubAccount('ccxt', { expiresAfter: time + 60000 })).response.data
	await client.subAccountTransfer({ subAccountUser: sub, isDeposit: true, usd: 1000e6 })
	await c.createOrder(BTC, 'limit', 'buy', 0.01, 80000, { vaultAddress: sub })
	assert.equal((await c.fetchOpenOrders(BTC, undefined, undefined, { subAccountAddress: sub })).length, 1)
	await c.transfer('USDC', 50, 'swap', 'spot')
	assert.equal((await c.fetchBalance({ type: 'spot' })).USDC.total, 50)
})

test('markets read: tickers, book, trades, candles, funding, open interest', async () => {
	await x.book()
	const c = await account()
	await c.createOrder(BTC, 'market', 'buy', 0.1, 84144)
	const t = (await c.fetchTickers([BTC]))[BTC]
	assert.deepEqual([+t.info.markPx, t.bid, t.ask], [84143.5, 84143, 84144])
	const book = await c.fetchOrderBook(BTC)
	assert.deepEqual([book.bids[0], book.asks[1]], [[84143, 1.5], [84150, 3]])
	assert.deepEqual((await c.fetchTrades(BTC)).length > 0, true)
	const bars = await c.fetchOHLCV(BTC, '1h')
	assert.equal(bars.at(-1)[4], 84144)
	await x.say('rate', { coin: 'BTC', hourly: '0.00005' })
	await x.advance(3600000)
	assert.equal((await c.fetchFundingRates([BTC]))[BTC].fundingRate, 0.00005)
	assert.equal((await c.fetchFundingRateHistory(BTC, Date.now() - 86400000)).at(-1).fundingRate, 0.00005)
	const [paid] = await c.fetchFundingHistory(BTC)
	near(paid.amount, -0.1 * 84143.5 * 0.00005)
	assert.ok((await c.fetchOpenInterests([BTC]))[BTC].openInterestAmount > 0)
	assert.equal((await c.fetchTradingFee(BTC)).taker, 0.00045)
	assert.ok((await c.fetchLedger('USDC')).length > 0)
	assert.equal((await c.fetchStatus()).status, 'ok')
	assert.ok(Math.abs(await c.fetchTime() - (await ask.exchangeStatus()).time) < 1000)
})

test('testnet’s signatures, the real clock, the coins that are built in', async () => {
	const t = await exchange({ network: 'testnet', now: 0, builtin: true })
	try {
		await t.book()
		const w = await t.fund(1000), c = ccxt_rest(t, w)
		assert.ok((await c.createOrder(BTC, 'limit', 'buy', 0.01, 80000)).id)
		await refused(ccxt_rest({ ...t, testnet: false }, w).createOrder(BTC, 'limit', 'buy', 0.01, 80000), 'does not exist.',
			ccxt.ExchangeError)
	} finally {
		await t.stop()
	}
})

test('limits: a minute’s weight', async () => {
	const l = await exchange({ limits: 'on' })
	try {
		const c = ccxt_rest(l, await l.fund(1000))
		await c.loadMarkets()
		const all = await Promise.all(Array.from({ length: 60 }, () => c.fetchFundingRates().then(() => null, e => e)))
		const failed = all.filter(Boolean)
		assert.ok(failed.length > 0 && failed.every(e => e instanceof ccxt.RateLimitExceeded))
		await l.advance(60000)
		await c.fetchFundingRates()
	} finally {
		await l.stop()
	}
})

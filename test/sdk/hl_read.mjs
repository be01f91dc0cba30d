/* SPDX-License-Identifier: MIT
 * Every question of /info through @nktkas/hyperliquid, to an account with everything that one can have: each answer is of the SDK's
 * type and agrees with the others. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { HttpRequestError } from '@nktkas/hyperliquid'
import { SymbolConverter } from '@nktkas/hyperliquid/utils'
import { MARKET, cloid, exchange, http, info, limit, near, place, refused, sum, trader, trigger, wallet } from './lib.mjs'
import { of } from './types.mjs'

const { BTC, ETH, SOL, PURR, X } = MARKET
const types = of('info'), agent = wallet(), builder = wallet().user
let x, ask, w, user, client, sub, filled, start

/* Positions of both kinds, resting orders, triggers with and without parents, finished orders, fills of both roles, funding,
 * transfers, a sub-account, an agent, a builder, a liquidated neighbour. */
async function live() {
	await client.approveAgent({ agentAddress: agent.address, agentName: 'bot' })
	await client.approveBuilderFee({ maxFeeRate: '0.05%', builder })
	sub = (await client.createSubAccount({ name: 'one' })).response.data
	await client.subAccountTransfer({ subAccountUser: sub, isDeposit: true, usd: 1000e6 })
	await client.usdClassTransfer({ amount: '100', toPerp: false })
	await client.withdraw3({ destination: user, amount: '10' })
	await client.usdSend({ destination: wallet().user, amount: '10' })
	const c = cloid()
	filled = (await place(client, limit(BTC, '0.2', '84144', { tif: 'Ioc', cloid: c }), 'na',
		{ builder: { b: builder, f: 10 } }))[0].filled
	await client.updateLeverage({ asset: ETH, isCross: false, leverage: 5 })
	await place(client, [limit(ETH, '-2', '2500'), trigger(ETH, '2', '2400', 'tp'),
		trigger(ETH, '2', '2600', 'sl', { isMarket: false })], 'normalTpsl')
	await place(client, [limit(BTC, '0.01', '80000'), trigger(BTC, '-0.01', '90000', 'tp')], 'normalTpsl')
	await place(client, limit(BTC, '-0.05', '86000', { tif: 'Alo', reduce: true, cloid: cloid() }))
	await place(client, trigger(BTC, '-0', '83000', 'sl'), 'positionTpsl')
	await refused(place(client, limit(BTC, '0.01', '85000', { tif: 'Alo' })), 'Post only')
	await x.say('trade', { coin: 'BTC', side: 'B', px: '86000', sz: '0.02' })
	await x.book()
	await x.advance(3600000)
}
async function neighbour() {
	const poor = await x.fund(600), t = trader(x, poor)
	await t.updateLeverage({ asset: SOL, isCross: false, leverage: 20 })
	await place(t, limit(SOL, '100', '101', { tif: 'Ioc' }))
	await x.book({ coin: 'SOL', bids: [['97', '1000']], asks: [['97.1', '1000']] })
	return poor.user
}

before(async () => {
	x = await exchange()
	ask = info(x)
	start = (await ask.exchangeStatus()).time
	w = await x.fund(100000)
	user = w.user
	client = trader(x, w)
	await x.book()
	await x.book({ coin: 'ETH', bids: [['2500', '10'], ['2499', '20']], asks: [['2501', '10'], ['2502', '20']] })
	await x.book({ coin: 'SOL', bids: [['99', '1000']], asks: [['101', '1000']] })
	await live()
})
after(() => x.stop())

const Type = method => method[0].toUpperCase() + method.slice(1) + 'Response'
async function read(method, ...params) {
	return types.add(Type(method), await ask[method](...params))
}

test('markets', async () => {
	const meta = await read('meta')
	assert.deepEqual(meta.universe.map(u => u.name), ['BTC', 'ETH', 'OLD', 'ISO', 'TINY', 'SOL'])
	const [again, ctxs] = await read('metaAndAssetCtxs')
	assert.deepEqual(again, meta)
	assert.equal(ctxs.length, meta.universe.length)
	assert.deepEqual([ctxs[BTC].markPx, ctxs[BTC].oraclePx, ctxs[BTC].midPx], ['84143.5', '84143.5', '84143.5'])
	assert.equal((await read('allMids')).BTC, '84143.5')
	const book = await read('l2Book', { coin: 'BTC' })
	assert.deepEqual(book.levels[1].slice(0, 2).map(l => [l.px, l.sz]), [['84144.0', '1.0'], ['84150.0', '3.0']])
	assert.deepEqual((await read('l2Book', { coin: 'BTC', nSigFigs: 3 })).levels.map(side => side[0].px), ['84100.0', '84200.0'])
	assert.equal(await ask.l2Book({ coin: 'NONE' }), null)
	await read('spotMeta')
	await read('spotMetaAndAssetCtxs')
	assert.deepEqual((await read('perpDexs')).map(d => d?.name), [undefined, 'abc'])
	assert.deepEqual((await read('meta', { dex: 'abc' })).universe.map(u => u.name), ['abc:X'])
	await read('outcomeMeta')
	assert.equal((await read('exchangeStatus')).specialStatuses, null)
})

test('history of a market', async () => {
	const [newest] = await read('recentTrades', { coin: 'BTC' })
	assert.deepEqual([newest.px, newest.sz, newest.side, newest.users[1]], ['86000.0', '0.02', 'B', user])
	const bars = await read('candleSnapshot', { coin: 'BTC', interval: '1h', startTime: start - 3600000 })
	const { t, T, o, h, l, c, v, n } = bars[0]
	assert.deepEqual([T - t, o, h, l, c, +v, n], [3599999, '84144.0', '86000.0', '84144.0', '86000.0', 0.22, 2])
	const rates = await read('fundingHistory', { coin: 'BTC', startTime: start })
	assert.equal(rates.length, 1)
	assert.ok(rates[0].time % 3600000 <= 120)
	await refused(ask.fundingHistory({ coin: 'NONE', startTime: 0 }), '500', HttpRequestError)
	assert.deepEqual((await read('predictedFundings')).find(p => p[0] === 'BTC')[1].map(e => e[0]).includes('HlPerp'), true)
})

test('an account: positions, balances, settings', async () => {
	const state = await read('clearinghouseState', { user })
	const of = coin => state.assetPositions.find(p => p.position.coin === coin).position
	assert.deepEqual([of('BTC').szi, of('ETH').szi, of('ETH').leverage.type, of('BTC').leverage.type],
		['0.18', '-2.0', 'isolated', 'cross'])
	near(state.marginSummary.totalNtlPos, 0.18 * 84143.5 + 2 * 2500.5)
	near(state.marginSummary.accountValue, +state.marginSummary.totalRawUsd + 0.18 * 84143.5 - 2 * 2500.5)
	near(state.marginSummary.totalMarginUsed, +of('BTC').marginUsed + +of('ETH').marginUsed)
	assert.deepEqual((await read('spotClearinghouseState', { user })).balances.map(b => [b.coin, b.total]), [['USDC', '100.0']])
	const data = await read('activeAssetData', { user, coin: 'BTC' })
	assert.deepEqual([data.leverage, data.markPx], [{ type: 'cross', value: 20 }, '84143.5'])
	assert.equal((await read('activeAssetData', { user, coin: 'ETH' })).leverage.rawUsd, of('ETH').leverage.rawUsd)
	assert.deepEqual((await read('activeAssetData', { user, coin: 'ISO' })).leverage, { type: 'isolated', value: 3, rawUsd: '0.0' })
	assert.equal(await read('userAbstraction', { user }), 'default')
	const nobody = await read('clearinghouseState', { user: wallet().user })
	assert.deepEqual([nobody.marginSummary.accountValue, nobody.assetPositions], ['0.0', []])
})

test('who is who', async () => {
	assert.deepEqual(await read('userRole', { user }), { role: 'user' })
	assert.deepEqual(await read('userRole', { user: agent.user }), { role: 'agent', data: { user } })
	assert.deepEqual(await read('userRole', { user: sub }), { role: 'subAccount', data: { master: user } })
	assert.deepEqual(await read('userRole', { user: wallet().user }), { role: 'missing' })
	assert.deepEqual((await read('extraAgents', { user })).map(a => [a.name, a.address]), [['bot', agent.user]])
	assert.deepEqual((await read('subAccounts', { user })).map(s =>
		[s.name, s.subAccountUser, s.clearinghouseState.marginSummary.accountValue]),
		[['one', sub, '1000.0']])
	assert.equal(await read('maxBuilderFee', { user, builder }), 50)
	const fees = await read('userFees', { user })
	assert.deepEqual([fees.userCrossRate, fees.userAddRate], ['0.00045', '0.00015'])
	const limits = await read('userRateLimit', { user })
	const volume = sum((await ask.userFills({ user })).map(f => f.px * f.sz))
	near(limits.cumVlm, volume, 0.01)
	assert.equal(limits.nRequestsCap, 10000 + Math.floor(volume))
})

test('orders', async () => {
	const open = await read('openOrders', { user }), front = await read('frontendOpenOrders', { user })
	assert.deepEqual(open.map(o => o.oid).sort(), front.map(o => o.oid).sort())
	const parent = front.find(o => o.limitPx === '80000.0')
	assert.deepEqual(parent.children.map(o => [o.orderType, o.triggerPx]), [['Take Profit Market', '90000.0']])
	assert.deepEqual(front.map(o => o.orderType).sort(), ['Limit', 'Limit', 'Stop Limit', 'Stop Market', 'Take Profit Market'])
	const rest = front.find(o => o.tif === 'Alo')
	assert.deepEqual([rest.sz, rest.origSz, rest.reduceOnly], ['0.03', '0.05', true])
	const by_oid = await read('orderStatus', { user, oid: filled.oid }),
		by_cloid = await read('orderStatus', { user, oid: filled.cloid })
	assert.deepEqual(by_oid, by_cloid)
	assert.deepEqual([by_oid.order.status, by_oid.order.order.sz], ['filled', '0.0'])
	assert.deepEqual(await read('orderStatus', { user, oid: 1 }), { status: 'unknownOid' })
	const history = await read('historicalOrders', { user })
	assert.ok(['open', 'filled', 'badAloPxRejected'].every(s => history.some(o => o.status === s)))
})

test('fills and money', async () => {
	const fills = await read('userFills', { user })
	assert.deepEqual(fills.map(f => f.time), fills.map(f => f.time).sort((a, b) => b - a))
	assert.deepEqual(fills.find(f => f.oid === filled.oid).cloid, filled.cloid)
	const by_time = await read('userFillsByTime', { user, startTime: start })
	assert.deepEqual(by_time.map(f => f.tid).sort(), fills.map(f => f.tid).sort())
	assert.deepEqual(await ask.userFillsByTime({ user, startTime: start + 1e9 }), [])
	await read('userFills', { user, aggregateByTime: true })
	const funding = await read('userFunding', { user, startTime: start })
	assert.deepEqual(funding.map(f => f.delta.coin).sort(), ['BTC', 'ETH'])
	const ledger = await read('userNonFundingLedgerUpdates', { user, startTime: 0 })
	assert.deepEqual(ledger.map(l => l.delta.type).sort(), ['accountClassTransfer', 'deposit', 'internalTransfer',
		'subAccountTransfer', 'withdraw'])
	assert.deepEqual(await read('userTwapSliceFills', { user }), [])
	/* every cent that came or went */
	const paid_in = 100000 - 1000 - 100 - 10 - 10
	const state = await ask.clearinghouseState({ user })
	near(state.marginSummary.accountValue, paid_in + sum(fills.map(f => f.closedPnl)) - sum(fills.map(f => f.fee))
		+ sum(funding.map(f => f.delta.usdc))
		+ sum(state.assetPositions.map(p => p.position.unrealizedPnl)))
})

test('a liquidated account', async () => {
	const poor = await neighbour()
	const [fill] = await read('userFills', { user: poor })
	assert.equal(fill.liquidation.liquidatedUser, poor)
	const row = (await read('userNonFundingLedgerUpdates', { user: poor, startTime: 0 })).find(l => l.delta.type === 'liquidation')
	assert.deepEqual([row.delta.leverageType, row.delta.liquidatedPositions], ['Isolated', [{ coin: 'SOL', szi: '100.0' }]])
})

test('a builder’s dex: its coins have numbers, books and positions of their own', async () => {
	const converter = await SymbolConverter.create({ transport: http(x), dexs: true })
	assert.deepEqual(['BTC', 'SOL', 'abc:X', 'PURR/USDC'].map(s => converter.getAssetId(s)), [BTC, SOL, X, PURR])
	assert.deepEqual([converter.getSzDecimals('abc:X'), converter.getSzDecimals('PURR/USDC')], [1, 0])
	await x.book({ coin: 'abc:X', bids: [['9.9', '100']], asks: [['10.1', '100']] })
	const { user: owner, ...key } = await x.fund(1000), t = trader(x, { ...key })
	await place(t, limit(X, '10', '10.1', { tif: 'Ioc' }))
	await place(t, limit(X, '5', '9'))
	assert.equal((await read('allMids', { dex: 'abc' }))['abc:X'], '10.0')
	assert.equal((await read('clearinghouseState', { user: owner, dex: 'abc' })).assetPositions[0].position.coin, 'abc:X')
	assert.deepEqual((await ask.clearinghouseState({ user: owner })).assetPositions, [])
	assert.deepEqual((await read('openOrders', { user: owner, dex: 'abc' })).map(o => o.coin), ['abc:X'])
	assert.deepEqual(await ask.openOrders({ user: owner }), [])
	assert.equal((await read('metaAndAssetCtxs', { dex: 'abc' }))[1][0].markPx, '10.0')
})

test('what cannot be answered', async () => {
	const raw = body => http(x).request('info', body)
	await refused(raw({ type: 'noSuchThing' }),
		'422 Unprocessable Entity - Failed to deserialize the JSON body into the target type', HttpRequestError)
	await refused(raw({ type: 'clearinghouseState' }), '422', HttpRequestError)
	await refused(raw({ type: 'meta', dex: 'none' }), '500', HttpRequestError)
	await refused(raw({ type: 'l2Book', coin: 'BTC', nSigFigs: 5, mantissa: 1 }), '500', HttpRequestError)
})

test('every answer is of the type that the SDK declares, and one that is not would be seen', () => {
	types.check()
	const wrong = of('info')
	wrong.add('FundingHistoryResponse', [{ coin: 'BTC', fundingRate: '1e-5', premium: '0', time: 1 }])
	wrong.add('FundingHistoryResponse', [{ coin: 'BTC', fundingRate: '0.1', premium: '0' }])
	assert.throws(wrong.check, e => e.actual.length === 2)
})

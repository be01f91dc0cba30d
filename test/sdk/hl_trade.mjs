/* SPDX-License-Identifier: MIT
 * @nktkas/hyperliquid over HTTP: orders and everything that happens to them, with the money that moves. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { MARKET, cloid, exchange, eventually, fee, info, limit, near, noop, place, refused, sum, trader, trigger,
	wallet } from './lib.mjs'
import { of } from './types.mjs'

const { BTC, ETH } = MARKET
const ETH_BOOK = { coin: 'ETH', bids: [['2500', '10'], ['2499', '20']], asks: [['2501', '10'], ['2502', '20']] }
const types = of('exchange')
let x, ask

before(async () => {
	x = await exchange()
	ask = info(x)
	await x.book()
	await x.book(ETH_BOOK)
})
after(() => x.stop())

/* A client whose answers are kept for the last test. */
function kept(client) {
	const answer = name => async (...args) => types.add(name[0].toUpperCase() + name.slice(1) + 'SuccessResponse',
		await client[name](...args))
	return new Proxy(client, { get: (_, name) => typeof client[name] === 'function' ? answer(name) : client[name] })
}
async function account(usd = 10000) {
	const w = await x.fund(usd)
	return { w, user: w.user, client: kept(trader(x, w)) }
}
const position = async (user, coin = 'BTC') => (await ask.clearinghouseState({ user })).assetPositions.find(p =>
	p.position.coin === coin)?.position
const status = async (user, oid) => (await ask.orderStatus({ user, oid })).order

test('an order rests, is modified by number and by client id, is cancelled', async () => {
	const { user, client } = await account()
	const c = cloid()
	const [{ resting }] = await place(client, limit(BTC, '0.01', '80000', { cloid: c }))
	assert.equal(resting.cloid, c)
	assert.deepEqual((await ask.openOrders({ user })).map(o => [o.coin, o.side, o.limitPx, o.sz, o.oid, o.cloid]),
		[['BTC', 'B', '80000.0', '0.01', resting.oid, c]])

	assert.deepEqual((await client.modify({ oid: resting.oid, order: limit(BTC, '0.02', '80001', { cloid: c }) })).response,
		{ type: 'default' })
	const [second] = await ask.frontendOpenOrders({ user })
	assert.deepEqual([second.limitPx, second.origSz, second.tif, second.orderType, second.cloid],
		['80001.0', '0.02', 'Gtc', 'Limit', c])
	assert.notEqual(second.oid, resting.oid)
	assert.equal((await status(user, resting.oid)).status, 'canceled')

	const [third] = (await client.batchModify({ modifies: [{ oid: c,
		order: limit(BTC, '0.03', '80002', { tif: 'Alo', cloid: c }) }] })).response.data.statuses
	assert.equal((await status(user, c)).order.oid, third.resting.oid)
	assert.deepEqual((await client.cancelByCloid({ cancels: [{ asset: BTC, cloid: c }] })).response.data.statuses, ['success'])
	await refused(client.cancel({ cancels: [{ a: BTC, o: third.resting.oid }] }),
		'cancel 0: Order was never placed, already canceled, or filled. asset=0')
	assert.deepEqual(await ask.openOrders({ user }), [])
	assert.equal((await status(user, third.resting.oid)).status, 'canceled')
})

test('modify: only what posts, unless it is placed always', async () => {
	const { user, client } = await account()
	const [{ resting }] = await place(client, limit(BTC, '0.01', '80000'))
	await refused(client.modify({ oid: resting.oid, order: limit(BTC, '0.01', '84144', { tif: 'Ioc' }) }),
		'Error placing new order during modify: ')
	assert.equal((await status(user, resting.oid)).status, 'canceled')
	await client.modify({ oid: resting.oid, order: limit(BTC, '0.01', '80000'), a: true })
	assert.equal((await ask.openOrders({ user })).length, 1)
})

test('a priority fee is taken in place of a grouping', async () => {
	const { client } = await account()
	assert.ok((await place(client, limit(BTC, '0.01', '84144', { tif: 'Ioc' }), { p: 100 }))[0].filled)
})

test('an order takes level by level; fees are cut to six decimals; the account agrees', async () => {
	await x.book()
	const { user, client } = await account(100000)
	const [{ filled }] = await place(client, limit(BTC, '1.23457', '84150', { tif: 'Ioc' }))
	assert.equal(filled.totalSz, '1.23457')
	near(filled.avgPx, (84144 + 0.23457 * 84150) / 1.23457)
	const fills = await ask.userFills({ user })
	assert.deepEqual(fills.map(f => [f.px, f.sz, f.side, f.dir, f.startPosition, f.crossed]).reverse(),
		[['84144.0', '1.0', 'B', 'Open Long', '0.0', true], ['84150.0', '0.23457', 'B', 'Open Long', '1.0', true]])
	for (const f of fills)
		assert.equal(+f.fee, fee(f.px, f.sz, 0.00045))
	const state = await ask.clearinghouseState({ user })
	const { szi, entryPx, positionValue, unrealizedPnl } = state.assetPositions[0].position
	assert.equal(szi, '1.23457')
	near(entryPx, filled.avgPx)
	near(positionValue, 1.23457 * 84143.5)
	near(unrealizedPnl, 1.23457 * (84143.5 - filled.avgPx), 1e-4)
	near(state.marginSummary.accountValue, 100000 - sum(fills.map(f => f.fee)) + +unrealizedPnl)

	await x.book()
	const [closing] = await place(client, limit(BTC, '-1.23457', '84000', { tif: 'Ioc', reduce: true }))
	assert.equal(closing.filled.totalSz, '1.23457')
	const all = await ask.userFills({ user })
	assert.equal(all[0].dir, 'Close Long')
	const end = await ask.clearinghouseState({ user })
	assert.deepEqual(end.assetPositions, [])
	near(end.marginSummary.accountValue, 100000 + sum(all.map(f => f.closedPnl)) - sum(all.map(f => f.fee)))
	assert.equal(end.withdrawable, end.marginSummary.accountValue)
})

test('the rest of an Ioc goes, the rest of a Gtc rests and is filled as a maker', async () => {
	await x.book(ETH_BOOK)
	const { user, client } = await account()
	const [ioc] = await place(client, limit(ETH, '12', '2501', { tif: 'Ioc' }))
	assert.deepEqual([ioc.filled.totalSz, ioc.filled.avgPx], ['10.0', '2501.0'])
	assert.deepEqual(await ask.openOrders({ user }), [])

	await x.book(ETH_BOOK)
	const [gtc] = await place(client, limit(ETH, '-15', '2500'))
	const oid = (gtc.resting ?? gtc.filled).oid
	assert.deepEqual((await ask.openOrders({ user })).map(o => [o.oid, o.sz, o.origSz]), [[oid, '5.0', '15.0']])
	await x.say('trade', { coin: 'ETH', side: 'B', px: '2500', sz: '2' })
	assert.equal((await ask.openOrders({ user }))[0].sz, '3.0')
	const [last] = await ask.userFills({ user })
	assert.deepEqual([last.px, last.sz, last.crossed, last.dir, +last.fee],
		['2500.0', '2.0', false, 'Open Short', fee(2500, 2, 0.00015)])
	await x.say('trade', { coin: 'ETH', side: 'B', px: '2500', sz: '3' })
	assert.deepEqual([(await status(user, oid)).status, (await status(user, oid)).order.sz], ['filled', '0.0'])
	assert.equal((await position(user, 'ETH')).szi, '-5.0')
})

test('two accounts trade with each other; a turned position closes and opens', async () => {
	await x.book({ coin: 'ETH', bids: [], asks: [] }, 2500)
	const maker = await account(), taker = await account()
	await place(maker.client, limit(ETH, '-4', '2500', { tif: 'Alo' }))
	const [{ filled }] = await place(taker.client, limit(ETH, '3', '2500', { tif: 'Ioc' }))
	assert.equal(filled.totalSz, '3.0')
	const [trade] = await ask.recentTrades({ coin: 'ETH' })
	assert.deepEqual([trade.side, trade.px, trade.sz, trade.users], ['B', '2500.0', '3.0', [taker.user, maker.user]])
	assert.equal((await ask.l2Book({ coin: 'ETH' })).levels[1][0].sz, '1.0')
	await place(maker.client, limit(ETH, '5', '2490'))
	await place(taker.client, limit(ETH, '-5', '2490', { tif: 'Ioc' }))
	const [flip] = await ask.userFills({ user: taker.user })
	assert.deepEqual([flip.dir, flip.startPosition, +flip.closedPnl], ['Long > Short', '3.0', -30])
	assert.equal((await position(taker.user, 'ETH')).szi, '-2.0')
	assert.equal((await position(maker.user, 'ETH')).szi, '2.0')
	const value = async a => +(await ask.clearinghouseState({ user: a.user })).marginSummary.accountValue
	const fees = async a => sum((await ask.userFills({ user: a.user })).map(f => f.fee))
	near(await value(maker) + await value(taker), 20000 - await fees(maker) - await fees(taker))
	await maker.client.cancel({ cancels: (await ask.openOrders({ user: maker.user })).map(o => ({ a: ETH, o: o.oid })) })
	await x.book(ETH_BOOK)
})

test('one’s own order is no counterpart', async () => {
	await x.book({ coin: 'ETH', bids: [], asks: [] }, 2500)
	const { user, client } = await account()
	const [{ resting }] = await place(client, limit(ETH, '-1', '2500'))
	await place(client, limit(ETH, '1', '2500'))
	assert.equal((await status(user, resting.oid)).status, 'selfTradeCanceled')
	assert.deepEqual(await ask.userFills({ user }), [])
	await client.cancel({ cancels: (await ask.openOrders({ user })).map(o => ({ a: ETH, o: o.oid })) })
	await x.book(ETH_BOOK)
})

test('a batch with one order refused: the others are placed, and the exception has the statuses', async () => {
	const { user, client } = await account()
	const e = await refused(place(client, [limit(BTC, '0.01', '80000'), limit(BTC, '0.0001', '80000'), limit(BTC, '0.01', '79000')]),
		'order 1: Order must have minimum value of $10. asset=0')
	const { statuses } = e.response.response.data
	assert.deepEqual(statuses.map(s => Object.keys(s)[0]), ['resting', 'error', 'resting'])
	assert.deepEqual((await ask.openOrders({ user })).map(o => o.limitPx).sort(), ['79000.0', '80000.0'])
	const refusedOne = (await ask.historicalOrders({ user })).find(o => o.status === 'minTradeNtlRejected')
	assert.equal(refusedOne.order.sz, '0.0001')
})

test('reduce-only: no more than the position, cut to it, gone with it', async () => {
	await x.book()
	const { user, client } = await account()
	await place(client, limit(BTC, '0.1', '84144', { tif: 'Ioc' }))
	const [{ resting: older }] = await place(client, limit(BTC, '-0.1', '91000', { reduce: true }))
	const [{ resting }] = await place(client, limit(BTC, '-0.1', '90000', { reduce: true }))
	assert.equal((await status(user, older.oid)).status, 'reduceOnlyCanceled')
	const [{ filled }] = await place(client, limit(BTC, '-0.5', '84100', { tif: 'Ioc', reduce: true }))
	assert.equal(filled.totalSz, '0.1')
	assert.equal(await position(user), undefined)
	assert.equal((await status(user, resting.oid)).status, 'reduceOnlyCanceled')
})

test('a trigger waits for the mark, then takes', async () => {
	await x.book()
	const { user, client } = await account()
	await place(client, limit(BTC, '0.1', '84144', { tif: 'Ioc' }))
	await place(client, trigger(BTC, '-0.1', '83000', 'sl'))
	const [stop] = await ask.frontendOpenOrders({ user })
	assert.deepEqual([stop.isTrigger, stop.triggerPx, stop.orderType, stop.triggerCondition, stop.reduceOnly],
		[true, '83000.0', 'Stop Market', 'Price below 83000', true])
	await x.book({ coin: 'BTC', bids: [['82990', '5']], asks: [['82995', '5']] }, 83001)
	assert.equal((await position(user)).szi, '0.1')
	await x.say('mark', { coin: 'BTC', px: '83000' })
	assert.equal(await position(user), undefined)
	assert.equal((await ask.userFills({ user }))[0].px, '82990.0')
	assert.equal((await status(user, stop.oid)).status, 'filled')
	await x.book()
})

test('normalTpsl: children sleep until the parent has filled; one fires, its sibling goes', async () => {
	await x.book()
	const { user, client } = await account()
	const statuses = await place(client, [limit(BTC, '0.1', '84000'), trigger(BTC, '-0.1', '86000', 'tp'),
		trigger(BTC, '-0.1', '83000', 'sl')], 'normalTpsl')
	assert.deepEqual(statuses.slice(1), ['waitingForFill', 'waitingForFill'])
	const [parent] = await ask.frontendOpenOrders({ user })
	assert.deepEqual(parent.children.map(o => [o.orderType, o.triggerPx]),
		[['Take Profit Market', '86000.0'], ['Stop Market', '83000.0']])
	await x.say('trade', { coin: 'BTC', side: 'A', px: '83999', sz: '0.1' })
	assert.equal((await position(user)).szi, '0.1')
	await x.book({ coin: 'BTC', bids: [['86000', '5']], asks: [['86001', '5']] })
	assert.equal(await position(user), undefined)
	assert.deepEqual(await ask.frontendOpenOrders({ user }), [])
	const of = async px => (await ask.historicalOrders({ user })).find(o => o.order.triggerPx === px).status
	assert.deepEqual([await of('86000.0'), await of('83000.0')], ['filled', 'siblingFilledCanceled'])
	near((await ask.userFills({ user }))[0].closedPnl, 0.1 * (86000 - 84000))
	await x.book()
})

test('normalTpsl: a parent that fills at once has children that wait; a cancelled one takes them along', async () => {
	await x.book()
	const { user, client } = await account()
	const now = await place(client, [limit(BTC, '0.1', '84144', { tif: 'Ioc' }), trigger(BTC, '-0.1', '83000', 'sl')], 'normalTpsl')
	assert.equal(now[1], 'waitingForTrigger')
	const [{ resting }] = await place(client, [limit(BTC, '0.1', '80000'), trigger(BTC, '-0.1', '79000', 'sl')], 'normalTpsl')
	await client.cancel({ cancels: [{ a: BTC, o: resting.oid }] })
	assert.deepEqual((await ask.frontendOpenOrders({ user })).map(o => o.triggerPx), ['83000.0'])
})

test('positionTpsl: size follows the position', async () => {
	await x.book()
	const { user, client } = await account()
	await place(client, limit(BTC, '0.1', '84144', { tif: 'Ioc' }))
	await place(client, [trigger(BTC, '-0', '86000', 'tp'), trigger(BTC, '-0', '83000', 'sl')], 'positionTpsl')
	assert.deepEqual((await ask.frontendOpenOrders({ user })).map(o => [o.isPositionTpsl, o.orderType]).sort(),
		[[true, 'Stop Market'], [true, 'Take Profit Market']])
	await place(client, limit(BTC, '0.2', '84144', { tif: 'Ioc' }))
	await x.book({ coin: 'BTC', bids: [['82999', '5']], asks: [['83001', '5']] }, 83000)
	assert.equal(await position(user), undefined)
	assert.equal((await ask.userFills({ user }))[0].sz, '0.3')
	assert.deepEqual(await ask.frontendOpenOrders({ user }), [])
	await x.book()
})

test('leverage and isolated margin', async () => {
	await x.book()
	const { user, client } = await account()
	await client.updateLeverage({ asset: BTC, isCross: false, leverage: 5 })
	assert.deepEqual((await ask.activeAssetData({ user, coin: 'BTC' })).leverage, { type: 'isolated', value: 5, rawUsd: '0.0' })
	await place(client, limit(BTC, '0.1', '84144', { tif: 'Ioc' }))
	const before = await position(user)
	assert.equal(before.leverage.type, 'isolated')
	near(before.marginUsed, 0.1 * 84143.5 / 5, 2)
	await client.updateIsolatedMargin({ asset: BTC, isBuy: true, ntli: 500e6 })
	near((await position(user)).marginUsed, +before.marginUsed + 500)
	await client.updateIsolatedMargin({ asset: BTC, isBuy: true, ntli: -200e6 })
	const held = await position(user)
	near(held.marginUsed, +before.marginUsed + 300)
	assert.ok(+held.liquidationPx < +before.liquidationPx)
	await client.updateLeverage({ asset: BTC, isCross: false, leverage: 10 })
	assert.equal((await position(user)).leverage.value, 10)
	const { crossMarginSummary, marginSummary } = await ask.clearinghouseState({ user })
	near(marginSummary.accountValue - crossMarginSummary.accountValue, held.marginUsed)
	await client.topUpIsolatedOnlyMargin({ asset: BTC, leverage: '2' })
	near((await position(user)).marginUsed, 0.1 * 84143.5 / 2)
})

test('liquidation: the position is sold, the orders go, the fill says so', async () => {
	await x.book()
	const { user, client } = await account(1000)
	await client.updateLeverage({ asset: BTC, isCross: true, leverage: 40 })
	await place(client, limit(BTC, '0.4', '84144', { tif: 'Ioc' }))
	const [{ resting }] = await place(client, limit(BTC, '0.001', '70000'))
	const { liquidationPx } = await position(user)
	const mark = Math.floor(+liquidationPx) - 50
	await x.book({ coin: 'BTC', bids: [[String(mark - 1), '5']], asks: [[String(mark + 1), '5']] })
	assert.equal(await position(user), undefined)
	assert.equal((await status(user, resting.oid)).status, 'marginCanceled')
	const [fill] = await ask.userFills({ user })
	assert.deepEqual([fill.liquidation.liquidatedUser, fill.liquidation.method, fill.sz], [user, 'market', '0.4'])
	assert.ok((await ask.userNonFundingLedgerUpdates({ user, startTime: 0 })).some(l => l.delta.type === 'liquidation'))
	await x.book()
})

test('hourly funding is paid at the oracle price', async () => {
	await x.book()
	const { user, client } = await account()
	await place(client, limit(BTC, '0.1', '84144', { tif: 'Ioc' }))
	await x.say('rate', { coin: 'BTC', hourly: '0.0001', premium: '0.0008' })
	await x.advance(3600000)
	const [row] = await ask.userFunding({ user, startTime: 0 })
	assert.deepEqual([row.delta.coin, row.delta.szi, row.delta.fundingRate], ['BTC', '0.1', '0.0001'])
	near(row.delta.usdc, -0.1 * 84143.5 * 0.0001)
	near((await position(user)).cumFunding.sinceOpen, 0.1 * 84143.5 * 0.0001)
	const history = await ask.fundingHistory({ coin: 'BTC', startTime: 0 })
	assert.equal(history.at(-1).fundingRate, '0.0001')
	const fills = await ask.userFills({ user })
	const { marginSummary, assetPositions } = await ask.clearinghouseState({ user })
	near(marginSummary.accountValue, 10000 - sum(fills.map(f => f.fee)) + +assetPositions[0].position.unrealizedPnl + +row.delta.usdc)
})

test('scheduleCancel: a dead man’s switch', async () => {
	const { user, client } = await account()
	await x.rules({ schedule_volume: '0' })
	const time = async () => (await ask.exchangeStatus()).time
	const [{ resting }] = await place(client, limit(BTC, '0.01', '80000'))
	await client.scheduleCancel({ time: await time() + 6000 })
	await client.scheduleCancel()
	await x.advance(7000)
	assert.equal((await status(user, resting.oid)).status, 'open')
	await client.scheduleCancel({ time: await time() + 6000 })
	await x.advance(7000)
	assert.equal((await status(user, resting.oid)).status, 'scheduledCancel')
	await x.rules({ schedule_volume: '1000000' })
})

test('expiresAfter, nonces, noop', async () => {
	const { client } = await account()
	const { time } = await ask.exchangeStatus()
	const [{ resting }] = await client.order({ orders: [limit(BTC, '0.01', '80000')], grouping: 'na' }, { expiresAfter: time + 5000 })
		.then(a => a.response.data.statuses)
	assert.ok(resting.oid)
	const nonce = Date.now()
	assert.deepEqual((await client.noop({ nonce })).response, { type: 'default' })
	await refused(client.noop({ nonce }), `Invalid nonce: duplicate nonce ${nonce}`)
})

test('an agent trades for its master; replaced, revoked, unknown', async () => {
	const { user, client } = await account()
	const first = wallet(), second = wallet(), unnamed = wallet()
	await client.approveAgent({ agentAddress: first.address, agentName: 'bot' })
	await client.approveAgent({ agentAddress: unnamed.address, agentName: null })
	for (const w of [first, unnamed])
		assert.ok((await place(trader(x, w), limit(BTC, '0.01', '80000')))[0].resting.oid)
	assert.equal((await ask.openOrders({ user })).length, 2)
	assert.deepEqual(await ask.openOrders({ user: first.address }), [])
	assert.deepEqual(await ask.userRole({ user: first.address }), { role: 'agent', data: { user } })
	assert.deepEqual((await ask.extraAgents({ user })).map(a => [a.name, a.address]), [['bot', first.user]])
	await client.approveAgent({ agentAddress: second.address, agentName: 'bot' })
	await refused(noop(trader(x, first)), `User or API Wallet ${first.user} does not exist.`)
	await noop(trader(x, second))
	await refused(trader(x, second).approveAgent({ agentAddress: wallet().address, agentName: 'x' }),
		'Must deposit before performing actions. User: ')
})

test('sub-account: made, funded, traded for by its master and the master’s agent', async () => {
	const { user, client, w } = await account()
	const sub = (await client.createSubAccount({ name: 'one' })).response.data
	await client.subAccountTransfer({ subAccountUser: sub, isDeposit: true, usd: 2000e6 })
	assert.equal((await ask.clearinghouseState({ user: sub })).marginSummary.accountValue, '2000.0')
	assert.equal((await ask.clearinghouseState({ user })).marginSummary.accountValue, '8000.0')
	assert.deepEqual(await ask.userRole({ user: sub }), { role: 'subAccount', data: { master: user } })
	const for_sub = key => trader(x, key, { defaultVaultAddress: sub })
	await place(for_sub(w), limit(BTC, '0.01', '80000'))
	const agent = wallet()
	await client.approveAgent({ agentAddress: agent.address, agentName: 'sub' })
	await place(for_sub(agent), limit(BTC, '0.01', '79999'))
	assert.deepEqual((await ask.openOrders({ user: sub })).map(o => o.limitPx).sort(), ['79999.0', '80000.0'])
	assert.deepEqual(await ask.openOrders({ user }), [])
	await client.subAccountTransfer({ subAccountUser: sub, isDeposit: false, usd: 500e6 })
	assert.equal((await ask.clearinghouseState({ user })).marginSummary.accountValue, '8500.0')
})

test('vault: its leader trades for it, a stranger does not', async () => {
	const { client, w, user } = await account(), other = await account()
	const vault = wallet()
	await x.fund(5000, vault)
	await x.say('vault', { master: user, account: vault.user })
	assert.deepEqual((await ask.userRole({ user: vault.user })).role, 'vault')
	await place(trader(x, w, { defaultVaultAddress: vault.address }), limit(BTC, '0.01', '80000'))
	assert.equal((await ask.openOrders({ user: vault.user })).length, 1)
	await refused(noop(trader(x, other.w, { defaultVaultAddress: vault.address })), `Vault not registered: ${vault.user}`)
	await client.vaultTransfer({ vaultAddress: vault.address, isDeposit: true, usd: 100e6 })
	assert.equal((await ask.clearinghouseState({ user: vault.user })).marginSummary.accountValue, '5100.0')
})

test('a builder is paid what its master approved', async () => {
	await x.book()
	const { user, client } = await account()
	const builder = wallet().user
	await client.approveBuilderFee({ maxFeeRate: '0.05%', builder })
	assert.equal(await ask.maxBuilderFee({ user, builder }), 50)
	await place(client, limit(BTC, '0.01', '84144', { tif: 'Ioc' }), 'na', { builder: { b: builder, f: 20 } })
	const [f] = await ask.userFills({ user })
	assert.equal(+f.builderFee, fee(84144, 0.01, 0.0002))
	near(f.fee, fee(84144, 0.01, 0.00045) + fee(84144, 0.01, 0.0002), 1e-9)
	await refused(place(client, limit(BTC, '0.01', '84144'), 'na', { builder: { b: builder, f: 60 } }),
		'Builder fee has not been approved.')
})

test('money: to spot and back, to somebody else, out', async () => {
	const { user, client } = await account(), other = await account(1)
	await client.usdClassTransfer({ amount: '100.5', toPerp: false })
	assert.equal((await ask.spotClearinghouseState({ user })).balances.find(b => b.coin === 'USDC').total, '100.5')
	await client.usdClassTransfer({ amount: '0.5', toPerp: true })
	await client.usdSend({ destination: other.user, amount: '250' })
	await client.withdraw3({ destination: other.user, amount: '50' })
	assert.equal((await ask.clearinghouseState({ user })).marginSummary.accountValue, '9600.0')
	assert.equal((await ask.clearinghouseState({ user: other.user })).marginSummary.accountValue, '251.0')
	const rows = await ask.userNonFundingLedgerUpdates({ user, startTime: 0 })
	assert.deepEqual(rows.map(r => r.delta.type).sort(), ['accountClassTransfer', 'accountClassTransfer', 'deposit',
		'internalTransfer', 'withdraw'])
})

test('bought requests; the limits told', async () => {
	const { user, client } = await account()
	await client.reserveRequestWeight({ weight: 1000 })
	near((await ask.clearinghouseState({ user })).marginSummary.accountValue, 10000 - 0.5)
	const limits = await ask.userRateLimit({ user })
	assert.equal(limits.nRequestsUsed, 1)
})

test('another key, another network: a stranger', async () => {
	const stranger = wallet(), { w } = await account()
	await refused(noop(trader(x, stranger)), `User or API Wallet ${stranger.user} does not exist.`)
	const e = await refused(noop(trader({ ...x, testnet: true }, w)), 'User or API Wallet 0x')
	assert.doesNotMatch(e.message, new RegExp(w.user))
})

test('testnet: its signatures are taken, those of mainnet are not', async () => {
	const t = await exchange({ network: 'testnet' })
	try {
		await t.book()
		const w = await t.fund(1000)
		assert.ok((await place(trader(t, w), limit(BTC, '0.01', '80000')))[0].resting.oid)
		await trader(t, w).approveAgent({ agentAddress: wallet().address, agentName: 'bot' })
		await refused(noop(trader({ ...t, testnet: false }, w)), 'does not exist.')
		await refused(trader({ ...t, testnet: false }, w).approveAgent({ agentAddress: wallet().address, agentName: 'bot' }),
			'does not exist.')
	} finally {
		await t.stop()
	}
})

test('faults of the wire are the SDK’s errors; what was executed stays', async () => {
	const { HttpRequestError } = await import('@nktkas/hyperliquid')
	const { user, client } = await account()
	for (const [fault, text] of [['http_429', '429'], ['http_500', '500'], ['http_502', '502'], ['bad_json', 'Invalid JSON'],
		['text_type', '200']]) {
		await x.fault({ fault, kind: 'noop' })
		await refused(noop(client), text, HttpRequestError)
	}
	await x.fault({ fault: 'drop_after', kind: 'order' })
	const c = cloid()
	await refused(place(client, limit(BTC, '0.01', '80000', { cloid: c })), '', HttpRequestError)
	assert.equal((await ask.orderStatus({ user, oid: c })).order.status, 'open')
	await x.fault({ fault: 'partial_fill', kind: 'order', ms: 1000, sizes: ['0.01', '0.02'] })
	await x.book()
	await place(client, limit(BTC, '0.03', '84144'))
	assert.equal(await position(user), undefined)
	await x.advance(1000)
	assert.equal((await position(user)).szi, '0.01')
	await x.advance(1000)
	await eventually(async () => (await position(user)).szi === '0.03', 'the second part')
})

test('every answer is of the type that the SDK declares', () => types.check())

/* SPDX-License-Identifier: MIT
 * Every refusal of lib/hl/errors.def that the local exchange knows, met through @nktkas/hyperliquid: its exception has the text. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { join } from 'node:path'
import { WebSocketRequestError } from '@nktkas/hyperliquid'
import { MARKET, cloid, exchange, info, limit, noop, place, refused, socket, trader, trigger, wallet } from './lib.mjs'
import { SubscriptionClient } from '@nktkas/hyperliquid'

const { BTC, OLD, ISO, TINY, PURR } = MARKET
const ISO_BOOK = { coin: 'ISO', bids: [['99', '1000']], asks: [['101', '1000']] }
const TINY_BOOK = { coin: 'TINY', bids: [['0.99', '100000']], asks: [['1.01', '100000']] }
let x

before(async () => {
	x = await exchange()
	for (const book of [undefined, ISO_BOOK, TINY_BOOK])
		await x.book(book)
})
after(() => x.stop())

async function account(usd = 10000) {
	const w = await x.fund(usd)
	return Object.assign(trader(x, w), { w, user: w.user })
}
async function long(size = '0.1', usd = 10000) {
	const a = await account(usd)
	await place(a, limit(BTC, size, '84150', { tif: 'Ioc' }))
	await x.book()
	return a
}
async function isolated(size = '0.1', leverage = 10, usd = 10000) {
	const a = await account(usd)
	await a.updateLeverage({ asset: BTC, isCross: false, leverage })
	await place(a, limit(BTC, size, '84150', { tif: 'Ioc' }))
	await x.book()
	return a
}
const ioc = { tif: 'Ioc' }, alo = { tif: 'Alo' }
const approve = (a, agentName, w = wallet()) => a.approveAgent({ agentAddress: w.address, agentName })
const signs = (w, signature) => ({ ...w, signTypedData: async _message => signature })
const hours = n => Date.now() + n * 3600000

/* [name in errors.def, text, what provokes it]; the refused action comes last. */
const cases = [
	['TICK', 'Price must be divisible by tick size. asset=0', a => place(a, limit(BTC, '0.01', '84143.55'))],
	['TICK', 'Price must be divisible by tick size. asset=0', a => place(a, trigger(BTC, '-0.01', '8400.55', 'sl', { p: '8000' }))],
	['MIN_VALUE', 'Order must have minimum value of $10. asset=0', a => place(a, limit(BTC, '0.0001', '80000'))],
	['MIN_VALUE_SPOT', 'Order must have minimum value of 10 USDC. asset=10000', a => place(a, limit(PURR, '10', '0.2'))],
	['MARGIN', 'Insufficient margin to place order. asset=0', a => place(a, limit(BTC, '3', '80000'))],
	['REDUCE_ONLY', 'Reduce only order would increase position. asset=0', a =>
		place(a, limit(BTC, '0.01', '80000', { reduce: true }))],
	['POST_ONLY', 'Post only order would have immediately matched, bbo was 84143@84144. asset=0', a =>
		place(a, limit(BTC, '0.01', '84144', alo))],
	['IOC', 'Order could not immediately match against any resting orders. asset=0', a => place(a, limit(BTC, '0.01', '84000', ioc))],
	['TPSL', 'Invalid TP/SL price. asset=0', async () => place(await long(), trigger(BTC, '-0.1', '85000', 'sl'))],
	['NO_LIQUIDITY', 'No liquidity available for market order. asset=1', a =>
		place(a, limit(MARKET.ETH, '1', '2500', { tif: 'FrontendMarket' }))],
	['OI_CAP', 'Order would increase open interest while open interest is capped asset=3', a => opened(a, 'capped')],
	['OI_GROWTH', 'Order would increase open interest too quickly asset=3', a => opened(a, 'fast')],
	['SPOT_BALANCE', 'Insufficient spot balance asset=10000', a => place(a, limit(PURR, '100', '0.2'))],
	['BAND', 'Order price cannot be more than 80% away from the reference price asset=0', a => place(a, limit(BTC, '0.01', '1000'))],
	['TIER', 'Order would cause position to exceed margin tier limit at current leverage asset=4', async a => {
		await a.updateLeverage({ asset: TINY, isCross: true, leverage: 10 })
		return place(a, limit(TINY, '2000', '1'))
	}],
	['GONE', 'Order was never placed, already canceled, or filled. asset=0', a => a.cancel({ cancels: [{ a: BTC, o: 1 }] })],
	['GONE', 'Order was never placed, already canceled, or filled. asset=0', a =>
		a.cancelByCloid({ cancels: [{ asset: BTC, cloid: cloid() }] })],
	['ZERO_SIZE', 'Order has zero size. asset=0', a => place(a, limit(BTC, '0', '80000'))],
	['BAD_SIZE', 'Order has invalid size. asset=0', a => place(a, limit(BTC, '0.0123456', '80000'))],
	['BAD_PRICE', 'Order has invalid price. asset=0', a => place(a, limit(BTC, '0.01', '99999999999999'))],
	['MODIFY_GONE', 'Cannot modify canceled or filled order', a => a.modify({ oid: 1, order: limit(BTC, '0.01', '80000') })],
	['MODIFY_NEW', 'Error placing new order during modify: ', async a => {
		const [{ resting }] = await place(a, limit(BTC, '0.01', '80000'))
		return a.modify({ oid: resting.oid, order: limit(BTC, '0.00001', '80000') })
	}],
	['TRIGGERS', 'Unexpected number of trigger orders', a => place(a, limit(BTC, '0.01', '80000'), 'normalTpsl')],
	['NO_USER', 'User or API Wallet 0x', () => noop(trader(x, wallet()))],
	['NO_DEPOSIT', 'Must deposit before performing actions. User: 0x', async () => {
		const poor = wallet()
		await x.say('sub_account', { master: poor.user, account: wallet().user })
		return noop(trader(x, poor))
	}],
	['NO_SIGNER', 'Unable to recover signer.', ({ w }) => noop(trader(x, signs(w, '0x' + 'ff'.repeat(64) + '1b')))],
	['NONCE_DUPLICATE', 'Invalid nonce: duplicate nonce ', async a => {
		const nonce = Date.now()
		await a.noop({ nonce })
		return a.noop({ nonce })
	}],
	['NONCE_LOW', 'Invalid nonce: nonce too low ', async a => {
		const nonce = Date.now()
		for (let k = 1; k <= 100; k++)
			await a.noop({ nonce: nonce + k })
		return a.noop({ nonce })
	}],
	['NONCE_WINDOW', 'Invalid nonce', a => a.noop({ nonce: hours(-49) })],
	['NONCE_WINDOW', 'Invalid nonce', a => a.noop({ nonce: hours(25) })],
	['EXPIRED', 'Action already expired', a => a.cancel({ cancels: [{ a: BTC, o: 1 }] }, { expiresAfter: Date.now() - 60000 })],
	['BATCH', 'Signed action over weight limit of 200.', a => a.cancel({ cancels: Array.from({ length: 201 }, (_, o) =>
		({ a: BTC, o: o + 1 })) })],
	['LEVERAGE_TYPE', 'Cannot switch leverage type with open position.', async () =>
		(await long()).updateLeverage({ asset: BTC, isCross: false, leverage: 10 })],
	['LEVERAGE', 'Invalid leverage value', a => a.updateLeverage({ asset: BTC, isCross: true, leverage: 41 })],
	['LEVERAGE_CROSS', 'Cross position does not have sufficient margin available to decrease leverage', async () =>
		(await long('0.3')).updateLeverage({ asset: BTC, isCross: true, leverage: 1 })],
	['LEVERAGE_ISOLATED', 'Isolated position does not have sufficient margin available to decrease leverage', async () =>
		(await isolated('0.3', 10)).updateLeverage({ asset: BTC, isCross: false, leverage: 1 })],
	['NO_CROSS', 'Cross margin is not allowed for this asset.', a => a.updateLeverage({ asset: ISO, isCross: true, leverage: 3 })],
	['NOT_ISOLATED', 'Position does not use isolated margin.', async () => margin(await long(), 10)],
	['EMPTY_POSITION', 'Cannot update margin for empty position.', a => margin(a, 10)],
	['ZERO_MARGIN', 'Update to isolated margin cannot be zero.', async () => margin(await isolated(), 0)],
	['MARGIN_INCREASE', 'Account does not have sufficient margin available for increase.', async () =>
		margin(await isolated(), 50000)],
	['MARGIN_REDUCTION', 'Position does not have sufficient margin for reduction.', async () => margin(await isolated(), -800)],
	['SCHEDULE_VOLUME', 'Cannot set scheduled cancel time until enough volume traded. Required: $1000000. Traded: $0', a =>
		a.scheduleCancel({ time: Date.now() + 60000 })],
	['SCHEDULE_VOLUME', 'Cannot set scheduled cancel time until enough volume traded.', a => a.scheduleCancel()],
	['SCHEDULE_SOON', ' must be at least 5 seconds from now.', a =>
		under({ schedule_volume: '0' }, { schedule_volume: '1000000' }, async () =>
		a.scheduleCancel({ time: (await info(x).exchangeStatus()).time + 4000 }))],
	['NO_VAULT', 'Vault not registered: 0x', ({ w }) => noop(trader(x, w, { defaultVaultAddress: wallet().address }))],
	['BUILDER', 'Builder fee has not been approved.', a => place(a, limit(BTC, '0.01', '80000'), 'na',
		{ builder: { b: wallet().user, f: 1 } })],
	['UPGRADE', 'Only post-only orders allowed immediately after a network upgrade asset=0', a =>
		under({ post_only: true }, { post_only: false }, () =>
		place(a, limit(BTC, '0.01', '80000')))],
	['AGENT_COUNT', 'Too many extra agents for cumulative volume traded. Current limit is 3', async a => {
		for (const name of ['a', 'b', 'c'])
			await approve(a, name)
		return approve(a, 'd')
	}],
	['AGENT_USED', 'Extra agent already used.', async a => {
		const w = wallet()
		await approve(a, 'a', w)
		return approve(a, 'b', w)
	}],
	['AGENT_EXPIRED', 'Agent valid_until already expired.', a => approve(a, `a valid_until ${Date.now() - 60000}`)],
	['UNIFIED', 'Action disabled when unified account is active', async a => {
		await a.userSetAbstraction({ user: a.user, abstraction: 'unifiedAccount' })
		return a.usdClassTransfer({ amount: '1', toPerp: false })
	}],
	['TWAP_GONE', 'TWAP was never placed, already canceled, or filled.', a => a.twapCancel({ a: BTC, t: 1 })],
	['TWAP_DURATION', 'Invalid TWAP duration', a => a.twapOrder({ twap: { a: BTC, b: true, s: '1', r: false, m: 5, t: false } })],
	['WITHDRAWAL', 'Insufficient balance for withdrawal', a => a.withdraw3({ destination: a.user, amount: '10001' })],
	['BAD_ASSET', 'Invalid asset asset=999', a => place(a, limit(999, '1', '100'))],
	['BAD_ASSET', 'Invalid asset asset=2', a => place(a, limit(OLD, '1', '100'))],
	['CLOID', 'Duplicate cloid asset=0', async a => {
		const c = cloid()
		await place(a, limit(BTC, '0.01', '80000', { cloid: c }))
		return place(a, limit(BTC, '0.01', '80000', { cloid: c }))
	}],
	['OPEN_ORDERS', 'Too many open orders asset=0', async a => {
		for (let k = 0; k < 5; k++)
			await place(a, Array(200).fill(limit(BTC, '0.001', '80000')))
		return place(a, limit(BTC, '0.001', '80000'))
	}],
]

/* What the local exchange has no rule for, it says on demand. */
const on_demand = [
	['OI_AGGRESSIVE', 'reject_next', 'Order rejected due to price more aggressive than oracle while at open interest cap asset=0'],
	['ORACLE', 'reject_next', 'Order price too far from oracle asset=0'],
	['ORACLE_SHORT', 'reject_next', 'Price too far from oracle asset=0'],
	['AGENT_PENDING', 'err_status', 'User has pending agent removal', a => approve(a, 'a')],
	['REFERRAL', 'err_status', 'Referral code not registered', a => a.setReferrer({ code: 'NOBODY' })],
]
for (const [name, fault, text, act = a => place(a, limit(BTC, '0.01', '80000'))] of on_demand)
	cases.push([name, text, async a => {
		await x.fault({ fault, text, account: a.user })
		return act(a)
	}])

const elsewhere = ['REQUESTS', 'TOO_MANY_USERS']	/* below */
const never = ['TOO_MANY_POSTS']	/* each is answered before the next is read */

async function under(rules, normal, act) {
	await x.rules(rules)
	try {
		return await act()
	} finally {
		await x.rules(normal)
	}
}
async function opened(a, state) {
	await x.say('open_interest', { coin: 'ISO', state })
	try {
		return await place(a, limit(ISO, '1', '101', ioc))
	} finally {
		await x.say('open_interest', { coin: 'ISO', state: 'free' })
	}
}
const margin = (a, usd) => a.updateIsolatedMargin({ asset: BTC, isBuy: true, ntli: usd * 1e6 })

for (const [name, text, provoke] of cases)
	test(`${name}: ${text}`, async () => {
		await refused(account().then(provoke), text)
	})

test('every text that the local exchange has was met', () => {
	const names = readFileSync(join(process.env.OCQ_ROOT, 'lib/hl/errors.def'), 'utf8').matchAll(/^HL_ERROR\((\w+),/gm)
	const met = new Set([...cases.map(c => c[0]), ...elsewhere, ...never])
	assert.deepEqual([...names].map(m => m[1]).filter(name => !met.has(name)), [])
})

test('REQUESTS: an address has its own budget', async () => {
	const l = await exchange({ limits: 'on', options: ['--limit-scale', '0.01'] })
	try {
		await l.book()
		const a = trader(l, await l.fund(1000))
		await refused(a.cancel({ cancels: Array.from({ length: 99 }, (_, o) => ({ a: BTC, o: o + 1 })) }), 'never placed')
		await refused(place(a, Array(2).fill(limit(BTC, '0.01', '80000'))),
			'Too many cumulative requests sent (101 > 100) for cumulative volume traded $0.0. '
			+ 'Place taker orders to free up 1 request per USDC traded.')
		await l.advance(10000)
		await place(a, limit(BTC, '0.01', '80000'))
	} finally {
		await l.stop()
	}
})

test('TOO_MANY_USERS: on all sockets together', async () => {
	const l = await exchange({ limits: 'on' }), sockets = [socket(l), socket(l)]
	try {
		for (let k = 0; k < 10; k++)
			await new SubscriptionClient({ transport: sockets[k % 2] }).orderUpdates({ user: wallet().user }, () => {})
		/* the SDK waits for an answer that names its request; the text itself is a frame on the error channel */
		const heard = new Promise(told => sockets[0]._hlEvents.addEventListener('error', e => told(e.detail)))
		sockets[0].timeout = 500
		await refused(new SubscriptionClient({ transport: sockets[0] }).orderUpdates({ user: wallet().user }, () => {}), '',
			WebSocketRequestError)
		assert.equal(await heard, 'Cannot track more than 10 total users.')
	} finally {
		sockets.forEach(s => s.close())
		await l.stop()
	}
})

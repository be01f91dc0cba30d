/* SPDX-License-Identifier: MIT
 * What the suites' exchange trades: coins with each rule that an order can break. */
const usdc = { name: 'USDC', szDecimals: 8, weiDecimals: 8, index: 0, tokenId: '0x6d1e7cde53ba9467b783cb7c530ce054',
	isCanonical: true,
	evmContract: null, fullName: null, deployerTradingFeeShare: '0.0' }

export const market = {
	meta: {
		universe: [
			{ szDecimals: 5, name: 'BTC', maxLeverage: 40, marginTableId: 56 },
			{ szDecimals: 4, name: 'ETH', maxLeverage: 25, marginTableId: 25 },
			{ szDecimals: 1, name: 'OLD', maxLeverage: 20, marginTableId: 20, isDelisted: true },
			{ szDecimals: 2, name: 'ISO', maxLeverage: 3, marginTableId: 3, onlyIsolated: true, marginMode: 'noCross' },
			{ szDecimals: 0, name: 'TINY', maxLeverage: 10, marginTableId: 57 },
			{ szDecimals: 2, name: 'SOL', maxLeverage: 20, marginTableId: 20 },
		],
		marginTables: [
			[56, { description: 'tiered 40x', marginTiers: [{ lowerBound: '0.0', maxLeverage: 40 },
				{ lowerBound: '150000000.0', maxLeverage: 20 }] }],
			[57, { description: 'tiny tiers', marginTiers: [{ lowerBound: '0.0', maxLeverage: 10 },
				{ lowerBound: '1000.0', maxLeverage: 5 }] }],
		],
		collateralToken: 0,
	},
	spotMeta: {
		tokens: [usdc, { ...usdc, name: 'PURR', szDecimals: 0, weiDecimals: 5, index: 1, tokenId: '0xc1fb593aeffbeb02f85e0308e9956a90' }],
		universe: [{ tokens: [1, 0], name: 'PURR/USDC', index: 0, isCanonical: true }],
	},
	perpDexs: [null, { name: 'abc', fullName: 'A dex of somebody', deployer: '0x5e89b26d8d66da9888c835c9bfcc2aa51813e152',
		oracleUpdater: null,
		feeRecipient: null, assetToStreamingOiCap: [['abc:X', '1000000.0']], subDeployers: [], deployerFeeScale: '0.0',
		lastDeployerFeeScaleChangeTime: '1970-01-01T00:00:00', assetToFundingMultiplier: [], assetToFundingInterestRate: [] }],
	metas: { abc: { universe: [{ szDecimals: 1, name: 'abc:X', maxLeverage: 5, marginTableId: 5 }], marginTables: [],
		collateralToken: 0 } },
}

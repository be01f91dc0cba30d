/* SPDX-License-Identifier: MIT
 * Sizes, fills, fees, funding: what a decision does to position and balance (docs/rules/accounting.md). Every change is
 * one event. Fees are 3.5 bps of the notional; an exit slips 0.5 bps, an entry trade.slippage_bps. Under an exchange's rules (v; NULL:
 * none) orders are whole lots, prices lie on its ticks, and the fee is its own. */
#ifndef OCQ_KERNEL_ACCOUNT_H
#define OCQ_KERNEL_ACCOUNT_H

#include "kernel/state.h"

#define TAKER_FEE_BPS 3.5
#define EXIT_SLIPPAGE_BPS 0.5

/* Margin of all open positions, ascending by symbol. */
KERNEL_FN double run_margin(const struct run_state *r);
/* Balance plus open profit at the last fed closes. */
KERNEL_FN double run_equity(const struct run_state *r);

struct order { double size, margin_usd, leverage, notional_usd; };

enum sizing { SIZING_OK, SIZING_NO_HEADROOM, SIZING_TOO_SMALL, SIZING_ZERO };

/* A fresh entry before any cap, and after the caps. */
KERNEL_FN void entry_raw_size(struct order *o, const struct params *p, const struct venue_rule *v, uint8_t confidence, double price,
			      double atr, double adx, double equity);
KERNEL_FN uint8_t entry_size(struct order *o, const struct params *p, const struct venue_rule *v, uint8_t confidence, double price,
			     double atr, double adx, double equity, double margin_in_use);

struct entry {
	uint32_t symbol;
	uint8_t side;		/* enum side */
	uint8_t confidence;
	bool sub_bar;
	double price, atr, adx, adx_threshold;	/* atr: floored */
	int64_t t_ms;
};
KERNEL_FN void account_open(struct run_state *r, const struct params *p, const struct entry *e, const struct order *o,
			    struct event *out);

/* An add to an open position: false if a rule or a cap forbids it. */
KERNEL_FN bool add_size(struct order *o, const struct params *p, const struct venue_rule *v, double balance, double price,
			double leverage, double margin_in_use);
KERNEL_FN void account_add(struct run_state *r, const struct params *p, const struct entry *e, const struct order *o,
			   struct event *out);

/* Closes a fraction in 0..1 of the position, or all of it (full), at price before slippage. */
KERNEL_FN void account_close(struct run_state *r, uint32_t symbol, bool full, double fraction, double price, uint8_t reason,
			     const double arg[3], int64_t t_ms, struct event *out);

/* Funding of one hour. Positive rate: longs pay. */
KERNEL_FN double funding_delta(uint8_t side, double size, double mark, double rate);
KERNEL_FN void account_funding(struct run_state *r, uint32_t symbol, double rate, int64_t t_ms, struct event *out);

#endif

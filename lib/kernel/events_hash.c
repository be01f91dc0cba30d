/* SPDX-License-Identifier: MIT
 * The events hash: two multiplicative lanes that feed each other, and an avalanche at the end. Not cryptographic. */
#include "kernel/events_hash.h"

static KERNEL_FN uint64_t bits(double v)
{
	union { double f; uint64_t u; } x;

	x.f = v + 0.0;	/* -0 becomes +0 */
	return x.u;
}

static KERNEL_FN uint64_t rotate(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

static KERNEL_FN void word(struct events_hash *h, uint64_t w)
{
	h->a = (rotate(h->a, 27) ^ w) * 0x9e3779b97f4a7c15u;
	h->b = (rotate(h->b, 33) + w) * 0xc2b2ae3d27d4eb4fu ^ h->a >> 29;
}

KERNEL_FN void events_hash_init(struct events_hash *h)
{
	h->a = 0x6f63712d6576656eu;
	h->b = 0x74732d7631000000u;
	h->n = 0;
}

KERNEL_FN void events_hash_add(struct events_hash *h, const struct event *e, uint64_t name_hash)
{
	word(h, (uint64_t)e->t_ms);
	word(h, name_hash);
	word(h, (uint64_t)e->action | (uint64_t)e->reason << 8);
	word(h, bits(e->size));
	word(h, bits(e->price));
	word(h, bits(e->fee_usd));
	word(h, bits(e->pnl_usd));
	word(h, bits(e->balance_usd));
	h->n++;
}

static KERNEL_FN uint64_t avalanche(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

KERNEL_FN void events_hash_end(const struct events_hash *h, uint64_t out[2])
{
	out[0] = avalanche(h->a ^ h->n);
	out[1] = avalanche(h->b + out[0]);
}

/* SPDX-License-Identifier: MIT
 * A signer's hundred highest nonces in ascending order. */
#include "hl/nonce.h"

#include <string.h>

/* The first place whose nonce is not below this one. */
static unsigned place(const struct nonces *s, uint64_t nonce)
{
	unsigned low = 0, high = s->n, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (s->kept[mid] < nonce)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void insert(struct nonces *s, unsigned at, uint64_t nonce)
{
	if (s->n == NONCES_KEPT) {	/* the smallest goes */
		memmove(s->kept, s->kept + 1, (at - 1) * sizeof *s->kept);
		s->kept[at - 1] = nonce;
		return;
	}
	memmove(s->kept + at + 1, s->kept + at, (s->n - at) * sizeof *s->kept);
	s->kept[at] = nonce;
	s->n++;
}

static bool in_window(uint64_t nonce, int64_t now_ms)
{
	return nonce <= INT64_MAX && (int64_t)nonce > now_ms - NONCE_PAST_MS && (int64_t)nonce < now_ms + NONCE_FUTURE_MS;
}

enum nonce_answer nonces_take(struct nonces *s, uint64_t nonce, int64_t now_ms)
{
	unsigned at = place(s, nonce);

	if (!in_window(nonce, now_ms))
		return NONCE_OUT_OF_WINDOW;
	if (at < s->n && s->kept[at] == nonce)
		return NONCE_DUPLICATE;
	if (s->n == NONCES_KEPT && at == 0)
		return NONCE_TOO_LOW;
	insert(s, at, nonce);
	return NONCE_OK;
}

uint64_t nonce_next(uint64_t last, int64_t now_ms)
{
	uint64_t now = now_ms > 0 ? (uint64_t)now_ms : 0;

	return now > last ? now : last + 1;
}

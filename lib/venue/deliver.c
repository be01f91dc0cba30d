/* SPDX-License-Identifier: MIT
 * One message to one connection, and the faults that befall it on its way. */
#include "venue/push.h"

#include <stdlib.h>

static void leave(struct exchange *x, const struct conn *c, const char *text, size_t n, int64_t delay_ms)
{
	if (x->sink.text)
		x->sink.text(x->sink.arg, c->id, text, n, delay_ms);
}

void push_held(struct exchange *x, struct conn *c)
{
	while (c->n_held) {
		leave(x, c, c->held[c->n_held - 1].data, c->held[c->n_held - 1].len, 0);
		buf_release(&c->held[--c->n_held]);
	}
	c->hold = 0;
}

static void keep_back(struct exchange *x, struct conn *c, const char *text, size_t n)
{
	c->held = xreallocarray(c->held, c->n_held + 1, sizeof *c->held);
	c->held[c->n_held] = (struct buf)BUF_INIT;
	buf_add(&c->held[c->n_held++], text, n);
	if (c->n_held == c->hold)
		push_held(x, c);
}

static void close_struck(struct exchange *x, struct conn *c, const struct mishap *m, const char *text, size_t n)
{
	c->silent = true;
	if (m->code < 0 && x->sink.tear)
		x->sink.tear(x->sink.arg, c->id, text, n);
	else if (x->sink.drop)
		x->sink.drop(x->sink.arg, c->id, (int)m->code);
}

/* True: the message has been seen to. */
static bool struck(struct exchange *x, struct conn *c, const struct mishap *m, const char *text, size_t n)
{
	switch (m->what) {
	case FAULT_delay:
		leave(x, c, text, n, m->ms);
		return true;
	case FAULT_ws_drop:
		close_struck(x, c, m, text, n);
		return true;
	case FAULT_ws_silent:
		c->silent = true;
		if (x->sink.freeze)
			x->sink.freeze(x->sink.arg, c->id);
		return true;
	case FAULT_ws_dup:
		leave(x, c, text, n, 0);
		return false;
	case FAULT_ws_reorder:
		c->hold = (unsigned)m->k;
		keep_back(x, c, text, n);
		return true;
	case FAULT_ws_lose:
		c->lose = m->k - 1;
		return true;
	default:
		return false;
	}
}

void push_text(struct exchange *x, struct conn *c, const char *channel, const char *account, const char *text, size_t n)
{
	struct happening h = { AT_PUSH, channel, "ws", account, NULL, venue_now(x->core) };
	const struct mishap *m;

	if (c->silent || x->again)
		return;
	log_text(x, "push", channel, account, NULL, c->id, text, n);
	if (c->lose) {
		c->lose--;
		return;
	}
	if (c->hold) {
		keep_back(x, c, text, n);
		return;
	}
	m = faults_strike(x->faults, &h);
	if (m) {
		log_fault(x, m, channel, c->id);
		if (struck(x, c, m, text, n))
			return;
	}
	leave(x, c, text, n, 0);
}

void push_list(struct exchange *x, const struct sublist *l, const char *channel, const char *account)
{
	unsigned i;

	for (i = 0; i < l->n; i++)
		push_text(x, l->at[i]->conn, channel, account, x->message.data, x->message.len);
}

struct jsonw push_open(struct exchange *x, enum channel ch)
{
	struct jsonw w;

	buf_clear(&x->message);
	jsonw_init(&w, &x->message, false);
	jsonw_object(&w);
	jsonw_put_text(&w, "channel", channel_names[ch]);
	jsonw_key(&w, "data");
	return w;
}

void push_close(struct jsonw *w)
{
	while (w->depth)
		jsonw_end(w);
}

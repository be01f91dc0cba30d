/* SPDX-License-Identifier: MIT
 * Vectors of answers to actions: what two other clients made of each, held against our acks. */
#include "hl/vectors.h"

#include "hl/answer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What our reader said: the first ack whole, of all the worst. */
struct said { struct rec_ack first; enum hl_outcome worst; char refusal[LONG_MAX_TEXT]; };

static void hear(void *arg, const struct record *r)
{
	struct said *s = arg;

	if (r->u.ack.index == 0)
		s->first = r->u.ack;
	if (!*s->refusal)
		strcpy(s->refusal, r->u.ack.error);
}

/* The elements of the action: as many as the answer has statuses. */
static unsigned elements(const char *body)
{
	const struct json *list;
	struct json_doc d;
	unsigned n = 1;

	if (!json_parse(&d, body, strlen(body), NULL))
		return n;
	list = json_find(&d, d.tok, "response.data.statuses");
	if (list && list->type == JSON_ARRAY)
		n = list->size;
	json_release(&d);
	return n;
}

static bool is_bad(const struct said *s)
{
	return s->worst == HL_REFUSED || s->worst == HL_UNKNOWN;
}

static bool is_one_of(const char *code, const char *codes)
{
	size_t n = strlen(code);
	const char *at = n ? strstr(codes, code) : NULL;

	return at && at[-1] == ' ' && at[n] == ' ';
}

/* Their class of an error is coarser than our code. A text that is not in our list has no class to compare. */
static void check_class(struct vectors *t, const char *class, const struct said *s)
{
	static const struct { const char *class, *codes; } classes[] = {
		{ "InsufficientFunds", " margin spot_balance withdrawal unknown " },
		{ "OrderNotFound", " gone modify_gone twap_gone unknown " },
		{ "RateLimitExceeded", " requests http_429 unknown " },
	};
	const char *code = s->first.code;

	if (!is_bad(s))
		vector_fail(t, "ccxt.error", "want %s, got outcome %s", class, s->first.outcome);
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (strcmp(class, classes[i].class) == 0 && !is_one_of(code, classes[i].codes))
			vector_fail(t, "ccxt.error", "want %s, got code \"%s\"", class, code);
}

static void check_number(struct vectors *t, const char *where, const char *want, double got)
{
	if (want && strtod(want, NULL) != got)
		vector_fail(t, where, "want %s, got %.17g", want, got);
}

/* Both took it for an order. */
static void check_order(struct vectors *t, const struct json *ccxt, const struct said *s)
{
	const char *id = vector_text_or_null(t, ccxt, "order_id"), *status = vector_text_or_null(t, ccxt, "order_status");

	vector_same(t, "ccxt.order_id", id ? id : "", s->first.oid);
	check_number(t, "ccxt.filled", vector_text_or_null(t, ccxt, "filled"), s->first.total_sz);
	check_number(t, "ccxt.average", vector_text_or_null(t, ccxt, "average"), s->first.avg_px);
	if (status)
		vector_same(t, "ccxt.order_status", strncmp(status, "waiting", 7) == 0 ? "waiting" : status, s->first.outcome);
}

static void check_nktkas(struct vectors *t, const struct json *nktkas, const struct said *s)
{
	const char *error = vector_text_or_null(t, nktkas, "error"), *message = vector_text_or_null(t, nktkas, "message");

	vector_same(t, "nktkas.outcome", vector_text(t, nktkas, "outcome"), is_bad(s) ? "throws" : "ok");
	if (error && strcmp(error, "ApiRequestError") == 0 && !strstr(message ? message : "", s->refusal))
		vector_fail(t, "nktkas.message", "want %s, got %s", message, s->refusal);
	if (error && strcmp(error, "HttpRequestError") == 0 && s->worst == HL_REFUSED && strncmp(s->first.code, "http_", 5) != 0)
		vector_fail(t, "nktkas.error", "want %s, got code \"%s\"", error, s->first.code);
}

static void responses(struct vectors *t, const struct json *c)
{
	const struct json *nktkas = json_get(t->doc, c, "nktkas"), *ccxt = json_get(t->doc, c, "ccxt");
	const char *body = vector_text(t, c, "body"), *method = vector_text(t, c, "method"), *class;
	static struct said s;
	uint64_t status;

	s = (struct said){ 0 };
	if (!vector_u64(t, c, "http_status", &status))
		return;
	s.worst = hl_answer_http((int)status, vector_text(t, c, "content_type"), body, strlen(body), elements(body), hear, &s);
	if (nktkas)
		check_nktkas(t, nktkas, &s);
	class = vector_text_or_null(t, ccxt, "error");
	if (class)
		check_class(t, class, &s);
	else if (ccxt && strcmp(method, "order") == 0 && !is_bad(&s))
		check_order(t, ccxt, &s);
}

const struct vector_section vectors_answers[] = { { "responses", responses }, { 0 } };

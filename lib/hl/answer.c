/* SPDX-License-Identifier: MIT
 * Every form in which the exchange answers an action, brought to one: an ack for each element. */
#include "hl/answer.h"

#include "hl/errors.h"
#include "hl/fields.h"

#include <ctype.h>
#include <stdio.h>

static const char *const names[] = {
#define HL_OUTCOME(name, word, meaning) word,
#include "hl/outcomes.def"
#undef HL_OUTCOME
};

const char *hl_outcome_name(enum hl_outcome o)
{
	return names[o];
}

bool hl_outcome_find(const char *name, enum hl_outcome *o)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], name) == 0) {
			*o = (enum hl_outcome)i;
			return true;
		}
	return false;
}

/* The answer of an action of n elements, of which `at` are told. */
struct acks { const struct json_doc *doc; unsigned n, at; hl_record_fn *fn; void *arg; enum hl_outcome worst; };

static void emit(struct acks *a, struct record *r, enum hl_outcome outcome)
{
	struct rec_ack *ack = &r->u.ack;

	r->type = REC_ack;
	ack->index = a->at++;
	strcpy(ack->outcome, names[outcome]);
	if (outcome > a->worst)
		a->worst = outcome;
	a->fn(a->arg, r);
}

/* Text that anybody may have written, as one that a record can hold. */
static void copy_plain(char *dst, size_t cap, const char *text, size_t n)
{
	size_t i;

	for (i = 0; i < n && i + 1 < cap; i++)
		dst[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	dst[i] = '\0';
}

/* The same words for every element that is left. code "": of none. */
static enum hl_outcome all(struct acks *a, enum hl_outcome outcome, const char *code, const char *error)
{
	struct record r = { .type = REC_ack };
	struct rec_ack *ack = &r.u.ack;

	snprintf(ack->error, sizeof ack->error, "%s", error);
	snprintf(ack->code, sizeof ack->code, "%s", code);
	if (outcome > a->worst)
		a->worst = outcome;
	while (a->at < a->n)
		emit(a, &r, outcome);
	return a->worst;
}

static enum hl_outcome unclear(struct acks *a, const char *why)
{
	return all(a, HL_UNKNOWN, "", why);
}

/* ---- one status ---- */

#define AT(key, kind, member, optional) { key, FIELD_##kind, offsetof(struct rec_ack, member), optional }

static const struct field resting_fields[] = { AT("oid", DIGITS, oid, false), AT("cloid", ID, cloid, true), { 0 } };
static const struct field filled_fields[] = {
	AT("oid", DIGITS, oid, false), AT("cloid", ID, cloid, true), AT("totalSz", DEC, total_sz, false), AT("avgPx", DEC, avg_px, false), { 0 }
};

static const struct json *get(const struct acks *a, const struct json *object, const char *key)
{
	return json_get(a->doc, object, key);
}

static enum hl_outcome read_error(struct acks *a, const struct json *text, struct rec_ack *ack)
{
	if (!json_str(a->doc, text, ack->error, sizeof ack->error))
		strcpy(ack->error, "refused without a text");
	strcpy(ack->code, hl_error_name(hl_error_of(ack->error)));
	return HL_REFUSED;
}

static enum hl_outcome read_object(struct acks *a, const struct json *status, struct rec_ack *ack)
{
	const struct json *resting = get(a, status, "resting"), *filled = get(a, status, "filled"), *error = get(a, status, "error");
	struct errmsg e;

	if (error)
		return read_error(a, error, ack);
	if (resting && fields_read(a->doc, resting, resting_fields, ack, &e))
		return HL_RESTING;
	if (filled && fields_read(a->doc, filled, filled_fields, ack, &e))
		return HL_FILLED;
	if (get(a, status, "running"))	/* of a TWAP order */
		return HL_OK;
	*ack = (struct rec_ack){ .error = "a status that is not known" };
	return HL_UNKNOWN;
}

static enum hl_outcome read_status(struct acks *a, bool cancel, const struct json *status, struct rec_ack *ack)
{
	if (json_is(a->doc, status, "success"))
		return cancel ? HL_CANCELLED : HL_OK;
	if (json_is(a->doc, status, "waitingForFill") || json_is(a->doc, status, "waitingForTrigger"))
		return HL_WAITING;
	return read_object(a, status, ack);
}

/* ---- an answer ---- */

static enum hl_outcome read_statuses(struct acks *a, bool cancel, const struct json *list)
{
	struct record r;
	enum hl_outcome o;

	if (list->size > a->n || (list->size < a->n && list->size != 1))
		return unclear(a, "the answer has not one status for each order");
	for (uint32_t i = 0; i < list->size; i++) {
		r.u.ack = (struct rec_ack){ 0 };
		o = read_status(a, cancel, json_at(list, i), &r.u.ack);
		if (list->size < a->n)	/* a batch that was refused as a whole */
			return o == HL_REFUSED ? all(a, o, r.u.ack.code, r.u.ack.error)
					       : unclear(a, "the answer has one status for many orders");
		emit(a, &r, o);
	}
	return a->worst;
}

static enum hl_outcome read_ok(struct acks *a, const struct json *response)
{
	const struct json *data = get(a, response, "data"), *list = get(a, data, "statuses"), *one = get(a, data, "status");
	struct record r = { .type = REC_ack };
	bool cancel = json_is(a->doc, get(a, response, "type"), "cancel"), order = json_is(a->doc, get(a, response, "type"), "order");

	if (!response || response->type != JSON_OBJECT)
		return unclear(a, "the answer has no response");
	if (list && list->type == JSON_ARRAY)
		return read_statuses(a, cancel, list);
	if (list || order || cancel)
		return unclear(a, "the answer has no list of statuses");
	if (!one)
		return all(a, HL_OK, "", "");
	while (a->at < a->n) {
		r.u.ack = (struct rec_ack){ 0 };
		emit(a, &r, read_status(a, cancel, one, &r.u.ack));
	}
	return a->worst;
}

static enum hl_outcome read_body(struct acks *a)
{
	const struct json *top = a->doc->tok, *status = get(a, top, "status"), *response = get(a, top, "response");
	struct rec_ack ack;

	if (json_is(a->doc, status, "ok"))
		return read_ok(a, response);
	if (!json_is(a->doc, status, "err"))
		return unclear(a, "the answer has no status");
	read_error(a, response, &ack);
	return all(a, HL_REFUSED, ack.code, ack.error);
}

static enum hl_outcome parse(struct acks *a, const char *body, size_t len)
{
	struct json_doc doc;
	struct errmsg e;
	enum hl_outcome worst;

	if (!json_parse(&doc, body, len, &e))
		return unclear(a, "the answer is broken JSON");
	a->doc = &doc;
	worst = read_body(a);
	json_release(&doc);
	return worst;
}

/* An answer without the exchange's word for the action. What a gateway says with 5xx leaves open whether it was passed on; a
 * request that the server would not take (4xx) was not, but 408 is its own time running out. */
static enum hl_outcome read_failure(struct acks *a, int status, const char *body, size_t len)
{
	bool refused = status >= 400 && status < 500 && status != 408;
	char text[256], why[sizeof text + 32], code[16];

	copy_plain(text, sizeof text, body, len);
	snprintf(why, sizeof why, "HTTP %d%s%s", status, *text ? ": " : "", text);
	snprintf(code, sizeof code, "http_%d", status);
	return all(a, refused ? HL_REFUSED : HL_UNKNOWN, refused ? code : "", why);
}

static bool is_json(const char *content_type)
{
	static const char want[] = "application/json";

	return content_type && strncasecmp(content_type, want, sizeof want - 1) == 0 &&
	       !isalnum((unsigned char)content_type[sizeof want - 1]);
}

enum hl_outcome hl_answer_http(int status, const char *content_type, const char *body, size_t len, unsigned n, hl_record_fn *fn,
			       void *arg)
{
	struct acks a = { .n = n, .fn = fn, .arg = arg };

	if (status != 200)
		return read_failure(&a, status, body, len);
	if (!is_json(content_type))
		return unclear(&a, "the answer is not application/json");
	return parse(&a, body, len);
}

enum hl_outcome hl_answer_post(bool failed, const char *payload, size_t len, unsigned n, hl_record_fn *fn, void *arg)
{
	struct acks a = { .n = n, .fn = fn, .arg = arg };
	char text[256];
	unsigned status;

	if (!failed)
		return parse(&a, payload, len);
	copy_plain(text, sizeof text, payload, len);
	return sscanf(text, "\"%3u", &status) == 1 ? read_failure(&a, (int)status, payload, len) : unclear(&a, text);
}

enum hl_outcome hl_answer_none(bool sent, const char *why, unsigned n, hl_record_fn *fn, void *arg)
{
	struct acks a = { .n = n, .fn = fn, .arg = arg };

	return sent ? unclear(&a, why) : all(&a, HL_REFUSED, "not_sent", why);
}

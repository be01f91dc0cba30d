/* SPDX-License-Identifier: MIT
 * The answers to POST /exchange as `ack` records, one for each element of the action; what became of it is a word of
 * outcomes.def. */
#ifndef OCQ_HL_ANSWER_H
#define OCQ_HL_ANSWER_H

#include "hl/info.h"

enum hl_outcome {
#define HL_OUTCOME(name, word, meaning) HL_##name,
#include "hl/outcomes.def"
#undef HL_OUTCOME
};
const char *hl_outcome_name(enum hl_outcome);			/* "resting" */
bool hl_outcome_find(const char *name, enum hl_outcome *);

/* code of a refusal: hl_error_name() of the exchange's text; "http_429" and the like for a request that its server would not take;
 * "not_sent". Mind two: "nonce_duplicate" to bytes that were sent before means that the first copy got in, and
 * "modify_new" means that the old order is gone.
 *
 * An answer over HTTP: its status, its content type (NULL or "": none) and its body. n: elements of the action (1 for one
 * that is no batch). A single refusal for more elements counts for each of them; any other number of statuses leaves the
 * outcome of all unknown. Whatever comes, exactly n records are handed on, in order. Returns the worst: unknown before refused
 * before the rest. */
enum hl_outcome hl_answer_http(int status, const char *content_type, const char *body, size_t len, unsigned n, hl_record_fn *fn,
			       void *arg);
/* The same answer as the payload of a WebSocket post, len bytes of JSON; failed: the post's type was "error". */
enum hl_outcome hl_answer_post(bool failed, const char *payload, size_t len, unsigned n, hl_record_fn *fn, void *arg);
/* No answer came. sent: the request may have reached the exchange. */
enum hl_outcome hl_answer_none(bool sent, const char *why, unsigned n, hl_record_fn *fn, void *arg);

#endif

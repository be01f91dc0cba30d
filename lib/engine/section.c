/* SPDX-License-Identifier: MIT
 * Snapshots gathered to steps, names to an ascending list. */
#include "engine/section.h"

#include <stdlib.h>
#include <string.h>

void section_release(struct section *s)
{
	free(s->rec);
	free(s->name);
	*s = (struct section)SECTION_INIT;
}

/* Where name is, or (negative, minus one) where it belongs. */
static int64_t locate(const struct section *s, const char *name)
{
	uint32_t lo = 0, hi = s->n_names;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = strcmp(s->name[mid], name);

		if (c == 0)
			return mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -(int64_t)lo - 1;
}

int64_t section_find(const struct section *s, const char *name)
{
	return locate(s, name);
}

uint32_t section_learn(struct section *s, struct stepper *st, const char *name)
{
	int64_t at = locate(s, name);

	if (at >= 0)
		return (uint32_t)at;
	at = -at - 1;
	if (st->venue)
		rules_need(st->venue, name);
	if (s->n_names == s->cap_names) {
		s->cap_names = s->cap_names ? s->cap_names * 2 : 64;
		s->name = xreallocarray(s->name, s->cap_names, sizeof *s->name);
	}
	memmove(s->name + at + 1, s->name + at, (s->n_names - (size_t)at) * sizeof *s->name);
	memcpy(s->name[at], name, strlen(name) + 1);	/* both are char_symbol */
	s->n_names++;
	stepper_insert(st, (uint32_t)at, name);
	return (uint32_t)at;
}

/* Snapshots that another strategy's windows made lead to decisions that no replay would take. A slippage of the command line changes the
 * identity too, and so does a key that holds without a restart, hence no error. */
void section_origin(const struct in *in, const struct rec_header *h, const char *config_id)
{
	if (h->config_id[0] && strcmp(h->config_id, config_id) != 0)
		warn("%s: made under configuration %.12s, not %.12s: the windows may differ", in->name, h->config_id, config_id);
}

void section_take(struct section *s, const struct rec_snapshot *rec, struct in *in)
{
	if (s->n > 0 && (rec->t_ms != s->rec[s->n - 1].t_ms || strcmp(rec->symbol, s->rec[s->n - 1].symbol) <= 0))
		in_die(in, "%s does not follow %s inside one step: records must come by time, then symbol", rec->symbol,
		       s->rec[s->n - 1].symbol);
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->rec = xreallocarray(s->rec, s->cap, sizeof *s->rec);
	}
	s->rec[s->n++] = *rec;
}

void section_close(struct section *s, struct stepper *st, int64_t t_ms, struct in *in)
{
	uint32_t i;

	if (s->n > 0 && s->rec[0].t_ms != t_ms)
		in_die(in, "the step closes another time than its snapshots have");
	if (s->last_ms != INT64_MIN && t_ms <= s->last_ms)
		in_die(in, "step is not later than the one before");
	s->last_ms = t_ms;
	for (i = 0; i < s->n; i++)
		section_learn(s, st, s->rec[i].symbol);
}

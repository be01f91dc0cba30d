/* SPDX-License-Identifier: MIT
 * Candidates evaluated on prepared data: from a point of the parameter space to its result row (docs/sweep.md). The rows hold
 * the figures of a replay of the same configuration, bit for bit. */
#ifndef OCQ_ENGINE_SWEEP_H
#define OCQ_ENGINE_SWEEP_H

#include "engine/cache.h"
#include "engine/metrics.h"
#include "engine/point.h"

/* How much a row says: X(name). ROWS_id is cheapest. */
#define ROW_FORMS(X) X(full) X(candidate) X(id)
enum row_form {
#define X(name) ROWS_##name,
	ROW_FORMS(X)
#undef X
	N_ROW_FORMS
};
/* False: no such form. */
bool row_form_parse(const char *name, enum row_form *form);

/* Shared by all threads and not changed while they work; by reference. */
struct sweep {
	const struct config *base;
	const struct prepared *data;
	enum row_form rows;
	double balance_usd;
	uint32_t lookback;
	struct plan plan;		/* the base's; no axis changes it */
	struct cache *cache;		/* the caller's */
};
void sweep_init(struct sweep *s, const struct config *base, const struct prepared *data, enum row_form rows, double balance_usd,
		uint32_t lookback);

/* One thread's scratch. */
struct sweep_worker {
	struct walk walk;
	struct symbol_state *sym;
	uint64_t open[WALK_WORDS_MAX];
	struct gate_stats blocked;	/* with full rows */
	struct walk_log log;
};
void sweep_worker_init(struct sweep_worker *w, const struct sweep *s);
void sweep_worker_release(struct sweep_worker *w);

/* The configuration of a point: *c shares the base's texts and is not released. False: the point does not make a valid one. */
bool sweep_config(struct config *c, const struct sweep *s, const struct point *pt, struct errmsg *e) MUST_USE;
/* The strategy of a configuration, as rules read it. */
void sweep_strategy(struct strategy *st, const struct sweep *s, const struct config *c);

/* The row of form full of a point whose run is known, a line. c: its configuration. */
void sweep_full_row(struct buf *out, const struct sweep *s, const struct run_result *r, const struct point *pt, const struct config *c);

/* What came of a walk, wherever it was done. */
struct sweep_outcome {
	const struct walk_sums *sums;
	double balance_usd;
	/* ROWS_full alone: */
	struct event *event;
	uint64_t n_events;
	const double *equity_usd;	/* as in struct walk_log */
	const struct gate_stats *gates;	/* of every bar of the window */
	const struct gate_stats *walked;	/* the walk's own */
};
/* Appends the row of a point, a line, to out. c: its configuration, NULL with ROWS_id. False: there is no result (an amount overflowed,
 * a position could not be closed); *e says what. */
bool sweep_row(struct buf *out, const struct sweep *s, const struct sweep_outcome *o, const struct point *pt, const struct config *c,
	       struct errmsg *e) MUST_USE;

/* Configuration, walk and row of a point. False: the point does not make a valid configuration, or there is no result. */
bool sweep_evaluate(struct sweep_worker *w, const struct sweep *s, const struct point *pt, struct buf *out, struct errmsg *e) MUST_USE;

#endif

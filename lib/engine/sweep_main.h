/* SPDX-License-Identifier: MIT
 * What every sweep program is: options, data, candidates in, rows out in their order. Where candidates are evaluated is the
 * program's own business (bin/ocq-sweep.c: threads; cuda/ocq-sweep-gpu.c: devices). Start-up code and stream functions:
 * whatever is wrong ends the program with a message and the right status. */
#ifndef OCQ_ENGINE_SWEEP_MAIN_H
#define OCQ_ENGINE_SWEEP_MAIN_H

#include "base/opt.h"
#include "base/progress.h"
#include "engine/contract.h"
#include "engine/load.h"
#include "engine/resume.h"
#include "engine/sweep.h"

struct sweep_main {
	/* options */
	struct load load;
	double balance_usd;
	uint32_t lookback;		/* UINT32_MAX: what the candidates say, else 200 */
	uint32_t threads;		/* 0 until sweep_main_options(): all cores */
	uint32_t cache_mib;
	const char *rows, *resume_path, *candidates_path;
	bool no_header, strict;
	/* for evaluators */
	struct sweep sweep;
	struct points points;
	/* private */
	enum row_form form;
	struct config base;
	struct market market;
	struct prepared data;
	struct contract contract;
	struct resume resume;
	struct out out;
	struct progress progress;
	uint64_t written;		/* rows of this run */
	int64_t flushed_ns;
};
#define SWEEP_MAIN_INIT { .load = LOAD_INIT, .balance_usd = 10000, .lookback = UINT32_MAX, .cache_mib = 1024, .rows = "full" }

/* Rows for a table of struct opt; m is a static struct sweep_main. */
#define SWEEP_OPTIONS(m) \
	LOAD_CONFIG_OPTION((m).load), \
	MARKET_OPTIONS((m).load.query), \
	LOAD_PACK_OPTION((m).load), \
	{ 0, "live", OPT_FLAG, &(m).load.layers.live, NULL, "apply the live: layer" }, \
	{ 0, "balance", OPT_F64, &(m).balance_usd, "USD", "start balance (10000), warm-up bars" }, \
	{ 0, "lookback", OPT_U32, &(m).lookback, "N" }, \
	{ 'r', "rows", OPT_TEXT, &(m).rows, "FORM", "full, candidate or id: how much a row says (full)" }, \
	{ 'j', "threads", OPT_U32, &(m).threads, "N", "side by side; memory for shared series", OPT_HOST }, \
	{ 0, "cache-mib", OPT_U32, &(m).cache_mib, "N", NULL, OPT_HOST }, \
	{ 0, "resume", OPT_TEXT, &(m).resume_path, "FILE", "an earlier output: leave out its rows and go on", OPT_OUTPUT }, \
	{ 0, "no-header", OPT_FLAG, &(m).no_header, NULL, "without header and end", OPT_OUTPUT }, \
	{ 0, "strict", OPT_FLAG, &(m).strict, NULL, "the candidates must be a whole stream", OPT_HOST }, \
	{ 0, "strict-semantics", OPT_FLAG, &(m).load.strict_semantics, NULL, "all repairs; wrong configuration only warns" }, \
	{ 0, "lenient", OPT_FLAG, &(m).load.layers.lenient, NULL }

/* Evaluates points, on whatever it has, and hands their rows out. The first argument but open()'s is what open() returned. */
struct sweep_evaluator {
	void *(*open)(struct sweep_main *m);		/* m->sweep is complete */
	/* Room for one more point; may wait. Each is filled in, and start()ed unless the input ends instead. */
	struct point *(*next)(void *ev);
	void (*start)(void *ev, uint64_t line);		/* the one of next(), which the input has at this line */
	void (*settle)(void *ev);			/* waits until all that was started has been handed out */
	void (*close)(void *ev);			/* settles, then frees */
};

/* For evaluators, from one thread at a time and in the order of the points: n rows as text; all that is ready has been
 * given; a point that has no row, which ends the program after the rows before it. */
void sweep_main_rows(struct sweep_main *m, const char *text, size_t len, uint64_t n);
void sweep_main_flush(struct sweep_main *m);
_Noreturn void sweep_main_fail(struct sweep_main *m, uint64_t line, const char *id, const struct errmsg *why);

/* From the command line to the exit status, in two parts: in between a program may look at options of its own. */
void sweep_main_options(struct sweep_main *m, int argc, char **argv, const struct opt *opts, const char *purpose);
int sweep_main_run(struct sweep_main *m, const struct sweep_evaluator *ev);

#endif

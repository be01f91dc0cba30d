/* SPDX-License-Identifier: MIT
 * ocq-grid - the candidates of a sweep specification: the full grid, random ones, or one axis at a time. Changes when its options
 * or the names of candidates do; what a specification means is lib/config/spec.h's and lib/engine/space.h's business. */
#include "base/opt.h"
#include "config/spec.h"
#include "engine/point.h"
#include "engine/pointw.h"
#include "engine/shard.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NOT_GIVEN UINT64_MAX

static const char *base_file, *part;
static uint64_t trials = NOT_GIVEN, seed = 42, max = 1000000;
static bool live, one_at_a_time, all_first, count, compact, no_header;

static const struct opt opts[] = {
	{ 'c', "config", OPT_TEXT, &base_file, "BASE", "the strategy, for gates on keys that are no axis", 0 },
	{ 0, "live", OPT_FLAG, &live, NULL, "with its live layer", 0 },
	{ 0, "random", OPT_U64, &trials, "N", "N random candidates instead of the full grid", 0 },
	{ 0, "seed", OPT_U64, &seed, "N", "other ones for another number (42)", 0 },
	{ 0, "one-at-a-time", OPT_FLAG, &one_at_a_time, NULL, "the base, then every value of every axis alone", 0 },
	{ 0, "all-first", OPT_FLAG, &all_first, NULL, "each on top of the first values of all axes", 0 },
	{ 0, "count", OPT_FLAG, &count, NULL, "print how many candidates there are, no more", 0 },
	{ 0, "max", OPT_U64, &max, "N", "refuse a larger full grid (1000000)", 0 },
	{ 0, "shard", OPT_TEXT, &part, "I/N", "only the I-th of N parts", 0 },
	{ 0, "compact", OPT_FLAG, &compact, NULL, "bare values; the header has the paths", 0 },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "no header and no end", OPT_OUTPUT },
	{ 0 }
};

struct grid {
	struct spec spec;
	struct config base;
	struct space space;
	struct shard shard;
	struct out out;
	uint64_t written;
	char id[TEXT_MAX];
};

/* ---- the set ---- */

static void check_usage(int n, char **operand)
{
	if (n != 1)
		die(EX_USAGE, "one operand is needed, the specification (\"-\" is stdin)");
	if (base_file && !strcmp(base_file, "-") && !strcmp(operand[0], "-"))
		die(EX_USAGE, "only one of configuration and specification can come from stdin");
	if (live && !base_file)
		die(EX_USAGE, "--live is a layer of --config BASE");
	if (trials == 0)
		die(EX_USAGE, "--random is at least 1");
	if (trials != NOT_GIVEN && one_at_a_time)
		die(EX_USAGE, "--random or --one-at-a-time, not both");
	if (all_first && !one_at_a_time)
		die(EX_USAGE, "--all-first belongs to --one-at-a-time");
	if (compact && one_at_a_time && !all_first)
		die(EX_USAGE, "--compact: the candidates of --one-at-a-time change different paths; with --all-first they change the same ones");
}

static void load(struct grid *g, const char *spec_file)
{
	struct config_layers l = { .live = live };
	struct errmsg e;

	g->shard = (struct shard){ 1, 1 };
	if (part && !shard_parse(&g->shard, part))
		die(EX_USAGE, "--shard: \"%s\" is not I/N, part I of N, from 1/N to N/N", part);
	if (!spec_load(&g->spec, spec_file, &e))
		die(EX_CONFIG, "%s", e.text);
	if (base_file && !config_load(&g->base, base_file, &l, NULL, NULL, &e))
		die(EX_CONFIG, "%s", e.text);
	spec_check(&g->spec, config_warn, NULL);
	if (!one_at_a_time && !space_init(&g->space, &g->spec, base_file ? &g->base : NULL, &e))
		die(EX_USAGE, "%s, --config BASE", e.text);
}

static void release(struct grid *g)
{
	space_release(&g->space);
	spec_release(&g->spec);
	if (base_file)
		config_release(&g->base);
}

/* The base and every listed value. */
static uint64_t count_samples(const struct spec *s)
{
	uint64_t n = 1;
	uint32_t i;

	for (i = 0; i < s->n; i++)
		n += s->axis[i].n;
	return n;
}

static struct space_size size(const struct grid *g)
{
	if (trials != NOT_GIVEN)
		return (struct space_size){ true, trials, (double)trials };
	if (one_at_a_time)
		return (struct space_size){ true, count_samples(&g->spec), 0 };
	return space_size(&g->space);
}

static void size_text(struct space_size n, char text[32])
{
	if (n.exact)
		snprintf(text, 32, "%" PRIu64, n.n);
	else
		snprintf(text, 32, "%.1e", n.about);
}

static void print_count(struct grid *g)
{
	char text[32];

	size_text(size(g), text);
	out_add(&g->out, text, strlen(text));
	out_add(&g->out, "\n", 1);
}

static void refuse_too_many(const struct grid *g)
{
	struct space_size n = size(g);
	char text[32];

	if (trials != NOT_GIVEN || one_at_a_time || (n.exact && n.n <= max))
		return;
	size_text(n, text);
	die(EX_USAGE, "%s: %s candidates, more than %" PRIu64 ": --max N allows more, --random N takes a sample", g->spec.file, text, max);
}

/* ---- candidates ---- */

/* Names candidate i; true if it is one of this part. */
static bool name(struct grid *g, const char *kind, int width, uint64_t i)
{
	bool mine;

	snprintf(g->id, sizeof g->id, "%s_%0*" PRIu64, kind, width, i);
	mine = shard_has(&g->shard, g->id);
	g->written += mine;
	return mine;
}

static void write_full(struct grid *g)
{
	struct pointw w;
	uint64_t i = 0;

	pointw_init(&w, &g->space, compact);
	space_first(&g->space);
	do
		if (name(g, "sweep", 4, i++))
			pointw_write(&w, &g->out, g->id);
	while (!stream_stop && space_next(&g->space));
	pointw_release(&w);
}

static void write_random(struct grid *g)
{
	struct pointw w;
	uint64_t i;

	pointw_init(&w, &g->space, compact);
	for (i = 0; i < trials && !stream_stop; i++)
		if (name(g, "random", 6, i)) {
			space_random(&g->space, seed, i);
			pointw_write(&w, &g->out, g->id);
		}
	pointw_release(&w);
}

/* Gates do not matter here: the question is what each value does on its own. */
static void write_one_at_a_time(struct grid *g)
{
	static struct point first, p;
	const struct spec *s = &g->spec;
	uint64_t i = 0;
	uint32_t a, v;

	for (a = 0; all_first && a < s->n; a++, first.n++) {
		first.row[a] = s->axis[a].row;
		first.value[a] = s->axis[a].value[0];
	}
	p = first;
	if (name(g, "one", 4, i++)) {
		memcpy(p.id, g->id, sizeof p.id);
		point_write(&g->out, &p, compact);
	}
	for (a = 0; a < s->n; a++, p = first)
		for (v = 0; v < s->axis[a].n && !stream_stop; v++) {
			if (!name(g, "one", 4, i++))
				continue;
			memcpy(p.id, g->id, sizeof p.id);
			p.row[all_first ? a : 0] = s->axis[a].row;
			p.value[all_first ? a : 0] = s->axis[a].value[v];
			p.n = all_first ? s->n : 1;
			point_write(&g->out, &p, compact);
		}
}

/* ---- the stream ---- */

static void write_header(struct grid *g)
{
	struct space_size n = size(g);
	uint16_t row[N_PARAMS];
	char id[65];
	uint32_t i;

	for (i = 0; i < g->spec.n; i++)
		row[i] = one_at_a_time ? g->spec.axis[i].row : g->space.axis[i].of->row;
	if (base_file)
		config_id(&g->base, id);
	points_header(&g->out, base_file ? id : NULL, row, compact ? g->spec.n : 0, g->spec.has_lookback ? &g->spec.lookback : NULL,
		      n.exact && !part ? n.n : 0);
}

static void write_stream(struct grid *g)
{
	refuse_too_many(g);
	if (!no_header)
		write_header(g);
	if (one_at_a_time)
		write_one_at_a_time(g);
	else if (trials != NOT_GIVEN)
		write_random(g);
	else
		write_full(g);
	if (!no_header)
		record_end(&g->out, g->written);
}

int main(int argc, char **argv)
{
	static struct grid g;

	err_init(argv[0]);
	stream_signals();
	check_usage(opt_parse(argc, argv, opts, "[options] SPEC", "The candidates of a sweep specification, one record each."), argv);
	load(&g, argv[0]);
	out_open(&g.out, "-");
	if (count)
		print_count(&g);
	else
		write_stream(&g);
	out_close(&g.out);
	release(&g);
	return EX_OK;
}

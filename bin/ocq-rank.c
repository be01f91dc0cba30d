/* SPDX-License-Identifier: MIT
 * ocq-rank - shortlists of results per channel. Changes when its options or the members it adds do; which row is better is
 * lib/engine/rank.h's business, which are chosen lib/engine/shortlist.h's. */
#include "base/num.h"
#include "base/opt.h"
#include "engine/gather.h"
#include "engine/shortlist.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#define DEFAULT UINT64_MAX	/* --min-trades was not given */

static const char *channels = "all", *output = "-";
static uint64_t max = 5, min_trades = DEFAULT;
static bool score, ignore_contract, strict, no_header;

static const struct opt opts[] = {
	{ 0, "channel", OPT_TEXT, &channels, "LIST", "efficient,growth,conservative (all)", 0 },
	{ 'n', "max", OPT_U64, &max, "N", "rows per shortlist (5); 0: all", 0 },
	{ 0, "score", OPT_FLAG, &score, NULL, "order by score; adds the channel balanced", 0 },
	{ 0, "min-trades", OPT_U64, &min_trades, "N", "only rows with this many total_trades (0; --score: 1)", 0 },
	{ 0, "ignore-contract", OPT_FLAG, &ignore_contract, NULL, "take results of different contracts all the same", 0 },
	{ 'o', "output", OPT_TEXT, &output, "FILE", "write there (stdout)", OPT_OUTPUT },
	{ 0, "strict", OPT_FLAG, &strict, NULL, "a stream without header or end is an error", 0 },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "write the rows without header and end", OPT_OUTPUT },
	{ 0 }
};

/* ---- channels ---- */

struct channels { enum rank_channel list[N_RANK_CHANNELS]; unsigned n; };

static void add_channel(struct channels *c, enum rank_channel channel)
{
	unsigned i;

	for (i = 0; i < c->n; i++)
		if (c->list[i] == channel)
			die(EX_USAGE, "--channel: %s is there twice", rank_channel_name(channel));
	if (!score && !rank_has_order(channel))
		die(EX_USAGE, "--channel: %s is a score: it needs --score", rank_channel_name(channel));
	c->list[c->n++] = channel;
}

static enum rank_channel channel_named(const char *name, size_t len)
{
	int i;

	for (i = 0; i < N_RANK_CHANNELS; i++)
		if (strlen(rank_channel_name(i)) == len && !memcmp(rank_channel_name(i), name, len))
			return i;
	die(EX_USAGE, "--channel: \"%.*s\" is not efficient, growth, conservative or balanced; \"all\" stands alone", (int)len, name);
}

static void parse_channels(struct channels *c)
{
	const char *p = channels;
	size_t len;
	int i;

	if (!strcmp(channels, "all")) {
		for (i = 0; i < N_RANK_CHANNELS; i++)
			if (rank_has_order(i))
				add_channel(c, i);
		return;
	}
	for (; ; p += len + 1) {
		len = strcspn(p, ",");
		add_channel(c, channel_named(p, len));
		if (!p[len])
			return;
	}
}

/* ---- rows ---- */

struct rank {
	struct gather g;
	unsigned type, pnl, factor, drawdown, trades, sharpe;	/* wants of g */
	struct shortlists *lists;
	struct point_paths paths;
	struct out out;
	uint64_t rows, without_point, written;
};

static double figure(struct rank *r, unsigned want, bool needed)
{
	double v = gather_number(&r->g, want);

	if (needed && isnan(v))
		gather_missing(&r->g, want);
	return v;
}

static bool has_balanced(const struct channels *c)
{
	unsigned i;

	for (i = 0; i < c->n; i++)
		if (c->list[i] == RANK_balanced)
			return true;
	return false;
}

/* A score has its own idea of what a missing figure stands for, balanced apart. */
static void read_figures(struct rank *r, struct rank_figures *f, const struct channels *c)
{
	bool balanced = has_balanced(c), needed = !score || balanced;

	f->total_pnl = figure(r, r->pnl, needed);
	f->profit_factor = gather_null(&r->g, r->factor) ? INFINITY : figure(r, r->factor, needed);	/* null: an old report */
	f->max_drawdown_pct = figure(r, r->drawdown, needed);
	f->total_trades = figure(r, r->trades, min_trades || balanced);
	f->sharpe_ratio = balanced ? figure(r, r->sharpe, true) : NAN;
}

/* What header "paths" say; all headers say the same. */
static void read_paths(struct rank *r)
{
	const char *text = gather_member(&r->g, "paths");
	struct buf header = BUF_INIT;
	struct json_doc d;
	struct errmsg e;

	if (r->paths.known || !text)
		return;
	buf_addf(&header, "{\"paths\":%s}", text);
	if (!json_parse(&d, header.data, header.len, &e))
		die(EX_BUG, "paths of a header: %s", e.text);
	if (!point_paths(&r->paths, &d, d.tok, &e))
		die(EX_DATA, "%s: header: %s", r->g.in.in.name, e.text);
	json_release(&d);
	buf_release(&header);
}

/* What the row stands for: its overrides or values; where it has neither, its id. */
static void read_key(struct rank *r, unsigned char key[POINT_KEY])
{
	const struct json_doc *d = gather_parse(&r->g);
	struct point pt;
	struct errmsg e;

	if (json_get(d, d->tok, "overrides") || json_get(d, d->tok, "values")) {
		read_paths(r);
		if (!point_parse(&pt, &r->paths, d, d->tok, &e))
			in_die(&r->g.in.in, "%s", e.text);
		point_key(&pt, key);
		return;
	}
	if (!json_str(d, json_get(d, d->tok, "id"), pt.id, sizeof pt.id) || !pt.id[0])
		in_die(&r->g.in.in, "\"id\" is not a text of 1 to %d bytes, and there are no \"overrides\"", TEXT_MAX - 1);
	point_key_of_id(pt.id, key);
	r->without_point++;
}

/* A row that is lost is worse than a stop. */
static void check_type(struct rank *r)
{
	if (!gather_is(&r->g, r->type, "result"))
		in_die(&r->g.in.in, "\"type\" is not \"result\"");
}

static void refuse_ranked(struct rank *r)
{
	const struct json_doc *d = gather_parse(&r->g);

	if (json_get(d, d->tok, "channel") || json_get(d, d->tok, "rank") || json_get(d, d->tok, "score"))
		in_die(&r->g.in.in, "\"channel\", \"rank\" or \"score\" is there: the row has been ranked");
}

static void read_rows(struct rank *r, const struct channels *c)
{
	unsigned char key[POINT_KEY];
	struct rank_figures f;

	while (gather_read(&r->g)) {
		r->rows++;
		check_type(r);
		read_figures(r, &f, c);
		if (min_trades && f.total_trades < (double)min_trades)
			continue;
		if (shortlists_want(r->lists, &f)) {
			refuse_ranked(r);
			read_key(r, key);
			shortlists_add(r->lists, &f, key, r->g.row.line, r->g.row.len);
		} else {
			shortlists_pass(r->lists, &f);
		}
	}
}

/* What is best is known at the end of the input only; a file is written whole or not at all. */
static void die_if_stopped(void)
{
	if (stream_stop)
		die(EX_RETRY, "stopped by a signal before the end");
}

/* The row as it came, its last brace replaced by the new members. */
static void write_row(void *arg, enum rank_channel c, uint64_t rank, const struct rank_figures *f, const char *text, size_t len)
{
	struct rank *r = arg;
	struct buf more = BUF_INIT;
	struct jsonw w;

	while (text[len - 1] != '}')	/* white space */
		len--;
	jsonw_init(&w, &more, false);
	jsonw_object(&w);
	jsonw_key(&w, "channel");
	jsonw_str(&w, rank_channel_name(c));
	jsonw_key(&w, "rank");
	jsonw_u64(&w, rank);
	if (score) {
		jsonw_key(&w, "score");
		jsonw_f64(&w, rank_channel_score(c, f));
	}
	jsonw_end(&w);
	more.data[0] = ',';
	buf_addc(&more, '\n');
	out_add(&r->out, text, len - 1);
	out_add(&r->out, more.data, more.len);
	buf_release(&more);
	r->written++;
}

static void write_lists(struct rank *r)
{
	out_open(&r->out, output);
	if (!no_header)
		gather_header(&r->g, &r->out);
	shortlists_take(r->lists, write_row, r);
	if (!no_header && !r->g.cut)
		record_end(&r->out, r->written);
	die_if_stopped();
	out_close(&r->out);
}

static void say(const struct rank *r)
{
	if (!r->rows)
		note("no row came: nothing to rank");
	else if (!r->written)
		note("none of %" PRIu64 " rows has %" PRIu64 " trades: nothing to rank", r->rows, min_trades);
	else if (r->without_point)
		note("rows have neither overrides nor values: two of one point are not known as such");
}

int main(int argc, char **argv)
{
	struct channels c = { .n = 0 };
	struct rank r = { .rows = 0 };
	int n;

	err_init(argv[0]);
	stream_signals();
	n = opt_parse(argc, argv, opts, "[--channel LIST] [-n N] [--score] [options] [RESULTS...]",
		      "Shortlists of results, one per channel; adds channel and rank to their rows.");
	parse_channels(&c);
	if (min_trades == DEFAULT)
		min_trades = score ? 1 : 0;
	gather_open(&r.g, argv, n, strict, ignore_contract);
	r.type = gather_want(&r.g, "type");
	r.pnl = gather_want(&r.g, "total_pnl");
	r.factor = gather_want(&r.g, "profit_factor");
	r.drawdown = gather_want(&r.g, "max_drawdown_pct");
	r.trades = gather_want(&r.g, "total_trades");
	r.sharpe = gather_want(&r.g, "sharpe_ratio");
	r.lists = shortlists_new(c.list, c.n, max, score);
	read_rows(&r, &c);
	die_if_stopped();
	write_lists(&r);
	say(&r);
	shortlists_free(r.lists);
	gather_close(&r.g);
	return EX_OK;
}

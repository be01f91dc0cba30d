/* SPDX-License-Identifier: MIT
 * ocq-pack - freeze the market data of a run into one file, check it, show it. */
#include "base/opt.h"
#include "base/stream.h"
#include "json/json.h"
#include "store/options.h"

#include <string.h>

static struct market_query q = MARKET_QUERY_INIT;
static const char *output, *check, *show;

static const struct opt opts[] = {
	MARKET_OPTIONS(q),
	{ 'o', "output", OPT_TEXT, &output, "FILE", "the pack", OPT_OUTPUT },
	{ 0, "check", OPT_TEXT, &check, "FILE", "verify a pack with its SHA-256 and print its data_id", 0 },
	{ 0, "show", OPT_TEXT, &show, "FILE", "print what a pack holds as JSON", 0 },
	{ 0 }
};

static void load(struct market *m)
{
	struct errmsg e;
	int status;

	if (!market_load(m, &q, &e, &status))
		die((enum exit_status)status, "%s", e.text);
}

/* A pack also carries what a repair may ask for: the context symbol and the rate before the window. */
static void ask_for_everything(void)
{
	q.funding_before_window = q.btc_context = true;
}

static void make(void)
{
	struct market m;
	struct errmsg e;

	if (strcmp(output, "-") == 0)
		die(EX_USAGE, "--output -: a pack is mapped by its readers, so it needs a file");
	ask_for_everything();
	load(&m);
	if (!pack_write(output, &m, &e))
		die(EX_RETRY, "%s", e.text);
	note("%s: data_id %s", output, m.data_id);
	market_release(&m);
}

static void print(const char *text, size_t n)
{
	struct out o;

	out_open(&o, "-");
	out_add(&o, text, n);
	out_add(&o, "\n", 1);
	out_close(&o);
}

static void do_check(void)
{
	char data_id[65];
	struct errmsg e;

	if (!pack_check(check, data_id, &e))
		die(EX_DATA, "%s", e.text);
	print(data_id, strlen(data_id));
}

static void put_time(struct jsonw *w, const char *key, int64_t t, int64_t open)
{
	jsonw_key(w, key);
	if (t == open)
		jsonw_null(w);
	else
		jsonw_i64(w, t);
}

static void put_set(struct jsonw *w, const char *key, const struct bar_set *set, uint32_t n)
{
	uint64_t bars = 0;

	if (!set->of)
		return;
	for (uint32_t i = 0; i < n; i++)
		bars += set->of[i].n;
	jsonw_key(w, key);
	jsonw_object(w);
	jsonw_key(w, "interval");
	jsonw_str(w, set->interval);
	jsonw_key(w, "bars");
	jsonw_u64(w, bars);
	jsonw_end(w);
}

static void put_symbol(struct jsonw *w, const struct market *m, uint32_t i)
{
	const struct bar_set *set[] = { &m->main, &m->exit, &m->entry };
	static const char *const name[] = { "bars", "exit_bars", "entry_bars" };

	jsonw_object(w);
	jsonw_key(w, "symbol");
	jsonw_str(w, m->symbol[i]);
	if (i == m->context_symbol) {
		jsonw_key(w, "context_only");
		jsonw_bool(w, true);
	}
	put_time(w, "first_ms", m->main.of[i].t_ms[0], INT64_MIN);
	put_time(w, "last_ms", m->main.of[i].t_ms[m->main.of[i].n - 1], INT64_MIN);
	for (unsigned k = 0; k < 3; k++)
		if (set[k]->of) {
			jsonw_key(w, name[k]);
			jsonw_u64(w, set[k]->of[i].n);
		}
	if (m->funding) {
		jsonw_key(w, "rates");
		jsonw_u64(w, m->funding[i].n);
	}
	jsonw_end(w);
}

static void put_market(struct jsonw *w, const struct market *m)
{
	jsonw_object(w);
	jsonw_key(w, "data_id");
	jsonw_str(w, m->data_id);
	put_time(w, "from_ms", m->from_ms, INT64_MIN);
	put_time(w, "to_ms", m->to_ms, INT64_MAX);
	jsonw_key(w, "steps");
	jsonw_u64(w, m->n_timeline);
	put_set(w, "main", &m->main, m->n_symbols);
	put_set(w, "exit", &m->exit, m->n_symbols);
	put_set(w, "entry", &m->entry, m->n_symbols);
	jsonw_key(w, "symbols");
	jsonw_array(w);
	for (uint32_t i = 0; i < m->n_symbols; i++)
		put_symbol(w, m, i);
	jsonw_end(w);
	jsonw_end(w);
}

static void do_show(void)
{
	struct buf text = BUF_INIT;
	struct market m;
	struct jsonw w;

	q.pack = show;
	ask_for_everything();
	load(&m);
	jsonw_init(&w, &text, true);
	put_market(&w, &m);
	print(text.data, text.len);
	buf_release(&text);
	market_release(&m);
}

int main(int argc, char **argv)
{
	err_init(argv[0]);
	if (opt_parse(argc, argv, opts, "[options] -o FILE | --check FILE | --show FILE",
	              "Freezes the market data of a run into one file.") > 0)
		die(EX_USAGE, "\"%s\" is no option; --help lists them", argv[0]);
	if ((output != NULL) + (check != NULL) + (show != NULL) != 1)
		die(EX_USAGE, "give one of --output, --check and --show");
	if (check)
		do_check();
	else if (show)
		do_show();
	else
		make();
	return EX_OK;
}

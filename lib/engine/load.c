/* SPDX-License-Identifier: MIT
 * Start-up of programs that run a strategy over data; changes when an option that chooses either means something else. */
#include "engine/load.h"

#include <stdlib.h>
#include <string.h>

static const char *only_symbol(const struct market_query *q)
{
	return q->symbols && !strchr(q->symbols, ',') ? q->symbols : NULL;
}

static void repairs_all(struct params *p)
{
#define REPAIR(name, meaning) p->repair_##name = true;
#include "kernel/repairs.def"
#undef REPAIR
}

void load_config(struct load *l, struct config *c, uint32_t lookback)
{
	struct errmsg e;

	if (!l->config_path)
		die(EX_USAGE, "no strategy: give --config FILE");
	l->layers.symbol = only_symbol(&l->query);
	if (!config_load(c, l->config_path, &l->layers, config_warn, NULL, &e))
		die(EX_CONFIG, "%s", e.text);
	if (!isnan(l->slippage_bps))
		c->params.trade_slippage_bps = l->slippage_bps;
	if (l->strict_semantics)
		repairs_all(&c->params);
	config_check_run(c, &(struct config_run){ lookback, l->query.interval, l->query.entry_interval, l->query.exit_interval },
			 config_warn, NULL);
}

/* A strategy made for sub-bars trades differently without them: say so. */
static void warn_missing(const char *key, const char *interval, const char *main_interval, const char *what, bool loaded)
{
	if (interval[0] && strcmp(interval, main_interval) != 0 && !loaded)
		warn("%s is %s, but no --%s-candles: indicator bars decide instead", key, interval, what);
}

void load_market(struct load *l, struct market *m, const struct config *c)
{
	struct market_query *q = &l->query;
	struct errmsg e;
	int status;

	if (!q->pack && !q->candles)
		die(EX_USAGE, "no market data: give --candles DBS or --pack FILE");
	if (!q->interval && !q->pack)
		q->interval = c->engine_interval;
	if (q->exit_candles && !q->exit_interval && c->engine_exit_interval[0])
		q->exit_interval = c->engine_exit_interval;
	if (q->entry_candles && !q->entry_interval && c->engine_entry_interval[0])
		q->entry_interval = c->engine_entry_interval;
	q->funding_before_window = c->params.repair_funding_before_window;
	q->btc_context = c->params.repair_btc_context;
	if (!market_load(m, q, &e, &status))
		die(status, "%s", e.text);
	if (!q->interval && strcmp(m->main.interval, c->engine_interval) != 0)
		warn("%s: holds %s bars, but engine.interval is %s", q->pack, m->main.interval, c->engine_interval);
	warn_missing("engine.exit_interval", c->engine_exit_interval, c->engine_interval, "exit", m->exit.of != NULL);
	warn_missing("engine.entry_interval", c->engine_entry_interval, c->engine_interval, "entry", m->entry.of != NULL);
}

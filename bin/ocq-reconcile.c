/* SPDX-License-Identifier: MIT
 * ocq-reconcile - the exchange's side of a lane into its journal. */
#include "base/opt.h"
#include "lane/reconcile.h"
#include "net/url.h"


static struct reconcile_options o;
static double every_s = 30;

static const struct opt opts[] = {
	{ 'j', "journal", OPT_TEXT, &o.dir, "DIR", "the lane's journal" },
	{ 0, "url", OPT_TEXT, &o.url, "URL", "of the exchange, without /info" },
	{ 0, "ca", OPT_TEXT, &o.ca_file, "FILE", "its authorities, instead of the system's", OPT_HOST },
	{ 0, "every", OPT_F64, &every_s, "S", "look at everything so often (30)" },
	{ 0, "once", OPT_FLAG, &o.once, NULL, "one look, then leave" },
	{ 0 }
};

int main(int argc, char **argv)
{
	struct out out;
	int rc;

	err_init(argv[0]);
	if (opt_parse(argc, argv, opts, "-j DIR --url URL [options]",
		      "Takes fills, funding, positions and orders into a lane's journal.") != 0)
		die(EX_USAGE, "unexpected operand %s", argv[0]);
	if (!o.dir || !o.url)
		die(EX_USAGE, "want --journal DIR and --url URL");
	o.url = url_option(o.url);
	if (!(every_s >= 0.1 && every_s <= 3600))
		die(EX_USAGE, "--every is from 0.1 to 3600 seconds");
	o.every_ms = (int64_t)(every_s * 1000);
	stream_signals();
	out_open(&out, "-");
	rc = reconcile_run(&o, &out);
	out_close(&out);
	return rc;
}

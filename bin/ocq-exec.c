/* SPDX-License-Identifier: MIT
 * ocq-exec - send what a lane's journal allows, once, and find out what became of it. */
#include "base/opt.h"
#include "lane/exec.h"
#include "net/url.h"

#include <string.h>

static struct exec_options o = { .slippage = 0.01 };
static const char *key, *credential, *limits, *network, *prefix = "ocq_";
static double expires_s = 10, stale_s;
static bool no_limits;

static const struct opt opts[] = {
	{ 'j', "journal", OPT_TEXT, &o.dir, "DIR", "the lane's journal" },
	{ 0, "url", OPT_TEXT, &o.url, "URL", "of the exchange, without /exchange" },
	{ 0, "ca", OPT_TEXT, &o.ca_file, "FILE", "its authorities, instead of the system's", OPT_HOST },
	{ 0, "venue", OPT_TEXT, &o.venue_path, "META", "its markets: records of ocq-hl meta" },
	{ 'k', "key", OPT_TEXT, &key, "FILE", "what ocq-sign signs with", OPT_HOST },
	{ 0, "credential", OPT_TEXT, &credential, "NAME", NULL, OPT_HOST },
	{ 'l', "limits", OPT_TEXT, &limits, "FILE", "what it may be used for", OPT_HOST },
	{ 0, "no-limits", OPT_FLAG, &no_limits, NULL, "for tests: ocq-sign signs whatever a lane sends", OPT_HOST },
	{ 0, "network", OPT_TEXT, &network, "N", "with --no-limits: mainnet or testnet", OPT_HOST },
	{ 0, "arm", OPT_TEXT, &o.arm_file, "FILE", "a live lane sends while this names account and time", OPT_HOST },
	{ 0, "dry", OPT_FLAG, &o.dry, NULL, "everything but the sending" },
	{ 0, "slippage", OPT_F64, &o.slippage, "F", "at most so far from the middle (0.01)" },
	{ 0, "expires", OPT_F64, &expires_s, "S", "an order is not taken later than this (10)" },
	{ 0, "stale", OPT_F64, &stale_s, "S", "what has rested so long is taken back (0: never)" },
	{ 0, "cloid-prefix", OPT_TEXT, &prefix, "TEXT", "4 bytes that begin client order ids (ocq_)" },
	{ 0, "progress", OPT_TEXT, &o.progress, "FILE", "say there which step is through", OPT_HOST },
	{ 0 }
};

/* The key itself is seen by ocq-sign alone. */
static char **signer(void)
{
	static char *argv[8];
	int n = 0;

	if ((key != NULL) == (credential != NULL))
		die(EX_USAGE, "who signs? one of --key FILE and --credential NAME");
	if ((limits != NULL) == no_limits)
		die(EX_USAGE, "what may be signed? one of --limits FILE and --no-limits");
	argv[n++] = "ocq-sign";
	argv[n++] = key ? "--key" : "--credential";
	argv[n++] = (char *)(key ? key : credential);
	argv[n++] = limits ? "--limits" : "--no-limits";
	if (limits)
		argv[n++] = (char *)limits;
	else
		argv[n++] = "--network", argv[n++] = (char *)(network ? network : "mainnet");
	return argv;
}

static void check(void)
{
	if (!o.dir || !o.url || !o.venue_path)
		die(EX_USAGE, "want --journal DIR, --url URL and --venue META");
	o.url = url_option(o.url);
	if (!(o.slippage >= 0.0005 && o.slippage <= 0.1))
		die(EX_USAGE, "--slippage is from 0.0005 to 0.1");
	if (!(expires_s >= 1 && expires_s <= 600))
		die(EX_USAGE, "--expires is from 1 to 600 seconds");
	if (stale_s != 0 && !(stale_s >= 2 && stale_s <= 1e9))
		die(EX_USAGE, "--stale is 0 or at least 2 seconds");
	if (strlen(prefix) != sizeof o.prefix)
		die(EX_USAGE, "--cloid-prefix has 4 bytes");
}

int main(int argc, char **argv)
{
	struct out out;
	int rc;

	err_init(argv[0]);
	if (opt_parse(argc, argv, opts, "-j DIR --url URL --venue META -k FILE -l FILE [options]",
		      "Sends what a lane's journal allows, once. Input only rings.") != 0)
		die(EX_USAGE, "unexpected operand %s", argv[0]);
	check();
	memcpy(o.prefix, prefix, sizeof o.prefix);
	o.expires_ms = (int64_t)(expires_s * 1000);
	o.stale_ms = (int64_t)(stale_s * 1000);
	o.signer = signer();
	stream_signals();
	out_open(&out, "-");
	rc = exec_run(&o, &out);
	out_close(&out);
	return rc;
}

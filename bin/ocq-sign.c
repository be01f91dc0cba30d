/* SPDX-License-Identifier: MIT
 * ocq-sign - the only program with the key. Changes when its options do, or the order in which it shuts itself in. */
#include "base/clock.h"
#include "base/opt.h"
#include "record/record.h"
#include "sign/desk.h"
#include "sign/sandbox.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const char *key_file, *credential, *new_file, *limits_file, *network;
static bool no_limits, show_address, sealed, no_header;

static const struct opt opts[] = {
	{ 'k', "key", OPT_TEXT, &key_file, "FILE", "the key, in a file that only you can read", OPT_HOST },
	{ 0, "credential", OPT_TEXT, &credential, "NAME", "the same, in a credential of systemd", OPT_HOST },
	{ 'l', "limits", OPT_TEXT, &limits_file, "FILE", "what the key may be used for", OPT_HOST },
	{ 0, "no-limits", OPT_FLAG, &no_limits, NULL, "no bound on what an agent may sign" },
	{ 0, "network", OPT_TEXT, &network, "mainnet|testnet", "with --no-limits: signs for this one" },
	{ 0, "address", OPT_FLAG, &show_address, NULL, "print the key's address and leave" },
	{ 0, "new", OPT_TEXT, &new_file, "FILE", "make a key there, print its address and leave" },
	{ 0, "passphrase", OPT_FLAG, &sealed, NULL, "with --new: ask for one, and hide the key with it" },
	{ 0, "no-header", OPT_FLAG, &no_header, NULL, "write the answers without header and end", OPT_OUTPUT },
	{ 0 }
};

static volatile sig_atomic_t kill_asked;

static void on_kill(int signal_number)
{
	(void)signal_number;
	kill_asked = 1;
}

static void catch_kill(void)
{
	struct sigaction action = { .sa_handler = on_kill };

	if (sigaction(SIGUSR1, &action, NULL) < 0)
		die_sys(EX_RETRY, "signals cannot be set up");
}

static void check_options(void)
{
	int keys = (key_file != NULL) + (credential != NULL) + (new_file != NULL);

	if (keys != 1)
		die(EX_USAGE, "one of --key FILE, --credential NAME and --new FILE is needed");
	if (sealed && !new_file)
		die(EX_USAGE, "--passphrase goes with --new: a file that has one asks by itself");
	if (new_file || show_address)
		return;
	if (no_limits ? limits_file != NULL : !limits_file)
		die(EX_USAGE, "nothing is signed without --limits FILE (or --no-limits and --network)");
	if (no_limits != (network != NULL))
		die(EX_USAGE, no_limits ? "--no-limits needs --network" : "--network goes with --no-limits: the limits file has its own");
}

static void load_limits(struct limits *l)
{
	enum hl_network n = HL_TESTNET;
	struct errmsg e;

	if (no_limits) {
		if (!hl_network_parse(network, &n))
			die(EX_USAGE, "--network: \"%s\" is not mainnet or testnet", network);
		limits_none(l, n);
		return;
	}
	if (!limits_load(l, limits_file, &e))
		die(EX_CONFIG, "%s", e.text);
}

static struct signer *load_key(void)
{
	struct errmsg e;
	struct signer *s = key_file ? key_read(key_file, &e) : key_credential(credential, &e);

	if (!s)
		die(EX_DENIED, "%s", e.text);
	return s;
}

static int print_address(const struct address *a)
{
	char text[ADDRESS_TEXT];
	struct out out;

	address_put(text, a);
	text[ADDRESS_TEXT - 1] = '\n';
	out_open(&out, "-");
	out_add(&out, text, ADDRESS_TEXT);
	out_close(&out);
	return EX_OK;
}

static int tell_address(void)
{
	struct signer *s = load_key();
	struct address a = *signer_address(s);

	signer_free(s);
	return print_address(&a);
}

static int make_key(void)
{
	struct address a;
	struct errmsg e;

	if (!key_create(new_file, sealed, &a, &e))
		die(EX_DENIED, "%s", e.text);
	return print_address(&a);
}

/* The header is written once everything is in place: who reads it knows that requests are taken. */
static void write_header(struct out *out, const struct desk *d)
{
	char address[ADDRESS_TEXT], member[64];

	address_put(address, signer_address(d->signer));
	record_header(out, NULL, NULL, NULL);
	record_extend(out, member, (size_t)snprintf(member, sizeof member, ",\"address\":\"%s\"", address));
}

static struct desk desk;

/* However the program ends, the key is wiped. */
static void close_desk(void)
{
	desk_release(&desk);
}

static void serve(struct desk *d)
{
	uint64_t answers = 0;
	struct out out;
	struct in in;
	const char *line;
	size_t len;

	out_open(&out, "-");
	in_open(&in, "-");
	in.flush = &out;
	in.limit = SIGN_LINE_MAX;
	if (!no_header)
		write_header(&out, d);
	while (in_line(&in, &line, &len)) {
		d->gate.killed |= kill_asked;
		answers += desk_line(d, line, len, in.cut || in.torn, clock_ms(), &out);
	}
	if (!no_header)
		record_end(&out, answers);
	out_close(&out);
	in_close(&in);
}

int main(int argc, char **argv)
{
	struct limits limits;
	struct errmsg e;

	err_init(argv[0]);
	if (!sandbox_prepare(&e))
		die(EX_ABSENT, "%s", e.text);
	stream_signals();
	catch_kill();
	if (opt_parse(argc, argv, opts, "-k FILE -l FILE [options]", "Signs the actions that its limits allow; a record in, its answer out."))
		die(EX_USAGE, "requests come on stdin: no operand is taken");
	check_options();
	if (new_file)
		return make_key();
	if (show_address)
		return tell_address();
	load_limits(&limits);
	desk_init(&desk, load_key(), &limits);
	if (atexit(close_desk))
		die(EX_RETRY, "no memory");
	clock_ms();	/* a simulated clock is a file */
	if (!sandbox_enter(SIGN_HEAP, &e))
		die(EX_ABSENT, "%s", e.text);
	serve(&desk);
	return EX_OK;
}

/* SPDX-License-Identifier: MIT
 * The conditions under which orders leave. */
#include "lane/arm.h"

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/address.h"
#include "json/json.h"
#include "trade/risk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 4096 };

static struct errmsg missing;

static const char *because(const char *file, const char *what)
{
	errmsg_set(&missing, "%s: %s", file, what);
	return missing.text;
}

static const char *member(const struct json_doc *d, const char *key, char *text, size_t size)
{
	return json_str(d, json_get(d, d->tok, key), text, size) ? text : NULL;
}

static const char *read_arm(const char *file, const struct json_doc *d, const char *account, int64_t now_ms)
{
	char whose[ADDRESS_TEXT], same[ADDRESS_TEXT], until[CLOCK_TEXT_MAX];
	struct address a;
	int64_t until_ms;

	if (!member(d, "account", whose, sizeof whose) || !address_parse(whose, strlen(whose), &a))
		return because(file, "\"account\" is no address");
	address_put(same, &a);
	if (strcmp(same, account) != 0)
		return because(file, "\"account\" is another one than the lane's");
	if (!member(d, "until", until, sizeof until) || !clock_parse(until, &until_ms))
		return because(file, "\"until\" is no time");
	return now_ms < until_ms ? NULL : because(file, "\"until\" has passed");
}

/* Ours alone: whoever can write it can arm the lane. */
static const char *file_missing(const char *file, const char *account, int64_t now_ms)
{
	struct buf text = BUF_INIT;
	struct json_doc d;
	struct errmsg e;
	struct stat st;
	const char *why;

	if (lstat(file, &st) < 0)
		return because(file, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 0177))
		return because(file, "wants to be a file of this user with mode 0600");
	if (!buf_read_file(&text, file, FILE_MAX, &e) || !json_parse(&d, text.data, text.len, &e)) {
		buf_release(&text);
		return because(file, e.text);
	}
	why = read_arm(file, &d, account, now_ms);
	json_release(&d);
	buf_release(&text);
	return why;
}

const char *arm_missing(const char *file, const char *account, int64_t now_ms)
{
	const char *confirm = getenv("AI_QUANT_LIVE_CONFIRM");

	if (!truthy(getenv("AI_QUANT_LIVE_ENABLE")))
		return "AI_QUANT_LIVE_ENABLE is not set";
	if (!confirm || strcmp(confirm, ARM_CONFIRM) != 0)
		return "AI_QUANT_LIVE_CONFIRM is not " ARM_CONFIRM;
	return file ? file_missing(file, account, now_ms) : "there is no arm file: --arm";
}

bool arm_hard_kill(void)
{
	return truthy(getenv("AI_QUANT_HARD_KILL_SWITCH"));
}

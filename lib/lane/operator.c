/* SPDX-License-Identifier: MIT
 * Records of what an operator does. */
#include "lane/operator.h"

#include "base/clock.h"
#include "journal/journal.h"
#include "trade/intent.h"

#include <dirent.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The effective user: what the environment says of it is no evidence. */
static void user_name(char_text by)
{
	const struct passwd *p = getpwuid(geteuid());

	if (p)
		snprintf(by, sizeof (char_text), "%s", p->pw_name);
	else
		snprintf(by, sizeof (char_text), "uid %ld", (long)geteuid());
}

void operator_op(struct rec_op *op, const char *id, const char *what, const char *text)
{
	char made[INTENT_ID];

	memset(op, 0, sizeof *op);
	op->t_ms = clock_ms();
	user_name(op->by);
	snprintf(op->what, sizeof op->what, "%s", what);
	snprintf(op->text, sizeof op->text, "%s", text);
	if (!id)
		op_id(made, op->by, op->what, op->text, op->t_ms);
	snprintf(op->id, sizeof op->id, "%s", id ? id : made);
}

void operator_kill(struct rec_kill_level *k, const struct rec_op *op, enum kill_cause c, enum kill_level level, const char *why)
{
	memset(k, 0, sizeof *k);
	snprintf(k->cause, sizeof k->cause, "%s", kill_cause_name(c));
	snprintf(k->level, sizeof k->level, "%s", kill_level_name(level));
	snprintf(k->by, sizeof k->by, "%s", op->by);
	snprintf(k->why, sizeof k->why, "%s", why ? why : "");
}

void operator_cancel(struct rec_cancel *c, const struct rec_op *op, const char *symbol, const char *oid)
{
	memset(c, 0, sizeof *c);
	c->t_ms = op->t_ms;
	snprintf(c->op, sizeof c->op, "%s", op->id);
	snprintf(c->symbol, sizeof c->symbol, "%s", symbol ? symbol : "");
	snprintf(c->oid, sizeof c->oid, "%s", oid ? oid : "");
}

static bool is_segment(const char *name)
{
	size_t n = strlen(name);

	return n > 7 && strcmp(name + n - 7, ".ndjson") == 0;
}

void operator_need_journal(const char *dir)
{
	const struct dirent *entry;
	bool found = false;
	DIR *d = opendir(dir);

	if (!d)
		die_sys(EX_DATA, "%s: cannot be opened", dir);
	while (!found && (entry = readdir(d)))
		found = is_segment(entry->d_name);
	closedir(d);
	if (!found)
		die(EX_DATA, "%s: not a journal: it has no segment", dir);
}

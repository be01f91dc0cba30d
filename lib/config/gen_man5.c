/* SPDX-License-Identifier: MIT
 * Runs while building: prints ocq-config(5) from the tables of keys, behaviours, profiles and repairs. */
#include "config/row.h"

#include <stdio.h>
#include <string.h>

static const char head[] =
	".\\\" Printed from lib/kernel/params.def and the tables of lib/config by lib/config/gen_man5.c.\n"
	".Dd November 22, 2026\n"
	".Dt OCQ-CONFIG 5\n"
	".Os\n"
	".Sh NAME\n"
	".Nm ocq-config\n"
	".Nd strategy configuration files\n"
	".Sh DESCRIPTION\n"
	"A configuration is one YAML mapping of layers:\n"
	".Bl -tag -width Ds\n"
	".It Ic global\n"
	"Sections of keys for every symbol.\n"
	".It Ic symbols\n"
	"A mapping from a symbol to sections; read when a program is asked for one symbol.\n"
	"The name is looked up as given, then in capitals, then in small letters.\n"
	".It Ic live\n"
	"Sections that\n"
	".Fl -live\n"
	"adds, or a mapping with a\n"
	".Ic global\n"
	"and a\n"
	".Ic symbols\n"
	"layer of its own.\n"
	".It Ic modes\n"
	"A mapping from a mode to the same two forms; one entry is added by\n"
	".Fl -mode .\n"
	".El\n"
	".Pp\n"
	"What is set later wins:\n"
	"defaults, global, symbols, live, modes.\n"
	"A layer that is missing or null changes nothing; a list replaces a list as a whole.\n"
	"Other keys of the root are ignored with a warning, those that start with an underscore silently.\n"
	".Pp\n"
	"Every layer of the file is checked, also one that is not asked for.\n"
	"Unknown keys, wrong types, doubled keys, null as a value, anchors, aliases, tags, merge keys and a second document\n"
	"are errors with file and line; under\n"
	".Fl -lenient\n"
	"wrong contents are warnings and lose their effect.\n"
	".Ss Types\n"
	".Bl -tag -width \"conf, macd\" -compact\n"
	".It f64\n"
	"a finite decimal or whole number\n"
	".It uint\n"
	"a whole number from 0 to 4294967295, without decimal point\n"
	".It flag\n"
	"true or false\n"
	".It conf , macd\n"
	"one of three words, in any case\n"
	".It text\n"
	"a string; what YAML takes for a number needs quotes\n"
	".El\n"
	".Sh KEYS\n"
	"After the type come the default and the domain.\n"
	"A value outside is refused where the domain is marked\n"
	".Sq only ,\n"
	"otherwise warned of.\n"
	".Sq hot\n"
	"keys may change while a lane runs,\n"
	".Sq series\n"
	"keys change the indicators that a sweep computes,\n"
	".Sq unused\n"
	"keys are read by no rule.\n";

static const char tail[] =
	".Sh SEE ALSO\n"
	".Xr ocq-config 1 ,\n"
	".Xr ocq 7\n";

static const char *section_of(const char *path, char dst[64])
{
	snprintf(dst, 64, "%.*s", (int)(strrchr(path, '.') - path), path);
	return dst;
}

static void key(const struct config *defaults, unsigned row)
{
	static const char *const type[] = { "f64", "uint", "flag", "conf", "macd", "text" };
	const struct param_row *r = param_rows + row;
	struct buf b = BUF_INIT;
	struct errmsg range;

	row_show(&b, defaults, row);
	printf(".It Ic %s Pq %s , %s", r->path, type[r->type], buf_cstr(&b));
	if (!isinf(r->lo) || !isinf(r->hi))
		printf(" , %s%s", r->flags & (HARD | WINDOW) ? "only " : "", row_range(row, &range));
	printf("%s%s%s\n%s.\n", r->flags & HOT ? " , hot" : "", r->flags & SERIES ? " , series" : "", r->flags & UNUSED ? " , unused" : "", r->meaning);
	buf_release(&b);
}

static void keys(void)
{
	char now[64] = "", next[64];
	struct config defaults;
	unsigned i;

	config_defaults(&defaults);
	for (i = 0; i < N_PARAMS; i++) {
		if (strcmp(section_of(param_rows[i].path, next), now)) {
			printf("%s.Ss %s\n.Bl -tag -width Ds -compact\n", *now ? ".El\n" : "", next);
			strcpy(now, next);
		}
		key(&defaults, i);
	}
	puts(".El");
	config_release(&defaults);
}

static void profiles(void)
{
	puts(".Sh PROFILES\n"
	     "The active profile is\n"
	     ".Ic runtime.profile ,\n"
	     "or, where that is empty,\n"
	     ".Ic pipeline.default_profile\n"
	     "(text, \"production\").\n"
	     "An entry of\n"
	     ".Ic pipeline.profiles\n"
	     "has the lists\n"
	     ".Ic stage_order , enabled_stages , disabled_stages ,\n"
	     "the text\n"
	     ".Ic ranker ,\n"
	     "and under\n"
	     ".Ic behaviours\n"
	     "for each group the lists\n"
	     ".Ic order , enabled , disabled .\n"
	     "A list that is empty says nothing.\n"
	     "Of a built-in profile it replaces what that has.\n"
	     ".Pp\n"
	     "These exist without being written:");
#define STAGE(name)
#define RANKER(name)
#define PROFILE_STAGE_OFF(profile, stage)
#define PROFILE_OFF(profile, behaviour)
#define PROFILE(name) puts(".Ic " #name);
#include "config/profiles.def"
#undef PROFILE
#define PROFILE(name)
	puts(".Pp\nStages:");
#undef STAGE
#define STAGE(name) puts(".Ic " #name);
#include "config/profiles.def"
#undef STAGE
#define STAGE(name)
	puts(".Pp\nRankers:");
#undef RANKER
#define RANKER(name) puts(".Ic " #name);
#include "config/profiles.def"
#undef STAGE
#undef RANKER
#undef PROFILE
#undef PROFILE_STAGE_OFF
#undef PROFILE_OFF
}

static void lowering(unsigned b)
{
#define LOWER(behaviour, member, value) \
	if (b == B_##behaviour) \
		printf(".br\noff: %s = %s\n", member_path(#member), #value);
#include "config/lowering.def"
#undef LOWER
}

static void behaviours(void)
{
	unsigned g, b;

	puts(".Sh BEHAVIOURS\n"
	     "Below an id stands what the rule does, and what switching it off does to the parameters besides leaving it out.\n"
	     "Only the orders of\n"
	     ".Ic exits\n"
	     "and\n"
	     ".Ic signal_modes\n"
	     "have an effect.");
	for (g = 0; g < N_GROUPS; g++) {
		printf(".Ss %s\n.Bl -tag -width Ds -compact\n", group_name[g]);
		for (b = group_first(g); b < group_first(g + 1); b++) {
			printf(".It Ic %s\n%s\n", behaviour_id[b], behaviour_meaning[b]);
			lowering(b);
		}
		puts(".El");
	}
}

static void others(void)
{
	unsigned i;

	puts(".Sh REPAIRS\n"
	     "The mapping\n"
	     ".Ic repairs\n"
	     "turns them on by name, with true; all are off by default, and one that is on becomes part of the\n"
	     "fingerprint.\n"
	     ".Bl -tag -width Ds -compact");
	for (i = 0; i < N_REPAIRS; i++)
		printf(".It Ic %s\n%s.\n", repair_at(i)->name, repair_at(i)->meaning);
	puts(".El\n"
	     ".Sh KEYS WITHOUT EFFECT\n"
	     "Older files have them; one warning names them.\n"
	     ".Bl -tag -width Ds -compact");
#define IDLE(path, meaning) puts(".It Ic " path "\n" meaning ".");
#include "config/idle.def"
#undef IDLE
	puts(".El");
}

int main(void)
{
	fputs(head, stdout);
	keys();
	profiles();
	behaviours();
	others();
	fputs(tail, stdout);
	return fflush(stdout) || ferror(stdout);
}

/* SPDX-License-Identifier: MIT
 * The environment, asked variable after variable. */
#include "lane/settings.h"

#include <stdlib.h>

static const char *get(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

static void say(void *arg, const char *text)
{
	(void)arg;
	warn("%s", text);
}

void settings_read(struct risk_settings *s)
{
	risk_defaults(s);
	risk_read(s, get, say, NULL);
}

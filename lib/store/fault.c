/* SPDX-License-Identifier: MIT
 * The wording helpers that every part of the store shares. */
#include "store/fault.h"

#include <stdarg.h>
#include <stdio.h>

bool fault_set(struct fault *f, int status, const char *fmt, ...)
{
	va_list ap;

	f->status = status;
	va_start(ap, fmt);
	vsnprintf(f->e.text, sizeof f->e.text, fmt, ap);
	va_end(ap);
	return false;
}

const char *time_text(int64_t t_ms)
{
	static char text[4][CLOCK_TEXT_MAX + 1];
	static unsigned turn;
	char *s = text[turn++ % 4];

	*clock_put(s, t_ms) = '\0';
	return s;
}

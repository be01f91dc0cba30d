/* SPDX-License-Identifier: MIT
 * Times are int64 milliseconds UTC since 1970. Intervals are "1m" ... "1M". */
#ifndef OCQ_BASE_CLOCK_H
#define OCQ_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCK_TEXT_MAX 32

int64_t clock_ms(void);			/* wall clock now, or the simulated one */
int64_t clock_mono_ns(void);		/* for durations: always real */

/* Simulated time: with OCQ_CLOCK=FILE in the environment clock_ms() is what the owner of FILE last published there, which
 * may stand, run faster than the wall's, and never goes backwards. Waiting is still done in real time, so whoever waits for a
 * time looks at clock_ms() again and again. A FILE that cannot be read ends the program with EX_CONFIG. */
bool clock_simulated(void);
/* For the owner, one file per process; creates it. */
void clock_publish(const char *path, int64_t t_ms);
/* For who waits for another process's time: what was last published in path, one file per process. It must be there (EX_CONFIG). */
int64_t clock_published(const char *path);

/* RFC 3339 with zone, YYYY-MM-DD (UTC midnight), or digits with optional sign and '_': |x| < 1e10 seconds,
 * < 1e13 ms, < 1e16 us, else ns. False if it is none of these. */
bool clock_parse(const char *text, int64_t *t_ms);
char *clock_put(char *dst, int64_t t_ms);	/* "2025-05-31T23:00:00Z", ms only if not 0; no terminator; returns the end */

/* Length of an interval that replays know (1m 3m 5m 15m 30m 1h 4h 1d); 0 for any other text. */
int64_t clock_interval_ms(const char *interval);

/* All intervals that the exchange has candles of, shortest first; NULL ends the list. */
extern const char *const clock_intervals[];
/* The open of the bar that t_ms lies in, moved on by n bars (n < 0: back). Weeks begin on Monday, months with their first day, all else
 * counts from 1970. INT64_MIN: no such interval. t_ms and the result lie between the years 0 and 9999. */
int64_t clock_bar(const char *interval, int64_t t_ms, int64_t n);
/* Length of an interval whose bars are all equally long; 0 for 1M and any other text. */
int64_t clock_length_ms(const char *interval);

#endif

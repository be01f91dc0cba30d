/* SPDX-License-Identifier: MIT
 * Time: the clocks, its text forms, interval names. */
#include "base/clock.h"

#include "base/err.h"
#include "base/num.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)

static int64_t read_clock(clockid_t id, int64_t unit_ns)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * (INT64_C(1000000000) / unit_ns) + t.tv_nsec / unit_ns;
}

/* A simulated clock is a file of one native-endian int64 that its owner maps and changes, and everyone else maps and reads. */
typedef _Atomic int64_t shared_ms;

/* Writing to a mapped page for which the disk has no block is SIGBUS. */
static bool has_room(int fd)
{
	errno = posix_fallocate(fd, 0, sizeof(shared_ms));
	return errno == 0;
}

static shared_ms *shared_map(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	void *at = MAP_FAILED;

	if (fd >= 0 && size != sizeof(shared_ms) && (size || !(flags & O_CREAT)))	/* nobody's store is made a clock */
		die(EX_CONFIG, "simulated clock %s: is another file than a clock's", path);
	if (fd >= 0 && (!(flags & O_CREAT) || has_room(fd)))
		at = mmap(NULL, sizeof(shared_ms), flags & O_RDWR ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		die_sys(errno == ENOSPC ? EX_RETRY : EX_CONFIG, "simulated clock %s", path);
	close(fd);
	return at;
}

static const shared_ms *simulated(void)
{
	static const shared_ms *at;
	static bool asked;

	if (!asked) {
		const char *path = getenv("OCQ_CLOCK");

		asked = true;
		if (path && *path)
			at = shared_map(path, O_RDONLY);
	}
	return at;
}

bool clock_simulated(void)
{
	return simulated() != NULL;
}

int64_t clock_ms(void)
{
	const shared_ms *at = simulated();

	return at ? atomic_load_explicit(at, memory_order_acquire) : read_clock(CLOCK_REALTIME, 1000000);
}

void clock_publish(const char *path, int64_t t_ms)
{
	static shared_ms *at;

	if (!at)
		at = shared_map(path, O_RDWR | O_CREAT);
	atomic_store_explicit(at, t_ms, memory_order_release);
}

int64_t clock_published(const char *path)
{
	static const shared_ms *at;

	if (!at)
		at = shared_map(path, O_RDONLY);
	return atomic_load_explicit(at, memory_order_acquire);
}

int64_t clock_mono_ns(void)
{
	return read_clock(CLOCK_MONOTONIC, 1);
}

/* The Gregorian calendar in years that begin in March, so that the leap day is the last of its year; eras of 400
 * years (146097 days). Day 0 is 1970-01-01, which is day 719468 after 0000-03-01. */
static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t days_of(int64_t year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1, era = floor_div(y, 400), in_era = y - era * 400;
	int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + day_of_year - 719468;
}

static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t z = days + 719468, era = floor_div(z, 146097), d = z - era * 146097;
	int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365, day_of_year = d - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * day_of_year + 2) / 153;

	*day = (int)(day_of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = era * 400 + y + (*month <= 2);
}

static int month_length(int64_t year, int month)
{
	static const char length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return length[month - 1] + (month == 2 && leap);
}

/* Reads exactly n digits and moves *s behind them. */
static bool digits(const char **s, int n, int *value)
{
	int v = 0;

	for (; n; n--, ++*s) {
		if (**s < '0' || **s > '9')
			return false;
		v = v * 10 + (**s - '0');
	}
	*value = v;
	return true;
}

static bool literal(const char **s, char c)
{
	if (**s != c)
		return false;
	++*s;
	return true;
}

static bool parse_date(const char **s, int64_t *days)
{
	int year, month, day;

	if (!digits(s, 4, &year) || !literal(s, '-') || !digits(s, 2, &month) || !literal(s, '-') || !digits(s, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > month_length(year, month))
		return false;
	*days = days_of(year, month, day);
	return true;
}

/* ".123456": at least one digit, cut to milliseconds. */
static bool parse_fraction(const char **s, int *ms)
{
	int scale = 100;

	*ms = 0;
	if (!literal(s, '.'))
		return true;
	if (**s < '0' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; ++*s, scale /= 10)
		*ms += (**s - '0') * scale;
	return true;
}

static bool parse_zone(const char **s, int64_t *offset_ms)
{
	int sign = **s == '-' ? -1 : 1, hours, minutes;

	*offset_ms = 0;
	if (literal(s, 'Z') || literal(s, 'z'))
		return true;
	if (!literal(s, '+') && !literal(s, '-'))
		return false;
	if (!digits(s, 2, &hours) || !literal(s, ':') || !digits(s, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*offset_ms = sign * (hours * 60 + minutes) * INT64_C(60000);
	return true;
}

static bool parse_calendar(const char *s, int64_t *t_ms)
{
	int64_t days, offset;
	int hour, minute, second, ms;

	if (!parse_date(&s, &days))
		return false;
	*t_ms = days * DAY_MS;
	if (!*s)
		return true;
	if (!literal(&s, 'T') && !literal(&s, 't') && !literal(&s, ' '))
		return false;
	if (!digits(&s, 2, &hour) || !literal(&s, ':') || !digits(&s, 2, &minute) || !literal(&s, ':') || !digits(&s, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60)	/* 60: a leap second is the first of the next minute */
		return false;
	if (!parse_fraction(&s, &ms) || !parse_zone(&s, &offset) || *s)
		return false;
	*t_ms += ((hour * 60 + minute) * 60 + second) * INT64_C(1000) + ms - offset;
	return true;
}

/* The unit follows from the size: no market is older than 1970 plus some months in the next finer unit. */
static bool parse_epoch(const char *s, int64_t *t_ms)
{
	bool negative = *s == '-', any = false;
	uint64_t v = 0;

	if (*s == '-' || *s == '+')
		s++;
	for (; *s; s++) {
		if (*s == '_')
			continue;
		if (*s < '0' || *s > '9')
			return false;
		if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return false;
		any = true;
	}
	if (!any || v > INT64_MAX)
		return false;
	if (v < UINT64_C(10000000000))
		v *= 1000;
	else if (v >= UINT64_C(10000000000000000))
		v /= 1000000;
	else if (v >= UINT64_C(10000000000000))
		v /= 1000;
	*t_ms = negative ? -(int64_t)v : (int64_t)v;
	return true;
}

bool clock_parse(const char *text, int64_t *t_ms)
{
	return parse_epoch(text, t_ms) || parse_calendar(text, t_ms);
}

static char *put2(char *dst, int v)
{
	*dst++ = (char)('0' + v / 10);
	*dst++ = (char)('0' + v % 10);
	return dst;
}

char *clock_put(char *dst, int64_t t_ms)
{
	int64_t days = floor_div(t_ms, DAY_MS), year;
	int ms = (int)((t_ms % DAY_MS + DAY_MS) % DAY_MS), month, day, second = ms / 1000;

	date_of(days, &year, &month, &day);
	if (year < 0 || year > 9999) {
		dst = num_i64_put(dst, year);
	} else {
		dst = put2(dst, (int)(year / 100));
		dst = put2(dst, (int)(year % 100));
	}
	*dst++ = '-';
	dst = put2(dst, month);
	*dst++ = '-';
	dst = put2(dst, day);
	*dst++ = 'T';
	dst = put2(dst, second / 3600);
	*dst++ = ':';
	dst = put2(dst, second / 60 % 60);
	*dst++ = ':';
	dst = put2(dst, second % 60);
	if ((ms %= 1000)) {
		*dst++ = '.';
		*dst++ = (char)('0' + ms / 100);
		dst = put2(dst, ms % 100);
	}
	*dst++ = 'Z';
	return dst;
}

int64_t clock_interval_ms(const char *interval)
{
	static const struct { const char *name; int64_t minutes; } known[] = {
		{ "1m", 1 }, { "3m", 3 }, { "5m", 5 }, { "15m", 15 }, { "30m", 30 }, { "1h", 60 }, { "4h", 240 }, { "1d", 1440 },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(interval, known[i].name) == 0)
			return known[i].minutes * 60000;
	return 0;
}

#define MINUTE_MS INT64_C(60000)
#define MONDAY_MS (4 * DAY_MS)	/* 1970-01-05 */

const char *const clock_intervals[] = { "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "3d", "1w", "1M", NULL };
static const int64_t minutes[] = { 1, 3, 5, 15, 30, 60, 120, 240, 480, 720, 1440, 4320, 10080 };
enum { WEEK = 12, MONTH = 13 };

static int64_t month_open(int64_t t_ms, int64_t n)
{
	int64_t year, months;
	int month, day;

	date_of(floor_div(t_ms, DAY_MS), &year, &month, &day);
	months = 12 * year + month - 1 + n;
	year = floor_div(months, 12);
	return days_of(year, (int)(months - 12 * year) + 1, 1) * DAY_MS;
}

static int interval_place(const char *interval)
{
	int i = 0;

	while (i <= MONTH && strcmp(interval, clock_intervals[i]) != 0)
		i++;
	return i;
}

int64_t clock_length_ms(const char *interval)
{
	int i = interval_place(interval);

	return i < MONTH ? minutes[i] * MINUTE_MS : 0;
}

int64_t clock_bar(const char *interval, int64_t t_ms, int64_t n)
{
	int64_t length, origin;
	int i = interval_place(interval);

	if (i > MONTH)
		return INT64_MIN;
	if (i == MONTH)
		return month_open(t_ms, n);
	length = minutes[i] * MINUTE_MS;
	origin = i == WEEK ? MONDAY_MS : 0;
	return origin + (floor_div(t_ms - origin, length) + n) * length;
}

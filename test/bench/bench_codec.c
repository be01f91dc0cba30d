/* SPDX-License-Identifier: MIT
 * Speed of the number codec, the record codec, the JSON scanner and the digests, in memory, on one core. Prints
 * "name<TAB>value<TAB>unit" per line, best of several turns. */
#include "base/clock.h"
#include "base/hash.h"
#include "base/num.h"
#include "json/json.h"
#include "record/record.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURNS 7
#define NUMBERS 100000
#define RECORDS 2000	/* their text stays in the cache, as the blocks of a stream do */

static uint64_t seed = 1;

static uint64_t random64(void)
{
	uint64_t z = seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static double uniform(void)
{
	return (double)(random64() >> 11) * 0x1p-53;
}

/* The least time of TURNS calls, in ns. */
static double best(void (*work)(void *), void *arg)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < TURNS; i++) {
		int64_t start = clock_mono_ns(), spent;

		work(arg);
		spent = clock_mono_ns() - start;
		least = spent < least ? spent : least;
	}
	return (double)least;
}

/* ---- numbers ---- */

struct numbers { double v[NUMBERS]; char *text[NUMBERS + 1], bytes[NUMBERS * NUM_F64_MAX]; };

static void write_numbers(void *arg)
{
	struct numbers *n = arg;
	char *p = n->bytes;

	for (int i = 0; i < NUMBERS; i++) {
		n->text[i] = p;
		p = num_f64_put(p, n->v[i]);
		*p++ = ',';
	}
	n->text[NUMBERS] = p;
}

static void read_numbers(void *arg)
{
	struct numbers *n = arg;
	const char *p = n->bytes;

	for (int i = 0; i < NUMBERS; i++)
		p = num_f64_get(p, n->text[NUMBERS], &n->v[i]) + 1;
	if (p != n->text[NUMBERS])
		die(EX_BUG, "numbers were not read back");
}

static void numbers(const char *kind, double (*make)(void))
{
	static struct numbers n;

	for (int i = 0; i < NUMBERS; i++)
		n.v[i] = make();
	printf("f64_write_%s\t%.1f\tns\n", kind, best(write_numbers, &n) / NUMBERS);
	printf("f64_read_%s\t%.1f\tns\n", kind, best(read_numbers, &n) / NUMBERS);
}

static double price(void)
{
	return (double)(random64() % 10000000) / 100;
}

static double small_price(void)
{
	return (double)(random64() % 10000000) / 1e8;
}

/* ---- records ---- */

struct records {
	enum record_type type;
	const void *rec;
	size_t size;
	struct out out;
	struct record read;
};

/* Everything into one buffer, which is never flushed. */
static void write_records(void *arg)
{
	struct records *r = arg;

	r->out.len = 0;
	for (int i = 0; i < RECORDS; i++)
		record_write(&r->out, r->type, (const char *)r->rec + (size_t)i * r->size);
}

static void read_records(void *arg)
{
	struct records *r = arg;
	const char *p = r->out.data, *end = p + r->out.len;
	struct errmsg e;

	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));

		if (!record_parse(&r->read, p, (size_t)(stop - p), &e))
			die(EX_BUG, "%s", e.text);
		p = stop + 1;
	}
}

static void records(const char *kind, enum record_type type, const void *rec, size_t size)
{
	struct records r = { .type = type, .rec = rec, .size = size };

	out_fd(&r.out, open("/dev/null", O_WRONLY), "null");
	r.out.data = xrealloc(r.out.data, r.out.cap = RECORDS * (size_t)4096);
	printf("%s_write\t%.2f\tM/s\n", kind, RECORDS / best(write_records, &r) * 1e3);
	printf("%s_read\t%.2f\tM/s\n", kind, RECORDS / best(read_records, &r) * 1e3);
	printf("%s_bytes\t%.0f\tbytes\n", kind, (double)r.out.len / RECORDS);
	out_abandon(&r.out);
}

static struct rec_candle candles[RECORDS];
static struct rec_snapshot snapshots[RECORDS];

static double round_to(double v, double steps)
{
	return round(v * steps) / steps;
}

static void make_candles(void)
{
	double last = 43000;

	for (int i = 0; i < RECORDS; i++) {
		struct rec_candle *c = &candles[i];

		strcpy(c->symbol, "BTC");
		strcpy(c->interval, "1h");
		c->t_ms = 1700000000000 + i * INT64_C(3600000);
		c->t_close_ms = c->t_ms + 3599999;
		c->o = last;
		c->c = last = round_to(last * (0.99 + 0.02 * uniform()), 10);
		c->h = round_to(fmax(c->o, c->c) * (1 + 0.01 * uniform()), 10);
		c->l = round_to(fmin(c->o, c->c) * (1 - 0.01 * uniform()), 10);
		c->v = round_to(1000 * uniform(), 1e5);
		c->n = (int64_t)(random64() % 10000);
	}
}

/* Prices as in the candles, seventeen digits elsewhere, and lags that repeat what stood in the records before. */
static void make_snapshots(void)
{
	for (int i = 0; i < RECORDS; i++) {
		struct rec_snapshot *s = &snapshots[i];
		const struct rec_snapshot *before = &snapshots[i ? i - 1 : 0];

#define SNAP_F64(member, init, meaning) s->member = uniform() * 100;
#include "kernel/snapshot.def"
#undef SNAP_F64
		strcpy(s->symbol, candles[i].symbol);
		s->t_ms = candles[i].t_ms;
		s->bar_count = (uint64_t)i;
		s->close = candles[i].c;
		s->high = candles[i].h;
		s->low = candles[i].l;
		s->open = candles[i].o;
		s->volume = candles[i].v;
		s->prev_close = before->close;
		s->prev_ema_fast = before->ema_fast;
		s->prev_ema_slow = before->ema_slow;
		s->prev_macd_hist = before->macd_hist;
		s->prev2_macd_hist = before->prev_macd_hist;
		s->prev3_macd_hist = before->prev2_macd_hist;
		s->funding_rate = 0;
	}
}

/* The same candles as other writers print them: spaces, members in another order. */
static struct buf foreign;

static void make_foreign(void)
{
	for (int i = 0; i < RECORDS; i++) {
		const struct rec_candle *c = &candles[i];

		buf_addf(&foreign, "{\"symbol\": \"%s\", \"type\": \"candle\", \"t_ms\": %lld, \"t_close_ms\": %lld, \"interval\": \"%s\", \"o\": %.1f, "
			"\"h\": %.1f, \"l\": %.1f, \"c\": %.1f, \"n\": %lld, \"v\": %.5f}\n", c->symbol, (long long)c->t_ms, (long long)c->t_close_ms,
			c->interval, c->o, c->h, c->l, c->c, (long long)c->n, c->v);
	}
}

/* ---- bytes ---- */

static char block[16 << 20];
static uint64_t sink;

static void sum_block(void *arg)
{
	(void)arg;
	sink += checksum64(block, sizeof block);
}

static void sha_block(void *arg)
{
	char hex[65];

	(void)arg;
	sha256_hex(block, sizeof block, hex);
	sink += (unsigned char)hex[0];
}

static void crc_block(void *arg)
{
	(void)arg;
	sink += crc32_ieee(0, block, sizeof block);
}

/* An order book message of 20 + 20 levels. */
static void make_book(struct buf *b)
{
	buf_adds(b, "{\"channel\":\"l2Book\",\"data\":{\"coin\":\"BTC\",\"time\":1748732400000,\"levels\":[[");
	for (int i = 0; i < 40; i++)
		buf_addf(b, "%s{\"px\":\"%d.0\",\"sz\":\"%.5f\",\"n\":%d}", i == 20 ? "],[" : i ? "," : "", 104000 + i, uniform(), i % 7);
	buf_adds(b, "]]}}");
}

static void parse_book(void *arg)
{
	struct buf *b = arg;
	struct json_doc d;
	struct errmsg e;

	for (int i = 0; i < 1000; i++) {
		if (!json_parse(&d, b->data, b->len, &e))
			die(EX_BUG, "%s", e.text);
		sink += d.n;
		json_release(&d);
	}
}

int main(void)
{
	struct buf book_text = BUF_INIT;
	struct records from_others = { 0 };

	err_init("bench_codec");
	numbers("short", price);
	numbers("fraction", small_price);
	numbers("full", uniform);
	make_candles();
	make_snapshots();
	make_foreign();
	records("candle", REC_candle, candles, sizeof *candles);
	records("snapshot", REC_snapshot, snapshots, sizeof *snapshots);
	from_others.out = (struct out){ .data = foreign.data, .len = foreign.len };
	printf("candle_read_foreign\t%.2f\tM/s\n", RECORDS / best(read_records, &from_others) * 1e3);
	for (size_t i = 0; i < sizeof block; i++)
		block[i] = (char)(i * 31 >> 3);
	printf("checksum64\t%.2f\tGB/s\n", sizeof block / best(sum_block, NULL));
	printf("crc32\t%.2f\tGB/s\n", sizeof block / best(crc_block, NULL));
	printf("sha256\t%.3f\tGB/s\n", sizeof block / best(sha_block, NULL));
	make_book(&book_text);
	printf("json_l2book\t%.2f\tus\n", best(parse_book, &book_text) / 1e6);
	buf_release(&book_text);
	buf_release(&foreign);
	return sink == 0;
}

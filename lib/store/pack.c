/* SPDX-License-Identifier: MIT
 * The pack file: layout, writing, and the checks that make a mapped one safe to use (docs/rules/data.md "Packs").
 * A loaded pack is used where it lies: every offset, length and order that later code relies on is proven first. */
#include "store/source.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PACK_MAGIC "OCQPACK\n"
#define PACK_VERSION 1
#define PACK_BYTE_ORDER UINT32_C(0x0a0b0c0d)
#define PACK_ALIGN 64

struct pack_part { uint64_t n, at; };	/* rows and file offset of the first column; columns follow at multiples of PACK_ALIGN */

struct pack_head {
	char magic[8];
	uint32_t version, byte_order;
	uint64_t size;			/* of the file */
	uint64_t checksum;		/* of everything from `interval` on */
	char interval[N_SETS][8];
	int64_t from_ms, to_ms, limit_from_ms, limit_to_ms, range_from_ms, range_to_ms;
	char data_id[64];
	uint32_t n_symbols, context_only;
	uint64_t has_rates, symbols_at;
	struct pack_part timeline;
};

struct pack_symbol {
	char name[SYMBOL_MAX];
	int64_t listed_from_ms, listed_to_ms;
	struct pack_part bars[N_SETS], rates;
};

enum { SUMMED_FROM = offsetof(struct pack_head, interval) };

/* -- writing -- */

static size_t pad(struct buf *b)
{
	static const char zero[PACK_ALIGN];

	buf_add(b, zero, -b->len % PACK_ALIGN);
	return b->len;
}

static void put_column(struct buf *b, const void *cells, size_t n)
{
	buf_add(b, cells, n * sizeof(int64_t));
	pad(b);
}

static struct pack_part put_bars(struct buf *b, const struct bars *bars)
{
	struct pack_part p = { bars->n, pad(b) };

	for (unsigned k = 0; bars->n && k < N_BAR_COLUMNS; k++)
		put_column(b, bars_column(bars, k), bars->n);
	return p;
}

static struct pack_part put_rates(struct buf *b, const struct rates *rates)
{
	struct pack_part p = { rates->n, pad(b) };

	for (unsigned k = 0; rates->n && k < N_RATE_COLUMNS; k++)
		put_column(b, rates_column(rates, k), rates->n);
	return p;
}

static void put_symbol(struct buf *b, const struct market *m, uint32_t i, struct pack_symbol *p)
{
	const struct bar_set *set[N_SETS] = { &m->main, &m->exit, &m->entry };
	const struct source *s = m->owner;
	const struct source_symbol *y = &s->symbol[s->taken[i]];

	memcpy(p->name, y->name, sizeof p->name);
	p->listed_from_ms = y->listed_from_ms;
	p->listed_to_ms = y->listed_to_ms;
	for (unsigned k = 0; k < N_SETS; k++)
		if (set[k]->of)
			p->bars[k] = put_bars(b, &set[k]->of[i]);
	if (m->funding)
		p->rates = put_rates(b, &m->funding[i]);
}

static void head_init(struct pack_head *h, const struct market *m)
{
	const struct bar_set *set[N_SETS] = { &m->main, &m->exit, &m->entry };
	const struct source *s = m->owner;

	*h = (struct pack_head){ .magic = PACK_MAGIC, .version = PACK_VERSION, .byte_order = PACK_BYTE_ORDER };
	for (unsigned k = 0; k < N_SETS; k++)
		memcpy(h->interval[k], set[k]->interval, sizeof h->interval[k]);
	h->from_ms = m->from_ms;
	h->to_ms = m->to_ms;
	h->limit_from_ms = m->from_ms == INT64_MIN ? s->limit_from_ms : m->from_ms;
	h->limit_to_ms = m->to_ms == INT64_MAX ? s->limit_to_ms : m->to_ms;
	h->range_from_ms = s->range_from_ms;
	h->range_to_ms = s->range_to_ms;
	memcpy(h->data_id, m->data_id, sizeof h->data_id);
	h->n_symbols = m->n_symbols;
	h->context_only = m->context_symbol;
	h->has_rates = m->funding != NULL;
}

/* The whole file as bytes. */
static void pack_image(struct buf *b, const struct market *m)
{
	struct pack_symbol *symbol = xcalloc(m->n_symbols, sizeof *symbol);
	struct pack_head h;

	head_init(&h, m);
	buf_add(b, &h, sizeof h);
	h.symbols_at = pad(b);
	buf_add(b, symbol, m->n_symbols * sizeof *symbol);
	h.timeline = (struct pack_part){ m->n_timeline, pad(b) };
	put_column(b, m->timeline, m->n_timeline);
	for (uint32_t i = 0; i < m->n_symbols; i++)
		put_symbol(b, m, i, &symbol[i]);
	pad(b);
	h.size = b->len;
	memcpy(b->data + h.symbols_at, symbol, m->n_symbols * sizeof *symbol);
	memcpy(b->data, &h, sizeof h);
	h.checksum = checksum64(b->data + SUMMED_FROM, b->len - SUMMED_FROM);
	memcpy(b->data, &h, sizeof h);
	free(symbol);
}

bool pack_write(const char *path, struct market *m, struct errmsg *e)
{
	struct buf b = BUF_INIT;
	bool ok;

	if (!*m->data_id)
		market_data_id(m, m->data_id);
	pack_image(&b, m);
	ok = file_replace(path, b.data, b.len, e);
	buf_release(&b);
	return ok;
}

/* -- reading -- */

struct pack {
	const char *path;
	const char *at;		/* the mapping */
	uint64_t size;
	struct pack_head head;
	struct fault *f;
};

static bool wrong(const struct pack *p, const char *what)
{
	return fault_set(p->f, EX_DATA, "%s: damaged pack: %s; make it again", p->path, what);
}

/* Maps the file; an empty one is not mapped and fails as too short. */
static bool map_file(struct pack *p)
{
	int fd = open(p->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *at = NULL;

	if (fd < 0 || fstat(fd, &st) != 0) {
		fault_set(p->f, EX_DATA, "%s: %s", p->path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof p->head) {
		fault_set(p->f, EX_DATA, "%s: not a pack: %s", p->path, S_ISREG(st.st_mode) ? "too short" : "no regular file");
	} else {
		at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
		if (at == MAP_FAILED)
			at = NULL;
		if (!at)
			fault_set(p->f, EX_RETRY, "%s: %s", p->path, strerror(errno));
	}
	if (fd >= 0)
		close(fd);
	p->at = at;
	p->size = at ? (uint64_t)st.st_size : 0;
	return at;
}

static bool check_head(struct pack *p)
{
	struct pack_head *h = &p->head;

	memcpy(h, p->at, sizeof *h);
	if (memcmp(h->magic, PACK_MAGIC, sizeof h->magic) != 0)
		return fault_set(p->f, EX_DATA, "%s: not a pack: it does not start with \"OCQPACK\"", p->path);
	if (h->byte_order != PACK_BYTE_ORDER)
		return fault_set(p->f, EX_DATA, "%s: pack of a machine with another byte order; make it again here", p->path);
	if (h->version != PACK_VERSION)
		return fault_set(p->f, EX_DATA, "%s: pack format %u, this program reads format %d; make it again", p->path,
		                 h->version, PACK_VERSION);
	if (h->size != p->size)
		return fault_set(p->f, EX_DATA, "%s: damaged pack: %llu bytes instead of %llu; make it again", p->path,
		                 (unsigned long long)p->size, (unsigned long long)h->size);
	if (h->checksum != checksum64(p->at + SUMMED_FROM, p->size - SUMMED_FROM))
		return wrong(p, "the checksum does not match");
	return true;
}

static bool window_valid(int64_t from, int64_t to)
{
	return (from == INT64_MIN || (from >= TIME_MIN && from <= TIME_MAX)) &&
	       (to == INT64_MAX || (to >= TIME_MIN && to <= TIME_MAX)) && from <= to;
}

static bool check_settings(struct pack *p)
{
	const struct pack_head *h = &p->head;
	char data_id[sizeof h->data_id + 1] = "";

	for (unsigned k = 0; k < N_SETS; k++)
		if (h->interval[k][7] || ((k == SET_MAIN || *h->interval[k]) && !clock_interval_ms(h->interval[k])))
			return wrong(p, "unknown interval");
	if (!window_valid(h->from_ms, h->to_ms) || !window_valid(h->range_from_ms, h->range_to_ms) ||
	    !window_valid(h->limit_from_ms, INT64_MAX) || !window_valid(INT64_MIN, h->limit_to_ms))
		return wrong(p, "impossible window");
	memcpy(data_id, h->data_id, sizeof h->data_id);
	if (strspn(data_id, "0123456789abcdef") != sizeof h->data_id)
		return wrong(p, "no data_id");
	if (h->has_rates > 1)
		return wrong(p, "unknown flag");
	return true;
}

/* Do `width` columns of the part's rows lie within the file? */
static bool part_fits(const struct pack *p, const struct pack_part *q, uint64_t width)
{
	uint64_t stride;

	if (q->n == 0)
		return true;
	if (q->at % PACK_ALIGN || q->at > p->size || q->n > p->size / sizeof(int64_t))
		return false;
	stride = (q->n * sizeof(int64_t) + PACK_ALIGN - 1) / PACK_ALIGN * PACK_ALIGN;
	return stride <= (p->size - q->at) / width;
}

struct place { const struct pack *p; const struct pack_part *part; };

static const void *place_column(const void *arg, unsigned k)
{
	const struct place *a = arg;
	uint64_t stride = (a->part->n * sizeof(int64_t) + PACK_ALIGN - 1) / PACK_ALIGN * PACK_ALIGN;

	return a->part->n ? a->p->at + a->part->at + k * stride : NULL;
}

static bool is_time(const int64_t *v, size_t n)
{
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		ok &= v[i] >= TIME_MIN && v[i] <= TIME_MAX;
	return ok;
}

static bool ascends(const int64_t *t, size_t n)
{
	bool ok = true;

	for (size_t i = 1; i < n; i++)
		ok &= t[i - 1] < t[i];
	return ok;
}

static bool all_sane(const double *v, size_t n)
{
	bool ok = true;

	for (size_t i = 0; i < n; i++)
		ok &= number_is_sane(v[i]);
	return ok;
}

static bool take_bars(const struct pack *p, const struct pack_part *part, struct bars *b)
{
	if (!part_fits(p, part, N_BAR_COLUMNS))
		return wrong(p, "bars outside the file");
	*b = bars_at(part->n, place_column, &(struct place){ p, part });
	return (is_time(b->t_ms, b->n) && is_time(b->t_close_ms, b->n) && ascends(b->t_ms, b->n) &&
	        all_sane(b->open, b->n) && all_sane(b->high, b->n) && all_sane(b->low, b->n) &&
	        all_sane(b->close, b->n) && all_sane(b->volume, b->n)) || wrong(p, "impossible bars");
}

static bool take_rates(const struct pack *p, const struct pack_part *part, struct rates *r)
{
	if (!part_fits(p, part, N_RATE_COLUMNS))
		return wrong(p, "rates outside the file");
	*r = rates_at(part->n, place_column, &(struct place){ p, part });
	return (is_time(r->t_ms, r->n) && ascends(r->t_ms, r->n) && all_sane(r->rate, r->n)) || wrong(p, "impossible rates");
}

static bool take_one(const struct pack *p, const struct pack_symbol *q, struct source_symbol *y)
{
	if (q->name[SYMBOL_MAX - 1] || !symbol_valid(q->name, strlen(q->name)))
		return wrong(p, "impossible symbol");
	memcpy(y->name, q->name, sizeof y->name);
	y->listed_from_ms = q->listed_from_ms;
	y->listed_to_ms = q->listed_to_ms;
	for (unsigned k = 0; k < N_SETS; k++)
		if (q->bars[k].n > 0 && !*p->head.interval[k])
			return wrong(p, "bars without an interval");
		else if (!take_bars(p, &q->bars[k], &y->bars[k]))
			return false;
	if (y->bars[SET_MAIN].n == 0)
		return wrong(p, "symbol without bars");
	if (q->rates.n > 0 && !p->head.has_rates)
		return wrong(p, "rates without the flag");
	return take_rates(p, &q->rates, &y->rates);
}

static bool take_all(const struct pack *p, struct source *s)
{
	const struct pack_head *h = &p->head;
	const struct pack_symbol *q;

	if (h->n_symbols == 0 || h->symbols_at % PACK_ALIGN || h->symbols_at > p->size ||
	    h->n_symbols > (p->size - h->symbols_at) / sizeof *q)
		return wrong(p, "symbol table outside the file");
	if (h->context_only != UINT32_MAX && (h->context_only >= h->n_symbols || h->n_symbols == 1))
		return wrong(p, "impossible context symbol");
	q = (const void *)(p->at + h->symbols_at);
	s->symbol = xcalloc(h->n_symbols, sizeof *s->symbol);
	for (s->n = 0; s->n < h->n_symbols; s->n++) {
		if (!take_one(p, &q[s->n], &s->symbol[s->n]))
			return false;
		if (s->n && strcmp(s->symbol[s->n - 1].name, s->symbol[s->n].name) >= 0)
			return wrong(p, "symbols out of order");
	}
	return true;
}

/* The timeline is derived from the bars; it is stored for readers that map the file, and proven for everyone. */
static bool take_timeline(const struct pack *p, struct source *s)
{
	const struct pack_part *part = &p->head.timeline;
	size_t n;
	int64_t *t = timeline_of(s, false, &n);
	bool ok = part_fits(p, part, 1) && part->n == n && memcmp(p->at + part->at, t, n * sizeof *t) == 0;

	free(t);
	if (!ok)
		return wrong(p, "the timeline is not that of the bars");
	s->timeline = (const void *)(p->at + part->at);
	s->n_timeline = n;
	return true;
}

static void take_settings(const struct pack_head *h, struct source *s)
{
	memcpy(s->interval, h->interval, sizeof s->interval);
	memcpy(s->data_id, h->data_id, sizeof h->data_id);
	s->context_only = h->context_only;
	s->has_rates = h->has_rates;
	s->from_ms = h->from_ms;
	s->to_ms = h->to_ms;
	s->limit_from_ms = h->limit_from_ms;
	s->limit_to_ms = h->limit_to_ms;
	s->range_from_ms = h->range_from_ms;
	s->range_to_ms = h->range_to_ms;
}

struct source *pack_open(const char *path, struct fault *f)
{
	struct pack p = { .path = path, .f = f };
	struct source *s = xcalloc(1, sizeof *s);

	if (map_file(&p)) {
		s->map = (void *)p.at;
		s->map_len = p.size;
		if (check_head(&p) && check_settings(&p)) {
			take_settings(&p.head, s);
			if (take_all(&p, s) && take_timeline(&p, s))
				return s;
		}
	}
	source_free(s);
	return NULL;
}

bool pack_check(const char *path, char data_id[65], struct errmsg *e)
{
	struct market_query q = MARKET_QUERY_INIT;
	struct market m;
	int status;
	bool ok;

	q.pack = path;
	if (!market_load(&m, &q, e, &status))
		return false;
	market_data_id(&m, data_id);
	ok = strcmp(data_id, m.data_id) == 0 ||
	     errmsg_set(e, "%s: damaged pack: it claims data_id %s but holds %s", path, m.data_id, data_id);
	market_release(&m);
	return ok;
}

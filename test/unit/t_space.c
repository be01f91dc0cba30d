/* SPDX-License-Identifier: MIT
 * lib/engine space, pointw and shard: the order of points, their number, their text, their parts. */
#include "engine/point.h"
#include "engine/pointw.h"
#include "engine/shard.h"

#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define GATED(path, list, gate) "- {path: trade." path ", values: " list ", gate: {path: trade." gate ", eq: 1}}\n"
#define FREE(path, list) "- {path: trade." path ", values: " list "}\n"

static void need(bool ok, const char *why)
{
	if (ok)
		return;
	printf("%s\n", why);
	exit(1);
}

struct made { struct spec spec; struct space space; };

static void make(struct made *m, const char *axes, const struct config *base)
{
	struct buf text = BUF_INIT;
	struct errmsg e = { "" };

	buf_addf(&text, "axes:\n%s", axes);
	need(spec_load_text(&m->spec, "s.yaml", text.data, text.len, &e), e.text);
	need(space_init(&m->space, &m->spec, base, &e), e.text);
	buf_release(&text);
}

static void drop(struct made *m)
{
	space_release(&m->space);
	spec_release(&m->spec);
}

/* "1 2|1 3|...": the values of every point, axes in their order. */
static const char *points(struct space *s, struct buf *b)
{
	uint32_t i;

	buf_clear(b);
	space_first(s);
	do {
		for (i = 0; i < s->n; i++)
			buf_addf(b, "%s%g", i ? " " : b->len ? "|" : "", space_value(s, i));
	} while (space_next(s));
	return buf_cstr(b);
}

static const char *axes(const struct space *s, struct buf *b)
{
	uint32_t i;

	buf_clear(b);
	for (i = 0; i < s->n; i++)
		buf_addf(b, "%s%s", i ? " " : "", param_rows[s->axis[i].of->row].path + strlen("trade."));
	return buf_cstr(b);
}

#define GRID(axes_text, base, order, want) grid(axes_text, base, order, want, __FILE__, __LINE__)
static void grid(const char *text, const struct config *base, const char *order, const char *want, const char *file, int line)
{
	struct buf b = BUF_INIT;
	struct space_size size;
	struct made m;
	const char *got;
	uint64_t n = 1;

	make(&m, text, base);
	test_text(axes(&m.space, &b), order, file, line);
	got = points(&m.space, &b);
	test_text(got, want, file, line);
	for (; *got; got++)
		n += *got == '|';
	size = space_size(&m.space);
	test_check(size.exact && size.n == n && size.about == (double)n, file, line, "the count is that of the points");
	test_text(points(&m.space, &b), want, file, line);	/* space_next() has left it at the start */
	buf_release(&b);
	drop(&m);
}

static void test_order(void)
{
	GRID(FREE("leverage", "[7]"), NULL, "leverage", "7");
	GRID(FREE("leverage", "[1, 2]") FREE("sl_atr_mult", "[3, 4, 5]"), NULL, "leverage sl_atr_mult", "1 3|1 4|1 5|2 3|2 4|2 5");
	/* gated axes stand behind, also before their gate's axis in the file; an inactive one has its first value */
	GRID(GATED("tp_partial_pct", "[6, 7]", "enable_partial_tp") FREE("enable_partial_tp", "[0, 1]") FREE("leverage", "[3, 4]"), NULL,
	     "enable_partial_tp leverage tp_partial_pct", "0 3 6|0 4 6|1 3 6|1 3 7|1 4 6|1 4 7");
	/* two on one switch, in file order; the switch is on first */
	GRID(FREE("enable_partial_tp", "[1, 0]") GATED("tp_partial_atr_mult", "[8, 9]", "enable_partial_tp") GATED("leverage", "[1, 2]", "enable_partial_tp"), NULL,
	     "enable_partial_tp tp_partial_atr_mult leverage", "1 8 1|1 8 2|1 9 1|1 9 2|0 8 1");
	/* a gate that no value opens */
	GRID(FREE("enable_partial_tp", "[0]") GATED("leverage", "[1, 2]", "enable_partial_tp"), NULL, "enable_partial_tp leverage", "0 1");
}

/* tp_partial_pct hangs on enable_partial_tp, which hangs on enable_pyramiding. */
static void test_chains(void)
{
	static const char want[] = "0 0 6|1 0 6|1 1 6|1 1 7";

	GRID(FREE("enable_pyramiding", "[0, 1]") GATED("enable_partial_tp", "[0, 1]", "enable_pyramiding")
	     GATED("leverage", "[6, 7]", "enable_partial_tp"), NULL, "enable_pyramiding enable_partial_tp leverage", want);
	/* the file has them the other way round: decided after what they look at all the same */
	GRID(GATED("leverage", "[6, 7]", "enable_partial_tp") GATED("enable_partial_tp", "[0, 1]", "enable_pyramiding")
	     FREE("enable_pyramiding", "[0, 1]"), NULL, "enable_pyramiding enable_partial_tp leverage", want);
	/* a gate looks at the value: a frozen switch whose first value opens it does */
	GRID(FREE("enable_pyramiding", "[0, 1]") GATED("enable_partial_tp", "[1, 0]", "enable_pyramiding")
	     GATED("leverage", "[6, 7]", "enable_partial_tp"), NULL, "enable_pyramiding enable_partial_tp leverage",
	     "0 1 6|0 1 7|1 1 6|1 1 7|1 0 6");
	/* only the one that had to move has moved */
	GRID(GATED("leverage", "[6]", "enable_partial_tp") GATED("leverage_low", "[2]", "enable_pyramiding")
	     GATED("enable_partial_tp", "[1]", "enable_pyramiding") FREE("enable_pyramiding", "[1]"), NULL,
	     "enable_pyramiding enable_partial_tp leverage leverage_low", "1 1 6 2");
}

/* A gate on a key that is no axis: where the base opens it the axis is like one without gate, also in its place. */
static void test_base(void)
{
	static const char text[] = GATED("tp_partial_pct", "[6, 7]", "enable_partial_tp") FREE("leverage", "[1, 2]"),
		gated[] = "axes:\n" GATED("leverage", "[1]", "enable_partial_tp");
	struct config base;
	struct errmsg e;
	struct space s;
	struct spec spec;

	config_defaults(&base);
	config_set_row(&base, (unsigned)config_row("trade.enable_partial_tp", &e), 1);
	GRID(text, &base, "tp_partial_pct leverage", "6 1|6 2|7 1|7 2");
	config_set_row(&base, (unsigned)config_row("trade.enable_partial_tp", &e), 0);
	GRID(text, &base, "leverage tp_partial_pct", "1 6|2 6");
	config_release(&base);

	need(spec_load_text(&spec, "s.yaml", gated, strlen(gated), &e), e.text);
	CHECK(!space_init(&s, &spec, NULL, &e));
	CHECK_TEXT(e.text, "s.yaml:2: trade.leverage: its gate, trade.enable_partial_tp, is no axis: name the configuration that has it");
	spec_release(&spec);
}

/* n axes with k values each, behind the gate if there is one. Goes on where the last call ended; buf_clear() begins anew. */
static void many_axes(struct buf *b, unsigned n, unsigned k, const char *gate)
{
	static unsigned i;
	unsigned v;

	for (i = b->len ? i : 0; n && i < N_PARAMS; i++) {
		if (param_rows[i].type != PARAM_F64 || !config_is_axis(param_rows + i))
			continue;
		buf_addf(b, "- {path: %s, values: [", param_rows[i].path);
		for (v = 0; v < k; v++)
			buf_addf(b, "%s0.%02u", v ? ", " : "", v + 1);
		buf_addf(b, "]%s}\n", gate);
		n--;
	}
}

static void test_large(void)
{
	struct buf b = BUF_INIT;
	struct space_size size;
	struct made m;
	char gate[80];
	unsigned n, k;

	for (n = 62; n <= 64; n++) {
		buf_clear(&b);
		many_axes(&b, n, 2, "");
		make(&m, buf_cstr(&b), NULL);
		size = space_size(&m.space);
		CHECK(size.exact == (n < 63) && (!size.exact || size.n == UINT64_C(1) << n));
		CHECK_SAME(size.about, (double)(UINT64_C(1) << (n - 1)) * 2);
		drop(&m);
	}
	/* sums: n times 11^18 or 5.6e18, behind one value each of a switch; two go beyond 2^63, four beyond 2^64 */
	for (n = 1; n <= 4; n++) {
		buf_clear(&b);
		for (k = 1; k <= n; k++) {
			snprintf(gate, sizeof gate, ", gate: {path: trade.max_adds_per_symbol, eq: %u}", k);
			many_axes(&b, 18, 11, gate);
		}
		buf_adds(&b, FREE("max_adds_per_symbol", "[0, 1, 2, 3, 4]"));
		make(&m, buf_cstr(&b), NULL);
		size = space_size(&m.space);
		CHECK(size.exact == (n == 1) && (!size.exact || size.n == UINT64_C(5559917313492231481) + 4));
		CHECK(fabs(size.about - n * 5559917313492231481.0) < 1e5);
		drop(&m);
	}
	buf_clear(&b);
	many_axes(&b, 70, 4, "");
	make(&m, buf_cstr(&b), NULL);
	CHECK(!space_size(&m.space).exact);
	CHECK_SAME(space_size(&m.space).about, 0x1p140);
	drop(&m);
	buf_release(&b);
}

static void test_random(void)
{
	static const struct { uint64_t trial; uint32_t choice[3]; } known[] = { { 11999, { 1, 0, 0 } }, { 0, { 0, 1, 0 } }, { 3, { 1, 1, 0 } }, { 1, { 1, 2, 0 } } };
	uint32_t count[2][2][3] = { 0 }, other[3] = { 0 };
	struct made m;
	uint64_t t;

	make(&m, GATED("leverage", "[6, 7]", "enable_partial_tp") FREE("enable_partial_tp", "[0, 1]") FREE("sl_atr_mult", "[3, 4, 5]"), NULL);
	for (t = 0; t < 12000; t++) {
		space_random(&m.space, 42, t);	/* order: enable_partial_tp, sl_atr_mult, leverage */
		count[m.space.choice[0]][m.space.choice[2]][m.space.choice[1]]++;
		space_random(&m.space, 43, t);
		other[m.space.choice[1]]++;
	}
	for (t = 0; t < 3; t++) {
		CHECK(count[0][1][t] == 0);	/* inactive: frozen */
		CHECK(abs((int)count[0][0][t] - 2000) < 5 * 41 && abs((int)count[1][0][t] - 1000) < 5 * 31 && abs((int)count[1][1][t] - 1000) < 5 * 31);
		CHECK(abs((int)other[t] - 4000) < 5 * 52);
	}
	/* draws are those of (seed, index in the file, trial): from another implementation of base/rng.h */
	for (t = 0; t < sizeof known / sizeof *known; t++) {
		space_random(&m.space, 42, known[t].trial);
		CHECK(memcmp(m.space.choice, known[t].choice, sizeof known[t].choice) == 0);
	}
	drop(&m);
}

static void current(const struct space *s, struct point *p)
{
	for (p->n = 0; p->n < s->n; p->n++) {
		p->row[p->n] = s->axis[p->n].of->row;
		p->value[p->n] = space_value(s, p->n);
	}
}

/* Each point twice, under its header. */
static void read_back(struct space *s, const char *path)
{
	static struct points in;
	static struct point got, want;
	unsigned n = 0;

	points_open(&in, path, NULL, false);
	space_first(s);
	while (points_read(&in, &got)) {
		current(s, &want);
		CHECK(got.n == want.n && memcmp(got.row, want.row, got.n * sizeof *got.row) == 0 && memcmp(got.value, want.value, got.n * sizeof *got.value) == 0);
		if (++n % 2 == 0)
			space_next(s);
	}
	CHECK(n == 28 && in.has_lookback && in.lookback == 7);
	points_close(&in);
}

/* What the fast writer writes is what point_write() gives, and reads back. */
static void test_text_of_points(bool compact)
{
	char got[] = "/tmp/ocq-t_space-XXXXXX", want[] = "/tmp/ocq-t_space-XXXXXX";
	struct buf a = BUF_INIT, b = BUF_INIT;
	static struct point p;
	struct pointw w;
	struct out o[2];
	struct errmsg e;
	struct made m;
	uint32_t i, lookback = 7;

	make(&m, GATED("leverage", "[0.1, 1e-9, 123456.5]", "enable_partial_tp") FREE("enable_partial_tp", "[0, 1]") FREE("sl_atr_mult", "[3, 4.25]")
	     GATED("leverage_low", "[-1, 1e21]", "enable_partial_tp"), NULL);
	out_fd(&o[0], mkstemp(got), got);
	out_fd(&o[1], mkstemp(want), want);
	current(&m.space, &p);
	for (i = 0; i < 2; i++)
		points_header(&o[i], NULL, p.row, compact ? p.n : 0, &lookback, 0);
	pointw_init(&w, &m.space, compact);
	space_first(&m.space);
	do {
		snprintf(p.id, sizeof p.id, "id_%u", m.space.choice[3]);
		current(&m.space, &p);
		for (i = 0; i < 2; i++) {	/* the same point twice: nothing to write anew */
			pointw_write(&w, &o[0], p.id);
			point_write(&o[1], &p, compact);
		}
	} while (space_next(&m.space));
	out_close(&o[0]);
	out_close(&o[1]);
	CHECK(buf_read_file(&a, got, 1 << 20, &e) && buf_read_file(&b, want, 1 << 20, &e));
	CHECK_TEXT(buf_cstr(&a), buf_cstr(&b));
	read_back(&m.space, got);
	CHECK(unlink(got) == 0 && unlink(want) == 0);
	buf_release(&a);
	buf_release(&b);
	pointw_release(&w);
	drop(&m);
}

static void test_shards(void)
{
	static const char *const bad[] = { "", "1", "/", "1/", "/2", "0/2", "3/2", "1/0", "-1/2", "1/2/3", "1/2 ", " 1/2", "01/2", "1/4294967296", "a/b", "1.5/2" };
	struct shard s, whole;
	uint32_t parts[7] = { 0 }, i, k, in;
	char id[32];

	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		test_check(!shard_parse(&s, bad[i]), __FILE__, __LINE__, bad[i]);
	CHECK(shard_parse(&whole, "1/1") && shard_parse(&s, "4294967295/4294967295") && s.i == UINT32_MAX && s.n == UINT32_MAX);
	for (i = 0; i < 7000; i++) {
		snprintf(id, sizeof id, "sweep_%04u", i);
		for (in = 0, k = 1; k <= 7; k++)
			if (shard_has(&(struct shard){ k, 7 }, id))
				in++, parts[k - 1]++;
		if (in != 1 || !shard_has(&whole, id))
			break;
	}
	CHECK(i == 7000);
	for (k = 0; k < 7; k++)
		CHECK(abs((int)parts[k] - 1000) < 5 * 31);
	CHECK(shard_has(&(struct shard){ 3, 3 }, "sweep_0000") && shard_has(&(struct shard){ 5, 7 }, "sweep_0000"));
	CHECK(shard_has(&(struct shard){ 1, 3 }, "sweep_0001") && shard_has(&(struct shard){ 2, 7 }, "random_000000"));
}

int main(void)
{
	err_init("t_space");
	test_order();
	test_chains();
	test_base();
	test_large();
	test_random();
	test_text_of_points(false);
	test_text_of_points(true);
	test_shards();
	return test_end("space");
}

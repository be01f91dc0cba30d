/* SPDX-License-Identifier: MIT
 * ocq-sweep-gpu - ocq-sweep on CUDA: same options, same bytes. Candidates go to the devices in batches; everything that is done once a
 * candidate on this side is spread over the CPU's threads. */
#include "cuda/gpu.h"
#include "cuda/round.h"
#include "base/num.h"
#include "engine/batches.h"
#include "engine/slots.h"
#include "engine/spread.h"
#include "engine/sweep_main.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LANES 2		/* of a device: one computes while the other's host works */
#define PIECE 64	/* candidates that a thread takes at once */
#define DEVICES_MAX 64

static struct sweep_main m = SWEEP_MAIN_INIT;
static const char *device = "0";
static int first_device, n_devices;

static const struct opt opts[] = {
	SWEEP_OPTIONS(m),
	{ 0, "device", OPT_TEXT, &device, "N|all", "the GPU to use (0)", OPT_HOST },
	{ 0 }
};

/* Rows of a piece, up to the first that cannot be made. */
struct piece { struct buf text; uint32_t rows; bool failed; struct errmsg why; };

struct lane {
	struct gpu *gpu;
	unsigned index;		/* on its device */
	struct slots *slots;
	struct batch *batch;
	/* by candidate of the batch */
	struct gpu_task *task;
	uint64_t *hash;		/* 0: not a valid configuration */
	/* by candidate, or set of rules, of the round */
	struct gpu_result *result;
	struct gate_stats *gates;
	uint32_t n;		/* candidates in front of the first that is not valid */
	struct round round;
	bool failed;
	struct gpu_error why;
	uint64_t rounds;
	/* rows being made: of candidates first.. of the round */
	struct piece *piece;
	uint32_t n_pieces, piece_size, first;
	struct gpu_logs logs;
};

static struct devices {
	struct gpu *gpu[DEVICES_MAX];
	struct slots *slots[DEVICES_MAX];
	struct lane lane[DEVICES_MAX * LANES];
	uint32_t cap, limit;	/* candidates of a batch: at most, for now */
	struct batches *batches;
	struct point next;
} devices;

/* ---- candidates to tasks ---- */

static void prepare_tasks(void *arg, uint32_t from, uint32_t to)
{
	struct lane *l = arg;
	struct config c;
	uint32_t i;

	for (i = from; i < to; i++) {
		l->hash[i] = 0;
		if (!sweep_config(&c, &m.sweep, &l->batch->point[i], NULL))
			continue;
		sweep_strategy(&l->task[i].strategy, &m.sweep, &c);
		l->hash[i] = round_hash(&l->task[i].strategy) | 1;
	}
}

static void prepare_batch(struct lane *l)
{
	spread(m.threads, l->batch->n, PIECE, prepare_tasks, l);
	for (l->n = 0; l->n < l->batch->n && l->hash[l->n]; l->n++)
		;
}

/* ---- series onto the device ---- */

struct wanted { struct lane *lane; uint32_t *series, n; };

static void take_series(const struct lane *l, const struct round_series *s, struct walk *w, struct cache_held *held)
{
	w->market = &m.sweep.data->walk;
	w->strategy = l->task[l->round.from + s->task].strategy;
	cache_take_series(m.sweep.cache, w, held);
}

/* So that they are in the cache: computing them is what takes long. */
static void compute_series(void *arg, uint32_t from, uint32_t to)
{
	const struct wanted *want = arg;
	struct cache_held held;
	struct walk w;

	for (; from < to; from++) {
		take_series(want->lane, &want->lane->round.series[want->series[from]], &w, &held);
		cache_give(m.sweep.cache, &held);
	}
}

static uint64_t series_bytes(unsigned i)
{
	const struct prepared *p = m.sweep.data;

	if (i == CACHE_CONTEXT)
		return p->walk.n_steps * (sizeof(double) + sizeof(uint8_t));
	return p->n_bars * (i == CACHE_CONTEXT - 1 ? sizeof(uint8_t) : sizeof(double));
}

/* The series of a key is that of the same number in the keys of its task. */
static unsigned number_of(const struct lane *l, const struct round_series *s)
{
	struct cache_key key[CACHE_SERIES];
	unsigned i;

	cache_keys(key, &l->task[l->round.from + s->task].strategy.params);
	for (i = 0; memcmp(&key[i], &s->key, sizeof s->key); i++)
		;
	return i;
}

static void put_series(struct lane *l, const struct round_series *s)
{
	struct cache_held held;
	struct walk w;
	unsigned i = number_of(l, s);

	take_series(l, s, &w, &held);
	if (!l->failed)
		l->failed = !gpu_put(l->gpu, l->index, s->slot, cache_series(&held, i), series_bytes(i), &l->why);
	cache_give(m.sweep.cache, &held);
	slots_filled(l->slots, s->slot, !l->failed);
}

static void place_series(struct lane *l)
{
	struct round *r = &l->round;
	struct wanted want = { l, xreallocarray(NULL, r->n_series + (size_t)1, sizeof *want.series), 0 };
	uint32_t i;
	bool fresh;

	for (i = 0; i < r->n_series; i++) {
		r->series[i].slot = slots_take(l->slots, &r->series[i].key, &fresh);
		if (fresh)
			want.series[want.n++] = i;
	}
	spread(m.threads, want.n, 1, compute_series, &want);
	for (i = 0; i < want.n; i++)
		put_series(l, &r->series[want.series[i]]);
	for (i = 0; i < r->n_series; i++)
		if (!slots_wait(l->slots, r->series[i].slot) && !l->failed) {
			l->failed = true;
			snprintf(l->why.text, sizeof l->why.text, "a series that another candidate needs, too, did not get onto the device");
		}
	round_place(r);
	free(want.series);
}

/* ---- a round ---- */

static void run_round(struct lane *l, uint32_t from)
{
	struct round *r = &l->round;
	enum gpu_answer answer = GPU_FAILED;
	uint32_t i, fit;

	do {
		round_make(r, l->task, l->hash, from, l->n);
		place_series(l);
		if (!l->failed)
			answer = gpu_run(l->gpu, l->index, &(struct gpu_round){ l->task + from, r->to - from, r->rules, r->n_rules, m.balance_usd,
										l->result, l->gates }, &fit, &l->why);
		for (i = 0; i < r->n_series; i++)
			slots_give(l->slots, r->series[i].slot);
		if (answer == GPU_CROWDED)
			round_limit(r, fit);
	} while (answer == GPU_CROWDED);
	l->failed = answer == GPU_FAILED;
	l->rounds++;
}

static void work(void *arg, unsigned lane, struct batch *b)
{
	struct lane *l = &devices.lane[lane];

	(void)arg;
	l->batch = b;
	prepare_batch(l);
	if (l->n)
		run_round(l, 0);
}

/* ---- rows ---- */

static void set_outcome(struct sweep_outcome *o, const struct lane *l, uint32_t i)
{
	const struct gpu_result *r = &l->result[i];

	*o = (struct sweep_outcome){ .sums = &r->sums, .balance_usd = r->balance_usd };
	if (m.sweep.rows != ROWS_full)
		return;
	o->event = l->logs.event + l->logs.first[i - l->first];
	o->n_events = r->n_events;
	o->equity_usd = l->logs.equity_usd + (uint64_t)(i - l->first) * l->logs.n_steps;
	o->gates = &l->gates[l->task[l->round.from + i].rules];
	o->walked = &r->walked;
}

/* from, to: from l->first on. */
static void make_rows(void *arg, uint32_t from, uint32_t to)
{
	struct lane *l = arg;
	struct piece *p = &l->piece[from / l->piece_size];
	struct sweep_outcome o;
	const struct point *pt;
	struct config c;

	buf_clear(&p->text);
	p->failed = false;
	for (p->rows = 0; from < to && !p->failed; from++) {
		pt = &l->batch->point[l->round.from + l->first + from];
		set_outcome(&o, l, l->first + from);
		if (m.sweep.rows != ROWS_id && !sweep_config(&c, &m.sweep, pt, &p->why))
			die(EX_BUG, "%s: was valid before: %s", pt->id, p->why.text);
		p->failed = !sweep_row(&p->text, &m.sweep, &o, pt, m.sweep.rows == ROWS_id ? NULL : &c, &p->why);
		p->rows += !p->failed;
	}
}

_Noreturn static void fail_at(const struct lane *l, uint32_t i, const struct errmsg *why)
{
	sweep_main_fail(&m, l->batch->line[i], l->batch->point[i].id, why);
}

/* Candidates first..end of the round. */
static void write_rows(struct lane *l, uint32_t end)
{
	uint32_t n = end - l->first, i, pieces;

	pieces = (n + l->piece_size - 1) / l->piece_size;
	spread(m.threads, n, l->piece_size, make_rows, l);
	for (i = 0; i < pieces; i++) {
		sweep_main_rows(&m, l->piece[i].text.data, l->piece[i].text.len, l->piece[i].rows);
		if (l->piece[i].failed)
			fail_at(l, l->round.from + l->first + i * l->piece_size + l->piece[i].rows, &l->piece[i].why);
	}
}

/* No row is written for what a device did not finish. */
_Noreturn static void fail_round(const struct lane *l, uint32_t from, uint32_t to)
{
	const struct batch *b = l->batch;

	sweep_main_flush(&m);
	die(EX_RETRY, "%s:%" PRIu64 " to %" PRIu64 ", candidates %s to %s: %s", m.points.in.in.name, b->line[from], b->line[to - 1],
	    b->point[from].id, b->point[to - 1].id, l->why.text);
}

static void write_full_rows(struct lane *l)
{
	const struct round *r = &l->round;
	struct gpu_round of = { l->task + r->from, r->to - r->from, r->rules, r->n_rules, m.balance_usd, l->result, l->gates };
	uint32_t end;

	for (l->first = 0; l->first < of.n_tasks; l->first = end) {
		if (!gpu_logs(l->gpu, l->index, &of, l->first, &end, &l->logs, &l->why))
			fail_round(l, r->from + l->first, r->to);
		write_rows(l, end);
	}
}

static void write_round(struct lane *l)
{
	if (l->failed)
		fail_round(l, l->round.from, l->round.to);
	l->first = 0;
	if (m.sweep.rows == ROWS_full)
		write_full_rows(l);
	else
		write_rows(l, l->round.to - l->round.from);
}

/* A batch should be one round: else its lane holds up the others. How many rules and series its candidates have shows when they are
 * there. */
static void adapt(const struct lane *l, uint32_t first_round)
{
	const struct round *r = &l->round;
	uint32_t limit = devices.limit;

	if (first_round < l->n)
		limit = first_round < limit ? first_round : limit;
	else if (r->n_rules <= r->most_rules / 2 && r->n_series <= r->most_series / 2 && l->batch->n == limit)
		limit = limit < devices.cap / 2 ? limit * 2 : devices.cap;
	if (limit != devices.limit)
		batches_limit(devices.batches, devices.limit = limit);
}

static void emit(void *arg, unsigned lane, struct batch *b)
{
	struct lane *l = &devices.lane[lane];
	uint32_t first_round = l->round.to;
	struct errmsg why;
	struct config c;

	(void)arg;
	for (uint32_t from = 0; from < l->n; from = l->round.to) {
		if (from)
			run_round(l, from);
		write_round(l);
	}
	if (l->n < b->n && !sweep_config(&c, &m.sweep, &b->point[l->n], &why))
		fail_at(l, l->n, &why);
	if (l->n)
		adapt(l, first_round);
	sweep_main_flush(&m);
}

/* ---- start and end ---- */

static void choose_devices(void)
{
	struct gpu_error e;
	uint64_t n;

	if (strcmp(device, "all") && (num_u64_get(device, device + strlen(device), &n) != device + strlen(device) || n > INT32_MAX))
		die(EX_USAGE, "--device is a number or all, not \"%s\"", device);
	n_devices = gpu_count(&e);
	if (!n_devices)
		die(EX_ABSENT, "%s", e.text);
	if (strcmp(device, "all") == 0)
		return;
	if (n >= (uint64_t)n_devices)
		die(EX_ABSENT, "no CUDA device %s: there are %d, from 0 on", device, n_devices);
	first_device = (int)n;
	n_devices = 1;
}

static void open_lane(struct lane *l, struct gpu *gpu, unsigned index, struct slots *slots)
{
	struct gpu_room room = gpu_room(gpu);

	l->gpu = gpu;
	l->index = index;
	l->slots = slots;
	l->task = xreallocarray(NULL, devices.cap, sizeof *l->task);
	l->hash = xreallocarray(NULL, devices.cap, sizeof *l->hash);
	l->result = xreallocarray(NULL, room.candidates, sizeof *l->result);
	l->gates = m.sweep.rows == ROWS_full ? xreallocarray(NULL, room.rules, sizeof *l->gates) : NULL;
	l->piece_size = m.sweep.rows == ROWS_full ? 8 : PIECE;
	l->n_pieces = room.candidates / l->piece_size + 1;
	l->piece = xcalloc(l->n_pieces, sizeof *l->piece);
	round_init(&l->round, room.candidates, room.rules, room.slots / LANES);
}

static void open_device(int i, const struct gpu_market *market)
{
	struct gpu_wish wish = { LANES, m.sweep.rows == ROWS_full, m.points.total ? m.points.total : UINT64_MAX };
	struct gpu_error e;
	struct gpu_room room;

	devices.gpu[i] = gpu_open(first_device + i, &wish, market, &e);
	if (!devices.gpu[i])
		die(EX_RETRY, "%s", e.text);
	room = gpu_room(devices.gpu[i]);
	devices.slots[i] = slots_open(room.slots);
	if (!devices.cap || room.candidates < devices.cap)
		devices.cap = room.candidates;
	if (!devices.limit || room.rules < devices.limit)
		devices.limit = room.rules;
}

static void *open_devices(struct sweep_main *of)
{
	const struct prepared *p = of->sweep.data;
	struct gpu_market market = { &p->walk, p->n_bars, p->n_exit_bars, p->n_entry_bars, p->n_ticks, p->n_hours };
	int i;

	if (n_devices > DEVICES_MAX)
		n_devices = DEVICES_MAX;
	for (i = 0; i < n_devices; i++)
		open_device(i, &market);
	for (i = 0; i < n_devices * LANES; i++)
		open_lane(&devices.lane[i], devices.gpu[i / LANES], (unsigned)(i % LANES), devices.slots[i / LANES]);
	devices.batches = batches_open((unsigned)n_devices * LANES, devices.cap, work, emit, NULL);
	batches_limit(devices.batches, devices.limit);
	of->points.in.in.waits = batches_wait;
	of->points.in.in.waits_arg = devices.batches;
	return &devices;
}

static struct point *next(void *arg)
{
	return &((struct devices *)arg)->next;
}

static void start(void *arg, uint64_t line)
{
	struct devices *d = arg;

	batches_add(d->batches, &d->next, line);
}

static void settle(void *arg)
{
	batches_settle(((struct devices *)arg)->batches);
}

static void close_lane(struct lane *l)
{
	uint32_t i;

	for (i = 0; i < l->n_pieces; i++)
		buf_release(&l->piece[i].text);
	free(l->piece);
	free(l->task);
	free(l->hash);
	free(l->result);
	free(l->gates);
	round_release(&l->round);
}

static void close_device(const struct devices *d, int i)
{
	struct gpu_times times = gpu_times(d->gpu[i]);
	uint64_t rounds = 0;
	unsigned k;

	for (k = 0; k < LANES; k++)
		rounds += d->lane[i * LANES + k].rounds;
	note("device %d, %s: %" PRIu64 " rounds, marks %.3f s, walks %.3f s", first_device + i, gpu_name(d->gpu[i]), rounds,
	     times.marks_s, times.walks_s);
	gpu_close(d->gpu[i]);
	slots_close(d->slots[i]);
}

static void close_devices(void *arg)
{
	struct devices *d = arg;
	int i;

	batches_close(d->batches);
	for (i = 0; i < n_devices; i++)
		close_device(d, i);
	for (i = 0; i < n_devices * LANES; i++)
		close_lane(&d->lane[i]);
}

int main(int argc, char **argv)
{
	static const struct sweep_evaluator evaluator = { open_devices, next, start, settle, close_devices };

	sweep_main_options(&m, argc, argv, opts, "ocq-sweep on GPUs: the same rows, byte for byte.");
	choose_devices();
	return sweep_main_run(&m, &evaluator);
}

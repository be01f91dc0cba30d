/* SPDX-License-Identifier: MIT
 * Faults on demand: which of them strikes what. A fault is one JSON object, from a file or a control request:
 *
 *	{"fault":"delay","ms":500,"kind":"order","account":"0x...","nth":3,"times":2,"p":0.1,"from":T,"to":T, ...}
 *
 * kind is an info type, an action type, a channel, or info, exchange, ws for all of them; account is the acting account of an
 * action, the user of an info request or a subscription. Of what matches, nth says from which one on it strikes (1), times how
 * often (1; 0: always; where p is given always), p with what probability. from and to bound it in the exchange's time, both inclusive. */
#ifndef OCQ_VENUE_FAULTS_H
#define OCQ_VENUE_FAULTS_H

#include "base/buf.h"
#include "json/json.h"

#include <stdint.h>

enum fault_where { AT_REQUEST = 1, AT_ACTION = 2, AT_PUSH = 4, AT_UPGRADE = 8, AT_SNAPSHOT = 16, AT_MARKET = 32 };

enum fault_kind {
#define FAULT(name, where, meaning) FAULT_##name,
#include "venue/faults.def"
#undef FAULT
	N_FAULT_KINDS
};

#define FAULT_SIZES_MAX 16

struct mishap {
	enum fault_kind what;
	unsigned where;			/* enum fault_where */
	int64_t ms;
	int64_t status;			/* ws_refuse: 429 or 502 */
	int64_t code;			/* ws_drop: 0 is without a handshake, -1 in the middle of a message */
	uint64_t k;
	bool after;
	char text[256];
	unsigned n_sizes;
	int64_t sizes[FAULT_SIZES_MAX];	/* in 1e-8 */
	char kind[32], account[43], coin[32];	/* "": any */
	uint64_t nth, times;
	double p;			/* below 0: not given */
	int64_t from_ms, to_ms;
	uint64_t id, seen, struck;
	int64_t armed_ms;		/* when it was added */
};

struct faults;
struct faults *faults_new(uint64_t seed);
void faults_free(struct faults *f);

extern const char *const fault_names[N_FAULT_KINDS];
extern const char *const fault_meanings[N_FAULT_KINDS];

/* Adds a fault, at the exchange's time now. False: unknown fault, a member that it does not know or of the wrong type. */
bool faults_add(struct faults *f, const struct json_doc *d, const struct json *object, int64_t now_ms, struct errmsg *e) MUST_USE;
/* A file's text: one object per line, or one array of objects. All of them or none. */
bool faults_load(struct faults *f, const char *text, size_t n, int64_t now_ms, struct errmsg *e) MUST_USE;
void faults_clear(struct faults *f);
/* One fault that is not kept; and the members of one that its effect depends on, as an object that fault_read() takes. */
bool fault_read(const struct json_doc *d, const struct json *object, struct mishap *m, struct errmsg *e) MUST_USE;
void fault_write(struct jsonw *w, const struct mishap *m);

/* What happens; texts may be NULL. Class is "info", "exchange" or "ws". */
struct happening { enum fault_where where; const char *kind, *class, *account, *coin; int64_t now_ms; };
/* The first fault that strikes it, counted as having struck; NULL: none. To be asked once per happening and place. Valid until a fault is
 * added. */
const struct mishap *faults_strike(struct faults *f, const struct happening *h);
/* A fault of this kind that is in force now without being counted: those of MARKET, which last ms from when they were added or
 * from from_ms. */
const struct mishap *faults_in_force(const struct faults *f, enum fault_kind what, const char *coin, int64_t now_ms);

#endif

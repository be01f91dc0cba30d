/* SPDX-License-Identifier: MIT
 * The optimiser: an estimator after Parzen for each axis of a space (docs/tpe.md). It draws trials, is told what they came to,
 * and draws better ones. No I/O and no clock: a trial follows from the space, the seed, the batch and what was told of the
 * batches before, whatever the timing.
 *
 * Calling sequence: tpe_open() draws batches 0 and 1; tpe_tell() is called for one trial after the other, and the last of
 * batch k draws batch k + 2. tpe_trial() gives every trial that was drawn and not told yet: told <= trial < drawn. */
#ifndef OCQ_ENGINE_TPE_H
#define OCQ_ENGINE_TPE_H

#include <stdbool.h>
#include <stdint.h>

/* The values of an axis are known here by their index alone, 0 to n-1. */
struct tpe_axis {
	uint32_t n;		/* 1 to TPE_VALUES */
	uint32_t loose;		/* values below this one stand by themselves (words, an "off"); those from it on are a scale */
	uint32_t first;		/* what the axis stays at while it is inactive */
	int gate;		/* an axis before this one that decides whether it is active, -1: it always is */
	uint32_t gate_value;	/* active where that axis has this value; TPE_NEVER: nowhere */
	uint32_t stream;	/* of random numbers (base/rng.h), another one for each axis */
};
enum { TPE_VALUES = 0x7fff, TPE_NEVER = UINT16_MAX };

/* A trial has a lesser value on axis `below` than on axis `above`, that is at least
 * above_least[value of below]; below is -1 where there is no such rule. */
struct tpe_space {
	struct tpe_axis *axis;
	uint32_t n;
	int below, above;
	uint16_t *above_least;
};

/* A trial is a value per axis; TPE_INACTIVE is set in those that a gate holds at `first`. */
#define TPE_INACTIVE 0x8000

struct tpe { uint64_t told, drawn; struct tpe_state *state; };

/* batch: how many trials are drawn at a time, at least 1. draws: of so many draws of a value, at least 1, the best one counts. */
struct tpe_options { uint64_t seed; uint32_t batch, draws; };
void tpe_open(struct tpe *t, const struct tpe_space *space, const struct tpe_options *o);	/* space must outlive t */
const uint16_t *tpe_trial(const struct tpe *t, uint64_t trial);
void tpe_tell(struct tpe *t, double objective);		/* of trial t->told: finite, the greater the better */
void tpe_close(struct tpe *t);

/* The probabilities by which the next batch draws the values of an axis that is active, for tests and tables: p[0..n-1]. */
void tpe_odds(const struct tpe *t, uint32_t axis, double *p);

#endif

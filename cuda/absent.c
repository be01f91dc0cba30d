/* SPDX-License-Identifier: MIT
 * gpu.h where there was no nvcc, or no libcudart_static.a of its: no device, and what to do about it. */
#include "cuda/gpu.h"

#include <stdio.h>

#define WHY "this program was built without CUDA; put nvcc and its libcudart_static.a in place (NVCC= names one), and run make again"

int gpu_count(struct gpu_error *e)
{
	snprintf(e->text, sizeof e->text, "no CUDA device: %s", WHY);
	return 0;
}

struct gpu *gpu_open(int device, const struct gpu_wish *wish, const struct gpu_market *m, struct gpu_error *e)
{
	(void)device, (void)wish, (void)m;
	gpu_count(e);
	return NULL;
}

/* Nothing below is ever called: there is no struct gpu. */
void gpu_close(struct gpu *g)
{
	(void)g;
}

struct gpu_room gpu_room(const struct gpu *g)
{
	(void)g;
	return (struct gpu_room){ 0 };
}

const char *gpu_name(const struct gpu *g)
{
	(void)g;
	return "";
}

struct gpu_times gpu_times(const struct gpu *g)
{
	(void)g;
	return (struct gpu_times){ 0 };
}

bool gpu_put(struct gpu *g, unsigned lane, uint32_t slot, const void *series, uint64_t bytes, struct gpu_error *e)
{
	(void)g, (void)lane, (void)slot, (void)series, (void)bytes;
	return gpu_count(e) > 0;
}

enum gpu_answer gpu_run(struct gpu *g, unsigned lane, const struct gpu_round *r, uint32_t *fit, struct gpu_error *e)
{
	(void)g, (void)lane, (void)r, (void)fit;
	gpu_count(e);
	return GPU_FAILED;
}

bool gpu_logs(struct gpu *g, unsigned lane, const struct gpu_round *r, uint32_t from, uint32_t *to, struct gpu_logs *logs, struct gpu_error *e)
{
	(void)g, (void)lane, (void)r, (void)from, (void)to, (void)logs;
	return gpu_count(e) > 0;
}

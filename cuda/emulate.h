/* SPDX-License-Identifier: MIT
 * The part of the CUDA runtime that gpu.cu uses, on a CPU: device memory is memory, a launch is two loops. So the device's own
 * text is tested where there is no GPU (test/sweep_gpu.bats). OCQ_EMULATE says what the devices are like:
 *   devices=2    how many there are (1)
 *   mib=64       memory of each (256)
 *   fail=17      this call of the runtime fails, counted from 1
 *   idle=1       kernels do nothing and results are zero: what the host takes, alone */
#ifndef OCQ_CUDA_EMULATE_H
#define OCQ_CUDA_EMULATE_H

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <vector>

#define __global__ static
#define __device__
#define __launch_bounds__(...)
#define __grid_constant__
#define LAUNCH(kernel, blocks, threads, shared, stream, job) \
	do { \
		(void)(stream); \
		if (emulate::idle()) \
			break; \
		for (blockIdx.x = 0; blockIdx.x < (blocks); blockIdx.x++) \
			for (threadIdx.x = 0; threadIdx.x < (threads); threadIdx.x++) { \
				emulate::share(shared); \
				kernel(job); \
			} \
	} while (0)

static thread_local struct { uint32_t x; } blockIdx, threadIdx;

template <typename T> static T atomicAdd(T *at, T v)
{
	T before = *at;

	*at += v;
	return before;
}

enum cudaError_t { cudaSuccess, cudaErrorMemoryAllocation, cudaErrorNoDevice, cudaErrorUnknown };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost };
enum { cudaStreamNonBlocking, cudaDevAttrMultiProcessorCount, cudaDevAttrKernelExecTimeout };
enum { cudaFuncAttributePreferredSharedMemoryCarveout, cudaSharedmemCarveoutMaxShared };
typedef int cudaStream_t;
typedef std::chrono::steady_clock::time_point *cudaEvent_t;
struct cudaDeviceProp { char name[64]; };

namespace emulate {

static std::mutex lock;
static std::unordered_map<void *, std::pair<int, size_t>> blocks;	/* device and size of each */
static size_t used[16];
static std::atomic<long> calls;
static thread_local int current;

static long setting(const char *name, long otherwise)
{
	const char *all = getenv("OCQ_EMULATE"), *at = all ? strstr(all, name) : NULL;

	return at ? atol(at + strlen(name)) : otherwise;
}

static bool idle()
{
	static const bool is = setting("idle=", 0) != 0;

	return is;
}

/* A block's threads run one after the other, so none may find what another left. */
static thread_local std::vector<unsigned char> shared_bytes;
static void share(size_t n)
{
	shared_bytes.assign(n, 0xa5);
}

static size_t memory()
{
	return (size_t)setting("mib=", 256) << 20;
}

static cudaError_t call()
{
	return ++calls == setting("fail=", 0) ? cudaErrorUnknown : cudaSuccess;
}

}

static uint64_t *shared_words()
{
	return reinterpret_cast<uint64_t *>(emulate::shared_bytes.data());
}

static inline const char *cudaGetErrorString(cudaError_t e)
{
	return e == cudaErrorMemoryAllocation ? "out of memory" : e == cudaErrorNoDevice ? "no CUDA-capable device is detected" : "unknown error";
}

static inline cudaError_t cudaGetDeviceCount(int *n)
{
	*n = (int)emulate::setting("devices=", 1);
	return *n ? cudaSuccess : cudaErrorNoDevice;
}

static inline cudaError_t cudaSetDevice(int device)
{
	emulate::current = device;
	return emulate::call();
}

static inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp *p, int)
{
	strcpy(p->name, "emulated");
	return emulate::call();
}

static inline cudaError_t cudaDeviceGetAttribute(int *v, int attribute, int)
{
	*v = attribute == cudaDevAttrMultiProcessorCount ? 2 : 0;
	return emulate::call();
}

static inline cudaError_t cudaFuncSetAttribute(const void *, int, int)
{
	return emulate::call();
}

static inline cudaError_t cudaMemGetInfo(size_t *free, size_t *total)
{
	std::lock_guard<std::mutex> guard(emulate::lock);

	*total = emulate::memory();
	*free = *total - emulate::used[emulate::current];
	return emulate::call();
}

static inline cudaError_t cudaMalloc(void **p, size_t n)
{
	std::lock_guard<std::mutex> guard(emulate::lock);
	cudaError_t e = emulate::call();

	if (e != cudaSuccess)
		return e;
	if (emulate::used[emulate::current] + n > emulate::memory())
		return cudaErrorMemoryAllocation;
	*p = calloc(n, 1);
	if (!emulate::idle())
		memset(*p, 0xa5, n);	/* nothing may depend on what was there */
	emulate::blocks[*p] = { emulate::current, n };
	emulate::used[emulate::current] += n;
	return cudaSuccess;
}

static inline cudaError_t cudaFree(void *p)
{
	std::lock_guard<std::mutex> guard(emulate::lock);

	if (p) {
		emulate::used[emulate::blocks[p].first] -= emulate::blocks[p].second;
		emulate::blocks.erase(p);
		free(p);
	}
	return cudaSuccess;
}

static inline cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t n, cudaMemcpyKind, cudaStream_t)
{
	memcpy(to, from, n);
	return emulate::call();
}

static inline cudaError_t cudaMemsetAsync(void *to, int byte, size_t n, cudaStream_t)
{
	memset(to, byte, n);
	return emulate::call();
}

static inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t *s, unsigned)
{
	*s = 0;
	return emulate::call();
}

static inline cudaError_t cudaStreamSynchronize(cudaStream_t)
{
	return emulate::call();
}

static inline cudaError_t cudaStreamDestroy(cudaStream_t)
{
	return cudaSuccess;
}

static inline cudaError_t cudaGetLastError()
{
	return emulate::call();
}

static inline cudaError_t cudaEventCreate(cudaEvent_t *e)
{
	*e = new std::chrono::steady_clock::time_point;
	return emulate::call();
}

static inline cudaError_t cudaEventRecord(cudaEvent_t e, cudaStream_t)
{
	*e = std::chrono::steady_clock::now();
	return emulate::call();
}

static inline cudaError_t cudaEventElapsedTime(float *ms, cudaEvent_t from, cudaEvent_t to)
{
	*ms = std::chrono::duration<float, std::milli>(*to - *from).count();
	return emulate::call();
}

static inline cudaError_t cudaEventDestroy(cudaEvent_t e)
{
	delete e;
	return cudaSuccess;
}

#endif

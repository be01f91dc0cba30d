/* SPDX-License-Identifier: MIT
 * The walls of ocq-sign, in terms of Linux: prctl, limits, a seccomp filter, and a heap that was filled before it. */
#include "sign/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#error "the filter of ocq-sign knows x86_64 and aarch64"
#endif

/* A sanitizer attaches to its own process and makes calls of its own. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif

bool sandbox_prepare(struct errmsg *e)
{
	const struct rlimit none = { 0, 0 };

	if (!SANITIZED && prctl(PR_SET_DUMPABLE, 0) < 0)
		return errmsg_set(e, "cannot keep debuggers away: %s", strerror(errno));
	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return errmsg_set(e, "cannot forbid core files: %s", strerror(errno));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return errmsg_set(e, "cannot give up privileges: %s", strerror(errno));
	if (close_range(STDERR_FILENO + 1, UINT_MAX, 0) < 0)
		return errmsg_set(e, "cannot close what was inherited: %s", strerror(errno));
	return true;
}

/* The heap as one block that was used and given back, which malloc() keeps: it takes from there and asks for no more. */
static bool fill_heap(size_t bytes, struct errmsg *e)
{
	void *heap;

	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	heap = malloc(bytes);
	if (!heap)
		return errmsg_set(e, "no %zu bytes of memory", bytes);
	memset(heap, 1, bytes);
	__asm__ volatile("" : : "r"(heap) : "memory");	/* or the compiler drops what is freed at once */
	free(heap);
	return true;
}

#define ALLOW(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static bool set_filter(struct errmsg *e)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(read),
		ALLOW(write),
#ifdef __NR_poll
		ALLOW(poll),
#endif
		ALLOW(ppoll),
		ALLOW(restart_syscall),	/* a poll that was stopped and continued */
		ALLOW(rt_sigreturn),
		ALLOW(clock_gettime),	/* where the kernel's page does not tell the time */
		ALLOW(sysinfo),		/* qsort() asks how much memory there is */
		ALLOW(close),
		ALLOW(munmap),		/* the key's page, wiped */
		ALLOW(exit),
		ALLOW(exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog filter = { .len = sizeof program / sizeof *program, .filter = program };

	return SANITIZED || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0 ||
		errmsg_set(e, "the kernel takes no filter of system calls: %s", strerror(errno));
}

/* Gone also from where /proc shows it. */
static void clear_environment(void)
{
	char **variable;

	for (variable = environ; variable && *variable; variable++)
		explicit_bzero(*variable, strlen(*variable));
	clearenv();
}

bool sandbox_enter(size_t heap_bytes, struct errmsg *e)
{
	clear_environment();
	if (!fill_heap(heap_bytes, e))
		return false;
	if (mlockall(MCL_CURRENT) < 0)
		errno = 0;	/* beyond the limit on locked memory: the key's own page is locked all the same */
	return set_filter(e);
}

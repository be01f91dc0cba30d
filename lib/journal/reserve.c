/* SPDX-License-Identifier: MIT
 * The reserve: a file whose blocks are allocated and hold nothing. */
#include "journal/reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define RESERVE "reserve"
enum { RESERVE_BYTES = 1 << 20 };

static bool is_whole(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size == RESERVE_BYTES && st.st_blocks * 512 >= RESERVE_BYTES;
}

bool reserve_make(int dir_fd)
{
	int fd = openat(dir_fd, RESERVE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return false;
	ok = is_whole(fd) || posix_fallocate(fd, 0, RESERVE_BYTES) == 0;
	close(fd);
	if (!ok)
		reserve_give_up(dir_fd);	/* a part of it is room for others */
	return ok;
}

bool reserve_give_up(int dir_fd)
{
	return unlinkat(dir_fd, RESERVE, 0) == 0;
}

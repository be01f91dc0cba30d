/* SPDX-License-Identifier: MIT
 * Key files. What was read passes through one small array, which is wiped. */
#include "sign/key.h"

#include "base/hash.h"
#include "sign/passphrase.h"
#include "sign/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_HEX 64

/* Nothing but the owner's bits; a credential has its owner and group set by the service manager. */
static bool check_file(int fd, const char *path, bool credential, struct errmsg *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return errmsg_set(e, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return errmsg_set(e, "%s: is not a regular file", path);
	if (credential)
		return !(st.st_mode & 007) || errmsg_set(e, "%s: others may read it", path);
	if (st.st_uid != geteuid())
		return errmsg_set(e, "%s: belongs to another user; a key file is its user's own: chown it, then chmod 600", path);
	if (st.st_mode & 077)
		return errmsg_set(e, "%s: has mode %03o, so others may read it: chmod 600, and if others had access, replace the key", path,
				  (unsigned)st.st_mode & 0777);
	return true;
}

/* The digits of text[0..n), with or without 0x and newline, as 32 bytes. */
static bool parse_plain(const char *text, size_t n, unsigned char key[32], struct errmsg *e)
{
	if (n && text[n - 1] == '\n')
		n--;
	return (n == KEY_HEX + 2 ? hex0x_parse(text, n, key, 32) : n == KEY_HEX && hex_parse(text, n, key, 32)) ||
		errmsg_set(e, "is not 64 hex digits, with or without 0x, and a newline");
}

static bool parse_sealed(const char *text, size_t n, unsigned char key[32], struct errmsg *e)
{
	struct passphrase p;
	bool ok = passphrase_ask(&p, "Passphrase of the key: ", e) && sealed_open(text, n, p.text, p.n, key, e);

	passphrase_wipe(&p);
	return ok;
}

static struct signer *read_open(int fd, const char *path, struct errmsg *e)
{
	char text[SEALED_TEXT + 1];
	unsigned char key[32];
	struct signer *s = NULL;
	struct errmsg why;
	ssize_t n = read(fd, text, sizeof text);

	if (n < 0)
		errmsg_set(&why, "cannot be read: %s", strerror(errno));
	else if (sealed_is(text, (size_t)n) ? parse_sealed(text, (size_t)n, key, &why) : parse_plain(text, (size_t)n, key, &why))
		s = signer_new(key, &why);
	if (!s)
		errmsg_set(e, "%s: %s", path, why.text);
	explicit_bzero(text, sizeof text);
	explicit_bzero(key, sizeof key);
	return s;
}

static struct signer *read_file(const char *path, bool credential, struct errmsg *e)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct signer *s = NULL;

	if (fd < 0 && errno == ELOOP)
		errmsg_set(e, "%s: is a symbolic link: name the file itself", path);
	else if (fd < 0)
		errmsg_set(e, "%s: cannot be opened: %s", path, strerror(errno));
	else if (check_file(fd, path, credential, e))
		s = read_open(fd, path, e);
	if (fd >= 0)
		close(fd);
	return s;
}

/* Somebody typed the key where its file's name belongs: it is not repeated, for messages end in logs. */
static bool is_key(const char *path)
{
	unsigned char key[32];
	struct errmsg e;
	bool yes = parse_plain(path, strlen(path), key, &e);

	explicit_bzero(key, sizeof key);
	return yes;
}

struct signer *key_read(const char *path, struct errmsg *e)
{
	if (!is_key(path))
		return read_file(path, false, e);
	errmsg_set(e, "a key instead of the name of its file: it is known to shell and process list now, so replace it");
	return NULL;
}

struct signer *key_credential(const char *name, struct errmsg *e)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];

	if (!dir || !*dir)
		errmsg_set(e, "credential %s: CREDENTIALS_DIRECTORY is not set; the unit needs LoadCredential=", name);
	else if (strchr(name, '/') || snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
		errmsg_set(e, "credential %s: is no file name", name);
	else
		return read_file(path, true, e);
	return NULL;
}

/* ---- a new key ---- */

static size_t put_plain(char *text, const unsigned char key[32])
{
	hex_put(text, key, 32);
	text[KEY_HEX] = '\n';
	return KEY_HEX + 1;
}

static bool put_sealed(char *text, const unsigned char key[32], struct errmsg *e)
{
	struct passphrase p;
	bool ok = passphrase_ask_new(&p, e) && sealed_make(text, p.text, p.n, key, e);

	passphrase_wipe(&p);
	return ok;
}

static bool write_text(const char *path, const char *text, size_t n, struct errmsg *e)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write(fd, text, n) == (ssize_t)n && fsync(fd) == 0;

	if (fd < 0)
		return errmsg_set(e, "%s: cannot be created: %s", path, strerror(errno));
	if (close(fd) < 0)
		ok = false;
	if (!ok) {
		errmsg_set(e, "%s: cannot be written: %s", path, strerror(errno));
		unlink(path);
	}
	return ok;
}

static bool write_file(const char *path, bool sealed, const unsigned char key[32], struct errmsg *e)
{
	char text[SEALED_TEXT];
	size_t n = SEALED_TEXT;
	bool ok = true;

	if (sealed)
		ok = put_sealed(text, key, e);
	else
		n = put_plain(text, key);
	ok = ok && write_text(path, text, n, e);
	explicit_bzero(text, sizeof text);
	return ok;
}

/* All but a few of 2^256 numbers are keys. */
static struct signer *new_signer(unsigned char key[32], struct errmsg *e)
{
	if (getrandom(key, 32, 0) != 32) {
		errmsg_set(e, "no random bytes: %s", strerror(errno));
		return NULL;
	}
	return signer_new(key, e);
}

bool key_create(const char *path, bool sealed, struct address *address, struct errmsg *e)
{
	unsigned char key[32];
	struct signer *s = new_signer(key, e);
	bool ok = s && write_file(path, sealed, key, e);

	if (s)
		*address = *signer_address(s);
	signer_free(s);
	explicit_bzero(key, sizeof key);
	return ok;
}

/* SPDX-License-Identifier: MIT
 * Asking on the terminal. */
#include "sign/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* One line; in the terminal's usual mode a read gives no more. */
static bool read_line(int tty, struct passphrase *p, struct errmsg *e)
{
	ssize_t n = read(tty, p->text, sizeof p->text);

	if (n < 0)
		return errmsg_set(e, "the passphrase cannot be read: %s", strerror(errno));
	if (n == (ssize_t)sizeof p->text && p->text[n - 1] != '\n')
		return errmsg_set(e, "the passphrase is longer than %zu bytes", sizeof p->text - 1);
	p->n = n && p->text[n - 1] == '\n' ? (size_t)n - 1 : (size_t)n;
	return p->n || errmsg_set(e, "no passphrase was given");
}

static bool say(int tty, const char *text)
{
	return write(tty, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool ask(int tty, struct passphrase *p, const char *prompt, struct errmsg *e)
{
	struct termios usual, silent;
	bool ok;

	if (tcgetattr(tty, &usual) < 0)
		return errmsg_set(e, "the terminal does not answer: %s", strerror(errno));
	silent = usual;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ICANON;
	if (tcsetattr(tty, TCSAFLUSH, &silent) < 0 || !say(tty, prompt))
		return errmsg_set(e, "the terminal cannot be asked: %s", strerror(errno));
	ok = read_line(tty, p, e);
	return tcsetattr(tty, TCSAFLUSH, &usual) == 0 && say(tty, "\n") && ok;
}

bool passphrase_ask(struct passphrase *p, const char *prompt, struct errmsg *e)
{
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	bool ok;

	if (tty < 0)
		return errmsg_set(e, "a passphrase is needed, but there is no terminal to ask on");
	errmsg_set(e, "the terminal is gone");
	ok = ask(tty, p, prompt, e);
	close(tty);
	if (!ok)
		passphrase_wipe(p);
	return ok;
}

bool passphrase_ask_new(struct passphrase *p, struct errmsg *e)
{
	struct passphrase again;
	bool ok = passphrase_ask(p, "New passphrase: ", e) && passphrase_ask(&again, "The same again: ", e);

	if (ok && (again.n != p->n || memcmp(again.text, p->text, p->n) != 0))
		ok = errmsg_set(e, "the two passphrases differ");
	passphrase_wipe(&again);
	if (!ok)
		passphrase_wipe(p);
	return ok;
}

void passphrase_wipe(struct passphrase *p)
{
	explicit_bzero(p, sizeof *p);
}

/* SPDX-License-Identifier: MIT
 * canned DIR - an exchange of files, for tests of what asks one: the answer to a question or action of type T is DIR/T, its first
 * line "200 application/json" or "drop" (the connection is closed), the rest the body. What comes is appended to DIR/heard. The
 * port is printed once it listens. */
#include "base/opt.h"
#include "base/stream.h"
#include "json/json.h"
#include "net/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *dir;

/* The type of what is asked; "none" for what has none. */
static void type_of(const struct server_request *r, char *dst, size_t cap)
{
	struct json_doc d;
	struct errmsg e;
	const struct json *action;

	snprintf(dst, cap, "none");
	if (!json_parse(&d, r->body, r->len, &e))
		return;
	action = json_get(&d, d.tok, "action");
	if (!json_str(&d, json_get(&d, action ? action : d.tok, "type"), dst, cap))
		snprintf(dst, cap, "none");
	json_release(&d);
}

static void hear(const struct server_request *r)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/heard", dir);
	f = fopen(path, "a");
	if (!f || fprintf(f, "%s %s\n", r->path, r->body) < 0 || fclose(f))
		die_sys(EX_RETRY, "%s", path);
}

static void answer(struct server_request *r, struct buf *file)
{
	const char *body = strchr(buf_cstr(file), '\n');
	char type[64] = "";
	int status;

	if (!body || sscanf(file->data, "%d %63[^\n]", &status, type) < 1)
		server_drop(r, false);
	else
		server_reply(r, status, *type ? type : NULL, body + 1, file->len - (size_t)(body + 1 - file->data));
}

static void request(void *arg, struct server_request *r)
{
	struct buf file = BUF_INIT;
	char type[64], path[512];
	struct errmsg e;

	(void)arg;
	hear(r);
	type_of(r, type, sizeof type);
	snprintf(path, sizeof path, "%s/%s", dir, type);
	if (buf_read_file(&file, path, 1 << 24, &e))
		answer(r, &file);
	else
		server_reply(r, 422, "text/plain", e.text, strlen(e.text));
	buf_release(&file);
}

int main(int argc, char **argv)
{
	static const struct opt none[] = { { 0 } };
	static const struct server_handlers handlers = { .request = request };
	struct loop *loop;
	struct server *server;
	struct errmsg e;
	int status;

	err_init(argv[0]);
	stream_signals();
	if (opt_parse(argc, argv, none, "DIR", "An exchange of files.") != 1)
		die(EX_USAGE, "want one directory");
	dir = argv[0];
	loop = loop_new();
	server = server_new(loop, NULL, &handlers, NULL, &e);
	if (!server)
		die(EX_RETRY, "%s", e.text);
	printf("%u\n", server_port(server));
	fflush(stdout);
	status = loop_run(loop);
	server_free(server);
	loop_free(loop);
	return status;
}

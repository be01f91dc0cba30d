/* SPDX-License-Identifier: MIT
 * Reads what a stopped sweep left. A row counts once its newline is there. */
#include "engine/resume.h"

#include "base/hash.h"
#include "json/json.h"
#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the set of rows ---- */

struct resume_row { uint64_t id[2]; uint64_t mark; };	/* 128 bits of the id's hash; point_mark() */

static void hash_of(uint64_t h[2], const char *id)
{
	unsigned char bytes[32];
	struct sha256 s;

	sha256_init(&s);
	sha256_add(&s, id, strlen(id));
	sha256_end(&s, bytes);
	memcpy(h, bytes, 16);
	h[0] |= 1;	/* an empty slot is all zero */
}

/* The slot of an id: its own or the free one where it would go. */
static struct resume_row *slot_of(const struct resume *r, const uint64_t h[2])
{
	uint64_t at = h[0] / 2 % r->slots;

	while (r->seen[at].id[0] && (r->seen[at].id[0] != h[0] || r->seen[at].id[1] != h[1]))
		at = (at + 1) % r->slots;
	return &r->seen[at];
}

static void grow(struct resume *r)
{
	struct resume_row *old = r->seen;
	uint64_t slots = r->slots, i;

	r->slots = slots ? slots * 2 : 1024;
	r->seen = xcalloc(r->slots, sizeof *r->seen);
	for (i = 0; i < slots; i++)
		if (old[i].id[0])
			*slot_of(r, old[i].id) = old[i];
	free(old);
}

static void add(struct resume *r, const char *id, uint64_t mark)
{
	struct resume_row row = { .mark = mark };

	if (2 * (r->rows + 1) > r->slots)
		grow(r);
	hash_of(row.id, id);
	*slot_of(r, row.id) = row;
	r->rows++;
}

enum resume_answer resume_has(const struct resume *r, const struct point *pt)
{
	const struct resume_row *row;
	uint64_t h[2];

	if (r->rows == 0)
		return RESUME_NO;
	hash_of(h, pt->id);
	row = slot_of(r, h);
	if (!row->id[0])
		return RESUME_NO;
	return row->mark == point_mark(pt) ? RESUME_YES : RESUME_OTHER;
}

void resume_close(struct resume *r)
{
	free(r->seen);
	r->seen = NULL;
}

/* ---- the file ---- */

struct reader { struct resume *r; struct in in; const char *config_id, *contract_id, *rows; };

static void check_member(struct reader *k, const char *key, const char *theirs, const char *ours)
{
	if (strcmp(theirs, ours))
		in_die(&k->in, "\"%s\" is \"%s\", but this sweep's is \"%s\": the file belongs to another sweep", key, theirs, ours);
}

static void take_row(struct reader *k, const char *line, size_t len)
{
	struct json_doc d = { 0 };
	struct errmsg e;
	char id[TEXT_MAX], form[TEXT_MAX] = "id";
	uint64_t mark = 0;

	if (!json_parse(&d, line, len, &e))
		in_die(&k->in, "%s", e.text);
	if (!json_is(&d, json_get(&d, d.tok, "type"), "result"))
		in_die(&k->in, "\"type\" is not \"result\"");
	if (!json_str(&d, json_get(&d, d.tok, "id"), id, sizeof id))
		in_die(&k->in, "\"id\" is not a text");
	if (json_get(&d, d.tok, "output_mode") && !json_str(&d, json_get(&d, d.tok, "output_mode"), form, sizeof form))
		in_die(&k->in, "\"output_mode\" is not a text");
	if (strcmp(form, k->rows))
		in_die(&k->in, "a row of the form %s, but --rows is %s", form, k->rows);
	if (!point_mark_of_row(&d, &mark, &e))
		in_die(&k->in, "%s", e.text);
	add(k->r, id, mark);
	json_release(&d);
}

static void take_line(struct reader *k, const char *line, size_t len)
{
	static struct record rec;
	struct errmsg e;

	if (k->r->has_end)
		in_die(&k->in, "a record follows the end");
	if (!record_parse(&rec, line, len, &e))
		in_die(&k->in, "%s", e.text);
	if (rec.type == REC_header) {
		check_member(k, "config_id", rec.u.header.config_id, k->config_id);
		check_member(k, "contract_id", rec.u.header.contract_id, k->contract_id);
		k->r->has_header = true;
	} else if (rec.type == REC_end) {
		k->r->has_end = true;
	} else {
		take_row(k, line, len);
	}
}

/* Does the output go on in the file itself? Then it is ours alone until we end. */
static bool continues(const struct in *in, const struct out *out)
{
	struct stat a, b;

	if (fstat(in->fd, &a) || fstat(out->fd, &b))
		die_sys(EX_RETRY, "%s", in->name);
	if (a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return false;
	if (flock(out->fd, LOCK_EX | LOCK_NB))
		die(EX_RETRY, "%s: another sweep is writing to it", in->name);
	return true;
}

/* Drops what follows the last row: an end, or what is left of a line that was being written. */
static void cut(const struct in *in, const struct out *out, off_t rows)
{
	if (ftruncate(out->fd, rows) || lseek(out->fd, 0, SEEK_END) < 0)
		die_sys(EX_RETRY, "%s: the last line cannot be cut", in->name);
}

void resume_open(struct resume *r, const char *path, struct out *out, const char *config_id, const char *contract_id, const char *rows)
{
	struct reader k = { .r = r, .config_id = config_id, .contract_id = contract_id, .rows = rows };
	const char *line;
	off_t rows_end = 0;
	size_t len;
	bool ours;
	int fd;

	memset(r, 0, sizeof *r);
	r->path = path;
	if (!path)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0)
		die_sys(EX_DATA, "%s: cannot be opened", path);
	in_fd(&k.in, fd, path);
	ours = continues(&k.in, out);
	while (in_line(&k.in, &line, &len) && !k.in.torn) {
		take_line(&k, line, len);
		if (!r->has_end)
			rows_end += (off_t)len + 1;
	}
	if (ours && (k.in.torn || r->has_end)) {
		cut(&k.in, out, rows_end);
		r->has_end = false;
	}
	in_close(&k.in);
}

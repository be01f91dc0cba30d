/* SPDX-License-Identifier: MIT
 * Reading request and response heads in place, and chunked bodies. */
#include "net/head.h"

#include <string.h>
#include <strings.h>

#define FIELDS_MAX 100

size_t head_size(const char *text, size_t n, size_t *seen)
{
	size_t from = *seen > 3 ? *seen - 3 : 0;
	const char *end = n > from ? memmem(text + from, n - from, "\r\n\r\n", 4) : NULL;

	*seen = n;
	return end ? (size_t)(end - text) + 4 : 0;
}

static bool is_token(const char *s)
{
	static const char other[] = "!#$%&'*+-.^_`|~";

	if (!*s)
		return false;
	for (; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr(other, *s)))
			return false;
	return true;
}

static bool is_text(const char *s, bool spaces)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 ? *s != '\t' || !spaces : *s == 0x7f || (*s == ' ' && !spaces))
			return false;
	return true;
}

/* Cuts the line at *at off, and moves behind it. NULL at the empty line, which is the last. */
static char *cut_line(char **at)
{
	char *line = *at, *end = strstr(line, "\r\n");

	if (!end || end == line)
		return NULL;
	*end = '\0';
	*at = end + 2;
	return line;
}

static bool cut_field(char *line, char **name, char **value)
{
	char *colon = strchr(line, ':'), *end;

	if (!colon)
		return false;
	*colon = '\0';
	*name = line;
	*value = colon + 1 + strspn(colon + 1, " \t");
	for (end = *value + strlen(*value); end > *value && (end[-1] == ' ' || end[-1] == '\t'); end--)
		end[-1] = '\0';
	return is_token(*name) && is_text(*value, true);
}

/* Whether a comma-separated list has the word, in any case. */
static bool has_word(const char *list, const char *word)
{
	size_t n = strlen(word), len;

	for (; *list; list += len) {
		list += strspn(list, ", \t");
		len = strcspn(list, ",");
		if (len >= n && strncasecmp(list, word, n) == 0 && strspn(list + n, " \t") == len - n)
			return true;
	}
	return false;
}

static bool read_length(const char *s, uint64_t *length)
{
	size_t n = strspn(s, "0123456789"), i;

	if (n == 0 || n > 18 || s[n])
		return false;
	for (i = 0, *length = 0; i < n; i++)
		*length = *length * 10 + (uint64_t)(s[i] - '0');
	return true;
}

struct reading { struct head *h; bool upgrade_websocket, connection_upgrade, close, keep_alive; unsigned hosts, codings; };

static int read_field(struct reading *r, const char *name, const char *value)
{
	struct head *h = r->h;

	if (strcasecmp(name, "content-length") == 0) {
		if (h->has_length || !read_length(value, &h->length))
			return 400;
		h->has_length = true;
	} else if (strcasecmp(name, "transfer-encoding") == 0) {
		if (r->codings++ || strcasecmp(value, "chunked") != 0)
			return 501;
		h->chunked = true;
	} else if (strcasecmp(name, "content-type") == 0) {
		h->type = value;
	} else if (strcasecmp(name, "host") == 0) {
		r->hosts++;
	} else if (strcasecmp(name, "expect") == 0) {
		h->expect = strcasecmp(value, "100-continue") == 0;
	} else if (strcasecmp(name, "connection") == 0) {
		r->close |= has_word(value, "close");
		r->keep_alive |= has_word(value, "keep-alive");
		r->connection_upgrade |= has_word(value, "upgrade");
	} else if (strcasecmp(name, "upgrade") == 0) {
		r->upgrade_websocket |= has_word(value, "websocket");
	} else if (strcasecmp(name, "sec-websocket-key") == 0) {
		h->key = value;
	} else if (strcasecmp(name, "sec-websocket-version") == 0) {
		h->version = value;
	} else if (strcasecmp(name, "sec-websocket-accept") == 0) {
		h->accept = value;
	}
	return 0;
}

static int read_fields(struct reading *r, char *at, const char *end)
{
	char *line, *name, *value;
	unsigned fields = 0;
	int status;

	while ((line = cut_line(&at))) {
		if (++fields > FIELDS_MAX)
			return 431;
		if (!cut_field(line, &name, &value))
			return 400;
		if ((status = read_field(r, name, value)))
			return status;
	}
	r->h->websocket = r->upgrade_websocket && r->connection_upgrade;
	return at + 2 == end ? 0 : 400;
}

static void clear(struct head *h)
{
	*h = (struct head){ .method = "", .path = "", .type = "", .key = "", .version = "", .accept = "" };
}

int head_request(char *text, size_t n, struct head *h)
{
	struct reading r = { .h = h };
	char *at = text, *line, *path, *protocol;
	int status, minor;

	clear(h);
	if (n > HEAD_MAX)
		return 431;
	if (memchr(text, '\0', n) || !(line = cut_line(&at)) || !(path = strchr(line, ' ')) || !(protocol = strchr(path + 1, ' ')))
		return 400;
	*path++ = *protocol++ = '\0';
	if (!is_token(line) || !*path || !is_text(path, false) || strncmp(protocol, "HTTP/", 5) != 0)
		return 400;
	if (strcmp(protocol, "HTTP/1.1") != 0 && strcmp(protocol, "HTTP/1.0") != 0)
		return 505;
	minor = protocol[7] - '0';
	h->method = line;
	h->path = path;
	if ((status = read_fields(&r, at, text + n)))
		return status;
	if (r.hosts > 1 || (minor && !r.hosts) || (h->chunked && (h->has_length || !minor)))
		return 400;
	h->keep = minor ? !r.close : r.keep_alive && !r.close;
	h->websocket &= minor && strcmp(line, "GET") == 0;
	return 0;
}

bool head_response(char *text, size_t n, struct head *h)
{
	struct reading r = { .h = h };
	char *at = text, *line;
	int i;

	clear(h);
	if (memchr(text, '\0', n) || !(line = cut_line(&at)) || strlen(line) < 12 || strncmp(line, "HTTP/1.", 7) != 0)
		return false;
	if (line[8] != ' ' || (line[12] && line[12] != ' '))
		return false;
	for (i = 9; i < 12; i++) {
		if (line[i] < '0' || line[i] > '9')
			return false;
		h->status = h->status * 10 + line[i] - '0';
	}
	read_fields(&r, at, text + n);	/* what a refusal says besides its status is its own business */
	return true;
}

/* ---- chunked bodies ---- */

enum { SIZE, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF, TRAILER, TRAILER_TEXT, TRAILER_LF, LAST_LF, COMPLETE };

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The state after a byte that is not body, -1: it may not be there. */
static int step(struct chunks *c, char byte)
{
	switch (c->state) {
	case SIZE:
		if (hex(byte) >= 0 && c->digits < 8) {
			c->left = c->left * 16 + (unsigned)hex(byte);
			c->digits++;
			return SIZE;
		}
		if (!c->digits)
			return -1;
		return byte == ';' ? EXTENSION : byte == '\r' ? SIZE_LF : -1;
	case EXTENSION:
		return byte == '\r' ? SIZE_LF : byte == '\n' ? -1 : EXTENSION;
	case SIZE_LF:
		return byte != '\n' ? -1 : c->left ? DATA : TRAILER;
	case DATA_CR:
		return byte == '\r' ? DATA_LF : -1;
	case DATA_LF:
		c->digits = 0;
		return byte == '\n' ? SIZE : -1;
	case TRAILER:
		return byte == '\r' ? LAST_LF : byte == '\n' ? -1 : TRAILER_TEXT;
	case TRAILER_TEXT:
		return byte == '\r' ? TRAILER_LF : byte == '\n' ? -1 : TRAILER_TEXT;
	case TRAILER_LF:
		return byte == '\n' ? TRAILER : -1;
	default:
		return byte == '\n' ? COMPLETE : -1;
	}
}

int chunks_read(struct chunks *c, const char **text, const char *end, struct buf *body, size_t max)
{
	size_t n;
	int next;

	while (*text < end && c->state != COMPLETE) {
		if (c->state == DATA) {
			n = c->left < (uint64_t)(end - *text) ? (size_t)c->left : (size_t)(end - *text);
			if (n > max - body->len)
				return 413;
			buf_add(body, *text, n);
			*text += n;
			if (!(c->left -= n))
				c->state = DATA_CR;
			continue;
		}
		next = step(c, **text);
		if (next < 0 || ++c->extra > HEAD_MAX + max / 2)
			return 400;
		c->state = (unsigned)next;
		++*text;
	}
	return c->state == COMPLETE;
}

/* SPDX-License-Identifier: MIT
 * REST requests by libcurl, and what each came to. */
#include "net/http.h"

#include "base/buf.h"
#include "base/clock.h"
#include "net/multi.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_S 60	/* a kept connection that is older is not used again: the peer may be about to close it */

struct http_call {
	struct http *h;
	struct http_call *prev, *next;
	CURL *easy;
	char *url;
	char *body;		/* what is sent */
	size_t size, sent;
	struct buf answer;
	bool whole_head, too_long;
	int64_t begun_ns;
	http_done *done;
	void *arg;
	char error[CURL_ERROR_SIZE];
};

struct http {
	struct loop *loop;
	struct multi *multi;
	struct curl_slist *fields;
	struct http_options o;
	char *ca_file;
	struct http_call *calls;
	/* http_post_wait() */
	struct http_answer waited;
	struct buf waited_body;
	char waited_type[128];
	bool waiting;
};

/* ---- the end of a call ---- */

static void unlink_call(struct http_call *c)
{
	*(c->prev ? &c->prev->next : &c->h->calls) = c->next;
	if (c->next)
		c->next->prev = c->prev;
}

static void release(struct http_call *c)
{
	curl_easy_cleanup(c->easy);
	buf_release(&c->answer);
	free(c->url);
	free(c->body);
	free(c);
}

/* libcurl counts the bytes of a request that it got rid of. */
static enum http_outcome outcome_of(const struct http_call *c, CURLcode result)
{
	long sent = 0;

	if (result == CURLE_OK)
		return HTTP_ANSWERED;
	curl_easy_getinfo(c->easy, CURLINFO_REQUEST_SIZE, &sent);
	return sent == 0 && c->sent == 0 ? HTTP_NOT_SENT : HTTP_UNKNOWN;
}

static int64_t date_of(const struct http_call *c)
{
	struct curl_header *field;
	bool there = curl_easy_header(c->easy, "date", 0, CURLH_HEADER, -1, &field) == CURLHE_OK;
	time_t s = there ? curl_getdate(field->value, NULL) : 0;

	return s > 0 ? s * INT64_C(1000) : 0;
}

static void finish(struct http_call *c, CURLcode result, const char *why)
{
	struct http_answer a = { .outcome = outcome_of(c, result), .retry_after_s = -1, .type = "" };
	curl_off_t retry = 0;
	long status = 0;

	a.took_us = (clock_mono_ns() - c->begun_ns) / 1000;
	if (a.outcome == HTTP_ANSWERED) {
		curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &a.type);
		if (curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &retry) == CURLE_OK && retry > 0)
			a.retry_after_s = retry > 86400 ? 86400 : (int)retry;
		a.status = (int)status;
		a.date_ms = date_of(c);
		a.type = a.type ? a.type : "";
		a.body = buf_cstr(&c->answer);
		a.len = c->answer.len;
	} else {
		multi_why(a.why, sizeof a.why, c->url, result, why);
	}
	multi_drop(c->h->multi, c->easy);
	unlink_call(c);
	c->done(c->arg, &a);	/* may free the client */
	release(c);
}

/* Of a kept connection that ended libcurl only tells that it cannot send again, see never_again(). */
static const char *why_of(const struct http_call *c, CURLcode result)
{
	if (c->too_long)
		return "the answer is longer than allowed";
	return result == CURLE_SEND_FAIL_REWIND ? "the connection ended without an answer" : c->error;
}

static void transfer_done(void *arg, CURL *easy, CURLcode result)
{
	struct http_call *c;

	(void)arg;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &c);
	if (result == CURLE_OK && !c->whole_head)
		finish(c, CURLE_PARTIAL_FILE, "the answer is torn");
	else
		finish(c, result, why_of(c, result));
}

void http_cancel(struct http *h, struct http_call *c)
{
	(void)h;
	finish(c, CURLE_ABORTED_BY_CALLBACK, "given up");
}

/* ---- a call ---- */

static size_t give_body(char *to, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;
	size_t room = size * n, left = c->size - c->sent, part = left < room ? left : room;

	memcpy(to, c->body + c->sent, part);
	c->sent += part;
	return part;
}

/* libcurl sends again by itself what it sent over a kept connection that then ended without an answer: the server may have acted.
 * It has to rewind the body for that, and this is what keeps it from it. */
static int never_again(void *arg, curl_off_t offset, int origin)
{
	(void)arg;
	(void)offset;
	(void)origin;
	return CURL_SEEKFUNC_FAIL;
}

/* Line by line, trailers too. libcurl itself takes a head that the end of the connection cut for a whole one. */
static size_t take_field(char *line, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;

	if (size * n >= 5 && memcmp(line, "HTTP/", 5) == 0)
		c->whole_head = false;
	else if (size * n <= 2)
		c->whole_head = true;
	return size * n;
}

static size_t take_answer(char *from, size_t size, size_t n, void *arg)
{
	struct http_call *c = arg;

	c->too_long = c->answer.len + size * n > c->h->o.body_max;
	if (c->too_long)
		return 0;
	buf_add(&c->answer, from, size * n);
	return size * n;
}

struct http_call *http_post(struct http *h, const char *url, const void *body, size_t n, http_done *done, void *arg)
{
	struct http_call *c = xcalloc(1, sizeof *c);

	*c = (struct http_call){
		.h = h, .url = xstrdup(url), .body = xmalloc(n), .size = n, .done = done, .arg = arg, .begun_ns = clock_mono_ns(),
	};
	if (n)
		memcpy(c->body, body, n);
	c->easy = multi_easy(url, h->ca_file, h->o.connect_ms, c->error);
	curl_easy_setopt(c->easy, CURLOPT_PRIVATE, c);
	curl_easy_setopt(c->easy, CURLOPT_TIMEOUT_MS, (long)h->o.total_ms);
	curl_easy_setopt(c->easy, CURLOPT_MAXAGE_CONN, (long)IDLE_S);
	curl_easy_setopt(c->easy, CURLOPT_USERAGENT, "ocq/" OCQ_VERSION);
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, h->fields);
	curl_easy_setopt(c->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)n);
	curl_easy_setopt(c->easy, CURLOPT_READFUNCTION, give_body);
	curl_easy_setopt(c->easy, CURLOPT_READDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_SEEKFUNCTION, never_again);
	curl_easy_setopt(c->easy, CURLOPT_HEADERFUNCTION, take_field);
	curl_easy_setopt(c->easy, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(c->easy, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(c->easy, CURLOPT_WRITEDATA, c);
	c->next = h->calls;
	if (c->next)
		c->next->prev = c;
	h->calls = c;
	multi_add(h->multi, c->easy);
	return c;
}

static void waited(void *arg, const struct http_answer *a)
{
	struct http *h = arg;

	h->waited = *a;
	buf_clear(&h->waited_body);
	buf_add(&h->waited_body, a->body, a->len);
	h->waited.body = buf_cstr(&h->waited_body);
	snprintf(h->waited_type, sizeof h->waited_type, "%s", a->type);
	h->waited.type = h->waited_type;
	h->waiting = false;
}

const struct http_answer *http_post_wait(struct http *h, const char *url, const void *body, size_t n)
{
	struct http_call *c = http_post(h, url, body, n, waited, h);

	h->waiting = true;
	while (h->waiting && loop_turn(h->loop, -1))
		;
	if (h->waiting)
		http_cancel(h, c);
	return &h->waited;
}

/* ---- client ---- */

struct http *http_new(struct loop *l, const struct http_options *o)
{
	struct http *h = xcalloc(1, sizeof *h);

	h->loop = l;
	if (o)
		h->o = *o;
	h->ca_file = h->o.ca_file ? xstrdup(h->o.ca_file) : NULL;
	h->o.connect_ms = h->o.connect_ms ? h->o.connect_ms : 5000;
	h->o.total_ms = h->o.total_ms ? h->o.total_ms : 15000;
	h->o.body_max = h->o.body_max ? h->o.body_max : 64u << 20;
	h->o.connections = h->o.connections ? h->o.connections : 8;
	h->multi = multi_new(l, transfer_done, h);
	h->fields = curl_slist_append(h->fields, "Content-Type: application/json");
	h->fields = curl_slist_append(h->fields, "Expect:");	/* no round trip before the body */
	curl_multi_setopt(multi_handle(h->multi), CURLMOPT_MAX_HOST_CONNECTIONS, (long)h->o.connections);
	return h;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	while (h->calls)
		http_cancel(h, h->calls);
	multi_free(h->multi);
	curl_slist_free_all(h->fields);
	buf_release(&h->waited_body);
	free(h->ca_file);
	free(h);
}

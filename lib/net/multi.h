/* SPDX-License-Identifier: MIT
 * libcurl on the loop: what http.c and ws.c share. */
#ifndef OCQ_NET_MULTI_H
#define OCQ_NET_MULTI_H

#include "base/err.h"
#include "net/loop.h"

#include <curl/curl.h>

struct multi;
/* A transfer has come to its end; the easy handle has been left in the multi handle. */
typedef void multi_done(void *arg, CURL *easy, CURLcode result);

struct multi *multi_new(struct loop *l, multi_done *done, void *arg);
void multi_free(struct multi *m);	/* after the last multi_drop(); may be called from done() */
void multi_add(struct multi *m, CURL *easy);
void multi_drop(struct multi *m, CURL *easy);
CURLM *multi_handle(struct multi *m);

/* An easy handle that uses no proxy, follows nothing, and trusts the system's authorities or those of ca_file. */
CURL *multi_easy(const char *url, const char *ca_file, long connect_ms, char error[CURL_ERROR_SIZE]);
/* Whether ca_file can be read, where libcurl would only say so at the first connection. */
bool multi_ca_ok(const char *ca_file, struct errmsg *e) MUST_USE;
/* The reason in words. */
void multi_why(char *dst, size_t cap, const char *url, CURLcode result, const char *error);

#endif

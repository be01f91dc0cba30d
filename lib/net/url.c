/* SPDX-License-Identifier: MIT
 * Addresses, taken apart by libcurl: as what will be connected to. */
#include "net/url.h"

#include "base/buf.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

/* Owned by curl_free(); NULL: there is none. */
static char *part(CURLU *u, CURLUPart which)
{
	char *text = NULL;

	return curl_url_get(u, which, &text, 0) == CURLUE_OK ? text : NULL;
}

static bool has(CURLU *u, CURLUPart which)
{
	char *text = part(u, which);
	bool is = text != NULL;

	curl_free(text);
	return is;
}

static bool is_base(CURLU *u, const char *text, struct errmsg *e)
{
	if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
		return errmsg_set(e, "\"%s\" begins with neither http:// nor https://", text);
	if (curl_url_set(u, CURLUPART_URL, text, 0) != CURLUE_OK || !has(u, CURLUPART_HOST))
		return errmsg_set(e, "\"%s\" is no address", text);
	if (has(u, CURLUPART_USER) || has(u, CURLUPART_QUERY) || has(u, CURLUPART_FRAGMENT))
		return errmsg_set(e, "\"%s\": host, port and path alone", text);
	return true;
}

char *url_base(const char *text, struct errmsg *e)
{
	CURLU *u = curl_url();
	size_t n = strlen(text);
	bool ok = u ? is_base(u, text, e) : errmsg_set(e, "out of memory");

	curl_url_cleanup(u);
	while (n && text[n - 1] == '/')
		n--;
	return ok ? xstrndup(text, n) : NULL;
}

char *url_option(const char *text)
{
	struct errmsg e;
	char *base = url_base(text, &e);

	if (!base)
		die(EX_USAGE, "--url: %s", e.text);
	return base;
}

char *url_below(const char *base, const char *path)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "%s%s", base, path);
	buf_cstr(&b);
	return b.data;
}

char *url_ws(const char *base)
{
	struct buf b = BUF_INIT;

	buf_addf(&b, "ws%s/ws", base + strlen("http"));
	buf_cstr(&b);
	return b.data;
}

static bool is_loopback_host(const char *host)
{
	struct in_addr a;

	if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &a) == 1 && ntohl(a.s_addr) >> 24 == 127;
}

bool url_is_loopback(const char *base)
{
	CURLU *u = curl_url();
	char *host = u && curl_url_set(u, CURLUPART_URL, base, 0) == CURLUE_OK ? part(u, CURLUPART_HOST) : NULL;
	bool is = host && is_loopback_host(host);

	curl_free(host);
	curl_url_cleanup(u);
	return is;
}

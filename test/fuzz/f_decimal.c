/* SPDX-License-Identifier: MIT
 * Decimal and hex text: what is taken has the value that it reads as, and its wire form is the shortest and reads the same. */
#include "crypto/address.h"
#include "hl/decimal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
	if (!ok)
		abort();
}

/* No zeros that say nothing, no point behind, no minus before zero. */
static void check_form(const char *s, size_t n)
{
	const char *point = memchr(s, '.', n);

	need(n > 0 && strspn(s, "-.0123456789") == n && s[n - 1] != '.' && !(point && s[n - 1] == '0'));
	need(!(n == 2 && memcmp(s, "-0", 2) == 0));
	s += *s == '-';
	need(*s != '.' && *s != '-' && (*s != '0' || s[1] == '.' || !s[1]));
}

static void check_wire(const char *s, size_t n)
{
	struct buf wire = BUF_INIT, again = BUF_INIT;
	char text[DEC8_TEXT + 1];
	dec8 v, w;
	bool fits = dec8_parse(s, n, &v), ok = wire_number(s, n, &wire, NULL);

	need(ok || !fits);
	if (ok) {
		check_form(buf_cstr(&wire), wire.len);
		need(wire_number(wire.data, wire.len, &again, NULL) && strcmp(buf_cstr(&again), buf_cstr(&wire)) == 0);
		need(dec8_parse(wire.data, wire.len, &w) == fits && (!fits || v == w));
	}
	if (fits) {
		*dec8_put(text, v) = '\0';
		need(strcmp(text, wire.data) == 0);
	}
	buf_release(&wire);
	buf_release(&again);
}

static void check_scaled(const char *s, size_t n)
{
	struct buf scaled = BUF_INIT;
	dec8 v;

	if (wire_scaled(s, n, 8, &scaled, NULL)) {
		check_form(buf_cstr(&scaled), scaled.len);
		need(!strchr(scaled.data, '.'));
		if (dec8_parse(s, n, &v))
			need(strtoll(scaled.data, NULL, 10) == v);
	} else {
		need(!dec8_parse(s, n, &v));
	}
	buf_release(&scaled);
}

static void check_ticks(const char *s, size_t n, unsigned decimals, bool spot)
{
	dec8 v, px;

	if (!dec8_parse(s, n, &v))
		return;
	for (unsigned r = DEC8_DOWN; r <= DEC8_HALF_EVEN; r++) {
		px = tick_round(v, decimals, spot, r);
		if (px != INT64_MAX && px != INT64_MIN)		/* where it saturates */
			need(tick_ok(px, decimals, spot) && lot_ok(lot_round(v / 2, decimals, r), decimals));
	}
}

static void check_hex(const char *s, size_t n)
{
	unsigned char bytes[32], again[32];
	struct address a, b;
	char text[67];

	if (hex_number(s, n, bytes, sizeof bytes)) {
		hex0x_put(text, bytes, sizeof bytes);
		need(hex0x_parse(text, 66, again, sizeof again) && memcmp(bytes, again, sizeof bytes) == 0);
		need(hex_number(text + 2, 64, again, sizeof again) && memcmp(bytes, again, sizeof bytes) == 0);
	}
	if (address_parse(s, n, &a)) {
		address_put_checksum(text, &a);
		need(address_parse(text, strlen(text), &b) && address_same(&a, &b));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *s;

	if (size == 0)
		return 0;
	s = malloc(size);	/* no terminator: nothing may look for one */
	memcpy(s, data + 1, size - 1);
	check_wire(s, size - 1);
	check_scaled(s, size - 1);
	check_ticks(s, size - 1, data[0] % 10, data[0] & 16);
	check_hex(s, size - 1);
	free(s);
	return 0;
}

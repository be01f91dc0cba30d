/* SPDX-License-Identifier: MIT
 * body - signs actions with a test key: action texts in, a line each, bodies of POST /exchange out.
 *
 * body KEY mainnet|testnet NONCE [VAULT|- [EXPIRES]] <actions. The nonce counts up from line to line. A key that may be typed here is
 * one that everybody knows. */
#include "base/num.h"
#include "base/stream.h"
#include "crypto/signature.h"
#include "hl/request.h"

#include <string.h>

int main(int argc, char **argv)
{
	unsigned char key[32], digest[32];
	struct address vault;
	struct buf canonical = BUF_INIT, body = BUF_INIT;
	struct signature sig;
	struct signer *signer;
	struct errmsg e;
	struct in in;
	struct out out;
	enum hl_network net;
	const char *line;
	int64_t nonce, expires;
	uint64_t expires_ms;
	bool has_vault = argc > 4 && strcmp(argv[4], "-"), has_expires = argc > 5;
	size_t n;

	err_init(argv[0]);
	if (argc < 4 || !hex0x_parse(argv[1], strlen(argv[1]), key, sizeof key) || !hl_network_parse(argv[2], &net)
	    || !num_i64_parse(argv[3], &nonce) || (has_vault && !address_parse(argv[4], strlen(argv[4]), &vault))
	    || (has_expires && !num_i64_parse(argv[5], &expires)))
		die(EX_USAGE, "usage: body KEY mainnet|testnet NONCE [VAULT|- [EXPIRES]] <actions");
	expires_ms = has_expires ? (uint64_t)expires : 0;
	signer = signer_new(key, &e);
	if (!signer)
		die(EX_DATA, "%s", e.text);
	out_fd(&out, 1, "stdout");
	in_open(&in, "-");
	for (; in_line(&in, &line, &n); nonce++) {
		buf_clear(&canonical);
		buf_clear(&body);
		if (!exchange_digest(line, n, net, (uint64_t)nonce, has_vault ? &vault : NULL, has_expires ? &expires_ms : NULL, digest, NULL,
				     &canonical, &e) || !signer_sign(signer, digest, &sig))
			in_die(&in, "%s", e.text);
		exchange_request_write(&body, canonical.data, canonical.len, (uint64_t)nonce, &sig, has_vault ? &vault : NULL,
				       has_expires ? &expires_ms : NULL);
		out_add(&out, body.data, body.len);
		out_add(&out, "\n", 1);
	}
	out_close(&out);
	in_close(&in);
	signer_free(signer);
	buf_release(&canonical);
	buf_release(&body);
	return EX_OK;
}

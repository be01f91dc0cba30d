/* SPDX-License-Identifier: MIT
 * Runs while building: prints the tables of crc32_ieee() (lib/base/hash.c). */
#include <stdint.h>
#include <stdio.h>

int main(void)
{
	uint32_t table[8][256];

	for (uint32_t i = 0; i < 256; i++) {
		table[0][i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[0][i] = table[0][i] >> 1 ^ (table[0][i] & 1 ? 0xedb88320u : 0);
	}
	for (int r = 1; r < 8; r++)
		for (int i = 0; i < 256; i++)
			table[r][i] = table[r - 1][i] >> 8 ^ table[0][table[r - 1][i] & 255];
	for (int r = 0; r < 8; r++) {
		puts("{");
		for (int i = 0; i < 256; i++)
			printf("0x%08x,%c", table[r][i], i % 8 == 7 ? '\n' : ' ');
		puts("},");
	}
	return ferror(stdout) || fflush(stdout);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base64.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static int
value_of(char c)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvw"
				       "xyz0123456789+/";
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

char *
base64_decode(const char *text, size_t len, size_t *out_len)
{
	char *out = xcalloc(len / 4 * 3 + 4, 1);
	size_t digits = 0, pads = 0, n = 0;
	unsigned pending = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < len; i++) {
		int v = value_of(text[i]);

		if (text[i] == '\n' || text[i] == '\r' || text[i] == ' ' ||
		    text[i] == '\t')
			continue;
		if (text[i] == '=') {
			pads++;
			continue;
		}
		if (v < 0 || pads) {
			free(out);
			return NULL;
		}
		digits++;
		bits = bits << 6 | (uint32_t)v;
		pending += 6;
		if (pending >= 8) {
			pending -= 8;
			out[n++] = (char)(bits >> pending & 0xff);
		}
	}
	if (digits % 4 == 1 || pads > 2 || (pads && (digits + pads) % 4)) {
		free(out);
		return NULL;
	}
	*out_len = n;
	return out;
}

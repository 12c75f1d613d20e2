/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_suggest.h"

#include <string.h>

static unsigned
min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned
distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][CONF_SUGGEST_MAX + 1];
	unsigned *before = rows[0], *above = rows[1], *row = rows[2];

	for (unsigned k = 0; k <= b_len; k++)
		above[k] = k;
	for (unsigned i = 1; i <= a_len; i++) {
		unsigned *spare = before;

		row[0] = i;
		for (unsigned k = 1; k <= b_len; k++) {
			unsigned differs = a[i - 1] != b[k - 1];

			row[k] =
			    min(min(above[k], row[k - 1]) + 1, above[k - 1] + differs);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] &&
			    a[i - 2] == b[k - 1])
				row[k] = min(row[k], before[k - 2] + 1);
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[b_len];
}

void
conf_suggest_init(struct conf_suggest *s, const char *word)
{
	/* A third of the word may be wrong, and in a short one a letter. */
	*s = (struct conf_suggest){
		.word = word,
		.distance = (unsigned)(strnlen(word, CONF_SUGGEST_MAX) / 3 + 2),
	};
}

void
conf_suggest_offer(struct conf_suggest *s, const char *known)
{
	size_t len = strlen(s->word), known_len = strlen(known);
	size_t differ = len > known_len ? len - known_len : known_len - len;
	unsigned d;

	if (len > CONF_SUGGEST_MAX || known_len > CONF_SUGGEST_MAX)
		return;
	if (len > 2 && !strncmp(s->word, known, len))
		d = 2; /* cut short */
	else if (differ < s->distance)
		d = distance(s->word, len, known, known_len);
	else
		return;
	if (d >= s->distance || d >= known_len)
		return;
	s->distance = d;
	s->best = known;
}

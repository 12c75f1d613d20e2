/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nearest of several known words to a misspelt one: the fewest insertions,
 * deletions, substitutions and swaps of neighbours (optimal string alignment),
 * as long as they are few for the word's length. A word cut short is near, too.
 */
#pragma once

#define CONF_SUGGEST_MAX 40 /* longer words have no suggestion */

struct conf_suggest {
	const char *word;
	const char *best; /* NULL: nothing is near */
	unsigned distance;
};

void conf_suggest_init(struct conf_suggest *s, const char *word);
/* known must outlive s; of equally near words the first offered stays. */
void conf_suggest_offer(struct conf_suggest *s, const char *known);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The API servers of one cluster, tried in turn: the kubeconfig's, then those
 * of api_servers. Who answers is kept; who does not makes way for the next at
 * once, and when all have been tried in vain the usual back-off holds (L9, A7).
 * Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct servers {
	char **urls;
	size_t n;
	size_t current;
	size_t tried; /* in a row, in vain */
};

/* first: the kubeconfig's; others: URLs with blanks between them. The one that
 * is current stays so if it is still among them. */
void servers_set(struct servers *s, const char *first, const char *others);
void servers_fini(struct servers *s);
/* NULL before servers_set(). */
const char *servers_current(const struct servers *s);
/* It answered. */
void servers_answered(struct servers *s);
/* `url` did not answer. True if another one is to be asked at once. */
bool servers_failed(struct servers *s, const char *url);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "servers.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

static size_t
find(const struct servers *s, const char *url)
{
	size_t i = 0;

	while (i < s->n && strcmp(s->urls[i], url) != 0)
		i++;
	return i;
}

static void
add(struct servers *s, const char *url)
{
	if (find(s, url) < s->n)
		return;
	s->urls = xreallocarray(s->urls, s->n + 1, sizeof(*s->urls));
	s->urls[s->n++] = xstrdup(url);
}

void
servers_set(struct servers *s, const char *first, const char *others)
{
	_free_ char *current = s->n ? xstrdup(servers_current(s)) : NULL;
	_free_ char *list = xstrdup(others);
	char *state = NULL;

	servers_fini(s);
	add(s, first);
	for (char *url = strtok_r(list, " ", &state); url;
	     url = strtok_r(NULL, " ", &state))
		add(s, url);
	if (current && find(s, current) < s->n)
		s->current = find(s, current);
}

void
servers_fini(struct servers *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->urls[i]);
	free(s->urls);
	*s = (struct servers){ 0 };
}

const char *
servers_current(const struct servers *s)
{
	return s->n ? s->urls[s->current] : NULL;
}

void
servers_answered(struct servers *s)
{
	s->tried = 0;
}

bool
servers_failed(struct servers *s, const char *url)
{
	/* Several requests may hear of it; the first has moved on. */
	if (s->n < 2 || strcmp(url, servers_current(s)) != 0)
		return s->tried && s->tried < s->n;
	s->current = (s->current + 1) % s->n;
	s->tried++;
	if (s->tried < s->n)
		return true;
	s->tried = 0;
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"

static const char *
is_blank(char c)
{
	return c ? strchr(" \t\n\r\v\f", c) : NULL;
}

/* Copies one argument to *out; NULL: a quote is not closed. */
static const char *
take_argument(const char *p, char **out)
{
	char quote = '\0';

	for (; *p && (quote || !is_blank(*p)); p++) {
		if (quote ? *p == quote : *p == '\'' || *p == '"')
			quote = quote ? '\0' : *p;
		else if (*p == '\\' && p[1] && quote != '\'')
			*(*out)++ = *++p;
		else
			*(*out)++ = *p;
	}
	*(*out)++ = '\0';
	return quote ? NULL : p;
}

const char *
command_split(struct command *c, const char *text)
{
	const char *p = text;
	char *out;

	*c = (struct command){ .buf = xcalloc(strlen(text) + 2, 1) };
	out = c->buf;
	for (;;) {
		while (is_blank(*p))
			p++;
		if (!*p)
			break;
		if (c->argc == COMMAND_ARGS_MAX) {
			command_free(c);
			return "has too many arguments";
		}
		c->argv[c->argc++] = out;
		p = take_argument(p, &out);
		if (!p) {
			command_free(c);
			return "has a quote that is never closed";
		}
	}
	if (c->argc && c->argv[0][0])
		return NULL;
	command_free(c);
	return "is empty";
}

void
command_free(struct command *c)
{
	free(c->buf);
	*c = (struct command){ 0 };
}

bool
command_find(const char *name, char path[PATH_MAX])
{
	if (strchr(name, '/'))
		return str_copy(path, PATH_MAX, name);
	for (const char *at = COMMAND_PATH; at; at = strchr(at, ':')) {
		at += *at == ':';
		snprintf(path, PATH_MAX, "%.*s/%s", (int)strcspn(at, ":"), at, name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

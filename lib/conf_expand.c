/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_expand.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "conf_sequence.h"
#include "mem.h"

/* ---- use ---- */

/* A name where it is used. */
struct use {
	struct conf_pos pos;
	char name[CONF_VAR_NAME_MAX + 1];
	char arg[CONF_VAR_NAME_MAX + 1]; /* of _ENV */
	size_t len;                      /* of all of it, '$' and braces too */
	bool braces;
};

static bool
ends_line(int c)
{
	return c < 0 || c == '\n';
}

/* Reads a name of at most CONF_VAR_NAME_MAX; returns the place behind it. */
static size_t
read_name(const struct conf_input *in, size_t at, char name[CONF_VAR_NAME_MAX + 1])
{
	size_t n = 0;

	if (conf_var_begins(conf_input_ahead(in, at)))
		for (;
		     n < CONF_VAR_NAME_MAX && conf_var_goes_on(conf_input_ahead(in, at));
		     n++)
			name[n] = (char)conf_input_ahead(in, at++);
	name[n] = '\0';
	return at;
}

/* What stands between a name and its '}', without the blanks around it. */
static size_t
read_arg(const struct conf_input *in, size_t at, char arg[CONF_VAR_NAME_MAX + 1])
{
	size_t n = 0;

	while (conf_is_blank(conf_input_ahead(in, at)))
		at++;
	while (n < CONF_VAR_NAME_MAX && conf_input_ahead(in, at) > ' ' &&
	    conf_input_ahead(in, at) != '}')
		arg[n++] = (char)conf_input_ahead(in, at++);
	while (conf_input_ahead(in, at) != '}' && !ends_line(conf_input_ahead(in, at)))
		at++;
	arg[n] = '\0';
	return at;
}

/* False: this '$' begins no name. */
static bool
find_use(const struct conf_input *in, struct use *u)
{
	size_t at = 1;

	*u = (struct use){ .pos = in->pos };
	u->braces = conf_input_ahead(in, at) == '{';
	at = read_name(in, at + u->braces, u->name);
	if (u->braces)
		at = read_arg(in, at, u->arg);
	u->len = at + u->braces;
	return u->name[0] && (!u->braces || conf_input_ahead(in, at) == '}');
}

static const char *
directory_of(struct conf_scope *scope, const char *file)
{
	_free_ char *copy = xstrdup(file);
	_free_ char *whole = realpath(dirname(copy), NULL);
	const char *dir = whole ? whole : ".";

	return conf_heap_add(&scope->heap, dir, strlen(dir));
}

/* What vipd defines itself; NULL: nothing, or after an error. */
static const char *
built_in(struct conf_scope *scope, const struct use *u)
{
	const char *value;

	if (!strcmp(u->name, "_PWD"))
		return directory_of(scope, u->pos.file);
	if (!strcmp(u->name, "_INSTANCE"))
		return scope->config_id ? scope->config_id : "";
	if (!strcmp(u->name, "_RANDOM"))
		conf_error(scope->problems, &u->pos,
		    "${_RANDOM} is not supported: each reload would change something");
	if (strcmp(u->name, "_ENV") != 0)
		return NULL;
	value = u->arg[0] ? getenv(u->arg) : NULL;
	if (!u->arg[0])
		conf_error(scope->problems, &u->pos, "${_ENV NAME} needs a NAME");
	else if (!value)
		conf_error(scope->problems, &u->pos, "the environment has no %s", u->arg);
	return value ? conf_heap_add(&scope->heap, value, strlen(value)) : NULL;
}

static bool
is_built_in(const struct use *u)
{
	static const char *const names[] = { "_PWD", "_INSTANCE", "_ENV", "_RANDOM" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (u->braces && !strcmp(u->name, names[i]))
			return true;
	return false;
}

static bool
ends_name(int c)
{
	return ends_line(c) || conf_is_blank(c);
}

static void
skip(struct conf_input *in, size_t n)
{
	for (; n; n--)
		conf_input_take(in);
}

static void
put_in_place(struct conf_input *in, struct conf_scope *scope, const struct use *u,
    const char *value, int quote)
{
	const char *why;

	skip(in, u->len);
	if (strchr(value, '\n') && (quote || !conf_input_line_is_over(in))) {
		conf_error(scope->problems, &u->pos,
		    "%s has several lines; nothing may follow it on its line", u->name);
		return;
	}
	why = conf_input_push(in, &u->pos, value, &scope->expanded);
	if (why)
		conf_error(scope->problems, &u->pos, "%s: %s", u->name, why);
}

/* In quotes keepalived leaves alone what it does not know, and so do scripts'
 * arguments need it. */
static int
leave_alone(
    struct conf_input *in, struct conf_scope *scope, const struct use *u, int quote)
{
	bool known = conf_vars_get(&scope->vars, u->name) != NULL;

	if (!quote && known)
		conf_error(scope->problems, &u->pos,
		    "$%s is replaced only before a blank; write ${%s}", u->name, u->name);
	else if (!quote)
		conf_error(scope->problems, &u->pos,
		    "%s is not defined; in quotes '$' is a plain character", u->name);
	else if (known)
		conf_alike(scope->problems, &u->pos,
		    "$%s stays as it is: only ${%s} is replaced here", u->name, u->name);
	else if (u->braces && quote == '"')
		conf_alike(scope->problems, &u->pos,
		    "%s is not defined and stays as it is", u->name);
	if (quote)
		return conf_input_take(in);
	skip(in, u->len);
	return -1;
}

int
conf_expand_name(struct conf_input *in, struct conf_scope *scope, int quote)
{
	const char *value;
	struct use u;

	if (!find_use(in, &u)) {
		if (!quote)
			conf_error(scope->problems, &in->pos,
			    "this '$' begins no name; in quotes it is a plain character");
		conf_input_take(in);
		return quote ? '$' : -1;
	}
	if (u.braces && (!strcmp(u.name, "_HASH") || !strcmp(u.name, "_BANG"))) {
		skip(in, u.len);
		return u.name[1] == 'H' ? '#' : '!';
	}
	if (is_built_in(&u)) {
		value = built_in(scope, &u);
	} else {
		value = conf_vars_get(&scope->vars, u.name);
		if (!value || u.arg[0] ||
		    (!u.braces && !ends_name(conf_input_ahead(in, u.len))))
			return leave_alone(in, scope, &u, quote);
	}
	if (value)
		put_in_place(in, scope, &u, value, quote);
	else
		skip(in, u.len);
	return -1;
}

/* ---- definition ---- */

/* The lines of a definition, joined; a blank one does not end it. */
static char *
take_lines(struct conf_input *in, struct conf_scope *scope)
{
	_free_ char *text = NULL;
	size_t len = 0, cap = 0;
	bool more = true;

	while (more && conf_input_peek(in) == '\n') {
		const char *line;
		size_t n;

		conf_input_take(in);
		line = conf_input_take_line(in, &scope->heap, true);
		n = line ? strlen(line) : 0;
		more = !n || line[n - 1] == '\\';
		n -= n && more;
		for (size_t i = 0; i <= n; i++) {
			text = array_grow(text, len, &cap, 1);
			text[len++] = i < n ? line[i] : '\n';
		}
	}
	return conf_heap_add(&scope->heap, text ? text : "", len ? len - 1 : 0);
}

static void
define(struct conf_input *in, struct conf_scope *scope, const struct use *u)
{
	char *value;
	size_t n;

	skip(in, u->len + 1);
	value = conf_input_take_line(in, &scope->heap, true);
	if (!value) {
		conf_error(
		    scope->problems, &u->pos, "the value of %s has a NUL in it", u->name);
		return;
	}
	n = strlen(value);
	if (n && value[n - 1] == '\\') {
		if (n > 1)
			conf_error(scope->problems, &u->pos,
			    "the lines of %s begin below its name; nothing but a "
			    "backslash stands behind the '='",
			    u->name);
		value = take_lines(in, scope);
	}
	conf_vars_set(
	    &scope->vars, conf_heap_add(&scope->heap, u->name, strlen(u->name)), value);
}

/* ---- lines ---- */

static void
take_sequence(struct conf_input *in, struct conf_scope *scope)
{
	struct conf_pos pos = in->pos;
	const char *line = conf_input_take_line(in, &scope->heap, false);
	const char *why = "there is a NUL in this line";
	_free_ char *text = NULL;

	if (line)
		text = conf_sequence(line, CONF_EXPAND_MAX - scope->expanded, &why);
	if (text)
		why = conf_input_push(in, &pos,
		    conf_heap_add(&scope->heap, text, strlen(text)), &scope->expanded);
	if (why)
		conf_error(scope->problems, &pos, "%s", why);
}

bool
conf_expand_line(struct conf_input *in, struct conf_scope *scope)
{
	struct use u;

	switch (conf_input_peek(in)) {
	case '~':
		take_sequence(in, scope);
		return true;
	case '$':
		find_use(in, &u);
		if (u.braces || !u.name[0] || conf_input_ahead(in, u.len) != '=')
			return false;
		define(in, scope, &u);
		return true;
	}
	return false;
}

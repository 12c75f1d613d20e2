/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_vars.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "mem.h"

struct conf_var {
	const char *name;
	const char *value;
	UT_hash_handle hh;
};

static struct conf_var *
find(const struct conf_vars *vars, const char *name)
{
	struct conf_var *v;

	HASH_FIND(hh, vars->table, name, strlen(name), v);
	return v;
}

void
conf_vars_set(struct conf_vars *vars, const char *name, const char *value)
{
	struct conf_var *v = find(vars, name);

	if (!v) {
		v = xcalloc(1, sizeof(*v));
		v->name = name;
		HASH_ADD_KEYPTR(hh, vars->table, v->name, strlen(v->name), v);
	}
	v->value = value;
}

const char *
conf_vars_get(const struct conf_vars *vars, const char *name)
{
	const struct conf_var *v = find(vars, name);

	return v ? v->value : NULL;
}

void
conf_vars_free(struct conf_vars *vars)
{
	struct conf_var *v, *tmp;

	HASH_ITER(hh, vars->table, v, tmp)
	{
		HASH_DEL(vars->table, v);
		free(v);
	}
}

bool
conf_var_begins(int c)
{
	return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool
conf_var_goes_on(int c)
{
	return conf_var_begins(c) || (c >= '0' && c <= '9');
}

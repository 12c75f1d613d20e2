/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pools_view.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "json.h"
#include "mem.h"
#include "model.h"
#include "table.h"

static const char *const family_names[] = { "IPv4", "IPv6" };

/* ---- tables ---- */

static void
pool_name(const struct table_row *row, FILE *out)
{
	fputs(row->pool->name, out);
}

static void
pool_family(const struct table_row *row, FILE *out)
{
	fputs(family_names[row->family], out);
}

static void
number(uint64_t n, FILE *out)
{
	if (n > INT64_MAX)
		fputs("many", out);
	else
		fprintf(out, "%" PRIu64, n);
}

static uint64_t
free_of(const struct msg_pool *p, unsigned family)
{
	uint64_t size = p->size[family], used = p->used[family];

	return size == UINT64_MAX ? size : size > used ? size - used : 0;
}

static void
pool_used(const struct table_row *row, FILE *out)
{
	number(row->pool->used[row->family], out);
}

static void
pool_free(const struct table_row *row, FILE *out)
{
	number(free_of(row->pool, row->family), out);
}

static void
pool_size(const struct table_row *row, FILE *out)
{
	number(row->pool->size[row->family], out);
}

static void
pool_auto(const struct table_row *row, FILE *out)
{
	fputs(row->pool->auto_assign ? "yes" : "no", out);
}

static void
pool_limit(const struct table_row *row, FILE *out)
{
	if (row->pool->limit_per_namespace)
		fprintf(out, "%" PRIu32, row->pool->limit_per_namespace);
}

static void
pool_for(const struct table_row *row, FILE *out)
{
	fputs(row->pool->restricted ? "some" : "all", out);
}

static void
pool_ranges(const struct table_row *row, FILE *out)
{
	fputs(row->pool->ranges, out);
}

static const struct table_column pool_columns[] = {
	{ "POOL", 0, pool_name },
	{ "FAMILY", 0, pool_family },
	{ "USED", TABLE_RIGHT, pool_used },
	{ "FREE", TABLE_RIGHT, pool_free },
	{ "SIZE", TABLE_RIGHT, pool_size },
	{ "AUTO", 0, pool_auto },
	{ "SERVICES", TABLE_WIDE, pool_for },
	{ "LIMIT", TABLE_WIDE | TABLE_RIGHT, pool_limit },
	{ "ADDRESSES", 0, pool_ranges },
	{ 0 },
};

static void
address_text(const struct table_row *row, FILE *out)
{
	char text[IPADDR_STRLEN];

	fputs(ipaddr_format(&row->address->addr, text), out);
}

static void
address_pool(const struct table_row *row, FILE *out)
{
	if (row->pool)
		fputs(row->pool->name, out);
}

static void
address_service(const struct table_row *row, FILE *out)
{
	fprintf(out, "%s/%s", row->service->info.key.ns, row->service->info.key.name);
}

static void
address_state(const struct table_row *row, FILE *out)
{
	fputs(service_state_name(row->service->ctl.state), out);
}

static void
address_instance(const struct table_row *row, FILE *out)
{
	fputs(row->address->instance, out);
}

static const struct table_column address_columns[] = {
	{ "ADDRESS", 0, address_text },
	{ "POOL", 0, address_pool },
	{ "SERVICE", 0, address_service },
	{ "STATE", 0, address_state },
	{ "INSTANCE", TABLE_WIDE, address_instance },
	{ 0 },
};

/* ---- who has what ---- */

static int
by_address(const void *a, const void *b)
{
	const struct table_row *x = a, *y = b;
	int order = ipaddr_cmp(&x->address->addr, &y->address->addr);

	/* Services are sorted by name already. */
	return order ? order : x->service < y->service ? -1 : 1;
}

/* Every address of a pool that a Service has; the caller frees it. */
static struct table_row *
collect(const struct model *m, size_t *n)
{
	struct table_row *rows = NULL;
	size_t cap = 0;

	*n = 0;
	for (size_t i = 0; i < m->n_services; i++) {
		const struct model_service *s = &m->services[i];

		for (size_t k = 0; k < s->n_addresses; k++) {
			const struct msg_service_address *a = &s->addresses[k];

			if (a->origin != ORIGIN_POOL && !a->pool)
				continue;
			rows = array_grow(rows, *n, &cap, sizeof(*rows));
			rows[(*n)++] = (struct table_row){
				.model = m,
				.service = s,
				.address = a,
				.pool = a->pool && a->pool <= m->n_pools
				    ? &m->pools[a->pool - 1]
				    : NULL,
			};
		}
	}
	if (*n)
		qsort(rows, *n, sizeof(*rows), by_address);
	return rows;
}

static void
show_addresses(const struct model *m, bool wide, FILE *out)
{
	size_t n;
	_free_ struct table_row *rows = collect(m, &n);
	struct table *t;

	if (!n) {
		fputs("No Service has an address of a pool.\n", out);
		return;
	}
	t = table_new(address_columns, wide);
	for (size_t i = 0; i < n; i++)
		table_add(t, &rows[i]);
	table_finish(t, out);
}

static void
show_pools(const struct model *m, bool wide, FILE *out)
{
	struct table *t = table_new(pool_columns, wide);

	for (size_t i = 0; i < m->n_pools; i++) {
		const struct msg_pool *p = &m->pools[i];

		for (unsigned f = 0; f < 2; f++)
			if (p->size[f] || (f == 0 && !p->size[1]))
				table_add(t,
				    &(struct table_row){
					.model = m, .pool = p, .family = f });
	}
	table_finish(t, out);
}

void
pools_show(const struct model *m, bool wide, FILE *out)
{
	const struct msg_pools *head = &m->pools_head;

	if (!m->node.has_services) {
		fprintf(out, "%s has no services block: this node follows no Services.\n",
		    m->node.config);
		return;
	}
	if (head->error[0])
		fprintf(out, "%s is not taken, the last good one stays: %s\n\n",
		    head->source, head->error);
	if (!m->n_pools) {
		fprintf(out, "No address_pool is configured%s%s.\n",
		    head->source[0] ? " in " : "", head->source);
		return;
	}
	show_pools(m, wide, out);
	fputc('\n', out);
	show_addresses(m, wide, out);
}

/* ---- JSON ---- */

static json_t *
count(uint64_t n)
{
	return n > INT64_MAX ? json_null() : json_integer((json_int_t)n);
}

static json_t *
family(const struct msg_pool *p, unsigned f)
{
	return JSON_PACK("{s:o, s:o, s:o}", "size", count(p->size[f]), "used",
	    count(p->used[f]), "free", count(free_of(p, f)));
}

/* Rows are sorted by address: its Services stand together. */
static json_t *
used_by(const struct msg_pool *p, const struct table_row *rows, size_t n)
{
	json_t *list = json_packed(json_array()), *services = NULL;
	const struct ipaddr *last = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct model_service *s = rows[i].service;

		if (rows[i].pool != p)
			continue;
		if (!last || !ipaddr_eq(last, &rows[i].address->addr)) {
			services = json_packed(json_array());
			json_array_append_new(list,
			    JSON_PACK("{s:o, s:o}", "address",
				json_address(&rows[i].address->addr), "services",
				services));
		}
		last = &rows[i].address->addr;
		json_array_append_new(services,
		    JSON_PACK("{s:s, s:s, s:s}", "namespace", s->info.key.ns, "name",
			s->info.key.name, "state", service_state_name(s->ctl.state)));
	}
	return list;
}

void
pools_json(const struct model *m, FILE *out)
{
	json_t *list = json_packed(json_array());
	size_t n;
	_free_ struct table_row *rows = collect(m, &n);

	for (size_t i = 0; i < m->n_pools; i++) {
		const struct msg_pool *p = &m->pools[i];

		json_array_append_new(list,
		    JSON_PACK("{s:s, s:s, s:b, s:o, s:b, s:o, s:o, s:o}", "name", p->name,
			"addresses", p->ranges, "auto_assign", p->auto_assign,
			"limit_per_namespace",
			p->limit_per_namespace ? count(p->limit_per_namespace)
					       : json_null(),
			"restricted", p->restricted, "ipv4", family(p, 0), "ipv6",
			family(p, 1), "used_by", used_by(p, rows, n)));
	}
	json_write(
	    JSON_PACK("{s:s, s:s, s:o, s:o, s:o}", "node", m->node.node, "source",
		m->pools_head.source, "error",
		m->pools_head.error[0] ? json_string(m->pools_head.error) : json_null(),
		"pools", list, "without_pool", used_by(NULL, rows, n)),
	    out);
}

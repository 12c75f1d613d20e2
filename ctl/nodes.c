/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nodes.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "clock.h"
#include "json.h"
#include "model.h"
#include "table.h"
#include "text.h"

#define SILENT_US (180 * US_PER_S)
/* Of the hash, for people. */
#define CONFIG_SHOWN 8

bool
node_is_silent(const struct model *m, const struct model_node *n)
{
	return model_age_us(m, n->info.seen_us) > SILENT_US;
}

static size_t
sharers(const struct model *m, const char *config)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_nodes; i++)
		n += !node_is_silent(m, &m->nodes[i]) &&
		    strcmp(m->nodes[i].info.config, config) == 0;
	return n;
}

/* What most have; of two that as many have, the smaller: the same everywhere. */
static const char *
common_config(const struct model *m)
{
	const char *best = "";

	for (size_t i = 0; i < m->n_nodes; i++) {
		const char *config = m->nodes[i].info.config;
		size_t n = sharers(m, config), most = sharers(m, best);

		if (*config && (n > most || (n == most && strcmp(config, best) < 0)))
			best = config;
	}
	return best;
}

bool
node_has_drifted(const struct model *m, const struct model_node *n)
{
	return n->info.config[0] && !node_is_silent(m, n) &&
	    strcmp(n->info.config, common_config(m)) != 0;
}

bool
nodes_are_well(const struct model *m)
{
	for (size_t i = 0; i < m->n_nodes; i++)
		if (node_is_silent(m, &m->nodes[i]) || node_has_drifted(m, &m->nodes[i]))
			return false;
	return true;
}

/* ---- the table ---- */

static void
node_name(const struct table_row *row, FILE *out)
{
	fprintf(out, "%s%s", row->node->info.name, row->node->info.here ? " (here)" : "");
}

static void
node_instances(const struct table_row *row, FILE *out)
{
	for (size_t i = 0; i < row->node->n_instances; i++) {
		const struct msg_node_instance *in = &row->node->instances[i];

		fprintf(out, "%s%s=%s", i ? "," : "", in->name,
		    vrrp_state_name((enum vrrp_state)in->state));
	}
}

static void
node_role(const struct table_row *row, FILE *out)
{
	const struct msg_node *n = &row->node->info;

	fprintf(out, "%s%s%s", n->allocator ? "allocator" : "",
	    n->allocator && n->excluded ? "," : "", n->excluded ? "excluded" : "");
}

static void
node_version(const struct table_row *row, FILE *out)
{
	fputs(row->node->info.version, out);
}

static void
node_config(const struct table_row *row, FILE *out)
{
	fprintf(out, "%.*s%s", CONFIG_SHOWN, row->node->info.config,
	    node_has_drifted(row->model, row->node) ? " DIFFERS" : "");
}

static void
node_seen(const struct table_row *row, FILE *out)
{
	char age[TEXT_DURATION_LEN];

	fprintf(out, "%s%s",
	    text_duration(model_age_us(row->model, row->node->info.seen_us), age),
	    node_is_silent(row->model, row->node) ? " SILENT" : "");
}

static void
node_sources(const struct table_row *row, FILE *out)
{
	char text[IPADDR_STRLEN];

	for (size_t i = 0; i < row->node->n_instances; i++) {
		const struct msg_node_instance *in = &row->node->instances[i];

		if (in->source.family)
			fprintf(out, "%s%s=%s", i ? "," : "", in->name,
			    ipaddr_format(&in->source, text));
	}
}

void
nodes_show(const struct model *m, bool wide, FILE *out)
{
	static const struct table_column columns[] = {
		{ "NODE", 0, node_name },
		{ "INSTANCES", 0, node_instances },
		{ "ROLE", 0, node_role },
		{ "VERSION", 0, node_version },
		{ "CONFIG", 0, node_config },
		{ "SEEN", TABLE_RIGHT, node_seen },
		{ "SOURCES", TABLE_WIDE, node_sources },
		{ 0 },
	};
	struct table *t;

	if (!m->n_nodes) {
		fputs("No node has told of itself: vipd writes a Lease in Namespace vipd "
		      "where Services come from an API server.\n",
		    out);
		return;
	}
	t = table_new(columns, wide);
	for (size_t i = 0; i < m->n_nodes; i++)
		table_add(t, &(struct table_row){ .model = m, .node = &m->nodes[i] });
	table_finish(t, out);
	if (!nodes_are_well(m))
		fputs("\nFIX: make vipd.conf the same where it differs (but for what "
		      "belongs to one node); start vipd, or delete Lease vipd-NODE in "
		      "Namespace vipd, where it is silent\n",
		    out);
}

/* ---- JSON ---- */

static json_t *
node_json(const struct model *m, const struct model_node *n)
{
	json_t *list = json_packed(json_array());
	char text[IPADDR_STRLEN], time[TEXT_TIME_LEN];

	for (size_t i = 0; i < n->n_instances; i++) {
		const struct msg_node_instance *in = &n->instances[i];

		json_array_append_new(list,
		    JSON_PACK("{s:s, s:s, s:i, s:s?}", "name", in->name, "state",
			vrrp_state_name((enum vrrp_state)in->state), "priority",
			(int)in->priority, "source_address",
			in->source.family ? ipaddr_format(&in->source, text) : NULL));
	}
	return JSON_PACK("{s:s, s:b, s:s, s:s, s:b, s:b, s:b, s:s, s:b, s:o}", "name",
	    n->info.name, "here", n->info.here, "version", n->info.version, "config",
	    n->info.config, "config_differs", node_has_drifted(m, n), "allocator",
	    n->info.allocator, "excluded", n->info.excluded, "seen",
	    text_time(model_wall_us(m, n->info.seen_us), time), "silent",
	    node_is_silent(m, n), "instances", list);
}

void
nodes_json(const struct model *m, FILE *out)
{
	json_t *list = json_packed(json_array()), *all;

	for (size_t i = 0; i < m->n_nodes; i++)
		json_array_append_new(list, node_json(m, &m->nodes[i]));
	all = JSON_PACK("{s:s, s:o}", "node", m->node.node, "nodes", list);
	json_dumpf(all, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(all);
}

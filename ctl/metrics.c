/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "model.h"
#include "nodes.h"

#define HTTP_LINE_MAX 1024
#define HTTP_LINES_MAX 64

/* ---- the format ---- */

static void
family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# TYPE vipd_%s %s\n# HELP vipd_%s %s\n", name, type, name, help);
}

/* A label's value: backslash, quote and newline are escaped. */
static void
label(FILE *out, const char *sep, const char *name, const char *value)
{
	fprintf(out, "%s%s=\"", sep, name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else
			fprintf(out, "%s%c", *value == '"' || *value == '\\' ? "\\" : "",
			    *value);
	}
	fputc('"', out);
}

static void
sample(FILE *out, const char *name, uint64_t value)
{
	fprintf(out, "vipd_%s %" PRIu64 "\n", name, value);
}

static void
of_instance(FILE *out, const char *name, const struct model_instance *i, uint64_t value)
{
	fprintf(out, "vipd_%s{", name);
	label(out, "", "vrrp_instance", i->info.conf.name);
	fprintf(out, "} %" PRIu64 "\n", value);
}

/* ---- the node ---- */

static void
write_strangers(const struct model *m, FILE *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < m->n_speakers; i++)
		n += m->speakers[i].clashes;
	family(out, "strangers", "gauge",
	    "Strangers heard on identifiers of virtual routers here.");
	sample(out, "strangers", n);
}

static void
write_node(const struct model *m, FILE *out)
{
	const struct msg_ctl_node *n = &m->node;

	family(out, "build", "info", "The node's name and vipd's version.");
	fputs("vipd_build_info{", out);
	label(out, "", "node", n->node);
	label(out, ",", "version", n->version);
	fputs("} 1\n", out);
	family(out, "start_time_seconds", "gauge", "When vipd was started.");
	fprintf(out, "vipd_start_time_seconds %.3f\n",
	    (double)model_wall_us(m, n->started_us) / (double)US_PER_S);
	family(out, "child_restarts", "counter", "Children that had to be restarted.");
	sample(out, "child_restarts_total", n->children_restarts);
	family(out, "log_lines_lost", "counter", "Lines of the log that were lost.");
	sample(out, "log_lines_lost_total", n->log_dropped);
	family(out, "reload_refused", "gauge", "1: the last reload was refused.");
	sample(out, "reload_refused", n->config_error[0] != '\0');
	write_strangers(m, out);
	if (!n->has_services)
		return;
	family(out, "source_connected", "gauge", "1: the source of Services answers.");
	sample(out, "source_connected", model_connected(m));
	family(out, "source_stale_seconds", "gauge", "How old its last news are.");
	sample(out, "source_stale_seconds", model_stale_us(m) / US_PER_S);
	family(out, "forwarding_in_sync", "gauge", "1: nftables is as wanted.");
	sample(out, "forwarding_in_sync",
	    n->forward.in_sync || n->forward.mode == FORWARD_NONE);
}

/* ---- instances ---- */

static void
write_states(const struct model *m, FILE *out)
{
	family(out, "instance_state", "stateset", "The state of a virtual router here.");
	for (size_t k = 0; k < m->n_instances; k++) {
		const struct msg_ctl_instance *info = &m->instances[k].info;

		for (enum vrrp_state s = VRRP_INIT; s <= VRRP_FAULT; s++) {
			fputs("vipd_instance_state{", out);
			label(out, "", "vrrp_instance", info->conf.name);
			label(out, ",", "vipd_instance_state", vrrp_state_name(s));
			fprintf(out, "} %d\n", info->state.state == s);
		}
	}
}

static uint64_t
count_addresses(const struct model_instance *i, bool installed)
{
	uint64_t n = 0;

	for (size_t k = 0; k < i->n_addresses; k++)
		n += i->addresses[k].installed || !installed;
	return n;
}

struct instance_family {
	const char *name;
	const char *help;
	uint64_t (*value)(const struct model *m, const struct model_instance *i);
};

static uint64_t
priority(const struct model *m, const struct model_instance *i)
{
	(void)m;
	return i->info.configured_priority;
}

static uint64_t
effective_priority(const struct model *m, const struct model_instance *i)
{
	(void)m;
	return i->info.conf.priority;
}

static uint64_t
since(const struct model *m, const struct model_instance *i)
{
	return model_wall_us(m, i->info.state.since_us) / US_PER_S;
}

static uint64_t
addresses(const struct model *m, const struct model_instance *i)
{
	(void)m;
	return count_addresses(i, false);
}

static uint64_t
addresses_installed(const struct model *m, const struct model_instance *i)
{
	(void)m;
	return count_addresses(i, true);
}

static const struct instance_family instance_families[] = {
	{ "instance_priority", "As configured.", priority },
	{ "instance_effective_priority", "As sent in adverts.", effective_priority },
	{ "instance_state_since_seconds", "When the state began.", since },
	{ "instance_addresses", "Addresses a MASTER carries.", addresses },
	{ "instance_addresses_installed", "Those that are on an interface here.",
	    addresses_installed },
};

/* A counter of the engine by name; those that are missing are not zero. */
static void
write_counter(const struct model *m, const char *name, FILE *out)
{
	_free_ char *metric = xasprintf("instance_%s", name);
	_free_ char *total = xasprintf("%s_total", metric);

	family(out, metric, "counter", "See vipctl -o json instances.");
	for (size_t k = 0; k < m->n_instances; k++) {
		const struct model_instance *i = &m->instances[k];

		for (size_t c = 0; c < i->n_counters; c++)
			if (!strcmp(i->counters[c].name, name))
				of_instance(out, total, i, i->counters[c].value);
	}
}

static bool
is_metric_name(const char *name)
{
	return *name &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

/* The engine is one and the same for all instances, and so are its counters. */
static void
write_counters(const struct model *m, FILE *out)
{
	const struct model_instance *first = m->instances;

	while (first < m->instances + m->n_instances && !first->n_counters)
		first++;
	if (first == m->instances + m->n_instances)
		return;
	for (size_t c = 0; c < first->n_counters; c++)
		if (is_metric_name(first->counters[c].name))
			write_counter(m, first->counters[c].name, out);
}

static void
write_instances(const struct model *m, FILE *out)
{
	if (!m->n_instances)
		return;
	write_states(m, out);
	for (size_t f = 0; f < ARRAY_LEN(instance_families); f++) {
		const struct instance_family *fam = &instance_families[f];

		family(out, fam->name, "gauge", fam->help);
		for (size_t k = 0; k < m->n_instances; k++)
			of_instance(out, fam->name, &m->instances[k],
			    fam->value(m, &m->instances[k]));
	}
	write_counters(m, out);
}

/* ---- Services ---- */

static void
write_services(const struct model *m, FILE *out)
{
	family(out, "services", "gauge", "Services by their state on this node.");
	for (int state = 0; state < SERVICE_STATE_COUNT; state++) {
		uint64_t n = 0;

		for (size_t i = 0; i < m->n_services; i++)
			n += m->services[i].ctl.state == (uint32_t)state;
		fputs("vipd_services{", out);
		label(out, "", "state", service_state_name((enum service_state)state));
		fprintf(out, "} %" PRIu64 "\n", n);
	}
}

/* ---- the cluster: every node tells the same of it ---- */

struct pool_family {
	const char *name;
	const char *help;
	uint64_t (*value)(const struct msg_pool *p, size_t ip);
};

static uint64_t
pool_size(const struct msg_pool *p, size_t ip)
{
	return p->size[ip];
}

static uint64_t
pool_used(const struct msg_pool *p, size_t ip)
{
	return p->used[ip];
}

/* More may be in use than a pool that has shrunk has. */
static uint64_t
pool_free(const struct msg_pool *p, size_t ip)
{
	return p->size[ip] > p->used[ip] ? p->size[ip] - p->used[ip] : 0;
}

static const struct pool_family pool_families[] = {
	{ "pool_size", "Addresses it hands out; 2^64-1 stands for more, too.",
	    pool_size },
	{ "pool_used", "Those that a Service, a node or an endpoint has.", pool_used },
	{ "pool_free", "Those that are left.", pool_free },
};

static void
write_pools(const struct model *m, FILE *out)
{
	static const char *const ips[] = { "ipv4", "ipv6" };

	for (size_t f = 0; m->n_pools && f < ARRAY_LEN(pool_families); f++) {
		const struct pool_family *fam = &pool_families[f];

		family(out, fam->name, "gauge", fam->help);
		for (size_t k = 0; k < m->n_pools * ARRAY_LEN(ips); k++) {
			const struct msg_pool *p = &m->pools[k / ARRAY_LEN(ips)];
			size_t ip = k % ARRAY_LEN(ips);

			if (!p->size[ip] && !p->used[ip])
				continue;
			fprintf(out, "vipd_%s{", fam->name);
			label(out, "", "address_pool", p->name);
			label(out, ",", "family", ips[ip]);
			fprintf(out, "} %" PRIu64 "\n", fam->value(p, ip));
		}
	}
}

static void
write_nodes(const struct model *m, FILE *out)
{
	uint64_t silent = 0, differ = 0;

	if (!m->n_nodes)
		return;
	for (size_t i = 0; i < m->n_nodes; i++) {
		silent += node_is_silent(m, &m->nodes[i]);
		differ += node_has_drifted(m, &m->nodes[i]);
	}
	family(out, "nodes", "gauge", "Nodes that run vipd, as their Leases tell.");
	sample(out, "nodes{state=\"alike\"}", m->n_nodes - silent - differ);
	sample(out, "nodes{state=\"differs\"}", differ);
	sample(out, "nodes{state=\"silent\"}", silent);
}

void
metrics_write(const struct model *m, FILE *out)
{
	write_node(m, out);
	write_instances(m, out);
	if (m->node.has_services)
		write_services(m, out);
	write_pools(m, out);
	write_nodes(m, out);
	fputs("# EOF\n", out);
}

/* ---- HTTP ---- */

static void
answer(FILE *out, const char *status, const char *type, const char *body, size_t len)
{
	fprintf(out,
	    "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
	    "Connection: close\r\n\r\n",
	    status, type, len);
	fwrite(body, 1, len, out);
}

static void
answer_text(FILE *out, const char *status, const char *text)
{
	answer(out, status, "text/plain; charset=utf-8", text, strlen(text));
}

/* The request line, and the rest of the head read and forgotten. */
static bool
read_request(FILE *in, char line[HTTP_LINE_MAX])
{
	char header[HTTP_LINE_MAX];

	if (!fgets(line, HTTP_LINE_MAX, in) || !strchr(line, '\n'))
		return false;
	for (int i = 0; i < HTTP_LINES_MAX && fgets(header, sizeof(header), in); i++)
		if (!strcmp(header, "\r\n") || !strcmp(header, "\n"))
			return true;
	return false;
}

void
metrics_answer_http(const struct model *m, FILE *in, FILE *out)
{
	char line[HTTP_LINE_MAX], *body = NULL;
	size_t len = 0;
	FILE *text;

	if (!read_request(in, line)) {
		answer_text(out, "400 Bad Request", "no HTTP request\n");
	} else if (strncmp(line, "GET ", 4) != 0) {
		answer_text(out, "405 Method Not Allowed", "GET only\n");
	} else if (strncmp(line + 4, "/metrics", 8) != 0 || !strchr(" ?", line[12])) {
		answer_text(out, "404 Not Found", "see /metrics\n");
	} else if (!m) {
		answer_text(out, "503 Service Unavailable", "vipd does not answer\n");
	} else {
		text = xmemstream(&body, &len);
		metrics_write(m, text);
		xmemstream_close(text);
		answer(out, "200 OK",
		    "application/openmetrics-text; version=1.0.0; charset=utf-8", body,
		    len);
		free(body);
	}
}

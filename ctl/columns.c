/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "columns.h"

#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "mem.h"
#include "model.h"
#include "table.h"
#include "text.h"

/* So many service addresses are named in an instance's cell. */
#define ADDRESSES_SHOWN 3

static const char *
comma(const char **sep)
{
	const char *now = *sep;

	*sep = ",";
	return now;
}

/* ---- instances ---- */

static void
instance_name(const struct table_row *row, FILE *out)
{
	fputs(row->instance->info.conf.name, out);
}

static void
instance_state(const struct table_row *row, FILE *out)
{
	const struct msg_state *state = &row->instance->info.state;

	fputs(vrrp_state_name(state->state), out);
	if (state->yielding)
		fputs(" (handing over)", out);
}

static void
instance_priority(const struct table_row *row, FILE *out)
{
	const struct msg_ctl_instance *info = &row->instance->info;

	fprintf(out, "%u", info->conf.priority);
	if (info->conf.priority != info->configured_priority)
		fprintf(out, "/%u", info->configured_priority);
}

static void
instance_interface(const struct table_row *row, FILE *out)
{
	fputs(row->instance->info.conf.interface, out);
}

static void
instance_vrid(const struct table_row *row, FILE *out)
{
	fprintf(out, "%u", row->instance->info.conf.vrid);
}

static void
instance_version(const struct table_row *row, FILE *out)
{
	fprintf(out, "%u", row->instance->info.conf.version);
}

static void
instance_master(const struct table_row *row, FILE *out)
{
	const struct msg_state *state = &row->instance->info.state;
	const char *node;
	char text[IPADDR_STRLEN];

	if (state->state == VRRP_MASTER) {
		fputs("this node", out);
	} else if (state->state == VRRP_BACKUP && state->master.family) {
		node = model_node_of(
		    row->model, row->instance->info.conf.name, &state->master);
		fputs(node ? node : ipaddr_format(&state->master, text), out);
	}
}

static void
instance_since(const struct table_row *row, FILE *out)
{
	uint64_t age = model_age_us(row->model, row->instance->info.state.since_us);
	char text[TEXT_DURATION_LEN];

	fputs(text_duration(age, text), out);
}

/* All static ones and the first of the Services'. */
static void
instance_addresses(const struct table_row *row, FILE *out)
{
	const struct model_instance *i = row->instance;
	const char *sep = "";
	size_t services = 0;

	for (size_t k = 0; k < i->n_addresses; k++) {
		const struct msg_ctl_address *a = &i->addresses[k];
		char text[IPADDR_STRLEN];

		if (a->origin != ORIGIN_STATIC && services++ >= ADDRESSES_SHOWN)
			continue;
		fprintf(out, "%s%s/%u", comma(&sep), ipaddr_format(&a->addr, text),
		    a->prefixlen);
	}
	if (services > ADDRESSES_SHOWN)
		fprintf(out, " and %zu more", services - ADDRESSES_SHOWN);
}

static void
instance_installed(const struct table_row *row, FILE *out)
{
	const struct model_instance *i = row->instance;
	size_t installed = 0;

	for (size_t k = 0; k < i->n_addresses; k++)
		installed += i->addresses[k].installed ? 1 : 0;
	fprintf(out, "%zu/%zu", installed, i->n_addresses);
}

static void
instance_reason(const struct table_row *row, FILE *out)
{
	const struct msg_ctl_instance *info = &row->instance->info;

	fputs(
	    info->tracker[0] ? info->tracker : vrrp_reason_text(info->state.reason), out);
}

/* What each adds to the priority, as the sum has it. */
static void
instance_tracks(const struct table_row *row, FILE *out)
{
	const struct model_instance *i = row->instance;
	const char *sep = "";

	for (size_t k = 0; k < i->n_tracks; k++) {
		const struct msg_ctl_track *t = &i->tracks[k];

		fprintf(out, "%s%s ", comma(&sep), t->name);
		if (t->fault)
			fputs("FAULT", out);
		else if (t->state == TRACK_UNKNOWN)
			fputs("?", out);
		else if (t->weight)
			fprintf(out, "%+d", t->adds);
		else
			fputs("ok", out);
	}
}

static void
instance_soft(const struct table_row *row, FILE *out)
{
	uint32_t soft = row->instance->info.soft;
	const char *sep = "";

	for (unsigned k = 0; k < SOFT_REASON_COUNT; k++)
		if (soft & 1u << k)
			fprintf(out, "%s%s", comma(&sep), soft_reason_name(1u << k));
}

static void
instance_advert(const struct table_row *row, FILE *out)
{
	fprintf(
	    out, "%gms", (double)row->instance->info.conf.advert_us / (double)US_PER_MS);
}

static void
instance_master_priority(const struct table_row *row, FILE *out)
{
	const struct msg_state *state = &row->instance->info.state;

	if (state->state == VRRP_BACKUP && state->master.family)
		fprintf(out, "%u", state->master_priority);
}

static void
instance_transitions(const struct table_row *row, FILE *out)
{
	fprintf(out, "%" PRIu32, row->instance->info.state.transitions);
}

static void
instance_group(const struct table_row *row, FILE *out)
{
	const char *group = row->instance->info.conf.group;

	fputs(group[0] ? group : "-", out);
}

const struct table_column *
columns_of_instances(void)
{
	static const struct table_column columns[] = {
		{ "INSTANCE", 0, instance_name },
		{ "STATE", 0, instance_state },
		{ "PRIO", TABLE_RIGHT, instance_priority },
		{ "INTERFACE", 0, instance_interface },
		{ "VRID", TABLE_RIGHT, instance_vrid },
		{ "VERSION", TABLE_RIGHT, instance_version },
		{ "MASTER", 0, instance_master },
		{ "SINCE", TABLE_RIGHT, instance_since },
		{ "ADDRESSES", 0, instance_addresses },
		{ "INSTALLED", TABLE_WIDE | TABLE_RIGHT, instance_installed },
		{ "ADVERT", TABLE_WIDE | TABLE_RIGHT, instance_advert },
		{ "MASTER-PRIO", TABLE_WIDE | TABLE_RIGHT, instance_master_priority },
		{ "TAKEOVERS", TABLE_WIDE | TABLE_RIGHT, instance_transitions },
		{ "GROUP", TABLE_WIDE, instance_group },
		{ "REASON", TABLE_WIDE, instance_reason },
		{ "SOFT", TABLE_WIDE, instance_soft },
		{ "TRACKS", TABLE_WIDE, instance_tracks },
		{ 0 },
	};

	return columns;
}

/* ---- Services ---- */

static void
service_namespace(const struct table_row *row, FILE *out)
{
	fputs(row->service->info.key.ns, out);
}

static void
service_name(const struct table_row *row, FILE *out)
{
	fputs(row->service->info.key.name, out);
}

static void
service_state(const struct table_row *row, FILE *out)
{
	fputs(service_state_name(row->service->ctl.state), out);
}

/* Those it asks for, refused ones too. */
static void
service_addresses(const struct table_row *row, FILE *out)
{
	const char *sep = "";
	char text[IPADDR_STRLEN];

	for (size_t i = 0; i < row->service->n_addresses; i++)
		if (row->service->addresses[i].addr.family)
			fprintf(out, "%s%s", comma(&sep),
			    ipaddr_format(&row->service->addresses[i].addr, text));
}

static void
service_instances(const struct table_row *row, FILE *out)
{
	const struct model_service *s = row->service;
	const char *sep = "";

	for (size_t i = 0; i < s->n_addresses; i++) {
		bool seen = !s->addresses[i].instance[0];

		for (size_t k = 0; k < i && !seen; k++)
			seen = strcmp(s->addresses[k].instance,
				   s->addresses[i].instance) == 0;
		if (!seen)
			fprintf(out, "%s%s", comma(&sep), s->addresses[i].instance);
	}
}

static void
service_ports(const struct table_row *row, FILE *out)
{
	const char *sep = "";

	for (size_t i = 0; i < row->service->n_ports; i++)
		fprintf(out, "%s%u/%s", comma(&sep), row->service->ports[i].port,
		    proto_name(row->service->ports[i].proto));
}

static void
service_endpoints(const struct table_row *row, FILE *out)
{
	fprintf(out, "%zu", row->service->n_endpoints);
}

static void
service_reason(const struct table_row *row, FILE *out)
{
	fputs(row->service->ctl.reason, out);
}

static void
service_origin(const struct table_row *row, FILE *out)
{
	const char *sep = "";
	unsigned seen = 0;

	for (size_t i = 0; i < row->service->n_addresses; i++) {
		unsigned bit = 1u << row->service->addresses[i].origin;

		if (!(seen & bit))
			fprintf(out, "%s%s", comma(&sep),
			    model_origin_name(row->service->addresses[i].origin));
		seen |= bit;
	}
}

static void
service_policy(const struct table_row *row, FILE *out)
{
	fputs(row->service->info.flags & SERVICE_LOCAL ? "Local" : "Cluster", out);
}

static void
service_affinity(const struct table_row *row, FILE *out)
{
	if (row->service->info.flags & SERVICE_AFFINITY_CLIENT)
		fprintf(out, "ClientIP(%" PRIu32 "s)", row->service->info.affinity_s);
}

static void
service_rules(const struct table_row *row, FILE *out)
{
	const struct msg_ctl_service *ctl = &row->service->ctl;

	/* What is empty is in place, too. */
	if (ctl->state == SERVICE_REFUSED || ctl->state == SERVICE_IGNORED)
		fputc('-', out);
	else
		fputs(ctl->in_place ? "yes" : "no", out);
}

static void
service_sources(const struct table_row *row, FILE *out)
{
	const char *sep = "";
	char text[IPRANGE_STRLEN];

	for (size_t i = 0; i < row->service->n_sources; i++)
		fprintf(out, "%s%s", comma(&sep),
		    iprange_format(&row->service->sources[i], text));
}

static void
service_targets(const struct table_row *row, FILE *out)
{
	const char *sep = "";
	char text[TEXT_HOSTPORT_LEN];

	for (size_t i = 0; i < row->service->n_endpoints; i++) {
		const struct msg_service_endpoint *e = &row->service->endpoints[i];

		fprintf(out, "%s%s", comma(&sep), text_hostport(&e->addr, e->port, text));
	}
}

static void
service_count(const struct table_row *row, FILE *out, uint64_t value)
{
	if (row->service->ctl.counted)
		fprintf(out, "%" PRIu64, value);
}

static void
service_connections(const struct table_row *row, FILE *out)
{
	service_count(row, out, row->service->ctl.count.connections);
}

static void
service_packets(const struct table_row *row, FILE *out)
{
	service_count(row, out, row->service->ctl.count.packets);
}

static void
service_bytes(const struct table_row *row, FILE *out)
{
	service_count(row, out, row->service->ctl.count.bytes);
}

const struct table_column *
columns_of_services(void)
{
	static const struct table_column columns[] = {
		{ "NAMESPACE", 0, service_namespace },
		{ "NAME", 0, service_name },
		{ "STATE", 0, service_state },
		{ "ADDRESS", 0, service_addresses },
		{ "INSTANCE", 0, service_instances },
		{ "PORTS", 0, service_ports },
		{ "ENDPOINTS", TABLE_RIGHT, service_endpoints },
		{ "ORIGIN", TABLE_WIDE, service_origin },
		{ "POLICY", TABLE_WIDE, service_policy },
		{ "AFFINITY", TABLE_WIDE, service_affinity },
		{ "RULES", TABLE_WIDE, service_rules },
		{ "SOURCES", TABLE_WIDE, service_sources },
		{ "TARGETS", TABLE_WIDE, service_targets },
		{ "CONNECTIONS", TABLE_WIDE | TABLE_RIGHT, service_connections },
		{ "PACKETS", TABLE_WIDE | TABLE_RIGHT, service_packets },
		{ "BYTES", TABLE_WIDE | TABLE_RIGHT, service_bytes },
		{ "REASON", 0, service_reason },
		{ 0 },
	};

	return columns;
}

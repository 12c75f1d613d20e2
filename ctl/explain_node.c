/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second half of the walk: what this node makes of the Service. */
#include "explain_walk.h"

#include <stdio.h>
#include <string.h>

#include "host.h"
#include "model.h"
#include "text.h"

/* So many endpoints of a port are named. */
#define ENDPOINTS_SHOWN 3

/* Is the i-th address the first that is placed on its instance? */
static bool
first_on_instance(const struct model_service *s, size_t i)
{
	if (!explain_usable(&s->addresses[i]) || !s->addresses[i].instance[0])
		return false;
	for (size_t k = 0; k < i; k++)
		if (explain_usable(&s->addresses[k]) &&
		    strcmp(s->addresses[k].instance, s->addresses[i].instance) == 0)
			return false;
	return true;
}

static void
backup_instance(struct explain_walk *w, const struct model_instance *i)
{
	const struct msg_state *state = &i->info.state;
	char age[TEXT_DURATION_LEN], master[IPADDR_STRLEN];
	const char *node = model_node_of(w->m, i->info.conf.name, &state->master);

	text_duration(model_age_us(w->m, state->since_us), age);
	if (state->master.family) {
		explain_say(w, EXPLAIN_INSTANCE, EXPLAIN_OK,
		    "%s is BACKUP here for %s; the master is %s%s%s%spriority %u)",
		    i->info.conf.name, age, node ? node : "", node ? " (" : "",
		    ipaddr_format(&state->master, master), node ? ", " : " (",
		    state->master_priority);
		return;
	}
	explain_say(w, EXPLAIN_INSTANCE, EXPLAIN_WARN,
	    "%s is BACKUP here for %s and has not heard a master", i->info.conf.name,
	    age);
	explain_fix(w, "wait for the election; on %s: vipctl instances", w->m->node.node);
}

static void
instance_here(struct explain_walk *w, const struct model_instance *i)
{
	const struct msg_state *state = &i->info.state;
	const char *name = i->info.conf.name;
	char age[TEXT_DURATION_LEN], remedy[REMEDY_LEN];

	text_duration(model_age_us(w->m, state->since_us), age);
	switch ((enum vrrp_state)state->state) {
	case VRRP_MASTER:
		explain_say(w, EXPLAIN_INSTANCE, EXPLAIN_OK, "%s is MASTER here for %s",
		    name, age);
		break;
	case VRRP_BACKUP:
		backup_instance(w, i);
		break;
	case VRRP_INIT:
	case VRRP_FAULT:
		explain_say(w, EXPLAIN_INSTANCE, EXPLAIN_NO, "%s is %s here for %s: %s",
		    name, vrrp_state_name(state->state), age, model_instance_reason(i));
		explain_fix(w, "%s", remedy_instance(w->m, i, remedy));
		break;
	}
}

static void
instances(struct explain_walk *w)
{
	size_t seen = 0;

	for (size_t k = 0; w->s && k < w->s->n_addresses; k++) {
		const struct model_instance *i;
		const char *name = w->s->addresses[k].instance;

		if (!first_on_instance(w->s, k))
			continue;
		seen++;
		i = model_find_instance(w->m, name);
		if (i) {
			instance_here(w, i);
			continue;
		}
		explain_say(w, EXPLAIN_INSTANCE, EXPLAIN_NO, "%s has no vrrp_instance %s",
		    w->m->node.node, name);
		explain_fix(w,
		    "add it to %s, or on a node that has it run: vipctl explain %s",
		    w->m->node.config, w->key);
	}
	if (!seen)
		explain_say(w, EXPLAIN_INSTANCE, EXPLAIN_SKIP, "waits for a placement");
}

static bool
waits_for_rules(const struct explain_walk *w)
{
	return w->m->node.forward.mode != FORWARD_NONE && !w->s->ctl.in_place;
}

/* Returns true if the address is on the interface. */
static bool
installed_here(struct explain_walk *w, const struct model_instance *i,
    const struct msg_service_address *a)
{
	const struct msg_ctl_address *found = model_find_address(i, &a->addr);
	const char *dev = found && found->dev[0] ? found->dev : i->info.conf.interface;
	char text[IPADDR_STRLEN];

	ipaddr_format(&a->addr, text);
	if (found && found->installed) {
		explain_say(w, EXPLAIN_INSTALLED, EXPLAIN_OK, "%s/%u on %s", text,
		    found->prefixlen, dev);
		return true;
	}
	if (found && found->error[0]) {
		explain_say(w, EXPLAIN_INSTALLED, EXPLAIN_NO, "%s on %s failed: %s", text,
		    dev, found->error);
		explain_fix(w, "on %s see: ip address show dev %s; vipd goes on trying",
		    w->m->node.node, dev);
	} else if (waits_for_rules(w)) {
		explain_say(
		    w, EXPLAIN_INSTALLED, EXPLAIN_SKIP, "%s waits for its rules", text);
	} else {
		explain_say(
		    w, EXPLAIN_INSTALLED, EXPLAIN_NO, "%s is not on %s", text, dev);
		explain_fix(w,
		    "wait a second; if it lasts, on %s see: journalctl -u vipd",
		    w->m->node.node);
	}
	return false;
}

static void
announced(struct explain_walk *w, const struct msg_instance *conf, size_t count)
{
	char refresh[TEXT_DURATION_LEN];

	if (!count)
		return;
	text_duration(conf->garp_refresh_us, refresh);
	explain_say(w, EXPLAIN_ANNOUNCED, EXPLAIN_OK,
	    "gratuitous ARP or NA on %s when it was installed%s%s", conf->interface,
	    conf->garp_refresh_us ? ", again every " : "",
	    conf->garp_refresh_us ? refresh : "");
}

static void
installed(struct explain_walk *w)
{
	const struct msg_instance *conf = NULL;
	size_t count = 0, seen = 0;

	for (size_t k = 0; w->s && k < w->s->n_addresses; k++) {
		const struct msg_service_address *a = &w->s->addresses[k];
		const struct model_instance *i = model_find_instance(w->m, a->instance);
		char text[IPADDR_STRLEN];

		if (!explain_usable(a) || !i)
			continue;
		seen++;
		if (i->info.state.state == VRRP_MASTER) {
			conf = &i->info.conf;
			count += installed_here(w, i, a);
			continue;
		}
		explain_say(w, EXPLAIN_INSTALLED, EXPLAIN_SKIP,
		    "%s is for the master to have", ipaddr_format(&a->addr, text));
	}
	if (!seen)
		explain_say(w, EXPLAIN_INSTALLED, EXPLAIN_SKIP, "waits for an instance");
	if (conf)
		announced(w, conf, count);
	if (!count)
		explain_say(
		    w, EXPLAIN_ANNOUNCED, EXPLAIN_SKIP, "no address here to announce");
}

static void
port_conflicts(struct explain_walk *w)
{
	for (size_t i = 0; i < w->s->n_ports; i++) {
		const struct msg_service_port *p = &w->s->ports[i];

		if (p->verdict == VERDICT_OK)
			continue;
		explain_say(w, EXPLAIN_RULES, EXPLAIN_NO,
		    "%u/%s: an older Service has this port of the address", p->port,
		    proto_name(p->proto));
		explain_fix(w,
		    "give %s another port or another address (vipctl services)", w->key);
	}
}

/* No rule of ours can let through what another chain drops. */
static void
in_place(struct explain_walk *w)
{
	const struct host_chain *c = w->m->host ? host_blocker(w->m->host) : NULL;
	char fix[256];

	if (!c) {
		explain_say(w, EXPLAIN_RULES, EXPLAIN_OK, "in nftables%s",
		    w->m->node.forward.in_sync ? "" : "; an update is on its way");
		return;
	}
	explain_say(w, EXPLAIN_RULES, EXPLAIN_WARN,
	    "in nftables, but chain %s of table %s %s%s drops what it does not accept on "
	    "the way to endpoints",
	    c->name, c->family, c->table, c->legacy ? " (iptables-legacy)" : "");
	host_unblock(c, fix, sizeof(fix));
	explain_fix(
	    w, "on %s, in your firewall's own configuration: %s", w->m->node.node, fix);
}

static void
rules(struct explain_walk *w)
{
	const struct msg_forward_state *forward = &w->m->node.forward;
	const char *node = w->m->node.node;

	if (!explain_has_usable(w)) {
		explain_say(w, EXPLAIN_RULES, EXPLAIN_SKIP, "waits for an address");
		return;
	}
	if (w->s->ctl.state == SERVICE_FAILED && !w->s->ctl.in_place) {
		explain_say(w, EXPLAIN_RULES, EXPLAIN_NO, "failed: %s",
		    explain_reason(w->s->ctl.reason, "no reason given"));
		explain_fix(w, "on %s see: journalctl -u vipd | grep %s", node, w->key);
	} else if (forward->mode == FORWARD_NONE) {
		explain_say(w, EXPLAIN_RULES, EXPLAIN_SKIP,
		    "forwarding is the cluster's here (mode none, %s)", forward->reason);
	} else if (w->s->ctl.in_place) {
		in_place(w);
	} else {
		explain_say(w, EXPLAIN_RULES, EXPLAIN_NO, "not in nftables yet%s%s",
		    w->s->ctl.reason[0] ? ": " : "", w->s->ctl.reason);
		explain_fix(
		    w, "wait a second; if it lasts, on %s see: journalctl -u vipd", node);
	}
	port_conflicts(w);
}

static void
endpoints_of_port(struct explain_walk *w, size_t port_index)
{
	const struct model_service *s = w->s;
	const struct msg_service_port *p = &s->ports[port_index];
	size_t count = 0, local = 0, shown = 0;
	char list[ENDPOINTS_SHOWN * (TEXT_HOSTPORT_LEN + 2) + 1] = "";

	for (size_t i = 0; i < s->n_endpoints; i++) {
		const struct msg_service_endpoint *e = &s->endpoints[i];
		char text[TEXT_HOSTPORT_LEN];
		size_t at = strlen(list);

		if (e->port_index != port_index)
			continue;
		count++;
		local += e->flags & ENDPOINT_LOCAL ? 1 : 0;
		if (shown++ < ENDPOINTS_SHOWN)
			snprintf(list + at, sizeof(list) - at, "%s%s", at ? ", " : "",
			    text_hostport(&e->addr, e->port, text));
	}
	if (!count) {
		explain_say(w, EXPLAIN_ENDPOINTS, EXPLAIN_NO,
		    "%u/%s has no usable endpoint", p->port, proto_name(p->proto));
		if (w->m->node.source.source == SOURCE_MANIFESTS)
			explain_fix(w,
			    "put an EndpointSlice labelled kubernetes.io/service-name: "
			    "%s "
			    "into %s",
			    s->info.key.name, w->m->node.source.server);
		else
			explain_fix(w,
			    "see which Pods are not ready: kubectl -n %s get "
			    "endpointslices -l kubernetes.io/service-name=%s",
			    s->info.key.ns, s->info.key.name);
		return;
	}
	if ((s->info.flags & SERVICE_LOCAL) && !(s->info.flags & SERVICE_FALLBACK) &&
	    !local) {
		explain_nothing_local(w, p, count);
		return;
	}
	explain_say(w, EXPLAIN_ENDPOINTS, EXPLAIN_OK, "%u/%s -> %s%s", p->port,
	    proto_name(p->proto), list, count > ENDPOINTS_SHOWN ? ", ..." : "");
}

static void
endpoints(struct explain_walk *w)
{
	for (size_t i = 0; w->s && i < w->s->n_ports; i++)
		endpoints_of_port(w, i);
	if (!w->s) {
		explain_say(w, EXPLAIN_ENDPOINTS, EXPLAIN_SKIP, "waits for the Service");
	} else if (!w->s->n_ports) {
		explain_say(w, EXPLAIN_ENDPOINTS, EXPLAIN_NO, "the Service has no ports");
		explain_fix(w, "give it spec.ports");
	}
}

void
explain_node(struct explain_walk *w)
{
	instances(w);
	installed(w);
	rules(w);
	endpoints(w);
}

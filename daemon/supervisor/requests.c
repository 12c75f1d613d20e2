/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "conf_redact.h"
#include "config.h"
#include "log_writer.h"
#include "mem.h"
#include "vipd.h"

/* The watcher knows it; without one, the configuration or the host does. */
static void
name_node(const struct vipd *v, struct msg_ctl_node *n)
{
	const char *source = v->source.node_name_source;

	if (v->source.node_name[0]) {
		str_copy(n->node, sizeof(n->node), v->source.node_name);
	} else if (v->conf->router_id[0]) {
		str_copy(n->node, sizeof(n->node), v->conf->router_id);
		source = "router_id";
	} else {
		gethostname(n->node, sizeof(n->node) - 1);
		source = "host name";
	}
	str_copy(n->node_source, sizeof(n->node_source), source);
}

/*
 * Measured anew only when somebody sets the clock: one moment then has one name
 * however often it is asked for, although two clocks cannot be read at once.
 */
#define CLOCK_STEP_US (10 * US_PER_MS)

static uint64_t
wall_ahead_us(struct vipd *v)
{
	uint64_t ahead = clock_wall_us() - clock_us();

	if (ahead + CLOCK_STEP_US - v->wall_ahead_us > 2 * CLOCK_STEP_US)
		v->wall_ahead_us = ahead;
	return v->wall_ahead_us;
}

static struct answer_source
answer_source(struct vipd *v)
{
	struct answer_source src = { .instances = &v->instances,
		.services = &v->services,
		.wall_ahead_us = wall_ahead_us(v) };
	struct msg_ctl_node *n = &src.node;

	name_node(v, n);
	str_copy(n->version, sizeof(n->version), PACKAGE_VERSION);
	n->started_us = v->started_us;
	n->has_services = v->conf->services.present;
	n->log_dropped = v->engine.log_dropped + v->forward.log_dropped +
	    v->watcher.log_dropped + log_writer_lost();
	n->source = v->source;
	n->forward = v->forward_state;
	n->children_restarts =
	    v->engine.restarts + v->forward.restarts + v->watcher.restarts;
	str_copy(n->config, sizeof(n->config), v->options->file);
	str_copy(n->config_error, sizeof(n->config_error), v->config_error);
	n->drained_wall_us = v->drain.on ? v->drain.since_wall_us : 0;
	str_copy(n->drain_reason, sizeof(n->drain_reason), v->drain.reason);
	return src;
}

void
vipd_answer_all(struct vipd *v, struct control_client *cl)
{
	struct answer_source src = answer_source(v);
	struct chan *to = control_chan(cl);

	answer_node(to, &src);
	cluster_answer(&v->cluster, to);
	answer_instances(to, &src, false);
	speakers_answer(&v->speakers, &v->instances, &v->cluster, to);
	answer_services(to, &src);
	control_end(cl, 0, "%s", "");
}

static void
answer_pools(struct vipd *v, struct control_client *cl)
{
	struct answer_source src = answer_source(v);

	answer_node(control_chan(cl), &src);
	pools_told_send(&v->pools, control_chan(cl));
	answer_services(control_chan(cl), &src);
	control_end(cl, 0, "%s", "");
}

static void
explain(struct vipd *v, struct control_client *cl, const char *arg)
{
	struct answer_source src = answer_source(v);
	struct msg_service_key key = { 0 };
	const char *slash = strchr(arg, '/');
	struct chan *to = control_chan(cl);
	struct service *sv;

	if (!slash || slash == arg || (size_t)(slash - arg) >= sizeof(key.ns) ||
	    !slash[1] || !str_copy(key.name, sizeof(key.name), slash + 1)) {
		control_end(cl, 2, "explain takes NAMESPACE/NAME");
		return;
	}
	memcpy(key.ns, arg, (size_t)(slash - arg));
	answer_node(to, &src);
	cluster_answer(&v->cluster, to);
	pools_told_send(&v->pools, to);
	answer_instances(to, &src, false);
	sv = services_find(&v->services, &key);
	if (!sv || sv->leaving) {
		control_end(cl, 1,
		    "no Service %s/%s with an address for vipd is known here", key.ns,
		    key.name);
		return;
	}
	answer_service(to, &src, sv);
	control_end(cl, 0, "%s", "");
}

static void
answer_config(struct vipd *v, struct control_client *cl)
{
	size_t max = msg_records_max(MSG_CTL_CONFIG), len, n;
	_free_ char *text = NULL;
	FILE *out = xmemstream(&text, &len);

	conf_print_redacted(v->conf, out);
	xmemstream_close(out);
	for (size_t i = 0; i < len; i += n) {
		n = len - i < max ? len - i : max;
		chan_send(control_chan(cl), MSG_CTL_CONFIG, NULL, text + i, n);
	}
	control_end(cl, 0, "%s", "");
}

static void
answer_nodes(struct vipd *v, struct control_client *cl)
{
	struct answer_source src = answer_source(v);

	answer_node(control_chan(cl), &src);
	cluster_answer(&v->cluster, control_chan(cl));
	control_end(cl, 0, "%s", "");
}

static void
reload(struct vipd *v, struct control_client *cl)
{
	bool taken = vipd_reload(v, cl);

	control_end(cl, taken ? 0 : 2, "%s", taken ? "" : "refused, nothing changed");
}

/* ---- handing over ---- */

static void
hand_over(struct vipd *v, struct control_client *cl, const struct msg_ctl_request *req)
{
	const struct instance *in = instances_find(&v->instances, req->arg);
	struct handover_target target;
	char why[REASON_LEN], master[IPADDR_STRLEN];

	if (!in)
		control_end(cl, 1, "no instance %.63s here", req->arg);
	else if (v->stopping || !v->engine.up)
		control_end(cl, 1, "vipd-engine does not run");
	else if (in->state.state != VRRP_MASTER)
		control_end(cl, 1, "%s is %s here; the master is %s", in->name,
		    vrrp_state_name(in->state.state),
		    in->state.master.family ? ipaddr_format(&in->state.master, master)
					    : "not known");
	else if (!handover_target(in->conf, req->to, &target, why))
		control_end(cl, 1, "%s", why);
	else
		handover_start(&v->handovers, &v->instances, in, &target, cl);
}

static void
drain(struct vipd *v, struct control_client *cl, const char *reason)
{
	int error = drain_begin(&v->drain, v->options->state_dir, reason);

	if (error) {
		control_end(cl, 1, "%.60s: %s; not drained", v->options->state_dir,
		    strerror(-error));
		return;
	}
	log_info("drained%s%s", reason[0] ? ": " : "", v->drain.reason);
	/* Its last advert as master is priority 0, not a soft one. */
	handover_start(&v->handovers, &v->instances, NULL, NULL, cl);
	instances_set_soft(&v->instances, SOFT_DRAINED, true);
}

static void
undrain(struct vipd *v, struct control_client *cl)
{
	bool was = v->drain.on;
	int error = drain_end(&v->drain, v->options->state_dir);

	if (error) {
		control_end(cl, 1, "%.60s: %s; still drained", v->options->state_dir,
		    strerror(-error));
		return;
	}
	if (was)
		log_info("not drained any more");
	instances_set_soft(&v->instances, SOFT_DRAINED, false);
	for (struct instance *in = v->instances.first; in; in = in->next)
		instance_hand_over(in, HANDOVER_FORGET);
	control_end(cl, 0, "%s", was ? "not drained any more" : "was not drained");
}

/* ---- counters come from the engine, so their answer waits for it ---- */

/* The engine answers in the order of its instances: the last one ends it. */
#define COUNTERS_WAIT_S 0.3

static void
answer_counters(struct vipd *v)
{
	struct control_client *cl = v->awaiting_counters;
	struct answer_source src = answer_source(v);

	ev_timer_stop(v->loop, &v->counters_late);
	v->awaiting_counters = NULL;
	if (!cl)
		return;
	answer_node(control_chan(cl), &src);
	cluster_answer(&v->cluster, control_chan(cl));
	answer_instances(control_chan(cl), &src, true);
	if (v->awaiting_services) {
		speakers_answer(
		    &v->speakers, &v->instances, &v->cluster, control_chan(cl));
		pools_told_send(&v->pools, control_chan(cl));
		answer_services(control_chan(cl), &src);
	}
	control_end(cl, 0, "%s", "");
}

static void
on_counters_late(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	answer_counters(container_of(w, struct vipd, counters_late));
}

void
vipd_on_counters(struct vipd *v)
{
	for (const struct instance *in = v->instances.first; in; in = in->next)
		if (in->conf && in->counters_due)
			return;
	answer_counters(v);
}

static void
ask_counters(struct vipd *v, struct control_client *cl, bool services)
{
	/* Two at once: the first is answered with what is known. */
	answer_counters(v);
	v->awaiting_counters = cl;
	v->awaiting_services = services;
	for (struct instance *in = v->instances.first; in; in = in->next)
		in->counters_due = true;
	if (v->engine.up)
		chan_send(&v->engine.chan, MSG_COUNTERS_REQUEST, NULL, NULL, 0);
	ev_timer_init(&v->counters_late, on_counters_late,
	    v->engine.up && v->instances.first ? COUNTERS_WAIT_S : 0., 0.);
	ev_timer_start(v->loop, &v->counters_late);
}

void
vipd_on_client_gone(void *arg, struct control_client *cl)
{
	struct vipd *v = arg;

	if (v->awaiting_counters == cl)
		v->awaiting_counters = NULL;
	tally_client_gone(v, cl);
	followers_remove(&v->followers, cl);
	handovers_client_gone(&v->handovers, cl);
}

void
vipd_on_client_drained(void *arg)
{
	followers_drained(&((struct vipd *)arg)->followers);
}

/* What vipd does not know, nobody but root may try. */
static bool
changes_something(uint32_t command)
{
	switch ((enum ctl_command)command) {
	case CTL_STATUS:
	case CTL_INSTANCES:
	case CTL_SERVICES:
	case CTL_EXPLAIN:
	case CTL_METRICS:
	case CTL_CONFIG:
	case CTL_EVENTS:
	case CTL_NODES:
	case CTL_POOLS:
		return false;
	case CTL_RELOAD:
	case CTL_HANDOVER:
	case CTL_DRAIN:
	case CTL_UNDRAIN:
		break;
	}
	return true;
}

void
vipd_on_request(void *arg, struct control_client *cl, const struct msg_ctl_request *req)
{
	struct vipd *v = arg;

	if (changes_something(req->command) && !control_is_root(cl)) {
		control_end(cl, 2, "only root may do that");
		return;
	}
	switch (req->command) {
	case CTL_STATUS:
		vipd_answer_all(v, cl);
		break;
	case CTL_SERVICES:
		tally_ask(v, cl);
		break;
	case CTL_INSTANCES:
	case CTL_METRICS:
		ask_counters(v, cl, req->command == CTL_METRICS);
		break;
	case CTL_EXPLAIN:
		explain(v, cl, req->arg);
		break;
	case CTL_RELOAD:
		reload(v, cl);
		break;
	case CTL_CONFIG:
		answer_config(v, cl);
		break;
	case CTL_NODES:
		answer_nodes(v, cl);
		break;
	case CTL_POOLS:
		answer_pools(v, cl);
		break;
	case CTL_EVENTS:
		followers_add(&v->followers, cl, !strcmp(req->arg, "follow"));
		break;
	case CTL_HANDOVER:
		hand_over(v, cl, req);
		break;
	case CTL_DRAIN:
		drain(v, cl, req->arg);
		break;
	case CTL_UNDRAIN:
		undrain(v, cl);
		break;
	default:
		control_end(cl, 2, "this vipd does not know the request");
	}
}

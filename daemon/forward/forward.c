/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "batch.h"
#include "clock.h"
#include "log.h"
#include "mem.h"
#include "own.h"

/* ---- to vipd ---- */

static void
report(void *arg, const struct msg_service_key *key, int error, const char *text)
{
	struct forward *f = arg;
	struct msg_failed m = { .key = *key, .error = error };

	str_copy(m.text, sizeof(m.text), text);
	chan_send(&f->child.chan, MSG_FAILED, &m, NULL, 0);
}

static void
tell_state(struct forward *f)
{
	const struct writer *w = &f->writer;
	struct msg_forward_state m = { .mode = f->model.conf.mode };

	m.in_sync = writer_in_sync(w) && f->model.synced;
	if (w->error)
		snprintf(m.reason, sizeof(m.reason), "%.44s; the kernel refuses: %s",
		    f->mode_reason, kernel_error_text(w->error));
	else
		str_copy(m.reason, sizeof(m.reason), f->mode_reason);
	if (memcmp(&m, &f->state, sizeof(m)) == 0)
		return;
	f->state = m;
	chan_send(&f->child.chan, MSG_FORWARD_STATE, &m, NULL, 0);
}

static void
tell_in_place(struct forward *f)
{
	uint32_t seq = model_in_place(&f->model);

	if (!writer_is_loaded(&f->writer) || (int32_t)(seq - f->in_place) <= 0)
		return;
	f->in_place = seq;
	chan_send_seq(&f->child.chan, MSG_IN_PLACE, seq, NULL, NULL, 0);
}

/* ---- what went through ---- */

/* Of a port that several claim, to the one who has it. */
static struct msg_tally
sum_up(const struct forward *f, const struct service *s)
{
	struct msg_tally m = { .key = s->key };
	struct count sum = { 0 };

	for (size_t i = 0; i < s->n_claims; i++) {
		const struct target *t = s->claims[i].target;

		if (t->key.proto && t->claims == &s->claims[i])
			tally_add(&f->tally, &t->key, &sum);
	}
	m.count.connections = sum.connections;
	m.count.packets = sum.packets;
	m.count.bytes = sum.bytes;
	return m;
}

static void
tell_tally(struct tally *t)
{
	struct forward *f = container_of(t, struct forward, tally);
	size_t max = msg_records_max(MSG_TALLY), n = 0;
	struct msg_tally *_free_ records = xcalloc(max, sizeof(*records));
	struct msg_tally_head head = { 0 };

	for (const struct service *s = f->model.services; s; s = s->hh.next) {
		records[n++] = sum_up(f, s);
		if (n < max)
			continue;
		chan_send(&f->child.chan, MSG_TALLY, &head, records, n);
		n = 0;
	}
	head.last = 1;
	chan_send(&f->child.chan, MSG_TALLY, &head, records, n);
}

/* ---- the writer ---- */

static void
on_busy(struct writer *w, bool busy)
{
	struct forward *f = container_of(w, struct forward, writer);

	if (busy)
		chan_pause(&f->child.chan);
	else
		chan_resume(&f->child.chan);
}

static void
on_progress(struct writer *w)
{
	struct forward *f = container_of(w, struct forward, writer);

	tell_in_place(f);
	tell_state(f);
}

static void
on_written(struct writer *w, const struct target_key *key, const struct image *old,
    const struct image *new)
{
	struct forward *f = container_of(w, struct forward, writer);

	flows_changed(&f->conntrack.flows, key, old, new);
	conntrack_kick(&f->conntrack);
}

static const struct writer_ops writer_ops = {
	.on_busy = on_busy,
	.on_written = on_written,
	.on_progress = on_progress,
};

/* ---- from vipd ---- */

static void
configure(struct forward *f, const struct msg *msg)
{
	const struct msg_forward_conf *m = msg->head;
	const struct msg_uplink *uplinks = msg->records;
	struct ruleset_conf conf = { 0 };

	conf.source_nat = m->source_nat;
	conf.n_gateways = m->gateways;
	for (size_t i = 0; i < msg->count && i < UPLINKS_MAX; i++)
		str_copy(conf.uplinks[conf.n_uplinks++], IFNAME_LEN, uplinks[i].name);

	conf.mode =
	    mode_decide(m->mode, &f->evidence, f->mode_reason, sizeof(f->mode_reason));
	f->conntrack.flows.keeps_tcp =
	    conf.mode == FORWARD_NFTABLES && conf.source_nat == SOURCE_NAT_VIP;
	f->conntrack.flows.relaxes_tcp =
	    conf.mode == FORWARD_NFTABLES && conf.source_nat == SOURCE_NAT_NONE;
	if (!f->writer.started || memcmp(&conf, &f->model.conf, sizeof(conf)) != 0) {
		model_configure(&f->model, &conf);
		writer_configure(&f->writer);
	}
	tell_state(f);
}

static void
take_service(struct forward *f, uint32_t seq)
{
	struct told *t = &f->intake.told;
	struct ipaddr *_free_ own = NULL;
	uint32_t held;

	if (t->oddity && log_allowed(&f->oddities, clock_us(), &held))
		log_warn("%s/%s: %s; left out (%u more such lines held back)",
		    t->head.key.ns, t->head.key.name, t->oddity, held);
	if (t->n_sources) {
		size_t n = own_addresses(&own);

		own_admit(t, own, n);
	}
	model_told(&f->model, t, seq);
	intake_clear(&f->intake);
}

static void
hold(struct forward *f, const struct msg *m)
{
	const struct msg_held *head = m->head;
	const struct ipaddr *addrs = m->records;

	for (size_t i = 0; i < m->count; i++)
		flows_hold(&f->conntrack.flows, &addrs[i], (enum held)head->held);
	conntrack_kick(&f->conntrack);
}

/* The first complete list: what is not here may have been when another
 * vipd-forward ran. */
static void
end_sync(struct forward *f, const struct msg *m)
{
	const struct msg_sync_end *end = m->head;
	bool first = end->complete && !f->model.swept;

	model_sync_end(&f->model, end->complete, m->seq);
	for (const struct target *t = f->model.targets; first && t; t = t->hh.next)
		if (!t->key.proto)
			flows_absent(&f->conntrack.flows, &t->key.addr);
	conntrack_kick(&f->conntrack);
}

static const char *
on_frame(struct forward *f, const struct msg *m)
{
	const char *why = intake_frame(&f->intake, m);

	if (!why && m->type == MSG_SERVICE_END)
		take_service(f, m->seq);
	return why;
}

static const char *
on_msg(struct chan *c, const struct msg *m)
{
	struct forward *f = container_of(c, struct forward, child.chan);
	const char *why = NULL;

	if (m->type == MSG_STOP)
		ev_break(f->child.loop, EVBREAK_ALL);
	else if (m->type == MSG_PING)
		child_pong(&f->child);
	else if (m->type == MSG_FORWARD_CONF)
		configure(f, m);
	else if (m->type == MSG_SYNC_BEGIN)
		model_sync_begin(&f->model);
	else if (m->type == MSG_SYNC_END)
		end_sync(f, m);
	else if (m->type == MSG_TALLY_REQUEST)
		tally_read(&f->tally);
	else if (m->type == MSG_HELD)
		hold(f, m);
	else if (m->type == MSG_SERVICE_GONE)
		model_gone(&f->model, m->head, m->seq);
	else if (m->type >= MSG_SERVICE && m->type <= MSG_SERVICE_END)
		why = on_frame(f, m);
	else
		why = "a message that is not for vipd-forward";
	if (!why) {
		/* A sync that changes nothing makes no progress of its own. */
		tell_in_place(f);
		tell_state(f);
	}
	return why;
}

static const struct chan_ops chan_ops = {
	.on_msg = on_msg,
	.on_closed = child_closed,
};

void
forward_run(struct forward *f)
{
	int error;

	child_init(&f->child, "vipd-forward", &chan_ops);
	f->oddities.interval_us = 10 * US_PER_S;
	f->evidence = mode_look();
	model_init(&f->model, report, f);
	writer_init(&f->writer, f->child.loop, &f->model, &writer_ops);
	error = conntrack_open(&f->conntrack, f->child.loop);
	if (error)
		fatalx("netlink socket to connection tracking: %s", strerror(-error));
	error = tally_open(&f->tally, f->child.loop, tell_tally);
	if (error)
		fatalx("netlink socket to the counters: %s", strerror(-error));
	child_drop(&f->child, UINT64_C(1) << CAP_NET_ADMIN);
	ev_run(f->child.loop, 0);
	tally_close(&f->tally);
	conntrack_close(&f->conntrack);
	writer_fini(&f->writer);
	model_fini(&f->model);
	intake_clear(&f->intake);
}

int
forward_cleanup(void)
{
	struct batch b = { 0 };
	int error;

	batch_begin(&b, 1);
	for (size_t i = 0; i < FAMILIES; i++)
		ruleset_remove(&b, reader_family(i));
	batch_end(&b);
	error = kernel_transact_now(&b);
	batch_fini(&b);
	return error;
}

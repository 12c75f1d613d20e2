/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vmac.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "plan.h"
#include "sysctl.h"
#include "vmac_request.h"

#define RETRY_CHECK_S 0.1
#define LOG_INTERVAL_US (10 * US_PER_S)
/* Of the parent: RFC 5227's "never the physical MAC", for ARP in both ways. */
#define ARP_IGNORE_OTHERS 1
#define ARP_ANNOUNCE_OWN 2

struct vmac {
	struct vmac_want want; /* the last one, also when it is over */
	bool wanted;
	bool was_there;        /* and has_failed: since it is wanted so */
	bool has_failed;       /* at least once */
	enum vmac_step flying; /* VMAC_REST: nothing */
	uint32_t seq;
	uint32_t ready_ifindex; /* whose settings are made */
	struct vmac_arp before; /* as its alias says */
	bool without_ipv6;      /* it has none: nothing to be set */
	unsigned failures;
	uint64_t not_before_us;
	unsigned round;
	struct vmac *prev, *next;
};

struct vmacs {
	struct ev_loop *loop;
	struct links *links;
	struct vmac *list;
	ev_timer retry;
	unsigned round;
	struct log_limit failed;
	vmac_failed_fn *fn;
	void *arg;
};

static struct vmac *
find(const struct vmacs *vs, const char *name)
{
	struct vmac *v;

	DL_FOREACH(vs->list, v)
	if (!strcmp(v->want.name, name))
		return v;
	return NULL;
}

static struct vmac *
get(struct vmacs *vs, const char *name)
{
	struct vmac *v = find(vs, name);

	if (v)
		return v;
	v = xcalloc(1, sizeof(*v));
	str_copy(v->want.name, sizeof(v->want.name), name);
	DL_APPEND(vs->list, v);
	return v;
}

/* ---- what is there ---- */

static struct vmac_place
survey(const struct vmacs *vs, const struct vmac *v)
{
	const struct link *l = links_find_by_name(vs->links, v->want.name);
	const struct link *p = links_find_by_name(vs->links, v->want.parent);
	struct vmac_place place = { .present = l != NULL, .parent = p != NULL };
	const struct link_details *d;
	struct msg_interface shown;

	if (p) {
		d = link_details(p);
		place.parent_ready = d->arp.ignore >= ARP_IGNORE_OTHERS &&
		    d->arp.announce == ARP_ANNOUNCE_OWN;
	}
	if (!l)
		return place;
	d = link_details(l);
	link_fill(l, &shown);
	place.marked = d->is_vmac;
	place.fits = d->private_macvlan && p && d->parent == link_index(p) &&
	    !memcmp(shown.mac, v->want.mac, sizeof(shown.mac));
	place.ready = v->ready_ifindex == link_index(l);
	place.up = link_is_up(l);
	return place;
}

struct siblings {
	uint32_t parent;
	uint32_t except;
	unsigned count;
	struct vmac_arp before;
};

static void
count_sibling(void *arg, const struct link *l)
{
	const struct link_details *d = link_details(l);
	struct siblings *s = arg;

	if (!d->is_vmac || d->parent != s->parent || link_index(l) == s->except)
		return;
	s->count++;
	s->before = d->before;
}

/* ---- requests ---- */

static int
mark(struct vmacs *vs, struct vmac *v, uint32_t ifindex, const struct link *parent)
{
	struct siblings s = { .parent = link_index(parent), .except = ifindex };
	char alias[VMAC_ALIAS_LEN];

	links_each(vs->links, count_sibling, &s);
	v->before = s.count ? s.before : link_details(parent)->arp;
	vmac_alias_write(&v->before, alias);
	return vmac_send_alias(
	    links_socket(vs->links), ifindex, alias, !v->without_ipv6, &v->seq);
}

/* The last macvlan of a parent gives it back what it had, unless somebody else
 * has changed it meanwhile. */
static void
restore_parent(struct vmacs *vs, const struct link *l)
{
	const struct link_details *d = link_details(l);
	struct siblings s = { .parent = d->parent, .except = link_index(l) };
	const char *name = links_name(vs->links, d->parent);
	const struct link *p = name ? links_find_by_name(vs->links, name) : NULL;
	uint32_t seq;

	links_each(vs->links, count_sibling, &s);
	if (!p || s.count || link_details(p)->arp.announce != ARP_ANNOUNCE_OWN)
		return;
	if (!vmac_send_arp(links_socket(vs->links), d->parent, &d->before, &seq))
		links_note_arp(vs->links, d->parent, &d->before);
}

/* Stricter is fine, too. */
static struct vmac_arp
arp_of_parent(const struct link *parent)
{
	uint32_t ignore = link_details(parent)->arp.ignore;

	return (struct vmac_arp){
		.ignore = ignore > ARP_IGNORE_OTHERS ? ignore : ARP_IGNORE_OTHERS,
		.announce = ARP_ANNOUNCE_OWN,
	};
}

static int
send_step(struct vmacs *vs, struct vmac *v, enum vmac_step step)
{
	const struct link *l = links_find_by_name(vs->links, v->want.name);
	const struct link *p = links_find_by_name(vs->links, v->want.parent);
	struct nl_sock *sock = links_socket(vs->links);
	struct vmac_arp arp;

	switch (step) {
	case VMAC_CREATE:
		return vmac_send_create(
		    sock, v->want.name, link_index(p), v->want.mac, &v->seq);
	case VMAC_MARK:
		return mark(vs, v, link_index(l), p);
	case VMAC_PARENT:
		arp = arp_of_parent(p);
		return vmac_send_arp(sock, link_index(p), &arp, &v->seq);
	case VMAC_READY:
		return vmac_send_settings(sock, link_index(l), &v->seq);
	case VMAC_UP:
	case VMAC_DOWN:
		return vmac_send_flags(sock, link_index(l), step == VMAC_UP, &v->seq);
	case VMAC_DELETE:
		restore_parent(vs, l);
		return vmac_send_delete(sock, link_index(l), &v->seq);
	case VMAC_REST:
	case VMAC_CONFLICT:
		break;
	}
	return 0;
}

static void
wait_for_retry(struct vmacs *vs, struct vmac *v)
{
	v->not_before_us = clock_us() + plan_retry_us(v->failures++);
	if (!ev_is_active(&vs->retry))
		ev_timer_again(vs->loop, &vs->retry);
}

static void
fail(struct vmacs *vs, struct vmac *v, const char *why)
{
	uint32_t held;

	wait_for_retry(vs, v);
	if (log_allowed(&vs->failed, clock_us(), &held))
		log_err("macvlan %s on %s: %s; tried again", v->want.name, v->want.parent,
		    why);
	if (!v->has_failed && vs->fn) {
		v->has_failed = true;
		vs->fn(vs->arg, v->want.name);
	}
}

static void
consider(struct vmacs *vs, struct vmac *v)
{
	struct vmac_place place;
	enum vmac_step step;

	if (v->flying != VMAC_REST || clock_us() < v->not_before_us)
		return;
	place = survey(vs, v);
	v->was_there |= place.fits && place.marked;
	step = vmac_plan(v->wanted, v->want.up, &place);
	if (step == VMAC_CONFLICT) {
		fail(vs, v, "a device that is not vipd's has this name");
	} else if (step != VMAC_REST) {
		if (send_step(vs, v, step))
			fail(vs, v, "the request was not sent");
		else
			v->flying = step;
	} else if (!v->wanted) {
		DL_DELETE(vs->list, v);
		free(v);
	}
}

static void
consider_all(struct vmacs *vs)
{
	struct vmac *v, *tmp;

	DL_FOREACH_SAFE(vs->list, v, tmp)
	consider(vs, v);
}

/* ---- answers ---- */

/* A router's advertisement would give it addresses, by the virtual MAC. */
static void
refuse_ra(const struct vmac *v)
{
	int error = sysctl_write("net/ipv6/conf", v->want.name, "accept_ra", "0");

	if (error && error != -ENOENT)
		log_warn("%s: net.ipv6.conf.%s.accept_ra: %s; router advertisements may "
			 "give it addresses (in a unit: ProtectKernelTunables=no)",
		    v->want.name, v->want.name, strerror(-error));
}

static void
carry_on(struct vmacs *vs, struct vmac *v, enum vmac_step step)
{
	const struct link *l = links_find_by_name(vs->links, v->want.name);
	const struct link *p = links_find_by_name(vs->links, v->want.parent);
	struct vmac_arp arp;

	v->failures = 0;
	if (step == VMAC_CREATE)
		log_info("%s: made macvlan %s", v->want.parent, v->want.name);
	if (step == VMAC_MARK && l)
		links_note_vmac(vs->links, link_index(l), &v->before);
	if (step == VMAC_PARENT && p) {
		arp = arp_of_parent(p);
		links_note_arp(vs->links, link_index(p), &arp);
	}
	if (step == VMAC_READY && l) {
		v->ready_ifindex = link_index(l);
		refuse_ra(v);
	}
}

void
vmacs_on_answer(struct vmacs *vs, uint32_t seq, int error)
{
	struct vmac *v;
	enum vmac_step step;

	DL_FOREACH(vs->list, v)
	if (v->flying != VMAC_REST && v->seq == seq)
		break;
	if (!v)
		return;
	step = v->flying;
	v->flying = VMAC_REST;
	if (step == VMAC_MARK && error == EAFNOSUPPORT && !v->without_ipv6)
		v->without_ipv6 = true;
	/* Gone already is gone. */
	else if (!error || (step == VMAC_DELETE && error == ENODEV))
		carry_on(vs, v, step);
	else
		fail(vs, v, strerror(error));
	consider(vs, v);
}

/* ---- from outside ---- */

static void
adopt(void *arg, const struct link *l)
{
	struct vmacs *vs = arg;
	struct msg_interface shown;

	if (!link_details(l)->is_vmac)
		return;
	link_fill(l, &shown);
	get(vs, shown.name);
}

void
vmacs_on_link(struct vmacs *vs, uint32_t ifindex)
{
	const char *name = links_name(vs->links, ifindex);
	const struct link *l = name ? links_find_by_name(vs->links, name) : NULL;

	if (l)
		adopt(vs, l);
	consider_all(vs);
}

enum vmac_standing
vmacs_standing(const struct vmacs *vs, const char *name, const char *parent)
{
	const struct link *l = links_find_by_name(vs->links, name);
	const struct vmac *v = find(vs, name);

	return vmac_standing(links_find_by_name(vs->links, parent) != NULL,
	    l && link_details(l)->is_vmac, v && v->was_there, v && v->has_failed);
}

static bool
same_device(const struct vmac_want *a, const struct vmac_want *b)
{
	return !strcmp(a->parent, b->parent) && !memcmp(a->mac, b->mac, sizeof(a->mac));
}

void
vmacs_want(struct vmacs *vs, const struct vmac_want *list, size_t n)
{
	struct vmac *v;

	vs->round++;
	for (size_t i = 0; i < n; i++) {
		v = get(vs, list[i].name);
		v->round = vs->round;
		if (!v->wanted || !same_device(&v->want, &list[i]))
			v->was_there = v->has_failed = false;
		v->want = list[i];
	}
	links_each(vs->links, adopt, vs);
	DL_FOREACH(vs->list, v)
	v->wanted = v->round == vs->round;
	consider_all(vs);
}

bool
vmacs_gone(const struct vmacs *vs)
{
	return !vs->list;
}

static void
on_retry(struct ev_loop *loop, ev_timer *w, int events)
{
	struct vmacs *vs = container_of(w, struct vmacs, retry);
	bool waiting = false;
	struct vmac *v;

	(void)events;
	consider_all(vs);
	DL_FOREACH(vs->list, v)
	waiting |= v->failures > 0;
	if (!waiting)
		ev_timer_stop(loop, w);
}

struct vmacs *
vmacs_new(struct ev_loop *loop, struct links *links, vmac_failed_fn *fn, void *arg)
{
	struct vmacs *vs = xcalloc(1, sizeof(*vs));

	vs->loop = loop;
	vs->links = links;
	vs->fn = fn;
	vs->arg = arg;
	vs->failed.interval_us = LOG_INTERVAL_US;
	ev_timer_init(&vs->retry, on_retry, RETRY_CHECK_S, RETRY_CHECK_S);
	return vs;
}

void
vmacs_free(struct vmacs *vs)
{
	struct vmac *v, *tmp;

	ev_timer_stop(vs->loop, &vs->retry);
	DL_FOREACH_SAFE(vs->list, v, tmp)
	free(v);
	free(vs);
}

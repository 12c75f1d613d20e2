/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flows.h"

#include <linux/netfilter/nf_conntrack_common.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "mem.h"

struct flow_note {
	struct target_key key; /* of a port; of an address: lost, gained */
	bool served;
	bool lost;
	bool gained;
	struct endpoint *gone;
	size_t n_gone;
	UT_hash_handle hh;
};

struct held_address {
	struct ipaddr addr;
	UT_hash_handle hh;
};

static void
free_notes(struct flow_note **notes)
{
	struct flow_note *n, *next;

	HASH_ITER(hh, *notes, n, next)
	{
		HASH_DEL(*notes, n);
		free(n->gone);
		free(n);
	}
}

void
flows_fini(struct flows *f)
{
	struct held_address *h, *next;

	free_notes(&f->noted);
	free_notes(&f->taken);
	HASH_ITER(hh, f->held, h, next)
	{
		HASH_DEL(f->held, h);
		free(h);
	}
}

/* ---- noting ---- */

static struct flow_note *
note(struct flows *f, const struct target_key *key)
{
	struct flow_note *n;

	HASH_FIND(hh, f->noted, key, sizeof(*key), n);
	if (n)
		return n;
	n = xcalloc(1, sizeof(*n));
	n->key = *key;
	f->urgent |= key->proto != IPPROTO_TCP;
	HASH_ADD(hh, f->noted, key, sizeof(n->key), n);
	return n;
}

static bool
has_endpoint(const struct endpoint *list, size_t n, const struct endpoint *e)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].port == e->port &&
		    memcmp(list[i].addr, e->addr, sizeof(e->addr)) == 0)
			return true;
	return false;
}

static void
note_gone(struct flow_note *n, const struct endpoint *e)
{
	if (has_endpoint(n->gone, n->n_gone, e))
		return;
	n->gone = xreallocarray(n->gone, n->n_gone + 1, sizeof(*n->gone));
	n->gone[n->n_gone++] = *e;
}

static bool
serves(const struct image *im)
{
	return im->sets & 1u << SET_SERVED;
}

void
flows_changed(struct flows *f, const struct target_key *key, const struct image *old,
    const struct image *new)
{
	static const struct image nothing;

	old = old ? old : &nothing;
	new = new ? new : &nothing;
	if (!key->proto)
		return;
	if (serves(new) && !serves(old) && key->proto != IPPROTO_TCP)
		note(f, key)->served = true;
	if (!serves(old))
		return; /* others' flows (mode none) */
	for (size_t i = 0; i < old->n_endpoints; i++)
		if (!has_endpoint(new->endpoints, new->n_endpoints, &old->endpoints[i]))
			note_gone(note(f, key), &old->endpoints[i]);
}

void
flows_hold(struct flows *f, const struct ipaddr *addr, enum held held)
{
	struct target_key key = { .addr = *addr };
	struct flow_note *n = note(f, &key);
	struct held_address *h;

	n->gained = held == HELD_GAINED;
	n->lost = held == HELD_LOST;
	HASH_FIND(hh, f->held, addr, sizeof(*addr), h);
	if (held != HELD_LOST && !h) {
		h = xcalloc(1, sizeof(*h));
		h->addr = *addr;
		HASH_ADD(hh, f->held, addr, sizeof(h->addr), h);
	} else if (held == HELD_LOST && h) {
		HASH_DEL(f->held, h);
		free(h);
	}
}

void
flows_absent(struct flows *f, const struct ipaddr *addr)
{
	struct held_address *h;

	HASH_FIND(hh, f->held, addr, sizeof(*addr), h);
	if (!h)
		flows_hold(f, addr, HELD_LOST);
}

/* ---- judging ---- */

bool
flows_are_noted(const struct flows *f)
{
	return f->noted;
}

bool
flows_are_urgent(const struct flows *f)
{
	return f->urgent;
}

void
flows_take(struct flows *f)
{
	f->urgent = false;
	free_notes(&f->taken);
	f->taken = f->noted;
	f->noted = NULL;
}

const struct ipaddr *
flows_only_address(const struct flows *f)
{
	const struct ipaddr *addr = f->taken ? &f->taken->key.addr : NULL;

	for (const struct flow_note *n = f->taken; n; n = n->hh.next)
		if (!ipaddr_eq(&n->key.addr, addr))
			return NULL;
	return addr;
}

static const struct flow_note *
find(const struct flows *f, const struct flow *flow, bool port)
{
	struct target_key key = { .addr = flow->dst };
	struct flow_note *n;

	if (port) {
		key.port = flow->dport;
		key.proto = flow->proto;
	}
	HASH_FIND(hh, f->taken, &key, sizeof(key), n);
	return n;
}

static bool
is_translated(const struct flow *flow)
{
	return flow->status & IPS_DST_NAT;
}

static bool
is_stale_by_port(const struct flow_note *n, const struct flow *flow)
{
	struct endpoint answers = { .port = flow->reply_sport };

	memcpy(answers.addr, flow->reply_src.bytes, sizeof(answers.addr));
	if (!is_translated(flow))
		return n->served;
	if (!has_endpoint(n->gone, n->n_gone, &answers))
		return false;
	return flow->proto != IPPROTO_TCP || !(flow->status & IPS_SEEN_REPLY);
}

static bool
is_stale_by_address(
    const struct flows *f, const struct flow_note *n, const struct flow *flow)
{
	bool concerned = flow->proto == IPPROTO_UDP || f->keeps_tcp;

	return concerned && (is_translated(flow) ? n->lost : n->gained);
}

static bool
is_relaxed(const struct flows *f, const struct flow_note *n, const struct flow *flow)
{
	return f->relaxes_tcp && flow->proto == IPPROTO_TCP && is_translated(flow) &&
	    (n->lost || n->gained);
}

enum flow_fate
flows_fate(const struct flows *f, const struct flow *flow)
{
	const struct flow_note *n;

	if (flow->proto != IPPROTO_TCP && flow->proto != IPPROTO_UDP &&
	    flow->proto != IPPROTO_SCTP)
		return FLOW_STAYS;
	n = find(f, flow, true);
	if (n && is_stale_by_port(n, flow))
		return FLOW_ENDS;
	n = find(f, flow, false);
	if (n && is_stale_by_address(f, n, flow))
		return FLOW_ENDS;
	return n && is_relaxed(f, n, flow) ? FLOW_RELAXED : FLOW_STAYS;
}

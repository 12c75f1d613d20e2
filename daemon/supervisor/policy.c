/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "policy.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <utlist.h>

#include "clock.h"
#include "heal.h"
#include "log.h"
#include "mem.h"
#include "netlink.h"
#include "plan.h"

#define RETRY_CHECK_S 0.1

struct entry {
	struct policy_rule rule;
	bool wanted;
	bool present;
	bool seen;    /* in the dump under way */
	bool residue; /* was never wanted */
	bool deleted; /* by somebody else */
	bool flying;
	bool adding; /* while flying */
	uint32_t seq;
	int error; /* told last */
	unsigned failures;
	uint64_t not_before_us;
	struct heal heal;
	struct entry *prev, *next;
};

struct policy {
	struct ev_loop *loop;
	struct netlink netlink;
	struct entry *entries;
	ev_timer work;
	ev_timer retry;
	unsigned removed, removed_told;
	void (*on_gone)(void *arg);
	void *arg;
};

static struct entry *
find(struct policy *p, const struct policy_rule *rule)
{
	struct entry *e;

	DL_FOREACH(p->entries, e)
	{
		if (!memcmp(&e->rule, rule, sizeof(*rule)))
			break;
	}
	return e;
}

static struct entry *
get(struct policy *p, const struct policy_rule *rule)
{
	struct entry *e = find(p, rule);

	if (e)
		return e;
	e = xcalloc(1, sizeof(*e));
	e->rule = *rule;
	DL_APPEND(p->entries, e);
	return e;
}

static void
work_soon(struct policy *p)
{
	if (ev_is_active(&p->work))
		return;
	ev_timer_set(&p->work, 0., 0.);
	ev_timer_start(p->loop, &p->work);
}

/* ---- one rule ---- */

static void
tell_failed(struct entry *e, int error)
{
	char text[POLICY_RULE_STRLEN];

	if (e->error == error)
		return;
	e->error = error;
	log_err("cannot %s the rule %s: %s; tried again", e->adding ? "add" : "remove",
	    policy_rule_format(&e->rule, text), strerror(error));
}

static void
tell_healed(struct entry *e)
{
	char text[POLICY_RULE_STRLEN];

	log_warn("the rule %s was deleted by somebody else; put back%s",
	    policy_rule_format(&e->rule, text),
	    e->heal.slowed ? ", from now on every 10 s" : "");
	e->deleted = false;
}

static void
settle(struct policy *p, struct entry *e, int error)
{
	bool gone = !e->adding && (!error || error == ENOENT);

	e->flying = false;
	if (error && !gone) {
		tell_failed(e, error);
		e->not_before_us = clock_us() + plan_retry_us(e->failures++);
		ev_timer_again(p->loop, &p->retry);
	} else {
		p->removed += gone && e->residue;
		e->present = e->adding;
		e->error = 0;
		e->failures = 0;
		if (e->adding && e->deleted)
			tell_healed(e);
	}
	work_soon(p);
}

static void
consider(struct policy *p, struct entry *e, uint64_t now)
{
	if (e->flying || e->wanted == e->present)
		return;
	if (now < e->not_before_us) {
		if (!ev_is_active(&p->retry))
			ev_timer_again(p->loop, &p->retry);
		return;
	}
	e->flying = true;
	e->adding = e->wanted;
	if (policy_rule_send(p->netlink.sock, e->adding, &e->rule, &e->seq) < 0)
		settle(p, e, ENOBUFS);
}

static void
on_work(struct ev_loop *loop, ev_timer *w, int events)
{
	struct policy *p = container_of(w, struct policy, work);
	uint64_t now = clock_us();
	struct entry *e, *tmp;

	(void)loop;
	(void)events;
	DL_FOREACH_SAFE(p->entries, e, tmp)
	{
		consider(p, e, now);
		if (!e->wanted && !e->present && !e->flying) {
			DL_DELETE(p->entries, e);
			free(e);
		}
	}
	if (p->removed != p->removed_told)
		log_info("removed %u routing rules that a dead vipd left",
		    p->removed - p->removed_told);
	p->removed_told = p->removed;
	if (p->on_gone && policy_gone(p))
		p->on_gone(p->arg);
}

static void
on_retry(struct ev_loop *loop, ev_timer *w, int events)
{
	struct policy *p = container_of(w, struct policy, retry);

	(void)events;
	ev_timer_stop(loop, w);
	work_soon(p);
}

/* ---- what the kernel tells ---- */

static void
on_message(void *arg, struct nlmsghdr *nlh)
{
	struct policy *p = arg;
	struct policy_rule rule;
	struct entry *e;
	bool began;

	if (!policy_rule_read(nlh, &rule))
		return;
	if (nlh->nlmsg_type == RTM_NEWRULE) {
		e = get(p, &rule);
		e->residue |= !e->wanted && !e->present && !e->flying;
		e->present = e->seen = true;
	} else if ((e = find(p, &rule)) && e->present) {
		e->present = false;
		if (e->wanted && !e->flying) {
			e->deleted = true;
			e->not_before_us =
			    clock_us() + heal_delay(&e->heal, clock_us(), &began);
		}
	}
	work_soon(p);
}

static void
on_answer(void *arg, uint32_t seq, int error)
{
	struct policy *p = arg;
	struct entry *e;

	DL_FOREACH(p->entries, e)
	{
		if (e->flying && e->seq == seq) {
			settle(p, e, error);
			return;
		}
	}
}

static void
on_dump(void *arg)
{
	struct policy *p = arg;
	struct entry *e;

	DL_FOREACH(p->entries, e)
	{
		e->seen = false;
		/* Its answer may be among what was lost. */
		e->flying = false;
	}
}

static void
on_dumped(void *arg)
{
	struct policy *p = arg;
	struct entry *e;

	DL_FOREACH(p->entries, e)
	{
		if (!e->seen && !e->flying)
			e->present = false;
	}
	work_soon(p);
}

/* ---- from outside ---- */

void
policy_want(struct policy *p, const struct policy_rule *rules, size_t n)
{
	struct entry *e;

	DL_FOREACH(p->entries, e)
	e->wanted = false;
	for (size_t i = 0; i < n; i++) {
		e = get(p, &rules[i]);
		e->wanted = true;
		e->residue = false;
	}
	DL_FOREACH(p->entries, e)
	{
		if (e->wanted != e->present) {
			work_soon(p);
			return;
		}
	}
}

bool
policy_gone(const struct policy *p)
{
	return !p->entries;
}

unsigned
policy_removed(const struct policy *p)
{
	return p->removed;
}

struct policy *
policy_new(struct ev_loop *loop, void (*on_gone)(void *arg), void *arg)
{
	static const int groups[] = { RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE, 0 };
	static const struct netlink_dump dumps[] = {
		{ RTM_GETRULE, AF_INET, 0 },
		{ RTM_GETRULE, AF_INET6, 0 },
		{ 0 },
	};
	static const struct netlink_ops ops = {
		.on_message = on_message,
		.on_answer = on_answer,
		.on_dump = on_dump,
		.on_dumped = on_dumped,
	};
	struct policy *p = xcalloc(1, sizeof(*p));

	p->loop = loop;
	p->on_gone = on_gone;
	p->arg = arg;
	ev_timer_init(&p->work, on_work, 0., 0.);
	ev_timer_init(&p->retry, on_retry, RETRY_CHECK_S, RETRY_CHECK_S);
	netlink_open(&p->netlink, loop, groups, dumps, &ops, p);
	netlink_wait_dumped(&p->netlink);
	netlink_start(&p->netlink);
	return p;
}

void
policy_free(struct policy *p)
{
	struct entry *e, *tmp;

	ev_timer_stop(p->loop, &p->work);
	ev_timer_stop(p->loop, &p->retry);
	netlink_close(&p->netlink);
	DL_FOREACH_SAFE(p->entries, e, tmp)
	{
		DL_DELETE(p->entries, e);
		free(e);
	}
	free(p);
}

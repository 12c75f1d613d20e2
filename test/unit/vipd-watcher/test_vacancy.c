/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vacancy.h and report.h: what is said of an address that nobody holds. */
#include "watcher/vacancy.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "unit.h"
#include "watcher/holder.h"
#include "watcher/report.h"
#include "watcher/settings.h"
#include "watcher/store.h"
#include "watcher/writer.h"

#define S US_PER_S

static struct settings settings;
static struct store store;
static struct holder holder;
static struct vacancy vacancy;

/* ---- in the place of writer.c ---- */

static bool leading;
static unsigned holds;
static char held[STATUS_MESSAGE_MAX]; /* the last VIPReady; empty: none */

bool
writer_leads(const struct writer *w)
{
	(void)w;
	return leading;
}

const char *
writer_node(const struct writer *w)
{
	(void)w;
	return "a";
}

void
writer_hold(
    struct writer *w, const struct service_object *s, const struct service_status *want)
{
	const struct status_condition *c = &want->conditions[STATUS_READY];

	(void)w;
	(void)s;
	holds++;
	snprintf(held, sizeof(held), "%s%s%s", c->present ? c->reason : "",
	    c->present ? " " : "", c->present ? c->message : "");
}

void
writer_event(struct writer *w, const struct service_object *s, enum event_reason reason,
    const char *fmt, ...)
{
	(void)w;
	(void)s;
	(void)reason;
	(void)fmt;
}

void
writer_forget(struct writer *w, const char *key)
{
	(void)w;
	(void)key;
}

/* ---- a cluster of the nodes a (this one) and b ---- */

static void
add_lease(const char *node, enum vrrp_state state, uint64_t now_us)
{
	struct peer_object *p = xcalloc(1, sizeof(*p));
	static unsigned version;

	snprintf(p->version, sizeof(p->version), "%u", ++version);
	str_copy(p->head.name, sizeof(p->head.name), node);
	p->instances = xcalloc(1, sizeof(*p->instances));
	p->n_instances = 1;
	str_copy(p->instances[0].name, sizeof(p->instances[0].name), "edge");
	p->instances[0].state = (uint8_t)state;
	peers_put(&store.peers, p, now_us);
}

static void
set_here(enum vrrp_state state, const char *master)
{
	struct msg_here m = { .instance = "edge", .state = (uint8_t)state };

	if (master)
		ck_assert(ipaddr_parse(master, &m.master));
	holder_here(&holder, &m);
}

static void
add_service(void)
{
	struct service_object *s = xcalloc(1, sizeof(*s));

	str_copy(s->id.ns, sizeof(s->id.ns), "default");
	str_copy(s->id.name, sizeof(s->id.name), "web");
	s->external_ips = xcalloc(1, sizeof(*s->external_ips));
	ck_assert(ipaddr_parse("192.0.2.18", &s->external_ips[0]));
	s->n_external_ips = 1;
	s->ports = xcalloc(1, sizeof(*s->ports));
	s->ports[0] = (struct service_port){ 80, IPPROTO_TCP, xstrdup("") };
	s->n_ports = 1;
	s->asks = true;
	store_put_service(&store, s);
}

static void
begin(void)
{
	static struct iprange lan;
	static struct placement_instance edge = { .name = "edge", .vrid = 87 };

	ck_assert(iprange_parse("192.0.2.0/24", &lan));
	edge.ranges = &lan;
	edge.n_ranges = 1;
	settings = (struct settings){
		.external_ips = &lan,
		.n_external_ips = 1,
		.instances = &edge,
		.n_instances = 1,
	};
	store_init(&store, &settings);
	add_service();
	leading = true;
	holds = 0;
	held[0] = '\0';
}

static void
end(void)
{
	vacancy_fini(&vacancy);
	holder_fini(&holder);
	holder = (struct holder){ 0 };
	store_fini(&store);
}

static void
tick(uint64_t now_us)
{
	vacancy_update(&vacancy, &store, &holder, "a", now_us);
	report_vacant(NULL, &vacancy, &store, now_us);
}

/* W3 */
START_TEST(an_address_that_nobody_holds_for_half_a_minute_is_told_as_such)
{
	begin();
	add_lease("a", VRRP_BACKUP, 100 * S);
	add_lease("b", VRRP_MASTER, 100 * S);
	tick(100 * S);
	add_lease("b", VRRP_FAULT, 110 * S);
	tick(110 * S);
	tick(139 * S);
	ck_assert_uint_eq(holds, 0);
	tick(140 * S);
	ck_assert_str_eq(held, "NoMaster 192.0.2.18: no node is MASTER of instance edge");
	/* A master is there: it speaks for itself, and nothing more is said here. */
	add_lease("b", VRRP_MASTER, 150 * S);
	tick(150 * S);
	ck_assert_str_eq(held, "");
	holds = 0;
	tick(160 * S);
	ck_assert_uint_eq(holds, 0);
	end();
}
END_TEST

START_TEST(a_failover_is_not_worth_a_write)
{
	begin();
	add_lease("a", VRRP_BACKUP, 100 * S);
	for (uint64_t t = 100; t < 1000; t += 10) {
		add_lease("a", VRRP_BACKUP, t * S);
		add_lease("b", t % 30 ? VRRP_BACKUP : VRRP_MASTER, t * S);
		tick(t * S);
	}
	ck_assert_uint_eq(holds, 0);
	end();
}
END_TEST

START_TEST(who_does_not_lead_or_does_not_know_says_nothing)
{
	begin();
	leading = false;
	add_lease("a", VRRP_BACKUP, 100 * S);
	tick(100 * S);
	tick(200 * S);
	ck_assert_uint_eq(holds, 0);
	/* Its own Lease is stale: so may be the others'. */
	leading = true;
	tick(290 * S);
	ck_assert_uint_eq(holds, 0);
	end();
}
END_TEST

START_TEST(a_master_of_which_no_lease_tells_is_one_all_the_same)
{
	begin();
	set_here(VRRP_BACKUP, "192.0.2.9");
	add_lease("a", VRRP_BACKUP, 100 * S);
	tick(100 * S);
	tick(140 * S);
	ck_assert_uint_eq(holds, 0);
	set_here(VRRP_FAULT, NULL);
	tick(150 * S);
	tick(180 * S);
	ck_assert_uint_eq(holds, 1);
	end();
}
END_TEST

START_TEST(a_dead_nodes_lease_counts_until_it_is_stale)
{
	begin();
	add_lease("b", VRRP_MASTER, 100 * S);
	for (uint64_t t = 110; t <= 300; t += 10) {
		add_lease("a", VRRP_BACKUP, t * S);
		tick(t * S);
	}
	ck_assert_uint_eq(holds, 0);
	add_lease("a", VRRP_BACKUP, 320 * S);
	tick(320 * S);
	ck_assert_uint_eq(holds, 1);
	end();
}
END_TEST

UNIT_MAIN("vacancy", an_address_that_nobody_holds_for_half_a_minute_is_told_as_such,
    a_failover_is_not_worth_a_write, who_does_not_lead_or_does_not_know_says_nothing,
    a_master_of_which_no_lease_tells_is_one_all_the_same,
    a_dead_nodes_lease_counts_until_it_is_stale)

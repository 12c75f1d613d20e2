/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/vrrp.h"

#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "unit.h"

#define T0 (1000 * US_PER_S)
#define NOW (T0 + 10 * US_PER_MS)
/* Priority 150. v3 at 100 ms: skew 106/256 of it; v2 at 1 s: of a second. */
#define SKEW3 41406
#define DOWN3 (300000 + SKEW3)
#define SKEW2 414062
#define DOWN2 (3000000 + SKEW2)
#define NEVER (-1)
#define SAME (-2)

static struct vrrp r;
static struct vrrp_actions done;

static struct ipaddr
host(uint8_t last)
{
	return ipaddr_from4((uint8_t[4]){ 192, 0, 2, last });
}

static struct vrrp_config
config(uint8_t version, uint8_t priority)
{
	return (struct vrrp_config){
		.source = host(10),
		.version = version,
		.priority = priority,
		.preempt = true,
		.down_adverts = 3,
		.advert_us = version == 2 ? 1000000 : 100000,
	};
}

static void
event(enum vrrp_event_type type, uint64_t now)
{
	struct vrrp_event ev = { .type = type, .reason = VRRP_REASON_LINK_DOWN };

	vrrp_step(&r, &ev, now, &done);
}

static void
hear(uint8_t priority, uint8_t from, uint32_t advert_us, uint64_t now)
{
	struct vrrp_event ev = { .type = VRRP_EV_ADVERT };

	ev.advert.priority = priority;
	ev.advert.source = host(from);
	ev.advert.advert_us = advert_us;
	vrrp_step(&r, &ev, now, &done);
}

static void
configure(const struct vrrp_config *c, uint64_t now)
{
	struct vrrp_event ev = { .type = VRRP_EV_CONFIG, .config = c };

	vrrp_step(&r, &ev, now, &done);
}

/* What was done, in words. */
static const char *
actions(void)
{
	static char text[128];
	size_t n = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < done.count; i++) {
		static const char *const names[] = {
			[VRRP_DO_ANNOUNCE] = "announce",
			[VRRP_DO_REANNOUNCE] = "reannounce",
			[VRRP_DO_SILENCE] = "silence",
			[VRRP_DO_REPORT] = "report",
		};
		const char *space = i ? " " : "";

		if (done.list[i].type == VRRP_DO_SEND)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%ssend %u",
			    space, done.list[i].priority);
		else
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", space,
			    names[done.list[i].type]);
	}
	return text;
}

enum start { INIT, RESUMING, BACKUP, CLAIMING, MASTER, FAULT };

static void
reach(enum start state, const struct vrrp_config *c)
{
	vrrp_init(&r, c, T0);
	switch (state) {
	case INIT:
		return;
	case RESUMING:
		event(VRRP_EV_RESUME, T0);
		return;
	case FAULT:
		event(VRRP_EV_FAULT, T0);
		return;
	case BACKUP:
		event(VRRP_EV_STARTUP, T0);
		return;
	case CLAIMING:
		event(VRRP_EV_STARTUP, T0);
		event(VRRP_EV_MASTER_DOWN_TIMER, T0);
		return;
	case MASTER:
		event(VRRP_EV_STARTUP, T0);
		event(VRRP_EV_MASTER_DOWN_TIMER, T0);
		event(VRRP_EV_CLAIM_TIMER, T0);
		return;
	}
}

/* One cell of the tables of RFC 9568 6.4 and RFC 3768 6.4. */
struct cell {
	const char *name;
	uint8_t version;
	uint8_t priority; /* 0: 150 */
	bool nopreempt;
	enum start from;
	enum vrrp_event_type ev;
	uint8_t heard;     /* priority in the advert */
	uint8_t from_host; /* ours is 10; 0: 20 */
	enum vrrp_state state;
	const char *actions;
	int64_t adver, down, claim; /* armed timers, after NOW */
};

#define STARTUP VRRP_EV_STARTUP
#define SHUTDOWN VRRP_EV_SHUTDOWN
#define ADVERT VRRP_EV_ADVERT
#define DOWN_TIMER VRRP_EV_MASTER_DOWN_TIMER
#define CLAIM_TIMER VRRP_EV_CLAIM_TIMER
#define ADVER_TIMER VRRP_EV_ADVER_TIMER
#define FAIL VRRP_EV_FAULT
#define HOLD VRRP_EV_HOLD
#define RESUME VRRP_EV_RESUME
#define YIELD VRRP_EV_YIELD
/* Not an event: STARTUP of a member of a sync group. */
#define JOINT_STARTUP ((enum vrrp_event_type)100)
#define NONE 0, 0

/* clang-format off */
static const struct cell cells[] = {
/* Initialize */
{ "startup as owner", 3, 255, false, INIT, STARTUP, NONE, VRRP_MASTER, "send 255 report announce", 100000, NEVER, NEVER },
{ "startup as owner", 2, 255, false, INIT, STARTUP, NONE, VRRP_MASTER, "send 255 report announce", 1000000, NEVER, NEVER },
{ "startup", 3, 0, false, INIT, STARTUP, NONE, VRRP_BACKUP, "report", NEVER, DOWN3, NEVER },
{ "startup", 2, 0, false, INIT, STARTUP, NONE, VRRP_BACKUP, "report", NEVER, DOWN2, NEVER },
{ "startup as owner of a group", 3, 255, false, INIT, JOINT_STARTUP, NONE, VRRP_BACKUP, "report", NEVER, 0, NEVER },
{ "startup as owner of a group", 2, 255, false, INIT, JOINT_STARTUP, NONE, VRRP_BACKUP, "report", NEVER, 0, NEVER },
{ "advert in Initialize", 2, 0, false, INIT, ADVERT, 200, 0, VRRP_INIT, "", NEVER, NEVER, NEVER },
{ "shutdown in Initialize", 2, 0, false, INIT, SHUTDOWN, NONE, VRRP_INIT, "", NEVER, NEVER, NEVER },
{ "resuming, nobody else", 2, 0, false, RESUMING, CLAIM_TIMER, NONE, VRRP_MASTER, "send 150 report announce", 1000000, NEVER, NEVER },
{ "resuming, a better master", 2, 0, false, RESUMING, ADVERT, 200, 0, VRRP_BACKUP, "report report", NEVER, DOWN2, NEVER },
{ "resuming, its group yields", 3, 0, false, RESUMING, YIELD, NONE, VRRP_BACKUP, "report", NEVER, DOWN3, NEVER },
{ "resuming, its group yields", 2, 0, false, RESUMING, YIELD, NONE, VRRP_BACKUP, "report", NEVER, DOWN2, NEVER },
{ "advert in Initialize", 3, 0, false, INIT, ADVERT, 200, 0, VRRP_INIT, "", NEVER, NEVER, NEVER },
{ "shutdown in Initialize", 3, 0, false, INIT, SHUTDOWN, NONE, VRRP_INIT, "", NEVER, NEVER, NEVER },
{ "fault in Initialize", 3, 0, false, INIT, FAIL, NONE, VRRP_FAULT, "report", NEVER, NEVER, NEVER },
{ "fault in Initialize", 2, 0, false, INIT, FAIL, NONE, VRRP_FAULT, "report", NEVER, NEVER, NEVER },
{ "hold in Initialize", 3, 0, false, INIT, HOLD, NONE, VRRP_INIT, "report", NEVER, NEVER, NEVER },
{ "hold in Initialize", 2, 0, false, INIT, HOLD, NONE, VRRP_INIT, "report", NEVER, NEVER, NEVER },
{ "resume", 3, 0, false, INIT, RESUME, NONE, VRRP_INIT, "", NEVER, NEVER, 0 },
{ "resume", 2, 0, false, INIT, RESUME, NONE, VRRP_INIT, "", NEVER, NEVER, 0 },
{ "resuming, nobody else", 3, 0, false, RESUMING, CLAIM_TIMER, NONE, VRRP_MASTER, "send 150 report announce", 100000, NEVER, NEVER },
{ "resuming, a lower master", 3, 0, false, RESUMING, ADVERT, 100, 0, VRRP_INIT, "", NEVER, NEVER, SAME },
{ "resuming, a lower master", 2, 0, false, RESUMING, ADVERT, 100, 0, VRRP_INIT, "", NEVER, NEVER, SAME },
{ "resuming, a lower master, nopreempt", 3, 0, true, RESUMING, ADVERT, 100, 0, VRRP_BACKUP, "report report", NEVER, 3 * 200000 + 82812, NEVER },
{ "resuming, a lower master, nopreempt", 2, 0, true, RESUMING, ADVERT, 100, 0, VRRP_BACKUP, "report report", NEVER, DOWN2, NEVER },
{ "resuming, a resignation, nopreempt", 3, 0, true, RESUMING, ADVERT, 0, 0, VRRP_INIT, "", NEVER, NEVER, SAME },
{ "resuming, a resignation, nopreempt", 2, 0, true, RESUMING, ADVERT, 0, 0, VRRP_INIT, "", NEVER, NEVER, SAME },
{ "resuming, a better master", 3, 0, false, RESUMING, ADVERT, 200, 0, VRRP_BACKUP, "report report", NEVER, 3 * 200000 + 82812, NEVER },
/* Backup */
{ "shutdown in Backup", 3, 0, false, BACKUP, SHUTDOWN, NONE, VRRP_INIT, "report", NEVER, NEVER, NEVER },
{ "Master_Down_Timer", 3, 0, false, BACKUP, DOWN_TIMER, NONE, VRRP_BACKUP, "send 150", NEVER, NEVER, 5000 },
{ "Master_Down_Timer", 2, 0, false, BACKUP, DOWN_TIMER, NONE, VRRP_BACKUP, "send 150", NEVER, NEVER, 5000 },
{ "priority 0 in Backup", 3, 0, false, BACKUP, ADVERT, 0, 0, VRRP_BACKUP, "", NEVER, SKEW3, NEVER },
{ "priority 0 in Backup", 2, 0, false, BACKUP, ADVERT, 0, 0, VRRP_BACKUP, "", NEVER, SKEW2, NEVER },
{ "higher in Backup", 3, 0, false, BACKUP, ADVERT, 200, 0, VRRP_BACKUP, "report", NEVER, 3 * 200000 + 82812, NEVER },
{ "higher in Backup", 2, 0, false, BACKUP, ADVERT, 200, 0, VRRP_BACKUP, "report", NEVER, DOWN2, NEVER },
{ "equal in Backup, from a lower address", 3, 0, false, BACKUP, ADVERT, 150, 5, VRRP_BACKUP, "report", NEVER, 3 * 200000 + 82812, NEVER },
{ "equal in Backup, from a lower address", 2, 0, false, BACKUP, ADVERT, 150, 5, VRRP_BACKUP, "report", NEVER, DOWN2, NEVER },
{ "lower in Backup", 3, 0, false, BACKUP, ADVERT, 149, 0, VRRP_BACKUP, "", NEVER, SAME, NEVER },
{ "lower in Backup", 2, 0, false, BACKUP, ADVERT, 149, 0, VRRP_BACKUP, "", NEVER, SAME, NEVER },
{ "lower in Backup, nopreempt", 3, 0, true, BACKUP, ADVERT, 149, 0, VRRP_BACKUP, "report", NEVER, 3 * 200000 + 82812, NEVER },
{ "lower in Backup, nopreempt", 2, 0, true, BACKUP, ADVERT, 149, 0, VRRP_BACKUP, "report", NEVER, DOWN2, NEVER },
{ "shutdown in Backup", 2, 0, false, BACKUP, SHUTDOWN, NONE, VRRP_INIT, "report", NEVER, NEVER, NEVER },
{ "fault in Backup", 2, 0, false, BACKUP, FAIL, NONE, VRRP_FAULT, "report", NEVER, NEVER, NEVER },
{ "its group yields, in Backup", 3, 0, false, BACKUP, YIELD, NONE, VRRP_BACKUP, "", NEVER, SAME, NEVER },
{ "its group yields, in Backup", 2, 0, false, BACKUP, YIELD, NONE, VRRP_BACKUP, "", NEVER, SAME, NEVER },
{ "startup in Backup", 3, 0, false, BACKUP, STARTUP, NONE, VRRP_BACKUP, "", NEVER, SAME, NEVER },
{ "startup in Backup", 2, 0, false, BACKUP, STARTUP, NONE, VRRP_BACKUP, "", NEVER, SAME, NEVER },
{ "fault in Backup", 3, 0, false, BACKUP, FAIL, NONE, VRRP_FAULT, "report", NEVER, NEVER, NEVER },
/* Claiming: still Backup */
{ "claim, nobody answers", 3, 0, false, CLAIMING, CLAIM_TIMER, NONE, VRRP_MASTER, "report announce", 90000, NEVER, NEVER },
{ "claim, a higher one answers", 3, 0, false, CLAIMING, ADVERT, 151, 5, VRRP_BACKUP, "report", NEVER, 3 * 200000 + 82812, NEVER },
{ "claim, an equal one with a higher address", 3, 0, false, CLAIMING, ADVERT, 150, 20, VRRP_BACKUP, "report", NEVER, 3 * 200000 + 82812, NEVER },
{ "claim, an equal one with a higher address", 2, 0, false, CLAIMING, ADVERT, 150, 20, VRRP_BACKUP, "report", NEVER, DOWN2, NEVER },
{ "claim, an equal one with a lower address", 3, 0, false, CLAIMING, ADVERT, 150, 5, VRRP_BACKUP, "send 150", NEVER, NEVER, SAME },
{ "claim, an equal one with a lower address", 2, 0, false, CLAIMING, ADVERT, 150, 5, VRRP_BACKUP, "send 150", NEVER, NEVER, SAME },
{ "claim, a lower one", 3, 0, false, CLAIMING, ADVERT, 149, 20, VRRP_BACKUP, "send 150", NEVER, NEVER, SAME },
{ "claim, a lower one, nopreempt", 3, 0, true, CLAIMING, ADVERT, 149, 20, VRRP_BACKUP, "send 150", NEVER, NEVER, SAME },
{ "claim, a lower one, nopreempt", 2, 0, true, CLAIMING, ADVERT, 149, 20, VRRP_BACKUP, "send 150", NEVER, NEVER, SAME },
{ "claim, priority 0", 3, 0, false, CLAIMING, ADVERT, 0, 20, VRRP_BACKUP, "send 150", NEVER, NEVER, SAME },
{ "claim, priority 0", 2, 0, false, CLAIMING, ADVERT, 0, 20, VRRP_BACKUP, "send 150", NEVER, NEVER, SAME },
{ "claim, nobody answers", 2, 0, false, CLAIMING, CLAIM_TIMER, NONE, VRRP_MASTER, "report announce", 990000, NEVER, NEVER },
{ "claim, a higher one answers", 2, 0, false, CLAIMING, ADVERT, 151, 5, VRRP_BACKUP, "report", NEVER, DOWN2, NEVER },
{ "claim, a lower one", 2, 0, false, CLAIMING, ADVERT, 149, 20, VRRP_BACKUP, "send 150", NEVER, NEVER, SAME },
{ "claim, its group yields", 3, 0, false, CLAIMING, YIELD, NONE, VRRP_BACKUP, "report", NEVER, DOWN3, NEVER },
{ "claim, its group yields", 2, 0, false, CLAIMING, YIELD, NONE, VRRP_BACKUP, "report", NEVER, DOWN2, NEVER },
{ "claim, shutdown", 3, 0, false, CLAIMING, SHUTDOWN, NONE, VRRP_INIT, "report", NEVER, NEVER, NEVER },
{ "claim, shutdown", 2, 0, false, CLAIMING, SHUTDOWN, NONE, VRRP_INIT, "report", NEVER, NEVER, NEVER },
{ "claim, fault", 3, 0, false, CLAIMING, FAIL, NONE, VRRP_FAULT, "report", NEVER, NEVER, NEVER },
{ "claim, fault", 2, 0, false, CLAIMING, FAIL, NONE, VRRP_FAULT, "report", NEVER, NEVER, NEVER },
/* Active */
{ "shutdown as master", 3, 0, false, MASTER, SHUTDOWN, NONE, VRRP_INIT, "send 0 silence report", NEVER, NEVER, NEVER },
{ "shutdown as master", 2, 0, false, MASTER, SHUTDOWN, NONE, VRRP_INIT, "send 0 silence report", NEVER, NEVER, NEVER },
{ "Adver_Timer", 3, 0, false, MASTER, ADVER_TIMER, NONE, VRRP_MASTER, "send 150", 190000, NEVER, NEVER },
{ "Adver_Timer", 2, 0, false, MASTER, ADVER_TIMER, NONE, VRRP_MASTER, "send 150", 1990000, NEVER, NEVER },
{ "priority 0 as master", 3, 0, false, MASTER, ADVERT, 0, 0, VRRP_MASTER, "send 150", 100000, NEVER, NEVER },
{ "priority 0 as master", 2, 0, false, MASTER, ADVERT, 0, 0, VRRP_MASTER, "send 150", 1000000, NEVER, NEVER },
{ "higher as master", 3, 0, false, MASTER, ADVERT, 151, 5, VRRP_BACKUP, "silence report report", NEVER, 3 * 200000 + 82812, NEVER },
{ "higher as master", 2, 0, false, MASTER, ADVERT, 151, 5, VRRP_BACKUP, "silence report report", NEVER, DOWN2, NEVER },
{ "higher as master, nopreempt", 3, 0, true, MASTER, ADVERT, 151, 5, VRRP_BACKUP, "silence report report", NEVER, 3 * 200000 + 82812, NEVER },
{ "higher as master, nopreempt", 2, 0, true, MASTER, ADVERT, 151, 5, VRRP_BACKUP, "silence report report", NEVER, DOWN2, NEVER },
{ "equal as master, from a higher address", 3, 0, false, MASTER, ADVERT, 150, 11, VRRP_BACKUP, "silence report report", NEVER, 3 * 200000 + 82812, NEVER },
{ "equal as master, from a higher address", 2, 0, false, MASTER, ADVERT, 150, 11, VRRP_BACKUP, "silence report report", NEVER, DOWN2, NEVER },
{ "equal as master, from an unsigned higher address", 3, 0, false, MASTER, ADVERT, 150, 200, VRRP_BACKUP, "silence report report", NEVER, 3 * 200000 + 82812, NEVER },
{ "equal as master, from an unsigned higher address", 2, 0, false, MASTER, ADVERT, 150, 200, VRRP_BACKUP, "silence report report", NEVER, DOWN2, NEVER },
{ "equal as master, from a lower address", 3, 0, false, MASTER, ADVERT, 150, 9, VRRP_MASTER, "send 150 reannounce", SAME, NEVER, NEVER },
{ "equal as master, from a lower address", 2, 0, false, MASTER, ADVERT, 150, 9, VRRP_MASTER, "reannounce", SAME, NEVER, NEVER },
{ "lower as master", 3, 0, false, MASTER, ADVERT, 149, 20, VRRP_MASTER, "send 150 reannounce", SAME, NEVER, NEVER },
{ "lower as master", 2, 0, false, MASTER, ADVERT, 149, 20, VRRP_MASTER, "reannounce", SAME, NEVER, NEVER },
{ "its group yields, as master", 3, 0, false, MASTER, YIELD, NONE, VRRP_BACKUP, "send 0 silence report", NEVER, DOWN3, NEVER },
{ "its group yields, as master", 2, 0, false, MASTER, YIELD, NONE, VRRP_BACKUP, "send 0 silence report", NEVER, DOWN2, NEVER },
{ "fault as master", 2, 0, false, MASTER, FAIL, NONE, VRRP_FAULT, "send 0 silence report", NEVER, NEVER, NEVER },
{ "fault as master", 3, 0, false, MASTER, FAIL, NONE, VRRP_FAULT, "send 0 silence report", NEVER, NEVER, NEVER },
/* FAULT */
{ "the fault is over", 3, 0, false, FAULT, STARTUP, NONE, VRRP_BACKUP, "report", NEVER, DOWN3, NEVER },
{ "the fault of an owner is over", 3, 255, false, FAULT, STARTUP, NONE, VRRP_MASTER, "send 255 report announce", 100000, NEVER, NEVER },
{ "the fault is over", 2, 0, false, FAULT, STARTUP, NONE, VRRP_BACKUP, "report", NEVER, DOWN2, NEVER },
{ "the fault of an owner is over", 2, 255, false, FAULT, STARTUP, NONE, VRRP_MASTER, "send 255 report announce", 1000000, NEVER, NEVER },
{ "advert in FAULT", 2, 0, false, FAULT, ADVERT, 200, 0, VRRP_FAULT, "", NEVER, NEVER, NEVER },
{ "shutdown in FAULT", 2, 0, false, FAULT, SHUTDOWN, NONE, VRRP_INIT, "report", NEVER, NEVER, NEVER },
{ "advert in FAULT", 3, 0, false, FAULT, ADVERT, 200, 0, VRRP_FAULT, "", NEVER, NEVER, NEVER },
{ "the same fault again", 3, 0, false, FAULT, FAIL, NONE, VRRP_FAULT, "", NEVER, NEVER, NEVER },
{ "the same fault again", 2, 0, false, FAULT, FAIL, NONE, VRRP_FAULT, "", NEVER, NEVER, NEVER },
{ "shutdown in FAULT", 3, 0, false, FAULT, SHUTDOWN, NONE, VRRP_INIT, "report", NEVER, NEVER, NEVER },
{ "hold in FAULT", 3, 0, false, FAULT, HOLD, NONE, VRRP_INIT, "report", NEVER, NEVER, NEVER },
{ "hold in FAULT", 2, 0, false, FAULT, HOLD, NONE, VRRP_INIT, "report", NEVER, NEVER, NEVER },
};
/* clang-format on */

static void
check_timer(const struct cell *c, const char *timer, int64_t want, uint64_t before,
    uint64_t after)
{
	uint64_t at = want == NEVER ? VRRP_NEVER
	    : want == SAME          ? before
				    : NOW + (uint64_t)want;

	ck_assert_msg(after == at, "v%u %s: %s is at %lld", c->version, c->name, timer,
	    (long long)(after - NOW));
}

START_TEST(every_cell_of_the_state_tables_holds)
{
	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
		const struct cell *c = &cells[i];
		struct vrrp_config conf =
		    config(c->version, c->priority ? c->priority : 150);
		struct vrrp before;

		conf.preempt = !c->nopreempt;
		conf.joint = c->ev == JOINT_STARTUP;
		reach(c->from, &conf);
		before = r;
		if (c->ev == ADVERT)
			hear(c->heard, c->from_host ? c->from_host : 20,
			    c->version == 2 ? 1000000 : 200000, NOW);
		else
			event(conf.joint ? STARTUP : c->ev, NOW);
		ck_assert_msg(r.state == c->state, "v%u %s: %s", c->version, c->name,
		    vrrp_state_name(r.state));
		ck_assert_msg(!strcmp(actions(), c->actions), "v%u %s: %s", c->version,
		    c->name, actions());
		check_timer(
		    c, "Adver_Timer", c->adver, before.adver_timer, r.adver_timer);
		check_timer(c, "Master_Down_Timer", c->down, before.master_down_timer,
		    r.master_down_timer);
		check_timer(
		    c, "claim timer", c->claim, before.claim_timer, r.claim_timer);
	}
}
END_TEST

/* So that no row of a table is tested for one version only. */
START_TEST(every_cell_is_there_for_both_versions)
{
	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++) {
		unsigned versions = 0;

		for (size_t k = 0; k < sizeof(cells) / sizeof(*cells); k++)
			if (!strcmp(cells[k].name, cells[i].name))
				versions |= 1U << cells[k].version;
		ck_assert_msg(versions == (1U << 2 | 1U << 3), "%s", cells[i].name);
	}
}
END_TEST

/* The empty cells of the tables. */
START_TEST(what_is_not_for_a_state_changes_nothing)
{
	static const struct {
		enum start from;
		enum vrrp_event_type events[5];
		unsigned n;
	} cases[] = {
		{ INIT, { DOWN_TIMER, ADVER_TIMER, YIELD, SHUTDOWN, ADVERT }, 5 },
		{ BACKUP, { STARTUP, HOLD, RESUME, ADVER_TIMER, YIELD }, 5 },
		{ CLAIMING, { STARTUP, HOLD, RESUME, ADVER_TIMER }, 4 },
		{ MASTER, { STARTUP, HOLD, RESUME, DOWN_TIMER, CLAIM_TIMER }, 5 },
		{ FAULT, { RESUME, YIELD, DOWN_TIMER, CLAIM_TIMER, ADVER_TIMER }, 5 },
	};

	for (uint8_t version = 2; version <= 3; version++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
			for (unsigned k = 0; k < cases[i].n; k++) {
				struct vrrp_config c = config(version, 150);
				struct vrrp before;

				reach(cases[i].from, &c);
				before = r;
				event(cases[i].events[k], NOW);
				ck_assert_uint_eq(done.count, 0);
				ck_assert_mem_eq(&before, &r, sizeof(r));
			}
}
END_TEST

/* ---- keepalived's options ---- */

START_TEST(down_timer_adverts_says_how_many_may_be_lost)
{
	struct vrrp_config c = config(3, 150);

	c.down_adverts = 1;
	reach(BACKUP, &c);
	ck_assert_uint_eq(r.master_down_timer, T0 + 100000 + SKEW3);
	c.down_adverts = 100;
	configure(&c, NOW);
	ck_assert_uint_eq(r.master_down_timer, T0 + 10000000 + SKEW3);
}
END_TEST

START_TEST(lower_prio_no_advert_discards_silently)
{
	struct vrrp_config c = config(3, 150);

	c.lower_silent = true;
	reach(MASTER, &c);
	hear(100, 20, 100000, NOW);
	ck_assert_str_eq(actions(), "reannounce");
	ck_assert_int_eq(r.state, VRRP_MASTER);
}
END_TEST

START_TEST(higher_prio_send_advert_speaks_once_more_before_it_yields)
{
	struct vrrp_config c = config(3, 150);

	c.higher_advert = true;
	reach(MASTER, &c);
	hear(200, 20, 100000, NOW);
	ck_assert_str_eq(actions(), "send 150 silence report report");
	ck_assert_int_eq(r.state, VRRP_BACKUP);
}
END_TEST

/* V14: RFC 9568 7.1 discards, erratum 8298 processes, which is the default. */
START_TEST(an_owner_may_ignore_adverts)
{
	struct vrrp_config c = config(3, 255);

	c.owner_deaf = true;
	reach(MASTER, &c);
	hear(255, 20, 100000, NOW);
	ck_assert_uint_eq(done.count, 0);
	ck_assert_int_eq(r.state, VRRP_MASTER);
	c.owner_deaf = false;
	configure(&c, NOW);
	hear(255, 20, 100000, NOW);
	ck_assert_int_eq(r.state, VRRP_BACKUP);
}
END_TEST

/* C7 */
START_TEST(after_a_fault_nopreempt_still_needs_one_advert_in_time)
{
	struct vrrp_config c = config(3, 150);

	c.preempt = false;
	reach(FAULT, &c);
	event(STARTUP, NOW);
	ck_assert_uint_eq(vrrp_deadline(&r), NOW + DOWN3);
	hear(100, 20, 100000, NOW + DOWN3 - 1);
	ck_assert_uint_eq(vrrp_deadline(&r), NOW + DOWN3 - 1 + DOWN3);
}
END_TEST

/* ---- a router that did not run ---- */

/* Last advert T0, the quickest backup times out at 3 intervals and 2/256. */
#define SLEPT (T0 + 300781)

START_TEST(whoever_spoke_while_a_master_did_not_run_is_master)
{
	struct vrrp_config c = config(3, 150);

	reach(MASTER, &c);
	hear(100, 20, 100000, SLEPT - 1);
	ck_assert_int_eq(r.state, VRRP_MASTER);
	ck_assert_str_eq(actions(), "send 150 reannounce");
	reach(MASTER, &c);
	hear(100, 20, 100000, SLEPT);
	ck_assert_int_eq(r.state, VRRP_BACKUP);
	ck_assert_int_eq(r.reason, VRRP_REASON_OVERSLEPT);
	ck_assert_str_eq(actions(), "silence report report");
	ck_assert_uint_eq(vrrp_deadline(&r), SLEPT + DOWN3);
}
END_TEST

START_TEST(a_master_that_did_not_run_says_nothing_to_those_that_resigned_or_won)
{
	struct vrrp_config c = config(3, 150);

	c.higher_advert = true;
	reach(MASTER, &c);
	hear(0, 20, 100000, SLEPT);
	ck_assert_uint_eq(done.count, 0);
	hear(200, 20, 100000, SLEPT);
	ck_assert_str_eq(actions(), "silence report report");
}
END_TEST

START_TEST(a_master_that_nobody_missed_goes_on)
{
	struct vrrp_config c = config(3, 150);

	reach(MASTER, &c);
	vrrp_expire(&r, SLEPT + 10 * US_PER_S, &done);
	ck_assert_str_eq(actions(), "send 150");
	ck_assert_int_eq(r.state, VRRP_MASTER);
}
END_TEST

/* vrrp.md T3's examples; 78.125 us at the shortest. */
START_TEST(skew_time_has_microseconds)
{
	struct {
		uint8_t version, priority;
		uint32_t advert_us;
		uint64_t skew;
	} const cases[] = {
		{ 3, 200, 1000000, 218750 },
		{ 3, 100, 1000000, 609375 },
		{ 3, 200, 100000, 21875 },
		{ 3, 100, 100000, 60937 },
		{ 3, 254, 10000, 78 },
		{ 3, 255, 1000000, 3906 },
		{ 3, 1, 40950000, 40790039 },
		{ 2, 200, 1000000, 218750 },
		{ 2, 200, 255000000, 218750 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct vrrp_config c = config(cases[i].version, cases[i].priority);

		c.advert_us = cases[i].advert_us;
		vrrp_init(&r, &c, T0);
		ck_assert_uint_eq(vrrp_skew_time(&r), cases[i].skew);
		ck_assert_uint_eq(vrrp_master_down_interval(&r),
		    UINT64_C(3) * c.advert_us + cases[i].skew);
	}
}
END_TEST

START_TEST(the_claim_window_is_a_twentieth_at_most_5_ms)
{
	struct vrrp_config c = config(3, 150);

	c.advert_us = 10000;
	vrrp_init(&r, &c, T0);
	ck_assert_uint_eq(vrrp_claim_window(&r), 500);
	c.advert_us = 1000000;
	vrrp_init(&r, &c, T0);
	ck_assert_uint_eq(vrrp_claim_window(&r), 5000);
}
END_TEST

START_TEST(a_learned_interval_ends_with_the_masters_mastership)
{
	struct vrrp_config c = config(3, 150);

	reach(BACKUP, &c);
	hear(200, 20, 3000000, T0);
	ck_assert_uint_eq(r.master_adver_us, 3000000);
	event(VRRP_EV_MASTER_DOWN_TIMER, NOW);
	event(VRRP_EV_CLAIM_TIMER, NOW + 5000);
	ck_assert_uint_eq(r.adver_timer, NOW + 100000);
	ck_assert_uint_eq(r.master_adver_us, 100000);
	ck_assert(ipaddr_eq(&r.master, &c.source));
}
END_TEST

START_TEST(adverts_keep_their_period_although_timers_are_late)
{
	struct vrrp_config c = config(3, 150);
	uint64_t first;

	reach(MASTER, &c);
	first = r.adver_timer;
	for (unsigned i = 0; i < 1000; i++) {
		ck_assert_uint_eq(r.adver_timer, first + i * 100000u);
		vrrp_expire(&r, r.adver_timer + i % 7 * 9000, &done);
		ck_assert_str_eq(actions(), "send 150");
	}
}
END_TEST

START_TEST(a_missed_period_is_not_made_up_for)
{
	struct vrrp_config c = config(3, 150);

	reach(MASTER, &c);
	vrrp_expire(&r, r.adver_timer + 5 * US_PER_S, &done);
	ck_assert_str_eq(actions(), "send 150");
	ck_assert_uint_eq(r.adver_timer, T0 + 100000 + 5 * US_PER_S + 100000);
}
END_TEST

START_TEST(nothing_expires_before_its_time)
{
	struct vrrp_config c = config(3, 150);

	reach(BACKUP, &c);
	ck_assert_uint_eq(vrrp_deadline(&r), T0 + DOWN3);
	vrrp_expire(&r, T0 + DOWN3 - 1, &done);
	ck_assert_uint_eq(done.count, 0);
	vrrp_expire(&r, T0 + DOWN3, &done);
	ck_assert_str_eq(actions(), "send 150");
	ck_assert_uint_eq(vrrp_deadline(&r), T0 + DOWN3 + 5000);
}
END_TEST

START_TEST(a_lost_claim_touches_nothing)
{
	struct vrrp_config c = config(3, 150);
	uint64_t since;

	reach(CLAIMING, &c);
	since = r.since_us;
	hear(150, 11, 100000, NOW);
	ck_assert_int_eq(r.state, VRRP_BACKUP);
	ck_assert_int_eq(r.reason, VRRP_REASON_STARTUP);
	ck_assert_uint_eq(r.since_us, since);
	ck_assert_uint_eq(r.transitions, 0);
	ck_assert_uint_eq(r.claims_lost, 1);
}
END_TEST

/* P2, P3: neither silence nor a storm comes of valid lower adverts. */
START_TEST(a_flood_of_lower_adverts_neither_silences_nor_is_amplified)
{
	struct vrrp_config c = config(3, 150);
	unsigned answers = 0, periodic = 0;

	reach(MASTER, &c);
	for (uint64_t now = T0; now < T0 + US_PER_S; now += 10) {
		vrrp_expire(&r, now, &done);
		periodic += done.count;
		hear(100, 20, 100000, now);
		answers += strstr(actions(), "send") != NULL;
	}
	ck_assert_uint_eq(periodic, 9);
	ck_assert_uint_eq(answers, 200);
}
END_TEST

START_TEST(resignations_do_not_put_a_takeover_off)
{
	struct vrrp_config c = config(3, 150);

	reach(BACKUP, &c);
	for (uint64_t now = T0; now < T0 + SKEW3; now += 100)
		hear(0, 20, 100000, now);
	ck_assert_uint_eq(r.master_down_timer, T0 + SKEW3);
	event(VRRP_EV_MASTER_DOWN_TIMER, T0 + SKEW3);
	event(VRRP_EV_CLAIM_TIMER, T0 + SKEW3 + 5000);
	ck_assert_int_eq(r.reason, VRRP_REASON_RESIGNED);
}
END_TEST

START_TEST(the_reason_says_why_a_router_became_master)
{
	struct vrrp_config c = config(3, 150);

	reach(BACKUP, &c);
	hear(100, 20, 100000, NOW);
	event(VRRP_EV_MASTER_DOWN_TIMER, NOW);
	event(VRRP_EV_CLAIM_TIMER, NOW);
	ck_assert_int_eq(r.reason, VRRP_REASON_PREEMPT);
	hear(200, 20, 100000, NOW);
	ck_assert_int_eq(r.reason, VRRP_REASON_HIGHER_PRIORITY);
	event(VRRP_EV_MASTER_DOWN_TIMER, NOW);
	event(VRRP_EV_CLAIM_TIMER, NOW);
	ck_assert_int_eq(r.reason, VRRP_REASON_TIMEOUT);
	hear(150, 20, 100000, NOW);
	ck_assert_int_eq(r.reason, VRRP_REASON_HIGHER_ADDRESS);
	ck_assert_uint_eq(r.transitions, 2);
}
END_TEST

START_TEST(nopreempt_does_not_protect_a_master_in_the_soft_band)
{
	struct vrrp_config c = config(3, 150);

	c.preempt = false;
	c.bands = true;
	reach(BACKUP, &c);
	hear(49, 20, 100000, T0 + 100000);
	ck_assert_uint_eq(r.master_down_timer, T0 + DOWN3);
	hear(50, 20, 100000, T0 + 100000);
	ck_assert_uint_eq(r.master_down_timer, T0 + 100000 + DOWN3);
	/* A router that is soft itself has no better claim. */
	c.priority = 40;
	reach(BACKUP, &c);
	hear(30, 20, 100000, T0 + 100000);
	ck_assert_uint_gt(r.master_down_timer, T0 + 300000 + 100000);
	ck_assert_uint_eq(r.master_priority, 30);
}
END_TEST

/* C6 */
START_TEST(preempt_delay_counts_from_the_first_lower_advert)
{
	struct vrrp_config c = config(3, 150);
	uint64_t now = T0, last = 0;

	c.preempt_delay_us = US_PER_S;
	reach(BACKUP, &c);
	for (; now < T0 + 1300000; now += 100000) {
		hear(100, 20, 100000, now);
		if (now < T0 + US_PER_S)
			last = now;
	}
	ck_assert_uint_eq(r.master_down_timer, last + DOWN3);
}
END_TEST

START_TEST(a_higher_advert_starts_preempt_delay_anew)
{
	struct vrrp_config c = config(3, 150);

	c.preempt_delay_us = US_PER_S;
	reach(BACKUP, &c);
	hear(100, 20, 100000, T0);
	hear(200, 21, 100000, T0 + 900000);
	hear(100, 20, 100000, T0 + 1100000);
	ck_assert_uint_eq(r.master_down_timer, T0 + 1100000 + DOWN3);
}
END_TEST

START_TEST(preempt_delay_does_not_delay_a_takeover_from_silence)
{
	struct vrrp_config c = config(3, 150);

	c.preempt_delay_us = 1000 * US_PER_S;
	reach(BACKUP, &c);
	hear(100, 20, 100000, NOW);
	ck_assert_uint_eq(vrrp_deadline(&r), NOW + DOWN3);
	vrrp_expire(&r, NOW + DOWN3, &done);
	ck_assert_str_eq(actions(), "send 150");
}
END_TEST

/* T8 */
START_TEST(an_owner_preempts_whatever_is_configured)
{
	struct vrrp_config c = config(3, 255);

	c.preempt = false;
	reach(MASTER, &c);
	hear(255, 20, 100000, NOW);
	ck_assert_int_eq(r.state, VRRP_BACKUP);
	hear(100, 20, 100000, NOW + 1000);
	ck_assert_uint_eq(r.master_down_timer, NOW + vrrp_master_down_interval(&r));
}
END_TEST

START_TEST(a_master_tells_a_new_priority_or_interval_at_once)
{
	struct vrrp_config c = config(3, 150);

	reach(MASTER, &c);
	configure(&c, NOW);
	ck_assert_uint_eq(done.count, 0);
	ck_assert_uint_eq(r.adver_timer, T0 + 100000);
	c.priority = 90;
	configure(&c, NOW);
	ck_assert_str_eq(actions(), "send 90 report");
	ck_assert_uint_eq(r.adver_timer, NOW + 100000);
	c.advert_us = 200000;
	configure(&c, NOW + 1);
	ck_assert_str_eq(actions(), "send 90 report");
	ck_assert_uint_eq(r.adver_timer, NOW + 200001);
	ck_assert_int_eq(r.state, VRRP_MASTER);
}
END_TEST

START_TEST(changes_in_backup_never_start_the_wait_anew)
{
	struct vrrp_config c = config(3, 150);

	reach(BACKUP, &c);
	for (unsigned i = 0; i < 50; i++) {
		c.priority = (uint8_t)(100 + i % 2 * 50);
		configure(&c, T0 + i * 1000);
	}
	ck_assert_uint_eq(c.priority, 150);
	ck_assert_uint_eq(r.master_down_timer, T0 + DOWN3);
	hear(200, 20, 400000, NOW);
	c.advert_us = 1000000;
	configure(&c, NOW);
	ck_assert_uint_eq(r.master_adver_us, 400000);
}
END_TEST

START_TEST(a_backup_that_becomes_the_owner_is_master_at_once)
{
	struct vrrp_config c = config(3, 150);

	reach(BACKUP, &c);
	c.priority = 255;
	configure(&c, NOW);
	ck_assert_int_eq(r.state, VRRP_MASTER);
	ck_assert_str_eq(actions(), "send 255 report announce");
}
END_TEST

START_TEST(a_change_during_a_fault_counts_when_it_is_over)
{
	struct vrrp_config c = config(3, 150);

	reach(FAULT, &c);
	c.advert_us = 200000;
	configure(&c, NOW);
	ck_assert_uint_eq(done.count, 0);
	event(VRRP_EV_STARTUP, NOW);
	ck_assert_uint_eq(r.master_down_timer, NOW + 600000 + 82812);
}
END_TEST

START_TEST(another_fault_is_reported_and_keeps_its_time)
{
	struct vrrp_event ev = { .type = VRRP_EV_FAULT,
		.reason = VRRP_REASON_NO_INTERFACE };
	struct vrrp_config c = config(3, 150);

	reach(FAULT, &c);
	vrrp_step(&r, &ev, NOW, &done);
	ck_assert_str_eq(actions(), "report");
	ck_assert_int_eq(r.reason, VRRP_REASON_NO_INTERFACE);
	ck_assert_uint_eq(r.since_us, T0);
}
END_TEST

START_TEST(ties_are_broken_alike_over_ipv6)
{
	struct vrrp_config c = config(3, 150);
	struct vrrp_event ev = { .type = VRRP_EV_ADVERT, .advert = { .priority = 150 } };

	ck_assert(ipaddr_parse("fe80::7fff", &c.source));
	ck_assert(ipaddr_parse("fe80::8000", &ev.advert.source));
	ev.advert.advert_us = 100000;
	reach(MASTER, &c);
	vrrp_step(&r, &ev, NOW, &done);
	ck_assert_int_eq(r.state, VRRP_BACKUP);
	ck_assert_int_eq(r.reason, VRRP_REASON_HIGHER_ADDRESS);
}
END_TEST

UNIT_MAIN("vrrp", nopreempt_does_not_protect_a_master_in_the_soft_band,
    every_cell_of_the_state_tables_holds, every_cell_is_there_for_both_versions,
    what_is_not_for_a_state_changes_nothing, down_timer_adverts_says_how_many_may_be_lost,
    lower_prio_no_advert_discards_silently,
    higher_prio_send_advert_speaks_once_more_before_it_yields,
    an_owner_may_ignore_adverts, after_a_fault_nopreempt_still_needs_one_advert_in_time,
    whoever_spoke_while_a_master_did_not_run_is_master,
    a_master_that_did_not_run_says_nothing_to_those_that_resigned_or_won,
    a_master_that_nobody_missed_goes_on, skew_time_has_microseconds,
    the_claim_window_is_a_twentieth_at_most_5_ms,
    a_learned_interval_ends_with_the_masters_mastership,
    adverts_keep_their_period_although_timers_are_late,
    a_missed_period_is_not_made_up_for, nothing_expires_before_its_time,
    a_lost_claim_touches_nothing,
    a_flood_of_lower_adverts_neither_silences_nor_is_amplified,
    resignations_do_not_put_a_takeover_off, the_reason_says_why_a_router_became_master,
    preempt_delay_counts_from_the_first_lower_advert,
    a_higher_advert_starts_preempt_delay_anew,
    preempt_delay_does_not_delay_a_takeover_from_silence,
    an_owner_preempts_whatever_is_configured,
    a_master_tells_a_new_priority_or_interval_at_once,
    changes_in_backup_never_start_the_wait_anew,
    a_backup_that_becomes_the_owner_is_master_at_once,
    a_change_during_a_fault_counts_when_it_is_over,
    another_fault_is_reported_and_keeps_its_time, ties_are_broken_alike_over_ipv6)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The state tables of RFC 9568 6.4 and RFC 3768 6.4, cell by cell. */
#include "engine/vrrp.h"

#include "unit.h"
#include "vrrp_router.h"

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
#define RETRY VRRP_EV_RETRY
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
{ "resuming, shutdown", 3, 0, false, RESUMING, SHUTDOWN, NONE, VRRP_INIT, "send 0 report", NEVER, NEVER, NEVER },
{ "resuming, shutdown", 2, 0, false, RESUMING, SHUTDOWN, NONE, VRRP_INIT, "send 0 report", NEVER, NEVER, NEVER },
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
{ "its group tries again soon, in Backup", 3, 0, false, BACKUP, RETRY, NONE, VRRP_BACKUP, "", NEVER, 100000 + SKEW3, NEVER },
{ "its group tries again soon, in Backup", 2, 0, false, BACKUP, RETRY, NONE, VRRP_BACKUP, "", NEVER, 1000000 + SKEW2, NEVER },
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
{ "claim, its group tries again soon", 3, 0, false, CLAIMING, RETRY, NONE, VRRP_BACKUP, "report", NEVER, 100000 + SKEW3, NEVER },
{ "claim, its group tries again soon", 2, 0, false, CLAIMING, RETRY, NONE, VRRP_BACKUP, "report", NEVER, 1000000 + SKEW2, NEVER },
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
		enum vrrp_event_type events[6];
		unsigned n;
	} cases[] = {
		{ INIT, { DOWN_TIMER, ADVER_TIMER, YIELD, RETRY, SHUTDOWN, ADVERT }, 6 },
		{ RESUMING, { STARTUP, HOLD, DOWN_TIMER, ADVER_TIMER }, 4 },
		{ BACKUP, { STARTUP, HOLD, RESUME, ADVER_TIMER, YIELD }, 5 },
		{ CLAIMING, { STARTUP, HOLD, RESUME, ADVER_TIMER }, 4 },
		{ MASTER, { STARTUP, HOLD, RESUME, RETRY, DOWN_TIMER, CLAIM_TIMER }, 6 },
		{ FAULT, { RESUME, YIELD, RETRY, DOWN_TIMER, CLAIM_TIMER, ADVER_TIMER },
		    6 },
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

UNIT_MAIN("vrrp_cells", every_cell_of_the_state_tables_holds,
    every_cell_is_there_for_both_versions, what_is_not_for_a_state_changes_nothing)

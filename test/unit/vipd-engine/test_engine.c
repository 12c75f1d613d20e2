/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine tells vipd and does at its word; announcements: test_engine_announce.c.
 */
#include "engine/engine.h"

#include <sys/wait.h>
#include <unistd.h>

#include "played_vipd.h"

START_TEST(the_newest_state_is_told_and_only_when_it_changes)
{
	struct msg_instance m = instance(1);
	struct msg_state state;

	start();
	tell_instance(&m);
	run();
	ck_assert_int_eq(next_state(), VRRP_BACKUP);
	tell_instance(&m);
	ev_run(engine.child.loop, EVRUN_NOWAIT);
	ck_assert(!hear(MSG_STATE, &state, sizeof(state)));
	run_until(is_master);
	run();
	ck_assert_int_eq(next_state(), VRRP_MASTER);
}
END_TEST

/* Self-fencing: what waits in the socket comes before a timer that is due. */
START_TEST(a_late_engine_hears_before_it_speaks)
{
	unsigned adverts;

	start();
	become_master();
	adverts = net->adverts;
	send_advert(7, 200);
	usleep(5 * ADVERT_US); /* the engine has no CPU */
	ck_assert_uint_lt(vrrp_deadline(&engine.roster.first->vrrp), clock_us());
	run();
	ck_assert_int_eq(engine.roster.first->vrrp.state, VRRP_BACKUP);
	ck_assert_uint_eq(net->adverts, adverts);
}
END_TEST

/* I10 */
START_TEST(one_that_resumes_tells_no_other_state_than_master)
{
	struct msg_instance m = instance(1);
	struct msg_state state;

	start_sync();
	m.resume = 1;
	tell_instance(&m);
	run();
	ck_assert(!hear(MSG_STATE, &state, sizeof(state)));
	end_sync();
	ck_assert_int_eq(next_state(), VRRP_MASTER);
	ck_assert_uint_ge(net->adverts, 1);
}
END_TEST

START_TEST(one_that_resumes_yields_to_what_its_socket_held)
{
	struct msg_instance m = instance(1);
	struct msg_state state;

	start_sync();
	m.resume = 1;
	send_advert(7, 200);
	tell_instance(&m);
	run();
	ck_assert(!hear(MSG_STATE, &state, sizeof(state)));
	end_sync();
	ck_assert_int_eq(next_state(), VRRP_BACKUP);
	ck_assert_uint_eq(net->adverts, 0);
}
END_TEST

START_TEST(what_a_complete_sync_does_not_name_resigns_and_goes)
{
	struct msg_sync_begin begin = { 0 };
	struct msg_instance other = instance(2);

	start();
	become_master();
	tell(MSG_SYNC_BEGIN, &begin, NULL, 0);
	tell_instance(&other);
	end_sync();
	run_until(has_resigned);
	ck_assert_uint_eq(net->vrid, 7);
	ck_assert_uint_eq(engine.roster.first->conf.head.id, 2);
	ck_assert_ptr_null(engine.roster.first->next);
}
END_TEST

START_TEST(an_instance_that_goes_resigns)
{
	struct msg_instance_ref ref = { .id = 1 };

	start();
	become_master();
	tell(MSG_INSTANCE_GONE, &ref, NULL, 0);
	run_until(has_resigned);
	ck_assert_ptr_null(engine.roster.first);
}
END_TEST

START_TEST(an_interface_that_goes_is_a_fault)
{
	struct msg_interface_gone gone = { IFINDEX };

	start();
	become_master();
	ck_assert_int_eq(next_state(), VRRP_BACKUP);
	ck_assert_int_eq(next_state(), VRRP_MASTER);
	tell(MSG_INTERFACE_GONE, &gone, NULL, 0);
	run();
	ck_assert_int_eq(next_state(), VRRP_FAULT);
	ck_assert_ptr_null(engine.ifaces);
}
END_TEST

START_TEST(routers_on_one_interface_hear_their_own_identifier)
{
	struct msg_instance one = instance(1), two = instance(2);
	struct instance *in;

	start();
	tell_instance(&one);
	tell_instance(&two);
	run();
	send_advert(8, 200);
	send_advert(99, 200);
	run();
	in = engine.roster.first;
	ck_assert_uint_eq(in->counters.value[COUNT_ADVERTS_RECEIVED], 0);
	ck_assert_uint_eq(in->next->counters.value[COUNT_ADVERTS_RECEIVED], 1);
	ck_assert_uint_eq(engine.ifaces->ports[0].counters.rx[ADVERT_VRID], 1);
}
END_TEST

START_TEST(counters_are_told_for_every_instance)
{
	struct msg_instance one = instance(1), two = instance(2);
	struct msg_instance_ref ref;

	start();
	tell_instance(&one);
	tell_instance(&two);
	tell(MSG_COUNTERS_REQUEST, NULL, NULL, 0);
	run();
	ck_assert(hear(MSG_COUNTERS, &ref, sizeof(ref)));
	ck_assert_uint_eq(ref.id, 1);
	ck_assert(hear(MSG_COUNTERS, &ref, sizeof(ref)));
	ck_assert_uint_eq(ref.id, 2);
}
END_TEST

/* States between may be lost, the last one may not. */
START_TEST(a_full_channel_delays_states_and_loses_none_that_counts)
{
	struct msg_instance m = instance(1);
	struct msg_state state;
	int last = -1;

	start();
	while (chan_backlog(&engine.child.chan) == 0)
		chan_send(&engine.child.chan, MSG_LOG, &(struct msg_log){ 0 }, NULL, 0);
	tell_instance(&m);
	run_until(is_master);
	ck_assert(engine.roster.first->dirty);
	while (chan_backlog(&engine.child.chan) || engine.roster.first->dirty) {
		ev_run(engine.child.loop, EVRUN_NOWAIT);
		while (hear(MSG_STATE, &state, sizeof(state)))
			last = state.state;
	}
	while (hear(MSG_STATE, &state, sizeof(state)))
		last = state.state;
	ck_assert_int_eq(last, VRRP_MASTER);
}
END_TEST

/* A child that is master; how it ends is the caller's. */
static pid_t
forked_master(void)
{
	pid_t pid;

	start();
	become_master();
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(vipd);
		ev_loop_fork(engine.child.loop);
		ev_run(engine.child.loop, 0);
		_exit(99);
	}
	close(MSG_CHILD_FD);
	return pid;
}

static int
exit_code(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(told_to_stop_it_resigns_and_ends_well)
{
	pid_t pid = forked_master();

	tell(MSG_STOP, NULL, NULL, 0);
	ck_assert_int_eq(exit_code(pid), 0);
	ck_assert(has_resigned());
}
END_TEST

START_TEST(vipds_death_is_a_withdrawal)
{
	pid_t pid = forked_master();

	close(vipd);
	ck_assert_int_eq(exit_code(pid), 0);
	ck_assert(has_resigned());
}
END_TEST

START_TEST(nonsense_from_vipd_ends_it_with_a_resignation)
{
	struct msg_instance_ref ref = { .id = 77 };
	pid_t pid = forked_master();

	tell(MSG_INSTANCE_END, &ref, NULL, 0);
	ck_assert_int_eq(exit_code(pid), 1);
	ck_assert(has_resigned());
}
END_TEST

UNIT_MAIN("engine", the_newest_state_is_told_and_only_when_it_changes,
    a_late_engine_hears_before_it_speaks,
    one_that_resumes_tells_no_other_state_than_master,
    one_that_resumes_yields_to_what_its_socket_held,
    what_a_complete_sync_does_not_name_resigns_and_goes, an_instance_that_goes_resigns,
    an_interface_that_goes_is_a_fault, routers_on_one_interface_hear_their_own_identifier,
    counters_are_told_for_every_instance,
    a_full_channel_delays_states_and_loses_none_that_counts,
    told_to_stop_it_resigns_and_ends_well, vipds_death_is_a_withdrawal,
    nonsense_from_vipd_ends_it_with_a_resignation)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_sim: every scenario, or SIM_ONLY=name, over SIM_SEEDS seeds (340).
 * SIM_SEED=N runs that seed alone and tells what happens; so does a seed that
 * fails.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "scenarios.h"
#include "sim.h"
#include "unit.h"

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void
no_log(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static void
run_one(void (*scenario)(uint64_t), uint64_t seed, bool trace)
{
	sim.fault[0] = '\0';
	sim.trace = trace;
	scenario(seed);
}

static void
each_seed(const char *name, void (*scenario)(uint64_t))
{
	const char *only = getenv("SIM_ONLY");
	uint64_t one = number("SIM_SEED", 0), last = number("SIM_SEEDS", 340);

	if (only && *only && strcmp(only, name))
		return;
	log_set_sink(no_log, NULL);
	if (one)
		run_one(scenario, one, true);
	for (uint64_t seed = 1; seed <= last && !one; seed++) {
		run_one(scenario, seed, false);
		if (!sim.fault[0])
			continue;
		one = seed;
		run_one(scenario, seed, true);
	}
	fflush(stdout);
	ck_assert_msg(!sim.fault[0], "make sim ONLY=%s SEED=%llu: %s", name,
	    (unsigned long long)one, sim.fault);
}

#define SCENARIO(sentence, name)                                                         \
	START_TEST(sentence)                                                             \
	{                                                                                \
		each_seed(#name, name);                                                  \
	}                                                                                \
	END_TEST

SCENARIO(a_healed_network_has_one_master, sim_any_network)
SCENARIO(a_healed_sync_group_is_on_one_node, sim_any_group)
SCENARIO(a_crash_makes_exactly_one_new_master, sim_crash)
SCENARIO(who_slept_says_nothing_as_master, sim_pause)
SCENARIO(an_engine_that_ends_costs_nothing, sim_engine)
SCENARIO(a_lost_leg_moves_the_whole_group_once, sim_leg)
SCENARIO(a_handover_leaves_no_address_bare, sim_handover)
SCENARIO(who_hands_over_to_nobody_keeps_it, sim_handover_to_nobody)

UNIT_MAIN("sim", a_healed_network_has_one_master, a_healed_sync_group_is_on_one_node,
    a_crash_makes_exactly_one_new_master, who_slept_says_nothing_as_master,
    an_engine_that_ends_costs_nothing, a_lost_leg_moves_the_whole_group_once,
    a_handover_leaves_no_address_bare, who_hands_over_to_nobody_keeps_it)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the simulated nodes go through; each run follows from its seed, and
 * what did not hold is in sim.fault.
 */
#pragma once

#include <stdint.h>

/* Anything at all, then peace; one network, or a sync group over several. */
void sim_any_network(uint64_t seed);
void sim_any_group(uint64_t seed);
/* One thing in a quiet network. */
void sim_crash(uint64_t seed);
void sim_pause(uint64_t seed);
void sim_engine(uint64_t seed);
void sim_leg(uint64_t seed);
void sim_handover(uint64_t seed);
void sim_handover_to_nobody(uint64_t seed);

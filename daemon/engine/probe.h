/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses that are probed before their first use (RFC 5227 2.1, RFC 4862
 * 5.4): three questions within 0.4 s; whoever answers, or wants the address
 * just then, has it. Pure: sends nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"

#define PROBE_NEVER UINT64_MAX
#define PROBE_COUNT 3
#define PROBE_INTERVAL_US 133000
#define PROBE_END_US 400000

struct probe;

struct probes {
	struct probe *all;
};

void probes_start(
    struct probes *ps, const struct msg_installed_record *at, uint64_t now_us);
/* The address to ask for now; counts as asked. */
bool probes_next(struct probes *ps, uint64_t now_us, struct msg_installed_record *out);
/* A neighbour has it, or probes for it too. */
void probes_heard(
    struct probes *ps, const struct msg_installed_record *at, const uint8_t mac[6]);
/* One that is known now (but for the id); it is forgotten. */
bool probes_result(struct probes *ps, uint64_t now_us, struct msg_probed *out);
/* When probes_next or probes_result has something. */
uint64_t probes_deadline(const struct probes *ps);
void probes_fini(struct probes *ps);

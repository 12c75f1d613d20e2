/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log lines of address.c: thousands of addresses may fail or go at once,
 * so each kind is one line in ten seconds, with the number of the others.
 */
#pragma once

#include "ipaddr.h"
#include "log.h"

struct address_log {
	unsigned residues; /* deleted, and not counted in a line yet */
	struct log_limit failed;
	struct log_limit healed;
	struct log_limit fight;
	struct log_limit expired;
};

void address_log_init(struct address_log *l);
void address_log_failed(
    struct address_log *l, const char *dev, const struct ipaddr *addr, int error);
/* Deleted by somebody else, and put back. */
void address_log_healed(
    struct address_log *l, const char *dev, const struct ipaddr *addr);
/* The same again and again. */
void address_log_fight(struct address_log *l, const char *dev, const struct ipaddr *addr);
/* The kernel dropped it: vipd had not renewed it in time. */
void address_log_expired(
    struct address_log *l, const char *dev, const struct ipaddr *addr);
void address_log_residues(struct address_log *l);

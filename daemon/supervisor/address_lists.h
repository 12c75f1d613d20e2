/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lists that entries of address.c stand in: what is to be sent, what is on
 * its way, what waits for a time, what has to be renewed. Decides nothing and
 * starts no timer.
 */
#pragma once

#include "address_table.h"

struct address_lists {
	struct entry *adds; /* and renewals */
	struct entry *deletes;
	struct entry *flight; /* in the order sent: answers come in that order */
	struct entry *waiting;
	struct entry *mortal;
	unsigned watching;
};

/* Each of them may be told again what holds already. */
void address_lists_queue(struct address_lists *l, struct entry *e, enum request request);
void address_lists_wait(struct address_lists *l, struct entry *e, bool waiting);
void address_lists_renew(struct address_lists *l, struct entry *e, bool mortal);
void address_lists_watch(struct address_lists *l, struct entry *e, bool watching);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The targets of the transaction under way, and what the kernel has said of each: it
 * answers with the sequence number of the message that it refused. Pure: knows neither
 * a socket nor what a target is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct target;

struct written {
	struct target *target;
	uint32_t first_seq; /* of its messages */
	uint32_t last_seq;  /* first_seq - 1: it has none */
	int error;          /* positive errno; 0: none yet */
};

struct written_list {
	struct written *at;
	size_t n;
	size_t cap;
	int stray_error; /* of a message that is no target's */
};

/* A new transaction; the memory is kept. */
void written_begin(struct written_list *l);
/* The caller fills in the numbers; valid until the next one is added. */
struct written *written_add(struct written_list *l, struct target *t);
/* The message `seq` was refused with the positive errno. */
void written_refused(struct written_list *l, uint32_t seq, int error);
bool written_any_refused(const struct written_list *l);
/* A refusal that says that the kernel's tables are not what we take them for. */
bool written_contradicts(const struct written_list *l);
void written_free(struct written_list *l);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which questions to ask the kernel, one after the other, to learn whether
 * vipd's tables stand and what is in them. Only its own tables, by name:
 * nobody else's is ever listed. Writes requests and reads answers; sends
 * nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

struct nlmsghdr;

#define FAMILIES 2

/* AF_INET, AF_INET6 */
uint8_t reader_family(size_t i);

struct table_seen {
	bool stands;
	bool same_layout;
	uint64_t handle; /* another one: the table was replaced */
};

struct reader {
	bool elements; /* not only the tables */
	size_t step;
	struct table_seen tables[FAMILIES];
	uint32_t odd; /* elements that are not of the set's form */
	void (*on_element)(void *arg, const struct element *e);
	void *arg;
};

void reader_begin(struct reader *r, bool elements);
/* The next question, in buf (MNL_SOCKET_BUFFER_SIZE); NULL: all asked. */
const struct nlmsghdr *reader_question(struct reader *r, void *buf, uint32_t seq);
void reader_message(struct reader *r, const struct nlmsghdr *nlh);
/* The answer to the question is complete. error as from the kernel; returns
 * the one that ends the reading (what does not exist is an answer), or 0. */
int reader_answered(struct reader *r, int error);

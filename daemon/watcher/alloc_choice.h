/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allocator's inside: one Service and one family -> an address, or why
 * not. Reads the book and moves the pools' cursors; alloc.c writes the rest.
 */
#pragma once

#include "alloc.h"
#include "alloc_book.h"
#include "alloc_sharers.h"
#include "stamp.h"

/* Where a pool goes on, for each family. */
struct alloc_cursor {
	struct ipaddr last;    /* handed out last; family 0: nothing yet */
	char since[STAMP_LEN]; /* when, as far as statuses tell */
};

struct alloc {
	struct alloc_service *services;
	struct alloc_sharers *sharers;
	struct book book;
	const struct pools *pools; /* NULL: none */
	struct alloc_cursor (*cursors)[POOL_FAMILIES];
	size_t n_due;
	bool leads;
	bool freed; /* something; who waits may have it */
};

/* It holds addr: the wish allows it, and nobody who sat there before objects. */
bool choice_may_keep(
    const struct alloc *a, const struct alloc_service *as, const struct ipaddr *addr);
/* On ALLOC_DONE *out is the address; else why says why not. */
enum alloc_verdict choice_make(struct alloc *a, const struct alloc_service *as,
    enum pool_family f, struct ipaddr *out, char why[REASON_LEN]);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * I8's fence, as a pure function: which addresses of Services this node may
 * ever carry. The watcher has judged already; vipd does not take its word.
 */
#pragma once

#include "conf.h"

struct fence {
	const struct conf *conf;
	/* Name of the interface on which somebody else configured the address
	 * here, or NULL. */
	const char *(*foreign)(void *arg, const struct ipaddr *addr);
	/* Whose it is if no Service may ever have it (reserved.h), or NULL.
	 * The callback may be NULL: nobody's is known. */
	const char *(*reserved)(void *arg, const struct ipaddr *addr);
	void *arg;
};

/*
 * Turns an address told as OK into REFUSED or CONFLICT, with a reason that
 * names the remedy, unless the configuration lets this node carry it. One that
 * is a static address too becomes ORIGIN_STATIC (never guarded, I11).
 */
void fence_check(const struct fence *f, struct msg_service_address *a);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses of the LAN that are somebody's already, whatever external_ips
 * says: the other routers', the default gateways', the resolvers' (X2; the
 * watcher refuses those of the API server, the fence those of this host). The
 * set is made anew each time it is asked to; reading texts is pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ipaddr.h"

struct conf;
struct instances;
struct reserved_entry;

struct reserved {
	struct reserved_entry *items;
	size_t count;
	size_t cap;
};

void reserved_clear(struct reserved *r);
/* Calls fn for each of them. */
void reserved_each(const struct reserved *r,
    void (*fn)(void *arg, const struct ipaddr *addr, const char *what), void *arg);
/* What it is, or NULL. */
const char *reserved_find(const struct reserved *r, const struct ipaddr *addr);
/* Of /proc/net/route, /proc/net/ipv6_route and resolv.conf(5). */
void reserved_read_routes4(struct reserved *r, const char *text);
void reserved_read_routes6(struct reserved *r, const char *text);
void reserved_read_resolvers(struct reserved *r, const char *text);
/* All of it anew: peers as configured, masters as heard, the files. */
void reserved_survey(
    struct reserved *r, const struct conf *conf, const struct instances *is);

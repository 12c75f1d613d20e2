/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of the cluster: Services that ask for an address, all
 * EndpointSlices, joined by namespace and Service name in whatever order they
 * come (E12), and who claims which address. Every change marks the Services it
 * may concern as dirty; what is told of them is view.h's and publish.h's.
 *
 * Slices of Services that ask for nothing are kept too, in a few bytes an
 * endpoint: a Service may begin to ask at any time, and its slices would not
 * be sent again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uthash.h>

#include "assign.h"
#include "claims.h"
#include "nodes.h"
#include "object.h"
#include "peers.h"
#include "poolmap.h"

struct settings;

struct store_slice {
	struct slice_object *object;
	struct store_entry *entry;
	struct assign_hold hold;
	uint32_t generation;
	LIST_ENTRY(store_slice) of_entry;
	UT_hash_handle hh;
};

/* One Service, by namespace/name. */
struct store_entry {
	struct service_object *service; /* NULL: only slices are known */
	LIST_HEAD(store_slices, store_slice) slices;
	struct assign_hold hold;
	uint64_t told; /* hash of what vipd was told; 0: nothing */
	uint32_t generation;
	uint32_t troubles;        /* of report.h, as they are */
	uint64_t reasons;         /* hash of why */
	uint64_t news;            /* hash of what was said of its addresses */
	uint32_t unsaid;          /* those that nobody led to tell */
	uint64_t unsaid_us;       /* since the newest of them */
	uint64_t no_endpoints_us; /* since when; 0: it has some */
	bool holds;               /* this node speaks for it */
	bool vacant;              /* in the place of a holder */
	bool dirty;
	bool takes; /* publish.c: gives nothing up, so it comes later */
	TAILQ_ENTRY(store_entry) of_dirty;
	UT_hash_handle hh;
	char key[]; /* "namespace/name" */
};

#define STORE_TOGGLED_MAX 16

struct store {
	struct store_entry *entries;
	struct store_slice *slices;
	TAILQ_HEAD(store_dirty, store_entry) dirty;
	struct claims *claims;
	struct assign assign;
	struct poolmap poolmap;
	struct nodes nodes;
	struct peers peers;
	const struct settings *settings;
	uint32_t generation;
	/* Addresses that somebody began or ceased to claim: an endpoint may
	 * not be one of them (E11). */
	struct ipaddr toggled[STORE_TOGGLED_MAX];
	size_t n_toggled; /* more than there is room for: any */
};

/* Borrows the settings for good; store_resettle() after they change. */
void store_init(struct store *s, const struct settings *settings);
void store_fini(struct store *s);

/* Takes the object. One that asks for no address removes an older one. */
void store_put_service(struct store *s, struct service_object *object);
void store_remove_service(struct store *s, const char *key);
/* Takes the object. A malformed one leaves the older one in place. */
void store_put_slice(struct store *s, struct slice_object *object);
void store_remove_slice(struct store *s, const char *key);

/* A complete list (struct service_object *, struct slice_object *): takes the
 * objects, removes what is not among them. */
void store_replace_services(struct store *s, void *const *objects, size_t n);
void store_replace_slices(struct store *s, void *const *objects, size_t n);

/* Between the two all there is is put, one by one; the rest is removed. */
void store_begin(struct store *s);
void store_sweep(struct store *s);

/*
 * I4: whether a complete list misses so much that a second one has to agree:
 * more than half of at least ten.
 */
bool store_is_suspicious(size_t held, size_t missing);
/* How many external IPs (slices) are held, and how many of them the list misses. */
void store_compare_services(
    const struct store *s, void *const *objects, size_t n, size_t *held, size_t *missing);
void store_compare_slices(
    const struct store *s, void *const *objects, size_t n, size_t *held, size_t *missing);

/* The rules have changed: judge everything again. */
void store_resettle(struct store *s);
/* As claims_reserve(); judges everything again if it changed something. */
bool store_reserve(
    struct store *s, enum reserved_kind kind, const struct ipaddr *list, size_t n);
/* A frame of MSG_TAKEN; judges everything again behind the last one. */
void store_take_taken(struct store *s, const struct msg *m);
/* Forgets what vipd was told, so that all of it is told again. */
void store_forget_told(struct store *s);
struct store_entry *store_find(const struct store *s, const char *key);
/* All Services with externalTrafficPolicy Local: masters have changed. */
void store_mark_local(struct store *s);
/* Look at this one again: "namespace/name". */
void store_mark(struct store *s, const char *key);
/* Look at all again that claim this address. */
void store_mark_address(struct store *s, const struct ipaddr *addr);
/* Must be called before the dirty ones are looked at. */
void store_settle(struct store *s);
/* The entry's change has been told. Frees an entry that stands for nothing. */
void store_clean(struct store *s, struct store_entry *e);

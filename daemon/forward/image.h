/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands (or is to stand) in the sets for one target, a port of an
 * address or the address itself, and the difference between two of them. Plain
 * data; knows neither Services nor netlink.
 */
#pragma once

#include "layout.h"
#include "ruleset.h"

/* What happens to connections to a target. */
enum treatment {
	TREAT_LEAVE,  /* nothing in the sets */
	TREAT_GUARD,  /* of an address: only declared ports answer */
	TREAT_SERVE,  /* to the endpoints */
	TREAT_REFUSE, /* no endpoints */
	TREAT_DROP,   /* none on this node */
	TREAT_HOLD,   /* of an endpoint: no answer without its flow */
};

/* For whom an endpoint serves: with externalTrafficPolicy Local only clients of
 * the node itself may be sent to another node (S7). */
enum endpoint_use { USE_OUTSIDE = 1, USE_INSIDE = 2, USE_ALL = 3 };

/* What is wanted of a target. */
struct wish_terms {
	enum treatment treatment;
	bool local; /* externalTrafficPolicy: Local */
	bool sticky;
	bool restricted; /* to the ranges of clients */
	/* Of an address: the number of the gateway of replies; 0: none. */
	uint8_t gateway;
};

struct slot_table {
	uint32_t size;
	uint32_t first;
	uint16_t *slots; /* indices into endpoints, or SPREAD_NOBODY */
};

enum { TABLE_OUTSIDE, TABLE_INSIDE, TABLES };

struct image {
	/* Why it looks so; zero in an image read from the kernel. */
	struct wish_terms terms;

	uint32_t sets;     /* 1 << set_id, of the sets whose key is the target */
	uint32_t gateways; /* 1 << number, in SET_REPLIES */
	struct slot_table tables[TABLES];
	size_t n_endpoints;
	size_t n_hairpins;
	size_t n_ranges;
	struct endpoint *endpoints;
	struct endpoint *hairpins; /* in SET_HAIRPIN, sorted; port 0 */
	struct range *ranges;      /* in SET_ALLOWED, sorted, apart */
};

/* An element to add or to delete; the target is known from elsewhere. */
struct change {
	struct element element;
	bool add;
};

struct changes {
	struct change *at;
	size_t n;
	size_t cap;
};

/* Copies all it is given. Endpoints come to canonical order without duplicates:
 * only TREAT_SERVE and TREAT_DROP have any. Ranges may overlap. */
struct image *image_make(const struct wish_terms *terms, const struct endpoint *endpoints,
    size_t n_endpoints, const struct range *ranges, size_t n_ranges,
    const struct ruleset_conf *conf);
/* The same again under another configuration. */
struct image *image_remake(const struct image *old, const struct ruleset_conf *conf);
struct image *image_empty(void);
struct image *image_copy(const struct image *im); /* NULL is fine */
void image_free(struct image *im);                /* NULL is fine */
/* Made from the same endpoints and ranges for the same treatment. */
bool image_is_same_wish(const struct image *a, const struct image *b);

/*
 * Takes an element that was read from the kernel into the picture. False if it
 * contradicts what is there already (two tables of slots: which one came first is
 * chance): a stray, to be deleted before what is wanted is added.
 */
bool image_add(struct image *im, const struct element *e);

/*
 * The smallest list of changes from old to new (either may be NULL: nothing),
 * appended to out, deletions first: a map element is replaced by deleting and
 * adding it in one transaction.
 */
void image_diff(const struct target_key *key, const struct image *old,
    const struct image *new, struct changes *out);
bool image_differs(
    const struct target_key *key, const struct image *old, const struct image *new);

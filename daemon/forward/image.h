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
	TREAT_GUARD,  /* of an address: only served ports answer */
	TREAT_SERVE,  /* to the endpoints */
	TREAT_REFUSE, /* no endpoints */
	TREAT_DROP,   /* none on this node */
};

struct image {
	/* Why it looks so; zero in an image read from the kernel. */
	enum treatment treatment;
	bool keep_source; /* externalTrafficPolicy: Local */
	bool sticky;

	uint32_t sets; /* 1 << set_id, of the sets whose key is the target */
	uint32_t n_slots;
	uint32_t first_slot;
	size_t n_endpoints;
	size_t n_clients;
	uint16_t *slots; /* indices into endpoints, or SPREAD_NOBODY */
	struct endpoint *endpoints;
	struct endpoint *clients; /* in SET_HAIRPIN, sorted; port 0 */
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

/* Endpoints are copied, in canonical order without duplicates: only
 * TREAT_SERVE has any. */
struct image *image_make(enum treatment treatment, const struct endpoint *endpoints,
    size_t n, bool sticky, bool keep_source, const struct ruleset_conf *conf);
/* The same again under another configuration. */
struct image *image_remake(const struct image *old, const struct ruleset_conf *conf);
struct image *image_empty(void);
struct image *image_copy(const struct image *im); /* NULL is fine */
void image_free(struct image *im);                /* NULL is fine */
/* Made from the same endpoints for the same treatment. */
bool image_is_same_wish(const struct image *a, const struct image *b);
/* Orders endpoints and drops duplicates; returns how many are left. */
size_t endpoints_sort(struct endpoint *endpoints, size_t n);

/*
 * Takes an element that was read from the kernel into the picture. False if it
 * contradicts what is there already (two tables of slots): a stray, to be
 * deleted.
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

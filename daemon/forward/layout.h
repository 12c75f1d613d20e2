/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vipd's tables hold: the sets by name and type, and one element of a set
 * as a plain value and as the bytes of its key and data. The rules that read
 * the sets are in ruleset.c; a change of this file or of slots is a new layout.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipaddr.h"

#define LAYOUT_TABLE "vipd"
/* The table's comment; another one marks a table to be replaced. */
#define LAYOUT_COMMENT "vipd layout 4"

enum set_id {
	SET_GUARDED,    /* addresses on which only declared ports answer (I11) */
	SET_TRAFFIC,    /* ports that let packets in; counts packets, bytes */
	SET_SERVED,     /* ports with endpoints; counts connections */
	SET_REFUSED,    /* ports without: answered with a reset (E10) */
	SET_DROPPED,    /* Local without a local endpoint: no answer (S7) */
	SET_LOCAL,      /* Local, with another choice for the node's own (S7) */
	SET_RESTRICTED, /* ports that not everybody may use (S10) */
	SET_ALLOWED,    /* ranges of clients that may; the only intervals */
	SET_SOURCE_NAT, /* ports whose clients' addresses are rewritten */
	SET_HAIRPIN,    /* endpoints that are clients of their own port */
	SET_BACKENDS,   /* TCP endpoints that see their clients' addresses */
	SET_REPLIES,    /* addresses whose replies have a gateway, by its number */
	SET_ENDPOINTS,  /* slot of a port -> endpoint; the only map */
	SET_COUNT
};

/* What elements are about: a port of an address, or (port and proto 0) the
 * address itself; or, of SET_BACKENDS, an endpoint. It is a hash key. */
struct target_key {
	struct ipaddr addr;
	uint16_t port;
	uint8_t proto;
	uint8_t backend; /* 1 or 0 */
};

/* "192.0.2.1 port 80/TCP", or the address alone; returns buf. */
#define TARGET_STRLEN (IPADDR_STRLEN + 24)
const char *target_format(const struct target_key *k, char buf[TARGET_STRLEN]);

/* The family is the target's. */
struct endpoint {
	uint8_t addr[16];
	uint16_t port;
	uint8_t use; /* enum endpoint_use; not part of an element */
	uint8_t zero;
};

/* Clients, inclusive. */
struct range {
	uint8_t first[16];
	uint8_t last[16];
};

struct element {
	enum set_id set;
	struct target_key key;
	uint32_t slot;            /* SET_ENDPOINTS; SET_REPLIES: the number */
	struct endpoint endpoint; /* SET_ENDPOINTS; its addr: SET_HAIRPIN */
	struct range clients;     /* SET_ALLOWED */
	uint64_t packets, bytes;  /* as read, of a set that counts */
};

#define ELEMENT_KEY_MAX 40
#define ELEMENT_DATA_MAX 20

const char *set_name(enum set_id set);
/* nft(8)'s numbers of the key's and the data's type; data 0: not a map. */
uint32_t set_key_type(enum set_id set, uint8_t family);
uint32_t set_data_type(enum set_id set, uint8_t family);
size_t set_key_len(enum set_id set, uint8_t family);
size_t set_data_len(enum set_id set, uint8_t family);
/* Its elements count what they match. */
bool set_counts(enum set_id set);
/* Its elements are intervals: they have an end beside the key. */
bool set_is_interval(enum set_id set);
/* The bytes that each field of the key takes, unpadded; returns their number. */
#define SET_FIELDS_MAX 4
size_t set_key_fields(enum set_id set, uint8_t family, uint8_t len[SET_FIELDS_MAX]);

/* Write the bytes (zero padded to 4 each field); return their number. */
size_t element_key(const struct element *e, uint8_t buf[ELEMENT_KEY_MAX]);
size_t element_data(const struct element *e, uint8_t buf[ELEMENT_DATA_MAX]);
/* The end of an interval, in the form of a key; 0 where there is none. */
size_t element_key_end(const struct element *e, uint8_t buf[ELEMENT_KEY_MAX]);
/* An element as the kernel has it. */
struct element_bytes {
	const void *key, *key_end, *data;
	uint32_t key_len, key_end_len, data_len;
};
/* False if the lengths are not those of the set. */
bool element_parse(struct element *out, enum set_id set, uint8_t family,
    const struct element_bytes *bytes);

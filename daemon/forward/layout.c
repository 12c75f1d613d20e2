/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "layout.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "mem.h"
#include "msg.h"

enum field {
	NO_FIELD,
	ADDR,
	PROTO,
	PORT,
	SLOT,
	CLIENT,
	CLIENTS, /* a range, in the key's two forms */
	TO_ADDR,
	TO_PORT
};

#define FIELDS_MAX SET_FIELDS_MAX

static const struct {
	const char *name;
	uint8_t key[FIELDS_MAX];
	uint8_t data[FIELDS_MAX];
	bool counts;
} sets[SET_COUNT] = {
	[SET_GUARDED] = { "guarded", { ADDR }, { 0 }, false },
	[SET_TRAFFIC] = { "traffic", { ADDR, PROTO, PORT }, { 0 }, true },
	[SET_SERVED] = { "served", { ADDR, PROTO, PORT }, { 0 }, true },
	[SET_REFUSED] = { "refused", { ADDR, PROTO, PORT }, { 0 }, false },
	[SET_DROPPED] = { "dropped", { ADDR, PROTO, PORT }, { 0 }, false },
	[SET_LOCAL] = { "local", { ADDR, PROTO, PORT }, { 0 }, false },
	[SET_RESTRICTED] = { "restricted", { ADDR, PROTO, PORT }, { 0 }, false },
	[SET_ALLOWED] = { "allowed", { ADDR, PROTO, PORT, CLIENTS }, { 0 }, false },
	[SET_SOURCE_NAT] = { "source_nat", { ADDR, PROTO, PORT }, { 0 }, false },
	[SET_HAIRPIN] = { "hairpin", { CLIENT, ADDR, PROTO, PORT }, { 0 }, false },
	[SET_BACKENDS] = { "backends", { ADDR, PROTO, PORT }, { 0 }, false },
	[SET_REPLIES] = { "replies", { SLOT, ADDR }, { 0 }, false },
	[SET_ENDPOINTS] = { "endpoints", { ADDR, PROTO, PORT, SLOT },
	    { TO_ADDR, TO_PORT }, false },
};

/* nft(8) numbers its data types (include/datatype.h) and stores them with the
 * set so that it can print the elements; a concatenation has 6 bits for each. */
enum nft_type {
	TYPE_IPADDR = 7,
	TYPE_IP6ADDR = 8,
	TYPE_INET_PROTOCOL = 12,
	TYPE_INET_SERVICE = 13,
	TYPE_MARK = 19,
};
#define TYPE_BITS 6

const char *
target_format(const struct target_key *k, char buf[TARGET_STRLEN])
{
	char addr[IPADDR_STRLEN];

	ipaddr_format(&k->addr, addr);
	if (k->proto)
		snprintf(buf, TARGET_STRLEN, "%s port %u/%s", addr, k->port,
		    proto_name(k->proto));
	else
		snprintf(buf, TARGET_STRLEN, "%s", addr);
	return buf;
}

const char *
set_name(enum set_id set)
{
	return sets[set].name;
}

static size_t
addr_len(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

static uint8_t
field_len(enum field f, uint8_t family)
{
	switch (f) {
	case ADDR:
	case CLIENT:
	case CLIENTS:
	case TO_ADDR:
		return (uint8_t)addr_len(family);
	case PROTO:
		return 1;
	case PORT:
	case TO_PORT:
		return 2;
	case SLOT:
		return 4;
	case NO_FIELD:
		break;
	}
	return 0;
}

/* Registers have 4 bytes. */
static size_t
padded_len(enum field f, uint8_t family)
{
	return (field_len(f, family) + 3u) / 4 * 4;
}

static uint32_t
field_type(enum field f, uint8_t family)
{
	switch (f) {
	case ADDR:
	case CLIENT:
	case CLIENTS:
	case TO_ADDR:
		return family == AF_INET ? TYPE_IPADDR : TYPE_IP6ADDR;
	case PROTO:
		return TYPE_INET_PROTOCOL;
	case PORT:
	case TO_PORT:
		return TYPE_INET_SERVICE;
	case SLOT:
		return TYPE_MARK;
	case NO_FIELD:
		break;
	}
	return 0;
}

static uint32_t
fields_type(const uint8_t *fields, uint8_t family)
{
	uint32_t type = 0;

	for (size_t i = 0; i < FIELDS_MAX && fields[i]; i++)
		type = type << TYPE_BITS | field_type(fields[i], family);
	return type;
}

static size_t
fields_len(const uint8_t *fields, uint8_t family)
{
	size_t len = 0;

	for (size_t i = 0; i < FIELDS_MAX; i++)
		len += padded_len(fields[i], family);
	return len;
}

uint32_t
set_key_type(enum set_id set, uint8_t family)
{
	return fields_type(sets[set].key, family);
}

uint32_t
set_data_type(enum set_id set, uint8_t family)
{
	return fields_type(sets[set].data, family);
}

size_t
set_key_len(enum set_id set, uint8_t family)
{
	return fields_len(sets[set].key, family);
}

size_t
set_data_len(enum set_id set, uint8_t family)
{
	return fields_len(sets[set].data, family);
}

bool
set_counts(enum set_id set)
{
	return sets[set].counts;
}

bool
set_is_interval(enum set_id set)
{
	return set == SET_ALLOWED;
}

size_t
set_key_fields(enum set_id set, uint8_t family, uint8_t len[SET_FIELDS_MAX])
{
	size_t n = 0;

	for (; n < FIELDS_MAX && sets[set].key[n]; n++)
		len[n] = field_len(sets[set].key[n], family);
	return n;
}

/* Registers hold a port in network order, a slot (an integer) in the host's. */
static void
put_field(const struct element *e, enum field f, bool end, uint8_t *at)
{
	uint8_t family = e->key.addr.family;
	uint16_t port;

	switch (f) {
	case ADDR:
		memcpy(at, e->key.addr.bytes, addr_len(family));
		break;
	case CLIENTS:
		memcpy(at, end ? e->clients.last : e->clients.first, addr_len(family));
		break;
	case CLIENT:
	case TO_ADDR:
		memcpy(at, e->endpoint.addr, addr_len(family));
		break;
	case PROTO:
		at[0] = e->key.proto;
		break;
	case PORT:
	case TO_PORT:
		port = htons(f == PORT ? e->key.port : e->endpoint.port);
		memcpy(at, &port, sizeof(port));
		break;
	case SLOT:
		memcpy(at, &e->slot, sizeof(e->slot));
		break;
	case NO_FIELD:
		break;
	}
}

static void
get_field(struct element *e, enum field f, bool end, const uint8_t *at)
{
	uint8_t family = e->key.addr.family;
	uint16_t port;

	switch (f) {
	case ADDR:
		memcpy(e->key.addr.bytes, at, addr_len(family));
		break;
	case CLIENTS:
		memcpy(end ? e->clients.last : e->clients.first, at, addr_len(family));
		break;
	case CLIENT:
	case TO_ADDR:
		memcpy(e->endpoint.addr, at, addr_len(family));
		break;
	case PROTO:
		e->key.proto = at[0];
		break;
	case PORT:
		memcpy(&port, at, sizeof(port));
		e->key.port = ntohs(port);
		break;
	case TO_PORT:
		memcpy(&port, at, sizeof(port));
		e->endpoint.port = ntohs(port);
		break;
	case SLOT:
		memcpy(&e->slot, at, sizeof(e->slot));
		break;
	case NO_FIELD:
		break;
	}
}

static size_t
put_fields(
    const struct element *e, const uint8_t *fields, bool end, uint8_t *buf, size_t size)
{
	size_t len = 0;

	memset(buf, 0, size);
	for (size_t i = 0; i < FIELDS_MAX && fields[i]; i++) {
		put_field(e, fields[i], end, buf + len);
		len += padded_len(fields[i], e->key.addr.family);
	}
	return len;
}

static void
get_fields(struct element *e, const uint8_t *fields, bool end, const uint8_t *bytes)
{
	for (size_t i = 0; i < FIELDS_MAX && fields[i]; i++) {
		get_field(e, fields[i], end, bytes);
		bytes += padded_len(fields[i], e->key.addr.family);
	}
}

size_t
element_key(const struct element *e, uint8_t buf[ELEMENT_KEY_MAX])
{
	return put_fields(e, sets[e->set].key, false, buf, ELEMENT_KEY_MAX);
}

size_t
element_key_end(const struct element *e, uint8_t buf[ELEMENT_KEY_MAX])
{
	if (!set_is_interval(e->set))
		return 0;
	return put_fields(e, sets[e->set].key, true, buf, ELEMENT_KEY_MAX);
}

size_t
element_data(const struct element *e, uint8_t buf[ELEMENT_DATA_MAX])
{
	return put_fields(e, sets[e->set].data, false, buf, ELEMENT_DATA_MAX);
}

bool
element_parse(struct element *out, enum set_id set, uint8_t family,
    const struct element_bytes *bytes)
{
	size_t key_len = set_key_len(set, family);

	if (bytes->key_len != key_len || bytes->data_len != set_data_len(set, family))
		return false;
	if (set_is_interval(set) && bytes->key_end_len != key_len)
		return false;
	memset(out, 0, sizeof(*out));
	out->set = set;
	out->key.addr.family = family;
	out->key.backend = set == SET_BACKENDS;
	get_fields(out, sets[set].key, false, bytes->key);
	if (set_is_interval(set))
		get_fields(out, sets[set].key, true, bytes->key_end);
	get_fields(out, sets[set].data, false, bytes->data);
	return true;
}

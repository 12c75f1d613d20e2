/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VRRP messages between bytes and structs: RFC 9568 section 5 (version 3),
 * RFC 3768 section 5.3 and RFC 2338's clear-text password (version 2), over
 * IPv4 and IPv6. Pure. Reading is a ladder of the checks of RFC 9568 7.1,
 * cheapest first; each has its verdict, and the verdict its counter. A packet
 * that fails one changes nothing but that counter.
 *
 * Version 3 over IPv4 has two checksums in the field: RFC 9568 5.2.8 counts
 * the message alone, keepalived and FRR add a pseudo-header. Both are taken.
 *
 * RFC 9568 (erratum 8300) wants the virtual router's link-local address first
 * in an IPv6 list. keepalived only warns where the configured list begins
 * otherwise, sends it as it is, and up to 2.3.2 drops a list that differs from
 * its own. So lists are sent as configured, and a list without a link-local
 * address first is refused unless this router's own list has none either.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipaddr.h"
#include "msg.h"

#define IPPROTO_VRRP 112
#define ADVERT_ADDRS_MAX 255
/* With a trailer (trailer.h). */
#define ADVERT_LEN_MAX (8 + ADVERT_ADDRS_MAX * 16 + 28)
/* With the largest IPv4 header; what a receive buffer needs. */
#define ADVERT_PACKET_MAX (60 + ADVERT_LEN_MAX)

enum advert_verdict {
	ADVERT_OK,
	ADVERT_IP_HEADER,
	ADVERT_TRUNCATED,
	ADVERT_VRID, /* nobody's here: given by who looks routers up */
	ADVERT_OWN,  /* our own source address */
	ADVERT_TTL,
	ADVERT_DST,
	ADVERT_SRC, /* not a configured peer */
	ADVERT_VERSION,
	ADVERT_TYPE,
	ADVERT_LENGTH,
	ADVERT_CHECKSUM,
	ADVERT_AUTH_MISSING,
	ADVERT_AUTH_MALFORMED,
	ADVERT_AUTH_STALE,
	ADVERT_AUTH_REPLAY,
	ADVERT_AUTH_KEY,
	ADVERT_AUTH_HMAC,
	ADVERT_AUTH,
	ADVERT_INTERVAL,
	ADVERT_COUNT,
	ADVERT_LINKLOCAL,
	ADVERT_VERDICT_COUNT
};

struct trailer;

enum advert_checksum { CHECKSUM_PLAIN, CHECKSUM_PSEUDO };

/* A VRRP message. */
struct advert {
	uint8_t family; /* of the carrying packet and of addrs */
	uint8_t version;
	uint8_t vrid;
	uint8_t priority;
	uint8_t auth_type; /* enum vrrp_auth; version 2 */
	uint8_t n_addrs;
	enum advert_checksum checksum;
	uint32_t advert_us;
	uint8_t auth_data[8];
	const uint8_t *addrs; /* n_addrs of 4 or 16 bytes, network order */
	bool is_authentic;    /* had a good trailer */
	uint64_t sequence;    /* of that */
};

/* An IP packet that carries one. Views into the received bytes. */
struct advert_packet {
	struct ipaddr src;
	struct ipaddr dst;
	uint8_t ttl;
	uint8_t vrid;
	uint32_t vmac_ifindex; /* the macvlan whose MAC it came from; 0: none */
	const uint8_t *message;
	size_t len;
	uint64_t wall_us; /* when it was read, by both clocks */
	uint64_t mono_us;
};

/* What one virtual router takes. */
struct advert_policy {
	uint8_t version;
	uint8_t auth_type;
	uint8_t auth_data[8];
	uint32_t advert_us;
	struct ipaddr source; /* our own; the destination of unicast */
	bool unicast;
	bool wants_linklocal;
	bool takes_empty; /* a version 3 list may have no address */
	const struct msg_peer_record *peers;
	size_t n_peers;
	const struct trailer *trailer; /* NULL: none is taken */
};

/* Takes the IP header off (V1, V2). family is the receiving socket's. */
enum advert_verdict advert_unwrap(
    uint8_t family, const void *bytes, size_t len, struct advert_packet *out);
/* The rest of the ladder (V3 to V13, V16). *out is valid with ADVERT_OK only. */
enum advert_verdict advert_read(const struct advert_policy *policy,
    const struct advert_packet *packet, struct advert *out);
/*
 * A packet that is an advert, whoever's: TTL, version, type, length and checksum
 * hold, with or without a trailer. Says nothing of who may send it.
 */
bool advert_is_sound(const struct advert_packet *packet);
/*
 * Writes the message for a packet from src to dst, signed with trailer unless
 * that is NULL; buf has ADVERT_LEN_MAX bytes. Returns its length.
 */
size_t advert_write(const struct advert *a, const struct ipaddr *src,
    const struct ipaddr *dst, struct trailer *trailer, uint64_t wall_us, void *buf);
/* How many addresses fit a packet of mtu bytes, beside `extra` bytes. */
size_t advert_addrs_max(uint8_t family, uint8_t version, uint32_t mtu, size_t extra);
/* Where multicast adverts go: 224.0.0.18 or ff02::12. */
struct ipaddr advert_group(uint8_t family);
/* "checksum": for counters ("rx_checksum"). */
const char *advert_verdict_name(enum advert_verdict verdict);
/* "its checksum is wrong": for logs. */
const char *advert_verdict_text(enum advert_verdict verdict);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IP addresses, prefixes and ranges of both families as plain values that may
 * travel in messages. Text is parsed strictly (inet_pton's grammar: no leading
 * zeros, no scope, no IPv4-mapped surprises) and printed canonically
 * (RFC 5952). Knows nothing of interfaces.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPADDR_STRLEN 46

/* family: AF_INET, AF_INET6, or 0 for "none"; bytes in network order, unused
 * ones zero, so that equal addresses are equal bytes. */
struct ipaddr {
	uint8_t family;
	uint8_t zero[3];
	uint8_t bytes[16];
};
_Static_assert(sizeof(struct ipaddr) == 20, "travels in messages");

/* Inclusive; first and last have one family and first <= last. */
struct iprange {
	struct ipaddr first;
	struct ipaddr last;
};

bool ipaddr_parse(const char *text, struct ipaddr *out);
/* "192.0.2.1/24"; without "/len" the family's full length. Host bits stay. */
bool ipaddr_parse_prefix(const char *text, struct ipaddr *out, uint8_t *len);
/* "A", "A/len" (host bits are masked) or "A-B". */
bool iprange_parse(const char *text, struct iprange *out);
/* The network that a is in. */
struct iprange iprange_of_prefix(const struct ipaddr *a, uint8_t len);
struct ipaddr ipaddr_from4(const void *four_bytes);
struct ipaddr ipaddr_from6(const void *sixteen_bytes);

/* Both return buf; "none" for family 0. */
const char *ipaddr_format(const struct ipaddr *a, char buf[IPADDR_STRLEN]);
#define IPRANGE_STRLEN (2 * IPADDR_STRLEN)
const char *iprange_format(const struct iprange *r, char buf[IPRANGE_STRLEN]);

/* Orders by family, then unsigned in network order (RFC 9568 6.4.3). */
int ipaddr_cmp(const struct ipaddr *a, const struct ipaddr *b);
bool ipaddr_eq(const struct ipaddr *a, const struct ipaddr *b);
/* 4, 16, or 0 for "none". */
size_t ipaddr_len(const struct ipaddr *a);
/* 32, 128, or 0. */
uint8_t ipaddr_bits(const struct ipaddr *a);
bool iprange_contains(const struct iprange *r, const struct ipaddr *a);
bool iprange_overlaps(const struct iprange *a, const struct iprange *b);
bool ipranges_contain(const struct iprange *r, size_t n, const struct ipaddr *a);
bool ipaddr_in_prefix(const struct ipaddr *a, const struct ipaddr *net, uint8_t len);

/* The address behind and before; the last one's next is the first. */
struct ipaddr ipaddr_next(struct ipaddr a);
struct ipaddr ipaddr_prev(struct ipaddr a);

bool ipaddr_is_loopback(const struct ipaddr *a);
bool ipaddr_is_multicast(const struct ipaddr *a);
bool ipaddr_is_linklocal(const struct ipaddr *a);
bool ipaddr_is_unspecified(const struct ipaddr *a);
/* An address a Service may have on the LAN: none of the four above, not
 * 0.0.0.0/8, not the limited broadcast, not IPv4-mapped. */
bool ipaddr_is_routable(const struct ipaddr *a);

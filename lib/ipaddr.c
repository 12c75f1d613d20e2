/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipaddr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

bool
ipaddr_parse(const char *text, struct ipaddr *out)
{
	struct ipaddr a = { 0 };

	if (inet_pton(AF_INET, text, a.bytes) == 1)
		a.family = AF_INET;
	else if (inet_pton(AF_INET6, text, a.bytes) == 1)
		a.family = AF_INET6;
	else
		return false;
	*out = a;
	return true;
}

/* A prefix length in plain decimal, 0..max. */
static bool
parse_len(const char *text, uint8_t max, uint8_t *out)
{
	unsigned v = 0;

	if (!*text || strlen(text) > 3 || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (unsigned)(*text - '0');
	}
	if (v > max)
		return false;
	*out = (uint8_t)v;
	return true;
}

/* Cuts text at sep into head (NUL terminated) and *tail; tail NULL if absent. */
static bool
split(const char *text, char sep, char head[IPADDR_STRLEN], const char **tail)
{
	const char *at = strchr(text, sep);
	size_t len = at ? (size_t)(at - text) : strlen(text);

	if (len >= IPADDR_STRLEN)
		return false;
	memcpy(head, text, len);
	head[len] = '\0';
	*tail = at ? at + 1 : NULL;
	return true;
}

bool
ipaddr_parse_prefix(const char *text, struct ipaddr *out, uint8_t *len)
{
	char head[IPADDR_STRLEN];
	const char *tail;
	struct ipaddr a;
	uint8_t n;

	if (!split(text, '/', head, &tail) || !ipaddr_parse(head, &a))
		return false;
	n = ipaddr_bits(&a);
	if (tail && !parse_len(tail, n, &n))
		return false;
	*out = a;
	*len = n;
	return true;
}

static void
set_host_bits(struct ipaddr *a, uint8_t len, bool ones)
{
	uint8_t mask = (uint8_t)(0xff >> (len % 8));

	for (size_t i = len / 8; i < ipaddr_len(a); i++) {
		if (ones)
			a->bytes[i] |= mask;
		else
			a->bytes[i] &= (uint8_t)~mask;
		mask = 0xff;
	}
}

bool
iprange_parse(const char *text, struct iprange *out)
{
	char head[IPADDR_STRLEN];
	struct iprange r;
	const char *tail;
	uint8_t len;

	if (!split(text, '-', head, &tail))
		return false;
	if (tail) {
		if (!ipaddr_parse(head, &r.first) || !ipaddr_parse(tail, &r.last) ||
		    r.first.family != r.last.family || ipaddr_cmp(&r.first, &r.last) > 0)
			return false;
	} else {
		if (!ipaddr_parse_prefix(text, &r.first, &len))
			return false;
		r.last = r.first;
		set_host_bits(&r.first, len, false);
		set_host_bits(&r.last, len, true);
	}
	*out = r;
	return true;
}

struct ipaddr
ipaddr_from4(const void *four_bytes)
{
	struct ipaddr a = { .family = AF_INET };

	memcpy(a.bytes, four_bytes, 4);
	return a;
}

struct ipaddr
ipaddr_from6(const void *sixteen_bytes)
{
	struct ipaddr a = { .family = AF_INET6 };

	memcpy(a.bytes, sixteen_bytes, 16);
	return a;
}

const char *
ipaddr_format(const struct ipaddr *a, char buf[IPADDR_STRLEN])
{
	if (!ipaddr_len(a) || !inet_ntop(a->family, a->bytes, buf, IPADDR_STRLEN))
		strcpy(buf, "none");
	return buf;
}

struct iprange
iprange_of_prefix(const struct ipaddr *a, uint8_t len)
{
	struct iprange net = { *a, *a };

	set_host_bits(&net.first, len, false);
	set_host_bits(&net.last, len, true);
	return net;
}

const char *
iprange_format(const struct iprange *r, char buf[IPRANGE_STRLEN])
{
	char first[IPADDR_STRLEN], last[IPADDR_STRLEN];

	for (unsigned len = 0; len <= ipaddr_bits(&r->first); len++) {
		struct iprange net = { r->first, r->first };

		set_host_bits(&net.first, (uint8_t)len, false);
		set_host_bits(&net.last, (uint8_t)len, true);
		if (!ipaddr_eq(&net.first, &r->first) || !ipaddr_eq(&net.last, &r->last))
			continue;
		ipaddr_format(&r->first, first);
		if (len == ipaddr_bits(&r->first))
			snprintf(buf, IPRANGE_STRLEN, "%s", first);
		else
			snprintf(buf, IPRANGE_STRLEN, "%s/%u", first, len);
		return buf;
	}
	snprintf(buf, IPRANGE_STRLEN, "%s-%s", ipaddr_format(&r->first, first),
	    ipaddr_format(&r->last, last));
	return buf;
}

int
ipaddr_cmp(const struct ipaddr *a, const struct ipaddr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

bool
ipaddr_eq(const struct ipaddr *a, const struct ipaddr *b)
{
	return ipaddr_cmp(a, b) == 0;
}

size_t
ipaddr_len(const struct ipaddr *a)
{
	return a->family == AF_INET ? 4 : a->family == AF_INET6 ? 16 : 0;
}

uint8_t
ipaddr_bits(const struct ipaddr *a)
{
	return (uint8_t)(8 * ipaddr_len(a));
}

bool
iprange_contains(const struct iprange *r, const struct ipaddr *a)
{
	return a->family == r->first.family && ipaddr_cmp(&r->first, a) <= 0 &&
	    ipaddr_cmp(a, &r->last) <= 0;
}

bool
iprange_overlaps(const struct iprange *a, const struct iprange *b)
{
	return a->first.family == b->first.family &&
	    ipaddr_cmp(&a->first, &b->last) <= 0 && ipaddr_cmp(&b->first, &a->last) <= 0;
}

bool
ipranges_contain(const struct iprange *r, size_t n, const struct ipaddr *a)
{
	for (size_t i = 0; i < n; i++)
		if (iprange_contains(&r[i], a))
			return true;
	return false;
}

bool
ipaddr_in_prefix(const struct ipaddr *a, const struct ipaddr *net, uint8_t len)
{
	struct iprange r = { *net, *net };

	if (len > ipaddr_bits(net))
		return false;
	set_host_bits(&r.first, len, false);
	set_host_bits(&r.last, len, true);
	return iprange_contains(&r, a);
}

bool
ipaddr_is_loopback(const struct ipaddr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (a->family == AF_INET)
		return a->bytes[0] == 127;
	return a->family == AF_INET6 && memcmp(a->bytes, one, sizeof(one)) == 0;
}

bool
ipaddr_is_multicast(const struct ipaddr *a)
{
	return a->family == AF_INET ? (a->bytes[0] & 0xf0) == 0xe0
				    : a->family == AF_INET6 && a->bytes[0] == 0xff;
}

bool
ipaddr_is_linklocal(const struct ipaddr *a)
{
	if (a->family == AF_INET)
		return a->bytes[0] == 169 && a->bytes[1] == 254;
	return a->family == AF_INET6 && a->bytes[0] == 0xfe &&
	    (a->bytes[1] & 0xc0) == 0x80;
}

bool
ipaddr_is_unspecified(const struct ipaddr *a)
{
	const struct ipaddr zero = { .family = a->family };

	return ipaddr_len(a) && ipaddr_eq(a, &zero);
}

/* 0.0.0.0/8 and 255.255.255.255; ::ffff:0:0/96 */
static bool
is_reserved(const struct ipaddr *a)
{
	static const uint8_t broadcast[4] = { 255, 255, 255, 255 };
	static const uint8_t mapped[12] = { [10] = 255, [11] = 255 };

	if (a->family == AF_INET)
		return a->bytes[0] == 0 ||
		    memcmp(a->bytes, broadcast, sizeof(broadcast)) == 0;
	return memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

bool
ipaddr_is_routable(const struct ipaddr *a)
{
	return ipaddr_len(a) && !ipaddr_is_loopback(a) && !ipaddr_is_multicast(a) &&
	    !ipaddr_is_linklocal(a) && !ipaddr_is_unspecified(a) && !is_reserved(a);
}

struct ipaddr
ipaddr_next(struct ipaddr a)
{
	for (size_t i = ipaddr_len(&a); i-- > 0;)
		if (++a.bytes[i])
			break;
	return a;
}

struct ipaddr
ipaddr_prev(struct ipaddr a)
{
	for (size_t i = ipaddr_len(&a); i-- > 0;)
		if (a.bytes[i]--)
			break;
	return a;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "advert.h"

#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "cursor.h"
#include "trailer.h"

#define TYPE_ADVERTISEMENT 1
#define HEADER_LEN 8
#define CHECKSUM_AT 6
#define AUTH_LEN 8 /* version 2 always has it */
#define US_PER_CS 10000
#define TTL_LOCAL 255

static size_t
addr_len(uint8_t family)
{
	return family == AF_INET ? 4 : 16;
}

struct ipaddr
advert_group(uint8_t family)
{
	static const uint8_t group4[4] = { 224, 0, 0, 18 };
	static const uint8_t group6[16] = { 0xff, 0x02, [15] = 0x12 };

	return family == AF_INET ? ipaddr_from4(group4) : ipaddr_from6(group6);
}

size_t
advert_addrs_max(uint8_t family, uint8_t version, uint32_t mtu, size_t extra)
{
	size_t fixed = HEADER_LEN + (family == AF_INET ? 20 : 40) +
	    (version == 2 ? AUTH_LEN : 0) + extra;
	size_t max = mtu < fixed ? 0 : (mtu - fixed) / addr_len(family);

	return max < ADVERT_ADDRS_MAX ? max : ADVERT_ADDRS_MAX;
}

/* ---- checksum: RFC 9568 5.2.8, RFC 8200 8.1 ---- */

static uint32_t
pseudo_header(const struct ipaddr *src, const struct ipaddr *dst, size_t len)
{
	uint8_t tail[8] = {
		[2] = (uint8_t)(len >> 8),
		[3] = (uint8_t)len,
		[7] = IPPROTO_VRRP,
	};
	uint32_t sum = checksum_add(0, src->bytes, ipaddr_len(src));

	sum = checksum_add(sum, dst->bytes, ipaddr_len(dst));
	return checksum_add(sum, tail, sizeof(tail));
}

/* A message that holds its checksum sums up to 0. */
static bool
verify(const struct advert_packet *p, uint8_t version, enum advert_checksum *form)
{
	uint32_t plain = checksum_add(0, p->message, p->len);
	uint32_t pseudo = pseudo_header(&p->src, &p->dst, p->len);

	*form = CHECKSUM_PLAIN;
	if (p->src.family == AF_INET && checksum_fold(plain) == 0)
		return true;
	if (version == 2)
		return false;
	*form = CHECKSUM_PSEUDO;
	return checksum_fold(checksum_add(pseudo, p->message, p->len)) == 0;
}

/* ---- reading ---- */

/*
 * A packet socket sees packets before the host's own checks, so all of RFC
 * 1812 5.2.2 is here. Ethernet's padding behind the packet is fine.
 */
static bool
unwrap4(const void *bytes, size_t len, struct advert_packet *out)
{
	struct cursor c;
	uint8_t first, proto;
	uint16_t total, fragment;
	size_t header;

	cursor_init(&c, bytes, len);
	first = cursor_u8(&c);
	cursor_u8(&c);
	total = cursor_u16(&c);
	cursor_u16(&c);
	fragment = cursor_u16(&c);
	out->ttl = cursor_u8(&c);
	proto = cursor_u8(&c);
	cursor_u16(&c);
	out->src = (struct ipaddr){ .family = AF_INET };
	cursor_bytes(&c, out->src.bytes, 4);
	out->dst = (struct ipaddr){ .family = AF_INET };
	cursor_bytes(&c, out->dst.bytes, 4);
	header = (size_t)(first & 0x0f) * 4;
	if (!cursor_ok(&c) || first >> 4 != 4 || header < c.at || total < header ||
	    total > len || (fragment & 0x3fff) != 0 || proto != IPPROTO_VRRP ||
	    checksum_fold(checksum_add(0, bytes, header)) != 0)
		return false;
	out->message = (const uint8_t *)bytes + header;
	out->len = total - header;
	return true;
}

static bool
unwrap6(const void *bytes, size_t len, struct advert_packet *out)
{
	struct cursor c;
	uint32_t first;
	uint16_t payload;
	uint8_t next;

	cursor_init(&c, bytes, len);
	first = cursor_u32(&c);
	payload = cursor_u16(&c);
	next = cursor_u8(&c);
	out->ttl = cursor_u8(&c);
	out->src = (struct ipaddr){ .family = AF_INET6 };
	cursor_bytes(&c, out->src.bytes, 16);
	out->dst = (struct ipaddr){ .family = AF_INET6 };
	cursor_bytes(&c, out->dst.bytes, 16);
	if (!cursor_ok(&c) || first >> 28 != 6 || next != IPPROTO_VRRP)
		return false;
	out->len = payload;
	out->message = cursor_view(&c, payload);
	return out->message != NULL;
}

enum advert_verdict
advert_unwrap(uint8_t family, const void *bytes, size_t len, struct advert_packet *out)
{
	if (!(family == AF_INET ? unwrap4(bytes, len, out) : unwrap6(bytes, len, out)))
		return ADVERT_IP_HEADER;
	if (out->len < HEADER_LEN)
		return ADVERT_TRUNCATED;
	out->vrid = out->message[1];
	return ADVERT_OK;
}

static const struct msg_peer_record *
find_peer(const struct advert_policy *policy, const struct ipaddr *src)
{
	for (size_t i = 0; i < policy->n_peers; i++)
		if (ipaddr_eq(&policy->peers[i].addr, src))
			return &policy->peers[i];
	return NULL;
}

/* From whom, to whom, and over how many hops. */
static enum advert_verdict
check_path(const struct advert_policy *policy, const struct advert_packet *p)
{
	struct ipaddr group = advert_group(p->src.family);
	const struct msg_peer_record *peer;

	if (ipaddr_eq(&p->src, &policy->source))
		return ADVERT_OWN;
	if (!ipaddr_eq(&p->dst, policy->unicast ? &policy->source : &group))
		return ADVERT_DST;
	if (!policy->unicast && p->ttl != TTL_LOCAL)
		return ADVERT_TTL;
	if (!policy->unicast)
		return ipaddr_is_unspecified(&p->src) || ipaddr_is_multicast(&p->src)
		    ? ADVERT_SRC
		    : ADVERT_OK;
	peer = find_peer(policy, &p->src);
	if (!peer)
		return ADVERT_SRC;
	return p->ttl >= peer->min_ttl && p->ttl <= peer->max_ttl ? ADVERT_OK
								  : ADVERT_TTL;
}

/* In the order of the figures: RFC 9568 5.1, RFC 3768 5.1. */
static enum advert_verdict
parse(uint8_t version, const struct advert_packet *p, struct advert *out)
{
	struct cursor c;
	uint8_t first;
	uint16_t interval;
	bool v2 = version == 2;

	*out = (struct advert){ .family = p->src.family, .version = version };
	cursor_init(&c, p->message, p->len);
	first = cursor_u8(&c);
	out->vrid = cursor_u8(&c);
	out->priority = cursor_u8(&c);
	out->n_addrs = cursor_u8(&c);
	interval = cursor_u16(&c);
	cursor_u16(&c); /* checksum */
	out->addrs = cursor_view(&c, out->n_addrs * addr_len(out->family));
	if (v2)
		cursor_bytes(&c, out->auth_data, AUTH_LEN);
	out->auth_type = v2 ? interval >> 8 : VRRP_AUTH_NONE;
	out->advert_us = v2 ? (uint32_t)((interval & 0xff) * US_PER_S)
			    : (interval & 0x0fffu) * US_PER_CS;
	if (first >> 4 != version)
		return ADVERT_VERSION;
	if ((first & 0x0f) != TYPE_ADVERTISEMENT)
		return ADVERT_TYPE;
	return cursor_ok(&c) && cursor_left(&c) == 0 ? ADVERT_OK : ADVERT_LENGTH;
}

/* Takes a trailer off, if there is one. */
static bool
split(uint8_t version, struct advert_packet *p)
{
	size_t len = HEADER_LEN + p->message[3] * addr_len(p->src.family) +
	    (version == 2 ? AUTH_LEN : 0);

	if (p->len != len + TRAILER_LEN)
		return false;
	p->len = len;
	return true;
}

/*
 * The checksum does not cover the trailer. Over IPv6 a sender that leaves the
 * checksum to its kernel has it cover all of the payload.
 */
static bool
sums_up(const struct advert_policy *policy, const struct advert_packet *message,
    const struct advert_packet *whole, struct advert *out)
{
	return verify(message, policy->version, &out->checksum) ||
	    (whole->len != message->len && whole->src.family == AF_INET6 &&
		verify(whole, policy->version, &out->checksum));
}

/* V9 */
static enum advert_verdict
check_trailer(const struct advert_policy *policy, const struct advert_packet *p,
    bool is_there, struct advert *out)
{
	struct trailer_bound b = { p->src.family, policy->version, p->vrid, &p->src };
	struct trailer_time now = { p->wall_us, p->mono_us };
	enum advert_verdict verdict;

	if (!is_there)
		return policy->trailer->conf.mode == HMAC_ENFORCE ? ADVERT_AUTH_MISSING
								  : ADVERT_OK;
	verdict =
	    trailer_verify(policy->trailer, &b, p->message, p->len, &now, &out->sequence);
	out->is_authentic = verdict == ADVERT_OK;
	return verdict;
}

/* In constant time: the answer tells nothing of how much was right. */
static bool
authentic(const struct advert_policy *policy, const struct advert *a)
{
	unsigned difference = policy->auth_type ^ a->auth_type;

	if (policy->auth_type == VRRP_AUTH_NONE)
		return difference == 0;
	for (size_t i = 0; i < AUTH_LEN; i++)
		difference |= policy->auth_data[i] ^ a->auth_data[i];
	return difference == 0;
}

static bool
first_is_linklocal(const struct advert *a)
{
	struct ipaddr first = ipaddr_from6(a->addrs);

	return ipaddr_is_linklocal(&first);
}

enum advert_verdict
advert_read(const struct advert_policy *policy, const struct advert_packet *packet,
    struct advert *out)
{
	enum advert_verdict verdict = check_path(policy, packet);
	struct advert_packet message = *packet;
	bool has_trailer = policy->trailer && split(policy->version, &message);

	if (verdict == ADVERT_OK)
		verdict = parse(policy->version, &message, out);
	if (verdict == ADVERT_OK && !sums_up(policy, &message, packet, out))
		verdict = ADVERT_CHECKSUM;
	if (verdict == ADVERT_OK && policy->trailer)
		verdict = check_trailer(policy, &message, has_trailer, out);
	if (verdict != ADVERT_OK)
		return verdict;
	if (policy->version == 2) {
		if (!authentic(policy, out))
			return ADVERT_AUTH;
		return out->advert_us == policy->advert_us ? ADVERT_OK : ADVERT_INTERVAL;
	}
	if (out->advert_us == 0)
		return ADVERT_INTERVAL;
	if (out->n_addrs == 0)
		return policy->takes_empty ? ADVERT_OK : ADVERT_COUNT;
	if (out->family == AF_INET6 && policy->wants_linklocal &&
	    !first_is_linklocal(out))
		return ADVERT_LINKLOCAL;
	return ADVERT_OK;
}

bool
advert_is_sound(const struct advert_packet *packet)
{
	struct advert_policy any = { .version = packet->message[0] >> 4 };
	struct advert_packet message = *packet;
	struct advert a;

	if (packet->ttl != TTL_LOCAL || packet->vrid == 0 ||
	    ipaddr_is_unspecified(&packet->src) || ipaddr_is_multicast(&packet->src) ||
	    any.version > 3 || any.version < (packet->src.family == AF_INET ? 2 : 3))
		return false;
	split(any.version, &message);
	return parse(any.version, &message, &a) == ADVERT_OK &&
	    sums_up(&any, &message, packet, &a);
}

/* ---- writing ---- */

static size_t
write_message(const struct advert *a, struct wcursor *c)
{
	bool v2 = a->version == 2;

	wcursor_u8(c, (uint8_t)(a->version << 4 | TYPE_ADVERTISEMENT));
	wcursor_u8(c, a->vrid);
	wcursor_u8(c, a->priority);
	wcursor_u8(c, a->n_addrs);
	if (v2)
		wcursor_u16(c, (uint16_t)(a->auth_type << 8 | a->advert_us / US_PER_S));
	else
		wcursor_u16(c, (uint16_t)(a->advert_us / US_PER_CS));
	wcursor_u16(c, 0);
	wcursor_bytes(c, a->addrs, a->n_addrs * addr_len(a->family));
	if (v2)
		wcursor_bytes(c, a->auth_data, AUTH_LEN);
	return c->at;
}

size_t
advert_write(const struct advert *a, const struct ipaddr *src, const struct ipaddr *dst,
    struct trailer *trailer, uint64_t wall_us, void *buf)
{
	struct trailer_bound b = { a->family, a->version, a->vrid, src };
	struct wcursor c;
	size_t len, covered;
	uint32_t pseudo = 0;
	uint16_t sum;

	wcursor_init(&c, buf, ADVERT_LEN_MAX);
	len = covered = write_message(a, &c);
	if (trailer) {
		trailer_append(trailer, &b, buf, len, wall_us);
		len += TRAILER_LEN;
	}
	/* keepalived has the kernel check it, over all of the payload. */
	if (a->family == AF_INET6)
		covered = len;
	if (a->version != 2 && (a->family == AF_INET6 || a->checksum == CHECKSUM_PSEUDO))
		pseudo = pseudo_header(src, dst, covered);
	sum = checksum_fold(checksum_add(pseudo, buf, covered));
	((uint8_t *)buf)[CHECKSUM_AT] = (uint8_t)(sum >> 8);
	((uint8_t *)buf)[CHECKSUM_AT + 1] = (uint8_t)sum;
	return len;
}

static const struct {
	const char *name;
	const char *text;
} verdicts[ADVERT_VERDICT_COUNT] = {
	[ADVERT_OK] = { "ok", "nothing is wrong" },
	[ADVERT_IP_HEADER] = { "ip_header", "its IP header is broken" },
	[ADVERT_TRUNCATED] = { "truncated", "it is too short" },
	[ADVERT_VRID] = { "vrid", "no virtual router here has its identifier" },
	[ADVERT_OWN] = { "own",
	    "its source is our own address (a loop in the network, "
	    "or the address is in use twice)" },
	[ADVERT_TTL] = { "ttl",
	    "its TTL is not 255, or not what unicast_peer allows (did a router "
	    "forward it?)" },
	[ADVERT_DST] = { "dst",
	    "one of us sends by multicast, the other to its unicast_peer" },
	[ADVERT_SRC] = { "src",
	    "its source is no host's address, or not in unicast_peer" },
	[ADVERT_VERSION] = { "version", "it is of another VRRP version" },
	[ADVERT_TYPE] = { "type", "it is of an unknown type" },
	[ADVERT_LENGTH] = { "length",
	    "its length is not that of its addresses (28 bytes more: auth_hmac is "
	    "configured there, not here)" },
	[ADVERT_CHECKSUM] = { "checksum", "its checksum is wrong" },
	[ADVERT_AUTH_MISSING] = { "auth_missing",
	    "it has no auth_hmac trailer (is that configured there?)" },
	[ADVERT_AUTH_MALFORMED] = { "auth_malformed",
	    "its trailer is of an unknown kind" },
	[ADVERT_AUTH_STALE] = { "auth_stale",
	    "its trailer is not of now (do the clocks agree?)" },
	[ADVERT_AUTH_REPLAY] = { "auth_replay", "its trailer was heard before" },
	[ADVERT_AUTH_KEY] = { "auth_key",
	    "its trailer names a key of auth_hmac that is not here" },
	[ADVERT_AUTH_HMAC] = { "auth_hmac",
	    "its trailer is not made with our key of auth_hmac" },
	[ADVERT_AUTH] = { "auth", "its auth_type or auth_pass is not ours" },
	[ADVERT_INTERVAL] = { "interval",
	    "its advert_int is 0 or, in version 2, not ours" },
	[ADVERT_COUNT] = { "count", "it lists no address" },
	[ADVERT_LINKLOCAL] = { "linklocal", "its first address is not link-local" },
};

const char *
advert_verdict_name(enum advert_verdict verdict)
{
	return verdicts[verdict].name;
}

const char *
advert_verdict_text(enum advert_verdict verdict)
{
	return verdicts[verdict].text;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/advert.h"

#include "engine/trailer.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "cursor.h"
#include "unit.h"

static uint8_t wire[ADVERT_PACKET_MAX + 64];

static struct ipaddr
ip(const char *text)
{
	struct ipaddr a;

	ck_assert_msg(ipaddr_parse(text, &a), "%s", text);
	return a;
}

static size_t
unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; *hex; hex += 2, n++) {
		ck_assert_int_eq(sscanf(hex, "%2x", &byte), 1);
		out[n] = (uint8_t)byte;
	}
	return n;
}

/* ---- vectors, computed independently ---- */

struct vector {
	const char *what;
	uint8_t family, version, vrid, priority, auth_type;
	enum advert_checksum form;
	const char *password;
	const char *addrs[2];
	const char *hex;
};

#define V2 AF_INET, 2
#define V3 AF_INET, 3
#define V6 AF_INET6, 3

static const struct vector vectors[] = {
	{ "v2", V2, 10, 200, 0, CHECKSUM_PLAIN, "", { "192.0.2.1", "192.0.2.2" },
	    "210ac802000192edc0000201c00002020000000000000000" },
	{ "v3, message alone", V3, 10, 200, 0, CHECKSUM_PLAIN, "",
	    { "192.0.2.1", "192.0.2.2" }, "310ac8020064828ac0000201c0000202" },
	{ "v3, pseudo-header", V3, 10, 200, 0, CHECKSUM_PSEUDO, "",
	    { "192.0.2.1", "192.0.2.2" }, "310ac8020064defbc0000201c0000202" },
	{ "v3, priority 0, message alone", V3, 10, 0, 0, CHECKSUM_PLAIN, "",
	    { "192.0.2.1", "192.0.2.2" }, "310a000200644a8bc0000201c0000202" },
	{ "v3, priority 0, pseudo-header", V3, 10, 0, 0, CHECKSUM_PSEUDO, "",
	    { "192.0.2.1", "192.0.2.2" }, "310a00020064a6fcc0000201c0000202" },
	{ "v3, IPv6", V6, 10, 100, 0, CHECKSUM_PSEUDO, "", { "fe80::1", "2001:db8::1" },
	    "310a640200643f5dfe80000000000000000000000000000120010db8000000000000000000"
	    "000001" },
	{ "v2, password", V2, 51, 100, 1, CHECKSUM_PLAIN, "1111", { "192.168.200.16" },
	    "2133640101018eaec0a8c8103131313100000000" },
};

static struct advert_policy
policy_of(const struct vector *v)
{
	struct advert_policy p = {
		.version = v->version,
		.auth_type = v->auth_type,
		.advert_us = 1000000,
		.wants_linklocal = true,
	};

	memcpy(p.auth_data, v->password, strlen(v->password));
	return p;
}

static struct advert_packet
packet_of(const struct vector *v, const uint8_t *message, size_t len)
{
	return (struct advert_packet){
		.src = ip(v->family == AF_INET ? "192.0.2.251" : "fe80::c8"),
		.dst = advert_group(v->family),
		.ttl = 255,
		.vrid = v->vrid,
		.message = message,
		.len = len,
	};
}

START_TEST(vectors_are_written_byte_for_byte)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		const struct vector *v = &vectors[i];
		struct advert_packet p = packet_of(v, NULL, 0);
		uint8_t want[64], got[ADVERT_LEN_MAX], addrs[32];
		struct advert a = {
			.family = v->family,
			.version = v->version,
			.vrid = v->vrid,
			.priority = v->priority,
			.auth_type = v->auth_type,
			.checksum = v->form,
			.advert_us = 1000000,
			.addrs = addrs,
		};

		memcpy(a.auth_data, v->password, strlen(v->password));
		for (; a.n_addrs < 2 && v->addrs[a.n_addrs]; a.n_addrs++) {
			struct ipaddr addr = ip(v->addrs[a.n_addrs]);

			memcpy(addrs + a.n_addrs * ipaddr_len(&addr), addr.bytes,
			    ipaddr_len(&addr));
		}
		ck_assert_msg(
		    advert_write(&a, &p.src, &p.dst, NULL, 0, got) == unhex(v->hex, want),
		    "%s: length", v->what);
		ck_assert_msg(!memcmp(got, want, strlen(v->hex) / 2), "%s", v->what);
	}
}
END_TEST

START_TEST(vectors_are_read_back)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		const struct vector *v = &vectors[i];
		struct advert_policy policy = policy_of(v);
		uint8_t message[64];
		struct advert_packet p = packet_of(v, message, unhex(v->hex, message));
		struct ipaddr first = ip(v->addrs[0]);
		struct advert a;

		ck_assert_msg(advert_read(&policy, &p, &a) == ADVERT_OK, "%s", v->what);
		ck_assert_uint_eq(a.family, v->family);
		ck_assert_uint_eq(a.vrid, v->vrid);
		ck_assert_uint_eq(a.priority, v->priority);
		ck_assert_uint_eq(a.advert_us, 1000000);
		ck_assert_uint_eq(a.n_addrs, v->addrs[1] ? 2 : 1);
		ck_assert_mem_eq(a.addrs, first.bytes, ipaddr_len(&first));
		ck_assert_msg(a.checksum == v->form, "%s: form", v->what);
	}
}
END_TEST

/* ---- the ladder: a good packet, and what makes it bad ---- */

static void
fix4(uint8_t *packet, size_t header)
{
	uint16_t sum;

	packet[10] = packet[11] = 0;
	sum = checksum_fold(checksum_add(0, packet, header));
	packet[10] = (uint8_t)(sum >> 8);
	packet[11] = (uint8_t)sum;
}

/* An IPv4 packet around the message; options: words behind the header. */
static size_t
wrap4(const char *src, const char *dst, uint8_t ttl, unsigned options,
    const uint8_t *message, size_t len)
{
	struct ipaddr from = ip(src), to = ip(dst);
	size_t header = 20 + 4 * options;

	memset(wire, 0, sizeof(wire));
	wire[0] = (uint8_t)(0x45 + options);
	wire[1] = 0xc0;
	wire[2] = (uint8_t)((header + len) >> 8);
	wire[3] = (uint8_t)(header + len);
	wire[6] = 0x40; /* don't fragment */
	wire[8] = ttl;
	wire[9] = IPPROTO_VRRP;
	memcpy(wire + 12, from.bytes, 4);
	memcpy(wire + 16, to.bytes, 4);
	memset(wire + 20, 1, 4 * options);
	fix4(wire, header);
	memcpy(wire + header, message, len);
	return header + len;
}

static size_t
wrap6(const char *src, uint8_t hops, const uint8_t *message, size_t len)
{
	struct ipaddr from = ip(src), to = advert_group(AF_INET6);

	memset(wire, 0, sizeof(wire));
	wire[0] = 0x60;
	wire[4] = (uint8_t)(len >> 8);
	wire[5] = (uint8_t)len;
	wire[6] = IPPROTO_VRRP;
	wire[7] = hops;
	memcpy(wire + 8, from.bytes, 16);
	memcpy(wire + 24, to.bytes, 16);
	memcpy(wire + 40, message, len);
	return 40 + len;
}

static enum advert_verdict
take(uint8_t family, const struct advert_policy *policy, size_t len)
{
	/* A copy of exactly this size: sanitizers see a step beyond. */
	uint8_t *exact = malloc(len ? len : 1);
	struct advert_packet p;
	struct advert a;
	enum advert_verdict v;

	memcpy(exact, wire, len);
	v = advert_unwrap(family, exact, len, &p);
	if (v == ADVERT_OK)
		v = advert_read(policy, &p, &a);
	free(exact);
	return v;
}

static const struct msg_peer_record peers[] = {
	{ .addr = { AF_INET, { 0 }, { 198, 51, 100, 1 } },
	    .min_ttl = 255,
	    .max_ttl = 255 },
	{ .addr = { AF_INET, { 0 }, { 198, 51, 100, 2 } },
	    .min_ttl = 250,
	    .max_ttl = 254 },
};

static struct advert_policy
policy(uint8_t version)
{
	struct advert_policy p = {
		.version = version,
		.advert_us = 1000000,
		.source = ip("192.0.2.10"),
		.wants_linklocal = true,
		.peers = peers,
		.n_peers = 2,
	};

	return p;
}

enum mode { GROUP4, UNICAST4, GROUP6, GROUP4_PASS, GROUP6_PLAIN_LIST };

/* A change of one byte of the message or the packet, or of its length. */
struct bad {
	const char *name;
	uint8_t version;
	enum mode mode;
	const char *src;
	const char *dst; /* NULL: where it belongs */
	uint8_t ttl;
	int at; /* byte of the message that is set to value; -1: none */
	uint8_t value;
	int grow; /* bytes cut off (< 0) or added behind the message */
	bool sum; /* the checksum is made good again */
	enum advert_verdict verdict;
};

/* clang-format off */
static const struct bad bads[] = {
{ "v2 as it should be", 2, GROUP4, "192.0.2.1", NULL, 255, -1, 0, 0, true, ADVERT_OK },
{ "v3 as it should be", 3, GROUP4, "192.0.2.1", NULL, 255, -1, 0, 0, true, ADVERT_OK },
{ "v3 over IPv6 as it should be", 3, GROUP6, "fe80::1", NULL, 255, -1, 0, 0, true, ADVERT_OK },
{ "unicast as it should be", 3, UNICAST4, "198.51.100.1", NULL, 255, -1, 0, 0, true, ADVERT_OK },
{ "unicast over some hops", 3, UNICAST4, "198.51.100.2", NULL, 251, -1, 0, 0, true, ADVERT_OK },
{ "password as it should be", 2, GROUP4_PASS, "192.0.2.1", NULL, 255, -1, 0, 0, true, ADVERT_OK },
{ "reserved bits are ignored", 3, GROUP4, "192.0.2.1", NULL, 255, 4, 0xf0, 0, true, ADVERT_OK },
{ "v3, another interval", 3, GROUP4, "192.0.2.1", NULL, 255, 5, 20, 0, true, ADVERT_OK },
{ "V2, too short", 3, GROUP4, "192.0.2.1", NULL, 255, -1, 0, -5, false, ADVERT_TRUNCATED },
{ "V3, TTL 254", 3, GROUP4, "192.0.2.1", NULL, 254, -1, 0, 0, true, ADVERT_TTL },
{ "V3, TTL 254", 2, GROUP4, "192.0.2.1", NULL, 254, -1, 0, 0, true, ADVERT_TTL },
{ "V3, hop limit 254", 3, GROUP6, "fe80::1", NULL, 254, -1, 0, 0, true, ADVERT_TTL },
{ "V3, below the peer's window", 3, UNICAST4, "198.51.100.2", NULL, 249, -1, 0, 0, true, ADVERT_TTL },
{ "V3, above the peer's window", 3, UNICAST4, "198.51.100.2", NULL, 255, -1, 0, 0, true, ADVERT_TTL },
{ "V4, v2 where v3 is configured", 3, GROUP4, "192.0.2.1", NULL, 255, 0, 0x21, 0, true, ADVERT_VERSION },
{ "V4, v3 where v2 is configured", 2, GROUP4, "192.0.2.1", NULL, 255, 0, 0x31, 0, true, ADVERT_VERSION },
{ "V5, type 2", 3, GROUP4, "192.0.2.1", NULL, 255, 0, 0x32, 0, true, ADVERT_TYPE },
{ "V5, type 0", 2, GROUP4, "192.0.2.1", NULL, 255, 0, 0x20, 0, true, ADVERT_TYPE },
{ "V6, not a peer", 3, UNICAST4, "198.51.100.3", NULL, 255, -1, 0, 0, true, ADVERT_SRC },
{ "V6, from nowhere", 3, GROUP4, "0.0.0.0", NULL, 255, -1, 0, 0, true, ADVERT_SRC },
{ "V6, from a group", 3, GROUP4, "224.0.0.18", NULL, 255, -1, 0, 0, true, ADVERT_SRC },
{ "F2, our own advert", 3, GROUP4, "192.0.2.10", NULL, 255, -1, 0, 0, true, ADVERT_OWN },
{ "V7, an address less than counted", 3, GROUP4, "192.0.2.1", NULL, 255, 3, 2, 0, true, ADVERT_LENGTH },
{ "V7, one byte more", 3, GROUP4, "192.0.2.1", NULL, 255, -1, 0, 1, true, ADVERT_LENGTH },
{ "V7, v3 with a v2 trailer", 3, GROUP4, "192.0.2.1", NULL, 255, -1, 0, 8, true, ADVERT_LENGTH },
{ "V7, v2 without the trailer", 2, GROUP4, "192.0.2.1", NULL, 255, -1, 0, -8, true, ADVERT_LENGTH },
{ "V7, 255 addresses counted", 3, GROUP6, "fe80::1", NULL, 255, 3, 255, 0, true, ADVERT_LENGTH },
{ "V8, a wrong checksum", 3, GROUP4, "192.0.2.1", NULL, 255, 2, 199, 0, false, ADVERT_CHECKSUM },
{ "V8, a wrong checksum", 2, GROUP4, "192.0.2.1", NULL, 255, 2, 199, 0, false, ADVERT_CHECKSUM },
{ "V8, a wrong checksum", 3, GROUP6, "fe80::1", NULL, 255, 2, 199, 0, false, ADVERT_CHECKSUM },
{ "V10, a password where none is", 2, GROUP4, "192.0.2.1", NULL, 255, 4, 1, 0, true, ADVERT_AUTH },
{ "V10, no password", 2, GROUP4_PASS, "192.0.2.1", NULL, 255, 4, 0, 0, true, ADVERT_AUTH },
{ "V10, AH", 2, GROUP4_PASS, "192.0.2.1", NULL, 255, 4, 2, 0, true, ADVERT_AUTH },
{ "V10, the first letter is wrong", 2, GROUP4_PASS, "192.0.2.1", NULL, 255, 12, 'x', 0, true, ADVERT_AUTH },
{ "V10, the last byte is wrong", 2, GROUP4_PASS, "192.0.2.1", NULL, 255, 19, 'x', 0, true, ADVERT_AUTH },
{ "V11, another interval", 2, GROUP4, "192.0.2.1", NULL, 255, 5, 2, 0, true, ADVERT_INTERVAL },
{ "V11, interval 0", 2, GROUP4, "192.0.2.1", NULL, 255, 5, 0, 0, true, ADVERT_INTERVAL },
{ "V11, interval 0 (P1)", 3, GROUP4, "192.0.2.1", NULL, 255, 5, 0, 0, true, ADVERT_INTERVAL },
{ "V12, no address", 3, GROUP4, "192.0.2.1", NULL, 255, 3, 0, -4, true, ADVERT_COUNT },
{ "V13, a global address first", 3, GROUP6, "fe80::1", NULL, 255, 8, 0x20, 0, true, ADVERT_LINKLOCAL },
{ "V13, as our own list begins", 3, GROUP6_PLAIN_LIST, "fe80::1", NULL, 255, 8, 0x20, 0, true, ADVERT_OK },
{ "V16, unicast to a multicast router", 3, GROUP4, "192.0.2.1", "192.0.2.10", 255, -1, 0, 0, true, ADVERT_DST },
{ "V16, multicast to a unicast router", 3, UNICAST4, "198.51.100.1", "224.0.0.18", 255, -1, 0, 0, true, ADVERT_DST },
{ "V16, on its way to somebody else", 3, UNICAST4, "198.51.100.1", "192.0.2.11", 255, -1, 0, 0, true, ADVERT_DST },
};
/* clang-format on */

static struct advert_policy
policy_for(const struct bad *b)
{
	struct advert_policy p = policy(b->version);

	p.unicast = b->mode == UNICAST4;
	if (b->mode == GROUP6 || b->mode == GROUP6_PLAIN_LIST)
		p.source = ip("fe80::10");
	p.wants_linklocal = b->mode != GROUP6_PLAIN_LIST;
	if (b->mode == GROUP4_PASS) {
		p.auth_type = VRRP_AUTH_PASS;
		memcpy(p.auth_data, "secret", 6);
	}
	return p;
}

static size_t
message_for(const struct bad *b, uint8_t family, uint8_t *message)
{
	struct ipaddr src = ip(b->src), dst = advert_group(family);
	struct ipaddr addr = ip(family == AF_INET ? "192.0.2.5" : "fe80::5");
	struct advert a = {
		.family = family,
		.version = b->version,
		.vrid = 10,
		.priority = 200,
		.auth_type = b->mode == GROUP4_PASS,
		.advert_us = 1000000,
		.n_addrs = 1,
		.addrs = addr.bytes,
	};

	if (b->mode == GROUP4_PASS)
		memcpy(a.auth_data, "secret", 6);
	return advert_write(&a, &src, &dst, NULL, 0, message);
}

/* Makes the message's checksum fit again after it was changed. */
static void
resum(uint8_t family, const struct bad *b, uint8_t *message, size_t len)
{
	struct ipaddr src = ip(b->src), dst = advert_group(family);
	uint8_t tail[8] = { [3] = (uint8_t)len, [7] = IPPROTO_VRRP };
	uint32_t sum = 0;
	uint16_t folded;

	message[6] = message[7] = 0;
	if (family == AF_INET6) {
		sum = checksum_add(sum, src.bytes, 16);
		sum = checksum_add(sum, dst.bytes, 16);
		sum = checksum_add(sum, tail, 8);
	}
	folded = checksum_fold(checksum_add(sum, message, len));
	message[6] = (uint8_t)(folded >> 8);
	message[7] = (uint8_t)folded;
}

START_TEST(every_receive_check_has_its_verdict)
{
	for (size_t i = 0; i < sizeof(bads) / sizeof(*bads); i++) {
		const struct bad *b = &bads[i];
		bool six = b->mode == GROUP6 || b->mode == GROUP6_PLAIN_LIST;
		uint8_t family = six ? AF_INET6 : AF_INET;
		struct advert_policy p = policy_for(b);
		uint8_t message[128] = { 0 };
		size_t len = message_for(b, family, message);
		enum advert_verdict v;

		if (b->at >= 0)
			message[b->at] = b->value;
		len = (size_t)((int)len + b->grow);
		if (b->sum)
			resum(family, b, message, len);
		if (six)
			len = wrap6(b->src, b->ttl, message, len);
		else
			len = wrap4(b->src,
			    b->dst                    ? b->dst
				: b->mode == UNICAST4 ? "192.0.2.10"
						      : "224.0.0.18",
			    b->ttl, 0, message, len);
		v = take(family, &p, len);
		ck_assert_msg(v == b->verdict, "v%u %s: %s", b->version, b->name,
		    advert_verdict_name(v));
	}
}
END_TEST

/* ---- V1 ---- */

static size_t
good4(unsigned options)
{
	uint8_t message[64];

	return wrap4("192.0.2.1", "224.0.0.18", 255, options, message,
	    unhex("310ac8020064828ac0000201c0000202", message));
}

/* Whoever sent it, whoever it is for: but it is an advert. */
START_TEST(an_advert_is_told_from_junk_without_a_router)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		const struct vector *v = &vectors[i];
		uint8_t message[64];
		struct advert_packet good = packet_of(v, message, unhex(v->hex, message));
		struct advert_packet p = good;

		ck_assert_msg(advert_is_sound(&p), "%s", v->what);
		p.ttl = 254;
		ck_assert_msg(!advert_is_sound(&p), "%s: TTL", v->what);
		p = good;
		p.len--;
		ck_assert_msg(!advert_is_sound(&p), "%s: length", v->what);
		p = good;
		p.src = advert_group(v->family);
		ck_assert_msg(!advert_is_sound(&p), "%s: source", v->what);
		for (size_t bit = 0; bit < 8 * good.len; bit++) {
			message[bit / 8] ^= (uint8_t)(1 << bit % 8);
			ck_assert_msg(
			    !advert_is_sound(&good), "%s: bit %zu", v->what, bit);
			message[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
	}
}
END_TEST

START_TEST(an_ipv4_header_is_taken_off_by_its_own_length)
{
	struct advert_policy p = policy(3);

	ck_assert_int_eq(take(AF_INET, &p, good4(0)), ADVERT_OK);
	ck_assert_int_eq(take(AF_INET, &p, good4(1)), ADVERT_OK);
	ck_assert_int_eq(take(AF_INET, &p, good4(10)), ADVERT_OK);
	/* Ethernet pads short frames. */
	ck_assert_int_eq(take(AF_INET, &p, good4(0) + 10), ADVERT_OK);
}
END_TEST

START_TEST(a_broken_ipv4_header_is_seen)
{
	struct {
		const char *name;
		size_t at;
		uint8_t value;
	} const cases[] = {
		{ "header longer than the packet", 0, 0x4f },
		{ "version 6", 0, 0x65 },
		{ "total length below the header", 3, 19 },
		{ "total length beyond the packet", 3, 37 },
		{ "a first fragment", 6, 0x20 },
		{ "a later fragment", 7, 1 },
		{ "another protocol", 9, 17 },
	};
	struct advert_policy p = policy(3);
	size_t len;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		len = good4(0);
		wire[cases[i].at] = cases[i].value;
		fix4(wire, 20);
		ck_assert_msg(
		    take(AF_INET, &p, len) == ADVERT_IP_HEADER, "%s", cases[i].name);
	}
	len = good4(0);
	wire[0] = 0x44; /* shorter than the fixed part, its sum made good */
	fix4(wire, 16);
	ck_assert_int_eq(take(AF_INET, &p, len), ADVERT_IP_HEADER);
	len = good4(0);
	wire[10] ^= 1;
	ck_assert_int_eq(take(AF_INET, &p, len), ADVERT_IP_HEADER);
}
END_TEST

START_TEST(a_packet_cut_anywhere_is_refused)
{
	struct advert_policy p = policy(3);
	uint8_t message[64];
	size_t len;

	for (size_t cut = 0; cut < 36; cut++) {
		good4(0);
		ck_assert_int_eq(take(AF_INET, &p, cut), ADVERT_IP_HEADER);
	}
	p.source = ip("fe80::10");
	len = wrap6("fe80::c8", 255, message,
	    unhex("310a640200643f5dfe80000000000000000000000000000120010db8000000000000"
		  "000000000001",
		message));
	ck_assert_int_eq(take(AF_INET6, &p, len), ADVERT_OK);
	for (size_t cut = 0; cut < len; cut++)
		ck_assert_int_eq(take(AF_INET6, &p, cut), ADVERT_IP_HEADER);
	wire[6] = 0; /* a hop-by-hop header in front */
	ck_assert_int_eq(take(AF_INET6, &p, len), ADVERT_IP_HEADER);
}
END_TEST

START_TEST(no_changed_bit_of_a_message_is_overlooked)
{
	struct advert_policy p = policy(3);
	size_t len = good4(0);

	for (size_t bit = 0; bit < 16 * 8; bit++) {
		wire[20 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		ck_assert_msg(take(AF_INET, &p, len) != ADVERT_OK, "bit %zu", bit);
		wire[20 + bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}
END_TEST

/* L5 */
START_TEST(as_many_addresses_as_the_mtu_holds)
{
	ck_assert_uint_eq(advert_addrs_max(AF_INET6, 3, 1500, 0), 90);
	ck_assert_uint_eq(advert_addrs_max(AF_INET, 3, 1500, 0), 255);
	ck_assert_uint_eq(advert_addrs_max(AF_INET6, 3, 9000, 0), 255);
	ck_assert_uint_eq(advert_addrs_max(AF_INET, 3, 68, 0), 10);
	ck_assert_uint_eq(advert_addrs_max(AF_INET, 2, 68, 0), 8);
	ck_assert_uint_eq(advert_addrs_max(AF_INET, 3, 20, 0), 0);
}
END_TEST

START_TEST(the_largest_adverts_pass_both_ways)
{
	static uint8_t addrs[ADVERT_ADDRS_MAX * 16], message[ADVERT_LEN_MAX];
	struct ipaddr src = ip("fe80::1"), dst = advert_group(AF_INET6);
	struct advert_policy p = policy(3);
	struct advert a = {
		.family = AF_INET6,
		.version = 3,
		.vrid = 255,
		.priority = 255,
		.advert_us = 40950000,
		.n_addrs = 255,
		.addrs = addrs,
	};
	struct advert_packet packet = {
		.src = src,
		.dst = dst,
		.ttl = 255,
		.message = message,
	};
	struct advert got;

	for (size_t i = 0; i < sizeof(addrs); i++)
		addrs[i] = (uint8_t)(i * 7);
	memcpy(addrs, (uint8_t[2]){ 0xfe, 0x80 }, 2);
	packet.len = advert_write(&a, &src, &dst, NULL, 0, message);
	ck_assert_uint_eq(packet.len, ADVERT_LEN_MAX - TRAILER_LEN);
	ck_assert_int_eq(advert_read(&p, &packet, &got), ADVERT_OK);
	ck_assert_uint_eq(got.advert_us, 40950000);
	ck_assert_mem_eq(got.addrs, addrs, sizeof(addrs));
}
END_TEST

UNIT_MAIN("advert", vectors_are_written_byte_for_byte, vectors_are_read_back,
    every_receive_check_has_its_verdict, an_advert_is_told_from_junk_without_a_router,
    an_ipv4_header_is_taken_off_by_its_own_length, a_broken_ipv4_header_is_seen,
    a_packet_cut_anywhere_is_refused, no_changed_bit_of_a_message_is_overlooked,
    as_many_addresses_as_the_mtu_holds, the_largest_adverts_pass_both_ways)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames are made here field by field, or by announce.h, and spoilt one byte
 * at a time.
 */
#include "engine/neighbour.h"

#include <string.h>

#include "cursor.h"
#include "engine/announce.h"
#include "mem.h"
#include "unit.h"

static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

struct frame {
	uint8_t bytes[NEIGHBOUR_FRAME_MAX];
	size_t len;
};

static struct ipaddr
ip(const char *text)
{
	struct ipaddr a;

	ck_assert_msg(ipaddr_parse(text, &a), "%s", text);
	return a;
}

static struct frame
arp(uint16_t op, const char *sender, const char *target)
{
	struct ipaddr from = ip(sender), to = ip(target);
	struct frame f;
	struct wcursor c;

	wcursor_init(&c, f.bytes, sizeof(f.bytes));
	wcursor_bytes(&c, "\xff\xff\xff\xff\xff\xff", 6);
	wcursor_bytes(&c, mac, 6);
	wcursor_u16(&c, 0x0806);
	wcursor_u16(&c, 1);
	wcursor_u16(&c, 0x0800);
	wcursor_u8(&c, 6);
	wcursor_u8(&c, 4);
	wcursor_u16(&c, op);
	wcursor_bytes(&c, mac, 6);
	wcursor_bytes(&c, from.bytes, 4);
	wcursor_bytes(&c, "\0\0\0\0\0\0", 6);
	wcursor_bytes(&c, to.bytes, 4);
	f.len = c.at;
	return f;
}

static void
seal(struct frame *f)
{
	uint16_t len = (uint16_t)(f->len - 54);
	uint8_t tail[8] = { [2] = (uint8_t)(len >> 8), [3] = (uint8_t)len, [7] = 58 };
	uint32_t sum;
	uint16_t folded;

	f->bytes[56] = f->bytes[57] = 0;
	sum = checksum_add(0, f->bytes + 22, 32);
	sum = checksum_add(sum, tail, sizeof(tail));
	folded = checksum_fold(checksum_add(sum, f->bytes + 54, len));
	f->bytes[56] = (uint8_t)(folded >> 8);
	f->bytes[57] = (uint8_t)folded;
}

/* option: its type, 0 for none; its MAC ends in 99. */
static struct frame
nd(uint8_t type, uint32_t flags, const char *src, const char *dst, const char *target,
    uint8_t option)
{
	struct ipaddr from = ip(src), to = ip(dst), of = ip(target);
	struct wcursor c;
	struct frame f;

	wcursor_init(&c, f.bytes, sizeof(f.bytes));
	wcursor_bytes(&c, "\x33\x33\x00\x00\x00\x01", 6);
	wcursor_bytes(&c, mac, 6);
	wcursor_u16(&c, 0x86dd);
	wcursor_u32(&c, 6u << 28);
	wcursor_u16(&c, option ? 32 : 24);
	wcursor_u8(&c, 58);
	wcursor_u8(&c, 255);
	wcursor_bytes(&c, from.bytes, 16);
	wcursor_bytes(&c, to.bytes, 16);
	wcursor_u8(&c, type);
	wcursor_u8(&c, 0);
	wcursor_u16(&c, 0);
	wcursor_u32(&c, flags);
	wcursor_bytes(&c, of.bytes, 16);
	if (option) {
		wcursor_u8(&c, option);
		wcursor_u8(&c, 1);
		wcursor_bytes(&c, "\x52\x54\x00\x12\x34\x99", 6);
	}
	f.len = c.at;
	seal(&f);
	return f;
}

static void
expect(const struct frame *f, enum neighbour_kind kind, const char *addr, uint8_t last)
{
	struct ipaddr want = ip(addr);
	struct neighbour n;

	ck_assert_int_eq(neighbour_read(f->bytes, f->len, &n), NEIGHBOUR_OK);
	ck_assert_int_eq(n.kind, kind);
	ck_assert(ipaddr_eq(&n.addr, &want));
	ck_assert_uint_eq(n.mac[5], last);
}

START_TEST(our_own_announcements_are_understood)
{
	static const char *const addrs[] = { "192.0.2.5", "2001:db8::5", "fe80::5" };

	for (size_t i = 0; i < ARRAY_LEN(addrs); i++) {
		struct ipaddr a = ip(addrs[i]);
		struct frame f;

		f.len = announce_frame(&a, mac, true, f.bytes);
		expect(&f, NEIGHBOUR_ANNOUNCES, addrs[i], 0x56);
	}
}
END_TEST

START_TEST(arp_says_who_has_an_address)
{
	static const struct {
		uint16_t op;
		const char *sender, *target;
		enum neighbour_kind kind;
		const char *addr;
	} cases[] = {
		{ 1, "192.0.2.5", "192.0.2.5", NEIGHBOUR_ANNOUNCES, "192.0.2.5" },
		{ 2, "192.0.2.5", "192.0.2.5", NEIGHBOUR_ANNOUNCES, "192.0.2.5" },
		{ 1, "192.0.2.5", "192.0.2.1", NEIGHBOUR_ASKS, "192.0.2.5" },
		{ 2, "192.0.2.5", "192.0.2.1", NEIGHBOUR_ANSWERS, "192.0.2.5" },
		{ 1, "0.0.0.0", "192.0.2.5", NEIGHBOUR_PROBES, "192.0.2.5" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct frame f = arp(cases[i].op, cases[i].sender, cases[i].target);

		expect(&f, cases[i].kind, cases[i].addr, 0x56);
	}
}
END_TEST

START_TEST(neighbour_discovery_says_who_has_an_address)
{
	static const struct {
		uint8_t type;
		uint32_t flags;
		const char *src, *dst, *target;
		uint8_t option;
		enum neighbour_kind kind;
		const char *addr;
		uint8_t last;
	} cases[] = {
		{ 136, 0x20000000, "fe80::9", "ff02::1", "2001:db8::5", 2,
		    NEIGHBOUR_ANNOUNCES, "2001:db8::5", 0x99 },
		{ 136, 0x20000000, "fe80::9", "ff02::1", "2001:db8::5", 0,
		    NEIGHBOUR_ANNOUNCES, "2001:db8::5", 0x56 },
		/* a source link-layer option means nothing in an NA */
		{ 136, 0x20000000, "fe80::9", "ff02::1", "2001:db8::5", 1,
		    NEIGHBOUR_ANNOUNCES, "2001:db8::5", 0x56 },
		{ 136, 0x60000000, "fe80::9", "fe80::1", "2001:db8::5", 2,
		    NEIGHBOUR_ANSWERS, "2001:db8::5", 0x99 },
		{ 135, 0, "2001:db8::5", "ff02::1:ff00:1", "2001:db8::1", 1,
		    NEIGHBOUR_ASKS, "2001:db8::5", 0x99 },
		{ 135, 0, "::", "ff02::1:ff00:5", "2001:db8::5", 0, NEIGHBOUR_PROBES,
		    "2001:db8::5", 0x56 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct frame f = nd(cases[i].type, cases[i].flags, cases[i].src,
		    cases[i].dst, cases[i].target, cases[i].option);

		expect(&f, cases[i].kind, cases[i].addr, cases[i].last);
	}
}
END_TEST

static void
refuse(struct frame f, enum neighbour_verdict verdict)
{
	struct neighbour n;

	ck_assert_int_eq(neighbour_read(f.bytes, f.len, &n), verdict);
}

START_TEST(a_wrong_arp_says_nothing)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum neighbour_verdict verdict;
	} cases[] = {
		{ 12, 0x88, NEIGHBOUR_OTHER },  /* ethertype */
		{ 15, 6, NEIGHBOUR_HEADER },    /* hardware type */
		{ 16, 0x86, NEIGHBOUR_HEADER }, /* protocol type */
		{ 18, 8, NEIGHBOUR_HEADER },    /* lengths */
		{ 19, 16, NEIGHBOUR_HEADER }, { 21, 3, NEIGHBOUR_OTHER }, /* RARP */
		{ 22, 0x53, NEIGHBOUR_HEADER }, /* a group has no address */
	};
	struct frame f;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		f = arp(1, "192.0.2.5", "192.0.2.5");
		f.bytes[cases[i].at] = cases[i].value;
		refuse(f, cases[i].verdict);
	}
	refuse(arp(2, "0.0.0.0", "192.0.2.5"), NEIGHBOUR_HEADER);
	refuse(arp(1, "0.0.0.0", "0.0.0.0"), NEIGHBOUR_HEADER);
	refuse(nd(135, 0, "::", "ff02::1:ff00:0", "::", 0), NEIGHBOUR_HEADER);
	refuse(nd(136, 0, "fe80::9", "ff02::1", "::", 2), NEIGHBOUR_HEADER);
}
END_TEST

START_TEST(a_wrong_neighbour_message_says_nothing)
{
	static const struct {
		size_t at;
		uint8_t value;
		bool sealed;
		enum neighbour_verdict verdict;
	} cases[] = {
		{ 6, 0x53, true, NEIGHBOUR_HEADER },  /* from a group */
		{ 14, 0x40, true, NEIGHBOUR_HEADER }, /* version 4 */
		{ 20, 17, true, NEIGHBOUR_OTHER },    /* UDP */
		{ 21, 64, true, NEIGHBOUR_HEADER },   /* came through a router */
		{ 54, 134, true, NEIGHBOUR_OTHER },   /* router advertisement */
		{ 55, 1, true, NEIGHBOUR_HEADER },    /* code */
		{ 57, 0, false, NEIGHBOUR_CHECKSUM },
		{ 58, 0x60, true, NEIGHBOUR_HEADER }, /* solicited, to all */
		{ 62, 0xff, true, NEIGHBOUR_HEADER }, /* target is a group */
		{ 79, 0, true, NEIGHBOUR_OPTION },    /* length 0 would not end */
		{ 79, 2, true, NEIGHBOUR_OPTION },    /* runs over the end */
		{ 80, 0x01, true, NEIGHBOUR_OPTION }, /* a group's MAC */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct frame f =
		    nd(136, 0x20000000, "fe80::9", "ff02::1", "2001:db8::5", 2);

		if (cases[i].at == 57)
			f.bytes[57] ^= 1;
		else
			f.bytes[cases[i].at] = cases[i].value;
		if (cases[i].sealed)
			seal(&f);
		refuse(f, cases[i].verdict);
	}
}
END_TEST

START_TEST(a_frame_cut_short_says_nothing_wherever_it_is_cut)
{
	struct frame frames[] = { arp(1, "192.0.2.5", "192.0.2.5"),
		nd(136, 0x20000000, "fe80::9", "ff02::1", "2001:db8::5", 2) };
	struct neighbour n;

	for (size_t i = 0; i < ARRAY_LEN(frames); i++)
		for (size_t len = 0; len < frames[i].len; len++)
			ck_assert_int_eq(neighbour_read(frames[i].bytes, len, &n),
			    NEIGHBOUR_TRUNCATED);
}
END_TEST

START_TEST(padding_of_the_frame_is_no_part_of_it)
{
	struct frame f = arp(1, "192.0.2.5", "192.0.2.5");

	memset(f.bytes + f.len, 0xee, 18);
	f.len += 18;
	expect(&f, NEIGHBOUR_ANNOUNCES, "192.0.2.5", 0x56);
	f = nd(136, 0x20000000, "fe80::9", "ff02::1", "2001:db8::5", 2);
	memset(f.bytes + f.len, 0xee, 18);
	f.len += 18;
	expect(&f, NEIGHBOUR_ANNOUNCES, "2001:db8::5", 0x99);
}
END_TEST

UNIT_MAIN("neighbour", our_own_announcements_are_understood, arp_says_who_has_an_address,
    neighbour_discovery_says_who_has_an_address, a_wrong_arp_says_nothing,
    a_wrong_neighbour_message_says_nothing,
    a_frame_cut_short_says_nothing_wherever_it_is_cut,
    padding_of_the_frame_is_no_part_of_it)

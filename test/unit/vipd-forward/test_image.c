/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward/image.h"

#include <netinet/in.h>
#include <string.h>

#include "forward/spread.h"
#include "mem.h"
#include "reply.h"
#include "unit.h"

static const struct ruleset_conf node = { .mode = FORWARD_NFTABLES,
	.source_nat = SOURCE_NAT_NODE };
static const struct ruleset_conf transparent = { .mode = FORWARD_NFTABLES,
	.source_nat = SOURCE_NAT_NONE };
static const struct ruleset_conf others = { .mode = FORWARD_NONE,
	.source_nat = SOURCE_NAT_NODE };

static struct target_key key;
static struct changes out;

static void
setup(void)
{
	memset(&key, 0, sizeof(key));
	ck_assert(ipaddr_parse("192.0.2.1", &key.addr));
	key.port = 80;
	key.proto = IPPROTO_TCP;
	free(out.at);
	out = (struct changes){ 0 };
}

static struct image *
serve(size_t n, bool sticky, bool local, const struct ruleset_conf *conf)
{
	struct wish_terms terms = { TREAT_SERVE, local, sticky, false, 0 };
	struct endpoint e[300];

	/* From the last to the first: order must not matter. */
	for (size_t i = 0; i < n; i++)
		e[i] = (struct endpoint){
			.addr = { 10, 0, (uint8_t)((n - i) / 200), (uint8_t)(n - i) },
			.port = 8080,
			.use = USE_ALL,
		};
	return image_make(&terms, e, n, NULL, 0, conf);
}

static size_t
count(enum set_id set, bool add)
{
	size_t n = 0;

	for (size_t i = 0; i < out.n; i++)
		n += out.at[i].element.set == set && out.at[i].add == add;
	return n;
}

static size_t
diff(const struct image *old, const struct image *new)
{
	out.n = 0;
	image_diff(&key, old, new, &out);
	return out.n;
}

#define IN(set) (1u << (set))

START_TEST(each_treatment_has_its_sets)
{
	static const struct {
		struct wish_terms terms;
		const struct ruleset_conf *conf;
		uint32_t sets;
	} cases[] = {
		{ { TREAT_LEAVE, 0, 0, 0, 0 }, &node, 0 },
		{ { TREAT_GUARD, 0, 0, 0, 0 }, &node, IN(SET_GUARDED) },
		{ { TREAT_GUARD, 0, 0, 0, 0 }, &others, IN(SET_GUARDED) },
		{ { TREAT_REFUSE, 0, 0, 0, 0 }, &node, IN(SET_REFUSED) },
		{ { TREAT_REFUSE, 0, 0, 0, 0 }, &others, IN(SET_REFUSED) },
		{ { TREAT_REFUSE, 0, 0, 1, 0 }, &others,
		    IN(SET_REFUSED) | IN(SET_RESTRICTED) },
		{ { TREAT_DROP, 1, 0, 0, 0 }, &node,
		    IN(SET_DROPPED) | IN(SET_TRAFFIC) | IN(SET_SERVED) | IN(SET_LOCAL) },
		{ { TREAT_DROP, 1, 0, 0, 0 }, &others, IN(SET_TRAFFIC) },
		{ { TREAT_SERVE, 0, 0, 0, 0 }, &node,
		    IN(SET_TRAFFIC) | IN(SET_SERVED) | IN(SET_SOURCE_NAT) },
		{ { TREAT_SERVE, 0, 0, 0, 0 }, &transparent,
		    IN(SET_TRAFFIC) | IN(SET_SERVED) },
		{ { TREAT_SERVE, 1, 0, 0, 0 }, &node,
		    IN(SET_TRAFFIC) | IN(SET_SERVED) | IN(SET_LOCAL) },
		{ { TREAT_SERVE, 0, 0, 1, 0 }, &others,
		    IN(SET_TRAFFIC) | IN(SET_RESTRICTED) },
	};

	setup();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct image *im =
		    image_make(&cases[i].terms, NULL, 0, NULL, 0, cases[i].conf);
		uint32_t sets = 0;

		diff(NULL, im);
		for (size_t k = 0; k < out.n; k++)
			sets |= IN(out.at[k].element.set);
		ck_assert_msg(sets == cases[i].sets, "case %zu: %x", i, sets);
		image_free(im);
	}
}
END_TEST

/* Overlaps would be refused by the kernel. */
START_TEST(ranges_are_apart_and_only_their_difference_is_written)
{
	static const struct wish_terms terms = { TREAT_SERVE, 0, 0, 1, 0 };
	struct range r[] = { { { 10 }, { 10, 255, 255, 255 } },
		{ { 10, 1 }, { 10, 1, 255, 255 } }, { { 10, 255 }, { 11, 0, 0, 255 } },
		{ { 9 }, { 9, 0, 0, 255 } }, { { 9 }, { 9, 0, 0, 255 } } };
	struct image *a = image_make(&terms, NULL, 0, r, 5, &node);
	struct image *b = image_make(&terms, NULL, 0, r, 3, &node);

	setup();
	ck_assert_uint_eq(a->n_ranges, 2);
	ck_assert_uint_eq(a->ranges[1].last[0], 11);
	ck_assert_uint_eq(diff(a, b), 1);
	ck_assert_uint_eq(count(SET_ALLOWED, false), 1);
	ck_assert_uint_eq(diff(b, a), 1);
	ck_assert(!image_is_same_wish(a, b));
	image_free(a);
	image_free(b);
}
END_TEST

START_TEST(the_source_is_rewritten_always_or_for_the_endpoints_alone)
{
	struct image *rewritten = serve(3, false, false, &node);
	struct image *local = serve(3, false, true, &node);
	struct image *kept = serve(3, false, false, &transparent);

	setup();
	ck_assert_uint_eq(diff(NULL, rewritten), 2 + 1 + 32);
	ck_assert_uint_eq(count(SET_SOURCE_NAT, true), 1);
	/* Local: a second table for the node's own clients. */
	ck_assert_uint_eq(diff(NULL, local), 2 + 1 + 3 + 32 + 32);
	ck_assert_uint_eq(count(SET_HAIRPIN, true), 3);
	ck_assert_uint_eq(diff(local, kept), 1 + 32);
	/* From one to the other: just that. */
	ck_assert_uint_eq(diff(rewritten, kept), 1 + 3);
	image_free(rewritten);
	image_free(local);
	image_free(kept);
}
END_TEST

START_TEST(an_endpoint_less_rewrites_its_slots_and_few_more)
{
	struct image *five = serve(8, false, false, &node);
	struct image *four = serve(7, false, false, &node);

	setup();
	diff(five, four);
	ck_assert_uint_eq(count(SET_ENDPOINTS, false), count(SET_ENDPOINTS, true));
	ck_assert_uint_ge(count(SET_ENDPOINTS, true), 4);
	ck_assert_uint_le(count(SET_ENDPOINTS, true), 4 + 8);
	ck_assert_uint_eq(out.n, 2 * count(SET_ENDPOINTS, true));
	image_free(five);
	image_free(four);
}
END_TEST

START_TEST(deletions_come_before_additions)
{
	struct image *a = serve(8, false, false, &node);
	struct image *b = serve(7, true, true, &node);
	bool adding = false;

	setup();
	diff(a, b);
	for (size_t i = 0; i < out.n; i++) {
		ck_assert(!adding || out.at[i].add);
		adding = out.at[i].add;
	}
	/* Another table of slots, so all of them. */
	ck_assert_uint_eq(count(SET_ENDPOINTS, false), 32);
	ck_assert_uint_eq(count(SET_ENDPOINTS, true), 32 + 32);
	image_free(a);
	image_free(b);
}
END_TEST

START_TEST(the_order_and_number_of_tellings_do_not_matter)
{
	struct wish_terms terms = { .treatment = TREAT_SERVE };
	struct endpoint e[] = { { { 10, 0, 0, 1 }, 80, USE_ALL, 0 },
		{ { 10, 0, 0, 2 }, 80, USE_ALL, 0 }, { { 10, 0, 0, 1 }, 80, USE_ALL, 0 },
		{ { 10, 0, 0, 1 }, 81, USE_ALL, 0 } };
	struct endpoint r[] = { e[3], e[1], e[0] };
	struct image *a = image_make(&terms, e, 4, NULL, 0, &node);
	struct image *b = image_make(&terms, r, 3, NULL, 0, &node);

	setup();
	ck_assert_uint_eq(a->n_endpoints, 3);
	ck_assert_uint_eq(diff(a, b), 0);
	image_free(a);
	image_free(b);
}
END_TEST

/* What the kernel would have after the changes, as read back. */
static struct image *
read_back(const struct image *im)
{
	struct image *read = image_empty();

	diff(NULL, im);
	for (size_t i = out.n; i-- > 0;)
		ck_assert(image_add(read, &out.at[i].element));
	return read;
}

START_TEST(what_is_read_back_in_any_order_is_the_same)
{
	static const size_t sizes[] = { 1, 2, 5, 17, 70, 300 };

	setup();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct image *im =
		    serve(sizes[i], i % 2, i % 3, i % 4 ? &node : &transparent);
		struct image *read = read_back(im);
		struct image *copy = image_copy(read);

		ck_assert_uint_eq(diff(read, im), 0);
		ck_assert_uint_eq(diff(im, read), 0);
		ck_assert_uint_eq(diff(copy, im), 0);
		image_free(im);
		image_free(read);
		image_free(copy);
	}
}
END_TEST

START_TEST(what_is_missing_or_wrong_in_the_kernel_is_put_right)
{
	struct image *im = serve(2, false, false, &node);
	struct image *read = read_back(im);
	struct element strange = {
		.set = SET_ENDPOINTS,
		.key = key,
		.slot = 9,
		.endpoint = { .addr = { 9, 9, 9, 9 }, .port = 9 },
	};

	ck_assert(image_add(read, &strange));
	read->tables[TABLE_OUTSIDE].slots[3] = SPREAD_NOBODY;
	ck_assert_uint_eq(diff(read, im), 1 + 1 + 1);
	ck_assert_uint_eq(count(SET_ENDPOINTS, false), 1);
	/* Of another table, or of none: not to be pictured. */
	strange.slot = 33;
	ck_assert(!image_add(read, &strange));
	strange.slot = 5000;
	ck_assert(!image_add(read, &strange));
	image_free(im);
	image_free(read);
}
END_TEST

START_TEST(another_gateway_replaces_the_one_there_was)
{
	static const struct wish_terms with[] = {
		{ .treatment = TREAT_GUARD, .gateway = 1 },
		{ .treatment = TREAT_GUARD, .gateway = REPLY_GATEWAYS_MAX },
		{ .treatment = TREAT_LEAVE, .gateway = 2 },
	};
	struct element strange = { .set = SET_REPLIES, .slot = REPLY_GATEWAYS_MAX + 1 };
	struct image *im[ARRAY_LEN(with)];

	setup();
	for (size_t i = 0; i < ARRAY_LEN(with); i++)
		im[i] = image_make(&with[i], NULL, 0, NULL, 0, &node);
	ck_assert(!image_is_same_wish(im[0], im[1]));
	ck_assert_uint_eq(diff(NULL, im[0]), 2);
	ck_assert_uint_eq(diff(im[0], im[0]), 0);
	ck_assert_uint_eq(diff(im[0], im[1]), 2);
	ck_assert(!out.at[0].add && out.at[0].element.set == SET_REPLIES);
	ck_assert_uint_eq(out.at[0].element.slot, 1);
	ck_assert(out.at[1].add);
	ck_assert_uint_eq(out.at[1].element.slot, REPLY_GATEWAYS_MAX);
	/* Of a static address it is all there is. */
	ck_assert_uint_eq(diff(im[2], NULL), 1);
	ck_assert(!image_add(im[0], &strange));
	for (size_t i = 0; i < ARRAY_LEN(with); i++)
		image_free(im[i]);
}
END_TEST

UNIT_MAIN("image", another_gateway_replaces_the_one_there_was,
    each_treatment_has_its_sets, ranges_are_apart_and_only_their_difference_is_written,
    the_source_is_rewritten_always_or_for_the_endpoints_alone,
    an_endpoint_less_rewrites_its_slots_and_few_more, deletions_come_before_additions,
    the_order_and_number_of_tellings_do_not_matter,
    what_is_read_back_in_any_order_is_the_same,
    what_is_missing_or_wrong_in_the_kernel_is_put_right)

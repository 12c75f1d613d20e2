/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward/image.h"

#include <netinet/in.h>
#include <string.h>

#include "forward/spread.h"
#include "unit.h"

static const struct ruleset_conf node = { FORWARD_NFTABLES, SOURCE_NAT_NODE };
static const struct ruleset_conf transparent = { FORWARD_NFTABLES, SOURCE_NAT_NONE };
static const struct ruleset_conf others = { FORWARD_NONE, SOURCE_NAT_NODE };

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
serve(size_t n, bool sticky, bool keep_source, const struct ruleset_conf *conf)
{
	struct endpoint e[300];

	/* From the last to the first: order must not matter. */
	for (size_t i = 0; i < n; i++)
		e[i] = (struct endpoint){
			.addr = { 10, 0, (uint8_t)((n - i) / 200), (uint8_t)(n - i) },
			.port = 8080,
		};
	return image_make(TREAT_SERVE, e, n, sticky, keep_source, conf);
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

START_TEST(each_treatment_has_its_sets)
{
	static const struct {
		enum treatment treatment;
		const struct ruleset_conf *conf;
		int set; /* -1: none */
	} cases[] = {
		{ TREAT_LEAVE, &node, -1 },
		{ TREAT_GUARD, &node, SET_GUARDED },
		{ TREAT_GUARD, &others, SET_GUARDED },
		{ TREAT_REFUSE, &node, SET_REFUSED },
		{ TREAT_REFUSE, &others, SET_REFUSED },
		{ TREAT_DROP, &node, SET_DROPPED },
		{ TREAT_DROP, &others, SET_SERVED },
		{ TREAT_SERVE, &others, SET_SERVED },
	};

	setup();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct image *im =
		    image_make(cases[i].treatment, NULL, 0, false, false, cases[i].conf);

		ck_assert_uint_eq(diff(NULL, im), cases[i].set >= 0);
		if (cases[i].set >= 0)
			ck_assert_int_eq(out.at[0].element.set, cases[i].set);
		image_free(im);
	}
}
END_TEST

START_TEST(the_source_is_rewritten_always_or_for_the_endpoints_alone)
{
	struct image *rewritten = serve(3, false, false, &node);
	struct image *local = serve(3, false, true, &node);
	struct image *kept = serve(3, false, false, &transparent);

	setup();
	ck_assert_uint_eq(diff(NULL, rewritten), 1 + 1 + 32);
	ck_assert_uint_eq(count(SET_SOURCE_NAT, true), 1);
	ck_assert_uint_eq(diff(NULL, local), 1 + 3 + 32);
	ck_assert_uint_eq(count(SET_HAIRPIN, true), 3);
	ck_assert_uint_eq(diff(local, kept), 0);
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
	ck_assert_uint_eq(count(SET_ENDPOINTS, true), 32);
	image_free(a);
	image_free(b);
}
END_TEST

START_TEST(the_order_and_number_of_tellings_do_not_matter)
{
	struct endpoint e[] = { { { 10, 0, 0, 1 }, 80 }, { { 10, 0, 0, 2 }, 80 },
		{ { 10, 0, 0, 1 }, 80 }, { { 10, 0, 0, 1 }, 81 } };
	struct endpoint r[] = { e[3], e[1], e[0] };
	struct image *a = image_make(TREAT_SERVE, e, 4, false, false, &node);
	struct image *b = image_make(TREAT_SERVE, r, 3, false, false, &node);

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
		.endpoint = { { 9, 9, 9, 9 }, 9 },
	};

	ck_assert(image_add(read, &strange));
	read->slots[3] = SPREAD_NOBODY;
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

UNIT_MAIN("image", each_treatment_has_its_sets,
    the_source_is_rewritten_always_or_for_the_endpoints_alone,
    an_endpoint_less_rewrites_its_slots_and_few_more, deletions_come_before_additions,
    the_order_and_number_of_tellings_do_not_matter,
    what_is_read_back_in_any_order_is_the_same,
    what_is_missing_or_wrong_in_the_kernel_is_put_right)

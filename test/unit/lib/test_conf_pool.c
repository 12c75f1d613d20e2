/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_pool.h"

#include <string.h>

#include "mem.h"
#include "unit.h"

static char *
print(const struct conf_pool *pools, size_t n)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	conf_pools_print(out, 0, pools, n);
	fclose(out);
	return text;
}

START_TEST(a_text_of_pools_is_read_and_prints_as_a_fixed_point)
{
	static const char text[] =
	    "address_pool a { addresses { 192.0.2.0/24 } exclude { 192.0.2.7 } "
	    "namespaces { a-* } service_selector { \"x!=y\" } limit_per_namespace 3 }\n"
	    "address_pool b { addresses { 2001:db8::/64 } auto_assign no }\n";
	struct conf_problems ps = { 0 };
	struct conf_pool *pools, *again;
	_free_ char *once = NULL, *twice = NULL;
	size_t n, m;

	ck_assert(conf_pools_load_text("t", text, strlen(text), &ps, &pools, &n));
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(ps.count, 0);
	ck_assert(pools[0].auto_assign && !pools[1].auto_assign);
	once = print(pools, n);
	ck_assert(conf_pools_load_text("t", once, strlen(once), &ps, &again, &m));
	twice = print(again, m);
	ck_assert_str_eq(once, twice);
	conf_pools_free(pools, n);
	conf_pools_free(again, m);
	conf_problems_free(&ps);
}
END_TEST

START_TEST(a_bad_text_gives_no_pools_and_names_the_place)
{
	static const char *const texts[] = {
		"address_pool a { addresses { 192.0.2.0/33 } }",
		"address_pool a { adresses { 192.0.2.0/24 } }",
		"external_ips { 192.0.2.1 }",
		"services { }",
		"include /etc/passwd",
		("address_pool a { addresses { 192.0.2.1 } } "
		 "address_pool b { addresses { 192.0.2.0/24 } }"),
		"address_pool a {",
		"}",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct conf_problems ps = { 0 };
		struct conf_pool *pools;
		size_t n;

		ck_assert_msg(!conf_pools_load_text(
				  "t", texts[i], strlen(texts[i]), &ps, &pools, &n),
		    "%s", texts[i]);
		ck_assert_ptr_null(pools);
		ck_assert_uint_gt(ps.errors, 0);
		ck_assert_uint_eq(ps.items[0].line, 1);
		conf_problems_free(&ps);
	}
}
END_TEST

UNIT_MAIN("conf_pool", a_text_of_pools_is_read_and_prints_as_a_fixed_point,
    a_bad_text_gives_no_pools_and_names_the_place)

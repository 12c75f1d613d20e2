/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the unit tests: one program a file, one suite a program. Names of tests
 * are sentences. UNIT_MAIN("suite", test_a, test_b, ...) makes main().
 */
#pragma once

#include <check.h>
#include <stdlib.h>

#define UNIT_MAIN(suite_name, ...)                                                       \
	int main(void)                                                                   \
	{                                                                                \
		const TTest *const tests[] = { __VA_ARGS__ };                            \
		Suite *s = suite_create(suite_name);                                     \
		TCase *tc = tcase_create(suite_name);                                    \
		SRunner *sr;                                                             \
		int bad;                                                                 \
                                                                                         \
		tcase_set_timeout(tc, 60);                                               \
		for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)              \
			tcase_add_test(tc, tests[i]);                                    \
		suite_add_tcase(s, tc);                                                  \
		sr = srunner_create(s);                                                  \
		srunner_run_all(sr, CK_NORMAL);                                          \
		bad = srunner_ntests_failed(sr);                                         \
		srunner_free(sr);                                                        \
		return bad ? EXIT_FAILURE : EXIT_SUCCESS;                                \
	}

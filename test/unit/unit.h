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
		Suite *suite_ = suite_create(suite_name);                                \
		TCase *case_ = tcase_create(suite_name);                                 \
		SRunner *runner_;                                                        \
		int bad_;                                                                \
                                                                                         \
		tcase_set_timeout(case_, 180);                                           \
		for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)              \
			tcase_add_test(case_, tests[i]);                                 \
		suite_add_tcase(suite_, case_);                                          \
		runner_ = srunner_create(suite_);                                        \
		srunner_run_all(runner_, CK_NORMAL);                                     \
		bad_ = srunner_ntests_failed(runner_);                                   \
		srunner_free(runner_);                                                   \
		return bad_ ? EXIT_FAILURE : EXIT_SUCCESS;                               \
	}

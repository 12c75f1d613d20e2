/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward/written.h"

#include <errno.h>

#include "unit.h"

START_TEST(a_refusal_is_that_of_the_target_whose_message_it_names)
{
	static const struct {
		uint32_t seq;
		int want[3]; /* of the three targets */
		int stray;
	} cases[] = {
		{ UINT32_MAX - 3, { 0, 0, 0 }, EPERM },
		{ UINT32_MAX - 2, { EPERM, 0, 0 }, 0 },
		{ UINT32_MAX - 1, { EPERM, 0, 0 }, 0 },
		{ UINT32_MAX, { 0, 0, EPERM }, 0 },
		{ 1, { 0, 0, EPERM }, 0 },
		{ 2, { 0, 0, 0 }, EPERM },
	};
	struct written_list l = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct written *w;

		written_begin(&l);
		w = written_add(&l, NULL);
		w->first_seq = UINT32_MAX - 2;
		w->last_seq = UINT32_MAX - 1;
		w = written_add(&l, NULL); /* one without a message */
		w->first_seq = UINT32_MAX;
		w->last_seq = UINT32_MAX - 1;
		w = written_add(&l, NULL); /* numbers wrap in it */
		w->first_seq = UINT32_MAX;
		w->last_seq = 1;
		ck_assert(!written_any_refused(&l));
		written_refused(&l, cases[i].seq, EPERM);
		ck_assert(written_any_refused(&l));
		for (size_t t = 0; t < 3; t++)
			ck_assert_int_eq(l.at[t].error, cases[i].want[t]);
		ck_assert_int_eq(l.stray_error, cases[i].stray);
	}
	written_free(&l);
}
END_TEST

START_TEST(some_refusals_say_that_the_tables_are_not_as_we_think)
{
	static const struct {
		int error;
		bool want;
	} cases[] = {
		{ ENOENT, true },
		{ EEXIST, true },
		{ EBUSY, true },
		{ EPERM, false },
		{ ENOMEM, false },
		{ EINVAL, false },
	};
	struct written_list l = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (uint32_t seq = 1; seq <= 2; seq++) {
			struct written *w;

			written_begin(&l);
			w = written_add(&l, NULL);
			w->first_seq = w->last_seq = 1;
			ck_assert(!written_contradicts(&l));
			written_refused(&l, seq, cases[i].error);
			ck_assert_int_eq(written_contradicts(&l), cases[i].want);
		}
	written_free(&l);
}
END_TEST

UNIT_MAIN("written", a_refusal_is_that_of_the_target_whose_message_it_names,
    some_refusals_say_that_the_tables_are_not_as_we_think)

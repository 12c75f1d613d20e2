/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fuzzer's seeds, and what it once found, on every run of the tests. */
#include "../../fuzz/fuzz_conf.c"

#include <glob.h>

#include "conf_file.h"
#include "conf_tree.h"
#include "unit.h"

START_TEST(every_seed_holds)
{
	struct conf_file f;
	glob_t g;

	ck_assert_int_eq(glob("test/fuzz/corpus/conf/*", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		ck_assert_int_eq(conf_file_read(g.gl_pathv[i], CONF_FILE_MAX, &f), 0);
		LLVMFuzzerTestOneInput((const uint8_t *)f.text, f.len);
		free(f.text);
	}
	globfree(&g);
}
END_TEST

/* Each seed cut short at every byte: most of what an editor leaves behind. */
START_TEST(every_beginning_of_a_seed_holds)
{
	struct conf_file f;
	glob_t g;

	ck_assert_int_eq(glob("test/fuzz/corpus/conf/*", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		ck_assert_int_eq(conf_file_read(g.gl_pathv[i], CONF_FILE_MAX, &f), 0);
		for (size_t len = 0; len < f.len; len++)
			LLVMFuzzerTestOneInput((const uint8_t *)f.text, len);
		free(f.text);
	}
	globfree(&g);
}
END_TEST

UNIT_MAIN("conf_corpus", every_seed_holds, every_beginning_of_a_seed_holds)

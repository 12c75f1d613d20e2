/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fuzzing began with and has found, on every run of the unit tests. */
#include <dirent.h>
#include <stdio.h>

#include "../../fuzz/fuzz_advert.c"
#include "unit.h"

#define CORPUS "test/fuzz/corpus/advert"

START_TEST(every_packet_of_the_corpus_is_survived)
{
	static uint8_t buf[ADVERT_PACKET_MAX + 1];
	DIR *dir = opendir(CORPUS);
	const struct dirent *entry;
	unsigned files = 0;
	char path[512];
	FILE *f;

	ck_assert_msg(dir != NULL, "run from the top of the tree");
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), CORPUS "/%s", entry->d_name);
		f = fopen(path, "rb");
		ck_assert_ptr_nonnull(f);
		LLVMFuzzerTestOneInput(buf, fread(buf, 1, sizeof(buf), f));
		fclose(f);
		files++;
	}
	closedir(dir);
	ck_assert_uint_ge(files, 10);
}
END_TEST

UNIT_MAIN("advert corpus", every_packet_of_the_corpus_is_survived)

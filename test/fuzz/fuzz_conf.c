/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a configuration. What is accepted must print to something that
 * reads back without an error as the same, and prints the same again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct conf *
load(const char *text, size_t len)
{
	struct conf_problems problems = { 0 };
	struct conf *conf = conf_load_text("fuzz", text, len, "node", &problems);

	if (!conf != (problems.errors > 0))
		abort();
	for (size_t i = 1; i < problems.count; i++)
		if (problems.items[i - 1].order >= problems.items[i].order)
			abort();
	conf_problems_free(&problems);
	return conf;
}

static char *
print(const struct conf *conf, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (!out)
		abort();
	conf_print(conf, out);
	fclose(out);
	return text;
}

static void
compare(const struct conf *a, const struct conf *b)
{
	if (!b || a->n_instances != b->n_instances ||
	    a->services.present != b->services.present ||
	    a->services.n_pools != b->services.n_pools ||
	    a->services.external_ips.count != b->services.external_ips.count)
		abort();
	for (size_t i = 0; i < a->n_instances; i++)
		if (!conf_instance_eq(&a->instances[i], &b->instances[i]))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *first = load((const char *)data, size), *second;
	char *text, *again;
	size_t len, again_len;

	if (!first)
		return 0;
	text = print(first, &len);
	second = load(text, len);
	compare(first, second);
	again = print(second, &again_len);
	if (len != again_len || memcmp(text, again, len))
		abort();
	free(text);
	free(again);
	conf_free(first);
	conf_free(second);
	return 0;
}

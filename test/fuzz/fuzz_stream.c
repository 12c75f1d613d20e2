/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The body of a list or of a watch: cut into objects at once, byte by byte and
 * in pieces of a size the input chooses, which has to come out the same.
 */
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "watcher/jsonsplit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX 64

struct seen {
	uint64_t hash;
	size_t parts;
	int error;
	bool complete;
};

static void
note(struct seen *seen, char what, const void *data, size_t len)
{
	seen->hash = hash_add(seen->hash, &what, 1);
	seen->hash = hash_add(seen->hash, &len, sizeof(len));
	seen->hash = hash_add(seen->hash, data, len);
	seen->parts++;
}

static void
on_object(void *arg, const char *text, size_t len)
{
	if (len > MAX || len < 2 || text[0] != '{')
		abort();
	note(arg, 'o', text, len);
}

static void
on_rest(void *arg, const char *text, size_t len)
{
	if (len > MAX)
		abort();
	note(arg, 'r', text, len);
}

static void
on_oversize(void *arg, size_t len)
{
	if (len <= MAX)
		abort();
	note(arg, '!', NULL, 0);
}

static struct seen
split(enum jsonsplit_mode mode, const uint8_t *data, size_t size, size_t step)
{
	static const struct jsonsplit_ops ops = { on_object, on_rest, on_oversize };
	struct seen seen = { .hash = HASH_INIT };
	struct jsonsplit js;

	jsonsplit_init(&js, mode, MAX, &ops, &seen);
	for (size_t at = 0; at < size && !seen.error; at += step)
		seen.error = jsonsplit_feed(
		    &js, (const char *)data + at, size - at < step ? size - at : step);
	seen.complete = jsonsplit_complete(&js);
	jsonsplit_fini(&js);
	return seen;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum jsonsplit_mode mode;
	struct seen whole, bytes, pieces;

	if (size < 2)
		return 0;
	mode = data[0] & 1 ? JSONSPLIT_LIST : JSONSPLIT_STREAM;
	whole = split(mode, data + 1, size - 1, size);
	bytes = split(mode, data + 1, size - 1, 1);
	pieces = split(mode, data + 1, size - 1, 2 + (data[0] >> 1));
	if (memcmp(&whole, &bytes, sizeof(whole)) != 0 ||
	    memcmp(&whole, &pieces, sizeof(whole)) != 0)
		abort();
	return 0;
}

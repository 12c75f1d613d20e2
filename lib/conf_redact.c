/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_redact.h"

#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "hash.h"
#include "mem.h"

/* Words whose arguments from `from` on are secret; a file's name is not. */
static const struct {
	const char *word;
	unsigned from;
} secrets[] = {
	{ "auth_pass", 1 }, { "key", 2 }, /* of auth_hmac */
};

/* Where the n-th word of the line begins (0: the keyword). */
static const char *
word_at(const char *line, unsigned n)
{
	line += strspn(line, " ");
	while (n-- && *line) {
		line += strcspn(line, " ");
		line += strspn(line, " ");
	}
	return line;
}

/* The secret in a line, or NULL. */
static const char *
find_secret(const char *line)
{
	const char *word = word_at(line, 0);

	for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
		const char *secret = word_at(line, secrets[i].from);

		if (strcspn(word, " ") == strlen(secrets[i].word) &&
		    !strncmp(word, secrets[i].word, strlen(secrets[i].word)))
			return *secret && strncmp(secret, "file:", 5) ? secret : NULL;
	}
	return NULL;
}

static void
print_line(const char *line, FILE *out)
{
	const char *secret = find_secret(line);
	uint64_t sum;

	if (!secret) {
		fprintf(out, "%s\n", line);
		return;
	}
	sum = hash_end(hash_add(HASH_INIT, secret, strlen(secret)));
	/* As long as a key has to be, so that the text reads back. */
	fprintf(out, "%.*sREDACTED", (int)(secret - line), line);
	for (int i = 0; i < 5; i++)
		fprintf(out, "-%04x", (unsigned)(sum & 0xffff));
	fputc('\n', out);
}

void
conf_print_redacted(const struct conf *conf, FILE *out)
{
	char *text, *end;
	size_t len;
	FILE *plain = xmemstream(&text, &len);

	conf_print(conf, plain);
	xmemstream_close(plain);
	for (char *line = text; *line; line = end) {
		end = strchrnul(line, '\n');
		if (*end)
			*end++ = '\0';
		print_line(line, out);
	}
	explicit_bzero(text, len);
	free(text);
}

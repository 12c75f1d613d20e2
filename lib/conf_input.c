/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_input.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define CHUNK_LEN 16384

struct conf_chunk {
	struct conf_chunk *next;
	size_t used;
	size_t size;
	char bytes[];
};

static struct conf_chunk *
add_chunk(struct conf_heap *heap, size_t needs)
{
	size_t size = needs > CHUNK_LEN ? needs : CHUNK_LEN;
	struct conf_chunk *c = xcalloc(1, sizeof(*c) + size);

	c->size = size;
	c->next = heap->chunks;
	heap->chunks = c;
	return c;
}

char *
conf_heap_add(struct conf_heap *heap, const char *text, size_t len)
{
	struct conf_chunk *c = heap->chunks;
	char *copy;

	if (!c || c->size - c->used < len + 1)
		c = add_chunk(heap, len + 1);
	copy = c->bytes + c->used;
	if (len)
		memcpy(copy, text, len);
	copy[len] = '\0';
	c->used += len + 1;
	return copy;
}

void
conf_heap_free(struct conf_heap *heap)
{
	while (heap->chunks) {
		struct conf_chunk *c = heap->chunks;

		heap->chunks = c->next;
		free(c);
	}
}

bool
conf_is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

void
conf_input_init(struct conf_input *in, const char *file, const char *text, size_t len,
    unsigned first_order)
{
	*in = (struct conf_input){
		.frames[0] = { .text = text, .len = len },
		.pos = { .file = file, .line = 1, .column = 1, .order = first_order },
	};
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		in->frames[0].at = 3; /* a byte-order mark */
}

static void
pop_finished(struct conf_input *in)
{
	while (in->depth && in->frames[in->depth].at == in->frames[in->depth].len) {
		if (--in->depth)
			continue;
		in->pos.line = in->after.line;
		in->pos.column = in->after.column;
	}
}

int
conf_input_peek(struct conf_input *in)
{
	struct conf_frame *f;

	pop_finished(in);
	f = &in->frames[in->depth];
	return f->at < f->len ? (unsigned char)f->text[f->at] : -1;
}

int
conf_input_take(struct conf_input *in)
{
	int c = conf_input_peek(in);

	if (c < 0)
		return c;
	in->frames[in->depth].at++;
	if (in->depth)
		return c;
	if (c == '\n') {
		in->pos.line++;
		in->pos.column = 1;
	} else if ((c & 0xc0) != 0x80) { /* not inside a UTF-8 sequence */
		in->pos.column++;
	}
	return c;
}

const char *
conf_input_push(
    struct conf_input *in, const struct conf_pos *use, const char *text, size_t *expanded)
{
	size_t len = strlen(text);

	/* What it is the last of counts too: so a text in itself ends. */
	if (in->depth == CONF_EXPAND_DEPTH)
		return "definitions are nested too deeply; does one contain itself?";
	if (len > CONF_EXPAND_MAX - *expanded)
		return "definitions and sequences make more than 4 MiB of text";
	*expanded += len;
	if (!in->depth) {
		in->after = in->pos;
		in->pos.line = use->line;
		in->pos.column = use->column;
	}
	in->frames[++in->depth] = (struct conf_frame){ .text = text, .len = len };
	return NULL;
}

int
conf_input_ahead(const struct conf_input *in, size_t n)
{
	for (unsigned d = in->depth + 1; d-- > 0;) {
		const struct conf_frame *f = &in->frames[d];

		if (n < f->len - f->at)
			return (unsigned char)f->text[f->at + n];
		n -= f->len - f->at;
	}
	return -1;
}

bool
conf_input_line_is_over(const struct conf_input *in)
{
	size_t n = 0;
	int c;

	while (conf_is_blank(conf_input_ahead(in, n)))
		n++;
	c = conf_input_ahead(in, n);
	return c < 0 || c == '\n' || c == '#' || c == '!';
}

char *
conf_input_take_line(struct conf_input *in, struct conf_heap *heap, bool cut)
{
	char *line = NULL, *kept = NULL;
	size_t len = 0, cap = 0, at;
	int quote = 0, c;

	while ((c = conf_input_peek(in)) >= 0 && c != '\n') {
		if (!quote && cut && (c == '#' || c == '!'))
			break;
		if (quote && c == quote)
			quote = 0;
		else if (!quote && (c == '"' || c == '\''))
			quote = c;
		line = array_grow(line, len, &cap, 1);
		line[len++] = (char)conf_input_take(in);
	}
	while ((c = conf_input_peek(in)) >= 0 && c != '\n')
		conf_input_take(in);
	while (len && conf_is_blank((unsigned char)line[len - 1]))
		len--;
	for (at = 0; at < len && conf_is_blank((unsigned char)line[at]); at++)
		;
	if (!len || !memchr(line, 0, len))
		kept = conf_heap_add(heap, len ? line + at : "", len - at);
	free(line);
	return kept;
}

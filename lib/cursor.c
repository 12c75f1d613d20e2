/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cursor.h"

#include <string.h>

void
cursor_init(struct cursor *c, const void *data, size_t len)
{
	*c = (struct cursor){ .data = data, .len = len };
}

bool
cursor_ok(const struct cursor *c)
{
	return !c->failed;
}

size_t
cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : c->len - c->at;
}

const uint8_t *
cursor_view(struct cursor *c, size_t len)
{
	const uint8_t *p;

	if (cursor_left(c) < len) {
		c->failed = true;
		return NULL;
	}
	p = c->data + c->at;
	c->at += len;
	return p;
}

uint8_t
cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_view(c, 1);

	return p ? p[0] : 0;
}

uint16_t
cursor_u16(struct cursor *c)
{
	const uint8_t *p = cursor_view(c, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

uint32_t
cursor_u32(struct cursor *c)
{
	const uint8_t *p = cursor_view(c, 4);

	return p
	    ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]
	    : 0;
}

void
cursor_bytes(struct cursor *c, void *out, size_t len)
{
	const uint8_t *p = cursor_view(c, len);

	if (p)
		memcpy(out, p, len);
	else
		memset(out, 0, len);
}

void
wcursor_init(struct wcursor *c, void *data, size_t size)
{
	*c = (struct wcursor){ .data = data, .size = size };
}

void
wcursor_bytes(struct wcursor *c, const void *bytes, size_t len)
{
	if (c->failed || c->size - c->at < len) {
		c->failed = true;
		return;
	}
	memcpy(c->data + c->at, bytes, len);
	c->at += len;
}

void
wcursor_u8(struct wcursor *c, uint8_t v)
{
	wcursor_bytes(c, &v, 1);
}

void
wcursor_u16(struct wcursor *c, uint16_t v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	wcursor_bytes(c, b, sizeof(b));
}

void
wcursor_u32(struct wcursor *c, uint32_t v)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8),
		(uint8_t)v };

	wcursor_bytes(c, b, sizeof(b));
}

uint32_t
checksum_add(uint32_t sum, const void *data, size_t len)
{
	const uint8_t *p = data;

	for (; len > 1; p += 2, len -= 2)
		sum += (uint32_t)(p[0] << 8 | p[1]);
	if (len)
		sum += (uint32_t)(p[0] << 8);
	return (sum & 0xffff) + (sum >> 16);
}

uint16_t
checksum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

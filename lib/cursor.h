/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bounds-checked reading and writing of network bytes with a sticky error:
 * after the first step outside the buffer every get returns 0 and cursor_ok() is
 * false, every put does nothing. Who writes brings a buffer for the longest
 * message there is. Multi-byte values are big endian.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *data;
	size_t len;
	size_t at;
	bool failed;
};

struct wcursor {
	uint8_t *data;
	size_t size;
	size_t at;
	bool failed;
};

void cursor_init(struct cursor *c, const void *data, size_t len);
bool cursor_ok(const struct cursor *c);
size_t cursor_left(const struct cursor *c);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
/* Copies len bytes to out (zeroes on failure). */
void cursor_bytes(struct cursor *c, void *out, size_t len);
/* A view of the next len bytes, skipped; NULL on failure. */
const uint8_t *cursor_view(struct cursor *c, size_t len);

void wcursor_init(struct wcursor *c, void *data, size_t size);
void wcursor_u8(struct wcursor *c, uint8_t v);
void wcursor_u16(struct wcursor *c, uint16_t v);
void wcursor_u32(struct wcursor *c, uint32_t v);
void wcursor_bytes(struct wcursor *c, const void *bytes, size_t len);

/* RFC 1071: adds bytes to a running sum; checksum_fold gives the complement. */
uint32_t checksum_add(uint32_t sum, const void *data, size_t len);
uint16_t checksum_fold(uint32_t sum);

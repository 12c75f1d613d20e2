/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SHA-256 (RFC 6234) and HMAC-SHA-256 (RFC 2104). Here and not a library: the
 * engine links libev only, and maps nothing that reads files or allocates.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32
#define SHA256_BLOCK 64

struct sha256 {
	uint32_t state[8];
	uint64_t len; /* bytes taken */
	uint8_t block[SHA256_BLOCK];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *bytes, size_t len);
void sha256_finish(struct sha256 *s, uint8_t digest[SHA256_LEN]);

struct hmac_sha256 {
	struct sha256 inner;
	struct sha256 outer;
};

void hmac_sha256_init(struct hmac_sha256 *h, const void *key, size_t len);
void hmac_sha256_add(struct hmac_sha256 *h, const void *bytes, size_t len);
void hmac_sha256_finish(struct hmac_sha256 *h, uint8_t digest[SHA256_LEN]);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sha256.h"

#include <string.h>

/* RFC 6234 5.1: the first 32 bits of the fractional parts of the cube roots of
 * the first 64 primes. */
static const uint32_t k[64] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
	0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
	0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138,
	0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624,
	0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f,
	0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2 };

static uint32_t
rotr(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static uint32_t
load32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
store32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* RFC 6234 6.2 */
static void
compress(struct sha256 *s)
{
	uint32_t w[64], v[8], t1, t2;

	for (unsigned t = 0; t < 16; t++)
		w[t] = load32(s->block + 4 * t);
	for (unsigned t = 16; t < 64; t++) {
		uint32_t a = w[t - 15], b = w[t - 2];

		w[t] = w[t - 16] + w[t - 7] + (rotr(a, 7) ^ rotr(a, 18) ^ a >> 3) +
		    (rotr(b, 17) ^ rotr(b, 19) ^ b >> 10);
	}
	memcpy(v, s->state, sizeof(v));
	/* a to h: instead of the words, their places move. */
	for (unsigned t = 0; t < 64; t++) {
		uint32_t a = v[-t & 7], b = v[(1 - t) & 7], c = v[(2 - t) & 7];
		uint32_t e = v[(4 - t) & 7], f = v[(5 - t) & 7], g = v[(6 - t) & 7];

		t1 = v[(7 - t) & 7] + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) +
		    ((e & f) ^ (~e & g)) + k[t] + w[t];
		t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) +
		    ((a & b) ^ (a & c) ^ (b & c));
		v[(3 - t) & 7] += t1;
		v[(7 - t) & 7] = t1 + t2;
	}
	for (unsigned i = 0; i < 8; i++)
		s->state[i] += v[i];
}

void
sha256_init(struct sha256 *s)
{
	/* RFC 6234 6.1: of the square roots of the first eight primes. */
	static const uint32_t first[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
		0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	*s = (struct sha256){ 0 };
	memcpy(s->state, first, sizeof(first));
}

void
sha256_add(struct sha256 *s, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len) {
		size_t fill = s->len % SHA256_BLOCK, n = SHA256_BLOCK - fill;

		n = len < n ? len : n;
		memcpy(s->block + fill, at, n);
		s->len += n;
		at += n;
		len -= n;
		if (s->len % SHA256_BLOCK == 0)
			compress(s);
	}
}

void
sha256_finish(struct sha256 *s, uint8_t digest[SHA256_LEN])
{
	static const uint8_t padding[SHA256_BLOCK] = { 0x80 };
	size_t fill = s->len % SHA256_BLOCK;
	uint64_t bits = 8 * s->len;
	uint8_t tail[8];

	store32(tail, (uint32_t)(bits >> 32));
	store32(tail + 4, (uint32_t)bits);
	sha256_add(s, padding, fill < 56 ? 56 - fill : 120 - fill);
	sha256_add(s, tail, sizeof(tail));
	for (unsigned i = 0; i < 8; i++)
		store32(digest + 4 * i, s->state[i]);
}

void
hmac_sha256_init(struct hmac_sha256 *h, const void *key, size_t len)
{
	uint8_t block[SHA256_BLOCK] = { 0 };

	if (len > SHA256_BLOCK) {
		sha256_init(&h->inner);
		sha256_add(&h->inner, key, len);
		sha256_finish(&h->inner, block);
	} else {
		memcpy(block, key, len);
	}
	for (unsigned i = 0; i < SHA256_BLOCK; i++)
		block[i] ^= 0x36;
	sha256_init(&h->inner);
	sha256_add(&h->inner, block, sizeof(block));
	for (unsigned i = 0; i < SHA256_BLOCK; i++)
		block[i] ^= 0x36 ^ 0x5c;
	sha256_init(&h->outer);
	sha256_add(&h->outer, block, sizeof(block));
	explicit_bzero(block, sizeof(block));
}

void
hmac_sha256_add(struct hmac_sha256 *h, const void *bytes, size_t len)
{
	sha256_add(&h->inner, bytes, len);
}

void
hmac_sha256_finish(struct hmac_sha256 *h, uint8_t digest[SHA256_LEN])
{
	sha256_finish(&h->inner, digest);
	sha256_add(&h->outer, digest, SHA256_LEN);
	sha256_finish(&h->outer, digest);
	explicit_bzero(h, sizeof(*h));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "engine/sha256.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static const char *
hex(const uint8_t *bytes)
{
	static char text[2 * SHA256_LEN + 1];

	for (unsigned i = 0; i < SHA256_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
	return text;
}

/* RFC 6234 8.5, TEST1, TEST2_1, TEST3, TEST4 of SHA-256, and the empty one. */
START_TEST(digests_are_those_of_rfc_6234)
{
	static const struct {
		const char *text;
		unsigned times;
		const char *digest;
	} cases[] = {
		{ "", 1,
		    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", 1,
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "a", 1000000,
		    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
		{ "0123456701234567012345670123456701234567012345670123456701234567", 10,
		    "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sha256 s;
		uint8_t digest[SHA256_LEN];

		sha256_init(&s);
		for (unsigned n = 0; n < cases[i].times; n++)
			sha256_add(&s, cases[i].text, strlen(cases[i].text));
		sha256_finish(&s, digest);
		ck_assert_str_eq(hex(digest), cases[i].digest);
	}
}
END_TEST

START_TEST(it_does_not_matter_how_bytes_come)
{
	uint8_t bytes[200], whole[SHA256_LEN], parts[SHA256_LEN];

	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		struct sha256 s;

		sha256_init(&s);
		sha256_add(&s, bytes, len);
		sha256_finish(&s, whole);
		sha256_init(&s);
		for (size_t i = 0; i < len; i += 7)
			sha256_add(&s, bytes + i, len - i < 7 ? len - i : 7);
		sha256_finish(&s, parts);
		ck_assert_mem_eq(whole, parts, SHA256_LEN);
	}
}
END_TEST

/* RFC 4231 4.2 to 4.4, 4.7, 4.8 */
START_TEST(codes_are_those_of_rfc_4231)
{
	static const struct {
		uint8_t key;
		size_t key_len;
		const char *key_text, *data;
		uint8_t fill;
		size_t fill_len;
		const char *code;
	} cases[] = {
		{ 0x0b, 20, NULL, "Hi There", 0, 0,
		    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
		{ 0, 0, "Jefe", "what do ya want for nothing?", 0, 0,
		    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ 0xaa, 20, NULL, NULL, 0xdd, 50,
		    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
		{ 0xaa, 131, NULL,
		    "Test Using Larger Than Block-Size Key - Hash Key First", 0, 0,
		    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
		{ 0xaa, 131, NULL,
		    "This is a test using a larger than block-size key and a larger than "
		    "block-size data. The key needs to be hashed before being used by "
		    "the "
		    "HMAC algorithm.",
		    0, 0,
		    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t key[200], data[200], code[SHA256_LEN];
		size_t key_len = cases[i].key_len, len = cases[i].fill_len;
		struct hmac_sha256 h;

		memset(key, cases[i].key, sizeof(key));
		memset(data, cases[i].fill, sizeof(data));
		if (cases[i].key_text) {
			key_len = strlen(cases[i].key_text);
			memcpy(key, cases[i].key_text, key_len);
		}
		if (cases[i].data) {
			len = strlen(cases[i].data);
			memcpy(data, cases[i].data, len);
		}
		hmac_sha256_init(&h, key, key_len);
		hmac_sha256_add(&h, data, len);
		hmac_sha256_finish(&h, code);
		ck_assert_str_eq(hex(code), cases[i].code);
	}
}
END_TEST

UNIT_MAIN("sha256", digests_are_those_of_rfc_6234, it_does_not_matter_how_bytes_come,
    codes_are_those_of_rfc_4231)

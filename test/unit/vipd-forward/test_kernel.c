/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward/kernel.h"

#include <errno.h>
#include <string.h>

#include "msg.h"
#include "unit.h"

START_TEST(a_refusal_says_what_is_missing)
{
	static const struct {
		int error;
		const char *text;
	} told[] = {
		{ EOPNOTSUPP, "modprobe nf_tables" },
		{ ENOENT, "modprobe nft_" },
		{ EPERM, "CAP_NET_ADMIN" },
		{ ENOMEM, "Cannot allocate memory" },
	};

	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
		const char *text = kernel_error_text(told[i].error);

		ck_assert_msg(strstr(text, told[i].text) != NULL, "%s", text);
		ck_assert_uint_le(strlen(text), KERNEL_ERROR_LEN);
	}
}
END_TEST

UNIT_MAIN("kernel", a_refusal_says_what_is_missing)

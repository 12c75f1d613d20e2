/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_redact.h"

#include <string.h>

#include "conf.h"
#include "mem.h"
#include "unit.h"

#define KEY "0123456789abcdef0123456789abcdef"

static char *
redacted(const char *secrets)
{
	_free_ char *text =
	    xasprintf("vrrp_instance edge {\n interface eth0\n virtual_router_id 1\n"
		      " virtual_ipaddress { 192.0.2.5 }\n%s\n}\n",
		secrets);
	struct conf_problems problems = { 0 };
	struct conf *conf = conf_load_text("test", text, strlen(text), "here", &problems);
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	ck_assert_ptr_nonnull(conf);
	conf_print_redacted(conf, f);
	fclose(f);
	conf_free(conf);
	conf_problems_free(&problems);
	return out;
}

START_TEST(no_secret_is_printed)
{
	_free_ char *pass =
	    redacted("authentication { auth_type PASS auth_pass \"a b c\" }");
	_free_ char *hmac = redacted("auth_hmac { key 7 " KEY " active_key 7 }");

	ck_assert_ptr_null(strstr(pass, "a b"));
	ck_assert_ptr_nonnull(strstr(pass, "auth_pass REDACTED-"));
	ck_assert_ptr_nonnull(strstr(pass, "virtual_router_id 1\n"));
	ck_assert_ptr_null(strstr(hmac, "0123456789"));
	ck_assert_ptr_nonnull(strstr(hmac, "key 7 REDACTED-"));
	ck_assert_ptr_nonnull(strstr(hmac, "active_key 7\n"));
}
END_TEST

START_TEST(another_secret_looks_different)
{
	_free_ char *a = redacted("authentication { auth_type PASS auth_pass one }");
	_free_ char *b = redacted("authentication { auth_type PASS auth_pass two }");
	_free_ char *c = redacted("authentication { auth_type PASS auth_pass one }");

	ck_assert_str_ne(a, b);
	ck_assert_str_eq(a, c);
}
END_TEST

UNIT_MAIN("conf_redact", no_secret_is_printed, another_secret_looks_different)

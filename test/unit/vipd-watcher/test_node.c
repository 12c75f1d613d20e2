/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/node.h"

#include <string.h>

#include "mem.h"
#include "unit.h"
#include "watcher/base64.h"
#include "watcher/kubeconfig.h"

/* openssl req -x509 -subj "/O=system:nodes/CN=system:node:Worker-A.example" */
static char node_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIB0TCCAXegAwIBAgIUNFQ3731Hombeaax0zpyoTte2IoswCgYIKoZIzj0EAwIw\n"
    "PjEVMBMGA1UECgwMc3lzdGVtOm5vZGVzMSUwIwYDVQQDDBxzeXN0ZW06bm9kZTpX\n"
    "b3JrZXItQS5leGFtcGxlMB4XDTI2MTEyMzE0MDA0NFoXDTM2MTEyMDE0MDA0NFow\n"
    "PjEVMBMGA1UECgwMc3lzdGVtOm5vZGVzMSUwIwYDVQQDDBxzeXN0ZW06bm9kZTpX\n"
    "b3JrZXItQS5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzS+bImC3\n"
    "Llxt6sm//zA2kSd9WWWQ3cD6zmHv5uqQAQ+JAXfd2CeRe5cYTG980eNh9bToivyn\n"
    "POGk2diG+VHA3aNTMFEwHQYDVR0OBBYEFMm2YWJtGZP9huUBpLXOlsUrXhIeMB8G\n"
    "A1UdIwQYMBaAFMm2YWJtGZP9huUBpLXOlsUrXhIeMA8GA1UdEwEB/wQFMAMBAf8w\n"
    "CgYIKoZIzj0EAwIDSAAwRQIhAKgEfU0bUbpbNSjJrfPvB5jshK2+MOs2GFu2o4bt\n"
    "w2RfAiB38BCCFwc/verZ7QhvTgiu1no1Jinf8k52FYu0epOK1A==\n"
    "-----END CERTIFICATE-----\n";
/* openssl req -x509 -subj "/O=dev/CN=jane" */
static char user_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBjzCCATWgAwIBAgIUbuJoFselcrX299r7H6bpEvtI4M4wCgYIKoZIzj0EAwIw\n"
    "HTEMMAoGA1UECgwDZGV2MQ0wCwYDVQQDDARqYW5lMB4XDTI2MTEyMzE0MDA0NFoX\n"
    "DTM2MTEyMDE0MDA0NFowHTEMMAoGA1UECgwDZGV2MQ0wCwYDVQQDDARqYW5lMFkw\n"
    "EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEt/ZULVCMQOT5cl8nj5uWYnVjHkg3Ytj\n"
    "GkawUnzBmZiPCiAzyhvmtmLqwu3nGEjt+fGr2Vfz5mlqjXoA32f9C6NTMFEwHQYD\n"
    "VR0OBBYEFL5aRp8+Wr3+DC8GOeJVPHzfLZhLMB8GA1UdIwQYMBaAFL5aRp8+Wr3+\n"
    "DC8GOeJVPHzfLZhLMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIh\n"
    "AMppDFlpnURen5gtBRXZ1rIYbBhn+eSU9RbK8P86wrxTAiAwyQj1QTGkbIFQaWsp\n"
    "vpmZf3HHr5Cn8V9VtGiKl7GmQg==\n"
    "-----END CERTIFICATE-----\n";

START_TEST(a_node_certificate_names_the_node)
{
	struct kubeconfig_blob cert = { node_pem, strlen(node_pem) };
	char name[NODE_NAME_LEN];

	ck_assert_str_eq(node_name("", &cert, "worker-c", name), "client certificate");
	ck_assert_str_eq(name, "Worker-A.example");
	ck_assert_str_eq(node_name("worker-b", &cert, "worker-c", name), "configured");
	ck_assert_str_eq(name, "worker-b");
}
END_TEST

START_TEST(another_certificate_names_none)
{
	char name[NODE_NAME_LEN];

	ck_assert(!node_name_of_certificate(user_pem, strlen(user_pem), name));
	ck_assert(!node_name_of_certificate("", 0, name));
	ck_assert(!node_name_of_certificate("-----BEGIN CERTIFICATE-----\n*", 29, name));
}
END_TEST

START_TEST(a_certificate_cut_or_changed_anywhere_does_no_harm)
{
	char name[NODE_NAME_LEN];
	char pem[sizeof(node_pem)];

	for (size_t len = 0; len < strlen(node_pem) - 25; len++)
		ck_assert(!node_name_of_certificate(node_pem, len, name));
	for (size_t i = 0; i < strlen(node_pem); i++) {
		memcpy(pem, node_pem, sizeof(pem));
		pem[i] = pem[i] == '/' ? 'A' : '/';
		if (node_name_of_certificate(pem, strlen(pem), name))
			ck_assert_uint_lt(strlen(name), NODE_NAME_LEN);
	}
}
END_TEST

START_TEST(host_names_are_lower_cased_and_localhost_is_none)
{
	char name[NODE_NAME_LEN];

	ck_assert(node_name_of_host("Worker-A", name));
	ck_assert_str_eq(name, "worker-a");
	ck_assert(node_name_of_host("localhorst", name));
	ck_assert(!node_name_of_host("", name));
	ck_assert(!node_name_of_host("localhost", name));
	ck_assert(!node_name_of_host("LocalHost.localdomain", name));
}
END_TEST

START_TEST(base64_is_strict_but_for_white_space)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ "QQ==", "A" },
		{ "QUI=", "AB" },
		{ "QUJD", "ABC" },
		{ " QU\nJD\r\n", "ABC" },
		{ "QQ", "A" },
		{ "Q", NULL },
		{ "QQ=", NULL },
		{ "QQ==QQ==", NULL },
		{ "Q*==", NULL },
		{ "QUJD====", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t len = 99;
		_free_ char *got =
		    base64_decode(cases[i].text, strlen(cases[i].text), &len);

		ck_assert_msg(!got == !cases[i].want, "%s", cases[i].text);
		if (!got)
			continue;
		ck_assert_str_eq(got, cases[i].want);
		ck_assert_uint_eq(len, strlen(cases[i].want));
	}
}
END_TEST

UNIT_MAIN("node", a_node_certificate_names_the_node, another_certificate_names_none,
    a_certificate_cut_or_changed_anywhere_does_no_harm,
    host_names_are_lower_cased_and_localhost_is_none,
    base64_is_strict_but_for_white_space)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/healthcheck.h"

#include <string.h>

#include "unit.h"
#include "watcher/view.h"

static const struct msg_service_key key = { .ns = "shop", .name = "web" };

static const struct {
	const char *text;
	enum health_request request;
} requests[] = {
	{ "", HEALTH_MORE },
	{ "G", HEALTH_MORE },
	{ "GET /healthz HTTP/1.1\r\n", HEALTH_MORE },
	{ "GET /healthz HTTP/1.1\r\nHost: a\r\n", HEALTH_MORE },
	{ "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", HEALTH_GET },
	{ "GET / HTTP/1.0\r\n\r\n", HEALTH_GET },
	{ "GET /any/path?x=1 HTTP/1.1\r\n\r\nmore", HEALTH_GET },
	{ "HEAD / HTTP/1.1\r\n\r\n", HEALTH_HEAD },
	{ "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n", HEALTH_OTHER_METHOD },
	{ "get / HTTP/1.1\r\n\r\n", HEALTH_OTHER_METHOD },
	/* What cannot become right is not waited for. */
	{ "\r\n", HEALTH_BAD },
	{ "GET\r\n", HEALTH_BAD },
	{ "GET /\r\n", HEALTH_BAD },
	{ "GET  HTTP/1.1\r\n", HEALTH_BAD },
	{ " / HTTP/1.1\r\n", HEALTH_BAD },
	{ "GET / HTTP/2.0\r\n", HEALTH_BAD },
	{ "GET / HTTP/1.\r\n", HEALTH_BAD },
	{ "GET / HTTP/1.10\r\n", HEALTH_BAD },
	{ "\x16\x03\x01\r\n", HEALTH_BAD },
};

START_TEST(a_request_is_judged_by_its_head)
{
	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		const char *text = requests[i].text;

		ck_assert_msg(health_request(text, strlen(text)) == requests[i].request,
		    "%s", text);
	}
}
END_TEST

START_TEST(a_request_of_zeros_or_without_an_end_is_too_long)
{
	char bytes[HEALTH_REQUEST_MAX] = { 0 };

	ck_assert_int_eq(health_request(bytes, sizeof(bytes) - 1), HEALTH_MORE);
	ck_assert_int_eq(health_request(bytes, sizeof(bytes)), HEALTH_TOO_LONG);
	memset(bytes, 'a', sizeof(bytes));
	memcpy(bytes, "GET / HTTP/1.1\r\n", 16);
	ck_assert_int_eq(health_request(bytes, sizeof(bytes)), HEALTH_TOO_LONG);
}
END_TEST

#define BODY(n)                                                                          \
	"{\"service\": {\"namespace\": \"shop\", \"name\": \"web\"}, "                   \
	"\"localEndpoints\": " n "}\n"
#define FIELDS(n)                                                                        \
	"Content-Type: application/json\r\nContent-Length: " n                           \
	"\r\nConnection: close\r\n\r\n"

static const struct {
	enum health_request request;
	struct health health;
	const char *answer;
} answers[] = {
	{ HEALTH_GET, { 2, false }, "HTTP/1.1 200 OK\r\n" FIELDS("71") BODY("2") },
	{ HEALTH_GET, { 0, false },
	    "HTTP/1.1 503 Service Unavailable\r\n" FIELDS("71") BODY("0") },
	{ HEALTH_GET, { 2, true },
	    "HTTP/1.1 503 Service Unavailable\r\n" FIELDS("71") BODY("2") },
	{ HEALTH_HEAD, { 2, false }, "HTTP/1.1 200 OK\r\n" FIELDS("71") },
	{ HEALTH_OTHER_METHOD, { 2, false },
	    "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n" FIELDS("0") },
	{ HEALTH_BAD, { 2, false }, "HTTP/1.1 400 Bad Request\r\n" FIELDS("0") },
	{ HEALTH_TOO_LONG, { 2, false },
	    "HTTP/1.1 431 Request Header Fields Too Large\r\n" FIELDS("0") },
};

START_TEST(an_answer_says_how_many_are_here)
{
	char buf[HEALTH_ANSWER_MAX];

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		size_t len =
		    health_answer(buf, answers[i].request, &key, &answers[i].health);

		ck_assert_str_eq(buf, answers[i].answer);
		ck_assert_uint_eq(len, strlen(buf));
	}
}
END_TEST

START_TEST(the_longest_names_fit)
{
	const struct health most = { .local = UINT32_MAX };
	struct msg_service_key long_key;
	char buf[HEALTH_ANSWER_MAX];
	size_t len;

	memset(&long_key, 'n', sizeof(long_key));
	long_key.ns[NAME_LEN - 1] = long_key.name[NAME_LEN - 1] = '\0';
	len = health_answer(buf, HEALTH_GET, &long_key, &most);
	ck_assert_uint_lt(len, sizeof(buf));
	ck_assert_str_eq(buf + len - 2, "}\n");
}
END_TEST

START_TEST(an_address_counts_once_if_it_is_here_and_ready)
{
	static const struct {
		const char *addr;
		uint16_t port_index;
		uint32_t flags;
	} told[] = {
		{ "10.0.0.1", 0, ENDPOINT_LOCAL },
		{ "10.0.0.2", 0, 0 },
		{ "10.0.0.3", 0, ENDPOINT_LOCAL | ENDPOINT_TERMINATING },
		{ "10.0.0.4", 1, ENDPOINT_LOCAL },
		{ "10.0.0.1", 1, ENDPOINT_LOCAL },
		{ "fd00::1", 0, ENDPOINT_LOCAL },
	};
	struct msg_service_endpoint endpoints[sizeof(told) / sizeof(*told)] = { 0 };
	struct view view = { .endpoints = endpoints };

	ck_assert_uint_eq(health_count(&view), 0);
	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
		ck_assert(ipaddr_parse(told[i].addr, &endpoints[i].addr));
		endpoints[i].port_index = told[i].port_index;
		endpoints[i].flags = told[i].flags;
	}
	view.n_endpoints = sizeof(told) / sizeof(*told);
	ck_assert_uint_eq(health_count(&view), 3);
}
END_TEST

UNIT_MAIN("healthcheck", a_request_is_judged_by_its_head,
    a_request_of_zeros_or_without_an_end_is_too_long, an_answer_says_how_many_are_here,
    the_longest_names_fit, an_address_counts_once_if_it_is_here_and_ready)

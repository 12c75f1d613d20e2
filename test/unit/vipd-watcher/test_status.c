/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/status.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

#define NOW_US UINT64_C(1767323045000007) /* 2026-01-02T03:04:05.000007Z */

/* JSON with single quotes, which read better in C. */
static json_t *
parse(const char *quoted)
{
	char text[2048];
	json_error_t error;
	json_t *json;

	snprintf(text, sizeof(text), "%s", quoted);
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	json = json_loads(text, 0, &error);
	ck_assert_msg(json != NULL, "%s: %s", error.text, text);
	return json;
}

static struct service_status
read_text(const char *quoted)
{
	struct service_status s;
	json_t *json = parse(quoted);

	status_read(&s, json);
	json_decref(json);
	return s;
}

static struct service_status
wanted(const char *address, const char *message)
{
	struct service_status s = { 0 };
	struct ipaddr addr;

	if (address) {
		ck_assert(ipaddr_parse(address, &addr));
		status_add_ingress(&s, &addr);
	}
	if (message)
		status_set_condition(&s, STATUS_ALLOCATED, true, "Allocated", message);
	return s;
}

#define OURS                                                                             \
	"'managedFields':[{'manager':'vipd','operation':'Apply','subresource':'status'," \
	"'fieldsV1':{'f:status':{'f:loadBalancer':{'f:ingress':{}}}}}]"
#define THEIRS                                                                           \
	"'managedFields':[{'manager':'other','operation':'Update','fieldsV1':"           \
	"{'f:status':{'f:loadBalancer':{'f:ingress':{}}}}}]"
#define ALLOCATED                                                                        \
	"{'type':'vipd.io/AddressAllocated','status':'True','reason':'Allocated',"       \
	"'message':'m','lastTransitionTime':'2025-01-01T00:00:00Z'}"
#define STATUS(meta, ip, conditions)                                                     \
	"{'metadata':{'resourceVersion':'7'," meta "},'status':{'loadBalancer':"         \
	"{'ingress':[" ip "]},'conditions':[" conditions "]}}"
#define IP "{'ip':'192.168.185.40','ipMode':'VIP'}"

START_TEST(a_status_is_read)
{
	struct service_status s = read_text(STATUS(OURS, IP, ALLOCATED));

	ck_assert_str_eq(s.version, "7");
	ck_assert_uint_eq(s.n_ingress, 1);
	ck_assert(s.has_ingress && !s.foreign_ingress);
	ck_assert(s.conditions[STATUS_ALLOCATED].present);
	ck_assert(s.conditions[STATUS_ALLOCATED].value);
	ck_assert_str_eq(s.conditions[STATUS_ALLOCATED].reason, "Allocated");
	ck_assert_str_eq(s.conditions[STATUS_ALLOCATED].since, "2025-01-01T00:00:00Z");
	ck_assert(!s.conditions[STATUS_PLACED].present);
	status_fini(&s);
}
END_TEST

START_TEST(whoever_wrote_the_ingress_is_told_apart)
{
	static const struct {
		const char *text;
		bool has, foreign;
	} cases[] = {
		{ "{'metadata':{}}", false, false },
		{ STATUS(OURS, IP, ""), true, false },
		{ STATUS(THEIRS, IP, ""), true, true },
		/* Nobody kept the managers: our condition tells. */
		{ STATUS("'uid':'u'", IP, ""), true, true },
		{ STATUS("'uid':'u'", IP, ALLOCATED), true, false },
		{ STATUS(THEIRS, IP, ALLOCATED), true, true },
		{ STATUS(THEIRS, "{'hostname':'lb.example.org'}", ""), true, true },
		{ STATUS(THEIRS, "", ""), false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct service_status s = read_text(cases[i].text);

		ck_assert_msg(s.has_ingress == cases[i].has, "case %zu", i);
		ck_assert_msg(s.foreign_ingress == cases[i].foreign, "case %zu", i);
		ck_assert(status_is_ours(&s) ==
		    ((cases[i].has && !cases[i].foreign) ||
			s.conditions[STATUS_ALLOCATED].present));
		status_fini(&s);
	}
}
END_TEST

START_TEST(who_else_wrote_to_the_status_last_is_known)
{
#define WRITER(name, sub, time)                                                          \
	"{'manager':'" name "','operation':'Update','subresource':'" sub "','time':'"    \
	"2026-01-01T00:00:" time "Z','fieldsV1':{}}"
	struct service_status s = read_text(
	    STATUS("'managedFields':[" WRITER("rival", "status", "02") "," WRITER(
		       "older", "status", "01") "," WRITER("kubectl", "",
		       "03") "," WRITER("vipd", "status", "04") "]",
		"", ""));
	struct service_status copy;

	ck_assert_str_eq(s.writer, "rival");
	status_copy(&copy, &s);
	ck_assert_str_eq(copy.writer, "rival");
	status_fini(&copy);
	status_fini(&s);
	s = read_text(STATUS(OURS, IP, ALLOCATED));
	ck_assert_ptr_null(s.writer);
	status_fini(&s);
}
END_TEST

START_TEST(wrong_types_are_read_as_nothing)
{
	static const char *const texts[] = {
		"[]",
		"{'metadata':7,'status':'x'}",
		("{'metadata':{'resourceVersion':7,'managedFields':{}},"
		 "'status':{'loadBalancer':[],'conditions':{}}}"),
		"{'status':{'loadBalancer':{'ingress':{}},'conditions':[7,{'type':7}]}}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct service_status s = read_text(texts[i]);

		ck_assert(!s.has_ingress && !s.conditions[STATUS_ALLOCATED].present);
		ck_assert_str_eq(s.version, "");
		status_fini(&s);
	}
}
END_TEST

START_TEST(only_a_difference_is_written)
{
	static const struct {
		const char *seen;
		const char *ip, *message; /* wanted */
		bool differs;
	} cases[] = {
		{ STATUS(OURS, IP, ALLOCATED), "192.168.185.40", "m", false },
		{ STATUS(OURS, IP, ALLOCATED), "192.168.185.41", "m", true },
		{ STATUS(OURS, IP, ALLOCATED), "192.168.185.40", "n", true },
		{ STATUS(OURS, IP, ALLOCATED), "192.168.185.40", NULL, true },
		/* W5: cleaned once, and only what is ours (S15). */
		{ STATUS(OURS, IP, ALLOCATED), NULL, NULL, true },
		{ STATUS(OURS, IP, ""), NULL, NULL, true },
		{ STATUS(THEIRS, IP, ""), NULL, NULL, false },
		{ STATUS("'uid':'u'", "", ""), NULL, NULL, false },
		/* On a Service of ours somebody else's is put right. */
		{ STATUS(THEIRS, IP, ALLOCATED), "192.168.185.40", "m", true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct service_status seen = read_text(cases[i].seen);
		struct service_status want = wanted(cases[i].ip, cases[i].message);

		ck_assert_msg(
		    status_differs(&seen, &want, STATUS_ALLOCATOR) == cases[i].differs,
		    "case %zu", i);
		/* The holder looks at its own condition only. */
		ck_assert(!status_differs(&seen, &want, STATUS_HOLDER));
		status_fini(&seen);
		status_fini(&want);
	}
}
END_TEST

START_TEST(the_patch_is_what_apply_takes)
{
	struct service_status want = wanted("192.168.185.40", "192.168.185.40 of public");
	struct status_style style = { .ip_mode = true, .wall_us = NOW_US };
	struct ipaddr six;
	char *text;

	ck_assert(ipaddr_parse("2001:db8::1", &six));
	status_add_ingress(&want, &six);
	text = status_patch("default", "web", "7", NULL, &want, &style);
	ck_assert_str_eq(text,
	    "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"web\","
	    "\"namespace\":\"default\",\"resourceVersion\":\"7\"},\"status\":{"
	    "\"loadBalancer\":{\"ingress\":[{\"ip\":\"192.168.185.40\",\"ipMode\":"
	    "\"VIP\"},{\"ip\":\"2001:db8::1\",\"ipMode\":\"VIP\"}]},\"conditions\":[{"
	    "\"type\":\"vipd.io/AddressAllocated\",\"status\":\"True\",\"reason\":"
	    "\"Allocated\",\"message\":\"192.168.185.40 of public\","
	    "\"lastTransitionTime\":\"2026-01-02T03:04:05Z\"}]}}");
	free(text);
	style.ip_mode = false;
	text = status_patch("default", "web", NULL, NULL, &want, &style);
	ck_assert(!strstr(text, "ipMode") && !strstr(text, "resourceVersion"));
	free(text);
	status_fini(&want);
}
END_TEST

START_TEST(giving_up_applies_nothing)
{
	struct service_status want = { 0 };
	struct status_style style = { .ip_mode = true, .wall_us = NOW_US };
	char *text = status_patch("default", "web", "7", NULL, &want, &style);

	ck_assert_str_eq(text,
	    "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"web\","
	    "\"namespace\":\"default\",\"resourceVersion\":\"7\"}}");
	free(text);
}
END_TEST

START_TEST(a_time_of_transition_moves_with_the_value_only)
{
	struct service_status seen = read_text(STATUS(OURS, IP, ALLOCATED));
	struct service_status want = wanted("192.168.185.40", "another message");
	struct status_style style = { .wall_us = NOW_US };
	char *text = status_patch("default", "web", NULL, &seen, &want, &style);

	ck_assert(strstr(text, "2025-01-01T00:00:00Z"));
	free(text);
	status_set_condition(&want, STATUS_ALLOCATED, false, "PoolExhausted", "full");
	text = status_patch("default", "web", NULL, &seen, &want, &style);
	ck_assert(strstr(text, "2026-01-02T03:04:05Z"));
	ck_assert(strstr(text, "\"status\":\"False\""));
	free(text);
	status_fini(&seen);
	status_fini(&want);
}
END_TEST

START_TEST(a_message_is_cut_and_printable)
{
	struct service_status s = { 0 };
	char long_text[2 * STATUS_MESSAGE_MAX];

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	long_text[1] = '\n';
	status_set_condition(&s, STATUS_READY, true, "Held", long_text);
	ck_assert_uint_eq(strlen(s.conditions[STATUS_READY].message), STATUS_MESSAGE_MAX);
	ck_assert_int_eq(s.conditions[STATUS_READY].message[1], '?');
	status_fini(&s);
}
END_TEST

UNIT_MAIN("status", a_status_is_read, whoever_wrote_the_ingress_is_told_apart,
    who_else_wrote_to_the_status_last_is_known, wrong_types_are_read_as_nothing,
    only_a_difference_is_written, the_patch_is_what_apply_takes,
    giving_up_applies_nothing, a_time_of_transition_moves_with_the_value_only,
    a_message_is_cut_and_printable)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>
#include <sys/socket.h>

#include "mem.h"
#include "unit.h"
#include "watcher/wish.h"

static struct wish *
read(const char *annotations, const char *spec, struct fault *f)
{
	_free_ char *text = xasprintf(
	    "{\"metadata\":{\"annotations\":{%s}},\"spec\":{%s}}", annotations, spec);
	json_t *json = json_loads(text, 0, NULL);
	struct wish *w;

	ck_assert_msg(json != NULL, "%s", text);
	*f = (struct fault){ 0 };
	w = wish_read(
	    json_object_get(json, "metadata"), json_object_get(json, "spec"), f);
	json_decref(json);
	return w;
}

static const char *
addresses(const struct wish *w)
{
	static char text[2 * IPADDR_STRLEN];
	char one[IPADDR_STRLEN];

	text[0] = '\0';
	for (size_t i = 0; i < w->n_addrs; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
		    i ? " " : "", ipaddr_format(&w->addrs[i], one));
	return text;
}

#define DUAL "\"ipFamilies\":[\"IPv4\",\"IPv6\"],\"ipFamilyPolicy\":\"PreferDualStack\""

START_TEST(addresses_are_asked_for_in_every_spelling)
{
	static const struct {
		const char *annotations, *spec, *addresses, *bad;
	} cases[] = {
		{ "", "", "", NULL },
		{ "", "\"loadBalancerIP\":\"192.0.2.7\"", "192.0.2.7", NULL },
		{ "\"vipd.io/addresses\":\"192.0.2.7\"", "", "192.0.2.7", NULL },
		{ "\"vipd.io/addresses\":\" 2001:db8::1, 192.0.2.7 \"", DUAL,
		    "192.0.2.7 2001:db8::1", NULL },
		{ "\"metallb.io/loadBalancerIPs\":\"192.0.2.7\"", "", "192.0.2.7", NULL },
		{ "\"metallb.universe.tf/loadBalancerIPs\":\"192.0.2.7\"", "",
		    "192.0.2.7", NULL },
		{ "\"kube-vip.io/loadbalancerIPs\":\"192.0.2.7\"", "", "192.0.2.7",
		    NULL },
		{ "\"kube-vip.io/loadbalancerIPs\":\"192.0.2.7,2001:db8::1\","
		  "\"vipd.io/addresses\":\"2001:db8::1,192.0.2.7\"",
		    DUAL, "192.0.2.7 2001:db8::1", NULL },
		{ "\"metallb.io/loadBalancerIPs\":\"192.0.2.8\"",
		    "\"loadBalancerIP\":\"192.0.2.7\"", "192.0.2.7",
		    "spec.loadBalancerIP and metallb.io/loadBalancerIPs ask for "
		    "different "
		    "addresses; remove one" },
		{ "\"vipd.io/addresses\":\"192.0.2.7,192.0.2.8\"", "", "",
		    "vipd.io/addresses: two addresses of one family; a Service has one" },
		{ "\"vipd.io/addresses\":\"192.0.2.07\"", "", "",
		    "vipd.io/addresses: \"192.0.2.07\" is not an IP address of a LAN" },
		{ "\"vipd.io/addresses\":\"::ffff:192.0.2.7\"",
		    "\"ipFamilies\":[\"IPv6\"]", "",
		    "vipd.io/addresses: \"::ffff:192.0.2.7\" is not an IP address of a "
		    "LAN" },
		{ "\"vipd.io/addresses\":\"2001:db8::1\"", "\"ipFamilies\":[\"IPv4\"]",
		    "2001:db8::1",
		    "it asks for 2001:db8::1, but ipFamilies has no IPv6" },
		{ "\"vipd.io/addresses\":17", "", "", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault f;
		struct wish *w = read(cases[i].annotations, cases[i].spec, &f);

		ck_assert_msg(!fault_is_set(&f), "%s", f.text);
		ck_assert_str_eq(addresses(w), cases[i].addresses);
		ck_assert_msg(!w->bad == !cases[i].bad &&
			(!w->bad || !strcmp(w->bad, cases[i].bad)),
		    "case %zu: %s", i, w->bad);
		wish_free(w);
	}
}
END_TEST

START_TEST(pool_and_sharing_have_the_words_of_others_too)
{
	struct fault f;
	struct wish *w = read("\"metallb.io/address-pool\":\"p\","
			      "\"metallb.universe.tf/allow-shared-ip\":\"k\","
			      "\"vipd.io/ignore\":\"true\"",
	    "", &f);

	ck_assert_str_eq(w->pool, "p");
	ck_assert_str_eq(w->sharing, "k");
	ck_assert(w->opt_out && !w->bad && !w->other);
	wish_free(w);
	w = read(
	    "\"metallb.io/address-pool\":\"p\",\"vipd.io/address-pool\":\"q\"", "", &f);
	ck_assert_str_eq(w->bad,
	    "vipd.io/address-pool and metallb.io/address-pool differ; remove one");
	wish_free(w);
}
END_TEST

START_TEST(families_are_read_or_follow_from_what_is_asked_for)
{
	static const struct {
		const char *annotations, *spec;
		uint8_t families[2];
		enum family_policy policy;
		const char *fault;
	} cases[] = {
		{ "", "", { AF_INET }, SINGLE_STACK, NULL },
		{ "\"vipd.io/addresses\":\"2001:db8::1\"", "", { AF_INET6 }, SINGLE_STACK,
		    NULL },
		{ "", DUAL, { AF_INET, AF_INET6 }, PREFER_DUAL_STACK, NULL },
		{ "",
		    "\"ipFamilies\":[\"IPv6\",\"IPv4\"],"
		    "\"ipFamilyPolicy\":\"RequireDualStack\"",
		    { AF_INET6, AF_INET }, REQUIRE_DUAL_STACK, NULL },
		{ "", "\"ipFamilies\":[\"IPv5\"]", { 0 }, 0,
		    "spec.ipFamilies[0]: IPv4 or IPv6 expected" },
		{ "", "\"ipFamilies\":[\"IPv4\",\"IPv4\"]", { 0 }, 0,
		    "spec.ipFamilies: one family twice" },
		{ "", "\"ipFamilies\":[1,2,3]", { 0 }, 0,
		    "spec.ipFamilies: more than two" },
		{ "", "\"ipFamilyPolicy\":\"Both\"", { 0 }, 0,
		    "spec.ipFamilyPolicy: SingleStack, PreferDualStack or "
		    "RequireDualStack expected" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault f;
		struct wish *w = read(cases[i].annotations, cases[i].spec, &f);

		if (cases[i].fault) {
			ck_assert_str_eq(f.text, cases[i].fault);
		} else {
			ck_assert_msg(!fault_is_set(&f), "%s", f.text);
			ck_assert_mem_eq(w->families, cases[i].families, 2);
			ck_assert_int_eq(w->policy, cases[i].policy);
		}
		wish_free(w);
	}
}
END_TEST

START_TEST(the_mark_of_another_controller_is_seen)
{
	struct fault f;
	struct wish *w = read("\"purelb.io/allocated-by\":\"PureLB\"", "", &f);

	ck_assert_str_eq(w->other, "annotation purelb.io/allocated-by");
	wish_free(w);
	w = read("\"x\":\"y\"},\"finalizers\":[1,"
		 "\"service.kubernetes.io/load-balancer-cleanup\"],\"labels\":{",
	    "", &f);
	ck_assert_str_eq(
	    w->other, "finalizer service.kubernetes.io/load-balancer-cleanup");
	wish_free(w);
}
END_TEST

UNIT_MAIN("wish", addresses_are_asked_for_in_every_spelling,
    pool_and_sharing_have_the_words_of_others_too,
    families_are_read_or_follow_from_what_is_asked_for,
    the_mark_of_another_controller_is_seen)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/manifest.h"

#include <string.h>

#include "unit.h"
#include "watcher/object.h"

static const struct decode_rules rules = { .node_name = "worker-a" };
static struct manifest m;

static void
parse(const char *text)
{
	manifest_fini(&m);
	manifest_parse(&m, "web.yaml", text, strlen(text), &rules);
}

#define SERVICE(name)                                                                    \
	"apiVersion: v1\nkind: Service\nmetadata: {name: " name "}\n"                    \
	"spec:\n  externalIPs: [192.168.185.18]\n  ports: [{port: 80}]\n"
#define SLICE                                                                            \
	"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"                         \
	"metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}\n"           \
	"addressType: IPv4\nports: [{port: 8080}]\n"                                     \
	"endpoints: [{addresses: [10.0.0.7]}]\n"

START_TEST(documents_become_objects)
{
	parse(SERVICE("web") "---\n" SLICE);
	ck_assert_str_eq(m.error, "");
	ck_assert_uint_eq(m.n_items, 2);
	ck_assert_str_eq(m.items[0].key, "default/web");
	ck_assert_int_eq(m.items[0].kind, KIND_SERVICE);
	ck_assert_str_eq(m.items[1].key, "default/web-1");
	ck_assert_int_eq(m.items[1].kind, KIND_SLICE);
	ck_assert_uint_eq(
	    ((struct service_object *)m.items[0].object)->n_external_ips, 1);
}
END_TEST

START_TEST(a_list_and_json_are_read_too)
{
	parse(
	    "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\","
	    "\"kind\":\"Service\",\"metadata\":{\"name\":\"web\",\"namespace\":\"x\"},"
	    "\"spec\":{\"ports\":[{\"port\":80}]}}]}");
	ck_assert_str_eq(m.error, "");
	ck_assert_uint_eq(m.n_items, 1);
	ck_assert_str_eq(m.items[0].key, "x/web");
}
END_TEST

START_TEST(faults_name_file_and_line)
{
	static const struct {
		const char *text;
		const char *error;
		size_t items;
	} cases[] = {
		{ "# empty\n", "", 0 },
		{ "a: [1", "web.yaml:2:1: did not find expected ',' or ']'", 0 },
		{ "a: 1", "web.yaml:1: kind and apiVersion are missing", 0 },
		{ "- 1", "web.yaml:1: kind and apiVersion are missing", 0 },
		{ SERVICE("web") "---\nkind: Pod\napiVersion: v1\n",
		    "web.yaml:8: neither a Service of v1 nor an EndpointSlice of "
		    "discovery.k8s.io/v1",
		    1 },
		{ SERVICE("web") "---\n" SERVICE("web"),
		    "web.yaml:8: default/web: is in this file twice", 1 },
		{ "\n\nkind: Service\napiVersion: v1\nmetadata: {name: web}\n"
		  "spec: {ports: [{port: \"80\"}]}",
		    "web.yaml:3: default/web: spec.ports[0].port: an integer from 1 to "
		    "65535 expected",
		    1 },
		{ "kind: Service\napiVersion: v1\nspec: {}",
		    "web.yaml:1: metadata.name: not the name of an object", 0 },
		{ "kind: List\napiVersion: v1\nitems: 7",
		    "web.yaml:1: items: an array expected", 0 },
		{ "kind: List\napiVersion: v1\nitems: [{kind: List, apiVersion: v1}]",
		    "web.yaml:1: neither a Service of v1 nor an EndpointSlice of "
		    "discovery.k8s.io/v1",
		    0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		parse(cases[i].text);
		ck_assert_str_eq(m.error, cases[i].error);
		ck_assert_uint_eq(m.n_items, cases[i].items);
	}
}
END_TEST

START_TEST(what_is_not_for_us_is_no_fault_but_noted)
{
	parse("kind: Service\napiVersion: v1\nmetadata: {name: a}\n"
	      "spec: {clusterIP: None, ports: [{port: 80}]}");
	ck_assert_str_eq(m.error, "");
	ck_assert_uint_eq(m.n_items, 0);
	ck_assert_int_eq(
	    strncmp(m.note, "web.yaml:1: this Service is ignored: it is headless", 51),
	    0);
}
END_TEST

START_TEST(only_names_of_manifests_are_taken)
{
	static const char *const taken[] = { "web.yaml", "a.yml", "a.b.json", "~x.yaml" };
	static const char *const left[] = { "web", ".web.yaml", "web.yaml~", ".yaml",
		"web.yaml.swp", "web.yaml.dpkg-new", "#web.yaml#", "" };

	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		ck_assert_msg(manifest_is_name(taken[i]), "%s", taken[i]);
	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++)
		ck_assert_msg(!manifest_is_name(left[i]), "%s", left[i]);
}
END_TEST

UNIT_MAIN("manifest", documents_become_objects, a_list_and_json_are_read_too,
    faults_name_file_and_line, what_is_not_for_us_is_no_fault_but_noted,
    only_names_of_manifests_are_taken)

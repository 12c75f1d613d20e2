/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/decode.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "unit.h"

static const struct decode_rules api = { .node_name = "worker-a", .from_api = true };
static const struct decode_rules file = { .node_name = "worker-a" };

static struct fault fault;
static struct service_object *service;
static struct slice_object *slice;

/* JSON with single quotes, which read better in C. */
static enum decoded
decode(const char *quoted, const struct decode_rules *rules)
{
	char text[2048];
	json_error_t error;
	enum decoded result;
	json_t *json;

	snprintf(text, sizeof(text), "%s", quoted);
	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	json = json_loads(text, 0, &error);

	ck_assert_msg(json != NULL, "%s: %s", error.text, text);
	service_object_free(service);
	service = NULL;
	slice_object_free(slice);
	slice = NULL;
	if (strstr(text, "addressType"))
		result = decode_slice(json, rules, &slice, &fault);
	else
		result = decode_service(json, rules, &service, &fault);
	json_decref(json);
	return result;
}

START_TEST(a_service_is_read_whole)
{
	ck_assert_int_eq(
	    decode("{'metadata':{'name':'web','namespace':'default','uid':'u-1',"
		   "'creationTimestamp':'2026-01-02T03:04:05Z','managedFields':[7]},"
		   "'spec':{'clusterIP':'10.96.0.9','type':'LoadBalancer',"
		   "'loadBalancerClass':'vipd.io/vip',"
		   "'externalIPs':['192.168.185.18','2001:db8::1','192.168.185.18'],"
		   "'externalTrafficPolicy':'Local','sessionAffinity':'ClientIP',"
		   "'sessionAffinityConfig':{'clientIP':{'timeoutSeconds':60}},"
		   "'ports':[{'name':'http','port':80,'targetPort':'x'},"
		   "{'name':'dns','port':53,'protocol':'UDP'},"
		   "{'name':'s','port':80,'protocol':'SCTP'}]}}",
		&api),
	    DECODED_OBJECT);
	ck_assert_str_eq(service->id.ns, "default");
	ck_assert_str_eq(service->id.name, "web");
	ck_assert_str_eq(service->uid, "u-1");
	ck_assert_int_eq(service->created, 1767323045);
	ck_assert_uint_eq(service->flags,
	    SERVICE_LOADBALANCER | SERVICE_LOCAL | SERVICE_AFFINITY_CLIENT);
	ck_assert_uint_eq(service->affinity_s, 60);
	ck_assert_str_eq(service->class, "vipd.io/vip");
	ck_assert_uint_eq(service->n_external_ips, 2);
	ck_assert_uint_eq(service->n_ports, 3);
	ck_assert_uint_eq(service->ports[0].proto, IPPROTO_TCP);
	ck_assert_str_eq(service->ports[1].name, "dns");
	ck_assert_uint_eq(service->ports[2].proto, IPPROTO_SCTP);
	ck_assert(service->asks);
}
END_TEST

#define META "'metadata':{'name':'web','namespace':'default'}"
#define PORT "'ports':[{'port':80}]"

static const struct {
	const char *text;
	enum decoded result;
	const char *fault;
} services[] = {
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1'," PORT "}}", DECODED_OBJECT, "" },
	/* S1 */
	{ "{" META ",'spec':{'clusterIP':'None'," PORT "}}", DECODED_IGNORED, "" },
	{ "{" META ",'spec':{" PORT "}}", DECODED_IGNORED, "" },
	{ "{" META ",'spec':{'type':'ExternalName'}}", DECODED_IGNORED, "" },
	{ "{'metadata':{'name':'web','namespace':'default','labels':"
	  "{'service.kubernetes.io/service-proxy-name':''}},"
	  "'spec':{'clusterIP':'10.0.0.1'," PORT "}}",
	    DECODED_IGNORED, "" },
	/* no name */
	{ "{'spec':{}}", DECODED_UNNAMED, "metadata.name: not the name of an object" },
	{ "{'metadata':[],'spec':{}}", DECODED_UNNAMED, "metadata: an object expected" },
	{ "{'metadata':{'name':7,'namespace':'default'}}", DECODED_UNNAMED,
	    "metadata.name: a string expected" },
	{ "{'metadata':{'name':'../x','namespace':'default'}}", DECODED_UNNAMED,
	    "metadata.name: not the name of an object" },
	{ "{'metadata':{'name':'web','namespace':'A'}}", DECODED_UNNAMED,
	    "metadata.namespace: not the name of a namespace" },
	{ "{'metadata':{'name':"
	  "'a123456789012345678901234567890123456789012345678901234567890123',"
	  "'namespace':'default'}}",
	    DECODED_UNNAMED, "metadata.name: not the name of an object" },
	/* wrong types and values name their path */
	{ "{" META "}", DECODED_MALFORMED, "spec: missing" },
	{ "{" META ",'spec':[]}", DECODED_MALFORMED, "spec: an object expected" },
	{ "{" META ",'spec':{'type':'Other'," PORT "}}", DECODED_MALFORMED,
	    "spec.type: ClusterIP, NodePort or LoadBalancer expected" },
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1'}}", DECODED_MALFORMED,
	    "spec.ports: at least one expected" },
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1','ports':{}}}", DECODED_MALFORMED,
	    "spec.ports: an array expected" },
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1','ports':[7]}}", DECODED_MALFORMED,
	    "spec.ports[0]: an object expected" },
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1','ports':[{'port':'80'}]}}",
	    DECODED_MALFORMED,
	    "spec.ports[0].port: an integer from 1 to 65535 expected" },
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1','ports':[{'port':80.5}]}}",
	    DECODED_MALFORMED,
	    "spec.ports[0].port: an integer from 1 to 65535 expected" },
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1','ports':[{'port':65536}]}}",
	    DECODED_MALFORMED,
	    "spec.ports[0].port: an integer from 1 to 65535 expected" },
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1','ports':[{}]}}", DECODED_MALFORMED,
	    "spec.ports[0].port: missing" },
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1','ports':[{'port':80,"
	  "'protocol':'ICMP'}]}}",
	    DECODED_MALFORMED, "spec.ports[0].protocol: TCP, UDP or SCTP expected" },
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1','ports':[{'port':80,'name':'a'},"
	  "{'port':80,'name':'b'}]}}",
	    DECODED_MALFORMED, "spec.ports[1]: the same as ports[0]" },
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1','ports':[{'port':80},{'port':81}]}}",
	    DECODED_MALFORMED, "spec.ports[1].name: that of ports[0]" },
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1','externalIPs':'x'," PORT "}}",
	    DECODED_MALFORMED, "spec.externalIPs: an array expected" },
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1','externalIPs':[7]," PORT "}}",
	    DECODED_MALFORMED, "spec.externalIPs[0]: a string expected" },
	{ "{" META ",'spec':{'clusterIP':'10.0.0.1','sessionAffinity':'x'," PORT "}}",
	    DECODED_MALFORMED, "spec.sessionAffinity: None or ClientIP expected" },
	{ "{" META ",'spec':{'clusterIP':7," PORT "}}", DECODED_MALFORMED,
	    "spec.clusterIP: a string expected" },
	{ "{'metadata':{'name':'web','namespace':'default','labels':7},"
	  "'spec':{'clusterIP':'10.0.0.1'," PORT "}}",
	    DECODED_MALFORMED, "metadata.labels: an object expected" },
	{ "{'metadata':{'name':'web','namespace':'default','creationTimestamp':'now'},"
	  "'spec':{'clusterIP':'10.0.0.1'," PORT "}}",
	    DECODED_MALFORMED, "metadata.creationTimestamp: not a time" },
	{ "{'metadata':{'name':'web','namespace':'default','uid':"
	  "'0123456789012345678901234567890123456789'},"
	  "'spec':{'clusterIP':'10.0.0.1'," PORT "}}",
	    DECODED_MALFORMED, "metadata.uid: too long" },
};

START_TEST(services_are_taken_ignored_or_refused_with_the_path)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(*services); i++) {
		const char *text = services[i].text;

		ck_assert_msg(
		    decode(text, &api) == services[i].result, "%s: %s", text, fault.text);
		ck_assert_str_eq(fault.text, services[i].fault);
		ck_assert_int_eq(service != NULL,
		    services[i].result == DECODED_OBJECT ||
			services[i].result == DECODED_MALFORMED);
		if (services[i].result == DECODED_MALFORMED) {
			ck_assert_str_eq(service->fault, services[i].fault);
			ck_assert_str_eq(service->id.name, "web");
			ck_assert_uint_eq(service->n_external_ips, 0);
		}
	}
}
END_TEST

#define OURS                                                                             \
	",'status':{'conditions':[{'type':'vipd.io/VIPReady','status':'True',"           \
	"'reason':'Held','message':'m'}]}}"

/* S1, S2 */
START_TEST(what_is_no_longer_for_us_is_kept_until_its_status_is_clean)
{
	static const char *const specs[] = {
		"{" META ",'spec':{'type':'ExternalName','externalIPs':['192.0.2.1']}",
		"{" META ",'spec':{'clusterIP':'None'," PORT "}",
		"{" META ",'spec':{'clusterIP':'None','type':'LoadBalancer'," PORT "}",
		"{'metadata':{'name':'web','namespace':'default','labels':"
		"{'service.kubernetes.io/service-proxy-name':''}},'spec':"
		"{'clusterIP':'10.0.0.1','externalIPs':['192.0.2.1']," PORT "}",
	};

	for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
		char text[1024];

		snprintf(text, sizeof(text), "%s%s", specs[i], OURS);
		ck_assert_int_eq(decode(text, &api), DECODED_OBJECT);
		ck_assert(service->asks);
		ck_assert_uint_eq(service->flags, 0);
		ck_assert_uint_eq(service->n_external_ips + service->n_ports, 0);
		ck_assert_ptr_null(service->wish);
		ck_assert_int_eq(decode(text, &file), DECODED_IGNORED);
		snprintf(text, sizeof(text), "%s}", specs[i]);
		ck_assert_int_eq(decode(text, &api), DECODED_IGNORED);
	}
}
END_TEST

/* S1 */
START_TEST(external_ips_of_a_headless_service_are_refused)
{
	static const char spec[] =
	    "{" META ",'spec':{'clusterIP':'None','externalIPs':['192.0.2.1']," PORT "}";
	char text[512];

	snprintf(text, sizeof(text), "%s}", spec);
	ck_assert_int_eq(decode(text, &api), DECODED_OBJECT);
	ck_assert(service->asks);
	ck_assert_uint_eq(service->n_external_ips + service->n_ports, 0);
	ck_assert_ptr_nonnull(strstr(service->bad_ip, "headless"));
	ck_assert_int_eq(decode(text, &file), DECODED_IGNORED);
	snprintf(text, sizeof(text), "%s%s", spec, OURS);
	ck_assert_int_eq(decode(text, &api), DECODED_OBJECT);
	ck_assert_ptr_null(service->bad_ip);
}
END_TEST

START_TEST(a_manifest_may_leave_out_what_the_api_server_fills_in)
{
	ck_assert_int_eq(decode("{'metadata':{'name':'web'},'spec':{" PORT "}}", &file),
	    DECODED_OBJECT);
	ck_assert_str_eq(service->id.ns, "default");
	ck_assert_int_eq(service->created, 0);
	ck_assert(!service->asks);
}
END_TEST

/* S20 */
START_TEST(a_sloppy_address_is_not_taken_and_the_others_are)
{
	static const char *const sloppy[] = { "012.0.1.2", "1.2.3", "::ffff:1.2.3.4%x",
		"192.0.2.1/32", "", "fe80::1%eth0", "\\n" };

	for (size_t i = 0; i < sizeof(sloppy) / sizeof(*sloppy); i++) {
		char text[512];

		snprintf(text, sizeof(text),
		    "{" META ",'spec':{'clusterIP':'10.0.0.1',"
		    "'externalIPs':['%s','192.0.2.1']," PORT "}}",
		    sloppy[i]);
		ck_assert_int_eq(decode(text, &api), DECODED_OBJECT);
		ck_assert_uint_eq(service->n_external_ips, 1);
		ck_assert_ptr_nonnull(service->bad_ip);
		ck_assert_ptr_nonnull(strstr(service->bad_ip, "externalIPs[0]"));
		ck_assert_ptr_null(strchr(service->bad_ip, '\n'));
	}
}
END_TEST

START_TEST(an_affinity_without_a_timeout_lasts_three_hours)
{
	ck_assert_int_eq(decode("{" META ",'spec':{'clusterIP':'10.0.0.1',"
				"'sessionAffinity':'ClientIP'," PORT "}}",
			     &api),
	    DECODED_OBJECT);
	ck_assert_uint_eq(service->affinity_s, 10800);
}
END_TEST

#define SLICE                                                                            \
	"'metadata':{'name':'web-x1','namespace':'default',"                             \
	"'labels':{'kubernetes.io/service-name':'web'}}"

/* S10, S20 */
START_TEST(source_ranges_are_the_fields_or_else_the_annotations)
{
	static const struct {
		const char *type, *field, *annotation;
		enum decoded result;
		const char *ranges[3];
	} cases[] = {
		{ "LoadBalancer", "[]", "", DECODED_OBJECT, { 0 } },
		{ "LoadBalancer", "[' 192.0.2.0/24 ','2001:db8::/32']", "10.0.0.0/8",
		    DECODED_OBJECT, { "192.0.2.0/24", "2001:db8::/32" } },
		{ "LoadBalancer", "[]", " 10.0.0.0/8 ,192.0.2.7/24", DECODED_OBJECT,
		    { "10.0.0.0/8", "192.0.2.0/24" } },
		{ "LoadBalancer", "[]", "  ", DECODED_OBJECT, { 0 } },
		{ "LoadBalancer", "['0.0.0.0/0']", "", DECODED_OBJECT, { "0.0.0.0/0" } },
		{ "ClusterIP", "['10.0.0.0/8']", "10.0.0.0/8", DECODED_OBJECT, { 0 } },
		{ "LoadBalancer", "['10.0.0.0']", "", DECODED_MALFORMED, { 0 } },
		{ "LoadBalancer", "['10.0.0.1-10.0.0.2']", "", DECODED_MALFORMED, { 0 } },
		{ "LoadBalancer", "['']", "", DECODED_MALFORMED, { 0 } },
		{ "LoadBalancer", "[7]", "", DECODED_MALFORMED, { 0 } },
		{ "LoadBalancer", "[]", "10.0.0.0/8,", DECODED_MALFORMED, { 0 } },
		{ "LoadBalancer", "[]", "010.0.0.0/8", DECODED_MALFORMED, { 0 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char json[1024];
		size_t n = 0;

		snprintf(json, sizeof(json),
		    "{'metadata':{'name':'w','annotations':{'service.beta.kubernetes.io/"
		    "load-balancer-source-ranges':'%s'}},'spec':{'type':'%s',"
		    "'loadBalancerSourceRanges':%s,'ports':[{'port':80}]}}",
		    cases[i].annotation, cases[i].type, cases[i].field);
		ck_assert_msg(
		    decode(json, &file) == cases[i].result, "%zu: %s", i, fault.text);
		for (; n < 3 && cases[i].ranges[n]; n++) {
			struct iprange want;

			ck_assert(iprange_parse(cases[i].ranges[n], &want));
			ck_assert_uint_lt(n, service->n_sources);
			ck_assert_mem_eq(&service->sources[n], &want, sizeof(want));
		}
		ck_assert_uint_eq(service->n_sources, n);
	}
}
END_TEST

START_TEST(a_slice_is_read_whole)
{
	ck_assert_int_eq(
	    decode("{" SLICE ",'addressType':'IPv4','ports':[{'name':'http','port':8080},"
		   "{'protocol':'UDP','port':53},{'name':'any'}],"
		   "'endpoints':[{'addresses':['10.0.0.7','10.0.0.8'],"
		   "'nodeName':'worker-a','conditions':{}},"
		   "{'addresses':['10.0.0.9'],'nodeName':'worker-b',"
		   "'conditions':{'ready':false,'serving':true,'terminating':true}},"
		   "{'addresses':['10.0.0.10'],'conditions':{'ready':null}},"
		   "{'addresses':['10.0.0.11'],'conditions':{'ready':false}},"
		   "{'addresses':['10.0.0.12']}]}",
		&api),
	    DECODED_OBJECT);
	ck_assert_str_eq(slice->key, "default/web-x1");
	ck_assert_str_eq(slice->service, "default/web");
	ck_assert_uint_eq(slice->n_ports, 3);
	ck_assert_str_eq(slice->ports[1].name, "");
	ck_assert_uint_eq(slice->ports[1].proto, IPPROTO_UDP);
	ck_assert_uint_eq(slice->ports[2].port, 0);
	ck_assert_uint_eq(slice->n_endpoints, 5);
	/* E3, E4 */
	ck_assert_uint_eq(
	    slice->endpoints[0].flags, SLICE_READY | SLICE_SERVING | SLICE_LOCAL);
	ck_assert_uint_eq(slice->endpoints[1].flags, SLICE_SERVING | SLICE_TERMINATING);
	ck_assert_uint_eq(slice->endpoints[2].flags, SLICE_READY | SLICE_SERVING);
	ck_assert_uint_eq(slice->endpoints[3].flags, 0);
	ck_assert_uint_eq(slice->endpoints[4].flags, SLICE_READY | SLICE_SERVING);
}
END_TEST

static const struct {
	const char *text;
	enum decoded result;
	const char *fault;
} slices[] = {
	{ "{" SLICE ",'addressType':'IPv6','endpoints':null,'ports':null}",
	    DECODED_OBJECT, "" },
	/* E1, E2 */
	{ "{'metadata':{'name':'x','namespace':'default'},'addressType':'IPv4'}",
	    DECODED_IGNORED, "" },
	{ "{" SLICE ",'addressType':'FQDN','endpoints':[{'addresses':['a.b']}]}",
	    DECODED_IGNORED, "" },
	{ "{" SLICE ",'addressType':'Other'}", DECODED_MALFORMED,
	    "addressType: IPv4, IPv6 or FQDN expected" },
	{ "{" SLICE ",'addressType':'IPv4','endpoints':[{'addresses':['2001:db8::1']}]}",
	    DECODED_MALFORMED,
	    "endpoints[0].addresses[0]: not an address of the slice's type" },
	{ "{" SLICE ",'addressType':'IPv4','endpoints':[{}]}", DECODED_MALFORMED,
	    "endpoints[0].addresses[0]: not an address of the slice's type" },
	{ "{" SLICE ",'addressType':'IPv4','endpoints':[[]]}", DECODED_MALFORMED,
	    "endpoints[0]: an object expected" },
	{ "{" SLICE ",'addressType':'IPv4','endpoints':[{'addresses':['10.0.0.1'],"
	  "'conditions':{'ready':'yes'}}]}",
	    DECODED_MALFORMED, "endpoints[0].conditions.ready: true or false expected" },
	{ "{" SLICE ",'addressType':'IPv4','ports':[{'port':0}]}", DECODED_MALFORMED,
	    "ports[0].port: an integer from 1 to 65535 expected" },
};

START_TEST(slices_are_taken_ignored_or_refused_with_the_path)
{
	for (size_t i = 0; i < sizeof(slices) / sizeof(*slices); i++) {
		ck_assert_msg(decode(slices[i].text, &api) == slices[i].result, "%s: %s",
		    slices[i].text, fault.text);
		ck_assert_str_eq(fault.text, slices[i].fault);
		ck_assert(!slice || slice->malformed == (slices[i].fault[0] != '\0'));
	}
}
END_TEST

/* S12 */
START_TEST(a_health_port_is_for_load_balancers_with_local_endpoints)
{
	static const struct {
		const char *spec;
		uint16_t port;
	} cases[] = {
		{ "'type':'LoadBalancer','externalTrafficPolicy':'Local'", 32000 },
		{ "'type':'LoadBalancer','externalTrafficPolicy':'Cluster'", 0 },
		{ "'type':'NodePort','externalTrafficPolicy':'Local'", 0 },
	};
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(text, sizeof(text),
		    "{" META ",'spec':{'clusterIP':'10.0.0.1',%s,"
		    "'healthCheckNodePort':32000," PORT "}}",
		    cases[i].spec);
		ck_assert_int_eq(decode(text, &api), DECODED_OBJECT);
		ck_assert_uint_eq(service->health_port, cases[i].port);
	}
	ck_assert_int_eq(decode("{" META ",'spec':{'clusterIP':'10.0.0.1',"
				"'healthCheckNodePort':-1," PORT "}}",
			     &api),
	    DECODED_MALFORMED);
}
END_TEST

UNIT_MAIN("decode", a_health_port_is_for_load_balancers_with_local_endpoints,
    a_service_is_read_whole, services_are_taken_ignored_or_refused_with_the_path,
    what_is_no_longer_for_us_is_kept_until_its_status_is_clean,
    external_ips_of_a_headless_service_are_refused,
    a_manifest_may_leave_out_what_the_api_server_fills_in,
    a_sloppy_address_is_not_taken_and_the_others_are,
    an_affinity_without_a_timeout_lasts_three_hours,
    source_ranges_are_the_fields_or_else_the_annotations, a_slice_is_read_whole,
    slices_are_taken_ignored_or_refused_with_the_path)

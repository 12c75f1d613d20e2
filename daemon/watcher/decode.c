/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "decode.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "locality.h"
#include "mem.h"
#include "sources.h"
#include "text.h"
#include "wish.h"

/* More than these no Service needs; they bound what one object can cost. */
#define PORTS_MAX 512
#define EXTERNAL_IPS_MAX 256
#define ENDPOINTS_MAX 1000 /* the API's own limit */
#define SLICE_NAME_MAX 253

#define AFFINITY_DEFAULT_S 10800
#define AFFINITY_MAX_S 86400

static bool
is_name(const char *text, size_t max, bool dots)
{
	size_t len = text ? strlen(text) : 0;

	if (len == 0 || len > max)
		return false;
	for (const char *c = text; *c; c++) {
		bool inner = c != text && c[1] != '\0';

		if ((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9'))
			continue;
		if (!inner || !(*c == '-' || (dots && *c == '.')))
			return false;
	}
	return true;
}

static bool
read_name(const json_t *object, const struct decode_rules *rules, size_t name_max,
    const char **ns, const char **name, struct fault *f)
{
	const json_t *meta = field_object(object, "", "metadata", f);

	*name = field_string(meta, "metadata", "name", f);
	*ns = field_string(meta, "metadata", "namespace", f);
	if (!*ns && !rules->from_api)
		*ns = "default";
	if (!is_name(*name, name_max, true))
		fault_set(f, "metadata.name: not the name of an object");
	else if (!is_name(*ns, NAME_LEN - 1, false))
		fault_set(f, "metadata.namespace: not the name of a namespace");
	return !fault_is_set(f);
}

bool
decode_name(const json_t *object, const struct decode_rules *rules, const char **ns,
    const char **name, struct fault *f)
{
	return read_name(object, rules, SLICE_NAME_MAX, ns, name, f);
}

/* RFC 3339 as the API writes it: whole seconds, UTC. */
static int64_t
read_time(const json_t *meta, struct fault *f)
{
	const char *text = field_string(meta, "metadata", "creationTimestamp", f);
	struct tm tm = { 0 };
	const char *end;

	if (!text)
		return 0;
	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!end || *end)
		fault_set(f, "metadata.creationTimestamp: not a time");
	return timegm(&tm);
}

static uint8_t
read_protocol(const json_t *port, const char *path, struct fault *f)
{
	const char *text = field_string(port, path, "protocol", f);

	if (!text || strcmp(text, "TCP") == 0)
		return IPPROTO_TCP;
	if (strcmp(text, "UDP") == 0)
		return IPPROTO_UDP;
	if (strcmp(text, "SCTP") == 0)
		return IPPROTO_SCTP;
	fault_set(f, "%s.protocol: TCP, UDP or SCTP expected", path);
	return 0;
}

static char *
read_port_name(const json_t *port, const char *path, struct fault *f)
{
	const char *text = field_string(port, path, "name", f);

	if (text && strlen(text) >= NAME_LEN)
		fault_set(f, "%s.name: too long", path);
	return fault_is_set(f) || !text ? xstrdup("") : text_make_safe(xstrdup(text));
}

/* (protocol, port) is the key, and the name where there are several (S14). */
static void
check_duplicates(const struct service_object *s, struct fault *f)
{
	for (size_t i = 0; i < s->n_ports; i++) {
		for (size_t j = 0; j < i; j++) {
			const struct service_port *a = &s->ports[i], *b = &s->ports[j];

			if (a->port == b->port && a->proto == b->proto)
				fault_set(
				    f, "spec.ports[%zu]: the same as ports[%zu]", i, j);
			if (strcmp(a->name, b->name) == 0)
				fault_set(
				    f, "spec.ports[%zu].name: that of ports[%zu]", i, j);
		}
	}
}

static void
read_service_ports(struct service_object *s, const json_t *spec, struct fault *f)
{
	const json_t *ports = field_array(spec, "spec", "ports", f);
	size_t n = json_array_size(ports);

	if (n == 0)
		fault_set(f, "spec.ports: at least one expected");
	if (n > PORTS_MAX)
		fault_set(f, "spec.ports: more than %d", PORTS_MAX);
	if (fault_is_set(f))
		return;
	s->ports = xcalloc(n, sizeof(*s->ports));
	for (size_t i = 0; i < n && !fault_is_set(f); i++) {
		struct service_port *p = &s->ports[s->n_ports++];
		const json_t *port = json_array_get(ports, i);
		char path[48];

		snprintf(path, sizeof(path), "spec.ports[%zu]", i);
		if (!json_is_object(port))
			fault_set(f, "%s: an object expected", path);
		p->port = (uint16_t)field_integer(port, path, "port", 1, 65535, 0, f);
		if (!p->port)
			fault_set(f, "%s.port: missing", path);
		p->proto = read_protocol(port, path, f);
		p->name = read_port_name(port, path, f);
	}
	if (!fault_is_set(f))
		check_duplicates(s, f);
}

static bool
has_address(const struct service_object *s, const struct ipaddr *addr)
{
	for (size_t i = 0; i < s->n_external_ips; i++)
		if (ipaddr_eq(&s->external_ips[i], addr))
			return true;
	return false;
}

/* S20: a sloppy address is not taken, the others of the Service are. */
static void
read_external_ip(struct service_object *s, const char *text, size_t i)
{
	struct ipaddr addr;

	if (!ipaddr_parse(text, &addr)) {
		free(s->bad_ip);
		s->bad_ip = text_make_safe(xasprintf(
		    "externalIPs[%zu] \"%.50s\" is not an IP address; write it without "
		    "leading zeros, prefix or zone",
		    i, text));
	} else if (!has_address(s, &addr)) {
		s->external_ips[s->n_external_ips++] = addr;
	}
}

static void
read_external_ips(struct service_object *s, const json_t *spec, struct fault *f)
{
	const json_t *ips = field_array(spec, "spec", "externalIPs", f);
	size_t n = json_array_size(ips);

	if (n > EXTERNAL_IPS_MAX)
		fault_set(f, "spec.externalIPs: more than %d", EXTERNAL_IPS_MAX);
	if (n == 0 || fault_is_set(f))
		return;
	s->external_ips = xcalloc(n, sizeof(*s->external_ips));
	for (size_t i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(ips, i));

		if (text)
			read_external_ip(s, text, i);
		else
			fault_set(f, "spec.externalIPs[%zu]: a string expected", i);
	}
}

static void
read_policies(struct service_object *s, const json_t *spec, struct fault *f)
{
	const char *traffic = field_string(spec, "spec", "externalTrafficPolicy", f);
	const char *affinity = field_string(spec, "spec", "sessionAffinity", f);
	const char *class = field_string(spec, "spec", "loadBalancerClass", f);
	const json_t *config = field_object(spec, "spec", "sessionAffinityConfig", f);
	const json_t *client =
	    field_object(config, "spec.sessionAffinityConfig", "clientIP", f);

	if (traffic && strcmp(traffic, "Local") == 0)
		s->flags |= SERVICE_LOCAL;
	else if (traffic && *traffic && strcmp(traffic, "Cluster") != 0)
		fault_set(f, "spec.externalTrafficPolicy: Cluster or Local expected");
	if (affinity && strcmp(affinity, "ClientIP") == 0) {
		s->flags |= SERVICE_AFFINITY_CLIENT;
		s->affinity_s =
		    (uint32_t)field_integer(client, "spec.sessionAffinityConfig.clientIP",
			"timeoutSeconds", 1, AFFINITY_MAX_S, AFFINITY_DEFAULT_S, f);
	} else if (affinity && *affinity && strcmp(affinity, "None") != 0) {
		fault_set(f, "spec.sessionAffinity: None or ClientIP expected");
	}
	if (class)
		s->class = xstrdup(class);
}

/* S12: elsewhere it means nothing. */
static void
read_health_port(struct service_object *s, const json_t *spec, struct fault *f)
{
	const uint32_t both = SERVICE_LOADBALANCER | SERVICE_LOCAL;
	int64_t port = field_integer(spec, "spec", "healthCheckNodePort", 0, 65535, 0, f);

	if ((s->flags & both) == both)
		s->health_port = (uint16_t)port;
}

/* vipd.io/instance: which instance carries it, whatever its type (I12). */
static void
read_pin(struct service_object *s, const json_t *meta, struct fault *f)
{
	const json_t *annotations = field_object(meta, "metadata", "annotations", f);
	const char *pin =
	    json_string_value(json_object_get(annotations, "vipd.io/instance"));

	if (pin && strlen(pin) < NAME_LEN)
		s->pin = text_make_safe(xstrdup(pin));
}

/* S2. False: not a type that may have external addresses (S1). */
static bool
read_type(struct service_object *s, const json_t *spec, struct fault *f)
{
	const char *type = field_string(spec, "spec", "type", f);

	if (type && strcmp(type, "ExternalName") == 0)
		return false;
	if (type && strcmp(type, "LoadBalancer") == 0)
		s->flags |= SERVICE_LOADBALANCER;
	else if (type && strcmp(type, "ClusterIP") != 0 && strcmp(type, "NodePort") != 0)
		fault_set(f, "spec.type: ClusterIP, NodePort or LoadBalancer expected");
	return true;
}

/* S1: headless, without an address yet, or somebody else's. */
static bool
is_foreign(const json_t *meta, const json_t *spec, const struct decode_rules *rules,
    struct fault *f)
{
	const json_t *labels = field_object(meta, "metadata", "labels", f);
	const char *cluster_ip = field_string(spec, "spec", "clusterIP", f);

	if (json_object_get(labels, "service.kubernetes.io/service-proxy-name") ||
	    json_object_get(labels, "service.kubernetes.io/headless"))
		return true;
	if (!cluster_ip || !*cluster_ip)
		return rules->from_api && !fault_is_set(f);
	return strcmp(cluster_ip, "None") == 0;
}

/*
 * S1: nothing is asked for, but what was written to it is cleaned (S2); then who
 * hopes for externalIPs of a headless Service is told that they are in vain.
 */
static enum decoded
ignored_service(struct service_object *s, const json_t *spec,
    const struct decode_rules *rules, struct service_object **out)
{
	const char *cluster_ip = json_string_value(json_object_get(spec, "clusterIP"));
	bool hopes = cluster_ip && strcmp(cluster_ip, "None") == 0 &&
	    json_array_size(json_object_get(spec, "externalIPs"));
	bool dirty = status_is_ours(&s->status);

	s->flags = 0;
	s->asks = rules->from_api && (dirty || hopes);
	if (!s->asks) {
		service_object_free(s);
		return DECODED_IGNORED;
	}
	if (!dirty)
		s->bad_ip =
		    xstrdup("a headless Service has no external addresses; create "
			    "it anew with a clusterIP, or remove externalIPs");
	*out = s;
	return DECODED_OBJECT;
}

static enum decoded
malformed_service(struct service_object *s, const struct fault *f)
{
	service_object_strip(s);
	s->fault = xstrdup(f->text);
	return DECODED_MALFORMED;
}

enum decoded
decode_service(const json_t *object, const struct decode_rules *rules,
    struct service_object **out, struct fault *f)
{
	const char *ns, *name, *uid;
	struct service_object *s;
	const json_t *meta, *spec;

	*out = NULL;
	*f = (struct fault){ 0 };
	if (!read_name(object, rules, NAME_LEN - 1, &ns, &name, f))
		return DECODED_UNNAMED;
	s = xcalloc(1, sizeof(*s));
	str_copy(s->id.ns, sizeof(s->id.ns), ns);
	str_copy(s->id.name, sizeof(s->id.name), name);

	meta = field_object(object, "", "metadata", f);
	uid = field_string(meta, "metadata", "uid", f);
	if (uid && !str_copy(s->uid, sizeof(s->uid), uid))
		fault_set(f, "metadata.uid: too long");
	text_make_safe(s->uid);
	s->created = read_time(meta, f);
	status_read(&s->status, object);
	spec = field_object(object, "", "spec", f);
	if (!spec)
		fault_set(f, "spec: missing");
	if (!read_type(s, spec, f) || is_foreign(meta, spec, rules, f))
		return ignored_service(s, spec, rules, out);
	s->asks = (s->flags & SERVICE_LOADBALANCER) ||
	    json_object_get(spec, "externalIPs") || status_is_ours(&s->status);
	read_external_ips(s, spec, f);
	read_policies(s, spec, f);
	read_health_port(s, spec, f);
	sources_read(s, meta, spec, f);
	read_service_ports(s, spec, f);
	read_pin(s, meta, f);
	s->deleting = json_object_get(meta, "deletionTimestamp") != NULL;
	if (s->flags & SERVICE_LOADBALANCER)
		s->wish = wish_read(meta, spec, f);
	*out = s;
	return fault_is_set(f) ? malformed_service(s, f) : DECODED_OBJECT;
}

static void
read_slice_ports(struct slice_object *s, const json_t *object, struct fault *f)
{
	const json_t *ports = field_array(object, "", "ports", f);
	size_t n = json_array_size(ports);

	if (n > PORTS_MAX)
		fault_set(f, "ports: more than %d", PORTS_MAX);
	if (n == 0 || fault_is_set(f))
		return;
	s->ports = xcalloc(n, sizeof(*s->ports));
	for (size_t i = 0; i < n && !fault_is_set(f); i++) {
		struct slice_port *p = &s->ports[s->n_ports++];
		const json_t *port = json_array_get(ports, i);
		char path[48];

		snprintf(path, sizeof(path), "ports[%zu]", i);
		if (!json_is_object(port))
			fault_set(f, "%s: an object expected", path);
		/* E6: without a number it means "all ports": not usable. */
		p->port = (uint16_t)field_integer(port, path, "port", 1, 65535, 0, f);
		p->proto = read_protocol(port, path, f);
		p->name = read_port_name(port, path, f);
	}
}

/* E4: what the conditions say, and what they mean where they say nothing. */
static uint32_t
read_conditions(const json_t *endpoint, const char *endpoint_path, struct fault *f)
{
	const json_t *c = field_object(endpoint, endpoint_path, "conditions", f);
	uint32_t flags = 0;
	char path[64];
	bool ready;

	snprintf(path, sizeof(path), "%s.conditions", endpoint_path);
	ready = field_bool(c, path, "ready", true, f);
	if (ready)
		flags |= SLICE_READY;
	if (field_bool(c, path, "serving", ready, f))
		flags |= SLICE_SERVING;
	if (field_bool(c, path, "terminating", false, f))
		flags |= SLICE_TERMINATING;
	return flags;
}

static void
read_endpoint(struct slice_object *s, const json_t *endpoint, size_t i, uint8_t family,
    const struct decode_rules *rules, struct fault *f)
{
	struct slice_endpoint ep = { 0 };
	const char *text, *node;
	char path[48];

	snprintf(path, sizeof(path), "endpoints[%zu]", i);
	if (!json_is_object(endpoint))
		fault_set(f, "%s: an object expected", path);
	/* E3: only the first address. */
	text = json_string_value(
	    json_array_get(field_array(endpoint, path, "addresses", f), 0));
	if (!text || !ipaddr_parse(text, &ep.addr) || ep.addr.family != family)
		fault_set(f, "%s.addresses[0]: not an address of the slice's type", path);
	ep.flags = read_conditions(endpoint, path, f);
	node = field_string(endpoint, path, "nodeName", f);
	if (node && *node)
		ep.node = locality_of(node);
	if (node && *node && strcmp(node, rules->node_name) == 0)
		ep.flags |= SLICE_LOCAL;
	s->endpoints[s->n_endpoints++] = ep;
}

static void
read_endpoints(struct slice_object *s, const json_t *object, uint8_t family,
    const struct decode_rules *rules, struct fault *f)
{
	const json_t *endpoints = field_array(object, "", "endpoints", f);
	size_t n = json_array_size(endpoints);

	if (n > ENDPOINTS_MAX)
		fault_set(f, "endpoints: more than %d", ENDPOINTS_MAX);
	if (n == 0 || fault_is_set(f))
		return;
	s->endpoints = xcalloc(n, sizeof(*s->endpoints));
	for (size_t i = 0; i < n && !fault_is_set(f); i++)
		read_endpoint(s, json_array_get(endpoints, i), i, family, rules, f);
}

/* E2. 0: of no use to us (FQDN), or a fault. */
static uint8_t
read_family(const json_t *object, struct fault *f)
{
	const char *type = field_string(object, "", "addressType", f);

	if (type && strcmp(type, "IPv4") == 0)
		return AF_INET;
	if (type && strcmp(type, "IPv6") == 0)
		return AF_INET6;
	if (!type || strcmp(type, "FQDN") != 0)
		fault_set(f, "addressType: IPv4, IPv6 or FQDN expected");
	return 0;
}

enum decoded
decode_slice(const json_t *object, const struct decode_rules *rules,
    struct slice_object **out, struct fault *f)
{
	const char *ns, *name, *service;
	const json_t *meta, *labels;
	struct slice_object *s;
	uint8_t family;

	*out = NULL;
	*f = (struct fault){ 0 };
	if (!decode_name(object, rules, &ns, &name, f))
		return DECODED_UNNAMED;
	meta = field_object(object, "", "metadata", f);
	labels = field_object(meta, "metadata", "labels", f);
	service =
	    field_string(labels, "metadata.labels", "kubernetes.io/service-name", f);
	/* E1: without the label it is nobody's. */
	if (!fault_is_set(f) && !is_name(service, NAME_LEN - 1, true))
		return DECODED_IGNORED;
	family = read_family(object, f);
	if (!fault_is_set(f) && !family)
		return DECODED_IGNORED;

	*out = s = xcalloc(1, sizeof(*s));
	s->key = xasprintf("%s/%s", ns, name);
	if (!fault_is_set(f))
		s->service = xasprintf("%s/%s", ns, service);
	read_slice_ports(s, object, f);
	read_endpoints(s, object, family, rules, f);
	s->malformed = fault_is_set(f);
	return s->malformed ? DECODED_MALFORMED : DECODED_OBJECT;
}

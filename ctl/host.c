/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host.h"

#include <ifaddrs.h>
#include <jansson.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "mem.h"

#define TEXT_MAX (64u << 20)
/* Somebody's transaction may hold nft up, a hung one must not hold us. */
#define LIST_RULES4 "timeout 10 ip -4 -j -N rule show 2>/dev/null"
#define LIST_RULES6 "timeout 10 ip -6 -j -N rule show 2>/dev/null"
/* RTPROT of what vipd routes by (policy_rule.h), as ip(8) writes it. */
#define OWN_PROTOCOL "118"

static long
read_sysctl(const struct host *h, const char *name)
{
	char path[256] = "/proc/sys/", line[32];
	size_t at = strlen(path);
	long value = -1;
	FILE *in;

	(void)h;
	if (strlen(name) >= sizeof(path) - at)
		return -1;
	/* A dot in an interface's name (eth0.7) is a slash here, as sysctl(8)
	 * has it. */
	for (; *name; name++)
		path[at++] = *name == '.' ? '/' : *name == '/' ? '.' : *name;
	path[at] = '\0';
	in = fopen(path, "re");
	if (!in)
		return -1;
	if (fgets(line, sizeof(line), in))
		value = strtol(line, NULL, 10);
	fclose(in);
	return value;
}

static bool
has_link(const struct host *h, const char *name)
{
	(void)h;
	return if_nametoindex(name) != 0;
}

static uint32_t
number_of(const json_t *rule, const char *name, uint32_t otherwise)
{
	const char *text = json_string_value(json_object_get(rule, name));

	return text ? (uint32_t)strtoul(text, NULL, 0) : otherwise;
}

static void
add_rule(struct host *h, const json_t *rule)
{
	const char *table = json_string_value(json_object_get(rule, "table"));
	const char *proto = json_string_value(json_object_get(rule, "protocol"));
	struct host_rule *r;

	if (!json_object_get(rule, "fwmark"))
		return;
	h->rules = array_grow(h->rules, h->n_rules, &h->cap_rules, sizeof(*r));
	r = &h->rules[h->n_rules++];
	*r = (struct host_rule){
		.priority =
		    (uint32_t)json_integer_value(json_object_get(rule, "priority")),
		.mark = number_of(rule, "fwmark", 0),
		.mask = number_of(rule, "fwmask", UINT32_MAX),
		.ours = proto && !strcmp(proto, OWN_PROTOCOL),
	};
	str_copy(r->table, sizeof(r->table), table ? table : "");
}

bool
host_add_rules(struct host *h, const char *json, size_t len)
{
	json_t *list = json_loadb(json, len, 0, NULL), *rule;
	bool is_list = json_is_array(list);
	size_t i;

	json_array_foreach(list, i, rule) add_rule(h, rule);
	json_decref(list);
	return is_list;
}

void
host_run(struct host *h, const char *command, host_take *take)
{
	FILE *in = popen(command, "re");
	char *text = NULL;
	size_t len = 0, cap = 0, got;

	if (!in)
		return;
	do {
		if (len == cap) {
			cap = cap ? 2 * cap : 64 * 1024;
			text = xreallocarray(text, cap, 1);
		}
		got = fread(text + len, 1, cap - len, in);
		len += got;
	} while (got && len < TEXT_MAX);
	if (pclose(in) == 0)
		take(h, text, len);
	free(text);
}

static bool
set_address(struct ipaddr *a, const struct sockaddr *sa)
{
	if (sa && sa->sa_family == AF_INET) {
		const struct sockaddr_in *sin = (const void *)sa;

		*a = (struct ipaddr){ .family = AF_INET };
		memcpy(a->bytes, &sin->sin_addr, 4);
		return true;
	}
	if (sa && sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *sin6 = (const void *)sa;

		*a = (struct ipaddr){ .family = AF_INET6 };
		memcpy(a->bytes, &sin6->sin6_addr, 16);
		return true;
	}
	return false;
}

static void
look_at_subnets(struct host *h)
{
	struct ifaddrs *all, *i;

	if (getifaddrs(&all) < 0)
		return;
	for (i = all; i; i = i->ifa_next) {
		struct host_subnet s = { 0 };
		struct ipaddr mask;

		if (!set_address(&s.addr, i->ifa_addr) ||
		    !set_address(&mask, i->ifa_netmask))
			continue;
		str_copy(s.dev, sizeof(s.dev), i->ifa_name);
		for (size_t b = 0; b < sizeof(mask.bytes); b++)
			s.prefixlen += (uint8_t)__builtin_popcount(mask.bytes[b]);
		h->subnets = array_grow(
		    h->subnets, h->n_subnets, &h->cap_subnets, sizeof(*h->subnets));
		h->subnets[h->n_subnets++] = s;
	}
	freeifaddrs(all);
}

void
host_look(struct host *h)
{
	*h = (struct host){ .sysctl = read_sysctl, .link = has_link };
	look_at_subnets(h);
	host_look_at_firewall(h);
	host_run(h, LIST_RULES4, host_add_rules);
	host_run(h, LIST_RULES6, host_add_rules);
}

void
host_free(struct host *h)
{
	free(h->subnets);
	free(h->chains);
	free(h->rules);
}

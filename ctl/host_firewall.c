/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who drops what is forwarded: chains with policy drop at the forward hook, of
 * nftables and of iptables. Those of iptables-nft are tables of nftables, which
 * only iptables may change; those of iptables-legacy nft does not see.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "mem.h"

/* Not `nft list ruleset`: another version's tables may be more than nft can read. */
#define LIST_CHAINS "timeout 10 nft -j list chains 2>/dev/null"
#define LIST_CHAIN "timeout 10 nft -j list chain %s '%s' '%s' 2>/dev/null"
#define LIST_IPTABLES "timeout 10 %stables-%s -t filter -S 2>/dev/null"
#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./"

static bool
is_iptables(const struct host_chain *c)
{
	return c->legacy ||
	    (!strcmp(c->table, "filter") && !strcmp(c->name, "FORWARD") &&
		(!strcmp(c->family, "ip") || !strcmp(c->family, "ip6")));
}

static struct host_chain *
new_chain(struct host *h, const char *family, const char *table, const char *name)
{
	struct host_chain *c;

	h->chains = array_grow(h->chains, h->n_chains, &h->cap_chains, sizeof(*c));
	c = &h->chains[h->n_chains++];
	*c = (struct host_chain){ 0 };
	str_copy(c->family, sizeof(c->family), family);
	str_copy(c->table, sizeof(c->table), table);
	str_copy(c->name, sizeof(c->name), name);
	return c;
}

/* ---- nft ---- */

static const char *
string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void
add_chain(struct host *h, const json_t *chain)
{
	const char *family = string_of(chain, "family");
	const char *table = string_of(chain, "table");
	const char *name = string_of(chain, "name");
	struct host_chain *c;

	if (!*family || !*table || !*name)
		return;
	c = new_chain(h, family, table, name);
	c->drops = !strcmp(string_of(chain, "policy"), "drop");
	str_copy(c->hook, sizeof(c->hook), string_of(chain, "hook"));
}

bool
host_add_chains(struct host *h, const char *json, size_t len)
{
	json_t *root = json_loadb(json, len, 0, NULL);
	json_t *list = json_object_get(root, "nftables"), *item;
	size_t i;

	json_array_foreach(list, i, item) add_chain(h, json_object_get(item, "chain"));
	h->has_chains = json_is_array(list);
	json_decref(root);
	return h->has_chains;
}

/* "ct status dnat accept", with nothing in front. */
static bool
accepts_translated(const json_t *rule)
{
	const json_t *expr = json_object_get(rule, "expr");
	const json_t *match = json_object_get(json_array_get(expr, 0), "match");
	const json_t *ct = json_object_get(json_object_get(match, "left"), "ct");
	const json_t *last = json_array_get(expr, json_array_size(expr) - 1);

	return !strcmp(string_of(ct, "key"), "status") &&
	    !strcmp(string_of(match, "right"), "dnat") && json_array_size(expr) <= 3 &&
	    json_object_get(last, "accept");
}

bool
host_add_chain_rules(struct host *h, const char *json, size_t len)
{
	json_t *root = json_loadb(json, len, 0, NULL);
	json_t *list = json_object_get(root, "nftables"), *item;
	bool is_list = json_is_array(list);
	size_t i;

	json_array_foreach(list, i, item)
	{
		const json_t *rule = json_object_get(item, "rule");

		for (size_t k = 0; accepts_translated(rule) && k < h->n_chains; k++) {
			struct host_chain *c = &h->chains[k];

			if (!strcmp(c->family, string_of(rule, "family")) &&
			    !strcmp(c->table, string_of(rule, "table")) &&
			    !strcmp(c->name, string_of(rule, "chain")))
				c->lets_services = true;
		}
	}
	json_decref(root);
	return is_list;
}

/* ---- iptables ---- */

static struct host_chain *
find_iptables(struct host *h, const char *family, bool legacy, const char *name)
{
	for (size_t i = 0; i < h->n_chains; i++) {
		struct host_chain *c = &h->chains[i];

		if (c->legacy == legacy && !strcmp(c->family, family) &&
		    !strcmp(c->table, "filter") && !strcmp(c->name, name))
			return c;
	}
	return NULL;
}

static void
add_iptables_line(struct host *h, const char *line, const char *family, bool legacy)
{
	char name[64], word[64];
	struct host_chain *c;

	if (legacy && sscanf(line, "-P %63s %63s", name, word) == 2) {
		c = new_chain(h, family, "filter", name);
		c->legacy = true;
		c->drops = !strcmp(word, "DROP");
		if (!strcmp(name, "FORWARD"))
			str_copy(c->hook, sizeof(c->hook), "forward");
	} else if (legacy && sscanf(line, "-N %63s", name) == 1) {
		new_chain(h, family, "filter", name)->legacy = true;
	} else if (sscanf(line, "-A FORWARD -m conntrack --ctstate %63s -j ACCEPT",
		       word) == 1 &&
	    strstr(word, "DNAT") && strstr(line, " -j ACCEPT")) {
		c = find_iptables(h, family, legacy, "FORWARD");
		if (c)
			c->lets_services = true;
	}
}

void
host_add_iptables(
    struct host *h, const char *text, size_t len, const char *family, bool legacy)
{
	_free_ char *copy = xcalloc(len + 1, 1);
	char *rest = copy, *line;

	memcpy(copy, text, len);
	while ((line = strsep(&rest, "\n")))
		add_iptables_line(h, line, family, legacy);
}

static bool
take_legacy4(struct host *h, const char *text, size_t len)
{
	host_add_iptables(h, text, len, "ip", true);
	return true;
}

static bool
take_legacy6(struct host *h, const char *text, size_t len)
{
	host_add_iptables(h, text, len, "ip6", true);
	return true;
}

static bool
take_iptables4(struct host *h, const char *text, size_t len)
{
	host_add_iptables(h, text, len, "ip", false);
	return true;
}

static bool
take_iptables6(struct host *h, const char *text, size_t len)
{
	host_add_iptables(h, text, len, "ip6", false);
	return true;
}

/* To ask iptables-legacy makes tables; so only where the kernel has some. */
static bool
has_legacy(const char *names)
{
	FILE *in = fopen(names, "re");
	char line[64];
	bool found = false;

	while (in && fgets(line, sizeof(line), in))
		found |= !strcmp(line, "filter\n");
	if (in)
		fclose(in);
	return found;
}

static void
look_at_legacy(struct host *h, const char *names, const char *family, host_take *take)
{
	_free_ char *command = xasprintf(LIST_IPTABLES, family, "legacy");
	size_t before = h->n_chains;

	if (!has_legacy(names))
		return;
	host_run(h, command, take);
	h->hides_legacy |= h->n_chains == before;
}

static void
look_at_rules(struct host *h, const struct host_chain *c)
{
	_free_ char *command = NULL;

	if (is_iptables(c)) {
		command = xasprintf(LIST_IPTABLES, c->family, "nft");
		host_run(h, command,
		    strcmp(c->family, "ip") ? take_iptables6 : take_iptables4);
		return;
	}
	/* Names that a shell might read as something else are nobody's. */
	if (c->table[strspn(c->table, PLAIN)] || c->name[strspn(c->name, PLAIN)])
		return;
	command = xasprintf(LIST_CHAIN, c->family, c->table, c->name);
	host_run(h, command, host_add_chain_rules);
}

void
host_look_at_firewall(struct host *h)
{
	size_t n;

	host_run(h, LIST_CHAINS, host_add_chains);
	n = h->n_chains;
	look_at_legacy(h, "/proc/net/ip_tables_names", "ip", take_legacy4);
	look_at_legacy(h, "/proc/net/ip6_tables_names", "ip6", take_legacy6);
	for (size_t i = 0; i < n; i++)
		if (host_chain_blocks(&h->chains[i]))
			look_at_rules(h, &h->chains[i]);
}

/* ---- what follows ---- */

bool
host_chain_blocks(const struct host_chain *c)
{
	return c->drops && !c->lets_services && !strcmp(c->hook, "forward");
}

const struct host_chain *
host_blocker(const struct host *h)
{
	for (size_t i = 0; i < h->n_chains; i++)
		if (host_chain_blocks(&h->chains[i]))
			return &h->chains[i];
	return NULL;
}

void
host_unblock(const struct host_chain *c, char *text, size_t size)
{
	if (is_iptables(c))
		snprintf(text, size,
		    "%stables%s -I FORWARD -m conntrack --ctstate DNAT -j ACCEPT",
		    c->family, c->legacy ? "-legacy" : "");
	else
		snprintf(text, size, "nft insert rule %s %s %s ct status dnat accept",
		    c->family, c->table, c->name);
}

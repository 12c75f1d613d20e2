/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_services.h"

#include <string.h>

#include "conf_lists.h"
#include "conf_value.h"
#include "mem.h"

/* ---- address_pool ---- */

static void
read_pool_ranges(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_pool_draft *p = object;

	conf_read_ranges(r, st->block, &p->pool.ranges, &p->ranges_at);
}

static void
print_pool_ranges(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_pool *p = object;

	if (p->ranges.count)
		conf_print_ranges(out, indent, kw->word, &p->ranges);
}

static const struct conf_keyword pool_words[] = {
	{ "addresses", .args = "{ RANGE... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = read_pool_ranges,
	    .print = print_pool_ranges, .help = "what the pool hands out" },
};

static const struct conf_table pool_table = {
	.name = "address_pool",
	.words = pool_words,
	.n_words = ARRAY_LEN(pool_words),
};

const struct conf_table *
conf_pool_table(void)
{
	return &pool_table;
}

/* A pool may be continued in another file, as services may. */
static struct conf_pool_draft *
find_pool(const struct conf_services_draft *d, const char *name)
{
	for (size_t i = 0; i < d->n_pools; i++)
		if (!strcmp(d->pools[i]->pool.name, name))
			return d->pools[i];
	return NULL;
}

static struct conf_pool_draft *
add_pool(struct conf_services_draft *d, const struct conf_word *name)
{
	struct conf_pool_draft *p = xcalloc(1, sizeof(*p));

	p->name = name;
	d->pools = array_grow(
	    d->pools, d->n_pools, &d->pools_cap, sizeof(struct conf_pool_draft *));
	d->pools[d->n_pools++] = p;
	return p;
}

static void
read_pool(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	const struct conf_keyword name = {
		"address_pool",
		.kind = CONF_NAME,
		CONF_FIELD(struct conf_pool, name),
	};
	struct conf_services_draft *d = object;
	struct conf_pool_draft *p = find_pool(d, st->arg->text);
	char allowed[CONF_VALUE_STRLEN];

	if (!p && d->n_pools == CONF_POOLS_MAX) {
		conf_error(
		    r->problems, &st->word->pos, "more than %d pools", CONF_POOLS_MAX);
		return;
	}
	if (!p)
		p = add_pool(d, st->arg);
	if (!conf_value_read(&name, st->arg->text, "", p))
		conf_error(r->problems, &st->arg->pos, "address_pool: not %s",
		    conf_value_allowed(&name, allowed));
	conf_read(r, &pool_table, st->block, p, &p->seen);
}

static void
print_pools(FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_services *s = object;

	for (size_t i = 0; i < s->n_pools; i++) {
		fprintf(out, "%*s%s ", (int)(4 * indent), "", kw->word);
		conf_print_word(out, s->pools[i].name);
		fputs(" {\n", out);
		conf_print_words(out, indent + 1, &pool_table, &s->pools[i]);
		fprintf(out, "%*s}\n", (int)(4 * indent), "");
	}
}

/* ---- services ---- */

static void
read_external_ips(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_services_draft *d = object;

	conf_read_ranges(r, st->block, &d->sv.external_ips, &d->external_ips_at);
}

static void
print_external_ips(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_services *s = object;

	if (s->external_ips.count)
		conf_print_ranges(out, indent, kw->word, &s->external_ips);
}

static bool
is_kubelet(const char *arg)
{
	return !strcmp(arg, "kubelet");
}

static const struct conf_keyword words[] = {
	[CONF_S_KUBECONFIG] = { "kubeconfig", .args = "FILE", .kind = CONF_PATH,
	    CONF_FIELD(struct conf_services, kubeconfig), .later = is_kubelet,
	    .help = "the cluster whose Services are served" },
	[CONF_S_MANIFESTS] = { "manifests", .args = "DIRECTORY", .kind = CONF_PATH,
	    CONF_FIELD(struct conf_services, manifests),
	    .help = "Service and EndpointSlice objects in files, without a cluster" },
	[CONF_S_NODE_NAME] = { "node_name", .args = "NAME", .kind = CONF_NAME,
	    CONF_FIELD(struct conf_services, node_name),
	    .help = "this node's name in the cluster; else found out" },
	[CONF_S_CLASS] = { "load_balancer_class", .args = "NAME", .kind = CONF_NAME,
	    CONF_FIELD(struct conf_services, load_balancer_class), .def = "vipd.io/vip",
	    .help = "spec.loadBalancerClass of the Services that are served" },
	[CONF_S_CLAIM_UNCLASSED] = { "claim_unclassed", .args = "yes|no",
	    .kind = CONF_BOOL, CONF_FIELD(struct conf_services, claim_unclassed),
	    .help = "also LoadBalancer Services of no class; yes where a pool is" },
	[CONF_S_STARTUP_WAIT] = { "startup_wait", .args = "SECONDS", .kind = CONF_SECONDS,
	    CONF_FIELD(struct conf_services, startup_wait_us), .min = 0, .max = 600000000,
	    .def = "5", .help = "how long instances wait for the first complete list" },
	[CONF_S_EXTERNAL_IPS] = { "external_ips", .args = "{ RANGE... }",
	    .kind = CONF_CUSTOM, .takes_block = CONF_MUST_BLOCK,
	    .read = read_external_ips, .print = print_external_ips,
	    .help = "spec.externalIPs that are taken; without it none" },
	[CONF_S_POOL] = { "address_pool", .args = "NAME { ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .named = true, .read = read_pool,
	    .print = print_pools, .help = "addresses for LoadBalancer Services" },
};

static const struct conf_table table = {
	.name = "services",
	.words = words,
	.n_words = ARRAY_LEN(words),
};

const struct conf_table *
conf_services_table(void)
{
	return &table;
}

static void
apply_defaults(const struct conf_table *t, const struct conf_seen *seen, void *object)
{
	for (size_t i = 0; i < t->n_words; i++)
		if (!seen->at[i] && t->words[i].def)
			conf_value_read(&t->words[i], t->words[i].def, "", object);
}

void
conf_services_complete(struct conf_services_draft *d)
{
	apply_defaults(&table, &d->seen, d);
	d->sv.present = d->word != NULL;
	if (!d->seen.at[CONF_S_CLAIM_UNCLASSED])
		d->sv.claim_unclassed = d->n_pools > 0;
	if (d->sv.present && !d->seen.at[CONF_S_KUBECONFIG] &&
	    !d->seen.at[CONF_S_MANIFESTS])
		str_copy(d->sv.manifests, sizeof(d->sv.manifests),
		    SYSCONFDIR "/vipd/services.d");
}

/* ---- forwarding ---- */

static const struct conf_choice modes[] = {
	{ "auto", FORWARD_AUTO },
	{ "nftables", FORWARD_NFTABLES },
	{ "none", FORWARD_NONE },
	{ NULL, 0 },
};
static const struct conf_choice source_nats[] = {
	{ "node", SOURCE_NAT_NODE },
	{ "vip", SOURCE_NAT_VIP },
	{ "none", SOURCE_NAT_NONE },
	{ NULL, 0 },
};

static const struct conf_keyword forwarding_words[] = {
	{ "mode", .args = "auto|nftables|none", .kind = CONF_CHOICE,
	    CONF_FIELD(struct conf_forwarding, mode), .choices = modes, .def = "auto",
	    .help = "who forwards to the endpoints; auto decides by evidence" },
	{ "source_nat", .args = "node|vip|none", .kind = CONF_CHOICE,
	    CONF_FIELD(struct conf_forwarding, source_nat), .choices = source_nats,
	    .def = "node", .help = "the source address that endpoints see" },
};

static const struct conf_table forwarding_table = {
	.name = "forwarding",
	.words = forwarding_words,
	.n_words = ARRAY_LEN(forwarding_words),
};

const struct conf_table *
conf_forwarding_table(void)
{
	return &forwarding_table;
}

void
conf_forwarding_complete(struct conf_forwarding *f, const struct conf_seen *seen)
{
	apply_defaults(&forwarding_table, seen, f);
}

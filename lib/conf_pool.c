/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_pool.h"

#include <stdlib.h>
#include <string.h>

#include "conf_check_all.h"
#include "conf_keepalived.h"
#include "conf_lists.h"
#include "conf_value.h"
#include "mem.h"

_Static_assert(offsetof(struct conf_pool_draft, pool) == 0, "rows have pool's offsets");

/* ---- the words of one pool ---- */

static void
read_addresses(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_pool_draft *p = object;

	conf_read_ranges(r, st->block, &p->pool.ranges, &p->ranges_at);
}

static void
print_addresses(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_pool *p = object;

	if (p->ranges.count)
		conf_print_ranges(out, indent, kw->word, &p->ranges);
}

static void
read_exclude(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_pool_draft *p = object;

	conf_read_ranges(r, st->block, &p->pool.exclude, &p->exclude_at);
}

static void
print_exclude(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_pool *p = object;

	if (p->exclude.count)
		conf_print_ranges(out, indent, kw->word, &p->exclude);
}

/* fnmatch(3)'s patterns over what a namespace may be called. */
static void *
begin_namespace(struct conf_reader *r, const struct conf_word *word, void *arg)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-*?[]^";
	struct conf_pool *p = arg;
	size_t len = strlen(word->text);

	if (!len || len >= NAME_LEN || strspn(word->text, allowed) != len) {
		conf_error(r->problems, &word->pos,
		    "\"%.60s\" is not the name of a namespace, nor a pattern (*, ?, "
		    "[...]) for names",
		    word->text);
		return NULL;
	}
	p->namespaces = array_grow(
	    p->namespaces, p->n_namespaces, &p->cap_namespaces, sizeof(*p->namespaces));
	p->namespaces[p->n_namespaces++] = xstrdup(word->text);
	return p;
}

static void
read_namespaces(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_items items = { NULL, begin_namespace, object };

	conf_read_items(r, &items, st->block);
	if (!st->block)
		conf_error(r->problems, st->open,
		    "namespaces names none: nobody would get an address");
}

static void
print_namespaces(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_pool *p = object;

	if (!p->n_namespaces)
		return;
	fprintf(out, "%*s%s {\n", (int)(4 * indent), "", kw->word);
	for (size_t i = 0; i < p->n_namespaces; i++) {
		fprintf(out, "%*s", (int)(4 * indent + 4), "");
		conf_print_word(out, p->namespaces[i]);
		fputc('\n', out);
	}
	fprintf(out, "%*s}\n", (int)(4 * indent), "");
}

/* A line of words is a selector, with blanks where they were. */
static void
read_selector_line(
    struct conf_reader *r, const struct conf_node *node, struct selector *s)
{
	_free_ char *text = xstrdup("");
	const char *bad;

	for (size_t i = 0; i < node->n_words; i++) {
		char *longer =
		    xasprintf("%s%s%s", text, i ? " " : "", node->words[i].text);

		free(text);
		text = longer;
	}
	bad = node->has_block ? text : selector_add(s, text);
	if (bad)
		conf_error(r->problems, &node->words[0].pos,
		    "no label selector at \"%.60s\": KEY=VALUE, KEY in (A, B), KEY, and "
		    "quoted \"KEY!=VALUE\" or \"!KEY\" are",
		    bad);
}

static void
read_selector(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_pool *p = object;

	for (const struct conf_node *node = st->block; node; node = node->next)
		read_selector_line(r, node, &p->selector);
}

static void
print_selector(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct selector *s = &((const struct conf_pool *)object)->selector;

	if (!s->n)
		return;
	fprintf(out, "%*s%s {\n", (int)(4 * indent), "", kw->word);
	for (size_t i = 0; i < s->n; i++) {
		_free_ char *text = selector_term_text(&s->terms[i]);

		fprintf(out, "%*s", (int)(4 * indent + 4), "");
		conf_print_word(out, text);
		fputc('\n', out);
	}
	fprintf(out, "%*s}\n", (int)(4 * indent), "");
}

static const struct conf_keyword pool_words[] = {
	{ "addresses", .args = "{ RANGE... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = read_addresses,
	    .print = print_addresses, .help = "what the pool hands out" },
	{ "exclude", .args = "{ RANGE... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = read_exclude, .print = print_exclude,
	    .help = "addresses that it does not hand out" },
	{ "auto_assign", .args = "yes|no", .kind = CONF_BOOL,
	    CONF_FIELD(struct conf_pool, auto_assign), .def = "yes",
	    .help = "also to Services that ask for no address and no pool" },
	{ "namespaces", .args = "{ GLOB... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = read_namespaces,
	    .print = print_namespaces, .help = "only to Services of these" },
	{ "service_selector", .args = "{ SELECTOR... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = read_selector,
	    .print = print_selector, .help = "only to Services with these labels" },
	{ "limit_per_namespace", .args = "NUMBER", .kind = CONF_NUMBER,
	    CONF_FIELD(struct conf_pool, limit_per_namespace), .min = 0, .max = 1000000,
	    .def = "0",
	    .help = "addresses of the pool that one namespace may hold; 0 any" },
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

/* ---- pools ---- */

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

void
conf_pool_read(struct conf_reader *r, const struct conf_statement *st, void *object)
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

void
conf_pools_print(FILE *out, unsigned indent, const struct conf_pool *pools, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "%*saddress_pool ", (int)(4 * indent), "");
		conf_print_word(out, pools[i].name);
		fputs(" {\n", out);
		conf_print_words(out, indent + 1, &pool_table, &pools[i]);
		fprintf(out, "%*s}\n", (int)(4 * indent), "");
	}
}

void
conf_pools_print_words(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_services *s = object;

	(void)kw;
	conf_pools_print(out, indent, s->pools, s->n_pools);
}

void
conf_pools_complete(struct conf_services_draft *d)
{
	for (size_t i = 0; i < d->n_pools; i++)
		conf_value_defaults(&pool_table, &d->pools[i]->seen, d->pools[i]);
}

/* ---- pools configmap ---- */

static bool
is_object_name(const char *text, size_t len)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";

	return len && len < NAME_LEN && strspn(text, allowed) >= len;
}

void
conf_pools_read_configmap(
    struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_configmap *cm = &((struct conf_services *)object)->configmap;
	const char *slash;

	if (strcmp(st->arg->text, "configmap")) {
		conf_error(r->problems, &st->arg->pos,
		    "pools: \"%.60s\" is not configmap; pools of this file are "
		    "address_pool blocks",
		    st->arg->text);
		return;
	}
	str_copy(cm->ns, sizeof(cm->ns), CONF_CONFIGMAP_NS);
	str_copy(cm->name, sizeof(cm->name), CONF_CONFIGMAP_NAME);
	if (!st->more)
		return;
	slash = strchr(st->more->text, '/');
	if (!slash || !is_object_name(st->more->text, (size_t)(slash - st->more->text)) ||
	    !is_object_name(slash + 1, strlen(slash + 1))) {
		conf_error(r->problems, &st->more->pos,
		    "pools: \"%.60s\" is not NAMESPACE/NAME of a ConfigMap",
		    st->more->text);
		return;
	}
	*cm = (struct conf_configmap){ 0 };
	memcpy(cm->ns, st->more->text, (size_t)(slash - st->more->text));
	str_copy(cm->name, sizeof(cm->name), slash + 1);
}

void
conf_pools_print_configmap(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_configmap *cm =
	    &((const struct conf_services *)object)->configmap;

	if (cm->ns[0])
		fprintf(out, "%*s%s configmap %s/%s\n", (int)(4 * indent), "", kw->word,
		    cm->ns, cm->name);
}

/* ---- ownership ---- */

static void
free_pool(struct conf_pool *p)
{
	free(p->ranges.items);
	free(p->exclude.items);
	for (size_t i = 0; i < p->n_namespaces; i++)
		free(p->namespaces[i]);
	free(p->namespaces);
	selector_fini(&p->selector);
}

void
conf_pools_free(struct conf_pool *pools, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free_pool(&pools[i]);
	free(pools);
}

struct conf_pool *
conf_pools_take(struct conf_services_draft *d, size_t *n)
{
	struct conf_pool *pools = xcalloc(d->n_pools, sizeof(*pools));

	for (size_t i = 0; i < d->n_pools; i++) {
		pools[i] = d->pools[i]->pool;
		d->pools[i]->pool = (struct conf_pool){ 0 };
	}
	*n = d->n_pools;
	return pools;
}

void
conf_pools_free_drafts(struct conf_services_draft *d)
{
	for (size_t i = 0; i < d->n_pools; i++) {
		free_pool(&d->pools[i]->pool);
		free(d->pools[i]->ranges_at.items);
		free(d->pools[i]->exclude_at.items);
		free(d->pools[i]);
	}
	free(d->pools);
}

/* ---- a text of pools ---- */

static const struct conf_keyword text_words[] = {
	{ "address_pool", .args = "NAME { ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .named = true, .read = conf_pool_read,
	    .print = conf_pools_print_words,
	    .help = "addresses for LoadBalancer Services" },
};

static const struct conf_table text_table = {
	.name = "services",
	.words = text_words,
	.n_words = ARRAY_LEN(text_words),
};

bool
conf_pools_load_text(const char *name, const char *text, size_t len,
    struct conf_problems *problems, struct conf_pool **pools, size_t *n)
{
	struct conf_build b = { .reader.problems = problems };
	struct conf_seen seen = { 0 };
	struct conf_tree tree;

	*pools = NULL;
	*n = 0;
	conf_tree_read_text(&tree, name, text, len, "", problems);
	b.reader.foreign_told = xcalloc(conf_foreign_count(), sizeof(bool));
	conf_read(&b.reader, &text_table, tree.nodes, &b.services, &seen);
	conf_pools_complete(&b.services);
	conf_check_ranges(&b);
	conf_problems_finish(problems);
	if (!problems->errors)
		*pools = conf_pools_take(&b.services, n);
	conf_pools_free_drafts(&b.services);
	free(b.reader.foreign_told);
	free(b.reader.lvs.items);
	conf_tree_free(&tree);
	return !problems->errors;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_lists.h"

#include <string.h>
#include <sys/socket.h>

#include "conf_keepalived.h"
#include "conf_value.h"
#include "mem.h"

/* ---- virtual_ipaddress ---- */

static void
read_broadcast(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_address *a = object;
	const char *text = st->arg->text;
	struct ipaddr b;

	if (!strcmp(text, "-"))
		return;
	if (a->addr.family != AF_INET) {
		conf_error(r->problems, &st->word->pos, "IPv6 has no broadcast address");
		return;
	}
	if (!strcmp(text, "+")) {
		b = a->addr;
		for (unsigned bit = a->prefixlen; bit < 32; bit++)
			b.bytes[bit / 8] |= (uint8_t)(0x80 >> (bit % 8));
	} else if (!ipaddr_parse(text, &b) || b.family != AF_INET) {
		conf_error(r->problems, &st->arg->pos,
		    "brd: \"%.60s\" is not an IPv4 address, + or -", text);
		return;
	}
	a->has_broadcast = true;
	a->broadcast = b;
}

static void
read_label(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_address *a = object;
	const char *text = st->arg->text;

	if (a->addr.family != AF_INET)
		conf_error(
		    r->problems, &st->word->pos, "only IPv4 addresses have labels");
	else if (strlen(text) >= sizeof(a->label))
		conf_error(r->problems, &st->arg->pos,
		    "label: \"%.60s\" is longer than %zu characters", text,
		    sizeof(a->label) - 1);
	else
		for (const char *p = text; *p; p++)
			if (*p <= ' ' || *p > '~') {
				conf_error(r->problems, &st->arg->pos,
				    "label: only printable ASCII without blanks");
				return;
			}
	str_copy(a->label, sizeof(a->label), text);
}

/* Numbers and names of ip-address(8). */
static const struct conf_choice scopes[] = {
	{ "global", 0 },
	{ "site", 200 },
	{ "link", 253 },
	{ "host", 254 },
	{ "nowhere", 255 },
	{ NULL, 0 },
};

static void
read_scope(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	const struct conf_choice *c = conf_choice_find(scopes, st->arg->text);
	struct conf_address *a = object;
	uint32_t number;

	if (c)
		a->scope = (uint8_t)c->value;
	else if (conf_number_parse(st->arg->text, &number) && number <= UINT8_MAX)
		a->scope = (uint8_t)number;
	else
		conf_error(r->problems, &st->arg->pos,
		    "scope: \"%.60s\" is not global, site, link, host, nowhere or a "
		    "number from 0 to 255",
		    st->arg->text);
}

static const struct conf_choice preferences[] = {
	{ "0", PREFERRED_NEVER },
	{ "forever", PREFERRED_FOREVER },
	{ NULL, 0 },
};

static const struct conf_keyword address_words[] = {
	{ "dev", .args = "INTERFACE", .kind = CONF_IFNAME,
	    CONF_FIELD(struct conf_address, dev),
	    .help = "where the address goes; else the instance's interface" },
	{ "brd", .args = "ADDRESS|+|-", .kind = CONF_CUSTOM, .named = true,
	    .read = read_broadcast,
	    .help = "broadcast address; + sets the host bits, - (default) none" },
	{ "label", .args = "LABEL", .kind = CONF_CUSTOM, .named = true,
	    .read = read_label, .help = "at most 15 characters, IPv4 only" },
	{ "broadcast", .args = "ADDRESS|+|-", .kind = CONF_CUSTOM, .named = true,
	    .read = read_broadcast, .help = "the same as brd" },
	{ "scope", .args = "global|site|link|host|nowhere|NUMBER", .kind = CONF_CUSTOM,
	    .named = true, .read = read_scope, .help = "IPv4 only" },
	{ "noprefixroute", .kind = CONF_FLAG,
	    CONF_FIELD(struct conf_address, noprefixroute), .min = true,
	    .help = "no route to the prefix comes with the address" },
	{ "preferred_lft", .args = "0|forever", .kind = CONF_CHOICE,
	    CONF_FIELD(struct conf_address, preferred), .choices = preferences,
	    .help = "0: no source of new connections, as an IPv6 /128 is by default" },
};

static const struct conf_table address_table = {
	.name = "virtual_ipaddress",
	.context = CONF_IN_ADDRESS,
	.words = address_words,
	.n_words = ARRAY_LEN(address_words),
	.of_items = true,
};

const struct conf_table *
conf_address_table(void)
{
	return &address_table;
}

static const char *
address_fault(const struct conf_address *a)
{
	if (!a->prefixlen)
		return "its prefix has length 0";
	if (ipaddr_is_unspecified(&a->addr))
		return "it is the unspecified address";
	if (ipaddr_is_multicast(&a->addr))
		return "it is a multicast address";
	if (ipaddr_is_loopback(&a->addr))
		return "it is a loopback address";
	if (a->addr.family == AF_INET && !memcmp(a->addr.bytes, "\xff\xff\xff\xff", 4))
		return "it is the broadcast address";
	return NULL;
}

static void *
begin_address(struct conf_reader *r, const struct conf_word *word, void *arg)
{
	struct conf_address_list *list = arg;
	struct conf_address a = { .excluded = list->excluded };
	const char *fault;

	if (!ipaddr_parse_prefix(word->text, &a.addr, &a.prefixlen)) {
		conf_unknown(
		    r, &address_table, word, "neither an address nor an option:");
		return NULL;
	}
	fault = address_fault(&a);
	if (fault)
		conf_error(r->problems, &word->pos, "%.60s cannot be %s address: %s",
		    word->text, list->what, fault);
	*list->items =
	    array_grow(*list->items, *list->count, list->cap, sizeof(**list->items));
	conf_places_add(list->places, word);
	(*list->items)[*list->count] = a;
	return &(*list->items)[(*list->count)++];
}

void
conf_read_address_list(
    struct conf_reader *r, const struct conf_node *nodes, struct conf_address_list *list)
{
	struct conf_table options = address_table;
	struct conf_items items = { &options, begin_address, list };

	options.name = list->block;

	conf_read_items(r, &items, nodes);
}

static void
read_addresses(struct conf_reader *r, const struct conf_node *block, struct conf_draft *d,
    bool excluded)
{
	struct conf_address_list list = {
		.items = &d->in.addresses,
		.count = &d->in.n_addresses,
		.cap = &d->addresses_cap,
		.places = &d->addresses_at,
		.block = address_table.name,
		.what = "a virtual",
		.excluded = excluded,
	};

	conf_read_address_list(r, block, &list);
}

void
conf_read_addresses(struct conf_reader *r, const struct conf_statement *st, void *draft)
{
	read_addresses(r, st->block, draft, false);
}

void
conf_read_excluded(struct conf_reader *r, const struct conf_statement *st, void *draft)
{
	read_addresses(r, st->block, draft, true);
}

void
conf_print_address(FILE *out, unsigned indent, const struct conf_address *a)
{
	char buf[IPADDR_STRLEN];

	fprintf(out, "%*s%s/%u", (int)(4 * indent), "", ipaddr_format(&a->addr, buf),
	    a->prefixlen);
	if (a->dev[0]) {
		fputs(" dev ", out);
		conf_print_word(out, a->dev);
	}
	if (a->has_broadcast)
		fprintf(out, " brd %s", ipaddr_format(&a->broadcast, buf));
	if (a->label[0]) {
		fputs(" label ", out);
		conf_print_word(out, a->label);
	}
	if (a->scope)
		fprintf(out, " scope %u", a->scope);
	if (a->noprefixroute)
		fputs(" noprefixroute", out);
	if (a->preferred != PREFERRED_DEFAULT)
		fprintf(out, " preferred_lft %s",
		    a->preferred == PREFERRED_NEVER ? "0" : "forever");
	fputc('\n', out);
}

static void
print_addresses(FILE *out, unsigned indent, const char *word,
    const struct conf_instance *in, bool excluded)
{
	size_t n = 0;

	for (size_t i = 0; i < in->n_addresses; i++) {
		if (in->addresses[i].excluded != excluded)
			continue;
		if (!n++)
			fprintf(out, "%*s%s {\n", (int)(4 * indent), "", word);
		conf_print_address(out, indent + 1, &in->addresses[i]);
	}
	if (n)
		fprintf(out, "%*s}\n", (int)(4 * indent), "");
}

void
conf_print_addresses(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance)
{
	print_addresses(out, indent, kw->word, instance, false);
}

void
conf_print_excluded(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance)
{
	print_addresses(out, indent, kw->word, instance, true);
}

/* ---- unicast_peer ---- */

static const struct conf_keyword peer_words[] = {
	{ "min_ttl", .args = "NUMBER", .kind = CONF_NUMBER,
	    CONF_FIELD(struct conf_peer, min_ttl), .min = 0, .max = 255, .def = "0",
	    .help = "lowest TTL or hop limit that is taken from this peer" },
	{ "max_ttl", .args = "NUMBER", .kind = CONF_NUMBER,
	    CONF_FIELD(struct conf_peer, max_ttl), .min = 0, .max = 255, .def = "255",
	    .help = "highest TTL or hop limit that is taken from this peer" },
};

static const struct conf_table peer_table = {
	.name = "unicast_peer",
	.words = peer_words,
	.n_words = ARRAY_LEN(peer_words),
	.of_items = true,
};

const struct conf_table *
conf_peer_table(void)
{
	return &peer_table;
}

static void *
begin_peer(struct conf_reader *r, const struct conf_word *word, void *arg)
{
	struct conf_draft *d = arg;
	struct conf_instance *in = &d->in;
	struct conf_peer p = { 0 };

	if (!ipaddr_parse(word->text, &p.addr)) {
		conf_unknown(r, &peer_table, word, "neither an address nor an option:");
		return NULL;
	}
	if (ipaddr_is_multicast(&p.addr) || ipaddr_is_unspecified(&p.addr))
		conf_error(r->problems, &word->pos, "%s cannot be a peer", word->text);
	for (size_t i = 0; i < ARRAY_LEN(peer_words); i++)
		conf_value_read(&peer_words[i], peer_words[i].def, "", &p);
	in->peers = array_grow(in->peers, in->n_peers, &d->peers_cap, sizeof(*in->peers));
	conf_places_add(&d->peers_at, word);
	in->peers[in->n_peers] = p;
	return &in->peers[in->n_peers++];
}

void
conf_read_peers(struct conf_reader *r, const struct conf_statement *st, void *draft)
{
	struct conf_items items = { &peer_table, begin_peer, draft };

	conf_read_items(r, &items, st->block);
}

void
conf_print_peers(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance)
{
	const struct conf_instance *in = instance;
	char buf[IPADDR_STRLEN];

	if (!in->n_peers)
		return;
	fprintf(out, "%*s%s {\n", (int)(4 * indent), "", kw->word);
	for (size_t i = 0; i < in->n_peers; i++) {
		const struct conf_peer *p = &in->peers[i];

		fprintf(out, "%*s%s", (int)(4 * indent + 4), "",
		    ipaddr_format(&p->addr, buf));
		fprintf(out, " min_ttl %u max_ttl %u\n", p->min_ttl, p->max_ttl);
	}
	fprintf(out, "%*s}\n", (int)(4 * indent), "");
}

/* ---- ranges ---- */

struct range_list {
	struct conf_ranges *ranges;
	struct conf_places *places;
};

static void *
begin_range(struct conf_reader *r, const struct conf_word *word, void *arg)
{
	struct range_list *list = arg;
	struct conf_ranges *rs = list->ranges;
	struct iprange range;

	if (!iprange_parse(word->text, &range)) {
		conf_error(r->problems, &word->pos,
		    "\"%.100s\" is not ADDRESS, ADDRESS/LEN or FIRST-LAST", word->text);
		return NULL;
	}
	rs->items = array_grow(rs->items, rs->count, &rs->cap, sizeof(*rs->items));
	conf_places_add(list->places, word);
	rs->items[rs->count] = range;
	return &rs->items[rs->count++];
}

void
conf_read_ranges(struct conf_reader *r, const struct conf_node *nodes,
    struct conf_ranges *ranges, struct conf_places *places)
{
	struct range_list list = { ranges, places };
	struct conf_items items = { NULL, begin_range, &list };

	conf_read_items(r, &items, nodes);
}

void
conf_print_ranges(
    FILE *out, unsigned indent, const char *word, const struct conf_ranges *ranges)
{
	char buf[IPRANGE_STRLEN];

	fprintf(out, "%*s%s {\n", (int)(4 * indent), "", word);
	for (size_t i = 0; i < ranges->count; i++)
		fprintf(out, "%*s%s\n", (int)(4 * indent + 4), "",
		    iprange_format(&ranges->items[i], buf));
	fprintf(out, "%*s}\n", (int)(4 * indent), "");
}

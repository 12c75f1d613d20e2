/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_gateway.h"

#include <string.h>
#include <sys/socket.h>

#include "conf_instance.h"
#include "mem.h"
#include "reply.h"

static size_t
index_of(uint8_t family)
{
	return family == AF_INET ? CONF_IPV4 : CONF_IPV6;
}

static const char *
family_name(uint8_t family)
{
	return family == AF_INET ? "IPv4" : "IPv6";
}

static void
take(struct conf_reader *r, const struct conf_word *word, struct conf_instance *in)
{
	struct ipaddr a, *to;

	if (!ipaddr_parse(word->text, &a) || ipaddr_is_unspecified(&a) ||
	    ipaddr_is_multicast(&a) || ipaddr_is_loopback(&a)) {
		conf_error(r->problems, &word->pos,
		    "reply_gateway: \"%.60s\" is not the address of a router",
		    word->text);
		return;
	}
	to = &in->reply_gateway[index_of(a.family)];
	if (to->family)
		conf_error(r->problems, &word->pos,
		    "reply_gateway: two of %s; there is one for each family",
		    family_name(a.family));
	*to = a;
}

void
conf_read_reply_gateway(
    struct conf_reader *r, const struct conf_statement *st, void *draft)
{
	struct conf_draft *d = draft;

	take(r, st->arg, &d->in);
	for (size_t i = 0; i < st->n_more; i++)
		take(r, &st->more[i], &d->in);
}

static bool
has_gateway(const struct conf_instance *in)
{
	return in->reply_gateway[CONF_IPV4].family || in->reply_gateway[CONF_IPV6].family;
}

void
conf_print_reply_gateway(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance)
{
	const struct conf_instance *in = instance;
	char buf[IPADDR_STRLEN];

	if (!has_gateway(in))
		return;
	fprintf(out, "%*s%s", (int)(4 * indent), "", kw->word);
	for (size_t i = 0; i < CONF_FAMILIES; i++)
		if (in->reply_gateway[i].family)
			fprintf(out, " %s", ipaddr_format(&in->reply_gateway[i], buf));
	fputc('\n', out);
}

/* ---- checks ---- */

static bool
may_carry(const struct conf_instance *in, uint8_t family)
{
	bool may = in->wants_services && !in->service_ranges.count;

	for (size_t i = 0; i < in->n_addresses; i++)
		may |= in->addresses[i].addr.family == family;
	for (size_t i = 0; i < in->service_ranges.count; i++)
		may |= in->service_ranges.items[i].first.family == family;
	return may;
}

static bool
is_own(const struct conf_instance *in, const struct ipaddr *gateway)
{
	for (size_t i = 0; i < in->n_addresses; i++)
		if (ipaddr_eq(&in->addresses[i].addr, gateway))
			return true;
	return false;
}

static void
check_gateway(
    struct conf_problems *ps, const struct conf_draft *d, const struct ipaddr *a)
{
	const struct conf_pos *at = &d->seen.at[CONF_W_REPLY_GATEWAY]->pos;
	char text[IPADDR_STRLEN];

	ipaddr_format(a, text);
	if (!may_carry(&d->in, a->family))
		conf_error(ps, at, "reply_gateway %s: %s carries no address of %s", text,
		    d->in.name, family_name(a->family));
	else if (is_own(&d->in, a))
		conf_error(ps, at, "reply_gateway %s is a virtual address of %s", text,
		    d->in.name);
}

static bool
same_way(const struct conf_instance *a, const struct conf_instance *b)
{
	return !strcmp(a->interface, b->interface) &&
	    !memcmp(a->reply_gateway, b->reply_gateway, sizeof(a->reply_gateway));
}

void
conf_check_gateways(struct conf_build *b)
{
	struct conf_problems *ps = b->reader.problems;
	size_t n = 0;

	for (size_t i = 0; i < b->n_drafts; i++) {
		const struct conf_draft *d = b->drafts[i];
		bool is_new = has_gateway(&d->in);

		for (size_t k = 0; k < CONF_FAMILIES; k++)
			if (d->in.reply_gateway[k].family)
				check_gateway(ps, d, &d->in.reply_gateway[k]);
		for (size_t k = 0; k < i && is_new; k++)
			is_new = !same_way(&b->drafts[k]->in, &d->in);
		n += is_new;
		if (is_new && n == REPLY_GATEWAYS_MAX + 1)
			conf_error(ps, &d->seen.at[CONF_W_REPLY_GATEWAY]->pos,
			    "there are at most %d different reply_gateway",
			    REPLY_GATEWAYS_MAX);
	}
}

/* ---- numbers ---- */

size_t
conf_gateways(
    const struct conf *conf, const struct conf_instance *first[REPLY_GATEWAYS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < conf->n_instances && n < REPLY_GATEWAYS_MAX; i++) {
		const struct conf_instance *in = &conf->instances[i];
		bool is_new = has_gateway(in);

		for (size_t k = 0; k < n && is_new; k++)
			is_new = !same_way(first[k], in);
		if (is_new)
			first[n++] = in;
	}
	return n;
}

unsigned
conf_gateway_number(
    const struct conf *conf, const struct conf_instance *in, uint8_t family)
{
	const struct conf_instance *first[REPLY_GATEWAYS_MAX];
	size_t n = conf_gateways(conf, first);

	for (size_t i = 0; in->reply_gateway[index_of(family)].family && i < n; i++)
		if (same_way(first[i], in))
			return (unsigned)i + 1;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_vmac.h"

#include <string.h>
#include <sys/socket.h>

#include "conf_instance.h"
#include "conf_value.h"
#include "mem.h"

#define MAC_LEN 6

/* RFC 9568 7.3: 00-00-5E-00-01-{VRID}, IPv6 00-00-5E-00-02-{VRID}. */
static void
standard_mac(const struct conf_instance *in, uint8_t mac[MAC_LEN])
{
	const uint8_t bytes[MAC_LEN] = { 0x00, 0x00, 0x5e, 0x00,
		in->family == AF_INET ? 0x01 : 0x02, in->vrid };

	memcpy(mac, bytes, MAC_LEN);
}

static bool
hex_digit(char c, uint8_t *v)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	if (at)
		*v = (uint8_t)(*v << 4 | ((at - digits) & 15));
	return at != NULL;
}

/* "xx:xx:xx:xx:xx[:xx]"; how many bytes, or 0. */
static size_t
parse_mac(const char *text, uint8_t mac[MAC_LEN])
{
	size_t n = 0;

	for (; n < MAC_LEN; n++, text += 2) {
		mac[n] = 0;
		if (n && *text++ != ':')
			return 0;
		if (!hex_digit(text[0], &mac[n]) || !hex_digit(text[1], &mac[n]))
			return 0;
		if (!text[2] && n + 1 >= MAC_LEN - 1)
			return n + 1;
	}
	return 0;
}

size_t
conf_vmac_more(const struct conf_table *t, const struct conf_word *words, size_t n)
{
	size_t count = 0;

	while (count < n && count < 2 && !conf_begins_statement(t, &words[count]))
		count++;
	return count;
}

void
conf_read_vmac(struct conf_reader *r, const struct conf_statement *st, void *draft)
{
	struct conf_draft *d = draft;
	struct conf_vmac *v = &d->in.vmac;

	v->wanted = true;
	for (size_t i = 0; i < st->n_more; i++) {
		const struct conf_word *word = &st->more[i];

		if (!d->vmac_mac_len && strchr(word->text, ':')) {
			d->vmac_mac_len = parse_mac(word->text, v->mac);
			if (!d->vmac_mac_len || v->mac[0] & 1)
				conf_error(r->problems, &word->pos,
				    "use_vmac: \"%.60s\" is not the MAC address of one "
				    "host",
				    word->text);
		} else if (v->name[0] || i || !conf_ifname_ok(word->text)) {
			conf_error(r->problems, &word->pos,
			    "use_vmac takes a NAME and a MAC, not \"%.60s\"", word->text);
		} else {
			str_copy(v->name, sizeof(v->name), word->text);
		}
	}
}

void
conf_print_vmac(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance)
{
	const struct conf_instance *in = instance;
	const uint8_t *m = in->vmac.mac;
	uint8_t standard[MAC_LEN];

	if (!in->vmac.wanted)
		return;
	fprintf(out, "%*s%s ", (int)(4 * indent), "", kw->word);
	conf_print_word(out, in->vmac.name);
	standard_mac(in, standard);
	if (memcmp(m, standard, MAC_LEN) != 0)
		fprintf(out, " %02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
		    m[4], m[5]);
	fputc('\n', out);
}

/* `dev` of the instance's own interface says what holds without it: as with
 * keepalived the address has the virtual MAC. */
static void
take_along(struct conf_instance *in)
{
	for (size_t i = 0; i < in->n_addresses; i++)
		if (!strcmp(in->addresses[i].dev, in->interface))
			in->addresses[i].dev[0] = '\0';
}

void
conf_vmac_complete(struct conf_draft *d, const struct conf_globals *g)
{
	struct conf_instance *in = &d->in;
	struct conf_vmac *v = &in->vmac;
	const char *prefix = g->vmac_prefix[0] ? g->vmac_prefix : "vrrp";

	if (!v->wanted)
		return;
	if (!v->name[0])
		snprintf(v->name, sizeof(v->name), "%s%s.%u", prefix,
		    in->family == AF_INET6 ? "6" : "", in->vrid);
	if (!d->vmac_mac_len)
		standard_mac(in, v->mac);
	if (d->vmac_mac_len == MAC_LEN - 1)
		v->mac[MAC_LEN - 1] = in->vrid;
	if (in->n_peers)
		v->xmit_base = true;
	take_along(in);
}

static void
check_one(struct conf_build *b, size_t i)
{
	const struct conf_draft *d = b->drafts[i];
	const struct conf_word *word = d->seen.at[CONF_W_USE_VMAC];
	const char *name = d->in.vmac.name;
	char buf[CONF_POS_STRLEN];

	if (!word) {
		word = d->seen.at[CONF_W_XMIT_BASE];
		if (word)
			conf_alike(b->reader.problems, &word->pos,
			    "vmac_xmit_base has no effect without use_vmac");
		return;
	}
	if (d->in.n_peers && !d->seen.at[CONF_W_XMIT_BASE])
		conf_alike(b->reader.problems, &word->pos,
		    "adverts to unicast peers come from the interface's own MAC, as "
		    "with vmac_xmit_base");
	for (size_t k = 0; k < b->n_drafts; k++) {
		const struct conf_draft *other = b->drafts[k];
		const struct conf_word *theirs = other->seen.at[CONF_W_USE_VMAC];

		if (!strcmp(other->in.interface, name))
			conf_error(b->reader.problems, &word->pos,
			    "use_vmac: %s is the interface of %s", name, other->in.name);
		if (k < i && theirs && !strcmp(other->in.vmac.name, name))
			conf_error(b->reader.problems, &word->pos,
			    "use_vmac: %s has the name %s already, at %s; say "
			    "another one: use_vmac NAME",
			    other->in.name, name,
			    conf_pos_format(&theirs->pos, &word->pos, buf));
	}
}

void
conf_check_vmacs(struct conf_build *b)
{
	for (size_t i = 0; i < b->n_drafts; i++)
		check_one(b, i);
}

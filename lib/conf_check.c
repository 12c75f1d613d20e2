/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "conf_check_all.h"
#include "conf_check_track.h"
#include "conf_gateway.h"
#include "conf_group.h"
#include "conf_hmac.h"
#include "conf_instance.h"
#include "conf_lasting.h"
#include "conf_services.h"
#include "conf_vmac.h"
#include "mem.h"

/* Addresses an advert can list: its count has 8 bits (RFC 9568 5.2.5). IPv6:
 * what keepalived fits into an MTU of 1500, so that both lists are equal. */
#define ADVERTISED_MAX_IPV4 255
#define ADVERTISED_MAX_IPV6 89

/* Where the word stands, or the instance's name if it was not said. */
static const struct conf_pos *
place(const struct conf_draft *d, enum conf_instance_word word)
{
	return d->seen.at[word] ? &d->seen.at[word]->pos : &d->name->pos;
}

static void
check_required(struct conf_problems *ps, const struct conf_draft *d)
{
	if (!d->seen.at[CONF_W_INTERFACE])
		conf_error(ps, &d->name->pos, "%s has no interface", d->in.name);
	if (!d->seen.at[CONF_W_VRID])
		conf_error(ps, &d->name->pos, "%s has no virtual_router_id", d->in.name);
	if (d->in.no_addresses && (d->in.n_addresses || d->in.wants_services))
		conf_error(ps, place(d, CONF_W_NO_ADDRESSES),
		    "no_virtual_ipaddress: %s has addresses", d->in.name);
	if (!d->in.n_addresses && !d->in.wants_services && !d->in.no_addresses)
		conf_error(ps, &d->name->pos,
		    "%s has no address: virtual_ipaddress, service_addresses, or "
		    "no_virtual_ipaddress for the election alone",
		    d->in.name);
}

/* What contradicts the version; keepalived, too, goes on without a password. */
static void
check_version(struct conf_problems *ps, struct conf_draft *d)
{
	struct conf_instance *in = &d->in;

	/* keepalived 2.2 sends what no RFC knows: nobody must find out later. */
	if (in->version == 2 && in->family == AF_INET6)
		conf_error(ps, place(d, CONF_W_VERSION),
		    "IPv6 has version 3 only; keepalived speaks version 2 with this: "
		    "take it out on all routers at once");
	if (in->version == 3 && d->seen.at[CONF_W_AUTHENTICATION]) {
		conf_alike(ps, place(d, CONF_W_AUTHENTICATION),
		    "version 3 has no authentication: it is ignored, as keepalived "
		    "does; see auth_hmac");
		in->auth_type = VRRP_AUTH_NONE;
		memset(in->auth_data, 0, sizeof(in->auth_data));
	}
	if (d->seen.at[CONF_W_AUTH_TYPE] && !d->seen.at[CONF_W_AUTH_PASS])
		conf_error(
		    ps, place(d, CONF_W_AUTH_TYPE), "auth_type needs an auth_pass");
	if (d->seen.at[CONF_W_AUTH_PASS] && !d->seen.at[CONF_W_AUTH_TYPE])
		conf_error(
		    ps, place(d, CONF_W_AUTH_PASS), "auth_pass needs auth_type PASS");
}

/* It is renewed at a third of it, by a process that may be late. */
static void
check_lifetime(struct conf_problems *ps, const struct conf_draft *d)
{
	if (d->in.address_lifetime_s && d->in.address_lifetime_s < 3)
		conf_error(ps, place(d, CONF_W_ADDRESS_LIFETIME),
		    "address_lifetime is 0 or 3 to 86400");
}

/* As keepalived rounds it: routers of one version 2 must agree. */
static void
round_interval(struct conf_problems *ps, struct conf_draft *d)
{
	uint32_t seconds = (d->in.advert_us + US_PER_S / 2) / US_PER_S;

	d->in.advert_us = (seconds ? seconds : 1) * US_PER_S;
	conf_alike(ps, place(d, CONF_W_ADVERT_INT),
	    "advert_int: version 2 has whole seconds, so it is %u, as with "
	    "keepalived; version 3 has 0.01 to 40.95",
	    d->in.advert_us / (uint32_t)US_PER_S);
}

/* RFC 9568 5.2.7: 12 bits of centiseconds; RFC 3768 5.3.7: whole seconds. */
static void
check_interval(struct conf_problems *ps, struct conf_draft *d)
{
	const struct conf_pos *pos = place(d, CONF_W_ADVERT_INT);
	uint32_t us = d->in.advert_us;

	if (d->in.version == 2 && us % US_PER_S)
		round_interval(ps, d);
	else if (d->in.version == 3 && us > 40950000)
		conf_error(ps, pos, "advert_int: version 3 has at most 40.95 seconds");
	else if (d->in.version == 3 && us % 10000)
		conf_error(
		    ps, pos, "advert_int: version 3 counts hundredths of a second");
}

/* As keepalived: `state MASTER` and not preempting contradict each other. */
static void
check_preemption(struct conf_problems *ps, struct conf_draft *d)
{
	struct conf_instance *in = &d->in;
	bool says_master = d->seen.at[CONF_W_STATE] && in->state_master;
	const struct conf_word *no = d->seen.at[CONF_W_NOPREEMPT];
	const struct conf_word *delay = d->seen.at[CONF_W_PREEMPT_DELAY];

	if (no && d->seen.at[CONF_W_PREEMPT])
		conf_error(ps, &no->pos, "preempt and nopreempt contradict each other");
	else if (no && in->priority == 255) {
		conf_alike(ps, &no->pos,
		    "nopreempt is ignored: priority 255 owns the addresses and always "
		    "preempts");
		in->preempt = true;
	} else if (no && says_master) {
		conf_alike(ps, &no->pos,
		    "nopreempt is ignored beside state MASTER, as keepalived does");
		in->preempt = true;
	}
	if (delay && says_master) {
		conf_alike(ps, &delay->pos,
		    "preempt_delay is ignored beside state MASTER, as keepalived does");
		in->preempt_delay_us = 0;
	} else if (delay && in->preempt_delay_us && !in->preempt) {
		conf_alike(ps, &delay->pos, "preempt_delay has no effect with nopreempt");
	}
	if (in->priority == 255 && !d->seen.at[CONF_W_STATE])
		conf_warning(ps, place(d, CONF_W_PRIORITY),
		    "an owner of the addresses without a state is MASTER at once (RFC "
		    "9568 6.4.1); with keepalived it waits: say state MASTER or BACKUP");
}

static void
check_families(struct conf_problems *ps, const struct conf_draft *d)
{
	const struct conf_instance *in = &d->in;
	const char *name = in->family == AF_INET ? "IPv4" : "IPv6";

	for (size_t i = 0; i < in->n_peers; i++)
		if (in->peers[i].addr.family != in->family)
			conf_error(ps, &d->peers_at.items[i]->pos,
			    "%s speaks %s: %s cannot be its peer", in->name, name,
			    d->peers_at.items[i]->text);
	if (in->unicast_src.family && in->unicast_src.family != in->family)
		conf_error(ps, place(d, CONF_W_UNICAST_SRC),
		    "unicast_src_ip: %s speaks %s", in->name, name);
	if (in->mcast_src.family && in->mcast_src.family != in->family)
		conf_error(ps, place(d, CONF_W_MCAST_SRC), "mcast_src_ip: %s speaks %s",
		    in->name, name);
}

/* Addresses that adverts cannot list; keepalived, too, goes on without. */
static void
drop_strangers(struct conf_problems *ps, struct conf_draft *d)
{
	struct conf_instance *in = &d->in;
	struct conf_places *at = &d->addresses_at;
	size_t kept = 0;

	for (size_t i = 0; i < in->n_addresses; i++) {
		const struct conf_address *a = &in->addresses[i];

		if (a->excluded || a->addr.family == in->family) {
			in->addresses[kept] = *a;
			at->items[kept++] = at->items[i];
			continue;
		}
		conf_alike(ps, &at->items[i]->pos,
		    "%s is ignored: %s advertises %s; it belongs in "
		    "virtual_ipaddress_excluded",
		    at->items[i]->text, in->name,
		    in->family == AF_INET ? "IPv4" : "IPv6");
	}
	in->n_addresses = at->count = kept;
}

/* Both words are one to keepalived; adverts go to peers if there are any. */
static void
choose_source(struct conf_problems *ps, struct conf_draft *d)
{
	struct conf_instance *in = &d->in;
	bool unicast = d->seen.at[CONF_W_UNICAST_PEER];
	struct ipaddr *mine = unicast ? &in->unicast_src : &in->mcast_src;
	struct ipaddr *other = unicast ? &in->mcast_src : &in->unicast_src;

	if (mine->family && other->family)
		conf_error(ps, place(d, CONF_W_UNICAST_SRC),
		    "mcast_src_ip and unicast_src_ip contradict each other");
	if (!other->family)
		return;
	if (!unicast)
		conf_alike(ps, place(d, CONF_W_UNICAST_SRC),
		    "unicast_src_ip without unicast_peer: adverts are multicast, as "
		    "keepalived's are");
	*mine = *other;
	*other = (struct ipaddr){ 0 };
}

static int
by_address(const void *a, const void *b)
{
	const struct conf_peer *x = *(struct conf_peer *const *)a;
	const struct conf_peer *y = *(struct conf_peer *const *)b;
	int r = ipaddr_cmp(&x->addr, &y->addr);

	return r ? r : x < y ? -1 : x > y;
}

/* For each peer whether an earlier one is the same; to be freed. */
static bool *
find_doubles(struct conf_instance *in)
{
	_free_ struct conf_peer **list = xcalloc(in->n_peers, sizeof(struct conf_peer *));
	bool *is_double = xcalloc(in->n_peers, sizeof(bool));

	for (size_t i = 0; i < in->n_peers; i++)
		list[i] = &in->peers[i];
	if (in->n_peers)
		qsort(list, in->n_peers, sizeof(struct conf_peer *), by_address);
	for (size_t i = 1; i < in->n_peers; i++)
		is_double[list[i] - in->peers] =
		    ipaddr_eq(&list[i]->addr, &list[i - 1]->addr);
	return is_double;
}

/* One list for all routers names this one, too. */
static void
check_peers(struct conf_problems *ps, struct conf_draft *d)
{
	struct conf_instance *in = &d->in;
	struct conf_places *at = &d->peers_at;
	_free_ bool *is_double = find_doubles(in);
	size_t kept = 0;

	for (size_t i = 0; i < in->n_peers; i++) {
		const struct conf_peer *p = &in->peers[i];
		const struct conf_word *word = at->items[i];

		if (p->min_ttl > p->max_ttl)
			conf_error(ps, &word->pos, "min_ttl %u is above max_ttl %u",
			    p->min_ttl, p->max_ttl);
		if (ipaddr_eq(&p->addr, &in->unicast_src)) {
			conf_alike(ps, &word->pos,
			    "%s is this router's own unicast_src_ip; ignored",
			    word->text);
		} else if (is_double[i]) {
			conf_alike(
			    ps, &word->pos, "%s is a peer already; ignored", word->text);
		} else {
			in->peers[kept] = *p;
			at->items[kept++] = word;
		}
	}
	in->n_peers = at->count = kept;
	if (d->seen.at[CONF_W_UNICAST_PEER] && !kept)
		conf_error(ps, place(d, CONF_W_UNICAST_PEER),
		    "unicast_peer names nobody else: this router would elect itself");
}

/* RFC 9568 5.2.9: the first IPv6 address is the virtual router's link-local. */
static void
check_linklocal(struct conf_problems *ps, const struct conf_draft *d)
{
	const struct conf_instance *in = &d->in;

	for (size_t i = 0; i < in->n_addresses && in->family == AF_INET6; i++) {
		if (in->addresses[i].excluded || in->addresses[i].addr.family != AF_INET6)
			continue;
		if (!ipaddr_is_linklocal(&in->addresses[i].addr))
			conf_alike(ps, &d->addresses_at.items[i]->pos,
			    "the first IPv6 address of an instance should be link-local "
			    "(RFC 9568 5.2.9); routers other than keepalived ignore "
			    "such adverts");
		return;
	}
}

static void
limit_advertised(struct conf_problems *ps, struct conf_draft *d)
{
	struct conf_instance *in = &d->in;
	size_t max = in->family == AF_INET
	    ? ADVERTISED_MAX_IPV4
	    : ADVERTISED_MAX_IPV6 - (in->hmac.mode != HMAC_NONE);
	size_t n = 0;

	for (size_t i = 0; i < in->n_addresses; i++) {
		if (in->addresses[i].excluded)
			continue;
		if (n++ == max)
			conf_alike(ps, &d->addresses_at.items[i]->pos,
			    "an advert lists %zu addresses; from here on they are "
			    "virtual_ipaddress_excluded",
			    max);
		in->addresses[i].excluded = n > max;
	}
}

static void
check_services(struct conf_build *b)
{
	struct conf_problems *ps = b->reader.problems;
	const struct conf_services_draft *s = &b->services;
	const struct conf_word *manifests = s->seen.at[CONF_S_MANIFESTS];
	const struct conf_word *kubeconfig = s->seen.at[CONF_S_KUBECONFIG];
	const struct conf_word *servers = s->seen.at[CONF_S_API_SERVERS];
	char buf[CONF_POS_STRLEN];
	bool wanted = false;

	if (servers && !kubeconfig)
		conf_error(ps, &servers->pos, "api_servers needs a kubeconfig");

	for (size_t i = 0; i < b->n_drafts; i++) {
		const struct conf_draft *d = b->drafts[i];

		wanted |= d->in.wants_services;
		if (d->in.wants_services && !s->word)
			conf_error(ps, place(d, CONF_W_SERVICE_ADDRESSES),
			    "service_addresses needs a services block: where do the "
			    "Services come from?");
	}
	if (kubeconfig && manifests) {
		const struct conf_word *first = kubeconfig, *second = manifests;

		if (kubeconfig->pos.order > manifests->pos.order) {
			first = manifests;
			second = kubeconfig;
		}
		conf_error(ps, &second->pos,
		    "Services come from one source, and %s is set at %s", first->text,
		    conf_pos_format(&first->pos, &second->pos, buf));
	}
	if (s->word && !wanted)
		conf_warning(ps, &s->word->pos,
		    "no instance has service_addresses: no Service will be served");
	if (b->forwarding_word && !s->word)
		conf_warning(ps, &b->forwarding_word->pos,
		    "forwarding has no effect without services");
}

void
conf_check(struct conf_build *b)
{
	struct conf_problems *ps = b->reader.problems;

	conf_check_duplicate_addresses(b);
	for (size_t i = 0; i < b->n_drafts; i++) {
		struct conf_draft *d = b->drafts[i];

		drop_strangers(ps, d);
		check_required(ps, d);
		check_version(ps, d);
		conf_check_hmac(ps, d);
		check_interval(ps, d);
		check_lifetime(ps, d);
		check_preemption(ps, d);
		choose_source(ps, d);
		check_families(ps, d);
		check_peers(ps, d);
		check_linklocal(ps, d);
		limit_advertised(ps, d);
	}
	conf_check_names(b);
	conf_check_groups(b);
	conf_check_routers(b);
	conf_check_ranges(b);
	conf_check_tracks(b);
	conf_check_vmacs(b);
	conf_check_lasting(b);
	conf_check_gateways(b);
	check_services(b);
}

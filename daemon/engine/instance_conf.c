/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance_conf.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "mem.h"

#define ADVERT_MIN_US (10 * US_PER_MS)
#define ADVERT_MAX_US (255 * US_PER_S)

void
instance_conf_add_addrs(struct instance_conf *c, const struct ipaddr *addrs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		c->addrs =
		    array_grow(c->addrs, c->n_addrs, &c->cap_addrs, sizeof(*c->addrs));
		c->addrs[c->n_addrs++] = addrs[i];
	}
}

void
instance_conf_add_peers(
    struct instance_conf *c, const struct msg_peer_record *peers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		c->peers =
		    array_grow(c->peers, c->n_peers, &c->cap_peers, sizeof(*c->peers));
		c->peers[c->n_peers++] = peers[i];
	}
}

void
instance_conf_add_keys(struct instance_conf *c, const struct msg_hmac_key *keys, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		c->keys = array_grow(c->keys, c->n_keys, &c->cap_keys, sizeof(*c->keys));
		c->keys[c->n_keys++] = keys[i];
	}
}

void
instance_conf_free(struct instance_conf *c)
{
	if (c->n_keys)
		explicit_bzero(c->keys, c->n_keys * sizeof(*c->keys));
	free(c->keys);
	free(c->addrs);
	free(c->peers);
	*c = (struct instance_conf){ 0 };
}

static bool
of_family(const struct instance_conf *c)
{
	uint8_t family = c->head.family;

	if (c->head.unicast_src.family && c->head.unicast_src.family != family)
		return false;
	for (size_t i = 0; i < c->n_addrs; i++)
		if (c->addrs[i].family != family)
			return false;
	for (size_t i = 0; i < c->n_peers; i++)
		if (c->peers[i].addr.family != family)
			return false;
	return true;
}

static bool
keys_fit(const struct instance_conf *c)
{
	for (size_t i = 0; i < c->n_keys; i++)
		if (c->keys[i].len > sizeof(c->keys[i].bytes))
			return false;
	return true;
}

const char *
instance_conf_check(const struct instance_conf *c)
{
	const struct msg_instance *m = &c->head;

	if (m->family != AF_INET && m->family != AF_INET6)
		return "virtual router without a family";
	if (m->version != 3 && (m->version != 2 || m->family != AF_INET))
		return "virtual router with an unknown version";
	if (m->vrid == 0 || m->priority == 0)
		return "virtual router without an identifier or a priority";
	if (m->advert_us < ADVERT_MIN_US || m->advert_us > ADVERT_MAX_US)
		return "virtual router with an impossible interval";
	if (m->down_adverts == 0)
		return "virtual router that never waits";
	if (!keys_fit(c))
		return "virtual router with a key that is too long";
	if (!of_family(c))
		return "virtual router with addresses of two families";
	return NULL;
}

static bool
bytes_eq(const void *a, const void *b, size_t len)
{
	return len == 0 || memcmp(a, b, len) == 0;
}

bool
instance_conf_eq(const struct instance_conf *a, const struct instance_conf *b)
{
	return a->n_addrs == b->n_addrs && a->n_peers == b->n_peers &&
	    a->n_keys == b->n_keys &&
	    bytes_eq(a->keys, b->keys, a->n_keys * sizeof(*a->keys)) &&
	    bytes_eq(&a->head, &b->head, sizeof(a->head)) &&
	    bytes_eq(a->addrs, b->addrs, a->n_addrs * sizeof(*a->addrs)) &&
	    bytes_eq(a->peers, b->peers, a->n_peers * sizeof(*a->peers));
}

bool
instance_conf_same_router(const struct instance_conf *a, const struct instance_conf *b)
{
	return a->head.vrid == b->head.vrid && a->head.family == b->head.family &&
	    a->head.version == b->head.version && a->head.ifindex == b->head.ifindex &&
	    !strcmp(a->head.interface, b->head.interface);
}

/* NULL: none. */
static const struct ipaddr *
lowest_address(const struct instance_conf *c)
{
	const struct ipaddr *low = NULL;

	for (size_t i = 0; i < c->n_addrs; i++)
		if (!low || ipaddr_cmp(&c->addrs[i], low) < 0)
			low = &c->addrs[i];
	return low;
}

bool
instance_conf_leads(const struct instance_conf *a, const struct instance_conf *b)
{
	const struct msg_instance *m = &a->head, *n = &b->head;
	const struct ipaddr *low = lowest_address(a), *other = lowest_address(b);
	int order = low && other ? ipaddr_cmp(low, other) : !low - !other;

	if (m->vrid != n->vrid)
		return m->vrid < n->vrid;
	if (m->family != n->family)
		return m->family == AF_INET;
	return order ? order < 0 : strcmp(m->name, n->name) < 0;
}

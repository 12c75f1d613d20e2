/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance_tell.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

uint8_t
instance_soft_priority(uint8_t priority)
{
	return (uint8_t)(1 + (priority - 1) * (VRRP_PRIORITY_HEALTHY - 2) / 254);
}

static uint8_t
instance_priority(const struct instances *is, const struct instance *in)
{
	if (instance_soft_reasons(is, in))
		return instance_soft_priority(in->verdict.priority);
	return in->verdict.priority;
}

/* An engine that starts goes on where the last one was. */
static uint8_t
resumes(const struct instance *in)
{
	if (in->has_state)
		return RESUME_NOTHING;
	if (instance_is_master(in))
		return RESUME_MASTER;
	return instance_is_yielding(in) ? RESUME_YIELDING : RESUME_NOTHING;
}

static enum vmac_standing
standing(const struct instances *is, const struct conf_instance *c)
{
	if (!c->vmac.wanted)
		return VMAC_THERE;
	return vmacs_standing(is->vmacs, c->vmac.name, c->interface);
}

static enum instance_hold
hold(const struct instances *is, const struct instance *in)
{
	if (is->delayed)
		return HOLD_DELAY;
	if (is->hold && in->conf->wants_services)
		return HOLD_LIST;
	if (in->verdict.hold)
		return HOLD_TRACKER;
	return standing(is, in->conf) == VMAC_AWAITED ? HOLD_VMAC : HOLD_NONE;
}

struct msg_instance
instance_describe(const struct instances *is, const struct instance *in)
{
	const struct conf_instance *c = in->conf;
	const struct link *link = links_find_by_name(is->links, c->interface);
	struct msg_interface iface = { 0 };
	struct msg_instance m = {
		.id = in->id,
		.family = c->family,
		.version = c->version,
		.vrid = c->vrid,
		.priority = instance_priority(is, in),
		.preempt = c->preempt,
		.bands = c->wants_services,
		.checksum_as_v2 = c->checksum_as_v2,
		.auth_type = c->auth_type,
		.unicast = c->n_peers > 0,
		.hold = (uint8_t)hold(is, in),
		.tracker_failed = in->verdict.fault,
		.ignore_link = c->ignore_link,
		.resume = resumes(in),
		.handed_over = in->state.handed_over,
		.garp_repeat = c->garp_repeat,
		.garp_refresh_repeat = c->garp_refresh_repeat,
		.garp_lower_prio_repeat = c->garp_lower_prio_repeat,
		.down_adverts = c->down_adverts,
		.lower_prio_no_advert = c->lower_prio_no_advert,
		.higher_prio_send_advert = c->higher_prio_send_advert,
		.owner_ignore_adverts = c->owner_ignore_adverts,
		.owner_waits = !c->state_master,
		.no_addresses = c->no_addresses,
		.unicast_ttl = c->unicast_ttl,
		.hmac_mode = c->hmac.mode,
		.hmac_active_key = c->hmac.active_key,
		.hmac_monotonic = c->hmac.monotonic,
		.hmac_window_s = c->hmac.window_s,
		.vmac_adverts = c->vmac.wanted && !c->vmac.xmit_base,
		.advert_us = c->advert_us,
		.preempt_delay_us = c->preempt_delay_us,
		.garp_delay_us = c->garp_delay_us,
		.garp_refresh_us = c->garp_refresh_us,
		.garp_lower_prio_delay_us = c->garp_lower_prio_delay_us,
		.garp_interval_us = c->garp_interval_us,
		.gna_interval_us = c->gna_interval_us,
		.unicast_src = *conf_instance_source(c),
	};

	if (link && standing(is, c) != VMAC_MISSING)
		link_fill(link, &iface);
	m.ifindex = iface.ifindex;
	memcpy(m.vmac, c->vmac.mac, sizeof(m.vmac));
	str_copy(m.name, sizeof(m.name), c->name);
	str_copy(m.group, sizeof(m.group), c->group);
	str_copy(m.interface, sizeof(m.interface), c->interface);
	memcpy(m.auth_data, c->auth_data, sizeof(m.auth_data));
	return m;
}

/* In as many messages as needed; size is a record's. */
static void
send_list(struct chan *engine, enum msg_type type, uint32_t id, const void *list,
    size_t size, size_t n)
{
	struct msg_instance_ref ref = { .id = id };
	size_t max = msg_records_max(type);

	for (size_t i = 0; i < n; i += max)
		chan_send(engine, type, &ref, (const uint8_t *)list + i * size,
		    n - i < max ? n - i : max);
}

void
instance_send_places(struct chan *engine, enum msg_type type, uint32_t id,
    const struct msg_installed_record *list, size_t n)
{
	send_list(engine, type, id, list, sizeof(*list), n);
}

static void
send_advertised(struct chan *engine, const struct instance *in)
{
	const struct conf_instance *c = in->conf;
	struct ipaddr *list = xcalloc(c->n_addresses, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < c->n_addresses; i++)
		if (!c->addresses[i].excluded)
			list[n++] = c->addresses[i].addr;
	send_list(engine, MSG_INSTANCE_ADVERTISED, in->id, list, sizeof(*list), n);
	free(list);
}

static void
send_peers(struct chan *engine, const struct instance *in)
{
	const struct conf_instance *c = in->conf;
	struct msg_peer_record *list = xcalloc(c->n_peers, sizeof(*list));

	for (size_t i = 0; i < c->n_peers; i++)
		list[i] = (struct msg_peer_record){
			.addr = c->peers[i].addr,
			.min_ttl = c->peers[i].min_ttl,
			.max_ttl = c->peers[i].max_ttl,
		};
	send_list(engine, MSG_INSTANCE_PEERS, in->id, list, sizeof(*list), c->n_peers);
	free(list);
}

static void
send_keys(struct chan *engine, const struct instance *in)
{
	struct msg_instance_ref ref = { .id = in->id };
	const struct conf_hmac *hmac = &in->conf->hmac;
	struct msg_hmac_key list[CONF_HMAC_KEYS_MAX];

	for (size_t i = 0; i < hmac->n_keys; i++)
		list[i] = hmac->keys[i].key;
	if (hmac->n_keys)
		chan_send(engine, MSG_INSTANCE_KEYS, &ref, list, hmac->n_keys);
	explicit_bzero(list, sizeof(list));
}

void
instance_send(const struct instances *is, const struct instance *in)
{
	struct msg_instance m = instance_describe(is, in);
	struct msg_instance_ref ref = { .id = in->id };

	if (!is->engine)
		return;
	chan_send(is->engine, MSG_INSTANCE, &m, NULL, 0);
	send_advertised(is->engine, in);
	send_peers(is->engine, in);
	send_keys(is->engine, in);
	chan_send(is->engine, MSG_INSTANCE_END, &ref, NULL, 0);
}

void
instance_send_installed(const struct instances *is, const struct instance *in)
{
	struct msg_installed_record *list = xcalloc(in->n_addresses, sizeof(*list));
	size_t n = 0;

	for (size_t i = 0; i < in->n_addresses; i++) {
		const struct msg_ctl_address *a = &in->addresses[i];
		const struct link *link = links_find_by_name(is->links, a->dev);

		if (a->installed && link)
			list[n++] = (struct msg_installed_record){
				.addr = a->addr,
				.ifindex = link_index(link),
			};
	}
	instance_send_places(is->engine, MSG_INSTALLED, in->id, list, n);
	free(list);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance_derive.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "instance_send.h"
#include "mem.h"

struct vrrp_config
instance_election(const struct instance *in)
{
	const struct msg_instance *m = &in->conf.head;

	return (struct vrrp_config){
		.source = instance_source(in),
		.version = m->version,
		.priority = m->priority,
		.preempt = m->preempt,
		.bands = m->bands,
		.joint = m->group[0] != '\0',
		.lower_silent = m->lower_prio_no_advert,
		.higher_advert = m->higher_prio_send_advert,
		.owner_waits = m->owner_waits,
		.owner_deaf = m->owner_ignore_adverts,
		.down_adverts = m->down_adverts,
		.advert_us = m->advert_us,
		.preempt_delay_us = m->preempt_delay_us,
	};
}

void
instance_lay_out(struct instance *in)
{
	const struct instance_conf *c = &in->conf;
	size_t len = c->head.family == AF_INET ? 4 : 16;

	in->n_advertised = c->n_addrs < ADVERT_ADDRS_MAX ? c->n_addrs : ADVERT_ADDRS_MAX;
	free(in->advertised);
	in->advertised = xcalloc(in->n_advertised + 1, len);
	for (size_t i = 0; i < in->n_advertised; i++)
		memcpy(in->advertised + i * len, c->addrs[i].bytes, len);
}

void
instance_derive(struct instance *in, uint64_t now)
{
	const struct msg_instance *m = &in->conf.head;
	struct pacing_conf pacing = {
		.repeat = m->garp_repeat,
		.refresh_repeat = m->garp_refresh_repeat,
		.lower_repeat = m->garp_lower_prio_repeat,
		.second_us = m->garp_delay_us,
		.refresh_us = m->garp_refresh_us,
		.lower_us = m->garp_lower_prio_delay_us,
		.interval_us = { m->garp_interval_us, m->gna_interval_us },
	};

	in->policy = (struct advert_policy){
		.version = m->version,
		.auth_type = m->auth_type,
		.advert_us = m->advert_us,
		.source = instance_source(in),
		.unicast = m->unicast,
		.takes_empty = m->no_addresses,
		.wants_linklocal =
		    !in->conf.n_addrs || ipaddr_is_linklocal(&in->conf.addrs[0]),
		.peers = in->conf.peers,
		.n_peers = in->conf.n_peers,
		.trailer = m->hmac_mode == HMAC_NONE ? NULL : &in->trailer,
	};
	/* What was heard stays: keys are changed in use. */
	in->trailer.conf = (struct trailer_conf){
		.mode = (enum hmac_mode)m->hmac_mode,
		.active_key = m->hmac_active_key,
		.monotonic = m->hmac_monotonic,
		.window_s = m->hmac_window_s,
		.keys = in->conf.keys,
		.n_keys = in->conf.n_keys,
	};
	memcpy(in->policy.auth_data, m->auth_data, sizeof(m->auth_data));
	outlets_configure(&in->outlets, &pacing, now);
}

bool
instance_election_eq(const struct vrrp_config *a, const struct vrrp_config *b)
{
	return ipaddr_eq(&a->source, &b->source) && a->version == b->version &&
	    a->priority == b->priority && a->preempt == b->preempt &&
	    a->bands == b->bands && a->joint == b->joint &&
	    a->lower_silent == b->lower_silent && a->higher_advert == b->higher_advert &&
	    a->owner_waits == b->owner_waits && a->owner_deaf == b->owner_deaf &&
	    a->down_adverts == b->down_adverts && a->advert_us == b->advert_us &&
	    a->preempt_delay_us == b->preempt_delay_us;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance_note.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* " (12 more since)", or nothing. */
static const char *
more(char buf[32], uint32_t held)
{
	buf[0] = '\0';
	if (held)
		snprintf(buf, 32, " (%u more since)", held);
	return buf;
}

static void
log_transition(const struct instance *in, enum vrrp_state from)
{
	const struct vrrp *r = &in->vrrp;
	char text[IPADDR_STRLEN];

	if (r->reason == VRRP_REASON_HIGHER_PRIORITY ||
	    r->reason == VRRP_REASON_HIGHER_ADDRESS)
		log_info("%s: %s -> %s (%s: %s, priority %u)", in->conf.head.name,
		    vrrp_state_name(from), vrrp_state_name(r->state),
		    vrrp_reason_text(r->reason), ipaddr_format(&r->master, text),
		    r->master_priority);
	else
		log_info("%s: %s -> %s (%s)", in->conf.head.name, vrrp_state_name(from),
		    vrrp_state_name(r->state), vrrp_reason_text(r->reason));
}

static void
count_state(struct instance *in)
{
	switch (in->vrrp.state) {
	case VRRP_MASTER:
		in->counters.value[COUNT_BECAME_MASTER]++;
		break;
	case VRRP_BACKUP:
		in->counters.value[COUNT_BECAME_BACKUP]++;
		break;
	case VRRP_FAULT:
		in->counters.value[COUNT_BECAME_FAULT]++;
		break;
	case VRRP_INIT:
		break;
	}
}

void
instance_note_transition(struct instance *in, enum vrrp_state from)
{
	count_state(in);
	log_transition(in, from);
}

void
instance_note_send_error(struct instance *in, int error, uint64_t now_us)
{
	char since[32];
	uint32_t held;

	in->counters.value[COUNT_SEND_ERRORS]++;
	if (log_allowed(&in->sending, now_us, &held))
		log_warn("%s: an advert could not be sent: %s%s", in->conf.head.name,
		    strerror(-error), more(since, held));
}

void
instance_note_drop(struct instance *in, const struct advert_packet *packet,
    enum advert_verdict verdict, uint64_t now_us)
{
	char text[IPADDR_STRLEN], since[32];
	uint32_t held;

	in->counters.rx[verdict]++;
	if (log_allowed(&in->dropped, now_us, &held))
		log_warn("%s: an advert from %s is ignored: %s%s", in->conf.head.name,
		    ipaddr_format(&packet->src, text), advert_verdict_text(verdict),
		    more(since, held));
}

void
instance_note_stranger(
    struct iface *i, uint8_t family, const struct advert_packet *packet, uint64_t now_us)
{
	char text[IPADDR_STRLEN], since[32];
	uint32_t held;

	iface_port(i, family)->counters.rx[ADVERT_VRID]++;
	if (i->info.log_unknown_vrids && log_allowed(&i->strangers, now_us, &held))
		log_info("%s: virtual_router_id %u of %s is not configured here%s",
		    i->info.name, packet->vrid, ipaddr_format(&packet->src, text),
		    more(since, held));
}

/* V15: the lists are the operator's; a difference is told, no more. */
static bool
addresses_differ(const struct instance *in, const struct advert *a)
{
	size_t len = in->conf.head.family == AF_INET ? 4 : 16;

	return in->n_advertised &&
	    (a->n_addrs != in->n_advertised ||
		memcmp(a->addrs, in->advertised, in->n_advertised * len) != 0);
}

bool
instance_note_alike(const struct instance *in, const struct advert_packet *packet,
    const struct advert *advert)
{
	if (in->n_advertised || in->conf.head.no_addresses)
		return !addresses_differ(in, advert);
	return advert->n_addrs == 1 &&
	    !memcmp(advert->addrs, packet->src.bytes, ipaddr_len(&packet->src));
}

/* V11, V14, V15 */
static void
note_differences(struct instance *in, const struct advert_packet *packet,
    const struct advert *a, uint64_t now)
{
	const struct msg_instance *m = &in->conf.head;
	const char *what = NULL;
	char text[IPADDR_STRLEN], since[32];
	uint32_t held;

	if (addresses_differ(in, a)) {
		in->counters.value[COUNT_ADDRESSES_DIFFER]++;
		what = "lists other addresses than configured here";
	}
	if (a->advert_us != m->advert_us) {
		in->counters.value[COUNT_INTERVAL_DIFFERS]++;
		what = "has another advert_int than configured here";
	}
	if (m->priority == VRRP_PRIORITY_OWNER && a->priority == VRRP_PRIORITY_OWNER) {
		in->counters.value[COUNT_DUPLICATE_OWNER]++;
		what = "has priority 255 too";
	}
	if (what && log_allowed(&in->differs, now, &held))
		log_warn("%s: the advert of %s %s%s", m->name,
		    ipaddr_format(&packet->src, text), what, more(since, held));
}

void
instance_note_advert(struct instance *in, const struct advert_packet *packet,
    const struct advert *advert, uint64_t now_us)
{
	in->counters.value[COUNT_ADVERTS_RECEIVED]++;
	if (advert->priority == VRRP_PRIORITY_STOP)
		in->counters.value[COUNT_PRIORITY_ZERO_RECEIVED]++;
	if (advert->version == 3 && advert->family == AF_INET)
		in->counters
		    .value[advert->checksum == CHECKSUM_PLAIN ? COUNT_CHECKSUM_PLAIN
							      : COUNT_CHECKSUM_PSEUDO]++;
	if (in->conf.head.hmac_mode != HMAC_NONE)
		in->counters.value[advert->is_authentic ? COUNT_AUTHENTICATED
							: COUNT_UNAUTHENTICATED]++;
	note_differences(in, packet, advert, now_us);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "instance_send.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "announce.h"
#include "clock.h"
#include "frame.h"
#include "io.h"

#define TTL_LOCAL 255

static struct ipaddr
own_address(const struct instance *in)
{
	if (!in->iface)
		return (struct ipaddr){ 0 };
	return in->conf.head.family == AF_INET ? in->iface->info.primary4
					       : in->iface->info.linklocal6;
}

struct ipaddr
instance_source(const struct instance *in)
{
	return in->conf.head.unicast_src.family ? in->conf.head.unicast_src
						: own_address(in);
}

static size_t
write_message(struct instance *in, const struct advert *a, const struct ipaddr *dst,
    uint8_t buf[ADVERT_LEN_MAX])
{
	return advert_write(a, &in->vrrp.conf.source, dst,
	    trailer_signs(&in->trailer) ? &in->trailer : NULL, clock_wall_us(), buf);
}

static int
send_to(struct instance *in, const struct advert *a, const struct ipaddr *dst)
{
	const struct ipaddr *src = &in->vrrp.conf.source;
	struct iface_port *port = iface_port(in->iface, a->family);
	uint8_t buf[ADVERT_LEN_MAX];
	size_t len = write_message(in, a, dst, buf);

	return io_send(port->tx, in->iface->info.ifindex, src, dst,
	    in->conf.head.unicast ? in->conf.head.unicast_ttl : TTL_LOCAL, buf, len);
}

/*
 * Switches learn from an advert where the virtual MAC is, so they are told once
 * every address is there and the macvlan is up; a claim comes before that.
 */
static bool
has_vmac(const struct instance *in)
{
	return in->conf.head.vmac_adverts &&
	    outlets_reach(&in->outlets, in->conf.head.vmac);
}

static int
send_from_vmac(struct instance *in, const struct advert *a, const struct ipaddr *group)
{
	const struct ipaddr *src = &in->vrrp.conf.source;
	uint8_t message[ADVERT_LEN_MAX], frame[FRAME_MAX];
	size_t len = write_message(in, a, group, message);

	len = frame_write(in->conf.head.vmac, src, group, message, len, frame);
	return io_send_frame(in->iface->frame_fd, in->iface->info.ifindex, frame, len);
}

/* One peer that cannot be reached is no fault of this router. */
static int
send_to_peers(struct instance *in, const struct advert *a)
{
	bool one_went = false;
	int error = 0, e;

	for (size_t i = 0; i < in->conf.n_peers; i++) {
		e = send_to(in, a, &in->conf.peers[i].addr);
		one_went |= !e;
		error = e ? e : error;
	}
	return one_went ? 0 : error;
}

int
instance_send_advert(struct instance *in, uint8_t priority)
{
	const struct msg_instance *c = &in->conf.head;
	struct ipaddr own = own_address(in), group = advert_group(c->family);
	struct advert a = {
		.family = c->family,
		.version = c->version,
		.vrid = c->vrid,
		.priority = priority,
		.auth_type = c->auth_type,
		.checksum = c->checksum_as_v2 ? CHECKSUM_PLAIN : CHECKSUM_PSEUDO,
		.advert_us = c->advert_us,
		.n_addrs = !c->no_addresses,
		.addrs = own.family ? own.bytes : in->vrrp.conf.source.bytes,
	};
	size_t max;

	if (!in->iface || iface_port(in->iface, c->family)->tx < 0)
		return -ENETDOWN;
	memcpy(a.auth_data, c->auth_data, sizeof(a.auth_data));
	if (in->n_advertised) {
		max = advert_addrs_max(c->family, c->version, in->iface->info.mtu,
		    trailer_signs(&in->trailer) ? TRAILER_LEN : 0);
		a.n_addrs = (uint8_t)(in->n_advertised < max ? in->n_advertised : max);
		a.addrs = in->advertised;
	}
	in->counters.value[COUNT_ADVERTS_SENT]++;
	if (priority == VRRP_PRIORITY_STOP)
		in->counters.value[COUNT_PRIORITY_ZERO_SENT]++;
	if (c->unicast)
		return send_to_peers(in, &a);
	return has_vmac(in) ? send_from_vmac(in, &a, &group) : send_to(in, &a, &group);
}

void
instance_send_announcement(
    struct instance *in, const struct iface *on, int fd, const struct ipaddr *addr)
{
	const struct msg_interface *info = &on->info;
	uint8_t frame[ANNOUNCE_FRAME_MAX];
	size_t len = announce_frame(addr, info->mac, info->forwarding6, frame);

	if (io_send_frame(fd, info->ifindex, frame, len) < 0)
		in->counters.value[COUNT_ANNOUNCE_ERRORS]++;
	else if (addr->family == AF_INET)
		in->counters.value[COUNT_ARP_SENT]++;
	else
		in->counters.value[COUNT_NA_SENT]++;
}

void
instance_send_probe(struct instance *in, int fd, const struct msg_installed_record *at)
{
	uint8_t frame[ANNOUNCE_FRAME_MAX];
	size_t len;

	if (!in->iface || in->iface->info.ifindex != at->ifindex)
		return;
	len = announce_probe(&at->addr, in->iface->info.mac, frame);
	if (io_send_frame(fd, at->ifindex, frame, len) < 0)
		in->counters.value[COUNT_ANNOUNCE_ERRORS]++;
	else
		in->counters.value[COUNT_PROBES_SENT]++;
}

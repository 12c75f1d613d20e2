/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For the tests of instance.h: a virtual router on an interface without a
 * network (played_io.h).
 */
#pragma once

#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "engine/instance.h"
#include "engine/instance_note.h"
#include "played_io.h"
#include "unit.h"

#define T0 (1000 * US_PER_S)
#define DOWN 341406 /* priority 150 at 100 ms */

static inline struct ipaddr
ip(const char *text)
{
	struct ipaddr a;

	ck_assert_msg(ipaddr_parse(text, &a), "%s", text);
	return a;
}

static struct iface iface;

static inline void
setup(void)
{
	memset(&net, 0, sizeof(net));
	memset(&iface, 0, sizeof(iface));
	iface.info = (struct msg_interface){
		.ifindex = 4,
		.mtu = 1500,
		.name = "eth0",
		.usable = 1,
		.primary4 = ip("192.0.2.10"),
		.linklocal6 = ip("fe80::10"),
	};
	for (int f = 0; f < 2; f++)
		iface.ports[f].rx = iface.ports[f].tx = 100;
}

static inline struct instance_conf
conf(void)
{
	struct instance_conf c = {
		.head = {
			.id = 1,
			.ifindex = 4,
			.name = "edge",
			.interface = "eth0",
			.family = AF_INET,
			.version = 3,
			.vrid = 7,
			.priority = 150,
			.preempt = 1,
			.garp_repeat = 5,
			.down_adverts = 3,
			.unicast_ttl = 255,
			.advert_us = 100000,
		},
	};
	struct ipaddr a = ip("192.0.2.5");

	instance_conf_add_addrs(&c, &a, 1);
	return c;
}

static inline struct instance *
router(void)
{
	struct instance_conf c = conf();

	return instance_new(&c, &iface, T0);
}

/* Lets time pass, timer by timer. */
static inline void
pass(struct instance *in, uint64_t until)
{
	while (instance_deadline(in, 0) <= until) {
		uint64_t at = instance_deadline(in, 0);

		instance_expire(in, at);
		instance_announce(in, 9, 1000, at);
	}
}

static inline struct instance *
master(void)
{
	struct instance *in = router();

	pass(in, T0 + DOWN + 5000);
	ck_assert_int_eq(in->vrrp.state, VRRP_MASTER);
	return in;
}

static inline struct advert_packet
packet_from(const char *src, uint8_t priority, uint8_t *message)
{
	struct ipaddr addr = ip("192.0.2.5");
	struct advert a = {
		.family = AF_INET,
		.version = 3,
		.vrid = 7,
		.priority = priority,
		.advert_us = 100000,
		.n_addrs = 1,
		.addrs = addr.bytes,
	};
	struct advert_packet p = {
		.src = ip(src),
		.dst = advert_group(AF_INET),
		.ttl = 255,
		.vrid = 7,
		.message = message,
	};

	p.len = advert_write(&a, &p.src, &p.dst, NULL, 0, message);
	return p;
}

static inline enum advert_verdict
hear(struct instance *in, const struct advert_packet *p, uint64_t now)
{
	struct advert a;
	enum advert_verdict v = instance_read(in, p, &a);

	if (v == ADVERT_OK)
		instance_on_advert(in, p, &a, now);
	else
		instance_note_drop(in, p, v, now);
	return v;
}

static inline void
hear_from(struct instance *in, const char *src, uint8_t priority, uint64_t now)
{
	uint8_t message[64];
	struct advert_packet p = packet_from(src, priority, message);

	ck_assert_int_eq(hear(in, &p, now), ADVERT_OK);
}

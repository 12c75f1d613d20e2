/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An interface as vipd told of it, and its sockets: one pair a family. Reads
 * packets in bounded bursts and hands those with a readable IP header on, and
 * what neighbours say of addresses. Knows no virtual router.
 */
#pragma once

#include <ev.h>

#include "advert.h"
#include "counter.h"
#include "hearing.h"
#include "log.h"
#include "msg.h"
#include "pacing.h"
#include "speaker.h"

struct iface;

/* packet is valid during the call only. */
typedef void iface_packet_fn(
    void *arg, struct iface *i, uint8_t family, const struct advert_packet *packet);

/* Not of our own MAC. */
typedef void iface_neighbour_fn(
    void *arg, struct iface *i, const struct neighbour *neighbour);

struct iface_port {
	uint8_t family;
	int rx; /* -1: none */
	int tx;
	ev_io readable;
	struct counters counters; /* of packets for no router */
	struct iface *owner;
};

struct iface {
	struct msg_interface info;
	struct iface_port ports[2];
	struct pacing_gate gate;
	int frame_fd; /* a packet socket that sends anywhere; not owned */
	struct log_limit strangers;
	struct hearing hearing;
	struct speakers speakers;
	bool listening;
	struct ev_loop *loop;
	iface_packet_fn *fn;
	iface_neighbour_fn *neighbour_fn;
	void *arg;
	struct iface *next;
};

struct iface *iface_find(struct iface *list, uint32_t ifindex);
/* Finds or makes it. */
struct iface *iface_get(struct iface **list, uint32_t ifindex, struct ev_loop *loop,
    iface_packet_fn *fn, iface_neighbour_fn *neighbour_fn, void *arg);
/* Closes the sockets and frees it. */
void iface_remove(struct iface **list, struct iface *i);
struct iface_port *iface_port(struct iface *i, uint8_t family);
/* Packets stay in the sockets until then. */
void iface_listen(struct iface *i);
/* Takes the descriptors, in place of those it has. */
void iface_set_sockets(struct iface *i, uint8_t family, int rx, int tx);
/* Reads what is queued now, within a bound, if it listens. */
void iface_drain(struct iface *i);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a virtual router counts and tells of what happens to it. Adverts and
 * errors have one log line in ten seconds at most, each kind: anybody on the LAN
 * can cause them.
 * Changes nothing of the election.
 */
#pragma once

#include "instance.h"

void instance_note_send_error(struct instance *in, int error, uint64_t now_us);
void instance_note_drop(struct instance *in, const struct advert_packet *packet,
    enum advert_verdict verdict, uint64_t now_us);
/* Its state is another than from; not limited, since an election is rare. */
void instance_note_transition(struct instance *in, enum vrrp_state from);
/* A packet for no router here. */
void instance_note_stranger(
    struct iface *i, uint8_t family, const struct advert_packet *packet, uint64_t now_us);
/* It lists what this router does, or what one without addresses has. */
bool instance_note_alike(const struct instance *in, const struct advert_packet *packet,
    const struct advert *advert);
/* A good advert, and what is odd about it. */
void instance_note_advert(struct instance *in, const struct advert_packet *packet,
    const struct advert *advert, uint64_t now_us);

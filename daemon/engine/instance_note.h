/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a virtual router counts and tells of what happens to it. Each kind has
 * one log line in ten seconds at most: anybody on the LAN can cause them.
 * Changes nothing of the election.
 */
#pragma once

#include "instance.h"

void instance_note_send_error(struct instance *in, int error, uint64_t now_us);
void instance_note_drop(struct instance *in, const struct advert_packet *packet,
    enum advert_verdict verdict, uint64_t now_us);
/* A packet for no router here. */
void instance_note_stranger(
    struct iface *i, uint8_t family, const struct advert_packet *packet, uint64_t now_us);
/* It lists what this router does, or what one without addresses has. */
bool instance_note_alike(const struct instance *in, const struct advert_packet *packet,
    const struct advert *advert);
/* A good advert, and what is odd about it. */
void instance_note_advert(struct instance *in, const struct advert_packet *packet,
    const struct advert *advert, uint64_t now_us);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an interface has read, brought to the router it is for: callbacks of
 * iface.h, whose argument is the engine. Nothing is read before the first sync
 * has ended.
 */
#pragma once

#include <stdint.h>

struct advert_packet;
struct iface;
struct neighbour;

void hear_packet(
    void *arg, struct iface *i, uint8_t family, const struct advert_packet *packet);
void hear_neighbour(void *arg, struct iface *i, const struct neighbour *neighbour);

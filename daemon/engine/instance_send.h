/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a virtual router puts on the wire: its adverts and announcements. A
 * send that fails is counted, and told to the caller.
 */
#pragma once

#include <stdint.h>

#include "instance.h"

/* The address its adverts come from; family 0: none. */
struct ipaddr instance_source(const struct instance *in);
/* 0, or -errno when nobody could be sent to. */
int instance_send_advert(struct instance *in, uint8_t priority);
void instance_send_probe(
    struct instance *in, int fd, const struct msg_installed_record *at);
void instance_send_announcement(
    struct instance *in, const struct iface *on, int fd, const struct ipaddr *addr);

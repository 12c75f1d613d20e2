/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engine is told of an instance, as messages. Reads only.
 */
#pragma once

#include "instance.h"

struct msg_instance instance_describe(
    const struct instances *is, const struct instance *in);
/* Pure: scales 1..255 into the soft band 1..49, keeping the order. */
uint8_t instance_soft_priority(uint8_t priority);
/* All its frames, INSTANCE to INSTANCE_END; nothing without an engine. */
void instance_send(const struct instances *is, const struct instance *in);
/* INSTALLED for all that is on the interface (a restarted engine asks). */
void instance_send_installed(const struct instances *is, const struct instance *in);
/* INSTALLED or REMOVED, in as many messages as needed. */
void instance_send_places(struct chan *engine, enum msg_type type, uint32_t id,
    const struct msg_installed_record *list, size_t n);

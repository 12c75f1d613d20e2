/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells vipd-forward which addresses are on this node, so that it deletes what
 * connection tracking keeps of flows that came another way. Only tells; the
 * addresses' state is instance.h's.
 */
#pragma once

#include <stddef.h>

#include "msg.h"

struct vipd;

void held_tell(
    struct vipd *v, const struct msg_installed_record *list, size_t n, enum held held);
/* All that are installed, to a vipd-forward that has just begun. */
void held_tell_all(struct vipd *v);

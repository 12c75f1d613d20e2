/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests about one Lease: to read it, create it, or put it in the place of
 * the version it was made from. What it says is leader.h's and peers.h's.
 */
#pragma once

#include "api.h"

enum leasecall { LEASECALL_GET, LEASECALL_CREATE, LEASECALL_UPDATE };

/* body: of CREATE and UPDATE; NULL with GET. As api_send(). */
struct api_request *leasecall_send(struct api *api, enum leasecall what, const char *ns,
    const char *name, const char *body, unsigned timeout_ms, api_done *done, void *arg);

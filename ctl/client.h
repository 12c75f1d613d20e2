/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks vipd one question over its control socket and collects the answer into
 * a model. Blocking, with deadlines: a daemon that says nothing for
 * CLIENT_SILENCE_MS, talks for longer than CLIENT_TOTAL_MS or says more than
 * CLIENT_BYTES_MAX is given up.
 */
#pragma once

#include <stddef.h>

#include "msg.h"

struct model;

#define CLIENT_SILENCE_MS 5000
#define CLIENT_TOTAL_MS 60000
#define CLIENT_BYTES_MAX (128u << 20)
#define CLIENT_ERROR_LEN 512

/*
 * Returns 0 with a complete answer in *model (zeroed by the caller, freed by
 * the caller in either case), or -errno with a sentence for people in error.
 * -EPROTO: somebody answers, but not as vipd does.
 */
int client_ask(const char *socket_path, enum ctl_command command, const char *arg,
    struct model *model, char error[CLIENT_ERROR_LEN]);

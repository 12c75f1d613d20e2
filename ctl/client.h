/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks vipd one question over its control socket and collects the answer into
 * a model. Blocking, with deadlines: a daemon that says nothing for
 * CLIENT_SILENCE_MS, talks for longer than CLIENT_TOTAL_MS or says more than
 * CLIENT_BYTES_MAX is given up.
 */
#pragma once

#include <stdbool.h>
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
    const char *to, struct model *model, char error[CLIENT_ERROR_LEN]);

/*
 * The same for an answer of MSG_CTL_EVENTs, each of which is handed to on_event
 * as it comes; with `follow` it never ends and there are no deadlines. Returns
 * 0 after the end, with it in *end. False of on_event: enough, also 0.
 */
int client_follow(const char *socket_path, bool follow,
    bool (*on_event)(const struct msg_ctl_event *event, void *arg), void *arg,
    struct msg_ctl_end *end, char error[CLIENT_ERROR_LEN]);

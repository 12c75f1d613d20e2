/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps this node's own Lease, vipd-NODE: written when what it says changes
 * (at most every two seconds) and every minute, so that others know that it
 * runs and what it does (peers.h).
 */
#pragma once

#include <ev.h>

struct api;
struct nodelease;

/* Nothing is written before nodelease_say(). */
struct nodelease *nodelease_new(struct ev_loop *loop, struct api *api, const char *ns);
/* NULL is fine. The Lease stays; others see that it is not renewed. */
void nodelease_free(struct nodelease *nl);
/* name: the node's. text: the annotation (peer_text()). */
void nodelease_say(struct nodelease *nl, const char *name, const char *text);

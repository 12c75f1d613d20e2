/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Posts Events when nothing more urgent is to be written, and forgets what
 * there is no room for: nobody ever waits for an Event. What repeats within
 * six minutes becomes a series, written at its second time and every half hour.
 */
#pragma once

#include <ev.h>
#include <stdint.h>

#include "event.h"

struct api;
struct eventqueue;

/* node: who reports; borrowed. */
struct eventqueue *eventqueue_new(
    struct ev_loop *loop, struct api *api, const char *node);
/* NULL is fine. */
void eventqueue_free(struct eventqueue *q);
void eventqueue_post(struct eventqueue *q, const struct event *e);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order of a stop: STOP is told, the engine hands over and ends, routes and
 * addresses go, watcher and forward end, the loop ends. Each step begins when
 * the one before it is done; whoever learns of something done says so here.
 */
#pragma once

#include <ev.h>

struct vipd;

/* SIGTERM, SIGINT; w->data is the struct vipd. A second one changes nothing. */
void stopping_on_signal(struct ev_loop *loop, ev_signal *w, int events);
/* The engine has ended: now, and not before, addresses may go. */
void stopping_engine_ended(struct vipd *v);
/* Takes the next step if it is time; nothing unless a stop has begun. */
void stopping_go_on(struct vipd *v);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vrrp_track_process: follows processes with the kernel's process connector
 * (CAP_NET_ADMIN in the first network and process namespaces), and where that
 * is not to be had by looking through /proc once a second. Forks nothing.
 */
#pragma once

#include "tracker.h"

struct ev_loop;
struct process_watch;
struct watched_process;

struct process_watch *process_watch_new(struct ev_loop *loop);
/* Looks through /proc at once: known before anything else begins. */
struct watched_process *watched_process_new(
    struct process_watch *pw, const struct conf_track_process *conf);
struct tracker *watched_process_tracker(struct watched_process *p);
/* Keeps its position unless it means other processes. */
void watched_process_configure(
    struct watched_process *p, const struct conf_track_process *conf);
void watched_process_free(struct watched_process *p);

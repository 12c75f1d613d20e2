/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parent process put together: three children, the kernel's links and
 * addresses, the instances, the Services, the control socket. This file's
 * functions only connect them; each decision is in its own module.
 */
#pragma once

#include "answer.h"
#include "carrier.h"
#include "cluster.h"
#include "control.h"
#include "drain.h"
#include "followers.h"
#include "handover.h"
#include "instance.h"
#include "kubelet.h"
#include "notifier.h"
#include "options.h"
#include "pools_told.h"
#include "program.h"
#include "replies.h"
#include "reserved.h"
#include "run.h"
#include "services.h"
#include "speakers.h"
#include "startup_delay.h"
#include "taken.h"
#include "tally.h"
#include "trackers.h"

struct vipd {
	const struct options *options;
	struct ev_loop *loop;
	struct conf *conf;
	struct program engine, forward, watcher;
	struct links *links;
	struct addresses *addresses;
	struct runner runner;
	struct carriers carriers;
	struct trackers trackers;
	struct vmacs *vmacs;
	struct routes *routes;
	bool lasting_failed; /* an address of them */
	bool lasting_routes; /* they are wanted (lasting_may_route) */
	struct policy *policy;
	struct replies replies;
	struct notifier notifier;
	ev_timer tell_stop_late;
	void (*after_tell_stop)(struct vipd *v); /* NULL: done */
	struct instances instances;
	struct services services;
	struct cluster cluster;
	struct speakers_told speakers;
	struct kubelet kubelet;
	struct reserved reserved;
	struct taken taken;
	struct control control;
	struct journal journal;
	struct followers followers;
	struct handovers handovers;
	struct drain drain;
	struct control_client *awaiting_counters;
	bool awaiting_services; /* they are to follow */
	ev_timer counters_late;
	struct tally tally;
	ev_timer startup_wait;
	struct startup_delay startup_delay;
	ev_timer watchdog;
	ev_timer recheck;
	ev_timer stop_late;
	ev_signal on_hup, on_term, on_int;
	struct msg_source_state source;
	struct pools_told pools;
	struct msg_forward_state forward_state;
	uint64_t started_us;
	uint64_t wall_ahead_us; /* wall time less monotonic time */
	char config_error[256];
	bool ready; /* READY=1 was sent */
	bool stopping;
};

/* All but the loop itself; fatal with a message when this node cannot run it. */
void vipd_start(struct vipd *v, const struct options *o, struct conf *conf);
/* After the loop: ends what is still there, removes the control socket. */
void vipd_finish(struct vipd *v);

/* Reads the configuration again and takes the difference (reload.c). With cl,
 * problems and changes are also told there. */
bool vipd_reload(struct vipd *v, struct control_client *cl);
/* Tells the watcher and forward their part of the configuration. */
void vipd_configure_watcher(struct vipd *v);
void vipd_configure_forward(struct vipd *v);
/* Starts or stops watcher and forward as the configuration has Services. */
void vipd_run_services(struct vipd *v);

/* Scripts, trackers, notification (watching.c). */
void vipd_watch_init(struct vipd *v);
/* Before the instances take the same configuration. */
void vipd_watch_apply(struct vipd *v, const struct conf *conf);
void vipd_watch_on_link(struct vipd *v);
/* Tells STOP; then is called when it is told, or the patience for it is over. */
void vipd_tell_stop(struct vipd *v, void (*then)(struct vipd *v));
/* startup_script, shutdown_script: runs the loop until it has ended. */
void vipd_run_hook(struct vipd *v, const char *what, const struct conf_command *command,
    uint32_t timeout_us);

/* Answers a request of vipctl (requests.c). */
void vipd_on_request(
    void *arg, struct control_client *cl, const struct msg_ctl_request *req);
void vipd_on_client_gone(void *arg, struct control_client *cl);
void vipd_on_client_drained(void *arg);
void vipd_on_counters(struct vipd *v);
void vipd_answer_all(struct vipd *v, struct control_client *cl);

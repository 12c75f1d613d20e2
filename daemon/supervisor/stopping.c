/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "stopping.h"

#include <stdio.h>

#include "handover.h"
#include "kernel.h"
#include "lasting.h"
#include "log.h"
#include "notify.h"
#include "policy.h"
#include "vipd.h"

/* Beyond the longest handover; 2 s of it are for commands of STOP. The unit's
 * TimeoutStopSec is UNIT_STOP_S; more is asked for. */
#define STOP_MAX_S 7.
#define UNIT_STOP_S 15.

void
stopping_engine_ended(struct vipd *v)
{
	if (!v->stopping)
		return;
	instances_stop(&v->instances);
	lasting_want_addresses(v->addresses, NULL);
	kernel_want_replies(v, NULL);
	stopping_go_on(v);
}

void
stopping_go_on(struct vipd *v)
{
	if (!v->stopping || program_is_running(&v->engine) ||
	    instances_hold_addresses(&v->instances) || links_have_own(v->links) ||
	    !routes_gone(v->routes) || !policy_gone(v->policy) || !vmacs_gone(v->vmacs))
		return;
	program_stop(&v->watcher);
	program_stop(&v->forward);
	if (!program_is_running(&v->watcher) && !program_is_running(&v->forward))
		ev_break(v->loop, EVBREAK_ALL);
}

static void
on_stop_late(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)w;
	(void)events;
	log_warn("stopping took too long; what is left is removed by --cleanup");
	ev_break(loop, EVBREAK_ALL);
}

static void
tell_stopping(double longest_s)
{
	char state[64] = "STOPPING=1";

	if (longest_s > UNIT_STOP_S)
		snprintf(state, sizeof(state), "STOPPING=1\nEXTEND_TIMEOUT_USEC=%.0f",
		    1e6 * longest_s);
	notify_manager(state);
}

/* shutdown_script comes behind all that. */
static double
hook_s(const struct conf_hooks *hooks)
{
	return hooks->shutdown.text ? 1e-6 * hooks->shutdown_timeout_us : 0;
}

static void
resign(struct vipd *v)
{
	program_stop(&v->engine);
	if (!program_is_running(&v->engine))
		v->engine.ops->on_down(&v->engine);
}

void
stopping_on_signal(struct ev_loop *loop, ev_signal *w, int events)
{
	struct vipd *v = w->data;
	double longest = handover_longest_s(&v->instances) + STOP_MAX_S;

	(void)events;
	if (v->stopping)
		return;
	log_info("stopping");
	tell_stopping(longest + hook_s(&v->conf->hooks));
	v->stopping = true;
	ev_timer_init(&v->stop_late, on_stop_late, longest, 0.);
	ev_timer_start(loop, &v->stop_late);
	vipd_tell_stop(v, resign);
}

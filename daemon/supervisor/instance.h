/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtual routers of this node as vipd sees them: joins the configuration,
 * the interfaces, what the engine decided and what the Services want, and
 * turns it into instructions: instances and interfaces to the engine, wanted
 * addresses to address.h. Decides nothing of VRRP.
 */
#pragma once

#include <ev.h>

#include "address.h"
#include "chan.h"
#include "conf.h"
#include "link.h"
#include "marks.h"
#include "route.h"
#include "services.h"
#include "track_judge.h"
#include "vmac.h"

struct instance {
	uint32_t id;
	char name[NAME_LEN];
	struct conf_instance *conf; /* NULL: gone, its addresses are going */
	struct track_verdict verdict;
	struct msg_state state;
	bool has_state; /* the engine has spoken since it started */
	bool counters_due;
	bool withdrawn;  /* the engine was away too long */
	bool was_master; /* when its addresses were computed last */
	bool has_routes; /* virtual_routes are wanted */
	bool vmac_up;    /* its macvlan is wanted up */
	bool stale;      /* the engine has to hear of it again */
	uint32_t soft;   /* enum soft_reason, of this one alone */
	/* Static ones as configured, then those of Services, sorted. */
	struct msg_ctl_address *addresses;
	size_t n_addresses;
	size_t n_static;
	struct msg_counter *counters;
	size_t n_counters;
	struct marks marks;
	ev_timer engine_lost;
	struct instances *owner;
	struct instance *next;
};

struct iface;
struct carriers;
struct notifier;
struct trackers;

struct instances_ops {
	/* All addresses the instance may carry from now, for address.h. */
	void (*want)(void *arg, uint32_t id, const struct address_want *list, size_t n);
	/* All macvlans of use_vmac, for vmac.h. */
	void (*want_vmacs)(void *arg, const struct vmac_want *list, size_t n);
	/* All virtual_routes that are to be there, for route.h. */
	void (*want_routes)(void *arg, const struct route_want *list, size_t n);
	/* Addresses of Services may have come or gone. */
	void (*addresses_changed)(void *arg);
	/* An instance has given its addresses up, or did not (MSG_YIELDED). */
	void (*yielded)(
	    void *arg, const struct instance *in, const struct msg_yielded *y);
};

struct instances {
	struct ev_loop *loop;
	struct links *links;
	struct vmacs *vmacs;
	struct services *services;
	struct trackers *trackers;
	struct carriers *carriers;
	struct notifier *notifier;
	const struct conf *conf;
	const struct instances_ops *ops;
	void *arg;
	struct chan *engine; /* NULL: not there */
	struct instance *first;
	struct iface *ifaces;
	ev_timer first_use;   /* addresses that are probed (first_use.h) */
	ev_timer sockets;     /* that could not be opened */
	ev_prepare recompute; /* wanted addresses (recompute.h) */
	ev_timer recompute_later;
	uint64_t rest_until_us; /* who changes them in parts waits for it */
	uint32_t soft;          /* enum soft_reason, of the whole node */
	bool hold;              /* instances with Services stay in INIT */
	bool delayed;           /* all do: vrrp_startup_delay */
	bool log_unknown_vrids;
	bool stopping; /* nothing is wanted any more */
	int announce_fd;
	uint32_t last_id;
};

void instances_init(struct instances *is, struct ev_loop *loop,
    const struct instances_ops *ops, void *arg);
/* Takes the difference to conf, which must outlive the next call. */
void instances_apply(struct instances *is, struct conf *conf);
void instances_engine_up(struct instances *is, struct chan *engine);
void instances_engine_down(struct instances *is);
const char *instances_on_msg(struct instances *is, const struct msg *m);
/* The list is known, or startup_wait is over: instances with Services take part,
 * softly. */
void instances_release(struct instances *is);
/* vrrp_startup_delay is over. */
void instances_undelay(struct instances *is);
/* The first complete list is in place: they take part in earnest. */
void instances_complete(struct instances *is);
/* A reason not to be master begins or ends: for the whole node, for one. */
void instances_set_soft(struct instances *is, enum soft_reason reason, bool holds);
void instance_set_soft(struct instance *in, enum soft_reason reason, bool holds);
/* Those that count for it, ored. */
uint32_t instance_soft_reasons(const struct instances *is, const struct instance *in);
/* Wanted addresses are computed again before the loop waits next. */
void instances_wants_changed(struct instances *is);
/* The same for one part of many; after a pause, where there are many addresses. */
void instances_wants_changed_in_part(struct instances *is);
/* Every address is to go; addresses_changed tells the progress. */
void instances_stop(struct instances *is);
bool instances_hold_addresses(const struct instances *is);
bool instance_holds_addresses(const struct instance *in);
bool instances_is_installed(const struct instances *is, const struct ipaddr *addr);
/* Holds mastership as far as vipd knows, engine or not. */
bool instance_is_master(const struct instance *in);
/* Gave it up, but holds addresses until its successor has announced them. */
bool instance_is_yielding(const struct instance *in);
/* Asks the engine to hand over, or to forget that it did (MSG_HANDOVER). */
void instance_hand_over(const struct instance *in, enum handover_action action);
struct instance *instances_by_id(struct instances *is, uint32_t id);
struct msg_ctl_address *instance_address(
    const struct instance *in, const struct ipaddr *addr);
const struct msg_ctl_address *instance_find_address(
    const struct instance *in, const struct ipaddr *addr);
const struct instance *instances_find(const struct instances *is, const char *name);

/* From link.h and address.h. */
/* The link came, changed, or is gone. */
void instances_on_link(struct instances *is, uint32_t ifindex);
void instances_on_installed(
    struct instances *is, uint32_t id, const struct msg_installed_record *list, size_t n);
void instances_on_removed(
    struct instances *is, uint32_t id, const struct msg_installed_record *list, size_t n);
void instances_on_failed(
    struct instances *is, uint32_t id, const struct ipaddr *addr, int error);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a virtual router waits (the functions of vrrp.h for that), and how it
 * changes its state: the only writer of `state`, for the tables of vrrp.c. Each function
 * adds to *out what follows for the outside.
 */
#pragma once

#include "vrrp.h"

void vrrp_act(struct vrrp_actions *out, enum vrrp_action_type type);
void vrrp_send(struct vrrp_actions *out, uint8_t priority);
/* No timer runs. */
void vrrp_disarm(struct vrrp *r);

/* For INIT and FAULT it is enough. */
void vrrp_enter(struct vrrp *r, enum vrrp_state state, enum vrrp_reason reason,
    uint64_t now, struct vrrp_actions *out);
void vrrp_become_backup(
    struct vrrp *r, enum vrrp_reason reason, uint64_t now, struct vrrp_actions *out);
/* last_advert_us: the period counts from there. */
void vrrp_become_master(struct vrrp *r, enum vrrp_reason reason, uint64_t last_advert_us,
    uint64_t now, struct vrrp_actions *out);

/* The sender wins against this router. */
bool vrrp_is_better(const struct vrrp *r, const struct vrrp_event *ev);
/* The sender is the master from now: adopts its interval, arms the timer. */
void vrrp_follow(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out);
/* Backup from now, behind the sender. */
void vrrp_yield_for(struct vrrp *r, const struct vrrp_event *ev, enum vrrp_reason reason,
    uint64_t now, struct vrrp_actions *out);
/* The same, for one that is better. */
void vrrp_yield(
    struct vrrp *r, const struct vrrp_event *ev, uint64_t now, struct vrrp_actions *out);
/*
 * Gives way with its group. A master says so; a claimant does not: others may
 * follow the winner of the claim by now, and would take it for its word.
 */
void vrrp_resign(struct vrrp *r, uint64_t now, struct vrrp_actions *out);
/*
 * The same, or follows, and is due after one more interval: a master would have
 * spoken by then, and who heard the claim of this group's leader still waits.
 */
void vrrp_retry(struct vrrp *r, uint64_t now, struct vrrp_actions *out);
/* Resigns, and keeps out of the way of whoever becomes master; if nobody does
 * within vrrp_handover_wait(), this router does again. */
void vrrp_hand_over(struct vrrp *r, uint64_t now, struct vrrp_actions *out);

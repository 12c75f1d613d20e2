/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shell around leader.h: sends what it asks for, and tells when this node
 * begins and ceases to lead. Lease requests keep no pace: they are few, and
 * the reason others may write.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

struct api;
struct election;

typedef void election_change(void *arg, bool leads);

/* Begins at once. identity: of this process, not only of this node. */
struct election *election_new(struct ev_loop *loop, struct api *api, const char *ns,
    const char *name, const char *identity, election_change *on_change, void *arg);
/* NULL is fine. The Lease stays as it is. */
void election_free(struct election *e);
/* True only while nobody else can be leading. */
bool election_leads(const struct election *e);
/* Sets the Lease free if it is ours (LE6), then calls done, in any case. */
void election_release(struct election *e, void (*done)(void *arg), void *arg);

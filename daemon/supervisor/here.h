/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tells the watcher what is held here and who is master where: the instances
 * with Services, and the addresses of Services that are on an interface. What
 * it makes of that (conditions, Events, the node's Lease) is its own matter.
 */
#pragma once

#include "msg.h"

struct chan;
struct conf;
struct instance;
struct instances;

/* A new watcher: everything. */
void here_tell_all(const struct instances *is, struct chan *watcher);
/* The engine has told a state. */
void here_tell_state(
    const struct instances *is, struct chan *watcher, const struct msg_state *m);
/* Addresses came (held) or went. */
void here_tell_held(const struct instances *is, struct chan *watcher, uint32_t id,
    bool held, const struct msg_installed_record *list, size_t n);
/* The watcher says whether the cluster wants this node to serve. */
void here_eligible(struct instances *is, const struct msg_eligible *m);
/*
 * A hash of the configuration without what belongs to one node (its name,
 * priorities, own addresses, credentials), in hexadecimal: nodes that differ in it have
 * drifted apart. Writes size bytes.
 */
void here_config_hash(const struct conf *conf, char *text, size_t size);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vipd tells the engine of interfaces: they come, change and go, and their
 * sockets arrive. Tells each virtual router what that means for it; what the
 * router does then is its own.
 */
#pragma once

struct engine;
struct msg;

/* MSG_INTERFACE and those like it. NULL, or why the connection has to end. The
 * descriptors are the engine's. */
const char *engine_on_interface(struct engine *e, const struct msg *m);
const char *engine_on_interface_gone(struct engine *e, const struct msg *m);
const char *engine_on_sockets(struct engine *e, const struct msg *m);
const char *engine_on_hearing(struct engine *e, const struct msg *m);
const char *engine_on_announce_socket(struct engine *e, const struct msg *m);
/* Hears what has arrived on all of them. */
void engine_drain(struct engine *e);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where one virtual router announces: an outlet for each interface that it has
 * addresses on, each with its own pacing and behind that interface's gate. The
 * router starts, stops and repairs them together. Pure: sends nothing.
 */
#pragma once

#include "iface.h"
#include "pacing.h"

struct outlet {
	uint32_t ifindex;
	struct iface *iface; /* NULL: not there; its addresses wait */
	struct pacing pacing;
	struct outlet *next;
};

struct outlets {
	struct pacing_conf conf;
	struct outlet *first;
	struct outlet *turn; /* announces next; NULL: the first */
	bool active;         /* the router is master */
};

void outlets_fini(struct outlets *os);
void outlets_configure(
    struct outlets *os, const struct pacing_conf *conf, uint64_t now_us);
/* iface may be NULL. An address that is told again is announced again. */
void outlets_install(struct outlets *os, uint32_t ifindex, struct iface *iface,
    const struct ipaddr *addr, uint64_t now_us);
void outlets_remove(struct outlets *os, uint32_t ifindex, const struct ipaddr *addr);
/* The interface came, or went (NULL). */
void outlets_on_iface(struct outlets *os, uint32_t ifindex, struct iface *iface);
void outlets_start(struct outlets *os, uint64_t now_us);
void outlets_stop(struct outlets *os);
void outlets_repair(struct outlets *os, uint64_t now_us);
/* A master's addresses on this interface need a new start (another MAC). */
void outlets_announce_anew(
    struct outlets *os, const struct iface *iface, uint64_t now_us);
/* The address to be announced now, and where; they take turns. False: none. */
bool outlets_next(
    struct outlets *os, uint64_t now_us, struct ipaddr *addr, struct iface **iface);
/* Addresses are on an interface that has this MAC and can send. */
bool outlets_reach(const struct outlets *os, const uint8_t mac[6]);
/* Announces this one once more. */
void outlets_defend(struct outlets *os, const struct msg_installed_record *at);
/* The router has this address installed there. */
bool outlets_have(const struct outlets *os, const struct msg_installed_record *at);
void outlets_each(const struct outlets *os,
    void (*fn)(void *arg, const struct msg_installed_record *at), void *arg);
/* When outlets_next has something; PACING_NEVER. */
uint64_t outlets_deadline(const struct outlets *os);

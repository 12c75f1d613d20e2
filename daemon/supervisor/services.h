/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Services vipd knows, as the watcher told them: checks their addresses
 * (fence.h), relays them to forward, and says which addresses are wanted.
 * Keeps ports, endpoints and source ranges as the frames they came in, unread.
 *
 * Order (I5): an address is wanted only after forward said IN_PLACE; a Service
 * that goes loses its addresses first, its rules after. What forward has not
 * been told yet is a flag at the Service, not a queue: a slow forward is
 * brought to the newest state.
 */
#pragma once

#include <uthash.h>

#include "chan.h"
#include "fence.h"

/* Neither the watcher nor a cluster can make vipd grow beyond this. */
#define SERVICES_MAX 65536
#define SERVICE_FRAMES_MAX (1 << 20)

enum relay_state {
	RELAY_QUIET,
	RELAY_DIRTY,   /* forward is to hear it */
	RELAY_WAITING, /* once its addresses that go are off the interfaces */
	RELAY_SENT,    /* IN_PLACE is awaited */
};

struct service {
	struct msg_service head;
	struct msg_service_address *addresses; /* as judged by the fence */
	size_t n_addresses;
	struct msg_service_address *told; /* as told by the watcher */
	uint8_t *frames;                  /* u32 length, message; ... */
	size_t frames_len;
	struct ipaddr *relayed; /* forward was told last */
	size_t n_relayed;
	struct ipaddr *placed; /* forward said IN_PLACE */
	size_t n_placed;
	uint64_t wants; /* hash of what service_wants() said last; 0: of nothing */
	enum relay_state relay;
	uint32_t seq;
	struct msg_count count; /* as forward told last */
	bool counted;
	bool in_place;
	bool failed;
	bool marked; /* told since SYNC_BEGIN */
	bool leaving;
	char failure[REASON_LEN];
	struct service *prev, *next; /* in the list of its relay state */
	UT_hash_handle hh;
};

struct services_ops {
	bool (*is_installed)(void *arg, const struct ipaddr *addr);
	/* The set of wanted addresses has changed. */
	void (*wants_changed)(void *arg);
	/* The first complete list has been told, and forward has it before it (once). */
	void (*listed)(void *arg);
	/* What an incomplete sync (of a snapshot) told is in the kernel. */
	void (*provisional)(void *arg);
	/* The first complete list is in the kernel (once). */
	void (*ready)(void *arg);
};

struct services {
	const struct services_ops *ops;
	void *arg;
	struct fence fence;
	struct service *all;
	struct service *dirty, *waiting, *sent;
	struct service *building; /* between SERVICE and SERVICE_END */
	struct chan *forward;     /* NULL: not there */
	uint32_t seq;
	uint32_t end_seq; /* of the SYNC_END sent; 0: none in flight */
	bool synced;      /* a sync has ended */
	bool complete;    /* so has a complete one */
	bool end_due;     /* SYNC_END is to follow what is dirty or waits */
	bool ready;
};

void services_init(struct services *s, const struct services_ops *ops, void *arg,
    const struct fence *fence);
/* Forgets all of them at once (the services block has gone). */
void services_clear(struct services *s);
/* A message of the watcher; NULL, or why the watcher has to be ended. */
const char *services_on_msg(struct services *s, const struct msg *m);
/* The watcher is gone: an unfinished Service is dropped, the rest stays. */
void services_watcher_down(struct services *s);
/* What was placed on an instance is on it under its new name. */
void services_rename_instance(struct services *s, const char *from, const char *to);
/* The configuration or this node's own addresses changed: judges again. */
void services_recheck(struct services *s);
void services_forward_up(struct services *s, struct chan *forward);
void services_forward_down(struct services *s);
/* Tells forward what is due; call again when its socket has room. */
void services_pump(struct services *s);
/* The same when addresses were removed: for what waited for that, too. */
void services_retry(struct services *s);
void services_in_place(struct services *s, uint32_t seq);
void services_failed(struct services *s, const struct msg_failed *f);

bool service_wants(const struct service *sv, const struct msg_service_address *a);
struct service *services_find(
    const struct services *s, const struct msg_service_key *key);
/* Between the two halves (services.c, services_intake.c). */
void services_set_relay(struct services *s, struct service *sv, enum relay_state state);
/* To be called when what service_wants() says may be another. */
void services_note_wants(struct services *s, struct service *sv);
void service_free(struct service *sv);
/* Sends all frames of one Service, SERVICE to SERVICE_END. */
void service_send(const struct service *sv, struct chan *to, uint32_t seq);

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conflict.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define uthash_fatal(msg) abort()
#include <uthash.h>

struct conflict_entry {
	struct msg_installed_record at; /* key */
	uint64_t told_us;
	uint32_t count;
	UT_hash_handle hh;
};

bool
conflicts_heard(struct conflicts *c, const struct msg_installed_record *at,
    const uint8_t mac[6], uint64_t now_us, struct msg_conflict *out)
{
	struct conflict_entry *e;
	bool is_new;

	HASH_FIND(hh, c->all, at, sizeof(*at), e);
	is_new = !e;
	if (is_new) {
		e = xcalloc(1, sizeof(*e));
		e->at = *at;
		HASH_ADD(hh, c->all, at, sizeof(e->at), e);
	}
	e->count++;
	if (!is_new && now_us - e->told_us < CONFLICT_DEFEND_US)
		return false;
	e->told_us = now_us;
	*out = (struct msg_conflict){ .at = *at, .count = e->count };
	memcpy(out->mac, mac, sizeof(out->mac));
	return true;
}

void
conflicts_forget(struct conflicts *c, const struct msg_installed_record *at)
{
	struct conflict_entry *e;

	HASH_FIND(hh, c->all, at, sizeof(*at), e);
	if (!e)
		return;
	HASH_DEL(c->all, e);
	free(e);
}

void
conflicts_fini(struct conflicts *c)
{
	struct conflict_entry *e, *next;

	HASH_ITER(hh, c->all, e, next)
	{
		HASH_DEL(c->all, e);
		free(e);
	}
}

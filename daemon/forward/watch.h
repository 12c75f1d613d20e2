/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notices that somebody else has changed nftables (`nft flush ruleset`, a
 * firewall's reload). Sees only that it happened, not what.
 */
#pragma once

#include <ev.h>
#include <stdint.h>

struct mnl_socket;
struct watch;

struct watch {
	struct ev_loop *loop;
	struct mnl_socket *nl;
	ev_io readable;
	uint32_t own_portid;
	void (*on_foreign)(struct watch *w);
};

/* Changes sent by own_portid are not told. 0 or -errno. */
int watch_open(struct watch *w, struct ev_loop *loop, uint32_t own_portid,
    void (*on_foreign)(struct watch *w));
void watch_close(struct watch *w);

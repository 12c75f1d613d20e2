/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notices that somebody else has changed nftables (`nft flush ruleset`, a
 * firewall's reload), and whether a table of vipd's name was among it. Sees
 * only that it happened, not what.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct mnl_socket;
struct watch_ops;

struct watch {
	struct ev_loop *loop;
	struct mnl_socket *nl;
	ev_io readable;
	const struct watch_ops *ops;
};

struct watch_ops {
	/* Something has changed. */
	void (*on_foreign)(struct watch *w);
	/* In a table vipd, most likely; now and then nobody sees it. */
	void (*on_touched)(struct watch *w);
};

/* Changes sent by own_portid are not told. 0 or -errno. */
int watch_open(struct watch *w, struct ev_loop *loop, uint32_t own_portid,
    const struct watch_ops *ops);
/*
 * Shuts its eyes, or opens them. While anybody looks, the kernel makes a message
 * of each element that a transaction changes, ours too: a third of what a large
 * one costs. What others change meanwhile is not told.
 */
void watch_look_away(struct watch *w, bool away);
void watch_close(struct watch *w);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who else is heard on virtual router identifiers (MSG_SPEAKER), and who of them
 * is a stranger on one of ours: neither a unicast_peer, nor a node of the
 * cluster, nor a router that could as well be one of ours that nobody announced
 * (a keepalived with the same addresses). Strangers are logged, at most one line
 * in ten seconds and each once in an hour, and told to vipctl with an identifier
 * that is free. Nothing else hangs on it. Of bounded size.
 */
#pragma once

#include "cluster.h"
#include "instance.h"
#include "log.h"

#define SPEAKERS_TOLD_MAX 128

struct speaker_told {
	struct msg_speaker m;
	uint64_t heard_us;
	uint64_t logged_us; /* 0: not yet */
};

struct speakers_told {
	struct speaker_told all[SPEAKERS_TOLD_MAX];
	size_t n;
	struct log_limit limit;
};

void speakers_take(struct speakers_told *t, const struct msg_speaker *m,
    const struct instances *is, const struct cluster *c);
/* MSG_CTL_SPEAKERS: of the last minute, but for nodes of the cluster. */
void speakers_answer(const struct speakers_told *t, const struct instances *is,
    const struct cluster *c, struct chan *to);

/* Pure: whether m, which speaks on the identifier and interface of ci, is one. */
bool speakers_is_stranger(
    const struct msg_speaker *m, const struct conf_instance *ci, const struct cluster *c);
/* Pure: the next identifier behind vrid that is not used; 0: all are. */
uint8_t speakers_free_vrid(const bool used[256], uint8_t vrid);

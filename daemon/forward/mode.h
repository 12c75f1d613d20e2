/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether vipd forwards on this node or somebody else does who takes packets
 * before nftables sees them, or who binds the addresses on every node.
 */
#pragma once

#include <stddef.h>

#include "msg.h"

/* Interfaces that are there; each tells of somebody. */
struct evidence {
	bool ovn_kubernetes; /* ovn-k8s-mp0, br-int */
	bool cilium;         /* cilium_host */
	bool ipvs;           /* kube-ipvs0 */
};

struct evidence mode_look(void);
/* The mode to work in, with its reason. */
enum forward_mode mode_decide(
    enum forward_mode configured, const struct evidence *e, char *reason, size_t size);

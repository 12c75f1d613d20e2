/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a Service of type LoadBalancer asks for, in vipd's own words and in
 * those that MetalLB's and kube-vip's users have written already, and the
 * marks of another controller that has it. Pure: JSON -> struct.
 *
 *   addresses  spec.loadBalancerIP, vipd.io/addresses,
 *              metallb.io/loadBalancerIPs, metallb.universe.tf/loadBalancerIPs,
 *              kube-vip.io/loadbalancerIPs
 *   pool       vipd.io/address-pool and MetalLB's two
 *   sharing    vipd.io/allow-shared-ip and MetalLB's two
 *   opt-out    vipd.io/ignore: "true"
 *
 * Several of one kind must say the same (S4).
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fields.h"
#include "ipaddr.h"
#include "selector.h"

/* One of each family; more are an error of the tenant's. */
#define WISH_ADDRESSES_MAX 2

enum family_policy { SINGLE_STACK, PREFER_DUAL_STACK, REQUIRE_DUAL_STACK };

struct wish {
	struct ipaddr addrs[WISH_ADDRESSES_MAX]; /* asked for; sorted */
	size_t n_addrs;
	char *pool;
	char *sharing;
	struct label *labels;
	size_t n_labels;
	uint8_t families[2]; /* AF_INET, AF_INET6, in order; 0: none */
	enum family_policy policy;
	bool opt_out;
	char *other; /* the mark of another controller; NULL: none */
	char *bad;   /* why it cannot be understood; NULL: it can */
};

struct wish *wish_read(const json_t *meta, const json_t *spec, struct fault *f);
void wish_free(struct wish *w);

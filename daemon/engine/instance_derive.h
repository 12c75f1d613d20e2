/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What follows from a virtual router's configuration and its interface: what
 * the election, the codec and the announcements have to know.
 */
#pragma once

#include "instance.h"

struct vrrp_config instance_election(const struct instance *in);
bool instance_election_eq(const struct vrrp_config *a, const struct vrrp_config *b);
/* The codec's policy and the announcements' configuration. */
void instance_derive(struct instance *in, uint64_t now_us);
/* The advertised addresses as adverts have them. */
void instance_lay_out(struct instance *in);

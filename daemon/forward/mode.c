/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mode.h"

#include <net/if.h>
#include <stdio.h>

struct evidence
mode_look(void)
{
	return (struct evidence){
		.ovn_kubernetes =
		    if_nametoindex("ovn-k8s-mp0") || if_nametoindex("br-int"),
		.cilium = if_nametoindex("cilium_host"),
		.ipvs = if_nametoindex("kube-ipvs0"),
	};
}

static const char *
other_forwarder(const struct evidence *e)
{
	if (e->ovn_kubernetes)
		return "OVN-Kubernetes forwards here (ovn-k8s-mp0, br-int)";
	if (e->cilium)
		return "Cilium forwards here (cilium_host)";
	if (e->ipvs)
		return "kube-proxy forwards by IPVS here (kube-ipvs0)";
	return NULL;
}

enum forward_mode
mode_decide(
    enum forward_mode configured, const struct evidence *e, char *reason, size_t size)
{
	const char *other = other_forwarder(e);

	if (configured != FORWARD_AUTO) {
		snprintf(reason, size, "configured");
		return configured;
	}
	if (other) {
		snprintf(reason, size, "auto: %s", other);
		return FORWARD_NONE;
	}
	snprintf(reason, size, "auto");
	return FORWARD_NFTABLES;
}

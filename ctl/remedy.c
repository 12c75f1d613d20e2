/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "remedy.h"

#include <stdio.h>
#include <sys/socket.h>

#include "ipaddr.h"
#include "model.h"

/* "joins the election when ..." */
static const char *const joins_when[VRRP_REASON_COUNT] = {
	[VRRP_REASON_HOLD] = "its Services are known, or after startup_wait",
	[VRRP_REASON_DELAY] = "vrrp_startup_delay and vrrp_delay_after_boot are over",
	[VRRP_REASON_UNTRACKED] = "each of its scripts has ended once",
	[VRRP_REASON_VMAC] = "its macvlan is there",
};

static void
remedy_interface(
    const struct model *m, const struct model_instance *i, char buf[REMEDY_LEN])
{
	const struct msg_instance *conf = &i->info.conf;
	const char *node = m->node.node, *dev = conf->interface;

	if (i->info.state.reason == VRRP_REASON_NO_INTERFACE)
		snprintf(buf, REMEDY_LEN,
		    "on %s create %s, or correct `interface` of vrrp_instance %s in %s "
		    "and run: vipctl reload",
		    node, dev, conf->name, m->node.config);
	else if (i->info.state.reason == VRRP_REASON_LINK_DOWN)
		snprintf(buf, REMEDY_LEN,
		    "on %s run: ip link set %s up; if it stays down, its cable or its "
		    "switch port",
		    node, dev);
	else
		snprintf(buf, REMEDY_LEN, "on %s give %s an %s address%s%s", node, dev,
		    conf->family == AF_INET6 ? "IPv6 link-local" : "IPv4",
		    conf->unicast ? ", the one in unicast_src_ip" : "",
		    conf->family == AF_INET6
			? " (IPv6 needs an MTU of 1280, and sysctl disable_ipv6 = 0)"
			: "");
}

static void
remedy_sending(
    const struct model *m, const struct msg_instance *conf, char buf[REMEDY_LEN])
{
	const char *node = m->node.node;
	char src[IPADDR_STRLEN];

	if (conf->unicast_src.family)
		snprintf(buf, REMEDY_LEN,
		    "on %s give %s the address %s, or correct %s of "
		    "vrrp_instance %s in %s and run: vipctl reload",
		    node, conf->interface, ipaddr_format(&conf->unicast_src, src),
		    conf->unicast ? "unicast_src_ip" : "mcast_src_ip", conf->name,
		    m->node.config);
	else
		snprintf(buf, REMEDY_LEN,
		    "on %s see: journalctl -u vipd | grep %s:", node, conf->name);
}

const char *
remedy_instance(
    const struct model *m, const struct model_instance *i, char buf[REMEDY_LEN])
{
	const struct msg_instance *conf = &i->info.conf;
	const char *node = m->node.node;

	switch ((enum vrrp_reason)i->info.state.reason) {
	case VRRP_REASON_NO_INTERFACE:
	case VRRP_REASON_LINK_DOWN:
	case VRRP_REASON_NO_ADDRESS:
		remedy_interface(m, i, buf);
		break;
	case VRRP_REASON_SEND_FAILED:
		remedy_sending(m, conf, buf);
		break;
	case VRRP_REASON_HOLD:
	case VRRP_REASON_DELAY:
	case VRRP_REASON_UNTRACKED:
	case VRRP_REASON_VMAC:
		snprintf(buf, REMEDY_LEN, "wait: %s joins the election when %s",
		    conf->name, joins_when[i->info.state.reason]);
		break;
	case VRRP_REASON_GROUP:
		snprintf(buf, REMEDY_LEN,
		    "on %s see the other members of vrrp_sync_group %s: vipctl instances",
		    node, conf->group);
		break;
	case VRRP_REASON_TRACKER:
		snprintf(buf, REMEDY_LEN,
		    "on %s mend what failed; what it says is in the log with vipd -D",
		    node);
		break;
	case VRRP_REASON_OVERSLEPT:
		snprintf(buf, REMEDY_LEN,
		    "on %s find what stops vipd-engine (a paused machine, a full CPU "
		    "without real-time priority), or take a longer advert_int",
		    node);
		break;
	case VRRP_REASON_SHUTDOWN:
		snprintf(buf, REMEDY_LEN, "on %s run: systemctl start vipd", node);
		break;
	case VRRP_REASON_NONE:
	case VRRP_REASON_STARTUP:
	case VRRP_REASON_OWNER:
	case VRRP_REASON_TIMEOUT:
	case VRRP_REASON_RESIGNED:
	case VRRP_REASON_PREEMPT:
	case VRRP_REASON_HIGHER_PRIORITY:
	case VRRP_REASON_HIGHER_ADDRESS:
	case VRRP_REASON_RESUMED:
	case VRRP_REASON_HANDOVER:
	case VRRP_REASON_NOBODY:
	case VRRP_REASON_COUNT:
		snprintf(buf, REMEDY_LEN,
		    "wait for the election; on %s: vipctl instances", node);
		break;
	}
	return buf;
}

const char *
remedy_source(const struct model *m, char buf[REMEDY_LEN])
{
	const struct msg_source_state *source = &m->node.source;

	if (!m->node.has_services)
		snprintf(buf, REMEDY_LEN,
		    "add a services block to %s and run: vipctl reload", m->node.config);
	else if (source->error[0])
		snprintf(buf, REMEDY_LEN, "on %s: %s", m->node.node, source->error);
	else
		snprintf(buf, REMEDY_LEN,
		    "wait for the first list of Services; on %s: "
		    "journalctl -u vipd",
		    m->node.node);
	return buf;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The half of doctor that looks at the host. The facts are those of
 * Documentation/networking/ip-sysctl.rst and nf_conntrack-sysctl.rst; what they
 * mean to service addresses stands with each check.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "conf.h"
#include "doctor.h"
#include "host.h"
#include "mem.h"
#include "model.h"

/* "net.ipv4.conf.DEVICE.arp_announce" */
#define SETTING_LEN (IFNAME_LEN + 48)
#define SYSCTL_FILE "/etc/sysctl.d/90-vipd.conf"

/* A dot in a device's name is a slash in a sysctl's. */
static void
name_setting(char buf[SETTING_LEN], const char *dev, const char *setting)
{
	size_t at = (size_t)snprintf(buf, SETTING_LEN, "net.ipv4.conf.");

	for (; *dev; dev++)
		buf[at++] = *dev == '.' ? '/' : *dev;
	snprintf(buf + at, SETTING_LEN - at, ".%s", setting);
}

static long
sysctl_of(const struct doctor *d, const char *dev, const char *setting)
{
	char name[SETTING_LEN];

	name_setting(name, dev, setting);
	return d->host->sysctl(d->host, name);
}

static bool
forwards(const struct doctor *d)
{
	return d->model->node.has_services &&
	    d->model->node.forward.mode == FORWARD_NFTABLES;
}

static bool
keeps_flows(const struct doctor *d)
{
	return forwards(d) && d->conf->forwarding.source_nat == SOURCE_NAT_VIP;
}

static bool
has_family(const struct doctor *d, uint8_t family)
{
	for (size_t i = 0; i < d->model->n_instances; i++)
		for (size_t k = 0; k < d->model->instances[i].n_addresses; k++)
			if (d->model->instances[i].addresses[k].addr.family == family)
				return true;
	return false;
}

static void
fix_sysctl(struct doctor *d, const char *setting)
{
	doctor_fix(d, "echo '%s' >>%s; sysctl --system", setting, SYSCTL_FILE);
}

/* ---- forwarding ---- */

static void
examine_forwarding_of(
    struct doctor *d, uint8_t family, const char *name, const char *note)
{
	long value = d->host->sysctl(d->host, name);
	char setting[64];

	if (value < 0 || !has_family(d, family))
		return;
	if (value > 0) {
		doctor_say(d, DOCTOR_OK, "forwarding", "%s is on", name);
		return;
	}
	doctor_say(d, DOCTOR_BAD, "forwarding",
	    "%s is off: packets to endpoints on other nodes are dropped%s", name, note);
	snprintf(setting, sizeof(setting), "%s = 1", name);
	fix_sysctl(d, setting);
}

static void
examine_forwarding(struct doctor *d)
{
	if (!forwards(d))
		return;
	examine_forwarding_of(d, AF_INET, "net.ipv4.ip_forward", "");
	examine_forwarding_of(d, AF_INET6, "net.ipv6.conf.all.forwarding",
	    " (once it is on, router advertisements count only with accept_ra = 2)");
}

/* Linux takes the larger of all and the interface's; 1 is strict. */
static void
examine_reverse_path(struct doctor *d)
{
	long all = d->host->sysctl(d->host, "net.ipv4.conf.all.rp_filter");

	for (size_t i = 0; keeps_flows(d) && i < d->model->n_instances; i++) {
		const char *dev = d->model->instances[i].info.conf.interface;
		long mine = sysctl_of(d, dev, "rp_filter");
		char setting[SETTING_LEN];

		if ((mine > all ? mine : all) != 1)
			continue;
		doctor_say(d, DOCTOR_BAD, "reverse path",
		    "rp_filter is strict on %s: with source_nat vip replies of endpoints "
		    "come by another way than requests go, and are dropped",
		    dev);
		name_setting(setting, dev, "rp_filter = 2");
		fix_sysctl(d, setting);
	}
}

/*
 * A request from behind the gateway is dropped where no route, or with strict
 * filtering another one, leads back: that look-up knows no marks.
 */
static void
examine_reply_path(struct doctor *d, const struct conf_instance *in)
{
	long all = d->host->sysctl(d->host, "net.ipv4.conf.all.rp_filter");
	long mine = sysctl_of(d, in->interface, "rp_filter");
	bool strict = (mine > all ? mine : all) == 1;
	char setting[SETTING_LEN];

	if (!in->reply_gateway[CONF_IPV4].family || (mine <= 0 && all <= 0))
		return;
	doctor_say(d, strict ? DOCTOR_BAD : DOCTOR_NOTE, "reply gateway",
	    strict ? "rp_filter is strict on %s: requests from behind the reply_gateway "
		     "of %s are dropped"
		   : "rp_filter is loose on %s: requests from behind the reply_gateway "
		     "of %s pass only while this node has a default route, whichever",
	    in->interface, in->name);
	name_setting(setting, in->interface, "rp_filter = 0");
	doctor_fix(d,
	    "echo 'net.ipv4.conf.all.rp_filter = 0' >>%s; echo '%s' >>%s; "
	    "sysctl --system",
	    SYSCTL_FILE, setting, SYSCTL_FILE);
}

/* What is marked as a reply of one of n gateways may match it. */
static bool
takes_replies(const struct host_rule *r, size_t n)
{
	uint32_t bits = r->mask & REPLY_MARK_MASK;

	for (unsigned number = 1; bits && !r->ours && number <= n; number++)
		if ((r->mark & bits) == (reply_mark(number) & bits))
			return true;
	return false;
}

static void
examine_reply_marks(struct doctor *d, size_t n)
{
	for (size_t i = 0; i < d->host->n_rules; i++) {
		const struct host_rule *r = &d->host->rules[i];

		if (!takes_replies(r, n))
			continue;
		doctor_say(d, DOCTOR_BAD, "reply gateway",
		    "the rule with priority %u, fwmark 0x%x/0x%x lookup %s, takes what "
		    "vipd marks for a reply_gateway (0x%x/0x%x)",
		    r->priority, r->mark, r->mask, r->table, reply_mark(1),
		    REPLY_MARK_MASK);
		doctor_fix(
		    d, "let whoever made it mask the highest byte out: 0x00ffffff");
	}
}

static void
examine_replies(struct doctor *d)
{
	const struct conf_instance *first[REPLY_GATEWAYS_MAX];
	size_t n = conf_gateways(d->conf, first);

	for (size_t i = 0; i < n; i++)
		examine_reply_path(d, first[i]);
	examine_reply_marks(d, n);
}

static void
examine_flows(struct doctor *d)
{
	long count = d->host->sysctl(d->host, "net.netfilter.nf_conntrack_count");
	long max = d->host->sysctl(d->host, "net.netfilter.nf_conntrack_max");

	if (keeps_flows(d) &&
	    d->host->sysctl(d->host, "net.netfilter.nf_conntrack_tcp_loose") == 0) {
		doctor_say(d, DOCTOR_BAD, "connections",
		    "nf_conntrack_tcp_loose is off: with source_nat vip connections are "
		    "not picked up after a failover");
		fix_sysctl(d, "net.netfilter.nf_conntrack_tcp_loose = 1");
	}
	if (!forwards(d) || max <= 0 || count < max / 5 * 4)
		return;
	doctor_say(d, DOCTOR_WARN, "connections",
	    "%ld of %ld conntrack entries are in use: new connections fail when they "
	    "are all",
	    count, max);
	doctor_fix(d, "raise net.netfilter.nf_conntrack_max in %s; sysctl --system",
	    SYSCTL_FILE);
}

/* ---- who else is here ---- */

static bool
has_chain(const struct host *h, const char *table, const char *name)
{
	for (size_t i = 0; i < h->n_chains; i++)
		if ((!table || !strcmp(h->chains[i].table, table)) &&
		    (!name || !strcmp(h->chains[i].name, name)))
			return true;
	return false;
}

static const struct {
	const char *who;
	const char *link;
	const char *table; /* or */
	const char *chain;
	bool forwards; /* before nftables sees the packets, or on every node */
} others[] = {
	{ "OVN-Kubernetes", "ovn-k8s-mp0", NULL, NULL, true },
	{ "OVN-Kubernetes or Open vSwitch", "br-int", NULL, NULL, true },
	{ "Cilium", "cilium_host", NULL, NULL, true },
	{ "kube-proxy in IPVS mode", "kube-ipvs0", NULL, NULL, true },
	{ "kube-proxy in nftables mode", NULL, "kube-proxy", NULL, false },
	{ "kube-proxy in iptables mode", NULL, NULL, "KUBE-SERVICES", false },
	{ "Calico", NULL, NULL, "cali-PREROUTING", false },
	{ "flannel", "flannel.1", NULL, NULL, false },
	{ "Docker", NULL, NULL, "DOCKER", false },
	{ "firewalld", NULL, "firewalld", NULL, false },
};

/* Found, and by that somebody who forwards. */
static const char *
examine_others(struct doctor *d)
{
	const struct host *h = d->host;
	const char *forwarder = NULL;

	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		bool here = others[i].link
		    ? h->link(h, others[i].link)
		    : has_chain(h, others[i].table, others[i].chain);

		if (!here)
			continue;
		doctor_say(
		    d, DOCTOR_NOTE, "neighbours", "%s is on this node", others[i].who);
		if (others[i].forwards && !forwarder)
			forwarder = others[i].who;
	}
	return forwarder;
}

/* mode auto decides once, at the start. */
static void
examine_mode(struct doctor *d, const char *forwarder)
{
	const struct msg_forward_state *f = &d->model->node.forward;
	bool automatic = !strncmp(f->reason, "auto", 4);

	if (!d->model->node.has_services)
		return;
	if (f->mode == FORWARD_NFTABLES && forwarder) {
		doctor_say(d, automatic ? DOCTOR_BAD : DOCTOR_WARN, "mode",
		    "vipd forwards with nftables, and %s is here, which takes packets "
		    "before or binds the addresses on every node",
		    forwarder);
		doctor_fix(d,
		    automatic
			? "it came after vipd's start; on this node run: systemctl "
			  "restart vipd"
			: "forwarding { mode none } if it serves the addresses, then: "
			  "vipctl reload");
	} else if (f->mode == FORWARD_NONE && automatic && !forwarder) {
		doctor_say(d, DOCTOR_BAD, "mode",
		    "vipd does not forward (%s), and who did is gone", f->reason);
		doctor_fix(d, "on this node run: systemctl restart vipd");
	}
}

/* Else every node answers ARP for what kube-proxy bound to kube-ipvs0. */
static void
examine_ipvs(struct doctor *d)
{
	if (!d->host->link(d->host, "kube-ipvs0"))
		return;
	if (d->host->sysctl(d->host, "net.ipv4.conf.all.arp_ignore") == 1 &&
	    d->host->sysctl(d->host, "net.ipv4.conf.all.arp_announce") == 2)
		return;
	doctor_say(d, DOCTOR_BAD, "ipvs",
	    "kube-proxy's IPVS mode without strictARP: every node answers for the "
	    "addresses, not the master alone");
	doctor_fix(d, "set ipvs.strictARP: true in kube-proxy's configuration");
}

static void
examine_firewall(struct doctor *d)
{
	for (size_t i = 0; forwards(d) && i < d->host->n_chains; i++) {
		const struct host_chain *c = &d->host->chains[i];
		char fix[256];

		if (!host_chain_blocks(c))
			continue;
		host_unblock(c, fix, sizeof(fix));
		doctor_say(d, DOCTOR_WARN, "firewall",
		    "chain %s of table %s %s%s drops what it does not accept: no other "
		    "table can let traffic to endpoints through",
		    c->name, c->family, c->table, c->legacy ? " (iptables-legacy)" : "");
		doctor_fix(d, "%s, in your firewall's own configuration", fix);
	}
	if (forwards(d) && d->host->hides_legacy) {
		doctor_say(d, DOCTOR_NOTE, "firewall",
		    "iptables-legacy has chains here that are not examined");
		doctor_fix(d, "install iptables and run vipctl doctor as root");
	}
}

/* ---- addresses ---- */

static bool
is_in(const struct host_subnet *s, const struct ipaddr *a)
{
	unsigned bits = s->prefixlen;

	if (s->addr.family != a->family || s->prefixlen == ipaddr_bits(a))
		return false;
	for (size_t i = 0; bits > 0; i++, bits -= bits < 8 ? bits : 8) {
		uint8_t mask = bits >= 8 ? 0xff : (uint8_t)(0xff << (8 - bits));

		if ((s->addr.bytes[i] ^ a->bytes[i]) & mask)
			return false;
	}
	return true;
}

static void
examine_address(struct doctor *d, const struct msg_ctl_address *a)
{
	const char *other = NULL;
	char text[IPADDR_STRLEN];
	bool here = false;

	for (size_t i = 0; i < d->host->n_subnets; i++) {
		const struct host_subnet *s = &d->host->subnets[i];

		if (!is_in(s, &a->addr))
			continue;
		if (!strcmp(s->dev, a->dev))
			here = true;
		else
			other = s->dev;
	}
	ipaddr_format(&a->addr, text);
	if (!here) {
		doctor_say(d, DOCTOR_WARN, "route",
		    "%s is in no subnet of %s: only a route leads there", text, a->dev);
		doctor_fix(d,
		    "route %s to this network in its routers, or place it on "
		    "an interface of its subnet",
		    text);
	} else if (other && a->addr.family == AF_INET &&
	    sysctl_of(d, other, "arp_ignore") == 0 &&
	    d->host->sysctl(d->host, "net.ipv4.conf.all.arp_ignore") == 0) {
		doctor_say(d, DOCTOR_WARN, "arp",
		    "%s is on %s, and %s, in the same subnet, answers ARP for it, too",
		    text, a->dev, other);
		fix_sysctl(d, "net.ipv4.conf.all.arp_ignore = 1");
	}
}

/* The first address of each instance that has something to it. */
static void
examine_addresses(struct doctor *d)
{
	for (size_t i = 0; i < d->model->n_instances; i++) {
		const struct model_instance *in = &d->model->instances[i];
		size_t before = d->n_findings;

		for (size_t k = 0; k < in->n_addresses && d->n_findings == before; k++)
			if (in->info.conf.ifindex)
				examine_address(d, &in->addresses[k]);
	}
}

void
doctor_examine_host(struct doctor *d)
{
	const char *forwarder = examine_others(d);

	examine_mode(d, forwarder);
	examine_ipvs(d);
	examine_forwarding(d);
	examine_reverse_path(d);
	examine_replies(d);
	examine_flows(d);
	examine_firewall(d);
	examine_addresses(d);
	if (forwards(d) && !d->host->has_chains) {
		doctor_say(d, DOCTOR_NOTE, "firewall",
		    "other tables are not examined: `nft -j list chains` says nothing");
		doctor_fix(d, "install nftables and run vipctl doctor as root");
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rtnetlink(7) messages of links and addresses as structs: reads, decides
 * nothing, keeps nothing. False: nothing for vipd.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "link.h"

struct nlmsghdr;

/* RTM_NEWLINK, RTM_DELLINK. */
struct link_news {
	uint32_t ifindex;
	uint32_t mtu;
	char name[IFNAME_LEN];
	bool up;     /* administratively */
	bool usable; /* and with carrier: operational state UP or UNKNOWN */
	bool has_forwarding6;
	uint8_t forwarding6;
	uint8_t mac[6];
	struct link_details details;
};
bool link_read(struct nlmsghdr *nlh, struct link_news *out);

/* RTM_NEWADDR, RTM_DELADDR. by_label: the kernel knows no IFA_PROTO. */
struct address_news {
	struct link_address a;
	uint32_t flags; /* IFA_F_* */
	uint8_t scope;  /* RT_SCOPE_* */
};
bool link_read_address(struct nlmsghdr *nlh, bool by_label, struct address_news *out);

/* RTM_NEWNETCONF: net.ipv6.conf.IFACE.forwarding. */
bool link_read_netconf(struct nlmsghdr *nlh, uint32_t *ifindex, uint8_t *forwarding6);

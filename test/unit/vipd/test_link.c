/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Against the real kernel (netns.h). */
#include "supervisor/link.h"

#include <net/if.h>
#include <netlink/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "netns.h"
#include "supervisor/address_request.h"
#include "unit.h"

static struct links *links;
static unsigned changes, gone, foreign_changes, own_present, own_gone;

static void
on_link(void *arg, uint32_t ifindex)
{
	(void)arg;
	(void)ifindex;
	changes++;
}

static void
on_link_gone(void *arg, uint32_t ifindex)
{
	(void)arg;
	(void)ifindex;
	gone++;
}

static void
on_own_address(void *arg, const struct link_address *a, bool present)
{
	(void)arg;
	ck_assert(a->own);
	if (present)
		own_present++;
	else
		own_gone++;
}

static void
on_foreign_change(void *arg)
{
	(void)arg;
	foreign_changes++;
}

static const struct links_ops ops = {
	.on_link = on_link,
	.on_link_gone = on_link_gone,
	.on_own_address = on_own_address,
	.on_foreign_change = on_foreign_change,
};

/* As a vipd does it; ip(8) of Debian 12 knows no IFA_PROTO. */
static void
add(const char *text, bool lasting)
{
	struct address_want w = { .is_lasting = lasting };
	struct nl_sock *sock = nl_socket_alloc();
	uint32_t seq;

	ck_assert(ipaddr_parse_prefix(text, &w.addr, &w.prefixlen));
	ck_assert_int_eq(nl_connect(sock, NETLINK_ROUTE), 0);
	ck_assert_int_eq(address_send_add(sock, if_nametoindex("eth0"), &w, &seq), 0);
	ck_assert_int_eq(nl_wait_for_ack(sock), 0);
	nl_socket_free(sock);
}

static void
add_own(const char *text)
{
	add(text, false);
}

static void
begin(void)
{
	loop = ev_loop_new(EVFLAG_AUTO);
	links = links_new(loop, &ops, NULL);
	links_start(links);
}

static void
setup(void)
{
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	sh("ip link set lo up && ip link add eth0 type veth peer name peer0 && "
	   "ip link set eth0 addrgenmode none up && "
	   "ip link set peer0 addrgenmode none up");
	begin();
}

static struct msg_interface
eth0(void)
{
	const struct link *l = links_find_by_name(links, "eth0");
	struct msg_interface m = { 0 };

	if (l)
		link_fill(l, &m);
	return m;
}

static bool
is(struct ipaddr a, const char *text)
{
	char buf[IPADDR_STRLEN];

	return !strcmp(ipaddr_format(&a, buf), text);
}

static const char *
foreign(const char *text)
{
	struct ipaddr a;

	ck_assert(ipaddr_parse(text, &a));
	return links_foreign_address(links, &a);
}

START_TEST(the_first_dump_knows_interfaces_and_addresses)
{
	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	sh("ip link add eth0 mtu 1400 address 02:00:00:00:00:01 type veth peer name "
	   "peer0 && ip link set eth0 addrgenmode none up && ip link set peer0 up && "
	   "ip addr add 192.0.2.1/24 dev eth0 && ip addr add fe80::1/64 dev eth0 nodad");
	add_own("192.0.2.18/32");
	loop = ev_loop_new(EVFLAG_AUTO);
	links = links_new(loop, &ops, NULL);
	ck_assert_uint_eq(eth0().ifindex, if_nametoindex("eth0"));
	ck_assert_uint_eq(eth0().mtu, 1400);
	ck_assert_uint_eq(eth0().mac[5], 1);
	ck_assert(eth0().usable);
	ck_assert(is(eth0().primary4, "192.0.2.1"));
	ck_assert(is(eth0().linklocal6, "fe80::1"));
	ck_assert_str_eq(foreign("192.0.2.1"), "eth0");
	ck_assert_ptr_null(foreign("192.0.2.18"));
	/* nothing is told before it is asked for */
	ck_assert_uint_eq(changes + own_present + foreign_changes, 0);
	links_replay_own(links);
	ck_assert_uint_eq(own_present, 1);
}
END_TEST

START_TEST(the_primary_address_is_global_not_secondary_and_not_vipds)
{
	setup();
	add_own("192.0.2.9/24");
	sh("ip addr add 169.254.7.7/16 scope link dev eth0");
	wait_until(is(eth0().primary4, "169.254.7.7"));
	/* secondary to vipd's, and the only global one */
	sh("ip addr add 192.0.2.10/24 dev eth0");
	wait_until(is(eth0().primary4, "192.0.2.10"));
	sh("ip addr add 198.51.100.1/24 dev eth0");
	wait_until(is(eth0().primary4, "198.51.100.1"));
	sh("ip addr add 203.0.113.1/24 dev eth0");
	wait_until(foreign("203.0.113.1"));
	ck_assert(is(eth0().primary4, "198.51.100.1"));
	sh("ip addr del 198.51.100.1/24 dev eth0");
	wait_until(is(eth0().primary4, "203.0.113.1"));
}
END_TEST

/* static_ipaddress: vipd's, but the node sends from it. */
START_TEST(a_lasting_address_is_the_nodes_own)
{
	setup();
	add_own("192.0.2.18/32");
	add("192.0.2.1/24", true);
	wait_until(own_present == 2);
	wait_until(is(eth0().primary4, "192.0.2.1"));
	ck_assert_str_eq(foreign("192.0.2.1"), "eth0");
	ck_assert_ptr_null(foreign("192.0.2.18"));
	sh("ip addr add 198.51.100.1/24 dev eth0");
	wait_until(is(eth0().primary4, "198.51.100.1"));
	sh("ip addr del 198.51.100.1/24 dev eth0");
	wait_until(is(eth0().primary4, "192.0.2.1"));
	sh("ip addr del 192.0.2.1/24 dev eth0");
	wait_until(is(eth0().primary4, "none"));
	ck_assert_uint_eq(own_gone, 1);
	add("fe80::7/64", true);
	wait_until(is(eth0().linklocal6, "fe80::7"));
}
END_TEST

START_TEST(a_tentative_link_local_address_does_not_count_yet)
{
	setup();
	sh("sysctl -qw net.ipv6.conf.eth0.dad_transmits=2");
	sh("ip addr add fe80::1/64 dev eth0");
	wait_until(foreign("fe80::1"));
	ck_assert(is(eth0().linklocal6, "none"));
	wait_until(is(eth0().linklocal6, "fe80::1"));
	sh("ip addr del fe80::1/64 dev eth0");
	wait_until(is(eth0().linklocal6, "none"));
}
END_TEST

START_TEST(a_link_goes_down_and_up_with_its_carrier)
{
	setup();
	wait_until(eth0().usable);
	sh("ip link set peer0 down");
	wait_until(!eth0().usable);
	sh("ip link set peer0 up");
	wait_until(eth0().usable);
	sh("ip link set eth0 down");
	wait_until(!eth0().usable);
}
END_TEST

START_TEST(a_bridge_is_usable_while_one_of_its_ports_is)
{
	const struct link *l;
	struct msg_interface m;

	setup();
	sh("ip link add br0 type bridge && ip link set peer0 master br0 && "
	   "ip link set br0 up");
	wait_until((l = links_find_by_name(links, "br0")));
	wait_until((link_fill(l, &m), m.usable));
	/* ports of bridges are told in messages of their own; still one link */
	sh("ip link set peer0 nomaster");
	wait_until((link_fill(l, &m), !m.usable));
	ck_assert_ptr_nonnull(links_find_by_name(links, "peer0"));
	sh("ip link set peer0 master br0");
	wait_until((link_fill(l, &m), m.usable));
}
END_TEST

START_TEST(changes_of_mtu_address_and_forwarding_are_told)
{
	unsigned before;

	setup();
	before = changes;
	sh("ip link set eth0 mtu 1280");
	wait_until(eth0().mtu == 1280 && changes > before);
	before = changes;
	sh("ip link set eth0 address 02:00:00:00:00:42");
	wait_until(eth0().mac[5] == 0x42 && changes > before);
	before = changes;
	ck_assert(!eth0().forwarding6);
	sh("sysctl -qw net.ipv6.conf.eth0.forwarding=1");
	wait_until(eth0().forwarding6 && changes > before);
	sh("sysctl -qw net.ipv6.conf.all.forwarding=0");
	wait_until(!eth0().forwarding6);
}
END_TEST

START_TEST(a_renamed_interface_is_found_by_its_new_name)
{
	uint32_t ifindex;

	setup();
	ifindex = eth0().ifindex;
	sh("ip link set eth0 down && ip link set eth0 name wan0");
	wait_until(links_find_by_name(links, "wan0"));
	ck_assert_uint_eq(link_index(links_find_by_name(links, "wan0")), ifindex);
	ck_assert_ptr_null(links_find_by_name(links, "eth0"));
	ck_assert_str_eq(links_name(links, ifindex), "wan0");
	ck_assert_uint_eq(gone, 0);
	/* names change hands */
	sh("ip link set peer0 down && ip link set peer0 name eth0");
	wait_until(eth0().ifindex && eth0().ifindex != ifindex);
	ck_assert_ptr_null(links_find_by_name(links, "peer0"));
}
END_TEST

START_TEST(a_deleted_interface_takes_its_addresses_along)
{
	setup();
	sh("ip addr add 192.0.2.1/24 dev eth0");
	add_own("192.0.2.18/32");
	wait_until(own_present == 1 && foreign("192.0.2.1"));
	sh("ip link del eth0");
	wait_until(gone == 2); /* and peer0 */
	ck_assert_ptr_null(links_find_by_name(links, "eth0"));
	ck_assert_ptr_null(foreign("192.0.2.1"));
	ck_assert_uint_eq(own_gone, 1);
}
END_TEST

START_TEST(what_others_have_is_told_whatever_the_interface)
{
	setup();
	sh("ip addr add 192.0.2.1/24 dev eth0 && ip addr add 192.0.2.1/32 dev peer0");
	wait_until(foreign("192.0.2.1"));
	sh("ip addr del 192.0.2.1/24 dev eth0");
	wait_until(!strcmp(foreign("192.0.2.1"), "peer0"));
	sh("ip addr del 192.0.2.1/32 dev peer0");
	wait_until(!foreign("192.0.2.1"));
	ck_assert_uint_gt(foreign_changes, 0);
}
END_TEST

/* kube-proxy puts every Service's own addresses there, on every node. */
START_TEST(addresses_on_kube_ipvs0_belong_to_nobody)
{
	setup();
	sh("ip link add kube-ipvs0 type ifb && "
	   "ip addr add 192.0.2.18/32 dev kube-ipvs0 && "
	   "ip addr add 192.0.2.1/24 dev eth0");
	wait_until(foreign("192.0.2.1"));
	ck_assert_ptr_null(foreign("192.0.2.18"));
	sh("ip addr add 192.0.2.18/32 dev eth0");
	wait_until(foreign("192.0.2.18"));
}
END_TEST

/* Before Linux 5.18: what vipd says it added is its own, whatever it shows. */
START_TEST(what_was_noted_as_vipds_is_its_own)
{
	struct ipaddr a;

	setup();
	sh("ip addr add 192.0.2.18/32 dev eth0");
	wait_until(foreign("192.0.2.18"));
	ck_assert(ipaddr_parse("192.0.2.18", &a));
	links_note_own(links, eth0().ifindex, &a, 32, false);
	ck_assert_ptr_null(foreign("192.0.2.18"));
	ck_assert_uint_eq(own_present, 1);
	links_drain(links);
	ck_assert(is(eth0().primary4, "none"));
	sh("ip addr del 192.0.2.18/32 dev eth0");
	wait_until(own_gone == 1);
}
END_TEST

/* Far more notifications than the buffer holds: all is read again. */
START_TEST(lost_notifications_are_made_good_by_a_dump)
{
	int tiny = 1;

	setup();
	sh("ip addr add 192.0.2.1/24 dev eth0");
	add_own("192.0.2.18/32");
	wait_until(own_present == 1);
	ck_assert_int_eq(setsockopt(nl_socket_get_fd(links_socket(links)), SOL_SOCKET,
			     SO_RCVBUF, &tiny, sizeof(tiny)),
	    0);
	for (int round = 0; round < 5; round++) {
		sh("ip addr flush dev eth0; for i in $(seq 2 99); do echo "
		   "addr add 10.0.0.$i/32 dev eth0; echo link set eth0 mtu 13$i; done "
		   "| ip -batch -; ip link set eth0 mtu 1300; "
		   "ip addr flush to 10.0.0.0/24 dev eth0; "
		   "ip addr add 192.0.2.2/24 dev eth0");
		wait_until(eth0().mtu == 1300 && is(eth0().primary4, "192.0.2.2"));
		wait_until(!foreign("10.0.0.2") && !foreign("10.0.0.99"));
		ck_assert_ptr_null(foreign("192.0.2.1"));
	}
	ck_assert_uint_eq(own_gone, 1);
}
END_TEST

/* Nodes with kube-proxy's IPVS mode have one for each Service. */
START_TEST(ten_thousand_foreign_addresses_are_read_within_a_second)
{
	uint64_t start;

	ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
	for (int i = 0; i < 10; i++) {
		char command[200];

		snprintf(command, sizeof(command),
		    "ip link add d%d type ifb && for i in $(seq 1 4); do for k in "
		    "$(seq 1 250); do echo addr add 10.%d.$i.$k/32 dev d%d; done; "
		    "done | ip -batch -",
		    i, i, i);
		sh(command);
	}
	start = clock_us();
	begin();
	ck_assert_uint_lt(clock_us() - start, US_PER_S);
	ck_assert_str_eq(foreign("10.9.4.250"), "d9");
}
END_TEST

UNIT_MAIN("link", the_first_dump_knows_interfaces_and_addresses,
    the_primary_address_is_global_not_secondary_and_not_vipds,
    a_lasting_address_is_the_nodes_own, a_tentative_link_local_address_does_not_count_yet,
    a_link_goes_down_and_up_with_its_carrier,
    a_bridge_is_usable_while_one_of_its_ports_is,
    changes_of_mtu_address_and_forwarding_are_told,
    a_renamed_interface_is_found_by_its_new_name,
    a_deleted_interface_takes_its_addresses_along,
    what_others_have_is_told_whatever_the_interface,
    addresses_on_kube_ipvs0_belong_to_nobody, what_was_noted_as_vipds_is_its_own,
    lost_notifications_are_made_good_by_a_dump,
    ten_thousand_foreign_addresses_are_read_within_a_second)

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's sockets, opened here because opening needs privileges and the
 * routing lock. All are non-blocking and closed on exec. Return 0 or a
 * descriptor, or -errno.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * fds[0] receives: a packet socket on the interface with a filter for IP
 * protocol 112 to this host (a host firewall's input policy starves a raw IP
 * socket, but not this one). fds[1] sends: a raw IP socket of protocol 112
 * bound to the device, TTL or hop limit 255 (RFC 9568 5.1.1.3, 5.1.2.3),
 * class 0xc0, no loop; it joins 224.0.0.18 or ff02::12, so that switches
 * deliver, and receives nothing.
 *
 * vmac: NULL, or the MAC of the macvlan that the interface is. It receives what
 * comes from this MAC and does not join: all else is for its parent to hear.
 */
int socket_open_vrrp(
    const char *ifname, int ifindex, uint8_t family, const uint8_t *vmac, int fds[2]);
/*
 * A sending socket whose group the kernel has forgotten, with all of the family
 * on that interface. (Opening another would not do: the first one's end takes
 * the other's membership away.)
 */
int socket_join_again(int fd, int ifindex, uint8_t family);
/*
 * Two packet sockets for whole Ethernet frames on the interface: fds[0] hears
 * ARP, fds[1] Neighbor Solicitations and Advertisements; not what this host
 * sends itself, and not what is for other devices on top of the interface.
 */
int socket_open_hearing(int ifindex, int fds[2]);
/* A packet socket for whole Ethernet frames, not bound, receiving nothing. */
int socket_open_announce(void);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's system calls on sockets that vipd has opened (it sets them up:
 * socket.h there). None blocks. Return 0 or a length, or -errno.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ipaddr.h"

/*
 * One IP packet from a packet socket. -EAGAIN when there is no more; a packet
 * larger than size is cut, and its length is still that of the packet.
 */
int io_receive(int fd, void *buf, size_t size);
/* A VRRP message on a raw IP socket, out of interface ifindex. ttl is the hop
 * limit, too. */
int io_send(int fd, uint32_t ifindex, const struct ipaddr *src, const struct ipaddr *dst,
    uint8_t ttl, const void *message, size_t len);
/* A whole Ethernet frame on the announcement socket. */
int io_send_frame(int fd, uint32_t ifindex, const void *frame, size_t len);

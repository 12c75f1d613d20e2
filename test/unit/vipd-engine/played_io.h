/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * io.h played for the tests of one virtual router on interface 4: what is sent can be
 * looked at and made to fail; nothing is ever received.
 */
#pragma once

#include <errno.h>
#include <string.h>

#include "engine/advert.h"
#include "engine/io.h"
#include "unit.h"

static struct {
	unsigned adverts;
	unsigned zeros; /* of them, with priority 0 */
	unsigned frames;
	uint8_t ttl;
	int error; /* of the next sends */
	uint8_t message[ADVERT_LEN_MAX];
	size_t len;
	struct ipaddr src;
	struct ipaddr dst;
	struct ipaddr refuse; /* this destination alone */
} net;

int
io_receive(int fd, void *buf, size_t size)
{
	(void)fd;
	(void)buf;
	(void)size;
	return -EAGAIN;
}

int
io_send(int fd, uint32_t ifindex, const struct ipaddr *src, const struct ipaddr *dst,
    uint8_t ttl, const void *message, size_t len)
{
	(void)fd;
	net.ttl = ttl;
	ck_assert_uint_eq(ifindex, 4);
	if (net.error || ipaddr_eq(dst, &net.refuse))
		return net.error ? net.error : -EHOSTUNREACH;
	net.adverts++;
	net.zeros += ((const uint8_t *)message)[2] == 0;
	memcpy(net.message, message, len);
	net.len = len;
	net.src = *src;
	net.dst = *dst;
	return 0;
}

int
io_send_frame(int fd, uint32_t ifindex, const void *frame, size_t len)
{
	(void)fd;
	(void)ifindex;
	(void)frame;
	(void)len;
	net.frames++;
	return 0;
}

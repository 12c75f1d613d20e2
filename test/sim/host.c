/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a node has instead of an operating system: clocks, and the engine's sends. */
#include <errno.h>
#include <stdio.h>

#include "clock.h"
#include "engine/io.h"
#include "sim.h"

/* ---- clocks ---- */

uint64_t
node_clock(const struct node *n)
{
	return (uint64_t)((int64_t)sim.now + n->offset_us +
	    (int64_t)sim.now / 1000 * n->ppm / 1000);
}

uint64_t
node_world_time(const struct node *n, uint64_t at_us)
{
	uint64_t now = node_clock(n);
	int64_t left = (int64_t)(at_us - now);

	if (at_us == DEADLINE_NEVER)
		return DEADLINE_NEVER;
	if (left <= 0)
		return sim.now;
	return sim.now + (uint64_t)(left - left / 1000 * n->ppm / 1000) + 2;
}

uint64_t
node_wall_clock(const struct node *n)
{
	return (uint64_t)((int64_t)(sim.now + 1700000000 * US_PER_S) + n->wall_us);
}

/* ---- in place of lib/clock.c ---- */

uint64_t
clock_us(void)
{
	return sim.now;
}

uint64_t
clock_wall_us(void)
{
	return sim.wall_us;
}

/* ---- in place of the engine's io.c ---- */

static struct node *
owner(uint32_t ifindex, unsigned *net)
{
	*net = (ifindex - 1) % SIM_NETS_MAX;
	return &sim.nodes[(ifindex - 1) / SIM_NETS_MAX];
}

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
	unsigned net;
	struct node *n = owner(ifindex, &net);
	const uint8_t *bytes = message;
	char text[48];

	(void)fd;
	(void)dst;
	(void)ttl;
	if (sim.mute)
		return 0;
	sim_require(
	    !n->overslept || bytes[2] == 0, n->number, "overslept, and speaks as master");
	if (sim.trace && (bytes[2] == 0 || !node_is_master(n, net))) {
		snprintf(text, sizeof(text), "net %u: sends %u", net, bytes[2]);
		sim_tell(n->number, text);
	}
	sim_multicast(n, net, src, message, len);
	return 0;
}

/* I3 */
int
io_send_frame(int fd, uint32_t ifindex, const void *frame, size_t len)
{
	unsigned net;
	struct node *n = owner(ifindex, &net);

	(void)fd;
	sim_require(node_is_master(n, net), n->number, "announces without being master");
	sim_require(!n->overslept, n->number, "overslept, and announces");
	sim_broadcast(n, net, frame, len);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "hearing.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "mem.h"

/* A thousand addresses announced five times over are read within the time
 * that installing them took; a flood has 64,000 frames/s read, no more. */
#define READ_BURST 128
#define PAUSE_S 0.002

static struct hearing *
hearing_of(ev_io *w)
{
	return w->data;
}

static void
start(struct hearing *h)
{
	for (int i = 0; i < HEARING_SOCKETS; i++)
		if (h->readable[i].fd >= 0)
			ev_io_start(h->loop, &h->readable[i]);
}

static void
stop(struct hearing *h)
{
	for (int i = 0; i < HEARING_SOCKETS; i++)
		ev_io_stop(h->loop, &h->readable[i]);
}

/* False when there was nothing more. */
static bool
read_one(struct hearing *h, ev_io *w)
{
	uint8_t buf[NEIGHBOUR_FRAME_MAX];
	struct neighbour n;
	int len;

	len = io_receive(w->fd, buf, sizeof(buf));
	if (len < 0 && len != -EAGAIN) {
		log_warn("hearing neighbours: %s; what they say of addresses is not "
			 "noticed any more",
		    strerror(-len));
		ev_io_stop(h->loop, w);
	}
	if (len < 0)
		return false;
	/* A longer one is no neighbour message: its end is cut off. */
	if ((size_t)len <= sizeof(buf) &&
	    neighbour_read(buf, (size_t)len, &n) == NEIGHBOUR_OK)
		h->fn(h, &n);
	return true;
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	struct hearing *h = hearing_of(w);
	int left = READ_BURST;

	(void)events;
	while (left > 0 && read_one(h, w))
		left--;
	if (left > 0)
		return;
	stop(h);
	ev_timer_set(&h->pause, PAUSE_S, 0.);
	ev_timer_start(loop, &h->pause);
}

static void
on_pause_over(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	start(container_of(w, struct hearing, pause));
}

void
hearing_init(struct hearing *h, struct ev_loop *loop, hearing_fn *fn)
{
	*h = (struct hearing){ .loop = loop, .fn = fn };
	ev_timer_init(&h->pause, on_pause_over, 0., 0.);
	for (int i = 0; i < HEARING_SOCKETS; i++) {
		ev_io_init(&h->readable[i], on_readable, -1, EV_READ);
		h->readable[i].data = h;
	}
}

static void
close_sockets(struct hearing *h)
{
	stop(h);
	for (int i = 0; i < HEARING_SOCKETS; i++)
		if (h->readable[i].fd >= 0)
			close(h->readable[i].fd);
}

void
hearing_set_sockets(struct hearing *h, const int fds[HEARING_SOCKETS])
{
	close_sockets(h);
	for (int i = 0; i < HEARING_SOCKETS; i++)
		ev_io_set(&h->readable[i], fds[i], EV_READ);
	if (h->listening)
		start(h);
}

void
hearing_listen(struct hearing *h)
{
	h->listening = true;
	start(h);
}

void
hearing_fini(struct hearing *h)
{
	ev_timer_stop(h->loop, &h->pause);
	close_sockets(h);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "healthserver.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uthash.h>

#include "clock.h"
#include "healthcheck.h"
#include "mem.h"
#include "object.h"
#include "wake.h"

#define CLIENTS_MAX 64
/* Of the descriptors of a process most are for its connections to the API. */
#define PORTS_MAX 512
#define PATIENCE_US (5 * US_PER_S)
#define AGAIN_S 5.

struct health_port {
	struct health_server *server;
	struct msg_service_key id;
	uint32_t local;
	uint16_t port;
	int fd; /* -1: not ours (yet) */
	ev_io io;
	UT_hash_handle hh;
	char key[SERVICE_KEY_LEN];
};

struct health_client {
	struct health_port *port;
	uint64_t until_us;
	int fd;
	ev_io io;
	size_t len;
	TAILQ_ENTRY(health_client) next;
	char buf[HEALTH_REQUEST_MAX];
};

/* ---- clients ---- */

static void
drop(struct health_server *h, struct health_client *c)
{
	TAILQ_REMOVE(&h->clients, c, next);
	h->n_clients--;
	ev_io_stop(h->loop, &c->io);
	close(c->fd);
	free(c);
}

static void
drop_all(struct health_server *h, const struct health_port *of)
{
	struct health_client *c, *next;

	for (c = TAILQ_FIRST(&h->clients); c; c = next) {
		next = TAILQ_NEXT(c, next);
		if (c->port == of)
			drop(h, c);
	}
}

/* All have the same time, so the oldest is the first whose time is over. */
static void
be_patient(struct health_server *h)
{
	const struct health_client *c;
	uint64_t now_us = clock_us();

	while ((c = TAILQ_FIRST(&h->clients)) && c->until_us <= now_us)
		drop(h, TAILQ_FIRST(&h->clients));
	if (c)
		wake_at(h->loop, &h->patience, c->until_us);
	else
		ev_timer_stop(h->loop, &h->patience);
}

static void
on_patience(struct ev_loop *loop, ev_timer *t, int events)
{
	(void)loop;
	(void)events;
	be_patient(container_of(t, struct health_server, patience));
}

/* An answer always fits the buffer of a new connection. */
static void
answer(const struct health_client *c, enum health_request request)
{
	char buf[HEALTH_ANSWER_MAX];
	const struct health health = {
		.local = c->port->local,
		.excluded = c->port->server->excluded,
	};
	size_t len = health_answer(buf, request, &c->port->id, &health);

	if (send(c->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len)
		shutdown(c->fd, SHUT_WR);
}

static void
on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct health_client *c = container_of(io, struct health_client, io);
	struct health_server *h = c->port->server;
	enum health_request request;
	ssize_t n = recv(c->fd, c->buf + c->len, sizeof(c->buf) - c->len, MSG_DONTWAIT);

	(void)loop;
	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		c->len += (size_t)n;
		request = health_request(c->buf, c->len);
		if (request == HEALTH_MORE)
			return;
		answer(c, request);
	}
	drop(h, c);
	be_patient(h);
}

/* ---- ports ---- */

static void
unlisten(struct health_port *p)
{
	if (p->fd < 0)
		return;
	ev_io_stop(p->server->loop, &p->io);
	close(p->fd);
	p->fd = -1;
	drop_all(p->server, p);
}

static void
on_connection(struct ev_loop *loop, ev_io *io, int events)
{
	struct health_port *p = container_of(io, struct health_port, io);
	struct health_server *h = p->server;
	struct health_client *c;
	int fd = accept4(p->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0) {
		/* Without descriptors it would be readable for ever. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			unlisten(p);
		return;
	}
	if (h->n_clients == CLIENTS_MAX)
		drop(h, TAILQ_FIRST(&h->clients));
	c = xcalloc(1, sizeof(*c));
	c->port = p;
	c->fd = fd;
	c->until_us = clock_us() + PATIENCE_US;
	TAILQ_INSERT_TAIL(&h->clients, c, next);
	h->n_clients++;
	ev_io_init(&c->io, on_readable, fd, EV_READ);
	ev_io_start(loop, &c->io);
	be_patient(h);
}

/* All addresses of the node, of both families where it has both. */
static int
open_port(uint16_t port)
{
	struct sockaddr_in6 any6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in any4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	const int type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, on = 1, off = 0;
	int fd = socket(AF_INET6, type, 0), error;
	bool has6 = fd >= 0;

	if (!has6)
		fd = socket(AF_INET, type, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (has6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, has6 ? (struct sockaddr *)&any6 : (struct sockaddr *)&any4,
		has6 ? sizeof(any6) : sizeof(any4)) == 0 &&
	    listen(fd, CLIENTS_MAX) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

static void
listen_on(struct health_port *p)
{
	struct health_server *h = p->server;
	uint32_t held;
	int fd = open_port(p->port);

	if (fd >= 0) {
		p->fd = fd;
		ev_io_init(&p->io, on_connection, fd, EV_READ);
		ev_io_start(h->loop, &p->io);
	} else if (fd != -EADDRINUSE && log_allowed(&h->log, clock_us(), &held)) {
		log_warn("%s: healthCheckNodePort %u cannot be opened: %s (%u more such "
			 "lines held back)",
		    p->key, p->port, strerror(-fd), held);
	}
}

static void
on_again(struct ev_loop *loop, ev_timer *t, int events)
{
	struct health_server *h = container_of(t, struct health_server, again);

	(void)loop;
	(void)events;
	for (struct health_port *p = h->ports; p; p = p->hh.next)
		if (p->fd < 0)
			listen_on(p);
}

static void
forget(struct health_server *h, struct health_port *p)
{
	unlisten(p);
	HASH_DEL(h->ports, p);
	free(p);
	if (!h->ports)
		ev_timer_stop(h->loop, &h->again);
}

static struct health_port *
add(struct health_server *h, const char *key)
{
	struct health_port *p;
	uint32_t held;
	const char *slash = strchr(key, '/');

	if (HASH_COUNT(h->ports) >= PORTS_MAX) {
		if (log_allowed(&h->log, clock_us(), &held))
			log_warn("%s: no more than %d healthCheckNodePorts are answered "
				 "(%u more such lines held back)",
			    key, PORTS_MAX, held);
		return NULL;
	}
	p = xcalloc(1, sizeof(*p));
	p->server = h;
	p->fd = -1;
	str_copy(p->key, sizeof(p->key), key);
	memcpy(p->id.ns, key, (size_t)(slash - key));
	str_copy(p->id.name, sizeof(p->id.name), slash + 1);
	HASH_ADD_STR(h->ports, key, p);
	if (!ev_is_active(&h->again))
		ev_timer_again(h->loop, &h->again);
	return p;
}

void
health_server_set(
    struct health_server *h, const char *service_key, uint16_t port, uint32_t local)
{
	struct health_port *p;

	HASH_FIND_STR(h->ports, service_key, p);
	if (!port) {
		if (p)
			forget(h, p);
		return;
	}
	if (!p)
		p = add(h, service_key);
	if (!p)
		return;
	p->local = local;
	if (p->port == port)
		return;
	unlisten(p);
	p->port = port;
	listen_on(p);
}

void
health_server_init(struct health_server *h, struct ev_loop *loop)
{
	*h = (struct health_server){ .loop = loop };
	h->log.interval_us = 10 * US_PER_S;
	TAILQ_INIT(&h->clients);
	ev_init(&h->patience, on_patience);
	ev_timer_init(&h->again, on_again, AGAIN_S, AGAIN_S);
}

void
health_server_fini(struct health_server *h)
{
	while (h->ports)
		forget(h, h->ports);
	ev_timer_stop(h->loop, &h->patience);
}

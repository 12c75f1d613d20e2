/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utlist.h>

#include "log.h"
#include "mem.h"

/* A client that has not taken its answer by then is closed. */
#define CLIENT_LIFE_S 30.
#define SHORTAGE_S 0.1

struct control_client {
	struct control *control;
	struct chan chan;
	ev_timer life;
	bool asked;
	bool ended;
	struct control_client *prev, *next;
};

static void
client_free(struct control_client *cl)
{
	struct control *c = cl->control;

	c->ops->gone(c->arg, cl);
	ev_timer_stop(c->loop, &cl->life);
	chan_close(&cl->chan);
	DL_DELETE(c->clients, cl);
	c->n_clients--;
	free(cl);
}

static const char *
on_msg(struct chan *chan, const struct msg *m)
{
	struct control_client *cl = container_of(chan, struct control_client, chan);
	const struct msg_ctl_request *req = m->head;

	if (cl->asked)
		return "a second request";
	cl->asked = true;
	if (req->protocol != MSG_PROTOCOL)
		control_end(cl, 2, "vipctl and vipd are of different versions");
	else
		cl->control->ops->request(cl->control->arg, cl, req);
	return NULL;
}

static void
on_drained(struct chan *chan)
{
	struct control_client *cl = container_of(chan, struct control_client, chan);

	/* The peer closes; until then what it has not read yet is safe. */
	if (cl->ended)
		shutdown(chan->fd, SHUT_WR);
	else
		cl->control->ops->drained(cl->control->arg);
}

static void
on_closed(struct chan *chan, const char *why)
{
	struct control_client *cl = container_of(chan, struct control_client, chan);

	if (why)
		log_warn("control socket: %s", why);
	client_free(cl);
}

static const struct chan_ops client_ops = {
	.on_msg = on_msg,
	.on_drained = on_drained,
	.on_closed = on_closed,
};

static void
on_life_over(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	client_free(container_of(w, struct control_client, life));
}

static void
on_again(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)events;
	ev_timer_stop(loop, w);
	ev_io_start(loop, &container_of(w, struct control, again)->accepting);
}

static void
on_accept(struct ev_loop *loop, ev_io *w, int events)
{
	struct control *c = container_of(w, struct control, accepting);
	struct control_client *cl;
	int fd;

	(void)events;
	fd = accept4(w->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0) {
		/* It would stay readable, and the loop would not rest. */
		if (errno_is_shortage(errno)) {
			ev_io_stop(loop, w);
			ev_timer_again(loop, &c->again);
		}
		return;
	}
	if (c->n_clients >= CONTROL_CLIENTS_MAX) {
		close(fd);
		return;
	}
	cl = xcalloc(1, sizeof(*cl));
	cl->control = c;
	DL_APPEND(c->clients, cl);
	c->n_clients++;
	ev_timer_init(&cl->life, on_life_over, CLIENT_LIFE_S, 0.);
	ev_timer_start(loop, &cl->life);
	chan_open(&cl->chan, loop, fd, PEER_CTL, &client_ops);
}

static int
listen_at(const char *path, gid_t group)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	mode_t before;
	int error, fd;

	if (!str_copy(sun.sun_path, sizeof(sun.sun_path), path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	unlink(path);
	/* Never open to others, not even between bind and a chmod. */
	before = umask(0177);
	error = bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ? -errno : 0;
	umask(before);
	if (!error && group && (chown(path, 0, group) < 0 || chmod(path, 0660) < 0))
		log_warn("%s: only root may ask: %s", path, strerror(errno));
	if (!error && listen(fd, CONTROL_CLIENTS_MAX) < 0)
		error = -errno;
	if (error)
		close(fd);
	return error ? error : fd;
}

int
control_open(struct control *c, struct ev_loop *loop, const char *run_dir, gid_t group,
    const struct control_ops *ops, void *arg)
{
	_free_ char *path = xasprintf("%s/control.sock", run_dir);
	int fd;

	*c = (struct control){ .loop = loop, .ops = ops, .arg = arg };
	if (mkdir(run_dir, 0755) < 0 && errno != EEXIST) {
		log_err("%s: %s", run_dir, strerror(errno));
		return -errno;
	}
	fd = listen_at(path, group);
	if (fd < 0) {
		log_err("%s: %s", path, strerror(-fd));
		return fd;
	}
	str_copy(c->path, sizeof(c->path), path);
	ev_timer_init(&c->again, on_again, 0., SHORTAGE_S);
	ev_io_init(&c->accepting, on_accept, fd, EV_READ);
	ev_io_start(loop, &c->accepting);
	return 0;
}

void
control_close(struct control *c)
{
	struct control_client *cl, *tmp;

	DL_FOREACH_SAFE(c->clients, cl, tmp)
	client_free(cl);
	ev_io_stop(c->loop, &c->accepting);
	ev_timer_stop(c->loop, &c->again);
	close(c->accepting.fd);
	unlink(c->path);
}

void
control_keep(struct control_client *cl)
{
	ev_timer_stop(cl->control->loop, &cl->life);
}

bool
control_is_root(const struct control_client *cl)
{
	struct ucred peer = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(peer);

	getsockopt(cl->chan.fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	return peer.uid == 0;
}

struct chan *
control_chan(struct control_client *cl)
{
	return &cl->chan;
}

void
control_text(struct control_client *cl, uint32_t level, const char *fmt, ...)
{
	struct msg_ctl_text m = { .level = level };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m.text, sizeof(m.text), fmt, ap);
	va_end(ap);
	chan_send(&cl->chan, MSG_CTL_TEXT, &m, NULL, 0);
}

void
control_end(struct control_client *cl, uint32_t code, const char *fmt, ...)
{
	struct msg_ctl_end m = { .code = code };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m.text, sizeof(m.text), fmt, ap);
	va_end(ap);
	chan_send(&cl->chan, MSG_CTL_END, &m, NULL, 0);
	cl->ended = true;
	if (!chan_backlog(&cl->chan))
		on_drained(&cl->chan);
}

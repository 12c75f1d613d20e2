/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "model.h"
#include "text.h"

/* One question: where it is asked and what is left of its patience. */
struct asking {
	int fd;
	const char *path;
	char *error;
	uint64_t deadline_us;
	size_t bytes;
	bool endless; /* no deadlines, no bound */
};

static int __attribute__((format(printf, 3, 4)))
give_up(struct asking *a, int err, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(a->error, CLIENT_ERROR_LEN, "%s: ", a->path);

	if (n < 0 || n >= CLIENT_ERROR_LEN)
		return -err;
	va_start(ap, fmt);
	vsnprintf(a->error + n, CLIENT_ERROR_LEN - (size_t)n, fmt, ap);
	va_end(ap);
	return -err;
}

static const char *
connect_hint(int err)
{
	switch (err) {
	case ENOENT:
		return "no such socket: is vipd running? (systemctl status vipd)";
	case ECONNREFUSED:
		return "nobody listens: vipd has died (journalctl -u vipd)";
	case EACCES:
		return "permission denied: try as root";
	case EPROTOTYPE:
	case ENOTSOCK:
		return "not a control socket of vipd";
	case EAGAIN:
		return "vipd does not accept connections: it is busy or hangs";
	default:
		return strerror(err);
	}
}

static int
open_socket(struct asking *a)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	/* A full backlog would block connect(2) for ever. */
	struct timeval patience = { .tv_sec = CLIENT_SILENCE_MS / 1000 };

	if (!str_copy(sun.sun_path, sizeof(sun.sun_path), a->path))
		return give_up(a, ENAMETOOLONG, "longer than a socket's name may be");
	a->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (a->fd < 0)
		return give_up(a, errno, "socket: %s", strerror(errno));
	setsockopt(a->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(a->fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		return give_up(a, errno, "%s", connect_hint(errno));
	return 0;
}

static int
send_request(struct asking *a, enum ctl_command command, const char *arg, const char *to)
{
	uint8_t buf[sizeof(struct msg_header) + sizeof(struct msg_ctl_request)];
	struct msg_ctl_request request = {
		.protocol = MSG_PROTOCOL,
		.command = command,
	};
	size_t len;

	if (!str_copy(request.arg, sizeof(request.arg), arg))
		return give_up(a, EINVAL, "'%s' is too long", arg);
	if (!str_copy(request.to, sizeof(request.to), to))
		return give_up(a, EINVAL, "'%s' is too long", to);
	len = msg_build(buf, MSG_CTL_REQUEST, 0, &request, NULL, 0);
	if (send(a->fd, buf, len, MSG_NOSIGNAL) < 0)
		return give_up(a, errno, "request: %s", strerror(errno));
	return 0;
}

static int
not_understood(struct asking *a, const char *wrong)
{
	return give_up(a, EPROTO,
	    "answer not understood (%s): are vipctl and vipd of one version?", wrong);
}

/* Waits for the next record; returns its length (0: closed) or -errno. */
static ssize_t
receive(struct asking *a, void *buf)
{
	struct pollfd pfd = { .fd = a->fd, .events = POLLIN };
	ssize_t n;

	n = poll(&pfd, 1, a->endless ? -1 : CLIENT_SILENCE_MS);
	if (n == 0)
		return give_up(a, ETIMEDOUT, "vipd has said nothing for %d s",
		    CLIENT_SILENCE_MS / 1000);
	if (n > 0)
		n = recv(a->fd, buf, MSG_MAX, MSG_TRUNC);
	if (n < 0)
		return give_up(a, errno, "answer: %s", strerror(errno));
	a->bytes += (size_t)n;
	if (!a->endless && (a->bytes > CLIENT_BYTES_MAX || clock_us() > a->deadline_us))
		return give_up(a, EPROTO, "the answer does not end");
	return n;
}

/* The next message; 0 with it in *msg, or -errno. */
static int
next_message(struct asking *a, struct msg *msg)
{
	static _Alignas(8) uint8_t buf[MSG_MAX];
	const char *wrong;
	ssize_t n = receive(a, buf);

	if (n < 0)
		return (int)n;
	if (n == 0)
		return give_up(a, EPROTO,
		    "vipd closed the connection in mid-answer (journalctl -u vipd)");
	wrong = msg_parse(buf, (size_t)n, PEER_VIPD, msg);
	return wrong ? not_understood(a, wrong) : 0;
}

static int
collect(struct asking *a, struct model *model)
{
	const char *wrong;
	struct msg msg;
	int err;

	while (model->phase != MODEL_ENDED) {
		err = next_message(a, &msg);
		if (err)
			return err;
		wrong = model_add(model, &msg);
		if (wrong)
			return not_understood(a, wrong);
	}
	return 0;
}

int
client_ask(const char *socket_path, enum ctl_command command, const char *arg,
    const char *to, struct model *model, char error[CLIENT_ERROR_LEN])
{
	struct asking a = {
		.fd = -1,
		.path = socket_path,
		.error = error,
		.deadline_us = clock_us() + CLIENT_TOTAL_MS * US_PER_MS,
	};
	int err;

	err = open_socket(&a);
	if (!err)
		err = send_request(&a, command, arg, to);
	if (!err)
		err = collect(&a, model);
	if (a.fd >= 0)
		close(a.fd);
	return err;
}

static int
take_events(struct asking *a, bool (*on_event)(const struct msg_ctl_event *, void *),
    void *arg, struct msg_ctl_end *end)
{
	struct msg_ctl_event event;
	struct msg msg = { 0 };
	int err;

	for (;;) {
		err = next_message(a, &msg);
		if (err)
			return err;
		if (msg.type == MSG_CTL_END) {
			*end = *(const struct msg_ctl_end *)msg.head;
			text_clean(end->text, sizeof(end->text));
			return 0;
		}
		if (msg.type != MSG_CTL_EVENT)
			return not_understood(a, "no event");
		event = *(const struct msg_ctl_event *)msg.head;
		text_clean(event.text, sizeof(event.text));
		if (!on_event(&event, arg))
			return 0;
	}
}

int
client_follow(const char *socket_path, bool follow,
    bool (*on_event)(const struct msg_ctl_event *event, void *arg), void *arg,
    struct msg_ctl_end *end, char error[CLIENT_ERROR_LEN])
{
	struct asking a = {
		.fd = -1,
		.path = socket_path,
		.error = error,
		.endless = follow,
		.deadline_us = clock_us() + CLIENT_TOTAL_MS * US_PER_MS,
	};
	int err;

	err = open_socket(&a);
	if (!err)
		err = send_request(&a, CTL_EVENTS, follow ? "follow" : "", "");
	if (!err)
		err = take_events(&a, on_event, arg, end);
	if (a.fd >= 0)
		close(a.fd);
	return err;
}

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

/* One question: where it is asked and what is left of its patience. */
struct asking {
	int fd;
	const char *path;
	char *error;
	uint64_t deadline_us;
	size_t bytes;
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
send_request(struct asking *a, enum ctl_command command, const char *arg)
{
	uint8_t buf[sizeof(struct msg_header) + sizeof(struct msg_ctl_request)];
	struct msg_ctl_request request = {
		.protocol = MSG_PROTOCOL,
		.command = command,
	};
	size_t len;

	if (!str_copy(request.arg, sizeof(request.arg), arg))
		return give_up(a, EINVAL, "'%s' is too long", arg);
	len = msg_build(buf, MSG_CTL_REQUEST, 0, &request, NULL, 0);
	if (send(a->fd, buf, len, MSG_NOSIGNAL) < 0)
		return give_up(a, errno, "request: %s", strerror(errno));
	return 0;
}

/* Waits for the next record; returns its length (0: closed) or -errno. */
static ssize_t
receive(struct asking *a, void *buf)
{
	struct pollfd pfd = { .fd = a->fd, .events = POLLIN };
	ssize_t n;

	n = poll(&pfd, 1, CLIENT_SILENCE_MS);
	if (n == 0)
		return give_up(a, ETIMEDOUT, "vipd has said nothing for %d s",
		    CLIENT_SILENCE_MS / 1000);
	if (n > 0)
		n = recv(a->fd, buf, MSG_MAX, MSG_TRUNC);
	if (n < 0)
		return give_up(a, errno, "answer: %s", strerror(errno));
	a->bytes += (size_t)n;
	if (a->bytes > CLIENT_BYTES_MAX || clock_us() > a->deadline_us)
		return give_up(a, EPROTO, "the answer does not end");
	return n;
}

static int
collect(struct asking *a, struct model *model)
{
	static _Alignas(8) uint8_t buf[MSG_MAX];

	while (model->phase != MODEL_ENDED) {
		const char *wrong;
		struct msg msg;
		ssize_t n = receive(a, buf);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return give_up(a, EPROTO,
			    "vipd closed the connection in mid-answer "
			    "(journalctl -u vipd)");
		wrong = msg_parse(buf, (size_t)n, PEER_VIPD, &msg);
		if (!wrong)
			wrong = model_add(model, &msg);
		if (wrong)
			return give_up(a, EPROTO,
			    "answer not understood (%s): are vipctl and vipd of "
			    "one version?",
			    wrong);
	}
	return 0;
}

int
client_ask(const char *socket_path, enum ctl_command command, const char *arg,
    struct model *model, char error[CLIENT_ERROR_LEN])
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
		err = send_request(&a, command, arg);
	if (!err)
		err = collect(&a, model);
	if (a.fd >= 0)
		close(a.fd);
	return err;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "child.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "mem.h"

/* A child's log may lag behind this far before lines are dropped. */
#define LOG_BACKLOG_MAX (64 * 1024)

static void
log_to_vipd(enum log_level level, const char *line, void *arg)
{
	struct child *c = arg;
	struct msg_log m = { .level = level, .dropped = c->log_dropped };

	if (!chan_is_open(&c->chan) || chan_backlog(&c->chan) > LOG_BACKLOG_MAX) {
		c->log_dropped++;
		return;
	}
	c->log_dropped = 0;
	str_copy(m.text, sizeof(m.text), line);
	chan_send(&c->chan, MSG_LOG, &m, NULL, 0);
}

void
child_init(struct child *c, const char *program, const struct chan_ops *ops)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };
	socklen_t len = sizeof(int);
	int type = 0;

	log_init(program, getenv("VIPD_VERBOSE") != NULL);
	if (getsockopt(MSG_CHILD_FD, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    type != SOCK_SEQPACKET)
		fatalx("is started by vipd, not by hand: run vipd -f FILE");
	for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
		signal(ignored[i], SIG_IGN);
	c->loop = ev_default_loop(EVFLAG_AUTO | EVFLAG_NOSIGMASK);
	if (!c->loop)
		fatalx("no event loop");
	chan_open(&c->chan, c->loop, MSG_CHILD_FD, PEER_VIPD, ops);
	log_set_sink(log_to_vipd, c);
}

static void
become_user(const char *name)
{
	const struct passwd *pw = getpwnam(name);

	if (!pw)
		fatalx("user %s does not exist", name);
	if (capng_change_id((int)pw->pw_uid, (int)pw->pw_gid,
		CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING) != 0)
		fatalx("cannot become user %s", name);
}

void
child_drop(struct child *c, uint64_t keep)
{
	struct msg_hello hello = { .protocol = MSG_PROTOCOL, .pid = (uint32_t)getpid() };
	const char *user = getenv("VIPD_USER");

	capng_clear(CAPNG_SELECT_BOTH);
	for (unsigned cap = 0; cap < 64; cap++)
		if (keep & UINT64_C(1) << cap)
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, cap);
	if (geteuid() == 0 && user)
		become_user(user);
	else if (capng_apply(CAPNG_SELECT_BOTH) != 0)
		fatalx("cannot drop capabilities");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		fatal("no_new_privs");
	str_copy(hello.program, sizeof(hello.program), program_invocation_short_name);
	str_copy(hello.version, sizeof(hello.version), PACKAGE_VERSION);
	chan_send(&c->chan, MSG_HELLO, &hello, NULL, 0);
}

void
child_pong(struct child *c)
{
	chan_send(&c->chan, MSG_PONG, NULL, NULL, 0);
}

void
child_closed(struct chan *chan, const char *why)
{
	(void)chan;
	if (why)
		log_err("connection to vipd: %s", why);
	exit(why ? 1 : 0);
}

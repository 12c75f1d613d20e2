/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "log.h"
#include "mem.h"

#define FAST_FAILURES 3
#define BRIEF_LIFE_US US_PER_S
#define BRIEF_LIVES_MAX 10
/* Room for a whole SYNC of a medium cluster before anybody has to wait. */
#define SOCKET_BUFFER (1 << 20)

double
program_restart_delay(unsigned failures)
{
	double delay = 0.5;

	if (failures < FAST_FAILURES)
		return 0;
	for (unsigned i = FAST_FAILURES; i < failures && delay < 30; i++)
		delay *= 2;
	return delay < 30 ? delay : 30;
}

int
program_open(struct program *p, const char *dir, const char *name)
{
	_free_ char *path = xasprintf("%s/%s", dir, name);
	struct stat st;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		log_err("%s: %s (see --libexec-dir)", path, strerror(errno));
		return -errno;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111)) {
		log_err("%s: not an executable file (see --libexec-dir)", path);
		close(fd);
		return -EACCES;
	}
	/* Out of the way of MSG_CHILD_FD. */
	p->exe = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	close(fd);
	return p->exe < 0 ? -errno : 0;
}

/* In the new process: from here to the child's main. */
static _Noreturn void
become_child(const struct program *p, int fd, const char *argument)
{
	struct sched_param sp = { .sched_priority = p->realtime };
	char user[64], verbose[] = "VIPD_VERBOSE=1",
		       path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *env[] = { path, user, log_is_verbose() ? verbose : NULL, NULL };
	char *argv[] = { (char *)(uintptr_t)p->name, (char *)(uintptr_t)argument, NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(user, sizeof(user), "VIPD_USER=%s", p->user);
	if (p->realtime)
		sched_setscheduler(0, SCHED_FIFO, &sp);
	if (fd >= 0 && fd != MSG_CHILD_FD)
		dup2(fd, MSG_CHILD_FD);
	else if (fd == MSG_CHILD_FD)
		fcntl(fd, F_SETFD, 0);
	fexecve(p->exe, argv, env);
	_exit(127);
}

int
program_run_once(const struct program *p, const char *argument)
{
	int status = -1;
	pid_t pid;

	pid = fork();
	if (pid == 0)
		become_child(p, -1, argument);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Counted, not timed: what vipd itself slept is no fault of the child's. */
static void
on_pulse(struct ev_loop *loop, ev_timer *w, int events)
{
	struct program *p = container_of(w, struct program, pulse);

	(void)events;
	if (p->unanswered++ < p->patience) {
		chan_send(&p->chan, MSG_PING, NULL, NULL, 0);
		return;
	}
	ev_timer_stop(loop, w);
	log_err("%s: hangs (no answer for %.0f s); it is killed and started again",
	    p->name, PROGRAM_PULSE_S * p->patience);
	program_kill(p);
}

static const char *
on_hello(struct program *p, const struct msg_hello *hello)
{
	if (hello->protocol != MSG_PROTOCOL || strcmp(hello->version, PACKAGE_VERSION))
		return "another version";
	if (p->up)
		return "a second HELLO";
	p->up = true;
	p->unanswered = 0;
	ev_timer_again(p->loop, &p->pulse);
	if (p->brief_lives <= BRIEF_LIVES_MAX)
		p->failures = 0;
	p->ops->on_up(p);
	return NULL;
}

static const char *
on_msg(struct chan *c, const struct msg *m)
{
	struct program *p = container_of(c, struct program, chan);
	const struct msg_log *line = m->head;

	if (m->type == MSG_HELLO)
		return on_hello(p, m->head);
	if (m->type == MSG_LOG) {
		p->log_dropped += line->dropped;
		log_line((enum log_level)line->level, line->text);
		return NULL;
	}
	if (m->type == MSG_PONG) {
		p->unanswered = 0;
		return NULL;
	}
	if (!p->up)
		return "a message before HELLO";
	return p->ops->on_msg(p, m);
}

static void
on_closed(struct chan *c, const char *why)
{
	struct program *p = container_of(c, struct program, chan);

	/* A child without its socket is of no use; ev_child tells its end. */
	if (why)
		log_err("%s: %s; it is ended and started again", p->name, why);
	program_kill(p);
}

static void
on_drained(struct chan *c)
{
	struct program *p = container_of(c, struct program, chan);

	if (p->ops->on_drained)
		p->ops->on_drained(p);
}

static const struct chan_ops chan_ops = {
	.on_msg = on_msg,
	.on_drained = on_drained,
	.on_closed = on_closed,
};

static void
describe_end(const struct program *p, int status)
{
	if (!p->wanted)
		log_debug("%s: ended", p->name);
	else if (WIFSIGNALED(status))
		log_warn("%s: killed by signal %d (%s); starting it again", p->name,
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		log_warn("%s: ended with status %d; starting it again", p->name,
		    WEXITSTATUS(status));
}

/*
 * A death before HELLO counts at once. One that follows HELLO closely may be
 * anybody's kill; only a long row of them is a fault of its own.
 */
static void
count_death(struct program *p)
{
	bool brief = clock_us() - p->started_us < BRIEF_LIFE_US;

	p->brief_lives = brief ? p->brief_lives + 1 : 0;
	if (!p->up || p->brief_lives > BRIEF_LIVES_MAX)
		p->failures++;
	else
		p->failures = 0;
}

static void
start_later(struct program *p)
{
	ev_timer_set(&p->restart, program_restart_delay(p->failures), 0.);
	ev_timer_start(p->loop, &p->restart);
}

static void
on_child(struct ev_loop *loop, ev_child *w, int events)
{
	struct program *p = container_of(w, struct program, child);

	(void)events;
	ev_child_stop(loop, w);
	ev_timer_stop(loop, &p->pulse);
	/* What it said last (its reason) is still in the socket. */
	if (chan_is_open(&p->chan))
		chan_poll(&p->chan);
	chan_close(&p->chan);
	describe_end(p, w->rstatus);
	p->pid = 0;
	count_death(p);
	p->up = false;
	p->ops->on_down(p);
	if (!p->wanted)
		return;
	p->restarts++;
	start_later(p);
}

static void
on_restart(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	program_start(container_of(w, struct program, restart));
}

/* -errno, and nothing is left, if the system has no room for it now. */
static int
spawn(struct program *p)
{
	int size = SOCKET_BUFFER, sv[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		setsockopt(sv[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	pid = fork();
	if (pid == 0)
		become_child(p, sv[1], NULL);
	if (pid < 0) {
		int error = errno;

		close(sv[0]);
		close(sv[1]);
		return -error;
	}
	close(sv[1]);
	p->pid = pid;
	ev_child_init(&p->child, on_child, pid, 0);
	ev_child_start(p->loop, &p->child);
	chan_open(&p->chan, p->loop, sv[0], p->peer, &chan_ops);
	return 0;
}

void
program_start(struct program *p)
{
	int error;

	p->wanted = true;
	if (p->pid)
		return;
	p->started_us = clock_us();
	ev_timer_init(&p->restart, on_restart, 1., 0.);
	ev_timer_init(&p->pulse, on_pulse, PROGRAM_PULSE_S, PROGRAM_PULSE_S);
	error = spawn(p);
	if (!error)
		return;
	log_err("%s: cannot be started: %s; it is tried again (LimitNOFILE, TasksMax "
		"and MemoryMax of the unit bound what there is)",
	    p->name, strerror(-error));
	p->failures++;
	start_later(p);
}

void
program_stop(struct program *p)
{
	p->wanted = false;
	if (p->loop)
		ev_timer_stop(p->loop, &p->restart);
	if (p->up)
		chan_send(&p->chan, MSG_STOP, NULL, NULL, 0);
	else
		program_kill(p);
}

void
program_kill(struct program *p)
{
	if (p->pid)
		kill(p->pid, SIGKILL);
}

bool
program_is_running(const struct program *p)
{
	return p->pid != 0;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "file_watch.h"

#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"

#define AGAIN_S 1.
#define EVENTS                                                                           \
	(IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE |          \
	    IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct watched_file {
	struct tracker tracker;
	char path[PATH_LEN];
	char trouble[96]; /* the last that was logged */
	int wd;           /* negative: not watched */
	bool unread;      /* for want of descriptors or memory: the last word holds */
	bool due;         /* something happened where it is watched */
	struct file_watch *owner;
	struct watched_file *next;
};

struct file_watch {
	struct ev_loop *loop;
	ev_io io;
	ev_timer again; /* while the kernel does not watch all of them */
	struct watched_file *first;
};

/* ---- the number ---- */

bool
file_number(const char *text, int64_t *out)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(text, &end, 10);
	if (end == text)
		return false;
	*out = v; /* out of range: the nearest */
	while (*end == ' ' || *end == '\t' || *end == '\r' || *end == '\n')
		end++;
	return *end == '\0';
}

/* -errno; 0 with a text. */
static int
read_text(const char *path, char *buf, size_t size)
{
	/* Not a FIFO that would be waited for. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n = -1;
	int error;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode))
		errno = EINVAL;
	else
		n = read(fd, buf, size - 1);
	error = n < 0 ? errno : 0;
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return -error;
}

static void
complain(struct watched_file *f, const char *what)
{
	if (!strcmp(f->trouble, what))
		return;
	str_copy(f->trouble, sizeof(f->trouble), what);
	if (*what)
		log_warn("vrrp_track_file %s: %s: %s", f->tracker.name, f->path, what);
}

static void
read_file(struct watched_file *f)
{
	char text[64], why[64];
	int64_t value = 0;
	int error = read_text(f->path, text, sizeof(text));

	f->unread = errno_is_shortage(-error);
	if (f->unread) {
		complain(f, strerror(-error));
		return;
	}
	if (error == -ENOENT || error == -ENOTDIR) {
		complain(f, "");
		str_copy(why, sizeof(why), "no file");
	} else if (error) {
		str_copy(why, sizeof(why), strerror(-error));
		complain(f,
		    error == -EACCES || error == -EPERM
			? "cannot be read; see SANDBOX in vipd(8)"
			: why);
	} else if (!file_number(text, &value)) {
		value = 0;
		str_copy(why, sizeof(why), "not a whole number; taken as 0");
		complain(f, why);
	} else {
		complain(f, "");
		snprintf(why, sizeof(why), "%" PRId64, value);
	}
	tracker_set(&f->tracker, TRACK_OK, value, why);
}

/* ---- where it is, or will be ---- */

/* -errno if there is no room for a watch. */
static int
watch_nearest(int fd, const char *path)
{
	char dir[PATH_LEN];
	char *slash;
	int wd;

	str_copy(dir, sizeof(dir), path);
	do {
		slash = strrchr(dir, '/');
		slash[slash == dir] = '\0'; /* "/" stays */
		wd = inotify_add_watch(fd, dir, EVENTS);
		if (wd < 0 && (errno == ENOSPC || errno == ENOMEM || slash == dir))
			return -errno;
	} while (wd < 0);
	return wd;
}

static bool
is_watched(const struct file_watch *fw, int wd)
{
	for (const struct watched_file *f = fw->first; f; f = f->next)
		if (f->wd == wd)
			return true;
	return false;
}

/* So many inotify instances and watches as a user may have are soon used on a node
 * with many containers; until there is room files are read once a second. */
static void
read_again(struct file_watch *fw, int error)
{
	if (ev_is_active(&fw->again))
		return;
	log_warn("vrrp_track_file: inotify: %s; files are read once a second until there "
		 "is room (raise fs.inotify.max_user_instances and max_user_watches)",
	    strerror(-error));
	ev_timer_again(fw->loop, &fw->again);
}

/* -errno if there is none. */
static int
have_inotify(struct file_watch *fw)
{
	int fd;

	if (ev_is_active(&fw->io))
		return 0;
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (fd < 0)
		return -errno;
	ev_io_set(&fw->io, fd, EV_READ);
	ev_io_start(fw->loop, &fw->io);
	return 0;
}

/* Until it stays the nearest: what appears between two calls is not missed. */
static int
watch(struct watched_file *f)
{
	int error = have_inotify(f->owner), old = f->wd;

	if (error)
		return error;
	for (int tries = 0; tries < 16; tries++) {
		int wd = watch_nearest(f->owner->io.fd, f->path);
		bool same = wd == f->wd;

		f->wd = wd;
		if (same || wd < 0)
			break;
	}
	if (old >= 0 && !is_watched(f->owner, old))
		inotify_rm_watch(f->owner->io.fd, old);
	return f->wd;
}

static void
follow(struct watched_file *f)
{
	int error = watch(f);

	read_file(f);
	if (error < 0 || f->unread)
		read_again(f->owner, error < 0 ? error : -EMFILE);
}

static void
on_again(struct ev_loop *loop, ev_timer *w, int events)
{
	struct file_watch *fw = container_of(w, struct file_watch, again);
	bool all = true;

	(void)events;
	for (struct watched_file *f = fw->first; f; f = f->next) {
		if (f->wd < 0 || f->unread)
			follow(f);
		all &= f->wd >= 0 && !f->unread;
	}
	if (all)
		ev_timer_stop(loop, w);
}

static void
on_events(struct ev_loop *loop, ev_io *w, int events)
{
	struct file_watch *fw = container_of(w, struct file_watch, io);
	_Alignas(struct inotify_event) char buf[4096];
	ssize_t n = read(w->fd, buf, sizeof(buf));

	(void)loop;
	(void)events;
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *e = (const struct inotify_event *)(buf + at);

		for (struct watched_file *f = fw->first; f; f = f->next)
			f->due |= f->wd == e->wd || (e->mask & IN_Q_OVERFLOW);
		at += (ssize_t)(sizeof(*e) + e->len);
	}
	for (struct watched_file *f = fw->first; f; f = f->next) {
		if (f->due)
			follow(f);
		f->due = false;
	}
}

/* ---- init_file ---- */

static void
write_file(const struct watched_file *f, const struct conf_track_file *conf)
{
	int flags = conf->overwrite ? O_TRUNC : O_EXCL;
	int fd = open(f->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0644);
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", conf->init_value);

	if (fd < 0 && errno == EEXIST && !conf->overwrite)
		return;
	if (fd < 0 || write(fd, text, (size_t)len) != len)
		log_warn("vrrp_track_file %s: init_file: %s: %s; see SANDBOX in vipd(8)",
		    f->tracker.name, f->path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* ---- the outside ---- */

struct file_watch *
file_watch_new(struct ev_loop *loop)
{
	struct file_watch *fw = xcalloc(1, sizeof(*fw));

	fw->loop = loop;
	ev_init(&fw->io, on_events);
	ev_timer_init(&fw->again, on_again, 0., AGAIN_S);
	return fw;
}

struct watched_file *
watched_file_new(struct file_watch *fw)
{
	struct watched_file *f = xcalloc(1, sizeof(*f));

	f->owner = fw;
	f->wd = -1;
	f->next = fw->first;
	fw->first = f;
	return f;
}

struct tracker *
watched_file_tracker(struct watched_file *f)
{
	return &f->tracker;
}

void
watched_file_configure(
    struct watched_file *f, const struct conf_track_file *conf, bool init)
{
	if (!strcmp(f->path, conf->path))
		return;
	str_copy(f->path, sizeof(f->path), conf->path);
	if (init && conf->init)
		write_file(f, conf);
	follow(f);
}

void
watched_file_free(struct watched_file *f)
{
	struct watched_file **at = &f->owner->first;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	if (f->wd >= 0 && !is_watched(f->owner, f->wd))
		inotify_rm_watch(f->owner->io.fd, f->wd);
	free(f);
}

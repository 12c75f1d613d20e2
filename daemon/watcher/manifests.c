/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manifests.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "manifest.h"
#include "manifestset.h"
#include "mem.h"
#include "node.h"
#include "source.h"
#include "store.h"
#include "text.h"

/* While the directory is not there. */
#define LOOK_S 1.
#define EVENTS                                                                           \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE |          \
	    IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct manifests {
	struct ev_loop *loop;
	struct store *store;
	const struct source_ops *ops;
	void *arg;
	char *directory;
	struct decode_rules rules;
	char node_name[NODE_NAME_LEN];
	const char *node_name_source;
	int fd; /* inotify; -1: the directory is not followed */
	ev_io readable;
	ev_timer look;
	char error[256]; /* of the directory; empty: none */
	bool listed;
	bool complete; /* on_listed said so */
	struct manifestset *set;
};

static void
report(struct manifests *m)
{
	bool complete = manifestset_is_complete(m->set);

	if (!m->listed || (complete && !m->complete)) {
		m->listed = true;
		m->complete = complete;
		m->ops->on_listed(m->arg, SOURCE_MANIFESTS, complete);
	}
	m->ops->on_changed(m->arg);
	m->ops->on_state(m->arg);
}

static void
unfollow(struct manifests *m)
{
	if (m->fd < 0)
		return;
	ev_io_stop(m->loop, &m->readable);
	close(m->fd);
	m->fd = -1;
}

static void
refuse(struct manifests *m, int code)
{
	const char *remedy = "";

	if (code == ENOENT)
		remedy = "; create it, or configure a kubeconfig";
	else if (code == EACCES)
		remedy = "; let user vipd read it (chmod o+rx)";
	text_format(
	    m->error, sizeof(m->error), "%s: %s%s", m->directory, strerror(code), remedy);
	unfollow(m);
	ev_timer_again(m->loop, &m->look);
	m->ops->on_state(m->arg);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
wanted(const struct dirent *entry)
{
	return manifest_is_name(entry->d_name);
}

static void
scan(struct manifests *m)
{
	struct dirent **entries = NULL;
	int n = scandir(m->directory, &entries, wanted, by_name);

	if (n < 0) {
		refuse(m, errno);
		return;
	}
	if (!m->listed)
		store_begin(m->store);
	manifestset_begin(m->set);
	for (int i = 0; i < n; i++) {
		manifestset_load(m->set, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	manifestset_sweep(m->set);
	manifestset_retry(m->set);
	if (!m->listed)
		store_sweep(m->store);
	report(m);
}

static void
follow(struct manifests *m)
{
	m->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (m->fd < 0 || access(m->directory, R_OK | X_OK) != 0 ||
	    inotify_add_watch(m->fd, m->directory, EVENTS) < 0) {
		int code = errno;

		if (m->fd >= 0)
			close(m->fd);
		m->fd = -1;
		refuse(m, code);
		return;
	}
	m->error[0] = '\0';
	ev_timer_stop(m->loop, &m->look);
	ev_io_set(&m->readable, m->fd, EV_READ);
	ev_io_start(m->loop, &m->readable);
	scan(m);
}

static void
on_look(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	follow(container_of(w, struct manifests, look));
}

/* A link is complete as soon as it is there; a new file only when closed. */
static bool
is_complete(const struct manifests *m, const char *name)
{
	_free_ char *path = xasprintf("%s/%s", m->directory, name);
	struct stat st;

	return lstat(path, &st) == 0 && (S_ISLNK(st.st_mode) || st.st_nlink > 1);
}

/* False if the directory cannot be followed any longer. */
static bool
take_event(struct manifests *m, const struct inotify_event *e)
{
	if (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
		refuse(m, ENOENT);
		return false;
	}
	if (e->mask & IN_Q_OVERFLOW) {
		scan(m);
		return true;
	}
	if (!e->len || !manifest_is_name(e->name))
		return true;
	if ((e->mask & IN_CREATE) && !is_complete(m, e->name))
		return true;
	/* It may be readable now. */
	if ((e->mask & IN_ATTRIB) && !manifestset_is_broken(m->set, e->name))
		return true;
	manifestset_load(m->set, e->name);
	if (e->mask & (IN_DELETE | IN_MOVED_FROM))
		manifestset_retry(m->set);
	return true;
}

static void
on_readable(struct ev_loop *loop, ev_io *w, int events)
{
	struct manifests *m = container_of(w, struct manifests, readable);
	_Alignas(
	    struct inotify_event) char buf[8 * (sizeof(struct inotify_event) + NAME_MAX)];
	ssize_t n;

	(void)loop;
	(void)events;
	while (m->fd >= 0 && (n = read(m->fd, buf, sizeof(buf))) > 0) {
		for (char *at = buf; at < buf + n;) {
			const struct inotify_event *e = (void *)at;

			at += sizeof(*e) + e->len;
			if (!take_event(m, e))
				break;
		}
	}
	report(m);
}

struct manifests *
manifests_new(struct ev_loop *loop, struct store *store, const char *directory,
    const char *configured_node_name, const struct source_ops *ops, void *arg)
{
	struct manifests *m = xcalloc(1, sizeof(*m));

	m->loop = loop;
	m->store = store;
	m->ops = ops;
	m->arg = arg;
	m->directory = xstrdup(directory);
	m->fd = -1;
	m->node_name_source = node_name(configured_node_name, NULL, NULL, m->node_name);
	m->rules = (struct decode_rules){ .node_name = m->node_name };
	m->set = manifestset_new(store, directory, &m->rules);
	ev_init(&m->readable, on_readable);
	ev_timer_init(&m->look, on_look, LOOK_S, LOOK_S);
	return m;
}

void
manifests_start(struct manifests *m)
{
	follow(m);
}

void
manifests_free(struct manifests *m)
{
	if (!m)
		return;
	unfollow(m);
	ev_timer_stop(m->loop, &m->look);
	manifestset_free(m->set);
	free(m->directory);
	free(m);
}

void
manifests_state(const struct manifests *m, struct source_state *state)
{
	*state = (struct source_state){ .listed = m->listed };
	if (m->fd >= 0)
		state->fresh_us = clock_us();
	str_copy(state->server, sizeof(state->server), m->directory);
	str_copy(state->error, sizeof(state->error), m->error);
	if (!state->error[0])
		manifestset_error(m->set, state->error, sizeof(state->error));
	str_copy(state->node_name, sizeof(state->node_name), m->node_name);
	state->node_name_source = m->node_name_source;
}

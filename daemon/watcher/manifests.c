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
#include <uthash.h>

#include "clock.h"
#include "file.h"
#include "manifest.h"
#include "mem.h"
#include "node.h"
#include "source.h"
#include "store.h"
#include "text.h"

#define FILE_MAX (4 * 1024 * 1024)
#define FILES_MAX 20000
/* While the directory is not there. */
#define LOOK_S 1.
#define EVENTS                                                                           \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE |          \
	    IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

/* An object some file has brought, by kind and namespace/name. */
struct owned {
	enum kind_id kind;
	struct file *file;
	bool seen; /* in the file's new contents */
	struct owned *next;
	UT_hash_handle hh;
	char id[]; /* kind's digit, namespace/name */
};

struct file {
	char *name;
	struct owned *objects;
	bool good;       /* was read without an error once */
	char error[256]; /* of its present contents; empty: none */
	bool seen;       /* by a scan of the directory */
	UT_hash_handle hh;
};

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
	struct file *files;
	struct owned *owned;
};

/* ---- objects ---- */

static struct owned *
find_owned(const struct manifests *m, const char *id)
{
	struct owned *o;

	HASH_FIND(hh, m->owned, id, strlen(id), o);
	return o;
}

static char *
id_of(const struct manifest_item *item)
{
	return xasprintf("%d%s", (int)item->kind, item->key);
}

static void
own(struct manifests *m, struct file *file, const struct manifest_item *item,
    const char *id)
{
	size_t len = strlen(id);
	struct owned *o = xcalloc(1, sizeof(*o) + len + 1);

	memcpy(o->id, id, len);
	o->kind = item->kind;
	o->file = file;
	o->seen = true;
	o->next = file->objects;
	file->objects = o;
	HASH_ADD(hh, m->owned, id, len, o);
}

/* Takes away what the file does not contain any longer. */
static void
drop_unseen(struct manifests *m, struct file *file)
{
	struct owned **at = &file->objects;

	while (*at) {
		struct owned *o = *at;

		if (o->seen) {
			at = &o->next;
			continue;
		}
		kind_get(o->kind)->remove(m->store, o->id + 1);
		*at = o->next;
		HASH_DEL(m->owned, o);
		free(o);
	}
}

static void
forget_seen(struct file *file)
{
	for (struct owned *o = file->objects; o; o = o->next)
		o->seen = false;
}

/* An object that another file has brought stays that file's. */
static void
check_owners(const struct manifests *m, struct file *file, struct manifest *new)
{
	for (size_t i = 0; i < new->n_items && !new->error[0]; i++) {
		_free_ char *id = id_of(&new->items[i]);
		const struct owned *o = find_owned(m, id);

		if (o && o->file != file)
			text_format(new->error, sizeof(new->error),
			    "%s/%s: %s %s is in %s already", m->directory, file->name,
			    kind_get(new->items[i].kind)->name, new->items[i].key,
			    o->file->name);
	}
}

static void
replace_objects(struct manifests *m, struct file *file, struct manifest *new)
{
	forget_seen(file);
	for (size_t i = 0; i < new->n_items; i++) {
		struct manifest_item *item = &new->items[i];
		_free_ char *id = id_of(item);
		struct owned *o = find_owned(m, id);

		if (o && o->file != file)
			continue;
		if (o)
			o->seen = true;
		else
			own(m, file, item, id);
		kind_get(item->kind)->put(m->store, item->object);
		item->object = NULL;
	}
	drop_unseen(m, file);
}

/* ---- files ---- */

static struct file *
find_file(const struct manifests *m, const char *name)
{
	struct file *file;

	HASH_FIND_STR(m->files, name, file);
	return file;
}

static void
remove_file(struct manifests *m, struct file *file)
{
	forget_seen(file);
	drop_unseen(m, file);
	HASH_DEL(m->files, file);
	free(file->name);
	free(file);
}

static struct file *
get_file(struct manifests *m, const char *name)
{
	struct file *file = find_file(m, name);

	if (file || HASH_COUNT(m->files) >= FILES_MAX)
		return file;
	file = xcalloc(1, sizeof(*file));
	file->name = xstrdup(name);
	HASH_ADD_KEYPTR(hh, m->files, file->name, strlen(file->name), file);
	return file;
}

static void
take_contents(struct manifests *m, struct file *file, const char *path, const char *text,
    size_t len)
{
	struct manifest new;

	manifest_parse(&new, path, text, len, &m->rules);
	check_owners(m, file, &new);
	str_copy(file->error, sizeof(file->error), new.error);
	if (!new.error[0])
		file->good = true;
	/* The last good contents stay; a file that never was any good shows
	 * what is wrong with its objects. */
	if (!new.error[0] || !file->good)
		replace_objects(m, file, &new);
	manifest_fini(&new);
}

static void
load_file(struct manifests *m, const char *name)
{
	_free_ char *path = xasprintf("%s/%s", m->directory, name);
	char error[FILE_ERROR_LEN];
	_free_ char *text = NULL;
	struct file *file;
	size_t len;

	text = file_read(path, FILE_MAX, &len, NULL, error);
	if (!text && access(path, F_OK) != 0 && errno == ENOENT) {
		file = find_file(m, name);
		if (file)
			remove_file(m, file);
		return;
	}
	file = get_file(m, name);
	if (!file)
		return;
	if (text)
		take_contents(m, file, path, text, len);
	else
		str_copy(file->error, sizeof(file->error), error);
}

/* What was removed may have stood in the way of another file's objects. */
static void
retry_broken(struct manifests *m)
{
	struct file *file, *next;

	HASH_ITER(hh, m->files, file, next)
	{
		_free_ char *name = xstrdup(file->name);

		if (file->error[0])
			load_file(m, name);
	}
}

static void
report(struct manifests *m)
{
	bool complete = true;

	for (const struct file *f = m->files; f; f = f->hh.next)
		complete &= f->good || !f->error[0];
	if (!m->listed || (complete && !m->complete)) {
		m->listed = true;
		m->complete = complete;
		m->ops->on_listed(m->arg, complete);
	}
	m->ops->on_changed(m->arg);
	m->ops->on_state(m->arg);
}

/* ---- the directory ---- */

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
	struct file *file, *next;

	HASH_ITER(hh, m->files, file, next)
	file->seen = false;
	for (int i = 0; i < n; i++) {
		load_file(m, entries[i]->d_name);
		file = find_file(m, entries[i]->d_name);
		if (file)
			file->seen = true;
		free(entries[i]);
	}
	free(entries);
	HASH_ITER(hh, m->files, file, next)
	if (n >= 0 && !file->seen)
		remove_file(m, file);
	retry_broken(m);
	if (!m->listed)
		store_sweep(m->store);
	report(m);
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
	if ((e->mask & IN_ATTRIB) && find_file(m, e->name) &&
	    !find_file(m, e->name)->error[0])
		return true;
	load_file(m, e->name);
	if (e->mask & (IN_DELETE | IN_MOVED_FROM))
		retry_broken(m);
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
	m->node_name_source = node_name(configured_node_name, NULL, m->node_name);
	m->rules = (struct decode_rules){ .node_name = m->node_name };
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
	struct file *file, *next;
	struct owned *o, *next_owned;

	if (!m)
		return;
	unfollow(m);
	ev_timer_stop(m->loop, &m->look);
	HASH_ITER(hh, m->owned, o, next_owned)
	{
		HASH_DEL(m->owned, o);
		free(o);
	}
	HASH_ITER(hh, m->files, file, next)
	{
		HASH_DEL(m->files, file);
		free(file->name);
		free(file);
	}
	free(m->directory);
	free(m);
}

/* The error of the first file by name, and how many more there are. */
static void
say_broken(const struct manifests *m, struct source_state *state)
{
	const struct file *first = NULL;
	size_t n = 0;

	for (const struct file *f = m->files; f; f = f->hh.next) {
		n += f->error[0] != '\0';
		if (f->error[0] && (!first || strcmp(f->name, first->name) < 0))
			first = f;
	}
	if (n > 1)
		text_format(state->error, sizeof(state->error), "%s (and %zu more files)",
		    first->error, n - 1);
	else if (n)
		str_copy(state->error, sizeof(state->error), first->error);
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
		say_broken(m, state);
	str_copy(state->node_name, sizeof(state->node_name), m->node_name);
	state->node_name_source = m->node_name_source;
}

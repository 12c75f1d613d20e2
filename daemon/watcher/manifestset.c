/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "manifestset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uthash.h>

#include "file.h"
#include "log.h"
#include "manifest.h"
#include "mem.h"
#include "store.h"
#include "text.h"

#define FILE_MAX (4 * 1024 * 1024)
#define FILES_MAX 20000

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
	bool seen;       /* since manifestset_begin() */
	UT_hash_handle hh;
};

struct manifestset {
	struct store *store;
	char *directory;
	const struct decode_rules *rules;
	struct file *files;
	struct owned *owned;
};

/* ---- objects ---- */

static struct owned *
find_owned(const struct manifestset *m, const char *id)
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
own(struct manifestset *m, struct file *file, const struct manifest_item *item,
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
drop_unseen(struct manifestset *m, struct file *file)
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
check_owners(const struct manifestset *m, struct file *file, struct manifest *new)
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
replace_objects(struct manifestset *m, struct file *file, struct manifest *new)
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
find_file(const struct manifestset *m, const char *name)
{
	struct file *file;

	HASH_FIND_STR(m->files, name, file);
	return file;
}

static void
remove_file(struct manifestset *m, struct file *file)
{
	forget_seen(file);
	drop_unseen(m, file);
	HASH_DEL(m->files, file);
	free(file->name);
	free(file);
}

static struct file *
get_file(struct manifestset *m, const char *name)
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
take_contents(struct manifestset *m, struct file *file, const char *path,
    const char *text, size_t len)
{
	struct manifest new;

	manifest_parse(&new, path, text, len, m->rules);
	check_owners(m, file, &new);
	str_copy(file->error, sizeof(file->error), new.error);
	if (new.note[0])
		log_info("%s", new.note);
	if (!new.error[0])
		file->good = true;
	/* The last good contents stay; a file that never was any good shows
	 * what is wrong with its objects. */
	if (!new.error[0] || !file->good)
		replace_objects(m, file, &new);
	manifest_fini(&new);
}

void
manifestset_load(struct manifestset *m, const char *name)
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
	file->seen = true;
	if (text)
		take_contents(m, file, path, text, len);
	else
		str_copy(file->error, sizeof(file->error), error);
}

void
manifestset_retry(struct manifestset *m)
{
	struct file *file, *next;

	HASH_ITER(hh, m->files, file, next)
	{
		_free_ char *name = xstrdup(file->name);

		if (file->error[0])
			manifestset_load(m, name);
	}
}

void
manifestset_begin(struct manifestset *m)
{
	for (struct file *f = m->files; f; f = f->hh.next)
		f->seen = false;
}

void
manifestset_sweep(struct manifestset *m)
{
	struct file *file, *next;

	HASH_ITER(hh, m->files, file, next)
	if (!file->seen)
		remove_file(m, file);
}

bool
manifestset_is_broken(const struct manifestset *m, const char *name)
{
	const struct file *file = find_file(m, name);

	return file && file->error[0];
}

bool
manifestset_is_complete(const struct manifestset *m)
{
	for (const struct file *f = m->files; f; f = f->hh.next)
		if (f->error[0] && !f->good)
			return false;
	return true;
}

void
manifestset_error(const struct manifestset *m, char *error, size_t size)
{
	const struct file *first = NULL;
	size_t n = 0;

	for (const struct file *f = m->files; f; f = f->hh.next) {
		n += f->error[0] != '\0';
		if (f->error[0] && (!first || strcmp(f->name, first->name) < 0))
			first = f;
	}
	if (n > 1)
		text_format(error, size, "%s (and %zu more files)", first->error, n - 1);
	else
		text_format(error, size, "%s", n ? first->error : "");
}

struct manifestset *
manifestset_new(
    struct store *store, const char *directory, const struct decode_rules *rules)
{
	struct manifestset *m = xcalloc(1, sizeof(*m));

	m->store = store;
	m->directory = xstrdup(directory);
	m->rules = rules;
	return m;
}

void
manifestset_free(struct manifestset *m)
{
	struct file *file, *next;
	struct owned *o, *next_owned;

	if (!m)
		return;
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

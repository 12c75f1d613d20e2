/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kubelet.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"

#define LOOK_EVERY_S 10.
#define FILE_MAX_BYTES (256 * 1024)
#define COPY_NAME "kubeconfig"
#define BESIDE_MAX 3

/* Where distributions put it: the first that is there counts. */
static const struct {
	const char *kubeconfig;
	const char *beside[BESIDE_MAX]; /* what it may refer to */
} places[] = {
	{ "/etc/kubernetes/kubelet.conf",
	    { "/var/lib/kubelet/pki/kubelet-client-current.pem",
		"/etc/kubernetes/pki/ca.crt" } },
	{ "/var/lib/kubelet/kubeconfig",
	    { "/var/lib/kubelet/pki/kubelet-client-current.pem",
		"/etc/kubernetes/pki/ca.crt" } },
	{ "/var/lib/rancher/rke2/agent/kubelet.kubeconfig",
	    { "/var/lib/rancher/rke2/agent/client-kubelet.crt",
		"/var/lib/rancher/rke2/agent/client-kubelet.key",
		"/var/lib/rancher/rke2/agent/server-ca.crt" } },
	{ "/var/lib/rancher/k3s/agent/kubelet.kubeconfig",
	    { "/var/lib/rancher/k3s/agent/client-kubelet.crt",
		"/var/lib/rancher/k3s/agent/client-kubelet.key",
		"/var/lib/rancher/k3s/agent/server-ca.crt" } },
};

static const char *
base_of(const char *path)
{
	return strrchr(path, '/') + 1;
}

/* A terminated buffer the caller frees, or NULL with errno. */
static char *
read_file(const char *root, const char *path, size_t *len)
{
	_free_ char *full = xasprintf("%s%s", root, path);
	_close_ int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	ssize_t got;
	char *text;

	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX_BYTES) {
		errno = EINVAL;
		return NULL;
	}
	text = xcalloc((size_t)st.st_size + 1, 1);
	got = read(fd, text, (size_t)st.st_size);
	if (got < 0) {
		free(text);
		return NULL;
	}
	*len = (size_t)got;
	return text;
}

static bool
is_same(int folder, const char *name, const char *text, size_t len)
{
	_close_ int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	_free_ char *now = xcalloc(len + 1, 1);

	return fd >= 0 && read(fd, now, len + 1) == (ssize_t)len &&
	    memcmp(now, text, len) == 0;
}

/* Renamed into place, so that nobody reads half of it. */
static bool
write_copy(
    int folder, const char *name, const char *text, size_t len, const struct passwd *pw)
{
	_close_ int fd = -1;
	_free_ char *new = xasprintf(".%s", name);

	if (is_same(folder, name, text, len))
		return true;
	unlinkat(folder, new, 0);
	fd = openat(
	    folder, new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	return fd >= 0 && write(fd, text, len) == (ssize_t)len &&
	    (!pw || fchown(fd, pw->pw_uid, pw->pw_gid) == 0) &&
	    renameat(folder, new, folder, name) == 0;
}

/* Each mention of path becomes its last word: the copy is beside (A2). */
static char *
shorten(char *text, const char *path)
{
	const char *base = base_of(path);
	size_t cut = (size_t)(base - path);
	char *at = text;

	while ((at = strstr(at, path))) {
		memmove(at, at + cut, strlen(at + cut) + 1);
		at += strlen(base);
	}
	return text;
}

static int
open_folder(const char *folder, const struct passwd *pw)
{
	int fd;

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return -1;
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0 && pw && fchown(fd, pw->pw_uid, pw->pw_gid) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool
copy_beside(const char *root, int folder, const char *path, const struct passwd *pw)
{
	_free_ char *text = NULL;
	size_t len = 0;
	bool done;

	text = read_file(root, path, &len);
	if (!text)
		return errno == ENOENT; /* the kubeconfig may hold it */
	done = write_copy(folder, base_of(path), text, len, pw);
	explicit_bzero(text, len);
	return done;
}

bool
kubelet_copy(
    const char *root, const char *folder, const char *user, char *error, size_t size)
{
	const struct passwd *pw = getpwnam(user);
	_close_ int fd = open_folder(folder, pw);
	size_t len = 0;

	for (size_t i = 0; fd >= 0 && i < ARRAY_LEN(places); i++) {
		_free_ char *text = read_file(root, places[i].kubeconfig, &len);

		if (!text && errno == ENOENT)
			continue;
		for (size_t k = 0; text && k < BESIDE_MAX && places[i].beside[k]; k++) {
			shorten(text, places[i].beside[k]);
			if (!copy_beside(root, fd, places[i].beside[k], pw)) {
				snprintf(error, size, "%s: %s", places[i].beside[k],
				    strerror(errno));
				return false;
			}
		}
		if (text && write_copy(fd, COPY_NAME, text, strlen(text), pw))
			return true;
		snprintf(error, size, "%s: %s", places[i].kubeconfig, strerror(errno));
		return false;
	}
	if (fd < 0)
		snprintf(error, size, "%s: %s", folder, strerror(errno));
	else
		snprintf(error, size,
		    "kubeconfig kubelet: no kubeconfig of a kubelet is here (%s, ...); "
		    "name a file",
		    places[0].kubeconfig);
	return false;
}

static void
copy(struct kubelet *k)
{
	char error[sizeof(k->said)] = "";

	if (!kubelet_copy("", k->folder, k->user, error, sizeof(error)) &&
	    strcmp(error, k->said) != 0)
		log_err("%s", error);
	str_copy(k->said, sizeof(k->said), error);
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	copy(container_of(w, struct kubelet, timer));
}

static void
folder_of(const char *run_dir, char *folder, size_t size)
{
	snprintf(folder, size, "%s/kubelet", run_dir);
}

void
kubelet_path(const char *run_dir, char *path, size_t size)
{
	snprintf(path, size, "%s/kubelet/" COPY_NAME, run_dir);
}

void
kubelet_start(
    struct kubelet *k, struct ev_loop *loop, const char *run_dir, const char *user)
{
	if (k->folder[0])
		return;
	k->loop = loop;
	folder_of(run_dir, k->folder, sizeof(k->folder));
	str_copy(k->user, sizeof(k->user), user);
	ev_timer_init(&k->timer, on_timer, LOOK_EVERY_S, LOOK_EVERY_S);
	ev_timer_start(loop, &k->timer);
	copy(k);
}

void
kubelet_stop(struct kubelet *k)
{
	_close_ int fd = -1;

	if (!k->folder[0])
		return;
	ev_timer_stop(k->loop, &k->timer);
	fd = open(k->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	for (size_t i = 0; fd >= 0 && i < ARRAY_LEN(places); i++)
		for (size_t n = 0; n < BESIDE_MAX && places[i].beside[n]; n++)
			unlinkat(fd, base_of(places[i].beside[n]), 0);
	if (fd >= 0)
		unlinkat(fd, COPY_NAME, 0);
	rmdir(k->folder);
	k->folder[0] = '\0';
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `kubeconfig kubelet`: the kubelet's own kubeconfig and certificate belong to
 * root, and the watcher has dropped that. So vipd keeps copies for the
 * watcher's user in a folder of its own and renews them when the kubelet
 * rotates its certificate. The text is copied, not understood: only the paths
 * of the files beside it become relative ones.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>

struct kubelet {
	struct ev_loop *loop;
	ev_timer timer;
	char folder[256]; /* of the copies; empty: not asked for */
	char user[32];
	char said[256]; /* the error that was logged last */
};

/* Copies now, and looks for changes from then on. user: who is to read them. */
void kubelet_start(
    struct kubelet *k, struct ev_loop *loop, const char *run_dir, const char *user);
/* The copies go. */
void kubelet_stop(struct kubelet *k);
/* Path of the copied kubeconfig. */
void kubelet_path(const char *run_dir, char *path, size_t size);

/*
 * Copies what is there below root ("" but for tests) where it has changed.
 * False with the reason in error (size bytes).
 */
bool kubelet_copy(
    const char *root, const char *folder, const char *user, char *error, size_t size);

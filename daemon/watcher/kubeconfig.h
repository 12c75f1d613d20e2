/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kubeconfig file (lines A1, A2 and A8 of kubernetes.md): the cluster, user
 * and context it points to, with the files it names read in. Keys that would
 * change who we are or whom we talk to but are not supported (exec, as, ...)
 * are errors, others are ignored. One file; KUBECONFIG lists are not merged.
 *
 * Secrets stay in here and in libcurl: nothing prints them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "file.h"

struct kubeconfig_blob {
	char *data; /* PEM; NULL: none */
	size_t len;
};

#define KUBECONFIG_FILES_MAX 5

struct kubeconfig {
	char *path;
	char *server;          /* URL without a slash at the end */
	char *tls_server_name; /* NULL: the server's */
	char *proxy_url;       /* NULL: none */
	bool insecure;
	struct kubeconfig_blob ca; /* none: the system's */
	struct kubeconfig_blob cert;
	struct kubeconfig_blob key;
	char *token;
	char *token_file;
	char *username;
	char *password;
	char *user; /* the name of its entry */
	struct {
		char *path;
		struct file_stamp stamp;
	} files[KUBECONFIG_FILES_MAX];
	size_t n_files;
};

/*
 * The file, or NULL with the reason in error (FILE_ERROR_LEN bytes):
 * "FILE:LINE:COLUMN: what; remedy". warn: log secrets that everybody may read.
 */
struct kubeconfig *kubeconfig_load(const char *path, bool warn, char *error);
/*
 * The same from text that was read already. Files it names relatively are
 * beside path (A2).
 */
struct kubeconfig *kubeconfig_parse(
    const char *path, const char *text, size_t len, char *error);
void kubeconfig_free(struct kubeconfig *kc);
/*
 * Two kubeconfigs with the same words mean the same cluster: its CA's
 * fingerprint, or where there is none its URL.
 */
#define KUBECONFIG_CLUSTER_LEN 320
void kubeconfig_cluster(const struct kubeconfig *kc, char words[KUBECONFIG_CLUSTER_LEN]);
/* Another server of the same cluster, in place of the one it names. */
void kubeconfig_set_server(struct kubeconfig *kc, const char *url);
/* One of the files is not the one that was read (A4). */
bool kubeconfig_changed(const struct kubeconfig *kc);

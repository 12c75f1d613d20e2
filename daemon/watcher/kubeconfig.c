/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kubeconfig.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#include "base64.h"
#include "hash.h"
#include "log.h"
#include "mem.h"
#include "text.h"

#define SIZE_MAX_BYTES (1024 * 1024)
#define SERVER_MAX 200

/* What is being read, and where complaints go. The first one stays. */
struct reader {
	struct kubeconfig *kc;
	bool warn;
	yaml_document_t doc;
	char *error;
};

__attribute__((format(printf, 3, 4))) static void
complain(struct reader *r, const yaml_node_t *at, const char *fmt, ...)
{
	char text[FILE_ERROR_LEN];
	va_list ap;

	if (r->error[0])
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	text_format(r->error, FILE_ERROR_LEN, "%s:%zu:%zu: %s", r->kc->path,
	    at ? at->start_mark.line + 1 : 1, at ? at->start_mark.column + 1 : 1,
	    text_make_safe(text));
}

static yaml_node_t *
child(struct reader *r, const yaml_node_t *map, const char *key)
{
	if (!map || map->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start;
	     pair < map->data.mapping.pairs.top; pair++) {
		yaml_node_t *k = yaml_document_get_node(&r->doc, pair->key);
		yaml_node_t *v = yaml_document_get_node(&r->doc, pair->value);

		if (k->type != YAML_SCALAR_NODE ||
		    strcmp((char *)k->data.scalar.value, key) != 0)
			continue;
		/* "key:" with nothing behind it is as good as absent */
		if (v->type == YAML_SCALAR_NODE && !v->data.scalar.length)
			return NULL;
		return v;
	}
	return NULL;
}

static const char *
string(struct reader *r, const yaml_node_t *map, const char *key)
{
	const yaml_node_t *node = child(r, map, key);

	if (!node)
		return NULL;
	if (node->type == YAML_SCALAR_NODE &&
	    strlen((char *)node->data.scalar.value) == node->data.scalar.length)
		return (char *)node->data.scalar.value;
	complain(r, node, "%s has to be a string", key);
	return NULL;
}

static char *
copy(struct reader *r, const yaml_node_t *map, const char *key)
{
	const char *text = string(r, map, key);

	return text ? xstrdup(text) : NULL;
}

static bool
flag(struct reader *r, const yaml_node_t *map, const char *key)
{
	const char *text = string(r, map, key);

	if (!text || strcmp(text, "false") == 0)
		return false;
	if (strcmp(text, "true") != 0)
		complain(r, child(r, map, key), "%s has to be true or false", key);
	return true;
}

/* The member of clusters, users or contexts that has this name. */
static yaml_node_t *
named(struct reader *r, const yaml_node_t *root, const char *list, const char *name,
    const char *what, const yaml_node_t *asked_at)
{
	const yaml_node_t *seq = child(r, root, list);

	if (!seq || seq->type != YAML_SEQUENCE_NODE) {
		complain(r, seq ? seq : root, "%s has to be a list", list);
		return NULL;
	}
	for (yaml_node_item_t *item = seq->data.sequence.items.start;
	     item < seq->data.sequence.items.top; item++) {
		yaml_node_t *entry = yaml_document_get_node(&r->doc, *item);
		const char *its = string(r, entry, "name");
		yaml_node_t *body = child(r, entry, what);

		if (its && strcmp(its, name) == 0 && body)
			return body;
	}
	complain(r, asked_at, "%s has no entry named \"%s\"", list, name);
	return NULL;
}

/* A2: relative to the kubeconfig. */
static char *
resolve(const struct kubeconfig *kc, const char *name)
{
	const char *slash = strrchr(kc->path, '/');

	if (*name == '/' || !slash)
		return xstrdup(name);
	return xasprintf("%.*s/%s", (int)(slash - kc->path), kc->path, name);
}

static void
remember_file(struct kubeconfig *kc, const char *path, const struct file_stamp *stamp)
{
	kc->files[kc->n_files].path = xstrdup(path);
	kc->files[kc->n_files++].stamp = *stamp;
}

static void
warn_if_public(const struct reader *r, const char *path, const struct file_stamp *stamp)
{
	if (r->warn && stamp->mode & S_IROTH)
		log_warn("%s: everybody may read this secret; chmod o-r", path);
}

/* KEY-data wins over the file KEY names (A1). */
static struct kubeconfig_blob
blob(struct reader *r, const yaml_node_t *map, const char *key, bool secret)
{
	_free_ char *data_key = xasprintf("%s-data", key);
	const char *data = string(r, map, data_key);
	const char *name = string(r, map, key);
	struct kubeconfig_blob b = { 0 };
	struct file_stamp stamp;
	char why[FILE_ERROR_LEN];
	_free_ char *path = NULL;

	if (data) {
		b.data = base64_decode(data, strlen(data), &b.len);
		if (!b.data)
			complain(
			    r, child(r, map, data_key), "%s is not base64", data_key);
		return b;
	}
	if (!name)
		return b;
	path = resolve(r->kc, name);
	b.data = file_read(path, SIZE_MAX_BYTES, &b.len, &stamp, why);
	if (!b.data) {
		complain(r, child(r, map, key), "%s: %s", key, why);
		return b;
	}
	remember_file(r->kc, path, &stamp);
	if (secret)
		warn_if_public(r, path, &stamp);
	return b;
}

static void
read_cluster(struct reader *r, const yaml_node_t *cluster)
{
	struct kubeconfig *kc = r->kc;
	const yaml_node_t *at = child(r, cluster, "server");
	size_t len;

	kc->server = copy(r, cluster, "server");
	kc->tls_server_name = copy(r, cluster, "tls-server-name");
	kc->proxy_url = copy(r, cluster, "proxy-url");
	kc->insecure = flag(r, cluster, "insecure-skip-tls-verify");
	kc->ca = blob(r, cluster, "certificate-authority", false);
	if (!kc->server) {
		complain(r, cluster, "the cluster has no server");
		return;
	}
	len = strlen(kc->server);
	while (len && kc->server[len - 1] == '/')
		kc->server[--len] = '\0';
	text_make_safe(kc->server);
	if ((strncmp(kc->server, "https://", 8) != 0 &&
		strncmp(kc->server, "http://", 7) != 0) ||
	    strpbrk(kc->server, "?#@ ") || len > SERVER_MAX)
		complain(r, at, "server has to be https://HOST:PORT");
}

static void
read_token_file(struct reader *r, const yaml_node_t *user)
{
	const char *name = string(r, user, "tokenFile");
	struct kubeconfig *kc = r->kc;
	struct file_stamp stamp;
	char why[FILE_ERROR_LEN];

	if (!name)
		return;
	kc->token_file = resolve(kc, name);
	free(kc->token);
	kc->token = file_read(kc->token_file, SIZE_MAX_BYTES, NULL, &stamp, why);
	if (!kc->token) {
		complain(r, child(r, user, "tokenFile"), "tokenFile: %s", why);
		return;
	}
	kc->token[strcspn(kc->token, " \t\r\n")] = '\0';
	if (!*kc->token)
		complain(r, child(r, user, "tokenFile"), "tokenFile is empty");
	remember_file(kc, kc->token_file, &stamp);
	warn_if_public(r, kc->token_file, &stamp);
}

static void
read_user(struct reader *r, const yaml_node_t *user)
{
	static const char *const unsupported[] = { "exec", "auth-provider", "as",
		"as-uid", "as-groups", "as-user-extra" };
	struct kubeconfig *kc = r->kc;

	for (size_t i = 0; i < ARRAY_LEN(unsupported); i++)
		if (child(r, user, unsupported[i]))
			complain(r, child(r, user, unsupported[i]),
			    "%s is not supported; use token, tokenFile or "
			    "client-certificate",
			    unsupported[i]);
	kc->token = copy(r, user, "token");
	/* It goes into a header line. */
	if (kc->token && strpbrk(kc->token, "\r\n"))
		complain(r, child(r, user, "token"), "token has a line break");
	read_token_file(r, user);
	kc->cert = blob(r, user, "client-certificate", false);
	kc->key = blob(r, user, "client-key", true);
	kc->username = copy(r, user, "username");
	kc->password = copy(r, user, "password");
	if (!kc->cert.data != !kc->key.data)
		complain(r, user, "client-certificate and client-key go together");
}

static void
read_root(struct reader *r)
{
	const yaml_node_t *root = yaml_document_get_root_node(&r->doc);
	const char *current = string(r, root, "current-context");
	const yaml_node_t *at = child(r, root, "current-context");
	const yaml_node_t *context, *cluster, *user;
	const char *name;

	if (!current) {
		complain(r, root,
		    "current-context is not set; kubectl config use-context sets it");
		return;
	}
	context = named(r, root, "contexts", current, "context", at);
	if (!context)
		return;
	name = string(r, context, "cluster");
	cluster = named(r, root, "clusters", name ? name : "", "cluster", context);
	if (cluster)
		read_cluster(r, cluster);
	name = string(r, context, "user");
	/* Without a user the request is anonymous, as kubectl's is. */
	user = name ? named(r, root, "users", name, "user", context) : NULL;
	if (user)
		read_user(r, user);
	r->kc->user = text_make_safe(xstrdup(name ? name : "anonymous"));
}

static struct kubeconfig *
parse(const char *path, const char *text, size_t len, const struct file_stamp *stamp,
    char *error)
{
	struct reader r = {
		.kc = xcalloc(1, sizeof(*r.kc)),
		.warn = stamp != NULL,
		.error = error,
	};
	yaml_parser_t parser;

	error[0] = '\0';
	r.kc->path = xstrdup(path);
	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (yaml_parser_load(&parser, &r.doc)) {
		if (yaml_document_get_root_node(&r.doc))
			read_root(&r);
		else
			complain(&r, NULL, "the file is empty");
		yaml_document_delete(&r.doc);
	} else {
		yaml_node_t at = { .start_mark = parser.problem_mark };

		complain(&r, &at, "%s", parser.problem ? parser.problem : "not YAML");
	}
	yaml_parser_delete(&parser);
	if (error[0]) {
		kubeconfig_free(r.kc);
		return NULL;
	}
	if (stamp &&
	    ((r.kc->token && !r.kc->token_file) || r.kc->password || r.kc->key.data))
		warn_if_public(&r, path, stamp);
	return r.kc;
}

struct kubeconfig *
kubeconfig_parse(const char *path, const char *text, size_t len, char *error)
{
	return parse(path, text, len, NULL, error);
}

struct kubeconfig *
kubeconfig_load(const char *path, bool warn, char *error)
{
	struct file_stamp stamp;
	struct kubeconfig *kc;
	size_t len;
	_free_ char *text = file_read(path, SIZE_MAX_BYTES, &len, &stamp, error);

	if (!text)
		return NULL;
	kc = parse(path, text, len, warn ? &stamp : NULL, error);
	explicit_bzero(text, len);
	if (kc)
		remember_file(kc, path, &stamp);
	return kc;
}

static void
free_secret(char *text, size_t len)
{
	if (text)
		explicit_bzero(text, len);
	free(text);
}

void
kubeconfig_free(struct kubeconfig *kc)
{
	if (!kc)
		return;
	for (size_t i = 0; i < kc->n_files; i++)
		free(kc->files[i].path);
	free(kc->path);
	free(kc->server);
	free(kc->tls_server_name);
	free(kc->proxy_url);
	free(kc->ca.data);
	free(kc->cert.data);
	free_secret(kc->key.data, kc->key.len);
	free_secret(kc->token, kc->token ? strlen(kc->token) : 0);
	free_secret(kc->password, kc->password ? strlen(kc->password) : 0);
	free(kc->token_file);
	free(kc->username);
	free(kc->user);
	free(kc);
}

bool
kubeconfig_changed(const struct kubeconfig *kc)
{
	for (size_t i = 0; i < kc->n_files; i++) {
		struct file_stamp now = file_stamp(kc->files[i].path);

		if (!file_stamp_eq(&now, &kc->files[i].stamp))
			return true;
	}
	return false;
}

void
kubeconfig_cluster(const struct kubeconfig *kc, char words[KUBECONFIG_CLUSTER_LEN])
{
	uint64_t sum = hash_end(hash_add(HASH_INIT, kc->ca.data, kc->ca.len));

	if (kc->ca.data)
		snprintf(words, KUBECONFIG_CLUSTER_LEN, "ca %016" PRIx64, sum);
	else
		snprintf(words, KUBECONFIG_CLUSTER_LEN, "server %s", kc->server);
}

void
kubeconfig_set_server(struct kubeconfig *kc, const char *url)
{
	char *copy = xstrdup(url);

	free(kc->server);
	kc->server = copy;
}

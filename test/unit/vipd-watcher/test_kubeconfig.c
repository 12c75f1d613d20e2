/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/kubeconfig.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "unit.h"

static char dir[] = "/tmp/test_kubeconfig.XXXXXX";
static char path[64];
static char error[FILE_ERROR_LEN];
static char warned[512];

static void
write_file(const char *name, const char *text, mode_t mode)
{
	_free_ char *full = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(full, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	chmod(full, mode);
}

static void
sink(enum log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	str_copy(warned, sizeof(warned), line);
}

static void
setup(void)
{
	if (strstr(dir, "XXXXXX"))
		ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/config", dir);
	warned[0] = '\0';
	log_set_sink(sink, NULL);
	write_file("ca.pem", "CA", 0644);
	write_file("cert.pem", "CERT", 0644);
	write_file("key.pem", "KEY", 0600);
	write_file("token", "secret\n", 0600);
	write_file("empty", "", 0600);
}

static void
teardown(void)
{
	_free_ char *command = xasprintf("rm -rf %s", dir);

	ck_assert_int_eq(system(command), 0);
}

/* One cluster, user and context, with these fields. */
static struct kubeconfig *
load(const char *cluster, const char *user)
{
	char text[4096];

	snprintf(text, sizeof(text),
	    "apiVersion: v1\nkind: Config\ncurrent-context: main\n"
	    "contexts:\n- name: main\n  context: {cluster: c, user: u}\n"
	    "clusters:\n- name: other\n  cluster: {server: https://wrong}\n"
	    "- name: c\n  cluster: {%s}\n"
	    "users:\n- name: u\n  user: {%s}\n",
	    cluster, user);
	write_file("config", text, 0600);
	return kubeconfig_load(path, true, error);
}

#define SERVER "server: 'https://10.0.0.1:6443/'"

START_TEST(inline_data_wins_over_files)
{
	struct kubeconfig *kc;

	setup();
	kc =
	    load(SERVER ", tls-server-name: kubernetes, certificate-authority: /nowhere, "
			"certificate-authority-data: QUJD, proxy-url: 'http://p:1'",
		"client-certificate-data: Q0VSVA==, client-key-data: S0VZ, "
		"client-key: /nowhere");
	ck_assert_msg(kc != NULL, "%s", error);
	ck_assert_str_eq(kc->server, "https://10.0.0.1:6443");
	ck_assert_str_eq(kc->tls_server_name, "kubernetes");
	ck_assert_str_eq(kc->proxy_url, "http://p:1");
	ck_assert_str_eq(kc->ca.data, "ABC");
	ck_assert_uint_eq(kc->ca.len, 3);
	ck_assert_str_eq(kc->cert.data, "CERT");
	ck_assert_str_eq(kc->key.data, "KEY");
	ck_assert(!kc->insecure);
	kubeconfig_free(kc);
	teardown();
}
END_TEST

/* A2 */
START_TEST(relative_files_are_beside_the_kubeconfig)
{
	struct kubeconfig *kc;

	setup();
	kc = load(SERVER ", certificate-authority: ca.pem",
	    "client-certificate: cert.pem, client-key: ./key.pem, tokenFile: token");
	ck_assert_msg(kc != NULL, "%s", error);
	ck_assert_str_eq(kc->ca.data, "CA");
	ck_assert_str_eq(kc->cert.data, "CERT");
	ck_assert_str_eq(kc->key.data, "KEY");
	ck_assert_str_eq(kc->token, "secret");
	ck_assert_str_eq(warned, "");
	kubeconfig_free(kc);
	teardown();
}
END_TEST

START_TEST(token_file_wins_over_token_and_passwords_are_read)
{
	struct kubeconfig *kc;

	setup();
	kc = load(SERVER ", insecure-skip-tls-verify: true",
	    "token: inline, tokenFile: token, username: a, password: b");
	ck_assert_msg(kc != NULL, "%s", error);
	ck_assert_str_eq(kc->token, "secret");
	ck_assert_str_eq(kc->username, "a");
	ck_assert_str_eq(kc->password, "b");
	ck_assert_str_eq(kc->user, "u");
	ck_assert(kc->insecure);
	kubeconfig_free(kc);
	teardown();
}
END_TEST

/* A4 */
START_TEST(a_file_that_changed_or_was_replaced_is_noticed)
{
	struct kubeconfig *kc;
	_free_ char *from = NULL, *to = NULL;

	setup();
	kc = load(SERVER, "tokenFile: token");
	ck_assert(!kubeconfig_changed(kc));
	write_file("new", "secret\n", 0600);
	from = xasprintf("%s/new", dir);
	to = xasprintf("%s/token", dir);
	ck_assert_int_eq(rename(from, to), 0);
	ck_assert(kubeconfig_changed(kc));
	kubeconfig_free(kc);
	kc = load(SERVER, "tokenFile: token");
	unlink(to);
	ck_assert(kubeconfig_changed(kc));
	kubeconfig_free(kc);
	teardown();
}
END_TEST

START_TEST(secrets_everybody_may_read_are_warned_of)
{
	struct kubeconfig *kc;

	setup();
	write_file("key.pem", "KEY", 0644);
	kc = load(SERVER, "client-certificate: cert.pem, client-key: key.pem");
	ck_assert_msg(kc != NULL, "%s", error);
	ck_assert_msg(
	    strstr(warned, "/key.pem: everybody may read") != NULL, "%s", warned);
	kubeconfig_free(kc);
	teardown();
}
END_TEST

static const struct {
	const char *cluster, *user;
	const char *at; /* behind the path */
	const char *text;
} faults[] = {
	{ "", "", ":11:12: ", "the cluster has no server" },
	{ "server: 10.0.0.1:6443", "", ":11:21: ", "server has to be https://HOST:PORT" },
	{ "server: 'https://u:p@h'", "",
	    ":11:21: ", "server has to be https://HOST:PORT" },
	{ "server: [a]", "", ":11:21: ", "server has to be a string" },
	{ SERVER ", certificate-authority-data: '*'", "", ":",
	    "certificate-authority-data is not base64" },
	{ SERVER ", certificate-authority: gone.pem", "", ":",
	    "gone.pem: No such file or directory" },
	{ SERVER ", insecure-skip-tls-verify: 1", "", ":",
	    "insecure-skip-tls-verify has to be true or false" },
	{ SERVER, "exec: {command: aws}", ":14:16: ",
	    "exec is not supported; use token, tokenFile or client-certificate" },
	{ SERVER, "auth-provider: {name: gcp}",
	    ":14:25: ", "auth-provider is not supported" },
	{ SERVER, "as: root", ":14:14: ", "as is not supported" },
	{ SERVER, "client-certificate: cert.pem",
	    ":14:9: ", "client-certificate and client-key go together" },
	{ SERVER, "tokenFile: empty", ":14:21: ", "tokenFile is empty" },
	{ SERVER, "tokenFile: .", ":14:21: ", "Is a directory" },
	{ SERVER, "token: \"a\\nb\"", ":14:17: ", "token has a line break" },
};

START_TEST(errors_name_file_line_and_column)
{
	setup();
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		struct kubeconfig *kc = load(faults[i].cluster, faults[i].user);
		_free_ char *where = xasprintf("%s%s", path, faults[i].at);

		ck_assert_msg(kc == NULL, "%s %s", faults[i].cluster, faults[i].user);
		ck_assert_msg(
		    strncmp(error, where, strlen(where)) == 0, "%s: %s", where, error);
		ck_assert_msg(strstr(error, faults[i].text) != NULL, "%s", error);
	}
	teardown();
}
END_TEST

static const struct {
	const char *text;
	const char *error; /* behind the path */
} files[] = {
	{ "", ":1:1: the file is empty" },
	{ "a: [", ":2:1: did not find expected node content" },
	{ "clusters: []", ":1:1: current-context is not set" },
	{ "current-context: x", ":1:1: contexts has to be a list" },
	{ "current-context: x\ncontexts: 7", ":2:11: contexts has to be a list" },
	{ "current-context: x\ncontexts: []",
	    ":1:18: contexts has no entry named \"x\"" },
	{ "current-context: x\ncontexts: [{name: x, context: {cluster: c}}]\n"
	  "clusters: [7]",
	    ":2:31: clusters has no entry named \"c\"" },
};

START_TEST(files_that_are_no_kubeconfig_are_refused)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		_free_ char *want = xasprintf("/etc/k%s", files[i].error);

		ck_assert_ptr_null(kubeconfig_parse(
		    "/etc/k", files[i].text, strlen(files[i].text), error));
		ck_assert_msg(strncmp(error, want, strlen(want)) == 0, "%s", error);
	}
}
END_TEST

START_TEST(a_file_that_cannot_be_read_says_who_and_how)
{
	setup();
	kubeconfig_free(load(SERVER, ""));
	ck_assert_ptr_null(kubeconfig_load("/nowhere/config", true, error));
	ck_assert_str_eq(error, "/nowhere/config: No such file or directory");
	if (geteuid() == 0) {
		chmod(dir, 0755);
		ck_assert_int_eq(setegid(65534), 0);
		ck_assert_int_eq(seteuid(65534), 0);
		ck_assert_ptr_null(kubeconfig_load(path, true, error));
		ck_assert_int_eq(seteuid(0), 0);
		ck_assert_int_eq(setegid(0), 0);
		ck_assert_msg(strstr(error,
				  "/config: user nobody may not read it; give it "
				  "the file (chown nobody)") != NULL,
		    "%s", error);
	}
	teardown();
}
END_TEST

UNIT_MAIN("kubeconfig", inline_data_wins_over_files,
    relative_files_are_beside_the_kubeconfig,
    token_file_wins_over_token_and_passwords_are_read,
    a_file_that_changed_or_was_replaced_is_noticed,
    secrets_everybody_may_read_are_warned_of, errors_name_file_line_and_column,
    files_that_are_no_kubeconfig_are_refused, a_file_that_cannot_be_read_says_who_and_how)

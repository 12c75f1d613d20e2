/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/kubelet.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "unit.h"

#define PEM "/var/lib/kubelet/pki/kubelet-client-current.pem"

static char root[64], folder[96];

static void
setup(void)
{
	snprintf(root, sizeof(root), "/tmp/vipd-test-XXXXXX");
	ck_assert(mkdtemp(root) != NULL);
	snprintf(folder, sizeof(folder), "%s/copies", root);
}

static void
put(const char *path, const char *text)
{
	char full[256];
	FILE *f;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *at = full + strlen(root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(full, 0755);
		*at = '/';
	}
	f = fopen(full, "w");
	ck_assert(f != NULL);
	fputs(text, f);
	fclose(f);
}

static void
teardown(void)
{
	_free_ char *command = xasprintf("rm -rf %s", root);

	ck_assert_int_eq(system(command), 0);
}

static void
has(const char *name, const char *want)
{
	char full[256], text[512] = "";
	struct stat st;
	FILE *f;

	snprintf(full, sizeof(full), "%s/%s", folder, name);
	f = fopen(full, "r");
	ck_assert_msg(f != NULL, "%s", full);
	ck_assert(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	ck_assert_str_eq(text, want);
	ck_assert(stat(full, &st) == 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}

START_TEST(the_kubeconfig_and_what_it_names_are_copied_and_renewed)
{
	char error[256];

	setup();
	put("/etc/kubernetes/kubelet.conf",
	    "server: https://x:6443\nclient-certificate: " PEM "\nclient-key: " PEM
	    "\nother: /etc/other.pem\n");
	put(PEM, "first");
	ck_assert(kubelet_copy(root, folder, "nobody", error, sizeof(error)));
	has("kubeconfig",
	    "server: https://x:6443\nclient-certificate: kubelet-client-current.pem\n"
	    "client-key: kubelet-client-current.pem\nother: /etc/other.pem\n");
	has("kubelet-client-current.pem", "first");
	/* The kubelet rotates it. */
	put(PEM, "second");
	ck_assert(kubelet_copy(root, folder, "nobody", error, sizeof(error)));
	has("kubelet-client-current.pem", "second");
	teardown();
}
END_TEST

START_TEST(what_does_not_change_is_not_written_again)
{
	char error[256], full[256];
	struct stat before, after;

	setup();
	put("/var/lib/kubelet/kubeconfig", "a");
	ck_assert(kubelet_copy(root, folder, "nobody", error, sizeof(error)));
	snprintf(full, sizeof(full), "%s/kubeconfig", folder);
	ck_assert(stat(full, &before) == 0);
	ck_assert(kubelet_copy(root, folder, "nobody", error, sizeof(error)));
	ck_assert(stat(full, &after) == 0);
	ck_assert(before.st_ino == after.st_ino);
	teardown();
}
END_TEST

START_TEST(without_a_kubelet_the_remedy_is_named)
{
	char error[256];

	setup();
	ck_assert(!kubelet_copy(root, folder, "nobody", error, sizeof(error)));
	ck_assert(strstr(error, "/etc/kubernetes/kubelet.conf") != NULL);
	ck_assert(strstr(error, "name a file") != NULL);
	teardown();
}
END_TEST

UNIT_MAIN("kubelet", the_kubeconfig_and_what_it_names_are_copied_and_renewed,
    what_does_not_change_is_not_written_again, without_a_kubelet_the_remedy_is_named)

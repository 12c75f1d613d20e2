/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/explain.h"

#include <string.h>

#include "unit.h"
#include "watcher/http.h"
#include "watcher/kubeconfig.h"

static char path[] = "/etc/vipd/kubeconfig", server[] = "https://10.0.0.1:6443",
	    user[] = "vipd", token[] = "s3cret";
static const struct kubeconfig kc = {
	.path = path, .server = server, .user = user, .token = token
};

START_TEST(every_failure_names_server_file_and_remedy)
{
	for (int f = HTTP_OK; f <= HTTP_BROKEN; f++) {
		struct http_result r = { .failure = f, .detail = "detail" };
		char text[256];

		if (f <= HTTP_ABORTED)
			continue;
		explain(text, sizeof(text), &r, &kc, "services", "list", "");
		ck_assert_msg(strncmp(text, server, strlen(server)) == 0, "%s", text);
		ck_assert_msg(strstr(text, path) != NULL, "%s", text);
		ck_assert_msg(strchr(text, ';') != NULL, "%s", text);
		ck_assert_msg(strstr(text, token) == NULL, "%s", text);
	}
}
END_TEST

START_TEST(every_refusal_says_what_to_do)
{
	static const struct {
		int status;
		bool watch;
		const char *text;
	} cases[] = {
		{ 401, false,
		    "https://10.0.0.1:6443: 401 Unauthorized: the credentials of user "
		    "vipd "
		    "in /etc/vipd/kubeconfig are wrong or have expired; put a valid "
		    "token "
		    "or certificate there" },
		{ 403, true,
		    "https://10.0.0.1:6443: 403 Forbidden: user vipd of "
		    "/etc/vipd/kubeconfig may not watch services; apply "
		    "conf/kubernetes/vipd.yaml (RBAC) to the cluster" },
		{ 403, false,
		    "https://10.0.0.1:6443: 403 Forbidden: user vipd of "
		    "/etc/vipd/kubeconfig may not list services; apply "
		    "conf/kubernetes/vipd.yaml (RBAC) to the cluster" },
		{ 500, false, "https://10.0.0.1:6443: list services: 500 etcd?is away" },
		{ 200, false,
		    "https://10.0.0.1:6443: the answer to list services is not what a "
		    "Kubernetes API server sends: etcd?is away; check server and "
		    "proxy-url "
		    "in /etc/vipd/kubeconfig" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct http_result r = { .status = cases[i].status };
		char text[256];

		explain(text, sizeof(text), &r, &kc, "services",
		    cases[i].watch ? "watch" : "list", "etcd\nis away");
		ck_assert_str_eq(text, cases[i].text);
	}
}
END_TEST

#define RBAC                                                                             \
	"events.events.k8s.io is forbidden: User \"system:serviceaccount:vipd:vipd\" "   \
	"cannot create resource \"events\" in API group \"events.k8s.io\""
#define TERMINATING                                                                      \
	"events.events.k8s.io \"a\" is forbidden: unable to create new content in "      \
	"namespace a because it is being terminated"
#define WEBHOOK "admission webhook \"a.example.com\" denied the request: no"

START_TEST(admission_and_rbac_are_told_apart)
{
	struct http_result r = { .status = 403 };
	char text[512];

	ck_assert(!explain_is_denial(RBAC));
	ck_assert(!explain_is_denial(""));
	ck_assert(!explain_is_denial(NULL));
	ck_assert(explain_is_denial(TERMINATING));
	ck_assert(explain_is_denial(WEBHOOK));
	explain(text, sizeof(text), &r, &kc, "events", "create", RBAC);
	ck_assert_ptr_nonnull(strstr(text, "may not create events; apply"));
	explain(text, sizeof(text), &r, &kc, "events", "create", WEBHOOK);
	ck_assert_ptr_null(strstr(text, "apply"));
	ck_assert_ptr_nonnull(strstr(text, "create events: 403 " WEBHOOK));
}
END_TEST

START_TEST(a_namespace_that_is_not_there_is_named)
{
	struct http_result r = { .status = 404 };
	char text[256];

	explain(text, sizeof(text), &r, &kc, "leases", "create",
	    "namespaces \"vipd\" not found");
	ck_assert_ptr_nonnull(strstr(text,
	    "404: namespaces \"vipd\" not found; create it with "
	    "conf/kubernetes/vipd.yaml"));
}
END_TEST

UNIT_MAIN("explain", every_failure_names_server_file_and_remedy,
    every_refusal_says_what_to_do, admission_and_rbac_are_told_apart,
    a_namespace_that_is_not_there_is_named)

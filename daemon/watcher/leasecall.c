/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "leasecall.h"

#include "mem.h"

struct api_request *
leasecall_send(struct api *api, enum leasecall what, const char *ns, const char *name,
    const char *body, unsigned timeout_ms, api_done *done, void *arg)
{
	static const struct {
		const char *method;
		const char *verb;
	} words[] = {
		[LEASECALL_GET] = { "GET", "get" },
		[LEASECALL_CREATE] = { "POST", "create" },
		[LEASECALL_UPDATE] = { "PUT", "update" },
	};
	bool named = what != LEASECALL_CREATE;
	_free_ char *path =
	    xasprintf("/apis/coordination.k8s.io/v1/namespaces/%s/leases%s%s", ns,
		named ? "/" : "", named ? name : "");
	struct api_call call = {
		.method = words[what].method,
		.verb = words[what].verb,
		.path_query = path,
		.body = body,
		.resource = "leases",
		.timeout_ms = timeout_ms,
	};

	return api_send(api, &call, done, arg);
}

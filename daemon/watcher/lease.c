/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lease.h"

#include <string.h>

#include "mem.h"

static const char *
string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static uint32_t
number_of(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 && n <= INT32_MAX ? (uint32_t)n : 0;
}

void
lease_read(struct lease_record *r, const json_t *lease)
{
	const json_t *spec = json_object_get(lease, "spec");

	*r = (struct lease_record){
		.duration_s = number_of(spec, "leaseDurationSeconds"),
		.transitions = number_of(spec, "leaseTransitions"),
	};
	str_copy(r->holder, sizeof(r->holder), string_of(spec, "holderIdentity"));
	str_copy(r->acquired, sizeof(r->acquired), string_of(spec, "acquireTime"));
	str_copy(r->renewed, sizeof(r->renewed), string_of(spec, "renewTime"));
}

bool
lease_eq(const struct lease_record *a, const struct lease_record *b)
{
	return strcmp(a->holder, b->holder) == 0 && a->duration_s == b->duration_s &&
	    a->transitions == b->transitions && strcmp(a->acquired, b->acquired) == 0 &&
	    strcmp(a->renewed, b->renewed) == 0;
}

char *
lease_write(
    const char *ns, const char *name, const json_t *lease, const struct lease_record *r)
{
	json_t *meta = json_deep_copy(json_object_get(lease, "metadata"));
	json_t *object;
	char *text;

	if (!json_is_object(meta)) {
		json_decref(meta);
		meta = json_pack("{s:s, s:s}", "name", name, "namespace", ns);
	}
	json_object_del(meta, "managedFields");
	object = json_pack("{s:s, s:s, s:o, s:{s:s, s:i, s:i, s:s, s:s}}", "apiVersion",
	    "coordination.k8s.io/v1", "kind", "Lease", "metadata", meta, "spec",
	    "holderIdentity", r->holder, "leaseDurationSeconds", (int)r->duration_s,
	    "leaseTransitions", (int)r->transitions, "acquireTime", r->acquired,
	    "renewTime", r->renewed);
	text = json_dumps(object, JSON_COMPACT);
	json_decref(object);
	return text ? text : xstrdup("{}");
}

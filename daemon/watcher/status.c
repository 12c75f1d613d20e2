/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "stamp.h"
#include "text.h"

/* More no Service needs; they bound what one object can cost. */
#define INGRESS_MAX 64

static const char *const type_names[STATUS_TYPE_COUNT] = {
	[STATUS_ALLOCATED] = "vipd.io/AddressAllocated",
	[STATUS_PLACED] = "vipd.io/Placed",
	[STATUS_READY] = "vipd.io/VIPReady",
};

static void
free_condition(struct status_condition *c)
{
	free(c->reason);
	free(c->message);
	free(c->since);
	*c = (struct status_condition){ 0 };
}

void
status_fini(struct service_status *s)
{
	free(s->ingress);
	free(s->writer);
	for (size_t i = 0; i < STATUS_TYPE_COUNT; i++)
		free_condition(&s->conditions[i]);
	*s = (struct service_status){ 0 };
}

void
status_add_ingress(struct service_status *s, const struct ipaddr *addr)
{
	s->ingress = xreallocarray(s->ingress, s->n_ingress + 1, sizeof(*s->ingress));
	s->ingress[s->n_ingress++] = *addr;
	s->has_ingress = true;
}

/* Cut to what the API takes, and to what may be shown. */
static char *
message_of(const char *text)
{
	char *copy = xstrdup(text);

	if (strlen(copy) > STATUS_MESSAGE_MAX)
		copy[STATUS_MESSAGE_MAX] = '\0';
	return text_make_safe(copy);
}

void
status_set_condition(struct service_status *s, enum status_type type, bool value,
    const char *reason, const char *message)
{
	struct status_condition *c = &s->conditions[type];

	free_condition(c);
	*c = (struct status_condition){
		.present = true,
		.value = value,
		.reason = xstrdup(reason),
		.message = message_of(message),
	};
}

void
status_copy(struct service_status *to, const struct service_status *from)
{
	*to = (struct service_status){
		.has_ingress = from->has_ingress,
		.foreign_ingress = from->foreign_ingress,
	};
	memcpy(to->version, from->version, sizeof(to->version));
	to->writer = from->writer ? xstrdup(from->writer) : NULL;
	for (size_t i = 0; i < from->n_ingress; i++)
		status_add_ingress(to, &from->ingress[i]);
	for (size_t i = 0; i < STATUS_TYPE_COUNT; i++) {
		const struct status_condition *c = &from->conditions[i];

		if (!c->present)
			continue;
		status_set_condition(
		    to, (enum status_type)i, c->value, c->reason, c->message);
		to->conditions[i].since = c->since ? xstrdup(c->since) : NULL;
	}
}

/* ---- reading ---- */

static const char *
string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* Who set the ingress is in managedFields; where they were cut off, our own
 * condition tells. */
static bool
is_ingress_ours(const json_t *meta, const struct service_status *s)
{
	const json_t *managers = json_object_get(meta, "managedFields");
	const json_t *m;
	size_t i;

	if (json_array_size(managers) == 0)
		return s->conditions[STATUS_ALLOCATED].present;
	json_array_foreach(managers, i, m)
	{
		const json_t *status =
		    json_object_get(json_object_get(m, "fieldsV1"), "f:status");

		if (strcmp(string_of(m, "manager"), STATUS_ALLOCATOR) == 0 &&
		    strcmp(string_of(m, "operation"), "Apply") == 0 &&
		    json_object_get(
			json_object_get(status, "f:loadBalancer"), "f:ingress"))
			return true;
	}
	return false;
}

static void
read_ingress(struct service_status *s, const json_t *meta, const json_t *status)
{
	const json_t *list =
	    json_object_get(json_object_get(status, "loadBalancer"), "ingress");
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		struct ipaddr addr;

		if (i < INGRESS_MAX && ipaddr_parse(string_of(item, "ip"), &addr))
			status_add_ingress(s, &addr);
	}
	s->has_ingress = json_array_size(list) > 0;
	s->foreign_ingress = s->has_ingress && !is_ingress_ours(meta, s);
}

static bool
is_vipd(const char *manager)
{
	return strcmp(manager, STATUS_ALLOCATOR) == 0 ||
	    strcmp(manager, STATUS_HOLDER) == 0;
}

/* Times of this form compare as text. */
static void
read_writer(struct service_status *s, const json_t *meta)
{
	const char *name = "", *time = "";
	const json_t *m;
	size_t i;

	json_array_foreach(json_object_get(meta, "managedFields"), i, m)
	{
		if (strcmp(string_of(m, "subresource"), "status") != 0 ||
		    is_vipd(string_of(m, "manager")) ||
		    strcmp(string_of(m, "time"), time) < 0)
			continue;
		name = string_of(m, "manager");
		time = string_of(m, "time");
	}
	s->writer = *name ? text_make_safe(xstrdup(name)) : NULL;
}

static void
read_condition(struct service_status *s, const json_t *condition)
{
	const char *since = string_of(condition, "lastTransitionTime");

	for (size_t i = 0; i < STATUS_TYPE_COUNT; i++) {
		if (strcmp(string_of(condition, "type"), type_names[i]) != 0)
			continue;
		status_set_condition(s, (enum status_type)i,
		    strcmp(string_of(condition, "status"), "True") == 0,
		    string_of(condition, "reason"), string_of(condition, "message"));
		s->conditions[i].since = *since ? text_make_safe(xstrdup(since)) : NULL;
	}
}

void
status_read(struct service_status *s, const json_t *service)
{
	const json_t *meta = json_object_get(service, "metadata");
	const json_t *status = json_object_get(service, "status");
	const json_t *condition;
	size_t i;

	*s = (struct service_status){ 0 };
	str_copy(s->version, sizeof(s->version), string_of(meta, "resourceVersion"));
	json_array_foreach(json_object_get(status, "conditions"), i, condition)
	    read_condition(s, condition);
	read_ingress(s, meta, status);
	read_writer(s, meta);
}

bool
status_is_ours(const struct service_status *s)
{
	return (s->has_ingress && !s->foreign_ingress) ||
	    s->conditions[STATUS_ALLOCATED].present ||
	    s->conditions[STATUS_PLACED].present || s->conditions[STATUS_READY].present;
}

/* ---- writing ---- */

static bool
is_holder(const char *manager)
{
	return strcmp(manager, STATUS_HOLDER) == 0;
}

static bool
owns(const char *manager, enum status_type type)
{
	switch (type) {
	case STATUS_ALLOCATED:
	case STATUS_PLACED:
		return !is_holder(manager);
	case STATUS_READY:
		return is_holder(manager);
	case STATUS_TYPE_COUNT:
		break;
	}
	return false;
}

static bool
same_condition(const struct status_condition *a, const struct status_condition *b)
{
	if (!a->present || !b->present)
		return a->present == b->present;
	return a->value == b->value && strcmp(a->reason, b->reason) == 0 &&
	    strcmp(a->message, b->message) == 0;
}

static bool
same_ingress(const struct service_status *seen, const struct service_status *want)
{
	if (!want->n_ingress)
		/* What somebody else wrote is not ours to clear. */
		return !seen->has_ingress || seen->foreign_ingress;
	if (seen->n_ingress != want->n_ingress || seen->foreign_ingress)
		return false;
	for (size_t i = 0; i < want->n_ingress; i++)
		if (!ipaddr_eq(&seen->ingress[i], &want->ingress[i]))
			return false;
	return true;
}

bool
status_differs(const struct service_status *seen, const struct service_status *want,
    const char *manager)
{
	for (size_t i = 0; i < STATUS_TYPE_COUNT; i++)
		if (owns(manager, (enum status_type)i) &&
		    !same_condition(&seen->conditions[i], &want->conditions[i]))
			return true;
	return !is_holder(manager) && !same_ingress(seen, want);
}

static json_t *
ingress_json(const struct service_status *want, bool ip_mode)
{
	json_t *list = json_array();

	for (size_t i = 0; i < want->n_ingress; i++) {
		char text[IPADDR_STRLEN];
		json_t *item =
		    json_pack("{s:s}", "ip", ipaddr_format(&want->ingress[i], text));

		if (ip_mode)
			json_object_set_new(item, "ipMode", json_string("VIP"));
		json_array_append_new(list, item);
	}
	return json_pack("{s:o}", "ingress", list);
}

/* lastTransitionTime moves with the value only. */
static json_t *
conditions_json(const struct service_status *seen, const struct service_status *want,
    uint64_t wall_us)
{
	json_t *list = json_array();
	char now[STAMP_LEN];

	stamp_seconds(now, wall_us);
	for (size_t i = 0; i < STATUS_TYPE_COUNT; i++) {
		const struct status_condition *c = &want->conditions[i];
		const struct status_condition *old = seen ? &seen->conditions[i] : NULL;
		bool kept = old && old->present && old->value == c->value && old->since;

		if (!c->present)
			continue;
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:s, s:s, s:s}", "type", type_names[i],
			"status", c->value ? "True" : "False", "reason", c->reason,
			"message", c->message, "lastTransitionTime",
			kept ? old->since : now));
	}
	return list;
}

char *
status_patch(const char *ns, const char *name, const char *version,
    const struct service_status *seen, const struct service_status *want,
    const struct status_style *style)
{
	json_t *meta = json_pack("{s:s, s:s}", "name", name, "namespace", ns);
	json_t *status = json_object();
	json_t *conditions = conditions_json(seen, want, style->wall_us);
	json_t *patch;
	char *text;

	if (version)
		json_object_set_new(meta, "resourceVersion", json_string(version));
	if (want->n_ingress)
		json_object_set_new(
		    status, "loadBalancer", ingress_json(want, style->ip_mode));
	if (json_array_size(conditions))
		json_object_set(status, "conditions", conditions);
	json_decref(conditions);
	patch = json_pack(
	    "{s:s, s:s, s:o}", "apiVersion", "v1", "kind", "Service", "metadata", meta);
	/* An empty one would be owned, too. */
	if (json_object_size(status))
		json_object_set(patch, "status", status);
	json_decref(status);
	text = json_dumps(patch, JSON_COMPACT);
	json_decref(patch);
	if (!text)
		text = xstrdup("{}");
	return text;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "poolmap.h"

#include <stdlib.h>
#include <string.h>

#include "conf_pool.h"
#include "mem.h"

enum decoded
decode_poolmap(const json_t *json, struct poolmap_object **out, struct fault *f)
{
	static const struct decode_rules rules = { .node_name = "", .from_api = true };
	const json_t *meta, *data;
	struct poolmap_object *o;
	const char *ns, *name, *text, *uid;

	*out = NULL;
	*f = (struct fault){ 0 };
	if (!decode_name(json, &rules, &ns, &name, f))
		return DECODED_UNNAMED;
	meta = field_object(json, "", "metadata", f);
	uid = field_string(meta, "metadata", "uid", f);
	data = field_object(json, "", "data", f);
	text = field_string(data, "data", CONF_CONFIGMAP_KEY, f);
	o = xcalloc(1, sizeof(*o));
	str_copy(o->id.ns, sizeof(o->id.ns), ns);
	str_copy(o->id.name, sizeof(o->id.name), name);
	str_copy(o->uid, sizeof(o->uid), uid ? uid : "");
	o->text = text ? xstrdup(text) : NULL;
	*out = o;
	return fault_is_set(f) ? DECODED_MALFORMED : DECODED_OBJECT;
}

void
poolmap_object_free(struct poolmap_object *o)
{
	if (o)
		free(o->text);
	free(o);
}

static bool
same(const struct poolmap_object *a, const struct poolmap_object *b)
{
	if (!a || !b || !a->text || !b->text)
		return !a == !b && a && !a->text == !b->text;
	return !strcmp(a->text, b->text) && !strcmp(a->uid, b->uid);
}

void
poolmap_put(struct poolmap *p, struct poolmap_object *o)
{
	p->changed |= !p->known || !same(p->object, o);
	p->known = true;
	poolmap_object_free(p->object);
	p->object = o;
}

void
poolmap_fini(struct poolmap *p)
{
	poolmap_object_free(p->object);
	*p = (struct poolmap){ 0 };
}

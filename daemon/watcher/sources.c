/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "sources.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "object.h"

#define ANNOTATION "service.beta.kubernetes.io/load-balancer-source-ranges"
/* As many as vipd-forward takes. */
#define RANGES_MAX 1024

/* One entry, "  192.0.2.0/24 " for example. Host bits are masked (S20). */
static bool
parse(const char *text, size_t len, struct iprange *out)
{
	char buf[IPRANGE_STRLEN];

	while (len && isspace((unsigned char)text[0])) {
		text++;
		len--;
	}
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	if (len >= sizeof(buf))
		return false;
	memcpy(buf, text, len);
	buf[len] = '\0';
	return strchr(buf, '/') && iprange_parse(buf, out);
}

static void
add(struct service_object *s, const char *text, size_t len, const char *path,
    struct fault *f)
{
	struct iprange range;

	if (s->n_sources == RANGES_MAX) {
		fault_set(f, "%s: more than %d", path, RANGES_MAX);
	} else if (!parse(text, len, &range)) {
		fault_set(f, "%s: entry %zu is not a prefix like 192.0.2.0/24", path,
		    s->n_sources);
	} else {
		s->sources =
		    xreallocarray(s->sources, s->n_sources + 1, sizeof(*s->sources));
		s->sources[s->n_sources++] = range;
	}
}

static void
read_annotation(struct service_object *s, const json_t *meta, struct fault *f)
{
	const json_t *annotations = field_object(meta, "metadata", "annotations", f);
	const char *text =
	    field_string(annotations, "metadata.annotations", ANNOTATION, f);

	/* All blanks is no list, as for the API server. */
	if (!text || text[strspn(text, " \t\r\n")] == '\0')
		return;
	for (size_t len; !fault_is_set(f); text += len + 1) {
		len = strcspn(text, ",");
		add(s, text, len, "annotation " ANNOTATION, f);
		if (!text[len])
			return;
	}
}

void
sources_read(
    struct service_object *s, const json_t *meta, const json_t *spec, struct fault *f)
{
	const json_t *ranges = field_array(spec, "spec", "loadBalancerSourceRanges", f);

	if (!(s->flags & SERVICE_LOADBALANCER))
		return;
	for (size_t i = 0; i < json_array_size(ranges) && !fault_is_set(f); i++) {
		const char *text = json_string_value(json_array_get(ranges, i));

		add(s, text ? text : "", text ? strlen(text) : 0,
		    "spec.loadBalancerSourceRanges", f);
	}
	if (!json_array_size(ranges))
		read_annotation(s, meta, f);
}

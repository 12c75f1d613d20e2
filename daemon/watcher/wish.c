/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "wish.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "mem.h"
#include "text.h"

/* The API bounds annotations in all only (256 KiB). */
#define VALUE_MAX 256
#define LABELS_MAX 256

static const char *const address_words[] = { "vipd.io/addresses",
	"metallb.io/loadBalancerIPs", "metallb.universe.tf/loadBalancerIPs",
	"kube-vip.io/loadbalancerIPs" };
static const char *const pool_words[] = { "vipd.io/address-pool",
	"metallb.io/address-pool", "metallb.universe.tf/address-pool" };
static const char *const sharing_words[] = { "vipd.io/allow-shared-ip",
	"metallb.io/allow-shared-ip", "metallb.universe.tf/allow-shared-ip" };

/* Only what a controller writes when it takes a Service, not what its user
 * writes to ask for something: that may be left over from before. */
static const char *const marks[] = { "metallb.io/ip-allocated-from-pool",
	"metallb.universe.tf/ip-allocated-from-pool", "purelb.io/allocated-by",
	"kube-vip.io/vipHost" };
static const char *const finalizers[] = { "service.kubernetes.io/load-balancer-cleanup",
	"finalizer.lb.kubesphere.io/v1alpha1" };

static void __attribute__((format(printf, 2, 3)))
set_bad(struct wish *w, const char *fmt, ...)
{
	char text[REASON_LEN];
	va_list ap;

	if (w->bad)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	w->bad = text_make_safe(xstrdup(text));
}

/* ---- addresses ---- */

struct address_list {
	struct ipaddr items[WISH_ADDRESSES_MAX];
	size_t n;
};

static bool
add_address(struct wish *w, struct address_list *list, const char *word, const char *text)
{
	struct ipaddr addr;

	if (!ipaddr_parse(text, &addr) || !ipaddr_is_routable(&addr)) {
		set_bad(w, "%s: \"%.50s\" is not an IP address of a LAN", word, text);
		return false;
	}
	for (size_t i = 0; i < list->n; i++) {
		if (ipaddr_eq(&list->items[i], &addr))
			return true;
		if (list->items[i].family == addr.family) {
			set_bad(w, "%s: two addresses of one family; a Service has one",
			    word);
			return false;
		}
	}
	list->items[list->n++] = addr;
	if (list->n == 2 && ipaddr_cmp(&list->items[0], &list->items[1]) > 0) {
		list->items[1] = list->items[0];
		list->items[0] = addr;
	}
	return true;
}

/* "A, B" */
static bool
read_list(struct wish *w, struct address_list *list, const char *word, const char *value)
{
	char text[VALUE_MAX], *rest = text, *item;

	if (!str_copy(text, sizeof(text), value)) {
		set_bad(w, "%s: too long", word);
		return false;
	}
	while ((item = strsep(&rest, ","))) {
		item += strspn(item, " \t");
		item[strcspn(item, " \t")] = '\0';
		if (*item && !add_address(w, list, word, item))
			return false;
	}
	return true;
}

static bool
same(const struct address_list *a, const struct wish *w)
{
	if (a->n != w->n_addrs)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!ipaddr_eq(&a->items[i], &w->addrs[i]))
			return false;
	return true;
}

static void
take_addresses(struct wish *w, const char *word, const char *value, const char **first)
{
	struct address_list list = { 0 };

	if (!value || !read_list(w, &list, word, value) || !list.n)
		return;
	if (*first && !same(&list, w)) {
		set_bad(
		    w, "%s and %s ask for different addresses; remove one", *first, word);
		return;
	}
	*first = word;
	memcpy(w->addrs, list.items, sizeof(list.items));
	w->n_addrs = list.n;
}

static void
read_addresses(
    struct wish *w, const json_t *annotations, const json_t *spec, struct fault *f)
{
	const char *first = NULL;

	take_addresses(w, "spec.loadBalancerIP",
	    field_string(spec, "spec", "loadBalancerIP", f), &first);
	for (size_t i = 0; i < ARRAY_LEN(address_words); i++)
		take_addresses(w, address_words[i],
		    json_string_value(json_object_get(annotations, address_words[i])),
		    &first);
}

/* ---- words ---- */

static char *
read_word(struct wish *w, const json_t *annotations, const char *const *words, size_t n)
{
	const char *first = NULL, *found = NULL;

	for (size_t i = 0; i < n; i++) {
		const char *value =
		    json_string_value(json_object_get(annotations, words[i]));

		if (!value || !*value)
			continue;
		if (strlen(value) >= VALUE_MAX)
			set_bad(w, "%s: too long", words[i]);
		else if (found && strcmp(found, value))
			set_bad(w, "%s and %s differ; remove one", first, words[i]);
		else if (!found) {
			first = words[i];
			found = value;
		}
	}
	return found ? text_make_safe(xstrdup(found)) : NULL;
}

static void
read_labels(struct wish *w, const json_t *meta, struct fault *f)
{
	json_t *labels = (json_t *)field_object(meta, "metadata", "labels", f);
	size_t n = json_object_size(labels);
	const char *key;
	json_t *value;

	if (n > LABELS_MAX)
		fault_set(f, "metadata.labels: more than %d", LABELS_MAX);
	if (!n || fault_is_set(f))
		return;
	w->labels = xcalloc(n, sizeof(*w->labels));
	json_object_foreach(labels, key, value)
	{
		const char *text = json_string_value(value);

		if (text)
			w->labels[w->n_labels++] =
			    (struct label){ xstrdup(key), xstrdup(text) };
	}
}

/* ---- families ---- */

static void
read_families(struct wish *w, const json_t *spec, struct fault *f)
{
	const json_t *families = field_array(spec, "spec", "ipFamilies", f);
	const char *policy = field_string(spec, "spec", "ipFamilyPolicy", f);

	if (json_array_size(families) > 2)
		fault_set(f, "spec.ipFamilies: more than two");
	for (size_t i = 0; i < json_array_size(families) && !fault_is_set(f); i++) {
		const char *text = json_string_value(json_array_get(families, i));

		if (text && !strcmp(text, "IPv4"))
			w->families[i] = AF_INET;
		else if (text && !strcmp(text, "IPv6"))
			w->families[i] = AF_INET6;
		else
			fault_set(f, "spec.ipFamilies[%zu]: IPv4 or IPv6 expected", i);
	}
	if (w->families[0] && w->families[0] == w->families[1])
		fault_set(f, "spec.ipFamilies: one family twice");
	if (policy && !strcmp(policy, "PreferDualStack"))
		w->policy = PREFER_DUAL_STACK;
	else if (policy && !strcmp(policy, "RequireDualStack"))
		w->policy = REQUIRE_DUAL_STACK;
	else if (policy && *policy && strcmp(policy, "SingleStack"))
		fault_set(f,
		    "spec.ipFamilyPolicy: SingleStack, PreferDualStack or "
		    "RequireDualStack expected");
}

/* Manifests may leave families out; an API server fills them in. */
static void
complete_families(struct wish *w)
{
	if (w->families[0])
		return;
	w->families[0] = w->n_addrs ? w->addrs[0].family : AF_INET;
	if (w->n_addrs > 1)
		w->families[1] = w->addrs[1].family;
}

static void
check_families(struct wish *w)
{
	for (size_t i = 0; i < w->n_addrs; i++)
		if (w->addrs[i].family != w->families[0] &&
		    w->addrs[i].family != w->families[1]) {
			char text[IPADDR_STRLEN];

			set_bad(w, "it asks for %s, but ipFamilies has no %s",
			    ipaddr_format(&w->addrs[i], text),
			    w->addrs[i].family == AF_INET ? "IPv4" : "IPv6");
		}
}

/* ---- whose it is ---- */

static void
find_mark(struct wish *w, const json_t *annotations, const json_t *meta)
{
	const json_t *list = json_object_get(meta, "finalizers");

	for (size_t i = 0; i < ARRAY_LEN(marks) && !w->other; i++)
		if (json_object_get(annotations, marks[i]))
			w->other = xasprintf("annotation %s", marks[i]);
	for (size_t i = 0; i < json_array_size(list) && !w->other; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		for (size_t k = 0; text && k < ARRAY_LEN(finalizers); k++)
			if (!w->other && !strcmp(text, finalizers[k]))
				w->other = xasprintf("finalizer %s", finalizers[k]);
	}
}

struct wish *
wish_read(const json_t *meta, const json_t *spec, struct fault *f)
{
	const json_t *annotations = field_object(meta, "metadata", "annotations", f);
	const char *ignore =
	    json_string_value(json_object_get(annotations, "vipd.io/ignore"));
	struct wish *w = xcalloc(1, sizeof(*w));

	w->opt_out = ignore && !strcmp(ignore, "true");
	read_families(w, spec, f);
	read_addresses(w, annotations, spec, f);
	w->pool = read_word(w, annotations, pool_words, ARRAY_LEN(pool_words));
	w->sharing = read_word(w, annotations, sharing_words, ARRAY_LEN(sharing_words));
	read_labels(w, meta, f);
	complete_families(w);
	check_families(w);
	find_mark(w, annotations, meta);
	return w;
}

void
wish_free(struct wish *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n_labels; i++) {
		free(w->labels[i].key);
		free(w->labels[i].value);
	}
	free(w->labels);
	free(w->pool);
	free(w->sharing);
	free(w->other);
	free(w->bad);
	free(w);
}

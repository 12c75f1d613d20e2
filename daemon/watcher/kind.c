/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind.h"

#include <string.h>

#include "clock.h"
#include "mem.h"
#include "store.h"
#include "writer.h"

static enum decoded
service_decode(
    const json_t *json, const struct decode_rules *rules, void **out, struct fault *f)
{
	struct service_object *object;
	enum decoded result = decode_service(json, rules, &object, f);

	*out = object;
	return result;
}

static void
service_put(struct store *s, void *object)
{
	store_put_service(s, object);
}

static char *
service_key(const void *object)
{
	char *key = xcalloc(SERVICE_KEY_LEN, 1);

	service_object_key(object, key);
	return key;
}

static void
service_free(void *object)
{
	service_object_free(object);
}

static enum decoded
slice_decode(
    const json_t *json, const struct decode_rules *rules, void **out, struct fault *f)
{
	struct slice_object *object;
	enum decoded result = decode_slice(json, rules, &object, f);

	*out = object;
	return result;
}

static void
slice_put(struct store *s, void *object)
{
	store_put_slice(s, object);
}

static char *
slice_key(const void *object)
{
	const struct slice_object *slice = object;

	return xstrdup(slice->key);
}

static void
slice_free(void *object)
{
	slice_object_free(object);
}

static enum decoded
node_decode(
    const json_t *json, const struct decode_rules *rules, void **out, struct fault *f)
{
	struct node_object *object;
	enum decoded result = decode_node(json, &object, f);

	(void)rules;
	*out = object;
	return result;
}

static void
node_put(struct store *s, void *object)
{
	nodes_put(&s->nodes, object);
}

static void
node_remove(struct store *s, const char *key)
{
	nodes_remove(&s->nodes, key);
}

static void
node_replace(struct store *s, void *const *objects, size_t n)
{
	nodes_replace(&s->nodes, objects, n);
}

static void
node_compare(
    const struct store *s, void *const *objects, size_t n, size_t *held, size_t *missing)
{
	nodes_compare(&s->nodes, objects, n, held, missing);
}

static char *
node_key(const void *object)
{
	return xstrdup(((const struct node_object *)object)->name);
}

static void
node_free(void *object)
{
	node_object_free(object);
}

static enum decoded
lease_decode(
    const json_t *json, const struct decode_rules *rules, void **out, struct fault *f)
{
	struct peer_object *object;
	enum decoded result = decode_peer(json, &object, f);

	(void)rules;
	*out = object;
	return result;
}

static void
lease_put(struct store *s, void *object)
{
	peers_put(&s->peers, object, clock_us());
}

static void
lease_remove(struct store *s, const char *key)
{
	const char *slash = strchr(key, '/');

	peers_remove(&s->peers, slash ? slash + 1 : key);
}

static void
lease_replace(struct store *s, void *const *objects, size_t n)
{
	peers_replace(&s->peers, objects, n, clock_us());
}

static void
lease_compare(
    const struct store *s, void *const *objects, size_t n, size_t *held, size_t *missing)
{
	peers_compare(&s->peers, objects, n, held, missing);
}

static char *
lease_key(const void *object)
{
	return xasprintf(
	    PEERS_PREFIX "%s", ((const struct peer_object *)object)->head.name);
}

static void
lease_free(void *object)
{
	peer_object_free(object);
}

static enum decoded
pools_decode(
    const json_t *json, const struct decode_rules *rules, void **out, struct fault *f)
{
	struct poolmap_object *object;
	enum decoded result = decode_poolmap(json, &object, f);

	(void)rules;
	*out = object;
	return result;
}

/* The feed asks for one object by its name, so what comes is that one. */
static void
pools_put(struct store *s, void *object)
{
	poolmap_put(&s->poolmap, object);
}

static void
pools_remove(struct store *s, const char *key)
{
	(void)key;
	poolmap_put(&s->poolmap, NULL);
}

static void
pools_replace(struct store *s, void *const *objects, size_t n)
{
	for (size_t i = 1; i < n; i++)
		poolmap_object_free(objects[i]);
	poolmap_put(&s->poolmap, n ? objects[0] : NULL);
}

static void
pools_compare(
    const struct store *s, void *const *objects, size_t n, size_t *held, size_t *missing)
{
	(void)s;
	(void)objects;
	(void)n;
	*held = *missing = 0;
}

static char *
pools_key(const void *object)
{
	const struct poolmap_object *o = object;

	return xasprintf("%s/%s", o->id.ns, o->id.name);
}

static void
pools_free_object(void *object)
{
	poolmap_object_free(object);
}

/*
 * S1: slices of headless Services and of another proxy's are not even sent.
 * Services are: one that gets such a label has a status to be cleaned (W5).
 */
static const char slice_selector[] = "%21service.kubernetes.io%2Fheadless"
				     "%2C%21service.kubernetes.io%2Fservice-proxy-name";

static const struct kind kinds[KIND_FEEDS] = {
	[KIND_SERVICE] = {
		.name = "Service",
		.list = "ServiceList",
		.api_version = "v1",
		.resource = "services",
		.path = "/api/v1/services",
		.decode = service_decode,
		.put = service_put,
		.remove = store_remove_service,
		.replace = store_replace_services,
		.compare = store_compare_services,
		.key = service_key,
		.free = service_free,
	},
	[KIND_SLICE] = {
		.name = "EndpointSlice",
		.list = "EndpointSliceList",
		.api_version = "discovery.k8s.io/v1",
		.resource = "endpointslices",
		.path = "/apis/discovery.k8s.io/v1/endpointslices",
		.selector = slice_selector,
		.decode = slice_decode,
		.put = slice_put,
		.remove = store_remove_slice,
		.replace = store_replace_slices,
		.compare = store_compare_slices,
		.key = slice_key,
		.free = slice_free,
	},
	[KIND_NODE] = {
		.name = "Node",
		.list = "NodeList",
		.api_version = "v1",
		.resource = "nodes",
		.path = "/api/v1/nodes",
		.cluster_scoped = true,
		.decode = node_decode,
		.put = node_put,
		.remove = node_remove,
		.replace = node_replace,
		.compare = node_compare,
		.key = node_key,
		.free = node_free,
	},
	[KIND_LEASE] = {
		.name = "Lease",
		.list = "LeaseList",
		.api_version = "coordination.k8s.io/v1",
		.resource = "leases",
		.path = "/apis/coordination.k8s.io/v1/namespaces/" WRITER_NAMESPACE "/leases",
		.decode = lease_decode,
		.put = lease_put,
		.remove = lease_remove,
		.replace = lease_replace,
		.compare = lease_compare,
		.key = lease_key,
		.free = lease_free,
	},
	[KIND_POOLS] = {
		.name = "ConfigMap",
		.list = "ConfigMapList",
		.api_version = "v1",
		.resource = "configmaps",
		.path = "/api/v1/configmaps",
		.decode = pools_decode,
		.put = pools_put,
		.remove = pools_remove,
		.replace = pools_replace,
		.compare = pools_compare,
		.key = pools_key,
		.free = pools_free_object,
	},
};

const struct kind *
kind_get(enum kind_id id)
{
	return &kinds[id];
}

char *
kind_key_of(const struct kind *kind, const json_t *json, const struct decode_rules *rules)
{
	const json_t *meta = json_object_get(json, "metadata");
	const char *ns, *name = json_string_value(json_object_get(meta, "name"));
	struct fault fault = { 0 };

	if (kind->cluster_scoped)
		return name ? xstrdup(name) : NULL;
	if (!decode_name(json, rules, &ns, &name, &fault))
		return NULL;
	return xasprintf("%s/%s", ns, name);
}

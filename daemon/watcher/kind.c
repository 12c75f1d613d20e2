/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind.h"

#include "mem.h"
#include "store.h"

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

static const struct kind kinds[KIND_COUNT] = {
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
		.decode = slice_decode,
		.put = slice_put,
		.remove = store_remove_slice,
		.replace = store_replace_slices,
		.compare = store_compare_slices,
		.key = slice_key,
		.free = slice_free,
	},
};

const struct kind *
kind_get(enum kind_id id)
{
	return &kinds[id];
}

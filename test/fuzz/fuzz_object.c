/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects from the API or a manifest: concatenated JSON values, each decoded
 * as a Service and as an EndpointSlice, put into a store and looked at. What
 * comes out never leaves the fence: no address outside the allow-list is OK.
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "watcher/kind.h"
#include "watcher/settings.h"
#include "watcher/store.h"
#include "watcher/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct iprange fence;
static struct placement_instance bare = { .name = "edge", .vrid = 87, .bare = true };
static struct settings settings = {
	.conf.class = "vipd.io/vip",
	.external_ips = &fence,
	.n_external_ips = 1,
	.has_pools = true,
	.instances = &bare,
	.n_instances = 1,
};

static void
take(struct store *store, const json_t *json, bool from_api)
{
	struct decode_rules rules = { .node_name = "worker-a", .from_api = from_api };

	for (enum kind_id id = 0; id < KIND_COUNT; id++) {
		const struct kind *kind = kind_get(id);
		struct fault fault;
		void *object;

		switch (kind->decode(json, &rules, &object, &fault)) {
		case DECODED_OBJECT:
		case DECODED_MALFORMED:
			kind->put(store, object);
			break;
		case DECODED_IGNORED:
		case DECODED_UNNAMED:
			if (object)
				abort();
			break;
		}
	}
}

static void
look(struct store *store)
{
	struct store_entry *e, *next;
	struct view view = { 0 };

	store_settle(store);
	for (e = TAILQ_FIRST(&store->dirty); e; e = next) {
		next = TAILQ_NEXT(e, of_dirty);
		view_build(&view, e, store);
		for (size_t i = 0; view.wanted && i < view.n_addresses; i++)
			if (view.addresses[i].verdict == VERDICT_OK &&
			    !iprange_contains(&fence, &view.addresses[i].addr))
				abort();
		for (size_t i = 0; view.wanted && i < view.n_endpoints; i++)
			if (view.endpoints[i].port_index >= view.n_ports ||
			    !view.endpoints[i].port)
				abort();
		store_clean(store, e);
	}
	view_fini(&view);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store store;
	size_t at = 0;

	iprange_parse("192.168.185.0/24", &fence);
	store_init(&store, &settings);
	while (at < size) {
		json_error_t error;
		json_t *json = json_loadb((const char *)data + at, size - at,
		    JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &error);

		if (!json || error.position <= 0)
			break;
		at += (size_t)error.position;
		take(&store, json, at % 2);
		look(&store);
		json_decref(json);
	}
	store_fini(&store);
	return 0;
}

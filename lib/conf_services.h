/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of services and forwarding, and what holds where they are missing.
 */
#pragma once

#include "conf_build.h"

enum conf_services_word {
	CONF_S_KUBECONFIG,
	CONF_S_MANIFESTS,
	CONF_S_NODE_NAME,
	CONF_S_CLASS,
	CONF_S_CLAIM_UNCLASSED,
	CONF_S_STARTUP_WAIT,
	CONF_S_EXTERNAL_IPS,
	CONF_S_ALLOCATOR,
	CONF_S_POOLS,
	CONF_S_POOL,
	CONF_S_API_SERVERS,
	CONF_S_COUNT,
};
_Static_assert(CONF_S_COUNT <= CONF_SEEN_MAX, "struct conf_seen holds them");

/* Of struct conf_services_draft; printing takes its struct conf_services. */
const struct conf_table *conf_services_table(void);
/* Of struct conf_forwarding. */
const struct conf_table *conf_forwarding_table(void);

void conf_services_complete(struct conf_services_draft *d);
void conf_forwarding_complete(struct conf_forwarding *f, const struct conf_seen *seen);

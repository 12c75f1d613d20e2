/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of vrrp_instance and what holds where they are missing.
 */
#pragma once

#include "conf_build.h"

/* The rows of vrrp_instance: their index in struct conf_seen, too. */
enum conf_instance_word {
	CONF_W_INTERFACE,
	CONF_W_FAMILY,
	CONF_W_VERSION,
	CONF_W_STATE,
	CONF_W_VRID,
	CONF_W_PRIORITY,
	CONF_W_ADVERT_INT,
	CONF_W_NOPREEMPT,
	CONF_W_PREEMPT,
	CONF_W_PREEMPT_DELAY,
	CONF_W_GARP_DELAY,
	CONF_W_GARP_REPEAT,
	CONF_W_GARP_REFRESH,
	CONF_W_GARP_REFRESH_REPEAT,
	CONF_W_GARP_LOWER_PRIO_DELAY,
	CONF_W_GARP_LOWER_PRIO_REPEAT,
	CONF_W_GARP_INTERVAL,
	CONF_W_GNA_INTERVAL,
	CONF_W_ADDRESS_LIFETIME,
	CONF_W_CHECKSUM_AS_V2,
	CONF_W_DOWN_ADVERTS,
	CONF_W_LOWER_NO_ADVERT,
	CONF_W_HIGHER_SEND_ADVERT,
	CONF_W_OWNER_IGNORE,
	CONF_W_AUTHENTICATION,
	CONF_W_AUTH_HMAC,
	CONF_W_MCAST_SRC,
	CONF_W_UNICAST_SRC,
	CONF_W_UNICAST_TTL,
	CONF_W_UNICAST_PEER,
	CONF_W_USE_VMAC,
	CONF_W_XMIT_BASE,
	CONF_W_ADDRESSES,
	CONF_W_EXCLUDED,
	CONF_W_NO_ADDRESSES,
	CONF_W_ROUTES,
	CONF_W_REPLY_GATEWAY,
	CONF_W_SERVICE_ADDRESSES,
	CONF_W_CANDIDATES,
	CONF_W_DONT_TRACK_PRIMARY,
	CONF_W_TRACK_INTERFACE,
	CONF_W_TRACK_SCRIPT,
	CONF_W_TRACK_FILE,
	CONF_W_TRACK_PROCESS,
	CONF_W_NOTIFY_MASTER,
	CONF_W_NOTIFY_BACKUP,
	CONF_W_NOTIFY_FAULT,
	CONF_W_NOTIFY_STOP,
	CONF_W_NOTIFY_DELETED,
	CONF_W_NOTIFY_RX_LOWER_PRI,
	CONF_W_NOTIFY,
	CONF_W_PRIORITY_CHANGES,
	CONF_W_INSTANCE_COUNT,
	CONF_W_AUTH_TYPE = CONF_W_INSTANCE_COUNT,
	CONF_W_AUTH_PASS,
	CONF_W_END,
};
_Static_assert(CONF_W_END <= CONF_SEEN_MAX, "struct conf_seen holds them");

/* Of struct conf_draft; printing takes its struct conf_instance, which begins
 * it. */
const struct conf_table *conf_instance_table(void);
const struct conf_table *conf_auth_table(void);

/*
 * Gives the draft every value that it was not told: global_defs', else the
 * row's default, else what depends on other fields (vipd.conf(5), DEFAULTS).
 */
void conf_instance_complete(struct conf_draft *d, const struct conf_globals *g);

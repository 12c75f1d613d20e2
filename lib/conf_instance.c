/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_instance.h"

#include <string.h>
#include <sys/socket.h>

#include "conf_candidates.h"
#include "conf_gateway.h"
#include "conf_global.h"
#include "conf_hmac.h"
#include "conf_lists.h"
#include "conf_route.h"
#include "conf_track.h"
#include "conf_value.h"
#include "conf_vmac.h"
#include "mem.h"

_Static_assert(offsetof(struct conf_draft, in) == 0, "rows have in's offsets");

static const struct conf_choice versions[] = { { "2", 2 }, { "3", 3 }, { NULL, 0 } };
static const struct conf_choice families[] = {
	{ "ipv4", AF_INET },
	{ "ipv6", AF_INET6 },
	{ NULL, 0 },
};
static const struct conf_choice states[] = {
	{ "BACKUP", false },
	{ "MASTER", true },
	{ NULL, 0 },
};

/* ---- authentication ---- */

static const struct conf_choice auth_types[] = {
	{ "PASS", VRRP_AUTH_PASS },
	{ NULL, 0 },
};

/* RFC 2338 section 10.5.2: eight bytes, zero padded. keepalived cuts a longer
 * one without a word. */
static void
read_auth_pass(struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_instance *in = object;
	size_t len = strlen(st->arg->text);

	if (!len)
		conf_error(r->problems, &st->arg->pos, "auth_pass is empty");
	if (len > sizeof(in->auth_data)) {
		conf_alike(r->problems, &st->arg->pos,
		    "auth_pass: only the first %zu characters count",
		    sizeof(in->auth_data));
		len = sizeof(in->auth_data);
	}
	memcpy(in->auth_data, st->arg->text, len);
}

static void
print_auth_pass(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_instance *in = object;
	char text[sizeof(in->auth_data) + 1] = { 0 };

	memcpy(text, in->auth_data, sizeof(in->auth_data));
	fprintf(out, "%*s%s ", (int)(4 * indent), "", kw->word);
	conf_print_word(out, text);
	fputc('\n', out);
}

static const struct conf_keyword auth_words[] = {
	{ "auth_type", .args = "PASS", .kind = CONF_CHOICE,
	    CONF_FIELD(struct conf_instance, auth_type), .choices = auth_types,
	    .refused = "AH",
	    .help = "a password in clear text (RFC 2338); AH is not supported" },
	{ "auth_pass", .args = "PASSWORD", .kind = CONF_CUSTOM, .named = true,
	    .read = read_auth_pass, .print = print_auth_pass,
	    .help = "at most 8 characters, the same on all routers" },
};

static const struct conf_table auth_table = {
	.name = "authentication",
	.words = auth_words,
	.n_words = ARRAY_LEN(auth_words),
	.first_id = CONF_W_AUTH_TYPE,
};

/* ---- vrrp_instance ---- */

static void
read_service_addresses(
    struct conf_reader *r, const struct conf_statement *st, void *object)
{
	struct conf_draft *d = object;
	struct conf_ranges *ranges = &d->in.service_ranges;

	if (d->in.wants_services && (ranges->count > 0) != (st->open != NULL))
		conf_error(r->problems, &st->word->pos,
		    "service_addresses stands both with and without ranges");
	d->in.wants_services = true;
	conf_read_ranges(r, st->block, ranges, &d->ranges_at);
	if (st->open && !st->block)
		conf_error(r->problems, st->open,
		    "no range is named; service_addresses without a block takes "
		    "every address that no other instance names");
}

static void
print_service_addresses(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object)
{
	const struct conf_instance *in = object;

	if (in->service_ranges.count)
		conf_print_ranges(out, indent, kw->word, &in->service_ranges);
	else if (in->wants_services)
		fprintf(out, "%*s%s\n", (int)(4 * indent), "", kw->word);
}

#define SECONDS(member, from, to)                                                        \
	.args = "SECONDS", .kind = CONF_SECONDS,                                         \
	CONF_FIELD(struct conf_instance, member), .min = (from), .max = (to)
#define NUMBER(member, from, to)                                                         \
	.args = "NUMBER", .kind = CONF_NUMBER, CONF_FIELD(struct conf_instance, member), \
	.min = (from), .max = (to)

static const struct conf_keyword words[] = {
	[CONF_W_INTERFACE] = { "interface", .args = "INTERFACE", .kind = CONF_IFNAME,
	    CONF_FIELD(struct conf_instance, interface),
	    .help = "where adverts are sent and addresses go" },
	[CONF_W_FAMILY] = { "family", .args = "ipv4|ipv6", .kind = CONF_CHOICE,
	    CONF_FIELD(struct conf_instance, family), .choices = families,
	    .help = "of the adverts; else the first static address's, else ipv4" },
	[CONF_W_VERSION] = { "version", .args = "2|3", .kind = CONF_CHOICE,
	    CONF_FIELD(struct conf_instance, version), .choices = versions,
	    .help = "of VRRP; 2 unless vrrp_version says otherwise, IPv6 3" },
	[CONF_W_STATE] = { "state", .args = "MASTER|BACKUP", .kind = CONF_CHOICE,
	    CONF_FIELD(struct conf_instance, state_master), .choices = states,
	    .def = "BACKUP",
	    .help = "how priority 255 begins, MASTER if it is not said; others wait" },
	[CONF_W_VRID] = { "virtual_router_id", NUMBER(vrid, 1, 255),
	    .special = conf_take_vrid_range,
	    .help = "the same on all routers; FIRST-LAST makes as many instances" },
	[CONF_W_PRIORITY] = { "priority", NUMBER(priority, 1, 255),
	    .special = conf_take_auto_priority, .def = "100",
	    .help = "the highest is MASTER; 255 owns the addresses; auto rotates" },
	[CONF_W_ADVERT_INT] = { "advert_int", SECONDS(advert_us, 10000, 255000000),
	    .def = "1",
	    .help = "between adverts: 0.01 to 40.95, in version 2 whole seconds" },
	[CONF_W_NOPREEMPT] = { "nopreempt", .kind = CONF_FLAG,
	    CONF_FIELD(struct conf_instance, preempt), .min = false,
	    .help = "a MASTER of lower priority stays" },
	[CONF_W_PREEMPT] = { "preempt", .kind = CONF_FLAG,
	    CONF_FIELD(struct conf_instance, preempt), .min = true,
	    .help = "a MASTER of lower priority is relieved" },
	[CONF_W_PREEMPT_DELAY] = { "preempt_delay",
	    SECONDS(preempt_delay_us, 0, 1000000000), .def = "0",
	    .help = "how long a MASTER of lower priority is left alone" },
	[CONF_W_GARP_DELAY] = { "garp_master_delay",
	    SECONDS(garp_delay_us, 0, 3600000000), .def = "5",
	    .help = "from MASTER to a second burst; 0 none" },
	[CONF_W_GARP_REPEAT] = { "garp_master_repeat", NUMBER(garp_repeat, 1, 255),
	    .def = "5", .help = "announcements of each address in a burst" },
	[CONF_W_GARP_REFRESH] = { "garp_master_refresh",
	    SECONDS(garp_refresh_us, 0, 3600000000), .def = "0",
	    .help = "between announcements while MASTER; 0 none" },
	[CONF_W_GARP_REFRESH_REPEAT] = { "garp_master_refresh_repeat",
	    NUMBER(garp_refresh_repeat, 1, 255), .def = "1",
	    .help = "announcements of each address at a refresh" },
	[CONF_W_GARP_LOWER_PRIO_DELAY] = { "garp_lower_prio_delay",
	    SECONDS(garp_lower_prio_delay_us, 0, 3600000000), .def = "5",
	    .help = "to a second burst after a MASTER of lower priority; 0 none" },
	[CONF_W_GARP_LOWER_PRIO_REPEAT] = { "garp_lower_prio_repeat",
	    NUMBER(garp_lower_prio_repeat, 0, 255), .def = "5",
	    .help = "announcements after an advert of lower priority" },
	[CONF_W_GARP_INTERVAL] = { "garp_interval", SECONDS(garp_interval_us, 0, 1000000),
	    .def = "0", .help = "between two gratuitous ARPs on an interface" },
	[CONF_W_GNA_INTERVAL] = { "gna_interval", SECONDS(gna_interval_us, 0, 1000000),
	    .def = "0", .help = "between two unsolicited NAs on an interface" },
	[CONF_W_ADDRESS_LIFETIME] = { "address_lifetime", .args = "SECONDS",
	    .kind = CONF_NUMBER, CONF_FIELD(struct conf_instance, address_lifetime_s),
	    .min = 0, .max = 86400, .def = "0",
	    .help = "after which the kernel drops addresses of a vipd that hangs; 0 "
		    "never" },
	[CONF_W_CHECKSUM_AS_V2] = { "v3_checksum_as_v2", .args = "yes|no",
	    .kind = CONF_BOOL, CONF_FIELD(struct conf_instance, checksum_as_v2),
	    .def = "no", .help = "RFC 9568's checksum: without a pseudo-header" },
	[CONF_W_DOWN_ADVERTS] = { "down_timer_adverts", NUMBER(down_adverts, 1, 100),
	    .def = "3", .help = "lost adverts after which the MASTER is gone" },
	[CONF_W_LOWER_NO_ADVERT] = { "lower_prio_no_advert", .args = "yes|no",
	    .kind = CONF_BOOL, CONF_FIELD(struct conf_instance, lower_prio_no_advert),
	    .def = "no", .help = "MASTER does not answer an advert of lower priority" },
	[CONF_W_HIGHER_SEND_ADVERT] = { "higher_prio_send_advert", .args = "yes|no",
	    .kind = CONF_BOOL, CONF_FIELD(struct conf_instance, higher_prio_send_advert),
	    .def = "no", .help = "one more advert before yielding to a higher priority" },
	[CONF_W_OWNER_IGNORE] = { "owner_ignore_adverts", .args = "yes|no",
	    .kind = CONF_BOOL, CONF_FIELD(struct conf_instance, owner_ignore_adverts),
	    .def = "no", .help = "MASTER with priority 255 ignores all adverts" },
	[CONF_W_AUTHENTICATION] = { "authentication", .args = "{ ... }",
	    .kind = CONF_BLOCK, .takes_block = CONF_MUST_BLOCK, .table = &auth_table,
	    .help = "version 2 only" },
	[CONF_W_AUTH_HMAC] = { "auth_hmac", .args = "{ ... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = conf_read_hmac,
	    .print = conf_print_hmac, .help = "adverts carry a code made with a key" },
	[CONF_W_MCAST_SRC] = { "mcast_src_ip", .args = "ADDRESS", .kind = CONF_ADDRESS,
	    CONF_FIELD(struct conf_instance, mcast_src),
	    .help = "source of multicast adverts; else the interface's primary" },
	[CONF_W_UNICAST_SRC] = { "unicast_src_ip", .args = "ADDRESS",
	    .kind = CONF_ADDRESS, CONF_FIELD(struct conf_instance, unicast_src),
	    .help = "source of unicast adverts; else the interface's primary" },
	[CONF_W_UNICAST_TTL] = { "unicast_ttl", NUMBER(unicast_ttl, 1, 255), .def = "255",
	    .help = "TTL or hop limit of adverts to peers" },
	[CONF_W_UNICAST_PEER] = { "unicast_peer", .args = "{ ADDRESS... }",
	    .kind = CONF_CUSTOM, .takes_block = CONF_MUST_BLOCK, .read = conf_read_peers,
	    .print = conf_print_peers,
	    .help = "the other routers, instead of multicast" },
	[CONF_W_USE_VMAC] = { "use_vmac", .args = "[NAME] [MAC]", .kind = CONF_CUSTOM,
	    .more = conf_vmac_more, .read = conf_read_vmac, .print = conf_print_vmac,
	    .help = "the addresses have a virtual MAC, on a macvlan" },
	[CONF_W_XMIT_BASE] = { "vmac_xmit_base", .kind = CONF_FLAG,
	    CONF_FIELD(struct conf_instance, vmac.xmit_base), .min = true,
	    .help = "adverts come from the interface's own MAC" },
	[CONF_W_ADDRESSES] = { "virtual_ipaddress", .args = "{ ADDRESS[/LEN]... }",
	    .kind = CONF_CUSTOM, .takes_block = CONF_MUST_BLOCK,
	    .read = conf_read_addresses, .print = conf_print_addresses,
	    .help = "what MASTER carries and adverts list" },
	[CONF_W_EXCLUDED] = { "virtual_ipaddress_excluded",
	    .args = "{ ADDRESS[/LEN]... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = conf_read_excluded,
	    .print = conf_print_excluded,
	    .help = "what MASTER carries too, of either family; not in adverts" },
	[CONF_W_NO_ADDRESSES] = { "no_virtual_ipaddress", .kind = CONF_FLAG,
	    CONF_FIELD(struct conf_instance, no_addresses), .min = true,
	    .help = "the election alone: no address is carried or listed" },
	[CONF_W_ROUTES] = { "virtual_routes", .args = "{ ROUTE... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = conf_read_virtual_routes,
	    .print = conf_print_virtual_routes,
	    .help = "routes that are there while MASTER" },
	[CONF_W_REPLY_GATEWAY] = { "reply_gateway", .args = "ADDRESS [ADDRESS]",
	    .kind = CONF_CUSTOM, .named = true, .more = conf_one_more,
	    .read = conf_read_reply_gateway, .print = conf_print_reply_gateway,
	    .help = "replies to clients that are not on the link leave through it" },
	[CONF_W_SERVICE_ADDRESSES] = { "service_addresses", .args = "[{ RANGE... }]",
	    .kind = CONF_CUSTOM, .takes_block = CONF_MAY_BLOCK,
	    .read = read_service_addresses, .print = print_service_addresses,
	    .help = "addresses of Services that this instance may carry" },
	[CONF_W_CANDIDATES] = { "candidates", .args = "{ NODE... }", .kind = CONF_CUSTOM,
	    .takes_block = CONF_MUST_BLOCK, .read = conf_read_candidates,
	    .print = conf_print_candidates,
	    .help = "the nodes that take part; the others stand aside" },
	[CONF_W_DONT_TRACK_PRIMARY] = { "dont_track_primary", .kind = CONF_FLAG,
	    CONF_FIELD(struct conf_instance, ignore_link), .min = true,
	    .help = "an interface without a link is no FAULT" },
	[CONF_W_TRACK_INTERFACE] = CONF_TRACK_ROW("track_interface", struct conf_instance,
	    tracks, TRACK_INTERFACE, "links that have to be up, too"),
	[CONF_W_TRACK_SCRIPT] = CONF_TRACK_ROW("track_script", struct conf_instance,
	    tracks, TRACK_SCRIPT, "each a vrrp_script"),
	[CONF_W_TRACK_FILE] = CONF_TRACK_ROW("track_file", struct conf_instance, tracks,
	    TRACK_FILE, "each a vrrp_track_file"),
	[CONF_W_TRACK_PROCESS] = CONF_TRACK_ROW("track_process", struct conf_instance,
	    tracks, TRACK_PROCESS, "each a vrrp_track_process"),
	[CONF_W_NOTIFY_MASTER] = CONF_NOTIFY_ROW("notify_master", struct conf_instance,
	    notify, NOTIFY_MASTER, "run when it becomes MASTER"),
	[CONF_W_NOTIFY_BACKUP] = CONF_NOTIFY_ROW("notify_backup", struct conf_instance,
	    notify, NOTIFY_BACKUP, "run when it becomes BACKUP"),
	[CONF_W_NOTIFY_FAULT] = CONF_NOTIFY_ROW("notify_fault", struct conf_instance,
	    notify, NOTIFY_FAULT, "run when it goes to FAULT"),
	[CONF_W_NOTIFY_STOP] = CONF_NOTIFY_ROW("notify_stop", struct conf_instance,
	    notify, NOTIFY_STOP, "run when vipd stops, before addresses go"),
	[CONF_W_NOTIFY_DELETED] = { "notify_deleted", .args = "[COMMAND [USER [GROUP]]]",
	    .kind = CONF_CUSTOM, .more = conf_all_more,
	    .offset = offsetof(struct conf_instance, notify), .read = conf_read_deleted,
	    .print = conf_print_deleted,
	    .help = "when a reload removes it: DELETED instead of FAULT" },
	[CONF_W_NOTIFY_RX_LOWER_PRI] = CONF_NOTIFY_ROW("notify_master_rx_lower_pri",
	    struct conf_instance, notify, NOTIFY_MASTER_RX_LOWER_PRI,
	    "run when MASTER hears an advert of lower priority"),
	[CONF_W_NOTIFY] = CONF_NOTIFY_ROW("notify", struct conf_instance, notify,
	    NOTIFY_ANY,
	    "run after the former, with INSTANCE, NAME, STATE and the priority behind "
	    "its arguments"),
	[CONF_W_PRIORITY_CHANGES] = { "notify_priority_changes", .args = "yes|no",
	    .kind = CONF_BOOL, CONF_FIELD(struct conf_instance, notify.priority_changes),
	    .def = "no", .help = "tell the FIFOs of changes of the priority" },
};
_Static_assert(ARRAY_LEN(words) == CONF_W_INSTANCE_COUNT, "a row for each word");

static const struct conf_table table = {
	.name = "vrrp_instance",
	.context = CONF_IN_INSTANCE,
	.words = words,
	.n_words = ARRAY_LEN(words),
};

const struct conf_table *
conf_instance_table(void)
{
	return &table;
}

const struct conf_table *
conf_auth_table(void)
{
	return &auth_table;
}

/* ---- what was not said ---- */

/* Service addresses and nothing else: vipd's own kind of instance. */
static bool
is_service_only(const struct conf_instance *in)
{
	return in->wants_services && !in->n_addresses;
}

/* The first advertised address decides, since adverts carry it. */
static uint8_t
derive_family(const struct conf_draft *d)
{
	const struct conf_instance *in = &d->in;

	for (size_t i = 0; i < in->n_addresses; i++)
		if (!in->addresses[i].excluded)
			return in->addresses[i].addr.family;
	if (in->n_addresses)
		return in->addresses[0].addr.family;
	return AF_INET;
}

static uint8_t
derive_version(const struct conf_draft *d, const struct conf_globals *g)
{
	/* VRRPv2 is IPv4's: keepalived, too, ignores vrrp_version 2 there. */
	if (d->in.family == AF_INET6)
		return 3;
	if (conf_global_gives(g, CONF_W_VERSION))
		return g->defaults.version;
	return is_service_only(&d->in) ? 3 : 2;
}

static void
apply_rows(struct conf_draft *d, const struct conf_globals *g)
{
	for (size_t i = 0; i < CONF_W_INSTANCE_COUNT; i++) {
		const struct conf_keyword *kw = &words[i];

		if (d->seen.at[i])
			continue;
		if (conf_global_gives(g, (enum conf_instance_word)i))
			conf_value_copy(kw, &d->in, &g->defaults);
		else if (kw->def)
			conf_value_read(kw, kw->def, "", &d->in);
	}
}

/* keepalived: after a lower priority as after becoming MASTER. */
static void
follow_global_garp(struct conf_draft *d, const struct conf_globals *g)
{
	if (!d->seen.at[CONF_W_GARP_LOWER_PRIO_DELAY] &&
	    !conf_global_gives(g, CONF_W_GARP_LOWER_PRIO_DELAY) &&
	    conf_global_gives(g, CONF_W_GARP_DELAY))
		d->in.garp_lower_prio_delay_us = g->defaults.garp_delay_us;
	if (!d->seen.at[CONF_W_GARP_LOWER_PRIO_REPEAT] &&
	    !conf_global_gives(g, CONF_W_GARP_LOWER_PRIO_REPEAT) &&
	    conf_global_gives(g, CONF_W_GARP_REPEAT))
		d->in.garp_lower_prio_repeat = g->defaults.garp_repeat;
}

static void
prefer_services(struct conf_draft *d, const struct conf_globals *g)
{
	if (!d->seen.at[CONF_W_ADVERT_INT] && d->in.version == 3)
		d->in.advert_us = 200000;
	if (!d->seen.at[CONF_W_PREEMPT] && d->in.priority != 255)
		d->in.preempt = false;
	if (!d->seen.at[CONF_W_GARP_REFRESH] &&
	    !conf_global_gives(g, CONF_W_GARP_REFRESH))
		d->in.garp_refresh_us = 60000000;
}

void
conf_instance_complete(struct conf_draft *d, const struct conf_globals *g)
{
	struct conf_instance *in = &d->in;

	if (!d->seen.at[CONF_W_NOPREEMPT])
		in->preempt = true;
	apply_rows(d, g);
	follow_global_garp(d, g);
	if (!in->family)
		in->family = derive_family(d);
	if (!d->seen.at[CONF_W_VERSION] || !in->version)
		in->version = derive_version(d, g);
	if (is_service_only(in))
		prefer_services(d, g);
	if (in->priority == 255 && !d->seen.at[CONF_W_STATE])
		in->state_master = true; /* RFC 9568 6.4.1 */
	conf_hmac_complete(d);
	conf_vmac_complete(d, g);
}

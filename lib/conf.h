/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration as checked structs: what vipd.conf(5) says, every default
 * applied, nothing repaired. Text becomes a syntax tree (conf_tree.h), tables
 * of {keyword, arguments, range, default, help} turn the tree into this, and
 * conf_check() holds the rules between fields. The same tables print the
 * canonical form and suggest the nearest keyword.
 *
 * Knows no interface, no kernel, no network: a missing interface is not an
 * error here. One owner: conf_load() allocates, conf_free() frees all of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "conf_watch.h"
#include "ipaddr.h"
#include "msg.h"
#include "reply.h"
#include "selector.h"

struct conf_ranges {
	struct iprange *items;
	size_t count;
	size_t cap;
};

/* Whether the kernel takes an address as the source of new connections. */
enum conf_preferred {
	PREFERRED_DEFAULT, /* unless it is a /128 of an instance, as keepalived does */
	PREFERRED_FOREVER,
	PREFERRED_NEVER,
};

struct conf_address {
	struct ipaddr addr;
	uint8_t prefixlen;
	bool excluded;        /* owned, not in adverts */
	char dev[IFNAME_LEN]; /* empty: the instance's interface */
	char label[IFNAME_LEN];
	bool has_broadcast;
	struct ipaddr broadcast;
	uint8_t scope; /* of IPv4: RT_SCOPE_* of rtnetlink(7) */
	bool noprefixroute;
	uint8_t preferred; /* enum conf_preferred */
};

struct conf_peer {
	struct ipaddr addr;
	uint8_t min_ttl;
	uint8_t max_ttl;
};

/* What becomes of packets: RTN_* of rtnetlink(7). */
enum conf_route_type {
	ROUTE_UNICAST,
	ROUTE_BLACKHOLE,
	ROUTE_UNREACHABLE,
	ROUTE_PROHIBIT,
	ROUTE_THROW,
};

struct conf_hop {
	struct ipaddr via;    /* family 0: the destination is on the link */
	char dev[IFNAME_LEN]; /* empty: the kernel finds it by via */
	uint16_t weight;      /* 1 to 256, against the others' */
	bool onlink;          /* via is, whatever its prefix */
};

#define CONF_HOPS_MAX 8
#define CONF_TABLE_MAIN 254
/* All bytes that are not used are zero. */
struct conf_route {
	enum conf_route_type type;
	bool has_to;
	struct ipaddr to; /* of the default route an unspecified one */
	uint8_t prefixlen;
	bool has_scope; /* else it follows from the rest */
	uint8_t scope;  /* RT_SCOPE_*; IPv4 */
	bool multipath; /* said with nexthop */
	uint8_t n_hops;
	uint32_t table;
	uint32_t metric; /* IPv6 without one: 1024, as the kernel has it */
	uint32_t mtu;    /* 0: the interface's */
	struct ipaddr src;
	struct conf_hop hops[CONF_HOPS_MAX];
};

struct conf_routes {
	struct conf_route *items; /* as configured */
	size_t count;
	size_t cap;
};

/* static_ipaddress and static_routes: this node's, whoever is master. Each
 * address names its interface. */
struct conf_lasting {
	struct conf_address *addresses;
	size_t n_addresses;
	struct conf_routes routes;
};

#define CONF_HMAC_KEYS_MAX 8
struct conf_hmac_key {
	struct msg_hmac_key key;
	char file[256]; /* where it stands; empty: in the configuration */
};
struct conf_hmac {
	uint8_t mode; /* enum hmac_mode */
	uint8_t active_key;
	bool monotonic;
	uint32_t window_s;
	struct conf_hmac_key keys[CONF_HMAC_KEYS_MAX];
	size_t n_keys;
};

/* use_vmac: a macvlan on the interface carries the addresses. */
struct conf_vmac {
	bool wanted;
	bool xmit_base; /* adverts come from the interface's own MAC */
	char name[IFNAME_LEN];
	uint8_t mac[6];
};

enum { CONF_IPV4, CONF_IPV6, CONF_FAMILIES };

struct conf_instance {
	char name[NAME_LEN];
	char group[NAME_LEN]; /* its vrrp_sync_group; empty: none */
	char interface[IFNAME_LEN];
	uint8_t family; /* AF_INET, AF_INET6: derived or configured */
	uint8_t version;
	uint8_t vrid;
	uint8_t priority;
	bool priority_auto;
	bool state_master; /* counts only with priority 255 */
	bool preempt;
	bool stands_aside; /* this node is none of the candidates */
	char **candidates; /* nodes that take part; none: all */
	size_t n_candidates;
	size_t cap_candidates;
	uint32_t advert_us;
	uint32_t preempt_delay_us;
	uint32_t garp_delay_us;
	uint32_t garp_refresh_us;
	uint32_t garp_lower_prio_delay_us;
	uint32_t garp_interval_us;
	uint32_t gna_interval_us;
	uint32_t address_lifetime_s; /* 0: for ever */
	uint8_t garp_repeat;
	uint8_t garp_refresh_repeat;
	uint8_t garp_lower_prio_repeat;
	bool checksum_as_v2;
	uint8_t down_adverts;
	bool lower_prio_no_advert;
	bool higher_prio_send_advert;
	bool owner_ignore_adverts;
	bool no_addresses; /* no_virtual_ipaddress */
	uint8_t unicast_ttl;
	uint8_t auth_type; /* enum vrrp_auth */
	uint8_t auth_data[8];
	struct conf_hmac hmac;
	struct ipaddr unicast_src; /* of the two one at most; family 0: not said */
	struct ipaddr mcast_src;
	struct conf_peer *peers;
	size_t n_peers;
	struct conf_address *addresses; /* in configured order */
	size_t n_addresses;
	struct conf_routes routes; /* virtual_routes */
	/* CONF_IPV4's, CONF_IPV6's; family 0: none. */
	struct ipaddr reply_gateway[CONF_FAMILIES];
	bool wants_services;               /* a service_addresses keyword is there */
	struct conf_ranges service_ranges; /* empty though wanted: bare */
	struct conf_tracks tracks;         /* its group's come with the group */
	bool ignore_link;                  /* dont_track_primary */
	struct conf_vmac vmac;
	struct conf_notify notify;
};

struct conf_group {
	char name[NAME_LEN];
	char (*members)[NAME_LEN]; /* instances, as configured */
	size_t n_members;
	struct conf_tracks tracks; /* of each member */
	bool tracking_weight;      /* members keep trackers with weights */
	struct conf_notify notify;
};

struct conf_pool {
	char name[NAME_LEN];
	struct conf_ranges ranges;
	struct conf_ranges exclude;
	bool auto_assign;
	char **namespaces; /* globs; none: every namespace */
	size_t n_namespaces;
	size_t cap_namespaces;
	struct selector selector;     /* of Services' labels */
	uint32_t limit_per_namespace; /* addresses; 0: no limit */
};

/* Where the pools stand if not in the file: an object of the cluster. */
struct conf_configmap {
	char ns[NAME_LEN]; /* empty: the pools are in the file */
	char name[NAME_LEN];
};

/* In place of a file: the kubelet's own. */
#define CONF_KUBELET "kubelet"

struct conf_services {
	bool present;
	char kubeconfig[256];   /* absolute, or CONF_KUBELET; empty: manifests */
	char api_servers[1024]; /* URLs with blanks between them */
	char manifests[256];
	char node_name[254]; /* empty: the watcher finds it */
	char load_balancer_class[NAME_LEN];
	bool claim_unclassed;
	bool allocator; /* this node may be the one that hands out addresses */
	struct conf_configmap configmap;
	struct conf_ranges external_ips;
	struct conf_pool *pools;
	size_t n_pools;
	uint32_t startup_wait_us;
};

struct conf_forwarding {
	enum forward_mode mode;
	enum source_nat source_nat;
	enum local_fallback local_fallback;
};

struct conf {
	char file[256];
	char router_id[NAME_LEN]; /* empty: the node's name */
	uint32_t startup_delay_us;
	uint32_t delay_after_boot_us;
	bool log_unknown_vrids;
	uint8_t rt_priority; /* of the engine; 0: none */
	struct conf_instance *instances;
	size_t n_instances;
	struct conf_group *groups; /* sorted by name */
	size_t n_groups;
	struct conf_lasting lasting;
	struct conf_watch watch;
	struct conf_hooks hooks;
	struct conf_services services;
	struct conf_forwarding forwarding;
};

enum conf_severity { CONF_ERROR, CONF_WARNING };

/* One finding, "FILE:LINE:COLUMN: error: text" when printed. */
struct conf_problem {
	enum conf_severity severity;
	char file[256];
	unsigned line; /* 0: the file as a whole */
	unsigned column;
	bool alike;     /* keepalived does the same: no difference to it */
	uint64_t order; /* of reading; the list is sorted by it */
	char text[256];
};

struct conf_problems {
	struct conf_problem *items;
	size_t count;
	size_t cap;
	size_t errors; /* also those behind the last one kept */
};

/*
 * Reads path and its includes. Returns the configuration, or NULL when
 * problems->errors is not 0; either way problems holds everything found, in
 * reading order. config_id chooses @ID lines (NULL: the host name's first
 * label).
 */
struct conf *conf_load(
    const char *path, const char *config_id, struct conf_problems *problems);
/* The same from memory, under a name for messages; includes are refused. */
struct conf *conf_load_text(const char *name, const char *text, size_t len,
    const char *config_id, struct conf_problems *problems);
void conf_free(struct conf *conf);
void conf_problems_free(struct conf_problems *problems);
/* "FILE:LINE:COLUMN: error: text" without newline. */
void conf_problem_format(const struct conf_problem *p, char *buf, size_t size);
/* The canonical form: reads back as an equal configuration. */
void conf_print(const struct conf *conf, FILE *out);
/* Parts of it; the second: services and forwarding. */
void conf_print_instance(const struct conf_instance *in, FILE *out);
void conf_print_services(const struct conf *conf, FILE *out);
/* Instances are the same to VRRP and to the kernel, but for their routes and
 * reply gateways. */
bool conf_instance_eq(const struct conf_instance *a, const struct conf_instance *b);
bool conf_address_eq(const struct conf_address *a, const struct conf_address *b);
bool conf_lasting_eq(const struct conf_lasting *a, const struct conf_lasting *b);
/* Where its addresses go that name no interface. */
/* What its adverts shall come from; family 0: its interface's primary. */
const struct ipaddr *conf_instance_source(const struct conf_instance *in);
const char *conf_instance_device(const struct conf_instance *in);
const struct conf_instance *conf_find_instance(const struct conf *conf, const char *name);
/* NULL: there is none. */
const struct conf_group *conf_find_group(const struct conf *conf, const char *name);

/* reply_gateway (conf_gateway.h): the first instance with each of them; the one
 * at i has the number i + 1. */
size_t conf_gateways(
    const struct conf *conf, const struct conf_instance *first[REPLY_GATEWAYS_MAX]);
/* 1 to REPLY_GATEWAYS_MAX; 0: the instance has none of that family. */
unsigned conf_gateway_number(
    const struct conf *conf, const struct conf_instance *in, uint8_t family);

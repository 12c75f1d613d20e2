/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every message that crosses a process border: the enum is the table of
 * contents, a struct of fixed-width fields for each, and one table that says
 * how large it is and who may send it. A message is one SOCK_SEQPACKET
 * datagram of at most MSG_MAX bytes: header, fixed head, then `count` records
 * of one kind. Anything else on a socket ends that connection.
 *
 * All ends ship together, so the byte order is the host's; HELLO and
 * CTL_REQUEST carry MSG_PROTOCOL and a stranger is refused. Strings are
 * NUL-terminated and zero filled (msg_check verifies the terminator).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipaddr.h"

#define MSG_MAX 16384
#define MSG_PROTOCOL 1
/* A child's end of its socket pair. */
#define MSG_CHILD_FD 3

#define NAME_LEN 64 /* instances, namespaces, Services: 63 and a NUL */
#define IFNAME_LEN 16
#define REASON_LEN 160

enum msg_peer {
	PEER_VIPD = 1,
	PEER_ENGINE = 2,
	PEER_FORWARD = 4,
	PEER_WATCHER = 8,
	PEER_CTL = 16,
};

enum msg_type {
	MSG_NONE,
	/* any child -> vipd */
	MSG_HELLO,
	MSG_LOG,
	MSG_PONG,
	/* vipd -> any child */
	MSG_STOP,
	MSG_PING, /* answered with PONG by a child that does not hang */
	/* vipd -> engine, forward; watcher -> vipd */
	MSG_SYNC_BEGIN,
	MSG_SYNC_END,

	/* vipd -> engine */
	MSG_INTERFACE,
	MSG_INTERFACE_GONE,
	MSG_SOCKETS,
	MSG_ANNOUNCE_SOCKET,
	MSG_INSTANCE,
	MSG_INSTANCE_ADVERTISED,
	MSG_INSTANCE_PEERS,
	MSG_INSTANCE_KEYS,
	MSG_INSTANCE_END,
	MSG_INSTANCE_GONE,
	MSG_INSTALLED,
	MSG_REMOVED,
	MSG_COUNTERS_REQUEST,
	MSG_HEARING,
	MSG_HANDOVER,
	MSG_PROBE,
	/* engine -> vipd */
	MSG_STATE,
	MSG_COUNTERS,
	MSG_RELEASED,
	MSG_YIELDED,
	MSG_CONFLICT,
	MSG_PROBED,
	MSG_SPEAKER,
	/* engine -> vipd -> engine */
	MSG_MARKS,

	/* vipd -> watcher */
	MSG_WATCHER_CONF,
	MSG_WATCHER_RANGES,
	MSG_WATCHER_POOLS,
	MSG_WATCHER_INSTANCE,
	MSG_WATCHER_CONF_END,
	MSG_HERE,
	MSG_HELD_HERE,
	MSG_TAKEN,
	/* watcher -> vipd */
	MSG_SOURCE_STATE,
	MSG_ELIGIBLE,
	/* watcher -> vipd -> vipctl */
	MSG_NODE,
	MSG_NODE_GONE,
	MSG_POOLS,

	/* watcher -> vipd -> forward, and vipd -> vipctl */
	MSG_SERVICE,
	MSG_SERVICE_ADDRESSES,
	MSG_SERVICE_PORTS,
	MSG_SERVICE_ENDPOINTS,
	MSG_SERVICE_SOURCES,
	MSG_SERVICE_END,
	MSG_SERVICE_GONE,

	/* vipd -> forward */
	MSG_FORWARD_CONF,
	MSG_HELD,
	MSG_TALLY_REQUEST,
	/* forward -> vipd */
	MSG_IN_PLACE,
	MSG_FAILED,
	MSG_FORWARD_STATE,
	MSG_TALLY,

	/* vipctl -> vipd */
	MSG_CTL_REQUEST,
	/* vipd -> vipctl */
	MSG_CTL_NODE,
	MSG_CTL_INSTANCE,
	MSG_CTL_ADDRESSES,
	MSG_CTL_TRACKS,
	MSG_CTL_SERVICE,
	MSG_CTL_TEXT,
	MSG_CTL_EVENT,
	MSG_CTL_CONFIG,
	MSG_CTL_HANDOVER,
	MSG_CTL_SPEAKERS,
	MSG_CTL_END,

	MSG_TYPE_COUNT
};

struct msg_header {
	uint16_t type;
	uint16_t count; /* of records behind the head */
	uint32_t seq;   /* vipd -> forward numbers its changes; else 0 */
};

/* ---- children in general ---- */

struct msg_hello {
	uint32_t protocol;
	uint32_t pid;
	char program[16];
	char version[32];
};

struct msg_log {
	uint32_t level;   /* enum log_level */
	uint32_t dropped; /* lines lost before this one */
	char text[480];
};

enum sync_source { SOURCE_NONE, SOURCE_API, SOURCE_MANIFESTS, SOURCE_SNAPSHOT };

/*
 * Between BEGIN and END the sender tells all it wants; the receiver drops what
 * was not told when END comes with complete = 1 (a sync from the snapshot only
 * adds: complete = 0).
 */
struct msg_sync_begin {
	uint32_t source; /* enum sync_source */
};
struct msg_sync_end {
	uint32_t complete;
};

/* ---- engine ---- */

struct msg_interface {
	uint32_t ifindex;
	uint32_t mtu;
	char name[IFNAME_LEN];
	uint8_t usable;      /* admin up and carrier */
	uint8_t forwarding6; /* net.ipv6 forwarding: NA carries the R flag */
	uint8_t mac[6];
	uint8_t log_unknown_vrids;
	uint8_t zero[3];
	uint32_t heard_for;       /* adverts it hears are this interface's; 0: its own */
	struct ipaddr primary4;   /* family 0: none */
	struct ipaddr linklocal6; /* not tentative; family 0: none */
};

/* Also tells that the interface's sockets are to be closed. */
struct msg_interface_gone {
	uint32_t ifindex;
};

/*
 * Carries two descriptors: a packet socket (SOCK_DGRAM, bound to ifindex and
 * to the family's ethertype, BPF: protocol 112 to this host) to receive, and
 * a raw IP socket (protocol 112, bound to the device, multicast group joined,
 * TTL/hop limit 255, TOS 0xc0, no loop) to send. A socket that arrives for a
 * known (ifindex, family) replaces the older pair.
 */
struct msg_sockets {
	uint32_t ifindex;
	uint8_t family;
	uint8_t zero[3];
};

/*
 * Two descriptors: packet sockets (SOCK_RAW, bound to ifindex, BPF) that hear
 * ARP and Neighbor Discovery. They replace the older pair.
 */
struct msg_hearing {
	uint32_t ifindex;
};

/* MSG_ANNOUNCE_SOCKET has no head; one descriptor: an unbound packet socket
 * (SOCK_RAW, protocol 0) for gratuitous ARP and unsolicited NA. */

enum hmac_mode { HMAC_NONE, HMAC_RECEIVE_ONLY, HMAC_PERMISSIVE, HMAC_ENFORCE };

/* Why an instance waits: for the first complete list of Services, for the time
 * that vrrp_startup_delay says, for the first result of a tracker, or for the
 * macvlan of use_vmac. */
enum instance_hold { HOLD_NONE, HOLD_LIST, HOLD_DELAY, HOLD_TRACKER, HOLD_VMAC };

enum vrrp_auth { VRRP_AUTH_NONE = 0, VRRP_AUTH_PASS = 1 };

enum vrrp_resume { RESUME_NOTHING, RESUME_MASTER, RESUME_YIELDING };

/*
 * One virtual router. id is vipd's handle: it stays with the instance over
 * reloads and engine restarts. The frames INSTANCE, ADVERTISED..., PEERS...,
 * INSTANCE_END take effect together; an instance told again with equal
 * contents changes nothing.
 */
struct msg_instance {
	uint32_t id;
	uint32_t ifindex; /* 0: the interface does not exist (FAULT) */
	char name[NAME_LEN];
	char interface[IFNAME_LEN];
	char group[NAME_LEN]; /* its sync group; empty: none */
	uint8_t family;       /* of its adverts: AF_INET, AF_INET6 */
	uint8_t version;      /* 2, 3 */
	uint8_t vrid;
	uint8_t priority; /* effective; 255 = owner */
	uint8_t preempt;
	uint8_t checksum_as_v2;
	uint8_t auth_type; /* enum vrrp_auth */
	uint8_t unicast;
	uint8_t auth_data[8];
	uint8_t hold;   /* enum instance_hold: stay in INIT for now */
	uint8_t resume; /* enum vrrp_resume: addresses are held, go on (I10) */
	uint8_t garp_repeat;
	uint8_t garp_refresh_repeat;
	uint8_t garp_lower_prio_repeat;
	uint8_t bands; /* priorities below VRRP_PRIORITY_HEALTHY are soft */
	uint8_t down_adverts;
	uint8_t lower_prio_no_advert;
	uint8_t higher_prio_send_advert;
	uint8_t owner_ignore_adverts;
	uint8_t no_addresses; /* none is advertised, and none expected */
	uint8_t unicast_ttl;
	uint8_t hmac_mode; /* enum hmac_mode */
	uint8_t hmac_active_key;
	uint8_t hmac_monotonic;
	uint8_t tracker_failed; /* one without a weight: FAULT */
	uint8_t ignore_link;    /* of its interface */
	uint8_t handed_over;    /* at its start; later the engine knows better */
	uint8_t vmac_adverts;   /* a master's multicast adverts come from vmac */
	uint8_t vmac[6];
	uint8_t owner_waits; /* with priority 255, too, it begins as BACKUP */
	uint8_t zero[2];
	uint32_t hmac_window_s;
	uint32_t advert_us;
	uint32_t preempt_delay_us;
	uint32_t garp_delay_us;   /* second burst after MASTER; 0 none */
	uint32_t garp_refresh_us; /* 0 none */
	uint32_t garp_lower_prio_delay_us;
	uint32_t garp_interval_us; /* between ARPs on an interface */
	uint32_t gna_interval_us;
	struct ipaddr unicast_src; /* family 0: the interface's primary */
};

/*
 * An instance that has a soft reason not to be master takes part below this:
 * only if nobody healthy can. nopreempt does not protect one with Services
 * there.
 */
#define VRRP_PRIORITY_HEALTHY 50

/* Bits. Only SOFT_DRAINED counts for instances without Services. */
enum soft_reason {
	SOFT_INCOMPLETE = 1, /* no complete list of Services since the start */
	SOFT_DRAINED = 2,
	SOFT_EXCLUDED = 4, /* the Node is not to serve load balancers */
	SOFT_TRACKER = 8,  /* a weighted tracker has failed */
	SOFT_RULES = 16,   /* forwarding rules are out of date */
};
#define SOFT_REASON_COUNT 5

/* For ADVERTISED, PEERS, KEYS, INSTANCE_END, INSTANCE_GONE, INSTALLED, REMOVED. */
struct msg_instance_ref {
	uint32_t id;
	uint32_t zero; /* records may have 64 bits */
};
/*
 * HANDOVER_BEGIN: a master sends priority 0 once and yields; it does not
 * preempt until the new master is gone or HANDOVER_FORGET comes. Without a
 * successor it is master again (MSG_YIELDED says so).
 */
enum handover_action { HANDOVER_BEGIN, HANDOVER_FORGET };
struct msg_handover {
	uint32_t id;
	uint32_t action; /* enum handover_action */
};

/* Records of ADVERTISED (in configured order): struct ipaddr. Of INSTALLED and
 * REMOVED: */
struct msg_installed_record {
	struct ipaddr addr;
	uint32_t ifindex; /* where it is, and is announced */
};
/* Of PEERS: */
struct msg_peer_record {
	struct ipaddr addr;
	uint8_t min_ttl; /* accepted window; default 255..255 is sent by */
	uint8_t max_ttl; /* vipd as 1..255 where peers may be routed */
	uint8_t zero[2];
};

/* Of KEYS: */
#define HMAC_KEY_MAX 64
struct msg_hmac_key {
	uint8_t id;
	uint8_t len;
	uint8_t zero[2];
	uint8_t bytes[HMAC_KEY_MAX];
};

enum vrrp_state { VRRP_INIT, VRRP_BACKUP, VRRP_MASTER, VRRP_FAULT };

/* Why the last change of state came. */
enum vrrp_reason {
	VRRP_REASON_NONE,
	VRRP_REASON_STARTUP,
	VRRP_REASON_HOLD,            /* waits for the first complete list */
	VRRP_REASON_OWNER,           /* priority 255 */
	VRRP_REASON_TIMEOUT,         /* Master_Down_Timer */
	VRRP_REASON_RESIGNED,        /* master sent priority 0, timer ran out */
	VRRP_REASON_PREEMPT,         /* the master had a lower priority */
	VRRP_REASON_HIGHER_PRIORITY, /* heard a better advert */
	VRRP_REASON_HIGHER_ADDRESS,  /* equal priority, higher address */
	VRRP_REASON_NO_INTERFACE,
	VRRP_REASON_LINK_DOWN,
	VRRP_REASON_NO_ADDRESS, /* no source address on the interface */
	VRRP_REASON_SEND_FAILED,
	VRRP_REASON_RESUMED, /* the engine was restarted */
	VRRP_REASON_SHUTDOWN,
	VRRP_REASON_DELAY,     /* vrrp_startup_delay, vrrp_delay_after_boot */
	VRRP_REASON_GROUP,     /* another member of its sync group */
	VRRP_REASON_OVERSLEPT, /* did not run, and another took over */
	VRRP_REASON_TRACKER,   /* one without a weight has failed */
	VRRP_REASON_UNTRACKED, /* waits for a tracker's first result */
	VRRP_REASON_HANDOVER,  /* was asked to hand over */
	VRRP_REASON_NOBODY,    /* and nobody took over */
	VRRP_REASON_VMAC,      /* waits for its macvlan */
	VRRP_REASON_COUNT
};

/* The newest state of an instance; states between may be skipped. */
struct msg_state {
	uint32_t id;
	uint8_t state;    /* enum vrrp_state */
	uint8_t reason;   /* enum vrrp_reason */
	uint8_t priority; /* sent in adverts */
	uint8_t master_priority;
	uint32_t master_advert_us;
	struct ipaddr master; /* family 0: unknown */
	uint64_t since_us;    /* monotonic */
	uint32_t transitions; /* to MASTER, since the engine's start */
	uint8_t yielding;     /* is not master, but holds what it held (yield.h) */
	uint8_t handed_over;
	uint8_t zero[2];
	uint32_t lower_adverts; /* heard as MASTER; at most one a second counts */
	uint32_t zero2;
};

/* MSG_PROBE (records: struct msg_installed_record): asks the network before
 * their first use whether anybody has these; each is answered. */
struct msg_probed {
	uint32_t id;
	uint8_t taken; /* by mac */
	uint8_t mac[6];
	uint8_t zero;
	struct msg_installed_record at;
};

/* A stranger uses an address that is held here; at most every 10 s for each. */
struct msg_conflict {
	uint32_t id;
	uint8_t mac[6];
	uint8_t zero[2];
	struct msg_installed_record at;
	uint32_t count; /* heard since it is held */
};

/* MSG_RELEASED (records: struct msg_installed_record): of those that an
 * instance that yields holds, the successor has announced these. */

enum yield_result {
	YIELD_DONE,   /* the successor has announced all */
	YIELD_LATE,   /* there was one, but it did not */
	YIELD_NOBODY, /* no successor came: a stop goes on */
	YIELD_KEPT,   /* is master again */
	YIELD_BROKEN, /* ended by a fault */
	YIELD_RESULT_COUNT
};

/* Who sends adverts: at most every 10 s for each, and a bounded number of them
 * on an interface. Who is not heard for SPEAKER_SILENT_US is none. */
#define SPEAKER_SILENT_US 60000000
struct msg_speaker {
	uint32_t ifindex;
	uint8_t vrid;
	uint8_t alike; /* taken here, and lists the addresses of the router here */
	uint8_t zero[2];
	struct ipaddr addr;
	uint32_t count; /* of its adverts */
};

/*
 * MSG_MARKS (records: struct msg_mark, of any instances) has no head: the
 * sequence of auth_hmac (trailer.h) that was heard last from a sender, or sent
 * last. The engine tells what is new, at most every 100 ms; a new one is told
 * them before it reads a packet, so that no advert counts in both.
 */
#define MARKS_SENDERS 16
struct msg_mark {
	uint32_t id;       /* of the instance */
	struct ipaddr src; /* family 0: the router itself */
	uint64_t sequence;
	uint64_t heard_us; /* monotonic */
};

/* How a yield ended. Times count from its begin. */
struct msg_yielded {
	uint32_t id;
	uint8_t result;  /* enum yield_result */
	uint8_t planned; /* began with priority 0, not with a better advert */
	uint8_t successor_priority;
	uint8_t zero;
	struct ipaddr successor; /* family 0: none */
	uint32_t addresses;      /* held at its begin */
	uint32_t announced;      /* by the successor, while they were held */
	uint32_t zero2;
	uint64_t took_us;  /* until the successor's first advert */
	uint64_t moved_us; /* until its last announcement */
};

/* Counters of one instance: records struct msg_counter. */
struct msg_counter {
	char name[32];
	uint64_t value;
};

/* ---- watcher ---- */

struct msg_watcher_conf {
	char node_name[256];    /* empty: the watcher finds it */
	char kubeconfig[256];   /* empty: none */
	char api_servers[1024]; /* URLs with blanks between them */
	char manifests[256];    /* empty: none */
	char class[NAME_LEN];
	char state_dir[256];
	uint8_t claim_unclassed;
	uint8_t allocator;      /* may be the one that hands out addresses */
	uint8_t local_fallback; /* enum local_fallback */
	uint8_t zero[1];
	char configmap_ns[NAME_LEN]; /* where the pools are; empty: in POOLS */
	char configmap_name[NAME_LEN];
	char config[20]; /* hash of what must be the same on all nodes */
};

/* RESERVED: single addresses that pools keep back (static ones, and the first
 * and last of their networks). */
enum watcher_ranges { RANGES_EXTERNAL_IPS = 1, RANGES_RESERVED };

/* Records: struct iprange. Several frames of one kind add up. */
struct msg_watcher_ranges {
	uint32_t which; /* enum watcher_ranges */
};

/* Records of MSG_WATCHER_POOLS: the canonical text of the address_pool blocks
 * (conf_pool.h), a byte each. Frames add up. */
struct msg_byte {
	char byte;
};

/* Records: struct iprange, its service_addresses; bare: no records. Frames
 * with one name add up. */
struct msg_watcher_instance {
	char name[NAME_LEN];
	uint8_t vrid;
	uint8_t bare; /* carries what no other instance names */
	uint8_t zero[2];
};

enum source_health { HEALTH_STARTING, HEALTH_OK, HEALTH_TROUBLE };

/* The state of the source of Services; sent on change and every 10 s. */
struct msg_source_state {
	uint32_t source;   /* enum sync_source: what is served from now */
	uint32_t health;   /* enum source_health */
	uint64_t fresh_us; /* monotonic: last proof of freshness; 0 never */
	/* SOURCE_SNAPSHOT: since the epoch, when it was up to date. */
	uint64_t snapshot_wall_us;
	char node_name[256];
	char node_name_source[32];
	char server[256]; /* URL or directory */
	char error[256];  /* with the remedy; empty if none */
};

/*
 * An instance with Services as it is here: what the watcher writes to the API
 * about who is master where. Sent on change, and all of them to a new watcher.
 */
struct msg_here {
	char instance[NAME_LEN];
	struct ipaddr source; /* of its adverts from here; family 0: none */
	struct ipaddr master; /* family 0: unknown */
	uint64_t since_us;    /* monotonic: when the state began */
	uint8_t state;        /* enum vrrp_state */
	uint8_t priority;     /* sent in adverts */
	uint8_t zero[6];
};

/* Records: struct ipaddr, addresses of Services that came onto this node or
 * left it. */
struct msg_held_here {
	char instance[NAME_LEN];
	uint32_t held;
};

/*
 * Addresses that are somebody's on this node's LAN, so that no pool hands them
 * out: all of them anew, in as many frames as it takes. Records: struct
 * msg_taken_record.
 */
struct msg_taken {
	uint32_t more; /* another frame follows */
};
struct msg_taken_record {
	struct ipaddr addr;
	char whose[44]; /* "a default gateway of this host"; empty: not worth a word */
};

/* What the cluster says of this node: whether it may serve (N1 to N4). */
struct msg_eligible {
	uint32_t excluded;
	char reason[REASON_LEN];
};

/*
 * A node of the cluster that runs vipd, as its own Lease tells. Records:
 * struct msg_node_instance.
 */
struct msg_node {
	char name[256];
	char version[32];
	char config[20];   /* hash of what must be the same on all nodes */
	uint64_t seen_us;  /* monotonic: when its Lease changed last */
	uint8_t allocator; /* the one that hands out addresses */
	uint8_t excluded;
	uint8_t here; /* this node */
	uint8_t zero[5];
};
struct msg_node_instance {
	char name[NAME_LEN];
	struct ipaddr source;
	uint8_t state; /* enum vrrp_state */
	uint8_t priority;
	uint8_t zero[2];
};
struct msg_node_gone {
	char name[256];
};

/*
 * The address pools: frames with first = 0, then on, as many records as total
 * says in all. A frame with first = 0 begins anew.
 */
struct msg_pools {
	uint32_t first; /* the place of the first record */
	uint32_t total;
	char source[160];       /* "vipd.conf", "ConfigMap vipd/vipd-pools" */
	char error[REASON_LEN]; /* of a text that is not taken; empty */
};

/* size, used: IPv4, IPv6; UINT64_MAX: that many or more. */
struct msg_pool {
	char name[NAME_LEN];
	char ranges[128]; /* "192.0.2.40-192.0.2.99, ...", cut where too long */
	uint64_t size[2];
	uint64_t used[2];
	uint32_t limit_per_namespace; /* 0: none */
	uint8_t auto_assign;
	uint8_t restricted; /* has namespaces or a service_selector */
	uint8_t zero[2];
};

/* ---- Services ---- */

enum verdict {
	VERDICT_OK,
	VERDICT_REFUSED,  /* outside the configured ranges, not allowed */
	VERDICT_CONFLICT, /* somebody else has it */
	VERDICT_PENDING,  /* nothing assigned yet */
	VERDICT_INVALID,  /* the object is malformed */
	VERDICT_IGNORED,  /* not vipd's; told so that people can see why */
};

enum service_flag {
	SERVICE_LOCAL = 1,           /* externalTrafficPolicy: Local */
	SERVICE_AFFINITY_CLIENT = 2, /* sessionAffinity: ClientIP */
	SERVICE_LOADBALANCER = 4,    /* type LoadBalancer */
	SERVICE_FALLBACK = 8,        /* Local, but as Cluster where none is local */
	SERVICE_FORLORN = 16,        /* IGNORED, and nobody else gave it an address */
};

/*
 * One Service, normalised. The frames SERVICE, ADDRESSES..., PORTS...,
 * ENDPOINTS..., SOURCES..., SERVICE_END travel together and take effect at
 * SERVICE_END; (ns, name) is the key. vipd reads SERVICE and ADDRESSES and
 * relays the rest unread.
 */
struct msg_service_key {
	char ns[NAME_LEN];
	char name[NAME_LEN];
};

struct msg_service {
	struct msg_service_key key;
	char uid[40];
	uint32_t flags; /* enum service_flag */
	uint32_t affinity_s;
	uint32_t verdict;        /* enum verdict, of the whole Service */
	uint32_t endpoints;      /* how many usable ones, all ports */
	char reason[REASON_LEN]; /* why not OK, with the remedy; OK and Local: nodes
				  * that have ready endpoints */
};

enum address_origin { ORIGIN_STATIC, ORIGIN_EXTERNAL_IP, ORIGIN_POOL };

struct msg_service_address {
	struct ipaddr addr;
	uint8_t verdict; /* enum verdict */
	uint8_t origin;  /* enum address_origin */
	uint16_t pool;   /* 1 + its place among the pools; 0: of none */
	uint8_t gateway; /* of replies (reply.h), by vipd; 0: none */
	uint8_t zero;
	char instance[NAME_LEN]; /* placement; empty: no instance fits */
	char reason[REASON_LEN];
};

/* proto: IPPROTO_TCP, _UDP, _SCTP. */
struct msg_service_port {
	uint16_t port;
	uint8_t proto;
	uint8_t verdict; /* VERDICT_CONFLICT: an older Service has it */
	char name[NAME_LEN];
};

enum endpoint_flag { ENDPOINT_LOCAL = 1, ENDPOINT_TERMINATING = 2 };

/* A usable endpoint (KEP-1669) of the port_index-th port. */
struct msg_service_endpoint {
	uint16_t port_index;
	uint16_t port;
	uint32_t flags; /* enum endpoint_flag */
	struct ipaddr addr;
};
/* Records of SOURCES (loadBalancerSourceRanges): struct iprange. */

/* ---- forward ---- */

enum forward_mode { FORWARD_AUTO, FORWARD_NFTABLES, FORWARD_NONE };
enum source_nat { SOURCE_NAT_NODE, SOURCE_NAT_VIP, SOURCE_NAT_NONE };
/* What becomes of externalTrafficPolicy Local where no endpoint is local. */
enum local_fallback { LOCAL_FALLBACK_DROP, LOCAL_FALLBACK_CLUSTER };

/* Records: the uplinks, behind which the clients outside of the cluster are. */
struct msg_forward_conf {
	uint32_t mode;       /* enum forward_mode */
	uint32_t source_nat; /* enum source_nat */
	uint32_t gateways;   /* of replies: their numbers are 1 to this */
};
struct msg_uplink {
	char name[IFNAME_LEN];
};

/* Records: struct ipaddr, which came to this node, left it, or was here before
 * vipd-forward began. */
enum held { HELD_LOST, HELD_GAINED, HELD_ALREADY };
struct msg_held {
	uint32_t held; /* enum held */
};

/* Everything up to header.seq (of SERVICE_END, SERVICE_GONE, SYNC_END) is in
 * the kernel, but for what FAILED named. MSG_IN_PLACE has no head. */
struct msg_failed {
	struct msg_service_key key;
	int32_t error; /* errno */
	uint32_t zero;
	char text[REASON_LEN];
};

/*
 * What vipd-forward let through of a Service since its ports are in nftables
 * (a port's counters end when its last endpoint goes): connections, and the
 * packets and bytes (of IP) of both directions. Where others forward (mode
 * none) connections are not known.
 */
struct msg_count {
	uint64_t connections;
	uint64_t packets;
	uint64_t bytes;
};
/* Records: struct msg_tally. */
struct msg_tally_head {
	uint32_t last; /* of the answer to a TALLY_REQUEST */
	uint32_t zero;
};
struct msg_tally {
	struct msg_service_key key;
	struct msg_count count;
};

struct msg_forward_state {
	uint32_t mode; /* FORWARD_NFTABLES or FORWARD_NONE: decided */
	uint32_t in_sync;
	char reason[REASON_LEN]; /* "configured", "auto: ..." */
};

/* ---- trackers ---- */

enum track_kind {
	TRACK_INTERFACE,
	TRACK_SCRIPT,
	TRACK_FILE,
	TRACK_PROCESS,
	TRACK_KIND_COUNT,
};

enum track_state { TRACK_UNKNOWN, TRACK_OK, TRACK_FAILED };

/* ---- control ---- */

enum ctl_command {
	CTL_STATUS = 1, /* NODE, INSTANCE+ADDRESSES..., Services */
	CTL_INSTANCES,  /* NODE, INSTANCE+ADDRESSES+COUNTERS... */
	CTL_SERVICES,   /* NODE, then per Service: SERVICE frames, CTL_SERVICE */
	CTL_EXPLAIN,    /* as STATUS, of one Service (NS/NAME) */
	CTL_RELOAD,     /* TEXT..., END */
	CTL_METRICS,    /* as INSTANCES, POOLS..., then as SERVICES */
	CTL_CONFIG,     /* CONFIG..., END */
	CTL_EVENTS,     /* EVENT..., END; arg "follow": never ends */
	CTL_HANDOVER,   /* CTL_HANDOVER, END */
	CTL_DRAIN,      /* CTL_HANDOVER..., END */
	CTL_UNDRAIN,    /* END */
	CTL_NODES,      /* NODE, MSG_NODE... */
	CTL_POOLS,      /* NODE, POOLS..., then as SERVICES */
};

struct msg_ctl_request {
	uint32_t protocol;
	uint32_t command;
	char arg[256];
	char to[256]; /* CTL_HANDOVER: a node; empty: whoever wins */
};

/* The node, its source of Services and its forwarding, in one record. */
struct msg_ctl_node {
	char node[256];
	char node_source[32];
	char version[32];
	uint64_t now_us; /* monotonic, of the answer: ages are against it */
	uint64_t wall_us;
	uint64_t started_us;
	uint32_t has_services; /* a services block is configured */
	uint32_t log_dropped;
	struct msg_source_state source;
	struct msg_forward_state forward;
	uint32_t children_restarts;
	uint32_t zero;
	char config[256];
	char config_error[256];   /* of the last refused reload; empty */
	uint64_t drained_wall_us; /* since then; 0: not drained */
	char drain_reason[REASON_LEN];
};

struct msg_ctl_instance {
	struct msg_instance conf;
	struct msg_state state;
	uint8_t configured_priority;
	uint8_t wants_services; /* has service_addresses */
	uint8_t zero[2];
	uint32_t soft;            /* enum soft_reason, ored */
	char tracker[REASON_LEN]; /* behind FAULT or INIT; empty */
};

/* What an instance tracks, its own first, then its group's. */
struct msg_ctl_track {
	char name[NAME_LEN];
	uint8_t kind;  /* enum track_kind */
	uint8_t state; /* enum track_state */
	uint8_t reverse;
	uint8_t fault;
	int32_t weight;
	int32_t adds; /* to the priority, now */
	uint64_t since_us;
	char why[96];
};

/* Of a Service's new address, on a node that is master already. */
enum address_use { ADDRESS_FREE, ADDRESS_PROBED, ADDRESS_TAKEN };

struct msg_ctl_address {
	struct ipaddr addr;
	uint8_t prefixlen;
	uint8_t origin; /* enum address_origin */
	uint8_t installed;
	uint8_t excluded;
	uint8_t released; /* the successor has it (MSG_RELEASED) */
	uint8_t use;      /* enum address_use */
	uint8_t zero[2];
	uint8_t conflict_mac[6]; /* who has it, too or alone */
	uint8_t zero2[2];
	uint32_t probes_failed; /* in a row */
	uint32_t conflicts;     /* heard while it is held */
	uint64_t conflict_us;   /* monotonic, the last; 0: none */
	uint64_t probe_us;      /* monotonic: it was asked, is asked again */
	char dev[IFNAME_LEN];
	char error[64]; /* of the last attempt; empty */
};

/* Another router's adverts, heard in the last minute. */
struct msg_ctl_speaker {
	char interface[IFNAME_LEN];
	struct ipaddr addr;
	uint8_t vrid;
	uint8_t clashes;   /* with a virtual router of this node, as a stranger */
	uint8_t free_vrid; /* not used there, as far as one hears; 0: none is */
	uint8_t zero;
	uint32_t count;
	uint64_t heard_us; /* monotonic */
};

/* In vipctl's words; order as in the documentation. */
enum service_state {
	SERVICE_SERVING,
	SERVICE_STANDBY,
	SERVICE_NO_ENDPOINTS,
	SERVICE_PENDING,
	SERVICE_REFUSED,
	SERVICE_CONFLICT,
	SERVICE_FAILED,
	SERVICE_IGNORED,
	SERVICE_STATE_COUNT
};

/* Comes behind a Service's own frames. */
struct msg_ctl_service {
	struct msg_service_key key;
	uint32_t state;    /* enum service_state */
	uint32_t in_place; /* its rules are in the kernel */
	char reason[REASON_LEN];
	uint32_t counted; /* count is known */
	uint32_t zero;
	struct msg_count count;
};

/* Of a handover or a drain that was asked for. */
struct msg_ctl_handover {
	char name[NAME_LEN]; /* of the instance */
	struct msg_yielded yielded;
};

struct msg_ctl_text {
	uint32_t level; /* enum log_level */
	char text[480];
};

/* Records of MSG_CTL_CONFIG: struct msg_byte, the configuration in force in its
 * canonical form, without secrets (conf_redact.h). Frames add up. */

/* A line of vipd's journal. */
struct msg_ctl_event {
	uint64_t id; /* counts from 1; 0: not of the journal */
	uint64_t wall_us;
	uint32_t level; /* enum log_level */
	char text[480];
	uint32_t zero;
};

/* The exit code for vipctl. */
struct msg_ctl_end {
	uint32_t code;
	char text[REASON_LEN];
};

/* ---- the table ---- */

struct msg_type_info {
	const char *name;
	uint16_t head;   /* bytes */
	uint16_t record; /* bytes; 0: none allowed */
	uint8_t senders; /* enum msg_peer, ored */
	uint8_t fds;     /* descriptors it carries */
};

/* A message taken apart. head and records point into the receive buffer. */
struct msg {
	enum msg_type type;
	uint32_t seq;
	uint16_t count;
	const void *head;
	const void *records;
	int fds[2];
};

const struct msg_type_info *msg_info(enum msg_type type);
/* The most records of its kind that fit one message. */
size_t msg_records_max(enum msg_type type);
/*
 * Takes len bytes from a peer apart: type known, sender allowed, length exact,
 * strings terminated, enums in range. buf is aligned to 8. Descriptors are the
 * caller's. Returns NULL, or what is wrong.
 */
const char *msg_parse(const void *buf, size_t len, enum msg_peer from, struct msg *out);
/* Builds a message into buf (MSG_MAX bytes); returns its length. */
size_t msg_build(void *buf, enum msg_type type, uint32_t seq, const void *head,
    const void *records, size_t count);

const char *vrrp_state_name(enum vrrp_state state);
/* "master was silent", for logs and vipctl. */
const char *vrrp_reason_text(enum vrrp_reason reason);
/* "drained", for logs, vipctl and scripts; of one bit. */
const char *soft_reason_name(enum soft_reason reason);
/* The word of its block. */
const char *track_kind_name(enum track_kind kind);
const char *service_state_name(enum service_state state);
const char *proto_name(uint8_t proto);

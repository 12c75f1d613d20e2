/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_keepalived.h"

#include <string.h>

#include "mem.h"

#define IMPLIED CONF_FOREIGN_IMPLIED
#define SIDE_JOB CONF_FOREIGN_SIDE_JOB
#define REFUSED CONF_FOREIGN_REFUSED
#define LVS CONF_FOREIGN_LVS
#define R CONF_IN_ROOT
#define G CONF_IN_GLOBAL
#define I CONF_IN_INSTANCE
#define A CONF_IN_ADDRESS
#define Y CONF_IN_GROUP
#define T CONF_IN_ROUTE

#define ANYWAY "vipd does so anyway"
#define MAIL "vipd sends no mail; alert on its metrics"
#define SNMP "vipd has no SNMP agent; use vipctl and its metrics"
#define DBUS "vipd has no D-Bus interface; use vipctl"
#define NO_LVS "there are no checkers"
#define NO_BFD "there is no BFD"
#define SCHEDULING "vipd schedules its engine by itself"
#define BUFFERS "vipd sizes its buffers by itself"
#define FIREWALL "vipd needs no firewall rules for virtual addresses"
#define LIVE "ask the running daemon: vipctl"
#define EXTRA_IF "garp_master_refresh is for every address, whatever its interface"
#define GARP_GROUP "vrrp_garp_interval holds on each interface by itself"
#define GROUP_OF_RFC                                                                     \
	"adverts go to the group of the RFC; take it out on all routers at once, or "    \
	"use unicast_peer"
#define RELOAD "a wrong file is refused whole; vipctl check, vipctl reload"
#define RELOAD_FILE "replace the file in one step, then vipctl reload"
#define INCLUDE "say includea, or includew, where a file must be there"
#define OTHER "not needed"
#define NO_ATTRIBUTE "vipd does not set it; let the network configuration keep this route"
#define NO_KIND                                                                          \
	"vipd makes routes to other hosts, and blackhole, unreachable, prohibit, throw"
#define VIRTUAL_SERVER                                                                   \
	"vipd has no LVS; let another program keep it, and say ignore_lvs yes"

static const struct conf_foreign words[] = {
	{ "accept", IMPLIED, I, ANYWAY },
	{ "check_unicast_src", IMPLIED, I, ANYWAY },
	{ "disable_local_igmp", IMPLIED, G, ANYWAY },
	{ "dynamic_interfaces", IMPLIED, G, ANYWAY },
	{ "global_tracking", IMPLIED, Y, ANYWAY },
	{ "home", IMPLIED, A, ANYWAY },
	{ "native_ipv6", IMPLIED, I, ANYWAY },
	{ "promote_secondaries", IMPLIED, I, ANYWAY },
	{ "reload_check_config", IMPLIED, G, ANYWAY },
	{ "set_supplementary_groups", IMPLIED, G, ANYWAY },
	{ "skip_check_adv_addr", IMPLIED, I, ANYWAY },
	{ "thread_timer_expired", IMPLIED, I, ANYWAY },
	{ "timer_expired_backup", IMPLIED, I, ANYWAY },
	{ "track_src_ip", IMPLIED, I, ANYWAY },
	{ "unicast_fault_no_peer", IMPLIED, I, ANYWAY },
	{ "vrrp_check_unicast_src", IMPLIED, G, ANYWAY },
	{ "vrrp_no_swap", IMPLIED, G, ANYWAY },
	{ "vrrp_skip_check_adv_addr", IMPLIED, G, ANYWAY },
	{ "-nodad", SIDE_JOB, A, "addresses come without duplicate address detection" },
	{ "autojoin", SIDE_JOB, A, "it is for multicast addresses" },
	{ "bfd_cpu_affinity", SIDE_JOB, G, NO_BFD },
	{ "bfd_no_swap", SIDE_JOB, G, NO_BFD },
	{ "bfd_priority", SIDE_JOB, G, NO_BFD },
	{ "bfd_process_name", SIDE_JOB, G, NO_BFD },
	{ "bfd_rlimit_rtime", SIDE_JOB, G, NO_BFD },
	{ "bfd_rlimit_rttime", SIDE_JOB, G, NO_BFD },
	{ "bfd_rt_priority", SIDE_JOB, G, NO_BFD },
	{ "checker_cpu_affinity", SIDE_JOB, G, NO_LVS },
	{ "checker_log_all_failures", SIDE_JOB, G, NO_LVS },
	{ "checker_log_level", SIDE_JOB, G, NO_LVS },
	{ "checker_no_swap", SIDE_JOB, G, NO_LVS },
	{ "checker_priority", SIDE_JOB, G, NO_LVS },
	{ "checker_process_name", SIDE_JOB, G, NO_LVS },
	{ "checker_rlimit_rtime", SIDE_JOB, G, NO_LVS },
	{ "checker_rlimit_rttime", SIDE_JOB, G, NO_LVS },
	{ "checker_rt_priority", SIDE_JOB, G, NO_LVS },
	{ "child_wait_time", SIDE_JOB, R | G, OTHER },
	{ "config_save_dir", SIDE_JOB, G, RELOAD },
	{ "data_use_instance", SIDE_JOB, G, LIVE },
	{ "dbus_service_name", SIDE_JOB, G, DBUS },
	{ "debug", SIDE_JOB, I, "vipd -D" },
	{ "enable_dbus", SIDE_JOB, G, DBUS },
	{ "enable_snmp_checker", SIDE_JOB, G, SNMP },
	{ "enable_snmp_keepalived", SIDE_JOB, G, SNMP },
	{ "enable_snmp_rfc", SIDE_JOB, G, SNMP },
	{ "enable_snmp_rfcv2", SIDE_JOB, G, SNMP },
	{ "enable_snmp_rfcv3", SIDE_JOB, G, SNMP },
	{ "enable_snmp_vrrp", SIDE_JOB, G, SNMP },
	{ "enable_traps", SIDE_JOB, G, SNMP },
	{ "fifo_write_vrrp_states_on_reload", SIDE_JOB, G, LIVE },
	{ "garp_extra_if", SIDE_JOB, I, EXTRA_IF },
	{ "garp_group", SIDE_JOB, R, GARP_GROUP },
	{ "include_check", SIDE_JOB, G, INCLUDE },
	{ "instance", SIDE_JOB, R | G, "one vipd for each network namespace" },
	{ "iproute_etc_dir", SIDE_JOB, G, OTHER },
	{ "iproute_usr_dir", SIDE_JOB, G, OTHER },
	{ "json_dump_file", SIDE_JOB, G, LIVE },
	{ "json_version", SIDE_JOB, G, LIVE },
	{ "kernel_rx_buf_size", SIDE_JOB, I, BUFFERS },
	{ "linkbeat_interfaces", SIDE_JOB, R, "the kernel tells the state of links" },
	{ "linkbeat_use_polling", SIDE_JOB, R | G | I,
	    "the kernel tells the state of links" },
	{ "lvs_flush", SIDE_JOB, G, NO_LVS },
	{ "lvs_flush_on_stop", SIDE_JOB, G, NO_LVS },
	{ "lvs_netlink_cmd_rcv_bufs", SIDE_JOB, G, NO_LVS },
	{ "lvs_netlink_cmd_rcv_bufs_force", SIDE_JOB, G, NO_LVS },
	{ "lvs_netlink_monitor_rcv_bufs", SIDE_JOB, G, NO_LVS },
	{ "lvs_netlink_monitor_rcv_bufs_force", SIDE_JOB, G, NO_LVS },
	{ "lvs_notify_fifo", SIDE_JOB, G, NO_LVS },
	{ "lvs_notify_fifo_script", SIDE_JOB, G, NO_LVS },
	{ "lvs_timeouts", SIDE_JOB, G, NO_LVS },
	{ "max_auto_priority", SIDE_JOB, G, SCHEDULING },
	{ "min_auto_priority_delay", SIDE_JOB, G, SCHEDULING },
	{ "namespace_with_ipsets", SIDE_JOB, R | G, FIREWALL },
	{ "net_namespace_ipvs", SIDE_JOB, R | G, NO_LVS },
	{ "nftables", SIDE_JOB, G, FIREWALL },
	{ "nftables_counters", SIDE_JOB, G, FIREWALL },
	{ "nftables_ifindex", SIDE_JOB, G, FIREWALL },
	{ "nftables_ipvs", SIDE_JOB, G, NO_LVS },
	{ "nftables_ipvs_priority", SIDE_JOB, G, NO_LVS },
	{ "nftables_ipvs_start_fwmark", SIDE_JOB, G, NO_LVS },
	{ "nftables_priority", SIDE_JOB, G, FIREWALL },
	{ "no_checker_emails", SIDE_JOB, G, MAIL },
	{ "no_email_faults", SIDE_JOB, G, MAIL },
	{ "no_track", SIDE_JOB, A, "a deleted address always comes back" },
	{ "notification_email", SIDE_JOB, G, MAIL },
	{ "notification_email_from", SIDE_JOB, G, MAIL },
	{ "notify_deleted", SIDE_JOB, Y, OTHER },
	{ "process_monitor_rcv_bufs", SIDE_JOB, G, BUFFERS },
	{ "process_monitor_rcv_bufs_force", SIDE_JOB, G, BUFFERS },
	{ "process_name", SIDE_JOB, G, "vipd's processes have names of their own" },
	{ "process_names", SIDE_JOB, G, "vipd's processes have names of their own" },
	{ "random_seed", SIDE_JOB, G, OTHER },
	{ "reload_file", SIDE_JOB, G, RELOAD_FILE },
	{ "reload_repeat", SIDE_JOB, G, RELOAD_FILE },
	{ "reload_time_file", SIDE_JOB, G, RELOAD_FILE },
	{ "rs_init_notifies", SIDE_JOB, G, NO_LVS },
	{ "smtp_alert", SIDE_JOB, G | I | Y, MAIL },
	{ "smtp_alert_checker", SIDE_JOB, G, MAIL },
	{ "smtp_alert_vrrp", SIDE_JOB, G, MAIL },
	{ "smtp_connect_timeout", SIDE_JOB, G, MAIL },
	{ "smtp_helo_name", SIDE_JOB, G, MAIL },
	{ "smtp_server", SIDE_JOB, G, MAIL },
	{ "snmp_socket", SIDE_JOB, G, SNMP },
	{ "state_dump_file", SIDE_JOB, G, LIVE },
	{ "stats_dump_file", SIDE_JOB, G, LIVE },
	{ "tmp_config_directory", SIDE_JOB, G, RELOAD },
	{ "umask", SIDE_JOB, G, "the unit sets it" },
	{ "use_pid_dir", SIDE_JOB, R | G, OTHER },
	{ "use_symlink_paths", SIDE_JOB, G, OTHER },
	{ "vmac_addr_prefix", SIDE_JOB, G, OTHER },
	{ "vrrp_cpu_affinity", SIDE_JOB, G, SCHEDULING },
	{ "vrrp_garp_extra_if", SIDE_JOB, G, EXTRA_IF },
	{ "vrrp_ipsets", SIDE_JOB, G, FIREWALL },
	{ "vrrp_iptables", SIDE_JOB, G, FIREWALL },
	{ "vrrp_netlink_cmd_rcv_bufs", SIDE_JOB, G, BUFFERS },
	{ "vrrp_netlink_cmd_rcv_bufs_force", SIDE_JOB, G, BUFFERS },
	{ "vrrp_netlink_monitor_rcv_bufs", SIDE_JOB, G, BUFFERS },
	{ "vrrp_netlink_monitor_rcv_bufs_force", SIDE_JOB, G, BUFFERS },
	{ "vrrp_priority", SIDE_JOB, G, SCHEDULING },
	{ "vrrp_process_name", SIDE_JOB, G, "vipd's processes have names of their own" },
	{ "vrrp_rlimit_rtime", SIDE_JOB, G, SCHEDULING },
	{ "vrrp_rlimit_rttime", SIDE_JOB, G, SCHEDULING },
	{ "vrrp_rx_bufs_multiplier", SIDE_JOB, G, BUFFERS },
	{ "vrrp_rx_bufs_policy", SIDE_JOB, G, BUFFERS },
	{ "add", IMPLIED, T, ANYWAY },
	{ "append", REFUSED, T, "say metric: the lowest counts" },
	{ "inet6", REFUSED, T, "the destination says it: default is ::/0 then" },
	{ "or", REFUSED, T, "say nexthop via ADDRESS for each" },
	{ "advmss", REFUSED, T, NO_ATTRIBUTE },
	{ "anycast", REFUSED, T, NO_KIND },
	{ "bfd_instance", REFUSED, R,
	    "vipd speaks no BFD; track the interface, or a script" },
	{ "mcast_dst_ip", REFUSED, I, GROUP_OF_RFC },
	{ "mngtmpaddr", REFUSED, A,
	    "what the kernel makes of such an address would stay behind" },
	{ "net_namespace", REFUSED, R | G,
	    "start vipd in the namespace: ip netns exec NAME vipd, or "
	    "NetworkNamespacePath= in the unit" },
	{ "no_accept", REFUSED, I,
	    "a virtual address that answers nothing is not implemented; use the "
	    "firewall" },
	{ "old_unicast_checksum", REFUSED, I,
	    "keepalived before 1.3.7 is not understood; update it first" },
	{ "peer", REFUSED, A, "vipd makes no point-to-point addresses; take it out" },
	{ "static_rules", REFUSED, R,
	    "it is not implemented; let the network configuration keep the rules" },
	{ "strict_mode", REFUSED, I,
	    "it drops packets to the virtual addresses; take it out" },
	{ "track_bfd", REFUSED, I | Y,
	    "vipd speaks no BFD; track the interface, or a script" },
	{ "track_group", REFUSED, R | A | T,
	    "what it tracks is put back at once; take it out, and track_interface in the "
	    "group where an interface may be gone" },
	{ "use_ipvlan", REFUSED, I,
	    "an ipvlan has its parent's MAC; take it out, or use_vmac" },
	{ "use_vmac", REFUSED, A,
	    "only the instance's interface has a macvlan; make an instance for each "
	    "interface" },
	{ "use_vmac_addr", REFUSED, I,
	    "only the instance's interface has a macvlan; make an instance for each "
	    "interface" },
	{ "valid_lft", REFUSED, A, "see address_lifetime" },
	{ "virtual_rules", REFUSED, I,
	    "it is not implemented; let the network configuration keep the rules" },
	{ "vrf", REFUSED, I | T,
	    "the interface says it: put that into the VRF, and take this out" },
	{ "vrrp_mcast_group4", REFUSED, G, GROUP_OF_RFC },
	{ "vrrp_mcast_group6", REFUSED, G, GROUP_OF_RFC },
	{ "vrrp_strict", REFUSED, G,
	    "it drops packets to the virtual addresses; take it out" },
	{ "broadcast", REFUSED, T, NO_KIND },
	{ "congctl", REFUSED, T, NO_ATTRIBUTE },
	{ "cwnd", REFUSED, T, NO_ATTRIBUTE },
	{ "dsfield", REFUSED, T, NO_ATTRIBUTE },
	{ "encap", REFUSED, T, NO_ATTRIBUTE },
	{ "expires", REFUSED, T, NO_ATTRIBUTE },
	{ "fastopen_no_cookie", REFUSED, T, NO_ATTRIBUTE },
	{ "features", REFUSED, T, NO_ATTRIBUTE },
	{ "hoplimit", REFUSED, T, NO_ATTRIBUTE },
	{ "initcwnd", REFUSED, T, NO_ATTRIBUTE },
	{ "initrwnd", REFUSED, T, NO_ATTRIBUTE },
	{ "local", REFUSED, T, NO_KIND },
	{ "multicast", REFUSED, T, NO_KIND },
	{ "nat", REFUSED, T, NO_KIND },
	{ "oif", REFUSED, T, "say dev" },
	{ "pref", REFUSED, T, NO_ATTRIBUTE },
	{ "quickack", REFUSED, T, NO_ATTRIBUTE },
	{ "realms", REFUSED, T, NO_ATTRIBUTE },
	{ "reordering", REFUSED, T, NO_ATTRIBUTE },
	{ "rto_min", REFUSED, T, NO_ATTRIBUTE },
	{ "rtt", REFUSED, T, NO_ATTRIBUTE },
	{ "rttvar", REFUSED, T, NO_ATTRIBUTE },
	{ "ssthresh", REFUSED, T, NO_ATTRIBUTE },
	{ "tos", REFUSED, T, NO_ATTRIBUTE },
	{ "ttl-propagate", REFUSED, T, NO_ATTRIBUTE },
	{ "window", REFUSED, T, NO_ATTRIBUTE },
	{ "SSL", LVS, R, VIRTUAL_SERVER },
	{ "lvs_sync_daemon", LVS, G, VIRTUAL_SERVER },
	{ "lvs_sync_daemon_interface", LVS, I, VIRTUAL_SERVER },
	{ "real_server", LVS, R, VIRTUAL_SERVER },
	{ "sorry_server", LVS, R, VIRTUAL_SERVER },
	{ "virtual_server", LVS, R, VIRTUAL_SERVER },
	{ "virtual_server_group", LVS, R, VIRTUAL_SERVER },
};

/* Arguments of refused words that say what vipd does. */
static const struct {
	const char *word;
	const char *arg;
} defaults[] = {
	{ "mcast_dst_ip", "224.0.0.18" },
	{ "mcast_dst_ip", "ff02::12" },
	{ "old_unicast_checksum", "never" },
	{ "vrrp_mcast_group4", "224.0.0.18" },
	{ "vrrp_mcast_group6", "ff02::12" },
};

bool
conf_foreign_asks_nothing(const struct conf_foreign *f, const char *arg)
{
	if (!strcmp(arg, "no") || !strcmp(arg, "off") || !strcmp(arg, "false"))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(defaults); i++)
		if (!strcmp(defaults[i].word, f->word) && !strcmp(defaults[i].arg, arg))
			return true;
	return false;
}

const struct conf_foreign *
conf_foreign_find(const char *word, unsigned contexts)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if ((words[i].contexts & contexts) && !strcmp(words[i].word, word))
			return &words[i];
	return NULL;
}

size_t
conf_foreign_count(void)
{
	return ARRAY_LEN(words);
}

size_t
conf_foreign_index(const struct conf_foreign *f)
{
	return (size_t)(f - words);
}

const struct conf_foreign *
conf_foreign_at(size_t i)
{
	return &words[i];
}

/* ---- words that both have ---- */

#define SANDBOX "it runs in the sandbox of vipd's unit: vipd(8), SANDBOX"
#define STOP "it runs before the addresses go; keepalived runs it behind"

static const struct conf_difference differences[] = {
	{ "notify_stop", false, STOP },
	{ "notify_master_rx_lower_pri", false, "at most once a second" },
	{ "script", true, SANDBOX },
	{ "notify", true, SANDBOX },
	{ "notify_master", true, SANDBOX },
	{ "notify_backup", true, SANDBOX },
	{ "notify_fault", true, SANDBOX },
	{ "notify_fifo_script", true, SANDBOX },
	{ "vrrp_notify_fifo_script", true, SANDBOX },
	{ "startup_script", true, SANDBOX },
	{ "shutdown_script", true, SANDBOX },
};

const struct conf_difference *
conf_difference_find(const char *word, const struct conf_table *table)
{
	if (table->of_items)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(differences); i++)
		if (!strcmp(differences[i].word, word))
			return &differences[i];
	return NULL;
}

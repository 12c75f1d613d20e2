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

static const struct conf_foreign words[] = {
	{ "accept", IMPLIED, I },
	{ "check_unicast_src", IMPLIED, I },
	{ "disable_local_igmp", IMPLIED, G },
	{ "dynamic_interfaces", IMPLIED, G },
	{ "global_tracking", IMPLIED, Y },
	{ "home", IMPLIED, A },
	{ "native_ipv6", IMPLIED, I },
	{ "promote_secondaries", IMPLIED, I },
	{ "reload_check_config", IMPLIED, G },
	{ "set_supplementary_groups", IMPLIED, G },
	{ "skip_check_adv_addr", IMPLIED, I },
	{ "thread_timer_expired", IMPLIED, I },
	{ "timer_expired_backup", IMPLIED, I },
	{ "unicast_fault_no_peer", IMPLIED, I },
	{ "vrrp_check_unicast_src", IMPLIED, G },
	{ "vrrp_no_swap", IMPLIED, G },
	{ "vrrp_skip_check_adv_addr", IMPLIED, G },
	{ "-nodad", SIDE_JOB, A },
	{ "bfd_cpu_affinity", SIDE_JOB, G },
	{ "bfd_no_swap", SIDE_JOB, G },
	{ "bfd_priority", SIDE_JOB, G },
	{ "bfd_process_name", SIDE_JOB, G },
	{ "bfd_rlimit_rtime", SIDE_JOB, G },
	{ "bfd_rlimit_rttime", SIDE_JOB, G },
	{ "bfd_rt_priority", SIDE_JOB, G },
	{ "checker_cpu_affinity", SIDE_JOB, G },
	{ "checker_log_all_failures", SIDE_JOB, G },
	{ "checker_log_level", SIDE_JOB, G },
	{ "checker_no_swap", SIDE_JOB, G },
	{ "checker_priority", SIDE_JOB, G },
	{ "checker_process_name", SIDE_JOB, G },
	{ "checker_rlimit_rtime", SIDE_JOB, G },
	{ "checker_rlimit_rttime", SIDE_JOB, G },
	{ "checker_rt_priority", SIDE_JOB, G },
	{ "child_wait_time", SIDE_JOB, R | G },
	{ "config_save_dir", SIDE_JOB, G },
	{ "data_use_instance", SIDE_JOB, G },
	{ "dbus_service_name", SIDE_JOB, G },
	{ "debug", SIDE_JOB, I },
	{ "default_interface", SIDE_JOB, G },
	{ "enable_dbus", SIDE_JOB, G },
	{ "enable_snmp_checker", SIDE_JOB, G },
	{ "enable_snmp_keepalived", SIDE_JOB, G },
	{ "enable_snmp_rfc", SIDE_JOB, G },
	{ "enable_snmp_rfcv2", SIDE_JOB, G },
	{ "enable_snmp_rfcv3", SIDE_JOB, G },
	{ "enable_snmp_vrrp", SIDE_JOB, G },
	{ "enable_traps", SIDE_JOB, G },
	{ "fifo_write_vrrp_states_on_reload", SIDE_JOB, G },
	{ "garp_extra_if", SIDE_JOB, I },
	{ "garp_group", SIDE_JOB, R },
	{ "include_check", SIDE_JOB, G },
	{ "instance", SIDE_JOB, R | G },
	{ "iproute_etc_dir", SIDE_JOB, G },
	{ "iproute_usr_dir", SIDE_JOB, G },
	{ "json_dump_file", SIDE_JOB, G },
	{ "json_version", SIDE_JOB, G },
	{ "kernel_rx_buf_size", SIDE_JOB, I },
	{ "linkbeat_interfaces", SIDE_JOB, R },
	{ "linkbeat_use_polling", SIDE_JOB, R | G | I },
	{ "lvs_flush", SIDE_JOB, G },
	{ "lvs_flush_on_stop", SIDE_JOB, G },
	{ "lvs_netlink_cmd_rcv_bufs", SIDE_JOB, G },
	{ "lvs_netlink_cmd_rcv_bufs_force", SIDE_JOB, G },
	{ "lvs_netlink_monitor_rcv_bufs", SIDE_JOB, G },
	{ "lvs_netlink_monitor_rcv_bufs_force", SIDE_JOB, G },
	{ "lvs_notify_fifo", SIDE_JOB, G },
	{ "lvs_notify_fifo_script", SIDE_JOB, G },
	{ "lvs_timeouts", SIDE_JOB, G },
	{ "max_auto_priority", SIDE_JOB, G },
	{ "min_auto_priority_delay", SIDE_JOB, G },
	{ "namespace_with_ipsets", SIDE_JOB, R | G },
	{ "net_namespace_ipvs", SIDE_JOB, R | G },
	{ "nftables", SIDE_JOB, G },
	{ "nftables_counters", SIDE_JOB, G },
	{ "nftables_ifindex", SIDE_JOB, G },
	{ "nftables_ipvs", SIDE_JOB, G },
	{ "nftables_ipvs_priority", SIDE_JOB, G },
	{ "nftables_ipvs_start_fwmark", SIDE_JOB, G },
	{ "nftables_priority", SIDE_JOB, G },
	{ "no_checker_emails", SIDE_JOB, G },
	{ "no_email_faults", SIDE_JOB, G },
	{ "no_track", SIDE_JOB, A },
	{ "notification_email", SIDE_JOB, G },
	{ "notification_email_from", SIDE_JOB, G },
	{ "notify_deleted", SIDE_JOB, Y },
	{ "process_monitor_rcv_bufs", SIDE_JOB, G },
	{ "process_monitor_rcv_bufs_force", SIDE_JOB, G },
	{ "process_name", SIDE_JOB, G },
	{ "process_names", SIDE_JOB, G },
	{ "random_seed", SIDE_JOB, G },
	{ "reload_file", SIDE_JOB, G },
	{ "reload_repeat", SIDE_JOB, G },
	{ "reload_time_file", SIDE_JOB, G },
	{ "rs_init_notifies", SIDE_JOB, G },
	{ "smtp_alert", SIDE_JOB, G | I | Y },
	{ "smtp_alert_checker", SIDE_JOB, G },
	{ "smtp_alert_vrrp", SIDE_JOB, G },
	{ "smtp_connect_timeout", SIDE_JOB, G },
	{ "smtp_helo_name", SIDE_JOB, G },
	{ "smtp_server", SIDE_JOB, G },
	{ "snmp_socket", SIDE_JOB, G },
	{ "state_dump_file", SIDE_JOB, G },
	{ "stats_dump_file", SIDE_JOB, G },
	{ "tmp_config_directory", SIDE_JOB, G },
	{ "umask", SIDE_JOB, G },
	{ "use_pid_dir", SIDE_JOB, R | G },
	{ "use_symlink_paths", SIDE_JOB, G },
	{ "vmac_addr_prefix", SIDE_JOB, G },
	{ "vrrp_cpu_affinity", SIDE_JOB, G },
	{ "vrrp_garp_extra_if", SIDE_JOB, G },
	{ "vrrp_ipsets", SIDE_JOB, G },
	{ "vrrp_iptables", SIDE_JOB, G },
	{ "vrrp_min_garp", SIDE_JOB, G },
	{ "vrrp_netlink_cmd_rcv_bufs", SIDE_JOB, G },
	{ "vrrp_netlink_cmd_rcv_bufs_force", SIDE_JOB, G },
	{ "vrrp_netlink_monitor_rcv_bufs", SIDE_JOB, G },
	{ "vrrp_netlink_monitor_rcv_bufs_force", SIDE_JOB, G },
	{ "vrrp_priority", SIDE_JOB, G },
	{ "vrrp_process_name", SIDE_JOB, G },
	{ "vrrp_rlimit_rtime", SIDE_JOB, G },
	{ "vrrp_rlimit_rttime", SIDE_JOB, G },
	{ "vrrp_rx_bufs_multiplier", SIDE_JOB, G },
	{ "vrrp_rx_bufs_policy", SIDE_JOB, G },
	{ "autojoin", REFUSED, A },
	{ "bfd_instance", REFUSED, R },
	{ "mcast_dst_ip", REFUSED, I },
	{ "mcast_src_ip", REFUSED, I },
	{ "mngtmpaddr", REFUSED, A },
	{ "net_namespace", REFUSED, R | G },
	{ "no_accept", REFUSED, I },
	{ "noprefixroute", REFUSED, A },
	{ "old_unicast_checksum", REFUSED, I },
	{ "peer", REFUSED, A },
	{ "preferred_lft", REFUSED, A },
	{ "static_ipaddress", REFUSED, R },
	{ "static_routes", REFUSED, R },
	{ "static_rules", REFUSED, R },
	{ "strict_mode", REFUSED, I },
	{ "track_bfd", REFUSED, I | Y },
	{ "track_group", REFUSED, R | A },
	{ "track_src_ip", REFUSED, I },
	{ "use_ipvlan", REFUSED, I },
	{ "use_vmac", REFUSED, A },
	{ "use_vmac_addr", REFUSED, I },
	{ "valid_lft", REFUSED, A },
	{ "virtual_routes", REFUSED, I },
	{ "virtual_rules", REFUSED, I },
	{ "vrf", REFUSED, I },
	{ "vrrp_mcast_group4", REFUSED, G },
	{ "vrrp_mcast_group6", REFUSED, G },
	{ "vrrp_strict", REFUSED, G },
	{ "SSL", LVS, R },
	{ "lvs_sync_daemon", LVS, G },
	{ "lvs_sync_daemon_interface", LVS, I },
	{ "real_server", LVS, R },
	{ "sorry_server", LVS, R },
	{ "virtual_server", LVS, R },
	{ "virtual_server_group", LVS, R },
};

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

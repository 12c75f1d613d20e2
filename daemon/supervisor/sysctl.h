/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What netlink cannot set: files below /proc/sys of this network namespace.
 */
#pragma once

/* /proc/sys/DIRECTORY/IFACE/KEY; interface names may have dots. 0 or -errno. */
int sysctl_write(
    const char *directory, const char *iface, const char *key, const char *value);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The service manager's notification protocol (sd_notify(3)): one datagram to
 * $NOTIFY_SOCKET. Without that variable nothing happens.
 */
#pragma once

#include <stdint.h>

/* state: "READY=1", "RELOADING=1\nMONOTONIC_USEC=...", "WATCHDOG=1", ... */
void notify_manager(const char *state);
/* The interval the manager asked for (WATCHDOG_USEC); 0: none. */
uint64_t notify_watchdog_us(void);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How vipctl writes things for people: times, durations, lists of addresses.
 * Everything vipd sends passes text_clean() once, when it is taken into the
 * model: reasons quote API objects and remote servers, and a terminal or a
 * JSON reader must not be at their mercy.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "ipaddr.h"

#define TEXT_DURATION_LEN 24
#define TEXT_TIME_LEN 48

/*
 * Makes buf (size bytes, terminated) printable UTF-8 in place: each byte of a
 * control character or of a broken sequence becomes '?'.
 */
void text_clean(char *buf, size_t size);
/* The two largest units: "0s", "59s", "2m5s", "3h12m", "4d7h". */
const char *text_duration(uint64_t us, char buf[TEXT_DURATION_LEN]);
/* RFC 3339 in UTC with milliseconds. */
const char *text_time(uint64_t wall_us, char buf[TEXT_TIME_LEN]);
/* "192.0.2.1:80", "[2001:db8::1]:80". */
#define TEXT_HOSTPORT_LEN (IPADDR_STRLEN + 8)
const char *text_hostport(
    const struct ipaddr *addr, uint16_t port, char buf[TEXT_HOSTPORT_LEN]);
/* "02:00:00:00:00:01" */
#define TEXT_MAC_LEN 18
const char *text_mac(const uint8_t mac[6], char buf[TEXT_MAC_LEN]);

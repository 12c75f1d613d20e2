/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#include "clock.h"

/* Bytes of a well-formed UTF-8 sequence (RFC 3629) that prints; 0 if none. */
static size_t
printable(const unsigned char *s, size_t left)
{
	/* The smallest value a sequence of that length may encode. */
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t value;
	size_t len;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (len > left)
		return 0;
	value = s[0] & (0x7f >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (s[i] & 0x3f);
	}
	/* C1 controls, overlong forms, surrogates, beyond Unicode. */
	if (value < 0xa0 || value < least[len] || value > 0x10ffff ||
	    (value >= 0xd800 && value < 0xe000))
		return 0;
	return len;
}

void
text_clean(char *buf, size_t size)
{
	size_t at = 0;

	while (at < size && buf[at]) {
		size_t len = printable((unsigned char *)buf + at, size - at);

		if (!len)
			buf[at] = '?';
		at += len ? len : 1;
	}
}

const char *
text_duration(uint64_t us, char buf[TEXT_DURATION_LEN])
{
	static const struct {
		uint64_t seconds;
		char unit;
	} units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	uint64_t s = us / US_PER_S;
	size_t i = 0;
	int n;

	while (s < units[i].seconds && units[i].unit != 's')
		i++;
	n = snprintf(
	    buf, TEXT_DURATION_LEN, "%" PRIu64 "%c", s / units[i].seconds, units[i].unit);
	s %= units[i].seconds;
	if (units[i].unit != 's' && s >= units[i + 1].seconds)
		snprintf(buf + n, TEXT_DURATION_LEN - (size_t)n, "%" PRIu64 "%c",
		    s / units[i + 1].seconds, units[i + 1].unit);
	return buf;
}

const char *
text_time(uint64_t wall_us, char buf[TEXT_TIME_LEN])
{
	time_t s = (time_t)(wall_us / US_PER_S);
	struct tm tm = { 0 };
	size_t n;

	gmtime_r(&s, &tm);
	n = strftime(buf, TEXT_TIME_LEN, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf + n, TEXT_TIME_LEN - n, ".%03uZ",
	    (unsigned)(wall_us % US_PER_S / US_PER_MS));
	return buf;
}

const char *
text_hostport(const struct ipaddr *addr, uint16_t port, char buf[TEXT_HOSTPORT_LEN])
{
	char host[IPADDR_STRLEN];
	bool six = addr->family == AF_INET6;

	ipaddr_format(addr, host);
	snprintf(buf, TEXT_HOSTPORT_LEN, "%s%s%s:%u", six ? "[" : "", host,
	    six ? "]" : "", port);
	return buf;
}

const char *
text_mac(const uint8_t mac[6], char buf[TEXT_MAC_LEN])
{
	snprintf(buf, TEXT_MAC_LEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
	    mac[2], mac[3], mac[4], mac[5]);
	return buf;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "reserved.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "instance.h"
#include "mem.h"

/* Of each file; a table of routes may be as long as it likes. */
#define FILE_MAX (1 << 20)
#define RTF_UP 1
#define RTF_GATEWAY 2
#define LINE_MAX_LEN 255

struct reserved_entry {
	struct ipaddr addr;
	const char *what;
};

static const char gateway[] = "a default gateway of this host";
static const char resolver[] = "a name server of this host";
static const char lasting[] = "a static_ipaddress";
static const char peer[] = "a unicast_peer";
static const char router[] = "another router's: adverts come from it";

void
reserved_clear(struct reserved *r)
{
	free(r->items);
	*r = (struct reserved){ 0 };
}

const char *
reserved_find(const struct reserved *r, const struct ipaddr *addr)
{
	for (size_t i = 0; i < r->count; i++)
		if (ipaddr_eq(&r->items[i].addr, addr))
			return r->items[i].what;
	return NULL;
}

void
reserved_each(const struct reserved *r,
    void (*fn)(void *arg, const struct ipaddr *addr, const char *what), void *arg)
{
	for (size_t i = 0; i < r->count; i++)
		fn(arg, &r->items[i].addr, r->items[i].what);
}

/* what: a constant. The first word counts. */
static void
add(struct reserved *r, const struct ipaddr *addr, const char *what)
{
	if (!addr->family || reserved_find(r, addr))
		return;
	r->items = array_grow(r->items, r->count, &r->cap, sizeof(*r->items));
	r->items[r->count++] = (struct reserved_entry){ *addr, what };
}

/* ---- texts ---- */

/* The next line without its end; NULL: there is none. Overlong ones are cut. */
static const char *
next_line(const char *text, char line[LINE_MAX_LEN + 1])
{
	size_t len = strcspn(text, "\n");
	size_t kept = len < LINE_MAX_LEN ? len : LINE_MAX_LEN;

	if (!*text)
		return NULL;
	memcpy(line, text, kept);
	line[kept] = '\0';
	return text + len + (text[len] == '\n');
}

/* proc(5): interface, destination, gateway, flags, ..., mask; numbers are as
 * they lie in memory. */
void
reserved_read_routes4(struct reserved *r, const char *text)
{
	char line[LINE_MAX_LEN + 1];
	unsigned to, via, flags, mask;
	struct ipaddr addr;
	uint32_t bytes;

	while ((text = next_line(text, line))) {
		if (sscanf(line, "%*s %x %x %x %*s %*s %*s %x", &to, &via, &flags,
			&mask) != 4 ||
		    to || mask || !(flags & RTF_UP) || !(flags & RTF_GATEWAY))
			continue;
		bytes = via;
		addr = ipaddr_from4(&bytes);
		add(r, &addr, gateway);
	}
}

static bool
read_hex16(const char *text, uint8_t bytes[16])
{
	unsigned value;

	for (size_t i = 0; i < 16; i++) {
		if (sscanf(text + 2 * i, "%2x", &value) != 1)
			return false;
		bytes[i] = (uint8_t)value;
	}
	return true;
}

/* Destination, its length, source, its length, next hop. */
void
reserved_read_routes6(struct reserved *r, const char *text)
{
	static const char zero[] = "00000000000000000000000000000000";
	char line[LINE_MAX_LEN + 1], to[33], len[3], via[33];
	struct ipaddr addr;
	uint8_t bytes[16];

	while ((text = next_line(text, line))) {
		if (sscanf(line, "%32s %2s %*s %*s %32s", to, len, via) != 3 ||
		    strcmp(to, zero) != 0 || strcmp(len, "00") != 0 ||
		    strlen(via) != 32 || !strcmp(via, zero) || !read_hex16(via, bytes))
			continue;
		addr = ipaddr_from6(bytes);
		add(r, &addr, gateway);
	}
}

void
reserved_read_resolvers(struct reserved *r, const char *text)
{
	char line[LINE_MAX_LEN + 1], word[IPADDR_STRLEN];
	struct ipaddr addr;

	while ((text = next_line(text, line)))
		if (sscanf(line, " nameserver %45s", word) == 1 &&
		    ipaddr_parse(word, &addr))
			add(r, &addr, resolver);
}

/* ---- the node ---- */

static void
read_file(struct reserved *r, const char *path,
    void (*take)(struct reserved *r, const char *text))
{
	_free_ char *text = xcalloc(1, FILE_MAX);
	size_t len = 0;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return;
	while (len < FILE_MAX - 1 && (n = read(fd, text + len, FILE_MAX - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	take(r, text);
}

void
reserved_survey(struct reserved *r, const struct conf *conf, const struct instances *is)
{
	reserved_clear(r);
	for (size_t i = 0; i < conf->n_instances; i++)
		for (size_t k = 0; k < conf->instances[i].n_peers; k++)
			add(r, &conf->instances[i].peers[k].addr, peer);
	for (size_t i = 0; i < conf->lasting.n_addresses; i++)
		add(r, &conf->lasting.addresses[i].addr, lasting);
	for (const struct instance *in = is->first; in; in = in->next)
		if (in->state.state == VRRP_BACKUP)
			add(r, &in->state.master, router);
	read_file(r, "/proc/net/route", reserved_read_routes4);
	read_file(r, "/proc/net/ipv6_route", reserved_read_routes6);
	read_file(r, "/etc/resolv.conf", reserved_read_resolvers);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "here.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "chan.h"
#include "conf.h"
#include "hash.h"
#include "instance.h"
#include "log.h"
#include "mem.h"

static bool
is_told(const struct instance *in)
{
	return in->conf && in->conf->wants_services;
}

static struct ipaddr
source_of(const struct instances *is, const struct instance *in)
{
	const struct link *link = links_find_by_name(is->links, in->conf->interface);
	struct msg_interface iface = { 0 };

	if (conf_instance_source(in->conf)->family)
		return *conf_instance_source(in->conf);
	if (link)
		link_fill(link, &iface);
	return in->conf->family == AF_INET6 ? iface.linklocal6 : iface.primary4;
}

static void
tell(const struct instances *is, struct chan *watcher, const struct instance *in)
{
	struct msg_here m = {
		.source = source_of(is, in),
		.master = in->state.master,
		.since_us = in->state.since_us,
		.state = in->state.state,
		.priority = in->state.priority,
	};

	str_copy(m.instance, sizeof(m.instance), in->name);
	chan_send(watcher, MSG_HERE, &m, NULL, 0);
}

static void
send_held(struct chan *watcher, const struct instance *in, bool held,
    const struct ipaddr *list, size_t n)
{
	size_t max = msg_records_max(MSG_HELD_HERE);
	struct msg_held_here m = { .held = held };

	str_copy(m.instance, sizeof(m.instance), in->name);
	for (size_t i = 0; i < n; i += max)
		chan_send(
		    watcher, MSG_HELD_HERE, &m, list + i, n - i < max ? n - i : max);
}

static const struct instance *
find(const struct instances *is, uint32_t id)
{
	for (const struct instance *in = is->first; in; in = in->next)
		if (in->id == id)
			return in;
	return NULL;
}

void
here_tell_state(
    const struct instances *is, struct chan *watcher, const struct msg_state *m)
{
	const struct instance *in = find(is, m->id);

	if (in && is_told(in))
		tell(is, watcher, in);
}

void
here_tell_held(const struct instances *is, struct chan *watcher, uint32_t id, bool held,
    const struct msg_installed_record *list, size_t n)
{
	const struct instance *in = find(is, id);
	struct ipaddr *addresses;

	if (!in || !n)
		return;
	addresses = xcalloc(n, sizeof(*addresses));
	for (size_t i = 0; i < n; i++)
		addresses[i] = list[i].addr;
	send_held(watcher, in, held, addresses, n);
	free(addresses);
}

void
here_tell_all(const struct instances *is, struct chan *watcher)
{
	for (const struct instance *in = is->first; in; in = in->next) {
		struct ipaddr *held = xcalloc(in->n_addresses, sizeof(*held));
		size_t n = 0;

		for (size_t i = 0; i < in->n_addresses; i++)
			if (in->addresses[i].installed)
				held[n++] = in->addresses[i].addr;
		if (is_told(in))
			tell(is, watcher, in);
		send_held(watcher, in, true, held, n);
		free(held);
	}
}

void
here_eligible(struct instances *is, const struct msg_eligible *m)
{
	if (m->excluded != ((is->soft & SOFT_EXCLUDED) != 0))
		log_info("%s", m->reason);
	instances_set_soft(is, SOFT_EXCLUDED, m->excluded);
}

/* Words that say who a node is, not what all of them do. */
static bool
is_of_one_node(const char *line)
{
	static const char *const words[] = { "priority", "router_id", "node_name",
		"interface", "unicast_src_ip", "state", "kubeconfig" };

	line += strspn(line, " ");
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t len = strlen(words[i]);

		if (strncmp(line, words[i], len) == 0 &&
		    (line[len] == ' ' || line[len] == '\0'))
			return true;
	}
	return false;
}

void
here_config_hash(const struct conf *conf, char *text, size_t size)
{
	_free_ char *printed = NULL;
	uint64_t h = HASH_INIT;
	bool in_peers = false;
	size_t len;
	char *save = NULL;
	FILE *out = xmemstream(&printed, &len);

	conf_print(conf, out);
	xmemstream_close(out);
	for (char *line = strtok_r(printed, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		in_peers |= strstr(line, "unicast_peer {") || strstr(line, "static_");
		if (!in_peers && !is_of_one_node(line))
			h = hash_add(h, line, strlen(line));
		in_peers &= strchr(line, '}') == NULL;
	}
	snprintf(text, size, "%016" PRIx64, hash_end(h));
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tally.h"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "elements.h"
#include "log.h"
#include "mem.h"
#include "reader.h"

#define STEPS (FAMILIES * 2)

struct port_count {
	struct target_key key;
	struct count count;
	UT_hash_handle hh;
};

static void
forget(struct tally *t)
{
	struct port_count *p, *next;

	HASH_ITER(hh, t->ports, p, next)
	{
		HASH_DEL(t->ports, p);
		free(p);
	}
}

static uint8_t
family_of(const struct tally *t)
{
	return reader_family(t->step / 2);
}

static enum set_id
set_of(const struct tally *t)
{
	return t->step % 2 ? SET_TRAFFIC : SET_SERVED;
}

/* A dump may show an element twice: the newer value counts. */
static void
on_element(void *arg, const struct element *e)
{
	struct tally *t = arg;
	struct port_count *p;

	HASH_FIND(hh, t->ports, &e->key, sizeof(e->key), p);
	if (!p) {
		p = xcalloc(1, sizeof(*p));
		p->key = e->key;
		HASH_ADD(hh, t->ports, key, sizeof(p->key), p);
	}
	if (e->set == SET_SERVED) {
		p->count.connections = e->packets;
	} else {
		p->count.packets = e->packets;
		p->count.bytes = e->bytes;
	}
}

static void
on_message(struct kernel *k, const struct nlmsghdr *nlh)
{
	struct tally *t = container_of(k, struct tally, kernel);
	uint32_t odd = 0;

	if ((nlh->nlmsg_type & 0xff) == NFT_MSG_NEWSETELEM)
		elements_parse(nlh, family_of(t), set_of(t), on_element, t, &odd);
}

static void
ask(struct tally *t)
{
	_Alignas(struct nlmsghdr) uint8_t buf[8192];

	kernel_ask(&t->kernel,
	    elements_request(buf, family_of(t), set_of(t), kernel_next_seq(&t->kernel)));
}

/* What cannot be read (no table yet) has counted nothing. */
static void
on_done(struct kernel *k, int error)
{
	struct tally *t = container_of(k, struct tally, kernel);

	(void)error;
	if (++t->step < STEPS) {
		ask(t);
		return;
	}
	t->reading = false;
	t->on_ready(t);
}

static const struct kernel_ops kernel_ops = {
	.on_message = on_message,
	.on_done = on_done,
};

int
tally_open(struct tally *t, struct ev_loop *loop, void (*on_ready)(struct tally *t))
{
	*t = (struct tally){ .on_ready = on_ready };
	return kernel_open(&t->kernel, loop, &kernel_ops);
}

void
tally_close(struct tally *t)
{
	kernel_close(&t->kernel);
	forget(t);
}

void
tally_read(struct tally *t)
{
	if (t->reading)
		return;
	forget(t);
	t->reading = true;
	t->step = 0;
	ask(t);
}

void
tally_add(const struct tally *t, const struct target_key *key, struct count *sum)
{
	const struct port_count *p;

	HASH_FIND(hh, t->ports, key, sizeof(*key), p);
	if (!p)
		return;
	sum->connections += p->count.connections;
	sum->packets += p->count.packets;
	sum->bytes += p->count.bytes;
}

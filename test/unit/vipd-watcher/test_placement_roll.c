/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * I12 over a rolling change of configuration: five nodes are moved one by one
 * from four instances to five, or back, while the allocator's role wanders,
 * Services come and go, and every node lags behind the API by its own amount.
 * No address may ever be on two nodes, and none may move without need.
 *
 * A node serves an address where it is master of the instance that it obeys.
 * Masters differ by instance, so two opinions are two nodes.
 */
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "unit.h"
#include "watcher/placement.h"

#define NODES 5
#define ADDRESSES 40
#define INSTANCES 5

static struct iprange lan;
static unsigned seed;

struct address {
	struct ipaddr addr;
	bool exists;
	uint8_t record;      /* in the API; 0: none yet */
	uint8_t seen[NODES]; /* as each node has it */
};

struct world {
	struct address addresses[ADDRESSES];
	size_t n_instances[NODES]; /* of each node's configuration */
	size_t leader;
};

static unsigned
draw(unsigned n)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

/* Instances 87 to 86 + n, all for the whole network. */
static const struct placement_instance *
instances(void)
{
	static struct placement_instance list[INSTANCES];

	for (size_t i = 0; i < INSTANCES; i++) {
		list[i] = (struct placement_instance){
			.vrid = (uint8_t)(87 + i),
			.ranges = &lan,
			.n_ranges = 1,
		};
		snprintf(list[i].name, sizeof(list[i].name), "edge-%zu", 87 + i);
	}
	return list;
}

/* The virtual_router_id that the node obeys; 0: none that it has. */
static uint8_t
obeyed(const struct world *w, const struct address *a, size_t node)
{
	const struct placement_instance *in;
	size_t n_fit;

	in = placement_obey(
	    &a->addr, instances(), w->n_instances[node], a->seen[node], &n_fit);
	return in ? in->vrid : 0;
}

/*
 * Of nodes that have seen the same record no two have two opinions. One that
 * lags has the record of before, which is what a change of the record costs
 * until it arrives; so such nodes are only held against their like.
 */
static void
check(const struct world *w)
{
	for (size_t i = 0; i < ADDRESSES; i++) {
		const struct address *a = &w->addresses[i];

		for (size_t n = 0; a->exists && n < NODES; n++)
			for (size_t k = 0; k < n; k++) {
				uint8_t x = obeyed(w, a, n), y = obeyed(w, a, k);

				ck_assert_msg(
				    a->seen[n] != a->seen[k] || !x || !y || x == y,
				    "address %zu: node %zu at %u, node %zu at %u", i, n,
				    x, k, y);
			}
	}
}

/* What the leader does about one address. */
static void
decide(struct world *w, struct address *a)
{
	struct placement_wish wish = { .vrid = a->record };
	const struct placement_instance *in;
	bool fits = a->record && a->record < 87 + w->n_instances[w->leader];

	in = placement_choose(&a->addr, instances(), w->n_instances[w->leader], &wish);
	/* It moves only where its instance is gone. */
	ck_assert(!fits || in->vrid == a->record);
	a->record = in->vrid;
}

static void
step(struct world *w, size_t to)
{
	struct address *a = &w->addresses[draw(ADDRESSES)];

	switch (draw(8)) {
	case 0: /* the next node is rolled */
		for (size_t n = 0; n < NODES; n++)
			if (w->n_instances[n] != to) {
				w->n_instances[n] = to;
				break;
			}
		break;
	case 1:
		w->leader = draw(NODES);
		break;
	case 2:
		a->exists = !a->exists;
		a->record = 0;
		memset(a->seen, 0, sizeof(a->seen));
		break;
	default:
		if (a->exists)
			decide(w, a);
		for (size_t n = 0; n < NODES; n++)
			if (draw(3))
				a->seen[n] = a->record;
	}
	check(w);
}

static void
roll(size_t from, size_t to)
{
	struct world w = { 0 };

	for (size_t n = 0; n < NODES; n++)
		w.n_instances[n] = from;
	for (size_t i = 0; i < ADDRESSES; i++)
		w.addresses[i].addr =
		    (struct ipaddr){ 2, { 0 }, { 192, 0, 2, (uint8_t)(i + 1) } };
	for (int i = 0; i < 3000; i++)
		step(&w, from);
	for (int i = 0; i < 3000; i++)
		step(&w, to);
	for (size_t n = 0; n < NODES; n++)
		ck_assert_uint_eq(w.n_instances[n], to);
}

START_TEST(no_address_is_on_two_nodes_while_they_are_rolled)
{
	ck_assert(iprange_parse("192.0.2.0/24", &lan));
	for (seed = 1; seed < 20; seed++) {
		roll(4, 5);
		roll(5, 4);
		roll(2, 5);
	}
}
END_TEST

/* From one instance, which needs no record, the record is there all the same. */
START_TEST(a_second_instance_takes_nothing_away_from_the_first)
{
	struct placement_wish wish = { .vrid = 87 };

	ck_assert(iprange_parse("192.0.2.0/24", &lan));
	for (unsigned i = 1; i < 255; i++) {
		struct ipaddr a = { 2, { 0 }, { 192, 0, 2, (uint8_t)i } };

		ck_assert_uint_eq(placement_choose(&a, instances(), 2, &wish)->vrid, 87);
	}
}
END_TEST

UNIT_MAIN("placement_roll", no_address_is_on_two_nodes_while_they_are_rolled,
    a_second_instance_takes_nothing_away_from_the_first)

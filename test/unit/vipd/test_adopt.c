/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "supervisor/adopt.h"

#include <string.h>
#include <sys/socket.h>

#include "conf.h"
#include "mem.h"
#include "unit.h"

#define INSTANCES_MAX 3

/* An instance in a few words; peer 0: multicast. */
struct word {
	const char *name, *interface;
	uint8_t family, vrid, peer;
};

struct file {
	struct conf conf;
	struct conf_instance instances[INSTANCES_MAX];
	struct conf_peer peers[INSTANCES_MAX];
};

static void
write_file(struct file *f, const struct word *words)
{
	*f = (struct file){ .conf.instances = f->instances };
	for (size_t i = 0; i < INSTANCES_MAX && words[i].name; i++) {
		struct conf_instance *in = &f->instances[i];

		str_copy(in->name, sizeof(in->name), words[i].name);
		str_copy(in->interface, sizeof(in->interface), words[i].interface);
		in->family = words[i].family;
		in->vrid = words[i].vrid;
		in->peers = &f->peers[i];
		in->n_peers = words[i].peer != 0;
		f->peers[i].addr = (struct ipaddr){
			.family = in->family,
			.bytes = { 192, 0, 2, words[i].peer },
		};
		f->conf.n_instances++;
	}
}

/* clang-format off */
static const struct {
	struct word before[INSTANCES_MAX], now[INSTANCES_MAX];
	const char *goes_on; /* of the first of before */
} cases[] = {
{ { { "a", "eth0", AF_INET, 5, 0 } }, { { "a", "eth0", AF_INET, 5, 0 } }, "a" },
/* The name decides, whatever else is new. */
{ { { "a", "eth0", AF_INET, 5, 0 } },
  { { "b", "eth0", AF_INET, 5, 0 }, { "a", "eth1", AF_INET6, 6, 0 } }, "a" },
{ { { "a", "eth0", AF_INET, 5, 0 } }, { { "b", "eth0", AF_INET, 5, 0 } }, "b" },
{ { { "a", "eth0", AF_INET, 5, 0 } },
  { { "b", "eth0", AF_INET, 6, 0 }, { "c", "eth0", AF_INET, 5, 0 } }, "c" },
/* Another router. */
{ { { "a", "eth0", AF_INET, 5, 0 } }, { { "b", "eth0", AF_INET, 6, 0 } }, NULL },
{ { { "a", "eth0", AF_INET, 5, 0 } }, { { "b", "eth1", AF_INET, 5, 0 } }, NULL },
{ { { "a", "eth0", AF_INET, 5, 0 } }, { { "b", "eth0", AF_INET6, 5, 0 } }, NULL },
{ { { "a", "eth0", AF_INET, 5, 0 } }, { { "b", "eth0", AF_INET, 5, 7 } }, NULL },
{ { { "a", "eth0", AF_INET, 5, 7 } }, { { "b", "eth0", AF_INET, 5, 8 } }, NULL },
{ { { "a", "eth0", AF_INET, 5, 7 } },
  { { "b", "eth0", AF_INET, 5, 8 }, { "c", "eth0", AF_INET, 5, 7 } }, "c" },
/* A name that is not new is that of another one. */
{ { { "a", "eth0", AF_INET, 5, 0 }, { "b", "eth0", AF_INET, 6, 0 } },
  { { "b", "eth0", AF_INET, 5, 0 } }, NULL },
{ { { "a", "eth0", AF_INET, 5, 0 } }, { { NULL, NULL, 0, 0, 0 } }, NULL },
};
/* clang-format on */

START_TEST(a_name_may_change_and_the_router_goes_on)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct file before, now;
		struct conf_instance *found;

		write_file(&before, cases[i].before);
		write_file(&now, cases[i].now);
		found = adopt_find(&before.conf, &now.conf, &before.instances[0]);
		ck_assert_msg(!found == !cases[i].goes_on &&
			(!found || !strcmp(found->name, cases[i].goes_on)),
		    "case %zu: %s", i, found ? found->name : "none");
	}
}
END_TEST

UNIT_MAIN("adopt", a_name_may_change_and_the_router_goes_on)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "forward/model.h"

#include <errno.h>

#include "told.h"
#include "unit.h"

static const struct ruleset_conf node = { .mode = FORWARD_NFTABLES,
	.source_nat = SOURCE_NAT_NODE };
static const struct ruleset_conf vip = { .mode = FORWARD_NFTABLES,
	.source_nat = SOURCE_NAT_VIP };
static const struct ruleset_conf unchanged = { .mode = FORWARD_NFTABLES,
	.source_nat = SOURCE_NAT_NONE };
static const struct ruleset_conf none = { .mode = FORWARD_NONE,
	.source_nat = SOURCE_NAT_NODE };
static const struct ruleset_conf *const confs[] = { &node, &none, &unchanged };

static struct model model;
static uint32_t seq;

/* The newest report of health. */
static struct {
	char name[NAME_LEN];
	int error;
	char text[REASON_LEN];
	unsigned count;
} reported;

/* The kernel's elements, as a set of them. */
static struct element kernel[20000];
static size_t n_kernel;

static void
on_report(void *arg, const struct msg_service_key *key, int error, const char *text)
{
	(void)arg;
	snprintf(reported.name, sizeof(reported.name), "%s", key->name);
	snprintf(reported.text, sizeof(reported.text), "%s", text);
	reported.error = error;
	reported.count++;
}

static void
start(void)
{
	model_init(&model, on_report, NULL);
	model_configure(&model, &node);
	memset(&reported, 0, sizeof(reported));
	model_load_begin(&model);
	for (size_t i = 0; i < n_kernel; i++)
		model_load(&model, &kernel[i]);
	model_load_end(&model);
}

static void
setup(void)
{
	n_kernel = 0;
	seq = 0;
	start();
	model_sync_begin(&model);
	model_sync_end(&model, true, ++seq);
}

static size_t
find(const struct element *e)
{
	uint8_t want[ELEMENT_KEY_MAX], have[ELEMENT_KEY_MAX];
	size_t i;

	element_key(e, want);
	for (i = 0; i < n_kernel; i++) {
		element_key(&kernel[i], have);
		if (kernel[i].set == e->set &&
		    kernel[i].key.addr.family == e->key.addr.family &&
		    memcmp(want, have, sizeof(want)) == 0)
			break;
	}
	return i;
}

/* As nf_tables does: what is not there cannot be deleted, what is there cannot
 * be added with another value. */
static void
carry_out(const struct changes *changes)
{
	for (size_t i = 0; i < changes->n; i++) {
		const struct element *e = &changes->at[i].element;
		size_t at = find(e);

		if (changes->at[i].add) {
			ck_assert_uint_eq(at, n_kernel);
			kernel[n_kernel++] = *e;
		} else {
			ck_assert_uint_lt(at, n_kernel);
			kernel[at] = kernel[--n_kernel];
		}
	}
}

/* Writes all that is queued; returns the number of changes. */
static size_t
write_all(void)
{
	struct changes changes = { 0 };
	struct target *t;

	while ((t = model.queue)) {
		size_t before = changes.n;

		model_diff(t, &changes);
		ck_assert_uint_gt(changes.n, before);
		model_sent(&model, t);
		model_settled(&model, t);
	}
	carry_out(&changes);
	free(changes.at);
	return changes.n;
}

static void
tell(struct told_service *s)
{
	model_told(&model, &s->told, ++seq);
}

static struct told_service
web(const char *name, const char *addr, uint16_t port, size_t endpoints)
{
	static const char *const addrs[] = { "10.0.0.1", "10.0.0.2", "10.0.0.3",
		"10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7" };
	struct told_service s;

	told_begin(&s, name);
	told_address(&s, addr);
	told_port(&s, port);
	for (size_t i = 0; i < endpoints; i++)
		told_endpoint(&s, 0, addrs[i], 0);
	return s;
}

/* A copy has its arrays elsewhere. */
static void
tell_copy(struct told_service s)
{
	s.told.addresses = s.addresses;
	s.told.ports = s.ports;
	s.told.endpoints = s.endpoints;
	tell(&s);
}

static bool
have(enum set_id set, const char *addr, uint16_t port)
{
	struct element e = { .set = set, .key = { .addr = told_addr(addr) } };

	if (port) {
		e.key.port = port;
		e.key.proto = IPPROTO_TCP;
	}
	return find(&e) < n_kernel;
}

START_TEST(a_service_told_twice_changes_nothing_the_second_time)
{
	setup();
	tell_copy(web("a", "192.0.2.1", 80, 5));
	ck_assert_uint_eq(write_all(), 4 + 32);
	tell_copy(web("a", "192.0.2.1", 80, 5));
	ck_assert_ptr_null(model.queue);
	ck_assert_uint_eq(model_in_place(&model), seq);
	model_fini(&model);
}
END_TEST

START_TEST(changing_there_and_back_before_it_is_written_costs_nothing)
{
	setup();
	tell_copy(web("a", "192.0.2.1", 80, 5));
	write_all();
	tell_copy(web("a", "192.0.2.1", 80, 2));
	ck_assert_ptr_nonnull(model.queue);
	tell_copy(web("a", "192.0.2.1", 80, 5));
	ck_assert_ptr_null(model.queue);
	model_fini(&model);
}
END_TEST

START_TEST(in_place_is_what_comes_before_the_oldest_change_to_be_written)
{
	setup();
	tell_copy(web("a", "192.0.2.1", 80, 5));
	tell_copy(web("b", "192.0.2.2", 80, 5));
	ck_assert_uint_eq(model_in_place(&model), 1);
	/* a's newest state comes behind b's. */
	tell_copy(web("a", "192.0.2.1", 80, 2));
	ck_assert_uint_le(model_in_place(&model), 2);
	write_all();
	ck_assert_uint_eq(model_in_place(&model), seq);
	tell_copy(web("b", "192.0.2.2", 80, 2));
	ck_assert_uint_eq(model_in_place(&model), seq - 1);
	model_fini(&model);
}
END_TEST

START_TEST(a_service_that_goes_leaves_nothing)
{
	struct told_service a = web("a", "192.0.2.1", 80, 5);

	setup();
	tell_copy(a);
	write_all();
	model_gone(&model, &a.told.head.key, ++seq);
	write_all();
	ck_assert_uint_eq(n_kernel, 0);
	ck_assert_ptr_null(model.targets);
	ck_assert_ptr_null(model.services);
	model_gone(&model, &a.told.head.key, ++seq);
	ck_assert_uint_eq(model_in_place(&model), seq);
	model_fini(&model);
}
END_TEST

START_TEST(an_address_is_guarded_while_anybody_has_it_and_nobody_as_static)
{
	struct told_service a = web("a", "192.0.2.1", 80, 1);
	struct told_service b = web("b", "192.0.2.1", 81, 1);
	struct told_service c = web("c", "192.0.2.1", 82, 1);

	setup();
	c.addresses[0].origin = ORIGIN_STATIC;
	tell_copy(a);
	tell_copy(b);
	write_all();
	ck_assert(have(SET_GUARDED, "192.0.2.1", 0));
	tell_copy(c);
	write_all();
	ck_assert(!have(SET_GUARDED, "192.0.2.1", 0));
	tell_copy(b);
	write_all();
	ck_assert(!have(SET_GUARDED, "192.0.2.1", 0));
	model_gone(&model, &a.told.head.key, ++seq);
	model_gone(&model, &c.told.head.key, ++seq);
	write_all();
	ck_assert(have(SET_GUARDED, "192.0.2.1", 0));
	model_gone(&model, &b.told.head.key, ++seq);
	write_all();
	ck_assert_uint_eq(n_kernel, 0);
	model_fini(&model);
}
END_TEST

START_TEST(an_endpoint_is_a_backend_while_anybody_has_it)
{
	struct told_service a = web("a", "192.0.2.1", 80, 1);
	struct told_service b = web("b", "192.0.2.1", 81, 2);

	setup();
	tell_copy(a);
	tell_copy(b);
	write_all();
	ck_assert(!have(SET_BACKENDS, "10.0.0.1", 8080));
	model_configure(&model, &unchanged);
	write_all();
	ck_assert(have(SET_BACKENDS, "10.0.0.1", 8080));
	model_gone(&model, &a.told.head.key, ++seq);
	write_all();
	ck_assert(have(SET_BACKENDS, "10.0.0.1", 8080));
	ck_assert(have(SET_BACKENDS, "10.0.0.2", 8080));
	tell_copy(web("b", "192.0.2.1", 81, 1));
	write_all();
	ck_assert(!have(SET_BACKENDS, "10.0.0.2", 8080));
	ck_assert_uint_eq(reported.count, 0); /* nobody is in the way */
	model_gone(&model, &b.told.head.key, ++seq);
	write_all();
	ck_assert_uint_eq(n_kernel, 0);
	model_fini(&model);
}
END_TEST

START_TEST(a_second_claim_to_a_port_waits_and_is_named)
{
	struct told_service a = web("a", "192.0.2.1", 80, 5);

	setup();
	tell_copy(a);
	tell_copy(web("b", "192.0.2.1", 80, 1));
	write_all();
	ck_assert_str_eq(reported.name, "b");
	ck_assert_int_eq(reported.error, EADDRINUSE);
	ck_assert_str_eq(reported.text, "192.0.2.1 port 80/TCP is served for default/a");
	ck_assert_uint_eq(n_kernel, 4 + 32);
	/* It keeps waiting, and a keeps its place, whatever they say. */
	tell_copy(web("b", "192.0.2.1", 80, 2));
	tell_copy(web("a", "192.0.2.1", 80, 6));
	write_all();
	ck_assert_uint_eq(reported.count, 1);
	ck_assert_uint_eq(n_kernel, 4 + 32);
	model_gone(&model, &a.told.head.key, ++seq);
	write_all();
	ck_assert_int_eq(reported.error, 0);
	ck_assert_uint_eq(n_kernel, 4 + 8);
	model_fini(&model);
}
END_TEST

START_TEST(nothing_is_removed_before_a_complete_sync_has_ended)
{
	setup();
	tell_copy(web("a", "192.0.2.1", 80, 5));
	tell_copy(web("b", "192.0.2.2", 80, 5));
	write_all();
	model_fini(&model);

	start(); /* another process, with what the kernel has */
	model_sync_begin(&model);
	tell_copy(web("a", "192.0.2.1", 80, 5));
	model_sync_end(&model, false, ++seq);
	ck_assert_ptr_null(model.queue);
	ck_assert(have(SET_SERVED, "192.0.2.2", 80));
	model_sync_begin(&model);
	tell_copy(web("a", "192.0.2.1", 80, 5));
	model_sync_end(&model, true, ++seq);
	write_all();
	ck_assert(have(SET_SERVED, "192.0.2.1", 80));
	ck_assert(!have(SET_SERVED, "192.0.2.2", 80));
	model_fini(&model);
}
END_TEST

START_TEST(a_sync_without_a_service_removes_it)
{
	setup();
	tell_copy(web("a", "192.0.2.1", 80, 5));
	tell_copy(web("b", "192.0.2.2", 80, 5));
	write_all();
	model_sync_begin(&model);
	tell_copy(web("b", "192.0.2.2", 80, 5));
	model_sync_end(&model, true, ++seq);
	write_all();
	ck_assert(!have(SET_SERVED, "192.0.2.1", 80));
	ck_assert(have(SET_SERVED, "192.0.2.2", 80));
	model_fini(&model);
}
END_TEST

START_TEST(what_the_kernel_has_lost_or_gained_is_put_right)
{
	struct element e = { .set = SET_SERVED,
		.key = { .addr = told_addr("10.9.9.9") } };
	size_t n;

	setup();
	tell_copy(web("a", "192.0.2.1", 80, 5));
	write_all();
	n = n_kernel;
	kernel[0] = kernel[--n_kernel];
	kernel[n_kernel++] = e;
	model_load_begin(&model);
	for (size_t i = 0; i < n_kernel; i++)
		model_load(&model, &kernel[i]);
	model_load_end(&model);
	ck_assert_uint_eq(write_all(), 2);
	ck_assert_uint_eq(n_kernel, n);
	ck_assert(have(SET_SERVED, "192.0.2.1", 80));
	model_fini(&model);
}
END_TEST

/* Whichever of them is read first, and whether the strays or the right ones are. */
START_TEST(of_two_slot_tables_the_wanted_one_stays)
{
	for (int order = 0; order < 4; order++) {
		bool first = order & 1, told_later = order & 2;
		struct element e = {
			.set = SET_ENDPOINTS,
			.key = { .addr = told_addr("192.0.2.1"),
			    .port = 80,
			    .proto = IPPROTO_TCP },
			.slot = 200,
		};
		size_t n;

		setup();
		tell_copy(web("a", "192.0.2.1", 80, 5));
		write_all();
		n = n_kernel;
		kernel[n_kernel++] = e;
		if (first) {
			kernel[n] = kernel[0];
			kernel[0] = e;
		}
		if (told_later) {
			model_fini(&model);
			start();
			model_sync_begin(&model);
			tell_copy(web("a", "192.0.2.1", 80, 5));
			write_all();
			model_sync_end(&model, true, ++seq);
		} else {
			model_load_begin(&model);
			for (size_t i = 0; i < n_kernel; i++)
				model_load(&model, &kernel[i]);
			model_load_end(&model);
		}
		write_all();
		ck_assert_uint_eq(n_kernel, n);
		ck_assert_uint_eq(find(&e), n_kernel);
		model_fini(&model);
	}
}
END_TEST

START_TEST(a_refusal_is_reported_once_until_it_is_overcome)
{
	struct changes changes = { 0 };
	struct target *t;

	setup();
	tell_copy(web("a", "192.0.2.1", 80, 5));
	for (int i = 0; i < 3; i++) {
		while ((t = model.queue)) {
			model_sent(&model, t);
			model_refused(&model, t, ENOMEM);
		}
		/* Named, so it keeps nobody else waiting. */
		ck_assert_uint_eq(model_in_place(&model), seq);
		model_retry(&model);
	}
	ck_assert_uint_eq(reported.count, 1);
	ck_assert_int_eq(reported.error, ENOMEM);
	tell_copy(web("a", "192.0.2.1", 80, 4));
	ck_assert_uint_eq(reported.count, 1);
	t = model.queue;
	model_diff(t, &changes);
	model_sent(&model, t);
	model_unsent(&model, t);
	ck_assert_ptr_eq(model.queue, t);
	write_all();
	ck_assert_uint_eq(reported.count, 2);
	ck_assert_int_eq(reported.error, 0);
	free(changes.at);
	model_fini(&model);
}
END_TEST

START_TEST(a_new_configuration_changes_what_depends_on_it)
{
	struct told_service local = web("b", "192.0.2.2", 80, 3);

	setup();
	local.told.head.flags = SERVICE_LOCAL;
	for (int i = 0; i < 3; i++)
		local.endpoints[i].flags = ENDPOINT_LOCAL;
	tell_copy(web("a", "192.0.2.1", 80, 5));
	tell_copy(local);
	write_all();
	model_configure(&model, &vip); /* the same elements, another rule */
	ck_assert_ptr_null(model.queue);
	model_configure(&model, &none);
	write_all();
	ck_assert_uint_eq(n_kernel, 2 + 2);
	model_configure(&model, &node);
	write_all();
	ck_assert_uint_eq(n_kernel, 4 + 32 + 4 + 3 + 32 + 32);
	model_fini(&model);
}
END_TEST

static struct told_service
random_service(int number)
{
	static const char *const vips[] = { "192.0.2.1", "192.0.2.2", "2001:db8::1" };
	static const char *const ends[] = { "10.0.0.1", "10.0.0.2", "10.0.0.3",
		"10.0.0.4", "10.0.0.5", "fd00::1", "fd00::2" };
	struct told_service s;
	char name[8];

	snprintf(name, sizeof(name), "s%d", number);
	told_begin(&s, name);
	s.told.head.flags = (uint32_t)rand() % 4;
	for (int i = rand() % 3; i > 0; i--)
		told_address(&s, vips[rand() % 3])->origin =
		    rand() % 4 ? ORIGIN_POOL : ORIGIN_STATIC;
	/* Which of two Services that want one port gets it is another test's. */
	for (int i = rand() % 3; i > 0; i--)
		told_port(&s, (uint16_t)(1000 * number + rand() % 3));
	for (int i = rand() % 12; i > 0 && s.told.n_ports; i--)
		told_endpoint(&s, (uint16_t)((size_t)rand() % s.told.n_ports),
		    ends[rand() % 7], (uint32_t)rand() % 4);
	return s;
}

static void
random_event(struct told_service current[5])
{
	int number = rand() % 5, what = rand() % 20;
	struct told_service s = random_service(number);
	struct target *t;

	if (what < 13) {
		current[number] = s;
		tell_copy(s);
	} else if (what < 15) {
		current[number].told.n_addresses = 0;
		model_gone(&model, &s.told.head.key, ++seq);
	} else if (what == 15) {
		model_configure(&model, confs[rand() % 3]);
	} else if (what == 16 && (t = model.queue)) {
		model_sent(&model, t);
		model_refused(&model, t, EINVAL);
	} else if (what == 17) {
		model_retry(&model);
	} else {
		write_all();
	}
}

/* Read by another process that is told the last state alone: nothing to do. */
static void
check_by_a_new_model(struct told_service current[5])
{
	model_fini(&model);
	start();
	ck_assert_ptr_null(model.queue);
	model_sync_begin(&model);
	for (int i = 4; i >= 0; i--)
		if (current[i].told.n_addresses)
			tell_copy(current[i]);
	model_sync_end(&model, true, ++seq);
	ck_assert_ptr_null(model.queue);
}

/* Any news, in any order, with refusals and other configurations between. */
START_TEST(after_any_history_the_kernel_has_what_is_wanted)
{
	for (unsigned seed = 0; seed < 500; seed++) {
		struct told_service current[5] = { 0 };

		srand(seed);
		setup();
		for (int i = 0; i < 60; i++)
			random_event(current);
		model_configure(&model, &node);
		model_retry(&model);
		write_all();
		ck_assert_uint_eq(model_in_place(&model), seq);
		check_by_a_new_model(current);
		model_sync_begin(&model);
		model_sync_end(&model, true, ++seq);
		write_all();
		ck_assert_uint_eq(n_kernel, 0);
		ck_assert_ptr_null(model.targets);
		model_fini(&model);
	}
}
END_TEST

UNIT_MAIN("model", a_service_told_twice_changes_nothing_the_second_time,
    changing_there_and_back_before_it_is_written_costs_nothing,
    in_place_is_what_comes_before_the_oldest_change_to_be_written,
    a_service_that_goes_leaves_nothing,
    an_address_is_guarded_while_anybody_has_it_and_nobody_as_static,
    an_endpoint_is_a_backend_while_anybody_has_it,
    a_second_claim_to_a_port_waits_and_is_named,
    nothing_is_removed_before_a_complete_sync_has_ended,
    a_sync_without_a_service_removes_it, what_the_kernel_has_lost_or_gained_is_put_right,
    of_two_slot_tables_the_wanted_one_stays,
    a_refusal_is_reported_once_until_it_is_overcome,
    a_new_configuration_changes_what_depends_on_it,
    after_any_history_the_kernel_has_what_is_wanted)

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nodelease.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "lease.h"
#include "leasecall.h"
#include "mem.h"
#include "peers.h"
#include "random.h"
#include "wake.h"

#define RENEW_US (60 * US_PER_S)
#define SHORTEST_US (2 * US_PER_S)
#define TIMEOUT_MS 10000

struct nodelease {
	struct ev_loop *loop;
	struct api *api;
	char *ns;
	char *name; /* of the node; NULL: nothing to say yet */
	char *text;
	char *written;       /* text, as the server has it */
	json_t *lease;       /* the object; NULL: to be read */
	enum leasecall step; /* of req */
	uint64_t tried_us;
	struct api_request *req;
	ev_timer timer;
};

static void go(struct nodelease *nl, enum leasecall step);

static bool
is_written(const struct nodelease *nl)
{
	return nl->written && nl->text && strcmp(nl->written, nl->text) == 0;
}

/* When the next one is due; nodes do not all renew at one time. */
static void
rest(struct nodelease *nl)
{
	uint64_t spread_us = RENEW_US / 10 * random_u32() >> 32;

	wake_in(
	    nl->loop, &nl->timer, is_written(nl) ? RENEW_US - spread_us : SHORTEST_US);
}

static void
keep(struct nodelease *nl, const json_t *lease)
{
	json_decref(nl->lease);
	nl->lease = lease ? json_deep_copy(lease) : NULL;
}

static void
on_answer(void *arg, const struct api_answer *a)
{
	struct nodelease *nl = arg;
	bool got = nl->step == LEASECALL_GET;

	nl->req = NULL;
	if (a->verdict == API_DONE && json_is_object(a->json)) {
		keep(nl, a->json);
		if (got) {
			go(nl, LEASECALL_UPDATE);
			return;
		}
		const char *text = json_string_value(json_object_get(
		    json_object_get(json_object_get(a->json, "metadata"), "annotations"),
		    PEERS_ANNOTATION));

		free(nl->written);
		nl->written = text ? xstrdup(text) : NULL;
	} else if (got && a->verdict == API_ABSENT) {
		go(nl, LEASECALL_CREATE);
		return;
	} else {
		keep(nl, NULL);
	}
	rest(nl);
	if (a->verdict == API_FORBIDDEN || a->verdict == API_DENIED)
		wake_in(nl->loop, &nl->timer, RENEW_US);
}

/* The object with our annotation, and renewed. */
static char *
body_of(const struct nodelease *nl, bool create)
{
	struct lease_record r = { .duration_s = PEERS_STALE_S };
	_free_ char *name = xasprintf(PEERS_PREFIX "%s", nl->name);
	json_t *base = create
	    ? json_pack("{s:{s:s, s:s}}", "metadata", "name", name, "namespace", nl->ns)
	    : json_deep_copy(nl->lease);
	json_t *meta = json_object_get(base, "metadata");
	json_t *annotations = json_object_get(meta, "annotations");
	char *text;

	if (!json_is_object(annotations)) {
		annotations = json_object();
		json_object_set_new(meta, "annotations", annotations);
	}
	json_object_set_new(annotations, PEERS_ANNOTATION, json_string(nl->text));
	str_copy(r.holder, sizeof(r.holder), nl->name);
	stamp_micro(r.renewed, clock_wall_us());
	memcpy(r.acquired, r.renewed, sizeof(r.acquired));
	text = lease_write(nl->ns, name, base, &r);
	json_decref(base);
	return text;
}

static void
go(struct nodelease *nl, enum leasecall step)
{
	_free_ char *body =
	    step == LEASECALL_GET ? NULL : body_of(nl, step == LEASECALL_CREATE);
	_free_ char *name = xasprintf(PEERS_PREFIX "%s", nl->name);

	nl->step = step;
	nl->tried_us = clock_us();
	nl->req =
	    leasecall_send(nl->api, step, nl->ns, name, body, TIMEOUT_MS, on_answer, nl);
	if (!nl->req)
		rest(nl);
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int events)
{
	struct nodelease *nl = container_of(w, struct nodelease, timer);

	(void)loop;
	(void)events;
	if (nl->name && !nl->req)
		go(nl, nl->lease ? LEASECALL_UPDATE : LEASECALL_GET);
}

struct nodelease *
nodelease_new(struct ev_loop *loop, struct api *api, const char *ns)
{
	struct nodelease *nl = xcalloc(1, sizeof(*nl));

	nl->loop = loop;
	nl->api = api;
	nl->ns = xstrdup(ns);
	ev_timer_init(&nl->timer, on_timer, 0., 0.);
	return nl;
}

void
nodelease_free(struct nodelease *nl)
{
	if (!nl)
		return;
	ev_timer_stop(nl->loop, &nl->timer);
	if (nl->req)
		api_cancel(nl->req);
	json_decref(nl->lease);
	free(nl->ns);
	free(nl->name);
	free(nl->text);
	free(nl->written);
	free(nl);
}

static void
set(char **to, const char *text)
{
	free(*to);
	*to = xstrdup(text);
}

void
nodelease_say(struct nodelease *nl, const char *name, const char *text)
{
	uint64_t now_us = clock_us(), next_us = nl->tried_us + SHORTEST_US;

	if (!nl->name || strcmp(nl->name, name) != 0) {
		set(&nl->name, name);
		keep(nl, NULL);
		free(nl->written);
		nl->written = NULL;
	}
	set(&nl->text, text);
	if (!nl->req && !is_written(nl))
		wake_in(nl->loop, &nl->timer,
		    nl->tried_us && next_us > now_us ? next_us - now_us : 0);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of a Service's healthCheckNodePort (S12): external load balancers
 * ask every node by HTTP whether it has a ready endpoint of a Service with
 * externalTrafficPolicy Local; any path means the same. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct view;

#define HEALTH_REQUEST_MAX 4096
#define HEALTH_ANSWER_MAX 512

enum health_request {
	HEALTH_MORE, /* its head has not ended yet */
	HEALTH_GET,
	HEALTH_HEAD,
	HEALTH_OTHER_METHOD,
	HEALTH_BAD, /* not HTTP/1 */
	HEALTH_TOO_LONG,
};

/* What the first len bytes of a connection are; a body is not waited for. */
enum health_request health_request(const char *bytes, size_t len);
struct health {
	uint32_t local; /* ready endpoints on this node */
	bool excluded;  /* the node is not to serve, or goes (N1 to N4) */
};

/* The whole answer to a request that is not HEALTH_MORE; returns its length. */
size_t health_answer(char buf[HEALTH_ANSWER_MAX], enum health_request request,
    const struct msg_service_key *key, const struct health *health);
/* Addresses on this node that are ready, of any port, each counted once. */
uint32_t health_count(const struct view *v);

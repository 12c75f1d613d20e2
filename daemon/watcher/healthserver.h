/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers on the healthCheckNodePort of Services (healthcheck.h). A port that
 * somebody else has (kube-proxy) is his: it is tried again from time to time,
 * without a word. Whoever asks may send little, slowly or nothing: connections
 * are few and short, and the oldest gives way to a new one.
 */
#pragma once

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "log.h"
#include "msg.h"

struct health_client;
struct health_port;

struct health_server {
	struct ev_loop *loop;
	struct health_port *ports;                         /* by "namespace/name" */
	TAILQ_HEAD(health_clients, health_client) clients; /* the oldest first */
	unsigned n_clients;
	bool excluded;     /* this node: no load balancer is to send anything */
	ev_timer patience; /* of the oldest client */
	ev_timer again;    /* ports that could not be had */
	struct log_limit log;
};

void health_server_init(struct health_server *h, struct ev_loop *loop);
void health_server_fini(struct health_server *h);
/* port 0: the Service has none (any longer). local: ready endpoints here. */
void health_server_set(
    struct health_server *h, const char *service_key, uint16_t port, uint32_t local);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The name of this node in the cluster, and where it comes from: configured,
 * else that of a system:node: client certificate, else the lower-cased host
 * name unless that is localhost. Pure but for node_name's gethostname().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct kubeconfig_blob;

#define NODE_NAME_LEN 256

/* Writes the name (NODE_NAME_LEN; empty: unknown); returns its source. */
const char *node_name(
    const char *configured, const struct kubeconfig_blob *certificate, char *name);
/* N of the common name "system:node:N" in a PEM certificate's subject. */
bool node_name_of_certificate(const char *pem, size_t len, char *name);
/* False for names that say nothing: empty, localhost. */
bool node_name_of_host(const char *host, char *name);

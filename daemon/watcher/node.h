/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The name of this node in the cluster, and where it comes from: configured,
 * else that of a system:node: client certificate, else that of the one Node
 * with an address of this host, else the lower-cased host name unless that is
 * localhost. Pure but for asking the host its name and addresses.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct ipaddr;
struct kubeconfig_blob;

#define NODE_NAME_LEN 256
#define NODE_ADDRESSES_MAX 64

/*
 * Writes the name (NODE_NAME_LEN; empty: unknown); returns its source.
 * by_address: of the one Node that has an address of this host; NULL: none.
 */
const char *node_name(const char *configured, const struct kubeconfig_blob *certificate,
    const char *by_address, char *name);
/* Addresses of this host that can tell it from others, at most
 * NODE_ADDRESSES_MAX; how many. */
size_t node_addresses(struct ipaddr *list);
/* N of the common name "system:node:N" in a PEM certificate's subject. */
bool node_name_of_certificate(const char *pem, size_t len, char *name);
/* False for names that say nothing: empty, localhost. */
bool node_name_of_host(const char *host, char *name);

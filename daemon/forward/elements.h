/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of elements as messages of nf_tables, and the messages of a dump as
 * elements. Knows no socket.
 */
#pragma once

#include "image.h"

struct batch;
struct nlmsghdr;

/* Adds what carries out changes[n], in their order. */
void elements_put(struct batch *b, const struct change *changes, size_t n);
/* Writes a request for all elements of a set of vipd's table into buf (of at
 * least MNL_SOCKET_BUFFER_SIZE). */
struct nlmsghdr *elements_request(
    void *buf, uint8_t family, enum set_id set, uint32_t seq);
/* Calls on_element for each element of one message of the answer; those that do
 * not look like the set's are counted into *odd. */
void elements_parse(const struct nlmsghdr *nlh, uint8_t family, enum set_id set,
    void (*on_element)(void *arg, const struct element *e), void *arg, uint32_t *odd);

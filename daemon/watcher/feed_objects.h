/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an answer's objects mean to a feed: items of a list are decoded and
 * collected, events of a watch go into the store, both onto the disk; what is
 * malformed is named and costs only itself. The other half of feed.c, which
 * sends requests.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#include "jsonsplit.h"

/* For jsonsplit.h; the argument is a struct feed *. */
const struct jsonsplit_ops *feed_objects_ops(void);
/* An object that the snapshot kept. arg: struct feed *. */
void feed_objects_take_kept(void *arg, const char *text, size_t len);
/* What a Status asks for in seconds; 0: nothing. */
uint32_t feed_retry_after(const json_t *status);

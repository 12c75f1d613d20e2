/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a Service as told to what it wants of the kernel: which targets, and
 * what happens to connections to each. Pure.
 */
#pragma once

#include "image.h"
#include "intake.h"

struct wish {
	struct target_key key;
	struct image *image; /* the receiver's */
};

struct wishes {
	struct wish *at;
	size_t n;
};

/* Each target once. The array is the caller's to free. */
struct wishes plan_service(const struct told *told, const struct ruleset_conf *conf);

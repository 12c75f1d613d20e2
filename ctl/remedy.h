/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to do about a thing that is not well, as one sentence that names the
 * node and the command. Pure; shared by `status` and `explain`.
 */
#pragma once

#include <stddef.h>

struct model;
struct model_instance;
struct model_service;

#define REMEDY_LEN 768

/* Each writes to buf and returns it. */
const char *remedy_instance(
    const struct model *m, const struct model_instance *i, char buf[REMEDY_LEN]);
/* The source of Services is not followed. */
const char *remedy_source(const struct model *m, char buf[REMEDY_LEN]);

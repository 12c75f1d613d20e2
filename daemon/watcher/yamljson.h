/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML (and so JSON) text -> JSON values, a document at a time. Scalars follow
 * YAML 1.2's core schema, so that ports are integers and "8080" in quotes is a
 * string; a plain number with leading zeros stays a string, since YAML 1.1 and
 * 1.2 read it differently. Aliases are followed within a budget: no input
 * grows into more than it is worth. Pure.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

struct yaml_fault {
	unsigned line; /* from 1 */
	unsigned column;
	char text[160];
};

/*
 * Calls on_document for each document that is not empty; `line` is where it
 * begins; the value is the callback's. 0, or -EINVAL with the fault: the
 * documents before it have been passed on by then.
 */
int yamljson_read(const char *text, size_t len,
    void (*on_document)(void *arg, json_t *value, unsigned line), void *arg,
    struct yaml_fault *fault);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What went wrong with a request, in one line for the operator: which server,
 * what happened, and what to do in which file. Pure; prints no secret.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct http_result;
struct kubeconfig;

/*
 * Whether the words of a 403 are admission's, which refuses one object (a policy,
 * NodeRestriction, a namespace that is being terminated), and not those of RBAC,
 * which refuses the verb.
 */
bool explain_is_denial(const char *message);
/*
 * verb, resource: "list", "services". message: the server's own words (its
 * Status), or NULL. Writes size bytes of text.
 */
void explain(char *text, size_t size, const struct http_result *result,
    const struct kubeconfig *kc, const char *resource, const char *verb,
    const char *message);

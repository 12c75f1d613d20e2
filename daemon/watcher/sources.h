/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * loadBalancerSourceRanges of a Service of type LoadBalancer (S10): the field,
 * or where it is empty the annotation that was before it. An entry that cannot
 * be read is a fault of the Service: to leave it out would close it to some, to
 * leave all out would open it to everybody.
 */
#pragma once

#include <jansson.h>

#include "fields.h"

struct service_object;

void sources_read(
    struct service_object *s, const json_t *meta, const json_t *spec, struct fault *f);

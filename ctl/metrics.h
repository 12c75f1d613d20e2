/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model as OpenMetrics 1.0 text, for Prometheus and its kin. An API as the
 * JSON is: names and labels are added, never renamed. Counters of an instance
 * become vipd_instance_NAME_total.
 */
#pragma once

#include <stdio.h>

struct model;

void metrics_write(const struct model *m, FILE *out);
/*
 * Reads one HTTP request from in (its head, at most 8 KiB) and answers it on
 * out: GET /metrics with the text, or 503 where m is NULL, anything else with
 * 404 or 405. For a socket unit that starts vipctl for each connection.
 */
void metrics_answer_http(const struct model *m, FILE *in, FILE *out);

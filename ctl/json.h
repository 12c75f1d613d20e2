/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model as JSON: an API (vipctl(8) lists its fields), so fields are added
 * and never renamed or removed; their order is fixed. Durations end in _ms or
 * _seconds, times are RFC 3339 in UTC; what is not known is null.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct doctor;
struct explanation;
struct ipaddr;
struct model;
struct model_instance;
struct msg_ctl_event;
struct why;

void json_status(const struct model *m, FILE *out);
void json_instances(const struct model *m, FILE *out);
void json_services(const struct model *m, bool problems, FILE *out);
void json_explanation(
    const struct model *m, const char *key, const struct explanation *e, FILE *out);
void json_doctor(const struct doctor *d, FILE *out);
void json_why(const struct why *w, FILE *out);
/* An object on a line of its own. */
void json_event(const struct msg_ctl_event *e, FILE *out);
/* Everything for a bug report: status with counters, configuration, events. */
void json_dump(const struct model *m, const char *config,
    const struct msg_ctl_event *events, size_t n_events, FILE *out);
/* The lines of an answer, and whether it was well. */
void json_texts(const struct model *m, FILE *out);

/* ---- parts of it ---- */

/* json_pack() fails only out of memory or on broken UTF-8, which is cleaned. */
#define JSON_PACK(...) json_packed(json_pack(__VA_ARGS__))
/* json; where it is NULL the program ends. */
json_t *json_packed(json_t *json);
json_t *json_text_or_null(const char *text);
/* "192.0.2.1", or null. */
json_t *json_address(const struct ipaddr *addr);
/* A monotonic time of the answer. */
json_t *json_time(const struct model *m, uint64_t then_us);
json_t *json_instance(const struct model *m, const struct model_instance *i);
json_t *json_instance_list(const struct model *m);
json_t *json_service_list(const struct model *m, bool problems);
/* Who else is heard: an array. */
json_t *json_speakers(const struct model *m);
/* With a newline; gives the object up. */
void json_write(json_t *json, FILE *out);

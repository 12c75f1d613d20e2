/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model as text for people: what `vipctl` prints with -o table and wide.
 * json.h is its counterpart for programs.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

struct doctor;
struct explanation;
struct model;
struct msg_ctl_event;

void show_status(const struct model *m, bool wide, FILE *out);
void show_instances(const struct model *m, bool wide, FILE *out);
/* problems: only Services that are neither serving nor standby. */
void show_services(const struct model *m, bool problems, bool wide, FILE *out);
void show_doctor(const struct doctor *d, FILE *out);
/* One line. */
void show_event(const struct msg_ctl_event *e, FILE *out);
void show_explanation(
    const struct model *m, const char *key, const struct explanation *e, FILE *out);

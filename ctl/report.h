/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands that put several answers together, or an answer and the host:
 * each returns vipctl's exit code.
 */
#pragma once

struct args;

int report_events(const struct args *args);
int report_why(const struct args *args);
int report_metrics(const struct args *args);
int report_diff(const struct args *args);
int report_doctor(const struct args *args);
int report_dump(const struct args *args);

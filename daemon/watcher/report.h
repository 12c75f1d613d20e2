/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the API is told of one Service: from what vipd is told of it (view.h)
 * to the status it should have and the Events its owner should see. Events
 * tell the beginning of a trouble, once, and only from the node that leads;
 * who does not lead remembers what began, so that a new leader tells what fell
 * between two, and not everything again.
 */
#pragma once

#include <stdint.h>

struct holder;
struct msg_failed;
struct store;
struct store_entry;
struct vacancy;
struct view;
struct writer;

enum report_trouble {
	REPORT_REFUSED = 1,  /* an external IP */
	REPORT_CONFLICT = 2, /* an address or a port is somebody else's */
	REPORT_NO_ENDPOINTS = 4,
	REPORT_INVALID = 8, /* the object is malformed */
};

/* The entry was looked at: its Service, or that it is gone. */
void report(struct writer *w, const struct holder *h, struct store_entry *e,
    const struct view *v, uint64_t now_us);
/* Forwarding says that a Service's rules do not work here, or do again. */
void report_failed(
    struct writer *w, const struct store_entry *e, const struct msg_failed *m);
/* To be called now and then: who leads says that nobody holds an address. */
void report_vacant(
    struct writer *w, const struct vacancy *vacancy, struct store *s, uint64_t now_us);
/* To be called now and then: what had to last before it is worth an Event. */
void report_lasting(struct writer *w, struct store *s, uint64_t now_us);

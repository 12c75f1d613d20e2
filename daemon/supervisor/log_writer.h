/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of the log on their way out of vipd, so that no log ever holds it up (I1):
 * syslog(3) and standard error wait for whoever reads them, and a journal whose disk
 * stands still reads nothing. One thread writes; in front of it is a ring of 512 lines
 * without a lock, since only the thread of the event loop logs. What does not fit is
 * lost, counted, and told in its place.
 */
#pragma once

#include "log.h"

/*
 * From now on log_*() never wait; `to` is called in the thread, its arg is NULL.
 * Call it once, behind daemon(3): threads do not survive a fork. At exit(3) what is in
 * the ring has a second to get out. Without a thread lines go out as before.
 */
void log_writer_start(log_sink *to);
/* Lines lost since the start. */
uint32_t log_writer_lost(void);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long the writer waits: before it tries again, and before it compares the
 * kernel's elements with its own. A comparison reads all of them, at a cost that
 * grows with the square of their number (nf_tables walks a set anew for each
 * 32 KiB), so it may only take a part of the time. Pure; seconds.
 */
#pragma once

/* After so many failures in a row: 0.1 s, 0.2 s, ... 10 s. */
double pace_retry(unsigned failures);
/* After somebody else's change of other tables: a minute, or longer where a
 * comparison took long. */
double pace_audit(double read_s);
/* After somebody else's change of our tables, when the last comparison ended
 * since_s ago: at once, or when it may be. */
double pace_touched(double read_s, double since_s);

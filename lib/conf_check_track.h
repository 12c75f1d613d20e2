/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules between what is tracked and who tracks it. Gives each tracked thing
 * without a weight its block's, and each command without a user script_user.
 */
#pragma once

#include "conf_build.h"

/* Before conf_check_tracks: the defaults. */
void conf_watch_complete(struct conf_build *b);
/*
 * A name stands once in its kind; who is tracked is defined; weights that
 * could not count (of an owner, of a group's member) are dropped with a
 * warning. A script's file that is not there is a warning.
 */
void conf_check_tracks(struct conf_build *b);

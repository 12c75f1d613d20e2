/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The three programs vipd keeps: opens them, and says what happens when one is
 * up, says something, or is gone. Each message goes to the module that owns
 * what it is about; nothing is decided here. program.h runs one of them.
 */
#pragma once

struct vipd;

/* Opens all three, and the directory where the watcher keeps what it knows, as
 * the user they run as. Fatal where one is missing. Starts none. */
void children_open(struct vipd *v);
/* At once; no callback. */
void children_kill(struct vipd *v);
/* Removes vipd's tables; vipd-forward must not run. */
void children_remove_tables(struct vipd *v);

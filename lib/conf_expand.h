/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What keepalived replaces before it reads: definitions ($NAME=VALUE, also of
 * several lines), their use ($NAME, ${NAME}), what is defined without a word
 * (${_PWD}, ${_INSTANCE}, ${_ENV NAME}, ${_HASH}, ${_BANG}), and sequences.
 * As there, a value is replaced where it is used, not where it is defined; an
 * unknown name, left alone there, is an error outside quotes.
 */
#pragma once

#include "conf_input.h"
#include "conf_vars.h"

/* What the files of one configuration share. */
struct conf_scope {
	const char *config_id;
	struct conf_problems *problems;
	struct conf_vars vars;
	struct conf_heap heap;
	size_t expanded;
};

/*
 * At a '$': puts its value in place. Returns -1, also after an error, or the
 * character that it stands for. quote: '"', '\'' or 0.
 */
int conf_expand_name(struct conf_input *in, struct conf_scope *scope, int quote);
/* At the beginning of a line: takes a definition or a sequence, if it is one. */
bool conf_expand_line(struct conf_input *in, struct conf_scope *scope);

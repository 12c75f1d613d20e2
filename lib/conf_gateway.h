/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reply_gateway of an instance: the router behind which clients of its network
 * are, of one family or of both. Instances with the same gateways on the same
 * interface share a number, by which the other processes know them (reply.h).
 */
#pragma once

#include "conf_build.h"

/* Of a struct conf_draft; printing takes its struct conf_instance. */
void conf_read_reply_gateway(
    struct conf_reader *r, const struct conf_statement *st, void *draft);
void conf_print_reply_gateway(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *instance);
/* The families are the instance's; not too many of them. */
void conf_check_gateways(struct conf_build *b);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 4648 section 4, as kubeconfigs and PEM use it: white space is skipped,
 * anything else that is not of the alphabet is an error. */
#pragma once

#include <stddef.h>

/* A terminated buffer the caller frees, its length in *out_len; or NULL. */
char *base64_decode(const char *text, size_t len, size_t *out_len);

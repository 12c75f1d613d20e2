/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of address_pool, wherever it stands: in the services block, or
 * alone in a text (a ConfigMap's, or what vipd tells the watcher), so that
 * there is one grammar, one parser and one canonical form.
 */
#pragma once

#include "conf_build.h"

#define CONF_POOLS_MAX 1000
/* `pools configmap` without a name. */
#define CONF_CONFIGMAP_NS "vipd"
#define CONF_CONFIGMAP_NAME "vipd-pools"
#define CONF_CONFIGMAP_KEY "pools.conf"

/* Of struct conf_pool_draft; printing takes its struct conf_pool. */
const struct conf_table *conf_pool_table(void);

/* Rows of the services block; object is a struct conf_services_draft, printed
 * its struct conf_services. */
void conf_pool_read(struct conf_reader *r, const struct conf_statement *st, void *object);
void conf_pools_print_words(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object);
void conf_pools_read_configmap(
    struct conf_reader *r, const struct conf_statement *st, void *object);
void conf_pools_print_configmap(
    FILE *out, unsigned indent, const struct conf_keyword *kw, const void *object);

/* Defaults of every pool. */
void conf_pools_complete(struct conf_services_draft *d);
/* What the drafts hold; the caller owns it. */
struct conf_pool *conf_pools_take(struct conf_services_draft *d, size_t *n);
void conf_pools_free_drafts(struct conf_services_draft *d);

/*
 * Reads a text of address_pool blocks only. False: problems has errors, and
 * there are no pools.
 */
bool conf_pools_load_text(const char *name, const char *text, size_t len,
    struct conf_problems *problems, struct conf_pool **pools, size_t *n);
void conf_pools_free(struct conf_pool *pools, size_t n);
/* The canonical form; reads back as equal pools. */
void conf_pools_print(
    FILE *out, unsigned indent, const struct conf_pool *pools, size_t n);

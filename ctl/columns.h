/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The columns of vipctl's tables. Scripts cut them: a new one goes behind the
 * last, or into -o wide.
 */
#pragma once

struct table_column;

const struct table_column *columns_of_instances(void);
const struct table_column *columns_of_services(void);

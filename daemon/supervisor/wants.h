/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which addresses and routes each instance may carry now. Addresses: its static
 * ones as configured, then the placed ones of Services, sorted and without
 * doubles (two Services may share one). List work only; the kernel's part is
 * address.h's and route.h's.
 */
#pragma once

#include "instance.h"

/*
 * Gives every instance its list of addresses (what is installed stays marked)
 * and hands the wanted ones on (ops->want): all of them while MASTER, none
 * otherwise.
 */
void wants_compute(struct instances *is);

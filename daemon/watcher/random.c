/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "random.h"

#include <sys/random.h>

#include "clock.h"

uint32_t
random_u32(void)
{
	uint32_t value = 0;

	if (getrandom(&value, sizeof(value), GRND_NONBLOCK) != sizeof(value))
		value = (uint32_t)clock_us() * UINT32_C(2654435761);
	return value;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "heal.h"

#define WINDOW_US UINT64_C(60000000)
#define SLOW_US UINT64_C(10000000)

uint64_t
heal_delay(struct heal *h, uint64_t now_us, bool *began)
{
	uint64_t oldest = h->times_us[h->next];
	bool slow = oldest && now_us - oldest < WINDOW_US;

	h->times_us[h->next] = now_us;
	h->next = (h->next + 1) % HEAL_FREE;
	*began = slow && !h->slowed;
	h->slowed = slow;
	return slow ? SLOW_US : 0;
}

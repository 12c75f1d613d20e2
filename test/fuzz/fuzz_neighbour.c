/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ARP and Neighbor Discovery frames. A checksum is no obstacle: the first byte
 * has it made good. What is understood must be possible.
 */
#include <stdlib.h>
#include <string.h>

#include "cursor.h"
#include "engine/neighbour.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
make_sum(uint8_t *frame, size_t size)
{
	uint8_t tail[8] = { [7] = 58 };
	uint32_t sum;
	uint16_t folded;
	size_t len;

	if (size < 58)
		return;
	len = size - 54;
	frame[18] = tail[2] = (uint8_t)(len >> 8);
	frame[19] = tail[3] = (uint8_t)len;
	frame[56] = frame[57] = 0;
	sum = checksum_add(0, frame + 22, 32);
	sum = checksum_add(sum, tail, sizeof(tail));
	folded = checksum_fold(checksum_add(sum, frame + 54, len));
	frame[56] = (uint8_t)(folded >> 8);
	frame[57] = (uint8_t)folded;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct neighbour n;
	uint8_t *copy;

	if (size < 1 || size > NEIGHBOUR_FRAME_MAX)
		return 0;
	copy = malloc(size);
	memcpy(copy, data + 1, --size);
	if (data[0] & 1)
		make_sum(copy, size);
	if (neighbour_read(copy, size, &n) == NEIGHBOUR_OK &&
	    (ipaddr_is_unspecified(&n.addr) || ipaddr_len(&n.addr) == 0 || n.mac[0] & 1))
		abort();
	free(copy);
	return 0;
}

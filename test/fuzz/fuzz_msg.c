/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between the processes and from the control socket: the first byte
 * chooses the sender, the rest is the datagram.
 */
#include <stdlib.h>
#include <string.h>

#include "msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(8) uint8_t buf[MSG_MAX + 1];
	struct msg m;

	if (size < 1 || size - 1 > sizeof(buf))
		return 0;
	memcpy(buf, data + 1, size - 1);
	if (msg_parse(buf, size - 1, 1 << data[0] % 5, &m))
		return 0;
	/* What was accepted is exactly what would be built again. */
	if (m.count > msg_records_max(m.type))
		abort();
	return 0;
}

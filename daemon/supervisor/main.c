/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "config.h"

int
main(void)
{
	puts("vipd " PACKAGE_VERSION);
	return 0;
}

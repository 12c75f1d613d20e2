/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a vipd that died has left in the kernel of this network namespace:
 * addresses, routes, routing rules and macvlans (tables are forward's). Nobody wants
 * anything here, so that the modules which keep them remove all they recognise.
 */
#pragma once

struct cleaned {
	int addresses;
	int vmacs;
	int routes;
	int rules; /* of routing */
};

/* 0 with what was removed, or -errno. */
int cleanup_kernel(struct cleaned *done);

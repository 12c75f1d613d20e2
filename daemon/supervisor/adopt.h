/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which block of a new configuration goes on with an instance of the old one: a
 * name is the operator's word, what is on the network is the virtual router.
 * Pure.
 */
#pragma once

struct conf;
struct conf_instance;

/*
 * The block of its name, else one whose name is new and that is the same virtual
 * router: family, identifier, interface, and multicast or a unicast peer in
 * common. NULL: none.
 */
struct conf_instance *adopt_find(
    const struct conf *before, const struct conf *now, const struct conf_instance *in);

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which Services ask for an address together: those of one Namespace that give
 * one sharing key. Says nothing of whether they may (alloc_choice.h does).
 */
#pragma once

#include <uthash.h>

struct alloc_service;

struct alloc_sharers {
	struct alloc_service *first;
	UT_hash_handle hh;
	char key[]; /* "namespace/key" */
};

/* Puts as where its object's wish says, and takes it out; nothing where it has
 * no key, as->sharing is NULL then. */
void sharers_link(struct alloc_sharers **sharers, struct alloc_service *as);
void sharers_unlink(struct alloc_sharers **sharers, struct alloc_service *as);
/* By "namespace/key"; NULL: nobody. */
struct alloc_sharers *sharers_find(const struct alloc_sharers *sharers, const char *key);

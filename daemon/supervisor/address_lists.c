/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "address_lists.h"

#include <utlist.h>

static struct entry **
queue_of(struct address_lists *l, enum request request)
{
	return request == REQUEST_DEL ? &l->deletes : &l->adds;
}

void
address_lists_queue(struct address_lists *l, struct entry *e, enum request request)
{
	if (e->queued == request)
		return;
	if (e->queued != REQUEST_NONE)
		DL_DELETE(*queue_of(l, e->queued), e);
	e->queued = request;
	if (request != REQUEST_NONE)
		DL_APPEND(*queue_of(l, request), e);
}

void
address_lists_wait(struct address_lists *l, struct entry *e, bool waiting)
{
	if (e->waiting == waiting)
		return;
	e->waiting = waiting;
	if (waiting)
		DL_APPEND2(l->waiting, e, wprev, wnext);
	else
		DL_DELETE2(l->waiting, e, wprev, wnext);
}

void
address_lists_renew(struct address_lists *l, struct entry *e, bool mortal)
{
	if (e->mortal == mortal)
		return;
	e->mortal = mortal;
	if (mortal)
		DL_APPEND2(l->mortal, e, mprev, mnext);
	else
		DL_DELETE2(l->mortal, e, mprev, mnext);
}

void
address_lists_watch(struct address_lists *l, struct entry *e, bool watching)
{
	l->watching += watching;
	l->watching -= e->watching;
	e->watching = watching;
}

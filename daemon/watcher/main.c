/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <curl/curl.h>
#include <stdlib.h>

#include "child.h"
#include "log.h"
#include "publish.h"
#include "watcher.h"

static struct child child;
static struct watcher watcher;

static void
end(void *arg)
{
	(void)arg;
	watcher_end(&watcher);
	exit(0);
}

static const char *
on_msg(struct chan *c, const struct msg *m)
{
	(void)c;
	if (m->type == MSG_STOP) {
		watcher_stop(&watcher, end, NULL);
		return NULL;
	}
	if (m->type == MSG_PING) {
		child_pong(&child);
		return NULL;
	}
	return watcher_take(&watcher, m);
}

static void
on_drained(struct chan *c)
{
	(void)c;
	publish_drained(&watcher.publisher);
}

int
main(void)
{
	static const struct chan_ops ops = {
		.on_msg = on_msg,
		.on_drained = on_drained,
		.on_closed = child_closed,
	};

	child_init(&child, "vipd-watcher", &ops);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		fatalx("libcurl does not start");
	child_drop(&child, 0);
	watcher_init(&watcher, child.loop, &child.chan);
	ev_run(child.loop, 0);
	return 0;
}

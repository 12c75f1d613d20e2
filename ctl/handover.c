/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "handover.h"

#include <inttypes.h>
#include <jansson.h>

#include "clock.h"
#include "json.h"
#include "log.h"
#include "model.h"
#include "text.h"

static double
ms(uint64_t us)
{
	return (double)us / (double)US_PER_MS;
}

/* Each address was announced by the new master while it was here still. */
static bool
without_pause(const struct msg_yielded *y)
{
	return y->result == YIELD_DONE;
}

void
handover_show(const struct model *m, FILE *out)
{
	char text[IPADDR_STRLEN];

	for (size_t i = 0; i < m->n_handovers; i++) {
		const struct msg_yielded *y = &m->handovers[i].yielded;

		if (!y->successor.family)
			continue;
		fprintf(out, "%s: %s (priority %u) took over after %.0f ms; ",
		    m->handovers[i].name, ipaddr_format(&y->successor, text),
		    y->successor_priority, ms(y->took_us));
		if (!without_pause(y))
			fprintf(out, "%" PRIu32 " of %" PRIu32 " addresses moved\n",
			    y->announced, y->addresses);
		else if (y->addresses)
			fprintf(out,
			    "%" PRIu32 " address%s moved within %.0f ms, no pause\n",
			    y->addresses, y->addresses == 1 ? "" : "es", ms(y->moved_us));
		else
			fputs("it had no address\n", out);
	}
}

static const char *
result_name(uint8_t result)
{
	static const char *const names[YIELD_RESULT_COUNT] = {
		[YIELD_DONE] = "done",
		[YIELD_LATE] = "late",
		[YIELD_NOBODY] = "nobody",
		[YIELD_KEPT] = "kept",
		[YIELD_BROKEN] = "broken",
	};

	return names[result];
}

static json_t *
ms_or_null(bool known, uint64_t us)
{
	return known ? json_real(ms(us)) : json_null();
}

static json_t *
handover(const struct msg_ctl_handover *h)
{
	const struct msg_yielded *y = &h->yielded;
	char text[IPADDR_STRLEN];
	bool taken = y->successor.family != 0;

	return JSON_PACK("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "instance",
	    h->name, "result", result_name(y->result), "successor",
	    taken ? json_string(ipaddr_format(&y->successor, text)) : json_null(),
	    "successor_priority",
	    taken ? json_integer(y->successor_priority) : json_null(), "took_over_ms",
	    ms_or_null(taken, y->took_us), "moved_ms",
	    ms_or_null(y->announced > 0, y->moved_us), "pause_ms",
	    ms_or_null(without_pause(y), 0), "addresses", (json_int_t)y->addresses,
	    "announced", (json_int_t)y->announced);
}

void
handover_json(const struct model *m, FILE *out)
{
	json_t *list = json_packed(json_array()), *all;

	for (size_t i = 0; i < m->n_handovers; i++)
		json_array_append_new(list, handover(&m->handovers[i]));
	all = JSON_PACK("{s:b, s:o, s:o}", "ok", m->end.code == 0, "text",
	    m->end.text[0] ? json_string(m->end.text) : json_null(), "handovers", list);
	if (!all)
		fatalx("out of memory");
	json_dumpf(all, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	fputc('\n', out);
	json_decref(all);
}

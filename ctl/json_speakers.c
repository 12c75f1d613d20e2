/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json.h"
#include "model.h"

json_t *
json_speakers(const struct model *m)
{
	json_t *list = json_packed(json_array());

	for (size_t i = 0; i < m->n_speakers; i++) {
		const struct msg_ctl_speaker *s = &m->speakers[i];
		json_t *free_vrid =
		    s->free_vrid ? json_integer(s->free_vrid) : json_null();
		json_t *one = JSON_PACK("{s:s, s:i, s:o, s:b, s:o, s:I, s:o}",
		    "interface", s->interface, "virtual_router_id", s->vrid, "address",
		    json_address(&s->addr), "clashes", s->clashes, "seen",
		    json_time(m, s->heard_us), "heard", (json_int_t)s->count,
		    "free_virtual_router_id", free_vrid);

		json_array_append_new(list, one);
	}
	return list;
}

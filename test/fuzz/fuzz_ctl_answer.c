/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vipctl's half of the control socket: messages of the right length with any
 * contents, collected and shown in every form. A message is a type, a count
 * and as many bytes as the table asks for; missing bytes are zero.
 */
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "json.h"
#include "mem.h"
#include "model.h"
#include "show.h"

/* Types vipd sends to vipctl, so that most inputs get somewhere. */
static const enum msg_type types[] = { MSG_CTL_NODE, MSG_CTL_INSTANCE, MSG_CTL_ADDRESSES,
	MSG_CTL_TRACKS, MSG_COUNTERS, MSG_SERVICE, MSG_SERVICE_ADDRESSES,
	MSG_SERVICE_PORTS, MSG_SERVICE_ENDPOINTS, MSG_SERVICE_SOURCES, MSG_SERVICE_END,
	MSG_CTL_SERVICE, MSG_CTL_TEXT, MSG_CTL_END, MSG_STOP };

#define RECORDS_MAX 8

struct input {
	const uint8_t *data;
	size_t left;
};

static void
take(struct input *in, void *out, size_t len)
{
	size_t n = len < in->left ? len : in->left;

	memset(out, 0, len);
	if (n)
		memcpy(out, in->data, n);
	in->data += n;
	in->left -= n;
}

static const char *
add_message(struct model *m, struct input *in)
{
	static _Alignas(8) uint8_t head[MSG_MAX], records[MSG_MAX], buf[MSG_MAX];
	const struct msg_type_info *info;
	uint8_t choice[2];
	struct msg msg;
	size_t len;

	take(in, choice, sizeof(choice));
	choice[0] %= ARRAY_LEN(types);
	info = msg_info(types[choice[0]]);
	choice[1] = info->record ? choice[1] % RECORDS_MAX : 0;
	take(in, head, info->head);
	take(in, records, (size_t)choice[1] * info->record);
	len = msg_build(buf, types[choice[0]], 0, head, records, choice[1]);
	/* A daemon's broken message ends vipctl; here the next one is tried. */
	return msg_parse(buf, len, PEER_VIPD, &msg) ? NULL : model_add(m, &msg);
}

static void
show_all(const struct model *m, FILE *out)
{
	struct explanation e;

	show_status(m, true, out);
	show_instances(m, false, out);
	show_services(m, false, true, out);
	show_services(m, true, false, out);
	json_status(m, out);
	json_instances(m, out);
	json_services(m, true, out);
	json_texts(m, out);
	explain(m, "default/web", &e);
	show_explanation(m, "default/web", &e, out);
	json_explanation(m, "default/web", &e, out);
	explain_free(&e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct msg_ctl_end end;
	struct input in = { data, size };
	struct model m = { 0 };
	struct msg last = { .type = MSG_CTL_END, .head = &end };
	static FILE *null;

	if (!null)
		null = fopen("/dev/null", "w");
	while (in.left && m.phase != MODEL_ENDED)
		if (add_message(&m, &in))
			break;
	if (m.phase == MODEL_OUTSIDE)
		model_add(&m, &last);
	if (m.phase == MODEL_ENDED && null)
		show_all(&m, null);
	model_free(&m);
	return 0;
}

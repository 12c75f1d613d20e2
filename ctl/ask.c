/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ask.h"

#include <errno.h>
#include <stdio.h>

#include "args.h"
#include "mem.h"
#include "model.h"

int
ask(const struct args *args, enum ctl_command command, const char *arg, struct model *m)
{
	char error[CLIENT_ERROR_LEN];
	const char *to = args->option[ARGS_TO];
	int err = client_ask(args->socket_path, command, arg, to ? to : "", m, error);

	if (!err)
		return EXIT_WELL;
	fprintf(stderr, "vipctl: %s\n", error);
	return err == -ENAMETOOLONG || err == -EINVAL ? EXIT_USAGE : EXIT_NO_DAEMON;
}

int
ask_ended(const struct model *m)
{
	if (m->end.code && m->end.text[0])
		fprintf(stderr, "vipctl: %s\n", m->end.text);
	return m->end.code <= EXIT_NO_DAEMON ? (int)m->end.code : EXIT_NOT_WELL;
}

int
ask_view(const struct args *args, enum ctl_command command, struct model *m)
{
	int code = ask(args, command, "", m);

	if (code == EXIT_WELL)
		code = ask_ended(m);
	if (code == EXIT_WELL && !m->has_node) {
		fprintf(stderr, "vipctl: vipd's answer does not name its node\n");
		code = EXIT_NO_DAEMON;
	}
	return code;
}

int
ask_config(const struct args *args, char **text)
{
	struct model m = { 0 };
	int code = ask(args, CTL_CONFIG, "", &m);

	if (code == EXIT_WELL)
		code = ask_ended(&m);
	*text = m.config ? m.config : xstrdup("");
	m.config = NULL;
	model_free(&m);
	return code;
}

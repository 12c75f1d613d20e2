/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conf_report.h"

#include "conf.h"

struct conf *
conf_report_load(const char *path, const char *config_id, FILE *err)
{
	struct conf_problems problems = { 0 };
	struct conf *conf = conf_load(path, config_id, &problems);

	for (size_t i = 0; i < problems.count; i++) {
		char line[sizeof(struct conf_problem) + 64];

		conf_problem_format(&problems.items[i], line, sizeof(line));
		fprintf(err, "%s\n", line);
	}
	conf_problems_free(&problems);
	return conf;
}

int
conf_report(const char *path, const char *config_id, bool print, FILE *out, FILE *err)
{
	struct conf *conf = conf_report_load(path, config_id, err);
	int code = conf ? 0 : 2;

	if (conf && print)
		conf_print(conf, out);
	conf_free(conf);
	return code;
}

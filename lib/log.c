/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

static struct {
	const char *program;
	bool verbose;
	log_sink *sink;
	void *arg;
	log_sink *tap;
	void *tap_arg;
} logger = { .program = "vipd" };

const char *
log_level_name(enum log_level level)
{
	static const char *const names[] = {
		[LOG_LEVEL_ERR] = "error",
		[LOG_LEVEL_WARN] = "warning",
		[LOG_LEVEL_INFO] = "info",
		[LOG_LEVEL_DEBUG] = "debug",
	};

	return names[level];
}

void
log_to_stderr(enum log_level level, const char *line, void *arg)
{
	bool usual = level == LOG_LEVEL_INFO;

	(void)arg;
	fprintf(stderr, "%s: %s%s%s\n", logger.program,
	    usual ? "" : log_level_name(level), usual ? "" : ": ", line);
}

void
log_to_syslog(enum log_level level, const char *line, void *arg)
{
	static const int priority[] = {
		[LOG_LEVEL_ERR] = LOG_ERR,
		[LOG_LEVEL_WARN] = LOG_WARNING,
		[LOG_LEVEL_INFO] = LOG_INFO,
		[LOG_LEVEL_DEBUG] = LOG_DEBUG,
	};

	(void)arg;
	syslog(priority[level], "%s", line);
}

void
log_init(const char *program, bool verbose)
{
	logger.program = program;
	logger.verbose = verbose;
}

void
log_set_sink(log_sink *sink, void *arg)
{
	logger.sink = sink;
	logger.arg = arg;
}

void
log_use_syslog(void)
{
	openlog(logger.program, LOG_PID | LOG_NDELAY, LOG_DAEMON);
	log_set_sink(log_to_syslog, NULL);
}

void
log_set_tap(log_sink *tap, void *arg)
{
	logger.tap = tap;
	logger.tap_arg = arg;
}

bool
log_is_verbose(void)
{
	return logger.verbose;
}

void
log_line(enum log_level level, const char *line)
{
	log_sink *sink = logger.sink ? logger.sink : log_to_stderr;

	if (level == LOG_LEVEL_DEBUG && !logger.verbose)
		return;
	sink(level, line, logger.arg);
	if (logger.tap)
		logger.tap(level, line, logger.tap_arg);
}

__attribute__((format(printf, 3, 0))) static void
vlog(enum log_level level, const char *suffix, const char *fmt, va_list ap)
{
	char line[LOG_LINE_MAX];
	size_t len;
	int n;

	n = vsnprintf(line, sizeof(line), fmt, ap);
	len = n < 0 ? 0 : (size_t)n;
	if (suffix && len < sizeof(line))
		snprintf(line + len, sizeof(line) - len, ": %s", suffix);
	log_line(level, line);
}

void
fatal(const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_LEVEL_ERR, strerror(saved), fmt, ap);
	va_end(ap);
	exit(1);
}

void
fatalx(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vlog(LOG_LEVEL_ERR, NULL, fmt, ap);
	va_end(ap);
	exit(1);
}

#define LOG_FUNCTION(name, level)                                                        \
	void name(const char *fmt, ...)                                                  \
	{                                                                                \
		va_list ap;                                                              \
                                                                                         \
		if (level == LOG_LEVEL_DEBUG && !logger.verbose)                         \
			return;                                                          \
		va_start(ap, fmt);                                                       \
		vlog(level, NULL, fmt, ap);                                              \
		va_end(ap);                                                              \
	}

LOG_FUNCTION(log_err, LOG_LEVEL_ERR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)

bool
log_allowed(struct log_limit *limit, uint64_t now_us, uint32_t *held)
{
	if (now_us < limit->next_us) {
		limit->held++;
		return false;
	}
	*held = limit->held;
	limit->held = 0;
	limit->next_us = now_us + limit->interval_us;
	return true;
}

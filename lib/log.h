/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log lines. What each level means: err, somebody must act; warn, something is
 * degraded; info, a change of state (one line each); debug, only with -D.
 * A line begins with its subject ("edge: ...", "default/web: ...").
 *
 * Where lines go is set once at the start: standard error, syslog, or (a
 * child) the channel to vipd. Logging never fails; a daemon's sinks never block:
 * what cannot take a line drops and counts it. The two here may wait for whoever
 * reads them: vipd has them called in a thread (log_writer.h).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* "error", "warning", "info", "debug" */
const char *log_level_name(enum log_level level);

#define LOG_LINE_MAX 480

typedef void log_sink(enum log_level level, const char *line, void *arg);

/* Lines go to standard error, with "program: " in front, until log_set_sink. */
void log_init(const char *program, bool verbose);
void log_set_sink(log_sink *sink, void *arg);
void log_use_syslog(void);
log_sink log_to_stderr, log_to_syslog;
/* tap gets every line as well, the sink first; NULL: nobody. */
void log_set_tap(log_sink *tap, void *arg);
bool log_is_verbose(void);
/* Emits a finished line (vipd uses it for its children's lines). */
void log_line(enum log_level level, const char *line);

#define LOG_PRINTF __attribute__((format(printf, 1, 2)))
/* With ": strerror(errno)" at the end. */
_Noreturn void fatal(const char *fmt, ...) LOG_PRINTF;
/* Without. Both log at err and exit with 1. */
_Noreturn void fatalx(const char *fmt, ...) LOG_PRINTF;
void log_err(const char *fmt, ...) LOG_PRINTF;
void log_warn(const char *fmt, ...) LOG_PRINTF;
void log_info(const char *fmt, ...) LOG_PRINTF;
void log_debug(const char *fmt, ...) LOG_PRINTF;

/*
 * A token bucket for anything the LAN or the API can trigger: at most one line
 * in interval_us. log_allowed() says whether a line may be written now and
 * puts the number of lines held back since the last one into *held.
 */
struct log_limit {
	uint64_t interval_us;
	uint64_t next_us;
	uint32_t held;
};
bool log_allowed(struct log_limit *limit, uint64_t now_us, uint32_t *held);

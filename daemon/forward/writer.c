/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "writer.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "clock.h"
#include "elements.h"
#include "log.h"
#include "mem.h"
#include "pace.h"

/* nf_tables has one lock a network namespace: a larger transaction would hold
 * up others (kubernetes.md 4.5: 2,000 elements, 35 ms at worst). */
#define CHUNK 2000
/* From so many on the watch looks away; then it is asked what may have been
 * missed. */
#define LARGE 1000
/* What contradicts our picture is read again before it counts as refused. */
#define REREADS 3

/* ---- reading ---- */

static void
on_element(void *arg, const struct element *e)
{
	model_load(arg, e);
}

static void finish(struct writer *w, int error);

static void
ask(struct writer *w)
{
	_Alignas(struct nlmsghdr) uint8_t buf[8192];
	const struct nlmsghdr *nlh =
	    reader_question(&w->reader, buf, kernel_next_seq(&w->kernel));

	if (nlh)
		kernel_ask(&w->kernel, nlh);
	else
		finish(w, 0);
}

static void
start_reading(struct writer *w, enum writer_step step)
{
	w->step = step;
	w->ops->on_busy(w, true);
	reader_begin(&w->reader, step == STEP_READ);
	if (step == STEP_READ) {
		model_load_begin(w->model);
		w->read_begin_us = clock_us();
		w->need_read = false; /* what changes from now on asks for another */
	}
	ask(w);
}

static void
warn_of(struct writer *w, const char *what)
{
	uint32_t held;

	if (log_allowed(&w->losses, clock_us(), &held))
		log_warn("somebody has %s; putting right what is wrong (%u more such "
			 "lines held back)",
		    what, held);
}

/* The tables have been looked at, not into. */
static void
checked(struct writer *w)
{
	w->need_check = false;
	for (size_t i = 0; i < FAMILIES; i++) {
		const struct table_seen *seen = &w->reader.tables[i];

		if (seen->stands && !w->tables[i].handle) {
			w->tables[i].handle = seen->handle;
		} else if (seen->handle != w->tables[i].handle) {
			warn_of(w,
			    i == 0 ? "removed or replaced table ip vipd"
				   : "removed or replaced table ip6 vipd");
			w->need_read = true;
		}
	}
	if (!w->need_read && !ev_is_active(&w->audit)) {
		ev_timer_set(&w->audit, pace_audit(w->read_s), 0.);
		ev_timer_start(w->loop, &w->audit);
	}
}

static void
loaded(struct writer *w)
{
	model_load_end(w->model);
	w->read_end_us = clock_us();
	w->read_s = (double)(w->read_end_us - w->read_begin_us) / (double)US_PER_S;
	memcpy(w->tables, w->reader.tables, sizeof(w->tables));
	w->need_rules = true;
	if (w->reader.odd)
		log_warn("table vipd has %u elements of a strange form", w->reader.odd);
}

/* ---- writing ---- */

static bool
is_foreign(const struct table_seen *t)
{
	return t->stands && !t->same_layout;
}

static bool
replaces(const struct writer *w)
{
	return is_foreign(&w->tables[0]) || is_foreign(&w->tables[1]);
}

static void
put_rules(struct writer *w)
{
	for (size_t i = 0; i < FAMILIES; i++) {
		if (is_foreign(&w->tables[i]))
			ruleset_remove(&w->batch, reader_family(i));
		ruleset_put(&w->batch, reader_family(i), &w->model->conf);
	}
}

static void
put_target(struct writer *w, struct target *t)
{
	size_t before = w->changes.n;
	struct written *wr = written_add(&w->written, t);

	wr->first_seq = w->batch.seq + 1;
	model_diff(t, &w->changes);
	elements_put(&w->batch, w->changes.at + before, w->changes.n - before);
	wr->last_seq = w->batch.seq;
	model_sent(w->model, t);
}

/* What one message of vipd has changed goes in one transaction. */
static void
put_targets(struct writer *w)
{
	struct target *t;
	uint32_t group = 0;

	while ((t = w->model->queue)) {
		if (w->changes.n >= CHUNK && t->group != group && !replaces(w))
			break;
		group = t->group;
		put_target(w, t);
	}
}

/* The kernel works inside sendmsg. */
static void
transact(struct writer *w)
{
	bool large = w->changes.n >= LARGE;

	if (large)
		watch_look_away(&w->watch, true);
	kernel_transact(&w->kernel, &w->batch);
	if (large)
		watch_look_away(&w->watch, false);
	w->need_check |= large;
}

static void
start_writing(struct writer *w)
{
	w->step = STEP_WRITE;
	w->ops->on_busy(w, true);
	w->changes.n = 0;
	written_begin(&w->written);
	batch_begin(&w->batch, kernel_next_seq(&w->kernel));
	if (w->need_rules)
		put_rules(w);
	put_targets(w);
	batch_end(&w->batch);
	transact(w);
}

static void
on_refused(struct kernel *k, uint32_t seq, int error)
{
	written_refused(&container_of(k, struct writer, kernel)->written, seq, error);
}

static void
written_ok(struct writer *w)
{
	for (size_t i = 0; i < w->written.n; i++) {
		struct target *t = w->written.at[i].target;

		w->ops->on_written(w, &t->key, t->present, target_wanted(t));
		model_settled(w->model, t);
	}
	for (size_t i = 0; w->need_rules && i < FAMILIES; i++)
		if (!w->tables[i].same_layout) {
			/* New; its handle is to be asked for. */
			w->tables[i] = (struct table_seen){ true, true, 0 };
			w->need_check = true;
		}
	w->need_rules = false;
	w->rereads = 0;
	if (!w->model->failed)
		w->failures = 0;
}

/* The transaction did not happen; error is of the whole. Returns the error that
 * keeps everything else from being written, too. */
static int
written_not(struct writer *w, int error)
{
	bool again = !error && written_contradicts(&w->written) && w->rereads++ < REREADS;

	if (!error && !again)
		error = w->written.stray_error;
	/* Perhaps it did. */
	if (again || error == ETIMEDOUT || error == ENOBUFS)
		w->need_read = true;
	for (size_t i = w->written.n; i-- > 0;) {
		struct written *wr = &w->written.at[i];

		if (again || !(error || wr->error))
			model_unsent(w->model, wr->target);
		else
			model_refused(w->model, wr->target, error ? error : wr->error);
	}
	return error;
}

/* ---- one step after the other ---- */

static void
retry_later(struct writer *w)
{
	if (ev_is_active(&w->retry))
		return;
	ev_timer_set(&w->retry, pace_retry(w->failures++), 0.);
	ev_timer_start(w->loop, &w->retry);
}

static void
set_error(struct writer *w, int error)
{
	if (error && error != w->error)
		log_err("nftables: the kernel refuses: %s; what stands stays, "
			"trying again",
		    kernel_error_text(error));
	else if (!error && w->error)
		log_info("nftables: the kernel accepts changes again");
	w->error = error;
	w->blocked = error != 0;
}

/* The request under way has ended. */
static void
finish(struct writer *w, int error)
{
	enum writer_step step = w->step;

	w->step = STEP_IDLE;
	switch (step) {
	case STEP_CHECK:
		if (!error)
			checked(w);
		break;
	case STEP_READ:
		if (error)
			w->need_read = true;
		else
			loaded(w);
		break;
	case STEP_WRITE:
		if (error || written_any_refused(&w->written))
			error = written_not(w, error);
		else
			written_ok(w);
		break;
	case STEP_IDLE:
		break;
	}
	set_error(w, error);
	if (error || w->model->failed)
		retry_later(w);
	w->ops->on_busy(w, false);
	w->ops->on_progress(w);
}

static void
on_message(struct kernel *k, const struct nlmsghdr *nlh)
{
	reader_message(&container_of(k, struct writer, kernel)->reader, nlh);
}

static void
on_done(struct kernel *k, int error)
{
	struct writer *w = container_of(k, struct writer, kernel);

	if (w->step != STEP_CHECK && w->step != STEP_READ) {
		finish(w, error);
		return;
	}
	error = reader_answered(&w->reader, error);
	if (error)
		finish(w, error);
	else
		ask(w);
}

static const struct kernel_ops kernel_ops = {
	.on_message = on_message,
	.on_refused = on_refused,
	.on_done = on_done,
};

static bool
has_to_write(const struct writer *w)
{
	/* A table of another version is replaced as a whole, by all that is
	 * wanted: not before that is known. */
	if (replaces(w) && !w->model->swept)
		return false;
	return w->need_rules || w->model->queue;
}

/* Before the loop sleeps: what has come in since goes out together. */
static void
on_prepare(struct ev_loop *loop, ev_prepare *p, int events)
{
	struct writer *w = container_of(p, struct writer, prepare);

	(void)loop;
	(void)events;
	if (w->step != STEP_IDLE || w->blocked || !w->started)
		return;
	if (w->need_read)
		start_reading(w, STEP_READ);
	else if (has_to_write(w))
		start_writing(w);
	else if (w->need_check)
		start_reading(w, STEP_CHECK);
}

static void
on_retry(struct ev_loop *loop, ev_timer *t, int events)
{
	struct writer *w = container_of(t, struct writer, retry);

	(void)loop;
	(void)events;
	/* Not while a transaction is under way; then it is tried again soon. */
	if (w->step == STEP_IDLE)
		model_retry(w->model);
	else
		retry_later(w);
	w->blocked = false;
}

static void
on_audit(struct ev_loop *loop, ev_timer *t, int events)
{
	(void)loop;
	(void)events;
	container_of(t, struct writer, audit)->need_read = true;
}

static void
on_foreign(struct watch *watch)
{
	container_of(watch, struct writer, watch)->need_check = true;
}

static void
on_touched(struct watch *watch)
{
	struct writer *w = container_of(watch, struct writer, watch);
	double since_s = (double)(clock_us() - w->read_end_us) / (double)US_PER_S;

	warn_of(w, "changed a table vipd");
	/* A timer of no time is at once, too, but behind what is under way. */
	ev_timer_stop(w->loop, &w->audit);
	ev_timer_set(&w->audit, pace_touched(w->read_s, since_s), 0.);
	ev_timer_start(w->loop, &w->audit);
}

static const struct watch_ops watch_ops = {
	.on_foreign = on_foreign,
	.on_touched = on_touched,
};

void
writer_init(struct writer *w, struct ev_loop *loop, struct model *model,
    const struct writer_ops *ops)
{
	int error;

	*w = (struct writer){ .loop = loop, .ops = ops, .model = model };
	w->losses.interval_us = 10 * US_PER_S;
	w->reader.on_element = on_element;
	w->reader.arg = model;
	error = kernel_open(&w->kernel, loop, &kernel_ops);
	if (!error)
		error = watch_open(&w->watch, loop, w->kernel.portid, &watch_ops);
	if (error)
		fatalx("netlink socket to nftables: %s", strerror(-error));
	ev_prepare_init(&w->prepare, on_prepare);
	ev_prepare_start(loop, &w->prepare);
	ev_timer_init(&w->retry, on_retry, 0., 0.);
	ev_timer_init(&w->audit, on_audit, 0., 0.);
}

void
writer_fini(struct writer *w)
{
	ev_prepare_stop(w->loop, &w->prepare);
	ev_timer_stop(w->loop, &w->retry);
	ev_timer_stop(w->loop, &w->audit);
	watch_close(&w->watch);
	kernel_close(&w->kernel);
	batch_fini(&w->batch);
	free(w->changes.at);
	written_free(&w->written);
}

void
writer_configure(struct writer *w)
{
	if (!w->started)
		w->need_read = true;
	w->started = true;
	w->need_rules = true;
}

bool
writer_is_loaded(const struct writer *w)
{
	return w->started && !w->need_read && !w->need_rules && w->step == STEP_IDLE;
}

bool
writer_in_sync(const struct writer *w)
{
	return writer_is_loaded(w) && !w->error && !w->model->failed;
}

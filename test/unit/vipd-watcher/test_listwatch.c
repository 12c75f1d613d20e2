/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "watcher/listwatch.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "unit.h"

#define S(n) ((uint64_t)(n)*US_PER_S)
#define MS(n) ((uint64_t)(n)*US_PER_MS)

static struct listwatch lw;
static uint64_t now;

/* Lets time pass until the next request is due and checks its query and that
 * it came after `wait` and not before. */
static void
expect_request(const char *want, uint64_t wait_us)
{
	char *query;

	ck_assert_int_eq(lw.phase, LW_WAITING);
	ck_assert_uint_eq(lw.deadline_us - now, wait_us);
	if (wait_us)
		ck_assert_int_eq(lw_tick(&lw, lw.deadline_us - 1, 0), LW_NOTHING);
	now = lw.deadline_us;
	ck_assert_int_eq(lw_tick(&lw, now, 0), LW_SEND);
	query = lw_query(&lw);
	ck_assert_str_eq(query, want);
	free(query);
}

static enum lw_outcome
answer(struct lw_answer a)
{
	if (a.status)
		lw_bytes(&lw, now, a.status);
	return lw_end(&lw, now, 0, &a);
}

static enum lw_outcome
page(const char *version, const char *next_page)
{
	return answer((struct lw_answer){
	    .status = 200, .version = version, .next_page = next_page });
}

#define FIRST_LIST "limit=500&resourceVersion=0"
#define WATCH_OF(version)                                                                \
	"watch=1&allowWatchBookmarks=true&resourceVersion=" version "&timeoutSeconds="   \
	"300"

/* A list of version 7 is complete, its watch is open. */
static void
follow(void)
{
	now = S(1000);
	lw_init(&lw, NULL, now);
	expect_request(FIRST_LIST, 0);
	ck_assert_int_eq(page("7", NULL), LW_LISTED);
	expect_request(WATCH_OF("7"), 0);
	lw_bytes(&lw, now, 200);
	ck_assert(lw_is_following(&lw));
}

/* L1, L3 */
START_TEST(it_lists_from_any_cache_then_watches_from_the_lists_version)
{
	follow();
	ck_assert_uint_eq(lw.fresh_us, now);
	ck_assert(!lw.failed);
}
END_TEST

/* L2 */
START_TEST(pages_follow_without_a_version_and_count_at_the_last)
{
	now = 0;
	lw_init(&lw, NULL, now);
	expect_request(FIRST_LIST, 0);
	ck_assert_int_eq(page("7", "a/b+c="), LW_PAGE);
	ck_assert(!lw.listed);
	expect_request("limit=500&continue=a%2Fb%2Bc%3D", 0);
	ck_assert_int_eq(page("7", "second"), LW_PAGE);
	expect_request("limit=500&continue=second", 0);
	ck_assert_int_eq(page("7", ""), LW_LISTED);
	expect_request(WATCH_OF("7"), 0);
	lw_fini(&lw);
}
END_TEST

/* L2 */
START_TEST(an_expired_page_is_listed_again_in_one_piece)
{
	now = 0;
	lw_init(&lw, NULL, now);
	expect_request(FIRST_LIST, 0);
	page("7", "token");
	expect_request("limit=500&continue=token", 0);
	ck_assert_int_eq(answer((struct lw_answer){ .status = 410 }), LW_FAILED);
	expect_request("resourceVersion=0", 0);
	ck_assert_int_eq(page("9", NULL), LW_LISTED);
	ck_assert(!lw.unpaged);
}
END_TEST

START_TEST(a_list_without_a_version_or_cut_short_is_refused)
{
	now = 0;
	lw_init(&lw, NULL, now);
	expect_request(FIRST_LIST, 0);
	ck_assert_int_eq(page(NULL, NULL), LW_FAILED);
	ck_assert(lw.failed);
	expect_request(FIRST_LIST, MS(800));
	ck_assert_int_eq(
	    answer((struct lw_answer){ .status = 200, .version = "7", .broken = true }),
	    LW_FAILED);
	expect_request(FIRST_LIST, MS(1600));
	ck_assert(!lw.listed);
}
END_TEST

/* L5, L6 */
START_TEST(events_and_bookmarks_move_the_version)
{
	follow();
	ck_assert_int_eq(lw_event(&lw, "ADDED", "8", 0, 0), LW_UPSERT);
	ck_assert_int_eq(lw_event(&lw, "MODIFIED", "9", 0, 0), LW_UPSERT);
	ck_assert_int_eq(lw_event(&lw, "DELETED", "10", 0, 0), LW_DELETE);
	ck_assert_int_eq(lw_event(&lw, "BOOKMARK", "11", 0, 0), LW_NOTE);
	now += S(300);
	ck_assert_int_eq(answer((struct lw_answer){ .status = 200 }), LW_ENDED);
	expect_request(WATCH_OF("11"), 0);
}
END_TEST

START_TEST(an_event_without_a_version_ends_the_watch)
{
	follow();
	ck_assert_int_eq(lw_event(&lw, "ADDED", NULL, 0, 0), LW_CLOSE);
	answer((struct lw_answer){ .status = 200 });
	expect_request(WATCH_OF("7"), MS(800));
}
END_TEST

/* L7 */
START_TEST(a_version_that_is_gone_leads_to_a_list_at_least_as_new)
{
	for (int in_stream = 0; in_stream <= 1; in_stream++) {
		follow();
		lw_event(&lw, "BOOKMARK", "12", 0, 0);
		if (in_stream)
			ck_assert_int_eq(lw_event(&lw, "ERROR", NULL, 410, 0), LW_CLOSE);
		answer((struct lw_answer){ .status = in_stream ? 200 : 410 });
		ck_assert(!lw.failed);
		expect_request("resourceVersion=12", MS(800));
		ck_assert_int_eq(page("20", NULL), LW_LISTED);
		expect_request(WATCH_OF("20"), 0);
	}
}
END_TEST

/* L7, L9: the list may have to wait; until then there is no news, and the head
 * of the answer that brought the error was none. */
START_TEST(a_lost_history_is_no_news_until_the_new_list)
{
	for (int in_stream = 0; in_stream <= 1; in_stream++) {
		uint64_t fresh;

		follow();
		fresh = lw.fresh_us;
		for (int i = 0; i < 4; i++) {
			ck_assert(!lw_is_relisting(&lw));
			answer((struct lw_answer){ .broken = true });
			ck_assert(!lw_is_relisting(&lw));
			now = lw.deadline_us;
			ck_assert_int_eq(lw_tick(&lw, now, 0), LW_SEND);
		}
		lw_bytes(&lw, now, in_stream ? 200 : 410);
		if (in_stream)
			lw_event(&lw, "ERROR", NULL, 410, 0);
		lw_end(
		    &lw, now, 0, &(struct lw_answer){ .status = in_stream ? 200 : 410 });
		ck_assert(lw_is_relisting(&lw));
		ck_assert_uint_eq(lw.fresh_us, fresh);
		expect_request("resourceVersion=7", MS(12800));
		ck_assert(lw_is_relisting(&lw));
		ck_assert_int_eq(page("20", NULL), LW_LISTED);
		ck_assert(!lw_is_relisting(&lw));
		ck_assert_uint_eq(lw.fresh_us, now);
	}
}
END_TEST

/* L7, L8 */
START_TEST(only_a_list_that_is_gone_too_asks_for_the_newest)
{
	for (int too_large = 0; too_large <= 1; too_large++) {
		follow();
		answer((struct lw_answer){ .status = 410 });
		expect_request("resourceVersion=7", MS(800));
		answer((struct lw_answer){ .status = too_large ? 504 : 410,
		    .too_large_version = too_large,
		    .retry_after_s = too_large });
		expect_request("limit=500", 0);
		ck_assert_int_eq(page("3", NULL), LW_LISTED);
		expect_request(WATCH_OF("3"), 0);
		/* ... and the next relist asks for a version again. */
		now += S(1);
		answer((struct lw_answer){ .status = 410 });
		expect_request("resourceVersion=3", MS(1600));
	}
}
END_TEST

START_TEST(a_plain_504_is_no_lost_version)
{
	follow();
	answer((struct lw_answer){ .status = 410 });
	expect_request("resourceVersion=7", MS(800));
	answer((struct lw_answer){ .status = 504 });
	expect_request("resourceVersion=7", MS(1600));
}
END_TEST

/* L9 */
START_TEST(a_refused_watch_is_tried_again_from_the_same_version)
{
	static const uint64_t waits_ms[] = { 800, 1600, 3200, 6400, 12800, 25600, 30000,
		30000 };

	follow();
	now += S(10);
	lw_event(&lw, "ADDED", "8", 0, 0);
	answer((struct lw_answer){ .status = 200, .broken = true });
	expect_request(WATCH_OF("8"), 0);
	for (size_t i = 0; i < sizeof(waits_ms) / sizeof(*waits_ms); i++) {
		answer((struct lw_answer){ .broken = true });
		ck_assert(lw.failed);
		expect_request(WATCH_OF("8"), MS(waits_ms[i]));
	}
}
END_TEST

/* L9 */
START_TEST(a_watch_that_ends_at_once_counts_as_an_error)
{
	follow();
	now += MS(999);
	answer((struct lw_answer){ .status = 200 });
	ck_assert(lw.failed);
	expect_request(WATCH_OF("7"), MS(800));
	/* With an event it does not, but is not tried in a tight loop. */
	lw_bytes(&lw, now, 200);
	lw_event(&lw, "ADDED", "8", 0, 0);
	now += MS(10);
	answer((struct lw_answer){ .status = 200 });
	ck_assert(!lw.failed);
	expect_request(WATCH_OF("8"), MS(990));
}
END_TEST

/* L10 */
START_TEST(retry_after_is_obeyed_and_bounded)
{
	follow();
	now += S(5);
	answer((struct lw_answer){ .status = 429, .retry_after_s = 7 });
	expect_request(WATCH_OF("7"), S(7));
	answer((struct lw_answer){ .status = 503, .retry_after_s = 4000000000 });
	expect_request(WATCH_OF("7"), S(300));
	answer((struct lw_answer){ .status = 429 });
	expect_request(WATCH_OF("7"), MS(800));
	lw_bytes(&lw, now, 200);
	lw_event(&lw, "ERROR", NULL, 429, 3);
	answer((struct lw_answer){ .status = 200 });
	expect_request(WATCH_OF("7"), S(3));
	lw_bytes(&lw, now, 200);
	lw_event(&lw, "ERROR", NULL, 500, 0);
	answer((struct lw_answer){ .status = 200 });
	expect_request(WATCH_OF("7"), MS(1600));
}
END_TEST

/* L11 */
START_TEST(refused_credentials_are_tried_once_at_once)
{
	follow();
	now += S(5);
	answer((struct lw_answer){ .status = 401 });
	ck_assert(!lw.failed);
	expect_request(WATCH_OF("7"), 0);
	answer((struct lw_answer){ .status = 401 });
	ck_assert(lw.failed);
	expect_request(WATCH_OF("7"), MS(800));
	answer((struct lw_answer){ .status = 401 });
	expect_request(WATCH_OF("7"), MS(1600));
	lw_bytes(&lw, now, 200);
	now += S(5);
	answer((struct lw_answer){ .status = 401 });
	expect_request(WATCH_OF("7"), 0);
}
END_TEST

/* L11 */
START_TEST(forbidden_waits_and_asks_the_same_again)
{
	now = 0;
	lw_init(&lw, NULL, now);
	expect_request(FIRST_LIST, 0);
	ck_assert_int_eq(answer((struct lw_answer){ .status = 403 }), LW_FAILED);
	ck_assert(lw.failed);
	expect_request(FIRST_LIST, MS(800));
}
END_TEST

START_TEST(an_answer_that_makes_no_sense_to_a_watch_leads_to_a_list)
{
	follow();
	answer((struct lw_answer){ .status = 400 });
	ck_assert(lw.failed);
	expect_request("resourceVersion=7", MS(800));
}
END_TEST

/* L13 */
START_TEST(a_silent_watch_is_given_up_after_150_s_and_listed_again)
{
	follow();
	now += S(100);
	lw_bytes(&lw, now, 200);
	ck_assert_int_eq(lw_tick(&lw, now + S(150) - 1, 0), LW_NOTHING);
	now += S(150);
	ck_assert_int_eq(lw_tick(&lw, now, 0), LW_ABORT);
	answer((struct lw_answer){ .status = 200, .broken = true });
	expect_request("resourceVersion=7", MS(800));
}
END_TEST

START_TEST(a_list_that_stalls_is_given_up_after_a_minute)
{
	now = 0;
	lw_init(&lw, NULL, now);
	expect_request(FIRST_LIST, 0);
	now += S(59);
	lw_bytes(&lw, now, 200);
	ck_assert_int_eq(lw_tick(&lw, now + S(60) - 1, 0), LW_NOTHING);
	now += S(60);
	ck_assert_int_eq(lw_tick(&lw, now, 0), LW_ABORT);
	ck_assert_int_eq(
	    answer((struct lw_answer){ .status = 200, .broken = true }), LW_FAILED);
}
END_TEST

START_TEST(the_watch_timeout_is_random_between_300_and_600_s)
{
	uint32_t low, high;

	follow();
	low = lw.watch_s;
	now += S(300);
	answer((struct lw_answer){ .status = 200 });
	ck_assert_int_eq(lw_tick(&lw, now, UINT32_MAX), LW_SEND);
	high = lw.watch_s;
	ck_assert_uint_eq(low, 300);
	ck_assert_uint_eq(high, 599);
}
END_TEST

START_TEST(the_server_coming_back_ends_only_a_wait_for_the_server)
{
	follow();
	now += S(5);
	answer((struct lw_answer){ .broken = true });
	lw_retry_now(&lw, now);
	expect_request(WATCH_OF("7"), 0);
	answer((struct lw_answer){ .status = 429, .retry_after_s = 9 });
	lw_retry_now(&lw, now);
	expect_request(WATCH_OF("7"), S(9));
}
END_TEST

/* I4 */
START_TEST(a_list_that_is_not_believed_is_read_again_from_the_newest_state)
{
	follow();
	answer((struct lw_answer){ .status = 410 });
	expect_request("resourceVersion=7", MS(800));
	ck_assert_int_eq(page("9", NULL), LW_LISTED);
	lw_confirm(&lw, now, 0);
	expect_request("limit=500", S(1));
	ck_assert_int_eq(page("9", NULL), LW_LISTED);
	expect_request(WATCH_OF("9"), 0);
}
END_TEST

/* S1 */
START_TEST(a_selector_is_part_of_every_query)
{
	now = S(1000);
	lw_init(&lw, "%21a", now);
	expect_request("labelSelector=%21a&" FIRST_LIST, 0);
	page("7", "token");
	expect_request("labelSelector=%21a&limit=500&continue=token", 0);
	ck_assert_int_eq(page("7", NULL), LW_LISTED);
	expect_request("labelSelector=%21a&" WATCH_OF("7"), 0);
}
END_TEST

UNIT_MAIN("listwatch", it_lists_from_any_cache_then_watches_from_the_lists_version,
    pages_follow_without_a_version_and_count_at_the_last,
    an_expired_page_is_listed_again_in_one_piece,
    a_list_without_a_version_or_cut_short_is_refused,
    events_and_bookmarks_move_the_version, an_event_without_a_version_ends_the_watch,
    a_version_that_is_gone_leads_to_a_list_at_least_as_new,
    a_lost_history_is_no_news_until_the_new_list,
    only_a_list_that_is_gone_too_asks_for_the_newest, a_plain_504_is_no_lost_version,
    a_refused_watch_is_tried_again_from_the_same_version,
    a_watch_that_ends_at_once_counts_as_an_error, retry_after_is_obeyed_and_bounded,
    refused_credentials_are_tried_once_at_once, forbidden_waits_and_asks_the_same_again,
    an_answer_that_makes_no_sense_to_a_watch_leads_to_a_list,
    a_silent_watch_is_given_up_after_150_s_and_listed_again,
    a_list_that_stalls_is_given_up_after_a_minute,
    the_watch_timeout_is_random_between_300_and_600_s,
    the_server_coming_back_ends_only_a_wait_for_the_server,
    a_list_that_is_not_believed_is_read_again_from_the_newest_state,
    a_selector_is_part_of_every_query)

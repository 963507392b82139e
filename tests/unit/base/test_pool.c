#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/pool.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))
#define JOBS		20000
#define THREADS_MAX	16

static const size_t threads[] = { 0, 1, 2, 3, 8, THREADS_MAX };

/* What the workers saw. */
struct seen {
	atomic_uint	 times[JOBS];
	size_t		 own[THREADS_MAX];	/* by worker, no lock */
	pthread_t	 who[THREADS_MAX];
	atomic_size_t	 running, most, done;
	atomic_bool	 wrong;
	size_t		 threads;
};

static struct seen *seen;
static unsigned jobs[JOBS];

static void
setup(void)
{
	seen = calloc(1, sizeof(*seen));
	ck_assert_ptr_nonnull(seen);
}

static void
teardown(void)
{
	free(seen);
}

static void
work(void *ctx, size_t worker, void *job)
{
	struct seen *s = ctx;
	size_t now = atomic_fetch_add(&s->running, 1) + 1;

	if (now > atomic_load(&s->most))
		atomic_store(&s->most, now);
	if (worker >= (s->threads == 0 ? 1 : s->threads) || ctx != seen)
		atomic_store(&s->wrong, true);
	else if (s->own[worker]++ == 0)
		s->who[worker] = pthread_self();
	else if (!pthread_equal(s->who[worker], pthread_self()))
		atomic_store(&s->wrong, true);
	atomic_fetch_add(&s->times[(unsigned *)job - jobs], 1);
	atomic_fetch_add(&s->done, 1);
	atomic_fetch_sub(&s->running, 1);
}

static void
check_all_once(void)
{
	size_t i, sum = 0;

	ck_assert(!atomic_load(&seen->wrong));
	for (i = 0; i < JOBS; i++)
		ck_assert_uint_eq(atomic_load(&seen->times[i]), 1);
	for (i = 0; i < THREADS_MAX; i++)
		sum += seen->own[i];
	ck_assert_uint_eq(sum, JOBS);
	ck_assert_uint_le(atomic_load(&seen->most),
	    seen->threads == 0 ? 1 : seen->threads);
}

START_TEST(every_job_is_done_once_by_a_worker_with_its_own_number)
{
	struct pool *p;
	size_t i;

	seen->threads = threads[_i];
	p = pool_new(threads[_i], work, seen);
	for (i = 0; i < JOBS; i++)
		pool_put(p, &jobs[i]);
	pool_drain(p);
	ck_assert_uint_eq(atomic_load(&seen->done), JOBS);
	check_all_once();
	pool_free(p);
}
END_TEST

START_TEST(free_drains)
{
	struct pool *p;
	size_t i;

	seen->threads = threads[_i];
	p = pool_new(threads[_i], work, seen);
	for (i = 0; i < JOBS; i++)
		pool_put(p, &jobs[i]);
	pool_free(p);
	check_all_once();
}
END_TEST

START_TEST(a_drained_pool_takes_more)
{
	struct pool *p;
	size_t i;

	seen->threads = threads[_i];
	p = pool_new(threads[_i], work, seen);
	pool_drain(p);
	for (i = 0; i < JOBS; i++) {
		pool_put(p, &jobs[i]);
		if (i % 37 == 0) {
			pool_drain(p);
			ck_assert_uint_eq(atomic_load(&seen->done), i + 1);
		}
	}
	pool_drain(p);
	pool_drain(p);
	check_all_once();
	pool_free(p);
}
END_TEST

START_TEST(a_pool_without_jobs_can_be_freed)
{
	pool_free(pool_new(threads[_i], work, seen));
	pool_free(NULL);
}
END_TEST

START_TEST(one_thread_works_in_order_inside_put)
{
	struct pool *p = pool_new(1, work, seen);
	size_t i;

	seen->threads = 1;
	for (i = 0; i < 100; i++) {
		pool_put(p, &jobs[i]);
		ck_assert_uint_eq(atomic_load(&seen->done), i + 1);
	}
	ck_assert(pthread_equal(seen->who[0], pthread_self()));
	ck_assert(!pool_is_full(p));
	pool_free(p);
}
END_TEST

/* Workers that wait until they are let go: puts beyond 4 a thread block. */
static atomic_bool gate;
static atomic_size_t put;

static void
wait_at_gate(void *ctx, size_t worker, void *job)
{
	(void)worker;
	while (!atomic_load(&gate))
		usleep(500);
	atomic_fetch_add(&((struct seen *)ctx)->times[(unsigned *)job - jobs],
	    1);
}

static void *
producer(void *p)
{
	size_t i;

	for (i = 0; i < 1000; i++) {
		pool_put(p, &jobs[i]);
		atomic_fetch_add(&put, 1);
	}
	return NULL;
}

START_TEST(no_more_than_four_jobs_a_thread_wait)
{
	struct pool *p = pool_new(3, wait_at_gate, seen);
	pthread_t t;
	size_t i;

	ck_assert(!pool_is_full(p));
	atomic_store(&gate, false);
	atomic_store(&put, 0);
	ck_assert_int_eq(pthread_create(&t, NULL, producer, p), 0);
	for (i = 0; i < 2000 && atomic_load(&put) < 3 * 5; i++)
		usleep(1000);
	usleep(50000);
	ck_assert_uint_eq(atomic_load(&put), 3 * 4 + 3);
	ck_assert(pool_is_full(p));
	atomic_store(&gate, true);
	pthread_join(t, NULL);
	pool_free(p);
	for (i = 0; i < 1000; i++)
		ck_assert_uint_eq(atomic_load(&seen->times[i]), 1);
}
END_TEST

START_TEST(drain_waits_for_the_jobs_that_run)
{
	struct pool *p = pool_new(4, wait_at_gate, seen);
	size_t i;

	atomic_store(&gate, false);
	for (i = 0; i < 4; i++)
		pool_put(p, &jobs[i]);
	usleep(20000);		/* all four are taken, none waits */
	atomic_store(&gate, true);
	pool_drain(p);
	for (i = 0; i < 4; i++)
		ck_assert_uint_eq(atomic_load(&seen->times[i]), 1);
	pool_free(p);
}
END_TEST

START_TEST(there_is_a_processor)
{
	ck_assert_uint_ge(pool_cpus(), 1);
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("pool");
	TCase *t = tcase_create("pool");

	tcase_set_timeout(t, 30);	/* a loaded machine is no fault */
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t,
	    every_job_is_done_once_by_a_worker_with_its_own_number, 0,
	    NITEMS(threads));
	tcase_add_loop_test(t, free_drains, 0, NITEMS(threads));
	tcase_add_loop_test(t, a_drained_pool_takes_more, 0, NITEMS(threads));
	tcase_add_loop_test(t, a_pool_without_jobs_can_be_freed, 0,
	    NITEMS(threads));
	tcase_add_test(t, one_thread_works_in_order_inside_put);
	tcase_add_test(t, no_more_than_four_jobs_a_thread_wait);
	tcase_add_test(t, drain_waits_for_the_jobs_that_run);
	tcase_add_test(t, there_is_a_processor);
	suite_add_tcase(s, t);
	return s;
}

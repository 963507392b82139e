#include <check.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/opt.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))
#define MB		(1024 * 1024)

/* AddressSanitizer's, where the build has it. */
int	__asan_address_is_poisoned(const volatile void *p)
	    __attribute__((weak));

static struct arena *a;

static void
setup(void)
{
	a = arena_new();
}

static void
teardown(void)
{
	arena_free(a);
}

static bool
is_all(const unsigned char *p, size_t n, int c)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != c)
			return false;
	return true;
}

START_TEST(null_may_be_freed)
{
	arena_free(NULL);
}
END_TEST

static const size_t sizes[] = { 0, 1, 2, 7, 8, 15, 16, 17, 100, 4095,
    32 * 1024 - 1, 32 * 1024, 32 * 1024 + 1, 100000, 3 * MB };

START_TEST(memory_is_zeroed_aligned_and_nobody_elses)
{
	unsigned char *p[200];
	size_t n = sizes[_i], i;

	for (i = 0; i < (n > 100000 ? 10 : NITEMS(p)); i++) {
		arena_str(a, SL("odd"));	/* spoils the alignment */
		p[i] = arena_alloc(a, n);
		ck_assert_uint_eq((uintptr_t)p[i] % alignof(max_align_t), 0);
		ck_assert(is_all(p[i], n, 0));
		memset(p[i], (int)i + 1, n);
	}
	while (i-- > 0)
		ck_assert(is_all(p[i], n, (int)i + 1));
}
END_TEST

START_TEST(memory_is_zeroed_after_a_reset_too)
{
	unsigned char *p;
	size_t round, i;

	for (round = 0; round < 5; round++) {
		for (i = 0; i < NITEMS(sizes); i++) {
			p = arena_alloc(a, sizes[i]);
			ck_assert(is_all(p, sizes[i], 0));
			memset(p, 0xff, sizes[i]);
		}
		arena_reset(a);
	}
}
END_TEST

START_TEST(small_and_huge_requests_mix)
{
	struct slice s;
	size_t i;

	for (i = 0; i < 2000; i++) {
		s = arena_dup(a, SL("hello"));
		arena_alloc(a, i % 100 == 0 ? 200000 : i % 700);
		ck_assert(sl_eq(s, SL("hello")));
		ck_assert_int_eq(s.p[5], '\0');
	}
}
END_TEST

/* Another message of the same size costs no more memory. */
START_TEST(a_reset_arena_uses_its_blocks_again)
{
	size_t held = 0, round, i;

	for (round = 0; round < 100; round++) {
		for (i = 0; i < 5000; i++)
			arena_alloc(a, 100);
		if (round == 1)
			held = arena_used(a);
		if (round > 1)
			ck_assert_uint_eq(arena_used(a), held);
		arena_reset(a);
	}
	ck_assert_uint_le(held, 2 * MB);
}
END_TEST

START_TEST(a_reset_gives_back_what_one_huge_message_took)
{
	size_t i;

	arena_alloc(a, 64 * MB);
	ck_assert_uint_ge(arena_used(a), 64 * MB);
	arena_reset(a);
	ck_assert_uint_le(arena_used(a), 2 * MB);
	for (i = 0; i < 100; i++)
		arena_alloc(a, MB);
	arena_reset(a);
	ck_assert_uint_le(arena_used(a), 2 * MB);
	for (i = 0; i < 100000; i++)
		arena_alloc(a, 1000);
	arena_reset(a);
	ck_assert_uint_le(arena_used(a), 2 * MB);
	ck_assert_ptr_nonnull(arena_alloc(a, 100));
}
END_TEST

START_TEST(an_arena_holds_little_more_than_was_asked_for)
{
	size_t i;

	if (__asan_address_is_poisoned != NULL)
		return;			/* there it holds the borders too */
	for (i = 0; i < 1000000; i++)
		arena_alloc(a, 16);
	ck_assert_uint_le(arena_used(a), 17 * MB);
}
END_TEST

START_TEST(strings_end_in_nul_and_may_hold_one)
{
	struct slice s = SL("a\0b");
	char *p = arena_str(a, s);

	ck_assert_int_eq(memcmp(p, "a\0b", 4), 0);
	ck_assert_str_eq(arena_str(a, (struct slice){ NULL, 0 }), "");
	s = arena_dup(a, (struct slice){ NULL, 0 });
	ck_assert_uint_eq(s.n, 0);
	ck_assert_ptr_nonnull(s.p);
}
END_TEST

START_TEST(formatted_text_of_any_length_fits)
{
	struct slice s;
	int n;

	for (n = 0; n < 70000; n += 97) {
		s = arena_fmt(a, "%*s!", n, "");
		ck_assert_uint_eq(s.n, (size_t)n + 1);
		ck_assert_int_eq(s.p[n], '!');
		ck_assert_int_eq(s.p[n + 1], '\0');
	}
}
END_TEST

struct pair {
	uint64_t	n;
	char		c;
};

START_TEST(an_array_grows_one_by_one_and_keeps_its_elements)
{
	struct pair *v = NULL, *p;
	size_t n = 0, cap = 0, i;

	for (i = 0; i < 100000; i++) {
		p = arena_more(a, &v, &n, &cap, sizeof(*v));
		if (n != i + 1 || cap < n || p != &v[i] ||
		    (uintptr_t)p % alignof(struct pair) != 0 ||
		    p->n != 0 || p->c != 0)
			ck_abort_msg("%zu: %zu of %zu", i, n, cap);
		*p = (struct pair){ i, (char)i };
		if (i % 5 == 0)
			arena_str(a, SL("in between"));
	}
	for (i = 0; i < n; i++)
		if (v[i].n != i || v[i].c != (char)i)
			ck_abort_msg("%zu", i);
	/* doubling: all that was ever taken is about twice the last */
	ck_assert_uint_le(arena_used(a), 3 * cap * sizeof(*v));
}
END_TEST

START_TEST(two_arrays_grow_side_by_side)
{
	char *c = NULL;
	uint32_t *u = NULL;
	size_t nc = 0, capc = 0, nu = 0, capu = 0, i;

	for (i = 0; i < 5000; i++) {
		*(char *)arena_more(a, &c, &nc, &capc, 1) = (char)i;
		*(uint32_t *)arena_more(a, &u, &nu, &capu, sizeof(*u)) =
		    (uint32_t)i;
	}
	for (i = 0; i < 5000; i++)
		ck_assert(c[i] == (char)i && u[i] == i);
}
END_TEST

static const size_t absurd[] = { SIZE_MAX, SIZE_MAX - 8, SIZE_MAX - 64,
    SIZE_MAX / 2 + 1 };

START_TEST(an_absurd_size_ends_the_process)
{
	int status;
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0) {
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(98);
		arena_alloc(a, absurd[_i]);
		_exit(99);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), STATUS_FAILED);
}
END_TEST

START_TEST(a_sanitizer_sees_the_borders_of_each_piece)
{
	char *p = arena_alloc(a, 13), *q = arena_str(a, SL("abc"));

	if (__asan_address_is_poisoned == NULL)
		return;
	ck_assert(!__asan_address_is_poisoned(p + 12));
	ck_assert(__asan_address_is_poisoned(p + 13));
	ck_assert(__asan_address_is_poisoned(p - 1));
	ck_assert(!__asan_address_is_poisoned(q + 3));
	ck_assert(__asan_address_is_poisoned(q + 4));
	arena_reset(a);
	ck_assert(__asan_address_is_poisoned(p));
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("arena");
	TCase *t = tcase_create("arena");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, null_may_be_freed);
	tcase_add_loop_test(t, memory_is_zeroed_aligned_and_nobody_elses, 0,
	    NITEMS(sizes));
	tcase_add_test(t, memory_is_zeroed_after_a_reset_too);
	tcase_add_test(t, small_and_huge_requests_mix);
	tcase_add_test(t, a_reset_arena_uses_its_blocks_again);
	tcase_add_test(t, a_reset_gives_back_what_one_huge_message_took);
	tcase_add_test(t, an_arena_holds_little_more_than_was_asked_for);
	tcase_add_test(t, strings_end_in_nul_and_may_hold_one);
	tcase_add_test(t, formatted_text_of_any_length_fits);
	tcase_add_test(t, a_sanitizer_sees_the_borders_of_each_piece);
	tcase_add_test(t, an_array_grows_one_by_one_and_keeps_its_elements);
	tcase_add_test(t, two_arrays_grow_side_by_side);
	tcase_add_loop_test(t, an_absurd_size_ends_the_process, 0,
	    NITEMS(absurd));
	suite_add_tcase(s, t);
	return s;
}

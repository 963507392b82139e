#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/intern.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))
#define STRINGS		50000
#define THREADS		8

static struct intern *in;

static void
setup(void)
{
	in = intern_new();
}

static void
teardown(void)
{
	intern_free(in);
}

static struct slice
string(size_t i, char text[32])
{
	snprintf(text, 32, "user%zu@example.org", i);
	return sl(text);
}

START_TEST(the_empty_string_is_0_and_null_may_be_freed)
{
	ck_assert_uint_eq(intern(in, (struct slice){ NULL, 0 }), 0);
	ck_assert_uint_eq(intern(in, SL("")), 0);
	ck_assert_uint_eq(intern_lower(in, SL("")), 0);
	ck_assert_uint_eq(intern_str(in, 0).n, 0);
	ck_assert_uint_eq(intern_count(in), 0);
	intern_free(NULL);
}
END_TEST

START_TEST(a_number_that_was_never_given_is_the_empty_string)
{
	static const uint32_t none[] = { 1, 2, 64, 65, 1000, UINT32_MAX };
	uint32_t id, i;
	size_t found = 0;

	for (i = 0; i < NITEMS(none); i++)
		ck_assert_uint_eq(intern_str(in, none[i]).n, 0);
	id = intern(in, SL("a"));
	for (i = 0; i <= intern_count(in) + 100; i++)
		found += intern_str(in, i).n;
	ck_assert_uint_eq(found, 1);
	ck_assert_uint_le(id, intern_count(in));
}
END_TEST

START_TEST(the_same_bytes_have_the_same_number)
{
	static const struct slice v[] = {
		{ "a", 1 }, { "A", 1 }, { "a\0", 2 }, { "a\0b", 3 },
		{ "\0", 1 }, { "\0\0", 2 }, { " ", 1 }, { "\xff\xfe", 2 },
		{ "ab", 2 },
	};
	uint32_t id[NITEMS(v)];
	size_t i, j;

	for (i = 0; i < NITEMS(v); i++) {
		id[i] = intern(in, v[i]);
		ck_assert_uint_ne(id[i], 0);
		for (j = 0; j < i; j++)
			ck_assert_uint_ne(id[i], id[j]);
	}
	for (i = 0; i < NITEMS(v); i++) {
		ck_assert_uint_eq(intern(in, v[i]), id[i]);
		ck_assert(sl_eq(intern_str(in, id[i]), v[i]));
		ck_assert_int_eq(intern_str(in, id[i]).p[v[i].n], '\0');
	}
}
END_TEST

START_TEST(the_caller_may_reuse_its_bytes)
{
	char text[] = "abc";
	uint32_t id = intern(in, sl(text));

	memset(text, 'x', 3);
	ck_assert(sl_eq(intern_str(in, id), SL("abc")));
}
END_TEST

START_TEST(lower_folds_a_to_z_only_and_all_of_it)
{
	static const size_t lengths[] = { 1, 1023, 1024, 1025, 5000 };
	char upper[5001], low[5001];
	uint32_t id;
	size_t i;

	ck_assert_uint_eq(intern_lower(in, SL("Bob@\xc4.COM")),
	    intern(in, SL("bob@\xc4.com")));
	memset(upper, 'X', sizeof(upper));
	memset(low, 'x', sizeof(low));
	for (i = 0; i < NITEMS(lengths); i++) {
		id = intern_lower(in, (struct slice){ upper, lengths[i] });
		ck_assert_uint_eq(id,
		    intern(in, (struct slice){ low, lengths[i] }));
		ck_assert_uint_eq(intern_str(in, id).n, lengths[i]);
	}
}
END_TEST

START_TEST(many_strings_are_kept_apart)
{
	size_t i;
	uint32_t *id = calloc(STRINGS, sizeof(*id));
	char text[32];

	ck_assert_ptr_nonnull(id);
	for (i = 0; i < STRINGS; i++)
		id[i] = intern(in, string(i, text));
	for (i = 0; i < STRINGS; i++) {
		ck_assert_uint_eq(intern(in, string(i, text)), id[i]);
		ck_assert(sl_eq(intern_str(in, id[i]), sl(text)));
		ck_assert_uint_le(id[i], intern_count(in));
	}
	/* numbers are dense enough to index an array by them */
	ck_assert_uint_le(intern_count(in), STRINGS + STRINGS / 4);
	free(id);
}
END_TEST

struct part {
	pthread_t	 thread;
	size_t		 number;
	uint32_t	*id;
};

/* All strings, each thread in an order and with a view of its own. */
static void *
add_all(void *arg)
{
	struct part *p = arg;
	struct intern *view = intern_view(in);
	size_t i, k;
	char text[32];

	for (i = 0; i < STRINGS; i++) {
		k = (i * (2 * p->number + 1) + p->number * 6007) % STRINGS;
		p->id[k] = intern(view, string(k, text));
		if (i % 3 == 0 && intern(view, sl(text)) != p->id[k])
			return NULL;
	}
	for (k = 0; k < STRINGS; k++)
		p->id[k] = intern_lower(view, string(k, text));
	intern_free(view);
	return p;
}

START_TEST(threads_that_add_the_same_strings_get_the_same_numbers)
{
	struct part part[THREADS];
	char text[32], *taken;
	void *good;
	size_t i, k;

	for (i = 0; i < THREADS; i++) {
		part[i].number = i;
		part[i].id = calloc(STRINGS, sizeof(*part[i].id));
		ck_assert_ptr_nonnull(part[i].id);
		ck_assert_int_eq(pthread_create(&part[i].thread, NULL, add_all,
		    &part[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(part[i].thread, &good), 0);
		ck_assert_ptr_nonnull(good);
	}
	taken = calloc((size_t)intern_count(in) + 1, 1);
	ck_assert_ptr_nonnull(taken);
	for (k = 0; k < STRINGS; k++) {
		ck_assert_uint_le(part[0].id[k], intern_count(in));
		ck_assert_int_eq(taken[part[0].id[k]]++, 0);
		ck_assert(sl_eq(intern_str(in, part[0].id[k]),
		    string(k, text)));
		for (i = 1; i < THREADS; i++)
			ck_assert_uint_eq(part[i].id[k], part[0].id[k]);
	}
	free(taken);
	for (i = 0; i < THREADS; i++)
		free(part[i].id);
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("intern");
	TCase *t = tcase_create("intern");

	tcase_set_timeout(t, 30);	/* a loaded machine is no fault */
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, the_empty_string_is_0_and_null_may_be_freed);
	tcase_add_test(t,
	    a_number_that_was_never_given_is_the_empty_string);
	tcase_add_test(t, the_same_bytes_have_the_same_number);
	tcase_add_test(t, the_caller_may_reuse_its_bytes);
	tcase_add_test(t, lower_folds_a_to_z_only_and_all_of_it);
	tcase_add_test(t, many_strings_are_kept_apart);
	tcase_add_test(t,
	    threads_that_add_the_same_strings_get_the_same_numbers);
	suite_add_tcase(s, t);
	return s;
}

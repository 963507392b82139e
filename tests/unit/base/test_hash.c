#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/wait.h>

#include "base/hash.h"

Suite	*suite(void);

#define CHILD	"SPOOLKIT_TEST_HASH"

static uint64_t
hash_of_x(void)
{
	return hash64(SL("x"));
}

/* This program again, as a process of its own, says what it gets. */
static uint64_t
hash_in_another_run(void)
{
	uint64_t h = 0;
	int p[2];
	pid_t pid;

	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_ge(pid = fork(), 0);
	if (pid == 0) {
		dup2(p[1], STDOUT_FILENO);
		setenv(CHILD, "1", 1);
		execl("/proc/self/exe", "test_hash", (char *)NULL);
		_exit(127);
	}
	close(p[1]);
	ck_assert_int_eq(read(p[0], &h, sizeof(h)), sizeof(h));
	close(p[0]);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	return h;
}

START_TEST(a_run_has_hashes_of_its_own)
{
	ck_assert_uint_eq(hash_of_x(), hash_of_x());
	ck_assert_uint_ne(hash_in_another_run(), hash_of_x());
	ck_assert_uint_ne(hash_in_another_run(), hash_in_another_run());
}
END_TEST

static void
sum_of(const char *bytes, size_t n, size_t piece, uint8_t out[16])
{
	struct runsum *r = runsum_new();
	size_t i;

	for (i = 0; i < n; i += piece)
		runsum_add(r, (struct slice){ bytes + i,
		    n - i < piece ? n - i : piece });
	runsum_end(r, out);
	runsum_free(r);
}

START_TEST(a_sum_of_the_run_is_of_the_bytes_alone)
{
	char bytes[5000];
	uint8_t whole[16], pieces[16];
	size_t i;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 31);
	sum_of(bytes, sizeof(bytes), sizeof(bytes), whole);
	sum_of(bytes, sizeof(bytes), 777, pieces);
	ck_assert_mem_eq(whole, pieces, sizeof(whole));
	for (i = 0; i < sizeof(bytes); i += 499) {
		bytes[i] ^= 1;
		sum_of(bytes, sizeof(bytes), 777, pieces);
		ck_assert_mem_ne(whole, pieces, sizeof(whole));
		bytes[i] ^= 1;
	}
	sum_of(bytes, sizeof(bytes) - 1, 777, pieces);
	ck_assert_mem_ne(whole, pieces, sizeof(whole));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("hash");
	TCase *tc = tcase_create("hash");
	uint64_t h = hash_of_x();

	if (getenv(CHILD) != NULL)
		_exit(write(STDOUT_FILENO, &h, sizeof(h)) != sizeof(h));
	tcase_add_test(tc, a_run_has_hashes_of_its_own);
	tcase_add_test(tc, a_sum_of_the_run_is_of_the_bytes_alone);
	suite_add_tcase(s, tc);
	return s;
}

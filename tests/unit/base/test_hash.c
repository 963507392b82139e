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

Suite *
suite(void)
{
	Suite *s = suite_create("hash");
	TCase *tc = tcase_create("hash");
	uint64_t h = hash_of_x();

	if (getenv(CHILD) != NULL)
		_exit(write(STDOUT_FILENO, &h, sizeof(h)) != sizeof(h));
	tcase_add_test(tc, a_run_has_hashes_of_its_own);
	suite_add_tcase(s, tc);
	return s;
}

#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sandbox.h"
#include "case/case.h"
#include "case/ledger.h"
#include "io/broker.h"

Suite	*suite(void);

/*
 * What somebody who took over a reader of hostile bytes would try, in the
 * process itself, with the same profile as a scan that has a case: errno of
 * each.  The folder has spool/a, and case.db.
 */
static char dir[] = "/tmp/sandboxXXXXXX";
static int sock;

static void
make_folder(void)
{
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert_int_eq(mkdir("spool", 0700), 0);
	ck_assert_int_eq(system("echo a >spool/a; echo b >beside; chmod 644 "
	    "spool/a beside"), 0);
	sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void
remove_folder(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	(void)!system("rm -rf /tmp/sandbox??????");
	close(sock);
}

static long
opening(const char *path, int flags)
{
	return open(path, flags, 0600);
}

static long shadow(void) { return opening("/etc/shadow", O_RDONLY); }
static long home(void) { return opening("beside", O_RDONLY); }
static long listing(void) { return opening("/root", O_RDONLY | O_DIRECTORY); }
static long environ_of(void) { return opening("/proc/1/environ", O_RDONLY); }
static long beside(void) { return opening("new", O_WRONLY | O_CREAT); }
static long over(void) { return opening("beside", O_WRONLY); }
static long cut_off(void) { return opening("beside", O_RDONLY | O_TRUNC); }
static long cut_short(void) { return opening("spool/a", O_RDONLY | O_TRUNC); }
static long shortening(void) { return truncate("spool/a", 0); }
static long nameless(void) { return opening("/tmp", O_TMPFILE | O_RDWR); }
static long in_spool(void) { return opening("spool/a", O_RDWR); }

static long
by_openat2(void)
{
	uint64_t how[3] = { O_WRONLY | O_CREAT, 0600, 0 };

	return syscall(437, AT_FDCWD, "new", how, sizeof(how));
}

static long
connecting(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_port = htons(9), .sin_addr = { htonl(INADDR_LOOPBACK) } };

	return connect(sock, (void *)&in, sizeof(in));
}

static long
calling(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static long
exec_true(void)
{
	char *argv[] = { (char[]){ "true" }, NULL };

	return execv("/bin/true", argv);
}

static long modes(void) { return chmod("spool/a", 0777); }
static long owners(void) { return chown("spool/a", 1, 1); }

static long
times(void)
{
	return utimensat(AT_FDCWD, "spool/a", NULL, 0);
}

static long
attribute(void)
{
	return setxattr("spool/a", "user.a", "1", 1, 0);
}

static long removal(void) { return unlink("spool/a"); }
static long renaming(void) { return rename("spool/a", "spool/b"); }
static long linking(void) { return link("spool/a", "b"); }
static long folder(void) { return mkdir("d", 0700); }
static long pipe_name(void) { return mkfifo("f", 0600); }
static long tracing(void) { return ptrace(PTRACE_SEIZE, getppid(), 0, 0); }
static long killing(void) { return kill(getppid(), 0); }
static long
limiting(void)
{
	return prlimit(getppid(), RLIMIT_NPROC, NULL, &(struct rlimit){ 0 });
}

static long ring(void) { return syscall(425, 1, NULL); }
static long typing(void) { return ioctl(0, TIOCSTI, "x"); }

static long
reading_others(void)
{
	char c;
	struct iovec io = { &c, 1 }, at = { (void *)(uintptr_t)&dir, 1 };

	return process_vm_readv(getppid(), &io, 1, &at, 1, 0);
}

static const struct {
	const char	*what;
	long		(*try)(void);
	bool		 landlock, seccomp;	/* by which it is refused */
	bool		 traced;	/* a sanitizer leaves it to the process */
} payload[] = {
	{ "open /etc/shadow", shadow, true, false, false },
	{ "read a file beside the case", home, true, false, false },
	{ "list /root", listing, true, false, false },
	{ "read another's environment", environ_of, true, false, true },
	{ "make a file beside the case", beside, true, true, false },
	{ "write over a file beside it", over, true, true, false },
	{ "truncate a file beside it", cut_off, true, true, false },
	{ "truncate in the spool by opening", cut_short, false, true, false },
	{ "truncate in the spool", shortening, false, true, false },
	{ "make a nameless file", nameless, true, true, false },
	{ "write in the spool", in_spool, true, true, false },
	{ "make a file by openat2", by_openat2, true, true, false },
	{ "connect", connecting, false, true, false },
	{ "make a socket", calling, false, true, false },
	{ "run a program", exec_true, false, true, false },
	{ "chmod in the spool", modes, false, true, false },
	{ "chown in the spool", owners, false, true, false },
	{ "set times in the spool", times, false, true, false },
	{ "set an attribute in the spool", attribute, false, true, false },
	{ "remove from the spool", removal, true, true, false },
	{ "rename in the spool", renaming, true, true, false },
	{ "link out of the spool", linking, true, true, false },
	{ "make a folder", folder, true, true, false },
	{ "make a fifo", pipe_name, true, true, false },
	{ "trace another process", tracing, true, true, true },
	{ "read another's memory", reading_others, true, true, true },
	{ "signal another process", killing, false, true, false },
	{ "limit another process", limiting, false, true, false },
	{ "have the kernel do it aside", ring, false, true, false },
	{ "type into the terminal", typing, false, true, false },
};
#define PAYLOADS	(sizeof(payload) / sizeof(payload[0]))

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TRACED	true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TRACED	true
#endif
#endif
#ifndef TRACED
#define TRACED	false
#endif

/* 0: refused; 1: done, or refused for another reason; 2: nothing refuses it. */
static int
attempt(size_t i, bool with_case)
{
	struct sandbox box = { .n = 0 };
	struct sandbox_force f;
	struct casefile *c;
	struct err err;

	if (with_case && (case_open(&c, "case.db", CASE_CREATE, &err) == -1 ||
	    case_confine(c, &box, &err) == -1))
		return 1;
	sandbox_path(&box, "spool");
	f = sandbox_force(&box);
	if (!((payload[i].landlock && f.landlock > 0) ||
	    (payload[i].seccomp && f.seccomp)) ||
	    (payload[i].traced && TRACED))
		return 2;
	errno = 0;
	if (payload[i].try() != -1)
		return 1;
	return errno == EPERM || errno == EACCES || errno == ENOSYS ? 0 : 1;
}

START_TEST(a_payload_is_refused)
{
	int status;
	pid_t pid;

	make_folder();
	if ((pid = fork()) == 0)
		_exit(attempt((size_t)_i, true));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "%s: signal %d", payload[_i].what,
	    WTERMSIG(status));
	if (WEXITSTATUS(status) == 2)
		printf("# not refused here: %s\n", payload[_i].what);
	ck_assert_msg(WEXITSTATUS(status) != 1, "%s", payload[_i].what);
	remove_folder();
}
END_TEST

/* ---- what has to go on ---- */

static int
work_confined(bool restart)
{
	struct ledger_row row = { .verb = SL("test"), .what = SL("a"),
	    .result = SL("b") };
	struct sandbox box = { .n = 0 };
	struct casefile *c;
	struct err err;
	char text[2];
	int fd, i;

	if (case_open(&c, "case.db", restart ? CASE_WRITE : CASE_CREATE,
	    &err) == -1 || case_confine(c, &box, &err) == -1)
		return 1;
	sandbox_path(&box, "spool");
	(void)sandbox_force(&box);
	for (i = 0; i < 3; i++)
		if (ledger_add(c, &row, &err) == -1)
			return 2;
	if ((fd = open("spool/a", O_RDONLY)) == -1 || read(fd, text, 2) != 2)
		return 3;
	return case_close(c, &err) == -1 ? 4 : 0;
}

START_TEST(a_case_is_written_and_is_one_file_again)
{
	int status, i;
	pid_t pid;

	make_folder();
	for (i = 0; i < 2; i++) {
		if ((pid = fork()) == 0)
			_exit(work_confined(i > 0));
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
		ck_assert_int_eq(access("case.db", F_OK), 0);
		ck_assert_int_eq(access("case.db-journal", F_OK), -1);
		ck_assert_int_eq(access("case.db-wal", F_OK), -1);
		ck_assert_int_eq(access("case.db-shm", F_OK), -1);
	}
	remove_folder();
}
END_TEST

START_TEST(off_is_off)
{
	struct sandbox box = { .off = true };
	struct sandbox_force f = sandbox_force(&box);

	ck_assert(f.landlock == 0 && !f.seccomp && !f.caps);
	ck_assert_int_eq(close(socket(AF_UNIX, SOCK_STREAM, 0)), 0);
}
END_TEST

/* ---- the other process ---- */

START_TEST(a_broker_opens_its_files_only)
{
	struct broker *b;
	struct err err;
	int fd;

	make_folder();
	ck_assert_int_eq(broker_new(&b, "beside", NULL, 0, &err), 0);
	fd = broker_open(b, BROKER_WAL, O_RDWR | O_CREAT);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(access("beside-wal", F_OK), 0);
	close(fd);
	ck_assert_int_eq(broker_unlink(b, BROKER_MAIN), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(broker_open(b, BROKER_FILES, O_RDONLY), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(broker_open(b, BROKER_JOURNAL, O_RDWR), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(broker_unlink(b, BROKER_WAL), 0);
	ck_assert_int_eq(symlink("spool/a", "beside-shm"), 0);
	ck_assert_int_eq(broker_open(b, BROKER_SHM, O_RDWR | O_CREAT), -1);
	ck_assert_int_eq(errno, ELOOP);
	broker_free(b);
	remove_folder();
}
END_TEST

START_TEST(a_broker_makes_a_file_that_nobody_else_sees)
{
	struct broker *b;
	struct err err;
	struct stat st;
	char c = 'x';
	int fd;

	make_folder();
	ck_assert_int_eq(broker_new(&b, "beside", NULL, 0, &err), 0);
	fd = broker_open(b, BROKER_TEMP, O_RDWR | O_CREAT | O_EXCL);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, &c, 1), 1);
	ck_assert_int_eq(pread(fd, &c, 1, 0), 1);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_nlink, 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(system("[ $(ls | wc -l) -eq 2 ]"), 0);
	ck_assert_int_eq(broker_unlink(b, BROKER_TEMP), -1);
	ck_assert_int_eq(errno, EPERM);
	close(fd);
	broker_free(b);
	remove_folder();
}
END_TEST

START_TEST(a_broker_dials_its_addresses_only)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct broker_address to = { .n = sizeof(in) };
	socklen_t n = sizeof(in);
	struct broker *b;
	struct err err;
	int listening = socket(AF_INET, SOCK_STREAM, 0), fd;

	ck_assert_int_eq(bind(listening, (void *)&in, sizeof(in)), 0);
	ck_assert_int_eq(listen(listening, 1), 0);
	ck_assert_int_eq(getsockname(listening, (void *)&in, &n), 0);
	memcpy(&to.sa, &in, sizeof(in));
	ck_assert_int_eq(broker_new(&b, NULL, &to, 1, &err), 0);
	fd = broker_dial(b, (void *)&in, sizeof(in));
	ck_assert_int_gt(fd, 0);
	close(fd);
	in.sin_port ^= 1;
	ck_assert_int_eq(broker_dial(b, (void *)&in, sizeof(in)), -1);
	ck_assert_int_eq(errno, EPERM);
	ck_assert_int_eq(broker_open(b, BROKER_MAIN, O_RDONLY), -1);
	broker_free(b);
	close(listening);
}
END_TEST

START_TEST(a_broker_replaces_its_files_only)
{
	const struct broker_out outs[] = { { "beside", 0600 },
	    { "none/x", 0600 }, { "never", 0600 } };
	struct broker *b;
	struct stat st;
	struct err err;

	make_folder();
	ck_assert_int_eq(broker_writer(&b, outs, 3, &err), 0);
	ck_assert_int_eq(broker_put(b, 0, SL("longer\n"), &err), 0);
	ck_assert_int_eq(broker_put(b, 1, SL("x"), &err), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "none/x"));
	ck_assert_int_eq(broker_put(b, BROKER_OUTS, SL("x"), &err), -1);
	ck_assert_int_eq(broker_open(b, BROKER_MAIN, O_RDONLY), -1);
	ck_assert_int_eq(errno, EPERM);
	broker_free(b);
	ck_assert_int_eq(access("never", F_OK), -1);
	ck_assert_int_eq(stat("beside", &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(st.st_size, 7);
	remove_folder();
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("sandbox");
	TCase *tc = tcase_create("sandbox");

	tcase_add_loop_test(tc, a_payload_is_refused, 0, (int)PAYLOADS);
	tcase_add_test(tc, a_case_is_written_and_is_one_file_again);
	tcase_add_test(tc, off_is_off);
	tcase_add_test(tc, a_broker_opens_its_files_only);
	tcase_add_test(tc, a_broker_makes_a_file_that_nobody_else_sees);
	tcase_add_test(tc, a_broker_dials_its_addresses_only);
	tcase_add_test(tc, a_broker_replaces_its_files_only);
	suite_add_tcase(s, tc);
	return s;
}

/*
 * kill - run a command, and kill it as it enters its n-th system call.
 *
 *	kill [-w] -c FILE command ...	let it run; the count goes to FILE
 *	kill [-w] -n N command ...	kill -9 before the n-th one is done
 *
 * -w counts only calls that may change something outside of the process:
 * between two of these a kill finds the same files.  The command's children
 * are counted and killed with it.  The status is the command's, 128 and the
 * signal when it died, or 127.  tests/e2e/lib.sh has kill_each.
 */
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPTIONS	(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | \
	PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
	PTRACE_O_TRACEEXEC)

static const uint64_t changing[] = {
	SYS_write, SYS_pwrite64, SYS_writev, SYS_pwritev, SYS_pwritev2,
	SYS_sendto, SYS_sendmsg, SYS_sendfile, SYS_copy_file_range,
	SYS_renameat, SYS_renameat2, SYS_unlinkat, SYS_mkdirat, SYS_linkat,
	SYS_symlinkat, SYS_mknodat, SYS_openat2, SYS_truncate, SYS_ftruncate,
	SYS_fallocate, SYS_fsync, SYS_fdatasync, SYS_sync, SYS_syncfs,
	SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_fchownat, SYS_utimensat,
	SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, SYS_removexattr,
	SYS_lremovexattr, SYS_fremovexattr, SYS_flock, SYS_connect,
#ifdef SYS_open
	SYS_rename, SYS_unlink, SYS_rmdir, SYS_mkdir, SYS_link, SYS_symlink,
	SYS_mknod, SYS_creat, SYS_chmod, SYS_chown, SYS_lchown,
#endif
};

struct run {
	bool		 only_changing;
	uint64_t	 at;		/* kill there; 0: never */
	uint64_t	 count;
	pid_t		 first;
	int		 status;	/* of first */
};

static void
die(const char *what)
{
	fprintf(stderr, "kill: %s: %s\n", what, strerror(errno));
	exit(127);
}

static bool
changes(const struct __ptrace_syscall_info *c)
{
	size_t i;

	if (c->entry.nr == SYS_openat)
		return (c->entry.args[2] & (O_CREAT | O_TRUNC | O_TMPFILE)) != 0;
	for (i = 0; i < sizeof(changing) / sizeof(changing[0]); i++)
		if (c->entry.nr == changing[i])
			return true;
	return false;
}

/* Does the process end here? */
static bool
counted(struct run *r, pid_t pid)
{
	struct __ptrace_syscall_info c = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(c), &c) <= 0 ||
	    c.op != PTRACE_SYSCALL_INFO_ENTRY)
		return false;
	if (r->only_changing && !changes(&c))
		return false;
	return ++r->count == r->at;
}

static void
start(char *argv[])
{
	setpgid(0, 0);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
		die("ptrace");
	raise(SIGSTOP);
	execvp(argv[0], argv);
	die(argv[0]);
}

/* What to pass on to a process that stopped: a signal of its own, or none. */
static int
signal_of(int status)
{
	int sig = WSTOPSIG(status);

	return status >> 16 != 0 || sig == (SIGTRAP | 0x80) ||
	    sig == SIGSTOP || sig == SIGTRAP ? 0 : sig;
}

static void
follow(struct run *r)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (!WIFSTOPPED(status)) {
			if (pid == r->first)
				r->status = status;
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80) && counted(r, pid)) {
			kill(-r->first, SIGKILL);
			continue;
		}
		ptrace(PTRACE_SYSCALL, pid, NULL, signal_of(status));
	}
}

static void
write_count(const char *file, uint64_t count)
{
	FILE *f = fopen(file, "w");

	if (f == NULL || fprintf(f, "%llu\n", (unsigned long long)count) < 0 ||
	    fclose(f) == EOF)
		die(file);
}

int
main(int argc, char *argv[])
{
	struct run r = { 0 };
	const char *file = NULL;
	int c;

	while ((c = getopt(argc, argv, "+wc:n:")) != -1)
		switch (c) {
		case 'w':	r.only_changing = true; break;
		case 'c':	file = optarg; break;
		case 'n':	r.at = strtoull(optarg, NULL, 10); break;
		default:	return 127;
		}
	if (optind == argc || (file == NULL) == (r.at == 0)) {
		fprintf(stderr, "usage: kill [-w] -c file | -n n command ...\n");
		return 127;
	}
	if ((r.first = fork()) == -1)
		die("fork");
	if (r.first == 0)
		start(argv + optind);
	if (waitpid(r.first, &r.status, __WALL) != r.first ||
	    !WIFSTOPPED(r.status) ||
	    ptrace(PTRACE_SETOPTIONS, r.first, NULL, OPTIONS) == -1 ||
	    ptrace(PTRACE_SYSCALL, r.first, NULL, 0) == -1)
		die("ptrace");
	follow(&r);
	if (file != NULL)
		write_count(file, r.count);
	return WIFEXITED(r.status) ? WEXITSTATUS(r.status) :
	    128 + WTERMSIG(r.status);
}

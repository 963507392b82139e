/*
 * kill - run a command, and kill it as it enters its n-th system call, or have
 * that call fail.
 *
 *	kill [-w | -f] -c FILE command ...	let it run; the count goes to FILE
 *	kill [-w] -n N command ...	kill -9 before the n-th one is done
 *	kill -f -e K -n N command ...	the n-th one is not done and fails, with
 *					the K-th error that it may have (from 0)
 *
 * -f counts calls that may fail for reasons of the machine: files, disks,
 * memory; from main on (the first handler of SIGINT), and not what is said on
 * stderr.  -w counts only calls that may change something outside of the process:
 * between two of these a kill finds the same files.  The command's children
 * are counted and killed with it.  The status is the command's, 128 and the
 * signal when it died, or 127.  tests/e2e/lib.sh has kill_each.
 */
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
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

/* What a machine may answer; a call that only reads has EIO alone. */
static const struct {
	uint64_t	 nr;
	int		 errors[3];
} failing[] = {
	{ SYS_openat, { EMFILE, EACCES, ENOSPC } },
	{ SYS_read, { EIO } }, { SYS_pread64, { EIO } },
	{ SYS_getdents64, { EIO } },
	{ SYS_write, { ENOSPC, EIO, EDQUOT } },
	{ SYS_pwrite64, { ENOSPC, EIO, EDQUOT } },
	{ SYS_writev, { ENOSPC, EIO } }, { SYS_pwritev, { ENOSPC, EIO } },
	{ SYS_fsync, { EIO, ENOSPC } }, { SYS_fdatasync, { EIO, ENOSPC } },
	{ SYS_syncfs, { EIO } }, { SYS_ftruncate, { EIO } },
	{ SYS_fallocate, { ENOSPC } },
	{ SYS_sendfile, { EIO } }, { SYS_copy_file_range, { EIO, ENOSPC } },
	{ SYS_renameat, { EACCES, ENOSPC, EIO } },
	{ SYS_renameat2, { EACCES, ENOSPC, EIO } },
	{ SYS_unlinkat, { EACCES, EIO } },
	{ SYS_mkdirat, { ENOSPC, EACCES } },
	{ SYS_linkat, { EMLINK, ENOSPC } }, { SYS_symlinkat, { ENOSPC } },
	{ SYS_fchmod, { EPERM } }, { SYS_fchmodat, { EPERM } },
	{ SYS_fchown, { EPERM } }, { SYS_fchownat, { EPERM } },
	{ SYS_utimensat, { EPERM } }, { SYS_fsetxattr, { ENOTSUP, ENOSPC } },
	{ SYS_flock, { ENOLCK } }, { SYS_connect, { ECONNREFUSED } },
	{ SYS_sendto, { EPIPE } }, { SYS_sendmsg, { EPIPE } },
	{ SYS_recvfrom, { EIO } }, { SYS_memfd_create, { EMFILE } },
	{ SYS_mmap, { ENOMEM } }, { SYS_mremap, { ENOMEM } },
#ifdef SYS_open
	{ SYS_open, { EMFILE, EACCES, ENOSPC } },
	{ SYS_rename, { EACCES, ENOSPC, EIO } },
	{ SYS_unlink, { EACCES, EIO } }, { SYS_rmdir, { EACCES, EIO } },
	{ SYS_mkdir, { ENOSPC, EACCES } }, { SYS_link, { EMLINK, ENOSPC } },
	{ SYS_chmod, { EPERM } }, { SYS_chown, { EPERM } },
#endif
};

struct run {
	bool		 only_changing, only_failing;
	bool		 begun;		/* main was reached */
	int		 which;		/* error; -1: it is killed */
	pid_t		 refused;	/* whose call is to fail; 0: nobody's */
	int		 error;		/* with which */
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
		return (c->entry.args[2] & (O_CREAT | O_TRUNC)) != 0 ||
		    (c->entry.args[2] & O_TMPFILE) == O_TMPFILE;
	for (i = 0; i < sizeof(changing) / sizeof(changing[0]); i++)
		if (c->entry.nr == changing[i])
			return true;
	return false;
}

/* The error that the call may have; 0: it is not one of these. */
static int
error_of(const struct run *r, const struct __ptrace_syscall_info *c)
{
	size_t i;
	int k;

	if ((c->entry.nr == SYS_write && c->entry.args[0] == 2) ||
	    (c->entry.nr == SYS_mmap &&
	    (c->entry.args[3] & MAP_ANONYMOUS) == 0))
		return 0;
	for (i = 0; i < sizeof(failing) / sizeof(failing[0]); i++)
		if (c->entry.nr == failing[i].nr) {
			for (k = r->which; k > 0 && failing[i].errors[k] == 0;)
				k--;
			return failing[i].errors[k < 0 ? 0 : k];
		}
	return 0;
}

/* SIGINT's handler is set first thing in main. */
static bool
may_fail(struct run *r, const struct __ptrace_syscall_info *c)
{
	if (c->entry.nr == SYS_rt_sigaction && c->entry.args[0] == SIGINT)
		r->begun = true;
	return r->begun && (r->error = error_of(r, c)) != 0;
}

/* A call that does not exist is not done; its answer is changed as it ends. */
static void
set_register(pid_t pid, bool result, long value)
{
#if defined(__x86_64__)
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) == -1)
		return;
	if (result)
		regs.rax = (unsigned long long)value;
	else
		regs.orig_rax = (unsigned long long)value;
	ptrace(PTRACE_SETREGS, pid, NULL, &regs);
#else
	(void)pid, (void)result, (void)value;
	errno = ENOSYS;
	die("-e: registers of this processor");
#endif
}

/* Does the process end here? */
static bool
counted(struct run *r, pid_t pid)
{
	struct __ptrace_syscall_info c = { 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(c), &c) <= 0)
		return false;
	if (c.op == PTRACE_SYSCALL_INFO_EXIT && r->refused == pid) {
		set_register(pid, true, -r->error);
		r->refused = 0;
		r->which = -2;		/* once */
	}
	if (c.op != PTRACE_SYSCALL_INFO_ENTRY || r->refused != 0 ||
	    r->which == -2 ||
	    (r->only_changing && !changes(&c)) ||
	    (r->only_failing && !may_fail(r, &c)))
		return false;
	return ++r->count == r->at;
}

static void
refuse(struct run *r, pid_t pid)
{
	set_register(pid, false, -1);
	r->refused = pid;
}

/* Leaks cannot be looked for under ptrace: in a sanitizer's build an error. */
static void
no_leak_check(void)
{
	const char *was = getenv("ASAN_OPTIONS");
	char options[512];

	snprintf(options, sizeof(options), "%s:detect_leaks=0",
	    was == NULL ? "" : was);
	setenv("ASAN_OPTIONS", options, 1);
}

static void
start(char *argv[])
{
	setpgid(0, 0);
	no_leak_check();
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
			if (r->which == -1) {
				kill(-r->first, SIGKILL);
				continue;
			}
			refuse(r, pid);
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
	struct run r = { .which = -1 };
	const char *file = NULL;
	int c;

	while ((c = getopt(argc, argv, "+wfc:n:e:")) != -1)
		switch (c) {
		case 'w':	r.only_changing = true; break;
		case 'f':	r.only_failing = true; break;
		case 'e':	r.which = (int)strtol(optarg, NULL, 10); break;
		case 'c':	file = optarg; break;
		case 'n':	r.at = strtoull(optarg, NULL, 10); break;
		default:	return 127;
		}
	if (optind == argc || (file == NULL) == (r.at == 0) || r.which > 2) {
		fprintf(stderr, "usage: kill [-w | -f] -c file | -n n [-e k] "
		    "command ...\n");
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

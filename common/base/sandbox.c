#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/fs.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/sandbox.h"
#include "base/xalloc.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED	1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED	1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED	0	/* else its leak checker traces us at the end */
#endif

void
sandbox_path(struct sandbox *s, const char *path)
{
	if ((s->n & (s->n - 1)) == 0)
		s->paths = xrealloc(s->paths, s->n == 0 ? 1 : 2 * s->n,
		    sizeof(*s->paths));
	s->paths[s->n++] = path;
}

/* ---- files: Landlock ---- */

/*
 * The kernel's interface, of linux/landlock.h; older headers have less of it
 * than the kernel that runs may have.
 */
enum {
	FS_READ_FILE	= 1 << 2,
	FS_READ_DIR	= 1 << 3,
	FS_ABI_1	= (1 << 13) - 1,	/* all but the next ones */
	FS_REFER	= 1 << 13,	/* from version 2 on */
	FS_TRUNCATE	= 1 << 14,	/* 3 */
	FS_IOCTL_DEV	= 1 << 15,	/* 5 */
	NET_TCP		= 1 << 0 | 1 << 1,	/* 4: bind, connect */
	SCOPES		= 1 << 0 | 1 << 1,	/* 6: sockets, signals */
};
#define CREATE_RULESET	444
#define ADD_RULE	445
#define RESTRICT_SELF	446
#define GET_VERSION	1
#define PATH_BENEATH	1

struct ruleset {
	uint64_t	 fs, net, scoped;
};

struct beneath {
	uint64_t	 allowed;
	int32_t		 fd;
} __attribute__((packed));

/* What libraries open late: charsets, types of files, names of this system. */
static const char *const system_paths[] = {
	"/usr", "/lib", "/lib64", "/nix/store", "/gnu/store",
	"/etc/ld.so.cache", "/etc/ssl", "/etc/pki", "/etc/magic",
	"/etc/localtime", "/etc/passwd", "/etc/nsswitch.conf", "/proc/locks",
	"/dev/null", "/dev/urandom",
	"/sys/devices/system/cpu",
#if SANITIZED
	"/proc",
#endif
};

static struct ruleset
ruleset_of(int version, bool files)
{
	struct ruleset r = { .fs = FS_ABI_1 };

	r.fs |= version >= 2 ? FS_REFER : 0;
	r.fs |= version >= 3 ? FS_TRUNCATE : 0;
	r.fs |= version >= 5 ? FS_IOCTL_DEV : 0;
	r.net = version >= 4 ? NET_TCP : 0;
	r.scoped = version >= 6 ? SCOPES : 0;
	if (files)
		r.fs = 0;	/* any right of files takes renames with it */
	return r;
}

/* The file that a name leads into: "x.tar/In", "box.mbox@4096". */
static int
open_outer(const char *path)
{
	char *p = strdup(path), *cut;
	int fd = -1;

	while (p != NULL && (fd = open(p, O_PATH | O_CLOEXEC)) == -1) {
		cut = strrchr(p, errno == ENOTDIR ? '/' : '@');
		if (cut == NULL || (errno != ENOTDIR && errno != ENOENT))
			break;
		*cut = '\0';
	}
	free(p);
	return fd;
}

/* One that is not there is none: who opens it will tell. */
static void
allow(int rules, const char *path, uint64_t rights)
{
	struct beneath b = { .allowed = rights, .fd = open_outer(path) };
	struct stat st;

	if (b.fd == -1)
		return;
	if (fstat(b.fd, &st) == 0 && !S_ISDIR(st.st_mode))
		b.allowed &= ~(uint64_t)FS_READ_DIR;
	(void)syscall(ADD_RULE, rules, PATH_BENEATH, &b, 0);
	close(b.fd);
}

/*
 * With every file that is opened Landlock finds out whether it might be
 * truncated as well, and until a rule says yes it asks in each folder up to
 * the root of the file system.  Below what was named the answer is yes, then,
 * where seccomp refuses all calls that truncate: that is half of what the
 * sandbox costs a scan.
 *
 * Its version, or 0.
 */
static int
restrict_files(const struct sandbox *s, bool seccomp)
{
	const uint64_t reading = FS_READ_FILE | FS_READ_DIR;
	long version = syscall(CREATE_RULESET, NULL, 0, GET_VERSION);
	struct ruleset r;
	int rules;
	size_t i;

	if (version < 1)
		return 0;
	r = ruleset_of((int)version, s->files);
	rules = (int)syscall(CREATE_RULESET, &r, version >= 6 ? 24 :
	    version >= 4 ? 16 : 8, 0);
	if (rules == -1)
		return 0;
	for (i = 0; !s->files && i < s->n; i++)
		allow(rules, s->paths[i], reading |
		    (seccomp ? r.fs & FS_TRUNCATE : 0));
	for (i = 0; !s->files && i < sizeof(system_paths) /
	    sizeof(system_paths[0]); i++)
		allow(rules, system_paths[i], reading);
	if (syscall(RESTRICT_SELF, rules, 0) == -1)
		version = 0;
	close(rules);
	return (int)version;
}

/* ---- calls: seccomp ---- */

static const char *const no_network[] = {
	"socket", "socketpair", "socketcall", "connect", "bind", "listen",
	"accept", "accept4", NULL
};
static const char *const no_programs[] = {
	"execve", "execveat", "uselib", NULL
};
static const char *const no_others[] = {
#if !SANITIZED
	"ptrace", "process_vm_readv",
#endif
	"process_vm_writev", "process_madvise", "kcmp", "pidfd_open",
	"pidfd_getfd", "pidfd_send_signal", "tkill", "rt_sigqueueinfo",
	"rt_tgsigqueueinfo", "perf_event_open", "userfaultfd", NULL
};
/* Landlock does not know of these. */
static const char *const no_changes[] = {
	"chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown",
	"lchown", "fchownat", "utime", "utimes", "futimesat", "utimensat",
	"setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr",
	"lremovexattr", "fremovexattr", "removexattrat", "file_setattr", NULL
};
/* It does of these; without it they are refused all the same. */
static const char *const no_names[] = {
	"creat", "truncate", "mkdir", "mkdirat", "mknod", "mknodat", "rename",
	"renameat", "renameat2", "link", "linkat", "symlink", "symlinkat",
	"unlink", "unlinkat", "rmdir", NULL
};
/* What only root has use for, and ways round a filter of calls. */
static const char *const no_system[] = {
	"mount", "umount", "umount2", "pivot_root", "chroot", "open_tree",
	"move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
	"mount_setattr", "unshare", "setns", "open_by_handle_at", "bpf",
	"io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl",
	"add_key", "request_key", "init_module", "finit_module",
	"delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon",
	"swapoff", "acct", "quotactl", "quotactl_fd", "settimeofday",
	"clock_settime", "adjtimex", "clock_adjtime", "sethostname",
	"setdomainname", "iopl", "ioperm", "syslog", "vhangup",
	"fanotify_init", "lookup_dcookie", "nfsservctl", NULL
};

static bool
refuse(scmp_filter_ctx f, const char *const names[])
{
	int nr;

	for (; *names != NULL; names++) {
		nr = seccomp_syscall_resolve_name(*names);
		if (nr != __NR_SCMP_ERROR && seccomp_rule_add(f,
		    SCMP_ACT_ERRNO(EPERM), nr, 0) != 0)
			return false;
	}
	return true;
}

static bool
refuse_if(scmp_filter_ctx f, int nr, struct scmp_arg_cmp when)
{
	return seccomp_rule_add_array(f, SCMP_ACT_ERRNO(EPERM), nr, 1,
	    &when) == 0;
}

/* Opening for anything but reading; the flags are argument n. */
static bool
refuse_writing(scmp_filter_ctx f, int nr, unsigned n)
{
	static const unsigned bits[] = { O_WRONLY, O_RDWR, O_CREAT, O_TRUNC,
	    O_TMPFILE & ~O_DIRECTORY };
	size_t i;

	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (!refuse_if(f, nr, SCMP_CMP(n, SCMP_CMP_MASKED_EQ, bits[i],
		    bits[i])))
			return false;
	return true;
}

/* Signals to and limits of others, keys typed into the terminal, flags. */
static bool
refuse_arguments(scmp_filter_ctx f)
{
	static const unsigned requests[] = { TIOCSTI, TIOCLINUX,
	    FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR };
	const struct scmp_arg_cmp others = { .arg = 0, .op = SCMP_CMP_NE,
	    .datum_a = (scmp_datum_t)getpid() };
	const struct scmp_arg_cmp named = { .arg = 0, .op = SCMP_CMP_NE };
	size_t i;

	for (i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (!refuse_if(f, SCMP_SYS(ioctl), SCMP_A1(
		    SCMP_CMP_MASKED_EQ, 0xffffffff, requests[i])))
			return false;
	return refuse_if(f, SCMP_SYS(kill), others) &&
	    refuse_if(f, SCMP_SYS(prlimit64), named) && (SANITIZED ||
	    refuse_if(f, SCMP_SYS(tgkill), others));
}

/* openat2 has its flags where no filter sees them; nothing of ours needs it. */
static bool
refuse_files(scmp_filter_ctx f)
{
	return refuse(f, no_changes) && refuse(f, no_names) &&
	    refuse_writing(f, SCMP_SYS(open), 1) &&
	    refuse_writing(f, SCMP_SYS(openat), 2) &&
	    seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2),
	    0) == 0;
}

static bool
restrict_calls(const struct sandbox *s)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	bool done;

	if (f == NULL)
		return false;
	done = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
	    refuse(f, no_network) && refuse(f, no_programs) &&
	    refuse(f, no_others) && refuse(f, no_system) &&
	    refuse_arguments(f) && (s->files || refuse_files(f)) &&
	    seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 &&
	    seccomp_load(f) == 0;
	seccomp_release(f);
	return done;
}

/* ---- root's rights ---- */

/*
 * Reading what others may not, and FOWNER: without it the spool's access
 * times would change, as O_NOATIME is for owners.  What else that gives is
 * refused by seccomp, and where there is none it goes, too.
 */
static bool
drop_rights(bool seccomp)
{
	uint64_t keep = 1ull << CAP_DAC_READ_SEARCH;
	struct __user_cap_header_struct head = {
	    .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	int cap, i;

	keep |= seccomp ? 1ull << CAP_FOWNER : 0;
	for (cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if ((keep >> cap & 1) == 0)
			(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capget, &head, data) == -1)
		return false;
	for (i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(keep >> 32 * i);
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, data) == 0;
}

/* ---- all of it ---- */

/*
 * Rights last, since they let a filter be loaded where no_new_privs cannot
 * be set; FOWNER goes by what the filter is.
 */
struct sandbox_force
sandbox_force(struct sandbox *s)
{
	struct sandbox_force force = { 0 };

	if (!s->off) {
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		force.seccomp = restrict_calls(s);
		force.landlock = restrict_files(s, force.seccomp);
		force.caps = geteuid() == 0 && !s->files &&
		    drop_rights(force.seccomp);
	}
	free(s->paths);
	s->paths = NULL;
	s->n = 0;
	return force;
}

static void
tell(const struct sandbox *s, const struct sandbox_force *f)
{
	char files[64] = "no Landlock";

	if (s->off) {
		diag_note("sandbox: none, as you said");
		return;
	}
	if (f->landlock > 0)
		snprintf(files, sizeof(files), "Landlock version %d",
		    f->landlock);
	diag_note("sandbox: %s; %s%s", files, f->seccomp ? "seccomp" :
	    "no seccomp", f->caps ? "; of root's rights those to read" : "");
}

void
sandbox_enter(struct sandbox *s)
{
	struct sandbox_force f = sandbox_force(s);

	if (s->tell)
		tell(s, &f);
	else if (s->off)
		return;
	else if (f.landlock == 0 && !f.seccomp)
		diag_note("no sandbox: neither Landlock nor seccomp can be "
		    "used here");
	else if (f.landlock == 0)
		diag_note("half a sandbox: Landlock cannot be used here, so "
		    "any file can be read");
	else if (!f.seccomp)
		diag_note("half a sandbox: seccomp cannot be used here");
}

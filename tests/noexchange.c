/*
 * noexchange - run a command as on a file system that cannot exchange two
 * names: renameat2 with RENAME_EXCHANGE fails with EINVAL; with -a, as on NFS
 * or SMB, with any flag.
 */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXCHANGE	2	/* RENAME_EXCHANGE */
#define ANY		7
#define LOAD(member) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))

int
main(int argc, char *argv[])
{
	unsigned refused = argc > 1 && strcmp(argv[1], "-a") == 0 ? ANY :
	    EXCHANGE;
	struct sock_filter code[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 0, 3),
		LOAD(args[4]),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, refused, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };

	argv += refused == ANY;
	if (argc < 2 || argv[1] == NULL ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == -1) {
		perror("noexchange");
		return 127;
	}
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}

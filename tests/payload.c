/*
 * payload - what somebody would do who took over a command.
 *
 * Loaded into it (LD_PRELOAD), it waits until the command has done its work
 * and is about to end, and then tries.  $PAYLOAD is the file that is told,
 * a line for each: "refused NAME" (EPERM, EACCES or ENOSYS), "done NAME", or
 * "other NAME: why".  $PAYLOAD_SPOOL is a file of the spool, $PAYLOAD_BESIDE
 * one that is not there, beside the case, and with ".is" one that is.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int told = -1, sock = -1;
static char beside_is[4096];

static const char *
named(const char *name)
{
	const char *s = getenv(name);

	return s == NULL ? "/nonexistent" : s;
}

static int
opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd == -1 ? -1 : close(fd);
}

static int shadow(void) { return opens("/etc/shadow", O_RDONLY); }
static int reading(void) { return opens(beside_is, O_RDONLY); }
static int writing(void) { return opens(beside_is, O_WRONLY); }

static int
beside(void)
{
	return opens(named("PAYLOAD_BESIDE"), O_WRONLY | O_CREAT);
}

static int
connecting(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(1),
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int r = connect(sock, (void *)&to, sizeof(to));

	return r == -1 && errno == ECONNREFUSED ? 0 : r;
}

static int
calling(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd == -1 ? -1 : close(fd);
}

/* Where it is not refused the program's own name says that it is none. */
static int
program(void)
{
	char *argv[] = { (char[]){ "sh" }, NULL };
	char *const none[] = { NULL };
	int r = execve("/etc/passwd/sh", argv, none);

	return r == -1 && errno == ENOTDIR ? 0 : r;
}

static int modes(void) { return chmod(named("PAYLOAD_SPOOL"), 0600); }

static int
attribute(void)
{
	return setxattr(named("PAYLOAD_SPOOL"), "user.payload", "1", 1, 0);
}

static int cut(void) { return truncate(named("PAYLOAD_SPOOL"), 0); }
static int others(void) { return kill(getppid(), 0); }
static int removal(void) { return unlink(named("PAYLOAD_SPOOL")); }

static const struct {
	const char	*name;
	bool		 file;	/* of those that a command may keep */
	int		(*try)(void);
} payload[] = {
	{ "read /etc/shadow", true, shadow },
	{ "read beside the case", true, reading },
	{ "write beside the case", true, writing },
	{ "make a file beside the case", true, beside },
	{ "connect", false, connecting },
	{ "make a socket", false, calling },
	{ "run a program", false, program },
	{ "signal another process", false, others },
	{ "chmod in the spool", true, modes },
	{ "setxattr in the spool", true, attribute },
	{ "truncate in the spool", true, cut },
	{ "remove from the spool", true, removal },
};

static void __attribute__((constructor))
plant(void)
{
	const char *path = getenv("PAYLOAD");

	if (path == NULL)
		return;
	told = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(beside_is, sizeof(beside_is), "%s.is",
	    named("PAYLOAD_BESIDE"));
}

static void __attribute__((destructor))
fire(void)
{
	size_t i;

	for (i = 0; told != -1 && i < sizeof(payload) / sizeof(payload[0]);
	    i++) {
		int r = payload[i].try(), error = errno;

		if (r != -1)
			dprintf(told, "done%s %s\n", payload[i].file ?
			    " (file)" : "", payload[i].name);
		else if (error == EPERM || error == EACCES || error == ENOSYS)
			dprintf(told, "refused %s\n", payload[i].name);
		else
			dprintf(told, "other %s: %s\n", payload[i].name,
			    strerror(error));
	}
}

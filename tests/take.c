/*
 * take - a mail command that keeps what it gets, whole or not at all.
 *
 *	TAKE=DIR take argument ...	what is on stdin becomes a file in DIR
 *
 * The status is 0 when the file is there, and EX_TEMPFAIL when it is not.  A
 * shell that cannot read its script has done nothing and says 0.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

static int
copy(const char *to)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char buf[65536];
	ssize_t n;

	if (fd == -1)
		return -1;
	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)n) != n)
			break;
	return close(fd) == -1 || n != 0 ? -1 : 0;
}

int
main(void)
{
	const char *dir = getenv("TAKE");
	char name[4096], aside[4096];

	if (dir == NULL)
		return EX_USAGE;
	snprintf(name, sizeof(name), "%s/%ld", dir, (long)getpid());
	snprintf(aside, sizeof(aside), "%s/.%ld", dir, (long)getpid());
	if (copy(aside) == 0 && rename(aside, name) == 0)
		return EX_OK;
	unlink(aside);
	return EX_TEMPFAIL;
}

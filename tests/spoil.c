/*
 * spoil - a disk that keeps another byte than it was given.
 *
 * Loaded into a command (LD_PRELOAD): of the bytes that write(2) puts into a
 * file whose name ends in $SPOIL, the one at $SPOIL_AT has a bit changed.
 */
#include <sys/syscall.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
is_named(int fd)
{
	const char *end = getenv("SPOIL");
	char link[64], name[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (end == NULL || (n = readlink(link, name, sizeof(name) - 1)) == -1)
		return 0;
	name[n] = '\0';
	return (size_t)n >= strlen(end) &&
	    strcmp(name + (size_t)n - strlen(end), end) == 0;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	off_t from = lseek(fd, 0, SEEK_CUR);
	const char *told = getenv("SPOIL_AT");
	off_t at = told == NULL ? -1 : strtol(told, NULL, 10);
	char *copy;
	ssize_t r;

	if (from == -1 || at < from || at >= from + (off_t)n ||
	    !is_named(fd) || (copy = malloc(n)) == NULL)
		return syscall(SYS_write, fd, p, n);
	memcpy(copy, p, n);
	copy[at - from] ^= 4;
	r = syscall(SYS_write, fd, copy, n);
	free(copy);
	return r;
}

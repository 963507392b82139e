#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "act/running.h"
#include "base/slice.h"

#define PATH	4096
#define SMALL	512	/* /proc/PID/stat, as far as it is looked at */

/* The file of /proc, as a slice of buf. */
static struct slice
read_small(int dir, const char *name, char buf[SMALL])
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, buf, SMALL);

	if (fd != -1)
		close(fd);
	return (struct slice){ buf, n < 0 ? 0 : (size_t)n };
}

/* proc(5): pid (comm) state ppid pgrp session tty_nr; comm may hold ")". */
static bool
is_server(int dir, struct slice pid, char who[RUNNING_WHO])
{
	char buf[SMALL], ours[24];
	struct slice s = read_small(dir, "stat", buf), comm, word, session;
	const char *open = s.n == 0 ? NULL : memchr(s.p, '(', s.n);
	const char *end = s.n == 0 ? NULL : memrchr(s.p, ')', s.n);
	int i;

	if (open == NULL || end == NULL || end < open)
		return false;
	comm = (struct slice){ open + 1, (size_t)(end - open - 1) };
	s = sl_from(s, (size_t)(end + 1 - s.p));
	for (i = 0; i < 3; i++)		/* state, ppid, pgrp */
		if (!sl_word(&s, &word))
			return false;
	if (!sl_word(&s, &session) || !sl_word(&s, &word))
		return false;
	snprintf(ours, sizeof(ours), "%ld", (long)getsid(0));
	snprintf(who, RUNNING_WHO, SL_FMT ", process " SL_FMT,
	    SL_ARG(sl_first(comm, 32)), SL_ARG(sl_first(pid, 16)));
	return sl_eq(word, SL("0")) && !sl_eq(session, sl(ours));
}

static bool
is_below(int dir, const char *link, struct slice root)
{
	char to[PATH];
	ssize_t n = readlinkat(dir, link, to, sizeof(to));

	return n > 0 && (size_t)n < sizeof(to) && (size_t)n >= root.n &&
	    memcmp(to, root.p, root.n) == 0 &&
	    ((size_t)n == root.n || to[root.n] == '/');
}

/* "flags:	0100002", in octal. */
static bool
for_writing(int dir, const char *fd)
{
	char name[32], buf[SMALL];
	struct slice s, line, key, value;
	unsigned long flags;
	char text[24];

	snprintf(name, sizeof(name), "fdinfo/%.16s", fd);
	s = read_small(dir, name, buf);
	while (sl_line(&s, &line)) {
		if (!sl_cut(&line, ':', &key) || !sl_eq(key, SL("flags")))
			continue;
		value = sl_trim(line);
		snprintf(text, sizeof(text), SL_FMT, SL_ARG(sl_first(value,
		    sizeof(text) - 1)));
		flags = strtoul(text, NULL, 8);
		return (flags & O_ACCMODE) != O_RDONLY;
	}
	return false;
}

static bool
writes_below(int dir, struct slice root)
{
	int at = openat(dir, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = at == -1 ? NULL : fdopendir(at);
	struct dirent *e;
	bool found = false;

	while (d != NULL && !found && (e = readdir(d)) != NULL)
		found = is_below(dirfd(d), e->d_name, root) &&
		    for_writing(dir, e->d_name);
	if (d != NULL)
		closedir(d);
	else if (at != -1)
		close(at);
	return found;
}

static bool
works_in(int proc, const char *pid, struct slice root, char who[RUNNING_WHO])
{
	int dir = openat(proc, pid, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool server, yes;

	if (dir == -1)
		return false;		/* it has just ended */
	server = is_server(dir, sl(pid), who);
	yes = is_below(dir, "root", root) || (server &&
	    (is_below(dir, "cwd", root) || writes_below(dir, root)));
	close(dir);
	return yes;
}

bool
running_in(const char *root, char who[RUNNING_WHO])
{
	char *real = realpath(root, NULL);
	DIR *d = opendir("/proc");
	struct dirent *e;
	bool found = false;

	while (d != NULL && real != NULL && real[1] != '\0' && !found &&
	    (e = readdir(d)) != NULL)
		found = ascii_digit(e->d_name[0]) &&
		    works_in(dirfd(d), e->d_name, sl(real), who);
	if (d != NULL)
		closedir(d);
	free(real);
	return found;
}

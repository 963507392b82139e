/*
 * The yardstick: list some trees, then open, read whole and close every
 * regular file, with N threads.  Nothing else.  Prints files, bytes, seconds.
 *
 *	reader [-a] [-j THREADS] DIR ...
 *
 * -a: as fast as a disk lets it be read: in inode order, and the kernel is
 * told of each file 256 files before it is read.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES	4096
#define BUF		(1024 * 1024)
#define AHEAD		256

struct name {
	ino_t	 ino;
	char	*path;
};
static struct name *names;
static size_t	 nnames, room;
static bool	 ahead;
static atomic_size_t next;
static atomic_ullong bytes;

static void
add(ino_t ino, const char *path)
{
	if (nnames == room) {
		room = room == 0 ? 1024 : room * 2;
		if ((names = realloc(names, room * sizeof(*names))) == NULL)
			exit(1);
	}
	names[nnames].ino = ino;
	if ((names[nnames++].path = strdup(path)) == NULL)
		exit(1);
}

static void
list(const char *dir)
{
	char path[PATH_BYTES];
	struct dirent *de;
	DIR *d = opendir(dir);

	if (d == NULL)
		return;
	while ((de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);
		if (de->d_type == DT_DIR)
			list(path);
		if (de->d_type == DT_REG)
			add(de->d_ino, path);
	}
	closedir(d);
}

static int
by_inode(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static void
tell(size_t i)
{
	int fd;

	if (i >= nnames ||
	    (fd = open(names[i].path, O_RDONLY | O_CLOEXEC)) == -1)
		return;
	posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
	close(fd);
}

static void *
work(void *arg)
{
	char *buf = malloc(BUF);
	size_t i;
	ssize_t n;
	int fd;

	(void)arg;
	while (buf != NULL && (i = atomic_fetch_add(&next, 1)) < nnames) {
		if (ahead)
			tell(i + AHEAD);
		if ((fd = open(names[i].path, O_RDONLY | O_CLOEXEC)) == -1)
			continue;
		while ((n = read(fd, buf, BUF)) > 0)
			atomic_fetch_add(&bytes, (unsigned long long)n);
		close(fd);
	}
	free(buf);
	return NULL;
}

int
main(int argc, char *argv[])
{
	pthread_t t[64];
	struct timespec a, b;
	long threads = 2, i;
	int c;

	while ((c = getopt(argc, argv, "aj:")) != -1)
		if (c == 'a')
			ahead = true;
		else
			threads = c == 'j' ? strtol(optarg, NULL, 10) : 0;
	if (optind == argc || threads < 1 || threads > 64) {
		fprintf(stderr, "usage: reader [-a] [-j THREADS] DIR ...\n");
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (; optind < argc; optind++)
		list(argv[optind]);
	if (ahead) {
		qsort(names, nnames, sizeof(*names), by_inode);
		for (i = 0; i < AHEAD; i++)
			tell((size_t)i);
	}
	for (i = 0; i < threads; i++)
		if (pthread_create(&t[i], NULL, work, NULL) != 0)
			return 1;
	for (i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%zu %llu %.6f\n", nnames,
	    (unsigned long long)atomic_load(&bytes),
	    (double)(b.tv_sec - a.tv_sec) +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e9);
	return 0;
}

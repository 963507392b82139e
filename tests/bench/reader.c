/*
 * The yardstick: list a tree, then open, read whole and close every regular
 * file, with N threads.  Nothing else.  Prints files, bytes, seconds.
 *
 *	reader DIR [THREADS]
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATH_BYTES	4096
#define BUF		(1024 * 1024)

static char	**paths;
static size_t	 npaths, room;
static atomic_size_t next;
static atomic_ullong bytes;

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
		if (de->d_type != DT_REG)
			continue;
		if (npaths == room) {
			room = room == 0 ? 1024 : room * 2;
			paths = realloc(paths, room * sizeof(*paths));
			if (paths == NULL)
				exit(1);
		}
		paths[npaths++] = strdup(path);
	}
	closedir(d);
}

static void *
work(void *arg)
{
	char *buf = malloc(BUF);
	size_t i;
	ssize_t n;
	int fd;

	(void)arg;
	while (buf != NULL && (i = atomic_fetch_add(&next, 1)) < npaths) {
		if ((fd = open(paths[i], O_RDONLY | O_CLOEXEC)) == -1)
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
	long threads = argc > 2 ? strtol(argv[2], NULL, 10) : 2, i;

	if (argc < 2 || threads < 1 || threads > 64) {
		fprintf(stderr, "usage: reader DIR [THREADS]\n");
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &a);
	list(argv[1]);
	for (i = 0; i < threads; i++)
		if (pthread_create(&t[i], NULL, work, NULL) != 0)
			return 1;
	for (i = 0; i < threads; i++)
		pthread_join(t[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%zu %llu %.6f\n", npaths,
	    (unsigned long long)atomic_load(&bytes),
	    (double)(b.tv_sec - a.tv_sec) +
	    (double)(b.tv_nsec - a.tv_nsec) / 1e9);
	return 0;
}

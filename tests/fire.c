/*
 * fire - a server at work: create, rename and delete files in every folder
 * of a spool, by path, until a signal comes.
 *
 *	fire SPOOL PER-SECOND LEFT
 *
 * Each file is called ID.N; N grows with each rename.  At the end LEFT gets
 * the ID of each file that was not deleted, and stdout the counts: "missing"
 * is each time a folder was not there or a file could not be created, "gone"
 * each rename or delete whose file went away with its folder.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FOLDERS	64
#define FILES	(1 << 22)

struct file {
	unsigned char	 folder;
	unsigned char	 renamed;
	bool		 deleted, gone;
};

static char folders[FOLDERS][PATH_MAX / 2];
static size_t nfolders;
static struct file *files;
static size_t nfiles, done, created, renamed, deleted, missing, gone;
static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void
find_folders(const char *path)
{
	char sub[sizeof(folders[0])];
	struct dirent *de;
	DIR *d = opendir(path);

	while (d != NULL && (de = readdir(d)) != NULL) {
		if (de->d_type != DT_DIR || de->d_name[0] == '.' ||
		    nfolders == FOLDERS)
			continue;
		if (snprintf(sub, sizeof(sub), "%s/%s", path,
		    de->d_name) >= (int)sizeof(sub))
			continue;
		memcpy(folders[nfolders++], sub, sizeof(sub));
		find_folders(sub);
	}
	if (d != NULL)
		closedir(d);
}

static void
name_of(char out[PATH_MAX], size_t id, unsigned folder, unsigned n)
{
	snprintf(out, PATH_MAX, "%s/%zu.%u", folders[folder], id, n);
}

static void
create(void)
{
	char path[PATH_MAX];
	struct file *f = &files[nfiles];
	int fd;

	f->folder = (unsigned char)((size_t)rand() % nfolders);
	name_of(path, nfiles, f->folder, 0);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd == -1) {
		missing++;
		return;
	}
	if (write(fd, path, strlen(path)) == -1)
		missing++;
	close(fd);
	nfiles++;
	created++;
}

/* A file that is not there: with its folders, or has it gone with them? */
static void
failed(struct file *f, unsigned to)
{
	struct stat st;

	if (errno != ENOENT || stat(folders[f->folder], &st) == -1 ||
	    stat(folders[to], &st) == -1)
		missing++;
	else
		gone++;
	f->gone = true;
}

static void
change(struct file *f, size_t id)
{
	unsigned to = (unsigned)((size_t)rand() % nfolders);
	char old[PATH_MAX], new[PATH_MAX];
	bool delete = rand() % 2;

	name_of(old, id, f->folder, f->renamed);
	name_of(new, id, to, f->renamed + 1u);
	if ((delete ? unlink(old) : rename(old, new)) == -1)
		failed(f, to);
	else if (delete) {
		f->deleted = true;
		deleted++;
	} else {
		f->folder = (unsigned char)to;
		f->renamed++;
		renamed++;
	}
}

static void
work(void)
{
	size_t id = nfiles == 0 ? 0 : nfiles - 1 - (size_t)rand() %
	    (nfiles < 200 ? nfiles : 200);

	done++;
	if (nfiles == 0 || (rand() % 2 && nfiles < FILES - 1))
		create();
	else if (!files[id].deleted && !files[id].gone &&
	    files[id].renamed < 255)
		change(&files[id], id);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char *argv[])
{
	const struct timespec nap = { .tv_nsec = 500000 };
	double began, took;
	size_t rate, i;
	FILE *f;

	if (argc != 4)
		return 2;
	signal(SIGTERM, on_signal);
	find_folders(argv[1]);
	files = calloc(FILES, sizeof(*files));
	rate = strtoul(argv[2], NULL, 10);
	if (files == NULL || nfolders == 0 || rate == 0)
		return 2;
	began = now();
	while (!stop) {
		while (!stop && (double)done < (now() - began) * (double)rate)
			work();
		nanosleep(&nap, NULL);
	}
	took = now() - began;
	if ((f = fopen(argv[3], "w")) == NULL)
		return 2;
	for (i = 0; i < nfiles; i++)
		if (!files[i].deleted)
			fprintf(f, "%zu\n", i);
	printf("folders %zu per-second %.0f created %zu renamed %zu deleted "
	    "%zu gone %zu missing %zu\n", nfolders, (double)done / took,
	    created, renamed, deleted, gone, missing);
	free(files);
	return fclose(f) == 0 ? 0 : 2;
}

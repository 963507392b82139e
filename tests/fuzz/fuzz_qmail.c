#include <fcntl.h>
#include <sys/stat.h>

#include "fuzz_spool.h"

/*
 * The message, and behind form feeds todo, info, remote and bounce: of one
 * message that is not sorted yet, and of one that is.
 */
static const char *const files[] = { "mess/1", "mess/2", "todo/1", "info/2",
    "remote/2", "bounce/2" };

static struct queue {
	char			 dir[64];
	int			 fd[NITEMS(files)];
	struct spool		*sp;
	struct spool_entry	 e[2];
	struct spool_reader	*rd;
} q;

static const char *
path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", q.dir, name);
	return path;
}

static void
queue_remove(void)
{
	static const char *const dirs[] = { "mess", "todo", "info", "remote",
	    "bounce", "" };
	size_t i;

	for (i = 0; i < NITEMS(files); i++)
		unlink(path_of(files[i]));
	for (i = 0; i < NITEMS(dirs); i++)
		rmdir(path_of(dirs[i]));
	for (i = 0; i < 2; i++)
		spool_entry_done(&q.e[i]);
	spool_reader_free(q.rd);
	spool_close(q.sp);
}

static void
queue_make(struct arena *a)
{
	static struct arena *keep;
	struct spool **set;
	struct err err;
	size_t i, n;

	keep = arena_new();
	snprintf(q.dir, sizeof(q.dir), "%s/fuzz_qmail.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	HOLDS(mkdtemp(q.dir) != NULL);
	for (i = 0; i < NITEMS(files); i++) {
		char name[16];

		snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(files[i], "/"), files[i]);
		mkdir(path_of(name), 0700);
		q.fd[i] = open(path_of(files[i]), O_RDWR | O_CREAT | O_CLOEXEC,
		    0600);
		HOLDS(q.fd[i] != -1);
	}
	HOLDS(spool_open(&set, &n, keep, q.dir, "qmail", &err) == 0 && n == 1);
	q.sp = set[0];
	for (i = 0; i < 2; i++)
		HOLDS(spool_lookup(q.sp, keep, files[i], &q.e[i], &err) == 1);
	q.rd = spool_reader_new(a);
	atexit(queue_remove);
}

static struct slice
cut_file(struct slice *rest)
{
	const char *mark = sl_find(*rest, SL("\n\f\n"));
	struct slice s = *rest;

	*rest = sl_from(s, s.n);
	if (mark == NULL)
		return s;
	*rest = sl_from(s, (size_t)(mark + 3 - s.p));
	return sl_first(s, (size_t)(mark - s.p));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena *a = fuzz_arena();
	struct slice rest = fuzz_input(data, n), mess = cut_file(&rest), s;
	struct spool_msg m;
	struct err err;
	size_t i;

	if (q.sp == NULL)
		queue_make(a);
	for (i = 0; i < NITEMS(files); i++) {
		s = i < 2 ? mess : cut_file(&rest);
		HOLDS(ftruncate(q.fd[i], 0) == 0);
		HOLDS(s.n == 0 ||
		    pwrite(q.fd[i], s.p, s.n, 0) == (ssize_t)s.n);
	}
	for (i = 0; i < 2; i++) {
		HOLDS(spool_start(q.sp, &q.e[i], q.rd, &err) == 0);
		HOLDS(spool_load(q.rd, &m, &err) == 1);
		fuzz_check_msg(q.rd, &m, mess);
	}
	return 0;
}

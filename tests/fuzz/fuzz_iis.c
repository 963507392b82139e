#include <fcntl.h>

#include "fuzz_spool.h"

/*
 * The input is up to three files, separated by a form feed alone on its
 * line: a message, what a copy kept of its property stream, the reason in
 * its .BDR.  The two companions lie in a folder of their own; the message
 * has no name.  The reason becomes one line, addresses become hints.
 */
static const char stream_name[] = "x.eml:PROPERTIES", reason_name[] = "x.bdr";

struct box {
	char		 dir[64];
	struct tree	*tree;
	struct tree_dir	*names;
	int		 fd[2];
};
static struct box box;

static void
box_remove(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", box.dir, stream_name);
	unlink(path);
	snprintf(path, sizeof(path), "%s/%s", box.dir, reason_name);
	unlink(path);
	rmdir(box.dir);
	tree_dir_drop(box.names);
	tree_close(box.tree);
}

static int
box_create(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", box.dir, name);
	return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static void
box_make(void)
{
	struct err err;

	snprintf(box.dir, sizeof(box.dir), "%s/fuzz_iis.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	HOLDS(mkdtemp(box.dir) != NULL);
	box.fd[0] = box_create(stream_name);
	box.fd[1] = box_create(reason_name);
	HOLDS(tree_open(&box.tree, box.dir, &err) == 0);
	HOLDS(tree_next(box.tree, &box.names, &err) == 1);
	tree_dir_keep(box.names);
	atexit(box_remove);
}

static void
box_write(int fd, struct slice s)
{
	HOLDS(ftruncate(fd, 0) == 0);
	HOLDS(s.n == 0 || pwrite(fd, s.p, s.n, 0) == (ssize_t)s.n);
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
	return sl_first(s, (size_t)(mark - s.p) + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *with[] = { stream_name, reason_name };
	struct spool_entry e = { .name = "x.eml", .path = "Queue/x.eml",
	    .folder = "queue", .with = with, .nwith = NITEMS(with) };
	struct arena *a = fuzz_arena();
	struct slice rest = fuzz_input(data, n), file;
	struct spool_reader *rd;
	struct spool_msg m;

	if (box.names == NULL)
		box_make();
	e.dir = box.names;
	file = cut_file(&rest);
	box_write(box.fd[0], cut_file(&rest));
	box_write(box.fd[1], rest);
	rd = fuzz_reader(&drv_iis, &e, file, a);
	HOLDS(fuzz_load_all(rd, file) == 1);

	rd = fuzz_reader(&drv_iis, &e, file, a);
	HOLDS(spool_load(rd, &m, &(struct err){ 0 }) == 1);
	HOLDS(utf8_valid(m.note) && !has_control(m.note));
	HOLDS(is_trimmed(m.note) && m.note.n <= 3 * 4096);
	HOLDS(sl_eq(m.queue_id, SL("x")));
	return 0;
}

#include <fcntl.h>

#include "fuzz_spool.h"

/*
 * The bytes are a file that somebody calls an archive of spools: opened,
 * bid on, walked and read to its end, twice.  No entry has a path that leads
 * out, none comes twice, each gives the bytes that it says it has, and the
 * second walk is as the first.  Input that begins with DC1 is as fuzz_expand
 * has it: an ISO image is mostly zeros.
 */
#define ENTRIES_SEEN	64		/* whose paths are compared */

struct walk {
	struct arena	*a;
	const char	*path[ENTRIES_SEEN];
	size_t		 nth[ENTRIES_SEEN];
	size_t		 entries, odd, messages;
	uint64_t	 bytes;
};

static char dir[64], file[80];

static void
scratch_remove(void)
{
	unlink(file);
	rmdir(dir);
}

static void
scratch_write(struct slice s)
{
	static int fd = -1;

	if (fd == -1) {
		snprintf(dir, sizeof(dir), "%s/fuzz_archive.XXXXXX",
		    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
		HOLDS(mkdtemp(dir) != NULL);
		snprintf(file, sizeof(file), "%s/mail.gz", dir);
		fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		HOLDS(fd != -1);
		atexit(scratch_remove);
	}
	HOLDS(ftruncate(fd, 0) == 0);
	HOLDS(pwrite(fd, s.p, s.n, 0) == (ssize_t)s.n);
}

static void
count(void *ctx, struct slice bytes)
{
	*(uint64_t *)ctx += bytes.n;
}

static void
read_entry(const struct spool *sp, const struct spool_entry *e,
    struct spool_reader *rd, struct walk *w)
{
	struct spool_msg m;
	struct err err;
	uint64_t n;

	if (e->refused != NULL || spool_start(sp, e, rd, &err) == -1) {
		w->odd++;
		return;
	}
	while (spool_load(rd, &m, &err) == 1) {
		fuzz_check_envelope(&m);
		n = 0;
		if (spool_bytes(rd, &m, count, &n, &err) == 0)
			HOLDS(n == m.size);
		HOLDS(m.text.n <= SPOOL_READ_MAX);
		w->messages++;
		w->bytes += n;
	}
}

/* A name that stays below the root, and comes once. */
static void
check_path(struct walk *w, const struct spool_entry *e)
{
	struct slice rest = sl(e->path), part;
	size_t i;

	if (e->refused == NULL)
		while (sl_cut(&rest, '/', &part))
			HOLDS(tree_is_name(part));
	for (i = 0; i < w->entries && i < ENTRIES_SEEN; i++)
		HOLDS(e->refused != NULL || e->off > 0 ||
		    w->path[i] == NULL || w->nth[i] != e->nth ||
		    strcmp(w->path[i], e->path) != 0);
	if (i < ENTRIES_SEEN) {
		w->path[i] = e->refused == NULL ? e->path : NULL;
		w->nth[i] = e->nth;
	}
	w->entries++;
}

static void
walk(struct walk *w)
{
	struct arena *scratch = arena_new();
	struct spool_reader *rd = spool_reader_new(scratch);
	struct spool_entry e;
	struct spool **set;
	struct err err;
	size_t n, i;
	int r;

	w->a = arena_new();
	if (spool_open(&set, &n, w->a, file, NULL, &err) == -1)
		n = 0;
	for (i = 0; i < n; i++)
		while ((r = spool_next(set[i], w->a, &e, &err)) != 0) {
			if (r == -1) {
				w->odd++;
				continue;
			}
			HOLDS(i + e.nth < n);
			check_path(w, &e);
			read_entry(set[i + e.nth], &e, rd, w);
			spool_entry_done(&e);
			arena_reset(scratch);
		}
	for (i = 0; i < n; i++)
		spool_close(set[i]);
	spool_reader_free(rd);
	arena_free(scratch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = fuzz_input(data, n);
	struct walk one = { .a = NULL }, two = { .a = NULL };
	struct arena *a = fuzz_arena();

	if (in.n > 0 && in.p[0] == 0x11)
		in = fuzz_file(a, sl_from(in, 1));
	scratch_write(in);
	walk(&one);
	walk(&two);
	HOLDS(one.entries == two.entries && one.odd == two.odd);
	HOLDS(one.messages == two.messages && one.bytes == two.bytes);
	arena_free(one.a);
	arena_free(two.a);
	return 0;
}

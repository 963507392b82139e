#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "act/extract.h"
#include "act/verify.h"
#include "base/hash.h"
#include "fuzz_spool.h"
#include "io/codec.h"
#include "io/part.h"

/*
 * The bytes are a file that somebody calls an archive of ours.  The first one
 * says how it is made of the others, which are as fuzz_file has them:
 *
 *	F	they are a tar, cut into frames with an index behind
 *	I	a file with an index, whose checksum is put right
 *	else	a file
 *
 * It is walked twice with one result, verified, and extracted, all of it and
 * by name: nothing comes to lie outside of the folder.
 */
#define FRAME	4096		/* bytes of the tar in one */
#define TAIL	40		/* of an index, see io/seek.h */
#define WORK	(1024 * 1024)	/* bytes of files: for more, no digests */

static char dir[64], inner[80];
static int home = -1;			/* where we were called */

struct seen {
	size_t		 members, tags, frames;
	uint64_t	 bytes;
	int		 end;
};

/*
 * The file.
 */

static struct slice
with_frames(struct slice tar, struct buf *out)
{
	struct codec *codec = codec_new(CODEC_ZSTD, 1);
	struct seek s = { 0 };
	size_t at;

	for (at = 0; at < tar.n; at += FRAME) {
		seek_add_frame(&s, (struct seek_frame){ out->n, at,
		    at == 0 || tar.p[at] != '\0' });
		codec_pack(codec, sl_first(sl_from(tar, at), FRAME), out);
	}
	for (at = 0; at < tar.n; at += 512)
		if (tar.p[at] != '\0')
			seek_add_place(&s, sl_first(sl_from(tar, at), 5),
			    (uint32_t)(at / FRAME), (uint32_t)(at % FRAME));
	s.raw = tar.n;
	seek_write(&s, out);
	seek_free(&s);
	codec_free(codec);
	return buf_sl(out);
}

static uint64_t
number(const char *p)
{
	uint64_t n = 0;
	size_t i;

	for (i = 8; i-- > 0; )
		n = n << 8 | (unsigned char)p[i];
	return n;
}

static struct slice
with_sum(struct slice in, struct buf *out)
{
	uint64_t rows, n, sum;
	size_t i;

	buf_add(out, in);
	if (in.n < TAIL + 8)
		return in;
	rows = number(in.p + in.n - TAIL) + number(in.p + in.n - TAIL + 8);
	n = 8 + rows * 16 + TAIL;
	if (rows > in.n / 16 || n > in.n)
		return in;
	sum = hash64_kept((struct slice){ in.p + in.n - n, n - 16 });
	for (i = 0; i < 8; i++)
		out->p[in.n - 16 + i] = (char)(sum >> 8 * i & 0xff);
	return buf_sl(out);
}

static struct slice
make_file(struct slice in, struct buf *out)
{
	struct arena *a = fuzz_arena();
	char how = in.n == 0 ? '\0' : in.p[0];

	in = fuzz_file(a, sl_from(in, in.n > 0));
	if (how == 'F')
		return with_frames(in, out);
	return how == 'I' ? with_sum(in, out) : in;
}

/*
 * The scratch folder: inner is what an archive may fill.
 */

static int
on_name(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
clean(const char *path)
{
	nftw(path, on_name, 16, FTW_DEPTH | FTW_PHYS);
}

static void
clean_all(void)
{
	clean(dir);
}

static void
scratch(void)
{
	if (dir[0] == '\0') {
		snprintf(dir, sizeof(dir), "%s/fuzz_bag.XXXXXX",
		    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
		HOLDS(mkdtemp(dir) != NULL);
		home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		snprintf(inner, sizeof(inner), "%s/a", dir);
		atexit(clean_all);
	}
	clean(inner);
	HOLDS(mkdir(inner, 0700) == 0);
}

/*
 * The reading.
 */

static uint64_t
read_data(struct tarr *t)
{
	struct slice s;
	struct err err;
	uint64_t n = 0, at;

	while (tarr_data(t, &s, &at, &err) == 1)
		n += s.n;
	return n;
}

static bool
walk(struct bag *b, struct seen *seen)
{
	struct bag_walk *w = bag_walk_new(b);
	struct bag_member m;
	uint64_t sizes = 0;
	struct err err;
	size_t i;
	int r;

	for (i = 0; i < bag_segments(b); i++) {
		bag_walk_segment(w, i);
		while ((r = bag_next(w, &m, &err)) == 1) {
			HOLDS(m.name != NULL && m.path.p != NULL);
			seen->members++;
			seen->tags += m.part == BAG_TAG;
			sizes = m.tar.size > WORK - sizes ? WORK :
			    sizes + m.tar.size;
			seen->bytes += read_data(bag_tarr(w));
		}
		seen->end += r;
	}
	seen->frames = bag_frames_read(w);
	bag_walk_free(w);
	return sizes < WORK;
}

static void
on_differs(void *ctx, const char *what)
{
	HOLDS(what[0] != '\0');
	++*(size_t *)ctx;
}

static void
verify(struct bag *b, const struct seen *seen)
{
	size_t told = 0;
	struct verify v = { .threads = 1, .warm = true,
	    .differs = on_differs, .differs_ctx = &told };
	struct err err;
	int r = bag_verify(b, &v, &err);

	HOLDS(r != -1 && told == v.differences && (r == 1) == (told == 0));
	HOLDS(v.n + seen->tags <= seen->members && v.files <= v.n);
	HOLDS(r == 0 || (seen->end == 0 && v.n + seen->tags == seen->members));
	verify_free(&v);
}

static void
on_left(void *ctx, struct slice path, const char *why)
{
	(void)ctx;
	HOLDS(why[0] != '\0' && (path.n == 0 || path.p != NULL));
}

/* There is a, ".", and "..", and nothing else. */
static bool
is_alone(void)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	HOLDS(d != NULL);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n == 3;
}

static void
extract(struct bag *b, const char *name, const struct seen *seen)
{
	struct extract x = { .left = on_left };
	struct err err;
	int fd;

	scratch();
	fd = open(inner, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	HOLDS(fd != -1);
	if (name == NULL)
		bag_extract(b, fd, false, &x, &err);
	else
		bag_extract_name(b, fd, name, &x, &err);
	HOLDS(name != NULL || x.names <= seen->members);
	HOLDS(is_alone());
	HOLDS(fchdir(home) == 0);
	close(fd);
}

static void
tags(struct bag *b)
{
	static const char *const names[] = { "bagit.txt", "entries.ndjson",
	    "members.ndjson" };
	struct buf text = { 0 };
	struct err err;
	size_t i;

	for (i = 0; i < NITEMS(names); i++) {
		text.n = 0;
		HOLDS(bag_tag(b, names[i], &text, &err) != 0 || text.n == 0);
	}
	buf_free(&text);
}

static void
part(int fd, struct slice name)
{
	struct stat st;
	int got = part_open(fd, name);

	if (got == -1)
		return;
	HOLDS(fstat(got, &st) == 0 && st.st_size > 1024);
	close(got);
}

static void
read_bag(struct bag *b)
{
	struct seen one = { 0 }, two = { 0 };
	bool small = walk(b, &one);

	walk(b, &two);
	HOLDS(one.members == two.members && one.tags == two.tags &&
	    one.bytes == two.bytes && one.frames == two.frames &&
	    one.end == two.end);
	tags(b);
	if (small)
		verify(b, &one);
	extract(b, NULL, &one);
	extract(b, "b/dat", &one);
	extract(b, "a.eml", &one);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf made = { 0 };
	struct err err = { 0 };
	struct bag *b;
	int fd = fuzz_fd(make_file(fuzz_input(data, n), &made));

	part(fd, SL("b/dat"));
	part(fd, SL("a.eml"));
	if (bag_open(&b, fd, &err) == 0) {
		read_bag(b);
		bag_close(b);
	} else
		HOLDS(err.msg[0] != '\0');
	buf_free(&made);
	return 0;
}

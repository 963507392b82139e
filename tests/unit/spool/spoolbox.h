#ifndef SPOOLBOX_H
#define SPOOLBOX_H
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "spool/spool.h"

/*
 * What the spool tests share: folders made in a place of their own, and a
 * walk that looks for one entry.  Each test includes this file; what it
 * does not use is not there.
 */
#define UNUSED	__attribute__((unused))
#define NITEMS(a) (sizeof(a) / sizeof((a)[0]))
Suite	*suite(void);

#define FIXTURES "tests/spool/"

static char box_dir[64];
static struct arena *box_arena, *box_msgs;

UNUSED static void
box_setup(void)
{
	snprintf(box_dir, sizeof(box_dir), "%s", "/tmp/spoolbox.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(box_dir));
	box_arena = arena_new();
	box_msgs = arena_new();
}

UNUSED static void
box_teardown(void)
{
	char cmd[256];

	arena_free(box_arena);
	arena_free(box_msgs);
	snprintf(cmd, sizeof(cmd), "chmod -R u+rwx %s; rm -rf %s", box_dir,
	    box_dir);
	ck_assert_int_eq(system(cmd), 0);
}

/* The path of name in the box; good until the next call but three. */
UNUSED static const char *
box(const char *name)
{
	static char path[4][4096];
	static unsigned i;

	i = (i + 1) % 4;
	snprintf(path[i], sizeof(path[i]), "%s/%s", box_dir, name);
	return path[i];
}

/* The folders in front of name. */
UNUSED static void
box_folders(const char *name)
{
	char path[4096], *p;

	snprintf(path, sizeof(path), "%s", box(name));
	p = path + strlen(box_dir) + 1;
	for (; (p = strchr(p, '/')) != NULL; p++) {
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
}

UNUSED static void
box_put(const char *name, struct slice bytes)
{
	int fd;

	box_folders(name);
	fd = open(box(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, bytes.p, bytes.n), (ssize_t)bytes.n);
	close(fd);
}

UNUSED static void
box_text(const char *name, const char *text)
{
	box_put(name, sl(text));
}

UNUSED static struct spool **
box_open(const char *path, const char *format, size_t *n)
{
	struct err err = { ERR_NONE, 0, "" };
	struct spool **set;

	ck_assert_msg(spool_open(&set, n, box_arena, path, format, &err) == 0,
	    "%s", err.msg);
	return set;
}

/* One spool, and no other, of the format its driver says it is. */
UNUSED static struct spool *
box_one(const char *path, const char *format)
{
	size_t n;
	struct spool **set = box_open(path, NULL, &n);

	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(spool_format(set[0]), format);
	return set[0];
}

/* Walk to the entry of this path; false when there is none. */
UNUSED static bool
box_find(struct spool *sp, const char *path, struct spool_entry *e)
{
	struct err err;
	int r;

	while ((r = spool_next(sp, box_arena, e, &err)) == 1) {
		if (strcmp(e->path, path) == 0)
			return true;
		spool_entry_done(e);
	}
	ck_assert_int_eq(r, 0);
	return false;
}

/* What path is in the box, into m; the reader is to be freed. */
UNUSED static struct spool_reader *
load_one(struct spool *sp, const char *path, struct spool_entry *e,
    struct spool_msg *m)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct err err;

	ck_assert(box_find(sp, path, e));
	ck_assert_int_eq(spool_start(sp, e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, m, &err), 1);
	return rd;
}

/* A tree of files that say nothing, and the format that must win. */
struct tree_case {
	const char	*files[4];
	const char	*root, *format;
};

UNUSED static void
check_tree(const struct tree_case *x)
{
	size_t i;

	for (i = 0; i < NITEMS(x->files) && x->files[i] != NULL; i++)
		box_text(x->files[i], "x");
	spool_close(box_one(box(x->root), x->format));
}

UNUSED static bool
has_problem(const struct spool_msg *m, const char *what)
{
	size_t i;

	for (i = 0; i < m->nproblems; i++)
		if (strstr(m->problems[i], what) != NULL)
			return true;
	return false;
}

/*
 * A message as a row of a table: what must hold for part of the file.
 * sender "<>" is the null sender, NULL none; rcpts are joined by blanks.
 */
struct expect {
	const char	*spool;		/* below FIXTURES */
	const char	*path;
	unsigned	 part;		/* the n-th that comes, from 0 */
	const char	*folder;
	const char	*sender;
	const char	*rcpts;
	enum provenance	 prov;		/* of both */
	const char	*text;		/* begins with it */
	const char	*problem;	/* NULL: no problem at all */
};

UNUSED static void
check_envelope(const struct spool_msg *m, const struct expect *x)
{
	char list[1024] = "";
	size_t i, n = 0;

	ck_assert_int_eq(m->has_sender, x->sender != NULL);
	if (m->has_sender) {
		ck_assert_int_eq(m->sender_prov, x->prov);
		ck_assert_int_eq(m->sender.null,
		    strcmp(x->sender, "<>") == 0);
		if (!m->sender.null)
			ck_assert(sl_eq(m->sender.spec, sl(x->sender)));
	}
	for (i = 0; i < m->nrcpts; i++) {
		ck_assert_int_eq(m->rcpts[i].provenance, x->prov);
		n += (size_t)snprintf(list + n, sizeof(list) - n,
		    "%s" SL_FMT, i == 0 ? "" : " ",
		    SL_ARG(m->rcpts[i].addr.spec));
	}
	ck_assert_str_eq(list, x->rcpts == NULL ? "" : x->rcpts);
}

UNUSED static void
check_message(const struct expect *x, const char *format)
{
	char path[256];
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	struct err err;
	unsigned i;

	snprintf(path, sizeof(path), FIXTURES "%s", x->spool);
	sp = box_one(path, format);
	ck_assert(box_find(sp, x->path, &e));
	ck_assert_str_eq(e.folder, x->folder);
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	for (i = 0; i <= x->part; i++)
		ck_assert_int_eq(spool_load(rd, &m, &err), 1);
	check_envelope(&m, x);
	ck_assert_msg(sl_starts(m.text, sl(x->text)), "text: " SL_FMT,
	    SL_ARG(sl_first(m.text, 80)));
	if (x->problem == NULL)
		ck_assert_msg(m.nproblems == 0, "%s", m.problems[0]);
	else
		ck_assert(has_problem(&m, x->problem));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}

/* How many entries, and how many messages in them. */
UNUSED static void
check_counts(const char *spool, const char *format, size_t entries,
    size_t msgs)
{
	char path[256];
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	struct err err;
	size_t ne = 0, nm = 0;

	snprintf(path, sizeof(path), FIXTURES "%s", spool);
	sp = box_one(path, format);
	while (spool_next(sp, box_arena, &e, &err) == 1) {
		ne++;
		ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
		while (spool_load(rd, &m, &err) == 1)
			nm++;
		spool_entry_done(&e);
	}
	spool_reader_free(rd);
	spool_close(sp);
	ck_assert_uint_eq(ne, entries);
	ck_assert_uint_eq(nm, msgs);
}
#endif

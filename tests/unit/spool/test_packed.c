#include "base/arena.h"
#include "spool/packed.h"
#include "../io/tarbox.h"

Suite	*suite(void);

/*
 * A format for these tests: x.m is an entry, x.c its companion, and what
 * begins with "shared" is a companion of all.
 */
static bool
entry(void *ctx, size_t nth, struct tree_dir *dir, size_t i, struct arena *a,
    struct spool_entry *e)
{
	struct slice name = sl(dir->v[i].name);
	char *other;

	(void)ctx;
	(void)nth;
	if (!sl_iends(name, SL(".m")))
		return false;
	e->with = arena_alloc(a, 2 * sizeof(*e->with));
	other = arena_str(a, name);
	other[name.n - 1] = 'c';
	if (tree_dir_find(dir, other) != -1)
		e->with[e->nwith++].name = other;
	if (tree_dir_find(dir, "shared") != -1)
		e->with[e->nwith++].name = "shared";
	return true;
}

#define ADD(got, s)	strncat(got, s, sizeof(got) - strlen(got) - 1)

/* The walk as "a b -c": in its order, a minus for what was refused. */
static const char *
walk(const char *path, uint64_t wait_max, struct err *err)
{
	static char got[256];
	struct tree *t = NULL;
	struct packed_at at;
	struct spool_entry e;
	struct arena *a = arena_new();
	struct packed *p;
	struct stat st;
	uint64_t *held;
	size_t n, k;
	int r, fd;

	ck_assert_int_eq(tree_open(&t, path, err), 0);
	p = packed_new(&t, 1, wait_max, entry, NULL);
	for (got[0] = '\0'; (r = packed_next(p, &at, err)) != 0; ) {
		if (r == -1) {
			ADD(got, "! ");
			continue;
		}
		ADD(got, at.refused != NULL ? "-" : "");
		strncat(got, at.odd != NULL ? at.odd->name :
		    at.dir->v[at.i].name, 20);
		ADD(got, " ");
		if (at.refused != NULL)
			continue;
		e = (struct spool_entry){ .dir = at.dir };
		entry(NULL, 0, at.dir, at.i, a, &e);
		fd = tree_file(at.dir, at.dir->v[at.i].name, &st, err);
		ck_assert_int_ne(fd, -1);
		close(fd);
		n = packed_needs(at.dir, at.i, &e, a, &held);
		for (k = 0; k < n; k++)
			tree_release(at.dir, held[k]);
	}
	for (k = 0; k < members_count(tree_members(t)); k++)
		ck_assert(!members_loaded(tree_members(t), k));
	packed_free(p);
	tree_close(t);
	arena_free(a);
	return got;
}

/* An archive of these names, ten bytes each. */
static void
make(const char *const *names)
{
	FILE *f = fopen("x.tar", "w");

	for (; *names != NULL; names++)
		tar_file(f, *names, "ten bytes.");
	tar_end(f);
}

static const struct {
	const char	*names[12];
	uint64_t	 wait_max;
	const char	*want;
} walks[] = {
	/* the archive's order */
	{ { "b.m", "a.m", "d/c.m" }, 1000, "b.m a.m c.m " },
	/* an entry comes when its last file came */
	{ { "b.m", "a.m", "a.c", "b.c" }, 1000, "a.m b.m " },
	{ { "b.c", "a.m", "b.m" }, 1000, "a.m b.m " },
	/* what is no entry is passed over */
	{ { "x.c", "y", "a.m" }, 1000, "a.m " },
	/* too much waits: what comes later is left for the next pass */
	{ { "a.m", "b.m", "c.m", "a.c", "b.c", "c.c" }, 10, "a.m b.m c.m " },
	{ { "a.m", "b.m", "c.m", "c.c", "b.c", "a.c" }, 20, "b.m a.m c.m " },
	/* those that wait for nothing need no room */
	{ { "a.m", "b.m", "c.m", "a.c" }, 10, "b.m c.m a.m " },
	/* no room at all */
	{ { "a.m", "b.m", "a.c" }, 5, "b.m -a.m " },
	/* one companion of several */
	{ { "shared", "a.m", "b.m" }, 1000, "a.m b.m " },
	{ { "a.m", "b.m", "shared" }, 1000, "a.m b.m " },
	{ { "a.m", "b.m", "shared" }, 10, "a.m b.m " },
	/* hostile names first, each once */
	{ { "a.m", "../x.m", "a.m" }, 1000, "-../x.m -a.m a.m " },
	{ { NULL }, 1000, "" },
};

START_TEST(entries_come_when_they_are_whole)
{
	struct err err = { ERR_NONE, 0, "" };

	if (walks[_i].names[0] == NULL)
		return;
	make(walks[_i].names);
	ck_assert_str_eq(walk("x.tar", walks[_i].wait_max, &err),
	    walks[_i].want);
}
END_TEST

START_TEST(a_member_cut_off_is_told_beside_its_entry)
{
	FILE *f = fopen("x.tar", "w");
	struct err err = { ERR_NONE, 0, "" };

	tar_file(f, "a.m", "x");
	tar_header(f, "b.m", '0', NULL, 400000);
	fseek(f, 300000, SEEK_CUR);
	fwrite("x", 1, 1, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_str_eq(walk("x.tar", 1000, &err), "a.m ! b.m ! ");
}
END_TEST

START_TEST(a_companion_that_is_not_there_keeps_nothing_back)
{
	FILE *f = fopen("x.tar", "w");
	struct err err = { ERR_NONE, 0, "" };

	tar_file(f, "a.m", "x");
	tar_header(f, "a.c", '0', NULL, 400000);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_ptr_nonnull(strstr(walk("x.tar", 1000, &err), "a.m "));
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("packed");
	TCase *tc = tcase_create("packed");

	tcase_add_checked_fixture(tc, tarbox_setup, tarbox_teardown);
	tcase_add_loop_test(tc, entries_come_when_they_are_whole, 0,
	    NITEMS(walks));
	tcase_add_test(tc, a_member_cut_off_is_told_beside_its_entry);
	tcase_add_test(tc, a_companion_that_is_not_there_keeps_nothing_back);
	suite_add_tcase(s, tc);
	return s;
}

#include "spool/driver.h"

/*
 * Maildir, and Maildir++ with its folders .Name.  unix-spools 7, MB-1.
 */
#define ARRIVED_MIN	788918400	/* seconds since 1970: 1995, when there
					   was no Maildir; less is a number */
#define ARRIVED_MAX	4102444800	/* 2100 */

static int
maildir_bid(const struct spool_probe *p)
{
	bool new = probe_has(p->root, "new", TREE_DIR);
	bool cur = probe_has(p->root, "cur", TREE_DIR);

	if (!new || !cur)
		return 0;
	return probe_has(p->root, "tmp", TREE_DIR) ? 95 : 90;
}

/*
 * Messages lie in new and cur.  What lies in tmp is unfinished, what lies
 * elsewhere is an index of some server, and a name with a dot in front is
 * no message; but a link or device in their place is worth being told.
 */
static bool
maildir_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	struct slice path = sl(d->path), last = path;
	const char *slash = path.n == 0 ? NULL :
	    memrchr(path.p, '/', path.n);

	(void)p;
	(void)a;
	if (slash != NULL)
		last = sl_from(path, (size_t)(slash + 1 - path.p));
	e->folder = path.n == 0 ? "." : path.p;
	if (sl_eq(last, SL("tmp")))
		return false;
	if (d->v[i].type != TREE_FILE)
		return true;
	return (sl_eq(last, SL("new")) || sl_eq(last, SL("cur"))) &&
	    d->v[i].name[0] != '.';
}

/* "1104900000.M1P2.host:2,S": what stands before the flags never changes. */
static int64_t
maildir_when(const struct spool_entry *e)
{
	struct slice name = sl(e->name), rest = SL(""), head;
	uint64_t t;

	sl_cut(&name, ':', &rest);
	return sl_cut(&rest, '.', &head) && rest.n > 0 &&
	    sl_num(head, ARRIVED_MAX, &t) && t >= ARRIVED_MIN ?
	    (int64_t)t : 0;
}

static void
read_name(struct spool_msg *m, struct arena *a, const struct spool_entry *e)
{
	struct slice name = sl(e->name), head;

	sl_cut(&name, ':', &head);
	m->queue_id = arena_dup(a, head);
	m->arrived = maildir_when(e);
}

static int
maildir_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	if (reader_head(rd, m, &m->text, err) == -1)
		return -1;
	read_name(m, rd->a, rd->e);
	return 1;
}

static const char *const skeleton[] = {
	"cur", "new", "tmp", NULL
};

static const struct inject maildir_inject[] = {
	{ .name = "maildir", .into = "new", .block = BLOCK_DELIVERED,
	    .what = "DIR is one Maildir, for all recipients",
	    .lf = true, .utf8 = true },
	{ .name = NULL },
};

const struct spool_driver drv_maildir = {
	.name = "maildir",
	.what = "Maildir and Maildir++: new, cur",
	.in_subfolders = true,
	.bid = maildir_bid,
	.entry = maildir_entry,
	.load = maildir_load,
	.when = maildir_when,
	.ways = { .skeleton = skeleton },
	.inject = maildir_inject,
};

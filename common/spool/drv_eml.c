#include "io/archive.h"
#include "spool/driver.h"

/*
 * Any file, or any folder of files: one message each.
 */

static int
eml_bid(const struct spool_probe *p)
{
	(void)p;
	return 1;
}

static bool
eml_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	(void)p;
	(void)i;
	(void)a;
	e->folder = d->path[0] == '\0' ? "." : d->path;
	return true;
}

/*
 * One file, one message: a From_ line on top is its envelope, further down
 * it is text, however much it looks like one.  An archive is no message: a
 * zip that only stores has headers in it that belong to none.
 */
static int
eml_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	if (reader_head(rd, m, &m->text, err) == -1)
		return -1;
	if (arc_is(m->text, rd->fd)) {
		msg_problem(m, "packed, and not entered: scan it by itself");
		m->preamble = m->text;
		m->text = sl_from(m->text, m->text.n);
		return 1;
	}
	if (!from_take(&m->text, rd->a, m))
		xblock_take(&m->text, rd->a, m);
	return 1;
}

static const struct inject eml_inject[] = {
	{ .name = "eml", .suffix = ".eml", .block = BLOCK_ANGLE,
	    .what = "a file each in DIR, with the envelope on top" },
	{ .name = NULL },
};

const struct spool_driver drv_eml = {
	.name = "eml",
	.what = "any other files, one message each",
	.bid = eml_bid,
	.entry = eml_entry,
	.load = eml_load,
	.ways = {
		.no_rotate = "no server is known to work in such a folder: rename it",
	},
	.inject = eml_inject,
};

#include "spool/companion.h"

/*
 * MailSite: Spool with Incoming and Domains/<domain>.  windows-spools 6.
 *
 *	<id>.msg	the message
 *	<id>.rcp	"routing": a layout that nobody has published
 *
 * So of a .rcp only lines that are SMTP's own words are taken for what they
 * say.  Without any of them its addresses are hints.
 */
static const struct pair pair = {
	.msg = { ".msg", NULL }, .with = { ".rcp", NULL },
};

static const char *const folders[] = { "Incoming", "Domains", "Holding" };

static bool
is_folder(const struct spool_probe *p)
{
	return name_among(sl(p->base), folders,
	    sizeof(folders) / sizeof(folders[0]));
}

static int
mailsite_bid(const struct spool_probe *p)
{
	if (probe_has(p->root, "Incoming", TREE_DIR) &&
	    probe_has(p->root, "Domains", TREE_DIR))
		return 80;
	return pair_seen(&pair, p->root) != NULL ? 60 : 0;
}

static bool
mailsite_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	if (!pair_entry(&pair, d, i, a, e))
		return false;
	e->folder = folder_lower(p, d, is_folder(p), a);
	return true;
}

static void
read_rcp(struct spool_reader *rd, struct spool_msg *m)
{
	struct companion c = { rd->a, m, PROV_COMPANION, 0 };
	struct slice text, rest, line;
	bool smtp = false;

	if (!companion_text(rd, m, rd->e->nwith > 0 ? rd->e->with : NULL,
	    &text))
		return;
	for (rest = text; sl_line(&rest, &line); )
		smtp |= companion_smtp(&c, line);
	if (!smtp) {
		msg_hints(m, rd->a, text);
		msg_from_hints(m, rd->a);
	}
	companion_done(&c);
}

static int
mailsite_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	int r = pair_load(&pair, rd, m, err);

	if (r == 1)
		read_rcp(rd, m);
	return r == -1 ? -1 : 1;
}

const struct spool_driver drv_mailsite = {
	.name = "mailsite",
	.what = "MailSite: Spool, .msg with .rcp",
	.in_subfolders = true,
	.bid = mailsite_bid,
	.entry = mailsite_entry,
	.load = mailsite_load,
	.ways = { .no_rotate = TWO_FILES },
};

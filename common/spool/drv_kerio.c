#include "spool/companion.h"

/*
 * Kerio MailServer and Connect: store/queue.  windows-spools 6.
 *
 *	<nn>/<id>.eml	the message
 *	<nn>/<id>.env	its envelope; .emf beside it in some versions
 *
 * Nothing but the names is known: both are searched for addresses.
 */
#define FOLDERS_SEEN	8	/* subfolders that a bid looks into */

static const struct pair pair = {
	.msg = { ".eml", NULL }, .with = { ".env", ".emf", NULL },
};

static int
kerio_bid(const struct spool_probe *p)
{
	const struct tree_dir *root = p->root;
	struct tree_dir *d;
	size_t i, seen = 0;
	bool found = pair_seen(&pair, root) != NULL;

	for (i = 0; i < root->n && !found && seen < FOLDERS_SEEN &&
	    sl_ieq(sl(p->base), SL("queue")); i++) {
		if (root->v[i].type != TREE_DIR ||
		    (d = probe_below(p, root, root->v[i].name)) == NULL)
			continue;
		seen++;
		found = pair_seen(&pair, d) != NULL;
		tree_dir_drop(d);
	}
	return found ? 60 : 0;
}

static bool
kerio_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	if (!pair_entry(&pair, d, i, a, e))
		return false;
	e->folder = folder_lower(p, d, false, a);
	return true;
}

static void
read_envelope(struct spool_reader *rd, struct spool_msg *m)
{
	struct slice s;
	size_t i, n = 0;

	for (i = 0; i < rd->e->nwith; i++) {
		s = reader_companion(rd, &rd->e->with[i], COMPANION_MAX);
		msg_hints(m, rd->a, s);
		n += s.n;
	}
	if (rd->e->nwith == 0)
		msg_problem(m, "the envelope file is missing");
	else if (n == 0)
		msg_problem(m, "the envelope file is empty or cannot be read");
	else if (m->nhints == 0)
		msg_problem(m, "the envelope names no recipient");
	msg_from_hints(m, rd->a);
}

static int
kerio_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	int r = pair_load(&pair, rd, m, err);

	if (r == 1)
		read_envelope(rd, m);
	return r == -1 ? -1 : 1;
}

const struct spool_driver drv_kerio = {
	.name = "kerio",
	.what = "Kerio MailServer and Connect: store/queue, .eml with .env",
	.in_subfolders = true,
	.bid = kerio_bid,
	.entry = kerio_entry,
	.load = kerio_load,
	.ways = { .no_rotate = TWO_FILES },
};

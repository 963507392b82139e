#include "spool/driver.h"

/*
 * Exchange 2007 and later: the Pickup and Replay folders of TransportRoles,
 * and messages exported from its queues.  windows-spools 3.1 to 3.4.  The
 * queue itself, mail.que, is a database: it holds no entries for us.
 */

/* Marks that only an exported message has, within its first lines. */
static bool
is_export(struct slice s)
{
	return xblock_starts(s) &&
	    (sl_ifind(s, SL("\nX-EndOfInjectedXHeaders:")) != NULL ||
	    sl_ifind(s, SL("\nX-CreatedBy:")) != NULL ||
	    sl_ifind(s, SL("\nX-ExtendedProps:")) != NULL);
}

static bool
holds_exports(const struct spool_probe *p)
{
	char buf[PROBE_BYTES];
	struct slice s;
	size_t i;

	for (i = 0; i < PROBE_FILES; i++) {
		s = probe_head(p, i, buf);
		if (s.p == NULL)
			break;
		if (is_export(s))
			return true;
	}
	return false;
}

static int
ex2007_bid(const struct spool_probe *p)
{
	bool pickup = probe_has(p->root, "Pickup", TREE_DIR);
	bool replay = probe_has(p->root, "Replay", TREE_DIR);

	if (sl_ieq(sl(p->base), SL("TransportRoles")) && (pickup || replay))
		return 96;
	if (pickup && replay)
		return 90;
	return holds_exports(p) ? 40 : 0;
}

/* The queue's database and its logs. */
static bool
is_database(struct slice name)
{
	static const char *const patterns[] = {
		"mail.que", "tmp.edb", "temp.edb", "trn.chk", "trn*.log",
		"trnres*.jrs", "trn*.jrs"
	};
	size_t i;

	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (sl_glob(sl(patterns[i]), name))
			return true;
	return false;
}

/* Which of the two it is stands in the name: the server renames in place. */
static const struct state {
	struct slice	 ext;
	const char	*folder;	/* below its own */
	const char	*problem;
} states[] = {
	{ { ".tmp", 4 }, "tmp",
	    "taken by the server (.tmp): it may have been sent" },
	{ { ".bad", 4 }, "bad", "refused by the server (.bad)" },
};

static const struct state *
state_of(struct slice name)
{
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (sl_iends(name, states[i].ext))
			return &states[i];
	return NULL;
}

static bool
ex2007_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	struct slice name = sl(d->v[i].name);
	const struct state *state = state_of(name);
	bool folder = sl_ieq(sl(p->base), SL("Pickup")) ||
	    sl_ieq(sl(p->base), SL("Replay"));

	if (is_database(name))
		return false;
	e->folder = folder_lower(p, d, folder, a);
	if (state != NULL)
		e->folder = arena_fmt(a, "%s/%s", e->folder, state->folder).p;
	return true;
}

/*
 * Copies of one message that were exported to one file name stand in that
 * file one behind the other.
 */
static bool
export_mark(struct slice w, size_t at, bool body)
{
	return body && ascii_lower(w.p[at]) == 'x' &&
	    xblock_starts(sl_first(sl_from(w, at), READER_AHEAD));
}

/*
 * A body can hold such lines because somebody wrote them there, so the
 * envelope of a later part is no more than a hint.
 */
static void
distrust(struct spool_msg *m)
{
	size_t i;

	if (m->has_sender)
		m->sender_prov = PROV_STREAM;
	for (i = 0; i < m->nrcpts; i++)
		m->rcpts[i].provenance = PROV_STREAM;
	msg_problem(m, "behind another message in one file: its envelope "
	    "may be part of that message");
}

static int
ex2007_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	const struct state *state = state_of(sl(rd->e->name));
	int r = 0;

	if (rd->size == 0)
		r = reader_head(rd, m, &m->text, err) == -1 ? -1 : 1;
	else
		r = reader_split(rd, export_mark, m, &m->text, err);
	if (r != 1)
		return r;
	if (state != NULL)
		msg_problem(m, state->problem);
	if (m->offset == 0 && m->part != 0)
		msg_problem(m, "several messages in one file");
	xblock_take(&m->text, rd->a, m);
	if (m->offset > 0)
		distrust(m);
	return 1;
}

/*
 * Replay honours the X-lines, Pickup must not see any.  windows-spools 3.1
 * to 3.3, 3.5.  A hundred a minute is the server's limit for both.
 */
static const struct inject ex2007_inject[] = {
	{ .name = "ex2007-replay", .folder = "Replay", .suffix = ".eml",
	    .what = "DIR is the Replay of TransportRoles",
	    .block = BLOCK_ANGLE, .rate = 100, .taken = true,
	    .renames = true },
	{ .name = "ex2007-pickup", .folder = "Pickup", .suffix = ".eml",
	    .what = "DIR is the Pickup of TransportRoles: To and Cc decide",
	    .block = BLOCK_HEADER, .head_max = 64 * 1024, .rcpt_max = 100,
	    .rate = 100, .taken = true, .renames = true },
	{ .name = NULL },
};

const struct spool_driver drv_ex2007 = {
	.name = "ex2007",
	.what = "Exchange 2007 and later: Pickup, Replay, exported messages",
	.in_subfolders = true,
	.bid = ex2007_bid,
	.entry = ex2007_entry,
	.load = ex2007_load,
	.ways = {
		.no_rotate = "the queue is a database, mail.que, which Exchange has "
		    "open: export what is in it with Export-Message, and take "
		    "files out of Pickup and Replay with spoolclean",
	},
	.inject = ex2007_inject,
};

#include "spool/companion.h"

/*
 * SmarterMail: Spool with proc, SubSpool<n> and Drop.  windows-spools 6.
 *
 *	<n>.eml		the message; <n>.em_ while it is being received
 *	<n>.hdr		a status word, the sender, the recipients; then
 *			"key: value"; an empty line at its end
 */
static const struct pair pair = {
	.msg = { ".eml", ".em_", NULL }, .with = { ".hdr", NULL },
};

/* The first line of a .hdr, and what it makes of the message. */
static const struct status {
	struct slice	 word;
	const char	*problem;
} states[] = {
	{ { "Written", 7 }, NULL },
	{ { "Ready", 5 }, NULL },
	{ { "Writing", 7 }, "still being received" },
	{ { "Failed", 6 }, "the session was aborted: never to be sent" },
	{ { "Quarantined", 11 }, "in the server's quarantine" },
};

static const struct status *
status_of(struct slice text)
{
	struct slice line;
	size_t i;

	if (!sl_line(&text, &line))
		return NULL;
	line = sl_trim(line);
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (sl_ieq(line, states[i].word))
			return &states[i];
	return NULL;
}

/* The root is one of the folders, taken out of its Spool. */
static bool
is_folder(const struct spool_probe *p)
{
	struct slice base = sl(p->base);

	return sl_ieq(base, SL("proc")) || sl_ieq(base, SL("Drop")) ||
	    sl_istarts(base, SL("SubSpool"));
}

static int
smartermail_bid(const struct spool_probe *p)
{
	const char *hdr = pair_seen(&pair, p->root);
	char buf[PROBE_BYTES];
	size_t i;

	if (hdr != NULL)
		return status_of(probe_file(p->root, hdr, buf)) != NULL ?
		    75 : 50;
	for (i = 0; i < p->root->n; i++)
		if (p->root->v[i].type == TREE_DIR &&
		    sl_glob(SL("SubSpool[0-9]*"), sl(p->root->v[i].name)))
			return 70;
	return probe_has(p->root, "proc", TREE_DIR) &&
	    probe_has(p->root, "Drop", TREE_DIR) ? 60 : 0;
}

static bool
smartermail_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	if (!pair_entry(&pair, d, i, a, e))
		return false;
	e->folder = folder_lower(p, d, is_folder(p), a);
	return true;
}

/* Two lines of addresses, then keys, to the empty line. */
static void
read_envelope(struct companion *c, struct slice text)
{
	static const struct companion_key keys[] = {
		{ "auth", take_account }, { "connectedip", take_client },
		{ "helo", take_helo }, { "creationdate", take_arrived },
	};
	struct slice line;

	if (sl_line(&text, &line))
		take_sender(c, line);
	if (sl_line(&text, &line))
		take_rcpts(c, line);
	companion_done(c);
	if (c->m->nrcpts == 0)		/* nor was the line before it his */
		c->m->has_sender = false;
	while (sl_line(&text, &line)) {
		if (sl_trim(line).n == 0)
			return;
		companion_line(c, line, ':', keys,
		    sizeof(keys) / sizeof(keys[0]));
	}
	msg_problem(c->m, "the envelope file is cut off");
}

static void
read_hdr(struct spool_reader *rd, struct spool_msg *m)
{
	struct companion c = { rd->a, m, PROV_COMPANION, 0 };
	const struct status *status;
	struct slice text, line;

	if (!companion_text(rd, m, rd->e->nwith > 0 ? rd->e->with : NULL,
	    &text))
		return;
	if ((status = status_of(text)) == NULL) {
		msg_problem(m, "the envelope file begins with no status word: "
		    "not taken");
		msg_hints(m, rd->a, text);
		return;
	}
	if (status->problem != NULL)
		msg_problem(m, status->problem);
	sl_line(&text, &line);
	read_envelope(&c, text);
}

/* In Drop the server takes the envelope from the header. */
static bool
in_drop(const char *folder)
{
	struct slice s = sl(folder);

	return sl_eq(s, SL("drop")) || sl_iends(s, SL("/drop"));
}

static int
smartermail_load(struct spool_reader *rd, struct spool_msg *m,
    struct err *err)
{
	const char *name = rd->e->name;
	int r = pair_load(&pair, rd, m, err);

	if (r != 1)
		return r == -1 ? -1 : 1;
	if (sl_iends(sl(name), SL(".em_")))
		msg_problem(m, "still being received");
	if (!in_drop(rd->e->folder))
		read_hdr(rd, m);
	else if (rd->e->nwith > 0)
		msg_problem(m, "in Drop the server ignores the envelope file");
	return 1;
}

const struct spool_driver drv_smartermail = {
	.name = "smartermail",
	.what = "SmarterMail: Spool, .eml with .hdr",
	.in_subfolders = true,
	.bid = smartermail_bid,
	.entry = smartermail_entry,
	.load = smartermail_load,
	.ways = { .no_rotate = TWO_FILES },
};

#include "spool/companion.h"

/*
 * MailEnable: Queues, a connector (SMTP) or a queue of it.
 * windows-spools 6.
 *
 *	Outgoing/<id>.MAI		command file: Key=Value, the envelope
 *	Outgoing/Messages/<id>.MAI	the message
 */
#define MESSAGES	"Messages"

static bool
is_messages(struct slice folder)
{
	return sl_ieq(folder, SL(MESSAGES));
}

static bool
holds_mai(const struct tree_dir *d)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (d->v[i].type == TREE_FILE &&
		    sl_iends(sl(d->v[i].name), SL(".mai")))
			return true;
	return false;
}

/* A connector: its queues are there. */
static bool
is_connector(const struct tree_dir *d)
{
	return probe_has(d, "Inbound", TREE_DIR) &&
	    probe_has(d, "Outgoing", TREE_DIR);
}

/* The SMTP connector, in Queues. */
static bool
has_connector(const struct spool_probe *p)
{
	struct tree_dir *d;
	bool found = false;
	size_t i;

	for (i = 0; i < p->root->n && !found; i++) {
		if (p->root->v[i].type != TREE_DIR ||
		    !sl_ieq(sl(p->root->v[i].name), SL("SMTP")) ||
		    (d = probe_below(p, p->root, p->root->v[i].name)) == NULL)
			continue;
		found = is_connector(d);
		tree_dir_drop(d);
	}
	return found;
}

static int
mailenable_bid(const struct spool_probe *p)
{
	if (has_connector(p))
		return 75;
	if (is_connector(p->root))
		return 70;
	if (!holds_mai(p->root))
		return 0;
	return probe_has(p->root, MESSAGES, TREE_DIR) ? 70 : 30;
}

/* The folder's own name; that of the root is its base. */
static struct slice
last_part(const struct spool_probe *p, const char *path)
{
	const char *slash = strrchr(path, '/');

	return sl(path[0] == '\0' ? p->base : slash == NULL ? path : slash + 1);
}

/* "outgoing" for SMTP/Outgoing/Messages; other connectors stay in front. */
static const char *
folder_of(const struct spool_probe *p, const struct tree_dir *d,
    struct arena *a)
{
	bool queue = sl_ieq(sl(p->base), SL("Inbound")) ||
	    sl_ieq(sl(p->base), SL("Outgoing")) || is_messages(sl(p->base));
	struct slice s = sl(folder_lower(p, d, queue, a));

	if (d->path[0] != '\0' && is_messages(s))
		return ".";
	if (sl_iends(s, SL("/messages")))
		s.n -= sizeof("/messages") - 1;
	if (sl_starts(s, SL("smtp/")))
		s = sl_from(s, 5);
	return arena_str(a, s);
}

/* The file of that name in the other folder, or NULL. */
static const char *
partner(struct tree_dir *other, const char *name)
{
	ssize_t at = other == NULL ? -1 : tree_dir_find(other, name);

	return at == -1 || other->v[at].type != TREE_FILE ? NULL :
	    other->v[at].name;
}

static bool
mailenable_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	const char *name = d->v[i].name, *command;
	bool msgs = is_messages(last_part(p, d->path));
	struct tree_dir *other = other_folder(p, d, msgs ? ".." : MESSAGES);

	e->folder = folder_of(p, d, a);
	if (!msgs)
		return d->v[i].type != TREE_FILE ||
		    partner(other, name) == NULL;
	if ((command = partner(other, name)) != NULL) {
		add_with(e, a, other, command);
	}
	return true;
}

/* "[SMTP:a@b];[SMTP:c@d]"; without brackets it is the address itself. */
static void
each_address(struct companion *c, struct slice value, companion_take *take)
{
	struct slice item;

	if (value.n == 0 || value.p[0] != '[') {
		take(c, value);
		return;
	}
	while (sl_cut(&value, ']', &item)) {
		while (item.n > 0 && item.p[0] != '[')
			item = sl_from(item, 1);
		if (item.n == 0)
			continue;
		if (sl_istarts(item, SL("[SMTP:")))
			take(c, sl_trim(sl_from(item, 6)));
		else
			msg_problem(c->m, "an address of the envelope is not "
			    "one of SMTP: not taken");
	}
}

static void
take_from(struct companion *c, struct slice value)
{
	each_address(c, value, take_sender);
}

static void
take_to(struct companion *c, struct slice value)
{
	each_address(c, value, take_rcpt);
}

static void
take_type(struct companion *c, struct slice value)
{
	if (sl_ieq(value, SL("NDR")))
		c->m->note = SL("CommandType=NDR: a report of this server");
}

static void
read_command(struct spool_reader *rd, struct spool_msg *m)
{
	static const struct companion_key keys[] = {
		{ "Sender", take_from }, { "Recipients", take_to },
		{ "CommandType", take_type },
	};
	struct companion c = { rd->a, m, PROV_COMPANION, 0 };
	struct slice text, line;

	if (!companion_text(rd, m, rd->e->nwith > 0 ? rd->e->with : NULL,
	    &text))
		return;
	while (sl_line(&text, &line))
		companion_line(&c, line, '=', keys,
		    sizeof(keys) / sizeof(keys[0]));
	companion_done(&c);
}

/* As the walk saw it; a root has its name in the folder alone. */
static bool
in_messages(const struct spool_entry *e)
{
	const char *dir = e->dir->path, *slash = strrchr(dir, '/');

	return is_messages(sl(dir[0] == '\0' ? e->folder : slash == NULL ?
	    dir : slash + 1));
}

static int
mailenable_load(struct spool_reader *rd, struct spool_msg *m,
    struct err *err)
{
	struct slice name = sl(rd->e->name);

	if (reader_head(rd, m, &m->text, err) == -1)
		return -1;
	if (!sl_iends(name, SL(".mai")))
		return 1;
	if (!in_messages(rd->e)) {
		msg_problem(m, "what belongs to a message that is not there");
		return 1;
	}
	m->queue_id = arena_dup(rd->a, name_stem(name));
	read_command(rd, m);
	return 1;
}

const struct spool_driver drv_mailenable = {
	.name = "mailenable",
	.what = "MailEnable: Queues, Messages/*.MAI with command files",
	.in_subfolders = true,
	.bid = mailenable_bid,
	.entry = mailenable_entry,
	.load = mailenable_load,
	.ways = { .no_rotate = TWO_FILES },
};

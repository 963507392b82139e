#include "spool/companion.h"

/*
 * XMail: spool/<n>/<m>/{mess,rsnd,froz} and spool/local.  windows-spools 6,
 * and the chapters on filters and on local mail of its manual.
 *
 * The envelope is on top of the file, each line ends in CRLF:
 *
 *	[192.0.2.1]:1234;[192.0.2.2]:25;date	not in local
 *	domain of the server			not in local
 *	id					not in local
 *	MAIL FROM:<a>
 *	RCPT TO:<b>				one or more
 *	<<MAIL-DATA>>				an empty line in local
 */
#define LEADING_MAX	8	/* lines before MAIL FROM */
#define FOLDERS_SEEN	4	/* subfolders that a bid looks into */

static const char *const queues[] = {
	"mess", "rsnd", "froz", "local", "temp"
};

/* Nothing in these is a message: logs of attempts, locks, reasons. */
static const char *const others[] = { "slog", "lock", "info" };

static bool
is_folder(const struct spool_probe *p)
{
	return name_among(sl(p->base), queues, 5);
}

static bool
is_leaf(const struct tree_dir *d)
{
	return probe_has(d, "mess", TREE_DIR) &&
	    (probe_has(d, "rsnd", TREE_DIR) || probe_has(d, "froz", TREE_DIR));
}

/* Is it a leaf, or above one by so many numbers?  Of one level the first. */
static bool
leads_to_leaf(const struct spool_probe *p, const struct tree_dir *d,
    unsigned levels)
{
	struct tree_dir *sub;
	size_t i, seen = 0;
	bool found = is_leaf(d);

	for (i = 0; i < d->n && !found && levels > 0 && seen < FOLDERS_SEEN;
	    i++) {
		if (d->v[i].type != TREE_DIR || !name_is_number(d->v[i].name))
			continue;
		seen++;
		if ((sub = probe_below(p, d, d->v[i].name)) == NULL)
			continue;
		found = leads_to_leaf(p, sub, levels - 1);
		tree_dir_drop(sub);
	}
	return found;
}

/* The lines in front of a message, and where it begins. */
struct front {
	struct slice	 lines;		/* MAIL FROM and RCPT TO */
	struct slice	 info;		/* the first line, before them */
	struct slice	 text;
	bool		 cut;		/* the bytes end before the message */
};

static bool
is_verb(struct slice line)
{
	return sl_istarts(line, SL("mail from:")) ||
	    sl_istarts(line, SL("rcpt to:"));
}

/* False when there are none. */
static bool
find_front(struct slice text, struct front *f)
{
	struct slice rest = text, line, from = { NULL, 0 };
	size_t leading = 0, before;

	*f = (struct front){ .cut = true };
	for (before = 0; sl_line(&rest, &line); before = text.n - rest.n) {
		if (from.p == NULL && is_verb(line))
			from = sl_from(text, before);
		else if (from.p == NULL && (line.n == 0 ||
		    leading++ == LEADING_MAX))
			return false;
		else if (from.p == NULL && leading == 1)
			f->info = line;
		if (line.n != 0 && !sl_eq(line, SL("<<MAIL-DATA>>")))
			continue;
		f->cut = false;
		break;
	}
	if (from.p == NULL)
		return false;
	f->lines = sl_first(from, from.n - (text.n - before));
	f->text = rest;
	return true;
}

static int
xmail_bid(const struct spool_probe *p)
{
	char buf[PROBE_BYTES];
	struct slice head;
	struct front f;

	if (leads_to_leaf(p, p->root, 2))
		return 75;
	if (!is_folder(p))
		return 0;
	head = probe_head(p, 0, buf);
	return find_front(head, &f) && !f.cut ? 55 : 0;
}

/* "mess" for 3/17/mess: the numbers only spread the files. */
static const char *
folder_of(const struct spool_probe *p, const struct tree_dir *d,
    struct arena *a)
{
	const char *path = folder_lower(p, d, is_folder(p), a), *slash;

	while ((slash = strchr(path, '/')) != NULL && name_is_number(
	    arena_str(a, (struct slice){ path, (size_t)(slash - path) })))
		path = slash + 1;
	return path;
}

static bool
xmail_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	const char *slash;

	e->folder = folder_of(p, d, a);
	slash = strrchr(e->folder, '/');
	return d->v[i].type != TREE_FILE ||
	    !name_among(sl(slash == NULL ? e->folder : slash + 1), others, 3);
}

/* "[192.0.2.1]:1234" */
static void
take_peer(struct companion *c, struct slice s)
{
	const char *end = s.n == 0 ? NULL : memchr(s.p, ']', s.n);

	take_client(c, end == NULL ? s : sl_first(s, (size_t)(end + 1 - s.p)));
}

/*
 * client;server;time, and in older versions domain;address;port of both,
 * time and logo: told from each other by their number.
 */
static void
take_info(struct companion *c, struct slice info)
{
	struct slice v[9], rest = info;
	size_t n = 0;

	while (n < 9 && sl_cut(&rest, ';', &v[n]))
		n++;
	if (n == 3) {
		take_peer(c, sl_trim(v[0]));
		take_arrived(c, sl_trim(v[2]));
	} else if (n == 8) {
		take_peer(c, sl_trim(v[1]));
		take_arrived(c, sl_trim(v[6]));
	}
}

static void
take_front(struct spool_reader *rd, struct spool_msg *m)
{
	struct companion c = { rd->a, m, PROV_NATIVE, 0 };
	struct slice line;
	struct front f;

	if (!find_front(m->text, &f)) {
		msg_problem(m, "no envelope in front of the message");
		return;
	}
	if (f.cut) {
		msg_problem(m, "the file ends within the envelope: not taken");
		msg_hints(m, rd->a, m->text);
		m->text = f.text;
		return;
	}
	m->text = f.text;
	take_info(&c, f.info);
	while (sl_line(&f.lines, &line))
		companion_smtp(&c, line);
	companion_done(&c);
}

static int
xmail_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	struct slice folder = sl(rd->e->folder);

	if (reader_head(rd, m, &m->text, err) == -1)
		return -1;
	if (m->text.n == 0)
		return 1;
	m->queue_id = arena_dup(rd->a, sl(rd->e->name));
	if (sl_eq(folder, SL("temp")) || sl_iends(folder, SL("/temp")))
		msg_problem(m, "still being received");
	take_front(rd, m);
	return 1;
}

static const char *const skeleton[] = {
	"local", "temp", NULL
};

const struct spool_driver drv_xmail = {
	.name = "xmail",
	.what = "XMail: spool/n/m/mess, rsnd, froz; spool/local",
	.in_subfolders = true,
	.bid = xmail_bid,
	.entry = xmail_entry,
	.load = xmail_load,
	.ways = { .skeleton = skeleton },
};

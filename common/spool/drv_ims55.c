#include "spool/driver.h"

/*
 * Exchange 4.0 to 5.5, Imcdata.  windows-spools 1.1 to 1.4.
 *
 * An In or Out file can begin and end with bytes that are no text, of a
 * layout nobody has published; the server's envelope is in there.  They are
 * set apart, and searched for addresses.
 */
#define PREAMBLE_MAX	(64 * 1024)	/* the header begins within these */
#define TRAILER_MAX	4096		/* bytes of a long file's end we read */
#define NAMES_SEEN	64		/* names that a bid looks at */

/* ABCD1234: eight letters and digits, and nine have been seen.  1.2 */
static bool
is_queue_name(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n && ascii_alnum(s.p[i]); i++)
		;
	return i == s.n && (s.n == 8 || s.n == 9);
}

static bool
holds_queue_names(const struct tree_dir *d)
{
	size_t i, files = 0, ours = 0;

	for (i = 0; i < d->n && files < NAMES_SEEN; i++) {
		if (d->v[i].type != TREE_FILE)
			continue;
		files++;
		ours += is_queue_name(sl(d->v[i].name));
	}
	return files > 0 && ours * 4 >= files * 3;
}

/* The root is an In or Out folder, taken out of its Imcdata. */
static bool
is_folder(const struct spool_probe *p)
{
	return sl_ieq(sl(p->base), SL("In")) || sl_ieq(sl(p->base), SL("Out"));
}

static int
ims55_bid(const struct spool_probe *p)
{
	bool in = probe_has(p->root, "In", TREE_DIR);
	bool out = probe_has(p->root, "Out", TREE_DIR);
	bool more = probe_has(p->root, "Pickup", TREE_DIR) ||
	    probe_has(p->root, "Work", TREE_DIR) ||
	    probe_has(p->root, "queue.dat", TREE_FILE);
	bool named = sl_istarts(sl(p->base), SL("Imcdata"));

	if (in && out)
		return more || named ? 95 : 80;
	if ((in || out) && named)
		return 70;
	if (is_folder(p) && holds_queue_names(p->root))
		return 60;
	return (in || out) && more ? 50 : 0;
}

/* Is path the folder called top, or below it? */
static bool
is_below(const char *path, struct slice top)
{
	struct slice s = sl(path);

	return sl_istarts(s, top) && (s.n == top.n || s.p[top.n] == '/');
}

static bool
ims55_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	struct slice name = sl(d->v[i].name);

	if (is_below(d->path, SL("Backup")) ||
	    (is_below(d->path, SL("Log")) && sl_iends(name, SL(".log"))) ||
	    (d->path[0] == '\0' && (sl_ieq(name, SL("queue.dat")) ||
	    sl_ieq(name, SL("Queue.old")))))
		return false;
	e->folder = folder_lower(p, d, is_folder(p), a);
	return true;
}

static bool
is_name_char(char c)
{
	return c > ' ' && c < 0x7f && c != ':';
}

/* The name in front of a field whose colon is s.p[colon]; may be empty. */
static struct slice
name_before(struct slice s, size_t colon)
{
	size_t i = colon;

	while (i > 0 && is_name_char(s.p[i - 1]))
		i--;
	return (struct slice){ s.p + i, colon - i };
}

/* Fields that tell a header from text with colons in it.  1.3 */
static const char *const telling[] = {
	"Received", "From", "To", "Date", "Subject", "Message-ID",
	"MIME-Version", "X-Sender", "X-Receiver", NULL
};

static bool
is_telling(struct slice name)
{
	size_t i;

	for (i = 0; telling[i] != NULL; i++)
		if (sl_ieq(name, sl(telling[i])))
			return true;
	return false;
}

/* A field from the line's first byte on. */
static bool
is_field(struct slice line, struct slice *name)
{
	const char *colon = memchr(line.p, ':', line.n);

	if (colon == NULL || memchr(line.p, '\0', line.n) != NULL)
		return false;
	*name = name_before(line, (size_t)(colon - line.p));
	return name->n > 0 && name->p == line.p;
}

/* The longest telling name at the end of a word that something precedes. */
static struct slice
telling_tail(struct slice word)
{
	struct slice best = { NULL, 0 }, t;
	size_t i;

	for (i = 0; telling[i] != NULL; i++) {
		t = sl(telling[i]);
		if (t.n > best.n && t.n < word.n && sl_iends(word, t) &&
		    word.p[word.n - t.n - 1] != '-')
			best = sl_from(word, word.n - t.n);
	}
	return best;
}

/*
 * A field that begins within the line, where bytes that are no text end:
 * behind a control or 8-bit byte, or, when it is a telling one, behind
 * anything that sticks to it.
 */
static bool
field_within(struct slice line, struct slice *name)
{
	const char *nul = memrchr(line.p, '\0', line.n), *colon;
	struct slice rest = line, word;
	bool stuck;		/* to text, which is in front of it */

	if (nul != NULL)
		rest = sl_from(line, (size_t)(nul + 1 - line.p));
	while ((colon = memchr(rest.p, ':', rest.n)) != NULL) {
		rest = sl_from(line, (size_t)(colon + 1 - line.p));
		word = name_before(line, (size_t)(colon - line.p));
		stuck = word.p == line.p || word.p[-1] == ' ' ||
		    word.p[-1] == ':';
		*name = !stuck && is_telling(word) ? word : telling_tail(word);
		if (name->n == 0 && !stuck)
			*name = word;
		if (name->n > 0)
			return true;
	}
	return false;
}

/*
 * Where the header begins: the first run of two fields with a telling one
 * among them.  A telling one alone will do at the top of the file, and at
 * the end of the run it has to be the only thing there: a blank line.
 * False when there is none within PREAMBLE_MAX.
 */
static bool
find_header(struct slice text, size_t *at)
{
	struct slice rest = sl_first(text, PREAMBLE_MAX), line, name;
	size_t fields = 0;
	bool told = false;

	while (sl_cut(&rest, '\n', &line)) {
		if (fields > 0 && line.n > 0 && ascii_blank(line.p[0]) &&
		    memchr(line.p, '\0', line.n) == NULL)
			continue;
		if (fields == 1 && told && *at == 0 && sl_trim(line).n == 0)
			return true;
		if (!is_field(line, &name)) {
			fields = 0;
			told = false;
			if (!field_within(line, &name))
				continue;
		}
		if (fields++ == 0)
			*at = (size_t)(name.p - text.p);
		told |= is_telling(name);
		if (told && fields > 1)
			return true;
	}
	return told && *at == 0;
}

/* A line that cannot be text: a NUL, or a quarter of control bytes. */
static bool
is_binary(struct slice s)
{
	size_t i, control = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\0')
			return true;
		control += (unsigned char)s.p[i] < ' ' && s.p[i] != '\t' &&
		    s.p[i] != '\r' && s.p[i] != 0x1b;
	}
	return control >= 4 && control >= s.n / 4;
}

static struct slice
last_line(struct slice s)
{
	const char *lf = s.n == 0 ? NULL : memrchr(s.p, '\n', s.n);

	return lf == NULL ? sl_from(s, s.n) :
	    sl_from(s, (size_t)(lf + 1 - s.p));
}

/* What stands behind the last line end, when it is no text. */
static void
take_trailer(struct spool_reader *rd, struct spool_msg *m)
{
	bool here = !m->cut && !m->more;
	struct slice s = last_line(here ? m->text :
	    reader_tail(rd, TRAILER_MAX));

	if (!is_binary(s))
		return;
	m->trailer = s;
	if (here)
		m->text.n -= s.n;
}

static int
ims55_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	struct slice bytes;
	size_t at = 0;

	if (reader_head(rd, m, &bytes, err) == -1)
		return -1;
	if (is_queue_name(sl(rd->e->name)))
		m->queue_id = arena_dup(rd->a, sl(rd->e->name));
	if (is_below(rd->e->folder, SL("work")))
		msg_problem(m, "still being received");
	if (!find_header(bytes, &at)) {
		if (bytes.n > 0)
			msg_problem(m, "no header found");
		m->preamble = bytes;
		msg_hints(m, rd->a, sl_first(bytes, PREAMBLE_MAX));
		return 1;
	}
	m->preamble = sl_first(bytes, at);
	m->text = sl_from(bytes, at);
	take_trailer(rd, m);
	msg_hints(m, rd->a, m->preamble);
	msg_hints(m, rd->a, m->trailer);
	if (!xblock_take(&m->text, rd->a, m))
		msg_from_hints(m, rd->a);
	return 1;
}

static const char *const skeleton[] = {
	"In", "In/Archive", "Out", "Out/Archive", "Pickup",
	"Pickup/Archive", "Work", "Log", NULL
};

/*
 * Pickup.  windows-spools 1.4: whether it strips one of every leading dots
 * or only doubles a lone one is not known, so only that is doubled.
 */
static const struct inject ims55_inject[] = {
	{ .name = "ims55", .folder = "Pickup", .block = BLOCK_BARE,
	    .what = "DIR is the Pickup of an Imcdata",
	    .dots = DOTS_LONE, .taken = true,
	    .refused = { "Archive", "../In/Archive" } },
	{ .name = NULL },
};

const struct spool_driver drv_ims55 = {
	.name = "ims55",
	.what = "Exchange 4.0 to 5.5 Internet Mail Service: Imcdata",
	.in_subfolders = true,
	.bid = ims55_bid,
	.entry = ims55_entry,
	.load = ims55_load,
	.ways = { .skeleton = skeleton },
	.inject = ims55_inject,
};

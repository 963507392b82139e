#include "spool/companion.h"

/*
 * IMail: one flat folder, spool.  windows-spools 6.
 *
 *	D<id>.<ext>	the message
 *	Q<id>.<ext>	its envelope, a letter and its value on each line
 *	T, A		the same while it is received and checked
 *	_<id>.~<xt>	a lock
 *
 * Other files of the folder are logs and, with F, faxes.
 */
#define NAMES_SEEN	64	/* names that a bid looks at */

/* "D0b63aa8048c.GSC": the letter, six or more characters, three more. */
static bool
is_name(struct slice s, char letter)
{
	size_t i;

	if (s.n < 11 || ascii_lower(s.p[0]) != ascii_lower(letter) ||
	    s.p[s.n - 4] != '.')
		return false;
	for (i = 1; i < s.n - 4 && ascii_alnum(s.p[i]); i++)
		;
	return i == s.n - 4;
}

static bool
is_lock(struct slice s)
{
	return is_name(s, '_') && s.p[s.n - 3] == '~';
}

/* SYS0105.TXT, LOG0105.TXT */
static bool
is_log(struct slice s)
{
	return sl_glob(SL("sys[0-9][0-9][0-9][0-9]*.txt"), s) ||
	    sl_glob(SL("log[0-9][0-9][0-9][0-9]*.txt"), s);
}

/* The file that is called as name is, but for its first letter; or NULL. */
static const char *
sibling(struct tree_dir *d, struct slice name, const char *letters,
    struct arena *a)
{
	char *s = arena_str(a, name);
	ssize_t at;

	for (; *letters != '\0'; letters++) {
		s[0] = *letters;
		if ((at = tree_dir_find(d, s)) != -1 &&
		    d->v[at].type == TREE_FILE)
			return d->v[at].name;
	}
	return NULL;
}

/* The lock of a message: _ and ~ where the first letters were; or NULL. */
static const char *
lock_of(struct tree_dir *d, struct slice name, struct arena *a)
{
	char *s = arena_str(a, name);
	ssize_t at;

	s[0] = '_';
	s[name.n - 3] = '~';
	if ((at = tree_dir_find(d, s)) == -1 || d->v[at].type != TREE_FILE)
		return NULL;
	return d->v[at].name;
}

/* The message that a lock is of: all but the letter that the ~ hides. */
static bool
lock_has_message(struct tree_dir *d, struct slice name, struct arena *a)
{
	struct slice mid = sl_first(sl_from(name, 1), name.n - 4);
	static const char letters[] = "Dd";
	const uint32_t *at;
	size_t i, k, n;

	for (k = 0; k < 2; k++) {
		n = tree_dir_heads(d, arena_fmt(a, "%c" SL_FMT, letters[k],
		    SL_ARG(mid)).p, &at);
		for (i = 0; i < n; i++)
			if (sl_eq(sl_from(sl(d->v[at[i]].name), name.n - 2),
			    sl_from(name, name.n - 2)))
				return true;
	}
	return false;
}

/* Does the file begin as a Q file does: lines of a letter and a value? */
static bool
is_envelope(struct slice text)
{
	struct slice line;

	if (!sl_line(&text, &line) || line.n < 2 || line.p[0] != 'Q')
		return false;
	return sl_line(&text, &line) && line.n > 0 && line.p[0] >= 'A' &&
	    line.p[0] <= 'Z';
}

/* The Q file of one of the first messages. */
static const char *
pair_of(const struct tree_dir *d)
{
	struct slice v[NAMES_SEEN], s;
	size_t i, k, n = 0;

	for (i = 0; i < d->n && n < NAMES_SEEN / 4; i++)
		if (d->v[i].type == TREE_FILE && is_name(sl(d->v[i].name), 'D'))
			v[n++] = sl_from(sl(d->v[i].name), 1);
	for (i = 0; n > 0 && i < d->n; i++) {
		s = sl(d->v[i].name);
		if (d->v[i].type != TREE_FILE || !is_name(s, 'Q'))
			continue;
		for (k = 0; k < n; k++)
			if (sl_eq(sl_from(s, 1), v[k]))
				return s.p;
	}
	return NULL;
}

static int
imail_bid(const struct spool_probe *p)
{
	const char *q = pair_of(p->root);
	char buf[PROBE_BYTES];

	if (q == NULL)
		return 0;
	return is_envelope(probe_file(p->root, q, buf)) ? 75 : 45;
}

static bool
imail_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	struct slice name = sl(d->v[i].name);
	bool file = d->v[i].type == TREE_FILE;
	const char *other;

	e->folder = folder_lower(p, d, false, a);
	if (file && (is_log(name) || (is_lock(name) &&
	    lock_has_message(d, name, a))))
		return false;
	if (is_name(name, 'Q') || is_name(name, 'T') || is_name(name, 'A'))
		return !file || sibling(d, name, "Dd", a) == NULL;
	if (!is_name(name, 'D'))
		return true;
	if ((other = sibling(d, name, "QqTtAa", a)) != NULL)
		add_with(e, a, NULL, other);
	if ((other = lock_of(d, name, a)) != NULL)
		add_with(e, a, NULL, other);
	return true;
}

static void
take_deleted(struct companion *c, struct slice value)
{
	if (sl_eq(value, SL("1")))
		msg_problem(c->m, "marked by the server to be deleted");
}

/*
 * Z is a recipient that a rule made; N, the one that R was before, gets no
 * mail.  Small letters are words of newer versions.
 */
static const struct {
	char		 letter;
	companion_take	*take;
} letters[] = {
	{ 'S', take_sender }, { 'R', take_rcpt }, { 'Z', take_rcpt },
	{ 'A', take_account }, { 'B', take_client }, { 'U', take_helo },
	{ 'D', take_deleted },
};

static void
read_envelope(struct spool_reader *rd, struct spool_msg *m,
    const struct spool_with *with)
{
	struct companion c = { rd->a, m, PROV_COMPANION, 0 };
	struct slice text, line;
	size_t i;

	if (!companion_text(rd, m, with, &text))
		return;
	while (sl_line(&text, &line))
		for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
			if (line.n > 0 && line.p[0] == letters[i].letter)
				letters[i].take(&c,
				    sl_trim(sl_from(line, 1)));
	companion_done(&c);
}

static int
imail_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	const struct spool_entry *e = rd->e;
	struct slice name = sl(e->name);
	const struct spool_with *q = NULL;
	size_t i;

	if (reader_head(rd, m, &m->text, err) == -1)
		return -1;
	if (is_name(name, 'Q') || is_name(name, 'T') || is_name(name, 'A'))
		msg_problem(m, "what belongs to a message that is not there");
	for (i = 0; i < e->nwith; i++)
		if (e->with[i].name[0] != '_')
			q = &e->with[i];
	if (e->nwith > (q != NULL) || is_lock(name))
		msg_problem(m, "locked: the server was at work on it");
	if (!is_name(name, 'D'))
		return 1;
	m->queue_id = arena_dup(rd->a, name_stem(sl_from(name, 1)));
	if (q != NULL && ascii_lower(q->name[0]) != 'q')
		msg_problem(m, "still being received");
	read_envelope(rd, m, q);
	return 1;
}

const struct spool_driver drv_imail = {
	.name = "imail",
	.what = "IMail: spool, D files with Q files",
	.in_subfolders = true,
	.bid = imail_bid,
	.entry = imail_entry,
	.load = imail_load,
	.ways = { .no_rotate = TWO_FILES },
};

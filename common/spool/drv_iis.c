#include "spool/companion.h"

/*
 * IIS SMTP service, and Exchange 2000 and 2003: Mailroot, or one `vsi N` of
 * it.  windows-spools 2.1 to 2.4.
 *
 * The envelope of a Queue file is in another stream of the same file, of a
 * layout nobody has published.  Where a copy kept it, it is searched for
 * addresses.
 */
#define REASON_MAX	4096		/* bytes of a .BDR */

/* A message that could not be sent; the reason, and where it came from. */
static const struct pair bad = {
	.msg = { ".bad", NULL }, .with = { ".bdr", ".bdp", NULL },
};

static const char *const folders[] = {
	"Pickup", "Queue", "Badmail", "Drop", "Filter", "UceArchive"
};
#define NFOLDERS	(sizeof(folders) / sizeof(folders[0]))

/* Some of a folder's names that a bid looks at. */
#define NAMES_SEEN	64

static bool
any_name(const struct tree_dir *d, struct slice pattern)
{
	size_t i;

	for (i = 0; i < d->n && i < NAMES_SEEN; i++)
		if (d->v[i].type == TREE_FILE &&
		    sl_glob(pattern, sl(d->v[i].name)))
			return true;
	return false;
}

/* The root is one of the folders, taken out of its Mailroot. */
static bool
is_folder(const struct spool_probe *p)
{
	return name_among(sl(p->base), folders, NFOLDERS);
}

/* Pickup and Queue are names that others use too: what is in it decides. */
static int
folder_bid(const struct spool_probe *p)
{
	struct slice base = sl(p->base);
	char buf[PROBE_BYTES];

	if (sl_ieq(base, SL("Badmail")))
		return any_name(p->root, SL("*.bad")) ? 60 : 0;
	if (sl_ieq(base, SL("Queue")))
		return any_name(p->root, SL("NTFS_*.eml")) ? 60 : 0;
	if (sl_ieq(base, SL("Drop")) || sl_ieq(base, SL("UceArchive")))
		return xblock_starts(probe_head(p, 0, buf)) ? 40 : 0;
	return 0;
}

static int
iis_bid(const struct spool_probe *p)
{
	bool named = sl_ieq(sl(p->base), SL("Mailroot")) ||
	    sl_istarts(sl(p->base), SL("vsi "));
	size_t i, n = 0;

	for (i = 0; i < NFOLDERS; i++)
		n += probe_has(p->root, folders[i], TREE_DIR);
	if (n >= 3)
		return 94;
	if (n == 2 || (n == 1 && named))
		return 60;
	return folder_bid(p);
}

/* Is the name <file>:<stream>, of a file that is there? */
static bool
is_stream(struct tree_dir *d, struct slice name, struct arena *a)
{
	const char *colon = memchr(name.p, ':', name.n);

	return colon != NULL && tree_dir_find(d, arena_str(a,
	    sl_first(name, (size_t)(colon - name.p)))) != -1;
}

static void
add_streams(struct tree_dir *d, struct slice name, struct arena *a,
    struct spool_entry *e)
{
	const uint32_t *v;
	char *head = arena_bytes(a, name.n + 2);
	size_t n, i;

	memcpy(head, name.p, name.n);
	memcpy(head + name.n, ":", 2);
	n = tree_dir_heads(d, head, &v);
	for (i = 0; i < n; i++)
		if (d->v[v[i]].type == TREE_FILE)
			add_with(e, a, NULL, d->v[v[i]].name);
}

static bool
iis_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	struct slice name = sl(d->v[i].name);

	if (is_stream(d, name, a) || !pair_entry(&bad, d, i, a, e))
		return false;
	e->folder = folder_lower(p, d, is_folder(p), a);
	add_streams(d, name, a, e);
	return true;
}

static void
read_reason(struct spool_reader *rd, struct spool_msg *m)
{
	const struct spool_entry *e = rd->e;
	size_t i;

	for (i = 0; i < e->nwith; i++)
		if (sl_iends(sl(e->with[i].name), SL(".bdr")) &&
		    strchr(e->with[i].name, ':') == NULL)
			msg_note(m, rd->a, reader_companion(rd, &e->with[i],
			    REASON_MAX));
}

/* Windows marks what came from elsewhere with a stream of this name. */
static bool
has_envelope_stream(const struct spool_msg *m)
{
	size_t i;

	for (i = 0; i < m->nstreams; i++)
		if (!sl_ieq(m->streams[i].name, SL("Zone.Identifier")))
			return true;
	return false;
}

static int
iis_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	struct slice name = sl(rd->e->name);

	if (reader_head(rd, m, &m->text, err) == -1)
		return -1;
	if (pair_is_with(&bad, rd->e->name))
		msg_problem(m, "what belongs to a message that is not there");
	else if (memchr(name.p, ':', name.n) != NULL)
		msg_problem(m, "a stream of a file that is not there");
	if (sl_ieq(sl(rd->e->folder), SL("queue")))
		m->queue_id = arena_dup(rd->a, name_stem(name));
	read_reason(rd, m);
	reader_streams(rd, m);
	if (xblock_take(&m->text, rd->a, m))
		return 1;
	msg_from_hints(m, rd->a);
	m->stream_absent = !has_envelope_stream(m) &&
	    sl_ieq(sl(rd->e->folder), SL("queue"));
	return 1;
}

static const char *const skeleton[] = {
	"Badmail", "Drop", "Pickup", "Queue", NULL
};

/* Pickup.  windows-spools 2.3: one leading dot of each line is stripped. */
static const struct inject iis_inject[] = {
	{ .name = "iis", .folder = "Pickup", .suffix = ".eml",
	    .what = "DIR is the Pickup of a Mailroot",
	    .block = BLOCK_BARE, .dots = DOTS_ALL, .taken = true,
	    .refused = { "../Badmail" } },
	{ .name = NULL },
};

const struct spool_driver drv_iis = {
	.name = "iis",
	.what = "IIS SMTP, Exchange 2000 and 2003: Mailroot, vsi N",
	.in_subfolders = true,
	.bid = iis_bid,
	.entry = iis_entry,
	.load = iis_load,
	.ways = { .skeleton = skeleton },
	.inject = iis_inject,
};

#include <stddef.h>

#include "io/codec.h"
#include "spool/companion.h"
#include "spool/mta.h"

/*
 * OpenSMTPD: the spool directory.  unix-spools 4; the numbers OS-n below are
 * those of its statements.
 *
 *	queue/<hh>/<msgid>/message	the message
 *	queue/<hh>/<msgid>/<evpid>	an envelope for each recipient
 *	incoming/<msgid>/...		the same, being received
 *	corrupt/<msgid>/...		the same, given up
 *	offline/<name>			handed in while the server was away
 *
 * <msgid> is 8 digits, <evpid> these and 8 more.  Files may be compressed,
 * each for itself (OS-6).
 */
#define MSGID		8		/* hexadecimal digits */
#define ENVELOPE_MAX	(64 * 1024)	/* bytes of one, unpacked */
#define MESSAGE_MAX	(1024 * 1024 * 1024)	/* bytes of one, unpacked: no
						   server takes as much */
#define VERSION_MAX	3		/* of an envelope; OS-2 */
#define FILES_SEEN	8		/* that a bid looks at */
#define HEAD_MAX	4096		/* bytes of a header looked into */

/*
 * Names.
 */

static bool
is_hex(struct slice s, size_t n)
{
	size_t i;

	for (i = 0; i < s.n && ascii_hex(s.p[i]) != -1; i++)
		;
	return i == s.n && s.n == n;
}

static bool
is_envelope(const char *name)
{
	return is_hex(sl(name), 2 * MSGID);
}

static struct slice
last_of(struct slice path)
{
	const char *slash = path.n == 0 ? NULL :
	    memrchr(path.p, '/', path.n);

	return slash == NULL ? path : sl_from(path,
	    (size_t)(slash + 1 - path.p));
}

/* 16 digits of an envelope begin with the folder's 8. */
static struct slice
opensmtpd_id(const struct tree_dir *d, const char *name)
{
	return is_envelope(name) ? sl_first(sl(name), MSGID) :
	    strcmp(name, "message") == 0 ? last_of(sl(d->path)) : SL("");
}

static const char *const stages[] = { "incoming", "queue", NULL };

/* A folder <hh> with a <msgid> in it: others have folders of two digits. */
static bool
has_message(const struct spool_probe *p)
{
	const struct tree_dir *d = p->root;
	struct tree_dir *sub;
	size_t i, k, seen = 0;
	bool found = false;

	for (i = 0; i < d->n && seen < FILES_SEEN && !found; i++) {
		if (d->v[i].type != TREE_DIR || !is_hex(sl(d->v[i].name), 2))
			continue;
		seen++;
		if ((sub = probe_below(p, d, d->v[i].name)) == NULL)
			continue;
		for (k = 0; k < sub->n && !found; k++)
			found = sub->v[k].type == TREE_DIR &&
			    is_hex(sl(sub->v[k].name), MSGID) &&
			    sl_starts(sl(sub->v[k].name), sl(d->v[i].name));
		tree_dir_drop(sub);
	}
	return found;
}

static int
opensmtpd_bid(const struct spool_probe *p)
{
	static const char *const others[] = { "incoming", "offline", "purge",
	    "temporary", "corrupt" };
	size_t i, n = 0;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		n += probe_has(p->root, others[i], TREE_DIR);
	if (probe_has(p->root, "queue", TREE_DIR) && n >= 2)
		return 91;
	return sl_eq(sl(p->base), SL("queue")) && has_message(p) ? 60 : 0;
}

/* What the folder is part of; NULL: of nothing that has messages. */
static const char *
folder_of(const struct spool_probe *p, struct slice path)
{
	static const char *const folders[] = { "queue", "incoming", "corrupt",
	    "offline" };
	struct slice top;
	size_t i;

	if (!probe_has(p->root, "queue", TREE_DIR))
		return "queue";
	if (!sl_cut(&path, '/', &top))
		return NULL;
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (sl_eq(top, sl(folders[i])))
			return folders[i];
	return NULL;
}

static bool
is_offline(const struct spool_entry *e)
{
	return strcmp(e->folder, "offline") == 0;
}

/* The others of the folder, however many there are, by their names. */
static void
add_envelopes(struct tree_dir *d, const char *name, struct arena *a,
    struct spool_entry *e)
{
	const struct tree_name *t;
	const uint32_t *at;
	size_t n = tree_dir_heads(d, "", &at), i;

	e->with = arena_alloc(a, n * sizeof(*e->with));
	for (i = 0; i < n && e->nwith < SPOOL_RCPT_MAX; i++) {
		t = &d->v[at[i]];
		if (t->type == TREE_FILE && is_envelope(t->name) &&
		    strcmp(t->name, name) != 0)
			e->with[e->nwith++] = (struct spool_with){ NULL,
			    t->name };
	}
}

static bool
is_first(struct tree_dir *d, const char *name)
{
	const struct tree_name *t;
	const uint32_t *at;
	size_t n = tree_dir_heads(d, "", &at), i;

	for (i = 0; i < n; i++) {
		t = &d->v[at[i]];
		if (t->type == TREE_FILE && is_envelope(t->name))
			return strcmp(t->name, name) == 0;
	}
	return false;
}

/* Without a message, as while it is received, the first envelope has all. */
static bool
opensmtpd_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	const char *name = d->v[i].name;
	ssize_t at;

	if ((e->folder = folder_of(p, sl(d->path))) == NULL)
		return false;
	if (is_offline(e) || d->v[i].type != TREE_FILE)
		return true;
	at = tree_dir_find(d, "message");
	if (is_envelope(name) && ((at != -1 && d->v[at].type == TREE_FILE) ||
	    !is_first(d, name)))
		return false;
	if (is_envelope(name) || strcmp(name, "message") == 0)
		add_envelopes(d, name, a, e);
	return true;
}

/*
 * Envelopes: "name: value" lines (OS-2).
 */
struct envelope {
	struct slice	 version, type, sender, rcpt, dest, error, bounce;
	struct slice	 sockaddr, hostname, helo, username, ctime;
	struct slice	 notify, ret, envid, orcpt, retry, last;
	uint64_t	 tries, tried;	/* of several envelopes the most */
};

static const struct {
	const char	*name;
	size_t		 at;
} fields[] = {
#define FIELD(name, member) { name, offsetof(struct envelope, member) }
	FIELD("version", version), FIELD("type", type),
	FIELD("sender", sender), FIELD("rcpt", rcpt), FIELD("dest", dest),
	FIELD("errorline", error), FIELD("bounce-type", bounce),
	FIELD("sockaddr", sockaddr), FIELD("hostname", hostname),
	FIELD("helo", helo), FIELD("username", username),
	FIELD("ctime", ctime), FIELD("dsn-notify", notify),
	FIELD("dsn-ret", ret), FIELD("dsn-envid", envid),
	FIELD("dsn-orcpt", orcpt), FIELD("retry", retry),
	FIELD("last-try", last),
#undef FIELD
};

static void
parse_envelope(struct slice s, struct envelope *v)
{
	struct slice line, name;
	size_t i;

	*v = (struct envelope){ .version = SL("") };
	while (sl_line(&s, &line)) {
		if (!sl_cut(&line, ':', &name))
			continue;
		for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
			if (sl_eq(name, sl(fields[i].name)))
				*(struct slice *)((char *)v + fields[i].at) =
				    sl_trim(line);
	}
}

static int
collect_piece(void *ctx, struct slice s, struct err *err)
{
	struct buf *b = ctx;

	if (b->n + s.n > ENVELOPE_MAX)
		return err_set(err, ERR_LIMIT, "an envelope file is "
		    "encrypted or damaged: not taken");
	buf_add(b, s);
	return 0;
}

/* Unpacked, in the arena; as it is where it is not packed, or damaged. */
static struct slice
unpacked(struct arena *a, struct slice s)
{
	struct gunzip *g;
	struct buf b = { 0 };
	struct err err;

	if (!gunzip_is(s))
		return s;
	g = gunzip_new();
	if (gunzip_put(g, s, collect_piece, &b, &err) == 0 && gunzip_done(g))
		s = arena_dup(a, buf_sl(&b));
	gunzip_free(g);
	buf_free(&b);
	return s;
}

/* An address as it stands; "@" is the null one (OS-3). */
static bool
read_address(struct arena *a, struct slice s, struct addr *ad)
{
	struct slice params;

	if (sl_eq(s, SL("@")))
		s = SL("<>");
	return s.n > 0 && addr_path(a, s, ad, &params) == 0 && params.n == 0;
}

/* RFC 3461 4.1, as bits: 1 success, 2 failure, 4 delay, 8 never. */
static struct slice
read_notify(struct slice s)
{
	uint64_t bits;

	if (!sl_num(s, 15, &bits))
		return SL("");
	return notify_words((bits & 8) != 0, (bits & 1) != 0,
	    (bits & 2) != 0, (bits & 4) != 0);
}

/* OS-5: a recipient that failed is kept until its report is made. */
static enum rcpt_state
state_of(const struct envelope *v)
{
	if (!sl_eq(v->type, SL("bounce")))
		return RCPT_PENDING;
	return sl_eq(v->bounce, SL("failed")) ? RCPT_BOUNCED : RCPT_DONE;
}

static void
take_envelope_rcpt(struct companion *c, const struct envelope *v)
{
	struct spool_msg *m = c->m;
	struct spool_rcpt *to;
	struct addr ad, was;
	size_t n = m->nrcpts;

	/* OS-4: dest is what it became behind aliases */
	if (!read_address(c->a, v->dest.n > 0 ? v->dest : v->rcpt, &ad) ||
	    ad.null) {
		msg_problem(m,
		    "an address of the envelope is none: not taken");
		return;
	}
	msg_rcpt(m, c->a, &ad, PROV_NATIVE);
	if (m->nrcpts == n)
		return;
	to = &m->rcpts[n];
	to->state = state_of(v);
	to->error = v->error;
	to->notify = read_notify(v->notify);
	if (v->orcpt.n > 0)
		to->orcpt = memchr(v->orcpt.p, ';', v->orcpt.n) != NULL ?
		    v->orcpt : arena_fmt(c->a, "rfc822;" SL_FMT,
		    SL_ARG(v->orcpt));
	if (read_address(c->a, v->rcpt, &was) && !sl_eq(was.spec, ad.spec))
		to->original = was.spec;
}

/* What all envelopes of a message have alike. */
static void
take_common(struct companion *c, const struct envelope *v)
{
	struct spool_msg *m = c->m;
	uint64_t t;

	if (sl_num(v->ctime, UINT32_MAX, &t))
		m->arrived = (int64_t)t;
	m->ret = v->ret;
	m->envid = v->envid;
	take_account(c, v->username);			/* OS-3 */
	if (sl_eq(v->sockaddr, SL("local")))
		return;
	take_client(c, sl_istarts(v->sockaddr, SL("IPv6:")) ?
	    sl_from(v->sockaddr, 5) : v->sockaddr);
	take_helo(c, v->helo);
	if (!sl_eq(v->hostname, SL("<unknown>")))
		m->client_name = sl_first(v->hostname, 255);
}

static void
take_envelope_sender(struct companion *c, struct slice s)
{
	struct spool_msg *m = c->m;
	struct addr ad;

	if (!read_address(c->a, s, &ad)) {
		msg_problem(m,
		    "an address of the envelope is none: not taken");
		return;
	}
	if (m->has_sender && !sl_eq(ad.spec, m->sender.spec)) {
		msg_problem(m, "several senders in the envelopes: the first "
		    "is taken");
		return;
	}
	m->has_sender = true;
	m->sender = ad;
	m->sender_prov = PROV_NATIVE;
}

/* Half an address is another one. */
static struct slice
whole_lines(struct spool_msg *m, struct slice s)
{
	const char *lf = memrchr(s.p, '\n', s.n);
	size_t n = lf == NULL ? 0 : (size_t)(lf + 1 - s.p);

	if (n < s.n)
		msg_problem(m, "an envelope file ends within a line, which "
		    "is not taken");
	return sl_first(s, n);
}

/* One envelope file.  True: it was one, and is in *v. */
static bool
take_envelope(struct companion *c, struct slice bytes, struct envelope *v)
{
	struct slice s = unpacked(c->a, bytes);
	uint64_t version;

	if (s.n == 0)
		return false;		/* delivered meanwhile: OS-5, OS-9 */
	if (!sl_starts(s, SL("version:"))) {
		msg_problem(c->m, "an envelope file is encrypted or damaged: "
		    "not taken");
		return false;
	}
	parse_envelope(whole_lines(c->m, s), v);
	sl_num(v->retry, UINT32_MAX, &v->tries);
	sl_num(v->last, UINT32_MAX, &v->tried);
	if (!sl_num(v->version, UINT32_MAX, &version) ||
	    version > VERSION_MAX)
		msg_problem(c->m, "an envelope file of a version newer than "
		    "those that are known");
	take_envelope_sender(c, v->sender);
	if (!sl_eq(v->type, SL("bounce")) ||
	    !sl_eq(v->bounce, SL("delayed")))	/* a warning, beside it */
		take_envelope_rcpt(c, v);
	return true;
}

/*
 * The message.
 */
struct unpack {
	reader_piece	*piece;
	void		*ctx;
	struct gunzip	*g;
	bool		 begun;
	bool		 refused;	/* by the piece: no damage */
	uint64_t	 n;
	const char	*why;
};

static int
count_piece(void *ctx, struct slice s, struct err *err)
{
	struct unpack *u = ctx;

	u->n += s.n;
	if (u->n > MESSAGE_MAX) {
		u->why = "more than a gigabyte when it is unpacked: the rest "
		    "was not read";
		return -1;
	}
	if (u->piece(u->ctx, s, err) == 0)
		return 0;
	u->refused = true;
	return -1;
}

static int
packed_piece(void *ctx, struct slice s, struct err *err)
{
	struct unpack *u = ctx;
	struct err damage;

	if (!u->begun && gunzip_is(s))
		u->g = gunzip_new();
	u->begun = true;
	if (u->g == NULL)
		return u->piece(u->ctx, s, err);
	if (u->why != NULL || gunzip_put(u->g, s, count_piece, u,
	    &damage) == 0)
		return 0;
	if (u->refused) {
		*err = damage;
		return -1;
	}
	if (u->why == NULL)
		u->why = "the compressed message is damaged";
	return 0;
}

static int
opensmtpd_text(struct spool_reader *rd, reader_piece *piece, void *ctx,
    struct err *err)
{
	struct unpack u = { .piece = piece, .ctx = ctx };
	int r;

	if (is_envelope(rd->e->name))
		return piece(ctx, SL(""), err);
	r = reader_copy(rd->fd, rd->pos, packed_piece, &u, err);
	if (u.g != NULL && u.why == NULL && !gunzip_done(u.g))
		u.why = "the compressed message is damaged";
	gunzip_free(u.g);
	rd->why = u.why;
	return r;
}

/*
 * Handed in while the server was away: the arguments of sendmail, joined by
 * bars, and the message (OS-8).
 */
static void
take_arguments(struct companion *c, struct slice s)
{
	struct slice arg;
	bool options = true;

	while (sl_cut(&s, '|', &arg)) {
		if (!options || arg.n == 0 || arg.p[0] != '-')
			take_rcpt(c, arg);
		else if (sl_eq(arg, SL("--")))
			options = false;
		else if (sl_eq(arg, SL("-f")) || sl_eq(arg, SL("-r"))) {
			if (sl_cut(&s, '|', &arg))
				take_sender(c, arg);
		} else if (sl_starts(arg, SL("-f")) ||
		    sl_starts(arg, SL("-r")))
			take_sender(c, sl_from(arg, 2));
		else if (sl_eq(arg, SL("-F")))
			sl_cut(&s, '|', &arg);
		else if (sl_eq(arg, SL("-t")))
			msg_problem(c->m, "its recipients are those of its "
			    "header");
	}
}

static int
load_offline(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	struct companion c = { rd->a, m, PROV_NATIVE, 0 };
	struct slice s;
	const char *lf;

	if (reader_front(rd, ENVELOPE_MAX, err) == -1)
		return -1;
	s = buf_sl(&rd->buf);
	if (s.n > 0 && (lf = memchr(s.p, '\n', s.n)) != NULL) {
		rd->pos = (size_t)(lf + 1 - s.p);
		take_arguments(&c, arena_dup(rd->a, sl_first(s,
		    (size_t)(lf - s.p))));
	} else
		msg_problem(m, "the first line has no end: no envelope");
	if (rd->e->nheld == 0)
		msg_note(m, rd->a, arena_fmt(rd->a, "handed in by uid %u",
		    (unsigned)rd->uid));
	companion_done(&c);
	return reader_text(rd, m, err) == -1 ? -1 : 1;
}

/* A report of this server (OS-7), and what else came from this host. */
static void
note_local(struct companion *c, const struct envelope *v)
{
	static const struct slice subject =
	    SL("\nSubject: Delivery status notification: ");
	struct spool_msg *m = c->m;
	struct slice about;

	if (!sl_eq(v->sockaddr, SL("local")))
		return;
	if (m->has_sender && m->sender.null &&
	    sl_find(sl_first(m->text, HEAD_MAX), subject) != NULL) {
		about = report_about(c->a, m->text);
		msg_report(m, c->a, is_hex(about, MSGID) ? about : SL(""));
	} else
		msg_note(m, c->a, SL("handed in on this server"));
}

/* first: *v is none yet */
static void
take_envelopes(struct companion *c, struct spool_reader *rd, bool first,
    struct envelope *v)
{
	struct envelope one;
	size_t i;

	for (i = 0; i < rd->e->nwith; i++) {
		if (!take_envelope(c, reader_companion(rd, &rd->e->with[i],
		    ENVELOPE_MAX), &one))
			continue;
		if (first)
			*v = one;
		first = false;
		if (one.tries > v->tries)
			v->tries = one.tries;
		if (one.tried > v->tried)
			v->tried = one.tried;
	}
}

static int
load_message(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	struct companion c = { rd->a, m, PROV_NATIVE, 0 };
	struct envelope v = { .version = SL("") };
	bool first = true;

	m->queue_id = arena_dup(rd->a, opensmtpd_id(rd->e->dir, rd->e->name));
	if (is_envelope(rd->e->name)) {
		if (strcmp(rd->e->folder, "incoming") != 0)	/* OS-1 */
			msg_problem(m, "its message file is missing");
		if (reader_front(rd, ENVELOPE_MAX, err) == -1)
			return -1;
		first = !take_envelope(&c, arena_dup(rd->a,
		    buf_sl(&rd->buf)), &v);
	}
	take_envelopes(&c, rd, first, &v);
	take_common(&c, &v);
	companion_done(&c);
	if (reader_text(rd, m, err) == -1)
		return -1;
	if (rd->why != NULL)
		msg_problem(m, rd->why);
	note_local(&c, &v);
	msg_tried(m, rd->a, v.tries, (int64_t)v.tried, 0);
	return 1;
}

static int
opensmtpd_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	const char *name = rd->e->name;

	rd->done = true;
	rd->pos = 0;
	rd->why = NULL;
	if (is_offline(rd->e))
		return load_offline(rd, m, err);
	if (strcmp(name, "message") != 0 && !is_envelope(name)) {
		msg_problem(m, "no file of a message");
		return reader_text(rd, m, err) == -1 ? -1 : 1;
	}
	if (strcmp(rd->e->folder, "incoming") == 0)
		msg_problem(m, "still being received");
	else if (strcmp(rd->e->folder, "corrupt") == 0)
		msg_problem(m, "the server set it aside as corrupt");
	return load_message(rd, m, err);
}

const struct spool_driver drv_opensmtpd = {
	.name = "opensmtpd",
	.what = "OpenSMTPD: the spool directory, queue with envelopes",
	.in_subfolders = true,
	.bid = opensmtpd_bid,
	.entry = opensmtpd_entry,
	.load = opensmtpd_load,
	.id = opensmtpd_id,
	.stages = stages,
	.text = opensmtpd_text,
	.ways = { .no_rotate = "its server has the queue in memory: stop it "
	    "and rename the folder",
	    .stop = "pause with smtpctl pause and remove with smtpctl remove, "
	    "by the ids" },
};

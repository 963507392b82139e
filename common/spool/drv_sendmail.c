#include <errno.h>
#include <sys/file.h>
#include <unistd.h>

#include "spool/companion.h"
#include "spool/mta.h"

/*
 * sendmail: a queue directory.  unix-spools 3; the numbers SM-n below are
 * those of its statements.
 *
 *	qf<id>	envelope and header		hf<id>	the same, quarantined
 *	df<id>	body				Qf<id>	the same, given up
 *	xf<id>	transcript of an attempt	tf<id>	the same, being written
 *
 * side by side, or in folders qf, df and xf; and either of these in the
 * folders of queue groups, in which case a body may lie in another group's
 * folder than its envelope (SM-2).
 */
#define QF_MAX		(8 * 1024 * 1024)	/* bytes of an envelope file */
#define VERSION_MAX	8			/* of the format; SM-18 */
#define GROUPS_MAX	12			/* folders looked into for a body */
#define FILES_SEEN	16			/* that a bid looks at */

/*
 * Names.
 */
enum { ID_MIN = 7, ID_MAX = 20, ID_DIGITS = 5 };

/* 14 characters, the last digits; AA12345 of old (SM-1). */
static bool
is_id(struct slice s)
{
	size_t i;

	if (s.n < ID_MIN || s.n > ID_MAX)
		return false;
	for (i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) ||
		    (i + ID_DIGITS >= s.n && !ascii_digit(s.p[i])))
			return false;
	return true;
}

/* The letter in front of "f<id>"; 0: it is no file of a message. */
static char
kind_of(const char *name)
{
	static const char kinds[] = "qhQtdxnl";

	if (name[0] == '\0' || name[1] != 'f' ||
	    strchr(kinds, name[0]) == NULL || !is_id(sl(name + 2)))
		return 0;
	return name[0];
}

static struct slice
sendmail_id(const struct tree_dir *d, const char *name)
{
	(void)d;
	return kind_of(name) == 0 ? SL("") : sl(name + 2);
}

static bool
is_envelope(char kind)
{
	return kind == 'q' || kind == 'h' || kind == 'Q' || kind == 't';
}

/* Its first lines: a version, or what was there before there were any. */
static bool
is_control_file(struct slice s)
{
	return s.n > 2 && ascii_digit(s.p[1]) &&
	    (s.p[0] == 'V' || s.p[0] == 'P' || s.p[0] == 'T');
}

static bool
has_control_file(const struct tree_dir *d)
{
	char buf[PROBE_BYTES];
	size_t i, seen = 0;

	for (i = 0; i < d->n && seen < FILES_SEEN; i++)
		if (d->v[i].type == TREE_FILE &&
		    is_envelope(kind_of(d->v[i].name))) {
			if (is_control_file(probe_file(d, d->v[i].name, buf)))
				return true;
			seen++;
		}
	return false;
}

/* qf and df are folders of it (SM-2); probe_has takes Qf for qf. */
static bool
is_split(const struct tree_dir *d)
{
	return probe_has(d, "qf", TREE_DIR) && probe_has(d, "df", TREE_DIR);
}

static bool
is_queue(const struct tree_dir *d)
{
	return is_split(d) || has_control_file(d);
}

static bool
is_queue_name(struct slice name)
{
	return sl_find(name, SL("mqueue")) != NULL;
}

/* Folders called q... within a queue directory are its groups. */
static bool
has_groups(const struct spool_probe *p)
{
	const struct tree_dir *d = p->root;
	struct tree_dir *sub;
	bool found = false;
	size_t i, seen = 0;

	for (i = 0; i < d->n && seen < FILES_SEEN && !found; i++) {
		if (d->v[i].type != TREE_DIR || (d->v[i].name[0] != 'q' &&
		    !is_queue_name(sl(p->base))))
			continue;
		seen++;
		if ((sub = probe_below(p, d, d->v[i].name)) == NULL)
			continue;
		found = is_queue(sub);
		tree_dir_drop(sub);
	}
	return found;
}

static int
sendmail_bid(const struct spool_probe *p)
{
	if (is_queue(p->root))
		return 88;
	if (has_groups(p))
		return 84;
	return is_queue_name(sl(p->base)) ? 30 : 0;
}

/* The group's folder: without a qf, df or xf at its end. */
static struct slice
group_of(struct slice path)
{
	struct slice end = path.n < 2 ? path : sl_from(path, path.n - 2);

	if ((path.n > 2 && path.p[path.n - 3] != '/') ||
	    (!sl_eq(end, SL("qf")) && !sl_eq(end, SL("df")) &&
	    !sl_eq(end, SL("xf"))))
		return path;
	return sl_first(path, path.n > 2 ? path.n - 3 : 0);
}

static const char *
file_in(struct tree_dir *d, const char *name)
{
	ssize_t at = d == NULL ? -1 : tree_dir_find(d, name);

	return at == -1 || d->v[at].type != TREE_FILE ? NULL : d->v[at].name;
}

/* A file of a message, wherever it lies. */
struct found {
	struct tree_dir	*dir;
	const char	*name;
};

/* <kind>f<id> in a group's folder, or in the one for its kind. */
static bool
find_in_group(const struct spool_probe *p, struct arena *a,
    struct slice group, const char *name, struct found *f)
{
	struct slice slash = group.n == 0 ? SL("") : SL("/");
	char kind = is_envelope(name[0]) ? 'q' : name[0];

	f->dir = near_folder(p, arena_fmt(a, SL_FMT, SL_ARG(group)).p);
	if ((f->name = file_in(f->dir, name)) != NULL)
		return true;
	f->dir = near_folder(p, arena_fmt(a, SL_FMT SL_FMT "%cf",
	    SL_ARG(group), SL_ARG(slash), kind).p);
	return (f->name = file_in(f->dir, name)) != NULL;
}

/* The same, in the groups beside it too. */
static bool
find_file(const struct spool_probe *p, struct arena *a, struct slice group,
    const char *name, struct found *f)
{
	size_t i, seen = 0;

	if (find_in_group(p, a, group, name, f))
		return true;
	if (group.n == 0 || memchr(group.p, '/', group.n) != NULL)
		return false;
	for (i = 0; i < p->root->n && seen < GROUPS_MAX; i++) {
		if (p->root->v[i].type != TREE_DIR)
			continue;
		seen++;
		if (find_in_group(p, a, sl(p->root->v[i].name), name, f))
			return true;
	}
	return false;
}

/* The same of another kind than name's. */
static bool
find_kind(const struct spool_probe *p, struct arena *a, struct slice group,
    const char *name, char kind, struct found *f)
{
	char *other = arena_str(a, sl(name));

	other[0] = kind;
	return find_file(p, a, group, other, f);
}

static bool
sendmail_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	const char *name = d->v[i].name, *above, *below;
	static const char owners[] = "qhQtdx", parts[] = "dx";
	struct slice group = group_of(sl(d->path));
	char kind = kind_of(name);
	struct found f;

	e->folder = group.n > 0 ? arena_str(a, group) :
	    is_queue_name(sl(p->base)) ? p->base : ".";
	if (kind == 'n' || kind == 'l')
		return false;
	if (kind == 0)
		return d->v[i].type != TREE_FILE;
	if (d->v[i].type != TREE_FILE)
		return true;
	for (above = owners; *above != kind; above++)
		if (find_kind(p, a, group, name, *above, &f))
			return false;		/* it is that one's */
	for (below = parts; is_envelope(kind) && *below != '\0'; below++)
		if (find_kind(p, a, group, name, *below, &f))
			add_with(e, a, f.dir, f.name);
	return true;
}

/*
 * The envelope file: a letter and a value a line (SM-5).
 */
struct item {
	char		 type;
	struct slice	 value;		/* with its continuation lines */
};

/* 1; 0 at the line ".", or where the file ends without it: then *why. */
static int
next_item(struct slice *rest, struct item *it, const char **why)
{
	const char *lf = NULL;
	size_t n = 0;

	do {
		lf = n >= rest->n ? NULL :
		    memchr(rest->p + n, '\n', rest->n - n);
		if (lf == NULL) {
			*why = "the qf file ends too early";
			return 0;
		}
		n = (size_t)(lf + 1 - rest->p);
	} while (n < rest->n && ascii_blank(rest->p[n]));
	it->type = rest->p[0];
	it->value = n == 1 ? SL("") : (struct slice){ rest->p + 1, n - 2 };
	*rest = sl_from(*rest, n);
	return it->type != '.';
}

struct control {
	struct companion c;
	uint64_t	 version;
	struct slice	 status, first;	/* of the next recipient; the message's */
	struct slice	 orcpt, final;	/* of the next recipient */
	struct slice	 flags, reason, peer, protocol;
	uint64_t	 tries, tried;	/* how often, and when last */
	bool		 rcpts;		/* their lines have begun */
};

static void
item_version(struct control *q, struct slice v)
{
	if (!sl_num(v, UINT32_MAX, &q->version) || q->version > VERSION_MAX)
		msg_problem(q->c.m, "a qf file of a version newer than those "
		    "that are known");
}

static void
item_time(struct control *q, struct slice v)
{
	uint64_t t;

	if (sl_num(v, UINT32_MAX, &t))
		q->c.m->arrived = (int64_t)t;
	else
		msg_problem(q->c.m, "the time in the qf file is none");
}

/* The first is the message's, each other that of the R behind it. */
static void
item_status(struct control *q, struct slice v)
{
	if (q->rcpts)
		q->status = v;
	else
		q->first = v;
}

static void
item_flags(struct control *q, struct slice v)
{
	q->flags = v;
}

static void
item_reason(struct control *q, struct slice v)
{
	q->reason = v;
}

static void
item_tried(struct control *q, struct slice v)
{
	sl_num(v, UINT32_MAX, &q->tried);
}

static void
item_tries(struct control *q, struct slice v)
{
	sl_num(v, UINT32_MAX, &q->tries);
}

static void
item_envid(struct control *q, struct slice v)
{
	q->c.m->envid = v;
}

static void
item_orcpt(struct control *q, struct slice v)
{
	q->orcpt = v;
	q->rcpts = true;
}

static void
item_final(struct control *q, struct slice v)
{
	q->final = v;
	q->rcpts = true;
}

/* "<a@b>", "a@b", "<>", and MAILER-DAEMON for reports (SM-6). */
static void
item_sender(struct control *q, struct slice v)
{
	struct spool_msg *m = q->c.m;
	struct slice params;
	struct addr ad;

	q->rcpts = true;
	if (sl_eq(v, SL("MAILER-DAEMON")))
		v = SL("<>");
	if (v.n == 0 || addr_path(q->c.a, v, &ad, &params) == -1 ||
	    params.n > 0) {
		msg_problem(m,
		    "an address of the envelope is none: not taken");
		return;
	}
	m->has_sender = true;
	m->sender = ad;
	m->sender_prov = PROV_NATIVE;
}

/* "PFD:<a@b>"; without flags before there were versions (SM-7). */
static struct slice
cut_flags(const struct control *q, struct slice *v)
{
	struct slice flags;
	size_t i;

	for (i = 0; i < v->n && ascii_alpha(v->p[i]); i++)
		;
	if (q->version == 0 || i == v->n || v->p[i] != ':')
		return SL("");
	flags = sl_first(*v, i);
	*v = sl_from(*v, i + 1);
	return flags;
}

static bool
has(struct slice flags, char c)
{
	return flags.n > 0 && memchr(flags.p, c, flags.n) != NULL;
}

/* What it was before aliases: "RFC822; sales@example.org" */
static struct slice
original_of(struct control *q, const struct addr *now)
{
	struct slice s = q->final, type, params;
	struct addr ad;

	if (!sl_cut(&s, ';', &type) || addr_path(q->c.a, sl_trim(s), &ad,
	    &params) == -1 || ad.null || params.n > 0 ||
	    sl_eq(ad.spec, now->spec))
		return SL("");
	return ad.spec;
}

static void
add_rcpt(struct control *q, struct slice flags, const struct addr *ad)
{
	struct spool_msg *m = q->c.m;
	size_t n = m->nrcpts;
	struct spool_rcpt *to;
	bool success = has(flags, 'S'), failure = has(flags, 'F');
	bool delay = has(flags, 'D');

	msg_rcpt(m, q->c.a, ad, PROV_NATIVE);
	if (m->nrcpts == n)
		return;
	to = &m->rcpts[n];
	to->error = q->status;
	to->orcpt = q->orcpt;
	to->original = original_of(q, ad);
	if (has(flags, 'N'))
		to->notify = notify_words(!success && !failure &&
		    !delay, success, failure, delay);
}

static void
item_rcpt(struct control *q, struct slice v)
{
	struct slice flags = cut_flags(q, &v), params;
	struct addr ad;

	if (v.n == 0 || addr_path(q->c.a, v, &ad, &params) == -1 || ad.null ||
	    params.n > 0)
		msg_problem(q->c.m,
		    "an address of the envelope is none: not taken");
	else
		add_rcpt(q, flags, &ad);
	q->status = q->orcpt = q->final = SL("");
	q->rcpts = true;
}

/* "$_host [192.0.2.1]", "$rESMTP", "$shelo" (SM-9) */
static void
item_macro(struct control *q, struct slice v)
{
	char name = v.n == 0 ? '\0' : v.p[0];

	v = sl_from(v, 1);
	if (name == '_')
		q->peer = v;
	else if (name == 'r')
		q->protocol = v;
	else if (name == 's')
		take_helo(&q->c, v);
}

/* SM-5.  The types without a function say nothing that is asked for. */
static const struct {
	char	 type;
	void	(*take)(struct control *q, struct slice v);
} types[] = {
	{ 'V', item_version }, { 'T', item_time }, { 'M', item_status },
	{ 'F', item_flags }, { 'q', item_reason }, { 'Z', item_envid },
	{ 'S', item_sender }, { 'Q', item_orcpt }, { 'r', item_final },
	{ 'R', item_rcpt }, { '$', item_macro }, { 'H', NULL },
	{ 'K', item_tried }, { 'N', item_tries }, { 'P', NULL }, { 'I', NULL },
	{ 'A', NULL }, { 'B', NULL }, { 'C', NULL }, { 'E', NULL },
	{ 'D', NULL }, { 'd', NULL }, { '!', NULL }, { 'G', NULL },
	{ 'X', NULL }, { 'Y', NULL }, { 'L', NULL },
};
#define NTYPES		(sizeof(types) / sizeof(types[0]))

/* NULL; or why it ends where it does not say so. */
static const char *
read_control(struct control *q, struct slice s)
{
	const char *why = NULL;
	struct item it;
	size_t i;

	while (next_item(&s, &it, &why) == 1) {
		for (i = 0; i < NTYPES && types[i].type != it.type; i++)
			;
		if (i == NTYPES)
			msg_problem(q->c.m,
			    "a line of the qf file is of no type");
		else if (types[i].take != NULL)
			types[i].take(q, it.value);
	}
	return why;
}

/*
 * The message.
 */

/* Off the front of a header line: "?flags?".  Of old there is none. */
static struct slice
cut_mailer_flags(struct slice *v)
{
	struct slice rest = sl_from(*v, 1), flags;

	if (v->n == 0 || v->p[0] != '?' ||
	    memchr(rest.p, '?', rest.n) == NULL || !sl_cut(&rest, '?', &flags))
		return SL("");
	*v = rest;
	return flags;
}

/* What is kept for mailers that ask for it, and SMTP does not (SM-12). */
static bool
is_sent(struct slice flags)
{
	return !has(flags, 'P') && !has(flags, 'x');
}

/* Without the flag b a Bcc is sent empty: what came by SMTP has it (SM-11). */
static struct slice
without_bcc(struct slice field)
{
	return sl_istarts(field, SL("Bcc:")) ? sl_first(field, 4) :
	    sl_istarts(field, SL("Resent-Bcc:")) ? sl_first(field, 11) : field;
}

static int
put_header(struct slice s, reader_piece *piece, void *ctx, struct err *err)
{
	const char *why = NULL;
	struct slice flags;
	struct item it;
	bool bcc = false;

	while (next_item(&s, &it, &why) == 1) {
		if (it.type == 'F')
			bcc = has(it.value, 'b');
		if (it.type != 'H')
			continue;
		flags = cut_mailer_flags(&it.value);
		if (!bcc)
			it.value = without_bcc(it.value);
		if (is_sent(flags) && (piece(ctx, it.value, err) == -1 ||
		    piece(ctx, SL("\n"), err) == -1))
			return -1;
	}
	return piece(ctx, SL("\n"), err);
}

static const struct spool_with *
body_of(const struct spool_entry *e)
{
	size_t i;

	for (i = 0; i < e->nwith; i++)
		if (kind_of(e->with[i].name) == 'd')
			return &e->with[i];
	return NULL;
}

static bool
is_gone(struct spool_reader *rd)
{
	struct stat st;
	struct err err;
	int fd = tree_file(rd->e->dir, rd->e->name, &st, &err);

	if (fd != -1)
		close(fd);
	return fd == -1 && err.sys == ENOENT;
}

/* SM-14: in delivery, and its body has been removed already. */
static bool
is_locked(int fd)
{
	bool locked = flock(fd, LOCK_SH | LOCK_NB) == -1 &&
	    errno == EWOULDBLOCK;

	if (!locked)
		flock(fd, LOCK_UN);
	return locked;
}

/* A new qf file is written under its name, and locked meanwhile. */
static bool
is_written(const struct spool_reader *rd)
{
	struct stat st;

	return rd->e->nheld == 0 && (is_locked(rd->fd) ||
	    (fstat(rd->fd, &st) == 0 && (st.st_nlink == 0 ||
	    (uint64_t)st.st_size != rd->size)));
}

/*
 * The df file: 1, 0 when there is none to be read, -1.  Its server removes it
 * before the qf file: then the message has gone (ENOENT).
 */
static int
open_body(struct spool_reader *rd, int *fd, struct err *err)
{
	const struct spool_with *body = body_of(rd->e);
	struct err e = { .sys = ENOENT };
	struct stat st;

	*fd = body == NULL ? -1 : tree_file(body->dir != NULL ? body->dir :
	    rd->e->dir, body->name, &st, &e);
	if (*fd != -1)
		return 1;
	if (e.sys != ENOENT || (!is_locked(rd->fd) && !is_gone(rd)))
		return 0;
	errno = ENOENT;
	return err_sys(err, "%.300s", rd->e->name);
}

static int
sendmail_text(struct spool_reader *rd, reader_piece *piece, void *ctx,
    struct err *err)
{
	int fd, r;

	if (!is_envelope(kind_of(rd->e->name)))
		return reader_copy(rd->fd, 0, piece, ctx, err);
	if ((r = open_body(rd, &fd, err)) == -1)
		return -1;
	if (put_header(buf_sl(&rd->buf), piece, ctx, err) == -1)
		r = -1;
	else if (r == 0)
		return 0;
	else
		r = reader_copy(fd, 0, piece, ctx, err);
	if (fd != -1)
		close(fd);
	return r;
}

/*
 * What it all says.
 */

/* "host [192.0.2.1] (may be forged)", "[IPv6:2001:db8::1]" */
static void
settle_peer(struct control *q)
{
	struct spool_msg *m = q->c.m;
	const char *at = sl_find(q->peer, SL("[")), *end;
	struct slice ip, name;

	if (at == NULL || (end = sl_find(q->peer, SL("]"))) == NULL ||
	    end < at) {
		if (sl_find(q->peer, SL("@")) != NULL)
			msg_note(m, q->c.a, arena_fmt(q->c.a, "handed in by "
			    SL_FMT, SL_ARG(q->peer)));
		return;
	}
	ip = (struct slice){ at + 1, (size_t)(end - at - 1) };
	name = sl_trim(sl_first(q->peer, (size_t)(at - q->peer.p)));
	if (sl_istarts(ip, SL("IPv6:")))
		ip = sl_from(ip, 5);
	take_client(&q->c, ip);
	if (name.n > 0 && name.n <= 255 && memchr(name.p, ' ', name.n) == NULL)
		m->client_name = name;
}

static void
note_status(struct control *q)
{
	struct spool_msg *m = q->c.m;
	size_t i;

	for (i = 0; i < m->nrcpts && m->rcpts[i].error.n == 0; i++)
		;
	if (i == m->nrcpts)
		msg_note(m, q->c.a, q->first);
}

/* ESMTPA, ESMTPSA: RFC 3848 (SM-10) */
static void
settle(struct control *q, char kind)
{
	struct spool_msg *m = q->c.m;
	struct arena *a = q->c.a;
	struct slice about;

	settle_peer(q);
	m->held = kind == 'h';					/* SM-16 */
	if (has(q->flags, 'd'))					/* SM-11 */
		m->ret = has(q->flags, 'n') ? SL("HDRS") : SL("FULL");
	if (has(q->flags, 'r')) {
		about = report_about(a, m->text);
		msg_report(m, a, is_id(about) ? about : SL(""));
	}
	if (sl_iends(q->protocol, SL("A")))
		msg_note(m, a, SL("the client was authenticated: its account "
		    "is in the log only"));
	if (q->reason.n > 0)
		msg_note(m, a, arena_fmt(a, "quarantined: " SL_FMT,
		    SL_ARG(q->reason)));
	else if (kind == 'h')
		msg_note(m, a, SL("quarantined"));
	note_status(q);
	msg_tried(m, a, q->tries, (int64_t)q->tried, 0);
}

static int
load_alone(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	msg_problem(m, kind_of(rd->e->name) == 'd' ?
	    "being received, or cut off: it has no qf file" :
	    "what belongs to a message that is not there");
	return reader_text(rd, m, err) == -1 ? -1 : 1;
}

static int
sendmail_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	struct control q = { .c = { rd->a, m, PROV_NATIVE, 0 } };
	char kind = kind_of(rd->e->name);
	const char *why;
	bool writing;
	int fd, r;

	rd->done = true;
	m->mtime = 0;		/* of the last attempt */
	if (kind != 0)
		m->queue_id = arena_dup(rd->a, sl(rd->e->name + 2));
	if (!is_envelope(kind))
		return load_alone(rd, m, err);
	if (reader_front(rd, QF_MAX, err) == -1 ||
	    (r = open_body(rd, &fd, err)) == -1)
		return -1;
	if (r == 1)
		close(fd);
	why = read_control(&q, buf_sl(&rd->buf));
	writing = kind == 't' || (why != NULL && is_written(rd));
	if (writing)
		msg_problem(m, "still being received");
	else if (why != NULL)
		msg_problem(m, why);
	if (reader_text(rd, m, err) == -1)
		return -1;
	settle(&q, kind);
	if (!writing)
		companion_done(&q.c);
	if (kind == 'Q')
		msg_problem(m, "the server gave it up: it is a Qf file");
	if (r == 0)
		msg_problem(m, "its df file is missing: the body is lost");
	return 1;
}

/* The time of the qf file is that of the last attempt. */
static int64_t
sendmail_when(const struct spool_entry *e)
{
	char buf[PROBE_BYTES];
	struct slice rest = probe_file(e->dir, e->name, buf);
	const char *why;
	struct item it;
	uint64_t t;

	while (is_envelope(kind_of(e->name)) &&
	    next_item(&rest, &it, &why) == 1)
		if (it.type == 'T')
			return sl_num(it.value, UINT32_MAX, &t) ?
			    (int64_t)t : 0;
	return 0;
}

const struct spool_driver drv_sendmail = {
	.name = "sendmail",
	.what = "sendmail: a queue directory, qf with df",
	.in_subfolders = true,
	.bid = sendmail_bid,
	.entry = sendmail_entry,
	.load = sendmail_load,
	.id = sendmail_id,
	.when = sendmail_when,
	.text = sendmail_text,
	.inject = inject_sendmail,
	.ways = { .no_rotate = TWO_FILES, .message_first = true },
				/* flock on the qf file: SM-14, SM-16 */
};

#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "spool/companion.h"
#include "spool/mta.h"

/*
 * Postfix: the queue directory.  unix-spools 1; the numbers PF-n below are
 * those of its statements.
 *
 *	maildrop incoming active deferred hold corrupt	messages, one file each
 *	defer bounce trace				logs of the same names
 *
 * A file is a sequence of records, a type, a length and so many bytes (PF-9):
 *
 *	envelope M content X extracted E	and behind it what pointers reach
 *
 * Pointers lead anywhere in the file.  No record is read twice on the way
 * through an honest one, so a walk that has read more bytes than there are
 * goes in circles, and ends.
 */
#define REC_LENGTH	4		/* bytes of a length; PF-9 */
#define REC_MAX		READER_AT_MAX	/* bytes of one outside of the text */
#define HASH_DEPTH	16		/* PF-3 */
#define LOG_MAX		(4 * 1024 * 1024)	/* bytes read of a log */
#define ID_MIN		6		/* characters of an id; PF-4 */
#define FILES_SEEN	3		/* that a bid looks into */
#define RETRY_MAX	(30 * 86400)	/* seconds; longer nothing is kept */

/*
 * Names.
 */

static const char *const queues[] = {
	"maildrop", "incoming", "active", "deferred", "hold", "corrupt"
};
static const char *const logs[] = { "defer", "bounce", "trace" };
#define NQUEUES		(sizeof(queues) / sizeof(queues[0]))
#define NLOGS		(sizeof(logs) / sizeof(logs[0]))

static const char *
queue_named(struct slice name)
{
	size_t i;

	for (i = 0; i < NQUEUES; i++)
		if (sl_eq(name, sl(queues[i])))
			return queues[i];
	return NULL;
}

/* "C", 95 bytes of numbers (PF-10), "T" or "A" behind them. */
static bool
is_queue_file(struct slice s)
{
	size_t i;

	if (s.n < 98 || s.p[0] != 'C' || s.p[1] != 95)
		return false;
	for (i = 2; i < 97; i++)
		if (!ascii_digit(s.p[i]) && s.p[i] != ' ')
			return false;
	return s.p[97] == 'T' || s.p[97] == 'A';
}

/* "T", ten digits of seconds: maildrop has no C (PF-32). */
static bool
is_drop_file(struct slice s)
{
	size_t i;

	for (i = 2; i < 12 && i < s.n && ascii_digit(s.p[i]); i++)
		;
	return i == 12 && s.p[0] == 'T' && (unsigned char)s.p[1] < 32;
}

/* A queue that is hashed, taken out of its directory: deferred/3/3F9A... */
static bool
is_hashed(const struct tree_dir *d)
{
	size_t i, dirs = 0;

	for (i = 0; i < d->n; i++) {
		if (d->v[i].type != TREE_DIR)
			continue;
		if (d->v[i].name[1] != '\0' || ascii_hex(d->v[i].name[0]) == -1)
			return false;
		dirs++;
	}
	return dirs > 0;
}

/* A name of letters and digits, as ids are. */
static bool
is_id(const char *name)
{
	size_t n;

	for (n = 0; ascii_alnum(name[n]); n++)
		;
	return n >= ID_MIN && name[n] == '\0';
}

static bool
has_ids(const struct tree_dir *d)
{
	size_t i;

	for (i = 0; i < d->n && d->v[i].type != TREE_FILE; i++)
		;
	return i < d->n ? is_id(d->v[i].name) : is_hashed(d);
}

/*
 * What was taken out of a queue directory, to lie elsewhere: some of its
 * folders, and nothing else.
 */
static bool
is_part(const struct spool_probe *p)
{
	const struct tree_dir *d = p->root;
	struct tree_dir *sub;
	bool found = false;
	size_t i;

	for (i = 0; i < d->n; i++)
		if (d->v[i].type != TREE_DIR ||
		    (queue_named(sl(d->v[i].name)) == NULL &&
		    !name_among(sl(d->v[i].name), logs, NLOGS)))
			return false;
	for (i = 0; i < d->n && !found; i++) {
		if (queue_named(sl(d->v[i].name)) == NULL ||
		    (sub = probe_below(p, d, d->v[i].name)) == NULL)
			continue;
		found = has_ids(sub);
		tree_dir_drop(sub);
	}
	return found;
}

static int
postfix_bid(const struct spool_probe *p)
{
	bool queue = queue_named(sl(p->base)) != NULL;
	char buf[PROBE_BYTES];
	struct slice head;
	size_t i, n = 0;

	for (i = 0; i < NQUEUES; i++)
		n += probe_has(p->root, queues[i], TREE_DIR);
	if (n >= 2 && probe_has(p->root, "active", TREE_DIR))
		return 93;
	if (is_part(p))
		return 91;
	for (i = 0; i < FILES_SEEN; i++) {
		head = probe_head(p, i, buf);
		if (is_queue_file(head))
			return 90;
		if (queue && is_drop_file(head))
			return 70;
	}
	return queue && is_hashed(p->root) ? 50 : 0;
}

/* PF-2; the walk goes as the messages do, PF-39. */
static struct slice
postfix_id(const struct tree_dir *d, const char *name)
{
	(void)d;
	return sl(name);
}

static const char *const stages[] = { "incoming", "active", "deferred",
    "hold", NULL };

/* The characters that an ID's folders are called by (PF-4, PF-5). */
static struct slice
hash_of(struct slice id, char hex[8])
{
	static const char digits[] =
	    "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz";
	const char *z = id.n == 0 ? NULL : memrchr(id.p, 'z', id.n), *at;
	unsigned usec = 0;
	int i;

	if (z == NULL || z - id.p < 10)
		return id;
	for (i = -4; i < 0; i++) {
		if ((at = strchr(digits, z[i])) == NULL || *at == '\0')
			return id;
		usec = usec * 52 + (unsigned)(at - digits);
	}
	for (i = 0; i < 5; i++)
		hex[i] = "0123456789ABCDEF"[usec >> (16 - 4 * i) & 15];
	return (struct slice){ hex, 5 };
}

/* The log of the message: in the folder, or where its hash leads to (PF-3). */
static void
add_log(const struct spool_probe *p, struct arena *a, struct spool_entry *e,
    const char *folder)
{
	char path[sizeof("bounce") + 2 * HASH_DEPTH], hex[8];
	struct slice hash = hash_of(sl(e->name), hex);
	size_t n = strlen(folder), depth;
	struct tree_dir *d;
	ssize_t at;

	memcpy(path, folder, n + 1);
	for (depth = 0; (d = near_folder(p, path)) != NULL; depth++) {
		at = tree_dir_find(d, e->name);
		if (at != -1 && d->v[at].type == TREE_FILE) {
			add_with(e, a, d, d->v[at].name);
			return;
		}
		if (depth == HASH_DEPTH || depth == hash.n)
			return;
		path[n++] = '/';
		path[n++] = hash.p[depth];
		path[n] = '\0';
		if ((at = tree_dir_find(d, path + n - 1)) == -1 ||
		    d->v[at].type != TREE_DIR)
			return;
	}
}

static bool
postfix_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	struct slice path = sl(d->path), top = SL("");
	size_t k;

	sl_cut(&path, '/', &top);
	e->folder = queue_named(top);
	if (e->folder == NULL && (probe_has(p->root, "active", TREE_DIR) ||
	    name_among(top, logs, NLOGS)))
		return false;		/* a log, a lock, a socket */
	if (e->folder == NULL && (e->folder = queue_named(sl(p->base))) == NULL)
		e->folder = ".";
	for (k = 0; k < NLOGS && d->v[i].type == TREE_FILE; k++)
		add_log(p, a, e, logs[k]);
	return true;
}

/*
 * Records.
 */
struct cursor {
	struct spool_reader *rd;
	uint64_t	 at;
	uint64_t	 seen;		/* bytes of records, jumps included */
	const char	*why;		/* it does not go on: damage */
};

struct rec {
	char		 type;
	uint64_t	 at;		/* of its type byte */
	uint64_t	 data;
	uint32_t	 n;
};

/* The next record, whatever it is.  1; 0 and why; -1 and err. */
static int
rec_raw(struct cursor *c, struct rec *r, struct err *err)
{
	struct slice s;
	size_t i;

	*r = (struct rec){ .at = c->at };
	if (reader_at(c->rd, c->at, 1 + REC_LENGTH, &s, err) == -1)
		return -1;
	for (i = 0; i < REC_LENGTH && i + 1 < s.n; i++) {
		r->n |= (uint32_t)(s.p[i + 1] & 0x7f) << (7 * i);
		if ((s.p[i + 1] & 0x80) == 0)
			break;
	}
	if (i + 1 >= s.n || i == REC_LENGTH) {
		c->why = i == REC_LENGTH ? "a record's length is none" :
		    "the file ends before its last record";
		return 0;
	}
	r->type = s.p[0];
	r->data = c->at + i + 2;
	if (r->n > c->rd->size - r->data) {
		c->why = "a record goes beyond the end of the file";
		return 0;
	}
	c->at = r->data + r->n;
	c->seen += c->at - r->at;
	if (c->seen <= c->rd->size)
		return 1;
	c->why = "its pointers go in circles";
	return 0;
}

static int
rec_bytes(struct cursor *c, const struct rec *r, struct slice *s,
    struct err *err)
{
	if (r->n <= REC_MAX)
		return reader_at(c->rd, r->data, r->n, s, err);
	c->why = "a record longer than any is";
	*s = SL("");
	return 0;
}

/* Where a pointer leads: 0 is none, and nothing (PF-25, PF-26). */
static int
jump(struct cursor *c, const struct rec *r, struct err *err)
{
	struct slice s;
	uint64_t to;

	if (rec_bytes(c, r, &s, err) == -1)
		return -1;
	if (!sl_num(sl_trim(s), UINT64_MAX, &to) || to >= c->rd->size) {
		c->why = "a pointer leads out of the file";
		return 0;
	}
	if (to > 0)
		c->at = to;
	return 1;
}

/* The next record on the way: pointers followed, padding passed over. */
static int
rec_next(struct cursor *c, struct rec *r, struct err *err)
{
	int ret;

	while ((ret = rec_raw(c, r, err)) == 1 &&
	    (r->type == 'p' || r->type == 'w'))
		if (r->type == 'p' && (ret = jump(c, r, err)) != 1)
			return ret;
	return ret;
}

/*
 * The envelope.
 */
enum peer { PEER_NAME, PEER_ADDRESS, PEER_HELO, PEERS };

struct place {
	uint64_t	 at;		/* of the recipient's record */
	size_t		 i;
};

struct envelope {
	struct companion c;
	struct slice	 orig, orcpt, notify;	/* of the next recipient */
	struct slice	 peer[2][PEERS];	/* as it was; as it is logged */
	struct slice	 filter, redirect;
	struct place	*places;
	size_t		 nplaces, cap;
	bool		 writing;	/* the sizes are not there yet: PF-11 */
	uint64_t	 content;	/* where it begins, by them; PF-10 */
	bool		 local, context;	/* PF-19 */
	uint64_t	 at;		/* of this record */
};

static void
take_sizes(struct envelope *v, struct slice s)
{
	struct slice word;
	uint64_t x;
	size_t i;

	v->writing = true;
	for (i = 0; sl_word(&s, &word); i++) {
		if (!sl_num(word, UINT64_MAX, &x))
			x = 0;
		if (x != 0)
			v->writing = false;
		if (i == 1)
			v->content = x;
	}
}

/* "seconds microseconds", and in maildrop the seconds alone. */
static void
take_time(struct envelope *v, struct slice s)
{
	struct slice word;
	uint64_t t;

	if (v->c.m->arrived == 0 && sl_word(&s, &word) &&
	    sl_num(word, UINT32_MAX, &t))
		v->c.m->arrived = (int64_t)t;
}

/* The first: a changed one is reached before the old one (PF-28). */
static void
take_from(struct envelope *v, struct slice s)
{
	struct addr ad;

	if (v->c.senders++ > 0)
		return;
	if (!addr_internal(v->c.a, s, &ad)) {
		msg_problem(v->c.m,
		    "an address of the envelope is none: not taken");
		return;
	}
	v->c.m->has_sender = true;
	v->c.m->sender = ad;
	v->c.m->sender_prov = PROV_NATIVE;
}

static void
take_to(struct envelope *v, struct slice s, enum rcpt_state state)
{
	struct spool_msg *m = v->c.m;
	size_t n = m->nrcpts;
	struct spool_rcpt *to;
	struct addr ad;

	if (!addr_internal(v->c.a, s, &ad) || ad.null)
		msg_problem(m,
		    "an address of the envelope is none: not taken");
	else
		msg_rcpt(m, v->c.a, &ad, PROV_NATIVE);
	if (m->nrcpts > n) {
		to = &m->rcpts[n];
		to->state = state;
		to->notify = v->notify;
		to->orcpt = v->orcpt;
		if (addr_internal(v->c.a, v->orig, &ad) &&
		    !sl_eq(ad.spec, to->addr.spec))
			to->original = ad.spec;
		*(struct place *)arena_more(v->c.a, &v->places, &v->nplaces,
		    &v->cap, sizeof(struct place)) =
		    (struct place){ v->at, n };
	}
	v->orig = v->orcpt = v->notify = SL("");	/* PF-14 */
}

static void
take_pending(struct envelope *v, struct slice s)
{
	take_to(v, s, RCPT_PENDING);
}

static void
take_done(struct envelope *v, struct slice s)
{
	take_to(v, s, RCPT_DONE);
}

static void
take_canceled(struct envelope *v, struct slice s)
{
	take_to(v, s, RCPT_CANCELED);
}

static void
take_original(struct envelope *v, struct slice s)
{
	v->orig = arena_dup(v->c.a, s);
}

static void
take_filter(struct envelope *v, struct slice s)
{
	v->filter = arena_dup(v->c.a, s);
}

static void
take_redirect(struct envelope *v, struct slice s)
{
	v->redirect = arena_dup(v->c.a, s);
}

static void
take_orcpt(struct envelope *v, struct slice s)
{
	v->orcpt = xtext_of(v->c.a, s);
}

/* PF-21: 1 never, 2 success, 4 failure, 8 delay */
static void
take_notify(struct envelope *v, struct slice s)
{
	uint64_t bits;

	if (sl_num(s, 15, &bits))
		v->notify = notify_words((bits & 1) != 0,
		    (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0);
}

static void
take_ret(struct envelope *v, struct slice s)
{
	if (v->c.m->ret.n == 0)
		v->c.m->ret = sl_eq(s, SL("1")) ? SL("FULL") :
		    sl_eq(s, SL("2")) ? SL("HDRS") : SL("");
}

static void
take_envid(struct envelope *v, struct slice s)
{
	if (v->c.m->envid.n == 0)
		v->c.m->envid = xtext_of(v->c.a, s);
}

static void
take_user(struct envelope *v, struct slice s)
{
	if (v->c.m->account.n == 0)
		take_account(&v->c, arena_dup(v->c.a, s));
}

static void
take_origin(struct envelope *v, struct slice s)
{
	v->local = sl_eq(s, SL("local"));
}

static void
take_context(struct envelope *v, struct slice s)
{
	(void)s;
	v->context = true;
}

/* The first of a name counts, of those for the log the last (PF-17). */
static void
take_peer(struct envelope *v, struct slice s, bool logged, enum peer what)
{
	struct slice *p = &v->peer[logged][what];

	if ((logged || p->n == 0) && !sl_eq(s, SL("unknown")))
		*p = arena_dup(v->c.a, s);
}

static void
take_attribute(struct envelope *v, struct slice s)
{
	static const struct {
		const char	*name;
		void		(*take)(struct envelope *v, struct slice s);
	} names[] = {
		{ "sasl_username", take_user },
		{ "dsn_orig_rcpt", take_orcpt },
		{ "notify_flags", take_notify },
		{ "ret_flags", take_ret },
		{ "envelope_id", take_envid },
		{ "create_time", take_time },
		{ "log_message_origin", take_origin },
		{ "rewrite_context", take_context },
	};
	static const struct {
		const char	*name;
		bool		 logged;
		enum peer	 what;
	} peers[] = {
		{ "client_name", false, PEER_NAME },
		{ "client_address", false, PEER_ADDRESS },
		{ "helo_name", false, PEER_HELO },
		{ "log_client_name", true, PEER_NAME },
		{ "log_client_address", true, PEER_ADDRESS },
		{ "log_helo_name", true, PEER_HELO },
	};
	struct slice name;
	size_t i;

	if (!sl_cut(&s, '=', &name))
		return;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sl_eq(name, sl(names[i].name)))
			names[i].take(v, s);
	for (i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		if (sl_eq(name, sl(peers[i].name)))
			take_peer(v, s, peers[i].logged, peers[i].what);
}

/* PF-13.  The types without a function say nothing that is asked for. */
static const struct {
	char	 type;
	void	(*take)(struct envelope *v, struct slice s);
} types[] = {
	{ 'C', take_sizes }, { 'T', take_time }, { 'A', take_attribute },
	{ 'S', take_from }, { 'R', take_pending }, { 'D', take_done },
	{ '/', take_canceled }, { 'O', take_original }, { 'L', take_filter },
	{ '>', take_redirect }, { 'c', take_time }, { '<', take_ret },
	{ 'i', take_envid }, { 'o', take_orcpt }, { 'n', take_notify },
	{ 'F', NULL }, { 'W', NULL }, { 'I', NULL }, { 'V', NULL },
	{ 'K', NULL }, { 'r', NULL }, { 'e', NULL }, { 'P', NULL },
	{ 'f', NULL }, { 'd', NULL }, { 'm', NULL },
};
#define NTYPES		(sizeof(types) / sizeof(types[0]))

/*
 * The records of a section, to the one that ends it.  1; 0: there is none,
 * and c->why; -1 and err.
 */
static int
section(struct cursor *c, struct envelope *v, char end, struct err *err)
{
	struct slice s;
	struct rec r;
	size_t i;
	int ret;

	while ((ret = rec_next(c, &r, err)) == 1 && r.type != end) {
		for (i = 0; i < NTYPES && types[i].type != r.type; i++)
			;
		if (i == NTYPES) {
			c->why = "a record of a type that is none there";
			return 0;
		}
		if (types[i].take == NULL)
			continue;
		if (rec_bytes(c, &r, &s, err) == -1)
			return -1;
		v->at = r.at;
		types[i].take(v, s);
	}
	return ret;
}

/*
 * The content: N is a line, L what is no whole one (PF-23).  What ends it is
 * at rd->end.
 */
static int
put_record(struct cursor *c, const struct rec *r, reader_piece *piece,
    void *ctx, struct err *err)
{
	uint32_t done, n;
	struct slice s;

	for (done = 0; done < r->n; done += n) {
		n = r->n - done < REC_MAX ? r->n - done : REC_MAX;
		if (reader_at(c->rd, r->data + done, n, &s, err) == -1 ||
		    piece(ctx, s, err) == -1)
			return -1;
		if (s.n < n)
			return err_set(err, ERR_FORMAT,
			    "shrank while it was read");
	}
	return r->type == 'N' ? piece(ctx, SL("\n"), err) : 0;
}

static int
postfix_text(struct spool_reader *rd, reader_piece *piece, void *ctx,
    struct err *err)
{
	struct cursor c = { .rd = rd, .at = rd->pos };
	struct rec r;
	int ret;

	while ((ret = rec_next(&c, &r, err)) == 1 &&
	    (r.type == 'N' || r.type == 'L'))
		if (put_record(&c, &r, piece, ctx, err) == -1)
			return -1;
	rd->end = r.at;
	return ret == -1 ? -1 : 0;
}

/* The content, and the section behind it. */
static int
rest(struct cursor *c, struct envelope *v, struct spool_msg *m,
    struct err *err)
{
	struct spool_reader *rd = c->rd;
	struct rec r;
	int ret;

	rd->pos = c->at;
	if (reader_text(rd, m, err) == -1)
		return -1;
	*c = (struct cursor){ .rd = rd, .at = rd->end };
	if ((ret = rec_next(c, &r, err)) != 1)
		return ret;
	if (r.type == 'X')
		return section(c, v, 'E', err);
	c->why = "a record of a type that is none there";
	return 0;
}

/*
 * The logs of attempts: what they say of a recipient is about the record at
 * its offset (PF-34).
 */
static int
by_place(const void *x, const void *y)
{
	const struct place *a = x, *b = y;

	return a->at < b->at ? -1 : a->at > b->at;
}

struct block {
	uint64_t	 offset;	/* 0: not said */
	struct slice	 rcpt, reason;
};

/* Where the mail is redirected the log has the other address: PF-29. */
static void
log_block(struct envelope *v, const struct block *b, bool bounced)
{
	struct place key = { .at = b->offset }, *p;
	struct spool_rcpt *to;
	struct slice params;
	struct addr ad;

	p = v->nplaces == 0 ? NULL : bsearch(&key, v->places, v->nplaces,
	    sizeof(key), by_place);
	if (p == NULL || addr_path(v->c.a, b->rcpt, &ad, &params) == -1)
		return;
	to = &v->c.m->rcpts[p->i];
	if (!sl_eq(ad.spec, to->addr.spec))
		return;
	if (bounced && to->state == RCPT_DONE)
		to->state = RCPT_BOUNCED;		/* PF-35 */
	else if (to->state != RCPT_PENDING)
		return;			/* it was tried again since */
	to->error = b->reason;
}

static void
read_log(struct envelope *v, struct slice text, bool bounced)
{
	struct block b = { .offset = 0 };
	struct slice line, name;

	while (sl_line(&text, &line)) {
		if (line.n == 0) {
			log_block(v, &b, bounced);
			b = (struct block){ .offset = 0 };
		}
		if (!sl_cut(&line, '=', &name))
			continue;
		if (sl_eq(name, SL("offset")) &&
		    !sl_num(line, UINT64_MAX, &b.offset))
			b.offset = 0;
		else if (sl_eq(name, SL("recipient")))
			b.rcpt = line;
		else if (sl_eq(name, SL("reason")))
			b.reason = line;
	}
	log_block(v, &b, bounced);
}

static void
read_logs(struct spool_reader *rd, struct envelope *v)
{
	const struct spool_with *with;
	struct slice folder;
	size_t i;

	if (v->nplaces > 0)
		qsort(v->places, v->nplaces, sizeof(*v->places), by_place);
	for (i = 0; i < rd->e->nwith; i++) {
		with = &rd->e->with[i];
		folder = sl(with->dir == NULL ? "" : with->dir->path);
		if (!sl_starts(folder, SL("trace")))
			read_log(v, reader_companion(rd, with, LOG_MAX),
			    !sl_starts(folder, SL("defer")));
	}
}

/*
 * What it all says.
 */

/* The message that a report of this server's is about (PF-19, PF-20). */
static void
note_report(struct envelope *v)
{
	static const struct slice field = SL("\nX-Postfix-Queue-ID:");
	struct spool_msg *m = v->c.m;
	struct slice id = SL("");
	const char *at;

	if (!m->has_sender || !m->sender.null || !v->local || v->context ||
	    v->peer[0][PEER_ADDRESS].n > 0)
		return;
	if ((at = sl_find(m->text, field)) != NULL) {
		id = sl_from(m->text, (size_t)(at - m->text.p) + field.n);
		if (!sl_word(&(struct slice){ id.p, id.n }, &id))
			id = SL("");
		id = sl_first(id, strcspn(arena_str(v->c.a,
		    sl_first(id, 64)), "\r\n"));
	}
	msg_report(m, v->c.a, id);
}

static void
settle_peer(struct envelope *v)
{
	struct slice p[PEERS];
	size_t i;

	for (i = 0; i < PEERS; i++)
		p[i] = v->peer[1][i].n > 0 ? v->peer[1][i] : v->peer[0][i];
	if (sl_istarts(p[PEER_ADDRESS], SL("IPv6:")))	/* PF-18 */
		p[PEER_ADDRESS] = sl_from(p[PEER_ADDRESS], 5);
	take_client(&v->c, p[PEER_ADDRESS]);
	take_helo(&v->c, p[PEER_HELO]);
	if (!sl_eq(p[PEER_NAME], p[PEER_ADDRESS]))
		v->c.m->client_name = sl_first(p[PEER_NAME], 255);
}

/* PF-8.  A copy may have lost it: then the time is that of copying. */
static void
note_retry(const struct spool_reader *rd, const struct companion *c)
{
	int64_t after = rd->mtime - c->m->arrived;

	if (sl_eq(sl(rd->e->folder), SL("deferred")) && c->m->arrived > 0 &&
	    after > 0 && after <= RETRY_MAX)
		msg_tried(c->m, c->a, 0, 0, rd->mtime);
}

static void
settle(struct spool_reader *rd, struct envelope *v)
{
	struct spool_msg *m = v->c.m;
	struct arena *a = v->c.a;

	settle_peer(v);
	note_report(v);
	if (v->filter.n > 0)
		msg_note(m, a, arena_fmt(a, "to go through " SL_FMT,
		    SL_ARG(v->filter)));
	if (v->redirect.n > 0) {				/* PF-29 */
		msg_note(m, a, arena_fmt(a, "redirected to " SL_FMT,
		    SL_ARG(v->redirect)));
		msg_problem(m, "redirected: it goes to one other address, "
		    "not to its recipients");
	}
	m->held = sl_eq(sl(rd->e->folder), SL("hold"));
	note_retry(rd, &v->c);
	if (rd->e->nheld > 0)
		return;		/* of an archive: not the file's own mode */
	if ((rd->mode & 0010) != 0 && (rd->mode & 0004) == 0)	/* PF-7 */
		msg_note(m, a, SL("expired by hand: it is returned at the "
		    "next attempt"));
	if (sl_eq(sl(rd->e->folder), SL("maildrop")) && rd->uid != 0)
		msg_note(m, a, arena_fmt(a, "handed in by uid %u",
		    (unsigned)rd->uid));
}

/*
 * Its server is at it: the sizes are not there yet (PF-11), or nothing is, as
 * the first records wait in a buffer; or it wrote on after the file was
 * opened.  PF-7: the owner may execute what is whole; archives may not say.
 */
static bool
being_written(const struct spool_reader *rd, const struct envelope *v,
    bool damaged)
{
	bool whole = rd->e->nheld == 0 && (rd->mode & 0100) != 0;
	struct stat st;

	if (v->writing)
		return damaged || !whole;
	if (rd->size == 0)
		return !whole && sl_eq(sl(rd->e->folder), SL("incoming"));
	return damaged && fstat(rd->fd, &st) == 0 &&
	    (uint64_t)st.st_size != rd->size;
}

static int
postfix_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	struct cursor c = { .rd = rd };
	struct envelope v = { .c = { rd->a, m, PROV_NATIVE, 0 } };
	const char *why;
	bool writing;
	int ret;

	rd->done = true;
	rd->pos = rd->end = rd->size;
	m->mtime = 0;		/* the next attempt, maybe: PF-8 */
	m->queue_id = arena_dup(rd->a, postfix_id(NULL, rd->e->name));
	if ((ret = section(&c, &v, 'M', err)) == -1)
		return -1;
	why = c.why;
	if (ret == 0)
		c.at = v.content;	/* the envelope is damaged: go on */
	if (c.at > 0 && (ret = rest(&c, &v, m, err)) == -1)
		return -1;
	if (why != NULL)
		c.why = why;
	writing = being_written(rd, &v, c.why != NULL);
	if (writing)
		msg_problem(m, "still being received");
	else if (c.why != NULL)
		msg_problem(m, c.why);
	read_logs(rd, &v);
	settle(rd, &v);
	if (!writing)
		companion_done(&v.c);
	return 1;
}

/*
 * A long id begins with the seconds, in base 52, and four digits more before
 * the last z.  PF-5.
 */
static int64_t
when_named(struct slice id)
{
	static const char digits[] = "0123456789BCDFGHJKLMNPQRSTVWXYZ"
	    "bcdfghjklmnpqrstvwxyz";
	const char *at, *z = memrchr(id.p, 'z', id.n);
	int64_t t = 0;
	size_t i;

	if (z == NULL || z - id.p < 10 || z - id.p > 11)
		return 0;
	for (i = 0; i < (size_t)(z - id.p) - 4; i++) {
		if ((at = memchr(digits, id.p[i], sizeof(digits) - 1)) == NULL)
			return 0;
		t = t * 52 + (at - digits);
	}
	return t;
}

/* The time of the file may be that of the next attempt (PF-8). */
static int64_t
postfix_when(const struct spool_entry *e)
{
	int64_t t = when_named(sl(e->name));
	char buf[128];
	struct slice head = { buf, 0 };
	struct stat st;
	struct err err;
	size_t i;
	int fd;

	if (t != 0 || (fd = tree_file(e->dir, e->name, &st, &err)) == -1)
		return t;
	head.n = (size_t)pread(fd, buf, sizeof(buf), 0);
	close(fd);
	if (head.n > sizeof(buf) ||
	    !(is_queue_file(head) || is_drop_file(head)))
		return 0;
	i = head.p[0] == 'T' ? 2 : 99;
	for (head.n = head.n < i + 11 ? head.n : i + 11; i < head.n &&
	    ascii_digit(head.p[i]); i++)
		t = t * 10 + head.p[i] - '0';
	return t <= UINT32_MAX ? t : 0;
}

/*
 * Messages in active are in the queue manager's memory, and delivery agents
 * open them by name; pickup reads maildrop without a lock.  In the other
 * queues a message that we have locked is put off (PF-37), and one that was
 * renamed meanwhile is not there.  PF-7: the owner may execute what is whole.
 */
static const char *const in_hand[] = { "active", "maildrop", NULL };

const struct spool_driver drv_postfix = {
	.name = "postfix",
	.what = "Postfix: the queue directory",
	.in_subfolders = true,
	.bid = postfix_bid,
	.entry = postfix_entry,
	.load = postfix_load,
	.id = postfix_id,
	.stages = stages,
	.when = postfix_when,
	.text = postfix_text,
	.inject = inject_postfix,
	.ways = { .no_rotate = "its queue manager, and the names of the files, "
	    "are bound to the folders: hold the mail with postsuper -h ALL, "
	    "archive the spool where it is, and take entries out with "
	    "spoolclean --held",
	    .message_first = true, .running = "pid/master.pid",
	    .has = in_hand, .at_start = "active", .ready = 0100 },
};

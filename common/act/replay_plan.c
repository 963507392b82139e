#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "act/replay_state.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "mail/header.h"

/*
 * What goes, and what is left where it is.
 */
#define DAY	86400

/* ---- reasons to leave it ---- */

static bool
has_problem(const struct spool_msg *m, const char *what)
{
	size_t i;

	for (i = 0; i < m->nproblems; i++)
		if (strstr(m->problems[i], what) != NULL)
			return true;
	return false;
}

/* Is one of the folder's parts this, A-Z folded? */
static bool
in_folder(const char *folder, const char *const *names)
{
	struct slice rest = sl(folder), part;
	size_t i;

	while (sl_cut(&rest, '/', &part))
		for (i = 0; names[i] != NULL; i++)
			if (sl_ieq(part, sl(names[i])))
				return true;
	return false;
}

static bool
is_unparsed(const struct ready *x)
{
	return has_problem(x->m, "no header found") || x->m->text.n == 0;
}

static bool
is_several(const struct ready *x)
{
	return has_problem(x->m, "several messages in one file") ||
	    has_problem(x->m, "behind another message in one file");
}

static bool
is_partial(const struct ready *x)
{
	return has_problem(x->m, "still being received") ||
	    has_problem(x->m, "shrank");
}

/* Sent to the others, it would be lost to somebody without a word. */
static bool
lacks_rcpt(const struct ready *x)
{
	return has_problem(x->m, "X-Receiver without an address") ||
	    has_problem(x->m, "an address of the envelope is no") ||
	    has_problem(x->m, "fewer recipients than the -H file");
}

static bool
is_other_class(const struct ready *x)
{
	return x->item->class < C_COUNT && x->item->class != C_LEGIT &&
	    x->item->class != C_UNSURE;
}

static bool
is_unsure(const struct ready *x)
{
	return x->item->class == C_UNSURE;
}

static bool
is_report(const struct ready *x)
{
	return kind_is_report(x->rec.kind);
}

static bool
is_null(const struct ready *x)
{
	return x->rec.has_sender && x->rec.null_sender;
}

static bool
is_archived(const struct ready *x)
{
	static const char *const names[] = { "archive", "ucearchive", NULL };

	return in_folder(x->item->folder, names);
}

static bool
is_bad(const struct ready *x)
{
	static const char *const names[] = { "badmail", "bad", "badmsg",
	    "failed", "frozen", "froz", "corrupt", NULL };

	return in_folder(x->item->folder, names);
}

/* Good enough to judge, not to send: windows-spools 0 and 7, rule 3. */
static bool
is_guess(enum provenance p)
{
	return p == PROV_NONE || p == PROV_STREAM || p == PROV_RECEIVED ||
	    p == PROV_HEADERS;
}

static bool
is_guessed(const struct ready *x)
{
	size_t i;

	if (!x->rec.has_sender || is_guess(x->rec.sender_prov))
		return true;
	for (i = 0; i < x->rec.nrcpts; i++)
		if (is_guess(x->rec.rcpts[i].provenance))
			return true;
	return x->rec.nrcpts == 0;
}

static bool
is_held(const struct ready *x)
{
	return x->m->held;
}

/* unix-spools PF-29, EX-20 */
static bool
is_elsewhere(const struct ready *x)
{
	return has_problem(x->m, "redirected: ") ||
	    has_problem(x->m, "behind an alias have had it");
}

/* The spool says that nobody waits for it any more. */
static bool
is_delivered(const struct ready *x)
{
	size_t i;

	for (i = 0; i < x->rec.nrcpts; i++)
		if (x->rec.rcpts[i].state == RCPT_PENDING)
			return false;
	return x->rec.nrcpts > 0;
}

static const struct {
	enum replay_leave leave;
	bool		(*test)(const struct ready *x);
} tests[] = {
	{ LEAVE_UNPARSED, is_unparsed },
	{ LEAVE_SEVERAL, is_several },
	{ LEAVE_PARTIAL, is_partial },
	{ LEAVE_RCPT, lacks_rcpt },
	{ LEAVE_CLASS, is_other_class },
	{ LEAVE_UNSURE, is_unsure },
	{ LEAVE_REPORT, is_report },
	{ LEAVE_NULL, is_null },
	{ LEAVE_ARCHIVE, is_archived },
	{ LEAVE_BADMAIL, is_bad },
	{ LEAVE_PROVENANCE, is_guessed },
	{ LEAVE_HELD, is_held },
	{ LEAVE_ELSEWHERE, is_elsewhere },
};

static int
leave(struct replay *r, struct ready *x, enum replay_leave why,
    const struct err *err)
{
	x->item->leave = (uint8_t)why;
	if (err != NULL)
		x->item->why = arena_str(r->st->keep, sl(err->msg));
	return 0;
}

static enum replay_leave
first_reason(const struct replay *r, const struct ready *x)
{
	size_t i;

	if (target_is_live(r, x->item->root, x->item->path))
		return LEAVE_LIVE;
	if (is_delivered(x))
		return LEAVE_DELIVERED;
	for (i = 0; !x->item->forced &&
	    i < sizeof(tests) / sizeof(tests[0]); i++)
		if (tests[i].test(x) && !(tests[i].leave == LEAVE_PROVENANCE &&
		    r->o->trust_headers))
			return tests[i].leave;
	return LEAVE_NO;
}

/* ---- the same mail ---- */

struct digest {
	struct sha256	*sha;
	struct inject_lines lines;
	struct buf	 buf;
	struct slice	 body;		/* of the first piece */
	bool		 begun;
	bool		 within;	/* a line has begun, behind its dots */
	size_t		 dots;
	bool		 lone, single;	/* a line that is one dot; or begins so */
};

/* The dots that a line begins with are passed over, and remembered. */
static struct slice
pass_dots(struct digest *d, struct slice s)
{
	for (; s.n > 0 && s.p[0] == '.'; s = sl_from(s, 1))
		d->dots++;
	if (s.n == 0)
		return s;
	d->lone |= d->dots == 1 && s.p[0] == '\n';
	d->single |= d->dots == 1 && s.p[0] != '\n';
	d->dots = 0;
	d->within = true;
	return s;
}

/* What is in d->buf, without the dots that lines begin with. */
static void
digest_lines(struct digest *d)
{
	struct slice rest = buf_sl(&d->buf);
	const char *lf;
	size_t n, k = 0;

	while (rest.n > 0) {
		if (!d->within && (rest = pass_dots(d, rest)).n == 0)
			break;
		lf = memchr(rest.p, '\n', rest.n);
		n = lf == NULL ? rest.n : (size_t)(lf + 1 - rest.p);
		if (rest.p != d->buf.p + k)
			memmove(d->buf.p + k, rest.p, n);
		k += n;
		rest = sl_from(rest, n);
		d->within = lf == NULL;
	}
	sha256_add(d->sha, sl_first(buf_sl(&d->buf), k));
	d->buf.n = 0;
}

static int
digest_piece(void *ctx, struct slice bytes, struct err *err)
{
	struct digest *d = ctx;

	(void)err;
	inject_lines(&d->lines, d->begun ? bytes : d->body, &d->buf);
	d->begun = true;
	digest_lines(d);
	return 0;
}

/* A file whose lines begin with a dot of their own has not doubled any. */
static enum inject_dots
doubled(const struct replay *r, const struct replay_item *item,
    const struct digest *d)
{
	enum inject_dots dots = inject_dots_of(item->format != NULL ?
	    sl(item->format) : sl(source_format(r->st->src)),
	    sl(item->folder));

	return d->lone || (d->single && dots == DOTS_ALL) ? DOTS_NONE : dots;
}

/* Folds and line ends are not the same in all copies. */
static void
add_field(struct digest *d, const struct head *h, enum hdr_id id)
{
	struct slice s = head_get(h, id);
	size_t i;

	d->buf.n = 0;
	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > ' ')
			buf_addc(&d->buf, s.p[i]);
	buf_addc(&d->buf, '\n');
	sha256_add(d->sha, buf_sl(&d->buf));
	d->buf.n = 0;
}

/*
 * A mail is known by its Message-ID and body, and without one by its author,
 * addressees, date and subject: what servers add on the way does not count,
 * nor do line ends, nor the dots that lines begin with, which a Pickup has
 * doubled.  So In and Out, Archive and a generation fold together.
 */
static int
mail_key(struct replay *r, struct replay_item *item, const struct head *h,
    struct slice body, struct err *err)
{
	static const struct inject plain = { .lf = true };
	static const enum hdr_id ids[] = { H_FROM, H_TO, H_CC, H_DATE,
	    H_SUBJECT };
	struct digest d = { .sha = r->st->sha, .lines = { .in = &plain },
	    .body = body };
	size_t i;
	int x;

	sha256_start(d.sha);
	if (head_get(h, H_MESSAGE_ID).n > 0)
		add_field(&d, h, H_MESSAGE_ID);
	else
		for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
			add_field(&d, h, ids[i]);
	x = source_text(r->st->src, digest_piece, &d, err);
	inject_end(&d.lines, &d.buf);
	digest_lines(&d);
	buf_free(&d.buf);
	sha256_end(d.sha, item->mail);
	item->undo = (uint8_t)doubled(r, item, &d);
	return x;
}

/* It was made for the plan, and is not again where the file is the same. */
static int
known_by(struct replay *r, struct ready *x, const struct head *h,
    struct slice body, bool same, struct err *err)
{
	struct replay_item *item = x->item;

	if (same && item->mail != NULL)
		return 0;
	if (item->mail == NULL)
		item->mail = arena_alloc(r->st->keep, 32);
	return mail_key(r, item, h, body, err);
}

static void
rcpt_key(struct replay *r, const uint8_t mail[32], struct slice sender,
    struct slice rcpt, uint8_t key[REPLAY_KEY])
{
	uint8_t whole[32];

	sha256_start(r->st->sha);
	sha256_add(r->st->sha, (struct slice){ (const char *)mail, 32 });
	sha256_add(r->st->sha, sender);
	sha256_add(r->st->sha, SL("\n"));
	sha256_add(r->st->sha, rcpt);
	sha256_end(r->st->sha, whole);
	memcpy(key, whole, REPLAY_KEY);
}

/* ---- making one ready ---- */

static const enum replay_leave known_as[REPLAY_STATES] = {
	[REPLAY_INTENT] = LEAVE_IN_HAND,
	[REPLAY_STAGED] = LEAVE_IN_HAND,
	[REPLAY_PUBLISHED] = LEAVE_DONE,
	[REPLAY_TAKEN] = LEAVE_DONE,
	[REPLAY_REFUSED] = LEAVE_WAS_REFUSED,
	[REPLAY_RETURNED] = LEAVE_NO,
	[REPLAY_DOUBTFUL] = LEAVE_DOUBTFUL,
};

/* LEAVE_NO: nothing stands in the way of this recipient. */
static int
known(struct replay *r, const struct replay_item *item,
    const uint8_t key[REPLAY_KEY], enum replay_leave *why, struct err *err)
{
	enum replay_state s;
	int64_t row;
	int x = 0;

	*why = LEAVE_NO;
	if (r->rows != NULL && (x = replays_known(r->rows, key, &s, &row,
	    err)) == 1)
		*why = known_as[s];
	if ((*why == LEAVE_DOUBTFUL && r->o->retry_doubtful) ||
	    (*why == LEAVE_WAS_REFUSED && item->forced && row < r->st->first_row))
		*why = LEAVE_NO;
	return x == -1 ? -1 : 0;
}

/* Where the key stands in a table of mask + 1, or would; it is a digest. */
static const uint8_t **
place_of_key(const uint8_t **table, size_t mask, const uint8_t *key)
{
	uint64_t at;

	memcpy(&at, key, sizeof(at));
	for (at &= mask; table[at] != NULL &&
	    memcmp(table[at], key, REPLAY_KEY) != 0; at = (at + 1) & mask)
		;
	return &table[at];
}

/* The recipients that have not had it, each once. */
static int
take_rcpts(struct replay *r, struct ready *x, const struct spool_rcpt *v,
    size_t n, const uint8_t mail[32], struct err *err)
{
	struct arena *a = r->st->scratch;
	struct spool_rcpt *left = arena_alloc(a, (n + 1) * sizeof(*left));
	enum replay_leave why = LEAVE_NO, worst = LEAVE_DONE;
	const uint8_t **keys, **at;
	size_t i, k = 0, mask = 1;

	while (mask < 2 * n)
		mask = 2 * mask + 1;
	keys = arena_alloc(a, (mask + 1) * sizeof(*keys));
	x->to = arena_alloc(a, (n + 1) * sizeof(*x->to));
	x->item->ndone = 0;
	for (i = 0; i < n; i++) {
		if (v[i].state != RCPT_PENDING)
			continue;
		rcpt_key(r, mail, x->mail.sender, v[i].addr.spec, x->to[k].key);
		at = place_of_key(keys, mask, x->to[k].key);
		if (*at != NULL)
			continue;
		if (known(r, x->item, x->to[k].key, &why, err) == -1)
			return -1;
		if (why != LEAVE_NO) {
			x->item->ndone++;
			worst = why > worst ? why : worst;
			continue;
		}
		*at = x->to[k].key;
		x->to[k].address = v[i].addr.spec;
		left[k++] = v[i];
	}
	x->mail.rcpts = left;
	x->mail.nrcpts = k;
	x->item->nrcpts = (uint32_t)k;
	return k > 0 || n == 0 ? 1 : leave(r, x, worst, NULL);
}

static const char priorities[][2][12] = {
	{ "urgent", "1" }, { "high", "1" }, { "non-urgent", "5" },
	{ "low", "5" }, { "bulk", "5" }, { "list", "5" }, { "junk", "5" },
};

/* RFC 2076 3.9 and what mail programs write. */
static uint8_t
priority_of(const struct head *h)
{
	static const char *const names[] = { "X-Priority", "Importance",
	    "Priority", "Precedence" };
	struct slice s;
	size_t i, k;

	for (i = 0; i < 4; i++) {
		s = head_named(h, names[i]);
		if (s.n > 0 && s.p[0] >= '1' && s.p[0] <= '5')
			return (uint8_t)(s.p[0] - '0');
		for (k = 0; k < sizeof(priorities) / sizeof(*priorities); k++)
			if (sl_ieq(s, sl(priorities[k][0])))
				return (uint8_t)(priorities[k][1][0] - '0');
	}
	return 3;
}

/* "Mon, 05 Jan 2004 01:00:00 +0000", whatever the locale. */
static struct slice
date_now(struct arena *a)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
	    "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = time(NULL);
	struct tm tm;

	gmtime_r(&t, &tm);
	return arena_fmt(a, "%s, %02d %s %d %02d:%02d:%02d +0000",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* RFC 5322 3.6.6, and which case it was. */
static struct slice
resent(const struct replay *r)
{
	struct arena *a = r->st->scratch;

	if (r->o->add_resent == NULL)
		return (struct slice){ NULL, 0 };
	return arena_fmt(a, "Resent-Date: " SL_FMT "\nResent-From: %s\n"
	    "X-Spoolkit-Replay: case %s\n", SL_ARG(date_now(a)),
	    r->o->add_resent, r->c == NULL ? "" : case_uuid(r->c));
}

/* What a server's own files have of it, besides the envelope. */
static void
carry(struct replay *r, struct ready *x)
{
	struct inject_mail *mail = &x->mail;
	int64_t now = (int64_t)time(NULL);
	char ip[IP_TEXT];

	mail->arrived = r->o->fresh || x->m->arrived <= 0 ||
	    x->m->arrived > now ? now : x->m->arrived;
	mail->account = x->m->account;
	mail->helo = x->m->helo;
	mail->client_name = x->m->client_name;
	if (ip_is_set(&x->m->client))
		mail->client = arena_dup(r->st->scratch,
		    sl(ip_str(&x->m->client, ip)));
	mail->uid = (unsigned)r->st->dir_st.st_uid;
	mail->gid = (unsigned)r->st->dir_st.st_gid;
}

static void
read_message(struct replay *r, struct ready *x, struct head *h,
    struct slice *body)
{
	struct replay_item *item = x->item;

	if (item->folder == NULL)
		item->folder = arena_str(r->st->keep,
		    sl(source_folder(r->st->src)));
	record_read(&x->rec, r->st->scratch, r->st->cs, x->m, true);
	x->mail = (struct inject_mail){ .null_sender = is_null(x),
	    .ret = x->m->ret, .envid = x->m->envid, .trace = resent(r),
	    .dots = r->o->dots == -1 ? r->in->dots :
	    (enum inject_dots)r->o->dots, .text = record_text(x->m) };
	if (!x->mail.null_sender)
		x->mail.sender = x->rec.sender.spec;
	carry(r, x);
	head_parse(h, r->st->scratch, x->mail.text, body);
	item->arrived = x->rec.arrived != 0 ? x->rec.arrived : x->rec.date;
	item->size = x->m->size;
	item->mtime = x->m->mtime;
	item->priority = priority_of(h);
}

static int
load(struct replay *r, struct ready *x, struct err *err)
{
	const struct source_item where = { .root = x->item->root,
	    .format = x->item->format, .path = x->item->path,
	    .entry = x->item->entry, .sha256 = x->item->sha256 };

	source_done(r->st->src);
	arena_reset(r->st->scratch);
	return source_load(r->st->src, &where, r->st->scratch, &x->m, err);
}

int
ready_make(struct replay *r, struct replay_item *item, struct ready *x,
    struct err *err)
{
	struct spool_rcpt all = { .provenance = PROV_NATIVE };
	struct slice body;
	struct head h;
	struct err why;
	bool same;

	*x = (struct ready){ .item = item };
	item->leave = LEAVE_NO;
	if (load(r, x, &why) == -1)
		return leave(r, x, LEAVE_UNREAD, &why);
	same = x->m->mtime != 0 && x->m->mtime == item->mtime &&
	    x->m->size == item->size;
	read_message(r, x, &h, &body);
	if ((item->leave = (uint8_t)first_reason(r, x)) != LEAVE_NO)
		return 0;
	if (x->m->cut && body.n == 0) {
		err_set(&why, ERR_LIMIT, "its header is longer than %d bytes",
		    SPOOL_READ_MAX);
		return leave(r, x, LEAVE_REFUSED, &why);
	}
	if (has_problem(x->m, "more recipients than are kept")) {
		err_set(&why, ERR_LIMIT, "it has more than %d recipients",
		    SPOOL_RCPT_MAX);
		return leave(r, x, LEAVE_REFUSED, &why);
	}
	if (known_by(r, x, &h, body, same, &why) == -1)
		return leave(r, x, LEAVE_UNREAD, &why);
	if (r->o->all_to == NULL)
		return take_rcpts(r, x, x->rec.rcpts, x->rec.nrcpts,
		    item->mail, err);
	all.addr.spec = all.addr.domain = sl(r->o->all_to);
	while (sl_cut(&all.addr.domain, '@', &body))
		if (memchr(all.addr.domain.p, '@', all.addr.domain.n) == NULL)
			break;
	return take_rcpts(r, x, &all, 1, item->mail, err);
}

/* ---- the plan ---- */

/* Fold what an item before has for the same recipients. */
static size_t
fold(struct replay *r, struct ready *x, size_t nth)
{
	struct replay_inner *st = r->st;
	size_t i, k = 0;
	uint32_t id;

	for (i = 0; i < x->mail.nrcpts; i++) {
		id = intern(st->seen, (struct slice){
		    (const char *)x->to[i].key, REPLAY_KEY });
		if (id >= st->nfirst) {
			st->first = xrealloc(st->first, (id + 1) * 2,
			    sizeof(*st->first));
			memset(st->first + st->nfirst, 0xff,
			    ((id + 1) * 2 - st->nfirst) * sizeof(*st->first));
			st->nfirst = (id + 1) * 2;
		}
		if (st->first[id] == UINT32_MAX) {
			st->first[id] = (uint32_t)nth;
			k++;
		} else
			x->item->same = st->first[id];
	}
	return k;
}

/* Would the profile take it?  Parts have as many recipients as it takes. */
static int
try_profile(struct replay *r, struct ready *x, struct err *err)
{
	struct inject_mail mail = x->mail;
	struct buf out = { 0 };
	struct slice body;
	int result;

	if (r->in->block != BLOCK_HEADER && r->in->rcpt_max > 0 &&
	    mail.nrcpts > r->in->rcpt_max)
		mail.nrcpts = r->in->rcpt_max;
	result = inject_head(r->in, &mail, r->st->scratch, &out, &body, err);
	buf_free(&out);
	return result;
}

struct tally {
	struct intern	*names;
	uint64_t	*n;
	size_t		 cap;
};

static void
tally_rcpts(struct tally *t, const struct ready *x)
{
	size_t i, cap;
	uint32_t id;

	for (i = 0; i < x->mail.nrcpts; i++) {
		id = intern_lower(t->names, x->mail.rcpts[i].addr.domain);
		if (id >= t->cap) {
			cap = ((size_t)id + 1) * 2;
			t->n = xrealloc(t->n, cap, sizeof(*t->n));
			memset(t->n + t->cap, 0,
			    (cap - t->cap) * sizeof(*t->n));
			t->cap = cap;
		}
		t->n[id]++;
	}
}

static int
plan_one(struct replay *r, size_t nth, struct tally *t, struct err *err)
{
	struct replay_item *item = &r->items[nth];
	struct ready x;
	struct err why;
	int go = ready_make(r, item, &x, err);

	if (go != 1)
		return go;
	if (try_profile(r, &x, &why) == -1)
		return leave(r, &x, LEAVE_REFUSED, &why);
	if (fold(r, &x, nth) == 0)
		return leave(r, &x, LEAVE_DUPLICATE, NULL);
	tally_rcpts(t, &x);
	r->rcpts += x.mail.nrcpts;
	r->bytes += item->size;
	r->old += r->in->lifetime > 0 && x.mail.arrived + DAY *
	    (int64_t)r->in->lifetime < (int64_t)time(NULL);
	if (item->arrived != 0 && (r->oldest == 0 ||
	    item->arrived < r->oldest))
		r->oldest = item->arrived;
	return 0;
}

static int
most_first(const void *a, const void *b)
{
	const struct replay_domain *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void
take_domains(struct replay *r, struct tally *t)
{
	uint32_t id, n = intern_count(t->names);

	r->domains = xcalloc((size_t)n + 1, sizeof(*r->domains));
	for (id = 0; id <= n && id < t->cap; id++)
		if (t->n[id] > 0)
			r->domains[r->ndomains++] = (struct replay_domain){
			    .name = arena_str(r->st->keep,
			    intern_str(t->names, id)), .n = t->n[id] };
	qsort(r->domains, r->ndomains, sizeof(*r->domains), most_first);
	intern_free(t->names);
	free(t->n);
}

struct place_of {
	uint32_t	 nth;
	const struct replay_item *item;
	enum replay_order order;
};

static int
in_order(const void *a, const void *b)
{
	const struct place_of *x = a, *y = b;

	if (x->order == REPLAY_BY_PRIORITY &&
	    x->item->priority != y->item->priority)
		return x->item->priority < y->item->priority ? -1 : 1;
	if (x->item->arrived != y->item->arrived)
		return x->item->arrived < y->item->arrived ? -1 : 1;
	return x->nth < y->nth ? -1 : 1;
}

/* Oldest first; of those of one second as they were chosen. */
static void
put_in_order(struct replay *r)
{
	struct place_of *v = xcalloc(r->n + 1, sizeof(*v));
	struct replay_item *items = xcalloc(r->n + 1, sizeof(*items));
	uint32_t *now = xcalloc(r->n + 1, sizeof(*now));
	size_t i;

	for (i = 0; i < r->n; i++)
		v[i] = (struct place_of){ (uint32_t)i, &r->items[i],
		    r->o->order };
	qsort(v, r->n, sizeof(*v), in_order);
	for (i = 0; i < r->n; i++) {
		items[i] = r->items[v[i].nth];
		now[v[i].nth] = (uint32_t)i;
	}
	for (i = 0; i < r->n; i++)
		if (items[i].leave == LEAVE_DUPLICATE)
			items[i].same = now[items[i].same];
	free(r->items);
	free(v);
	free(now);
	r->items = items;
	r->cap = r->n + 1;
}

int
replay_plan(struct replay *r, struct err *err)
{
	struct tally t = { .names = intern_new() };
	size_t i;
	int result = 0;

	r->st->seen = intern_new();
	r->st->first_row = r->rows == NULL ? 0 : replays_next(r->rows);
	for (i = 0; i < r->n && result == 0 && !sig_stop(); i++) {
		result = plan_one(r, i, &t, err);
		r->left[r->items[i].leave]++;
		replay_tell(r);
	}
	take_domains(r, &t);
	plan_forget(r);
	if (result == 0 && sig_stop())
		result = err_set(err, ERR_SYS, "stopped");
	put_in_order(r);
	return result;
}

void
plan_forget(struct replay *r)
{
	intern_free(r->st->seen);
	free(r->st->first);
	r->st->seen = NULL;
	r->st->first = NULL;
	r->st->nfirst = 0;
}

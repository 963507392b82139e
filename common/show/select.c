#include <stddef.h>
#include <time.h>

#include "base/arena.h"
#include "base/ip.h"
#include "mail/date.h"
#include "mail/report.h"
#include "show/select.h"

#define VALUE_SHOWN	100	/* bytes of a wrong value in a message */

/* Values of one option; none: it was not given. */
struct values {
	struct slice	*v;
	size_t		 n, cap;
};

enum { G_REASON, G_FOLDER, G_SENDER, G_ACCOUNT, G_SUBJECT, G_RCPT, GLOBS };

struct selector {
	struct arena	*arena;
	unsigned	 classes, kinds;	/* a bit each; 0: all */
	bool		 has_since, has_until;
	int64_t		 since, until;
	struct values	 globs[GLOBS];
	struct ipnet	*nets;
	struct values	 net_words;	/* as they were given */
	size_t		 nnets;
};

/* An entry without the value is matched by no pattern, not even by '*'. */
#define NO_VALUE	((struct slice){ NULL, 0 })

static struct slice
str(const struct scan *scan, uint32_t id)
{
	return id == 0 ? NO_VALUE : intern_str(scan->strings, id);
}

static struct slice
reason_of(const struct scan *scan, const struct facts *f)
{
	(void)scan;
	return sl(judge_reason(f));
}

static struct slice
folder_of(const struct scan *scan, const struct facts *f)
{
	return str(scan, f->folder);
}

static struct slice
sender_of(const struct scan *scan, const struct facts *f)
{
	return f->null_sender ? SL("<>") : str(scan, f->sender);
}

static struct slice
account_of(const struct scan *scan, const struct facts *f)
{
	return str(scan, f->account);
}

static struct slice
subject_of(const struct scan *scan, const struct facts *f)
{
	return str(scan, f->subject);
}

/* G_RCPT has no get: an entry has many. */
static const struct {
	const char	*option;
	size_t		 list;		/* offset in struct select */
	bool		 whole;		/* a comma is part of the value */
	struct slice	(*get)(const struct scan *, const struct facts *);
} globs[GLOBS] = {
	[G_REASON] = { "reason", offsetof(struct select, reason), false,
	    reason_of },
	[G_FOLDER] = { "folder", offsetof(struct select, folder), false,
	    folder_of },
	[G_SENDER] = { "sender", offsetof(struct select, sender), false,
	    sender_of },
	[G_ACCOUNT] = { "account", offsetof(struct select, account), false,
	    account_of },
	[G_SUBJECT] = { "subject", offsetof(struct select, subject), true,
	    subject_of },
	[G_RCPT] = { "rcpt", offsetof(struct select, rcpt), false, NULL },
};

/* All values of an option, cut at commas; -1: one of them is empty. */
static int
read_values(struct selector *s, const char *option,
    const struct opt_list *list, bool whole, struct values *out,
    struct err *err)
{
	struct slice rest, value;
	size_t i, before;

	for (i = 0; i < list->n; i++) {
		before = out->n;
		rest = sl(list->v[i]);
		while (sl_cut(&rest, whole ? '\0' : ',', &value)) {
			if ((value = sl_trim(value)).n == 0)
				continue;
			*(struct slice *)arena_more(s->arena, &out->v,
			    &out->n, &out->cap, sizeof(*out->v)) = value;
		}
		if (out->n == before)
			return err_set(err, ERR_USAGE,
			    "--%s: the value is empty", option);
	}
	return 0;
}

static bool
class_bit(struct slice s, unsigned *bits)
{
	enum class c;

	if (!class_parse(s, &c))
		return false;
	*bits |= 1u << c;
	return true;
}

static bool
kind_bit(struct slice s, unsigned *bits)
{
	enum kind k;

	if (!kind_parse(s, &k))
		return false;
	*bits |= 1u << k;
	return true;
}

static const char *
class_word(unsigned i)
{
	return i < C_COUNT ? class_name((enum class)i) : NULL;
}

static const char *
kind_word(unsigned i)
{
	return i < KIND_COUNT ? kind_name((enum kind)i) : NULL;
}

/* Options whose values are words out of a list. */
struct words {
	const char	*option;
	bool		(*bit)(struct slice, unsigned *);
	const char	*(*word)(unsigned);
};
static const struct words class_words = { "class", class_bit, class_word };
static const struct words kind_words = { "kind", kind_bit, kind_word };

/* "--class: relai: not one of relay, backscatter ..." */
static int
bad_word(struct selector *s, const struct words *w, struct slice value,
    struct err *err)
{
	struct slice all = SL("");
	unsigned i;

	for (i = 0; w->word(i) != NULL; i++)
		all = arena_fmt(s->arena, SL_FMT "%s%s", SL_ARG(all),
		    i > 0 ? ", " : "", w->word(i));
	return err_set(err, ERR_USAGE, "--%s: " SL_FMT ": not one of " SL_FMT,
	    w->option, SL_ARG(sl_first(value, VALUE_SHOWN)), SL_ARG(all));
}

static int
read_words(struct selector *s, const struct words *w,
    const struct opt_list *list, unsigned *bits, struct err *err)
{
	struct values given = { NULL, 0, 0 };
	size_t i;

	if (read_values(s, w->option, list, false, &given, err) == -1)
		return -1;
	for (i = 0; i < given.n; i++)
		if (!w->bit(given.v[i], bits))
			return bad_word(s, w, given.v[i], err);
	return 0;
}

static int
read_globs(struct selector *s, const struct select *sel, struct err *err)
{
	const struct opt_list *list;
	size_t i;

	for (i = 0; i < GLOBS; i++) {
		list = (const void *)((const char *)sel + globs[i].list);
		if (read_values(s, globs[i].option, list, globs[i].whole,
		    &s->globs[i], err) == -1)
			return -1;
	}
	return 0;
}

static int
read_nets(struct selector *s, const struct opt_list *list, struct err *err)
{
	struct values given = { NULL, 0, 0 };
	size_t i;

	if (read_values(s, "client", list, false, &given, err) == -1)
		return -1;
	s->net_words = given;
	s->nnets = given.n;
	s->nets = arena_alloc(s->arena, given.n * sizeof(*s->nets));
	for (i = 0; i < given.n; i++)
		if (!ipnet_parse(given.v[i], &s->nets[i]))
			return err_set(err, ERR_USAGE, "--client: " SL_FMT
			    ": neither an address nor a network",
			    SL_ARG(sl_first(given.v[i], VALUE_SHOWN)));
	return 0;
}

static int
read_time(const char *option, const char *value, int64_t now, bool *has,
    int64_t *t, struct err *err)
{
	if ((*has = value != NULL) && !date_option(sl(value), now, t))
		return err_set(err, ERR_USAGE, "--%s: %.*s: not a time: "
		    "2004-01-05, 2004-01-05T01:00:00Z, 12h, 3d", option,
		    VALUE_SHOWN, value);
	return 0;
}

static int
read_times(struct selector *s, const struct select *sel, struct err *err)
{
	int64_t now = time(NULL);

	if (read_time("since", sel->since, now, &s->has_since, &s->since,
	    err) == -1 || read_time("until", sel->until, now, &s->has_until,
	    &s->until, err) == -1)
		return -1;
	if (s->has_since && s->has_until && s->since >= s->until)
		return err_set(err, ERR_USAGE,
		    "--since is not before --until: nothing can match");
	return 0;
}

int
select_new(struct selector **out, const struct select *sel, struct err *err)
{
	struct arena *a = arena_new();
	struct selector *s = arena_alloc(a, sizeof(*s));

	s->arena = a;
	if (read_words(s, &class_words, &sel->class, &s->classes, err) == -1 ||
	    read_words(s, &kind_words, &sel->kind, &s->kinds, err) == -1 ||
	    read_globs(s, sel, err) == -1 ||
	    read_nets(s, &sel->client, err) == -1 ||
	    read_times(s, sel, err) == -1) {
		arena_free(a);
		return -1;
	}
	*out = s;
	return 0;
}

void
select_free(struct selector *s)
{
	if (s != NULL)
		arena_free(s->arena);
}

bool
select_any(const struct selector *s)
{
	size_t i;

	for (i = 0; i < GLOBS; i++)
		if (s->globs[i].n > 0)
			return true;
	return s->classes != 0 || s->kinds != 0 || s->nnets > 0 ||
	    s->has_since || s->has_until;
}

static bool
in_time(const struct selector *s, int64_t t)
{
	if (!s->has_since && !s->has_until)
		return true;
	return t != 0 && (!s->has_since || t >= s->since) &&
	    (!s->has_until || t < s->until);
}

static bool
in_nets(const struct selector *s, const struct scan *scan, uint32_t client)
{
	struct ip ip;
	size_t i;

	if (s->nnets == 0)
		return true;
	if (!ip_parse(str(scan, client), &ip))
		return false;
	for (i = 0; i < s->nnets; i++)
		if (ipnet_has(&s->nets[i], &ip))
			return true;
	return false;
}

static bool
any_glob(const struct values *any, struct slice s)
{
	size_t i;

	if (s.p == NULL)
		return false;
	for (i = 0; i < any->n; i++)
		if (sl_glob(any->v[i], s))
			return true;
	return false;
}

static bool
any_rcpt(const struct values *v, const struct scan *scan,
    const struct facts *f)
{
	uint32_t i;

	for (i = 0; i < f->nrcpts; i++)
		if (any_glob(v, str(scan, f->rcpts[i].addr)))
			return true;
	return false;
}

static bool
in_globs(const struct selector *s, const struct scan *scan,
    const struct facts *f)
{
	size_t i;

	for (i = 0; i < GLOBS; i++) {
		if (s->globs[i].n == 0)
			continue;
		if (globs[i].get != NULL ?
		    !any_glob(&s->globs[i], globs[i].get(scan, f)) :
		    !any_rcpt(&s->globs[i], scan, f))
			return false;
	}
	return true;
}

bool
select_match(const struct selector *s, const struct scan *scan,
    const struct facts *f)
{
	return (s->classes == 0 || (s->classes >> f->class & 1) != 0) &&
	    (s->kinds == 0 || (s->kinds >> f->kind & 1) != 0) &&
	    in_time(s, f->arrived) && in_nets(s, scan, f->client) &&
	    in_globs(s, scan, f);
}

/* ---- the same in SQL ---- */

static void
and_also(struct buf *out)
{
	if (out->n > 0)
		buf_add(out, SL(" AND "));
}

static void
put_quoted(struct buf *out, struct slice s)
{
	size_t i;

	buf_addc(out, '\'');
	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\'')
			buf_addc(out, '\'');
		buf_addc(out, s.p[i]);
	}
	buf_addc(out, '\'');
}

static void
sql_words(struct buf *out, const struct words *w, unsigned bits)
{
	const char *comma = "";
	unsigned i;

	if (bits == 0)
		return;
	and_also(out);
	buf_fmt(out, "%s IN (", w->option);
	for (i = 0; w->word(i) != NULL; i++)
		if (bits >> i & 1) {
			buf_fmt(out, "%s'%s'", comma, w->word(i));
			comma = ", ";
		}
	buf_addc(out, ')');
}

/* (f('a', column) OR f('b', column)) */
static void
sql_any(struct buf *out, const char *function, const struct values *v,
    const char *column)
{
	size_t i;

	buf_addc(out, '(');
	for (i = 0; i < v->n; i++) {
		buf_fmt(out, "%s%s(", i > 0 ? " OR " : "", function);
		put_quoted(out, v->v[i]);
		buf_fmt(out, ", %s)", column);
	}
	buf_addc(out, ')');
}

static void
sql_globs(struct buf *out, const struct selector *s)
{
	size_t i;

	for (i = 0; i < GLOBS; i++) {
		if (s->globs[i].n == 0)
			continue;
		and_also(out);
		if (i != G_RCPT) {
			sql_any(out, "fits", &s->globs[i], globs[i].option);
			continue;
		}
		buf_add(out, SL("row IN (SELECT entry FROM recipient WHERE "));
		sql_any(out, "fits", &s->globs[i], "address");
		buf_addc(out, ')');
	}
}

static void
sql_time(struct buf *out, bool has, const char *compare, int64_t t)
{
	char text[DATE_TEXT];

	if (!has)
		return;
	and_also(out);
	buf_fmt(out, "arrived %s '%s'", compare, date_str(t, text));
}

void
select_sql(const struct selector *s, struct buf *out)
{
	sql_words(out, &class_words, s->classes);
	sql_words(out, &kind_words, s->kinds);
	sql_globs(out, s);
	if (s->nnets > 0) {
		and_also(out);
		sql_any(out, "in_network", &s->net_words, "client");
	}
	sql_time(out, s->has_since, ">=", s->since);
	sql_time(out, s->has_until, "<", s->until);
}

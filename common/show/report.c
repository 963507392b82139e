#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "case/figures.h"
#include "case/impact.h"
#include "case/ledger.h"
#include "mail/date.h"
#include "show/report.h"

#define CELL_CHARS	160	/* of one text; a subject can have a million */
#define BARS		90	/* of the timeline, about */
#define EVENTS_MAX	40	/* named below it */
#define LEDGER_ROWS	200	/* shown: the last */
#define UNSURE_MAX	20000	/* shown; more are a sample, too */
#define COLUMNS(v)	v, sizeof(v) / sizeof(v[0])

/* What a text is, for those who must not see it. */
enum what { W_PLAIN, W_ADDRESS, W_ACCOUNT, W_SUBJECT, W_WORDS };

/* What came in a minute, of one class. */
struct minute {
	int64_t		 at;
	enum class	 class;
	uint64_t	 n;
};

#define VERBS	9	/* of the ledger */

struct maker {
	struct doc	*d;
	struct casefile	*c;
	const struct report_opts *o;
	struct arena	*a;
	struct sha256	*sha;
	struct buf	 tmp;

	struct doc_block *block;	/* being filled */
	uint64_t	 entries, bytes, gone, marked, by_class[C_COUNT];
	struct minute	*minutes;	/* in order */
	size_t		 nminutes, minutes_cap;
	uint64_t	 timed;		/* messages that say when */
	int64_t		 first, last;	/* of nearly all */
	struct slice	 top[4];	/* the first of accounts, clients, ... */
	uint64_t	 top_n[4];
	size_t		 which;
	struct doc_chart *chart;
	size_t		 verbs[VERBS];	/* of the ledger */
	int64_t		 ledger_rows;
	uint64_t	 left[4];	/* doubtful, returned, refused, waiting */
	struct case_rows samples;
};

/* ---- text ---- */

/* As a C string; what is shown has no NUL in it. */
static const char *
text(struct maker *r, struct slice s)
{
	return arena_str(r->a, s);
}

static struct slice
visible(struct maker *r, struct slice s)
{
	r->tmp.n = 0;
	utf8_visible(&r->tmp, s, CELL_CHARS);
	return arena_dup(r->a, buf_sl(&r->tmp));
}

/* Eight digits of SHA-256 over the case's UUID, what it is, and the text. */
static void
add_token(struct maker *r, const char *what, struct slice s)
{
	uint8_t digest[32];
	char hex[9];

	sha256_start(r->sha);
	sha256_add(r->sha, sl(case_uuid(r->c)));
	sha256_add(r->sha, (struct slice){ what, strlen(what) + 1 });
	sha256_add(r->sha, s);
	sha256_end(r->sha, digest);
	hex_str(digest, 4, hex);
	buf_fmt(&r->tmp, "%s-%s", what, hex);
}

static struct slice
token(struct maker *r, const char *what, struct slice s)
{
	char *low = arena_bytes(r->a, s.n + 1);
	struct slice t = { low, s.n };
	const char *at;

	ascii_lower_copy(low, s);
	r->tmp.n = 0;
	at = t.n == 0 || sl_eq(sl(what), SL("subject")) ? NULL :
	    memrchr(t.p, '@', t.n);
	if (at == NULL) {
		add_token(r, what, t);
	} else {
		add_token(r, what, sl_first(t, (size_t)(at - t.p)));
		buf_addc(&r->tmp, '@');
		add_token(r, "domain", sl_from(t, (size_t)(at - t.p) + 1));
	}
	return arena_dup(r->a, buf_sl(&r->tmp));
}

static struct slice
shown(struct maker *r, enum what w, struct slice s)
{
	static const char *const names[] = { "", "user", "account", "subject",
	    "words" };

	if (s.n == 0 || !r->o->redact || w == W_PLAIN ||
	    sl_eq(s, SL("<>")))
		return visible(r, s);
	if (w == W_WORDS && memchr(s.p, '@', s.n) == NULL &&
	    memchr(s.p, '\'', s.n) == NULL)
		return visible(r, s);
	return token(r, names[w], s);
}

static struct slice
count(struct maker *r, uint64_t n)
{
	return doc_count(r->a, n);
}

static struct slice
count_text(struct maker *r, struct slice digits)
{
	uint64_t n = 0;

	return sl_num(digits, UINT64_MAX, &n) ? count(r, n) : digits;
}

static uint64_t
number(struct slice s)
{
	uint64_t n = 0;

	sl_num(s, UINT64_MAX, &n);
	return n;
}

/* 4.2 GB */
static struct slice
size_text(struct maker *r, uint64_t n)
{
	static const char *const units[] = { "bytes", "kB", "MB", "GB", "TB" };
	double x = (double)n;
	size_t i;

	for (i = 0; x >= 1000 && i < 4; i++)
		x /= 1000;
	return arena_fmt(r->a, i > 0 && x < 10 ? "%.1f %s" : "%.0f %s", x,
	    units[i]);
}

/* How many of them: "97 %", and never 100 when one is not. */
static struct slice
share(struct maker *r, uint64_t n, uint64_t of)
{
	double x = of == 0 ? 0 : (double)n * 100 / (double)of;

	if (n > 0 && x < 1)
		return SL("under 1 %");
	if (n < of && x > 99)
		return SL("over 99 %");
	return arena_fmt(r->a, "%.0f %%", x);
}

static void
put(struct maker *r, const struct slice *cells)
{
	doc_row(r->d, r->block, cells);
}

/* ---- what happened ---- */

static int
take_span(void *ctx, const struct slice *v, struct err *err)
{
	struct maker *r = ctx;

	(void)err;
	r->entries = number(v[0]);
	r->bytes = number(v[1]);
	r->gone = number(v[4]);
	r->marked = number(v[5]);
	return 0;
}

static int
take_class(void *ctx, const struct slice *v, struct err *err)
{
	struct maker *r = ctx;
	enum class c;

	(void)err;
	if (class_parse(v[0], &c))
		r->by_class[c] = number(v[1]);
	return 0;
}

static int
take_minute(void *ctx, const struct slice *v, struct err *err)
{
	struct maker *r = ctx;
	struct minute m = { .n = number(v[2]) };

	(void)err;
	if (v[0].n == 0 || v[0].p[0] == '-' || !class_parse(v[1], &m.class))
		return 0;
	m.at = (int64_t)number(v[0]);
	*(struct minute *)arena_more(r->a, &r->minutes, &r->nminutes,
	    &r->minutes_cap, sizeof(m)) = m;
	r->timed += m.n;
	return 0;
}

/*
 * Dates that a few messages make up would leave no room for the others: the
 * time shown is without the 200th part at each end.
 */
static void
leave_out_strays(struct maker *r)
{
	uint64_t stray = r->timed / 200, n = 0;
	size_t i = 0, k = r->nminutes;

	if (k == 0)
		return;
	while ((n += r->minutes[i].n) <= stray)
		i++;
	for (n = 0; (n += r->minutes[k - 1].n) <= stray;)
		k--;
	r->first = r->minutes[i].at;
	r->last = r->minutes[k - 1].at;
}

static int
read_figures(struct maker *r, struct err *err)
{
	if (case_figure(r->c, FIGURE_SPAN, take_span, r, err) == -1 ||
	    case_figure(r->c, FIGURE_CLASSES, take_class, r, err) == -1 ||
	    case_figure(r->c, FIGURE_TIMES, take_minute, r, err) == -1)
		return -1;
	leave_out_strays(r);
	return 0;
}

static const char *const class_words[C_COUNT] = {
	[C_RELAY] = "strangers' mail that was relayed through the server",
	[C_BACKSCATTER] = "reports about mail that nobody here has sent",
	[C_SPAM] = "unsolicited mail to its own users",
	[C_LEGIT] = "wanted mail",
	[C_UNSURE] = "mail that nobody has decided about",
};

static struct slice
sentence_what(struct maker *r)
{
	char from[DATE_TEXT], to[DATE_TEXT];
	struct buf b = { 0 };
	struct slice s;
	const char *comma = "";
	int k;

	buf_fmt(&b, "%s messages (%s) lay in the spools of this "
	    "case", text(r, count(r, r->entries)),
	    text(r, size_text(r, r->bytes)));
	if (r->nminutes > 0)
		buf_fmt(&b, ", nearly all of them from %s to %s",
		    date_str(r->first, from), date_str(r->last, to));
	buf_add(&b, SL(": "));
	for (k = 0; k < C_COUNT; k++) {
		if (r->by_class[k] == 0)
			continue;
		s = share(r, r->by_class[k], r->entries);
		buf_fmt(&b, "%s%s (%s) %s", comma,
		    text(r, count(r, r->by_class[k])), text(r, s),
		    class_words[k]);
		comma = ", ";
	}
	buf_addc(&b, '.');
	s = arena_dup(r->a, buf_sl(&b));
	buf_free(&b);
	return s;
}

/* A campaign by its subject: what else is said of it stands in its table. */
static struct slice
by_subject(struct slice label)
{
	static const struct slice more[2] = { SL("; always: "),
	    SL("; varies: ") };
	const char *at;
	size_t i;

	for (i = 0; i < 2; i++)
		if ((at = sl_find(label, more[i])) != NULL)
			label = sl_first(label, (size_t)(at - label.p));
	return label;
}

static struct slice
sentence_who(struct maker *r)
{
	static const char *const kinds[4] = { "the account ", "the client ",
	    "the sender ", "the campaign \xe2\x80\x9c" };
	uint64_t bad = r->by_class[C_RELAY] + r->by_class[C_BACKSCATTER] +
	    r->by_class[C_SPAM];
	struct buf b = { 0 };
	struct slice s;
	const char *comma = "";
	size_t i;

	if (bad == 0)
		return SL("Nothing in it is relayed mail, backscatter or spam.");
	buf_fmt(&b, "Behind the %s unwanted messages stand above all ",
	    text(r, count(r, bad)));
	for (i = 0; i < 4; i++) {
		if (r->top[i].n == 0)
			continue;
		buf_fmt(&b, "%s%s%s%s (%s)", comma, kinds[i],
		    text(r, by_subject(r->top[i])), i == 3 ? "\xe2\x80\x9d" :
		    "", text(r, count(r, r->top_n[i])));
		comma = ", ";
	}
	if (comma[0] == '\0')
		buf_add(&b, SL("many, each with few"));
	buf_addc(&b, '.');
	s = arena_dup(r->a, buf_sl(&b));
	buf_free(&b);
	return s;
}

/* ---- the ledger ---- */

#define ARCHIVE	3	/* of these */
static const struct {
	struct slice	 verb;
	const char	*did, *more;	/* of one, and of more */
	bool		 event;		/* on the timeline */
} verbs[VERBS] = {
	{ SL("scan"), "scan", "scans", false },
	{ SL("mark"), "decision", "decisions", false },
	{ SL("rotate"), "rotation", "rotations", true },
	[ARCHIVE] = { SL("archive"), "archive", "archives", true },
	{ SL("prune"), "pruning", "prunings", true },
	{ SL("turf"), "removal from a live spool",
	    "removals from a live spool", true },
	{ SL("delete"), "deletion", "deletions", true },
	{ SL("undo"), "removal undone", "removals undone", true },
	{ SL("replay"), "replay", "replays", true },
};

/* Which of the verbs; VERBS: another, or an archive whose row of done follows. */
static size_t
verb_of(const struct ledger_row *row)
{
	size_t i = 0;

	while (i < VERBS && !sl_eq(row->verb, verbs[i].verb))
		i++;
	return i == ARCHIVE && sl_starts(row->result, sl(LEDGER_BEGUN)) ?
	    VERBS : i;
}

static int
count_verb(void *ctx, const struct ledger_row *row, struct err *err)
{
	struct maker *r = ctx;
	size_t i = verb_of(row);

	(void)err;
	r->ledger_rows = row->id;
	if (i < VERBS)
		r->verbs[i]++;
	return 0;
}

static int
take_left(void *ctx, const struct slice *v, struct err *err)
{
	static const struct slice states[4] = { SL("doubtful"),
	    SL("returned"), SL("refused"), SL("published") };
	struct maker *r = ctx;
	size_t i;

	(void)err;
	for (i = 0; i < 4; i++)
		if (sl_eq(v[0], states[i]))
			r->left[i] = number(v[1]);
	return 0;
}

static struct slice
sentence_done(struct maker *r)
{
	static const char *const left[4] = { "sent without an answer",
	    "returned", "refused", "replayed and not seen taken" };
	struct buf b = { 0 };
	struct slice s;
	const char *comma = " ";
	size_t i;

	buf_add(&b, SL("Done so far:"));
	for (i = 0; i < VERBS; i++)
		if (r->verbs[i] > 0) {
			buf_fmt(&b, "%s%zu %s", comma, r->verbs[i],
			    r->verbs[i] == 1 ? verbs[i].did : verbs[i].more);
			comma = ", ";
		}
	if (comma[0] == ' ')
		buf_add(&b, SL(" nothing"));
	buf_fmt(&b, "; left: %s messages that are unsure",
	    text(r, count(r, r->by_class[C_UNSURE])));
	for (i = 0; i < 4; i++)
		if (r->left[i] > 0)
			buf_fmt(&b, ", %s %s", text(r, count(r, r->left[i])),
			    left[i]);
	buf_addc(&b, '.');
	s = arena_dup(r->a, buf_sl(&b));
	buf_free(&b);
	return s;
}

static const struct doc_column class_columns[] = {
	{ "class", "class", false }, { "what", "what it is", false },
	{ "entries", "messages", true }, { "share", "share", true },
};

static void
say_happened(struct maker *r)
{
	int k;

	doc_section(r->d, "summary", NULL);
	doc_text(r->d, sentence_what(r));
	doc_text(r->d, SL(""));		/* sentence_who, once it is known */
	doc_text(r->d, sentence_done(r));
	r->block = doc_table(r->d, "classes", "Classes",
	    COLUMNS(class_columns));
	for (k = 0; k < C_COUNT; k++)
		put(r, (struct slice[]){ sl(class_name((enum class)k)),
		    sl(class_words[k]), count(r, r->by_class[k]),
		    share(r, r->by_class[k], r->entries) });
}

/* ---- when ---- */

/* Spans that a person counts in. */
static int64_t
step_for(int64_t span)
{
	static const int64_t steps[] = { 60, 300, 600, 1800, 3600, 2 * 3600,
	    6 * 3600, 12 * 3600, 86400, 7 * 86400, 30 * 86400 };
	size_t i;

	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) - 1; i++)
		if (span / steps[i] <= BARS)
			break;
	return span / steps[i] <= 4 * BARS ? steps[i] : span / BARS + 1;
}

static void
fill_bars(struct maker *r)
{
	struct doc_chart *t = r->chart;
	size_t i, k;

	for (i = 0; i < r->nminutes; i++) {
		const struct minute *m = &r->minutes[i];

		if (m->at < t->start)
			continue;
		k = (size_t)((m->at - t->start) / t->step);
		if (k < t->n)
			t->v[k][m->class] += m->n;
	}
}

static int
take_event(void *ctx, const struct ledger_row *row, struct err *err)
{
	struct maker *r = ctx;
	struct doc_chart *t = r->chart;
	size_t i = verb_of(row);
	int64_t at;

	(void)err;
	if (i == VERBS || !verbs[i].event || t->nevents == EVENTS_MAX ||
	    !date_option(row->at, 0, &at))
		return 0;
	t->events[t->nevents++] = (struct doc_event){ at, arena_fmt(r->a,
	    "%s %s: %s", text(r, row->verb),
	    text(r, shown(r, W_WORDS, row->what)),
	    text(r, shown(r, W_WORDS, row->result))) };
	return 0;
}

static uint64_t
bar(const struct doc_chart *t, size_t i, enum class *most)
{
	uint64_t n = 0;
	int k;

	*most = C_RELAY;
	for (k = 0; k < C_COUNT; k++) {
		n += t->v[i][k];
		if (t->v[i][k] > t->v[i][*most])
			*most = (enum class)k;
	}
	return n;
}

static struct slice
step_text(struct maker *r, int64_t step)
{
	if (step % 86400 == 0)
		return arena_fmt(r->a, "%lld d", (long long)step / 86400);
	if (step % 3600 == 0)
		return arena_fmt(r->a, "%lld h", (long long)step / 3600);
	return arena_fmt(r->a, "%lld min", (long long)step / 60);
}

/* Of what was done, as far as the time shown has it. */
static const char *
say_events(const struct doc_chart *t)
{
	int64_t end = t->start + (int64_t)t->n * t->step;
	size_t i;

	for (i = 0; i < t->nevents; i++)
		if (t->events[i].at >= t->start && t->events[i].at < end)
			return " Numbered lines are what was done.";
	return t->nevents > 0 ? " What was done is below; the time shown has "
	    "none of it." : "";
}

static void
say_peak(struct maker *r)
{
	struct doc_chart *t = r->chart;
	enum class most, best = C_RELAY;
	uint64_t n, top = 0, all = 0;
	size_t i, at = 0;
	char date[DATE_TEXT];

	for (i = 0; i < t->n; i++) {
		n = bar(t, i, &most);
		all += n;
		if (n > top) {
			top = n;
			at = i;
			best = most;
		}
	}
	t->said = arena_fmt(r->a, "Times are UTC, a bar is %s. The "
	    "peak, from %s on, has %s messages, mostly %s. %s"
	    " messages came earlier or later than shown, or do not say when.%s",
	    text(r, step_text(r, t->step)),
	    date_str(t->start + (int64_t)at * t->step, date),
	    text(r, count(r, top)), class_name(best),
	    text(r, count(r, r->entries - all)), say_events(t));
}

static int
say_when(struct maker *r, struct err *err)
{
	struct doc_chart *t = r->chart = arena_alloc(r->a, sizeof(*t));
	int64_t first = r->first, last = r->last;

	t->events = arena_alloc(r->a, EVENTS_MAX * sizeof(*t->events));
	if (ledger_read(r->c, take_event, r, err) == -1)
		return -1;
	if (r->nminutes == 0)
		return 0;
	if (t->nevents > 0 && t->events[t->nevents - 1].at > last &&
	    t->events[t->nevents - 1].at - last < last - first)
		last = t->events[t->nevents - 1].at;
	t->step = step_for(last - first);
	t->start = first / t->step * t->step;
	t->n = (size_t)((last - t->start) / t->step) + 1;
	t->v = arena_alloc(r->a, t->n * sizeof(*t->v));
	fill_bars(r);
	say_peak(r);
	doc_section(r->d, "when", "When");
	doc_chart(r->d, t);
	return 0;
}

/* ---- who ---- */

static const struct doc_column who_columns[] = {
	{ "key", "", false }, { "entries", "messages", true },
	{ "relay", "relay", true }, { "backscatter", "backscatter", true },
	{ "spam", "spam", true }, { "legit", "legit", true },
	{ "unsure", "unsure", true }, { "first", "first", false },
	{ "last", "last", false },
};

static const struct {
	enum figure	 figure;
	const char	*name, *title, *key;
	enum what	 what;
} whos[] = {
	{ FIGURE_ACCOUNTS, "accounts", "Accounts", "account", W_ACCOUNT },
	{ FIGURE_CLIENTS, "clients", "Clients", "client", W_PLAIN },
	{ FIGURE_SENDERS, "senders", "Envelope senders", "sender",
	    W_ADDRESS },
	{ FIGURE_CAMPAIGNS, "campaigns", "Campaigns: the same mail with "
	    "other words filled in", "campaign", W_SUBJECT },
};

/* The first of each list is the one with the most unwanted mail. */
static void
take_top(struct maker *r, const struct slice *v)
{
	uint64_t bad = number(v[2]) + number(v[3]) + number(v[4]);

	if (r->top[r->which].n == 0 && bad > 0 && !sl_eq(v[0], SL("<>"))) {
		r->top[r->which] = shown(r, whos[r->which].what, v[0]);
		r->top_n[r->which] = bad;
	}
}

/* The table comes with its first row: what there is none of is left out. */
static int
put_who(void *ctx, const struct slice *v, struct err *err)
{
	struct maker *r = ctx;
	struct doc_column *columns;
	struct slice cells[9];
	size_t i;

	(void)err;
	if (r->block == NULL) {
		columns = arena_alloc(r->a, sizeof(who_columns));
		memcpy(columns, who_columns, sizeof(who_columns));
		columns[0].title = whos[r->which].key;
		r->block = doc_table(r->d, whos[r->which].name,
		    whos[r->which].title, columns, 9);
	}
	take_top(r, v);
	cells[0] = shown(r, whos[r->which].what, v[0]);
	for (i = 1; i < 9; i++)
		cells[i] = i < 7 ? count_text(r, v[i]) : visible(r, v[i]);
	put(r, cells);
	return 0;
}

static const struct doc_column stolen_columns[] = {
	{ "account", "account", false }, { "why", "why", false },
	{ "entries", "messages", true }, { "clients", "clients", true },
};

static int
put_stolen(void *ctx, const struct slice *v, struct err *err)
{
	struct maker *r = ctx;

	(void)err;
	if (r->block == NULL)
		r->block = doc_table(r->d, "stolen", "Accounts that the logs "
		    "call stolen", COLUMNS(stolen_columns));
	put(r, (struct slice[]){ shown(r, W_ACCOUNT, v[0]),
	    shown(r, W_WORDS, v[1]), count_text(r, v[2]),
	    count_text(r, v[3]) });
	return 0;
}

static int
put_line(void *ctx, const struct slice *v, struct err *err)
{
	struct maker *r = ctx;
	bool lock = r->which == 0;

	(void)err;
	if (r->block == NULL)
		r->block = doc_list(r->d, lock ? "lock" : "deny", lock ?
		    "Accounts to lock" : "Clients to deny: nothing but relay "
		    "and spam came from them");
	doc_line(r->d, r->block, shown(r, lock ? W_ACCOUNT : W_PLAIN, v[0]));
	return 0;
}

static int
ask(struct maker *r, enum figure f, size_t which,
    int (*each)(void *, const struct slice *, struct err *), struct err *err)
{
	r->block = NULL;
	r->which = which;
	return case_figure(r->c, f, each, r, err);
}

static int
say_who(struct maker *r, struct err *err)
{
	size_t i;

	doc_section(r->d, "who", "Who, and what to shut");
	if (ask(r, FIGURE_STOLEN, 0, put_stolen, err) == -1 ||
	    ask(r, FIGURE_LOCK, 0, put_line, err) == -1 ||
	    ask(r, FIGURE_DENY, 1, put_line, err) == -1)
		return -1;
	for (i = 0; i < sizeof(whos) / sizeof(whos[0]); i++)
		if (ask(r, whos[i].figure, i, put_who, err) == -1)
			return -1;
	return 0;
}

/* ---- why ---- */

static const struct doc_column reason_columns[] = {
	{ "class", "class", false }, { "reason", "reason", false },
	{ "entries", "messages", true }, { "says", "what the rule says", false },
};

static struct slice
rule_says(struct slice id)
{
	const struct rule *rule;

	for (rule = judge_rules; rule->id != NULL; rule++)
		if (sl_eq(sl(rule->id), id))
			return sl(rule->what);
	return SL("No rule decides.");
}

static void
add_sample(struct maker *r, struct slice row)
{
	struct case_rows *v = &r->samples;

	if (row.n == 0 || v->n == v->cap)
		return;
	v->v[v->n++] = (int64_t)number(row);
}

static int
put_reason(void *ctx, const struct slice *v, struct err *err)
{
	struct maker *r = ctx;

	(void)err;
	put(r, (struct slice[]){ visible(r, v[0]), v[1].n > 0 ?
	    visible(r, v[1]) : SL("no rule decided"), count_text(r, v[2]),
	    rule_says(v[1]) });
	add_sample(r, v[3]);
	if (!sl_eq(v[3], v[4]))
		add_sample(r, v[4]);
	return 0;
}

static const struct doc_column sample_columns[] = {
	{ "reason", "reason", false }, { "id", "id", false },
	{ "sender", "sender", false }, { "rcpt", "recipient", false },
	{ "client", "client", false }, { "subject", "subject", false },
};

static int
put_samples(struct maker *r, struct err *err)
{
	struct case_cursor *cur;
	struct case_entry e;
	int n;

	if (case_entries(r->c, &r->samples, &cur, err) == -1)
		return -1;
	r->block = doc_table(r->d, "samples", "One or two of each",
	    COLUMNS(sample_columns));
	while ((n = case_next(cur, &e, err)) == 1)
		put(r, (struct slice[]){ e.reason.n > 0 ?
		    visible(r, e.reason) : visible(r, e.class),
		    visible(r, e.id), shown(r, W_ADDRESS, e.sender),
		    shown(r, W_ADDRESS, e.rcpt), visible(r, e.client),
		    shown(r, W_SUBJECT, e.subject) });
	case_cursor_free(cur);
	return n;
}

static int
say_why(struct maker *r, struct err *err)
{
	int64_t rows[200];

	r->samples = (struct case_rows){ .v = rows, .cap = 200 };
	doc_section(r->d, "why", "Classes and reasons");
	r->block = doc_table(r->d, "reasons", "What decided",
	    COLUMNS(reason_columns));
	return case_figure(r->c, FIGURE_REASONS, put_reason, r, err) == -1 ?
	    -1 : put_samples(r, err);
}

/* ---- relay rules ---- */

static void
say_gateway(struct maker *r, const struct impact *im)
{
	struct impact_gateway g;

	if (!impact_gateway(im, r->o->site, &g))
		return;
	doc_text(r->d, arena_fmt(r->a, "%s of %s relayed "
	    "messages came from %s, an address of ours: a gateway that "
	    "hides who connects. While it may relay, everybody may.",
	    text(r, count(r, g.relay)), text(r, count(r, g.of)),
	    text(r, visible(r, g.client))));
}

static const struct doc_column mixed_columns[] = {
	{ "client", "client", false }, { "legit", "legit", true },
	{ "bad", "unwanted", true },
};

static void
say_advice(struct maker *r, const struct impact_advice *adv)
{
	struct slice rest = buf_sl(&adv->rules), line;
	size_t i;

	if (adv->stolen > 0)
		doc_text(r->d, arena_fmt(r->a, "%s relayed messages came "
		    "from who had authenticated: no relay rule stops these, "
		    "only a lock.", text(r, count(r, adv->stolen))));
	r->block = doc_list(r->d, "rules", "Rules that would have stopped "
	    "the relaying at the least loss");
	while (sl_line(&rest, &line))
		doc_line(r->d, r->block, visible(r, line));
	if (adv->nmixed == 0)
		return;
	r->block = doc_table(r->d, "mixed", "Clients that sent both: their "
	    "users have to authenticate", COLUMNS(mixed_columns));
	for (i = 0; i < adv->nmixed && i < 50; i++)
		put(r, (struct slice[]){ visible(r, adv->mixed[i].client),
		    count(r, adv->mixed[i].legit),
		    count(r, adv->mixed[i].bad) });
}

static int
say_policy(struct maker *r, struct err *err)
{
	struct impact_advice adv = { 0 };
	struct impact im = { 0 };

	if (r->o->site == NULL)
		return 0;
	if (impact_load(&im, r->c, &(struct case_want){ .gone = true },
	    err) == -1)
		return -1;
	doc_section(r->d, "policy", "Relay rules");
	say_gateway(r, &im);
	impact_advise(&im, r->o->site, &adv);
	say_advice(r, &adv);
	buf_free(&adv.rules);
	impact_free(&im);
	return 0;
}

/* ---- what was done, and what is left ---- */

static const struct doc_column ledger_columns[] = {
	{ "id", "row", true }, { "at", "when", false },
	{ "who", "who", false }, { "verb", "what", false },
	{ "what", "of", false }, { "result", "result", false },
	{ "args", "command", false },
};

static int
put_ledger(void *ctx, const struct ledger_row *row, struct err *err)
{
	struct maker *r = ctx;

	(void)err;
	if (row->id <= r->ledger_rows - LEDGER_ROWS)
		return 0;
	put(r, (struct slice[]){ count(r, (uint64_t)row->id),
	    visible(r, row->at), shown(r, W_ACCOUNT, row->who),
	    visible(r, row->verb), shown(r, W_WORDS, row->what),
	    shown(r, W_WORDS, row->result),
	    r->o->redact ? SL("(not told)") : visible(r, row->args) });
	return 0;
}

static const struct doc_column replay_columns[] = {
	{ "target", "target", false }, { "state", "state", false },
	{ "messages", "messages", true },
};

static int
put_replay(void *ctx, const struct slice *v, struct err *err)
{
	struct maker *r = ctx;

	(void)err;
	if (r->block == NULL)
		r->block = doc_table(r->d, "replays", "Replayed",
		    COLUMNS(replay_columns));
	put(r, (struct slice[]){ shown(r, W_WORDS, v[0]), visible(r, v[1]),
	    count_text(r, v[2]) });
	return 0;
}

static const struct doc_column spool_columns[] = {
	{ "path", "spool, where it is now", false },
	{ "format", "format", false }, { "host", "host", false },
	{ "scanned", "scanned", false }, { "archive", "archive", false },
	{ "entries", "messages", true },
};

static int
put_spool(void *ctx, const struct slice *v, struct err *err)
{
	struct maker *r = ctx;
	size_t i;
	struct slice cells[6];

	(void)err;
	for (i = 0; i < 5; i++)
		cells[i] = visible(r, v[i]);
	cells[5] = count_text(r, v[5]);
	put(r, cells);
	return 0;
}

static const struct doc_column piece_columns[] = {
	{ "archive", "archive", false }, { "spool", "of", false },
	{ "entries", "messages", true },
};

static int
put_piece(void *ctx, const struct slice *v, struct err *err)
{
	struct maker *r = ctx;

	(void)err;
	if (r->block == NULL)
		r->block = doc_table(r->d, "pieces", "Archives of some "
		    "messages", COLUMNS(piece_columns));
	put(r, (struct slice[]){ visible(r, v[0]), visible(r, v[1]),
	    count_text(r, v[2]) });
	return 0;
}

static int
say_done(struct maker *r, struct err *err)
{
	uint8_t hash[32];
	char hex[65];
	int64_t id;

	if (ledger_head(r->c, &id, hash, err) == -1)
		return -1;
	hex_str(hash, 32, hex);
	doc_section(r->d, "done", "What was done");
	doc_text(r->d, arena_fmt(r->a, "The ledger has %lld row%s, each chained "
	    "to the one before. Its head is %s: whoever has this page can show "
	    "later that nothing before it was cut off (spoollist --verify "
	    "--head).", (long long)id, id == 1 ? "" : "s", hex));
	r->block = doc_table(r->d, "spools", "Spools",
	    COLUMNS(spool_columns));
	if (case_figure(r->c, FIGURE_SPOOLS, put_spool, r, err) == -1 ||
	    ask(r, FIGURE_PIECES, 0, put_piece, err) == -1 ||
	    ask(r, FIGURE_REPLAYS, 0, put_replay, err) == -1)
		return -1;
	r->block = doc_table(r->d, "ledger", r->ledger_rows > LEDGER_ROWS ?
	    "Ledger: its last 200 rows" : "Ledger", COLUMNS(ledger_columns));
	return ledger_read(r->c, put_ledger, r, err);
}

static const struct doc_column left_columns[] = {
	{ "id", "id", false }, { "state", "state", false },
	{ "target", "target", false }, { "sender", "sender", false },
	{ "why", "why", false },
};

static int
put_left(void *ctx, const struct slice *v, struct err *err)
{
	struct maker *r = ctx;

	(void)err;
	if (r->block == NULL)
		r->block = doc_table(r->d, "replayed", "Replayed, and not "
		    "settled (at most 100)", COLUMNS(left_columns));
	put(r, (struct slice[]){ visible(r, v[0]), visible(r, v[1]),
	    shown(r, W_WORDS, v[2]), shown(r, W_ADDRESS, v[3]),
	    shown(r, W_WORDS, v[4]) });
	return 0;
}

static int
say_left(struct maker *r, struct err *err)
{
	doc_section(r->d, "left", "What is left");
	doc_text(r->d, arena_fmt(r->a, "%s messages are unsure: no rule "
	    "decides, and nobody has. Doubtful: %s, handed over "
	    "without an answer; they are sent again only when a person says "
	    "so. Returned: %s, carried off by a rotation untaken. "
	    "Refused: %s. Waiting: %s, put where the server picks mail up, "
	    "and not seen taken.",
	    text(r, count(r, r->by_class[C_UNSURE])),
	    text(r, count(r, r->left[0])), text(r, count(r, r->left[1])),
	    text(r, count(r, r->left[2])), text(r, count(r, r->left[3]))));
	return ask(r, FIGURE_LEFT, 0, put_left, err);
}

/* ---- entries ---- */

static const struct doc_column entry_columns[] = {
	{ "id", "id", false }, { "class", "class", false },
	{ "reason", "reason", false }, { "arrived", "arrived", false },
	{ "sender", "sender", false }, { "subject", "subject", false },
	{ "rcpt", "recipient", false }, { "client", "client", false },
	{ "account", "account", false },
};

static struct slice
first_rcpt(struct maker *r, const struct case_entry *e)
{
	struct slice s = shown(r, W_ADDRESS, e->rcpt);

	return e->nrcpts < 2 ? s : arena_fmt(r->a, "%s +%llu", text(r, s),
	    (unsigned long long)e->nrcpts - 1);
}

static int
put_entries(struct maker *r, const struct case_want *want, struct err *err)
{
	struct case_cursor *cur;
	struct case_entry e;
	int n;

	if (case_select(r->c, want, &cur, err) == -1)
		return -1;
	doc_text(r->d, arena_fmt(r->a, "%s of %s messages are "
	    "here%s.", text(r, count(r, case_count(cur))),
	    text(r, count(r, r->entries)), case_count(cur) == r->entries ? "" :
	    r->by_class[C_UNSURE] > UNSURE_MAX ? ": an even sample" :
	    ": all that are unsure, and an even sample of the others"));
	r->block = doc_entries(r->d, COLUMNS(entry_columns));
	while ((n = case_next(cur, &e, err)) == 1)
		put(r, (struct slice[]){ visible(r, e.id),
		    visible(r, e.class), visible(r, e.reason),
		    visible(r, e.arrived), shown(r, W_ADDRESS, e.sender),
		    shown(r, W_SUBJECT, e.subject), first_rcpt(r, &e),
		    visible(r, e.client), shown(r, W_ACCOUNT, e.account) });
	case_cursor_free(cur);
	return n;
}

/* A sample by what the entries are, not by where they lie. */
static int
say_entries(struct maker *r, struct err *err)
{
	uint64_t unsure = r->by_class[C_UNSURE], rest = r->entries - unsure;
	struct case_want want = { .gone = true };
	bool all = unsure <= UNSURE_MAX;
	char filter[128];

	if (!r->o->entries)
		return 0;
	if (!all)
		rest = r->entries;
	snprintf(filter, sizeof(filter), "(%sabs(content %% %llu) < %llu)",
	    all ? "class = 'unsure' OR " : "", (unsigned long long)rest,
	    (unsigned long long)r->o->rows);
	if (rest > r->o->rows)
		want.filter = filter;
	doc_section(r->d, "entries", "Messages");
	return put_entries(r, &want, err);
}

/* ---- */

static void
say_method(struct maker *r)
{
	doc_section(r->d, "method", "How this was made");
	doc_text(r->d, SL("Each message of the spools was read and judged by "
	    "rules over its envelope and the way it came in; the first rule "
	    "that decides gives class and reason, and what none decides is "
	    "unsure. A person's mark counts before the judge. "
	    "spool-rules(5) has the rules, spoolshow prints the evidence of "
	    "any message by its id. Characters that are not seen, and bytes "
	    "that are no text, stand between \xe2\x80\xb9 and \xe2\x80\xba."));
	doc_text(r->d, arena_fmt(r->a, "spoolreport " VERSION "%s%s. %s"
	    " messages are marked by a person, %s were not found any "
	    "more by a later scan.", r->o->redact ? ", redacted: addresses, "
	    "accounts and subjects are tokens, the same for the same text"
	    : ", case ", r->o->redact ? "" : case_uuid(r->c),
	    text(r, count(r, r->marked)), text(r, count(r, r->gone))));
}

static int
make(struct maker *r, struct err *err)
{
	if (read_figures(r, err) == -1 ||
	    ledger_read(r->c, count_verb, r, err) == -1 ||
	    case_figure(r->c, FIGURE_UNSETTLED, take_left, r, err) == -1)
		return -1;
	say_happened(r);
	if (say_when(r, err) == -1 || say_who(r, err) == -1 ||
	    say_why(r, err) == -1 || say_policy(r, err) == -1 ||
	    say_done(r, err) == -1 || say_left(r, err) == -1 ||
	    say_entries(r, err) == -1)
		return -1;
	say_method(r);
	r->d->sections[0].blocks[1].text = sentence_who(r);
	return 0;
}

int
report_make(struct doc *d, struct casefile *c, const struct report_opts *o,
    struct err *err)
{
	struct maker r = { .d = d, .c = c, .o = o, .a = d->a,
	    .sha = sha256_new() };
	char now[DATE_TEXT];
	int result;

	d->title = SL("Report of a mail spool incident");
	d->when = arena_fmt(d->a, "Made %s by spoolreport " VERSION ", from a "
	    "case of spoolkit.", date_str((int64_t)time(NULL), now));
	result = make(&r, err);
	sha256_free(r.sha);
	buf_free(&r.tmp);
	return result;
}

#include <stdlib.h>

#include "base/buf.h"
#include "base/idmap.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/date.h"
#include "show/summary.h"

#define COUNT_COLS	8	/* columns of a number of messages */
#define BAR_COLS	13	/* columns before a bar of the histogram */
#define BARS_MAX	400	/* columns of one */
#define LOOKS_FEW	20	/* messages that one looks at one by one */

/* Messages by class. */
struct tally {
	uint32_t	n[C_COUNT];
};

/* What stands behind one string. */
struct key {
	uint32_t	 id;		/* number of the string */
	uint32_t	 first, last;	/* entries that had it, from 1 */
	struct tally	 t;
	uint64_t	 bytes;
};

#define KEYS	{ .size = sizeof(struct key) }

/* A list of the first screen: strings and what stands behind them. */
struct list {
	const char	*title;
	/* Calls add for each string that the entry counts under. */
	void		(*keys)(struct list *l, const struct facts *f);
	bool		 abuse;		/* who misused us: the worst first */
	struct idmap	 by_id;		/* struct key */
	const struct judge *j;
	struct intern	*own;		/* strings of our own making, or NULL */
	const struct facts *f;		/* the entry being counted */
	uint32_t	 entry;		/* its place, from 1 */
};

struct screen {
	FILE			*out;
	const struct scan	*scan;
	const struct judge	*j;
	struct facts *const	*v;
	size_t			 n;
	const struct summary_opts *o;
	struct tally		 total;
	uint64_t		 bytes[C_COUNT];
	int64_t			 oldest, newest;
	struct buf		 line;
};

struct row {
	uint32_t	 id;
	uint32_t	 rank;
	struct slice	 text;
};

static int
by_rank(const void *x, const void *y)
{
	const struct row *a = x, *b = y;

	if (a->rank != b->rank)
		return a->rank > b->rank ? -1 : 1;
	return sl_cmp(a->text, b->text);
}

static const char *const class_colour[C_COUNT] = {
	[C_RELAY] = "\033[31m", [C_BACKSCATTER] = "\033[35m",
	[C_SPAM] = "\033[33m", [C_LEGIT] = "\033[32m",
	[C_UNSURE] = "\033[36m",
};

static uint32_t
sum(const struct tally *t)
{
	uint32_t n = 0;
	unsigned c;

	for (c = 0; c < C_COUNT; c++)
		n += t->n[c];
	return n;
}

static uint32_t
abuse(const struct tally *t)
{
	return t->n[C_RELAY] + t->n[C_BACKSCATTER] + t->n[C_SPAM];
}

/* ---- printing ---- */

/* "12,345" */
static const char *
grouped(uint64_t v, char buf[32])
{
	char *p = buf + 31;
	unsigned digits = 0;

	*p = '\0';
	do {
		if (digits > 0 && digits % 3 == 0)
			*--p = ',';
		*--p = (char)('0' + v % 10);
		digits++;
	} while ((v /= 10) > 0);
	return p;
}

static const char *
human(uint64_t bytes, char buf[32])
{
	static const char *const unit[] = { "B", "KB", "MB", "GB", "TB" };
	double v = (double)bytes;
	size_t u = 0;

	while (v >= 1000 && u + 1 < sizeof(unit) / sizeof(unit[0])) {
		v /= 1000;
		u++;
	}
	snprintf(buf, 32, u == 0 ? "%.0f %s" : "%.1f %s", v, unit[u]);
	return buf;
}

static void
flush(struct screen *s)
{
	buf_addc(&s->line, '\n');
	fwrite(s->line.p, 1, s->line.n, s->out);
	s->line.n = 0;
}

static void
paint(struct screen *s, const char *colour, const char *text)
{
	if (s->o->colour)
		buf_fmt(&s->line, "%s%s\033[0m", colour, text);
	else
		buf_fmt(&s->line, "%s", text);
}

/* text in exactly cols columns. */
static void
cell(struct screen *s, struct slice text, size_t cols)
{
	size_t used = utf8_show(&s->line, text, cols);

	while (used++ < cols)
		buf_addc(&s->line, ' ');
}

static void
title(struct screen *s, const char *text)
{
	flush(s);
	paint(s, "\033[1m", text);
}

/* ---- counts by class and folder ---- */

static void
count_all(struct screen *s)
{
	const struct facts *f;
	size_t i;

	for (i = 0; i < s->n; i++) {
		f = s->v[i];
		s->total.n[f->class]++;
		s->bytes[f->class] += f->size;
		if (f->arrived == 0 || f->unread)
			continue;
		if (s->oldest == 0 || f->arrived < s->oldest)
			s->oldest = f->arrived;
		if (f->arrived > s->newest)
			s->newest = f->arrived;
	}
}

/* There can be as many spools as users. */
static void
print_spools(struct screen *s)
{
	struct { uint64_t n, bytes; } *sums;
	char a[32], b[32];
	size_t i;

	sums = xcalloc(s->scan->nspools, sizeof(*sums));
	for (i = 0; i < s->n; i++) {
		sums[s->v[i]->spool].n++;
		sums[s->v[i]->spool].bytes += s->v[i]->size;
	}
	for (i = 0; i < s->scan->nspools; i++) {
		utf8_show(&s->line, sl(s->scan->spools[i]), 0);
		buf_fmt(&s->line, ": %s, %s messages, %s",
		    s->scan->formats[i], grouped(sums[i].n, a),
		    human(sums[i].bytes, b));
		flush(s);
	}
	free(sums);
}

static void
print_span(struct screen *s)
{
	char a[DATE_TEXT], b[DATE_TEXT];

	if (s->oldest == 0)
		return;
	buf_fmt(&s->line, "oldest %s, newest %s",
	    date_str(s->oldest, a), date_str(s->newest, b));
	flush(s);
}

static void
print_classes(struct screen *s)
{
	uint32_t all = sum(&s->total);
	char a[32], b[32];
	unsigned c;

	title(s, "class           messages      %       bytes");
	flush(s);
	for (c = 0; c < C_COUNT; c++) {
		paint(s, class_colour[c], class_name((enum class)c));
		buf_fmt(&s->line, "%*s%*s  %5.1f  %10s",
		    (int)(12 - strlen(class_name((enum class)c))), "",
		    12, grouped(s->total.n[c], a),
		    all == 0 ? 0.0 : 100.0 * s->total.n[c] / all,
		    human(s->bytes[c], b));
		flush(s);
	}
}

/* ---- lists ---- */

static struct slice
list_str(const struct list *l, uint32_t id)
{
	return l->own != NULL ? intern_str(l->own, id) : judge_str(l->j, id);
}

static const struct key *
key_at(const struct list *l, size_t i)
{
	return &((const struct key *)(const void *)l->by_id.rows)[i];
}

/* What is counted under the string: it is there. */
static const struct key *
key_of(const struct list *l, uint32_t id)
{
	return idmap_find(&l->by_id, id);
}

/* A string once for each message, however often it is there. */
static void
list_add(struct list *l, uint32_t id)
{
	struct key *k;

	if (id == 0 || (k = idmap_row(&l->by_id, id))->last == l->entry)
		return;
	k->last = l->entry;
	if (k->first == 0)
		k->first = l->entry;
	k->t.n[l->f->class]++;
	k->bytes += l->f->size;
}

/* Entry i counts under the string. */
static void
list_count(struct list *l, const struct screen *s, size_t i, uint32_t id)
{
	l->entry = (uint32_t)i + 1;
	l->f = s->v[i];
	list_add(l, id);
}

static void
keys_account(struct list *l, const struct facts *f)
{
	list_add(l, f->account);
}

static void
keys_client(struct list *l, const struct facts *f)
{
	list_add(l, f->client);
}

static void
keys_sender(struct list *l, const struct facts *f)
{
	list_add(l, f->sender_domain);
}

static void
keys_rcpt(struct list *l, const struct facts *f)
{
	uint32_t i;

	for (i = 0; i < f->nrcpts; i++)
		list_add(l, f->rcpts[i].domain);
}

static void
keys_subject(struct list *l, const struct facts *f)
{
	list_add(l, f->subject);
}

/* The first rows of the list: the k best, kept in a small sorted array. */
static size_t
list_best(struct list *l, struct row *best, size_t max)
{
	const struct key *k;
	struct row r;
	size_t n = 0, at, i;

	for (at = 0; at < l->by_id.n; at++) {
		k = key_at(l, at);
		r.id = k->id;
		r.rank = l->abuse ? abuse(&k->t) : sum(&k->t);
		if (r.rank == 0)
			continue;
		if (n == max && r.rank < best[n - 1].rank)
			continue;
		r.text = list_str(l, r.id);
		if (n == max && by_rank(&r, &best[n - 1]) > 0)
			continue;
		if (n < max)
			n++;
		for (i = n - 1; i > 0 && by_rank(&r, &best[i - 1]) < 0; i--)
			best[i] = best[i - 1];
		best[i] = r;
	}
	return n;
}

/* Folders as the server names them, each with its bytes. */
static void
print_folders(struct screen *s)
{
	struct list l = { .by_id = KEYS, .j = s->j };
	struct row *best = xcalloc(s->o->rows + 5, sizeof(*best));
	char a[32], b[32];
	size_t n, i;

	for (i = 0; i < s->n; i++)
		list_count(&l, s, i, s->v[i]->folder);
	n = list_best(&l, best, s->o->rows + 5);
	title(s, "folder          messages              bytes");
	flush(s);
	for (i = 0; i < n; i++) {
		cell(s, best[i].text, 12);
		buf_fmt(&s->line, "%12s  %17s", grouped(best[i].rank, a),
		    human(key_of(&l, best[i].id)->bytes, b));
		flush(s);
	}
	free(best);
	idmap_free(&l.by_id);
}

static void
print_head(struct screen *s, const char *text, size_t cols)
{
	unsigned c;

	flush(s);
	if (s->o->colour)
		buf_add(&s->line, SL("\033[1m"));
	cell(s, sl(text), cols);
	for (c = 0; c < C_COUNT; c++)
		buf_fmt(&s->line, " %*.*s", COUNT_COLS, COUNT_COLS,
		    class_name((enum class)c));
	if (s->o->colour)
		buf_add(&s->line, SL("\033[0m"));
	flush(s);
}

static void
print_row(struct screen *s, struct slice text, const struct tally *t,
    size_t cols)
{
	char a[32];
	unsigned c;

	buf_add(&s->line, SL("  "));
	cell(s, text, cols - 2);
	for (c = 0; c < C_COUNT; c++)
		buf_fmt(&s->line, " %*s", COUNT_COLS,
		    t->n[c] == 0 ? "." : grouped(t->n[c], a));
	flush(s);
}

static size_t
text_cols(const struct screen *s)
{
	size_t counts = C_COUNT * (COUNT_COLS + 1);

	return s->o->width < counts + 24 ? 24 :
	    s->o->width - counts > 60 ? 60 : s->o->width - counts;
}

static void
print_list(struct screen *s, struct list *l)
{
	struct row *best = xcalloc(s->o->rows + 1, sizeof(*best));
	size_t n, i;

	l->j = s->j;
	for (i = 0; i < s->n; i++) {
		l->entry = (uint32_t)i + 1;
		l->f = s->v[i];
		l->keys(l, s->v[i]);
	}
	n = list_best(l, best, s->o->rows);
	if (n > 0)
		print_head(s, l->title, text_cols(s));
	for (i = 0; i < n; i++)
		print_row(s, best[i].text,
		    &key_of(l, best[i].id)->t, text_cols(s));
	idmap_free(&l->by_id);
	free(best);
}

/* ---- client networks: /24 of IPv4, /48 of IPv6 ---- */

static struct slice
network_of(struct slice client, char buf[IP_TEXT + 8])
{
	struct ip ip;
	char text[IP_TEXT];
	bool v4;

	if (!ip_parse(client, &ip))
		return client;
	v4 = ip_is_v4(&ip);
	memset(ip.b + (v4 ? 15 : 6), 0, v4 ? 1 : 10);
	snprintf(buf, IP_TEXT + 8, "%s/%d", ip_str(&ip, text), v4 ? 24 : 48);
	return sl(buf);
}

static void
print_networks(struct screen *s)
{
	struct list client = { .by_id = KEYS, .j = s->j };
	struct list net = { .by_id = KEYS, .abuse = true,
	    .own = intern_new() };
	struct row *best = xcalloc(s->o->rows + 1, sizeof(*best));
	char text[IP_TEXT + 8], label[IP_TEXT + 64];
	const struct key *k;
	struct key *to;
	size_t n, i;
	unsigned c;

	for (i = 0; i < s->n; i++)
		list_count(&client, s, i, s->v[i]->client);
	for (i = 0; i < client.by_id.n; i++) {
		k = key_at(&client, i);
		to = idmap_row(&net.by_id, intern(net.own,
		    network_of(judge_str(s->j, k->id), text)));
		to->last++;		/* here: addresses in it */
		for (c = 0; c < C_COUNT; c++)
			to->t.n[c] += k->t.n[c];
	}
	n = list_best(&net, best, s->o->rows);
	if (n > 0)
		print_head(s, "client networks", text_cols(s));
	for (i = 0; i < n; i++) {
		k = key_of(&net, best[i].id);
		snprintf(label, sizeof(label), SL_FMT " (%u address%s)",
		    SL_ARG(best[i].text), k->last, k->last == 1 ? "" : "es");
		print_row(s, sl(label), &k->t, text_cols(s));
	}
	intern_free(net.own);
	idmap_free(&client.by_id);
	idmap_free(&net.by_id);
	free(best);
}

/* ---- campaigns ---- */

/*
 * The largest of what is shown.  Their place among all, largest first, is
 * their key; below each stands what is the same in it and what varies.
 */
static void
count_campaigns(struct screen *s, struct tally *t)
{
	const struct campaigns *cs = judge_campaigns(s->j);
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->v[i]->campaign != 0)
			t[campaign_of(cs, s->v[i]) - campaigns_at(cs, 0)]
			    .n[s->v[i]->class]++;
}

static void
print_campaign(struct screen *s, const struct campaign *c,
    const struct tally *t)
{
	struct buf text = { 0 };

	buf_fmt(&text, "%u  " SL_FMT, c->number,
	    SL_ARG(judge_str(s->j, c->sample->subject)));
	print_row(s, buf_sl(&text), t, text_cols(s));
	text.n = 0;
	campaign_say(c, judge_strings(s->j), &text);
	buf_add(&s->line, SL("     "));
	utf8_show(&s->line, buf_sl(&text), s->o->width < 30 ? 24 :
	    s->o->width - 6);
	flush(s);
	buf_free(&text);
}

static bool
has_more(const struct tally *a, const struct tally *b)
{
	return sum(a) > sum(b);
}

static void
print_campaigns(struct screen *s)
{
	const struct campaigns *cs = judge_campaigns(s->j);
	size_t n = campaigns_n(cs), shown, best, i;
	struct tally *t = xcalloc(n + 1, sizeof(*t));

	count_campaigns(s, t);
	for (shown = 0; shown < s->o->rows; shown++) {
		for (best = i = 0; i < n; i++)
			if (has_more(&t[i], &t[best]))
				best = i;
		if (n == 0 || sum(&t[best]) == 0)
			break;
		if (shown == 0)
			print_head(s, "campaigns", text_cols(s));
		print_campaign(s, campaigns_at(cs, best), &t[best]);
		t[best] = (struct tally){ { 0 } };
	}
	free(t);
}

/* ---- reasons ---- */

static void
print_reasons(struct screen *s)
{
	uint32_t count[UINT8_MAX + 1] = { 0 };
	struct row best[UINT8_MAX + 1];
	char a[32];
	size_t n = 0, i;

	for (i = 0; i < s->n; i++)
		count[s->v[i]->rule]++;
	for (i = 0; i <= UINT8_MAX; i++) {
		struct facts f = { .rule = (uint8_t)i };

		if (count[i] > 0)
			best[n++] = (struct row){ (uint32_t)i, count[i],
			    sl(judge_reason(&f)) };
	}
	qsort(best, n, sizeof(best[0]), by_rank);
	if (n > 0)
		title(s, "reasons (spool-rules(5) explains each)");
	if (n > 0)
		flush(s);
	for (i = 0; i < n; i++) {
		buf_add(&s->line, SL("  "));
		cell(s, best[i].text, 32);
		buf_fmt(&s->line, " %10s", grouped(best[i].rank, a));
		flush(s);
	}
}

/* ---- over time ---- */

static const int64_t steps[] = { 60, 300, 600, 900, 1800, 3600, 7200, 10800,
    21600, 43200, 86400, 172800, 604800, 2592000, 7776000, 31536000,
    157680000 };

static int64_t
step_for(int64_t span, size_t bars)
{
	size_t i;

	for (i = 0; i + 1 < sizeof(steps) / sizeof(steps[0]); i++)
		if (span / steps[i] < (int64_t)bars)
			break;
	/* the last one as often as it takes: whole years */
	return steps[i] * (span / steps[i] / (int64_t)bars + 1);
}

static void
print_bar(struct screen *s, enum class c, const uint32_t *v, size_t n,
    uint32_t most)
{
	static const char *const blocks[] = { " ", "\u2581", "\u2582",
	    "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588" };
	static const char *const ascii[] = { " ", ".", ":", "-", "=", "+",
	    "*", "#", "@" };
	const char *const *set = s->o->utf8 ? blocks : ascii;
	size_t i, h;

	buf_fmt(&s->line, "%-*s", BAR_COLS, class_name(c));
	if (s->o->colour)
		buf_fmt(&s->line, "%s", class_colour[c]);
	for (i = 0; i < n; i++) {
		h = v[i] == 0 ? 0 : 1 + (size_t)v[i] * 7 / most;
		buf_fmt(&s->line, "%s", set[h]);
	}
	if (s->o->colour)
		buf_add(&s->line, SL("\033[0m"));
	while (s->line.n > 0 && s->line.p[s->line.n - 1] == ' ')
		s->line.n--;
	flush(s);
}

static const char *
step_name(int64_t step, char buf[32])
{
	if (step % 86400 == 0)
		snprintf(buf, 32, "%lld d", (long long)(step / 86400));
	else if (step % 3600 == 0)
		snprintf(buf, 32, "%lld h", (long long)(step / 3600));
	else
		snprintf(buf, 32, "%lld min", (long long)(step / 60));
	return buf;
}

static void
print_histogram(struct screen *s)
{
	size_t bars = s->o->width < BAR_COLS + 30 ? 30 :
	    s->o->width > BAR_COLS + BARS_MAX ? BARS_MAX :
	    s->o->width - BAR_COLS - 1, n, i;
	uint32_t *v, most = 0;
	int64_t step, first;
	char a[DATE_TEXT], b[DATE_TEXT], w[32];
	unsigned c;

	if (s->oldest == 0)
		return;
	step = step_for(s->newest - s->oldest, bars);
	first = s->oldest - s->oldest % step;
	n = (size_t)((s->newest - first) / step) + 1;
	v = xcalloc(n * C_COUNT, sizeof(*v));
	for (i = 0; i < s->n; i++) {
		const struct facts *f = s->v[i];
		uint32_t *at;

		if (f->arrived == 0 || f->unread)
			continue;
		at = &v[f->class * n + (size_t)((f->arrived - first) / step)];
		if (++*at > most)
			most = *at;
	}
	title(s, "when");
	buf_fmt(&s->line, "  %s a column, from %s to %s, the highest is %u",
	    step_name(step, w), date_str(first, a),
	    date_str(s->newest, b), most);
	flush(s);
	for (c = 0; c < C_COUNT; c++)
		if (s->total.n[c] > 0)
			print_bar(s, (enum class)c, v + c * n, n, most);
	free(v);
}

/* ---- what could not be read ---- */

static void
print_unread(struct screen *s)
{
	size_t n, i, odd = 0, headless = 0;
	const struct facts *bare = NULL, *first;
	struct list l = { .by_id = KEYS, .j = s->j };
	struct row *best = xcalloc(s->o->rows + 1, sizeof(*best));
	char a[32];

	for (i = 0; i < s->n; i++) {
		const struct facts *f = s->v[i];

		if (!f->unread && f->no_header) {
			headless++;
			bare = bare == NULL ? f : bare;
		}
		if (!f->unread) {
			odd += !f->no_header && f->problem != 0;
			continue;
		}
		list_count(&l, s, i, f->problem);
	}
	n = list_best(&l, best, s->o->rows);
	if (n + headless > 0) {
		title(s, "could not be read");
		flush(s);
	}
	for (i = 0; i < n; i++) {
		buf_fmt(&s->line, "  %6s  ", grouped(best[i].rank, a));
		utf8_show(&s->line, best[i].text, 40);
		buf_add(&s->line, SL(", first "));
		first = s->v[key_of(&l, best[i].id)->first - 1];
		utf8_show(&s->line, sl(first->path), 40);
		flush(s);
	}
	if (headless > 0) {
		buf_fmt(&s->line, "  %6s  no header field that tells anything, "
		    "first ", grouped(headless, a));
		utf8_show(&s->line, sl(bare->path), 40);
		flush(s);
	}
	if (odd > 0) {
		flush(s);
		buf_fmt(&s->line, "%s more were odd in some way but could "
		    "be read (-o ndjson: problems)", grouped(odd, a));
		flush(s);
	}
	if (s->scan->vanished > 0) {
		buf_fmt(&s->line, "%s went away while we looked: the spool is "
		    "live", grouped(s->scan->vanished, a));
		flush(s);
	}
	idmap_free(&l.by_id);
	free(best);
}

/* ---- what next ---- */

/* The command is in the line. */
static void
suggest(struct screen *s, const char *why)
{
	buf_fmt(&s->line, "\n      # %s", why);
	flush(s);
}

static void
suggest_scan(struct screen *s, const char *options, const char *why)
{
	buf_fmt(&s->line, "  spoolscan %s%s%s", s->o->site_args, options,
	    s->o->spool_args);
	suggest(s, why);
}

static void
suggest_campaigns(struct screen *s, const char *case_arg, const char *why)
{
	buf_fmt(&s->line, "  spoollist -c %s --class unsure --by campaign",
	    case_arg);
	suggest(s, why);
}

static enum class
worst_class(const struct tally *t)
{
	enum class c = C_RELAY;

	if (t->n[C_BACKSCATTER] > t->n[c])
		c = C_BACKSCATTER;
	if (t->n[C_SPAM] > t->n[c])
		c = C_SPAM;
	return c;
}

/* What tells apart who is behind most of a class. */
static const char *
best_by(const struct screen *s, enum class c)
{
	uint32_t account = 0, client = 0, campaign = 0, most;
	size_t i;

	for (i = 0; i < s->n; i++) {
		const struct facts *f = s->v[i];

		account += f->class == c && f->account != 0;
		client += f->class == c && f->client != 0;
		campaign += f->class == c && f->campaign != 0;
	}
	most = s->total.n[c] / 2;
	return account > most ? "account" : client > most ? "client" :
	    campaign > most ? "campaign" : "sender";
}

/* Looking at one of each campaign spares most of the looking. */
static bool
unsure_by_campaign(struct screen *s)
{
	size_t n = campaigns_n(judge_campaigns(s->j)), looks, i;
	struct tally *t;

	if (s->total.n[C_UNSURE] <= LOOKS_FEW)
		return false;
	looks = s->total.n[C_UNSURE];
	t = xcalloc(n + 1, sizeof(*t));
	count_campaigns(s, t);
	for (i = 0; i < n; i++)
		if (t[i].n[C_UNSURE] > 0)
			looks -= t[i].n[C_UNSURE] - 1;
	free(t);
	return looks <= s->total.n[C_UNSURE] / 2;
}

static const char *
few_or_not(const struct screen *s)
{
	uint32_t n = s->total.n[C_UNSURE];

	return n <= LOOKS_FEW || n <= sum(&s->total) / 20 ?
	    "the few that need eyes" : "those that need eyes";
}

static void
next_scans(struct screen *s)
{
	bool whole = unsure_by_campaign(s);
	struct buf b = { 0 };

	if (s->total.n[C_UNSURE] > 0 && !whole) {
		buf_fmt(&b, "%s, and what spoke", few_or_not(s));
		buf_addc(&b, '\0');
		suggest_scan(s, "--class unsure --explain", b.p);
	}
	if (abuse(&s->total) > 0) {
		b.n = 0;
		buf_fmt(&b, "--class %s -l",
		    class_name(worst_class(&s->total)));
		buf_addc(&b, '\0');
		suggest_scan(s, b.p, "most of the abuse, a line each");
	}
	if (s->total.n[C_LEGIT] > 0 && s->o->folders)
		suggest_scan(s, "--class legit -0", "paths of the legit ones");
	else if (s->total.n[C_LEGIT] > 0)
		suggest_scan(s, "--class legit -l",
		    "the legit ones, a line each");
	suggest_scan(s, "-c case.db", "remember it: to mark, archive, clean, "
	    "replay, report");
	if (whole)
		suggest_campaigns(s, "case.db", "then: the unsure ones are of "
		    "few campaigns; spoolmark decides a whole one");
	buf_free(&b);
}

static void
next_unsure(struct screen *s)
{
	struct buf b = { 0 };

	if (unsure_by_campaign(s)) {
		suggest_campaigns(s, s->o->case_arg, "the unsure ones are of "
		    "few campaigns; spoolmark decides a whole one");
		return;
	}
	buf_fmt(&s->line, "  spoollist -c %s --class unsure", s->o->case_arg);
	buf_fmt(&b, "%s; spoolshow shows one, spoolmark decides",
	    few_or_not(s));
	buf_addc(&b, '\0');
	suggest(s, b.p);
	buf_free(&b);
}

static void
next_of_case(struct screen *s)
{
	enum class worst = worst_class(&s->total);

	if (s->total.n[C_UNSURE] > 0)
		next_unsure(s);
	if (abuse(&s->total) > 0) {
		buf_fmt(&s->line, "  spoollist -c %s --class %s --by %s",
		    s->o->case_arg, class_name(worst), best_by(s, worst));
		suggest(s, "whose most of the abuse is");
	}
	buf_fmt(&s->line, "  spoolreport -c %s report.html", s->o->case_arg);
	suggest(s, "a page for whoever asks");
	if (s->scan->nspools != 1 || !s->o->folders)
		return;
	buf_fmt(&s->line, "  spoolarchive -c %s%s evidence.tar.zst",
	    s->o->case_arg, s->o->spool_args);
	suggest(s, "keep it as it is, before anything is changed");
}

static void
print_next(struct screen *s)
{
	if (sum(&s->total) == 0)
		return;
	title(s, "next");
	flush(s);
	if (s->o->case_arg == NULL)
		next_scans(s);
	else
		next_of_case(s);
}

void
summary_print(FILE *out, const struct scan *scan, const struct judge *j,
    struct facts *const *v, size_t n, const struct summary_opts *o)
{
	static const struct list lists[] = {
		{ .title = "accounts", .by_id = KEYS,
		    .keys = keys_account, .abuse = true },
		{ .title = "clients", .by_id = KEYS,
		    .keys = keys_client, .abuse = true },
		{ .title = "sender domains", .by_id = KEYS,
		    .keys = keys_sender, .abuse = true },
		{ .title = "recipient domains", .by_id = KEYS,
		    .keys = keys_rcpt },
		{ .title = "subjects", .by_id = KEYS,
		    .keys = keys_subject },
	};
	struct screen s = { .out = out, .scan = scan, .j = j, .v = v, .n = n,
	    .o = o };
	size_t i;

	count_all(&s);
	print_spools(&s);
	print_span(&s);
	print_classes(&s);
	print_folders(&s);
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct list l = lists[i];

		print_list(&s, &l);
		if (l.keys == keys_client)
			print_networks(&s);
	}
	print_campaigns(&s);
	print_reasons(&s);
	print_histogram(&s);
	print_unread(&s);
	if (!o->filtered)
		print_next(&s);
	buf_free(&s.line);
}

/*
 * campaigns - make mail of many campaigns, find them again, and compare.
 *
 *	campaigns [-n mails] [-v percent] [-s seed]
 *
 * Each campaign has a text of 40 to 240 words, of which in each mail so
 * many percent (30) are other ones; names, numbers and links are filled
 * in besides.  A fifth of all mail is of no campaign.  Words are drawn as
 * those of a language are, a few of them very often, and each campaign draws
 * half of its own from a subject of its own.  Ten pairs of newsletters share
 * nearly all of their text and differ in who sends them.
 *
 * Prints the adjusted Rand index of what was found against what was made
 * (Hubert and Arabie, 1985), and whether two newsletters were taken for one.
 * Then everything is given in another order, which must change nothing.
 * 0: at least 0.95, and no newsletters merged; else 1.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "judge/campaign.h"
#include "judge/record.h"

#define WORDS		30000
#define NEWSLETTERS	10	/* pairs */
#define LONGEST		240	/* words of a text */

struct made {
	struct facts	*f;
	uint32_t	 key;		/* whose it is */
	uint32_t	 found;		/* its campaign, or one of its own */
};

struct text {
	uint32_t	 word[LONGEST];
	size_t		 n;
	unsigned	 subject;	/* what it is about */
	unsigned	 form;		/* how it is written */
};

static uint64_t state;
static unsigned vary = 30;

/* splitmix64 by Vigna. */
static uint64_t
rnd(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static unsigned
below(unsigned n)
{
	return (unsigned)((rnd() >> 32) * n >> 32);
}

/* Of a language: the first words are the most frequent, as 1/rank. */
static uint32_t
any_word(void)
{
	unsigned width = 1u << below(15);

	return (width - 1 + below(width)) % WORDS;
}

static uint32_t
word_about(unsigned subject)
{
	return below(2) == 0 ? any_word() :
	    1000 + (subject * 701 + below(120)) % (WORDS - 1000);
}

/* Seldom words are longer. */
static void
put_word(struct buf *b, uint32_t w)
{
	static const char *const front[] = { "b", "br", "d", "f", "gr", "h",
	    "k", "l", "m", "n", "p", "pl", "r", "s", "st", "t", "tr", "v",
	    "w", "" };
	static const char *const middle[] = { "a", "e", "i", "o", "u", "ea",
	    "ou", "ai" };

	char last = "ntrsl"[w % 5];

	for (w += 3; w > 0; w /= 160)
		buf_fmt(b, "%s%s", front[w % 20], middle[w / 20 % 8]);
	buf_addc(b, last);
}

static void
new_text(struct text *t)
{
	size_t i;

	t->n = 40 + below(LONGEST - 40);
	t->subject = below(4000);
	t->form = below(4);
	for (i = 0; i < t->n; i++)
		t->word[i] = word_about(t->subject);
}

/* The text with other words filled in. */
static void
put_text(struct buf *b, const struct text *t, unsigned percent)
{
	size_t i;

	for (i = 0; i < t->n; i++) {
		put_word(b, below(100) < percent ? word_about(t->subject) :
		    t->word[i]);
		buf_add(b, i % 11 == 10 ? SL("\r\n") : SL(" "));
		if (i % 60 == 30)
			buf_fmt(b, "http://%c%u.example.net/%x ",
			    (char)('a' + below(26)), below(900), below(1u << 30));
	}
}

static void
put_base64(struct buf *b, struct slice s)
{
	struct buf code = { 0 };
	size_t i;

	base64_add(&code, s);
	for (i = 0; i < code.n; i += 76) {
		buf_add(b, sl_first(sl_from(buf_sl(&code), i), 76));
		buf_add(b, SL("\r\n"));
	}
	buf_free(&code);
}

static void
put_mail(struct buf *b, const struct text *t, unsigned percent,
    const char *from, const char *more)
{
	static const char *const types[] = { "", "Content-Type: text/html\r\n",
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: base64\r\n",
	    "MIME-Version: 1.0\r\nContent-Type: multipart/alternative;"
	    " boundary=\"=_x\"\r\n" };
	struct buf body = { 0 };

	buf_fmt(&body, "%s user%u,%s\r\n\r\n", t->form == 1 ? "<p>Dear" :
	    "Dear", below(100000), t->form == 1 ? "<br>" : "");
	put_text(&body, t, percent);
	buf_fmt(b, "From: <%s>\r\nTo: <user%u@example.org>\r\n%s%sSubject: ",
	    from, below(100000), more, types[t->form]);
	put_word(b, t->word[0]);
	buf_addc(b, ' ');
	put_word(b, word_about(t->subject));
	buf_fmt(b, " %u\r\n\r\n", below(1000));
	if (t->form == 3)
		buf_fmt(b, "--=_x\r\nContent-Type: text/plain\r\n\r\n%.*s"
		    "\r\n--=_x--\r\n", (int)body.n, body.p);
	else if (t->form == 2)
		put_base64(b, buf_sl(&body));
	else
		buf_add(b, buf_sl(&body));
	buf_free(&body);
}

/* ---- as a scan reads them ---- */

struct reader {
	struct arena	*keep, *scratch;
	struct intern	*strings;
	struct charsets	*cs;
};

static void
read_mail(struct reader *r, struct buf *b, struct made *m, uint32_t key)
{
	struct spool_msg sm = { .text = buf_sl(b), .size = b->n };
	struct record rec = { .folder = "in", .path = SL("x") };

	record_read(&rec, r->scratch, r->cs, &sm, false);
	m->f = facts_make(&rec, r->keep, r->strings, NULL);
	m->key = key;
	arena_reset(r->scratch);
	b->n = 0;
}

static void
make_newsletters(struct reader *r, struct made *v, size_t n, uint32_t key)
{
	static const char *const more[][2] = {
		{ "List-Id: <a.example.com>\r\n", "List-Id: <b.example.com>\r\n" },
		{ "Precedence: bulk\r\n", "Precedence: bulk\r\n" },
		{ "List-Unsubscribe: <mailto:off@example.com>\r\n",
		    "List-Unsubscribe: <mailto:off@example.com>\r\n" },
	};
	char from[64];
	struct buf b = { 0 };
	struct text t;
	size_t i, pair, whose;

	for (pair = 0; pair < NEWSLETTERS; pair++) {
		new_text(&t);
		for (i = 0; i < n / NEWSLETTERS; i++, v++) {
			whose = i % 2;
			snprintf(from, sizeof(from), "news@%zu%c.example.com",
			    pair, "ab"[whose]);
			put_mail(&b, &t, 3, from, more[pair % 3][whose]);
			read_mail(r, &b, v, key + (uint32_t)(2 * pair + whose));
		}
	}
	buf_free(&b);
}

static void
make_all(struct reader *r, struct made *v, size_t n)
{
	size_t news = n / 50 / NEWSLETTERS * NEWSLETTERS, i;
	size_t ncampaigns = 20 + n / 400;
	struct text *texts = xcalloc(ncampaigns, sizeof(*texts)), alone;
	char from[64];
	struct buf b = { 0 };
	size_t c;

	for (i = 0; i < ncampaigns; i++)
		new_text(&texts[i]);
	for (i = 0; i < n - news; i++) {
		snprintf(from, sizeof(from), "u%u@%u.example.net",
		    below(100000), below(5000));
		if (below(5) == 0) {
			new_text(&alone);
			put_mail(&b, &alone, 0, from, "");
			read_mail(r, &b, &v[i], (uint32_t)(n + i));
			continue;
		}
		c = below(1 + below((unsigned)ncampaigns));
		put_mail(&b, &texts[c], vary, from, "");
		read_mail(r, &b, &v[i], (uint32_t)c);
	}
	make_newsletters(r, v + i, news, (uint32_t)ncampaigns);
	buf_free(&b);
	free(texts);
}

/* ---- comparing ---- */

static int
u64_cmp(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return a < b ? -1 : a > b;
}

/* Pairs of mails that share a value. */
static double
pairs(uint64_t *v, size_t n)
{
	double all = 0;
	size_t i, run;

	qsort(v, n, sizeof(*v), u64_cmp);
	for (i = 0; i < n; i += run) {
		for (run = 1; i + run < n && v[i + run] == v[i]; run++)
			;
		all += (double)run * (double)(run - 1) / 2;
	}
	return all;
}

static double
rand_index(const struct made *v, size_t n)
{
	uint64_t *p = xcalloc(n, sizeof(*p));
	double both, made, found, all = (double)n * (double)(n - 1) / 2, by;
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint64_t)v[i].key << 32 | v[i].found;
	both = pairs(p, n);
	for (i = 0; i < n; i++)
		p[i] = v[i].key;
	made = pairs(p, n);
	for (i = 0; i < n; i++)
		p[i] = v[i].found;
	found = pairs(p, n);
	free(p);
	by = made * found / all;
	return (both - by) / ((made + found) / 2 - by);
}

/* Mails of different newsletters, near each other, in one campaign. */
static size_t
merged(const struct made *v, size_t n)
{
	size_t bad = 0, i, k;

	for (i = 0; i < n; i++)
		for (k = i + 1; k < n && k < i + 64; k++)
			bad += v[k].key != v[i].key &&
			    v[i].found == v[k].found;
	return bad;
}

static void
find(struct made *v, size_t n)
{
	struct facts **entries = xcalloc(n, sizeof(struct facts *));
	size_t i;

	for (i = 0; i < n; i++)
		entries[i] = v[i].f;
	campaigns_free(campaigns_find(entries, n, NULL, 0, 0));
	for (i = 0; i < n; i++)
		v[i].found = v[i].f->campaign != 0 ? v[i].f->campaign :
		    (uint32_t)(n + i);
	free(entries);
}

static bool
same_in_any_order(struct made *v, size_t n)
{
	uint32_t *was = xcalloc(n, sizeof(*was));
	struct facts **entries = xcalloc(n, sizeof(struct facts *)), *t;
	bool same = true;
	size_t i, k;

	for (i = 0; i < n; i++) {
		was[i] = v[i].f->campaign;
		entries[i] = v[i].f;
	}
	for (i = n; i > 1; i--) {
		k = below((unsigned)i);
		t = entries[k];
		entries[k] = entries[i - 1];
		entries[i - 1] = t;
	}
	campaigns_free(campaigns_find(entries, n, NULL, 0, 0));
	for (i = 0; i < n; i++)
		same &= v[i].f->campaign == was[i];
	free(was);
	free(entries);
	return same;
}

int
main(int argc, char *argv[])
{
	struct reader r = { arena_new(), arena_new(), intern_new(),
	    charsets_new() };
	size_t n = 50000, news, bad;
	struct made *v;
	double index;
	bool same;
	int c;

	while ((c = getopt(argc, argv, "n:s:v:")) != -1)
		switch (c) {
		case 'n':
			n = strtoul(optarg, NULL, 10);
			break;
		case 's':
			state = strtoul(optarg, NULL, 10);
			break;
		case 'v':
			vary = (unsigned)strtoul(optarg, NULL, 10);
			break;
		default:
			errx(2, "usage: campaigns [-n mails] [-s seed]"
			    " [-v percent]");
		}
	if (n < 1000 || n > 4000000 || vary > 100)
		errx(2, "1000 to 4000000 mails, 0 to 100 percent");
	v = xcalloc(n, sizeof(*v));
	make_all(&r, v, n);
	find(v, n);
	news = n / 50 / NEWSLETTERS * NEWSLETTERS;
	index = rand_index(v, n);
	bad = merged(v + n - news, news);
	same = same_in_any_order(v, n);
	printf("%zu mails, %u %% of words varied: adjusted Rand index %.4f, "
	    "newsletters of two senders in one campaign: %zu pairs, in "
	    "another order: %s\n", n, vary, index, bad, same ? "the same" :
	    "not the same");
	free(v);
	charsets_free(r.cs);
	intern_free(r.strings);
	arena_free(r.scratch);
	arena_free(r.keep);
	return index >= 0.95 && bad == 0 && same ? 0 : 1;
}

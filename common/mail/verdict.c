#include <stdio.h>
#include <stdlib.h>

#include "mail/verdict.h"

#define NUMBER_MAX	1000000		/* points; a filter gives some ten */
#define HOST_MAX	255
#define TEXT_MAX	128		/* bytes of methods and results */

static const char *const names[FILTER_COUNT] = {
	[FILTER_SPAMASSASSIN] = "spamassassin", [FILTER_RSPAMD] = "rspamd",
	[FILTER_SCL] = "scl", [FILTER_AUTH] = "authentication",
};

const char *
filter_name(enum filter f)
{
	return names[f];
}

bool
filter_parse(struct slice s, enum filter *f)
{
	unsigned i;

	for (i = 0; i < FILTER_COUNT; i++)
		if (sl_eq(s, sl(names[i]))) {
			*f = (enum filter)i;
			return true;
		}
	return false;
}

const char *
verdict_number(int32_t hundredths, char *to)
{
	unsigned n = (unsigned)abs(hundredths), frac = n % 100;

	if (frac % 10 == 0)
		snprintf(to, VERDICT_NUMBER, frac == 0 ? "%s%u" : "%s%u.%u",
		    hundredths < 0 ? "-" : "", n / 100, frac / 10);
	else
		snprintf(to, VERDICT_NUMBER, "%s%u.%02u",
		    hundredths < 0 ? "-" : "", n / 100, frac);
	return to;
}

bool
verdict_is_bad(struct slice s)
{
	return sl_ieq(s, SL("reject")) || sl_ieq(s, SL("add header")) ||
	    sl_ieq(s, SL("rewrite subject")) || sl_ieq(s, SL("quarantine"));
}

struct reading {
	struct arena		*a;
	const struct head	*head;
	struct verdict		*v;
	size_t			 n, cap;
};

static unsigned
received_above(const struct head *head, size_t i)
{
	unsigned n = 0;
	size_t k;

	for (k = 0; k < i; k++)
		n += head->id[k] == H_RECEIVED;
	return n;
}

static void
put(struct reading *r, size_t i, struct verdict v)
{
	if (r->n == VERDICTS_MAX)
		return;
	v.above = received_above(r->head, i);
	*(struct verdict *)arena_more(r->a, &r->v, &r->n, &r->cap,
	    sizeof(v)) = v;
}

/* "-2.51" at the beginning of s; it moves behind. */
static bool
take_number(struct slice *s, int32_t *out)
{
	bool minus = s->n > 0 && s->p[0] == '-';
	struct slice at = sl_from(*s, minus || (s->n > 0 && s->p[0] == '+'));
	int32_t n = 0, unit = 100;
	size_t digits = 0;

	for (; at.n > 0 && ascii_digit(at.p[0]) && n < NUMBER_MAX;
	    at = sl_from(at, 1), digits++)
		n = n * 10 + (at.p[0] - '0');
	n *= 100;
	if (at.n > 0 && at.p[0] == '.')
		for (at = sl_from(at, 1); at.n > 0 && ascii_digit(at.p[0]);
		    at = sl_from(at, 1), digits++)
			n += (unit /= 10) * (at.p[0] - '0');
	if (digits == 0)
		return false;
	*s = at;
	*out = minus ? -n : n;
	return true;
}

/* The number behind key, "score=" say. */
static bool
number_of(struct slice s, struct slice key, int32_t *out)
{
	const char *at = sl_ifind(s, key);

	if (at == NULL)
		return false;
	s = sl_trim(sl_from(s, (size_t)(at - s.p) + key.n));
	return take_number(&s, out);
}

/* ---- SpamAssassin, and what writes its fields ---- */

/* "SpamAssassin 3.4.2 (2018-09-13) on host", written at the same place. */
static struct slice
checker(struct arena *a, const struct head *head, unsigned above)
{
	struct slice s, word, host = { NULL, 0 };
	int32_t i;

	for (i = head->first[H_X_SPAM_CHECKER_VERSION]; i != -1;
	    i = head_next(head, H_X_SPAM_CHECKER_VERSION, (size_t)i + 1)) {
		if (received_above(head, (size_t)i) != above)
			continue;
		s = hdr_unfold(a, head->v[i].body);
		while (sl_word(&s, &word))
			if (sl_eq(word, SL("on")) && sl_word(&s, &host))
				return sl_first(host, HOST_MAX);
	}
	return host;
}

static void
spamassassin(struct reading *r, size_t i)
{
	struct slice s = hdr_unfold(r->a, r->head->v[i].body);
	struct verdict v = { .filter = FILTER_SPAMASSASSIN,
	    .bad = sl_istarts(s, SL("yes")) };

	if (!v.bad && !sl_istarts(s, SL("no")))
		return;
	v.scored = (number_of(s, SL("score="), &v.score) ||
	    number_of(s, SL("hits="), &v.score)) &&
	    number_of(s, SL("required="), &v.limit);
	v.host = checker(r->a, r->head, received_above(r->head, i));
	put(r, i, v);
}

/* ---- rspamd ---- */

/* "default: False [-2.51 / 15.00]; SYMBOL(1.00)[]; ..." */
static bool
score_in_brackets(struct slice s, struct verdict *v)
{
	const char *at = s.n == 0 ? NULL : memchr(s.p, '[', s.n);

	if (at == NULL)
		return false;
	s = sl_from(s, (size_t)(at + 1 - s.p));
	if (!take_number(&s, &v->score))
		return false;
	s = sl_trim(s);
	if (s.n == 0 || s.p[0] != '/')
		return false;
	s = sl_trim(sl_from(s, 1));
	return take_number(&s, &v->limit);
}

static void
rspamd(struct reading *r, size_t i)
{
	struct slice s = r->head->v[i].body;
	struct verdict v = { .filter = FILTER_RSPAMD };

	if (r->head->id[i] == H_X_RSPAMD_ACTION)
		v.bad = verdict_is_bad(s);
	else if ((v.scored = score_in_brackets(s, &v)))
		v.bad = v.score >= v.limit || verdict_is_bad(head_get(r->head,
		    H_X_RSPAMD_ACTION));
	else
		return;
	v.host = sl_first(head_get(r->head, H_X_RSPAMD_SERVER), HOST_MAX);
	put(r, i, v);
}

/* ---- Exchange ---- */

static void
scl(struct reading *r, size_t i)
{
	struct slice s = hdr_unfold(r->a, r->head->v[i].body);
	struct verdict v = { .filter = FILTER_SCL, .scored = true,
	    .limit = SCL_SPAM * 100 };

	if (r->head->id[i] == H_X_FOREFRONT_ANTISPAM_REPORT ?
	    !number_of(s, SL("SCL:"), &v.score) : !take_number(&s, &v.score))
		return;
	v.bad = v.score >= v.limit;
	put(r, i, v);
}

/* ---- Authentication-Results ---- */

/* Comments out, and what is in quotes: results are bare words. */
static struct slice
without_comments(struct arena *a, struct slice s)
{
	char *to = arena_alloc(a, s.n + 1);
	size_t depth = 0, n = 0, i;
	bool quoted = false;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"' && depth == 0)
			quoted = !quoted;
		else if (s.p[i] == '(' && !quoted)
			depth++;
		else if (s.p[i] == ')' && !quoted && depth > 0)
			depth--;
		else if (depth == 0 && !quoted)
			to[n++] = s.p[i];
	}
	return (struct slice){ to, n };
}

static bool
is_result(struct slice word, const char *method, const char *result)
{
	size_t n = strlen(method);

	return sl_istarts(word, sl(method)) && word.n > n &&
	    word.p[n] == '=' && sl_ieq(sl_from(word, n + 1), sl(result));
}

/* "spf=fail smtp.mailfrom=x": the first word of each clause. */
static void
authentication(struct reading *r, size_t i)
{
	struct slice s = without_comments(r->a,
	    hdr_unfold(r->a, r->head->v[i].body)), clause, word;
	struct verdict v = { .filter = FILTER_AUTH };
	char *text = arena_alloc(r->a, TEXT_MAX);
	bool spf = false, dkim = false;
	size_t n = 0;

	if (!sl_cut(&s, ';', &clause) || !sl_word(&clause, &word))
		return;
	v.host = sl_first(word, HOST_MAX);
	while (s.n > 0 && sl_cut(&s, ';', &clause)) {
		if (!sl_word(&clause, &word) || n + 1 + word.n > TEXT_MAX ||
		    memchr(word.p, '=', word.n) == NULL)
			continue;
		if (n > 0)
			text[n++] = ' ';
		ascii_lower_copy(text + n, word);
		n += word.n;
		v.bad |= is_result(word, "dmarc", "fail");
		spf |= is_result(word, "spf", "fail");
		dkim |= is_result(word, "dkim", "pass");
	}
	v.bad |= spf && !dkim;
	v.text = (struct slice){ text, n };
	if (n > 0)
		put(r, i, v);
}

/* ---- all of them ---- */

static void
one_field(struct reading *r, size_t i)
{
	const int32_t *first = r->head->first;

	switch ((enum hdr_id)r->head->id[i]) {
	case H_X_SPAM_STATUS:
		spamassassin(r, i);
		break;
	case H_X_SPAM_FLAG:
		if (first[H_X_SPAM_STATUS] == -1)
			spamassassin(r, i);
		break;
	case H_X_SPAMD_RESULT:
		rspamd(r, i);
		break;
	case H_X_RSPAMD_ACTION:
		if (first[H_X_SPAMD_RESULT] == -1)
			rspamd(r, i);
		break;
	case H_X_MS_EXCHANGE_ORGANIZATION_SCL:
	case H_X_FOREFRONT_ANTISPAM_REPORT:
		scl(r, i);
		break;
	case H_AUTHENTICATION_RESULTS:
		authentication(r, i);
		break;
	default:
		break;
	}
}

void
verdicts_read(struct arena *a, const struct head *head, struct verdict **v,
    size_t *n)
{
	static const enum hdr_id ids[] = { H_X_SPAM_STATUS, H_X_SPAM_FLAG,
	    H_X_SPAMD_RESULT, H_X_RSPAMD_ACTION, H_AUTHENTICATION_RESULTS,
	    H_X_MS_EXCHANGE_ORGANIZATION_SCL, H_X_FOREFRONT_ANTISPAM_REPORT };
	struct reading r = { .a = a, .head = head };
	size_t i, any = 0;

	for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		any += head->first[ids[i]] != -1;
	for (i = 0; any > 0 && i < head->n; i++)
		one_field(&r, i);
	*v = r.v;
	*n = r.n;
}

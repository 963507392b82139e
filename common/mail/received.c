#include "base/lanes.h"
#include "mail/date.h"
#include "mail/header.h"
#include "mail/received.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

/*
 * scan - the tokens of a field: words, comments and semicolons.
 *
 * A word is what blanks, comments and semicolons leave; "..." and <...> in
 * it hold together.  What is never closed is no quote and no bracket, and
 * is not searched for again, so that a field of nothing but openings is
 * still read in linear time.  When comments do not balance, each ends at
 * the first ")".
 */
struct scan {
	const char	*p, *end;	/* what is still to come */
	bool		flat;		/* comments do not balance */
	bool		no_comment;	/* no ")" any more */
	bool		no_quote, no_angle;
};

enum token { T_END, T_WORD, T_COMMENT, T_SEMI };

enum keyword { K_NONE, K_FROM, K_BY, K_VIA, K_WITH, K_ID, K_FOR };

/* The next byte that matters to a comment, from p on; end: there is none. */
static const char *
next_mark(const char *p, const char *end)
{
	unsigned marks;
	lanes v;

	for (; end - p >= 16; p += 16) {
		v = lanes_load(p);
		marks = lanes_bits(lanes_are(v, '(') | lanes_are(v, ')') |
		    lanes_are(v, '\\'));
		if (marks != 0)
			return p + __builtin_ctz(marks);
	}
	while (p < end && *p != '(' && *p != ')' && *p != '\\')
		p++;
	return p;
}

/* Where the comment that opens at p closes, or NULL. */
static const char *
comment_end(struct scan *c, const char *p, const char *end)
{
	const char *start = p;
	size_t depth = 0;

	for (; !c->flat && (p = next_mark(p, end)) < end; p++) {
		if (*p == '\\' && p + 1 < end)
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p;
	}
	c->flat = true;
	p = c->no_comment ? NULL : memchr(start, ')', end - start);
	c->no_comment = p == NULL;
	return p;
}

/* Where the quoted string that opens at p closes, or NULL. */
static const char *
quote_end(struct scan *c, const char *p, const char *end)
{
	while (!c->no_quote && ++p < end) {
		if (*p == '\\')
			p++;
		else if (*p == '"')
			return p;
	}
	c->no_quote = true;
	return NULL;
}

/* Where the address in angle brackets that opens at p closes, or NULL. */
static const char *
angle_end(struct scan *c, const char *p, const char *end)
{
	const char *q;

	while (!c->no_angle && ++p < end) {
		if (*p == '>')
			return p;
		if (*p == '"' && (q = quote_end(c, p, end)) != NULL)
			p = q;
	}
	c->no_angle = true;
	return NULL;
}

/* Bytes that a word does not simply run over. */
static const bool stops[256] = {
	['\t'] = true, ['\n'] = true, ['\v'] = true, ['\f'] = true,
	['\r'] = true, [' '] = true, [';'] = true, ['('] = true,
	['"'] = true, ['<'] = true,
};

static const char *
next_stop(const char *p, const char *end)
{
	unsigned bits;
	lanes v;

	for (; end - p >= 16; p += 16) {
		v = lanes_load(p);
		bits = lanes_bits(lanes_in(v, '\t', '\r') |
		    lanes_are(v, ' ') | lanes_are(v, ';') |
		    lanes_are(v, '(') | lanes_are(v, '"') |
		    lanes_are(v, '<'));
		if (bits != 0)
			return p + __builtin_ctz(bits);
	}
	while (p < end && !stops[(unsigned char)*p])
		p++;
	return p;
}

/* Where the word that begins at p ends. */
static inline const char *
word_end(struct scan *c, const char *begin)
{
	const char *p = begin, *q;

	for (; (p = next_stop(p, c->end)) < c->end; p++) {
		if (*p == '"')
			q = quote_end(c, p, c->end);
		else if (*p == '<')
			q = angle_end(c, p, c->end);
		else if (*p == '(' && p == begin)
			continue;
		else
			break;
		if (q != NULL)
			p = q;
	}
	return p;
}

static enum token
scan_next(struct scan *c, struct slice *t)
{
	const char *p = c->p, *close;

	while (p < c->end && ascii_space(*p))
		p++;
	c->p = p;
	*t = (struct slice){ p, 0 };
	if (p == c->end)
		return T_END;
	t->n = 1;
	if (*p == ';') {
		c->p++;
		return T_SEMI;
	}
	if (*p == '(' && (close = comment_end(c, p, c->end)) != NULL) {
		*t = (struct slice){ p + 1, (size_t)(close - p - 1) };
		c->p = close + 1;
		return T_COMMENT;
	}
	c->p = word_end(c, p);
	t->n = (size_t)(c->p - p);
	return T_WORD;
}

#define KEY(a, b, c, d)	((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* Letters of either case are one with this bit set, and nothing else is. */
static inline enum keyword
keyword(struct slice w)
{
	uint32_t key = 0;
	size_t i;

	if (w.n < 2 || w.n > 4)
		return K_NONE;
	for (i = 0; i < w.n; i++)
		key = key << 8 | (unsigned char)(w.p[i] | 0x20);
	switch (key) {
	case KEY('f', 'r', 'o', 'm'):
		return K_FROM;
	case KEY(0, 0, 'b', 'y'):
		return K_BY;
	case KEY(0, 'v', 'i', 'a'):
		return K_VIA;
	case KEY('w', 'i', 't', 'h'):
		return K_WITH;
	case KEY(0, 0, 'i', 'd'):
		return K_ID;
	case KEY(0, 'f', 'o', 'r'):
		return K_FOR;
	default:
		return K_NONE;
	}
}

/*
 * parts - the tokens of a field, and where it is cut.
 *
 * What the client said stands in from, so a "by" in there may be its own
 * words: the last one is the server's, and the clauses behind it count.
 */
#define TOKENS_MAX	400	/* a field of more is not read to its end */

struct tok {
	enum token	 is;
	enum keyword	 key;
	struct slice	 s;
	const char	*end;	/* the next one is behind it */
};

struct parts {
	struct tok	 v[TOKENS_MAX];
	size_t		 from;	/* behind "from", or what stands before "by" */
	size_t		 by;	/* "by" and all behind it, without the date */
	size_t		 end;
	struct slice	 text;
	bool		 has_from, has_by;
	int64_t		 date;
};

static struct slice
text_behind(const struct parts *p, const struct tok *t)
{
	return sl_from(p->text, (size_t)(t->end - p->text.p));
}

/* Is this the "by" of a clause?  A host may be called so: "from by (...)". */
static bool
is_by(const struct scan *c, bool value_of_from)
{
	const char *p = c->p;
	struct slice rest;

	while (p < c->end && ascii_space(*p))
		p++;
	if (value_of_from && p < c->end && (*p == '(' || *p == '['))
		return false;
	rest = (struct slice){ p, (size_t)(c->end - p) };
	return !sl_istarts(rest, SL("uid")) ||
	    (rest.n > 3 && !ascii_blank(rest.p[3]));
}

/* The date that follows a semicolon; it may be another clause as well. */
static bool
date_follows(struct slice rest, int64_t *t)
{
	struct slice text, word;

	if (!sl_cut(&rest, ';', &text))
		return false;
	rest = text;
	if (sl_word(&rest, &word) && keyword(word) != K_NONE)
		return false;
	return date_parse(text, t, NULL);
}

/* The next token, unless it is the end or what is behind it is the date. */
static struct tok *
next_token(struct parts *p, struct scan *c)
{
	struct tok *t = &p->v[p->end];

	if (p->end == TOKENS_MAX)
		return NULL;
	t->is = scan_next(c, &t->s);
	t->key = t->is == T_WORD ? keyword(t->s) : K_NONE;
	t->end = c->p;
	if (t->is == T_END || (t->is == T_SEMI && date_follows(
	    (struct slice){ c->p, (size_t)(c->end - c->p) }, &p->date)))
		return NULL;
	p->end++;
	return t;
}

static void
parts_cut(struct parts *p, struct slice s)
{
	struct scan c = { .p = s.p, .end = s.p + s.n };
	const size_t none = SIZE_MAX;
	size_t by = none, other = none, at, words = 0;
	bool value = false;		/* of "from" */
	struct tok *t;

	p->text = s;
	for (; (t = next_token(p, &c)) != NULL; value = t->key == K_FROM) {
		if (t->is != T_WORD)
			continue;
		at = (size_t)(t - p->v);
		if (t->key == K_FROM && words == 0) {
			p->has_from = true;
			p->from = at + 1;
		} else if (t->key == K_BY && is_by(&c, value))
			by = at;
		else if (t->key != K_NONE && other == none && !value)
			other = at;
		words++;
	}
	p->has_by = by != none;
	p->by = by != none ? by : other != none ? other : p->end;
}

/* The address a word holds: "[192.0.2.1]:25", "x@[192.0.2.1]". */
static bool
boxed_ip(struct slice w, struct ip *ip)
{
	const char *open, *close, *zone;

	if (w.n == 0 || (open = memchr(w.p, '[', w.n)) == NULL ||
	    (open > w.p && open[-1] != '@' && open[-1] != '('))
		return false;
	w = sl_from(w, open + 1 - w.p);
	if (w.n == 0 || (close = memchr(w.p, ']', w.n)) == NULL)
		return false;
	w.n = close - w.p;
	if (w.n > 0 && (zone = memchr(w.p, '%', w.n)) != NULL)
		w.n = zone - w.p;
	return ip_parse(w, ip);
}

/* What stands behind the last "@", or all of it. */
static struct slice
behind_at(struct slice w)
{
	const char *at = w.n == 0 ? NULL : memrchr(w.p, '@', w.n);

	return at == NULL ? w : sl_from(w, at + 1 - w.p);
}

static struct slice
host(struct slice w)
{
	if (w.n >= 2 && w.p[0] == '[' && w.p[w.n - 1] == ']')
		w = sl_first(sl_from(w, 1), w.n - 2);
	if (w.n > 1 && (w.p[w.n - 1] == '.' || w.p[w.n - 1] == ','))
		w.n--;
	return w;
}

/*
 * peer - the client, as the words and comments behind "from" tell it.
 */
struct peer {
	struct slice	word;		/* the first word */
	struct slice	helo;		/* where it is marked as such */
	struct slice	name;		/* before an address in brackets */
	struct ip	boxed;		/* the last address in brackets */
	struct ip	bare;		/* a comment that is an address */
};

/* "HELO x", "helo=x", "\"EHLO x\"": w is a word, what follows is in c. */
static bool
peer_helo(struct peer *p, struct scan *c, struct slice w)
{
	if (w.n > 0 && w.p[0] == '"')
		w = sl_from(w, 1);
	if (w.n > 0 && w.p[w.n - 1] == '"')
		w.n--;
	if (sl_ieq(w, SL("HELO")) || sl_ieq(w, SL("EHLO")))
		scan_next(c, &w);
	else if (sl_istarts(w, SL("HELO ")) || sl_istarts(w, SL("EHLO ")) ||
	    sl_istarts(w, SL("helo=")))
		w = sl_from(w, 5);
	else
		return false;
	p->helo = host(sl_trim(w));
	return true;
}

/* One comment behind "from".  True when it says who the client is. */
static bool
peer_comment(struct peer *p, struct slice text)
{
	struct scan c = { .p = text.p, .end = text.p + text.n };
	struct slice w, last = { NULL, 0 };
	bool told = false;
	enum token t;

	while ((t = scan_next(&c, &w)) != T_END) {
		if (t != T_WORD)
			continue;
		if (last.n == 0)
			told |= ip_parse(behind_at(w), &p->bare);
		if (peer_helo(p, &c, w))
			told = true;
		else if (!sl_istarts(w, SL("ident=")) &&
		    boxed_ip(w, &p->boxed)) {
			told = true;
			if (!sl_istarts(text, SL("account ")))
				p->name = behind_at(last);
		}
		last = w;
	}
	return told;
}

/* A name, not an address or what stands for "no name". */
static struct slice
real_name(struct slice w)
{
	struct ip ip;

	if (sl_ieq(w, SL("unknown")) || (w.n > 0 && w.p[0] == '[') ||
	    ip_parse(w, &ip))
		return (struct slice){ NULL, 0 };
	return host(w);
}

/* The next word of s, which blanks, colons, commas and "=" part. */
static struct slice
mark_word(struct slice *s)
{
	static const char apart[] = " \t\r\n:,=";
	size_t n = 0;

	while (s->n > 0 && memchr(apart, s->p[0], sizeof(apart) - 1) != NULL)
		*s = sl_from(*s, 1);
	while (n < s->n && memchr(apart, s->p[n], sizeof(apart) - 1) == NULL)
		n++;
	*s = sl_from(*s, n);
	return (struct slice){ s->p - n, n };
}

/*
 * "Authenticated sender: bob", "authenticated bits=0", "SquirrelMail
 * authenticated user bob", "authenticated:bob@[192.0.2.1]".
 *
 * A client's ident or name may say the same to sendmail and qmail, but they
 * write its address right behind: qmail without brackets.
 */
static void
mark_authenticated(struct hop *hop, struct slice text)
{
	static const char *const filler[] = { "sender", "user", "as", "by" };
	struct slice w;
	struct ip ip;
	size_t i;

	if (sl_istarts(text, SL("SquirrelMail ")))
		text = sl_from(text, 13);
	if (!sl_ieq(mark_word(&text), SL("authenticated")))
		return;
	for (i = 0; i < NITEMS(filler); ) {
		w = mark_word(&text);
		for (i = 0; i < NITEMS(filler); i++)
			if (sl_ieq(w, sl(filler[i])))
				break;
	}
	if (ip_parse(behind_at(w), &ip) && !sl_iends(w, SL("]")))
		return;
	hop->authenticated = true;
	if (!sl_ieq(w, SL("bits")))
		hop->account = w;
}

/* Courier: "AUTH: LOGIN bob, TLS: TLSv1.2,256bits,..." */
static void
mark_auth(struct hop *hop, struct slice text)
{
	if (!sl_istarts(text, SL("AUTH: ")))
		return;
	text = sl_from(text, 6);
	mark_word(&text);
	hop->account = mark_word(&text);
	hop->authenticated = true;
	hop->tls |= sl_ieq(mark_word(&text), SL("TLS"));
}

/* CommuniGate: "account bob@example.org HELO x". */
static void
mark_account(struct hop *hop, struct slice text)
{
	if (!sl_istarts(text, SL("account ")))
		return;
	text = sl_from(text, 8);
	hop->account = mark_word(&text);
	hop->authenticated = true;
}

/* "bob@[192.0.2.1]" is bob. */
static struct slice
without_ip(struct slice account)
{
	struct slice ip = behind_at(account);

	if (ip.n > 0 && ip.p[0] == '[' && ip.n < account.n)
		account.n -= ip.n + 1;
	return account;
}

static void
mark_login(struct hop *hop, struct slice text)
{
	static const bool first[256] = { ['a'] = true, ['A'] = true,
	    ['s'] = true, ['S'] = true, [':'] = true, [','] = true,
	    ['='] = true };

	text = sl_trim(text);
	/* Most comments are an address; these are "auth..." and "Squ...". */
	if (text.n == 0 || !first[(unsigned char)text.p[0]] ||
	    sl_find(text, SL(" [")) != NULL)
		return;
	mark_authenticated(hop, text);
	mark_auth(hop, text);
	hop->account = without_ip(hop->account);
}

/*
 * Comments that tell how the message came.  One with an address in it, as
 * in "envelope-from", is somebody else's words.
 */
struct sign {
	struct slice	text;
	bool		tls, local;
};

static const struct sign begins[] = {
	{ SL("using TLS"), true, false },
	{ SL("using SSL"), true, false },
	{ SL("version=TLS"), true, false },
	{ SL("version=SSL"), true, false },
	{ SL("Cipher TLS"), true, false },
	{ SL("TLS"), true, false },
	{ SL("SSLv"), true, false },
	{ SL("uid "), false, true },
	{ SL("DragonFly Mail Agent"), false, true },
};

/* Anywhere; each has as many bytes, and begins with ' ', ',' or '/'. */
#define SIGN_MIN	7
static const struct sign within[] = {
	{ SL(" encrypted"), true, false },
	{ SL(", from userid "), false, true },
	{ SL(" invoked by uid "), false, true },
	{ SL(" invoked for bounce"), false, true },
	{ SL("/Submit"), false, true },
};

static void
mark_signs(struct hop *hop, const struct sign *v, size_t n, struct slice text)
{
	for (; n > 0; v++, n--)
		if (sl_istarts(text, v->text)) {
			hop->tls |= v->tls;
			hop->local |= v->local;
		}
}

/* Can one of begins begin so? */
static bool
may_begin(char c)
{
	c = ascii_lower(c);
	return c == 'u' || c == 'v' || c == 'c' || c == 't' || c == 's' ||
	    c == 'd';
}

/* Bit i: one of within can begin at p[i], by bytes that differ in them. */
static inline unsigned
may_be_signs(const char *p)
{
	lanes v = lanes_load(p), third = lanes_load(p + 2) | 0x20;
	lanes fourth = lanes_load(p + 3) | 0x20;

	return lanes_bits((lanes_are(v, ' ') & lanes_are(third, 'n') &
	    (lanes_are(fourth, 'c') | lanes_are(fourth, 'v'))) |
	    (lanes_are(v, ',') & lanes_are(third, 'f')) |
	    (lanes_are(v, '/') & lanes_are(third, 'u')));
}

static void
mark_within(struct hop *hop, struct slice text)
{
	size_t i;
	unsigned bits;

	for (i = 0; i + 19 <= text.n; i += 16)
		for (bits = may_be_signs(text.p + i); bits != 0;
		    bits &= bits - 1)
			mark_signs(hop, within, NITEMS(within),
			    sl_from(text, i + (size_t)__builtin_ctz(bits)));
	for (; i + SIGN_MIN <= text.n; i++)
		if (text.p[i] == ' ' || text.p[i] == ',' || text.p[i] == '/')
			mark_signs(hop, within, NITEMS(within),
			    sl_from(text, i));
}

static void
mark_comment(struct hop *hop, struct slice text)
{
	if (text.n == 0 || text.p[0] == '[' ||
	    memchr(text.p, '@', text.n) != NULL)
		return;
	if (may_begin(text.p[0]))
		mark_signs(hop, begins, NITEMS(begins), text);
	mark_within(hop, text);
}

/* CommuniGate says who it is behind "by". */
static bool
is_communigate(const struct parts *p)
{
	size_t i;

	for (i = p->by; i < p->end; i++)
		if (p->v[i].is == T_COMMENT &&
		    sl_starts(p->v[i].s, SL("CommuniGate ")))
			return true;
	return false;
}

/* One comment behind "from". */
static void
from_comment(struct hop *hop, struct peer *peer, const struct parts *parts,
    bool communigate, struct slice t)
{
	mark_login(hop, t);
	if (communigate)
		mark_account(hop, t);
	if (peer_comment(peer, t))
		return;
	mark_comment(hop, t);
	if (!parts->has_from && sl_istarts(t, SL("from ")))
		hop->local = true;	/* sendmail's local users */
	if (sl_ieq(t, SL("localhost")))
		hop->local = true;	/* its own bounces */
	if (sl_iends(t, SL(" [local]")))
		hop->local = true;	/* OpenSMTPD's users */
}

static void
read_from(struct hop *hop, struct peer *peer, const struct parts *parts)
{
	bool communigate = is_communigate(parts);
	size_t words = 0, i;

	for (i = parts->from; i < parts->by; i++) {
		const struct tok *t = &parts->v[i];

		if (t->is == T_WORD && words++ == 0 && parts->has_from)
			peer->word = t->s;
		else if (t->is == T_WORD)
			boxed_ip(t->s, &peer->boxed);
		else if (t->is == T_COMMENT)
			from_comment(hop, peer, parts, communigate, t->s);
	}
	if (parts->from < parts->by && sl_istarts(sl_from(parts->text,
	    (size_t)(parts->v[parts->from].s.p - parts->text.p)),
	    SL("mail pickup service")))
		hop->local = true;
}

/*
 * SMTP, ESMTPS, LMTPSA, UTF8SMTPA ...: S is TLS, A is authenticated.
 * RFC 3848, RFC 6531 4.3; asmtp is an old Exim's.
 */
static void
mark_protocol(struct hop *hop, struct slice w)
{
	static const bool first[256] = { ['e'] = true, ['E'] = true,
	    ['a'] = true, ['A'] = true, ['l'] = true, ['L'] = true,
	    ['s'] = true, ['S'] = true, ['m'] = true, ['M'] = true,
	    ['u'] = true, ['U'] = true };
	struct slice s = w;
	const char *c;

	if (s.n < 3 || !first[(unsigned char)s.p[0]] ||
	    ((s.p[0] | 0x20) == 'm' && (s.p[1] | 0x20) != 't'))
		return;
	if (sl_istarts(s, SL("UTF8")))
		s = sl_from(s, 4);
	for (c = "eals"; *c != '\0'; c++)
		if (s.n > 0 && ascii_lower(s.p[0]) == *c)
			s = sl_from(s, 1);
	if (!sl_istarts(s, SL("MTP")))
		return;
	s = sl_from(s, 3);
	hop->tls |= sl_ieq(s, SL("S")) || sl_ieq(s, SL("SA")) ||
	    sl_istarts(s, SL("/TLS"));
	hop->authenticated |= sl_ieq(s, SL("A")) || sl_ieq(s, SL("SA")) ||
	    sl_ieq(w, SL("asmtp"));
}

/* A word behind "with" (or beside the host: "over TLS secured channel"). */
static void
mark_with(struct hop *hop, struct slice w)
{
	static const struct slice tls[] = {
		SL("TLS"), SL("STARTTLS"), SL("HTTPS"), SL("encrypted"),
	};
	size_t i;

	for (i = 0; i < NITEMS(tls); i++)
		hop->tls |= sl_ieq(w, tls[i]);
	mark_protocol(hop, w);
}

/* Three dots or two colons, which every address has. */
static bool
may_have_ip(struct slice text)
{
	size_t dots = 0, colons = 0, i;

	for (i = 0; i < text.n; i++) {
		dots += text.p[i] == '.';
		colons += text.p[i] == ':';
	}
	return dots >= 3 || colons >= 2;
}

/* The address that a comment behind "by" names. */
static bool
comment_ip(struct slice text, struct ip *ip)
{
	struct peer p = { .word = { NULL, 0 } };

	if (!may_have_ip(text))
		return false;
	peer_comment(&p, text);
	*ip = ip_is_set(&p.boxed) ? p.boxed : p.bare;
	return ip_is_set(ip);
}

static struct slice
without_angles(struct slice w)
{
	if (w.n > 0 && w.p[w.n - 1] == ',')
		w.n--;
	if (w.n >= 2 && w.p[0] == '<' && w.p[w.n - 1] == '>')
		w = sl_first(sl_from(w, 1), w.n - 2);
	return w;
}

/*
 * clauses - where read_by stands.
 */
struct clauses {
	struct hop	*hop;
	const struct parts *parts;
	enum keyword	 now;
	bool		 fresh;		/* nothing behind the keyword yet */
	bool		 grow;		/* with goes on */
	bool		 comment;	/* there was one */
	bool		 exim;		/* and it says so */
	struct slice	 left;		/* from the first word of no clause */
};

/* Some put no semicolon before the date: it may begin here. */
static void
clause_left(struct clauses *s, const struct tok *t)
{
	struct slice rest = text_behind(s->parts, t);

	if (s->left.n == 0)
		s->left = (struct slice){ t->s.p, t->s.n + rest.n };
}

static void
clause_word(struct clauses *s, const struct tok *t)
{
	struct hop *hop = s->hop;
	struct slice w = t->s;

	switch (s->now) {
	case K_BY:
		if (s->fresh && hop->by.n == 0)
			hop->by = host(w);
		else if (!boxed_ip(w, &hop->by_ip))
			clause_left(s, t);
		mark_with(hop, w);
		break;
	case K_WITH:
		if (s->fresh && hop->with.n == 0) {
			hop->with = w;
			s->grow = true;
		} else if (s->grow)
			hop->with.n = w.p + w.n - hop->with.p;
		mark_with(hop, w);
		break;
	case K_ID:
	case K_FOR:
		if (!s->fresh)
			clause_left(s, t);
		if (s->fresh && s->now == K_ID && hop->id.n == 0)
			hop->id = without_angles(w);
		if (s->fresh && s->now == K_FOR && hop->for_.n == 0)
			hop->for_ = without_angles(w);
		break;
	default:
		break;
	}
	s->fresh = false;
}

static void
clause_comment(struct clauses *s, struct slice text)
{
	struct hop *hop = s->hop;

	s->comment = true;
	/* "SMTPSVC(6.0.3790.4675)": no blank, so it belongs to the word */
	s->grow = s->grow && hop->with.p + hop->with.n == text.p - 1;
	if (s->grow)
		hop->with.n += text.n + 2;
	if (s->now == K_BY && !ip_is_set(&hop->by_ip) &&
	    comment_ip(text, &hop->by_ip))
		return;
	s->exim |= sl_istarts(text, SL("Exim")) ||
	    sl_istarts(text, SL("Gmexim"));
	mark_login(hop, text);
	mark_comment(hop, text);
}

static void
read_by(struct clauses *s)
{
	const struct tok *t = s->parts->v + s->parts->by;
	const struct tok *end = s->parts->v + s->parts->end;

	for (; t < end; t++) {
		if (t->is == T_COMMENT)
			clause_comment(s, t->s);
		else if (t->is == T_WORD && t->key == K_NONE)
			clause_word(s, t);
		else {
			s->now = t->key;
			s->fresh = true;
			s->grow = false;
		}
	}
}

/* qmail has no id, no for and no comments behind "by". */
static bool
is_qmail(const struct hop *hop, const struct peer *p, const struct clauses *s)
{
	return ip_is_set(&p->bare) && !s->comment && hop->id.n == 0 &&
	    hop->for_.n == 0 && (sl_iends(hop->with, SL("SMTP")) ||
	    sl_iends(hop->with, SL("QMTP")) || sl_iends(hop->with, SL("QMQP")));
}

/* Who the client is: which of the two names stands where. */
static void
settle_peer(struct hop *hop, const struct peer *p, const struct clauses *s)
{
	bool boxed = ip_is_set(&p->boxed), told;

	hop->ip = boxed ? p->boxed : p->bare;
	hop->name = real_name(p->name);
	told = ip_is_set(&hop->ip);
	if (!told && !boxed_ip(p->word, &hop->ip))
		ip_parse(p->word, &hop->ip);
	if (p->helo.n > 0) {
		hop->helo = p->helo;
		if (hop->name.n == 0)
			hop->name = real_name(p->word);
		return;
	}
	if (told || !ip_is_set(&hop->ip))
		hop->helo = host(p->word);
	/* These leave the HELO out when it is the name they looked up. */
	if (hop->name.n == 0 &&
	    (boxed ? s->exim : is_qmail(hop, p, s))) {
		hop->name = real_name(p->word);
		hop->helo = hop->name;
	}
}

static void
settle_local(struct hop *hop, const struct peer *p)
{
	hop->local |= sl_ieq(hop->with, SL("mapi")) ||
	    sl_ieq(hop->with, SL("local")) ||
	    sl_istarts(hop->with, SL("local-"));
	if (sl_istarts(hop->with, SL("Microsoft SMTP Server")))
		hop->local |= sl_ieq(p->word, SL("Pickup")) ||
		    sl_ieq(hop->by, SL("Pickup"));
	if (!ip_is_set(&hop->ip) && sl_iends(p->word, SL("@localhost")))
		hop->local = true;

	/* Without a client the word is a user's or a service's name. */
	if (!ip_is_set(&hop->ip) && (hop->local || (p->word.n > 0 &&
	    memchr(p->word.p, '@', p->word.n) != NULL)))
		hop->helo = hop->name = (struct slice){ NULL, 0 };
}

bool
received_parse(struct arena *a, struct slice body, struct hop *hop)
{
	struct peer peer = { .boxed = { { 0 } } };
	struct parts parts;	/* its tokens are written before they are read */
	struct clauses s = { .hop = hop, .parts = &parts };

	*hop = (struct hop){ .date = 0 };
	parts.from = parts.end = 0;
	parts.has_from = false;
	parts.date = 0;
	parts_cut(&parts, body.n == 0 ? SL("") : hdr_unfold(a, body));
	read_from(hop, &peer, &parts);
	read_by(&s);
	settle_peer(hop, &peer, &s);
	settle_local(hop, &peer);
	ip_parse(hop->by, &hop->by_ip);
	hop->date = parts.date;
	if (hop->date == 0 && s.left.n > 0)
		date_parse(s.left, &hop->date, NULL);
	return parts.has_from || parts.has_by;
}

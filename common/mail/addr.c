#include "base/ip.h"
#include "base/lanes.h"
#include "base/utf8.h"
#include "mail/addr.h"
#include "mail/idn.h"

/*
 * Comments in comments.  What is deeper is no comment but stray
 * parentheses: so at most ten of them look for their end at any byte.
 */
#define COMMENT_DEPTH	10

#define ROUTE_STEPS	8	/* addresses inside addresses that we open */
#define SCAN_ADDR_MAX	254	/* bytes; RFC 5321 4.5.3.1.3 without <> */

enum {
	AT = 1,		/* atext, RFC 5322 3.2.3 */
	DM = 2,		/* stands in the name of a host */
	DT = 4,		/* dot */
	UP = 8,		/* upper case */
	SP = 16,	/* blank, and what folding leaves */
	CT = 32,	/* control */
	HI = 64,	/* over 0x7f */
	AD = AT | DM,
	AU = AT | DM | UP,
};

static const unsigned char classes[256] = {
	CT, CT, CT, CT, CT, CT, CT, CT, CT, SP, SP, CT, CT, SP, CT, CT,
	CT, CT, CT, CT, CT, CT, CT, CT, CT, CT, CT, CT, CT, CT, CT, CT,
	SP, AT,  0, AT, AT, AT, AT, AT,  0,  0, AT, AT,  0, AD, DT, AT,
	AD, AD, AD, AD, AD, AD, AD, AD, AD, AD,  0,  0,  0, AT,  0, AT,
	 0, AU, AU, AU, AU, AU, AU, AU, AU, AU, AU, AU, AU, AU, AU, AU,
	AU, AU, AU, AU, AU, AU, AU, AU, AU, AU, AU,  0,  0,  0, AT, AD,
	AT, AD, AD, AD, AD, AD, AD, AD, AD, AD, AD, AD, AD, AD, AD, AD,
	AD, AD, AD, AD, AD, AD, AD, AD, AD, AD, AD, AT, AT, AT, AT, CT,
	[0x80 ... 0xff] = HI,
};

static inline unsigned
class_of(char c)
{
	return classes[(unsigned char)c];
}

/* All bytes of s are of these classes. */
static bool
all_of(struct slice s, unsigned classmask)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((class_of(s.p[i]) & classmask) == 0)
			return false;
	return true;
}

/* A byte of s is of one of them. */
static bool
any_of(struct slice s, unsigned classmask)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((class_of(s.p[i]) & classmask) != 0)
			return true;
	return false;
}

static struct slice
between(struct slice s, size_t from, size_t to)
{
	return (struct slice){ s.p + from, to - from };
}

/* Where the last c is in s, or NULL. */
static const char *
find_last(struct slice s, char c)
{
	return s.n == 0 ? NULL : memrchr(s.p, c, s.n);
}

/* s.p[i] is '"': the index behind the closing one; i + 1 when there is none. */
static size_t
quoted_end(struct slice s, size_t i)
{
	size_t j;

	for (j = i + 1; j < s.n && s.p[j] != '"'; j++)
		if (s.p[j] == '\\')
			j++;
	return j < s.n ? j + 1 : i + 1;
}

/* The same for '('; comments nest. */
static size_t
comment_end(struct slice s, size_t i)
{
	size_t j, depth = 0;

	for (j = i; j < s.n && depth <= COMMENT_DEPTH; j++) {
		if (s.p[j] == '\\')
			j++;
		else if (s.p[j] == '(')
			depth++;
		else if (s.p[j] == ')' && --depth == 0)
			return j + 1;
	}
	return i + 1;
}

/*
 * The same for "=?charset?q?text?=": commas and quotes in it mean nothing,
 * though they should not be there.  RFC 2047 5 (3).
 */
static size_t
eword_end(struct slice s, size_t i)
{
	size_t j, marks = 0;

	for (j = i + 1; j < s.n && (class_of(s.p[j]) & SP) == 0; j++) {
		if (j == i + 1 && s.p[j] != '?')
			break;
		if (s.p[j] == '?' && ++marks == 4)
			return j + 1 < s.n && s.p[j + 1] == '=' ? j + 2 : i + 1;
	}
	return i + 1;
}

/* The index behind the token that begins at i: an atom, most of the time. */
static size_t
step(struct slice s, size_t i)
{
	switch (s.p[i]) {
	case '"':
		return quoted_end(s, i);
	case '(':
		return comment_end(s, i);
	case '=':
		return eword_end(s, i);
	case '\\':
		return i + 1 < s.n ? i + 2 : s.n;
	}
	if ((class_of(s.p[i++]) & (AT | HI)) != 0)
		while (i < s.n && s.p[i] != '=' &&
		    (class_of(s.p[i]) & (AT | HI)) != 0)
			i++;
	return i;
}

/* The index behind blanks and comments; the first comment is kept. */
static size_t
skip_gap(struct slice s, size_t i, struct slice *comment)
{
	size_t end;

	for (; i < s.n; i = end) {
		end = i + 1;
		if (s.p[i] == '(') {
			if ((end = comment_end(s, i)) == i + 1)
				break;
			if (comment != NULL && comment->p == NULL)
				*comment = between(s, i + 1, end - 1);
		} else if ((class_of(s.p[i]) & SP) == 0)
			break;
	}
	return i;
}

static bool
is_separator(char c)
{
	return c == ',' || c == ';' || c == '>';
}

/* Blanks beside these do not end a word.  RFC 5322 4.4. */
static bool
is_glue(char c)
{
	return c == '.' || c == '@';
}

/* The comma between two hosts of a route that stands without brackets. */
static bool
is_route_comma(struct slice s, size_t from, size_t i)
{
	size_t next;

	if (s.p[from] != '@' || s.p[i] != ',')
		return false;
	next = skip_gap(s, i + 1, NULL);
	return next < s.n && s.p[next] == '@';
}

/*
 * Where the word that begins at from ends, and whether it has an @.  A
 * colon ends it (the name of a group) unless an @ stands before.
 */
static size_t
word_end(struct slice s, size_t from, bool *at)
{
	size_t i, next, end = from;

	*at = false;
	for (i = from; i < s.n; i = next) {
		if (s.p[i] == '<' || (s.p[i] == ':' && !*at && i > from))
			break;
		if (is_separator(s.p[i]) && !is_route_comma(s, from, i))
			break;
		if (s.p[i] == '@')
			*at = true;
		end = step(s, i);
		next = skip_gap(s, end, NULL);
		if (next > end && next < s.n && !is_glue(s.p[next]) &&
		    !is_glue(s.p[i]))
			break;
	}
	return end;
}

/* One piece of an address list, not yet looked into. */
struct item {
	struct slice	display;
	struct slice	spec;
	size_t		at;	/* where its @ is, when spec is plain */
	size_t		words;
	bool		angle;	/* spec stood between < and > */
};

static struct slice
display_of(struct slice s)
{
	s = sl_trim(s);
	if (s.n >= 2 && s.p[0] == '"' && quoted_end(s, 0) == s.n)
		s = between(s, 1, s.n - 1);
	return s;
}

/* "local@domain" with nothing to take away, at the start of s: its length. */
static size_t
plain_len(struct slice s, size_t *at)
{
	size_t i;

	for (i = 0; i < s.n && (class_of(s.p[i]) & (AT | DT)) != 0; i++)
		;
	if (i == 0 || i == s.n || s.p[i] != '@')
		return 0;
	*at = i;
	for (i++; i < s.n && (class_of(s.p[i]) & (DM | DT)) != 0; i++)
		;
	return i > *at + 1 ? i : 0;
}

/* The same with a '>' behind it, which is how most mail has it. */
static size_t
plain_angle(struct slice s, size_t *at)
{
	size_t n = plain_len(s, at);

	return n > 0 && n < s.n && s.p[n] == '>' ? n : 0;
}

/*
 * s.p[i] is '<'.  Take what is inside, and return the index behind it.
 * Without a '>' it ends at the next separator; a '<' inside begins it anew.
 */
static size_t
angle_end(struct slice s, size_t i, struct item *it)
{
	size_t from = i + 1, n = plain_angle(sl_from(s, from), &it->at);
	bool route = false;
	char c = '\0';

	if (n == 0) {
		it->at = 0;
		from = skip_gap(s, from, NULL);
	}
	for (i = from + n; i < s.n; i = step(s, i)) {
		c = s.p[i];
		if (i == from)
			route = c == '@';
		if (c == '<')
			from = i + 1;
		else if (c == '>' || ((c == ',' || c == ';') && !route))
			break;
	}
	it->angle = true;
	it->spec = between(s, from, i);
	return i < s.n && c == '>' ? i + 1 : i;
}

/* After a '>': pass over what belongs to nothing, up to the separator. */
static size_t
tail_end(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] != ',' && s.p[i] != ';'; i = step(s, i))
		if (s.p[i] == '<' || s.p[i] == '@')
			return 0;	/* the comma is missing */
	return i;
}

/* A single word that may be a mailbox of this host. */
static bool
is_local_name(const struct item *it, struct slice word)
{
	return it->words == 1 && word.n > 0 && word.p[0] != '"' &&
	    !sl_starts(word, SL("=?"));
}

/*
 * Take one item off rest; false at the end.  It ends at a separator, behind
 * its '>', or where a second address begins without a comma before it.
 */
static bool
item_next(struct slice *rest, struct item *it)
{
	struct slice s = *rest, comment = { NULL, 0 }, word = { NULL, 0 };
	size_t i = 0, start = 0, end;
	bool at;

	*it = (struct item){ .words = 0 };
	while ((i = skip_gap(s, i, &comment)) < s.n && !is_separator(s.p[i])) {
		if (s.p[i] == '<') {
			it->display = display_of(between(s, start, i));
			i = angle_end(s, i, it);
			break;
		}
		if (s.p[i] == ':' && it->spec.n == 0) {
			start = ++i;		/* a group begins */
			it->words = 0;
			comment = (struct slice){ NULL, 0 };
			continue;
		}
		end = word_end(s, i, &at);
		if (at && it->spec.n > 0)
			break;
		if (it->words++ == 0)
			start = i;
		word = between(s, i, end);
		if (at) {
			it->display = display_of(between(s, start, i));
			it->spec = word;
		}
		i = end;
	}
	if (it->words == 0 || it->display.n == 0)
		it->display = comment;
	if (it->spec.n == 0 && !it->angle && is_local_name(it, word))
		it->spec = word;
	*rest = sl_from(s, i);
	return s.n > 0;
}

/* An address as it grows; a segment is what stands between two @. */
struct build {
	char	spec[ADDR_MAX];
	char	seg[ADDR_MAX];	/* without quotes and escapes */
	size_t	n;
	size_t	seg_n;
	size_t	local_n;	/* bytes of spec before the last @ */
	bool	at;
	bool	quoted;		/* a part of the segment was */
	bool	bad;
};

static void
spec_put(struct build *b, char c)
{
	if (b->n == sizeof(b->spec))
		b->bad = true;
	else
		b->spec[b->n++] = c;
}

static void
seg_put(struct build *b, char c)
{
	if (b->seg_n == sizeof(b->seg) || (class_of(c) & CT) != 0 ||
	    (c != ' ' && (class_of(c) & SP) != 0))
		b->bad = true;
	else
		b->seg[b->seg_n++] = c;
}

/* What stands between the quotes, or behind one backslash. */
static void
seg_quoted(struct build *b, struct slice s)
{
	size_t i;

	b->quoted = true;
	for (i = 0; i < s.n && !b->bad; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		seg_put(b, s.p[i]);
	}
}

/* Atoms with single dots between them: needs no quotes. */
static bool
is_dot_atom(struct slice s)
{
	return s.n > 0 && all_of(s, AT | DT | HI) && s.p[0] != '.' &&
	    s.p[s.n - 1] != '.' && sl_find(s, SL("..")) == NULL;
}

static void
seg_close(struct build *b)
{
	struct slice seg = { b->seg, b->seg_n };
	bool quote = b->quoted && !is_dot_atom(seg);
	size_t i;

	if (seg.n == 0 && !b->quoted)
		b->bad = true;
	if (quote)
		spec_put(b, '"');
	for (i = 0; i < seg.n; i++) {
		if (quote && (seg.p[i] == '"' || seg.p[i] == '\\'))
			spec_put(b, '\\');
		spec_put(b, seg.p[i]);
	}
	if (quote)
		spec_put(b, '"');
	b->seg_n = 0;
	b->quoted = false;
}

/*
 * s.p[i] is the '[' of a domain literal; the index behind its ']'.  What
 * separates addresses is in none: only a route could hide it there.
 */
static size_t
seg_literal(struct build *b, struct slice s, size_t i)
{
	while (i < s.n && s.p[i] != ']' && !b->bad && s.p[i] != ' ' &&
	    !is_separator(s.p[i]))
		seg_put(b, s.p[i++]);
	if (i == s.n || s.p[i] != ']')
		b->bad = true;
	else
		seg_put(b, s.p[i++]);
	return i;
}

/* One token of s, which ends at next unless it is a literal. */
static size_t
build_token(struct build *b, struct slice s, size_t i, size_t next)
{
	switch (s.p[i]) {
	case '@':
		seg_close(b);
		b->local_n = b->n;
		b->at = true;
		spec_put(b, '@');
		break;
	case '"':
		if (next == i + 1)
			b->bad = true;
		else
			seg_quoted(b, between(s, i + 1, next - 1));
		break;
	case '\\':
		seg_quoted(b, between(s, i, next));	/* RFC 821 <x> */
		break;
	case '[':
		if (b->at && b->seg_n == 0)
			return seg_literal(b, s, i);
		seg_put(b, '[');
		break;
	case '(': case ')': case '<': case '>': case ',': case ';':
		b->bad = true;
		break;
	case '=':
		next = i + 1;	/* encoded words are not for addresses */
		/* FALLTHROUGH */
	default:
		for (; i < next && !b->bad; i++)
			seg_put(b, s.p[i]);
	}
	return next;
}

/* Blanks and comments go, except between two words: that is no address. */
static bool
build(struct build *b, struct slice s)
{
	size_t i, next;
	char last = '@';

	b->n = b->seg_n = b->local_n = 0;
	b->at = b->quoted = b->bad = false;
	for (i = skip_gap(s, 0, NULL); i < s.n && !b->bad; i = next) {
		last = s.p[i];
		i = build_token(b, s, i, step(s, i));
		next = skip_gap(s, i, NULL);
		if (next > i && next < s.n && !is_glue(s.p[next]) &&
		    !is_glue(last))
			return false;
	}
	seg_close(b);
	return !b->bad;
}

static bool
is_domain(struct slice d)
{
	if (d.n > 2 && d.p[0] == '[')
		return memchr(d.p, ']', d.n) == d.p + d.n - 1;
	return d.n > 0 && all_of(d, DM | DT | HI);
}

/* Fill out; "local@domain" lies in one piece. */
static int
set_spec(struct arena *a, struct slice local, struct slice domain,
    struct addr *out)
{
	struct slice d = addr_domain(a, domain);
	size_t n = local.n + 1 + d.n;
	char *spec;

	if (d.n == 0 || n > ADDR_MAX)
		return -1;
	if (d.p != domain.p) {
		spec = arena_alloc(a, n);
		memcpy(spec, local.p, local.n);
		spec[local.n] = '@';
		memcpy(spec + local.n + 1, d.p, d.n);
		local.p = spec;
	}
	out->spec = (struct slice){ local.p, n };
	out->local = local;
	out->domain = between(out->spec, local.n + 1, n);
	return 0;
}

/* "@a,@b:x@y": the route, without its colon, and x@y.  RFC 5321 C. */
static bool
split_route(struct slice *s, struct slice *route)
{
	size_t i, colon = 0;
	bool literal = false;

	for (i = 0; i < s->n; i = step(*s, i)) {
		if (s->p[i] == '[' || s->p[i] == ']')
			literal = s->p[i] == '[';
		else if (s->p[i] == ':' && !literal)
			colon = i;
	}
	*route = sl_trim(sl_first(*s, colon));
	*s = sl_from(*s, colon + 1);
	return colon > 0 && route->n <= ADDR_MAX && !any_of(*route, CT);
}

/* Anything but the plain form. */
static int
parse_odd(struct arena *a, struct slice s, struct addr *out)
{
	struct build b;
	struct slice spec;

	if (s.p[0] == '@' && !split_route(&s, &out->route))
		return -1;
	if (!build(&b, s))
		return -1;
	spec = (struct slice){ b.spec, b.n };
	if (b.at && !is_domain(sl_from(spec, b.local_n + 1)))
		return -1;
	spec = arena_dup(a, spec);
	out->utf8 = !sl_ascii(b.at ? sl_first(spec, b.local_n) : spec);
	if (b.at)
		return set_spec(a, sl_first(spec, b.local_n),
		    sl_from(spec, b.local_n + 1), out);
	out->spec = out->local = spec;
	return 0;
}

/* s is one address and nothing else; out->display stays. */
static int
parse_spec(struct arena *a, struct slice s, struct addr *out)
{
	size_t at = 0, n = plain_len(s, &at);

	if (n > 0 && n == s.n)
		return set_spec(a, sl_first(s, at), sl_from(s, at + 1), out);
	s = sl_from(s, skip_gap(s, 0, NULL));
	if (s.n == 0)
		return -1;
	return parse_odd(a, s, out);
}

static int
parse_item(struct arena *a, const struct item *it, struct addr *out)
{
	struct slice spec = it->spec;

	*out = (struct addr){ .display = it->display };
	if (it->angle && skip_gap(spec, 0, NULL) == spec.n) {
		out->null = true;
		return 0;
	}
	if (it->angle && sl_istarts(spec, SL("mailto:")))
		spec = sl_from(spec, 7);
	if ((it->at > 0 ? set_spec(a, sl_first(spec, it->at),
	    sl_from(spec, it->at + 1), out) : parse_spec(a, spec, out)) == 0)
		return 0;
	*out = (struct addr){ .null = false };
	return -1;
}

/*
 * "Doe, John <a@b>": a comma that should have stood in quotes.  Doe could be
 * a mailbox of this host, but seldom is.
 */
static bool
is_half_name(const struct item *it, struct slice rest)
{
	struct item next;

	if (it->angle || find_last(it->spec, '@') != NULL || rest.n == 0 ||
	    rest.p[0] != ',')
		return false;
	rest = sl_from(rest, 1);
	return item_next(&rest, &next) && next.angle;
}

/*
 * The form most mail has at the start of s: words or one quoted string, then
 * "<local@domain>", and nothing behind it before the end or a comma.  Its
 * length, or 0.
 */
static size_t
named_len(struct slice s, struct item *it)
{
	const char *begin = s.p;
	const char *angle = s.n == 0 ? NULL : memchr(s.p, '<', s.n);
	struct slice name;
	size_t n, at;

	if (angle == NULL)
		return 0;
	name = sl_trim(sl_first(s, (size_t)(angle - s.p)));
	s = sl_from(s, (size_t)(angle + 1 - s.p));
	n = plain_angle(s, &at);
	if (n == 0 || (n + 1 < s.n && s.p[n + 1] != ','))
		return 0;
	if (name.n >= 2 && name.p[0] == '"' && name.p[name.n - 1] == '"')
		name = between(name, 1, name.n - 1);
	if (!all_of(name, AT | DT | SP))
		return 0;
	*it = (struct item){ .display = name, .spec = sl_first(s, n),
	    .at = at, .angle = true };
	return (size_t)(s.p + n + 1 - begin);
}

int
addr_next(struct arena *a, struct slice *rest, struct addr *out)
{
	struct item it;
	size_t i, n, at;

	for (;;) {
		for (i = 0; i < rest->n && (is_separator(rest->p[i]) ||
		    (class_of(rest->p[i]) & SP) != 0); i++)
			;
		*rest = sl_from(*rest, i);
		n = plain_len(*rest, &at);
		if (n > 0 && (n == rest->n || rest->p[n] == ',')) {
			it = (struct item){ .spec = sl_first(*rest, n),
			    .at = at };
			*rest = sl_from(*rest, n);
			break;
		}
		if ((n = named_len(*rest, &it)) > 0) {
			*rest = sl_from(*rest, n);
			break;
		}
		if (!item_next(rest, &it))
			return 0;
		if (it.angle)
			*rest = sl_from(*rest, tail_end(*rest));
		if (is_half_name(&it, *rest))
			return -1;
		if (it.words > 0 || it.angle)
			break;
	}
	return parse_item(a, &it, out) == 0 ? 1 : -1;
}

/* "NOTIFY=NEVER ..." */
static bool
is_param(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n && (ascii_alnum(s.p[i]) || s.p[i] == '-'); i++)
		;
	return i > 0 && i < s.n && s.p[i] == '=';
}

/* Does s begin with an address without brackets?  Then where it ends. */
static bool
is_bare_path(struct slice s, size_t *end)
{
	struct slice rest;
	bool at;

	if (s.p[0] == '<')
		return false;
	*end = word_end(s, 0, &at);
	rest = sl_from(s, skip_gap(s, *end, NULL));
	if (rest.n == 0 || rest.p[0] == ';' || is_param(rest))
		return true;
	return at && rest.p[0] != '<';
}

int
addr_path(struct arena *a, struct slice s, struct addr *out,
    struct slice *params)
{
	struct item it = { .words = 0 };
	size_t end, at;

	s = sl_trim(s);
	*params = sl_from(s, s.n);
	if (s.n == 0)
		it.angle = true;	/* as good as <> */
	else if (plain_len(s, &at) == s.n) {
		it.spec = s;
		it.at = at;
		s = *params;
	} else if (!is_bare_path(s, &end))
		item_next(&s, &it);
	else {
		it.spec = sl_first(s, end);
		s = sl_from(s, end);
	}
	if (parse_item(a, &it, out) == -1)
		return -1;
	s = sl_trim(s);
	if (s.n > 0 && s.p[0] == ';')
		s = sl_trim(sl_from(s, 1));
	*params = s;
	return 0;
}

static struct slice
without_dots(struct slice s)
{
	while (s.n > 0 && s.p[s.n - 1] == '.')
		s.n--;
	return s;
}

/* Nothing over 0x7f in it, and no upper case. */
static bool
is_plain_domain(struct slice d)
{
	size_t i;
	lanes v;

	for (i = 0; i + sizeof(v) <= d.n; i += sizeof(v)) {
		v = lanes_load(d.p + i);
		if (lanes_bits(v | lanes_in(v, 'A', 'Z')) != 0)
			return false;
	}
	for (; i < d.n; i++)
		if ((class_of(d.p[i]) & (HI | UP)) != 0)
			return false;
	return true;
}

struct slice
addr_domain(struct arena *a, struct slice domain)
{
	struct slice d = without_dots(domain);
	char *p;

	if (is_plain_domain(d))
		return d;
	if (!sl_ascii(d) && idn_ascii(a, d, &d))
		return without_dots(d);
	p = arena_bytes(a, d.n);
	ascii_lower_copy(p, d);
	return (struct slice){ p, d.n };
}

const char *
addr_route_name(enum addr_route r)
{
	static const char *const names[] = {
		[ROUTE_NONE] = "none",
		[ROUTE_SOURCE] = "source",
		[ROUTE_PERCENT] = "percent",
		[ROUTE_BANG] = "bang",
		[ROUTE_QUOTED] = "quoted",
		[ROUTE_DOUBLE_AT] = "double-at",
	};

	return names[r];
}

/* The end of a name on the Internet: letters, or an A-label. */
static bool
is_top_label(struct slice s)
{
	size_t i;

	if (sl_istarts(s, SL("xn--")))
		return s.n > 4;
	for (i = 0; i < s.n; i++)
		if (!ascii_alpha(s.p[i]) && (class_of(s.p[i]) & HI) == 0)
			return false;
	return s.n >= 2;
}

/* Is it one, where any word could stand?  A dot in it, or an IP address. */
static bool
looks_like_domain(struct slice d)
{
	size_t i, label = 0;		/* where the last one begins */
	struct ip ip;

	if (ip_parse(d, &ip))
		return true;
	for (i = 0; ; label = ++i) {
		while (i < d.n && (class_of(d.p[i]) & (DM | HI)) != 0)
			i++;
		if (i == label || d.p[label] == '-')
			return false;
		if (i == d.n)
			return label > 0 && is_top_label(sl_from(d, label));
		if (d.p[i] != '.')
			return false;
	}
}

/* The address that the two make, or -1. */
static int
parse_pair(struct arena *a, struct slice local, struct slice domain,
    struct addr *out)
{
	*out = (struct addr){ .null = false };
	if (local.n == 0 || any_of(local, SP))
		return -1;
	return parse_spec(a, arena_fmt(a, SL_FMT "@" SL_FMT, SL_ARG(local),
	    SL_ARG(domain)), out);
}

static bool
is_quoted(struct slice local)
{
	return local.n >= 2 && local.p[0] == '"' &&
	    quoted_end(local, 0) == local.n;
}

/* A local part without its quotes and escapes. */
static struct slice
unquote(struct arena *a, struct slice local)
{
	size_t i, n = 0;
	char *p;

	if (!is_quoted(local))
		return local;
	p = arena_alloc(a, local.n);
	for (i = 1; i + 1 < local.n; i++) {
		if (local.p[i] == '\\')
			i++;
		p[n++] = local.p[i];
	}
	return (struct slice){ p, n };
}

/* a@b@us and "a@b"@us */
static enum addr_route
route_at(struct arena *a, const struct addr *ad, struct addr *in)
{
	struct slice text = unquote(a, ad->local);

	*in = (struct addr){ .null = false };
	if (find_last(text, '@') == NULL || any_of(text, SP) ||
	    parse_spec(a, text, in) == -1 || in->domain.n == 0)
		return ROUTE_NONE;
	return is_quoted(ad->local) ? ROUTE_QUOTED : ROUTE_DOUBLE_AT;
}

/* a%b@us; "%40" is a byte that a mailing list wrote in hex. */
static bool
route_percent(struct arena *a, const struct addr *ad, struct addr *in)
{
	struct slice text = unquote(a, ad->local), domain;
	const char *mark = find_last(text, '%');

	if (mark == NULL)
		return false;
	domain = sl_from(text, (size_t)(mark + 1 - text.p));
	text.n = (size_t)(mark - text.p);
	return looks_like_domain(domain) && !sl_starts(domain, SL("40")) &&
	    parse_pair(a, text, domain, in) == 0;
}

/* b!a@us */
static bool
route_bang(struct arena *a, const struct addr *ad, struct addr *in)
{
	struct slice text = unquote(a, ad->local), domain;

	return sl_cut(&text, '!', &domain) && looks_like_domain(domain) &&
	    parse_pair(a, text, domain, in) == 0;
}

/* One step inwards.  What a tag carries is not where the mail goes. */
static enum addr_route
route_step(struct arena *a, const struct addr *ad, struct addr *in)
{
	enum addr_route r;

	if (ad->route.n > 0) {
		*in = *ad;
		in->route = in->display = (struct slice){ NULL, 0 };
		return ROUTE_SOURCE;
	}
	if ((r = route_at(a, ad, in)) != ROUTE_NONE)
		return r;
	if (addr_tag(a, ad, in) != TAG_NONE)
		return ROUTE_NONE;
	if (route_percent(a, ad, in))
		return ROUTE_PERCENT;
	return route_bang(a, ad, in) ? ROUTE_BANG : ROUTE_NONE;
}

/* Every form needs one of these; most addresses have none. */
static bool
may_hide(const struct addr *ad)
{
	struct slice s = ad->local;
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '%' || s.p[i] == '!' || s.p[i] == '@')
			return true;
	return ad->route.n > 0;
}

enum addr_route
addr_route(struct arena *a, const struct addr *ad, struct addr *target)
{
	enum addr_route first = ROUTE_NONE, r;
	struct addr at, in;
	int i;

	if (!may_hide(ad))
		return ROUTE_NONE;
	at = *ad;
	for (i = 0; i < ROUTE_STEPS; i++) {
		if ((r = route_step(a, &at, &in)) == ROUTE_NONE)
			break;
		if (first == ROUTE_NONE)
			first = r;
		at = in;
	}
	if (first != ROUTE_NONE)
		*target = at;
	return first;
}

/* The key digit, day and hash of prvs=: ten bytes, other makers' 8 to 12. */
static bool
is_batv_key(struct slice s)
{
	size_t i;

	if (s.n < 8 || s.n > 12)
		return false;
	for (i = 0; i < s.n; i++)
		if (i < 3 ? !ascii_digit(s.p[i]) : ascii_hex(s.p[i]) == -1)
			return false;
	return true;
}

/* btv1==KEY==user */
static bool
tag_btv1(struct arena *a, const struct addr *ad, struct addr *inner)
{
	struct slice user = sl_from(ad->local, 6);
	const char *mark = sl_find(user, SL("=="));

	if (mark == NULL)
		return false;
	user = sl_from(user, (size_t)(mark + 2 - user.p));
	return parse_pair(a, user, ad->domain, inner) == 0;
}

/* prvs=KEY=user, prvs=user=KEY */
static bool
tag_prvs(struct arena *a, const struct addr *ad, struct addr *inner)
{
	struct slice user = sl_from(ad->local, 5), key;
	const char *mark = find_last(user, '=');

	if (mark == NULL)
		return false;
	sl_cut(&user, '=', &key);
	if (!is_batv_key(key)) {
		user = between(ad->local, 5, (size_t)(mark - ad->local.p));
		key = sl_from(ad->local, (size_t)(mark + 1 - ad->local.p));
	}
	return is_batv_key(key) && parse_pair(a, user, ad->domain, inner) == 0;
}

/* The byte behind "SRS0" and "SRS1", taken off. */
static bool
srs_sep(struct slice *s)
{
	bool ok = s->n > 0 && strchr("=+-", s->p[0]) != NULL;

	*s = sl_from(*s, 1);
	return ok;
}

/* HHH=TT=dom=user, behind "SRS0=" */
static bool
srs_inner(struct arena *a, struct slice rest, struct addr *inner)
{
	struct slice f;

	return srs_sep(&rest) &&
	    sl_cut(&rest, '=', &f) && sl_cut(&rest, '=', &f) &&
	    sl_cut(&rest, '=', &f) && looks_like_domain(f) &&
	    parse_pair(a, rest, f, inner) == 0;
}

static bool
tag_srs0(struct arena *a, const struct addr *ad, struct addr *inner)
{
	return srs_inner(a, sl_from(ad->local, 4), inner);
}

/* SRS1=HHH=fwd==HHH=TT=dom=user */
static bool
tag_srs1(struct arena *a, const struct addr *ad, struct addr *inner)
{
	struct slice rest = sl_from(ad->local, 4), f;

	return srs_sep(&rest) &&
	    sl_cut(&rest, '=', &f) && sl_cut(&rest, '=', &f) &&
	    srs_inner(a, rest, inner);
}

/* A number; "8c8b98.c"; or the four hex digits behind one of these. */
static bool
is_serial(struct slice s, bool second)
{
	bool digits = s.n > 0, dot = false;
	size_t i;

	for (i = 0; i < s.n; i++) {
		dot = dot || s.p[i] == '.';
		digits = digits && ascii_digit(s.p[i]);
		if (s.p[i] != '.' && ascii_hex(s.p[i]) == -1)
			return false;
	}
	return digits || (dot && ascii_digit(s.p[0])) ||
	    (second && !dot && s.n == 4);
}

/* "123-1a2b-": what senders of bulk mail put before the address. */
static bool
skip_serials(struct slice *s)
{
	struct slice rest = *s, f;
	bool found = false;

	while (sl_cut(&rest, '-', &f) && rest.n > 0 && is_serial(f, found)) {
		*s = rest;
		found = true;
	}
	return found;
}

/* "bounces-" */
static bool
after_bounce_word(struct slice *s)
{
	static const char *const words[] = {
		"bounce-", "bounces-", "errors-", "owner-", "return-",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (sl_istarts(*s, sl(words[i]))) {
			*s = sl_from(*s, strlen(words[i]));
			return true;
		}
	return false;
}

/* What stands behind the list's own name: after "+", "-123-", "bounces-". */
static bool
verp_user(struct slice *s)
{
	struct slice rest = *s, f;
	const char *mark = memchr(s->p, '+', s->n);
	bool found = mark != NULL;

	if (found)
		rest = sl_from(*s, (size_t)(mark + 1 - s->p));
	for (*s = rest; rest.n > 0; sl_cut(&rest, '-', &f)) {
		if (!found && after_bounce_word(&rest)) {
			*s = rest;
			found = true;
		}
		if (skip_serials(&rest)) {
			*s = rest;
			return true;
		}
	}
	return found || memchr(s->p, '-', s->n) == NULL;
}

/* list-bounces+user=dom, bounces-123-user=dom, bounce-list=user=dom */
static bool
tag_verp(struct arena *a, const struct addr *ad, struct addr *inner)
{
	struct slice user = ad->local, domain;
	const char *mark = find_last(user, '=');

	if (mark == NULL)
		return false;
	domain = sl_from(user, (size_t)(mark + 1 - user.p));
	user.n = (size_t)(mark - user.p);
	if ((mark = find_last(user, '=')) != NULL)
		user = sl_from(user, (size_t)(mark + 1 - user.p));
	else if (!verp_user(&user))
		return false;
	return looks_like_domain(domain) &&
	    parse_pair(a, user, domain, inner) == 0;
}

/* How a tag begins; what begins like none of them may be VERP. */
static const struct {
	const char	*head;
	enum addr_tag	 tag;
	bool		(*read)(struct arena *, const struct addr *,
			    struct addr *);
} tags[] = {
	{ "prvs=", TAG_BATV, tag_prvs },
	{ "btv1==", TAG_BATV, tag_btv1 },
	{ "SRS0", TAG_SRS, tag_srs0 },
	{ "SRS1", TAG_SRS, tag_srs1 },
	{ "", TAG_VERP, tag_verp },
};

enum addr_tag
addr_tag(struct arena *a, const struct addr *ad, struct addr *inner)
{
	struct addr in;
	size_t i;

	if (find_last(ad->local, '=') == NULL || ad->local.p[0] == '"')
		return TAG_NONE;
	for (i = 0; !sl_istarts(ad->local, sl(tags[i].head)); i++)
		;
	if (!tags[i].read(a, ad, &in))
		return TAG_NONE;
	*inner = in;
	return tags[i].tag;
}

/*
 * Is the character at p of that class?  Each has one byte, or two: UTF-16LE
 * is ASCII with NULs between.
 */
static inline bool
is_wide_of(const char *p, size_t wide, unsigned classmask)
{
	return (class_of(p[0]) & classmask) != 0 &&
	    (wide == 1 || p[1] == '\0');
}

/*
 * The text around the @ at byte i, one byte a character: as far as it is of
 * an address, and nothing when that is longer than one.
 */
static inline size_t
text_around(struct slice s, size_t i, size_t wide, char *text, size_t *at)
{
	const char *p = s.p + i;
	size_t room = i / wide, left = 0, right = 0, k;

	if (room > SCAN_ADDR_MAX + 1)
		room = SCAN_ADDR_MAX + 1;
	while (left < room && is_wide_of(p - (left + 1) * wide, wide, AT | DT))
		left++;
	room = (s.n - i) / wide - 1;
	if (room > SCAN_ADDR_MAX + 1)
		room = SCAN_ADDR_MAX + 1;
	while (right < room && is_wide_of(p + (right + 1) * wide, wide,
	    DM | DT))
		right++;
	if (left == 0 || right == 0 || left > SCAN_ADDR_MAX ||
	    right > SCAN_ADDR_MAX)
		return 0;
	*at = left;
	p -= left * wide;
	for (k = 0; k < left + 1 + right; k++)
		text[k] = p[k * wide];
	return k;
}

/* Trim what binary data put beside it; is it an address then? */
static bool
scan_trim(struct slice *local, struct slice *domain)
{
	while (local->n > 0 && !ascii_alnum(local->p[0]) &&
	    local->p[0] != '_')
		*local = sl_from(*local, 1);
	while (domain->n > 0 && !ascii_alnum(domain->p[domain->n - 1]))
		domain->n--;
	return local->n > 0 && local->p[local->n - 1] != '.' &&
	    local->n + 1 + domain->n <= SCAN_ADDR_MAX &&
	    ascii_alpha(domain->n > 0 ? domain->p[domain->n - 1] : '0') &&
	    looks_like_domain(*domain);
}

/* The addresses found. */
struct hits {
	struct slice	*v;
	size_t		 n;
};

static bool
is_hit(const struct hits *h, struct slice s)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (sl_eq(h->v[i], s))
			return true;
	return false;
}

/*
 * A counted string has its length in front, and a length can look like a
 * letter: "D" before 34 characters of two bytes.  With or without the NUL
 * at its end.
 */
static bool
is_count(char c, size_t n)
{
	return (unsigned char)c == 2 * n || (unsigned char)c == 2 * (n + 1);
}

/* Keep the address around the @ at byte i, if it is one and new. */
static void
scan_at(struct arena *a, struct slice bytes, size_t i, struct hits *h)
{
	bool wide = i + 1 < bytes.n && bytes.p[i + 1] == '\0';
	char text[2 * SCAN_ADDR_MAX + 1];
	struct slice local, domain, found;
	size_t n, at, k;

	n = wide ? text_around(bytes, i, 2, text, &at) :
	    text_around(bytes, i, 1, text, &at);
	if (n == 0)
		return;
	k = at > 1 && wide && is_count(text[0], n - 1);
	local = (struct slice){ text + k, at - k };
	domain = (struct slice){ text + at + 1, n - at - 1 };
	if (!scan_trim(&local, &domain))
		return;
	ascii_lower_copy(text + at + 1, domain);
	found = (struct slice){ local.p, local.n + 1 + domain.n };
	if (!is_hit(h, found))
		h->v[h->n++] = arena_dup(a, found);
}

size_t
addr_scan(struct arena *a, struct slice bytes, struct slice *found,
    size_t max)
{
	struct hits h = { .v = found };
	const char *p = bytes.p, *end;

	if (bytes.n == 0)
		return 0;
	end = p + bytes.n;
	while (h.n < max && (p = memchr(p, '@', (size_t)(end - p))) != NULL) {
		scan_at(a, bytes, (size_t)(p - bytes.p), &h);
		p++;
	}
	return h.n;
}

struct addr
addr_scanned(struct slice found)
{
	const char *at = memchr(found.p, '@', found.n);
	size_t n = (size_t)(at - found.p);

	return (struct addr){ .spec = found, .local = sl_first(found, n),
	    .domain = sl_from(found, n + 1) };
}

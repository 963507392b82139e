#include <stdio.h>

#include "base/ip.h"
#include "site/import.h"

/*
 * A .reg export of MSExchangeIMC\Parameters: the relay lists of Exchange
 * 5.5, and its turf filters.  windows-spools 1.7, Q193922.
 */
#define FLAG_DENY	1
#define FLAG_ALLOW	2
#define FLAG_LOCAL	4
#define FLAG_AUTH	8

struct multi {			/* a MULTI_SZ */
	struct slice	*v;
	size_t		 n, cap;
	size_t		 line;
};

struct reg {
	struct import	*in;
	bool		 wide;		/* MULTI_SZ is UTF-16: version 5 */
	bool		 inside;	/* the key we look for */
	bool		 seen, has_flags;
	uint64_t	 flags;
	size_t		 flags_line;
	struct multi	 deny, allow, local, turf;
};

/* The bytes of "31,00,30,..."; blanks and line ends between them. */
static int
hex_bytes(struct reg *r, struct slice s, size_t line, struct buf *out)
{
	struct slice part;

	while (sl_cut(&s, ',', &part)) {
		part = sl_trim(part);
		if (part.n == 0 && s.n == 0)
			break;
		if (part.n != 2 || ascii_hex(part.p[0]) == -1 ||
		    ascii_hex(part.p[1]) == -1)
			return import_fail(r->in, line, "'" SL_FMT
			    "' is no byte", SL_ARG(sl_first(part, 20)));
		buf_addc(out, (char)(ascii_hex(part.p[0]) << 4 |
		    ascii_hex(part.p[1])));
	}
	return 0;
}

static int
take_multi(struct reg *r, struct multi *m, struct slice value, size_t line)
{
	size_t step = r->wide ? 2 : 1, i;
	struct buf bytes = { 0 }, text = { 0 };
	struct slice rest, s;

	if (!sl_istarts(value, SL("hex(7):")))
		return import_fail(r->in, line, "no list of strings (hex(7))");
	if (hex_bytes(r, sl_from(value, 7), line, &bytes) == -1) {
		buf_free(&bytes);
		return -1;
	}
	for (i = 0; i + step <= bytes.n; i += step)
		buf_addc(&text, step == 2 && bytes.p[i + 1] != 0 ? '?' :
		    bytes.p[i]);
	rest = arena_dup(r->in->a, buf_sl(&text));
	m->n = 0;
	m->line = line;
	while (sl_cut(&rest, '\0', &s))
		if (sl_trim(s).n > 0)
			*(struct slice *)arena_more(r->in->a, &m->v, &m->n,
			    &m->cap, sizeof(s)) = sl_trim(s);
	buf_free(&bytes);
	buf_free(&text);
	return 0;
}

static int
take_flags(struct reg *r, struct slice value, size_t line)
{
	size_t i;

	if (!sl_istarts(value, SL("dword:")) || value.n < 7 || value.n > 14)
		return import_fail(r->in, line, "RelayFlags is no dword");
	r->flags = 0;
	for (i = 6; i < value.n; i++) {
		if (ascii_hex(value.p[i]) == -1)
			return import_fail(r->in, line,
			    "RelayFlags is no dword");
		r->flags = r->flags << 4 | (unsigned)ascii_hex(value.p[i]);
	}
	r->has_flags = true;
	r->flags_line = line;
	return 0;
}

static int
take_value(struct reg *r, struct slice name, struct slice value, size_t line)
{
	const struct {
		struct slice	 name;
		struct multi	*to;
	} lists[] = {
		{ SL("RelayDenyList"), &r->deny },
		{ SL("RelayAllowList"), &r->allow },
		{ SL("RelayLocalIPList"), &r->local },
		{ SL("TurfTable"), &r->turf },
	};
	size_t i;

	if (sl_ieq(name, SL("RelayFlags")))
		return take_flags(r, value, line);
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (sl_ieq(name, lists[i].name))
			return take_multi(r, lists[i].to, value, line);
	return 0;
}

/* A hive has one of these for each of its control sets. */
static void
begin_key(struct reg *r, size_t line)
{
	if (r->seen)
		import_note(r->in, line, "another MSExchangeIMC\\Parameters: "
		    "the last one counts");
	*r = (struct reg){ .in = r->in, .wide = r->wide, .inside = true,
	    .seen = true };
}

/* The bytes up to the '"' that ends a name; s.n: there is none. */
static size_t
quoted(struct slice s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] != '"')
		n += s.p[n] == '\\' ? 2 : 1;
	return n < s.n ? n : s.n;
}

static int
take_line(struct reg *r, struct slice s, size_t line)
{
	struct slice name;

	if (s.p[0] == '[') {
		r->inside = sl_iends(s,
		    SL("\\MSExchangeIMC\\Parameters]"));
		if (r->inside)
			begin_key(r, line);
		return 0;
	}
	if (!r->inside || s.p[0] != '"')
		return 0;
	s = sl_from(s, 1);
	name = sl_first(s, quoted(s));
	if (name.n == s.n)
		return import_fail(r->in, line, "no \" at the end of a name");
	s = sl_trim(sl_from(s, name.n + 1));
	if (s.n == 0 || s.p[0] != '=')
		return import_fail(r->in, line, "no '=' behind a name");
	return take_value(r, name, sl_trim(sl_from(s, 1)), line);
}

/* A line that ends in a backslash goes on in the next one. */
static int
read_lines(struct reg *r)
{
	struct slice rest = r->in->text, line;
	struct buf whole = { 0 };
	size_t number = 0, first = 0;
	int ret = 0;

	while (ret == 0 && sl_line(&rest, &line)) {
		number++;
		line = sl_trim(line);
		if (whole.n == 0)
			first = number;
		if (line.n > 0 && line.p[line.n - 1] == '\\' &&
		    (whole.n > 0 || line.p[0] == '"')) {
			buf_add(&whole, sl_first(line, line.n - 1));
			continue;
		}
		buf_add(&whole, line);
		if (whole.n > 0 && whole.p[0] != ';')
			ret = take_line(r, arena_dup(r->in->a,
			    buf_sl(&whole)), first);
		whole.n = 0;
	}
	if (ret == 0 && whole.n > 0)
		ret = import_fail(r->in, first, "the file ends within a "
		    "value");
	buf_free(&whole);
	return ret;
}

/* ---- rules ---- */

/* "net[;mask]" matches when (address AND mask) is net, bit for bit. */
static int
put_list(struct reg *r, const struct multi *m, const char *action,
    const char *cond, const char *what)
{
	struct ipnet net;
	struct ip ip;
	struct slice rest, head = SL("");
	char text[IP_TEXT];
	size_t i;

	if (m->line == 0)
		import_note(r->in, r->flags_line, "RelayFlags asks for %s, "
		    "which is not there: taken for empty", what);
	for (i = 0; i < m->n; i++) {
		rest = m->v[i];
		sl_cut(&rest, ';', &head);
		if (!ipnet_parse(m->v[i], &net) ||
		    !ip_parse(sl_trim(head), &ip) || !ip_is_v4(&ip))
			return import_fail(r->in, m->line, "%s: '" SL_FMT
			    "' is no net;mask", what,
			    SL_ARG(sl_first(m->v[i], 60)));
		if (!ip_eq(&ip, &net.ip)) {
			import_note(r->in, m->line, "%s: '" SL_FMT "' has "
			    "bits outside its mask, and never matches", what,
			    SL_ARG(m->v[i]));
			continue;
		}
		buf_fmt(r->in->rules, "%s %s %s/%u", action, cond,
		    ip_str(&net.ip, text), net.bits - 96);
		import_origin(r->in, m->line, sl(what));
	}
	return 0;
}

static void
put(struct reg *r, const char *rule, const char *what)
{
	buf_add(r->in->rules, sl(rule));
	import_origin(r->in, r->flags_line, sl(what));
}

static int
put_flags(struct reg *r)
{
	if (((r->flags & FLAG_DENY) != 0 && put_list(r, &r->deny, "refuse",
	    "client", "RelayDenyList") == -1) ||
	    ((r->flags & FLAG_ALLOW) != 0 && put_list(r, &r->allow, "permit",
	    "client", "RelayAllowList") == -1) ||
	    ((r->flags & FLAG_LOCAL) != 0 && put_list(r, &r->local, "permit",
	    "connected", "RelayLocalIPList") == -1))
		return -1;
	if ((r->flags & FLAG_AUTH) != 0)
		put(r, "permit authenticated", "RelayFlags 8");
	put(r, r->flags == FLAG_DENY ? "permit" : "refuse", "RelayFlags");
	return 0;
}

/* As a pattern of LIKE, which tells A from a no more than Exchange does. */
static struct slice
pattern(struct reg *r, struct slice s)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '_' || s.p[i] == '%')
			buf_addc(&b, '~');	/* no shell minds */
		buf_addc(&b, s.p[i]);
	}
	s = arena_dup(r->in->a, buf_sl(&b));
	buf_free(&b);
	return s;
}

static bool
is_filter(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) &&
		    strchr("@._%#+=-[]", s.p[i]) == NULL)
			return false;
	return s.n <= 100;
}

/* A filter as a condition on the entries of a case.  Q193437, Q247296. */
static void
note_turf(struct reg *r, struct slice s)
{
	struct slice user, dom = s, like = pattern(r, s);
	const char *end = like.n > s.n ? " ESCAPE '~'" : "";
	struct ip ip;

	sl_cut(&dom, '@', &user);
	if (!is_filter(s) || sl_eq(s, SL("@")) ||
	    (sl_starts(dom, SL("[")) && !ip_parse(dom, &ip))) {
		import_note(r->in, r->turf.line, "TurfTable: '" SL_FMT
		    "' is not understood", SL_ARG(sl_first(s, 60)));
		return;
	}
	if (sl_eq(s, SL("."))) {
		import_note(r->in, r->turf.line, "TurfTable: -w \"sender = "
		    "'<>'\"");
		return;
	}
	like = pattern(r, user);
	if (user.n == s.n)
		import_note(r->in, r->turf.line, "TurfTable: -w \"sender "
		    "LIKE '" SL_FMT "@%%'%s\"", SL_ARG(like), end);
	else if (sl_starts(dom, SL("[")))
		import_note(r->in, r->turf.line, "TurfTable: -w \"client = '"
		    "%.*s'%s" SL_FMT "%s%s\"", (int)dom.n - 2, dom.p + 1,
		    user.n > 0 ? " AND sender LIKE '" : "", SL_ARG(like),
		    user.n > 0 ? "@%'" : "", end);
	else if (user.n == 0)
		import_note(r->in, r->turf.line, "TurfTable: -w \"sender "
		    "LIKE '%%@" SL_FMT "'%s OR sender LIKE '%%." SL_FMT
		    "'%s\"", SL_ARG(pattern(r, dom)), end,
		    SL_ARG(pattern(r, dom)), end);
	else
		import_note(r->in, r->turf.line, "TurfTable: -w \"sender "
		    "LIKE '" SL_FMT "@" SL_FMT "'%s\"",
		    SL_ARG(sl_eq(user, SL("#")) ? SL("%") : like),
		    SL_ARG(pattern(r, dom)), end);
}

int
import_reg(struct import *in)
{
	struct reg r = { .in = in };
	size_t i;

	r.wide = sl_find(in->text, SL("REGEDIT4")) == NULL;
	if (read_lines(&r) == -1)
		return -1;
	if (!r.seen)
		return import_fail(in, 1, "has no key "
		    "MSExchangeIMC\\Parameters");
	put(&r, "permit recipient ours", "inbound domains");
	import_note(in, 0, "the routing table is not in the registry: mail to "
	    "local and relay domains of site.conf is inbound");
	for (i = 0; i < r.turf.n; i++)
		note_turf(&r, r.turf.v[i]);
	if (r.has_flags)
		return put_flags(&r);
	import_note(in, 0, "no RelayFlags: relaying is not restricted");
	put(&r, "permit", "no RelayFlags");
	return 0;
}

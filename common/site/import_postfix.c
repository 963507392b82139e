#include <stdio.h>
#include <stdlib.h>

#include "base/ip.h"
#include "site/import.h"

#define DEPTH_MAX	20	/* $names inside $names, lists inside lists */
#define TABLE_MAX	20000	/* entries of an access table */
#define VALUE_MAX	(1024 * 1024)	/* bytes of a value, expanded */

/* A parameter; the last one of a name counts. */
struct param {
	struct slice	name, value;
	size_t		line;
};

struct main_cf {
	struct import	*in;
	struct param	*v;
	size_t		 n, cap;
	bool		 unread;	/* of a list: some of it is not known */
	bool		 hole;		/* nor what is taken out of the rest */
};

static const struct {
	const char	*name, *value;
} defaults[] = {
	{ "config_directory", "/etc/postfix" },
	{ "default_database_type", "hash" },
	{ "mydestination", "$myhostname, localhost.$mydomain, localhost" },
	{ "mynetworks", "127.0.0.0/8 [::1]/128" },
	{ "smtpd_relay_restrictions", "permit_mynetworks, "
	    "permit_sasl_authenticated, defer_unauth_destination" },
	{ "virtual_alias_domains", "$virtual_alias_maps" },
	{ "virtual_mailbox_domains", "$virtual_mailbox_maps" },
	{ "myhostname", "localhost" },
	{ "myorigin", "$myhostname" },
	{ "parent_domain_matches_subdomains", "debug_peer_list,"
	    "fast_flush_domains,mynetworks,permit_mx_backup_networks,"
	    "qmqpd_authorized_clients,relay_domains,smtpd_access_maps" },
};

/* ---- parameters ---- */

static int
add_param(struct main_cf *m, struct slice text, size_t line)
{
	const char *eq = memchr(text.p, '=', text.n);
	struct param p = { .line = line };

	if (eq == NULL)
		return import_fail(m->in, line, "no 'name = value'");
	p.name = sl_trim(sl_first(text, (size_t)(eq - text.p)));
	p.value = sl_trim(sl_from(text, (size_t)(eq - text.p) + 1));
	if (p.name.n == 0)
		return import_fail(m->in, line, "no 'name = value'");
	*(struct param *)arena_more(m->in->a, &m->v, &m->n, &m->cap,
	    sizeof(p)) = p;
	return 0;
}

/* Comments and blank lines may stand between a line and what continues it. */
static int
read_params(struct main_cf *m)
{
	struct slice rest = m->in->text, line, t;
	struct buf value = { 0 };
	size_t number = 0, first = 0;
	int r = 0;

	while (r == 0 && sl_line(&rest, &line)) {
		number++;
		t = sl_trim(line);
		if (t.n == 0 || t.p[0] == '#')
			continue;
		if (memchr(t.p, '\0', t.n) != NULL)
			r = import_fail(m->in, number, "a NUL byte: this is "
			    "not text");
		else if (ascii_space(line.p[0])) {
			if (value.n == 0)
				r = import_fail(m->in, number,
				    "continues nothing");
			buf_addc(&value, ' ');
		} else {
			if (value.n > 0)
				r = add_param(m, arena_dup(m->in->a,
				    buf_sl(&value)), first);
			value.n = 0;
			first = number;
		}
		buf_add(&value, t);
	}
	if (r == 0 && value.n > 0)
		r = add_param(m, arena_dup(m->in->a, buf_sl(&value)), first);
	buf_free(&value);
	return r;
}

static struct param
find(const struct main_cf *m, struct slice name)
{
	struct param none = { .name = name };
	struct slice dot;
	size_t i;

	for (i = m->n; i > 0; i--)
		if (sl_eq(m->v[i - 1].name, name))
			return m->v[i - 1];
	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (sl_eq(name, sl(defaults[i].name)))
			none.value = sl(defaults[i].value);
	if (sl_eq(name, SL("mydomain"))) {
		dot = find(m, SL("myhostname")).value;
		if (dot.n > 0 && memchr(dot.p, '.', dot.n) != NULL)
			sl_cut(&dot, '.', &(struct slice){ NULL, 0 });
		none.value = dot;
	}
	return none;
}

static int	expand(struct main_cf *m, struct slice s, size_t line,
		    int depth, struct buf *out);

/* What stands behind '$': "name", "(name)", "{name}", "{name?text}". */
static int
expand_name(struct main_cf *m, struct slice *s, size_t line, int depth,
    struct buf *out)
{
	char close = s->n > 0 && s->p[0] == '(' ? ')' :
	    s->n > 0 && s->p[0] == '{' ? '}' : '\0';
	struct slice name;
	size_t n = 0, deep = 0;
	struct param p;

	if (close != '\0') {
		for (n = 1; n < s->n && (deep > 0 || s->p[n] != close); n++) {
			if (s->p[n] == '{')
				deep++;
			else if (s->p[n] == '}' && deep > 0)
				deep--;
		}
		if (n == s->n)
			return import_fail(m->in, line, "no '%c' behind '$%c'",
			    close, s->p[0]);
		name = sl_trim((struct slice){ s->p + 1, n - 1 });
		*s = sl_from(*s, n + 1);
	} else {
		while (n < s->n && (ascii_alnum(s->p[n]) || s->p[n] == '_'))
			n++;
		name = sl_first(*s, n);
		*s = sl_from(*s, n);
	}
	for (n = 0; n < name.n; n++)
		if (!ascii_alnum(name.p[n]) && name.p[n] != '_')
			return import_fail(m->in, line,
			    "'$" SL_FMT "': conditional values are not read; "
			    "give the output of postconf -nx", SL_ARG(name));
	p = find(m, name);
	return expand(m, p.value, p.line != 0 ? p.line : line, depth + 1,
	    out);
}

static int
expand(struct main_cf *m, struct slice s, size_t line, int depth,
    struct buf *out)
{
	struct slice head;

	if (depth > DEPTH_MAX)
		return import_fail(m->in, line, "values inside values, more "
		    "than %d deep", DEPTH_MAX);
	while (s.n > 0) {
		if (s.p[0] != '$') {
			const char *dollar = memchr(s.p, '$', s.n);

			head = dollar == NULL ? s :
			    sl_first(s, (size_t)(dollar - s.p));
			s = sl_from(s, head.n);
			buf_add(out, head);
		} else if (s.n > 1 && s.p[1] == '$') {
			buf_addc(out, '$');
			s = sl_from(s, 2);
		} else {
			s = sl_from(s, 1);
			if (expand_name(m, &s, line, depth, out) == -1)
				return -1;
		}
		if (out->n > VALUE_MAX)
			return import_fail(m->in, line, "a value of more "
			    "than %d bytes", VALUE_MAX);
	}
	return 0;
}

/* The value of a parameter, expanded, in the arena. */
static int
get(struct main_cf *m, const char *name, struct slice *out, size_t *line)
{
	struct param p = find(m, sl(name));
	struct buf b = { 0 };
	int r = expand(m, p.value, p.line, 0, &b);

	*out = arena_dup(m->in->a, buf_sl(&b));
	*line = p.line;
	buf_free(&b);
	return r;
}

static bool
is_yes(struct main_cf *m, const char *name)
{
	struct slice v;
	size_t line;

	return get(m, name, &v, &line) == 0 && sl_ieq(v, SL("yes"));
}

/* Is name in the list of such things that match subdomains? */
static bool
has_parents(struct main_cf *m, const char *name)
{
	struct slice v, part, word;
	size_t line;

	if (get(m, "parent_domain_matches_subdomains", &v, &line) == -1)
		return false;
	while (sl_cut(&v, ',', &part))
		while (sl_word(&part, &word))
			if (sl_eq(word, sl(name)))
				return true;
	return false;
}

/* The next word of a list; "{...}" is one.  postconf(5). */
static bool
next_item(struct slice *rest, struct slice *item)
{
	size_t n = 0, deep = 0;

	while (rest->n > 0 && (ascii_space(rest->p[0]) || rest->p[0] == ','))
		*rest = sl_from(*rest, 1);
	for (; n < rest->n; n++) {
		if (rest->p[n] == '{')
			deep++;
		else if (rest->p[n] == '}' && deep > 0)
			deep--;
		else if (deep == 0 &&
		    (ascii_space(rest->p[n]) || rest->p[n] == ','))
			break;
	}
	*item = sl_first(*rest, n);
	*rest = sl_from(*rest, n);
	return n > 0;
}

/* ---- tables ---- */

/* What an access table says of a key. */
enum verdict { PASS, PERMIT, REFUSE };

struct entry {
	struct slice	key;
	enum verdict	verdict;
	size_t		line;
	struct ipnet	net;
	bool		is_net, not;
};

struct table {
	struct entry	*v;
	size_t		 n, cap;
	bool		 keys;		/* no access table: values do not count */
};

static enum verdict
access_verdict(struct main_cf *m, size_t line, struct slice s)
{
	static const struct {
		struct slice	word;
		enum verdict	v;
	} words[] = {
		{ SL("OK"), PERMIT }, { SL("PERMIT"), PERMIT },
		{ SL("REJECT"), REFUSE }, { SL("DEFER"), REFUSE },
		{ SL("DISCARD"), REFUSE }, { SL("DUNNO"), PASS },
		{ SL("HOLD"), PASS }, { SL("WARN"), PASS },
		{ SL("INFO"), PASS }, { SL("PREPEND"), PASS },
		{ SL("FILTER"), PASS }, { SL("REDIRECT"), PASS },
		{ SL("BCC"), PASS },
	};
	struct slice word = { NULL, 0 };
	uint64_t n;
	size_t i;

	sl_word(&s, &word);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (sl_ieq(word, words[i].word))
			return words[i].v;
	if (word.n == 3 && (word.p[0] == '4' || word.p[0] == '5') &&
	    sl_num(word, 599, &n))
		return REFUSE;
	if (word.n > 0 && sl_num(word, UINT64_MAX, &n))
		return PERMIT;
	import_note(m->in, line, "'" SL_FMT "' in a table is not understood, "
	    "taken for DUNNO", SL_ARG(sl_first(word, 40)));
	return PASS;
}

static void
add_entry(struct main_cf *m, struct table *t, struct entry e)
{
	*(struct entry *)arena_more(m->in->a, &t->v, &t->n, &t->cap,
	    sizeof(e)) = e;
}

/* "10.1" is 10.1.0.0/16, "2001:db8" the same with groups; else no net. */
static bool
prefix_net(struct slice key, struct ipnet *net)
{
	char text[80];
	size_t i, dots = 0, colons = 0;

	if (ipnet_parse(key, net))
		return memchr(key.p, '/', key.n) == NULL;
	if (key.n == 0 || key.n > 40)
		return false;
	for (i = 0; i < key.n; i++) {
		if (key.p[i] == '.')
			dots++;
		else if (key.p[i] == ':')
			colons++;
		else if (ascii_hex(key.p[i]) == -1)
			return false;
	}
	if (colons == 0 && dots < 3)
		snprintf(text, sizeof(text), "%.*s%s/%zu", (int)key.n, key.p,
		    &".0.0.0"[dots * 2], 8 * (dots + 1));
	else if (colons > 0 && dots == 0)
		snprintf(text, sizeof(text), "%.*s::/%zu", (int)key.n, key.p,
		    16 * (colons + 1));
	else
		return false;
	return ipnet_parse(sl(text), net);
}

/* A line of an indexed table's text: "key value". */
static void
add_indexed(struct main_cf *m, struct table *t, struct slice s, size_t line)
{
	struct entry e = { .line = line };

	sl_word(&s, &e.key);
	e.is_net = prefix_net(e.key, &e.net);
	if (!t->keys)
		e.verdict = access_verdict(m, line, sl_trim(s));
	add_entry(m, t, e);
}

/* Postfix takes "net/bits" with nothing set behind the bits; no mask. */
static int
check_net(struct main_cf *m, size_t line, struct slice s, struct slice said,
    struct ipnet *net)
{
	struct slice rest = s, head;
	struct ip ip;

	sl_cut(&rest, '/', &head);
	if (!ipnet_parse(s, net) || !ip_parse(head, &ip) ||
	    (rest.n > 0 && memchr(rest.p, '.', rest.n) != NULL))
		return import_fail(m->in, line, "'" SL_FMT
		    "' is not a network or address", SL_ARG(said));
	if (!ip_eq(&ip, &net->ip))
		return import_fail(m->in, line, "'" SL_FMT
		    "' has bits outside its mask", SL_ARG(said));
	return 0;
}

static int
add_cidr(struct main_cf *m, struct table *t, struct slice s, size_t line)
{
	struct entry e = { .line = line, .is_net = true };

	sl_word(&s, &e.key);
	if (sl_ieq(e.key, SL("if")) || sl_ieq(e.key, SL("endif")))
		return import_fail(m->in, line,
		    "if and endif of a cidr table are not read");
	if (e.key.p[0] == '!') {
		e.not = true;
		e.key = sl_from(e.key, 1);
	}
	if (check_net(m, line, e.key, e.key, &e.net) == -1)
		return -1;
	if (!t->keys)
		e.verdict = access_verdict(m, line, sl_trim(s));
	add_entry(m, t, e);
	return 0;
}

/* Logical lines of a table's text. */
static int
read_table(struct main_cf *m, struct table *t, struct slice text, bool cidr)
{
	struct slice line, s;
	struct buf b = { 0 };
	size_t number = 0, first = 0;
	int r = 0;

	for (;;) {
		bool more = sl_line(&text, &line);

		number++;
		s = more ? sl_trim(line) : (struct slice){ NULL, 0 };
		if (more && (s.n == 0 || s.p[0] == '#'))
			continue;
		if (more && ascii_space(line.p[0])) {
			buf_addc(&b, ' ');
			buf_add(&b, s);
			continue;
		}
		if (b.n > 0) {
			s = arena_dup(m->in->a, buf_sl(&b));
			if (!cidr)
				add_indexed(m, t, s, first);
			else if ((r = add_cidr(m, t, s, first)) == -1)
				break;
		}
		if (!more)
			break;
		b.n = 0;
		first = number;
		buf_add(&b, sl_trim(line));
	}
	buf_free(&b);
	return r;
}

/* inline:{ {key = value}, key=value } */
static void
read_inline(struct main_cf *m, struct table *t, struct slice s, size_t line)
{
	struct slice item, key;

	s = sl_trim(s);
	if (s.n >= 2 && s.p[0] == '{')
		s = (struct slice){ s.p + 1, s.n - 2 };
	while (next_item(&s, &item)) {
		if (item.n >= 2 && item.p[0] == '{')
			item = (struct slice){ item.p + 1, item.n - 2 };
		if (!sl_cut(&item, '=', &key))
			continue;
		add_indexed(m, t, arena_fmt(m->in->a, SL_FMT " " SL_FMT,
		    SL_ARG(sl_trim(key)), SL_ARG(sl_trim(item))), line);
	}
}

/* "proxy:type:name" is the table itself, asked by another process. */
static struct slice
unproxied(struct slice name)
{
	return sl_from(name, sl_starts(name, SL("proxy:")) ? 6 : 0);
}

/* "type:name": 1 when read, 0 when it cannot be (and a note says so), -1. */
static int
open_table(struct main_cf *m, struct slice name, size_t line,
    struct table *t)
{
	static const struct slice indexed[] = { SL("hash"), SL("btree"),
	    SL("lmdb"), SL("cdb"), SL("dbm"), SL("sdbm"), SL("texthash") };
	struct slice rest = unproxied(name), type, text;
	const char *was = m->in->path, *file;
	bool text_form = false;
	size_t i;
	int r;

	if (!sl_cut(&rest, ':', &type) || rest.n == 0)
		return import_fail(m->in, line, "'" SL_FMT
		    "' is no table", SL_ARG(sl_first(name, 80)));
	for (i = 0; i < sizeof(indexed) / sizeof(indexed[0]); i++)
		text_form |= sl_eq(type, indexed[i]);
	if (sl_eq(type, SL("inline"))) {
		read_inline(m, t, rest, line);
		return 1;
	}
	if (!text_form && !sl_eq(type, SL("cidr"))) {
		import_note(m->in, line, "a " SL_FMT " table is not read: "
		    "what it says is not known", SL_ARG(sl_first(type, 20)));
		return 0;
	}
	if ((r = import_file(m->in, line, rest, &file, &text)) != 1)
		return r;
	m->in->path = file;		/* whose lines these are */
	r = read_table(m, t, text, !text_form) == -1 ? -1 : 1;
	m->in->path = was;
	return r;
}

/* ---- lists of networks and domains ---- */

static int	add_items(struct main_cf *m, struct buf *out,
		    struct slice list, size_t line, bool nets, bool parents,
		    bool out_of, int depth);

/* "/path": a file with more of the same; "!/path": the contrary of it. */
static int
add_file(struct main_cf *m, struct buf *out, struct slice path, size_t line,
    bool nets, bool parents, bool not, int depth)
{
	struct slice text, l;
	const char *was = m->in->path, *file;
	int r = import_file(m->in, line, path, &file, &text);

	m->unread |= r == 0;
	m->hole |= r == 0 && not;
	if (r != 1)
		return r;
	r = 0;
	m->in->path = file;
	for (line = 1; r == 0 && sl_line(&text, &l); line++) {
		l = sl_trim(l);
		if (l.n > 0 && l.p[0] != '#')
			r = add_items(m, out, l, line, nets, parents, not,
			    depth + 1);
	}
	m->in->path = was;
	return r;
}

/* "type:table": its keys. */
static int
add_table(struct main_cf *m, struct buf *out, struct slice name,
    size_t line, bool nets, bool parents, bool not)
{
	struct table t = { .keys = true };
	size_t i;
	int r = open_table(m, name, line, &t);

	if (r == -1)
		return -1;
	m->unread |= r == 0;
	m->hole |= r == 0 && not;
	for (i = 0; i < t.n; i++)
		if (t.v[i].is_net == nets)
			buf_fmt(out, " %s%s" SL_FMT, not ? "!" : "",
			    nets || parents ? "" : "=", SL_ARG(t.v[i].key));
	return 0;
}

static bool
is_domain_word(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '.' && s.p[i] != '-' &&
		    s.p[i] != '_' && (unsigned char)s.p[i] < 0x80)
			return false;
	return s.n > 0;
}

/* One pattern of mynetworks: "[2001:db8::]/32" loses its brackets. */
static int
add_net(struct main_cf *m, struct buf *out, struct slice s, size_t line)
{
	struct slice net = s;
	struct ipnet parsed;
	const char *close;

	if (s.n > 0 && s.p[0] == '[' &&
	    (close = memchr(s.p, ']', s.n)) != NULL) {
		net = arena_fmt(m->in->a, "%.*s%.*s",
		    (int)(close - s.p - 1), s.p + 1,
		    (int)(s.p + s.n - close - 1), close + 1);
	}
	if (check_net(m, line, net, s, &parsed) == -1)
		return -1;
	buf_add(out, net);
	return 0;
}

/* out_of: what the items name is taken out of the list. */
static int
add_items(struct main_cf *m, struct buf *out, struct slice list, size_t line,
    bool nets, bool parents, bool out_of, int depth)
{
	struct slice s;
	bool not;

	if (depth > DEPTH_MAX)
		return import_fail(m->in, line, "files inside files, more "
		    "than %d deep", DEPTH_MAX);
	while (next_item(&list, &s)) {
		not = s.p[0] == '!';
		s = sl_from(s, not);
		not ^= out_of;
		if (s.n > 0 && s.p[0] == '/') {
			if (add_file(m, out, s, line, nets, parents, not,
			    depth) == -1)
				return -1;
			continue;
		}
		if (s.n > 0 && ascii_alpha(s.p[0]) &&
		    memchr(s.p, ':', s.n) != NULL &&
		    !(nets && ipnet_parse(s, &(struct ipnet){ .bits = 0 }))) {
			if (add_table(m, out, s, line, nets, parents,
			    not) == -1)
				return -1;
			continue;
		}
		buf_addc(out, ' ');
		if (not)
			buf_addc(out, '!');
		if (nets) {
			if (add_net(m, out, s, line) == -1)
				return -1;
			continue;
		}
		if (!is_domain_word(s))
			return import_fail(m->in, line, "'" SL_FMT
			    "' is not a domain", SL_ARG(sl_first(s, 80)));
		buf_fmt(out, "%s" SL_FMT, parents || s.p[0] == '.' ? "" : "=",
		    SL_ARG(s));
	}
	return 0;
}

static int
add_list(struct main_cf *m, struct buf *out, struct slice list, size_t line,
    bool nets, bool parents)
{
	return add_items(m, out, list, line, nets, parents, false, 0);
}

/* ---- restrictions ---- */

struct stage {
	struct main_cf	*m;
	size_t		 line;
	struct slice	 rest;		/* items not yet read */
	struct slice	 item;		/* the restriction at hand */
};

static void
rule(struct stage *st, const char *text)
{
	buf_add(st->m->in->rules, sl(text));
	import_origin(st->m->in, st->line, st->item);
}

/* A list is read from here on. */
static void
begin_list(struct main_cf *m)
{
	m->unread = m->hole = false;
}

/* What hangs on a table that was not read, and may go either way. */
static void
maybe(struct stage *st, struct slice rule)
{
	buf_fmt(st->m->in->rules, "maybe " SL_FMT, SL_ARG(rule));
	import_origin(st->m->in, st->line, st->item);
}

static int
do_mynetworks(struct stage *st)
{
	struct main_cf *m = st->m;
	struct buf nets = { 0 };
	struct slice v;
	size_t line;
	int r;

	if (get(m, "mynetworks", &v, &line) == -1)
		return -1;
	if (line == 0)
		import_note(m->in, 0, "no mynetworks: loopback is taken; "
		    "the server adds its own addresses");
	begin_list(m);
	r = add_list(m, &nets, v, line, true, true);
	if (r == 0 && nets.n > 0 && !m->hole) {
		buf_fmt(m->in->rules, "permit client%.*s", (int)nets.n,
		    nets.p);
		import_origin(m->in, st->line, st->item);
	}
	if (r == 0 && m->unread)
		maybe(st, SL("permit"));
	buf_free(&nets);
	return r;
}

static int
do_authenticated(struct stage *st)
{
	if (is_yes(st->m, "smtpd_sasl_auth_enable"))
		rule(st, "permit authenticated");
	return 0;
}

/* Is domain one of the exact words of a list, or below one of the others? */
static bool
list_has(struct slice list, struct slice domain)
{
	struct slice word, d;
	bool exact;

	while (sl_word(&list, &word)) {
		exact = word.p[0] == '=';
		d = sl_from(word, exact);
		if (sl_ieq(d, domain) || (!exact && domain.n > d.n &&
		    domain.p[domain.n - d.n - 1] == '.' &&
		    sl_iends(domain, d)))
			return true;
	}
	return false;
}

/*
 * "refuse not recipient ..." or "permit recipient ..." of the domains that
 * are known.  Of a list that was not read whole the first may be wrong, and
 * behind the second there may be more.
 */
static void
put_destinations(struct stage *st, const char *action, const char *cond,
    struct slice domains, bool bare)
{
	struct main_cf *m = st->m;
	struct buf *rules = m->in->rules;
	struct slice wide = sl(action);
	bool refuses = sl_starts(wide, SL("refuse"));

	if (refuses)
		wide.n -= sizeof(" not") - 1;
	if (!m->hole) {
		buf_fmt(rules, "%s%s %s%s" SL_FMT, refuses && m->unread ?
		    "maybe " : "", action, cond, bare ? " bare" : "",
		    SL_ARG(domains));
		if (domains.n == 0 && !bare)
			buf_add(rules, SL(" =invalid"));
		import_origin(m->in, st->line, st->item);
	}
	if (m->hole || (m->unread && !refuses))
		maybe(st, wide);
}

/* The domains that mail may go to from anyone; not those behind a route. */
static int
destinations(struct stage *st, const char *action, const char *cond)
{
	static const struct {
		const char	*name;
		bool		 parents;
	} lists[] = {
		{ "mydestination", false },
		{ "virtual_alias_domains", false },
		{ "virtual_mailbox_domains", false },
		{ "relay_domains", true },
	};
	struct main_cf *m = st->m;
	struct buf out = { 0 };
	struct slice v;
	size_t i, line;
	int r = 0;

	begin_list(m);
	for (i = 0; r == 0 && i < sizeof(lists) / sizeof(lists[0]); i++)
		if ((r = get(m, lists[i].name, &v, &line)) == 0)
			r = add_list(m, &out, v, line, false,
			    lists[i].parents && has_parents(m, lists[i].name));
	if (r == 0 && (r = get(m, "myorigin", &v, &line)) == 0)
		put_destinations(st, action, cond, buf_sl(&out),
		    list_has(buf_sl(&out), v));
	buf_free(&out);
	return r;
}

/*
 * A route that is hidden behind a domain of ours is followed, and its end
 * counts; behind a domain that we pass mail on to it is refused.
 */
static int
finals(struct stage *st, const char *action, struct buf *out)
{
	struct slice v;
	size_t line;

	begin_list(st->m);
	buf_fmt(out, "%s recipient bare", action);
	if (get(st->m, "mydestination", &v, &line) == -1 ||
	    add_list(st->m, out, v, line, false, false) == -1)
		return -1;
	buf_addc(out, '\0');
	return 0;
}

static int
do_unauth(struct stage *st)
{
	struct buf out = { 0 };
	int r = 0;

	if (!is_yes(st->m, "allow_untrusted_routing")) {
		if ((r = finals(st, "refuse routed not", &out)) == 0) {
			if (st->m->unread)
				maybe(st, SL("refuse routed"));
			else
				rule(st, out.p);
			r = destinations(st, "refuse routed not", "target");
		}
	}
	buf_free(&out);
	return r == -1 ? -1 : destinations(st, "refuse not", "recipient");
}

static int
do_auth_destination(struct stage *st)
{
	struct buf out = { 0 };
	int r = 0;

	if (is_yes(st->m, "allow_untrusted_routing"))
		return destinations(st, "permit", "recipient");
	if ((r = finals(st, "permit", &out)) == 0) {
		if (st->m->unread)
			maybe(st, SL("permit routed"));
		r = destinations(st, out.p, "target");
	}
	buf_free(&out);
	return r == -1 ? -1 : destinations(st, "permit not routed",
	    "recipient");
}

static int
do_permit(struct stage *st)
{
	rule(st, "permit");
	return 0;
}

static int
do_reject(struct stage *st)
{
	rule(st, "refuse");
	return 0;
}

/* ---- access tables ---- */

/* Narrow before wide; names before addresses, as the server asks. */
static int
by_width(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->is_net != y->is_net)
		return x->is_net ? 1 : -1;
	if (x->is_net)
		return (x->net.bits < y->net.bits) -
		    (x->net.bits > y->net.bits);
	if ((memchr(x->key.p, '@', x->key.n) != NULL) !=
	    (memchr(y->key.p, '@', y->key.n) != NULL))
		return memchr(x->key.p, '@', x->key.n) != NULL ? -1 : 1;
	return (x->key.n < y->key.n) - (x->key.n > y->key.n);
}

static void
put_net(struct buf *b, const struct ipnet *net)
{
	char text[IP_TEXT];
	bool v4 = net->bits >= 96 && ip_is_v4(&net->ip);

	buf_fmt(b, "%s/%u", ip_str(&net->ip, text),
	    v4 ? net->bits - 96 : net->bits);
}

/*
 * How an access table is asked: for which mail, with which of its addresses.
 * The server follows a route behind a domain of its own and asks for its
 * end; of another domain it asks itself, and then trusts no OK.
 */
struct asking {
	const char	*what;		/* "recipient" */
	struct slice	 when;		/* conditions on all */
	bool		 distrust;	/* OK decides nothing */
};

/* A condition: " recipient =example.org", as the table means it. */
static void
put_key(struct stage *st, const struct entry *e, const struct asking *q)
{
	struct buf *out = st->m->in->rules;

	if (!e->is_net) {
		buf_fmt(out, " %s %s" SL_FMT, strcmp(q->what, "client") == 0 ?
		    "name" : q->what, sl_starts(e->key, SL(".")) ||
		    has_parents(st->m, "smtpd_access_maps") ||
		    memchr(e->key.p, '@', e->key.n) != NULL ||
		    sl_eq(e->key, SL("<>")) ? "" : "=", SL_ARG(e->key));
		return;
	}
	buf_fmt(out, " %s %s", q->what, e->not ? "!" : "");
	put_net(out, &e->net);
	if (e->not)	/* of addresses of its family only */
		buf_add(out, ip_is_v4(&e->net.ip) ? SL(" 0.0.0.0/0") :
		    SL(" ::/0"));
}

static bool
is_passed(const struct entry *e, const struct asking *q)
{
	return e->verdict == PASS || (e->verdict == PERMIT && q->distrust);
}

/* Can a key that x has be one that e has, too? */
static bool
overlaps(const struct entry *x, const struct entry *e)
{
	return x->is_net || e->is_net || sl_iends(x->key, e->key);
}

/*
 * An entry as a rule; those before it in the table that decide nothing
 * still end the search: they are excepted.
 */
static void
put_entry(struct stage *st, const struct table *t, size_t i,
    const struct asking *q)
{
	struct buf *out = st->m->in->rules;
	const struct entry *e = &t->v[i];
	size_t k;

	if (is_passed(e, q))
		return;
	buf_add(out, e->verdict == PERMIT ? SL("permit") : SL("refuse"));
	buf_add(out, q->when);
	put_key(st, e, q);
	for (k = 0; k < i; k++)
		if (is_passed(&t->v[k], q) && overlaps(&t->v[k], e)) {
			buf_add(out, SL(" not"));
			put_key(st, &t->v[k], q);
		}
	import_origin(st->m->in, st->line, st->item);
}

static bool
is_usable(const struct entry *e, bool client, bool cidr)
{
	if (cidr || e->is_net)
		return client;
	return e->key.n > 0 && (is_domain_word(e->key) ||
	    sl_eq(e->key, SL("<>")) || (!client &&
	    memchr(e->key.p, '@', e->key.n) != NULL &&
	    e->key.p[e->key.n - 1] != '@'));
}

/*
 * The table that is named next, in the order in which it is searched.  1; 0
 * when it cannot be read, and says what nobody knows; -1.
 */
static int
access_table(struct stage *st, struct table *t, bool *cidr)
{
	struct slice name;
	int r;

	if (!next_item(&st->rest, &name))
		return import_fail(st->m->in, st->line,
		    "'" SL_FMT "' without a table", SL_ARG(st->item));
	r = open_table(st->m, name, st->line, t);
	*cidr = sl_starts(unproxied(name), SL("cidr:"));
	if (!*cidr && t->n > 0)
		qsort(t->v, t->n, sizeof(*t->v), by_width);
	if (r == 0) {
		maybe(st, SL("permit"));
		maybe(st, SL("refuse"));
	}
	return r;
}

/* Leave out what no rule can say. */
static void
drop_unusable(struct stage *st, struct table *t, bool client, bool cidr)
{
	size_t i, n = 0;

	for (i = 0; i < t->n; i++) {
		if (is_usable(&t->v[i], client, cidr))
			t->v[n++] = t->v[i];
		else
			import_note(st->m->in, st->line, "key '" SL_FMT
			    "' of a table is passed over",
			    SL_ARG(sl_first(t->v[i].key, 60)));
	}
	t->n = n;
}

static int
put_table(struct stage *st, const struct table *t, const struct asking *q)
{
	size_t i;

	if (t->n > TABLE_MAX)
		return import_fail(st->m->in, st->line, "'" SL_FMT "': a "
		    "table of more than %d entries", SL_ARG(st->item),
		    TABLE_MAX);
	for (i = 0; i < t->n; i++)
		put_entry(st, t, i, q);
	return 0;
}

static int
access_list(struct stage *st, const char *what)
{
	struct asking q = { .what = what };
	bool client = strcmp(what, "client") == 0, cidr;
	struct table t = { .n = 0 };
	int r = access_table(st, &t, &cidr);

	if (r != 1)
		return r;
	drop_unusable(st, &t, client, cidr);
	return put_table(st, &t, &q);
}

static int
do_client_access(struct stage *st)
{
	return access_list(st, "client");
}

static int
do_sender_access(struct stage *st)
{
	return access_list(st, "sender");
}

static int
do_rcpt_access(struct stage *st)
{
	struct buf followed = { 0 }, left = { 0 };
	struct table t = { .n = 0 };
	bool cidr;
	int r;

	if ((r = access_table(st, &t, &cidr)) == 1 &&
	    (r = finals(st, " routed", &followed)) == 0 &&
	    (r = finals(st, " routed not", &left)) == 0) {
		struct asking plain = { "recipient", SL(" not routed"),
		    false };
		struct asking end = { "target", sl(followed.p), false };
		struct asking first = { "recipient", sl(left.p),
		    !is_yes(st->m, "allow_untrusted_routing") };

		drop_unusable(st, &t, false, cidr);
		if ((r = put_table(st, &t, &plain)) == 0 && st->m->unread) {
			maybe(st, SL("permit routed"));
			maybe(st, SL("refuse routed"));
		} else if (r == 0 && (r = put_table(st, &t, &end)) == 0)
			r = put_table(st, &t, &first);
	}
	buf_free(&followed);
	buf_free(&left);
	return r;
}

static const struct {
	struct slice	word;
	int		(*run)(struct stage *);
} restrictions[] = {
	{ SL("permit_mynetworks"), do_mynetworks },
	{ SL("permit_sasl_authenticated"), do_authenticated },
	{ SL("reject_unauth_destination"), do_unauth },
	{ SL("defer_unauth_destination"), do_unauth },
	{ SL("permit_auth_destination"), do_auth_destination },
	{ SL("check_client_access"), do_client_access },
	{ SL("check_sender_access"), do_sender_access },
	{ SL("check_recipient_access"), do_rcpt_access },
	{ SL("permit"), do_permit },
	{ SL("reject"), do_reject },
	{ SL("defer"), do_reject },
};

/* Those that we do not try, with a word of their own behind them. */
static bool
has_argument(struct slice s)
{
	return sl_istarts(s, SL("check_")) ||
	    sl_istarts(s, SL("reject_rbl")) ||
	    sl_istarts(s, SL("reject_rhsbl")) ||
	    sl_istarts(s, SL("permit_dnswl")) ||
	    sl_istarts(s, SL("permit_rhswl")) || sl_ieq(s, SL("sleep"));
}

/* Without warn_if_reject, whose next restriction refuses nobody. */
static int
restriction(struct stage *st)
{
	struct buf *rules = st->m->in->rules;
	size_t i, was = rules->n;
	bool warn = sl_eq(st->item, SL("warn_if_reject"));
	int r;

	if (warn && !next_item(&st->rest, &st->item))
		return 0;
	for (i = 0; i < sizeof(restrictions) / sizeof(restrictions[0]); i++)
		if (sl_ieq(st->item, restrictions[i].word)) {
			r = restrictions[i].run(st);
			if (warn)
				rules->n = was;
			return r;
		}
	if (has_argument(st->item))
		next_item(&st->rest, &(struct slice){ NULL, 0 });
	import_note(st->m->in, st->line, "'" SL_FMT "' is no relay rule that "
	    "can be tried here: passed over", SL_ARG(sl_first(st->item, 60)));
	return 0;
}

static int
stage(struct main_cf *m, const char *name, bool *first)
{
	struct stage st = { .m = m };

	if (get(m, name, &st.rest, &st.line) == -1)
		return -1;
	if (sl_trim(st.rest).n == 0)
		return 0;
	if (!*first)
		buf_add(m->in->rules, SL("then\n"));
	*first = false;
	while (next_item(&st.rest, &st.item))
		if (restriction(&st) == -1)
			return -1;
	st.item = sl(name);
	rule(&st, "permit");
	return 0;
}

int
import_postfix(struct import *in)
{
	static const char *const stages[] = { "smtpd_client_restrictions",
	    "smtpd_helo_restrictions", "smtpd_sender_restrictions",
	    "smtpd_relay_restrictions", "smtpd_recipient_restrictions" };
	struct main_cf m = { .in = in };
	bool first = true;
	size_t i;

	if (read_params(&m) == -1)
		return -1;
	for (i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (stage(&m, stages[i], &first) == -1)
			return -1;
	if (first)
		return import_fail(in, 1, "no restriction at all: the server "
		    "would not start");
	return 0;
}

/* ---- what is ours ---- */

/* Is it in the file, or made of something that is? */
static bool
is_told(const struct main_cf *m, const char *name)
{
	return find(m, sl(name)).line != 0 ||
	    (strcmp(name, "mydestination") == 0 &&
	    find(m, SL("myhostname")).line != 0) ||
	    (strcmp(name, "virtual_alias_domains") == 0 &&
	    find(m, SL("virtual_alias_maps")).line != 0) ||
	    (strcmp(name, "virtual_mailbox_domains") == 0 &&
	    find(m, SL("virtual_mailbox_maps")).line != 0);
}

int
ours_postfix(struct import *in, import_ours *took, void *ctx)
{
	static const struct {
		const char	*name;
		enum site_what	 what;
		bool		 parents;
	} lists[] = {
		{ "myhostname", SITE_HOST, true },
		{ "mydestination", SITE_LOCAL, false },
		{ "virtual_alias_domains", SITE_LOCAL, false },
		{ "virtual_mailbox_domains", SITE_LOCAL, false },
		{ "relay_domains", SITE_RELAY, true },
		{ "mynetworks", SITE_TRUSTED, true },
	};
	struct main_cf m = { .in = in };
	struct buf words = { 0 };
	struct slice v;
	size_t i, line;

	if (read_params(&m) == -1)
		return -1;
	for (i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		words.n = 0;
		if (is_told(&m, lists[i].name) &&
		    (get(&m, lists[i].name, &v, &line) == -1 ||
		    add_list(&m, &words, v, line,
		    lists[i].what == SITE_TRUSTED, lists[i].parents) == -1)) {
			import_note(in, 0, "%s", in->err->msg);
			*in->err = (struct err){ 0 };
		}
		took(ctx, lists[i].what, buf_sl(&words), lists[i].name);
	}
	buf_free(&words);
	return 0;
}

#include "base/ip.h"
#include "site/import.h"

#define DEPTH_MAX	10	/* +lists inside +lists */

/*
 * An Exim configuration: named lists of domains and hosts, and the ACL of
 * RCPT as far as it speaks of hosts, domains and authentication.
 */
struct named {
	struct slice	name, value;
	bool		hosts;
	size_t		line;
};

struct exim {
	struct import	*in;
	struct named	*v;
	size_t		 n, cap;
	struct slice	 acl;		/* name of RCPT's */
};

/* A statement: a verb, and conditions that all must hold. */
struct statement {
	struct slice	verb;
	struct buf	conds;		/* " client ..." */
	struct buf	before;		/* those before endpass */
	bool		endpass, unknown;
	size_t		line;
};

/* ---- lines ---- */

/* A logical line: backslash continues it, comments are left out. */
static bool
next_line(struct exim *x, struct slice *rest, size_t *number, size_t *first,
    struct slice *out)
{
	struct buf b = { 0 };
	struct slice line;
	bool any = false, more = false;

	while (sl_line(rest, &line)) {
		++*number;
		line = sl_trim(line);
		if (line.n == 0 || line.p[0] == '#') {
			if (!more && line.n == 0 && any)
				break;
			continue;
		}
		if (!any)
			*first = *number;
		any = true;
		more = line.p[line.n - 1] == '\\';
		buf_add(&b, more ? sl_first(line, line.n - 1) : line);
		if (!more)
			break;
	}
	*out = sl_trim(arena_dup(x->in->a, buf_sl(&b)));
	buf_free(&b);
	return any;
}

static const struct named *
named(const struct exim *x, struct slice name, bool hosts)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		if (x->v[i].hosts == hosts && sl_eq(x->v[i].name, name))
			return &x->v[i];
	return NULL;
}

/* ---- lists ---- */

/* "<; a ; b" has another separator; "a : b", and "::" is a colon. */
static bool
next_item(struct exim *x, struct slice *rest, char sep, struct slice *item)
{
	struct buf b = { 0 };
	size_t i = 0;
	bool any = rest->n > 0;

	for (; i < rest->n; i++) {
		if (rest->p[i] == sep) {
			if (i + 1 < rest->n && rest->p[i + 1] == sep)
				i++;
			else
				break;
		}
		buf_addc(&b, rest->p[i]);
	}
	*rest = sl_from(*rest, i + 1);
	*item = sl_trim(arena_dup(x->in->a, buf_sl(&b)));
	buf_free(&b);
	return any;
}

/* One pattern of a host list.  false: no rule of ours can say it. */
static bool
add_host(struct buf *out, struct slice s, bool not)
{
	struct ipnet net;

	if (sl_eq(s, SL("*"))) {
		buf_add(out, SL(" 0.0.0.0/0 ::/0"));
		return !not;
	}
	if (!ipnet_parse(s, &net))
		return false;
	buf_fmt(out, " %s" SL_FMT, not ? "!" : "", SL_ARG(s));
	return true;
}

static bool
add_domain(struct buf *out, struct slice s, bool not)
{
	size_t i, skip = sl_starts(s, SL("*.")) ? 1 : 0;

	if (sl_eq(s, SL("@"))) {
		buf_fmt(out, " %sours", not ? "!" : "");
		return true;
	}
	for (i = skip; i < s.n; i++)
		if (!ascii_alnum(s.p[i]) && s.p[i] != '.' && s.p[i] != '-' &&
		    s.p[i] != '_')
			return false;
	if (s.n <= skip)
		return false;
	buf_fmt(out, " %s%s" SL_FMT, not ? "!" : "", skip ? "" : "=",
	    SL_ARG(sl_from(s, skip)));
	return true;
}

static int
add_list(struct exim *x, struct buf *out, struct slice list, bool hosts,
    size_t line, int depth, bool *unknown)
{
	const struct named *inner;
	struct slice s;
	char sep = ':';
	bool not;

	if (depth > DEPTH_MAX)
		return import_fail(x->in, line, "lists inside lists, more "
		    "than %d deep", DEPTH_MAX);
	if (list.n > 1 && list.p[0] == '<') {
		sep = list.p[1];
		list = sl_from(list, 2);
	}
	while (next_item(x, &list, sep, &s)) {
		if (s.n == 0)
			continue;	/* no host: a local message */
		not = s.p[0] == '!';
		s = sl_trim(sl_from(s, not));
		if (s.n > 1 && s.p[0] == '+') {
			s = sl_from(s, 1);
			if ((inner = named(x, s, hosts)) == NULL)
				return import_fail(x->in, line,
				    "no list '" SL_FMT "'", SL_ARG(s));
			if (add_list(x, out, inner->value, hosts, inner->line,
			    depth + 1, unknown) == -1)
				return -1;
			*unknown |= not;
		} else if (!(hosts ? add_host : add_domain)(out, s, not)) {
			import_note(x->in, line, "'" SL_FMT "' in a list is "
			    "not understood", SL_ARG(sl_first(s, 60)));
			*unknown |= not;
		}
	}
	return 0;
}

/* ---- the ACL ---- */

static const char *const modifiers[] = { "message", "log_message", "control",
	"logwrite", "delay", "set", "add_header", "remove_header", "endpass",
	"log_reject_target", "continue", "queue" };

static bool
is_modifier(struct slice s)
{
	size_t i;

	for (i = 0; i < sizeof(modifiers) / sizeof(modifiers[0]); i++)
		if (sl_eq(s, sl(modifiers[i])))
			return true;
	return false;
}

/* " not client ..." becomes "refuse client ...", and the other way round. */
static void
put_required(struct exim *x, const struct statement *st)
{
	struct slice c = buf_sl(&st->conds);
	bool not = sl_starts(c, SL(" not "));

	buf_add(x->in->rules, not ? SL("refuse") : SL("refuse not"));
	buf_add(x->in->rules, sl_from(c, not ? 4 : 0));
	import_origin(x->in, st->line, st->verb);
}

static int
condition(struct exim *x, struct statement *st, struct slice s, size_t line)
{
	const char *eq = memchr(s.p, '=', s.n);
	struct slice name = sl_trim(eq == NULL ? s :
	    sl_first(s, (size_t)(eq - s.p))), value, word = { NULL, 0 };
	bool not = name.n > 0 && name.p[0] == '!';
	struct buf list = { 0 };
	int r = 0;

	name = sl_trim(sl_from(name, not));
	value = eq == NULL ? (struct slice){ NULL, 0 } :
	    sl_trim(sl_from(s, (size_t)(eq - s.p) + 1));
	sl_word(&name, &word);
	if (sl_eq(word, SL("endpass"))) {
		buf_add(&st->before, buf_sl(&st->conds));
		st->endpass = true;
	} else if (is_modifier(word)) {
		;
	} else if (sl_eq(word, SL("authenticated")) &&
	    sl_eq(value, SL("*")))
		buf_fmt(&st->conds, "%s authenticated", not ? " not" : "");
	else if (sl_eq(word, SL("hosts")) || sl_eq(word, SL("domains"))) {
		bool hosts = word.p[0] == 'h';

		r = add_list(x, &list, value, hosts, line, 0, &st->unknown);
		buf_fmt(&st->conds, "%s %s%.*s", not ? " not" : "",
		    hosts ? "client" : "recipient", (int)list.n,
		    list.n == 0 ? "" : list.p);
	} else {
		import_note(x->in, line, "condition '" SL_FMT "' is not "
		    "tried", SL_ARG(sl_first(word, 40)));
		st->unknown = true;
	}
	buf_free(&list);
	/* each condition of require refuses alone when it does not hold */
	if (r == 0 && sl_eq(st->verb, SL("require"))) {
		if (!st->unknown && st->conds.n > 0)
			put_required(x, st);
		st->conds.n = 0;
		st->unknown = false;
	}
	return r;
}

static void
put(struct exim *x, const struct statement *st, const char *action,
    struct slice conds)
{
	buf_add(x->in->rules, sl(action));
	buf_add(x->in->rules, conds);
	import_origin(x->in, st->line, st->verb);
}

/*
 * A statement whose conditions are not all understood: one that accepts is
 * taken to accept nobody, one that denies to deny nobody by them.
 */
static void
finish(struct exim *x, struct statement *st)
{
	struct slice conds = buf_sl(&st->conds);

	if (st->verb.n == 0 || sl_eq(st->verb, SL("warn")) || st->unknown)
		;
	else if (sl_eq(st->verb, SL("accept"))) {
		put(x, st, "permit", conds);
		if (st->endpass)
			put(x, st, "refuse", buf_sl(&st->before));
	} else if (!sl_eq(st->verb, SL("require")))
		put(x, st, "refuse", conds);
	st->conds.n = st->before.n = 0;
	st->unknown = st->endpass = false;
}

static bool
is_verb(struct slice s)
{
	static const char *const verbs[] = { "accept", "deny", "require",
	    "warn", "drop", "defer", "discard" };
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (sl_eq(s, sl(verbs[i])))
			return true;
	return false;
}

static int
read_acl(struct exim *x, struct slice rest, size_t number)
{
	struct statement st = { .line = 0 };
	struct slice line, word, tail;
	bool inside = false;
	size_t first = 0;
	int r = 0;

	while (r == 0 && next_line(x, &rest, &number, &first, &line)) {
		tail = line;
		word = (struct slice){ NULL, 0 };
		sl_word(&tail, &word);
		if (sl_eq(word, SL("begin")))
			break;
		if (word.n > 1 && word.p[word.n - 1] == ':' &&
		    sl_trim(tail).n == 0) {
			finish(x, &st);
			st.verb.n = 0;
			inside = sl_eq(sl_first(word, word.n - 1), x->acl);
			continue;
		}
		if (!inside)
			continue;
		if (is_verb(word)) {
			finish(x, &st);
			st.verb = word;
			st.line = first;
			line = sl_trim(tail);
		}
		if (line.n > 0)
			r = condition(x, &st, line, first);
	}
	if (r == 0)
		finish(x, &st);
	buf_free(&st.conds);
	buf_free(&st.before);
	return r;
}

static int
read_main(struct exim *x, struct slice line, size_t number)
{
	struct slice rest = line, word = { NULL, 0 };
	struct named n = { .line = number };
	const char *eq = memchr(line.p, '=', line.n);

	sl_word(&rest, &word);
	if (eq == NULL)
		return 0;
	n.value = sl_trim(sl_from(line, (size_t)(eq - line.p) + 1));
	n.hosts = sl_eq(word, SL("hostlist"));
	if (n.hosts || sl_eq(word, SL("domainlist"))) {
		sl_word(&rest, &n.name);
		if (sl_eq(n.name, SL("=")) || n.name.n == 0)
			return import_fail(x->in, number,
			    "a list without a name");
		if (memchr(n.name.p, '=', n.name.n) != NULL)
			sl_cut(&n.name, '=', &n.name);
		*(struct named *)arena_more(x->in->a, &x->v, &x->n, &x->cap,
		    sizeof(n)) = n;
	} else if (sl_starts(line, SL("acl_smtp_rcpt")))
		x->acl = n.value;
	return 0;
}

int
import_exim(struct import *in)
{
	struct exim x = { .in = in };
	struct slice rest = in->text, line;
	size_t number = 0, first = 0;

	while (next_line(&x, &rest, &number, &first, &line)) {
		if (sl_starts(line, SL("begin ")) &&
		    sl_eq(sl_trim(sl_from(line, 6)), SL("acl")))
			break;
		if (!sl_starts(line, SL("begin ")) &&
		    read_main(&x, line, first) == -1)
			return -1;
	}
	if (x.acl.n == 0)
		return import_fail(in, 1, "has no acl_smtp_rcpt: nothing "
		    "would be accepted");
	if (read_acl(&x, rest, number) == -1)
		return -1;
	buf_add(in->rules, SL("refuse"));	/* the end of an ACL */
	import_origin(in, 0, SL("the end of the ACL"));
	return 0;
}

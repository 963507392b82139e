#include "site/exim.h"

/*
 * An Exim configuration: named lists of domains and hosts, and the ACL of
 * RCPT as far as it speaks of hosts, domains and authentication.
 */
struct exim {
	struct import	*in;
	struct exim_text text;
	struct exim_lists lists;
	struct slice	 acl;		/* name of RCPT's */
	size_t		 acl_line;
	bool		 acl_seen;
};

/* A statement: a verb, and conditions that all must hold. */
struct statement {
	struct slice	verb;
	struct buf	conds;		/* " client ..." */
	struct buf	before;		/* those before endpass */
	struct buf	wide, wide_before;	/* without lists of files that
						   are not here */
	bool		endpass, unknown;
	bool		open, hole;	/* hold for more than conds; for less */
	size_t		line;
};

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

/* Whether an address exists is no question of relaying. */
static bool
is_address_check(struct slice value)
{
	struct slice what = value;

	sl_cut(&value, '/', &what);
	what = sl_trim(what);
	return sl_ieq(what, SL("recipient")) || sl_ieq(what, SL("sender"));
}

/* For the next statement, or the next condition of a require. */
static void
clear(struct statement *st)
{
	st->conds.n = st->before.n = st->wide.n = st->wide_before.n = 0;
	st->unknown = st->endpass = st->open = st->hole = false;
}

/* " not client ..." becomes "refuse client ...", and the other way round. */
static void
put_required(struct exim *x, const struct statement *st)
{
	struct slice c = buf_sl(&st->conds);
	bool not = sl_starts(c, SL(" not "));

	if (st->open)
		buf_add(x->in->rules, SL("maybe "));
	if (st->hole) {
		buf_add(x->in->rules, SL("refuse"));
		import_origin(x->in, st->line, st->verb);
		return;
	}
	buf_add(x->in->rules, not ? SL("refuse") : SL("refuse not"));
	buf_add(x->in->rules, sl_from(c, not ? 4 : 0));
	import_origin(x->in, st->line, st->verb);
}

/* "^.*[@%!/|]": a local part with a route in it. */
static bool
is_route_pattern(struct slice s)
{
	size_t n = s.n;

	return sl_starts(s, SL("^.*[")) && s.p[n - 1] == ']' &&
	    s.p[4] != '^' && memchr(s.p + 4, '@', n - 4) != NULL &&
	    memchr(s.p + 4, '%', n - 4) != NULL &&
	    memchr(s.p + 4, '!', n - 4) != NULL;
}

/*
 * "local_parts = ^[.] : ^.*[@%!/|]", as the example configuration has it.
 * What other patterns match is not tried.
 */
static void
local_parts(struct exim *x, struct statement *st, struct slice value,
    bool not, size_t line)
{
	bool routes = false, others = false;
	struct slice s;

	while (sl_cut(&value, ':', &s)) {
		s = sl_trim(s);
		if (is_route_pattern(s))
			routes = true;
		else if (s.n > 0) {
			others = true;
			import_note(x->in, line, "'" SL_FMT "' in a list is "
			    "not understood", SL_ARG(sl_first(s, 60)));
		}
	}
	st->unknown |= !routes || (not && others);
	buf_fmt(&st->conds, "%s routed", not ? " not" : "");
}

static int
condition(struct exim *x, struct statement *st, struct slice s, size_t line)
{
	const char *eq = memchr(s.p, '=', s.n);
	struct slice name = sl_trim(eq == NULL ? s :
	    sl_first(s, (size_t)(eq - s.p))), value, word = { NULL, 0 };
	bool not = name.n > 0 && name.p[0] == '!';
	size_t was = st->conds.n;
	int r = 0;

	name = sl_trim(sl_from(name, not));
	value = eq == NULL ? (struct slice){ NULL, 0 } :
	    sl_trim(sl_from(s, (size_t)(eq - s.p) + 1));
	sl_word(&name, &word);
	x->lists.open = x->lists.hole = false;
	if (sl_eq(word, SL("endpass"))) {
		buf_add(&st->before, buf_sl(&st->conds));
		buf_add(&st->wide_before, buf_sl(&st->wide));
		st->endpass = true;
	} else if (is_modifier(word)) {
		;
	} else if (sl_eq(word, SL("authenticated")) &&
	    sl_eq(value, SL("*")))
		buf_fmt(&st->conds, "%s authenticated", not ? " not" : "");
	else if (sl_eq(word, SL("hosts")) || sl_eq(word, SL("domains")))
		r = exim_list(&x->lists, value, word.p[0] == 'h', not, line,
		    &st->conds, &st->unknown);
	else if (sl_eq(word, SL("local_parts")))
		local_parts(x, st, value, not, line);
	else if (!not && sl_eq(word, SL("verify")) && is_address_check(value))
		import_note(x->in, line, "'verify = " SL_FMT "' is not tried, "
		    "and taken to hold", SL_ARG(sl_first(value, 60)));
	else {
		import_note(x->in, line, "condition '" SL_FMT "' is not "
		    "tried", SL_ARG(sl_first(word, 40)));
		st->unknown = true;
	}
	st->open |= x->lists.open;
	st->hole |= x->lists.hole || (x->lists.open && not);
	if (!x->lists.open || (not && !x->lists.hole))
		buf_add(&st->wide, sl_from(buf_sl(&st->conds), was));
	/* each condition of require refuses alone when it does not hold */
	if (r == 0 && sl_eq(st->verb, SL("require"))) {
		if (!st->unknown && st->conds.n > 0)
			put_required(x, st);
		clear(st);
	}
	return r;
}

/*
 * Of lists that are not known whole the conditions hold, as far as they go,
 * but for a hole; and the wide ones may.
 */
static void
put(struct exim *x, const struct statement *st, const char *action,
    struct slice conds, struct slice wide)
{
	struct buf *rules = x->in->rules;

	if (!st->hole) {
		buf_fmt(rules, "%s" SL_FMT, action, SL_ARG(conds));
		import_origin(x->in, st->line, st->verb);
	}
	if (st->open) {
		buf_fmt(rules, "maybe %s" SL_FMT, action, SL_ARG(wide));
		import_origin(x->in, st->line, st->verb);
	}
}

/*
 * A statement whose conditions are not all understood: one that accepts is
 * taken to accept nobody, one that denies to deny nobody by them.
 */
static void
finish(struct exim *x, struct statement *st)
{
	struct slice conds = buf_sl(&st->conds), wide = buf_sl(&st->wide);

	if (st->verb.n == 0 || sl_eq(st->verb, SL("warn")) || st->unknown)
		;
	else if (sl_eq(st->verb, SL("accept"))) {
		put(x, st, "permit", conds, wide);
		if (st->endpass)
			put(x, st, "refuse", buf_sl(&st->before),
			    buf_sl(&st->wide_before));
	} else if (!sl_eq(st->verb, SL("require")))
		put(x, st, "refuse", conds, wide);
	clear(st);
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
read_acl(struct exim *x)
{
	struct statement st = { .line = 0 };
	struct slice line, word, tail;
	bool inside = false;
	size_t first = 0;
	int r;

	while ((r = exim_line(&x->text, &first, &line)) == 1) {
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
			x->acl_seen |= inside;
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
		if (line.n > 0 && (r = condition(x, &st, line, first)) == -1)
			break;
	}
	if (r != -1)
		finish(x, &st);
	buf_free(&st.conds);
	buf_free(&st.before);
	buf_free(&st.wide);
	buf_free(&st.wide_before);
	return r == -1 ? -1 : 0;
}

static int
read_main(struct exim *x, struct slice line, size_t number)
{
	struct slice rest = line, word = { NULL, 0 }, value = line, name;
	bool hosts;

	sl_word(&rest, &word);
	hosts = sl_eq(word, SL("hostlist"));
	if (hosts || sl_eq(word, SL("domainlist")))
		return exim_list_named(&x->lists, rest, hosts, number);
	if (!sl_cut(&value, '=', &name))
		return 0;
	name = sl_trim(name);
	if (sl_eq(name, SL("primary_hostname")))
		x->lists.primary = sl_trim(value);
	if (sl_eq(name, SL("acl_smtp_rcpt"))) {
		x->acl = sl_trim(value);
		x->acl_line = number;
	}
	return 0;
}

static void
begin(struct exim *x, struct import *in)
{
	*x = (struct exim){ .in = in };
	x->text = (struct exim_text){ .in = in, .rest = in->text };
	x->lists = (struct exim_lists){ .in = in };
}

int
import_exim(struct import *in)
{
	struct exim x;
	struct slice line;
	size_t first = 0;
	bool acls = false;
	int r;

	begin(&x, in);
	while (!acls && (r = exim_line(&x.text, &first, &line)) == 1) {
		acls = sl_starts(line, SL("begin ")) &&
		    sl_eq(sl_trim(sl_from(line, 6)), SL("acl"));
		if (!sl_starts(line, SL("begin ")) &&
		    read_main(&x, line, first) == -1)
			return -1;
	}
	if (r == -1)
		return -1;
	if (x.acl.n == 0)
		return import_fail(in, 1, "has no acl_smtp_rcpt: nothing "
		    "would be accepted");
	if (read_acl(&x) == -1)
		return -1;
	if (!x.acl_seen)
		return import_fail(in, x.acl_line, "no ACL '" SL_FMT "'",
		    SL_ARG(sl_first(x.acl, 60)));
	buf_add(in->rules, SL("refuse"));	/* the end of an ACL */
	import_origin(in, 0, SL("the end of the ACL"));
	return 0;
}

/* The lists that the example configuration, and those made of it, have. */
static const struct {
	struct slice	 name;
	bool		 hosts;
	enum site_what	 what;
} ours[] = {
	{ SL("local_domains"), false, SITE_LOCAL },
	{ SL("relay_to_domains"), false, SITE_RELAY },
	{ SL("relay_from_hosts"), true, SITE_TRUSTED },
};

/* One named list: " recipient =a.example .b.example", " client 192.0.2.1". */
static void
take_named(struct exim *x, size_t i, import_ours *took, void *ctx)
{
	struct exim_lists *l = &x->lists;
	struct buf out = { 0 };
	struct slice words, word;
	bool unknown = false;
	size_t k;

	for (k = 0; k < l->n; k++)
		if (l->v[k].hosts == ours[i].hosts &&
		    sl_eq(l->v[k].name, ours[i].name))
			break;
	if (k < l->n && exim_list(l, l->v[k].value, ours[i].hosts, false,
	    l->v[k].line, &out, &unknown) == -1) {
		import_note(x->in, 0, "%s", x->in->err->msg);
		*x->in->err = (struct err){ 0 };
	}
	words = buf_sl(&out);
	if (sl_word(&words, &word) && !sl_eq(word, SL("not")))
		took(ctx, ours[i].what, words, ours[i].name.p);
	buf_free(&out);
}

int
ours_exim(struct import *in, import_ours *took, void *ctx)
{
	struct exim x;
	struct slice line;
	size_t first = 0, i;
	int r;

	begin(&x, in);
	while ((r = exim_line(&x.text, &first, &line)) == 1 &&
	    !sl_starts(line, SL("begin ")))
		if (read_main(&x, line, first) == -1)
			return -1;
	if (r == -1)
		return -1;
	took(ctx, SITE_HOST, x.lists.primary, "primary_hostname");
	for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		take_named(&x, i, took, ctx);
	return 0;
}

#include <stdlib.h>

#include "base/ip.h"
#include "site/exim.h"

#define ITEMS_MAX	5000	/* of a list with "!" in it, and those inside */

enum item_kind { ITEM_NONE, ITEM_ALL, ITEM_NET, ITEM_NAME, ITEM_OURS,
	ITEM_LIST };

struct item {
	enum item_kind	kind;
	bool		not;
	struct ipnet	net;
	struct slice	name;		/* a domain */
	bool		below;		/* what is below it, not itself */
	const struct list *list;
};

struct list {
	struct item	*v;
	size_t		 n, cap;
};

/* One condition, while its list is read. */
struct reading {
	struct exim_lists *l;
	bool		 hosts, not;
	bool		 has_not, has_ours, has_all, unknown;
};

/* ---- reading ---- */

int
exim_list_named(struct exim_lists *l, struct slice text, bool hosts,
    size_t line)
{
	struct exim_named n = { .hosts = hosts, .line = line };
	struct slice name;

	n.value = text;
	if (!sl_cut(&n.value, '=', &name) || sl_trim(name).n == 0)
		return import_fail(l->in, line, "a list without a name");
	n.name = sl_trim(name);
	n.value = sl_trim(n.value);
	*(struct exim_named *)arena_more(l->in->a, &l->v, &l->n, &l->cap,
	    sizeof(n)) = n;
	return 0;
}

static const struct exim_named *
named(const struct exim_lists *l, struct slice name, bool hosts)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].hosts == hosts && sl_eq(l->v[i].name, name))
			return &l->v[i];
	return NULL;
}

/* "<; a ; b" has another separator; "a : b", and "::" is a colon. */
static bool
next_item(struct import *in, struct slice *rest, char sep,
    struct slice *item)
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
	*item = sl_trim(arena_dup(in->a, buf_sl(&b)));
	buf_free(&b);
	return any;
}

static bool
read_host(struct slice s, struct item *it)
{
	it->kind = ITEM_NET;
	return ipnet_parse(s, &it->net);
}

static bool
read_domain(const struct exim_lists *l, struct slice s, struct item *it)
{
	size_t i;

	it->kind = ITEM_NAME;
	if (sl_eq(s, SL("@"))) {
		if (l->primary.n == 0)
			it->kind = ITEM_OURS;
		it->name = l->primary;
		return true;
	}
	it->below = sl_starts(s, SL("*."));
	it->name = sl_from(s, it->below ? 2 : 0);
	for (i = 0; i < it->name.n; i++)
		if (!ascii_alnum(it->name.p[i]) && it->name.p[i] != '.' &&
		    it->name.p[i] != '-' && it->name.p[i] != '_')
			return false;
	return it->name.n > 0 && it->name.p[0] != '.';
}

/* What only the server can look up, or expand. */
static bool
is_lookup(struct slice s)
{
	size_t i;

	if (s.p[0] == '^')
		return false;
	for (i = 0; i < s.n; i++)
		if (s.p[i] != '\0' && strchr(";$\{}", s.p[i]) != NULL)
			return true;
	return false;
}

static void
leave_open(struct reading *r, bool odd)
{
	r->l->open = true;
	r->l->hole |= odd != r->not;
}

/* odd: what the item matches is taken away from the condition. */
static void
read_item(struct reading *r, struct slice s, size_t line, bool odd,
    struct item *it)
{
	if (sl_eq(s, SL("*"))) {
		it->kind = ITEM_ALL;
		r->has_all = true;
	} else if (is_lookup(s)) {
		it->kind = ITEM_NONE;
		import_note(r->l->in, line, "'" SL_FMT "' is not looked up: "
		    "what it says is not known", SL_ARG(sl_first(s, 60)));
		leave_open(r, odd);
	} else if (r->hosts ? read_host(s, it) : read_domain(r->l, s, it))
		r->has_ours |= it->kind == ITEM_OURS;
	else {
		it->kind = ITEM_NONE;
		import_note(r->l->in, line, "'" SL_FMT "' in a list is not "
		    "understood", SL_ARG(sl_first(s, 60)));
		r->unknown |= odd;
	}
}

/* "lsearch;/path" and "/path", which has a pattern a line; else empty. */
static struct slice
file_of(struct slice s, bool hosts, bool *keys)
{
	static const struct slice kinds[] = { SL("lsearch;"),
	    SL("net-lsearch;"), SL("iplsearch;"), SL("net-iplsearch;") };
	size_t i;

	*keys = false;
	if (s.p[0] == '/')
		return s;
	*keys = true;
	for (i = hosts; i < (hosts ? sizeof(kinds) / sizeof(kinds[0]) : 1); i++)
		if (sl_starts(s, kinds[i]))
			return sl_trim(sl_from(s, kinds[i].n));
	return (struct slice){ NULL, 0 };
}

/* A line of a file: a pattern, or "key: value", the key maybe in quotes. */
static struct slice
line_item(struct slice s, bool keys)
{
	struct slice key = SL("");
	size_t n = 0;

	if (s.n > 0 && (s.p[0] == '#' || (keys && ascii_space(s.p[0]))))
		return (struct slice){ NULL, 0 };
	s = sl_trim(s);
	if (!keys) {
		while (n < s.n && (s.p[n] != '#' || !ascii_space(s.p[n - 1])))
			n++;
		return sl_trim(sl_first(s, n));
	}
	if (s.n > 0 && s.p[0] == '"') {
		s = sl_from(s, 1);
		sl_cut(&s, '"', &key);
		return key;
	}
	while (n < s.n && !ascii_space(s.p[n]) && s.p[n] != ':')
		n++;
	return sl_first(s, n);
}

/* The items of a file, as a list in the list. */
static int
read_items(struct reading *r, struct slice path, bool keys, size_t line,
    bool odd, struct item *it)
{
	struct import *in = r->l->in;
	const char *was = in->path, *file;
	struct list *list;
	struct slice text, s;
	int ret = import_file(in, line, path, &file, &text);

	it->kind = ITEM_NONE;
	if (ret != 1) {
		leave_open(r, odd);
		return ret;
	}
	list = arena_alloc(in->a, sizeof(*list));
	in->path = file;
	for (line = 1; sl_line(&text, &s); line++) {
		struct item one = { .kind = ITEM_NONE };

		s = line_item(s, keys);
		if (s.n == 0)
			continue;
		one.not = s.p[0] == '!';
		r->has_not |= one.not;
		read_item(r, sl_trim(sl_from(s, one.not)), line,
		    odd != one.not, &one);
		*(struct item *)arena_more(in->a, &list->v, &list->n,
		    &list->cap, sizeof(one)) = one;
	}
	in->path = was;
	it->kind = ITEM_LIST;
	it->list = list;
	return 0;
}

static int
read_list(struct reading *r, struct slice text, size_t line, int depth,
    bool odd, const struct list **out)
{
	struct import *in = r->l->in;
	struct list *list = arena_alloc(in->a, sizeof(*list));
	const struct exim_named *inner;
	struct slice s, file;
	bool keys;
	char sep = ':';

	if (depth > EXIM_DEPTH_MAX)
		return import_fail(in, line, "lists inside lists, more than "
		    "%d deep", EXIM_DEPTH_MAX);
	if (text.n > 1 && text.p[0] == '<') {
		sep = text.p[1];
		text = sl_from(text, 2);
	}
	while (next_item(in, &text, sep, &s)) {
		struct item it = { .not = s.n > 0 && s.p[0] == '!' };

		s = sl_trim(sl_from(s, it.not));
		r->has_not |= it.not;
		if (s.n == 0)
			;		/* no host: a local message */
		else if ((file = file_of(s, r->hosts, &keys)).n > 0) {
			if (read_items(r, file, keys, line, odd != it.not,
			    &it) == -1)
				return -1;
		} else if (s.p[0] != '+' || s.n == 1)
			read_item(r, s, line, odd != it.not, &it);
		else if ((inner = named(r->l, sl_from(s, 1),
		    r->hosts)) == NULL)
			return import_fail(in, line, "no list '" SL_FMT "'",
			    SL_ARG(sl_from(s, 1)));
		else if (read_list(r, inner->value, inner->line, depth + 1,
		    odd != it.not, &it.list) == -1)
			return -1;
		else
			it.kind = ITEM_LIST;
		*(struct item *)arena_more(in->a, &list->v, &list->n,
		    &list->cap, sizeof(it)) = it;
	}
	*out = list;
	return 0;
}

/* ---- asking ---- */

static bool	has(const struct list *list, const struct item *part);

static bool
is_below(struct slice d, struct slice of)
{
	return d.n > of.n && sl_iends(d, of) && d.p[d.n - of.n - 1] == '.';
}

/* Is all of part, a network or domain of some list, in the item? */
static bool
item_has(const struct item *it, const struct item *part)
{
	switch (it->kind) {
	case ITEM_ALL:
		return true;
	case ITEM_LIST:
		return has(it->list, part);
	case ITEM_NET:
		return part->kind == ITEM_NET &&
		    part->net.bits >= it->net.bits &&
		    ip_is_v4(&part->net.ip) == ip_is_v4(&it->net.ip) &&
		    ipnet_has(&it->net, &part->net.ip);
	case ITEM_NAME:
		if (part->kind != ITEM_NAME)
			return false;
		if (it->below == part->below &&
		    sl_ieq(it->name, part->name))
			return true;
		return it->below && is_below(part->name, it->name);
	default:
		return false;
	}
}

/* The first item that has it decides; else the contrary of the last one. */
static bool
has(const struct list *list, const struct item *part)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (item_has(&list->v[i], part))
			return !list->v[i].not;
	return list->n > 0 && list->v[list->n - 1].not;
}

/* ---- writing ---- */

/* Its networks and domains, and those of the lists in it, in order. */
static void
collect(struct arena *a, const struct list *list, struct list *to)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->v[i].kind == ITEM_LIST)
			collect(a, list->v[i].list, to);
		else if (list->v[i].kind != ITEM_NONE)
			*(struct item *)arena_more(a, &to->v, &to->n,
			    &to->cap, sizeof(*to->v)) = list->v[i];
}

static void
put_item(const struct item *it, bool not, struct buf *out)
{
	char text[IP_TEXT];

	if (it->kind == ITEM_ALL)
		buf_add(out, SL(" 0.0.0.0/0 ::/0"));
	else if (it->kind == ITEM_OURS)
		buf_add(out, SL(" ours"));
	else if (it->kind == ITEM_NAME)
		buf_fmt(out, " %s%s" SL_FMT, not ? "!" : "",
		    it->below ? "." : "=", SL_ARG(it->name));
	else {
		buf_fmt(out, " %s%s", not ? "!" : "",
		    ip_str(&it->net.ip, text));
		if (it->net.bits < 128)
			buf_fmt(out, "/%u", it->net.bits -
			    (ip_is_v4(&it->net.ip) ? 96 : 0));
	}
}

static int
by_width(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	size_t m = x->name.n, n = y->name.n;

	if (x->below != y->below)
		return x->below ? 1 : -1;
	if (x->net.bits != y->net.bits)
		return x->net.bits > y->net.bits ? -1 : 1;
	return m == n ? 0 : m > n ? -1 : 1;
}

/*
 * With "!" a list inside a list is not its items one after the other: what
 * it says no to, the next item of the outer list may have.  But networks,
 * and domains, are inside each other or apart: the narrowest first, each is
 * in the whole or is not.
 */
static int
put_parts(struct reading *r, const struct list *list, struct list *parts,
    size_t line, struct buf *out, bool *rest)
{
	const struct item none = { .kind = ITEM_NONE };
	size_t i;

	if (parts->n > ITEMS_MAX)
		return import_fail(r->l->in, line, "a list with '!' and more "
		    "than %d items", ITEMS_MAX);
	if (r->has_ours) {
		import_note(r->l->in, line, "'@' in a list with '!' is not "
		    "understood without primary_hostname");
		r->unknown = true;
	}
	*rest = has(list, &none);
	if (parts->n > 0)
		qsort(parts->v, parts->n, sizeof(*parts->v), by_width);
	for (i = 0; i < parts->n; i++)
		if (parts->v[i].kind == ITEM_NET ||
		    parts->v[i].kind == ITEM_NAME)
			put_item(&parts->v[i], has(list, &parts->v[i]) ==
			    *rest, out);
	return 0;
}

int
exim_list(struct exim_lists *l, struct slice value, bool hosts, bool not,
    size_t line, struct buf *out, bool *unknown)
{
	struct reading r = { .l = l, .hosts = hosts, .not = not };
	const struct list *list;
	struct list parts = { .n = 0 };
	struct buf values = { 0 };
	bool rest = false;
	size_t i;
	int ret = 0;

	if (read_list(&r, value, line, 0, not, &list) == -1)
		return -1;
	collect(l->in->a, list, &parts);
	if (r.has_not || (r.has_all && !hosts))
		ret = put_parts(&r, list, &parts, line, &values, &rest);
	else
		for (i = 0; i < parts.n; i++)
			put_item(&parts.v[i], false, &values);
	buf_fmt(out, "%s %s%.*s", not != rest ? " not" : "",
	    hosts ? "client" : "recipient", (int)values.n,
	    values.n == 0 ? "" : values.p);
	buf_free(&values);
	*unknown |= r.unknown;
	return ret;
}

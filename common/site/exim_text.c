#include "site/exim.h"

#define LINE_MAX_BYTES	(1024 * 1024)	/* of a line, macros put in */

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* "NAME = value", "NAME == value": how long the name is; else 0. */
static size_t
macro_name(struct slice line)
{
	size_t n = 0, i;

	if (line.n == 0 || !is_upper(line.p[0]))
		return 0;
	while (n < line.n && (ascii_alnum(line.p[n]) || line.p[n] == '_'))
		n++;
	for (i = n; i < line.n && ascii_space(line.p[i]); i++)
		;
	return i < line.n && line.p[i] == '=' ? n : 0;
}

/* Each macro in turn, wherever its name stands; *hits counts them. */
static int
put_macros(struct exim_text *t, struct slice *s, size_t line, size_t *hits)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < t->n; i++) {
		const struct exim_macro *m = &t->v[i];
		struct slice rest = *s;
		const char *p;

		if (sl_find(rest, m->name) == NULL)
			continue;
		b.n = 0;
		while ((p = sl_find(rest, m->name)) != NULL &&
		    b.n <= LINE_MAX_BYTES) {
			buf_add(&b, sl_first(rest, (size_t)(p - rest.p)));
			buf_add(&b, m->value);
			rest = sl_from(rest, (size_t)(p - rest.p) + m->name.n);
			++*hits;
		}
		buf_add(&b, rest);
		if (b.n > LINE_MAX_BYTES) {
			buf_free(&b);
			return import_fail(t->in, line, "a value of more "
			    "than %d bytes", LINE_MAX_BYTES);
		}
		*s = arena_dup(t->in->a, buf_sl(&b));
	}
	buf_free(&b);
	return 0;
}

/* A macro's new value counts from here on; its place stays. */
static void
define(struct exim_text *t, struct slice line, size_t n)
{
	struct slice name = sl_first(line, n), value = sl_trim(sl_from(line, n));
	size_t i;

	value = sl_from(value, sl_starts(value, SL("==")) ? 2 : 1);
	for (i = 0; i < t->n; i++)
		if (sl_eq(t->v[i].name, name))
			break;
	if (i == t->n)
		((struct exim_macro *)arena_more(t->in->a, &t->v, &t->n,
		    &t->cap, sizeof(*t->v)))->name = name;
	t->v[i].value = sl_trim(value);
}

static bool
is_on(const struct exim_text *t)
{
	size_t i;

	for (i = 0; i < t->nifs; i++)
		if (!t->ifs[i].on)
			return false;
	return true;
}

/* ".ifdef NAME" asks whether there is a macro in the line. */
static int
branch(struct exim_text *t, struct slice word, struct slice rest)
{
	bool first = sl_starts(word, SL(".if")), on;
	size_t hits = 0, i;

	if (put_macros(t, &rest, t->number, &hits) == -1)
		return -1;
	on = (hits > 0) != sl_iends(word, SL("ndef"));
	if (first) {
		if (t->nifs == EXIM_DEPTH_MAX)
			return import_fail(t->in, t->number, ".ifdef inside "
			    ".ifdef, more than %d deep", EXIM_DEPTH_MAX);
		t->ifs[t->nifs].line = t->number;
		t->ifs[t->nifs].on = t->ifs[t->nifs].taken = on;
		t->nifs++;
		return 0;
	}
	if (t->nifs == 0)
		return import_fail(t->in, t->number, "'" SL_FMT "' without "
		    ".ifdef", SL_ARG(word));
	if (sl_eq(word, SL(".endif"))) {
		t->nifs--;
		return 0;
	}
	i = t->nifs - 1;
	t->ifs[i].on = !t->ifs[i].taken && (sl_eq(word, SL(".else")) || on);
	t->ifs[i].taken |= t->ifs[i].on;
	return 0;
}

/* A line that begins with a dot; 1 when it was one, 0, -1. */
static int
directive(struct exim_text *t, struct slice line)
{
	static const char *const words[] = { ".ifdef", ".ifndef", ".elifdef",
	    ".elifndef", ".else", ".endif" };
	struct slice rest = line, word = { NULL, 0 };
	size_t i;

	sl_word(&rest, &word);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (sl_eq(word, sl(words[i])))
			return branch(t, word, rest) == -1 ? -1 : 1;
	if (!sl_starts(word, SL(".include")))
		return 0;
	return !is_on(t) ? 1 : import_fail(t->in, t->number, "'" SL_FMT
	    "' is not read; give the output of exim -bP config", SL_ARG(word));
}

/* Lines up to one that no backslash continues; false at the end. */
static int
join(struct exim_text *t, size_t *first, struct buf *b)
{
	struct slice line;
	bool more = false;
	int r;

	b->n = 0;
	*first = 0;
	while (sl_line(&t->rest, &line)) {
		t->number++;
		line = sl_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (line.p[0] == '.' && (r = directive(t, line)) != 0) {
			if (r == -1)
				return -1;
			continue;
		}
		if (!is_on(t))
			continue;
		if (*first == 0)
			*first = t->number;
		more = line.p[line.n - 1] == '\\';
		buf_add(b, more ? sl_first(line, line.n - 1) : line);
		if (!more)
			break;
	}
	return *first != 0;
}

int
exim_line(struct exim_text *t, size_t *first, struct slice *out)
{
	struct buf b = { 0 };
	struct slice value;
	size_t n, hits;
	int r;

	while ((r = join(t, first, &b)) == 1) {
		hits = 0;
		*out = sl_trim(arena_dup(t->in->a, buf_sl(&b)));
		n = macro_name(*out);
		value = sl_from(*out, n);
		if ((r = put_macros(t, &value, *first, &hits)) == -1)
			break;
		if (n == 0) {
			*out = sl_trim(value);
			r = 1;
			break;
		}
		*out = arena_fmt(t->in->a, SL_FMT SL_FMT,
		    SL_ARG(sl_first(*out, n)), SL_ARG(value));
		define(t, *out, n);
	}
	if (r == 0 && t->nifs > 0)
		r = import_fail(t->in, t->ifs[t->nifs - 1].line,
		    "no .endif for this .ifdef");
	buf_free(&b);
	return r;
}

#include <jansson.h>
#include <stdlib.h>

#include "act/line.h"
#include "base/hash.h"
#include "base/xalloc.h"

static struct slice
text(const json_t *o, struct arena *a, const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (!json_is_string(v))
		return (struct slice){ NULL, 0 };
	return arena_dup(a, (struct slice){ json_string_value(v),
	    json_string_length(v) });
}

/* Bytes that are not UTF-8 stand in key_hex; one that is none is not read. */
static struct slice
bytes(const json_t *o, struct arena *a, const char *key, const char *hex)
{
	struct slice s = text(o, a, hex);
	char *p = s.n == 0 ? NULL : arena_alloc(a, s.n / 2 + 1);
	size_t i;
	int hi, lo;

	for (i = 0; i + 1 < s.n; i += 2) {
		hi = ascii_hex(s.p[i]);
		lo = ascii_hex(s.p[i + 1]);
		if (hi == -1 || lo == -1)
			return text(o, a, key);
		p[i / 2] = (char)(hi << 4 | lo);
	}
	return p == NULL ? text(o, a, key) : (struct slice){ p, s.n / 2 };
}

static uint64_t
number(const json_t *o, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(o, key));

	return n < 0 ? 0 : (uint64_t)n;
}

/* "981173106.123456789" */
static struct timespec
moment(const json_t *o, struct arena *a, const char *key)
{
	struct slice s = text(o, a, key), whole;
	bool minus = s.n > 0 && s.p[0] == '-';
	uint64_t sec = 0, ns = 0;

	if (minus)
		s = sl_from(s, 1);
	if (!sl_cut(&s, '.', &whole) || !sl_num(whole, INT64_MAX, &sec) ||
	    !sl_num(s, 999999999, &ns))
		return (struct timespec){ 0, -1 };
	return (struct timespec){ minus ? -(time_t)sec : (time_t)sec,
	    (long)ns };
}

static bool
has_nul(struct slice s)
{
	return s.n > 0 && memchr(s.p, '\0', s.n) != NULL;
}

bool
line_read(struct slice json, struct arena *a, struct line *l)
{
	json_t *o = json_loadb(json.n == 0 ? "" : json.p, json.n,
	    JSON_ALLOW_NUL, NULL);
	bool good = json_is_object(o) &&
	    json_is_string(json_object_get(o, "path"));

	if (good)
		*l = (struct line){ .type = text(o, a, "type"),
		    .path = bytes(o, a, "path", "path_hex"),
		    .member = text(o, a, "member"),
		    .target = bytes(o, a, "target", "target_hex"),
		    .problem = text(o, a, "problem"),
		    .absent = json_is_true(json_object_get(o, "absent")),
		    .size = number(o, "size"), .ino = number(o, "ino"),
		    .links = number(o, "links"),
		    .mtime = moment(o, a, "mtime"),
		    .ctime = moment(o, a, "ctime"),
		    .id = text(o, a, "id"), .class = text(o, a, "class"),
		    .reason = text(o, a, "reason") };
	json_decref(o);
	if (!good || has_nul(l->path) || has_nul(l->member) ||
	    has_nul(l->target))
		return false;
	if (l->member.n == 0)
		l->member = l->path;
	return true;
}

/*
 * By path.
 */

struct place {
	uint64_t	 hash;
	struct slice	 text;
};

struct lines {
	struct place	*v;
	size_t		 n, cap;
};

static bool
is_of(const struct line *l, struct slice path)
{
	struct slice rest;

	if (!sl_starts(l->path, path))
		return false;
	rest = sl_from(l->path, path.n);
	return rest.n == 0 || rest.p[0] == '#' || rest.p[0] == '@';
}

struct slice
path_without_part(struct slice path)
{
	size_t n = path.n;

	while (n > 0 && ascii_digit(path.p[n - 1]))
		n--;
	return n > 1 && n < path.n && (path.p[n - 1] == '#' ||
	    path.p[n - 1] == '@') ? sl_first(path, n - 1) : path;
}

static void
add(struct lines *ls, struct slice path, struct slice text)
{
	if (ls->n == ls->cap) {
		ls->cap = ls->cap == 0 ? 1024 : ls->cap * 2;
		ls->v = xrealloc(ls->v, ls->cap, sizeof(*ls->v));
	}
	ls->v[ls->n++] = (struct place){ hash64(path), text };
}

/* Of equals, as they stand in the text. */
static int
by_hash(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->text.p < y->text.p ? -1 : x->text.p > y->text.p;
}

struct lines *
lines_new(struct slice text)
{
	struct lines *ls = xcalloc(1, sizeof(*ls));
	struct arena *a = arena_new();
	struct slice one, whole;
	struct line l;

	while (sl_cut(&text, '\n', &one)) {
		arena_reset(a);
		if (!line_read(one, a, &l))
			continue;
		whole = path_without_part(l.path);
		add(ls, l.path, one);
		if (whole.n < l.path.n)
			add(ls, whole, one);
	}
	if (ls->n > 0)
		qsort(ls->v, ls->n, sizeof(*ls->v), by_hash);
	arena_free(a);
	return ls;
}

void
lines_free(struct lines *ls)
{
	if (ls == NULL)
		return;
	free(ls->v);
	free(ls);
}

bool
lines_of(const struct lines *ls, struct slice path, struct arena *a,
    struct line *l)
{
	uint64_t hash = hash64(path);
	size_t lo = 0, hi = ls->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (ls->v[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < ls->n && ls->v[lo].hash == hash; lo++)
		if (line_read(ls->v[lo].text, a, l) && is_of(l, path))
			return true;
	return false;
}

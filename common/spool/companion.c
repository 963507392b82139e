#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"
#include "mail/date.h"
#include "spool/companion.h"

#define PAIRS_SEEN	64	/* messages whose partners a bid looks for */
#define VALUE_MAX	255	/* bytes of an account or HELO name */

/*
 * Names.
 */

struct slice
name_stem(struct slice name)
{
	const char *dot = name.n == 0 ? NULL : memrchr(name.p, '.', name.n);

	return dot == NULL ? name : sl_first(name, (size_t)(dot - name.p));
}

bool
name_is_number(const char *name)
{
	size_t i;

	for (i = 0; ascii_digit(name[i]); i++)
		;
	return i > 0 && name[i] == '\0';
}

static bool
one_of(const char *const exts[3], const char *name)
{
	struct slice s = sl(name);
	size_t i;

	for (i = 0; i < 3 && exts[i] != NULL; i++)
		if (s.n > strlen(exts[i]) && sl_iends(s, sl(exts[i])))
			return true;
	return false;
}

bool
pair_is_msg(const struct pair *pr, const char *name)
{
	return one_of(pr->msg, name);
}

bool
pair_is_with(const struct pair *pr, const char *name)
{
	return one_of(pr->with, name);
}

/*
 * The files of d that have name's stem and one of exts: at most max into v,
 * returns how many.  Nothing but a file is a partner: a link in its place
 * stays an entry, and is told.
 */
static size_t
partners(struct tree_dir *d, const char *name, const char *const exts[3],
    struct arena *a, const char **v, size_t max)
{
	struct slice base = name_stem(sl(name));
	const uint32_t *at;
	size_t n = tree_dir_heads(d, arena_fmt(a, "%.*s.", (int)base.n,
	    base.p).p, &at), i, found = 0;

	for (i = 0; i < n && found < max; i++) {
		const struct tree_name *t = &d->v[at[i]];

		if (t->type == TREE_FILE && one_of(exts, t->name) &&
		    name_stem(sl(t->name)).n == base.n)
			v[found++] = t->name;
	}
	return found;
}

void
add_with(struct spool_entry *e, struct arena *a, struct tree_dir *dir,
    const char *name)
{
	if (e->with == NULL)
		e->with = arena_alloc(a, WITH_MAX * sizeof(*e->with));
	if (e->nwith < WITH_MAX)
		e->with[e->nwith++] = (struct spool_with){ dir, name };
}

bool
pair_entry(const struct pair *pr, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	const struct tree_name *t = &d->v[i];
	const char *v[WITH_MAX];
	size_t n, k;

	if (pair_is_with(pr, t->name))
		return t->type != TREE_FILE ||
		    partners(d, t->name, pr->msg, a, v, 1) == 0;
	if (!pair_is_msg(pr, t->name))
		return true;
	n = partners(d, t->name, pr->with, a, v, WITH_MAX);
	for (k = 0; k < n; k++)
		add_with(e, a, NULL, v[k]);
	return true;
}

int
pair_load(const struct pair *pr, struct spool_reader *rd,
    struct spool_msg *m, struct err *err)
{
	const char *name = rd->e->name;

	if (reader_head(rd, m, &m->text, err) == -1)
		return -1;
	if (pair_is_with(pr, name))
		msg_problem(m, "what belongs to a message that is not there");
	if (!pair_is_msg(pr, name))
		return 0;
	m->queue_id = arena_dup(rd->a, name_stem(sl(name)));
	return 1;
}

const char *
pair_seen(const struct pair *pr, const struct tree_dir *d)
{
	struct slice stems[PAIRS_SEEN], s;
	size_t i, k, n = 0;

	for (i = 0; i < d->n && n < PAIRS_SEEN; i++)
		if (d->v[i].type == TREE_FILE &&
		    pair_is_msg(pr, d->v[i].name))
			stems[n++] = name_stem(sl(d->v[i].name));
	for (i = 0; n > 0 && i < d->n; i++) {
		if (d->v[i].type != TREE_FILE ||
		    !pair_is_with(pr, d->v[i].name))
			continue;
		s = name_stem(sl(d->v[i].name));
		for (k = 0; k < n; k++)
			if (sl_eq(s, stems[k]))
				return d->v[i].name;
	}
	return NULL;
}

/*
 * Folders.
 */

struct slice
probe_file(const struct tree_dir *d, const char *name, char buf[PROBE_BYTES])
{
	struct stat st;
	struct err err;
	ssize_t n;
	int fd = tree_file(d, name, &st, &err);

	if (fd == -1)
		return (struct slice){ NULL, 0 };
	n = tree_read(fd, 0, buf, PROBE_BYTES, &err);
	close(fd);
	return (struct slice){ buf, n == -1 ? 0 : (size_t)n };
}

static char *
copy(const char *s, size_t n)
{
	char *p = xalloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

/* The folder called name below the one at path. */
static struct tree_dir *
list_below(struct tree *t, const char *path, const char *name)
{
	size_t n = strlen(path), k = strlen(name);
	char *full = xalloc(n + k + 2);
	struct tree_dir *dir;
	struct err err;

	memcpy(full, path, n);
	if (n > 0)
		full[n++] = '/';
	memcpy(full + n, name, k + 1);
	if (tree_list(t, full, &dir, &err) == -1)
		dir = NULL;
	free(full);
	return dir;
}

struct tree_dir *
probe_below(const struct spool_probe *p, const struct tree_dir *d,
    const char *name)
{
	return list_below(p->tree, d->path, name);
}

static struct tree_dir *
list_above(struct tree *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct tree_dir *dir;
	struct err err;
	char *up;

	if (path[0] == '\0')
		return NULL;		/* it would lead out of the tree */
	up = copy(path, slash == NULL ? 0 : (size_t)(slash - path));
	if (tree_list(t, up, &dir, &err) == -1)
		dir = NULL;
	free(up);
	return dir;
}

void
other_drop(struct spool_other *o)
{
	free(o->of);
	if (o->dir != NULL)
		tree_dir_drop(o->dir);
	*o = (struct spool_other){ NULL, NULL };
}

struct tree_dir *
other_folder(const struct spool_probe *p, const struct tree_dir *d,
    const char *name)
{
	struct spool_other *o = p->other;
	size_t i;

	if (o == NULL || tree_is_file(p->tree))
		return NULL;
	if (o->of != NULL && strcmp(o->of, d->path) == 0)
		return o->dir;
	other_drop(o);
	o->of = copy(d->path, strlen(d->path));
	if (strcmp(name, "..") == 0)
		o->dir = list_above(p->tree, d->path);
	for (i = 0; o->dir == NULL && i < d->n; i++)
		if (d->v[i].type == TREE_DIR &&
		    sl_ieq(sl(d->v[i].name), sl(name)))
			o->dir = list_below(p->tree, d->path, d->v[i].name);
	return o->dir;
}

void
near_drop(struct spool_near *near)
{
	size_t i;

	for (i = 0; i < near->n; i++) {
		free(near->v[i].path);
		if (near->v[i].dir != NULL)
			tree_dir_drop(near->v[i].dir);
	}
	free(near->v);
	*near = (struct spool_near){ NULL, 0 };
}

void
near_trim(struct spool_near *near)
{
	if (near->n > NEAR_MAX)
		near_drop(near);
}

struct tree_dir *
near_folder(const struct spool_probe *p, const char *path)
{
	struct spool_near *near = p->near;
	struct near_dir *d;
	struct err err;
	size_t i;

	if (near == NULL || tree_is_file(p->tree))
		return NULL;
	for (i = 0; i < near->n; i++)
		if (strcmp(near->v[i].path, path) == 0)
			return near->v[i].dir;
	near->v = xrealloc(near->v, near->n + 1, sizeof(*near->v));
	d = &near->v[near->n++];
	d->path = copy(path, strlen(path));
	if (tree_list(p->tree, path, &d->dir, &err) == -1)
		d->dir = NULL;
	return d->dir;
}

/*
 * The text.
 */

/* Control bytes are in no envelope; a DOS file may end in ^Z. */
static bool
is_text(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' && s.p[i] != '\t' &&
		    s.p[i] != '\r' && s.p[i] != '\n' &&
		    !(s.p[i] == 0x1a && i + 1 == s.n))
			return false;
	return true;
}

/*
 * What stands behind the last line end may have lost its own end: half an
 * address is another address.
 */
static struct slice
whole_lines(struct spool_msg *m, struct slice s)
{
	const char *lf = memrchr(s.p, '\n', s.n);
	size_t n = lf == NULL ? 0 : (size_t)(lf + 1 - s.p);

	if (n < s.n && s.p[n] != 0x1a)
		msg_problem(m, "the envelope file ends within a line, which "
		    "is not taken");
	return sl_first(s, n);
}

bool
companion_text(struct spool_reader *rd, struct spool_msg *m,
    const struct spool_with *with, struct slice *text)
{
	struct slice s;

	if (with == NULL) {
		msg_problem(m, "the envelope file is missing");
		return false;
	}
	s = reader_companion(rd, with, COMPANION_MAX + 1);
	if (s.n == 0) {
		msg_problem(m, "the envelope file is empty or cannot be read");
		return false;
	}
	if (s.n > COMPANION_MAX)
		msg_problem(m, "the envelope file is beyond the limit, the "
		    "rest was not read");
	s = sl_first(s, COMPANION_MAX);
	if (!is_text(s)) {
		msg_problem(m, "the envelope file is no text: not taken");
		msg_hints(m, rd->a, s);
		return false;
	}
	if (sl_starts(s, SL("\xef\xbb\xbf")))
		s = sl_from(s, 3);
	*text = whole_lines(m, s);
	return true;
}

/*
 * What its lines say.
 */

/* "SIZE=1460 BODY=8BITMIME", or nothing. */
static bool
are_params(struct slice s)
{
	return s.n == 0 || (ascii_alpha(s.p[0]) &&
	    memchr(s.p, '=', s.n) != NULL);
}

/* "auth: x@y": of a list it would be a group, here it is another line. */
static bool
is_keyed(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n && strchr("<\"@[:", s.p[i]) == NULL; i++)
		;
	return i < s.n && s.p[i] == ':';
}

static bool
read_address(struct companion *c, struct slice s, struct addr *ad)
{
	struct slice params;

	if (!is_keyed(s) && addr_path(c->a, s, ad, &params) == 0 &&
	    are_params(params) &&
	    (ad->null || ad->domain.n > 0 ||
	    sl_ieq(ad->local, SL("postmaster"))))
		return true;
	msg_problem(c->m, "an address of the envelope is none: not taken");
	return false;
}

void
take_sender(struct companion *c, struct slice value)
{
	struct addr ad;

	if (!read_address(c, value, &ad))
		return;
	c->m->has_sender = c->senders++ == 0;
	if (!c->m->has_sender) {
		msg_problem(c->m, "several senders in the envelope: none is "
		    "taken");
		return;
	}
	c->m->sender = ad;
	c->m->sender_prov = c->prov;
}

void
take_rcpt(struct companion *c, struct slice value)
{
	struct addr ad;

	if (!read_address(c, value, &ad))
		return;
	if (ad.null)
		msg_problem(c->m,
		    "an address of the envelope is none: not taken");
	else
		msg_rcpt(c->m, c->a, &ad, c->prov);
}

/* Cut the bytes before the next comma or semicolon outside of quotes. */
static bool
next_item(struct slice *rest, struct slice *item)
{
	bool quoted = false;
	size_t i;

	if (rest->n == 0)
		return false;
	for (i = 0; i < rest->n; i++) {
		if (rest->p[i] == '"')
			quoted = !quoted;
		else if (rest->p[i] == '\\' && quoted && i + 1 < rest->n)
			i++;
		else if (!quoted && (rest->p[i] == ',' || rest->p[i] == ';'))
			break;
	}
	*item = sl_trim(sl_first(*rest, i));
	*rest = sl_from(*rest, i + 1);
	return true;
}

void
take_rcpts(struct companion *c, struct slice value)
{
	struct slice item;

	while (next_item(&value, &item))
		if (item.n > 0)
			take_rcpt(c, item);
}

void
take_account(struct companion *c, struct slice value)
{
	if (value.n > 1 && value.p[0] == '<' && value.p[value.n - 1] == '>')
		value = sl_first(sl_from(value, 1), value.n - 2);
	if (value.n > 0 && value.n <= VALUE_MAX)
		c->m->account = value;
}

void
take_helo(struct companion *c, struct slice value)
{
	if (value.n > 0 && value.n <= VALUE_MAX)
		c->m->helo = value;
}

/* 0.0.0.0 is how some say that there was none. */
void
take_client(struct companion *c, struct slice value)
{
	static const struct ip none = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	    0xff, 0xff, 0, 0, 0, 0 } };
	struct ip ip;

	if (ip_parse(value, &ip) && !ip_eq(&ip, &none))
		c->m->client = ip;
}

void
take_arrived(struct companion *c, struct slice value)
{
	int64_t t;

	if (date_parse(value, &t, NULL))
		c->m->arrived = t;
}

bool
companion_line(struct companion *c, struct slice line, char sep,
    const struct companion_key *keys, size_t n)
{
	const char *at = line.n == 0 ? NULL : memchr(line.p, sep, line.n);
	struct slice key;
	size_t i;

	if (at == NULL)
		return false;
	key = sl_trim(sl_first(line, (size_t)(at - line.p)));
	for (i = 0; i < n; i++) {
		if (!sl_ieq(key, sl(keys[i].key)))
			continue;
		keys[i].take(c, sl_trim(sl_from(line,
		    (size_t)(at + 1 - line.p))));
		return true;
	}
	return false;
}

bool
companion_smtp(struct companion *c, struct slice line)
{
	static const struct companion_key verbs[] = {
		{ "mail from", take_sender }, { "rcpt to", take_rcpt },
	};

	return companion_line(c, line, ':', verbs, 2);
}

void
companion_done(struct companion *c)
{
	if (c->m->nrcpts == 0)
		msg_problem(c->m, "the envelope names no recipient");
}

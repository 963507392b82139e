#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "site/site.h"

/*
 * inih knows keys, values and their continuation lines.  What it cannot do
 * with the compiled-in settings found on most systems is done here, in the
 * reader it takes its lines from: it cuts lines off at 200 bytes, so a long
 * one is fed as a line and its continuations; it passes over a line that it
 * does not understand, and over sections without a key.
 */
struct conf {
	struct site	*site;
	struct err	*err;
	const char	*path;
	FILE		*f;
	char		*line;		/* getline's */
	size_t		 cap;
	size_t		 number;	/* of line, from 1 */
	struct slice	 rest;		/* of line: not yet fed */
	bool		 indent;	/* rest continues the value so far */
	bool		 mid_word;	/* the last piece ended inside a word */
	bool		 due;		/* fed, and not come back as a value */
	bool		 failed;
	struct buf	 value;		/* of line, pieces joined */
};

static const char file_key[] = "valid_recipients_file";

/* Say where and what; false, so that it can be returned. */
__attribute__((format(printf, 2, 3)))
static bool
fail(struct conf *c, const char *fmt, ...)
{
	char msg[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	err_set(c->err, ERR_FORMAT, "%.200s:%zu: %s", c->path, c->number, msg);
	c->failed = true;
	return false;
}

/* A comment begins the line, or follows a blank. */
static struct slice
without_comment(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((s.p[i] == '#' || s.p[i] == ';') &&
		    (i == 0 || ascii_space(s.p[i - 1])))
			s.n = i;
	return sl_trim(s);
}

static bool
check_section(struct conf *c)
{
	if (sl_eq(c->rest, SL("[site]")) || sl_eq(c->rest, SL("[policy]")))
		return true;
	c->rest = sl_first(c->rest, 40);
	return fail(c, "unknown section '" SL_FMT "'; there are [site] and "
	    "[policy]",
	    SL_ARG(c->rest));
}

/* The next line that says something, into rest. */
static bool
next_line(struct conf *c)
{
	ssize_t n;

	do {
		if ((n = getline(&c->line, &c->cap, c->f)) == -1)
			return false;
		c->number++;
		c->rest = (struct slice){ c->line, (size_t)n };
		if (memchr(c->line, '\0', (size_t)n) != NULL)
			return fail(c, "a NUL byte: this is not text");
		if (c->number == 1 && sl_starts(c->rest, SL("\xef\xbb\xbf")))
			c->rest = sl_from(c->rest, 3);
		c->indent = c->rest.p[0] == ' ' || c->rest.p[0] == '\t';
		c->rest = without_comment(c->rest);
	} while (c->rest.n == 0);
	return c->indent || c->rest.p[0] != '[' || check_section(c);
}

/*
 * Cut at most room bytes off rest.  A piece must not begin with what inih
 * takes for a comment.
 */
static struct slice
next_piece(struct conf *c, size_t room)
{
	struct slice piece;
	size_t n = room;

	if (c->rest.n <= room)
		n = c->rest.n;
	else
		while (n > 1 && (c->rest.p[n] == '#' || c->rest.p[n] == ';'))
			n--;
	piece = sl_first(c->rest, n);
	c->rest = sl_from(c->rest, n);
	c->mid_word = c->rest.n > 0 && !ascii_space(c->rest.p[0]) &&
	    !ascii_space(piece.p[n - 1]);
	c->rest = sl_trim(c->rest);
	return piece;
}

/* What inih calls for a line: as fgets, size bytes with the NUL. */
static char *
feed(char *to, int size, void *arg)
{
	struct conf *c = arg;
	struct slice piece;
	size_t n = 0;

	if (!c->failed && c->due)
		fail(c, "neither 'key = value' nor an indented line after one");
	if (c->failed || (c->rest.n == 0 && !next_line(c)))
		return NULL;
	if (c->indent)
		to[n++] = ' ';
	piece = next_piece(c, (size_t)size - 3);
	memcpy(to + n, piece.p, piece.n);
	n += piece.n;
	to[n++] = '\n';
	to[n] = '\0';
	c->due = c->indent || piece.p[0] != '[';
	c->indent = true;	/* what is left of this line */
	return to;
}

/* path itself, or beside the site.conf that names it. */
static void
beside(struct buf *b, const char *conf, struct slice path)
{
	const char *slash = strrchr(conf, '/');

	if (slash != NULL && path.p[0] != '/')
		buf_add(b, (struct slice){ conf, (size_t)(slash - conf) + 1 });
	buf_add(b, path);
	buf_addc(b, '\0');
}

/* One address a line. */
static int
read_rcpts(struct site *s, FILE *f, const char *path, struct err *err)
{
	char *line = NULL;
	size_t cap = 0, number = 0, found = 0;
	struct slice v;
	ssize_t n;
	int r = 0;

	while (r == 0 && (n = getline(&line, &cap, f)) != -1) {
		number++;
		v = without_comment((struct slice){ line, (size_t)n });
		if (v.n == 0)
			continue;
		found++;
		if (site_add(s, SITE_RCPT, v, err) == -1)
			r = err_at(err, "%s:%zu", path, number);
	}
	if (r == 0 && ferror(f))
		r = err_sys(err, "%s", path);
	free(line);
	if (r == 0 && found == 0)
		r = err_set(err, ERR_FORMAT, "%s: no address in it", path);
	return r;
}

static bool
load_rcpts(struct conf *c, struct slice path)
{
	struct buf b = { 0 };
	FILE *f;

	if (path.n == 0)
		return true;
	beside(&b, c->path, path);
	if ((f = fopen(b.p, "re")) == NULL) {
		err_sys(c->err, "%.100s", b.p);
		err_at(c->err, "%s:%zu: %s", c->path, c->number, file_key);
		c->failed = true;
	} else {
		c->failed = read_rcpts(c->site, f, b.p, c->err) == -1;
		fclose(f);
	}
	buf_free(&b);
	return !c->failed;
}

static bool
unknown_key(struct conf *c, const char *key)
{
	struct buf known = { 0 };
	size_t w;

	for (w = 0; w < SITE_WHATS; w++)
		buf_fmt(&known, "%s ", site_key((enum site_what)w));
	buf_fmt(&known, "%s", file_key);
	fail(c, "unknown key '%.40s'; there are %.*s", key, (int)known.n,
	    known.p);
	buf_free(&known);
	return false;
}

/* The words between blanks and commas, each on its own. */
static bool
add_words(struct conf *c, enum site_what w, struct slice words)
{
	struct slice part, word;

	while (sl_cut(&words, ',', &part))
		while (sl_word(&part, &word))
			if (site_add(c->site, w, word, c->err) == -1) {
				err_at(c->err, "%s:%zu: %s", c->path,
				    c->number, site_key(w));
				c->failed = true;
				return false;
			}
	return true;
}

static bool
take(struct conf *c, const char *section, const char *key,
    struct slice value)
{
	size_t w;

	if (strcmp(section, "policy") == 0) {
		if (strcmp(key, "rules") != 0)
			return fail(c, "unknown key '%.40s'; [policy] has "
			    "rules only", key);
		site_add_policy(c->site, value);
		return true;
	}
	if (strcmp(key, file_key) == 0)
		return load_rcpts(c, value);
	for (w = 0; w < SITE_WHATS; w++)
		if (strcmp(key, site_key((enum site_what)w)) == 0)
			return add_words(c, (enum site_what)w, value);
	return unknown_key(c, key);
}

/* What inih calls for a value: 1, or 0 when it is no good. */
static int
have(void *arg, const char *section, const char *key, const char *value)
{
	struct conf *c = arg;
	bool good = true;

	c->due = false;
	buf_add(&c->value, sl(value));
	if (c->mid_word)
		return 1;
	buf_addc(&c->value, ' ');
	if (c->rest.n == 0) {
		good = take(c, section, key, sl_trim(buf_sl(&c->value)));
		c->value.n = 0;
	}
	return good;
}

static int
parse(struct conf *c)
{
	int r = ini_parse_stream(feed, c, have, c);

	if (!c->failed && ferror(c->f))
		return err_sys(c->err, "%s", c->path);
	if (!c->failed && r != 0)
		fail(c, "not understood");
	return c->failed ? -1 : 0;
}

int
site_load(struct site *s, const char *path, struct err *err)
{
	struct conf c = { .site = s, .err = err, .path = path };
	int r;

	if ((c.f = fopen(path, "re")) == NULL)
		return err_sys(err, "%s", path);
	r = parse(&c);
	fclose(c.f);
	free(c.line);
	buf_free(&c.value);
	return r;
}

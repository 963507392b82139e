#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "io/below.h"
#include "io/tree.h"
#include "log/again.h"
#include "log/bytes.h"
#include "log/driver.h"
#include "mail/date.h"

#define HEAD	65536		/* bytes that the kind is found in; where they
				   do not tell, in a chunk */
#define CHUNK	(1024 * 1024)	/* bytes read at a time */
#define BIDS	200		/* lines that bid, and as many as it takes */

static const struct log_driver *const drivers[] = {
	&log_postfix, &log_exim, &log_sendmail, &log_w3c, &log_ims55,
	&log_ex2007, &log_iis, &log_ncsa, &log_opensmtpd, &log_events, NULL
};

const struct log_driver *const *
log_drivers(void)
{
	return drivers;
}

const char *
log_driver_name(const struct log_driver *d)
{
	return d->name;
}

const char *
log_driver_what(const struct log_driver *d)
{
	return d->what;
}

/* A file that will be read. */
struct source {
	const char	*path;		/* to be shown; "-": stdin */
	const char	*root, *below;	/* of a folder; below NULL: path itself */
	int64_t		 first;		/* time of its first line */
	size_t		 n;		/* as it was named */
};

struct sources {
	struct source	*v;
	size_t		 n, cap;
	struct arena	*a;
};

/*
 * The order of dates in numbers, by kind of log: what one file of a server
 * tells for sure holds for those that leave it open.
 */
#define KINDS	(sizeof(drivers) / sizeof(drivers[0]))
struct orders {
	bool		 told;		/* by whom we work for: order is it */
	enum date_order	 order;
	struct {
		bool		found, mixed;
		enum date_order	order;
	} of[KINDS];
	bool		 unsure;	/* some file left it open */
};

struct reader {
	struct log_in	 in;
	const struct log_opts *o;
	struct log_sum	*sum;
	char		*chunk;
	size_t		 held;		/* bytes in it */
	bool		 skip;		/* the rest of too long a line */
	uint64_t	 lines, unknown;	/* of the file */
	int64_t		 first, written;	/* its first time, its date */
	const struct log_driver *d;
	bool		 sure;		/* of the dates' order */
	struct orders	*orders;
	struct again	*again;
	int64_t		 zone;
};

/* ---- what there is to read ---- */

static void
add(struct sources *s, const char *path, const char *root, const char *below)
{
	struct source *to = arena_more(s->a, &s->v, &s->n, &s->cap,
	    sizeof(*s->v));

	*to = (struct source){ .path = path, .root = root, .below = below,
	    .n = s->n };
}

static void
add_names(struct sources *s, const char *root, const struct tree_dir *dir)
{
	const char *below;
	size_t i;

	for (i = 0; i < dir->n; i++) {
		if (dir->v[i].type != TREE_FILE)
			continue;
		below = dir->path[0] == '\0' ?
		    arena_str(s->a, sl(dir->v[i].name)) :
		    arena_path(s->a, dir->path, dir->v[i].name);
		add(s, arena_path(s->a, root, below), root, below);
	}
}

static void
lost(struct reader *r, const char *path, const struct err *err)
{
	r->sum->lost++;
	if (r->o->lost != NULL)
		r->o->lost(r->o->ctx, path, err->msg);
}

static void
add_folder(struct reader *r, struct sources *s, const char *path)
{
	struct tree *t;
	struct tree_dir *dir;
	struct err err = { 0 };
	int got;

	if (tree_open(&t, path, &err) == -1) {
		lost(r, path, &err);
		return;
	}
	while ((got = tree_next(t, &dir, &err)) != 0)
		if (got == 1)
			add_names(s, path, dir);
		else
			lost(r, path, &err);
	tree_close(t);
}

static void
add_operand(struct reader *r, struct sources *s, const char *path)
{
	struct err err = { 0 };
	struct stat st;

	if (strcmp(path, "-") == 0)
		add(s, path, NULL, NULL);
	else if (stat(path, &st) == -1) {
		err_sys(&err, "%s", path);
		lost(r, path, &err);
	} else if (S_ISDIR(st.st_mode))
		add_folder(r, s, path);
	else
		add(s, path, NULL, NULL);
}

static int
open_source(const struct source *s, struct err *err)
{
	int root, fd;

	if (strcmp(s->path, "-") == 0 && s->below == NULL)
		return dup(STDIN_FILENO);
	if (s->below == NULL) {
		fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	} else {
		root = open(s->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		fd = root == -1 ? -1 : below_open(root, s->below, O_RDONLY, 0);
		if (root != -1)
			close(root);
	}
	return fd == -1 ? err_sys(err, "%s", s->path) : fd;
}

static int
source_open(struct bytes *b, const struct source *s, struct err *err)
{
	int fd = open_source(s, err);

	return fd == -1 ? -1 : bytes_open(b, fd, err);
}

/* ---- which kind ---- */

static const struct log_driver *
by_name(const char *name)
{
	size_t i;

	for (i = 0; drivers[i] != NULL; i++)
		if (sl_ieq(sl(drivers[i]->name), sl(name)))
			return drivers[i];
	return NULL;
}

static const struct log_driver *
find_kind(struct slice head)
{
	unsigned score[sizeof(drivers) / sizeof(drivers[0])] = { 0 }, i, n;
	unsigned bid, any = 0;
	struct slice line;
	size_t best = 0;

	for (n = 0; (n < BIDS || any == 0) && sl_line(&head, &line); n++)
		for (i = 0; line.n > 0 && drivers[i] != NULL; i++) {
			bid = drivers[i]->bid(line);
			score[i] += bid;
			any |= bid;
		}
	for (i = 0; drivers[i] != NULL; i++)
		if (score[i] > score[best])
			best = i;
	return score[best] > 0 ? drivers[best] : NULL;
}

/* The year of a file whose dates have none: it was written after them. */
static int64_t
first_year(struct slice head, int64_t written)
{
	struct log_clock c = { .year = 2000 };
	struct slice line;
	int64_t at;

	while (sl_line(&head, &line))
		if (when_syslog(&c, &line, &at) && c.no_year)
			return when_year(written, c.month, (unsigned)((at -
			    date_days(2000, c.month, 1) * 86400) / 86400 + 1));
	return 2000;
}

static size_t
kind_of(const struct log_driver *d)
{
	size_t i;

	for (i = 0; drivers[i] != d; i++)
		;
	return i;
}

static enum date_order
order_of(struct reader *r, struct slice head)
{
	struct orders *all = r->orders;
	size_t k = kind_of(r->d);
	enum date_order o = all->told ? all->order :
	    when_order(head, &r->sure);

	if (!r->sure && all->of[k].found && !all->of[k].mixed) {
		r->sure = true;
		return all->of[k].order;
	}
	if (r->sure) {
		all->of[k].mixed |= all->of[k].found &&
		    all->of[k].order != o;
		all->of[k].found = true;
		all->of[k].order = o;
	}
	all->unsure |= !r->sure;
	return o;
}

/* Ready for the file that begins so. */
static void
file_begin(struct reader *r, struct slice head, int64_t written)
{
	struct log_in *in = &r->in;

	r->d = r->o->kind != NULL ? by_name(r->o->kind) : find_kind(head);
	r->lines = r->unknown = 0;
	r->first = 0;
	r->written = written;
	r->sure = true;
	in->at = 0;
	in->scope++;
	in->clock = (struct log_clock){ .zone = r->zone };
	in->clock.year = r->o->year != 0 ? (int64_t)r->o->year :
	    first_year(head, written);
	free(in->state);
	in->state = NULL;
	if (r->d == NULL)
		return;
	in->state = xcalloc(1, r->d->state + 1);
	if (r->d->numeric)
		in->clock.order = order_of(r, head);
}

/* ---- lines ---- */

static void
one_line(struct reader *r, struct slice line)
{
	struct log_sum *sum = r->sum;
	struct log_in *in = &r->in;

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	while (line.n > 0 && line.p[0] == '\0')	/* a hole in front */
		line = sl_from(line, 1);
	r->lines++;
	if (line.n == 0)
		return;
	line = sl_first(line, LOG_LINE_MAX);
	if (r->d->line(in, line))
		again_line(r->again, line);
	else
		r->unknown++;
	if (in->at == 0)
		return;
	if (r->first == 0)
		r->first = in->at;
	if (sum->first == 0 || in->at < sum->first)
		sum->first = in->at;
	if (in->at > sum->last)
		sum->last = in->at;
}

/* All whole lines of the chunk; what is left of it goes to its front. */
static void
take_lines(struct reader *r, bool end)
{
	struct slice rest = { r->chunk, r->held };
	const char *nl;

	while ((nl = memchr(rest.p, '\n', rest.n)) != NULL) {
		if (!r->skip)
			one_line(r, sl_first(rest, (size_t)(nl - rest.p)));
		r->skip = false;
		rest = sl_from(rest, (size_t)(nl + 1 - rest.p));
	}
	if (rest.n > 0 && (end || rest.n > CHUNK / 2)) {
		if (!r->skip)
			one_line(r, rest);	/* longer than any of a log */
		r->skip = !end;
		rest.n = 0;
	}
	memmove(r->chunk, rest.p, rest.n);
	r->held = rest.n;
}

static void
describe(const struct reader *r, struct buf *b)
{
	char text[DATE_TEXT];
	const struct log_clock *c = &r->in.clock;

	buf_fmt(b, "%s, %llu lines", r->d->name, (unsigned long long)r->lines);
	if (r->unknown > 0)
		buf_fmt(b, ", %llu of them say nothing to us",
		    (unsigned long long)r->unknown);
	if (c->no_year)
		buf_fmt(b, "; no year in it, %s to %lld", r->o->year != 0 ?
		    "as told, up" : "by the file's date up",
		    (long long)c->year);
	if (c->no_year && r->in.at > r->written + 2 * 86400)
		buf_fmt(b, ", after that date: --year tells the first one");
	if (c->no_zone && r->o->zone == NULL)
		buf_fmt(b, "; no zone in it, taken as UTC (--zone)");
	if (!r->sure)
		buf_fmt(b, "; dates taken as month/day (--dates)");
	if (again_of(r->again) != NULL)
		buf_fmt(b, "; most of its lines stand in %s, too: they count "
		    "twice", again_of(r->again));
	if (r->in.at != 0)
		buf_fmt(b, "; last line %s", date_str(r->in.at, text));
	buf_addc(b, '\0');
}

static void
file_end(struct reader *r, const char *path)
{
	struct buf said = { 0 };

	r->sum->files++;
	r->sum->lines += r->lines;
	r->sum->unknown += r->unknown;
	describe(r, &said);
	if (r->o->file != NULL)
		r->o->file(r->o->ctx, path, said.p);
	buf_free(&said);
}

static int
fill(struct reader *r, struct bytes *b, size_t least, struct err *err)
{
	ssize_t got = 1;

	while (r->held < least && got > 0) {
		got = bytes_read(b, r->chunk + r->held, CHUNK - r->held, err);
		if (got > 0) {
			r->held += (size_t)got;
			r->sum->bytes += (uint64_t)got;
		}
	}
	return (int)(got < 0 ? -1 : got > 0);
}

/* A log that was emptied while its server wrote on begins with a hole. */
static void
pass_zeros(struct reader *r)
{
	size_t n;

	for (n = 0; n < r->held && r->chunk[n] == '\0'; n++)
		;
	r->held -= n;
	memmove(r->chunk, r->chunk + n, r->held);
}

/* Ready for the file; *head is what tells its kind.  As fill; 0: all of it. */
static int
begin(struct reader *r, struct bytes *b, struct slice *head, struct err *err)
{
	int more;

	r->held = 0;
	r->skip = false;
	r->d = NULL;
	do {
		more = fill(r, b, HEAD, err);
		pass_zeros(r);
	} while (more == 1 && r->held < HEAD);
	*head = (struct slice){ r->chunk, r->held < HEAD ? r->held : HEAD };
	if (r->held > 0)
		file_begin(r, *head, b->written);
	if (r->d == NULL && more == 1) {
		more = fill(r, b, CHUNK, err);
		head->n = r->held;
		file_begin(r, *head, b->written);
	}
	return more;
}

/* The files of the journal itself, and its export for another journal. */
static bool
is_journal(struct slice head)
{
	return sl_starts(head, SL("LPKSHHRH")) ||
	    sl_starts(head, SL("__CURSOR="));
}

static int
read_file(struct reader *r, const char *path, struct bytes *b,
    struct err *err)
{
	struct slice head;
	int more = begin(r, b, &head, err);

	if (r->held == 0)
		return more;
	if (r->d == NULL && is_journal(head))
		return err_set(err, ERR_FORMAT, "a journal: read what "
		    "journalctl -o json prints of it");
	if (r->d == NULL)
		return err_set(err, ERR_FORMAT, "no log of a kind that we "
		    "know; -f names one");
	again_begin(r->again, path);
	while (more == 1 && !sig_stop()) {
		take_lines(r, false);
		if (r->o->progress != NULL)
			r->o->progress(r->o->ctx, r->sum->lines + r->lines,
			    r->sum->bytes);
		more = fill(r, b, r->held + 1, err);
	}
	take_lines(r, true);
	file_end(r, path);
	return more;
}

/* The file's path, and behind it the one in it that is read. */
static const char *
shown(const struct source *s, struct bytes *b, struct buf *to)
{
	to->n = 0;
	buf_add(to, sl(s->path));
	buf_add(to, buf_sl(&b->name));
	buf_addc(to, '\0');
	return to->p;
}

static void
read_source(struct reader *r, const struct source *s)
{
	struct buf path = { 0 };
	struct err err = { 0 };
	struct bytes b;
	bool any = false, told = false, mixed = false, bad;
	int64_t last = 0;
	int got;

	if (source_open(&b, s, &err) == -1) {
		lost(r, s->path, &err);
		return;
	}
	while ((got = bytes_next(&b, &err)) != 0 && !sig_stop()) {
		any = true;
		bad = got == -1 || read_file(r, shown(s, &b, &path), &b,
		    &err) == -1;
		if (bad && !(got == -1 && told))
			lost(r, shown(s, &b, &path), &err);
		told = bad && got == 1;		/* that it is damaged */
		mixed |= r->first != 0 && r->first < last;
		last = r->first != 0 ? r->first : last;
		if (got == -1 && b.over)
			break;
	}
	if (got == 0 && !any) {
		err_set(&err, ERR_FORMAT, "an archive of nothing");
		lost(r, s->path, &err);
	}
	if (mixed && r->o->file != NULL)
		r->o->file(r->o->ctx, s->path, "its files are not in the "
		    "order of their times: extract it, and they are read so");
	buf_free(&path);
	bytes_close(&b);
}

/* ---- order ---- */

static void
nobody(void *ctx, const struct log_event *e)
{
	(void)ctx;
	(void)e;
}

/* The time of the first line that has one; 0: none. */
static int64_t
first_time(const struct log_opts *o, const struct source *s,
    const struct reader *of)
{
	struct log_opts quiet = { .kind = o->kind, .year = o->year,
	    .each = nobody };
	struct log_sum sum = { 0 };
	struct reader r = { .o = &quiet, .sum = &sum,
	    .zone = of->zone, .orders = of->orders,
	    .in = { .o = &quiet, .sum = &sum } };
	struct err err = { 0 };
	struct slice rest, line;
	struct bytes b;

	if (strcmp(s->path, "-") == 0 || source_open(&b, s, &err) == -1)
		return 0;
	r.chunk = xalloc(CHUNK);
	r.in.open = openings_new();
	if (bytes_next(&b, &err) == 1 && begin(&r, &b, &rest, &err) != -1)
		while (r.d != NULL && r.in.at == 0 && sl_line(&rest, &line))
			(void)r.d->line(&r.in, line);
	bytes_close(&b);
	openings_free(r.in.open);
	buf_free(&r.in.tmp);
	free(r.in.state);
	free(r.chunk);
	return r.in.at;
}

static int
by_first(const void *x, const void *y)
{
	const struct source *a = x, *b = y;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return a->n < b->n ? -1 : a->n > b->n;
}

static void
put_in_order(const struct log_opts *o, struct sources *s,
    const struct reader *r)
{
	size_t i;

	if (s->n < 2)
		return;
	for (i = 0; i < s->n; i++)
		s->v[i].first = first_time(o, &s->v[i], r);
	for (i = 0; r->orders->unsure && i < s->n; i++)	/* now it is known */
		s->v[i].first = first_time(o, &s->v[i], r);
	qsort(s->v, s->n, sizeof(*s->v), by_first);
}

int
log_read(const struct log_opts *o, char *const paths[], struct log_sum *sum,
    struct err *err)
{
	struct sources s = { .a = arena_new() };
	struct orders orders = { .told = o->dates != NULL };
	struct reader r = { .o = o, .sum = sum, .in = { .o = o, .sum = sum },
	    .orders = &orders };
	size_t i;

	*sum = (struct log_sum){ 0 };
	if ((o->kind != NULL && by_name(o->kind) == NULL) ||
	    (o->zone != NULL && !when_zone(sl(o->zone), &r.zone))) {
		arena_free(s.a);
		return o->zone != NULL && !when_zone(sl(o->zone), &r.zone) ?
		    err_set(err, ERR_USAGE, "--zone %s: not as +0900 or UTC",
		    o->zone) : err_set(err, ERR_USAGE, "-f %s: no kind of "
		    "log that we know", o->kind);
	}
	if (orders.told && !when_order_parse(sl(o->dates), &orders.order)) {
		arena_free(s.a);
		return err_set(err, ERR_USAGE, "--dates %s: one of mdy, dmy, "
		    "ymd", o->dates);
	}
	for (; *paths != NULL; paths++)
		add_operand(&r, &s, *paths);
	put_in_order(o, &s, &r);
	r.chunk = xalloc(CHUNK);
	r.in.open = openings_new();
	r.again = again_new();
	for (i = 0; i < s.n && !sig_stop(); i++)
		read_source(&r, &s.v[i]);
	open_end_all(&r.in);
	sum->stopped = sig_stop();
	again_free(r.again);
	openings_free(r.in.open);
	buf_free(&r.in.tmp);
	free(r.in.state);
	free(r.chunk);
	arena_free(s.a);
	return 0;
}

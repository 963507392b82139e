#include "mail/date.h"
#include "mail/header.h"
#include "spool/driver.h"

/*
 * mbox: one file, many messages.  unix-spools 7, MB-2; RFC 4155.
 */
#define RANGE	(8 * 1024 * 1024)	/* so that threads share a big one */
#define LINE_MAX_FROM	512		/* bytes of a From_ line we look at */
#define FIELD_SEEN	128		/* and of the field below it */

/* Has s one of the three-letter names (in names, one behind the other)? */
static bool
is_short_name(struct slice s, struct slice names)
{
	for (; s.n == 3 && names.n > 0; names = sl_from(names, 3))
		if (sl_ieq(s, sl_first(names, 3)))
			return true;
	return false;
}

/* "Mon Jan  5 ...", or a date that begins with "Mon," or a digit. */
static bool
is_date(struct slice s)
{
	struct slice rest = s, day, month;
	bool weekday;
	int64_t t;

	if (!sl_word(&rest, &day) || !sl_word(&rest, &month))
		return false;
	weekday = is_short_name(sl_first(day, 3), SL("SunMonTueWedThuFriSat"));
	if (weekday && day.n == 3 && is_short_name(month,
	    SL("JanFebMarAprMayJunJulAugSepOctNovDec")))
		return true;
	return (weekday || ascii_digit(day.p[0])) && date_parse(s, &t, NULL);
}

/*
 * "From bob@example.org Mon Jan  5 01:00:00 2004"; list archives have "bob
 * at example.org" for the address.
 */
static bool
from_parse(struct slice line, struct slice *sender, struct slice *host,
    struct slice *date)
{
	struct slice rest, at;

	*host = (struct slice){ NULL, 0 };
	if (!sl_starts(line, SL("From ")) || line.n > LINE_MAX_FROM)
		return false;
	rest = sl_from(line, 5);
	if (!sl_word(&rest, sender))
		return false;
	*date = sl_trim(rest);
	if (is_date(*date))
		return true;
	if (!sl_word(&rest, &at) || !sl_eq(at, SL("at")) ||
	    !sl_word(&rest, host))
		return false;
	*date = sl_trim(rest);
	return is_date(*date);
}

static bool
from_line(struct slice line)
{
	struct slice sender, host, date;

	return from_parse(line, &sender, &host, &date);
}

static void
take_sender(struct spool_msg *m, struct arena *a, struct slice sender,
    struct slice host)
{
	struct slice params;

	if (sl_ieq(sender, SL("MAILER-DAEMON")))
		sender = SL("<>");
	else if (host.n > 0)
		sender = arena_fmt(a, SL_FMT "@" SL_FMT, SL_ARG(sender),
		    SL_ARG(host));
	if (sl_eq(sender, SL("-")) || sl_eq(sender, SL("???@???")) ||
	    addr_path(a, sender, &m->sender, &params) == -1)
		return;		/* as mail programs write it: not known */
	m->has_sender = true;
	m->sender_prov = PROV_NATIVE;
}

bool
from_take(struct slice *text, struct arena *a, struct spool_msg *m)
{
	struct slice rest = *text, line, sender, host, date;

	if (!sl_line(&rest, &line) ||
	    !from_parse(line, &sender, &host, &date))
		return false;
	take_sender(m, a, sender, host);
	if (!date_parse(date, &m->arrived, NULL))
		m->arrived = 0;
	*text = rest;
	return true;
}

/* At the start of the file, or behind an empty line. */
static bool
is_behind_empty(struct slice w, size_t at)
{
	return at <= 1 || w.p[at - 2] == '\n' ||
	    (w.p[at - 2] == '\r' && (at == 2 || w.p[at - 3] == '\n'));
}

static bool
begins_header(struct slice s)
{
	struct hdr h;

	s = sl_first(s, FIELD_SEEN);
	return hdr_next(&s, &h) == 1 && hdr_id(h.name) != H_OTHER;
}

/*
 * Who puts files together leaves out the empty line, where the last one does
 * not end in a line end: then a header must follow.
 */
static bool
mbox_mark(struct slice w, size_t at, bool body)
{
	struct slice rest = sl_from(w, at), line;

	(void)body;
	return rest.n >= 5 && memcmp(rest.p, "From ", 5) == 0 &&
	    sl_line(&rest, &line) && from_line(line) &&
	    (is_behind_empty(w, at) || begins_header(rest));
}

/* Does another message begin behind the first one? */
static bool
has_second(struct slice head)
{
	struct slice line;
	size_t at;

	for (at = 0; sl_line(&head, &line); at++)
		if (at > 0 && from_line(line))
			return true;
	return false;
}

/*
 * Files of one message each may have a From_ line on top too; and among
 * mailboxes lies a note, or a lock.
 */
static int
mbox_bid(const struct spool_probe *p)
{
	char buf[PROBE_BYTES];
	size_t i, n = 0, begun = 0, several = 0;
	struct slice s;

	for (i = 0; i < PROBE_FILES; i++) {
		s = probe_head(p, i, buf);
		if (s.n == 0)
			continue;
		n++;
		if (!mbox_mark(s, 0, false))
			continue;
		begun++;
		several += has_second(s);
	}
	return n > 0 && (begun == n || (several > 0 && 2 * begun >= n)) ?
	    30 : 0;
}

static bool
mbox_entry(const struct spool_probe *p, struct tree_dir *d, size_t i,
    struct arena *a, struct spool_entry *e)
{
	(void)p;
	(void)i;
	(void)a;
	e->folder = d->path[0] == '\0' ? "." : d->path;
	return true;
}

/* The empty line in front of the next From_ line is not the message's. */
static struct slice
without_last_empty(struct slice s)
{
	struct slice end = { "\n\r\n", 3 };

	if (sl_iends(s, end))
		return sl_first(s, s.n - 2);
	return sl_iends(s, SL("\n\n")) ? sl_first(s, s.n - 1) : s;
}

/*
 * What stands before the first From_ line is a message when there is more
 * to it than empty lines.
 */
static int
mbox_load(struct spool_reader *rd, struct spool_msg *m, struct err *err)
{
	int r;

	while ((r = reader_split(rd, mbox_mark, m, &m->text, err)) == 1) {
		if (!m->cut)
			m->text = without_last_empty(m->text);
		if (from_take(&m->text, rd->a, m))
			break;
		if (m->cut || sl_trim(m->text).n > 0) {
			msg_problem(m, "no From_ line in front");
			break;
		}
	}
	return r;
}

const struct spool_driver drv_mbox = {
	.name = "mbox",
	.what = "mbox files: From_ lines",
	.range = RANGE,
	.bid = mbox_bid,
	.entry = mbox_entry,
	.load = mbox_load,
	.ways = {
		.no_rotate = "a mailbox is a file: stop what delivers to it and rename "
		    "it",
		.no_remove = "the messages of a mailbox are one file: take it out whole, "
		    "or delete them with a mail reader",
	},
};

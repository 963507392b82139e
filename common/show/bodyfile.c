#include "base/utf8.h"
#include "show/format.h"

/*
 * The body file of the Sleuth Kit, as mactime(1) of its version 3 and later
 * reads it: MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime.
 *
 * A message has two times: when it arrived ("mac" in the timeline) and the
 * Date that its sender wrote ("b").  Where one is not known the other stands
 * for it: a 0 would be a line of its own, in no year.  Inodes have to be
 * numbers there, so the id stands in the name.
 */

/* A bar ends the field, and %1B would be taken for the byte. */
static void
put_safe(struct sink *s, struct slice text)
{
	size_t i;

	s->cell.n = 0;
	utf8_show(&s->cell, text, 0);
	for (i = 0; i < s->cell.n; i++)
		if (s->cell.p[i] == '|' || s->cell.p[i] == '%')
			buf_fmt(&s->line, "%%%02X", (unsigned)s->cell.p[i]);
		else
			buf_addc(&s->line, s->cell.p[i]);
}

/* A path is in it as it is, so that it can be found; and who to whom. */
static void
put_name(struct sink *s, const struct row *r)
{
	put_safe(s, sl(r->rec->spool));
	buf_addc(&s->line, '/');
	put_safe(s, r->path);
	buf_add(&s->line, SL(" ("));
	put_safe(s, r->rec->id);
	buf_fmt(&s->line, " %s ", class_name(r->class));
	put_safe(s, r->reason);
	buf_add(&s->line, SL(") "));
	put_safe(s, r->sender);
	buf_add(&s->line, SL(" -> "));
	put_safe(s, r->rcpt);
	if (r->nrcpts > 1)
		buf_fmt(&s->line, " +%zu", r->nrcpts - 1);
	buf_add(&s->line, SL(": "));
	put_safe(s, r->subject);
}

static void
bodyfile_put(struct sink *s, const struct row *r)
{
	long long arrived = r->arrived, date = r->rec->date;

	if (arrived == 0)
		arrived = date;
	if (date == 0)
		date = arrived;
	buf_add(&s->line, SL("0|"));
	put_name(s, r);
	buf_fmt(&s->line, "|0|r/rrw-------|0|0|%llu|%lld|%lld|%lld|%lld\n",
	    (unsigned long long)r->size, arrived, arrived, arrived, date);
}

const struct format format_bodyfile = {
	.name = "bodyfile", .record = true, .put = bodyfile_put,
};

#include "base/utf8.h"
#include "show/format.h"

/*
 * The body file of the Sleuth Kit, as mactime(1) of its version 3 and later
 * reads it: MD5|name|inode|mode|UID|GID|size|atime|mtime|ctime|crtime.
 *
 * A message has two times: when it arrived (mtime, "m" in the timeline) and
 * the Date that its sender wrote (crtime, "b").  0 is unknown.
 */

/* A bar ends the field. */
static void
put_safe(struct sink *s, struct slice text)
{
	size_t at = s->line.n;

	utf8_show(&s->line, text, 0);
	for (; at < s->line.n; at++)
		if (s->line.p[at] == '|')
			s->line.p[at] = '!';
}

/* A path is in it as it is, so that it can be found; and who to whom. */
static void
put_name(struct sink *s, const struct row *r)
{
	put_safe(s, sl(r->rec->spool));
	buf_addc(&s->line, '/');
	put_safe(s, r->path);
	buf_fmt(&s->line, " (%s ", class_name(r->class));
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
	buf_add(&s->line, SL("0|"));
	put_name(s, r);
	buf_addc(&s->line, '|');
	put_safe(s, r->rec->id.n > 0 ? r->rec->id : SL("0"));
	buf_fmt(&s->line, "|r/rrw-------|0|0|%llu|0|%lld|0|%lld\n",
	    (unsigned long long)r->size, (long long)r->arrived,
	    (long long)r->rec->date);
}

const struct format format_bodyfile = {
	.name = "bodyfile", .record = true, .put = bodyfile_put,
};

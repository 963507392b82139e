#include <stdio.h>

#include "spool/driver.h"
#include "spool/mta.h"

/*
 * The two files of a message in a queue of sendmail, as in drv_sendmail.c:
 * its qf first here, its df behind it.  unix-spools SM-5 to SM-12 and SM-17,
 * way A.
 */
static const char base60[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx";

/*
 * An id that the server does not give: its own begin with the year in base
 * 60, which has no z.
 */
static void
name_of(const char *uuid, int64_t row, char *name, size_t n)
{
	char mixed[6] = "";
	uint64_t mix = 0;
	size_t i;

	for (; *uuid != '\0'; uuid++)
		mix = mix * 31 + (unsigned char)*uuid;
	for (i = 0; i + 1 < sizeof(mixed); i++) {
		mixed[i] = base60[mix % 60];
		mix /= 60;
	}
	snprintf(name, n, "qfz%s%08lld", mixed, (long long)row);
}

static void
twin_of(char *name)
{
	name[0] = 'd';
}

/* An item is a line: left out where it would be more. */
static void
put_item(struct buf *out, const char *head, struct slice value)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < ' ' || value.p[i] == 0x7f)
			return;
	if (value.n > 0)
		buf_fmt(out, "%s" SL_FMT "\n", head, SL_ARG(value));
}

/* SM-7; who said nothing of NOTIFY is told of failure and delay. */
static void
put_rcpt(struct buf *out, const struct spool_rcpt *to)
{
	static const struct notify_bits bits = { 8, 1, 2, 4 };
	unsigned n = notify_number(to->notify, &bits);

	put_item(out, "Q", to->orcpt);
	buf_fmt(out, "RP%s%s%s%s:<" SL_FMT ">\n", n == 0 ? "" : "N",
	    (n & 1) != 0 ? "S" : "", n == 0 || (n & 2) != 0 ? "F" : "",
	    n == 0 || (n & 4) != 0 ? "D" : "", SL_ARG(to->addr.spec));
}

/* SM-9, SM-10 */
static void
put_peer(struct buf *out, const struct inject_mail *m)
{
	struct buf b = { 0 };

	if (m->client.n > 0) {
		buf_fmt(&b, SL_FMT "%s[%s" SL_FMT "]", SL_ARG(m->client_name),
		    m->client_name.n > 0 ? " " : "", memchr(m->client.p, ':',
		    m->client.n) != NULL ? "IPv6:" : "", SL_ARG(m->client));
		put_item(out, "$_", buf_sl(&b));
		put_item(out, "$r", m->account.n > 0 ? SL("ESMTPA") :
		    SL("ESMTP"));
	} else
		put_item(out, "$_", SL("localhost"));
	put_item(out, "$s", m->helo);
	buf_free(&b);
}

static void
put_envelope(struct buf *out, const struct inject_mail *m, bool eight)
{
	bool hdrs = sl_ieq(m->ret, SL("HDRS"));
	size_t i;

	buf_fmt(out, "V8\nT%lld\nK0\nN0\nP30000\nF%s%s%s\n",
	    (long long)m->arrived, eight ? "8" : "", hdrs ? "n" : "",
	    m->ret.n > 0 ? "d" : "");			/* SM-11 */
	put_peer(out, m);
	put_item(out, "Z", m->envid);
	if (eight)
		put_item(out, "B", SL("8BITMIME"));
	buf_fmt(out, "S<" SL_FMT ">\n", SL_ARG(m->null_sender ? SL("") :
	    m->sender));
	for (i = 0; i < m->nrcpts; i++)
		put_rcpt(out, &m->rcpts[i]);
}

/* The next line off text; false: the blank line behind the header went. */
static bool
cut_line(struct slice *text, struct slice *line)
{
	return sl_cut(text, '\n', line) && line->n > 0;
}

static size_t
wrap(const struct inject_mail *m, const char *name, struct slice text,
    struct buf *out)
{
	size_t from = out->n, second;
	struct slice line;

	(void)name;
	put_envelope(out, m, !sl_ascii(text));
	while (cut_line(&text, &line))
		buf_fmt(out, "%s" SL_FMT "\n", ascii_blank(line.p[0]) ? "" :
		    "H??", SL_ARG(line));
	buf_add(out, SL(".\n"));
	second = out->n - from;
	buf_add(out, text);
	return second;
}

const struct inject inject_sendmail[] = {
	{ .name = "sendmail-queue", .folder = "qf", .twin_folder = "../df",
	    .lf = true, .mode = 0600, .owner = true, .lifetime = 5,
	    .what = "sendmail: DIR is a queue directory, of one queue group",
	    .wrap = wrap, .name_of = name_of, .twin_of = twin_of },
	{ .name = NULL },
};

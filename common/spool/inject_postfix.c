#include <stdio.h>
#include <string.h>

#include "spool/driver.h"
#include "spool/mta.h"

/*
 * Files of records for Postfix, as in drv_postfix.c.  One for its maildrop,
 * unix-spools PF-32 and 1.9, way C: T becomes the arrival, and attributes are
 * kept.  One for its hold, way A: what its queue manager reads, which nothing
 * rewrites any more; postsuper -s gives it the name that its server would, and
 * postsuper -H lets it go.
 */
#define RECORD_MAX	998	/* bytes of a record of text; longer lines go in
				   several.  The server refuses records over
				   its line_length_limit */

static void
put(struct buf *out, char type, struct slice s)
{
	size_t n = s.n;

	buf_addc(out, type);
	do {
		buf_addc(out, (char)((n & 0x7f) | (n > 0x7f ? 0x80 : 0)));
		n >>= 7;
	} while (n > 0);
	buf_add(out, s);
}

/* Left out where the value could be anything but text. */
static void
put_attr(struct buf *out, const char *name, struct slice value)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < ' ' || value.p[i] == 0x7f)
			return;
	if (value.n == 0 || value.n > RECORD_MAX / 2)
		return;
	buf_fmt(&b, "%s=" SL_FMT, name, SL_ARG(value));
	put(out, 'A', buf_sl(&b));
	buf_free(&b);
}

static void
put_number(struct buf *out, const char *name, unsigned n)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", n);
	put_attr(out, name, sl(text));
}

/* PF-16: without quotes. */
static void
put_address(struct buf *out, char type, struct slice spec)
{
	struct buf b = { 0 };

	addr_bare(&b, spec);
	put(out, type, buf_sl(&b));
	buf_free(&b);
}

static void
put_decoded(struct buf *out, const char *name, struct slice xtext)
{
	struct buf b = { 0 };

	xtext_decode(&b, xtext);
	put_attr(out, name, buf_sl(&b));
	buf_free(&b);
}

/* PF-21 */
static const struct notify_bits bits = { 1, 2, 4, 8 };

static void
put_rcpt(struct buf *out, const struct spool_rcpt *to)
{
	unsigned notify = notify_number(to->notify, &bits);

	put_decoded(out, "dsn_orig_rcpt", to->orcpt);
	if (notify != 0)
		put_number(out, "notify_flags", notify);
	put_address(out, 'R', to->addr.spec);
}

/* Whom the server that had it has written down (PF-17, PF-18). */
static void
put_logged(struct buf *out, const struct inject_mail *m)
{
	put_attr(out, "log_client_name", m->client_name);
	put_attr(out, "log_helo_name", m->helo);
	put_attr(out, "log_protocol_name", SL("ESMTP"));
}

static void
put_envelope(struct buf *out, const struct inject_mail *m, bool eight)
{
	char text[64];

	snprintf(text, sizeof(text), "%lld 0", (long long)m->arrived);
	put(out, 'T', sl(text));
	put_attr(out, "rewrite_context", SL("remote"));
	if (eight)
		put_attr(out, "encoding", SL("8bit"));
	put_attr(out, "sasl_username", m->account);
	if (m->client.n > 0) {
		put_attr(out, "client_address", m->client);
		put_attr(out, "log_client_address", m->client);
		put_attr(out, "client_name", m->client_name);
		put_attr(out, "helo_name", m->helo);
	}
	if (m->ret.n > 0)
		put_number(out, "ret_flags", sl_ieq(m->ret, SL("FULL")) ?
		    1 : 2);
	put_decoded(out, "envelope_id", m->envid);
	put_address(out, 'S', m->null_sender ? SL("") : m->sender);
}

static void
put_line(struct buf *out, struct slice line)
{
	for (; line.n > RECORD_MAX; line = sl_from(line, RECORD_MAX))
		put(out, 'L', sl_first(line, RECORD_MAX));
	put(out, 'N', line);
}

static void
put_text(struct buf *out, struct slice text)
{
	struct slice line;

	while (sl_cut(&text, '\n', &line))
		put_line(out, line);
}

static void
put_end(struct buf *out)
{
	put(out, 'X', SL(""));
	put(out, 'E', SL(""));
}

static size_t
wrap_drop(const struct inject_mail *m, const char *name, struct slice text,
    struct buf *out)
{
	size_t i;

	(void)name;
	put_envelope(out, m, !sl_ascii(text));
	for (i = 0; i < m->nrcpts; i++)
		put_rcpt(out, &m->rcpts[i]);
	put(out, 'M', SL(""));
	put_text(out, text);
	put_end(out);
	return 0;
}

/* SMTPUTF8 was asked for where an address needs it; PF-10. */
static unsigned
utf8_flags(const struct inject_mail *m)
{
	size_t i;

	if (!sl_ascii(m->sender))
		return 7;
	for (i = 0; i < m->nrcpts; i++)
		if (!sl_ascii(m->rcpts[i].addr.spec))
			return 7;
	return 0;
}

/*
 * The record C, of always the same length, so that it can be put in front of
 * what it tells of: PF-10.
 */
#define SIZES	95		/* bytes of numbers in it */

static void
put_sizes(char *at, const struct inject_mail *m, size_t content, size_t from)
{
	char text[SIZES + 1];

	snprintf(text, sizeof(text), "%15zu %15zu %15zu %15u %15zu %15u",
	    content, from, m->nrcpts, 0, content, utf8_flags(m));
	memcpy(at, text, SIZES);
}

static size_t
wrap_hold(const struct inject_mail *m, const char *name, struct slice text,
    struct buf *out)
{
	static const char room[SIZES];
	size_t begin = out->n, from, i;

	(void)name;
	put(out, 'C', (struct slice){ room, SIZES });
	put_envelope(out, m, !sl_ascii(text));
	if (m->client.n > 0)
		put_logged(out, m);
	for (i = 0; i < m->nrcpts; i++) {
		put_address(out, 'O', m->rcpts[i].original.n > 0 ?
		    m->rcpts[i].original : m->rcpts[i].addr.spec);
		put_rcpt(out, &m->rcpts[i]);		/* PF-14 */
	}
	put(out, 'M', SL(""));
	from = out->n - begin;
	put_text(out, text);
	put_sizes(out->p + begin + 2, m, out->n - begin - from, from);
	put_end(out);
	return 0;
}

/* The server takes names of letters and digits only. */
static void
drop_name(const char *uuid, int64_t row, char *name, size_t n)
{
	snprintf(name, n, "%.8sr%lld", uuid, (long long)row);
}

/*
 * A short id, PF-4; of an inode that no file has, so that postsuper -s gives
 * each another, and none that is in the queue already.
 */
static void
hold_name(const char *uuid, int64_t row, char *name, size_t n)
{
	uint64_t mix = 0;

	for (; *uuid != '\0'; uuid++)
		mix = mix * 31 + (unsigned char)*uuid;
	snprintf(name, n, "%05X%llX", (unsigned)(mix % 1000000),
	    (unsigned long long)(UINT64_C(1) << 52) + (uint64_t)row);
}

const struct inject inject_postfix[] = {
	{ .name = "postfix-maildrop", .folder = "maildrop", .lf = true,
	    .utf8 = true, .taken = true, .mode = 0744, .lifetime = 5,
	    .what = "Postfix: DIR is the queue directory, or its maildrop",
	    .refused = { "../corrupt" }, .wrap = wrap_drop,
	    .name_of = drop_name },
	{ .name = "postfix-hold", .folder = "hold", .lf = true, .utf8 = true,
	    .mode = 0700, .owner = true, .lifetime = 5,
	    .what = "Postfix: DIR is the queue directory, or its hold; then "
	    "postsuper -s, and -H", .wrap = wrap_hold, .name_of = hold_name },
	{ .name = NULL },
};

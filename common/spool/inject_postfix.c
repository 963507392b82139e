#include <stdio.h>

#include "spool/driver.h"
#include "spool/mta.h"

/*
 * A file for Postfix's maildrop: records, as in drv_postfix.c.  unix-spools
 * PF-32 and 1.9, way C: T becomes the arrival, and attributes are kept.
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

static void
put_envelope(struct buf *out, const struct inject_mail *m, bool eight)
{
	char text[64];
	size_t i;

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
	for (i = 0; i < m->nrcpts; i++)
		put_rcpt(out, &m->rcpts[i]);
}

static void
put_line(struct buf *out, struct slice line)
{
	for (; line.n > RECORD_MAX; line = sl_from(line, RECORD_MAX))
		put(out, 'L', sl_first(line, RECORD_MAX));
	put(out, 'N', line);
}

static size_t
wrap(const struct inject_mail *m, const char *name, struct slice text,
    struct buf *out)
{
	struct slice line;

	(void)name;
	put_envelope(out, m, !sl_ascii(text));
	put(out, 'M', SL(""));
	while (sl_cut(&text, '\n', &line))
		put_line(out, line);
	put(out, 'X', SL(""));
	put(out, 'E', SL(""));
	return 0;
}

/* The server takes names of letters and digits only. */
static void
name_of(const char *uuid, int64_t row, char *name, size_t n)
{
	snprintf(name, n, "%.8sr%lld", uuid, (long long)row);
}

const struct inject inject_postfix[] = {
	{ .name = "postfix-maildrop", .folder = "maildrop", .lf = true,
	    .utf8 = true, .taken = true, .mode = 0744, .lifetime = 5,
	    .what = "Postfix: DIR is the queue directory, or its maildrop",
	    .refused = { "../corrupt" }, .wrap = wrap, .name_of = name_of },
	{ .name = NULL },
};

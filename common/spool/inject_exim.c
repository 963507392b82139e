#include <stdio.h>
#include <string.h>

#include "spool/driver.h"
#include "spool/mta.h"

/*
 * The two files of a message in Exim's input, as in drv_exim.c: its -H first
 * here, its -D behind it.  unix-spools EX-6 to EX-21 and 2.5, way A.
 */
#define ID		16	/* characters, 6-6-2; later versions have 23, and
				   read these too (EX-4) */

static const char base62[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static void
put_base62(char *p, size_t n, uint64_t x)
{
	while (n-- > 0) {
		p[n] = base62[x % 62];
		x /= 62;
	}
}

/*
 * An id that the server does not give: the middle of its own is a process
 * id, which does not reach those that begin with z.
 */
static void
name_of(const char *uuid, int64_t row, char *name, size_t n)
{
	uint64_t mix = 0;

	for (; *uuid != '\0'; uuid++)
		mix = mix * 31 + (unsigned char)*uuid;
	snprintf(name, n, "000000-z00000-00-H");
	put_base62(name, 6, mix / 3844 % UINT32_MAX);
	put_base62(name + 8, 5, (uint64_t)row);
	put_base62(name + 14, 2, mix);
}

static void
twin_of(char *name)
{
	name[strlen(name) - 1] = 'D';
}

/* "--name value": from outside (EX-10); never more than one line. */
static void
put_var(struct buf *out, const char *name, struct slice value)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		if ((unsigned char)value.p[i] < ' ' || value.p[i] == 0x7f)
			return;
	if (value.n > 0)
		buf_fmt(out, "--%s " SL_FMT "\n", name, SL_ARG(value));
}

static const struct notify_bits bits = { 2, 4, 8, 16 };	/* EX-19 */

/* EX-18 */
static void
put_rcpt(struct buf *out, const struct spool_rcpt *to)
{
	unsigned notify = notify_number(to->notify, &bits);

	buf_add(out, to->addr.spec);
	if (notify != 0 || to->orcpt.n > 0)
		buf_fmt(out, " " SL_FMT " %zu,%u  0,-1#3", SL_ARG(to->orcpt),
		    to->orcpt.n, notify);
	buf_addc(out, '\n');
}

/* How EX-14 has it: without a client it was handed in here. */
static void
put_peer(struct buf *out, const struct inject_mail *m)
{
	struct buf b = { 0 };

	put_var(out, "helo_name", m->helo);
	if (m->client.n > 0) {
		buf_fmt(&b, "[" SL_FMT "]:0", SL_ARG(m->client));
		put_var(out, "host_address", buf_sl(&b));
		put_var(out, "host_name", m->client_name);
	}
	put_var(out, "auth_id", m->account);
	buf_fmt(out, "-received_protocol %s\n", m->account.n > 0 ? "esmtpa" :
	    m->client.n > 0 ? "esmtp" : "local");
	buf_free(&b);
}

static bool
is_utf8(const struct inject_mail *m)
{
	size_t i;

	if (!sl_ascii(m->sender))
		return true;
	for (i = 0; i < m->nrcpts; i++)
		if (!sl_ascii(m->rcpts[i].addr.spec))
			return true;
	return false;
}

static void
put_envelope(struct buf *out, const struct inject_mail *m, const char *name)
{
	size_t i;

	buf_fmt(out, "%s\nspoolkit %u %u\n<" SL_FMT ">\n%lld 0\n", name,
	    m->uid, m->gid, SL_ARG(m->null_sender ? SL("") : m->sender),
	    (long long)m->arrived);
	put_peer(out, m);
	if (is_utf8(m))
		buf_add(out, SL("-smtputf8\n"));
	put_var(out, "dsn_envid", m->envid);
	if (m->ret.n > 0)
		buf_fmt(out, "-dsn_ret %d\n", sl_ieq(m->ret, SL("FULL")) ?
		    1 : 2);
	buf_fmt(out, "XX\n%zu\n", m->nrcpts);
	for (i = 0; i < m->nrcpts; i++)
		put_rcpt(out, &m->rcpts[i]);
	buf_addc(out, '\n');
}

/* EX-21 */
static char
flag_of(struct slice field)
{
	static const struct {
		const char	*name;
		char		 flag;
	} flags[] = {
		{ "From:", 'F' }, { "To:", 'T' }, { "Cc:", 'C' },
		{ "Message-ID:", 'I' }, { "Received:", 'P' },
		{ "Reply-To:", 'R' }, { "Sender:", 'S' },
	};
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (sl_istarts(field, sl(flags[i].name)))
			return flags[i].flag;
	return ' ';
}

/* The next field with its line ends off text; false: the blank line went. */
static bool
cut_field(struct slice *text, struct slice *field)
{
	struct slice line;

	*field = *text;
	if (!sl_cut(text, '\n', &line) || line.n == 0)
		return false;
	while (text->n > 0 && ascii_blank(text->p[0]))
		sl_cut(text, '\n', &line);
	field->n -= text->n;
	return true;
}

static size_t
wrap(const struct inject_mail *m, const char *name, struct slice text,
    struct buf *out)
{
	size_t from = out->n, second;
	struct slice field;

	put_envelope(out, m, name);
	while (cut_field(&text, &field)) {
		buf_fmt(out, "%03zu%c ", field.n, flag_of(field));
		buf_add(out, field);
	}
	second = out->n - from;
	buf_fmt(out, "%.*s-D\n", ID, name);
	buf_add(out, text);
	return second;
}

const struct inject inject_exim[] = {
	{ .name = "exim-spool", .folder = "input", .lf = true, .utf8 = true,
	    .mode = 0640, .owner = true, .lifetime = 4,
	    .what = "Exim: DIR is the spool directory, or an input in it",
	    .wrap = wrap, .name_of = name_of, .twin_of = twin_of },
	{ .name = NULL },
};

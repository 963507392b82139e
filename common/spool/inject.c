#include "mail/addr.h"
#include "mail/header.h"
#include "spool/driver.h"
#include "spool/inject.h"

#define ADDRESS_MAX	320	/* bytes: 64, @ and 255; RFC 5321 4.5.3.1 */
#define PARAM_MAX	500	/* bytes: ORCPT of RFC 3461 5 */

/* Ways that are no spool's. */
static const struct inject others[] = {
	{ .name = "maildrop-command", .way = WAY_COMMAND, .lf = true,
	    .utf8 = true, .rcpt_max = 100, .program = "/usr/sbin/sendmail",
	    .what = "sendmail -i -f sender -- recipients; any MTA" },
	{ .name = "smtp", .way = WAY_SMTP, .utf8 = true, .rcpt_max = 100,
	    .what = "a server: smtp://host:port, with STARTTLS if offered" },
	{ .name = "smtps", .way = WAY_SMTP, .utf8 = true, .rcpt_max = 100,
	    .what = "a server: smtps://host:port, TLS from the start" },
	{ .name = "lmtp", .way = WAY_LMTP, .utf8 = true, .rcpt_max = 100,
	    .what = "a delivery agent: lmtp://host:port" },
	{ .name = NULL },
};

/* The next table of profiles; the drivers' first. */
static const struct inject *
table(size_t i)
{
	const struct spool_driver *const *d = spool_drivers();

	for (; *d != NULL; d++)
		if ((*d)->inject != NULL && i-- == 0)
			return (*d)->inject;
	return i == 0 ? others : NULL;
}

const struct inject *
inject_nth(size_t n)
{
	const struct inject *in;
	size_t i;

	for (i = 0; (in = table(i)) != NULL; i++)
		for (; in->name != NULL; in++)
			if (n-- == 0)
				return in;
	return NULL;
}

const struct inject *
inject_find(struct slice name)
{
	const struct inject *in;
	size_t i;

	for (i = 0; (in = inject_nth(i)) != NULL; i++)
		if (sl_eq(sl(in->name), name))
			return in;
	return NULL;
}

enum inject_dots
inject_dots_of(struct slice format, struct slice folder)
{
	const struct spool_driver *const *d = spool_drivers();
	const struct inject *in;

	for (; *d != NULL; d++)
		for (in = sl_eq(sl((*d)->name), format) ? (*d)->inject : NULL;
		    in != NULL && in->name != NULL; in++)
			if (in->folder != NULL &&
			    sl_ieq(sl(in->folder), folder))
				return in->dots;
	return DOTS_NONE;
}

/*
 * The envelope.
 */

/* Lines and arguments that are read by whoever splits at these. */
static bool
is_list(const struct inject *in)
{
	return in->block == BLOCK_BARE || in->block == BLOCK_ANGLE ||
	    in->way == WAY_COMMAND;
}

/* Is there more behind it, outside of a quoted local part? */
static bool
has_more(struct slice addr)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < addr.n; i++)
		if (addr.p[i] == '"')
			quoted = !quoted;
		else if (quoted && addr.p[i] == '\\')
			i++;
		else if (!quoted && memchr(" ,;()", addr.p[i], 5) != NULL)
			return true;
	return quoted;
}

const char *
inject_bad_address(const struct inject *in, struct slice addr)
{
	size_t i;

	if (addr.n == 0)
		return "is empty";
	if (addr.n > ADDRESS_MAX)
		return "is too long for an address";
	for (i = 0; i < addr.n; i++) {
		unsigned char c = (unsigned char)addr.p[i];

		if (c < ' ' || c == 0x7f)
			return "has a control byte in it";
		if (c == '<' || c == '>')
			return "has an angle bracket in it";
		if (c >= 0x80 && !in->utf8)
			return "is not plain ASCII";
	}
	return is_list(in) && has_more(addr) ?
	    "could be read as several addresses" : NULL;
}

static int
check_envelope(const struct inject *in, const struct inject_mail *mail,
    struct err *err)
{
	const char *why = mail->null_sender ? NULL :
	    inject_bad_address(in, mail->sender);
	size_t i;

	if (why != NULL)
		return err_set(err, ERR_UNSAFE, "the sender %s", why);
	if (mail->nrcpts == 0)
		return err_set(err, ERR_FORMAT, "it has no recipient");
	if (in->rcpt_max > 0 && mail->nrcpts > in->rcpt_max)
		return err_set(err, ERR_LIMIT, "it has more than the %zu "
		    "recipients that %s takes", in->rcpt_max, in->name);
	for (i = 0; i < mail->nrcpts; i++)
		if ((why = inject_bad_address(in,
		    mail->rcpts[i].addr.spec)) != NULL)
			return err_set(err, ERR_UNSAFE, "a recipient %s", why);
	return 0;
}

/* A parameter is copied only as far as it can be nothing else. */
static void
add_param(struct buf *out, const char *name, struct slice value)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		if (value.p[i] <= ' ' || value.p[i] >= 0x7f)
			return;
	if (value.n > 0 && value.n <= PARAM_MAX)
		buf_fmt(out, " %s=" SL_FMT, name, SL_ARG(value));
}

static void
put_bare(const struct inject_mail *mail, struct buf *out)
{
	size_t i;

	buf_fmt(out, "X-Sender: " SL_FMT "\n", SL_ARG(mail->null_sender ?
	    SL("<>") : mail->sender));
	for (i = 0; i < mail->nrcpts; i++)
		buf_fmt(out, "X-Receiver: " SL_FMT "\n",
		    SL_ARG(mail->rcpts[i].addr.spec));
}

static void
put_angle(const struct inject_mail *mail, struct buf *out)
{
	size_t i;

	buf_fmt(out, "X-Sender: <" SL_FMT ">", SL_ARG(mail->sender));
	add_param(out, "RET", mail->ret);
	add_param(out, "ENVID", mail->envid);
	buf_addc(out, '\n');
	for (i = 0; i < mail->nrcpts; i++) {
		buf_fmt(out, "X-Receiver: <" SL_FMT ">",
		    SL_ARG(mail->rcpts[i].addr.spec));
		add_param(out, "NOTIFY", mail->rcpts[i].notify);
		add_param(out, "ORCPT", mail->rcpts[i].orcpt);
		buf_addc(out, '\n');
	}
}

static void
put_delivered(const struct inject_mail *mail, struct buf *out)
{
	size_t i;

	buf_fmt(out, "Return-Path: <" SL_FMT ">\n", SL_ARG(mail->sender));
	for (i = 0; i < mail->nrcpts; i++)
		buf_fmt(out, "Delivered-To: " SL_FMT "\n",
		    SL_ARG(mail->rcpts[i].addr.spec));
}

static void
put_nothing(const struct inject_mail *mail, struct buf *out)
{
	(void)mail;
	(void)out;
}

static void (*const put_block[])(const struct inject_mail *, struct buf *) = {
	[BLOCK_NONE] = put_nothing,
	[BLOCK_BARE] = put_bare,
	[BLOCK_ANGLE] = put_angle,
	[BLOCK_DELIVERED] = put_delivered,
	[BLOCK_HEADER] = put_nothing,
};

/*
 * The header.
 */

/* windows-spools 7, rule 5; with the Bcc of a message that was passed on. */
static const struct {
	const char	*name;
	bool		 rest;		/* and all names that begin so */
} stripped[] = {
	{ "Bcc", false }, { "Resent-Bcc", false }, { "Return-Path", false },
	{ "X-Sender", false }, { "X-Receiver", false },
	{ "X-CreatedBy", false }, { "X-Extended", true },
	{ "X-HeloDomain", false }, { "X-Source", true },
	{ "X-MessageSnapshot-", true }, { "X-EndOfInjectedXHeaders", false },
};

/* The name as a careless reader sees it: without what cannot be printed. */
static struct slice
bare_name(struct arena *a, struct slice name)
{
	char *p = arena_alloc(a, name.n + 1);
	size_t i, n = 0;

	for (i = 0; i < name.n; i++)
		if (name.p[i] > ' ' && name.p[i] < 0x7f)
			p[n++] = name.p[i];
	return (struct slice){ p, n };
}

static bool
is_stripped(struct arena *a, struct slice field)
{
	struct slice raw = { NULL, 0 }, name;
	size_t i;

	sl_cut(&field, ':', &raw);
	name = bare_name(a, sl_first(raw, 64));

	for (i = 0; i < sizeof(stripped) / sizeof(stripped[0]); i++)
		if (stripped[i].rest ? sl_istarts(name, sl(stripped[i].name)) :
		    sl_ieq(name, sl(stripped[i].name)))
			return true;
	return false;
}

/* What an mbox, or a tool that quoted one, put in front. */
static bool
is_from_line(struct slice line)
{
	return sl_starts(line, SL("From ")) || sl_starts(line, SL(">From "));
}

/* A stray CR or a NUL could be a line's end to somebody: a blank. */
static void
put_field(struct slice field, struct buf *out)
{
	struct slice line;
	size_t i;

	while (sl_line(&field, &line)) {
		for (i = 0; i < line.n; i++)
			buf_addc(out, line.p[i] == '\r' ||
			    line.p[i] == '\0' ? ' ' : line.p[i]);
		buf_addc(out, '\n');
	}
}

static void
put_header(struct slice text, struct arena *a, struct buf *out,
    struct slice *body)
{
	struct head head;
	struct slice rest = text, was;
	struct hdr h;

	head_parse(&head, a, text, body);
	while (rest.p < body->p) {
		was = rest;
		if (hdr_next(&rest, &h) == 0)
			break;
		was.n = (size_t)(rest.p - was.p);
		if (!is_stripped(a, was) && !is_from_line(was))
			put_field(was, out);
	}
}

/*
 * Without a block To and Cc are the envelope, and From its sender: a
 * message that went to others goes back another way.  windows-spools 3.2
 * and 3.5: whole lists got their old mail again.
 */

/* How many addresses the fields have, and whether spec is one of them. */
static size_t
count(struct arena *a, const struct head *h, enum hdr_id id,
    struct slice spec, bool *named)
{
	struct slice rest;
	struct addr ad;
	size_t n = 0;
	int32_t i;
	int r;

	for (i = head_next(h, id, 0); i != -1;
	    i = head_next(h, id, (size_t)i + 1)) {
		rest = hdr_unfold(a, h->v[i].body);
		while ((r = addr_next(a, &rest, &ad)) != 0) {
			n++;
			*named |= r == 1 && sl_ieq(ad.spec, spec);
		}
	}
	return n;
}

/* One From counts; of several, or of none, the Sender does. */
static bool
is_author(struct arena *a, const struct head *h, struct slice spec)
{
	bool from = false, sender = false;

	if (count(a, h, H_FROM, spec, &from) == 1)
		return from;
	return count(a, h, H_SENDER, spec, &sender) == 1 && sender;
}

static bool
is_rcpt(const struct inject_mail *mail, struct slice spec)
{
	size_t i;

	for (i = 0; i < mail->nrcpts; i++)
		if (sl_ieq(mail->rcpts[i].addr.spec, spec))
			return true;
	return false;
}

/* The first address of To and Cc that the envelope has not. */
static bool
to_others(struct arena *a, const struct head *h,
    const struct inject_mail *mail)
{
	static const enum hdr_id ids[] = { H_TO, H_CC };
	struct slice rest;
	struct addr ad;
	size_t k;
	int32_t i;
	int r;

	for (k = 0; k < 2; k++)
		for (i = head_next(h, ids[k], 0); i != -1;
		    i = head_next(h, ids[k], (size_t)i + 1)) {
			rest = hdr_unfold(a, h->v[i].body);
			while ((r = addr_next(a, &rest, &ad)) != 0)
				if (r == -1 || !is_rcpt(mail, ad.spec))
					return true;
		}
	return false;
}

static int
check_header(const struct inject_mail *mail, struct arena *a, struct err *err)
{
	struct slice body;
	struct head h;
	bool named = true;
	size_t i;

	head_parse(&h, a, mail->text, &body);
	if (mail->null_sender)
		return err_set(err, ERR_FORMAT, "its sender is null, and "
		    "Pickup takes the sender from the header: use ex2007-replay");
	if (!is_author(a, &h, mail->sender))
		return err_set(err, ERR_FORMAT, "its sender is not the one of "
		    "the header, which Pickup takes: use ex2007-replay");
	for (i = 0; named && i < mail->nrcpts; i++) {
		named = false;
		count(a, &h, H_TO, mail->rcpts[i].addr.spec, &named);
		count(a, &h, H_CC, mail->rcpts[i].addr.spec, &named);
	}
	if (!named || to_others(a, &h, mail))
		return err_set(err, ERR_FORMAT, "its recipients are not those "
		    "of To and Cc, which Pickup takes: use ex2007-replay");
	return 0;
}

int
inject_head(const struct inject *in, const struct inject_mail *mail,
    struct arena *a, struct buf *out, struct slice *body, struct err *err)
{
	struct buf head = { 0 };
	struct inject_lines l = { .in = in, .dots = mail->dots };
	size_t was = out->n;

	if (check_envelope(in, mail, err) == -1 ||
	    (in->block == BLOCK_HEADER && check_header(mail, a, err) == -1))
		return -1;
	put_block[in->block](mail, &head);
	buf_add(&head, mail->trace);
	put_header(mail->text, a, &head, body);
	buf_addc(&head, '\n');
	inject_lines(&l, buf_sl(&head), out);
	buf_free(&head);
	if (in->head_max == 0 || out->n - was <= in->head_max)
		return 0;
	return err_set(err, ERR_LIMIT, "its header is longer than the %zu "
	    "bytes that %s takes", in->head_max, in->name);
}

/*
 * The lines.
 */

/* Those that were held back, and one more where all are doubled. */
static void
put_dots(const struct inject_lines *l, unsigned n, struct buf *out)
{
	for (n += n > 0 && l->dots == DOTS_ALL; n > 0; n--)
		buf_addc(out, '.');
}

static void
end_line(struct inject_lines *l, struct buf *out)
{
	unsigned n = l->held;		/* they are all of the line */

	if (n == 2 && l->undo == DOTS_LONE)
		n = 1;
	put_dots(l, n + (n == 1 && l->dots == DOTS_LONE), out);
	buf_add(out, l->in->lf ? SL("\n") : SL("\r\n"));
	l->within = l->undone = l->cr = false;
	l->held = 0;
}

/* The bytes that were held back: they do not end the line. */
static void
release(struct inject_lines *l, struct buf *out)
{
	put_dots(l, l->held, out);
	if (l->cr) {
		buf_addc(out, ' ');
		l->within = true;
	}
	l->held = 0;
	l->cr = false;
}

/* Is it a dot that the line begins with, and that has to wait or to go? */
static bool
take_dot(struct inject_lines *l)
{
	unsigned most = l->undo == DOTS_LONE ? 2 : l->dots != DOTS_NONE;

	if (l->within && l->held == 0)
		return false;
	if (l->undo == DOTS_ALL && !l->undone) {
		l->undone = true;
		return true;
	}
	if (l->held == most)
		return false;
	l->held++;
	l->within = true;
	return true;
}

/* As many bytes as neither begin nor end a line, nor are CR. */
static size_t
plain_bytes(struct slice s)
{
	const char *lf = memchr(s.p, '\n', s.n);
	size_t n = lf == NULL ? s.n : (size_t)(lf - s.p);
	const char *cr = memchr(s.p, '\r', n);

	return cr == NULL ? n : (size_t)(cr - s.p);
}

static size_t
take_byte(struct inject_lines *l, char c, struct buf *out)
{
	if (c == '\n') {
		end_line(l, out);
		return 1;
	}
	if (l->cr)
		release(l, out);
	if (c == '\r') {
		l->cr = true;
		return 1;
	}
	if (c == '.' && take_dot(l))
		return 1;
	release(l, out);
	l->within = true;
	return 0;
}

void
inject_lines(struct inject_lines *l, struct slice bytes, struct buf *out)
{
	size_t n;

	while (bytes.n > 0) {
		if (take_byte(l, bytes.p[0], out) == 1) {
			bytes = sl_from(bytes, 1);
			continue;
		}
		n = plain_bytes(bytes);
		buf_add(out, sl_first(bytes, n));
		bytes = sl_from(bytes, n);
	}
}

void
inject_end(struct inject_lines *l, struct buf *out)
{
	if (l->within || l->cr)
		end_line(l, out);
}

int
inject_render(const struct inject *in, const struct inject_mail *mail,
    struct arena *a, struct buf *out, struct err *err)
{
	struct inject_lines l = { .in = in, .dots = mail->dots };
	struct slice body;

	if (inject_head(in, mail, a, out, &body, err) == -1)
		return -1;
	inject_lines(&l, body, out);
	inject_end(&l, out);
	return 0;
}

#include <stdint.h>

#include "base/lanes.h"
#include "mail/header.h"

#define LONG		1024	/* bytes: no part, but a message, which has */
#define LONG_FIELDS	32	/* fields enough to make room for so many */

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const known[H_COUNT] = {
	[H_AUTHENTICATION_RESULTS] = "authentication-results",
	[H_AUTO_SUBMITTED] = "auto-submitted",
	[H_BCC] = "bcc",
	[H_CC] = "cc",
	[H_CONTENT_CLASS] = "content-class",
	[H_CONTENT_DISPOSITION] = "content-disposition",
	[H_CONTENT_ID] = "content-id",
	[H_CONTENT_TRANSFER_ENCODING] = "content-transfer-encoding",
	[H_CONTENT_TYPE] = "content-type",
	[H_DATE] = "date",
	[H_DELIVERED_TO] = "delivered-to",
	[H_DISPOSITION_NOTIFICATION_TO] = "disposition-notification-to",
	[H_ENVELOPE_TO] = "envelope-to",
	[H_FROM] = "from",
	[H_IN_REPLY_TO] = "in-reply-to",
	[H_LIST_ID] = "list-id",
	[H_LIST_POST] = "list-post",
	[H_LIST_UNSUBSCRIBE] = "list-unsubscribe",
	[H_MESSAGE_ID] = "message-id",
	[H_MIME_VERSION] = "mime-version",
	[H_PRECEDENCE] = "precedence",
	[H_RECEIVED] = "received",
	[H_REFERENCES] = "references",
	[H_REPLY_TO] = "reply-to",
	[H_RESENT_FROM] = "resent-from",
	[H_RESENT_SENDER] = "resent-sender",
	[H_RESENT_TO] = "resent-to",
	[H_RETURN_PATH] = "return-path",
	[H_SENDER] = "sender",
	[H_SUBJECT] = "subject",
	[H_TO] = "to",
	[H_X_AUTHENTICATED_SENDER] = "x-authenticated-sender",
	[H_X_AUTOREPLY] = "x-autoreply",
	[H_X_AUTORESPOND] = "x-autorespond",
	[H_X_AUTO_RESPONSE_SUPPRESS] = "x-auto-response-suppress",
	[H_X_DSNCONTEXT] = "x-dsncontext",
	[H_X_ENVELOPE_FROM] = "x-envelope-from",
	[H_X_ENVELOPE_TO] = "x-envelope-to",
	[H_X_FAILED_RECIPIENTS] = "x-failed-recipients",
	[H_X_FOREFRONT_ANTISPAM_REPORT] = "x-forefront-antispam-report",
	[H_X_FORWARDED_TO] = "x-forwarded-to",
	[H_X_LOOP] = "x-loop",
	[H_X_MAILER] = "x-mailer",
	[H_X_MS_EMBEDDED_REPORT] = "x-ms-embedded-report",
	[H_X_MS_EXCHANGE_MESSAGE_IS_NDR] = "x-ms-exchange-message-is-ndr",
	[H_X_MS_EXCHANGE_ORGANIZATION_SCL] = "x-ms-exchange-organization-scl",
	[H_X_ORIGINAL_TO] = "x-original-to",
	[H_X_ORIGINATING_IP] = "x-originating-ip",
	[H_X_PHP_ORIGINATING_SCRIPT] = "x-php-originating-script",
	[H_X_PHP_SCRIPT] = "x-php-script",
	[H_X_RECEIVER] = "x-receiver",
	[H_X_RSPAMD_ACTION] = "x-rspamd-action",
	[H_X_RSPAMD_SERVER] = "x-rspamd-server",
	[H_X_SENDER] = "x-sender",
	[H_X_SPAM_CHECKER_VERSION] = "x-spam-checker-version",
	[H_X_SPAM_FLAG] = "x-spam-flag",
	[H_X_SPAM_STATUS] = "x-spam-status",
	[H_X_SPAMD_RESULT] = "x-spamd-result",
};

/*
 * The same by length of the name, and the place in it where those of that
 * length differ: so one name at most is compared, and that one mostly is it.
 * Those of which there is much mail come first; a row ends in H_OTHER.
 */
static const struct {
	uint8_t	at;
	uint8_t	id[8];
} by_length[] = {
	[2] = { 0, { H_TO, H_CC } },
	[3] = { 0, { H_BCC } },
	[4] = { 0, { H_FROM, H_DATE } },
	[6] = { 0, { H_SENDER, H_X_LOOP } },
	[7] = { 0, { H_SUBJECT, H_LIST_ID } },
	[8] = { 2, { H_RECEIVED, H_X_MAILER, H_REPLY_TO, H_X_SENDER } },
	[9] = { 0, { H_LIST_POST, H_RESENT_TO } },
	[10] = { 2, { H_MESSAGE_ID, H_REFERENCES, H_PRECEDENCE, H_CONTENT_ID,
	    H_X_RECEIVER } },
	[11] = { 4, { H_RETURN_PATH, H_IN_REPLY_TO, H_ENVELOPE_TO,
	    H_RESENT_FROM, H_X_AUTOREPLY, H_X_SPAM_FLAG } },
	[12] = { 4, { H_MIME_VERSION, H_CONTENT_TYPE, H_DELIVERED_TO,
	    H_X_DSNCONTEXT, H_X_PHP_SCRIPT } },
	[13] = { 8, { H_X_ORIGINAL_TO, H_X_ENVELOPE_TO, H_CONTENT_CLASS,
	    H_RESENT_SENDER, H_X_AUTORESPOND, H_X_SPAM_STATUS } },
	[14] = { 2, { H_AUTO_SUBMITTED, H_X_FORWARDED_TO, H_X_SPAMD_RESULT } },
	[15] = { 9, { H_X_ENVELOPE_FROM, H_X_RSPAMD_ACTION,
	    H_X_RSPAMD_SERVER } },
	[16] = { 0, { H_LIST_UNSUBSCRIBE, H_X_ORIGINATING_IP } },
	[19] = { 0, { H_CONTENT_DISPOSITION, H_X_FAILED_RECIPIENTS } },
	[20] = { 0, { H_X_MS_EMBEDDED_REPORT } },
	[22] = { 2, { H_AUTHENTICATION_RESULTS, H_X_SPAM_CHECKER_VERSION,
	    H_X_AUTHENTICATED_SENDER } },
	[24] = { 2, { H_X_AUTO_RESPONSE_SUPPRESS,
	    H_X_PHP_ORIGINATING_SCRIPT } },
	[25] = { 0, { H_CONTENT_TRANSFER_ENCODING } },
	[27] = { 0, { H_DISPOSITION_NOTIFICATION_TO,
	    H_X_FOREFRONT_ANTISPAM_REPORT } },
	[28] = { 0, { H_X_MS_EXCHANGE_MESSAGE_IS_NDR } },
	[30] = { 0, { H_X_MS_EXCHANGE_ORGANIZATION_SCL } },
};

/* Whether s begins with an empty line, or is at its end. */
static bool
at_blank_line(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n && (ascii_blank(s.p[i]) || s.p[i] == '\r'); i++)
		;
	return i == s.n || s.p[i] == '\n';
}

/* Where the bytes at p end that a field name may have. */
static inline const char *
name_end(const char *p, const char *end)
{
	static const bool in_name[256] = { ['!' ... '9'] = true,
	    [';' ... '~'] = true };
	unsigned stops;
	lanes v;

	for (; end - p >= 16; p += 16) {
		v = lanes_load(p);
		stops = lanes_bits(~lanes_in(v, '!', '~') |
		    lanes_are(v, ':'));
		if (stops != 0)
			return p + __builtin_ctz(stops);
	}
	while (p < end && in_name[(unsigned char)*p])
		p++;
	return p;
}

/*
 * The colon behind the field name s begins with, or NULL: no field; the
 * name's length into *n.  Blanks before the colon are obsolete but real, RFC
 * 5322 4.5.  The "http:" of a URL would pass for a name, so that is asked
 * about.
 */
static inline const char *
name_colon(struct slice s, size_t *n)
{
	const char *end = s.p + s.n, *p = name_end(s.p, end);

	if ((*n = (size_t)(p - s.p)) == 0)
		return NULL;
	while (p < end && *p != ':' && ascii_blank(*p))
		p++;
	if (p == end || *p != ':')
		return NULL;
	if (end - p > 2 && p[1] == '/' && p[2] == '/')
		return NULL;
	return p;
}

static bool
is_field(struct slice s)
{
	size_t n;

	return name_colon(s, &n) != NULL;
}

/* The bytes of the line s begins with and of its folds, the last LF too. */
static inline size_t
folded_length(struct slice s)
{
	const char *p = s.p, *end = s.p + s.n;

	do {
		if ((p = memchr(p, '\n', (size_t)(end - p))) == NULL)
			return s.n;
		p++;
	} while (p < end && ascii_blank(*p));
	return (size_t)(p - s.p);
}

static inline int
next_field(struct slice *rest, struct hdr *h)
{
	struct slice field;
	const char *colon;

	if (rest->n == 0 || (rest->p[0] <= ' ' && at_blank_line(*rest)))
		return 0;
	field = sl_first(*rest, folded_length(*rest));
	*rest = sl_from(*rest, field.n);

	if ((colon = name_colon(field, &h->name.n)) == NULL) {
		h->name = (struct slice){ NULL, 0 };
		h->body = sl_trim(field);
		return -1;
	}
	h->name.p = field.p;
	h->body = sl_trim(sl_from(field, (size_t)(colon + 1 - field.p)));
	return 1;
}

int
hdr_next(struct slice *rest, struct hdr *h)
{
	return next_field(rest, h);
}

struct slice
hdr_unfold(struct arena *a, struct slice body)
{
	struct slice line;
	char *out;
	size_t n = 0;

	if (body.n == 0 || memchr(body.p, '\n', body.n) == NULL)
		return body;
	out = arena_bytes(a, body.n);
	while (sl_cut(&body, '\n', &line)) {
		while (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		memcpy(out + n, line.p, line.n);
		n += line.n;
	}
	return (struct slice){ out, n };
}

enum hdr_id
hdr_id(struct slice name)
{
	const uint8_t *id;
	size_t at;

	if (name.n >= NITEMS(by_length))
		return H_OTHER;
	at = by_length[name.n].at;
	for (id = by_length[name.n].id; *id != H_OTHER; id++)
		if (known[*id][at] == (name.p[at] | 0x20))
			break;
	return *id != H_OTHER && sl_ieq_bytes(name.p, known[*id], name.n) ?
	    *id : H_OTHER;
}

/* Without the lines that an mbox, or a tool that quoted one, put in front. */
static struct slice
skip_from_lines(struct slice s)
{
	struct slice line;

	while ((sl_starts(s, SL("From ")) || sl_starts(s, SL(">From "))) &&
	    !is_field(s))
		sl_line(&s, &line);
	return s;
}

/* Keep one field.  *room is what HEAD_MAX has left for it. */
static void
keep_field(struct head *h, struct arena *a, const struct hdr *f, size_t *room)
{
	size_t n = f->name.n + f->body.n;

	if (h->n == HEAD_FIELDS_MAX || n > *room) {
		h->cut = true;
		return;
	}
	*room -= n;
	*(struct hdr *)arena_more(a, &h->v, &h->n, &h->cap,
	    sizeof(*h->v)) = *f;
}

/*
 * Whether the body begins here, behind a line that is no field: neither a
 * field nor the blank line follows.  With the blank line still to come, that
 * line was only damaged.
 */
static bool
body_begins(struct slice rest)
{
	return rest.n == 0 || (!is_field(rest) && !at_blank_line(rest));
}

/*
 * Walk the fields; rest is left at the blank line, or where the body
 * begins without one.
 */
static void
walk_fields(struct head *h, struct arena *a, struct slice *rest)
{
	struct slice at = *rest;
	struct hdr f;
	size_t room = HEAD_MAX;
	int r;

	while ((r = next_field(rest, &f)) != 0) {
		if (r == 1)
			keep_field(h, a, &f, &room);
		else if ((h->n > 0 || h->cut) && body_begins(*rest)) {
			h->no_blank = true;
			*rest = at;
			return;
		} else
			h->junk++;
		at = *rest;
	}
}

static bool
has_nul(struct slice s)
{
	return s.n > 0 && memchr(s.p, '\0', s.n) != NULL;
}

static void
number_fields(struct head *h, struct arena *a)
{
	size_t i;

	for (i = 0; i < H_COUNT; i++)
		h->first[i] = -1;
	if (h->n == 0)
		return;
	h->id = (uint8_t *)arena_bytes(a, h->n);
	for (i = h->n; i-- > 0; ) {
		h->id[i] = hdr_id(h->v[i].name);
		h->first[h->id[i]] = (int32_t)i;
	}
}

void
head_parse(struct head *h, struct arena *a, struct slice msg,
    struct slice *body)
{
	struct slice start = skip_from_lines(msg), rest = start, section, line;

	*h = (struct head){ 0 };
	if (msg.n >= LONG) {
		h->v = arena_alloc(a, LONG_FIELDS * sizeof(*h->v));
		h->cap = LONG_FIELDS;
	}
	walk_fields(h, a, &rest);
	if (h->n == 0 && !h->cut && h->junk > 0) {	/* all of it is body */
		*h = (struct head){ .no_blank = true };
		rest = start;
	}
	number_fields(h, a);

	section = sl_first(start, start.n - rest.n);
	h->bits8 = !sl_ascii(section);
	h->nul = has_nul(section);

	if (!h->no_blank)
		sl_line(&rest, &line);
	*body = rest;
}

struct slice
head_named(const struct head *h, const char *name)
{
	struct slice want = sl(name);
	size_t i;

	for (i = 0; i < h->n; i++)
		if (sl_ieq(h->v[i].name, want))
			return h->v[i].body;
	return (struct slice){ NULL, 0 };
}

int32_t
head_next(const struct head *h, enum hdr_id id, size_t i)
{
	const uint8_t *p;

	if (i >= h->n || (p = memchr(h->id + i, id, h->n - i)) == NULL)
		return -1;
	return (int32_t)(p - h->id);
}

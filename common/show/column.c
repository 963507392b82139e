#include "base/hash.h"
#include "mail/date.h"
#include "show/column.h"

#define RCPTS_SHOWN	20	/* in one cell; the count tells of more */

static void
add_time(int64_t t, struct buf *out)
{
	char text[DATE_TEXT];

	if (t != 0)
		buf_add(out, sl(date_str(t, text)));
}

static void
get_id(const struct row *r, struct buf *out)
{
	buf_add(out, r->rec->id);
}

static void
get_class(const struct row *r, struct buf *out)
{
	buf_add(out, sl(class_name(r->class)));
}

static void
get_rule(const struct row *r, struct buf *out)
{
	buf_add(out, r->reason);
}

/* Where a person decided, the rule did not. */
static void
get_decision(const struct row *r, struct buf *out)
{
	if (r->mark.who.n == 0) {
		get_rule(r, out);
		return;
	}
	buf_add(out, SL("marked by "));
	buf_add(out, r->mark.who);
}

static void
get_judged(const struct row *r, struct buf *out)
{
	if (r->mark.who.n > 0)
		buf_add(out, sl(class_name(r->mark.judged)));
}

static void
get_marked_by(const struct row *r, struct buf *out)
{
	buf_add(out, r->mark.who);
}

static void
get_because(const struct row *r, struct buf *out)
{
	buf_add(out, r->mark.because);
}

static void
get_campaign(const struct row *r, struct buf *out)
{
	if (r->campaign != 0)
		buf_fmt(out, "%u", r->campaign);
}

static void
get_kind(const struct row *r, struct buf *out)
{
	buf_add(out, sl(kind_name(r->kind)));
}

static void
get_folder(const struct row *r, struct buf *out)
{
	buf_add(out, r->folder);
}

static void
get_format(const struct row *r, struct buf *out)
{
	buf_add(out, sl(r->rec->format));
}

static void
get_size(const struct row *r, struct buf *out)
{
	buf_fmt(out, "%llu", (unsigned long long)r->size);
}

static void
get_arrived(const struct row *r, struct buf *out)
{
	add_time(r->arrived, out);
}

static void
get_date(const struct row *r, struct buf *out)
{
	add_time(r->rec->date, out);
}

static void
get_sender(const struct row *r, struct buf *out)
{
	buf_add(out, r->sender);
}

static void
get_sender_prov(const struct row *r, struct buf *out)
{
	if (r->rec->has_sender)
		buf_add(out, sl(provenance_name(r->rec->sender_prov)));
}

static void
get_nrcpts(const struct row *r, struct buf *out)
{
	buf_fmt(out, "%lu", (unsigned long)r->nrcpts);
}

static void
get_rcpts(const struct row *r, struct buf *out)
{
	size_t i;

	for (i = 0; i < r->rec->nrcpts && i < RCPTS_SHOWN; i++) {
		if (i > 0)
			buf_addc(out, ' ');
		buf_add(out, r->rec->rcpts[i].addr.spec);
	}
}

static void
get_rcpt(const struct row *r, struct buf *out)
{
	buf_add(out, r->rcpt);
	if (r->nrcpts > 1)
		buf_fmt(out, " +%lu", (unsigned long)r->nrcpts - 1);
}

static void
get_client(const struct row *r, struct buf *out)
{
	buf_add(out, r->client.ip);
}

static void
get_account(const struct row *r, struct buf *out)
{
	buf_add(out, r->account);
}

static void
get_helo(const struct row *r, struct buf *out)
{
	buf_add(out, r->client.helo);
}

static void
get_message_id(const struct row *r, struct buf *out)
{
	buf_add(out, r->rec->message_id);
}

static void
get_from(const struct row *r, struct buf *out)
{
	buf_add(out, r->rec->from);
}

static void
get_subject(const struct row *r, struct buf *out)
{
	buf_add(out, r->subject);
}

static void
get_sha256(const struct row *r, struct buf *out)
{
	char hex[2 * sizeof(r->rec->sha256) + 1];

	if (!r->rec->has_digest)
		return;
	hex_str(r->rec->sha256, sizeof(r->rec->sha256), hex);
	buf_add(out, sl(hex));
}

static void
get_spool(const struct row *r, struct buf *out)
{
	buf_add(out, sl(r->rec->spool));
}

static void
get_path(const struct row *r, struct buf *out)
{
	buf_add(out, r->path);
}

static void
get_problems(const struct row *r, struct buf *out)
{
	size_t i;

	for (i = 0; i < r->rec->nproblems; i++) {
		if (i > 0)
			buf_add(out, SL("; "));
		buf_add(out, r->rec->problems[i]);
	}
}

/*
 * The least widths of what a table shows by itself make 80 columns together
 * with the blanks between them.
 */
const struct column columns[COL_COUNT] = {
	[COL_ID] = { "id", COL_TEXT, 12, 12, get_id },
	[COL_CLASS] = { "class", COL_TEXT, 5, 11, get_class },
	[COL_RULE] = { "reason", COL_TEXT, 8, 26, get_rule },
	[COL_DECISION] = { "reason", COL_REASON, 8, 18, get_decision },
	[COL_KIND] = { "kind", COL_TEXT, 6, 12, get_kind },
	[COL_FOLDER] = { "folder", COL_TEXT, 6, 10, get_folder },
	[COL_FORMAT] = { "format", COL_TEXT, 6, 11, get_format },
	[COL_SIZE] = { "size", COL_UINT, 4, 9, get_size },
	[COL_ARRIVED] = { "arrived", COL_TIME, 10, 16, get_arrived },
	[COL_DATE] = { "date", COL_TIME, 10, 16, get_date },
	[COL_SENDER] = { "sender", COL_TEXT, 7, 28, get_sender },
	[COL_SENDER_PROV] = { "sender_provenance", COL_TEXT, 9, 17,
	    get_sender_prov },
	[COL_NRCPTS] = { "recipients", COL_UINT, 6, 10, get_nrcpts },
	[COL_RCPTS] = { "rcpt", COL_TEXT, 7, 28, get_rcpts },
	[COL_RCPT] = { "rcpt", COL_FIRST, 7, 28, get_rcpt },
	[COL_CLIENT] = { "client", COL_TEXT, 11, 15, get_client },
	[COL_ACCOUNT] = { "account", COL_TEXT, 7, 16, get_account },
	[COL_HELO] = { "helo", COL_TEXT, 7, 24, get_helo },
	[COL_MESSAGE_ID] = { "message_id", COL_TEXT, 10, 40, get_message_id },
	[COL_FROM] = { "from", COL_TEXT, 7, 28, get_from },
	[COL_SUBJECT] = { "subject", COL_TEXT, 7, 32, get_subject },
	[COL_SHA256] = { "sha256", COL_TEXT, 8, 64, get_sha256 },
	[COL_SPOOL] = { "spool", COL_PATH, 6, 24, get_spool },
	[COL_FILE] = { "path", COL_PATH, 6, 24, get_path },
	[COL_PROBLEMS] = { "problems", COL_TEXT, 8, 40, get_problems },
	[COL_JUDGED] = { "judged", COL_TEXT, 6, 11, get_judged },
	[COL_MARKED_BY] = { "marked_by", COL_TEXT, 9, 12, get_marked_by },
	[COL_BECAUSE] = { "because", COL_TEXT, 7, 32, get_because },
	[COL_CAMPAIGN] = { "campaign", COL_UINT, 8, 8, get_campaign },
};

const char *
class_colour(enum class c)
{
	static const char *const colours[C_COUNT] = {
		[C_RELAY] = "\033[31m",		/* red */
		[C_BACKSCATTER] = "\033[33m",	/* yellow */
		[C_SPAM] = "\033[35m",		/* magenta */
		[C_LEGIT] = "\033[32m",		/* green */
		[C_UNSURE] = "\033[36m",	/* cyan */
	};

	return colours[c];
}

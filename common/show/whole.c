#include "base/hash.h"
#include "base/utf8.h"
#include "mail/date.h"
#include "show/column.h"
#include "show/page.h"

#define LABEL	12	/* columns of "class", "sender", ... */

void
page_safe(struct page *p, struct slice s)
{
	utf8_show(&p->b, s, 0);
}

void
page_title(struct page *p, const char *title)
{
	buf_fmt(&p->b, "\n%s\n", title);
}

void
page_count(struct page *p, uint64_t n)
{
	char digits[32];
	int len = snprintf(digits, sizeof(digits), "%llu",
	    (unsigned long long)n), i;

	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf_addc(&p->b, ',');
		buf_addc(&p->b, digits[i]);
	}
}

static void
label(struct page *p, const char *name)
{
	buf_fmt(&p->b, "%-*s", LABEL, name);
}

static void
line(struct page *p, const char *name, struct slice value)
{
	if (value.n == 0)
		return;
	label(p, name);
	page_safe(p, value);
	buf_addc(&p->b, '\n');
}

static void
time_line(struct page *p, const char *name, int64_t t)
{
	char date[DATE_TEXT];

	if (t != 0)
		line(p, name, sl(date_str(t, date)));
}

/* ---- what it is ---- */

static void
put_names(struct page *p)
{
	const struct record *rec = p->w->row->rec;
	char hex[2 * sizeof(rec->sha256) + 1];

	line(p, "id", rec->id);
	line(p, "queue id", rec->queue_id);
	line(p, "spool", sl(rec->spool));
	line(p, "path", rec->path);
	label(p, "format");
	buf_fmt(&p->b, "%s, folder ", rec->format);
	page_safe(p, p->w->row->folder);
	buf_addc(&p->b, '\n');
	label(p, "size");
	page_count(p, rec->size);
	buf_add(&p->b, SL(" bytes\n"));
	if (rec->has_digest) {
		hex_str(rec->sha256, sizeof(rec->sha256), hex);
		line(p, "sha256", sl(hex));
	}
	time_line(p, "arrived", rec->arrived);
	line(p, "kind", sl(kind_name(p->w->row->kind)));
}

/* What a person decided goes before the judge; the newest counts. */
static void
put_marks(struct page *p)
{
	const struct row *r = p->w->row;
	size_t i;

	if (r->mark.who.n > 0) {
		label(p, "  judged");
		buf_fmt(&p->b, "%s, ", class_name(r->mark.judged));
		page_safe(p, r->reason);
		buf_addc(&p->b, '\n');
	}
	for (i = p->w->nmarks; i-- > 0; ) {
		const struct case_mark *m = &p->w->marks[i];

		label(p, "  marked");
		page_safe(p, m->class.n > 0 ? m->class : SL("taken back"));
		buf_add(&p->b, SL(" by "));
		page_safe(p, m->who);
		buf_add(&p->b, SL(", "));
		page_safe(p, m->at);
		if (m->because.n > 0) {
			buf_add(&p->b, SL(": "));
			page_safe(p, m->because);
		}
		buf_addc(&p->b, '\n');
	}
}

static void
put_verdict(struct page *p)
{
	const struct row *r = p->w->row;
	size_t i;

	buf_addc(&p->b, '\n');
	label(p, "class");
	buf_fmt(&p->b, "%s%s%s, ",
	    p->w->colour ? class_colour(r->class) : "",
	    class_name(r->class), p->w->colour ? COLOUR_OFF : "");
	if (r->mark.who.n > 0)
		buf_add(&p->b, SL("marked by "));
	page_safe(p, r->mark.who.n > 0 ? r->mark.who : r->reason);
	buf_addc(&p->b, '\n');
	put_marks(p);
	if (p->w->alone)
		line(p, "", SL("judged alone: what only the other messages "
		    "of its spool tell is not known"));
	for (i = 0; i < r->nsaid; i++) {
		buf_add(&p->b, i == 0 && r->decided ? SL("  * ") :
		    SL("    "));
		page_safe(p, r->said[i].rule);
		buf_add(&p->b, SL(": "));
		page_safe(p, r->said[i].fact);
		buf_addc(&p->b, '\n');
	}
}

/* ---- envelope ---- */

static void
put_address(struct page *p, const char *name, struct slice address,
    enum provenance prov)
{
	label(p, name);
	page_safe(p, address);
	buf_fmt(&p->b, "  (%s)\n", provenance_name(prov));
}

static void
put_rcpt(struct page *p, const char *label, const struct spool_rcpt *to)
{
	put_address(p, label, to->addr.spec, to->provenance);
	if (to->state != RCPT_PENDING)
		line(p, "  state", sl(rcpt_state_name(to->state)));
	line(p, "  was", to->original);
	line(p, "  error", to->error);
}

static void
put_envelope(struct page *p)
{
	const struct row *r = p->w->row;
	const struct record *rec = r->rec;
	size_t i;

	page_title(p, "envelope, and where it is from");
	if (rec->has_sender)
		put_address(p, "sender", rec->null_sender ? SL("<>") :
		    rec->sender.spec, rec->sender_prov);
	for (i = 0; i < rec->nrcpts; i++)
		put_rcpt(p, i == 0 ? "recipients" : "", &rec->rcpts[i]);
	line(p, "client", r->client.ip);
	line(p, "  name", r->client.name);
	line(p, "  HELO", r->client.helo);
	line(p, "account", r->account);
	for (i = 0; i < rec->nhints; i++)
		line(p, i == 0 ? "hints" : "", rec->hints[i]);
	line(p, "note", rec->note);
}

static void
put_report(struct page *p)
{
	const struct record *rec = p->w->row->rec;

	if (!rec->has_report)
		return;
	page_title(p, "report");
	line(p, "action", rec->action);
	line(p, "recipient", rec->failed);
	line(p, "status", rec->status);
	line(p, "diagnostic", rec->diagnostic);
	line(p, "by", rec->reporting_mta);
	line(p, "original", rec->orig_message_id);
	line(p, "  from", rec->orig_from);
	line(p, "  subject", rec->orig_subject);
}

static void
put_problems(struct page *p)
{
	const struct record *rec = p->w->row->rec;
	size_t i;

	if (rec->nproblems > 0)
		page_title(p, "odd about it");
	for (i = 0; i < rec->nproblems; i++) {
		buf_add(&p->b, SL("  "));
		page_safe(p, rec->problems[i]);
		buf_addc(&p->b, '\n');
	}
	for (i = 0; i < rec->nstreams; i++) {
		line(p, "stream", rec->streams[i].name);
	}
}

static void
print(FILE *out, struct page *p)
{
	if (p->b.n > 0)
		fwrite(p->b.p, 1, p->b.n, out);
	buf_free(&p->b);
}

void
whole_print(FILE *out, const struct whole *w)
{
	struct page p = { .w = w };

	put_names(&p);
	put_verdict(&p);
	put_envelope(&p);
	page_way(&p);
	put_report(&p);
	put_problems(&p);
	if (w->absent != NULL) {
		page_title(&p, "its bytes are not here");
		buf_add(&p.b, SL("  "));
		page_safe(&p, sl(w->absent));
		buf_addc(&p.b, '\n');
	}
	if (w->msg != NULL) {
		page_title(&p, "header");
		page_header(&p, w->msg);
		page_parts(&p, w->msg);
	}
	print(out, &p);
}

void
whole_header(FILE *out, struct single *msg)
{
	struct page p = { .w = NULL };

	page_header(&p, msg);
	print(out, &p);
}

static void
write_piece(void *ctx, struct slice bytes)
{
	fwrite(bytes.p, 1, bytes.n, ctx);
}

int
whole_raw(FILE *out, struct single *msg, struct err *err)
{
	return msg->read(msg->from, write_piece, out, err);
}

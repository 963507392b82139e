#include "case/case.h"
#include "mail/date.h"

static int64_t
when(struct slice s)
{
	int64_t t = 0;

	return s.n > 0 && date_parse(s, &t, NULL) ? t : 0;
}

static void
fill_record(struct record *rec, const struct case_entry *e, struct arena *a)
{
	size_t i;

	rec->spool = arena_str(a, e->spool);
	rec->format = arena_str(a, e->format);
	rec->folder = arena_str(a, e->folder);
	rec->path = e->path;
	rec->size = e->size;
	rec->id = e->id;
	rec->queue_id = e->queue_id;
	rec->arrived = when(e->arrived);
	rec->date = when(e->date);
	rec->message_id = e->message_id;
	rec->from = e->header_from;
	rec->subject = e->subject;
	rec->has_digest = e->sha256.n == 2 * sizeof(rec->sha256);
	for (i = 0; rec->has_digest && i < sizeof(rec->sha256); i++)
		rec->sha256[i] = (uint8_t)(ascii_hex(e->sha256.p[2 * i]) << 4 |
		    ascii_hex(e->sha256.p[2 * i + 1]));
	rec->has_sender = e->sender.n > 0;
	rec->null_sender = sl_eq(e->sender, SL("<>"));
	rec->sender.spec = e->sender;
}

void
case_glance(const struct case_entry *e, struct arena *a, struct row *r)
{
	struct record *rec = arena_alloc(a, sizeof(*rec));

	fill_record(rec, e, a);
	*r = (struct row){ .class = C_UNSURE, .reason = e->reason,
	    .mark = { .who = e->marked_by, .because = e->because,
		.judged = C_UNSURE },
	    .folder = e->folder, .path = e->path, .sender = e->sender,
	    .rcpt = e->rcpt, .nrcpts = (size_t)e->nrcpts,
	    .client = { e->client, e->client_name, e->helo },
	    .account = e->account, .subject = e->subject, .size = e->size,
	    .arrived = rec->arrived, .campaign = (uint32_t)e->campaign,
	    .rec = rec };
	class_parse(e->class, &r->class);
	class_parse(e->judged, &r->mark.judged);
	kind_parse(e->kind, &r->kind);
	rec->kind = r->kind;
}

#include "case/case.h"
#include "mail/date.h"

static int64_t
when(struct slice s)
{
	int64_t t = 0;

	return s.n > 0 && date_parse(s, &t, NULL) ? t : 0;
}

/* What there is of a record in the entry itself. */
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

static int
fill_said(struct casefile *c, int64_t number, struct arena *a, struct row *r,
    struct err *err)
{
	struct case_evidence *v;
	struct said *said;
	size_t n, i;

	if (case_evidence(c, number, a, &v, &n, err) == -1)
		return -1;
	said = arena_alloc(a, n * sizeof(*said));
	for (i = 0; i < n; i++)
		said[i] = (struct said){ v[i].rule, v[i].fact };
	r->said = said;
	r->nsaid = n;
	r->decided = n > 0 && v[0].decided;
	return 0;
}

int
case_row(struct casefile *c, const struct case_entry *e, struct arena *a,
    bool lists, bool said, struct row *r, struct err *err)
{
	struct record *rec = arena_alloc(a, sizeof(*rec));

	if (!lists)
		fill_record(rec, e, a);
	else if (case_record(c, e->row, a, rec, err) == -1)
		return -1;
	*r = (struct row){ .class = C_UNSURE, .reason = e->reason,
	    .mark = { .who = e->marked_by, .because = e->because,
		.judged = C_UNSURE },
	    .folder = e->folder, .path = e->path, .sender = e->sender,
	    .rcpt = e->rcpt, .nrcpts = (size_t)e->nrcpts,
	    .client = { e->client, e->client_name, e->helo },
	    .account = e->account, .subject = e->subject, .size = e->size,
	    .arrived = when(e->arrived), .rec = rec };
	class_parse(e->class, &r->class);
	class_parse(e->judged, &r->mark.judged);
	kind_parse(e->kind, &r->kind);
	return said ? fill_said(c, e->row, a, r, err) : 0;
}

#include "judge/record.h"
#include "mail/header.h"

static void
add_attachments(struct record *rec, struct arena *a, struct charsets *cs,
    struct magics *mg, const struct head *head, struct slice body, bool cut)
{
	struct mime tree;
	unsigned bit;
	size_t i;
	bool more;

	mime_parse(&tree, a, cs, head, body);
	tree.root->cut |= cut;
	rec->nattachments = attachments_read(&tree, a, mg, &rec->attachments,
	    &more);
	if (more)
		record_problem(rec, a,
		    SL("more attachments than are listed"));
	for (i = 0; i < rec->nattachments; i++)
		for (bit = 0; bit < ODD_COUNT; bit++)
			if (rec->attachments[i].odd & 1u << bit)
				record_problem(rec, a, attachment_odd(
				    &rec->attachments[i], bit, a));
}

/* What it is instead of a message. */
static void
add_file_type(struct record *rec, struct arena *a, struct magics *mg,
    const struct spool_msg *m)
{
	struct slice type = magics_type(mg,
	    m->preamble.n > 0 ? m->preamble : m->text);

	if (type.n > 0)
		record_problem(rec, a, arena_fmt(a, "no message: " SL_FMT,
		    SL_ARG(type)));
}

void
record_contents(struct record *rec, struct arena *a, struct charsets *cs,
    struct magics *mg, const struct spool_msg *m)
{
	struct slice body;
	struct head head;

	rec->streams = m->streams;
	rec->nstreams = m->nstreams;
	if (m->stream_absent)
		record_problem(rec, a, SL("envelope stream absent"));
	head_parse(&head, a, record_text(m), &body);
	if (head.n == 0 && mg != NULL)
		add_file_type(rec, a, mg, m);
	else if (head.n > 0 && attachments_likely(&head, body))
		add_attachments(rec, a, cs, mg, &head, body, m->cut);
}

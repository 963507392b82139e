#include "judge/record.h"

/*
 * The spill file's form of a record: numbers in their host form, strings
 * with their length in front.  Written and read by the same run, so there
 * is no version in it; the length checks are for a disk that lies.
 *
 * One function walks the members for both directions, so that they cannot
 * come apart: every step either appends its value or takes it.
 */
struct packer {
	struct buf	*out;		/* packing, or NULL */
	struct slice	 in;		/* unpacking */
	struct arena	*a;
	bool		 bad;
};

static void
bytes(struct packer *p, void *v, size_t n)
{
	if (p->out != NULL) {
		buf_add(p->out, (struct slice){ v, n });
	} else if (p->in.n < n) {
		p->bad = true;
	} else {
		if (n > 0)
			memcpy(v, p->in.p, n);
		p->in = sl_from(p->in, n);
	}
}
#define NUM(p, v)	bytes(p, &(v), sizeof(v))

/* One of max values, 0 and up: a bool, or an enum. */
static unsigned
choice(struct packer *p, unsigned v, unsigned max)
{
	uint8_t c = (uint8_t)v;

	NUM(p, c);
	if (c < max)
		return c;
	p->bad = true;
	return 0;
}
#define FLAG(p, v)	((v) = choice(p, v, 2) != 0)
#define STATE(p, v)	((v) = (enum rcpt_state)choice(p, v, RCPT_CANCELED + 1))
#define PROV(p, v)	((v) = (enum provenance)choice(p, v, PROV_HEADERS + 1))

static void
str(struct packer *p, struct slice *s)
{
	uint32_t n = (uint32_t)(s->n > UINT32_MAX ? UINT32_MAX : s->n);

	NUM(p, n);
	if (p->out != NULL) {
		buf_add(p->out, sl_first(*s, n));
	} else if (p->in.n < n) {
		p->bad = true;
	} else {
		*s = sl_first(p->in, n);
		p->in = sl_from(p->in, n);
	}
}

/* The count of an array, and room for it when unpacking. */
static void *
array(struct packer *p, void *v, size_t *n, size_t size)
{
	NUM(p, *n);
	if (p->out != NULL)
		return v;
	if (*n > p->in.n) {	/* each element takes a byte at least */
		p->bad = true;
		*n = 0;
	}
	return *n == 0 ? NULL : arena_alloc(p->a, *n * size);
}

static void
addr(struct packer *p, struct addr *ad)
{
	str(p, &ad->spec);
	str(p, &ad->domain);
	FLAG(p, ad->null);
}

static void
hop(struct packer *p, struct hop *h)
{
	str(p, &h->helo);
	str(p, &h->name);
	NUM(p, h->ip);
	str(p, &h->by);
	str(p, &h->with);
	str(p, &h->id);
	str(p, &h->for_);
	str(p, &h->account);
	NUM(p, h->date);
	FLAG(p, h->authenticated);
	FLAG(p, h->tls);
	FLAG(p, h->local);
}

static void
envelope(struct packer *p, struct record *r)
{
	size_t i;

	FLAG(p, r->has_sender);
	FLAG(p, r->null_sender);
	PROV(p, r->sender_prov);
	addr(p, &r->sender);
	r->rcpts = array(p, r->rcpts, &r->nrcpts, sizeof(*r->rcpts));
	for (i = 0; i < r->nrcpts; i++) {
		addr(p, &r->rcpts[i].addr);
		PROV(p, r->rcpts[i].provenance);
		STATE(p, r->rcpts[i].state);
		str(p, &r->rcpts[i].original);
		str(p, &r->rcpts[i].error);
	}
	NUM(p, r->client);
	str(p, &r->client_name);
	str(p, &r->helo);
	str(p, &r->account);
	r->hops = array(p, r->hops, &r->nhops, sizeof(*r->hops));
	for (i = 0; i < r->nhops; i++)
		hop(p, &r->hops[i]);
}

static void
report(struct packer *p, struct record *r)
{
	FLAG(p, r->has_report);
	if (!r->has_report)
		return;
	str(p, &r->reporting_mta);
	str(p, &r->action);
	str(p, &r->status);
	str(p, &r->diagnostic);
	str(p, &r->failed);
	r->original = (enum original)choice(p, r->original,
	    ORIG_MESSAGE + 1);
	str(p, &r->orig_message_id);
	str(p, &r->orig_from);
	str(p, &r->orig_subject);
	str(p, &r->orig_sender);
}

static void
strings(struct packer *p, struct slice **v, size_t *n)
{
	size_t i;

	*v = array(p, *v, n, sizeof(**v));
	for (i = 0; i < *n; i++)
		str(p, &(*v)[i]);
}

static void
verdicts(struct packer *p, struct record *r)
{
	struct verdict *v;
	size_t i;

	r->verdicts = array(p, r->verdicts, &r->nverdicts,
	    sizeof(*r->verdicts));
	for (i = 0; i < r->nverdicts; i++) {
		v = &r->verdicts[i];
		v->filter = (enum filter)choice(p, v->filter, FILTER_COUNT);
		FLAG(p, v->bad);
		FLAG(p, v->scored);
		NUM(p, v->score);
		NUM(p, v->limit);
		str(p, &v->host);
		str(p, &v->text);
		NUM(p, v->above);
	}
}

static void
streams(struct packer *p, struct record *r)
{
	size_t i;

	r->streams = array(p, r->streams, &r->nstreams, sizeof(*r->streams));
	for (i = 0; i < r->nstreams; i++) {
		str(p, &r->streams[i].name);
		NUM(p, r->streams[i].size);
		NUM(p, r->streams[i].sidecar);
	}
}

static void
attachments(struct packer *p, struct record *r)
{
	struct attachment *at;
	size_t i;

	r->attachments = array(p, r->attachments, &r->nattachments,
	    sizeof(*r->attachments));
	for (i = 0; i < r->nattachments; i++) {
		at = &r->attachments[i];
		str(p, &at->filename);
		str(p, &at->type);
		str(p, &at->true_type);
		NUM(p, at->has_size);
		NUM(p, at->size);
		NUM(p, at->odd);
	}
}

static void
walk(struct packer *p, struct record *r)
{
	str(p, &r->path);
	NUM(p, r->size);
	FLAG(p, r->has_digest);
	FLAG(p, r->is_file);
	NUM(p, r->sha256);
	str(p, &r->id);
	str(p, &r->queue_id);
	NUM(p, r->arrived);
	NUM(p, r->date);
	str(p, &r->message_id);
	str(p, &r->from);
	str(p, &r->subject);
	str(p, &r->in_reply_to);
	str(p, &r->list_id);
	r->kind = (enum kind)choice(p, r->kind, KIND_COUNT);
	envelope(p, r);
	report(p, r);
	attachments(p, r);
	verdicts(p, r);
	streams(p, r);
	strings(p, &r->hints, &r->nhints);
	str(p, &r->note);
	strings(p, &r->problems, &r->nproblems);
	FLAG(p, r->unread);
}

void
record_pack(const struct record *rec, struct buf *out)
{
	struct packer p = { .out = out };
	struct record r = *rec;		/* walk takes both directions */

	walk(&p, &r);
}

bool
record_unpack(struct record *rec, struct arena *a, struct slice in)
{
	struct packer p = { .in = in, .a = a };

	walk(&p, rec);
	return !p.bad;
}

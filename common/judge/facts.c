#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "judge/facts.h"

#define MAKER_FORM	32	/* punctuation in a Message-ID; more is cut */
#define SEEN		1024	/* sketches that are remembered */

struct sketches {
	const struct sketch *v[SEEN];	/* NULL: free */
};

static const char *const class_names[C_COUNT] = {
	[C_RELAY] = "relay", [C_BACKSCATTER] = "backscatter",
	[C_SPAM] = "spam", [C_LEGIT] = "legit", [C_UNSURE] = "unsure",
};

const char *
class_name(enum class c)
{
	return class_names[c];
}

bool
class_parse(struct slice s, enum class *c)
{
	unsigned i;

	for (i = 0; i < C_COUNT; i++)
		if (sl_ieq(s, sl(class_names[i]))) {
			*c = (enum class)i;
			return true;
		}
	return false;
}

/* What stands behind the last '@'. */
static struct slice
domain_of(struct slice addr)
{
	const char *at = addr.n == 0 ? NULL : memrchr(addr.p, '@', addr.n);

	return at == NULL ? SL("") : sl_from(addr, (size_t)(at + 1 - addr.p));
}

static uint64_t
hash_id(struct slice id)
{
	return id.n == 0 ? 0 : hash64(id);
}

/*
 * What programs differ in when they make a Message-ID: the punctuation on
 * its left, and the host on its right.
 */
static uint32_t
maker_of(struct slice id)
{
	struct slice host = domain_of(id);
	char form[MAKER_FORM];
	size_t n = 0, i;

	for (i = 0; i + host.n < id.n && n < sizeof(form); i++)
		if (!ascii_alnum(id.p[i]))
			form[n++] = id.p[i];
	return (uint32_t)(hash64((struct slice){ form, n }) * 31 +
	    hash_id(host));
}

static void
ip_ask(struct intern *in, const struct ip *ip, uint32_t *to)
{
	char text[IP_TEXT];

	intern_ask_lower(in, ip_is_set(ip) ? sl(ip_str(ip, text)) : SL(""),
	    to);
}

static void
hop_make(struct fact_hop *out, const struct hop *h, struct intern *in)
{
	ip_ask(in, &h->ip, &out->ip);
	intern_ask_lower(in, h->name, &out->name);
	intern_ask_lower(in, h->helo, &out->helo);
	intern_ask_lower(in, h->by, &out->by);
	intern_ask(in, h->for_, &out->for_);
	intern_ask(in, h->account, &out->account);
	out->authenticated = h->authenticated;
	out->local = h->local;
}

/* What the spool itself says about the client stands before all hops. */
static void
hops_make(struct facts *f, const struct record *rec, struct arena *a,
    struct intern *in)
{
	bool told = ip_is_set(&rec->client) || rec->account.n > 0;
	struct fact_hop *v;
	size_t n = 0, i;

	while (n < rec->nhops && record_wants_hop(rec->hops, n))
		n++;
	f->more_hops = n < rec->nhops || rec->more_hops;
	if (n + told == 0)
		return;
	v = f->hops = arena_alloc(a, (n + told) * sizeof(*v));
	f->nhops = (uint8_t)(n + told);
	if (told) {
		ip_ask(in, &rec->client, &v->ip);
		intern_ask_lower(in, rec->helo, &v->helo);
		intern_ask(in, rec->account, &v->account);
		v->authenticated = rec->account.n > 0;
		v++;
	}
	for (i = 0; i < n; i++)
		hop_make(&v[i], &rec->hops[i], in);
}

static void
rcpts_make(struct facts *f, const struct record *rec, struct arena *a,
    struct intern *in)
{
	struct fact_rcpt *r;
	struct addr to;
	size_t i;

	f->nrcpts = (uint32_t)rec->nrcpts;
	f->rcpts = arena_alloc(a, rec->nrcpts * sizeof(*r));
	for (i = 0; i < rec->nrcpts; i++) {
		const struct addr *ad = &rec->rcpts[i].addr;

		r = &f->rcpts[i];
		intern_ask_lower(in, ad->spec, &r->addr);
		intern_ask(in, ad->domain, &r->domain);
		r->provenance = (uint8_t)rec->rcpts[i].provenance;
		r->done = rec->rcpts[i].state != RCPT_PENDING;
		r->route = (uint8_t)addr_route(a, ad, &to);
		if (r->route != ROUTE_NONE)
			intern_ask_lower(in, to.domain, &r->target);
	}
	if (rec->nrcpts == 1)
		f->tag = (uint8_t)addr_tag(a, &rec->rcpts[0].addr, &to);
}

static void
header_rcpts_make(struct facts *f, const struct record *rec, struct arena *a,
    struct intern *in)
{
	size_t n = rec->nheader_rcpts, i;

	if (n > FACT_HEADER_RCPTS_MAX)
		n = FACT_HEADER_RCPTS_MAX;
	if (n == 0)
		return;
	f->header_rcpts = arena_alloc(a, 2 * n * sizeof(uint32_t));
	f->nheader_rcpts = (uint8_t)n;
	for (i = 0; i < n; i++) {
		struct slice addr = rec->header_rcpts[i];

		intern_ask_lower(in, addr, &f->header_rcpts[i]);
		intern_ask_lower(in, domain_of(addr), &f->header_rcpts[n + i]);
	}
}

static void
report_make(struct facts *f, const struct record *rec, struct arena *a,
    struct intern *in)
{
	size_t n = rec->norig_hops, i;
	struct fact_report *r;

	if (n > ORIG_HOPS_MAX)
		n = ORIG_HOPS_MAX;
	r = f->report = arena_alloc(a, sizeof(*r) + n * sizeof(r->hops[0]));
	r->msgid = hash_id(rec->orig_message_id);
	intern_ask_lower(in, rec->orig_sender, &r->sender);
	intern_ask_lower(in, domain_of(rec->orig_sender), &r->sender_domain);
	intern_ask_lower(in, rec->failed, &r->failed);
	intern_ask_lower(in, domain_of(rec->failed), &r->failed_domain);
	r->original = (uint8_t)rec->original;
	r->nhops = (uint8_t)n;
	for (i = 0; i < n; i++)
		hop_make(&r->hops[i], &rec->orig_hops[i], in);
}

struct sketches *
sketches_new(void)
{
	return xcalloc(1, sizeof(struct sketches));
}

void
sketches_free(struct sketches *ss)
{
	free(ss);
}

static const struct sketch *
sketch_copy(const struct sketch *s, struct arena *a)
{
	struct sketch *copy = arena_alloc(a, sizeof(*copy));

	*copy = *s;
	return copy;
}

/* The one that was kept and is the same; else a copy. */
static const struct sketch *
sketch_share(const struct sketch *s, struct arena *a, struct sketches *seen)
{
	const struct sketch **at = &seen->v[hash64((struct slice){
	    (const char *)s, sizeof(*s) }) % SEEN];

	if (*at == NULL || memcmp(*at, s, sizeof(*s)) != 0)
		*at = sketch_copy(s, a);
	return *at;
}

static void
sketch_keep(struct facts *f, const struct record *rec, struct arena *a,
    struct intern *in, struct sketches *seen)
{
	const struct sketch *s = rec->sketch;

	if (s == NULL)
		return;
	f->sketch = seen == NULL ? sketch_copy(s, a) :
	    sketch_share(s, a, seen);
	intern_ask(in, rec->host, &f->host);
	intern_ask(in, rec->mailer, &f->mailer);
}

static void
verdicts_make(struct facts *f, const struct record *rec, struct arena *a,
    struct intern *in)
{
	struct fact_verdict *v;
	size_t i;

	if (rec->nverdicts == 0)
		return;
	f->verdicts = v = arena_alloc(a, rec->nverdicts * sizeof(*v));
	f->nverdicts = (uint8_t)rec->nverdicts;
	for (i = 0; i < rec->nverdicts; i++) {
		const struct verdict *r = &rec->verdicts[i];

		v[i] = (struct fact_verdict){ .score = r->score,
		    .limit = r->limit, .filter = (uint8_t)r->filter,
		    .above = (uint8_t)(r->above > UINT8_MAX ? UINT8_MAX :
		    r->above), .bad = r->bad, .scored = r->scored };
		intern_ask_lower(in, r->host, &v[i].host);
		intern_ask(in, r->text, &v[i].text);
	}
}

struct facts *
facts_make(const struct record *rec, struct arena *a, struct intern *in,
    struct sketches *seen)
{
	struct facts *f = arena_alloc(a, sizeof(*f));
	struct slice answered = rec->in_reply_to.n > 0 ? rec->in_reply_to :
	    rec->orig_message_id;

	f->path = arena_str(a, rec->path);
	intern_ask(in, sl(rec->folder), &f->folder);
	intern_ask(in, rec->stolen, &f->stolen);
	f->size = rec->size;
	f->arrived = rec->arrived;
	f->kind = (uint8_t)rec->kind;
	f->unread = rec->unread;
	if (rec->nproblems > 0)
		intern_ask(in, rec->problems[0], &f->problem);
	f->msgid = hash_id(rec->message_id);
	f->in_reply_to = hash_id(answered);
	intern_ask_lower(in, domain_of(answered), &f->reply_domain);
	intern_ask(in, rec->subject, &f->subject);
	intern_ask_lower(in, rec->list_id, &f->list_id);
	f->maker = maker_of(rec->message_id);
	intern_ask_lower(in, domain_of(rec->resent_from), &f->resent_domain);
	f->has_sender = rec->has_sender;
	f->null_sender = rec->null_sender;
	if (rec->has_sender && !rec->null_sender) {
		intern_ask_lower(in, rec->sender.spec, &f->sender);
		intern_ask(in, rec->sender.domain, &f->sender_domain);
	}
	f->no_header = !rec->unread && rec->nhops == 0 && rec->from.n == 0 &&
	    rec->message_id.n == 0 && rec->subject.n == 0 &&
	    rec->nheader_rcpts == 0;
	hops_make(f, rec, a, in);
	rcpts_make(f, rec, a, in);
	header_rcpts_make(f, rec, a, in);
	if (rec->has_report)
		report_make(f, rec, a, in);
	sketch_keep(f, rec, a, in, seen);
	verdicts_make(f, rec, a, in);
	intern_answer(in);
	f->class = C_UNSURE;
	return f;
}

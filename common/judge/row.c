#include "judge/row.h"

/* What the trace and the spool say about the client that was settled. */
static void
fill_client(struct row_client *c, const struct record *rec)
{
	struct ip ip;
	size_t i;

	if (rec == NULL || !ip_parse(c->ip, &ip))
		return;
	for (i = 0; i < rec->nhops; i++)
		if (ip_eq(&rec->hops[i].ip, &ip)) {
			c->name = rec->hops[i].name;
			c->helo = rec->hops[i].helo;
			break;
		}
	/* What the spool says counts more than what a header says. */
	if (!ip_eq(&rec->client, &ip))
		return;
	if (rec->helo.n > 0)
		c->helo = rec->helo;
	if (rec->client_name.n > 0)
		c->name = rec->client_name;
}

static struct said
said_by(const struct judge *j, const struct facts *f, size_t rule,
    struct arena *a, struct buf *fact)
{
	const struct rule *r = &judge_rules[rule];

	fact->n = 0;
	if (r->say != NULL)
		r->say(j, f, fact);
	return (struct said){ sl(r->id),
	    fact->n > 0 ? arena_dup(a, buf_sl(fact)) : sl(r->what) };
}

static void
fill_said(struct row *row, struct arena *a, const struct judge *j,
    const struct facts *f)
{
	struct said *v = arena_alloc(a, judge_nrules() * sizeof(*v));
	struct buf fact = { 0 };
	size_t rules = judge_nrules(), i;

	row->decided = f->rule < rules && (f->spoke >> f->rule & 1) != 0 &&
	    judge_rules[f->rule].weight == DECIDES;
	if (row->decided)
		v[row->nsaid++] = said_by(j, f, f->rule, a, &fact);
	for (i = 0; i < rules; i++)
		if ((f->spoke >> i & 1) != 0 &&
		    !(row->decided && i == f->rule))
			v[row->nsaid++] = said_by(j, f, i, a, &fact);
	row->said = v;
	buf_free(&fact);
}

static struct slice
sender_of(const struct judge *j, const struct facts *f,
    const struct record *rec)
{
	if (f->null_sender)
		return SL("<>");
	return rec != NULL && rec->has_sender ? rec->sender.spec :
	    judge_str(j, f->sender);
}

void
row_judged(struct row *r, struct arena *a, const struct judge *j,
    const struct facts *f, const struct record *rec, bool said)
{
	*r = (struct row){
	    .class = (enum class)f->class, .reason = sl(judge_reason(f)),
	    .kind = (enum kind)f->kind, .folder = judge_str(j, f->folder),
	    .path = sl(f->path), .sender = sender_of(j, f, rec),
	    .nrcpts = f->nrcpts, .client.ip = judge_str(j, f->client),
	    .account = judge_str(j, f->account),
	    .subject = judge_str(j, f->subject), .size = f->size,
	    .arrived = f->arrived, .campaign = f->campaign,
	    .sketch = f->sketch, .rec = rec };
	if (f->nrcpts > 0)
		r->rcpt = rec != NULL && rec->nrcpts > 0 ?
		    rec->rcpts[0].addr.spec : judge_str(j, f->rcpts[0].addr);
	fill_client(&r->client, rec);
	if (r->account.n == 0 && rec != NULL)	/* from this host: webmail */
		r->account = rec->account;
	if (said)
		fill_said(r, a, j, f);
}

#include <stdlib.h>

#include "base/hash.h"
#include "base/xalloc.h"
#include "log/driver.h"

#define CHAINS	(1u << 17)

/* What is unfinished, by key, and from the oldest to the newest. */
struct openings {
	struct log_open	*chains[CHAINS];
	struct log_open	*oldest, *newest;
	struct log_open	*spare;
	size_t		 n;
};

struct openings *
openings_new(void)
{
	return xcalloc(1, sizeof(struct openings));
}

static void
free_list(struct log_open *o, bool spare)
{
	struct log_open *next;

	for (; o != NULL; o = next) {
		next = spare ? o->chain : o->newer;
		buf_free(&o->text);
		free(o);
	}
}

void
openings_free(struct openings *os)
{
	if (os == NULL)
		return;
	free_list(os->oldest, false);
	free_list(os->spare, true);
	free(os);
}

uint64_t
log_key(struct slice a, struct slice b, uint64_t c)
{
	return hash64(a) ^ hash64(b) * 3 ^ c * UINT64_C(0x9e3779b97f4a7c15);
}

static void
unlink_order(struct openings *os, struct log_open *o)
{
	*(o->older == NULL ? &os->oldest : &o->older->newer) = o->newer;
	*(o->newer == NULL ? &os->newest : &o->newer->older) = o->older;
}

static void
link_newest(struct openings *os, struct log_open *o)
{
	o->newer = NULL;
	o->older = os->newest;
	*(os->newest == NULL ? &os->oldest : &os->newest->newer) = o;
	os->newest = o;
}

struct log_open *
open_find(struct log_in *in, uint64_t key)
{
	struct log_open *o = in->open->chains[key & (CHAINS - 1)];

	while (o != NULL && o->key != key)
		o = o->chain;
	if (o != NULL && o != in->open->newest) {
		unlink_order(in->open, o);
		link_newest(in->open, o);
	}
	return o;
}

static struct log_open *
fresh(struct openings *os)
{
	struct log_open *o = os->spare;
	struct buf text;

	if (o == NULL)
		return xcalloc(1, sizeof(*o));
	os->spare = o->chain;
	text = o->text;
	text.n = 0;
	*o = (struct log_open){ .text = text };
	return o;
}

struct log_open *
open_get(struct log_in *in, uint64_t key)
{
	struct openings *os = in->open;
	struct log_open *o = open_find(in, key);

	if (o != NULL)
		return o;
	if (os->n >= LOG_OPEN_MAX)
		open_end(in, os->oldest);
	o = fresh(os);
	o->key = key;
	o->at = in->at;
	o->chain = os->chains[key & (CHAINS - 1)];
	os->chains[key & (CHAINS - 1)] = o;
	link_newest(os, o);
	os->n++;
	return o;
}

void
open_end(struct log_in *in, struct log_open *o)
{
	struct openings *os = in->open;
	struct log_open **at = &os->chains[o->key & (CHAINS - 1)];

	open_message(in, o);
	while (*at != o)
		at = &(*at)->chain;
	*at = o->chain;
	unlink_order(os, o);
	os->n--;
	o->chain = os->spare;
	os->spare = o;
}

void
open_end_all(struct log_in *in)
{
	while (in->open->oldest != NULL)
		open_end(in, in->open->oldest);
}

/* v may be part of the text itself, which may move. */
void
open_set(struct log_open *o, struct span *s, struct slice v)
{
	bool own = o->text.n > 0 && v.p >= o->text.p &&
	    v.p < o->text.p + o->text.n;
	size_t at = own ? (size_t)(v.p - o->text.p) : 0;
	char *to;

	v = sl_first(v, SPAN_MAX);
	if (v.n <= s->n) {
		if (v.n > 0)
			memmove(o->text.p + s->at, v.p, v.n);
		s->n = (uint32_t)v.n;
		return;
	}
	to = buf_room(&o->text, v.n);
	memcpy(to, own ? o->text.p + at : v.p, v.n);
	*s = (struct span){ (uint32_t)o->text.n, (uint32_t)v.n };
	o->text.n += v.n;
}

void
open_copy(struct log_open *to, struct span *s, const struct log_open *from,
    struct span v)
{
	open_set(to, s, open_str(from, v));
}

/* The same one again, as after a delay, counts once. */
void
open_rcpt(struct log_open *o, struct slice addr)
{
	size_t i;

	for (i = 0; i < o->nknown; i++)
		if (sl_ieq(open_str(o, o->rcpts[i]), addr))
			return;
	o->nrcpts++;
	if (o->nknown < LOG_RCPTS) {
		o->rcpts[o->nknown] = (struct span){ 0, 0 };
		open_set(o, &o->rcpts[o->nknown++], addr);
	}
}

static struct log_event
event_of(const struct log_open *o, enum log_what what, int64_t at,
    struct slice rcpts[LOG_RCPTS])
{
	size_t i;

	for (i = 0; i < o->nknown; i++)
		rcpts[i] = open_str(o, o->rcpts[i]);
	return (struct log_event){ .what = what, .at = at,
	    .client = o->client, .client_name = open_str(o, o->name),
	    .helo = open_str(o, o->helo),
	    .workstation = open_str(o, o->workstation),
	    .account = open_str(o, o->account),
	    .method = open_str(o, o->method),
	    .sender = open_str(o, o->sender), .has_sender = o->has_sender,
	    .rcpts = rcpts, .nknown = o->nknown,
	    .nrcpts = o->told > o->nrcpts ? o->told : o->nrcpts,
	    .bytes = o->bytes, .message_id = open_str(o, o->message_id),
	    .queue_id = open_str(o, o->queue_id) };
}

void
log_tell(struct log_in *in, const struct log_open *o, enum log_what what)
{
	struct slice rcpts[LOG_RCPTS];
	struct log_event e = event_of(o, what, in->at, rcpts);

	if (what == LOG_FAILED)
		e.account = open_str(o, o->tried);
	in->o->each(in->o->ctx, &e);
}

static void
tell_one(struct log_in *in, const struct log_open *o, enum log_what what,
    struct slice rcpt)
{
	struct slice rcpts[LOG_RCPTS];
	struct log_event e = event_of(o, what, in->at, rcpts);

	rcpt = sl_first(rcpt, SPAN_MAX);
	e.rcpts = &rcpt;
	e.nknown = 1;
	e.nrcpts = 1;
	in->o->each(in->o->ctx, &e);
}

void
log_refuse(struct log_in *in, const struct log_open *o, struct slice rcpt,
    struct slice reply)
{
	tell_one(in, o, log_says_relay(reply) ? LOG_DENIED : LOG_REFUSED,
	    rcpt);
}

void
log_bounce(struct log_in *in, const struct log_open *o, struct slice rcpt)
{
	tell_one(in, o, LOG_BOUNCED, rcpt);
}

/* What the next message of the session does not have. */
void
open_forget(struct log_open *o)
{
	struct span keep[] = { o->name, o->helo, o->account, o->method,
	    o->tried, o->workstation };
	struct span *const to[] = { &o->name, &o->helo, &o->account,
	    &o->method, &o->tried, &o->workstation };
	struct buf text = o->text;
	size_t i;

	o->text = (struct buf){ 0 };
	for (i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		*to[i] = (struct span){ 0, 0 };
		open_set(o, to[i], keep[i].n == 0 ? SL("") :
		    (struct slice){ text.p + keep[i].at, keep[i].n });
	}
	buf_free(&text);
	o->sender = o->message_id = o->queue_id = (struct span){ 0, 0 };
	o->nknown = 0;
	o->nrcpts = o->told = o->bytes = 0;
	o->has_sender = o->message = o->failed = false;
	o->data = o->in_body = false;
	o->waits = 0;
}

void
open_message(struct log_in *in, struct log_open *o)
{
	struct slice rcpts[LOG_RCPTS];
	struct log_event e;

	if (!o->message)
		return;
	e = event_of(o, LOG_MESSAGE, o->at, rcpts);
	if (!o->failed)
		in->o->each(in->o->ctx, &e);
	open_forget(o);
}

/* ---- pieces of lines ---- */

struct slice
log_between(struct slice s, struct slice before, char after)
{
	const char *p = sl_find(s, before), *end;

	if (p == NULL)
		return SL("");
	s = sl_from(s, (size_t)(p - s.p) + before.n);
	end = s.n == 0 ? NULL : memchr(s.p, after, s.n);
	return end == NULL ? s : sl_first(s, (size_t)(end - s.p));
}

void
log_peer(struct log_open *o, struct slice s)
{
	struct slice in = log_between(s, SL("["), ']'), name;
	const char *p;

	if (!ip_parse(in.n > 0 ? in : s, &o->client) && in.n == 0) {
		open_set(o, &o->name, sl_trim(s));
		return;
	}
	p = s.n == 0 ? NULL : memchr(s.p, '[', s.n);
	name = p == NULL ? SL("") : sl_trim(sl_first(s, (size_t)(p - s.p)));
	if (!sl_eq(name, SL("unknown")))
		open_set(o, &o->name, name);
}

struct slice
log_path(struct slice s)
{
	const char *p = s.n == 0 ? NULL : memchr(s.p, '<', s.n);
	const char *colon;

	if (p != NULL)
		return log_between(s, SL("<"), '>');
	colon = s.n == 0 ? NULL : memchr(s.p, ':', s.n);
	if (colon != NULL)
		s = sl_from(s, (size_t)(colon + 1 - s.p));
	while (s.n > 0 && (s.p[0] == '+' || s.p[0] == ' '))
		s = sl_from(s, 1);
	for (p = s.p; s.n > 0 && p < s.p + s.n; p++)
		if (*p == ' ' || *p == '+')
			return sl_first(s, (size_t)(p - s.p));
	return s;
}

bool
log_says_relay(struct slice reply)
{
	return sl_ifind(reply, SL("relay")) != NULL;
}

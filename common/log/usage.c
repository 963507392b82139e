#include <stdlib.h>

#include "base/hash.h"
#include "base/idmap.h"
#include "base/xalloc.h"
#include "log/usage.h"

/* Numbers that were seen: 64 bits of a hash stand for each. */
struct seen {
	uint64_t	*v;
	size_t		 n, cap;
};

struct usage {
	struct usage_opts	 o;
	struct intern		*strings;
	struct idmap		 accounts, clients;
	struct usage_pair	*pairs;
	size_t			 npairs, room;
	uint32_t		*slots;		/* of pairs: index + 1 */
	size_t			 cap;
	struct seen		 seen;
	struct usage_totals	 t;
};

struct usage *
usage_new(const struct usage_opts *o)
{
	struct usage *u = xcalloc(1, sizeof(*u));

	u->o = *o;
	u->strings = intern_new();
	u->accounts.size = u->clients.size = sizeof(struct usage_who);
	return u;
}

void
usage_free(struct usage *u)
{
	if (u == NULL)
		return;
	intern_free(u->strings);
	idmap_free(&u->accounts);
	idmap_free(&u->clients);
	free(u->pairs);
	free(u->slots);
	free(u->seen.v);
	free(u);
}

/* ---- sets ---- */

static size_t
seen_slot(const struct seen *s, uint64_t h)
{
	size_t i = h & (s->cap - 1);

	while (s->v[i] != 0 && s->v[i] != h)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void
seen_grow(struct seen *s)
{
	struct seen old = *s;
	size_t i;

	s->cap = old.cap == 0 ? 1024 : old.cap * 2;
	s->v = xcalloc(s->cap, sizeof(*s->v));
	for (i = 0; i < old.cap; i++)
		if (old.v[i] != 0)
			s->v[seen_slot(s, old.v[i])] = old.v[i];
	free(old.v);
}

/* True the first time that both come together. */
static bool
is_new(struct usage *u, uint64_t a, uint64_t b)
{
	struct seen *s = &u->seen;
	uint64_t h = (a ^ b * UINT64_C(0x9e3779b97f4a7c15)) | 1;
	size_t i;

	if (s->n >= SENDERS_MAX) {
		u->t.more = true;
		return false;
	}
	if (s->n * 2 >= s->cap)
		seen_grow(s);
	i = seen_slot(s, h);
	if (s->v[i] != 0)
		return false;
	s->v[i] = h;
	s->n++;
	return true;
}

static struct usage_who *
who(struct usage *u, struct idmap *m, uint32_t id)
{
	if (id == 0)
		return NULL;
	if (m->n >= USAGE_MAX && idmap_find(m, id) == NULL) {
		u->t.more = true;
		return NULL;
	}
	return idmap_row(m, id);
}

static size_t
pair_slot(const struct usage *u, uint32_t account, uint32_t client)
{
	size_t i = (size_t)((account * UINT64_C(0x9e3779b1) ^ client) *
	    UINT64_C(0x9e3779b97f4a7c15) >> 20) & (u->cap - 1);

	while (u->slots[i] != 0 &&
	    (u->pairs[u->slots[i] - 1].account != account ||
	    u->pairs[u->slots[i] - 1].client != client))
		i = (i + 1) & (u->cap - 1);
	return i;
}

static void
pairs_grow(struct usage *u)
{
	size_t i;

	free(u->slots);
	u->cap = u->cap == 0 ? 1024 : u->cap * 2;
	u->slots = xcalloc(u->cap, sizeof(*u->slots));
	for (i = 0; i < u->npairs; i++)
		u->slots[pair_slot(u, u->pairs[i].account,
		    u->pairs[i].client)] = (uint32_t)i + 1;
}

static struct usage_pair *
pair(struct usage *u, uint32_t account, uint32_t client)
{
	size_t i;

	if (account == 0 || client == 0)
		return NULL;
	if (u->npairs * 2 >= u->cap)
		pairs_grow(u);
	i = pair_slot(u, account, client);
	if (u->slots[i] != 0)
		return &u->pairs[u->slots[i] - 1];
	if (u->npairs >= USAGE_MAX) {
		u->t.more = true;
		return NULL;
	}
	if (u->npairs == u->room) {
		u->room = u->room == 0 ? 256 : u->room * 2;
		u->pairs = xrealloc(u->pairs, u->room, sizeof(*u->pairs));
	}
	u->pairs[u->npairs] = (struct usage_pair){ .account = account,
	    .client = client, .id = (uint32_t)u->npairs + 1,
	    .own_name = true };
	u->slots[i] = (uint32_t)++u->npairs;
	return &u->pairs[u->npairs - 1];
}

/* ---- an event ---- */

struct parties {
	struct usage_who	*account, *client;
	struct usage_pair	*pair;
};

struct slice
usage_client_text(const struct log_event *e, char *buf)
{
	return ip_is_set(&e->client) ? sl(ip_str(&e->client, buf)) :
	    e->client_name;
}

static void
at_time(struct usage_sums *s, int64_t at)
{
	if (at == 0)
		return;
	if (s->first == 0 || at < s->first)
		s->first = at;
	if (at > s->last)
		s->last = at;
}

static uint64_t
foreign(const struct usage *u, const struct log_event *e)
{
	const char *p;
	uint64_t n = 0;
	size_t i;

	if (u->o.ours == NULL)
		return 0;
	for (i = 0; i < e->nknown; i++) {
		struct slice r = e->rcpts[i];

		p = r.n == 0 ? NULL : memrchr(r.p, '@', r.n);
		if (p != NULL && !u->o.ours(u->o.ctx,
		    sl_from(r, (size_t)(p + 1 - r.p))))
			n++;
	}
	return n;
}

/*
 * A log without the words of the reply: a stranger's recipient that is not
 * ours was refused because of that.
 */
static bool
is_denial(const struct usage *u, const struct parties *w,
    const struct log_event *e)
{
	return e->what == LOG_REFUSED && w->account == NULL &&
	    (w->client == NULL || !w->client->trusted) && foreign(u, e) > 0;
}

/* Recipients taken in one hour; hours come in about the order of time. */
static void
in_hour(struct usage_sums *s, int64_t at, uint64_t rcpts)
{
	if (at / 3600 != s->hour) {
		s->hour = at / 3600;
		s->in_hour = 0;
	}
	s->in_hour += rcpts;
	if (s->in_hour > s->busy)
		s->busy = s->in_hour;
	s->hours[at / 3600 % 24]++;
}

static void
count(struct usage *u, struct usage_sums *s, uint64_t salt,
    const struct log_event *e, uint64_t out)
{
	at_time(s, e->at);
	switch (e->what) {
	case LOG_SESSION:
		s->sessions++;
		break;
	case LOG_FAILED:
		s->failed++;
		break;
	case LOG_DENIED:
		s->denied++;
		s->refused++;
		break;
	case LOG_REFUSED:
		s->refused++;
		break;
	case LOG_MESSAGE:
		s->messages++;
		s->rcpts += e->nrcpts;
		s->bytes += e->bytes;
		s->foreign += out;
		in_hour(s, e->at, e->nrcpts);
		if (e->has_sender && is_new(u, salt, hash64(e->sender)))
			s->senders++;
		break;
	case LOG_BOUNCED:
		s->bounced++;
		break;
	case LOG_AUTH:
	case LOG_TURFED:
		break;
	}
}

/* "contoso\bob" and "bob@example.org" are called bob. */
static struct slice
bare_name(struct slice account)
{
	const char *p = account.n == 0 ? NULL :
	    memrchr(account.p, '\\', account.n);

	if (p != NULL)
		account = sl_from(account, (size_t)(p + 1 - account.p));
	p = account.n == 0 ? NULL : memchr(account.p, '@', account.n);
	return p == NULL ? account :
	    sl_first(account, (size_t)(p - account.p));
}

static void
look_at_sender(struct usage *u, struct usage_pair *p,
    const struct log_event *e)
{
	struct slice name = bare_name(usage_str(u, p->account));

	if (!e->has_sender || e->sender.n == 0 ||
	    (sl_istarts(e->sender, name) && e->sender.n > name.n &&
	    e->sender.p[name.n] == '@'))
		return;
	p->own_name = false;
}

/* The network of a client, /24 or /64, as a number. */
static uint64_t
network(const struct ip *ip)
{
	uint8_t b[16];

	memcpy(b, ip->b, sizeof(b));
	memset(b + (ip_is_v4(ip) ? 15 : 8), 0, ip_is_v4(ip) ? 1 : 8);
	return hash64((struct slice){ (const char *)b, sizeof(b) });
}

static void
succeeded(struct usage *u, const struct parties *w, const struct log_event *e)
{
	struct usage_pair *p = w->pair;

	if (p == NULL || p->success != 0)
		return;
	p->success = e->at == 0 ? 1 : e->at;
	p->before = p->s.failed;
	w->account->peers++;
	w->client->peers++;
	if (is_new(u, (uint64_t)w->account->id << 32 | 7,
	    ip_is_set(&e->client) ? network(&e->client) :
	    hash64(e->client_name)))
		w->account->nets++;
	if (p->before > 0 && w->account->guessed == 0) {
		w->account->guessed = p->success;
		w->account->guesses = w->account->s.failed;
	}
	if (p->before > 0 && w->client->guessed == 0)
		w->client->guessed = p->success;
}

static void
total(struct usage_totals *t, const struct log_event *e)
{
	t->sessions += e->what == LOG_SESSION;
	t->failed += e->what == LOG_FAILED;
	t->denied += e->what == LOG_DENIED;
	t->turfed += e->what == LOG_TURFED;
	t->bounced += e->what == LOG_BOUNCED;
	t->refused += e->what == LOG_DENIED || e->what == LOG_REFUSED;
	if (e->what != LOG_MESSAGE)
		return;
	t->messages++;
	t->rcpts += e->nrcpts;
}

static void
add_parties(struct usage *u, const struct parties *w,
    const struct log_event *e)
{
	uint64_t out = e->what == LOG_MESSAGE ? foreign(u, e) : 0;
	uint64_t account = w->account == NULL ? 0 : w->account->id;
	uint64_t client = w->client == NULL ? 0 : w->client->id;

	if (w->account != NULL)
		count(u, &w->account->s, account << 32 | 1, e, out);
	if (w->client != NULL)
		count(u, &w->client->s, client << 32 | 2, e, out);
	if (w->pair != NULL)
		count(u, &w->pair->s, account << 32 ^ client << 3 ^ 5, e, out);
	if (e->what == LOG_MESSAGE && account == 0 && w->client != NULL &&
	    !w->client->trusted)
		u->t.relayed += out;
}

/* What the site says of a client that is new. */
static void
look_at_client(const struct usage *u, struct usage_who *client,
    const struct ip *ip)
{
	if (u->o.trusted != NULL)
		client->trusted = u->o.trusted(u->o.ctx, ip);
	if (u->o.gateway != NULL)
		client->gateway = u->o.gateway(u->o.ctx, ip);
}

void
usage_add(struct usage *u, const struct log_event *told)
{
	struct log_event event = *told, *e = &event;
	char text[IP_TEXT];
	uint32_t account = intern_lower(u->strings, e->account);
	uint32_t client = intern_lower(u->strings, usage_client_text(e, text));
	struct parties w;

	w.account = who(u, &u->accounts, account);
	w.client = who(u, &u->clients, client);
	w.pair = w.account == NULL || w.client == NULL ? NULL :
	    pair(u, account, client);
	if (w.client != NULL && w.client->s.first == 0 &&
	    ip_is_set(&e->client))
		look_at_client(u, w.client, &e->client);
	if (is_denial(u, &w, e))
		e->what = LOG_DENIED;
	total(&u->t, e);
	if (e->what == LOG_AUTH)
		succeeded(u, &w, e);
	if (e->what == LOG_FAILED && w.pair != NULL && w.pair->s.failed == 0)
		w.client->tried++;
	add_parties(u, &w, e);
	if (e->what == LOG_MESSAGE && w.pair != NULL)
		look_at_sender(u, w.pair, e);
}

/* ---- asking ---- */

const struct usage_totals *
usage_totals(const struct usage *u)
{
	return &u->t;
}

unsigned
usage_lost(const struct usage_sums *s)
{
	uint64_t all = s->rcpts + s->refused, lost = s->refused + s->bounced;

	return all == 0 ? 0 : lost >= all ? 100 :
	    (unsigned)(lost * 100 / all);
}

struct usage_who *
usage_accounts(struct usage *u, size_t *n)
{
	*n = u->accounts.n;
	return (void *)u->accounts.rows;
}

struct usage_who *
usage_clients(struct usage *u, size_t *n)
{
	*n = u->clients.n;
	return (void *)u->clients.rows;
}

struct usage_pair *
usage_pairs(struct usage *u, size_t *n)
{
	*n = u->npairs;
	return u->pairs;
}

struct slice
usage_str(const struct usage *u, uint32_t id)
{
	return intern_str(u->strings, id);
}

struct usage_who *
usage_account(struct usage *u, uint32_t id)
{
	return idmap_row(&u->accounts, id);
}

struct usage_who *
usage_client(struct usage *u, uint32_t id)
{
	return idmap_row(&u->clients, id);
}

const struct usage_pair *
usage_pair(const struct usage *u, struct slice account, struct slice client)
{
	uint32_t a = intern_lower(u->strings, account);
	uint32_t c = intern_lower(u->strings, client);
	size_t i;

	if (u->cap == 0 || a == 0 || c == 0)
		return NULL;
	i = pair_slot(u, a, c);
	return u->slots[i] == 0 ? NULL : &u->pairs[u->slots[i] - 1];
}

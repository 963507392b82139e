#include <stdlib.h>

#include "base/ip.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "mail/date.h"
#include "show/format.h"
#include "show/grid.h"
#include "show/who.h"

#define NAME_COLS	26	/* of an account or a client, at least */
#define NETWORK_COLS	32	/* of whose network it is */
#define TABLE_COLS	64	/* of the numbers behind it */

struct page {
	FILE			*out;
	struct usage		*u;
	const struct who_opts	*o;
	struct buf		 line;
};

static void
flush(struct page *p)
{
	buf_addc(&p->line, '\n');
	fwrite(p->line.p, 1, p->line.n, p->out);
	p->line.n = 0;
}

static void
heading(struct page *p, const char *text)
{
	flush(p);
	buf_fmt(&p->line, p->o->colour ? "\033[1m%s\033[0m" : "%s", text);
	flush(p);
}

static void
right(struct page *p, uint64_t n, size_t cols)
{
	struct buf b = { 0 };

	if (n == 0)
		buf_addc(&b, '.');
	else
		rank_number(&b, n);
	table_pad(&p->line, b.n, cols);
	buf_add(&p->line, buf_sl(&b));
	buf_free(&b);
}

static void
name(struct page *p, uint32_t id, size_t cols)
{
	size_t used = table_cut(&p->line, usage_str(p->u, id), cols);

	table_pad(&p->line, used, cols);
}

static void
when(struct page *p, int64_t at)
{
	char text[DATE_TEXT];

	/* "11-21 10:00": the year stands above */
	if (at > 1)
		buf_fmt(&p->line, " %.5s %.5s", date_str(at, text) + 5,
		    text + 11);
	else
		buf_add(&p->line, SL(" -          "));
}

/* What is known of a client beside its own words; the network is freed. */
static void
look_up(const struct who_opts *o, struct slice client, struct geo_place *at,
    bool *listed)
{
	struct ip ip;

	*at = (struct geo_place){ .country = "" };
	*listed = false;
	if (!ip_parse(client, &ip))
		return;
	if (o->geo != NULL)
		geo_look(o->geo, &ip, at);
	if (o->blocked != NULL)
		*listed = blocklist_has(o->blocked, &ip);
}

static void
place(struct page *p, uint32_t id)
{
	struct geo_place at;
	bool listed;

	look_up(p->o, usage_str(p->u, id), &at, &listed);
	if (at.country[0] != '\0') {
		buf_add(&p->line, SL("  "));
		table_cut(&p->line, sl(at.country), 2);
	}
	if (at.network.n > 0) {
		buf_add(&p->line, SL("  "));
		table_cut(&p->line, buf_sl(&at.network), NETWORK_COLS);
	}
	if (listed)
		buf_add(&p->line, SL("  listed"));
	if (usage_client(p->u, id)->gateway)
		buf_add(&p->line, SL("  a gateway: not to be denied"));
	buf_free(&at.network);
}

/* ---- where an account was used ---- */

#define LETTERS		26
#define COUNTRIES	12	/* told by name */

/* All pairs, those of an account beside each other. */
struct places {
	struct usage		*u;
	const struct who_opts	*o;
	const struct usage_pair	**v;
	size_t			 n;
};

static int
by_account(const void *x, const void *y)
{
	const struct usage_pair *a = *(const struct usage_pair *const *)x;
	const struct usage_pair *b = *(const struct usage_pair *const *)y;

	return a->account != b->account ? (a->account < b->account ? -1 : 1) :
	    a->id < b->id ? -1 : a->id > b->id;
}

static struct places
places_of(struct usage *u, const struct who_opts *o)
{
	struct places p = { .u = u, .o = o };
	struct usage_pair *v = usage_pairs(u, &p.n);
	size_t i;

	if (o->geo == NULL)
		return p;
	p.v = xcalloc(p.n + 1, sizeof(*p.v));
	for (i = 0; i < p.n; i++)
		p.v[i] = &v[i];
	qsort(p.v, p.n, sizeof(*p.v), by_account);
	return p;
}

static size_t
first_of(const struct places *p, uint32_t account)
{
	size_t lo = 0, hi = p->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (p->v[mid]->account < account)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* "NL RU US": where it was used with the right password. */
static void
countries(const struct places *p, uint32_t account, struct buf *out)
{
	bool seen[LETTERS][LETTERS] = { { false } };
	struct geo_place at;
	size_t i, k = 0;
	bool listed;
	unsigned a, b;

	for (i = p->v == NULL ? p->n : first_of(p, account); i < p->n &&
	    p->v[i]->account == account; i++) {
		if (p->v[i]->success == 0)
			continue;
		look_up(p->o, usage_str(p->u, p->v[i]->client), &at, &listed);
		buf_free(&at.network);
		a = (unsigned)(at.country[0] - 'A');
		b = (unsigned)(at.country[1] - 'A');
		if (a < LETTERS && b < LETTERS)
			seen[a][b] = true;
	}
	for (i = 0; i < LETTERS * LETTERS; i++)
		if (seen[i / LETTERS][i % LETTERS] && k++ < COUNTRIES)
			buf_fmt(out, "%s%c%c", k > 1 ? " " : "",
			    (int)('A' + i / LETTERS), (int)('A' + i % LETTERS));
	if (k > COUNTRIES)
		buf_fmt(out, " +%zu", k - COUNTRIES);
}

/* ---- order ---- */

static int
more_first(uint64_t a, uint64_t b)
{
	return a == b ? 0 : a > b ? -1 : 1;
}

static int
by_use(const void *x, const void *y)
{
	const struct usage_who *a = *(struct usage_who *const *)x;
	const struct usage_who *b = *(struct usage_who *const *)y;
	bool bad_a = a->suspect >= RANK_STOLEN, bad_b = b->suspect >=
	    RANK_STOLEN;
	int r;

	if (bad_a != bad_b)
		return bad_a ? -1 : 1;
	if ((r = more_first(a->s.rcpts, b->s.rcpts)) ||
	    (r = more_first(a->s.failed + a->s.denied, b->s.failed +
	    b->s.denied)) || (r = more_first(b->s.first, a->s.first)) ||
	    (r = more_first(b->id, a->id)))
		return r;
	return 0;
}

static int
by_guesses(const void *x, const void *y)
{
	const struct usage_who *a = *(struct usage_who *const *)x;
	const struct usage_who *b = *(struct usage_who *const *)y;
	int r;

	if ((a->guessed != 0) != (b->guessed != 0))
		return a->guessed != 0 ? -1 : 1;
	if ((r = more_first(a->s.failed, b->s.failed)) ||
	    (r = more_first(b->id, a->id)))
		return r;
	return 0;
}

static int
by_denied(const void *x, const void *y)
{
	const struct usage_who *a = *(struct usage_who *const *)x;
	const struct usage_who *b = *(struct usage_who *const *)y;
	int r;

	if ((r = more_first(a->s.denied + a->s.foreign, b->s.denied +
	    b->s.foreign)) || (r = more_first(b->id, a->id)))
		return r;
	return 0;
}

/* Those that keep says, in order; to be freed. */
static struct usage_who **
choose(struct usage_who *v, size_t n, bool (*keep)(const struct usage_who *),
    int (*order)(const void *, const void *), size_t *count)
{
	struct usage_who **out = xcalloc(n + 1, sizeof(struct usage_who *));
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		if (keep(&v[i]))
			out[k++] = &v[i];
	qsort(out, k, sizeof(struct usage_who *), order);
	*count = k;
	return out;
}

static bool
used(const struct usage_who *w)
{
	return w->peers > 0 || w->s.messages > 0;
}

static bool
any(const struct usage_who *w)
{
	(void)w;
	return true;
}

static bool
guessing(const struct usage_who *w)
{
	return w->s.failed > 0;
}

static bool
relaying(const struct usage_who *w)
{
	return w->s.denied > 0 || (w->peers == 0 && !w->trusted &&
	    w->s.foreign > 0);
}

/* ---- the screen ---- */

static void
print_sum(struct page *p, const struct log_sum *sum)
{
	const struct usage_totals *t = usage_totals(p->u);
	char a[DATE_TEXT], b[DATE_TEXT];

	if (sum->first != 0)
		buf_fmt(&p->line, "%s to %s, ", date_str(sum->first, a),
		    date_str(sum->last, b));
	rank_number(&p->line, sum->lines);
	buf_fmt(&p->line, " lines of %llu file%s", (unsigned long long)
	    sum->files, sum->files == 1 ? "" : "s");
	flush(p);
	rank_number(&p->line, t->sessions);
	buf_add(&p->line, SL(" sessions, "));
	rank_number(&p->line, t->messages);
	buf_add(&p->line, SL(" messages, "));
	rank_number(&p->line, t->rcpts);
	buf_add(&p->line, SL(" recipients, "));
	rank_number(&p->line, t->refused);
	buf_add(&p->line, SL(" more refused, "));
	rank_number(&p->line, t->failed);
	buf_add(&p->line, SL(" wrong passwords"));
	if (t->bounced > 0) {
		buf_add(&p->line, SL(", "));
		rank_number(&p->line, t->bounced);
		buf_add(&p->line, SL(" bounced"));
	}
	if (t->turfed > 0) {
		buf_add(&p->line, SL(", "));
		rank_number(&p->line, t->turfed);
		buf_add(&p->line, SL(" turfed"));
	}
	flush(p);
	if (t->more)
		buf_add(&p->line, SL("more accounts, clients or senders than "
		    "are told apart: lists are not complete")), flush(p);
}

static void
print_clients_of(struct page *p, uint32_t account)
{
	size_t n, i, shown = 0, more = 0;
	const struct usage_pair *v = usage_pairs(p->u, &n);

	for (i = 0; i < n; i++) {
		if (v[i].account != account || v[i].points < RANK_STOLEN)
			continue;
		if (shown++ >= p->o->rows) {
			more++;
			continue;
		}
		buf_add(&p->line, SL("      "));
		name(p, v[i].client, NAME_COLS - 4);
		buf_addc(&p->line, ' ');
		rank_say_pair(&p->line, &v[i]);
		place(p, v[i].client);
		flush(p);
	}
	if (more > 0) {
		buf_fmt(&p->line, "      and %zu more", more);
		flush(p);
	}
}

/* Words that may not fit in one line of the terminal. */
static void
wrapped(struct page *p, struct slice text, size_t indent)
{
	size_t room = p->o->width > indent + 20 ? p->o->width - indent : 60;
	const char *blank;
	struct slice head;

	while (text.n > 0) {
		head = sl_first(text, room);
		if (head.n < text.n && (blank = memrchr(head.p, ' ',
		    head.n)) != NULL)
			head.n = (size_t)(blank + 1 - head.p);
		table_pad(&p->line, 0, indent);
		buf_add(&p->line, sl_trim(head));
		flush(p);
		text = sl_from(text, head.n);
	}
}

static void
print_stolen(struct page *p)
{
	size_t n, i;
	struct stolen *v = rank_stolen(p->u, &n);
	struct places places = places_of(p->u, p->o);
	struct buf why = { 0 }, where = { 0 };

	heading(p, n == 0 ? "no account looks stolen" :
	    "accounts that look stolen: lock them first");
	for (i = 0; i < n && i < p->o->rows; i++) {
		buf_add(&p->line, SL("  "));
		if (p->o->colour)
			buf_add(&p->line, SL("\033[31m"));
		table_cut(&p->line, usage_str(p->u, v[i].account), 72);
		if (p->o->colour)
			buf_add(&p->line, SL("\033[0m"));
		flush(p);
		why.n = 0;
		rank_say(&why, &v[i]);
		where.n = 0;
		countries(&places, v[i].account, &where);
		if (where.n > 0)
			buf_fmt(&why, "; used from " SL_FMT,
			    SL_ARG(buf_sl(&where)));
		wrapped(p, buf_sl(&why), 4);
		print_clients_of(p, v[i].account);
	}
	if (i < n) {
		buf_fmt(&p->line, "  and %zu more (--list stolen)", n - i);
		flush(p);
	}
	buf_free(&where);
	buf_free(&why);
	free(places.v);
	free(v);
}

/* As wide as the terminal lets it, but no wider than is of use. */
static size_t
name_cols(const struct page *p)
{
	size_t cols = p->o->width < TABLE_COLS + 2 + NAME_COLS ? NAME_COLS :
	    p->o->width - TABLE_COLS - 2;

	return cols > 40 ? 40 : cols;
}

static void
table_head(struct page *p, const char *what, const char *peers)
{
	size_t had = strlen(what);

	flush(p);
	buf_add(&p->line, sl(what));
	table_pad(&p->line, had, name_cols(p) + 2);
	buf_fmt(&p->line, " first       last        %8s    mails    rcpts "
	    " lost failed", peers);
	flush(p);
}

static void
table_row(struct page *p, const struct usage_who *w, bool client)
{
	buf_add(&p->line, w->suspect >= RANK_STOLEN ? SL("! ") : SL("  "));
	name(p, w->id, name_cols(p));
	when(p, w->s.first);
	when(p, w->s.last);
	right(p, w->peers, 9);
	right(p, w->s.messages, 9);
	right(p, w->s.rcpts, 9);
	if (w->s.refused + w->s.bounced == 0)
		buf_add(&p->line, SL("     ."));
	else
		buf_fmt(&p->line, " %4u%%", usage_lost(&w->s));
	right(p, w->s.failed, 7);
	if (client)
		place(p, w->id);
	flush(p);
}

static void
print_table(struct page *p, struct usage_who *v, size_t n, bool client)
{
	size_t k, i;
	struct usage_who **w = choose(v, n, used, by_use, &k);

	if (k > 0)
		table_head(p, client ? "clients" : "accounts",
		    client ? "accounts" : "clients");
	for (i = 0; i < k && i < p->o->rows; i++)
		table_row(p, w[i], client);
	if (i < k) {
		buf_fmt(&p->line, "  and %zu more (--list %s)", k - i, client ?
		    "clients" : "accounts");
		flush(p);
	}
	free(w);
}

static void
print_guesses(struct page *p)
{
	size_t n, k, i;
	struct usage_who *v = usage_clients(p->u, &n);
	struct usage_who **w = choose(v, n, guessing, by_guesses, &k);
	char text[DATE_TEXT];

	if (k > 0)
		heading(p, "guessed passwords");
	for (i = 0; i < k && i < p->o->rows; i++) {
		buf_add(&p->line, SL("  "));
		name(p, w[i]->id, NAME_COLS);
		right(p, w[i]->s.failed, 9);
		buf_add(&p->line, SL(" failed"));
		if (w[i]->tried > 0)
			buf_fmt(&p->line, " on %u account%s", w[i]->tried,
			    w[i]->tried == 1 ? "" : "s");
		if (w[i]->guessed > 1)
			buf_fmt(&p->line, ", then the right one, %s",
			    date_str(w[i]->guessed, text));
		place(p, w[i]->id);
		flush(p);
	}
	if (i < k) {
		buf_fmt(&p->line, "  and %zu more (--list guesses)", k - i);
		flush(p);
	}
	free(w);
}

static void
print_relays(struct page *p)
{
	const struct usage_totals *t = usage_totals(p->u);
	size_t n, k, i;
	struct usage_who *v = usage_clients(p->u, &n);
	struct usage_who **w = choose(v, n, relaying, by_denied, &k);

	if (k > 0)
		heading(p, "relay attempts");
	if (k > 0 && !p->o->site) {
		buf_add(&p->line, SL("  only the refused ones: which domains "
		    "are ours was not told (-d, -s)"));
		flush(p);
	}
	for (i = 0; i < k && i < p->o->rows; i++) {
		buf_add(&p->line, SL("  "));
		name(p, w[i]->id, NAME_COLS);
		right(p, w[i]->s.denied, 9);
		buf_add(&p->line, SL(" denied"));
		if (p->o->site) {
			right(p, w[i]->peers == 0 ? w[i]->s.foreign : 0, 9);
			buf_add(&p->line, SL(" accepted"));
		}
		place(p, w[i]->id);
		flush(p);
	}
	if (i < k || t->relayed > 0) {
		buf_fmt(&p->line, "  in all %llu denied, %llu accepted "
		    "(--list relays)", (unsigned long long)t->denied,
		    (unsigned long long)t->relayed);
		flush(p);
	}
	free(w);
}

static int
by_address(const void *x, const void *y)
{
	return ip_cmp(x, y);
}

/* Clients that are told by an address, in its order; to be freed. */
static struct ip *
suspects(struct usage *u, size_t *n)
{
	size_t all, i;
	const struct usage_who *c = usage_clients(u, &all);
	struct ip *v = xcalloc(all + 1, sizeof(*v));

	for (*n = 0, i = 0; i < all; i++)
		if (c[i].suspect >= RANK_STOLEN && !c[i].trusted &&
		    !c[i].gateway && ip_parse(usage_str(u, c[i].id), &v[*n]) &&
		    !ip_is_loopback(&v[*n]))
			(*n)++;
	qsort(v, *n, sizeof(*v), by_address);
	return v;
}

static void
suggest(struct page *p, const char *options, const char *why)
{
	buf_fmt(&p->line, "  spoollog %s%s\n      # %s", options, p->o->args,
	    why);
	flush(p);
}

/* What would print nothing is not proposed. */
static void
print_next(struct page *p)
{
	size_t accounts, stolen, deny;

	if (p->o->args == NULL)
		return;
	(void)usage_accounts(p->u, &accounts);
	free(rank_stolen(p->u, &stolen));
	free(suspects(p->u, &deny));
	if (stolen + deny + accounts > 0 || !p->o->joined)
		heading(p, "next");
	if (stolen > 0)
		suggest(p, "--lock", "accounts to lock");
	else if (accounts > 0)
		suggest(p, "--list pairs", "each account at each client: "
		    "what is used slowly is found by eye");
	if (deny > 0)
		suggest(p, "--deny nft",
		    "clients to deny; also cidr, ims55, postfix");
	if (!p->o->joined)
		suggest(p, "-c case.db",
		    "whose messages in the spool these were");
}

void
who_print(FILE *out, struct usage *u, const struct log_sum *sum,
    const struct who_opts *o)
{
	struct page p = { .out = out, .u = u, .o = o };
	struct usage_who *v;
	size_t n;

	print_sum(&p, sum);
	print_stolen(&p);
	v = usage_accounts(u, &n);
	print_table(&p, v, n, false);
	v = usage_clients(u, &n);
	print_table(&p, v, n, true);
	print_guesses(&p);
	print_relays(&p);
	print_next(&p);
	buf_free(&p.line);
}

/* ---- lists ---- */

static const char *const list_names[WHO_LISTS] = {
	"stolen", "accounts", "clients", "pairs", "guesses", "relays",
	"history",
};

bool
who_list_parse(const char *text, enum who_list *w)
{
	unsigned i;

	for (i = 0; i < WHO_LISTS; i++)
		if (strcmp(text, list_names[i]) == 0) {
			*w = (enum who_list)i;
			return true;
		}
	return false;
}

enum { G_ACCOUNT, G_CLIENT, G_FIRST, G_LAST, G_SESSIONS, G_MESSAGES, G_RCPTS,
	G_REFUSED, G_DENIED, G_BOUNCED, G_FOREIGN, G_FAILED, G_SENDERS, G_BUSY,
	G_HOURS, G_COUNTRY, G_NETWORK, G_PLACE, G_WHY, G_COLUMNS };
static const struct grid_column grid_columns[G_COLUMNS] = {
	{ "account", false, false }, { "client", false, false },
	{ "first", false, false }, { "last", false, false },
	{ "sessions", true, false }, { "messages", true, false },
	{ "recipients", true, false }, { "refused", true, false },
	{ "denied", true, false }, { "bounced", true, false },
	{ "foreign", true, false }, { "failed", true, false },
	{ "senders", true, false },
	{ "busy_hour", true, false }, { "hours", false, true },
	{ "country", false, false }, { "network", false, false },
	{ "place", false, false }, { "why", false, false },
};

struct listing {
	struct usage		*u;
	const struct who_opts	*o;
	struct grid		*g;
	struct arena		*a;
	struct places		 places;
	size_t			 n;
};

static struct slice
digits(struct arena *a, uint64_t n)
{
	return arena_fmt(a, "%llu", (unsigned long long)n);
}

static struct slice
moment(struct arena *a, int64_t at)
{
	char text[DATE_TEXT];

	return at < 2 ? SL("") : arena_dup(a, sl(date_str(at, text)));
}

static struct slice
hours(struct arena *a, const uint32_t v[24])
{
	struct buf b = { 0 };
	struct slice out;
	unsigned i;

	for (i = 0; i < 24; i++)
		buf_fmt(&b, i == 0 ? "%u" : " %u", v[i]);
	out = arena_dup(a, buf_sl(&b));
	buf_free(&b);
	return out;
}

/* account, client: 0, none. */
static void
list_put(struct listing *l, uint32_t account, uint32_t client,
    const struct usage_sums *s, struct slice why)
{
	struct slice name = client == 0 ? SL("") : usage_str(l->u, client);
	struct slice v[G_COLUMNS] = {
		[G_ACCOUNT] = account == 0 ? SL("") :
		    usage_str(l->u, account), [G_CLIENT] = name,
		[G_FIRST] = moment(l->a, s->first),
		[G_LAST] = moment(l->a, s->last),
		[G_SESSIONS] = digits(l->a, s->sessions),
		[G_MESSAGES] = digits(l->a, s->messages),
		[G_RCPTS] = digits(l->a, s->rcpts),
		[G_REFUSED] = digits(l->a, s->refused),
		[G_DENIED] = digits(l->a, s->denied),
		[G_BOUNCED] = digits(l->a, s->bounced),
		[G_FOREIGN] = digits(l->a, s->foreign),
		[G_FAILED] = digits(l->a, s->failed),
		[G_SENDERS] = digits(l->a, s->senders),
		[G_BUSY] = digits(l->a, s->busy),
		[G_HOURS] = hours(l->a, s->hours), [G_WHY] = why,
	};
	struct geo_place at;
	struct buf where = { 0 };
	bool listed;

	look_up(l->o, name, &at, &listed);
	if (client == 0)
		countries(&l->places, account, &where);
	v[G_COUNTRY] = client == 0 ? buf_sl(&where) : sl(at.country);
	v[G_NETWORK] = buf_sl(&at.network);
	v[G_PLACE] = listed ? SL("listed") : SL("");
	grid_put(l->g, v);
	buf_free(&at.network);
	buf_free(&where);
	arena_reset(l->a);
	l->n++;
}

static void
list_stolen(struct listing *l)
{
	size_t n, i;
	struct stolen *v = rank_stolen(l->u, &n);
	struct buf why = { 0 };

	for (i = 0; i < n; i++) {
		why.n = 0;
		rank_say(&why, &v[i]);
		list_put(l, v[i].account, 0,
		    &usage_account(l->u, v[i].account)->s, buf_sl(&why));
	}
	buf_free(&why);
	free(v);
}

static int
by_points(const void *x, const void *y)
{
	const struct usage_pair *a = *(struct usage_pair *const *)x;
	const struct usage_pair *b = *(struct usage_pair *const *)y;
	int r;

	if ((r = more_first(a->points, b->points)) ||
	    (r = more_first(a->s.rcpts, b->s.rcpts)) ||
	    (r = more_first(b->id, a->id)))
		return r;
	return 0;
}

static void
list_pairs(struct listing *l)
{
	size_t n, i;
	struct usage_pair *p = usage_pairs(l->u, &n);
	struct usage_pair **v = xcalloc(n + 1, sizeof(struct usage_pair *));
	struct buf why = { 0 };

	for (i = 0; i < n; i++)
		v[i] = &p[i];
	qsort(v, n, sizeof(struct usage_pair *), by_points);
	for (i = 0; i < n; i++) {
		why.n = 0;
		if (v[i]->points >= RANK_STOLEN)
			rank_say_pair(&why, v[i]);
		list_put(l, v[i]->account, v[i]->client, &v[i]->s,
		    buf_sl(&why));
	}
	free(v);
	buf_free(&why);
}

static void
list_who(struct listing *l, bool client,
    bool (*keep)(const struct usage_who *),
    int (*order)(const void *, const void *))
{
	size_t n, k, i;
	struct usage_who *v = client ? usage_clients(l->u, &n) :
	    usage_accounts(l->u, &n);
	struct usage_who **w = choose(v, n, keep, order, &k);

	for (i = 0; i < k; i++)
		list_put(l, client ? 0 : w[i]->id, client ? w[i]->id : 0,
		    &w[i]->s, w[i]->suspect >= RANK_STOLEN ? SL("suspect") :
		    w[i]->guessed != 0 ? SL("right after wrong passwords") :
		    SL(""));
	free(w);
}

size_t
who_list(FILE *out, const struct sink_opts *so, struct usage *u,
    enum who_list w, const struct who_opts *o)
{
	struct listing l = { .u = u, .o = o, .a = arena_new(),
	    .places = places_of(u, o) };
	struct grid_column v[G_COLUMNS];

	memcpy(v, grid_columns, sizeof(v));
	v[G_ACCOUNT].hidden = w == WHO_CLIENTS || w == WHO_GUESSES ||
	    w == WHO_RELAYS;
	v[G_CLIENT].hidden = w == WHO_ACCOUNTS || w == WHO_STOLEN;
	v[G_PLACE].hidden = o->blocked == NULL || v[G_CLIENT].hidden;
	v[G_COUNTRY].hidden = o->geo == NULL;
	v[G_NETWORK].hidden = o->geo == NULL || v[G_CLIENT].hidden;
	v[G_FOREIGN].hidden = !o->site;
	v[G_SESSIONS].hidden = v[G_DENIED].hidden = w != WHO_RELAYS;
	l.g = grid_new(out, so, v, G_COLUMNS);
	if (w == WHO_STOLEN)
		list_stolen(&l);
	else if (w == WHO_PAIRS)
		list_pairs(&l);
	else
		list_who(&l, w != WHO_ACCOUNTS, w == WHO_GUESSES ? guessing :
		    w == WHO_RELAYS ? relaying : any, w == WHO_GUESSES ?
		    by_guesses : w == WHO_RELAYS ? by_denied : by_use);
	grid_free(l.g);
	arena_free(l.a);
	free(l.places.v);
	return l.n;
}

/* ---- lists to act on ---- */

static const char *const form_names[FORMS] = {
	"cidr", "ims55", "postfix", "nft",
};

bool
who_form_parse(const char *text, enum who_form *f)
{
	unsigned i;

	for (i = 0; i < FORMS; i++)
		if (strcmp(text, form_names[i]) == 0) {
			*f = (enum who_form)i;
			return true;
		}
	return false;
}

/* An account's name from a log is hostile: what is no text is left out. */
static bool
is_plain(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return false;
	return s.n > 0 && utf8_valid(s);
}

size_t
who_lock(FILE *out, struct usage *u, char end)
{
	size_t n, i, done = 0;
	struct stolen *v = rank_stolen(u, &n);
	struct slice s;

	for (i = 0; i < n; i++) {
		s = usage_str(u, v[i].account);
		if (!is_plain(s))
			continue;
		fprintf(out, SL_FMT "%c", SL_ARG(s), end);
		done++;
	}
	free(v);
	return done;
}

static void
deny_one(FILE *out, enum who_form f, const struct ip *ip, char end)
{
	char text[IP_TEXT];
	unsigned bits = ip_is_v4(ip) ? 32 : 128;

	ip_str(ip, text);
	if (f == FORM_IMS55)	/* windows-spools 1.7: net[;mask] */
		fprintf(out, "%s;255.255.255.255%c", text, end);
	else if (f == FORM_POSTFIX)
		fprintf(out, "%s/%u\tREJECT%c", text, bits, end);
	else
		fprintf(out, "%s/%u%c", text, bits, end);
}

/* One set for each family, as "nft -f" reads them. */
static void
deny_nft(FILE *out, const struct ip *v, size_t n, bool four)
{
	char text[IP_TEXT];
	bool begun = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (ip_is_v4(&v[i]) != four)
			continue;
		if (!begun)
			fprintf(out, "add set inet spoolkit deny%c "
			    "{ type ipv%c_addr; }\nadd element inet spoolkit "
			    "deny%c {", four ? '4' : '6', four ? '4' : '6',
			    four ? '4' : '6');
		fprintf(out, "%s %s", begun ? "," : "", ip_str(&v[i], text));
		begun = true;
	}
	if (begun)
		fprintf(out, " }\n");
}

size_t
who_deny(FILE *out, struct usage *u, enum who_form f, char end)
{
	size_t n, i, done = 0;
	struct ip *v = suspects(u, &n);

	if (f == FORM_NFT && n > 0) {
		fprintf(out, "add table inet spoolkit\n");
		deny_nft(out, v, n, true);
		deny_nft(out, v, n, false);
		done = n;
	}
	for (i = 0; f != FORM_NFT && i < n; i++) {
		if (f == FORM_IMS55 && !ip_is_v4(&v[i]))
			continue;	/* it knows no other */
		deny_one(out, f, &v[i], end);
		done++;
	}
	free(v);
	return done;
}

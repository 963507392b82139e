#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"
#include "base/idmap.h"
#include "base/intern.h"
#include "base/limit.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "base/utf8.h"
#include "case/impact.h"
#include "show/cells.h"
#include "show/sink.h"
#include "site/policy.h"
#include "site/told.h"

static const char	*case_file, *where, *rules_file, *against_file,
			*ask_file, *output;
static bool		 suggest, print, more;
static struct site_told	 told;
static struct sandbox	 box;

static const struct opt opts[] = {
	{ 'c', "case", "file", "the case", .str = &case_file },
	{ 'w', "where", "condition", "SQL over entries; see spool-case(5)",
	    .str = &where },
	SITE_OPTS(told),
	{ 'p', "policy", "file", "rules: main.cf, exim.conf, a .reg, "
	    "MetaBase.xml; default: those of -s", .str = &rules_file },
	{ .name = "against", .arg = "file", .help = "other rules, to "
	    "compare", .str = &against_file },
	{ .name = "suggest", .help = "rules that stop the relaying at the "
	    "least loss", .flag = &suggest },
	{ .name = "print", .help = "the rules, as a [policy] of "
	    "site.conf(5)", .flag = &print },
	{ .name = "ask", .arg = "file", .help = "lines of client, account, "
	    "sender, recipient, name; - is stdin", .str = &ask_file },
	{ 'o', "output", "kind", "table or ndjson", .str = &output },
	SANDBOX_OPT(box),
	{ 'v', "verbose", NULL, "longer lists, and what the sandbox is made "
	    "of", .flag = &more },
	{ .name = NULL },
};

static const struct opt_cmd cmd = {
	.name = "spoolpolicy", .operands = "", .opts = opts,
	.what = "run relay rules over the entries of a case: what stops, "
	    "what breaks",
};

static enum sink_kind	kind = SINK_TABLE;

/* ---- counts ---- */

#define STOPS_MAX	32	/* bytes of a share, or two */

/* Percent, cut off: 100.0 is all of it. */
static double
share(uint64_t n, uint64_t of)
{
	return of == 0 ? 0 : (double)(n * 1000 / of) / 10;
}

static uint64_t
asked(const struct impact_sums *s, int c)
{
	return s->fate[c][IMPACT_ALLOWED] + s->fate[c][IMPACT_PARTLY] +
	    s->fate[c][IMPACT_REFUSED] + s->fate[c][IMPACT_UNDECIDED];
}

static uint64_t
refused(const struct impact_sums *s, int c)
{
	return s->fate[c][IMPACT_REFUSED] + s->fate[c][IMPACT_PARTLY];
}

/* Messages with a recipient that is refused; of those that were asked. */
static double
stops_of(const struct impact_sums *s, int c)
{
	return share(refused(s, c), asked(s, c));
}

/* "40.0 %"; "40.0 to 99.0 %" where some are undecided. */
static const char *
stopped(const struct impact_sums *s, int c, char text[STOPS_MAX])
{
	uint64_t open = s->fate[c][IMPACT_UNDECIDED];

	if (open == 0)
		snprintf(text, STOPS_MAX, "%.1f %%", stops_of(s, c));
	else
		snprintf(text, STOPS_MAX, "%.1f to %.1f %%", stops_of(s, c),
		    share(refused(s, c) + open, asked(s, c)));
	return text;
}

static void
put_classes(const char *policy, const struct impact_sums *s)
{
	char text[STOPS_MAX];
	int c;

	for (c = -1; c < C_COUNT; c++) {
		const uint64_t *f = s->fate[c < 0 ? 0 : c];
		const char *stops = stopped(s, c < 0 ? 0 : c, text);
		struct cell cells[] = {
			{ .name = "policy", .text = sl(policy) },
			{ .name = "class", .width = 12, .text =
			    sl(class_name((enum class)(c < 0 ? 0 : c))) },
			{ .name = "refused", .width = 9, .type = CELL_UINT,
			    .n = f[IMPACT_REFUSED] },
			{ .name = "partly", .width = 9, .type = CELL_UINT,
			    .n = f[IMPACT_PARTLY] },
			{ .name = "allowed", .width = 9, .type = CELL_UINT,
			    .n = f[IMPACT_ALLOWED] },
			{ .name = "undecided", .width = 9, .type = CELL_UINT,
			    .n = f[IMPACT_UNDECIDED] },
			{ .name = "not asked", .width = 9, .type = CELL_UINT,
			    .n = f[IMPACT_UNASKED] },
			{ .name = "stops", .width = 7, .text = sl(stops) },
		};

		(c < 0 ? cells_head : cells_put)(stdout, kind, cells,
		    sizeof(cells) / sizeof(cells[0]));
	}
}

/* The rules that refuse most relaying, and what they do beside it. */
static void
put_rules(const struct policy *p, const struct impact_sums *s)
{
	size_t i, c;

	printf("\n%9s %9s %9s %9s %9s  recipients that a rule decided\n",
	    "relay", "backscat", "spam", "legit", "unsure");
	for (i = 0; i < policy_rules(p); i++) {
		const uint64_t *n = s->decided + i * C_COUNT;
		struct buf text = { 0 };
		uint64_t all = 0;

		for (c = 0; c < C_COUNT; c++)
			all += n[c];
		if (all == 0)
			continue;
		utf8_show(&text, policy_rule(p, i)->text, more ? 0 : 60);
		for (c = 0; c < C_COUNT; c++)
			printf("%9llu ", (unsigned long long)n[c]);
		printf(" " SL_FMT "\n", SL_ARG(buf_sl(&text)));
		buf_free(&text);
	}
}

/* ---- lost mail ---- */

static const char *
why_refused(const struct impact_entry *e)
{
	return e->account.n > 0 ? "authenticated, and still refused" :
	    "in no list, and did not authenticate";
}

static int
by_client(const void *a, const void *b)
{
	const struct impact_entry *const *x = a, *const *y = b;

	return sl_cmp((*x)->client, (*y)->client);
}

/* Wanted mail that is lost, by client: how many, one of them, and why. */
static void
put_lost(const struct impact *im, const struct impact_sums *s)
{
	const struct impact_entry **v = arena_alloc(im->a,
	    (im->n + 1) * sizeof(*v));
	size_t n = 0, i, k, shown = 0;

	for (i = 0; i < im->n; i++)
		if (im->v[i].class == C_LEGIT && (s->of[i] ==
		    IMPACT_REFUSED || s->of[i] == IMPACT_PARTLY))
			v[n++] = &im->v[i];
	if (n == 0)
		return;
	qsort(v, n, sizeof(*v), by_client);
	printf("\nrefuses %zu legit\n", n);
	for (i = 0; i < n; i = k) {
		struct buf path = { 0 };

		for (k = i; k < n && sl_eq(v[i]->client, v[k]->client); k++)
			;
		if (shown++ >= (more ? 1000 : 10))
			continue;
		utf8_show(&path, v[i]->path, 40);
		printf("%9zu  from " SL_FMT ": %s; " SL_FMT " is one\n",
		    k - i, SL_ARG(v[i]->client), why_refused(v[i]),
		    SL_ARG(buf_sl(&path)));
		buf_free(&path);
	}
	if (shown > (more ? 1000u : 10u))
		printf("%9s  and %zu more clients\n", "",
		    shown - (more ? 1000 : 10));
}

/*
 * "stops 99.7 % of relay, 0.0 % of backscatter; refuses 14 legit", or what
 * it may be at the least and at the most.
 */
static void
put_sentence(const struct impact_sums *s)
{
	char relay[STOPS_MAX], back[STOPS_MAX], spam[STOPS_MAX];
	unsigned long long open = s->fate[C_LEGIT][IMPACT_UNDECIDED],
	    lost = refused(s, C_LEGIT);

	printf("\nstops %s of relay, %s of backscatter, %s of spam; refuses "
	    "%llu", stopped(s, C_RELAY, relay), stopped(s, C_BACKSCATTER,
	    back), stopped(s, C_SPAM, spam), lost);
	if (open > 0)
		printf(" to %llu", lost + open);
	printf(" legit\n");
}

static void
put_policy(const char *name, const struct impact *im,
    const struct policy *p, struct impact_sums *s)
{
	impact_run(im, p, s);
	put_classes(name, s);
	if (kind != SINK_TABLE)
		return;
	put_sentence(s);
	put_rules(p, s);
	put_lost(im, s);
}

/* ---- two policies ---- */

static void
put_difference(const struct impact *im, const struct impact_sums *a,
    const struct impact_sums *b)
{
	static const enum impact_fate fates[] = { IMPACT_ALLOWED,
	    IMPACT_PARTLY, IMPACT_REFUSED, IMPACT_UNDECIDED };
	size_t nfates = sizeof(fates) / sizeof(fates[0]);
	uint64_t n[C_COUNT];
	size_t i, x, y, c;
	bool any = false;

	printf("\n%9s %9s %9s %9s %9s  messages that differ\n",
	    "relay", "backscat", "spam", "legit", "unsure");
	for (x = 0; x < nfates; x++)
		for (y = 0; y < nfates; y++) {
			uint64_t all = 0;

			memset(n, 0, sizeof(n));
			for (i = 0; x != y && i < im->n; i++)
				if (a->of[i] == fates[x] &&
				    b->of[i] == fates[y])
					n[im->v[i].class]++, all++;
			if (all == 0)
				continue;
			for (c = 0; c < C_COUNT; c++)
				printf("%9llu ", (unsigned long long)n[c]);
			printf(" %s, then %s\n", impact_fate_name(fates[x]),
			    impact_fate_name(fates[y]));
			any = true;
		}
	if (!any)
		printf("%50s none\n", "");
}

/* ---- advice ---- */

/* The best rules there are, with the gateway on their list and without it. */
static int
put_trap(struct impact *im, const struct site *site,
    const struct impact_gateway *g, struct err *err)
{
	struct impact_advice adv;
	struct impact_sums s[2];
	struct policy *p = NULL;
	struct buf rules = { 0 };
	int r = 0;
	size_t i;

	impact_advise(im, site, &adv);
	buf_fmt(&rules, "permit client " SL_FMT "\n", SL_ARG(g->client));
	buf_add(&rules, buf_sl(&adv.rules));
	for (i = 0; r == 0 && i < 2; i++) {
		r = policy_parse(&p, buf_sl(i == 0 ? &rules : &adv.rules),
		    site, err);
		if (r == 0)
			impact_run(im, p, &s[i]);
		policy_free(p);
	}
	if (r == 0)
		printf("With it on the list that is suggested %.1f %% of "
		    "relay would be stopped, without it %.1f %%.\n",
		    stops_of(&s[0], C_RELAY), stops_of(&s[1], C_RELAY));
	buf_free(&rules);
	buf_free(&adv.rules);
	return r;
}

static int
put_gateway(struct impact *im, const struct site *site, struct err *err)
{
	struct impact_gateway g;

	if (kind != SINK_TABLE || !impact_gateway(im, site, &g))
		return 0;
	printf("\ngateway: " SL_FMT " brought %llu of %llu relayed messages "
	    "(%.1f %%).\nIt is an address of ours and hides who really "
	    "connected.  A list that has it, or\nits network, lets all of "
	    "them in; without it, %llu legit messages from it have\n"
	    "to authenticate.  Have it keep the source addresses.\n",
	    SL_ARG(g.client), (unsigned long long)g.relay,
	    (unsigned long long)g.of, share(g.relay, g.of),
	    (unsigned long long)g.legit);
	return put_trap(im, site, &g, err);
}

static void
put_mixed(const struct impact_advice *adv)
{
	size_t i;

	for (i = 0; i < adv->nmixed && i < (more ? adv->nmixed : 10); i++)
		printf("not listed: " SL_FMT " sent %llu legit and %llu "
		    "unwanted; its users have to authenticate\n",
		    SL_ARG(adv->mixed[i].client),
		    (unsigned long long)adv->mixed[i].legit,
		    (unsigned long long)adv->mixed[i].bad);
	if (adv->stolen > 0)
		printf("%llu relayed messages came from those who "
		    "authenticated: no list stops these, new\npasswords do\n",
		    (unsigned long long)adv->stolen);
}

static int
advise(struct impact *im, const struct site *site, struct impact_sums *s,
    struct policy **p, struct err *err)
{
	struct impact_advice adv;
	struct buf out = { 0 };
	int r;

	impact_advise(im, site, &adv);
	r = policy_parse(p, buf_sl(&adv.rules), site, err);
	if (r == 0 && kind == SINK_TABLE) {
		printf("\nsuggested:\n\n");
		policy_print(*p, &out);
		fwrite(out.p, 1, out.n, stdout);
		putchar('\n');
	}
	if (r == 0)
		put_policy("suggested", im, *p, s);
	if (r == 0 && kind == SINK_TABLE)
		put_mixed(&adv);
	buf_free(&adv.rules);
	buf_free(&out);
	return r;
}

/* ---- single questions ---- */

static const char *const answers[] = {
	[POLICY_REFUSES] = "refuse",
	[POLICY_PERMITS] = "permit",
	[POLICY_UNDECIDED] = "undecided",
};

static bool
read_ask(struct slice line, struct policy_ask *q, struct arena *a)
{
	struct slice f[5] = { { NULL, 0 } };
	struct addr ad, to;
	size_t i;

	for (i = 0; i < 5; i++)
		if (!sl_word(&line, &f[i]) && i < 4)
			return false;
	*q = (struct policy_ask){ .authenticated = !sl_eq(f[1], SL("-")) };
	if (!ip_parse(f[0], &q->client))
		return false;
	q->sender = sl_eq(f[2], SL("<>")) ? (struct slice){ NULL, 0 } : f[2];
	q->recipient = f[3];
	q->name = sl_eq(f[4], SL("-")) ? (struct slice){ NULL, 0 } : f[4];
	if (addr_path(a, f[3], &ad, &line) == 0) {
		q->recipient = ad.spec;
		ad.route.n = 0;		/* servers strip it: no disguise */
		q->routed = addr_route(a, &ad, &to) != ROUTE_NONE;
		if (q->routed)
			q->target = to.spec;
	}
	return true;
}

static int
answer(const struct policy *p)
{
	FILE *f = strcmp(ask_file, "-") == 0 ? stdin : fopen(ask_file, "re");
	struct arena *a = arena_new();
	struct policy_ask q;
	char *line = NULL;
	size_t cap = 0, number = 0, rule;
	int status = STATUS_OK;
	enum policy_answer says;
	ssize_t n;

	if (f == NULL) {
		diag_warn(ask_file, "%s", strerrordesc_np(errno));
		arena_free(a);
		return STATUS_FAILED;
	}
	while ((n = getline(&line, &cap, f)) != -1 && !sig_stop()) {
		number++;
		arena_reset(a);
		if (!read_ask(sl_trim((struct slice){ line, (size_t)n }), &q,
		    a)) {
			diag_warn(ask_file, "line %zu is not client, "
			    "account, sender, recipient", number);
			status = STATUS_PART;
			continue;
		}
		says = policy_answer(p, &q, &rule);
		printf("%s\t" SL_FMT "\n", answers[says],
		    SL_ARG(policy_rule(p, rule)->text));
	}
	free(line);
	arena_free(a);
	if (f != stdin)
		fclose(f);
	return status;
}

/* ---- the run ---- */

/* Each line once: what several rules refer to is read for each of them. */
static void
say_notes(struct slice notes)
{
	struct intern *lines = intern_new();
	struct idmap said = { .size = sizeof(uint32_t) };
	struct slice line;
	size_t n;

	while (sl_cut(&notes, '\n', &line)) {
		n = said.n;
		idmap_row(&said, intern(lines, line));
		if (said.n > n)
			diag_note(SL_FMT, SL_ARG(line));
	}
	idmap_free(&said);
	intern_free(lines);
}

static int
load(struct policy **p, const char *path, const struct site *site,
    struct err *err)
{
	struct buf notes = { 0 };
	int r = policy_load(p, path, site, &notes, err);

	say_notes(buf_sl(&notes));
	buf_free(&notes);
	return r;
}

/* The rules of -p, or of -s; *p stays NULL when there are none. */
static int
load_rules(struct policy **p, const struct site *site, struct err *err)
{
	*p = NULL;
	if (rules_file != NULL)
		return load(p, rules_file, site, err);
	if (site_policy(site).n > 0)
		return policy_parse(p, site_policy(site), site, err) == -1 ?
		    err_at(err, "%s", told.file) : 0;
	return 0;
}

static int
on_case(const struct site *site, const struct policy *now,
    const struct policy *other, struct err *err)
{
	struct case_want want = { .where = where };
	struct impact_sums sums[3];
	struct policy *advised = NULL;
	struct casefile *c = NULL;
	struct impact im = { .a = NULL };
	int r;

	if (case_open(&c, case_file, CASE_READ, err) == -1)
		return -1;
	box.tell = more;
	if ((r = case_confine(c, &box, err)) == 0) {
		sandbox_enter(&box);
		r = impact_load(&im, c, &want, err);
	}
	if (r == 0 && now != NULL)
		put_policy("now", &im, now, &sums[0]);
	if (r == 0 && other != NULL) {
		if (kind == SINK_TABLE) {
			printf("\nagainst ");
			utf8_print(against_file);
			printf(":\n\n");
		}
		put_policy("against", &im, other, &sums[1]);
		if (kind == SINK_TABLE)
			put_difference(&im, &sums[0], &sums[1]);
	}
	if (r == 0)
		r = put_gateway(&im, site, err);
	if (r == 0 && suggest)
		r = advise(&im, site, &sums[2], &advised, err);
	policy_free(advised);
	r = r == -1 ? -1 : im.n == 0 ? STATUS_NONE : STATUS_OK;
	impact_free(&im);
	return case_close(c, err) == -1 ? -1 : r;
}

static void
print_rules(const struct policy *p)
{
	struct buf out = { 0 };

	policy_print(p, &out);
	fwrite(out.p, 1, out.n, stdout);
	buf_free(&out);
}

/* Do the figures hang on what was not read? */
static bool
is_open(const struct policy *now, const struct policy *other)
{
	return (now != NULL && policy_is_open(now)) ||
	    (other != NULL && policy_is_open(other));
}

static int
run(const struct site *site)
{
	struct policy *now = NULL, *other = NULL;
	struct err err = { 0 };
	int r = 0;

	if (load_rules(&now, site, &err) == -1 || (against_file != NULL &&
	    load(&other, against_file, site, &err) == -1))
		r = -1;
	else if (now == NULL && (print || ask_file != NULL || !suggest ||
	    other != NULL))
		r = err_set(&err, ERR_USAGE, "which rules? -p file, or a "
		    "[policy] in the file of -s");
	else if (print)
		print_rules(now);
	else if (ask_file != NULL)
		r = answer(now);
	else
		r = on_case(site, now, other, &err);
	if (r == STATUS_OK && is_open(now, other))
		r = STATUS_PART;
	policy_free(now);
	policy_free(other);
	if (r != -1)
		return r;
	diag_warn(NULL, "%s", err.msg);
	return err.code == ERR_USAGE ? STATUS_USAGE : STATUS_FAILED;
}

int
main(int argc, char *argv[])
{
	struct site *site;
	struct err err = { 0 };
	int status;

	diag_init(argv[0]);
	sig_init();
	limit_files();
	argv += opt_parse(&cmd, argc, argv);
	if (argv[0] != NULL)
		opt_usage(&cmd, "no operands, please");
	if (output != NULL && (!sink_parse(output, &kind) ||
	    (kind != SINK_TABLE && kind != SINK_NDJSON)))
		opt_usage(&cmd, "-o %s: one of table, ndjson", output);
	if (case_file == NULL && !print && ask_file == NULL)
		opt_usage(&cmd, "which case? -c file");
	site = site_new();
	if (site_tell(site, &told, &err) == -1)
		opt_usage(&cmd, "%s", err.msg);
	if (!site_has(site, SITE_LOCAL) && !site_has(site, SITE_RELAY))
		diag_note("no local domains: nothing is ours; give -s or -d");
	status = run(site);
	site_free(site);
	if (out_finish() == -1) {
		diag_warn("stdout", "write error");
		status = STATUS_FAILED;
	}
	sig_finish();
	return status;
}

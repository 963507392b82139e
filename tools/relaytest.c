#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/diag.h"
#include "base/hash.h"
#include "base/limit.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/sig.h"
#include "base/utf8.h"
#include "judge/scan.h"
#include "net/dial.h"
#include "net/relay.h"
#include "show/cells.h"
#include "show/sink.h"
#include "site/site.h"

#define PASSWORD_MAX	1024	/* bytes of a password */
#define NO_FD		UINT64_MAX
#define WATCH_EVERY	2	/* seconds between two looks */

static const char	*remote, *deliver, *watch, *from_domain, *server_name,
			*helo, *address, *auth_user, *transcript, *output;
static bool		 ipv4, ipv6, no_tls, no_ehlo, rcpt_only, in_clear;
static uint64_t		 password_fd = NO_FD, pause_ms = 500, timeout = 60,
			 wait_secs = 120;
static struct opt_list	 only;
static struct sandbox	 box;

static const struct opt opts[] = {
	{ 'r', "remote", "user@domain", "whom to reach: nobody of the "
	    "server's", .str = &remote },
	{ 'd', "from-domain", "domain", "a local domain of the server",
	    .str = &from_domain },
	{ .name = "server-name", .arg = "name", .help = "the server's name; "
	    "default: as it was asked for", .str = &server_name },
	{ .name = "test", .arg = "id", .help = "this test only: M1, N5 ...",
	    .list = &only },
	{ '4', "ipv4", NULL, "IPv4 only", .flag = &ipv4 },
	{ '6', "ipv6", NULL, "IPv6 only", .flag = &ipv6 },
	{ .name = "address", .arg = "ip", .help = "refuse a host that is "
	    "elsewhere", .str = &address },
	{ .name = "helo", .arg = "name", .help = "how we call ourselves",
	    .str = &helo },
	{ .name = "no-ehlo", .help = "say HELO", .flag = &no_ehlo },
	{ .name = "no-tls", .help = "no STARTTLS", .flag = &no_tls },
	{ .name = "timeout", .arg = "seconds", .help = "for each reply",
	    .num = &timeout, .max = 600 },
	{ .name = "pause", .arg = "ms", .help = "between two tests",
	    .num = &pause_ms, .max = 600000 },
	{ .name = "deliver", .arg = "user@domain", .help = "send a message "
	    "to it for each test that is accepted", .str = &deliver },
	{ .name = "watch", .arg = "spool", .help = "look there for what "
	    "became of them", .str = &watch },
	{ .name = "wait", .arg = "seconds", .help = "look for so long",
	    .num = &wait_secs, .max = 86400 },
	{ .name = "rcpt-only", .help = "what only a message could prove does "
	    "not count", .flag = &rcpt_only },
	{ .name = "auth", .arg = "user", .help = "may this account relay?",
	    .str = &auth_user },
	{ .name = "password-fd", .arg = "n", .help = "read its password "
	    "there; default: ask", .num = &password_fd, .max = 1023 },
	{ .name = "auth-in-clear", .help = "send it without TLS too",
	    .flag = &in_clear },
	{ .name = "transcript", .arg = "file", .help = "what was said, "
	    "without secrets", .str = &transcript },
	{ 'o', "output", "kind", "table or ndjson", .str = &output },
	SANDBOX_OPTS(box),
	{ .name = NULL },
};

static void
print_tests(void)
{
	size_t i;

	printf("\ntests:\n");
	for (i = 0; i < vectors_n; i++)
		printf("  %-4s %-16s %-16s %s\n", vectors[i].id,
		    vectors[i].from, vectors[i].rcpt, vectors[i].what);
	printf("\n  $u@$d whom to reach, $L local domain, $H server's name, "
	    "$I its address,\n  $f a foreign domain\n");
}

static const struct opt_cmd cmd = {
	.name = "relaytest", .operands = "host[:port]", .opts = opts,
	.what = "try the known relay tricks against a server",
	.more = print_tests,
};

/* ---- transcript ---- */

static void
on_said(void *ctx, bool by_us, struct slice line)
{
	FILE *f = ctx;
	struct buf b = { 0 };

	utf8_show(&b, line, 0);
	fprintf(f, "%s " SL_FMT "\n", by_us ? ">" : "<", SL_ARG(buf_sl(&b)));
	buf_free(&b);
}

static void
on_begin(void *ctx, const struct relay_try *t)
{
	fprintf(ctx, "\n# %s %s\n", t->v->id, t->v->what);
}

static void
on_end(void *ctx, const struct relay_try *t)
{
	fprintf(ctx, "# %s %s\n", t->v->id, relay_verdict_name(t->verdict));
}

static int
open_transcript(struct relay_test *t, struct err *err)
{
	int fd;
	FILE *f;

	if (transcript == NULL)
		return 0;
	fd = open(transcript, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd == -1 || (f = fdopen(fd, "w")) == NULL)
		return err_sys(err, "%s", transcript);
	t->o.said = on_said;
	t->o.ctx = t->ctx = f;
	t->begins = on_begin;
	t->ends = on_end;
	return 0;
}

static int
close_transcript(struct relay_test *t)
{
	if (t->ctx == NULL)
		return 0;
	if (ferror((FILE *)t->ctx) | fclose(t->ctx)) {
		diag_warn(transcript, "write error");
		return -1;
	}
	return 0;
}

/* ---- the target ---- */

/*
 * The address that is tested.  An alias into somebody else's domain would
 * have us test a server that nobody asked for.
 */
static int
find(struct relay_test *t, struct err *err)
{
	struct dial d;
	struct ip want;
	struct slice asked = site_registered(sl(t->o.host)), is;
	size_t i;

	if (dial_find(&d, t->o.host, ipv4 ? DIAL_IPV4 : ipv6 ? DIAL_IPV6 :
	    DIAL_ANY, err) == -1)
		return -1;
	is = site_registered(sl(d.canon));
	if (d.canon[0] != '\0' && !sl_ieq(asked, is))
		return err_set(err, ERR_UNSAFE, "%s is an alias of %s: ask "
		    "for that host", t->o.host, d.canon);
	t->o.ip = d.ip[0];
	if (address == NULL)
		return 0;
	if (!ip_parse(sl(address), &want))
		return err_set(err, ERR_USAGE, "'%s' is no address", address);
	for (i = 0; i < d.n; i++)
		if (ip_eq(&want, &d.ip[i])) {
			t->o.ip = want;
			return 0;
		}
	return err_set(err, ERR_UNSAFE, "%s is not at %s", t->o.host,
	    address);
}

static const char *
our_name(void)
{
	static char name[256];

	if (helo != NULL)
		return helo;
	if (gethostname(name, sizeof(name) - 1) == -1 || name[0] == '\0')
		return "localhost";
	return name;
}

static int
split(struct arena *a, const char *mailbox, struct vector_words *w,
    struct err *err)
{
	struct addr ad;
	struct slice rest;

	if (addr_path(a, sl(mailbox), &ad, &rest) == -1 || rest.n > 0 ||
	    ad.local.n == 0 || ad.domain.n == 0 || ad.route.n > 0 ||
	    memchr(ad.local.p, '"', ad.local.n) != NULL)
		return err_set(err, ERR_USAGE, "'%s' is not user@domain",
		    mailbox);
	w->user = ad.local;
	w->domain = ad.domain;
	return 0;
}

/*
 * What the paths are made of, once the server has told its name.  err is left
 * alone when all is well.
 */
static int
words(struct relay_test *t, struct arena *a, const char *greeting,
    struct err *err)
{
	struct vector_words *w = &t->w;
	char text[IP_TEXT];
	struct ip ip;
	bool named = !ip_parse(sl(t->o.host), &ip);

	ip_str(&t->o.ip, text);
	w->address = arena_fmt(a, "%s%s", ip_is_v4(&t->o.ip) ? "" : "IPv6:",
	    text);
	w->host = sl(server_name != NULL ? server_name : named ? t->o.host :
	    greeting);
	if (w->host.n == 0)
		return err_set(err, ERR_USAGE, "the server does not tell its "
		    "name: give --server-name");
	w->local = from_domain != NULL ? sl(from_domain) :
	    site_registered(w->host);
	w->foreign = memchr(t->o.helo, '.', strlen(t->o.helo)) != NULL ?
	    sl(t->o.helo) : SL("example.com");
	if (sl_ieq(w->domain, w->local) || sl_ieq(w->domain, w->host))
		return err_set(err, ERR_USAGE, SL_FMT " is the server's own "
		    "domain: that would be no relaying", SL_ARG(w->domain));
	return 0;
}

/* ---- authentication ---- */

static int
read_secret(int fd, struct slice *out, struct err *err)
{
	static char secret[PASSWORD_MAX];
	size_t n = 0;
	ssize_t r;

	while (n < sizeof(secret) && (r = read(fd, secret + n, 1)) == 1 &&
	    secret[n] != '\n')
		n++;
	if (n > 0 && secret[n - 1] == '\r')
		n--;
	*out = (struct slice){ secret, n };
	if (sig_stop())
		return err_set(err, ERR_SYS, "interrupted");
	return n > 0 ? 0 : err_set(err, ERR_USAGE, "no password");
}

static int
ask_secret(struct slice *out, struct err *err)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC), r;
	struct termios was, now;

	if (fd == -1)
		return err_set(err, ERR_USAGE, "no terminal to ask for the "
		    "password: use --password-fd");
	dprintf(fd, "password of %s: ", auth_user);
	tcgetattr(fd, &was);
	now = was;
	now.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(fd, TCSAFLUSH, &now);
	r = read_secret(fd, out, err);
	tcsetattr(fd, TCSAFLUSH, &was);
	dprintf(fd, "\n");
	close(fd);
	return r;
}

/* Let in, may the account send to the remote address? */
static int
authenticated(const struct relay_test *t, struct arena *a, struct smtp *s,
    struct slice secret, struct smtp_reply *r, struct err *err)
{
	struct slice from = strchr(auth_user, '@') != NULL ? sl(auth_user) :
	    arena_fmt(a, "%s@" SL_FMT, auth_user, SL_ARG(t->w.local));
	int in = smtp_auth(s, sl(auth_user), secret, in_clear, r, err);

	if (in == -1)
		return -1;
	if (in == 0 && r->code == 0)
		return err_set(err, ERR_UNSAFE, "no AUTH mechanism that may "
		    "be used without TLS");
	if (in == 0)
		return err_set(err, ERR_FORMAT, "the server does not let us "
		    "in: %u %s", r->code, r->text);
	if (smtp_mail_from(s, from, r, err) == -1 ||
	    (smtp_reply_class(r) == 2 && smtp_rcpt_to(s, arena_fmt(a,
	    SL_FMT "@" SL_FMT, SL_ARG(t->w.user), SL_ARG(t->w.domain)), r,
	    err) == -1))
		return -1;
	return smtp_reply_class(r) == 2 ? 0 : err_set(err, ERR_FORMAT,
	    "authentication does not open what it should: %u %s", r->code,
	    r->text);
}

/* -1: warned.  What should be open is, or is not. */
static int
try_auth(const struct relay_test *t, struct arena *a, struct slice secret)
{
	struct smtp_reply r;
	struct err err = { 0 };
	struct smtp *s;
	int ret;

	if (t->ctx != NULL)
		fprintf(t->ctx, "\n# as %s\n", auth_user);
	if (smtp_open(&s, &t->o, NULL, &err) == -1)
		ret = -1;
	else {
		ret = authenticated(t, a, s, secret, &r, &err);
		smtp_quit(s);
		smtp_free(s);
	}
	if (ret == -1)
		diag_warn(auth_user, "%s", err.msg);
	else
		diag_note("authenticated as %s: may relay, as it should",
		    auth_user);
	return ret;
}

/* ---- what became of the messages ---- */

static bool
is_ours(struct slice id, struct slice want)
{
	return id.n > 0 && sl_ieq(id, want);
}

/*
 * In a mailbox, where only the header names recipients: it arrived.  In a
 * queue: it is on its way to the address.
 */
static bool
is_on_its_way(const struct record *r)
{
	size_t i;

	if (r->nrcpts == 0)
		return true;
	for (i = 0; i < r->nrcpts; i++)
		if (r->rcpts[i].provenance == PROV_HEADERS ||
		    r->rcpts[i].provenance == PROV_RECEIVED ||
		    sl_ieq(r->rcpts[i].addr.spec, sl(deliver)))
			return true;
	return false;
}

static void
match(const struct relay_test *t, struct arena *a, struct relay_try *v,
    const struct record *r)
{
	struct slice id = relay_message_id(t, a, v->v);

	if (is_ours(r->message_id, id) && is_on_its_way(r)) {
		v->verdict = RELAY_OPEN;
		v->why = SL("the message arrived");
	} else if (r->has_report && r->kind == KIND_BOUNCE &&
	    is_ours(r->orig_message_id, id) && v->verdict != RELAY_OPEN) {
		v->verdict = RELAY_CLOSED;
		v->why = SL("the message bounced");
	}
}

/* One look at the spool. */
static int
look(const struct relay_test *t, struct arena *a, struct relay_try *v,
    size_t n, struct err *err)
{
	struct scan scan = { .records = true, .threads = 1 };
	char *paths[] = { (char *)(uintptr_t)watch, NULL };
	struct record rec;
	size_t i, k;
	int ret = scan_read(&scan, paths, err);

	for (i = 0; ret == 0 && i < scan.n; i++) {
		if (!scan_record(&scan, scan.entries[i], a, &rec, err)) {
			ret = -1;
			break;
		}
		for (k = 0; k < n; k++)
			if (v[k].sent)
				match(t, a, &v[k], &rec);
	}
	scan_free(&scan);
	return ret;
}

static bool
is_settled(const struct relay_try *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].sent && v[i].verdict == RELAY_ACCEPTED)
			return false;
	return true;
}

static void
watch_spool(const struct relay_test *t, struct arena *a,
    struct relay_try *v, size_t n)
{
	struct timespec every = { WATCH_EVERY, 0 };
	struct err err = { 0 };
	time_t end = time(NULL) + (time_t)wait_secs;

	if (is_settled(v, n))
		return;
	diag_note("watching %s for what became of the messages", watch);
	for (;;) {
		if (look(t, a, v, n, &err) == -1) {
			diag_warn(NULL, "%s", err.msg);
			return;
		}
		if (is_settled(v, n) || time(NULL) >= end || sig_stop())
			return;
		nanosleep(&every, NULL);
	}
}

/* ---- results ---- */

static void
put_try(const struct relay_test *t, enum sink_kind kind,
    const struct relay_try *v, bool head)
{
	char host[IP_TEXT];
	const struct cell cells[] = {
		{ .name = "test", .width = 4, .text = sl(v->v->id) },
		{ .name = "host", .text = sl(t->o.host) },
		{ .name = "address", .text = sl(ip_str(&t->o.ip, host)) },
		{ .name = "verdict", .width = 20,
		    .text = sl(relay_verdict_name(v->verdict)) },
		{ .name = "from", .width = 24, .text = v->from },
		{ .name = "recipient", .width = 34, .text = v->rcpt },
		{ .name = "form", .text = v->v->form == ROUTE_NONE ?
		    SL("") : sl(addr_route_name(v->v->form)) },
		{ .name = "sent", .type = CELL_TRUTH, .n = v->sent },
		{ .name = "code", .width = 4, .type = CELL_UINT,
		    .n = v->code },
		{ .name = "status", .text = sl(v->status) },
		{ .name = "reply", .width = 30, .text = v->why },
	};

	(head ? cells_head : cells_put)(stdout, kind, cells,
	    sizeof(cells) / sizeof(cells[0]));
}

static enum relay_verdict
overall(const struct relay_try *v, size_t n)
{
	enum relay_verdict worst = RELAY_CLOSED;
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].verdict > worst &&
		    !(rcpt_only && v[i].verdict == RELAY_ACCEPTED))
			worst = v[i].verdict;
	return worst;
}

static int
show(const struct relay_test *t, const struct relay_try *v, size_t n,
    enum sink_kind kind)
{
	static const int statuses[] = {
		[RELAY_CLOSED] = STATUS_OK,
		[RELAY_AUTH] = STATUS_OK,
		[RELAY_UNKNOWN] = STATUS_PART,
		[RELAY_ACCEPTED] = STATUS_PART,
		[RELAY_OPEN] = STATUS_NONE,
	};
	enum relay_verdict all = overall(v, n);
	char text[IP_TEXT];
	size_t i;

	put_try(t, kind, &v[0], true);
	for (i = 0; i < n; i++)
		put_try(t, kind, &v[i], false);
	if (kind == SINK_TABLE)
		printf("\n%s [%s]: %s\n", t->o.host,
		    ip_str(&t->o.ip, text), relay_verdict_name(all));
	return statuses[all];
}

/* ---- the run ---- */

/* One connection that asks for nothing but the server's name. */
static int
greet(struct relay_test *t, struct arena *a, struct err *err)
{
	char ip[IP_TEXT];
	struct smtp *s;
	int r;

	if (smtp_open(&s, &t->o, NULL, err) == -1) {
		words(t, a, arena_str(a, arena_fmt(a, "[%s]",
		    ip_str(&t->o.ip, ip))), err);
		return -1;
	}
	r = words(t, a, arena_str(a, sl(smtp_name(s))), err);
	smtp_quit(s);
	smtp_free(s);
	return r;
}

static size_t
choose(struct relay_try *v, struct err *err)
{
	const struct vector *one;
	size_t i, n = 0;

	for (i = 0; only.n == 0 && i < vectors_n; i++)
		v[n++].v = &vectors[i];
	for (i = 0; i < only.n && n < vectors_n; i++) {
		if ((one = vector_find(sl(only.v[i]))) == NULL) {
			err_set(err, ERR_USAGE, "--test %s: no such test",
			    only.v[i]);
			return 0;
		}
		v[n++].v = one;
	}
	return n;
}

static void
make_tag(char tag[17])
{
	uint8_t b[8];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		memset(b, 0, sizeof(b));
	hex_str(b, sizeof(b), tag);
}

/* A spool that is still to be made is read below the folder it will be in. */
static const char *
watched(struct arena *a)
{
	const char *slash = strrchr(watch, '/');

	if (access(watch, F_OK) == 0)
		return watch;
	return slash == NULL ? "." : slash == watch ? "/" : arena_str(a,
	    sl_first(sl(watch), (size_t)(slash - watch)));
}

/* From here on it talks to that address, and reads what is watched. */
static int
confine(struct relay_test *t, struct arena *a, struct err *err)
{
	if (box.off)
		return 0;
	if (smtp_settle(&t->o, err) == -1)
		return -1;
	if (watch != NULL)
		sandbox_path(&box, watched(a));
	sandbox_enter(&box);
	return 0;
}

static int
run(struct relay_test *t, struct arena *a, struct relay_try *v, size_t n,
    struct slice secret, enum sink_kind kind)
{
	struct err err = { 0 };
	int status;

	if (greet(t, a, &err) == -1) {
		diag_warn(t->o.host, "%s", err.msg);
		if (err.code == ERR_USAGE)
			return STATUS_USAGE;
		relay_none(t, a, v, n, sl(err.msg));
		return show(t, v, n, kind);
	}
	relay_run(t, a, v, n);
	if (watch != NULL)
		watch_spool(t, a, v, n);
	status = show(t, v, n, kind);
	if (auth_user != NULL && try_auth(t, a, secret) == -1 &&
	    status == STATUS_OK)
		status = STATUS_PART;
	return status;
}

static int
prepare(struct relay_test *t, struct arena *a, const char *where,
    struct slice *secret, struct err *err)
{
	struct slice host;

	t->o.port = 25;
	if (dial_split(sl(where), &host, &t->o.port, err) == -1)
		return -1;
	t->o.host = arena_str(a, host);
	t->o.helo = our_name();
	t->o.no_ehlo = no_ehlo;
	t->o.tls = no_tls ? SMTP_TLS_NONE : SMTP_TLS_OFFERED;
	t->o.secs = t->o.data_secs = (unsigned)timeout;
	t->pause = (unsigned)pause_ms;
	t->deliver = deliver != NULL;
	if (split(a, deliver != NULL ? deliver : remote, &t->w, err) == -1)
		return -1;
	if (auth_user != NULL && (password_fd != NO_FD ?
	    read_secret((int)password_fd, secret, err) :
	    ask_secret(secret, err)) == -1)
		return -1;
	return find(t, err) == -1 || open_transcript(t, err) == -1 ||
	    confine(t, a, err) == -1 ? -1 : 0;
}

int
main(int argc, char *argv[])
{
	struct relay_test t = { .pause = 0 };
	struct arena *a = arena_new();
	struct relay_try *v = arena_alloc(a, vectors_n * sizeof(*v));
	struct err err = { 0 };
	struct slice secret = { NULL, 0 };
	enum sink_kind kind = SINK_TABLE;
	char tag[17];
	size_t n;
	int status;

	diag_init(argv[0]);
	sig_init();
	limit_files();
	argv += opt_parse(&cmd, argc, argv);
	if (argv[0] == NULL || argv[1] != NULL)
		opt_usage(&cmd, "one host, please");
	if (remote == NULL && deliver == NULL)
		opt_usage(&cmd, "whom to reach? -r user@domain");
	if (watch != NULL && deliver == NULL)
		opt_usage(&cmd, "--watch needs --deliver: nothing is sent "
		    "without it");
	if (output != NULL && (!sink_parse(output, &kind) ||
	    (kind != SINK_TABLE && kind != SINK_NDJSON)))
		opt_usage(&cmd, "-o %s: one of table, ndjson", output);
	if ((n = choose(v, &err)) == 0)
		opt_usage(&cmd, "%s", err.msg);
	make_tag(tag);
	t.tag = tag;
	if (prepare(&t, a, argv[0], &secret, &err) == -1) {
		if (err.code == ERR_USAGE)
			opt_usage(&cmd, "%s", err.msg);
		diag_warn(NULL, "%s", err.msg);
		status = err.code == ERR_UNSAFE ? STATUS_USAGE : STATUS_PART;
	} else
		status = run(&t, a, v, n, secret, kind);
	if (secret.n > 0)
		explicit_bzero((char *)(uintptr_t)secret.p, secret.n);
	smtp_place_free(t.o.place);
	if (close_transcript(&t) == -1 || out_finish() == -1)
		status = STATUS_FAILED;
	arena_free(a);
	sig_finish();
	return status;
}

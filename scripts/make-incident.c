/*
 * make-incident - write a made-up mail server incident to disk.
 *
 * An Exchange 5.5 Internet Mail Service tree (Imcdata) and an IIS SMTP tree
 * (Mailroot) of one company, example.com, whose server relayed for strangers
 * over a night while its users kept working; a site.conf that says what is
 * theirs; and key.tsv, which says of every message file what it is.
 *
 * Of all messages, as the table scenarios[] has it in detail:
 *
 *	55 %	relay: campaigns through the open relay, senders that pretend
 *		to be ours, recipients that hide a route
 *	20 %	backscatter: reports and auto-replies about forged mail that
 *		come in, and reports of our own that go to strangers
 *	 8 %	spam to our own users
 *	16 %	legit: mail of users and partners in and out, lists, forwards,
 *		newsletters, receipts, bounces of mail that users did send
 *	<1 %	unsure: damaged files
 *
 * The key is written from the sender's side: each make_ function below plays
 * somebody - a spammer, a far server, a colleague - and the table of scenarios
 * says what that somebody's mail is.  Nothing here looks at a finished message
 * to find its class.
 *
 * Messages are as short as spam is.  With --large their sizes are log-normal,
 * as those of all mail are: bodies grow, and most get a file attached.
 *
 * Same options, same bytes: the only source of chance is the seed, and no
 * clock is read.  One message is in memory at a time, so the size of the
 * incident costs disk only.  All names and addresses are reserved ones (RFC
 * 2606, 5737, 3849, 2544).
 *
 * The binary parts (what stands before the header in In and Out, queue.dat,
 * the property streams beside Queue files) have invented layouts: the true
 * ones are not public, and a reader must take them as opaque.
 */

#include <sys/stat.h>
#include <sys/types.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NELEM(a)	(sizeof(a) / sizeof((a)[0]))
#define PRINTF(f, a)	__attribute__((__format__(__printf__, f, a)))

#define SERVER		"mail.example.com"
#define SERVER_IP	"192.0.2.10"
#define GATEWAY_IP	"10.1.0.254"
#define LIST_IP		"10.1.0.20"

#define OUT_MAX		(16 * 1024 * 1024)	/* bytes */
#define LONGEST		(4 * 1024 * 1024)	/* of the messages of --large */
#define ADDR_MAX	128		/* bytes of an address with its NUL */
#define RCPT_MAX	20		/* recipients of one envelope */

#define NUSER		360		/* people with a mailbox */
#define NHIT		40		/* addresses of ours that bots forge */
#define NPARTNER	48		/* companies ours does business with */
#define NCLIENT		36		/* machines the relay spam comes from */
#define NCAMPAIGN	16
#define NVICTIM		40000		/* victimNNNNN.example */

/* The incident begins on 2004-01-05 at 06:00 in Japan. */
#define BEGIN		((time_t)1073250000)
#define HOURS		30
#define JST		540		/* minutes east of Greenwich */

enum class { RELAY, BACKSCATTER, SPAM, LEGIT, UNSURE, NCLASS };
enum tree { IMC, IIS };

/* In the order of folders[]. */
enum folder {
	IN, IN_ARCHIVE, OUT, OUT_ARCHIVE, IMC_PICKUP,
	QUEUE, BADMAIL, DROP, IIS_PICKUP, NFOLDER
};

/* How a message went through the server; decides where it may lie now. */
enum way { INBOUND, THROUGH, ROUTED, ONWARD, MAPI, LAN, APP, NOTICE, KEPT };

enum charset { ASCII, LATIN1, ISO2022JP, SJIS, EUCJP, UTF8 };
enum style { PLAIN, HTML, ALTERNATIVE, ATTACHED };
enum returned { WHOLE, HEADERS, NOTHING };
enum to_field { TO_RCPT, TO_FRIEND, TO_LOCAL, TO_HIDDEN, TO_ABSENT, TO_FROM };

struct out {			/* bytes on their way into a file */
	char	*p;
	size_t	 n;
};

struct text {			/* a short string, passed by value */
	char	 s[64];
};

struct who {			/* a person, ours or not */
	char		 name[64];
	char		 jname[64];	/* the same in kanji, or empty */
	char		 addr[ADDR_MAX];
	const char	*domain;	/* points into addr */
};

struct peer {			/* the other end of an SMTP connection */
	char	 helo[96];
	char	 ip[48];
};

struct hop {			/* what an older Received field says */
	const char	*helo, *ip, *by, *rcpt;
	time_t		 at;
	int		 tz;
};

struct letter {			/* fields in the form they are written in */
	char		 from[256];
	char		 to[768];
	char		 subject[384];
	char		 id[160];
	char		 extra[1024];	/* more fields, whole lines */
	const char	*mailer;	/* or NULL */
	time_t		 date;
	int		 tz;
	enum charset	 charset;
	enum style	 style;
};

struct cause {			/* why a delivery failed */
	const char	*status, *reply, *text, *ims;
};

struct report {			/* what a bounce is about */
	const char		*to;		/* who is told */
	const char		*rcpt;		/* who could not be reached */
	const char		*mta;		/* who tells */
	const struct letter	*about;
	const struct cause	*cause;
	enum returned		 ret;
	bool			 delay;		/* not failed, only late */
	time_t			 at;
	int			 tz;
};

struct campaign {
	unsigned	 spam;		/* in spams[] */
	unsigned	 start, hours;
	unsigned	 weight;
	unsigned	 client, nclient;
	unsigned	 rcpts;		/* at most, in one envelope */
	unsigned	 hops;		/* forged ones */
	unsigned	 padding;	/* words against filters */
	bool		 one_sender;
	enum to_field	 to;
	enum style	 style;
	const char	*mailer;
};

struct mail {			/* the message being made */
	enum tree	 tree;
	enum folder	 folder;
	enum class	 class;
	const char	*why, *kind;
	time_t		 at;		/* when it came to our server */
	char		 peer[96];	/* who brought it, or empty */
	char		 sender[ADDR_MAX];
	char		 rcpt[RCPT_MAX][ADDR_MAX];
	size_t		 nrcpt;
};

struct gen {
	uint64_t	 rng;
	uint64_t	 left, serial, total;
	uint64_t	 count[NCLASS];
	unsigned	 nforward;	/* users who forward their mail */
	bool		 imc, iis, gateway, large;
	bool		 infected;	/* what is attached is a worm */
	int		 dir[NFOLDER];
	FILE		*key;

	struct peer	 client[NCLIENT];
	struct campaign	 campaign[NCAMPAIGN];
	struct mail	 m;

	/* Names that %t, %s, %c and %u stand for in the texts. */
	const char	*to_name, *from_name, *firm;
	char		 url[96];

	struct out	 text;		/* the message */
	struct out	 body;		/* its body before MIME, UTF-8 */
	struct out	 orig;		/* the message a report returns */
	struct out	 file;		/* what is written */
	struct out	 tmp, html;
};

/*
 * Chance.  splitmix64 by Vigna: one word of state, and every seed is good.
 */

static uint64_t
rnd(struct gen *g)
{
	uint64_t z;

	z = g->rng += 0x9e3779b97f4a7c15;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* 0 to n - 1. */
static unsigned
below(struct gen *g, size_t n)
{
	return (unsigned)(((rnd(g) >> 32) * n) >> 32);
}

static unsigned
between(struct gen *g, unsigned low, unsigned high)
{
	return low + below(g, high - low + 1);
}

static bool
chance(struct gen *g, unsigned percent)
{
	return below(g, 100) < percent;
}

#define PICK(g, a)	((a)[below((g), NELEM(a))])

static size_t
weighted(struct gen *g, const unsigned char *w, size_t n)
{
	size_t i, sum;
	unsigned k;

	for (i = sum = 0; i < n; i++)
		sum += w[i];
	k = below(g, sum);
	for (i = 0; k >= w[i]; i++)
		k -= w[i];
	return i;
}

/* The same number for the same text: gives names a lasting address. */
static uint32_t
hash(const char *s)
{
	uint32_t h = 2166136261;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619;
	return h ^ h >> 15;
}

/*
 * Bytes.  put and what is built on it write lines as CRLF.
 */

static void
add(struct out *o, const void *p, size_t n)
{
	if (n > OUT_MAX - o->n)
		errx(1, "a message grew beyond %d bytes", OUT_MAX);
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

static void
put_n(struct out *o, const char *s, size_t n)
{
	const char *nl;

	while ((nl = memchr(s, '\n', n)) != NULL) {
		add(o, s, (size_t)(nl - s));
		add(o, "\r\n", 2);
		n -= (size_t)(nl + 1 - s);
		s = nl + 1;
	}
	add(o, s, n);
}

static void
put(struct out *o, const char *s)
{
	put_n(o, s, strlen(s));
}

static void PRINTF(2, 3)
putf(struct out *o, const char *fmt, ...)
{
	char buf[4096];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(buf))
		errx(1, "a line grew beyond %zu bytes", sizeof(buf));
	put_n(o, buf, (size_t)n);
}

static void PRINTF(3, 4)
set(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= size)
		errx(1, "a name grew beyond %zu bytes", size);
}

static void
add_noise(struct gen *g, struct out *o, size_t n)
{
	unsigned char c[8];
	uint64_t v;
	size_t i;

	for (; n > 0; n -= i) {
		v = rnd(g);
		for (i = 0; i < sizeof(c) && i < n; i++, v >>= 8) {
			c[i] = v & 255;
			if (c[i] == '@')	/* must not spell an address */
				c[i] = '\0';
		}
		add(o, c, i);
	}
}

static void
add_le(struct out *o, uint64_t v, size_t n)
{
	char c;

	for (; n > 0; n--, v >>= 8) {
		c = (char)v;
		add(o, &c, 1);
	}
}

static void
put_base64(struct out *o, const char *p, size_t n, bool lines)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	char q[4];
	size_t i, k;
	uint32_t v;

	for (i = 0; i < n; i += 3) {
		for (v = 0, k = 0; k < 3; k++)
			v = v << 8 | (i + k < n ? (unsigned char)p[i + k] : 0);
		for (k = 0; k < 4; k++)
			q[k] = abc[v >> (18 - 6 * k) & 63];
		if (i + 2 >= n)
			q[3] = '=';
		if (i + 1 >= n)
			q[2] = '=';
		add(o, q, sizeof(q));
		if (lines && (i % 57 == 54 || i + 3 >= n))
			add(o, "\r\n", 2);
	}
}

/* Random text of one alphabet: ids, keys, serial numbers. */
static struct text
scribble(struct gen *g, const char *abc, size_t n)
{
	struct text t;
	size_t i, len = strlen(abc);

	for (i = 0; i < n && i < sizeof(t.s) - 1; i++)
		t.s[i] = abc[below(g, len)];
	t.s[i] = '\0';
	return t;
}

#define UPPER	"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define LOWER	"abcdefghijklmnopqrstuvwxyz"
#define HEX	"0123456789ABCDEF"

/* RFC 5322 3.3, at a place tz minutes east. */
static struct text
stamp(time_t at, int tz)
{
	static const char days[][4] = {
		"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"
	};
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun",
		"Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
	};
	struct text t;
	struct tm tm;
	int off = tz < 0 ? -tz : tz;

	at += tz * 60;
	if (gmtime_r(&at, &tm) == NULL)
		errx(1, "time out of range");
	set(t.s, sizeof(t.s), "%s, %d %s %d %02d:%02d:%02d %c%02d%02d",
	    days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    tz < 0 ? '-' : '+', off / 60, off % 60);
	return t;
}

/* 100 ns since 1601, as Windows counts. */
static uint64_t
filetime(time_t at)
{
	return ((uint64_t)at + 11644473600) * 10000000;
}

static int
some_tz(struct gen *g)
{
	static const int zones[] = {
		0, 60, 120, 480, 540, 540, -300, -300, -480, -360, 330
	};

	return PICK(g, zones);
}

/*
 * Names.
 */

static const char *const firsts[] = {
	"Alice", "Bernard", "Carla", "David", "Elena", "Frank", "Grace",
	"Henry", "Irene", "James", "Karen", "Louis", "Maria", "Nigel",
	"Olga", "Peter", "Rachel", "Simon", "Teresa", "Victor", "Wendy",
	"Anton", "Bridget", "Colin"
};
static const char *const lasts[] = {
	"Archer", "Baker", "Carver", "Dalton", "Ellis", "Fletcher", "Gardner",
	"Hollis", "Ingram", "Jarvis", "Keller", "Lambert", "Mercer", "Norris",
	"Oakley", "Porter", "Quinn", "Ramsey", "Sawyer", "Thatcher", "Usher",
	"Vance", "Weaver", "Yardley", "Abbott", "Brewer", "Cooper", "Draper",
	"Easton", "Forster", "Granger", "Harper"
};
static const struct pair {
	const char *roman, *kanji;
} jlasts[] = {
	{ "Tanaka", "田中" }, { "Suzuki", "鈴木" }, { "Sato", "佐藤" },
	{ "Takahashi", "高橋" }, { "Watanabe", "渡辺" }, { "Ito", "伊藤" },
	{ "Yamamoto", "山本" }, { "Nakamura", "中村" },
	{ "Kobayashi", "小林" }, { "Kato", "加藤" }, { "Yoshida", "吉田" },
	{ "Yamada", "山田" }, { "Sasaki", "佐々木" },
	{ "Matsumoto", "松本" }, { "Inoue", "井上" }, { "Kimura", "木村" }
}, jfirsts[] = {
	{ "Taro", "太郎" }, { "Hanako", "花子" }, { "Ichiro", "一郎" },
	{ "Kazuo", "和夫" }, { "Keiko", "恵子" }, { "Makoto", "誠" },
	{ "Yoko", "洋子" }, { "Minoru", "実" }
};
static const char *const words[] = {
	"anchor", "basket", "candle", "desert", "engine", "forest", "garden",
	"hammer", "island", "jacket", "kettle", "ladder", "mirror", "needle",
	"orange", "pencil", "quiver", "ribbon", "saddle", "temple", "umbrella",
	"velvet", "window", "yellow", "zipper", "amber", "bridge", "copper",
	"dragon", "ember", "falcon", "granite", "harbor", "indigo", "jungle",
	"kernel", "lantern", "marble", "nickel", "olive", "pepper", "quartz",
	"raven", "silver", "timber", "urban", "violet", "walnut", "zephyr",
	"meadow"
};
static const char *const freemails[] = {
	"freemail.example", "bigisp.example", "webpost.example",
	"mailbox.example.net", "quickmail.test", "cable.bigisp.example",
	"postoffice.example.net", "campus.test"
};

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
}

static void
set_addr(struct who *w, const char *first, const char *sep, const char *last,
    const char *domain)
{
	set(w->addr, sizeof(w->addr), "%s%s%s@%s", first, sep, last, domain);
	lower(w->addr);
	w->domain = strchr(w->addr, '@') + 1;
}

/* The i-th person with a mailbox; every third one is Japanese. */
static void
user(struct who *w, unsigned i)
{
	static const char seps[][2] = { ".", "-", "", "_" };
	const char *first, *last, *domain;
	size_t k;

	i %= NUSER;
	w->jname[0] = '\0';
	if (i % 3 == 2) {
		k = i / 3;
		last = jlasts[k % NELEM(jlasts)].roman;
		first = jfirsts[k / NELEM(jlasts) % NELEM(jfirsts)].roman;
		set(w->jname, sizeof(w->jname), "%s %s",
		    jlasts[k % NELEM(jlasts)].kanji,
		    jfirsts[k / NELEM(jlasts) % NELEM(jfirsts)].kanji);
	} else {
		first = firsts[i % NELEM(firsts)];
		last = lasts[i / NELEM(firsts) % NELEM(lasts)];
	}
	domain = i % 4 == 3 ? "example.org" : "example.com";
	set(w->name, sizeof(w->name), "%s %s", first, last);
	set_addr(w, first, seps[i % 5 % 4], last, domain);
}

static void
any_user(struct gen *g, struct who *w)
{
	user(w, below(g, NUSER));
}

static void
japanese_user(struct gen *g, struct who *w)
{
	user(w, below(g, NUSER / 3) * 3 + 2);
}

/* An address of ours that bots forge; the last ones nobody ever had. */
static void
hit(char addr[ADDR_MAX], unsigned i)
{
	struct who w;

	user(&w, i * 7);
	if (i < NHIT * 5 / 8)
		set(addr, ADDR_MAX, "%s", w.addr);
	else
		set(addr, ADDR_MAX, "%.3s%u%.2s@example.com",
		    words[i % NELEM(words)], i * 37 % 90, words[i * 3 % 50]);
}

/* Somebody out there with a mailbox at a big provider. */
static void
stranger(struct gen *g, struct who *w)
{
	const char *first = PICK(g, firsts), *last = PICK(g, lasts);
	char tail[80];

	w->jname[0] = '\0';
	set(w->name, sizeof(w->name), "%s %s", first, last);
	if (chance(g, 60))
		set(tail, sizeof(tail), "%s%u", last, between(g, 1, 99));
	else
		set(tail, sizeof(tail), "%s", last);
	set_addr(w, first, chance(g, 40) ? "_" : "", tail, PICK(g, freemails));
}

static struct text
partner(unsigned i)
{
	static const char *const heads[] = {
		"harbor", "northern", "delta", "summit", "civic", "union",
		"coastal", "prime"
	};
	static const char *const tails[] = {
		"tools", "freight", "optics", "paper", "systems", "foods"
	};
	static const char *const tops[] = { "example", "test", "example.net" };
	struct text t;

	set(t.s, sizeof(t.s), "%s-%s.%s", heads[i % NELEM(heads)],
	    tails[i / NELEM(heads) % NELEM(tails)], tops[i % NELEM(tops)]);
	return t;
}

/* One of the eight people we know at a company. */
static void
contact(struct gen *g, struct who *w, bool japanese)
{
	unsigned i = below(g, NPARTNER), k = below(g, 8) * 5 + i * 3;
	const struct pair *last, *first;

	if (japanese) {
		last = &jlasts[k % NELEM(jlasts)];
		first = &jfirsts[k / 3 % NELEM(jfirsts)];
		set(w->name, sizeof(w->name), "%s %s", first->roman,
		    last->roman);
		set(w->jname, sizeof(w->jname), "%s %s", last->kanji,
		    first->kanji);
		set_addr(w, first->roman, ".", last->roman, partner(i).s);
		return;
	}
	w->jname[0] = '\0';
	set(w->name, sizeof(w->name), "%s %s", firsts[k % NELEM(firsts)],
	    lasts[k / 2 % NELEM(lasts)]);
	set_addr(w, firsts[k % NELEM(firsts)], ".", lasts[k / 2 % NELEM(lasts)],
	    partner(i).s);
}

static void
correspondent(struct gen *g, struct who *w)
{
	if (chance(g, 70))
		contact(g, w, false);
	else
		stranger(g, w);
}

/* Who a spammer writes to. */
static void
victim(struct gen *g, char addr[ADDR_MAX])
{
	struct who w;

	stranger(g, &w);
	if (chance(g, 70))
		set(addr, ADDR_MAX, "%.*s@victim%05u.example",
		    (int)(w.domain - 1 - w.addr), w.addr, below(g, NVICTIM));
	else
		set(addr, ADDR_MAX, "%s", w.addr);
}

/*
 * The host that sends for a well-kept domain: the same each time.  Such hosts
 * have even addresses and spammers odd ones, so that they never meet.
 */
static void
host_of(struct peer *p, const char *domain)
{
	static const char *const names[] = { "mail", "mx1", "smtp", "relay" };
	uint32_t h = hash(domain);
	unsigned low = h >> 8 & 126;

	set(p->helo, sizeof(p->helo), "%s.%s", names[h % 4], domain);
	if (h % 3 == 0)
		set(p->ip, sizeof(p->ip), "203.0.113.%u", 2 + low);
	else
		set(p->ip, sizeof(p->ip), "198.18.%u.%u", h >> 16 & 255,
		    2 + low);
}

/* Somebody's machine at a dial-up or cable provider. */
static void
bot(struct gen *g, struct peer *p)
{
	unsigned a = below(g, 256), b = below(g, 126) * 2 + 1;

	set(p->ip, sizeof(p->ip), "198.19.%u.%u", a, b);
	switch (below(g, 5)) {
	case 0:
		set(p->helo, sizeof(p->helo), "198.19.%u.%u", a, b);
		break;
	case 1:
		set(p->helo, sizeof(p->helo), "dsl-198-19-%u-%u.%s", a, b,
		    "bigisp.example");
		break;
	case 2:
		set(p->helo, sizeof(p->helo), "%s", PICK(g, freemails));
		break;
	case 3:
		set(p->helo, sizeof(p->helo), "%s", "example.com");
		break;
	default:
		set(p->helo, sizeof(p->helo), "%s%u", PICK(g, words),
		    below(g, 100));
	}
}

/* The machine of a user of ours, always the same. */
static void
desk(struct peer *p, const char *addr)
{
	uint32_t h = hash(addr);

	set(p->helo, sizeof(p->helo), h % 2 ? "PC%04u" : "pc%04u.example.com",
	    h % 4000);
	set(p->ip, sizeof(p->ip), "10.1.%u.%u", 1 + h % 40, 2 + h / 64 % 240);
}

static void
message_id(struct gen *g, char id[160], const char *host)
{
	switch (below(g, 3)) {
	case 0:
		set(id, 160, "<%s$%s$%s@%s>", scribble(g, HEX, 12).s,
		    scribble(g, HEX, 8).s, scribble(g, HEX, 8).s, host);
		break;
	case 1:
		set(id, 160, "<2004010%u%06u.%s@%s>", between(g, 4, 5),
		    below(g, 240000), scribble(g, UPPER, 6).s, host);
		break;
	default:
		set(id, 160, "<%s@%s>", scribble(g, HEX, 32).s, host);
	}
}

/*
 * Texts.  {a|b} is one of the two; %t the reader, %s the writer, %c the
 * writer's company, %f a first name, %w a word, %d a digit from 1, %n a number
 * of three digits, %p a price, %u a link, %r random letters.
 */

static const struct spam {
	const char	*subject, *body;
} spams[] = {
	{ "{Your|Discount} {pills|medication} {online|by mail} - %d0%% off %r",
	"{Dear|Hello} %t,\n\n"
	"{Why pay|Stop paying} the price of the corner drugstore? Our"
	" {overseas|licensed}\npharmacy ships {all|the} {popular|well known}"
	" brands in a plain envelope, with no\n{questions asked|waiting room|"
	"forms to fill in}. {Doctors are|A doctor is} standing by.\n\n"
	"  * {blue|white} tablets  30 x 50 mg   $%p\n"
	"  * sleeping tablets  60 x 10 mg   $%p\n"
	"  * {weight|slimming} capsules 90 x 15 mg   $%p\n\n"
	"{Order|Refill} {tonight|today} and get %d {extra|free} tablets with"
	" every box.\n\n    %u\n\n"
	"{Thousands|Hundreds} of {happy|returning} customers {trust|write to}"
	" us each month.\nDelivery takes {five|seven|ten} days, discretion is"
	" {promised|guaranteed}.\n\n"
	"To be {taken off|removed} send a blank mail.\n%w %w %r %w\n" },

	{ "{Rates|Mortgage rates} {fell|are down} again, %t",
	"%t,\n\nYour {request|application} has been {pre-approved|accepted} by"
	" %d lenders in your area.\nYou {qualify|are eligible} for up to"
	" $%n,000 at {3.%d|2.%d} per cent, {whatever|no matter\nwhat} your"
	" credit history says.\n\n"
	"{Fill in|Complete} the {short|one minute} form, and a {loan officer|"
	"adviser} will call you\nback {today|within the hour}:\n\n  %u\n\n"
	"With the money you {save|keep} you could {repair the roof|pay off the"
	" cards|take the\nfamily on a holiday|start the business you dream"
	" of}. Our customers save $%n\nevery month on average. The offer ends"
	" on {Friday|Thursday}, and rates will not\nstay this low.\n\n"
	"{Regards|Sincerely},\n%f %f\n{Senior|Chief} {Account|Loan}"
	" Manager\n\nRef. %r-%n\n" },

	{ "{Fine|Swiss|Luxury} {watches|timepieces} from $%p",
	"{Nobody|Not even a jeweller} will {see|know} the difference.\n\n"
	"We {sell|offer} exact {copies|replicas} of %n famous {models|watches},"
	" with {solid|heavy}\n{steel|gold plated} cases, {sapphire|mineral}"
	" glass and the right serial number on\nthe back. Every {watch|piece}"
	" comes in a {wooden|leather} box with papers.\n\n"
	"  Diver, {black|blue} dial .......... $%p\n"
	"  Chronograph, {white|silver} dial .. $%p\n"
	"  Ladies, with stones ............... $%p\n\n"
	"{Look at|Browse} the {catalogue|gallery}: %u\n\n"
	"Buy two and {save %d0 per cent|the third one is free}. {Shipping is|"
	"Postage is} on us for\norders before {Wednesday|the weekend}. We"
	" {accept|take} all cards, and your statement\nwill show a neutral"
	" name.\n\n%w %w %w %r\n" },

	{ "{OEM|Original} software, %d0%% {below list|cheaper}",
	"{Attention|Dear} {PC owner|computer user|customer},\n\n"
	"{the same|identical} programs without the {box and the book|cardboard"
	" box}, at a\n{fraction|tenth} of the {price|list price}. You {download"
	" it|receive the disc} and install it\nwith the key we send by mail."
	"\n\n"
	"   Office suite, professional     $%p   (list $%n)\n"
	"   Photo editor, version %d        $%p   (list $%n)\n"
	"   Drawing program, version 1%d    $%p   (list $%n)\n"
	"   Operating system, all updates  $%p   (list $%n)\n\n"
	"See the full list of %n titles at\n\n   %u\n\n"
	"{Only|We have just} %d%d copies of each are left in {stock|our"
	" warehouse}. {Orders|Payments} are\nhandled by a secure server. {No"
	" returns|Questions are answered\nwithin a day}.\n\n"
	"{%w %w|%w %w %w} %r\n" },

	{ "{A degree|Diploma} without {study|exams}, %t",
	"{Have you been|Were you} passed over for {a promotion|that job} again?"
	"\n\n"
	"%t, {your|the} life experience is {worth|as good as} a degree. A"
	" {non-accredited|prestigious}\n{university|college} will {award|send}"
	" you a {Bachelor's|Master's|Doctor's} certificate in the\n{field|"
	"subject} of your choice. {No books|No exams, no classes}, no interview"
	". Nobody is\nturned down.\n\n"
	"{Call|Ring} %n-%n-%d%d%d%d {day or night|24 hours, Sundays included}"
	", and leave your name\nand a number where you can be reached. {Or"
	" visit|You may also write to}\n\n  %u\n\n"
	"{Confidentiality|Discretion} assured. Transcripts and {a letter of"
	" recommendation|two\nletters of reference} are in the price of $%n."
	" {Earnings|Salaries} go up by\n%d0 per cent {on average|as a rule}."
	"\n\n%r %w\n" },

	{ "{URGENT|Confidential} {business proposal|matter}",
	"{Dear Friend|Dear Sir or Madam},\n\n"
	"{Do not be surprised at|Please forgive} this letter. I am {Mr.|Dr.|"
	"Barrister} %f %f,\n{auditor|director of accounts} at a {bank|finance"
	" house} whose name I shall give you later.\nIn {my department|the"
	" course of an audit} we found a sum of US$%d%d.%d million in the\n"
	"account of a {foreign customer|contractor} who {died|lost his life}"
	" in {an air crash|a car\naccident} %d years ago, without {any next of"
	" kin|leaving a will}.\n\n"
	"I {seek|ask for} your {consent|permission} to present you as his heir"
	", so that the {money|funds}\ncan be {released|paid} to you. For your"
	" {help|assistance} you keep %d0 per cent. {There is no\nrisk|It is"
	" free of risk}, as all {papers|documents} will be {prepared|drawn up}"
	" by a lawyer of\nmine.\n\n"
	"{Kindly|Please} reply with your {private|direct} telephone and fax"
	" number and the name of\nyour bank. {Keep this|Treat it as} strictly"
	" {secret|between us}, for I am still in service.\n\n"
	"{Yours in trust|Best wishes},\n%f %f\n" },

	{ "{Security notice|Account alert} %r%n",
	"{Dear customer|Dear account holder},\n\n"
	"{During|As part of} our {regular|monthly} review of accounts we could"
	" not {verify|confirm} your\n{information|details}. {Either|Perhaps}"
	" your details have changed, or somebody else has\nused your account"
	" from {another country|an unknown computer}.\n\n"
	"To {keep|protect} your access, {confirm|update} your {card number|"
	"password} and {PIN|birth date}\nwithin {24|48} hours:\n\n"
	"  %u\n\n"
	"If {we do not hear from you|this is not done}, your account will be"
	" {limited|suspended} until\nyou visit a branch in person. {We are"
	" sorry for|Please excuse} the {trouble|inconvenience}.\n\n"
	"{Thank you|Yours faithfully},\nThe {Security|Customer Care} {Team|"
	"Department}\n{First|Second} Savings Bank\n\nCase %n-%n\n" },

	{ "{Small cap|Stock} of the {week|month}: %r",
	"{BREAKING|ALERT} - {before|read this before} the market opens\n\n"
	"Company:  {Golden|Northern|Pacific} {Ore|Oil|Genetics} Inc.\n"
	"Price:    $0.%d%d\n{Target|5 day target}:   $%d.%d0\n{Rating|Advice}:"
	"   {strong buy|BUY NOW}\n\n"
	"{Insiders|People who know} {tell us|expect} that a {contract|"
	"discovery} worth $%n million will be\n{announced|made public} on"
	" {Tuesday|Wednesday|Thursday}. {Volume|Trading} has {tripled|doubled}"
	" since\nlast week, and {the big funds|professional buyers} are"
	" {moving in|filling their pockets}.\n\n"
	"{Remember|Think of} our {last pick|December choice}: it went up %n per"
	" cent in %d days.\n{Do not|You do not want to} miss this {one|train}."
	" Tell your broker {first thing in the\nmorning|at once}.\n\n"
	"{This letter is no offer to buy or sell.|We were paid for this"
	" report.} {Statements about\nthe future may not come true.|%w %w.}\n"
	"%r\n" },

	{ "{Congratulations|You have won}, ticket %n-%n",
	"{WINNING NOTICE|AWARD NOTICE}, batch %n/%d%d\n\n"
	"We are {happy|pleased} to {tell|inform} you that your mail address,"
	" attached to ticket\nnumber %n-%n-%n, {drew|has drawn} the lucky"
	" numbers %d, 1%d, 2%d and 3%d in the\n{year end|New Year} draw of the"
	" {International|World} {Internet|Mail} {Lottery|Sweepstake}. You are"
	"\ntherefore {approved for|entitled to} a lump sum of {EUR|USD}"
	" %n,%n.00.\n\n"
	"To {claim|receive} the {prize|money}, {write to|contact} our agent"
	" %f %f\n{today|before the end of the month} with your {full name|name"
	" and age}, {address|postal address} and\n{occupation|telephone number}"
	". All prizes not claimed {go back|are returned} to the fund.\n\n"
	"{Keep|For your own safety keep} this {notice|award} {secret|to"
	" yourself} until the money is on\nyour account.\n\n"
	"%f %f\n{Promotions manager|Coordinator}\n" },

	{ "{hi|hey} %t, it is %f",
	"{hi|hello there|hey},\n\n"
	"{remember me|do you remember}? we {talked|chatted} {last week|before"
	" christmas} and you asked for my\n{pictures|photos}. {well|so}, i put"
	" them on my {page|own site} and you are the {first|only} one who\ngets"
	" the {address|link}:\n\n  %u\n\n"
	"i am {alone|home alone} {tonight|this evening}, the {camera|cam} is"
	" on, and i would {love|like} to\n{see|meet} you. it is {free|free of"
	" charge} for the first %d minutes, they only want to\nknow that you"
	" are {old enough|over 18}.\n\n"
	"{kisses|love|bye},\n%f\n\n"
	"{ps|by the way}: my friend %f is {here|visiting} too\n\n%w %w %r\n" },

	{ "{Grow|Double} your {list|customers}: %d%d million addresses",
	"{Advertise|Sell} to {the whole world|millions} {overnight|for the"
	" price of a stamp}!\n\n"
	"We {have|own} %d%d million {fresh|tested} mail addresses, {sorted|"
	"sifted} by country and\n{hobby|trade}, on {two CDs|one DVD}. {With"
	" it|Included} comes our {mailer|sending program}, which\nsends %n,000"
	" messages an hour {through a thousand open servers|and hides where it"
	"\nruns}. {No complaints|Your provider will never know}.\n\n"
	"   all countries ............ $%n\n"
	"   {Europe|Asia} only .......... $%n\n"
	"   we send it for you ....... $%n a million\n\n"
	"Order form and {samples|free trial}: %u\n\n"
	"{Offer|Price} good until {the 15th|Sunday}. {Bulletproof|Safe} web"
	" space from $%n a month.\n%r %w\n" },

	{ "未承諾広告※{今だけ無料|新年キャンペーン}のお知らせ",
	"{突然のメール失礼いたします。|はじめまして。}\n\n"
	"今{月|週}だけ、登録無料のキャンペーンを行っています。\n"
	"{あなたの町|お近く}の女性会員が、今夜も返事を待っています。\n"
	"{サクラは一切いません。|写真付きのプロフィールも多数あります。}\n\n"
	"  %u\n\n"
	"・登録料、年会費はかかりません\n"
	"・メールは%d0通まで無料です\n"
	"・{秘密は守ります|匿名で利用できます}\n\n"
	"配信停止は上のページからお願いします。\n%r\n" }
};
#define JAPANESE_SPAM	(NELEM(spams) - 1)

static const char *const greetings[] = {
	"Dear %t,\n\n", "Hello %t,\n\n", "Hi %t,\n\n", "%t,\n\n",
	"Good {morning|afternoon} %t,\n\n"
};
static const char *const closings[] = {
	"{Best|Kind|Warm} regards,\n%s\n", "Thanks,\n%s\n",
	"{Many thanks|Thank you} and see you {soon|next week},\n\n%s\n",
	"Yours sincerely,\n\n%s\n%c\n", "Cheers\n%s\n"
};
static const char *const business[] = {
	"Thank you for your {mail|note|call} {yesterday|last week|this"
	" morning}. I have gone\nthrough the {figures|drawings|offer} with %f,"
	" and we can live with %d per cent as\nlong as the {first|second} lot"
	" leaves the {plant|warehouse} before the {15th|20th|23rd}.\n\n",
	"The {meeting|review} on {Tuesday|Wednesday|Thursday} moves to"
	" {10:30|14:00|16:15} because the\n{large|small} room is taken. Please"
	" bring the {sales figures|open points list|test\nresults}; %f will"
	" take the minutes this time.\n\n",
	"Could you {check|find out} why {invoice|order|delivery note} 04-%n%d"
	" is still open? Our\n{books|records} show that it was {paid|settled}"
	" on the %d%d of December, and the {bank|auditor}\nasks for {a copy|the"
	" receipt} by {Friday|the end of the week}.\n\n",
	"I {attach|enclose} the {minutes|draft contract|price list|drawings}."
	" Changes since the last\n{version|round} are in {red|italics}. If"
	" nobody objects by {noon on Friday|Thursday\nevening}, we take it as"
	" {agreed|final} and send it to {legal|the printer}.\n\n",
	"{Part|Item} %n-%d is {on stock|sold out} again; the next {container|"
	"truck} arrives in week\n%d. If that is too late I could {offer|send}"
	" you %n pieces of the {older|smaller} type\nat the same price, {free"
	" house|plus freight}.\n\n",
	"About the {pump|printer|sensor|conveyor} in hall %d: the {technician|"
	"supplier} was here on\n{Monday|Friday} and {replaced|cleaned} the"
	" {bearing|control board|filter}. It ran the whole\nnight without"
	" stopping, so I would {close|keep an eye on} the case.\n\n",
	"{Please|Could you} book {two rooms|a single room|three rooms} for the"
	" {%d|1%d}th, two nights,\npreferably {near the station|at the same"
	" hotel as last year}. %f arrives with the\n{early|late} flight and"
	" needs a {taxi|lift} from the airport.\n\n",
	"The {customer|auditor|ministry} has {asked|written} again about the"
	" {certificates|safety\nsheets|test report}. We have to {answer|send"
	" them} before the {end of January|31st}. Who\nhas the {signed|latest}"
	" copies? I found only those of 200%d in the {cabinet|archive}.\n\n",
	"We would like to {order|reorder}:\n\n   %n pcs  {valve|bracket|"
	"connector} type %r\n   %d0 pcs  {gasket|cable|lamp} type %r\n   %d"
	" boxes {label|paper|toner} %n\n\nDelivery to the usual address;"
	" please {confirm|tell us} price and date.\n\n",
	"I am {out of the office|travelling} from the %d%dth and back on"
	" {Monday|Tuesday}. %f has\n{all papers|the keys} and will {decide|"
	"sign} in my place. For {anything urgent|emergencies} my\nmobile is"
	" {switched on|the best way}.\n\n",
	"Thanks to all who {helped|stayed late} with the {stock taking|move|"
	"year end}. We\nfinished {two hours|a day} {early|ahead of plan}, and"
	" the difference was below 0.%d per\ncent, the {best|lowest} since we"
	" {started|count this way}. Cake is in the kitchen.\n\n",
	"{Regarding|About} the {training|course} in {February|March}: %d people"
	" have signed up so\nfar, the room holds 1%d. The {trainer|teacher}"
	" wants to know {which version we\nuse|how much they know already}, so"
	" send me one line about your {wishes|background}.\n\n",
	"The {quotation|tender} has to be with {them|the buyer} by"
	" {Thursday|Friday} noon. What is\nstill missing: the {freight|"
	"insurance} costs, the {reference list|bank guarantee}, and\nyour"
	" {signature|okay} on page %d. I can drive it there myself if"
	" need be.\n\n",
	"Our {server|mail server|file server} was {slow|under load} last night,"
	" so some of you may have\n{received|seen} messages late. {IT|%f} is"
	" looking into it. If you {miss|expected} something\nimportant, please"
	" {phone|ask} the sender {before you ask us|first}.\n\n",
	"{Sales|Turnover} in {December|the last quarter} came to %n,%n, which"
	" is %d per cent {above|below}\n{plan|last year}. {Spare parts|Service"
	" contracts} did {well|better than expected}, new\nmachines were"
	" {quiet|slow}. The details are on the {share|intranet} as usual.\n\n",
	"{Yes|Of course}, you may {use|quote} the {photo|drawing} on page %d."
	" {Please|Only} add our name and\nthe year. A {higher|better}"
	" resolution is on {disc|the old server}; I can {send|burn} it\n"
	"{today|tomorrow} if {that|it} helps.\n\n",
	"Let us {talk|speak} on the phone: I am at my desk between {9 and 11|2"
	" and 4}, and %f\nhas the {whole|latest} story too. It is easier than"
	" {ten more mails|writing it all down}.\n\n",
	"The {parcel|crate} came {this morning|on Friday}, but {one corner was"
	" crushed|a box was\nopen}, and %d of the %d%d {glasses|boards|"
	"units} are {broken|missing}. I took {pictures|photos}\nbefore we"
	" unpacked. Does {your|the} insurance want them, or the carrier?\n\n"
};
static const char *const subjects[] = {
	"{Meeting|Review} on {Tuesday|Wednesday|Thursday}",
	"{Invoice|Order|Delivery note} 04-%n%d", "{Draft|Contract} version %d",
	"{Pump|Printer|Sensor} in hall %d", "{Offer|Quotation} %n",
	"{Hotel|Travel} {booking|plans}", "{Stock|Price} list January",
	"{Question|Questions} about {order|part} %n", "{Training|Course} in"
	" {February|March}", "{Minutes|Notes} of the {call|meeting}",
	"{Happy New Year|Best wishes for 2004}", "{Sales|Turnover} {December|"
	"fourth quarter}", "{Safety sheets|Certificates} for %r",
	"{Damaged|Late} {parcel|delivery} %n"
};
static const char *const technical[] = {
	"I {tried|built} release 0.%d.%d on {two|three} machines here. It"
	" {compiles|starts}, but the\n{second|third} test {hangs|fails} when"
	" {the directory is empty|no name server answers}. Is\nthat a known"
	" {thing|problem}, or should I {file|write} a report?\n\n",
	"> {Does|Would} anybody {mind|object} if we {drop|remove} the old"
	" {format|option}?\n\n{Not me|I do not}, but {please|let us} keep"
	" reading it for {one|another} release. We still have\n{tapes|files}"
	" from 199%d that nobody will convert before {summer|the next"
	" audit}.\n\n",
	"The {patch|diff} below {fixes|works around} the {leak|race} %f found."
	" I am not {happy|content}\nwith the name of the new function, better"
	" ideas are welcome.\n\n--- parse.c.orig\n+++ parse.c\n@@ -%n,6 +%n,8"
	" @@\n \tif (len == 0)\n \t\treturn 0;\n+\tif (len > max)\n+\t\treturn"
	" -1;\n \tcopy(buf, src, len);\n\n",
	"{Read|Have a look at} section %d.%d of the {manual|standard}: the"
	" {field|flag} is optional, so\nthe {server|peer} may leave it out. Our"
	" {code|parser} simply takes it for granted, {as\nmost do|which was"
	" fine until now}.\n\n",
	"{I will be|We are} at the {meeting|workshop} in {May|June} and could"
	" {bring|show} the {new|small}\nboard. If {three|five} of you come, we"
	" {get|can rent} a room for {free|an evening}.\n\n",
	"Numbers from my {desk|old} machine, best of %d runs: before %n ms,"
	" after %d%d ms. The\n{gain|difference} comes from {not copying the"
	" line|reading larger blocks}, as {%f|you} said.\n\n"
};
static const char *const news[] = {
	"{IN THIS ISSUE|CONTENTS}\n\n  1. {What the new year brings|A look"
	" ahead}\n  2. {Interview|A talk} with %f %f\n  3. {Dates|Events} in"
	" {January|spring}\n\n",
	"{New|Just arrived}: the {catalogue|range} for {spring|2004}, with"
	" %n items, %d%d of them {reduced|on\nsale}. Customers who order before"
	" the {20th|end of January} pay no {freight|postage}.\nSee %u\n\n",
	"{TIP OF THE MONTH|DID YOU KNOW}\n\nA {filter|belt} that is {changed|"
	"checked} every %d%d0 hours {lasts|costs} {half|twice} as\n{much|long}."
	" Our {service|web} pages show how it is done in {five|ten}"
	" minutes.\n\n",
	"{Our|The} {office|shop} is {closed|open} on {the 12th|Monday}."
	" {Orders|Questions} that reach us\nbefore are {shipped|answered} the"
	" same day. We {thank you for|look forward to}\n{another year together|"
	"your visit at the fair, hall %d}.\n\n"
};
static const char *const jsubjects[] = {
	"{お打ち合わせ|会議}の件", "{見積書|請求書|納品書}送付のご連絡",
	"新年のご挨拶", "{図面|資料}の確認のお願い", "注文番号%nについて",
	"出張の予定", "{サーバー|メール}の障害について", "納期のご相談"
};
static const char *const japanese[] = {
	"先日はお忙しい中、お時間をいただきありがとうございました。\n"
	"{見積書|資料|図面}をお送りしますので、ご確認をお願いいたします。\n\n",
	"次回の{会議|お打ち合わせ}は{火曜日|木曜日|金曜日}の"
	"{午前|午後}%d時からを\n"
	"予定しています。ご都合が悪い場合はお知らせください。\n\n",
	"注文番号%nの納期ですが、{部品|材料}の入荷が遅れているため、\n"
	"{来週|今月末}になる見込みです。ご迷惑をおかけして"
	"申し訳ございません。\n\n",
	"{昨日|今朝}お電話した件ですが、担当の者が確認したところ、\n"
	"{数量|単価}は%n{個|円}で間違いないとのことです。\n\n",
	"請求書は{郵便|別便}でお送りしました。お手数ですが、届きましたら\n"
	"ご一報いただければ幸いです。\n\n",
	"昨夜から{サーバー|メール}の調子が悪く、配信が遅れているようです。\n"
	"急ぎの場合は電話でご連絡ください。\n\n",
	"来月の出張は%d名で参ります。{駅|空港}に着くのは%d時ごろになります。\n"
	"ホテルの予約をお願いできますでしょうか。\n\n",
	"本年もどうぞよろしくお願い申し上げます。\n\n"
};

static void	say_n(struct gen *, struct out *, const char *, size_t);

/* One of the texts between the braces at t; returns what follows them. */
static const char *
spin(struct gen *g, struct out *o, const char *t, const char *end)
{
	const char *close = memchr(t, '}', (size_t)(end - t)), *bar, *s;
	unsigned k = 1;

	for (s = t; s < close; s++)
		if (*s == '|')
			k++;
	for (k = below(g, k); k > 0; k--)
		t = (const char *)memchr(t, '|', (size_t)(close - t)) + 1;
	if ((bar = memchr(t, '|', (size_t)(close - t))) == NULL)
		bar = close;
	say_n(g, o, t, (size_t)(bar - t));
	return close + 1;
}

static void
say_tag(struct gen *g, struct out *o, char tag)
{
	switch (tag) {
	case 't': put(o, g->to_name); break;
	case 's': put(o, g->from_name); break;
	case 'c': put(o, g->firm); break;
	case 'u': put(o, g->url); break;
	case 'f': put(o, PICK(g, firsts)); break;
	case 'w': put(o, PICK(g, words)); break;
	case 'd': putf(o, "%u", between(g, 1, 9)); break;
	case 'n': putf(o, "%u", between(g, 100, 999)); break;
	case 'p': putf(o, "%u.95", between(g, 19, 240)); break;
	case 'r': put(o, scribble(g, LOWER, 7).s); break;
	default: add(o, &tag, 1);
	}
}

static void
say_n(struct gen *g, struct out *o, const char *t, size_t n)
{
	const char *end = t + n, *s;

	while (t < end) {
		for (s = t; s < end && *s != '{' && *s != '%'; s++)
			continue;
		put_n(o, t, (size_t)(s - t));
		if (s == end)
			return;
		if (*s == '{') {
			t = spin(g, o, s + 1, end);
		} else {
			say_tag(g, o, s[1]);
			t = s + 2;
		}
	}
}

static void
say(struct gen *g, struct out *o, const char *t)
{
	say_n(g, o, t, strlen(t));
}

/* The same into a string. */
static void
say_line(struct gen *g, char *buf, size_t size, const char *t)
{
	g->tmp.n = 0;
	say(g, &g->tmp, t);
	set(buf, size, "%.*s", (int)g->tmp.n, g->tmp.p);
}

static void
link_to(struct gen *g, const char *domain)
{
	set(g->url, sizeof(g->url), "http://www.%s/%s/?%u", domain,
	    PICK(g, words), below(g, 100000));
}

/* Who writes to whom, for the texts that follow. */
static void
between_people(struct gen *g, const struct who *from, const struct who *to)
{
	g->from_name = from->name;
	g->to_name = to->name;
	g->firm = from->domain;
	link_to(g, from->domain);
}

static void
paragraphs(struct gen *g, const char *const *t, size_t n, unsigned count)
{
	unsigned k = below(g, n);

	for (; count > 0; count--, k++)
		say(g, &g->body, t[k % n]);
}

/*
 * Japanese.  The texts above are UTF-8; JIS X 0208 is computed for kana and
 * looked up for the few other characters they use, and the three encodings
 * of the time follow from it by arithmetic.
 */

static const struct jis {
	uint16_t	ucs, jis;
} jis_table[] = {
	{ 0x203b, 0x2228 }, { 0x3001, 0x2122 }, { 0x3002, 0x2123 },
	{ 0x3005, 0x2139 }, { 0x30fb, 0x2126 }, { 0x30fc, 0x213c },
	{ 0x4e00, 0x306c }, { 0x4e0a, 0x3e65 }, { 0x4e0d, 0x4954 },
	{ 0x4e16, 0x4024 }, { 0x4e2d, 0x4366 }, { 0x4e88, 0x4d3d },
	{ 0x4e8b, 0x3b76 }, { 0x4e95, 0x3066 }, { 0x4eca, 0x3a23 },
	{ 0x4ed8, 0x4955 }, { 0x4ee5, 0x304a }, { 0x4ef6, 0x376f },
	{ 0x4f0a, 0x304b }, { 0x4f1a, 0x3271 }, { 0x4f50, 0x3a34 },
	{ 0x4fa1, 0x3241 }, { 0x4fbf, 0x4a58 }, { 0x4fe1, 0x3f2e },
	{ 0x500b, 0x3844 }, { 0x505c, 0x4464 }, { 0x5148, 0x4068 },
	{ 0x5165, 0x467e }, { 0x5186, 0x315f }, { 0x5199, 0x3c4c },
	{ 0x51fa, 0x3d50 }, { 0x5207, 0x405a }, { 0x5225, 0x4a4c },
	{ 0x5229, 0x4d78 }, { 0x524d, 0x4130 }, { 0x52a0, 0x3243 },
	{ 0x533f, 0x463f }, { 0x5348, 0x3861 }, { 0x5358, 0x4331 },
	{ 0x53c2, 0x3b32 }, { 0x53f7, 0x3966 }, { 0x5408, 0x3967 },
	{ 0x5409, 0x3548 }, { 0x540d, 0x4c3e }, { 0x544a, 0x3970 },
	{ 0x548c, 0x4f42 }, { 0x54c1, 0x494a }, { 0x54e1, 0x3077 },
	{ 0x55b6, 0x3144 }, { 0x56de, 0x3273 }, { 0x56f3, 0x3f5e },
	{ 0x5728, 0x3a5f }, { 0x5831, 0x4a73 }, { 0x5834, 0x3e6c },
	{ 0x591a, 0x423f }, { 0x591c, 0x4c6b }, { 0x592a, 0x4240 },
	{ 0x592b, 0x4957 }, { 0x5931, 0x3c3a }, { 0x5973, 0x3d77 },
	{ 0x5b50, 0x3b52 }, { 0x5b88, 0x3c69 }, { 0x5b9a, 0x446a },
	{ 0x5b9f, 0x3c42 }, { 0x5bb3, 0x3332 }, { 0x5bc6, 0x4c29 },
	{ 0x5c0f, 0x3e2e }, { 0x5c4a, 0x464f }, { 0x5c71, 0x3b33 },
	{ 0x5e74, 0x472f }, { 0x5e78, 0x392c }, { 0x5e83, 0x392d },
	{ 0x5f0f, 0x3c30 }, { 0x5f35, 0x4425 }, { 0x5f53, 0x4576 },
	{ 0x5f85, 0x4254 }, { 0x5f8c, 0x3865 }, { 0x5fa1, 0x3866 },
	{ 0x5fd9, 0x4b3b }, { 0x6025, 0x355e }, { 0x6027, 0x402d },
	{ 0x6075, 0x3743 }, { 0x60aa, 0x302d }, { 0x60d1, 0x4f47 },
	{ 0x624b, 0x3c6a }, { 0x6253, 0x4247 }, { 0x627f, 0x3e35 },
	{ 0x62c5, 0x4334 }, { 0x62f6, 0x3b22 }, { 0x6328, 0x3027 },
	{ 0x6570, 0x3f74 }, { 0x6587, 0x4a38 }, { 0x6599, 0x4e41 },
	{ 0x65b0, 0x3f37 }, { 0x65e5, 0x467c }, { 0x6628, 0x3a72 },
	{ 0x6642, 0x3b7e }, { 0x66dc, 0x4d4b }, { 0x66f8, 0x3d71 },
	{ 0x6708, 0x376e }, { 0x671d, 0x442b }, { 0x671f, 0x347c },
	{ 0x6728, 0x4c5a }, { 0x672a, 0x4c24 }, { 0x672b, 0x4b76 },
	{ 0x672c, 0x4b5c }, { 0x6750, 0x3a60 }, { 0x6751, 0x423c },
	{ 0x6765, 0x4d68 }, { 0x677e, 0x3e3e }, { 0x6797, 0x4e53 },
	{ 0x682a, 0x3374 }, { 0x696d, 0x3648 }, { 0x69d8, 0x4d4d },
	{ 0x6a4b, 0x3636 }, { 0x6b21, 0x3c21 }, { 0x6b62, 0x3b5f },
	{ 0x6c42, 0x3561 }, { 0x6ce8, 0x436d }, { 0x6d0b, 0x4d4e },
	{ 0x6e21, 0x454f }, { 0x6e2f, 0x3941 }, { 0x706b, 0x3250 },
	{ 0x7121, 0x4c35 }, { 0x7136, 0x4133 }, { 0x7528, 0x4d51 },
	{ 0x7530, 0x4544 }, { 0x7533, 0x3f3d }, { 0x753a, 0x442e },
	{ 0x756a, 0x4856 }, { 0x767b, 0x4550 }, { 0x76f8, 0x416a },
	{ 0x771f, 0x3f3f }, { 0x7740, 0x4365 }, { 0x77e5, 0x434e },
	{ 0x78ba, 0x334e }, { 0x793c, 0x4e69 }, { 0x793e, 0x3c52 },
	{ 0x79d8, 0x486b }, { 0x7a4d, 0x4051 }, { 0x7a7a, 0x3675 },
	{ 0x7a81, 0x464d }, { 0x7d04, 0x4c73 }, { 0x7d0d, 0x473c },
	{ 0x7d61, 0x4d6d }, { 0x8005, 0x3c54 }, { 0x82b1, 0x3256 },
	{ 0x8377, 0x3259 }, { 0x85e4, 0x4623 }, { 0x884c, 0x3954 },
	{ 0x898b, 0x382b }, { 0x8a33, 0x4c75 }, { 0x8a71, 0x4f43 },
	{ 0x8a8d, 0x4727 }, { 0x8aa0, 0x403f }, { 0x8abf, 0x4434 },
	{ 0x8ac7, 0x434c }, { 0x8acb, 0x4041 }, { 0x8afe, 0x427a },
	{ 0x8b70, 0x3544 }, { 0x8cbb, 0x4871 }, { 0x8cc7, 0x3b71 },
	{ 0x8ee2, 0x453e }, { 0x8fba, 0x4a55 }, { 0x8fbc, 0x397e },
	{ 0x8fd1, 0x3661 }, { 0x8fd4, 0x4a56 }, { 0x8ff7, 0x4c42 },
	{ 0x9001, 0x4177 }, { 0x901a, 0x444c }, { 0x9023, 0x4f22 },
	{ 0x9031, 0x3d35 }, { 0x9045, 0x4359 }, { 0x9055, 0x3063 },
	{ 0x90ce, 0x4f3a }, { 0x90e8, 0x4974 }, { 0x90f5, 0x4d39 },
	{ 0x90fd, 0x4554 }, { 0x914d, 0x475b }, { 0x91cf, 0x4e4c },
	{ 0x91d1, 0x3662 }, { 0x9234, 0x4e6b }, { 0x9332, 0x4f3f },
	{ 0x9593, 0x3456 }, { 0x969c, 0x3e63 }, { 0x96fb, 0x4545 },
	{ 0x9762, 0x4c4c }, { 0x9858, 0x346a }, { 0x99c5, 0x3158 },
	{ 0x9ad8, 0x3962 }
};

static unsigned
to_jis(unsigned ucs)
{
	size_t low = 0, high = NELEM(jis_table), mid;

	if (ucs >= 0x3041 && ucs <= 0x3093)
		return 0x2421 + ucs - 0x3041;
	if (ucs >= 0x30a1 && ucs <= 0x30f6)
		return 0x2521 + ucs - 0x30a1;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (jis_table[mid].ucs == ucs)
			return jis_table[mid].jis;
		if (jis_table[mid].ucs < ucs)
			low = mid + 1;
		else
			high = mid;
	}
	errx(1, "U+%04X is not in the table", ucs);
}

static void
add_wide(struct out *o, unsigned jis, enum charset cs)
{
	unsigned high = jis >> 8, low = jis & 255;
	char c[2];

	if (cs == SJIS) {
		low += high & 1 ? (low > 0x5f ? 0x20 : 0x1f) : 0x7e;
		high = (high + 1) / 2 + (high < 0x5f ? 0x70 : 0xb0);
	} else if (cs == EUCJP) {
		high |= 0x80;
		low |= 0x80;
	}
	c[0] = (char)high;
	c[1] = (char)low;
	add(o, c, 2);
}

static void
encode(struct out *o, const char *s, size_t n, enum charset cs)
{
	const unsigned char *p = (const unsigned char *)s, *end = p + n;
	bool wide = false, is;

	if (cs == ASCII || cs == LATIN1 || cs == UTF8) {
		add(o, s, n);
		return;
	}
	while (p < end) {
		is = *p >= 0x80;
		if (cs == ISO2022JP && is != wide)
			add(o, is ? "\033$B" : "\033(B", 3);
		wide = is;
		if (is) {
			add_wide(o, to_jis((p[0] & 15u) << 12 |
			    (p[1] & 63u) << 6 | (p[2] & 63u)), cs);
			p += 3;
		} else
			add(o, p++, 1);
	}
	if (cs == ISO2022JP && wide)
		add(o, "\033(B", 3);
}

static const char *
charset_name(enum charset cs)
{
	static const char *const names[] = {
		"us-ascii", "iso-8859-1", "ISO-2022-JP", "Shift_JIS", "EUC-JP",
		"UTF-8"
	};

	return names[cs];
}

/* RFC 2047: words of at most ten characters, so that each is short enough. */
static void
encoded_words(struct gen *g, char *buf, size_t size, const char *s,
    enum charset cs)
{
	size_t n, count, used = 0;

	for (buf[0] = '\0'; *s != '\0'; s += n) {
		for (n = count = 0; s[n] != '\0' && count < 10; count++)
			n += (unsigned char)s[n] >= 0x80 ? 3 : 1;
		g->tmp.n = 0;
		encode(&g->tmp, s, n, cs);
		g->html.n = 0;
		put_base64(&g->html, g->tmp.p, g->tmp.n, false);
		set(buf + used, size - used, "%s=?%s?B?%.*s?=",
		    used > 0 ? "\n\t" : "", charset_name(cs),
		    (int)g->html.n, g->html.p);
		used += strlen(buf + used);
	}
}

static bool
is_japanese(enum charset cs)
{
	return cs >= ISO2022JP;
}

/* A person as From and To have them. */
static void
mailbox(struct gen *g, char *buf, size_t size, const struct who *w,
    enum charset cs)
{
	char name[256];

	if (is_japanese(cs) && w->jname[0] != '\0') {
		encoded_words(g, name, sizeof(name), w->jname, cs);
		set(buf, size, "%s <%s>", name, w->addr);
	} else if (chance(g, 12))
		set(buf, size, "%s", w->addr);
	else
		set(buf, size, chance(g, 50) ? "\"%s\" <%s>" : "%s <%s>",
		    w->name, w->addr);
}

static void
subject(struct gen *g, struct letter *l, const char *prefix, const char *t)
{
	char s[256];

	say_line(g, s, sizeof(s), t);
	if (is_japanese(l->charset)) {
		encoded_words(g, l->subject, sizeof(l->subject), s,
		    l->charset);
		return;
	}
	set(l->subject, sizeof(l->subject), "%s%s", prefix, s);
}

/*
 * MIME.  The body stands in g->body and is written in one of four ways.
 */

static void
make_html(struct gen *g)
{
	const char *s = g->body.p, *end = s + g->body.n;
	struct out *o = &g->html;

	o->n = 0;
	put(o, "<html>\n<head><title></title></head>\n"
	    "<body bgcolor=\"#ffffff\">\n<p><font face=\"Arial\" size=2>");
	for (; s < end; s++) {
		if (*s == '<')
			put(o, "&lt;");
		else if (*s == '>')
			put(o, "&gt;");
		else if (end - s > 3 && memcmp(s, "\r\n\r\n", 4) == 0) {
			put(o, "</font></p>\n<p><font face=\"Arial\" size=2>");
			s += 3;
		} else if (end - s > 1 && memcmp(s, "\r\n", 2) == 0) {
			put(o, "<br>\n");
			s++;
		} else
			add(o, s, 1);
	}
	put(o, "</font></p>\n</body>\n</html>\n");
}

static void
text_part(struct out *o, const struct out *src, const char *type,
    enum charset cs)
{
	static const char *const transfer[] = {
		"7bit", "8bit", "7bit", "8bit", "8bit", "base64"
	};

	putf(o, "Content-Type: %s;\n\tcharset=\"%s\"\n"
	    "Content-Transfer-Encoding: %s\n\n", type, charset_name(cs),
	    transfer[cs]);
	if (cs == UTF8)
		put_base64(o, src->p, src->n, true);
	else
		encode(o, src->p, src->n, cs);
}

/* How files of a type begin: as far as a program looks that asks for it. */
struct blob {
	const char	*p;
	unsigned	 n;
};
#define BLOB(s)	{ (s), sizeof(s) - 1 }

static const struct blob pdf_head = BLOB("%PDF-1.3\n%\xe2\xe3\xcf\xd3\n");
static const struct blob jpeg_head =
    BLOB("\xff\xd8\xff\xe0\0\020JFIF\0\001\001\001\0\140\0\140\0\0");
static const struct blob zip_head =	/* one file, deflated: list.txt */
    BLOB("PK\003\004\024\0\0\0\010\0\113\010\045\060\264\134\213\016"
    "\300\017\0\0\0\040\0\0\010\0\0\0list.txt");
static const struct blob ole_head =	/* sectors of 512 bytes */
    BLOB("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0\0\0\0\0\0\0\0\0\0"
    "\0\0\0\076\0\003\0\xfe\xff\011\0\006\0\0\0\0\0\0\0");

static const struct blob exe_head =
    BLOB("MZ\220\0\003\0\0\0\004\0\0\0\377\377\0\0\270\0\0\0");
static const struct blob packed_exe_head =	/* of letter.scr */
    BLOB("PK\003\004\024\0\0\0\010\0\113\010\045\060\264\134\213\016"
    "\300\017\0\0\0\040\0\0\012\0\0\0letter.scr");

static void
attach(struct gen *g, struct out *o, const char *type, const char *suffix,
    const struct blob *head, size_t n)
{
	char name[80];

	set(name, sizeof(name), "%s%u.%s", PICK(g, words), below(g, 100),
	    suffix);
	putf(o, "Content-Type: %s; name=\"%s\"\n"
	    "Content-Transfer-Encoding: base64\n"
	    "Content-Disposition: attachment; filename=\"%s\"\n\n",
	    type, name, name);
	g->tmp.n = 0;
	add(&g->tmp, head->p, head->n);
	add_noise(g, &g->tmp, n > 0 ? n : between(g, 500, 2200));
	put_base64(o, g->tmp.p, g->tmp.n, true);
}

static void
worm(struct gen *g, struct out *o, size_t n)
{
	static const char *const suffixes[] = {
		"pif", "scr", "exe", "txt.pif", "doc.scr", "bat", "cmd"
	};

	if (chance(g, 35))
		attach(g, o, "application/zip", "zip", &packed_exe_head, n);
	else
		attach(g, o, "application/octet-stream", PICK(g, suffixes),
		    &exe_head, n);
}

/* A file of n bytes; of some, when n is 0. */
static void
attachment(struct gen *g, struct out *o, size_t n)
{
	static const struct {
		const char *type, *suffix;
		const struct blob *head;
	} kinds[] = {
		{ "application/pdf", "pdf", &pdf_head },
		{ "application/msword", "doc", &ole_head },
		{ "application/vnd.ms-excel", "xls", &ole_head },
		{ "image/jpeg", "jpg", &jpeg_head },
		{ "application/zip", "zip", &zip_head }
	};
	unsigned k;

	if (g->infected) {
		worm(g, o, n);
		return;
	}
	k = below(g, NELEM(kinds));
	attach(g, o, kinds[k].type, kinds[k].suffix, kinds[k].head, n);
}

static void
multipart(struct gen *g, struct out *o, enum style style, enum charset cs)
{
	struct text b;

	set(b.s, sizeof(b.s), "----=_NextPart_000_%s_01C3D3F4.%s",
	    scribble(g, HEX, 4).s, scribble(g, HEX, 8).s);
	putf(o, "Content-Type: multipart/%s;\n\tboundary=\"%s\"\n\n"
	    "This is a multi-part message in MIME format.\n\n--%s\n",
	    style == ATTACHED ? "mixed" : "alternative", b.s, b.s);
	text_part(o, &g->body, "text/plain", cs);
	putf(o, "\n--%s\n", b.s);
	if (style == ATTACHED)
		attachment(g, o, 0);
	else {
		make_html(g);
		text_part(o, &g->html, "text/html", cs);
	}
	putf(o, "\n--%s--\n", b.s);
}

static void
mime_body(struct gen *g, struct out *o, enum style style, enum charset cs)
{
	if (style == PLAIN)
		text_part(o, &g->body, "text/plain", cs);
	else if (style == HTML) {
		make_html(g);
		text_part(o, &g->html, "text/html", cs);
	} else
		multipart(g, o, style, cs);
}

/* Bytes of a message of --large: log-normal, as those of real mail are. */
static size_t
large_size(struct gen *g)
{
	double normal = -6, n;
	int i;

	for (i = 0; i < 12; i++)	/* near enough, and always the same */
		normal += below(g, 1 << 20) / (double)(1 << 20);
	n = 4000 * exp(1.48 * normal);
	return n < LONGEST ? (size_t)n : LONGEST;
}

/*
 * Lengthen the text, as far as text is what makes mail long; returns how many
 * bytes of an attachment are still missing.
 */
static size_t
lengthen(struct gen *g, const struct out *o, enum style style, enum charset cs)
{
	size_t size = large_size(g), text = between(g, 2000, 8000);
	size_t copies = style == ALTERNATIVE ? 2 : 1;

	while (o->n + copies * g->body.n < (size < text ? size : text))
		if (is_japanese(cs))
			paragraphs(g, japanese, NELEM(japanese), 1);
		else
			paragraphs(g, business, NELEM(business), 1);
	text = o->n + copies * g->body.n;
	return size > text + 1000 ? (size - text) / 4 * 3 : 0;
}

static void
enclose(struct gen *g, struct out *o, enum style style, enum charset cs,
    size_t n)
{
	char b[64];

	set(b, sizeof(b), "----=_NextPart_%s", scribble(g, HEX, 16).s);
	putf(o, "Content-Type: multipart/mixed; boundary=\"%s\"\n\n"
	    "This is a multi-part message in MIME format.\n\n--%s\n", b, b);
	mime_body(g, o, style == ATTACHED ? PLAIN : style, cs);
	putf(o, "\n--%s\n", b);
	attachment(g, o, n);
	putf(o, "\n--%s--\n", b);
}

static void
large_mime(struct gen *g, struct out *o, enum style style, enum charset cs)
{
	size_t n = lengthen(g, o, style, cs);

	if (n > 0)
		enclose(g, o, style, cs, n);
	else
		mime_body(g, o, style, cs);
}

static void
mime(struct gen *g, struct out *o, enum style style, enum charset cs)
{
	put(o, "MIME-Version: 1.0\n");
	(g->large ? large_mime : mime_body)(g, o, style, cs);
}

static void
letter(struct gen *g, struct out *o, const struct letter *l)
{
	putf(o, "Message-ID: %s\nFrom: %s\n", l->id, l->from);
	if (l->to[0] != '\0')
		putf(o, "To: %s\n", l->to);
	putf(o, "Subject: %s\nDate: %s\n%s", l->subject,
	    stamp(l->date, l->tz).s, l->extra);
	if (l->mailer != NULL)
		putf(o, "X-Mailer: %s\n", l->mailer);
	mime(g, o, l->style, l->charset);
}

/*
 * Traces.
 */

/* On top of everything that an IMS of 5.5 sends on. */
static void
by_ims(struct gen *g, struct out *o, time_t at)
{
	putf(o, "Received: by " SERVER " with Internet Mail Service "
	    "(5.5.2653.19)\n\tid <%s>; %s\n", scribble(g, UPPER, 8).s,
	    stamp(at + (time_t)between(g, 1, 40), JST).s);
}

static void
sent_on(struct gen *g, struct out *o)
{
	if (g->m.folder == OUT || g->m.folder == OUT_ARCHIVE)
		by_ims(g, o, g->m.at);
}

/* What our server writes of a connection. */
static void
our_hop(struct gen *g, struct out *o, const struct peer *p, time_t at)
{
	const char *ip = p->ip;

	if (g->gateway && strncmp(ip, "10.1.", 5) != 0 &&
	    strncmp(ip, "192.0.2.", 8) != 0)
		ip = GATEWAY_IP;
	if (g->m.tree == IMC)
		putf(o, "Received: from %s ([%s]) by " SERVER " with SMTP "
		    "(Microsoft Exchange Internet Mail Service Version "
		    "5.5.2653.13)\n\tid %s; %s\n", p->helo, ip,
		    scribble(g, UPPER, 8).s, stamp(at, JST).s);
	else
		putf(o, "Received: from %s ([%s]) by " SERVER " with "
		    "Microsoft SMTPSVC(6.0.3790.4675);\n\t %s\n", p->helo, ip,
		    stamp(at, JST).s);
}

/* The message came over SMTP from this peer. */
static void
arrive(struct gen *g, struct out *o, const struct peer *p)
{
	set(g->m.peer, sizeof(g->m.peer), "%s", p->helo);
	sent_on(g, o);
	our_hop(g, o, p, g->m.at);
}

static void
hop_postfix(struct gen *g, struct out *o, const struct hop *h)
{
	putf(o, "Received: from %s (%s [%s])\n\tby %s (Postfix) with %s\n"
	    "\tid %s; %s\n", h->helo, chance(g, 50) ? "unknown" : h->helo,
	    h->ip, h->by, chance(g, 50) ? "ESMTP" : "SMTP",
	    scribble(g, HEX, 10).s, stamp(h->at, h->tz).s);
}

static void
hop_postfix_for(struct gen *g, struct out *o, const struct hop *h)
{
	putf(o, "Received: from %s (%s [%s])\n\tby %s (Postfix) with ESMTP "
	    "id %s\n\tfor <%s>; %s\n", h->helo, h->helo, h->ip, h->by,
	    scribble(g, HEX, 10).s, h->rcpt, stamp(h->at, h->tz).s);
}

static void
hop_exim(struct gen *g, struct out *o, const struct hop *h)
{
	putf(o, "Received: from [%s] (helo=%s)\n\tby %s with esmtp (Exim "
	    "4.24)\n\tid 1Ad%s-000%s-00\n\tfor %s; %s\n", h->ip, h->helo,
	    h->by, scribble(g, LOWER, 3).s, scribble(g, UPPER, 3).s, h->rcpt,
	    stamp(h->at, h->tz).s);
}

static void
hop_sendmail(struct gen *g, struct out *o, const struct hop *h)
{
	putf(o, "Received: from %s (%s [%s])\n\tby %s (8.12.10/8.12.10) with "
	    "ESMTP id i05%s\n\tfor <%s>; %s\n", h->helo, h->helo, h->ip,
	    h->by, scribble(g, "0123456789", 9).s, h->rcpt,
	    stamp(h->at, h->tz).s);
}

/* qmail writes two fields, in its own form of date, always in UTC. */
static void
hop_qmail(struct gen *g, struct out *o, const struct hop *h)
{
	struct text day = stamp(h->at, 0);
	int n = (int)strlen(day.s) - 5;		/* less the zone */

	putf(o, "Received: (qmail %u invoked from network); %.*s-0000\n"
	    "Received: from unknown (HELO %s) (%s)\n  by %s with SMTP; "
	    "%.*s-0000\n", between(g, 900, 30000), n - 5, day.s + 5, h->helo,
	    h->ip, h->by, n - 5, day.s + 5);
}

static void
hop_smtpsvc(struct gen *g, struct out *o, const struct hop *h)
{
	(void)g;
	putf(o, "Received: from %s ([%s]) by %s with Microsoft "
	    "SMTPSVC(5.0.2195.6713);\n\t %s\n", h->helo, h->ip, h->by,
	    stamp(h->at, h->tz).s);
}

static void
hop_domino(struct gen *g, struct out *o, const struct hop *h)
{
	putf(o, "Received: from %s ([%s])\n          by %s (Lotus Domino "
	    "Release 5.0.11)\n          with SMTP id 20040105%u ;\n"
	    "          %s\n", h->helo, h->ip, h->by, below(g, 240000),
	    stamp(h->at, h->tz).s);
}

static void
hop_web(struct gen *g, struct out *o, const struct hop *h)
{
	putf(o, "Received: from [%s] by web%u.%s via HTTP; %s\n", h->ip,
	    between(g, 1, 9), h->by, stamp(h->at, h->tz).s);
}

static void
older_hop(struct gen *g, struct out *o, const struct hop *h)
{
	static void (*const forms[])(struct gen *, struct out *,
	    const struct hop *) = {
		hop_postfix, hop_postfix_for, hop_exim, hop_sendmail,
		hop_qmail, hop_smtpsvc, hop_domino
	};

	PICK(g, forms)(g, o, h);
}

/*
 * The way of an honest message inside its own domain, newest hop first: none
 * to three hops from the writer's machine to the host that talks to the world.
 */
static void
honest_hops(struct gen *g, struct out *o, const struct peer *host,
    const char *rcpt, time_t at, int tz)
{
	unsigned n = below(g, 4);
	char by[96], helo[96], ip[48];
	struct hop h = { helo, ip, by, rcpt, at, tz };

	set(by, sizeof(by), "%s", host->helo);
	for (; n > 0; n--) {
		h.at -= (time_t)between(g, 1, 50);
		if (n > 1)
			set(helo, sizeof(helo), "in%u.%s", n,
			    strchr(host->helo, '.') + 1);
		else
			set(helo, sizeof(helo), "%s", PICK(g, words));
		if (n > 1 && chance(g, 15))
			set(ip, sizeof(ip), "2001:db8:bad:%x::%x",
			    hash(by) & 0xfff, n);
		else
			set(ip, sizeof(ip), "192.168.%u.%u", below(g, 20),
			    between(g, 2, 250));
		if (n == 1 && chance(g, 15))
			hop_web(g, o, &h);
		else
			older_hop(g, o, &h);
		set(by, sizeof(by), "%s", helo);
		if (strchr(by, '.') == NULL)
			break;
	}
}

/* What a spammer makes up to hide behind. */
static void
forged_hops(struct gen *g, struct out *o, unsigned n, const char *rcpt)
{
	struct peer a, b;
	struct hop h = { a.helo, a.ip, b.helo, rcpt, 0, 0 };

	for (; n > 0; n--) {
		bot(g, &a);
		host_of(&b, PICK(g, freemails));
		h.at = g->m.at - 7200 + (time_t)below(g, 10800);
		h.tz = some_tz(g);
		older_hop(g, o, &h);
	}
}

/*
 * Reports, in the form of the program that makes them.  The message returned
 * stands in g->orig.
 */

static const struct cause causes[] = {
	{ "5.1.1", "550", "User unknown", "000C05A6) Unknown Recipient" },
	{ "5.1.1", "550", "no such mailbox here", "000C05A6) Unknown "
	    "Recipient" },
	{ "5.2.2", "552", "Mailbox full, quota exceeded", "000B09B6) The "
	    "recipient's mailbox is full" },
	{ "5.7.1", "554", "Message looks like spam, refused", "000B09AA) "
	    "Unable to deliver the message" },
	{ "5.1.2", "550", "Host or domain name not found", "000B099C) Host "
	    "unknown" },
	{ "5.2.1", "550", "Account has been disabled", "000C05A6) Unknown "
	    "Recipient" }
};
static const struct cause late = {
	"4.4.1", "450", "Connection timed out", "000B099C) Host unknown"
};

static void
give_back(struct gen *g, struct out *o, const struct report *r)
{
	const char *end;
	size_t n = g->orig.n;

	if (r->ret == HEADERS) {
		end = memmem(g->orig.p, n, "\r\n\r\n", 4);
		n = end == NULL ? n : (size_t)(end + 2 - g->orig.p);
	}
	add(o, g->orig.p, n);
}

/* The last part of a multipart/report. */
static void
returned_part(struct gen *g, struct out *o, const struct report *r,
    const char *boundary)
{
	if (r->ret != NOTHING) {
		putf(o, "--%s\nContent-Type: %s\n\n", boundary,
		    r->ret == WHOLE ? "message/rfc822" : "text/rfc822-headers");
		give_back(g, o, r);
		put(o, "\n");
	}
	putf(o, "--%s--\n", boundary);
}

/* RFC 3464. */
static void
status_part(struct out *o, const struct report *r, const char *boundary)
{
	putf(o, "--%s\nContent-Type: message/delivery-status\n\n"
	    "Reporting-MTA: dns; %s\nArrival-Date: %s\n\n"
	    "Final-Recipient: rfc822; %s\nAction: %s\nStatus: %s\n"
	    "Diagnostic-Code: smtp; %s %s %s\n\n", boundary, r->mta,
	    stamp(r->about->date, r->tz).s, r->rcpt,
	    r->delay ? "delayed" : "failed", r->cause->status,
	    r->cause->reply, r->cause->status, r->cause->text);
}

static void
form_postfix(struct gen *g, struct out *o, const struct report *r)
{
	struct text id = scribble(g, HEX, 10), b;

	set(b.s, sizeof(b.s), "%s.10733%u/%.30s", id.s, below(g, 100000),
	    r->mta);
	putf(o, "Received: by %s (Postfix)\n\tid %s; %s\nDate: %s\n"
	    "From: MAILER-DAEMON@%s (Mail Delivery System)\nSubject: %s\n"
	    "To: %s\nMIME-Version: 1.0\nContent-Type: multipart/report; "
	    "report-type=delivery-status;\n\tboundary=\"%s\"\n"
	    "Message-Id: <2004010523.%s@%s>\n\n"
	    "This is a MIME-encapsulated message.\n\n--%s\n"
	    "Content-Description: Notification\nContent-Type: text/plain\n\n",
	    r->mta, id.s, stamp(r->at, r->tz).s, stamp(r->at, r->tz).s,
	    r->mta, r->delay ? "Delayed Mail (still being retried)" :
	    "Undelivered Mail Returned to Sender", r->to, b.s, id.s, r->mta,
	    b.s);
	putf(o, "This is the Postfix program at host %s.\n\n%s\n\n"
	    "For help, write to <postmaster>; keep this report.\n\n"
	    "\t\t\tThe Postfix program\n\n<%s>: host %s said: %s %s (in\n"
	    "    reply to RCPT TO command)\n\n", r->mta, r->delay ?
	    "Your message could not be delivered yet. It is kept in the "
	    "queue\nand tried again; there is nothing you have to do." :
	    "Your message could not be delivered to one or more addresses.\n"
	    "It is returned below.", r->rcpt, strchr(r->rcpt, '@') + 1,
	    r->cause->reply, r->cause->text);
	status_part(o, r, b.s);
	returned_part(g, o, r, b.s);
}

static void
form_iis(struct gen *g, struct out *o, const struct report *r)
{
	struct text b;

	set(b.s, sizeof(b.s), "9B095B5ADSN=_01C3D3F4%s%.12s",
	    scribble(g, HEX, 16).s, r->mta);
	putf(o, "From: postmaster@%s\nTo: %s\nDate: %s\nMIME-Version: 1.0\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\n"
	    "\tboundary=\"%s\"\nX-DSNContext: %s - %u - 00000002 - %s\n"
	    "Message-ID: <%s0000%s@%s>\n"
	    "Subject: Delivery Status Notification (%s)\n\n"
	    "This is a MIME-formatted message.\n\n--%s\n"
	    "Content-Type: text/plain; charset=unicode-1-1-utf-7\n\n"
	    "This is an automatically generated Delivery Status "
	    "Notification.\n\n%s\n\n       %s\n\n\n\n",
	    strchr(r->mta, '.') + 1, r->to, stamp(r->at, r->tz).s, b.s,
	    "7ce717b1", between(g, 1100, 1400),
	    r->delay ? "80040406" : "C00402CF", scribble(g, UPPER, 9).s,
	    scribble(g, HEX, 4).s, r->mta, r->delay ? "Delay" : "Failure",
	    b.s, r->delay ? "Delivery to the following recipients has been "
	    "delayed." : "Delivery to the following recipients failed.",
	    r->rcpt);
	status_part(o, r, b.s);
	returned_part(g, o, r, b.s);
}

static void
form_ex2003(struct gen *g, struct out *o, const struct report *r)
{
	struct text b;

	set(b.s, sizeof(b.s), "----_=_NextPart_001_01C3D3F4.%s",
	    scribble(g, HEX, 8).s);
	putf(o, "Content-class: urn:content-classes:dsn\nMIME-Version: 1.0\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\n"
	    "\tboundary=\"%s\"\nX-MimeOLE: Produced By Microsoft Exchange "
	    "V6.0.6487.1\nSubject: Undeliverable: %s\nDate: %s\n"
	    "Message-ID: <%s@%s>\nX-MS-Has-Attach: \n"
	    "From: \"System Administrator\" <postmaster@%s>\nTo: <%s>\n\n"
	    "This is a multi-part message in MIME format.\n\n--%s\n"
	    "Content-Type: text/plain;\n\tcharset=\"iso-8859-1\"\n\n",
	    b.s, r->about->subject, stamp(r->at, r->tz).s,
	    scribble(g, HEX, 32).s, r->mta, strchr(r->mta, '.') + 1, r->to,
	    b.s);
	putf(o, "Your message\n\n  To:      %s\n  Subject: %s\n  Sent:    %s"
	    "\n\ndid not reach the following recipient(s):\n\n%s on %s\n"
	    "    %s\n    <%s #%s>\n\n", r->rcpt, r->about->subject,
	    stamp(r->about->date, r->tz).s, r->rcpt, stamp(r->at, r->tz).s,
	    r->cause->text, r->mta, r->cause->status);
	status_part(o, r, b.s);
	returned_part(g, o, r, b.s);
}

static void
form_qmail(struct gen *g, struct out *o, const struct report *r)
{
	struct text day = stamp(r->at, 0);
	int n = (int)strlen(day.s) - 10;

	putf(o, "Received: (qmail %u invoked for bounce); %.*s-0000\n"
	    "Date: %.*s-0000\nFrom: MAILER-DAEMON@%s\nTo: %s\n"
	    "Subject: failure notice\n\nHi. This is the qmail-send program at "
	    "%s.\nYour message could not be delivered to the addresses below."
	    "\nThis is a permanent error; I have given up. Sorry.\n\n<%s>:\n"
	    "%s does not like recipient.\nRemote host said: %s %s\n"
	    "Giving up on this host.\n\n", between(g, 900, 30000), n,
	    day.s + 5, n, day.s + 5, r->mta, r->to, r->mta, r->rcpt,
	    strchr(r->rcpt, '@') + 1, r->cause->reply, r->cause->text);
	if (r->ret == NOTHING)
		return;
	putf(o, "--- Below this line is a copy of the message.\n\n"
	    "Return-Path: <%s>\n", r->to);
	give_back(g, o, r);
}

/* The text both ages of sendmail write. */
static void
transcript(struct out *o, const struct report *r)
{
	putf(o, "The original message was received at %s\nfrom localhost\n\n"
	    "   ----- The following addresses had %s errors -----\n<%s>\n\n"
	    "   ----- Transcript of session follows -----\n"
	    "... while talking to %s.:\n>>> RCPT To:<%s>\n<<< %s %s\n"
	    "%s <%s>... %s\n\n", stamp(r->about->date, r->tz).s,
	    r->delay ? "transient non-fatal" : "permanent fatal", r->rcpt,
	    strchr(r->rcpt, '@') + 1, r->rcpt, r->cause->reply,
	    r->cause->text, r->cause->reply, r->rcpt, r->cause->text);
}

static void
form_sendmail(struct gen *g, struct out *o, const struct report *r)
{
	struct text id, b;

	set(id.s, sizeof(id.s), "i05%s", scribble(g, "0123456789", 9).s);
	set(b.s, sizeof(b.s), "%s.1073%u/%.30s", id.s, below(g, 1000000),
	    r->mta);
	putf(o, "Received: from localhost (localhost)\n\tby %s (8.12.10/"
	    "8.12.10) id %s;\n\t%s\nDate: %s\nFrom: Mail Delivery Subsystem "
	    "<MAILER-DAEMON@%s>\nMessage-Id: <2004010523.%s@%s>\nTo: <%s>\n"
	    "MIME-Version: 1.0\nContent-Type: multipart/report; "
	    "report-type=delivery-status;\n\tboundary=\"%s\"\nSubject: %s\n"
	    "Auto-Submitted: auto-generated (%s)\n\n"
	    "This is a MIME-encapsulated message\n\n--%s\n\n",
	    r->mta, id.s, stamp(r->at, r->tz).s, stamp(r->at, r->tz).s,
	    r->mta, id.s, r->mta, r->to, b.s, r->delay ?
	    "Warning: could not send message for past 4 hours" :
	    "Returned mail: see transcript for details",
	    r->delay ? "warning-timeout" : "failure", b.s);
	transcript(o, r);
	status_part(o, r, b.s);
	returned_part(g, o, r, b.s);
}

/* As it was before MIME. */
static void
form_old_sendmail(struct gen *g, struct out *o, const struct report *r)
{
	struct text id = scribble(g, UPPER, 3);

	putf(o, "Received: from localhost by %s (8.6.12/8.6.12)\n\twith "
	    "internal id %sA%05u; %s\nDate: %s\nFrom: MAILER-DAEMON@%s "
	    "(Mail Delivery Subsystem)\nSubject: Returned mail: %s\n"
	    "Message-Id: <2004010523.%sA12@%s>\nTo: %s\n\n", r->mta, id.s,
	    between(g, 1000, 30000), stamp(r->at, r->tz).s,
	    stamp(r->at, r->tz).s, r->mta, r->cause->text, id.s, r->mta,
	    r->to);
	transcript(o, r);
	if (r->ret == NOTHING)
		return;
	put(o, "   ----- Unsent message follows -----\n");
	give_back(g, o, r);
}

static void
form_exim(struct gen *g, struct out *o, const struct report *r)
{
	struct text id;

	set(id.s, sizeof(id.s), "1Ad%s-000%s-00", scribble(g, LOWER, 3).s,
	    scribble(g, UPPER, 3).s);
	putf(o, "Received: from mailnull by %s with local (Exim 4.24)\n"
	    "\tid %s\n\tfor %s; %s\nX-Failed-Recipients: %s\n"
	    "From: Mail Delivery System <Mailer-Daemon@%s>\nTo: %s\n"
	    "Subject: Mail delivery failed: returning message to sender\n"
	    "Message-Id: <E%s@%s>\nDate: %s\n\nThis message was created "
	    "automatically by mail delivery software.\n\nA message that you "
	    "sent could not be delivered to all of its\nrecipients. The "
	    "following address(es) failed:\n\n  %s\n    SMTP error from "
	    "remote mailer after RCPT TO:<%s>:\n    host %s: %s %s\n\n",
	    r->mta, id.s, r->to, stamp(r->at, r->tz).s, r->rcpt, r->mta,
	    r->to, id.s, r->mta, stamp(r->at, r->tz).s, r->rcpt, r->rcpt,
	    strchr(r->rcpt, '@') + 1, r->cause->reply, r->cause->text);
	if (r->ret == NOTHING)
		return;
	putf(o, "------ This is a copy of the message, including all the "
	    "headers. ------\n%s\n", r->ret == WHOLE ? "" :
	    "------ The body of the message is not included.\n");
	give_back(g, o, r);
}

static void
form_ims55(struct gen *g, struct out *o, const struct report *r)
{
	struct text b;

	set(b.s, sizeof(b.s), "----_=_NextPart_000_01C3D3F4.%s",
	    scribble(g, HEX, 8).s);
	putf(o, "Message-ID: <%s@%s>\nFrom: System Administrator "
	    "<postmaster@%s>\nTo: %s\nSubject: Undeliverable: %s\nDate: %s\n"
	    "MIME-Version: 1.0\nX-Mailer: Internet Mail Service "
	    "(5.5.2653.19)\nX-MS-Embedded-Report: \nContent-Type: "
	    "multipart/mixed;\n\tboundary=\"%s\"\n\nThis message is in MIME "
	    "format.\n\n--%s\nContent-Type: text/plain;\n\tcharset="
	    "\"iso-8859-1\"\n\n", scribble(g, HEX, 32).s, r->mta,
	    strchr(r->mta, '.') + 1, r->to, r->about->subject,
	    stamp(r->at, r->tz).s, b.s, b.s);
	putf(o, "Your message\n\n  To:      %s\n  Subject: %s\n  Sent:    %s"
	    "\n\ndid not reach the following recipient(s):\n\n%s on %s\n"
	    "    %s\n\tThe MTS-ID of the original message is: c=us;a= ;p=%s;"
	    "l=%s-040105%s\n    MSEXCH:IMS:%s:SITE1:SERVER1 0 (%s\n\n",
	    r->rcpt, r->about->subject, stamp(r->about->date, r->tz).s,
	    r->rcpt, stamp(r->at, r->tz).s, r->cause->text, "org", "SERVER1",
	    scribble(g, UPPER, 12).s, "ORG", r->cause->ims);
	if (r->ret != NOTHING) {
		putf(o, "--%s\nContent-Type: message/rfc822\n\n", b.s);
		give_back(g, o, r);
		put(o, "\n");
	}
	putf(o, "--%s--\n", b.s);
}

/* A report by some server out there. */
static void
far_report(struct gen *g, struct out *o, const struct report *r)
{
	static void (*const forms[])(struct gen *, struct out *,
	    const struct report *) = {
		form_postfix, form_postfix, form_sendmail, form_iis,
		form_ex2003, form_qmail, form_qmail, form_old_sendmail,
		form_exim, form_exim, form_ims55
	};
	static void (*const delays[])(struct gen *, struct out *,
	    const struct report *) = { form_postfix, form_sendmail, form_iis };

	if (r->delay)
		PICK(g, delays)(g, o, r);
	else
		PICK(g, forms)(g, o, r);
}

static enum returned
some_return(struct gen *g, unsigned nothing)
{
	if (chance(g, nothing))
		return NOTHING;
	return chance(g, 25) ? HEADERS : WHOLE;
}

/*
 * What the senders have in common.
 */

static void
place(struct gen *g, enum way way)
{
	/* Of a hundred in each tree; 5.5 has five folders, IIS four. */
	static const unsigned char share[][NFOLDER] = {
		[INBOUND] =	{ 88, 12,  0,   0,   0,   35,  0, 65,   0 },
		[THROUGH] =	{ 26,  8, 56,  10,   0,  100,  0,  0,   0 },
		[ROUTED] =	{ 82, 18,  0,   0,   0,  100,  0,  0,   0 },
		[ONWARD] =	{  0,  0, 84,  16,   0,  100,  0,  0,   0 },
		[MAPI] =	{  0,  0, 72,  28,   0,  100,  0,  0,   0 },
		[LAN] =		{ 22,  6, 56,  16,   0,  100,  0,  0,   0 },
		[APP] =		{  0,  0,  0,   0, 100,    0,  0,  0, 100 },
		[NOTICE] =	{  0,  0, 92,   8,   0,   60, 40,  0,   0 },
		[KEPT] =	{  0,  0,  0, 100,   0,  100,  0,  0,   0 }
	};

	if (g->m.tree == IMC)
		g->m.folder = (enum folder)weighted(g, share[way], QUEUE);
	else
		g->m.folder = (enum folder)(QUEUE +
		    weighted(g, share[way] + QUEUE, NFOLDER - QUEUE));
}

static void
sender(struct gen *g, const char *addr)
{
	set(g->m.sender, ADDR_MAX, "%s", addr);
}

static void
recipient(struct gen *g, const char *addr)
{
	if (g->m.nrcpt < RCPT_MAX)
		set(g->m.rcpt[g->m.nrcpt++], ADDR_MAX, "%s", addr);
}

static void
begin_letter(struct gen *g, struct letter *l, time_t date, int tz)
{
	memset(l, 0, sizeof(*l));
	l->date = date;
	l->tz = tz;
	g->body.n = 0;
}

static const char *
some_mailer(struct gen *g)
{
	static const char *const mailers[] = {
		"Microsoft Outlook Express 6.00.2800.1158",
		"Microsoft Outlook, Build 10.0.4510", "The Bat! (v1.62i)",
		"Internet Mail Service (5.5.2653.19)", NULL, NULL,
		"Becky! ver. 2.07.02"
	};

	return PICK(g, mailers);
}

/* A colleague's or customer's style: mostly plain, now and then a file. */
static void
honest_style(struct gen *g, struct letter *l)
{
	unsigned k = below(g, 100);

	l->style = k < 58 ? PLAIN : k < 84 ? ALTERNATIVE : ATTACHED;
	if (!is_japanese(l->charset))
		l->charset = chance(g, 50) ? ASCII : LATIN1;
}

static void
honest_body(struct gen *g)
{
	static const char *const notes[] = {
		"\n-- \nThis mail is for the person it is addressed to. If you"
		" got it by mistake,\nplease tell us and delete it.\n",
		"\n-- \n%s\n%c\nPhone +00 %n %n%n, fax +00 %n %n%d\n"
	};

	say(g, &g->body, PICK(g, greetings));
	paragraphs(g, business, NELEM(business), between(g, 5, 12));
	say(g, &g->body, PICK(g, closings));
	if (chance(g, 50))
		say(g, &g->body, PICK(g, notes));
}

static void
japanese_body(struct gen *g, const struct who *from, const struct who *to)
{
	g->to_name = to->jname[0] != '\0' ? to->jname : "ご担当者";
	g->from_name = from->jname;
	say(g, &g->body, "%t 様\n\n"
	    "いつもお世話になっております。%cの%sです。\n\n");
	paragraphs(g, japanese, NELEM(japanese), between(g, 4, 8));
	say(g, &g->body, "以上、よろしくお願いいたします。\n\n-- \n%s\n%c\n");
}

/* The quoted text of a reply, with the fields that make it one. */
static void
answer(struct gen *g, struct letter *l, const struct who *to, const char *host)
{
	char id[160], old[160];

	message_id(g, id, host);
	message_id(g, old, host);
	set(l->extra, sizeof(l->extra), "In-Reply-To: %s\nReferences: %s\n\t%s"
	    "\n", id, old, id);
	putf(&g->body, "\n-----Original Message-----\nFrom: %s\nSent: %s\n\n",
	    to->name, stamp(l->date - (time_t)between(g, 900, 90000), JST).s);
	paragraphs(g, business, NELEM(business), between(g, 2, 5));
}

/*
 * An ordinary letter of one person to another.  from_host and to_host are
 * the servers that give their messages ids.
 */
static void
honest_letter(struct gen *g, struct letter *l, const struct who *from,
    const struct who *to, const char *from_host, const char *to_host)
{
	bool re = chance(g, 35);

	between_people(g, from, to);
	honest_style(g, l);
	mailbox(g, l->from, sizeof(l->from), from, l->charset);
	mailbox(g, l->to, sizeof(l->to), to, l->charset);
	message_id(g, l->id, from_host);
	l->mailer = some_mailer(g);
	if (is_japanese(l->charset)) {
		subject(g, l, "", PICK(g, jsubjects));
		japanese_body(g, from, to);
		return;
	}
	subject(g, l, re ? "Re: " : "", PICK(g, subjects));
	honest_body(g);
	if (re)
		answer(g, l, to, to_host);
}

/* One of our users sends: through the store, or by SMTP from the desk. */
static enum way
submission(struct gen *g)
{
	return g->m.tree == IIS || chance(g, 45) ? LAN : MAPI;
}

static void
submit(struct gen *g, struct out *o, enum way way, const char *addr)
{
	struct peer p;

	if (way == LAN) {
		desk(&p, addr);
		arrive(g, o, &p);
	} else
		sent_on(g, o);
}

static enum charset
japanese_charset(struct gen *g)
{
	static const enum charset sets[] = {
		ISO2022JP, ISO2022JP, ISO2022JP, ISO2022JP, ISO2022JP, SJIS,
		SJIS, EUCJP, UTF8
	};

	return PICK(g, sets);
}

/* A letter from outside is delivered to our door, through its own hosts. */
static void
deliver(struct gen *g, struct out *o, const char *domain, const char *rcpt,
    int tz)
{
	struct peer p;

	host_of(&p, domain);
	arrive(g, o, &p);
	honest_hops(g, o, &p, rcpt, g->m.at, tz);
}

/* Words that mean nothing, so that no two copies are alike. */
static void
pad_words(struct gen *g, unsigned n)
{
	unsigned i;

	if (n == 0)
		return;
	put(&g->body, "\n\n");
	n = between(g, n / 2, n);
	for (i = 0; i < n; i++) {
		put(&g->body, PICK(g, words));
		put(&g->body, i % 10 == 9 ? "\n" : " ");
	}
	put(&g->body, "\n");
}

/* The letter of a spammer with this text, to the first of its victims. */
static void
spam_letter(struct gen *g, struct letter *l, unsigned k, const char *from,
    const char *to)
{
	struct who w, name;

	stranger(g, &w);
	stranger(g, &name);
	set(w.addr, sizeof(w.addr), "%.*s", (int)strcspn(to, "@%!"), to);
	g->to_name = w.addr;
	g->from_name = name.name;
	g->firm = name.domain;
	set(g->url, sizeof(g->url), "http://%s%u.invalid/%s",
	    PICK(g, words), below(g, 90), scribble(g, LOWER, 5).s);
	set(l->from, sizeof(l->from), "\"%s\" <%s>", name.name, from);
	set(l->to, sizeof(l->to), "%s", to);
	if (k == JAPANESE_SPAM)
		l->charset = chance(g, 80) ? ISO2022JP : SJIS;
	else
		l->charset = chance(g, 50) ? ASCII : LATIN1;
	message_id(g, l->id, strchr(from, '@') + 1);
	subject(g, l, "", spams[k].subject);
	say(g, &g->body, spams[k].body);
}

/*
 * The relay spammers.
 */

static struct campaign *
campaign_at(struct gen *g, time_t at)
{
	unsigned hour = at < BEGIN ? 0 : (unsigned)((at - BEGIN) / 3600);
	unsigned char w[NCAMPAIGN];
	struct campaign *c;
	size_t i;

	for (i = 0; i < NCAMPAIGN; i++) {
		c = &g->campaign[i];
		w[i] = (unsigned char)(i == 0 ? 1 : hour >= c->start &&
		    hour < c->start + c->hours ? c->weight : 0);
	}
	return &g->campaign[weighted(g, w, NCAMPAIGN)];
}

static void
client_of(struct gen *g, const struct campaign *c, struct peer *p)
{
	struct peer other;

	*p = g->client[(c->client + below(g, c->nclient)) % NCLIENT];
	if (chance(g, g->gateway ? 60 : 25)) {
		bot(g, &other);
		set(p->helo, sizeof(p->helo), "%s", other.helo);
	}
}

static void
forge_sender(struct gen *g, const struct campaign *c, char addr[ADDR_MAX])
{
	struct who w;
	size_t i = (size_t)(c - g->campaign);

	if (c->one_sender)
		set(addr, ADDR_MAX, "%s%zu@%s", words[i * 3 % NELEM(words)],
		    i * 7 + 3, freemails[i % NELEM(freemails)]);
	else if (chance(g, 60)) {
		stranger(g, &w);
		set(addr, ADDR_MAX, "%s", w.addr);
	} else
		victim(g, addr);
}

static void
campaign_letter(struct gen *g, struct letter *l, const struct campaign *c,
    const char *from)
{
	struct who w;

	begin_letter(g, l, g->m.at - (time_t)below(g, 5000), some_tz(g));
	spam_letter(g, l, c->spam, from, g->m.rcpt[0]);
	pad_words(g, c->padding);
	l->style = c->style;
	l->mailer = c->mailer;
	any_user(g, &w);
	switch (c->to) {
	case TO_FRIEND:
		set(l->to, sizeof(l->to), "friend@%s", PICK(g, freemails));
		break;
	case TO_LOCAL:
		set(l->to, sizeof(l->to), "<%s>", w.addr);
		break;
	case TO_HIDDEN:
		set(l->to, sizeof(l->to), "undisclosed-recipients:;");
		break;
	case TO_FROM:
		set(l->to, sizeof(l->to), "%s", from);
		break;
	case TO_ABSENT:
		l->to[0] = '\0';
		break;
	case TO_RCPT:
		break;
	}
}

static void
relay_through_us(struct gen *g, struct campaign *c, enum way way,
    const char *from)
{
	struct letter l;
	struct peer p;

	place(g, way);
	client_of(g, c, &p);
	arrive(g, &g->text, &p);
	forged_hops(g, &g->text, below(g, c->hops + 1), g->m.rcpt[0]);
	campaign_letter(g, &l, c, from);
	letter(g, &g->text, &l);
}

static void
victims(struct gen *g, const struct campaign *c)
{
	unsigned n = chance(g, 40) ? 1 : between(g, 1, c->rcpts);
	char addr[ADDR_MAX];

	for (; n > 0; n--) {
		victim(g, addr);
		recipient(g, addr);
	}
}

static void
make_open_relay(struct gen *g)
{
	struct campaign *c = campaign_at(g, g->m.at);
	char from[ADDR_MAX];

	forge_sender(g, c, g->m.sender);
	victims(g, c);
	set(from, sizeof(from), "%s", g->m.sender);
	if (chance(g, 25))
		victim(g, from);
	relay_through_us(g, c, THROUGH, from);
}

/* The same people, hiding behind a name of ours. */
static void
make_spoofed(struct gen *g)
{
	struct campaign *c = campaign_at(g, g->m.at);

	hit(g->m.sender, below(g, NHIT));
	victims(g, c);
	relay_through_us(g, c, THROUGH, g->m.sender);
}

/* An address that our server is asked to look into for the true target. */
static void
routed(struct gen *g, char addr[ADDR_MAX])
{
	static const char *const doors[] = {
		"example.com", "example.com", "example.com", "example.org",
		SERVER
	};
	const char *door = PICK(g, doors), *domain;
	char to[ADDR_MAX];
	int n;

	victim(g, to);
	n = (int)strcspn(to, "@");
	domain = to + n + 1;
	switch (below(g, 5)) {
	case 0:
		set(addr, ADDR_MAX, "%.*s%%%s@%s", n, to, domain, door);
		break;
	case 1:
		set(addr, ADDR_MAX, "\"%s\"@%s", to, door);
		break;
	case 2:
		set(addr, ADDR_MAX, "@%s:%s", door, to);
		break;
	case 3:
		set(addr, ADDR_MAX, "%s!%.*s@%s", domain, n, to, door);
		break;
	default:
		set(addr, ADDR_MAX, "%s@%s", to, door);
	}
}

static void
make_routed(struct gen *g)
{
	struct campaign *c = campaign_at(g, g->m.at);
	unsigned n = chance(g, 50) ? 1 : between(g, 2, 6);
	char addr[ADDR_MAX];

	if (chance(g, 20))
		hit(g->m.sender, below(g, NHIT));
	else
		forge_sender(g, c, g->m.sender);
	for (; n > 0; n--) {
		routed(g, addr);
		recipient(g, addr);
	}
	relay_through_us(g, c, ROUTED, g->m.sender);
}

/*
 * Reports about mail that was forged.
 */

/* A server out there tells one of ours; the original is in g->orig. */
static void
tell_us(struct gen *g, struct report *r, const char *domain)
{
	struct peer p;

	host_of(&p, domain);
	place(g, INBOUND);
	sender(g, "<>");
	recipient(g, r->to);
	r->mta = p.helo;
	r->at = g->m.at;
	arrive(g, &g->text, &p);
	far_report(g, &g->text, r);
}

/* Spam that a botnet brought straight to its victim, in our name. */
static void
forged_original(struct gen *g, struct letter *l, const char *from,
    const char *to, time_t at, int tz)
{
	struct peer bad, mta;
	struct hop h = { bad.helo, bad.ip, mta.helo, to, at, tz };

	bot(g, &bad);
	host_of(&mta, strchr(to, '@') + 1);
	g->orig.n = 0;
	older_hop(g, &g->orig, &h);
	forged_hops(g, &g->orig, below(g, 2), to);
	begin_letter(g, l, at - (time_t)below(g, 900), some_tz(g));
	spam_letter(g, l, chance(g, 70) ? 2 + below(g, 2) * 4 :
	    below(g, NELEM(spams)), from, to);
	l->style = chance(g, 30) ? ALTERNATIVE : PLAIN;
	letter(g, &g->orig, l);
}

static void
make_storm(struct gen *g)
{
	char from[ADDR_MAX], to[ADDR_MAX];
	struct letter l;
	struct report r = {
		.to = from, .rcpt = to, .about = &l, .tz = some_tz(g)
	};

	r.delay = chance(g, 4);
	r.cause = r.delay ? &late : &causes[below(g, NELEM(causes))];
	r.ret = some_return(g, 6);
	if (r.delay)
		g->m.kind = "delay";
	hit(from, below(g, NHIT));
	victim(g, to);
	forged_original(g, &l, from, to, g->m.at - (r.delay ? 14400 : 0) -
	    (time_t)between(g, 5, 3600), r.tz);
	tell_us(g, &r, strchr(to, '@') + 1);
}

/* What a message looks like at the far end after our server sent it. */
static void
trace_through_us(struct gen *g, const char *to, const struct peer *client,
    time_t at, int tz)
{
	struct peer mta;
	struct hop h = { SERVER, SERVER_IP, mta.helo, to, at + 45, tz };

	host_of(&mta, strchr(to, '@') + 1);
	g->orig.n = 0;
	older_hop(g, &g->orig, &h);
	if (g->m.tree == IMC)
		by_ims(g, &g->orig, at);
	if (client != NULL)
		our_hop(g, &g->orig, client, at);
}

/* A victim's server returns what was relayed in our name through us. */
static void
make_relayed_bounce(struct gen *g)
{
	time_t at = g->m.at - (time_t)between(g, 60, 3600);
	struct campaign *c = campaign_at(g, at);
	char from[ADDR_MAX], to[ADDR_MAX];
	struct letter l;
	struct peer p;
	struct report r = {
		.to = from, .rcpt = to, .about = &l, .tz = some_tz(g),
		.cause = &causes[below(g, NELEM(causes))],
		.ret = some_return(g, 0)
	};

	hit(from, below(g, NHIT));
	victim(g, to);
	client_of(g, c, &p);
	trace_through_us(g, to, &p, at, r.tz);
	begin_letter(g, &l, at - (time_t)below(g, 3000), some_tz(g));
	spam_letter(g, &l, c->spam, from, to);
	pad_words(g, c->padding);
	l.style = c->style;
	letter(g, &g->orig, &l);
	tell_us(g, &r, strchr(to, '@') + 1);
}

/* An address with us that nobody has: what a dictionary attack tries. */
static void
nobody(struct gen *g, char addr[ADDR_MAX])
{
	set(addr, ADDR_MAX, "%s%s@%s", PICK(g, firsts), chance(g, 40) ?
	    scribble(g, LOWER, 2).s : "", chance(g, 80) ? "example.com" :
	    "example.org");
	lower(addr);
}

/* Our own server answers spam to nobody, and a stranger gets it. */
static void
make_outbound_ndr(struct gen *g)
{
	time_t at = g->m.at - (time_t)between(g, 2, 90);
	struct campaign *c = campaign_at(g, at);
	char from[ADDR_MAX], to[ADDR_MAX];
	struct letter l;
	struct peer p;
	struct report r = {
		.to = from, .rcpt = to, .mta = SERVER, .about = &l,
		.cause = &causes[0], .ret = WHOLE, .at = g->m.at, .tz = JST
	};

	place(g, NOTICE);
	forge_sender(g, c, from);
	nobody(g, to);
	client_of(g, c, &p);
	g->orig.n = 0;
	our_hop(g, &g->orig, &p, at);
	forged_hops(g, &g->orig, below(g, c->hops + 1), to);
	begin_letter(g, &l, at - (time_t)below(g, 3000), some_tz(g));
	spam_letter(g, &l, c->spam, from, to);
	pad_words(g, c->padding);
	l.style = c->style;
	letter(g, &g->orig, &l);

	sender(g, "<>");
	recipient(g, from);
	sent_on(g, &g->text);
	(g->m.tree == IMC ? form_ims55 : form_iis)(g, &g->text, &r);
}

/* A holiday notice, or a filter that wants proof, answers a forged letter. */
static void
make_forged_autoreply(struct gen *g)
{
	static const char *const texts[] = {
		"Hello,\n\nI am {away|on holiday} until the %d%dth and read no"
		" mail. For urgent matters\nwrite to {my colleague|our office}"
		".\n\n%s\n",
		"Your message to %s waits for approval, because you have not"
		" written\nbefore. Click the link {once|below} to have it"
		" delivered; after %d days it is\ndeleted.\n\n%u\n",
		"Thank you. We answer within %d days.\n\n%c support\n"
	};
	char to[ADDR_MAX], id[160], line[160];
	unsigned k = below(g, NELEM(texts));
	struct letter l;
	struct who from, us;

	place(g, INBOUND);
	hit(to, below(g, NHIT));
	stranger(g, &from);
	any_user(g, &us);
	between_people(g, &from, &us);
	say_line(g, line, sizeof(line), spams[below(g, 5)].subject);
	begin_letter(g, &l, g->m.at - 20, some_tz(g));
	message_id(g, l.id, from.domain);
	message_id(g, id, PICK(g, freemails));
	mailbox(g, l.from, sizeof(l.from), &from, ASCII);
	set(l.to, sizeof(l.to), "%s", to);
	set(l.subject, sizeof(l.subject), "%s%s", k == 0 ? "Out of office: " :
	    k == 1 ? "Please confirm: " : "[Ticket] Re: ", line);
	set(l.extra, sizeof(l.extra), "In-Reply-To: %s\nReferences: %s\n%s",
	    id, id, chance(g, 50) ? "Auto-Submitted: auto-replied\n" :
	    "Precedence: bulk\nX-Autoreply: yes\n");
	say(g, &g->body, texts[k]);

	sender(g, chance(g, 60) ? "<>" : from.addr);
	recipient(g, to);
	deliver(g, &g->text, from.domain, to, l.tz);
	letter(g, &g->text, &l);
}

/*
 * Spam for our own users.
 */

static void
dictionary(struct gen *g)
{
	unsigned n = between(g, 3, 15);
	char addr[ADDR_MAX];
	struct who w;

	g->m.why = "uce-dictionary";
	for (; n > 0; n--) {
		nobody(g, addr);
		recipient(g, addr);
	}
	if (chance(g, 40)) {
		any_user(g, &w);
		recipient(g, w.addr);
	}
}

static void
our_people(struct gen *g, unsigned n)
{
	struct who w;

	for (; n > 0; n--) {
		any_user(g, &w);
		recipient(g, w.addr);
	}
}

static void
make_uce(struct gen *g)
{
	struct campaign *c = campaign_at(g, g->m.at);
	struct letter l;
	struct peer p;

	place(g, INBOUND);
	if (chance(g, 35))
		dictionary(g);
	else
		our_people(g, between(g, 1, 3));
	if (chance(g, 50))
		client_of(g, c, &p);
	else
		bot(g, &p);
	forge_sender(g, c, g->m.sender);
	if (chance(g, 10))
		sender(g, g->m.rcpt[0]);	/* from you to yourself */
	arrive(g, &g->text, &p);
	forged_hops(g, &g->text, below(g, 3), g->m.rcpt[0]);
	begin_letter(g, &l, g->m.at - (time_t)below(g, 5000), some_tz(g));
	spam_letter(g, &l, chance(g, 50) ? c->spam : below(g, NELEM(spams)),
	    g->m.sender, g->m.rcpt[0]);
	l.style = (enum style)below(g, ATTACHED);
	letter(g, &g->text, &l);
}

/* A worm mails itself around: a program, of which only the head is real. */
static void
make_worm(struct gen *g)
{
	static const char *const lines[] = {
		"hi", "test", "{hello|status}", "Server Report",
		"Mail Transaction {Failed|Report}",
		"{re: |}your {details|document}"
	};
	struct letter l;
	struct peer p;
	struct who w;

	place(g, INBOUND);
	our_people(g, 1);
	correspondent(g, &w);
	sender(g, w.addr);
	bot(g, &p);
	arrive(g, &g->text, &p);
	begin_letter(g, &l, g->m.at - 5, some_tz(g));
	set(l.from, sizeof(l.from), "%s", w.addr);
	set(l.to, sizeof(l.to), "%s", g->m.rcpt[0]);
	set(l.id, sizeof(l.id), "<%s@%s>", scribble(g, LOWER, 20).s, p.helo);
	subject(g, &l, "", PICK(g, lines));
	say(g, &g->body, "{The message is attached.|See the attached file.}\n");
	l.style = ATTACHED;
	g->infected = true;
	letter(g, &g->text, &l);
	g->infected = false;
}

/*
 * Our users and those who write to them.
 */

static void
make_user_mail(struct gen *g)
{
	enum way way = submission(g);
	struct who from, to, cc;
	struct letter l;

	if (chance(g, 8))
		way = APP;		/* from a program, for its user */
	any_user(g, &from);
	correspondent(g, &to);
	place(g, way);
	sender(g, from.addr);
	recipient(g, to.addr);
	begin_letter(g, &l, g->m.at - (time_t)below(g, 30), JST);
	honest_letter(g, &l, &from, &to, SERVER, to.domain);
	if (chance(g, 20)) {
		correspondent(g, &cc);
		recipient(g, cc.addr);
		set(l.extra + strlen(l.extra), 256, "Cc: %s\n", cc.addr);
	}
	if (way != APP)
		submit(g, &g->text, way, from.addr);
	letter(g, &g->text, &l);
}

static void
inbound_letter(struct gen *g, enum charset cs, const struct who *from,
    const struct who *to)
{
	struct letter l;
	struct who cc;

	place(g, INBOUND);
	sender(g, from->addr);
	recipient(g, to->addr);
	begin_letter(g, &l, g->m.at - (time_t)below(g, 600),
	    cs == ASCII ? some_tz(g) : JST);
	l.charset = cs;
	honest_letter(g, &l, from, to, from->domain, SERVER);
	if (chance(g, 20)) {
		any_user(g, &cc);
		recipient(g, cc.addr);
		if (chance(g, 70))	/* or else a blind copy */
			set(l.extra + strlen(l.extra), 256, "Cc: %s\n",
			    cc.addr);
	}
	deliver(g, &g->text, from->domain, to->addr, l.tz);
	letter(g, &g->text, &l);
}

static void
make_inbound(struct gen *g)
{
	struct who from, to;

	correspondent(g, &from);
	any_user(g, &to);
	inbound_letter(g, ASCII, &from, &to);
}

static void
make_japanese_in(struct gen *g)
{
	struct who from, to;

	contact(g, &from, true);
	japanese_user(g, &to);
	inbound_letter(g, japanese_charset(g), &from, &to);
}

static void
make_japanese_out(struct gen *g)
{
	enum way way = submission(g);
	struct who from, to;
	struct letter l;

	japanese_user(g, &from);
	contact(g, &to, true);
	place(g, way);
	sender(g, from.addr);
	recipient(g, to.addr);
	begin_letter(g, &l, g->m.at - (time_t)below(g, 30), JST);
	l.charset = japanese_charset(g);
	honest_letter(g, &l, &from, &to, SERVER, to.domain);
	submit(g, &g->text, way, from.addr);
	letter(g, &g->text, &l);
}

static void	spool(struct gen *);

/* The sent message a bounce is about, which still lies in Out/Archive. */
static void
keep_sent(struct gen *g, const struct letter *l, enum way way, time_t at,
    const char *from, const char *to)
{
	struct mail report = g->m;

	g->m.at = at;
	g->m.why = "user-mail";
	g->m.kind = "mail";
	place(g, KEPT);
	sender(g, from);
	recipient(g, to);
	submit(g, &g->text, way, from);
	letter(g, &g->text, l);
	spool(g);
	g->text.n = 0;
	g->m = report;
}

/* What a user really sent could not be delivered, or not yet. */
static void
make_own_bounce(struct gen *g)
{
	bool delay = chance(g, 15), kept;
	time_t at = g->m.at - (delay ? 14400 : 0) - (time_t)between(g, 5, 3600);
	enum way way = submission(g);
	uint64_t rng;
	struct letter l;
	struct peer p;
	struct who from, to;
	struct report r = {
		.to = from.addr, .rcpt = to.addr, .about = &l,
		.ret = some_return(g, 0), .delay = delay, .tz = some_tz(g),
		.cause = delay ? &late : &causes[below(g, NELEM(causes))]
	};

	if (delay)
		g->m.kind = "delay";
	any_user(g, &from);
	correspondent(g, &to);
	begin_letter(g, &l, at - (time_t)below(g, 30), JST);
	honest_letter(g, &l, &from, &to, SERVER, to.domain);
	desk(&p, from.addr);
	trace_through_us(g, to.addr, way == LAN ? &p : NULL, at, r.tz);
	kept = g->m.tree == IMC && g->left > 1 && chance(g, 40);
	rng = g->rng;
	letter(g, &g->orig, &l);
	if (kept) {
		g->rng = rng;		/* the very same letter again */
		keep_sent(g, &l, way, at, from.addr, to.addr);
	}
	tell_us(g, &r, to.domain);
}

/*
 * Lists, forwards, and mail that programs send.
 */

static void
make_list_in(struct gen *g)
{
	static const struct {
		const char *name, *domain;
	} lists[] = {
		{ "dev", "lists.openwidget.example" },
		{ "users", "lists.openwidget.example" },
		{ "security", "lists.netguard.test" },
		{ "hams", "radio-club.example.net" },
		{ "trade-news", "lists.chamber.example" },
		{ "admins", "lists.campus.test" }
	};
	unsigned k = below(g, NELEM(lists));
	const char *name = lists[k].name, *domain = lists[k].domain;
	char prefix[64], verp[ADDR_MAX];
	struct letter l;
	struct who from, us;

	place(g, INBOUND);
	correspondent(g, &from);
	user(&us, k * 31 + below(g, 9) * 3);	/* nine subscribers each */
	between_people(g, &from, &us);
	set(verp, sizeof(verp), "%s-bounces+%.*s=%s@%s", name,
	    (int)(us.domain - 1 - us.addr), us.addr, us.domain, domain);
	set(prefix, sizeof(prefix), "%s[%s] ", chance(g, 60) ? "Re: " : "",
	    name);
	begin_letter(g, &l, g->m.at - (time_t)between(g, 20, 1800), some_tz(g));
	message_id(g, l.id, from.domain);
	mailbox(g, l.from, sizeof(l.from), &from, ASCII);
	set(l.to, sizeof(l.to), "%s@%s", name, domain);
	subject(g, &l, prefix, "{Problem|Question|Idea}: release 0.%d.%d and"
	    " {the parser|empty directories|old tapes}");
	set(l.extra, sizeof(l.extra), "Sender: %s-bounces@%s\n"
	    "Errors-To: %s-bounces@%s\nX-Mailman-Version: 2.1.3\n"
	    "Precedence: list\nList-Id: %s <%s.%s>\n"
	    "List-Unsubscribe: <mailto:%s-request@%s?subject=unsubscribe>\n"
	    "List-Post: <mailto:%s@%s>\n", name, domain, name, domain, name,
	    name, domain, name, domain, name, domain);
	say(g, &g->body, "{On|At} {Sunday|Monday}, %f wrote:\n\n");
	paragraphs(g, technical, NELEM(technical), between(g, 3, 6));
	say(g, &g->body, "%s\n\n");
	putf(&g->body, "_______________________________________________\n"
	    "%s mailing list\n%s@%s\n", name, name, domain);

	sender(g, verp);
	recipient(g, us.addr);
	deliver(g, &g->text, domain, us.addr, l.tz);
	letter(g, &g->text, &l);
}

/* The list of ours; most who write to it are ours too. */
static void
make_list_out(struct gen *g)
{
	struct peer host = { "lists.example.org", LIST_IP };
	unsigned n = between(g, 5, RCPT_MAX), k = below(g, 160);
	char addr[ADDR_MAX];
	struct letter l;
	struct who from, to;

	place(g, LAN);
	if (chance(g, 75))
		any_user(g, &from);
	else
		contact(g, &from, false);
	user(&to, 3);
	between_people(g, &from, &to);
	g->to_name = "all";
	begin_letter(g, &l, g->m.at - (time_t)between(g, 5, 900), JST);
	message_id(g, l.id, host.helo);
	mailbox(g, l.from, sizeof(l.from), &from, ASCII);
	set(l.to, sizeof(l.to), "partners@example.org");
	subject(g, &l, "[partners] ", PICK(g, subjects));
	set(l.extra, sizeof(l.extra), "Sender: owner-partners@example.org\n"
	    "Precedence: bulk\nList-Id: <partners.example.org>\n");
	honest_body(g);

	sender(g, "owner-partners@example.org");
	for (; n > 0; n--, k++) {
		set(addr, sizeof(addr), "%s.%s@%s", firsts[k % NELEM(firsts)],
		    lasts[k % NELEM(lasts)], partner(k % 160).s);
		lower(addr);
		recipient(g, addr);
	}
	arrive(g, &g->text, &host);
	letter(g, &g->text, &l);
}

/*
 * A user has his mail sent on to another address of his, always the same
 * one: by the server, which leaves no mark, or by a rule of his mail program.
 */
static void
make_forward(struct gen *g)
{
	unsigned k = below(g, g->nforward);
	char away[ADDR_MAX];
	struct letter l;
	struct who from, us;

	place(g, ONWARD);
	user(&us, k * 11 + 5);
	set(away, sizeof(away), "%.*s%u@%s", (int)(us.domain - 1 - us.addr),
	    us.addr, 10 + k, freemails[k % NELEM(freemails)]);
	correspondent(g, &from);
	begin_letter(g, &l, g->m.at - (time_t)between(g, 5, 600), some_tz(g));
	honest_letter(g, &l, &from, &us, from.domain, SERVER);
	if (k % 4 == 0) {
		g->m.why = "forward-rule";
		set(l.extra + strlen(l.extra), 512, "Resent-From: %s\n"
		    "Resent-To: %s\nResent-Date: %s\n", us.addr, away,
		    stamp(g->m.at + 3, JST).s);
	}
	sender(g, from.addr);
	recipient(g, away);
	deliver(g, &g->text, from.domain, us.addr, l.tz);
	letter(g, &g->text, &l);
}

static void
make_user_forward(struct gen *g)
{
	enum way way = submission(g);
	struct who from, to, first;
	struct letter l;

	any_user(g, &from);
	correspondent(g, &to);
	correspondent(g, &first);
	place(g, way);
	sender(g, from.addr);
	recipient(g, to.addr);
	begin_letter(g, &l, g->m.at - 5, JST);
	between_people(g, &from, &to);
	honest_style(g, &l);
	mailbox(g, l.from, sizeof(l.from), &from, ASCII);
	mailbox(g, l.to, sizeof(l.to), &to, ASCII);
	message_id(g, l.id, SERVER);
	subject(g, &l, "FW: ", PICK(g, subjects));
	say(g, &g->body, "{Please see below.|For your information.|Can you"
	    " answer this?}\n\n%s\n\n");
	putf(&g->body, "-----Original Message-----\nFrom: %s [mailto:%s]\n"
	    "Sent: %s\nTo: %s\n\n", first.name, first.addr,
	    stamp(l.date - (time_t)between(g, 600, 80000), JST).s, from.name);
	paragraphs(g, business, NELEM(business), between(g, 5, 10));
	submit(g, &g->text, way, from.addr);
	letter(g, &g->text, &l);
}

static void
make_newsletter(struct gen *g)
{
	char domain[80], host[96];
	struct letter l;
	struct who us, them;

	place(g, INBOUND);
	any_user(g, &us);
	contact(g, &them, false);
	set(domain, sizeof(domain), "%s", them.domain);
	set(host, sizeof(host), "news.%s", domain);
	between_people(g, &them, &us);
	begin_letter(g, &l, g->m.at - (time_t)between(g, 5, 3600), some_tz(g));
	message_id(g, l.id, host);
	set(l.from, sizeof(l.from), "\"%s News\" <news@%s>", domain, host);
	set(l.to, sizeof(l.to), "%s", us.addr);
	subject(g, &l, "", "{Newsletter|News} {January|1/2004} - %c");
	set(l.extra, sizeof(l.extra), "Precedence: bulk\n"
	    "List-Unsubscribe: <http://%s/off?u=%u>\n", host,
	    below(g, 100000));
	say(g, &g->body, "Dear %t,\n\n");
	paragraphs(g, news, NELEM(news), NELEM(news));
	paragraphs(g, news, NELEM(news), between(g, 1, 3));
	say(g, &g->body, "You get this because you {signed up|subscribed} at"
	    " our {shop|fair stand}. To leave:\n%u\n");
	l.style = chance(g, 60) ? ALTERNATIVE : HTML;
	l.charset = LATIN1;

	set(g->m.sender, ADDR_MAX, "bounce-%u-%.*s=%s@%s", below(g, 10000),
	    (int)(us.domain - 1 - us.addr), us.addr, us.domain, host);
	recipient(g, us.addr);
	deliver(g, &g->text, host, us.addr, l.tz);
	letter(g, &g->text, &l);
}

/* The web server writes: through Pickup, or by SMTP. */
static void
make_service(struct gen *g)
{
	static const char *const texts[] = {
		"Hello %t,\n\nsomebody, we hope you, asked for a new {password|"
		"login} for our {shop|customer\npages}. Use this link within"
		" %d hours:\n\n  %u\n\nIf it was not you, do nothing.\n",
		"Dear %t,\n\nthank you for order %n%n:\n\n   %d x %r\n   %d x"
		" %r\n\nTotal EUR %p. It leaves our {house|warehouse}"
		" {tomorrow|on Wednesday}, and you get\nthe number of the"
		" parcel then.\n\nYour shop team\n",
		"Dear %t,\n\nyour parcel %n%n%n has been {handed to the"
		" carrier|shipped today}. Follow it here:\n\n  %u\n\nYour shop"
		" team\n"
	};
	static const char *const about[] = {
		"Your new password", "Your order {A|B}%n%n", "Parcel on its way"
	};
	struct peer www = { "www.example.com", "192.0.2.20" };
	bool pickup = chance(g, 60);
	unsigned k = below(g, NELEM(texts));
	struct letter l;
	struct who shop, to;

	place(g, pickup ? APP : LAN);
	user(&shop, 0);
	set(shop.name, sizeof(shop.name), "Example Shop");
	set(shop.addr, sizeof(shop.addr), "webshop@example.com");
	shop.domain = shop.addr + 8;
	correspondent(g, &to);
	between_people(g, &shop, &to);
	begin_letter(g, &l, g->m.at, JST);
	message_id(g, l.id, SERVER);
	set(l.from, sizeof(l.from), "Example Shop <%s>", shop.addr);
	set(l.to, sizeof(l.to), "%s", to.addr);
	subject(g, &l, "", about[k]);
	say(g, &g->body, texts[k]);
	sender(g, shop.addr);
	recipient(g, to.addr);
	if (!pickup)
		arrive(g, &g->text, &www);
	letter(g, &g->text, &l);
}

/*
 * A read receipt (RFC 8098) or a delivery receipt (RFC 3464), after the
 * fields From, To and Subject have been set.
 */
static void
receipt(struct gen *g, struct out *o, const struct letter *l, const char *id,
    const char *reader, bool read)
{
	struct text b;

	set(b.s, sizeof(b.s), "----_=_NextPart_002_01C3D3F4.%s",
	    scribble(g, HEX, 8).s);
	putf(o, "Message-ID: %s\nFrom: %s\nTo: %s\nSubject: %s\nDate: %s\n"
	    "MIME-Version: 1.0\nContent-Type: multipart/report; report-type="
	    "%s;\n\tboundary=\"%s\"\n\n--%s\nContent-Type: text/plain;\n\t"
	    "charset=\"us-ascii\"\n\nYour message to %s\nof %s was %s.\n\n",
	    l->id, l->from, l->to, l->subject, stamp(l->date, l->tz).s,
	    read ? "disposition-notification" : "delivery-status", b.s, b.s,
	    reader, stamp(l->date - 3000, l->tz).s,
	    read ? "read" : "put into the mailbox");
	if (read)
		putf(o, "--%s\nContent-Type: message/disposition-notification"
		    "\n\nFinal-Recipient: rfc822; %s\nOriginal-Message-ID: %s"
		    "\nDisposition: manual-action/MDN-sent-manually; displayed"
		    "\n\n--%s--\n", b.s, reader, id, b.s);
	else
		putf(o, "--%s\nContent-Type: message/delivery-status\n\n"
		    "Reporting-MTA: dns; mail.%s\n\nFinal-Recipient: rfc822; "
		    "%s\nAction: delivered\nStatus: 2.0.0\n\n--%s\n"
		    "Content-Type: text/rfc822-headers\n\nMessage-ID: %s\n"
		    "To: %s\n\n--%s--\n", b.s, strchr(reader, '@') + 1,
		    reader, b.s, id, reader, b.s);
}

static void
make_receipt(struct gen *g)
{
	bool out = chance(g, 30), read = out || chance(g, 60);
	struct who us, them, *from = out ? &us : &them, *to = out ? &them : &us;
	enum way way = submission(g);
	char id[160];
	struct letter l;

	g->m.kind = read ? "read-receipt" : "delivered";
	any_user(g, &us);
	correspondent(g, &them);
	place(g, out ? way : INBOUND);
	begin_letter(g, &l, g->m.at - 2, out ? JST : some_tz(g));
	message_id(g, l.id, out ? SERVER : them.domain);
	message_id(g, id, out ? them.domain : SERVER);
	mailbox(g, l.from, sizeof(l.from), from, ASCII);
	if (!read)
		set(l.from, sizeof(l.from), "postmaster@%s", them.domain);
	set(l.to, sizeof(l.to), "%s", to->addr);
	subject(g, &l, read ? "Read: " : "Delivered: ", PICK(g, subjects));
	sender(g, "<>");
	recipient(g, to->addr);
	if (out)
		submit(g, &g->text, way, us.addr);
	else
		deliver(g, &g->text, them.domain, us.addr, l.tz);
	receipt(g, &g->text, &l, id, from->addr, read);
}

/* Away from the desk: one of ours, or somebody one of ours wrote to. */
static void
absent(struct gen *g, bool out)
{
	struct who us, them, *from = out ? &us : &them, *to = out ? &them : &us;
	enum way way = submission(g);
	char id[160];
	struct letter l;

	any_user(g, &us);
	contact(g, &them, false);
	place(g, out ? way : INBOUND);
	between_people(g, from, to);
	begin_letter(g, &l, g->m.at - 2, out ? JST : some_tz(g));
	message_id(g, l.id, out ? SERVER : them.domain);
	message_id(g, id, out ? them.domain : SERVER);
	mailbox(g, l.from, sizeof(l.from), from, ASCII);
	mailbox(g, l.to, sizeof(l.to), to, ASCII);
	subject(g, &l, "Out of Office AutoReply: ", PICK(g, subjects));
	set(l.extra, sizeof(l.extra), "In-Reply-To: %s\n%s", id,
	    chance(g, 50) ? "Auto-Submitted: auto-replied\n" : "");
	say(g, &g->body, "I am {away|on leave|at the fair} until {Monday|the"
	    " 1%dth} and will answer your mail when\nI am back. {%f looks"
	    " after my work|In urgent cases call %n-%n}.\n\n%s\n%c\n");
	sender(g, chance(g, 50) ? "<>" : from->addr);
	recipient(g, to->addr);
	if (out)
		submit(g, &g->text, way, us.addr);
	else
		deliver(g, &g->text, them.domain, us.addr, l.tz);
	letter(g, &g->text, &l);
}

static void
make_autoreply_out(struct gen *g)
{
	absent(g, true);
}

static void
make_autoreply_in(struct gen *g)
{
	absent(g, false);
}

/* A provider tells us what came out of our server: RFC 5965. */
static void
make_abuse_report(struct gen *g)
{
	static const char domain[] = "bigisp.example";
	time_t at = g->m.at - (time_t)between(g, 1800, 7200);
	struct campaign *c = campaign_at(g, at);
	char from[ADDR_MAX], to[ADDR_MAX];
	struct letter l;
	struct peer p;

	place(g, INBOUND);
	forge_sender(g, c, from);
	set(to, sizeof(to), "%s@%s", PICK(g, words), domain);
	client_of(g, c, &p);
	trace_through_us(g, to, &p, at, 0);
	begin_letter(g, &l, at - 100, some_tz(g));
	spam_letter(g, &l, c->spam, from, to);
	letter(g, &g->orig, &l);

	sender(g, "abuse@bigisp.example");
	recipient(g, "abuse@example.com");
	deliver(g, &g->text, domain, "abuse@example.com", 0);
	putf(&g->text, "Message-ID: <%s@%s>\nFrom: <abuse@%s>\n"
	    "To: <abuse@example.com>\nSubject: Abuse report for " SERVER_IP
	    "\nDate: %s\nMIME-Version: 1.0\nContent-Type: multipart/report; "
	    "report-type=feedback-report;\n\tboundary=\"fbl-%" PRIu64 "\"\n\n"
	    "--fbl-%" PRIu64 "\nContent-Type: text/plain; charset=us-ascii\n\n"
	    "A customer of ours marked this message, which came from your "
	    "server.\n\n--fbl-%" PRIu64 "\nContent-Type: "
	    "message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: "
	    "Loop/0.1\nVersion: 0.1\nSource-IP: " SERVER_IP "\n"
	    "Original-Mail-From: <%s>\n\n--fbl-%" PRIu64 "\nContent-Type: "
	    "message/rfc822\n\n", scribble(g, HEX, 16).s, domain, domain,
	    stamp(g->m.at - 5, 0).s, g->serial, g->serial, g->serial, from,
	    g->serial);
	add(&g->text, g->orig.p, g->orig.n);
	putf(&g->text, "\n--fbl-%" PRIu64 "--\n", g->serial);
}

/*
 * Files of which nothing can be told.  They are written as they are, with no
 * envelope around them or beside them.
 */

static void
damaged_folder(struct gen *g)
{
	static const enum folder folders[] = {
		IN, IN, OUT, IN_ARCHIVE, QUEUE, QUEUE, DROP
	};

	g->m.folder = g->m.tree == IMC ? folders[below(g, 4)] :
	    folders[4 + below(g, 3)];
	g->m.nrcpt = 0;
}

static void
make_empty(struct gen *g)
{
	damaged_folder(g);
}

static void
make_rubbish(struct gen *g)
{
	damaged_folder(g);
	add_noise(g, &g->text, between(g, 200, 4000));
}

static void
make_cut(struct gen *g)
{
	static const char *const heads[] = {
		"Received: from mai", "Received: ", "Rec",
		"Received: from unknown ([", "MIME-Version: 1.0\nConte"
	};

	damaged_folder(g);
	put(&g->text, PICK(g, heads));
}

/*
 * From a message to files.
 */

static void	wrap_ims(struct gen *);
static void	wrap_pickup(struct gen *);
static void	wrap_drop(struct gen *);
static void	wrap_plain(struct gen *);

static const struct {
	const char	*path;
	void		(*wrap)(struct gen *);
	const char	*suffix;
} folders[NFOLDER] = {
	{ "Imcdata/In", wrap_ims, "" },
	{ "Imcdata/In/Archive", wrap_ims, "" },
	{ "Imcdata/Out", wrap_ims, "" },
	{ "Imcdata/Out/Archive", wrap_ims, "" },
	{ "Imcdata/Pickup", wrap_pickup, "" },
	{ "Mailroot/Queue", wrap_plain, ".EML" },
	{ "Mailroot/Badmail", wrap_plain, ".BAD" },
	{ "Mailroot/Drop", wrap_drop, ".eml" },
	{ "Mailroot/Pickup", wrap_drop, ".eml" }
};

static void
write_file(struct gen *g, const char *name, const struct out *o)
{
	struct timespec when[2] = { { g->m.at, 0 }, { g->m.at, 0 } };
	int fd, dir = g->dir[g->m.folder];

	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd == -1)
		err(1, "%s/%s", folders[g->m.folder].path, name);
	if (write(fd, o->p, o->n) != (ssize_t)o->n ||
	    futimens(fd, when) == -1 || close(fd) == -1)
		err(1, "%s/%s", folders[g->m.folder].path, name);
}

static void
xblock(struct gen *g, const char *from, const char *to)
{
	bool angle = chance(g, 15);
	size_t i;

	putf(&g->file, angle && g->m.sender[0] != '<' ? "%s: <%s>\n" :
	    "%s: %s\n", from, g->m.sender);
	for (i = 0; i < g->m.nrcpt; i++)
		putf(&g->file, angle ? "%s: <%s>\n" : "%s: %s\n", to,
		    g->m.rcpt[i]);
}

static void
wrap_plain(struct gen *g)
{
	add(&g->file, g->text.p, g->text.n);
}

static void
wrap_pickup(struct gen *g)
{
	xblock(g, "X-Sender", "X-Receiver");
	wrap_plain(g);
}

static void
wrap_drop(struct gen *g)
{
	xblock(g, "x-sender", "x-receiver");
	wrap_plain(g);
}

/* A string with its NUL, of 8-bit or UTF-16LE characters. */
static void
add_string(struct out *o, const char *s, bool wide)
{
	size_t n = strlen(s) + 1;

	for (; n > 0; n--, s++)
		add_le(o, (unsigned char)*s, wide ? 2 : 1);
}

static void
add_record(struct out *o, unsigned type, const char *s, bool wide)
{
	add_le(o, type, 2);
	add_le(o, (strlen(s) + 1) * (wide ? 2 : 1), 2);
	add_string(o, s, wide);
}

/*
 * What stands before the header of In and Out files: a record of the invented
 * kind with the envelope, at least 64 bytes and as a rule at most 400.
 */
static void
preamble(struct gen *g)
{
	bool wide = chance(g, 50);
	struct out *o = &g->file;
	size_t i, pad;

	add(o, "\x1a\x4d\x43\x01", 4);
	add_le(o, wide ? 3 : 2, 2);
	add_le(o, g->m.nrcpt, 2);
	add_le(o, filetime(g->m.at), 8);
	add_noise(g, o, 16);
	if (g->m.peer[0] != '\0' && chance(g, 50))
		add_record(o, 9, g->m.peer, wide);
	add_record(o, 1, g->m.sender, wide);
	for (i = 0; i < g->m.nrcpt; i++)
		add_record(o, 2, g->m.rcpt[i], wide);
	add_le(o, 0, 4);
	pad = o->n < 64 ? 64 - o->n : 0;
	if (o->n + pad < 400)
		pad += below(g, 400 - o->n - pad);
	add_noise(g, o, pad);
	add_le(o, 0, 2);		/* the header must stand apart */
}

/*
 * In and Out: the envelope in a binary part or, for a third, in X-lines; an
 * archived file of Out may be the bare message ("pure SMTP format").
 */
static void
wrap_ims(struct gen *g)
{
	unsigned k = below(g, 100);

	if (g->m.folder == OUT_ARCHIVE && k >= 85) {
		wrap_plain(g);
		return;
	}
	if (k < 30) {
		wrap_pickup(g);
		return;
	}
	preamble(g);
	wrap_plain(g);
	if (chance(g, 20)) {
		add_le(&g->file, 0x1a00, 2);
		add_noise(g, &g->file, between(g, 16, 200));
	}
}

/* Eight letters and digits, as the IMS names its files; never twice. */
static struct text
ims_name(uint64_t serial)
{
	static const char abc[] = UPPER;
	uint64_t v, all = 2821109907456;	/* 36^8 */
	struct text t;
	size_t i;

	v = (serial * 1144030211197 + 517210099481) % all;
	for (i = 0; i < 8; i++, v /= 36)
		t.s[i] = abc[v % 36];
	t.s[i] = '\0';
	return t;
}

/* Of the message that is made next, without suffix. */
static struct text
file_name(struct gen *g)
{
	struct text t;

	if (g->m.folder < QUEUE)
		return ims_name(g->serial);
	set(t.s, sizeof(t.s), g->m.folder == QUEUE ? "NTFS_%08" PRIx64
	    "01c3d3f4%08" PRIx64 : "%08" PRIx64 "01c3d3f4%08" PRIx64,
	    filetime(g->m.at) >> 16 & 0xffffffff, g->serial);
	return t;
}

/* The stream of an NTFS file that carries the envelope, beside its file. */
static void
write_properties(struct gen *g, const char *name)
{
	char side[96];
	struct out *o = &g->file;
	size_t i;

	o->n = 0;
	add_le(o, 0x50524f50, 4);
	add_le(o, g->m.nrcpt, 4);
	add_le(o, filetime(g->m.at), 8);
	add_noise(g, o, 32);
	add_record(o, 0x1001, g->m.sender, true);
	for (i = 0; i < g->m.nrcpt; i++)
		add_record(o, 0x2001, g->m.rcpt[i], true);
	add_noise(g, o, between(g, 24, 120));
	set(side, sizeof(side), "%s:PROPERTIES", name);
	write_file(g, side, o);
}

/* The reason and the diagnostics of a bad message. */
static void
write_bad_companions(struct gen *g, const char *base)
{
	char name[96];
	struct out *o = &g->file;

	o->n = 0;
	put(o, "Unable to deliver this message because the following error "
	    "was encountered: \"The message is a delivery status notification "
	    "that cannot be delivered.\".\n\nThe specific error code was "
	    "0xC00402C7.\n");
	set(name, sizeof(name), "%s.BDR", base);
	write_file(g, name, o);

	o->n = 0;
	add_noise(g, o, 48);
	add_string(o, "C:\\Inetpub\\mailroot\\Queue\\NTFS_", true);
	add_noise(g, o, 24);
	set(name, sizeof(name), "%s.BDP", base);
	write_file(g, name, o);
}

static void
spool(struct gen *g)
{
	static const char *const classes[] = {
		"relay", "backscatter", "spam", "legit", "unsure"
	};
	struct text base = file_name(g);
	char name[96];

	set(name, sizeof(name), "%s%s", base.s, folders[g->m.folder].suffix);
	g->file.n = 0;
	if (g->m.nrcpt == 0)
		wrap_plain(g);
	else
		folders[g->m.folder].wrap(g);
	write_file(g, name, &g->file);
	if (g->m.folder == QUEUE && g->m.nrcpt > 0)
		write_properties(g, name);
	if (g->m.folder == BADMAIL)
		write_bad_companions(g, base.s);
	fprintf(g->key, "%s/%s\t%s\t%s\t%s\n", folders[g->m.folder].path, name,
	    classes[g->m.class], g->m.why, g->m.kind);
	g->count[g->m.class]++;
	g->serial++;
	g->left--;
}

/*
 * The incident: what happens how often, and at which hours.
 */

/* Weights of the hours from Monday 06:00. */
static const unsigned char office[HOURS] = {
	1, 3, 8, 14, 16, 14, 9, 12, 14, 13, 12, 9, 6, 4, 3, 2, 1, 1,
	1, 1, 1, 1, 1, 2, 3, 8, 14, 16, 14, 9
}, night[HOURS] = {
	1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 5, 7, 10, 16, 28, 45,
	60, 64, 58, 44, 30, 18, 10, 6, 4, 3, 2, 2
}, storm[HOURS] = {
	2, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5, 6, 8, 12, 18, 30,
	44, 56, 64, 60, 50, 36, 22, 14, 9, 6, 4, 3
};

static const struct scenario {
	unsigned		 weight;	/* of 10000 */
	void			(*make)(struct gen *);
	enum class		 class;
	const char		*why, *kind;
	const unsigned char	*hours;
} scenarios[] = {
	/* 55 %: strangers send through us to strangers */
	{ 4200, make_open_relay, RELAY, "open-relay", "mail", night },
	{ 800, make_spoofed, RELAY, "spoofed-sender", "mail", night },
	{ 500, make_routed, RELAY, "routed-recipient", "mail", night },
	/* 20 %: reports about forged mail, to us and by us */
	{ 1150, make_storm, BACKSCATTER, "ndr-storm", "bounce", storm },
	{ 150, make_relayed_bounce, BACKSCATTER, "ndr-of-relayed", "bounce",
	    storm },
	{ 600, make_outbound_ndr, BACKSCATTER, "own-ndr", "bounce", night },
	{ 100, make_forged_autoreply, BACKSCATTER, "autoreply-to-forged",
	    "autoreply", storm },
	/* 8 %: spam to our users */
	{ 730, make_uce, SPAM, "uce", "mail", night },
	{ 70, make_worm, SPAM, "worm", "mail", night },
	/* 16.4 %: everybody's work */
	{ 340, make_user_mail, LEGIT, "user-mail", "mail", office },
	{ 330, make_inbound, LEGIT, "inbound-mail", "mail", office },
	{ 180, make_list_in, LEGIT, "list-in", "mail", office },
	{ 150, make_own_bounce, LEGIT, "own-bounce", "bounce", office },
	{ 120, make_japanese_in, LEGIT, "japanese-in", "mail", office },
	{ 100, make_japanese_out, LEGIT, "japanese-out", "mail", office },
	{ 100, make_forward, LEGIT, "forward", "mail", office },
	{ 70, make_list_out, LEGIT, "list-out", "mail", office },
	{ 70, make_newsletter, LEGIT, "newsletter", "mail", office },
	{ 60, make_service, LEGIT, "service", "mail", office },
	{ 50, make_user_forward, LEGIT, "user-forward", "mail", office },
	{ 38, make_receipt, LEGIT, "receipt", "read-receipt", office },
	{ 20, make_autoreply_out, LEGIT, "autoreply-out", "autoreply",
	    office },
	{ 10, make_autoreply_in, LEGIT, "autoreply-in", "autoreply", office },
	{ 2, make_abuse_report, LEGIT, "abuse-report", "abuse-report",
	    office },
	/* 0.6 %: cannot be told */
	{ 20, make_empty, UNSURE, "damaged-empty", "-", night },
	{ 20, make_rubbish, UNSURE, "damaged-binary", "-", night },
	{ 20, make_cut, UNSURE, "damaged-cut", "-", night }
};

static const struct scenario *
next_scenario(struct gen *g)
{
	unsigned k = below(g, 10000);
	size_t i;

	for (i = 0; k >= scenarios[i].weight; i++)
		k -= scenarios[i].weight;
	return &scenarios[i];
}

static void
happen(struct gen *g)
{
	const struct scenario *s = next_scenario(g);

	memset(&g->m, 0, sizeof(g->m));
	g->text.n = 0;
	g->m.class = s->class;
	g->m.why = s->why;
	g->m.kind = s->kind;
	if (g->imc && g->iis)
		g->m.tree = chance(g, 70) ? IMC : IIS;
	else
		g->m.tree = g->imc ? IMC : IIS;
	g->m.at = BEGIN + (time_t)weighted(g, s->hours, HOURS) * 3600 +
	    (time_t)below(g, 3600);
	s->make(g);
	spool(g);
}

/* A few dozen machines, about half of them in one network. */
static void
make_clients(struct gen *g)
{
	struct peer *p;
	unsigned i, low;

	for (i = 0; i < NCLIENT; i++) {
		p = &g->client[i];
		bot(g, p);
		low = i * 6 % 250 + 1 + i / 18 * 2;
		low |= 1;
		if (i % 5 < 3)
			set(p->ip, sizeof(p->ip), "198.51.100.%u", low);
		else
			set(p->ip, sizeof(p->ip), "203.0.113.%u", low);
	}
}

static void
make_campaigns(struct gen *g)
{
	static const enum to_field tos[] = {
		TO_RCPT, TO_FRIEND, TO_RCPT, TO_LOCAL, TO_HIDDEN, TO_RCPT,
		TO_ABSENT, TO_FRIEND, TO_FROM
	};
	struct campaign *c;
	unsigned i;

	for (i = 0; i < NCAMPAIGN; i++) {
		c = &g->campaign[i];
		c->spam = i % NELEM(spams);
		c->start = below(g, 20);
		c->hours = between(g, 6, 16);
		c->weight = between(g, 2, 15);
		c->client = below(g, NCLIENT);
		c->nclient = between(g, 2, 7);
		c->rcpts = chance(g, 30) ? 1 : between(g, 2, RCPT_MAX);
		c->hops = below(g, 4);
		c->one_sender = chance(g, 30);
		c->to = tos[(i + below(g, 2)) % NELEM(tos)];
		c->padding = chance(g, 50) ? between(g, 40, 200) : 0;
		c->style = chance(g, 50) ? ALTERNATIVE :
		    (enum style)below(g, ATTACHED);
		c->mailer = some_mailer(g);
	}
}

/*
 * The tree around the messages.
 */

static void
make_dir(const char *root, const char *path)
{
	char buf[4096];

	set(buf, sizeof(buf), "%s/%s", root, path);
	if (mkdir(buf, 0755) == -1)
		err(1, "%s", buf);
}

static FILE *
create(const char *root, const char *path)
{
	char buf[4096];
	FILE *f;

	set(buf, sizeof(buf), "%s/%s", root, path);
	if ((f = fopen(buf, "wx")) == NULL)
		err(1, "%s", buf);
	return f;
}

static void
finish(FILE *f, const char *what)
{
	if (ferror(f) | fclose(f))
		err(1, "%s", what);
}

/* root must be new, or an empty directory. */
static void
claim(const char *root)
{
	struct dirent *e;
	DIR *d;

	if (mkdir(root, 0755) == 0)
		return;
	if (errno != EEXIST)
		err(1, "%s", root);
	if ((d = opendir(root)) == NULL)
		err(1, "%s", root);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			errx(1, "%s: not empty, will not write into it", root);
	closedir(d);
}

static void
make_tree(struct gen *g, const char *root)
{
	static const char *const imc[] = {
		"Imcdata", "Imcdata/In", "Imcdata/In/Archive", "Imcdata/Out",
		"Imcdata/Out/Archive", "Imcdata/Pickup",
		"Imcdata/Pickup/Archive", "Imcdata/Work", "Imcdata/Log"
	};
	static const char *const iis[] = {
		"Mailroot", "Mailroot/Badmail", "Mailroot/Drop",
		"Mailroot/Filter", "Mailroot/Pickup", "Mailroot/Queue"
	};
	char buf[4096];
	size_t i;

	for (i = 0; g->imc && i < NELEM(imc); i++)
		make_dir(root, imc[i]);
	for (i = 0; g->iis && i < NELEM(iis); i++)
		make_dir(root, iis[i]);
	for (i = 0; i < NFOLDER; i++) {
		g->dir[i] = -1;
		if (i < QUEUE ? !g->imc : !g->iis)
			continue;
		set(buf, sizeof(buf), "%s/%s", root, folders[i].path);
		g->dir[i] = open(buf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (g->dir[i] == -1)
			err(1, "%s", buf);
	}
}

static void
write_queue_dat(struct gen *g, const char *root)
{
	FILE *f = create(root, "Imcdata/queue.dat");

	g->file.n = 0;
	add_le(&g->file, 0x31515545, 4);
	add_noise(g, &g->file, 8188);
	fwrite(g->file.p, 1, g->file.n, f);
	finish(f, "queue.dat");
}

static void
write_site(const struct gen *g, const char *root)
{
	FILE *f = create(root, "site.conf");

	fprintf(f, "; the company whose server this was\n[site]\n"
	    "local_domains = example.com example.org\n"
	    "hosts = " SERVER "\n"
	    "trusted = 10.1.0.0/16 192.0.2.0/26\n");
	if (g->gateway)
		fprintf(f, "gateways = " GATEWAY_IP "\n");
	finish(f, "site.conf");
}

static void
incident(struct gen *g, const char *root)
{
	claim(root);
	make_tree(g, root);
	write_site(g, root);
	if (g->imc)
		write_queue_dat(g, root);
	make_clients(g);
	make_campaigns(g);
	g->nforward = (unsigned)(g->left / 1000);
	g->nforward = g->nforward < 2 ? 2 : g->nforward > 30 ? 30 :
	    g->nforward;
	g->key = create(root, "key.tsv");
	fprintf(g->key, "path\tclass\twhy\tkind\n");
	while (g->left > 0)
		happen(g);
	finish(g->key, "key.tsv");
}

static void
usage(FILE *f)
{
	fprintf(f, "usage: make-incident [-n messages] [-s seed] "
	    "[--form imcdata|iis|both]\n"
	    "                     [--variant default|gateway] [--large] "
	    "directory\n");
}

static uint64_t
number(const char *s, uint64_t max)
{
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(s, &end, 10);
	if (*s < '0' || *s > '9' || *end != '\0' || errno != 0 || v > max) {
		warnx("%s: not a number up to %" PRIu64, s, max);
		exit(2);
	}
	return v;
}

/* Which of the names s is, counted from 0. */
static size_t
choice(const char *s, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(s, names[i]) == 0)
			return i;
	warnx("%s: unknown", s);
	usage(stderr);
	exit(2);
}

static void
options(struct gen *g, int argc, char **argv)
{
	static const char *const forms[] = { "both", "imcdata", "iis" };
	static const char *const variants[] = { "default", "gateway" };
	static const struct option longs[] = {
		{ "form", required_argument, NULL, 'f' },
		{ "variant", required_argument, NULL, 'v' },
		{ "large", no_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	size_t form = 0;
	int c;

	g->left = 20000;
	g->rng = 1;
	while ((c = getopt_long(argc, argv, "n:s:", longs, NULL)) != -1)
		switch (c) {
		case 'n':
			g->left = number(optarg, 100000000);
			break;
		case 's':
			g->rng = number(optarg, UINT64_MAX);
			break;
		case 'f':
			form = choice(optarg, forms, NELEM(forms));
			break;
		case 'v':
			g->gateway = choice(optarg, variants,
			    NELEM(variants)) == 1;
			break;
		case 'l':
			g->large = true;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	g->imc = form != 2;
	g->iis = form != 1;
	if (optind + 1 != argc) {
		usage(stderr);
		exit(2);
	}
}

static void
buffers(struct gen *g)
{
	struct out *all[] = {
		&g->text, &g->body, &g->orig, &g->file, &g->tmp, &g->html
	};
	size_t i;

	for (i = 0; i < NELEM(all); i++)
		if ((all[i]->p = malloc(OUT_MAX)) == NULL)
			err(1, NULL);
}

int
main(int argc, char *argv[])
{
	static struct gen gen;
	struct gen *g = &gen;

	options(g, argc, argv);
	buffers(g);
	g->total = g->left;
	incident(g, argv[optind]);
	fprintf(stderr, "%" PRIu64 " messages: relay %" PRIu64
	    ", backscatter %" PRIu64 ", spam %" PRIu64 ", legit %" PRIu64
	    ", unsure %" PRIu64 "\n", g->total, g->count[RELAY],
	    g->count[BACKSCATTER], g->count[SPAM], g->count[LEGIT],
	    g->count[UNSURE]);
	return 0;
}

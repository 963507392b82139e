/*
 * makelog KIND [DAYS [SPOOL]] >log 2>key - a made log, and what is in it.
 *
 * An owner and a clerk send from inside; somebody guesses the owner's
 * password and uses it from 14 addresses; strangers write to us, and one
 * asks to relay.  The same day in every kind of log.  The key has a line
 * for each account and client, in the order of sort(1):
 *
 *	account guest messages 84 recipients 1680 failed 30
 *	client 203.0.113.1 sessions 36 messages 6 recipients 120 refused 0 failed 30
 *
 * as far as the kind tells it: the IIS forms know no accounts.  With a SPOOL,
 * the same messages as files of Exchange 5.5 in SPOOL/Out, where no account
 * stands, named after who sent them: GUEST1 the owner, THIEF7, CLERK3, MX9.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECRET	"Hunter2-Secret"	/* must not come out anywhere */
#define NAMES	64
#define RCPTS	20

struct mail {
	const char	*account;	/* NULL: without a password */
	const char	*ip, *helo, *sender, *domain;
	unsigned	 rcpts;
};

struct kind {
	const char	*name;
	void		(*begin)(void);
	void		(*open)(const struct mail *m);
	void		(*fail)(const struct mail *m);
	void		(*auth)(const struct mail *m);
	void		(*message)(const struct mail *m);
	void		(*deny)(const struct mail *m);
	void		(*close)(const struct mail *m);
	bool		 accounts;	/* it names them */
	enum { SESSIONS, ONE_A_MESSAGE, NO_SESSIONS } sessions;
};

struct total {
	char		 name[64];
	unsigned	 sessions, messages, rcpts, refused, failed;
};

static time_t now = 1100000000;		/* 2004-11-09T11:33:20Z */
static unsigned serial, pid = 100;
static struct total accounts[NAMES], clients[NAMES];
static const struct kind *kind;
static const char *spool;

static struct total *
total_of(struct total *v, const char *name)
{
	unsigned i;

	for (i = 0; i < NAMES - 1 && v[i].name[0] != '\0'; i++)
		if (strcmp(v[i].name, name) == 0)
			break;
	snprintf(v[i].name, sizeof(v[i].name), "%s", name);
	return &v[i];
}

static void
base64(const char *s, size_t n, char *out)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
	    "qrstuvwxyz0123456789+/";
	size_t i;
	uint32_t v;

	for (i = 0; i < n; i += 3) {
		v = (uint32_t)(unsigned char)s[i] << 16;
		v |= i + 1 < n ? (uint32_t)(unsigned char)s[i + 1] << 8 : 0;
		v |= i + 2 < n ? (unsigned char)s[i + 2] : 0;
		*out++ = set[v >> 18];
		*out++ = set[v >> 12 & 63];
		*out++ = i + 1 < n ? set[v >> 6 & 63] : '=';
		*out++ = i + 2 < n ? set[v & 63] : '=';
	}
	*out = '\0';
}

static void
add_field(char *out, size_t n, char c, const struct tm *tm)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	const int v[][2] = { { 'd', tm->tm_mday }, { 'H', tm->tm_hour },
	    { 'M', tm->tm_min }, { 'S', tm->tm_sec }, { 'm', tm->tm_mon + 1 },
	    { 'y', tm->tm_year % 100 }, { 'I', (tm->tm_hour + 11) % 12 + 1 } };
	size_t i;

	if (c == 'b')
		snprintf(out, n, "%.3s", months + tm->tm_mon * 3);
	else if (c == 'e')
		snprintf(out, n, "%2d", tm->tm_mday);
	else if (c == 'Y')
		snprintf(out, n, "%d", tm->tm_year + 1900);
	else if (c == 'p')
		snprintf(out, n, "%s", tm->tm_hour < 12 ? "AM" : "PM");
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		if (v[i][0] == c)
			snprintf(out, n, "%02d", v[i][1]);
}

/* As strftime, without the warnings about years of two digits. */
static const char *
stamp(const char *form)
{
	static char buf[64];
	struct tm tm;
	size_t n = 0;

	gmtime_r(&now, &tm);
	for (; *form != '\0' && n + 8 < sizeof(buf); form++)
		if (*form == '%') {
			add_field(buf + n, sizeof(buf) - n, *++form, &tm);
			n += strlen(buf + n);
		} else {
			buf[n++] = *form;
			buf[n] = '\0';
		}
	return buf;
}

static const char *
rcpt(const struct mail *m, unsigned i)
{
	static char buf[64];

	snprintf(buf, sizeof(buf), "u%u@%s", serial * 31 + i, m->domain);
	return buf;
}

static void
nothing(const struct mail *m)
{
	(void)m;
}

/* ---- Postfix ---- */

#define PF(part, ...) \
	(printf("%s mail postfix/%s[%u]: ", stamp("%b %e %H:%M:%S"), part, \
	    pid), printf(__VA_ARGS__), putchar('\n'))

static void
pf_open(const struct mail *m)
{
	PF("smtpd", "connect from unknown[%s]", m->ip);
}

static void
pf_fail(const struct mail *m)
{
	PF("smtpd", "warning: unknown[%s]: SASL LOGIN authentication failed: "
	    "UGFzc3dvcmQ6, sasl_username=%s", m->ip, m->account);
}

static void
pf_message(const struct mail *m)
{
	unsigned i;

	if (m->account != NULL)
		PF("smtpd", "%06X0: client=unknown[%s], sasl_method=LOGIN, "
		    "sasl_username=%s", serial, m->ip, m->account);
	else
		PF("smtpd", "%06X0: client=unknown[%s]", serial, m->ip);
	PF("cleanup", "%06X0: message-id=<m%u@example.org>", serial, serial);
	PF("qmgr", "%06X0: from=<%s>, size=1234, nrcpt=%u (queue active)",
	    serial, m->sender, m->rcpts);
	for (i = 0; i < m->rcpts; i++)
		PF("smtp", "%06X0: to=<%s>, relay=mx.example.net[192.0.2.99]"
		    ":25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent "
		    "(250 ok)", serial, rcpt(m, i));
	PF("qmgr", "%06X0: removed", serial);
}

static void
pf_deny(const struct mail *m)
{
	PF("smtpd", "NOQUEUE: reject: RCPT from unknown[%s]: 554 5.7.1 <%s>: "
	    "Relay access denied; from=<%s> to=<%s> proto=ESMTP helo=<%s>",
	    m->ip, rcpt(m, 0), m->sender, rcpt(m, 0), m->helo);
}

static void
pf_close(const struct mail *m)
{
	PF("smtpd", "disconnect from unknown[%s] ehlo=1 quit=1 commands=2",
	    m->ip);
}

/* ---- Exim ---- */

#define EX(...) \
	(printf("%s ", stamp("%Y-%m-%d %H:%M:%S")), printf(__VA_ARGS__), \
	    putchar('\n'))

static void
ex_fail(const struct mail *m)
{
	EX("login authenticator failed for (%s) [%s]: 535 Incorrect "
	    "authentication data (set_id=%s)", m->helo, m->ip, m->account);
}

static void
ex_message(const struct mail *m)
{
	char id[32];
	unsigned i;

	snprintf(id, sizeof(id), "1A%04X-%06X-00", serial & 0xffff, serial);
	printf("%s %s <= %s H=(%s) [%s] P=esmtp%s", stamp("%Y-%m-%d %H:%M:%S"),
	    id, m->sender, m->helo, m->ip, m->account ? "a A=login:" : "");
	printf("%s S=1234 id=m%u@example.org\n", m->account ? m->account : "",
	    serial);
	for (i = 0; i < m->rcpts; i++)
		EX("%s => %s R=dnslookup T=remote_smtp H=mx [192.0.2.99]", id,
		    rcpt(m, i));
	EX("%s Completed", id);
}

static void
ex_deny(const struct mail *m)
{
	EX("H=(%s) [%s] F=<%s> rejected RCPT <%s>: relay not permitted",
	    m->helo, m->ip, m->sender, rcpt(m, 0));
}

/* ---- sendmail ---- */

#define SM(...) \
	(printf("%s mail sm-mta[%u]: ", stamp("%b %e %H:%M:%S"), pid), \
	    printf(__VA_ARGS__), putchar('\n'))

static void
sm_fail(const struct mail *m)
{
	SM("iA9B%06u%06u: AUTH failure (LOGIN): user not found (-20) SASL(-13)"
	    ": user not found, user=%s, relay=[%s]", serial, pid, m->account,
	    m->ip);
}

static void
sm_auth(const struct mail *m)
{
	SM("AUTH=server, relay=[%s], authid=%s, mech=LOGIN, bits=0", m->ip,
	    m->account);
}

static void
sm_message(const struct mail *m)
{
	unsigned i;

	SM("iA9B%06u%06u: from=<%s>, size=1234, class=0, nrcpts=%u, "
	    "msgid=<m%u@example.org>, proto=ESMTP%s, daemon=MTA, relay=[%s]",
	    serial, pid, m->sender, m->rcpts, serial, m->account ? "A" : "",
	    m->ip);
	for (i = 0; i < m->rcpts; i++)
		SM("iA9B%06u%06u: to=<%s>, delay=00:00:01, mailer=esmtp, "
		    "relay=mx.example.net. [192.0.2.99], dsn=2.0.0, stat=Sent",
		    serial, pid, rcpt(m, i));
}

static void
sm_deny(const struct mail *m)
{
	SM("iA9B%06u%06u: ruleset=check_rcpt, arg1=<%s>, relay=[%s], "
	    "reject=550 5.7.1 <%s>... Relaying denied", serial, pid,
	    rcpt(m, 0), m->ip, rcpt(m, 0));
}

/* ---- OpenSMTPD ---- */

#define OS(...) \
	(printf("%s mail smtpd[77]: %016x ", stamp("%b %e %H:%M:%S"), pid), \
	    printf(__VA_ARGS__), putchar('\n'))

static void
os_open(const struct mail *m)
{
	OS("smtp connected address=%s host=<unknown>", m->ip);
}

static void
os_fail(const struct mail *m)
{
	OS("smtp authentication user=%s result=permfail", m->account);
}

static void
os_auth(const struct mail *m)
{
	OS("smtp authentication user=%s result=ok", m->account);
}

static void
os_message(const struct mail *m)
{
	unsigned i;

	for (i = 0; i < m->rcpts; i++)
		OS("smtp envelope evpid=%08x%08x from=<%s> to=<%s>", serial,
		    i, m->sender, rcpt(m, i));
	OS("smtp message msgid=%08x size=1234 nrcpt=%u proto=ESMTP", serial,
	    m->rcpts);
}

static void
os_deny(const struct mail *m)
{
	OS("smtp failed-command command=\"RCPT TO:<%s>\" result=\"550 Invalid "
	    "recipient: relaying denied\"", rcpt(m, 0));
}

static void
os_close(const struct mail *m)
{
	(void)m;
	OS("smtp disconnected reason=quit");
}

/* ---- Exchange 5.5, Internet Mail Service ---- */

#define IM(...) \
	(printf("%s : ", stamp("%m/%d/%y %I:%M:%S %p")), \
	    printf(__VA_ARGS__), fputs("\r\n", stdout))

static void
im_open(const struct mail *m)
{
	IM("A connection was accepted from %s.", m->ip);
	IM("<<< IO: |EHLO %s|", m->helo);
	IM("<<< EHLO %s", m->helo);
	IM(">>> 250-mail.example.org Hello [%s]", m->ip);
	fputs("250-SIZE 0\r\n250 AUTH=LOGIN\r\n", stdout);
}

static void
im_login(const struct mail *m, const char *reply)
{
	char user[64], secret[64];

	base64(m->account, strlen(m->account), user);
	base64(SECRET, strlen(SECRET), secret);
	IM("<<< AUTH LOGIN");
	IM(">>> 334 VXNlcm5hbWU6");
	IM("<<< %s", user);
	IM(">>> 334 UGFzc3dvcmQ6");
	IM("<<< IO: |%s|", secret);
	IM("<<< %s", secret);
	IM(">>> %s", reply);
}

static void
im_fail(const struct mail *m)
{
	im_login(m, "535 LOGIN unsuccessful");
}

static void
im_auth(const struct mail *m)
{
	im_login(m, "235 LOGIN authentication successful");
}

static void
im_message(const struct mail *m)
{
	unsigned i;

	IM("<<< MAIL FROM:<%s> SIZE=1234", m->sender);
	IM(">>> 250 OK - mail from <%s>; can accomodate 1234 bytes",
	    m->sender);
	for (i = 0; i < m->rcpts; i++) {
		IM("<<< RCPT TO:<%s>", rcpt(m, i));
		IM(">>> 250 OK - Recipient <%s>", rcpt(m, i));
	}
	IM("<<< DATA");
	IM(">>> 354 Send data.  End with CRLF.CRLF");
	IM("<<< Message-ID: <m%u@example.org>", serial);
	IM("<<< Subject: RCPT TO:<trap@example.net>");
	IM("<<< ");
	IM("<<< MAIL FROM:<trap@example.net>");
	IM("<<< .");
	IM(">>> 250 OK");
}

static void
im_deny(const struct mail *m)
{
	IM("<<< MAIL FROM:<%s>", m->sender);
	IM(">>> 250 OK - mail from <%s>", m->sender);
	IM("<<< RCPT TO:<%s>", rcpt(m, 0));
	IM(">>> 550 Relaying is prohibited");
	IM("<<< RSET");
	IM(">>> 250 OK - Reset");
}

static void
im_close(const struct mail *m)
{
	(void)m;
	IM("<<< QUIT");
	IM(">>> 221 closing connection");
}

/* ---- Exchange 2007 and later ---- */

static unsigned csv_n;

#define CSV(event, ...) \
	(printf("%s.123Z,mail\\Default,08D%013X,%u,192.0.2.2:25,%s:4711,%s,", \
	    stamp("%Y-%m-%dT%H:%M:%S"), pid, csv_n++, m->ip, event), \
	    printf(__VA_ARGS__), fputs("\r\n", stdout))

static void
csv_begin(void)
{
	fputs("#Software: Microsoft Exchange Server\r\n#Version: 8.0.0.0\r\n"
	    "#Log-type: SMTP Receive Protocol Log\r\n"
	    "#Date: 2004-11-09T00:00:00.000Z\r\n"
	    "#Fields: date-time,connector-id,session-id,sequence-number,"
	    "local-endpoint,remote-endpoint,event,data,context\r\n", stdout);
}

static void
csv_open(const struct mail *m)
{
	csv_n = 0;
	CSV("+", ",");
	CSV(">", "\"220 mail.example.org Microsoft ESMTP MAIL Service\",");
	CSV("<", "EHLO %s,", m->helo);
	CSV(">", "250  mail.example.org Hello [%s] SIZE AUTH LOGIN,", m->ip);
}

static void
csv_login(const struct mail *m, bool good)
{
	char blob[128], raw[96];
	size_t n = (size_t)snprintf(raw, sizeof(raw), "%c%s%c%s", 0,
	    m->account, 0, SECRET);

	base64(raw, n, blob);
	CSV("<", "AUTH PLAIN %s,", blob);
	if (good)
		CSV("*", "%s,authenticated", m->account);
	CSV(">", "%s,", good ? "235 2.7.0 Authentication successful" :
	    "535 5.7.3 Authentication unsuccessful");
}

static void
csv_fail(const struct mail *m)
{
	csv_login(m, false);
}

static void
csv_auth(const struct mail *m)
{
	csv_login(m, true);
}

static void
csv_message(const struct mail *m)
{
	unsigned i;

	CSV("<", "MAIL FROM:<%s> SIZE=1234,", m->sender);
	CSV("*", "08D;2004-11-09T11:33:20.123Z;1,receiving message");
	CSV(">", "250 2.1.0 Sender OK,");
	for (i = 0; i < m->rcpts; i++) {
		CSV("<", "RCPT TO:<%s>,", rcpt(m, i));
		CSV(">", "250 2.1.5 Recipient OK,");
	}
	CSV("<", "DATA,");
	CSV(">", "354 Start mail input; end with <CRLF>.<CRLF>,");
	CSV(">", "\"250 2.6.0 <m%u@example.org> Queued mail, for delivery\",",
	    serial);
}

static void
csv_deny(const struct mail *m)
{
	CSV("<", "MAIL FROM:<%s>,", m->sender);
	CSV(">", "250 2.1.0 Sender OK,");
	CSV("<", "RCPT TO:<%s>,", rcpt(m, 0));
	CSV(">", "550 5.7.1 Unable to relay,");
	CSV("<", "RSET,");
	CSV(">", "250 2.0.0 Resetting,");
}

static void
csv_close(const struct mail *m)
{
	CSV("<", "QUIT,");
	CSV(">", "221 2.0.0 Service closing transmission channel,");
	CSV("-", ",Local");
}

/* ---- IIS, three forms of one line ---- */

static void
w3c_begin(void)
{
	fputs("#Software: Microsoft Internet Information Services 5.0\r\n"
	    "#Version: 1.0\r\n#Date: 2004-11-09 00:00:00\r\n"
	    "#Fields: date time c-ip cs-username s-sitename s-computername "
	    "s-ip s-port cs-method cs-uri-stem cs-uri-query sc-status "
	    "sc-win32-status sc-bytes cs-bytes time-taken cs-version\r\n",
	    stdout);
}

static void
w3c_row(const struct mail *m, const char *verb, const char *arg, int status)
{
	printf("%s %s %s SMTPSVC1 MAIL01 192.0.2.2 0 %s - %s %d 0 57 45 0 "
	    "SMTP\r\n", stamp("%Y-%m-%d %H:%M:%S"), m->ip, m->helo, verb, arg,
	    status);
}

static void
iis_row(const struct mail *m, const char *verb, const char *arg, int status)
{
	printf("%s, %s, ", m->ip, m->helo);
	printf("%s, SMTPSVC1, MAIL01, 192.0.2.2, 0, 45, 57, ",
	    stamp("%m/%d/%y, %H:%M:%S"));
	printf("%d, 0, %s, -, %s,\r\n", status, verb, arg);
}

static void
ncsa_row(const struct mail *m, const char *verb, const char *arg, int status)
{
	printf("%s - %s [%s +0000] \"%s -?%s SMTP\" %d 57\r\n", m->ip,
	    m->helo, stamp("%d/%b/%Y:%H:%M:%S"), verb, arg, status);
}

static void
row(const struct mail *m, const char *verb, const char *arg, int status)
{
	if (strcmp(kind->name, "iis") == 0)
		iis_row(m, verb, arg, status);
	else if (strcmp(kind->name, "ncsa") == 0)
		ncsa_row(m, verb, arg, status);
	else
		w3c_row(m, verb, arg, status);
}

static void
rows_open(const struct mail *m)
{
	row(m, "EHLO", "+there", 250);
}

static void
rows_envelope(const struct mail *m, unsigned n, int status)
{
	char arg[128];
	unsigned i;

	snprintf(arg, sizeof(arg), "+FROM:+<%s>", m->sender);
	row(m, "MAIL", arg, 250);
	for (i = 0; i < n; i++) {
		snprintf(arg, sizeof(arg), "+TO:+<%s>", rcpt(m, i));
		row(m, "RCPT", arg, status);
	}
}

static void
rows_message(const struct mail *m)
{
	rows_envelope(m, m->rcpts, 250);
	row(m, "DATA", "+<m@example.org>", 250);
}

static void
rows_deny(const struct mail *m)
{
	rows_envelope(m, 1, 550);
	row(m, "RSET", "-", 250);
}

static void
rows_close(const struct mail *m)
{
	row(m, "QUIT", "host", 240);
}

/* ---- events as text ---- */

static void
ev_row(const struct mail *m, int id, const char *text)
{
	printf("%s,%s", stamp("%m/%d/%Y,%I:%M:%S %p"),
	    "MSExchangeTransport,SMTP Protocol,Information");
	printf(",%d,N/A,MAIL01,\"%s client \"\"%s\"\". The authentication "
	    "method was \"\"LOGIN\"\" and the username was \"\"%s\"\".\"\r\n",
	    id, text, m->ip, m->account);
}

static void
ev_fail(const struct mail *m)
{
	ev_row(m, 1706, "SMTP Authentication failed with");
}

static void
ev_auth(const struct mail *m)
{
	ev_row(m, 1708, "SMTP Authentication was performed successfully with");
}

/* The same as records, for tests/e2e/evlog.pl. */
static void
rec_fail(const struct mail *m)
{
	printf("%lld\tMSExchangeTransport\t1706\t%s\tLOGIN\t%s\n",
	    (long long)now, m->ip, m->account);
}

static void
rec_auth(const struct mail *m)
{
	printf("%lld\tMSExchangeTransport\t1708\t%s\tLOGIN\t%s\n",
	    (long long)now, m->ip, m->account);
}

static const struct kind kinds[] = {
	{ .name = "postfix", .open = pf_open, .fail = pf_fail,
	    .auth = nothing, .message = pf_message, .deny = pf_deny,
	    .close = pf_close, .accounts = true },
	{ .name = "exim", .open = nothing, .fail = ex_fail, .auth = nothing,
	    .message = ex_message, .deny = ex_deny, .close = nothing,
	    .accounts = true, .sessions = ONE_A_MESSAGE },
	{ .name = "sendmail", .open = nothing, .fail = sm_fail,
	    .auth = sm_auth, .message = sm_message, .deny = sm_deny,
	    .close = nothing, .accounts = true },
	{ .name = "opensmtpd", .open = os_open, .fail = os_fail,
	    .auth = os_auth, .message = os_message, .deny = os_deny,
	    .close = os_close, .accounts = true },
	{ .name = "ims55", .open = im_open, .fail = im_fail,
	    .auth = im_auth, .message = im_message, .deny = im_deny,
	    .close = im_close, .accounts = true },
	{ .name = "ex2007", .begin = csv_begin, .open = csv_open,
	    .fail = csv_fail, .auth = csv_auth, .message = csv_message,
	    .deny = csv_deny, .close = csv_close, .accounts = true },
	{ .name = "w3c", .begin = w3c_begin, .open = rows_open,
	    .fail = nothing, .auth = nothing, .message = rows_message,
	    .deny = rows_deny, .close = rows_close },
	{ .name = "iis", .open = rows_open, .fail = nothing, .auth = nothing,
	    .message = rows_message, .deny = rows_deny,
	    .close = rows_close },
	{ .name = "ncsa", .open = rows_open, .fail = nothing,
	    .auth = nothing, .message = rows_message, .deny = rows_deny,
	    .close = rows_close },
	{ .name = "events", .open = nothing, .fail = ev_fail,
	    .auth = ev_auth, .message = nothing, .deny = nothing,
	    .close = nothing, .accounts = true, .sessions = NO_SESSIONS },
	{ .name = "records", .open = nothing, .fail = rec_fail,
	    .auth = rec_auth, .message = nothing, .deny = nothing,
	    .close = nothing, .accounts = true, .sessions = NO_SESSIONS },
};

/* ---- the spool ---- */

static void
put_file(const struct mail *m)
{
	char path[4096];
	unsigned i;
	FILE *f;

	snprintf(path, sizeof(path), "%s/Out/%.5s%u", spool,
	    strcmp(m->helo, "pc20") == 0 ? "GUEST" :
	    strcmp(m->helo, "pc30") == 0 ? "CLERK" :
	    strcmp(m->helo, "thief") == 0 ? "THIEF" : "MX", serial);
	if ((f = fopen(path, "w")) == NULL) {
		perror(path);
		exit(1);
	}
	fprintf(f, "Received: from %s ([%s]) by mail.example.org with SMTP "
	    "(Microsoft Exchange Internet Mail Service Version 5.5.2653.13)"
	    "\r\n\tid %u; %s +0000\r\n", m->helo, m->ip, serial,
	    stamp("%d %b %Y %H:%M:%S"));
	fprintf(f, "From: %s\r\nTo: ", m->sender);
	for (i = 0; i < m->rcpts; i++)
		fprintf(f, i == 0 ? "%s" : ",\r\n\t%s", rcpt(m, i));
	fprintf(f, "\r\nSubject: number %u\r\nMessage-ID: "
	    "<m%u@example.org>\r\n\r\nText.\r\n", serial, serial);
	if (fclose(f) == EOF)
		exit(1);
}

/* ---- the day ---- */

/* As the log tells them: of a kind without a line for it, none. */
static void
begins(const struct mail *m)
{
	kind->open(m);
	if (kind->sessions == SESSIONS)
		total_of(clients, m->ip)->sessions++;
}

static void
fails(struct mail m)
{
	pid++;
	now += 2;
	begins(&m);
	kind->fail(&m);
	kind->close(&m);
	if (kind->fail == nothing)
		return;
	total_of(clients, m.ip)->failed++;
	total_of(accounts, m.account)->failed++;
}

static void
sends(struct mail m, unsigned n)
{
	unsigned i;

	pid++;
	now += 7;
	if (!kind->accounts)
		m.account = NULL;
	begins(&m);
	if (m.account != NULL)
		kind->auth(&m);
	for (i = 0; i < n; i++) {
		serial++;
		now++;
		kind->message(&m);
		if (spool != NULL)
			put_file(&m);
		if (kind->message == nothing)
			continue;
		total_of(clients, m.ip)->messages++;
		if (kind->sessions == ONE_A_MESSAGE)
			total_of(clients, m.ip)->sessions++;
		total_of(clients, m.ip)->rcpts += m.rcpts;
		if (m.account == NULL)
			continue;
		total_of(accounts, m.account)->messages++;
		total_of(accounts, m.account)->rcpts += m.rcpts;
	}
	if (m.account != NULL)
		(void)total_of(accounts, m.account);
	if (kind->open != nothing || kind->message != nothing ||
	    m.account != NULL)
		(void)total_of(clients, m.ip);
	kind->close(&m);
}

static void
is_denied(struct mail m, unsigned n)
{
	pid++;
	begins(&m);
	for (; n > 0; n--) {
		serial++;
		now += 3;
		kind->deny(&m);
		if (kind->deny != nothing)
			total_of(clients, m.ip)->refused++;
	}
	kind->close(&m);
}

static void
thieves(unsigned round)
{
	char ip[32], sender[64];
	unsigned i;
	struct mail m = { "guest", ip, "thief", sender, "example.net", RCPTS };

	for (i = 1; i <= 14; i++) {
		snprintf(ip, sizeof(ip), "203.0.113.%u", i);
		snprintf(sender, sizeof(sender), "offer%u.%u@example.com",
		    round, i);
		sends(m, 1);
	}
}

static void
day(void)
{
	static const struct mail owner = { "guest", "192.0.2.20", "pc20",
	    "guest@example.org", "example.com", 2 };
	static const struct mail clerk = { "clerk", "192.0.2.30", "pc30",
	    "clerk@example.org", "example.com", 1 };
	static const struct mail thief = { "guest", "203.0.113.1", "thief",
	    "x@example.com", "example.net", 1 };
	static const struct mail friend = { NULL, "198.51.100.4", "mx4",
	    "friend@example.net", "example.org", 1 };
	static const struct mail prober = { NULL, "198.51.100.99", "probe",
	    "spam@example.com", "example.net", 1 };
	unsigned i;

	for (i = 0; i < 5; i++) {
		sends(owner, 1);
		sends(clerk, 2);
		sends(friend, 3);
		now += 600;
	}
	for (i = 0; i < 30; i++)
		fails(thief);
	for (i = 0; i < 6; i++) {
		thieves(i);
		sends(clerk, 1);
	}
	is_denied(prober, 25);
	sends(owner, 1);
	now += 3600;
}

static void
print_key(void)
{
	unsigned i;

	for (i = 0; i < NAMES && accounts[i].name[0] != '\0'; i++)
		fprintf(stderr, "account %s messages %u recipients %u failed "
		    "%u\n", accounts[i].name, accounts[i].messages,
		    accounts[i].rcpts, accounts[i].failed);
	for (i = 0; i < NAMES && clients[i].name[0] != '\0'; i++)
		fprintf(stderr, "client %s sessions %u messages %u recipients "
		    "%u refused %u failed %u\n", clients[i].name,
		    clients[i].sessions, clients[i].messages,
		    clients[i].rcpts, clients[i].refused, clients[i].failed);
}

int
main(int argc, char *argv[])
{
	long scale = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
	size_t i;

	for (i = 0; argc > 1 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, argv[1]) == 0)
			kind = &kinds[i];
	if (kind == NULL) {
		fprintf(stderr, "usage: makelog kind [days [spool]]\n");
		return 2;
	}
	spool = argc > 3 ? argv[3] : NULL;
	if (kind->begin != NULL)
		kind->begin();
	while (scale-- > 0)
		day();
	print_key();
	return fflush(stdout) == EOF;
}

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "log/log.h"
#include "mail/date.h"

/*
 * Each kind of log, in lines made by hand from what the servers write, and
 * the events that are in them.  An event is a line: a letter, client, account,
 * sender, recipients of a message or the one that was refused or bounced.
 *
 *	S session, A right password, F wrong one, R refused, D relaying denied,
 *	B bounced, M message
 */
struct told {
	struct buf	text;
	char		said[512];	/* of the last file */
};

static void
put(struct buf *b, struct slice s)
{
	buf_addc(b, ' ');
	buf_add(b, s.n == 0 ? SL("-") : s);
}

static void
each(void *ctx, const struct log_event *e)
{
	struct told *t = ctx;
	char ip[IP_TEXT];

	buf_addc(&t->text, "SAFRDTBM"[e->what]);
	put(&t->text, ip_is_set(&e->client) ? sl(ip_str(&e->client, ip)) :
	    e->client_name);
	put(&t->text, e->account);
	if (e->what == LOG_MESSAGE) {
		put(&t->text, e->sender);
		buf_fmt(&t->text, " %llu", (unsigned long long)e->nrcpts);
	}
	if (e->what >= LOG_REFUSED && e->nknown > 0)
		put(&t->text, e->rcpts[0]);
	buf_addc(&t->text, '\n');
}

static void
file(void *ctx, const char *path, const char *said)
{
	struct told *t = ctx;

	(void)path;
	snprintf(t->said, sizeof(t->said), "%s", said);
}

/* Reads it as a file of that kind, NULL: found by itself. */
static void
read_log(struct told *t, struct slice log, const char *kind,
    struct log_sum *sum)
{
	struct log_opts o = { .kind = kind, .year = 2004, .each = each,
	    .file = file, .ctx = t };
	char path[] = "/tmp/test_log.XXXXXX";
	char *paths[] = { path, NULL };
	struct err err = { 0 };
	int fd = mkstemp(path);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, log.p, log.n), (ssize_t)log.n);
	close(fd);
	*t = (struct told){ .said = "" };
	ck_assert_int_eq(log_read(&o, paths, sum, &err), 0);
	buf_addc(&t->text, '\0');
	unlink(path);
}

#define PF "Nov  9 10:00:0"
#define IM "11/9/04 10:00:0"
#define W3C "2004-11-09 10:00:0"

static const struct {
	const char	*kind, *log, *events;
	unsigned	 lines;
} logs[] = {
	{ "postfix",
	  PF "1 mx postfix/smtpd[7]: connect from pc[192.0.2.7]\n"
	  PF "2 mx postfix/smtpd[7]: warning: pc[192.0.2.7]: SASL LOGIN "
	  "authentication failed: x, sasl_username=bob\n"
	  PF "3 mx postfix/smtpd[7]: A1B2C3: client=pc[192.0.2.7], "
	  "sasl_method=LOGIN, sasl_username=bob\n"
	  PF "4 mx postfix/qmgr[8]: A1B2C3: from=<bob@example.org>, size=99, "
	  "nrcpt=2 (queue active)\n"
	  PF "5 mx postfix/smtp[9]: A1B2C3: to=<a@example.net>, relay=x, "
	  "status=sent (250 ok)\n"
	  PF "5 mx postfix/smtp[9]: A1B2C3: to=<b@example.net>, relay=x, "
	  "dsn=5.1.1, status=bounced (host x said: 550 5.1.1 no such user)\n"
	  PF "5 mx postfix/qmgr[8]: A1B2C3: removed\n"
	  PF "6 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from pc[192.0.2.7]:"
	  " 554 5.7.1 <z@example.com>: Relay access denied; from=<q@example.com>"
	  " to=<z@example.com> proto=ESMTP helo=<pc>\n"
	  PF "7 mx postfix/smtpd[7]: disconnect from pc[192.0.2.7]\n",
	  "S 192.0.2.7 -\nF 192.0.2.7 bob\nA 192.0.2.7 bob\n"
	  "B 192.0.2.7 bob b@example.net\n"
	  "M 192.0.2.7 bob bob@example.org 2 a@example.net\n"
	  "D 192.0.2.7 - z@example.com\n", 9 },
	{ "postfix",
#define V1(n, part) "<22>1 2004-11-09T10:00:0" n ".5+01:00 mx postfix/" part \
	    " 7 - "
	  V1("1", "smtpd") "- connect from pc[192.0.2.7]\n"
	  V1("2", "smtpd") "[x@1 a=\"]\\\"\"][y@1] \xef\xbb\xbf" "A1B2C3: "
	  "client=pc[192.0.2.7], sasl_method=LOGIN, sasl_username=bob\n"
	  V1("3", "qmgr") "- A1B2C3: removed\n",
	  "S 192.0.2.7 -\nA 192.0.2.7 bob\nM 192.0.2.7 bob - 0\n", 3 },
	{ "postfix",
#define JOURNAL "{\"__REALTIME_TIMESTAMP\":\"1099990801000000\"," \
	    "\"_HOSTNAME\":\"mx\",\"_PID\":\"7\",\"SYSLOG_IDENTIFIER\":"
	  JOURNAL "\"postfix/smtpd\",\"MESSAGE\":\"connect from "
	  "pc[192.0.2.7]\"}\n"
	  JOURNAL "\"postfix/smtpd\",\"MESSAGE\":[65,49,66,50,67,51,58,32,99,"
	  "108,105,101,110,116,61,112,99,91,49,57,50,46,48,46,50,46,55,93]}\n"
	  JOURNAL "\"postfix/qmgr\",\"MESSAGE\":\"A1B2C3: removed\"}\n",
	  "S 192.0.2.7 -\nM 192.0.2.7 - - 0\n", 3 },
	{ "postfix",
#define CONTAINER "{\"log\":\"" PF
	  CONTAINER "1 mx postfix/smtpd[7]: connect from pc[192.0.2.7]\\n\","
	  "\"stream\":\"stdout\",\"time\":\"2004-11-09T10:00:01.1Z\"}\n",
	  "S 192.0.2.7 -\n", 1 },
	{ "postfix",	/* a filter hands back what it got, by another id */
#define GIVEN(n, id, part, text) PF n " mx postfix/" part "[7]: " id ": " \
	    text "\n"
	  GIVEN("1", "A1B2C3", "smtpd", "client=pc[192.0.2.7], "
	  "sasl_method=LOGIN, sasl_username=bob")
	  GIVEN("1", "A1B2C3", "qmgr", "from=<bob@example.org>, size=99, "
	  "nrcpt=1 (queue active)")
	  GIVEN("2", "D4E5F6", "smtpd", "client=localhost[127.0.0.1], "
	  "orig_queue_id=A1B2C3, orig_client=pc[192.0.2.7]")
	  GIVEN("2", "D4E5F6", "qmgr", "from=<bob@example.org>, size=99, "
	  "nrcpt=1 (queue active)")
	  GIVEN("3", "A1B2C3", "lmtp", "to=<a@example.net>, "
	  "relay=127.0.0.1[127.0.0.1]:10024, status=sent (250 2.0.0 from "
	  "MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as D4E5F6)")
	  GIVEN("3", "A1B2C3", "qmgr", "removed")
	  GIVEN("4", "D4E5F6", "smtp", "to=<a@example.net>, relay=x[192.0.2.9]"
	  ":25, dsn=5.1.1, status=bounced (no such user)")
	  GIVEN("4", "D4E5F6", "qmgr", "removed"),
	  "A 192.0.2.7 bob\nB 192.0.2.7 bob a@example.net\n"
	  "M 192.0.2.7 bob bob@example.org 1 a@example.net\n", 8 },
	{ "postfix",	/* the same of one that does not tell where it is from */
	  GIVEN("1", "A1B2C3", "smtpd", "client=pc[192.0.2.7], "
	  "sasl_method=LOGIN, sasl_username=bob")
	  GIVEN("2", "D4E5F6", "smtpd", "client=localhost[127.0.0.1]")
	  GIVEN("3", "A1B2C3", "smtp", "to=<a@example.net>, "
	  "relay=127.0.0.1[127.0.0.1]:10024, status=sent (250 2.0.0 Ok: "
	  "queued as D4E5F6)")
	  GIVEN("3", "A1B2C3", "qmgr", "removed")
	  GIVEN("4", "D4E5F6", "smtp", "to=<a@example.net>, relay=x[192.0.2.9]"
	  ":25, status=sent (250 ok: queued as A1B2C3)")
	  GIVEN("4", "D4E5F6", "qmgr", "removed"),
	  "A 192.0.2.7 bob\nM 192.0.2.7 bob - 1 a@example.net\n", 6 },
	{ "postfix",	/* one that stands before the queue */
	  GIVEN("1", "NOQUEUE", "smtpd", "client=pc[192.0.2.7], "
	  "sasl_method=LOGIN, sasl_username=bob")
	  GIVEN("1", "D4E5F6", "smtpd", "client=localhost[127.0.0.1], "
	  "orig_client=pc[192.0.2.7]")
	  GIVEN("4", "D4E5F6", "qmgr", "removed"),
	  "A 192.0.2.7 bob\nM 192.0.2.7 bob - 0\n", 3 },
	{ "exim",
	  "2004-11-09 10:00:01 login authenticator failed for (pc) "
	  "[192.0.2.7]: 535 Incorrect authentication data (set_id=bob)\n"
	  "2004-11-09 10:00:02 1A0001-000001-00 <= bob@example.org H=(pc) "
	  "[192.0.2.7] P=esmtpa A=login:bob S=99 id=m1@example.org\n"
	  "2004-11-09 10:00:03 1A0001-000001-00 => a@example.net R=dnslookup "
	  "T=remote_smtp H=mx [192.0.2.99]\n"
	  "2004-11-09 10:00:03 1A0001-000001-00 ** b@example.net R=dnslookup "
	  "T=remote_smtp H=mx [192.0.2.99]: SMTP error from remote mail server "
	  "after RCPT TO:<b@example.net>: 550 no such user\n"
	  "2004-11-09 10:00:03 1A0001-000001-00 Completed\n"
	  "2004-11-09 10:00:04 H=(pc) [192.0.2.8] F=<q@example.com> rejected "
	  "RCPT <z@example.com>: relay not permitted\n",
	  "F 192.0.2.7 bob\nS 192.0.2.7 bob\nA 192.0.2.7 bob\n"
	  "B 192.0.2.7 bob b@example.net\n"
	  "M 192.0.2.7 bob bob@example.org 2 a@example.net\n"
	  "D 192.0.2.8 - z@example.com\n", 6 },
	{ "ims55",
	  IM "1 AM : A connection was accepted from 192.0.2.7.\r\n"
	  IM "1 AM : <<< IO: |EHLO pc|\r\n"
	  IM "1 AM : <<< EHLO pc\r\n"
	  IM "1 AM : >>> 250-mx Hello\r\n250 AUTH=LOGIN\r\n"
	  IM "2 AM : <<< AUTH LOGIN\r\n" IM "2 AM : >>> 334 VXNlcm5hbWU6\r\n"
	  IM "2 AM : <<< Ym9i\r\n" IM "2 AM : >>> 334 UGFzc3dvcmQ6\r\n"
	  IM "2 AM : <<< SHVudGVyMg==\r\n" IM "2 AM : >>> 235 ok\r\n"
	  IM "3 AM : <<< MAIL FROM:<bob@example.org>\r\n"
	  IM "3 AM : >>> 250 OK\r\n"
	  IM "3 AM : <<< RCPT TO:<a@example.net>\r\n"
	  IM "3 AM : >>> 250 OK\r\n"
	  IM "3 AM : <<< RCPT TO:<z@example.com>\r\n"
	  IM "3 AM : >>> 550 Relaying is prohibited\r\n"
	  IM "3 AM : <<< DATA\r\n" IM "3 AM : >>> 354 go\r\n"
	  IM "3 AM : <<< Subject: MAIL FROM:<trap@example.net>\r\n"
	  IM "3 AM : <<< .\r\n" IM "4 AM : >>> 250 OK\r\n"
	  IM "4 AM : <<< QUIT\r\n" IM "4 AM : >>> 221 bye\r\n",
	  "S 192.0.2.7 -\nA 192.0.2.7 bob\nD 192.0.2.7 bob z@example.com\n"
	  "M 192.0.2.7 bob bob@example.org 1 a@example.net\n", 24 },
	{ "ex2007",
	  "#Software: Microsoft Exchange Server\r\n"
	  "#Log-type: SMTP Receive Protocol Log\r\n"
	  "#Fields: date-time,connector-id,session-id,sequence-number,"
	  "local-endpoint,remote-endpoint,event,data,context\r\n"
#define EX(n, event, data) "2009-03-01T10:00:0" n ".1Z,mx\\Default,08D1," n \
	",192.0.2.2:25,192.0.2.7:4711," event "," data "\r\n"
	  EX("0", "+", ",") EX("1", "<", "EHLO pc,")
	  EX("2", ">", "250  mx Hello [192.0.2.7] AUTH LOGIN,")
	  EX("3", "<", "AUTH PLAIN AGJvYgBIdW50ZXIy,")
	  EX("4", ">", "535 5.7.3 Authentication unsuccessful,")
	  EX("5", "<", "MAIL FROM:<q@example.com>,")
	  EX("6", ">", "250 2.1.0 Sender OK,")
	  EX("7", "<", "RCPT TO:<bob@example.org>,")
	  EX("8", ">", "550 5.1.1 User unknown,")
	  EX("9", "-", ",Remote"),
	  "S 192.0.2.7 -\nF 192.0.2.7 bob\nR 192.0.2.7 - bob@example.org\n",
	  13 },
	{ "w3c",
	  "#Software: Microsoft Internet Information Services 5.0\r\n"
	  "#Fields: date time c-ip cs-username cs-method cs-uri-query "
	  "sc-status\r\n"
	  W3C "1 192.0.2.7 pc EHLO +pc 250\r\n"
	  W3C "2 192.0.2.7 pc MAIL +FROM:+<q@example.com> 250\r\n"
	  W3C "3 192.0.2.7 pc RCPT +TO:+<bob@example.org> 250\r\n"
	  W3C "4 192.0.2.7 pc RCPT +TO:+<z@example.com> 550\r\n"
	  W3C "5 192.0.2.7 pc DATA +<m1@example.com> 250\r\n"
	  W3C "6 192.0.2.7 pc QUIT pc 240\r\n",
	  "S 192.0.2.7 -\nR 192.0.2.7 - z@example.com\n"
	  "M 192.0.2.7 - q@example.com 1 bob@example.org\n", 8 },
	{ "sendmail",
	  PF "1 mx sm-mta[7]: AUTH=server, relay=pc [192.0.2.7], authid=bob, "
	  "mech=LOGIN, bits=0\n"
	  PF "2 mx sm-mta[7]: iA9A00100007: from=<bob@example.org>, size=99, "
	  "class=0, nrcpts=2, msgid=<m1@example.org>, proto=ESMTPA, "
	  "daemon=MTA, relay=pc [192.0.2.7]\n"
	  PF "3 mx sm-mta[8]: iA9A00100007: to=<a@example.net>, "
	  "mailer=esmtp, stat=Sent\n"
	  PF "3 mx sm-mta[8]: iA9A00100007: to=<b@example.net>, "
	  "mailer=esmtp, dsn=5.1.1, stat=User unknown\n"
	  PF "4 mx sm-mta[9]: iA9A00200009: ruleset=check_rcpt, "
	  "arg1=<z@example.com>, relay=[192.0.2.8], reject=550 5.7.1 "
	  "<z@example.com>... Relaying denied\n",
	  "S 192.0.2.7 -\nA 192.0.2.7 bob\nB 192.0.2.7 bob b@example.net\n"
	  "S 192.0.2.8 -\nD 192.0.2.8 - z@example.com\n"
	  "M 192.0.2.7 bob bob@example.org 2 a@example.net\n", 5 },
	{ "opensmtpd",
#define OS(n) PF n " mx smtpd[77]: 000000000000000a smtp "
	  OS("1") "connected address=192.0.2.7 host=pc\n"
	  OS("2") "authentication user=bob result=permfail\n"
	  OS("3") "authentication user=bob result=ok\n"
	  OS("4") "envelope evpid=0000000100000001 from=<bob@example.org> "
	  "to=<a@example.net>\n"
	  OS("5") "message msgid=00000001 size=99 nrcpt=1 proto=ESMTP\n"
	  OS("6") "disconnected reason=quit\n",
	  "S 192.0.2.7 -\nF 192.0.2.7 bob\nA 192.0.2.7 bob\n"
	  "M 192.0.2.7 bob bob@example.org 1 a@example.net\n", 6 },
	{ "opensmtpd",	/* what bounces: once tried again, and the last time */
#define OD(n, part, to, result) PF n " mx smtpd[77]: 000000000000000b " part \
	    " delivery evpid=000000010000000" n " from=<bob@example.org> to=<" \
	    to "> rcpt=<-> source=\"-\" relay=\"mx\" delay=1s result=" result \
	    " stat=\"550 5.1.1 no\"\n"
	  OS("1") "connected address=192.0.2.7 host=pc\n"
	  OS("2") "envelope evpid=0000000100000001 from=<bob@example.org> "
	  "to=<a@example.net>\n"
	  OS("3") "message msgid=00000001 size=99 nrcpt=3 proto=ESMTP\n"
	  OS("4") "disconnected reason=quit\n"
	  OD("1", "mta", "a@example.net", "\"TempFail\"")
	  OD("1", "mta", "a@example.net", "\"PermFail\"")
	  OD("2", "mta", "b@example.net", "\"Ok\"")
	  OD("3", "mda", "c@example.net", "PermFail")
	  OD("4", "mta", "never-one-of-it@example.net", "\"PermFail\""),
	  "S 192.0.2.7 -\nM 192.0.2.7 - bob@example.org 3 a@example.net\n"
	  "B 192.0.2.7 - a@example.net\nB 192.0.2.7 - c@example.net\n", 9 },
	{ "events",
	  "11/9/2004,10:00:01 AM,MSExchangeTransport,SMTP Protocol,"
	  "Information,1706,N/A,MX,\"SMTP Authentication failed with client "
	  "\"\"192.0.2.7\"\". The authentication method was \"\"LOGIN\"\" and "
	  "the username was \"\"bob\"\".\"\r\n"
	  "11/9/2004,10:00:02 AM,MSExchangeTransport,SMTP Protocol,"
	  "Information,1708,N/A,MX,\"SMTP Authentication was performed "
	  "successfully with client \"\"192.0.2.7\"\". The authentication "
	  "method was \"\"LOGIN\"\" and the username was \"\"bob\"\".\"\r\n",
	  "F 192.0.2.7 bob\nA 192.0.2.7 bob\n", 2 },
	{ "events",
	  "2004-11-09T10:00:01Z,MSExchangeTransport,1708,|192.0.2.7|LOGIN|bob|\n"
	  "2004-11-09T10:00:02Z,MSExchangeIMC,2010,|eve|192.0.2.8|\n"
	  "2004-11-09T10:00:03Z,MSExchangeIMC,3010,|192.0.2.9|\n",
	  "A 192.0.2.7 bob\nA 192.0.2.8 eve\n", 3 },
};
#define LOGS	((int)(sizeof(logs) / sizeof(logs[0])))

START_TEST(each_kind_is_found_and_tells_its_events)
{
	struct log_sum sum;
	struct told t;

	read_log(&t, sl(logs[_i].log), NULL, &sum);
	ck_assert_str_eq(t.text.p, logs[_i].events);
	ck_assert_uint_eq(sum.lines, logs[_i].lines);
	ck_assert_uint_eq(sum.unknown, 0);
	ck_assert(sl_starts(sl(t.said), sl(logs[_i].kind)));
	buf_free(&t.text);
}
END_TEST

/*
 * What a stranger writes into a line, as a sender, a subject, a Message-ID,
 * the name of a login or HELO, makes nobody else of him.
 */
#define EXIM "2004-11-09 10:00:01 "
static const struct {
	const char	*kind, *log, *events;
} framed[] = {
	{ "exim", EXIM "1A0001-000001-00 <= a@x.example H=([192.0.2.1]) "
	  "[203.0.113.9]:25 P=smtp S=99\n",
	  "S 203.0.113.9 -\nM 203.0.113.9 - a@x.example 0\n" },
	{ "exim", EXIM "login authenticator failed for pc ([192.0.2.1]) "
	  "[203.0.113.9]: 535 Incorrect (set_id=bob)\n",
	  "F 203.0.113.9 bob\n" },
	{ "exim", EXIM "H=([192.0.2.1]) [203.0.113.9] F=<a@x.example> rejected "
	  "RCPT <z@y.example>: relay not permitted\n",
	  "D 203.0.113.9 - z@y.example\n" },
	{ "exim", EXIM "1A0001-000001-00 <= a@x.example H=(bot) [203.0.113.9] "
	  "P=smtp S=99 id=1@x T=\"Win A=login:bob for \\\"a b\\\" for you\" "
	  "for c@example.org\n",
	  "S 203.0.113.9 -\nM 203.0.113.9 - a@x.example 1 c@example.org\n" },
	{ "exim", EXIM "1A0001-000001-00 <= a@x.example H=(bot) [203.0.113.9] "
	  "P=smtp S=99 id=1 A=login:bob@x T=\"Bread for two\"\n",
	  "S 203.0.113.9 -\nM 203.0.113.9 - a@x.example 0\n" },
	{ "exim", EXIM "1A0001-000001-00 <= \"a H=pc [192.0.2.1] A=login:bob "
	  "b\"@x.example H=(bot) [203.0.113.9] P=smtp S=99\n",
	  "S 203.0.113.9 -\nM 203.0.113.9 - \"a H=pc [192.0.2.1] A=login:bob "
	  "b\"@x.example 0\n" },
	{ "sendmail", PF "1 mx sm-mta[7]: iA9A00100007: from=<a@x.example>, "
	  "size=99, class=0, nrcpts=2, msgid=<m, relay=pc [192.0.2.1], x>, "
	  "proto=ESMTP, daemon=MTA, relay=bot [203.0.113.9]\n",
	  "S 203.0.113.9 -\nM 203.0.113.9 - a@x.example 2\n" },
	{ "sendmail", PF "1 mx sm-mta[7]: iA9A00100007: ruleset=check_rcpt, "
	  "arg1=<\"a>, relay=[192.0.2.1], \"@y.example>, relay=[203.0.113.9], "
	  "reject=550 5.7.1 Relaying denied\n",
	  "S 203.0.113.9 -\nD 203.0.113.9 - \"a>, relay=[192.0.2.1], \""
	  "@y.example\n" },
	{ "opensmtpd", OS("1") "connected address=203.0.113.9 host=pc\n"
	  OS("2") "authentication user=bob result=ok result=permfail\n",
	  "S 203.0.113.9 -\nF 203.0.113.9 bob result=ok\n" },
	{ "postfix", PF "6 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	  "bot[203.0.113.9]: 450 4.1.1 <z@y.example>: no; from=<a@x.example> "
	  "to=<z@y.example> proto=ESMTP helo=<x> sasl_username=bob>\n",
	  "R 203.0.113.9 - z@y.example\n" },
	{ "postfix", PF "6 mx postfix/smtpd[7]: NOQUEUE: reject: RCPT from "
	  "pc[203.0.113.9]: 450 4.1.1 <z@y.example>: no; from=<a@x.example> "
	  "to=<z@y.example> proto=ESMTP helo=<pc> sasl_username=bob\n",
	  "R 203.0.113.9 bob z@y.example\n" },
};

START_TEST(what_a_client_writes_frames_nobody)
{
	struct log_sum sum;
	struct told t;

	read_log(&t, sl(framed[_i].log), framed[_i].kind, &sum);
	ck_assert_str_eq(t.text.p, framed[_i].events);
	buf_free(&t.text);
}
END_TEST

/* In another kind's hands its lines say nothing, and are counted. */
START_TEST(a_log_of_another_kind_is_harmless)
{
	struct log_sum sum;
	struct told t;
	int k;

	for (k = 0; k < LOGS; k++) {
		read_log(&t, sl(logs[k].log), logs[_i].kind, &sum);
		ck_assert_uint_eq(sum.lines, logs[k].lines);
		buf_free(&t.text);
	}
}
END_TEST

/* What stands before the cut is told as before. */
START_TEST(a_log_may_end_anywhere)
{
	size_t n = strlen(logs[_i].log), at;
	struct log_sum sum;
	struct told t;

	for (at = 1; at < n; at += 1 + n / 200) {
		read_log(&t, (struct slice){ logs[_i].log, at },
		    logs[_i].kind, &sum);
		ck_assert_msg(t.text.n <= strlen(logs[_i].events) + 80,
		    "%zu: %s", at, t.text.p);
		buf_free(&t.text);
	}
}
END_TEST

/* Rubbish between any two lines changes nothing but the count. */
START_TEST(lines_of_others_change_nothing)
{
	static const char other[] = "rubbish\nNov  9 10:00:00 mx sshd[1]: "
	    "Invalid user x\n\x1b[31m\xff\xfe\n";
	struct buf b = { 0 };
	struct slice rest = sl(logs[_i].log), line;
	const char *begin;
	struct log_sum sum;
	struct told t;
	unsigned lines = 0;

	while (rest.n > 0) {
		begin = rest.p;
		sl_line(&rest, &line);
		buf_add(&b, (struct slice){ begin, (size_t)((rest.n == 0 ?
		    begin + strlen(begin) : rest.p) - begin) });
		buf_add(&b, sl(other));
		lines += 4;
	}
	read_log(&t, buf_sl(&b), logs[_i].kind, &sum);
	ck_assert_str_eq(t.text.p, logs[_i].events);
	ck_assert_uint_eq(sum.lines, lines);
	ck_assert_uint_ge(sum.unknown, logs[_i].lines);
	buf_free(&t.text);
	buf_free(&b);
}
END_TEST

static const struct {
	const char	*log, *said;
} said[] = {
	{ PF "1 mx postfix/smtpd[7]: connect from pc[192.0.2.7]\n",
	  "postfix, 1 lines; no year in it, as told, up to 2004; no zone in "
	  "it, taken as UTC (--zone); last line 2004-11-09T10:00:01Z" },
	{ IM "1 PM : A connection was accepted from pc.\n",
	  "ims55, 1 lines; no zone in it, taken as UTC (--zone); dates taken "
	  "as month/day (--dates); last line 2004-11-09T22:00:01Z" },
	{ "13.11.04 14:00:01 : A connection was accepted from pc.\n",
	  "ims55, 1 lines; no zone in it, taken as UTC (--zone); last line "
	  "2004-11-13T14:00:01Z" },
	{ "2004-11-09T10:00:00+09:00 mx postfix/smtpd[7]: connect from "
	  "pc[192.0.2.7]\nrubbish\n",
	  "postfix, 2 lines, 1 of them say nothing to us; last line "
	  "2004-11-09T01:00:00Z" },
};

START_TEST(year_zone_and_order_are_said)
{
	struct log_sum sum;
	struct told t;

	read_log(&t, sl(said[_i].log), NULL, &sum);
	ck_assert_str_eq(t.said, said[_i].said);
	buf_free(&t.text);
}
END_TEST

START_TEST(no_kind_and_no_zone_are_refused)
{
	struct log_opts o = { .kind = "none", .each = each };
	char *paths[] = { NULL };
	struct log_sum sum;
	struct err err;

	ck_assert_int_eq(log_read(&o, paths, &sum, &err), -1);
	ck_assert_str_eq(err.msg, "-f none: no kind of log that we know");
	o = (struct log_opts){ .zone = "+25", .each = each };
	ck_assert_int_eq(log_read(&o, paths, &sum, &err), -1);
	ck_assert_str_eq(err.msg, "--zone +25: not as +0900 or UTC");
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("kinds");

	tcase_add_loop_test(tc, each_kind_is_found_and_tells_its_events, 0,
	    LOGS);
	tcase_add_loop_test(tc, what_a_client_writes_frames_nobody, 0,
	    (int)(sizeof(framed) / sizeof(framed[0])));
	tcase_add_loop_test(tc, a_log_of_another_kind_is_harmless, 0, LOGS);
	tcase_add_loop_test(tc, a_log_may_end_anywhere, 0, LOGS);
	tcase_add_loop_test(tc, lines_of_others_change_nothing, 0, LOGS);
	tcase_add_loop_test(tc, year_zone_and_order_are_said, 0,
	    (int)(sizeof(said) / sizeof(said[0])));
	tcase_add_test(tc, no_kind_and_no_zone_are_refused);
	suite_add_tcase(s, tc);
	return s;
}

#include <check.h>
#include <stdlib.h>

#include "mail/report.h"

Suite	*suite(void);

static struct arena *a;
static struct charsets *cs;
static struct head head;
static struct report r;

static void
setup(void)
{
	a = arena_new();
	cs = charsets_new();
}

static void
teardown(void)
{
	charsets_free(cs);
	arena_free(a);
}

static void
look(struct slice msg, const struct addr *sender)
{
	struct slice body;

	head_parse(&head, a, msg, &body);
	report_read(&r, a, cs, &head, body, sender);
}

#define DAEMON	"From: Mail Delivery System <MAILER-DAEMON@mx.example.org>\n"
#define PERSON	"From: Ann <ann@example.org>\n"
#define NULLS	"Return-Path: <>\n"
#define REPORT	"Content-Type: multipart/report; boundary=b;\n" \
		" report-type=delivery-status\n\n"
#define MIXED	"Content-Type: multipart/mixed; boundary=b\n\n"
#define HUMAN	"--b\n\nSorry.\n"
#define STATUS	"--b\nContent-Type: message/delivery-status\n\n"
#define MTA	"Reporting-MTA: dns; mx.example.org\n\n"
#define FAILED	"Final-Recipient: rfc822; <x@example.net>\n" \
		"Action: Failed (bad)\nStatus: 5.1.1 (unknown)\n" \
		"Diagnostic-Code: smtp; 550 5.1.1\n no such user\n\n"
#define DELAYED	"Final-Recipient: rfc822;y@example.net\nAction: delayed\n" \
		"Status: 4.4.1\n\n"
#define RELAYED	"Final-Recipient: rfc822;z@example.net\nAction: relayed\n" \
		"Status: 2.1.5\n\n"
#define ORIG	"Received: from a by b\nFrom: bob@example.org\n" \
		"To: x@example.net\nSubject: hello\n"
#define MESSAGE	"--b\nContent-Type: message/rfc822\n\n" ORIG "\nhi\n"
#define LIST	"List-Id: <list.example.com>\nPrecedence: list\n"

static const struct {
	const char	*what, *msg;
	enum kind	 kind;
	const char	*by;
	enum original	 original;
	size_t		 nfailed;
	const char	*failed, *status;
} reports[] = {
	/* structure */
	{ "RFC 3464, failed",
	    DAEMON REPORT HUMAN STATUS MTA FAILED MESSAGE "--b--\n",
	    KIND_BOUNCE, "rfc3464", ORIG_MESSAGE, 1, "x@example.net", "5.1.1" },
	{ "a header section with a uuencoded file in it",
	    DAEMON REPORT HUMAN STATUS MTA FAILED "--b\n"
	    "Content-Type: text/rfc822-headers\n\n" ORIG
	    "begin 644 t\n%2&5L;&\\\n`\nend\n--b--\n",
	    KIND_BOUNCE, "rfc3464", ORIG_HEADERS, 1, "x@example.net", "5.1.1" },
	{ "one failure among delays is a bounce",
	    DAEMON REPORT HUMAN STATUS MTA DELAYED FAILED RELAYED "--b--\n",
	    KIND_BOUNCE, "rfc3464", ORIG_NONE, 1, "x@example.net", "5.1.1" },
	{ "delayed is no bounce",
	    DAEMON REPORT HUMAN STATUS MTA DELAYED "--b--\n",
	    KIND_DELAY, "rfc3464", ORIG_NONE, 1, "y@example.net", "4.4.1" },
	{ "relayed is delivered",
	    DAEMON REPORT HUMAN STATUS MTA RELAYED "--b--\n",
	    KIND_DELIVERED, "rfc3464", ORIG_NONE, 1, "z@example.net",
	    "2.1.5" },
	{ "without Action the status counts",
	    DAEMON REPORT STATUS MTA "Final-Recipient: rfc822;x@example.net\n"
	    "Status: 4.0.0\n--b--\n",
	    KIND_DELAY, "rfc3464", ORIG_NONE, 1, "x@example.net", "4.0.0" },
	{ "a status part in two",
	    DAEMON REPORT STATUS MTA STATUS FAILED "--b--\n",
	    KIND_BOUNCE, "rfc3464", ORIG_NONE, 1, "x@example.net", "5.1.1" },
	{ "the original's header section",
	    DAEMON REPORT HUMAN STATUS MTA FAILED
	    "--b\nContent-Type: text/rfc822-headers\n\n" ORIG "--b--\n",
	    KIND_BOUNCE, "rfc3464", ORIG_HEADERS, 1, "x@example.net", "5.1.1" },
	{ "RFC 6533 parts",
	    DAEMON REPORT
	    "--b\nContent-Type: message/global-delivery-status\n\n" MTA
	    "Final-Recipient: utf-8;\xc3\xa4@example.net\nAction: failed\n"
	    "--b\nContent-Type: message/global-headers\n\n" ORIG "--b--\n",
	    KIND_BOUNCE, "rfc6533", ORIG_HEADERS, 1, "\xc3\xa4@example.net",
	    "" },
	{ "the original recipient where the final one is no address",
	    DAEMON REPORT STATUS MTA
	    "Original-Recipient: rfc822;o@example.net\n"
	    "Final-Recipient: local; o\nAction: failed\n\n--b--\n",
	    KIND_BOUNCE, "rfc3464", ORIG_NONE, 1, "o@example.net", "" },
	{ "a list server's multipart/mixed round it",
	    DAEMON LIST "Content-Type: multipart/mixed; boundary=l\n\n--l\n"
	    REPORT HUMAN STATUS MTA FAILED MESSAGE "--b--\n"
	    "--l\nContent-Disposition: inline\n\nfooter\n--l--\n",
	    KIND_BOUNCE, "rfc3464", ORIG_MESSAGE, 1, "x@example.net", "5.1.1" },
	{ "a list server's message/rfc822 round it",
	    "From: Mail Delivery via List <list@example.com>\n" LIST
	    "Content-Type: multipart/mixed; boundary=l\n\n"
	    "--l\nContent-Type: message/rfc822\n\n"
	    DAEMON REPORT HUMAN STATUS MTA FAILED MESSAGE "--b--\n"
	    "--l\n\nfooter\n--l--\n",
	    KIND_BOUNCE, "rfc3464", ORIG_MESSAGE, 1, "x@example.net", "5.1.1" },
	{ "a person who forwards a bounce sends mail",
	    PERSON "Subject: Fwd: Undeliverable: hello\n"
	    "Content-Type: multipart/mixed; boundary=l\n\n"
	    "--l\n\nWhat is this?\n--l\nContent-Type: message/rfc822\n\n"
	    DAEMON REPORT HUMAN STATUS MTA FAILED MESSAGE "--b--\n--l--\n",
	    KIND_MAIL, NULL, ORIG_NONE, 0, NULL, "" },
	{ "so does one who forwards it to a list",
	    PERSON LIST "Subject: Fwd: failure notice\n"
	    "Content-Type: multipart/mixed; boundary=l\n\n"
	    "--l\nContent-Type: message/rfc822\n\n"
	    DAEMON REPORT HUMAN STATUS MTA FAILED MESSAGE "--b--\n"
	    "--l\n\nfooter\n--l--\n",
	    KIND_MAIL, NULL, ORIG_NONE, 0, NULL, "" },
	{ "one who quotes it, too",
	    PERSON "Subject: Re: Undelivered Mail Returned to Sender\n"
	    "In-Reply-To: <1@example.org>\nUser-Agent: x\n\n"
	    "Your server says:\n> This is the mail system at host "
	    "mx.example.org.\n> <x@example.net>: host said: 550 5.1.1 no\n",
	    KIND_MAIL, NULL, ORIG_NONE, 0, NULL, "" },
	{ "multipart/report without a report is mail",
	    "From: Shop <win@example.com>\nReturn-Path: <win@example.com>\n"
	    REPORT "--b\nContent-Type: text/html\n\n"
	    "<a href=\"http://example.com/\">You won</a>\n--b--\n",
	    KIND_MAIL, NULL, ORIG_NONE, 0, NULL, "" },
	{ "a read receipt",
	    PERSON "Content-Type: multipart/report; boundary=b;\n"
	    " report-type=disposition-notification\n\n" HUMAN
	    "--b\nContent-Type: message/disposition-notification\n\n"
	    "Final-Recipient: rfc822;ann@example.org\n"
	    "Disposition: manual-action/MDN-sent-manually; displayed\n--b--\n",
	    KIND_READ_RECEIPT, "rfc8098", ORIG_NONE, 0, NULL, "" },
	{ "a feedback report is no bounce, whatever else is in it",
	    PERSON "Content-Type: multipart/report; boundary=b;\n"
	    " report-type=feedback-report\n\n" HUMAN
	    "--b\nContent-Type: message/feedback-report\n\n"
	    "Feedback-Type: abuse\n" MESSAGE "--b--\n",
	    KIND_ABUSE_REPORT, "rfc5965", ORIG_MESSAGE, 0, NULL, "" },
	{ "a complaint from before RFC 5965",
	    "From: scomp@example.com\nX-Loop: scomp\nSubject: Client TOS\n"
	    MIXED HUMAN MESSAGE "--b--\n",
	    KIND_ABUSE_REPORT, "complaint", ORIG_MESSAGE, 0, NULL, "" },

	/* words */
	{ "qmail",
	    "From: MAILER-DAEMON@mx.example.org\nSubject: failure notice\n\n"
	    "Hi. This is the qmail-send program at mx.example.org.\n"
	    "I wasn't able to deliver your message.\n\n"
	    "<x@example.net>:\n192.0.2.1 does not like recipient.\n"
	    "Remote host said: 550 5.1.1 no such user\n\n"
	    "--- Below this line is a copy of the message.\n\n"
	    "Return-Path: <bob@example.org>\n" ORIG "\nhi\n",
	    KIND_BOUNCE, "qmail", ORIG_MESSAGE, 1, "x@example.net", "5.1.1" },
	{ "Exim without MIME",
	    NULLS "X-Failed-Recipients: x@example.net,\n y@example.net\n"
	    DAEMON "Subject: Mail delivery failed: returning message to "
	    "sender\n\nThis message was created automatically by mail "
	    "delivery software.\n\n  z@example.net\n    unrouteable\n\n"
	    "------ This is a copy of the message, including all the headers."
	    " ------\n\n" ORIG "\nhi\n",
	    KIND_BOUNCE, "exim", ORIG_MESSAGE, 2, "x@example.net", "" },
	{ "Exim warns",
	    NULLS DAEMON "Subject: Warning: message 1a-b delayed 24 hours\n\n"
	    "This message was created automatically by mail delivery "
	    "software.\nA message that you sent has not yet been delivered "
	    "to\n\n  x@example.net\n",
	    KIND_DELAY, "exim", ORIG_NONE, 1, "x@example.net", "" },
	{ "sendmail 5",
	    "From: Mail Delivery Subsystem <MAILER-DAEMON>\n"
	    "Subject: Returned mail: User unknown\n\n"
	    "   ----- Transcript of session follows -----\n"
	    "550 <x@example.net>... User unknown\n\n"
	    "   ----- Unsent message follows -----\n" ORIG "\nhi\n",
	    KIND_BOUNCE, "sendmail", ORIG_MESSAGE, 1, "x@example.net", "" },
	{ "Exchange 5.5 with MIME",
	    NULLS "From: System Administrator <postmaster@example.org>\n"
	    "Subject: Undeliverable: hello\n"
	    "X-Mailer: Internet Mail Service (5.5.2653.19)\n"
	    "X-MS-Embedded-Report: \n" MIXED
	    "--b\nContent-Type: text/plain\n\nYour message\n\n"
	    "  To:      x@example.net\n  Subject: hello\n  Sent:    Mon, 5 Jan "
	    "2004 10:00:00 +0900\n\ndid not reach the following "
	    "recipient(s):\n\nx@example.net on Mon, 5 Jan 2004 10:00:01 +0900\n"
	    "    The recipient name is not recognized\n"
	    "    MSEXCH:IMS:Org:Site:SERVER 0 (000C05A6) Unknown Recipient\n"
	    MESSAGE "--b--\n",
	    KIND_BOUNCE, "exchange-5.5", ORIG_MESSAGE, 1, "x@example.net", "" },
	{ "Exchange 5.5 without MIME quotes three fields",
	    NULLS "From: postmaster@example.org\n"
	    "Subject: Undeliverable: hello\n\n"
	    "Your message did not reach some or all of the intended "
	    "recipients.\n\n  To:  x@example.net\n  Subject:  hello\n"
	    "  Sent:  1/5/04 10:00:00 AM\n\n"
	    "x@example.net on 1/5/04 10:00:01 AM\n"
	    "  MSEXCH:IMC:Org:Site:SERVER 3550 (000B09B6) no\n",
	    KIND_BOUNCE, "exchange-5.5", ORIG_TEXT, 1, "x@example.net", "" },
	{ "hMailServer is not Exchange",
	    NULLS "From: mailer-daemon@example.org\n"
	    "Subject: Message undeliverable: hello\n\n"
	    "Your message did not reach some or all of the intended "
	    "recipients.\n\n   Sent: now\n   Subject: hello\n\n"
	    "The following recipient(s) could not be reached:\n\n"
	    "x@example.net\n   Remote server replied: 550 no\n\nhMailServer\n",
	    KIND_BOUNCE, "hmailserver", ORIG_TEXT, 1, "x@example.net", "" },
	{ "Domino",
	    NULLS "From: Postmaster@example.org\n"
	    "Subject: DELIVERY FAILURE: User x not listed\n\nYour message\n\n"
	    "  Subject: hello\n\nwas not delivered to:\n\n  x@example.net\n\n"
	    "because:\n\n  not listed\n",
	    KIND_BOUNCE, "domino", ORIG_NONE, 1, "x@example.net", "" },
	{ "IMail",
	    "From: Postmaster <postmaster@example.org>\n"
	    "Subject: Undeliverable Mail\nX-Mailer: <SMTP32 v8.22>\n\n"
	    "Unknown user: x@example.net\n\nOriginal message follows.\n\n"
	    ORIG "\nhi\n",
	    KIND_BOUNCE, "imail", ORIG_MESSAGE, 1, "x@example.net", "" },
	{ "an original that stands indented",
	    NULLS DAEMON "Subject: Mail Error\n\nfailed to deliver\n\n"
	    "---- Original message ----\n"
	    "  Received: from a by b\n  From: bob@example.org\n"
	    "  Subject: hello\n\n  hi\n",
	    KIND_BOUNCE, "words", ORIG_MESSAGE, 0, NULL, "" },
	{ "a text in base64 and ISO-2022-JP",
	    NULLS "From: postmaster@example.jp\nSubject: error\n"
	    "Content-Type: text/plain; charset=iso-2022-jp\n"
	    "Content-Transfer-Encoding: base64\n\n"
	    /* <x@example.net>: 550 5.1.1, then: could not be sent */
	    "PHhAZXhhbXBsZS5uZXQ+OiA1NTAgNS4xLjEKGyRCQXc/LiRHJC0k"
	    "XiQ7JHMbKEIK\n",
	    KIND_BOUNCE, "words", ORIG_NONE, 1, "x@example.net", "5.1.1" },
	{ "a null sender alone is no bounce",
	    NULLS PERSON "Subject: hello\n\nHow are you?\n",
	    KIND_MAIL, NULL, ORIG_NONE, 0, NULL, "" },
	{ "a postmaster is a person, too",
	    "Return-Path: <postmaster@example.org>\n"
	    "From: Postmaster <postmaster@example.org>\nSubject: quota\n\n"
	    "Your mailbox is full. Please tidy up.\n",
	    KIND_MAIL, NULL, ORIG_NONE, 0, NULL, "" },
	{ "who writes as a mail system and wants a click is a phisher",
	    "From: Mail Delivery System <it@example.com>\n"
	    "Return-Path: <it@example.com>\n"
	    "Subject: Undeliverable: 5 messages\nContent-Type: text/html\n\n"
	    "<p>5 messages could not be delivered to your mailbox</p>"
	    "<a href=\"http://example.com/x\">Release now</a>\n",
	    KIND_MAIL, NULL, ORIG_NONE, 0, NULL, "" },

	/* automatic replies */
	{ "Auto-Submitted: auto-replied",
	    PERSON "Auto-Submitted: auto-replied\nSubject: Re: hello\n\n"
	    "Away.\n",
	    KIND_AUTOREPLY, "rfc3834", ORIG_NONE, 0, NULL, "" },
	{ "Exchange says auto-replied in its bounces",
	    "From: postmaster@example.org\nAuto-Submitted: auto-replied\n"
	    "Subject: Undeliverable: hello\n"
	    REPORT HUMAN STATUS MTA FAILED MESSAGE "--b--\n",
	    KIND_BOUNCE, "rfc3464", ORIG_MESSAGE, 1, "x@example.net", "5.1.1" },
	{ "auto-generated alone is mail",
	    PERSON "Auto-Submitted: auto-generated\nSubject: cron\n\nok\n",
	    KIND_MAIL, NULL, ORIG_NONE, 0, NULL, "" },
	{ "a Subject in encoded words",
	    PERSON "Subject: =?utf-8?B?6Ieq5YuV5b+c562U?= hello\n\nAway.\n",
	    KIND_AUTOREPLY, "subject", ORIG_NONE, 0, NULL, "" },
	{ "a challenge",
	    PERSON "Subject: Please confirm your message\n"
	    "X-Delivery-Agent: TMDA/0.57\n\nReply to this.\n",
	    KIND_AUTOREPLY, "subject", ORIG_NONE, 0, NULL, "" },
	{ "list mail about being out of office is mail",
	    PERSON LIST "Subject: Out of office again\n\nWho is?\n",
	    KIND_MAIL, NULL, ORIG_NONE, 0, NULL, "" },
	{ "mail is mail",
	    PERSON "Subject: hello\n\nhi\n",
	    KIND_MAIL, NULL, ORIG_NONE, 0, NULL, "" },
};

START_TEST(kind_and_content)
{
	const char *what = reports[_i].what;

	look(sl(reports[_i].msg), NULL);
	ck_assert_msg(r.kind == reports[_i].kind, "%s: %s by %s", what,
	    kind_name(r.kind), r.by == NULL ? "nobody" : r.by);
	ck_assert_msg(sl_eq(sl(r.by), sl(reports[_i].by)), "%s: by %s",
	    what, r.by);
	ck_assert_msg(r.original == reports[_i].original, "%s: original %s",
	    what, original_name(r.original));
	if (r.original != ORIG_NONE) {
		ck_assert_msg(sl_eq(head_get(&r.orig_head, H_SUBJECT),
		    SL("hello")), "%s: its subject", what);
		ck_assert(r.orig_raw.n > 0);
	}
	ck_assert_msg(r.nfailed == reports[_i].nfailed, "%s: %zu failed",
	    what, r.nfailed);
	if (r.nfailed > 0)
		ck_assert_msg(sl_eq(r.failed[0], sl(reports[_i].failed)),
		    "%s: %.*s", what, (int)r.failed[0].n, r.failed[0].p);
	ck_assert_msg(sl_eq(r.status, sl(reports[_i].status)), "%s: %.*s",
	    what, (int)r.status.n, r.status.p);
}
END_TEST

START_TEST(what_is_not_mail_wanted_its_body)
{
	bool wants;

	look(sl(reports[_i].msg), NULL);
	wants = report_wants_body(&head, NULL);
	ck_assert_msg(wants || r.kind == KIND_MAIL, "%s", reports[_i].what);
}
END_TEST

START_TEST(fields_of_the_status_part_are_kept)
{
	look(SL(DAEMON REPORT HUMAN STATUS MTA FAILED "--b--\n"), NULL);
	ck_assert(sl_eq(r.reporting_mta, SL("mx.example.org")));
	ck_assert(sl_eq(r.action, SL("failed")));
	ck_assert(sl_eq(r.diagnostic,
	    SL("smtp; 550 5.1.1 no such user")));
}
END_TEST

START_TEST(read_receipt_names_the_message_that_was_read)
{
	static const char text[] =
	    "From: b@example.net\nTo: a@example.com\nSubject: Read: x\n"
	    "Content-Type: multipart/report; boundary=b;\n"
	    " report-type=disposition-notification\n\n"
	    "--b\n\nYour message was read.\n"
	    "--b\nContent-Type: message/disposition-notification\n\n"
	    "Final-Recipient: rfc822; b@example.net\n"
	    "Original-Message-ID: <m1@mail.example.com>\n"
	    "Disposition: manual-action/MDN-sent-manually; displayed\n"
	    "--b--\n";

	look(sl(text), NULL);
	ck_assert_int_eq(r.kind, KIND_READ_RECEIPT);
	ck_assert(sl_eq(r.orig_id, SL("<m1@mail.example.com>")));
}
END_TEST

START_TEST(envelope_sender_counts_when_it_is_known)
{
	static const char msg[] = PERSON "Subject: x\n\n"
	    "<x@example.net>: 550 5.1.1 user unknown\n\n" ORIG "\nhi\n";
	struct addr null = { .null = true };
	struct addr ann = { .spec = SL("ann@example.org") };

	look(sl(msg), &null);
	ck_assert_int_eq(r.kind, KIND_BOUNCE);
	look(sl(msg), &ann);
	ck_assert_int_eq(r.kind, KIND_MAIL);
	ck_assert(report_wants_body(&head, &null));
	ck_assert(!report_wants_body(&head, &ann));
}
END_TEST

static const struct {
	const char	*head;
	bool		 wants;
} heads[] = {
	{ PERSON "Subject: hello\n\n", false },
	{ PERSON "Subject: Re: =?utf-8?Q?b=C3=A4r?=\n\n", false },
	{ PERSON LIST "Subject: hello\n\n", false },
	{ PERSON "To: postmaster@example.org\nSubject: hello\n\n", false },
	{ PERSON MIXED, false },
	{ "From: postmasters@example.org\n\n", false },
	{ "Auto-Submitted: no\n" PERSON "\n", false },
	{ PERSON LIST MIXED, true },
	{ PERSON REPORT, true },
	{ PERSON NULLS "\n", true },
	{ "From: <>\n\n", true },
	{ "From: postmaster.mx@example.org\n\n", true },
	{ "From: \"Mail Delivery Subsystem\" <x@example.org>\n\n", true },
	{ PERSON "X-Failed-Recipients: x@example.net\n\n", true },
	{ PERSON "Auto-Submitted: auto-replied\n\n", true },
	{ PERSON "Subject: Undeliverable: x\n\n", true },
	{ PERSON "Subject: =?iso-8859-1?Q?Returned_mail=3A_x?=\n\n", true },
	{ PERSON "Subject: =?iso-2022-jp?B?GyRCPCtGMDF+RXobKEI=?=\n\n", true },
};

START_TEST(header_says_whether_to_look_inside)
{
	struct slice body;

	head_parse(&head, a, sl(heads[_i].head), &body);
	ck_assert_msg(report_wants_body(&head, NULL) == heads[_i].wants, "%s",
	    heads[_i].head);
}
END_TEST

START_TEST(failed_recipients_are_kept_up_to_the_limit)
{
	struct slice msg = SL(DAEMON REPORT STATUS MTA);
	size_t i;

	for (i = 0; i < 200; i++)
		msg = arena_fmt(a, "%.*sFinal-Recipient: rfc822;u%zu@"
		    "example.net\nAction: failed\n\n", (int)msg.n, msg.p, i);
	look(msg, NULL);
	ck_assert_int_eq(r.kind, KIND_BOUNCE);
	ck_assert_uint_eq(r.nfailed, REPORT_RCPT_MAX);
	look(SL(DAEMON REPORT STATUS MTA FAILED FAILED), NULL);
	ck_assert_uint_eq(r.nfailed, 1);
}
END_TEST

START_TEST(kinds_have_names_that_parse)
{
	enum kind k;
	int i;

	for (i = 0; i < KIND_COUNT; i++) {
		ck_assert(kind_parse(sl(kind_name((enum kind)i)), &k));
		ck_assert_int_eq(k, i);
	}
	ck_assert(kind_parse(SL("Read-Receipt"), &k));
	ck_assert(!kind_parse(SL("spam"), &k));
	ck_assert(!kind_parse(SL(""), &k));
}
END_TEST

/* Each report cut at each byte, and with each byte spoilt. */
START_TEST(damaged_reports_are_read_all_the_same)
{
	const char *src = reports[_i].msg;
	size_t n = strlen(src), i;
	char *p;

	for (i = 0; i < n; i += 3) {
		p = malloc(n);
		memcpy(p, src, n);
		look((struct slice){ p, i }, NULL);
		p[i] = "\0\n\xff-:<"[i % 6];
		look((struct slice){ p, n }, NULL);
		ck_assert_uint_le(r.nfailed, REPORT_RCPT_MAX);
		arena_reset(a);
		free(p);
	}
}
END_TEST

#define N(v)	((int)(sizeof(v) / sizeof((v)[0])))

Suite *
suite(void)
{
	Suite *s = suite_create("mail/report");
	TCase *t = tcase_create("report");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, kind_and_content, 0, N(reports));
	tcase_add_loop_test(t, what_is_not_mail_wanted_its_body, 0,
	    N(reports));
	tcase_add_test(t, fields_of_the_status_part_are_kept);
	tcase_add_test(t, read_receipt_names_the_message_that_was_read);
	tcase_add_test(t, envelope_sender_counts_when_it_is_known);
	tcase_add_loop_test(t, header_says_whether_to_look_inside, 0,
	    N(heads));
	tcase_add_test(t, failed_recipients_are_kept_up_to_the_limit);
	tcase_add_test(t, kinds_have_names_that_parse);
	tcase_add_loop_test(t, damaged_reports_are_read_all_the_same, 0,
	    N(reports));
	suite_add_tcase(s, t);
	return s;
}

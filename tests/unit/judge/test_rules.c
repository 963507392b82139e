#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "judge/judge.h"

/*
 * One case a rule, by its id: messages as a spool would give them, judged
 * together, and the reason of the last one.
 */
#define SERVER	"mail.example.com"
#define IN(ip)	"Received: from x.example.net ([" ip "]) by " SERVER " with" \
		" SMTP (Microsoft Exchange Internet Mail Service Version" \
		" 5.5.2653.13)\r\n\tid ABCD1234; Mon, 5 Jan 2004 10:00:00" \
		" +0900\r\n"
#define STRANGER	IN("198.51.100.7")
#define INSIDE		IN("10.1.0.7")
#define BY_ITSELF(from)	"Received: from " from "\r\n\tby " SERVER \
			" with SMTP id 2; Mon, 5 Jan 2004 10:00:00 +0900\r\n"
#define MADE_HERE	"Received: by " SERVER " with Internet Mail Service" \
			" (5.5.2653.19)\r\n\tid <ABCD1234>; Mon, 5 Jan 2004" \
			" 10:00:00 +0900\r\n"
#define WITH_PASSWORD(ip) "Received: from pc (unknown [" ip "])\r\n" \
		"\t(Authenticated sender: bob)\r\n\tby " SERVER \
		" (Postfix) with ESMTPA id 1; Mon, 5 Jan 2004 10:00:00" \
		" +0900\r\n"
#define MAIL	"From: a@example.net\r\nTo: b@example.com\r\n" \
		"Message-ID: <m1@example.net>\r\nSubject: hello\r\n\r\nhi\r\n"
#define OTHER		IN("198.51.100.8")
#define PILLS	"From: a@example.net\r\nSubject: Rates fell again\r\n" \
		"\r\nDear reader, the harbour clinic offers winter coats," \
		" patient listeners and forty kinds of copper kettle, while" \
		" every lantern burns until tomorrow evening.\r\n"
#define PROGRAM(suffix)	"From: a@example.net\r\nTo: b@example.com\r\n" \
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" \
		"\r\nhi\r\n--b\r\nContent-Type: application/x-y\r\n" \
		"Content-Disposition: attachment; filename=\"letter." suffix \
		"\"\r\n\r\nxxxx\r\n--b--\r\n"
#define DSN(action, original) \
	"From: MAILER-DAEMON@mx.example.net\r\nTo: b@example.com\r\n" \
	"Subject: Undelivered Mail Returned to Sender\r\n" \
	"Content-Type: multipart/report; report-type=delivery-status;" \
	" boundary=b\r\n\r\n--b\r\n\r\nIt failed.\r\n" \
	"--b\r\nContent-Type: message/delivery-status\r\n\r\n" \
	"Reporting-MTA: dns; mx.example.net\r\n\r\n" \
	"Final-Recipient: rfc822; z@example.net\r\nAction: " action "\r\n" \
	"Status: 5.1.1\r\n" original "\r\n--b--\r\n"
#define RETURNED(trace) \
	"\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" trace \
	"From: b@example.com\r\nTo: z@example.net\r\n" \
	"Message-ID: <orig@example.com>\r\nSubject: mine\r\n\r\nx\r\n"
#define ELSEWHERE \
	"Received: from bot.example.org (unknown [203.0.113.9])\r\n" \
	"\tby mx.example.net (Postfix) with SMTP id 1; Mon, 5 Jan 2004" \
	" 10:00:00 +0900\r\n"

/* Our server could not deliver to one of ours, and tells a stranger. */
#define UNKNOWN(addr) { "out", "<>", { "a@example.net" }, PROV_XBLOCK, \
	    MADE_HERE "From: postmaster@" SERVER "\r\nTo: a@example.net\r\n" \
	    "Subject: Undeliverable\r\nContent-Type: multipart/report;" \
	    " report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\n" \
	    "It failed.\r\n--b\r\nContent-Type: message/delivery-status" \
	    "\r\n\r\nReporting-MTA: dns; " SERVER "\r\n\r\n" \
	    "Final-Recipient: rfc822; " addr "\r\nAction: failed\r\n" \
	    "Status: 5.1.1\r\n\r\n--b--\r\n", 0 }
#define LISTED(day) "Received: from x.example.net ([198.51.100.7]) by " \
	    SERVER " with SMTP; " day " Jan 2004 10:00:00 +0900\r\n" \
	    "List-Id: <talk.example.net>\r\n" MAIL

#define ENTRIES	400
#define GUESSED	"guessed"	/* for a site: nobody told the networks */

#define STOLEN	(-1)		/* for times: once, and a log calls it so */
#define ASKED	(-2)		/* once, and rspamd does not like it */

struct msg {
	const char	*folder;
	const char	*sender;	/* NULL: nobody knows */
	const char	*rcpt[3];
	enum provenance	 prov;
	const char	*text;
	int		 times;		/* 0: once; %d in addresses counts */
};

static const struct {
	const char	*reason;
	const char	*site;		/* more than the usual */
	struct msg	 m[6];
} cases[] = {
	{ "unsure/no-header", "", { { "in", NULL, { NULL }, PROV_NONE,
	    "\1\2\3 nothing here\n", 0 } } },
	{ "relay/routed-recipient", "", { { "in", "a@example.net",
	    { "z%example.net@example.com" }, PROV_XBLOCK, STRANGER MAIL, 0 } } },
	{ "relay/campaign", "", { { "in", "a@example.net",
	    { "z%d@example.net" }, PROV_XBLOCK, STRANGER PILLS, 3 },
	    { "mail", "a@example.net", { "y@example.net" }, PROV_HEADERS,
	    PILLS, 0 } } },
	{ "spam/campaign", "", { { "in", "a@example.net",
	    { "z%d@example.net" }, PROV_XBLOCK, STRANGER PILLS, 3 },
	    { "in", "c@example.net", { "b@example.com" }, PROV_XBLOCK,
	    OTHER PILLS, 0 } } },
	/* two are chance; and what is mostly for us is a newsletter */
	{ "legit/inbound", "", { { "in", "a@example.net",
	    { "z%d@example.net" }, PROV_XBLOCK, STRANGER PILLS, 2 },
	    { "in", "c@example.net", { "b@example.com" }, PROV_XBLOCK,
	    OTHER PILLS, 0 } } },
	{ "legit/inbound", "", { { "in", "a@example.net",
	    { "z%d@example.net" }, PROV_XBLOCK, STRANGER PILLS, 3 },
	    { "in", "c@example.net", { "b%d@example.com" }, PROV_XBLOCK,
	    OTHER PILLS, 4 } } },
	/* what was decided stays */
	{ "legit/submitted", "", { { "in", "a@example.net",
	    { "z%d@example.net" }, PROV_XBLOCK, STRANGER PILLS, 9 },
	    { "in", "b@example.com", { "c@example.com" }, PROV_XBLOCK,
	    INSIDE PILLS, 0 } } },
	{ "relay/spoofed-sender", "", { { "in", "b@example.com",
	    { "z@example.net" }, PROV_XBLOCK, STRANGER MAIL, 0 } } },
	/* a web server of ours with a public address, unless it was told */
	{ "unsure/maybe-inside", GUESSED, { { "in", "b@example.com",
	    { "z@example.net" }, PROV_XBLOCK, "Received: from"
	    " www.example.com ([192.0.2.20]) by " SERVER " with SMTP;"
	    " Mon, 5 Jan 2004 10:00:00 +0900\r\n" MAIL, 0 } } },
	{ "relay/spoofed-sender", "", { { "in", "b@example.com",
	    { "z@example.net" }, PROV_XBLOCK, "Received: from"
	    " www.example.com ([192.0.2.20]) by " SERVER " with SMTP;"
	    " Mon, 5 Jan 2004 10:00:00 +0900\r\n" MAIL, 0 } } },
	{ "relay/spoofed-sender", GUESSED, { { "in", "b@example.com",
	    { "z@example.net" }, PROV_XBLOCK, STRANGER MAIL, 0 } } },
	{ "relay/third-party", "", { { "in", "a@example.net",
	    { "z@example.net" }, PROV_XBLOCK,
	    STRANGER "From: a@example.net\r\nTo: z@example.net\r\n\r\nx", 0 } } },
	{ "relay/third-party", "gateways = 10.1.0.7\n", { { "in",
	    "a@example.net", { "z@example.net" }, PROV_XBLOCK,
	    INSIDE "From: a@example.net\r\nTo: z@example.net\r\n\r\nx", 0 } } },
	{ "legit/submitted", "", { { "in", "b@example.com",
	    { "z@example.net" }, PROV_XBLOCK, INSIDE MAIL, 0 } } },
	{ "legit/submitted", "", { { "out", "b@example.com",
	    { "z@example.net" }, PROV_STREAM, MADE_HERE MAIL, 0 } } },
	{ "legit/inbound", "", { { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER MAIL, 0 } } },
	/* on its way to a server behind this one, or to a partner's */
	{ "legit/inbound", "", { { "out", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER MAIL, 0 } } },
	{ "legit/inbound", "relay_domains = example.org\n", { { "out",
	    "a@example.net", { "b@example.org" }, PROV_XBLOCK, STRANGER
	    MAIL, 0 } } },
	/* but where it goes is not told by a header, nor by a hint */
	{ "unsure/maybe-forward", "", { { "out", "a@example.net",
	    { "b@example.com" }, PROV_STREAM, STRANGER MAIL, 0 } } },
	/* fetched from another server: not made here, and so not trusted */
	{ "legit/inbound", "", { { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK,
	    "Received: from localhost ([127.0.0.1]) by " SERVER " with POP3;"
	    " Mon, 5 Jan 2004 10:00:00 +0900\r\n" ELSEWHERE MAIL, 0 } } },
	{ "unsure/nothing-decides", "", { { "in", "a@example.net",
	    { "z@example.net" }, PROV_XBLOCK,
	    "Received: from localhost ([127.0.0.1]) by " SERVER " with POP3;"
	    " Mon, 5 Jan 2004 10:00:00 +0900\r\n" ELSEWHERE MAIL, 0 } } },
	/* header recipients never make relay */
	{ "unsure/nothing-decides", "", { { "in", NULL, { NULL }, PROV_NONE,
	    STRANGER "From: a@example.net\r\nTo: z@example.net\r\n\r\nx", 0 } } },
	/* a filter on our own server, above what the client could write */
	{ "spam/verdict", "", { { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK,
	    "X-Spam-Status: Yes, score=9.1 required=5\r\n" STRANGER MAIL,
	    0 } } },
	{ "spam/verdict", "", { { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER
	    "X-Spam-Flag: YES\r\nX-Spam-Checker-Version: SpamAssassin 3.4.2"
	    " on " SERVER "\r\n" MAIL, 0 } } },
	{ "spam/verdict", "", { { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK,
	    "Received: from localhost ([127.0.0.1]) by " SERVER " with ESMTP;"
	    " Mon, 5 Jan 2004 10:00:01 +0900\r\n"
	    "X-Spamd-Result: default: False [16 / 15]\r\n" STRANGER MAIL,
	    0 } } },
	/* somebody else's, or a good word: it speaks, and no more */
	{ "legit/inbound", "", { { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER
	    "X-Spam-Status: Yes, score=9.1 required=5\r\n" MAIL, 0 } } },
	{ "legit/inbound", "", { { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK,
	    "X-Spam-Status: No, score=1 required=5\r\n"
	    "Authentication-Results: " SERVER "; dmarc=fail\r\n"
	    STRANGER MAIL, 0 } } },
	/* a program from outside; and what our users get from their own */
	{ "spam/worm", "", { { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER PROGRAM("pif"), 0 } } },
	{ "unsure/program", "", { { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER PROGRAM("exe"), 0 } } },
	{ "legit/inbound", "", { { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER PROGRAM("pdf"), 0 } } },
	{ "legit/submitted", "", { { "in", "a@example.com",
	    { "b@example.com" }, PROV_XBLOCK, INSIDE PROGRAM("pif"), 0 } } },
	/* and no good word opens a door */
	{ "relay/third-party", "", { { "in", "a@example.net",
	    { "z@example.net" }, PROV_XBLOCK,
	    "X-Spam-Status: No, score=1 required=5\r\n" STRANGER
	    "From: a@example.net\r\nTo: z@example.net\r\n\r\nx", 0 } } },
	/* our users' own mail is judged by the company it keeps */
	{ "legit/submitted", "", { { "in", "b@example.com",
	    { "z@example.net" }, PROV_XBLOCK,
	    "X-Spam-Status: Yes, score=9.1 required=5\r\n" INSIDE MAIL,
	    0 } } },
	{ "relay/infected-client", "", { { "in", "k@example.org",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER MAIL, 0 }, { "in",
	    "b@example.com", { "k@example.org" }, PROV_XBLOCK, INSIDE MAIL,
	    0 }, { "in", "c@example.com", { "v%d@example.net" }, PROV_XBLOCK,
	    "X-Spam-Status: Yes, score=9.1 required=5\r\n" INSIDE MAIL,
	    60 } } },
	{ "spam/denied-client", "denied = 198.51.100.0/24\n", { { "in",
	    "a@example.net", { "b@example.com" }, PROV_XBLOCK,
	    STRANGER MAIL, 0 } } },
	/* one inside client, hundreds of strangers, every sender forged */
	{ "relay/infected-client", "", { { "in", "a@h%d.example.org",
	    { "v%d@example.net" }, PROV_XBLOCK, INSIDE MAIL, 60 } } },
	/* a web form that somebody found: to hundreds, or under many names */
#define WEB_FORM "Received: by " SERVER " (Postfix, from userid 33)\r\n" \
	    "\tid 1; Mon, 5 Jan 2004 10:00:00 +0900\r\n" MAIL
	{ "relay/abused-program", "", { { "in", "a@h%d.example.org",
	    { "v%d@example.net" }, PROV_XBLOCK, WEB_FORM, 60 } } },
	{ "unsure/maybe-abused", "", { { "in", "www@example.com",
	    { "v%d@example.net" }, PROV_XBLOCK, WEB_FORM, 250 } } },
	/* and its orders, and mail to our own people */
	{ "legit/submitted", "", { { "in", "www@example.com",
	    { "v%d@example.net" }, PROV_XBLOCK, WEB_FORM, 60 } } },
	{ "legit/submitted", "", { { "in", "www@example.com",
	    { "v%d@example.com" }, PROV_XBLOCK, WEB_FORM, 250 } } },
	/* nor does an account, where nobody's friends are seen */
	{ "unsure/maybe-abused", "", { { "in", "b@example.com",
	    { "v%d@example.net" }, PROV_XBLOCK, WITH_PASSWORD("198.51.100.7")
	    MAIL, 250 } } },
	{ "legit/submitted", "", { { "in", "b@example.com",
	    { "v%d@example.net" }, PROV_XBLOCK, WITH_PASSWORD("198.51.100.7")
	    MAIL, 150 } } },
	/* a password that was used on the server itself, by webmail */
	{ "relay/stolen-account", "", { { "in", "a@h%d.example.org",
	    { "v%d@example.net" }, PROV_XBLOCK, "Received: from localhost"
	    " (localhost [127.0.0.1])\r\n\t(Authenticated sender: bob)\r\n"
	    "\tby " SERVER " (Postfix) with ESMTPA id 1; Mon, 5 Jan 2004"
	    " 10:00:00 +0900\r\n" MAIL, 60 } } },
	/* as many from one address of ours: a newsletter, for all we know */
	{ "legit/submitted", "", { { "in", "b@example.com",
	    { "v%d@example.net" }, PROV_XBLOCK, INSIDE MAIL, 60 } } },
	/* far more than its user ever sent, who has friends */
	{ "unsure/maybe-abused", "", { { "in", "k@example.org",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER MAIL, 0 }, { "in",
	    "b@example.com", { "k@example.org" }, PROV_XBLOCK, INSIDE MAIL,
	    0 }, { "in", "c@example.com", { "v%d@example.net" }, PROV_XBLOCK,
	    INSIDE MAIL, 60 } } },
	/* points enough, but a letter to all customers has as many */
	{ "unsure/maybe-abused", "", { { "in", "k@example.org",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER MAIL, 0 }, { "in",
	    "b@example.com", { "k@example.org" }, PROV_XBLOCK,
	    WITH_PASSWORD("203.0.113.4") MAIL, 0 }, { "in", "b@example.com",
	    { "v%d@example.net" }, PROV_XBLOCK,
	    WITH_PASSWORD("198.51.100.7") MAIL, 60 } } },
	/* under many names it is no letter any more */
	{ "relay/stolen-account", "", { { "in", "k@example.org",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER MAIL, 0 }, { "in",
	    "b@example.com", { "k@example.org" }, PROV_XBLOCK,
	    WITH_PASSWORD("203.0.113.4") MAIL, 0 }, { "in", "a@h%d.example.org",
	    { "v%d@example.net" }, PROV_XBLOCK,
	    WITH_PASSWORD("198.51.100.7") MAIL, 60 } } },
	/* nor has its owner to do with it, who sits at a machine of ours */
	{ "legit/submitted", "", { { "in", "a@h%d.example.org",
	    { "v%d@example.net" }, PROV_XBLOCK,
	    WITH_PASSWORD("198.51.100.7") MAIL, 60 }, { "in", "b@example.com",
	    { "k@example.org" }, PROV_XBLOCK, WITH_PASSWORD("10.1.0.7") MAIL,
	    0 } } },
	{ "spam/dictionary", "", { UNKNOWN("c@example.com"),
	    UNKNOWN("d@example.com"), UNKNOWN("e@example.com"), { "in",
	    "a@example.net", { "c@example.com", "d@example.com",
	    "e@example.com" }, PROV_XBLOCK, STRANGER MAIL, 0 } } },
	/* and one of its many senders is somebody whom we write to */
	{ "spam/dictionary", "", { UNKNOWN("c@example.com"),
	    UNKNOWN("d@example.com"), UNKNOWN("e@example.com"), { "in",
	    "b@example.com", { "k@example.net" }, PROV_XBLOCK, INSIDE MAIL,
	    0 }, { "in", "k@example.net", { "f@example.com" }, PROV_XBLOCK,
	    STRANGER MAIL, 0 }, { "in", "a@h%d.example.net",
	    { "c@example.com", "d@example.com", "e@example.com" },
	    PROV_XBLOCK, STRANGER MAIL, 60 } } },
	/* two slips of the pen */
	{ "legit/inbound", "", { UNKNOWN("c@example.com"),
	    UNKNOWN("d@example.com"), { "in", "a@example.net",
	    { "c@example.com", "d@example.com", "e@example.com" },
	    PROV_XBLOCK, STRANGER MAIL, 0 } } },
	{ "legit/bulk", "", { { "in", "talk@example.net", { "b@example.com" },
	    PROV_XBLOCK, LISTED("Mon, 5"), 4 }, { "in", "talk@example.net",
	    { "b@example.com" }, PROV_XBLOCK, LISTED("Tue, 6"), 0 } } },
	/* no history */
	{ "legit/inbound", "", { { "in", "talk@example.net",
	    { "b@example.com" }, PROV_XBLOCK, LISTED("Mon, 5"), 5 } } },
	{ "spam/unknown-recipients", "valid_recipients = c@example.com\n",
	    { { "in", "a@example.net", { "b@example.com" }, PROV_XBLOCK,
	    STRANGER MAIL, 0 } } },
	/* our user is their guest, and sends with a password from there */
	{ "legit/inbound", "", { { "in", "b@example.com",
	    { "v%d@example.org" }, PROV_XBLOCK, "Received: from pc"
	    " (unknown [198.51.100.7])\r\n\t(Authenticated sender: bob)\r\n"
	    "\tby " SERVER " (Postfix) with ESMTPA id 1; Mon, 5 Jan 2004"
	    " 10:00:00 +0900\r\n" MAIL, 12 }, { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER MAIL, 0 } } },
	{ "spam/relay-client", "", { { "in", "a@example.net",
	    { "z@example.net" }, PROV_XBLOCK,
	    STRANGER "From: a@example.net\r\nTo: z@example.net\r\n\r\nx", 10 },
	    { "in", "a@example.net", { "b@example.com" }, PROV_XBLOCK,
	    STRANGER MAIL, 0 } } },
	{ "legit/forward", "", { { "in", "a@example.net",
	    { "own@example.org" }, PROV_XBLOCK, IN("198.51.100.8") MAIL, 0 },
	    { "in", "c@example.net", { "own@example.org" }, PROV_XBLOCK,
	    STRANGER MAIL, 0 } } },
	/* as the next one, before rspamd was asked */
	{ "relay/rspamd", "", { { "in", "a@example.net",
	    { "own@example.org" }, PROV_XBLOCK, STRANGER MAIL, ASKED } } },
	{ "spam/rspamd", "", { { "in", NULL, { NULL }, PROV_NONE,
	    STRANGER "From: a@example.net\r\nTo: z@example.net\r\n\r\nx",
	    ASKED } } },
	{ "unsure/maybe-forward", "", { { "in", "a@example.net",
	    { "own@example.org" }, PROV_XBLOCK, STRANGER MAIL, 0 } } },
	/* the same pair of addresses, but among many others: a campaign */
	{ "relay/third-party", "", { { "in", "a@example.net",
	    { "v%d@example.org" }, PROV_XBLOCK, IN("198.51.100.8") MAIL, 9 },
	    { "in", "a@example.net", { "v1@example.org" }, PROV_XBLOCK,
	    IN("198.51.100.8") MAIL, 0 },
	    { "in", "a@example.net", { "v99@example.org" }, PROV_XBLOCK,
	    STRANGER MAIL, 0 } } },
	{ "legit/abuse-report", "", { { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER
	    "From: fbl@example.net\r\nTo: b@example.com\r\n"
	    "Content-Type: multipart/report; report-type=feedback-report;"
	    " boundary=b\r\n\r\n--b\r\n\r\nAbuse\r\n--b\r\n"
	    "Content-Type: message/feedback-report\r\n\r\n"
	    "Feedback-Type: abuse\r\n\r\n--b\r\n"
	    "Content-Type: message/rfc822\r\n\r\n" MAIL "--b--\r\n", 0 } } },

	{ "backscatter/outbound", "", { { "out", "<>", { "v@example.net" },
	    PROV_XBLOCK, MADE_HERE DSN("failed", ""), 0 } } },
	/* by a trusted address of its own, as of a filter or behind NAT */
	{ "backscatter/outbound", "", { { "out", "<>", { "v@example.net" },
	    PROV_XBLOCK, BY_ITSELF(SERVER " ([10.1.0.2])") MADE_HERE
	    DSN("failed", ""), 0 } } },
	{ "backscatter/outbound", "", { { "out", "<>", { "v@example.net" },
	    PROV_XBLOCK, BY_ITSELF("x (" SERVER " [10.1.0.2])") MADE_HERE
	    DSN("failed", ""), 0 } } },
	{ "legit/local-report", "", { { "in", "<>", { "b@example.com" },
	    PROV_XBLOCK, BY_ITSELF(SERVER " ([10.1.0.2])") MADE_HERE
	    DSN("failed", ""), 0 } } },
	/* that a client says so is no proof, nor what it wrote below */
	{ "legit/submitted", "", { { "out", "<>", { "v@example.net" },
	    PROV_XBLOCK, BY_ITSELF(SERVER " (pc.example.com [10.1.0.7])")
	    MADE_HERE DSN("failed", ""), 0 } } },
	{ "legit/submitted", "", { { "out", "<>", { "v@example.net" },
	    PROV_XBLOCK, BY_ITSELF(SERVER " ([10.1.0.2])") ELSEWHERE
	    DSN("failed", ""), 0 } } },
	{ "legit/own-bounce", "", { { "in", "<>", { "b@example.com" },
	    PROV_XBLOCK, STRANGER DSN("failed", RETURNED(
	    "Received: from " SERVER " ([192.0.2.2]) by mx.example.net;"
	    " Mon, 5 Jan 2004 10:00:00 +0900\r\n" INSIDE)), 0 } } },
	/* no trace inside, but the message itself lies here as sent */
	{ "legit/own-bounce", "", { { "out", "b@example.com",
	    { "z@example.net" }, PROV_XBLOCK, MADE_HERE
	    "From: b@example.com\r\nTo: z@example.net\r\n"
	    "Message-ID: <orig@example.com>\r\n\r\nx", 0 },
	    { "in", "<>", { "b@example.com" }, PROV_XBLOCK,
	    STRANGER DSN("failed", RETURNED("")), 0 } } },
	/* nor does the site name its sender's domain, but we sent it */
	{ "legit/own-bounce", "", { { "out", "info@shop.example.org",
	    { "z@example.net" }, PROV_XBLOCK, MADE_HERE
	    "From: info@shop.example.org\r\nTo: z@example.net\r\n"
	    "Message-ID: <orig@example.com>\r\n\r\nx", 0 },
	    { "in", "<>", { "info@shop.example.org" }, PROV_XBLOCK,
	    STRANGER DSN("failed", RETURNED("")), 0 } } },
	{ "unsure/maybe-forward", "", { { "in", "<>",
	    { "info@shop.example.org" }, PROV_XBLOCK,
	    STRANGER DSN("failed", RETURNED("")), 0 } } },
	{ "legit/own-bounce", "", { { "in", "<>",
	    { "prvs=1630b1736d=b@example.com" }, PROV_XBLOCK,
	    STRANGER DSN("failed", RETURNED("")), 0 } } },
	{ "backscatter/inbound", "", { { "in", "<>", { "b@example.com" },
	    PROV_XBLOCK, STRANGER DSN("failed", RETURNED(ELSEWHERE)), 0 } } },
	/* our own hop proves nothing when a stranger handed it in */
	{ "backscatter/inbound", "", { { "in", "<>", { "b@example.com" },
	    PROV_XBLOCK, STRANGER DSN("failed", RETURNED(
	    "Received: from " SERVER " ([192.0.2.2]) by mx.example.net;"
	    " Mon, 5 Jan 2004 10:00:00 +0900\r\n" STRANGER)), 0 } } },
	/* a hop of ours that a bot wrote below its own */
	{ "backscatter/inbound", "", { { "in", "<>", { "b@example.com" },
	    PROV_XBLOCK, STRANGER DSN("failed", RETURNED(ELSEWHERE INSIDE)),
	    0 } } },
	{ "backscatter/storm", "", { { "in", "<>", { "b@example.com" },
	    PROV_XBLOCK, STRANGER DSN("failed", RETURNED(ELSEWHERE)), 10 },
	    { "in", "<>", { "b@example.com" }, PROV_XBLOCK,
	    STRANGER DSN("failed", ""), 0 } } },
	{ "unsure/nothing-decides", "", { { "in", "<>", { "b@example.com" },
	    PROV_XBLOCK, STRANGER DSN("failed", ""), 0 } } },
	{ "legit/local-report", "", { { "in", "<>", { "b@example.com" },
	    PROV_XBLOCK, MADE_HERE DSN("failed", ""), 0 } } },
	{ "backscatter/autoreply", "", { { "in", "<>", { "b@example.com" },
	    PROV_XBLOCK, STRANGER "From: a@example.net\r\n"
	    "To: b@example.com\r\nSubject: Out of office\r\n"
	    "Auto-Submitted: auto-replied\r\n"
	    "In-Reply-To: <spam@bot.example.org>\r\n\r\nAway.\r\n", 0 } } },
	{ "legit/autoreply", "", { { "in", "<>", { "b@example.com" },
	    PROV_XBLOCK, STRANGER "From: a@example.net\r\n"
	    "To: b@example.com\r\nSubject: Out of office\r\n"
	    "Auto-Submitted: auto-replied\r\n"
	    "In-Reply-To: <mine@" SERVER ">\r\n\r\nAway.\r\n", 0 } } },
	/* an account that the site does not list opens nothing */
	{ "relay/third-party", "accounts = bob\n", { { "in", "a@example.net",
	    { "z@example.net" }, PROV_XBLOCK,
	    "Received: from x (x [198.51.100.7]) (Authenticated sender: eve)"
	    "\r\n\tby " SERVER " (Postfix) with ESMTPSA id 1; Mon, 5 Jan 2004"
	    " 10:00:00 +0900\r\n"
	    "From: a@example.net\r\nTo: z@example.net\r\n\r\nx", 0 } } },
	{ "legit/submitted", "accounts = bob\n", { { "in", "b@example.com",
	    { "z@example.net" }, PROV_XBLOCK,
	    "Received: from x (x [198.51.100.7]) (Authenticated sender: bob)"
	    "\r\n\tby " SERVER " (Postfix) with ESMTPSA id 1; Mon, 5 Jan 2004"
	    " 10:00:00 +0900\r\n" MAIL, 0 } } },
	{ "relay/stolen-account", "accounts = bob\n", { { "in", "b@example.com",
	    { "z@example.net" }, PROV_XBLOCK,
	    "Received: from x (x [198.51.100.7]) (Authenticated sender: bob)"
	    "\r\n\tby " SERVER " (Postfix) with ESMTPSA id 1; Mon, 5 Jan 2004"
	    " 10:00:00 +0900\r\n" MAIL, STOLEN } } },
};

static struct arena *arena;
static struct intern *strings;
static struct site *site;
static struct facts *entries[ENTRIES];
static size_t nentries;

static void
setup(void)
{
	arena = arena_new();
	strings = intern_new();
	site = site_new();
	nentries = 0;
}

static void
teardown(void)
{
	site_free(site);
	intern_free(strings);
	arena_free(arena);
}

/* The lines of a site.conf, "key = value" each. */
static void
tell_site(const char *lines)
{
	struct slice rest = sl(lines), line, key;
	struct err err;
	int w;

	while (sl_cut(&rest, '\n', &line)) {
		ck_assert(sl_cut(&line, '=', &key));
		for (w = 0; w < SITE_WHATS; w++)
			if (sl_eq(sl_trim(key),
			    sl(site_key((enum site_what)w))))
				ck_assert_int_eq(site_add(site,
				    (enum site_what)w, sl_trim(line), &err),
				    0);
	}
}

/* The address with two letters in place of %d. */
static struct slice
counted(const char *address, int i)
{
	char text[100], *at;

	snprintf(text, sizeof(text), "%s", address);
	if ((at = strstr(text, "%d")) != NULL) {
		at[0] = (char)('a' + i / 26);
		at[1] = (char)('a' + i % 26);
	}
	return arena_dup(arena, sl(text));
}

static const struct answer bad_answer = { .action = { "reject", 6 },
    .score = 2150, .limit = 1500, .bad = true };

static void
add_message(const struct msg *m, int i)
{
	struct spool_msg sm = { .text = sl(m->text), .size = strlen(m->text) };
	struct charsets *cs = charsets_new();
	struct record rec = { .folder = m->folder, .path = SL("x") };
	struct spool_rcpt rcpts[3];
	struct slice params;
	size_t k;

	if (m->sender != NULL) {
		ck_assert_int_eq(addr_path(arena, counted(m->sender, i),
		    &sm.sender, &params), 0);
		sm.has_sender = true;
		sm.sender_prov = m->prov;
	}
	for (k = 0; k < 3 && m->rcpt[k] != NULL; k++) {
		ck_assert_int_eq(addr_path(arena, counted(m->rcpt[k], i),
		    &rcpts[k].addr, &params), 0);
		rcpts[k].provenance = m->prov;
	}
	sm.rcpts = rcpts;
	sm.nrcpts = k;
	record_read(&rec, arena, cs, &sm, false);
	if (m->times == STOLEN)
		rec.stolen = SL("after 812 failed guesses");
	ck_assert_uint_lt(nentries, ENTRIES);
	entries[nentries++] = facts_make(&rec, arena, strings, NULL);
	if (m->times == ASKED)
		entries[nentries - 1]->answer = &bad_answer;
	charsets_free(cs);
}

START_TEST(each_rule_decides_its_case)
{
	const struct facts *last;
	struct judge *j;
	struct buf why = { 0 };
	size_t i;
	int n;

	tell_site("local_domains = example.com\nhosts = " SERVER "\n"
	    "trusted = 10.1.0.0/16\n");
	if (strcmp(cases[_i].site, GUESSED) == 0)
		site_set_guessed(site);
	else
		tell_site(cases[_i].site);
	for (i = 0; i < 6 && cases[_i].m[i].folder != NULL; i++)
		for (n = 0; n == 0 || n < cases[_i].m[i].times; n++)
			add_message(&cases[_i].m[i], n);
	j = judge_new(site, strings, entries, nentries);
	judge_all(j);
	last = entries[nentries - 1];
	ck_assert_msg(strcmp(judge_reason(last), cases[_i].reason) == 0,
	    "case %d: %s, not %s", _i, judge_reason(last), cases[_i].reason);
	if (last->rule < judge_nrules()) {
		judge_rules[last->rule].say(j, last, &why);
		ck_assert_uint_gt(why.n, 0);
		ck_assert_int_eq(last->class, judge_rules[last->rule].class);
	} else {
		ck_assert_int_eq(last->class, C_UNSURE);
	}
	buf_free(&why);
	judge_free(j);
}
END_TEST

/* What is in a spool and in a backup of it was sent once. */
START_TEST(a_backup_adds_nothing)
{
	static const struct msg m[] = {
		{ "in", "k@example.org", { "b@example.com" }, PROV_XBLOCK,
		    STRANGER MAIL, 0 },
		{ "in", "b@example.com", { "k@example.org" }, PROV_XBLOCK,
		    INSIDE MAIL, 0 },
		{ "in", "c@example.com", { "v%d@example.net" }, PROV_XBLOCK,
		    INSIDE MAIL, 30 },
	};
	struct judge *j;
	size_t spool, i;
	int n;

	tell_site("local_domains = example.com\nhosts = " SERVER "\n"
	    "trusted = 10.1.0.0/16\n");
	for (spool = 0; spool < 2; spool++)
		for (i = 0; i < sizeof(m) / sizeof(m[0]); i++)
			for (n = 0; n == 0 || n < m[i].times; n++) {
				add_message(&m[i], n);
				entries[nentries - 1]->spool = (uint16_t)spool;
			}
	j = judge_new(site, strings, entries, nentries);
	judge_all(j);
	for (i = 0; i < nentries; i++)
		if (i != 0 && i != nentries / 2)	/* a friend wrote */
			ck_assert_str_eq(judge_reason(entries[i]),
			    "legit/submitted");
	judge_free(j);
}
END_TEST

/* Decisive rules that the table above does not reach, and why. */
START_TEST(every_deciding_rule_has_a_case)
{
	size_t r, i;

	for (r = 0; r < judge_nrules(); r++) {
		if (judge_rules[r].weight != DECIDES ||
		    strcmp(judge_rules[r].id, "unsure/unreadable") == 0)
			continue;	/* no message: tests/e2e/0050 */
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			if (strcmp(cases[i].reason, judge_rules[r].id) == 0)
				break;
		ck_assert_msg(i < sizeof(cases) / sizeof(cases[0]),
		    "no case for %s", judge_rules[r].id);
	}
}
END_TEST

START_TEST(ids_are_unique_and_begin_with_their_class)
{
	size_t i, k;

	ck_assert_uint_le(judge_nrules(), 64);	/* facts.spoke is 64 bits */
	for (i = 0; i < judge_nrules(); i++) {
		const struct rule *r = &judge_rules[i];
		const char *head = r->weight == SPEAKS ? "note" :
		    class_name(r->class);

		ck_assert(sl_starts(sl(r->id), sl(head)));
		ck_assert_int_eq(r->id[strlen(head)], '/');
		for (k = 0; k < i; k++)
			ck_assert_str_ne(r->id, judge_rules[k].id);
	}
}
END_TEST

START_TEST(the_site_is_guessed_from_many_clients_not_many_messages)
{
	static const struct msg inside = { "in", "b@example.com",
	    { "z@example.net" }, PROV_XBLOCK, INSIDE MAIL, 0 };
	static const char *const clients[] = { IN("198.51.100.1") MAIL,
	    IN("198.51.100.2") MAIL, IN("198.51.100.3") MAIL,
	    IN("198.51.100.4") MAIL };
	struct msg m = { "in", "a@example.net", { "b@example.com" },
	    PROV_XBLOCK, NULL, 0 };
	struct buf why = { 0 };
	size_t i;

	for (i = 0; i < 4; i++) {
		m.text = clients[i];
		add_message(&m, 0);
	}
	add_message(&inside, 0);
	m.rcpt[0] = "victim@example.org";	/* many, from one client */
	m.text = clients[0];
	for (i = 0; i < 20; i++)
		add_message(&m, 0);
	judge_guess(site, strings, entries, nentries, &why);
	ck_assert(site_is_host(site, SL(SERVER)));
	ck_assert(site_is_ours(site, SL("example.com")));
	ck_assert(!site_is_ours(site, SL("example.org")));
	ck_assert(sl_find(buf_sl(&why), SL("trusted = 10.0.0.0/8")) != NULL);
	buf_free(&why);
}
END_TEST

/* One letter for it is enough, though another domain has more to show. */
START_TEST(the_domain_that_the_server_is_named_after_is_guessed)
{
	static const struct msg program = { "out", "www@" SERVER,
	    { "z@example.net" }, PROV_STREAM, MADE_HERE MAIL, 0 };
	static const struct msg letter = { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER MAIL, 0 };
	struct buf why = { 0 };
	size_t i;

	for (i = 0; i < 20; i++)
		add_message(&program, 0);
	add_message(&letter, 0);
	judge_guess(site, strings, entries, nentries, &why);
	ck_assert(site_is_ours(site, SL(SERVER)));
	ck_assert(site_is_ours(site, SL("example.com")));
	ck_assert(!site_is_ours(site, SL("example.net")));
	buf_free(&why);
}
END_TEST

START_TEST(a_domain_that_accounts_are_of_is_guessed)
{
#define LOGIN(who) "Received: from pc (unknown [198.51.100.9])\r\n\t" \
	    "(Authenticated sender: " who ")\r\n\tby mail.example.com " \
	    "(Postfix) with ESMTPSA id 4A;\r\n\tMon, 5 Jan 2004 10:00:00" \
	    " +0900\r\n"
	static const struct msg own = { "in", "bob@example.org",
	    { "z@example.net" }, PROV_XBLOCK, LOGIN("Bob@Example.org") MAIL,
	    0 };
	static const struct msg forged = { "in", "x@example.net",
	    { "z@example.net" }, PROV_XBLOCK, LOGIN("bob@example.org") MAIL,
	    0 };
	struct buf why = { 0 };
	size_t i;

	add_message(&own, 0);
	for (i = 0; i < 10; i++)
		add_message(&forged, 0);
	judge_guess(site, strings, entries, nentries, &why);
	ck_assert(site_is_ours(site, SL("example.org")));
	ck_assert(!site_is_ours(site, SL("example.net")));
	ck_assert(sl_find(buf_sl(&why), SL("1 by accounts of it")) != NULL);
	buf_free(&why);
}
END_TEST

/* 50 messages by one inside address, each of a client with its own name. */
static void
add_named(const char *ip, const char *rcpt)
{
	struct msg m = { "in", "a@example.net", { rcpt }, PROV_XBLOCK, NULL,
	    0 };
	char text[400];
	int i;

	for (i = 0; i < 50; i++) {
		snprintf(text, sizeof(text), "Received: from h%d.example.net"
		    " ([%s]) by " SERVER " with SMTP (Microsoft Exchange"
		    " Internet Mail Service Version 5.5.2653.13)\r\n\tid"
		    " ABCD1234; Mon, 5 Jan 2004 10:00:00 +0900\r\n" MAIL, i,
		    ip);
		m.text = text;
		add_message(&m, 0);
	}
}

/* Both have many names; by one of them comes what is for us. */
START_TEST(a_gateway_brings_our_mail_and_a_bot_does_not)
{
	struct buf why = { 0 };
	struct ip bot, gateway;

	ck_assert(ip_parse(SL("10.1.0.9"), &bot));
	ck_assert(ip_parse(SL("10.1.0.254"), &gateway));
	add_named("10.1.0.9", "z@example.net");
	add_named("10.1.0.254", "b@example.com");
	judge_guess(site, strings, entries, nentries, &why);
	ck_assert_int_eq(site_client(site, &gateway), CLIENT_GATEWAY);
	ck_assert_int_eq(site_client(site, &bot), CLIENT_TRUSTED);
	buf_free(&why);
}
END_TEST

/*
 * It forges senders, many of one provider, where some of our users have
 * their mail forwarded to: that is none of ours.
 */
START_TEST(what_a_bot_inside_forges_is_not_ours)
{
	struct msg m = { "in", NULL, { "z@example.net" }, PROV_XBLOCK, INSIDE MAIL,
	    0 };
	static const char *const clients[] = { IN("198.51.100.1") MAIL,
	    IN("198.51.100.2") MAIL, IN("198.51.100.3") MAIL,
	    IN("198.51.100.4") MAIL };
	struct buf why = { 0 };
	char sender[40];
	int i;

	for (i = 0; i < 40; i++) {
		snprintf(sender, sizeof(sender), "a@h%d.example.net", i);
		m.sender = i % 2 != 0 ? sender : "b@freemail.example";
		add_message(&m, 0);
	}
	m.sender = "b@example.org";
	m.text = IN("10.1.0.8") MAIL;
	add_message(&m, 0);
	m.sender = "a@example.net";
	for (i = 0; i < 8; i++) {
		m.rcpt[0] = i % 2 != 0 ? "c@freemail.example" :
		    "b@example.org";
		m.text = clients[i / 2];
		add_message(&m, 0);
	}
	judge_guess(site, strings, entries, nentries, &why);
	ck_assert(site_is_ours(site, SL("example.org")));
	ck_assert(!site_is_ours(site, SL("freemail.example")));
	buf_free(&why);
}
END_TEST

START_TEST(what_was_told_is_not_guessed)
{
	static const struct msg m = { "in", "a@example.net",
	    { "b@example.com" }, PROV_XBLOCK, STRANGER MAIL, 0 };
	struct buf why = { 0 };

	tell_site("local_domains = example.org\nhosts = mx.example.org\n"
	    "trusted = 192.0.2.0/24\n");
	add_message(&m, 0);
	judge_guess(site, strings, entries, nentries, &why);
	ck_assert_uint_eq(why.n, 0);
	ck_assert(!site_is_ours(site, SL("example.com")));
}
END_TEST

START_TEST(a_record_comes_back_from_its_bytes)
{
	struct spool_msg sm = { .text = SL(STRANGER DSN("failed",
	    RETURNED(INSIDE))), .size = 99, .mtime = 7 };
	struct charsets *cs = charsets_new();
	struct record a = { .folder = "in", .path = SL("In/X") }, b = a;
	struct buf packed = { 0 }, again = { 0 };
	size_t n;

	record_read(&a, arena, cs, &sm, true);
	record_problem(&a, arena, SL("odd"));
	record_pack(&a, &packed);
	ck_assert(record_unpack(&b, arena, buf_sl(&packed)));
	ck_assert_uint_eq(b.nhops, 1);
	ck_assert(sl_eq(b.hops[0].by, SL(SERVER)));
	ck_assert(sl_eq(b.orig_message_id, SL("orig@example.com")));
	ck_assert(sl_eq(b.problems[b.nproblems - 1], SL("odd")));
	record_pack(&b, &again);
	ck_assert(sl_eq(buf_sl(&packed), buf_sl(&again)));
	for (n = 0; n < packed.n; n++)	/* cut anywhere: refused, no crash */
		ck_assert(!record_unpack(&b, arena,
		    (struct slice){ packed.p, n }));
	buf_free(&packed);
	buf_free(&again);
	charsets_free(cs);
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("rules");
	TCase *tc = tcase_create("rules");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_backup_adds_nothing);
	tcase_add_loop_test(tc, each_rule_decides_its_case, 0,
	    sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tc, every_deciding_rule_has_a_case);
	tcase_add_test(tc, ids_are_unique_and_begin_with_their_class);
	tcase_add_test(tc,
	    the_site_is_guessed_from_many_clients_not_many_messages);
	tcase_add_test(tc,
	    the_domain_that_the_server_is_named_after_is_guessed);
	tcase_add_test(tc, a_domain_that_accounts_are_of_is_guessed);
	tcase_add_test(tc, a_gateway_brings_our_mail_and_a_bot_does_not);
	tcase_add_test(tc, what_a_bot_inside_forges_is_not_ours);
	tcase_add_test(tc, what_was_told_is_not_guessed);
	tcase_add_test(tc, a_record_comes_back_from_its_bytes);
	suite_add_tcase(s, tc);
	return s;
}

#include <check.h>
#include <stdlib.h>

#include "mail/date.h"
#include "mail/received.h"

#define N(v)	(sizeof(v) / sizeof((v)[0]))

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new();
}

static void
teardown(void)
{
	arena_free(arena);
}

#define DAY	"Mon, 5 Jan 2004 02:00:00 +0100"
#define UTC	"2004-01-05T01:00:00Z"

/* How an expected hop is written: NULL is empty or not told. */
struct want {
	const char	*in;
	bool		 none;		/* it is no hop */
	const char	*ip, *name, *helo, *by, *by_ip, *with, *id, *for_;
	const char	*account;
	bool		 authenticated, tls, local, no_date;
};

static const struct want exchange[] = {
	/* Exchange 4.0 to 5.5 */
	{ .in = "from client.example.org ([192.0.2.1]) by srv with SMTP "
	    "(Microsoft Exchange Internet Mail Service Version 5.5.2650.21)"
	    "\r\n\tid ABCD1234; " DAY,
	    .ip = "192.0.2.1", .helo = "client.example.org", .by = "srv",
	    .with = "SMTP", .id = "ABCD1234" },
	{ .in = "from HELO (NAME [192.0.2.1]) by srv with SMTP (Microsoft "
	    "Exchange Internet Mail Service Version 5.0.1457.7)\n id A; " DAY,
	    .ip = "192.0.2.1", .name = "NAME", .helo = "HELO", .by = "srv",
	    .with = "SMTP", .id = "A" },
	{ .in = "by srv with Internet Mail Service (5.5.2657.72)\n"
	    "\tid <XXXXXXXX>; " DAY,
	    .by = "srv", .with = "Internet Mail Service", .id = "XXXXXXXX" },
	{ .in = "from a.example.org by srv with SMTP (Microsoft Exchange "
	    "Internet Mail Connector Version 4.0.994.63) id B; " DAY,
	    .helo = "a.example.org", .by = "srv", .with = "SMTP", .id = "B" },
	/* IIS, Exchange 2000 and 2003 */
	{ .in = "from x ([192.0.2.10]) by y.example.org with Microsoft "
	    "SMTPSVC(6.0.3790.4675);\r\n\t " DAY,
	    .ip = "192.0.2.10", .helo = "x", .by = "y.example.org",
	    .with = "Microsoft SMTPSVC(6.0.3790.4675)" },
	{ .in = "from x ([192.0.2.10] RDNS failed) by y over TLS secured "
	    "channel with Microsoft SMTPSVC(7.5.7601.22712); " DAY,
	    .ip = "192.0.2.10", .helo = "x", .by = "y",
	    .with = "Microsoft SMTPSVC(7.5.7601.22712)", .tls = true },
	{ .in = "from [198.51.100.7] ([192.0.2.10]) by y with Microsoft "
	    "SMTPSVC(5.0.2195.6713); " DAY,
	    .ip = "192.0.2.10", .helo = "198.51.100.7", .by = "y",
	    .with = "Microsoft SMTPSVC(5.0.2195.6713)" },
	{ .in = "from mail pickup service by srv with Microsoft SMTPSVC;\n\t"
	    DAY,
	    .by = "srv", .with = "Microsoft SMTPSVC", .local = true },
	/* Exchange 2007 to 2019 */
	{ .in = "from a.example.org (192.0.2.1) by b.example.org "
	    "(2001:db8::1) with Microsoft SMTP Server (TLS) id 15.1.2507.6 "
	    "via Frontend Transport; " DAY,
	    .ip = "192.0.2.1", .helo = "a.example.org",
	    .by = "b.example.org", .by_ip = "2001:db8::1",
	    .with = "Microsoft SMTP Server", .id = "15.1.2507.6",
	    .tls = true },
	{ .in = "from a (2001:db8::2) by b (2001:db8::1) with Microsoft SMTP "
	    "Server\n (version=TLS1_2, cipher=TLS_ECDHE_RSA_X) id 15.2.1; "
	    DAY,
	    .ip = "2001:db8::2", .helo = "a", .by = "b",
	    .by_ip = "2001:db8::1", .with = "Microsoft SMTP Server",
	    .id = "15.2.1", .tls = true },
	{ .in = "from [IPv6:2001:db8::9] (2001:db8::9) by b (192.0.2.2) with "
	    "Microsoft SMTP Server id 15.2.1; " DAY,
	    .ip = "2001:db8::9", .helo = "IPv6:2001:db8::9", .by = "b",
	    .by_ip = "192.0.2.2", .with = "Microsoft SMTP Server",
	    .id = "15.2.1" },
	{ .in = "from A.example.org ([fe80::1:2]) by B.example.org "
	    "([fe80::1:2%15]) with mapi id 14.03.0123.003; " DAY,
	    .ip = "fe80::1:2", .helo = "A.example.org",
	    .by = "B.example.org", .by_ip = "fe80::1:2", .with = "mapi",
	    .id = "14.03.0123.003", .local = true },
	{ .in = "from Pickup by host.example.org with Microsoft SMTP Server "
	    "id 15.1.1; " DAY,
	    .by = "host.example.org", .with = "Microsoft SMTP Server",
	    .id = "15.1.1", .local = true },
	{ .in = "from localhost by Pickup with Microsoft SMTP Server id "
	    "8.0.1; " DAY,
	    .by = "Pickup", .with = "Microsoft SMTP Server", .id = "8.0.1",
	    .local = true },
};

static const struct want unix_[] = {
	/* Postfix */
	{ .in = "from helo (name.example.org [192.0.2.1])\n\t(using TLSv1.2 "
	    "with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits))\n\t(No "
	    "client certificate requested)\n\t(Authenticated sender: bob)"
	    "\n\tby host.example.org (Postfix) with ESMTPSA id 3F9A21C"
	    "\n\tfor <a@example.net>; " DAY,
	    .ip = "192.0.2.1", .name = "name.example.org", .helo = "helo",
	    .by = "host.example.org", .with = "ESMTPSA", .id = "3F9A21C",
	    .for_ = "a@example.net", .account = "bob",
	    .authenticated = true, .tls = true },
	{ .in = "from h (unknown [IPv6:2001:db8::5]) by host (Postfix) with "
	    "ESMTP id Q; " DAY,
	    .ip = "2001:db8::5", .helo = "h", .by = "host",
	    .with = "ESMTP", .id = "Q" },
	{ .in = "from h (n [192.0.2.1]) (Authenticated sender: "
	    "bob@example.org) by host (Postfix) with ESMTPA id Q; " DAY,
	    .ip = "192.0.2.1", .name = "n", .helo = "h", .by = "host",
	    .with = "ESMTPA", .id = "Q", .account = "bob@example.org",
	    .authenticated = true },
	{ .in = "by host.example.org (Postfix, from userid 33) id Q; " DAY,
	    .by = "host.example.org", .id = "Q", .local = true },
	{ .in = "from h (n [192.0.2.1]) by host (Postfix) with UTF8SMTPS for "
	    "<\"a b;c\"@example.org>; " DAY,
	    .ip = "192.0.2.1", .name = "n", .helo = "h", .by = "host",
	    .with = "UTF8SMTPS", .for_ = "\"a b;c\"@example.org",
	    .tls = true },
	/* Exim */
	{ .in = "from [192.0.2.1] (helo=x) by host with esmtpa (Exim 4.96)\n"
	    "\t(envelope-from <a@example.org>) id 1a-2b-3c for "
	    "c@example.net; " DAY,
	    .ip = "192.0.2.1", .helo = "x", .by = "host", .with = "esmtpa",
	    .id = "1a-2b-3c", .for_ = "c@example.net",
	    .authenticated = true },
	{ .in = "from name.example.org ([192.0.2.1]:4567 helo=x) by host "
	    "with esmtps  (TLS1.3) tls TLS_AES_256_GCM_SHA384 (Exim 4.96) "
	    "id 1; " DAY,
	    .ip = "192.0.2.1", .name = "name.example.org", .helo = "x",
	    .by = "host", .with = "esmtps", .id = "1", .tls = true },
	{ .in = "from name.example.org ([2001:db8::7]) by host with esmtp "
	    "(Exim 4.96) id 1; " DAY,
	    .ip = "2001:db8::7", .name = "name.example.org",
	    .helo = "name.example.org", .by = "host", .with = "esmtp",
	    .id = "1" },
	{ .in = "from [192.0.2.1] (port=4567 helo=[198.51.100.1] "
	    "ident=[198.51.100.2]) by host with smtp (Exim 3.31) id 1; " DAY,
	    .ip = "192.0.2.1", .helo = "198.51.100.1", .by = "host",
	    .with = "smtp", .id = "1" },
	{ .in = "from www-data by host with local (Exim 4.96) "
	    "(envelope-from <www-data@example.org>) id 1; " DAY,
	    .by = "host", .with = "local", .id = "1", .local = true },
	/* sendmail */
	{ .in = "from helo (name.example.org [192.0.2.1] (may be forged))\n"
	    "\t(authenticated bits=0)\n\tby host (8.17.1/8.17.1) with ESMTP "
	    "id 4A5B\n\t(version=TLSv1.3 cipher=X bits=256 verify=NO)\n\tfor "
	    "<a@example.org>; " DAY,
	    .ip = "192.0.2.1", .name = "name.example.org", .helo = "helo",
	    .by = "host", .with = "ESMTP", .id = "4A5B",
	    .for_ = "a@example.org", .authenticated = true, .tls = true },
	{ .in = "from h (IDENT:x+y/z@name.example.org [192.0.2.1]) by host "
	    "(8.9.3/8.9.3) with SMTP id X; " DAY " (envelope-from a@b)",
	    .ip = "192.0.2.1", .name = "name.example.org", .helo = "h",
	    .by = "host", .with = "SMTP", .id = "X" },
	{ .in = "from h (user@[192.0.2.1]) by host (8.9.3/8.9.3) id X; " DAY,
	    .ip = "192.0.2.1", .helo = "h", .by = "host", .id = "X" },
	{ .in = "(from www@localhost) by host (8.14.4/8.14.4/Submit) id X "
	    "for a@example.org; " DAY,
	    .by = "host", .id = "X", .for_ = "a@example.org",
	    .local = true },
	{ .in = "from root@localhost by host (8.9.3/8.9.3) id X; " DAY,
	    .by = "host", .id = "X", .local = true },
	{ .in = "from localhost (localhost) by host (8.14.4/8.14.4) id X; "
	    DAY,
	    .by = "host", .id = "X", .local = true },
	/* qmail */
	{ .in = "from unknown (HELO x) (ident@192.0.2.1)\n by host with "
	    "SMTP; 5 Jan 2004 01:00:00 -0000",
	    .ip = "192.0.2.1", .helo = "x", .by = "host", .with = "SMTP" },
	{ .in = "from name.example.org (HELO [198.51.100.1]) (192.0.2.1) by "
	    "host with SMTP; " DAY,
	    .ip = "192.0.2.1", .name = "name.example.org",
	    .helo = "198.51.100.1", .by = "host", .with = "SMTP" },
	{ .in = "from name.example.org (192.0.2.1) by host with SMTP; " DAY,
	    .ip = "192.0.2.1", .name = "name.example.org",
	    .helo = "name.example.org", .by = "host", .with = "SMTP" },
	{ .in = "from unknown (192.0.2.1) by host with QMQP; " DAY,
	    .ip = "192.0.2.1", .by = "host", .with = "QMQP" },
	{ .in = "from n (HELO x) (authenticated:bob@[192.0.2.1]) by host "
	    "(qmail-ldap-1.03) with AES256-SHA encrypted SMTP; " DAY,
	    .ip = "192.0.2.1", .name = "n", .helo = "x", .by = "host",
	    .with = "AES256-SHA encrypted SMTP", .account = "bob",
	    .authenticated = true, .tls = true },
	{ .in = "from unknown (HELO x) (bob@example.org@192.0.2.1) by host "
	    "with SMTP; " DAY,
	    .ip = "192.0.2.1", .helo = "x", .by = "host", .with = "SMTP" },
	{ .in = "(qmail 123 invoked from network); " DAY, .none = true },
	{ .in = "(qmail 1 invoked by uid 1000); " DAY, .none = true,
	    .local = true },
	{ .in = "(qmail 1 invoked for bounce); " DAY, .none = true,
	    .local = true },
	{ .in = "from a@example.org by host by uid 89 with qmail-scanner-1; "
	    DAY,
	    .by = "host", .with = "qmail-scanner-1" },
	/* OpenSMTPD, dma */
	{ .in = "from h (n.example.org [192.0.2.1])\n\tby host (OpenSMTPD) "
	    "with ESMTPSA id 7a (TLSv1.3:X:256:NO) auth=yes user=bob;\n\t"
	    DAY,
	    .ip = "192.0.2.1", .name = "n.example.org", .helo = "h",
	    .by = "host", .with = "ESMTPSA", .id = "7a",
	    .authenticated = true, .tls = true },
	{ .in = "from localhost (localhost [local]);\n\tby host (OpenSMTPD) "
	    "with ESMTPA id 7a;\n\tfor <a@example.org>;\n\t" DAY,
	    .by = "host", .with = "ESMTPA", .id = "7a",
	    .for_ = "a@example.org", .authenticated = true, .local = true },
	{ .in = "from root (uid 0) by host (DragonFly Mail Agent v0.13); "
	    DAY, .by = "host", .local = true },
};

static const struct want others[] = {
	/* Google */
	{ .in = "from h.example.org (n.example.org. [192.0.2.1]) by "
	    "mx.example.com with ESMTPS id 13si for <a@example.com> "
	    "(version=TLS1_3 cipher=X bits=256/256); " DAY " (PST)",
	    .ip = "192.0.2.1", .name = "n.example.org",
	    .helo = "h.example.org", .by = "mx.example.com",
	    .with = "ESMTPS", .id = "13si", .for_ = "a@example.com",
	    .tls = true },
	{ .in = "by 2001:db8:6c6a:: with SMTP id r10; " DAY,
	    .by = "2001:db8:6c6a::", .by_ip = "2001:db8:6c6a::",
	    .with = "SMTP", .id = "r10" },
	/* Domino, MDaemon, CommuniGate, Courier, SquirrelMail, vger */
	{ .in = "from h ([192.0.2.1])\n by host (Lotus Domino Release "
	    "5.0.8)\n with ESMTP id 2002072123530897:8877 ;\n " DAY,
	    .ip = "192.0.2.1", .helo = "h", .by = "host", .with = "ESMTP",
	    .id = "2002072123530897:8877" },
	{ .in = "from x ([192.0.2.1]) by y (MDaemon PRO v10.1.1) with ESMTP "
	    "id md5.msg for <a@example.org>; Auth: X; " DAY,
	    .ip = "192.0.2.1", .helo = "x", .by = "y", .with = "ESMTP",
	    .id = "md5.msg", .for_ = "a@example.org" },
	{ .in = "from x [192.0.2.1] by y [192.0.2.2] with SMTP "
	    "(MDaemon.v3.5.2.R) for <a@example.org>; " DAY,
	    .ip = "192.0.2.1", .helo = "x", .by = "y",
	    .by_ip = "192.0.2.2", .with = "SMTP", .for_ = "a@example.org" },
	{ .in = "from [192.0.2.1] (account bob@example.org HELO x) by y "
	    "(CommuniGate Pro SMTP 6.1) with ESMTPA id 1; " DAY,
	    .ip = "192.0.2.1", .helo = "x", .by = "y", .with = "ESMTPA",
	    .id = "1", .account = "bob@example.org", .authenticated = true },
	{ .in = "from x (account bob@example.org [192.0.2.1] verified) by y "
	    "(CommuniGate Pro SMTP 6.1) with ESMTPSA id 1; " DAY,
	    .ip = "192.0.2.1", .helo = "x", .by = "y", .with = "ESMTPSA",
	    .id = "1", .account = "bob@example.org", .authenticated = true,
	    .tls = true },
	{ .in = "from x ([192.0.2.1]) (AUTH: LOGIN bob, TLS: TLSv1.2,256bits)"
	    " by y with ESMTPSA; " DAY,
	    .ip = "192.0.2.1", .helo = "x", .by = "y", .with = "ESMTPSA",
	    .account = "bob", .authenticated = true, .tls = true },
	{ .in = "from 192.0.2.1 (SquirrelMail authenticated user bob) by y "
	    "with HTTP; " DAY,
	    .ip = "192.0.2.1", .by = "y", .with = "HTTP", .account = "bob",
	    .authenticated = true },
	{ .in = "from n.example.org ([192.0.2.1]:50038 \"EHLO x\" "
	    "rhost-flags-OK) by y with ESMTP id S1 (ORCPT <rfc822;a@b>); "
	    DAY,
	    .ip = "192.0.2.1", .name = "n.example.org", .helo = "x",
	    .by = "y", .with = "ESMTP", .id = "S1" },
	{ .in = "from m ([127.0.0.1]) by y (m [127.0.0.2]) (amavisd-new, "
	    "port 10032) with ESMTP id A; " DAY,
	    .ip = "127.0.0.1", .helo = "m", .by = "y",
	    .by_ip = "127.0.0.2", .with = "ESMTP", .id = "A" },
	{ .in = "from [192.0.2.1] by y with NNFMP; " DAY,
	    .ip = "192.0.2.1", .by = "y", .with = "NNFMP" },
	{ .in = "from h (n [192.0.2.1]) by y with  id A; " DAY,
	    .ip = "192.0.2.1", .name = "n", .helo = "h", .by = "y",
	    .id = "A" },
	{ .in = "from h. ([::ffff:192.0.2.1]) BY y. WITH lmtp ID A FOR "
	    "a@b, c@d; " DAY,
	    .ip = "192.0.2.1", .helo = "h", .by = "y", .with = "lmtp",
	    .id = "A", .for_ = "a@b" },
	/* little is said */
	{ .in = "from h (n [192.0.2.1]) with SMTP id A; " DAY,
	    .ip = "192.0.2.1", .name = "n", .helo = "h", .with = "SMTP",
	    .id = "A" },
	{ .in = "from ([192.0.2.1]) with SMTP; " DAY, .ip = "192.0.2.1",
	    .with = "SMTP" },
	{ .in = "from h by y", .helo = "h", .by = "y", .no_date = true },
	{ .in = "by y id A 2004-01-05 01:00:00 +0000", .by = "y", .id = "A" },
	{ .in = "from by y; " DAY, .by = "y" },
	{ .in = "from", .no_date = true },
	{ .in = "", .none = true, .no_date = true },
	{ .in = " ; ; ;", .none = true, .no_date = true },
	{ .in = "with SMTP id A; " DAY, .none = true, .with = "SMTP",
	    .id = "A" },
	{ .in = "frombyte x; nonsense", .none = true, .no_date = true },
};

static const struct want hostile[] = {
	/* the client's words before the server's */
	{ .in = "from x by evil.example.com with ESMTPA id 9 ([192.0.2.1]) "
	    "by y with SMTP id A; " DAY,
	    .ip = "192.0.2.1", .helo = "x", .by = "y", .with = "SMTP",
	    .id = "A" },
	{ .in = "from x ([198.51.100.1]) by evil ([192.0.2.1]) by y with "
	    "SMTP id A; " DAY,
	    .ip = "192.0.2.1", .helo = "x", .by = "y", .with = "SMTP",
	    .id = "A" },
	{ .in = "from by (n [192.0.2.1]) by y with SMTP id A; " DAY,
	    .ip = "192.0.2.1", .name = "n", .helo = "by", .by = "y",
	    .with = "SMTP", .id = "A" },
	{ .in = "from unknown (HELO x by evil with ESMTPSA; " DAY
	    ") (192.0.2.1) by y with SMTP; " DAY,
	    .ip = "192.0.2.1", .helo = "x", .by = "y", .with = "SMTP" },
	{ .in = "from \"x by evil\" (n [192.0.2.1]) by y with SMTP; " DAY,
	    .ip = "192.0.2.1", .name = "n", .helo = "\"x by evil\"",
	    .by = "y", .with = "SMTP" },
	{ .in = "from x (n [192.0.2.1]) by y (a (by b) with \\) (by c)) with "
	    "SMTP; " DAY,
	    .ip = "192.0.2.1", .name = "n", .helo = "x", .by = "y",
	    .with = "SMTP" },
	{ .in = "from x (n [192.0.2.1]) by y with SMTP for <\"a by evil\"@b> "
	    "id A; " DAY,
	    .ip = "192.0.2.1", .name = "n", .helo = "x", .by = "y",
	    .with = "SMTP", .id = "A", .for_ = "\"a by evil\"@b" },
	{ .in = "from bypass (standby [192.0.2.1]) by without with SMTPX id "
	    "fort; " DAY,
	    .ip = "192.0.2.1", .name = "standby", .helo = "bypass",
	    .by = "without", .with = "SMTPX", .id = "fort" },
	/* who says "authenticated" */
	{ .in = "from x (authenticated [192.0.2.1]) by y with SMTP; " DAY,
	    .ip = "192.0.2.1", .name = "authenticated", .helo = "x",
	    .by = "y", .with = "SMTP" },
	{ .in = "from x (authenticated:bob@n [192.0.2.1]) by y with SMTP; "
	    DAY,
	    .ip = "192.0.2.1", .name = "n", .helo = "x", .by = "y",
	    .with = "SMTP" },
	{ .in = "from n (HELO x) (authenticated:bob@192.0.2.1) by y with "
	    "SMTP; " DAY,
	    .ip = "192.0.2.1", .name = "n", .helo = "x", .by = "y",
	    .with = "SMTP" },
	{ .in = "from x (account bob@n [192.0.2.1]) by y with SMTP; " DAY,
	    .ip = "192.0.2.1", .helo = "x", .by = "y", .with = "SMTP" },
	{ .in = "from x (n [192.0.2.1]) (not authenticated) by y with SMTP; "
	    DAY,
	    .ip = "192.0.2.1", .name = "n", .helo = "x", .by = "y",
	    .with = "SMTP" },
	{ .in = "from x (tls1.example.org [192.0.2.1]) by y with SMTP "
	    "(Exim 4) (envelope-from <\"/Submit, from userid 0\"@b>); " DAY,
	    .ip = "192.0.2.1", .name = "tls1.example.org", .helo = "x",
	    .by = "y", .with = "SMTP" },
	/* never closed */
	{ .in = "from x ( ([192.0.2.1]) by y with SMTP id A (foo); " DAY,
	    .ip = "192.0.2.1", .helo = "x", .by = "y", .with = "SMTP",
	    .id = "A" },
	{ .in = "from x ([192.0.2.1] by y with SMTP id A; " DAY,
	    .ip = "192.0.2.1", .helo = "x", .by = "y", .with = "SMTP",
	    .id = "A" },
	{ .in = "from x) ([192.0.2.1]) by y) with SMTP id A); " DAY,
	    .ip = "192.0.2.1", .helo = "x)", .by = "y)", .with = "SMTP",
	    .id = "A)" },
	{ .in = "from \"x ([192.0.2.1]) by y with SMTP id <A; " DAY,
	    .ip = "192.0.2.1", .helo = "\"x", .by = "y", .with = "SMTP",
	    .id = "<A" },
	{ .in = "from [192.0.2 ([192.0.2.999]) by y; " DAY,
	    .helo = "[192.0.2", .by = "y" },
	{ .in = "from \xe9\xff ([192.0.2.1]) by y\x01; " DAY,
	    .ip = "192.0.2.1", .helo = "\xe9\xff", .by = "y\x01" },
};

static void
same(const char *what, struct slice got, const char *want)
{
	ck_assert_msg(sl_eq(got, sl(want)), "%s is \"" SL_FMT "\"", what,
	    SL_ARG(got));
}

static void
same_ip(const char *what, const struct ip *got, const char *want)
{
	char text[IP_TEXT];

	same(what, ip_is_set(got) ? sl(ip_str(got, text)) : sl(NULL), want);
}

static void
check(const struct want *w)
{
	struct hop hop;
	char text[DATE_TEXT];

	ck_assert_int_eq(received_parse(arena, sl(w->in), &hop), !w->none);
	same_ip("ip", &hop.ip, w->ip);
	same("name", hop.name, w->name);
	same("helo", hop.helo, w->helo);
	same("by", hop.by, w->by);
	same_ip("by_ip", &hop.by_ip, w->by_ip);
	same("with", hop.with, w->with);
	same("id", hop.id, w->id);
	same("for", hop.for_, w->for_);
	same("account", hop.account, w->account);
	ck_assert_int_eq(hop.authenticated, w->authenticated);
	ck_assert_int_eq(hop.tls, w->tls);
	ck_assert_int_eq(hop.local, w->local);
	if (w->no_date)
		ck_assert_int_eq(hop.date, 0);
	else
		same("date", sl(date_str(hop.date, text)), UTC);
}

START_TEST(exchange_and_iis_are_understood)
{
	check(&exchange[_i]);
}
END_TEST

START_TEST(the_servers_of_unix_are_understood)
{
	check(&unix_[_i]);
}
END_TEST

START_TEST(others_are_understood)
{
	check(&others[_i]);
}
END_TEST

START_TEST(what_the_client_says_is_not_taken_for_the_server)
{
	check(&hostile[_i]);
}
END_TEST

static const struct {
	const char	*with;
	bool		 tls, authenticated;
} protocols[] = {
	{ "SMTP", 0, 0 }, { "ESMTP", 0, 0 }, { "ESMTPA", 0, 1 },
	{ "ESMTPS", 1, 0 }, { "ESMTPSA", 1, 1 }, { "LMTP", 0, 0 },
	{ "LMTPA", 0, 1 }, { "LMTPS", 1, 0 }, { "LMTPSA", 1, 1 },
	{ "UTF8SMTP", 0, 0 }, { "UTF8SMTPA", 0, 1 }, { "UTF8SMTPS", 1, 0 },
	{ "UTF8SMTPSA", 1, 1 }, { "UTF8LMTPSA", 1, 1 }, { "smtps", 1, 0 },
	{ "esmtpsa", 1, 1 }, { "asmtp", 0, 1 }, { "HTTPS", 1, 0 },
	{ "HTTP", 0, 0 }, { "ESMTP/TLS/ECDHE-RSA", 1, 0 }, { "QMTP", 0, 0 },
	{ "ESMTPSAX", 0, 0 }, { "SA", 0, 0 }, { "A", 0, 0 }, { "S", 0, 0 },
	{ "ESMTPAS", 0, 0 },
};

START_TEST(the_protocol_tells_tls_and_authentication)
{
	struct slice in = arena_fmt(arena, "by y with %s id A",
	    protocols[_i].with);
	struct hop hop;

	ck_assert(received_parse(arena, in, &hop));
	same("with", hop.with, protocols[_i].with);
	ck_assert_int_eq(hop.tls, protocols[_i].tls);
	ck_assert_int_eq(hop.authenticated, protocols[_i].authenticated);
}
END_TEST

/* More of each than a header holds: quadratic work would meet the timeout. */
static const char *const floods[] = {
	"(", ")", "()", "(((", "\"", "\\\"", "<", "<\"", "[", "[(", ";", "; ",
	"by ", "by(", "from ", "by ;(", "(\\", "a(<\"", ";1 ", "with (", "@",
	"(a [", "((b", "by uid ", "; by ", "id a ", " ", "x", ",",
	"from (HELO ",
};

START_TEST(a_flood_of_anything_is_read_in_linear_time)
{
	const char *s = floods[_i];
	size_t n = strlen(s), size = 128 * 1024, i;
	char *p = arena_alloc(arena, size);
	struct hop hop;

	for (i = 0; i < size; i++)
		p[i] = s[i % n];
	received_parse(arena, (struct slice){ p, size }, &hop);
	memcpy(p, "from x (", 8);
	received_parse(arena, (struct slice){ p, size }, &hop);
	memcpy(p + size - 32, ") by y ([192.0.2.1] with SMTP;  ", 32);
	received_parse(arena, (struct slice){ p, size }, &hop);
}
END_TEST

/* Each prefix in memory of its own, so that a read too far shows. */
static void
cut_everywhere(const char *in)
{
	size_t len = strlen(in), n;
	struct hop hop;
	char *copy;

	for (n = 0; n <= len; n++) {
		copy = malloc(n == 0 ? 1 : n);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, in, n);
		received_parse(arena, (struct slice){ copy, n }, &hop);
		if (n > 0)
			copy[n / 2] = '\0';
		received_parse(arena, (struct slice){ copy, n }, &hop);
		free(copy);
	}
}

START_TEST(a_field_cut_anywhere_is_read_within_its_bytes)
{
	size_t i;

	for (i = 0; i < N(unix_); i++)
		cut_everywhere(unix_[i].in);
	for (i = 0; i < N(hostile); i++)
		cut_everywhere(hostile[i].in);
}
END_TEST

START_TEST(nothing_at_all_is_no_hop)
{
	struct hop hop;

	ck_assert(!received_parse(arena, (struct slice){ NULL, 0 }, &hop));
	ck_assert_int_eq(hop.date, 0);
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("mail/received");
	TCase *t = tcase_create("received");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, exchange_and_iis_are_understood, 0,
	    N(exchange));
	tcase_add_loop_test(t, the_servers_of_unix_are_understood, 0,
	    N(unix_));
	tcase_add_loop_test(t, others_are_understood, 0, N(others));
	tcase_add_loop_test(t,
	    what_the_client_says_is_not_taken_for_the_server, 0, N(hostile));
	tcase_add_loop_test(t, the_protocol_tells_tls_and_authentication, 0,
	    N(protocols));
	tcase_add_loop_test(t, a_flood_of_anything_is_read_in_linear_time, 0,
	    N(floods));
	tcase_add_test(t, a_field_cut_anywhere_is_read_within_its_bytes);
	tcase_add_test(t, nothing_at_all_is_no_hop);
	suite_add_tcase(s, t);
	return s;
}

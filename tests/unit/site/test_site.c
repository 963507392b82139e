#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "site/site.h"

#define NITEMS(a)	(sizeof(a) / sizeof((a)[0]))

static struct site *site;
static struct err err;
static char dir[64];

static void
setup(void)
{
	site = site_new();
	err = (struct err){ .code = ERR_NONE };
	snprintf(dir, sizeof(dir), "/tmp/test_site.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chdir(dir), 0);
}

static void
teardown(void)
{
	unlink("site.conf");
	unlink("rcpts.txt");
	unlink("sub/site.conf");
	unlink("sub/rcpts.txt");
	rmdir("sub");
	ck_assert_int_eq(chdir("/"), 0);
	rmdir(dir);
	site_free(site);
}

static void
write_file(const char *path, struct slice text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text.p, 1, text.n, f), text.n);
	ck_assert_int_eq(fclose(f), 0);
}

static int
load(const char *text)
{
	write_file("site.conf", sl(text));
	return site_load(site, "site.conf", &err);
}

static void
add(enum site_what w, const char *value)
{
	ck_assert_msg(site_add(site, w, sl(value), &err) == 0, "%s", err.msg);
}

static struct ip
ip(const char *text)
{
	struct ip ip;

	ck_assert_msg(ip_parse(sl(text), &ip), "%s", text);
	return ip;
}

static const char *
print(struct buf *b)
{
	b->n = 0;
	site_print(site, b);
	buf_addc(b, '\0');
	return b->p;
}

/* What a site.conf says, and what site_print makes of it. */
static const struct {
	const char	*conf, *print;
} confs[] = {
	{ "", "[site]\n" },
	{ "[site]\n", "[site]\n" },
	{ "\n# nothing\n\t; here\n\n", "[site]\n" },
	{ "local_domains = example.com", "[site]\nlocal_domains =\n"
	    "\texample.com\n" },
	{ "[site]\r\nhosts=Mail.Example.COM.\r\n",
	    "[site]\nhosts =\n\tmail.example.com\n" },
	{ "\xef\xbb\xbf[site]\nhosts=a\n", "[site]\nhosts =\n\ta\n" },
	{ "\xef\xbb\xbf# comment\nhosts=a\n", "[site]\nhosts =\n\ta\n" },
	{ "hosts: a\n", "[site]\nhosts =\n\ta\n" },
	{ "hosts = a b,c,, d ,\te\n",
	    "[site]\nhosts =\n\ta\n\tb\n\tc\n\td\n\te\n" },
	{ "hosts =\n  a\n\n# comment\n\tb c\n",
	    "[site]\nhosts =\n\ta\n\tb\n\tc\n" },
	{ "hosts = a ; comment\n  b # comment, too\n  # and = this\n",
	    "[site]\nhosts =\n\ta\n\tb\n" },
	{ "hosts = a\nhosts = b a\n[site]\nhosts = A\n",
	    "[site]\nhosts =\n\ta\n\tb\n" },
	{ "hosts = a\n[site] ; again\nhosts = b\n",
	    "[site]\nhosts =\n\ta\n\tb\n" },
	{ "hosts = 192.0.2.1 [2001:DB8::1] IPv6:2001:db8::2\n",
	    "[site]\nhosts =\n\t192.0.2.1\n\t2001:db8::1\n\t2001:db8::2\n" },
	{ "local_domains = .Example.org *.example.net =example.com a.\n",
	    "[site]\nlocal_domains =\n\t.example.org\n\t.example.net\n"
	    "\t=example.com\n\ta\n" },
	{ "relay_domains = b\303\274cher.example\n",
	    "[site]\nrelay_domains =\n\txn--bcher-kva.example\n" },
	{ "trusted = 192.0.2.77/24 198.51.100.0/255.255.255.128 "
	    "2001:db8::/32\n  203.0.113.9 203.0.113.9/32\n",
	    "[site]\ntrusted =\n\t192.0.2.0/24\n\t198.51.100.0/25\n"
	    "\t2001:db8::/32\n\t203.0.113.9\n" },
	{ "denied = 0.0.0.0/0 ::/0\ngateways = 192.0.2.0;255.255.255.0\n",
	    "[site]\ndenied =\n\t0.0.0.0/0\n\t::/0\n"
	    "gateways =\n\t192.0.2.0/24\n" },
	{ "accounts = Bob EXAMPLE\\alice x@example.org\n",
	    "[site]\naccounts =\n\tbob\n\texample\\alice\n"
	    "\tx@example.org\n" },
	{ "valid_recipients = Bob@EXAMPLE.org @example.net a#b@example.org\n",
	    "[site]\nvalid_recipients =\n\tbob@example.org\n\t@example.net\n"
	    "\ta#b@example.org\n" },
	{ "trusted =\n", "[site]\n" },
};

START_TEST(a_site_conf_is_read)
{
	struct buf b = { 0 };

	ck_assert_msg(load(confs[_i].conf) == 0, "%s", err.msg);
	ck_assert_str_eq(print(&b), confs[_i].print);
	buf_free(&b);
}
END_TEST

START_TEST(what_is_printed_reads_back_to_the_same)
{
	struct buf first = { 0 }, second = { 0 };

	ck_assert_int_eq(load(confs[_i].conf), 0);
	print(&first);
	site_free(site);
	site = site_new();
	ck_assert_msg(load(first.p) == 0, "%s", err.msg);
	ck_assert_str_eq(print(&second), first.p);
	buf_free(&first);
	buf_free(&second);
}
END_TEST

#define KEYS	"local_domains relay_domains hosts trusted denied gateways " \
		"accounts valid_recipients valid_recipients_file"

static const struct {
	const char	*conf, *says;
} bad[] = {
	{ "# 1\n\ntrusted = 192.0.2.1\n\t10.0.0.0/99\n",
	    "site.conf:4: trusted: '10.0.0.0/99' is not a network or address" },
	{ "denied = example.com\n",
	    "site.conf:1: denied: 'example.com' is not a network or address" },
	{ "gateways = 192.0.2.0/255.0.255.0",
	    "site.conf:1: gateways: '192.0.2.0/255.0.255.0' is not a network "
	    "or address" },
	{ "hosts = 192.0.2.0/24\n", "site.conf:1: hosts: "
	    "'192.0.2.0/24' is not a host name or address" },
	{ "local_domains = 192.0.2.1\n",
	    "site.conf:1: local_domains: '192.0.2.1' is not a domain" },
	{ "local_domains = a..b\n",
	    "site.conf:1: local_domains: 'a..b' is not a domain" },
	{ "local_domains = *\n",
	    "site.conf:1: local_domains: '*' is not a domain" },
	{ "local_domains = .\n",
	    "site.conf:1: local_domains: '.' is not a domain" },
	{ "local_domains = bob@example.com\n",
	    "site.conf:1: local_domains: 'bob@example.com' is not a domain" },
	{ "relay_domains = a.*.b\n",
	    "site.conf:1: relay_domains: 'a.*.b' is not a domain" },
	{ "relay_domains = \xff.example\n",
	    "site.conf:1: relay_domains: '\xff.example' is not a domain" },
	{ "valid_recipients = bob\n",
	    "site.conf:1: valid_recipients: 'bob' is not an address" },
	{ "valid_recipients = bob@\n",
	    "site.conf:1: valid_recipients: 'bob@' is not an address" },
	{ "accounts = bob\n trusted=10.0.0.0/8\n",
	    "site.conf:2: accounts: 'trusted=10.0.0.0/8' is not an account "
	    "name" },
	{ "accounts = bob\n trusted = 10.0.0.0/8\n",
	    "site.conf:2: accounts: '=' is not an account name" },
	{ "local_domains = a\n trusted = 10.0.0.0/8\n",
	    "site.conf:2: local_domains: '=' is not a domain" },
	{ "[site]\n\ntrust = 1\n",
	    "site.conf:3: unknown key 'trust'; there are " KEYS },
	{ "Trusted = 192.0.2.1\n",
	    "site.conf:1: unknown key 'Trusted'; there are " KEYS },
	{ "= 1\n", "site.conf:1: unknown key ''; there are " KEYS },
	{ "hosts = a\n[sites]\n",
	    "site.conf:2: unknown section '[sites]'; there are [site] and [policy]" },
	{ "[site\nhosts = a\n",
	    "site.conf:1: unknown section '[site'; there are [site] and [policy]" },
	{ "[site]x\n",
	    "site.conf:1: unknown section '[site]x'; there are [site] and [policy]" },
	{ "hosts = a\n\nexample.com\nhosts = b\n",
	    "site.conf:3: neither 'key = value' nor an indented line after "
	    "one" },
	{ "hosts = a\nexample.com",
	    "site.conf:2: neither 'key = value' nor an indented line after "
	    "one" },
	{ "[site]\n  example.com\n",
	    "site.conf:2: neither 'key = value' nor an indented line after "
	    "one" },
	{ "hosts = a\n[site]\n  b\n",
	    "site.conf:3: neither 'key = value' nor an indented line after "
	    "one" },
	{ "hosts\n", "site.conf:1: neither 'key = value' nor an indented "
	    "line after one" },
	{ "valid_recipients_file = gone.txt\n",
	    "site.conf:1: valid_recipients_file: gone.txt: "
	    "No such file or directory" },
};

START_TEST(a_fault_is_named_with_its_line)
{
	ck_assert_int_eq(load(bad[_i].conf), -1);
	ck_assert_str_eq(err.msg, bad[_i].says);
}
END_TEST

START_TEST(a_fault_in_the_file_itself_is_named)
{
	ck_assert_int_eq(site_load(site, "gone.conf", &err), -1);
	ck_assert_str_eq(err.msg, "gone.conf: No such file or directory");
	ck_assert_int_eq(err.code, ERR_SYS);
	ck_assert_int_eq(site_load(site, ".", &err), -1);
	ck_assert_str_eq(err.msg, ".: Is a directory");
	write_file("site.conf", SL("hosts = a\nhosts = b\0c\n"));
	ck_assert_int_eq(site_load(site, "site.conf", &err), -1);
	ck_assert_str_eq(err.msg,
	    "site.conf:2: a NUL byte: this is not text");
}
END_TEST

/* Names of every length around the 200 bytes that inih takes in one line. */
START_TEST(a_line_may_have_any_length)
{
	struct buf conf = { 0 };
	char name[64];
	size_t i, pad = (size_t)_i;

	buf_fmt(&conf, "hosts =%*s", (int)pad, "");
	for (i = 0; i < 400; i++)
		buf_fmt(&conf, "h%zu.example.org%s", i, i % 3 ? " " : ", ");
	buf_fmt(&conf, "# %0500d\n# %0500d\naccounts =%*s", 1, 2,
	    (int)pad, "");
	for (i = 0; i < 50; i++)
		buf_fmt(&conf, " a#;%zu", i);
	buf_fmt(&conf, "\nvalid_recipients = x%0300d@example.org\n", 7);
	buf_addc(&conf, '\0');
	ck_assert_msg(load(conf.p) == 0, "%s", err.msg);
	for (i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "h%zu.example.org", i);
		ck_assert_msg(site_is_host(site, sl(name)), "%s", name);
	}
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "a#;%zu", i);
		ck_assert_msg(site_is_account(site, sl(name)), "%s", name);
	}
	conf.n = 0;
	buf_fmt(&conf, "x%0300d@example.org", 7);
	ck_assert_int_eq(site_rcpt(site, buf_sl(&conf)), RCPT_VALID);
	print(&conf);
	ck_assert_msg(load(conf.p) == 0, "%s", err.msg);
	buf_free(&conf);
}
END_TEST

START_TEST(a_fault_after_a_long_line_has_the_right_number)
{
	struct buf conf = { 0 };

	buf_fmt(&conf, "hosts =%01000d\n\nhosts\n", 0);
	conf.p[300] = conf.p[500] = conf.p[700] = ' ';
	memset(conf.p + 7, ' ', 270);
	buf_addc(&conf, '\0');
	ck_assert_int_eq(load(conf.p), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "site.conf:1: hosts: '000"));
	conf.n = 0;
	buf_fmt(&conf, "hosts = %0800d\nhosts\n", 0);
	for (size_t i = 20; i < 800; i += 20)
		conf.p[i] = ' ';
	buf_addc(&conf, '\0');
	ck_assert_int_eq(load(conf.p), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "site.conf:2: neither"));
	conf.n = 0;
	buf_fmt(&conf, "%0800d = a\n", 0);
	buf_addc(&conf, '\0');
	ck_assert_int_eq(load(conf.p), -1);
	ck_assert_ptr_nonnull(strstr(err.msg, "site.conf:1: neither"));
	buf_free(&conf);
}
END_TEST

START_TEST(recipients_come_from_a_file_beside_the_site_conf)
{
	ck_assert_int_eq(mkdir("sub", 0700), 0);
	write_file("sub/site.conf", SL("valid_recipients_file = rcpts.txt\n"
	    "valid_recipients = eve@example.org\n"));
	write_file("sub/rcpts.txt", SL("# ours\r\nBob@Example.ORG\r\n\r\n"
	    "  alice@example.org  # since May\n@example.net"));
	ck_assert_msg(site_load(site, "sub/site.conf", &err) == 0, "%s",
	    err.msg);
	ck_assert_int_eq(site_rcpt(site, SL("bob@example.org")), RCPT_VALID);
	ck_assert_int_eq(site_rcpt(site, SL("ALICE@EXAMPLE.ORG")), RCPT_VALID);
	ck_assert_int_eq(site_rcpt(site, SL("eve@example.org")), RCPT_VALID);
	ck_assert_int_eq(site_rcpt(site, SL("x@example.net")), RCPT_VALID);
	ck_assert_int_eq(site_rcpt(site, SL("x@example.org")), RCPT_UNKNOWN);
}
END_TEST

START_TEST(a_path_may_be_absolute_and_hold_blanks)
{
	struct buf conf = { 0 };

	write_file("rcpts.txt", SL("bob@example.org\n"));
	ck_assert_int_eq(rename("rcpts.txt", "a b, c.txt"), 0);
	buf_fmt(&conf, "valid_recipients_file = %s/a b, c.txt", dir);
	buf_addc(&conf, '\0');
	ck_assert_msg(load(conf.p) == 0, "%s", err.msg);
	ck_assert_int_eq(load("valid_recipients_file = a b, c.txt\n"), 0);
	ck_assert_int_eq(site_rcpt(site, SL("bob@example.org")), RCPT_VALID);
	unlink("a b, c.txt");
	buf_free(&conf);
}
END_TEST

static const struct {
	const char	*list, *says;
} bad_lists[] = {
	{ "a@example.org\n\nb c@example.org\n",
	    "rcpts.txt:3: 'b c@example.org' is not an address" },
	{ "bob\n", "rcpts.txt:1: 'bob' is not an address" },
	{ "# nobody\n\n", "rcpts.txt: no address in it" },
	{ "", "rcpts.txt: no address in it" },
};

START_TEST(a_fault_in_a_list_of_recipients_is_named)
{
	write_file("rcpts.txt", sl(bad_lists[_i].list));
	ck_assert_int_eq(load("valid_recipients_file = rcpts.txt\n"), -1);
	ck_assert_str_eq(err.msg, bad_lists[_i].says);
}
END_TEST

static const struct {
	const char	*domain;
	bool		 ours;
} domains[] = {
	{ "example.com", true },	{ "a.b.example.com", true },
	{ "example.com.", true },	{ "xexample.com", false },
	{ "com", false },		{ "example.com.evil.example", false },
	{ "example.org", false },	{ "a.example.org", true },
	{ "example.net", false },	{ "x.y.example.net", true },
	{ "only.example", true },	{ "a.only.example", false },
	{ "relay.example", true },	{ "b.relay.example", true },
	{ "xn--bcher-kva.example", true }, { "corp", true },
	{ "", false },			{ ".", false },
	{ "..", false },		{ "..example.com", true },
	{ "[192.0.2.1]", true },	{ "[192.0.2.2]", false },
	{ "[]", false },		{ "[", false },
};

static void
some_domains(void)
{
	static const char *const local[] = { "Example.COM", ".example.org",
	    "*.example.net", "=only.example", "B\303\274cher.example",
	    "corp" };
	size_t i;

	for (i = 0; i < NITEMS(local); i++)
		add(SITE_LOCAL, local[i]);
	add(SITE_RELAY, "relay.example");
	add(SITE_HOST, "192.0.2.1");
}

START_TEST(a_domain_is_ours_or_not)
{
	some_domains();
	ck_assert_msg(site_is_ours(site, sl(domains[_i].domain)) ==
	    domains[_i].ours, "%s", domains[_i].domain);
}
END_TEST

START_TEST(a_site_without_values_has_nothing)
{
	struct ip none = { { 0 } }, us = ip("127.0.0.1"), any = ip("192.0.2.1");
	size_t w;

	for (w = 0; w < SITE_WHATS; w++)
		ck_assert(!site_has(site, (enum site_what)w));
	ck_assert(!site_is_ours(site, SL("example.com")));
	ck_assert(!site_is_ours(site, (struct slice){ NULL, 0 }));
	ck_assert(!site_is_host(site, SL("a")));
	ck_assert(!site_is_host(site, (struct slice){ NULL, 0 }));
	ck_assert(!site_is_account(site, (struct slice){ NULL, 0 }));
	ck_assert_int_eq(site_client(site, &none), CLIENT_NONE);
	ck_assert_int_eq(site_client(site, &us), CLIENT_OWN);
	ck_assert_int_eq(site_client(site, &any), CLIENT_STRANGER);
	ck_assert_int_eq(site_rcpt(site, SL("a@b")), RCPT_NO_LIST);
}
END_TEST

START_TEST(each_kind_of_value_is_had_once_added)
{
	static const char *const v[SITE_WHATS] = { "a", "a", "a", "192.0.2.1",
	    "192.0.2.1", "192.0.2.1", "a", "a@b" };
	size_t w;

	add((enum site_what)_i, v[_i]);
	for (w = 0; w < SITE_WHATS; w++)
		ck_assert(site_has(site, (enum site_what)w) ==
		    (w == (size_t)_i));
}
END_TEST

START_TEST(hosts_have_any_case_and_a_trailing_dot)
{
	struct ip a = ip("192.0.2.1"), b = ip("192.0.2.2");
	char longest[600];

	add(SITE_HOST, "Mail.example.com");
	add(SITE_HOST, "[192.0.2.1]");
	ck_assert(site_is_host(site, SL("mail.EXAMPLE.com")));
	ck_assert(site_is_host(site, SL("MAIL.example.com.")));
	ck_assert(!site_is_host(site, SL("a.mail.example.com")));
	ck_assert(!site_is_host(site, SL("example.com")));
	ck_assert(!site_is_host(site, SL("mail.example.com\0x")));
	ck_assert(site_is_host(site, SL("192.0.2.1")));
	ck_assert(site_is_host(site, SL("[192.0.2.1]")));
	ck_assert(!site_is_host(site, SL("192.0.2.2")));
	ck_assert(site_is_host_ip(site, &a));
	ck_assert(!site_is_host_ip(site, &b));
	memset(longest, 'a', sizeof(longest));
	ck_assert(!site_is_host(site,
	    (struct slice){ longest, sizeof(longest) }));
}
END_TEST

START_TEST(accounts_have_any_case)
{
	char longest[600];

	add(SITE_ACCOUNT, "EXAMPLE\\Bob");
	ck_assert(site_is_account(site, SL("example\\BOB")));
	ck_assert(!site_is_account(site, SL("bob")));
	memset(longest, 'a', sizeof(longest));
	ck_assert(!site_is_account(site,
	    (struct slice){ longest, sizeof(longest) }));
}
END_TEST

static const struct {
	const char	*ip, *is;
} clients[] = {
	{ "192.0.2.7", "denied" },	/* gateway, own, trusted as well */
	{ "192.0.2.6", "gateway" },	/* own, trusted as well */
	{ "192.0.2.5", "own" },		/* trusted as well */
	{ "192.0.2.4", "trusted" },
	{ "198.51.100.1", "stranger" },
	{ "127.0.0.9", "own" },		{ "::1", "own" },
	{ "::ffff:192.0.2.4", "trusted" },
	{ "2001:db8::1", "trusted" },	{ "2001:db9::1", "stranger" },
	{ "::", "none" },
};

START_TEST(the_narrow_kind_of_client_wins)
{
	struct ip client = ip(clients[_i].ip);

	add(SITE_TRUSTED, "192.0.2.0/24");
	add(SITE_TRUSTED, "2001:db8::/32");
	add(SITE_HOST, "192.0.2.5");
	add(SITE_HOST, "192.0.2.6");
	add(SITE_HOST, "192.0.2.7");
	add(SITE_GATEWAY, "192.0.2.6/31");
	add(SITE_DENIED, "192.0.2.7");
	ck_assert_str_eq(site_client_name(site_client(site, &client)),
	    clients[_i].is);
}
END_TEST

START_TEST(a_recipient_is_compared_whole_in_any_case)
{
	char longest[600];

	add(SITE_RCPT, "Bob@Example.org");
	ck_assert_int_eq(site_rcpt(site, SL("BOB@example.ORG")), RCPT_VALID);
	ck_assert_int_eq(site_rcpt(site, SL("ob@example.org")), RCPT_UNKNOWN);
	ck_assert_int_eq(site_rcpt(site, SL("bob@")), RCPT_UNKNOWN);
	ck_assert_int_eq(site_rcpt(site, SL("@example.org")), RCPT_UNKNOWN);
	ck_assert_int_eq(site_rcpt(site, SL("")), RCPT_UNKNOWN);
	ck_assert_int_eq(site_rcpt(site, SL("bob")), RCPT_UNKNOWN);
	memset(longest, '@', sizeof(longest));
	ck_assert_int_eq(site_rcpt(site,
	    (struct slice){ longest, sizeof(longest) }), RCPT_UNKNOWN);
}
END_TEST

START_TEST(a_value_that_site_conf_could_not_hold_is_refused)
{
	static const struct {
		enum site_what	w;
		struct slice	v;
	} v[] = {
		{ SITE_ACCOUNT, { "", 0 } },
		{ SITE_ACCOUNT, { NULL, 0 } },
		{ SITE_ACCOUNT, { "a b", 3 } },
		{ SITE_ACCOUNT, { "a,b", 3 } },
		{ SITE_ACCOUNT, { "#a", 2 } },
		{ SITE_ACCOUNT, { ";a", 2 } },
		{ SITE_ACCOUNT, { "a\0b", 3 } },
		{ SITE_ACCOUNT, { "a\nb", 3 } },
		{ SITE_ACCOUNT, { "a\x7f", 2 } },
		{ SITE_RCPT, { "\ra@b c", 6 } },
		{ SITE_RCPT, { "@", 1 } },
		{ SITE_LOCAL, { "", 0 } },
		{ SITE_HOST, { "a\033b", 3 } },
		{ SITE_TRUSTED, { "", 0 } },
	};
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < NITEMS(v); i++)
		ck_assert_msg(site_add(site, v[i].w, v[i].v, &err) == -1,
		    "%zu", i);
	buf_fmt(&b, "%0400d", 1);
	ck_assert_int_eq(site_add(site, SITE_ACCOUNT, buf_sl(&b), &err), -1);
	ck_assert_str_eq(print(&b), "[site]\n");
	buf_free(&b);
}
END_TEST

/* Only its end is looked at, whatever its labels. */
START_TEST(a_hostile_domain_costs_little)
{
	char *dots = malloc(1 << 20);
	size_t i;

	ck_assert_ptr_nonnull(dots);
	add(SITE_LOCAL, "a.example.com");
	memset(dots, '.', 1 << 20);
	for (i = 0; i < 1000; i++)
		ck_assert(!site_is_ours(site, (struct slice){ dots, 1 << 20 }));
	memcpy(dots + (1 << 20) - 14, ".a.example.com", 14);
	ck_assert(site_is_ours(site, (struct slice){ dots, 1 << 20 }));
	free(dots);
}
END_TEST

START_TEST(lookups_among_many_domains_are_quick)
{
	char name[64];
	size_t i, hits = 0;

	for (i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "d%zu.example.net", i);
		add(SITE_LOCAL, name);
	}
	for (i = 0; i < 200000; i++) {
		snprintf(name, sizeof(name), "mail.d%zu.example.net", i);
		hits += site_is_ours(site, sl(name));
	}
	ck_assert_uint_eq(hits, 20000);
}
END_TEST

static const struct {
	const char	*name, *registered;
} registrations[] = {
	{ "mail.example.co.uk", "example.co.uk" },
	{ "example.co.uk", "example.co.uk" },
	{ "co.uk", "co.uk" },
	{ "a.b.example.com", "example.com" },
	{ "A.B.Example.COM", "Example.COM" },
	{ "example.com", "example.com" },
	{ "com", "com" },
	{ "localhost", "localhost" },
	{ "", "" },
	{ ".", "." },
	{ "...", "..." },
	{ "a.example.com.", "example.com" },
	{ ".a.example.com", "example.com" },
	{ "a.b.c.nosuchsuffix", "c.nosuchsuffix" },
	{ "192.0.2.1", "192.0.2.1" },
	{ "[192.0.2.1]", "[192.0.2.1]" },
	{ "2001:db8::1", "2001:db8::1" },
	{ "[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]" },
	{ "a.xn--bcher-kva.example", "xn--bcher-kva.example" },
};

START_TEST(the_registered_domain_is_found)
{
	struct slice name = sl(registrations[_i].name);
	struct slice r = site_registered(name);

	ck_assert_msg(sl_eq(r, sl(registrations[_i].registered)),
	    "%s: " SL_FMT, registrations[_i].name, SL_ARG(r));
	ck_assert(r.p >= name.p && r.p + r.n <= name.p + name.n);
}
END_TEST

START_TEST(any_bytes_have_a_registered_domain_inside_them)
{
	static const char bytes[] = "a.co.uk\0\xff\xc3\xa9.-[]:%\n";
	char name[700];
	struct slice s, r;
	unsigned seed = 1;
	size_t i, j;

	ck_assert_uint_eq(site_registered((struct slice){ NULL, 0 }).n, 0);
	for (i = 0; i < 3000; i++) {
		s = (struct slice){ name, i % sizeof(name) };
		for (j = 0; j < s.n; j++) {
			seed = seed * 1103515245 + 12345;
			name[j] = bytes[(seed >> 16) % (sizeof(bytes) - 1)];
		}
		r = site_registered(s);
		ck_assert(r.p >= s.p && r.p + r.n <= s.p + s.n);
	}
}
END_TEST

static void *
ask(void *arg)
{
	bool *good = arg;
	char name[64];
	size_t i;

	*good = true;
	for (i = 0; i < 20000; i++) {
		snprintf(name, sizeof(name), "m%zu.example.co.uk", i);
		*good &= site_registered(sl(name)).n == 13 &&
		    site_is_ours(site, sl(name)) &&
		    site_rcpt(site, SL("b@example.co.uk")) == RCPT_VALID;
	}
	return NULL;
}

START_TEST(many_threads_may_ask)
{
	pthread_t t[4];
	bool good[4];
	size_t i;

	add(SITE_LOCAL, "example.co.uk");
	add(SITE_RCPT, "b@example.co.uk");
	for (i = 0; i < NITEMS(t); i++)
		ck_assert_int_eq(pthread_create(&t[i], NULL, ask, &good[i]), 0);
	for (i = 0; i < NITEMS(t); i++) {
		pthread_join(t[i], NULL);
		ck_assert(good[i]);
	}
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("site");
	TCase *t = tcase_create("site");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, a_site_conf_is_read, 0, NITEMS(confs));
	tcase_add_loop_test(t, what_is_printed_reads_back_to_the_same, 0,
	    NITEMS(confs));
	tcase_add_loop_test(t, a_fault_is_named_with_its_line, 0, NITEMS(bad));
	tcase_add_test(t, a_fault_in_the_file_itself_is_named);
	tcase_add_loop_test(t, a_line_may_have_any_length, 0, 200);
	tcase_add_test(t, a_fault_after_a_long_line_has_the_right_number);
	tcase_add_test(t, recipients_come_from_a_file_beside_the_site_conf);
	tcase_add_test(t, a_path_may_be_absolute_and_hold_blanks);
	tcase_add_loop_test(t, a_fault_in_a_list_of_recipients_is_named, 0,
	    NITEMS(bad_lists));
	tcase_add_loop_test(t, a_domain_is_ours_or_not, 0, NITEMS(domains));
	tcase_add_test(t, a_site_without_values_has_nothing);
	tcase_add_loop_test(t, each_kind_of_value_is_had_once_added, 0,
	    SITE_WHATS);
	tcase_add_test(t, hosts_have_any_case_and_a_trailing_dot);
	tcase_add_test(t, accounts_have_any_case);
	tcase_add_loop_test(t, the_narrow_kind_of_client_wins, 0,
	    NITEMS(clients));
	tcase_add_test(t, a_recipient_is_compared_whole_in_any_case);
	tcase_add_test(t, a_value_that_site_conf_could_not_hold_is_refused);
	tcase_add_test(t, a_hostile_domain_costs_little);
	tcase_add_test(t, lookups_among_many_domains_are_quick);
	tcase_add_loop_test(t, the_registered_domain_is_found, 0,
	    NITEMS(registrations));
	tcase_add_test(t, any_bytes_have_a_registered_domain_inside_them);
	tcase_add_test(t, many_threads_may_ask);
	suite_add_tcase(s, t);
	return s;
}

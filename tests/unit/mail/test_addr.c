#include <check.h>
#include <stdlib.h>

#include "mail/addr.h"
#include "mail/idn.h"

#define COUNT(t)	((int)(sizeof(t) / sizeof((t)[0])))

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

static void
same(struct slice got, const char *want, const char *what, const char *in)
{
	ck_assert_msg(sl_eq(got, sl(want)), "%s of %s: \"" SL_FMT
	    "\", not \"%s\"", what, in, SL_ARG(got), want);
}

/* A slice of an exact-size copy: reading beyond it is seen. */
static struct slice
exact(struct slice s)
{
	char *p = malloc(s.n > 0 ? s.n : 1);

	ck_assert_ptr_nonnull(p);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return (struct slice){ p, s.n };
}

/*
 * All of a list as text: "spec" each, "!" for what is no address, "<>" for
 * the null one, a blank between.
 */
static struct slice
walk(struct slice body)
{
	struct slice all = SL("");
	struct addr ad;
	size_t left;
	int r;

	for (left = body.n; (r = addr_next(arena, &body, &ad)) != 0;
	    left = body.n) {
		ck_assert_uint_lt(body.n, left);
		all = arena_fmt(arena, SL_FMT "%s" SL_FMT, SL_ARG(all),
		    all.n > 0 ? " " : "", SL_ARG(r == -1 ? SL("!") :
		    ad.null ? SL("<>") : ad.spec));
	}
	ck_assert_uint_eq(body.n, 0);
	return all;
}

static const struct {
	const char	*in, *out;
} lists[] = {
	{ "", "" },
	{ "  \t ", "" },
	{ ", ,;, ", "" },
	{ "a@b.example", "a@b.example" },
	{ "  a@b.example  ", "a@b.example" },
	{ "a@b.example, c@d.example", "a@b.example c@d.example" },
	{ "a@b.example,c@d.example,", "a@b.example c@d.example" },
	{ "<a@b.example>", "a@b.example" },
	{ "Ann Lee <a@b.example>, Bob <c@d.example>",
	    "a@b.example c@d.example" },
	{ "\"Lee, Ann\" <a@b.example>", "a@b.example" },
	{ "\"Ann \\\" <x@y>\" <a@b.example>", "a@b.example" },
	{ "Ann<a@b.example>,<c@d.example>", "a@b.example c@d.example" },
	/* blanks and comments */
	{ "a @ b . example", "a@b.example" },
	{ "john . doe@b.example", "john.doe@b.example" },
	{ "< a @\t b.example >", "a@b.example" },
	{ "a@\r\n b.example", "a@b.example" },
	{ "a(x)@(y)b(z).example(w)", "a@b.example" },
	{ "a@b.example (Ann (the) Lee)", "a@b.example" },
	{ "(one, two) a@b.example", "a@b.example" },
	{ "(\\) a@b) c@d.example", "c@d.example" },
	{ "Ann :( <a@b.example>, c@d.example", "a@b.example c@d.example" },
	{ "Ann <a@b.example> (home), c@d.example",
	    "a@b.example c@d.example" },
	{ "(nothing)", "" },
	/* groups */
	{ "undisclosed-recipients:;", "" },
	{ "Undisclosed recipients: ;, a@b.example", "a@b.example" },
	{ "team: a@b.example, Bob <c@d.example>; e@f.example",
	    "a@b.example c@d.example e@f.example" },
	{ "outer: inner: a@b.example;; c@d.example",
	    "a@b.example c@d.example" },
	{ "team: a@b.example, c@d.example", "a@b.example c@d.example" },
	{ "team:", "" },
	{ "a:b:c:;;;", "" },
	{ "\"a:b\": a@b.example;", "a@b.example" },
	/* what the separators should have been */
	{ "a@b.example; c@d.example;", "a@b.example c@d.example" },
	{ "<a@b.example> <c@d.example>", "a@b.example c@d.example" },
	{ "<a@b.example><c@d.example>", "a@b.example c@d.example" },
	{ "Ann <a@b.example> Bob <c@d.example>", "a@b.example c@d.example" },
	{ "a@b.example c@d.example", "a@b.example c@d.example" },
	{ "a@b.example Bob <c@d.example>", "c@d.example" },
	{ "<a@b.example,c@d.example>", "a@b.example c@d.example" },
	{ "<a@b.example>, junk", "a@b.example junk" },
	{ "<a@b.example> junk, c@d.example", "a@b.example c@d.example" },
	/* names */
	{ "bob@x.example <a@b.example>", "a@b.example" },
	{ "x@y.example z@y.example <a@b.example>",
	    "x@y.example a@b.example" },
	{ "Ann Lee a@b.example", "a@b.example" },
	{ "=?utf-8?q?Lee,_Ann_<x@y>?= <a@b.example>", "a@b.example" },
	{ "=?utf-8?q?a?= =?utf-8?q?,b?=<a@b.example>", "a@b.example" },
	{ "=?utf-8?q?Lee, Ann <a@b.example>", "! a@b.example" },
	{ "Doe, John <a@b.example>", "! a@b.example" },
	{ "Doe, <a@b.example>", "! a@b.example" },
	{ "Ann \xe9\xff <a@b.example>", "a@b.example" },
	/* brackets that are missing, or too many */
	{ "<a@b.example", "a@b.example" },
	{ "Ann <a@b.example, Bob <c@d.example>", "a@b.example c@d.example" },
	{ "<<a@b.example>>", "a@b.example" },
	{ "Ann <home <a@b.example>>, c@d.example",
	    "a@b.example c@d.example" },
	{ "a@b.example>", "a@b.example" },
	{ "\"Ann <a@b.example>, c@d.example", "a@b.example c@d.example" },
	/* no domain, no address */
	{ "MAILER-DAEMON", "MAILER-DAEMON" },
	{ "Mail System <MAILER-DAEMON>", "MAILER-DAEMON" },
	{ "root, postmaster", "root postmaster" },
	{ "<>", "<>" },
	{ "MAILER-DAEMON <>", "<>" },
	{ "< (none) >", "<>" },
	{ "<mailto:a@b.example>", "a@b.example" },
	{ "mailto:a@b.example", "a@b.example" },
	{ "Ann Lee", "!" },
	{ "\"Ann Lee\"", "!" },
	{ "=?utf-8?q?Ann?=", "!" },
	{ "@b.example", "!" },
	{ "a@", "!" },
	{ "@", "!" },
	{ "a@@b.example", "!" },
	{ "a@., c@d.example", "! c@d.example" },
	{ "<john doe@b.example>", "!" },
	{ "<a@b c.example>", "!" },
	{ "a@b.ex%ample", "!" },
	{ "a@\"b c\"", "!" },
	{ "<a@b.example(>", "!" },
	{ "<\"a@b.example>", "!" },
	/* what stays in the local part */
	{ "a..b.@b.example", "a..b.@b.example" },
	{ ".a@b.example", ".a@b.example" },
	{ "\"john.doe\"@b.example", "john.doe@b.example" },
	{ "\"john doe\"@b.example", "\"john doe\"@b.example" },
	{ "\"john\\ doe\"@b.example", "\"john doe\"@b.example" },
	{ "\"a\\\"\\\\b\"@b.example", "\"a\\\"\\\\b\"@b.example" },
	{ "\"a\\b\"@b.example", "ab@b.example" },
	{ "\"a..b\"@b.example", "\"a..b\"@b.example" },
	{ "\"\"@b.example", "\"\"@b.example" },
	{ "x.\"y z\"@b.example", "\"x.y z\"@b.example" },
	{ "<a\\@b@c.example>", "\"a@b\"@c.example" },
	{ "<\"a,b>c\"@b.example>", "\"a,b>c\"@b.example" },
	{ "\"a@b\"@c.example", "\"a@b\"@c.example" },
	{ "<a@b@c.example>", "a@b@c.example" },
	{ "a@b@c.example, d@e.example", "a@b@c.example d@e.example" },
	{ "<\"a@b\">", "\"a@b\"" },
	{ "O'Neil+x/y=z@b.example", "O'Neil+x/y=z@b.example" },
	{ "=?x?q?y?=@b.example", "=?x?q?y?=@b.example" },
	/* domains */
	{ "A.B@Mail.EXAMPLE.Org", "A.B@mail.example.org" },
	{ "\"A b\"@EXAMPLE.Org", "\"A b\"@example.org" },
	{ "a@b.example.", "a@b.example" },
	{ "<A@B.Example..>", "A@b.example" },
	{ "a@[192.0.2.1]", "a@[192.0.2.1]" },
	{ "a@[IPv6:2001:DB8::1], c@d.example",
	    "a@[ipv6:2001:db8::1] c@d.example" },
	{ "a@[192.0.2.1", "!" },
	{ "a@[192.0.2.1]x", "!" },
	{ "a@_x.b-c.example", "a@_x.b-c.example" },
	{ "j\xc3\xb8ran@example.org", "j\xc3\xb8ran@example.org" },
	{ "\"j\xc3\xb8ran\"@example.org", "j\xc3\xb8ran@example.org" },
	{ "a@b\xc3\xbc" "cher.example", "a@xn--bcher-kva.example" },
	{ "a@B\xc3\x9c" "CHER.example.", "a@xn--bcher-kva.example" },
	{ "a@b\xc3\xbc" "cher\xe3\x80\x82" "example",
	    "a@xn--bcher-kva.example" },
	{ "a@B\xfc" "cher.example", "a@b\xfc" "cher.example" },
	/* a full-width @ must not become one */
	{ "a@b\xef\xbc\xa0" "c.example", "a@b\xef\xbc\xa0" "c.example" },
};

START_TEST(a_list_gives_its_addresses_in_order)
{
	struct slice in = exact(sl(lists[_i].in));

	same(walk(in), lists[_i].out, "list", lists[_i].in);
	free((char *)(uintptr_t)in.p);
}
END_TEST

static const struct slice refused[] = {
	{ "a\0b@b.example", 13 },
	{ "a@b.exa\0mple", 12 },
	{ "<a@b.example\0>", 14 },
	{ "<a\x01@b.example>", 14 },
	{ "<a\x7f@b.example>", 14 },
	{ "\"a\tb\"@b.example", 15 },
	{ "\"a\r\nb\"@b.example", 16 },
	{ "\"a\0b\"@b.example", 15 },
	{ "a@[192.0.2.1\0]", 15 },
	{ "<@x\0y:a@b.example>", 18 },
	{ "a\\\0@b.example", 13 },
	{ "\x1b[2J@b.example", 14 },
};

START_TEST(control_bytes_in_an_address_refuse_it)
{
	struct slice rest = exact(refused[_i]), in = rest;
	struct addr ad, path;
	struct slice params;

	ck_assert_int_eq(addr_next(arena, &rest, &ad), -1);
	ck_assert_uint_eq(rest.n, 0);
	ck_assert_uint_eq(ad.spec.n, 0);
	ck_assert_int_eq(addr_path(arena, in, &path, &params), -1);
	free((char *)(uintptr_t)in.p);
}
END_TEST

START_TEST(an_address_longer_than_the_limit_is_refused)
{
	char text[ADDR_MAX + 20];
	struct slice rest;
	struct addr ad;
	size_t n, quoted;

	for (quoted = 0; quoted < 2; quoted++)
		for (n = ADDR_MAX - 2; n <= ADDR_MAX + 2; n++) {
			memset(text, quoted ? ' ' : 'a', n);
			memcpy(text + n - 10, "\"@b.exampl", 10);
			text[0] = '"';
			if (!quoted)
				text[0] = text[n - 10] = 'a';
			rest = (struct slice){ text, n };
			ck_assert_int_eq(addr_next(arena, &rest, &ad),
			    n <= ADDR_MAX ? 1 : -1);
			ck_assert_uint_eq(ad.spec.n, n <= ADDR_MAX ? n : 0);
		}
}
END_TEST

static const struct {
	const char	*in, *display, *local, *domain, *route;
	bool		 null, utf8;
} parts[] = {
	{ "Ann Lee <a@B.example>", "Ann Lee", "a", "b.example", "", 0, 0 },
	{ "\"Lee, A. \\\"x\\\"\" <a@b.example>", "Lee, A. \\\"x\\\"", "a",
	    "b.example", "", 0, 0 },
	{ "\"A\" \"B\" <a@b.example>", "\"A\" \"B\"", "a", "b.example", "",
	    0, 0 },
	{ "=?utf-8?q?Ann?= <a@b.example>", "=?utf-8?q?Ann?=", "a",
	    "b.example", "", 0, 0 },
	{ "a@b.example (Ann Lee)", "Ann Lee", "a", "b.example", "", 0, 0 },
	{ "(Ann) <a@b.example>", "Ann", "a", "b.example", "", 0, 0 },
	{ "bob@x.example <a@b.example>", "bob@x.example", "a", "b.example",
	    "", 0, 0 },
	{ "Ann a@b.example", "Ann", "a", "b.example", "", 0, 0 },
	{ "team: Ann <a@b.example>", "Ann", "a", "b.example", "", 0, 0 },
	{ "<@x,@y.example:a@b.example>", "", "a", "b.example",
	    "@x,@y.example", 0, 0 },
	{ "X < @x , @y : a@b.example >", "X", "a", "b.example", "@x , @y",
	    0, 0 },
	{ "@x,@y:a@b.example", "", "a", "b.example", "@x,@y", 0, 0 },
	{ "<@[192.0.2.1]:a@b.example>", "", "a", "b.example",
	    "@[192.0.2.1]", 0, 0 },
	{ "<@[IPv6:2001:db8::1]:a@[IPv6:::1]>", "", "a", "[ipv6:::1]",
	    "@[IPv6:2001:db8::1]", 0, 0 },
	{ "<@x:@y:\"a:b\"@b.example>", "", "\"a:b\"", "b.example", "@x:@y",
	    0, 0 },
	{ "<@x:postmaster>", "", "postmaster", "", "@x", 0, 0 },
	{ "a@b@c.example", "", "a@b", "c.example", "", 0, 0 },
	{ "a@[192.0.2.1]@c.example", "", "a@[192.0.2.1]", "c.example", "",
	    0, 0 },
	{ "MAILER-DAEMON", "", "MAILER-DAEMON", "", "", 0, 0 },
	{ "Mail System <>", "Mail System", "", "", "", 1, 0 },
	{ "<j\xc3\xb8ran@b.example>", "", "j\xc3\xb8ran", "b.example", "",
	    0, 1 },
	{ "a@b\xc3\xbc" "cher.example", "", "a", "xn--bcher-kva.example",
	    "", 0, 0 },
};

START_TEST(an_address_comes_in_its_parts)
{
	const char *in = parts[_i].in;
	struct slice rest = sl(in);
	struct addr ad;

	ck_assert_int_eq(addr_next(arena, &rest, &ad), 1);
	same(ad.display, parts[_i].display, "display", in);
	same(ad.local, parts[_i].local, "local", in);
	same(ad.domain, parts[_i].domain, "domain", in);
	same(ad.route, parts[_i].route, "route", in);
	ck_assert(ad.null == parts[_i].null);
	ck_assert(ad.utf8 == parts[_i].utf8);
	ck_assert_uint_eq(ad.spec.n, ad.local.n + ad.domain.n +
	    (ad.domain.n > 0));
	ck_assert_int_eq(addr_next(arena, &rest, &ad), 0);
}
END_TEST

static const char *const uncopied[] = {
	"a@b.example", "Ann Lee <A.B@b.example>", "<a@b.example>,x@y.example",
	"\"Lee, Ann\" <a@b.example>", "a@b.example.",
};

START_TEST(a_plain_address_is_not_copied)
{
	struct slice rest = sl(uncopied[_i]);
	const char *end = rest.p + rest.n;
	struct addr ad;

	ck_assert_int_eq(addr_next(arena, &rest, &ad), 1);
	ck_assert(ad.spec.p >= uncopied[_i] && ad.spec.p < end);
	ck_assert_ptr_eq(ad.local.p, ad.spec.p);
	ck_assert_ptr_eq(ad.domain.p, ad.spec.p + ad.local.n + 1);
}
END_TEST

/* Pieces that make a parser look ahead, each repeated through 100 kB. */
static const char *const floods[] = {
	"(", "(,", "(<a@b>", "a@b(", "((,))", "\"", "\"(", "\\\"", "<", ",<",
	"<a,", "<a@b ", "<a@b>x", "<\"", "<@a:", "a@b ", "A@B ", "a@", "@",
	"@a,", "a,", "=?", "=?a?b?", ":", "a:", ". @", "a .(x)", "a@[",
	"\"a\"@", "x <", ";", "a ", "\xff", "\\",
};

START_TEST(a_flood_is_walked_to_its_end)
{
	struct slice rest, piece = sl(floods[_i]);
	char *buf = malloc(100000);
	struct addr ad;
	size_t n, calls = 0;

	ck_assert_ptr_nonnull(buf);
	for (n = 0; n + piece.n <= 100000; n += piece.n)
		memcpy(buf + n, piece.p, piece.n);
	rest = (struct slice){ buf, n };
	while (addr_next(arena, &rest, &ad) != 0)
		calls++;
	ck_assert_uint_le(calls, n);
	ck_assert_uint_eq(rest.n, 0);
	free(buf);
}
END_TEST

/* Steps of a small generator: the same bytes in every run. */
static uint32_t
next_random(uint32_t *x)
{
	return *x = *x * 1664525u + 1013904223u, *x >> 8;
}

START_TEST(any_bytes_are_walked_to_their_end)
{
	static const char some[] =
	    "aB1@@..<>,;:()\"\"\\[] =?%!-+_\t\r\n\xc3\xbc\xff";
	uint32_t x = 7;
	struct slice s, inner, found[4], params;
	struct addr ad, in;
	char text[64];
	size_t i, left;
	int round, r;

	for (round = 0; round < 5000; round++) {
		for (i = 0; i < sizeof(text); i++)
			text[i] = some[next_random(&x) % sizeof(some)];
		s = exact((struct slice){ text, x % sizeof(text) });
		inner = s;
		for (left = s.n + 1; (r = addr_next(arena, &inner, &ad)) != 0;
		    left = inner.n) {
			ck_assert_uint_lt(inner.n, left);
			if (r == -1)
				continue;
			addr_route(arena, &ad, &in);
			addr_tag(arena, &ad, &in);
		}
		addr_path(arena, s, &ad, &params);
		addr_domain(arena, s);
		addr_scan(arena, s, found, 4);
		free((char *)(uintptr_t)s.p);
		arena_reset(arena);
	}
}
END_TEST

static const struct {
	const char	*in;
	int		 ret;
	const char	*spec, *params;
} paths[] = {
	{ "a@b.example", 0, "a@b.example", "" },
	{ "  <a@B.example> ", 0, "a@b.example", "" },
	{ "\"Ann Lee\" <a@b.example>", 0, "a@b.example", "" },
	{ "Ann Lee <a@b.example> BODY=7BIT", 0, "a@b.example", "BODY=7BIT" },
	{ "bob@x.example <a@b.example>", 0, "a@b.example", "" },
	{ "<a@b.example> ORCPT=rfc822;a@b.example NOTIFY=NEVER; "
	    "X-ExtendedProps=BQAV", 0, "a@b.example",
	    "ORCPT=rfc822;a@b.example NOTIFY=NEVER; X-ExtendedProps=BQAV" },
	{ "<a@b.example>; X-ExtendedProps=BQAV", 0, "a@b.example",
	    "X-ExtendedProps=BQAV" },
	{ "a@b.example NOTIFY=NEVER", 0, "a@b.example", "NOTIFY=NEVER" },
	{ "a@b.example auth=<c@d.example>", 0, "a@b.example",
	    "auth=<c@d.example>" },
	{ "a@b.example; X-ExtendedProps=BQAV", 0, "a@b.example",
	    "X-ExtendedProps=BQAV" },
	{ "postmaster AUTH=<>", 0, "postmaster", "AUTH=<>" },
	{ "\"john doe\"@b.example RET=HDRS", 0, "\"john doe\"@b.example",
	    "RET=HDRS" },
	{ "<list+bounces-1-c=d.example@b.example>", 0,
	    "list+bounces-1-c=d.example@b.example", "" },
	{ "a@b.example, c@d.example", 0, "a@b.example", ", c@d.example" },
	{ "<a@b.example", 0, "a@b.example", "" },
	{ "<@x,@y:a@b.example> RET=FULL", 0, "a@b.example", "RET=FULL" },
	{ "@x,@y:a@b.example", 0, "a@b.example", "" },
	{ "<\"a@b.example\">", 0, "\"a@b.example\"", "" },
	{ "\"a@b.example\"", 0, "\"a@b.example\"", "" },
	{ "<MAILER-DAEMON>", 0, "MAILER-DAEMON", "" },
	{ "<>", 0, "", "" },
	{ "<> BODY=8BITMIME", 0, "", "BODY=8BITMIME" },
	{ "", 0, "", "" },
	{ " \t", 0, "", "" },
	{ "Ann Lee", -1, "", "" },
	{ "<a b@b.example>", -1, "", "" },
	{ ";", -1, "", "" },
	{ ",a@b.example", -1, "", "" },
	{ "@b.example", -1, "", "" },
	{ "(x)", -1, "", "" },
};

START_TEST(a_path_is_read_with_its_parameters)
{
	const char *in = paths[_i].in;
	struct slice params;
	struct addr ad;

	ck_assert_msg(addr_path(arena, sl(in), &ad, &params) ==
	    paths[_i].ret, "%s", in);
	same(ad.spec, paths[_i].spec, "spec", in);
	same(params, paths[_i].params, "params", in);
	ck_assert(ad.null == (paths[_i].ret == 0 && ad.spec.n == 0));
}
END_TEST

static const struct {
	const char	*in;
	enum addr_route	 route;
	const char	*target;
} routes[] = {
	{ "u@us.example", ROUTE_NONE, "" },
	{ "<>", ROUTE_NONE, "" },
	{ "<@us.example:u@d.example>", ROUTE_SOURCE, "u@d.example" },
	{ "<@a.example,@b.example:u@d.example>", ROUTE_SOURCE,
	    "u@d.example" },
	{ "<@[192.0.2.1]:u@d.example>", ROUTE_SOURCE, "u@d.example" },
	{ "<@us.example:u%d.example@us.example>", ROUTE_SOURCE,
	    "u@d.example" },
	{ "<u%d.example@us.example>", ROUTE_PERCENT, "u@d.example" },
	{ "<u%d.example>", ROUTE_PERCENT, "u@d.example" },
	{ "<\"u%d.example\">", ROUTE_PERCENT, "u@d.example" },
	{ "<u%d.example@[192.0.2.1]>", ROUTE_PERCENT, "u@d.example" },
	{ "<u%[192.0.2.1]@us.example>", ROUTE_PERCENT, "u@[192.0.2.1]" },
	{ "<u%192.0.2.1@us.example>", ROUTE_PERCENT, "u@192.0.2.1" },
	{ "<u%a.example%b.example@us.example>", ROUTE_PERCENT,
	    "u@a.example" },
	{ "<u%D.Example@us.example>", ROUTE_PERCENT, "u@d.example" },
	{ "<d.example!u@us.example>", ROUTE_BANG, "u@d.example" },
	{ "<d.example!u>", ROUTE_BANG, "u@d.example" },
	{ "<a.example!b.example!u@us.example>", ROUTE_BANG, "u@b.example" },
	{ "<d.example!u%x.example@us.example>", ROUTE_PERCENT,
	    "u@d.example" },
	{ "<\"u@d.example\"@us.example>", ROUTE_QUOTED, "u@d.example" },
	{ "<\"u@d.example\">", ROUTE_QUOTED, "u@d.example" },
	{ "<\"u@d\"@us.example>", ROUTE_QUOTED, "u@d" },
	{ "<\"@us.example:u@d.example\"@us.example>", ROUTE_QUOTED,
	    "u@d.example" },
	{ "<u@d.example@us.example>", ROUTE_DOUBLE_AT, "u@d.example" },
	{ "<u@d.example@[192.0.2.1]>", ROUTE_DOUBLE_AT, "u@d.example" },
	{ "<u@[192.0.2.7]@us.example>", ROUTE_DOUBLE_AT, "u@[192.0.2.7]" },
	{ "<a@b@c>", ROUTE_DOUBLE_AT, "a@b" },
	{ "<u@a.example@b.example@us.example>", ROUTE_DOUBLE_AT,
	    "u@a.example" },
	{ "<\"u@d.example\"@x.example@us.example>", ROUTE_DOUBLE_AT,
	    "u@d.example" },
	/* not routes */
	{ "<100%sure@us.example>", ROUTE_NONE, "" },
	{ "<a%b@us.example>", ROUTE_NONE, "" },
	{ "<a%@us.example>", ROUTE_NONE, "" },
	{ "<%d.example@us.example>", ROUTE_NONE, "" },
	{ "<a%b.1@us.example>", ROUTE_NONE, "" },
	{ "<a%.b.example@us.example>", ROUTE_NONE, "" },
	{ "<u%40d.example@lists.example>", ROUTE_NONE, "" },
	{ "<wow!u@us.example>", ROUTE_NONE, "" },
	{ "<d.example!@us.example>", ROUTE_NONE, "" },
	{ "<!u@us.example>", ROUTE_NONE, "" },
	{ "<\"john @ home\"@us.example>", ROUTE_NONE, "" },
	{ "<\"a b%d.example\"@us.example>", ROUTE_NONE, "" },
	{ "<prvs=1234abcdef=u@us.example>", ROUTE_NONE, "" },
	{ "<SRS0=aB1c=XY=d.example=u@us.example>", ROUTE_NONE, "" },
	{ "<SRS0=aB1c=XY=d.example=u%e.example@us.example>", ROUTE_NONE,
	    "" },
	{ "<list-bounces+u=d.example@us.example>", ROUTE_NONE, "" },
};

START_TEST(a_route_leads_to_its_innermost_target)
{
	struct addr ad, target = { .null = false };
	struct slice params;
	enum addr_route r;

	ck_assert_int_eq(addr_path(arena, sl(routes[_i].in), &ad, &params),
	    0);
	r = addr_route(arena, &ad, &target);
	ck_assert_msg(r == routes[_i].route, "%s: %s", routes[_i].in,
	    addr_route_name(r));
	same(target.spec, routes[_i].target, "target", routes[_i].in);
}
END_TEST

START_TEST(a_route_without_end_is_left_after_some_steps)
{
	char text[ADDR_MAX];
	struct addr ad, target;
	struct slice params, s = { text, 0 };

	while (s.n + 20 < sizeof(text)) {
		memcpy(text + s.n, "a.example!", 10);
		s.n += 10;
	}
	memcpy(text + s.n, "u@d.example", 11);
	s.n += 11;
	ck_assert_int_eq(addr_path(arena, s, &ad, &params), 0);
	ck_assert_int_eq(addr_route(arena, &ad, &target), ROUTE_BANG);
	same(target.domain, "a.example", "domain", "a long way");
}
END_TEST

START_TEST(every_route_has_a_name)
{
	ck_assert_str_eq(addr_route_name(ROUTE_NONE), "none");
	ck_assert_str_eq(addr_route_name(ROUTE_SOURCE), "source");
	ck_assert_str_eq(addr_route_name(ROUTE_PERCENT), "percent");
	ck_assert_str_eq(addr_route_name(ROUTE_BANG), "bang");
	ck_assert_str_eq(addr_route_name(ROUTE_QUOTED), "quoted");
	ck_assert_str_eq(addr_route_name(ROUTE_DOUBLE_AT), "double-at");
}
END_TEST

static const struct {
	const char	*in;
	enum addr_tag	 tag;
	const char	*inner;
} tags[] = {
	{ "u@d.example", TAG_NONE, "" },
	{ "prvs=1234abcdef=u@d.example", TAG_BATV, "u@d.example" },
	{ "PRVS=1234ABCDEF=u@d.example", TAG_BATV, "u@d.example" },
	{ "prvs=u=1234abcdef@d.example", TAG_BATV, "u@d.example" },
	{ "prvs=1234abcdef=u=v@d.example", TAG_BATV, "u=v@d.example" },
	{ "prvs=u=v=1234abcdef@d.example", TAG_BATV, "u=v@d.example" },
	{ "btv1==0123abcdef==u@d.example", TAG_BATV, "u@d.example" },
	{ "prvs=1234abcdef=@d.example", TAG_NONE, "" },
	{ "prvs=1234abcdef@d.example", TAG_NONE, "" },
	{ "prvs=hello=u@d.example", TAG_NONE, "" },
	{ "prvs=@d.example", TAG_NONE, "" },
	{ "btv1==x@d.example", TAG_NONE, "" },
	{ "SRS0=aB1c=XY=d.example=u@fwd.example", TAG_SRS, "u@d.example" },
	{ "srs0+aB1c=XY=d.example=u=v@fwd.example", TAG_SRS,
	    "u=v@d.example" },
	{ "SRS0-aB1c=XY=d.example=u@fwd.example", TAG_SRS, "u@d.example" },
	{ "SRS1=Zz9=fwd.example==aB1c=XY=d.example=u@two.example", TAG_SRS,
	    "u@d.example" },
	{ "SRS1+Zz9=fwd.example=+aB1c=XY=d.example=u@two.example", TAG_SRS,
	    "u@d.example" },
	{ "SRS1-Zz9=fwd.example=-aB1c=XY=d.example=u@two.example", TAG_SRS,
	    "u@d.example" },
	{ "SRS0=aB1c=XY=d=u@fwd.example", TAG_NONE, "" },
	{ "SRS0=aB1c=XY=d.example=@fwd.example", TAG_NONE, "" },
	{ "SRS0=aB1c@fwd.example", TAG_NONE, "" },
	{ "SRS1=Zz9=fwd.example@two.example", TAG_NONE, "" },
	{ "list-bounces+u=d.example@l.example", TAG_VERP, "u@d.example" },
	{ "bounces+123-u=d.example@l.example", TAG_VERP, "u@d.example" },
	{ "bounces+123-1a2b-u=d.example@l.example", TAG_VERP,
	    "u@d.example" },
	{ "bounce+8c8b98.c-u.v=d.example@l.example", TAG_VERP,
	    "u.v@d.example" },
	{ "bounces-123-u=d.example@l.example", TAG_VERP, "u@d.example" },
	{ "list+bounces-100-u=d.example@l.example", TAG_VERP,
	    "u@d.example" },
	{ "list-return-77-u-v=d.example@l.example", TAG_VERP,
	    "u-v@d.example" },
	{ "bounce-u=d.example@l.example", TAG_VERP, "u@d.example" },
	{ "bounce-list-name=u=d.example@l.example", TAG_VERP,
	    "u@d.example" },
	{ "u=d.example@l.example", TAG_VERP, "u@d.example" },
	{ "me+caf_=u=d.example@l.example", TAG_VERP, "u@d.example" },
	{ "a-b=d.example@l.example", TAG_NONE, "" },
	{ "bounces+u=d@l.example", TAG_NONE, "" },
	{ "bounces+u=d.e%x.example@l.example", TAG_NONE, "" },
	{ "bounces+=d.example@l.example", TAG_NONE, "" },
	{ "a=b@l.example", TAG_NONE, "" },
	{ "=@l.example", TAG_NONE, "" },
	{ "\"x y+u=d.example\"@l.example", TAG_NONE, "" },
};

START_TEST(a_tagged_sender_shows_the_address_inside)
{
	struct addr ad, inner = { .null = false };
	struct slice rest = sl(tags[_i].in);
	enum addr_tag tag;

	ck_assert_int_eq(addr_next(arena, &rest, &ad), 1);
	tag = addr_tag(arena, &ad, &inner);
	ck_assert_msg(tag == tags[_i].tag, "%s: %d", tags[_i].in, (int)tag);
	same(inner.spec, tags[_i].inner, "inner", tags[_i].in);
}
END_TEST

static const struct {
	const char	*in, *out;
} domains[] = {
	{ "", "" }, { ".", "" }, { "Example.ORG", "example.org" },
	{ "example.org.", "example.org" }, { "[192.0.2.1]", "[192.0.2.1]" },
	{ "[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]" },
	{ "XN--BCHER-KVA.example", "xn--bcher-kva.example" },
	{ "b\xc3\xbc" "cher.example", "xn--bcher-kva.example" },
	{ "B\xfc" "cher.example", "b\xfc" "cher.example" },
};

START_TEST(a_domain_is_as_a_server_compares_it)
{
	same(addr_domain(arena, sl(domains[_i].in)), domains[_i].out,
	    "domain", domains[_i].in);
}
END_TEST

START_TEST(a_name_that_cannot_be_converted_is_left_alone)
{
	static char big[IDN_MAX + 1];
	struct slice out = SL("untouched");

	memset(big, 'a', sizeof(big));
	ck_assert(!idn_ascii(arena, SL(""), &out));
	ck_assert(!idn_ascii(arena, SL("b\xc3\xbc\0x"), &out));
	ck_assert(!idn_ascii(arena, SL("b\xc3.example"), &out));
	ck_assert(!idn_ascii(arena, SL("a\xef\xbc\xa0.example"), &out));
	ck_assert(!idn_ascii(arena, (struct slice){ big, sizeof(big) },
	    &out));
	same(out, "untouched", "output", "idn_ascii");
	ck_assert(idn_ascii(arena, SL("b\xc3\xbc" "cher.example"), &out));
	same(out, "xn--bcher-kva.example", "output", "idn_ascii");
}
END_TEST

#define SCAN_MAX	5

static const struct {
	struct slice	 in;
	const char	*out;	/* with blanks between */
} scans[] = {
	{ { "", 0 }, "" },
	{ { "@", 1 }, "" },
	{ { "\0\1a@b.example\0\2c@d.example\xff", 26 },
	    "a@b.example c@d.example" },
	{ { "<A.b@Mail.Example>", 18 }, "A.b@mail.example" },
	{ { "a@b.example,a@B.EXAMPLE,a@b.example", 35 }, "a@b.example" },
	{ { "'bob@x.example'.", 16 }, "bob@x.example" },
	{ { "SMTP:bob@x.example;", 19 }, "bob@x.example" },
	{ { "..-a@b.example.-", 16 }, "a@b.example" },
	{ { "a@b a@b.1 a@b.c a@.b.example a@b..example", 42 }, "" },
	{ { "a.@b.example @b.example a@ a@192.0.2.1", 38 }, "" },
	{ { "a@b.example@c.example", 21 },
	    "a@b.example b.example@c.example" },
	{ { "a@xn--p1ai.xn--p1ai", 19 }, "a@xn--p1ai.xn--p1ai" },
	{ { "a\0@\0b\0.\0c\0o\0m\0", 14 }, "a@b.com" },
	{ { "\xffx\1a\0@\0b\0.\0c\0o\0m\0", 17 }, "a@b.com" },
	{ { "\1a\0@\0b\0.\0c\0o\0m", 14 }, "a@b.co" },
	{ { "a\0@\0b\0.\0c\0o\1m\0", 14 }, "" },
	{ { "x@y.example\1\0a\0@\0b\0.\0c\0o\0m\0", 27 },
	    "x@y.example a@b.com" },
	{ { "a1@b.com a2@b.com a3@b.com a4@b.com a5@b.com a6@b.com", 53 },
	    "a1@b.com a2@b.com a3@b.com a4@b.com a5@b.com" },
};

START_TEST(a_scan_finds_addresses_once_and_in_order)
{
	struct slice in = exact(scans[_i].in), found[SCAN_MAX], params;
	struct slice all = SL("");
	struct addr ad, scanned;
	size_t i, n = addr_scan(arena, in, found, SCAN_MAX);

	free((char *)(uintptr_t)in.p);
	ck_assert_uint_le(n, SCAN_MAX);
	for (i = 0; i < n; i++) {
		all = arena_fmt(arena, SL_FMT "%s" SL_FMT, SL_ARG(all),
		    i > 0 ? " " : "", SL_ARG(found[i]));
		ck_assert_int_eq(addr_path(arena, found[i], &ad, &params), 0);
		scanned = addr_scanned(found[i]);
		ck_assert(sl_eq(scanned.spec, ad.spec));
		ck_assert(sl_eq(scanned.local, ad.local));
		ck_assert(sl_eq(scanned.domain, ad.domain));
		ck_assert(scanned.null == ad.null && scanned.utf8 == ad.utf8);
	}
	same(all, scans[_i].out, "scan", scans[_i].out);
}
END_TEST

START_TEST(a_scan_takes_at_most_254_bytes)
{
	char text[300];
	struct slice found;
	size_t n;

	memset(text, 'a', sizeof(text));
	for (n = 250; n < 260; n++) {
		memcpy(text + n - 10, "@b.example", 10);
		ck_assert_uint_eq(addr_scan(arena, (struct slice){ text, n },
		    &found, 1), n <= 254);
		text[n - 10] = 'a';
	}
}
END_TEST

START_TEST(a_scan_of_no_bytes_or_into_no_room_finds_nothing)
{
	struct slice found;

	ck_assert_uint_eq(addr_scan(arena, SL("a@b.example"), NULL, 0), 0);
	ck_assert_uint_eq(addr_scan(arena, (struct slice){ NULL, 0 }, &found,
	    1), 0);
}
END_TEST

static void
add_parsing(TCase *t)
{
	tcase_add_loop_test(t, a_list_gives_its_addresses_in_order, 0,
	    COUNT(lists));
	tcase_add_loop_test(t, control_bytes_in_an_address_refuse_it, 0,
	    COUNT(refused));
	tcase_add_test(t, an_address_longer_than_the_limit_is_refused);
	tcase_add_loop_test(t, an_address_comes_in_its_parts, 0,
	    COUNT(parts));
	tcase_add_loop_test(t, a_plain_address_is_not_copied, 0,
	    COUNT(uncopied));
	tcase_add_loop_test(t, a_flood_is_walked_to_its_end, 0,
	    COUNT(floods));
	tcase_add_test(t, any_bytes_are_walked_to_their_end);
	tcase_add_loop_test(t, a_path_is_read_with_its_parameters, 0,
	    COUNT(paths));
	tcase_add_loop_test(t, a_domain_is_as_a_server_compares_it, 0,
	    COUNT(domains));
	tcase_add_test(t, a_name_that_cannot_be_converted_is_left_alone);
}

static void
add_inside(TCase *t)
{
	tcase_add_loop_test(t, a_route_leads_to_its_innermost_target, 0,
	    COUNT(routes));
	tcase_add_test(t, a_route_without_end_is_left_after_some_steps);
	tcase_add_test(t, every_route_has_a_name);
	tcase_add_loop_test(t, a_tagged_sender_shows_the_address_inside, 0,
	    COUNT(tags));
	tcase_add_loop_test(t, a_scan_finds_addresses_once_and_in_order, 0,
	    COUNT(scans));
	tcase_add_test(t, a_scan_takes_at_most_254_bytes);
	tcase_add_test(t, a_scan_of_no_bytes_or_into_no_room_finds_nothing);
}

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("mail/addr");
	TCase *t = tcase_create("addr");

	tcase_add_checked_fixture(t, setup, teardown);
	add_parsing(t);
	add_inside(t);
	suite_add_tcase(s, t);
	return s;
}

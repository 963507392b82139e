#include <check.h>
#include <stdio.h>

#include "base/ip.h"

#define COUNT(t)	((int)(sizeof(t) / sizeof((t)[0])))

static const struct {
	const char	*in, *out;
} texts[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "0.0.0.0", "0.0.0.0" },
	{ "255.255.255.255", "255.255.255.255" },
	{ "[192.0.2.1]", "192.0.2.1" },
	{ "2001:db8::1", "2001:db8::1" },
	{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
	{ "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1" },
	{ "2001:db8::", "2001:db8::" },
	{ "::1", "::1" },
	{ "::", "::" },
	{ "[2001:db8::1]", "2001:db8::1" },
	{ "IPv6:2001:db8::1", "2001:db8::1" },
	{ "[IPv6:2001:db8::1]", "2001:db8::1" },
	{ "[ipv6:::1]", "::1" },
	{ "::ffff:192.0.2.1", "192.0.2.1" },
	{ "::ffff:c000:201", "192.0.2.1" },
	{ "[IPv6:::FFFF:192.0.2.1]", "192.0.2.1" },
	{ "64:ff9b::192.0.2.33", "64:ff9b::c000:221" },
};

START_TEST(an_address_prints_in_its_short_form)
{
	char buf[IP_TEXT];
	struct ip ip, again;

	ck_assert_msg(ip_parse(sl(texts[_i].in), &ip), "%s", texts[_i].in);
	ck_assert_str_eq(ip_str(&ip, buf), texts[_i].out);
	ck_assert(ip_parse(sl(buf), &again));
	ck_assert(ip_eq(&ip, &again));
}
END_TEST

static const struct slice bad_texts[] = {
	{ NULL, 0 }, { "", 0 },
	{ "192.0.2", 7 }, { "192.0.2.1.1", 11 }, { "192.0.2.256", 11 },
	{ "192.0.2.01", 10 }, { "192.0.2.-1", 10 }, { "192.0.2.0x1", 11 },
	{ "192.0.2.1 ", 10 }, { " 192.0.2.1", 10 }, { "192.0.2.1:25", 12 },
	{ "192.0.2.", 8 }, { "192..2.1", 8 }, { "3221225985", 10 },
	{ "192.0.2.1\0", 10 }, { "192.0.2.1\0.5", 12 },
	{ "[192.0.2.1", 10 }, { "192.0.2.1]", 10 }, { "[]", 2 }, { "[", 1 },
	{ "[[192.0.2.1]]", 13 }, { "IPv6:192.0.2.1", 14 }, { "IPv6:", 5 },
	{ "2001:db8:::1", 12 }, { "2001:db8::1::2", 14 },
	{ "1:2:3:4:5:6:7", 13 }, { "1:2:3:4:5:6:7:8:9", 17 },
	{ "2001:db8::12345", 15 }, { "2001:db8::g", 11 },
	{ "fe80::1%eth0", 12 }, { "2001:db8::1\0", 12 },
	{ "::ffff:192.0.2.256", 18 }, { "192.0.2.*", 9 },
	{ "0000:0000:0000:0000:0000:ffff:0192.000.002.001xxxx", 50 },
	{ "example.org", 11 }, { "::\xff", 3 },
};

START_TEST(what_is_no_address_is_refused)
{
	struct ip ip = { { 7 } };

	ck_assert_msg(!ip_parse(bad_texts[_i], &ip), SL_FMT,
	    SL_ARG(bad_texts[_i]));
	ck_assert_uint_eq(ip.b[0], 7);
}
END_TEST

START_TEST(an_address_of_a_million_bytes_is_refused)
{
	static char big[1000000];
	struct ip ip;

	memset(big, '1', sizeof(big));
	big[1] = ':';
	ck_assert(!ip_parse((struct slice){ big, sizeof(big) }, &ip));
}
END_TEST

START_TEST(all_zero_is_no_address)
{
	struct ip none = { { 0 } }, v4, v6;

	ck_assert(ip_parse(SL("0.0.0.0"), &v4));
	ck_assert(ip_parse(SL("::"), &v6));
	ck_assert(!ip_is_set(&none));
	ck_assert(!ip_is_set(&v6));
	ck_assert(ip_is_set(&v4));
	ck_assert(ip_is_v4(&v4));
	ck_assert(!ip_is_v4(&v6));
}
END_TEST

START_TEST(order_follows_the_bytes)
{
	struct ip a, b, c;

	ck_assert(ip_parse(SL("192.0.2.9"), &a));
	ck_assert(ip_parse(SL("192.0.2.10"), &b));
	ck_assert(ip_parse(SL("2001:db8::"), &c));
	ck_assert_int_lt(ip_cmp(&a, &b), 0);
	ck_assert_int_gt(ip_cmp(&c, &b), 0);
	ck_assert_int_eq(ip_cmp(&a, &a), 0);
	ck_assert(!ip_eq(&a, &b));
}
END_TEST

static const struct {
	const char	*ip;
	bool		 inside, loop;
} places[] = {
	{ "9.255.255.255", false, false },
	{ "10.0.0.0", true, false },
	{ "10.255.255.255", true, false },
	{ "11.0.0.0", false, false },
	{ "100.63.255.255", false, false },
	{ "100.64.0.0", true, false },
	{ "100.127.255.255", true, false },
	{ "100.128.0.0", false, false },
	{ "127.0.0.1", true, true },
	{ "127.255.255.255", true, true },
	{ "128.0.0.0", false, false },
	{ "169.254.1.1", true, false },
	{ "172.15.255.255", false, false },
	{ "172.16.0.0", true, false },
	{ "172.31.255.255", true, false },
	{ "172.32.0.0", false, false },
	{ "192.167.255.255", false, false },
	{ "192.168.0.1", true, false },
	{ "192.169.0.0", false, false },
	{ "192.0.2.1", false, false },
	{ "::ffff:10.0.0.1", true, false },
	{ "::1", true, true },
	{ "::2", false, false },
	{ "::", false, false },
	{ "fc00::1", true, false },
	{ "fdff:ffff::1", true, false },
	{ "fe00::1", false, false },
	{ "fe80::1", true, false },
	{ "febf::1", true, false },
	{ "fec0::1", false, false },
	{ "2001:db8::1", false, false },
};

START_TEST(private_and_loopback_addresses_are_known)
{
	struct ip ip;

	ck_assert(ip_parse(sl(places[_i].ip), &ip));
	ck_assert_msg(ip_is_private(&ip) == places[_i].inside, "%s",
	    places[_i].ip);
	ck_assert_msg(ip_is_loopback(&ip) == places[_i].loop, "%s",
	    places[_i].ip);
}
END_TEST

static const struct {
	const char	*net, *ip;
	unsigned	 bits;
	const char	*in, *out;	/* on both sides of its edge */
} nets[] = {
	{ "192.0.2.0/24", "192.0.2.0", 120, "192.0.2.255", "192.0.3.0" },
	{ "192.0.2.77/24", "192.0.2.0", 120, "192.0.2.0", "192.0.1.255" },
	{ "192.0.2.0/255.255.255.0", "192.0.2.0", 120, "192.0.2.1",
	    "192.0.3.1" },
	{ "192.0.2.0;255.255.255.0", "192.0.2.0", 120, "192.0.2.1",
	    "192.0.3.1" },
	{ "192.0.2.0; 255.255.255.240", "192.0.2.0", 124, "192.0.2.15",
	    "192.0.2.16" },
	{ " 192.0.2.128/25 ", "192.0.2.128", 121, "192.0.2.128",
	    "192.0.2.127" },
	{ "192.0.2.5", "192.0.2.5", 128, "192.0.2.5", "192.0.2.4" },
	{ "192.0.2.5/32", "192.0.2.5", 128, "192.0.2.5", "192.0.2.4" },
	{ "192.0.2.5;255.255.255.255", "192.0.2.5", 128, "192.0.2.5",
	    "192.0.2.4" },
	{ "0.0.0.0/0", "0.0.0.0", 96, "203.0.113.9", "2001:db8::1" },
	{ "1.2.3.4;0.0.0.0", "0.0.0.0", 96, "203.0.113.9", "::1" },
	{ "2001:db8::/32", "2001:db8::", 32, "2001:db8:ffff::1",
	    "2001:db9::" },
	{ "2001:db8::1", "2001:db8::1", 128, "2001:db8::1", "2001:db8::2" },
	{ "2001:db8::/127", "2001:db8::", 127, "2001:db8::1", "2001:db8::2" },
	{ "[IPv6:2001:db8::]/33", "2001:db8::", 33, "2001:db8:7fff::",
	    "2001:db8:8000::" },
};

START_TEST(a_network_has_what_its_mask_says)
{
	char buf[IP_TEXT];
	struct ipnet net;
	struct ip ip;

	ck_assert_msg(ipnet_parse(sl(nets[_i].net), &net), "%s", nets[_i].net);
	ck_assert_str_eq(ip_str(&net.ip, buf), nets[_i].ip);
	ck_assert_uint_eq(net.bits, nets[_i].bits);
	ck_assert(ip_parse(sl(nets[_i].in), &ip));
	ck_assert(ipnet_has(&net, &ip));
	ck_assert(ip_parse(sl(nets[_i].out), &ip));
	ck_assert(!ipnet_has(&net, &ip));
}
END_TEST

START_TEST(every_mask_length_is_read_in_both_ways)
{
	struct ipnet a, b;
	char text[64];
	unsigned bits;
	uint32_t m;

	for (bits = 0; bits <= 32; bits++) {
		m = bits == 0 ? 0 : 0xffffffffu << (32 - bits);
		snprintf(text, sizeof(text), "203.0.113.7/%u", bits);
		ck_assert(ipnet_parse(sl(text), &a));
		snprintf(text, sizeof(text), "203.0.113.7/%u.%u.%u.%u",
		    m >> 24, m >> 16 & 255, m >> 8 & 255, m & 255);
		ck_assert(ipnet_parse(sl(text), &b));
		ck_assert_uint_eq(a.bits, 96 + bits);
		ck_assert_uint_eq(b.bits, a.bits);
		ck_assert(ip_eq(&a.ip, &b.ip));
	}
}
END_TEST

static const char *const bad_nets[] = {
	"", "/", "/24", ";255.255.255.0", "192.0.2.0/", "192.0.2.0;",
	"192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0;24",
	"192.0.2.0/24/24", "192.0.2.0/24;255.255.255.0", "192.0.2.*",
	"192.0.2", "192.0.2.0/255.0.255.0", "192.0.2.0/0.0.0.255",
	"192.0.2.0;255.255.255.1", "192.0.2.0/99999999999999999999",
	"192.0.2.0/2 4", "192.0.2.0/24x", "2001:db8::/129",
	"2001:db8::/255.255.0.0", "2001:db8::;32", "2001:db8::/ffff::",
	"192.0.2.0-192.0.2.9", "example.org/24",
};

START_TEST(what_is_no_network_is_refused)
{
	struct ipnet net = { .bits = 77 };

	ck_assert_msg(!ipnet_parse(sl(bad_nets[_i]), &net), "%s",
	    bad_nets[_i]);
	ck_assert_uint_eq(net.bits, 77);
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("base/ip");
	TCase *t = tcase_create("ip");

	tcase_add_loop_test(t, an_address_prints_in_its_short_form, 0,
	    COUNT(texts));
	tcase_add_loop_test(t, what_is_no_address_is_refused, 0,
	    COUNT(bad_texts));
	tcase_add_test(t, an_address_of_a_million_bytes_is_refused);
	tcase_add_test(t, all_zero_is_no_address);
	tcase_add_test(t, order_follows_the_bytes);
	tcase_add_loop_test(t, private_and_loopback_addresses_are_known, 0,
	    COUNT(places));
	tcase_add_loop_test(t, a_network_has_what_its_mask_says, 0,
	    COUNT(nets));
	tcase_add_test(t, every_mask_length_is_read_in_both_ways);
	tcase_add_loop_test(t, what_is_no_network_is_refused, 0,
	    COUNT(bad_nets));
	suite_add_tcase(s, t);
	return s;
}

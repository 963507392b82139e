#include <arpa/inet.h>
#include <sys/socket.h>

#include "base/ip.h"

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

#define V4(a, b, c, d)	{ { [10] = 0xff, [11] = 0xff, a, b, c, d } }

static const struct ipnet loopback[] = {
	{ V4(127, 0, 0, 0), 96 + 8 },
	{ { { [15] = 1 } }, 128 },
};

static const struct ipnet inside[] = {
	{ V4(10, 0, 0, 0), 96 + 8 },			/* RFC 1918 */
	{ V4(172, 16, 0, 0), 96 + 12 },
	{ V4(192, 168, 0, 0), 96 + 16 },
	{ V4(100, 64, 0, 0), 96 + 10 },			/* RFC 6598 */
	{ V4(169, 254, 0, 0), 96 + 16 },		/* RFC 3927 */
	{ { { 0xfe, 0x80 } }, 10 },			/* RFC 4291 2.5.6 */
	{ { { 0xfc } }, 7 },				/* RFC 4193 */
};

static bool
any_has(const struct ipnet *net, size_t n, const struct ip *ip)
{
	while (n > 0)
		if (ipnet_has(&net[--n], ip))
			return true;
	return false;
}

/* Only what the C library takes as it stands: no NUL, no zone, no port. */
static bool
v6_parse(struct slice s, uint8_t *b)
{
	char text[IP_TEXT];

	if (s.n == 0 || s.n >= sizeof(text) || memchr(s.p, '\0', s.n) != NULL)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	return inet_pton(AF_INET6, text, b) == 1;
}

/* Four numbers and dots, as inet_pton has them: no leading zero. */
static bool
v4_parse(struct slice s, uint8_t *b)
{
	const char *p = s.p, *end = s.p + s.n;
	unsigned val;
	size_t i;

	for (i = 0; i < 4; i++) {
		if (i > 0 && (p == end || *p++ != '.'))
			return false;
		if (p == end || !ascii_digit(*p))
			return false;
		val = (unsigned)(*p++ - '0');
		for (; p < end && ascii_digit(*p); p++)
			if (val == 0 || (val = val * 10 +
			    (unsigned)(*p - '0')) > 255)
				return false;
		b[i] = (uint8_t)val;
	}
	return p == end;
}

/* The first number of an IPv6 address has four digits at most. */
static bool
may_be_v6(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n && i < 5; i++)
		if (s.p[i] == ':')
			return true;
	return false;
}

/* Most of what is asked about is a host's name: its first byte tells. */
bool
ip_parse(struct slice s, struct ip *ip)
{
	struct ip r;
	bool v6;

	if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
		s = sl_first(sl_from(s, 1), s.n - 2);
	if (s.n == 0)
		return false;
	memcpy(r.b, mapped, sizeof(mapped));
	if (ascii_digit(s.p[0]) && v4_parse(s, r.b + sizeof(mapped))) {
		*ip = r;
		return true;
	}
	v6 = (s.p[0] | 0x20) == 'i' && sl_istarts(s, SL("IPv6:"));
	if (v6)
		s = sl_from(s, 5);
	if (s.n == 0 || s.n >= IP_TEXT ||
	    (ascii_hex(s.p[0]) == -1 && s.p[0] != ':') ||
	    (!v6 && !may_be_v6(s)) || !v6_parse(s, r.b))
		return false;
	*ip = r;
	return true;
}

bool
ip_is_set(const struct ip *ip)
{
	static const struct ip none;

	return !ip_eq(ip, &none);
}

bool
ip_is_v4(const struct ip *ip)
{
	return memcmp(ip->b, mapped, sizeof(mapped)) == 0;
}

bool
ip_eq(const struct ip *a, const struct ip *b)
{
	return ip_cmp(a, b) == 0;
}

int
ip_cmp(const struct ip *a, const struct ip *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

/* Four numbers and dots; by hand, as every message has some. */
static const char *
v4_str(const uint8_t *b, char *p)
{
	char *begin = p;
	size_t i;

	for (i = 0; i < 4; i++) {
		if (b[i] >= 100)
			*p++ = (char)('0' + b[i] / 100);
		if (b[i] >= 10)
			*p++ = (char)('0' + b[i] / 10 % 10);
		*p++ = (char)('0' + b[i] % 10);
		*p++ = i < 3 ? '.' : '\0';
	}
	return begin;
}

const char *
ip_str(const struct ip *ip, char buf[IP_TEXT])
{
	if (ip_is_v4(ip))
		return v4_str(ip->b + sizeof(mapped), buf);
	/* It cannot fail: the family is known and the room is enough. */
	return inet_ntop(AF_INET6, ip->b, buf, IP_TEXT);
}

bool
ip_is_private(const struct ip *ip)
{
	return ip_is_loopback(ip) ||
	    any_has(inside, sizeof(inside) / sizeof(inside[0]), ip);
}

bool
ip_is_loopback(const struct ip *ip)
{
	return any_has(loopback, sizeof(loopback) / sizeof(loopback[0]), ip);
}

/* "255.255.240.0" is 20.  A mask with a hole is no mask. */
static bool
mask_bits(struct slice s, unsigned *bits)
{
	uint8_t b[4];
	uint32_t m;

	if (!v4_parse(s, b))
		return false;
	m = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
	    (uint32_t)b[2] << 8 | b[3];
	if ((~m & (~m + 1)) != 0)
		return false;
	for (*bits = 0; m != 0; m <<= 1)
		++*bits;
	return true;
}

/* What follows the address: 24, or a mask where IPv4 has one. */
static bool
net_bits(struct slice s, bool v4, char sep, unsigned *bits)
{
	uint64_t n;

	if (v4 && mask_bits(s, bits)) {
		*bits += 96;
		return true;
	}
	if (sep != '/' || !sl_num(s, v4 ? 32 : 128, &n))
		return false;
	*bits = (unsigned)n + (v4 ? 96 : 0);
	return true;
}

bool
ipnet_parse(struct slice s, struct ipnet *net)
{
	struct ipnet r = { .bits = 128 };
	struct slice ip;
	size_t i;

	for (i = 0; i < s.n && s.p[i] != '/' && s.p[i] != ';'; i++)
		;
	ip = sl_first(s, i);
	if (!ip_parse(sl_trim(ip), &r.ip))
		return false;
	if (i < s.n && !net_bits(sl_trim(sl_from(s, i + 1)), ip_is_v4(&r.ip),
	    s.p[i], &r.bits))
		return false;
	for (i = r.bits; i < 128; i++)
		r.ip.b[i / 8] &= (uint8_t)~(0x80 >> i % 8);
	*net = r;
	return true;
}

bool
ipnet_has(const struct ipnet *net, const struct ip *ip)
{
	size_t whole = net->bits / 8, odd = net->bits % 8;

	if (memcmp(net->ip.b, ip->b, whole) != 0)
		return false;
	return odd == 0 ||
	    ((net->ip.b[whole] ^ ip->b[whole]) >> (8 - odd)) == 0;
}

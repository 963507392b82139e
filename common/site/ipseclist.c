#include <string.h>

#include "site/ipseclist.h"

#define WORD		4		/* bytes */
#define HEAD		6		/* words */
#define SUBLIST		5
#define OFFSET		0x80000000u
#define FAMILY		2		/* AF_INET, where it was written */

struct blob {
	const unsigned char *p;
	size_t		 n;		/* words */
};

static int
unhex(struct arena *a, struct slice s, struct blob *out)
{
	unsigned char *b = arena_alloc(a, s.n / 2 + 1);
	size_t i;

	for (i = 0; i + 1 < s.n; i += 2) {
		int hi = ascii_hex(s.p[i]), lo = ascii_hex(s.p[i + 1]);

		if (hi == -1 || lo == -1)
			return -1;
		b[i / 2] = (unsigned char)(hi << 4 | lo);
	}
	*out = (struct blob){ b, s.n / 2 / WORD };
	return s.n % 2 != 0 ? -1 : s.n / 2 % WORD != 0 ? -2 : 0;
}

static uint32_t
word(const struct blob *b, size_t i)
{
	const unsigned char *p = b->p + WORD * i;

	return i >= b->n ? 0 : (uint32_t)p[0] | (uint32_t)p[1] << 8 |
	    (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The bits of a mask; -1 when they are not all in front. */
static int
bits_of(const unsigned char *p)
{
	uint32_t m = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | (uint32_t)p[3];
	int n = 0;

	while (n < 32 && (m & 0x80000000u >> n) != 0)
		n++;
	return n == 32 || m << n == 0 ? n : -1;
}

/* The entries of one mask, at word `at`. */
static int
read_entries(struct arena *a, const struct blob *b, size_t at, size_t n,
    struct ipseclist *out, size_t *cap)
{
	int bits = bits_of(b->p + WORD * at);
	size_t i;

	if (bits == -1)
		return -2;
	for (i = 1; i < n; i++) {
		struct ipnet net = { .bits = 96 + (unsigned)bits };

		if (word(b, at + i) == 0 && bits == 32)
			continue;
		memset(net.ip.b + 10, 0xff, 2);
		memcpy(net.ip.b + 12, b->p + WORD * (at + i), WORD);
		*(struct ipnet *)arena_more(a, &out->v, &out->n, cap,
		    sizeof(net)) = net;
	}
	return 0;
}

/* A list of networks at word `at`; *data moves behind its entries. */
static int
read_list(struct arena *a, const struct blob *b, size_t at, size_t *data,
    struct ipseclist *out)
{
	uint64_t masks = word(b, at), left = word(b, at + 1);
	size_t i, n, cap = out->n;

	for (i = 0, at += 2; i < masks; i++, at += SUBLIST) {
		n = word(b, at + 1);
		if (word(b, at) != FAMILY || n == 0 || n - 1 > left ||
		    word(b, at + 2) != WORD || word(b, at + 3) != 0 ||
		    word(b, at + 4) != (OFFSET | (uint32_t)(*data * WORD)) ||
		    n > b->n - *data ||
		    read_entries(a, b, *data, n, out, &cap) != 0)
			return -2;
		*data += n;
		left -= n - 1;
	}
	return left == 0 ? 0 : -2;
}

int
ipseclist_read(struct arena *a, struct slice hex, struct ipseclist *out)
{
	struct blob b;
	size_t at[4], i, data = HEAD;
	uint64_t masks[2];
	int r = unhex(a, hex, &b);

	*out = (struct ipseclist){ .n = 0 };
	if (r != 0)
		return r;
	for (i = 0; i < 4; i++) {
		at[i] = data;
		if (word(&b, i) != (OFFSET | (uint32_t)(data * WORD)))
			return -2;
		if (i < 2)
			masks[i] = word(&b, data);
		else if (word(&b, data) != 0 || word(&b, data + 1) != 0)
			return -2;
		data += 2;
		if (i < 2 && masks[i] > b.n)
			return -2;
		data += i < 2 ? SUBLIST * (size_t)masks[i] : 0;
		if (data > b.n)
			return -2;
	}
	if (word(&b, HEAD - 1) != data * WORD ||
	    (masks[0] > 0 && masks[1] > 0))
		return -2;
	out->deny = masks[1] == 0;
	if (read_list(a, &b, at[0], &data, out) != 0 ||
	    read_list(a, &b, at[1], &data, out) != 0)
		return -2;
	return data == b.n ? 0 : -2;
}

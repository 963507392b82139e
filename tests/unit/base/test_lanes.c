#include <check.h>
#include <stdbool.h>

#include "base/lanes.h"

#define N	(sizeof(lanes))

static char bytes[N];

/* The bits that a test should give: one for each byte of that kind. */
static unsigned
bits_of(bool (*is)(unsigned char c))
{
	unsigned bits = 0, i;

	for (i = 0; i < N; i++)
		bits |= (unsigned)is((unsigned char)bytes[i]) << i;
	return bits;
}

static bool
is_high(unsigned char c)
{
	return c >= 0x80;
}
static bool
is_at(unsigned char c)
{
	return c == '@';
}
static bool
is_low(unsigned char c)
{
	return c >= 'a' && c <= 'z';
}
static bool
is_last(unsigned char c)
{
	return c >= 0xfe;
}

START_TEST(each_byte_is_compared_for_itself)
{
	unsigned c, i;
	lanes v;

	for (c = 0; c < 256; c++) {
		for (i = 0; i < N; i++)
			bytes[i] = (char)(c + i * (i % 3));
		v = lanes_load(bytes);
		ck_assert_uint_eq(lanes_bits(v), bits_of(is_high));
		ck_assert_uint_eq(lanes_bits(lanes_are(v, '@')),
		    bits_of(is_at));
		ck_assert_uint_eq(lanes_bits(lanes_in(v, 'a', 'z')),
		    bits_of(is_low));
		ck_assert_uint_eq(lanes_bits(lanes_in(v, 0xfe, 0xff)),
		    bits_of(is_last));
	}
}
END_TEST

START_TEST(behind_the_last_bytes_are_zeros)
{
	lanes v;
	size_t n;

	memset(bytes, 'x', sizeof(bytes));
	for (n = 0; n < N; n++) {
		v = lanes_last(n == 0 ? NULL : bytes + N - n, n);
		ck_assert_uint_eq(lanes_bits(lanes_are(v, 'x')),
		    (1u << n) - 1);
		ck_assert_uint_eq(lanes_bits(lanes_are(v, '\0')),
		    0xffffu & ~((1u << n) - 1));
	}
}
END_TEST

Suite *suite(void);

Suite *
suite(void)
{
	Suite *s = suite_create("lanes");
	TCase *tc = tcase_create("lanes");

	tcase_add_test(tc, each_byte_is_compared_for_itself);
	tcase_add_test(tc, behind_the_last_bytes_are_zeros);
	suite_add_tcase(s, tc);
	return s;
}

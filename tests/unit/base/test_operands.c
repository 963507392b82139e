#include <check.h>
#include <stdlib.h>

#include "base/operands.h"

Suite	*suite(void);

/* All names, each in brackets. */
static const char *
names(char *const argv[], struct slice in, bool nul)
{
	static char got[256];
	FILE *f = fmemopen((void *)(uintptr_t)in.p, in.n, "r");
	struct operands o;
	const char *name;
	size_t n = 0;

	got[0] = '\0';
	operands_init(&o, argv, f, nul);
	while ((name = operands_next(&o)) != NULL)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "[%s]", name);
	operands_free(&o);
	fclose(f);
	return got;
}

START_TEST(the_command_line_has_them)
{
	ck_assert_str_eq(names((char *[]){ (char[]){ "a" }, (char[]){ "-" },
	    NULL }, SL("x\n"), false), "[a][-]");
}
END_TEST

START_TEST(a_dash_alone_reads_lines)
{
	ck_assert_str_eq(names((char *[]){ (char[]){ "-" }, NULL },
	    SL("a b\n\nc"), false), "[a b][c]");
}
END_TEST

START_TEST(or_what_ends_in_nul)
{
	ck_assert_str_eq(names((char *[]){ (char[]){ "-" }, NULL },
	    SL("a\nb\0\0c\0"), true), "[a\nb][c]");
}
END_TEST

START_TEST(what_is_too_long_is_cut)
{
	struct operands o;
	char *big = malloc(3 * OPERAND_MAX);
	char *argv[] = { (char[]){ "-" }, NULL };
	FILE *f;

	memset(big, 'x', 3 * OPERAND_MAX);
	big[3 * OPERAND_MAX - 2] = '\n';
	f = fmemopen(big, 3 * OPERAND_MAX, "r");
	operands_init(&o, argv, f, false);
	ck_assert_uint_eq(strlen(operands_next(&o)), OPERAND_MAX);
	ck_assert_str_eq(operands_next(&o), "x");
	ck_assert_ptr_null(operands_next(&o));
	operands_free(&o);
	fclose(f);
	free(big);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("operands");
	TCase *tc = tcase_create("operands");

	tcase_add_test(tc, the_command_line_has_them);
	tcase_add_test(tc, a_dash_alone_reads_lines);
	tcase_add_test(tc, or_what_ends_in_nul);
	tcase_add_test(tc, what_is_too_long_is_cut);
	suite_add_tcase(s, tc);
	return s;
}

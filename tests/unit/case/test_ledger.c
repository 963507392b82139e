#include "casebox.h"

static void
add(struct casefile *c, const char *verb, const char *what)
{
	struct ledger_row row = { .verb = sl(verb), .what = sl(what),
	    .args = SL("spoolmark -c case.db x"), .result = SL("ok") };
	struct err err = { 0 };

	ck_assert_msg(ledger_add(c, &row, &err) == 0, "%s", err.msg);
}

static void
three_rows(uint8_t head[32])
{
	struct casefile *c = box_open(CASE_CREATE);
	struct err err;
	int64_t id;

	add(c, "scan", "/srv/Imcdata");
	add(c, "mark", "k3f9a1c2");
	add(c, "rotate", "/srv/Imcdata");
	ck_assert_int_eq(ledger_head(c, &id, head, &err), 0);
	ck_assert_int_eq(id, 3);
	box_close(c);
}

static int
verify(const uint8_t *head, char why[512])
{
	struct casefile *c = box_open(CASE_READ);
	struct err err = { 0 };
	int64_t rows;
	int r = ledger_verify(c, head, &rows, &err);

	snprintf(why, 512, "%s", err.msg);
	box_close(c);
	return r;
}

START_TEST(a_ledger_that_nobody_touched_verifies)
{
	uint8_t head[32];
	char why[512];

	three_rows(head);
	ck_assert_msg(verify(NULL, why) == 1, "%s", why);
	ck_assert_msg(verify(head, why) == 1, "%s", why);
}
END_TEST

static const char *const refused[] = {
	"UPDATE ledger SET who = 'nobody' WHERE id = 2",
	"DELETE FROM ledger WHERE id = 3",
	"DELETE FROM ledger",
	"INSERT OR REPLACE INTO ledger SELECT id, at, 'nobody', host, tool,"
	    " version, args, verb, what, result, hash FROM ledger"
	    " WHERE id = 2",
	"REPLACE INTO ledger (id, at, who, host, tool, version, verb, hash)"
	    " VALUES (1, '', '', '', '', '', '', x'00')",
	"INSERT INTO ledger (id, at, who, host, tool, version, verb, hash)"
	    " VALUES (9, '', '', '', '', '', '', x'00')",
	"INSERT INTO ledger (at, who, host, tool, version, verb, hash)"
	    " VALUES ('', '', '', '', '', '', x'00')",
	"INSERT INTO ledger (id, at, who, host, tool, version, verb, hash)"
	    " VALUES (3, '', '', '', '', '', '', x'00')"
	    " ON CONFLICT (id) DO UPDATE SET who = 'nobody'",
};

START_TEST(the_ledger_refuses_all_but_its_next_row)
{
	uint8_t head[32];
	char why[512], said[256];

	three_rows(head);
	ck_assert_int_ne(box_sql(refused[_i], said), SQLITE_OK);
	ck_assert_ptr_nonnull(strstr(said, "ledger"));
	ck_assert_msg(verify(head, why) == 1, "%s", why);
}
END_TEST

static const struct {
	const char	*sql, *says;
} found[] = {
	{ "DROP TRIGGER ledger_update; UPDATE ledger SET who = 'nobody'"
	    " WHERE id = 2", "row 2" },
	{ "DROP TRIGGER ledger_update; UPDATE ledger SET args = what,"
	    " what = args WHERE id = 1", "row 1" },
	{ "DROP TRIGGER ledger_delete; DELETE FROM ledger WHERE id = 2",
	    "no row 2" },
	{ "INSERT INTO ledger SELECT 4, at, who, host, tool, version, args,"
	    " verb, what, result, hash FROM ledger WHERE id = 3", "row 4" },
	{ "UPDATE meta SET value = '00000000-0000-4000-8000-000000000000'"
	    " WHERE key = 'uuid'", "row 1" },
};

START_TEST(a_ledger_that_was_changed_does_not_verify)
{
	uint8_t head[32];
	char why[512], said[256];

	three_rows(head);
	ck_assert_msg(box_sql(found[_i].sql, said) == SQLITE_OK, "%s", said);
	ck_assert_int_eq(verify(NULL, why), 0);
	ck_assert_msg(strstr(why, found[_i].says) != NULL, "%s", why);
}
END_TEST

START_TEST(a_cut_tail_is_found_by_a_head_printed_before)
{
	uint8_t head[32];
	char why[512], said[256];

	three_rows(head);
	ck_assert_int_eq(box_sql("DROP TRIGGER ledger_delete; "
	    "DELETE FROM ledger WHERE id = 3", said), SQLITE_OK);
	ck_assert_int_eq(verify(NULL, why), 1);
	ck_assert_int_eq(verify(head, why), 0);
	ck_assert_msg(strstr(why, "cut off") != NULL, "%s", why);
}
END_TEST

START_TEST(a_row_goes_with_the_transaction_it_is_in)
{
	struct casefile *c = box_open(CASE_CREATE);
	struct err err = { 0 };
	uint8_t head[32];
	int64_t id;

	ck_assert_int_eq(case_begin(c, &err), 0);
	add(c, "scan", "x");
	case_rollback(c);
	ck_assert_int_eq(ledger_head(c, &id, head, &err), 0);
	ck_assert_int_eq(id, 0);
	box_close(c);
}
END_TEST

static int
count_and_stop(void *ctx, const struct ledger_row *row, struct err *err)
{
	int *n = ctx;

	ck_assert(row->at.n == 20 && row->who.n > 0 && row->host.n > 0);
	ck_assert(sl_eq(row->tool, SL("test_ledger")));
	return ++*n == 2 ? err_set(err, ERR_LIMIT, "enough") : 0;
}

START_TEST(the_walk_gives_who_and_when_and_can_be_stopped)
{
	struct err err = { 0 };
	struct casefile *c;
	uint8_t head[32];
	int n = 0;

	three_rows(head);
	c = box_open(CASE_READ);
	ck_assert_int_eq(ledger_read(c, count_and_stop, &n, &err), -1);
	ck_assert_int_eq(n, 2);
	box_close(c);
}
END_TEST

Suite *suite(void);
Suite *
suite(void)
{
	Suite *s = suite_create("ledger");
	TCase *t = tcase_create("ledger");

	tcase_add_checked_fixture(t, box_setup, box_teardown);
	tcase_add_test(t, a_ledger_that_nobody_touched_verifies);
	tcase_add_loop_test(t, the_ledger_refuses_all_but_its_next_row, 0,
	    sizeof(refused) / sizeof(refused[0]));
	tcase_add_loop_test(t, a_ledger_that_was_changed_does_not_verify, 0,
	    sizeof(found) / sizeof(found[0]));
	tcase_add_test(t, a_cut_tail_is_found_by_a_head_printed_before);
	tcase_add_test(t, a_row_goes_with_the_transaction_it_is_in);
	tcase_add_test(t, the_walk_gives_who_and_when_and_can_be_stopped);
	suite_add_tcase(s, t);
	return s;
}

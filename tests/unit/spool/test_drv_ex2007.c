#include "spoolbox.h"

#define GOOD	"ex2007/good-roles/TransportRoles"
#define ODD	"ex2007/odd-exports"
#define BAD	"ex2007/bad-exports"

static const struct expect messages[] = {
	{ GOOD, "Replay/one.eml", 0, "replay", "zoe@example.net",
	    "bob@example.org", PROV_XBLOCK, "Received: ", NULL },
	{ GOOD, "Pickup/two.eml", 0, "pickup", NULL, NULL, PROV_NONE,
	    "From: ", NULL },
	{ GOOD, "Replay/three.bad", 0, "replay/bad", "<>", "bob@example.org",
	    PROV_XBLOCK, "Received: ", "refused by the server" },
	{ GOOD, "Replay/four.tmp", 0, "replay/tmp", "zoe@example.net",
	    "carol@example.org", PROV_XBLOCK, "Received: ",
	    "taken by the server" },
	{ ODD, "both.eml", 0, ".", "zoe@example.net", "bob@example.org",
	    PROV_XBLOCK, "Received: ", "several messages" },
	{ ODD, "both.eml", 1, ".", "zoe@example.net", "carol@example.org",
	    PROV_STREAM, "Received: ", "behind another message" },
	{ ODD, "snapshot.eml", 0, ".", "zoe@example.net", "bob@example.org",
	    PROV_XBLOCK, "Received: ", "pipeline tracing" },
	{ BAD, "forged.eml", 0, ".", "zoe@example.net", "bob@example.org",
	    PROV_XBLOCK, "Received: ", NULL },
	{ BAD, "marked.eml", 0, ".", "zoe@example.net", "bob@example.org",
	    PROV_XBLOCK, "X-Receiver: <victim@example.com>", NULL },
};

START_TEST(exported_messages_are_read_with_what_they_say)
{
	check_message(&messages[_i], "ex2007");
}
END_TEST

START_TEST(the_database_is_no_entry_and_joined_exports_are_two)
{
	check_counts(GOOD, "ex2007", 4, 4);
	check_counts(ODD, "ex2007", 2, 3);
	check_counts(BAD, "ex2007", 2, 2);
}
END_TEST

START_TEST(injected_lines_give_client_and_account)
{
	static const struct {
		const char *path, *ip;
	} files[] = {
		{ "Replay/one.eml", "192.0.2.36" },
		{ "Replay/three.bad", NULL },
	};
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool *sp = box_one(FIXTURES GOOD, "ex2007");
	char buf[IP_TEXT];
	struct spool_entry e;
	struct spool_msg m;
	struct err err;

	ck_assert(box_find(sp, files[_i].path, &e));
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, &m, &err), 1);
	ck_assert_int_eq(ip_is_set(&m.client), files[_i].ip != NULL);
	if (files[_i].ip != NULL)
		ck_assert_str_eq(ip_str(&m.client, buf), files[_i].ip);
	ck_assert(sl_eq(m.helo, SL("mx.example.net")));
	ck_assert(sl_eq(m.account, SL("acct@example.org")));
	ck_assert(sl_eq(m.note, SL("SMTP:Default MBX-01")));
	ck_assert_uint_eq(m.part, 0);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

START_TEST(parts_cover_the_file_without_a_gap)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool *sp = box_one(FIXTURES ODD, "ex2007");
	struct spool_entry e;
	struct spool_msg m;
	struct stat st;
	struct err err;
	uint64_t at = 0;
	unsigned part = 0;

	ck_assert(box_find(sp, "both.eml", &e));
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	while (spool_load(rd, &m, &err) == 1) {
		ck_assert_uint_eq(m.part, ++part);
		ck_assert_uint_eq(m.offset, at);
		at += m.size;
	}
	ck_assert_int_eq(stat(FIXTURES ODD "/both.eml", &st), 0);
	ck_assert_uint_eq(at, (uint64_t)st.st_size);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_ex2007");
	TCase *tc = tcase_create("ex2007");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, exported_messages_are_read_with_what_they_say,
	    0, NITEMS(messages));
	tcase_add_test(tc,
	    the_database_is_no_entry_and_joined_exports_are_two);
	tcase_add_loop_test(tc, injected_lines_give_client_and_account, 0, 2);
	tcase_add_test(tc, parts_cover_the_file_without_a_gap);
	suite_add_tcase(s, tc);
	return s;
}

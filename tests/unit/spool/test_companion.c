#include "spoolbox.h"

/* Each fixture is its own format's and no other's. */
static const struct {
	const char	*path, *format;
} trees[] = {
	{ "iis/good-mailroot", "iis" },
	{ "iis/bad-badmail/Badmail", "iis" },
	{ "ims55/good-imcdata", "ims55" },
	{ "ims55/bad-imcdata", "ims55" },
	{ "ims55/odd-lone-folder/In", "ims55" },
	{ "ex2007/good-roles/TransportRoles", "ex2007" },
	{ "ex2007/odd-exports", "ex2007" },
	{ "eml", "eml" },
	{ "wild", "eml" },
	{ "smartermail/good-spool", "smartermail" },
	{ "smartermail/good-spool/SubSpool0", "smartermail" },
	{ "smartermail/good-spool/proc", "smartermail" },
	{ "smartermail/odd-spool", "smartermail" },
	{ "smartermail/bad-spool", "smartermail" },
	{ "imail/good-spool", "imail" },
	{ "imail/odd-spool", "imail" },
	{ "imail/bad-spool", "imail" },
	{ "mailenable/good-queues", "mailenable" },
	{ "mailenable/good-queues/SMTP/Outgoing", "mailenable" },
	{ "mailenable/bad-outgoing", "mailenable" },
	{ "mailsite/good-spool", "mailsite" },
	{ "mailsite/good-spool/Incoming", "mailsite" },
	{ "mailsite/bad-incoming", "mailsite" },
	{ "xmail/good-spool", "xmail" },
	{ "xmail/good-spool/0", "xmail" },
	{ "xmail/good-spool/0/1", "xmail" },
	{ "xmail/good-spool/0/1/mess", "xmail" },
	{ "xmail/good-spool/local", "xmail" },
	{ "xmail/bad-spool", "xmail" },
	{ "mdaemon/good-queues", "mdaemon" },
	{ "mdaemon/good-queues/Remote", "mdaemon" },
	{ "mdaemon/good-queues/Raw", "mdaemon" },
	{ "mdaemon/bad-remote", "mdaemon" },
	{ "kerio/good-store", "kerio" },
	{ "kerio/good-store/queue/00", "kerio" },
	{ "kerio/bad-queue", "kerio" },
	{ "hmailserver/good-data", "hmailserver" },
	{ "hmailserver/bad-data", "hmailserver" },
};

START_TEST(each_fixture_is_known_as_what_it_is)
{
	char path[256];

	snprintf(path, sizeof(path), FIXTURES "%s", trees[_i].path);
	spool_close(box_one(path, trees[_i].format));
}
END_TEST

/* Load the entry of the one spool in the box. */
static void
load(const char *path, const char *format, struct spool_msg *m)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool *sp = box_one(box("s"), format);
	struct spool_entry e;
	struct err err;

	ck_assert(box_find(sp, path, &e));
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, m, &err), 1);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}

START_TEST(a_huge_companion_is_read_to_the_limit)
{
	struct buf b = { 0 };
	struct spool_msg m;
	size_t i;

	buf_add(&b, SL("Qx\nS<zoe@example.net>\n"));
	for (i = 0; b.n < SPOOL_READ_MAX + 100; i++)
		buf_fmt(&b, "R<%0100zu@example.org>\n", i);
	box_text("s/D0123456789.SMD", "Subject: x\n\n");
	box_put("s/Q0123456789.SMD", buf_sl(&b));
	load("D0123456789.SMD", "imail", &m);
	ck_assert(has_problem(&m, "the envelope file is beyond the limit"));
	ck_assert(has_problem(&m, "ends within a line"));
	ck_assert(m.has_sender);
	ck_assert_uint_gt(m.nrcpts, 9000);
	for (i = 0; i < m.nrcpts; i++)
		ck_assert_uint_eq(m.rcpts[i].addr.spec.n, 112);
	buf_free(&b);
}
END_TEST

START_TEST(no_more_recipients_are_kept_than_the_limit)
{
	struct buf b = { 0 };
	struct spool_msg m;
	size_t i;

	buf_add(&b, SL("Written\n\n"));
	for (i = 0; i < SPOOL_RCPT_MAX + 10; i++)
		buf_fmt(&b, "u%zu@example.org,", i);
	buf_add(&b, SL("\n\n"));
	box_text("s/1.eml", "Subject: x\n\n");
	box_put("s/1.hdr", buf_sl(&b));
	load("1.eml", "smartermail", &m);
	ck_assert(m.has_sender && m.sender.null);
	ck_assert_uint_eq(m.nrcpts, SPOOL_RCPT_MAX);
	ck_assert(has_problem(&m, "more recipients than are kept"));
	buf_free(&b);
}
END_TEST

/* A link in the place of a companion is neither followed nor forgotten. */
START_TEST(a_link_is_no_companion)
{
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;

	box_text("s/1.eml", "Subject: x\n\n");
	box_text("s/2.eml", "Subject: x\n\n");
	box_text("s/2.hdr", "Written\n\n");
	ck_assert_int_eq(symlink("/etc/passwd", box("s/1.hdr")), 0);
	load("1.eml", "smartermail", &m);
	ck_assert(has_problem(&m, "the envelope file is missing"));
	sp = box_one(box("s"), "smartermail");
	ck_assert(box_find(sp, "1.hdr", &e));
	ck_assert_str_eq(e.refused, "a link");
	spool_entry_done(&e);
	spool_close(sp);
}
END_TEST

/* Half an address, or another line, is no address. */
static const struct {
	const char	*line;
	const char	*spec;		/* NULL: refused; "" is null */
} senders[] = {
	{ "S<a@example.org>", "a@example.org" },
	{ "Sa@EXAMPLE.org", "a@example.org" },
	{ "S<a@example.org> SIZE=100 BODY=8BITMIME", "a@example.org" },
	{ "S<@relay.example:a@example.org>", "a@example.org" },
	{ "Spostmaster", "postmaster" },
	{ "S<>", "" },
	{ "S", "" },
	{ "Sauth: a@example.org", NULL },
	{ "Sa@example.org, b@example.org", NULL },
	{ "Sa@example.org b@example.org", NULL },
	{ "Snobody", NULL },
	{ "S<a@>", NULL },
	{ "S\x93\xfc\x80", NULL },
};

START_TEST(a_sender_is_taken_when_it_is_an_address)
{
	const char *spec = senders[_i].spec;
	struct buf b = { 0 };
	struct spool_msg m;

	buf_fmt(&b, "Qx\n%s\nR<b@example.org>\n", senders[_i].line);
	box_text("s/D0123456789.SMD", "Subject: x\n\n");
	box_put("s/Q0123456789.SMD", buf_sl(&b));
	load("D0123456789.SMD", "imail", &m);
	ck_assert_int_eq(m.has_sender, spec != NULL);
	ck_assert_int_eq(m.nproblems, spec == NULL);
	if (spec != NULL) {
		ck_assert_int_eq(m.sender.null, spec[0] == '\0');
		ck_assert(sl_eq(m.sender.spec, sl(spec)));
	}
	ck_assert_uint_eq(m.nrcpts, 1);
	buf_free(&b);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("companion");
	TCase *tc = tcase_create("companion");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, each_fixture_is_known_as_what_it_is, 0,
	    NITEMS(trees));
	tcase_add_test(tc, a_huge_companion_is_read_to_the_limit);
	tcase_add_test(tc, no_more_recipients_are_kept_than_the_limit);
	tcase_add_test(tc, a_link_is_no_companion);
	tcase_add_loop_test(tc, a_sender_is_taken_when_it_is_an_address, 0,
	    NITEMS(senders));
	suite_add_tcase(s, tc);
	return s;
}

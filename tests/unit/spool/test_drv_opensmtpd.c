#include "mtabox.h"

#define GOOD	"opensmtpd/good-smtpd"
#define BAD	"opensmtpd/bad-smtpd"
#define HOST	" client 203.0.113.9; name host.example.net;" \
	" helo client.example.net;"
#define TRIED	" note tried once;"
#define TRACE	"Received: from client.example.net (host.example.net" \
	" [203.0.113.9])\n\tby mail.example.org (OpenSMTPD) with ESMTP" \
	" id 0a1b2c01\n\tfor <bob@example.net>;\n" \
	"\tMon, 5 Jan 2004 01:02:03 +0000 (UTC)\n" \
	"From: Alice <alice@example.org>\n"

static const struct queued messages[] = {
	/* OS-1, OS-2, OS-4, OS-5 */
	{ GOOD, "queue/0a/0a1b2c01/message", "queue: alice@example.org>"
	    " bob@example.net ORCPT=rfc822;bob@example.net"
	    " NOTIFY=SUCCESS,FAILURE,DELAY '450 4.2.0 try later';"
	    " carol@example.net was sales@example.org NOTIFY=NEVER;"
	    " gone@example.net:bounced '550 5.1.1 no such user';" HOST
	    " account alice; ret FULL; envid q+2B2;" TRIED,
	    TRACE "Subject: several\n\none\n.two\n", NULL },
	/* OS-3, OS-6, OS-7 */
	{ GOOD, "queue/5f/5f000002/message", "queue: <>> alice@example.org;"
	    " note a report of this server; tried once;",
	    "Received: from mail.example.org (mail.example.org [local])\n"
	    "\tby mail.example.org (OpenSMTPD) with ESMTPA id 5f000002\n"
	    "\tfor <alice@example.org>;\n"
	    "\tMon, 5 Jan 2004 01:02:03 +0000 (UTC)\n"
	    "Subject: Delivery status notification: failed\n"
	    "From: Mailer Daemon <MAILER-DAEMON@mail.example.org>\n\n"
	    "Sorry.\n", NULL },
	{ GOOD, "queue/5f/5f000003/message", "queue: <>> bob@example.org;"
	    " client 2001:db8::7; helo pc7;" TRIED, NULL, NULL },
	/* OS-2 */
	{ GOOD, "queue/60/60000004/message", "queue: x@example.com>"
	    " bob@example.org;" HOST TRIED, NULL, NULL },
	/* OS-3 */
	{ GOOD, "queue/60/60000005/message", "queue: alice@mail.example.org>"
	    " bob@example.net; note handed in on this server;"
	    " tried once;", NULL, NULL },

	/* OS-6 */
	{ BAD, "queue/01/01000001/message", "queue: x@example.com>"
	    " bob@example.org;" HOST TRIED, NULL,
	    "the compressed message is damaged" },
	{ BAD, "queue/02/02000002/message", "queue: nobody>", NULL,
	    "an envelope file is encrypted or damaged" },
	{ BAD, "queue/03/03000003/0300000300000001", "queue: x@example.com>"
	    " bob@example.org;" HOST TRIED, "", "its message file is missing" },
	{ BAD, "queue/04/04000004/message", "queue: nobody>",
	    TRACE "Subject: none left\n\nx\n",
	    "the envelope names no recipient" },
	{ BAD, "queue/05/05000005/message", "queue: x@example.com>"
	    " bob@example.org; c@example.org;" HOST TRIED, NULL,
	    "an envelope file of a version newer than those that are known" },
	{ BAD, "queue/05/05000005/message", NULL, NULL,
	    "several senders in the envelopes" },
	{ BAD, "queue/05/05000005/message", NULL, NULL,
	    "an address of the envelope is none" },
	{ BAD, "queue/08/08000008/core", "queue: nobody>", "x",
	    "no file of a message" },
	/* OS-1 */
	{ BAD, "incoming/06000006/message", "incoming: x@example.com>"
	    " bob@example.org;" HOST TRIED, "Subject: half",
	    "still being received" },
	{ BAD, "corrupt/07000007/message", NULL, NULL,
	    "an envelope file ends within a line" },
	{ BAD, "corrupt/07000007/message", NULL,
	    TRACE "Subject: corrupt\n\nx\n",
	    "the server set it aside as corrupt" },
	/* OS-8 */
	{ BAD, "offline/1073264523.cut", NULL, "-t|-f",
	    "the first line has no end: no envelope" },
	{ BAD, "offline/1073264523.head", NULL, "To: bob@example.net\n\nx\n",
	    "its recipients are those of its header" },
};

START_TEST(the_files_are_envelope_and_message)
{
	check_queued(&messages[_i], "opensmtpd");
}
END_TEST

START_TEST(a_message_with_its_envelopes_is_one_entry)
{
	check_counts(GOOD, "opensmtpd", 6, 6);
	check_counts(BAD, "opensmtpd", 10, 10);
}
END_TEST

/* OS-1: more envelopes than any other format has companions. */
START_TEST(all_envelopes_belong_to_it)
{
	char name[64], text[256];
	struct spool_entry e;
	struct spool_msg m;
	struct spool_reader *rd;
	struct spool *sp;
	int i;

	box_text("purge/x/message", "");
	box_text("offline/x", "");
	box_text("queue/0a/0a1b2c01/message", "Subject: many\n\n");
	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof(name),
		    "queue/0a/0a1b2c01/0a1b2c01%08x", i);
		snprintf(text, sizeof(text), "version: 3\ntype: mta\n"
		    "sender: @\nrcpt: u%d@example.net\n"
		    "dest: u%d@example.net\n", i, i);
		box_text(name, text);
	}
	sp = box_one(box("."), "opensmtpd");
	rd = load_one(sp, "queue/0a/0a1b2c01/message", &e, &m);
	ck_assert_uint_eq(e.nwith, 100);
	ck_assert_uint_eq(m.nrcpts, 100);
	ck_assert(sl_eq(m.rcpts[99].addr.spec, SL("u99@example.net")));
	ck_assert(sl_eq(m.queue_id, SL("0a1b2c01")));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

/* OS-8: whose file it is says who handed it in. */
/* OS-1: while it is received there is no message yet. */
START_TEST(envelopes_without_a_message_are_one_entry)
{
	static const char *const rcpts[] = { "a", "b", "c" };
	struct spool_reader *rd;
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	char name[64], text[256];
	size_t i;

	box_text("queue/0b/0b1b2c01/message", "Subject: other\n\n");
	box_text("purge/x/message", "");
	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name),
		    "incoming/0a1b2c01/0a1b2c010000000%zu", i);
		snprintf(text, sizeof(text), "version: 3\ntype: mta\n"
		    "sender: s@example.com\ndest: %s@example.net\n",
		    rcpts[i]);
		box_text(name, text);
	}
	sp = box_one(box("."), "opensmtpd");
	rd = load_one(sp, "incoming/0a1b2c01/0a1b2c0100000000", &e, &m);
	ck_assert_uint_eq(m.nrcpts, 3);
	for (i = 0; i < 3; i++)
		ck_assert(sl_starts(m.rcpts[i].addr.spec, sl(rcpts[i])));
	ck_assert_str_eq(m.problems[0], "still being received");
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
	sp = box_one(box("."), "opensmtpd");
	ck_assert(!box_find(sp, "incoming/0a1b2c01/0a1b2c0100000001", &e));
	spool_close(sp);
}
END_TEST

START_TEST(offline_has_its_envelope_in_the_first_line)
{
	struct spool *sp = box_one(FIXTURES GOOD, "opensmtpd");
	struct spool_entry e;
	struct spool_msg m;
	struct spool_reader *rd = load_one(sp, "offline/1073264523.abcdef",
	    &e, &m);

	ck_assert_str_eq(e.folder, "offline");
	ck_assert(sl_eq(m.sender.spec, SL("alice@example.org")));
	ck_assert_uint_eq(m.nrcpts, 2);
	ck_assert(sl_eq(m.rcpts[1].addr.spec, SL("carol@example.net")));
	ck_assert(sl_eq(m.text, SL("Subject: away\n\nx\n")));
	ck_assert(sl_starts(m.note, SL("handed in by uid ")));
	check_bytes(rd, &m);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

/* The file of one message, cut after each 64 bytes. */
static void
cut_each(const char *from, const char *to)
{
	char bytes[4096];
	struct spool_reader *rd;
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	int fd = open(from, O_RDONLY);
	ssize_t n, at;

	ck_assert_int_ne(fd, -1);
	n = read(fd, bytes, sizeof(bytes));
	close(fd);
	ck_assert_int_gt(n, 0);
	for (at = 0; at < n; at += 64) {
		box_put(to, (struct slice){ bytes, (size_t)at });
		sp = box_one(box("."), "opensmtpd");
		rd = load_one(sp, "queue/5f/5f000002/message", &e, &m);
		ck_assert_uint_gt(m.nproblems, 0);
		check_bytes(rd, &m);
		spool_entry_done(&e);
		spool_reader_free(rd);
		spool_close(sp);
		arena_reset(box_msgs);
	}
}

START_TEST(a_compressed_file_cut_anywhere_is_told)
{
	box_text("purge/x", "");
	box_text("offline/x", "");
	box_text("incoming/x", "");
	box_text("queue/5f/5f000002/message", "Subject: x\n\n");
	cut_each(FIXTURES GOOD "/queue/5f/5f000002/5f00000200000001",
	    "queue/5f/5f000002/5f00000200000001");
	box_text("queue/5f/5f000002/5f00000200000001", "");
	cut_each(FIXTURES GOOD "/queue/5f/5f000002/message",
	    "queue/5f/5f000002/message");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_opensmtpd");
	TCase *tc = tcase_create("opensmtpd");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, the_files_are_envelope_and_message, 0,
	    NITEMS(messages));
	tcase_add_test(tc, a_message_with_its_envelopes_is_one_entry);
	tcase_add_test(tc, all_envelopes_belong_to_it);
	tcase_add_test(tc, envelopes_without_a_message_are_one_entry);
	tcase_add_test(tc, offline_has_its_envelope_in_the_first_line);
	tcase_add_test(tc, a_compressed_file_cut_anywhere_is_told);
	suite_add_tcase(s, tc);
	return s;
}

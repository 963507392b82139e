#include <signal.h>
#include <sys/wait.h>

#include "mtabox.h"

#define GOOD	"exim/good-spool"
#define ODD	"exim/odd-spool"
#define BAD	"exim/bad-spool"
#define FAR	" client 192.0.2.33; name far.example.com; helo far;"

static const struct queued messages[] = {
	/* EX-17, EX-25: done in the tree whatever the case of the domain, and
	   in the journal, the last line of which is half */
	{ GOOD, "input/1AdJ2p-0000a1-01-H", "input: alice@example.org>"
	    " bob@example.net:done; carol@example.net:done; dave@example.net"
	    " 'R=dnslookup T=remote_smtp defer (111): Connection refused';"
	    " client 203.0.113.9; name host.example.net;"
	    " helo client.example.net; account alice;", NULL, NULL },
	/* EX-2, EX-15 */
	{ GOOD, "input/p/1AdJ2p-0000a2-02-H", "input: <>> alice@example.org;"
	    " note a report of this server; frozen since"
	    " 2004-01-05T01:03:20Z;", NULL, NULL },
	/* EX-9, EX-12, EX-14, EX-18, EX-19, EX-21 */
	{ GOOD, "input/1AdJ2p-0000a3-03-H", "input: carol@mail.example.org>"
	    " \"john doe\"@example.net ORCPT=rfc822;Sales@example.org"
	    " NOTIFY=SUCCESS,FAILURE; ok@example.net NOTIFY=SUCCESS;"
	    " plain@example.net; ret HDRS; envid QQ+2B1;"
	    " note handed in by carol smith;",
	    "Received: from client.example.net ([203.0.113.9])\n"
	    "\tby mail.example.org with esmtp (Exim 4.96)\n"
	    "\tid 3; Mon, 05 Jan 2004 01:02:03 +0000\n"
	    "From: Carol\nTo: bob@example.net\nSubject: headers replaced\n"
	    "Message-ID: <3@example.net>\n"
	    "Date: Mon, 5 Jan 2004 01:00:00 +0000\nX-Folded: a\n\tb\n\n"
	    "by hand\n", NULL },
	/* EX-3, EX-7 */
	{ GOOD, "slow/input/1AdJ2p-0000a4-04-H", "slow/input:"
	    " zoe@example.net> bob@example.org; client 198.51.100.7;"
	    " name zoe.example.net; helo zoe.example.net;",
	    "Received: from client.example.net ([198.51.100.7])\n"
	    "\tby mail.example.org with esmtp (Exim 4.96)\n"
	    "\tid 4; Mon, 05 Jan 2004 01:02:03 +0000\n"
	    "From: zoe@example.net\nTo: bob@example.org\n"
	    "Subject: wire format\nMessage-ID: <4@example.net>\n"
	    "Date: Mon, 5 Jan 2004 01:00:00 +0000\n\n"
	    "one\ntwo\rthree\n\nfour\n", NULL },
	/* EX-4 */
	{ GOOD, "input/1rXJ2p-00000000aB1-0005-H", "input: x@example.com>"
	    " bob@example.org;" FAR, NULL, NULL },

	/* EX-10, EX-12, EX-13, EX-18: of old */
	{ ODD, "input/1AdJ2p-0000b1-01-H", "input: x@example.com>"
	    " bob@example.org; c@example.org; client 192.0.2.33; helo old;",
	    NULL, NULL },
	/* EX-20 */
	{ ODD, "input/1AdJ2p-0000b2-02-H", "input: x@example.com>"
	    " list@example.org;" FAR
	    " note had by a@example.org m@example.org z@example.org;", NULL,
	    "addresses behind an alias have had it" },
	/* EX-8 */
	{ ODD, "input/1AdJ2p-0000b3-03-D", "input: nobody>", "cut off",
	    "it has no -H file" },
	{ ODD, "input/1AdJ2p-0000b4-04-H", "input: x@example.com>"
	    " bob@example.org;", NULL, "its -D file is missing" },
	{ ODD, "input/1AdJ2p-0000b5-05-J", "input: nobody>", NULL,
	    "what belongs to a message that is not there" },

	{ BAD, "input/1AdJ2p-0000c1-01-H", "input: nobody>", "\nx\n",
	    "the -H file ends too early" },
	{ BAD, "input/1AdJ2p-0000c2-01-H", "input: x@example.com>"
	    " bob@example.org; c@example.org;" FAR, NULL,
	    "a header in the -H file is not as long" },
	{ BAD, "input/1AdJ2p-0000c3-01-H", "input: nobody>", NULL,
	    "the third line of the -H file is no sender" },
	{ BAD, "input/1AdJ2p-0000c4-01-H", "input: x@example.com>", NULL,
	    "the fourth line of the -H file is no time" },
	{ BAD, "input/1AdJ2p-0000c5-01-H", "input: x@example.com>" FAR, NULL,
	    "the tree of the -H file is damaged" },	/* EX-16 */
	{ BAD, "input/1AdJ2p-0000c6-01-H", "input: x@example.com>"
	    " bob@example.org; c@example.org;" FAR, NULL,
	    "fewer recipients than the -H file says" },
	{ BAD, "input/1AdJ2p-0000c7-01-H", NULL, NULL,
	    "a variable of the -H file has no length" },
	{ BAD, "input/1AdJ2p-0000c8-01-H", NULL, NULL,
	    "a variable of the -H file is not as long" },
	{ BAD, "input/1AdJ2p-0000c9-01-H", NULL, NULL,
	    "the -H file says that it is another's" },
	{ BAD, "input/1AdJ2p-0000ca-01-H", "input: nobody>", "\nx\n",
	    "the -H file ends too early" },
	{ BAD, "input/1AdJ2p-0000cb-01-H", NULL, NULL,
	    "the tree of the -H file is damaged" },
};

START_TEST(the_files_are_envelope_and_message)
{
	check_queued(&messages[_i], "exim");
}
END_TEST

START_TEST(the_files_of_a_message_are_one_entry)
{
	check_counts(GOOD, "exim", 5, 5);
	check_counts(ODD, "exim", 5, 5);
	check_counts(BAD, "exim", 11, 11);
}
END_TEST

START_TEST(a_damaged_front_leaves_header_and_body)
{
	struct spool *sp = box_one(FIXTURES BAD, "exim");
	struct spool_entry e;
	struct spool_msg m;
	struct spool_reader *rd = load_one(sp, "input/1AdJ2p-0000c3-01-H", &e,
	    &m);

	ck_assert(sl_starts(m.text, SL("Received: from ")));
	ck_assert(sl_iends(m.text, SL("\n\nx\n")));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

START_TEST(what_belongs_to_a_message_is_listed)
{
	struct spool *sp = box_one(FIXTURES GOOD, "exim");
	struct spool_entry e;

	ck_assert(box_find(sp, "input/1AdJ2p-0000a1-01-H", &e));
	ck_assert_uint_eq(e.nwith, 3);
	ck_assert_str_eq(e.with[0].name, "1AdJ2p-0000a1-01-D");
	ck_assert_str_eq(e.with[1].name, "1AdJ2p-0000a1-01-J");
	ck_assert_str_eq(e.with[2].dir->path, "msglog");
	spool_entry_done(&e);
	ck_assert(box_find(sp, "input/p/1AdJ2p-0000a2-02-H", &e));
	ck_assert_uint_eq(e.nwith, 2);
	ck_assert_str_eq(e.with[1].dir->path, "msglog/p");
	spool_entry_done(&e);
	spool_close(sp);
}
END_TEST

/* EX-7: a CR and its LF in two pieces, and a CR at the end of all. */
START_TEST(wire_format_is_the_same_across_pieces)
{
	enum { BODY = 64 * 1024 - 19 };
	static char d[BODY + 64];
	struct spool_reader *rd;
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;

	box_text("input/1AdJ2p-0000a1-01-H", "1AdJ2p-0000a1-01-H\nx 0 0\n"
	    "<x@example.com>\n1 0\n-spool_file_wireformat\nXX\n1\n"
	    "b@example.org\n\n010  Subject: a\n");
	memset(d, 'y', sizeof(d));
	memcpy(d, "1AdJ2p-0000a1-01-D\n", 19);
	memcpy(d + 64 * 1024 - 1, "\r\nz\r", 4);
	box_put("input/1AdJ2p-0000a1-01-D", (struct slice){ d,
	    64 * 1024 + 3 });
	sp = box_one(box("input"), "exim");
	rd = load_one(sp, "1AdJ2p-0000a1-01-H", &e, &m);
	ck_assert(sl_iends(m.text, SL("yyy\nz\r")));
	check_bytes(rd, &m);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

/* What does not fit in the memory for one message comes behind it, once. */
START_TEST(a_large_message_is_had_piece_by_piece)
{
	static const size_t sizes[] = { SPOOL_READ_MAX - 12,
	    SPOOL_READ_MAX - 11, 3u * SPOOL_READ_MAX + 7 };
	struct buf d = { 0 };
	struct spool_reader *rd;
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	size_t i;

	box_text("input/1AdJ2p-0000a1-01-H", "1AdJ2p-0000a1-01-H\nx 0 0\n"
	    "<x@example.com>\n1 0\nXX\n1\nb@example.org\n\n"
	    "011  Subject: a\n");
	buf_add(&d, SL("1AdJ2p-0000a1-01-D\n"));
	for (i = 0; i < sizes[_i]; i++)
		buf_addc(&d, i % 79 == 78 ? '\n' : (char)('a' + i / 79 % 26));
	box_put("input/1AdJ2p-0000a1-01-D", buf_sl(&d));
	sp = box_one(box("input"), "exim");
	rd = load_one(sp, "1AdJ2p-0000a1-01-H", &e, &m);
	ck_assert_uint_eq(m.size, sizes[_i] + 12);
	ck_assert_int_eq(m.cut, _i > 0);
	check_bytes(rd, &m);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
	buf_free(&d);
}
END_TEST

#define ALONE	"s/input/1AdJ2p-0000a1-01-D"

/* Another process has the first line, as EX-26 says; -1: nobody has. */
static pid_t
lock_by_another(const char *path)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
	    .l_len = 19 };
	int ready[2], fd;
	char c = 0;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	if ((pid = fork()) == 0) {
		fd = open(path, O_RDWR);
		c = fcntl(fd, F_SETLK, &l) == 0;
		if (write(ready[1], &c, 1) == 1)
			pause();
		_exit(1);
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	ck_assert_int_eq(c, 1);
	return pid;
}

/* EX-8, EX-26 */
START_TEST(a_body_that_its_server_has_locked_is_being_received)
{
	struct spool_reader *rd;
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	pid_t pid;

	box_text(ALONE, "1AdJ2p-0000a1-01-D\nhalf");
	box_folders("s/msglog/x");
	pid = lock_by_another(box(ALONE));
	sp = box_one(box("s"), "exim");
	rd = load_one(sp, "input/1AdJ2p-0000a1-01-D", &e, &m);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(has_problem(&m, "still being received"));
	ck_assert(!has_problem(&m, "cut off"));
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

/* It was listed without its -H, which is there now: the next look has it. */
START_TEST(a_body_whose_header_came_meanwhile_is_no_entry)
{
	struct spool_reader *rd = spool_reader_new(box_msgs);
	struct spool_entry e;
	struct spool_msg m;
	struct spool *sp;
	struct err err;

	box_text(ALONE, "1AdJ2p-0000a1-01-D\nhalf");
	box_folders("s/msglog/x");
	sp = box_one(box("s"), "exim");
	ck_assert(box_find(sp, "input/1AdJ2p-0000a1-01-D", &e));
	box_text("s/input/1AdJ2p-0000a1-01-H", "1AdJ2p-0000a1-01-H\n");
	ck_assert_int_eq(spool_start(sp, &e, rd, &err), 0);
	ck_assert_int_eq(spool_load(rd, &m, &err), -1);
	ck_assert_int_eq(err.sys, ENOENT);
	spool_entry_done(&e);
	spool_reader_free(rd);
	spool_close(sp);
}
END_TEST

START_TEST(a_file_cut_anywhere_gives_what_is_left)
{
	static const char *const beside[] = { "db/retry",
	    "input/1AdJ2p-0000a3-03-D", NULL };

	check_cuts(FIXTURES GOOD "/input/1AdJ2p-0000a3-03-H", "input",
	    "1AdJ2p-0000a3-03-H", beside, "exim");
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("drv_exim");
	TCase *tc = tcase_create("exim");

	tcase_add_checked_fixture(tc, box_setup, box_teardown);
	tcase_add_loop_test(tc, the_files_are_envelope_and_message, 0,
	    NITEMS(messages));
	tcase_add_test(tc, the_files_of_a_message_are_one_entry);
	tcase_add_test(tc, a_damaged_front_leaves_header_and_body);
	tcase_add_test(tc, what_belongs_to_a_message_is_listed);
	tcase_add_test(tc, wire_format_is_the_same_across_pieces);
	tcase_add_loop_test(tc, a_large_message_is_had_piece_by_piece, 0, 3);
	tcase_add_test(tc,
	    a_body_that_its_server_has_locked_is_being_received);
	tcase_add_test(tc, a_body_whose_header_came_meanwhile_is_no_entry);
	tcase_add_test(tc, a_file_cut_anywhere_gives_what_is_left);
	suite_add_tcase(s, tc);
	return s;
}

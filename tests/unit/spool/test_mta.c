#include <check.h>

#include "spool/mta.h"

Suite	*suite(void);

#define OWN	"Received: from localhost by mail.example.org id own;\n\tMon\n"

static const struct {
	const char	*text, *id;
} reports[] = {
	{ OWN "\nIt failed.\n\nReceived: from c.example.net\n"
	    "\tby mail.example.org (8.17.1) with ESMTP id parent1;\n"
	    "\tMon, 5 Jan 2004 01:00:00 GMT\nReceived: from x by y id other\n",
	    "parent1" },
	{ OWN "\nReceived: by MAIL.example.org id parent2", "parent2" },
	/* another host's: of a message that did not come by SMTP */
	{ OWN "\nReceived: from a by other.example.net id strange;\n", "" },
	{ OWN "\nReceived: from a by mail.example.org;\n", "" },
	{ OWN "\nReceived:", "" },
	{ OWN "\n> Received: from a by mail.example.org id quoted\n", "" },
	{ OWN, "" },
	{ "Subject: x\n\nReceived: from a by mail.example.org id x\n", "" },
	{ "\n\n", "" },
	{ "", "" },
};

START_TEST(report_names_what_it_is_about)
{
	struct arena *a = arena_new();

	ck_assert_msg(sl_eq(report_about(a, sl(reports[_i].text)),
	    sl(reports[_i].id)), "%s", reports[_i].text);
	arena_free(a);
}
END_TEST

Suite *
suite(void)
{
	Suite *s = suite_create("spool/mta");
	TCase *t = tcase_create("mta");

	tcase_add_loop_test(t, report_names_what_it_is_about, 0,
	    (int)(sizeof(reports) / sizeof(reports[0])));
	suite_add_tcase(s, t);
	return s;
}

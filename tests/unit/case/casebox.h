/* A case in a file of its own, for the tests; gone with the folder. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>
#include <unistd.h>

#include "case/case.h"
#include "case/ledger.h"

static char box_dir[] = "/tmp/casebox.XXXXXX";
static char box_path[64];

static void
box_setup(void)
{
	ck_assert_ptr_nonnull(mkdtemp(box_dir));
	snprintf(box_path, sizeof(box_path), "%s/case.db", box_dir);
}

static void
box_teardown(void)
{
	char cmd[64];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", box_dir);
	ck_assert_int_eq(system(cmd), 0);
	memcpy(box_dir + strlen(box_dir) - 6, "XXXXXX", 6);
}

static struct casefile *
box_open(enum case_mode mode)
{
	struct casefile *c;
	struct err err = { 0 };

	ck_assert_msg(case_open(&c, box_path, mode, &err) == 0, "%s", err.msg);
	return c;
}

static void
box_close(struct casefile *c)
{
	struct err err = { 0 };

	ck_assert_msg(case_close(c, &err) == 0, "%s", err.msg);
}

/* As with the stock shell: 0, or SQLite's complaint in why. */
static int
box_sql(const char *sql, char why[256])
{
	sqlite3 *sq;
	char *msg = NULL;
	int r;

	ck_assert_int_eq(sqlite3_open(box_path, &sq), SQLITE_OK);
	r = sqlite3_exec(sq, sql, NULL, NULL, &msg);
	snprintf(why, 256, "%s", msg == NULL ? "" : msg);
	sqlite3_free(msg);
	sqlite3_close(sq);
	return r;
}

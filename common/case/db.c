#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/ip.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "case/case.h"
#include "case/db.h"
#include "io/broker.h"

#define POLL_NS		100000000		/* between two looks at it */
#define GUARD_OPS	10000		/* virtual instructions between looks */
#define GUARD_LENGTH	(16 * 1024 * 1024)	/* bytes of a value it may make */
#define AHEAD_MOST	(1024 * 1024 * 1024)	/* bytes */
#define IDLE	32		/* queries that are kept for the next time */
/*
 * Pages kept in memory: 32 MB.  Said in KB, SQLite would reckon with the size
 * that pages had before page_size.
 */
#define CACHE_PAGES	2048
#define SMALL_BYTES	1200		/* of a piece of its own small memory; */
#define SMALL_PIECES	1000		/* queries that are kept have many */

struct db {
	sqlite3		*sq;
	char		*path;
	int		 fd;		/* holds the writer's lock; -1: reading */
	struct query	*idle[IDLE];	/* prepared, and not in use */
	size_t		 nidle;
	bool		 guarded;	/* a person's words are being run */
	unsigned	 seconds;	/* that they may take */
	struct timespec	 until;		/* when it is over */
	bool		 overdue;
	const struct db_value *given;	/* row by row */
	size_t		 columns, rows;	/* of it */
};

struct query {
	struct db	*d;
	sqlite3_stmt	*st;
	bool		 keep;		/* it will be asked for again */
};

/* ---- errors ---- */

struct failure {
	int		 code;
	const char	*what;
};

static const struct failure failures[] = {
	{ SQLITE_FULL, "no room on the disk; make some and run it again: "
	    "what was there before is unharmed" },
	{ SQLITE_READONLY, "cannot be written: the file or its folder is "
	    "read-only; copy it to where you may write" },
	{ SQLITE_NOTADB, "not a case: no SQLite file" },
	{ SQLITE_CORRUPT, "damaged; the .recover of sqlite3(1) saves what "
	    "can be saved" },
	{ SQLITE_BUSY, "another program is using it; try again when it is "
	    "done" },
	{ SQLITE_LOCKED, "another program is using it; try again when it is "
	    "done" },
	{ SQLITE_NOMEM, "out of memory" },
	{ SQLITE_TOOBIG, "a value is too big for a case" },
};

/* SQLite names what it was short of when it speaks of the disk. */
static int
db_fail(struct db *d, struct err *err)
{
	int code = sqlite3_errcode(d->sq) & 0xff;
	int sys = sqlite3_system_errno(d->sq);
	size_t i;

	if (code == SQLITE_IOERR && (sys == ENOSPC || sys == EDQUOT))
		code = SQLITE_FULL;
	for (i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].code == code)
			return err_set(err, code == SQLITE_NOTADB ||
			    code == SQLITE_CORRUPT ? ERR_FORMAT : ERR_SYS,
			    "%s: %s", d->path, failures[i].what);
	if ((code == SQLITE_CANTOPEN || code == SQLITE_IOERR) && sys != 0) {
		errno = sys;
		return err_sys(err, "%s", d->path);
	}
	return err_set(err, ERR_FORMAT, "%s: %s", d->path,
	    sqlite3_errmsg(d->sq));
}

/* ---- one writer at a time ---- */

static void
holder_name(pid_t pid, char *out, size_t n)
{
	char path[64];
	FILE *f;
	size_t got = 0;

	snprintf(path, sizeof(path), "/proc/%ld/comm", (long)pid);
	if ((f = fopen(path, "re")) != NULL) {
		got = fread(out, 1, n - 1, f);
		fclose(f);
	}
	while (got > 0 && out[got - 1] == '\n')
		got--;
	out[got] = '\0';
}

/* The kernel's list has a line for each lock: its kind, pid, and file. */
static pid_t
holder(int fd)
{
	unsigned maj, min;
	unsigned long ino;
	char line[256], kind[16];
	struct stat st;
	long pid, found = 0;
	FILE *f;

	if (fstat(fd, &st) == -1 || (f = fopen("/proc/locks", "re")) == NULL)
		return 0;
	while (found == 0 && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%*d: %15s %*s WRITE %ld %x:%x:%lu", kind,
		    &pid, &maj, &min, &ino) == 5 && ino == st.st_ino &&
		    maj == major(st.st_dev) && min == minor(st.st_dev) &&
		    strcmp(kind, "FLOCK") == 0)
			found = pid;
	fclose(f);
	return (pid_t)found;
}

static int
held(struct db *d, struct err *err)
{
	pid_t pid = holder(d->fd);
	char name[32] = "";

	if (pid > 0)
		holder_name(pid, name, sizeof(name));
	if (name[0] == '\0')
		return err_set(err, ERR_SYS, "%s: another program is writing "
		    "to it; waited %d seconds", d->path, CASE_WAIT);
	return err_set(err, ERR_SYS, "%s: %s (process %ld) is writing to it; "
	    "waited %d seconds", d->path, name, (long)pid, CASE_WAIT);
}

/*
 * A lock of ours for as long as the case is open, so that a second writer
 * can be told who has it.  Not by fcntl: SQLite gives up all such locks of
 * the process together with its own.  Where a file system has no locks,
 * SQLite will tell.
 */
static int
writer_lock(struct db *d, struct err *err)
{
	const struct timespec nap = { .tv_nsec = POLL_NS };
	int left = CASE_WAIT * (1000000000 / POLL_NS);

	while (flock(d->fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK)
			return 0;
		if (left-- == 0 || sig_stop())
			return held(d, err);
		nanosleep(&nap, NULL);
	}
	return 0;
}

/* ---- functions ---- */

static struct slice
value_text(sqlite3_value *v)
{
	const char *p = (const char *)sqlite3_value_text(v);

	return (struct slice){ p, (size_t)sqlite3_value_bytes(v) };
}

static void
sql_fits(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct slice text = value_text(v[1]);

	(void)n;
	sqlite3_result_int(ctx, text.p != NULL &&
	    sl_glob(value_text(v[0]), text));
}

static void
sql_in_network(sqlite3_context *ctx, int n, sqlite3_value **v)
{
	struct ipnet net;
	struct ip ip;

	(void)n;
	if (!ipnet_parse(value_text(v[0]), &net))
		sqlite3_result_error(ctx, "in_network: the first value is "
		    "neither an address nor a network", -1);
	else
		sqlite3_result_int(ctx, ip_parse(value_text(v[1]), &ip) &&
		    ipnet_has(&net, &ip));
}

static int
add_functions(struct db *d, struct err *err)
{
	int how = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;

	return sqlite3_create_function(d->sq, "fits", 2, how, NULL, sql_fits,
	    NULL, NULL) == SQLITE_OK && sqlite3_create_function(d->sq,
	    "in_network", 2, how, NULL, sql_in_network, NULL, NULL) ==
	    SQLITE_OK ? 0 : db_fail(d, err);
}

/* ---- open and close ---- */

/* Nothing that is not SQLite's is ever handed to it for writing. */
static int
check_magic(int fd, const char *path, struct err *err)
{
	static const char magic[16] = "SQLite format 3";
	char head[sizeof(magic)];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) == -1)
		return err_sys(err, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_UNSAFE, "%s: not a case: no regular "
		    "file", path);
	if ((n = pread(fd, head, sizeof(head), 0)) == -1)
		return err_sys(err, "%s", path);
	if (n == 0 || (n == sizeof(head) && memcmp(head, magic,
	    sizeof(magic)) == 0))
		return 0;
	return err_set(err, ERR_FORMAT, "%s: not a case: no SQLite file", path);
}

static int
open_fd(const char *path, bool write, bool make, struct err *err)
{
	int flags = (write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY |
	    O_NONBLOCK;
	int fd = open(path, flags | (make ? O_CREAT : 0), 0600);

	if (fd == -1 && errno == ENOENT && !make)
		return err_set(err, ERR_SYS, "%s: there is no such case; "
		    "spoolscan -c makes one", path);
	if (fd == -1)
		return err_sys(err, "%s", path);
	if (check_magic(fd, path, err) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A path as a URI: what would mean something in one is escaped. */
static char *
immutable_uri(const char *path)
{
	struct buf b = { 0 };

	buf_add(&b, SL("file:"));
	for (; *path != '\0'; path++)
		if (*path == '%' || *path == '?' || *path == '#')
			buf_fmt(&b, "%%%02X", (unsigned)*path);
		else
			buf_addc(&b, *path);
	buf_add(&b, SL("?immutable=1"));
	buf_addc(&b, '\0');
	return b.p;
}

static bool
has_beside(const char *path, const char *suffix)
{
	struct buf b = { 0 };
	struct stat st;
	bool has;

	buf_fmt(&b, "%s%s", path, suffix);
	buf_addc(&b, '\0');
	has = stat(b.p, &st) == 0 && st.st_size > 0;
	buf_free(&b);
	return has;
}

/*
 * A file that was copied in the middle of writing says that it wants a
 * log beside it.  On a read-only medium, where none can be and none was
 * left, its bytes are all there is.
 */
static int
open_immutable(struct db *d, struct err *err)
{
	bool undo = has_beside(d->path, "-journal");
	char *uri;
	int r;

	if (undo || has_beside(d->path, "-wal"))
		return err_set(err, ERR_SYS, "%s: was not closed, and its log "
		    "cannot be read here; copy it and %s%s to where you may "
		    "write", d->path, d->path, undo ? "-journal" : "-wal");
	sqlite3_close(d->sq);
	uri = immutable_uri(d->path);
	r = sqlite3_open_v2(uri, &d->sq, SQLITE_OPEN_READONLY |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL);
	free(uri);
	return r == SQLITE_OK ? 0 : db_fail(d, err);
}

static int
first_look(struct db *d, bool write, struct err *err)
{
	int r = sqlite3_exec(d->sq, "PRAGMA schema_version", NULL, NULL, NULL);

	if (r == SQLITE_OK)
		return 0;
	if (!write && (r == SQLITE_CANTOPEN || (r & 0xff) == SQLITE_READONLY))
		return open_immutable(d, err);
	return db_fail(d, err);
}

/*
 * What a writer that was killed had begun is undone by the next one to open
 * the file, if that may write: a reader, too.  Nothing happens while the
 * writer lives.
 */
static void
undo(const char *path)
{
	sqlite3 *sq = NULL;

	if (sqlite3_open_v2(path, &sq, SQLITE_OPEN_READWRITE, NULL) ==
	    SQLITE_OK)
		(void)sqlite3_exec(sq, "PRAGMA schema_version", NULL, NULL,
		    NULL);
	sqlite3_close(sq);
}

static int
open_sqlite(struct db *d, bool write, struct err *err)
{
	int flags = SQLITE_OPEN_NOMUTEX |
	    (write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
	char pragma[64];

	if (!write && has_beside(d->path, "-journal"))
		undo(d->path);
	if (sqlite3_open_v2(d->path, &d->sq, flags, NULL) != SQLITE_OK)
		return db_fail(d, err);
	sqlite3_db_config(d->sq, SQLITE_DBCONFIG_LOOKASIDE, NULL, SMALL_BYTES,
	    SMALL_PIECES);
	sqlite3_extended_result_codes(d->sq, 1);
	sqlite3_busy_timeout(d->sq, CASE_WAIT * 1000);
	sqlite3_db_config(d->sq, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(d->sq, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (first_look(d, write, err) == -1)
		return -1;
	sqlite3_limit(d->sq, SQLITE_LIMIT_LENGTH, CASE_VALUE_MAX);
	if (add_functions(d, err) == -1)
		return -1;
	snprintf(pragma, sizeof(pragma), "PRAGMA cache_size = %d",
	    CACHE_PAGES);
	return db_run(d, pragma, err) || db_run(d,
	    "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
	    "PRAGMA page_size = 16384", err) ? -1 : 0;
}

int
db_open(struct db **out, const char *path, bool write, bool make,
    struct err *err)
{
	struct db *d;
	int fd = open_fd(path, write, make, err);

	if (fd == -1)
		return -1;
	/* Nobody asks how much memory it has: that takes a lock each time. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	d = xcalloc(1, sizeof(*d));
	d->path = xalloc(strlen(path) + 1);
	memcpy(d->path, path, strlen(path) + 1);
	d->fd = fd;
	if ((write && writer_lock(d, err) == -1) ||
	    open_sqlite(d, write, err) == -1) {
		db_close(d);
		return -1;
	}
	*out = d;
	return 0;
}

/*
 * The descriptor last: closing any descriptor of a file gives up all locks
 * that the process has on it, SQLite's too.
 */
void
db_close(struct db *d)
{
	struct query *q;

	if (d == NULL)
		return;
	while (d->nidle > 0) {
		q = d->idle[--d->nidle];
		q->keep = false;
		query_free(q);
	}
	sqlite3_close(d->sq);
	close(d->fd);
	free(d->path);
	free(d);
}

bool
db_has_log(struct db *d)
{
	struct err err;
	struct query *q = db_query(d, "PRAGMA journal_mode", &err);
	bool wal = q != NULL && q_step(q, &err) == 1 &&
	    sl_eq(q_col(q, 0), SL("wal"));

	query_free(q);
	return wal;
}

void
db_settle(const char *path)
{
	sqlite3 *sq = NULL;

	if (sqlite3_open_v2(path, &sq, SQLITE_OPEN_READWRITE, NULL) ==
	    SQLITE_OK)
		(void)sqlite3_exec(sq, "PRAGMA journal_mode = DELETE", NULL,
		    NULL, NULL);
	sqlite3_close(sq);
}

void
db_ahead(struct db *d)
{
	(void)posix_fadvise(d->fd, 0, AHEAD_MOST, POSIX_FADV_WILLNEED);
}

int
db_run(struct db *d, const char *sql, struct err *err)
{
	return sqlite3_exec(d->sq, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 :
	    db_fail(d, err);
}

int64_t
db_int(struct db *d, const char *sql, int64_t fail)
{
	struct err err;
	struct query *q = db_query(d, sql, &err);
	int64_t v = fail;

	if (q != NULL && q_step(q, &err) == 1)
		v = q_col_int(q, 0);
	query_free(q);
	return v;
}

int64_t
db_changes(struct db *d)
{
	return sqlite3_changes64(d->sq);
}

bool
db_in_transaction(struct db *d)
{
	return sqlite3_get_autocommit(d->sq) == 0;
}

/* ---- without rights of our own ---- */

/*
 * SQLite's system calls have no context: what they reach is here, and is
 * NULL while they are the system's.
 */
static struct broker *broker;

/* Its names are the path of the file, and what is added; or they are none. */
static enum broker_file
file_of(const char *path)
{
	static const char *const ends[] = { "", "-journal", "-wal", "-shm" };
	const char *base = broker_path(broker);
	size_t n = strlen(base), i;

	if (strncmp(path, base, n) == 0)
		for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
			if (strcmp(path + n, ends[i]) == 0)
				return (enum broker_file)i;
	return BROKER_FILES;
}

/* What else it makes anew is for itself alone, and it removes the name. */
static int
ask_open(const char *path, int flags, int mode)
{
	enum broker_file f = file_of(path);

	if (f == BROKER_FILES && (flags & O_EXCL) != 0)
		f = BROKER_TEMP;
	return f == BROKER_FILES ? open(path, flags, mode) :
	    broker_open(broker, f, flags);
}

static int
ask_unlink(const char *path)
{
	enum broker_file f = file_of(path);

	return f == BROKER_FILES ? 0 : broker_unlink(broker, f);
}

static int
ask_folder(const char *path, int *fd)
{
	(void)path;
	*fd = broker_open(broker, BROKER_FOLDER, O_RDONLY);
	return *fd == -1 ? SQLITE_CANTOPEN : SQLITE_OK;
}

static void
system_calls(bool ours)
{
	static const struct {
		const char		*name;
		sqlite3_syscall_ptr	 call;
	} calls[] = {
		{ "open", (sqlite3_syscall_ptr)ask_open },
		{ "unlink", (sqlite3_syscall_ptr)ask_unlink },
		{ "openDirectory", (sqlite3_syscall_ptr)ask_folder },
	};
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		(void)vfs->xSetSystemCall(vfs, calls[i].name, ours ?
		    calls[i].call : NULL);
}

int
db_confine(struct db *d, struct err *err)
{
	if (broker_new(&broker, d->path, NULL, 0, err) == -1)
		return -1;
	system_calls(true);
	return 0;
}

void
db_released(void)
{
	if (broker == NULL)
		return;
	system_calls(false);
	broker_free(broker);
	broker = NULL;
}

/* ---- queries ---- */

struct query *
db_query(struct db *d, const char *sql, struct err *err)
{
	struct query *q;
	sqlite3_stmt *st;
	size_t i;

	for (i = 0; i < d->nidle; i++)
		if (strcmp(sqlite3_sql(d->idle[i]->st), sql) == 0) {
			q = d->idle[i];
			d->idle[i] = d->idle[--d->nidle];
			return q;
		}
	if (sqlite3_prepare_v3(d->sq, sql, -1, SQLITE_PREPARE_PERSISTENT, &st,
	    NULL) != SQLITE_OK) {
		db_fail(d, err);
		return NULL;
	}
	q = xcalloc(1, sizeof(*q));
	q->d = d;
	q->st = st;
	q->keep = true;
	return q;
}

void
query_free(struct query *q)
{
	if (q == NULL)
		return;
	if (q->keep && q->d->nidle < IDLE) {
		sqlite3_reset(q->st);
		sqlite3_clear_bindings(q->st);
		q->d->idle[q->d->nidle++] = q;
		return;
	}
	sqlite3_finalize(q->st);
	free(q);
}

void
q_text(struct query *q, int i, struct slice v)
{
	if (v.n == 0 || v.n > INT_MAX)
		sqlite3_bind_null(q->st, i);
	else
		sqlite3_bind_text(q->st, i, v.p, (int)v.n, SQLITE_STATIC);
}

void
q_blob(struct query *q, int i, struct slice v)
{
	if (v.n == 0 || v.n > INT_MAX)
		sqlite3_bind_null(q->st, i);
	else
		sqlite3_bind_blob(q->st, i, v.p, (int)v.n, SQLITE_STATIC);
}

void
q_int(struct query *q, int i, int64_t v)
{
	sqlite3_bind_int64(q->st, i, v);
}

void
q_int_or_null(struct query *q, int i, int64_t v)
{
	if (v == 0)
		sqlite3_bind_null(q->st, i);
	else
		sqlite3_bind_int64(q->st, i, v);
}

int
q_step(struct query *q, struct err *err)
{
	int r = sqlite3_step(q->st);

	if (r == SQLITE_ROW)
		return 1;
	if (r == SQLITE_DONE) {
		sqlite3_reset(q->st);
		return 0;
	}
	if (r == SQLITE_INTERRUPT && q->d->overdue)
		err_set(err, ERR_LIMIT, "the condition ran for %u seconds, and "
		    "was stopped; ask for less, or for something that has an "
		    "index (spool-case(5))", q->d->seconds);
	else if (r == SQLITE_INTERRUPT)
		err_set(err, ERR_SYS, "stopped");
	else if (q->d->guarded && (r & 0xff) == SQLITE_ERROR)
		err_set(err, ERR_USAGE, "the condition cannot be run: %s",
		    sqlite3_errmsg(q->d->sq));
	else
		db_fail(q->d, err);
	sqlite3_reset(q->st);
	return -1;
}

int
q_run(struct query *q, struct err *err)
{
	int r;

	while ((r = q_step(q, err)) == 1)
		;
	return r;
}

void
q_reset(struct query *q)
{
	sqlite3_reset(q->st);
}

int
q_columns(struct query *q)
{
	return sqlite3_column_count(q->st);
}

struct slice
q_col(struct query *q, int i)
{
	const char *p = (const char *)sqlite3_column_text(q->st, i);

	return (struct slice){ p, (size_t)sqlite3_column_bytes(q->st, i) };
}

int64_t
q_col_int(struct query *q, int i)
{
	return sqlite3_column_int64(q->st, i);
}

bool
q_col_null(struct query *q, int i)
{
	return sqlite3_column_type(q->st, i) == SQLITE_NULL;
}

/* ---- rows that are given ---- */

struct given_table {
	sqlite3_vtab	 base;
	struct db	*d;
};

struct given_cursor {
	sqlite3_vtab_cursor base;
	size_t		 row;
};

static const struct db *
giver(const sqlite3_vtab_cursor *c)
{
	return ((const struct given_table *)c->pVtab)->d;
}

static int
given_connect(sqlite3 *sq, void *d, int argc, const char *const *argv,
    sqlite3_vtab **out, char **why)
{
	struct given_table *t = xcalloc(1, sizeof(*t));
	struct buf sql = { 0 };
	int i, r;

	(void)argc, (void)argv, (void)why;
	for (i = 1; i <= GIVEN_COLUMNS; i++)
		buf_fmt(&sql, "%sc%d", i == 1 ? "CREATE TABLE given (" : ", ",
		    i);
	buf_add(&sql, SL(")"));
	buf_addc(&sql, '\0');
	r = sqlite3_declare_vtab(sq, sql.p);
	buf_free(&sql);
	(void)sqlite3_vtab_config(sq, SQLITE_VTAB_DIRECTONLY);
	t->d = d;
	*out = &t->base;
	return r;
}

static int
given_disconnect(sqlite3_vtab *t)
{
	free(t);
	return SQLITE_OK;
}

static int
given_plan(sqlite3_vtab *t, sqlite3_index_info *info)
{
	(void)t, (void)info;		/* all of it, in its order */
	return SQLITE_OK;
}

static int
given_open(sqlite3_vtab *t, sqlite3_vtab_cursor **out)
{
	struct given_cursor *c = xcalloc(1, sizeof(*c));

	(void)t;
	*out = &c->base;
	return SQLITE_OK;
}

static int
given_close(sqlite3_vtab_cursor *c)
{
	free(c);
	return SQLITE_OK;
}

static int
given_begin(sqlite3_vtab_cursor *c, int n, const char *name, int argc,
    sqlite3_value **argv)
{
	(void)n, (void)name, (void)argc, (void)argv;
	((struct given_cursor *)c)->row = 0;
	return SQLITE_OK;
}

static int
given_next(sqlite3_vtab_cursor *c)
{
	((struct given_cursor *)c)->row++;
	return SQLITE_OK;
}

static int
given_end(sqlite3_vtab_cursor *c)
{
	return ((struct given_cursor *)c)->row >= giver(c)->rows;
}

static int
given_row(sqlite3_vtab_cursor *c, sqlite3_int64 *row)
{
	*row = (sqlite3_int64)((struct given_cursor *)c)->row;
	return SQLITE_OK;
}

static int
given_column(sqlite3_vtab_cursor *c, sqlite3_context *ctx, int i)
{
	const struct db *d = giver(c);
	const struct db_value *v = d->given +
	    ((struct given_cursor *)c)->row * d->columns + (size_t)i;

	if ((size_t)i >= d->columns || v->type == DB_NULL)
		sqlite3_result_null(ctx);
	else if (v->type == DB_INT)
		sqlite3_result_int64(ctx, v->n);
	else if (v->type == DB_TEXT)
		sqlite3_result_text64(ctx, v->p, (sqlite3_uint64)v->n,
		    SQLITE_STATIC, SQLITE_UTF8);
	else
		sqlite3_result_blob64(ctx, v->p, (sqlite3_uint64)v->n,
		    SQLITE_STATIC);
	return SQLITE_OK;
}

static const sqlite3_module given_module = {
	.xConnect = given_connect, .xDisconnect = given_disconnect,
	.xBestIndex = given_plan, .xOpen = given_open,
	.xClose = given_close, .xFilter = given_begin, .xNext = given_next,
	.xEof = given_end, .xColumn = given_column, .xRowid = given_row,
};

int
db_giving(struct db *d, struct err *err)
{
	return sqlite3_create_module(d->sq, "given", &given_module, d) ==
	    SQLITE_OK ? 0 : db_fail(d, err);
}

void
db_give(struct db *d, const struct db_value *v, size_t columns, size_t rows)
{
	d->given = v;
	d->columns = columns;
	d->rows = rows;
}

/* ---- somebody else's words ---- */

static int
only_reading(void *ctx, int what, const char *a, const char *b,
    const char *c, const char *e)
{
	(void)ctx, (void)a, (void)c, (void)e;
	switch (what) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return b != NULL && sqlite3_stricmp(b, "load_extension") == 0 ?
		    SQLITE_DENY : SQLITE_OK;
	}
	return SQLITE_DENY;
}

static int
time_is_up(void *ctx)
{
	struct db *d = ctx;
	struct timespec now;

	if (sig_stop())
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	d->overdue = now.tv_sec > d->until.tv_sec ||
	    (now.tv_sec == d->until.tv_sec &&
	    now.tv_nsec >= d->until.tv_nsec);
	return d->overdue;
}

/* SQLite says at which byte; that word, and what was before it. */
static void
point_at(struct db *d, size_t head, struct slice text, struct err *err)
{
	int at = sqlite3_error_offset(d->sq);
	const char *why = sqlite3_errmsg(d->sq);
	struct slice word;
	size_t i = 0;

	if (sl_starts(sl(why), SL("not authorized"))) {
		err_set(err, ERR_USAGE, "the condition may only read: %s", why);
		return;
	}
	if (at < (int)head || (size_t)at - head >= text.n) {
		err_set(err, ERR_USAGE, "the condition is not complete, or "
		    "has too much at its end: %s", why);
		return;
	}
	word = sl_from(text, (size_t)at - head);
	while (i < word.n && i < 40 && (ascii_alnum(word.p[i]) ||
	    word.p[i] == '_'))
		i++;
	err_set(err, ERR_USAGE, "the condition, at character %zu, \"" SL_FMT
	    "\": %s", (size_t)at - head + 1,
	    SL_ARG(sl_first(word, i == 0 ? 1 : i)), why);
}

static void
guard(struct db *d, unsigned seconds)
{
	clock_gettime(CLOCK_MONOTONIC, &d->until);
	d->until.tv_sec += (time_t)seconds;
	d->seconds = seconds;
	d->overdue = false;
	d->guarded = true;
	sqlite3_limit(d->sq, SQLITE_LIMIT_LENGTH, GUARD_LENGTH);
	sqlite3_set_authorizer(d->sq, only_reading, d);
	sqlite3_progress_handler(d->sq, GUARD_OPS, time_is_up, d);
}

void
db_unguard(struct db *d)
{
	d->guarded = false;
	sqlite3_progress_handler(d->sq, 0, NULL, NULL);
	sqlite3_set_authorizer(d->sq, NULL, NULL);
	sqlite3_limit(d->sq, SQLITE_LIMIT_LENGTH, CASE_VALUE_MAX);
}

struct query *
db_guarded(struct db *d, const char *head, const char *text, const char *tail,
    unsigned seconds, struct err *err)
{
	struct buf sql = { 0 };
	struct query *q = NULL;
	sqlite3_stmt *st = NULL;
	const char *rest;

	buf_fmt(&sql, "%s%s%s", head, text, tail);
	buf_addc(&sql, '\0');
	guard(d, seconds);
	if (sqlite3_prepare_v2(d->sq, sql.p, -1, &st, &rest) != SQLITE_OK) {
		point_at(d, strlen(head), sl(text), err);
	} else if (rest[0] != '\0') {
		sqlite3_finalize(st);
		err_set(err, ERR_USAGE, "the condition has something behind "
		    "a semicolon");
	} else {
		q = xcalloc(1, sizeof(*q));
		q->d = d;
		q->st = st;
	}
	buf_free(&sql);
	if (q == NULL)
		db_unguard(d);
	return q;
}

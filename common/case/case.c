#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "case/state.h"
#include "mail/date.h"

/* ---- who and when ---- */

const char *
state_now(char text[21])
{
	return date_str((int64_t)time(NULL), text);
}

/* Asked when the case is opened: it takes the names of this system. */
static void
find_who(char *out, size_t n)
{
	const char *by = getenv("SUDO_USER");
	struct passwd pw, *found = NULL;
	char room[4096];

	getpwuid_r(getuid(), &pw, room, sizeof(room), &found);
	if (found == NULL)
		snprintf(out, n, "uid %lu", (unsigned long)getuid());
	else if (by != NULL && by[0] != '\0')
		snprintf(out, n, "%s (%s)", pw.pw_name, by);
	else
		snprintf(out, n, "%s", pw.pw_name);
}

void
state_host(char *out, size_t n)
{
	if (gethostname(out, n) == -1)
		out[0] = '\0';
	out[n - 1] = '\0';
}

/* ---- a new case ---- */

/* RFC 9562 5.4. */
static int
uuid_make(char out[37], struct err *err)
{
	uint8_t b[16];
	char hex[33];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return err_sys(err, "no random bytes for the case's UUID");
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	hex_str(b, sizeof(b), hex);
	snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
	    hex + 16, hex + 20);
	return 0;
}

static int
meta_put(struct casefile *c, const char *key, const char *value,
    struct err *err)
{
	struct query *q = db_query(c->db,
	    "INSERT INTO meta (key, value) VALUES (?1, ?2)", err);
	int r;

	if (q == NULL)
		return -1;
	q_text(q, 1, sl(key));
	q_text(q, 2, sl(value));
	r = q_run(q, err);
	query_free(q);
	return r;
}

/* It names folders: digits and hyphens, each where they belong. */
static bool
is_uuid(struct slice s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? s.p[i] != '-' :
		    ascii_hex(s.p[i]) == -1)
			return false;
	return s.n == 36;
}

static int
uuid_read(struct casefile *c, struct err *err)
{
	struct query *q = db_query(c->db,
	    "SELECT value FROM meta WHERE key = 'uuid'", err);
	struct slice v;
	int r;

	if (q == NULL)
		return -1;
	if ((r = q_step(q, err)) == 1 && (v = q_col(q, 0)).n > 0) {
		if (is_uuid(v))
			memcpy(c->uuid, v.p, v.n);
		else
			r = err_set(err, ERR_FORMAT, "%s: what it has for a "
			    "UUID is none", c->path);
	}
	query_free(q);
	return r;
}

/* The first writer gives a case its name. */
static int
name_it(struct casefile *c, struct err *err)
{
	char now[DATE_TEXT], uuid[37];
	int r = uuid_read(c, err);

	if (r == -1 || (r == 1 && c->uuid[0] != '\0'))
		return r == -1 ? -1 : 0;
	if (!c->write)
		return err_set(err, ERR_FORMAT, "%s: a case without its UUID",
		    c->path);
	if (uuid_make(uuid, err) == -1 || meta_put(c, "uuid", uuid, err) == -1 ||
	    meta_put(c, "created", state_now(now), err) == -1)
		return -1;
	return uuid_read(c, err) == -1 ? -1 : 0;
}

/* ---- open and close ---- */

int
state_log(struct casefile *c, struct err *err)
{
	return db_run(c->db, "PRAGMA journal_mode = WAL", err);
}

/*
 * With a log beside the file readers go on while we write.  A case without
 * entries has none to speak of, and without a log its first scan is written
 * once and not twice; pages at the end need no journal either.
 */
static int
write_mode(struct casefile *c, struct err *err)
{
	if (db_int(c->db, "SELECT EXISTS (SELECT 1 FROM entry)", 1) == 1 &&
	    state_log(c, err) == -1)
		return -1;
	return db_run(c->db, "PRAGMA synchronous = FULL", err);
}

int
case_open(struct casefile **out, const char *path, enum case_mode mode,
    struct err *err)
{
	struct casefile *c = xcalloc(1, sizeof(*c));
	bool make = mode == CASE_CREATE;

	c->write = mode != CASE_READ;
	c->path = xalloc(strlen(path) + 1);
	memcpy(c->path, path, strlen(path) + 1);
	if (db_open(&c->db, path, c->write, make, err) == -1 ||
	    schema_check(c->db, c->write, make, path, err) == -1 ||
	    (c->write && write_mode(c, err) == -1) || name_it(c, err) == -1) {
		db_close(c->db);
		free(c->path);
		free(c);
		return -1;
	}
	find_who(c->who, sizeof(c->who));
	*out = c;
	return 0;
}

int
case_confine(struct casefile *c, const struct sandbox *box, struct err *err)
{
	if (box->off)
		return 0;
	c->confined = db_confine(c->db, err) == 0;
	return c->confined ? 0 : -1;
}

int
case_places(struct casefile *c, struct sandbox *box, struct err *err)
{
	struct query *q = db_query(c->db, "SELECT path FROM spool UNION"
	    " SELECT archive FROM spool WHERE archive IS NOT NULL UNION"
	    " SELECT archive FROM piece", err);
	int r;

	if (q == NULL)
		return -1;
	if (c->places == NULL)
		c->places = arena_new();
	while ((r = q_step(q, err)) == 1)
		sandbox_path(box, arena_str(c->places, q_col(q, 0)));
	query_free(q);
	return r;
}

/*
 * A log beside the file is put into it, and the file is marked as one that
 * needs none, so that a copy of it opens on a read-only medium.  While
 * others have it open the log stays; the last of them does it, a reader
 * too.
 */
int
case_close(struct casefile *c, struct err *err)
{
	bool settle;
	int r = 0;

	if (c == NULL)
		return 0;
	opened_free(c->opened);
	case_rollback(c);
	settle = db_has_log(c->db);
	if (settle && c->write)
		r = db_run(c->db, "PRAGMA wal_checkpoint(PASSIVE)", err);
	db_close(c->db);
	if (settle)
		db_settle(c->path);
	if (c->confined)
		db_released();
	if (c->places != NULL)
		arena_free(c->places);
	free(c->path);
	free(c);
	return r;
}

const char *
case_path(const struct casefile *c)
{
	return c->path;
}

const char *
case_uuid(const struct casefile *c)
{
	return c->uuid;
}

/* ---- transactions ---- */

int
case_begin(struct casefile *c, struct err *err)
{
	return db_run(c->db, "BEGIN IMMEDIATE", err);
}

int
case_commit(struct casefile *c, struct err *err)
{
	return db_run(c->db, "COMMIT", err);
}

void
case_rollback(struct casefile *c)
{
	struct err ignored;

	if (db_in_transaction(c->db))
		(void)db_run(c->db, "ROLLBACK", &ignored);
}

int
state_begin(struct casefile *c, bool *own, struct err *err)
{
	*own = !db_in_transaction(c->db);
	return *own ? case_begin(c, err) : 0;
}

int
state_end(struct casefile *c, bool own, int result, struct err *err)
{
	if (!own)
		return result;
	if (result == 0 && case_commit(c, err) == 0)
		return 0;
	case_rollback(c);
	return -1;
}

/* ---- paths ---- */

/* The longest part that is there, resolved; *rest is what is behind it. */
static bool
resolve(char *head, char real[PATH_MAX], const char *path, struct slice *rest)
{
	char *cut;

	*rest = (struct slice){ NULL, 0 };
	while (realpath(head, real) == NULL) {
		if ((cut = strrchr(head, '/')) == NULL || cut == head)
			return false;
		*cut = '\0';
		*rest = sl(path + (cut - head));
	}
	while (rest->n > 0 && rest->p[rest->n - 1] == '/')
		rest->n--;
	return true;
}

/* An archive's folders are beyond what the system can resolve. */
struct slice
case_abspath(struct arena *a, const char *path)
{
	char real[PATH_MAX];
	struct slice rest;

	if (resolve(arena_str(a, sl(path)), real, path, &rest))
		return arena_fmt(a, "%s%.*s", real, (int)rest.n,
		    rest.n > 0 ? rest.p : "");
	if (path[0] != '/' && getcwd(real, sizeof(real)) != NULL)
		return arena_fmt(a, "%s/%s", strcmp(real, "/") == 0 ? "" :
		    real, path);
	return arena_dup(a, sl(path));
}

#include <stdio.h>

#include "base/buf.h"
#include "case/state.h"

#define APPLICATION_ID	0x73706b63	/* "spkc", for file(1) */

/*
 * Tables are named in the singular and views for people in the plural.
 * What a person reads first stands first.  docs/man/spool-case.5 explains
 * each column: keep it so.
 */
static const char tables[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;"

    "CREATE TABLE spool ("
    "	spool INTEGER PRIMARY KEY,"
    "	path TEXT NOT NULL,"		/* where the tree is now */
    "	first_path TEXT NOT NULL,"	/* where it was found first */
    "	host TEXT NOT NULL,"
    "	format TEXT NOT NULL,"
    "	archive TEXT,"			/* a copy of the tree: the file */
    "	inside TEXT,"			/* and the folder in it */
    "	scanned TEXT);"			/* when a scan of it was completed */
    "CREATE UNIQUE INDEX spool_path ON spool (path);"

    "CREATE TABLE entry ("
    "	row INTEGER PRIMARY KEY,"
    "	spool INTEGER NOT NULL REFERENCES spool,"
    "	content INTEGER NOT NULL,"	/* hash of all that a scan found */
    "	id TEXT NOT NULL,"
    "	class TEXT NOT NULL,"		/* the mark's, or else the judge's */
    "	judged TEXT NOT NULL,"
    "	reason TEXT,"
    "	mark INTEGER REFERENCES mark,"	/* the one in force */
    "	campaign INTEGER REFERENCES campaign,"
    "	gone TEXT,"			/* when a scan did not find it */
    "	kind TEXT,"
    "	path TEXT NOT NULL,"
    "	folder TEXT,"
    "	queue_id TEXT,"
    "	size INTEGER,"
    "	sha256 BLOB,"
    "	arrived TEXT,"
    "	date TEXT,"
    "	sender TEXT,"			/* '<>': the null sender */
    "	sender_domain TEXT,"
    "	sender_provenance TEXT,"
    "	client TEXT,"
    "	client_name TEXT,"
    "	helo TEXT,"
    "	account TEXT,"
    "	message_id TEXT,"
    "	header_from TEXT,"
    "	subject TEXT,"
    "	in_reply_to TEXT,"
    "	list_id TEXT,"
    "	note TEXT,"
    "	unread INTEGER);"		/* 1: its file could not be read */

    "CREATE TABLE recipient ("
    "	entry INTEGER NOT NULL REFERENCES entry,"
    "	n INTEGER NOT NULL,"
    "	address TEXT,"
    "	domain TEXT,"
    "	state TEXT NOT NULL,"
    "	provenance TEXT,"
    "	original TEXT,"			/* before aliases */
    "	error TEXT,"			/* of the last attempt */
    "	PRIMARY KEY (entry, n)) WITHOUT ROWID;"

    "CREATE TABLE hop ("		/* newest first; 0: who connected, */
    "	entry INTEGER NOT NULL REFERENCES entry,"	/* told by no field */
    "	n INTEGER NOT NULL,"
    "	client TEXT,"
    "	name TEXT,"
    "	helo TEXT,"
    "	by_host TEXT,"
    "	protocol TEXT,"
    "	queue_id TEXT,"
    "	for_rcpt TEXT,"
    "	account TEXT,"
    "	date TEXT,"
    "	flags INTEGER,"			/* 1 authenticated, 2 TLS, 4 local */
    "	PRIMARY KEY (entry, n)) WITHOUT ROWID;"

    "CREATE TABLE part ("
    "	entry INTEGER NOT NULL REFERENCES entry,"
    "	n INTEGER NOT NULL,"
    "	filename TEXT,"
    "	type TEXT,"
    "	true_type TEXT,"
    "	size INTEGER,"
    "	odd INTEGER,"			/* bits: spool-json(5), in its order */
    "	PRIMARY KEY (entry, n)) WITHOUT ROWID;"

    "CREATE TABLE evidence ("
    "	entry INTEGER NOT NULL REFERENCES entry,"
    "	n INTEGER NOT NULL,"
    "	rule TEXT NOT NULL,"
    "	decided INTEGER,"
    "	fact TEXT,"
    "	PRIMARY KEY (entry, n)) WITHOUT ROWID;"

    "CREATE TABLE report ("
    "	entry INTEGER PRIMARY KEY REFERENCES entry,"
    "	action TEXT,"
    "	recipient TEXT,"
    "	status TEXT,"
    "	diagnostic TEXT,"
    "	reporting_mta TEXT,"
    "	original TEXT,"			/* none, text, headers, message */
    "	message_id TEXT,"		/* of the original, and so on: */
    "	header_from TEXT,"
    "	subject TEXT,"
    "	sender TEXT);"

    "CREATE TABLE stream ("
    "	entry INTEGER NOT NULL REFERENCES entry,"
    "	n INTEGER NOT NULL,"
    "	name TEXT,"
    "	size INTEGER,"
    "	sidecar INTEGER,"
    "	PRIMARY KEY (entry, n)) WITHOUT ROWID;"

    "CREATE TABLE remark ("		/* hints and problems */
    "	entry INTEGER NOT NULL REFERENCES entry,"
    "	kind TEXT NOT NULL,"
    "	n INTEGER NOT NULL,"
    "	text TEXT,"
    "	PRIMARY KEY (entry, kind, n)) WITHOUT ROWID;"

    "CREATE TABLE campaign ("
    "	campaign INTEGER PRIMARY KEY,"
    "	label TEXT);"

    "CREATE TABLE mark ("		/* every decision, also undone ones */
    "	mark INTEGER PRIMARY KEY,"
    "	entry INTEGER NOT NULL REFERENCES entry,"
    "	at TEXT NOT NULL,"
    "	who TEXT NOT NULL,"
    "	class TEXT,"			/* NULL: taken back */
    "	because TEXT);"
    "CREATE INDEX mark_entry ON mark (entry);"

    "CREATE TABLE ledger ("
    "	id INTEGER PRIMARY KEY,"
    "	at TEXT NOT NULL,"
    "	who TEXT NOT NULL,"
    "	host TEXT NOT NULL,"
    "	tool TEXT NOT NULL,"
    "	version TEXT NOT NULL,"
    "	args TEXT,"
    "	verb TEXT NOT NULL,"
    "	what TEXT,"
    "	result TEXT,"
    "	hash BLOB NOT NULL);"
    "CREATE TRIGGER ledger_update BEFORE UPDATE ON ledger BEGIN"
    "	SELECT raise(ABORT, 'the ledger is append-only'); END;"
    "CREATE TRIGGER ledger_delete BEFORE DELETE ON ledger BEGIN"
    "	SELECT raise(ABORT, 'the ledger is append-only'); END;"
    /* INSERT OR REPLACE slips past the other two. */
    "CREATE TRIGGER ledger_insert BEFORE INSERT ON ledger"
    " WHEN NEW.id IS NOT (SELECT ifnull(max(id), 0) + 1 FROM ledger) BEGIN"
    "	SELECT raise(ABORT, 'the ledger takes the next row only'); END;";

#define ENTRY_COLUMNS \
    "e.row, e.id, e.class, e.reason, e.judged, m.because, m.who AS marked_by, " \
    "e.kind, s.path AS spool, s.format, e.folder, e.path, e.queue_id, " \
    "e.size, lower(hex(e.sha256)) AS sha256, e.arrived, e.date, " \
    "e.sender, e.sender_domain, e.sender_provenance, " \
    "e.client_name, e.helo, e.account, e.message_id, e.header_from, " \
    "e.subject, e.in_reply_to, e.list_id, e.note, e.campaign, e.unread, " \
    "e.gone, s.host, "
#define ENTRY_FROM \
    " FROM entry e CROSS JOIN spool s ON s.spool = e.spool" \
    " LEFT JOIN mark m ON m.mark = e.mark"

static const char views[] =
    "CREATE VIEW entries AS SELECT " ENTRY_COLUMNS
    "e.client,"
    " (SELECT group_concat(address, ' ') FROM recipient WHERE entry = e.row)"
    " AS rcpt,"
    " (SELECT group_concat(DISTINCT domain) FROM recipient"
    " WHERE entry = e.row) AS rcpt_domain,"
    " (SELECT count(*) FROM recipient WHERE entry = e.row) AS recipients"
    ENTRY_FROM ";"

    /* What a condition is about: a row for each recipient and client. */
    "CREATE VIEW selection AS SELECT " ENTRY_COLUMNS
    "h.client, r.address AS rcpt, r.domain AS rcpt_domain,"
    " r.state AS rcpt_state,"
    " (SELECT count(*) FROM recipient WHERE entry = e.row) AS recipients"
    ENTRY_FROM
    " LEFT JOIN recipient r ON r.entry = e.row"
    " LEFT JOIN hop h ON h.entry = e.row AND h.client IS NOT NULL;"

#define BY(name, column) \
    "CREATE VIEW " name " AS SELECT " column ", count(*) AS entries," \
    " sum(class = 'relay') AS relay," \
    " sum(class = 'backscatter') AS backscatter," \
    " sum(class = 'spam') AS spam, sum(class = 'legit') AS legit," \
    " sum(class = 'unsure') AS unsure," \
    " min(arrived) AS first, max(arrived) AS last, sum(size) AS bytes" \
    " FROM entry WHERE gone IS NULL AND " column " IS NOT NULL" \
    " GROUP BY " column " ORDER BY count(*) DESC;"

    BY("clients", "client")
    BY("accounts", "account")
    BY("sender_domains", "sender_domain")
    BY("campaigns", "campaign")

    "CREATE VIEW recipient_domains AS SELECT domain AS rcpt_domain,"
    " count(*) AS recipients, count(DISTINCT row) AS entries,"
    " sum(class = 'relay') AS relay,"
    " sum(class = 'backscatter') AS backscatter,"
    " sum(class = 'spam') AS spam, sum(class = 'legit') AS legit,"
    " sum(class = 'unsure') AS unsure,"
    " min(arrived) AS first, max(arrived) AS last"
    " FROM recipient JOIN entry ON row = recipient.entry"
    " WHERE gone IS NULL GROUP BY domain ORDER BY count(*) DESC;"

    "CREATE VIEW timeline AS"
    " SELECT arrived AS at, 'arrived' AS event, id, class,"
    " coalesce(sender, '') || ' ' || coalesce(subject, '') AS what"
    " FROM entry WHERE arrived IS NOT NULL"
    " UNION ALL SELECT gone, 'gone', id, class, path FROM entry"
    " WHERE gone IS NOT NULL"
    " UNION ALL SELECT m.at, 'marked', e.id, m.class, m.who || ' ' ||"
    " coalesce(m.because, '') FROM mark m JOIN entry e ON e.row = m.entry"
    " UNION ALL SELECT at, verb, NULL, NULL, who || ' ' ||"
    " coalesce(what, '') || ' ' || coalesce(result, '') FROM ledger"
    " ORDER BY 1;";

/* Rotations of live spools, and entries taken out of them. */
static const char changes[] =
    "CREATE TABLE rotation ("
    "	rotation INTEGER PRIMARY KEY,"
    "	at TEXT NOT NULL,"
    "	spool TEXT NOT NULL,"		/* the path of the live one */
    "	generation TEXT NOT NULL,"	/* where the old tree went */
    "	state TEXT NOT NULL);"		/* building swapping done undone */
    "CREATE TABLE rotation_swap ("	/* what is exchanged, one by one */
    "	rotation INTEGER NOT NULL REFERENCES rotation,"
    "	n INTEGER NOT NULL,"
    "	name TEXT,"			/* below both; NULL: they themselves */
    "	fresh INTEGER NOT NULL,"	/* inode of the fresh folder */
    "	PRIMARY KEY (rotation, n)) WITHOUT ROWID;"
    "CREATE TABLE turf ("
    "	turf INTEGER PRIMARY KEY,"
    "	at TEXT NOT NULL,"
    "	spool TEXT NOT NULL,"		/* the path of the live one */
    "	aside TEXT);"			/* the folder; NULL: deleted */
    "CREATE TABLE turf_entry ("
    "	turf INTEGER NOT NULL REFERENCES turf,"
    "	entry INTEGER NOT NULL REFERENCES entry,"
    "	state TEXT NOT NULL,"	/* going out returning back deleting deleted */
    "	PRIMARY KEY (turf, entry)) WITHOUT ROWID;"	/* left */
    "CREATE TABLE turf_file ("
    "	turf INTEGER NOT NULL,"
    "	entry INTEGER NOT NULL,"
    "	n INTEGER NOT NULL,"
    "	path TEXT NOT NULL,"		/* the message's own is the last */
    "	PRIMARY KEY (turf, entry, n)) WITHOUT ROWID;";

/*
 * What was put back on its way.  case/replay.h.
 */
static const char replay[] =
    "CREATE TABLE replay ("
    "	replay INTEGER PRIMARY KEY,"
    "	at TEXT NOT NULL,"		/* of the last change */
    "	state TEXT NOT NULL,"
    "	target TEXT NOT NULL,"
    "	entry INTEGER REFERENCES entry,"
    "	source TEXT,"			/* the file it was read from */
    "	id TEXT,"
    "	name TEXT,"			/* in the target's folder */
    "	sender TEXT,"
    "	part INTEGER,"			/* of a message that was split */
    "	stage INTEGER REFERENCES replay_stage,"
    "	sha256 BLOB,"			/* of the staged bytes */
    "	dev INTEGER,"			/* the folder it was published in */
    "	ino INTEGER,"
    "	why TEXT);"
    "CREATE TABLE replay_recipient ("
    "	replay INTEGER NOT NULL REFERENCES replay,"
    "	n INTEGER NOT NULL,"
    "	address TEXT,"
    "	key BLOB,"			/* of the mail and the recipient */
    "	state TEXT,"			/* NULL: as the replay's */
    "	why TEXT,"
    "	PRIMARY KEY (replay, n)) WITHOUT ROWID;"
    "CREATE INDEX replay_key ON replay_recipient (key);"
    "CREATE TABLE replay_stage ("
    "	stage INTEGER PRIMARY KEY,"
    "	path TEXT NOT NULL,"
    "	mark TEXT NOT NULL,"
    "	dev INTEGER NOT NULL,"
    "	ino INTEGER NOT NULL);"
    "CREATE VIEW replays AS SELECT r.replay, r.at, r.state, r.target,"
    " r.id, r.source, r.name, r.sender, x.address AS rcpt,"
    " coalesce(x.state, r.state) AS rcpt_state,"
    " coalesce(x.why, r.why) AS why"
    " FROM replay r LEFT JOIN replay_recipient x ON x.replay = r.replay;";

/* Archives of some entries of a spool only: of which ones. */
static const char pieces[] =
    "CREATE TABLE piece ("
    "	piece INTEGER PRIMARY KEY,"
    "	spool INTEGER NOT NULL REFERENCES spool,"
    "	archive TEXT NOT NULL,"		/* the file */
    "	inside TEXT,"			/* and the folder in it */
    "	UNIQUE (spool, archive));"
    "CREATE TABLE piece_entry ("
    "	entry INTEGER NOT NULL REFERENCES entry,"
    "	piece INTEGER NOT NULL REFERENCES piece,"
    "	PRIMARY KEY (entry, piece)) WITHOUT ROWID;";

/* What the server's logs said of entries.  case/logs.h. */
static const char logs[] =
    "CREATE TABLE log_join ("
    "	entry INTEGER PRIMARY KEY REFERENCES entry,"
    "	account TEXT,"
    "	client TEXT,"
    "	helo TEXT,"
    "	joined_by TEXT NOT NULL,"	/* queue-id, message-id, envelope */
    /* why the account is, at this client */
    "	stolen TEXT);";

/* What campaigns are found by, and what was said of all of one. */
static const char sketches[] =
    "CREATE TABLE sketch ("
    "	entry INTEGER PRIMARY KEY REFERENCES entry,"
    "	bytes BLOB NOT NULL);"
    "CREATE TABLE taught ("
    "	campaign INTEGER PRIMARY KEY REFERENCES campaign,"
    "	at TEXT NOT NULL,"
    "	who TEXT NOT NULL,"
    "	class TEXT NOT NULL,"
    "	because TEXT);";

/* What filters on the way wrote into the header. */
static const char verdicts[] =
    "CREATE TABLE verdict ("
    "	entry INTEGER NOT NULL REFERENCES entry,"
    "	n INTEGER NOT NULL,"
    "	filter TEXT NOT NULL,"
    "	host TEXT,"
    "	bad INTEGER,"
    "	score INTEGER,"			/* in hundredths, as */
    "	threshold INTEGER,"
    "	text TEXT,"
    "	above INTEGER NOT NULL,"	/* Received fields over it */
    "	PRIMARY KEY (entry, n)) WITHOUT ROWID;";

/*
 * Each block brings a case from one version of the schema to the next, and
 * is never changed once a release has it: add another.
 */
static const char *const migrations[][4] = {
	{ tables, views },
	{ replay },
	{ changes },
	{ pieces },
	{ logs },
	{ sketches },
	{ verdicts },
};
#define VERSION_NOW	((int64_t)(sizeof(migrations) / sizeof(migrations[0])))

/*
 * Few, because each costs time and room: what a scan looks entries up by,
 * and what conditions begin with when they want little of much.
 */
static const char indexes[] =
    "CREATE UNIQUE INDEX IF NOT EXISTS entry_path ON entry (spool, path)"
    " WHERE gone IS NULL;"
    "CREATE INDEX IF NOT EXISTS entry_id ON entry (id);"
    "CREATE INDEX IF NOT EXISTS entry_class ON entry (class);"
    "CREATE INDEX IF NOT EXISTS entry_campaign ON entry (campaign)"
    " WHERE campaign IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS entry_account ON entry (account)"
    " WHERE account IS NOT NULL;"
    "CREATE INDEX IF NOT EXISTS recipient_domain ON recipient (domain);"
    "CREATE INDEX IF NOT EXISTS recipient_address ON recipient (address);"
    "CREATE INDEX IF NOT EXISTS hop_client ON hop (client)"
    " WHERE client IS NOT NULL;"
    "PRAGMA analysis_limit = 20000; ANALYZE;";

static int
migrate(struct db *d, int64_t from, struct err *err)
{
	char sql[128];
	size_t i;

	if (db_run(d, "BEGIN IMMEDIATE", err) == -1)
		return -1;
	for (; from < VERSION_NOW; from++)
		for (i = 0; i < 4 && migrations[from][i] != NULL; i++)
			if (db_run(d, migrations[from][i], err) == -1)
				return -1;
	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d;"
	    "PRAGMA user_version = %lld; COMMIT", APPLICATION_ID,
	    (long long)VERSION_NOW);
	return db_run(d, sql, err);
}

/*
 * SQLite keeps the words of each statement as they were, but for what an
 * index was made with.
 */
static bool
is_ours(struct slice sql)
{
	static const char index[] = "INDEX ";
	struct buf b = { 0 };
	const char *at = sl_find(sql, SL("INDEX "));
	size_t i, j, head = at != NULL ? (size_t)(at - sql.p) +
	    sizeof(index) - 1 : 0;
	bool found = false;

	for (i = 0; i < (size_t)VERSION_NOW; i++)
		for (j = 0; j < 4 && migrations[i][j] != NULL; j++)
			found |= sl_find(sl(migrations[i][j]), sql) != NULL;
	buf_add(&b, sl_first(sql, head));
	buf_fmt(&b, "IF NOT EXISTS ");
	buf_add(&b, sl_from(sql, head));
	found |= sl_find(sl(indexes), buf_sl(&b)) != NULL;
	buf_free(&b);
	return found;
}

/* Is it what a table or view of ours is called? */
static bool
is_our_name(struct slice name)
{
	struct buf table = { 0 }, view = { 0 };
	bool found = false;
	size_t i, j;

	buf_fmt(&table, "CREATE TABLE " SL_FMT " (", SL_ARG(name));
	buf_fmt(&view, "CREATE VIEW " SL_FMT " AS", SL_ARG(name));
	for (i = 0; i < (size_t)VERSION_NOW; i++)
		for (j = 0; j < 4 && migrations[i][j] != NULL; j++)
			found |= sl_find(sl(migrations[i][j]),
			    buf_sl(&table)) != NULL ||
			    sl_find(sl(migrations[i][j]), buf_sl(&view)) !=
			    NULL;
	buf_free(&table);
	buf_free(&view);
	return found;
}

/*
 * A case may come from somebody who means harm.  What would run by itself
 * when we read or write - triggers, indexes, a view by the name of a table -
 * has to be ours; other tables and views are never asked.
 */
static int
check_foreign(struct db *d, const char *path, struct err *err)
{
	struct query *q = db_query(d, "SELECT type, lower(name), sql"
	    " FROM sqlite_schema WHERE sql IS NOT NULL", err);
	int r;

	if (q == NULL)
		return -1;
	while ((r = q_step(q, err)) == 1)
		if (!is_ours(q_col(q, 2)) && (sl_eq(q_col(q, 0),
		    SL("trigger")) || sl_eq(q_col(q, 0), SL("index")) ||
		    is_our_name(q_col(q, 1)))) {
			r = err_set(err, ERR_UNSAFE, "%s: the " SL_FMT " "
			    SL_FMT " is not ours: somebody changed this case",
			    path, SL_ARG(q_col(q, 0)), SL_ARG(q_col(q, 1)));
			break;
		}
	query_free(q);
	return r;
}

int
schema_check(struct db *d, bool write, bool make, const char *path,
    struct err *err)
{
	int64_t app = db_int(d, "PRAGMA application_id", -1);
	int64_t version = db_int(d, "PRAGMA user_version", -1);
	int64_t things = db_int(d, "SELECT count(*) FROM sqlite_schema", -1);

	if (app == 0 && version == 0 && things == 0)
		return make ? migrate(d, 0, err) : err_set(err, ERR_FORMAT,
		    "%s: an empty file, not a case; spoolscan -c makes one",
		    path);
	if (app != APPLICATION_ID || version < 0)
		return err_set(err, ERR_FORMAT, "%s: not a case: an SQLite "
		    "file of another program", path);
	if (version > VERSION_NOW)
		return err_set(err, ERR_FORMAT, "%s: made by a newer version "
		    "of this program (schema %lld, this one knows %lld)", path,
		    (long long)version, (long long)VERSION_NOW);
	if (check_foreign(d, path, err) == -1)
		return -1;
	if (version == VERSION_NOW)
		return 0;
	if (!write)
		return err_set(err, ERR_FORMAT, "%s: made by an older version "
		    "(schema %lld); scan once more with -c, or mark "
		    "something, to bring it up", path, (long long)version);
	return migrate(d, version, err);
}

static int64_t
count_made(void)
{
	static const char *const words[] = { "CREATE TABLE ", "CREATE VIEW ",
	    "CREATE TRIGGER " };
	struct slice rest;
	const char *at;
	size_t i, j, w;
	int64_t n = 0;

	for (i = 0; i < (size_t)VERSION_NOW; i++)
		for (j = 0; j < 4 && migrations[i][j] != NULL; j++)
			for (w = 0; w < 3; w++) {
				rest = sl(migrations[i][j]);
				for (; (at = sl_find(rest, sl(words[w]))) !=
				    NULL; n++)
					rest = sl_from(rest,
					    (size_t)(at + 1 - rest.p));
			}
	return n;
}

int
schema_same(struct db *d, const char *path, struct err *err)
{
	struct query *q = db_query(d, "SELECT name, sql FROM sqlite_schema"
	    " WHERE type IN ('table', 'view', 'trigger')"
	    " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name", err);
	int64_t n = 0;
	int r;

	if (q == NULL)
		return -1;
	for (; (r = q_step(q, err)) == 1 && is_ours(q_col(q, 1)); n++)
		;
	if (r == 1)
		err_set(err, ERR_FORMAT, "%s: " SL_FMT " is not as this "
		    "version makes it", path, SL_ARG(q_col(q, 0)));
	query_free(q);
	if (r == -1)
		return -1;
	if (r == 0 && n == count_made())
		return 1;
	return r == 1 ? 0 : err_set(err, ERR_FORMAT, "%s: %lld tables, views "
	    "and triggers, not %lld", path, (long long)n,
	    (long long)count_made()) + 1;
}

/*
 * What SQLite sorts in memory it has piece by piece there, which is slower
 * and takes several times the room; in files it has what the cache may have.
 * Where it finds no place for files, it is memory all the same.
 */
int
schema_index(struct db *d, struct err *err)
{
	struct err ignored;
	int r = db_run(d, "PRAGMA temp_store = FILE", err) == -1 ? -1 :
	    db_run(d, indexes, err);

	(void)db_run(d, "PRAGMA temp_store = MEMORY", &ignored);
	if (r == -1 && db_in_transaction(d))
		r = db_run(d, indexes, err);
	return r;
}

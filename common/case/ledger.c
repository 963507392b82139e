#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "case/ledger.h"
#include "case/state.h"

#define SELECT \
	"SELECT id, at, who, host, tool, version, args, verb, what, result," \
	" hash FROM ledger"

static void
add_column(struct sha256 *h, struct slice v)
{
	uint8_t size[8];
	size_t i;

	for (i = 0; i < 8; i++)
		size[i] = (uint8_t)((uint64_t)v.n >> (56 - 8 * i));
	sha256_add(h, (struct slice){ (const char *)size, sizeof(size) });
	sha256_add(h, v);
}

static void
hash_row(struct sha256 *h, struct slice prev, const struct ledger_row *row,
    uint8_t out[32])
{
	char id[24];

	snprintf(id, sizeof(id), "%lld", (long long)row->id);
	sha256_start(h);
	sha256_add(h, prev);
	add_column(h, sl(id));
	add_column(h, row->at);
	add_column(h, row->who);
	add_column(h, row->host);
	add_column(h, row->tool);
	add_column(h, row->version);
	add_column(h, row->args);
	add_column(h, row->verb);
	add_column(h, row->what);
	add_column(h, row->result);
	sha256_end(h, out);
}

static void
uuid_bytes(const char *uuid, uint8_t out[16])
{
	size_t n = 0;
	int hi, lo;

	memset(out, 0, 16);
	for (; n < 16 && uuid[0] != '\0'; uuid++) {
		if (*uuid == '-')
			continue;
		if ((hi = ascii_hex(uuid[0])) == -1 ||
		    (lo = ascii_hex(uuid[1])) == -1)
			return;
		out[n++] = (uint8_t)(hi << 4 | lo);
		uuid++;
	}
}

/* What stands before a row in the chain. */
struct link {
	uint8_t	b[32];
	size_t	n;
};

static struct slice
link_sl(const struct link *l)
{
	return (struct slice){ (const char *)l->b, l->n };
}

static void
link_first(struct casefile *c, struct link *l)
{
	uuid_bytes(c->uuid, l->b);
	l->n = 16;
}

static void
read_row(struct query *q, struct ledger_row *row)
{
	struct slice hash = q_col(q, 10);

	*row = (struct ledger_row){ .id = q_col_int(q, 0), .at = q_col(q, 1),
	    .who = q_col(q, 2), .host = q_col(q, 3), .tool = q_col(q, 4),
	    .version = q_col(q, 5), .args = q_col(q, 6), .verb = q_col(q, 7),
	    .what = q_col(q, 8), .result = q_col(q, 9) };
	if (hash.n == sizeof(row->hash))
		memcpy(row->hash, hash.p, hash.n);
}

int
ledger_head(struct casefile *c, int64_t *id, uint8_t hash[32],
    struct err *err)
{
	struct query *q = db_query(c->db, SELECT " ORDER BY id DESC LIMIT 1",
	    err);
	struct ledger_row row = { 0 };
	int r;

	if (q == NULL)
		return -1;
	if ((r = q_step(q, err)) == 1)
		read_row(q, &row);
	*id = row.id;
	memcpy(hash, row.hash, sizeof(row.hash));
	query_free(q);
	return r == -1 ? -1 : 0;
}

static int
insert(struct casefile *c, const struct ledger_row *row, struct err *err)
{
	struct query *q = db_query(c->db, "INSERT INTO ledger (id, at, who,"
	    " host, tool, version, args, verb, what, result, hash)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)", err);
	const struct slice *const text[] = { &row->at, &row->who, &row->host,
	    &row->tool, &row->version, &row->args, &row->verb, &row->what,
	    &row->result };
	size_t i;
	int r;

	if (q == NULL)
		return -1;
	q_int(q, 1, row->id);
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		q_text(q, (int)i + 2, *text[i]);
	q_blob(q, 11, (struct slice){ (const char *)row->hash,
	    sizeof(row->hash) });
	r = q_run(q, err);
	query_free(q);
	return r;
}

static int
add(struct casefile *c, struct ledger_row *row, struct err *err)
{
	struct sha256 *h;
	struct link prev;
	int64_t last;

	if (ledger_head(c, &last, prev.b, err) == -1)
		return -1;
	prev.n = sizeof(prev.b);
	if (last == 0)
		link_first(c, &prev);
	row->id = last + 1;
	h = sha256_new();
	hash_row(h, link_sl(&prev), row, row->hash);
	sha256_free(h);
	return insert(c, row, err);
}

int
ledger_add(struct casefile *c, const struct ledger_row *what, struct err *err)
{
	struct ledger_row row = *what;
	char now[21], host[256];
	bool own;

	state_host(host, sizeof(host));
	row.at = sl(state_now(now));
	row.who = sl(c->who);
	row.host = sl(host);
	row.tool = sl(diag_tool());
	row.version = SL(VERSION);
	if (state_begin(c, &own, err) == -1)
		return -1;
	return state_end(c, own, add(c, &row, err), err);
}

struct slice
ledger_args(struct arena *a, char *const argv[])
{
	struct buf b = { 0 };
	struct slice s;
	size_t i;

	for (i = 0; argv[i] != NULL; i++) {
		if (i > 0)
			buf_addc(&b, ' ');
		quote_arg(&b, argv[i]);
	}
	s = arena_dup(a, buf_sl(&b));
	buf_free(&b);
	return s;
}

int
ledger_read(struct casefile *c, int (*each)(void *ctx,
    const struct ledger_row *row, struct err *err), void *ctx,
    struct err *err)
{
	struct query *q = db_query(c->db, SELECT " ORDER BY id", err);
	struct ledger_row row;
	int r;

	if (q == NULL)
		return -1;
	while ((r = q_step(q, err)) == 1) {
		read_row(q, &row);
		if ((r = each(ctx, &row, err)) == -1)
			break;
	}
	query_free(q);
	return r;
}

/* ---- does it hold? ---- */

struct check {
	struct sha256	*h;
	struct link	 prev;
	const uint8_t	*head;
	int64_t		 rows;
	bool		 seen;		/* head */
	bool		 broken;
};

static int
check_row(void *ctx, const struct ledger_row *row, struct err *err)
{
	struct check *k = ctx;
	uint8_t want[32];

	hash_row(k->h, link_sl(&k->prev), row, want);
	k->broken = true;
	if (row->id != k->rows + 1)
		return err_set(err, ERR_FORMAT, "the ledger has no row %lld",
		    (long long)k->rows + 1);
	if (memcmp(want, row->hash, sizeof(want)) != 0)
		return err_set(err, ERR_FORMAT, "row %lld of the ledger is "
		    "not what was written", (long long)row->id);
	k->broken = false;
	memcpy(k->prev.b, row->hash, sizeof(row->hash));
	k->prev.n = sizeof(row->hash);
	k->rows++;
	k->seen |= k->head != NULL && memcmp(k->head, row->hash, 32) == 0;
	return 0;
}

int
ledger_verify(struct casefile *c, const uint8_t *head, int64_t *rows,
    struct err *err)
{
	struct check k = { .h = sha256_new(), .head = head };
	int r;

	link_first(c, &k.prev);
	r = ledger_read(c, check_row, &k, err);
	sha256_free(k.h);
	*rows = k.rows;
	if (r == -1)
		return k.broken ? 0 : -1;
	if (head == NULL || k.seen)
		return 1;
	err_set(err, ERR_FORMAT, "the ledger has no row with that hash: its "
	    "end was cut off, or it is another case's");
	return 0;
}

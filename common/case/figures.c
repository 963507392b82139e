#include "case/figures.h"
#include "case/state.h"

#define LONGEST		"20"	/* rows of a list of the largest */
#define BAD		"class IN ('relay', 'spam', 'backscatter')"

#define BY(key) \
	"SELECT " key ", count(*), sum(class = 'relay')," \
	" sum(class = 'backscatter'), sum(class = 'spam')," \
	" sum(class = 'legit'), sum(class = 'unsure')," \
	" min(arrived), max(arrived) FROM entry WHERE " key " IS NOT NULL" \
	" GROUP BY 1 ORDER BY sum(" BAD ") DESC, 2 DESC, 1 LIMIT " LONGEST

/* Each recipient's last replay: what became of those before is past. */
#define LAST_TRY \
	" FROM replay r JOIN replay_recipient x ON x.replay = r.replay" \
	" WHERE NOT EXISTS (SELECT 1 FROM replay_recipient y" \
	" WHERE y.key = x.key AND y.replay > x.replay)"

static const char *const questions[FIGURES] = {
	[FIGURE_SPAN] = "SELECT count(*), coalesce(sum(size), 0), min(arrived),"
	    " max(arrived), count(gone), count(mark) FROM entry",
	[FIGURE_CLASSES] = "SELECT class, count(*), coalesce(sum(size), 0), count(mark)"
	    " FROM entry GROUP BY 1 ORDER BY 2 DESC",
	[FIGURE_TIMES] = "SELECT CAST(strftime('%s', arrived) AS INTEGER)"
	    " / 60 * 60, class,"
	    " count(*) FROM entry WHERE arrived IS NOT NULL GROUP BY 1, 2"
	    " ORDER BY 1",
	[FIGURE_SPOOLS] = "SELECT path, format, host, scanned, archive,"
	    " (SELECT count(*) FROM entry e WHERE e.spool = s.spool)"
	    " FROM spool s ORDER BY 1 LIMIT 200",
	[FIGURE_REASONS] = "SELECT class, reason, count(*), min(row), max(row)"
	    " FROM entry GROUP BY 1, 2 ORDER BY 1, 3 DESC LIMIT 100",
	[FIGURE_ACCOUNTS] = BY("account"),
	[FIGURE_CLIENTS] = BY("client"),
	[FIGURE_SENDERS] = BY("sender"),
	[FIGURE_CAMPAIGNS] = "SELECT coalesce(label, e.campaign), count(*),"
	    " sum(class = 'relay'), sum(class = 'backscatter'),"
	    " sum(class = 'spam'), sum(class = 'legit'),"
	    " sum(class = 'unsure'), min(arrived), max(arrived) FROM entry e"
	    " LEFT JOIN campaign c ON c.campaign = e.campaign"
	    " WHERE e.campaign IS NOT NULL GROUP BY e.campaign"
	    " ORDER BY sum(" BAD ") DESC, 2 DESC, 1 LIMIT " LONGEST,
	[FIGURE_STOLEN] = "SELECT account, min(stolen), count(*),"
	    " count(DISTINCT client) FROM log_join WHERE stolen IS NOT NULL"
	    " AND account IS NOT NULL GROUP BY 1 ORDER BY 3 DESC LIMIT 200",
	[FIGURE_LOCK] = "SELECT account FROM entry WHERE account IS NOT NULL"
	    " AND reason = 'relay/stolen-account' UNION SELECT account"
	    " FROM log_join WHERE stolen IS NOT NULL AND account IS NOT NULL"
	    " ORDER BY 1 LIMIT 1000",
	[FIGURE_DENY] = "SELECT client FROM entry WHERE client IS NOT NULL"
	    " GROUP BY 1 HAVING sum(class IN ('relay', 'spam')) > 0"
	    " AND sum(class IN ('legit', 'unsure')) = 0"
	    " ORDER BY count(*) DESC, 1 LIMIT 1000",
	[FIGURE_REPLAYS] = "SELECT target, state, count(*) FROM replay"
	    " GROUP BY 1, 2 ORDER BY 1, 3 DESC",
	[FIGURE_UNSETTLED] = "SELECT coalesce(x.state, r.state),"
	    " count(DISTINCT r.replay)" LAST_TRY
	    " AND coalesce(x.state, r.state) IN"
	    " ('doubtful', 'returned', 'refused', 'published') GROUP BY 1",
	[FIGURE_LEFT] = "SELECT r.id, coalesce(x.state, r.state), r.target,"
	    " r.sender, coalesce(x.why, r.why)" LAST_TRY
	    " AND coalesce(x.state, r.state) IN"
	    " ('doubtful', 'returned', 'refused') GROUP BY r.replay, 2"
	    " ORDER BY 2, r.replay LIMIT 100",
	[FIGURE_PIECES] = "SELECT p.archive, s.path, count(*) FROM piece p"
	    " JOIN spool s ON s.spool = p.spool"
	    " JOIN piece_entry x ON x.piece = p.piece GROUP BY p.piece",
};

int
case_figure(struct casefile *c, enum figure what,
    int (*each)(void *, const struct slice *, struct err *), void *ctx,
    struct err *err)
{
	struct query *q = db_query(c->db, questions[what], err);
	struct slice v[FIGURE_COLUMNS] = { { NULL, 0 } };
	int i, r;

	if (q == NULL)
		return -1;
	while ((r = q_step(q, err)) == 1) {
		for (i = 0; i < q_columns(q); i++)
			v[i] = q_col(q, i);
		if ((r = each(ctx, v, err)) == -1)
			break;
	}
	query_free(q);
	return r;
}

#ifndef SHOW_COLUMN_H
#define SHOW_COLUMN_H
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "judge/row.h"

/*
 * column - what table and csv print of an entry, each named once.
 *
 * get appends bytes as they stand, hostile ones too: the sink makes them
 * safe.  Nothing appended means absent.
 */
enum column_type {
	COL_TEXT,
	COL_UINT,		/* digits */
	COL_TIME,		/* as date_str writes it */
	COL_REASON,		/* "class/rest": a table leaves the class out */
	COL_FIRST,		/* text whose last word must not be cut off */
	COL_PATH,		/* text whose end tells most */
};

enum column_id {
	COL_ID, COL_CLASS, COL_RULE, COL_DECISION, COL_KIND, COL_FOLDER, COL_FORMAT,
	COL_SIZE, COL_ARRIVED, COL_DATE, COL_SENDER, COL_SENDER_PROV,
	COL_NRCPTS, COL_RCPTS, COL_RCPT, COL_CLIENT, COL_ACCOUNT, COL_HELO,
	COL_MESSAGE_ID, COL_FROM, COL_SUBJECT, COL_SHA256, COL_SPOOL,
	COL_FILE, COL_PROBLEMS, COL_JUDGED, COL_MARKED_BY, COL_BECAUSE,
	COL_CAMPAIGN, COL_COUNT
};

struct column {
	const char	*name;
	enum column_type type;
	size_t		 least, most;	/* wide in a table */
	void		(*get)(const struct row *r, struct buf *out);
};
extern const struct column columns[COL_COUNT];

/* What a terminal is sent in front of the class, and behind it. */
const char *class_colour(enum class c);
#define COLOUR_OFF	"\033[0m"
#endif

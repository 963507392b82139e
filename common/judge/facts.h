#ifndef JUDGE_FACTS_H
#define JUDGE_FACTS_H
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/intern.h"
#include "judge/record.h"

/*
 * facts - what the judge needs of one entry, small enough to keep a
 * million of them.  Strings are numbers of the scan's intern table; 0 is
 * absent.  Memory is an arena that lives as long as the scan.
 */
enum class {
	C_RELAY, C_BACKSCATTER, C_SPAM, C_LEGIT, C_UNSURE,
	C_COUNT
};
const char	*class_name(enum class c);
bool		 class_parse(struct slice s, enum class *c);

/* One hop of the trace: who handed it to whom. */
struct fact_hop {
	uint32_t	ip;		/* text of the client's address */
	uint32_t	name, helo, by;	/* lower case */
	uint32_t	for_;		/* address */
	uint32_t	account;
	bool		authenticated;
	bool		local;		/* no client: pickup, MAPI, a program */
};

struct fact_rcpt {
	uint32_t	addr, domain;
	uint32_t	target;		/* domain a hidden route leads to */
	uint8_t		route;		/* enum addr_route */
	uint8_t		provenance;
	bool		done;		/* the server would not try any more */
};

/* mail/verdict.h */
struct fact_verdict {
	uint32_t	host;		/* lower case */
	uint32_t	text;
	int32_t		score, limit;
	uint8_t		filter;		/* enum filter */
	uint8_t		above;
	bool		bad, scored;
};

/* What a filter said that was asked, as the judge keeps it. */
struct answer {
	struct slice	 action;	/* "add header" */
	struct slice	 symbols;	/* the weightiest, "A, B, C" */
	int32_t		 score, limit;	/* in hundredths */
	bool		 bad;
};

/* The report's half: what it says about another message. */
struct fact_report {
	uint64_t	 msgid;		/* of the original, hashed */
	uint32_t	 sender_domain;	/* of the original */
	uint32_t	 sender;
	uint32_t	 failed, failed_domain;	/* the first failed recipient */
	uint8_t		 original;	/* enum original */
	uint8_t		 nhops;
	struct fact_hop	 hops[];	/* of the original, newest first */
};

struct facts {
	const char	*path;		/* below its spool */
	uint64_t	 size;
	int64_t		 arrived;
	uint64_t	 msgid;		/* hash of the Message-ID; 0: none */
	uint64_t	 in_reply_to;	/* hash */
	uint64_t	 spill;		/* where its record lies */
	struct fact_rcpt *rcpts;
	struct fact_hop	*hops;
	uint32_t	*header_rcpts;	/* addresses the header names, then their domains */
	struct fact_report *report;
	const struct sketch *sketch;	/* of its text; NULL: of a report */
	const struct fact_verdict *verdicts;	/* of filters on the way */
	const struct answer *answer;	/* of one that was asked; NULL: none was */

	uint32_t	 nrcpts;
	uint32_t	 spill_n;
	uint32_t	 sender, sender_domain;
	uint32_t	 reply_domain;	/* of In-Reply-To */
	uint32_t	 subject;
	uint32_t	 client;	/* text of its address; 0: nobody connected */
	uint32_t	 helo;		/* what the client called itself */
	uint32_t	 account;
	uint32_t	 resent_domain;
	uint32_t	 problem;	/* the first one; 0: nothing was odd */
	uint32_t	 folder;
	uint32_t	 stolen;	/* why its account is; 0: it is not */
	uint32_t	 host;		/* of the first URL in its text */
	uint32_t	 mailer;	/* the program that says it wrote it */
	uint32_t	 list_id;
	uint32_t	 maker;		/* form and host of the Message-ID */
	uint16_t	 spool;		/* index of the scan's spools */
	uint8_t		 worker;	/* whose spill file */
	uint8_t		 nheader_rcpts;
	uint8_t		 nhops;
	uint8_t		 nverdicts;
	uint8_t		 kind;
	uint8_t		 tag;		/* enum addr_tag of the sole recipient */

	bool		 has_sender : 1, null_sender : 1;
	bool		 more_hops : 1;	/* below those in hops */
	bool		 unread : 1;	/* its file could not be read */
	bool		 no_header : 1;
	bool		 moved : 1;	/* it was met again: no entry of its own */

	/* settled by the judge */
	uint32_t	 campaign;	/* its number; 0: in none */
	uint32_t	 at;		/* its number, from 1 */
	uint8_t		 class;		/* enum class */
	uint8_t		 rule;		/* index of what decided */
	uint8_t		 client_is;	/* enum site_client */
	uint8_t		 ours_above;	/* Received over the one of its entry */
	bool		 authenticated : 1;
	bool		 local : 1;	/* submitted on the server itself */
	uint64_t	 spoke;		/* bit per rule */
};

#define FACT_HEADER_RCPTS_MAX	16

/*
 * The sketches that one thread kept lately: copies of one mail, letter for
 * letter, share theirs.  They are the arena's that facts_make was given.
 */
struct sketches;
struct sketches	*sketches_new(void);
void		 sketches_free(struct sketches *ss);	/* NULL allowed */

/*
 * Boil rec down; permanent memory from a, strings into in.  seen may be
 * NULL: each has a sketch of its own.
 */
struct facts	*facts_make(const struct record *rec, struct arena *a,
		    struct intern *in, struct sketches *seen);
#endif

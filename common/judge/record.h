#ifndef JUDGE_RECORD_H
#define JUDGE_RECORD_H
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "mail/attach.h"
#include "mail/charset.h"
#include "mail/received.h"
#include "mail/report.h"
#include "mail/text.h"
#include "mail/verdict.h"
#include "spool/spool.h"

/*
 * record - everything one message says, before anyone judges it: what
 * spool-json(5) prints, but for class and evidence.
 *
 * Memory is an arena's or the message's.  Text is valid UTF-8 and still
 * hostile; addresses, ids and paths are bytes.
 */
struct record {
	const char	*spool;		/* as the user named it */
	const char	*format;
	const char	*folder;
	struct slice	 path;		/* below the spool; "x.eml#2", "mbox@4096" */
	uint64_t	 size;
	bool		 has_digest;
	bool		 is_file;	/* its bytes are all of its file's; then
					   scan.file_digests leaves id and sha256 */
	uint8_t		 sha256[32];	/* of the message's bytes in the spool */
	struct slice	 id;		/* from sha256 and the native queue id */
	struct slice	 queue_id;

	int64_t		 arrived;	/* 0: nothing tells */
	int64_t		 date;		/* of the Date field; 0: none */
	struct slice	 message_id;	/* without <> */
	struct slice	 from;		/* the first From address */
	struct slice	 subject;	/* decoded */
	enum kind	 kind;

	bool		 has_sender, null_sender;
	struct addr	 sender;
	enum provenance	 sender_prov;
	struct spool_rcpt *rcpts;
	size_t		 nrcpts;
	struct slice	*header_rcpts;	/* To, Cc, Resent-To, Delivered-To: addresses */
	size_t		 nheader_rcpts;
	struct slice	 resent_from;	/* address: somebody passed it on by hand */
	struct slice	 in_reply_to;	/* without <> */
	struct slice	 list_id;

	struct ip	 client;	/* when the spool itself names it */
	struct slice	 client_name;
	struct slice	 helo;
	struct slice	 account;
	struct slice	 stolen;	/* by a log: why it is, at this client */
	struct hop	*hops;		/* newest first */
	size_t		 nhops;
	bool		 more_hops;	/* that were not read */

	bool		 has_report;
	struct slice	 reporting_mta, action, status, diagnostic;
	struct slice	 failed;	/* the first failed recipient */
	enum original	 original;
	struct slice	 orig_message_id, orig_from, orig_subject;
	struct slice	 orig_sender;	/* its Return-Path, or orig_from */
	struct hop	*orig_hops;	/* newest first */
	size_t		 norig_hops;

	struct slice	*hints;		/* address-shaped strings of the preamble */
	size_t		 nhints;
	struct spool_stream *streams;
	size_t		 nstreams;
	struct attachment *attachments;
	size_t		 nattachments;
	struct slice	 note;
	const struct sketch *sketch;	/* of the text of a mail, or NULL */
	struct slice	 host;		/* of the first URL in it */
	struct slice	 mailer;	/* the program that wrote it */
	struct verdict	*verdicts;	/* of filters on the way; of a mail */
	size_t		 nverdicts;
	struct slice	*problems;
	size_t		 nproblems;
	bool		 unread;	/* nothing of it could be read */
	bool		 wants_whole;	/* a first look does not do: read again */
};

/*
 * Does the judge want to see the hop below these n, newest first?  Two are
 * always looked at; more only as long as nobody from outside has shown up.
 */
bool	record_wants_hop(const struct hop *v, size_t n);

#define RECORD_HOPS_MAX	50	/* hops kept; RFC 5321 6.3 has loops end at 100 */
#define ORIG_HOPS_MAX	20
#define JUDGE_HOPS_MAX	4	/* the newest; deeper ones are hearsay */

/*
 * Fill rec from a message that the spool gave.  whole: with all hops, to be
 * shown; otherwise those that the judge wants.
 */
void	record_read(struct record *rec, struct arena *a, struct charsets *cs,
	    const struct spool_msg *m, bool whole);

/*
 * What only a record that is shown needs: its streams, its attachments, and
 * what a file that is no message is instead.  mg NULL: nothing is looked
 * up by its bytes.
 */
void	record_contents(struct record *rec, struct arena *a,
	    struct charsets *cs, struct magics *mg, const struct spool_msg *m);

/* The message without blank lines that a program put in front of it. */
struct slice	record_text(const struct spool_msg *m);

void	record_problem(struct record *rec, struct arena *a, struct slice what);

/* Bytes that record_unpack turns into the same record; for the spill file. */
void	record_pack(const struct record *rec, struct buf *out);
/* Slices point into bytes.  False: the bytes are damaged. */
bool	record_unpack(struct record *rec, struct arena *a, struct slice bytes);
#endif

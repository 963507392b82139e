#ifndef LOG_DIALOGUE_H
#define LOG_DIALOGUE_H
#include "log/driver.h"

/*
 * dialogue - an SMTP session as a log has it: lines of the client, lines
 * of the server.  Commands may come ahead of their replies.
 *
 * What authenticates is decoded to a name and wiped: the second line of
 * AUTH LOGIN, the rest of PLAIN, and tokens are in no variable afterwards.
 */
void	dialogue_client(struct log_in *in, struct log_open *o,
	    struct slice line);
void	dialogue_server(struct log_in *in, struct log_open *o,
	    struct slice line);

/*
 * The same where a log has command and status in one line, as those of IIS:
 * a status of 0 is none.
 */
void	dialogue_row(struct log_in *in, struct log_open *o,
	    struct slice method, struct slice query, uint64_t status,
	    uint64_t bytes);

/*
 * The name in what a client sent to authenticate: base64 of PLAIN, NTLM,
 * CRAM-MD5, XOAUTH2, or of a name alone ('L').  Only the name is kept.
 */
void	auth_name(struct log_open *o, char mech, struct slice base64);
#endif

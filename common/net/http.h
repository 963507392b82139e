#ifndef NET_HTTP_H
#define NET_HTTP_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"

/*
 * http - questions to one server over HTTP, RFC 9112, and its answers.
 *
 * Where the server is, is looked up once, and a second process (io/broker.h)
 * connects there and nowhere else: so it is made before a sandbox goes up.
 * Any thread may ask then.  Each question is a connection of its own, spoken
 * as HTTP/1.0, to which nothing is answered in pieces.
 */
struct http;

/*
 * "http://host:port/path", or https, whose certificate has to be good.
 * path: what is asked when the URL has none.  confined: by a second process.
 */
int	http_new(struct http **out, const char *url, const char *path,
	    bool confined, struct err *err);
void	http_free(struct http *h);		/* NULL allowed */

#define HTTP_ANSWER_MAX	(1024 * 1024)	/* bytes of an answer, header too */

/*
 * POST; fields are whole lines, each with its CRLF.  Within so many seconds
 * in all.  answer gets the body of a 200; anything else is -1.
 */
int	http_post(struct http *h, struct slice fields, struct slice body,
	    unsigned secs, struct buf *answer, struct err *err);
#endif

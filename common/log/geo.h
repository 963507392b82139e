#ifndef LOG_GEO_H
#define LOG_GEO_H
#include <stdbool.h>
#include "base/buf.h"
#include "base/err.h"
#include "base/ip.h"

/*
 * geo - the country and the network of an address, by local databases in
 * MaxMind's format (GeoLite2-Country, -City, -ASN and those like them).
 *
 * Built with libmaxminddb, or else geo_add says that it was not.
 */
struct geo;
#define GEO_FILES	8	/* databases asked, in the order they are given */

/* Both empty where nothing is told.  They are as hostile as the file. */
struct geo_place {
	char		 country[3];	/* ISO 3166: "NL" */
	struct buf	 network;	/* "AS64496 Example Net"; freed by caller */
};

bool		 geo_built(void);
struct geo	*geo_new(void);
int		 geo_add(struct geo *g, const char *path, struct err *err);
void		 geo_free(struct geo *g);		/* NULL allowed */
/* Set what is not set yet. */
void		 geo_look(const struct geo *g, const struct ip *ip,
		    struct geo_place *p);
#endif

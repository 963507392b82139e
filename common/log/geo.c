#include <stdlib.h>

#include "base/xalloc.h"
#include "log/geo.h"

#ifdef HAVE_LIBMAXMINDDB
#include <arpa/inet.h>
#include <maxminddb.h>
#include <string.h>

#define NETWORK	80		/* bytes kept of an organization's name */

struct geo {
	MMDB_s		 v[GEO_FILES];
	size_t		 n;
};

bool
geo_built(void)
{
	return true;
}

struct geo *
geo_new(void)
{
	return xcalloc(1, sizeof(struct geo));
}

int
geo_add(struct geo *g, const char *path, struct err *err)
{
	int r;

	if (g->n == GEO_FILES)
		return err_set(err, ERR_USAGE, "%s: more than %d databases",
		    path, GEO_FILES);
	if ((r = MMDB_open(path, MMDB_MODE_MMAP, &g->v[g->n])) ==
	    MMDB_SUCCESS) {
		g->n++;
		return 0;
	}
	if (r == MMDB_FILE_OPEN_ERROR)
		return err_sys(err, "%s: cannot be read", path);
	return err_set(err, ERR_FORMAT, "%s: no MaxMind database", path);
}

void
geo_free(struct geo *g)
{
	size_t i;

	for (i = 0; g != NULL && i < g->n; i++)
		MMDB_close(&g->v[i]);
	free(g);
}

static bool
found(const MMDB_s *db, const struct ip *ip, MMDB_entry_s *e)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct sockaddr_in6 b = { .sin6_family = AF_INET6 };
	const struct sockaddr *sa = (const struct sockaddr *)&b;
	MMDB_lookup_result_s r;
	int wrong = MMDB_SUCCESS;

	if (ip_is_v4(ip)) {
		memcpy(&a.sin_addr, ip->b + 12, 4);
		sa = (const struct sockaddr *)&a;
	} else {
		memcpy(&b.sin6_addr, ip->b, 16);
	}
	r = MMDB_lookup_sockaddr(db, sa, &wrong);
	*e = r.entry;
	return wrong == MMDB_SUCCESS && r.found_entry;
}

static struct slice
text_at(MMDB_entry_s *e, const char *const *path)
{
	MMDB_entry_data_s d;

	if (MMDB_aget_value(e, &d, path) != MMDB_SUCCESS || !d.has_data ||
	    d.type != MMDB_DATA_TYPE_UTF8_STRING)
		return SL("");
	return (struct slice){ d.utf8_string, d.data_size };
}

static void
country(MMDB_entry_s *e, struct geo_place *p)
{
	static const char *const paths[][3] = {
		{ "country", "iso_code", NULL },
		{ "registered_country", "iso_code", NULL },
	};
	struct slice s = SL("");
	size_t i;

	for (i = 0; i < 2 && s.n != 2; i++)
		s = text_at(e, paths[i]);
	if (s.n == 2)
		memcpy(p->country, s.p, 2);
}

static void
network(MMDB_entry_s *e, struct geo_place *p)
{
	static const char *const as[] = { "autonomous_system_number", NULL };
	static const char *const name[] = {
	    "autonomous_system_organization", NULL };
	struct slice s = text_at(e, name);
	MMDB_entry_data_s d;

	if (MMDB_aget_value(e, &d, as) == MMDB_SUCCESS && d.has_data &&
	    d.type == MMDB_DATA_TYPE_UINT32)
		buf_fmt(&p->network, "AS%u", d.uint32);
	if (p->network.n > 0 && s.n > 0)
		buf_addc(&p->network, ' ');
	buf_add(&p->network, sl_first(s, NETWORK));
}

void
geo_look(const struct geo *g, const struct ip *ip, struct geo_place *p)
{
	MMDB_entry_s e;
	size_t i;

	for (i = 0; i < g->n; i++) {
		if (!found(&g->v[i], ip, &e))
			continue;
		if (p->country[0] == '\0')
			country(&e, p);
		if (p->network.n == 0)
			network(&e, p);
	}
}

#else

struct geo {
	char	none;
};

bool
geo_built(void)
{
	return false;
}

struct geo *
geo_new(void)
{
	return xcalloc(1, sizeof(struct geo));
}

int
geo_add(struct geo *g, const char *path, struct err *err)
{
	(void)g;
	return err_set(err, ERR_USAGE, "%s: this spoollog was built without "
	    "libmaxminddb", path);
}

void
geo_free(struct geo *g)
{
	free(g);
}

void
geo_look(const struct geo *g, const struct ip *ip, struct geo_place *p)
{
	(void)g;
	(void)ip;
	(void)p;
}
#endif

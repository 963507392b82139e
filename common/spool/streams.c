#include "io/streams.h"
#include "spool/driver.h"

/*
 * What lies beside a file: NTFS streams that a copy kept as extended
 * attributes, or as files of their own called <file>:<stream>.
 */
#define BYTES_MAX	(64 * 1024)	/* of one that are searched */

static void
add(struct spool_reader *rd, struct spool_msg *m, struct spool_stream s)
{
	if (m->streams == NULL)
		m->streams = arena_alloc(rd->a,
		    SPOOL_STREAMS_MAX * sizeof(*m->streams));
	if (m->nstreams < SPOOL_STREAMS_MAX)
		m->streams[m->nstreams++] = s;
	else
		msg_problem(m, "more streams than are listed");
}

static void
from_xattrs(struct spool_reader *rd, struct spool_msg *m)
{
	struct stream v[TREE_STREAMS_MAX];
	bool more;
	size_t n = tree_file_streams(rd->e->dir, rd->e->name, rd->fd, rd->a,
	    BYTES_MAX, v, &more), i;

	if (more)
		msg_problem(m, "more streams than are listed");
	for (i = 0; i < n; i++) {
		add(rd, m, (struct spool_stream){ .name = v[i].name,
		    .size = v[i].size });
		msg_hints(m, rd->a, v[i].bytes);
	}
}

/* The part of a companion's name behind <file>:, or empty. */
static struct slice
sidecar_name(const struct spool_entry *e, const struct spool_with *with)
{
	struct slice s = sl(with->name), file = sl(e->name);

	return sl_starts(s, file) && s.n > file.n && s.p[file.n] == ':' ?
	    sl_from(s, file.n + 1) : sl_first(s, 0);
}

static void
from_sidecars(struct spool_reader *rd, struct spool_msg *m)
{
	struct slice name, bytes;
	uint64_t size;
	size_t i;

	for (i = 0; i < rd->e->nwith; i++) {
		name = sidecar_name(rd->e, &rd->e->with[i]);
		if (name.n == 0)
			continue;
		bytes = reader_sized(rd, &rd->e->with[i], BYTES_MAX, &size);
		add(rd, m, (struct spool_stream){ .name = arena_dup(rd->a, name),
		    .size = size, .sidecar = true });
		msg_hints(m, rd->a, bytes);
	}
}

void
reader_streams(struct spool_reader *rd, struct spool_msg *m)
{
	from_xattrs(rd, m);
	from_sidecars(rd, m);
}

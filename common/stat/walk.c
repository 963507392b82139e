#include <errno.h>
#include <stdlib.h>

#include "base/pool.h"
#include "base/sig.h"
#include "base/xalloc.h"
#include "spool/spool.h"
#include "stat/tally.h"

#define BATCH	256		/* entries a job */

/* Entries on their way from the walk to a thread. */
struct batch {
	struct arena		*a;
	struct spool		*sp;
	struct spool_entry	 e[BATCH];
	size_t			 n;
};

struct worker {
	struct tally		 t;
	struct arena		*a;
	struct spool_reader	*rd;
};

struct walk {
	struct tally	*t;		/* of the thread that walks */
	struct worker	*workers;
	struct pool	*pool;
};

static void
glance_at(struct tally *t, const struct spool *sp,
    const struct spool_entry *e)
{
	struct spool_glance g;
	struct err err;
	int r = spool_glance(sp, e, &g, &err);

	t->nth++;
	if (r == 1)
		tally_add(t, spool_path(sp), sl(e->folder),
		    &(struct one){ g.bytes, g.arrived });
	else if (r == 0)
		t->vanished++;
	else
		tally_unread(t, e->path, &err);
}

/* A mailbox, or a range of it. */
static void
read_all(struct worker *w, const struct spool *sp,
    const struct spool_entry *e)
{
	struct spool_msg m;
	struct err err = { 0 };
	int r = spool_start(sp, e, w->rd, &err);

	while (r != -1 && (r = spool_load(w->rd, &m, &err)) == 1) {
		w->t.nth++;
		tally_add(&w->t, spool_path(sp), sl(e->folder), &(struct one){
		    m.size, m.arrived != 0 ? m.arrived : m.mtime });
	}
	if (r == -1 && err.sys == ENOENT)
		w->t.vanished++;
	else if (r == -1)
		tally_unread(&w->t, e->path, &err);
	arena_reset(w->a);
}

static void
work(void *ctx, size_t worker, void *job)
{
	struct walk *walk = ctx;
	struct worker *w = &walk->workers[worker];
	struct batch *b = job;
	size_t i;

	for (i = 0; i < b->n; i++) {
		if (spool_is_split(b->sp))
			read_all(w, b->sp, &b->e[i]);
		else
			glance_at(&w->t, b->sp, &b->e[i]);
		spool_entry_done(&b->e[i]);
	}
	arena_free(b->a);
	free(b);
}

static struct batch *
batch_new(struct spool *sp)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	b->a = arena_new();
	b->sp = sp;
	return b;
}

static void
walk_spool(struct walk *w, struct spool *sp)
{
	struct batch *b = batch_new(sp);
	struct err err;
	int r;

	while (!sig_stop() &&
	    (r = spool_next(sp, b->a, &b->e[b->n], &err)) != 0) {
		if (r == -1)
			tally_unread(w->t, b->e[b->n].path, &err);
		else
			b->n++;
		if (b->n == BATCH) {
			pool_put(w->pool, b);
			b = batch_new(sp);
		}
	}
	pool_put(w->pool, b);
	pool_drain(w->pool);
}

static int
walk_path(struct walk *w, const char *path, const char *format,
    struct err *err)
{
	struct arena *a = arena_new();
	struct spool **set;
	size_t n = 0, i;
	int r = spool_open(&set, &n, a, path, format, err);

	for (i = 0; i < n; i++) {
		walk_spool(w, set[i]);
		spool_close(set[i]);
	}
	arena_free(a);
	return r;
}

static void
begin(struct walk *w, size_t threads)
{
	size_t i;

	w->workers = xcalloc(threads, sizeof(*w->workers));
	for (i = 0; i < threads; i++) {
		tally_init(&w->workers[i].t, w->t->at);
		w->workers[i].a = arena_new();
		w->workers[i].rd = spool_reader_new(w->workers[i].a);
	}
	w->pool = pool_new(threads, work, w);
}

static void
end(struct walk *w, size_t threads)
{
	size_t i;

	pool_free(w->pool);
	for (i = 0; i < threads; i++) {
		tally_merge(w->t, &w->workers[i].t);
		tally_free(&w->workers[i].t);
		spool_reader_free(w->workers[i].rd);
		arena_free(w->workers[i].a);
	}
	free(w->workers);
}

int
tally_walk(struct tally *t, size_t threads, char *const paths[],
    const char *format, struct err *err)
{
	struct walk w = { .t = t };
	int r = 0;

	if (threads == 0)
		threads = pool_cpus();
	begin(&w, threads);
	for (; r == 0 && *paths != NULL; paths++)
		r = walk_path(&w, *paths, format, err);
	end(&w, threads);
	return r;
}

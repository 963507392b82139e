#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/pool.h"
#include "base/xalloc.h"

#define WAITING	4	/* jobs a thread */

struct worker {
	struct pool	*pool;
	size_t		 number;
	pthread_t	 thread;
};

struct pool {
	pool_work	*work;
	void		*ctx;
	struct worker	*workers;
	size_t		 threads;	/* running; 0: work in pool_put */

	pthread_mutex_t	 lock;
	pthread_cond_t	 some;		/* a job waits, or done */
	pthread_cond_t	 room;		/* a job was taken or finished */
	void		**ring;
	size_t		 size, head, n;	/* of ring */
	size_t		 busy;		/* jobs being worked on */
	bool		 done;
};

static void *
run(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;
	void *job;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->n == 0 && !p->done)
			pthread_cond_wait(&p->some, &p->lock);
		if (p->n == 0)
			break;
		job = p->ring[p->head];
		p->head = (p->head + 1) % p->size;
		p->n--;
		p->busy++;
		pthread_cond_signal(&p->room);
		pthread_mutex_unlock(&p->lock);
		p->work(p->ctx, w->number, job);
		pthread_mutex_lock(&p->lock);
		p->busy--;
		pthread_cond_signal(&p->room);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct pool *
pool_new(size_t threads, pool_work *work, void *ctx)
{
	struct pool *p = xcalloc(1, sizeof(*p));
	size_t i;

	p->work = work;
	p->ctx = ctx;
	if (threads <= 1)
		return p;
	p->size = threads * WAITING;
	p->ring = xcalloc(p->size, sizeof(*p->ring));
	p->workers = xcalloc(threads, sizeof(*p->workers));
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->some, NULL);
	pthread_cond_init(&p->room, NULL);
	for (i = 0; i < threads; i++) {
		p->workers[i] = (struct worker){ .pool = p, .number = i };
		if (pthread_create(&p->workers[i].thread, NULL, run,
		    &p->workers[i]) != 0)
			break;		/* fewer do as well */
		p->threads++;
	}
	return p;
}

bool
pool_is_full(struct pool *p)
{
	bool full;

	pthread_mutex_lock(&p->lock);
	full = p->threads > 0 && p->n == p->size;
	pthread_mutex_unlock(&p->lock);
	return full;
}

void
pool_put(struct pool *p, void *job)
{
	if (p->threads == 0) {
		p->work(p->ctx, 0, job);
		return;
	}
	pthread_mutex_lock(&p->lock);
	while (p->n == p->size)
		pthread_cond_wait(&p->room, &p->lock);
	p->ring[(p->head + p->n++) % p->size] = job;
	pthread_cond_signal(&p->some);
	pthread_mutex_unlock(&p->lock);
}

void
pool_drain(struct pool *p)
{
	if (p->threads == 0)
		return;
	pthread_mutex_lock(&p->lock);
	while (p->n > 0 || p->busy > 0)
		pthread_cond_wait(&p->room, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void
pool_free(struct pool *p)
{
	size_t i;

	if (p == NULL)
		return;
	if (p->threads > 0) {
		pthread_mutex_lock(&p->lock);
		p->done = true;
		pthread_cond_broadcast(&p->some);
		pthread_mutex_unlock(&p->lock);
		for (i = 0; i < p->threads; i++)
			pthread_join(p->workers[i].thread, NULL);
		pthread_mutex_destroy(&p->lock);
		pthread_cond_destroy(&p->some);
		pthread_cond_destroy(&p->room);
	}
	free(p->workers);
	free(p->ring);
	free(p);
}

size_t
pool_cpus(void)
{
	cpu_set_t set;
	int n;

	if (sched_getaffinity(0, sizeof(set), &set) == -1)
		return 1;
	n = CPU_COUNT(&set);
	return n < 1 ? 1 : (size_t)n;
}

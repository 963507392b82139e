#ifndef BASE_POOL_H
#define BASE_POOL_H
#include <stdbool.h>
#include <stddef.h>

/*
 * pool - threads that work off jobs in any order.
 *
 * At most 4 jobs a thread wait; pool_put blocks beyond that, so memory is
 * bounded by the producer's job size.  Each worker has a number from 0, for
 * state of its own.  With one thread jobs run inside pool_put.
 */
struct pool;
typedef void pool_work(void *ctx, size_t worker, void *job);

struct pool	*pool_new(size_t threads, pool_work *work, void *ctx);
void		 pool_put(struct pool *p, void *job);	/* job passes to work */
bool		 pool_is_full(struct pool *p);		/* pool_put would block */
void		 pool_drain(struct pool *p);		/* wait for all jobs */
void		 pool_free(struct pool *p);		/* drains; NULL allowed */
size_t		 pool_cpus(void);			/* processors we may use */
#endif

#ifndef BASE_ERR_H
#define BASE_ERR_H

enum err_code {
	ERR_NONE,
	ERR_SYS,	/* the system said no; sys has errno */
	ERR_FORMAT,	/* the bytes are not what they should be */
	ERR_LIMIT,	/* a limit of ours was reached */
	ERR_UNSAFE,	/* link, device, name: refused without opening */
	ERR_USAGE,	/* what the user asked for makes no sense */
};

struct err {
	enum err_code	code;
	int		sys;		/* errno, or 0 */
	char		msg[512];	/* a finished sentence, no newline */
};

/* All return -1, so `return err_set(err, ...)` reads as one thought. */
int	err_set(struct err *e, enum err_code code, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
int	err_sys(struct err *e, const char *fmt, ...)	/* adds strerror */
	    __attribute__((format(printf, 2, 3)));
int	err_at(struct err *e, const char *fmt, ...)	/* adds where, in front */
	    __attribute__((format(printf, 2, 3)));
#endif

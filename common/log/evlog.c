#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef HAVE_LIBEVT
#include <libevt.h>
#endif
#ifdef HAVE_LIBEVTX
#include <libevtx.h>
#endif

#include "base/buf.h"
#include "base/sig.h"
#include "base/utf8.h"
#include "base/xalloc.h"
#include "log/evlog.h"
#include "mail/date.h"

#define LINES		65536	/* bytes of lines made at a time */
#define STRING_MAX	65536	/* bytes of a string that is asked for */
#define READ_ONLY	1	/* both libraries' flag */
#define NT_EPOCH	INT64_C(11644473600)	/* seconds from 1601 to 1970 */

/*
 * Both libraries are one, but for names and the form of a time: their handles
 * and errors are pointers to a number.
 */
struct lib {
	struct slice	magic;
	const char	*name;
	int	(*file_new)(intptr_t **, intptr_t **);
	int	(*file_free)(intptr_t **, intptr_t **);
	int	(*file_open)(intptr_t *, const char *, int, intptr_t **);
	int	(*count)(intptr_t *, int *, intptr_t **);
	int	(*record)(intptr_t *, int, intptr_t **, intptr_t **);
	int	(*record_free)(intptr_t **, intptr_t **);
	int	(*id)(intptr_t *, uint32_t *, intptr_t **);
	int	(*source_size)(intptr_t *, size_t *, intptr_t **);
	int	(*source)(intptr_t *, uint8_t *, size_t, intptr_t **);
	int	(*strings)(intptr_t *, int *, intptr_t **);
	int	(*string_size)(intptr_t *, int, size_t *, intptr_t **);
	int	(*string)(intptr_t *, int, uint8_t *, size_t, intptr_t **);
	void	(*error_free)(intptr_t **);
	int	(*unix_time)(intptr_t *, uint32_t *, intptr_t **);
	int	(*file_time)(intptr_t *, uint64_t *, intptr_t **);
};

static const struct lib libs[] = {
	{ .magic = { "\x30\0\0\0LfLe", 8 }, .name = "libevt",
#ifdef HAVE_LIBEVT
	    .file_new = libevt_file_initialize, .file_free = libevt_file_free,
	    .file_open = libevt_file_open,
	    .count = libevt_file_get_number_of_records,
	    .record = libevt_file_get_record_by_index,
	    .record_free = libevt_record_free,
	    .id = libevt_record_get_event_identifier,
	    .source_size = libevt_record_get_utf8_source_name_size,
	    .source = libevt_record_get_utf8_source_name,
	    .strings = libevt_record_get_number_of_strings,
	    .string_size = libevt_record_get_utf8_string_size,
	    .string = libevt_record_get_utf8_string,
	    .error_free = libevt_error_free,
	    .unix_time = libevt_record_get_written_time,
#endif
	},
	{ .magic = { "ElfFile\0", 8 }, .name = "libevtx",
#ifdef HAVE_LIBEVTX
	    .file_new = libevtx_file_initialize,
	    .file_free = libevtx_file_free, .file_open = libevtx_file_open,
	    .count = libevtx_file_get_number_of_records,
	    .record = libevtx_file_get_record_by_index,
	    .record_free = libevtx_record_free,
	    .id = libevtx_record_get_event_identifier,
	    .source_size = libevtx_record_get_utf8_source_name_size,
	    .source = libevtx_record_get_utf8_source_name,
	    .strings = libevtx_record_get_number_of_strings,
	    .string_size = libevtx_record_get_utf8_string_size,
	    .string = libevtx_record_get_utf8_string,
	    .error_free = libevtx_error_free,
	    .file_time = libevtx_record_get_written_time,
#endif
	},
};
#define LIBS	(sizeof(libs) / sizeof(libs[0]))

struct evlog {
	const struct lib *lib;
	intptr_t	*file;
	int		 n, next;	/* records */
	struct buf	 text, tmp;
	size_t		 given;		/* of text */
};

static const struct lib *
lib_of(struct slice head)
{
	size_t i;

	for (i = 0; i < LIBS; i++)
		if (sl_starts(head, libs[i].magic))
			return &libs[i];
	return NULL;
}

bool
evlog_sniff(struct slice head)
{
	return lib_of(head) != NULL;
}

/* ---- a record ---- */

/* A name or number in the line, made harmless. */
static void
put_text(struct buf *out, struct slice s)
{
	size_t i;

	for (i = 0; i < s.n && s.p[i] != '\0'; i++)
		buf_addc(out, (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ||
		    s.p[i] == '|' || s.p[i] == '"' || s.p[i] == ',' ? ' ' :
		    s.p[i]);
}

static void
drop(const struct evlog *e, intptr_t **error)
{
	if (*error != NULL)
		e->lib->error_free(error);
}

static void
put_source(struct evlog *e, intptr_t *rec)
{
	intptr_t *error = NULL;
	size_t n = 0;

	if (e->lib->source_size(rec, &n, &error) == 1 && n > 0 &&
	    n <= STRING_MAX && e->lib->source(rec,
	    (uint8_t *)buf_room(&e->tmp, n), n, &error) == 1)
		put_text(&e->text, sl_first((struct slice){ e->tmp.p, n },
		    EVLOG_STRING));
	drop(e, &error);
}

static void
put_string(struct evlog *e, intptr_t *rec, int i)
{
	intptr_t *error = NULL;
	size_t n = 0;

	if (e->lib->string_size(rec, i, &n, &error) == 1 && n > 0 &&
	    n <= STRING_MAX && e->lib->string(rec, i,
	    (uint8_t *)buf_room(&e->tmp, n), n, &error) == 1)
		put_text(&e->text, sl_first((struct slice){ e->tmp.p, n },
		    EVLOG_STRING));
	drop(e, &error);
}

static int64_t
time_of(const struct evlog *e, intptr_t *rec)
{
	intptr_t *error = NULL;
	uint64_t nt = 0;
	uint32_t secs = 0;

	if (e->lib->unix_time != NULL)
		(void)e->lib->unix_time(rec, &secs, &error);
	else if (e->lib->file_time(rec, &nt, &error) == 1 &&
	    nt < UINT64_C(1) << 62)
		nt = nt / 10000000 < (uint64_t)NT_EPOCH ? 0 :
		    nt / 10000000 - (uint64_t)NT_EPOCH;
	drop(e, &error);
	return (int64_t)(nt + secs);
}

static void
put_record(struct evlog *e, intptr_t *rec)
{
	char text[DATE_TEXT];
	intptr_t *error = NULL;
	uint32_t id = 0;
	int n = 0, i;

	(void)e->lib->id(rec, &id, &error);
	drop(e, &error);
	buf_fmt(&e->text, "%s,", date_str(time_of(e, rec), text));
	put_source(e, rec);
	buf_fmt(&e->text, ",%u,|", (unsigned)(id & 0xffff));
	(void)e->lib->strings(rec, &n, &error);
	drop(e, &error);
	for (i = 0; i < n && i < EVLOG_STRINGS; i++) {
		put_string(e, rec, i);
		buf_addc(&e->text, '|');
	}
	buf_addc(&e->text, '\n');
}

/* ---- the file ---- */

int
evlog_open(struct evlog **out, int fd, struct err *err)
{
	struct evlog *e = xcalloc(1, sizeof(*e));
	intptr_t *error = NULL;
	char head[8], path[64];
	ssize_t n = pread(fd, head, sizeof(head), 0);

	e->lib = lib_of((struct slice){ head, n < 0 ? 0 : (size_t)n });
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (e->lib == NULL || e->lib->file_new == NULL) {
		(void)err_set(err, ERR_FORMAT, "an event log, and this "
		    "spoollog was built without %s: export it as text",
		    e->lib == NULL ? "it" : e->lib->name);
		evlog_close(e);
		return -1;
	}
	if (e->lib->file_new(&e->file, &error) == 1 &&
	    e->lib->file_open(e->file, path, READ_ONLY, &error) == 1 &&
	    e->lib->count(e->file, &e->n, &error) == 1) {
		*out = e;
		return 0;
	}
	drop(e, &error);
	evlog_close(e);
	return err_set(err, ERR_FORMAT, "an event log that is damaged");
}

void
evlog_close(struct evlog *e)
{
	intptr_t *error = NULL;

	if (e == NULL)
		return;
	if (e->file != NULL)
		(void)e->lib->file_free(&e->file, &error);
	drop(e, &error);
	buf_free(&e->text);
	buf_free(&e->tmp);
	free(e);
}

/* Records that cannot be read are lines that say nothing. */
static void
next_lines(struct evlog *e)
{
	intptr_t *rec, *error;

	e->text.n = e->given = 0;
	for (; e->next < e->n && e->text.n < LINES && !sig_stop(); e->next++) {
		rec = error = NULL;
		if (e->lib->record(e->file, e->next, &rec, &error) == 1)
			put_record(e, rec);
		else
			buf_add(&e->text, SL("damaged\n"));
		drop(e, &error);
		if (rec != NULL)
			(void)e->lib->record_free(&rec, &error);
		drop(e, &error);
	}
}

ssize_t
evlog_read(struct evlog *e, char *p, size_t n, struct err *err)
{
	(void)err;
	if (e->given == e->text.n)
		next_lines(e);
	if (n > e->text.n - e->given)
		n = e->text.n - e->given;
	if (n > 0)
		memcpy(p, e->text.p + e->given, n);
	e->given += n;
	return (ssize_t)n;
}

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "site/import.h"

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

int
import_fail(struct import *in, size_t line, const char *fmt, ...)
{
	char msg[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return err_set(in->err, ERR_FORMAT, "%.180s:%zu: %s", in->path, line,
	    msg);
}

void
import_note(struct import *in, size_t line, const char *fmt, ...)
{
	char msg[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	buf_add(in->notes, sl(base_name(in->path)));
	if (line > 0)
		buf_fmt(in->notes, ":%zu", line);
	buf_fmt(in->notes, ": %s\n", msg);
}

void
import_origin(struct import *in, size_t line, struct slice what)
{
	size_t i;

	buf_fmt(in->rules, "\t# %s", base_name(in->path));
	if (line > 0)
		buf_fmt(in->rules, ":%zu", line);
	buf_add(in->rules, SL(": "));
	what = sl_first(what, 80);
	for (i = 0; i < what.n; i++)
		buf_addc(in->rules, (unsigned char)what.p[i] < ' ' ? ' ' :
		    what.p[i]);
	buf_addc(in->rules, '\n');
}

int
import_read(struct arena *a, const char *path, struct slice *text,
    struct err *err)
{
	FILE *f = fopen(path, "re");
	struct buf b = { 0 };
	size_t n;

	if (f == NULL)
		return err_sys(err, "%.200s", path);
	while (b.n <= IMPORT_MAX &&
	    (n = fread(buf_room(&b, 65536), 1, 65536, f)) > 0)
		b.n += n;
	if (ferror(f))
		err_sys(err, "%.200s", path);
	else if (b.n > IMPORT_MAX)
		err_set(err, ERR_LIMIT, "%.200s: larger than %d MB", path,
		    IMPORT_MAX >> 20);
	*text = arena_dup(a, buf_sl(&b));
	n = ferror(f) || b.n > IMPORT_MAX;
	buf_free(&b);
	fclose(f);
	return n ? -1 : 0;
}

int
import_file(struct import *in, size_t line, struct slice path,
    const char **used, struct slice *text)
{
	const char *named = arena_str(in->a, path);
	size_t dir = (size_t)(base_name(in->path) - in->path);
	struct slice beside = arena_fmt(in->a, "%.*s%s", (int)dir, in->path,
	    base_name(named));
	const char *name = arena_str(in->a, beside);
	struct stat st;
	int r;

	*used = name;
	if (access(name, R_OK) == -1)
		*used = in->root == NULL ? named :
		    arena_fmt(in->a, "%s%s", in->root, named).p;
	if ((in->root != NULL ? lstat(*used, &st) : stat(*used, &st)) == 0 &&
	    !S_ISREG(st.st_mode))
		r = err_set(in->err, ERR_UNSAFE, "%.200s: no file", *used);
	else
		r = import_read(in->a, *used, text, in->err);
	if (r == 0)
		return 1;
	if (in->err->code == ERR_LIMIT)
		return err_at(in->err, "%.180s:%zu", in->path, line);
	import_note(in, line, "%s: what it says is not known", in->err->msg);
	*in->err = (struct err){ 0 };
	return 0;
}

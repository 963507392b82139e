#include <magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xalloc.h"
#include "mail/magic.h"

#define TEXT_BYTES	512	/* of text: its patterns are dear */

/*
 * What it can do that opens, starts or unpacks something is off; so is
 * what only tells kinds of text and details of programs apart.
 */
#define FLAGS	(MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | \
		 MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_TOKENS | \
		 MAGIC_NO_CHECK_CSV | MAGIC_NO_CHECK_JSON | \
		 MAGIC_NO_CHECK_APPTYPE)
/* What is no text need not be looked at as text, in each of its encodings. */
#define BINARY_FLAGS	(FLAGS | MAGIC_NO_CHECK_ENCODING | MAGIC_NO_CHECK_TEXT)

struct magics {
	magic_t	 set;
	bool	 opened;
	char	 failure[256];	/* empty: none */
};

static const struct {
	int	 what;
	size_t	 max;
} limits[] = {
	{ MAGIC_PARAM_BYTES_MAX, TYPE_BYTES_MAX },
	{ MAGIC_PARAM_INDIR_MAX, 10 },	/* patterns that begin anew */
	{ MAGIC_PARAM_NAME_MAX, 50 },	/* patterns that use others */
	{ MAGIC_PARAM_REGEX_MAX, 256 },	/* bytes a regex is tried on */
	{ MAGIC_PARAM_ELF_PHNUM_MAX, 1 },
	{ MAGIC_PARAM_ELF_SHNUM_MAX, 1 },
	{ MAGIC_PARAM_ELF_NOTES_MAX, 1 },
};

/* Names that changed from one release of libmagic to the next. */
static const struct {
	struct slice	 theirs, ours;
} names[] = {
	{ { "application/vnd.microsoft.portable-executable", 45 },
	    { "application/x-dosexec", 21 } },
	{ { "application/x-gzip", 18 }, { "application/gzip", 16 } },
};

/*
 * What so begins is that, and libmagic says so too, after it has looked for
 * all the others.
 */
static const struct {
	struct slice	 begins, type;
} sure[] = {
	{ { "%PDF-", 5 }, { "application/pdf", 15 } },
	{ { "\xff\xd8\xff\xe0", 4 }, { "image/jpeg", 10 } },
	{ { "\xff\xd8\xff\xe1", 4 }, { "image/jpeg", 10 } },
	{ { "\xff\xd8\xff\xdb", 4 }, { "image/jpeg", 10 } },
	{ { "GIF87a", 6 }, { "image/gif", 9 } },
	{ { "GIF89a", 6 }, { "image/gif", 9 } },
	{ { "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16 }, { "image/png", 9 } },
};

struct magics *
magics_new(void)
{
	return xcalloc(1, sizeof(struct magics));
}

void
magics_free(struct magics *mg)
{
	if (mg == NULL)
		return;
	if (mg->set != NULL)
		magic_close(mg->set);
	free(mg);
}

static void
fail(struct magics *mg, const char *what)
{
	snprintf(mg->failure, sizeof(mg->failure), "types are not looked "
	    "up: libmagic: %s", what == NULL ? "cannot be used" : what);
	if (mg->set != NULL)
		magic_close(mg->set);
	mg->set = NULL;
}

static void
load(struct magics *mg)
{
	size_t i, max;

	mg->opened = true;
	mg->set = magic_open(FLAGS);
	if (mg->set == NULL || magic_load(mg->set, NULL) == -1) {
		fail(mg, mg->set == NULL ? NULL : magic_error(mg->set));
		return;
	}
	for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		max = limits[i].max;
		if (magic_setparam(mg->set, limits[i].what, &max) == -1) {
			fail(mg, "its limits cannot be set");
			return;
		}
	}
}

/* No control bytes in front but those that text has; or in two bytes each. */
static bool
seems_text(struct slice s)
{
	size_t i;

	if (sl_starts(s, SL("\xff\xfe")) || sl_starts(s, SL("\xfe\xff")))
		return true;
	s = sl_first(s, TEXT_BYTES);
	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' && !ascii_space(s.p[i]) &&
		    s.p[i] != 0x1b)
			return false;
	return true;
}

static struct slice
sure_type(struct slice bytes)
{
	size_t i;

	for (i = 0; i < sizeof(sure) / sizeof(sure[0]); i++)
		if (sl_starts(bytes, sure[i].begins))
			return sure[i].type;
	return (struct slice){ NULL, 0 };
}

struct slice
magics_type(struct magics *mg, struct slice bytes)
{
	struct slice type;
	size_t i;
	bool text;

	if (!mg->opened)
		load(mg);
	if (mg->set == NULL || bytes.n == 0)
		return (struct slice){ NULL, 0 };
	if ((type = sure_type(bytes)).n > 0)
		return type;
	text = seems_text(bytes);
	if (text && (ascii_alnum(bytes.p[0]) || ascii_space(bytes.p[0])))
		return SL("text/plain");	/* words: no need to ask */
	bytes = sl_first(bytes, text ? TEXT_BYTES : TYPE_BYTES_MAX);
	magic_setflags(mg->set, text ? FLAGS : BINARY_FLAGS);
	type = sl(magic_buffer(mg->set, bytes.p, bytes.n));
	if (type.n == 0)	/* a limit was reached */
		return SL("application/octet-stream");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sl_eq(type, names[i].theirs))
			return names[i].ours;
	return type;
}

const char *
magics_failure(const struct magics *mg)
{
	return mg == NULL || mg->failure[0] == '\0' ? NULL : mg->failure;
}

#include "mail/attach.h"

#define DECODED_MAX	(1024 * 1024)	/* bytes of a part; as of a message */

/* What bytes turn out to be, as far as a name can hide it. */
enum nature { PLAIN, EXECUTABLE, SCRIPT, ARCHIVE };
static const char *const natures[] = {
	"", "executable", "script", "archive"
};

static const struct {
	const char	*type;
	enum nature	 nature;
} types[] = {
	{ "application/x-dosexec", EXECUTABLE },
	{ "application/x-executable", EXECUTABLE },
	{ "application/x-pie-executable", EXECUTABLE },
	{ "application/x-sharedlib", EXECUTABLE },
	{ "application/x-mach-binary", EXECUTABLE },
	{ "application/x-ms-shortcut", EXECUTABLE },
	{ "application/x-msi", EXECUTABLE },
	{ "application/x-java-applet", EXECUTABLE },
	{ "text/x-shellscript", SCRIPT },
	{ "text/x-msdos-batch", SCRIPT },
	{ "application/zip", ARCHIVE },
	{ "application/x-rar", ARCHIVE },
	{ "application/x-7z-compressed", ARCHIVE },
	{ "application/gzip", ARCHIVE },
	{ "application/x-bzip2", ARCHIVE },
	{ "application/x-xz", ARCHIVE },
	{ "application/zstd", ARCHIVE },
	{ "application/x-tar", ARCHIVE },
	{ "application/x-lzh-compressed", ARCHIVE },
	{ "application/x-ace-compressed", ARCHIVE },
	{ "application/x-arj", ARCHIVE },
	{ "application/vnd.ms-cab-compressed", ARCHIVE },
	{ "application/x-iso9660-image", ARCHIVE },
	{ "application/java-archive", ARCHIVE },
};

/* What a name's extension promises. */
enum promise {
	NOTHING,	/* no extension, or one that says nothing */
	RUNS,		/* a program or script */
	PACKED,		/* an archive */
	OFFICE,		/* a document, which may be a zip inside */
	SHOWN,		/* something to look at, and no archive */
};

static const struct {
	enum promise	 promise;
	const char	*exts;		/* a blank before and behind each */
} promises[] = {
	{ RUNS, " exe com scr pif bat cmd msi dll cpl ocx sys lnk jar js jse "
	    "vbs vbe wsf wsh hta ps1 reg msc inf chm app sh run bin so elf "
	    "pl py rb php apk " },
	{ PACKED, " zip rar 7z gz tgz bz2 tbz xz txz zst tar cab lzh lha ace "
	    "arj iso img cpio deb rpm " },
	{ OFFICE, " doc docx docm dot dotx xls xlsx xlsm xlsb ppt pptx pptm "
	    "pps ppsx odt ods odp odg epub pages numbers key vsdx svgz "
	    "xps " },
	{ SHOWN, " pdf rtf txt csv log ics vcf htm html xml jpg jpeg png gif "
	    "bmp tif tiff ico webp svg mp3 mp4 wav avi mov mpg mpeg wmv ogg "
	    "eml msg " },
};

/* Declared types that cannot be a program, and not an archive either. */
static const char *const shown_types[] = {
	"image/", "audio/", "video/", "text/", "application/pdf",
	"application/rtf",
};
/* Those that cannot be a program, but may be a zip inside. */
static const char *const office_types[] = {
	"application/msword", "application/vnd.ms-excel",
	"application/vnd.ms-powerpoint", "application/vnd.openxmlformats-",
	"application/vnd.oasis.",
};

static const char *const odd_words[ODD_COUNT] = {
	"called-otherwise", "declared-otherwise", "double-extension",
	"reversed-name"
};

static enum nature
nature_of(struct slice type)
{
	size_t i;

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (sl_eq(type, sl(types[i].type)))
			return types[i].nature;
	return PLAIN;
}

/* Is it one of the words?  They have a blank before and behind each. */
static bool
is_among(struct slice ext, const char *words)
{
	const char *p = words + 1, *end = words + strlen(words);

	while (ext.n > 0 && (size_t)(end - p) > ext.n) {
		if (p[ext.n] == ' ' && sl_ieq(ext, (struct slice){ p, ext.n }))
			return memchr(ext.p, ' ', ext.n) == NULL;
		while (*p++ != ' ')
			;
	}
	return false;
}

static enum promise
promise_of(struct slice ext)
{
	size_t i;

	for (i = 0; i < sizeof(promises) / sizeof(promises[0]); i++)
		if (is_among(ext, promises[i].exts))
			return promises[i].promise;
	return NOTHING;
}

/*
 * Cut the extension off the name; empty when there is none.  Blanks and
 * dots at the end count for nothing: Windows drops them.
 */
static struct slice
cut_ext(struct slice *name)
{
	struct slice ext = { NULL, 0 };
	const char *dot;

	while (name->n > 0 && (name->p[name->n - 1] == '.' ||
	    ascii_space(name->p[name->n - 1])))
		name->n--;
	if (name->n == 0 || (dot = memrchr(name->p, '.', name->n)) == NULL)
		return ext;
	ext = sl_from(*name, (size_t)(dot + 1 - name->p));
	name->n = (size_t)(dot - name->p);
	return ext;
}

/* Nobody hands out programs as a screen saver, or as letter.txt.exe. */
static enum runs
runs_by_name(struct slice name)
{
	struct slice ext = cut_ext(&name);
	enum promise before;

	if (is_among(ext, " scr pif com cpl hta lnk vbe jse wsf wsh "))
		return RUNS_HIDDEN;
	if (!is_among(ext, " exe msi bat cmd vbs js "))
		return RUNS_NOT;
	before = promise_of(cut_ext(&name));
	return before == SHOWN || before == OFFICE ? RUNS_HIDDEN :
	    RUNS_OPENLY;
}

/* The name in the first header of a zip: APPNOTE.TXT 4.3.7. */
#define ZIP_HEADER	30		/* bytes before the name */

static struct slice
first_in_zip(struct slice zip)
{
	const unsigned char *p = (const unsigned char *)zip.p;

	if (zip.n < ZIP_HEADER || !sl_starts(zip, SL("PK\003\004")))
		return SL("");
	return sl_first(sl_from(zip, ZIP_HEADER), p[26] | (size_t)p[27] << 8);
}

enum runs
attachment_runs(struct slice filename, struct slice front)
{
	enum runs named = runs_by_name(filename);

	if (named != RUNS_NOT)
		return named;
	return sl_starts(front, SL("MZ")) ? RUNS_HIDDEN :
	    runs_by_name(first_in_zip(front));
}

static bool
starts_with_any(struct slice s, const char *const v[], size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (sl_starts(s, sl(v[i])))
			return true;
	return false;
}

static bool
declared_otherwise(struct slice type, enum nature is)
{
	if (is == SCRIPT && sl_starts(type, SL("text/")))
		return false;
	return starts_with_any(type, shown_types,
	    sizeof(shown_types) / sizeof(shown_types[0])) ||
	    (is != ARCHIVE && starts_with_any(type, office_types,
	    sizeof(office_types) / sizeof(office_types[0])));
}

/* An executable under any other extension; of the rest only the known. */
static bool
called_otherwise(struct slice ext, enum promise last, enum nature is)
{
	switch (is) {
	case EXECUTABLE:
		return ext.n > 0 && last != RUNS;
	case SCRIPT:
		return last != NOTHING && last != RUNS;
	case ARCHIVE:
		return last == SHOWN;
	case PLAIN:
		break;
	}
	return false;
}

static unsigned
oddities(const struct attachment *at)
{
	enum nature is = nature_of(at->true_type);
	struct slice name = at->filename, ext = cut_ext(&name);
	enum promise last = promise_of(ext), before;
	unsigned odd = 0;

	before = promise_of(cut_ext(&name));
	if (called_otherwise(ext, last, is))
		odd |= ODD_CALLED;
	if (is != PLAIN && declared_otherwise(at->type, is))
		odd |= ODD_DECLARED;
	if (last == RUNS && before != NOTHING && before != RUNS)
		odd |= ODD_DOUBLE;
	if (sl_find(at->filename, SL("\xe2\x80\xae")) != NULL)	/* U+202E */
		odd |= ODD_REVERSED;
	return odd;
}

const char *
odd_word(unsigned bit)
{
	return odd_words[bit];
}

struct slice
attachment_odd(const struct attachment *at, unsigned bit, struct arena *a)
{
	const char *is = natures[nature_of(at->true_type)];

	switch (1u << bit) {
	case ODD_CALLED:
		return arena_fmt(a, "%s called " SL_FMT, is,
		    SL_ARG(at->filename));
	case ODD_DECLARED:
		return arena_fmt(a, "%s declared as " SL_FMT, is,
		    SL_ARG(at->type));
	case ODD_DOUBLE:
		return arena_fmt(a, "two extensions, the last one runs: "
		    SL_FMT, SL_ARG(at->filename));
	default:
		return arena_fmt(a, "a file name written backwards: " SL_FMT,
		    SL_ARG(at->filename));
	}
}

bool
attachments_likely(const struct head *head, struct slice body)
{
	struct slice type = head_get(head, H_CONTENT_TYPE);

	if (type.n > 0 && !sl_istarts(type, SL("text/")))
		return true;
	if (head_get(head, H_CONTENT_DISPOSITION).n > 0 ||
	    sl_ifind(type, SL("name")) != NULL)
		return true;
	return sl_starts(body, SL("begin ")) ||
	    sl_find(body, SL("\nbegin ")) != NULL;
}

static bool
is_attachment(const struct part *p)
{
	if (p->child != NULL || sl_starts(p->type, SL("multipart/")))
		return false;
	return p->filename.n > 0 || sl_eq(p->disposition, SL("attachment")) ||
	    !(sl_starts(p->type, SL("text/")) ||
	    sl_starts(p->type, SL("message/")));
}

/* At most max bytes, and no part of a character. */
static struct slice
whole_chars(struct slice s, size_t max)
{
	if (s.n <= max)
		return s;
	while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
		max--;
	return sl_first(s, max);
}

/* Decoded whole: a message's first MB is all there is of it. */
static void
look_inside(struct attachment *at, const struct part *p, struct arena *a,
    struct magics *mg, struct buf *bytes)
{
	bytes->n = 0;
	mime_decode(p, DECODED_MAX, bytes);
	at->has_size = !p->cut && bytes->n < DECODED_MAX;
	at->size = bytes->n;
	at->true_type = arena_dup(a, magics_type(mg, buf_sl(bytes)));
}

size_t
attachments_read(const struct mime *m, struct arena *a, struct magics *mg,
    struct attachment **v, bool *more)
{
	struct attachment *at;
	struct buf bytes = { 0 };
	const struct part *p;
	size_t n = 0, cap = 0;

	*v = NULL;
	*more = false;
	for (p = m->root; p != NULL && !*more; p = mime_walk(p)) {
		if (!is_attachment(p))
			continue;
		if (n == ATTACH_MAX) {
			*more = true;
			break;
		}
		at = arena_more(a, v, &n, &cap, sizeof(*at));
		at->filename = whole_chars(p->filename, ATTACH_NAME_MAX);
		if (head_get(&p->head, H_CONTENT_TYPE).n > 0)
			at->type = whole_chars(p->type, ATTACH_NAME_MAX);
		if (mg != NULL)
			look_inside(at, p, a, mg, &bytes);
		at->odd = oddities(at);
	}
	buf_free(&bytes);
	return n;
}

#include <string.h>

#include "base/operands.h"

void
operands_init(struct operands *o, char *const argv[], FILE *in, bool nul)
{
	bool dash = argv[0] != NULL && strcmp(argv[0], "-") == 0 &&
	    argv[1] == NULL;

	*o = (struct operands){ .argv = argv, .in = dash ? in : NULL,
	    .end = nul ? '\0' : '\n' };
}

/* One name off the stream; false at its end. */
static bool
read_name(struct operands *o)
{
	int c;

	o->name.n = 0;
	while ((c = getc(o->in)) != EOF && c != o->end)
		if (o->name.n < OPERAND_MAX)
			buf_addc(&o->name, (char)c);
	if (c == EOF && o->name.n == 0)
		return false;
	buf_addc(&o->name, '\0');
	return true;
}

const char *
operands_next(struct operands *o)
{
	if (o->in == NULL)
		return *o->argv == NULL ? NULL : *o->argv++;
	while (read_name(o))
		if (o->name.p[0] != '\0')
			return o->name.p;
	return NULL;
}

void
operands_free(struct operands *o)
{
	buf_free(&o->name);
}

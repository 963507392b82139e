#include <stdlib.h>

#include "case/state.h"

void
opened_free(struct opened *o)
{
	free(o);
}

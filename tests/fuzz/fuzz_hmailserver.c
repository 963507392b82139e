#include "fuzz_box.h"

/*
 * The envelope is in a database, and nothing of the file is taken for one.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char name[] = "{0A1B2C3D-0000-4000-8000-00000000000A}.eml";
	static struct fuzz_box box = { .drv = &drv_hmailserver, .e = {
	    .name = name, .path = name, .folder = "." } };
	struct spool_msg m;

	fuzz_box_msg(&box, data, n, &m);
	HOLDS(!m.has_sender && m.nrcpts == 0);
	HOLDS(m.nproblems > 0);
	return 0;
}

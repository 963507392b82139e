#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"
#include "base/xalloc.h"

static uint32_t
id_of(const struct idmap *m, uint32_t slot)
{
	uint32_t id;

	memcpy(&id, m->rows + (slot - 1) * m->size, sizeof(id));
	return id;
}

/* Its slot, or the free one where it would be. */
static uint32_t *
slot_of(const struct idmap *m, uint32_t id)
{
	size_t i = (size_t)(id * UINT32_C(0x9e3779b1)) & (m->cap - 1);

	while (m->slots[i] != 0 && id_of(m, m->slots[i]) != id)
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

static void
grow_slots(struct idmap *m)
{
	uint32_t i;

	free(m->slots);
	m->cap = m->cap == 0 ? 64 : m->cap * 2;
	m->slots = xcalloc(m->cap, sizeof(*m->slots));
	for (i = 1; i <= m->n; i++)
		*slot_of(m, id_of(m, i)) = i;
}

void *
idmap_row(struct idmap *m, uint32_t id)
{
	uint32_t *slot;
	char *row;

	if (m->n * 4 >= m->cap * 3)
		grow_slots(m);
	slot = slot_of(m, id);
	if (*slot != 0)
		return m->rows + (*slot - 1) * m->size;
	if (m->n == m->room) {
		m->room = m->room == 0 ? 32 : m->room * 2;
		m->rows = xrealloc(m->rows, m->room, m->size);
	}
	row = m->rows + m->n * m->size;
	memset(row, 0, m->size);
	memcpy(row, &id, sizeof(id));
	*slot = (uint32_t)++m->n;
	return row;
}

const void *
idmap_find(const struct idmap *m, uint32_t id)
{
	uint32_t slot = m->cap == 0 ? 0 : *slot_of(m, id);

	return slot == 0 ? NULL : m->rows + (slot - 1) * m->size;
}

void
idmap_free(struct idmap *m)
{
	free(m->slots);
	free(m->rows);
	*m = (struct idmap){ .size = m->size };
}

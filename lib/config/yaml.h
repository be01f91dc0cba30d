/* SPDX-License-Identifier: MIT
 * A YAML file as a flat tree with places, in the subset that configurations and sweep specifications may use: one document of
 * mappings, lists and scalars. Anchors, aliases, tags, merge keys, doubled keys, a second document, bytes that are not
 * UTF-8 and nesting beyond YDEPTH are refused with file:line. What a scalar means is its reader's business (YAML 1.2 core words only). */
#ifndef OCQ_CONFIG_YAML_H
#define OCQ_CONFIG_YAML_H

#include "base/buf.h"

#include <stdint.h>

enum { YDEPTH = 48 };
#define YAML_MAX (8u << 20)	/* bytes of a file */

enum ykind { Y_SCALAR, Y_LIST, Y_MAP };

/* A value; the children of a mapping alternate key, value. Nodes are in document order. */
struct ynode {
	uint8_t kind;
	bool plain;		/* a scalar without quotes */
	uint32_t line;		/* from 1 */
	uint32_t text;		/* a scalar's offset into ydoc.text */
	uint32_t size;		/* entries of a mapping, items of a list */
	uint32_t skip;		/* nodes of this value with all below it: n + n->skip is the next sibling */
};
struct ydoc { const char *name; struct ynode *node; uint32_t n, cap; struct buf text; };

/* name is kept by reference, for messages. The root is d->node[0]. */
bool ydoc_parse(struct ydoc *d, const char *name, const char *bytes, size_t len, struct errmsg *e) MUST_USE;
void ydoc_release(struct ydoc *d);

/* A scalar's text; it has no NUL inside. */
static inline const char *ynode_text(const struct ydoc *d, const struct ynode *n)
{
	return d->text.data + n->text;
}

/* The value of a key, NULL if the node is NULL, no mapping or has no such key. */
const struct ynode *ynode_get(const struct ydoc *d, const struct ynode *map, const char *key);
/* No value at all: nothing, ~ or null. NULL counts too. */
bool ynode_null(const struct ydoc *d, const struct ynode *n);

/* Appends the value in block style, indented by depth levels; a mapping's or list's first line must have been ended by the
 * caller's key. Comments and the original layout are not kept; what a reader sees is. */
void ynode_put(const struct ydoc *d, const struct ynode *n, unsigned depth, struct buf *out);
/* "key:" and the value, ending the line. */
void ynode_put_entry(const struct ydoc *d, const struct ynode *key, unsigned depth, struct buf *out);

/* What a plain scalar is in the YAML 1.2 core schema. */
enum yword { Y_STRING, Y_NULL, Y_TRUE, Y_FALSE, Y_NUMBER };
enum yword yaml_word(const char *plain);
/* Reads a core schema number ("+5", ".5", "5.", "1e3", ".inf", ".nan"); *whole: written without fraction and exponent. */
bool yaml_number(const char *plain, double *v, bool *whole);

#endif

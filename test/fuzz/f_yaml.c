/* SPDX-License-Identifier: MIT
 * The YAML layer: any bytes are refused with a message, or become a configuration that reads back as itself. */
#include "config/config.h"
#include "config/yaml.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool ok)
{
	if (!ok)
		abort();
}

static void on_warning(void *arg, const char *text)
{
	need(*text && !strchr(text, '\n'));
	++*(unsigned *)arg;
}

/* What the writer writes is the tree that was read; written again it is the same text. */
static void check_tree(const char *bytes, size_t len)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct errmsg e = { "" };
	struct ydoc a, b;
	uint32_t i;

	if (!ydoc_parse(&a, "fuzz", bytes, len, &e)) {
		need(strncmp(e.text, "fuzz:", 5) == 0);
		return;
	}
	need(a.node[0].skip == a.n);
	ynode_put(&a, a.node, 0, &one);
	need(ydoc_parse(&b, "written", one.data, one.len, &e));
	need(a.n == b.n);
	for (i = 0; i < a.n; i++) {
		need(a.node[i].kind == b.node[i].kind && a.node[i].size == b.node[i].size);
		if (a.node[i].kind == Y_SCALAR && !ynode_null(&a, a.node + i))
			need(strcmp(ynode_text(&a, a.node + i), ynode_text(&b, b.node + i)) == 0);
	}
	ynode_put(&b, b.node, 0, &two);
	need(one.len == two.len && memcmp(one.data, two.data, one.len) == 0);
	ydoc_release(&a);
	ydoc_release(&b);
	buf_release(&one);
	buf_release(&two);
}

static void check_config(const char *bytes, size_t len, const struct config_layers *l)
{
	struct buf yaml = BUF_INIT;
	struct config c, again;
	struct errmsg e = { "" };
	struct params lowered;
	struct plan plan;
	char id[65], id_again[65];
	unsigned warned = 0;

	if (!config_load_text(&c, "fuzz", bytes, len, l, on_warning, &warned, &e)) {
		need(*e.text && !warned);
		return;
	}
	need(config_check(&c, false, NULL, NULL, &e));	/* lenient or not, what loads is sound */
	need(config_plan(&c, NULL, &plan, &lowered, &e));
	config_id(&c, id);
	config_yaml(&c, &yaml);
	need(config_load_text(&again, "shown", yaml.data, yaml.len, NULL, NULL, NULL, &e));
	config_id(&again, id_again);
	need(strcmp(id, id_again) == 0);
	config_release(&c);
	config_release(&again);
	buf_release(&yaml);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;

	check_tree(bytes, size);
	check_config(bytes, size, NULL);
	check_config(bytes, size, &(struct config_layers){ .symbol = "BTC", .live = true, .mode = "flat", .lenient = true });
	return 0;
}

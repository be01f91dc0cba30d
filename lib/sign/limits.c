/* SPDX-License-Identifier: MIT
 * The limits file: one reader per member, found by the member's name. */
#include "sign/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (1u << 20)

const char *sign_limit_name(enum sign_limit limit)
{
	static const char *const name[] = {
#define LIMIT(limit_name, place, meaning) #limit_name,
#include "sign/limits.def"
#undef LIMIT
	};

	return name[limit];
}

const struct limit_asset *limits_asset(const struct limits *l, uint32_t asset)
{
	unsigned i;

	for (i = 0; i < l->n_assets; i++)
		if (l->assets[i].asset == asset)
			return &l->assets[i];
	return NULL;
}

/* ---- the members ---- */

static bool read_flag(const struct json *v, bool *flag, struct errmsg *e)
{
	return json_bool(v, flag) || errmsg_set(e, "is not true or false");
}

/* An integer of at least 1, or null; kept times unit. */
static bool read_count(const struct json_doc *d, const struct json *v, int64_t unit, int64_t *count, struct errmsg *e)
{
	int64_t n;

	*count = LIMIT_NONE;
	if (v->type == JSON_NULL)
		return true;
	if (!json_i64(d, v, &n) || n < 1 || n > INT64_C(1000000000))
		return errmsg_set(e, "is not null or an integer from 1 to 1000000000");
	*count = n * unit;
	return true;
}

/* A positive decimal, as text or as a number, which is read as text too. */
static bool read_amount(const struct json_doc *d, const struct json *v, dec8 *amount)
{
	return v && (v->type == JSON_STRING || v->type == JSON_NUMBER) &&
		dec8_parse(d->text + v->start, v->end - v->start, amount) && *amount > 0;
}

static bool read_usd(const struct json_doc *d, const struct json *v, dec8 *usd, struct errmsg *e)
{
	*usd = LIMIT_NONE;
	return v->type == JSON_NULL || read_amount(d, v, usd) || errmsg_set(e, "is not null or a decimal above 0");
}

static bool read_address(const struct json_doc *d, const struct json *v, bool *has, struct address *a, struct errmsg *e)
{
	*has = v->type != JSON_NULL;
	if (!*has)
		return true;
	return (v->type == JSON_STRING && address_parse(d->text + v->start, v->end - v->start, a)) ||
		errmsg_set(e, "is not null or an address of 40 hex digits");
}

static bool read_network(struct limits *l, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	char name[16];

	return (json_str(d, v, name, sizeof name) && hl_network_parse(name, &l->network)) ||
		errmsg_set(e, "is not \"mainnet\" or \"testnet\"");
}

static bool read_vault(struct limits *l, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	return read_address(d, v, &l->has_vault, &l->vault, e);
}

static bool read_actions(struct limits *l, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	const struct json *type;

	if (v->type == JSON_NULL)
		return true;
	if (v->type != JSON_ARRAY)
		return errmsg_set(e, "is not null or a list of action types");
	l->actions = xcalloc(v->size + 1, sizeof *l->actions);
	for (type = v + 1; l->n_actions < v->size; type += type->skip) {
		char *name = l->actions[l->n_actions++];

		if (!json_str(d, type, name, sizeof *l->actions) || (!action_is_known(name) && !action_is_user_signed(name)))
			return errmsg_set(e, "has %.*s, which is no action type", (int)(type->end - type->start), d->text + type->start);
	}
	return true;
}

/* 5, or {"asset": 5, "max_size": "0.5"} */
static bool read_asset(struct limit_asset *a, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	const struct json *size = json_get(d, v, "max_size"), *number = v->type == JSON_OBJECT ? json_get(d, v, "asset") : v;
	int64_t asset;

	if (!json_i64(d, number, &asset) || asset < 0 || asset > UINT32_MAX)
		return errmsg_set(e, "has \"%s\" without an asset number", a->symbol);
	a->asset = (uint32_t)asset;
	a->max_size = LIMIT_NONE;
	if (size && !read_amount(d, size, &a->max_size))
		return errmsg_set(e, "has \"%s\" with a max_size that is not a decimal above 0", a->symbol);
	if (v->type == JSON_OBJECT && v->size != 1u + (size != NULL))
		return errmsg_set(e, "has \"%s\" with more than asset and max_size", a->symbol);
	return true;
}

static bool read_assets(struct limits *l, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	const struct json *key = v + 1;
	uint32_t i;

	l->any_asset = v->type == JSON_NULL;
	if (l->any_asset)
		return true;
	if (v->type != JSON_OBJECT)
		return errmsg_set(e, "is not null or an object of symbols");
	l->assets = xcalloc(v->size + 1, sizeof *l->assets);
	for (i = 0; i < v->size; i++, key += 1 + key[1].skip) {
		struct limit_asset a = { 0 };

		if (!json_str(d, key, a.symbol, sizeof a.symbol))
			return errmsg_set(e, "has a symbol of more than %zu bytes", sizeof a.symbol - 1);
		if (!read_asset(&a, d, key + 1, e))
			return false;
		if (limits_asset(l, a.asset))
			return errmsg_set(e, "has asset %" PRIu32 " twice", a.asset);
		l->assets[l->n_assets++] = a;
	}
	return true;
}

static bool read_max_order_usd(struct limits *l, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	return read_usd(d, v, &l->max_order_usd, e);
}

static bool read_max_minute_usd(struct limits *l, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	return read_usd(d, v, &l->max_minute_usd, e);
}

static bool read_max_minute_orders(struct limits *l, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	return read_count(d, v, 1, &l->max_minute_orders, e);
}

static bool read_max_leverage(struct limits *l, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	return read_count(d, v, 1, &l->max_leverage, e);
}

static bool read_reduce_only(struct limits *l, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	(void)d;
	return read_flag(v, &l->reduce_only, e);
}

static bool read_expires_within_s(struct limits *l, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	return read_count(d, v, 1000, &l->expires_within_ms, e);
}

static bool read_nonce_window_s(struct limits *l, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	return read_count(d, v, 1000, &l->nonce_window_ms, e);
}

static bool read_builder(struct limits *l, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	return read_address(d, v, &l->has_builder, &l->builder, e);
}

static bool read_priority(struct limits *l, const struct json_doc *d, const struct json *v, struct errmsg *e)
{
	(void)d;
	return read_flag(v, &l->priority, e);
}

/* ---- the file ---- */

#define FILE_MEMBER(name, meaning) { #name, meaning, read_##name },
#define FIXED_MEMBER(name, meaning)
static const struct member {
	const char *name, *meaning;
	bool (*read)(struct limits *, const struct json_doc *, const struct json *, struct errmsg *);
} members[] = {
#define LIMIT(name, place, meaning) place##_MEMBER(name, meaning)
#include "sign/limits.def"
#undef LIMIT
};
#define N_MEMBERS (sizeof members / sizeof *members)

static bool read_member(struct limits *l, const struct member *m, const struct json_doc *d, struct errmsg *e)
{
	const struct json *v = json_get(d, d->tok, m->name);
	struct errmsg why;

	if (!v)
		return errmsg_set(e, "\"%s\" is missing: %s", m->name, m->meaning);
	return m->read(l, d, v, &why) || errmsg_set(e, "\"%s\" %s", m->name, why.text);
}

static bool is_member(const struct json_doc *d, const struct json *key)
{
	size_t i;

	for (i = 0; i < N_MEMBERS; i++)
		if (json_is(d, key, members[i].name))
			return true;
	return false;
}

static bool read_members(struct limits *l, const struct json_doc *d, struct errmsg *e)
{
	const struct json *key = d->tok + 1;
	uint32_t i;

	if (d->tok->type != JSON_OBJECT)
		return errmsg_set(e, "is no JSON object");
	for (i = 0; i < N_MEMBERS; i++)
		if (!read_member(l, &members[i], d, e))
			return false;
	for (i = 0; i < d->tok->size; i++, key += 1 + key[1].skip)
		if (!is_member(d, key))
			return errmsg_set(e, "\"%.*s\" is no limit", (int)(key->end - key->start), d->text + key->start);
	return true;
}

bool limits_parse(struct limits *l, const char *text, size_t len, struct errmsg *e)
{
	struct json_doc d;
	bool ok;

	*l = (struct limits){ 0 };
	if (!json_parse(&d, text, len, e))
		return false;
	ok = read_members(l, &d, e);
	json_release(&d);
	if (!ok)
		limits_release(l);
	return ok;
}

static bool check_file(const struct stat *st, const char *path, struct errmsg *e)
{
	if (!S_ISREG(st->st_mode))
		return errmsg_set(e, "%s: is not a regular file", path);
	if ((st->st_uid != geteuid() && st->st_uid != 0) || (st->st_mode & 022))
		return errmsg_set(e, "%s: others may change it: a limits file belongs to its user or root, chmod 644 or less", path);
	return st->st_size <= FILE_MAX || errmsg_set(e, "%s: larger than %u bytes", path, FILE_MAX);
}

/* What is checked is what is read, whatever takes its name meanwhile. */
static bool read_file(struct buf *text, const char *path, struct errmsg *e)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n = 0;
	bool ok;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errmsg_set(e, "%s: %s", path, strerror(errno));
	ok = check_file(&st, path, e);
	if (ok) {
		buf_reserve(text, (size_t)st.st_size + 1);
		n = read(fd, text->data, (size_t)st.st_size);
		ok = n == st.st_size || errmsg_set(e, "%s: cannot be read: %s", path, n < 0 ? strerror(errno) : "it changes");
	}
	text->len = ok ? (size_t)n : 0;
	close(fd);
	return ok;
}

bool limits_load(struct limits *l, const char *path, struct errmsg *e)
{
	struct buf text = BUF_INIT;
	struct errmsg why;
	bool ok = read_file(&text, path, e);

	if (ok)
		ok = limits_parse(l, text.data, text.len, &why) || errmsg_set(e, "%s: %s", path, why.text);
	buf_release(&text);
	return ok;
}

void limits_none(struct limits *l, enum hl_network network)
{
	*l = (struct limits){
		.network = network, .any_vault = true, .any_action = true, .any_asset = true, .any_builder = true, .priority = true,
		.max_order_usd = LIMIT_NONE, .max_minute_usd = LIMIT_NONE, .max_minute_orders = LIMIT_NONE,
		.max_leverage = LIMIT_NONE, .expires_within_ms = LIMIT_NONE, .nonce_window_ms = LIMIT_NONE,
	};
}

void limits_release(struct limits *l)
{
	free(l->actions);
	free(l->assets);
	*l = (struct limits){ 0 };
}

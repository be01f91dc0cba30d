/* SPDX-License-Identifier: MIT
 * Accounts, agents, sub-accounts, nonces. */
#include "venue/people.h"

#include "base/num.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- addresses to pointers: open addressing ---- */

static size_t home_of(const struct address_map *m, const struct address *a)
{
	uint64_t h;

	memcpy(&h, a->at + 8, sizeof h);	/* a hash by nature; small made-up addresses differ at the end */
	h ^= (uint64_t)a->at[19] << 56 | (uint64_t)a->at[18] << 48;
	h *= 0x9e3779b97f4a7c15;
	return (size_t)(h >> 20) & (m->cap - 1);
}

static size_t place_of(const struct address_map *m, const struct address *a)
{
	size_t at;

	for (at = home_of(m, a); m->at[at].value && !address_same(&m->at[at].key, a); at = (at + 1) & (m->cap - 1))
		;
	return at;
}

static void *map_get(const struct address_map *m, const struct address *a)
{
	return m->cap ? m->at[place_of(m, a)].value : NULL;
}

static void map_grow(struct address_map *m)
{
	struct address_map bigger = { .cap = m->cap ? 2 * m->cap : 64, .n = m->n };
	size_t i;

	bigger.at = xcalloc(bigger.cap, sizeof *bigger.at);
	for (i = 0; i < m->cap; i++)
		if (m->at[i].value)
			bigger.at[place_of(&bigger, &m->at[i].key)] = m->at[i];
	free(m->at);
	*m = bigger;
}

static void map_put(struct address_map *m, const struct address *a, void *value)
{
	size_t at;

	if (2 * (m->n + 1) > m->cap)
		map_grow(m);
	at = place_of(m, a);
	m->n += !m->at[at].value;
	m->at[at] = (struct slot){ *a, value };
}

/* What was put behind it for want of a place moves up, so that no search stops at the hole. */
static void map_remove(struct address_map *m, const struct address *a)
{
	size_t mask = m->cap - 1, hole = place_of(m, a), at;

	for (at = (hole + 1) & mask; m->at[at].value; at = (at + 1) & mask)
		if (((at - home_of(m, &m->at[at].key)) & mask) >= ((at - hole) & mask)) {
			m->at[hole] = m->at[at];
			hole = at;
		}
	m->at[hole].value = NULL;
	m->n--;
}

static void map_release(struct address_map *m)
{
	free(m->at);
	*m = (struct address_map){ 0 };
}

/* ---- persons ---- */

static void person_free(struct person *p)
{
	unsigned i;

	for (i = 0; i < SUBSCRIBED_CHANNELS; i++)
		free(p->subs[i].at);
	free(p->approvals);
	free(p);
}

void people_release(struct people *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		person_free(p->order[i]);
	for (i = 0; i < p->nonces.cap; i++)
		free(p->nonces.at[i].value);
	free(p->order);
	map_release(&p->persons);
	map_release(&p->agents);
	map_release(&p->nonces);
	*p = (struct people){ 0 };
}

struct person *person_find(const struct people *p, const struct address *a)
{
	return map_get(&p->persons, a);
}

struct person *person_of(struct people *p, const struct address *a)
{
	struct person *one = map_get(&p->persons, a);

	if (one)
		return one;
	one = xcalloc(1, sizeof *one);
	one->address = *a;
	address_put(one->text, a);
	strcpy(one->abstraction, "default");
	map_put(&p->persons, a, one);
	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 16;
		p->order = xreallocarray(p->order, p->cap, sizeof *p->order);
	}
	return p->order[p->n++] = one;
}

struct person *person_known(struct people *p, struct venue *v, const struct address *a)
{
	struct person *one = person_of(p, a);

	if (!one->account)
		one->account = venue_account(v, a);
	return one;
}

void person_leave(struct people *p, struct person *one)
{
	size_t i;

	for (i = 0; i < SUBSCRIBED_CHANNELS; i++)
		if (one->subs[i].n)
			return;
	if (one->account || one->dirty)
		return;
	for (i = 0; p->order[i] != one; i++)
		;
	memmove(p->order + i, p->order + i + 1, (--p->n - i) * sizeof *p->order);
	map_remove(&p->persons, &one->address);
	person_free(one);
}

void person_belongs(struct person *sub, struct person *master, enum role role, const char *name)
{
	sub->role = role;
	sub->master = master;
	snprintf(sub->name, sizeof sub->name, "%s", name);
	master->n_subs += role == ROLE_SUB;
}

struct nonces *nonces_of(struct people *p, const struct address *signer)
{
	struct nonces *s = map_get(&p->nonces, signer);

	if (!s) {
		s = xcalloc(1, sizeof *s);
		map_put(&p->nonces, signer, s);
	}
	return s;
}

/* ---- agents ---- */

static struct agent *agent_at(struct person *master, const struct address *agent)
{
	unsigned i;

	for (i = 0; i < master->n_agents; i++)
		if (address_same(&master->agents[i].address, agent))
			return &master->agents[i];
	return NULL;
}

static struct agent *agent_named(struct person *master, const char *name)
{
	unsigned i;

	for (i = 0; i < master->n_agents; i++)
		if (!strcmp(master->agents[i].name, name))
			return &master->agents[i];
	return NULL;
}

/* The map of addresses keeps whoever was an agent once: an address is never approved twice, and a master that dropped it says so. */
struct person *person_of_agent(const struct people *p, const struct address *agent)
{
	struct person *master = map_get(&p->agents, agent);

	return master && agent_at(master, agent) ? master : NULL;
}

struct person *person_signing(const struct people *p, const struct address *signer, int64_t now_ms, bool *agent)
{
	struct person *master = person_of_agent(p, signer), *self;

	*agent = master != NULL;
	if (master)
		return agent_at(master, signer)->valid_until_ms > now_ms ? master : NULL;
	self = person_find(p, signer);
	return self && self->account && self->role == ROLE_USER ? self : NULL;
}

static void remove_agent(struct person *master, struct agent *a)
{
	memmove(a, a + 1, (size_t)(master->agents + master->n_agents - (a + 1)) * sizeof *a);
	master->n_agents--;
}

void agent_drop(struct people *p, const struct address *agent)
{
	struct person *master = person_of_agent(p, agent);

	if (master)
		remove_agent(master, agent_at(master, agent));
}

/* "bot valid_until 1763828000000" is the name "bot" and a time. */
static bool split_name(const char *text, char name[AGENT_NAME], int64_t *until_ms, int64_t now_ms, struct errmsg *e)
{
	const char *mark = strstr(text, " valid_until ");
	size_t n = mark ? (size_t)(mark - text) : strlen(text);

	*until_ms = now_ms + AGENT_DEFAULT_MS;
	if (n >= AGENT_NAME)
		return errmsg_set(e, "Agent name too long.");
	memcpy(name, text, n);
	name[n] = 0;
	if (!mark)
		return true;
	if (!num_i64_parse(mark + strlen(" valid_until "), until_ms))
		return errmsg_set(e, "Invalid agent valid_until.");
	if (*until_ms <= now_ms)
		return errmsg_set(e, "Agent valid_until already expired.");
	if (*until_ms > now_ms + AGENT_DEFAULT_MS)
		return errmsg_set(e, "Agent valid_until too far in the future.");
	return true;
}

/* Who has expired makes room. */
static void drop_expired(struct person *master, int64_t now_ms)
{
	unsigned i = 0;

	while (i < master->n_agents)
		if (master->agents[i].valid_until_ms > now_ms)
			i++;
		else
			remove_agent(master, &master->agents[i]);
}

static unsigned named_agents(const struct person *master)
{
	unsigned i, n = 0;

	for (i = 0; i < master->n_agents; i++)
		n += *master->agents[i].name != 0;
	return n;
}

bool agent_approve(struct people *p, struct person *master, const struct address *agent, const char *text, int64_t now_ms,
		   struct errmsg *e)
{
	unsigned most = AGENTS_NAMED + 2 * master->n_subs;
	struct agent *old;
	char name[AGENT_NAME];
	int64_t until_ms;

	if (!split_name(text, name, &until_ms, now_ms, e))
		return false;
	drop_expired(master, now_ms);
	old = agent_named(master, name);
	if (address_is_zero(agent)) {
		if (old)
			remove_agent(master, old);
		return true;
	}
	if (map_get(&p->agents, agent) || (person_find(p, agent) && person_find(p, agent)->account))
		return errmsg_set(e, "Extra agent already used.");
	if (!old && *name && named_agents(master) >= (most < AGENTS_MAX - 1 ? most : AGENTS_MAX - 1))
		return errmsg_set(e, "Too many extra agents for cumulative volume traded. Current limit is %u", most);
	if (old)
		remove_agent(master, old);
	old = &master->agents[master->n_agents++];
	*old = (struct agent){ .address = *agent, .valid_until_ms = until_ms };
	strcpy(old->name, name);
	map_put(&p->agents, agent, master);
	return true;
}

/* ---- builders ---- */

void approval_set(struct person *p, const struct address *builder, unsigned tenths)
{
	unsigned i;

	for (i = 0; i < p->n_approvals && !address_same(&p->approvals[i].builder, builder); i++)
		;
	if (i == p->n_approvals)
		p->approvals = xreallocarray(p->approvals, ++p->n_approvals, sizeof *p->approvals);
	p->approvals[i] = (struct approval){ *builder, tenths };
}

int approval_of(const struct person *p, const struct address *builder)
{
	unsigned i;

	for (i = 0; i < p->n_approvals; i++)
		if (address_same(&p->approvals[i].builder, builder))
			return (int)p->approvals[i].tenths;
	return -1;
}

/* SPDX-License-Identifier: MIT
 * Who may act for whom: accounts, their agents with names and expiry, sub-accounts, vaults, and the nonces of every signer. */
#ifndef OCQ_VENUE_PEOPLE_H
#define OCQ_VENUE_PEOPLE_H

#include "hl/nonce.h"
#include "venue/venue.h"

#define AGENT_NAME 17		/* 16 characters and the terminator */
#define AGENTS_NAMED 3		/* and 2 more per sub-account */
#define AGENTS_MAX 64
#define AGENT_DEFAULT_MS (INT64_C(180) * 86400000)
#define SUBSCRIBED_CHANNELS 18	/* as surface.h counts them */

enum role { ROLE_USER, ROLE_SUB, ROLE_VAULT };

struct agent { struct address address; char name[AGENT_NAME]; int64_t valid_until_ms; };
struct approval { struct address builder; unsigned tenths; };	/* tenths of a basis point */
struct sub;
struct sublist { struct sub **at; unsigned n, cap; };

struct person {
	struct address address;
	char text[ADDRESS_TEXT];
	struct venue_account *account;	/* NULL: somebody asked about, who has never been here */
	enum role role;
	struct person *master;		/* owner of a sub-account, leader of a vault */
	char name[AGENT_NAME];
	unsigned n_subs;
	struct agent agents[AGENTS_MAX];
	unsigned n_agents;
	struct approval *approvals;
	unsigned n_approvals;
	dec8 spot_usdc;
	char abstraction[20];
	uint64_t requests, surplus;	/* of the address limit; bought ones */
	int64_t last_request_ms;
	bool dirty;
	int64_t state_pushed_ms;
	struct sublist subs[SUBSCRIBED_CHANNELS];
};

struct slot { struct address key; void *value; };
struct address_map { struct slot *at; size_t n, cap; };

struct people {
	struct address_map persons, agents, nonces;	/* struct person; of an agent its master; struct nonces */
	struct person **order;				/* as they came */
	size_t n, cap;
};

void people_release(struct people *p);

struct person *person_find(const struct people *p, const struct address *a);	/* NULL: nobody asked before */
struct person *person_of(struct people *p, const struct address *a);		/* made when new, without an account */
/* Forgets one who has neither an account nor a subscription: anybody may ask about any address. */
void person_leave(struct people *p, struct person *one);
/* With an account in the core, made when new. */
struct person *person_known(struct people *p, struct venue *v, const struct address *a);

/* Whose account a signer acts on: its own, or its master's where it is an agent that has not expired. NULL: nobody's. */
struct person *person_signing(const struct people *p, const struct address *signer, int64_t now_ms, bool *agent);
/* An agent's master, expired agents too; NULL: it is none. */
struct person *person_of_agent(const struct people *p, const struct address *agent);
struct nonces *nonces_of(struct people *p, const struct address *signer);

/* approveAgent: name may carry " valid_until MS"; the zero address takes a name's agent away. False with the exchange's text. */
bool agent_approve(struct people *p, struct person *master, const struct address *agent, const char *name, int64_t now_ms,
		   struct errmsg *e) MUST_USE;
void agent_drop(struct people *p, const struct address *agent);
/* A sub-account or vault. */
void person_belongs(struct person *sub, struct person *master, enum role role, const char *name);

void approval_set(struct person *p, const struct address *builder, unsigned tenths);
int approval_of(const struct person *p, const struct address *builder);	/* tenths; -1: none */

#endif

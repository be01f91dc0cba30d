/* SPDX-License-Identifier: MIT
 * ocq-alert - tells people what a lane's journal says that they should look at. */
#include "base/clock.h"
#include "base/opt.h"
#include "journal/journal.h"
#include "json/json.h"
#include "lane/alert.h"
#include "net/http.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SEND_MS = 6000, LOOK_MS = 1000 };

static const char *command, *webhook, *discord_file, *telegram_file, *state_path, *ca_file;
static const char *telegram_api = "https://api.telegram.org";
static double period_s = 7200, cooldown_s = 300;
static bool once;

static const struct opt opts[] = {
	{ 0, "command", OPT_TEXT, &command, "CMD", "sh runs it for each alert, on its stdin", 0 },
	{ 0, "webhook", OPT_TEXT, &webhook, "URL", "POST each alert there", 0 },
	{ 0, "discord", OPT_TEXT, &discord_file, "FILE", "file (0600) with a Discord webhook's URL", 0 },
	{ 0, "telegram", OPT_TEXT, &telegram_file, "FILE", "file (0600) with bot token and chat id", 0 },
	{ 0, "telegram-api", OPT_TEXT, &telegram_api, "URL", "another server than Telegram's", 0 },
	{ 0, "ca", OPT_TEXT, &ca_file, "FILE", "authorities to trust (the system's)", OPT_HOST },
	{ 0, "period", OPT_F64, &period_s, "S", "between beats; two missing: an alert (7200)", 0 },
	{ 0, "cooldown", OPT_F64, &cooldown_s, "S", "the same thing again only after this (300)", 0 },
	{ 0, "state", OPT_TEXT, &state_path, "FILE", "remembers what has been looked at", 0 },
	{ 0, "once", OPT_FLAG, &once, NULL, "stop at the journals' end", 0 },
	{ 0 }
};

struct watched { const char *dir; struct journal_reader *reader; uint64_t seq; int watch_fd; struct alert_beats beats; };

static struct watched *watched;
static unsigned n_watched;
static struct alert_limit limit;
static struct buf discord_url, telegram_url, telegram_chat;
static struct http *http;

/* ---- secrets ---- */

/* The words of a file that nobody else can read: never on a command line. */
static void read_secret(const char *path, struct buf *first, struct buf *second)
{
	struct buf text = BUF_INIT;
	struct errmsg e;
	struct stat st;
	char *rest, *word;

	if (stat(path, &st) != 0)
		die_sys(EX_CONFIG, "%s", path);
	if (st.st_mode & 077)
		die(EX_CONFIG, "%s: others can read it: chmod 600 %s", path, path);
	if (!buf_read_file(&text, path, 4096, &e))
		die(EX_CONFIG, "%s", e.text);
	(void)buf_cstr(&text);
	word = strtok_r(text.data, " \t\r\n", &rest);
	buf_adds(first, word ? word : "");
	word = second ? strtok_r(NULL, " \t\r\n", &rest) : "-";
	if (!first->len || !word)
		die(EX_CONFIG, "%s: holds no %s", path, second ? "bot token and chat id" : "URL");
	if (second)
		buf_adds(second, word);
	buf_release(&text);
}

/* ---- sending: what fails is said, and nothing waits for it ---- */

static void post(const char *channel, const char *url, const char *body, size_t n)
{
	const struct http_answer *a = http_post_wait(http, url, body, n);

	if (a->outcome != HTTP_ANSWERED)
		warn("%s: not told: %s", channel, a->why);
	else if (a->status / 100 != 2)
		warn("%s: not told: it answers %d", channel, a->status);
}

static void post_text(const char *channel, struct buf *url, const char *chat, const char *key, const char *text)
{
	struct buf body = BUF_INIT;
	struct jsonw w;

	jsonw_init(&w, &body, false);
	jsonw_object(&w);
	if (chat)
		jsonw_put_text(&w, "chat_id", chat);
	jsonw_put_text(&w, key, text);
	jsonw_end(&w);
	post(channel, buf_cstr(url), body.data, body.len);
	buf_release(&body);
}

static void run_command(const char *line, size_t n)
{
	FILE *p = popen(command, "w");
	size_t sent = p ? fwrite(line, 1, n, p) : 0;
	int status = p ? pclose(p) : -1;

	if (sent != n || status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		warn("--command: not told: %s", status == -1 ? strerror(errno) : "it failed");
}

static void tell(const char *dir, const struct rec_alarm *a, struct out *o)
{
	struct buf text = BUF_INIT;
	size_t at;

	if (!alert_allowed(&limit, dir, a, clock_ms(), (int64_t)(cooldown_s * 1000)))
		return;
	buf_addf(&text, "[%s] %s %s%s%s: %s", dir, a->level, a->what, *a->symbol ? " " : "", a->symbol, a->text);
	out_flush(o);
	at = o->len;
	record_write(o, REC_alarm, a);
	if (command)
		run_command(o->data + at, o->len - at);
	if (webhook)
		post("--webhook", webhook, o->data + at, o->len - at);
	if (discord_file)
		post_text("--discord", &discord_url, NULL, "content", buf_cstr(&text));
	if (telegram_file)
		post_text("--telegram", &telegram_url, buf_cstr(&telegram_chat), "text", buf_cstr(&text));
	out_flush(o);
	buf_release(&text);
}

/* ---- places ---- */

static void read_places(void)
{
	struct json_doc doc = { 0 };
	struct buf text = BUF_INIT;
	struct errmsg e;

	if (!state_path || access(state_path, F_OK) != 0)
		return;
	if (!buf_read_file(&text, state_path, 1 << 20, &e) || !json_parse(&doc, text.data, text.len, &e))
		die(EX_DATA, "%s: %s; delete it, alerts then begin with what comes next", state_path, e.text);
	for (unsigned i = 0; i < n_watched; i++)
		(void)json_u64(&doc, json_get(&doc, doc.tok, watched[i].dir), &watched[i].seq);
	json_release(&doc);
	buf_release(&text);
}

static void write_places(void)
{
	struct buf text = BUF_INIT;
	struct errmsg e;
	struct jsonw w;

	if (!state_path)
		return;
	jsonw_init(&w, &text, false);
	jsonw_object(&w);
	for (unsigned i = 0; i < n_watched; i++)
		jsonw_put_u64(&w, watched[i].dir, watched[i].seq);
	jsonw_end(&w);
	buf_addc(&text, '\n');
	if (!file_replace(state_path, text.data, text.len, &e))
		die(EX_RETRY, "%s", e.text);
	buf_release(&text);
}

/* ---- journals ---- */

/* A record that cannot be read ends the program: what it would have said is not known. */
static bool next(struct watched *j, struct journal_record *r)
{
	struct errmsg e;
	int status = journal_next(j->reader, r, &e);

	if (status == EX_IDLE)
		return false;
	must(status, &e);
	return true;
}

/* Behind the place that is remembered, or at the end: a first start tells nothing old. */
static void open_journal(struct watched *j)
{
	struct journal_record r;
	struct errmsg e;

	if ((j->watch_fd = journal_watch(j->dir, &e)) < 0)
		die(EX_DATA, "%s", e.text);
	if (j->seq && journal_read(&j->reader, j->dir, j->seq, &e) == EX_OK)
		return;
	if (j->seq) {
		warn("%s: %s: alerts begin with what comes next", j->dir, e.text);
		j->seq = 0;
	}
	must(journal_resume(&j->reader, j->dir, &e), &e);
	while (next(j, &r))
		j->seq = r.seq;
}

static bool look(struct watched *j, struct out *o)
{
	struct journal_record r;
	struct record record;
	struct rec_alarm a;
	struct errmsg e;
	bool moved = false;

	while (!stream_stop && next(j, &r)) {
		if (r.seq <= j->seq)
			continue;
		if (!record_parse(&record, r.line, r.len, &e))
			die(EX_DATA, "%s: record %llu: %s", j->dir, (unsigned long long)r.seq, e.text);
		if (record.type == REC_beat)
			alert_beat(&j->beats, record.u.beat.by, r.ts_ms);
		if (record.type == REC_step_commit)
			alert_beat(&j->beats, "ocq-decide", r.ts_ms);
		if (alert_of(&a, &record, r.ts_ms))
			tell(j->dir, &a, o);
		j->seq = r.seq;
		moved = true;
	}
	while (alert_silent(&j->beats, clock_ms(), (int64_t)(period_s * 1000), &a))
		tell(j->dir, &a, o);
	return moved;
}

static void look_at_all(struct out *o)
{
	bool moved = false;

	for (unsigned i = 0; i < n_watched; i++)
		moved |= look(&watched[i], o);
	if (moved || once)
		write_places();
}

static void wait_for_more(struct pollfd *p)
{
	if (poll(p, n_watched + 1, LOOK_MS) < 0 && errno != EINTR)
		die_sys(EX_RETRY, "poll");
	for (unsigned i = 0; i < n_watched; i++)
		journal_watch_drain(watched[i].watch_fd);
}

int main(int argc, char **argv)
{
	struct pollfd *p;
	struct loop *loop;
	struct out o;

	err_init(argv[0]);
	n_watched = (unsigned)opt_parse(argc, argv, opts, "[options] JOURNAL...", "Tells people what a lane's journal says.");
	if (n_watched == 0)
		die(EX_USAGE, "give a journal");
	if (!(period_s > 0 && period_s < 1e9 && cooldown_s >= 0 && cooldown_s < 1e9))
		die(EX_USAGE, "--period and --cooldown are seconds");
	if (discord_file)
		read_secret(discord_file, &discord_url, NULL);
	if (telegram_file) {
		buf_addf(&telegram_url, "%s/bot", telegram_api);
		read_secret(telegram_file, &telegram_url, &telegram_chat);
		buf_adds(&telegram_url, "/sendMessage");
	}
	stream_signals();
	loop = loop_new();
	http = http_new(loop, &(struct http_options){ .ca_file = ca_file, .total_ms = SEND_MS });
	watched = xcalloc(n_watched, sizeof *watched);
	p = xcalloc(n_watched + 1, sizeof *p);
	for (unsigned i = 0; i < n_watched; i++)
		watched[i].dir = argv[i];
	read_places();
	for (unsigned i = 0; i < n_watched; i++) {
		open_journal(&watched[i]);
		p[i] = (struct pollfd){ .fd = watched[i].watch_fd, .events = POLLIN };
	}
	p[n_watched] = (struct pollfd){ .fd = stream_stop_fd(), .events = POLLIN };
	out_open(&o, "-");
	look_at_all(&o);
	while (!once && !stream_stop) {
		wait_for_more(p);
		look_at_all(&o);
	}
	out_close(&o);
	http_free(http);
	loop_free(loop);
	for (unsigned i = 0; i < n_watched; i++) {
		journal_reader_free(watched[i].reader);
		close(watched[i].watch_fd);
	}
	free(watched);
	free(p);
	buf_release(&discord_url);
	buf_release(&telegram_url);
	buf_release(&telegram_chat);
	return EX_OK;
}

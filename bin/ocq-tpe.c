/* SPDX-License-Identifier: MIT
 * ocq-tpe - an optimiser that drives an evaluator over two pipes: candidates to it, results from it. Changes when its options or
 * its stream do; what it draws is lib/engine/tpe.h's and lib/engine/search.h's business (docs/tpe.md). */
#include "base/coproc.h"
#include "base/opt.h"
#include "base/progress.h"
#include "engine/front.h"
#include "engine/point.h"
#include "engine/pointw.h"
#include "engine/search.h"
#include "json/json.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGEST_SEED (UINT64_C(1) << 53)	/* as a number in a record */
enum { LARGEST_BATCH = 1 << 20, MOST_DRAWS = 10000, NAME_MAX_BYTES = 32 };

static const char *spec_file, *base_file, *axis_values = "listed", *resume_file, *front_file, *output;
static uint64_t trials = 5000, seed = 42;
static uint32_t batch = 256, draws = 4, min_trades = 20;
static bool wide, strict;

static const struct opt opts[] = {
	{ 0, "spec", OPT_TEXT, &spec_file, "SPEC", "the axes: a sweep specification", 0 },
	{ 'n', "trials", OPT_U64, &trials, "N", "how many trials in all (5000)", 0 },
	{ 0, "batch", OPT_U32, &batch, "N", "draw so many at a time, two batches ahead (256)", 0 },
	{ 0, "seed", OPT_U64, &seed, "N", "other trials for another number (42)", 0 },
	{ 0, "draws", OPT_U32, &draws, "N", "of so many draws of a value the best counts (4)", 0 },
	{ 0, "values", OPT_TEXT, &axis_values, "listed|range", "draw the listed values, or any between (listed)", 0 },
	{ 'c', "config", OPT_TEXT, &base_file, "BASE", "the strategy, for gates on keys that are no axis", 0 },
	{ 0, "min-trades", OPT_U32, &min_trades, "N", "profit counts half with fewer trades (20)", 0 },
	{ 0, "overrides", OPT_FLAG, &wide, NULL, "name the paths in every row, not in the header", 0 },
	{ 0, "pareto", OPT_TEXT, &front_file, "FILE", "write the rows that no other beats to FILE", OPT_OUTPUT },
	{ 0, "resume", OPT_TEXT, &resume_file, "FILE", "go on behind the rows of FILE, an earlier output", OPT_OUTPUT },
	{ 'o', "output", OPT_TEXT, &output, "FILE", "like --resume FILE >>FILE", OPT_OUTPUT },
	{ 0, "strict", OPT_FLAG, &strict, NULL, "the command's rows need header and end", 0 },
	{ 0 }
};

struct result { struct front_point of; bool has_values; };

struct run {
	struct spec spec;
	struct config base;
	struct space space;
	struct search search;
	struct tpe tpe;
	struct pointw values, overrides;
	struct coproc command;
	struct out to_command;		/* never flushed: what is collected here is sent */
	struct out out;
	struct json_doc doc;		/* the line at hand */
	struct buf row;
	uint64_t asked;
	bool header, command_ended;
	char config_id[ID_MAX], contract_id[ID_MAX], contract[LONG_MAX_TEXT];	/* of the rows; empty: not known */
	struct front front;
	struct progress progress;
	uint64_t told_before;		/* by the file that this run resumes */
	double best;			/* objective */
	char best_text[64];
};

/* ---- options ---- */

static void check_usage(int n)
{
	if (!spec_file)
		die(EX_USAGE, "no axes: give --spec SPEC");
	if (!n)
		die(EX_USAGE, "no evaluator: give its command behind \"--\", for example: -- ocq-sweep --rows id ...");
	if (base_file && !strcmp(base_file, "-") && !strcmp(spec_file, "-"))
		die(EX_USAGE, "only one of configuration and specification can come from stdin");
	if (!trials)
		die(EX_USAGE, "--trials is at least 1");
	if (!batch || batch > LARGEST_BATCH)
		die(EX_USAGE, "--batch is 1 to %d, not %" PRIu32, LARGEST_BATCH, batch);
	if (!draws || draws > MOST_DRAWS)
		die(EX_USAGE, "--draws is 1 to %d, not %" PRIu32, MOST_DRAWS, draws);
	if (seed > LARGEST_SEED)
		die(EX_USAGE, "--seed is at most %" PRIu64 ", not %" PRIu64, LARGEST_SEED, seed);
	if (strcmp(axis_values, "listed") && strcmp(axis_values, "range"))
		die(EX_USAGE, "--values is listed or range, not \"%s\"", axis_values);
	if (output && resume_file)
		die(EX_USAGE, "--output FILE resumes FILE: give --resume or --output, not both");
}

static void load(struct run *r)
{
	struct errmsg e;

	if (!spec_load(&r->spec, spec_file, &e))
		die(EX_CONFIG, "%s", e.text);
	if (base_file && !config_load(&r->base, base_file, NULL, NULL, NULL, &e))
		die(EX_CONFIG, "%s", e.text);
	spec_check(&r->spec, config_warn, NULL);
	if (!strcmp(axis_values, "range") && !search_widen(&r->spec, &e))
		die(EX_CONFIG, "%s:%s", r->spec.file, e.text);
	if (!space_init(&r->space, &r->spec, base_file ? &r->base : NULL, &e))
		die(EX_USAGE, "%s, --config BASE", e.text);
	if (!search_init(&r->search, &r->space, &e))
		die(EX_CONFIG, "%s:%s", r->spec.file, e.text);
	tpe_open(&r->tpe, &r->search.tpe, &(struct tpe_options){ seed, batch, draws });
	pointw_init(&r->values, &r->space, true);
	pointw_init(&r->overrides, &r->space, false);
	out_fd(&r->to_command, -1, "the command");
	r->best = -INFINITY;
}

static void release(struct run *r)
{
	if (base_file)
		config_release(&r->base);
	json_release(&r->doc);
	front_release(&r->front);
	pointw_release(&r->values);
	pointw_release(&r->overrides);
	tpe_close(&r->tpe);
	search_release(&r->search);
	space_release(&r->space);
	spec_release(&r->spec);
	buf_release(&r->row);
	free(r->to_command.data);
}

/* ---- the header ---- */

static void axis_rows(const struct run *r, uint16_t *row)
{
	uint32_t i;

	for (i = 0; i < r->space.n; i++)
		row[i] = r->space.axis[i].of->row;
}

/* What a run that resumes must have in common with this one: ,"paths":[...],"seed":42,... */
static void header_members(const struct run *r, struct buf *b)
{
	uint32_t i;

	if (r->spec.has_lookback)
		buf_addf(b, ",\"lookback\":%" PRIu32, r->spec.lookback);
	for (i = 0; i < r->space.n && !wide; i++)
		buf_addf(b, "%s\"%s\"", i ? "," : ",\"paths\":[", param_rows[r->space.axis[i].of->row].path);
	buf_addf(b, "%s,\"seed\":%" PRIu64 ",\"batch\":%" PRIu32 ",\"draws\":%" PRIu32 ",\"axis_values\":\"%s\",\"min_trades\":%" PRIu32 ",\"spec_id\":\"%s\"",
		 wide ? "" : "]", seed, batch, draws, axis_values, min_trades, r->search.id);
}

static void write_header(const struct run *r, struct out *o)
{
	struct buf members = BUF_INIT;

	header_members(r, &members);
	record_header(o, r->config_id, r->contract_id, r->contract);
	record_extend(o, members.data, members.len);
	buf_release(&members);
}

static void take_identity(struct run *r, const struct rec_header *h)
{
	strcpy(r->config_id, h->config_id);
	strcpy(r->contract_id, h->contract_id);
	strcpy(r->contract, h->contract);
}

/* ---- results ---- */

static void trial_id(uint64_t trial, char id[NAME_MAX_BYTES]) { snprintf(id, NAME_MAX_BYTES, "tpe_%07" PRIu64, trial); }

static bool parse(struct run *r, const char *line, size_t len, struct errmsg *e)
{
	json_release(&r->doc);
	return json_parse(&r->doc, line, len, e);
}

static const struct json *member(const struct run *r, const char *key) { return json_get(&r->doc, r->doc.tok, key); }

/* The line at hand as the result of trial r->tpe.told. */
static bool read_result(const struct run *r, struct result *result, struct errmsg *e)
{
	char id[NAME_MAX_BYTES];

	trial_id(r->tpe.told, id);
	if (r->tpe.told >= trials)
		return errmsg_set(e, "a row more than the %" PRIu64 " trials", trials);
	if (!json_is(&r->doc, member(r, "id"), id))
		return errmsg_set(e, "\"id\" is not \"%s\", which is the next candidate", id);
	if (!json_f64(&r->doc, member(r, "total_pnl"), &result->of.pnl_usd))
		return errmsg_set(e, "\"total_pnl\" is not a number");
	if (!json_i64(&r->doc, member(r, "total_trades"), &result->of.trades))
		return errmsg_set(e, "\"total_trades\" is not a whole number");
	if (!json_f64(&r->doc, member(r, "max_drawdown_pct"), &result->of.max_drawdown_pct))
		return errmsg_set(e, "\"max_drawdown_pct\" is not a number");
	result->has_values = member(r, "overrides") || member(r, "values");
	return true;
}

/* Few trades prove little: a profit from them counts half. A loss counts whole. */
static double objective(const struct front_point *p)
{
	return p->trades < min_trades && p->pnl_usd > 0 ? p->pnl_usd / 2 : p->pnl_usd;
}

static void learn(struct run *r, const struct result *result, const char *line, size_t len)
{
	double o = objective(&result->of);
	char id[NAME_MAX_BYTES];

	if (o > r->best) {
		r->best = o;
		trial_id(r->tpe.told, id);
		snprintf(r->best_text, sizeof r->best_text, "best %.10g USD (%s)", result->of.pnl_usd, id);
	}
	if (front_file)
		front_add(&r->front, &result->of, r->tpe.told, line, len);
	tpe_tell(&r->tpe, o);
}

/* What the rows of trial r->tpe.told end in, unless they came with their overrides: ,"values":[1.5,8]} */
static void add_values(struct run *r, struct buf *b)
{
	const char *text;
	size_t len;

	search_point(&r->search, tpe_trial(&r->tpe, r->tpe.told));
	text = pointw_text(wide ? &r->overrides : &r->values, &len);
	buf_adds(b, wide ? ",\"overrides\":{" : ",\"values\":[");
	buf_add(b, text, len);
	buf_adds(b, wide ? "}}" : "]}");
}

/* ---- resuming ---- */

struct earlier { struct in in; uint64_t at, keep; bool is_output, header, end; };	/* keep: bytes up to the end of its last row */

static bool same_text(const char *text_a, const struct json *a, const char *text_b, const struct json *b)
{
	return a && b && a->end - a->start == b->end - b->start && !memcmp(text_a + a->start, text_b + b->start, a->end - a->start);
}

/* A member of the file's header, which is the line at hand, against ours. */
static void check_member(struct run *r, struct earlier *f, const struct json_doc *own, const char *key)
{
	const struct json *theirs = member(r, key), *ours = json_get(own, own->tok, key);

	if ((!theirs && !ours) || same_text(r->doc.text, theirs, own->text, ours))
		return;
	if (!theirs)
		in_die(&f->in, "another run: \"%s\" is missing", key);
	if (!ours)
		in_die(&f->in, "another run: \"%s\" is there, with --overrides it is not", key);
	if (ours->type == JSON_ARRAY)
		in_die(&f->in, "another run: \"%s\" differs", key);
	in_die(&f->in, "another run: \"%s\" is %.*s, here it is %.*s", key, (int)(theirs->end - theirs->start), r->doc.text + theirs->start,
	       (int)(ours->end - ours->start), own->text + ours->start);
}

static void check_header(struct run *r, struct earlier *f)
{
	static const char *const keys[] = { "paths", "seed", "batch", "draws", "axis_values", "min_trades", "spec_id", NULL };
	struct buf b = BUF_INIT;
	struct json_doc own;
	struct errmsg e;
	uint32_t i;

	header_members(r, &b);
	b.data[0] = '{';
	buf_addc(&b, '}');
	if (!json_parse(&own, b.data, b.len, &e))
		die(EX_BUG, "header: %s", e.text);
	for (i = 0; keys[i]; i++)
		check_member(r, f, &own, keys[i]);
	json_release(&own);
	buf_release(&b);
}

static void read_header(struct run *r, struct earlier *f, const char *line, size_t len)
{
	static struct record header;
	struct errmsg e;

	if (!json_is(&r->doc, member(r, "type"), "header"))
		in_die(&f->in, "no header, so this is no output of ocq-tpe");
	if (!record_parse(&header, line, len, &e))
		in_die(&f->in, "%s", e.text);
	check_header(r, f);
	take_identity(r, &header.u.header);
	f->header = true;
}

static void retell(struct run *r, struct earlier *f, const char *line, size_t len)
{
	struct result result;
	struct errmsg e;

	if (f->end)
		in_die(&f->in, "a record follows the end");
	if (!read_result(r, &result, &e))
		in_die(&f->in, "%s", e.text);
	buf_clear(&r->row);
	add_values(r, &r->row);
	if (!wide && member(r, "values") && (len < r->row.len || memcmp(line + len - r->row.len, r->row.data, r->row.len)))
		in_die(&f->in, "\"values\" are not those that this run would have drawn");
	learn(r, &result, line, len);
}

static void read_line(struct run *r, struct earlier *f, const char *line, size_t len)
{
	struct errmsg e;

	if (!parse(r, line, len, &e))
		in_die(&f->in, "%s", e.text);
	if (!f->header)
		read_header(r, f, line, len);
	else if (json_is(&r->doc, member(r, "type"), "end"))
		f->end = true;
	else
		retell(r, f, line, len);
	f->at += len + 1;
	f->keep = f->end ? f->keep : f->at;
}

/* A line without newline was cut by whatever ended the run, and is written again. */
static void check_torn(struct earlier *f, const char *line, size_t len)
{
	static const char start[] = "{\"type\":\"header\"";

	if (!f->header && memcmp(line, start, len < sizeof start ? len : sizeof start - 1))
		in_die(&f->in, "no header, so this is no output of ocq-tpe");
}

/* Does the output go on in the file itself? Then it is ours alone until we end. */
static bool is_output(const struct earlier *f, const struct run *r)
{
	struct stat a, b;

	if (fstat(f->in.fd, &a) < 0 || fstat(r->out.fd, &b) < 0)
		die_sys(EX_RETRY, "%s", resume_file);
	if (!S_ISREG(a.st_mode) || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
		return false;
	if (flock(r->out.fd, LOCK_EX | LOCK_NB) < 0)
		die(EX_RETRY, "%s: another run is writing to it", resume_file);
	return true;
}

static void cut(const struct run *r, const struct earlier *f)
{
	if (ftruncate(r->out.fd, (off_t)f->keep) < 0 || lseek(r->out.fd, (off_t)f->keep, SEEK_SET) < 0)
		die_sys(EX_RETRY, "%s: cannot be cut behind its last row", resume_file);
}

/* False if there is nothing left to do. */
static bool resume(struct run *r)
{
	struct earlier f = { .keep = 0 };
	const char *line;
	size_t len;

	if (access(resume_file, F_OK) < 0)
		return true;
	in_open(&f.in, resume_file);
	f.is_output = is_output(&f, r);
	while (in_line(&f.in, &line, &len))
		if (f.in.torn)
			check_torn(&f, line, len);
		else
			read_line(r, &f, line, len);
	in_close(&f.in);
	r->told_before = r->asked = r->tpe.told;
	r->header = f.header;
	if (stream_stop || (f.end && r->tpe.told == trials))
		return false;
	if (f.end && !f.is_output)
		die(EX_DATA, "%s: ends after %" PRIu64 " trials; only --output %s can go on from there", resume_file, r->tpe.told, resume_file);
	if (f.is_output)
		cut(r, &f);
	return true;
}

/* ---- candidates ---- */

static void send(struct run *r)
{
	coproc_send(&r->command, r->to_command.data, r->to_command.len);
	r->to_command.len = 0;
}

static void send_header(struct run *r)
{
	uint16_t row[N_PARAMS];

	axis_rows(r, row);
	points_header(&r->to_command, NULL, row, r->space.n, r->spec.has_lookback ? &r->spec.lookback : NULL, trials - r->told_before);
	send(r);
}

/* Sends every trial that is drawn. Batch k is drawn when all of batch k - 2 came back, so the command always has a batch to
 * work on while the results of another one travel. */
static void ask(struct run *r)
{
	char id[NAME_MAX_BYTES];

	if (r->asked == trials)
		return;
	for (; r->asked < trials && r->asked < r->tpe.drawn; r->asked++) {
		search_point(&r->search, tpe_trial(&r->tpe, r->asked));
		trial_id(r->asked, id);
		pointw_write(&r->values, &r->to_command, id);
		send(r);
	}
	if (r->asked < trials)
		return;
	record_end(&r->to_command, trials - r->told_before);
	send(r);
	coproc_shut(&r->command);
}

/* ---- what the command says ---- */

PRINTF(2, 3) _Noreturn static void command_die(struct run *r, const char *fmt, ...)
{
	struct errmsg e;
	va_list ap;

	out_flush(&r->out);
	va_start(ap, fmt);
	vsnprintf(e.text, sizeof e.text, fmt, ap);
	va_end(ap);
	die(EX_DATA, "%s:%" PRIu64 ": %s", r->command.name, r->command.line, e.text);
}

/* Rows of two configurations, or of two sets of data, tell the estimator nothing together. */
static void check_same(struct run *r, const char *what, const char *before, const char *now)
{
	if (*before && *now && strcmp(before, now))
		command_die(r, "\"%s\" is %.12s..., that of the rows in %s is %.12s...", what, now, resume_file, before);
}

static void take_header(struct run *r, const char *line, size_t len)
{
	static struct record header;
	const struct rec_header *h = &header.u.header;
	struct errmsg e;

	if (!record_parse(&header, line, len, &e))
		command_die(r, "%s", e.text);
	if (r->header) {
		check_same(r, "config_id", r->config_id, h->config_id);
		check_same(r, "contract_id", r->contract_id, h->contract_id);
		return;
	}
	take_identity(r, h);
	write_header(r, &r->out);
	r->header = true;
}

static void take_result(struct run *r, const char *line, size_t len)
{
	struct result result;
	struct errmsg e;

	if (!json_is(&r->doc, member(r, "type"), "result"))
		command_die(r, "\"type\" is not \"result\"");
	if (r->command_ended)
		command_die(r, "a record follows the end");
	if (!read_result(r, &result, &e))
		command_die(r, "%s", e.text);
	buf_clear(&r->row);
	if (result.has_values) {
		buf_add(&r->row, line, len);
	} else {
		buf_add(&r->row, line, r->doc.tok->end - 1);	/* up to its brace */
		add_values(r, &r->row);
	}
	out_add(&r->out, r->row.data, r->row.len);
	out_add(&r->out, "\n", 1);
	learn(r, &result, r->row.data, r->row.len);
}

static void take_end(struct run *r)
{
	int64_t n;

	r->command_ended = true;
	if (strict && (!json_i64(&r->doc, member(r, "records"), &n) || (uint64_t)n != r->tpe.told - r->told_before))
		command_die(r, "\"records\" is not %" PRIu64 ", the rows that came", r->tpe.told - r->told_before);
}

static void take(struct run *r, const char *line, size_t len)
{
	struct errmsg e;

	if (!parse(r, line, len, &e))
		command_die(r, "%s", e.text);
	if (r->command.line == 1 && json_is(&r->doc, member(r, "type"), "header")) {
		take_header(r, line, len);
		return;
	}
	if (r->command.line == 1 && strict)
		command_die(r, "no header");
	if (!r->header)
		write_header(r, &r->out);
	r->header = true;
	if (json_is(&r->doc, member(r, "type"), "end"))
		take_end(r);
	else
		take_result(r, line, len);
}

/* ---- its end ---- */

/* Its own status where that says something to whoever started us. A command that was killed or left early may do it the
 * next time. */
static enum exit_status status_of(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGINT || WTERMSIG(status) == SIGHUP ? EX_RETRY : EX_BUG;
	if (WEXITSTATUS(status) == 0)
		return EX_RETRY;
	return WEXITSTATUS(status) >= EX_USAGE && strcmp(exit_meaning(WEXITSTATUS(status)), "unknown") ? WEXITSTATUS(status) : EX_BUG;
}

static void check_end(struct run *r, int status)
{
	struct errmsg how;

	if (stream_stop)
		return;
	out_flush(&r->out);
	if (WIFSIGNALED(status))
		errmsg_set(&how, "was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		errmsg_set(&how, "ended with status %d", WEXITSTATUS(status));
	if (status != 0 || r->tpe.told < trials)
		die(status_of(status), "%s: %s after %" PRIu64 " of %" PRIu64 " rows", r->command.name, how.text,
		    r->tpe.told - r->told_before, trials - r->told_before);
	if (r->command.torn)
		die(EX_DATA, "%s: its last line is cut: it has no newline", r->command.name);
	if (strict && !r->command_ended)
		die(EX_DATA, "%s: its stream has no end: it was cut", r->command.name);
}

static void evaluate(struct run *r, char **argv)
{
	const char *line;
	struct errmsg e;
	size_t len;

	if (!coproc_start(&r->command, argv, &e))
		die(EX_ABSENT, "%s", e.text);
	progress_start(&r->progress, "trials", trials - r->told_before);
	r->progress.more = r->best_text;
	send_header(r);
	ask(r);
	while (coproc_line(&r->command, &r->out, &line, &len)) {
		take(r, line, len);
		ask(r);
		progress_at(&r->progress, r->tpe.told - r->told_before);
	}
	progress_end(&r->progress);
	check_end(r, coproc_end(&r->command));
}

/* ---- outputs ---- */

/* A file is never begun again: what it holds is resumed. A device or a pipe holds nothing. */
static void open_output(struct run *r)
{
	struct stat st;
	int fd;

	if (!output || !strcmp(output, "-")) {
		out_open(&r->out, "-");
		return;
	}
	fd = open(output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0 || fstat(fd, &st) < 0)
		die_sys(EX_RETRY, "%s: cannot be opened for writing", output);
	out_fd(&r->out, fd, output);
	if (S_ISREG(st.st_mode))
		resume_file = output;
}

static void write_front(struct run *r)
{
	struct out o;
	size_t i;

	out_open(&o, front_file);
	write_header(r, &o);
	front_sort(&r->front);
	for (i = 0; i < r->front.n; i++) {
		out_add(&o, r->front.row[i].line, r->front.row[i].len);
		out_add(&o, "\n", 1);
	}
	record_end(&o, r->front.n);
	out_close(&o);
}

int main(int argc, char **argv)
{
	static struct run r;
	int n;

	err_init(argv[0]);
	n = opt_parse(argc, argv, opts, "--spec SPEC [options] -- COMMAND [ARGUMENT...]",
		      "Searches the best values of a sweep's axes: COMMAND evaluates what it draws.");
	check_usage(n);
	argv[n] = NULL;
	stream_signals();
	load(&r);
	open_output(&r);
	if (!resume_file || resume(&r)) {
		if (r.tpe.told < trials)
			evaluate(&r, argv);
		record_end(&r.out, r.tpe.told);
	}
	out_close(&r.out);
	if (front_file)
		write_front(&r);
	if (r.tpe.told)
		note("%" PRIu64 " trials, %s", r.tpe.told, r.best_text);
	release(&r);
	return EX_OK;
}

# SPDX-License-Identifier: MIT
# What every program promises, whatever it does: help, version, messages, exit statuses, a page, a completion.
load lib

# each FUNCTION: calls it with every built program; fails when it failed for any, naming it.
each() {
	local p bad=0
	for p in "$OCQ_BIN"/ocq-*; do
		p=${p##*/}
		"$1" "$p" || { echo "$p: $1 failed"; bad=1; }
	done
	return $bad
}

# The options that --help lists, one a line: -c and --config are two. They stand before the two spaces that open the
# explanation; several may share a line.
options() {
	"$1" --help | sed -nE 's/^ +(-.*)/\1/p' | sed -E 's/  [^-].*//' | tr ', ' '\n\n' |
		grep -E '^(-[A-Za-z0-9]|--[a-z0-9-]+)$' | sort -u
}

page() { sed 's/\\&//g; s/\\-/-/g' "$OCQ_ROOT/man/$1.1"; }

@test "programs: there are some" {
	[ -n "$(ls "$OCQ_BIN"/ocq-*)" ]
}

help_fits() {
	quiet "$1" --help >help.txt && "$1" -h | cmp - help.txt &&
		grep -q "^usage: $1" help.txt && [ "$(wc -l <help.txt)" -le 24 ] && ! grep -qE '^.{81}' help.txt
}
@test "programs: --help and -h print one screen on stdout" { each help_fits; }

version_is() { [ "$("$1" -V)" = "$1 $(cat "$OCQ_ROOT/VERSION")" ] && [ "$("$1" --version)" = "$("$1" -V)" ]; }
@test "programs: -V is the program and VERSION" { each version_is; }

bad_option() { dies 64 "no-such-option" "$1" --no-such-option && grep -q "^$1: " stderr.txt; }
@test "programs: an unknown option is exit 64 and one line that names it" { each bad_option; }

bad_letter() { dies 64 "-~" "$1" -~; }
@test "programs: an unknown letter is exit 64" { each bad_letter; }

no_argument() {
	local o
	o=$("$1" --help | sed -nE '0,/^ +(-[A-Za-z0-9],)? *--[a-z0-9-]+ [A-Z]/s/^ +(-[A-Za-z0-9],)? *(--[a-z0-9-]+) [A-Z].*/\2/p')
	[ -z "$o" ] || dies 64 "${o#--}" "$1" "$o"
}
@test "programs: an option without its argument is exit 64" { each no_argument; }

help_full() { writes 75 /dev/full "$1" --help; }
@test "programs: --help on a full disk is exit 75" { each help_full; }

version_full() { writes 75 /dev/full "$1" -V; }
@test "programs: -V on a full disk is exit 75" { each version_full; }

has_page() {
	local o bad=0
	[ -e "$OCQ_ROOT/man/$1.1" ] || { echo "man/$1.1 is missing"; return 1; }
	page "$1" >page.txt
	for o in $(options "$1"); do
		case $o in
		-h|--help|-V|--version|-q|--quiet) continue ;;	# ocq(7)
		--*) grep -qE -- "Fl -${o#--}( |\$)" page.txt || { echo "man/$1.1 lacks $o"; bad=1; } ;;
		-?) grep -qE -- "Fl [A-Za-z0-9]*${o#-}" page.txt || { echo "man/$1.1 lacks $o"; bad=1; } ;;
		esac
	done
	return $bad
}
@test "programs: the man page has every option of --help" { each has_page; }

page_only() {
	local o bad=0
	[ -e "$OCQ_ROOT/man/$1.1" ] || return 1
	options "$1" >options.txt
	for o in $(page "$1" | sed -nE '/^\.It /s/Fl -([a-z0-9-]+)/\n--\1\n/gp' | grep -E '^--' | sort -u); do
		grep -qxF -- "$o" options.txt || { echo "man/$1.1 has $o, --help has not"; bad=1; }
	done
	return $bad
}
@test "programs: the man page has no option that --help lacks" { each page_only; }

has_sections() {
	local s bad=0
	for s in NAME SYNOPSIS DESCRIPTION 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
		grep -qx ".Sh $s" "$OCQ_ROOT/man/$1.1" || { echo "man/$1.1 has no section $s"; bad=1; }
	done
	return $bad
}
@test "programs: the man page has the sections of every page" { each has_sections; }

completes() { options "$1" | grep -E '^--' | while read -r o; do grep -qw -- "${o#--}" "$OCQ_BIN/../completion/$1" || { echo "no $o"; return 1; }; done; }
@test "programs: the completion knows every option" { each completes; }

# offers PROGRAM WORD PREVIOUS INDEX: what the completion gives for the word
# shellcheck disable=SC1090 # made while building
offers() { (. "$OCQ_BIN/../completion/$1" && COMP_CWORD=$4 && "_${1//-/_}" "$1" "$2" "$3" && echo "${COMPREPLY[*]}"); }
@test "programs: the completion knows verbs as first word, and the words of an option" {
	[ "$(offers ocq-candles c ocq-candles 1)" = 'closed coverage check' ]
	[ "$(offers ocq-config '' ocq-config 1)" = 'show explain check diff id set axes' ]
	[ "$(offers ocq-candles c -q 2)" = '' ]
	[ "$(offers ocq-parity j -f 2)" = json ]
	[ "$(offers ocq-candles '' --format 3)" = 'ndjson csv json' ]
}

is_tested() { grep -lw -- "$1" "$OCQ_ROOT"/test/*.bats | grep -qv programs.bats; }
@test "programs: each one has a test of its own" { each is_tested; }

# SPDX-License-Identifier: MIT
# systemd/: units that systemd takes, whose exposure is low, and that start what is installed.
load lib

# The units as `make install` writes them, for programs that are there.
units() {
	command -v systemd-analyze >/dev/null || skip 'systemd is not installed: there is no systemd-analyze'
	make -s --no-print-directory -C "$OCQ_ROOT" -f config/mk/install.mk units UNITDIR="$PWD/units" PREFIX="$PWD/usr"
	mkdir -p usr/bin
	ln -s "$OCQ_BIN"/ocq-* usr/bin
	ln -s "$OCQ_ROOT/pipelines/lane" usr/bin/ocq-lane
}

@test "systemd: every unit is well-formed, and starts a program that is installed" {
	units
	[ "$(ls units | wc -l)" = "$(ls "$OCQ_ROOT/systemd" | wc -l)" ]
	run ! grep -r /usr/local units
	systemd-analyze verify --man=no --recursive-errors=no units/* >said 2>&1 && [ ! -s said ] || { cat said; return 1; }
}

@test "systemd: exposure of each service is at most 3.0" {
	units
	for u in units/*.service; do
		systemd-analyze security --offline=true --threshold=30 --no-pager "$u" >said || { tail -1 said; return 1; }
	done
}

@test "systemd: a lane's unit has the key as a credential, and is not started again by statuses that lane stops for" {
	grep -q '^LoadCredential=agent:' "$OCQ_ROOT/systemd/ocq-lane@.service"
	for u in $(grep -l '^Restart=' "$OCQ_ROOT"/systemd/*.service); do grep -qx 'RestartPreventExitStatus=64 65 70 77 78' "$u"; done
}

@test "systemd: a timer starts the service of its name, and that ends" {
	for t in "$OCQ_ROOT"/systemd/*.timer; do
		grep -qx 'Type=oneshot' "${t%.timer}.service"
		systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' "$t")" >said || { cat said; return 1; }
	done
}

# in_unit NAME: what a unit's command does, in this directory, with the programs that are here
in_unit() { bash -c "$(sed -n "s|^ExecStart=/bin/sh -c '\(.*\)'|\1|p" "$OCQ_ROOT/systemd/$1.service" | sed 's|/usr/local/bin/||; s|\$\$|$|g')"; }

@test "systemd: prune moves old bars into months, and leaves other intervals alone" {
	mkdir candles_dbs
	ocq-synth -q --seed 3 --from 2025-01-01 --days 40 -i 1h,1m --count 1 --db candles_dbs
	cp candles_dbs/candles_1h.db before
	PRUNE='1m 3m' KEEP_DAYS=$((($(date +%s) - $(date -ud 2025-01-21 +%s)) / 86400)) in_unit ocq-prune
	cmp before candles_dbs/candles_1h.db
	bars() { ocq-candles export --no-header "$1" | grep -c '"type":"candle"'; }
	old=$(bars candles_dbs/partitions/1m/candles_1m_2025-01.db) kept=$(bars candles_dbs/candles_1m.db)
	[ "$old" -gt $((19 * 1440)) ] && [ "$old" -le $((21 * 1440)) ] && [ $((old + kept)) = $((40 * 1440)) ]
}

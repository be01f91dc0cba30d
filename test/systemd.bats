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
	for u in "$OCQ_ROOT"/systemd/*.service; do grep -qx 'RestartPreventExitStatus=64 65 70 77 78' "$u"; done
}

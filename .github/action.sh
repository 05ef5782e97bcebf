# The step of action.yml. Inputs come as SMR_ variables, never as text of the
# script; outputs are words, numbers and digests of ours.
set -uo pipefail

smr=${SMR_PATH:-$RUNNER_TEMP/smr}
args=()
if [ -n "$SMR_ACCOUNT" ]; then args+=("--account=$SMR_ACCOUNT"); fi

finish() {
	case $1 in
	0) echo 'result=pass' ;;
	1) echo 'result=fail' ;;
	*) echo 'result=error' ;;
	esac >>"$GITHUB_OUTPUT"
	exit "$1"
}

case $SMR_COMMAND in
validate | compile) ;;
review)
	# It writes its outputs itself, but for wrong usage.
	code=0
	"$smr" review "${args[@]}" -- "$SMR_DIRECTORY" 2>"$RUNNER_TEMP/smr.log" || code=$?
	sed 's/##\[/## [/g; s/^/- /' "$RUNNER_TEMP/smr.log"
	if [ "$code" = 2 ]; then finish 2; fi
	exit "$code"
	;;
*)
	echo '::error::command is review, validate or compile'
	finish 2
	;;
esac

code=0
# The list of files goes to the log behind a dash, so that no name of a file is
# taken for a command of the runner.
list=$("$smr" fmt --check -- "$SMR_DIRECTORY") || code=$?
if [ "$code" = 1 ] && [ -n "$list" ]; then
	echo '::error title=Not formatted::some files are not in canonical layout: run smr fmt'
	sed 's/##\[/## [/g; s/^/- /' <<<"$list"
fi
if [ "$code" -gt 1 ]; then finish "$code"; fi

found=0
"$smr" validate --format github "${args[@]}" -- "$SMR_DIRECTORY" || found=$?
if [ -n "$SMR_SARIF" ]; then
	"$smr" validate --format sarif "${args[@]}" -- "$SMR_DIRECTORY" >"$SMR_SARIF" || true
fi
if [ "$found" -gt "$code" ]; then code=$found; fi
if [ "$code" != 0 ]; then finish "$code"; fi

if [ "$SMR_COMMAND" = compile ]; then
	"$smr" compile -t "$SMR_TARGET" -o "$SMR_OUTPUT" "${args[@]}" -- "$SMR_DIRECTORY" >"$RUNNER_TEMP/smr.log" 2>&1 || code=$?
	sed 's/##\[/## [/g; s/^/- /' "$RUNNER_TEMP/smr.log"
fi
finish "$code"

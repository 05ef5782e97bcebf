# The last step of action.yml. Inputs come as SMR_ variables, never as text of
# the script; outputs are words, numbers and digests of ours.
set -uo pipefail

smr=${SMR_BINARY:?}
temp=$(mktemp -d "${RUNNER_TEMP//\\//}/smr.XXXXXX")
trap 'rm -rf "$temp"' EXIT
args=()
if [ -n "${SMR_ACCOUNT:-}" ]; then args+=("--account=$SMR_ACCOUNT"); fi

# quoted prints a file to the log behind a dash, so that no line of it is taken
# for a command of the runner.
quoted() { sed 's/\r/ /g; s/##\[/## [/g; s/^/- /' "$1"; }

output() { printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }

finish() {
	case $1 in
	0) output result pass ;;
	1) output result fail ;;
	*) output result error ;;
	esac
	exit "$1"
}

usage() {
	echo "::error::$1"
	finish 2
}

# sha256 is the digest of a file.
sha256() {
	local line
	if command -v sha256sum >/dev/null; then line=$(sha256sum <"$1"); else line=$(shasum -a 256 <"$1"); fi
	echo "sha256:${line%% *}"
}

# absolute is a path that does not depend on where smr looks from.
absolute() {
	case $1 in
	/* | [A-Za-z]:*) echo "$1" ;;
	*) echo "$PWD/$1" ;;
	esac
}

# summarize adds a file to the job summary as a block of code, which indented
# lines are whatever they hold, up to what GitHub shows.
summarize() {
	{
		printf '### smr %s\n\n' "$1"
		head -c 900000 "$2" | sed 's/\r/ /g; s/^/    /'
		echo
	} >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
}

# said runs smr with its output in the log and in the summary.
said() {
	local name=$1 code=0
	shift
	"$smr" "$@" >"$temp/log" 2>&1 || code=$?
	quoted "$temp/log"
	summarize "$name" "$temp/log"
	return "$code"
}

check() {
	local list found=0
	code=0
	list=$("$smr" fmt --check -- "$SMR_DIRECTORY") || code=$?
	if [ "$code" = 1 ] && [ -n "$list" ]; then
		echo '::error title=Not formatted::some files are not in canonical layout: run smr fmt'
		printf '%s\n' "$list" >"$temp/list"
		quoted "$temp/list"
	fi
	if [ "$code" -gt 1 ]; then finish "$code"; fi
	"$smr" validate --format github "${args[@]+"${args[@]}"}" -- "$SMR_DIRECTORY" || found=$?
	if [ -n "${SMR_SARIF:-}" ]; then
		"$smr" validate --format sarif "${args[@]+"${args[@]}"}" -- "$SMR_DIRECTORY" >"$SMR_SARIF" || true
	fi
	if [ "$found" -gt "$code" ]; then code=$found; fi
	if [ "$code" != 0 ]; then finish "$code"; fi
}

code=0
case ${SMR_COMMAND:-} in
review)
	# A directory a line; without blanks around it, which YAML may leave.
	dirs=()
	while IFS=$' \t' read -r dir || [ -n "$dir" ]; do
		if [ -n "$dir" ]; then dirs+=("$dir"); fi
	done <<<"${SMR_DIRECTORY//$'\r'/}"
	# It writes its outputs itself, but for wrong usage.
	"$smr" review "${args[@]+"${args[@]}"}" -- "${dirs[@]+"${dirs[@]}"}" 2>"$temp/log" || code=$?
	quoted "$temp/log"
	if [ "$code" = 2 ]; then finish 2; fi
	exit "$code"
	;;
validate)
	check
	;;
compile)
	check
	"$smr" compile -t "$SMR_TARGET" -o "$SMR_OUTPUT" "${args[@]+"${args[@]}"}" -- "$SMR_DIRECTORY" >"$temp/log" 2>&1 || code=$?
	quoted "$temp/log"
	;;
plan)
	if [ -z "${SMR_PLAN:-}" ]; then usage 'command plan writes to a file: name it in the input plan'; fi
	rm -f -- "$SMR_PLAN"
	flags=(--exit-code -o "$(absolute "$SMR_PLAN")")
	if [ "${SMR_ALLOW_DELETE:-}" = true ]; then flags+=(--allow-delete); fi
	said plan -C "$SMR_DIRECTORY" "${args[@]+"${args[@]}"}" plan "${flags[@]}" || code=$?
	if [ -f "$SMR_PLAN" ] && [ "$code" -le 1 ]; then
		# A plan is good whether there is something to do or not.
		if [ "$code" = 1 ]; then output changes true; else output changes false; fi
		output plan-digest "$(sha256 "$SMR_PLAN")"
		code=0
	fi
	;;
apply)
	# What is applied is what was looked at: the plan of a digest that another job
	# has passed on.
	if [ ! -f "${SMR_PLAN:-}" ]; then usage 'command apply needs the file that plan wrote, in the input plan'; fi
	case ${SMR_PLAN_DIGEST:-} in
	sha256:*) ;;
	*) usage 'command apply needs the digest that plan put out, in the input plan-digest' ;;
	esac
	if [ "$(sha256 "$SMR_PLAN")" != "$SMR_PLAN_DIGEST" ]; then
		echo '::error title=Another plan::the file is not the plan that was approved: its digest differs. Nothing was applied'
		finish 3
	fi
	flags=(--yes --journal "$(absolute smr.journal)")
	if [ "${SMR_ALLOW_DELETE:-}" = true ]; then flags+=(--allow-delete); fi
	if [ "${SMR_ALLOW_TRANSIENT_LOSS:-}" = true ]; then flags+=(--allow-transient-loss); fi
	said apply -C "$SMR_DIRECTORY" "${args[@]+"${args[@]}"}" apply "${flags[@]}" -- "$(absolute "$SMR_PLAN")" || code=$?
	;;
drift)
	flags=()
	if [ "${SMR_ISSUE:-}" = true ]; then flags+=(--github-issue); fi
	said drift -C "$SMR_DIRECTORY" "${args[@]+"${args[@]}"}" drift "${flags[@]+"${flags[@]}"}" || code=$?
	;;
version)
	"$smr" version || code=$?
	;;
*)
	usage 'command is review, validate, compile, plan, apply, drift or version'
	;;
esac
finish "$code"

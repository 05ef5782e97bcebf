# Gets the program for action.yml: the binary that SMR_PATH names, or that of the
# release of this very commit, whose checksum stands beside this file, or none:
# then the next step builds the source. Says so by the outputs path, or build,
# and go: whether Go has to be installed for that.
set -euo pipefail

here=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
output() { printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"; }

if [ -n "$SMR_PATH" ]; then
	output path "$SMR_PATH"
	exit
fi

dir=$(mktemp -d "${RUNNER_TEMP//\\//}/smr.XXXXXX")
case $RUNNER_OS in Linux) os=linux ;; macOS) os=darwin ;; Windows) os=windows ;; *) os=$RUNNER_OS ;; esac
case $RUNNER_ARCH in X64) arch=amd64 ;; ARM64) arch=arm64 ;; *) arch=$RUNNER_ARCH ;; esac
exe=
if [ "$os" = windows ]; then exe=.exe; fi
binary=$dir/smr$exe

# The first line of checksums.txt is "# VERSION GO ADDRESS"; in a commit that is
# no release there is no such file.
sum='' address=''
if [ -f "$here/checksums.txt" ]; then
	read -r _ _ _ address <"$here/checksums.txt"
	while read -r digest name; do
		if [ "$name" = "smr_${os}_$arch$exe.gz" ]; then sum=$digest; fi
	done <"$here/checksums.txt"
	address=$address/smr_${os}_$arch$exe.gz
fi
# Nothing but HTTPS, but from this machine itself.
case $address in
https://*) only='=https' ;;
http://127.0.0.1:*) only='=http' ;;
*) sum='' ;;
esac

if [ -n "$sum" ]; then
	if curl --silent --show-error --fail --location --proto "$only" --proto-redir "$only" --max-redirs 5 \
		--retry 3 --retry-max-time 60 --connect-timeout 20 --max-time 180 --max-filesize 100000000 --output "$binary.gz" "$address"; then
		if command -v sha256sum >/dev/null; then actual=$(sha256sum "$binary.gz"); else actual=$(shasum -a 256 "$binary.gz"); fi
		# sha256sum begins the line of a path with backslashes with one.
		actual=${actual#\\}
		if [ "${actual%% *}" != "$sum" ]; then
			rm -rf "$dir"
			echo "::error title=Wrong checksum::what $address gave is not what this commit of the action was released with: nothing of it was run"
			exit 1
		fi
		gzip -d "$binary.gz"
		chmod +x "$binary"
		echo "smr is the release of this commit, sha256 $sum of $address"
		output path "$binary"
		exit
	fi
	echo "::warning title=Not downloaded::the release could not be had from $address, so this commit's source is built instead"
fi

# Go of the runner will do if go.mod finds it new enough.
output path "$binary"
output build true
if (cd "$here/.." && GOTOOLCHAIN=local GOFLAGS=-mod=readonly go list -m >/dev/null 2>&1); then
	echo "smr is built from the source of this commit by $(go env GOVERSION) of the runner"
else
	output go true
	echo 'smr is built from the source of this commit'
fi

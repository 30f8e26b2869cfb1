set -eu
fail() {
	echo "$*" >&2
	exit 1
}
# is WHAT GOT WANTED
is() { [ "$2" = "$3" ] || fail "$1 is \"$2\", not \"$3\""; }
there() { [ -e "$1" ] || fail "$1 is missing"; }
gone() { [ ! -e "$1" ] || fail "$1 is still there"; }
# files: what is on this system, but for lists that the package manager or the user
# database keeps.
files() {
	find /etc /usr /var/lib -xdev ! -path '/var/lib/dpkg*' ! -path '/var/lib/rpm*' ! -path '/etc/passwd-' ! -path '/etc/shadow-' \
		! -path '/etc/group-' ! -path '/etc/gshadow-' ! -path '/etc/.pwd.lock' ! -path '/var/lib/systemd/deb-systemd*' | sort
}
installed() {
	is "the version" "$(loginwatch version | cut -d' ' -f2)" 1.0.0
	is "who has the store's folder" "$(stat -c '%U:%G %a' /var/lib/loginwatch)" 'loginwatch:loginwatch 700'
	is "who has the secrets' folder" "$(stat -c '%U:%G %a' /etc/loginwatch/secrets)" 'root:root 700'
	systemd-analyze verify loginwatch.service
	man -w loginwatch-serve >/dev/null
	loginwatch vet --config /etc/loginwatch/loginwatch.yaml >/vet 2>&1 && fail 'the configuration watches something'
	is 'what vet says' "$(tail -1 /vet)" '/etc/loginwatch/loginwatch.yaml: no probe runs against any target: nothing would be watched'
	echo '# of the operator' >>/etc/loginwatch/loginwatch.yaml
	echo secret >/etc/loginwatch/secrets/one
	setpriv --reuid=loginwatch --regid=loginwatch --clear-groups touch /var/lib/loginwatch/loginwatch.db
}
upgraded() {
	is "the version" "$(loginwatch version | cut -d' ' -f2)" 1.1.0
	is "the operator's line" "$(tail -1 /etc/loginwatch/loginwatch.yaml)" '# of the operator'
	there /var/lib/loginwatch/loginwatch.db
	there /etc/loginwatch/secrets/one
}

mkdir -p /usr/share/zsh/site-functions /usr/share/licenses # zsh's and everybody's, where RPM is at home
files >/before
arch=$(uname -m)
# No package that it asks for is known here, since all that is installed is Debian's.
rpm --initdb
rpm -i --nodeps "/made/1.0.0/loginwatch-1.0.0-1.$arch.rpm" >/out 2>&1 || fail "$(cat /out)"
grep -q 'watches nothing yet' /out || fail "not told what to do next: $(cat /out)"
installed
rpm -U --nodeps "/made/1.1.0/loginwatch-1.1.0-1.$arch.rpm" >/out 2>&1 || fail "$(cat /out)"
grep -q 'watches nothing yet' /out && fail "told to begin at an upgrade: $(cat /out)"
upgraded
is 'rpm -V' "$(rpm -V --nodeps loginwatch)" 'S.5....T.  c /etc/loginwatch/loginwatch.yaml'

rpm -e loginwatch >/out 2>&1 || fail "$(cat /out)"
gone /usr/bin/loginwatch
there /var/lib/loginwatch/loginwatch.db
there /etc/loginwatch/loginwatch.yaml.rpmsave
there /etc/loginwatch/secrets/one
rm -r /etc/loginwatch /var/lib/loginwatch
files >/after
diff /before /after || fail 'something is left of the package'

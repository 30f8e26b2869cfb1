files >/before
arch=$(dpkg --print-architecture)
dpkg -i "/made/1.0.0/loginwatch_1.0.0_$arch.deb" >/out 2>&1 || fail "$(cat /out)"
grep -q 'watches nothing yet' /out || fail "not told what to do next: $(cat /out)"
installed
dpkg -i "/made/1.1.0/loginwatch_1.1.0_$arch.deb" >/out 2>&1 || fail "$(cat /out)"
grep -q 'watches nothing yet' /out && fail "told to begin at an upgrade: $(cat /out)"
upgraded
is 'dpkg --verify' "$(dpkg --verify loginwatch)" '??5?????? c /etc/loginwatch/loginwatch.yaml'

dpkg -r loginwatch >/out 2>&1 || fail "$(cat /out)"
gone /usr/bin/loginwatch
there /etc/loginwatch/loginwatch.yaml
there /var/lib/loginwatch/loginwatch.db

dpkg -P loginwatch >/out 2>&1 || fail "$(cat /out)"
gone /var/lib/loginwatch
there /etc/loginwatch/secrets/one
rm -r /etc/loginwatch
files >/after
diff /before /after || fail 'something is left of the package'

#!/bin/bash
# Writes the files of this folder again, by sops itself; keys.txt stays. It needs an
# empty environment of sops, and some minutes for the first build.
set -eu
cd "$(dirname "$0")"
bin=$(mktemp -d)
trap 'rm -rf "$bin"' EXIT
GOBIN=$bin go install github.com/getsops/sops/v3/cmd/sops@v3.13.3
export SOPS_AGE_KEY_FILE=$PWD/keys.txt
ours=$(sed -n 's/^# public key: //p' keys.txt)
other=age1dlwlwtng0ug2yykh7zs27ptr345tmn3fk6hw8wt6kk7usfhqqdtsdn96m3
close() { "$bin/sops" encrypt "$@"; }

cat >"$bin/plain.yaml" <<'EOF'
# a comment of its own
acme:
    user: robot@acme.example # and one beside a value
    password: qX7w-hunter2-9ZbL-correct-horse
    pin: 12345
    ratio: 1.50
    on: true
    date: 2026-11-27
    nothing: null
    empty: ""
    several: |
        first line
        second line
    list:
        # in a list
        - one
        - two
    hint_unencrypted: qX7w-hunter2-9ZbL-correct-horse
    count_unencrypted: 7
    share_unencrypted: 0.50
    flag_unencrypted: true
"a/b": slash
EOF
printf '{"acme": {"user": "robot@acme.example", "password": "qX7w-hunter2-9ZbL-correct-horse", "pin": 12345, "list": ["one", {"password": "in a list"}]}, "ünï": "cödé"}' >"$bin/plain.json"
printf 'qX7w-hunter2-9ZbL-correct-horse\n' >"$bin/plain.bin"
close --age "$ours" "$bin/plain.yaml" >default.yaml
close --age "$ours" "$bin/plain.json" >default.json
printf 'creation_rules:\n  - age: %s,%s\n    encrypted_regex: ^(password|user)$\n    mac_only_encrypted: true\n' "$other" "$ours" >"$bin/.sops.yaml"
"$bin/sops" --config "$bin/.sops.yaml" encrypt "$bin/plain.yaml" >some.yaml
close --age "$ours" --encrypted-regex '^password$' "$bin/plain.json" >some.json
close --age "$ours" --input-type binary "$bin/plain.bin" >binary.json
close --age "$other" "$bin/plain.json" >other.json
printf 'creation_rules:\n  - shamir_threshold: 2\n    key_groups: [{age: [%s]}, {age: [%s]}]\n' "$ours" "$ours" >"$bin/.sops.yaml"
"$bin/sops" --config "$bin/.sops.yaml" encrypt "$bin/plain.json" >groups.json
printf 'PASSWORD=qX7w-hunter2-9ZbL-correct-horse\n' >"$bin/plain.env"
close --age "$ours" "$bin/plain.env" >dotenv.env

package schema

import (
	"fmt"
	"strings"
	"testing"
)

func TestFormats(t *testing.T) {
	long := strings.Repeat("a", 63)
	for name, tc := range map[string]struct{ good, bad []string }{
		"date-time": {
			[]string{"2023-03-02T15:21:31.457Z", "2023-03-02t15:21:31z", "2024-02-29T00:00:00+05:30", "2016-12-31T23:59:60Z", "2016-12-31T15:59:60-08:00", "2017-01-01T05:29:60+05:30"},
			[]string{"", "15:04:05", "2023-03-02", "2023-03-02 15:21:31Z", "2023-03-02T15:21:31", "2023-03-02T15:21Z", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z",
				"2023-03-02T24:00:00Z", "2023-03-02T5:21:31Z", "2023-03-02T15:21:31,5Z", "2023-03-02T15:21:31.Z", "2023-03-02T15:21:31+24:00", "2023-03-02T15:21:31+0530",
				"2016-12-31T22:59:60Z", "2016-12-31T23:59:61Z", " 2023-03-02T15:21:31Z", "2023-03-02T15:21:31Z\n", "+2023-03-02T15:21:31Z", "２023-03-02T15:21:31Z"},
		},
		"date": {[]string{"2023-03-02", "2000-02-29"}, []string{"", "1900-02-29", "2023-3-2", "02-03-2023", "2023-03-02Z", "2023-04-31"}},
		"time": {[]string{"15:21:31Z", "15:21:31.5+01:00", "23:59:60Z"}, []string{"", "15:21:31", "15:21Z", "25:00:00Z", "12:60:00Z", "12:00:60Z"}},
		"uuid": {
			[]string{"a822e018-80a4-4a86-bd9d-9855710109ff", "A822E018-80A4-4A86-BD9D-9855710109FF", "00000000-0000-0000-0000-000000000000"},
			[]string{"", "a822e01880a44a86bd9d9855710109ff", "{a822e018-80a4-4a86-bd9d-9855710109ff}", "a822e018-80a4-4a86-bd9d-9855710109fg", "urn:uuid:a822e018-80a4-4a86-bd9d-9855710109ff"},
		},
		"email": {
			[]string{"a@b", "first.last+tag@example.com", "loginwatch-nobody@example.invalid", "x_y@xn--bcher-kva.example", `"a b"@c`, `"a\"@"@c`, `""@c`, "a@[127.0.0.1]", "a@[IPv6:::1]"},
			[]string{"", "a", "@b", "a@", "a@b@c", ".a@b", "a.@b", "a..b@c", "Bob <bob@example.com>", "<bob@example.com>", "bob@example.com (Bob)", "a b@c", "a@b c", "a@-b", "a@b.", `"a b@c`, `"a"b"@c`, `"a\"@c`, "a@[127.0.0.1", "a@[::1]", "a@[b]", "a@127.0.0.1]", "ä@b", strings.Repeat("a", 65) + "@b"},
		},
		"ipv4": {[]string{"0.0.0.0", "192.168.1.255"}, []string{"", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "::1", "::ffff:1.2.3.4", "1.2.3.4/8"}},
		"ipv6": {[]string{"::", "::1", "2001:db8::8a2e:370:7334", "::ffff:1.2.3.4"}, []string{"", "1.2.3.4", "fe80::1%eth0", ":::", "12345::", "[::1]", "1:2:3:4:5:6:7"}},
		"hostname": {
			[]string{"a", "example.com", "1.example", "a-b.c", long + ".x"},
			[]string{"", ".", "a.", ".a", "a..b", "-a", "a-", "a_b", "ä.example", "a b", long + "a", strings.Repeat("a.", 127) + "aa"},
		},
		"uri": {
			[]string{"https://example.com/a?b=c#d", "urn:loginwatch:a:b", "mailto:a@b", "http://[::1]:80/", "a:", "http://x/%20"},
			[]string{"", "/a", "//host/a", "example.com", "http://exa mple", "http://x/%2", `http://x\y`, "http://x/ä", "1a:b", "http://[::1", "http://x/<y>", "http://h:port/"},
		},
	} {
		f, ok := formats[name]
		if !ok {
			t.Errorf("%s is no known format", name)
			continue
		}
		for _, s := range tc.good {
			if !f.fits(s) {
				t.Errorf("%s refuses %q", name, s)
			}
		}
		for _, s := range tc.bad {
			if f.fits(s) {
				t.Errorf("%s accepts %q", name, s)
			}
		}
	}
}

// The checkers must be the ones that gojsonschema asks, for each format.
func TestFormatsAreAsked(t *testing.T) {
	for name, f := range formats {
		s := compiled(t, fmt.Sprintf(`{"format": %q}`, name))
		for _, doc := range []string{`5`, `1.5`, `null`, `true`, `[]`, `{}`} {
			if got, err := s.Validate(decoded(t, doc)); err != nil || len(got) > 0 {
				t.Errorf("%s judges %s: %v, %v", name, doc, lines(got), err)
			}
		}
		got, err := s.Validate("no such thing\n")
		if want := " format: " + f.says + " / string of 14 characters"; err != nil || len(got) != 1 || lines(got)[0] != want {
			t.Errorf("%s: got %v, %v, want %s", name, lines(got), err, want)
		}
	}
}

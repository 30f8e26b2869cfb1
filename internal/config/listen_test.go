package config

import (
	"net"
	"strings"
	"testing"
)

func TestCheckListen(t *testing.T) {
	const port = "a port alone is written 127.0.0.1:19832 for this machine, :19832 for every interface"
	tests := []struct{ address, mistake string }{
		{"127.0.0.1:9713", ""},
		{":9713", ""},
		{"0.0.0.0:9713", ""},
		{"[::]:9713", ""},
		{"[::1]:9713", ""},
		{"[fe80::1%eth0]:9713", ""},
		{"localhost:0", ""},
		{"watch_1.example.com:65535", ""},

		{"", "it is empty"},
		{"19832", port},
		{"localhost", "it names no port"},
		{"127.0.0.1", "it names no port"},
		{"127.0.0.1:", "the port must be a number"},
		{":", "the port must be a number"},
		{":http", "the port must be a number"},
		{":-1", "the port must be a number"},
		{":9713x", "the port must be a number"},
		{":99999", "the port 99999 is not from 0 to 65535"},
		{":09713", "the port 09713 is not from 0 to 65535"},
		{"http://" + marker + ":9713", "it is a URL or a path"},
		{"http://user:" + marker + "@127.0.0.1:9713", "it is a URL or a path"},
		{"127.0.0.1:9713/", "it is a URL or a path"},
		{"unix:/run/" + marker, "it is a URL or a path"},
		{"127.0.0.1: 9713", "it holds white space or a control character"},
		{" :9713", "it holds white space or a control character"},
		{"127.0.0.1 9713", "it holds white space or a control character"},
		{"::1:9713", "an IPv6 address stands in brackets, as in [::1]:9713"},
		{"::1", "an IPv6 address stands in brackets, as in [::1]:9713"},
		{"::", "an IPv6 address stands in brackets, as in [::1]:9713"},
		{"127.0.0.1:9713:9714", "an IPv6 address stands in brackets, as in [::1]:9713"},
		{"[::1]", "an IPv6 address stands in brackets, as in [::1]:9713"},
		{"[localhost:9713", "its brackets are not even"},
		{"[localh::ost]:9713", "the brackets hold no IPv6 address"},
		{"127.0.0.256:9713", "the host is no IPv4 address"},
		{"127.1:9713", "the host is no IPv4 address"},
		{"user@" + marker + ":9713", "the host holds a character that no host's name has"},
		{"*:9713", "the host holds a character that no host's name has"},
	}
	for _, test := range tests {
		err := CheckListen(test.address)
		switch {
		case test.mistake == "" && err != nil:
			t.Errorf("%q: %v", test.address, err)
		case test.mistake == "":
			if _, err := net.ResolveTCPAddr("tcp", strings.Replace(test.address, "watch_1.example.com", "localhost", 1)); err != nil {
				t.Errorf("%q is taken, but nothing can listen there: %v", test.address, err)
			}
		case err == nil || err.Error() != "must be HOST:PORT, such as 127.0.0.1:9713: "+test.mistake:
			t.Errorf("%q:\n got %v\nwant %s", test.address, err, test.mistake)
		case strings.Contains(err.Error(), marker):
			t.Errorf("%q is repeated: %v", test.address, err)
		}
	}
}

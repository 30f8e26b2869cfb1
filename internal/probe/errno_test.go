package probe

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"syscall"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// Errors of connect(2) that no test can make happen on every machine.
func TestErrorsOfConnect(t *testing.T) {
	const mine = "our proxy proxy.example:3128 can't be reached: no connection to proxy.example: "
	for _, tt := range []struct {
		errno  syscall.Errno
		family int
		reason loginwatch.Reason
		says   string
		atours string // "" for the same
	}{
		{syscall.ECONNREFUSED, 0, "connect", "no connection to api.example: refused", mine + "refused"},
		{syscall.ENETUNREACH, 0, "connect", "no connection to api.example: this machine, or a network near it, has no route there", mine + "this machine, or a network near it, has no route there"},
		{syscall.ENETUNREACH, 6, "connect", "no connection to api.example: this machine, or a network near it, has no route there (over IPv6, as ip_version demands)",
			mine + "this machine, or a network near it, has no route there (over IPv6, as ip_version demands)"},
		{syscall.EHOSTUNREACH, 0, "connect", "no connection to api.example: there is no route to its host, or a firewall says so", mine + "there is no route to its host, or a firewall says so"},
		{syscall.ECONNRESET, 0, "connect", "no connection to api.example: cut", mine + "cut"},
		{syscall.EINVAL, 0, "connect", "no connection to api.example: failed", mine + "failed"},
		{syscall.ETIMEDOUT, 0, "timeout", "api.example: timed out while connecting", "our proxy proxy.example:3128 can't be reached: proxy.example: timed out while connecting"},
		{syscall.EADDRNOTAVAIL, 0, "internal", "this machine has no port or address left to connect from: the request was not sent", ""},
		{syscall.EMFILE, 0, "internal", "this process has no file descriptor left for a connection: the request was not sent", ""},
		{syscall.ENFILE, 0, "internal", "this machine has no file descriptor left for a connection: the request was not sent", ""},
		{syscall.ENOBUFS, 0, "internal", "this machine has no memory left for a connection", ""},
		{syscall.EAFNOSUPPORT, 6, "internal", "this machine does not speak the IP version of that address: the request was not sent", ""},
		{syscall.EACCES, 0, "internal", "this machine does not allow the connection: a firewall or a sandbox on it forbids it", ""},
		{syscall.EPERM, 0, "internal", "this machine does not allow the connection: a firewall or a sandbox on it forbids it", ""},
	} {
		t.Run(fmt.Sprintf("%v over IP %d", tt.errno, tt.family), func(t *testing.T) {
			f := failure{
				way: way{host: "api.example", https: true}, progress: progress{family: tt.family}, at: loginwatch.PhaseConnect,
				err: &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", tt.errno)},
			}
			if reason, says := f.explain(); reason != tt.reason || says != tt.says {
				t.Errorf("%s: %s, want %s: %s", reason, says, tt.reason, tt.says)
			}
			f.proxy = &url.URL{Scheme: "http", Host: "proxy.example:3128"}
			f.err = &net.OpError{Op: "proxyconnect", Net: "tcp", Err: f.err}
			want := loginwatch.ReasonProxy
			if tt.atours == "" {
				want, tt.atours = tt.reason, tt.says
			}
			if reason, says := f.explain(); reason != want || says != tt.atours {
				t.Errorf("at our proxy: %s: %s, want %s: %s", reason, says, want, tt.atours)
			}
		})
	}
}

package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manager is a service manager's end of NOTIFY_SOCKET.
type manager struct {
	t    *testing.T
	conn *net.UnixConn
}

func listenAsManager(t *testing.T) manager {
	t.Helper()
	at := &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify"), Net: "unixgram"}
	conn, err := net.ListenUnixgram(at.Net, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", at.Name)
	t.Setenv("WATCHDOG_USEC", "200000")
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	return manager{t, conn}
}

// message gives the next message.
func (m manager) message() (fields map[string]string) {
	m.t.Helper()
	if err := m.conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		m.t.Fatal(err)
	}
	buf := make([]byte, 4096)
	n, err := m.conn.Read(buf)
	if err != nil {
		m.t.Fatalf("the manager is told nothing: %v", err)
	}
	fields = map[string]string{}
	for line := range strings.SplitSeq(string(buf[:n]), "\n") {
		name, value, _ := strings.Cut(line, "=")
		fields[name] = value
	}
	return fields
}

// expect gives the next message but those for the watchdog.
func (m manager) expect(name string) (fields map[string]string) {
	m.t.Helper()
	for fields["WATCHDOG"] == "1" || fields == nil {
		fields = m.message()
	}
	if fields[name] != "1" {
		m.t.Fatalf("told %v, want %s=1", fields, name)
	}
	return fields
}

// monotonic reads the clock that systemd compares with.
func monotonic(t *testing.T) int64 {
	t.Helper()
	// The first number of /proc/uptime is CLOCK_BOOTTIME in hundredths, which runs ahead of
	// CLOCK_MONOTONIC by the time that the machine slept.
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		t.Fatal(err)
	}
	seconds, err := strconv.ParseFloat(strings.Fields(string(text))[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return int64(seconds * 1e6)
}

// What systemd is told, over a real socket, from the start to the end.
func TestServeTellsItsManager(t *testing.T) {
	file, write := serviceFile(t)
	m := listenAsManager(t)
	s := startService(t, file)

	fields := m.expect("READY")
	if fields["STATUS"] != "Logins watched: 1" {
		t.Errorf("ready: %v", fields)
	}
	if code, _ := s.request(http.MethodGet, "/-/ready"); code != http.StatusOK {
		t.Errorf("told to be ready, and is not: %d", code)
	}

	reload := func(want string) {
		t.Helper()
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		fields := m.expect("RELOADING")
		at, err := strconv.ParseInt(fields["MONOTONIC_USEC"], 10, 64)
		if now := monotonic(t); err != nil || at > now+20_000 || at < 1 {
			t.Errorf("reload: told %v at %d µs", fields, now)
		}
		if fields := m.expect("READY"); fields["STATUS"] != want {
			t.Errorf("after the reload: %v, want %q", fields, want)
		}
	}
	reload("Logins watched: 1")
	for range 3 {
		if fields := m.message(); fields["WATCHDOG"] != "1" {
			t.Errorf("nothing happens, and the manager is told %v", fields)
		}
	}
	write("listne: 127.0.0.1:1\n")
	reload("Logins watched: 1; not reloaded, the old configuration stays in force")

	s.end()
	m.expect("STOPPING")
	if code := <-s.exited; code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A start that fails is never told to be ready.
func TestServeThatFailsIsNeverReady(t *testing.T) {
	file, write := serviceFile(t)
	write("listne: 127.0.0.1:1\n")
	m := listenAsManager(t)
	var stdout, stderr output
	if code := run(t.Context(), []string{"serve", "--config", file, "--listen", "127.0.0.1:0"}, environment{stdout: &stdout, stderr: &stderr}); code != exitOurs {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
	if err := m.conn.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	if n, err := m.conn.Read(buf); err == nil {
		t.Errorf("told %q", buf[:n])
	}
}

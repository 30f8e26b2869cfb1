//go:build postgres

package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Pair is a primary and its synchronous standby, which change places.
type Pair struct {
	tb    testing.TB
	dir   string // short, for the sockets
	bin   string
	owner *syscall.Credential // that the servers run as; nil for ourselves
	nodes [2]*node
	now   atomic.Int64 // the primary
	last  atomic.Int64 // database
}

// node is a server that runs, or did.
type node struct {
	dir  string
	port int // a part of its socket's name
	cmd  *exec.Cmd
	over chan struct{} // closed once it has ended
}

// patience bounds whatever a server is waited for.
const patience = 30 * time.Second

// settings want speed and the real rules of a commit, not that the machine may fail.
const settings = `
listen_addresses = ''
fsync = off
full_page_writes = off
shared_buffers = 32MB
max_connections = 60
wal_level = replica
max_wal_senders = 8
max_wal_size = 256MB
wal_keep_size = 128MB
wal_receiver_status_interval = 1s
wal_retrieve_retry_interval = 100ms
hot_standby = on
hot_standby_feedback = on
synchronous_commit = on
jit = off
max_parallel_workers = 0
max_logical_replication_workers = 0
`

// Start starts a primary, which ends with the test. It asks the user secretive for a
// password, and nobody else.
func Start(tb testing.TB) *Pair {
	tb.Helper()
	dir, err := os.MkdirTemp("", "lwpg")
	if err != nil {
		tb.Fatal(err)
	}
	p := &Pair{tb: tb, dir: dir, bin: programs(tb), owner: owner(tb)}
	tb.Cleanup(p.end)
	if p.owner != nil {
		p.must(os.Chown(dir, int(p.owner.Uid), int(p.owner.Gid)))
	}
	p.nodes[0] = &node{dir: filepath.Join(dir, "a"), port: 5001}
	p.nodes[1] = &node{dir: filepath.Join(dir, "b"), port: 5002}
	p.run("initdb", "-D", p.nodes[0].dir, "-U", "lw", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions")
	p.configure(0, "")
	hba := filepath.Join(p.nodes[0].dir, "pg_hba.conf")
	p.must(os.WriteFile(hba, []byte("local all secretive scram-sha-256\nlocal all all trust\nlocal replication all trust\n"), 0o600))
	p.start(0)
	return p
}

// StartWithStandby starts a primary and its synchronous standby.
func StartWithStandby(tb testing.TB) *Pair {
	tb.Helper()
	p := Start(tb)
	p.AddStandby()
	return p
}

func programs(tb testing.TB) string {
	tb.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // Debian keeps them out of the way
	if path, err := exec.LookPath("initdb"); err == nil && len(found) == 0 {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		tb.Fatal("PostgreSQL is not installed: make setup installs it, or names it")
	}
	return filepath.Dir(found[len(found)-1])
}

// owner gives who may run a server: it refuses root.
func owner(tb testing.TB) *syscall.Credential {
	tb.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		tb.Fatalf("root may not run PostgreSQL, and there is no user postgres: %v", err)
	}
	uid, err1 := strconv.ParseUint(who.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(who.Gid, 10, 32)
	if err := errors.Join(err1, err2); err != nil {
		tb.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (p *Pair) primary() int { return int(p.now.Load()) }

func (p *Pair) must(err error) {
	p.tb.Helper()
	if err != nil {
		p.tb.Fatal(err)
	}
}

// run runs one of PostgreSQL's programs to its end, and gives what it says.
func (p *Pair) run(program string, args ...string) []byte {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, program), args...)
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner}
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.tb.Fatalf("%s: %v\n%s", program, err, out)
	}
	return out
}

// configure writes a node's settings anew.
func (p *Pair) configure(i int, more string) {
	p.tb.Helper()
	path := filepath.Join(p.nodes[i].dir, "postgresql.auto.conf")
	text := fmt.Sprintf("%sport = %d\nunix_socket_directories = '%s'\n%s", settings, p.nodes[i].port, p.dir, more)
	p.must(os.WriteFile(path, []byte(text), 0o600))
	if p.owner != nil {
		p.must(os.Chown(path, int(p.owner.Uid), int(p.owner.Gid)))
	}
}

// start starts a node and waits until it answers.
func (p *Pair) start(i int) {
	p.tb.Helper()
	n := p.nodes[i]
	socket := filepath.Join(p.dir, fmt.Sprintf(".s.PGSQL.%d", n.port))
	for _, left := range []string{socket, socket + ".lock", filepath.Join(n.dir, "postmaster.pid")} {
		_ = os.Remove(left) // of one that was killed
	}
	log, err := os.OpenFile(n.dir+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	p.must(err)
	n.cmd = exec.Command(filepath.Join(p.bin, "postgres"), "-D", n.dir) //nolint:noctx // it is ended by end
	n.cmd.Dir, n.cmd.Env, n.cmd.Stdout, n.cmd.Stderr = p.dir, append(os.Environ(), "LC_ALL=C"), log, log
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.owner, Setpgid: true}
	n.over = make(chan struct{})
	started := make(chan error)
	go startAndWait(n.cmd, started, n.over)
	p.must(<-started)
	p.must(log.Close())
	p.until("node "+strconv.Itoa(i)+" answers", func(ctx context.Context) bool {
		select {
		case <-n.over:
			text, _ := os.ReadFile(n.dir + ".log")
			p.tb.Fatalf("the server has ended:\n%s", text)
		default:
		}
		conn, err := pgx.Connect(ctx, p.address(i, "postgres"))
		if err == nil {
			_ = conn.Close(ctx)
		}
		return err == nil
	})
}

// until waits for a condition.
func (p *Pair) until(what string, is func(context.Context) bool) {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for !is(ctx) {
		select {
		case <-ctx.Done():
			p.tb.Fatalf("waited too long until %s", what)
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// address is a node's. What is done there is also to be seen at its standby.
func (p *Pair) address(i int, database string) string {
	return fmt.Sprintf("postgres://lw@/%s?host=%s&port=%d&sslmode=disable&synchronous_commit=remote_apply", database, p.dir, p.nodes[i].port)
}

// URL is a database's, at whichever node is the primary.
func (p *Pair) URL(database string) string {
	ports := []string{strconv.Itoa(p.nodes[0].port), strconv.Itoa(p.nodes[1].port)}
	return fmt.Sprintf("postgres://lw@/%s?host=%s,%s&port=%s", database, p.dir, p.dir, strings.Join(ports, ","))
}

// StandbyURL is a database's at the standby alone.
func (p *Pair) StandbyURL(database string) string {
	return fmt.Sprintf("postgres://lw@/%s?host=%s&port=%d", database, p.dir, p.nodes[1-p.primary()].port)
}

// Database makes an empty database and gives its name.
func (p *Pair) Database() string {
	p.tb.Helper()
	name := fmt.Sprintf("test%d", p.last.Add(1))
	p.Exec("postgres", "CREATE DATABASE "+name+"")
	return name
}

// Exec carries a statement out at the primary.
func (p *Pair) Exec(database, statement string, args ...any) {
	p.tb.Helper()
	p.on(p.primary(), database, func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, statement, args...)
		return err
	})
}

// Value gives the one value of a query at the primary.
func (p *Pair) Value(database, query string, into any, args ...any) {
	p.tb.Helper()
	p.on(p.primary(), database, func(ctx context.Context, c *pgx.Conn) error {
		return c.QueryRow(ctx, query, args...).Scan(into)
	})
}

// Dump is what pg_dump writes of a database, with bytes in hexadecimal.
func (p *Pair) Dump(database string) string {
	p.tb.Helper()
	return string(p.run("pg_dump", "--host="+p.dir, "--port="+strconv.Itoa(p.nodes[p.primary()].port), "--username=lw", "--schema=loginwatch", database))
}

func (p *Pair) on(i int, database string, do func(context.Context, *pgx.Conn) error) {
	p.tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, p.address(i, database))
	if err == nil {
		err = errors.Join(do(ctx, c), c.Close(ctx))
	}
	p.must(err)
}

// end ends what runs and removes everything.
func (p *Pair) end() {
	for i := range p.nodes {
		p.stop(i, syscall.SIGQUIT)
	}
	if p.tb.Failed() {
		for _, n := range p.nodes {
			if n == nil {
				continue
			}
			text, _ := os.ReadFile(n.dir + ".log")
			lines := strings.Split(string(text), "\n")
			p.tb.Logf("the last lines of %s:\n%s", filepath.Base(n.dir), strings.Join(slices.Clone(lines[max(0, len(lines)-30):]), "\n"))
		}
	}
	_ = os.RemoveAll(p.dir)
}

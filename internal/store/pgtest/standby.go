//go:build postgres

package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// AddStandby makes a new standby of the primary, and waits until commits wait for it.
func (p *Pair) AddStandby() {
	p.tb.Helper()
	i := 1 - p.primary()
	n := p.nodes[i]
	p.must(os.RemoveAll(n.dir))
	p.run("pg_basebackup", "-h", p.dir, "-p", fmt.Sprint(p.nodes[p.primary()].port), "-U", "lw", "-D", n.dir, "-X", "stream", "-c", "fast", "--no-sync", "--no-manifest")
	p.must(os.WriteFile(filepath.Join(n.dir, "standby.signal"), nil, 0o600))
	// It waits for the other one as soon as it is the primary itself.
	p.configure(i, p.waitsFor(p.primary())+fmt.Sprintf("primary_conninfo = 'host=%s port=%d user=lw application_name=node%d connect_timeout=2'\n", p.dir, p.nodes[p.primary()].port, i))
	if p.owner != nil {
		p.must(os.Chown(filepath.Join(n.dir, "standby.signal"), int(p.owner.Uid), int(p.owner.Gid)))
	}
	p.start(i)
	p.configure(p.primary(), p.waitsFor(i))
	p.Exec("postgres", "SELECT pg_reload_conf()")
	p.until("the standby is synchronous", func(ctx context.Context) bool {
		in := false
		p.Value("postgres", "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync') AND current_setting('synchronous_standby_names') <> ''", &in)
		return in
	})
}

func (p *Pair) waitsFor(i int) string {
	return fmt.Sprintf("synchronous_standby_names = 'FIRST 1 (node%d)'\n", i)
}

// StopStandby ends the standby at once; commits wait from then on.
func (p *Pair) StopStandby() {
	p.tb.Helper()
	p.stop(1-p.primary(), syscall.SIGQUIT)
	p.until("the standby is gone", func(context.Context) bool {
		gone := false
		p.Value("postgres", "SELECT NOT EXISTS (SELECT FROM pg_stat_replication)", &gone)
		return gone
	})
}

// StartStandby starts it again as it was.
func (p *Pair) StartStandby() {
	p.tb.Helper()
	p.start(1 - p.primary())
}

// KillPrimary kills the primary with -9.
func (p *Pair) KillPrimary() { p.stop(p.primary(), syscall.SIGKILL) }

// StartPrimary starts it again as it was.
func (p *Pair) StartPrimary() {
	p.tb.Helper()
	p.start(p.primary())
}

// Promote makes the standby the primary.
func (p *Pair) Promote() {
	p.tb.Helper()
	i := 1 - p.primary()
	p.on(i, "postgres", func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, "SELECT pg_promote(true, 20)")
		return err
	})
	p.now.Store(int64(i))
}

// Cut ends connections to a database at random, one after each pause, until the context
// ends, and tells how many. While the primary is away there is none.
func (p *Pair) Cut(ctx context.Context, database string, pause time.Duration) (cuts int) {
	var c *pgx.Conn
	for {
		select {
		case <-ctx.Done():
			if c != nil {
				_ = c.Close(context.WithoutCancel(ctx))
			}
			return cuts
		case <-time.After(pause):
		}
		if c == nil || c.IsClosed() {
			var err error
			if c, err = pgx.Connect(ctx, p.address(p.primary(), "postgres")); err != nil {
				c = nil
				continue
			}
		}
		tag, err := c.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 ORDER BY random() LIMIT 1`, database)
		if err != nil { // of a primary that was killed
			_ = c.Close(context.WithoutCancel(ctx))
			continue
		}
		cuts += int(tag.RowsAffected())
	}
}

// CancelWaits has all commits that wait for a standby wait no longer.
func (p *Pair) CancelWaits() {
	p.quietly(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`)
}

// EndWaits ends the connections of all commits that wait for a standby.
func (p *Pair) EndWaits() {
	p.quietly(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`)
}

func (p *Pair) quietly(statement string, args ...any) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, p.address(p.primary(), "postgres"))
	if err != nil {
		return
	}
	_, _ = c.Exec(ctx, statement, args...) // it may be killed meanwhile
	_ = c.Close(ctx)
}

// stop ends a node by a signal and waits until it has.
func (p *Pair) stop(i int, signal syscall.Signal) {
	n := p.nodes[i]
	if n == nil || n.over == nil {
		return
	}
	select {
	case <-n.over:
		return
	default:
	}
	memory := sharedMemory(n.dir)
	_ = n.cmd.Process.Signal(signal) // it may have ended by itself
	<-n.over
	if signal == syscall.SIGKILL && memory != "" {
		// Its processes notice that it is gone, and nobody removes what they shared.
		_ = exec.Command("ipcrm", "-m", memory).Run() //nolint:noctx // it ends by itself
	}
}

// sharedMemory gives the id of the piece that a killed server leaves.
func sharedMemory(dir string) string {
	text, _ := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	lines := strings.Split(string(text), "\n")
	if len(lines) < 7 {
		return ""
	}
	fields := strings.Fields(lines[6])
	if len(fields) < 2 {
		return ""
	}
	return fields[1]
}

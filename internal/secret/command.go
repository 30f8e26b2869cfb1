package secret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// atOnce is how often one command runs at the same time: a thousand logins that are due
// in the same second must not start it a thousand times.
const atOnce = 16

// Command is one that the operator allows to be run for a secret, which it prints.
type Command struct {
	line []string // the program's path and its arguments
	env  []string // names of variables that it is given besides inherited
	turn chan struct{}
	kill func(*os.Process)
}

// inherited are the variables that every command gets, if they are set. Nothing else of
// our environment reaches it: secrets stand there.
var inherited = []string{"PATH", "HOME", "USER", "LANG", "TZ"}

// NewCommand makes one of a program's path with its arguments, and of the names of the
// variables that it needs.
func NewCommand(run, environment []string) *Command {
	return &Command{line: run, env: environment, turn: make(chan struct{}, atOnce), kill: kill}
}

// kill ends a process and all that is in its group.
func kill(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL)
	_ = p.Kill() // it may have gone into another group, and would be waited for as long as it likes
}

// dying is how long a killed process may take to end. One that we may not kill, since it has
// become another user's, is not waited for any longer.
const dying = time.Second

// Program is the path of what is run.
func (c *Command) Program() string { return c.line[0] }

// CheckProgram tells what is wrong with a program before it is run; nil where nothing is.
func CheckProgram(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return withoutPath(err)
	case !info.Mode().IsRegular():
		return errors.New("not a regular file")
	case info.Mode().Perm()&0o111 == 0:
		return errors.New("not executable")
	}
	return nil
}

// run gives what the command prints. What it writes to stderr is shown to nobody, since
// that may quote the secret; it has no input, and when the time is over it is
// killed with all that it started in its process group.
func (c *Command) run(ctx context.Context, ref Reference) (string, error) {
	if c == nil {
		return "", errors.New("the operator's file has no such command")
	}
	began := time.Now()
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return "", fmt.Errorf("not run within %s: it was running %d times already, which is the most", rounded(began), atOnce)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd, out, err := c.start(ctx, ref)
	if err != nil {
		<-c.turn
		return "", err
	}
	// Who left the process group may hold the pipe open after the others are killed.
	stop := context.AfterFunc(ctx, func() { _ = out.Close() })
	defer stop()
	text, tooMuch := printed(out)
	if tooMuch {
		cancel()
	}
	ended := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		<-c.turn // it has its turn for as long as it runs
		ended <- err
	}()
	select {
	case err := <-ended:
		return string(text), outcome(err, tooMuch, ctx.Err() != nil, began)
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return string(text), outcome(err, tooMuch, true, began)
	case <-time.After(dying):
		return "", fmt.Errorf("the command had not ended after %s, and could not be killed", rounded(began))
	}
}

func (c *Command) start(ctx context.Context, ref Reference) (*exec.Cmd, io.ReadCloser, error) {
	args := c.line[1:]
	if ref.Key != "" {
		args = append(args[:len(args):len(args)], ref.Key)
	}
	cmd := exec.CommandContext(ctx, c.line[0], args...)
	cmd.Env = c.environment()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { // before it is waited for, so the number is still its own
		c.kill(cmd.Process)
		return nil
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, withoutPath(err)
	}
	if err := cmd.Start(); err != nil {
		if ctx.Err() != nil {
			return nil, nil, errors.New("not run: its time was over")
		}
		return nil, nil, fmt.Errorf("the program can't be started: %w", withoutPath(err))
	}
	return cmd, out, nil
}

// printed reads what a command prints. What it printed before reading failed counts for
// nothing: then it did not end well either.
func printed(out io.Reader) (text []byte, tooMuch bool) {
	text, _ = io.ReadAll(io.LimitReader(out, maxBytes+1))
	if len(text) > maxBytes {
		return nil, true
	}
	return text, false
}

// outcome says how a command ended, if not well.
func outcome(err error, tooMuch, late bool, began time.Time) error {
	var exit *exec.ExitError
	switch exited := errors.As(err, &exit); {
	case tooMuch:
		return fmt.Errorf("the command printed more than %d KiB and was killed", maxBytes>>10)
	case err == nil:
		return nil
	case exited && exit.Exited():
		return fmt.Errorf("the command ended with exit status %d; what it wrote to stderr is not shown, run it by hand to see that", exit.ExitCode())
	case late:
		return fmt.Errorf("the command had not ended after %s, or what it started had not: it was killed with its process group", rounded(began))
	case exited:
		return fmt.Errorf("the command ended with %s", exit.ProcessState) // signal: NAME
	}
	return errors.New("the command can't be waited for")
}

func rounded(began time.Time) time.Duration { return time.Since(began).Round(100 * time.Millisecond) }

func (c *Command) environment() []string {
	all := []string{} // nil would be all of ours
	for _, names := range [][]string{inherited, c.env} {
		for _, name := range names {
			if value, set := os.LookupEnv(name); set {
				all = append(all, name+"="+value)
			}
		}
	}
	return all
}

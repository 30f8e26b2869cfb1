//go:build postgres && !linux

package pgtest

import "os/exec"

func startAndWait(cmd *exec.Cmd, started chan<- error, over chan<- struct{}) {
	err := cmd.Start()
	started <- err
	if err == nil {
		_ = cmd.Wait() // it was killed, mostly
	}
	close(over)
}

//go:build postgres

package pgtest

import (
	"os/exec"
	"runtime"
	"syscall"
)

// startAndWait starts a server that ends with this process, however that ends: Linux
// watches the thread that started it.
func startAndWait(cmd *exec.Cmd, started chan<- error, over chan<- struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	err := cmd.Start()
	started <- err
	if err == nil {
		_ = cmd.Wait() // it was killed, mostly
	}
	close(over)
}

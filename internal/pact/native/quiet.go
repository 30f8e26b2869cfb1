//go:build pact

package native

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
)

var (
	quiet atomic.Bool
	// file1 is what os.Stdout was. Nothing uses it, but once it were collected as
	// garbage, file 1 would be closed and become whatever is opened next.
	file1 *os.File
)

// Quiet makes the native library keep to itself, for the whole process and
// before anything else uses it:
//
//   - It tells no tracker about its use, which it does by default.
//   - It uses none of the environment's proxies, through which it would send
//     credentials that are for the loopback interface.
//   - What it prints leads nowhere. The verifier prints every mismatch with the
//     values that came, tokens too, and has no switch for that: so file 1 becomes
//     the null device, and [os.Stdout] is moved to where file 1 led.
func Quiet() error {
	if quiet.Load() {
		return nil
	}
	if err := os.Setenv("PACT_DO_NOT_TRACK", "true"); err != nil {
		return err
	}
	// NO_PROXY is not enough: the library's "*" covers names and no addresses.
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} {
		for _, spelling := range []string{name, strings.ToLower(name)} {
			if err := os.Unsetenv(spelling); err != nil {
				return err
			}
		}
	}
	file1 = os.Stdout
	out, err := syscall.Dup(int(file1.Fd()))
	if err != nil {
		return fmt.Errorf("standard output can't be moved: %w", err)
	}
	syscall.CloseOnExec(out)
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := dup2(int(nowhere.Fd()), int(file1.Fd())); err != nil {
		return fmt.Errorf("standard output can't be moved: %w", err)
	}
	os.Stdout = os.NewFile(uintptr(out), os.Stdout.Name())
	quiet.Store(true)
	return nowhere.Close()
}

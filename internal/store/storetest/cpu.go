package storetest

import (
	"syscall"
	"time"
)

// ProcessCPU is the CPU that this process has used, for figures; 0 where that is not known.
func ProcessCPU() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

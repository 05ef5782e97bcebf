package main

import (
	"os"
	"syscall"
)

// peakMemory is the largest resident size of an ended process, in bytes.
func peakMemory(p *os.ProcessState) int64 {
	if usage, ok := p.SysUsage().(*syscall.Rusage); ok {
		return usage.Maxrss << 10
	}
	return 0
}

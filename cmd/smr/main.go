// Command smr compiles IAM roles for Amazon SageMaker AI from .smr files.
// README.md and `smr --help` say how it is used.
package main

import (
	"os"
	"runtime/debug"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/cli"
)

// memory is what the collector aims to stay below: ten thousand roles need
// about as much, and a runner has little more than a gibibyte to spare.
const memory = 640 << 20

// garbage is how much of what is in use may be waited for, in percent: most
// runs end before it would have to be collected.
const garbage = 200

// stack is what recursion may take: the limits of the language keep it far
// below, and a mistake of smr ends before it has taken all memory.
const stack = 64 << 20

func main() {
	debug.SetMemoryLimit(memory)
	debug.SetGCPercent(garbage)
	debug.SetMaxStack(stack)
	c := cli.Command{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.Environ()}
	os.Exit(c.Main(os.Args[1:]))
}

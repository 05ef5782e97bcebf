// Command smr compiles IAM roles for Amazon SageMaker AI from .smr files.
// README.md and `smr --help` say how it is used.
package main

import (
	"os"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/cli"
)

func main() {
	c := cli.Command{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.Environ()}
	os.Exit(c.Main(os.Args[1:]))
}

package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/compiler"
	"github.com/sagemaker-roles/smr/dsl/catalog"
)

func (s *session) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Long:    "Version prints the version of smr and the editions of its catalogue.",
		Example: "  smr version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			built := ""
			if info, ok := debug.ReadBuildInfo(); ok {
				built = " (" + info.GoVersion + ")"
			}
			_, err := fmt.Fprintf(s.Stdout, "smr %s%s\neditions: %s\n", compiler.Version, built, choices(catalog.Editions()))
			return err
		},
	}
}

package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// choices names the values of a flag for its help.
func choices(names []string) string { return strings.Join(names, ", ") }

// complete offers the values of a flag to shells.
func complete(cmd *cobra.Command, flag string, names []string) {
	// The error is for a flag that does not exist or is registered twice.
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// unknownChoice is a value that a flag does not have.
func unknownChoice(flag, given string, names []string) error {
	return usagef("%s has no %q.%s", flag, given, diag.DidYouMean(given, names, "It is one of "+choices(names)+"."))
}

package cli

import (
	"github.com/spf13/cobra"
)

func (s *session) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:       "completion SHELL",
		Short:     "Print the completion script of a shell",
		Long:      "Completion prints a script that completes commands, flags and names in bash, zsh,\nfish or powershell. Let the shell read it at its start, for example\n\n  source <(smr completion bash)",
		Example:   "  smr completion bash",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: shells,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(s.Stdout, true)
			case "zsh":
				return root.GenZshCompletion(s.Stdout)
			case "fish":
				return root.GenFishCompletion(s.Stdout, true)
			}
			return root.GenPowerShellCompletionWithDesc(s.Stdout)
		},
	}
}

package cli

import (
	"github.com/spf13/cobra"
)

// commands lists the commands in the order that help shows them. To add one,
// write its file and add its row.
func (s *session) commands() []*cobra.Command {
	return []*cobra.Command{
		s.initCommand(),
		s.fmtCommand(),
		s.validateCommand(),
		s.compileCommand(),
		s.diffCommand(),
		s.reviewCommand(),
		s.simulateCommand(),
		s.preflightCommand(),
		s.catalogCommand(),
		s.explainCommand(),
		s.importCommand(),
		s.planCommand(),
		s.applyCommand(),
		s.driftCommand(),
		s.releaseCommand(),
		s.setupCommand(),
		s.versionCommand(),
		s.completionCommand(),
	}
}

func (s *session) root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "smr",
		Short: "IAM roles for Amazon SageMaker AI, from one small file",
		Long: `smr compiles IAM roles for Amazon SageMaker AI from .smr files: policies as
JSON, CloudFormation or Terraform, checked before anything is deployed.

Exit codes: 0 good; 1 findings: errors in the files, or files that are not
formatted; 2 wrong usage; 3 could not finish. Warnings never change the code.`,
		Example:            "  smr init\n  smr validate\n  smr compile -t cloudformation",
		SilenceErrors:      true,
		SilenceUsage:       true,
		DisableAutoGenTag:  true,
		CompletionOptions:  cobra.CompletionOptions{DisableDefaultCmd: true},
		DisableSuggestions: false,
	}
	cmd.SetIn(s.Stdin)
	cmd.SetOut(s.Stdout)
	cmd.SetErr(s.Stderr)
	flags := cmd.PersistentFlags()
	flags.StringVarP(&s.dir, "chdir", "C", "", "change to this `directory` before anything else")
	flags.StringVar(&s.account, "account", "", "only the account of this `name`")
	flags.StringArrayVar(&s.vars, "var", nil, "give a variable its value, as `NAME=VALUE`")
	flags.StringArrayVar(&s.varFiles, "var-file", nil, "read values of variables from a `file`")
	flags.BoolVar(&s.noColor, "no-color", false, "write no colors; so does NO_COLOR")
	cmd.PersistentPreRun = func(cmd *cobra.Command, args []string) {
		s.started = true
		s.chooseStream(cmd, args)
	}
	cmd.SetHelpCommand(&cobra.Command{Hidden: true})
	cmd.AddCommand(s.commands()...)
	return cmd
}

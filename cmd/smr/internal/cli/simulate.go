package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sagemaker-roles/smr/cmd/smr/internal/render"
	"github.com/sagemaker-roles/smr/cmd/smr/internal/rolefile"
	"github.com/sagemaker-roles/smr/compiler/ir"
	"github.com/sagemaker-roles/smr/compiler/prove"
	"github.com/sagemaker-roles/smr/dsl/diag"
	"github.com/sagemaker-roles/smr/iam/access"
	"github.com/sagemaker-roles/smr/iam/authz"
	"github.com/sagemaker-roles/smr/iam/policy"
)

// A simulation is one run of smr simulate.
type simulation struct {
	*session
	context        []string
	resourcePolicy string
	cases          string
	format         string
}

func (s *session) simulateCommand() *cobra.Command {
	m := &simulation{session: s}
	cmd := &cobra.Command{
		Use:   "simulate ROLE ACTION RESOURCE",
		Short: "Decide one request, with every reason",
		Long: `Simulate decides as AWS does whether a role may do something, and says why: each
statement that matches, with the line of the file that made it, and what
withholds a request that is denied. Nothing is sent to AWS.

A ROLE is a label, label["key"] where the role has for_each, or the role.json of
an earlier compile -t json. In several accounts each is answered; --account
chooses one. Condition keys that follow from the role (aws:PrincipalArn, its
tags and so on) are filled in, others are absent unless --context gives them; a
key that is given more than once has several values.

Where an answer depends on a policy whose text is not known, it is unknown and
says which policy that is.

With --cases each line of a file is a request with all policies that decide it,
and each line of the output its answer, in the same order.

Exit codes: 0 allowed or denied; 1 unknown, errors in the files, or a line of
--cases that cannot be judged.`,
		Example: "  smr simulate train s3:GetObject arn:aws:s3:::acme-forecast/data.csv\n" +
			"  smr simulate train s3:PutObject arn:aws:s3:::acme-forecast/x --context aws:SourceVpc=vpc-1a2b3c4d\n" +
			"  smr simulate --cases requests.jsonl",
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case m.cases != "" && len(args) > 0:
				return fmt.Errorf("--cases has whole requests in its lines: name no role, action or resource")
			case m.cases == "" && len(args) != 3:
				return fmt.Errorf("simulate takes a role, an action and a resource, or --cases FILE")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if !slices.Contains(answerFormats(), m.format) {
				return unknownChoice("--format", m.format, answerFormats())
			}
			if m.cases != "" {
				return s.answerCases(m.cases, evaluateCase)
			}
			return m.run(args[0], args[1], args[2])
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&m.context, "context", nil, "a condition key of the request, as `KEY=VALUE`")
	flags.StringVar(&m.resourcePolicy, "resource-policy", "", "the resource's own policy: a `file` with the policy of a bucket, a key and so on")
	flags.StringVar(&m.cases, "cases", "", "answer each line of a `file`; - is standard input")
	flags.StringVar(&m.format, "format", "text", "how to write the answer: "+choices(answerFormats()))
	complete(cmd, "format", answerFormats())
	return cmd
}

// answerFormats are those of commands that answer a question.
func answerFormats() []string { return []string{"text", "json"} }

// evaluateCase answers one line of simulate --cases.
func evaluateCase(line []byte) ([]byte, bool, error) {
	c, err := authz.DecodeCase(line)
	var d authz.Decision
	if err == nil {
		d, err = c.Evaluate(prove.Options())
	}
	return c.AppendAnswer(nil, d, err), err == nil, nil
}

func (m *simulation) run(name, action, resource string) error {
	context, err := m.contextKeys()
	if err != nil {
		return err
	}
	resourcePolicy, err := m.readResourcePolicy()
	if err != nil {
		return err
	}
	roles, dir, err := m.rolesNamed(name)
	if err != nil {
		return err
	}
	q := &question{action: action, resource: resource, context: context, resourcePolicy: resourcePolicy, shown: func(file string) string { return m.shown(dir, file) }}
	var answers []render.Decision
	unknown := false
	for _, role := range roles {
		if role.Target.Any {
			return &exitError{ExitFindings, fmt.Errorf("account-required: a request is made in an account, and %s", m.accountWayOut(dir))}
		}
		a, err := q.answer(role)
		if err != nil {
			return usagef("this is no request that AWS could decide: %s", err)
		}
		unknown = unknown || a.Decision == decisionUnknown
		answers = append(answers, a)
	}
	if m.format == "json" {
		err = render.DecisionsJSON(m.Stdout, answers)
	} else {
		err = render.Decisions(m.Stdout, answers, m.options(m.Stdout, dir))
	}
	if err == nil && unknown {
		err = findings()
	}
	return err
}

func (m *simulation) accountWayOut(dir string) string {
	if dir == "" {
		return "the file does not say which. Give --account with its id"
	}
	return "the configuration declares none. Write account \"NAME\" { id = \"…\", region = \"…\" }"
}

// contextKeys reads --context. Keys that AWS documents as multivalued, and keys
// that are given more than once, are lists.
func (m *simulation) contextKeys() (authz.Context, error) {
	var c authz.Context
	values := map[string][]string{}
	for _, text := range m.context {
		key, value, ok := strings.Cut(text, "=")
		if !ok || key == "" {
			return c, usagef("--context %q has no value. Write --context KEY=VALUE", text)
		}
		lower := policy.Lower(key)
		values[lower] = append(values[lower], value)
		if t, known := access.ServiceFacts().KeyType(lower); len(values[lower]) > 1 || known && t.Multi {
			c.SetList(key, values[lower]...)
		} else {
			c.Set(key, value)
		}
	}
	return c, nil
}

func (m *simulation) readResourcePolicy() (*policy.Document, error) {
	if m.resourcePolicy == "" {
		return nil, nil
	}
	text, err := readLimited(m.path(m.resourcePolicy))
	if err != nil {
		return nil, fmt.Errorf("--resource-policy %s: %w", m.resourcePolicy, cause(err))
	}
	d, err := policy.Parse(text)
	if err != nil {
		return nil, usagef("--resource-policy %s is no policy: %s", m.resourcePolicy, err)
	}
	return d, nil
}

// rolesNamed finds a role: one for each account. dir is the configuration's
// directory, "" for a role from a file.
func (m *simulation) rolesNamed(name string) (roles []*ir.StackRole, dir string, err error) {
	if info, statErr := os.Stat(m.path(name)); statErr == nil && info.Mode().IsRegular() {
		role, err := rolefile.Load(m.path(name), m.account)
		if err != nil {
			return nil, "", usagef("%s: %s", name, err)
		}
		return []*ir.StackRole{role}, "", nil
	}
	if strings.HasSuffix(name, ".json") || strings.ContainsAny(name, `/\`) {
		return nil, "", usagef("there is no file %s", name)
	}
	config, err := m.compile(".")
	if err != nil {
		return nil, "", err
	}
	if err := m.complete(config); err != nil {
		return nil, "", err
	}
	for _, r := range config.Stack.Roles {
		if r.Address() == name {
			roles = append(roles, r)
		}
	}
	if len(roles) == 0 {
		return nil, "", unknownRole(name, config.Stack.Roles)
	}
	return roles, config.dir, nil
}

// complete says what keeps a configuration from being judged. Other errors are
// counted: what they speak of does not change what policies say.
func (s *session) complete(c *configuration) error {
	if c.Fault != nil {
		return c.Fault
	}
	report := c.Report()
	if !c.Incomplete {
		if report.Errors > 0 {
			fmt.Fprintf(s.Stderr, "smr: the configuration has %s; `smr validate` shows them\n", render.Count(report.Errors, "error"))
		}
		return nil
	}
	text, _ := render.ByName("text")
	if err := s.report(s.Stderr, text, c.dir, report); err != nil {
		return err
	}
	return findings()
}

// unknownRole is a ROLE that the configuration does not have.
func unknownRole(name string, roles []*ir.StackRole) error {
	var names, keys []string
	for _, r := range roles {
		if r.Label == name {
			keys = append(keys, r.Address())
		}
		names = append(names, r.Address())
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(keys) > 0 {
		more := ""
		if len(keys) > 3 {
			keys, more = keys[:3], " and so on"
		}
		return usagef("the role %q has for_each. Name one: %s%s", name, strings.Join(keys, ", "), more)
	}
	slices.Sort(names)
	return usagef("the configuration has no role %q.%s", name, diag.DidYouMean(name, slices.Compact(names), "`smr validate` lists the roles."))
}

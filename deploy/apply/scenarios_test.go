package apply_test

import (
	"fmt"
	"strings"

	"github.com/sagemaker-roles/smr/deploy/internal/fault"
	"github.com/sagemaker-roles/smr/deploy/internal/moto"
)

// world makes permissions boundaries that somebody else made, and resources of
// others that must stay as they are.
func world(a *moto.Account) error {
	calls := [][]string{
		{"CreatePolicy", "PolicyName", "one", "Path", "/smr-boundary/", "PolicyDocument", document(statement("Allow", "*", "s3:*", "sagemaker:*", "logs:*", "sqs:*"))},
		{"CreatePolicy", "PolicyName", "two", "Path", "/smr-boundary/", "PolicyDocument", document(statement("Allow", "*", "s3:*", "sagemaker:*", "logs:*", "ecr:*"), statement("Deny", "*", "s3:DeleteBucket"))},
		{"CreatePolicy", "PolicyName", "theirs", "Path", "/team/", "PolicyDocument", document(statement("Allow", "*", "sns:Publish"))},
		{"CreateRole", "RoleName", "theirs", "Path", "/team/", "AssumeRolePolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`},
		{"PutRolePolicy", "RoleName", "theirs", "PolicyName", "own", "PolicyDocument", document(statement("Allow", "*", "sqs:SendMessage"))},
		{"AttachRolePolicy", "RoleName", "theirs", "PolicyArn", "arn:aws:iam::" + a.ID + ":policy/team/theirs"},
	}
	for _, c := range calls {
		if r := a.Call(c[0], c[1:]...); !r.Good() {
			return fmt.Errorf("%s: %s", c[0], r.Body)
		}
	}
	return nil
}

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

func statement(effect, resource string, actions ...string) string {
	return fmt.Sprintf(`{"Effect":%q,"Action":["%s"],"Resource":%q}`, effect, strings.Join(actions, `","`), resource)
}

// head declares the project and the account.
const head = `
smr {
  project = "p"
  edition = "2026"
}
account "a" {
  id     = "123456789012"
  region = "eu-west-1"
}
policy "one" {
  arn      = "arn:aws:iam::123456789012:policy/smr-boundary/one"
  document = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:*", "sagemaker:*", "logs:*", "sqs:*"], Resource = "*" }] }
}
policy "two" {
  arn      = "arn:aws:iam::123456789012:policy/smr-boundary/two"
  document = { Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:*", "sagemaker:*", "logs:*", "ecr:*"], Resource = "*" }, { Effect = "Deny", Action = "s3:DeleteBucket", Resource = "*" }] }
}
`

// activity is an activity with statements, each "LABEL EFFECT ACTIONS RESOURCE"
// where actions are divided by commas.
func activity(name string, statements ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "activity %q {\n  policy_name = %q\n", name, strings.ToUpper(name[:1])+name[1:])
	for _, s := range statements {
		f := strings.Fields(s)
		fmt.Fprintf(&b, "  statement %q {\n    effect = %q\n    actions = [\"%s\"]\n    resources = [%q]\n  }\n", f[0], f[1], strings.ReplaceAll(f[2], ",", `", "`), f[3])
	}
	return b.String() + "}\n"
}

// role is a role with more lines in its block.
func role(label string, lines ...string) string {
	return fmt.Sprintf("role %q {\n  %s\n}\n", label, strings.Join(lines, "\n  "))
}

func boundary(name string) string {
	return `permissions_boundary = "arn:aws:iam::123456789012:policy/smr-boundary/` + name + `"`
}

const (
	trustSageMaker = `trust { services = ["sagemaker.amazonaws.com"] }`
	trustBoth      = `trust { services = ["sagemaker.amazonaws.com", "bedrock.amazonaws.com"] }`
	trustOther     = `trust { services = ["bedrock.amazonaws.com", "lambda.amazonaws.com"] }`
)

// base is the role that most scenarios change.
func base() string {
	return head +
		activity("data", "Read Allow s3:GetObject,s3:ListBucket arn:aws:s3:::data/*", "Write Allow s3:PutObject arn:aws:s3:::data/*", "NoSecrets Deny s3:GetObject arn:aws:s3:::data/secret/*") +
		activity("jobs", "Jobs Allow sagemaker:CreateTrainingJob,sagemaker:StopTrainingJob *", "Logs Allow logs:PutLogEvents *") +
		activity("queue", "Send Allow sqs:SendMessage arn:aws:sqs:*:*:q") +
		role("train", `activity "data" {}`, `activity "jobs" {}`, `activity "queue" {}`, boundary("one"), trustBoth, `description = "trains"`, `tags = { team = "a", tier = "1" }`)
}

// changed is base with every part of it changed: some of each policy goes, some
// comes, statements move, a policy goes and another comes.
func changed() string {
	return head +
		activity("data", "Read Allow s3:GetObject,s3:ListBucket arn:aws:s3:::data/*", "Delete Allow s3:DeleteObject arn:aws:s3:::data/*", "NoKeys Deny s3:GetObject arn:aws:s3:::data/keys/*") +
		activity("jobs", "Jobs Allow sagemaker:CreateTrainingJob,sagemaker:StopTrainingJob *", "Write Allow s3:PutObject arn:aws:s3:::data/*") +
		activity("images", "Pull Allow ecr:BatchGetImage *", "Logs Allow logs:PutLogEvents *") +
		role("train", `activity "data" {}`, `activity "jobs" {}`, `activity "images" {}`, boundary("two"), trustOther, `description = "trains more"`, `max_session_duration = "2h"`, `tags = { team = "b" }`)
}

// two roles, one of which the other's trust policy names.
func two() string {
	return head +
		activity("data", "Read Allow s3:GetObject arn:aws:s3:::data/*") +
		activity("jobs", "Jobs Allow sagemaker:CreateTrainingJob *") +
		role("train", `activity "data" {}`, boundary("one"), trustSageMaker) +
		role("lead", `activity "jobs" {}`, `activity "data" {}`, boundary("one"), `layout = "inline"`, `trust { principals = [role.train.arn] }`)
}

func scenarios() []*scenario {
	shrunk := head +
		activity("data", "Read Allow s3:GetObject,s3:ListBucket arn:aws:s3:::data/*", "NoSecrets Deny s3:GetObject arn:aws:s3:::data/secret/*") +
		activity("jobs", "Logs Allow logs:PutLogEvents *") +
		role("train", `activity "data" {}`, `activity "jobs" {}`, boundary("one"), trustSageMaker, `description = "trains"`, `tags = { team = "a", tier = "1" }`)
	ended := []fault.Kind{fault.KillBefore, fault.KillAfter, fault.LostResponse, fault.ErrorAfter, fault.Truncated}
	list := []*scenario{
		{name: "create", faults: fault.Kinds(), steps: []step{{config: two()}}},
		{name: "change", faults: fault.Kinds(), steps: []step{{config: base()}, {config: changed()}}},
		{name: "change back", steps: []step{{config: changed()}, {config: base()}}},
		{name: "shrink", steps: []step{{config: base()}, {config: shrunk}}},
		{name: "grow", steps: []step{{config: shrunk}, {config: base()}}},
		{name: "swap boundary", steps: []step{{config: base()}, {config: strings.ReplaceAll(base(), "policy/smr-boundary/one\"\n  trust", "policy/smr-boundary/two\"\n  trust")}}},
		{name: "rename persona", steps: []step{{config: persona("old")}, {config: persona("new")}}},
		{name: "pack", steps: []step{{config: base()}, {config: strings.Replace(base(), "edition = ", "layout = \"packed\"\n  edition = ", 1)}}},
		{name: "retire", steps: []step{{config: base()}, {config: head, allowDelete: true}}},
		{name: "delete", faults: ended, steps: []step{{config: base()}, {config: head, allowDelete: true}, {config: head, allowDelete: true}}},
	}
	one, other := strings.Repeat("a", 55), strings.Repeat("b", 55)
	list = append(list, &scenario{name: "no room", losing: true, steps: []step{{config: crowded(one, other)}, {config: crowded(other, one), allowLoss: true}}})
	for _, sc := range list {
		for i := range sc.steps {
			sc.steps[i].release = fmt.Sprintf("r%d", i+1)
		}
	}
	return list
}

// persona is a role whose statements come from a persona of that name.
func persona(name string) string {
	return head +
		activity("data", "Read Allow s3:GetObject arn:aws:s3:::data/*") +
		fmt.Sprintf("persona %q {\n  activities = [\"data\"]\n}\n", name) +
		role("train", fmt.Sprintf("persona = %q", name), boundary("one"), trustSageMaker)
}

// crowded is a role with two policies that fill most of what a policy may hold.
func crowded(first, second string) string {
	list := func(name string) string {
		var b strings.Builder
		for i := range 70 {
			fmt.Fprintf(&b, "%q, ", fmt.Sprintf("arn:aws:s3:::%s-%02d/*", name, i))
		}
		return b.String()
	}
	text := head
	for _, a := range [][2]string{{"first", first}, {"second", second}} {
		text += fmt.Sprintf("activity %q {\n  policy_name = %q\n  statement \"Read\" {\n    actions = [\"s3:GetObject\"]\n    resources = [%s]\n  }\n}\n", a[0], a[0], list(a[1]))
	}
	return text + role("train", `activity "first" {}`, `activity "second" {}`, boundary("one"), trustSageMaker)
}

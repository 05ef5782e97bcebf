package organization_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A cloud is a strict CloudFormation and Organizations of our own, in one
// process, for what moto does not do: it refuses what the API Reference says is
// refused, takes its time, and fails where a test says so. Answers are in the
// forms of the query protocol and of JSON 1.1.
type cloud struct {
	mu         sync.Mutex
	url        string
	calls      []string // actions, in order
	stacks     map[string]*fakeStack
	sets       map[string]*fakeSet
	management string
	units      map[string][]string // accounts of each unit
	below      map[string][]string // units of each unit
	// fault, if it is not nil, answers a call instead of the cloud when it returns
	// a code: an HTTP status, an error code and a message.
	fault func(action string, form url.Values) (status int, code, message string)
	// lost, if it is not nil, says that an answer is lost after the call was done.
	lost func(action string) bool
	// failing are the logical ids that cannot be changed, with the reason.
	failing map[string]string
	// failingAccounts are those that no operation succeeds in.
	failingAccounts map[string]string
	replace         map[string]bool // logical ids that CloudFormation would make anew
	looks           int             // how often something is looked at until it is done
}

type fakeStack struct {
	status, reason, template, old string
	protected                     bool
	sets                          map[string]*fakeChangeSet
	events                        []string
	left                          int // looks until what goes on is over
	then                          string
	executing                     string
}

type fakeChangeSet struct {
	kind, body, status, reason, execution string
	imports                               bool
	left                                  int
	changes                               []string
}

type fakeSet struct {
	body, model, auto, retain, managed string
	instances                          map[string]*fakeInstance
	operations                         map[string]*fakeOperation
	order                              []string
}

type fakeInstance struct{ unit, body, status, reason string }

type fakeOperation struct {
	status   string
	left     int
	finish   func()
	results  []string
	failed   int
	accounts []string
}

func newCloud(t testing.TB) *cloud {
	c := &cloud{
		stacks: map[string]*fakeStack{}, sets: map[string]*fakeSet{}, management: "999999999999",
		units: map[string][]string{}, below: map[string][]string{}, failing: map[string]string{}, failingAccounts: map[string]string{}, replace: map[string]bool{}, looks: 2,
	}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// writes are the calls that change something.
func (c *cloud) writes() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.calls), func(a string) bool {
		return strings.HasPrefix(a, "Describe") || strings.HasPrefix(a, "List") || strings.HasPrefix(a, "Get")
	})
}

func (c *cloud) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = nil
}

type refusal struct{ code, message string }

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		c.organizations(w, target[strings.LastIndexByte(target, '.')+1:], body)
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	action := form.Get("Action")
	c.calls = append(c.calls, action)
	if c.fault != nil {
		if status, code, message := c.fault(action, form); code != "" {
			refuse(w, status, refusal{code, message})
			return
		}
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case refusal:
			refuse(w, http.StatusBadRequest, p)
		default:
			panic(p)
		}
	}()
	result := c.answer(action, form)
	if c.lost != nil && c.lost(action) {
		panic(http.ErrAbortHandler)
	}
	fmt.Fprintf(w, "<%sResponse><%sResult>%s</%sResult></%sResponse>", action, action, result, action, action)
}

func refuse(w http.ResponseWriter, status int, r refusal) {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", r.code, html.EscapeString(r.message))
}

func no(code, format string, args ...any) { panic(refusal{code, fmt.Sprintf(format, args...)}) }

func tag(name, value string) string {
	return "<" + name + ">" + html.EscapeString(value) + "</" + name + ">"
}

func members(form url.Values, name string) []string {
	var out []string
	for i := 1; form.Has(fmt.Sprintf("%s.member.%d", name, i)); i++ {
		out = append(out, form.Get(fmt.Sprintf("%s.member.%d", name, i)))
	}
	return out
}

var (
	nameRule  = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)
	tokenRule = regexp.MustCompile(`^[a-zA-Z0-9][-a-zA-Z0-9]{0,127}$`)
)

func (c *cloud) answer(action string, form url.Values) string {
	switch action {
	case "GetCallerIdentity":
		return tag("Account", "123456789012") + tag("Arn", "arn:aws:iam::123456789012:user/x") + tag("UserId", "X")
	case "DescribeStacks":
		return c.describeStack(form.Get("StackName"))
	case "CreateChangeSet":
		return c.createChangeSet(form)
	case "CreateStackSet", "DescribeStackSet", "UpdateStackSet", "CreateStackInstances", "ListStackInstances",
		"DescribeStackSetOperation", "ListStackSetOperations", "ListStackSetOperationResults":
		return c.stackSets(action, form)
	}
	s := c.stacks[form.Get("StackName")]
	if s == nil {
		no("ValidationError", "Stack [%s] does not exist", form.Get("StackName"))
	}
	set := s.sets[form.Get("ChangeSetName")]
	if form.Has("ChangeSetName") && set == nil {
		no("ChangeSetNotFound", "ChangeSet [%s] does not exist", form.Get("ChangeSetName"))
	}
	switch action {
	case "GetTemplate":
		if s.status == "REVIEW_IN_PROGRESS" {
			no("ValidationError", "Stack has no template")
		}
		return tag("TemplateBody", s.template)
	case "DescribeChangeSet":
		if set.left > 0 {
			set.left--
			return tag("Status", "CREATE_IN_PROGRESS")
		}
		return c.page(form, set) + tag("Status", set.status) + tag("StatusReason", set.reason) + tag("ExecutionStatus", set.execution)
	case "ExecuteChangeSet":
		c.execute(form.Get("ChangeSetName"), s, set)
	case "DeleteChangeSet":
		if set.execution == "EXECUTE_IN_PROGRESS" {
			no("InvalidChangeSetStatus", "it is being executed")
		}
		delete(s.sets, form.Get("ChangeSetName"))
	case "DescribeStackEvents":
		return "<StackEvents>" + strings.Join(s.events, "") + "</StackEvents>"
	case "UpdateTerminationProtection":
		s.protected = form.Get("EnableTerminationProtection") == "true"
	default:
		no("InvalidAction", "%s", action)
	}
	return ""
}

// page answers two changes at a time.
func (c *cloud) page(form url.Values, set *fakeChangeSet) string {
	at := 0
	if t := form.Get("NextToken"); t != "" {
		fmt.Sscanf(t, "page%d", &at)
	}
	end := min(at+2, len(set.changes))
	out := "<Changes>" + strings.Join(set.changes[at:end], "") + "</Changes>"
	if end < len(set.changes) {
		out += tag("NextToken", fmt.Sprintf("page%d", end))
	}
	return out
}

func (c *cloud) describeStack(name string) string {
	s := c.stacks[name]
	if s == nil {
		no("ValidationError", "Stack with id %s does not exist", name)
	}
	if strings.HasSuffix(s.status, "_IN_PROGRESS") && s.status != "REVIEW_IN_PROGRESS" {
		if s.left--; s.left <= 0 {
			c.finish(s)
		}
	}
	return "<Stacks><member>" + tag("StackName", name) + tag("StackStatus", s.status) + tag("StackStatusReason", s.reason) +
		tag("CreationTime", "2026-01-01T00:00:00Z") + tag("EnableTerminationProtection", fmt.Sprint(s.protected)) + "</member></Stacks>"
}

// resourcesOf are the resources of a template.
func resourcesOf(body string) map[string]map[string]any {
	var doc struct {
		Resources map[string]map[string]any
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil || len(doc.Resources) == 0 {
		no("ValidationError", "Template format error: %v", err)
	}
	return doc.Resources
}

func checkTemplate(form url.Values) string {
	body := form.Get("TemplateBody")
	switch {
	case len(body) > 51200:
		no("ValidationError", "'templateBody' failed to satisfy constraint: Member must have length less than or equal to 51200")
	case !slices.Contains(members(form, "Capabilities"), "CAPABILITY_NAMED_IAM"):
		no("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]")
	}
	resourcesOf(body)
	return body
}

func (c *cloud) createChangeSet(form url.Values) string {
	name, set, kind := form.Get("StackName"), form.Get("ChangeSetName"), form.Get("ChangeSetType")
	if !nameRule.MatchString(name) || !nameRule.MatchString(set) || !tokenRule.MatchString(form.Get("ClientToken")) {
		no("ValidationError", "names %q %q %q", name, set, form.Get("ClientToken"))
	}
	body := checkTemplate(form)
	s := c.stacks[name]
	exists := s != nil && s.status != "REVIEW_IN_PROGRESS"
	switch {
	case kind == "CREATE" && exists:
		no("ValidationError", "Stack [%s] already exists and cannot be created again with the changeSet [%s].", name, set)
	case kind == "UPDATE" && !exists:
		no("ValidationError", "Stack [%s] does not exist", name)
	case kind != "CREATE" && kind != "UPDATE":
		no("ValidationError", "smr must say the type of a change set, not %q", kind)
	case exists && strings.HasSuffix(s.status, "_IN_PROGRESS"), exists && s.status == "ROLLBACK_COMPLETE", exists && s.status == "UPDATE_ROLLBACK_FAILED":
		no("ValidationError", "Stack:%s is in %s state and can not be updated.", name, s.status)
	}
	if s == nil {
		s = &fakeStack{status: "REVIEW_IN_PROGRESS", sets: map[string]*fakeChangeSet{}}
		c.stacks[name] = s
	}
	if old := s.sets[set]; old != nil {
		no("AlreadyExistsException", "ChangeSet %s already exists for stack", set)
	}
	cs := &fakeChangeSet{kind: kind, body: body, status: "CREATE_COMPLETE", execution: "AVAILABLE", left: c.looks, imports: form.Get("ImportExistingResources") == "true"}
	if exists && body == s.template {
		cs.status, cs.execution = "FAILED", "UNAVAILABLE"
		cs.reason = "The submitted information didn't contain changes. Submit different information to create a change set."
	}
	if why := c.failing["change set"]; why != "" {
		cs.status, cs.execution, cs.reason = "FAILED", "UNAVAILABLE", why
	}
	cs.changes = c.changes(s.template, body, cs.imports)
	s.sets[set] = cs
	return tag("Id", "arn:aws:cloudformation:us-east-1:123456789012:changeSet/"+set+"/1")
}

// changes compares two templates resource by resource.
func (c *cloud) changes(old, new string, imports bool) []string {
	before := map[string]map[string]any{}
	if old != "" {
		before = resourcesOf(old)
	}
	after := resourcesOf(new)
	ids := map[string]bool{}
	for id := range before {
		ids[id] = true
	}
	for id := range after {
		ids[id] = true
	}
	var out []string
	for _, id := range sorted(ids) {
		a, b := before[id], after[id]
		action, kind, extra := "Modify", b["Type"], tag("Replacement", "False")
		switch {
		case a == nil:
			action, extra = "Add", ""
			if imports {
				action = "Import"
			}
		case b == nil:
			action, kind, extra = "Remove", a["Type"], tag("PolicyAction", "Delete")
			if p, _ := a["DeletionPolicy"].(string); strings.HasPrefix(p, "Retain") {
				extra = tag("PolicyAction", "Retain")
			}
		case fmt.Sprint(a) == fmt.Sprint(b):
			continue
		case c.replace[id]:
			extra = tag("Replacement", "True")
		}
		out = append(out, "<member><Type>Resource</Type><ResourceChange>"+tag("Action", action)+tag("LogicalResourceId", id)+tag("ResourceType", fmt.Sprint(kind))+extra+"</ResourceChange></member>")
	}
	return out
}

func sorted[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (c *cloud) execute(name string, s *fakeStack, set *fakeChangeSet) {
	if set.execution != "AVAILABLE" {
		no("InvalidChangeSetStatus", "ChangeSet [%s] cannot be executed in its current status of [%s]", name, set.execution)
	}
	set.execution = "EXECUTE_IN_PROGRESS"
	s.executing, s.left, s.old = name, c.looks, s.template
	verb := map[string]string{"CREATE": "CREATE", "UPDATE": "UPDATE"}[set.kind]
	s.status, s.then = verb+"_IN_PROGRESS", verb+"_COMPLETE"
	for id := range resourcesOf(set.body) {
		if why := c.failing[id]; why != "" {
			s.then = map[string]string{"CREATE": "ROLLBACK_COMPLETE", "UPDATE": "UPDATE_ROLLBACK_COMPLETE"}[verb]
			s.events = append([]string{"<member>" + tag("LogicalResourceId", id) + tag("ResourceStatus", verb+"_FAILED") + tag("ResourceStatusReason", why) +
				tag("ClientRequestToken", name) + tag("EventId", id) + tag("StackId", "x") + tag("StackName", "x") + tag("Timestamp", "2026-01-01T00:00:00Z") + "</member>"}, s.events...)
		}
	}
	if !strings.Contains(s.then, "ROLLBACK") {
		s.template = set.body
	}
}

func (c *cloud) finish(s *fakeStack) {
	s.status = s.then
	if set := s.sets[s.executing]; set != nil {
		set.execution = "EXECUTE_COMPLETE"
		if strings.Contains(s.status, "ROLLBACK") {
			set.execution = "EXECUTE_FAILED"
		}
	}
}

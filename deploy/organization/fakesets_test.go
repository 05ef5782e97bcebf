package organization_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// stackSets answers the calls for stack sets, strictly.
func (c *cloud) stackSets(action string, form url.Values) string {
	name := form.Get("StackSetName")
	if as := form.Get("CallAs"); as != "SELF" && as != "DELEGATED_ADMIN" {
		no("ValidationError", "CallAs %q", as)
	}
	set := c.sets[name]
	if action == "CreateStackSet" {
		return c.createStackSet(name, form)
	}
	if set == nil {
		no("StackSetNotFoundException", "StackSet %s not found", name)
	}
	switch action {
	case "DescribeStackSet":
		return "<StackSet>" + tag("StackSetName", name) + tag("Status", "ACTIVE") + tag("TemplateBody", set.body) + tag("PermissionModel", set.model) + "</StackSet>"
	case "ListStackInstances":
		var out strings.Builder
		for _, account := range sorted(set.instances) {
			i := set.instances[account]
			out.WriteString("<member>" + tag("Account", account) + tag("Region", "us-east-1") + tag("OrganizationalUnitId", i.unit) + tag("Status", i.status) + tag("StatusReason", i.reason) + "</member>")
		}
		return "<Summaries>" + out.String() + "</Summaries>"
	case "ListStackSetOperations":
		var out strings.Builder
		for _, id := range set.order {
			out.WriteString("<member>" + tag("OperationId", id) + tag("Status", set.look(id).status) + "</member>")
		}
		return "<Summaries>" + out.String() + "</Summaries>"
	}
	id := form.Get("OperationId")
	if !tokenRule.MatchString(id) {
		no("ValidationError", "OperationId %q", id)
	}
	op := set.operations[id]
	switch action {
	case "UpdateStackSet", "CreateStackInstances":
		if op != nil {
			no("OperationIdAlreadyExistsException", "the operation %s exists", id)
		}
		return c.start(action, id, set, form)
	}
	if op == nil {
		no("OperationNotFoundException", "no operation %s", id)
	}
	if action == "ListStackSetOperationResults" {
		return "<Summaries>" + strings.Join(op.results, "") + "</Summaries>"
	}
	set.look(id)
	return "<StackSetOperation>" + tag("OperationId", id) + tag("Status", op.status) + "<StatusDetails>" + tag("FailedStackInstancesCount", fmt.Sprint(op.failed)) + "</StatusDetails></StackSetOperation>"
}

// look lets the time of an operation pass.
func (s *fakeSet) look(id string) *fakeOperation {
	op := s.operations[id]
	if op.status == "RUNNING" {
		if op.left--; op.left <= 0 {
			op.finish()
		}
	}
	return op
}

func (c *cloud) createStackSet(name string, form url.Values) string {
	body := checkTemplate(form)
	enabled, retain := form.Get("AutoDeployment.Enabled"), form.Get("AutoDeployment.RetainStacksOnAccountRemoval")
	switch {
	case c.sets[name] != nil:
		no("NameAlreadyExistsException", "StackSet %s already exists", name)
	case form.Get("PermissionModel") != "SERVICE_MANAGED":
		no("ValidationError", "PermissionModel %q", form.Get("PermissionModel"))
	case enabled == "", enabled == "false" && retain != "":
		no("ValidationError", "RetainStacksOnAccountRemoval only goes with automatic deployment")
	}
	c.sets[name] = &fakeSet{
		body: body, model: "SERVICE_MANAGED", auto: enabled, retain: retain, managed: form.Get("ManagedExecution.Active"),
		instances: map[string]*fakeInstance{}, operations: map[string]*fakeOperation{},
	}
	return tag("StackSetId", name+":1")
}

// aimed are the accounts of an operation with their units.
func (c *cloud) aimed(form url.Values) map[string]string {
	const prefix = "DeploymentTargets."
	if len(members(form, "Regions")) != 1 || members(form, "Regions")[0] != "us-east-1" {
		no("ValidationError", "regions %v", members(form, "Regions"))
	}
	units, only := members(form, prefix+"OrganizationalUnitIds"), members(form, prefix+"Accounts")
	filter := form.Get(prefix + "AccountFilterType")
	if len(units) == 0 || (len(only) > 0) != (filter == "INTERSECTION") {
		no("ValidationError", "units %v, accounts %v, filter %q", units, only, filter)
	}
	out := map[string]string{}
	var walk func(top, unit string)
	walk = func(top, unit string) {
		for _, a := range c.units[unit] {
			if a != c.management && !strings.HasPrefix(a, "000") && (len(only) == 0 || slices.Contains(only, a)) {
				out[a] = top
			}
		}
		for _, u := range c.below[unit] {
			walk(top, u)
		}
	}
	for _, u := range units {
		walk(u, u)
	}
	return out
}

// preferences checks them and returns how many accounts may fail.
func preferences(form url.Values, accounts int) int {
	const prefix = "OperationPreferences."
	if form.Has(prefix+"FailureToleranceCount") == form.Has(prefix+"FailureTolerancePercentage") {
		no("ValidationError", "one kind of tolerance")
	}
	n := 0
	if s := form.Get(prefix + "FailureToleranceCount"); s != "" {
		fmt.Sscan(s, &n)
		var at int
		fmt.Sscan(form.Get(prefix+"MaxConcurrentCount"), &at)
		if form.Get(prefix+"ConcurrencyMode") != "SOFT_FAILURE_TOLERANCE" && at > n+1 {
			no("ValidationError", "MaxConcurrentCount %d with FailureToleranceCount %d", at, n)
		}
		return n
	}
	fmt.Sscan(form.Get(prefix+"FailureTolerancePercentage"), &n)
	return n * accounts / 100
}

func (c *cloud) start(action, id string, set *fakeSet, form url.Values) string {
	for _, other := range set.order {
		if set.operations[other].status == "RUNNING" {
			no("OperationInProgressException", "Another Operation on StackSet is in progress: %s", other)
		}
	}
	aimed := c.aimed(form)
	if len(aimed) == 0 {
		no("ValidationError", "no accounts found")
	}
	tolerated := preferences(form, len(aimed))
	if action == "UpdateStackSet" {
		body := checkTemplate(form)
		if body != set.body {
			for _, i := range set.instances {
				i.status = "OUTDATED"
			}
		}
		set.body = body
	}
	op := &fakeOperation{status: "RUNNING", left: c.looks, accounts: sorted(aimed)}
	op.finish = func() {
		stopped := false
		for _, account := range op.accounts {
			i := set.instances[account]
			if i == nil {
				if action == "UpdateStackSet" {
					continue
				}
				i = &fakeInstance{unit: aimed[account]}
				set.instances[account] = i
			}
			status := "SUCCEEDED"
			switch why := c.failingAccounts[account]; {
			case stopped:
				status, i.status = "CANCELLED", "OUTDATED"
			case why != "":
				status, i.status, i.reason = "FAILED", "OUTDATED", why
				if op.failed++; op.failed > tolerated {
					stopped = true
				}
			default:
				i.status, i.reason, i.body = "CURRENT", "", set.body
			}
			op.results = append(op.results, "<member>"+tag("Account", account)+tag("OrganizationalUnitId", aimed[account])+tag("Region", "us-east-1")+tag("Status", status)+tag("StatusReason", i.reason)+"</member>")
		}
		op.status = "SUCCEEDED"
		if stopped {
			op.status = "FAILED"
		}
	}
	set.operations[id] = op
	set.order = append([]string{id}, set.order...)
	return tag("OperationId", id)
}

// organizations answers calls of JSON 1.1, a page of one at a time.
func (c *cloud) organizations(w http.ResponseWriter, action string, body []byte) {
	c.calls = append(c.calls, action)
	var in struct{ ParentId, NextToken string }
	_ = json.Unmarshal(body, &in)
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	page := func(all []string, key string, of func(id string) map[string]string) {
		at := 0
		fmt.Sscanf(in.NextToken, "page%d", &at)
		out := map[string]any{key: []any{}}
		if at < len(all) {
			out[key] = []any{of(all[at])}
		}
		if at+1 < len(all) {
			out["NextToken"] = fmt.Sprintf("page%d", at+1)
		}
		_ = json.NewEncoder(w).Encode(out)
	}
	switch action {
	case "DescribeOrganization":
		_ = json.NewEncoder(w).Encode(map[string]any{"Organization": map[string]string{"Id": "o-1", "MasterAccountId": c.management}})
	case "ListAccountsForParent":
		page(c.units[in.ParentId], "Accounts", func(id string) map[string]string {
			status := "ACTIVE"
			if strings.HasPrefix(id, "000") {
				status = "SUSPENDED"
			}
			return map[string]string{"Id": id, "Status": status}
		})
	case "ListOrganizationalUnitsForParent":
		page(c.below[in.ParentId], "OrganizationalUnits", func(id string) map[string]string { return map[string]string{"Id": id} })
	default:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"__type":"UnknownOperationException","message":%q}`, action)
	}
}

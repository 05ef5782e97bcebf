package live

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// keyOf is a text that is the same for documents which Same holds for the same.
func keyOf(d *Document) string {
	if d.Policy == nil {
		return "text:" + d.Text
	}
	c := d.Policy.Clone()
	for i := range c.Statements {
		sortStatement(&c.Statements[i])
	}
	texts := make([]string, len(c.Statements))
	for i, st := range c.Statements {
		texts[i] = string(policy.AppendJSON(nil, &policy.Document{Statements: []policy.Statement{st}}))
	}
	slices.Sort(texts)
	h := sha256.New()
	h.Write([]byte(c.Version + "\x00" + c.ID + "\x00"))
	for _, text := range texts {
		h.Write([]byte(text))
		h.Write([]byte{0})
	}
	return string(h.Sum(nil))
}

// sortStatement puts in order what has no order.
func sortStatement(s *policy.Statement) {
	for _, list := range [][]string{s.Actions, s.NotActions, s.Resources, s.NotResources} {
		slices.Sort(list)
	}
	for _, p := range []*policy.Principal{s.Principal, s.NotPrincipal} {
		if p == nil {
			continue
		}
		for i, a := range p.AWS {
			if account, ok := policy.RootAccount(a); ok {
				p.AWS[i] = account
			}
		}
		for _, list := range [][]string{p.AWS, p.Service, p.Federated, p.CanonicalUser} {
			slices.Sort(list)
		}
	}
	for _, c := range s.Conditions {
		slices.Sort(c.Values)
	}
	slices.SortFunc(s.Conditions, func(a, b policy.Condition) int {
		return cmp.Or(cmp.Compare(a.Operator, b.Operator), cmp.Compare(a.Key, b.Key), slices.Compare(a.Values, b.Values))
	})
}

// Digest is over all of a role that can be changed, in a form that does not
// depend on order or spelling: "sha256:…". Its id and when it was used are not
// part of it. "" of nil.
func (r *Role) Digest() string {
	if r == nil {
		return ""
	}
	inline := map[string]string{}
	for name, d := range r.Inline {
		inline[name] = hexKey(d)
	}
	return digest(struct {
		Kind, Name, Path, Description string
		Session                       int32
		Trust                         string
		Inline                        map[string]string
		Attached                      []string
		Boundary                      string
		Tags                          map[string]string
	}{
		"role", r.Name, r.Path, r.Description, r.MaxSessionDuration, hexKey(r.Trust), inline,
		slices.Sorted(slices.Values(r.Attached)), r.Boundary, filled(r.Tags),
	})
}

// Digest is over the policy's name, path and the text of its default version:
// "sha256:…". Other versions and tags are not part of it. "" of nil.
func (p *Policy) Digest() string {
	if p == nil {
		return ""
	}
	return digest(struct{ Kind, ARN, Document string }{"policy", p.ARN, hexKey(p.Document())})
}

// Digest of a document is over what Key is over; "" of nil.
func (d *Document) Digest() string {
	if d == nil {
		return ""
	}
	return "sha256:" + hexKey(d)
}

func hexKey(d *Document) string {
	if d == nil {
		return ""
	}
	if d.Policy != nil {
		return hex.EncodeToString([]byte(d.key))
	}
	sum := sha256.Sum256([]byte(d.key))
	return hex.EncodeToString(sum[:])
}

func digest(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, numbers and maps of strings have a JSON form
	}
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func filled(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return maps.Clone(m)
}

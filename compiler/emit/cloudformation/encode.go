package cloudformation

import (
	"bytes"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sagemaker-roles/smr/compiler/emit"
)

// encode writes a template in a format of package emit.
func encode(n *yaml.Node, format string) ([]byte, error) {
	if format == emit.JSON {
		var w emit.Writer
		writeJSON(&w, n)
		return w.Bytes(), nil
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return nil, err
	}
	err := e.Close()
	return b.Bytes(), err
}

// writeJSON writes n with the long forms of intrinsic functions.
func writeJSON(w *emit.Writer, n *yaml.Node) {
	switch n.Tag {
	case tagRef:
		function(w, "Ref", func() { w.Text(n.Value) })
	case tagSub:
		function(w, "Fn::Sub", func() { w.Text(n.Value) })
	case tagGetAtt:
		function(w, "Fn::GetAtt", func() {
			resource, attribute, _ := strings.Cut(n.Value, ".")
			w.Open('[')
			w.Text(resource)
			w.Text(attribute)
			w.Close()
		})
	case tagJoin:
		function(w, "Fn::Join", func() { writeItems(w, n) })
	case tagInt:
		i, _ := strconv.Atoi(n.Value) // written by strconv.Itoa
		w.Int(i)
	case tagMap:
		w.Open('{')
		for i := 0; i < len(n.Content); i += 2 {
			w.Key(n.Content[i].Value)
			writeJSON(w, n.Content[i+1])
		}
		w.Close()
	case tagList:
		writeItems(w, n)
	default:
		w.Text(n.Value)
	}
}

func writeItems(w *emit.Writer, n *yaml.Node) {
	w.Open('[')
	for _, item := range n.Content {
		writeJSON(w, item)
	}
	w.Close()
}

func function(w *emit.Writer, name string, argument func()) {
	w.OpenLine('{')
	w.Key(name)
	argument()
	w.Close()
}

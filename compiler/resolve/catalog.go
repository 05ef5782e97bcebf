package resolve

import (
	"runtime"
	"slices"
	"sync"

	"github.com/hashicorp/hcl/v2"

	"github.com/sagemaker-roles/smr/dsl"
	builtin "github.com/sagemaker-roles/smr/dsl/catalog"
)

// A catalog reads one edition of the built-in catalogue, file by file as
// names are asked for.
type catalog struct {
	edition  string
	budget   *dsl.Budget
	personas []*dsl.Persona
	loaded   bool
	ahead    map[string]decoded // activities that were decoded ahead
}

type decoded struct {
	config *dsl.Config
	diags  hcl.Diagnostics
}

// prefetch decodes activities on every core, since most of compiling a small
// configuration is parsing the catalogue. Names that are no built-ins are
// passed over.
func (c *catalog) prefetch(names []string) {
	known := c.names()
	names = slices.DeleteFunc(names, func(n string) bool { return !slices.Contains(known, n) })
	results := make([]decoded, len(names))
	var work sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, name := range names {
		work.Go(func() {
			free <- struct{}{}
			results[i].config, results[i].diags = c.file(name)
			<-free
		})
	}
	work.Wait()
	c.ahead = map[string]decoded{}
	for i, name := range names {
		c.ahead[name] = results[i]
	}
}

func newCatalog(edition string, budget *dsl.Budget) *catalog {
	return &catalog{edition: edition, budget: budget}
}

// names are the built-in activities of the edition.
func (c *catalog) names() []string { return builtin.Names(c.edition) }

// activity decodes one built-in activity.
func (c *catalog) activity(name string) (*dsl.Activity, hcl.Diagnostics) {
	if !slices.Contains(c.names(), name) {
		return nil, nil
	}
	d, ok := c.ahead[name]
	if !ok {
		d.config, d.diags = c.file(name)
	}
	config, diags := d.config, d.diags
	if config == nil || len(config.Activities) != 1 {
		return nil, diags
	}
	return config.Activities[0], diags
}

// builtinPersonas decodes the personas of the edition.
func (c *catalog) builtinPersonas() ([]*dsl.Persona, hcl.Diagnostics) {
	var diags hcl.Diagnostics
	if !c.loaded {
		c.loaded = true
		var config *dsl.Config
		if config, diags = c.file("personas"); config != nil {
			c.personas = config.Personas
		}
	}
	return c.personas, diags
}

func (c *catalog) file(name string) (*dsl.Config, hcl.Diagnostics) {
	path, data, ok := builtin.File(c.edition, name)
	if !ok {
		return nil, nil
	}
	return dsl.DecodeActivity(dsl.File{Name: path, Bytes: data}, c.budget)
}

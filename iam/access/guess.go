package access

func (c *comparison) try(e *engine, f *finding, way int) *Witness { return nil }

func (e *engine) describe(f *finding) string {
	return e.spell(e.groups[f.group].classes[0]) + " on " + f.resource.text + " is allowed"
}

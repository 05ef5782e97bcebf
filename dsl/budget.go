package dsl

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/sagemaker-roles/smr/dsl/diag"
)

// A Budget is how many steps of evaluation a configuration has left, and how
// much its values may hold.
type Budget struct {
	left int
	kept int
}

// NewBudget returns a budget of MaxSteps.
func NewBudget() *Budget { return &Budget{left: MaxSteps} }

// ChargeRole pays for one more role; it returns a diagnostic when the budget
// is used up.
func (b *Budget) ChargeRole(r hcl.Range) *hcl.Diagnostic { return b.Charge(stepsPerRole, r) }

// Charge pays for steps of work outside of expressions; it returns a
// diagnostic when the budget is used up.
func (b *Budget) Charge(steps int, r hcl.Range) *hcl.Diagnostic {
	if b.left -= steps; b.left < 0 {
		return b.exhausted(r)
	}
	return nil
}

// Steps is how many steps have been used.
func (b *Budget) Steps() int { return MaxSteps - b.left }

// Kept is how many elements the values of the configuration hold.
func (b *Budget) Kept() int { return b.kept }

func (b *Budget) exhausted(r hcl.Range) *hcl.Diagnostic {
	return diag.Errorf("evaluation-budget", r, "Evaluating this configuration takes more than %d steps (an iteration, an expression and every %d elements of a list count one, a role %d). Divide it into several directories, or shorten its lists.", MaxSteps, elementsAStep, stepsPerRole)
}

// charge pays for a value and refuses one that is too large.
func (b *Budget) charge(v cty.Value, r hcl.Range) *hcl.Diagnostic {
	w, big := weigh(v)
	b.left -= w.steps()
	switch {
	case big != small:
		return tooLarge(big, r)
	case b.left < 0:
		return b.exhausted(r)
	}
	return nil
}

// keep charges for a value that an attribute keeps; it reports whether all of
// it is known.
func (b *Budget) keep(v cty.Value, r hcl.Range) (known bool, d *hcl.Diagnostic) {
	w, big := weigh(v)
	b.left -= w.steps()
	b.kept += w.elements + w.bytes/bytesAnElem
	switch {
	case big != small:
		return false, tooLarge(big, r)
	case b.left < 0:
		return false, b.exhausted(r)
	case b.kept > MaxKept:
		return false, diag.Errorf("too-many-values", r, "The values of this configuration hold more than %d elements together. Divide it into several directories, or shorten its lists.", MaxKept)
	}
	return !w.unknown, nil
}

type bigness int

const (
	small bigness = iota
	bigString
	bigText
	bigList
	bigNumber
)

func tooLarge(big bigness, r hcl.Range) *hcl.Diagnostic {
	switch big {
	case bigString:
		return diag.Errorf("value-too-large", r, "This makes a string of more than %d bytes. IAM documents are far shorter; divide it.", MaxString)
	case bigText:
		return diag.Errorf("value-too-large", r, "This makes a value whose strings have more than %d bytes together. Divide the configuration into several directories.", MaxText)
	case bigNumber:
		return diag.Errorf("number-too-large", r, "This makes a number beyond 2^%d or, if it is not 0, below 2^-%d. Put it in quotation marks if it is text.", MaxExponent, MaxExponent)
	}
	return diag.Errorf("value-too-large", r, "This makes a value of more than %d elements. Divide the configuration into several directories.", MaxElements)
}

// A weight is what a value holds at every depth. Elements of sets and
// maps are counted apart too: cty sorts them whenever they are looked at.
type weight struct {
	elements, bytes, sorted int
	unknown                 bool // some part of the value is
}

func (w weight) steps() int {
	return 1 + w.elements/elementsAStep + w.bytes/bytesAStep + w.sorted*stepsASorted
}

// weigh counts what v holds, stopping at the limits.
func weigh(v cty.Value) (weight, bigness) {
	var w weight
	big := w.add(v)
	return w, big
}

func (w *weight) add(v cty.Value) bigness {
	if w.elements++; w.elements > MaxElements {
		return bigList
	}
	if v.IsMarked() || !v.IsKnown() || v.IsNull() {
		w.unknown = w.unknown || !v.IsKnown()
		return small
	}
	ty := v.Type()
	switch {
	case ty == cty.String:
		return w.text(len(v.AsString()))
	case ty == cty.Number:
		f := v.AsBigFloat()
		if e := f.MantExp(nil); f.IsInf() || e > MaxExponent || e < -MaxExponent {
			return bigNumber
		}
		return small
	case ty.IsPrimitiveType() || !v.CanIterateElements():
		return small
	case (ty.IsCollectionType() || ty.IsTupleType()) && v.LengthInt() > MaxElements:
		w.elements += MaxElements
		return bigList
	}
	if ty.IsSetType() {
		w.sorted += v.LengthInt()
	}
	keyed := ty.IsObjectType() || ty.IsMapType()
	if keyed {
		w.sorted += top(v) / 8 // by key, which is quicker
	}
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if keyed {
			if big := w.text(len(k.AsString())); big != small {
				return big
			}
		}
		if big := w.add(e); big != small {
			return big
		}
	}
	return small
}

func (w *weight) text(n int) bigness {
	w.bytes += n
	switch {
	case n > MaxString:
		return bigString
	case w.bytes > MaxText:
		return bigText
	}
	return small
}

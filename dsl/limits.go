package dsl

// Limits of a configuration. They are counted, never timed, so that the same
// files give the same answer on every machine; each has a message of its own.
const (
	MaxFileBytes  = 1 << 20   // bytes of one file
	MaxFiles      = 2000      // files of one configuration
	MaxNesting    = 100       // brackets, braces, parentheses and "${" inside one another
	MaxOperators  = 500       // operators, indexes and calls in one element of an expression
	MaxParts      = 1000      // "${" in one string
	MaxForDepth   = 2         // for expressions inside one another
	MaxElements   = 100_000   // elements of any value, counted at every depth
	MaxString     = 64 << 10  // bytes of any string value
	MaxSteps      = 4_000_000 // steps of evaluation of one configuration
	stepsPerRole  = 100       // what one role costs of them, besides its expressions
	elementsAStep = 64        // elements copied or compared that cost one step
)

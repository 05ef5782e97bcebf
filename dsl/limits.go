package dsl

// Limits of a configuration. They are counted, never timed, so that the same
// files give the same answer on every machine; each has a message of its own.
const (
	MaxFileBytes = 1 << 20   // bytes of one file
	MaxFiles     = 2000      // files of one configuration
	MaxTokens    = 4_000_000 // words, marks and lines of one configuration, and every 16 bytes
	MaxNesting   = 100       // brackets, braces, parentheses and "${" inside one another
	MaxOperators = 500       // operators, indexes and calls on one path through an expression
	MaxParts     = 500       // "${", lines, and $ and % signs in one string
	MaxName      = 256       // bytes of a name or label
	MaxDigits    = 100       // digits of a number written out
	MaxForDepth  = 2         // for expressions inside one another
	MaxElements  = 100_000   // elements of any value, counted at every depth
	MaxString    = 64 << 10  // bytes of any string value
	MaxText      = 4 << 20   // bytes of all strings of one value
	MaxExponent  = 1024      // binary exponent of any number: about 308 decimal digits
	MaxSteps     = 3_000_000 // steps of evaluation of one configuration
	MaxKept      = 2_000_000 // elements of all values of one configuration together
	bytesAToken  = 16        // bytes that count as one token
	// tokensAnOperator is what an operator counts: it makes more nodes than a word.
	tokensAnOperator = 3
	stepsPerRole     = 30  // what one role costs of MaxSteps, besides its expressions
	elementsAStep    = 16  // elements copied or compared that cost one step
	argumentsAStep   = 2   // elements of arguments and results of a call that cost one step
	digitsAStep      = 4   // digits of a text read as a number that cost one step
	bytesAStep       = 512 // bytes of strings that cost one step
	stepsASorted     = 12  // what an element of a set costs when it is looked at
	bytesAnElem      = 32  // bytes of strings that count as one element of MaxKept
)

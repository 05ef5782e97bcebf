package access

import (
	"cmp"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sagemaker-roles/smr/iam/policy"
)

// matches decides a positive comparison of one value of a request with the
// values of the atom, of which any may match.
func (p *program) matches(a *atom, globs []glob, given string) bool {
	switch familyOf(a.op.Comparison) {
	case familyText, familyARN:
		return slices.ContainsFunc(globs, func(g glob) bool { return g.match(given) }) &&
			(familyOf(a.op.Comparison) == familyText || arnShape().match(given))
	case familyBinary:
		given = canonicalBinary(given)
		return slices.ContainsFunc(globs, func(g glob) bool { return g.match(given) })
	case familyNumber:
		n, ok := parseNumber(given)
		return ok && anyValue(a.values, parseNumber, func(v *big.Rat) bool { return ordered(n.Cmp(v), a.op.Comparison.Positive()) })
	case familyDate:
		d, ok := parseDate(given)
		return ok && anyValue(a.values, parseDate, func(v time.Time) bool { return ordered(d.Compare(v), a.op.Comparison.Positive()) })
	case familyBool:
		b, ok := parseBool(given)
		return ok && anyValue(a.values, parseBool, func(v bool) bool { return v == b })
	}
	addr, ok := parseAddress(given)
	return ok && anyValue(a.values, parseRange, func(v netip.Prefix) bool { return v.Contains(addr) })
}

// anyValue reports whether a value of a policy that is well-formed satisfies
// is; a malformed one matches nothing.
func anyValue[T any](values []string, parse func(string) (T, bool), is func(T) bool) bool {
	for _, text := range values {
		if v, ok := parse(text); ok && is(v) {
			return true
		}
	}
	return false
}

// ordered reads the sign of given compared with the policy's value.
func ordered(sign int, c policy.Comparison) bool {
	switch c {
	case policy.NumericEquals, policy.DateEquals:
		return sign == 0
	case policy.NumericLessThan, policy.DateLessThan:
		return sign < 0
	case policy.NumericLessThanEquals, policy.DateLessThanEquals:
		return sign <= 0
	case policy.NumericGreaterThan, policy.DateGreaterThan:
		return sign > 0
	}
	return sign >= 0
}

// parseNumber reads an integer or decimal. The length is bounded, so that an
// exponent cannot ask for a number that fills the memory.
func parseNumber(s string) (*big.Rat, bool) {
	if s == "" || len(s) > maxNumber || strings.Trim(s, "0123456789+-.eE") != "" {
		return nil, false
	}
	if _, exponent, ok := strings.Cut(strings.ToLower(s), "e"); ok && len(strings.TrimLeft(exponent, "+-")) > 3 {
		return nil, false
	}
	return new(big.Rat).SetString(s)
}

// parseDate reads the date forms of the date condition operators: ISO 8601, or
// seconds since 1970.
func parseDate(s string) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(n, 0).UTC(), true
	}
	if strings.ContainsRune(s, ',') {
		return time.Time{}, false
	}
	for _, layout := range [...]string{
		time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly, "2006-01",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

func parseBool(s string) (value, ok bool) {
	return strings.EqualFold(s, "true"), strings.EqualFold(s, "true") || strings.EqualFold(s, "false")
}

func parseAddress(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil && a.Zone() == ""
}

// parseRange reads an address range in CIDR form, or one address.
func parseRange(s string) (netip.Prefix, bool) {
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		return p.Masked(), err == nil
	}
	a, ok := parseAddress(s)
	if !ok {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// numberSamples returns a text for every constant and every gap between
// constants.
func numberSamples(values []string) []string {
	var points []*big.Rat
	for _, v := range values {
		if n, ok := parseNumber(v); ok {
			points = append(points, n)
		}
	}
	slices.SortFunc(points, (*big.Rat).Cmp)
	points = slices.CompactFunc(points, func(a, b *big.Rat) bool { return a.Cmp(b) == 0 })
	if len(points) == 0 {
		return []string{"1", "2.5", "7", "1234567"}
	}
	unit := big.NewRat(1, 1)
	list := []string{numberText(new(big.Rat).Sub(points[0], unit))}
	for i, n := range points {
		list = append(list, numberText(n), decimalText(n))
		if i+1 < len(points) {
			list = append(list, numberText(between(n, points[i+1])))
		}
	}
	return append(list, numberText(new(big.Rat).Add(points[len(points)-1], unit)))
}

// between returns a number between a and b, an integer if there is one.
func between(a, b *big.Rat) *big.Rat {
	floor := new(big.Int).Div(a.Num(), a.Denom())
	n := new(big.Rat).SetInt(floor.Add(floor, big.NewInt(1)))
	if n.Cmp(b) < 0 {
		return n
	}
	n.Add(a, b)
	return n.Quo(n, big.NewRat(2, 1))
}

// numberText writes n so that nothing is lost: it has finitely many decimals,
// for constants have, and halves of their sums. What is too long for a value is
// written with an exponent.
func numberText(n *big.Rat) string {
	digits, _ := n.FloatPrec()
	text := n.FloatString(digits)
	if len(text) > maxNumber {
		text = new(big.Float).SetPrec(256).SetRat(n).Text('e', maxNumber-12)
	}
	return text
}

// maxNumber is the most characters of a number.
const maxNumber = 64

// decimalText is another way to write n.
func decimalText(n *big.Rat) string {
	if n.IsInt() {
		return n.Num().String() + ".0"
	}
	return numberText(n) + "0"
}

// dateSamples is numberSamples for dates; epoch writes seconds where it can.
func dateSamples(values []string, epoch bool) []string {
	var points []time.Time
	for _, v := range values {
		if d, ok := parseDate(v); ok {
			points = append(points, d)
		}
	}
	slices.SortFunc(points, time.Time.Compare)
	points = slices.CompactFunc(points, time.Time.Equal)
	if len(points) == 0 {
		points = []time.Time{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	}
	sample := func(t time.Time) string {
		if epoch && t.Nanosecond() == 0 || t.Year() < 1 || t.Year() > 9999 {
			return strconv.FormatInt(t.Unix(), 10)
		}
		return t.Format(time.RFC3339Nano)
	}
	list := []string{sample(points[0].Add(-time.Hour))}
	for i, d := range points {
		list = append(list, sample(d))
		if i+1 < len(points) {
			next := points[i+1]
			middle := d.Add(time.Second)
			if !middle.Before(next) {
				middle = d.Add(next.Sub(d) / 2)
			}
			list = append(list, sample(middle))
		}
	}
	return append(list, sample(points[len(points)-1].Add(time.Hour)))
}

// addressSamples returns an address of every run of addresses, of both
// families, that the same ranges hold.
func addressSamples(values []string) []string {
	starts := []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}
	for _, v := range values {
		r, ok := parseRange(v)
		if !ok {
			continue
		}
		starts = append(starts, r.Addr())
		if after := lastAddress(r).Next(); after.IsValid() {
			starts = append(starts, after)
		}
	}
	slices.SortFunc(starts, func(a, b netip.Addr) int {
		return cmp.Or(cmp.Compare(a.BitLen(), b.BitLen()), a.Compare(b))
	})
	starts = slices.Compact(starts)
	var list []string
	for i, a := range starts {
		// The address after the first reads better than a network's own.
		if n := a.Next(); n.IsValid() && (i+1 == len(starts) || n != starts[i+1]) {
			a = n
		}
		list = append(list, a.String())
	}
	return list
}

func lastAddress(r netip.Prefix) netip.Addr {
	b := r.Addr().AsSlice()
	for i := r.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

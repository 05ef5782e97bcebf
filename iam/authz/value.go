package authz

import (
	"encoding/base64"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// A number is an integer or decimal, exact: a float64 would take two account
// ids or sizes in bytes for the same.
type number struct {
	small int64    // the value, if big is nil
	big   *big.Rat // a decimal, or an integer too large for small
}

// parseNumber reads an optional sign, digits with an optional decimal point,
// and an optional exponent of at most three digits. "Numeric condition
// operators let you construct Condition elements that restrict access based on
// comparing a key to an integer or decimal value" (IAM User Guide, "IAM JSON
// policy elements: Condition operators").
func parseNumber(s string) (number, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return number{small: n}, true
	}
	if len(s) > 64 || strings.Trim(s, "0123456789+-.eE") != "" {
		return number{}, false
	}
	if _, exponent, ok := strings.Cut(strings.ToLower(s), "e"); ok && len(strings.TrimLeft(exponent, "+-")) > 3 {
		return number{}, false
	}
	r, ok := new(big.Rat).SetString(s)
	return number{big: r}, ok
}

// compare returns -1, 0 or 1.
func (n number) compare(m number) int {
	if n.big == nil && m.big == nil {
		switch {
		case n.small < m.small:
			return -1
		case n.small > m.small:
			return 1
		}
		return 0
	}
	return n.rat().Cmp(m.rat())
}

func (n number) rat() *big.Rat {
	if n.big != nil {
		return n.big
	}
	return new(big.Rat).SetInt64(n.small)
}

// parseDate reads one of the ISO 8601 forms of the W3C's date and time note, or
// seconds since 1970 ("You must specify date/time values with one of the W3C
// implementations of the ISO 8601 date formats or in epoch (UNIX) time", IAM
// User Guide, "IAM JSON policy elements: Condition operators"). A text of digits
// alone is seconds, also one of four digits. A time without zone is UTC.
func parseDate(s string) (time.Time, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(n, 0).UTC(), true
	}
	if strings.ContainsRune(s, ',') { // which package time takes for a point
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

// parseRange reads an address range in CIDR form, or an address ("If you
// specify an IP address without the associated routing prefix, IAM uses the
// default prefix value of /32", same page; of IPv6, /128).
func parseRange(s string) (netip.Prefix, bool) {
	if strings.IndexByte(s, '/') >= 0 {
		p, err := netip.ParsePrefix(s)
		return p.Masked(), err == nil
	}
	a, ok := parseAddress(s)
	if !ok {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// parseAddress reads an IPv4 or IPv6 address without zone.
func parseAddress(s string) (netip.Addr, bool) {
	a, err := netip.ParseAddr(s)
	return a, err == nil && a.Zone() == ""
}

// parseBool reads true or false in any case.
func parseBool(s string) (value, ok bool) {
	switch {
	case strings.EqualFold(s, "true"):
		return true, true
	case strings.EqualFold(s, "false"):
		return false, true
	}
	return false, false
}

// binary returns the bytes that s encodes, or s itself if it is not base64.
func binary(s string) string {
	if b, err := base64.StdEncoding.DecodeString(s); err == nil {
		return string(b)
	}
	return s
}

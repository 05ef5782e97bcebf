package lint

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Rules returns the rules in the order of their codes. They are shared and not
// to be changed.
func Rules() []Rule { return slices.Clone(rules().all) }

// ruleSet is the rules by what they read.
type ruleSet struct {
	all                       []Rule
	statement, document, role []*Rule
}

var rules = sync.OnceValue(func() *ruleSet {
	s := &ruleSet{all: slices.Concat(conditionRules(), principalRules(), grantRules(), roleRules())}
	slices.SortFunc(s.all, func(a, b Rule) int { return strings.Compare(a.Code, b.Code) })
	for i := range s.all {
		r := &s.all[i]
		switch {
		case r.Statement != nil:
			s.statement = append(s.statement, r)
		case r.Document != nil:
			s.document = append(s.document, r)
		default:
			s.role = append(s.role, r)
		}
	}
	return s
})

// conditionRules are about conditions.
func conditionRules() []Rule {
	return []Rule{
		bypassableMFA(), deprecatedConditionKey(), duplicateConditionKey(), irrelevantConditionKey(), literalWildcard(),
		malformedKeyValue(), malformedNetworkID(), malformedServicePrincipal(), malformedVariable(), mismatchedOperator(), mismatchedValue(), missingSetOperator(),
		missingTagKey(), multipleBooleans(), negatedPrefix(), permissiveSetOperator(), permissiveWildcard(), presenceOnly(),
		privateAddress(), redundantConditionValue(), stringOperatorOnARN(), unguardedForAllValues(), unknownConditionKey(),
		unlistedRegion(), unmaskedAddressRange(), unpairedConditionKey(), unreplacedVariable(), unsupportedConditionKey(),
		untrustworthyConditionKey(),
	}
}

// principalRules are about who is let in.
func principalRules() []Rule {
	return []Rule{
		computeTrust(), crossAccountTrust(), deletedPrincipal(), mismatchedTrustAction(), missingSessionAction(), negatedPrincipal(),
		openTrust(), publicAccess(), redundantPrincipal(), unsourcedServiceTrust(), unspecificSubject(), unsupportedKeyForService(),
	}
}

// grantRules are about actions and resources.
func grantRules() []Rule {
	return []Rule{
		credentialsExposure(), emptyElement(), everyAction(), misplacedElement(), missingVersion(), negatedAllow(), permissionsManagement(),
		redundantAction(), redundantResource(), redundantStatement(), serviceWideResource(), serviceWildcard(), unboundedGrant(), unboundedMetrics(),
		unconditionedPassRole(), unknownAction(), unknownService(), unlimitedPassRole(), unmatchedAction(), unmatchedResource(), unownedSpace(),
		unscopedDataRead(), unscopedPresignedURL(), wildcardAccount(), wildcardResource(), wildcardService(), wildcardServiceLinkedRole(),
	}
}

// roleRules are about the policies of a role together.
func roleRules() []Rule {
	return []Rule{
		encryptOnly(), foreignLogGroup(), incompleteNetworkPermissions(), missingAddTags(), missingCounterpart(), missingPassRole(),
		missingUpdate(), privilegeEscalation(), scopedNetworkPermissions(), searchLeak(), unboundedTagging(),
	}
}

func decimal(i int) string { return strconv.Itoa(i) }

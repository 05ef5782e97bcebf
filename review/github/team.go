package github

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// teamSlug is how GitHub spells the name of a team in addresses, and the login
// of an organization.
var teamSlug = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$`)

// TeamMembers are the logins of who is in a team, child teams included (GitHub
// Docs, "REST API endpoints for team members", List team members). team is
// ORG/TEAM of the organization that owns the repository; no other is asked
// about. The token needs the permission members: read of the organization, which
// a job's GITHUB_TOKEN never has; GitHub answers 404 without it.
func (c *Client) TeamMembers(ctx context.Context, team string) ([]string, error) {
	owner, _, _ := strings.Cut(c.repository, "/")
	org, slug, ok := strings.Cut(team, "/")
	if !ok || !strings.EqualFold(org, owner) || !teamSlug.MatchString(org) || !teamSlug.MatchString(slug) {
		return nil, fmt.Errorf("%.100q is no team of the repository's organization, which is written %s/TEAM", team, owner)
	}
	members, err := list(ctx, c, fmt.Sprintf("/orgs/%s/teams/%s/members?per_page=100", owner, slug), all[Account])
	if err != nil {
		return nil, fmt.Errorf("the members of the team %s cannot be read, for which the token needs members: read of the organization: %w", team, err)
	}
	var logins []string
	for _, m := range members {
		logins = append(logins, m.Login)
	}
	return logins, nil
}

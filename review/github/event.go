package github

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"

	"github.com/sagemaker-roles/smr/review/git"
)

// An Event is what is read of a workflow's event: numbers, commits and
// accounts. Titles, texts and messages are not.
type Event struct {
	Name   string // such as pull_request; it is GITHUB_EVENT_NAME
	Action string // such as synchronize

	PullRequest *PullRequest // of pull_request and pull_request_target
	// Base and Head are the commits to compare: base.sha and head.sha of a pull
	// request, base_sha and head_sha of a merge group, before and after of a
	// push. A push to a branch that is new or gone has zeros.
	Base, Head git.ID
	Forced     bool   // push
	Tag        string // release; "" if the tag is spelled unlike one
	Prerelease bool
	Sender     Account
}

// maxEvent is the largest payload of an event (GitHub Docs, "Webhook events
// and payloads": 25 MB).
const maxEvent = 25 << 20

// ParseEvent reads the payload that GITHUB_EVENT_PATH names. An event that smr
// does not know has a name and nothing else.
func ParseEvent(name string, payload []byte) (*Event, error) {
	e := &Event{Name: name}
	if len(payload) > maxEvent {
		return nil, fmt.Errorf("the payload of the event has %d bytes; GitHub sends at most %d", len(payload), maxEvent)
	}
	var in struct {
		Action      string          `json:"action"`
		Sender      Account         `json:"sender"`
		PullRequest json.RawMessage `json:"pull_request"`
		Before      string          `json:"before"`
		After       string          `json:"after"`
		Forced      bool            `json:"forced"`
		MergeGroup  struct {
			Base string `json:"base_sha"`
			Head string `json:"head_sha"`
		} `json:"merge_group"`
		Release struct {
			Tag        string `json:"tag_name"`
			Prerelease bool   `json:"prerelease"`
		} `json:"release"`
	}
	switch name {
	case "pull_request", "pull_request_target", "push", "merge_group", "release":
	default:
		return e, nil
	}
	if err := json.Unmarshal(payload, &in); err != nil {
		return nil, fmt.Errorf("the payload of the event %s: %w", name, err)
	}
	e.Action, e.Sender = in.Action, in.Sender
	var err error
	switch name {
	case "pull_request", "pull_request_target":
		e.PullRequest = &PullRequest{}
		if len(in.PullRequest) == 0 {
			err = fmt.Errorf("it has no pull request")
		} else if err = json.Unmarshal(in.PullRequest, e.PullRequest); err == nil && e.PullRequest.Number <= 0 {
			err = fmt.Errorf("the pull request has no number")
		}
		e.Base, e.Head = e.PullRequest.Base, e.PullRequest.Head
	case "push":
		e.Forced = in.Forced
		e.Base, e.Head, err = pair(in.Before, in.After)
	case "merge_group":
		e.Base, e.Head, err = pair(in.MergeGroup.Base, in.MergeGroup.Head)
	case "release":
		e.Prerelease = in.Release.Prerelease
		if tagName.MatchString(in.Release.Tag) {
			e.Tag = in.Release.Tag
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the payload of the event %s: %w", name, err)
	}
	return e, nil
}

var tagName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}$`)

func pair(base, head string) (b, h git.ID, err error) {
	if b, err = git.ParseID(base); err != nil {
		return "", "", err
	}
	h, err = git.ParseID(head)
	return b, h, err
}

// Change is the question of an event to [git.Resolver]: sha is GITHUB_SHA,
// revision what the user wants to compare with, or "".
func (e *Event) Change(sha git.ID, revision string) git.Change {
	ch := git.Change{Event: e.Name, Base: e.Base, Head: e.Head, SHA: sha, Revision: revision}
	if e.PullRequest != nil {
		ch.BaseBranch = e.PullRequest.BaseBranch
	}
	return ch
}

// A Run numbers the runs of a workflow, and the attempts at a run.
type Run struct{ Number, Attempt int }

// String is the number and the attempt, such as "17.1".
func (r Run) String() string { return fmt.Sprintf("%d.%d", r.Number, r.Attempt) }

// Newer reports whether a run is newer than another.
func (r Run) Newer(other Run) bool {
	return r.Number > other.Number || r.Number == other.Number && r.Attempt > other.Attempt
}

// An Environment is what a job is told of itself (GitHub Docs, "Variables
// reference"). A variable that is not set, or is malformed, is "" or 0.
type Environment struct {
	APIURL, ServerURL string
	Repository        string // owner/name
	SHA               git.ID
	EventName         string
	EventPath         string
	Workspace         string
	RunID             int
	Run               Run
	Output, Summary   string // paths of the files to write
}

// ReadEnvironment reads the variables by a function such as os.Getenv.
func ReadEnvironment(getenv func(string) string) Environment {
	integer := func(name string) int {
		n, err := strconv.Atoi(getenv(name))
		if err != nil || n < 0 {
			return 0
		}
		return n
	}
	sha, _ := git.ParseID(getenv("GITHUB_SHA"))
	return Environment{
		APIURL: getenv("GITHUB_API_URL"), ServerURL: getenv("GITHUB_SERVER_URL"), Repository: getenv("GITHUB_REPOSITORY"),
		SHA: sha, EventName: getenv("GITHUB_EVENT_NAME"), EventPath: getenv("GITHUB_EVENT_PATH"), Workspace: getenv("GITHUB_WORKSPACE"),
		RunID: integer("GITHUB_RUN_ID"), Run: Run{integer("GITHUB_RUN_NUMBER"), integer("GITHUB_RUN_ATTEMPT")},
		Output: getenv("GITHUB_OUTPUT"), Summary: getenv("GITHUB_STEP_SUMMARY"),
	}
}

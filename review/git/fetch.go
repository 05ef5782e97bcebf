package git

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// A Remote is where objects that are missing may be fetched from. Without one
// a [Repository] never touches a network.
type Remote struct {
	// Name is the remote of the repository, "" for origin.
	Name string
	// Server is the origin of the server, such as https://github.com, and Token
	// what it takes for a password. The token is sent there and nowhere else,
	// and stands in no argument and no file. Without a token, what the
	// repository is configured with has to do.
	Server, Token string
}

// fetchTime bounds one fetch.
const fetchTime = 2 * time.Minute

// SetRemote lets the repository fetch what it is asked for and does not have:
// in [Repository.Fetch] and, in a clone without blobs, to read a file. nil
// forbids it again.
func (r *Repository) SetRemote(remote *Remote) error {
	if remote != nil {
		if err := remote.check(); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.remote = remote
	return nil
}

func (m *Remote) check() error {
	if strings.HasPrefix(m.Name, "-") || strings.ContainsAny(m.Name, " \t\r\n\x00:") {
		return fmt.Errorf("%q is not the name of a remote", m.Name)
	}
	if m.Token == "" {
		return nil
	}
	u, err := url.Parse(m.Server)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("the server %q is not an origin such as https://github.com", m.Server)
	}
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return fmt.Errorf("the server %q is not spoken to over https, so that the token would be readable on the way", m.Server)
	}
	if strings.ContainsAny(m.Token, "\r\n\x00") {
		return errors.New("the token holds a line break")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Fetch brings commits and what they hold into the repository, in one fetch.
// Of a history that is shallow it takes no more history; a full one stays
// full: `git fetch --depth` would cut it.
func (r *Repository) Fetch(ctx context.Context, ids ...ID) error {
	shallow, err := r.Shallow(ctx)
	if err != nil {
		return err
	}
	var args []string
	if shallow {
		args = []string{"--depth=1"}
	}
	return r.fetch(ctx, args, nil, ids)
}

// fetchObjects brings files or directories into a clone that was made without
// them, as git itself does when one is needed.
func (r *Repository) fetchObjects(ctx context.Context, ids []ID) error {
	return r.fetch(ctx, []string{"--filter=blob:none", "--no-write-fetch-head"},
		[]string{"-c", "fetch.negotiationAlgorithm=noop"}, ids)
}

func (r *Repository) fetch(ctx context.Context, options, settings []string, ids []ID) error {
	r.mu.Lock()
	remote := r.remote
	r.mu.Unlock()
	if remote == nil {
		return errors.New("git fetch: fetching was not allowed here")
	}
	name := remote.Name
	if name == "" {
		name = "origin"
	}
	list := make([]string, len(ids))
	for i, id := range ids {
		if _, err := ParseID(string(id)); err != nil {
			return err
		}
		list[i] = string(id)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	args := append([]string{"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-auto-gc"}, options...)
	if many := len(list) > 20; many { // a command line may be too short for them
		args = append(args, "--stdin", name)
	} else {
		args = append(append(args, name), list...)
	}
	cmd := r.git(ctx, append([]string{"-c", "submodule.recurse=false"}, settings...), append(remote.env(), r.passed(network...)...), args)
	cmd.Stdin = strings.NewReader(strings.Join(list, "\n") + "\n")
	stderr := &limited{max: 4096}
	cmd.Stderr = stderr
	if err := cmd.Run(); err != nil {
		return failure(ctx, "fetch", err, stderr)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stop() // readers that run know the old boundaries of history
	return nil
}

// network names what of the environment leads to a server: where the user's
// settings, keys, proxies and certificates are. A fetch, unlike reading, has
// the settings of user and system, because a company's proxies and
// certificates stand there.
var network = []string{
	"HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "XDG_CONFIG_HOME",
	"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "CURL_CA_BUNDLE",
	"SSH_AUTH_SOCK", "GIT_SSH", "GIT_SSH_COMMAND",
}

// protocols are the transports that run no program of the configuration's
// ("git", GIT_ALLOW_PROTOCOL, which outweighs the configuration).
func (m *Remote) protocols() string {
	if strings.HasPrefix(m.Server, "http:") {
		return "GIT_ALLOW_PROTOCOL=https:ssh:file:http"
	}
	return "GIT_ALLOW_PROTOCOL=https:ssh:file"
}

// env hands git the token: by its environment, which other users of the
// machine cannot read as they can a command line. An empty header first
// clears the one that actions/checkout may have left, because GitHub refuses a
// request with two. A redirect is not followed, since it would take the
// header along.
func (m *Remote) env() []string {
	if m.Token == "" {
		return []string{m.protocols()}
	}
	header := "http." + strings.TrimRight(m.Server, "/") + "/.extraheader"
	basic := base64.StdEncoding.EncodeToString([]byte("x-access-token:" + m.Token))
	return []string{
		m.protocols(),
		"GIT_CONFIG_COUNT=4",
		"GIT_CONFIG_KEY_0=" + header, "GIT_CONFIG_VALUE_0=",
		"GIT_CONFIG_KEY_1=" + header, "GIT_CONFIG_VALUE_1=AUTHORIZATION: basic " + basic,
		"GIT_CONFIG_KEY_2=http.followRedirects", "GIT_CONFIG_VALUE_2=false",
		"GIT_CONFIG_KEY_3=credential.helper", "GIT_CONFIG_VALUE_3=",
	}
}

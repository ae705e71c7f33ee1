package secure

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nats-io/nats-server/v2/conf"

	"github.com/copydesk/copydesk/pkg/bus"
	"github.com/copydesk/copydesk/pkg/desk"
)

// Check reads a written configuration and returns what these accesses need and it does not
// have, and what it allows or fails to deny beyond them, a line for each. The public keys
// are those of the seeds in the folder.
func Check(dir string, accesses []desk.Access) (findings []string, err error) {
	written, err := readUsers(filepath.Join(dir, ConfigFile))
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, a := range accesses {
		file := filepath.Join(KeyDir, a.Role+bus.KeySuffix)
		public, err := publicKey(filepath.Join(dir, file))
		if err != nil {
			findings = append(findings, fmt.Sprintf("%s: %v", a.Role, err))
			continue
		}
		known[public] = true
		u := user{Access: a, file: file, public: public}
		have, ok := written[public]
		if !ok {
			findings = append(findings, a.Role+": is no user")
			continue
		}
		compare := func(what string, want, have []string) {
			for _, s := range missing(want, have) {
				findings = append(findings, fmt.Sprintf("%s: does not %s %s", a.Role, what, s))
			}
			for _, s := range missing(have, want) {
				findings = append(findings, fmt.Sprintf("%s: need not %s %s", a.Role, what, s))
			}
		}
		compare("allow to publish", u.allow(), have.publish.allow)
		compare("deny to publish", u.Deny, have.publish.deny)
		compare("allow to subscribe", u.subscribe(), have.subscribe.allow)
	}
	for _, public := range slices.Sorted(maps.Keys(written)) {
		if !known[public] {
			findings = append(findings, "a user that is no role of this desk: "+public)
		}
	}
	return findings, nil
}

// missing are the strings of want that are not in have.
func missing(want, have []string) []string {
	var m []string
	for _, s := range want {
		if !slices.Contains(have, s) {
			m = append(m, s)
		}
	}
	return m
}

// permission is one direction of a user's in a configuration.
type permission struct{ allow, deny []string }

type writtenUser struct{ publish, subscribe permission }

// readUsers reads the users of a configuration, by public key.
func readUsers(path string) (map[string]writtenUser, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read server configuration: %w", err)
	}
	m, err := conf.Parse(string(data))
	if err != nil {
		return nil, fmt.Errorf("read server configuration %s: %w", path, err)
	}
	users := map[string]writtenUser{}
	list, _ := within(m, "accounts", account, "users").([]any)
	for _, entry := range list {
		key, _ := within(entry, "nkey").(string)
		if key == "" {
			return nil, fmt.Errorf("read server configuration %s: a user of the account %s without an nkey", path, account)
		}
		users[key] = writtenUser{readPermission(entry, "publish"), readPermission(entry, "subscribe")}
	}
	if len(users) == 0 {
		return nil, fmt.Errorf("read server configuration %s: the account %s has no users", path, account)
	}
	return users, nil
}

func readPermission(user any, direction string) permission {
	return permission{
		allow: subjects(within(user, "permissions", direction, "allow")),
		deny:  subjects(within(user, "permissions", direction, "deny")),
	}
}

// within follows names into nested maps; names are not case sensitive, as the server's.
func within(v any, names ...string) any {
	for _, name := range names {
		m, _ := v.(map[string]any)
		v = nil
		for k, sub := range m {
			if strings.EqualFold(k, name) {
				v = sub
			}
		}
	}
	return v
}

// subjects reads a list of subjects, or one.
func subjects(v any) []string {
	var list []string
	switch v := v.(type) {
	case string:
		list = append(list, v)
	case []any:
		for _, s := range v {
			if s, ok := s.(string); ok {
				list = append(list, s)
			}
		}
	}
	return list
}

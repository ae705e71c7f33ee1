package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/copydesk/copydesk/pkg/article"
)

// exposure is the most that "systemd-analyze security" may find, in tenths of its scale
// of 0 to 10: a unit that hides nothing has 9.6.
const exposure = 15

// analyze runs systemd-analyze on a unit and returns what it says and should not. It
// only warns of a misspelt key and exits 0, so every word counts.
func analyze(t *testing.T, name, source string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	// The program is not installed here.
	source = strings.ReplaceAll(source, "/usr/local/bin/copydesk", "/bin/true")
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	said, err := exec.Command("systemd-analyze", "verify", "--man=no", path).CombinedOutput()
	if err != nil || len(said) > 0 {
		return fmt.Sprintf("%s (%v)", said, err)
	}
	said, err = exec.Command("systemd-analyze", "security", "--offline=true", "--no-pager", fmt.Sprintf("--threshold=%d", exposure), path).CombinedOutput()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(said)), "\n")
		return fmt.Sprintf("%s (%v)", lines[len(lines)-1], err)
	}
	return ""
}

// units are those of deploy/systemd by the name under which they are checked.
func units(t *testing.T) map[string]string {
	u := map[string]string{"copydesk.service": string(read(t, "systemd/copydesk.service"))}
	for _, stage := range article.Stages() {
		u["copydesk-worker@"+stage+".service"] = string(read(t, "systemd/copydesk-worker@.service"))
	}
	return u
}

func TestSystemd_unitsAreVerifiedAndHardened(t *testing.T) {
	if testing.Short() {
		t.Skip("short mode")
	}
	t.Parallel()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Fatalf("%v: scripts/setup installs it", err)
	}
	for name, source := range units(t) {
		if said := analyze(t, name, source); said != "" {
			t.Errorf("%s: %s", name, said)
		}
	}
	source := units(t)["copydesk.service"]
	for _, planted := range []struct{ old, with, want string }{
		{"Restart=always", "Restrat=always", "Restrat"},
		{"Restart=always", "Restart=alway", "alway"},
		{"TimeoutStopSec=45s", "TimeoutStopSec=soon", "soon"},
		{"[Service]", "[Servce]", "Servce"},
		{"SystemCallFilter=@system-service", "SystemCallFilter=@sytem-service", "sytem-service"},
		{"DynamicUser=yes\n", "", "exposure"},
	} {
		if said := analyze(t, "copydesk.service", replaced(t, source, planted.old, planted.with)); !strings.Contains(said, planted.want) {
			t.Errorf("with %q it says %q, want %s", planted.with, said, planted.want)
		}
	}
}

// settings reads the lines "key=value" of a unit or of an environment file.
func settings(text string) map[string][]string {
	all := map[string][]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if key, value, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			all[key] = append(all[key], value)
		}
	}
	return all
}

func TestSystemd_agreesWithTheCode(t *testing.T) {
	t.Parallel()
	listen := map[string]string{}
	for name, source := range units(t) {
		_, stage, _ := strings.Cut(strings.TrimSuffix(name, ".service"), "@")
		u := settings(strings.ReplaceAll(source, "%i", stage))
		env := map[string][]string{}
		for _, path := range u["EnvironmentFile"] {
			dir, file := filepath.Split(path)
			if dir != "/etc/copydesk/" {
				t.Errorf("%s reads %s", name, path)
			}
			for k, v := range settings(string(read(t, "systemd/"+file))) {
				env[k] = append(env[k], v...)
			}
		}
		var names []string
		for k, v := range env {
			names = append(names, k)
			if len(v) > 1 {
				t.Errorf("%s: %s is set %d times", name, k, len(v))
			}
		}
		args := strings.Fields(u["ExecStart"][0])
		if bad := misfits(t, args[1:], names); bad != nil {
			slices.Sort(bad)
			t.Errorf("%s: copydesk does not know %q", name, bad)
		}
		stop, err := time.ParseDuration(u["TimeoutStopSec"][0])
		if err != nil {
			t.Fatal(err)
		}
		if why := checkGrace(env["COPYDESK_GRACE"][0], stop); why != "" {
			t.Errorf("%s: %s", name, why)
		}
		at := env["COPYDESK_LISTEN"][0]
		if was, ok := listen[at]; ok {
			t.Errorf("%s and %s both listen on %s", name, was, at)
		}
		listen[at] = name
		// A folder that the process writes to is its own.
		for _, key := range []string{"COPYDESK_DATA", "COPYDESK_STATE_DIR"} {
			if v, ok := env[key]; ok && v[0] != "/var/lib/"+u["StateDirectory"][0] {
				t.Errorf("%s writes to %s, its folder is %s", name, v[0], u["StateDirectory"][0])
			}
		}
	}
}

package deploy

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"sigs.k8s.io/yaml"

	"github.com/copydesk/copydesk/pkg/article"
)

// loadCompose reads a compose file as "docker compose" does, which refuses keys that do
// not exist.
func loadCompose(ctx context.Context, source string) (*types.Project, error) {
	dir, err := filepath.Abs(filepath.Join(root, "deploy"))
	if err != nil {
		return nil, err
	}
	return loader.LoadWithContext(ctx, types.ConfigDetails{
		WorkingDir:  dir,
		ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(dir, "compose.yaml"), Content: []byte(source)}},
		Environment: types.Mapping{},
	})
}

func TestCompose_isRead(t *testing.T) {
	t.Parallel()
	source := string(read(t, "compose.yaml"))
	if _, err := loadCompose(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	for _, planted := range []struct{ old, with, want string }{
		{"depends_on:", "dependson:", "dependson"},
		{"mem_limit: 2g", "mem_limit: lots", "mem_limit"},
		{"condition: service_healthy", "condition: service_happy", "condition"},
		{"- nats:/data", "- gnats:/data", "gnats"},
	} {
		if _, err := loadCompose(t.Context(), replaced(t, source, planted.old, planted.with)); err == nil || !strings.Contains(err.Error(), planted.want) {
			t.Errorf("with %q in it: %v, want an error about it", planted.with, err)
		}
	}
}

func TestCompose_agreesWithTheCode(t *testing.T) {
	t.Parallel()
	p, err := loadCompose(t.Context(), string(read(t, "compose.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	var stages []string
	for name, s := range p.Services {
		if s.Build == nil {
			continue
		}
		if bad := misfits(t, s.Command, slices.Sorted(maps.Keys(s.Environment))); bad != nil {
			t.Errorf("%s: copydesk does not know %q", name, bad)
		}
		stages = append(stages, s.Command[1])
		if why := checkGrace(*s.Environment["COPYDESK_GRACE"], time.Duration(*s.StopGracePeriod)); why != "" {
			t.Errorf("%s: %s", name, why)
		}
		if !s.ReadOnly || !slices.Contains(s.CapDrop, "ALL") {
			t.Errorf("%s can write where it need not", name)
		}
		if aliases := s.Networks["desk"]; s.Command[1] != name && !slices.Contains(aliases.Aliases, s.Command[1]) {
			t.Errorf("%s is not found by the name of its stage", name)
		}
	}
	slices.Sort(stages)
	want := append(article.Stages(), article.StageDedupe) // and a standby
	slices.Sort(want)
	if !slices.Equal(stages, want) {
		t.Errorf("the stages are %q, want %q", stages, want)
	}
	if want := "nats:" + required(t, "github.com/nats-io/nats-server/v2") + "-alpine"; p.Services["nats"].Image != want {
		t.Errorf("the image of NATS is %s, want %s, the version that is tested", p.Services["nats"].Image, want)
	}
}

func TestCompose_isOnLoopbackAndFindsItsFiles(t *testing.T) {
	t.Parallel()
	p, err := loadCompose(t.Context(), string(read(t, "compose.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range p.Services {
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s opens port %s to %q", name, port.Published, port.HostIP)
			}
		}
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				continue
			}
			if err := exists(v.Source); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if !v.ReadOnly {
				t.Errorf("%s may write to %s", name, v.Source)
			}
		}
	}
}

// Prometheus looks for the workers by name and port.
func TestCompose_workersAreWherePrometheusLooks(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(root, "deploy/prometheus/prometheus.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Scrapes []struct {
			DNS []struct {
				Names []string `json:"names"`
				Port  int      `json:"port"`
			} `json:"dns_sd_configs"`
		} `json:"scrape_configs"`
	}
	if err := yaml.Unmarshal(b, &config); err != nil {
		t.Fatal(err)
	}
	at := map[string]string{}
	for _, s := range config.Scrapes {
		for _, d := range s.DNS {
			for _, name := range d.Names {
				at[name] = fmt.Sprint(":", d.Port)
			}
		}
	}
	p, err := loadCompose(t.Context(), string(read(t, "compose.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range p.Services {
		if s.Build != nil && at[s.Command[1]] != *s.Environment["COPYDESK_LISTEN"] {
			t.Errorf("%s listens on %s, Prometheus looks for %s at %q", name, *s.Environment["COPYDESK_LISTEN"], s.Command[1], at[s.Command[1]])
		}
	}
}

// exists says that a path which is mounted is not there. Docker would make an empty
// folder of it.
func exists(path string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("mount what is not there: %w", err)
	}
	return nil
}

// Mixin writes the files that are made of deploy/mixin: rules, alerts and their tests
// into deploy/prometheus, Alertmanager's configuration into deploy/alertmanager,
// dashboards into deploy/grafana. Run it from the root of the repository:
//
//	go run ./scripts/gen/mixin
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/copydesk/copydesk/scripts/mixin"
)

func main() {
	deploy := flag.String("deploy", "deploy", "the `folder` with the mixin")
	flag.Parse()
	if err := write(*deploy); err != nil {
		fmt.Fprintln(os.Stderr, "mixin:", err)
		os.Exit(1)
	}
}

func write(deploy string) error {
	files, err := mixin.Render(deploy, nil)
	if err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(deploy, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("make room for %s: %w", name, err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

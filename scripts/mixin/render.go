// Package mixin renders the monitoring mixin of deploy/mixin and reads what came of it:
// every query of a dashboard or a rule, and the faults a linter can see.
package mixin

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/google/go-jsonnet"
)

// Render evaluates deploy/mixin below the folder deploy and returns the files that are
// made of it, by their path below deploy. config overrides fields of the mixin's
// _config; it may be nil.
func Render(deploy string, config map[string]any) (map[string]string, error) {
	if config == nil {
		config = map[string]any{}
	}
	overrides, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("encode the mixin's configuration: %w", err)
	}
	vm := jsonnet.MakeVM()
	vm.StringOutput = true
	vm.TLACode("config", string(overrides))
	files, err := vm.EvaluateFileMulti(filepath.Join(deploy, "mixin", "render.jsonnet"))
	if err != nil {
		return nil, fmt.Errorf("render the mixin: %w", err)
	}
	return files, nil
}

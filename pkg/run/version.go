package run

import (
	"runtime"
	"runtime/debug"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// Build says which copydesk this is.
type Build struct {
	Version  string `json:"version"`  // the module's, or "devel"
	Revision string `json:"revision"` // of the source, empty if not known
	Modified bool   `json:"modified"` // the source was not as committed
	Time     string `json:"time"`     // of the revision, RFC 3339
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// version is the version of a build that cannot know its own, set by the linker: an
// image is built from files without their history.
//
//	go build -ldflags '-X github.com/copydesk/copydesk/pkg/run.version=v1.2.3'
var version string

// BuildInfo reads what the Go linker wrote into the binary.
var BuildInfo = sync.OnceValue(func() Build {
	b := Build{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	if version != "" {
		b.Version = version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		case "vcs.time":
			b.Time = s.Value
		}
	}
	return b
})

// buildInfo is the metric copydesk_build_info, always 1.
func buildInfo() prometheus.Collector {
	b := BuildInfo()
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "copydesk_build_info",
		Help:        "1; the labels say which build this is.",
		ConstLabels: prometheus.Labels{"version": b.Version, "revision": b.Revision, "go": b.Go},
	})
	g.Set(1)
	return g
}

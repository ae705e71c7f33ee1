// Package observe holds the proof of the monitoring mixin: its test runs the real
// pipeline under Prometheus and Alertmanager, asks every question that a dashboard or a
// rule asks, and breaks the pipeline to see the right alerts come and go.
//
// No Grafana server takes part. A board is proved by its queries, not by its looks.
package observe

{{/* Labels that select the pods of a stage: (dict "root" $ "stage" "ingest") */}}
{{- define "copydesk.selector" -}}
app.kubernetes.io/name: copydesk
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .stage }}
{{- end }}

{{- define "copydesk.labels" -}}
{{ include "copydesk.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | quote }}
{{- end }}

{{/* The name of a stage's objects. A release called copydesk is not named twice. */}}
{{- define "copydesk.name" -}}
{{- $release := .root.Release.Name | trunc 40 | trimSuffix "-" -}}
{{- if hasPrefix "copydesk" $release -}}
{{ $release }}-{{ .stage }}
{{- else -}}
{{ $release }}-copydesk-{{ .stage }}
{{- end -}}
{{- end }}

{{- define "copydesk.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

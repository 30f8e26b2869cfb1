{{- define "loginwatch.name" -}}
{{- if contains "loginwatch" .Release.Name }}{{ .Release.Name | trunc 52 | trimSuffix "-" }}{{ else }}{{ printf "%s-loginwatch" (.Release.Name | trunc 41 | trimSuffix "-") }}{{ end }}
{{- end }}

{{- define "loginwatch.selector" -}}
app.kubernetes.io/name: loginwatch
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "loginwatch.labels" -}}
{{ include "loginwatch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "loginwatch.check" -}}
{{- $url := dig "store" "url" "" .Values.config }}
{{- if not .Values.config.targets }}{{ fail "config.targets names no target: nothing would be watched" }}{{ end }}
{{- if and (gt (int .Values.replicas) 1) (not (hasPrefix "postgres" $url)) }}{{ fail "more than one replica needs a store that they share: config.store.url is to be postgres://…" }}{{ end }}
{{- end }}

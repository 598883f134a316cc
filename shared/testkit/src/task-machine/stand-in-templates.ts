/** What an endpoint's own content has under the ID setup.tmpl, as far as task scripts rely on it. */
const setup = `# begin of the stand-in for setup.tmpl
set -e
xiterr() {
  local code=1
  if [[ \${1:-} =~ ^[0-9]+$ ]]; then code=$1; shift; fi
  echo "$*" >&2
  exit "$code"
}
{{ if .ParamExists "rs-debug-enable" }}{{ if .Param "rs-debug-enable" }}set -x{{ end }}{{ end }}
[[ \${RS_TOKEN:-} ]] || export RS_TOKEN="{{ .GenerateToken }}"
[[ \${RS_ENDPOINT:-} ]] || export RS_ENDPOINT="{{ .ApiURL }}"
[[ \${RS_UUID:-} ]] || export RS_UUID="{{ .Machine.UUID }}"
if [[ -e ./helper ]]; then . ./helper; fi
# end of the stand-in for setup.tmpl
`

/** Templates that an endpoint has before any bundle is uploaded. */
export const standInTemplates: ReadonlyMap<string, string> = new Map([['setup.tmpl', setup]])

/** What the agent writes into the folder of each task. */
export const helper = `export LC_ALL=C
set -o pipefail -o errexit
shopt -s nullglob extglob globstar
exit_incomplete() { exit 128; }
`

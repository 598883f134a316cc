import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { decodeContentBundle } from '@powerbus/drp'
import tap, { test } from 'tap'
import { endpointRequests, startBuiltEndpoint, startTaskMachine, tempFolder } from '../src/index.ts'

const state = tempFolder(tap)
mkdirSync(join(state, 'plugins'))
const endpoint = await startBuiltEndpoint(tap, join(state, 'state'), join(state, 'plugins'))
const ask = endpointRequests(tap, endpoint)
for (const definition of [
  { Name: 'demo/open', Schema: { type: 'string', default: 'by default' } },
  { Name: 'demo/secret', Secure: true, Schema: { type: 'string' } },
])
  await ask('POST', 'params', definition)
await ask('POST', 'tasks', { Name: 'another' })

/** A bundle with one task, which runs this script. */
const contentOf = (script: string) =>
  decodeContentBundle({
    meta: { Name: 'demo' },
    sections: {
      params: { 'demo/open': { Name: 'demo/open', Schema: { default: 'by default' } } },
      templates: {
        'run.sh': { ID: 'run.sh', Contents: `#!/usr/bin/env bash\n{{template "setup.tmpl" .}}\n${script}` },
      },
      tasks: {
        demo: {
          Name: 'demo',
          Templates: [
            { Name: 'file', Path: 'note.txt', Contents: 'for {{.Machine.Name}}' },
            { Name: 'run', ID: 'run.sh', Path: '' },
          ],
        },
      },
    },
  })

const run = async (t: typeof tap, script: string, params = {}) => {
  const name = t.name.replaceAll(/\W+/g, '-')
  const machine = await startTaskMachine(t as never, { endpoint, content: contentOf(script), name, params })
  return { machine, ...(await machine.runTask('demo')) }
}

test('a task has its files, its environment and no program but the basic ones', async (t) => {
  const script = `cat note.txt; echo "|$RS_UUID|{{.Param "demo/open"}}|$LC_ALL|$(stat -c %a note.txt)|$(stat -c %a "$0")"
for program in jq python3 curl ipmitool; do ! command -v "$program" || echo "there is $program"; done
echo kept >"$TMPDIR/kept"; echo to stderr >&2; exit 3`
  const { machine, code, log, left } = await run(t as never, script)
  t.equal(code, 3)
  t.equal(log, `for ${t.name.replaceAll(/\W+/g, '-')}|${machine.uuid}|by default|C|644|700\nto stderr\n`)
  t.same(left, ['kept'])
})

test('an error ends the script, also in a pipe, as with the helper of an agent', async (t) => {
  const { code, log } = await run(t as never, 'false | true\necho not reached')
  t.match({ code, log }, { code: 1, log: '' })
  t.equal(log, '')
})

test('drpcli reads and writes params at the endpoint, and seals those that are secure', async (t) => {
  const script = `get() { drpcli machines get "$RS_UUID" param "$1" --aggregate --decode; }
get demo/open; get demo/secret
printf '"12"' | drpcli machines set "$RS_UUID" param demo/open to - >/dev/null
printf '"sesame"' | drpcli machines set "$RS_UUID" param demo/secret to -
get demo/open
[[ $(get demo/secret) == '"sesame"' ]] && echo readable
drpcli machines remove "$RS_UUID" param demo/open >/dev/null
drpcli machines remove "$RS_UUID" param demo/open || echo "status $?"`
  const { machine, code, log } = await run(t as never, script)
  t.equal(code, 0, log)
  t.match(
    log,
    /^(null|"by default")\nnull\n\{[\s\S]*"Payload"[\s\S]*\}\n"12"\nreadable\nError: DELETE: .*\nstatus 1\n$/,
  )
  t.notMatch(log, 'sesame')
  t.same(await machine.params(), { 'demo/secret': 'sesame' })
  t.match((await machine.show()).Params, { 'demo/secret': { Key: String, Nonce: String, Payload: String } })
})

test('drpcli refuses what the real one would take for YAML, or for the name of a file', async (t) => {
  const script = `set +e
drpcli machines set "$RS_UUID" param demo/open to text
drpcli machines set "$RS_UUID" param demo/open to note.txt
printf 'no: 1e3' | drpcli machines set "$RS_UUID" param demo/open to -
drpcli machines fly "$RS_UUID"`
  const { machine, code, log } = await run(t as never, script)
  t.equal(code, 1)
  t.match(log, /YAML[\s\S]*note\.txt is a file[\s\S]*YAML[\s\S]*does not know: machines fly/)
  t.same(await machine.params(), {})
})

test('drpcli puts tasks behind the current one, and reports a reservation that the endpoint cannot make', async (t) => {
  const script = `drpcli tasks exists another && ! drpcli tasks exists absent
drpcli machines inserttask "$RS_UUID" another 0 >/dev/null
printf '{"Addr": "192.0.2.9", "Strategy": "MAC", "Token": "52:54:00:12:34:56"}' | drpcli reservations create - ||
  echo "status $?"`
  const { machine, code, log } = await run(t as never, script)
  t.equal(code, 0, log)
  t.match(log, /Error: POST: reservations: .+\nstatus 1\n$/)
  t.same((await machine.show()).Tasks, ['another'])
})

// Every template of every bundle, rendered for machines that have all params, none, and hostile ones; every script,
// checked as shell.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeContentBundle, type ParamDefinition } from '@powerbus/drp'
import { bundleProblems } from '@powerbus/drp/bundle-conformance'
import { manifestOf } from '@powerbus/plugin-sdk'
import {
  endpointNames,
  goRenderer,
  machineData,
  type RenderedMachine,
  renderableContent,
  renderTemplate,
  runProgram,
  tempFolder,
} from '@powerbus/testkit'
import tap, { test } from 'tap'
import { parse } from 'yaml'
import { ipmiPlugin } from '../services/ipmi/src/plugin.ts'
import { packetIpmiPlugin } from '../services/packet-ipmi/src/plugin.ts'
import { virtualboxPlugin } from '../services/virtualbox-ipmi/src/plugin.ts'

const bundles = [ipmiPlugin(), packetIpmiPlugin(), virtualboxPlugin()].map((plugin) =>
  decodeContentBundle(parse(manifestOf(plugin).Content)),
)

/** Built once. */
const go = goRenderer(tap)

const hostile = `a b'"$(id >&2);\`id\`\\ \n{{ "<" }}&`
/** Values for params that other content defines. */
const external = {
  'rs-debug-enable': true,
  'dns-domain': 'example.com',
  'dns-servers': ['192.0.2.53'],
  'ntp-servers': ['192.0.2.123'],
  timezone: 'UTC',
  'detected-bios-mode': 'uefi',
}

/** A value for each param: of its type and enum, with this text. */
function valuesOf(definitions: Readonly<Record<string, ParamDefinition>>, text: string): Record<string, unknown> {
  const value = ({ Schema }: ParamDefinition): unknown => {
    const { type, enum: words } = Object(Schema) as { readonly type?: string; readonly enum?: readonly unknown[] }
    if (words) return words[0]
    if (type === 'boolean') return true
    if (type === 'integer' || type === 'number') return 3
    return type === 'array' ? [text, `second ${text}`] : text
  }
  return Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, value(definition)]))
}

for (const bundle of bundles) {
  const { sections, meta } = bundle
  const { params: definitions, tasks = {} } = sections
  const { templates, defaults, task } = renderableContent(bundle)
  const machine = (params: Readonly<Record<string, unknown>>): RenderedMachine => ({
    uuid: '3e7031fe-3062-45f1-835c-92541bc9cbd3',
    name: 'node-1',
    stage: 'ipmi-configure',
    apiUrl: 'https://192.0.2.1:8092',
    provisionerUrl: 'http://192.0.2.1:8091',
    token: 'token',
    params,
    defaults,
  })
  const machines = {
    'no params': machine({}),
    'all params': machine({ ...valuesOf(definitions, 'plain'), ...external }),
    // The commands are whole shell lines by design, and templates themselves.
    'hostile params': machine({
      ...valuesOf(definitions, hostile),
      ...external,
      timezone: hostile,
      'dns-servers': [hostile],
      'ipmi/extra-ipmi-commands': [`echo '{{.Machine.Name}}'`, 'false || :'],
    }),
  }
  test(`${meta.Name}: everything that the bundle names is in it, or the endpoint's own`, async (t) => {
    t.strictSame(bundleProblems(bundle, endpointNames), [])
  })

  test(`${meta.Name}: each template renders for each machine, as Go renders it`, async (t) => {
    const answers = await (await go)(templates, Object.values(machines))
    for (const [at, [what, machine]] of Object.entries(machines).entries()) {
      for (const id of templates.keys()) {
        t.strictSame({ text: renderTemplate(templates, id, machineData(machine)) }, answers[at]?.[id], `${id}, ${what}`)
      }
    }
  })

  test(`${meta.Name}: each script is sound shell for each machine, and the linter finds nothing`, async (t) => {
    const folder = tempFolder(t)
    const files = Object.entries(machines).flatMap(([what, machine]) =>
      Object.keys(tasks).flatMap((name) =>
        task(name, machine)
          .filter(({ path }) => path === '')
          .map(({ text }) => {
            const file = join(folder, `${name}-${what.replaceAll(' ', '-')}`)
            writeFileSync(file, text)
            return file
          }),
      ),
    )
    for (const file of files) t.match(await runProgram('bash', ['-n', file]), { code: 0, stderr: '' }, file)
    const linted = files.filter((file) => file.endsWith('-hostile-params'))
    const options = ['--severity=warning', '--shell=bash', '--format=gcc', '--exclude=SC1091']
    const { code, stdout, stderr } = await runProgram('shellcheck', [...options, ...linted], { timeoutMs: 120_000 })
    t.equal(code, 0, `${stdout}${stderr}`)
  })
}

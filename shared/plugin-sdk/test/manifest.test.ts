import { decodeContentBundle, decodePluginManifest } from '@powerbus/drp'
import { test } from 'tap'
import { parse } from 'yaml'
import {
  contentText,
  defineAction,
  defineParam,
  definePlugin,
  manifestOf,
  type Plugin,
  powerAnswer,
  powerParams,
  powerTimeout,
  required,
  sharedBundle,
} from '../src/index.ts'
import { checkPlugin } from '../src/plugin-conformance.ts'

const address = defineParam({ name: 'demo/address', description: 'Address', schema: { type: 'string' } })
const password = defineParam({ name: 'demo/password', description: 'P', secure: true, schema: { type: 'string' } })
const level = defineParam({
  name: 'demo/level',
  description: 'Level',
  schema: { type: 'integer', default: 3 },
  meta: { icon: 'signal' },
})
const firmware = defineParam({ name: 'bios-mode', description: 'B', external: true, schema: { type: 'string' } })

const go = defineAction({
  name: 'go',
  model: 'machines',
  description: 'Goes',
  params: [level, required(address), required(password), address, firmware],
  run: async () => null,
})

function demo(more: Partial<Plugin> = {}): Plugin {
  return {
    ...definePlugin({
      name: 'demo-plugin',
      version: 'v1.0.0',
      title: 'Demo',
      description: 'A plugin',
      documentation: 'Docs',
      autoStart: true,
      params: [level],
      actions: [go],
    }),
    ...more,
  }
}

test('the manifest is derived from the definition', async (t) => {
  const manifest = manifestOf(demo({ meta: { Color: 'blue' } }))
  t.match(manifest, {
    Name: 'demo-plugin',
    Version: 'v1.0.0',
    PluginVersion: 4,
    AutoStart: true,
    HasPublish: false,
    IgnoreEvents: false,
    RequiredParams: [],
    OptionalParams: ['demo/level'],
    StoreObjects: {},
    Documentation: 'Docs',
    Meta: { Color: 'blue' },
  })
  t.strictSame(manifest.AvailableActions, [
    {
      Provider: 'demo-plugin',
      Model: 'machines',
      Command: 'go',
      RequiredParams: ['demo/address', 'demo/password'],
      OptionalParams: ['demo/level', 'bios-mode'],
    },
  ])
  t.strictSame(decodePluginManifest(JSON.parse(JSON.stringify(manifest))), manifest)
  const publishing = demo({ publish: async () => undefined })
  t.equal(manifestOf(publishing).HasPublish, true)
  t.equal(manifestOf(publishing, { POWERBUS_EVENTS: 'stream' }).HasPublish, false, 'its events come from the stream')
  t.equal(manifestOf(demo({ ignoresEvents: true })).IgnoreEvents, true)
})

test('the bundle has each of its own params once, and no external param', async (t) => {
  const bundle = decodeContentBundle(JSON.parse(contentText(demo({ extraParams: [address] }))))
  t.strictSame(Object.keys(bundle.sections.params), ['demo/address', 'demo/level', 'demo/password'])
  t.equal(bundle.sections.params['demo/password']?.Secure, true)
  t.match(bundle.sections.params['demo/level'], { Schema: { type: 'integer', default: 3 }, Meta: { icon: 'signal' } })
  t.match(bundle.meta, { Name: 'demo-plugin', Version: 'v1.0.0', DisplayName: 'Demo' })
})

test("no shared param is in a plugin's bundle; the bundle powerbus has each", async (t) => {
  const plugin = demo({ actions: [{ ...go, params: [level, ...powerParams] }] })
  const { params } = decodeContentBundle(JSON.parse(contentText(plugin))).sections
  t.strictSame(Object.keys(params), ['demo/level'])
  t.match(manifestOf(plugin).AvailableActions[0]?.OptionalParams, ['demo/level', 'power/timeout'])
  const bundle = sharedBundle()
  t.strictSame(decodeContentBundle(JSON.parse(JSON.stringify(bundle))), bundle)
  t.strictSame(
    Object.keys(bundle.sections.params),
    powerParams.map(({ name }) => name),
  )
})

test('the text of a content file is inserted below its section, indented', async (t) => {
  const text = '---\nName: demo\nTasks:\n  - one\nNote: |\n  first\n\n    second\n'
  const lines = contentText(
    demo({
      content: [
        { path: 'stages/demo.yaml', text },
        { path: 'tool.sh', text: '#!/bin/sh' },
      ],
    }),
  ).split('\n')
  const start = lines.indexOf('  "stages":')
  t.strictSame(lines.slice(start, start + 9), [
    '  "stages":',
    '    "demo":',
    '      Name: demo',
    '      Tasks:',
    '        - one',
    '      Note: |',
    '        first',
    '',
    '          second',
  ])
  t.notMatch(lines.join('\n'), /bin\/sh|---/)
})

test('a file in templates that is not YAML becomes the contents of a template', async (t) => {
  const contents = '#!/bin/sh\necho "{{.Machine.Name}}"\n\u0085'
  const text = contentText(demo({ content: [{ path: 'templates/demo.sh.tmpl', text: contents }] }))
  t.strictSame(parse(text).sections.templates, { 'demo.sh.tmpl': { ID: 'demo.sh.tmpl', Contents: contents, Meta: {} } })
})

test('characters that YAML treats as line breaks are escaped', async (t) => {
  const text = contentText(demo({ documentation: 'a\u2028b\u0085c\ufeffd\u007f' }))
  t.notMatch(text, /[\u007f-\u009f\u2028\u2029\ufeff]/)
  t.equal(JSON.parse(text).meta.Documentation, 'a\u2028b\u0085c\ufeffd\u007f')
})

test('checkPlugin accepts a sound definition and names each mistake', async (t) => {
  t.strictSame(checkPlugin(demo()), [])
  const wrong = (more: Partial<Plugin>, mention: RegExp) => {
    const problems = checkPlugin(demo(more))
    t.equal(problems.length, 1, problems.join('; '))
    t.match(problems[0], mention)
  }
  wrong({ name: '1' }, /1/)
  wrong({ version: '1.0.0' }, /1\.0\.0/)
  wrong({ actions: [go, go] }, /go/)
  wrong({ actions: [{ ...go, params: [...go.params, powerAnswer] }] }, /go .* power\/answer/)
  wrong(
    { extraParams: [{ ...level, schema: { type: 'string' } }], params: [], actions: [{ ...go, params: [level] }] },
    /demo\/level/,
  )
  wrong({ extraParams: [{ ...level, name: '-x' }] }, /-x/)
  wrong({ extraParams: [{ ...level, name: 'demo/x', schema: { type: 'integer', default: '3' } }] }, /demo\/x/)
  wrong({ extraParams: [{ ...password, name: 'demo/y', schema: { type: 'integer' } }] }, /demo\/y/)
  wrong({ extraParams: [{ ...powerTimeout, external: false }] }, /power\/timeout .* powerbus/)
  wrong({ extraParams: [{ ...powerTimeout, schema: { type: 'number', default: 5 } }] }, /power\/timeout .* powerbus/)
  t.strictSame(checkPlugin(demo({ extraParams: [powerTimeout] })), [])
  const events = (pattern: string) => ({ patterns: [pattern], handle: async () => undefined })
  wrong({ events: events('machines') }, /machines/)
  wrong({ events: events('machines.create.*'), publish: async () => undefined }, /publish/)
  wrong({ content: [{ path: '../x', text: '' }] }, /\.\.\/x/)
  wrong({ content: [{ path: 'stages/a.yaml', text: 'a: 1\n---\nb: 2\n' }] }, /stages\/a/)
  wrong({ content: [{ path: 'params/a.yaml', text: 'a: 1\n' }] }, /params\/a/)
})

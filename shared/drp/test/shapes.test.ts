import { test } from 'tap'
import {
  DecodeError,
  decodeContentBundle,
  decodeDrpAction,
  decodeDrpError,
  decodeDrpEvent,
  decodeEndpointInfo,
  decodeLogLine,
  decodeMachine,
  decodePluginManifest,
  decodePluginObject,
  decodeUserToken,
  drpErrorText,
  paramNamePattern,
  pluginError,
  providerNamePattern,
} from '../src/index.ts'

const manifest = {
  Name: 'demo-plugin',
  Version: 'v1.2.3',
  PluginVersion: 4,
  AutoStart: true,
  HasPublish: false,
  IgnoreEvents: false,
  AvailableActions: [
    { Provider: 'demo-plugin', Model: 'machines', Command: 'poweron', RequiredParams: ['a/b'], OptionalParams: [] },
  ],
  RequiredParams: [],
  OptionalParams: ['demo/level'],
  StoreObjects: {},
  Documentation: '',
  Content: '{}',
  Meta: {},
}

function fieldOf(decode: () => unknown): string | undefined {
  try {
    decode()
    return undefined
  } catch (error) {
    return error instanceof DecodeError ? error.field : `not a DecodeError: ${error}`
  }
}

test('a manifest decodes to the written values', async (t) => {
  t.strictSame(decodePluginManifest(JSON.parse(JSON.stringify(manifest))), manifest)
})

test('field names match in any case and null lists are empty, as in Go', async (t) => {
  const read = decodePluginManifest({
    name: 'demo-plugin',
    PLUGINVERSION: 4,
    availableactions: [{ command: 'x', requiredparams: null }],
  })
  t.equal(read.Name, 'demo-plugin')
  t.strictSame(read.AvailableActions[0]?.RequiredParams, [])
  t.strictSame(read.OptionalParams, [])
})

test('the error for a wrong field of a manifest names its place', async (t) => {
  t.equal(
    fieldOf(() => decodePluginManifest([])),
    'PluginProvider',
  )
  t.equal(
    fieldOf(() => decodePluginManifest({ ...manifest, Name: '9lives' })),
    'PluginProvider.Name',
  )
  t.equal(
    fieldOf(() => decodePluginManifest({ ...manifest, PluginVersion: 3 })),
    'PluginProvider.PluginVersion',
  )
  t.equal(
    fieldOf(() => decodePluginManifest({ ...manifest, AutoStart: 'yes' })),
    'PluginProvider.AutoStart',
  )
  t.equal(
    fieldOf(() => decodePluginManifest({ ...manifest, AvailableActions: [{}, 1] })),
    'PluginProvider.AvailableActions[0].Command',
  )
  t.equal(
    fieldOf(() => decodePluginManifest({ ...manifest, OptionalParams: ['a', 7] })),
    'PluginProvider.OptionalParams[1]',
  )
})

test('an action needs a command, and its params must be an object', async (t) => {
  const action = { Model: { Name: 'n1' }, Plugin: 'ipmi', Command: 'poweron', CommandSet: '', Params: { a: 1 } }
  t.strictSame(decodeDrpAction(action), action)
  t.strictSame(decodeDrpAction({ Command: 'x', Model: null }).Model, {})
  t.equal(
    fieldOf(() => decodeDrpAction({ ...action, Command: '' })),
    'Action.Command',
  )
  t.equal(
    fieldOf(() => decodeDrpAction({ ...action, Params: [] })),
    'Action.Params',
  )
  t.equal(
    fieldOf(() => decodeDrpAction({ ...action, Model: 'machine' })),
    'Action.Model',
  )
})

test('event, log line, plugin object, token and info are checked', async (t) => {
  const event = {
    Time: '2026-01-01T00:00:00Z',
    Type: 'machines',
    Action: 'create',
    Key: 'k',
    Principal: 'p',
    Object: { a: 1 },
    Original: null,
  }
  t.strictSame(decodeDrpEvent(event), event)
  t.equal(
    fieldOf(() => decodeDrpEvent({ ...event, Type: 4 })),
    'Event.Type',
  )
  t.equal(decodeLogLine({ Level: 'WARN', Message: 'm' }).Level, 'warn')
  t.equal(
    fieldOf(() => decodeLogLine({ Level: 'loud' })),
    'Line.Level',
  )
  t.equal(
    fieldOf(() => decodePluginObject({ Provider: 'ipmi' })),
    'Plugin.Name',
  )
  t.equal(
    fieldOf(() => decodeUserToken({ Token: '' })),
    'UserToken.Token',
  )
  t.strictSame(decodeEndpointInfo({ version: 'v4.1.0', features: ['a'], arch: 'amd64' }), {
    version: 'v4.1.0',
    features: ['a'],
    arch: 'amd64',
  })
})

test('a machine keeps unknown fields', async (t) => {
  const machine = decodeMachine({
    Name: 'n1',
    Uuid: 'u',
    Params: { 'ipmi/address': '10.0.0.1' },
    Facts: { a: 1 },
  })
  t.strictSame(machine.Facts, { a: 1 })
  t.strictSame(machine.Profiles, [])
  t.equal(
    fieldOf(() => decodeMachine({ Uuid: 'u' })),
    'Machine.Name',
  )
  t.equal(
    fieldOf(() => decodeMachine({ Name: 'n1', HardwareAddrs: '00:11' })),
    'Machine.HardwareAddrs',
  )
})

test('decodeContentBundle checks params and passes other sections through', async (t) => {
  const bundle = decodeContentBundle({
    meta: { Name: 'demo', Version: 'v1' },
    sections: { params: { 'a/b': { Name: 'a/b', Schema: { type: 'string' } } }, stages: { s: { Name: 's' } } },
  })
  t.equal(bundle.sections.params['a/b']?.Secure, false)
  t.strictSame(bundle.sections.stages, { s: { Name: 's' } })
  t.equal(
    fieldOf(() => decodeContentBundle({ meta: { Name: 'x' }, sections: { params: { p: { Name: 'p', Secure: 1 } } } })),
    'Content.sections.params.p.Secure',
  )
  t.equal(
    fieldOf(() => decodeContentBundle({ sections: {} })),
    'Content.meta',
  )
})

test('drpErrorText puts one message on the first line, several on lines below', async (t) => {
  t.equal(drpErrorText(pluginError('ipmi', 404, ['no'])), 'rpc: plugin/ipmi: no')
  t.equal(drpErrorText(pluginError('ipmi', 404, ['a', 'b'])), 'rpc: plugin/ipmi:\n  a\n  b')
  t.strictSame(decodeDrpError({ Messages: null, Code: 404 }).Messages, [])
  t.equal(
    fieldOf(() => decodeDrpError({ Messages: [1] })),
    'Error.Messages[0]',
  )
})

test('names are checked in linear time', async (t) => {
  t.match('ipmi/port-racadm', paramNamePattern)
  t.match('übersicht 2', providerNamePattern)
  t.notMatch('a', paramNamePattern)
  t.notMatch('2a', providerNamePattern)
  t.notMatch('a/b', providerNamePattern)
  t.notMatch(`${'a'.repeat(50_000)}!`, paramNamePattern)
})

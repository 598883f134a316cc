import { workaroundFacts, workarounds } from '@powerbus/bmc-drivers'
import { manifestOf } from '@powerbus/plugin-sdk'
import { checkPlugin } from '@powerbus/plugin-sdk/plugin-conformance'
import { test } from 'tap'
import { ipmiPlugin } from '../src/plugin.ts'
import { ipmiContent } from './content/ipmi-content.ts'
import { fakeDrivers } from './fake-ipmi.ts'

const required = ['ipmi/username', 'ipmi/password', 'ipmi/address', 'ipmi/mode']
const power = [
  'power/timeout',
  'power/soft-timeout',
  'power/force-after-soft',
  'power/resend',
  'power/min-gap',
  'power/protected',
  'power/dry-run',
  'power/request-id',
  'power/answer',
]
const reading = ['power/timeout', 'power/min-gap', 'power/dry-run', 'power/request-id']
const powerVerbs = [
  'poweron',
  'poweroff',
  'powercycle',
  'powershutdown',
  'powerreset',
  'powerdiag',
  'powerstatus',
  'accycle',
]
const bootVerbs = ['nextbootpxe', 'nextbootdisk', 'nextbootcd', 'forcebootpxe', 'forcebootdisk']
const resources = [
  'getBios',
  'getMemory',
  'getStorage',
  'getSimpleStorage',
  'getProcessor',
  'getNetworkInterfaces',
  'getEthernetInterfaces',
  'getSecureBoot',
]
const media = ['mountVirtualMedia', 'unmountVirtualMedia', 'statusVirtualMedia']
const others = [
  ...['nextbootbios', 'getBoot', 'identify', 'getInfo', 'status', 'getSensors', 'getSel', 'clearSel', 'getFru'],
  ...['getFirmwareInventories', 'resetBios', 'getRedfishMockup', 'getConsoleFacts'],
]
const ports = ['ipmi/port-ipmitool', 'ipmi/port-racadm', 'ipmi/port-redfish', 'ipmi/port-lpar', 'ipmi/lpar-id']

const manifest = manifestOf(ipmiPlugin())
const actions = new Map(manifest.AvailableActions.map((action) => [action.Command, action]))

test('checkPlugin finds one thing in the plugin: the public default of a wish, which operators rely on', (t) => {
  t.same(checkPlugin(ipmiPlugin()), ['secure param ipmi/configure/password has a default, which everybody can read'])
  t.end()
})

test('the manifest has the facts of the contract', (t) => {
  t.match(manifest, {
    Name: 'ipmi',
    PluginVersion: 4,
    AutoStart: true,
    HasPublish: false,
    RequiredParams: [],
    OptionalParams: [],
  })
  t.same([...actions.keys()].sort(), [...powerVerbs, ...bootVerbs, ...resources, ...media, ...others].sort())
  t.ok([...actions.values()].every((action) => action.Model === 'machines' && action.Provider === 'ipmi'))
  t.end()
})

test('every action requires user, password, address and mode, and takes the ports of all modes', (t) => {
  for (const [command, action] of actions) {
    const image = command === 'mountVirtualMedia' ? ['ipmi/virtual-media-url', 'ipmi/virtual-media-boot'] : []
    t.same([...action.RequiredParams].sort(), [...required, ...image].sort(), command)
    for (const port of ports) t.ok(action.OptionalParams.includes(port), `${command}: ${port}`)
    t.ok(action.OptionalParams.includes('ipmi/keep-session'), command)
  }
  for (const verb of [...bootVerbs, 'nextbootbios', 'mountVirtualMedia'])
    t.ok(actions.get(verb)?.OptionalParams.includes('detected-bios-mode'), verb)
  t.ok(actions.get('identify')?.OptionalParams.includes('ipmi/identify-duration'))
  t.end()
})

test('power and boot actions take all power params, reading actions only some', (t) => {
  for (const [command, action] of actions) {
    const isPower = [...powerVerbs, ...bootVerbs, 'nextbootbios'].includes(command)
    const expected = isPower ? power : command === 'identify' ? [...reading, 'power/answer'] : reading
    t.same(action.OptionalParams.filter((name) => name.startsWith('power/')).sort(), [...expected].sort(), command)
  }
  t.end()
})

test('the bundle has the params of the contract, and none of another bundle', (t) => {
  const defined = Object.keys(ipmiContent.sections.params)
  for (const name of [
    ...required,
    'ipmi/port-ipmitool',
    'ipmi/identify-duration',
    'ipmi/enabled',
    'ipmi/auto-boot-target',
    'ipmi/address-v4',
    'ipmi/macaddr',
    'ipmi/force-lan-chan',
    'ipmi/cipher-suite',
    'ipmi/kg',
    'ipmi/privilege',
    'ipmi/workarounds',
    'ipmi/keep-session',
  ])
    t.ok(defined.includes(name), name)
  for (const name of [...power, 'detected-bios-mode', 'dns-servers', 'gohai-inventory'])
    t.notOk(defined.includes(name), name)
  t.end()
})

test('ipmi/workarounds takes exactly the names that the client knows, and documents each', (t) => {
  const param = ipmiContent.sections.params['ipmi/workarounds']
  t.match(param?.Schema, { items: { enum: workarounds } })
  for (const name of workarounds) t.ok(param?.Documentation.includes(`- ${name}: ${workaroundFacts[name].does}`), name)
  t.end()
})

test('stop closes the drivers', async (t) => {
  const { drivers, bmc } = fakeDrivers()
  await ipmiPlugin({ drivers }).stop?.()
  t.same(bmc.commands, ['close'])
})

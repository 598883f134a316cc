import { test } from 'tap'
import { vboxFailure } from '../../../src/hypervisor/virtualbox/vbox-failure.ts'
import { call, newSpec, openBench } from './virtualbox-bench.ts'

const LUN = (code: string) => `Failed to attach the network LUN (${code})`

/**
 * What VirtualBox says of a VM whose network is missing, with the program's name and the result code of its host.
 * Sources: ConsoleImplConfigCommon.cpp and DrvIntNet.cpp; bug reports of Vagrant (2102, 10294, 12959), docker-machine
 * (2047, 4164), terraform-provider-virtualbox (25), crc (423), metasploitable3 (429).
 */
const wordings: readonly [string, string, ...string[]][] = [
  ['VBoxManage', 'NS_ERROR_FAILURE', "Nonexistent host networking interface, name 'vboxnet0' (VERR_INTERNAL_ERROR)"],
  ['VBoxManage', 'NS_ERROR_FAILURE', "Nonexistent host networking interface, name '' (VERR_INTERNAL_ERROR)"],
  [
    'VBoxManage.exe',
    'E_FAIL',
    "Nonexistent host networking interface, name 'VirtualBox Host-Only Ethernet Adapter #2' (VERR_INTERNAL_ERROR)",
  ],
  [
    'VBoxManage.exe',
    'E_FAIL',
    "Failed to open/create the internal network 'HostInterfaceNetworking-VirtualBox Host-Only Ethernet Adapter' (VERR_INTNET_FLT_IF_NOT_FOUND).",
    LUN('VERR_INTNET_FLT_IF_NOT_FOUND'),
  ],
  [
    'VBoxManage',
    'NS_ERROR_FAILURE',
    "Failed to open/create the internal network 'HostInterfaceNetworking-vboxnet0' (VERR_SUPDRV_COMPONENT_NOT_FOUND).",
    LUN('VERR_SUPDRV_COMPONENT_NOT_FOUND'),
  ],
  ['VBoxManage', 'NS_ERROR_FAILURE', "Failed to open/create the internal network 'natnet1'", LUN('VERR_INVALID_STATE')],
  [
    'VBoxManage',
    'NS_ERROR_FAILURE',
    'Host-only adapters are no longer supported!',
    "For your convenience a host-only network named 'Legacy vboxnet11 Network' has been created with network mask '255.255.255.0' and IP address range '192.168.33.1' - '192.168.33.254'.",
    "To fix this problem, switch to 'Host-only Network' attachment type in the VM settings.",
    ' (VERR_NOT_FOUND)',
  ],
  ['VBoxManage', 'NS_ERROR_FAILURE', "Nonexistent host-only network 'HostNetwork' (VERR_INTERNAL_ERROR)"],
  ['VBoxManage.exe', 'E_FAIL', "Interface ('Ethernet') is not a Host-Only Adapter interface (VERR_INTERNAL_ERROR)"],
  ['VBoxManage.exe', 'E_FAIL', "Interface ('vboxnet0') is not a Bridged Adapter interface (VERR_INTERNAL_ERROR)"],
]

test('every wording for a missing network is one error with advice', (t) => {
  for (const [program, result, ...lines] of wordings) {
    const output = [
      ...lines.map((line) => `${program}: error: ${line}`),
      `${program}: error: Details: code ${result} (0x80004005), component ConsoleWrap, interface IConsole`,
    ].join('\n')
    const { code, message } = vboxFailure('VBoxManage startvm x', output, 1)
    t.equal(code, 'TARGET_STATE', output)
    t.ok(message.includes(lines[0] ?? ''), "in VirtualBox's words")
    for (const advice of [/hostonlyif create/, /hostonlynet add/, /virtualbox\/network-kind/]) t.match(message, advice)
  }
  t.end()
})

test('a start over a missing network is refused with advice on every kind of host', async (t) => {
  const missing = { kind: 'bridged', name: 'eth9' } as const
  for (const [options, network] of [
    [
      { host: 'macos', version: '7.0' },
      { kind: 'hostonly', name: 'vboxnet0' },
    ],
    [
      { host: 'macos', version: '7.2' },
      { kind: 'hostonlynet', name: 'gone' },
    ],
    [
      { host: 'windows', version: '7.1' },
      { kind: 'hostonly', name: 'vboxnet0' },
    ],
    [{ host: 'linux', version: '6.1' }, missing],
    [{ host: 'linux', version: '7.2' }, missing],
  ] as const) {
    const { hypervisor } = openBench(t, options)
    const { id } = await hypervisor.create({ ...newSpec(), networks: [network] }, call)
    await t.rejects(hypervisor.start(id, call), { code: 'TARGET_STATE', message: /virtualbox\/network-kind/ })
    t.equal((await hypervisor.get(id, call)).state, 'poweredoff')
  }
})

test('a kind of network that this VirtualBox does not have is said to be the reason', async (t) => {
  const { fake, hypervisor } = openBench(t)
  const spec = { ...newSpec(), networks: [{ kind: 'hostonlynet', name: 'x' }] as const }
  await t.rejects(hypervisor.create(spec, call), { code: 'PARAM_INVALID', message: /virtualbox\/network-kind/ })
  t.equal(fake.vms().length, 1, 'the VM is removed again')
})

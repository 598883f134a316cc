import { type Logger, Secret } from '@powerbus/plugin-sdk'
import { freeUdpPort, runIpmiTool, type TestScope, waitUntil } from '@powerbus/testkit'
import { BmcRack } from '../../src/bmc/bmc-rack.ts'
import { call, openVmBench, silent, turnsOf } from '../vm-bench.ts'

export const login = { username: 'admin', password: 'a-secret-of-20-bytes' }

export interface RackOptions {
  /** Of the VMs. */
  readonly names?: readonly string[]
  readonly basePort?: number
  readonly address?: string
  readonly spread?: 'port' | 'address'
  readonly log?: Logger
  readonly redfishPort?: number
}

/** Racks of emulated BMCs over VMs in memory. */
export async function openRackBench(scope: TestScope, options: RackOptions = {}) {
  const {
    names = ['a'],
    basePort = await freeUdpPort(),
    log = silent,
    address = '127.0.0.1',
    spread = 'port',
  } = options
  const bench = await openVmBench(scope)
  const { hypervisor } = bench
  let rack: BmcRack | undefined
  const power = bench.power((id) => rack?.started(id), { log })
  const { redfishPort } = options
  const settings = { address, basePort, spread, username: login.username, ...(redfishPort && { redfishPort }) }
  const open = () => {
    const opened = new BmcRack(power, { ...settings, password: new Secret(login.password) })
    scope.teardown(() => opened.close())
    rack = opened
    return opened
  }
  const vms = names.map((name) => hypervisor.add({ name }))
  return { ...bench, power, open, vms, basePort }
}

/** One VM, its BMC, and ipmitool at it. */
export async function openOneBmc(scope: TestScope, options: Omit<RackOptions, 'names'> = {}) {
  const bench = await openRackBench(scope, options)
  const [vm] = bench.vms
  if (!vm) throw new Error('there is no VM')
  const rack = bench.open()
  const target = { ...login, ...(await rack.start(vm, call())) }
  const tool = async (...command: string[]) => {
    const { code, stdout, stderr } = await runIpmiTool({ ...target, cipherSuite: 17 }, command)
    if (code !== 0) throw new Error(`ipmitool ${command.join(' ')}: ${stderr}`)
    return stdout
  }
  const state = () => bench.hypervisor.vm(vm.id).state
  /** And what led there is done: until then a BMC takes the same command for a repeat. */
  const becomes = async (wanted: string) => {
    await waitUntil(`the VM to be ${wanted}`, () => state() === wanted)
    await turnsOf(bench.power).idle()
  }
  const failures = () => rack.metrics().find(({ name }) => name.endsWith('failures_total'))?.value
  return { ...bench, rack, vm, target, tool, becomes, state, failures }
}

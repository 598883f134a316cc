import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freeUdpPorts } from './free-port.ts'
import { type ChildProcessHandle, startProcess } from './start-process.ts'
import { tempFolder } from './temp-folder.ts'
import type { TestScope } from './test-scope.ts'
import { waitUntil } from './wait-until.ts'

/** One BMC of OpenIPMI's `ipmi_sim`. Its machine is a script that stores power and boot device in files. */
export interface SimulatedBmc {
  readonly address: string
  readonly port: number
  readonly username: string
  readonly password: string
  /** Whether the simulated machine has power. */
  power(): boolean
  /** ipmi_sim's name of the boot device: `none`, `pxe`, `default` (disk), `cdrom` or `bios`. */
  bootDevice(): string
  /** Orders to the machine, oldest first: `power 1`, `reset 1`, `shutdown 1`, `boot pxe`, `identify 15 0`. */
  orders(): readonly string[]
}

const USERNAME = 'admin'
const PASSWORD = 'secret'

/**
 * Starts one ipmi_sim process with `count` BMCs (1..15) on free ports of 127.0.0.1, all machines off, and waits until
 * each BMC answers. ipmi_sim has only cipher suites 0 to 3. Throws if the program is missing or does not start.
 */
export async function startIpmiSim(scope: TestScope, { count = 1 }: { count?: number } = {}): Promise<SimulatedBmc[]> {
  const folder = tempFolder(scope)
  const script = join(folder, 'chassis.sh')
  writeFileSync(script, CHASSIS_SCRIPT)
  chmodSync(script, 0o700)
  mkdirSync(join(folder, 'state'))
  for (let attempt = 1; ; attempt++) {
    const ports = await freeUdpPorts(count)
    const prefixes = ports.map((port) => join(folder, `machine-${port}`))
    writeFileSync(join(folder, 'lan.conf'), lanConfiguration(ports, prefixes, script))
    writeFileSync(join(folder, 'sim.emu'), ports.map((_, index) => emulation(index)).join(''))
    const files = ['-c', join(folder, 'lan.conf'), '-f', join(folder, 'sim.emu'), '-s', join(folder, 'state')]
    const child = await startProcess(scope, 'ipmi_sim', ['-n', '-p', ...files])
    try {
      await Promise.all(ports.map((port) => answersPing(port, child)))
      return ports.map((port, index) => simulatedBmc(port, prefixes[index] ?? ''))
    } catch (error) {
      // Another process may have taken one of the ports.
      await child.end()
      if (attempt === 3) throw error
    }
  }
}

function simulatedBmc(port: number, prefix: string): SimulatedBmc {
  const read = (name: string): string | undefined =>
    existsSync(`${prefix}.${name}`) ? readFileSync(`${prefix}.${name}`, 'utf8').trim() : undefined
  return {
    address: '127.0.0.1',
    port,
    username: USERNAME,
    password: PASSWORD,
    power: () => read('power') === '1',
    bootDevice: () => read('boot') ?? 'none',
    orders: () => read('orders')?.split('\n') ?? [],
  }
}

/** Slave address of a management controller, from 20h on. Each has its own LAN channel, users and sessions. */
function mcOf(index: number): string {
  return `0x${(0x20 + index).toString(16)}`
}

function lanConfiguration(ports: readonly number[], prefixes: readonly string[], script: string): string {
  const levels = ['callback', 'user', 'operator', 'admin']
  const blocks = ports.map(
    (port, index) => `set_working_mc ${mcOf(index)}
  startlan 1
    addr 127.0.0.1 ${port}
    priv_limit admin
${levels.map((level) => `    allowed_auths_${level} none md5`).join('\n')}
    guid ${(0xa123456789abcdefn + BigInt(index)).toString(16).padStart(32, '0')}
  endlan
  chassis_control "${script} ${prefixes[index]}"
  user 2 true "${USERNAME}" "${PASSWORD}" admin 10 none md5
`,
  )
  return `name "lab"\n${blocks.join('')}`
}

function emulation(index: number): string {
  const mc = mcOf(index)
  const bmc = index === 0 ? `mc_setbmc ${mc}\n` : ''
  return `${bmc}mc_add ${mc} 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02\nmc_enable ${mc}\n`
}

// Called as `chassis.sh PREFIX get NAME` or `chassis.sh PREFIX set NAME VALUE`.
const CHASSIS_SCRIPT = `#!/bin/sh
prefix=$1
verb=$2
name=$3
value=$4
case "$verb $name" in
  'get power') echo "power:$(cat "$prefix.power" 2>/dev/null || echo 0)" ;;
  'get boot') echo "boot:$(cat "$prefix.boot" 2>/dev/null || echo none)" ;;
  'set power' | 'set boot') echo "$value" >"$prefix.$name.new" && mv "$prefix.$name.new" "$prefix.$name" ;;
  'set shutdown') echo 0 >"$prefix.power.new" && mv "$prefix.power.new" "$prefix.power" ;;
  'set reset' | 'set identify') ;;
  *) exit 1 ;;
esac
if [ "$verb" = set ]; then echo "$name $value" >>"$prefix.orders"; fi
`

/**
 * Get Channel Authentication Capabilities, IPMI v1.5 framing outside a session, channel Eh, privilege administrator.
 */
const PROBE = Buffer.from('0600ff07000000000000000000092018c88100388e04b5', 'hex')

async function answersPing(port: number, child: ChildProcessHandle): Promise<void> {
  const socket = createSocket('udp4')
  let answered = false
  // "Connection refused" is expected until ipmi_sim listens; the next probe follows.
  socket.on('error', () => undefined)
  socket.on('message', () => {
    answered = true
  })
  socket.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  try {
    await waitUntil(
      `ipmi_sim to answer on port ${port}`,
      async () => {
        if (!answered) socket.send(PROBE, () => undefined)
        const ended = await Promise.race([child.exited, Promise.resolve(undefined)])
        if (ended) throw new Error(`ipmi_sim ended with ${ended.code}:\n${child.output.stdout}${child.output.stderr}`)
        return answered
      },
      { timeoutMs: 10_000, intervalMs: 50 },
    )
  } finally {
    socket.close()
    await once(socket, 'close')
  }
}

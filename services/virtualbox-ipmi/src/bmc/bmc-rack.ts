import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Call, type Logger, type PluginMetric, PowerbusError } from '@powerbus/plugin-sdk'
import type { Store } from '@powerbus/store'
import { Slots } from '@powerbus/turns'
import {
  type Bmc,
  BootDevice,
  type BootFlags,
  createBmc,
  type Listener,
  listenBmc,
  noBootFlags,
  systemClock,
} from 'node-ipmi/bmc'
import type { Vm } from '../hypervisor/vm.ts'
import type { BmcPlace } from '../machines/vm-machines.ts'
import type { BmcSettings } from '../settings.ts'
import type { BootChoice } from '../vm/boot-keeper.ts'
import type { VmPower } from '../vm/vm-power.ts'
import { BmcPlaces } from './bmc-places.ts'
import { VmChassis } from './vm-chassis.ts'

/** Less than the 5 s that a plugin has to end. */
const DRAIN_MS = 3_000
/** How long what is given up has to say so. */
const GIVE_UP_MS = 500
const DRAIN_POLL_MS = 20

export interface BmcRackOptions {
  readonly settings: BmcSettings
  readonly power: VmPower
  readonly state: () => Promise<Store>
  readonly log: Logger
}

interface Seat {
  readonly bmc: Bmc
  readonly chassis: VmChassis
  readonly listener: Listener
  readonly end: AbortController
}

/** An emulated BMC for each VM, each at a place of its own. */
export class BmcRack {
  readonly #options: BmcRackOptions
  readonly #places: BmcPlaces
  readonly #seats = new Map<string, Seat>()
  readonly #oneAtATime = new Slots(1)
  #isClosed = false
  #failures = 0
  #commands = 0
  #dropped = 0

  constructor(options: BmcRackOptions) {
    this.#options = options
    this.#places = new BmcPlaces(options.state, options.settings)
  }

  /** Ids of the VMs that have one. */
  get ids(): readonly string[] {
    return [...this.#seats.keys()]
  }

  /** Has the VM's BMC listen; gives where it does. Rejects with the system's error where its address is none of this host. */
  async start(vm: Vm, call: Call): Promise<BmcPlace> {
    const before = this.#seats.get(vm.id)
    if (before) return placeOf(before)
    const choice = await this.#options.power.boot.choice(vm, call)
    // One after another, so that two VMs do not try for one port. No VM is asked for anything in this turn.
    return await this.#oneAtATime.run(async () => {
      const present = this.#seats.get(vm.id)
      if (present) return placeOf(present)
      if (this.#isClosed) throw new PowerbusError('SHUTTING_DOWN', 'the emulated BMCs are being stopped')
      const seat = await this.#listen(vm, choice)
      this.#seats.set(vm.id, seat)
      await this.#places.keep(vm.id, placeOf(seat))
      return placeOf(seat)
    })
  }

  /** The VM is gone. */
  async remove(id: string): Promise<void> {
    await this.#oneAtATime.run(async () => {
      await this.#end(id)
      await this.#places.forget(id)
    })
  }

  /** A VM was started: if not by its BMC, that one's boot flags are used up all the same. */
  started(id: string): void {
    const seat = this.#seats.get(id)
    if (seat && !seat.chassis.isWorking) seat.bmc.takeBootFlags()
  }

  metrics(): PluginMetric[] {
    let commands = this.#commands
    let dropped = this.#dropped
    for (const { bmc } of this.#seats.values()) {
      commands += bmc.counters.commands
      dropped += droppedBy(bmc)
    }
    return [
      gauge('bmcs', 'Emulated BMCs that listen', this.#seats.size),
      counter('bmc_commands_total', 'Commands that emulated BMCs answered', commands),
      counter('bmc_dropped_total', 'Datagrams that emulated BMCs did not answer', dropped),
      counter('bmc_failures_total', 'Commands that were accepted and then failed at the VM', this.#failures),
    ]
  }

  /** Takes no more commands, and gives those that were accepted so long to be done; what is left then is given up, and told of. */
  async close(drainMs = DRAIN_MS): Promise<void> {
    this.#isClosed = true
    // After a start that is under way. What consoles asked for may wait for a VM whose turn somebody has who waits here: not in this one's place.
    await this.#oneAtATime.run(async () => undefined)
    const seats = [...this.#seats.values()]
    await Promise.all(seats.map(({ listener }) => listener.close()))
    await areIdle(seats, drainMs)
    for (const id of this.ids) await this.#end(id)
    await areIdle(seats, GIVE_UP_MS)
  }

  async #end(id: string): Promise<void> {
    const seat = this.#seats.get(id)
    if (!seat) return
    this.#seats.delete(id)
    await seat.listener.close()
    seat.end.abort()
    this.#commands += seat.bmc.counters.commands
    this.#dropped += droppedBy(seat.bmc)
  }

  async #listen(vm: Vm, choice: BootChoice): Promise<Seat> {
    const end = new AbortController()
    const { bmc, chassis } = this.#bmcOf(vm, flagsOf(choice), choice.forMs, end.signal)
    for await (const place of this.#places.candidates(vm.id)) {
      const listener = await unlessTaken(listenBmc(bmc, place))
      if (listener) return { bmc, chassis, listener, end }
    }
    const { address } = this.#options.settings
    throw new PowerbusError('OBJECT_CONFLICT', `no place is left for an emulated BMC from ${address} upwards`)
  }

  #bmcOf(vm: Vm, flags: BootFlags | undefined, forMs: number | undefined, signal: AbortSignal) {
    const { settings, power, log } = this.#options
    const chassis = new VmChassis(
      {
        power,
        id: vm.id,
        signal,
        onFailure: (what, error) => {
          this.#failures++
          const told = signal.aborted
            ? 'a command that an emulated BMC had accepted is given up'
            : 'a command to an emulated BMC failed at its VM'
          log.error(told, { vm: vm.name, what, reason: reasonOf(error) })
        },
        onUnable: (what) => log.warn('an emulated BMC was asked for what no VM can', { vm: vm.name, what }),
      },
      flags,
      forMs,
    )
    const bmc = createBmc({
      chassis,
      users: [{ name: settings.username, password: settings.password.reveal() }],
      guid: vm.id,
      inventory: {
        manufacturer: 'Powerbus',
        product: `${power.hypervisor.name} VM`,
        partNumber: vm.name,
        serialNumber: vm.id,
      },
      ...(flags && { bootFlags: flags }),
      ...(forMs !== undefined && { bootFlagsForMs: forMs }),
      clock: systemClock,
      random: randomBytes,
      onChassisError: (error) =>
        log.warn('an emulated BMC cannot read its VM', { vm: vm.name, reason: reasonOf(error) }),
    })
    return { bmc, chassis }
  }
}

/** Boot flags that say what is set for the VM, whoever set it. */
function flagsOf({ override, persistent }: BootChoice): BootFlags | undefined {
  if (!override) return undefined
  const { device, efi } = override
  return { ...noBootFlags, valid: true, persistent, efi, device: BootDevice[device] }
}

/** Waits until all that consoles asked for is done, at most so long. */
async function areIdle(seats: readonly Seat[], limitMs: number): Promise<void> {
  const endMs = performance.now() + limitMs
  while (seats.some(({ chassis }) => chassis.isWorking) && performance.now() < endMs) await sleep(DRAIN_POLL_MS)
}

async function unlessTaken(listening: Promise<Listener>): Promise<Listener | undefined> {
  try {
    return await listening
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
    throw error
  }
}

function placeOf({ listener: { address, port } }: Seat): BmcPlace {
  return { address, port }
}

function droppedBy({ counters }: Bmc): number {
  return Object.values(counters.dropped).reduce((sum, count) => sum + count, 0)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function gauge(name: string, help: string, value: number): PluginMetric {
  return { name: `virtualbox_ipmi_${name}`, help, type: 'gauge', value }
}

function counter(name: string, help: string, value: number): PluginMetric {
  return { name: `virtualbox_ipmi_${name}`, help, type: 'counter', value }
}

import { type Call, type PluginMetric, PowerbusError } from '@powerbus/plugin-sdk'
import { endsWithin, Slots } from '@powerbus/turns'
import { type Bmc, type Listener, listenBmc } from 'node-ipmi/bmc'
import type { Vm } from '../hypervisor/vm.ts'
import type { BmcPlace } from '../machines/vm-machines.ts'
import type { BmcSettings } from '../settings.ts'
import type { BootChoice } from '../vm/boot-keeper.ts'
import type { VmPower } from '../vm/vm-power.ts'
import { BmcPlaces } from './bmc-places.ts'
import { createVmBmc, type VmBmc } from './vm-bmc.ts'
import type { VmRedfish } from './vm-redfish.ts'

/** Less than the 5 s that a plugin has to end. */
const DRAIN_MS = 3_000
/** How long commands that are given up have to be logged. */
const GIVE_UP_MS = 500

interface Seat extends VmBmc {
  readonly listener: Listener
  readonly end: AbortController
}

/** The emulated BMCs of VMs, each at a place of its own. */
export class BmcRack {
  readonly #power: VmPower
  readonly #settings: BmcSettings
  readonly #places: BmcPlaces
  readonly #seats = new Map<string, Seat>()
  readonly #oneAtATime = new Slots(1)
  /** From the first BMC on, where the settings have a port for it. */
  #redfish: VmRedfish | undefined
  #isClosed = false
  #failures = 0
  /** Of BMCs that have ended. */
  #commands = 0
  #dropped = 0

  constructor(power: VmPower, settings: BmcSettings) {
    this.#power = power
    this.#settings = settings
    this.#places = new BmcPlaces(power.context, settings)
  }

  /** Ids of the VMs that have a BMC. */
  get ids(): readonly string[] {
    return [...this.#seats.keys()]
  }

  /**
   * Starts the VM's BMC, if it has none, and returns its place. Throws TARGET_STATE for an address that this host does
   * not have, as with virtualbox/bmc-spread address it may.
   */
  async start(vm: Vm, call: Call): Promise<BmcPlace> {
    const before = this.#seats.get(vm.id)
    if (before) return placeOf(before)
    const choice = await this.#power.boot.choice(vm, call)
    // One at a time, so that no two BMCs try one port. Nothing in here waits for a VM.
    return await this.#oneAtATime.run(async () => {
      const present = this.#seats.get(vm.id)
      if (present) return placeOf(present)
      if (this.#isClosed) throw new PowerbusError('SHUTTING_DOWN', 'The emulated BMCs are being stopped')
      const redfish = await this.#openRedfish()
      const seat = await this.#listen(vm, choice)
      this.#seats.set(vm.id, seat)
      redfish?.add(vm, seat.bmc)
      await this.#places.keep(vm.id, placeOf(seat))
      return placeOf(seat)
    })
  }

  /** Ends the BMC of a VM that is gone, and frees its place. */
  async remove(id: string): Promise<void> {
    await this.#oneAtATime.run(async () => {
      await this.#end(id)
      await this.#places.forget(id)
    })
  }

  /** A start of the VM uses up the one-time boot flags of its BMC, even if an action started it. */
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
      metric('gauge', 'bmcs', 'Emulated BMCs that listen', this.#seats.size),
      metric('counter', 'bmc_commands_total', 'Commands that emulated BMCs answered', commands),
      metric('counter', 'bmc_dropped_total', 'Datagrams that emulated BMCs did not answer', dropped),
      metric('counter', 'bmc_failures_total', 'Accepted commands that failed at the VM', this.#failures),
    ]
  }

  /** Stops listening, and gives accepted commands `drainMs` to end. The others are given up, counted and logged. */
  async close(drainMs = DRAIN_MS): Promise<void> {
    this.#isClosed = true
    // Waits for a start under way, and leaves the slot before it waits for VMs: their turns may wait for this slot.
    await this.#oneAtATime.run(async () => undefined)
    const seats = [...this.#seats.values()]
    const areIdle = () => Promise.all(seats.map(({ chassis }) => chassis.idle()))
    await Promise.all([this.#redfish?.close(), ...seats.map(({ listener }) => listener.close())])
    await endsWithin(areIdle(), drainMs)
    for (const id of this.ids) await this.#end(id)
    await endsWithin(areIdle(), GIVE_UP_MS)
  }

  async #end(id: string): Promise<void> {
    const seat = this.#seats.get(id)
    if (!seat) return
    this.#seats.delete(id)
    this.#redfish?.remove(id)
    await seat.listener.close()
    seat.end.abort()
    this.#commands += seat.bmc.counters.commands
    this.#dropped += droppedBy(seat.bmc)
  }

  /** Loaded where it is wanted. */
  async #openRedfish(): Promise<VmRedfish | undefined> {
    const { redfishPort } = this.#settings
    if (redfishPort === undefined || this.#redfish) return this.#redfish
    const { VmRedfish: Opened } = await import('./vm-redfish.ts')
    this.#redfish = await Opened.start(this.#settings, redfishPort, this.#power.context.log)
    return this.#redfish
  }

  async #listen(vm: Vm, choice: BootChoice): Promise<Seat> {
    const end = new AbortController()
    const chassis = { power: this.#power, vm, signal: end.signal, onFailure: () => void this.#failures++ }
    const made = createVmBmc(chassis, choice, this.#settings)
    for await (const place of this.#places.candidates(vm.id)) {
      const listener = await listenBmc(made.bmc, place).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'EADDRNOTAVAIL') throw notOurs(place, error)
        if (error.code !== 'EADDRINUSE') throw error
      })
      if (listener) return { ...made, listener, end }
    }
    const { address } = this.#settings
    throw new PowerbusError('OBJECT_CONFLICT', `No port or address from ${address} upwards is free for an emulated BMC`)
  }
}

function notOurs({ address }: BmcPlace, cause: unknown): PowerbusError {
  const text = `This host does not have ${address}, the next address of an emulated BMC`
  const advice = 'give it to an interface, or set virtualbox/bmc-spread to port'
  return new PowerbusError('TARGET_STATE', `${text}: ${advice}`, { cause })
}

function placeOf({ listener: { address, port } }: Seat): BmcPlace {
  return { address, port }
}

function droppedBy({ counters }: Bmc): number {
  return Object.values(counters.dropped).reduce((sum, count) => sum + count, 0)
}

function metric(type: PluginMetric['type'], name: string, help: string, value: number): PluginMetric {
  return { name: `virtualbox_ipmi_${name}`, help, type, value }
}

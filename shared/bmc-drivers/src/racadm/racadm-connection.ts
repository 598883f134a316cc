import type { BootRequest, BootSetting, Call, PowerState } from '@powerbus/plugin-sdk/unshared'
import type { BmcConnection } from '../driver.ts'
import type { BmcInfo, Health, Sensor } from '../facts.ts'
import { remaining } from '../remaining.ts'
import { RemoteError, remoteFailure } from '../remote-error.ts'
import {
  attributeCommands,
  type BootCommands,
  bootSettingOf,
  groupCommands,
  type ServerBoot,
  serverBootIn,
  serverBootOf,
} from './boot-settings.ts'
import { type ServerAction, serverAction } from './racadm-commands.ts'
import { keyValues, powerStateIn, quoted } from './racadm-output.ts'
import type { RacadmTransport } from './racadm-transport.ts'
import { sensorsIn } from './sensor-table.ts'

const repeatable = { once: false }

/** One login at a RAC, for one action. */
export class RacadmConnection implements BmcConnection {
  readonly #key: string
  readonly #transport: RacadmTransport
  readonly #module: string | undefined
  /** Of this generation of firmware, once it is known. */
  #bootCommands: BootCommands | undefined

  constructor(key: string, transport: RacadmTransport, module: string | undefined) {
    this.#key = key
    this.#transport = transport
    this.#module = module
  }

  async status(call: Call, wanted?: PowerState): Promise<PowerState> {
    const state = powerStateIn(await this.#serverAction('status', call))
    if (state === 'on' || state === 'off') return state
    const [to, from] = state === 'powering-on' ? (['on', 'off'] as const) : (['off', 'on'] as const)
    return wanted === to ? from : to
  }

  async on(call: Call) {
    await this.#serverAction('on', call)
  }

  async off(call: Call) {
    await this.#serverAction('off', call)
  }

  async cycle(call: Call) {
    await this.#serverAction('cycle', call)
  }

  async reset(call: Call) {
    await this.#serverAction('reset', call)
  }

  async diag(call: Call) {
    await this.#serverAction('diag', call)
  }

  async soft(call: Call) {
    await this.#serverAction('soft', call)
  }

  async getBoot(call: Call): Promise<BootSetting> {
    return this.#limited(call, async (left) => bootSettingOf(await this.#readBoot(left)))
  }

  /** BootOnce first: a FirstBootDevice that is kept without it would be for every boot. It is put back where the device is refused. */
  async setBoot(request: BootRequest, call: Call): Promise<void> {
    const wanted = serverBootOf(request)
    await this.#limited(call, async (left) => {
      const before = await this.#readBoot(left)
      const commands = this.#bootCommands ?? attributeCommands
      await this.#run(commands.setOnce(wanted.once), left())
      try {
        await this.#run(commands.setDevice(wanted.device), left())
      } catch (error) {
        if (before.once !== wanted.once) await this.#run(commands.setOnce(before.once), left()).catch(() => undefined)
        throw error
      }
    })
  }

  async identify(seconds: number, call: Call): Promise<void> {
    await this.#limited(call, (left) => this.#run(['setled', '-l', seconds > 0 ? '1' : '0'], left()))
  }

  async info(call: Call): Promise<BmcInfo> {
    const values = keyValues(await this.#limited(call, (left) => this.#run(['getsysinfo'], left())))
    const [model, tag] = [values.get('system model'), values.get('service tag')]
    return {
      Address: this.#key,
      Mode: 'racadm',
      Firmware: values.get('firmware version') ?? null,
      Guid: null,
      Manufacturer: 'Dell',
      ...(model && { Model: model }),
      ...(tag && { SerialNumber: tag }),
      System: Object.fromEntries(values),
    }
  }

  async health(call: Call): Promise<Health> {
    return this.#limited(call, async (left) => {
      const Power = await this.status(left())
      const faults = (await this.#sensors(left())).flatMap(({ Name, Type, Status }) =>
        Status === 'critical' || Status === 'warning' ? [`${Type} ${Name}: ${Status}`] : [],
      )
      return { Power, Healthy: faults.length === 0, Faults: faults }
    })
  }

  async sensors(call: Call): Promise<readonly Sensor[]> {
    return this.#limited(call, (left) => this.#sensors(left()))
  }

  close(call: Call) {
    return this.#transport.close(call)
  }

  async #sensors(call: Call): Promise<readonly Sensor[]> {
    return sensorsIn(await this.#run(['getsensorinfo'], call))
  }

  /** Of the generation that the firmware is: `get` is unknown to iDRAC 6. */
  async #readBoot(left: () => Call): Promise<ServerBoot> {
    const known = this.#bootCommands
    const output = await this.#run((known ?? attributeCommands).read, left()).catch((error: unknown) => {
      if (known === undefined && error instanceof RemoteError && error.kind === 'missing') return undefined
      throw error
    })
    this.#bootCommands = output === undefined ? groupCommands : (known ?? attributeCommands)
    const text = output ?? (await this.#run(groupCommands.read, left()))
    const found = serverBootIn(text)
    if (!found) throw new RemoteError('invalid', `${this.#key} printed no FirstBootDevice: ${quoted(text)}`)
    return found
  }

  #run(command: readonly string[], call: Call): Promise<string> {
    return this.#transport.run(command, repeatable, call)
  }

  #serverAction(action: ServerAction, call: Call): Promise<string> {
    const once = action === 'cycle' || action === 'reset' || action === 'diag' || action === 'soft'
    return this.#limited(
      call,
      (left) => this.#transport.run(serverAction(action, this.#module), { once }, left()),
      once,
    )
  }

  /** Several commands within the limits of one call. */
  async #limited<T>(call: Call, work: (left: () => Call) => Promise<T>, once = false): Promise<T> {
    try {
      return await work(remaining(call))
    } catch (error) {
      throw remoteFailure(error, once)
    }
  }
}

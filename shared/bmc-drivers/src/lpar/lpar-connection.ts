import { type Call, type OnceOperation, PowerbusError, type PowerState } from '@powerbus/plugin-sdk/unshared'
import type { BmcConnection } from '../driver.ts'
import type { BmcInfo, Health } from '../facts.ts'
import { remaining } from '../remaining.ts'
import { RemoteError, remoteFailure } from '../remote-error.ts'
import { findPartition, type PartitionName } from './find-partition.ts'
import type { HmcClient } from './hmc-client.ts'
import { type JobOrder, jobOrders } from './job-request.ts'
import { type JobPauses, JobRunner } from './job-runner.ts'
import { type Partition, partitionInJson, partitionInXml, powerOfPartition } from './partition.ts'

/** One partition, for one action. */
export class LparConnection implements BmcConnection {
  readonly #key: string
  readonly #hmc: HmcClient
  readonly #named: PartitionName
  readonly #jobs: JobRunner
  #uuid: string | undefined
  /** False once the HMC has shown that it has no quick properties of it. */
  #hasQuick = true

  constructor(key: string, hmc: HmcClient, named: PartitionName, pauses: JobPauses) {
    this.#key = key
    this.#hmc = hmc
    this.#named = named
    this.#jobs = new JobRunner(hmc, pauses)
  }

  async status(call: Call): Promise<PowerState> {
    return await this.#limited(call, false, async (left) => powerOfPartition(await this.#read(left)))
  }

  on(call: Call) {
    return this.#perform(jobOrders.on, call, false)
  }

  off(call: Call) {
    return this.#perform(jobOrders.off, call, false)
  }

  cycle(call: Call) {
    return this.#perform(jobOrders.restart, call, true)
  }

  reset(call: Call) {
    return this.#perform(jobOrders.restart, call, true)
  }

  /** By the operating system where it can be asked; else by the hypervisor, with a delay. */
  async soft(call: Call): Promise<void> {
    const partition = await this.#limited(call, false, (left) => this.#read(left))
    const { ResourceMonitoringControlState: rmc = '', PartitionType: type = '' } = partition
    const isAsked = rmc.toLowerCase() === 'active' || /^OS\/?400$/i.test(type)
    await this.#perform(isAsked ? jobOrders.osShutdown : jobOrders.delayedOff, call, true)
  }

  async restartMark(): Promise<string> {
    return 'job'
  }

  /** By the job of this connection: another one cannot tell whose restart it was. */
  async outcomeOf(_operation: OnceOperation, _mark: string, call: Call): Promise<'done' | 'unknown'> {
    await this.#limited(call, false, (left) => this.#jobs.look(left()))
    return this.#jobs.wasDone ? 'done' : 'unknown'
  }

  async info(call: Call): Promise<BmcInfo> {
    const partition = await this.#limited(call, false, (left) => this.#readAll(left))
    const { LogicalSerialNumber: serial, PartitionType: type } = partition
    return {
      Address: this.#key,
      Mode: 'lpar',
      Firmware: null,
      Guid: this.#uuid ?? null,
      Manufacturer: 'IBM',
      ...(type && { Model: type }),
      ...(serial && { SerialNumber: serial }),
      System: partition,
    }
  }

  async health(call: Call): Promise<Health> {
    return await this.#limited(call, false, async (left) => {
      const partition = await this.#readAll(left)
      const { PartitionState: state = '', ReferenceCode: code } = partition
      const Power = powerOrUnknown(partition)
      const isWaiting = state.toLowerCase() === 'open firmware'
      const reference = code ? ` (reference code ${code})` : ''
      const faults = [
        ...(Power === 'unknown' ? [`partition state ${state}${reference}`] : []),
        ...(isWaiting ? [`open firmware: the partition found nothing to boot${reference}`] : []),
      ]
      return { Power, Healthy: faults.length === 0, Faults: faults, Parts: { Partition: state } }
    })
  }

  close() {
    this.#hmc.close()
    return undefined
  }

  async #perform(order: JobOrder, call: Call, once: boolean): Promise<void> {
    const end = await this.#limited(call, once, async (left) => this.#jobs.run(await this.#found(left), order, left()))
    // The HMC has taken what must not be done twice, and is at it.
    if (end !== 'running' || once) return
    throw new PowerbusError(
      'TARGET_TIMEOUT',
      `${this.#key}: the job ${order.operation} is still running at the HMC, and goes on there`,
    )
  }

  async #found(left: () => Call): Promise<string> {
    this.#uuid ??= await findPartition(this.#hmc, this.#named, left())
    return this.#uuid
  }

  /** The quick properties, which cost the HMC little; all of the partition where it has none. */
  async #read(left: () => Call): Promise<Partition> {
    const uuid = await this.#found(left)
    const quick = this.#hasQuick ? await this.#hmc.quick(`LogicalPartition/${uuid}/quick`, left()) : undefined
    const partition = partitionInJson(quick)
    if (partition) return partition
    this.#hasQuick = false
    return await this.#readAll(left)
  }

  async #readAll(left: () => Call): Promise<Partition> {
    const path = `LogicalPartition/${await this.#found(left)}`
    const partition = partitionInXml(await this.#hmc.document({ method: 'GET', path }, left()))
    if (!partition) throw new RemoteError('invalid', `${this.#key}: the HMC answered without the partition's state`)
    return partition
  }

  /** Several requests within the limits of one call. */
  async #limited<T>(call: Call, once: boolean, work: (left: () => Call) => Promise<T>): Promise<T> {
    try {
      return await work(remaining(call))
    } catch (error) {
      throw remoteFailure(error, once)
    }
  }
}

function powerOrUnknown(partition: Partition): Health['Power'] {
  try {
    return powerOfPartition(partition)
  } catch (error) {
    if (error instanceof RemoteError) return 'unknown'
    throw error
  }
}

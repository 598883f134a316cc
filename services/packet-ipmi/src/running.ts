import { type Clock, type ConfigContext, PowerbusError, type Secret } from '@powerbus/plugin-sdk'
import type { Project } from './cloud/cloud.ts'
import type { OpenCloud } from './cloud/index.ts'
import { bootOnceStep } from './creation/boot-once-step.ts'
import { creationStep } from './creation/creation-step.ts'
import { deletionStep } from './creation/deletion-step.ts'
import type { Means } from './creation/means.ts'
import { drpMachines, type Machines } from './machine/machines.ts'
import { KeptRecords } from './records/kept-records.ts'
import { tellBy } from './report.ts'
import { Surveyor } from './survey/surveyor.ts'
import type { Times } from './times.ts'
import { tellStuck } from './work/tell-stuck.ts'
import { Worker } from './work/worker.ts'

export interface Config {
  readonly context: Pick<ConfigContext, 'name' | 'endpoint' | 'backgroundLog' | 'state'>
  readonly apiKey: Secret
  readonly url: string
  readonly projectId: string | undefined
  readonly projects: readonly Project[]
  readonly importExisting: boolean
  readonly prune: boolean
}

export interface Surroundings {
  readonly openCloud: OpenCloud
  readonly clock: Clock
  readonly times: Times
  /** Told to other replicas that find work taken. */
  readonly owner: string
  /** In place of the endpoint's, for tests. */
  readonly machines?: Machines
}

/** What runs with one configuration of the plugin, from its config to the next one or the end. */
export class Running {
  readonly apiKey: Secret
  readonly means: Means
  readonly worker: Worker
  readonly surveyor: Surveyor
  /** Throws CAPABILITY_UNSUPPORTED where there is no endpoint: then no machine can be made or told of its device. */
  readonly assertEndpoint: () => void

  private constructor(config: Config, means: Means, surroundings: Surroundings) {
    const { owner } = surroundings
    const { backgroundLog: log } = config.context
    this.apiKey = config.apiKey
    this.means = means
    this.assertEndpoint = () => void config.context.endpoint.api()
    this.worker = new Worker({
      log,
      owner,
      steps: { creation: creationStep, deletion: deletionStep, 'boot-once': bootOnceStep },
      means,
      onStuck: (trouble) => tellStuck(trouble, means),
    })
    const { projects, importExisting, prune } = config
    this.surveyor = new Surveyor(means, { projects, importExisting, prune, owner }, log)
  }

  /** Nothing runs yet. */
  static async open(config: Config, cloud: Means['cloud'], surroundings: Surroundings): Promise<Running> {
    const { endpoint, name, backgroundLog, state } = config.context
    const records = new KeptRecords(await state())
    const { clock, times, machines = drpMachines(() => endpoint.api()) } = surroundings
    const ipxeScriptUrl =
      endpoint.fileServerUrl === '' ? '' : `${endpoint.fileServerUrl.replace(/\/+$/, '')}/default.ipxe`
    const tell = tellBy(endpoint, backgroundLog, name)
    const { projectId } = config
    const means = { plugin: name, cloud, machines, records, clock, times, tell, projectId, ipxeScriptUrl }
    return new Running(config, means, surroundings)
  }

  start(): void {
    this.worker.start()
    this.surveyor.start()
  }

  async stop(): Promise<void> {
    await Promise.all([this.worker.stop(), this.surveyor.stop()])
  }
}

/** Projects that devices are read from, and the one that they are made in. Throws PARAM_INVALID for a project that the key does not have. */
export function chosenProjects(
  projects: readonly Project[],
  complete: boolean,
  wanted: string | undefined,
): { readonly projects: readonly Project[]; readonly projectId: string | undefined } {
  if (wanted === undefined || wanted === '') {
    const [only] = projects
    return { projects, projectId: complete && projects.length === 1 ? only?.id : undefined }
  }
  const found = projects.find(({ id }) => id === wanted)
  if (!found && complete)
    throw new PowerbusError(
      'PARAM_INVALID',
      `Param packet/project-id: packet/api-key has no project ${wanted}; it has ${projects.map(({ id, name }) => `${id} (${name})`).join(', ') || 'none'}`,
    )
  return { projects: [found ?? { id: wanted, name: '' }], projectId: wanted }
}

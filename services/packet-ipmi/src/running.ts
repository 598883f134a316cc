import {
  type ActionContext,
  assertNoneProtected,
  type Clock,
  type ConfigContext,
  PowerbusError,
  type Secret,
} from '@powerbus/plugin-sdk'
import type { OpenCloud, Project } from './cloud/cloud.ts'
import type { Means } from './creation/means.ts'
import type { Machines } from './machine/machines.ts'
import type { SurveyOptions } from './survey/survey.ts'
import { Surveyor } from './survey/surveyor.ts'
import type { Times } from './times.ts'
import { Worker } from './work/worker.ts'

const READ_MS = 10_000

export interface Surroundings {
  readonly openCloud: OpenCloud
  readonly clock: Clock
  readonly times: Times
  /** Name of this replica in its locks. */
  readonly owner: string
  /** Default: the endpoint's. Tests set it. */
  readonly machines?: Machines
}

/** What runs with one configuration of the plugin, until the next config or the end. */
export class Running {
  readonly means: Means
  readonly apiKey: Secret
  readonly worker: Worker
  readonly surveyor: Surveyor
  readonly #endpoint: ConfigContext['endpoint']

  /** Nothing runs before `start`. */
  constructor(means: Means, apiKey: Secret, endpoint: ConfigContext['endpoint'], options: SurveyOptions) {
    this.means = means
    this.apiKey = apiKey
    this.#endpoint = endpoint
    this.worker = new Worker(means)
    this.surveyor = new Surveyor(means, options)
  }

  start(): void {
    this.worker.start()
    this.surveyor.start()
  }

  async stop(): Promise<void> {
    await Promise.all([this.worker.stop(), this.surveyor.stop()])
  }

  /** Throws CAPABILITY_UNSUPPORTED without an endpoint: then no machine can be made or changed. */
  assertEndpoint(): void {
    this.#endpoint.api()
  }

  /**
   * Throws PARAM_INVALID for another key: work that must go on after a restart needs the configured key, since no other
   * key is stored.
   */
  assertConfiguredKey(apiKey: Secret): void {
    if (apiKey.reveal() === this.apiKey.reveal()) return
    throw new PowerbusError(
      'PARAM_INVALID',
      "Param packet/api-key (not shown) differs from the key in the plugin's config: devices are made and deleted with the configured key only",
    )
  }

  /**
   * Throws TARGET_PROTECTED if a machine of the endpoint has the device and power/protected, by its own value or its
   * profiles'. A plugin without an endpoint has no machines.
   */
  async assertUnprotected(
    deviceId: string,
    { endpoint, signal, command }: Pick<ActionContext, 'endpoint' | 'signal' | 'command'>,
  ): Promise<void> {
    if (!endpoint || endpoint.token.reveal() === '') return
    const { machines } = this.means
    const call = { signal, timeoutMs: READ_MS }
    const paramsOf = (uuid: string) => machines.params(uuid, call)
    await assertNoneProtected(await machines.ofDevice(deviceId, call), paramsOf, command, `device ${deviceId}`)
  }
}

/**
 * Projects that devices are read from, and the one that devices are made in. Throws PARAM_INVALID for an unknown
 * project.
 */
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
      `Param packet/project-id is invalid: packet/api-key has no project ${wanted}; it has ${projects.map(({ id, name }) => `${id} (${name})`).join(', ') || 'none'}`,
    )
  return { projects: [found ?? { id: wanted, name: '' }], projectId: wanted }
}

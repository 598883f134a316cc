import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { MetalApi, MetalApiOptions, MetalDevice } from '@powerbus/lab'
import type { TestScope } from '../test-scope.ts'
import { answerWith, type MetalAnswer } from './faulty-answer.ts'
import { type MetalCounts, metalCallOf, newCounts } from './metal-calls.ts'
import { billedSeconds, type DeviceFate, removed, withFate } from './metal-fate.ts'
import { MetalFaults } from './metal-faults.ts'

export interface FaultyMetalApiOptions extends MetalApiOptions {
  /** Most items of a page, whatever the request says; default: as many as it says. */
  readonly perPageMost?: number
}

/** The lab's emulated cloud behind a proxy that counts calls and injects faults. */
export interface FaultyMetalApi extends Pick<MetalApi, 'addDevice'> {
  /** URL of the proxy, for the param packet/api-url. */
  readonly url: string
  readonly apiKey: string
  readonly projects: readonly { readonly id: string; readonly name: string }[]
  readonly faults: MetalFaults
  readonly counts: MetalCounts
  /** Existing devices, newest first. */
  devices(): readonly MetalDevice[]
  stateOf(device: MetalDevice): string
  /** Billed seconds, summed over all devices, deleted ones included. */
  billedSeconds(): number
  /** Sets the fates of the next created devices; default `good`. */
  destine(...fates: readonly DeviceFate[]): void
  /** Removes a device at once, as if another client had deleted it. */
  removeDevice(id: string): Promise<void>
}

/** Starts an emulated cloud with faults on 127.0.0.1. The scope's end closes it and lets hanging calls continue. */
export async function startFaultyMetalApi(
  scope: TestScope,
  { perPageMost, ...options }: FaultyMetalApiOptions = {},
): Promise<FaultyMetalApi> {
  const { startMetalApi } = await import('@powerbus/lab')
  const api = await startMetalApi(options)
  const { cloud } = api
  const base = new URL(api.url).pathname
  const faults = new MetalFaults()
  const counts = newCounts()
  const fates: DeviceFate[] = []
  const create = cloud.create.bind(cloud)
  // At once, so that nobody sees a device before its fate.
  cloud.create = (order) => {
    counts.created++
    return cloud.replace(withFate(create(order), fates.shift() ?? 'good'))
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '', 'http://127.0.0.1')
    const called = metalCallOf(request.method, url.pathname.slice(base.length))
    if (called) counts.calls[called.call]++
    const text = await textOf(request)
    const query = Object.fromEntries(url.searchParams)
    const fault = called && faults.take({ ...called, query, body: jsonOf(text) })
    if (perPageMost !== undefined && Number(query.per_page) > perPageMost)
      url.searchParams.set('per_page', String(perPageMost))
    const forward = async (): Promise<MetalAnswer> => {
      const given = await fetch(new URL(url.pathname + url.search, api.url), {
        method: request.method ?? 'GET',
        headers: headersOf(request),
        ...(text !== '' && { body: text }),
      })
      const body = await given.text()
      if (called?.call === 'deleteDevice' && given.ok) counts.deleted++
      return { status: given.status, body }
    }
    await answerWith(response, fault, forward)
  }
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()))
  server.listen({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  scope.teardown(async () => {
    faults.clear()
    server.closeAllConnections()
    server.close()
    await api.close()
  })

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}`,
    apiKey: cloud.apiKey,
    projects: cloud.projects,
    faults,
    counts,
    addDevice: api.addDevice,
    devices: () => cloud.devices(),
    stateOf: (device) => cloud.stateOf(device),
    billedSeconds: () => cloud.state.devices.reduce((sum, device) => sum + billedSeconds(device, cloud.nowMs()), 0),
    destine: (...next) => void fates.push(...next),
    async removeDevice(id) {
      const device = cloud.devices().find((found) => found.id === id)
      if (device) cloud.replace(removed(device, cloud.nowMs()))
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece)
  return Buffer.concat(pieces).toString()
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const { 'x-auth-token': token, 'content-type': type } = headers
  return {
    ...(typeof token === 'string' && { 'x-auth-token': token }),
    ...(type !== undefined && { 'content-type': type }),
  }
}
